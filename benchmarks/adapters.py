"""Measure what an adapter costs over the library: 50 000 articles cleaned and matched, as each tool has them.

    python benchmarks/adapters.py [ARTICLES.jsonl[.gz]] [--number 50000] [--rounds 3] [--no-record]

The articles are made of real ones (see `articles.make_articles`), or of made-up ones without a file. Each
row is one call with all cores, in a process of its own that has the articles in the tool's own form and its
loops loaded. The library (`dedupe_news.dedupe` on a list of dicts, with as many processes) is the row that
all are measured by, in turns with them: what an adapter costs is its share of the library's time in the same
round, and of the time that processors worked for it, which others on the machine change less. Cleaning alone
is measured on a tenth of the articles, in one process. The verdicts of all rows have to be the same.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from articles import described, make_articles, read_articles
from process import cpu_seconds, in_new_process, peak_megabytes
from recording import header, write_record

PACKAGES = ("datasets", "numba", "numpy", "pandas", "polars", "pyarrow", "regex")
CORE = "dedupe_news.dedupe"
MAX_TIMES_CORE = 1.25
CHECKED = ("Arrow", "pandas", "Polars")
SEED = 7
_WARM_UP = 300  # articles
_CLEAN_SHARE = 10  # cleaning alone takes one in so many


@dataclass(frozen=True)
class Step:
    """How a tool is given records, what it does with them, and how its verdicts are read."""

    given: Callable[[list[dict[str, Any]]], Any]
    dedupe: Callable[[Any, int], Any]
    clean: Callable[[Any], Any]
    verdicts: Callable[[Any], list[str]]


def _core(records: list[dict[str, Any]], jobs: int) -> Any:
    import dedupe_news

    return dedupe_news.dedupe(records, jobs=jobs)


def _core_clean(records: list[dict[str, Any]]) -> Any:
    import dedupe_news

    return [dedupe_news.clean(record) for record in records]


def _core_verdicts(result: Any) -> list[str]:
    stands = {
        name: document.id
        for document in result.documents
        for name in (document.id, *(duplicate.id for duplicate in document.duplicates))
    }
    return [stands[name] for name in sorted(stands, key=int)]


def _adapter(name: str) -> Any:
    import importlib

    return importlib.import_module(f"dedupe_news.adapters.{name}")


def _table(records: list[dict[str, Any]]) -> Any:
    import pyarrow as pa

    return pa.Table.from_pylist(records)


def _frame(records: list[dict[str, Any]]) -> Any:
    import pandas as pd

    return pd.DataFrame(records)


def _polars(records: list[dict[str, Any]]) -> Any:
    import polars as pl

    return pl.DataFrame(records)


def _dataset(records: list[dict[str, Any]]) -> Any:
    import datasets

    datasets.disable_progress_bars()
    return datasets.Dataset.from_list(records)


def _step(
    adapter: str, given: Callable[[list[dict[str, Any]]], Any], to_list: Callable[[Any], list[str]]
) -> Step:
    return Step(
        given,
        lambda frame, jobs: _adapter(adapter).dedupe(frame, annotate=True, jobs=jobs),
        lambda frame: _adapter(adapter).clean(frame, prefix="clean_"),
        to_list,
    )


STEPS = {
    CORE: Step(lambda records: records, _core, _core_clean, _core_verdicts),
    "Arrow": _step("arrow", _table, lambda table: table["canonical_id"].to_pylist()),
    "pandas": _step("pandas", _frame, lambda frame: frame["canonical_id"].tolist()),
    "Polars": _step("polars", _polars, lambda frame: frame["canonical_id"].to_list()),
    "datasets": _step("datasets", _dataset, lambda dataset: dataset["canonical_id"][:]),
}


def measured(name: str, pile: Path, jobs: int) -> dict[str, Any]:
    """Return the seconds that a step takes, and a digest of its verdicts; called in a process of its own."""
    from dedupe_news.options import match_options
    from dedupe_news.pipeline.matching import load_compiled_loops

    step = STEPS[name]
    with pile.open(encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    load_compiled_loops(match_options("news"))
    step.clean(step.given(records[:_WARM_UP]))
    step.dedupe(step.given(records[:_WARM_UP]), jobs)
    some, frame = step.given(records[::_CLEAN_SHARE]), step.given(records)
    if name != CORE:
        del records
    began, worked = time.perf_counter(), cpu_seconds()
    step.clean(some)
    cleaned, worked_cleaning = time.perf_counter(), cpu_seconds()
    result = step.dedupe(frame, jobs)
    ended, worked_all = time.perf_counter(), cpu_seconds()
    verdicts = step.verdicts(result)
    return {
        "seconds": ended - cleaned,
        "cpu_seconds": worked_all - worked_cleaning,
        "seconds_of_cleaning_alone": cleaned - began,
        "cpu_seconds_of_cleaning_alone": worked_cleaning - worked,
        "megabytes_held_at_most": round(peak_megabytes()),
        "verdicts": hashlib.sha256("\n".join(verdicts).encode()).hexdigest(),
        "duplicates": sum(str(number) != stands for number, stands in enumerate(verdicts)),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Measure what an adapter costs over the library.")
    parser.add_argument("articles", nargs="?", type=Path, help="JSONL with `text`, may be .gz; else made up")
    parser.add_argument("--number", type=int, default=50_000, help="articles (default 50 000)")
    parser.add_argument(
        "--rounds", type=int, default=3, help="rounds, of which the median counts (default 3)"
    )
    parser.add_argument("--only", nargs="*", help=f"some of {', '.join(STEPS)}")
    parser.add_argument("--check", action="store_true", help=f"more than {MAX_TIMES_CORE} times is an error")
    parser.add_argument("--no-record", action="store_true", help="print only")
    options = parser.parse_args(arguments)
    from dedupe_news.machine import num_cores

    texts = make_articles(read_articles(options.articles, 2000), options.number, SEED).texts
    names = [name for name in STEPS if not options.only or name == CORE or name in options.only]
    rounds: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as temporary:
        pile = Path(temporary) / "pile.jsonl"
        with pile.open("w", encoding="utf-8") as file:
            for number, text in enumerate(texts):
                file.write(json.dumps({"id": str(number), "text": text}) + "\n")
        for _ in range(options.rounds):
            for name in names:
                rounds[name].append(in_new_process(measured, {}, name, pile, num_cores()))
                print(name, rounds[name][-1], flush=True)
    if len({found["verdicts"] for runs in rounds.values() for found in runs}) > 1:
        raise SystemExit("the verdicts are not the same")
    rows = {name: row(runs, rounds[CORE]) for name, runs in rounds.items()}
    for name, told in rows.items():
        print(f"{name:<24}", "  ".join(f"{what} {figure}" for what, figure in told.items()))
    if not options.no_record:
        record = {
            **header("what adapters cost over the library", PACKAGES),
            "data": described(options.articles, texts),
            "options": {"seed": SEED, "processes": num_cores(), "cleaned_alone": len(texts[::_CLEAN_SHARE])},
            "duplicates": rounds[CORE][0]["duplicates"],
            "rounds": options.rounds,
            "steps": rows,
        }
        write_record("adapters", record)
    if options.check and any(rows[name]["times_core"] > MAX_TIMES_CORE for name in CHECKED if name in rows):
        raise SystemExit(f"an adapter takes more than {MAX_TIMES_CORE} times as long as the library")


def row(runs: list[dict[str, Any]], core: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what is told of a step: medians, and of the shares of the library's time in the same round."""

    def times(what: str) -> float:
        return statistics.median(run[what] / base[what] for run, base in zip(runs, core, strict=True))

    return {
        "seconds_min": round(min(run["seconds"] for run in runs), 2),
        "seconds_median": round(statistics.median(run["seconds"] for run in runs), 2),
        "cpu_seconds_median": round(statistics.median(run["cpu_seconds"] for run in runs), 2),
        "times_core": round(times("seconds"), 3),
        "times_core_of_cpu": round(times("cpu_seconds"), 3),
        "cleaning_alone_seconds": round(
            statistics.median(run["seconds_of_cleaning_alone"] for run in runs), 2
        ),
        "cleaning_alone_times_core": round(times("seconds_of_cleaning_alone"), 3),
        "cleaning_alone_times_core_of_cpu": round(times("cpu_seconds_of_cleaning_alone"), 3),
        "megabytes_held_at_most": max(run["megabytes_held_at_most"] for run in runs),
    }


if __name__ == "__main__":
    main()
