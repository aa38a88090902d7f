"""Which pairs are worth verifying. Nothing here says that two articles are related."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence

import numpy as np

from dedupe_news.match.fingerprint import Fingerprint, Pairs, UInt32, UInt64
from dedupe_news.options import MatchOptions

_FULL_BUCKET = 16
"""In a bucket of at most this many articles every pair is proposed; in a fuller one each article is
paired with its neighbour and with the first alone, so that a bucket costs linear time."""

_SKETCH = 64
"""Shingles looked up for each article. One that holds a quarter of them is missed once in 10**8."""

_COMMON = 48
"""A shingle in more articles than this is a stock phrase: it leads to one article, not to all."""

_BLOCK = 1 << 22
"""Meetings counted at a time: what bounds the memory, not the result."""


def candidate_pairs(fingerprints: Sequence[Fingerprint], options: MatchOptions) -> Pairs:
    """Return the pairs of positions that may be related, each once, the smaller position first.

    Two ways lead to a pair: a band of the signatures in common (alike as a whole), or enough
    of the rarer shingles in common (one may stand inside the other). Equal bodies should have
    been grouped before: they cost nothing there.

    Returns
    -------
    int64, shape (n_pairs, 2)
        Sorted. Which pairs they are does not depend on the order of `fingerprints`.
    """
    # The longest first: what stands first in a bucket is what a canonical document would be.
    ranked = sorted(
        (position for position, item in enumerate(fingerprints) if len(item.shingle_hashes)),
        key=lambda position: (-fingerprints[position].num_tokens, fingerprints[position].id),
    )
    if len(ranked) < 2:
        return np.empty((0, 2), dtype=np.int64)
    signatures = np.stack([fingerprints[position].signature for position in ranked])
    hashes = [fingerprints[position].shingle_hashes for position in ranked]
    pairs = np.concatenate([band_pairs(signatures, options), shared_pairs(hashes, options)])
    return _each_once(np.array(ranked, dtype=np.int64)[pairs])


def band_pairs(signatures: UInt32, options: MatchOptions) -> Pairs:
    """Return pairs of rows of `signatures` that agree in a whole band.

    Parameters
    ----------
    signatures : uint32, shape (n, num_perm)

    Notes
    -----
    Two articles of Jaccard s meet with probability ``1 - (1 - s**rows)**bands``.
    """
    num_bands, num_rows = banding(options.min_related, options.num_perm)
    found = []
    for band in range(num_bands):
        keys = np.zeros(len(signatures), dtype=np.uint64)
        for row in range(band * num_rows, (band + 1) * num_rows):
            keys = (keys ^ signatures[:, row]) * np.uint64(0x9E3779B97F4A7C15)  # wraps on purpose
            keys ^= keys >> np.uint64(29)
        found.append(_bucket_pairs(keys))
    return _each_once(np.concatenate(found))


def shared_pairs(hashes: Sequence[UInt64], options: MatchOptions) -> Pairs:
    """Return pairs of which one holds enough of the other's rarer shingles.

    Of each article the `_SKETCH` smallest hashes that stand in another article too are looked
    up in the *whole* shingle sets of the others. So an excerpt finds the long article that holds
    it, which a signature does not show: its Jaccard may be 0.1 where its containment is 1.

    Parameters
    ----------
    hashes : sequence of uint64, shape (n_shingles,)
        One array an article, each sorted and distinct.
    """
    num_articles = len(hashes)
    sizes = np.array([len(item) for item in hashes], dtype=np.int64)
    every = np.concatenate(hashes)
    owner = np.repeat(np.arange(num_articles), sizes)
    order = np.argsort(every, kind="stable")  # stable: in one posting the first article stays first
    every, owner = every[order], owner[order]
    starts, counts = _runs(every)
    shared = np.repeat(counts > 1, counts)
    posting = np.repeat(np.arange(len(starts)), counts)[shared]
    holder = owner[shared]

    # The sketch of each article: its rarer shingles first, among them the smallest hashes.
    by_article = np.lexsort((counts[posting] > _COMMON, holder))  # stable, so the hashes stay ascending
    posting, holder = posting[by_article], holder[by_article]
    article_starts, num_shared = _runs(holder)
    place = np.arange(len(holder)) - np.repeat(article_starts, num_shared)
    posting, holder = posting[place < _SKETCH], holder[place < _SKETCH]
    shared_of = np.zeros(num_articles, dtype=np.int64)
    shared_of[holder[np.flatnonzero(np.diff(holder, prepend=-1))]] = num_shared
    # One hit in the sketch stands for so many shared shingles.
    weight = np.maximum(shared_of / _SKETCH, 1.0)
    needed_hits = options.min_related / 2 * sizes / weight

    found = [np.empty((0, 2), dtype=np.int64)]
    length = np.where(counts > _COMMON, 1, counts)[posting]
    for first, last in _blocks(holder, length):
        lengths = length[first:last]
        left = np.repeat(holder[first:last], lengths)
        within = np.arange(len(left)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        right = owner[np.repeat(starts[posting[first:last]], lengths) + within]
        meetings, hits = np.unique(left * num_articles + right, return_counts=True)
        left, right = np.divmod(meetings, num_articles)
        enough = (left != right) & (hits >= needed_hits[left])
        found.append(np.column_stack([left[enough], right[enough]]))
    return _each_once(np.concatenate(found))


@functools.cache
def banding(threshold: float, num_perm: int) -> tuple[int, int]:
    """Return (bands, rows) that err least around `threshold`, as datasketch chooses them.

    False alarms and misses weigh the same. datasketch integrates numerically, for which it needs
    SciPy; what is integrated are polynomials, and for these a Gauss-Legendre sum of enough
    points is the integral itself. See test_banding_is_datasketchs.
    """
    points, weights = np.polynomial.legendre.leggauss(num_perm // 2 + 1)
    points, weights = (points + 1) / 2, weights / 2  # from -1 ... 1 to 0 ... 1
    below, above = points * threshold, threshold + points * (1 - threshold)
    best, least = (1, 1), np.inf
    for num_bands in range(1, num_perm + 1):
        rows = np.arange(1, num_perm // num_bands + 1)[:, np.newaxis]
        false_alarms = threshold * (weights * (1 - (1 - below**rows) ** num_bands)).sum(axis=1)
        misses = (1 - threshold) * (weights * (1 - above**rows) ** num_bands).sum(axis=1)
        errors = false_alarms + misses
        row = int(errors.argmin())
        if errors[row] < least:
            best, least = (num_bands, row + 1), float(errors[row])
    return best


def equal_groups(fingerprints: Sequence[Fingerprint]) -> list[list[int]]:
    """Return the positions of equal normalized bodies, group by group, in order of first appearance.

    A body without a token equals nothing, so it is a group of its own.
    """
    groups: dict[bytes | int, list[int]] = {}
    for position, item in enumerate(fingerprints):
        groups.setdefault(item.digest or position, []).append(position)
    return list(groups.values())


def _bucket_pairs(keys: UInt64) -> Pairs:
    """Return pairs of positions with equal keys; of a full bucket, a chain and a star."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts, counts = _runs(ordered)
    size = np.repeat(counts, counts)
    found = [np.column_stack([order[np.repeat(starts, counts)], order])[size > 1]]
    for distance in range(1, min(_FULL_BUCKET, int(counts.max()))):
        equal = ordered[distance:] == ordered[:-distance]
        if distance > 1:
            equal &= size[distance:] <= _FULL_BUCKET
        found.append(np.column_stack([order[:-distance][equal], order[distance:][equal]]))
    pairs = np.concatenate(found)
    different: Pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    return different


def _blocks(holder: Pairs, lengths: Pairs) -> Iterator[tuple[int, int]]:
    """Yield slices that hold whole articles and about `_BLOCK` meetings, or one article."""
    total = np.cumsum(lengths)
    ends = np.flatnonzero(np.diff(holder, append=-1)) + 1  # after the last entry of each article
    first = 0
    while first < len(holder):
        done = total[first - 1] if first else 0
        last = int(np.searchsorted(total, done + _BLOCK, side="right"))
        index = int(np.searchsorted(ends, last, side="right")) - 1
        if index < 0 or ends[index] <= first:
            index += 1
        yield first, int(ends[index])
        first = int(ends[index])


def _runs(ordered: np.ndarray) -> tuple[Pairs, Pairs]:
    """Return where each run of equal values starts, and how long it is."""
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1]))) if len(ordered) else _NONE
    return starts, np.diff(starts, append=len(ordered))


def _each_once(pairs: Pairs) -> Pairs:
    once: Pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    return once


_NONE = np.empty(0, dtype=np.int64)
