"""Which pairs are worth verifying. Nothing here says that two articles are related."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from dedupe_news.match.columns import FingerprintColumns, Int64, sliced
from dedupe_news.match.fingerprint import Pairs
from dedupe_news.match.postings import shared_pairs
from dedupe_news.match.scratch import Column, MemoryColumn, Scratch
from dedupe_news.match.side_by_side import side_by_side
from dedupe_news.match.sorting import run_starts, runs, sort
from dedupe_news.match.tokens import UInt64
from dedupe_news.options import MatchOptions

FULL_BUCKET = 16
"""In a bucket of at most this many articles every pair is proposed; in a fuller one each article is
paired with its neighbour and with the first alone, so that a bucket costs linear time."""

_PAIRS_AN_ARTICLE = 64
"""Proposals of an article that meets others everywhere, for whom there is room; most articles meet none."""

_MANY_ROWS = 1 << 16
"""From so many articles on a band takes longer than handing it to a thread."""

_32 = np.uint64(32)
_LOWER = np.uint64(0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class CandidatePairs:
    """Pairs of articles that may be related, each once, sorted.

    Parameters
    ----------
    packed : Column
        uint64: ``smaller * num_articles + larger``.
    num_articles : int
    """

    packed: Column
    num_articles: int

    @classmethod
    def of(cls, pairs: Pairs, num_articles: int) -> CandidatePairs:
        """Return pairs of positions that somebody else proposes, the smaller one left, sorted."""
        packed = MemoryColumn(np.uint64)
        packed.append((pairs[:, 0] * num_articles + pairs[:, 1]).view(np.uint64))
        return cls(packed, num_articles)

    def __len__(self) -> int:
        return len(self.packed)

    def read(self, start: int = 0, stop: int | None = None) -> Pairs:
        """Return some of the pairs: positions, int64, shape (n_pairs, 2)."""
        packed = self.packed.read(start, stop).view(np.int64)
        return np.column_stack(np.divmod(packed, self.num_articles))


def candidate_pairs(
    columns: FingerprintColumns,
    positions: Int64,
    options: MatchOptions,
    *,
    num_threads: int,
    scratch: Scratch,
) -> CandidatePairs:
    """Return the pairs of articles that may be related.

    Two ways lead to a pair: a band of the signatures in common (alike as a whole), or enough
    of the rarer shingles in common (one may stand inside the other). Which pairs they are does
    not depend on the order of the articles.

    Parameters
    ----------
    columns : FingerprintColumns
        Its band keys and samples are dropped as their work is done.
    positions : int64, shape (n,)
        The rows to compare. Of equal bodies only one should be here: the others cost nothing then.
    """
    num_articles = len(columns.num_tokens)
    rows = _longest_first(columns, positions)
    heap = _PairHeap(num_articles, scratch)
    # Loops for a few articles are in Python, where a second thread only waits for the first.
    num_threads = num_threads if columns.compiled else 1
    found = band_pairs(columns.band_keys, rows, compiled=columns.compiled, num_threads=num_threads)
    for band, pairs in zip(columns.band_keys, found, strict=True):
        heap.add(rows[pairs])
        band.drop()
    for pairs in shared_pairs(columns, rows, options, num_threads=num_threads, scratch=scratch):
        heap.add(rows[pairs])
    return heap.sorted(compiled=columns.compiled)


def _longest_first(columns: FingerprintColumns, positions: Int64) -> Int64:
    """Return those of `positions` that have a shingle at all, in an order that is theirs alone.

    What stands first in a bucket is what a canonical document would be.
    """
    rows = positions[columns.num_shingles[positions] > 0]
    digests = columns.digests[rows]
    return rows[np.lexsort((digests[:, 1], digests[:, 0], -columns.num_tokens[rows]))]


class _PairHeap:
    """Pairs as they are found, often several times; put in order at the end, slice by slice."""

    def __init__(self, num_articles: int, scratch: Scratch) -> None:
        room = num_articles * _PAIRS_AN_ARTICLE * 8
        self._num_slices = min(1 + 4 * room // scratch.memory_bytes, 256)
        self._num_articles = num_articles
        self._slices = [scratch.column(f"pairs-{place}", np.uint64) for place in range(self._num_slices)]
        self._sorted = scratch.column("pairs", np.uint64)

    def add(self, pairs: Pairs) -> None:
        """Take pairs of positions, either first."""
        packed = pairs.min(axis=1) * self._num_articles + pairs.max(axis=1)
        slice_of = packed // self._num_articles * self._num_slices // self._num_articles
        values, ends = sliced(packed.view(np.uint64), slice_of, self._num_slices)
        for piece, of_slice in zip(self._slices, np.split(values, ends[:-1]), strict=True):
            piece.append(of_slice)

    def sorted(self, *, compiled: bool) -> CandidatePairs:
        """Return all that was added, each once."""
        for piece in self._slices:
            packed = sort(piece.read(), compiled=compiled)
            piece.drop()
            self._sorted.append(packed[run_starts(packed)])
        return CandidatePairs(self._sorted, self._num_articles)


def band_pairs(
    band_keys: Sequence[Column], rows: Int64, *, compiled: bool, num_threads: int
) -> Iterator[Pairs]:
    """Yield for each band the pairs of places in `rows` of which the articles agree in it.

    Parameters
    ----------
    band_keys : sequence of Column
        See `bands.band_keys`.
    rows : int64
        The first being the one that a full bucket leads to.

    Notes
    -----
    Two articles of Jaccard s meet with probability ``1 - (1 - s**rows)**bands``.
    """
    if len(rows) < _MANY_ROWS:
        num_threads = 1
    # Key and place in one number: sorted, the members of a bucket are neighbours, the first place first.
    place = np.arange(len(rows), dtype=np.uint64)

    def of_band(band: Column) -> Pairs:
        packed = band.read()[rows].astype(np.uint64)
        packed <<= _32
        packed |= place
        return _bucket_pairs(sort(packed, compiled=compiled, from_bit=32))

    return side_by_side(of_band, band_keys, num_threads)


def equal_groups(columns: FingerprintColumns) -> tuple[Int64, list[list[int]]]:
    """Return the rows of which each stands for its equals, and the groups of more than one.

    Equal are articles of equal normalized bodies. A body without a token equals nothing.

    Returns
    -------
    firsts : int64
        The first row of each group, also of one; ascending.
    groups : list of lists
        Ascending, each by itself and by their first rows.
    """
    left, right = columns.digests[:, 0], columns.digests[:, 1]
    order = np.lexsort((right, left))  # stable: within a group the rows ascend
    if not len(order):
        return order, []
    is_new = np.ones(len(order), dtype=bool)
    is_new[1:] = (np.diff(left[order]) != 0) | (np.diff(right[order]) != 0)
    is_new |= columns.num_tokens[order] == 0
    starts = np.flatnonzero(is_new)
    sizes = np.diff(starts, append=len(order))
    several = np.flatnonzero(sizes > 1)
    several = several[np.argsort(order[starts[several]])]
    groups = [
        order[start : start + size].tolist()
        for start, size in zip(starts[several].tolist(), sizes[several].tolist(), strict=True)
    ]
    return np.sort(order[starts]), groups


def _bucket_pairs(packed: UInt64) -> Pairs:
    """Return pairs of rows with equal keys; of a full bucket, a chain and a star.

    Parameters
    ----------
    packed : uint64, shape (n,)
        Sorted; the key in the upper half, the row in the lower.
    """
    keys = packed >> _32
    equal = keys[1:] == keys[:-1]
    met = np.zeros(len(packed), dtype=bool)
    met[1:] = equal
    met[:-1] |= equal
    keys, rows = keys[met], (packed[met] & _LOWER).view(np.int64)
    if not len(keys):
        return np.empty((0, 2), dtype=np.int64)
    starts, counts = runs(keys)
    size = np.repeat(counts, counts)
    first = np.repeat(rows[starts], counts)
    found = [np.column_stack([first, rows])[first != rows]]
    for distance in range(1, min(FULL_BUCKET, int(counts.max()))):
        equal = keys[distance:] == keys[:-distance]
        if distance > 1:
            equal &= size[distance:] <= FULL_BUCKET
        found.append(np.column_stack([rows[:-distance][equal], rows[distance:][equal]]))
    return np.concatenate(found)
