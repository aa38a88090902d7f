r"""Measure how many megabytes of articles one core cleans in a second, whole and stage by stage.

    python benchmarks/clean_speed.py [ARTICLES.jsonl[.gz]] [--limit 2000] [--rounds 5] [--no-record]

A line of the file has `text`. Without a file the articles are made up: prose of the kind that
extractors glue, `… last week.The harbour …`. Everything is measured on the same received texts (or
on what the stages before made of them), in turns, so that a busy machine is as busy for all;
megabytes are UTF-8 bytes of the received texts. Beside it, for scale: `ftfy.fix_text`, and finding
words with `re.findall(r"\w+")`.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
import re
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import ftfy
from recording import header, write_record

import dedupe_news
from dedupe_news import CleanOptions
from dedupe_news.text.head import part_head
from dedupe_news.text.normalize import RULES, Rule, normalize
from dedupe_news.text.paragraphs import part_paragraphs, unwrap
from dedupe_news.text.repeats import find_power, find_repeats
from dedupe_news.text.spans import Draft
from dedupe_news.text.structure import read_structure

PACKAGES = ("ftfy", "rapidfuzz", "regex")
OPTIONS = CleanOptions()
WHOLE, WORDS = "clean, the whole way", "re.findall(r'\\w+')"
ONSETS = [
    "b",
    "br",
    "c",
    "cl",
    "d",
    "f",
    "g",
    "h",
    "l",
    "m",
    "n",
    "p",
    "r",
    "s",
    "st",
    "t",
    "th",
    "tr",
    "w",
    "v",
]
RHYMES = ["a", "e", "i", "o", "u", "ea", "ar", "en", "er", "in", "on", "ost", "ack", "ate", "ill", "ound"]
SMALL_WORDS = [
    "the",
    "of",
    "to",
    "and",
    "a",
    "in",
    "that",
    "for",
    "on",
    "with",
    "as",
    "by",
    "from",
    "it",
    "was",
]


def made_up_articles(number: int, seed: int = 11) -> Iterator[str]:
    """Yield articles of about 4 000 characters whose paragraphs are glued, as many as asked for."""
    rng = random.Random(seed)
    words = [
        "".join(rng.choice(ONSETS) + rng.choice(RHYMES) for _ in range(rng.choice((1, 2, 2, 3))))
        for _ in range(6000)
    ]
    for _ in range(number):
        names = [" ".join(rng.sample(words, 2)).title() for _ in range(6)]
        yield "".join(_paragraph(rng, words, names) for _ in range(rng.randint(8, 26)))


def _paragraph(rng: random.Random, words: Sequence[str], names: Sequence[str]) -> str:
    return " ".join(_sentence(rng, words, names) for _ in range(rng.randint(1, 3)))


def _sentence(rng: random.Random, words: Sequence[str], names: Sequence[str]) -> str:
    parts = []
    for _ in range(rng.randint(9, 26)):
        chance = rng.random()
        if chance < 0.45:
            parts.append(rng.choice(SMALL_WORDS))
        elif chance < 0.5:
            parts.append(rng.choice(names))
        else:
            parts.append(rng.choice(words) + rng.choices(["", ",", "’s", " – "], [90, 7, 2, 1])[0].strip(" "))
    text = " ".join(parts).rstrip(",–")
    text = text[:1].upper() + text[1:]
    return f"“{text},” {rng.choice(names)} said." if rng.random() < 0.2 else f"{text}."


def read_articles(path: Path, limit: int) -> list[str]:
    """Return the texts of the first `limit` lines of a JSONL file."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in islice(lines, limit)]


def alone(stage: Callable[[Draft], object]) -> Callable[[str], object]:
    """Return what does one stage on a text that no other stage has seen."""
    return lambda text: stage(Draft(text))


def by_rule(rule: Rule) -> Callable[[str], object]:
    """Return what looks for the work of one rule of `normalize`, in every text."""
    extra = (getattr(OPTIONS, rule.option),) if rule.option else ()
    return lambda text: list(rule.find(text, *extra))


def steps(received: list[str]) -> dict[str, tuple[Callable[[str], object], list[str]]]:
    """Return what is measured, by name: a function, and the texts it is given."""
    cleaned = [dedupe_news.clean(text).text for text in received]
    table: dict[str, tuple[Callable[[str], object], list[str]]] = {
        WHOLE: (dedupe_news.clean, received),
        "ftfy.fix_text": (ftfy.fix_text, received),
        WORDS: (re.compile(r"\w+").findall, received),
        "characters": (alone(lambda draft: normalize(draft, OPTIONS)), received),
    }
    # `normalize` asks first which rules a text needs; here each one is let loose on every text.
    table |= {f"  rule {name}": (by_rule(rule), received) for name, rule in RULES.items()}
    table |= {
        "wrapped lines": (alone(unwrap), received),
        "run-ons and paragraphs": (alone(part_paragraphs), received),
        "head": (alone(lambda draft: part_head(draft, None)), cleaned),
        "fields": (lambda text: read_structure(text, None, None), cleaned),
        "repeats: the whole text, k times": (find_power, received),
        "repeats: passages": (lambda text: find_repeats(text, OPTIONS), cleaned),
    }
    return table


def measured(received: list[str], rounds: int) -> dict[str, list[float]]:
    """Return the seconds that each step took in each round."""
    table = steps(received)
    seconds: dict[str, list[float]] = {name: [] for name in table}
    for _ in range(rounds):
        for name, (step, texts) in table.items():
            began = time.perf_counter()
            for text in texts:
                step(text)
            seconds[name].append(time.perf_counter() - began)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the speed of cleaning on one core.")
    parser.add_argument("articles", nargs="?", type=Path, help="JSONL with `text`, may be .gz; else made up")
    parser.add_argument("--limit", type=int, default=1000, help="articles (default 1000)")
    parser.add_argument(
        "--rounds", type=int, default=5, help="rounds, of which the median counts (default 5)"
    )
    parser.add_argument("--no-record", action="store_true", help="print only")
    options = parser.parse_args()
    received = (
        read_articles(options.articles, options.limit)
        if options.articles
        else list(made_up_articles(options.limit))
    )
    encoded = [text.encode("utf-8", "surrogatepass") for text in received]
    megabytes = sum(map(len, encoded)) / 1e6
    seconds = measured(received, options.rounds)
    medians = {name: statistics.median(runs) for name, runs in seconds.items()}
    rows: dict[str, Any] = {}
    print(f"{len(received)} articles, {megabytes:.1f} MB, median of {options.rounds} rounds")
    for name, runs in seconds.items():
        rows[name.strip()] = {
            "seconds_min": round(min(runs), 4),
            "seconds_median": round(medians[name], 4),
            "megabytes_per_second": round(megabytes / medians[name], 1),
            "microseconds_per_article": round(1e6 * medians[name] / len(received), 1),
        }
        print(
            f"{name:<34} {megabytes / medians[name]:9.1f} MB/s {1e6 * medians[name] / len(received):9.1f} µs"
            f"   {medians[name] / medians[WHOLE]:6.1%} of the whole"
        )
    ratios = {
        "times_ftfy": round(medians["ftfy.fix_text"] / medians[WHOLE], 2),
        "times_words": round(medians[WORDS] / medians[WHOLE], 2),
    }
    print(
        f"cleaning is {ratios['times_ftfy']} times as fast as ftfy, {ratios['times_words']} as finding words"
    )
    if not options.no_record:
        data = {
            "name": options.articles.name if options.articles else "made up by clean_speed.py",
            "sha256": hashlib.sha256(b"\0".join(encoded)).hexdigest(),
            "articles": len(received),
            "megabytes": round(megabytes, 3),
        }
        record = {**header("cleaning on one core, megabytes per second", PACKAGES), "data": data}
        write_record("clean-speed", {**record, "rounds": options.rounds, **ratios, "steps": rows})


if __name__ == "__main__":
    main()
