"""Columns of numbers in files of a folder: for collections that are larger than memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from dedupe_news.errors import OutputError
from dedupe_news.match.scratch import Values

_BUFFERS = 1 << 13
"""All columns together hold some hundreds of buffers: the memory is meant for other things."""

_MAX_BUFFER_BYTES = 1 << 16
_MIN_MEMORY_BYTES = 1 << 12


class FolderScratch:
    """A `match.scratch.Scratch` in a folder.

    Parameters
    ----------
    folder : Path
        Must exist. What stays there after an error goes with the folder, which is the caller's.
    memory_bytes : int
        How much matching may hold at a time; less than some kilobytes count as these.
    """

    def __init__(self, folder: Path, memory_bytes: int) -> None:
        self.folder = folder
        self.memory_bytes = max(memory_bytes, _MIN_MEMORY_BYTES)
        self._buffer_bytes = min(_MAX_BUFFER_BYTES, self.memory_bytes // _BUFFERS)
        self._numbers = count()

    def column(self, name: str, kind: DTypeLike) -> FolderColumn:
        """Return a new column; while it is small it has no file."""
        path = self.folder / f"{name}-{next(self._numbers)}.column"
        return FolderColumn(path, np.dtype(kind), self._buffer_bytes)


class FolderColumn:
    """A `match.scratch.Column` in a file, and what was not written to it yet.

    Raises
    ------
    OutputError
        If the file cannot be written, or read again.
    """

    __slots__ = ("_buffer", "_buffer_bytes", "_kind", "_path", "_written")

    def __init__(self, path: Path, kind: np.dtype[np.generic], buffer_bytes: int) -> None:
        self._path = path
        self._kind = kind
        self._buffer_bytes = buffer_bytes
        self._buffer = bytearray()
        self._written = 0  # numbers in the file

    def append(self, values: Values, /) -> None:
        """Write `values` behind what is there; to the file when enough has come together."""
        if not len(values):
            return
        self._buffer += np.ascontiguousarray(values, self._kind).data.cast("B")
        if len(self._buffer) > self._buffer_bytes:
            with self._explained("written"), self._path.open("ab") as file:
                file.write(self._buffer)
            self._written += len(self._buffer) // self._kind.itemsize
            self._buffer = bytearray()

    def __len__(self) -> int:
        return self._written + len(self._buffer) // self._kind.itemsize

    def read(self, start: int = 0, stop: int | None = None) -> Values:
        """Return a copy of the numbers from `start` to `stop`."""
        stop = len(self) if stop is None else min(stop, len(self))
        values = np.empty(max(0, stop - start), self._kind)
        in_file = max(0, min(stop, self._written) - start)
        if in_file:
            with self._explained("read again"), self._path.open("rb") as file:
                file.seek(start * self._kind.itemsize)
                if file.readinto(values[:in_file].data.cast("B")) < in_file * self._kind.itemsize:
                    raise OSError("it is shorter than what was written")
        buffered = np.frombuffer(self._buffer, self._kind)
        first = max(0, start - self._written)
        values[in_file:] = buffered[first : first + len(values) - in_file]
        return values

    def drop(self) -> None:
        """Delete the file."""
        self._buffer = bytearray()
        if self._written:
            self._written = 0
            with self._explained("deleted"):
                self._path.unlink(missing_ok=True)

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OutputError(
                f"{self._path}: a temporary file cannot be {what}: {error.strerror or error}; make room in"
                f" {self._path.parent}, or let temporary files go to another folder"
            ) from error
