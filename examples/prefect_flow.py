"""A flow in the manner of Prefect: plain functions that call each other, on columns in Parquet files.

Nothing here needs Prefect. There, `task` and `flow` are put before the functions, and that is all:

    from prefect import flow, task

    read, deduplicate, choose, news = task(read), task(deduplicate), task(choose), flow(news)

The tables stay in files between the tasks: each can run on another machine, and be tried again by itself.
"""

import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dedupe_news.adapters import arrow


def read(pile: str, folder: str) -> str:
    """Read articles from JSON lines; what is none is left to whoever reads the log."""
    rows = []
    for number, line in enumerate(Path(pile).read_text(encoding="utf-8").splitlines(), start=1):
        try:
            rows.append(json.loads(line))
        except ValueError as error:
            print(f"{pile}:{number}: {error}", file=sys.stderr)
    names = dict.fromkeys(name for row in rows for name in row)
    table = pa.table({name: [row.get(name) for row in rows] for name in names})
    return _written(table, Path(folder) / "received.parquet")


def deduplicate(received: str) -> str:
    """Tell of each row which one stands for it, and what is in it once it is clean; keep all rows."""
    table = arrow.dedupe(pq.read_table(received), annotate=True, columns=["title", "body"], prefix="clean_")
    return _written(table, Path(received).with_name("annotated.parquet"))


def choose(annotated: str) -> str:
    """Keep the rows that stand for their stories."""
    table = pq.read_table(annotated)
    stories = table.filter(pc.is_null(table["clean_relation"]))
    return _written(stories, Path(annotated).with_name("stories.parquet"))


def news(pile: str, folder: str) -> str:
    """Take a pile the whole way."""
    return choose(deduplicate(read(pile, folder)))


def _written(table: pa.Table, path: Path) -> str:
    part = path.with_suffix(".part")
    pq.write_table(table, part)
    part.replace(path)
    return str(path)


if __name__ == "__main__":
    print(news(*sys.argv[1:3]))
