r"""Measure the whole way: `dedupe FILE -o clean.jsonl`, from files to files, cleaning included.

    python benchmarks/whole_way.py [ARTICLES.jsonl[.gz]] [--number 20000] [--rounds 3] [--no-peers]
                                   [--no-record]

What a file holds less than the number is made of its articles; of these an eighth are copies and excerpts.
Megabytes are UTF-8 bytes of the received texts, whatever the file around them takes. The command is measured
as a whole process with all cores, start and end included. Where the time goes is measured in one more
process, stage by stage; and, in turns with the command, what others do on the same texts: finding words with
`re.findall(r"\w+")` and mending characters with `ftfy.fix_text` (one core each: they have no more), and the
peers of `peers.py`, which match and clean nothing. Without a file the articles are made up.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import ftfy
from articles import described, make_articles, num_bytes, read_articles
from peers import OURS, WORDS, installed_peers
from process import in_new_process, peak_megabytes
from recording import header, write_record

PACKAGES = ("ftfy", "numba", "numpy", "orjson", "pyarrow", "rapidfuzz", "regex")
COMMAND, FTFY = "dedupe, the whole way", "ftfy.fix_text"
FLOOR_MB = 20
SEED = 7
FTFY_SAMPLE = 2000  # articles; it takes the same for each


def run_command(pile: Path, output: Path) -> None:
    """Run the command as anyone would."""
    subprocess.run(
        [sys.executable, "-m", "dedupe_news.cli", str(pile), "-o", str(output), "--quiet"],
        check=True,
        stderr=subprocess.DEVNULL,
    )


def stages(pile: Path, folder: Path) -> dict[str, float]:
    """Return the seconds of each stage, in one process and its workers."""
    from dedupe_news import CleanOptions
    from dedupe_news.io.blocks import iter_blocks
    from dedupe_news.io.documents import Packing, writing_documents
    from dedupe_news.io.reading import ReadOptions
    from dedupe_news.io.streams import open_output
    from dedupe_news.machine import memory_bytes, num_cores
    from dedupe_news.options import match_options
    from dedupe_news.pipeline.files import Collection, RunOptions
    from dedupe_news.pipeline.work import Work
    from dedupe_news.workers import get_ready

    packing = Packing("jsonl", False)
    options = RunOptions(CleanOptions(), match_options("news"), packing, num_cores(), memory_bytes() // 4)
    began_at: dict[str, float] = {}

    def tell(stage: str, _done: int, _total: int | None) -> None:
        began_at.setdefault(stage, time.perf_counter())

    with Work(folder / "work", version="benchmark", resume=False) as work:
        collection = Collection(work, options, tell)
        start = time.perf_counter()
        get_ready(with_loops=True)  # as the command does
        for _ in collection.take(iter_blocks([str(pile)], ReadOptions()), None):
            pass
        cleaned = time.perf_counter()
        collection.match()
        matched = time.perf_counter()
        with (
            open_output(str(folder / "out.jsonl")) as output,
            writing_documents(output, packing, column_types={}) as writer,
        ):
            for document in collection.documents(annotate=False):
                writer.write_packed(*document)
        written = time.perf_counter()
        figures = {
            "read, clean, pack": cleaned - start,
            "of these, until the first megabyte is done": began_at["clean"] - start,
            "match": matched - cleaned,
            "of these, verify": matched - began_at.get("verify", matched),
            "write": written - matched,
            "megabytes_of_work": work.num_bytes / 1e6,
            "megabytes_held_at_most": peak_megabytes(),
        }
        work.remove()
    return figures


def measured(steps: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Return the seconds that each step took in each round, in turns."""
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            began = time.perf_counter()
            step()
            seconds[name].append(time.perf_counter() - began)
    return seconds


def steps_for(
    texts: list[str], pile: Path, folder: Path, with_peers: bool
) -> tuple[dict[str, Callable[[], object]], dict[str, float]]:
    """Return what is measured, and how many times over each step's work the whole would be."""
    find_words = re.compile(r"\w+").findall
    sample = texts[:FTFY_SAMPLE]
    steps: dict[str, Callable[[], object]] = {
        COMMAND: lambda: run_command(pile, folder / "clean.jsonl"),
        WORDS: lambda: [find_words(text) for text in texts],
        FTFY: lambda: [ftfy.fix_text(text) for text in sample],
    }
    for peer in installed_peers() if with_peers else ():
        if not peer.name.startswith(OURS) and peer.name != WORDS:
            given = peer.given(texts)
            steps[f"{peer.name} (matches, cleans nothing)"] = lambda peer=peer, given=given: peer.find(given)  # type: ignore[misc]
    return steps, {FTFY: num_bytes(texts) / num_bytes(sample)}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Measure the whole way, from files to files.")
    parser.add_argument("articles", nargs="?", type=Path, help="JSONL with `text`, may be .gz; else made up")
    parser.add_argument("--number", type=int, default=20_000, help="articles (default 20000)")
    parser.add_argument(
        "--rounds", type=int, default=3, help="rounds, of which the median counts (default 3)"
    )
    parser.add_argument("--no-peers", action="store_true", help="leave out who only matches")
    parser.add_argument("--check", action="store_true", help=f"less than {FLOOR_MB} MB/s is an error")
    parser.add_argument("--no-record", action="store_true", help="print only")
    options = parser.parse_args(arguments)
    real = read_articles(options.articles, options.number)
    made = make_articles(real, options.number - len(real), SEED).texts
    texts = real + made
    megabytes = num_bytes(texts) / 1e6
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        pile = folder / "pile.jsonl"
        with pile.open("w", encoding="utf-8") as file:
            for number, text in enumerate(texts):
                file.write(json.dumps({"id": str(number), "text": text}) + "\n")
        run_command(pile, folder / "clean.jsonl")  # loops are compiled, pages are read
        steps, shares = steps_for(texts, pile, folder, not options.no_peers)
        seconds = measured(steps, options.rounds)
        by_stage = in_new_process(stages, {}, pile, folder)
    rows: dict[str, Any] = {}
    cores = os.cpu_count()
    print(f"{len(texts)} articles, {megabytes:.1f} MB, median of {options.rounds} rounds, {cores} cores")
    for name, runs in seconds.items():
        of_all = [run * shares.get(name, 1.0) for run in runs]
        rows[name] = {
            "seconds_min": round(min(of_all), 3),
            "seconds_median": round(statistics.median(of_all), 3),
            "megabytes_per_second": round(megabytes / statistics.median(of_all), 1),
        }
    of_words = rows[WORDS]["seconds_median"]
    for name, row in rows.items():
        row["times_words"] = round(of_words / row["seconds_median"], 2)
        print(f"{name:<52} {row['megabytes_per_second']:8.1f} MB/s {row['times_words']:7.2f} times words")
    for stage, figure in by_stage.items():
        print(f"  {stage:<50} {figure:8.2f}{'' if stage.startswith('megabytes') else ' s'}")
    if not options.no_record:
        record = {
            **header("the whole way, megabytes of text per second", PACKAGES),
            "data": {**described(options.articles, texts), "of these made of others": len(made)},
            "rounds": options.rounds,
            "steps": rows,
            "stages": {stage: round(figure, 3) for stage, figure in by_stage.items()},
        }
        write_record("whole-way", record)
    if options.check and rows[COMMAND]["megabytes_per_second"] < FLOOR_MB:
        raise SystemExit(f"the whole way is slower than {FLOOR_MB} MB/s")


if __name__ == "__main__":
    main()
