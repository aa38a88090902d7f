"""Rows of Parquet and Arrow IPC as dicts of plain Python values, a batch at a time."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

from dedupe_news.article import Reject
from dedupe_news.errors import InputError
from dedupe_news.io.streams import STANDARD_STREAM, with_head

BATCH_ROWS = 512

PARQUET_MAGIC = b"PAR1"
ARROW_MAGIC = b"ARROW1"

# Says of a column of text that each of its values is JSON; see `io.tables`.
JSON_TEXT = {b"content-type": b"application/json"}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ColumnarRows:
    """The schema and the rows of an open Parquet or Arrow file.

    Parameters
    ----------
    name : str
        What messages call it.
    path : str
        Read directly, if what it holds is not compressed as a whole; Parquet begins at its end.
    stream : IO[bytes]
        The same, decompressed. Of Parquet and Arrow files it is read whole into memory, unless
        `path` can be used; Arrow streams are read as they come.
    file_format : {"parquet", "arrow"}

    Raises
    ------
    InputError
        If it is not what it should be, or has two columns of one name.
    """

    def __init__(self, name: str, path: str, stream: IO[bytes], file_format: str) -> None:
        self.name = name
        self._format = "Parquet" if file_format == "parquet" else "Arrow IPC"
        self._file: IO[bytes] | None = None
        with self._damage():
            if file_format == "parquet":
                self._open_parquet(path, stream)
            else:
                self._open_arrow(path, stream)
            self.columns: list[str] = list(self.schema.names)
        for column in self.columns:
            if self.columns.count(column) > 1:
                self.close()
                raise InputError(f"{name} has more than one column {column!r}; rename one of them")

    def _open_parquet(self, path: str, stream: IO[bytes]) -> None:
        import pyarrow.parquet

        reader = pyarrow.parquet.ParquetFile(self._seekable(path, stream, PARQUET_MAGIC), pre_buffer=False)
        self.schema = reader.schema_arrow
        self._batches = reader.iter_batches(batch_size=BATCH_ROWS)

    def _open_arrow(self, path: str, stream: IO[bytes]) -> None:
        import pyarrow.ipc

        head = stream.read(len(ARROW_MAGIC))
        if head != ARROW_MAGIC:
            stream_reader = pyarrow.ipc.open_stream(with_head(head, stream))
            self.schema = stream_reader.schema
            self._batches = iter(stream_reader)
            return
        reader = pyarrow.ipc.open_file(self._seekable(path, with_head(head, stream), ARROW_MAGIC))
        self.schema = reader.schema
        self._batches = (reader.get_batch(index) for index in range(reader.num_record_batches))

    def _seekable(self, path: str, stream: IO[bytes], magic: bytes) -> IO[bytes]:
        if path != STANDARD_STREAM and Path(path).is_file():
            file = Path(path).open("rb")  # noqa: SIM115 - open as long as rows are read
            if file.read(len(magic)) == magic:
                file.seek(0)
                self._file = file
                return file
            file.close()
        return io.BytesIO(stream.read())

    def tell_types(self, types: dict[str, Any], without: Collection[str]) -> None:
        """Add to `types` those of the columns that travel through, None where another input differs."""
        for field in self.schema:
            if field.name not in without:
                wanted = None if _is_json_text(field) else _value_type(field.type)
                types[field.name] = wanted if types.get(field.name, wanted) == wanted else None

    def close(self) -> None:
        """Close the file, if one was opened."""
        if self._file is not None:
            self._file.close()

    @contextmanager
    def _damage(self) -> Iterator[None]:
        import pyarrow

        try:
            yield
        except MemoryError as error:
            self.close()
            raise InputError(
                f"{self.name} is damaged, or asks for more memory than there is; "
                f"copy it again, or write it in smaller batches of rows"
            ) from error
        except (EOFError, pyarrow.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # the disk, not what is on it
            self.close()
            words = str(error).splitlines()[0].rstrip(". ") if str(error) else "it ends too early"
            raise InputError(
                f"{self.name} is cut short or damaged, or no {self._format}: {words}; "
                f"copy it again, or say what it holds: --input-format"
            ) from error

    def rows(self) -> Iterator[tuple[int, dict[str, Any] | Reject]]:
        """Yield each row's number, from 1 on, and its values by column, or a `Reject`.

        Times of nanoseconds that Python's microseconds cannot hold come as ISO 8601 text.

        Raises
        ------
        InputError
            If the file turns out to be damaged.
        """
        number = 1
        while True:
            with self._damage():
                batch = next(self._batches, None)
                if batch is None:
                    break
                # Damaged offsets would otherwise be followed to wherever they lead.
                batch.validate(full=self._format != "Parquet")
            columns = [self._values(batch.column(index), index) for index in range(len(self.columns))]
            for position in range(batch.num_rows):
                yield number, self._row([values[position] for values in columns], number)
                number += 1
        self.close()

    def _row(self, values: list[Any], number: int) -> dict[str, Any] | Reject:
        row = dict(zip(self.columns, values, strict=True))
        for column, value in row.items():
            if isinstance(value, _Unreadable):
                held = {name: None if isinstance(item, _Unreadable) else item for name, item in row.items()}
                return Reject(f"{self.name}:{number}", f"{column!r} cannot be read: {value.reason}", held)
        return row

    def _values(self, column: Any, index: int) -> list[Any]:
        field = self.schema.field(index)
        plain = _in_python_units(column)
        try:
            values = plain.to_pylist()
        except (ValueError, OverflowError, ArithmeticError):
            values = [_value(plain, position) for position in range(len(plain))]
        if _is_json_text(field):
            return [_parsed(value) for value in values]
        return list(values)


def _is_json_text(field: Any) -> bool:
    return bool((field.metadata or {}).items() >= JSON_TEXT.items())


def _value_type(of: Any) -> Any:
    """Return the type of a column's values; one file of Arrow has room for one dictionary only."""
    import pyarrow

    return _value_type(of.value_type) if pyarrow.types.is_dictionary(of) else of


class _Unreadable:
    """Stands for a value that Python cannot hold, with the reason."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


def _value(column: Any, position: int) -> Any:
    try:
        return column[position].as_py()
    except (ValueError, OverflowError, ArithmeticError) as error:
        return _Unreadable(str(error))


def _parsed(value: Any) -> Any:
    """Return what a text of JSON says; what is none is left as it is."""
    import json

    try:
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return value


def _in_python_units(column: Any) -> Any:
    """Return a column whose nanoseconds are microseconds where that loses nothing, and text elsewhere."""
    import pyarrow

    types = pyarrow.types
    wanted = _python_type(column.type)
    if wanted == column.type:
        return column
    try:
        return column.cast(wanted)
    except pyarrow.ArrowException:
        if types.is_timestamp(column.type):
            zone = column.type.tz is not None
            counts = column.cast(pyarrow.int64()).to_pylist()
            return pyarrow.array([_nanosecond_text(count, zone) for count in counts], pyarrow.string())
        if types.is_duration(column.type):
            return column.cast(pyarrow.int64())
        if types.is_time(column.type):
            return column.cast(pyarrow.string())
        return column


def _nanosecond_text(count: int | None, zone: bool) -> str | None:
    """Return nanoseconds since 1970 as ISO 8601 text.

    >>> _nanosecond_text(1_700_000_000_123_456_789, True)
    '2023-11-14T22:13:20.123456789+00:00'
    """
    if count is None:
        return None
    seconds, nanoseconds = divmod(count, 1_000_000_000)
    moment = _EPOCH + timedelta(seconds=seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{nanoseconds:09d}{'+00:00' if zone else ''}"


def _python_type(of: Any) -> Any:
    """Return an Arrow type with microseconds for its nanoseconds, and values for its dictionaries."""
    import pyarrow

    types = pyarrow.types
    if types.is_timestamp(of) and of.unit == "ns":
        return pyarrow.timestamp("us", of.tz)
    if types.is_time64(of) and of.unit == "ns":
        return pyarrow.time64("us")
    if types.is_duration(of) and of.unit == "ns":
        return pyarrow.duration("us")
    if types.is_dictionary(of):
        return _python_type(of.value_type)
    if types.is_list(of):
        return pyarrow.list_(of.value_field.with_type(_python_type(of.value_type)))
    if types.is_struct(of):
        return pyarrow.struct([field.with_type(_python_type(field.type)) for field in of])
    return of


def is_text(of: Any) -> bool:
    """Whether an Arrow type is text, also if it is kept as a dictionary."""
    import pyarrow

    types = pyarrow.types
    if types.is_dictionary(of):
        return is_text(of.value_type)
    return bool(
        types.is_string(of) or types.is_large_string(of) or of == getattr(pyarrow, "string_view", str)()
    )


def is_usable(ours: str, of: Any) -> bool:
    """Whether a column of this type may stand in our field."""
    import pyarrow

    types = pyarrow.types
    if is_text(of) or types.is_null(of):
        return True
    if ours == "id":
        return bool(types.is_integer(of))
    return ours == "published" and bool(types.is_timestamp(of) or types.is_date(of))
