"""Measure how the time to find duplicates grows with the number of articles.

    python benchmarks/match_growth.py [ARTICLES.jsonl[.gz]] [--sizes 5000,10000,…] [--no-record]

The articles are made of real ones (see `articles.make_articles`): most are new, one in ten is a near
duplicate, one in fifty an excerpt, so that the share of related pairs is the same at every size.
Two hard cases beside them: equal articles, and articles of one template. Each size is measured in a
process of its own, compiled loops loaded. The exponent is the slope of the logarithm of the seconds:
1 is linear, 2 quadratic.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from articles import described, make_articles, notices, num_bytes, read_articles
from peers import load_compiled_loops
from process import forget_peak, held_megabytes, in_new_process, peak_megabytes
from recording import header, write_record

PACKAGES = ("numba", "numpy", "pyarrow")
MAX_EXPONENT = 1.1
SEED = 7
SIZES = (5_000, 10_000, 20_000, 50_000, 100_000, 200_000)
EQUAL_SIZES = (12_500, 25_000, 50_000, 100_000)
TEMPLATE_SIZES = (5_000, 10_000, 20_000)
MADE, EQUAL, TEMPLATE = "made of real articles", "equal articles", "one template"


def measured(case: str, number: int, path: Path | None, rounds: int) -> dict[str, Any]:
    """Return the figures of one size of one case."""
    from dedupe_news.pipeline.matching import match_texts

    real = read_articles(path)
    load_compiled_loops(list)
    copies, excerpts = [], []
    if case == MADE:
        made = make_articles(real, number, SEED)
        texts, copies, excerpts = made.texts, made.copies, made.excerpts
    else:
        texts = [real[0]] * number if case == EQUAL else notices(number, SEED)
    del real
    megabytes = num_bytes(texts) / 1e6
    held = held_megabytes()
    forget_peak()
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        matches = match_texts(texts, match="news")
        seconds.append(time.perf_counter() - began)
    group_of = {article: place for place, group in enumerate(matches.groups) for article in group}
    figures: dict[str, Any] = {
        "articles": number,
        "megabytes": round(megabytes, 1),
        "seconds": round(min(seconds), 3),
        "megabytes_per_second": round(megabytes / min(seconds), 1),
        "megabytes_added": round(peak_megabytes() - held, 1),
        "groups": len(matches.groups),
        "relations": len(matches.relations),
    }
    for what, pairs in (("copies", copies), ("excerpts", excerpts)):
        if pairs:
            found = sum(left in group_of and group_of[left] == group_of.get(right) for left, right in pairs)
            figures[f"{what}_found"] = round(found / len(pairs), 4)
    return figures


def exponent(rows: Sequence[dict[str, Any]]) -> float | None:
    """Return the slope of log(seconds) over log(articles); None from a single size.

    >>> exponent([{"articles": 10, "seconds": 1.0}, {"articles": 100, "seconds": 100.0}])
    2.0
    """
    if len(rows) < 2:
        return None
    articles, seconds = np.log([[row["articles"], row["seconds"]] for row in rows]).T
    return round(float(np.polyfit(articles, seconds, 1)[0]), 3)


def numbers(text: str) -> tuple[int, ...]:
    """Return the numbers of a list like ``5000,10_000``."""
    return tuple(int(number) for number in text.split(",") if number)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how the time to match grows with the articles.")
    parser.add_argument("articles", nargs="?", type=Path, help="JSONL with `text`, may be .gz; else made up")
    parser.add_argument("--sizes", type=numbers, default=SIZES, help="articles made of real ones")
    parser.add_argument("--equal", type=numbers, default=EQUAL_SIZES, help="equal articles")
    parser.add_argument("--template", type=numbers, default=TEMPLATE_SIZES, help="articles of one template")
    parser.add_argument(
        "--rounds", type=int, default=2, help="rounds, of which the fastest counts (default 2)"
    )
    parser.add_argument("--check", action="store_true", help="a larger exponent than asked for is an error")
    parser.add_argument("--no-record", action="store_true", help="print only")
    options = parser.parse_args()
    cases: dict[str, Any] = {}
    for case, sizes in ((MADE, options.sizes), (EQUAL, options.equal), (TEMPLATE, options.template)):
        rows = []
        for number in sizes:
            rows.append(in_new_process(measured, {}, case, number, options.articles, options.rounds))
            print(
                f"{case:<22}" + "  ".join(f"{what} {figure}" for what, figure in rows[-1].items()), flush=True
            )
        cases[case] = {"exponent": exponent(rows), "sizes": rows}
        print(f"{case}: exponent {cases[case]['exponent']}", flush=True)
    if not options.no_record:
        record = {
            **header("matching articles, seconds by number", PACKAGES),
            "data": described(options.articles, read_articles(options.articles)),
            "options": {"seed": SEED, "rounds": options.rounds},
            "cases": cases,
        }
        write_record("match-growth", record)
    steep = {
        case: found["exponent"] for case, found in cases.items() if (found["exponent"] or 0) > MAX_EXPONENT
    }
    if options.check and steep:
        raise SystemExit(f"the time grows faster than with exponent {MAX_EXPONENT}: {steep}")


if __name__ == "__main__":
    main()
