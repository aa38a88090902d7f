"""Which articles of an index share keys: those of today in memory, all others in segments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from dedupe_news.index.recent import recent
from dedupe_news.index.segments import Segment, UInt32, UInt64, sync_folder, write_segment
from dedupe_news.index.store import Damaged, Store

Keys: TypeAlias = Callable[[int, int], Iterator[tuple[int, UInt32]]]
"""Of a range of rows, the keys of each, computed again."""

RECENT_ROWS = 1024
"""So many rows wait in a table, and in memory, before they become a segment."""

_GROWTH = 2
"""A segment is merged with the one before unless that has more than so many times its entries."""

_MOST_ENTRIES_AT_ONCE = 1 << 24
"""An article that comes alone waits for no merge of more than so many: it takes about a second."""


class SegmentGone(Exception):
    """A file was merged into another meanwhile, or is lost."""


class Postings:
    """Finds rows by keys.

    Parameters
    ----------
    store : Store
    keys_again : callable
        For a segment whose file is missing or damaged.
    """

    def __init__(self, store: Store, keys_again: Keys) -> None:
        self._store = store
        self._keys_again = keys_again
        self.folder = store.path.with_name(store.path.name + "-keys")
        self._segments: dict[int, Segment] = {}
        self._recent = recent(compiled=False)
        self._last_recent = 0
        self._compiled = False
        self._state: int | None = None
        self._obsolete: list[int] = []

    @property
    def num_entries(self) -> int:
        """How many entries the segments have."""
        return sum(map(len, self._segments.values()))

    def forget(self) -> None:
        """Forget what was read: the file holds something else."""
        self._segments = {}
        self._forget_recent(compiled=False)
        self._state = None
        self._obsolete = []

    def _forget_recent(self, *, compiled: bool) -> None:
        self._recent = recent(compiled=compiled)
        self._compiled = compiled
        self._last_recent = 0

    def refresh(self, *, may_write: bool, compiled: bool) -> None:
        """Read what others have written, within a transaction.

        Raises
        ------
        SegmentGone
            If a file is missing or damaged, and `may_write` does not allow to make it again.
        """
        if compiled != self._compiled:
            self.forget()
            self._forget_recent(compiled=compiled)
        state = self._store.changed_by_others
        if state == self._state:
            return
        listed = self._store.execute(
            "SELECT number, first_row, last_row, num_entries FROM segment ORDER BY number"
        ).fetchall()
        numbers = {number for number, *_ in listed}
        if numbers != self._segments.keys():
            self._forget_recent(compiled=compiled)
            opened = {}
            for number, first_row, last_row, num_entries in listed:
                if number in self._segments:
                    opened[number] = self._segments[number]
                    continue
                segment = self._opened(number, num_entries)
                if isinstance(segment, str):
                    if not may_write:
                        raise SegmentGone(f"{self._path(number)} {segment}")
                    segment = self._made_again(number, first_row, last_row, compiled)
                opened[number] = segment
            self._segments = opened
        for row, keys in self._store.execute(
            "SELECT row, keys FROM recent WHERE row > ? ORDER BY row", (self._last_recent,)
        ):
            self._remember(row, _unpacked(keys))
        self._state = state

    def _opened(self, number: int, num_entries: int) -> Segment | str:
        """Return a segment, or what is wrong with its file."""
        try:
            segment = Segment.open(self._path(number))
        except FileNotFoundError:
            return "is missing"
        except ValueError as error:
            return str(error)
        has_all = len(segment) == num_entries
        return segment if has_all else f"has {len(segment)} entries, not {num_entries}"

    def _made_again(self, number: int, first_row: int, last_row: int, compiled: bool) -> Segment:
        packed = [
            keys.astype(np.uint64) << np.uint64(32) | np.uint64(row)
            for row, keys in self._keys_again(first_row, last_row)
        ]
        entries = Segment.of(np.concatenate([np.empty(0, dtype=np.uint64), *packed]), compiled=compiled)
        self.folder.mkdir(exist_ok=True)
        segment = write_segment(self._path(number), [entries], _all_alive, compiled=compiled)
        self._store.execute("UPDATE segment SET num_entries = ? WHERE number = ?", (len(segment), number))
        return segment

    def owners(self, keys: UInt32, asking: UInt32, *, compiled: bool) -> UInt64:
        """Return ``asking << 32 | row`` once for each key that the row holds, in no order.

        Parameters
        ----------
        keys, asking : uint32, shape (n,)
            Keys, and who asks for each: any number.
        """
        found = [segment.look_up(keys, asking, compiled=compiled) for segment in self._segments.values()]
        return np.concatenate([self._recent.look_up(keys, asking), *found])

    def add(self, rows: Sequence[int], keys: Sequence[UInt32], *, compiled: bool) -> None:
        """Add articles with their keys, within a transaction; rows are larger than all before, ascending."""
        if len(rows) >= RECENT_ROWS:
            row_of = np.repeat(np.array(rows, dtype=np.uint64), list(map(len, keys)))
            packed = np.concatenate(keys).astype(np.uint64) << np.uint64(32) | row_of
            self._write([Segment.of(packed, compiled=compiled)], rows[0], rows[-1], compiled)
            return
        for row, own in zip(rows, keys, strict=True):
            self._store.execute("INSERT INTO recent VALUES (?, ?)", (row, own.astype("<u4").tobytes()))
            self._remember(row, own)
        if self._recent.num_rows >= RECENT_ROWS:
            self._write([], rows[0], rows[-1], compiled)

    def _remember(self, row: int, keys: UInt32) -> None:
        self._recent.add(row, keys)
        self._last_recent = row

    def _write(self, new: list[Segment], first_row: int, last_row: int, compiled: bool) -> None:
        """Make a segment of what is new, of all recent rows, and of what is not much larger before.

        Where nothing is new, so many entries are merged at most that the writer of one article can wait.
        """
        self._remove_strays()
        entries, first_recent = [], first_row
        for row, keys in self._store.execute("SELECT row, keys FROM recent ORDER BY row"):
            first_recent = min(first_recent, row)
            entries.append(_unpacked(keys).astype(np.uint64) << np.uint64(32) | np.uint64(row))
        inputs = list(new)
        if entries:
            inputs.append(Segment.of(np.concatenate(entries), compiled=compiled))
        first_row = first_recent
        listed = self._store.execute(
            "SELECT number, first_row, num_entries FROM segment ORDER BY number DESC"
        ).fetchall()
        size = sum(map(len, inputs))
        merged = []
        for number, first, num_entries in listed:
            if num_entries > _GROWTH * size or (not new and size + num_entries > _MOST_ENTRIES_AT_ONCE):
                break
            merged.append(number)
            inputs.append(self._segments[number])
            first_row = min(first_row, first)
            size += num_entries
        self._store.executemany("DELETE FROM segment WHERE number = ?", [(number,) for number in merged])
        self._store.execute("DELETE FROM recent")
        number = self._store.execute(
            "INSERT INTO segment (first_row, last_row, num_entries) VALUES (?, ?, 0)", (first_row, last_row)
        ).lastrowid
        alive = self._alive(first_row, last_row)
        segment = write_segment(self._path(int(number or 0)), inputs, alive, compiled=compiled)
        self._store.execute("UPDATE segment SET num_entries = ? WHERE number = ?", (len(segment), number))
        for old in merged:
            del self._segments[old]
        self._segments[int(number or 0)] = segment
        self._obsolete += merged
        self._recent = recent(compiled=compiled)

    def _alive(self, first_row: int, last_row: int) -> Callable[[UInt32], NDArray[np.bool_]]:
        there = np.zeros(last_row - first_row + 1, dtype=bool)
        rows = self._store.execute(
            "SELECT row FROM article WHERE row BETWEEN ? AND ?", (first_row, last_row)
        ).fetchall()
        there[np.array(rows, dtype=np.int64).reshape(-1) - first_row] = True

        def alive(asked: UInt32) -> NDArray[np.bool_]:
            # A damaged file may hold any row at all; what is below the first wraps, and is too large.
            place = asked - np.uint32(first_row)
            is_within = place < len(there)
            return is_within & there[np.where(is_within, place, 0)]

        return alive

    def committed(self) -> None:
        """Remove the files of merged segments, behind the transaction; who reads one keeps its pages."""
        for number in self._obsolete:
            _remove(self._path(number))
        self._obsolete = []

    def _remove_strays(self) -> None:
        """Remove what an interrupted writer left, within a transaction: no other writes now."""
        if not self.folder.exists():
            self.folder.mkdir()
            sync_folder(self.folder.parent)
        listed = {self._path(number).name for (number,) in self._store.execute("SELECT number FROM segment")}
        for path in self.folder.iterdir():
            if path.name not in listed and path.suffix in (".seg", ".part"):
                _remove(path)

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:08d}.seg"


def _unpacked(keys: object) -> UInt32:
    if not isinstance(keys, bytes) or len(keys) % 4:
        raise Damaged("the keys of an article are not to be read")
    return np.frombuffer(keys, dtype="<u4")


def _all_alive(rows: UInt32) -> NDArray[np.bool_]:
    return np.ones(len(rows), dtype=bool)


def _remove(path: Path) -> None:
    with suppress(OSError):  # in use, where a system minds: the next writer removes it
        path.unlink()
