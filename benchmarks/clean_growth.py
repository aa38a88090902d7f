"""Measure how the time to clean one article grows with its length.

    python benchmarks/clean_growth.py [--chars 250000] [--no-record]

Each text is cleaned at a length and at four times that length: about 4 is linear, 16 is quadratic.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from typing import Any

from recording import ROOT, header, write_record

import dedupe_news

PACKAGES = ("ftfy", "rapidfuzz", "regex")
HARBOUR = (ROOT / "examples" / "harbour.txt").read_text(encoding="utf-8")


def prose(chars: int, seed: int = 7) -> str:
    """Return made-up prose in which no passage stands twice."""
    rng = random.Random(seed)
    words = ["".join(rng.choices("abcdefghijklmnoprstuvw", k=rng.randint(2, 9))) for _ in range(3000)]
    paragraphs = []
    while sum(map(len, paragraphs)) < chars:
        sentence = " ".join(rng.choices(words, k=rng.randint(8, 25)))
        paragraphs.append(f"{sentence.capitalize()}.")
    return "\n".join(paragraphs)[:chars]


def with_typing_errors(text: str, seed: int = 8) -> str:
    """Return `text` with a letter lost in about every fiftieth word."""
    rng = random.Random(seed)
    return " ".join(word[:1] + word[2:] if rng.random() < 0.02 else word for word in text.split(" "))


TEXTS: dict[str, Callable[[int], str]] = {
    "no repeats": prose,
    "twice, glued": lambda chars: prose(chars // 2) * 2,
    "twice, the second with typing errors": lambda chars: (
        prose(chars // 2) + "\n" + with_typing_errors(prose(chars // 2))
    ),
    "seven times, a line between": lambda chars: "\nADVERTISEMENT\n".join([prose(chars // 7)] * 7),
    "each paragraph twice": lambda chars: "\n".join(
        f"{line}\n{line}" for line in prose(chars // 2).split("\n")
    ),
    "one article, again and again": lambda chars: HARBOUR * (chars // len(HARBOUR)),
    "forty words in any order": lambda chars: " ".join(
        random.Random(9).choices(prose(300).split(), k=chars // 6)
    ),
}


def seconds_for(text: str) -> float:
    """Return the least seconds of three for cleaning `text`."""
    least = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        dedupe_news.clean(text)
        least = min(least, time.perf_counter() - began)
    return least


def main() -> None:
    """Measure, print, write the record."""
    parser = argparse.ArgumentParser(description="Measure how the time to clean grows with the length.")
    parser.add_argument("--chars", type=int, default=250_000)
    parser.add_argument("--no-record", action="store_true", help="print only")
    options = parser.parse_args()
    dedupe_news.clean(HARBOUR)  # modules are imported, expressions compiled
    rows: dict[str, Any] = {}
    for name, make in TEXTS.items():
        once, fourfold = (seconds_for(make(chars)) for chars in (options.chars, 4 * options.chars))
        rows[name] = {"seconds": round(once, 3), "seconds_fourfold": round(fourfold, 3)}
        print(f"{name:<38} {once:7.3f} s   fourfold {fourfold:7.3f} s   growth {fourfold / once:4.1f}")
    if not options.no_record:
        record = {**header("cleaning one article, seconds by length", PACKAGES), "chars": options.chars}
        write_record("clean-growth", {**record, "texts": rows})


if __name__ == "__main__":
    main()
