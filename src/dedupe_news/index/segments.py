"""Who holds a key: sorted entries in files of their own, each written once.

A segment holds the keys of consecutive rows. Its file is a copy of what can be computed again from the texts:
who finds it missing or damaged says so, and the index writes it anew.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from dedupe_news.match.sorting import sort

UInt64: TypeAlias = NDArray[np.uint64]
UInt32: TypeAlias = NDArray[np.uint32]
UInt16: TypeAlias = NDArray[np.uint16]

COMMON = 48
"""Of a key that more articles than this hold, three are told: it is a stock phrase."""

_MAGIC = b"DNKEYS1\n"
_HEADER = struct.Struct("<8sIIQQ")  # magic, bits, checksum of the directory, entries, room for so many
_ENTRIES_A_BUCKET = 64
_LEAST_BITS, _MOST_BITS = 16, 26  # a bucket leaves 16 bits of a key at most
_ENTRIES_A_SLICE = 1 << 21  # merged at a time: 16 MB, and as much again

Alive: TypeAlias = Callable[[UInt32], NDArray[np.bool_]]
"""Of some rows, which are still there."""


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Entries sorted by key, then by row, in buckets by the upper bits of the key.

    Parameters
    ----------
    directory : uint32, shape (2**bits + 1,)
        Where the entries of each bucket begin.
    lower : uint16
        The last ``32 - bits`` bits of the key of each entry.
    rows : uint32
        Its row.
    shift : int
        ``32 - bits``.
    """

    directory: UInt32
    lower: UInt16
    rows: UInt32
    shift: int

    def __len__(self) -> int:
        return int(self.directory[-1])

    @classmethod
    def of(cls, packed: UInt64, *, compiled: bool) -> Segment:
        """Return a segment in memory of entries ``key << 32 | row``, which are put in order."""
        packed = sort(packed, compiled=compiled)
        shift = _shift_for(len(packed))
        room = len(packed)
        counts = np.zeros((1 << (32 - shift)) + 1, dtype=np.uint32)
        lower, rows = np.empty(room, dtype=np.uint16), np.empty(room, dtype=np.uint32)
        _fill(packed, shift, 0, counts[1:], lower, rows, compiled=compiled)
        return cls(_summed(counts), lower, rows, shift)

    @classmethod
    def open(cls, path: Path) -> Segment:
        """Return the segment of a file, its pages read as they are needed.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If it is no segment, or was cut off.
        """
        with path.open("rb") as file:
            header = file.read(_HEADER.size)
        if len(header) < _HEADER.size:
            raise ValueError(f"{path.name} is cut off")
        magic, bits, checksum, count, room = _HEADER.unpack(header)
        if magic != _MAGIC or not _LEAST_BITS <= bits <= _MOST_BITS:
            raise ValueError(f"{path.name} is no segment")
        places = _places(bits, room)
        if path.stat().st_size != places[-1]:
            raise ValueError(f"{path.name} is cut off")
        pages = np.asarray(np.memmap(path, dtype=np.uint8, mode="r"))  # a plain array: loops take it sooner
        directory, rows, lower = (
            pages[start:end].view(kind)
            for start, end, kind in zip(places, places[1:], (np.uint32, np.uint32, np.uint16), strict=False)
        )
        # A wrong row is a false alarm; a wrong directory leads out of the file.
        if int(directory[-1]) != count or count > room or crc32(directory.data) != checksum:
            raise ValueError(f"{path.name} is damaged")
        return cls(directory, lower[:count], rows[:count], 32 - bits)

    def read(self, first_key: int, last_key: int, *, compiled: bool) -> UInt64:
        """Return the entries of the keys from `first_key` to `last_key`, which are bounds of buckets."""
        first, last = first_key >> self.shift, last_key >> self.shift
        start, end = int(self.directory[first]), int(self.directory[last])
        packed = np.empty(end - start, dtype=np.uint64)
        if compiled:
            from dedupe_news.match.kernels import keeping

            keeping.read_segment(self.directory, self.lower, self.rows, self.shift, first, last, packed)
            return packed
        sizes = np.diff(self.directory[first : last + 1])
        upper = np.repeat(np.arange(first, last, dtype=np.uint64) << np.uint64(self.shift), sizes)
        key = upper | self.lower[start:end].astype(np.uint64)
        return key << np.uint64(32) | self.rows[start:end].astype(np.uint64)

    def look_up(self, keys: UInt32, asking: UInt32, *, compiled: bool) -> UInt64:
        """Return ``asking << 32 | row`` for the rows that hold each key: of a common key, three."""
        if not compiled:
            return self._look_up(keys, asking)
        from dedupe_news.match.kernels import keeping

        found = np.empty(2 * len(keys) + 64, dtype=np.uint64)
        while True:
            count = keeping.look_up(
                self.directory, self.lower, self.rows, self.shift, keys, asking, COMMON, found, 0
            )
            if count <= len(found):
                return found[:count]
            found = np.empty(count, dtype=np.uint64)

    def _look_up(self, keys: UInt32, asking: UInt32) -> UInt64:
        found = [np.empty(0, dtype=np.uint64)]
        mask = (1 << self.shift) - 1
        for key, asks in zip(keys.tolist(), asking.tolist(), strict=True):
            bucket = key >> self.shift
            start, end = int(self.directory[bucket]), int(self.directory[bucket + 1])
            lower = self.lower[start:end]
            left, right = np.searchsorted(lower, [key & mask, (key & mask) + 1]).tolist()
            rows = self.rows[start + left : start + right]
            if len(rows) > COMMON:
                rows = rows[[0, (len(rows) - 1) // 2, -1]]
            found.append(np.uint64(asks << 32) | rows.astype(np.uint64))
        return np.concatenate(found)


def write_segment(path: Path, inputs: Sequence[Segment], alive: Alive, *, compiled: bool) -> Segment:
    """Merge segments into a new file at `path`, whole or not at all, and open it.

    Parameters
    ----------
    alive : callable
        Entries of other rows are left out.
    """
    room = sum(map(len, inputs))
    shift = _shift_for(room)
    bits = 32 - shift
    places = _places(bits, room)
    # So many slices that one fits; bounds of buckets in every segment are bounds of slices.
    num_slices = 1 << min(max(room // _ENTRIES_A_SLICE, 1).bit_length(), _LEAST_BITS)
    step = (1 << 32) // num_slices
    partial = path.with_suffix(".part")
    try:
        with partial.open("wb+") as file:
            _reserve(file, places[-1])
            pages = np.memmap(file, dtype=np.uint8, mode="r+", shape=(places[-1],))
            counts = pages[places[0] : places[1]].view(np.uint32)
            rows = pages[places[1] : places[2]].view(np.uint32)
            lower = pages[places[2] : places[3]].view(np.uint16)
            count = 0
            for first_key in range(0, 1 << 32, step):
                packed = np.concatenate(
                    [segment.read(first_key, first_key + step, compiled=compiled) for segment in inputs]
                )
                packed = packed[alive((packed & np.uint64(0xFFFFFFFF)).astype(np.uint32))]
                packed = sort(packed, compiled=compiled)
                _fill(packed, shift, count, counts[1:], lower, rows, compiled=compiled)
                count += len(packed)
            counts[:] = _summed(counts)
            header = _HEADER.pack(_MAGIC, bits, crc32(counts.data), count, room)
            pages[: _HEADER.size] = np.frombuffer(header, dtype=np.uint8)
            del counts, rows, lower
            pages.flush()
            del pages
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        with suppress(OSError):
            partial.unlink()
        raise
    sync_folder(path.parent)
    return Segment.open(path)


def _reserve(file: BinaryIO, size: int) -> None:
    """Give a file its room on the disk: one who writes to pages of a full disk would be killed."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size)
        return
    while size:
        size -= file.write(bytes(min(size, 1 << 20)))
    file.flush()


def sync_folder(folder: Path) -> None:
    """Make names written into `folder` outlast a power cut, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _shift_for(num_entries: int) -> int:
    bits = max(num_entries // _ENTRIES_A_BUCKET, 1).bit_length()
    return 32 - min(max(bits, _LEAST_BITS), _MOST_BITS)


def _places(bits: int, room: int) -> tuple[int, int, int, int]:
    """Return where the directory, the rows and the lower bits begin, and where the file ends."""
    directory = 64
    rows = directory + 4 * ((1 << bits) + 1)
    rows += -rows % 64
    lower = rows + 4 * room
    return directory, rows, lower, lower + 2 * room


def _summed(counts: UInt32) -> UInt32:
    return np.cumsum(counts, dtype=np.uint64).astype(np.uint32)


def _fill(
    packed: UInt64, shift: int, first: int, counts: UInt32, lower: UInt16, rows: UInt32, *, compiled: bool
) -> None:
    """Write entries, sorted, from entry `first` on; add to `counts` how many each bucket has."""
    if compiled:
        from dedupe_news.match.kernels import keeping

        keeping.fill_segment(packed, shift, first, counts, lower, rows)
        return
    keys = packed >> np.uint64(32)
    held: Any = np.bincount((keys >> np.uint64(shift)).astype(np.int64), minlength=len(counts))
    counts += held[: len(counts)].astype(np.uint32)
    lower[first : first + len(packed)] = (keys & np.uint64((1 << shift) - 1)).astype(np.uint16)
    rows[first : first + len(packed)] = (packed & np.uint64(0xFFFFFFFF)).astype(np.uint32)
