"""Each format: what goes in comes out, and every field finds its place."""

import csv
import io
import json
import math
import string
import tempfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from documents import write_document
from hypothesis import given
from hypothesis import strategies as st

from dedupe_news.article import (
    CanonicalDocument,
    CleanArticle,
    Duplicate,
    Edit,
    Reject,
    Relation,
    Repeat,
    Span,
)
from dedupe_news.errors import InputError, OutputError
from dedupe_news.intake import as_article
from dedupe_news.io.documents import Packing, check_output_format, writing_documents
from dedupe_news.io.inputs import expand_inputs
from dedupe_news.io.reading import ReadOptions, open_source
from dedupe_news.io.streams import format_of_name, open_output
from dedupe_news.io.tables import COLUMNS, ONLY_SOMETIMES, arrow_types
from dedupe_news.io.writing import OUR_KEYS, document_record, json_line

ROW_FORMATS = ("csv", "tsv", "parquet", "arrow")
COMPRESSED = ("", ".gz", ".zst", ".bz2", ".xz")

plain_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
quoting = st.text(st.sampled_from("a\",;\t\r\n 'é\u2028\x85"), max_size=12)
texts = plain_text | quoting
names = st.text(string.ascii_letters + " ,\"'é", min_size=1, max_size=8).filter(
    lambda name: name not in OUR_KEYS
)
scalars = (
    st.booleans()
    | st.integers(-(1 << 62), 1 << 62)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
values = st.none() | st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
)


def read(path, input_format="auto", said=None, types=None, **fields):
    options = ReadOptions(
        input_format,
        fields,
        said.append if said is not None else lambda _words: None,
        {} if types is None else types,
    )
    with open_source(str(path), options) as source:
        return list(source.records())


def write(path, documents, form=None, types=None, with_original=False):
    with (
        open_output(str(path)) as output,
        writing_documents(
            output,
            Packing(form or format_of_name(str(path)), with_original),
            column_types={} if types is None else types,
        ) as writer,
    ):
        for document in documents:
            write_document(writer, document)


def a_document(text="Body.", **fields) -> CanonicalDocument:
    return CanonicalDocument(
        id="a",
        text=text,
        paragraphs=(text, "Second."),
        edits=(Edit("dash", 4, 5, "\uff0d", "\u2014"),),
        repeats=(Repeat(Span(0, 9), Span(9, 18), 1.0, 9),),
        original=text * 2,
        duplicates=(Duplicate("b", Relation("a", "b", "near", 0.8, 0.95, ("same story",))),),
        sources=("Wire",),
        **fields,
    )


# --- round trips ----------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ROW_FORMATS)
@given(documents=st.lists(st.tuples(texts, texts, st.dictionaries(names, texts, max_size=3)), max_size=5))
def test_texts_come_through_every_row_format_unchanged(form, documents):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"pile.{form}"
        articles = [
            CleanArticle(id=str(number), text=text, title=title or None, extra=extra)
            for number, (text, title, extra) in enumerate(documents)
        ]
        write(path, articles)
        records = [record for _, record in read(path)]
    absent = "" if form in ("csv", "tsv") else None
    columns = {name for article in articles for name in article.extra}
    assert [record["id"] for record in records] == [article.id for article in articles]
    for record, article in zip(records, articles, strict=True):
        received = as_article(record)
        assert (received.text, received.title) == (article.text, article.title)
        assert {name: record[name] for name in columns} == dict.fromkeys(columns, absent) | dict(
            article.extra
        )


@pytest.mark.parametrize("form", ["parquet", "arrow"])
@given(rows=st.lists(st.dictionaries(names, values, max_size=3), min_size=1, max_size=5))
def test_values_of_any_kind_come_through_columns_with_types(form, rows):
    columns = {name for row in rows for name in row}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"pile.{form}"
        write(path, [CleanArticle(id="a", text="x", extra=row) for row in rows])
        records = [record for _, record in read(path)]
    for record, row in zip(records, rows, strict=True):
        assert {name: record[name] for name in columns} == dict.fromkeys(columns) | row


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_a_whole_document_comes_through_columns(tmp_path, form):
    path = tmp_path / f"pile.{form}"
    document = a_document(extra={"section": "sport", "body": "theirs", "n": [1, 2]})
    write(path, [document], with_original=True)
    [(place, record)] = read(path)
    assert place == f"{path}:1"
    assert record == document_record(document, with_original=True)


@pytest.mark.parametrize("form", ["csv", "tsv"])
def test_in_a_cell_what_is_nested_is_json_and_what_is_absent_is_empty(tmp_path, form):
    path = tmp_path / f"pile.{form}"
    extra = {
        "n": 3,
        "ok": True,
        "day": date(2024, 5, 3),
        "raw": b"\x00\xff",
        "list": ["a", None],
        "none": None,
    }
    write(path, [a_document('"A",\r\nB', extra=extra)])
    with path.open(encoding="utf-8", newline="") as file:
        [row] = csv.DictReader(file, delimiter="," if form == "csv" else "\t")
    assert row["text"] == '"A",\r\nB'
    assert json.loads(row["paragraphs"]) == ['"A",\r\nB', "Second."]
    assert json.loads(row["duplicates"])[0]["id"] == "b"
    assert {key: row[key] for key in extra} == {
        "n": "3", "ok": "true", "day": "2024-05-03", "raw": "AP8=", "list": '["a",null]', "none": "",
    }  # fmt: skip


@pytest.mark.parametrize("suffix", COMPRESSED)
@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl"])
def test_rows_of_text_may_be_compressed(tmp_path, form, suffix):
    path = tmp_path / f"pile.{form}{suffix}"
    write(path, [a_document()])
    assert read(path)[0][1]["id"] == "a"


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_columns_may_be_compressed_as_a_whole_on_the_way_in_but_not_out(tmp_path, form):
    import gzip

    write(tmp_path / f"pile.{form}", [a_document()])
    packed = tmp_path / f"packed.{form}.gz"
    packed.write_bytes(gzip.compress((tmp_path / f"pile.{form}").read_bytes()))
    assert read(packed)[0][1]["id"] == "a"
    with pytest.raises(OutputError, match=rf"name it out\.{form}$"):
        check_output_format(f"out.{form}.gz", form)


def test_halves_of_characters_are_marked_and_still_counted_as_one(tmp_path):
    for form in ROW_FORMATS:
        write(
            tmp_path / f"pile.{form}", [CleanArticle(id="a", text="x\ud83dy", extra={"\ud83d": ["\ud83d"]})]
        )
        [(_, record)] = read(tmp_path / f"pile.{form}")
        assert record["text"] == "x\ufffdy"
        assert record["\\ud83d"] in (["\ufffd"], '["\\ud83d"]')


def test_the_columns_are_ours_in_order_also_when_there_is_no_document(tmp_path):
    assert set(COLUMNS) == OUR_KEYS - {"extra"} == set(arrow_types())
    for form in ROW_FORMATS:
        write(tmp_path / f"pile.{form}", [])
        said = []
        assert read(tmp_path / f"pile.{form}", said=said) == []
        assert said == [f"{tmp_path}/pile.{form}: names of columns and no row"]
    kept = [name for name in COLUMNS if name not in ONLY_SOMETIMES]
    assert pq.read_schema(tmp_path / "pile.parquet").names == kept


def test_many_batches_have_one_schema(tmp_path):
    path = tmp_path / "pile.parquet"
    rows = [{"n": number} for number in range(1500)] + [{"late": [1.5]}, {"n": "a word"}]
    write(path, [CleanArticle(id=str(number), text="x", extra=row) for number, row in enumerate(rows)])
    assert pq.ParquetFile(path).num_row_groups == 2
    records = [record for _, record in read(path)]
    assert [record["n"] for record in records] == [*range(1500), None, "a word"]
    assert records[-2]["late"] == [1.5]


# --- types ----------------------------------------------------------------------------------------

TYPED = pa.table(
    {
        "text": pa.array(["one", "two"], pa.large_string()),
        "published": pa.array([datetime(2024, 5, 3, 12, tzinfo=UTC), None], pa.timestamp("us", "UTC")),
        "small": pa.array([1, None], pa.int8()),
        "unsigned": pa.array([2**64 - 1, 0], pa.uint64()),
        "score": pa.array([0.5, math.inf], pa.float32()),
        "ok": pa.array([True, None]),
        "day": pa.array([date(2024, 5, 3), None]),
        "seen": pa.array([1_700_000_000_123_456_789, None], pa.int64()).cast(pa.timestamp("ns", "UTC")),
        "local": pa.array([1_700_000_000_123_456_000, None], pa.int64()).cast(pa.timestamp("ns")),
        "price": pa.array([Decimal("1.50"), None], pa.decimal128(9, 2)),
        "raw": pa.array([b"\x00\xff", None]),
        "kind": pa.array(["a", "b"]).dictionary_encode(),
        "tags": pa.array([["x", None], []], pa.list_(pa.string())),
        "meta": pa.array([{"a": 1, "b": [1.5]}, None]),
        "nothing": pa.nulls(2),
    }
)


def typed_file(path: Path) -> Path:
    if path.suffix == ".parquet":
        pq.write_table(TYPED, path)
    else:
        new = pa.ipc.new_stream if path.suffix == ".arrows" else pa.ipc.new_file
        with new(str(path), TYPED.schema) as writer:
            writer.write_table(TYPED)
    return path


@pytest.mark.parametrize("suffix", ["parquet", "arrow", "arrows"])
def test_types_of_foreign_columns_travel_through(tmp_path, suffix):
    types = {}
    records = [record for _, record in read(typed_file(tmp_path / f"in.{suffix}"), types=types)]
    assert records[0]["seen"] == "2023-11-14T22:13:20.123456789+00:00"
    assert records[0]["meta"] == {"a": 1, "b": [1.5]}
    articles = [as_article(record) for record in records]
    assert articles[0].published == "2024-05-03T12:00:00+00:00"
    documents = [
        CleanArticle(id=str(n), text=article.text, extra=article.extra) for n, article in enumerate(articles)
    ]
    for out in ("out.parquet", "out.arrow"):
        write(tmp_path / out, documents, types=types)
        again = (
            pq.read_table(tmp_path / out) if "parquet" in out else pa.ipc.open_file(tmp_path / out).read_all()
        )
        foreign = [name for name in TYPED.column_names if name not in OUR_KEYS | {"nothing"}]
        for name in foreign:
            expected = TYPED[name].cast(pa.string()) if name == "kind" else TYPED[name]
            assert again[name].type == expected.type, name
            assert again[name].combine_chunks().equals(expected.combine_chunks()), name


def test_a_type_that_another_input_does_not_keep_becomes_text_of_json(tmp_path):
    types = {}
    read(typed_file(tmp_path / "in.parquet"), types=types)
    extras = [{"small": 1}, {"small": 1000}, {"small": "many"}]
    write(
        tmp_path / "out.parquet", [CleanArticle(id="a", text="x", extra=row) for row in extras], types=types
    )
    assert pq.read_schema(tmp_path / "out.parquet").field("small").type == pa.string()
    assert [record["small"] for _, record in read(tmp_path / "out.parquet")] == [1, 1000, "many"]


def test_json_has_text_for_what_it_has_no_kind_for(tmp_path):
    [(_, first), (_, second)] = read(typed_file(tmp_path / "in.parquet"))
    line = json.loads(json_line(first))
    assert line["published"] == "2024-05-03T12:00:00+00:00"
    assert (line["day"], line["price"], line["raw"]) == ("2024-05-03", "1.50", "AP8=")
    assert line["local"] == "2023-11-14T22:13:20.123456"
    assert line["unsigned"] == 2**64 - 1
    assert json.loads(json_line(second))["score"] == "Infinity"
    assert json.loads(json_line({"x": [math.nan, "\ud83d", date(2024, 5, 3)]}))["x"][0] == "NaN"


# --- places ---------------------------------------------------------------------------------------


def test_a_row_of_csv_stands_where_it_begins(tmp_path):
    path = tmp_path / "pile.csv"
    path.write_bytes(b'\xef\xbb\xbfid,text\r\n1,"one\r\n\ntwo"\n\n2,"say ""hi"""\r3,\n')
    assert read(path) == [
        (f"{path}:2", {"id": "1", "text": "one\r\n\ntwo"}),
        (f"{path}:6", {"id": "2", "text": 'say "hi"'}),
        (f"{path}:7", {"id": "3", "text": ""}),
    ]


def test_our_fields_that_are_empty_in_csv_are_not_there(tmp_path):
    (tmp_path / "pile.csv").write_text("id,text,url,section\n,one,,\n")
    assert read(tmp_path / "pile.csv")[0][1] == {"text": "one", "section": ""}


def test_what_a_nameless_stream_holds_is_seen_in_its_first_bytes(tmp_path):
    write(tmp_path / "a.parquet", [a_document()])
    write(tmp_path / "a.arrow", [a_document()])
    for name in ("a.parquet", "a.arrow"):
        (tmp_path / "nameless").write_bytes((tmp_path / name).read_bytes())
        assert read(tmp_path / "nameless")[0][1]["id"] == "a"


# --- names of fields ------------------------------------------------------------------------------


def test_fields_are_guessed_from_usual_names_and_said_once(tmp_path):
    path, said = tmp_path / "pile.csv", []
    path.write_text(
        "GUID,Headline,publishedAt,link,publisher,maintext,section\n7,T,2024,u,P,One.,x\n8,,,,,Two.,y\n"
    )
    rows = [record for _, record in read(path, said=said)]
    assert rows[0] == {
        "id": "7", "title": "T", "published": "2024", "url": "u", "source": "P", "text": "One.",
        "section": "x",
    }  # fmt: skip
    assert rows[1] == {"id": "8", "text": "Two.", "section": "y"}
    assert len(said) == 1
    assert "guessed text from 'maintext', id from 'GUID', title from 'Headline'" in said[0]


def test_json_lines_with_a_text_are_what_they_always_were(tmp_path):
    path, said = tmp_path / "pile.jsonl", []
    records = [{"text": "One.", "headline": "H", "date": "d"}, {"content": "Two."}]
    path.write_bytes(b"".join(map(json_line, records)))
    assert [record for _, record in read(path, said=said)] == records
    assert said == []


def test_json_lines_without_a_text_are_guessed_by_the_first_that_has_one(tmp_path):
    path, said = tmp_path / "pile.jsonl", []
    path.write_bytes(
        b'{"x": 1}\n'
        b'{"content": "One.", "headline": "H", "source": {"id": 1}, "guid": [1]}\n'
        b'{"content": "Two."}\n'
    )
    assert [record for _, record in read(path, said=said)] == [
        {"x": 1},
        {"text": "One.", "title": "H", "source": {"id": 1}, "guid": [1]},
        {"text": "Two."},
    ]
    assert len(said) == 1


def test_a_column_of_a_type_that_will_not_do_is_never_guessed(tmp_path):
    pq.write_table(
        pa.table({"body": ["One."], "content": [1], "publisher": [1], "date": [date(2024, 5, 3)]}),
        tmp_path / "a.parquet",
    )
    [(_, record)] = read(tmp_path / "a.parquet")
    assert record == {"text": "One.", "content": 1, "publisher": 1, "published": date(2024, 5, 3)}


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv", "id,body,content\n1,x,y\n"), ("a.jsonl", '{"id": "1", "body": "x", "content": "y"}\n')],
)
def test_two_fields_that_may_be_the_text_are_never_chosen_between(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=r"'body' and 'content' may each be the text; .*--text-field body"):
        read(tmp_path / name)
    [(_, record)] = read(tmp_path / name, text="content")
    assert record == {"id": "1", "text": "y", "body": "x"}


def test_a_field_that_was_named_wins_and_what_it_displaces_is_kept(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "short", "full": "long", "extra": {"k": 1}}\n{"text": "x"}\n')
    [(_, record), (_, reject)] = read(tmp_path / "a.jsonl", text="full")
    assert record == {"text": "long", "extra": {"k": 1, "text": "short"}}
    assert isinstance(reject, Reject)
    assert reject.reason == "no 'full' (--text-field); the keys here are: text"
    assert as_article(record).extra == {"k": 1, "text": "short"}


@pytest.mark.parametrize("form", ROW_FORMATS)
def test_a_table_without_the_column_says_what_it_has(tmp_path, form):
    path = tmp_path / f"a.{form}"
    write(path, [a_document()])
    with pytest.raises(
        InputError, match=r"has no column 'full' \(--text-field\); its columns are: id, title"
    ):
        read(path, text="full")


def test_a_table_without_a_text_says_how_to_name_one(tmp_path):
    (tmp_path / "a.csv").write_text("id;text\n1;x\n")
    with pytest.raises(InputError, match=r"no column that is known as the text.*id;text.*semicolons"):
        read(tmp_path / "a.csv")


# --- folders and patterns -------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in (
        "d/b.txt",
        "d/a.jsonl",
        "d/in/c.csv.gz",
        "d/.hidden.txt",
        "d/.git/x.txt",
        "d/photo.png",
        "e.txt",
    ):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(b"")
    return tmp_path


def test_a_folder_is_its_files_in_order_and_the_rest_is_said(folder):
    said = []
    assert expand_inputs(["d", "e.txt", "-"], any_name=False, tell=said.append) == [
        "d/a.jsonl", "d/b.txt", "d/in/c.csv.gz", "e.txt", "-",
    ]  # fmt: skip
    assert said == ["d/photo.png: passed over, its name tells no known format; to read it, name it itself"]
    assert "d/photo.png" in expand_inputs(["d"], any_name=True, tell=said.append)


def test_a_pattern_that_no_shell_expanded_is_expanded(folder):
    def expand(*named):
        return expand_inputs(named, any_name=False, tell=lambda _words: None)

    assert expand("d/*.txt", "*.txt") == ["d/b.txt", "e.txt"]
    assert expand("**/*.txt") == ["d/b.txt", "e.txt"]
    assert expand("d/**") == ["d/a.jsonl", "d/b.txt", "d/in/c.csv.gz", "d/photo.png"]
    assert expand("nowhere.jsonl") == ["nowhere.jsonl"]
    Path("[x].txt").touch()
    assert expand("[x].txt") == ["[x].txt"]
    with pytest.raises(InputError, match=r"^d/\*\.xml: no file has such a name"):
        expand("d/*.xml")


def test_a_folder_without_anything_to_read_is_an_error(folder):
    Path("empty").mkdir()
    with pytest.raises(InputError, match=r"^empty is a folder without a file that can be read; \.jsonl"):
        expand_inputs(["empty"], any_name=False, tell=print)


# --- the command ----------------------------------------------------------------------------------

from test_cli import LIBRARY, STORM, dedupe  # noqa: E402, F401 - a fixture


def rows_of_csv(*rows) -> bytes:
    page = io.StringIO(newline="")
    csv.writer(page).writerows(rows)
    return page.getvalue().encode()


PILE = rows_of_csv(("guid", "body", "n"), ("a", STORM, "1"), ("b", LIBRARY, "2"), ("c", STORM, "3"))


@pytest.mark.parametrize("job", ["run", "clean"])
@pytest.mark.parametrize("name", ["out.csv", "out.tsv.xz", "out.parquet", "out.arrow", "out.jsonl.bz2"])
def test_the_command_reads_csv_and_writes_what_the_name_tells(dedupe, tmp_path, job, name):  # noqa: F811
    (tmp_path / "pile.csv").write_bytes(PILE)
    outcome = dedupe(job, "pile.csv", "-o", name)
    assert outcome.status == 0
    assert "pile.csv: guessed text from 'body', id from 'guid'" in outcome.err
    records = [record for _, record in read(tmp_path / name)]
    assert [(record["id"], record["n"]) for record in records][:2] == [("a", "1"), ("b", "2")]
    assert len(records) == (2 if job == "run" else 3)
    assert dedupe(job, "pile.csv", "-o", name, "-q").err == ""


def test_the_command_reads_a_folder_a_pattern_and_the_output_of_itself(dedupe, tmp_path):  # noqa: F811
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a.csv").write_bytes(PILE)
    (tmp_path / "d" / "b.txt").write_text(LIBRARY)
    first = dedupe("d", "-o", "out.parquet")
    assert "4 articles, 2 stories, 2 duplicates (2 exact), 0 rejected" in first.err
    again = dedupe("out.par*", "--output-format", "jsonl")
    assert len(again.documents) == 2
    assert again.documents[0]["extra"]["duplicates"][0]["id"] == "c"


def test_the_command_takes_names_of_fields_and_counts_bad_rows(dedupe, tmp_path):  # noqa: F811
    (tmp_path / "pile.csv").write_bytes(PILE + b"d,too few\n")
    outcome = dedupe("pile.csv", "--text-field", "body", "--id-field", "n", "-o", "out.csv")
    assert outcome.err.splitlines() == [
        "pile.csv:10: 2 fields, 3 were expected: guid, body, n; check its quotes",
        "4 articles, 2 stories, 1 duplicate (1 exact), 1 rejected",
        "the rejected records are in out.rejects.jsonl",
    ]
    assert [record["id"] for _, record in read(tmp_path / "out.csv")] == ["1", "2"]


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_columns_come_and_go_through_pipes(dedupe, tmp_path, form):  # noqa: F811
    write(tmp_path / "in", [CleanArticle(id="a", text=STORM, extra={"n": 1})], form)
    outcome = dedupe("-", stdin=(tmp_path / "in").read_bytes())
    assert [(document["id"], document["n"]) for document in outcome.documents] == [("a", 1)]
    dedupe("in", "-o", "/dev/null", "--output-format", form)
    assert Path("/dev/null").is_char_device()


def test_a_table_on_standard_output_is_whole(dedupe, tmp_path):  # noqa: F811
    (tmp_path / "pile.csv").write_bytes(PILE)
    outcome = dedupe("clean", "-", "--input-format", "csv", "--output-format", "csv", stdin=PILE)
    assert len(list(csv.reader(io.StringIO(outcome.out, newline="")))) == 4
    refused = dedupe("pile.csv", "-o", "out.parquet.gz")
    assert (refused.status, "name it out.parquet" in refused.err) == (1, True)
