"""From files and standard input to records: a place, and a dict or a Reject."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import IO, Any, Literal, NoReturn

from dedupe_news.article import Reject
from dedupe_news.errors import InputError
from dedupe_news.io.fields import OPTION_OF_FIELD, FieldChoice, Tell, renamed, say_nothing
from dedupe_news.io.streams import (
    FileFormat,
    format_of_name,
    input_name,
    open_input,
    read_some,
    reading_errors,
    with_head,
)

InputFormat = Literal["auto", "jsonl", "csv", "tsv", "parquet", "arrow", "text"]

_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_MAGIC: tuple[tuple[bytes, FileFormat], ...] = ((b"PAR1", "parquet"), (b"ARROW1\0\0", "arrow"))

_MAY_BE_ABSENT = frozenset(OPTION_OF_FIELD) - {"text"} | {"byline", "language"}

_JSON_SPACE = " \t\r\n"

# Deeper ones meet the recursion limits of one JSON writer or another, on the way out.
MAX_NESTING = 100


@dataclass(frozen=True)
class ReadOptions:
    """How inputs are read, and what is learnt from all of them."""

    input_format: InputFormat = "auto"
    fields: Mapping[str, str] = field(default_factory=dict)
    """Of our fields to theirs, as the caller named them; others are guessed."""
    tell: Tell = say_nothing
    column_types: dict[str, Any] = field(default_factory=dict)
    """Arrow fields of the columns that travel through; None where two inputs differ."""


@dataclass(frozen=True)
class Source:
    """An open input: what it is called, what it holds, and its records, one after the other."""

    name: str
    format: FileFormat
    stream: IO[bytes]
    path: str
    options: ReadOptions
    raw: IO[bytes]

    def position(self) -> int | None:
        """Return how many bytes of the file have been read, compressed as they are; None of a pipe."""
        return self.raw.tell() if self.raw.seekable() else None

    def records(self) -> Iterator[tuple[str, object]]:
        """Yield ``(place, record)``; a record is a dict, or a `Reject` that says why not.

        The place of a JSON line or a row of CSV is ``name:line`` (where the row begins), that
        of a row of Parquet or Arrow ``name:row``, that of a text file its name.

        Raises
        ------
        InputError
            If the file turns out to be cut short or damaged, however late; if a field that was
            asked for is not there, or none or several may be the text.
        """
        with reading_errors(self.name):
            if self.format == "text":
                yield self.name, _text_record(self.name, self.stream.read())
            elif self.format in ("csv", "tsv"):
                yield from self._delimited()
            elif self.format in ("parquet", "arrow"):
                yield from self._columnar()
            else:
                yield from self._lines()

    def choice(self) -> FieldChoice:
        """Return which of their fields is which of ours: what was asked for, and nothing guessed yet."""
        return FieldChoice(self.options.fields, self.name, self.options.tell)

    def _lines(self) -> Iterator[tuple[str, object]]:
        choice = self.choice()
        for number, line in enumerate(self.stream, start=1):
            if not line.isspace():
                place = f"{self.name}:{number}"
                record = parse_line(line, place)
                yield place, record if isinstance(record, Reject) else choice.of_record(record, place)

    def _delimited(self) -> Iterator[tuple[str, object]]:
        from dedupe_news.io.delimited import DELIMITER, DelimitedRows

        table = DelimitedRows(self.name, self.stream, DELIMITER[self.format])
        chosen = self.choice().of_columns(table.columns, lambda _ours, _theirs: True)
        line = 0
        for line, row in table.rows():
            yield (
                f"{self.name}:{line}",
                row if isinstance(row, Reject) else _named(table.columns, row, chosen),
            )
        if not line:
            self.options.tell(f"{self.name}: names of columns and no row")

    def _columnar(self) -> Iterator[tuple[str, object]]:
        from dedupe_news.io.columns import ColumnarRows, is_usable

        with closing(ColumnarRows(self.name, self.path, self.stream, self.format)) as table:
            chosen = self.choice().of_columns(
                table.columns, lambda ours, theirs: is_usable(ours, table.schema.field(theirs).type)
            )
            table.tell_types(self.options.column_types, set(chosen.values()))
            number = 0
            for number, row in table.rows():
                place = f"{self.name}:{number}"
                yield place, row if isinstance(row, Reject) else renamed(row, chosen)
            if table.may_be_cut:
                self.options.tell(
                    f"{self.name}: ends without the mark that ends an Arrow stream, perhaps it is cut short; "
                    f"{number} rows were read: compare it with where it came from"
                )
            if not number:
                self.options.tell(f"{self.name}: names of columns and no row")


@contextmanager
def open_source(path: str, options: ReadOptions | None = None) -> Iterator[Source]:
    """Open a file, or standard input (``-``), and tell what it holds.

    With the format ``"auto"`` a name decides (.jsonl, .ndjson, .csv, .tsv, .parquet, .arrow,
    .txt, each also compressed), and for any other name the first bytes: ``{`` begins JSON
    lines, ``PAR1`` Parquet, ``ARROW1`` Arrow.

    Raises
    ------
    InputError
        If it is missing, a folder, unreadable, in UTF-16, or not what its name says.
    """
    name = input_name(path)
    options = options or ReadOptions()
    with open_input(path) as (stream, raw):
        with reading_errors(name):
            chunks = [b""]
            while (chunk := read_some(stream)) and not chunk.strip():
                chunks.append(chunk)
            head = b"".join(chunks) + chunk
        form = _file_format(path, options.input_format, head)
        if form not in ("parquet", "arrow"):
            if head.startswith(_UTF16_MARKS):
                raise InputError(
                    f"{name} is in UTF-16, UTF-8 was expected; convert it: iconv -f UTF-16 -t UTF-8 {path}"
                )
            head = head.removeprefix(_UTF8_MARK)
        yield Source(name, form, with_head(head, stream), path, options, raw)


def _file_format(path: str, input_format: InputFormat, head: bytes) -> FileFormat:
    if input_format != "auto":
        return input_format
    if form := format_of_name(path):
        return form
    for magic, form in _MAGIC:
        if head.startswith(magic):
            return form
    # Nothing at all is no record, and not an article without words.
    return "jsonl" if head.removeprefix(_UTF8_MARK).lstrip()[:1] in (b"{", b"") else "text"


def _named(columns: list[str], row: list[str], chosen: Mapping[str, str]) -> dict[str, Any]:
    """Return a row under our names; CSV has no null, so our fields that are empty are not there."""
    record = renamed(dict(zip(columns, row, strict=True)), chosen)
    return {key: value for key, value in record.items() if value or key not in _MAY_BE_ABSENT}


def _text_record(name: str, data: bytes) -> object:
    """Return a whole text as the record of one article, which remembers its file."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return Reject(name, _not_utf8(error), data.decode("utf-8", "surrogateescape"))
    return {"text": text} if name == "<stdin>" else {"text": text, "file": name}


def parse_line(line: bytes, place: str) -> dict[str, Any] | Reject:
    r"""Return the JSON object in `line`, or a Reject that says why there is none.

    >>> parse_line(b'{"text": "A storm hit the coast."}', "pile.jsonl:1")
    {'text': 'A storm hit the coast.'}
    >>> parse_line(b'["A storm hit the coast."]', "pile.jsonl:2").reason
    'a JSON array, an object was expected: {"text": "…"}'
    """
    try:
        record = _parse_json(line)
    except UnicodeDecodeError as error:
        return Reject(place, _not_utf8(error), line.decode("utf-8", "surrogateescape").rstrip("\r\n"))
    except json.JSONDecodeError as error:
        reason = f"not JSON (column {error.colno}): {error.msg}"
        return Reject(place, reason, line.decode("utf-8").rstrip("\r\n"))
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        return Reject(place, f"JSON that cannot be kept: {reason}", line.decode("utf-8").rstrip("\r\n"))
    if not isinstance(record, dict):
        return Reject(place, f'{_json_kind(record)}, an object was expected: {{"text": "…"}}', record)
    return record


def _parse_json(line: bytes) -> Any:
    import orjson

    try:
        record = orjson.loads(line)
    except ValueError:
        # orjson is strict; the standard library also takes a lone surrogate ("\ud83d"), which
        # is how a text looks that was cut in the middle of an emoji.
        return _checked(json.loads(line.decode("utf-8").rstrip(_JSON_SPACE), parse_constant=_refuse_constant))
    if _holds_large_float(record):
        # orjson reads an integer beyond 64 bits as a float: as good as lost for an identifier.
        record = json.loads(line)
    return _checked(record)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number; write null")


def _holds_large_float(value: Any) -> bool:
    if isinstance(value, float):
        return abs(value) >= 2.0**63
    if isinstance(value, dict):
        return any(map(_holds_large_float, value.values()))
    return isinstance(value, list) and any(map(_holds_large_float, value))


def _checked(value: Any, depth: int = 0) -> Any:
    """Return `value` if every JSON writer can write it again."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number is too large")
    if depth > MAX_NESTING:
        raise ValueError(f"nested more than {MAX_NESTING} deep")
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        if isinstance(item, (dict, list, float)):
            _checked(item, depth + 1)
    return value


def _not_utf8(error: UnicodeDecodeError) -> str:
    byte = error.object[error.start]
    return (
        f"not UTF-8: byte 0x{byte:02x} at offset {error.start}; "
        f"convert it first, for instance: iconv -f WINDOWS-1252 -t UTF-8"
    )


def _json_kind(value: object) -> str:
    if value is None:
        return "null"
    kinds = {bool: "true or false", str: "a JSON string", list: "a JSON array"}
    return kinds.get(type(value), "a number")
