"""Documents as rows of CSV, TSV, Parquet and Arrow IPC.

Which foreign columns there are, and of what type, is known only when all documents have been
seen: until then the rows wait in a temporary file.
"""

from __future__ import annotations

import csv
import io
import math
import pickle
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from typing import Any, Self

from dedupe_news.io.delimited import DELIMITER
from dedupe_news.io.streams import FileFormat, Output
from dedupe_news.io.writing import json_line

BATCH_ROWS = 1024

_IN_MEMORY_BYTES = 1 << 24
_LARGEST_EXACT = 1 << 53
_SURROGATE = re.compile("[\ud800-\udfff]")

# The columns of a document, in order; those of the main job only, and on request only, are named.
COLUMNS = (
    "id", "title", "byline", "dateline", "standfirst", "paragraphs", "body", "text", "url", "source",
    "published", "language", "sources", "duplicates", "duplicate_of", "relation", "edits", "repeats",
    "original",
)  # fmt: skip
ONLY_SOMETIMES = frozenset({"sources", "duplicates", "duplicate_of", "relation", "original"})


def arrow_types() -> dict[str, Any]:
    """Return the Arrow type of each of our columns: fixed, whatever the documents hold."""
    import pyarrow as pa

    text, count, number = pa.string(), pa.int64(), pa.float64()
    relation = pa.struct(
        {
            "left": text,
            "right": text,
            "kind": text,
            "jaccard": number,
            "containment": number,
            "evidence": pa.list_(text),
        }
    )
    edit = pa.struct({"rule": text, "start": count, "end": count, "before": text, "after": text})
    span = pa.list_(count)
    repeat = pa.struct({"kept": span, "removed": span, "similarity": number, "seam": count})
    nested = {
        "paragraphs": pa.list_(text),
        "sources": pa.list_(text),
        "duplicates": pa.list_(pa.struct({"id": text, "relation": relation})),
        "relation": relation,
        "edits": pa.list_(edit),
        "repeats": pa.list_(repeat),
    }
    return {name: nested.get(name, text) for name in COLUMNS}


class TableWriter:
    """Keeps the rows of documents, and writes them as one table in the end.

    Parameters
    ----------
    output : Output
    form : {"csv", "tsv", "parquet", "arrow"}
    declared : mapping
        Arrow types of foreign columns, as inputs told them.
    folder : Path or None
        Where rows wait that are more than a few; None for the system's place.
    """

    def __init__(
        self, output: Output, form: FileFormat, declared: Mapping[str, Any], folder: Path | None
    ) -> None:
        self._output = output
        self._form = form
        self._folder = folder
        self._batch: list[dict[str, Any]] = []
        self._num_batches = 0
        self._columns = dict.fromkeys(name for name in COLUMNS if name not in ONLY_SOMETIMES)
        self._foreign = _ForeignColumns(declared)
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        self._waiting = self._closing.enter_context(
            tempfile.SpooledTemporaryFile(
                max_size=_IN_MEMORY_BYTES, dir=str(self._folder) if self._folder else None
            )
        )
        return self

    def __exit__(self, *error: object) -> None:
        self._closing.close()

    def write(self, row: dict[str, Any]) -> None:
        """Keep a row: a document as a dict, see `writing.document_record`."""
        self._columns.update(dict.fromkeys(row))
        self._batch.append(row)
        if len(self._batch) == BATCH_ROWS:
            self._put_aside()

    def _put_aside(self) -> None:
        if self._form in ("parquet", "arrow"):
            self._foreign.see(self._batch)
        pickle.dump(self._batch, self._waiting, pickle.HIGHEST_PROTOCOL)
        self._batch = []
        self._num_batches += 1

    def _batches(self) -> Iterator[list[dict[str, Any]]]:
        self._waiting.seek(0)
        for _ in range(self._num_batches):
            yield pickle.load(self._waiting)

    def finish(self) -> None:
        """Write the table."""
        if self._batch:
            self._put_aside()
        ours = [name for name in COLUMNS if name in self._columns]
        columns = ours + [name for name in self._columns if name not in COLUMNS]
        if self._form in DELIMITER:
            self._write_delimited(columns)
        else:
            self._write_columnar(columns)

    def _write_delimited(self, columns: list[str]) -> None:
        # Lines end as RFC 4180 says, which also makes the writer quote a lone carriage return.
        page = io.StringIO(newline="")
        writer = csv.writer(page, delimiter=DELIMITER[self._form], lineterminator="\r\n")
        writer.writerow([column_name(name) for name in columns])
        for batch in self._batches():
            writer.writerows([cell_text(row.get(name)) for name in columns] for row in batch)
            self._output.write(page.getvalue().encode("utf-8"))
            page.seek(0)
            page.truncate()
        self._output.write(page.getvalue().encode("utf-8"))

    def _write_columnar(self, columns: list[str]) -> None:
        import pyarrow as pa
        import pyarrow.parquet

        from dedupe_news.io.columns import JSON_TEXT

        ours = arrow_types()
        fields = []
        for name in columns:
            if name in ours:
                fields.append(pa.field(name, ours[name]))
            else:
                of = self._foreign.type_of(name)
                is_json = of is None
                fields.append(
                    pa.field(
                        column_name(name),
                        pa.string() if is_json else of,
                        metadata=JSON_TEXT if is_json else None,
                    )
                )
        schema = pa.schema(fields)
        sink = _Sink(self._output)
        if self._form == "parquet":
            writer = pyarrow.parquet.ParquetWriter(sink, schema, compression="zstd")
        else:
            writer = pa.ipc.new_file(sink, schema)
        with writer:
            for batch in self._batches():
                arrays = []
                for name, field in zip(columns, fields, strict=True):
                    values = [row.get(name) for row in batch]
                    if name not in ours and self._foreign.type_of(name) is None:
                        values = [None if value is None else json_text(value) for value in values]
                    arrays.append(as_array([_without_surrogates(value) for value in values], field.type))
                writer.write_batch(pa.record_batch(arrays, schema=schema))


class _ForeignColumns:
    """The type of each column that is not ours, as far as its values have been seen."""

    def __init__(self, declared: Mapping[str, Any]) -> None:
        self._declared = declared
        self._kinds: dict[str, set[str]] = {}
        self._not_as_declared: set[str] = set()

    def see(self, rows: list[dict[str, Any]]) -> None:
        names = dict.fromkeys(name for row in rows for name in row if name not in COLUMNS)
        for name in names:
            values = [row[name] for row in rows if row.get(name) is not None]
            kinds = self._kinds.setdefault(name, set())
            kinds.update(map(kind_of, values))
            of = self._declared.get(name)
            if values and (of is None or not fits(values, of)):
                self._not_as_declared.add(name)

    def type_of(self, name: str) -> Any:
        """Return the Arrow type of a column, or None if its values have no type in common."""
        of = self._declared.get(name)
        return of if of is not None and name not in self._not_as_declared else common_type(self._kinds[name])


def kind_of(value: Any) -> str:
    """Return what a value is, as far as types of columns go.

    >>> kind_of(3), kind_of([1, None]), kind_of({"a": 1})
    ('int', 'list:int', 'json')
    """
    if value is None:
        return "null"
    if isinstance(value, int) and not isinstance(value, bool):
        return "int" if abs(value) <= _LARGEST_EXACT else "long" if -(1 << 63) <= value < 1 << 63 else "json"
    if isinstance(value, datetime):
        return "datetime" if value.tzinfo is None else "json"
    if isinstance(value, list):
        kinds = {kind_of(item) for item in value} - {"null"} or {"null"}
        [kind] = kinds if len(kinds) == 1 else {"json"}
        return "json" if kind == "json" or kind.startswith("list:") else f"list:{kind}"
    return {bool: "bool", float: "float", str: "str", bytes: "bytes", date: "date"}.get(type(value), "json")


def common_type(kinds: set[str]) -> Any:
    """Return the Arrow type that holds values of all these kinds exactly, or None."""
    import pyarrow as pa

    if kinds and all(kind.startswith("list:") for kind in kinds):
        inner = common_type({kind.removeprefix("list:") for kind in kinds})
        return None if inner is None else pa.list_(inner)
    found = kinds - {"null"}
    if found == {"int", "long"}:
        return pa.int64()
    if found == {"int", "float"}:
        return pa.float64()
    if len(found) > 1:
        return None
    types = {
        "bool": pa.bool_(),
        "int": pa.int64(),
        "long": pa.int64(),
        "float": pa.float64(),
        "str": pa.string(),
        "bytes": pa.binary(),
        "date": pa.date32(),
        "datetime": pa.timestamp("us"),
    }
    return types.get(found.pop()) if found else pa.string()


def fits(values: list[Any], of: Any) -> bool:
    """Whether `values` come back as they are from a column of this type."""
    import pyarrow as pa

    try:
        array = as_array([_without_surrogates(value) for value in values], of)
        if _is_nanoseconds(of):
            return True
        return all(map(_same, array.to_pylist(), values))
    except (pa.ArrowException, ValueError, TypeError, OverflowError, ArithmeticError, AttributeError):
        return False


def as_array(values: list[Any], of: Any) -> Any:
    """Return values as an Arrow array; a moment of nanoseconds may be text."""
    import pyarrow as pa

    if _is_nanoseconds(of) and any(isinstance(value, str) for value in values):
        texts = [value.isoformat() if isinstance(value, datetime) else value for value in values]
        return pa.array(texts, pa.string()).cast(of)
    return pa.array(values, of)


def _is_nanoseconds(of: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_timestamp(of) and of.unit == "ns")


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, float) and isinstance(right, float) and math.isnan(left):
        return math.isnan(right)
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    return bool(left == _without_surrogates(right))


def cell_text(value: Any) -> str:
    """Return a value as CSV holds it: text as it is, nothing for None, JSON for all else.

    >>> cell_text("a, b"), cell_text(None), cell_text(True), cell_text(["a"])
    ('a, b', '', 'true', '["a"]')
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return _utf8(value).replace("\0", "\ufffd")
    text = json_text(value)
    # Dates, bytes and the like are texts in JSON, and need no quotes of JSON here.
    return text[1:-1] if text.startswith('"') else text


def json_text(value: Any) -> str:
    """Return any value as a text of JSON."""
    line = json_line({"": value}).decode("utf-8")
    return line[len('{"":') : -len("}\n")]


def column_name(name: str) -> str:
    """Return a name that UTF-8 can hold, and that stays different from all others."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")


def _utf8(text: str) -> str:
    """Return `text` with a mark for each half of a character: spans count it as one, too."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return _utf8(value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {key: _without_surrogates(item) for key, item in value.items()}
    return value


class _Sink(io.RawIOBase):
    """An `Output` as Arrow wants to see it: a stream that knows how far it is."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._num_bytes = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        block = bytes(data)
        self._output.write(block)
        self._num_bytes += len(block)
        return len(block)

    def tell(self) -> int:
        return self._num_bytes
