"""What a person sees at the terminal; a pseudo-terminal stands for theirs."""

import json
import os
import re
import subprocess
import sys

import pytest
from test_files import a_story


def seen_at_a_terminal(*arguments):
    """Run the command at a terminal of 100 columns; return all that was drawn, without colours."""
    pty = pytest.importorskip("pty", reason="pseudo-terminals are a thing of Unix")
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": "100", "TERM": "xterm"}
    running = subprocess.Popen(
        [sys.executable, "-m", "dedupe_news.cli", *map(str, arguments)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=theirs, env=environment,
    )  # fmt: skip
    os.close(theirs)
    drawn = b""
    try:
        while chunk := os.read(ours, 1 << 16):
            drawn += chunk
    except OSError:
        pass  # how Linux says that nobody holds the other end any more
    os.close(ours)
    assert running.wait(60) == 0
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", drawn.decode("utf-8"))


@pytest.fixture(scope="module")
def pile(tmp_path_factory):
    path = tmp_path_factory.mktemp("terminal") / "pile.jsonl"
    lines = [json.dumps({"text": a_story(at % 1000)}) + "\n" for at in range(2000)]
    path.write_text("".join(lines), encoding="utf-8")
    return path


def test_a_long_run_shows_rate_time_left_and_duplicates_so_far(pile, tmp_path):
    drawn = seen_at_a_terminal(pile, "-o", tmp_path / "clean.jsonl", "--jobs", 1, "--batch", "20KB")
    assert re.search(r"clean +\S+ +\d+% +[\d ]+/s +\S+ left, [\d ]+ articles?, \d+ duplicates?", drawn)
    assert drawn.rstrip().endswith(
        "2 000 articles, 1 000 stories, 1 000 duplicates (1 000 exact), 0 rejected"
    )


def test_a_quiet_run_draws_nothing(pile, tmp_path):
    assert seen_at_a_terminal(pile, "-o", tmp_path / "clean.jsonl", "--quiet") == ""
