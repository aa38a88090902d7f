"""Bytes in and bytes out: files and standard streams, compressed or not.

Reading never ends early in silence: a cut or damaged file is an `InputError`. Writing is
all or nothing: the file appears, whole, when its block ends well, or not at all.
"""

from __future__ import annotations

import io
import os
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, cast

from dedupe_news.errors import InputError, OutputError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

FileFormat = Literal["jsonl", "text"]

STANDARD_STREAM = "-"

_FORMAT_OF_SUFFIX: dict[str, FileFormat] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".txt": "text",
}

_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# Neither can begin a text: 8b and b5 are no UTF-8 where they stand.

_CHUNK_BYTES = 1 << 16


def input_name(path: str) -> str:
    """Return what to call `path` in messages and places."""
    return "<stdin>" if path == STANDARD_STREAM else path


def format_of_name(path: str) -> FileFormat | None:
    """Return the format that a name tells, whatever its compression, or None.

    >>> format_of_name("pile.jsonl.gz"), format_of_name("story.txt"), format_of_name("-")
    ('jsonl', 'text', None)
    """
    suffixes = [suffix for suffix in Path(path).suffixes if suffix not in (".gz", ".zst")]
    return _FORMAT_OF_SUFFIX.get(suffixes[-1]) if suffixes else None


def check_input(path: str) -> None:
    """Raise an InputError if `path` cannot be an input; opens nothing."""
    if path == STANDARD_STREAM:
        return
    place = Path(path)
    if place.is_dir():
        raise InputError(f"{path} is a folder, a file was expected; name its files: {place / '*.jsonl'}")
    if not place.exists():
        raise InputError(f"{path}: no such file; check the name, or give - to read standard input")


@contextmanager
def reading_errors(name: str) -> Iterator[None]:
    """Turn what can go wrong while `name` is read into one InputError that names it."""
    try:
        yield
    except (EOFError, zlib.error) as error:
        raise InputError(_damaged(name)) from error
    except OSError as error:
        # gzip and Arrow report damage in the data as an OSError without an error number.
        if error.errno is None:
            raise InputError(_damaged(name)) from error
        raise InputError(f"{name} cannot be read: {error.strerror}; check the file and its rights") from error


def _damaged(name: str) -> str:
    return (
        f"{name} is cut short or damaged: its compressed data does not end as it should; "
        f"copy it again, or save what is readable first (zcat or zstdcat, to a new file)"
    )


class _HeadThenRest(io.RawIOBase):
    """A stream whose first bytes were already read, to look at them, and are given again."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head = head
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        chunk, self._head = self._head[: len(view)], self._head[len(view) :]
        chunk = chunk or read_some(self._rest, len(view))
        view[: len(chunk)] = chunk
        return len(chunk)


def read_some(stream: IO[bytes], size: int = _CHUNK_BYTES) -> bytes:
    """Read at most `size` bytes, as soon as there are any; ``b""`` only at the end."""
    # read1 does not wait for a full buffer, so lines typed or piped slowly come one by one.
    return cast(bytes, cast(Any, stream).read1(size))


def with_head(head: bytes, rest: IO[bytes]) -> IO[bytes]:
    """Return a stream of `head` and then `rest`."""
    return io.BufferedReader(_HeadThenRest(head, rest), _CHUNK_BYTES)


@contextmanager
def open_input(path: str) -> Iterator[IO[bytes]]:
    """Open `path` for reading, decompressed; ``-`` is standard input.

    Compression is seen in the first bytes, so it works on standard input too. A file whose
    name says .gz or .zst and whose bytes do not is refused: it is a broken download.

    Raises
    ------
    InputError
        If it is missing, a folder, unreadable, or not what its name says.
    """
    name = input_name(path)
    check_input(path)
    with ExitStack() as stack:
        with reading_errors(name):
            raw: IO[bytes] = (
                sys.stdin.buffer if path == STANDARD_STREAM else stack.enter_context(Path(path).open("rb"))
            )
            head = b""
            while len(head) < len(_ZSTD_MAGIC) and (chunk := read_some(raw)):
                head += chunk
            stream = with_head(head, raw)
            suffix = Path(path).suffix
            if head.startswith(_GZIP_MAGIC):
                import gzip

                stream = stack.enter_context(cast(IO[bytes], gzip.GzipFile(fileobj=stream)))
            elif head.startswith(_ZSTD_MAGIC):
                import pyarrow

                stream = stack.enter_context(
                    pyarrow.CompressedInputStream(pyarrow.PythonFile(stream, "r"), "zstd")
                )
            elif suffix in (".gz", ".zst"):
                kind = "gzip" if suffix == ".gz" else "Zstandard"
                state = "is empty" if not head else f"is not {kind} data, though its name says so"
                raise InputError(f"{name} {state}; copy it again, or give it its right name")
        yield stream


class Output:
    """Where bytes are written; every failure names the output."""

    def __init__(self, name: str, stream: IO[bytes]) -> None:
        self._name = name
        self._stream = stream

    def write(self, data: bytes) -> None:
        """Write `data`, or raise an OutputError (a BrokenPipeError stays what it is)."""
        with writing_errors(self._name):
            self._stream.write(data)

    def flush(self) -> None:
        """Hand on what was written so far."""
        with writing_errors(self._name):
            self._stream.flush()


@contextmanager
def writing_errors(name: str) -> Iterator[None]:
    """Turn what can go wrong while `name` is written into one OutputError that names it."""
    try:
        yield
    except BrokenPipeError:
        raise  # the reader went away: nothing is wrong with the output
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(
            f"{name} cannot be written: {reason}; check the folder, its rights and its space"
        ) from error


@contextmanager
def open_output(path: str) -> Iterator[Output]:
    """Open `path` for writing, compressed if its name ends in .gz or .zst; ``-`` is standard output.

    A regular file is written beside its place and put there when the block ends without an
    exception; otherwise what stood there before still stands. A device or a pipe is written
    as it is.

    Raises
    ------
    OutputError
        If it cannot be written there.
    """
    if path == STANDARD_STREAM:
        output = Output("<stdout>", sys.stdout.buffer)
        yield output
        output.flush()
        return
    # A link stays a link: the file that it names is the one that is replaced.
    place = Path(path).resolve()
    if place.is_dir():
        raise OutputError(f"{path} is a folder; name a file in it: {Path(path) / 'clean.jsonl'}")
    if not place.parent.is_dir():
        raise OutputError(f"{path}: its folder does not exist; create it: mkdir -p {Path(path).parent}")
    # A device or a named pipe (/dev/null) is written as it is: it must never be replaced.
    is_special = place.exists() and not place.is_file()
    written = place if is_special else place.with_name(f".{place.name}.{os.getpid()}.part")
    stack = ExitStack()
    try:
        with writing_errors(path):
            file = stack.enter_context(written.open("wb"))
            stream = stack.enter_context(_compressed(path, file))
        yield Output(path, stream)
        with writing_errors(path):
            stack.close()
            if not is_special:
                if place.exists():
                    written.chmod(place.stat().st_mode)
                written.replace(place)
    finally:
        with suppress(OSError):  # on the way out of another error, which is the one to show
            stack.close()
        if not is_special:
            written.unlink(missing_ok=True)


@contextmanager
def _compressed(path: str, file: IO[bytes]) -> Iterator[IO[bytes]]:
    """Compress what goes to `file` as its name says."""
    suffix = Path(path).suffix
    if suffix == ".gz":
        import gzip

        # No name and no time inside: the same documents give the same bytes.
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as stream:
            yield cast(IO[bytes], stream)
    elif suffix == ".zst":
        import pyarrow

        stream = pyarrow.CompressedOutputStream(pyarrow.PythonFile(_Unclosed(file), "w"), "zstd")
        try:
            yield stream
        finally:
            stream.close()
    else:
        yield file


class _Unclosed:
    """A file that Arrow may close without closing it: its owner still has work to do."""

    closed = False

    def __init__(self, file: IO[bytes]) -> None:
        self.write = file.write
        self.flush = file.flush

    def close(self) -> None:
        self.flush()


def same_file(left: str, right: str) -> bool:
    """Whether two paths are one file, also through links, also if it does not exist yet."""
    if STANDARD_STREAM in (left, right):
        return False
    left_place, right_place = Path(left), Path(right)
    if left_place.exists() and right_place.exists():
        return left_place.samefile(right_place)
    return left_place.resolve() == right_place.resolve()
