"""Runs killed (SIGKILL) at random moments, resumed, killed again, resumed to the end.

What is checked each time: no output that is not whole; the bytes of documents, relations and rejects are
those of a run that nobody killed; nothing else is left in the folder. By default 4 runs with up to 3 kills
each; with ``-m slow`` 100 runs.
"""

import json
import subprocess
import sys
import time
from random import Random

import pytest
from test_files import a_story

OUTPUTS = ("clean.jsonl", "relations.jsonl", "clean.rejects.jsonl")


def a_pile(path):
    with path.open("w", encoding="utf-8") as file:
        for at in range(1500):
            record = {"text": f"News. {a_story(at % 900)}", "n": at} | (
                {"id": f"i{at % 700}"} if at % 2 else {}
            )
            file.write((json.dumps(record) if at % 97 else "{broken") + "\n")
    return path


def command(path, *more):
    folder = path.parent
    return [
        *(sys.executable, "-m", "dedupe_news.cli", str(path), "--jobs", "2", "--batch", "10KB"),
        *("-o", str(folder / OUTPUTS[0]), "--relations", str(folder / OUTPUTS[1]), *more),
    ]


def outputs(folder):
    return {name: (folder / name).read_bytes() for name in OUTPUTS}


def kill_and_resume(folder, expected, lasts_seconds, random):
    """Run, kill, resume, and hold the outcome against `expected`; return how often it was killed."""
    path = a_pile(folder / "pile.jsonl")
    kills = 0
    for _ in range(random.randint(1, 3)):
        running = subprocess.Popen(command(path, *["--resume"] * bool(kills)), stderr=subprocess.DEVNULL)
        try:
            running.wait(random.uniform(0, 0.9 * lasts_seconds))
            break  # it was done first
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
            kills += 1
            if (folder / OUTPUTS[0]).exists():  # killed at its very end
                assert (folder / OUTPUTS[0]).read_bytes() == expected[OUTPUTS[0]]
    done = subprocess.run(
        command(path, "--resume"), capture_output=True, encoding="utf-8", timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    assert outputs(folder) == expected
    assert {place.name for place in folder.iterdir()} == {"pile.jsonl", *OUTPUTS}
    return kills


@pytest.mark.parametrize("trials", [4, pytest.param(100, marks=pytest.mark.slow)])
def test_a_run_killed_at_random_moments_gives_the_same_bytes_in_the_end(tmp_path, trials, capsys):
    whole = tmp_path / "whole"
    whole.mkdir()
    path = a_pile(whole / "pile.jsonl")
    for _ in range(2):  # the first may compile loops, and lasts longer than any later one
        began = time.monotonic()
        subprocess.run(command(path), check=True, capture_output=True)
        lasts_seconds = time.monotonic() - began
    expected = {name: data.replace(b"/whole/", b"/trial/") for name, data in outputs(whole).items()}
    kills = 0
    for trial in range(trials):
        folder = tmp_path / "trial"
        folder.mkdir()
        kills += kill_and_resume(folder, expected, lasts_seconds, Random(trial))
        for place in folder.iterdir():
            place.unlink()
        folder.rmdir()
    with capsys.disabled():
        sys.stdout.write(f" {trials} runs, killed {kills} times ")
    assert kills >= trials / 4  # the moments are random, and a run may be done before
