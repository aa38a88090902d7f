"""Rows of Parquet and Arrow IPC as dicts of plain Python values, a batch at a time."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
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
        self._stream: _Watched | None = None
        self.may_be_cut = False
        """Whether it was a stream that ended without the mark of its end, which it may leave out."""
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
            self._stream = _Watched(with_head(head, stream))
            stream_reader = pyarrow.ipc.open_stream(self._stream)
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
        """Add to `types` the fields of the columns that travel through, None where another input differs."""
        for field in self.schema:
            if field.name not in without:
                wanted = None if is_json_text(field) else _lasting(field)
                types[field.name] = _both(types.get(field.name, wanted), wanted)

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
        self._check_end()
        self.close()

    def _check_end(self) -> None:
        if self._stream is None:
            return
        self.may_be_cut = self._stream.is_at_end
        if not self.may_be_cut and self._stream.read(1):
            raise InputError(
                f"{self.name} goes on after the end of its Arrow stream; "
                f"perhaps several were put one after the other: give each a file of its own"
            )

    def _row(self, values: list[Any], number: int) -> dict[str, Any] | Reject:
        row = dict(zip(self.columns, values, strict=True))
        for column, value in row.items():
            if isinstance(value, _Unreadable):
                held = {name: None if isinstance(item, _Unreadable) else item for name, item in row.items()}
                return Reject(f"{self.name}:{number}", f"{column!r} cannot be read: {value.reason}", held)
        return row

    def _values(self, column: Any, index: int) -> list[Any]:
        field = self.schema.field(index)
        try:
            values = python_values(column)
        except (ValueError, OverflowError, ArithmeticError):
            values = [_value(column, position) for position in range(len(column))]
        if is_json_text(field):
            return [_parsed(value) for value in values]
        return values


class _Watched(io.RawIOBase):
    """A stream that knows whether its reader met its end; one that knows where to stop does not."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.is_at_end = False

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        data = self._stream.read(-1 if size is None else size)
        self.is_at_end = self.is_at_end or size is None or size < 0 or len(data) < size
        return data


def is_json_text(field: Any) -> bool:
    """Whether a column's values are texts of JSON, as we write them."""
    return bool((field.metadata or {}).items() >= JSON_TEXT.items())


def _lasting(field: Any) -> Any:
    """Return a field as it is to come out again; what Parquet numbered is not numbered so again."""
    import pyarrow

    notes = {key: note for key, note in (field.metadata or {}).items() if key != b"PARQUET:field_id"}
    return pyarrow.field(field.name, _value_type(field.type), metadata=notes or None)


def _both(left: Any, right: Any) -> Any:
    """Return the field of two inputs: without its notes if these differ, None if the types do."""
    if left is None or right is None or left.type != right.type:
        return None
    return left if left.equals(right, check_metadata=True) else left.remove_metadata()


def _value_type(of: Any) -> Any:
    """Return the type of a column's values; one file of Arrow has room for one dictionary only."""
    import pyarrow

    types = pyarrow.types
    if types.is_dictionary(of):
        return _value_type(of.value_type)
    if not holds(of, types.is_dictionary) or isinstance(of, pyarrow.BaseExtensionType):
        return of
    if types.is_map(of):
        return pyarrow.map_(_value_type(of.key_type), _value_type(of.item_type), of.keys_sorted)
    if types.is_struct(of):
        return pyarrow.struct([field.with_type(_value_type(field.type)) for field in of])
    if types.is_fixed_size_list(of):
        return pyarrow.list_(of.value_field.with_type(_value_type(of.value_type)), of.list_size)
    if types.is_large_list(of):
        return pyarrow.large_list(of.value_field.with_type(_value_type(of.value_type)))
    if types.is_list(of):
        return pyarrow.list_(of.value_field.with_type(_value_type(of.value_type)))
    return of


class _Unreadable:
    """Stands for a value that Python cannot hold, with the reason."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


def _value(column: Any, position: int) -> Any:
    try:
        return python_values(column.slice(position, 1))[0]
    except (ValueError, OverflowError, ArithmeticError) as error:
        return _Unreadable(str(error))


def _parsed(value: Any) -> Any:
    """Return what a text of JSON says; what is none is left as it is."""
    import json

    try:
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return value


def python_values(array: Any) -> list[Any]:
    """Return the values of an Arrow array as plain Python ones; none of them loses anything.

    Moments and times of day whose nanoseconds Python's microseconds cannot hold come as ISO 8601
    text, durations as a number of nanoseconds, intervals as a tuple of months, days and nanoseconds.

    Raises
    ------
    ValueError, OverflowError, ArithmeticError
        If Python cannot hold a value: a year 10000, text that is not UTF-8.
    """
    import pyarrow

    of = array.type
    if not holds(of, _is_not_plain):
        return list(array.to_pylist())
    if is_nanoseconds(of):  # nearly always they are microseconds, and quickly read
        try:
            return list(array.cast(_in_microseconds(of)).to_pylist())
        except pyarrow.ArrowInvalid:
            pass
    return list(map(_python_value, array))


def _in_microseconds(of: Any) -> Any:
    import pyarrow

    if pyarrow.types.is_timestamp(of):
        return pyarrow.timestamp("us", of.tz)
    return pyarrow.time64("us") if pyarrow.types.is_time64(of) else pyarrow.duration("us")


def holds(of: Any, wanted: Callable[[Any], bool]) -> bool:
    """Whether `wanted` is true of an Arrow type, or of one inside it."""
    return wanted(of) or any(holds(inner, wanted) for inner in _inner_types(of))


def _inner_types(of: Any) -> list[Any]:
    import pyarrow

    types = pyarrow.types
    if isinstance(of, pyarrow.BaseExtensionType):
        return [of.storage_type]
    if types.is_map(of):
        return [of.key_type, of.item_type]
    if types.is_dictionary(of) or is_list(of) or _is_run_ends(of):
        return [of.value_type]
    if types.is_struct(of) or types.is_union(of):
        return [of.field(index).type for index in range(of.num_fields)]
    return []


def is_list(of: Any) -> bool:
    """Whether an Arrow type is a list of any kind, but not a map."""
    import pyarrow

    types = pyarrow.types
    kinds = ("is_list", "is_large_list", "is_fixed_size_list", "is_list_view", "is_large_list_view")
    return any(getattr(types, kind)(of) for kind in kinds if hasattr(types, kind))


def is_nanoseconds(of: Any) -> bool:
    """Whether an Arrow type counts nanoseconds."""
    import pyarrow

    types = pyarrow.types
    return bool((types.is_timestamp(of) or types.is_time64(of) or types.is_duration(of)) and of.unit == "ns")


def _is_not_plain(of: Any) -> bool:
    import pyarrow

    return is_nanoseconds(of) or of == pyarrow.month_day_nano_interval()


def _is_run_ends(of: Any) -> bool:
    import pyarrow

    return bool(pyarrow.types.is_run_end_encoded(of))


def _python_value(scalar: Any) -> Any:
    """Return one value of Arrow as a plain one of Python, as `python_values` says."""
    import pyarrow

    of, types = scalar.type, pyarrow.types
    if types.is_union(of) or types.is_dictionary(of) or isinstance(of, pyarrow.BaseExtensionType):
        return _python_value(scalar.value) if scalar.is_valid else None
    if _is_run_ends(of):
        scalar = scalar.value if hasattr(scalar, "value") else scalar
        return _python_value(scalar) if scalar is not None else None
    if not scalar.is_valid:
        return None
    if types.is_map(of):
        return [(_python_value(pair[0]), _python_value(pair[1])) for pair in scalar.values]
    if is_list(of):
        return list(map(_python_value, scalar.values))
    if types.is_struct(of):
        return {of.field(index).name: _python_value(scalar[index]) for index in range(of.num_fields)}
    if is_nanoseconds(of):
        return _moment(scalar)
    value = scalar.as_py()
    return tuple(value) if isinstance(value, pyarrow.MonthDayNano) else value


def _moment(scalar: Any) -> Any:
    """Return a moment, a time or a duration of nanoseconds, exactly."""
    import pyarrow

    of, types = scalar.type, pyarrow.types
    count = scalar.cast(pyarrow.int64()).as_py()
    microseconds, rest = divmod(count, 1000)
    if types.is_duration(of):
        return count if rest else timedelta(microseconds=microseconds)
    if types.is_time64(of):
        of_day = (_EPOCH + timedelta(microseconds=microseconds)).time()
        return f"{of_day:%H:%M:%S}.{count % 1_000_000_000:09d}" if rest else of_day
    if rest:
        return _nanosecond_text(count, of.tz is not None)
    return pyarrow.scalar(microseconds, pyarrow.timestamp("us", of.tz)).as_py()


def _nanosecond_text(count: int, zone: bool) -> str:
    """Return nanoseconds since 1970 as ISO 8601 text.

    >>> _nanosecond_text(1_700_000_000_123_456_789, True)
    '2023-11-14T22:13:20.123456789+00:00'
    """
    seconds, nanoseconds = divmod(count, 1_000_000_000)
    moment = _EPOCH + timedelta(seconds=seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{nanoseconds:09d}{'+00:00' if zone else ''}"


def arrow_array(values: list[Any], of: Any) -> Any:
    """Return plain Python values as an Arrow array: what `python_values` gave is taken back.

    Raises
    ------
    pyarrow.ArrowException, ValueError, TypeError, OverflowError, ArithmeticError, AttributeError
        If the type does not hold them.
    """
    import pyarrow

    if holds(of, is_nanoseconds):
        values = [_with_counts(value, of) for value in values]
    return pyarrow.array(values, of)


def _with_counts(value: Any, of: Any) -> Any:
    """Return a value with a number of nanoseconds for each time whose type counts them."""
    import pyarrow

    types = pyarrow.types
    if value is None:
        return None
    if types.is_map(of):
        return [(_with_counts(key, of.key_type), _with_counts(item, of.item_type)) for key, item in value]
    if types.is_dictionary(of) or _is_run_ends(of):
        return _with_counts(value, of.value_type)
    if is_list(of):
        return [_with_counts(item, of.value_type) for item in value]
    if types.is_struct(of):
        kinds = {of.field(index).name: of.field(index).type for index in range(of.num_fields)}
        return {name: _with_counts(item, kinds[name]) for name, item in value.items()}
    return _nanosecond_count(value) if is_nanoseconds(of) else value


def _nanosecond_count(value: Any) -> Any:
    """Return the nanoseconds of a moment since 1970, of a time since midnight, of a duration.

    >>> _nanosecond_count("2023-11-14T22:13:20.123456789+00:00")
    1700000000123456789
    >>> _nanosecond_count(timedelta(seconds=1)), _nanosecond_count("00:00:01.000000001"), _nanosecond_count(5)
    (1000000000, 1000000001, 5)
    """
    rest = 0
    if isinstance(value, str):
        whole, _, fraction = value.removesuffix("+00:00").rpartition(".")
        if len(fraction) != len("123456789"):
            raise ValueError(f"not a time of nanoseconds: {value!r}")
        rest = int(fraction)
        value = datetime.fromisoformat(whole) if "T" in whole else time.fromisoformat(whole)
    if isinstance(value, time):
        value = datetime.combine(_EPOCH, value)
    if isinstance(value, datetime):
        value = (value if value.tzinfo else value.replace(tzinfo=UTC)) - _EPOCH
    return value // timedelta(microseconds=1) * 1000 + rest if isinstance(value, timedelta) else value


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
