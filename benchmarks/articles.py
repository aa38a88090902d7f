"""Articles to measure with: read from a file, or made by editing real ones."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from clean_speed import made_up_articles

_COPY_EVERY, _COPY_AT = 10, 9
"""Of each ten made articles the last is a near duplicate of one before."""

_EXCERPT_EVERY, _EXCERPT_AT = 50, 25
"""Of each fifty one is an excerpt of one before."""

_REACH = 500
"""A copy is of one of so many articles before it, however many there are in all."""


def read_articles(path: Path | None, limit: int | None = None) -> list[str]:
    """Return the texts of the first `limit` lines of a JSONL file (`text`, or `paragraphs`).

    Without a file the articles are made up; they are 2 000 then, unless `limit` says otherwise.
    """
    if path is None:
        return make_articles(list(made_up_articles(500)), limit or 2000, seed=1).texts
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        return [_text(json.loads(line)) for line in islice(lines, limit)]


def _text(record: dict[str, Any]) -> str:
    return record["text"] if "text" in record else "\n\n".join(record.get("paragraphs", ()))


def num_bytes(texts: Sequence[str]) -> int:
    """Return the size of all texts in UTF-8."""
    return sum(len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass")) for text in texts)


def described(path: Path | None, texts: Sequence[str]) -> dict[str, Any]:
    """Return what a record says of its data: figures and a digest, not a word of the articles."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
    return {
        "name": "articles from a file" if path else "made up by clean_speed.py",
        "sha256": digest.hexdigest(),
        "articles": len(texts),
        "megabytes": round(num_bytes(texts) / 1e6, 3),
    }


@dataclass(frozen=True, slots=True)
class MadeArticles:
    """Articles made of real ones.

    Parameters
    ----------
    texts : list of str
    copies : list of (int, int)
        Which were made as near duplicates of which: position of the first, position of the copy.
    excerpts : list of (int, int)
    """

    texts: list[str] = field(default_factory=list)
    copies: list[tuple[int, int]] = field(default_factory=list)
    excerpts: list[tuple[int, int]] = field(default_factory=list)


def make_articles(real: Sequence[str], number: int, seed: int) -> MadeArticles:
    """Return `number` articles as long and as wordy as the real ones, of which a constant share is related.

    Most are a real article whose words were shuffled two by two: no five of them follow each
    other as before, so that many articles can be made of one. Every tenth is a near duplicate (one
    word in a hundred is another), every fiftieth an excerpt of one among the last `_REACH` articles.
    The first thousand of a hundred thousand are those of a thousand.
    """
    made = MadeArticles()
    for position, (text, copy_of, excerpt_of) in enumerate(iter_articles(real, number, seed)):
        made.texts.append(text)
        if copy_of is not None:
            made.copies.append((copy_of, position))
        if excerpt_of is not None:
            made.excerpts.append((excerpt_of, position))
    return made


def iter_articles(
    real: Sequence[str], number: int, seed: int
) -> Iterator[tuple[str, int | None, int | None]]:
    """Yield what `make_articles` holds: text, what it is a copy of, what it is an excerpt of."""
    rng = np.random.default_rng(seed)
    new: deque[tuple[int, str]] = deque(maxlen=_REACH)  # no copies, with their positions
    for position in range(number):
        is_copy = position % _COPY_EVERY == _COPY_AT
        if is_copy or position % _EXCERPT_EVERY == _EXCERPT_AT:
            source, text = new[int(rng.integers(len(new)))]
            yield (_near_duplicate(text, rng), source, None) if is_copy else (_excerpt(text), None, source)
        else:
            text = _shuffled(real[int(rng.integers(len(real)))], rng)
            new.append((position, text))
            yield text, None, None


def _shuffled(text: str, rng: np.random.Generator) -> str:
    words = text.split()
    order = rng.permutation(len(words) // 2 + 1).tolist()
    return " ".join([word for place in order for word in words[2 * place : 2 * place + 2]])


def _near_duplicate(text: str, rng: np.random.Generator) -> str:
    words = text.split()
    if not words:
        return text
    for place in rng.integers(len(words), size=max(1, len(words) // 100)).tolist():
        words[place] = words[int(rng.integers(len(words)))]
    return " ".join(words)


def _excerpt(text: str) -> str:
    words = text.split()
    return " ".join(words[: 2 * len(words) // 5])


NOTICE = """
{name} Holdings said on {day} that net income for the second quarter rose to {a} million from {b} million a
year earlier, as demand in its home market held up better than the board had expected in the spring. Revenue
came to {c} million. The company confirmed its outlook for the full year and said that it would pay an
interim dividend of {d} cents a share to all who are on the register at the end of the month. Chief executive
{chief} told analysts that costs remained under control, that orders were encouraging, and that no further
closures were planned at present. Shares of the group, which has made {product} since it was founded, were
little changed in early trading, in line with the wider market, which waited for the decision of the central
bank later in the week.
"""


def notices(number: int, seed: int) -> list[str]:
    """Return articles of one template: the same frame, other names and numbers."""
    rng = np.random.default_rng(seed)

    def name() -> str:
        return "".join(chr(97 + code) for code in rng.integers(26, size=7).tolist()).capitalize()

    return [
        NOTICE.format(
            name=name(),
            day=name(),
            chief=f"{name()} {name()}",
            product=name().lower(),
            **{letter: int(rng.integers(10, 10_000)) for letter in "abcd"},
        )
        for _ in range(number)
    ]
