"""Input that is damaged, cut or something else: a clear word each time, and never silence."""

import bz2
import csv
import gzip
import lzma
import tempfile
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_io_formats import read

from dedupe_news.article import Reject
from dedupe_news.errors import InputError
from dedupe_news.io import delimited
from dedupe_news.io.writing import json_line, reject_record

TABLE = pa.table({"id": ["a", "b"] * 50, "text": ["A storm hit the coast.", "A book came back."] * 50})


def parquet_bytes(table=TABLE) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return sink.getvalue().to_pybytes()


def arrow_bytes(new=pa.ipc.new_file, table=TABLE) -> bytes:
    sink = pa.BufferOutputStream()
    with new(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


@pytest.fixture
def read_bytes(tmp_path):
    def read_as(name, data, **options):
        (tmp_path / name).write_bytes(data)
        return read(tmp_path / name, **options)

    return read_as


# --- rows -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"2", "1 field, 2 were expected: id, text; check its quotes"),
        (b"2,x,y", "3 fields, 2 were expected: id, text; check its quotes"),
        (b"2,caf\xe9", "not UTF-8: byte 0xe9 in 'text'; convert it first"),
        (b"2,\xe2\x82", "not UTF-8: byte 0xe2 in 'text'"),
        (b"2,a\0b", "a NUL byte in 'text', text was expected; take it out"),
        (b'2,"a"b', "not as CSV is quoted: ',' expected after '\"'"),
    ],
)
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_bad_row_is_a_reject_with_its_line_and_itself(tmp_path, read_bytes, row, reason, end):
    records = read_bytes("a.csv", end.join([b"id,text", b'1,"two', b'lines"', row, b"3,three", b""]))
    assert [place for place, _ in records] == [f"{tmp_path}/a.csv:{line}" for line in (2, 4, 5)]
    reject = records[1][1]
    assert isinstance(reject, Reject)
    assert reason in reject.reason
    assert reject.record.encode("utf-8", "surrogateescape") == row
    assert json_line(reject_record(reject))
    assert records[2][1] == {"id": "3", "text": "three"}


def test_a_row_of_columns_that_python_cannot_hold_is_a_reject(read_bytes):
    far = pa.array([0, 2**52], pa.int64()).cast(pa.timestamp("ms"))
    table = pa.table({"text": ["one", "two"], "seen": far})
    for name, data in (("a.parquet", parquet_bytes(table)), ("a.arrow", arrow_bytes(table=table))):
        (_, record), (place, reject) = read_bytes(name, data)
        assert record == {"text": "one", "seen": datetime(1970, 1, 1)}
        assert isinstance(reject, Reject)
        assert "'seen' cannot be read" in reject.reason
        assert reject.record == {"text": "two", "seen": None}
        assert place == reject.place
        assert place.endswith(":2")


def test_a_text_in_parquet_that_is_not_utf8_is_a_reject(read_bytes):
    wrong = pa.Array.from_buffers(pa.string(), 2, pa.array([b"caf\xe9", b"two"]).buffers())
    (_, reject), (_, record) = read_bytes("a.parquet", parquet_bytes(pa.table({"text": wrong})))
    assert "'text' cannot be read: 'utf-8' codec" in reject.reason
    assert record == {"text": "two"}


# --- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.csv", b"", r"a\.csv is empty, a first line with the names of the columns was expected"),
        ("a.tsv", b"\n \n"[:1], r"a\.tsv is empty"),
        ("a.csv", b"id,text,id\n1,x,y\n", r"more than one column 'id'; rename one"),
        ("a.csv", b"id,t\xe9xt\n1,x\n", r"is not UTF-8 in its first line"),
        ("a.csv", b"i\0d,text\n1,x\n", r"holds NUL bytes in its first line"),
        ("a.csv", b'id,text\n1,x\n2,"never\nclosed\n', r"a\.csv:3: a quote that is opened .* never closed"),
        ("a.csv", b'"id,text\n1,x\n', r"a\.csv:1: a quote that is opened .* never closed"),
        ("a.csv", b'"id"x,text\n1,x\n', r"a\.csv:1: the first line is not as CSV is quoted"),
        ("a.csv", "id,text\n1,x\n".encode("utf-16"), r"is in UTF-16.*iconv"),
        ("a.parquet", b"", r"a\.parquet is cut short or damaged, or no Parquet"),
        ("a.parquet", b"id,text\n1,x\n", r"a\.parquet is cut short or damaged, or no Parquet"),
        ("a.parquet", gzip.compress(b"PAR1 and so on"), r"no Parquet"),
        ("a.arrow", b"", r"a\.arrow is cut short or damaged, or no Arrow IPC"),
        ("a.arrow", b"id,text\n1,x\n", r"no Arrow IPC"),
        ("a.feather", b"FEA1" + bytes(40), r"no Arrow IPC"),
        ("a.csv.bz2", b"id,text\n", r"is not bzip2 data, though its name says so"),
        ("a.csv.xz", b"", r"is empty; copy it again"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_says_so(read_bytes, name, data, words):
    with pytest.raises(InputError, match=words):
        read_bytes(name, data)


def test_two_columns_of_one_name_are_refused_in_every_format(read_bytes):
    table = pa.table([pa.array(["x"]), pa.array(["y"])], names=["text", "text"])
    for name, data in (("a.parquet", parquet_bytes(table)), ("a.arrow", arrow_bytes(table=table))):
        with pytest.raises(InputError, match="more than one column 'text'"):
            read_bytes(name, data)


def test_a_long_field_is_read_and_an_endless_one_refused(read_bytes, monkeypatch):
    long = "x" * 200_000  # more than the csv module takes of its own accord
    assert read_bytes("a.csv", f"text\n{long}\n".encode())[0][1] == {"text": long}
    before = csv.field_size_limit(1000)
    try:
        monkeypatch.setattr(delimited, "MAX_FIELD_CHARS", 1000)
        with pytest.raises(InputError, match=r"a\.csv:3: a field in this row has more than 1000 characters"):
            read_bytes("a.csv", f'text\nshort\n"{long}\n'.encode())
    finally:
        csv.field_size_limit(before)


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_a_compressed_table_that_is_cut_is_an_error(read_bytes, compress):
    suffix = {gzip.compress: ".gz", bz2.compress: ".bz2", lzma.compress: ".xz"}[compress]
    for name, data in (("a.csv", b"id,text\n" + b"1,x\n" * 3000), ("a.parquet", parquet_bytes())):
        whole = compress(data)
        for cut in (0, 5, len(whole) // 2, len(whole) - 1):
            with pytest.raises(InputError, match=r"is cut short or damaged|is empty|is not"):
                read_bytes(name + suffix, whole[:cut])


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        ("a.parquet", parquet_bytes()),
        ("a.arrow", arrow_bytes()),
        ("a.arrows", arrow_bytes(pa.ipc.new_stream)),
    ],
)
def test_columns_cut_anywhere_are_an_error(read_bytes, name, whole):
    end = len(whole) - (8 if name == "a.arrows" else 0)  # the mark of the end may be left out of a stream
    for cut in [*range(0, end, 37), end - 1]:
        if name == "a.arrows" and cut == whole.find(b"\xff\xff\xff\xff", 8):
            continue
        with pytest.raises(InputError, match="is cut short or damaged"):
            read_bytes(name, whole[:cut])


@pytest.mark.parametrize("new", [pa.ipc.new_file, pa.ipc.new_stream])
def test_names_of_columns_that_are_not_utf8_are_an_error(read_bytes, new):
    data = arrow_bytes(new, pa.table({"text": ["x"], "section": ["y"]}))
    with pytest.raises(InputError, match="is cut short or damaged"):
        read_bytes("a.arrow", data.replace(b"section", b"sec\xd8ion"))


# --- anything -------------------------------------------------------------------------------------

GOOD = {
    "a.jsonl": b'{"id": "a", "text": "one"}\n{"id": "b", "text": "two"}\n',
    "a.csv": b'id,text\n1,"two\r\nlines"\n2,"say ""hi"""\n',
    "a.tsv": b"id\ttext\n1\tone\n",
    "a.parquet": parquet_bytes(TABLE.slice(0, 3)),
    "a.arrow": arrow_bytes(table=TABLE.slice(0, 3)),
    "a.arrows": arrow_bytes(pa.ipc.new_stream, TABLE.slice(0, 3)),
    "a.txt": b"One storm.\n",
    "a.csv.gz": gzip.compress(b"id,text\n1,one\n", mtime=0),
    "a.csv.bz2": bz2.compress(b"id,text\n1,one\n"),
    "a.csv.xz": lzma.compress(b"id,text\n1,one\n"),
    "a.csv.zst": pa.compress(b"id,text\n1,one\n", codec="zstd", asbytes=True),
    "nameless": b"PAR1",
}


def is_read_or_refused(name: str, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        try:
            records = read(path)
        except InputError:
            return
        for place, record in records:
            assert place.startswith(str(path))
            assert isinstance(record, dict | Reject)
            assert json_line(reject_record(record) if isinstance(record, Reject) else record)


@pytest.mark.parametrize("name", GOOD)
@given(data=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(name, data):
    is_read_or_refused(name, data)


@pytest.mark.parametrize("name", GOOD)
@given(at=st.integers(0, 1 << 20), byte=st.integers(0, 255), cut=st.none() | st.integers(0, 1 << 20))
def test_a_good_file_with_damage_is_read_or_refused(name, at, byte, cut):
    data = bytearray(GOOD[name])
    data[at % len(data)] = byte
    is_read_or_refused(name, bytes(data) if cut is None else bytes(data[: cut % len(data)]))


@given(st.text(st.sampled_from('a,"\n\r\t\0é'), max_size=40))
def test_any_csv_is_rows_and_rejects_that_hold_all_of_it(content):
    is_read_or_refused("a.csv", b"id,text\n" + content.encode())
