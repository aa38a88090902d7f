"""Measure Spark on this machine: what a run moves, keeps and computes, and what a large one would cost.

    python benchmarks/spark.py [ARTICLES.jsonl[.gz]] [--sizes 5000,20000] [--equal 1000000]

The articles are made of real ones (see `articles.make_articles`): an eighth are reprints with a word in a
hundred changed, or excerpts. Each size is one call of `adapters.spark.dedupe`, cleaning included, in a
process of its own, with two cores, and tables in between in a folder. What is shuffled is what Spark's own
log of events says; small tables are not handed to all, as large ones could not be. Seconds are those of
processors, of the Java process and of stages in Python: on a busy machine they stay what they are.
Starting, planning and compiling take the same for every size: what an article takes is the difference between
two sizes. One more run is of a single article that came a million times.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from pathlib import Path
from typing import Any

from archive import disk_of
from articles import described, iter_articles, num_bytes, read_articles
from match_growth import numbers
from process import in_new_process
from recording import header, write_record

PACKAGES = ("numba", "numpy", "pandas", "pyarrow", "pyspark")
SIZES = (5_000, 20_000)
EQUAL, EQUAL_CHARACTERS = 1_000_000, 600
SEED = 7
CORES = 2

# --- on paper ----------------------------------------------------------------------------------

MACHINE = {"cores": 16, "memory_gigabytes": 128, "disk_terabytes": 3.75, "dollars_an_hour": 1.4}
"""A machine as clouds have them, with disks of its own; the price is a round number to put yours in."""

BUSY = 0.6
"""Which part of the time cores compute: they also wait for shuffles, and for the last task of a stage."""

ROOM = 3.0
"""Times the largest shuffle and all tables fit on the disks: copies, spills, shuffles not yet forgotten."""

LARGE = {100_000_000: 10, 1_000_000_000: 40}
"""How many machines for how many articles."""


def an_article(record: Mapping[str, Any]) -> dict[str, float]:
    """Return what one more article takes, of a record of two sizes: seconds of a core, and bytes."""
    few, many = record["sizes"][0], record["sizes"][-1]
    more = many["articles"] - few["articles"]

    def slope(name: str) -> float:
        return (many[name] - few[name]) / more

    return {
        "seconds": slope("java_seconds") + slope("python_seconds"),
        "text_bytes": many["megabytes"] * 1e6 / many["articles"],
        "shuffled_bytes": sum(many["shuffled_megabytes"].values()) * 1e6 / many["articles"],
        "largest_shuffle_bytes": max(many["shuffled_megabytes"].values()) * 1e6 / many["articles"],
        "kept_bytes": many["kept_megabytes"] * 1e6 / many["articles"],
    }


def on_paper(record: Mapping[str, Any], num_articles: int, num_machines: int) -> dict[str, float]:
    """Return what a large run would take: terabytes, hours, dollars."""
    of = an_article(record)
    hours = of["seconds"] * num_articles / (num_machines * MACHINE["cores"] * BUSY) / 3600
    return {
        "articles": num_articles,
        "machines": num_machines,
        "text_terabytes": of["text_bytes"] * num_articles / 1e12,
        "shuffled_terabytes": of["shuffled_bytes"] * num_articles / 1e12,
        "kept_terabytes": of["kept_bytes"] * num_articles / 1e12,
        "disk_terabytes_needed": ROOM
        * (of["largest_shuffle_bytes"] + of["kept_bytes"])
        * num_articles
        / 1e12,
        "disk_terabytes": num_machines * MACHINE["disk_terabytes"],
        "hours": hours,
        "dollars": hours * num_machines * MACHINE["dollars_an_hour"],
    }


# --- measuring ---------------------------------------------------------------------------------


def measured(size: int, real: Sequence[str], folder: str, *, are_equal: bool = False) -> dict[str, Any]:
    """Return the figures of one run, in this process; of one article `size` times, if all are equal."""
    from pyspark.sql import SparkSession

    from dedupe_news.adapters import spark as adapter
    from dedupe_news.adapters.spark import candidates, tables
    from dedupe_news.adapters.spark import stories as stories_module

    os.environ["PYSPARK_PYTHON"] = sys.executable
    place = Path(folder)
    (place / "events").mkdir()
    text = real[0][:EQUAL_CHARACTERS]
    texts = repeat((text, 0, None), size) if are_equal else iter_articles(real, size, SEED)
    megabytes, made = write_pile(texts, size, place / "pile.parquet")
    builder = SparkSession.builder
    for name, value in _settings(size, place).items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    put = tables.Aside.put
    (place / "python").mkdir()
    mapped = tables.mapped

    def timed(frame: Any, stage: Any, schema: Any) -> Any:
        return mapped(frame, _timed(stage, str(place / "python")), schema)

    for module in (adapter.tables, candidates, stories_module):
        module.mapped = timed

    def told(aside: Any, frame: Any, name: str) -> Any:
        session.sparkContext.setJobDescription(name)
        table = put(aside, frame, name)
        session.sparkContext.setJobDescription("other")
        return table

    tables.Aside.put = told  # type: ignore[method-assign]
    began, before = time.perf_counter(), java_seconds()
    stories = adapter.dedupe(session.read.parquet(str(place / "pile.parquet")), work=str(place / "work"))
    session.sparkContext.setJobDescription("result")
    stories.write.parquet(str(place / "stories"))
    seconds, after = time.perf_counter() - began, java_seconds()
    num_stories = session.read.parquet(str(place / "stories")).count()
    kept = disk_of(place / "work")
    session.stop()
    return {
        "articles": size,
        "megabytes": round(megabytes, 1),
        "copies_and_excerpts": made,
        "duplicates": size - num_stories,
        "seconds": round(seconds, 1),
        "java_seconds": round(after - before, 1),
        "python_seconds": round(
            sum(float(line) for file in (place / "python").iterdir() for line in file.read_text().split()), 1
        ),
        "shuffled_megabytes": shuffled(place / "events"),
        "kept_megabytes": round(kept, 1),
    }


def _settings(size: int, place: Path) -> dict[str, str]:
    return {
        "spark.master": f"local[{CORES}]",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "3g",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": str(place / "shuffles"),
        "spark.sql.autoBroadcastJoinThreshold": "-1",
        # Runs of minutes, in which compiling better code takes longer than what it saves.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseParallelGC",
        "spark.sql.shuffle.partitions": str(max(4, size // 2500)),
        "spark.sql.files.maxPartitionBytes": "16m",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "false",
        "spark.eventLog.rolling.enabled": "false",
        "spark.eventLog.dir": f"file://{place / 'events'}",
    }


def write_pile(
    articles: Iterable[tuple[str, int | None, int | None]], size: int, path: Path
) -> tuple[float, int]:
    """Write `size` made articles; return their megabytes, and how many of them are copies and excerpts."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    megabytes, made = 0.0, 0
    schema = pa.schema([("id", pa.string()), ("text", pa.string())])
    with pq.ParquetWriter(path, schema) as writer:
        texts: list[str] = []
        for number, (text, copy_of, excerpt_of) in enumerate(articles, start=1):
            texts.append(text)
            made += copy_of is not None or excerpt_of is not None
            if len(texts) == 1000 or number == size:
                megabytes += num_bytes(texts) / 1e6
                ids = [f"n{number - len(texts) + place}" for place in range(len(texts))]
                writer.write_table(pa.table({"id": ids, "text": texts}, schema=schema))
                texts = []
    return megabytes, made


def shuffled(folder: Path) -> dict[str, float]:
    """Return the megabytes that each step has written for others to read, by Spark's log of events."""
    [log] = [place for place in folder.rglob("*") if place.is_file() and not place.name.startswith(".")]
    step_of: dict[int, str] = {}
    num_bytes_of: Counter[str] = Counter()
    with log.open(encoding="utf-8") as lines:
        for event in map(json.loads, lines):
            if event["Event"] == "SparkListenerJobStart":
                name = event["Properties"].get("spark.job.description", "other")
                step_of |= {stage: step_of.get(stage, name) for stage in event["Stage IDs"]}
            elif event["Event"] == "SparkListenerTaskEnd" and "Task Metrics" in event:
                written = event["Task Metrics"]["Shuffle Write Metrics"]["Shuffle Bytes Written"]
                num_bytes_of[step_of.get(event["Stage ID"], "other")] += written
    return {step: round(size / 1e6, 2) for step, size in sorted(num_bytes_of.items()) if size}


def _timed(stage: Any, folder: str) -> Any:
    """Return a stage that notes what processors have spent on it, in a file of its process."""

    def timed(batch: Any) -> Any:  # goes to the workers as it is, not as a name
        import os
        import time
        from collections.abc import Iterator

        before = time.process_time()
        made = stage(batch)
        batches = list(made) if isinstance(made, Iterator) else [made]
        with open(f"{folder}/{os.getpid()}", "a") as file:  # noqa: PTH123
            file.write(f"{time.process_time() - before}\n")
        return iter(batches)

    return timed


def java_seconds() -> float:
    """Return what processors have spent on the Java process below this one (Linux)."""
    spent = 0
    waiting = {os.getpid()}
    while waiting:
        number = waiting.pop()
        try:
            for thread in Path(f"/proc/{number}/task").iterdir():
                waiting |= set(map(int, (thread / "children").read_text(encoding="ascii").split()))
            stat = Path(f"/proc/{number}/stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            continue  # it has ended
        name, _, rest = stat.partition("(")[2].rpartition(")")
        if name == "java":
            spent += sum(int(ticks) for ticks in rest.split()[11:13])
    return spent / os.sysconf("SC_CLK_TCK")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Measure Spark on this machine.")
    parser.add_argument("articles", nargs="?", type=Path, help="JSONL with `text`, may be .gz; else made up")
    parser.add_argument("--sizes", type=numbers, default=SIZES, help="articles (default 5000,20000)")
    parser.add_argument("--equal", type=int, default=EQUAL, help="of one article (default 1000000)")
    parser.add_argument("--folder", type=Path, help="where files go meanwhile (default: the system's place)")
    parser.add_argument("--no-record", action="store_true", help="print only")
    options = parser.parse_args(arguments)
    real = read_articles(options.articles)
    rows = []
    for size, are_equal in [*((size, False) for size in sorted(options.sizes)), (options.equal, True)]:
        with tempfile.TemporaryDirectory(dir=options.folder) as temporary:
            rows.append(in_new_process(measured, {}, size, real, temporary, are_equal=are_equal))
        print("  ".join(f"{what} {figure}" for what, figure in rows[-1].items()), flush=True)
    equal = rows.pop()
    record = {
        **header("Spark on one machine: bytes shuffled and kept, seconds of processors", PACKAGES),
        "data": described(options.articles, real),
        "options": {"seed": SEED, "cores": CORES},
        "sizes": rows,
        "equal": equal,
    }
    for number, machines in LARGE.items():
        print(
            "  ".join(f"{what} {figure:,.4g}" for what, figure in on_paper(record, number, machines).items())
        )
    if not options.no_record:
        write_record("spark", record)


if __name__ == "__main__":
    main()
