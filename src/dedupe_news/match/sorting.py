"""Numbers in order, and runs of equal ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dedupe_news.match.tokens import UInt64

Int64 = NDArray[np.int64]


def sort(values: UInt64, *, compiled: bool, from_bit: int = 0) -> UInt64:
    """Return `values` sorted, perhaps in place; those equal from `from_bit` on are in order already."""
    if not compiled:
        return np.sort(values)
    from dedupe_news.match.kernels import meeting

    meeting.sort_in_place(values, from_bit)
    return values


def run_starts(ordered: UInt64) -> Int64:
    """Return where each run of equal values starts."""
    is_start = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=is_start[1:])
    return np.flatnonzero(is_start)


def runs(ordered: UInt64) -> tuple[Int64, Int64]:
    """Return where each run of equal values starts, and how long it is."""
    starts = run_starts(ordered)
    return starts, np.diff(starts, append=len(ordered))
