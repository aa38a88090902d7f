"""The shingle sets of some articles of a collection, and how much two of them have in common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dedupe_news.match.columns import FingerprintColumns, Int64, Texts, chunks
from dedupe_news.match.fingerprint import Pairs, distinct, shingle_powers
from dedupe_news.match.side_by_side import side_by_side
from dedupe_news.match.tokens import UInt64, characters
from dedupe_news.options import MatchOptions


@dataclass(frozen=True, slots=True, eq=False)
class ShingleSets:
    """The shingle sets of some articles, side by side: sorted and distinct, see `of`.

    Parameters
    ----------
    positions : int64, shape (n_sets,)
        Whose sets they are, ascending.
    hashes : uint64
    starts, sizes : int64, shape (n_sets,)
        Set i is ``hashes[starts[i] : starts[i] + sizes[i]]``.
    """

    positions: Int64
    hashes: UInt64
    starts: Int64
    sizes: Int64

    def rows_of(self, positions: Int64) -> Int64:
        """Return which sets are those of the articles at `positions`."""
        return np.searchsorted(self.positions, positions)

    def of(self, position: int) -> UInt64:
        """Return the shingle set of the article at `position`."""
        row = np.searchsorted(self.positions, position)
        return self.hashes[self.starts[row] : self.starts[row] + self.sizes[row]]


def shingle_sets(
    texts: Texts,
    positions: Int64,
    columns: FingerprintColumns,
    options: MatchOptions,
    *,
    num_threads: int,
) -> ShingleSets:
    """Return the shingle sets of the articles at some positions, which ascend."""
    room = columns.num_shingles[positions]
    starts = np.cumsum(room) - room
    sets = ShingleSets(
        positions=positions,
        hashes=np.empty(int(room.sum()), dtype=np.uint64),
        starts=starts,
        sizes=np.zeros(len(positions), dtype=np.int64),
    )
    if columns.readings is not None:
        for row, position in enumerate(positions.tolist()):
            hashes = distinct(columns.readings[position].shingle_hashes)
            sets.sizes[row] = len(hashes)
            sets.hashes[starts[row] : starts[row] + len(hashes)] = hashes
        return sets

    def fill(rows: range) -> None:
        _fill_sets(sets, texts, rows, options)

    for _ in side_by_side(fill, chunks(room * _BYTES_A_SHINGLE), num_threads):
        pass
    return sets


_BYTES_A_SHINGLE = 6


def _fill_sets(sets: ShingleSets, texts: Texts, rows: range, options: MatchOptions) -> None:
    from dedupe_news.match.kernels import reading

    table = characters()
    values, bounds = texts.encoded(sets.positions[rows.start : rows.stop].tolist())
    reading.shingle_sets(
        values,
        bounds,
        options.shingle_chars > 0,
        table.ascii_hashes,
        table.entries,
        table.spellings,
        shingle_powers(options.shingle_chars or options.shingle_tokens),
        sets.hashes,
        sets.starts[rows.start : rows.stop],
        sets.sizes[rows.start : rows.stop],
    )


def count_common(sets: ShingleSets, pairs: Pairs, *, compiled: bool) -> Int64:
    """Return for each pair of positions how many shingles they have in common."""
    if not compiled:
        sizes = [len(np.intersect1d(sets.of(a), sets.of(b), assume_unique=True)) for a, b in pairs.tolist()]
        return np.array(sizes, dtype=np.int64)
    from dedupe_news.match.kernels import meeting

    counts = np.zeros(len(pairs), dtype=np.int64)
    meeting.count_common(sets.hashes, sets.starts, sets.sizes, sets.rows_of(pairs), counts)
    return counts
