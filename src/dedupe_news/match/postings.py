"""Who shares samples with whom: an excerpt finds the article that holds it.

A posting is a sample that stands in more than one article, and these articles, its owners. Samples come
in slices, so that postings are found slice by slice, each by itself; and they are looked up for one
range of articles after the other. However many slices and ranges, the outcome is the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dedupe_news.match.columns import FingerprintColumns, Int64
from dedupe_news.match.fingerprint import Pairs, sample_limit
from dedupe_news.match.scratch import Column, Scratch
from dedupe_news.match.side_by_side import side_by_side
from dedupe_news.match.sorting import run_starts, runs, sort
from dedupe_news.match.tokens import UInt64
from dedupe_news.options import MatchOptions

Int32: TypeAlias = NDArray[np.int32]
Float64: TypeAlias = NDArray[np.float64]

SKETCH = 64
"""Samples looked up for each article. One that holds a quarter of them is missed once in 10**8."""

COMMON = 48
"""A shingle in more articles than this is a stock phrase: it leads to three articles, not to all."""

_PIECE = 1 << 20
"""Owners of postings read at a time."""


def shared_pairs(
    columns: FingerprintColumns,
    rows: Int64,
    options: MatchOptions,
    *,
    num_threads: int,
    scratch: Scratch,
) -> Iterator[Pairs]:
    """Yield pairs of places in `rows` of which one article holds enough of the other's rarer shingles.

    Of each article the `SKETCH` smallest samples that stand in another article too are looked
    up among *all* samples of the others. So an excerpt finds the long article that holds
    it, which a signature does not show: its Jaccard may be 0.1 where its containment is 1.

    Parameters
    ----------
    rows : int64, shape (n,)
        Rows of `columns`, the first being the one that a full posting leads to.
    """
    postings = _find_postings(columns, rows, num_threads=num_threads, scratch=scratch)
    rate = sample_rates(columns.num_shingles[rows])
    needed_hits = hits_needed(postings.num_shared, columns.num_samples[rows], rate, options)
    look_up, meet = _look_up, _meet
    if columns.compiled:
        from dedupe_news.match.kernels import meeting

        look_up, meet = meeting.look_up, meeting.meet

    def pairs_of(places: range) -> Pairs:
        of_places = slice(places.start, places.stop)
        num_entries = postings.num_entries[of_places]
        begins = np.zeros(len(places) + 1, dtype=np.int64)
        np.cumsum(num_entries, out=begins[1:])
        # Room for what all entries lead to; what is not written to takes no memory.
        sketch = np.empty(int(begins[-1]), dtype=np.int32)
        starts = np.zeros(min(len(sketch), len(postings.sizes)) + 1, dtype=np.int64)
        owners = np.empty(
            min(int(postings.num_reached[of_places].sum()), len(postings.owners)), dtype=np.int32
        )
        num_seen = np.zeros((len(places), 2), dtype=np.int32)
        num_kept = 0
        for of_piece, sizes in postings.pieces():
            num_kept = look_up(
                of_piece,
                sizes,
                COMMON,
                SKETCH,
                places.start,
                postings.num_rare[of_places],
                num_seen,
                begins,
                sketch,
                starts,
                owners,
                num_kept,
            )
        found = np.empty((len(places), 2), dtype=np.int64)
        count = meet(places.start, begins, sketch, starts, owners, needed_hits, rate, found)
        if count > len(found):
            found = np.empty((count, 2), dtype=np.int64)
            meet(places.start, begins, sketch, starts, owners, needed_hits, rate, found)
        return found[:count]

    yield from side_by_side(pairs_of, postings.ranges(scratch.memory_bytes // 2, num_threads), num_threads)
    postings.drop()


@dataclass(frozen=True, slots=True, eq=False)
class _Postings:
    """The postings of all samples, by sample, and what each article has of them.

    Parameters
    ----------
    owners : Column
        int32: places of articles, ascending in each posting.
    sizes : Column
        int32: how many owners each posting has.
    bounds : list of (int, int)
        Where pieces begin and end that can be read at a time, in `owners` and in `sizes`.
    num_rare, num_common : int32, shape (n,)
        Postings of each article of at most `COMMON` owners, and of more.
    num_reached : int64, shape (n,)
        How many owners these lead to.
    """

    owners: Column
    sizes: Column
    bounds: list[tuple[int, int]]
    num_rare: Int32
    num_common: Int32
    num_reached: Int64

    @property
    def num_shared(self) -> Int32:
        """How many samples each article shares."""
        return self.num_rare + self.num_common

    @property
    def num_entries(self) -> Int32:
        """How many of them are looked up."""
        return np.minimum(self.num_shared, np.int32(SKETCH))

    def pieces(self) -> Iterator[tuple[Int32, Int32]]:
        """Yield all postings, some at a time: their owners, and how many each has."""
        for (from_owner, from_posting), (to_owner, to_posting) in pairwise(self.bounds):
            yield self.owners.read(from_owner, to_owner), self.sizes.read(from_posting, to_posting)

    def ranges(self, memory_bytes: int, num_threads: int) -> list[range]:
        """Return ranges of articles of which `num_threads` can be looked up at a time."""
        most = 4 * len(self.owners) + 8 * len(self.sizes) + 4 * int(self.num_entries.sum(dtype=np.int64))
        needed = np.cumsum(4 * self.num_reached + 12 * self.num_entries)
        total = int(needed[-1]) if len(needed) else 0
        num_ranges = num_threads
        if most * num_threads > memory_bytes:
            num_ranges += total * num_threads // memory_bytes
        range_of = needed * num_ranges // (total + 1)
        cuts = (np.flatnonzero(np.diff(range_of)) + 1).tolist()
        return [range(start, stop) for start, stop in pairwise([0, *cuts, len(needed)])]

    def drop(self) -> None:
        """Forget them."""
        self.owners.drop()
        self.sizes.drop()


def _find_postings(
    columns: FingerprintColumns,
    rows: Int64,
    *,
    num_threads: int,
    scratch: Scratch,
) -> _Postings:
    """Return the postings of the samples of `rows`; the samples are dropped."""
    place_of = np.full(len(columns.num_samples), -1, dtype=np.int32)
    place_of[rows] = np.arange(len(rows), dtype=np.int32)
    bits = np.uint64(columns.row_bits)
    of_slice, count_shared = _postings_of, _count_shared
    if columns.compiled:
        from dedupe_news.match.kernels import meeting

        of_slice, count_shared = _compiled_postings_of, meeting.count_shared
    postings = _Postings(
        owners=scratch.column("owners", np.int32),
        sizes=scratch.column("posting-sizes", np.int32),
        bounds=[(0, 0)],
        num_rare=np.zeros(len(rows), dtype=np.int32),
        num_common=np.zeros(len(rows), dtype=np.int32),
        num_reached=np.zeros(len(rows), dtype=np.int64),
    )
    found = side_by_side(lambda piece: of_slice(piece.read(), place_of, bits), columns.samples, num_threads)
    for samples, (owners, sizes) in zip(columns.samples, found, strict=True):
        samples.drop()
        count_shared(owners, sizes, COMMON, postings.num_rare, postings.num_common, postings.num_reached)
        postings.owners.append(owners)
        postings.sizes.append(sizes)
        if len(postings.owners) >= postings.bounds[-1][0] + _PIECE or samples is columns.samples[-1]:
            postings.bounds.append((len(postings.owners), len(postings.sizes)))
    return postings


def _compiled_postings_of(packed: UInt64, place_of: Int32, bits: np.uint64) -> tuple[Int32, Int32]:
    """Return what `_postings_of` returns; `packed` is worked in."""
    from dedupe_news.match.kernels import meeting

    kept = packed[: meeting.keep_repeated(packed, place_of, bits)]
    owners = np.empty(len(kept), dtype=np.int32)
    sizes = np.empty(len(kept) // 2, dtype=np.int32)
    num_owners, num_postings = meeting.write_postings(kept, bits, owners, sizes)
    return owners[:num_owners].copy(), sizes[:num_postings].copy()


# --- the same in Python, for a few articles ------------------------------------------------------


def _postings_of(packed: UInt64, place_of: Int32, bits: np.uint64) -> tuple[Int32, Int32]:
    """Return the postings of a slice of samples with their rows: owners, and how many each posting has."""
    row_mask = (np.uint64(1) << bits) - np.uint64(1)
    places = place_of[(packed & row_mask).view(np.int64)]
    is_held = places >= 0
    packed = sort(packed[is_held] >> bits << bits | places[is_held].astype(np.uint64), compiled=False)
    packed = packed[run_starts(packed)]  # what one article holds twice it does not share
    _, sizes = runs(packed >> bits)
    is_shared = np.repeat(sizes > 1, sizes)
    return (packed[is_shared] & row_mask).astype(np.int32), sizes[sizes > 1].astype(np.int32)


def _count_shared(
    owners: Int32, sizes: Int32, common: int, num_rare: Int32, num_common: Int32, num_reached: Int64
) -> None:
    """Add what each article has of some postings, see `_Postings`."""
    size_of = np.repeat(sizes, sizes)
    is_rare = size_of <= common
    np.add.at(num_rare, owners[is_rare], 1)
    np.add.at(num_common, owners[~is_rare], 1)
    np.add.at(num_reached, owners, np.where(is_rare, size_of, 3))


def _look_up(
    owners: Int32,
    sizes: Int32,
    common: int,
    sketch_size: int,
    first: int,
    num_rare: Int32,
    num_seen: Int32,
    begins: Int64,
    sketch: Int32,
    starts: Int64,
    kept: Int32,
    num_kept: int,
) -> int:
    """Write the sketches of some articles, and the postings in them; see `kernels.meeting.look_up`."""
    at = 0
    for size in sizes.tolist():
        posting = owners[at : at + size]
        at += size
        is_kept = False
        for place in (posting - first).tolist():
            if 0 <= place < len(num_rare):
                entry = int(num_seen[place, int(size > common)])
                num_seen[place, int(size > common)] += 1
                if size > common:
                    entry += int(num_rare[place])
                if entry < sketch_size:
                    sketch[begins[place] + entry] = num_kept
                    is_kept = True
        if is_kept:
            if size > common:
                posting = posting[[0, (size - 1) // 2, -1]]
            start = int(starts[num_kept])
            num_kept += 1
            starts[num_kept] = start + len(posting)
            kept[start : start + len(posting)] = posting
    return num_kept


def _meet(
    first: int,
    begins: Int64,
    sketch: Int32,
    starts: Int64,
    owners: Int32,
    needed_hits: Float64,
    rate: Float64,
    found: Pairs,
) -> int:
    """Write who holds enough of whose sketch, as far as there is room; see `kernels.meeting.meet`."""
    num_found = 0
    for article, (begin, end) in enumerate(pairwise(begins.tolist()), start=first):
        hits: Counter[int] = Counter()
        for posting in sketch[begin:end].tolist():
            hits.update(owners[starts[posting] : starts[posting + 1]].tolist())
        for other, num_hits in hits.items():
            if other != article and num_hits >= needed_hits[article] * min(rate[article], rate[other]):
                if num_found < len(found):
                    found[num_found] = article, other
                num_found += 1
    return num_found


def hits_needed(
    num_shared: NDArray[Any], num_samples: Int64, rate: Float64, options: MatchOptions
) -> Float64:
    """Return how often others have to be met, times the smaller of both rates, to be worth verifying.

    Parameters
    ----------
    num_shared : int, shape (n,)
        Samples that each article shares with another one.
    num_samples : int64, shape (n,)
    rate : float64, shape (n,)
        See `sample_rates`.
    """
    # One hit in the sketch stands for so many shared samples, and of these a shorter article has more.
    weight = np.maximum(num_shared / SKETCH, 1.0)
    needed: Float64 = options.min_related / 2 * num_samples / weight / rate
    return needed


def sample_rates(num_shingles: Int64) -> Float64:
    """Return which share of its shingles is a sample, for articles of some lengths."""
    lengths, index = np.unique(num_shingles, return_inverse=True)
    return np.array([int(sample_limit(length)) / 2**64 for length in lengths.tolist()])[index]
