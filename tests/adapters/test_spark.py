"""Spark, in this process with four partitions: the same answer as on one machine."""

import gzip
import importlib
import importlib.util
import json
import os
import random
import shutil
import sys
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from conftest import ROOT

from dedupe_news.adapters import arrow
from dedupe_news.intake import text_id
from dedupe_news.match.candidates import candidate_pairs
from dedupe_news.match.columns import TextList, fingerprint_columns
from dedupe_news.match.scratch import MemoryScratch
from dedupe_news.options import MatchOptions
from dedupe_news.pipeline import stages
from dedupe_news.pipeline.frames import VERDICT_COLUMNS

NEWS = MatchOptions()
REUTERS = ROOT.parent / "shared" / "data" / "reuters.jsonl.gz"

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
    session = builder.getOrCreate()
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
    assert kinds >= Counter({None: 30, "exact": 10_000, "near": 20, "contained": 5})


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
    assert len(peeled) > 1


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
