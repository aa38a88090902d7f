"""What pandas has and others have not: an index, labels of any kind, a dozen kinds of text and of nothing."""

import datetime
import pickle

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe_news import InputError
from dedupe_news.adapters import pandas as adapter

pd = pytest.importorskip("pandas", reason="needs: pip install 'dedupe-news[pandas]'")
from pandas.testing import assert_frame_equal  # noqa: E402

STORY = " ".join(f"word{letter}{tail}" for letter in "abcdefghij" for tail in "klmnopqrst")
OTHER = " ".join(f"other{letter}{tail}" for letter in "abcdefghij" for tail in "klmnopqrst")
TEXTS = [STORY, STORY + " and more", OTHER, "Short.", "Short.", "", None]


class Odd:
    """A thing that Arrow knows nothing of."""

    def __repr__(self):
        return "odd"


FOREIGN = {
    "ints": lambda size: np.arange(size),
    "small ints": lambda size: np.arange(size, dtype="int8"),
    "floats": lambda size: pd.Series([1.5, np.nan, np.inf, -0.0] * size).head(size).array,
    "bools": lambda size: np.arange(size) % 2 == 0,
    "nullable ints": lambda size: pd.array(([1, None, 2**60] * size)[:size], dtype="Int64"),
    "nullable bools": lambda size: pd.array(([True, None] * size)[:size], dtype="boolean"),
    "arrow strings": lambda size: pd.array((["a", None] * size)[:size], dtype=pd.ArrowDtype(pa.string())),
    "arrow lists": lambda size: pd.array(([[1], None] * size)[:size], dtype=pd.ArrowDtype(pa.list_(pa.int64()))),
    "categories": lambda size: pd.Categorical((["x", None, "y"] * size)[:size], ["y", "x", "z"], ordered=True),
    "moments": lambda size: pd.date_range("2020-11-09", periods=size, freq="h", tz="Asia/Shanghai"),
    "days": lambda size: pd.Series([datetime.date(2020, 11, 9), None] * size, dtype=object).head(size).array,
    "durations": lambda size: pd.to_timedelta(np.arange(size), unit="s"),
    "periods": lambda size: pd.period_range("2020-11", periods=size, freq="M"),
    "intervals": lambda size: pd.interval_range(0, periods=size),
    "complex": lambda size: np.arange(size) * 1j,
    "sparse": lambda size: pd.arrays.SparseArray(np.arange(size) % 3),
    "objects": lambda size: pd.Series([Odd, ["x"], {"a": 1}, None, 3, "t"] * size, dtype=object).head(size).array,
}
INDEXES = {
    "default": lambda size: None,
    "repeated": lambda size: ["a"] * size,
    "named moments": lambda size: pd.date_range("2020-11-09", periods=size, name="when"),
    "of two levels": lambda size: pd.MultiIndex.from_arrays([range(size), ["a"] * size], names=["n", None]),
}


@st.composite
def frames(draw):
    texts = draw(st.lists(st.sampled_from(TEXTS), max_size=9))
    names = draw(st.lists(st.sampled_from(sorted(FOREIGN)), unique=True, max_size=5))
    data = {name: FOREIGN[name](len(texts)) for name in names}
    dtype = draw(st.sampled_from(["object", "string", "category", pd.ArrowDtype(pa.large_string())]))
    place = draw(st.integers(0, len(names)))
    items = list(data.items())
    items.insert(place, ("text", pd.Series(texts, dtype="object").astype(dtype).array))
    frame = pd.DataFrame(dict(items))
    index = draw(st.sampled_from(sorted(INDEXES)))
    if index != "default":
        frame.index = INDEXES[index](len(texts))
    frame.attrs["of"] = "a scraper"
    return frame


@settings(max_examples=25)
@given(frames())
def test_index_order_dtypes_and_foreign_columns_stay(frame):
    before = pickle.loads(pickle.dumps(frame.drop(columns=["objects"], errors="ignore")))
    annotated = adapter.dedupe(frame, annotate=True)
    assert_frame_equal(annotated[list(frame.columns)], frame, check_freq=False)
    assert list(annotated.columns[len(frame.columns) :]) == [
        "canonical_id",
        "relation",
        "jaccard",
        "containment",
    ]
    kept = adapter.dedupe(frame)
    assert_frame_equal(kept, frame[annotated["relation"].isna().to_numpy()], check_freq=False)
    cleaned = adapter.clean(frame, prefix="clean_", columns=["title", "text"])
    assert_frame_equal(cleaned[list(frame.columns)], frame, check_freq=False)
    assert kept.attrs == cleaned.attrs == annotated.attrs == frame.attrs
    assert_frame_equal(frame.drop(columns=["objects"], errors="ignore"), before)


DTYPES = {
    "object": "object",
    "string": "string",
    "string[python]": "string[python]",
    "of Arrow": pd.ArrowDtype(pa.string()),
    "large, of Arrow": pd.ArrowDtype(pa.large_string()),
}


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=list(DTYPES))
def test_new_texts_are_of_the_dtype_of_the_texts(dtype):
    frame = pd.DataFrame({"text": pd.Series([STORY, None, STORY], dtype=dtype)})
    cleaned = adapter.clean(frame)
    assert {str(of) for of in cleaned.dtypes} == {str(frame["text"].dtype)}
    annotated = adapter.dedupe(frame, annotate=True)
    told = annotated.dtypes[["canonical_id", "relation"]]
    assert {str(of) for of in told} == {str(frame["text"].dtype)}
    assert annotated["relation"].tolist()[2] == "exact"
    assert annotated["jaccard"].isna().tolist() == [True, True, False]
    assert annotated["jaccard"].dtype.kind == "f"


def test_texts_of_categories_are_cleaned_into_plain_ones():
    frame = pd.DataFrame({"text": pd.Series([STORY, None], dtype="object").astype("category")})
    cleaned = adapter.clean(frame, columns=["text"], prefix="clean_")
    assert cleaned["clean_text"].dtype == frame["text"].cat.categories.dtype
    assert cleaned["clean_text"].tolist()[0] == STORY


IDS = {
    "int64": ([7, 8, 9, 10], "int64"),
    "uint8": ([7, 8, 9, 10], "uint8"),
    "Int32": ([7, 8, 9, 10], "Int32"),
    "category": (["d", "c", "b", "a"], "category"),
    "object": (["d", "c", "b", "a"], "object"),
    "objects that are ints": ([7, 8, 9, 10], "object"),
    "of Arrow": ([7, 8, 9, 10], pd.ArrowDtype(pa.int32())),
}


@pytest.mark.parametrize(("ids", "dtype"), IDS.values(), ids=list(IDS))
def test_ids_come_back_in_their_dtype(ids, dtype):
    texts = [STORY, OTHER, STORY, OTHER]
    frame = pd.DataFrame({"id": pd.Series(ids, dtype=dtype), "text": texts})
    told = adapter.dedupe(frame, annotate=True)["canonical_id"]
    assert told.dtype == frame["id"].dtype
    first, second = min(ids[0], ids[2], key=str), min(ids[1], ids[3], key=str)
    assert told.tolist() == [first, second, first, second]


def test_ids_that_cannot_be_missing_become_such_that_can_where_a_text_is_missing():
    frame = pd.DataFrame({"id": [1, 2], "text": [STORY, None]})
    told = adapter.dedupe(frame, annotate=True)["canonical_id"]
    assert str(told.dtype) == "Int64"
    assert told.isna().tolist() == [False, True]


def test_articles_whose_number_is_missing_are_called_by_their_texts():
    frame = pd.DataFrame({"id": pd.array([1, None, None], dtype="Int64"), "text": [STORY, OTHER, OTHER]})
    told = adapter.dedupe(frame, annotate=True)["canonical_id"].tolist()
    assert told[0] == "1"
    assert told[1] == told[2]
    assert len(told[1].partition("-")[0]) == 16


def test_labels_may_be_anything():
    frame = pd.DataFrame([["a", STORY, 1.0], ["b", STORY, 2.0]], columns=[0, 1, ("x", 2)])
    told = adapter.dedupe(frame, text=1, id=0, annotate=True)
    assert told["canonical_id"].tolist() == ["a", "a"]
    frame.columns = pd.MultiIndex.from_tuples([("of", "id"), ("of", "text"), ("", "n")])
    told = adapter.clean(frame, text=("of", "text"), columns=["text"], prefix="clean ")
    assert told.columns.tolist() == [*frame.columns, ("clean text", "")]


def test_foreign_columns_of_one_name_are_no_hindrance_unless_they_would_be_replaced():
    frame = pd.DataFrame([[STORY, 1, 2]], columns=["text", "n", "n"])
    assert adapter.dedupe(frame, annotate=True).columns.tolist()[:3] == ["text", "n", "n"]
    frame.columns = ["text", "body", "body"]
    with pytest.raises(InputError, match=r"2 columns 'body', of which none can be replaced; .*prefix="):
        adapter.clean(frame)
    frame.columns = ["text", "text", "n"]
    with pytest.raises(InputError, match=r"2 columns 'text' \(text=\); its columns are: text, text, n"):
        adapter.clean(frame)


@pytest.mark.parametrize(
    ("value", "said"),
    [(["x"], "row 1 holds list"), (3, "row 1 holds int"), ("\ud800", "row 1 holds half of a character")],
)
def test_a_text_that_is_none_is_named_with_its_row(value, said):
    frame = pd.DataFrame({"text": pd.Series([STORY, value, None, np.nan], dtype="object")})
    with pytest.raises(InputError, match=rf"column 'text' \(text=\) must hold text: {said}"):
        adapter.clean(frame)


def test_a_column_without_any_text_is_no_error():
    frame = pd.DataFrame({"text": [np.nan, np.nan], "n": [1, 2]})
    assert len(adapter.dedupe(frame)) == 2
    assert adapter.clean(frame, columns=["text"], prefix="clean_")["clean_text"].isna().all()


def test_a_result_can_be_written_to_without_a_warning():
    frame = pd.DataFrame({"text": [STORY, STORY], "n": [1, 2]})
    kept = adapter.dedupe(frame)
    kept["n"] = 5
    kept.loc[:, "n"] = 6
    cleaned = adapter.clean(frame)
    cleaned.loc[0, "text"] = "x"
    assert frame["n"].tolist() == [1, 2]
    assert frame["text"].tolist() == [STORY, STORY]


def test_a_kind_of_frame_of_its_own_stays_that_kind():
    class Own(pd.DataFrame):
        @property
        def _constructor(self):
            return Own

    frame = Own({"text": [STORY, STORY]})
    assert type(adapter.dedupe(frame)) is type(adapter.clean(frame)) is Own


@settings(max_examples=25)
@given(st.permutations(range(8)))
def test_which_of_equal_nameless_rows_is_kept_does_not_depend_on_their_order(order):
    frame = pd.DataFrame(
        {
            "text": [STORY] * 4 + [OTHER] * 4,
            "section": pd.Categorical(["a", "b", None, "d"] * 2),
            "n": range(8),
            "odd": pd.Series([Odd(), 1, None, "x"] * 2, dtype="object"),
        }
    )
    kept = adapter.dedupe(frame.iloc[list(order)].reset_index(drop=True))
    assert set(kept["n"]) == set(adapter.dedupe(frame)["n"])
