"""Ctrl-C in the middle: status 130, one word, no output, and what stood there before still stands.

Checked for both jobs and three kinds of output (lines, compressed rows, columns), once with nothing at
the place of the output and once with an older one: 6 interrupted processes.
"""

import signal
import time

import pytest
from faults import BEFORE, listing
from test_cli import LIBRARY, STORM, lines, process

MAX_WAIT_SECONDS = 60


@pytest.mark.parametrize("job", ["run", "clean"])
@pytest.mark.parametrize(
    ("name", "is_there"), [("out.jsonl", True), ("out.csv.gz", False), ("out.parquet", True)]
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
