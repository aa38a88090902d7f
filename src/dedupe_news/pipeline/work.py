"""The folder in which a run keeps what it has done, so that it can go on from there."""

from __future__ import annotations

import hashlib
import platform
import shutil
from dataclasses import fields
from pathlib import Path
from typing import IO, Any, Self

from dedupe_news.errors import OutputError
from dedupe_news.io.blocks import Block
from dedupe_news.io.documents import Packing
from dedupe_news.options import CleanOptions
from dedupe_news.pipeline.batches import ROWS

_LOCK, _BATCHES, _SCRATCH = "lock", "batches", "scratch"


class Work:
    """A folder for the finished batches of one run, and for what matching puts aside.

    A batch is known by all that it depends on: its records, the options, the versions. So what another run
    left is used where it is the same, whatever else has changed.

    Parameters
    ----------
    folder : Path
        Made if it is not there; nothing else may be in it.
    version : str
        Whose work it is: what another version has cleaned is not used.
    resume : bool
        Whether finished batches of an earlier run are used; otherwise they are thrown away.

    Raises
    ------
    OutputError
        If the folder cannot be made, is something else, or another run works in it.
    """

    def __init__(self, folder: Path, *, version: str, resume: bool) -> None:
        self.folder = folder
        self.batches = folder / _BATCHES
        self.scratch = folder / _SCRATCH
        self.thrown_away = 0  # finished batches of an earlier run
        self._version = version
        self._resume = resume
        self._lock: IO[bytes] | None = None
        self._is_ours = self._was_ours = False

    def __enter__(self) -> Self:
        try:
            self._open()
        except OutputError:
            self.close()
            raise
        except OSError as error:
            self.close()
            raise OutputError(
                f"{self.folder} cannot be used for work in between: {error.strerror or error}; "
                f"check the folder and its rights, or name another: --work"
            ) from error
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the folder as it is, for another run."""
        if self._is_ours:
            shutil.rmtree(self.scratch, ignore_errors=True)
        if self._lock is not None:
            self._lock.close()
        self._is_ours = False

    def _open(self) -> None:
        if self.folder.exists() and (not self.folder.is_dir() or self._holds_something_else()):
            raise OutputError(
                f"{self.folder} is no folder of work in between, and holds something else; "
                f"name an empty or a new folder: --work"
            )
        self.folder.mkdir(exist_ok=True)
        self._lock = (self.folder / _LOCK).open("ab")
        _lock_or_refuse(self._lock, self.folder)
        self._is_ours = self._was_ours = True
        if not self._resume:
            self.thrown_away = self.num_finished
            shutil.rmtree(self.batches, ignore_errors=True)
        shutil.rmtree(self.scratch, ignore_errors=True)
        for folder in (self.batches, self.scratch):
            folder.mkdir(exist_ok=True)

    def _holds_something_else(self) -> bool:
        return bool({place.name for place in self.folder.iterdir()} - {_LOCK, _BATCHES, _SCRATCH})

    def batch_name(self, number: int, block: Block, clean: CleanOptions | None, packing: Packing) -> str:
        """Return what a batch is called: its place in the order, and a digest of all that it depends on."""
        told = repr((self._version, platform.python_version(), _values(clean), _values(packing)))
        digest = hashlib.blake2b(block.digest() + told.encode("utf-8", "surrogatepass"), digest_size=16)
        return f"{number:08}-{digest.hexdigest()}"

    @property
    def num_finished(self) -> int:
        """How many batches are finished; none of a folder that is not ours."""
        return sum(1 for _ in self.batches.glob(f"*{ROWS}")) if self._was_ours else 0

    @property
    def num_bytes(self) -> int:
        """What all files in the folder take on the disk."""
        return sum(place.stat().st_size for place in self.folder.rglob("*") if place.is_file())

    def remove(self) -> None:
        """Remove the folder, if it was ours: its work is done."""
        self.close()
        if self._was_ours:
            shutil.rmtree(self.folder, ignore_errors=True)


def _values(options: Any) -> list[tuple[str, object]]:
    """Return the values of options in an order of their own: that of a set is another in every process."""
    if options is None:
        return []
    values = [(field.name, getattr(options, field.name)) for field in fields(options)]
    return [(name, sorted(value) if isinstance(value, frozenset) else value) for name, value in values]


def _lock_or_refuse(file: IO[bytes], folder: Path) -> None:
    """Take the lock, which the system gives back when this process ends, however it ends."""
    try:
        import fcntl
    except ImportError:  # Windows: there an open file cannot be removed by another run
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise OutputError(
            f"another run works in {folder}; wait for its end, or name another folder: --work"
        ) from error
