"""What Hugging Face datasets have and others have not: features, formats, streams."""

import pickle

import pyarrow as pa
import pytest

from dedupe_news import InputError
from dedupe_news.adapters import datasets as adapter

hf = pytest.importorskip("datasets", reason="needs: pip install 'dedupe-news[datasets]'")

STORY = " ".join(f"word{letter}{tail}" for letter in "abcdefghij" for tail in "klmnopqrst")
OTHER = " ".join(f"other{letter}{tail}" for letter in "abcdefghij" for tail in "klmnopqrst")


@pytest.fixture(autouse=True, scope="module")
def quiet():
    hf.disable_progress_bars()


@pytest.fixture
def dataset():
    features = hf.Features(
        {
            "id": hf.Value("string"),
            "text": hf.Value("large_string"),
            "label": hf.ClassLabel(names=["sport", "city"]),
            "scores": {"first": hf.Value("float32")},
        }
    )
    rows = [
        {"id": "c", "text": STORY, "label": 0, "scores": {"first": 1.5}},
        {"id": "b", "text": OTHER, "label": 1, "scores": {"first": None}},
        {"id": None, "text": None, "label": None, "scores": {"first": 2.5}},
        {"id": "a", "text": STORY, "label": 1, "scores": {"first": 3.5}},
    ]
    return hf.Dataset.from_list(rows, features=features, split="train")


def test_features_split_and_rows_stay(dataset):
    for made in (
        adapter.dedupe(dataset, annotate=True),
        adapter.clean(dataset, prefix="clean_"),
        adapter.dedupe(dataset, columns=["title"], prefix="clean_"),
    ):
        assert {name: made.features[name] for name in dataset.features} == dict(dataset.features)
        assert made.split == dataset.split
        kept = [row for row in dataset if row["id"] in set(made["id"])]
        assert made.select_columns(dataset.column_names).to_list() == kept


def test_the_choice_and_order_of_rows_of_a_selection_is_kept(dataset):
    shuffled = dataset.select([3, 1, 0])
    assert adapter.dedupe(shuffled)["id"][:] == ["a", "b"]
    assert adapter.dedupe(shuffled, annotate=True)["canonical_id"][:] == ["a", "b", "a"]
    assert adapter.clean(shuffled, columns=["text"])["text"][:] == [STORY, OTHER, STORY]


@pytest.mark.parametrize("work", [adapter.clean, adapter.dedupe])
def test_the_format_stays(dataset, work):
    numbers = dataset.with_format("numpy", columns=["label"])
    made = work(numbers, columns=["title"], prefix="clean_")
    assert made.format["type"] == "numpy"
    assert set(made.format["columns"]) == {"label", "clean_title"}
    assert work(dataset.with_format("arrow")).format["type"] == "arrow"


def test_a_function_for_map_takes_lists_and_arrow_and_can_be_pickled(dataset):
    work = pickle.loads(pickle.dumps(adapter.batch_cleaner(columns=["text"], prefix="clean_")))
    lists = dataset.map(work, batched=True, batch_size=2)
    arrow = dataset.with_format("arrow").map(work, batched=True, batch_size=3).with_format(None)
    assert lists["clean_text"][:] == arrow["clean_text"][:] == dataset["text"][:]
    assert list(dataset.to_iterable_dataset().map(work, batched=True)) == lists.to_list()
    with pytest.raises(InputError, match="expected a batch as a dict of lists or an Arrow table, got list"):
        work([STORY])


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")  # it is theirs to fork
def test_cleaning_in_processes_gives_the_same(dataset):
    assert adapter.clean(dataset, jobs=2).to_list() == adapter.clean(dataset).to_list()


def test_streams_in_shards_give_the_same_as_the_dataset(dataset):
    stream = dataset.to_iterable_dataset(num_shards=3)
    assert list(adapter.dedupe(stream)) == adapter.dedupe(dataset).to_list()
    annotated = adapter.dedupe(stream, annotate=True)
    assert list(annotated) == list(annotated) == adapter.dedupe(dataset, annotate=True).to_list()
    assert annotated.features == adapter.dedupe(dataset, annotate=True).features
    assert list(adapter.clean(stream)) == adapter.clean(dataset).to_list()


def some_rows(texts):
    for number, text in enumerate(texts):
        yield {"n": number, "text": text}


def test_streams_without_known_features_do_as_well():
    stream = hf.IterableDataset.from_generator(some_rows, gen_kwargs={"texts": (STORY, OTHER, None, STORY)})
    assert stream.features is None
    kept = [row["n"] for row in adapter.dedupe(stream)]
    assert kept[:2] in ([0, 1], [1, 2])
    assert len(kept) == 3
    assert [row["body"] for row in adapter.clean(stream)] == [STORY, OTHER, None, STORY]


def more_every_time(path):
    path.write_text(path.read_text() + "x")
    for number in range(len(path.read_text())):
        yield {"text": f"Text {number}."}


def another_every_time(path):
    path.write_text(path.read_text() + "x")
    yield {"text": path.read_text()}


def fewer_every_time(path):
    path.write_text(path.read_text() + "x")
    for number in range(5 - len(path.read_text())):
        yield {"text": f"Text {number}."}


@pytest.mark.parametrize(
    ("generate", "said"),
    [
        (more_every_time, "row 1 of the stream is another"),
        (another_every_time, "row 0 of the stream is another"),
        (fewer_every_time, "the stream has 3 rows now, and had 4"),
    ],
)
def test_a_stream_that_gives_other_rows_the_second_time_is_an_error(generate, said, tmp_path):
    path = tmp_path / "count"
    path.write_text("")
    stream = hf.IterableDataset.from_generator(generate, gen_kwargs={"path": path})
    kept = adapter.dedupe(stream)
    with pytest.raises(InputError, match=said):
        list(kept)


def test_which_of_equal_nameless_rows_is_kept_does_not_depend_on_their_order():
    dataset = hf.Dataset(pa.table({"n": [1, 2, 3, 4], "text": [STORY] * 4}))
    for made in (lambda rows: rows, lambda rows: rows.to_iterable_dataset()):
        orders = [dataset.select([*range(at, 4), *range(at)]) for at in range(4)]
        assert len({row["n"] for order in orders for row in adapter.dedupe(made(order))}) == 1


def test_a_dict_of_splits_is_refused_with_what_to_do(dataset):
    with pytest.raises(InputError, match="got DatasetDict; give one of its splits"):
        adapter.dedupe(hf.DatasetDict({"train": dataset}))
