"""Ctrl-C in the middle: status 130, one word, no output, and what stood there before still stands.

Checked for both jobs, with lines, compressed rows and columns, with nothing at the place of the output
and with an older one: 4 interrupted processes.
"""

import signal
import time

import pytest
from faults import BEFORE, listing
from test_cli import LIBRARY, STORM, lines, process

MAX_WAIT_SECONDS = 60


@pytest.mark.parametrize(
    ("job", "name", "is_there"),
    [
        ("run", "out.jsonl", True),
        ("run", "out.parquet", False),
        ("clean", "out.csv.gz", True),
        ("clean", "out.arrow", False),
    ],
)
def test_an_interrupt_leaves_what_stood_there_and_nothing_else(tmp_path, job, name, is_there):
    if is_there:
        (tmp_path / name).write_bytes(BEFORE)
    before = listing(tmp_path)
    with process(job, "-", "-q", "-o", name, cwd=tmp_path) as running:
        running.stdin.write(lines({"text": STORM}, {"text": LIBRARY}) * 20)
        running.stdin.flush()
        until = time.monotonic() + MAX_WAIT_SECONDS
        while not list(tmp_path.glob(".*.part")):  # the output is open: it is at work
            assert time.monotonic() < until
            time.sleep(0.01)
        time.sleep(0.2)
        running.send_signal(signal.SIGINT)
        words = running.stderr.read().decode()
    assert (running.returncode, words.strip()) == (130, "dedupe: interrupted")
    assert listing(tmp_path) == before
