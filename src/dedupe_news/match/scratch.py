"""Where matching keeps what it will read again later: in memory, or in files that others bring."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

Values = NDArray[Any]


class Column(Protocol):
    """Numbers of one kind that are written once, one after the other, and read in pieces."""

    def append(self, values: Values, /) -> None:
        """Write `values` behind what is there; they are the column's from now on, and must not change."""

    def __len__(self) -> int:
        """Return how many numbers were written."""

    def read(self, start: int = 0, stop: int | None = None) -> Values:
        """Return a copy of the numbers from `start` to `stop`; side by side with other reads, if need be."""

    def drop(self) -> None:
        """Forget the numbers: nobody will read them again."""


class Scratch(Protocol):
    """What gives columns, and says how much memory matching may take."""

    @property
    def memory_bytes(self) -> int:
        """How much matching may hold at a time, besides some hundred bytes for each article.

        It decides in how many steps the work is done, and nothing about the outcome.
        """

    def column(self, name: str, kind: DTypeLike) -> Column:
        """Return a new column, empty; `name` is for who looks on, and need not be the only one."""


class MemoryColumn:
    """A column in memory: the arrays themselves that were written, until it is read."""

    __slots__ = ("_kind", "_parts")

    def __init__(self, kind: DTypeLike) -> None:
        self._kind = np.dtype(kind)
        self._parts: list[Values] = []

    def append(self, values: Values, /) -> None:
        """Write `values` behind what is there."""
        if len(values):
            self._parts.append(values)

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def read(self, start: int = 0, stop: int | None = None) -> Values:
        """Return a copy of the numbers from `start` to `stop`."""
        if len(self._parts) != 1:
            self._parts = [np.concatenate([np.empty(0, self._kind), *self._parts])]
        return self._parts[0][start:stop].copy()

    def drop(self) -> None:
        """Forget the numbers."""
        self._parts = []


class MemoryScratch:
    """Columns in memory, for collections that fit there."""

    memory_bytes = 1 << 40
    """No limit; what is cut to fit into caches is cut here too."""

    def column(self, name: str, kind: DTypeLike) -> MemoryColumn:
        """Return a new column, empty."""
        return MemoryColumn(kind)
