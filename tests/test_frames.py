"""Columns in, columns out: batches, processes, and what travels between them."""

import pickle

import pyarrow as pa
import pytest

from dedupe_news import CleanOptions, OptionError
from dedupe_news.adapters import arrow
from dedupe_news.pipeline import frame_batches, frames
from dedupe_news.pipeline.frames import CleanColumns, Fields, clean_batch, clean_columns, receive

STORY = " ".join(f"word{letter}{tail}" for letter in "abcdefghij" for tail in "klmnopqrst")


def received(table):
    return receive(table.column_names, Fields(), table.column)


def test_what_a_worker_is_given_can_be_pickled():
    given = Fields("body", id=False), CleanColumns(CleanOptions(skip={"dash"}), ["text"], "clean_")
    assert pickle.loads(pickle.dumps(given)) == given


def test_a_batch_is_cleaned_as_the_table_it_is_of():
    table = pa.table({"text": [f"{STORY} {number}\u200b" for number in range(9)] + [None], "n": range(10)})
    whole = arrow.clean(table)
    batches = [clean_batch(batch, Fields(), CleanColumns()) for batch in table.to_batches(max_chunksize=4)]
    assert pa.Table.from_batches(batches).equals(whole)
    empty = clean_batch(table.to_batches()[0].slice(0, 0), Fields(), CleanColumns())
    assert empty.schema == whole.schema


def test_a_slice_takes_only_its_own_rows_to_another_process():
    batch = pa.record_batch({"text": [STORY] * 1000})
    sealed = frame_batches.Sealed(batch.slice(10, 2))
    written = pickle.dumps(sealed)
    assert len(written) < 10 * len(STORY)
    assert pickle.loads(written).batch.equals(batch.slice(10, 2))


@pytest.mark.parametrize("block_bytes", [1, 700, 5000, 10**9])
def test_batches_hold_all_rows_once_and_in_order(block_bytes):
    table = received(pa.table({"text": [STORY[:length] or None for length in range(0, 1000, 50)]})).table
    batches = list(frame_batches.cut_batches(table, block_bytes))
    assert pa.Table.from_batches(batches).equals(table.combine_chunks())
    assert all(batch.num_rows for batch in batches)
    assert len(batches) == {1: 20, 10**9: 1}.get(block_bytes, len(batches))


def test_several_processes_give_the_same(monkeypatch):
    monkeypatch.setattr(frames, "BLOCK_BYTES", 2000)
    table = pa.table(
        {"text": [f"{STORY} {'and' * (number % 3)}\u200b" for number in range(20)], "n": range(20)}
    )
    alone = arrow.dedupe(table, annotate=True, columns=["text", "edits"], prefix="clean_")
    assert arrow.dedupe(table, annotate=True, columns=["text", "edits"], prefix="clean_", jobs=2).equals(
        alone
    )
    assert arrow.clean(table, jobs=2).equals(arrow.clean(table))


def test_columns_are_named_once_and_may_be_one():
    assert CleanColumns(columns="text").columns == ("text",)
    assert CleanColumns(columns=["text", "text", "title"]).columns == ("text", "title")
    with pytest.raises(OptionError, match="columns names unknown ones: headline; known are title, byline, "):
        CleanColumns(columns=["headline"])


def test_half_a_character_made_by_a_rule_is_marked():
    column = frame_batches._array_of("text", [None], pa.string())
    assert column.null_count == 1

    class Half:
        text = "cut \ud83d"

    assert frame_batches._array_of("text", [Half], pa.string()).to_pylist() == ["cut \ufffd"]


def test_a_moment_that_python_cannot_hold_is_an_error_with_its_column():
    table = pa.table({"text": [STORY], "published": pa.array([2**62], pa.timestamp("s"))})
    with pytest.raises(Exception, match="the column of published cannot be read"):
        arrow.dedupe(table)


def test_nothing_is_asked_for_and_nothing_comes():
    table = pa.table({"text": [STORY, None]})
    assert arrow.clean(table, columns=[]).equals(table)
    assert clean_columns(received(table), CleanColumns(columns=[]), jobs=1).num_columns == 0
