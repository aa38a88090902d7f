"""What fails in the middle leaves an index as it was: on the disk, and in the object that goes on."""

import errno
import itertools
import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from truths import check_documents, check_file, story, strays, texts_in, told_again
from writers import CONTEXT, POOL, set_up

from dedupe_news import ArticleError, Index, IndexFileError
from dedupe_news.index import postings, segments, store

BEFORE = [{"id": f"b{number}", "text": POOL[5 + number]} for number in range(8)]
NEWS = [{"id": f"n{number}", "text": POOL[10 + number]} for number in range(3)]

STEPS = {
    "add": (lambda index: index.add({"id": "n", "text": POOL[7]}), [*BEFORE, {"id": "n", "text": POOL[7]}]),
    "add_many": (lambda index: index.add_many(NEWS), BEFORE + NEWS),
    "remove": (lambda index: index.remove("b2"), [one for one in BEFORE if one["id"] != "b2"]),
    "replace": (
        lambda index: index.replace({"id": "b0", "text": POOL[25]}),
        [*BEFORE[1:], {"id": "b0", "text": POOL[25]}],
    ),
    "expire": (lambda index: index.expire(5.5), BEFORE[6:]),
}


def everything_in(path):
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


class Failing:
    """Fails, once, instead of doing the step of a number."""

    def __init__(self, at, error):
        self.at, self.error, self.count = at, error, 0

    def around(self, function):
        def step(*arguments, **named):
            if arguments[0] == "ROLLBACK":
                return function(*arguments, **named)
            self.count += 1
            if self.count == self.at:
                raise self.error
            return function(*arguments, **named)

        return step


@pytest.mark.parametrize("recent_rows", [1, 1024])
@pytest.mark.parametrize("name", STEPS)
def test_whatever_fails_within_a_step_the_index_is_as_it_was(tmp_path, monkeypatch, name, recent_rows):
    path = tmp_path / "seen.db"
    take_step, after = STEPS[name]
    monkeypatch.setattr(postings, "RECENT_ROWS", recent_rows)
    errors = itertools.cycle(
        [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt(), MemoryError()]
    )
    with Index(path, clean=None) as index:
        for number, article in enumerate(BEFORE):
            index.add(article, seen=float(number))
        questions = [{"id": "z", "text": POOL[6]}, {"text": POOL[30]}]
        answers = list(map(index.query, questions))
        tables = everything_in(path)
        for at in itertools.count(1):
            error = next(errors)
            failing = Failing(at, error)
            with monkeypatch.context() as broken:
                for word in ("execute", "executemany"):
                    broken.setattr(index._store, word, failing.around(getattr(index._store, word)))
                for word in ("fsync", "posix_fallocate", "replace"):
                    if hasattr(os, word):
                        broken.setattr(os, word, failing.around(getattr(os, word)))
                try:
                    take_step(index)
                    assert failing.count < at
                except (IndexFileError, KeyboardInterrupt, MemoryError):
                    assert failing.count >= at
                else:
                    break
            # … and right again at once, in the same object.
            assert everything_in(path) == tables
            assert index.query(questions[at % 2]) == answers[at % 2]
        assert at > 5
        check_documents(index, after)
    check_file(path)


def test_an_article_that_cannot_be_taken_leaves_none_of_its_batch(tmp_path):
    with Index(tmp_path / "seen.db", clean=None) as index:
        index.add_many(BEFORE)
        for bad in (
            {"id": "b1", "text": "Another text."},
            {"id": "\ud800", "text": "Rain."},
            {"text": 7},
            None,
        ):
            with pytest.raises(ArticleError):
                index.add_many([*NEWS, bad])
            check_documents(index, BEFORE)
        rejects = []
        index.add_many([NEWS[0], {"id": "b1", "text": "Another text."}, NEWS[1]], rejects=rejects)
        assert [reject.record["id"] for reject in rejects] == ["b1"]
        check_documents(index, [*BEFORE, *NEWS[:2]])


def broken_off():
    yield from NEWS
    raise LookupError("the source broke off")


def test_a_source_that_breaks_off_leaves_none_of_its_batch(tmp_path):
    with Index(tmp_path / "seen.db", clean=None) as index:
        index.add_many(BEFORE)
        with pytest.raises(LookupError, match="broke off"):
            index.add_many(broken_off())
        check_documents(index, BEFORE)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 2 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, check=False) if sys.platform == "linux" else None
    if mounted is None or mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted and mounted.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(path, recent_rows, compiled, file_bytes, telling):
    """Add articles until there is no more room, and some more; then make room and go on."""
    set_up(recent_rows, compiled)
    articles = [{"id": str(number), "text": told_again(number // 2, number)} for number in range(600)]
    filler = path.with_name("filler")
    there = []
    failures = []
    with Index(path, clean=None) as index:
        index.query(articles[0])  # what is imported late is there
        if file_bytes:
            import resource

            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, resource.RLIM_INFINITY))
        for article in articles:
            try:
                index.add(article)
            except IndexFileError as error:
                failures.append(str(error))
                check_documents(index, there)
                if len(failures) == 3:
                    break
                if len(failures) == 1 and not file_bytes:
                    filler.unlink()
            else:
                there.append(article)
        if file_bytes:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            index.add({"id": "more", "text": story(5000)})
            there.append({"id": "more", "text": story(5000)})
        check_documents(index, there)
    check_file(path)
    telling.send((len(there), failures, sorted(strays(path))))


def filled(path, recent_rows, compiled, file_bytes=0):
    told, telling = CONTEXT.Pipe()
    child = CONTEXT.Process(target=fill, args=(path, recent_rows, compiled, file_bytes, telling))
    child.start()
    telling.close()
    with closing(told):
        answer = told.recv()
    child.join()
    assert child.exitcode == 0
    return answer


@pytest.mark.parametrize(("recent_rows", "compiled"), [(1, False), (1, True), (3, False), (1024, False)])
def test_a_full_disk_is_told_and_the_index_goes_on_when_there_is_room(small_disk, recent_rows, compiled):
    (small_disk / "filler").write_bytes(bytes(800_000))
    num_there, failures, left = filled(small_disk / "seen.db", recent_rows, compiled)
    assert num_there > 5
    assert len(failures) == 3
    for words in failures:
        assert "No space left on device; check its folder" in words or "database or disk is full" in words
    if recent_rows == 1:
        assert any("No space left on device" in words for words in failures)
    assert all(name.endswith(".seg") for name in left)  # of a segment that could not be told of
    assert len(texts_in(small_disk / "seen.db")) == num_there


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files here")
@pytest.mark.parametrize("recent_rows", [1, 1024])
def test_a_file_that_may_not_grow_is_told_and_the_index_goes_on(tmp_path, recent_rows):
    num_there, failures, _ = filled(tmp_path / "seen.db", recent_rows, False, file_bytes=400_000)
    assert num_there > 5
    assert len(failures) == 3
    assert len(texts_in(tmp_path / "seen.db")) == num_there


def test_a_writer_that_waits_too_long_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "_WAIT_SECONDS", 0.05)
    with Index(tmp_path / "seen.db", clean=None) as one, Index(tmp_path / "seen.db") as other:
        one.add(BEFORE[0])
        with one._store.writing(), pytest.raises(IndexFileError, match="another process has been writing"):
            other.add(BEFORE[1])
        other.add(BEFORE[1])
        check_documents(one, BEFORE[:2])


def test_a_segment_that_cannot_be_written_leaves_nothing(tmp_path, monkeypatch):
    path = tmp_path / "00000001.seg"
    whole = segments.Segment.of(segments.np.arange(9, dtype="u8"), compiled=False)
    with pytest.raises(ZeroDivisionError):
        segments.write_segment(path, [whole], lambda rows: rows / 0 if 1 / 0 else rows, compiled=False)
    assert list(tmp_path.iterdir()) == []
