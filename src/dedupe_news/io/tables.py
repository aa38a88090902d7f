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
from contextlib import ExitStack, contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any, Self

from dedupe_news.errors import OutputError
from dedupe_news.io.delimited import DELIMITER
from dedupe_news.io.fields import Tell, say_nothing
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
        Arrow fields of foreign columns, as inputs told them.
    folder : Path or None
        Where rows wait that are more than a few; None for the system's place.
    tell : callable
        Is told of each type that the output cannot keep.
    """

    def __init__(
        self,
        output: Output,
        form: FileFormat,
        declared: Mapping[str, Any],
        folder: Path | None,
        *,
        tell: Tell = say_nothing,
    ) -> None:
        self._output = output
        self._form = form
        self._folder = folder
        self._batch: list[dict[str, Any]] = []
        self._num_batches = 0
        self._columns = dict.fromkeys(name for name in COLUMNS if name not in ONLY_SOMETIMES)
        self._foreign = _ForeignColumns(declared, form)
        self._tell = tell
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        self._waiting = self._closing.enter_context(
            tempfile.SpooledTemporaryFile(
                max_size=_IN_MEMORY_BYTES, dir=str(self._folder) if self._folder else None
            )
        )
        return self

    def __exit__(self, *error: object) -> None:
        with suppress(OSError):  # what did not fit is not wanted any more, and was told
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
        with _waiting_errors(self._folder):
            pickle.dump(self._batch, self._waiting, pickle.HIGHEST_PROTOCOL)
        self._batch = []
        self._num_batches += 1

    def _batches(self) -> Iterator[list[dict[str, Any]]]:
        with _waiting_errors(self._folder):
            self._waiting.seek(0)
        for _ in range(self._num_batches):
            with _waiting_errors(self._folder):
                batch = pickle.load(self._waiting)
            yield batch

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

        from dedupe_news.io.columns import arrow_array, is_json_text

        ours = arrow_types()
        fields = [
            pa.field(name, ours[name]) if name in ours else self._foreign.field_of(name, self._tell)
            for name in columns
        ]
        json_columns = {name for name, field in zip(columns, fields, strict=True) if is_json_text(field)}
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
                    if name in json_columns:
                        values = [None if value is None else json_text(value) for value in values]
                    arrays.append(arrow_array([without_surrogates(value) for value in values], field.type))
                writer.write_batch(pa.record_batch(arrays, schema=schema))


@contextmanager
def _waiting_errors(folder: Path | None) -> Iterator[None]:
    """Turn what can go wrong with the temporary file into one OutputError that says where it is."""
    try:
        yield
    except OSError as error:
        # Python chooses the folder at the first file, and complains then if there is none.
        named = folder or tempfile.tempdir
        where = f"in {named}" if named else "nowhere"
        raise OutputError(
            f"the temporary file of a table ({where}) cannot be written: {error.strerror}; "
            f"make room there, or name another folder: {'--work FOLDER' if folder else 'TMPDIR=FOLDER'}"
        ) from error


class _ForeignColumns:
    """The type of each column that is not ours, as far as its values have been seen."""

    def __init__(self, declared: Mapping[str, Any], form: FileFormat) -> None:
        self._declared = declared
        self._form = form
        self._kinds: dict[str, set[str]] = {}
        self._not_as_declared: set[str] = set()

    def see(self, rows: list[dict[str, Any]]) -> None:
        names = dict.fromkeys(name for row in rows for name in row if name not in COLUMNS)
        for name in names:
            values = [row[name] for row in rows if row.get(name) is not None]
            kinds = self._kinds.setdefault(name, set())
            kinds.update(map(kind_of, values))
            declared = self._declared.get(name)
            if values and (declared is None or not fits(values, declared.type)):
                self._not_as_declared.add(name)

    def field_of(self, name: str, tell: Tell) -> Any:
        """Return the field of a column; `tell` is told of a type that cannot be kept.

        It is the one that was declared, or the type that all values share, or text of JSON.
        """
        import pyarrow as pa

        from dedupe_news.io.columns import JSON_TEXT

        declared = self._declared.get(name)
        if declared is not None and name not in self._not_as_declared:
            held = held_type(declared.type, self._form)
            if held is not None:
                if held != declared.type:
                    tell(f"column {name!r}: {self._form} keeps {declared.type} as {held}")
                return declared.with_name(column_name(name))
        of = common_type(self._kinds[name])
        field = pa.field(column_name(name), pa.string() if of is None else of)
        if declared is not None and declared.type != field.type:
            instead = "JSON" if of is None else of
            tell(f"column {name!r}: its values come out as {instead}, {declared.type} does not hold them")
        return field if of is not None else field.with_metadata(JSON_TEXT)


def held_type(of: Any, form: FileFormat) -> Any:
    """Return the type that a column of this type has in a file of this format; None if none holds it."""
    import pyarrow as pa
    import pyarrow.parquet

    if form != "parquet":
        return of
    file = io.BytesIO()
    try:
        pyarrow.parquet.write_table(pa.table({"": pa.array([], of)}), file)
    except (pa.ArrowException, OSError):
        return None
    return pyarrow.parquet.read_schema(file).field(0).type


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

    from dedupe_news.io.columns import arrow_array, python_values

    try:
        array = arrow_array([without_surrogates(value) for value in values], of)
        return all(map(_same, python_values(array), values))
    except (pa.ArrowException, ValueError, TypeError, OverflowError, ArithmeticError, AttributeError):
        return False


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, float) and isinstance(right, float) and math.isnan(left):
        return math.isnan(right)
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    return bool(left == without_surrogates(right))


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


def without_surrogates(value: Any) -> Any:
    """Return a value with a mark for each half of a character in its texts: Arrow holds none."""
    if isinstance(value, str):
        return _utf8(value)
    if isinstance(value, list):
        return [without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {key: without_surrogates(item) for key, item in value.items()}
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
