"""Files cut short, at every byte: an error, or what stood before the cut; never fewer records in silence.

Checked at every byte of 12 articles in JSON lines, CSV, TSV and text, plain and in each of four
compressions, also where two compressed members follow one another, and at every seventh byte of
Parquet, Arrow files and Arrow streams, plain and compressed: 7 256 cuts, each read once.

What nobody can see: a plain text or a row of CSV that is cut in its last field is a shorter text; a
plain file that ends with a whole line is a shorter pile. Whoever needs to see that compresses.
"""

import re

import fuzz_readers
import pyarrow as pa
import pytest
from test_io_bad_input import arrow_bytes, parquet_bytes
from test_io_formats import read

from dedupe_news.article import Reject
from dedupe_news.errors import InputError

TEXTS = [f"Storm {number} hit the coast – über Nacht." for number in range(12)]
TABLE = pa.table({"id": [str(number) for number in range(12)], "text": TEXTS})
LINES = b"".join(b'{"id": "%d", "text": "%s"}\n' % (n, text.encode()) for n, text in enumerate(TEXTS))
FILES = {
    "a.jsonl": LINES,
    "a.csv": b"id,text\r\n" + b"".join(b'%d,"%s"\r\n' % (n, text.encode()) for n, text in enumerate(TEXTS)),
    "a.tsv": b"id\ttext\n" + b"".join(b"%d\t%s\n" % (n, text.encode()) for n, text in enumerate(TEXTS)),
    "a.txt": "\n".join(TEXTS).encode(),
}
COLUMNS = {
    "a.parquet": parquet_bytes(TABLE),
    "a.arrow": arrow_bytes(table=TABLE),
    "a.arrows": arrow_bytes(pa.ipc.new_stream, TABLE),
}
PACKED = [".gz", ".zst", ".bz2", ".xz"]


def refused(path, said=None):
    """Return the words of the refusal of a file, or None if it is read."""
    try:
        read(path, said=said)
    except InputError as error:
        return str(error)
    return None


@pytest.mark.parametrize("suffix", PACKED)
@pytest.mark.parametrize("name", [*FILES, "nameless"])
def test_a_compressed_file_cut_at_any_byte_is_an_error(tmp_path, name, suffix):
    whole = fuzz_readers.COMPRESS[suffix](FILES.get(name, LINES))
    path = tmp_path / (name if name == "nameless" else name + suffix)
    for cut in range(10, len(whole)):  # ten bytes tell every compression
        path.write_bytes(whole[:cut])
        with pytest.raises(InputError, match=r"is cut short or damaged"):
            read(path)
    path.write_bytes(whole)
    assert read(path)


@pytest.mark.parametrize("suffix", PACKED)
def test_a_second_member_cut_at_any_byte_is_an_error_and_cut_at_its_edge_unseen(tmp_path, suffix):
    member = fuzz_readers.COMPRESS[suffix](LINES)
    path = tmp_path / f"a.jsonl{suffix}"
    for cut in range(len(member) + 1, 2 * len(member)):
        path.write_bytes((member * 2)[:cut])
        with pytest.raises(InputError, match=r"is cut short or damaged"):
            read(path)
    path.write_bytes(member * 2)
    assert len(read(path)) == 2 * len(TEXTS)


@pytest.mark.parametrize("suffix", ["", *PACKED])
@pytest.mark.parametrize("name", COLUMNS)
def test_columns_cut_anywhere_are_an_error_or_say_that_they_may_be_cut(tmp_path, name, suffix):
    whole = fuzz_readers.COMPRESS[suffix](COLUMNS[name])
    path = tmp_path / (name + suffix)
    may_be_cut = 0
    for cut in [*range(0, len(whole), 7), *range(len(whole) - 16, len(whole))]:
        path.write_bytes(whole[:cut])
        said: list[str] = []
        refusal = refused(path, said)
        if refusal is None:
            assert (name, suffix) == ("a.arrows", "")
            assert "perhaps it is cut short" in said[0]
            may_be_cut += 1
        else:
            assert re.search(r"is cut short or damaged|is empty|is not \w+ data, though", refusal)
    # An Arrow stream need not end with its mark; without it nobody knows, so it is said.
    assert may_be_cut == (name == "a.arrows" and suffix == "")


def test_a_stream_of_columns_with_its_end_says_nothing_and_more_after_it_is_an_error(tmp_path):
    path, said = tmp_path / "a.arrows", []
    path.write_bytes(COLUMNS["a.arrows"])
    assert len(read(path, said=said)) == len(TEXTS)
    assert said == []
    path.write_bytes(COLUMNS["a.arrows"] * 2)
    with pytest.raises(InputError, match="goes on after the end of its Arrow stream"):
        read(path)


def test_json_lines_cut_at_any_byte_keep_every_line_before_the_cut(tmp_path):
    path = tmp_path / "a.jsonl"
    for cut in range(len(LINES) + 1):
        path.write_bytes(LINES[:cut])
        records = [record for _, record in read(path)]
        whole_lines = LINES[:cut].count(b"\n")
        assert [record["text"] for record in records[:whole_lines]] == TEXTS[:whole_lines]
        rest = LINES[:cut].rpartition(b"\n")[2]
        if rest.endswith(b"}"):
            assert records[whole_lines:] == [{"id": str(whole_lines), "text": TEXTS[whole_lines]}]
        else:
            assert [type(record) for record in records[whole_lines:]] == [Reject] * bool(rest)


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_rows_cut_at_any_byte_keep_every_row_before_the_cut(tmp_path, name):
    path = tmp_path / name
    header = FILES[name].index(b"\n") + 1
    for cut in range(header, len(FILES[name]) + 1):
        path.write_bytes(FILES[name][:cut])
        whole_rows = FILES[name][:cut].count(b"\n") - 1
        if refusal := refused(path):
            assert f"{path}:{whole_rows + 2}: a quote that is opened in this row" in refusal
            continue
        records = [record for _, record in read(path)]
        assert [record["text"] for record in records[:whole_rows]] == TEXTS[:whole_rows]
        for record in records[whole_rows:]:  # the cut row: a reject, or, unseen, a shorter text
            assert isinstance(record, Reject) or TEXTS[whole_rows].startswith(record.get("text", ""))
        assert len(records) - whole_rows == bool(FILES[name][:cut].rpartition(b"\n")[2])


def test_a_text_cut_at_any_byte_is_a_shorter_text_or_a_reject(tmp_path):
    whole, path = FILES["a.txt"], tmp_path / "a.txt"
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        [(_, record)] = read(path)
        if isinstance(record, Reject):
            assert "not UTF-8" in record.reason
        else:
            assert record["text"].encode() == whole[:cut]
