"""The loops as `text.compiled` calls them: functions of C, with addresses and sizes in place of arrays."""

from __future__ import annotations

from typing import Any

from dedupe_news.compiling import array_at
from dedupe_news.text.kernels import gating, glancing, numbering


def find_stretches(
    received: Any,
    size: int,
    fold: Any,
    is_anchor: Any,
    head_bytes: int,
    limits: Any,
    stretches: Any,
    num_rows: int,
    ends: Any,
    room: Any,
    room_size: int,
) -> int:
    """See `gating.find_stretches`."""
    return gating.find_stretches(
        array_at(received, (size,)),
        array_at(fold, (256,)),
        array_at(is_anchor, (256,)),
        head_bytes,
        array_at(limits, (5,)),
        array_at(stretches, (num_rows, 4)),
        array_at(ends, (size,)),
        array_at(room, (room_size,)),
    )


def glance(codes: Any, size: int, table: Any, limits: Any, places: Any) -> int:
    """See `glancing.glance`; returns how many places there are. What was seen stands behind all places.

    `limits` are the size of the table and the three numbers of characters.
    """
    places[size], count = glancing.glance(
        array_at(codes, (size,)),
        array_at(table, (limits[0],)),
        limits[1],
        limits[2],
        limits[3],
        array_at(places, (size,)),
    )
    return count


def number_tokens(
    codes: Any,
    size: int,
    kinds: Any,
    folds: Any,
    ids: Any,
    folded: Any,
    starts: Any,
    slots: Any,
    num_different: Any,
) -> int:
    """See `numbering.number_tokens`; returns how many tokens there are."""
    num_tokens, num_different[0] = numbering.number_tokens(
        array_at(codes, (size,)),
        array_at(kinds, (256,)),
        array_at(folds, (256,)),
        array_at(ids, (size,)),
        array_at(folded, (2 * size,)),
        array_at(starts, (size + 1,)),
        array_at(slots, (2 * size + 64,)),
    )
    return num_tokens


def find_hits(ids: Any, num_ids: int, size: int, hits: Any, slots: Any) -> int:
    """See `numbering.find_hits`."""
    return numbering.find_hits(
        array_at(ids, (num_ids,)),
        size,
        array_at(hits, (num_ids, 2)),
        array_at(slots, (4 * num_ids + 16,)),
    )
