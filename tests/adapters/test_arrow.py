"""What Arrow has and others have not: chunks, types of text, notes on columns."""

from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tools import arrow_table

from dedupe_news import InputError
from dedupe_news.adapters import arrow as adapter

STORY = " ".join(f"word{letter}{tail}" for letter in "abcdefghij" for tail in "klmnopqrst")
OTHER = " ".join(f"other{letter}{tail}" for letter in "abcdefghij" for tail in "klmnopqrst")
TEXTS = [STORY, STORY + " and more", OTHER, "Short.", "Short.", "", None]


def in_chunks(table, cuts):
    starts = [0, *sorted(cut % (len(table) + 1) for cut in cuts), len(table)]
    pieces = [table.slice(start, end - start) for start, end in pairwise(starts)]
    return pa.Table.from_batches(
        [
            batch
            for piece in pieces
            for batch in piece.to_batches() or [pa.RecordBatch.from_pylist([], table.schema)]
        ],
        table.schema,
    )


@settings(max_examples=25)
@given(st.lists(st.sampled_from(TEXTS), max_size=9), st.lists(st.integers(0, 9), max_size=4))
def test_how_a_table_is_cut_into_chunks_changes_nothing(texts, cuts):
    table = arrow_table([{"row": number, "text": text} for number, text in enumerate(texts)], ["row", "text"])
    cut = in_chunks(table, cuts)
    assert adapter.dedupe(cut).equals(adapter.dedupe(table))
    assert adapter.dedupe(cut, annotate=True).equals(adapter.dedupe(table, annotate=True))
    assert adapter.clean(cut).equals(adapter.clean(table))


TEXT_TYPES = {
    "string": (pa.string(), pa.string()),
    "large string": (pa.large_string(), pa.large_string()),
    "string view": (pa.string_view(), pa.string_view()),
    "dictionary": (pa.dictionary(pa.int8(), pa.string()), pa.string()),
    "null": (pa.null(), pa.string()),
}


@pytest.mark.parametrize(("of", "new"), TEXT_TYPES.values(), ids=list(TEXT_TYPES))
def test_new_texts_are_of_the_type_of_the_texts(of, new):
    texts = [None, None] if of == pa.null() else [STORY, None]
    array = (
        pa.array(texts, pa.string()).dictionary_encode()
        if pa.types.is_dictionary(of)
        else pa.array(texts, of)
    )
    if of == pa.string_view() and int(pa.__version__.partition(".")[0]) < 18:
        pytest.skip("this Arrow cannot cast it")
    table = pa.table({"text": array})
    cleaned = adapter.clean(table, prefix="clean_")
    assert {field.type for field in cleaned.schema if field.name != "text"} == {new}
    assert cleaned["clean_text"].to_pylist() == texts
    annotated = adapter.dedupe(table, annotate=True)
    assert annotated.schema.field("canonical_id").type == new


def test_notes_on_the_table_and_its_columns_stay():
    field = pa.field("text", pa.string(), metadata={"of": "a scraper"})
    table = pa.table([pa.array([STORY, STORY])], schema=pa.schema([field], metadata={"made": "today"}))
    for made in (
        adapter.dedupe(table),
        adapter.dedupe(table, annotate=True),
        adapter.clean(table, prefix="c"),
    ):
        assert made.schema.metadata == {b"made": b"today"}
        assert made.schema.field("text").metadata == {b"of": b"a scraper"}


def test_foreign_columns_of_one_name_are_no_hindrance_unless_they_would_be_replaced():
    table = pa.table([pa.array([STORY]), pa.array([1]), pa.array([2])], names=["text", "n", "n"])
    assert adapter.dedupe(table, annotate=True).column_names[:3] == ["text", "n", "n"]
    table = table.rename_columns(["text", "body", "body"])
    with pytest.raises(InputError, match=r"2 columns 'body', of which none can be replaced; .*prefix="):
        adapter.clean(table)


def test_a_reader_is_cleaned_batch_after_batch():
    read = []

    def batches():
        for text in (STORY, OTHER):
            read.append(text)
            yield pa.record_batch({"text": [text]})

    reader = pa.RecordBatchReader.from_batches(pa.schema({"text": pa.string()}), batches())
    cleaned = adapter.clean(reader)
    assert cleaned.read_next_batch().num_rows == 1
    assert read == [STORY]


def test_which_of_equal_nameless_rows_is_kept_does_not_depend_on_their_order():
    odd = pa.array([1, None, 2**62, 4], pa.duration("ns"))
    table = pa.table({"n": [1, 2, 3, 4], "text": [STORY] * 4, "odd": odd})
    kept = {adapter.dedupe(table.take([*range(at, 4), *range(at)]))["n"].to_pylist()[0] for at in range(4)}
    assert len(kept) == 1


def test_the_date_may_be_one_or_a_moment_and_the_earlier_stands_for_the_later():
    for of in (pa.date32(), pa.timestamp("s"), pa.timestamp("ns", "Asia/Shanghai")):
        table = pa.table({"text": [STORY, STORY], "n": [1, 2], "day": pa.array([18_000, 17_000], pa.int32())})
        table = table.set_column(2, "day", table["day"].cast(pa.date32()).cast(of))
        assert adapter.dedupe(table, date="day")["n"].to_pylist() == [2]
