"""The keys of rows that no segment holds yet, in memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np

from dedupe_news.index.segments import COMMON, UInt32, UInt64


class Recent(Protocol):
    """Finds rows by keys, like a segment, and takes new ones."""

    num_rows: int

    def add(self, row: int, keys: UInt32) -> None:
        """Add a row, which is larger than all before."""

    def look_up(self, keys: UInt32, asking: UInt32) -> UInt64:
        """Return ``asking << 32 | row`` for the rows that hold each key: of a common key, three."""


def recent(*, compiled: bool) -> Recent:
    """Return an empty one."""
    return RecentTable() if compiled else RecentDict()


class RecentDict:
    """In Python, for who adds a few."""

    def __init__(self) -> None:
        self.num_rows = 0
        self._rows: dict[int, int | list[int]] = {}

    def add(self, row: int, keys: UInt32) -> None:
        """Add a row."""
        self.num_rows += 1
        held = self._rows
        for key in keys.tolist():
            rows = held.get(key)
            if rows is None:
                held[key] = row
            elif isinstance(rows, int):
                held[key] = [rows, row]
            else:
                rows.append(row)

    def look_up(self, keys: UInt32, asking: UInt32) -> UInt64:
        """Find rows."""
        met = [
            (place, rows) for place, rows in enumerate(map(self._rows.get, keys.tolist())) if rows is not None
        ]
        found = [int(asking[place]) << 32 | row for place, rows in met for row in _owners(rows)]
        return np.array(found, dtype=np.uint64)


def _owners(rows: int | list[int]) -> Iterable[int]:
    """Return who holds a key; of a common one, three."""
    if isinstance(rows, int):
        return (rows,)
    return rows if len(rows) <= COMMON else (rows[0], rows[(len(rows) - 1) // 2], rows[-1])


_ROOM = 1 << 16


class RecentTable:
    """In arrays, for loops: a hash table in which a key stands once for each holder (Knuth, vol. 3, 6.4)."""

    def __init__(self) -> None:
        self.num_rows = 0
        self._entries = np.zeros(_ROOM, dtype=np.uint64)  # key << 32 | row; rows begin at 1
        self._num_entries = 0

    def add(self, row: int, keys: UInt32) -> None:
        """Add a row."""
        from dedupe_news.match.kernels import keeping

        self.num_rows += 1
        self._num_entries += len(keys)
        if 2 * self._num_entries > len(self._entries):
            held = np.sort(self._entries[self._entries > 0])
            room = 1 << (4 * self._num_entries).bit_length()
            self._entries = np.zeros(room, dtype=np.uint64)
            keys_held, rows_held = (held >> np.uint64(32)).astype(np.uint32), held.astype(np.uint32)
            keeping.insert(self._entries, keys_held, rows_held)
        keeping.insert(self._entries, keys, np.array([row], dtype=np.uint32))

    def look_up(self, keys: UInt32, asking: UInt32) -> UInt64:
        """Find rows."""
        from dedupe_news.match.kernels import keeping

        found = np.empty(2 * len(keys) + 64, dtype=np.uint64)
        while True:
            count = keeping.find_recent(self._entries, keys, asking, COMMON, found)
            if count <= len(found):
                return found[:count]
            found = np.empty(count, dtype=np.uint64)
