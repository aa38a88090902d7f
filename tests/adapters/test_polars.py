"""What Polars has and others have not: categories known beforehand, frames that are only planned."""

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe_news import InputError
from dedupe_news.adapters import polars as adapter

pl = pytest.importorskip("polars", reason="needs: pip install 'dedupe-news[polars]'")
from polars.testing import assert_frame_equal  # noqa: E402

STORY = " ".join(f"word{letter}{tail}" for letter in "abcdefghij" for tail in "klmnopqrst")
OTHER = " ".join(f"other{letter}{tail}" for letter in "abcdefghij" for tail in "klmnopqrst")
TEXTS = [STORY, STORY + " and more", OTHER, "Short.", "Short.", "", None]
WHEN = datetime.datetime(2020, 11, 9)

FOREIGN = {
    "ints": ([1, None, 3], pl.Int8),
    "floats": ([1.5, None, float("nan")], pl.Float32),
    "decimals": ([1, None, 3], pl.Decimal(10, 2)),
    "moments": ([WHEN, None, WHEN], pl.Datetime("ns", "Asia/Shanghai")),
    "days": ([WHEN.date(), None, WHEN.date()], pl.Date),
    "categories": (["x", None, "y"], pl.Categorical),
    "known categories": (["x", None, "y"], pl.Enum(["y", "x"])),
    "lists": ([[1], None, []], pl.List(pl.Int64)),
    "structs": ([{"a": 1}, None, {"a": None}], pl.Struct({"a": pl.Int64})),
    "bytes": ([b"\xff", None, b""], pl.Binary),
    "nulls": ([None, None, None], pl.Null),
    "objects": ([{"a"}, None, object], pl.Object),
}
TEXT_TYPES = [pl.String, pl.Categorical, pl.Enum([text for text in dict.fromkeys(TEXTS) if text is not None])]


def foreign(name, size):
    values, dtype = FOREIGN[name]
    return pl.Series(name, (values * size)[:size], dtype=dtype)


@st.composite
def frames(draw):
    texts = draw(st.lists(st.sampled_from(TEXTS), max_size=9))
    columns = [
        foreign(name, len(texts)) for name in draw(st.lists(st.sampled_from(sorted(FOREIGN)), unique=True))
    ]
    text = pl.Series("text", texts, dtype=pl.String).cast(draw(st.sampled_from(TEXT_TYPES)))
    columns.insert(draw(st.integers(0, len(columns))), text)
    return pl.DataFrame(columns)


def same(left, right):
    """Whether two frames are equal; objects have no equality that Polars knows."""
    assert left.schema == right.schema
    objects = [name for name, dtype in left.schema.items() if dtype == pl.Object]
    assert_frame_equal(left.drop(objects), right.drop(objects))
    assert all(left[name].to_list() == right[name].to_list() for name in objects)


@settings(max_examples=25)
@given(frames())
def test_order_types_and_foreign_columns_stay(frame):
    annotated = adapter.dedupe(frame, annotate=True)
    same(annotated.select(frame.columns), frame)
    told = {name: annotated.schema[name] for name in annotated.columns[len(frame.columns) :]}
    assert told == {
        "canonical_id": pl.String,
        "relation": pl.String,
        "jaccard": pl.Float64,
        "containment": pl.Float64,
    }
    if "objects" not in frame.columns:  # Polars cannot filter these
        assert_frame_equal(adapter.dedupe(frame), frame.filter(annotated["relation"].is_null()))
    cleaned = adapter.clean(frame, prefix="clean_", columns=["title", "text"])
    same(cleaned.select(frame.columns), frame)
    assert cleaned.schema["clean_text"] == pl.String


def test_objects_of_python_are_kept_too():
    frame = pl.DataFrame([pl.Series("text", [STORY, STORY]), pl.Series("n", [{1}, {2}], dtype=pl.Object)])
    assert adapter.dedupe(frame)["n"].to_list() in ([{1}], [{2}])


@pytest.mark.parametrize("dtype", [pl.Categorical, pl.Enum(["b", "a", "c"]), pl.String])
def test_ids_come_back_in_their_type(dtype):
    frame = pl.DataFrame({"id": pl.Series(["b", "a", "c"]).cast(dtype), "text": [STORY, STORY, None]})
    told = adapter.dedupe(frame, annotate=True)["canonical_id"]
    assert told.dtype == frame["id"].dtype
    assert told.to_list() == ["a", "a", None]


def test_articles_whose_id_is_missing_are_called_by_their_texts():
    frame = pl.DataFrame({"id": [1, None, None], "text": [STORY, OTHER, OTHER]})
    told = adapter.dedupe(frame, annotate=True)["canonical_id"].to_list()
    assert told[0] == "1"
    assert told[1] == told[2]


def test_a_plan_does_nothing_until_it_is_collected():
    frame = pl.DataFrame({"n": [3, 2, 1], "text": [STORY, OTHER, STORY]})
    done = []
    source = frame.lazy().map_batches(lambda eager: (done.append(eager), eager)[1], schema=frame.schema)
    plan = adapter.dedupe(adapter.clean(source, columns=["title"], prefix="clean_"), annotate=True)
    assert not done
    assert plan.collect_schema()["jaccard"] == pl.Float64
    assert_frame_equal(
        plan.collect(),
        adapter.dedupe(adapter.clean(frame, columns=["title"], prefix="clean_"), annotate=True),
    )


def test_what_is_asked_of_a_plan_afterwards_does_not_change_it():
    frame = pl.DataFrame({"n": [3, 2, 1], "text": [STORY, OTHER, STORY]})
    eager = adapter.dedupe(frame, annotate=True)
    plan = adapter.dedupe(frame.lazy(), annotate=True)
    assert_frame_equal(plan.filter(pl.col("n") == 3).collect(), eager.filter(pl.col("n") == 3))
    assert_frame_equal(plan.select("relation").collect(), eager.select("relation"))
    assert_frame_equal(plan.head(1).collect(), eager.head(1))


def test_a_plan_cannot_know_that_ids_are_missing_and_says_so():
    plan = adapter.dedupe(pl.LazyFrame({"id": [1, None], "text": [STORY, OTHER]}), annotate=True)
    with pytest.raises((InputError, pl.exceptions.ComputeError), match="cast the ids to text before"):
        plan.collect()


def test_a_missing_column_is_told_before_a_plan_is_collected():
    with pytest.raises(InputError, match="no column 'body'"):
        adapter.dedupe(pl.LazyFrame({"text": [STORY]}), text="body")


def test_a_column_of_objects_is_no_text():
    frame = pl.DataFrame([pl.Series("text", [object()], dtype=pl.Object)])
    with pytest.raises(
        InputError, match=r"column 'text' \(text=\) must hold text: it holds objects of Python"
    ):
        adapter.clean(frame)
