import bz2
import gzip
import io
import json
import lzma
import os
import sys
from pathlib import Path

import orjson
import pyarrow
import pytest
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
from dedupe_news.io.reading import MAX_NESTING, ReadOptions, open_source, parse_line
from dedupe_news.io.streams import check_input, open_output, same_file
from dedupe_news.io.writing import OUR_KEYS, document_record, json_line, reject_record, text_block

LINES = b'{"text": "one"}\n\n  \t\r\n{"text": "two"}\r\n{"text": "three"}'

any_text = st.text(st.characters(exclude_categories=()))  # lone surrogates too
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=12,
)


def zstd(data: bytes) -> bytes:
    return pyarrow.compress(data, codec="zstd", asbytes=True)


COMPRESS = {".gz": gzip.compress, ".zst": zstd, ".bz2": bz2.compress, ".xz": lzma.compress}


def records(path, input_format="auto"):
    with open_source(str(path), ReadOptions(input_format)) as source:
        return list(source.records())


@pytest.fixture
def standard_input(monkeypatch):
    def give(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return give


# --- reading --------------------------------------------------------------------------------------


def test_every_record_knows_its_line_and_blank_lines_are_skipped(tmp_path):
    file = tmp_path / "pile.jsonl"
    file.write_bytes(LINES)
    assert records(file) == [
        (f"{file}:1", {"text": "one"}),
        (f"{file}:4", {"text": "two"}),
        (f"{file}:5", {"text": "three"}),
    ]


def test_a_byte_order_mark_at_the_start_is_no_part_of_the_text(tmp_path):
    for name, body in (("a.jsonl", LINES), ("a.txt", b"one")):
        (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + body)
        assert records(tmp_path / name)[0][1]["text"] == "one"


@pytest.mark.parametrize("name", ["pile.jsonl{}", "pile.jsonl", "pile"])
@pytest.mark.parametrize("suffix", COMPRESS)
def test_compressed_input_is_read_whatever_its_name(tmp_path, name, suffix):
    name, compress = name.format(suffix), COMPRESS[suffix]
    (tmp_path / name).write_bytes(compress(LINES + b"\n") + compress(LINES))  # members one after the other
    assert [record["text"] for _, record in records(tmp_path / name)] == ["one", "two", "three"] * 2


@pytest.mark.parametrize("suffix", COMPRESS)
@pytest.mark.parametrize("named", [True, False])
def test_a_compressed_file_cut_anywhere_is_an_error_and_never_ends_in_silence(tmp_path, suffix, named):
    whole = COMPRESS[suffix](b"".join(b'{"text": "article %d"}\n' % number for number in range(50)))
    file = tmp_path / f"pile.jsonl{suffix if named else ''}"
    for cut in range(0 if named else 10, len(whole)):  # ten bytes tell every compression
        file.write_bytes(whole[:cut])
        with pytest.raises(InputError, match=r"pile\.jsonl.*(cut short|is empty|is not \w+ data)"):
            records(file)


@pytest.mark.parametrize("suffix", COMPRESS)
def test_rubbish_after_compressed_data_is_an_error(tmp_path, suffix):
    file = tmp_path / f"pile.jsonl{suffix}"
    file.write_bytes(COMPRESS[suffix](LINES) + b"rubbish")
    with pytest.raises(InputError, match="damaged"):
        records(file)


def test_a_name_that_promises_compression_must_keep_it(tmp_path):
    (tmp_path / "pile.jsonl.gz").write_bytes(LINES)
    with pytest.raises(InputError, match="is not gzip data, though its name says so"):
        records(tmp_path / "pile.jsonl.gz")


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.jsonl: no such file"):
        check_input(str(tmp_path / "nowhere.jsonl"))
    with pytest.raises(InputError, match=r"is a folder, a file was expected; name its files: .*\*\.jsonl"):
        records(tmp_path)


def test_utf16_is_refused_with_the_way_out(tmp_path):
    (tmp_path / "a.txt").write_text("one", encoding="utf-16")
    with pytest.raises(InputError, match="iconv -f UTF-16"):
        records(tmp_path / "a.txt")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"text": "one"', "not JSON (column 15)"),
        (b'{"text": "one"} trailing', "not JSON (column 17)"),
        (b'["one"]', "a JSON array, an object was expected"),
        (b'"one"', "a JSON string, an object was expected"),
        (b"null", "null, an object was expected"),
        (b"true", "true or false, an object was expected"),
        (b"12.5", "a number, an object was expected"),
        (b'{"text": "one", "score": NaN}', "NaN is no JSON number; write null"),
        (b'{"text": "one", "score": 1e999}', "a number is too large"),
        (b'{"text": "caf\xe9"}', "not UTF-8: byte 0xe9 at offset 13"),
        (b'{"text": ' + b"[" * 5000 + b"]" * 5000 + b"}", "nested too deeply"),
        (b'{"x": ' + b"[" * 200 + b"]" * 200 + b"}", f"nested more than {MAX_NESTING} deep"),
        (b'{"text": "one", "n": ' + b"9" * 5000 + b"}", "cannot be kept"),
    ],
)
def test_a_bad_line_is_a_reject_with_its_reason_and_itself(line, reason):
    reject = parse_line(line + b"\n", "pile.jsonl:7")
    assert isinstance(reject, Reject)
    assert reject.place == "pile.jsonl:7"
    assert reason in reject.reason
    assert json.loads(json_line(reject_record(reject)))["record"] == reject.record
    if isinstance(reject.record, str) and line != b'"one"':
        assert reject.record.encode("utf-8", "surrogateescape") == line


def test_a_bad_line_does_not_end_the_reading(tmp_path):
    (tmp_path / "pile.jsonl").write_bytes(b'{"text": "one"}\noops\n{"text": "two"}\n')
    kinds = [type(record) for _, record in records(tmp_path / "pile.jsonl")]
    assert kinds == [dict, Reject, dict]


def test_large_integers_keep_their_digits():
    assert parse_line(b'{"text": "", "n": [12345678901234567890123]}', "x")["n"] == [12345678901234567890123]


@given(st.binary())
def test_no_line_of_bytes_makes_the_reader_fail(line):
    record = parse_line(line, "x:1")
    assert isinstance(record, (dict, Reject))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'  \n {"text": "one"}', [{"text": "one"}]),
        (b"One storm.\nTwo storms.\n", [{"text": "One storm.\nTwo storms.\n"}]),
        (b"[1]", [{"text": "[1]"}]),
        (b" " * 200_000 + b'{"text": "one"}', [{"text": "one"}]),
        (b"", []),
        (b" \n\n", []),
        (gzip.compress(b'{"text": "one"}'), [{"text": "one"}]),
    ],
)
def test_standard_input_is_json_lines_if_it_begins_like_an_object(standard_input, data, expected):
    standard_input(data)
    assert [record for _, record in records("-")] == expected


def test_the_format_asked_for_wins_over_the_name(tmp_path, standard_input):
    (tmp_path / "a.txt").write_bytes(LINES)
    assert len(records(tmp_path / "a.txt", "jsonl")) == 3
    standard_input(b'{"text": "one"}')
    assert records("-", "text") == [("<stdin>", {"text": '{"text": "one"}'})]


def test_a_text_file_is_one_article_that_remembers_its_file(tmp_path):
    file = tmp_path / "a.txt"
    file.write_bytes("Müller\r\nsagte:\n".encode())
    assert records(file) == [(str(file), {"text": "Müller\r\nsagte:\n", "file": str(file)})]


def test_a_text_file_that_is_not_utf8_is_a_reject_that_lost_no_byte(tmp_path):
    file = tmp_path / "a.txt"
    file.write_bytes(b"caf\xe9")
    [(_, reject)] = records(file)
    assert "not UTF-8: byte 0xe9 at offset 3" in reject.reason
    assert reject.record.encode("utf-8", "surrogateescape") == b"caf\xe9"


def test_a_slow_pipe_gives_its_first_record_before_its_last(monkeypatch):
    receiving, sending = os.pipe()
    with open(receiving, encoding="utf-8") as stdin, open(sending, "wb", buffering=0) as pipe:  # noqa: PTH123
        monkeypatch.setattr(sys, "stdin", stdin)
        pipe.write(b'{"text": "one"}\n')
        with open_source("-") as source:
            arriving = source.records()
            assert next(arriving)[1] == {"text": "one"}
            pipe.write(b'{"text": "two"}\n')
            assert next(arriving)[1] == {"text": "two"}


# --- documents as JSON ----------------------------------------------------------------------------


def a_document(text="Body.", **fields) -> CanonicalDocument:
    relation = Relation("a", "b", "near", 0.8, 0.95, ("same story",))
    return CanonicalDocument(
        id="a",
        text=text,
        paragraphs=(text,),
        edits=(Edit("dash", 4, 5, "\uff0d", "\u2014"),),
        repeats=(Repeat(Span(0, 9), Span(9, 18), 1.0, 9),),
        original=text * 2,
        duplicates=(Duplicate("b", relation),),
        sources=("Wire",),
        **fields,
    )


def test_the_keys_are_the_attribute_names():
    record = document_record(a_document(), with_original=True)
    assert set(record) == OUR_KEYS - {"extra", "duplicate_of", "relation"}
    assert "original" not in document_record(a_document())
    single = document_record(CleanArticle(id="a", text=""))
    assert set(record) - set(single) == {"original", "duplicates", "sources"}


def test_edits_repeats_and_duplicates_are_objects_and_spans_are_pairs():
    record = json.loads(json_line(document_record(a_document())))
    assert record["edits"] == [{"rule": "dash", "start": 4, "end": 5, "before": "\uff0d", "after": "\u2014"}]
    assert record["repeats"] == [{"kept": [0, 9], "removed": [9, 18], "similarity": 1.0, "seam": 9}]
    assert record["duplicates"][0]["relation"]["kind"] == "near"


def test_keys_of_others_come_out_as_they_came_in():
    record = document_record(a_document(extra={"section": "sport", "body": "theirs", "id": 7, "extra": 1}))
    assert record["section"] == "sport"
    assert record["id"] == "a"
    assert record["body"] == "Body."
    assert record["extra"] == {"body": "theirs", "id": 7, "extra": 1}


def test_our_own_output_can_be_read_again():
    record = parse_line(json_line(document_record(a_document(extra={"section": "sport"}))), "x:1")
    article = as_article(record)
    assert (article.id, article.text, article.extra["section"]) == ("a", "Body.", "sport")
    again = document_record(CleanArticle(id=article.id, text=article.text, extra=article.extra))
    assert again["edits"] == []
    assert again["extra"]["edits"] == record["edits"]  # the evidence of the first time is still there
    assert as_article(json.loads(json_line(again))).extra["edits"] == record["edits"]


@given(any_text, any_text)
def test_every_string_comes_through_json_unchanged(text, title):
    line = json_line(document_record(a_document(text, title=title, byline=text)))
    assert line.count(b"\n") == 1
    line.decode("utf-8")
    article = as_article(parse_line(line, "x:1"))
    assert (article.text, article.title, article.byline) == (text, title, text)
    assert json.loads(line)["body"] == text


@given(st.dictionaries(any_text, json_values, max_size=5))
def test_every_json_value_comes_through_unchanged(extra):
    line = json.dumps({"extra": extra, "text": ""}).encode()
    article = as_article(parse_line(line, "x:1"))
    assert article.extra == extra
    written = json_line(document_record(CleanArticle(id="a", text="", extra=article.extra)))
    again = as_article(parse_line(written, "x:1")).extra
    assert {key: again[key] for key in extra} == extra


def test_plain_json_is_written_as_orjson_writes_it():
    record = document_record(a_document("Müller"))
    assert json_line(record) == orjson.dumps(record) + b"\n"


def test_texts_are_parted_by_a_line_of_equals_signs():
    blocks = text_block("one\n", first=True) + text_block("two \ud83d", first=False)
    assert blocks.decode() == "one\n\n" + "=" * 72 + "\n\ntwo \\ud83d\n"


# --- outputs --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["out.jsonl", *(f"out.jsonl{suffix}" for suffix in COMPRESS)])
def test_what_is_written_is_read_back(tmp_path, name):
    for _ in range(2):
        with open_output(str(tmp_path / name)) as output:
            output.write(LINES)
        assert [record["text"] for _, record in records(tmp_path / name)] == ["one", "two", "three"]
    assert [file.name for file in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("suffix", COMPRESS)
def test_compressed_outputs_are_the_same_bytes_every_time(tmp_path, suffix):
    for name in ("a", "b"):
        with open_output(str(tmp_path / f"{name}{suffix}")) as output:
            output.write(LINES)
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


@pytest.mark.parametrize("name", ["out.jsonl", *(f"out.jsonl{suffix}" for suffix in COMPRESS)])
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, OSError])
def test_an_output_appears_whole_or_not_at_all(tmp_path, name, error):
    file = tmp_path / name
    file.write_bytes(b"what stood here before")

    def fail_half_way():
        with open_output(str(file)) as output:
            output.write(LINES)
            raise error

    with pytest.raises(error):
        fail_half_way()
    assert file.read_bytes() == b"what stood here before"
    assert list(tmp_path.iterdir()) == [file]


def test_a_replaced_file_keeps_its_rights_and_a_link_stays_a_link(tmp_path):
    file, link = tmp_path / "out.jsonl", tmp_path / "link.jsonl"
    file.write_bytes(b"before")
    file.chmod(0o640)
    link.symlink_to(file)
    with open_output(str(link)) as output:
        output.write(b"after")
    assert link.is_symlink()
    assert file.read_bytes() == b"after"
    assert file.stat().st_mode & 0o777 == 0o640


def test_a_new_file_has_the_rights_that_new_files_have(tmp_path):
    (tmp_path / "other").touch()
    with open_output(str(tmp_path / "out.jsonl")):
        pass
    assert (tmp_path / "out.jsonl").stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_an_error_and_a_device_is_never_replaced():
    no_space = pytest.raises(OutputError, match=r"/dev/full cannot be written: No space left")
    with no_space, open_output("/dev/full") as output:
        output.write(LINES)
    assert Path("/dev/full").is_char_device()
    with open_output("/dev/null") as output:
        output.write(LINES)
    assert Path("/dev/null").is_char_device()


def test_an_output_without_a_folder_is_refused_with_the_way_out(tmp_path):
    with pytest.raises(OutputError, match="mkdir -p"), open_output(str(tmp_path / "new" / "out.jsonl")):
        pass
    with pytest.raises(OutputError, match="is a folder"), open_output(str(tmp_path)):
        pass


def test_one_file_under_two_names_is_one_file(tmp_path):
    file, link = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    file.touch()
    link.symlink_to(file)
    assert same_file(str(file), str(link))
    assert same_file(str(tmp_path / "new"), str(tmp_path / "x" / ".." / "new"))
    assert not same_file("-", "-")
    assert not same_file(str(file), str(tmp_path / "c.jsonl"))
