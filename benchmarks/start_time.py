"""Measure how long it takes to start: the import, the command on one short article, and what large runs load.

    python benchmarks/start_time.py [--runs 15] [--check] [--no-record]

All are timed as whole processes, from fork to exit. The time of an empty Python is told apart,
and taken off the import alone. With --check, missing a limit is an error.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from recording import ROOT, header, write_record

MAX_IMPORT_SECONDS = 0.1
MAX_CLEAN_SECONDS = 0.4

PACKAGES = ("click", "ftfy", "numba", "numpy", "orjson", "pyarrow", "rapidfuzz", "regex", "rich")

ARTICLE = """\
Overby council votes to keep its last phone boxHILDE STAAL/OVERBY ECHO
Overby town council voted nine to eight on Monday to keep the last public telephone in the district.
The telephone company had offered to take it away without charge. Instead the council will pay for it.
"""


def seconds_of(command: list[str], runs: int) -> dict[str, float]:
    """Run a command several times; return the least and the median seconds."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    subprocess.run(command, check=True, capture_output=True, env=environment)  # files are read, bytecode made
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=environment)
        seconds.append(time.perf_counter() - start)
    return {"min": round(min(seconds), 4), "median": round(statistics.median(seconds), 4)}


def measure(runs: int) -> dict[str, Any]:
    """Measure; return the record."""
    with tempfile.TemporaryDirectory() as folder:
        article = Path(folder) / "short.txt"
        article.write_text(ARTICLE, encoding="utf-8")
        python = [sys.executable]
        seconds = {
            "python alone": seconds_of([*python, "-c", "pass"], runs),
            "import dedupe_news": seconds_of([*python, "-c", "import dedupe_news"], runs),
            "dedupe clean short.txt": seconds_of(
                [*python, "-m", "dedupe_news.cli", "clean", str(article)], runs
            ),
            "import numba": seconds_of([*python, "-c", "import numba"], runs),
            "the loops that clean": seconds_of(
                [*python, "-c", "from dedupe_news.text import loops; loops.load()"], runs
            ),
        }
    import_alone = seconds["import dedupe_news"]["median"] - seconds["python alone"]["median"]
    return {
        **header("start time of whole processes, seconds", PACKAGES),
        "runs": runs,
        "article_chars": len(ARTICLE),
        "seconds": seconds,
        "import_seconds_without_python": round(import_alone, 4),
        "limits": {"import dedupe_news": MAX_IMPORT_SECONDS, "dedupe clean short.txt": MAX_CLEAN_SECONDS},
    }


def main() -> int:
    """Measure, print, write the record; return 1 if a limit is missed and limits are checked."""
    parser = argparse.ArgumentParser(description="Measure how long it takes to start.")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--check", action="store_true", help="missing a limit is an error")
    parser.add_argument("--no-record", action="store_true", help="print only")
    options = parser.parse_args()
    record = measure(options.runs)
    for what, seconds in record["seconds"].items():
        print(f"{what:<24} min {seconds['min']:.3f} s   median {seconds['median']:.3f} s")
    print(f"{'the import alone':<24} {record['import_seconds_without_python']:.3f} s")
    if not options.no_record:
        write_record("start-time", record)
    missed = [what for what, limit in record["limits"].items() if record["seconds"][what]["median"] >= limit]
    for what in missed:
        print(f"{what}: over its limit of {record['limits'][what]} s", file=sys.stderr)
    return 1 if missed and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
