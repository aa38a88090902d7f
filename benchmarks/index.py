r"""Measure an index on disk: adding one by one and in batches, asking, opening, at a million articles.

    python benchmarks/index.py [ARTICLES.jsonl[.gz]] [--sizes 10000,100000,1000000] [--folder DIR]

The articles are made of real ones (see `articles.iter_articles`): an eighth are reprints with a word in a
hundred changed, or excerpts. Texts are taken as they are (`clean=None`): what cleaning costs is measured by
`clean_speed.py`. The index is filled in batches to each size; there, articles that are not in it are
asked for one by one in a new process, opened anew, and a few thousand are added one by one,
each brought to the disk before the next. Beside it, in one run: what one commit of SQLite with such an
article takes, which is what the disk allows; datasketch's MinHashLSH, in memory, with its fastest hash
function; and diskcache, which remembers keys and compares nothing.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from articles import described, iter_articles, num_bytes, read_articles
from match_growth import numbers
from process import held_megabytes, in_new_process
from recording import header, write_record

PACKAGES = ("datasketch", "diskcache", "numba", "numpy", "orjson", "pyarrow", "xxhash")
SIZES = (10_000, 100_000, 1_000_000)
SEED = 7
ASKED, ADDED = 2000, 2000
WARM = 600
BATCH = 4096
PEER_ARTICLES = 5000


def named(texts: Iterator[str], first: int) -> Iterator[dict[str, str]]:
    """Yield articles with ids."""
    for number, text in enumerate(texts, start=first):
        yield {"id": f"n{number}", "text": text}


def size_on_disk(path: Path) -> tuple[int, int]:
    """Return the bytes of the database and of its keys."""
    database = sum(file.stat().st_size for file in path.parent.glob(f"{path.name}*") if file.is_file())
    return database, sum(file.stat().st_size for file in path.parent.glob(f"{path.name}-keys/*"))


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share of all lies."""
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]


def in_use(path: str, asked: list[str], added: list[str], first: int) -> dict[str, Any]:
    """Return how an index opens, answers and takes, in a process that has just begun."""
    from dedupe_news import Index

    began = time.perf_counter()
    with Index(path, read_only=True) as index:
        index.query("A storm hit the coast.")
    first_answer = time.perf_counter() - began
    openings = []
    for _ in range(5):
        began = time.perf_counter()
        with Index(path, read_only=True) as index:
            openings.append(time.perf_counter() - began)
    with Index(path) as index:
        for text in asked[:WARM]:
            index.query(text)  # loads loops; every page is new for this process still
        queries = []
        for text in asked[WARM:]:
            began = time.perf_counter()
            index.query(text)
            queries.append(time.perf_counter() - began)
        commits = commits_a_second(added, Path(path).parent)  # as fast as the machine is just now
        adds = []
        for article in named(iter(added), first):
            began = time.perf_counter()
            index.add(article)
            adds.append(time.perf_counter() - began)
    return {
        "open_ms": 1000 * statistics.median(openings),
        "first_answer_of_a_process_ms": 1000 * first_answer,
        "query_ms": {share: 1000 * percentile(queries, share / 100) for share in (50, 90, 99)},
        "add_ms": {share: 1000 * percentile(adds, share / 100) for share in (50, 90, 99)},
        "longest_add_ms": 1000 * max(adds),
        "adds_a_second": len(adds) / sum(adds),
        "sqlite_commits_a_second": commits,
        "megabytes_held": held_megabytes(),
    }


def commits_a_second(texts: Sequence[str], folder: Path) -> float:
    """Return how many rows SQLite itself brings to the disk in a second, each by a commit of its own."""
    path = folder / "commits.db"
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE text (row INTEGER PRIMARY KEY, text TEXT)")
    began = time.perf_counter()
    for text in texts:
        connection.execute("INSERT INTO text (text) VALUES (?)", (text,))
    seconds = time.perf_counter() - began
    connection.close()
    return len(texts) / seconds


def datasketch_in_memory(texts: list[str]) -> dict[str, float]:
    """Return how many articles a second datasketch takes and answers, its index in memory."""
    import xxhash
    from datasketch import MinHash, MinHashLSH
    from exact import SHINGLE_WORDS, words

    index = MinHashLSH(threshold=0.8, num_perm=128)
    half = len(texts) // 2

    def signature(text: str) -> MinHash:
        found = words(text)
        shingles = [" ".join(found[at : at + SHINGLE_WORDS]) for at in range(len(found) - SHINGLE_WORDS + 1)]
        sketch = MinHash(num_perm=128, hashfunc=xxhash.xxh32_intdigest, scheme="affine32")
        sketch.update_batch([shingle.encode("utf-8", "surrogatepass") for shingle in shingles])
        return sketch

    began = time.perf_counter()
    for number, text in enumerate(texts[:half]):
        index.insert(number, signature(text))
    added = time.perf_counter()
    for text in texts[half:]:
        index.query(signature(text))
    ended = time.perf_counter()
    return {
        "adds_a_second": half / (added - began),
        "queries_a_second": (len(texts) - half) / (ended - added),
    }


def diskcache_on_disk(texts: list[str], folder: Path) -> dict[str, float]:
    """Return how many texts a second diskcache remembers by a digest, which finds what is equal alone."""
    import hashlib

    import diskcache

    with diskcache.Cache(str(folder / "diskcache")) as cache:
        began = time.perf_counter()
        for text in texts:
            cache.add(hashlib.blake2b(text.encode("utf-8", "surrogatepass")).digest(), text)
        return {"adds_a_second": len(texts) / (time.perf_counter() - began)}


def filled(path: Path, texts: Iterator[str], size: int) -> float:
    """Fill the index up to `size` articles, in batches; return the seconds that adding took."""
    from dedupe_news import Index

    seconds = 0.0
    with Index(path, clean=None) as index:
        there = len(index)
        while there < size:
            batch = list(named(islice(texts, min(BATCH, size - there)), there))
            began = time.perf_counter()
            index.add_many(batch)
            seconds += time.perf_counter() - began
            there += len(batch)
    return seconds


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Measure an index on disk.")
    parser.add_argument("articles", nargs="?", type=Path, help="JSONL with `text`, may be .gz; else made up")
    parser.add_argument(
        "--sizes", type=numbers, default=SIZES, help="articles (default 10000,100000,1000000)"
    )
    parser.add_argument(
        "--folder", type=Path, help="where the index stands meanwhile (default: the system's)"
    )
    parser.add_argument("--no-record", action="store_true", help="print only")
    options = parser.parse_args(arguments)
    real = read_articles(options.articles)
    made = (text for text, _, _ in iter_articles(real, 10**9, SEED))
    rows = []
    with tempfile.TemporaryDirectory(dir=options.folder) as temporary:
        folder = Path(temporary)
        path = folder / "seen.db"
        asked = list(islice((text for text, _, _ in iter_articles(real, 10**9, SEED + 1)), WARM + ASKED))
        in_all = 0
        for size in options.sizes:
            before, in_all = in_all, size
            seconds = in_new_process_filled(path, real, before, size)
            database, keys = size_on_disk(path)
            added = list(islice((text for text, _, _ in iter_articles(real, 10**9, SEED + size)), ADDED))
            copy = folder / "copy.db"
            figures = in_new_process(in_use, {}, str(duplicated(path, copy)), asked, added, size)
            row = {
                "articles": size,
                "batch_adds_a_second": (size - before) / seconds,
                "bytes_an_article": (database + keys) / size,
                "fingerprint_bytes_an_article": fingerprint_bytes(path) / size,
                **figures,
            }
            rows.append(row)
            print(
                f"{size:>9} articles: {row['batch_adds_a_second']:.0f} a second in batches, "
                f"{row['adds_a_second']:.0f} one by one (half within {figures['add_ms'][50]:.2f} ms, "
                f"the longest {figures['longest_add_ms']:.0f}; "
                f"SQLite alone {figures['sqlite_commits_a_second']:.0f}); "
                f"query {figures['query_ms'][50]:.2f} ms, "
                f"of 99 in 100 {figures['query_ms'][99]:.2f}; opened in {figures['open_ms']:.1f} ms; "
                f"{row['fingerprint_bytes_an_article']:.0f} bytes a fingerprint, "
                f"{row['bytes_an_article']:.0f} with the text; {figures['megabytes_held']:.0f} MB held"
            )
        texts = list(islice(made, PEER_ARTICLES))
        others = {
            "datasketch MinHashLSH, in memory": in_new_process(datasketch_in_memory, {}, texts),
            "diskcache, equal texts only": diskcache_on_disk(texts, folder),
        }
    for name, figures in others.items():
        print(
            f"{name}: " + ", ".join(f"{value:.0f} {key.replace('_', ' ')}" for key, value in figures.items())
        )
    if not options.no_record:
        record = {
            **header("an index on disk", PACKAGES),
            "data": {
                **described(options.articles, real),
                "mean_bytes_of_an_article": round(1e6 * num_bytes(real) / 1e6 / len(real)),
                "reprints_and_excerpts": "an eighth",
            },
            "options": {"clean": None, "match": "news", "synchronous": "FULL", "journal_mode": "WAL"},
            "sizes": rows,
            "others": others,
        }
        write_record("index", record)


def in_new_process_filled(path: Path, real: Sequence[str], before: int, size: int) -> float:
    """Fill in a process of its own, as a scraper would."""
    return in_new_process(_fill_from, {}, str(path), list(real), before, size)


def _fill_from(path: str, real: list[str], before: int, size: int) -> float:
    made = (text for text, _, _ in iter_articles(real, 10**9, SEED))
    return filled(Path(path), islice(made, before, None), size)


def duplicated(path: Path, copy: Path) -> Path:
    """Copy an index, so that what is added to measure does not stay."""
    import shutil

    for old in copy.parent.glob(f"{copy.name}*"):
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    for file in path.parent.glob(f"{path.name}*"):
        target = copy.with_name(file.name.replace(path.name, copy.name, 1))
        shutil.copytree(file, target) if file.is_dir() else shutil.copy(file, target)
    os.sync()  # else the first checkpoint would wait for all of the copy
    return copy


def fingerprint_bytes(path: Path) -> int:
    """Return what finds and compares takes on disk: keys, and all pages but those of texts."""
    connection = sqlite3.connect(path)
    (pages,) = connection.execute("SELECT sum(pgsize) FROM dbstat WHERE name <> 'document'").fetchone()
    connection.close()
    return int(pages) + size_on_disk(path)[1]


if __name__ == "__main__":
    main()
