"""Small things of millions of articles, a few bytes each: kept side by side, not as objects."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

Int64: TypeAlias = NDArray[np.int64]


class Strings(Sequence[str]):
    """Short texts in UTF-8, one after the other; a missing one is empty.

    A Python string takes 50 bytes before its first character.
    """

    def __init__(self, texts: Iterable[str | None] = ()) -> None:
        self._pieces: list[tuple[bytes, Int64]] = []
        self._firsts: list[int] = [0]
        self.extend(texts)

    def extend(self, texts: Iterable[str | None]) -> None:
        """Add `texts` at the end."""
        encoded = [text.encode("utf-8", "surrogatepass") if text else b"" for text in texts]
        if encoded:
            bounds = np.zeros(len(encoded) + 1, dtype=np.int64)
            np.cumsum([len(text) for text in encoded], out=bounds[1:])
            self._pieces.append((b"".join(encoded), bounds))
            self._firsts.append(self._firsts[-1] + len(encoded))

    def __len__(self) -> int:
        return self._firsts[-1]

    @overload
    def __getitem__(self, position: int) -> str: ...
    @overload
    def __getitem__(self, position: slice) -> list[str]: ...
    def __getitem__(self, position: int | slice) -> str | list[str]:
        if isinstance(position, slice):
            return [self[at] for at in range(*position.indices(len(self)))]
        if not 0 <= position < len(self):
            raise IndexError(position)
        piece = bisect_right(self._firsts, position) - 1
        values, bounds = self._pieces[piece]
        at = position - self._firsts[piece]
        return values[bounds[at] : bounds[at + 1]].decode("utf-8", "surrogatepass")

    def __iter__(self) -> Iterator[str]:
        for values, bounds in self._pieces:
            ends = bounds.tolist()
            for start, end in pairwise(ends):
                yield values[start:end].decode("utf-8", "surrogatepass")


class Chosen(Sequence[str]):
    """Some of many strings, by their rows."""

    def __init__(self, of: Sequence[str], rows: Int64) -> None:
        self._of = of
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, position: int) -> str: ...
    @overload
    def __getitem__(self, position: slice) -> list[str]: ...
    def __getitem__(self, position: int | slice) -> str | list[str]:
        if isinstance(position, slice):
            return [self._of[row] for row in self._rows[position].tolist()]
        return self._of[int(self._rows[position])]


class Numbers:
    """An array that grows at its end.

    Parameters
    ----------
    width : int
        Numbers in a row.
    dtype : numpy dtype
    """

    def __init__(self, width: int, dtype: Any) -> None:
        self._room = np.empty((1024, width), dtype=dtype)
        self._length = 0

    def extend(self, rows: NDArray[Any]) -> None:
        """Add `rows`, shape (n, width), at the end."""
        length = self._length + len(rows)
        if length > len(self._room):
            grown = np.empty((max(length, 2 * len(self._room)), self._room.shape[1]), dtype=self._room.dtype)
            grown[: self._length] = self._room[: self._length]
            self._room = grown
        self._room[self._length : length] = rows
        self._length = length

    @property
    def rows(self) -> NDArray[Any]:
        """All rows so far, shape (n, width); not a copy."""
        return self._room[: self._length]
