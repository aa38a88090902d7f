"""Files of every version open; a step to the next is whole or not taken; what is no index is refused."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from conftest import ROOT
from truths import check_documents, check_file, story, texts_in

import dedupe_news
from dedupe_news import CleanOptions, Index, IndexFileError, IndexMismatchError
from dedupe_news.index import store

CASES = ROOT / "tests" / "cases" / "index"
FILES = sorted(CASES.glob("v*.db"), key=lambda path: int(path.stem[1:]))


@pytest.fixture
def newest(tmp_path):
    return Path(shutil.copy(FILES[-1], tmp_path / "seen.db"))


def test_a_file_of_every_version_is_there():
    assert [file.stem for file in FILES] == [f"v{number + 1}" for number in range(len(store.MIGRATIONS))]


@pytest.mark.parametrize("case", FILES, ids=lambda path: path.stem)
def test_a_file_of_a_version_opens_and_answers(tmp_path, case):
    path = Path(shutil.copy(case, tmp_path / "seen.db"))
    said = json.loads(case.with_suffix(".json").read_text(encoding="utf-8"))
    articles = said["articles"]
    with Index(path) as index:
        found = {one.id: [member.id for member in one.duplicates] for one in index.documents()}
        assert found == said["documents"]
        check_documents(index, articles, CleanOptions())
        for article in articles:
            if "id" in article:
                assert index.query(article).outcome == "again"
                copy = index.query({"id": "zzz", "text": article["text"], "title": article.get("title")})
                assert copy.outcome == "duplicate" or not any(map(str.isalnum, article["text"]))
        index.add({"id": "later", "text": story(1)})
        index.remove("a5")
        rest = [article for article in articles if article.get("id") != "a5"]
        check_documents(index, [*rest, {"id": "later", "text": story(1)}], CleanOptions())
    check_file(path)


def test_without_its_folder_of_keys_a_file_may_still_be_read(newest):
    with Index(newest, read_only=True) as index:
        assert len(list(index.documents())) > 5
        assert index.query(story(1)).outcome == "new"


# --- steps from version to version ----------------------------------------------------------------


def add_column(connection):
    connection.execute("ALTER TABLE article ADD COLUMN kind TEXT")
    connection.execute("UPDATE article SET kind = 'story'")


def add_column_and_fail(connection):
    add_column(connection)
    connection.execute("DROP TABLE relation")
    raise ZeroDivisionError("in the middle of a step")


def drop_and_fail(connection):
    connection.execute("DROP TABLE relation")
    raise ZeroDivisionError("in the middle of a step")


def version_of(path):
    with closing(sqlite3.connect(path)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        return version, list(connection.iterdump())


def test_a_step_that_fails_leaves_the_file_as_it_was(newest, monkeypatch):
    before = version_of(newest)
    number = len(store.MIGRATIONS)
    monkeypatch.setattr(store, "MIGRATIONS", (*store.MIGRATIONS, add_column, drop_and_fail))
    with pytest.raises(ZeroDivisionError):
        Index(newest)
    version, tables = version_of(newest)  # the first of the two stands
    assert version == number + 1
    monkeypatch.setattr(store, "MIGRATIONS", store.MIGRATIONS[: number + 1])
    with Index(newest) as index:
        assert len(index) > 5
    assert version_of(newest) == (version, tables)
    monkeypatch.undo()
    assert before[0] == number
    with pytest.raises(
        IndexFileError, match=rf"of version {number + 1}, this dedupe_news knows up to {number}: use"
    ):
        Index(newest)
    with pytest.raises(IndexFileError, match="use a later dedupe_news"):
        Index(newest, read_only=True)
    assert version_of(newest) == (version, tables)


def test_the_only_step_fails_and_nothing_has_happened(newest, monkeypatch):
    before = version_of(newest)
    with monkeypatch.context() as later:
        later.setattr(store, "MIGRATIONS", (*store.MIGRATIONS, add_column_and_fail))
        with pytest.raises(ZeroDivisionError):
            Index(newest)
    assert version_of(newest) == before
    with Index(newest) as index:
        assert len(index) > 5


def test_an_older_file_is_not_brought_up_by_who_only_reads(newest, monkeypatch):
    before = newest.read_bytes()
    monkeypatch.setattr(store, "MIGRATIONS", (*store.MIGRATIONS, add_column))
    with pytest.raises(IndexFileError, match="must be brought to 2 first: open it once for writing"):
        Index(newest, read_only=True)
    assert newest.read_bytes() == before


def test_a_new_file_that_cannot_be_made_is_made_the_next_time(tmp_path, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(store, "MIGRATIONS", (add_column_and_fail,))
        with pytest.raises(IndexFileError, match="no such table"):
            Index(tmp_path / "seen.db")
    with pytest.raises(IndexFileError, match="is a database, but no index"):
        Index(tmp_path / "seen.db", read_only=True)
    with Index(tmp_path / "seen.db") as index:
        assert index.add(story(1)).outcome == "new"


NOT_THERE = r"there is no index at|cannot be opened"

# --- what is no index -----------------------------------------------------------------------------


def test_what_is_no_index_is_refused_and_left_alone(tmp_path):
    text = tmp_path / "notes.txt"
    text.write_bytes(b"Rain until Monday. " * 300)
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE article (id)")
        connection.commit()
    for path, words in ((text, "is no index, or is damaged"), (other, "is a database, but no index")):
        before = path.read_bytes()
        for read_only in (False, True):
            with pytest.raises(IndexFileError, match=words):
                Index(path, read_only=read_only)
        assert path.read_bytes() == before
    for read_only in (False, True):
        with pytest.raises(IndexFileError, match=NOT_THERE):
            Index(tmp_path, read_only=read_only)
        with pytest.raises(IndexFileError, match=NOT_THERE):
            Index(tmp_path / "no folder" / "seen.db", read_only=read_only)
    assert {file.name for file in tmp_path.iterdir()} == {"notes.txt", "other.db"}


def read_and_add(path):
    with Index(path) as index:
        list(index.documents())
        index.add(story(1))


def test_a_file_that_was_cut_off_or_damaged_says_so(newest):
    whole = newest.read_bytes()
    for size in range(1000, len(whole), 16_384):
        newest.write_bytes(whole[:size])
        with pytest.raises(IndexFileError, match=r"damaged|no index"):
            read_and_add(newest)
        for file in newest.parent.glob("seen.db-*"):
            shutil.rmtree(file) if file.is_dir() else file.unlink()
    newest.write_bytes(whole[:4096] + bytes(len(whole) - 4096))
    with pytest.raises(IndexFileError, match="damaged"):
        Index(newest)


@pytest.mark.parametrize("name", ["fingerprint_version", "keys_version"])
def test_a_file_that_reads_texts_in_another_way_is_refused(newest, name):
    with closing(sqlite3.connect(newest)) as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE name = ?", (name,))
        connection.commit()
    for read_only in (False, True):
        with pytest.raises(IndexMismatchError, match=f"was made with {name}=99, asked for"):
            Index(newest, read_only=read_only)


def test_who_reads_makes_nothing(tmp_path, newest):
    with pytest.raises(IndexFileError, match="there is no index at"):
        Index(tmp_path / "none.db", read_only=True)
    empty = tmp_path / "empty.db"
    empty.write_bytes(b"")
    with pytest.raises(IndexFileError, match="no index"):
        Index(empty, read_only=True)
    before = newest.read_bytes()
    with Index(newest, read_only=True) as index:
        index.query(story(1))
        for change in (lambda: index.add(story(1)), lambda: index.remove("a1"), lambda: index.expire(1e12)):
            with pytest.raises(IndexFileError, match="opened to be read only"):
                change()
    assert {file.name for file in tmp_path.iterdir()} - {"seen.db-wal", "seen.db-shm"} == {
        "empty.db",
        "seen.db",
    }
    assert (newest.read_bytes(), empty.read_bytes()) == (before, b"")


READ_ONLY = "attempt to write a readonly database; check its folder, its rights and its space"

ASK = """
import os, sys
from dedupe_news import Index
from dedupe_news.errors import DedupeNewsError
with Index(sys.argv[4]) as index:  # what is imported late may not be readable later
    index.query(sys.argv[3])
    index.add(sys.argv[3])
    list(index.documents())
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    with Index(sys.argv[1], read_only=sys.argv[2] == "read") as index:
        print(len(index), len(list(index.documents())), index.query(sys.argv[3]).outcome)
        if sys.argv[2] != "read":
            index.add(sys.argv[3])
except DedupeNewsError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.skipif(os.name != "posix", reason="rights of folders as POSIX has them")
def test_an_index_in_a_folder_where_nothing_may_be_written(newest, tmp_path_factory):
    with Index(newest) as index:
        count, documents = len(index), len(list(index.documents()))
    before = newest.read_bytes()
    warm = shutil.copy(newest, tmp_path_factory.mktemp("warm"))
    folder = newest.parent
    for place in (folder, *folder.parents):  # pytest keeps its folders to itself
        if place.stat().st_mode & 0o700 == 0o700 and place.owner() == folder.owner() and len(place.parts) > 2:
            place.chmod(place.stat().st_mode | 0o055)
    folder.chmod(0o555)
    newest.chmod(0o444)
    try:
        for mode, words in (
            ("read", f"{count} {documents} new"),
            (
                "write",
                f"IndexFileError the index {newest} cannot be used: {READ_ONLY}",
            ),
        ):
            said = subprocess.run(
                [sys.executable, "-c", ASK, str(newest), mode, story(1), str(warm)],
                env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
                capture_output=True,
                encoding="utf-8",
                check=False,
            )
            assert (said.stdout.strip(), said.stderr) == (words, "")
    finally:
        folder.chmod(0o755)
    assert newest.read_bytes() == before
    assert len(texts_in(newest)) == count
    assert dedupe_news.Index is Index


def test_an_index_that_is_read_as_it_stands_says_when_it_was_changed(newest, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with Index(newest, read_only=True) as index:
        count = len(index)
        assert not list(newest.parent.glob("seen.db-*"))
        with Index(newest) as writer:
            writer.add(story(1))
            with Index(newest, read_only=True) as late:  # sees the file in use
                assert len(late) == count + 1
        for ask in (lambda: len(index), lambda: "a1" in index, lambda: index.query(story(1)), index.stats):
            with pytest.raises(IndexFileError, match=r"was changed since it was opened.*open it again"):
                ask()
    with Index(newest, read_only=True) as index:
        assert len(index) == count + 1
