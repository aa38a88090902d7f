"""Spark, in this process with four partitions: the same answer as on one machine."""

import datetime
import decimal
import gzip
import importlib
import importlib.util
import json
import os
import random
import re
import shutil
import signal
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from conftest import ROOT

import dedupe_news
from dedupe_news import InputError, MissingExtraError, WorkerError
from dedupe_news.adapters import arrow
from dedupe_news.intake import text_id
from dedupe_news.match.candidates import candidate_pairs
from dedupe_news.match.columns import TextList, fingerprint_columns
from dedupe_news.match.scratch import MemoryScratch
from dedupe_news.options import MatchOptions
from dedupe_news.pipeline import stages
from dedupe_news.pipeline.frames import USUAL_COLUMNS, VERDICT_COLUMNS

NEWS = MatchOptions()
REUTERS = Path(os.environ.get("NEWS_DATA", ROOT.parent / "shared" / "data")) / "reuters.jsonl.gz"

if importlib.util.find_spec("pyspark") is None:
    pytest.skip("needs: pip install 'dedupe-news[spark]'", allow_module_level=True)
if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
    pytest.skip("needs Java 17: apt-get install openjdk-17-jre-headless", allow_module_level=True)

adapter = importlib.import_module("dedupe_news.adapters.spark")
candidates, components, stories, tables = (
    importlib.import_module(f"dedupe_news.adapters.spark.{name}")
    for name in ("candidates", "components", "stories", "tables")
)


@pytest.fixture(scope="module")
def session():
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {
        "spark.master": "local[2]",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.default.parallelism": "4",
        "spark.sql.shuffle.partitions": "4",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "300",
        "spark.sql.autoBroadcastJoinThreshold": "-1",
        # A hundred queries of a few rows: planning and compiling them takes longer than what they do, and
        # adapted to their size all would run in one partition.
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }
    builder = SparkSession.builder
    for name, value in settings.items():
        builder = builder.config(name, value)
    handler = signal.getsignal(signal.SIGINT)
    session = builder.getOrCreate()
    signal.signal(signal.SIGINT, handler)  # PySpark puts its own there, and other tests ask for Ctrl-C
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


def words(rng, number, vocabulary=3000):
    return [f"w{rng.randrange(vocabulary)}" for _ in range(number)]


def the_pile(seed=7):
    """Return texts in which every rule has something to do."""
    rng = random.Random(seed)
    stories = [words(rng, 150) for _ in range(20)]
    pile = [" ".join(story) for story in stories]
    for story in stories[:8]:  # near copies, excerpts
        for _ in range(3):
            copy = list(story)
            copy[rng.randrange(150)] = "another"
            pile.append(" ".join(copy))
        pile.append(" ".join(story[:60]))
    # A frame: what stands in five articles that are not related, and came alone.
    notice = words(rng, 50)
    pile += [" ".join([*words(rng, 70), *notice]) for _ in range(5)]
    pile.append(" ".join(notice))
    # Full buckets and common samples: a frame that sixty tell something else in.
    template = words(rng, 120)
    for _ in range(60):
        changed = list(template)
        for at in rng.sample(range(120), 4):
            changed[at] = f"x{rng.randrange(10_000)}"
        pile.append(" ".join(changed))
    # A chain: each is related to its neighbour, and the last not to the first.
    chain = words(rng, 400)
    pile += [" ".join(chain[start : start + 150]) for start in range(0, 240, 15)]
    pile += [pile[0].upper(), pile[1], pile[2], pile[2], "", "one word", "one word"]  # equal bodies
    rng.shuffle(pile)
    return pile


def verdicts(rows):
    return {row["row"]: tuple(row[name] for name in VERDICT_COLUMNS) for row in rows}


def as_rows(frame):
    return frame.toArrow().to_pylist()


def both(session, table, **options):
    """Return the verdicts of one machine and of Spark on the rows of a table."""
    frame = session.createDataFrame(table)  # in four partitions, in order
    told = adapter.dedupe(frame, annotate=True, **options)
    assert told.columns == [*table.column_names, *VERDICT_COLUMNS]
    return verdicts(arrow.dedupe(table, annotate=True, **options).to_pylist()), verdicts(as_rows(told))


def table_of(texts, **columns):
    return pa.table({"row": list(range(len(texts))), "text": texts, **columns})


def test_a_pile_as_on_one_machine(session):
    """Every rule has something to do, and one story came ten thousand times: a bucket like any other."""
    texts = the_pile()
    rng = random.Random(1)
    story = words(rng, 60)
    texts += [" ".join([*story[:at], "changed", *story[at:]]) for at in range(30)]
    texts += [" ".join(story)] * 10_000
    ids = [f"{number * 7919 % 1000:03}-{number}" for number in range(len(texts))]
    dates = [["2020-11-09", "2020-11-10", None][number % 3] for number in range(len(texts))]
    again = [3, 40, 40]  # came again as they were
    table = table_of(
        [*texts, *(texts[at] for at in again), None],
        id=[*ids, *(ids[at] for at in again), "no text"],
        published=[*dates, *(dates[at] for at in again), None],
    )
    local, spark = both(session, table, clean=None)
    assert spark == local
    kinds = Counter(relation for _, relation, _, _ in local.values())
    assert kinds >= Counter({None: 30, "near": 10_000, "exact": 3, "contained": 5})


def test_without_ids_as_on_one_machine(session, monkeypatch):
    """Some come without an id, equal texts among them; and no component is small enough for one task."""
    monkeypatch.setattr(stories, "MOST_MEMBERS", 3)
    peeled = []
    peel = stories._Stories._peeled
    monkeypatch.setattr(stories._Stories, "_peeled", lambda *args: peeled.append(peel(*args)) or peeled[-1])
    texts = [*the_pile(8), *["A line that many have."] * 40]
    taken = {5: text_id(texts[-1]), 6: f"{text_id(texts[-1])}-3", 7: "abcdef0123456789-2"}
    table = table_of(
        texts,
        id=[taken.get(number) for number in range(len(texts))],
        section=[["sport", None, "arts"][number % 3] for number in range(len(texts))],
    )
    local, spark = both(session, table, clean=None, match="noisy")
    assert spark == local
    assert peeled


@pytest.mark.skipif(not REUTERS.exists(), reason="the articles are not here")
def test_reuters_as_on_one_machine(session):
    with gzip.open(REUTERS, "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines][:4000]
    texts = [record.get("text") or "\n\n".join(record["paragraphs"]) for record in records]
    local, spark = both(session, table_of(texts, id=[record["id"] for record in records]), id="id")
    assert spark == local
    assert sum(relation is not None for _, relation, _, _ in local.values()) > 80


def test_candidates_are_those_of_one_machine(session):
    texts = sorted({text.lower() for text in the_pile(9)})
    columns = fingerprint_columns(TextList(texts), NEWS, num_threads=1, scratch=MemoryScratch())
    pairs = candidate_pairs(columns, np.arange(len(texts)), NEWS, num_threads=1, scratch=MemoryScratch())
    [batch] = table_of(texts).to_batches()
    [read] = stages.read_articles(batch, None, NEWS)
    places = {key: place for place, key in enumerate(sorted(read.column("key").to_pylist()))}
    place_of = [places[key] for key in read.column("key").to_pylist()]
    assert len(places) == len(texts)
    bodies = pa.Table.from_batches([read]).append_column("place", pa.array(place_of, pa.int64()))
    found = candidates.candidate_pairs(session.createDataFrame(bodies), NEWS, len(texts))
    expected = {tuple(sorted((place_of[left], place_of[right]))) for left, right in pairs.read().tolist()}
    assert {(row.left, row.right) for row in found.collect()} == expected
    assert len(expected) > 300


def test_components_are_those_of_a_walk(session, tmp_path):
    rng = random.Random(5)
    edges = {tuple(sorted(rng.sample(range(60), 2))) for _ in range(35)} | {
        (at, at + 1) for at in range(100, 120)
    }
    frame = session.createDataFrame(sorted(edges), "left long, right long")
    found = components.components(frame, tables.Aside(session, str(tmp_path))).collect()
    smallest = {place: place for edge in edges for place in edge}
    for _ in smallest:
        for left, right in edges:
            smallest[left] = smallest[right] = min(smallest[left], smallest[right])
    assert {(row.place, row.component) for row in found} == set(smallest.items())
    assert len(list(tmp_path.glob("dedupe-news-*/*-stars"))) >= 2  # put aside as files


def test_clean_columns_are_those_of_arrow_and_all_others_stay(session):
    from pyspark.sql import types

    schema = types.StructType(
        [
            types.StructField("body", types.StringType()),
            types.StructField("title", types.StringType()),
            types.StructField("tags", types.ArrayType(types.StringType())),
            types.StructField("seen", types.MapType(types.StringType(), types.IntegerType()), nullable=False),
            types.StructField("day", types.DateType()),
            types.StructField("price", types.DecimalType(9, 2)),
        ]
    )
    story = "The ferry to Polquin leaves at nine from the northern quay, where the old boats lie.\u200b"
    day, price = datetime.date(2020, 11, 9), decimal.Decimal("1.50")
    rows = [
        (story * 3, None, ["a", None], {"x": 1}, day, price),
        (None, "no text", None, {}, None, None),
        ("One line.", "A title", [], {"y": None}, day, price),
    ]
    frame = session.createDataFrame(rows, schema)
    cleaned = adapter.clean(frame, text="body", columns=["title", "text", "edits", "paragraphs"])
    assert cleaned.schema["seen"] == schema["seen"]
    assert cleaned.columns == [*frame.columns, "text", "edits", "paragraphs"]
    expected = arrow.clean(frame.toArrow(), text="body", columns=["title", "text", "edits", "paragraphs"])
    assert as_rows(cleaned) == expected.to_pylist()
    assert as_rows(cleaned)[0]["text"].startswith("The ferry")
    assert as_rows(cleaned)[0]["edits"]
    prefixed = adapter.clean(frame, text="body", prefix="clean_")
    assert prefixed.columns == [*frame.columns, *(f"clean_{name}" for name in USUAL_COLUMNS)]


def test_the_quick_start_of_the_readme(session, tmp_path, capsys):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    [example] = re.findall(r"^```python\n(from pyspark.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    assert len(example.strip().splitlines()) <= 10
    said = re.search(r"# (.*)$", example, re.MULTILINE)[1]
    # Spark takes relative paths from where it was started, and this session was started elsewhere.
    example = example.replace('"examples/', f'"{ROOT}/examples/').replace(
        '"stories"', f'"{tmp_path}/stories"'
    )
    exec(compile(example, "README.md", "exec"), {})
    assert capsys.readouterr().out.strip() == said
    stories = session.read.parquet(f"{tmp_path}/stories")
    local = dedupe_news.dedupe(
        [row.asDict() for row in session.read.json(f"{ROOT}/examples/pile.jsonl").collect()]
    )
    assert {row.text for row in stories.collect()} == {document.original for document in local.documents}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"text": "body"}, r"no column 'body' \(text=\); its columns are: row, id, text"),
        ({"text": "row"}, r"column 'row' \(text=\) must hold text"),
        (
            {"prefix": "Row_", "columns": ["title"]},
            r"'row_title', which Spark does not tell from 'Row_title'",
        ),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_computed(session, options, message):
    frame = session.range(1).selectExpr("id as row", "'a' as id", "'b' as text", "'c' as row_title")
    with pytest.raises(InputError, match=message):
        adapter.dedupe(frame, **options)


def test_two_articles_with_one_id_are_an_error_that_names_it(session):
    rows = [("a", "one text"), ("b", "another"), ("a", "one text"), ("a", "a third")]
    with pytest.raises(InputError, match=r"id 'a' .* is another article's already.*id=False"):
        adapter.dedupe(session.createDataFrame(rows, "id string, text string"))


def test_what_is_no_dataframe_is_refused():
    with pytest.raises(InputError, match=r"expected a pyspark.sql.DataFrame, got list"):
        adapter.dedupe([])


def test_a_missing_package_is_asked_for_by_the_extra_that_brings_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(MissingExtraError, match=r"pyspark .*pip install 'dedupe-news\[spark\]'"):
        adapter.clean([])


def test_executors_with_another_version_are_refused(session, monkeypatch):
    monkeypatch.setattr(tables, "__version__", "99")
    with pytest.raises(WorkerError, match=r"the executors have dedupe-news .*, and here it is 99; install"):
        adapter.dedupe(session.createDataFrame([("a", "b")], "id string, text string"))
