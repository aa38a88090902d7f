"""Writers killed (SIGKILL) at random moments: what was acknowledged is there, and the answers hold.

A child adds, replaces and removes articles, one step after the other, and tells of each when it has
returned. After each kill: ``PRAGMA integrity_check``; the articles are those after the last step that was
told, or after the one that was under way, never anything between; documents are those of `dedupe`; the
next writer removes the files that the killed one left. By default 12 kills; with ``-m slow`` 400.
"""

import os
import sys
import time
from random import Random

import pytest
from test_processes import start
from truths import check_documents, check_file, story, strays, texts_in
from writers import follow, work_until_killed

from dedupe_news import Index
from dedupe_news.index import postings

pytestmark = pytest.mark.skipif(os.name != "posix", reason="no SIGKILL here")

KILLS_A_FILE = 10


@pytest.mark.parametrize("kills", [12, pytest.param(400, marks=pytest.mark.slow)])
def test_an_index_outlasts_writers_that_are_killed(tmp_path, kills, monkeypatch, capsys, record_property):
    under_way = with_strays = steps = 0
    for kill in range(kills):
        random = Random(kill)
        if kill % KILLS_A_FILE == 0:
            path = tmp_path / str(kill) / "seen.db"
            path.parent.mkdir()
            truth, number = {}, kill * 100_000
        recent_rows = random.choice((1, 2, 5, 1024))
        told = killed_somewhere(path, number, recent_rows, random, at_birth=kill % KILLS_A_FILE == 0)
        for done in range(number, told or 0):
            truth = follow(truth, done)
        steps += max((told or 0) - number, 0)
        number = max(told or 0, number)

        if path.exists():
            check_file(path)
        with Index(path, clean=None) as index:
            after = follow(truth, number)
            if texts_in(path) != texts_of(truth):
                assert texts_in(path) == texts_of(after)
                truth, number = after, number + 1
                under_way += 1
            check_documents(index, truth.values())
            if left := strays(path):
                with_strays += 1
                # It writes a segment at once; what it adds goes again.
                monkeypatch.setattr(postings, "RECENT_ROWS", 1)
                index.add({"id": "next", "text": story(7)})
                index.remove("next")
                monkeypatch.undo()
                assert strays(path) == set(), left
    words = f"{kills} kills, {steps} steps told, {under_way} done and not told, {with_strays} left files"
    with capsys.disabled():
        sys.stdout.write(f" {words} ")
    record_property("kills", words)
    assert steps > 0  # the moments are random, and machines busy


def killed_somewhere(path, number, recent_rows, random, *, at_birth):
    """Let a child work, and kill it; return the step that it would have taken next, if it told anything."""
    compiled = random.random() < 0.1
    child, told = start(work_until_killed, path, number, recent_rows, compiled)
    if not at_birth:
        told.recv()  # it has opened the file
    time.sleep(random.uniform(0, 0.6))
    child.kill()
    child.join()
    assert child.exitcode == -9
    last = None if at_birth else number
    try:
        while told.poll():
            last = told.recv()
    except EOFError:
        pass
    return last


def texts_of(truth):
    return {id: article["text"] for id, article in truth.items()}
