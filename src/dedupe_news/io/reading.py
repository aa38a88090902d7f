"""From files and standard input to records: a place, and a dict or a Reject."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, Literal, NoReturn

from dedupe_news.article import Reject
from dedupe_news.errors import InputError
from dedupe_news.io.streams import (
    FileFormat,
    format_of_name,
    input_name,
    open_input,
    read_some,
    reading_errors,
    with_head,
)

InputFormat = Literal["auto", "jsonl", "text"]

_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")

# Deeper ones meet the recursion limits of one JSON writer or another, on the way out.
MAX_NESTING = 100


@dataclass(frozen=True)
class Source:
    """An open input: what it is called, what it holds, and its records, one after the other."""

    name: str
    format: FileFormat
    stream: IO[bytes]

    def records(self) -> Iterator[tuple[str, object]]:
        """Yield ``(place, record)``; a record is a dict, or a `Reject` that says why not.

        The place of a JSON line is ``name:line``; that of a text file is its name.

        Raises
        ------
        InputError
            If the file turns out to be cut short or damaged, however late.
        """
        with reading_errors(self.name):
            if self.format == "text":
                yield self.name, _text_record(self.name, self.stream.read())
                return
            for number, line in enumerate(self.stream, start=1):
                if not line.isspace():
                    place = f"{self.name}:{number}"
                    yield place, parse_line(line, place)


@contextmanager
def open_source(path: str, input_format: InputFormat = "auto") -> Iterator[Source]:
    """Open a file, or standard input (``-``), and tell what it holds.

    With ``"auto"`` a name decides (.jsonl, .ndjson, .txt, each also with .gz or .zst), and
    for any other name the first character that is not blank: ``{`` begins JSON lines.

    Raises
    ------
    InputError
        If it is missing, a folder, unreadable, in UTF-16, or not what its name says.
    """
    name = input_name(path)
    with open_input(path) as stream:
        with reading_errors(name):
            chunks = [b""]
            while (chunk := read_some(stream)) and not chunk.strip():
                chunks.append(chunk)
            head = b"".join(chunks) + chunk
        if head.startswith(_UTF16_MARKS):
            raise InputError(
                f"{name} is in UTF-16, UTF-8 was expected; convert it: iconv -f UTF-16 -t UTF-8 {path}"
            )
        head = head.removeprefix(_UTF8_MARK)
        yield Source(name, _file_format(path, input_format, head), with_head(head, stream))


def _file_format(path: str, input_format: InputFormat, head: bytes) -> FileFormat:
    if input_format != "auto":
        return input_format
    # Nothing at all is no record, and not an article without words.
    return format_of_name(path) or ("jsonl" if head.lstrip()[:1] in (b"{", b"") else "text")


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
        return _checked(json.loads(line.decode("utf-8").rstrip(), parse_constant=_refuse_constant))
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
