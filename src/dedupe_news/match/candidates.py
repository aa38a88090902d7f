"""Which pairs are worth verifying. Nothing here says that two articles are related."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from dedupe_news.match.columns import FingerprintColumns, Int64
from dedupe_news.match.fingerprint import Pairs, sample_limit
from dedupe_news.match.tokens import UInt32, UInt64
from dedupe_news.options import MatchOptions

_FULL_BUCKET = 16
"""In a bucket of at most this many articles every pair is proposed; in a fuller one each article is
paired with its neighbour and with the first alone, so that a bucket costs linear time."""

_SKETCH = 64
"""Samples looked up for each article. One that holds a quarter of them is missed once in 10**8."""

_COMMON = 48
"""A shingle in more articles than this is a stock phrase: it leads to three articles, not to all."""

_32 = np.uint64(32)
_LOWER = np.uint64(0xFFFFFFFF)


def candidate_pairs(
    columns: FingerprintColumns,
    positions: Int64,
    options: MatchOptions,
) -> Pairs:
    """Return the pairs of articles that may be related, each once.

    Two ways lead to a pair: a band of the signatures in common (alike as a whole), or enough
    of the rarer shingles in common (one may stand inside the other).

    Parameters
    ----------
    columns : FingerprintColumns
    positions : int64, shape (n,)
        The rows to compare. Of equal bodies only one should be here: the others cost nothing then.

    Returns
    -------
    int64, shape (n_pairs, 2)
        Indices into `positions`, the smaller first; sorted. Which pairs they are does not depend
        on the order of the rows.
    """
    indices = np.flatnonzero(columns.num_shingles[positions])
    rows = positions[indices]
    # The longest first: what stands first in a bucket is what a canonical document would be.
    digests = columns.digests[rows]
    order = np.lexsort((digests[:, 1], digests[:, 0], -columns.num_tokens[rows]))
    if len(order) < 2:
        return np.empty((0, 2), dtype=np.int64)
    rows = rows[order]
    pairs = np.concatenate(
        [
            band_pairs(columns.band_keys, rows, compiled=columns.compiled),
            shared_pairs(columns, rows, options),
        ]
    )
    return _each_once(indices[order][pairs], len(positions), compiled=columns.compiled)


def band_pairs(band_keys: UInt32, rows: Int64, *, compiled: bool) -> Pairs:
    """Return pairs of places in `rows` of which the articles agree in a whole band.

    Parameters
    ----------
    band_keys : uint32, shape (num_bands, n)
        See `bands.band_keys`.
    rows : int64
        Columns of `band_keys`, the first being the one that a full bucket leads to.

    Notes
    -----
    Two articles of Jaccard s meet with probability ``1 - (1 - s**rows)**bands``.
    """
    # Key and place in one number: sorted, the members of a bucket are neighbours, the first place first.
    place = np.arange(len(rows), dtype=np.uint64)
    found = [np.empty((0, 2), dtype=np.int64)]
    for keys in band_keys:
        packed = keys[rows].astype(np.uint64) << _32 | place
        found.append(_bucket_pairs(_sorted(packed, compiled=compiled, from_bit=32)))
    return _each_once(np.concatenate(found), len(rows), compiled=compiled)


def shared_pairs(
    columns: FingerprintColumns,
    rows: Int64,
    options: MatchOptions,
) -> Pairs:
    """Return pairs of places in `rows` of which one article holds enough of the other's rarer shingles.

    Of each article the `_SKETCH` smallest samples that stand in another article too are looked
    up among *all* samples of the others. So an excerpt finds the long article that holds
    it, which a signature does not show: its Jaccard may be 0.1 where its containment is 1.

    Parameters
    ----------
    rows : int64, shape (n,)
        Rows of `columns`, the first being the one that a full posting leads to.
    """
    num_articles = len(rows)
    owners, starts, counts = _postings(columns, rows)

    # The sketch of each article: its rarer samples first, among them the smallest.
    order = np.arange(len(starts)) | (counts > _COMMON).astype(np.int64) << 32
    packed = np.repeat(order, counts)
    packed |= owners.astype(np.int64) << 33
    by_article = _sorted(packed.view(np.uint64), compiled=columns.compiled).view(np.int64)
    holder = by_article >> 33
    article_starts, num_shared = _runs(holder)
    shared_of = np.zeros(num_articles, dtype=np.int64)
    shared_of[holder[article_starts]] = num_shared
    in_sketch = np.arange(len(holder)) - np.repeat(article_starts, num_shared) < _SKETCH
    posting, holder = by_article[in_sketch] & _LOWER.view(np.int64), holder[in_sketch]
    del packed, by_article, in_sketch  # as large as all samples
    # One hit in the sketch stands for so many shared samples, and of these a shorter article has more.
    weight = np.maximum(shared_of / _SKETCH, 1.0)
    rate = _sample_rates(columns.num_shingles[rows])
    needed_hits = options.min_related / 2 * columns.num_samples[rows] / weight / rate

    meet = _meetings
    if columns.compiled:
        from dedupe_news.match import kernels

        meet = kernels.meetings
    found = np.empty((num_articles, 2), dtype=np.int64)
    looked_up = (holder, posting, owners, starts, counts, _COMMON, needed_hits, rate)
    count = meet(*looked_up, found)
    if count > len(found):
        found = np.empty((count, 2), dtype=np.int64)
        meet(*looked_up, found)
    return _each_once(found[:count], num_articles, compiled=columns.compiled)


def _meetings(
    holder: Int64,
    posting: Int64,
    owners: NDArray[np.int32],
    starts: Int64,
    counts: Int64,
    common: int,
    needed_hits: NDArray[np.float64],
    rate: NDArray[np.float64],
    found: Pairs,
) -> int:
    """Write who holds enough of whose sketch, as far as there is room; `kernels.meetings` does the same."""
    written = 0
    for article, entries in groupby(zip(holder.tolist(), posting.tolist(), strict=True), itemgetter(0)):
        hits: Counter[int] = Counter()
        for _, of in entries:
            of_posting = owners[starts[of] : starts[of] + counts[of]]
            hits.update(
                of_posting.tolist() if counts[of] <= common else of_posting[[0, (counts[of] - 1) // 2, -1]]
            )
        for other, num_hits in hits.items():
            if other != article and num_hits >= needed_hits[article] * min(rate[article], rate[other]):
                if written < len(found):
                    found[written] = article, other
                written += 1
    return written


def _postings(columns: FingerprintColumns, rows: Int64) -> tuple[NDArray[np.int32], Int64, Int64]:
    """Return the articles that hold each sample which more than one holds.

    Sample and holder are sorted as one number: what is cut off a sample for it leaves more
    than 30 bits for a hundred million articles, and two samples taken for one are a false alarm.

    Returns
    -------
    owners : int32
        Places in `rows`, ascending in each posting; the postings one after the other, by sample.
    starts, counts : int64, shape (n_postings,)
    """
    place_of = np.full(len(columns.num_samples), -1, dtype=np.int64)
    place_of[rows] = np.arange(len(rows))
    bits = np.uint64(max(1, int(len(rows) - 1).bit_length()))
    if columns.compiled:
        from dedupe_news.match import kernels

        packed = np.empty(len(columns.samples) + 1, dtype=np.uint64)
        num_kept = kernels.repeated_samples(columns.samples, columns.num_samples, place_of, bits, packed)
        packed = packed[:num_kept]
    else:
        holders = np.repeat(place_of, columns.num_samples)
        packed = columns.samples[holders >= 0] >> bits << bits | holders[holders >= 0].view(np.uint64)
    packed = _sorted(packed, compiled=columns.compiled)
    if len(packed):  # what one article holds twice it does not share
        packed = packed[np.concatenate(([True], packed[1:] != packed[:-1]))]
    owners = (packed & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.int32)
    _, counts = _runs(packed >> bits)
    is_shared = counts > 1
    owners = owners[np.repeat(is_shared, counts)]
    counts = counts[is_shared]
    return owners, np.cumsum(counts) - counts, counts


def _sample_rates(num_shingles: Int64) -> np.ndarray:
    """Return which share of its shingles is a sample, for articles of some lengths."""
    lengths, index = np.unique(num_shingles, return_inverse=True)
    return np.array([int(sample_limit(length)) / 2**64 for length in lengths.tolist()])[index]


def equal_groups(columns: FingerprintColumns) -> list[list[int]]:
    """Return the rows of equal normalized bodies, group by group, in order of first appearance.

    A body without a token equals nothing, so it is a group of its own.
    """
    left, right = columns.digests[:, 0], columns.digests[:, 1]
    order = np.lexsort((right, left))  # stable: within a group the rows ascend
    if not len(order):
        return []
    is_new = np.ones(len(order), dtype=bool)
    is_new[1:] = (np.diff(left[order]) != 0) | (np.diff(right[order]) != 0)
    is_new |= columns.num_tokens[order] == 0
    starts = np.flatnonzero(is_new)
    by_appearance = np.argsort(order[starts])
    ends = np.append(starts[1:], len(order))
    rows = order.tolist()
    return [
        rows[start:end]
        for start, end in zip(starts[by_appearance].tolist(), ends[by_appearance].tolist(), strict=True)
    ]


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
    starts, counts = _runs(keys)
    size = np.repeat(counts, counts)
    first = np.repeat(rows[starts], counts)
    found = [np.column_stack([first, rows])[first != rows]]
    for distance in range(1, min(_FULL_BUCKET, int(counts.max()))):
        equal = keys[distance:] == keys[:-distance]
        if distance > 1:
            equal &= size[distance:] <= _FULL_BUCKET
        found.append(np.column_stack([rows[:-distance][equal], rows[distance:][equal]]))
    return np.concatenate(found)


def _runs(ordered: np.ndarray) -> tuple[Int64, Int64]:
    """Return where each run of equal values starts, and how long it is."""
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1]))) if len(ordered) else _NONE
    return starts, np.diff(starts, append=len(ordered))


def _sorted(values: UInt64, *, compiled: bool, from_bit: int = 0) -> UInt64:
    """Return `values` sorted; those equal from `from_bit` on are in order already."""
    if not compiled:
        return np.sort(values)
    from dedupe_news.match import kernels

    values = np.ascontiguousarray(values)
    kernels.sort_in_place(values, from_bit)
    return values


def _each_once(pairs: Pairs, num_articles: int, *, compiled: bool) -> Pairs:
    """Return the pairs of numbers below `num_articles` sorted, each once, the smaller number first."""
    lower, upper = np.minimum(pairs[:, 0], pairs[:, 1]), np.maximum(pairs[:, 0], pairs[:, 1])
    packed = _sorted((lower * num_articles + upper).view(np.uint64), compiled=compiled).view(np.int64)
    starts, _ = _runs(packed)
    return np.column_stack(np.divmod(packed[starts], num_articles))


_NONE = np.empty(0, dtype=np.int64)
