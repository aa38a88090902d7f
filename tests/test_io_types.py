"""Every type that Arrow knows, as a column that travels through: kept, or said.

Checked: each of 85 columns from Arrow to Arrow and to Parquet, and with ``-m slow`` from Parquet to both,
if Parquet can hold it. What an older pyarrow cannot build is left out there.
"""

import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from documents import write_document
from test_io_formats import read

from dedupe_news.article import CleanArticle, Reject
from dedupe_news.io.columns import arrow_array, python_values
from dedupe_news.io.documents import Packing, writing_documents
from dedupe_news.io.streams import open_output
from dedupe_news.io.writing import json_line

NANOSECONDS = 1_700_000_000_123_456_789
FINE = pa.array([NANOSECONDS, NANOSECONDS + 211, None], pa.int64())
MOMENTS = FINE.cast(pa.timestamp("ns"))
LENGTHS = pa.array([0, 2, 3, 3], pa.int32())


def of_type(of, *values):
    return pa.array([*values, None], of)


def union(new, *more):
    return new(pa.array([0, 1], pa.int8()), *more, [pa.array([1, 2]), pa.array(["a", "b"])])


def extension(new, *arguments, storage):
    return pa.ExtensionArray.from_storage(getattr(pa, new)(*arguments), storage)


# Of each type some values; built late, because an older pyarrow does not know them all.
VALUES = {
    "null": lambda: pa.nulls(2),
    "bool": lambda: of_type(pa.bool_(), True),
    **{
        name: (lambda name=name: of_type(getattr(pa, name)(), 1))
        for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
    },
    "uint64 at its end": lambda: of_type(pa.uint64(), 2**64 - 1),
    "float16": lambda: of_type(pa.float32(), 1.5).cast(pa.float16()),
    "float32": lambda: of_type(pa.float32(), 1.5, float("inf")),
    "float64": lambda: of_type(pa.float64(), 0.1),
    **{
        name: (lambda name=name: of_type(getattr(pa, name)(), "ü", ""))
        for name in ("string", "large_string", "string_view")
    },
    **{
        name: (lambda name=name: of_type(getattr(pa, name)(), b"\0\xff"))
        for name in ("binary", "large_binary", "binary_view")
    },
    "binary of two": lambda: of_type(pa.binary(2), b"ab"),
    **{
        name: (lambda name=name: of_type(getattr(pa, name)(7, 2), Decimal("1.50")))
        for name in ("decimal32", "decimal64", "decimal128", "decimal256")
    },
    "decimal of tens": lambda: of_type(pa.decimal128(7, -1), Decimal("150")),
    "decimal of sixty digits": lambda: of_type(pa.decimal256(70, 2), Decimal("1" * 60)),
    "date32": lambda: of_type(pa.date32(), date(2024, 5, 3)),
    "date64": lambda: of_type(pa.date64(), date(2024, 5, 3)),
    **{
        f"timestamp {unit} {zone}": (
            lambda unit=unit, zone=zone, size=size: pa.array([NANOSECONDS // size, None]).cast(
                pa.timestamp(unit, zone)
            )
        )
        for unit, size in (("s", 10**9), ("ms", 10**6), ("us", 10**3), ("ns", 1))
        for zone in (None, "UTC", "Europe/Berlin", "+02:00")
    },
    **{
        f"duration {unit}": (lambda unit=unit: pa.array([123_456_789, 1000, None]).cast(pa.duration(unit)))
        for unit in ("s", "ms", "us", "ns")
    },
    "time32 s": lambda: of_type(pa.time32("s"), time(1, 2, 3)),
    "time32 ms": lambda: of_type(pa.time32("ms"), time(1, 2, 3, 4000)),
    "time64 us": lambda: of_type(pa.time64("us"), time(1, 2, 3, 4)),
    "time64 ns": lambda: pa.array([3_661_000_000_001, 1000, None]).cast(pa.time64("ns")),
    "interval": lambda: of_type(pa.month_day_nano_interval(), pa.MonthDayNano([1, 2, 3])),
    "list": lambda: of_type(pa.list_(pa.string()), ["a", None], []),
    "large list": lambda: of_type(pa.large_list(pa.string()), ["a", None]),
    "list of two": lambda: pa.array([[1, 2], [3, 4]], pa.list_(pa.int8(), 2)),
    "list view": lambda: of_type(pa.list_view(pa.int8()), [1, 2]),
    "large list view": lambda: of_type(pa.large_list_view(pa.int8()), [1, 2]),
    "list of lists": lambda: of_type(pa.list_(pa.list_(pa.int8())), [[1], None, []]),
    "list of nanoseconds": lambda: pa.ListArray.from_arrays(LENGTHS, MOMENTS),
    "large list of nanoseconds": lambda: pa.LargeListArray.from_arrays(
        LENGTHS.cast(pa.int64()), FINE.cast(pa.timestamp("ns", "UTC"))
    ),
    "list of durations": lambda: pa.ListArray.from_arrays(LENGTHS, FINE.cast(pa.duration("ns"))),
    "struct": lambda: of_type(
        pa.struct({"a": pa.int8(), "b": pa.struct({"c": pa.list_(pa.large_string())})}),
        {"a": 1, "b": {"c": ["x"]}},
    ),
    "struct of nanoseconds": lambda: pa.StructArray.from_arrays([MOMENTS, FINE], ["at", "n"]),
    "struct of nothing": lambda: of_type(pa.struct([]), {}),
    "map": lambda: of_type(pa.map_(pa.string(), pa.int64()), [("k", 1), ("k", 2)], []),
    "map of numbers": lambda: of_type(pa.map_(pa.int32(), pa.string()), [(1, "x")]),
    "map of nanoseconds": lambda: pa.MapArray.from_arrays(LENGTHS, ["k", "l", "m"], MOMENTS),
    "list of maps": lambda: of_type(pa.list_(pa.map_(pa.string(), pa.int64())), [[("k", 1)]]),
    "struct of maps": lambda: of_type(pa.struct({"m": pa.map_(pa.string(), pa.int64())}), {"m": [("k", 1)]}),
    "dictionary": lambda: of_type(pa.string(), "a").dictionary_encode(),
    "dictionary of numbers": lambda: of_type(pa.int64(), 5).dictionary_encode(),
    "dictionary of nanoseconds": lambda: MOMENTS.dictionary_encode(),
    "list of dictionaries": lambda: pa.ListArray.from_arrays(
        LENGTHS, pa.array(["a", None, "b"]).dictionary_encode()
    ),
    "struct of dictionaries": lambda: pa.StructArray.from_arrays(
        [pa.array(["a", "b"]).dictionary_encode()], ["d"]
    ),
    "sparse union": lambda: union(pa.UnionArray.from_sparse),
    "dense union": lambda: union(pa.UnionArray.from_dense, pa.array([0, 0], pa.int32())),
    "run ends": lambda: pa.RunEndEncodedArray.from_arrays([2, 3], pa.array(["a", None])),
    "run ends of nanoseconds": lambda: pa.RunEndEncodedArray.from_arrays([2, 4, 5], MOMENTS),
    "uuid": lambda: extension("uuid", storage=of_type(pa.binary(16), uuid.UUID(int=5).bytes)),
    "json": lambda: extension("json_", pa.string(), storage=of_type(pa.string(), '{"a":1}')),
    "bool8": lambda: extension("bool8", storage=of_type(pa.int8(), 1)),
    "opaque": lambda: extension("opaque", pa.binary(), "type", "vendor", storage=of_type(pa.binary(), b"x")),
    "tensor": lambda: extension(
        "fixed_shape_tensor", pa.int32(), [2], storage=pa.array([[1, 2], [3, 4]], pa.list_(pa.int32(), 2))
    ),
}


def written_table(path, table):
    if path.suffix == ".parquet":
        pq.write_table(table, path)
    else:
        with pa.ipc.new_file(str(path), table.schema) as writer:
            writer.write_table(table)


def table_in(path):
    return pq.read_table(path) if path.suffix == ".parquet" else pa.ipc.open_file(path).read_all()


def travel(path, out, column, field=None):
    """Return a column as it comes out, and what was said on the way, or None if it cannot come in."""
    field = field or pa.field("x", column.type)
    texts = pa.array([str(number) for number in range(len(column))])
    table = pa.table([texts, column], pa.schema([pa.field("text", pa.string()), field]))
    try:
        written_table(path, table)
        received = table_in(path)["x"]
    except (pa.ArrowException, OSError):
        return None
    said, types = [], {}
    records = [record for _, record in read(path, types=types)]
    assert not any(isinstance(record, Reject) for record in records), records
    with (
        open_output(str(out)) as output,
        writing_documents(
            output, Packing(out.suffix[1:], False), column_types=types, tell=said.append
        ) as writer,
    ):
        for record in records:
            assert json_line(record)
            extra = {"x": record["x"]}
            write_document(writer, CleanArticle(id=record["text"], text=record["text"], extra=extra))
    return received, table_in(out), said, [record["x"] for record in records]


@pytest.mark.parametrize(
    "ends",
    [
        "arrow arrow",
        "arrow parquet",
        pytest.param("parquet arrow", marks=pytest.mark.slow),
        pytest.param("parquet parquet", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("name", VALUES)
def test_a_column_of_any_type_is_kept_or_what_it_becomes_is_said(tmp_path, name, ends):
    try:
        column = VALUES[name]()
    except AttributeError as error:
        pytest.skip(f"pyarrow {pa.__version__}: {error}")
    source, target = (
        tmp_path / f"{end}.{form}" for end, form in zip(("in", "out"), ends.split(), strict=True)
    )
    trip = travel(source, target, column)
    if trip is None:
        return  # no such file can be
    received, table, said, values = trip
    again = table["x"]
    plain = received.type.value_type if pa.types.is_dictionary(received.type) else received.type
    if again.type == plain:
        assert again.combine_chunks().equals(received.combine_chunks().cast(plain))
        assert said == []
    elif "dictionar" not in name:  # values of a dictionary come out as they are
        [words] = said
        assert words.startswith("column 'x': ")
        assert str(received.type) in words
    # Read once more, the values are the same, whatever the column's type.
    repeated = [record["x"] for _, record in read(target)]
    assert json_line({"x": repeated}) == json_line({"x": values})


def test_times_of_nanoseconds_are_exact_and_as_python_has_them_where_it_can():
    def both(of, count):
        return python_values(pa.array([count * 1000, count * 1000 + 1, None], pa.int64()).cast(of))

    moment = datetime(2023, 11, 14, 22, 13, 20, 123456)
    count = NANOSECONDS // 1000
    assert both(pa.timestamp("ns"), count) == [moment, "2023-11-14T22:13:20.123456001", None]
    aware = both(pa.timestamp("ns", "UTC"), count)
    assert aware == [moment.replace(tzinfo=UTC), "2023-11-14T22:13:20.123456001+00:00", None]
    assert both(pa.duration("ns"), -5) == [timedelta(microseconds=-5), -4999, None]
    assert both(pa.time64("ns"), 1_000_001) == [time(0, 0, 1, 1), "00:00:01.000001001", None]
    early = pa.array([-1], pa.int64()).cast(pa.timestamp("ns"))
    assert python_values(early) == ["1969-12-31T23:59:59.999999999"]
    assert arrow_array(python_values(early), early.type).equals(early)


def test_a_type_of_others_keeps_its_name_and_notes(tmp_path):
    notes = {b"ARROW:extension:name": b"desk.section", b"ARROW:extension:metadata": b"v1", b"unit": b"words"}
    for source, target in (("a.parquet", "b.arrow"), ("a.arrow", "b.parquet")):
        field = pa.field("x", pa.string(), metadata=notes)
        _, table, said, _ = travel(tmp_path / source, tmp_path / target, pa.array(["sport"]), field)
        kept = table.schema.field("x").metadata
        assert {key: kept[key] for key in notes} == notes
        assert said == []


def test_dictionaries_that_change_from_batch_to_batch_can_be_written(tmp_path):
    words = [f"word {number}" for number in range(3000)]
    column = pa.StructArray.from_arrays([pa.array(words).dictionary_encode()], ["w"])
    _, table, _, values = travel(tmp_path / "a.arrow", tmp_path / "b.arrow", column)
    assert table["x"].to_pylist() == values == [{"w": word} for word in words]
