"""What other processes do to an index: run by `test_processes` and `test_kills`, in children.

A child has its own `RECENT_ROWS`: with a small one segments are merged away all the time.
"""

from __future__ import annotations

import multiprocessing
import os
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any

from truths import pool, story, told_again

from dedupe_news import Index
from dedupe_news.index import postings, reading

CONTEXT: Any = multiprocessing.get_context("forkserver" if os.name == "posix" else "spawn")
"""Children that have imported all that is slow to import, and share nothing with the tests."""
if os.name == "posix":
    CONTEXT.set_forkserver_preload(["dedupe_news.index.opened", "numpy", "orjson", "pyarrow"])

Articles = list[dict[str, str]]


def set_up(recent_rows: int, compiled: bool) -> None:
    postings.RECENT_ROWS = recent_rows
    reading.COMPILED_FROM = 0 if compiled else 1 << 40


# --- many at once -------------------------------------------------------------------------------


def articles_of(writer: int, num_articles: int) -> Articles:
    """Return what a writer adds: half of it every other adds as well, an eighth of all without an id."""
    articles = []
    for number in range(num_articles):
        if number % 2:  # its own words for what others tell as well
            articles.append({"id": f"{writer}-{number}", "text": told_again(number, writer)})
        elif number % 8:
            articles.append({"id": f"all-{number}", "text": story(number)})
        else:
            articles.append({"text": story(number)})
    return articles


def write(path: Path, writer: int, num_articles: int, recent_rows: int, told: Connection) -> None:
    """Add articles, some in batches; tell what was said of each."""
    set_up(recent_rows, compiled=False)
    articles = articles_of(writer, num_articles)
    random = Random(writer)
    random.shuffle(articles)
    outcomes: dict[str, int] = {}
    with Index(path, clean=None) as index:
        at = 0
        while at < num_articles:
            size = random.choice((1, 1, 1, 1, 7))
            batch = articles[at : at + size]
            for match in [index.add(batch[0])] if size == 1 else index.add_many(batch):
                outcomes[match.outcome] = outcomes.get(match.outcome, 0) + 1
            at += size
    told.send(outcomes)


def make(path: Path, together: Any, told: Connection) -> None:
    """Open a file that is not there, at the moment at which others do."""
    together.wait()
    with Index(path, clean=None) as index:
        told.send(index.add(story(1)).outcome)


def read(path: Path, reader: int, num_articles: int, read_only: bool, told: Connection) -> None:
    """Ask until the test says that it is enough; tell how often."""
    set_up(1, compiled=False)
    random = Random(reader)
    known: set[str] = set()
    count = 0
    with Index(path, read_only=read_only) as index:
        while not told.poll():
            for _ in range(5):
                number = random.randrange(1, num_articles, 2)
                id, text = f"0-{number}", told_again(number, 0)
                match = index.query({"id": id, "text": text})
                assert match.outcome == "again" or id not in known, f"{id} was there, and is no more"
                if match.outcome == "again":
                    known.add(id)
                    assert id in index
                    assert index.document_of(id).id == index.document_of(match.canonical_id).id
                count += 1
            assert index.query(story(1_000_003)).outcome == "new"
            stats = index.stats()
            assert stats.articles == stats.documents + stats.duplicates <= len(list(index))
            assert len(list(index.documents())) > 0 or not known
    told.recv()
    told.send(count)


# --- one that is killed -------------------------------------------------------------------------

POOL = pool()
IDS = [f"a{number}" for number in range(24)]

Step = tuple[str, Articles]


def step(number: int) -> Step:
    """Return what is done as the step of this number: always the same."""
    random = Random(number)
    kind = random.choices(("add", "add_many", "replace", "remove"), (4, 2, 2, 2))[0]
    count = random.randint(2, 6) if kind == "add_many" else 1
    ids = random.sample(IDS, count)
    return kind, [{"id": id, "text": random.choice(POOL)} for id in ids]


def follow(truth: dict[str, dict[str, str]], number: int) -> dict[str, dict[str, str]]:
    """Return the articles that are there after a step."""
    kind, articles = step(number)
    after = dict(truth)
    for article in articles:
        if kind in ("replace", "remove"):
            after.pop(article["id"], None)
        if kind != "remove":
            after.setdefault(article["id"], article)
    return after


def take_step(index: Index, number: int) -> None:
    kind, articles = step(number)
    if kind == "remove":
        if articles[0]["id"] in index:
            index.remove(articles[0]["id"])
    elif kind == "replace":
        index.replace(articles[0])
    else:
        index.add_many(articles, rejects=[])


def work_until_killed(path: Path, first: int, recent_rows: int, compiled: bool, told: Connection) -> None:
    """Take one step after the other, and tell the number of each when it is done."""
    set_up(recent_rows, compiled)
    with Index(path, clean=None) as index:
        told.send(first)
        number = first
        while True:
            take_step(index, number)
            number += 1
            told.send(number)
