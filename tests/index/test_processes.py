"""Many processes use one index: no article is lost or doubled, and who reads never fails.

By default 4 writers of 150 articles each, with ``-m slow`` 8 of 2 000 each; 2 readers meanwhile.
"""

import sys
import time
from collections import Counter

import pytest
from truths import check_documents, check_file, story, strays
from writers import CONTEXT, articles_of, make, read, write

import dedupe_news
from dedupe_news import Index, IndexFileError
from dedupe_news.index import postings
from dedupe_news.index.segments import Segment


@pytest.mark.parametrize(
    ("num_writers", "num_articles", "recent_rows"),
    [
        (4, 150, 2),  # segments come and go all the time
        pytest.param(8, 2000, 64, marks=pytest.mark.slow),
    ],
)
def test_writers_wait_their_turn_and_readers_never_fail(
    tmp_path, num_writers, num_articles, recent_rows, capsys, record_property
):
    path = tmp_path / "seen.db"
    Index(path, clean=None).close()
    began = time.monotonic()
    readers = [start(read, path, number, num_articles, number != 1) for number in range(2)]
    writers = [start(write, path, number, num_articles, recent_rows) for number in range(num_writers)]
    outcomes: Counter[str] = Counter()
    for child, told in writers:
        outcomes.update(answer(child, told))
    num_queries = 0
    for child, told in readers:
        if child.is_alive():
            told.send("enough")
        num_queries += answer(child, told)
    articles = [article for number in range(num_writers) for article in articles_of(number, num_articles)]
    seconds = time.monotonic() - began
    with capsys.disabled():
        sys.stdout.write(
            f" {num_writers} x {num_articles} articles, {num_queries} queries in {seconds:.0f} s "
        )
    record_property("queries", num_queries)

    once = list({article.get("id", place): article for place, article in enumerate(articles)}.values())
    with Index(path, read_only=True) as index:
        ids = list(index)
        assert len(ids) == len(set(ids)) == len(once)
        assert outcomes.total() == len(articles)
        assert outcomes["again"] == len(articles) - len(once)
        documents = check_documents(index, once)
        assert set(ids) == {
            id for document in documents for id in (document.id, *(one.id for one in document.duplicates))
        }
    check_file(path)
    assert strays(path) == set()
    assert num_queries > 0
    assert dedupe_news.dedupe(once, clean=None).summary.received == len(once)


def start(work, *arguments):
    told, telling = CONTEXT.Pipe()
    child = CONTEXT.Process(target=work, args=(*arguments, telling), daemon=True)
    child.start()
    telling.close()
    return child, told


def answer(child, told):
    """Return what a child tells at its end; what it died of stands in its standard error."""
    try:
        said = told.recv()
    except EOFError:
        said = None
    child.join(60)
    assert child.exitcode == 0, "a process failed; see its words above"
    return said


def test_a_file_is_made_by_whoever_comes_first(tmp_path):
    for number in range(6):
        path = tmp_path / f"{number}.db"
        together = CONTEXT.Barrier(5)
        outcomes = [answer(*one) for one in [start(make, path, together) for _ in range(5)]]
        assert sorted(outcomes) == ["duplicate"] * 4 + ["new"]
        check_file(path)


def test_who_reads_follows_a_writer_that_is_always_faster(tmp_path, monkeypatch):
    path = tmp_path / "seen.db"
    monkeypatch.setattr(postings, "RECENT_ROWS", 1)
    monkeypatch.setattr(postings, "_GROWTH", 100)  # there is one segment, and it is never the same
    open_segment = Segment.open
    with Index(path, clean=None) as writer:
        writer.add({"id": "first", "text": story(1)})
        with Index(path, read_only=True) as reader:
            to_come = list(range(20))

            def open_late(file):
                if to_come:
                    number = to_come.pop()
                    with monkeypatch.context() as undone:
                        undone.setattr(Segment, "open", open_segment)
                        writer.add({"id": f"late-{number}", "text": story(100 + number)})
                return open_segment(file)

            monkeypatch.setattr(Segment, "open", open_late)
            assert reader.query({"id": "z", "text": story(1)}).canonical_id == "first"
            assert to_come == []


def test_a_file_that_is_lost_is_made_again_by_who_may_write(tmp_path, monkeypatch):
    path = tmp_path / "seen.db"
    monkeypatch.setattr(postings, "RECENT_ROWS", 1)
    with Index(path, clean=None) as index:
        index.add({"id": "first", "text": story(1)})
    [file] = (tmp_path / "seen.db-keys").iterdir()
    for damage in (file.unlink, lambda: file.write_bytes(b"\0" * 64), lambda: file.write_bytes(b"")):
        damage()
        with Index(path, read_only=True) as reader:
            with pytest.raises(
                IndexFileError, match=f"misses a file: .*{file.name} .*; open it once for writing"
            ):
                reader.query({"id": "z", "text": story(1)})
            with Index(path) as writer:
                assert writer.query({"id": "z", "text": story(1)}).canonical_id == "first"
            assert reader.query({"id": "z", "text": story(1)}).canonical_id == "first"
