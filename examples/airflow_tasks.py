"""Tasks in the manner of Airflow: plain functions that take the paths of files, and return such.

Nothing here needs Airflow. In a DAG each becomes a task, and what travels between them is a path:

    from airflow.sdk import dag, task

    @dag(schedule="@daily")
    def news():
        pile = task(collect)("/data/incoming", "/data/{{ ds }}")
        task(report)(task(deduplicate)(pile))

A task that is tried again does not begin anew: `--resume` goes on from what was finished, and an output
appears only when it is whole. What is the same again gives the same bytes.
"""

import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path


def collect(incoming: str, folder: str) -> str:
    """Put the files that have come in into one pile."""
    pile = Path(folder) / "pile.jsonl"
    pile.parent.mkdir(parents=True, exist_ok=True)
    with pile.open("wb") as target:
        for part in sorted(Path(incoming).glob("*.jsonl")):
            with part.open("rb") as source:
                shutil.copyfileobj(source, target)
    return str(pile)


def deduplicate(pile: str) -> str:
    """Write each story of a pile once, clean."""
    stories = Path(pile).with_name("stories.jsonl")
    command = [sys.executable, "-m", "dedupe_news.cli", pile, "-o", str(stories), "--resume", "--quiet"]
    subprocess.run(command, check=True)
    return str(stories)


def report(stories: str) -> dict[str, int]:
    """Count the duplicates of a day, by what they are to their canonical document."""
    with Path(stories).open(encoding="utf-8") as lines:
        documents = [json.loads(line) for line in lines]
    kinds = Counter(copy["relation"]["kind"] for document in documents for copy in document["duplicates"])
    return {"stories": len(documents), **dict(sorted(kinds.items()))}


if __name__ == "__main__":
    print(report(deduplicate(collect(*sys.argv[1:3]))))
