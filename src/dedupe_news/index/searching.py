"""Which articles of an index one may be related to, and whether it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from dedupe_news.article import Relation
from dedupe_news.index.postings import Postings
from dedupe_news.index.reading import Read
from dedupe_news.index.segments import Segment, UInt32, UInt64
from dedupe_news.index.view import Row, View
from dedupe_news.match.keys import needed_hits

_FEW_SHINGLES = 7
"""Two articles of which one has more share two keys at least, if they are related."""

_FEW_OWNERS = 512
"""So many are counted sooner in Python than in arrays."""


def relations_of_new(
    view: View, postings: Postings, rows: Sequence[Row], reads: Sequence[Read]
) -> dict[int, dict[int, Relation]]:
    """Return for each new row what it is to the firsts of other bodies that came before it."""
    view.expect(rows, [read.body for read in reads])
    if len(rows) == 1:
        keys, asking = reads[0].keys, np.zeros(len(reads[0].keys), dtype=np.uint32)
    else:
        keys = np.concatenate([read.keys for read in reads])
        asking = np.repeat(np.arange(len(rows), dtype=np.uint32), [len(read.keys) for read in reads])
    owners = [postings.owners(keys, asking, compiled=view.compiled)]
    if len(rows) >= 2:
        first_row = rows[0].row
        packed = keys.astype(np.uint64) << np.uint64(32) | (asking + np.uint32(first_row)).astype(np.uint64)
        own = Segment.of(packed, compiled=view.compiled).look_up(keys, asking, compiled=view.compiled)
        came_before = (own & np.uint64(0xFFFFFFFF)) < (own >> np.uint64(32)) + np.uint64(first_row)
        owners.append(own[came_before])
    found: dict[int, dict[int, Relation]] = {}
    for pair, num_hits in _counted(owners):
        row = rows[pair >> 32]
        if num_hits == 1 and row.num_shingles > _FEW_SHINGLES:
            continue
        _judge_candidate(view, row, pair & 0xFFFFFFFF, num_hits, found.setdefault(row.row, {}))
    return found


def relations_of(view: View, postings: Postings, row: Row, keys: UInt32) -> dict[int, Relation]:
    """Return what an article that is there is to the firsts of other bodies."""
    owners = postings.owners(keys, np.zeros(len(keys), dtype=np.uint32), compiled=view.compiled)
    found: dict[int, Relation] = {}
    for other, num_hits in _counted([owners]):
        if other != row.row and (num_hits > 1 or row.num_shingles <= _FEW_SHINGLES):
            _judge_candidate(view, row, other, num_hits, found)
    return found


def _judge_candidate(view: View, row: Row, other_row: int, num_hits: int, found: dict[int, Relation]) -> None:
    other = view.rows([other_row]).get(other_row)
    if other is None or other.first != other.row or other.digest == row.digest:
        return
    needed = needed_hits(row.num_shingles, row.num_keys, other.num_shingles, other.num_keys, view.options)
    if num_hits >= needed:
        relation = view.judged(row, other)
        if relation is not None:
            found[other.row] = relation


def _counted(owners: Sequence[UInt64]) -> Iterable[tuple[int, int]]:
    """Yield each number of some arrays, and how often it is there, ascending."""
    if sum(map(len, owners)) < _FEW_OWNERS:
        counts = Counter(number for piece in owners for number in piece.tolist())
        return sorted(counts.items())
    numbers, counts_of = np.unique(np.concatenate(owners), return_counts=True)
    return zip(numbers.tolist(), counts_of.tolist(), strict=True)
