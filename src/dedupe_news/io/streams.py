"""Bytes in and bytes out: files and standard streams, compressed or not.

Reading never ends early in silence: a cut or damaged file is an `InputError`. Writing is
all or nothing: the file appears, whole, when its block ends well, or not at all.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, cast

from dedupe_news.errors import InputError, OutputError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

FileFormat = Literal["jsonl", "csv", "tsv", "parquet", "arrow", "text"]

STANDARD_STREAM = "-"

_FORMAT_OF_SUFFIX: dict[str, FileFormat] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".arrows": "arrow",
    ".ipc": "arrow",
    ".feather": "arrow",
    ".txt": "text",
}
KNOWN_SUFFIXES = tuple(_FORMAT_OF_SUFFIX)

COMPRESSION_OF_SUFFIX = {".gz": "gzip", ".zst": "Zstandard", ".bz2": "bzip2", ".xz": "xz"}

# None of them can begin a text: 8b, b5 and fd are no UTF-8 where they stand, and nobody writes
# the twelve decimals of pi (or, where nothing is inside, the root of them) after BZh.
_MAGIC = {
    "gzip": re.compile(rb"\x1f\x8b"),
    "Zstandard": re.compile(rb"\x28\xb5\x2f\xfd"),
    "bzip2": re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"),
    "xz": re.compile(rb"\xfd7zXZ\x00"),
}
_LONGEST_MAGIC = 10

_CHUNK_BYTES = 1 << 16
_WRITE_BYTES = 1 << 20  # an article is more than what Python collects by default

# What a process was given open already: a pipe, a terminal, or a file that others write to as well.
_STANDARD_DESCRIPTORS = {"/dev/stdout": 1, "/dev/stderr": 2}
_DESCRIPTOR = re.compile(r"/(?:dev|proc/self)/fd/(\d+)")

# Folders hold names of 255 bytes, some of 143; ours has a few more than the one it stands for.
_LONGEST_NAME_BYTES = 120


def input_name(path: str) -> str:
    """Return what to call `path` in messages and places."""
    return "<stdin>" if path == STANDARD_STREAM else path


def format_of_name(path: str) -> FileFormat | None:
    """Return the format that a name tells, whatever its compression, or None.

    >>> format_of_name("pile.jsonl.gz"), format_of_name("story.txt"), format_of_name("-")
    ('jsonl', 'text', None)
    """
    suffixes = [suffix for suffix in Path(path).suffixes if suffix not in COMPRESSION_OF_SUFFIX]
    return _FORMAT_OF_SUFFIX.get(suffixes[-1]) if suffixes else None


def check_input(path: str) -> None:
    """Raise an InputError if `path` cannot be an input; opens nothing."""
    if path == STANDARD_STREAM:
        return
    with reading_errors(path):
        mode = _mode(path)
    if mode is None:
        raise InputError(f"{path}: no such file; check the name, or give - to read standard input")
    if stat.S_ISDIR(mode):
        raise InputError(f"{path} is a folder, a file was expected; name its files: {Path(path) / '*.jsonl'}")


def _mode(path: str | Path) -> int | None:
    """Return what stands at a path and its rights, or None for nothing; raise if that cannot be told."""
    try:
        return Path(path).stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None


def is_there(path: str) -> bool:
    """Whether something stands at a path, as far as we may know."""
    try:
        return _mode(path) is not None
    except (OSError, ValueError):
        return False


def is_file(path: str) -> bool:
    """Whether a path is a file, and nothing else; raise an InputError if that may not be known."""
    with reading_errors(path):
        return stat.S_ISREG(_mode(path) or 0)


def is_folder(path: str) -> bool:
    """Whether a path is a folder, as far as we may know."""
    try:
        return stat.S_ISDIR(_mode(path) or 0)
    except (OSError, ValueError):
        return False


def input_bytes(path: str) -> int | None:
    """Return the size of a file as it stands on the disk; None of what is no regular file."""
    return Path(path).stat().st_size if path != STANDARD_STREAM and is_file(path) else None


@contextmanager
def reading_errors(name: str) -> Iterator[None]:
    """Turn what can go wrong while `name` is read into one InputError that names it."""
    try:
        yield
    except (EOFError, zlib.error) as error:
        raise InputError(_damaged(name)) from error
    except MemoryError as error:
        raise InputError(
            f"{name} asks for more memory than there is; it is damaged, or must be cut into smaller files"
        ) from error
    except OSError as error:
        # gzip and Arrow report damage in the data as an OSError without an error number.
        if error.errno is None:
            raise InputError(_damaged(name)) from error
        raise InputError(f"{name} cannot be read: {error.strerror}; check the file and its rights") from error


def _damaged(name: str) -> str:
    return (
        f"{name} is cut short or damaged: its compressed data does not end as it should; "
        f"copy it again, or save what is readable first (zcat, zstdcat, bzcat or xzcat, to a new file)"
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
        chunk = chunk or read_some(self._rest, min(len(view), _CHUNK_BYTES))
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
def open_input(path: str) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """Open `path` for reading: give it decompressed, and as it is; ``-`` is standard input.

    Compression is seen in the first bytes, so it works on standard input too. A file whose
    name says .gz, .zst, .bz2 or .xz and whose bytes do not is refused: it is a broken download.

    Raises
    ------
    InputError
        If it is missing, a folder, unreadable, or not what its name says.
    """
    name = input_name(path)
    check_input(path)
    with ExitStack() as stack:
        with reading_errors(name):
            raw = _standard_input() if path == STANDARD_STREAM else stack.enter_context(Path(path).open("rb"))
            head = b""
            while len(head) < _LONGEST_MAGIC and (chunk := read_some(raw)):
                head += chunk
            stream = with_head(head, raw)
            kind = next((kind for kind, magic in _MAGIC.items() if magic.match(head)), None)
            promised = COMPRESSION_OF_SUFFIX.get(Path(path).suffix)
            if kind is not None:
                stream = stack.enter_context(_decompressed(kind, stream))
            elif promised is not None:
                state = "is empty" if not head else f"is not {promised} data, though its name says so"
                raise InputError(f"{name} {state}; copy it again, or give it its right name")
        yield stream, raw


def _standard_input() -> IO[bytes]:
    if sys.stdin is None:  # what Python makes of `dedupe - <&-`
        raise InputError("standard input is closed; give it something to read, or name a file")
    try:
        descriptor = sys.stdin.fileno()
    except OSError:  # it is no file at all, in a process that gave itself something else to read
        return sys.stdin.buffer
    # A buffer of its own: Python does not end well while a thread waits for more in that of sys.stdin.
    return open(descriptor, "rb", closefd=False)  # not ours to close


def _decompressed(kind: str, stream: IO[bytes]) -> IO[bytes]:
    """Return what `stream` holds when it is decompressed, all its members one after the other."""
    if kind == "gzip":
        import gzip

        return cast(IO[bytes], gzip.GzipFile(fileobj=stream))
    if kind == "Zstandard":
        import pyarrow

        source = pyarrow.PythonFile(stream, "r")
        return cast(IO[bytes], pyarrow.CompressedInputStream(source, "zstd"))
    if kind == "bzip2":
        import bz2

        return io.BufferedReader(_Members(stream, bz2.BZ2Decompressor), _CHUNK_BYTES)
    import lzma

    return io.BufferedReader(_Members(stream, lzma.LZMADecompressor, lzma.LZMAError), _CHUNK_BYTES)


class _Members(io.RawIOBase):
    """Compressed members, decompressed one after the other.

    What the readers of the standard library do not: rubbish after the last member is an error.
    """

    def __init__(
        self, stream: IO[bytes], new_member: Callable[[], Any], damage: type[Exception] = OSError
    ) -> None:
        self._stream = stream
        self._new_member = new_member
        self._damage = damage
        self._member = new_member()
        self._is_begun = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        data = self._next_bytes(len(view))
        view[: len(data)] = data
        return len(data)

    def _next_bytes(self, size: int) -> bytes:
        while True:
            rest = b""
            if self._member.eof:
                rest = self._member.unused_data
                self._member, self._is_begun = self._new_member(), False
            if not rest and self._member.needs_input:
                rest = read_some(self._stream)
                if not rest and self._is_begun:
                    raise EOFError
                if not rest:
                    return b""
            # Padding with zeros may stand after a member of xz, and never begins one.
            if not self._is_begun and not (rest := rest.lstrip(b"\0")):
                continue
            self._is_begun = True
            try:
                data = cast(bytes, self._member.decompress(rest, size))
            except (OSError, self._damage) as error:
                raise OSError("damaged data") from error
            if data:
                return data


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
    """Open `path` for writing; ``-`` is standard output.

    It is compressed if its name ends in .gz, .zst, .bz2 or .xz.

    A regular file is written beside its place and put there when the block ends without an
    exception; otherwise what stood there before still stands. A device or a pipe is written
    as it is, and so is what this process was given open, such as ``/dev/stdout``.

    Raises
    ------
    OutputError
        If it cannot be written there.
    """
    if path == STANDARD_STREAM:
        if sys.stdout is None:  # what Python makes of `dedupe … >&-`
            raise OutputError("standard output is closed; name a file: -o FILE")
        output = Output("<stdout>", sys.stdout.buffer)
        yield output
        output.flush()
        return
    with writing_errors(path):
        # A link stays a link: the file that it names is the one that is replaced.
        place = Path(os.path.realpath(path))
        mode, folder_mode = _mode(path), _mode(place.parent)
    descriptor = _descriptor(path)
    if descriptor is None and mode is not None and stat.S_ISDIR(mode):
        raise OutputError(f"{path} is a folder; name a file in it: {Path(path) / 'clean.jsonl'}")
    if descriptor is None and mode is None and (folder_mode is None or not stat.S_ISDIR(folder_mode)):
        raise OutputError(f"{path}: its folder does not exist; create it: mkdir -p {Path(path).parent}")
    is_special = is_written_as_it_is(path)
    if not is_special and mode is not None and not os.access(place, os.W_OK):
        raise OutputError(
            f"{path} cannot be written: it is read-only; allow it (chmod u+w {path}), or name another file"
        )
    part = _part_of(place)
    if not is_special:
        _remove_leftovers(part)
    stack = ExitStack()
    try:
        with writing_errors(path):
            if descriptor is not None:
                file: IO[bytes] = stack.enter_context(os.fdopen(os.dup(descriptor), "wb"))
            else:
                file = stack.enter_context((Path(path) if is_special else part).open("wb", _WRITE_BYTES))
            if not is_special and mode is not None:
                part.chmod(mode)  # before there is anything to read in it
            stream = stack.enter_context(_compressed(path, file))
        yield Output(path, stream)
        with writing_errors(path):
            stack.close()
            if not is_special:
                part.replace(place)
    finally:
        with suppress(OSError):  # on the way out of another error, which is the one to show
            stack.close()
        if not is_special:
            with suppress(OSError):
                part.unlink(missing_ok=True)


def is_written_as_it_is(path: str) -> bool:
    """Whether an output is no file that could be replaced, and has no folder for neighbours.

    That is standard output, a device, a named pipe, and what this process was given open.

    >>> is_written_as_it_is("-"), is_written_as_it_is("/dev/stdout"), is_written_as_it_is("clean.jsonl")
    (True, True, False)
    """
    if path == STANDARD_STREAM or _descriptor(path) is not None:
        return True
    try:
        mode = _mode(path)
    except (OSError, ValueError):
        return False
    return mode is not None and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _descriptor(path: str) -> int | None:
    """Return the number under which a path is open already, or None if it is the name of a file.

    >>> _descriptor("/dev/stdout"), _descriptor("/dev/fd/3"), _descriptor("clean.jsonl")
    (1, 3, None)
    """
    number = _DESCRIPTOR.fullmatch(path)
    return int(number[1]) if number else _STANDARD_DESCRIPTORS.get(path)


def _part_of(place: Path) -> Path:
    """Return where a file is written before it takes its place: hidden, and beside it."""
    name = place.name
    if len(os.fsencode(name)) > _LONGEST_NAME_BYTES:
        name = hashlib.blake2b(os.fsencode(name), digest_size=16).hexdigest()
    return place.with_name(f".{name}.{os.getpid()}.part")


def _remove_leftovers(part: Path) -> None:
    """Remove the unfinished versions of the same output that processes left which are no more."""
    stem = part.name.removesuffix(f"{os.getpid()}.part")
    with suppress(OSError):  # who may not look may not remove
        for place in list(part.parent.iterdir()):
            pid = place.name.removeprefix(stem).removesuffix(".part")
            if place.name == f"{stem}{pid}.part" and pid.isdecimal() and not _is_alive(int(pid)):
                place.unlink()


def _is_alive(pid: int) -> bool:
    if os.name != "posix":
        return True  # there is no asking there: signal 0 is Ctrl-C
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


@contextmanager
def _compressed(path: str, file: IO[bytes]) -> Iterator[IO[bytes]]:
    """Compress what goes to `file` as its name says."""
    suffix = Path(path).suffix
    if suffix == ".gz":
        import gzip

        # No name and no time inside: the same documents give the same bytes.
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as stream:
            yield cast(IO[bytes], stream)
    elif suffix == ".bz2":
        import bz2

        with bz2.BZ2File(file, "wb") as bzip2:
            yield cast(IO[bytes], bzip2)
    elif suffix == ".xz":
        import lzma

        with lzma.LZMAFile(file, "wb") as xz:
            yield cast(IO[bytes], xz)
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
    try:
        return Path(left).samefile(right)
    except (OSError, ValueError):  # one of them is not there, or may not be looked at
        return os.path.realpath(left) == os.path.realpath(right)
