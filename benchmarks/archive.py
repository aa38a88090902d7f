"""Measure a whole archive through files: time, memory and disk at 100 000, 300 000 and a million articles.

    python benchmarks/archive.py [ARTICLES.jsonl[.gz]] [--sizes 100000,300000,1000000] [--memory 1GB]

The articles are made of real ones (see `articles.make_articles`): an eighth are reprints with a
word in a hundred changed, or excerpts. Each size is one run of the command with all cores, as a
process of its own; smaller sizes are the beginning of the largest. Memory is sampled five times a
second over all processes of the run: the largest single one, and the largest sum; pages of files
that are mapped count. Disk is what the folder of work held at most. The exponent is the slope of
the logarithm of the seconds. It takes disk: about ten times the texts.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from articles import described, iter_articles, read_articles
from match_growth import MAX_EXPONENT, exponent, numbers
from recording import header, write_record

PACKAGES = ("numba", "numpy", "orjson", "pyarrow", "regex")
SIZES = (100_000, 300_000, 1_000_000)
SEED = 7
MAX_MEGABYTES = 2000
_SAMPLE_SECONDS, _DISK_EVERY = 0.2, 25


def write_piles(real: Sequence[str], sizes: Sequence[int], folder: Path) -> dict[int, dict[str, Any]]:
    """Write a pile for each size; return its text bytes and how many copies and excerpts it holds."""
    facts: dict[int, dict[str, Any]] = {}
    megabytes = 0.0
    copies = excerpts = 0
    largest = folder / f"{max(sizes)}.jsonl"
    with largest.open("wb") as file:
        for number, (text, copy_of, excerpt_of) in enumerate(iter_articles(real, max(sizes), SEED), start=1):
            file.write(json.dumps({"id": f"n{number}", "text": text}).encode() + b"\n")
            megabytes += len(text.encode("utf-8", "surrogatepass")) / 1e6
            copies += copy_of is not None
            excerpts += excerpt_of is not None
            if number in sizes:
                facts[number] = {
                    "megabytes": round(megabytes, 1),
                    "copies": copies,
                    "excerpts": excerpts,
                    "end": file.tell(),
                }
    for size in sizes:
        if size != max(sizes):
            with largest.open("rb") as source, (folder / f"{size}.jsonl").open("wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
                target.truncate(facts[size]["end"])
    return facts


def memory_of(process: int) -> dict[int, float]:
    """Return the megabytes that a process and all it has started hold, by process (Linux)."""
    held: dict[int, float] = {}
    waiting = [process]
    while waiting:
        number = waiting.pop()
        try:
            status = Path(f"/proc/{number}/status").read_text(encoding="ascii", errors="replace")
            children = Path(f"/proc/{number}/task/{number}/children").read_text(encoding="ascii").split()
        except OSError:
            continue  # it has ended
        waiting += map(int, children)
        for line in status.splitlines():
            if line.startswith("VmRSS:"):
                held[number] = int(line.split()[1]) * 1024 / 1e6
    return held


def disk_of(folder: Path) -> float:
    """Return the megabytes of all files below a folder."""
    total = 0
    for place in folder.rglob("*"):
        try:
            total += place.stat().st_size if place.is_file() else 0
        except OSError:
            continue  # it was removed meanwhile
    return total / 1e6


def measured(size: int, folder: Path, memory: str) -> dict[str, Any]:
    """Return the figures of one run of the command."""
    pile, work = folder / f"{size}.jsonl", folder / "work"
    command = [
        *(sys.executable, "-m", "dedupe_news.cli", str(pile), "-o", str(folder / "clean.jsonl")),
        *("--memory", memory, "--work", str(work)),
    ]
    largest = largest_sum = largest_disk = 0.0
    began = time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.PIPE, encoding="utf-8")
    samples = 0
    while process.poll() is None:
        held = memory_of(process.pid)
        largest, largest_sum = max([largest, *held.values()]), max(largest_sum, sum(held.values()))
        if samples % _DISK_EVERY == 0:
            largest_disk = max(largest_disk, disk_of(work))
        samples += 1
        time.sleep(_SAMPLE_SECONDS)
    seconds = time.perf_counter() - began
    words = process.stderr.read() if process.stderr else ""
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: {words}")
    output = (folder / "clean.jsonl").stat().st_size / 1e6
    (folder / "clean.jsonl").unlink()
    return {
        "articles": size,
        "seconds": round(seconds, 1),
        "megabytes_of_the_largest_process": round(largest, 0),
        "megabytes_of_all_processes": round(largest_sum, 0),
        "megabytes_of_work_on_disk": round(largest_disk, 0),
        "megabytes_of_output": round(output, 0),
        "said": words.strip().splitlines()[-1],
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Measure a whole archive through files.")
    parser.add_argument("articles", nargs="?", type=Path, help="JSONL with `text`, may be .gz; else made up")
    parser.add_argument(
        "--sizes", type=numbers, default=SIZES, help="articles (default 100000,300000,1000000)"
    )
    parser.add_argument("--memory", default="1GB", help="what matching may hold (default 1GB)")
    parser.add_argument("--folder", type=Path, help="where files go meanwhile (default: the system's place)")
    parser.add_argument("--check", action="store_true", help="too much memory, too steep: an error")
    parser.add_argument("--no-record", action="store_true", help="print only")
    options = parser.parse_args(arguments)
    real = read_articles(options.articles)
    rows = []
    with tempfile.TemporaryDirectory(dir=options.folder) as temporary:
        folder = Path(temporary)
        facts = write_piles(real, options.sizes, folder)
        for size in sorted(options.sizes):
            row = measured(size, folder, options.memory)
            (folder / f"{size}.jsonl").unlink()
            fact = facts[size]
            row |= {name: fact[name] for name in ("megabytes", "copies", "excerpts")}
            row["megabytes_per_second"] = round(fact["megabytes"] / row["seconds"], 1)
            rows.append(row)
            print("  ".join(f"{what} {figure}" for what, figure in row.items()), flush=True)
    steepness = exponent(rows)
    print(f"exponent {steepness}")
    if not options.no_record:
        record = {
            **header("whole archives through files, seconds by number", PACKAGES),
            "data": described(options.articles, real),
            "options": {"seed": SEED, "memory": options.memory},
            "exponent": steepness,
            "sizes": rows,
        }
        write_record("archive", record)
    if options.check and (
        (steepness or 0) > MAX_EXPONENT or rows[-1]["megabytes_of_the_largest_process"] > MAX_MEGABYTES
    ):
        raise SystemExit(f"more than {MAX_MEGABYTES} MB, or steeper than {MAX_EXPONENT}")


if __name__ == "__main__":
    main()
