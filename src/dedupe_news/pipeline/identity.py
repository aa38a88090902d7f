"""Who is who: which records are articles of their own, which came again, what the nameless are called."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dedupe_news.article import Article
from dedupe_news.pipeline.columns import Int64, Numbers, Strings


def text_digest(text: str) -> bytes:
    """Return 16 bytes that stand for a received text; its first eight, in hex, are `intake.text_id`."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass")).digest()[:16]


def known_digest(article: Article) -> bytes:
    """Return 16 bytes that stand for what else is known of an article.

    They decide which of several equal texts without an id is the first: the order they came in should not.
    A key without a value says nothing: a line of JSON leaves it out where a row of a table cannot.
    """
    known = [getattr(article, name) for name in ("published", "source", "url", "title", "byline", "language")]
    extra = [item for item in article.extra.items() if item[1] is not None]
    return text_digest(repr((known, sorted(map(repr, extra)))))


def digest_rows(digests: Sequence[bytes]) -> NDArray[np.uint64]:
    """Return digests of 16 bytes as numbers, shape (n, 2), that sort as the bytes do; of none, zeros."""
    joined = b"".join(digest or bytes(16) for digest in digests)
    return np.frombuffer(joined, dtype=">u8").astype(np.uint64).reshape(-1, 2)


def other_article(id: str, place: str, first_place: str) -> str:
    """Return why an article cannot be taken whose id is that of another text already."""
    return f"id {id!r} at {place} is another article's already, at {first_place}"


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """What some articles turned out to be.

    Parameters
    ----------
    first : int64, shape (n,)
        The row of the first article with this id: its own, if it is the first or has no id.
    is_other : bool, shape (n,)
        Whether that first article has another text: then this one cannot be taken.
    """

    first: Int64
    is_other: NDArray[np.bool_]


class Identities:
    """The ids and texts of all articles, in the order of the input; an article is a row from 0 on."""

    def __init__(self) -> None:
        self.ids = Strings()
        self._digests = Numbers(2, np.uint64)
        self._known = Numbers(2, np.uint64)
        self._first = Numbers(1, np.int64)
        self._table = _HashTable()
        self._texts_seen = _HashTable()
        self.num_equal_texts = 0

    def take(
        self, ids: Sequence[str | None], digests: NDArray[np.uint64], known: NDArray[np.uint64]
    ) -> Taken:
        """Take the next articles.

        Parameters
        ----------
        ids : sequence of str or None
            None, or nothing, where an article came without one.
        digests, known : uint64, shape (n, 2)
            `digest_rows` of their `text_digest` and `known_digest`; the latter counts only without an id.
        """
        start = len(self.ids)
        rows = np.arange(start, start + len(ids), dtype=np.int64)
        self.ids.extend(ids)
        self._digests.extend(digests)
        self._known.extend(known)
        first = rows.copy()
        named = [at for at, id in enumerate(ids) if id]
        hashes = _hashes([ids[at] or "" for at in named])
        before = dict(self._table.find(hashes))
        here: dict[str, int] = {}
        new: list[int] = []
        for place, at in enumerate(named):
            id = ids[at] or ""
            found = next((row for row in before.get(place, ()) if self.ids[row] == id), None)
            if found is None:
                found = here.setdefault(id, start + at)
                if found == start + at:
                    new.append(place)
            first[at] = found
        if new:
            self._table.add(hashes[new], rows[[named[place] for place in new]])
        self._first.extend(first[:, np.newaxis])
        is_other = (self._digests.rows[first] != digests).any(axis=1)
        self._count_equal(digests, rows, first == rows)
        return Taken(first, is_other)

    def _count_equal(self, digests: NDArray[np.uint64], rows: Int64, is_first: NDArray[np.bool_]) -> None:
        """Count the texts that came before, to tell how it goes while it goes."""
        keys, at = np.unique(digests[is_first, 0], return_index=True)
        found = {place for place, _ in self._texts_seen.find(keys)}
        self.num_equal_texts += int(is_first.sum()) - len(keys) + len(found)
        fresh = np.array([place not in found for place in range(len(keys))], dtype=bool)
        self._texts_seen.add(keys[fresh], rows[is_first][at[fresh]])

    def finish(self) -> tuple[Int64, Int64, Strings]:
        """Return which rows are articles, which rows came again, and the ids of all rows.

        Returns
        -------
        articles : int64
            Rows that are an article of their own, ascending.
        first : int64, shape (n_rows,)
            The row of the article that has this one's id: of a row that is none of `articles`, the one
            that it repeats or contradicts.
        ids : Strings
            Of every row; the nameless are called by their text (see `intake.text_id`), equal texts numbered.
        """
        first = self._first.rows[:, 0]
        articles = np.flatnonzero(first == np.arange(len(first)))
        return articles, first, self._named()

    def _named(self) -> Strings:
        ids = list(self.ids)
        nameless = np.array([row for row, id in enumerate(ids) if not id], dtype=np.int64)
        if not len(nameless):
            return self.ids
        digests, known = self._digests.rows[nameless], self._known.rows[nameless]
        order = np.lexsort((known[:, 1], known[:, 0], digests[:, 0]))
        bases = [f"{base:016x}" for base in digests[order, 0].tolist()]
        names = _hashes(bases)
        may_be_taken = {place for place, _ in self._table.find(names)} if len(nameless) < len(ids) else set()
        last, number = "", 0
        for place, (row, base) in enumerate(zip(nameless[order].tolist(), bases, strict=True)):
            number = number + 1 if base == last else 1
            last = base
            name = base if number == 1 else f"{base}-{number}"
            while (number > 1 or place in may_be_taken) and self._is_taken(name):
                number += 1
                name = f"{base}-{number}"
            ids[row] = name
        return Strings(ids)

    def _is_taken(self, name: str) -> bool:
        found = self._table.find(_hashes([name]))
        return any(self.ids[row] == name for _, rows in found for row in rows)


class _HashTable:
    """Rows by 64-bit hash: sorted runs, of which small ones are merged into larger ones as they come."""

    def __init__(self) -> None:
        self._runs: list[tuple[NDArray[np.uint64], Int64]] = []

    def add(self, hashes: NDArray[np.uint64], rows: Int64) -> None:
        if not len(hashes):
            return
        self._runs.append((hashes, rows))
        size = len(hashes)
        merged = 1
        # Each run is at least twice as large as the next: a row is moved as often as the number doubles.
        while merged < len(self._runs) and len(self._runs[-merged - 1][0]) < 2 * size:
            merged += 1
            size += len(self._runs[-merged][0])
        hashes = np.concatenate([run[0] for run in self._runs[-merged:]])
        rows = np.concatenate([run[1] for run in self._runs[-merged:]])
        order = np.argsort(hashes, kind="stable")
        self._runs[-merged:] = [(hashes[order], rows[order])]

    def find(self, hashes: NDArray[np.uint64]) -> list[tuple[int, list[int]]]:
        """Return which of `hashes` are here, each with all its rows."""
        found: dict[int, list[int]] = {}
        for run_hashes, rows in self._runs:
            starts = np.searchsorted(run_hashes, hashes, side="left")
            ends = np.searchsorted(run_hashes, hashes, side="right")
            for place in np.flatnonzero(starts < ends).tolist():
                found.setdefault(place, []).extend(rows[starts[place] : ends[place]].tolist())
        return list(found.items())


def _hashes(texts: Sequence[str]) -> NDArray[np.uint64]:
    """Return Python's own hashes: they differ from process to process, and only say where to look."""
    return np.array([hash(text) & 0xFFFFFFFFFFFFFFFF for text in texts], dtype=np.uint64)
