"""Inputs cut into blocks: what one worker takes at a time, still as it was read."""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dedupe_news.article import Reject
from dedupe_news.io.fields import FieldChoice
from dedupe_news.io.reading import ReadOptions, Source, open_source, parse_line
from dedupe_news.io.streams import input_bytes, read_some, reading_errors

BLOCK_BYTES = 1_000_000
"""What a block holds at least: large enough that handing it over costs nothing, small enough for many."""

_ROW_BYTES = 200  # what a row weighs besides its texts


@dataclass(frozen=True, slots=True)
class Block:
    """Some consecutive records of one input.

    Parameters
    ----------
    payload : bytes
        Lines of JSON; or, without a `choice`, a pickled list of ``(place, record)``.
    name : str
        The input, as places call it.
    first_line : int
        The line that the payload begins with, from 1 on.
    choice : FieldChoice or None
        Which of their fields is which of ours, as far as the lines until now have told.
    position : int or None
        Bytes of all inputs that had been read when the block was cut; None if that cannot be known.
    """

    payload: bytes
    name: str = ""
    first_line: int = 1
    choice: FieldChoice | None = None
    position: int | None = None

    def records(self) -> Iterator[tuple[str, object]]:
        """Yield ``(place, record)`` as `Source.records` does."""
        if self.choice is None:
            yield from pickle.loads(self.payload)
            return
        for number, line in enumerate(io.BytesIO(self.payload), start=self.first_line):
            if not line.isspace():
                place = f"{self.name}:{number}"
                record = parse_line(line, place)
                yield place, record if isinstance(record, Reject) else self.choice.of_record(record, place)

    def digest(self) -> bytes:
        """Return 16 bytes that stand for all that the records depend on."""
        told = repr((self.name, self.first_line, self.choice and self.choice.as_told())).encode(
            "utf-8", "surrogatepass"
        )
        return hashlib.blake2b(self.payload, digest_size=16, key=hashlib.blake2b(told).digest()).digest()


def iter_blocks(
    paths: Sequence[str], options: ReadOptions, *, block_bytes: int = BLOCK_BYTES
) -> Iterator[Block]:
    """Yield the records of all inputs in blocks, in the order of the inputs.

    Parameters
    ----------
    paths : sequence of str
    options : ReadOptions
    block_bytes : int
        A block holds at least so many bytes, unless its input ends. Which records there are does not
        depend on it.

    Raises
    ------
    InputError
        As `open_source` and `Source.records`.
    """
    waiting = _Rows(block_bytes)
    before: int | None = 0  # bytes of the inputs that are done
    for path in paths:
        with open_source(path, options) as source:
            if source.format == "jsonl":
                yield from waiting.cut(before)
                yield from _line_blocks(source, block_bytes, before)
            else:
                for place, record in source.records():
                    waiting.add(place, record)
                    if waiting.is_full:
                        yield from waiting.cut(_sum(before, source.position()))
        before = _sum(before, input_bytes(path))
    yield from waiting.cut(before)


def _sum(before: int | None, more: int | None) -> int | None:
    return None if before is None or more is None else before + more


def _line_blocks(source: Source, block_bytes: int, before: int | None) -> Iterator[Block]:
    choice = source.choice()
    line = 1
    with reading_errors(source.name):
        for lines in _whole_lines(source, block_bytes):
            if not choice.is_made:
                for _ in Block(lines, source.name, line, choice).records():
                    if choice.is_made:  # this record has told which field is which
                        break
            yield Block(lines, source.name, line, choice.settled(), _sum(before, source.position()))
            line += lines.count(b"\n")


def _whole_lines(source: Source, block_bytes: int) -> Iterator[bytes]:
    """Yield the bytes of an input in pieces that end where a line ends."""
    pieces: list[bytes] = []
    num_bytes = 0
    while chunk := read_some(source.stream, block_bytes):
        pieces.append(chunk)
        num_bytes += len(chunk)
        if num_bytes >= block_bytes and (end := chunk.rfind(b"\n") + 1):
            pieces[-1] = chunk[:end]
            yield b"".join(pieces)
            pieces = [chunk[end:]]
            num_bytes = len(pieces[0])
    if rest := b"".join(pieces):
        yield rest


class _Rows:
    """Rows that wait until they are a block: those of a thousand small files are one."""

    def __init__(self, block_bytes: int) -> None:
        self._block_bytes = block_bytes
        self._rows: list[tuple[str, object]] = []
        self._num_bytes = 0

    @property
    def is_full(self) -> bool:
        return self._num_bytes >= self._block_bytes

    def add(self, place: str, record: object) -> None:
        self._rows.append((place, record))
        self._num_bytes += _ROW_BYTES + _num_chars(record)

    def cut(self, position: int | None) -> Iterator[Block]:
        """Yield the block of the rows that wait, if there are any."""
        if self._rows:
            yield Block(pickle.dumps(self._rows, pickle.HIGHEST_PROTOCOL), position=position)
            self._rows, self._num_bytes = [], 0


def _num_chars(record: object) -> int:
    if isinstance(record, dict):
        return sum(len(value) for value in record.values() if isinstance(value, str | bytes))
    return len(record.record) if isinstance(record, Reject) and isinstance(record.record, str) else 0
