"""Whatever comes, goes, changes or crashes: an index says what `dedupe` says of the same articles."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from truths import check_documents, pool

import dedupe_news
from dedupe_news import ArticleError, Index
from dedupe_news.index import postings

POOL = pool()
IDS = [f"a{number}" for number in range(14)]
DATES = (None, "2024-01-02", "2024-03-01")


class IndexMachine(RuleBasedStateMachine):
    """The truth is a dict of the articles that are there, and `dedupe` of them."""

    @initialize(
        recent_rows=st.sampled_from([1, 3, 1024]),
        merged_at_once=st.sampled_from([0, 300, 1 << 24]),
        from_characters=st.sampled_from([0, 1 << 40]),
    )
    def make(self, recent_rows: int, merged_at_once: int, from_characters: int) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "seen.db"
        self.truth: dict[str, dict[str, str | None]] = {}
        self.seen: dict[str, float] = {}
        self.clock = 0.0
        self.documents: dict[str, str] = {}
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(postings, "RECENT_ROWS", recent_rows)
        self.patch.setattr(postings, "_MOST_ENTRIES_AT_ONCE", merged_at_once)
        self.patch.setattr("dedupe_news.index.reading.COMPILED_FROM", from_characters)
        self.index = Index(self.path, clean=None)

    def article(self, id: str, text: str, published: str | None) -> dict[str, str | None]:
        self.clock += 1.0
        return {"id": id, "text": text, "published": published}

    @rule(id=st.sampled_from(IDS), story=st.sampled_from(range(len(POOL))), published=st.sampled_from(DATES))
    def add(self, id: str, story: int, published: str | None) -> None:
        text = POOL[story]
        article = self.article(id, text, published)
        asked = self._asked(article)
        if id in self.truth and self.truth[id]["text"] != text:
            with pytest.raises(ArticleError, match="another article"):
                self.index.add(article, seen=self.clock)
            return
        match = self.index.add(article, seen=self.clock)
        assert match == asked
        assert (match.outcome == "again") == (id in self.truth)
        self.truth.setdefault(id, article)
        self.seen[id] = self.clock
        self.follow(match.changes, {id: match.canonical_id})

    def _asked(self, article: dict[str, str | None]) -> object:
        if self.truth.get(str(article["id"]), article)["text"] != article["text"]:
            with pytest.raises(ArticleError, match="another article"):
                self.index.query(article)
            return None
        return self.index.query(article)

    def follow(self, changes: tuple[dedupe_news.Change, ...], own: dict[str, str]) -> None:
        """Every change that was told, and none besides, leads from the documents before to those now."""
        for change in changes:
            assert self.documents[change.id] == change.before
            self.documents[change.id] = change.after
        self.documents |= own

    @rule(
        drawn=st.lists(
            st.tuples(st.sampled_from(IDS), st.sampled_from(range(len(POOL))), st.sampled_from(DATES)),
            max_size=6,
        )
    )
    def add_many(self, drawn: list[tuple[str, int, str | None]]) -> None:
        taken = []
        articles = [(id, POOL[story], published) for id, story, published in drawn]
        for id, text, published in articles:
            if id not in self.truth or self.truth[id]["text"] == text:
                article = self.article(id, text, published)
                self.truth.setdefault(id, article)
                self.seen[id] = self.clock
                taken.append(article)
        rejects: list[dedupe_news.Reject] = []
        given = [{"id": id, "text": text, "published": date} for id, text, date in articles]
        matches = self.index.add_many(given, seen=self.clock, rejects=rejects)
        assert [match.id for match in matches] == [article["id"] for article in taken]
        assert len(rejects) == len(articles) - len(taken)
        for id in {str(article["id"]) for article in taken}:
            self.seen[id] = self.clock
        for match in matches:
            self.follow(match.changes, {match.id: match.canonical_id})

    @precondition(lambda self: self.truth)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        id = data.draw(st.sampled_from(sorted(self.truth)))
        changes = self.index.remove(id)
        del self.truth[id], self.seen[id], self.documents[id]
        self.follow(changes, {})

    @rule(id=st.sampled_from(IDS), story=st.sampled_from(range(len(POOL))), published=st.sampled_from(DATES))
    def replace(self, id: str, story: int, published: str | None) -> None:
        text = POOL[story]
        article = self.article(id, text, published)
        is_same = id in self.truth and self.truth[id]["text"] == text
        match = self.index.replace(article, seen=self.clock)
        assert (match.outcome == "again") == is_same
        if not is_same:
            self.truth.pop(id, None)
            self.truth[id] = article
        self.seen[id] = self.clock
        self.follow(match.changes, {id: match.canonical_id})

    @rule(back=st.integers(0, 30))
    def expire(self, back: int) -> None:
        limit = self.clock - back + 0.5
        gone = [id for id, seen in self.seen.items() if seen < limit]
        assert self.index.expire(_moment(limit)) == len(gone)
        for id in gone:
            del self.truth[id], self.seen[id]
        self.documents = {document.id: document.id for document in self.index.documents()}
        for document in self.index.documents():
            self.documents |= {duplicate.id: document.id for duplicate in document.duplicates}

    @rule()
    def reopen(self) -> None:
        self.index.close()
        self.index = Index(self.path)

    @rule()
    def crash(self) -> None:
        """Go on from what is on the disk while the old process is still in the middle of something."""
        copy = self.folder / "copy"
        copy.mkdir()
        with sqlite3.connect(self.path) as other:
            other.execute("BEGIN")
            other.execute("SELECT count(*) FROM article").fetchone()
            for path in self.folder.glob("seen.db*"):
                if path.is_dir():
                    shutil.copytree(path, copy / path.name)
                else:
                    shutil.copy(path, copy / path.name)
        other.close()
        self.index.close()
        for path in self.folder.glob("seen.db*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        for path in copy.iterdir():
            path.rename(self.folder / path.name)
        copy.rmdir()
        self.index = Index(self.path)

    @rule()
    def lose_the_keys(self) -> None:
        self.index.close()
        shutil.rmtree(self.folder / "seen.db-keys", ignore_errors=True)
        self.index = Index(self.path)

    @invariant()
    def says_what_dedupe_says(self) -> None:
        expected = check_documents(self.index, self.truth.values())
        assert sorted(self.index) == sorted(self.truth)
        assert self.documents == {
            one: document.id
            for document in expected
            for one in (document.id, *(member.id for member in document.duplicates))
        }

    def teardown(self) -> None:
        if hasattr(self, "index"):
            self.index.close()
            self.patch.undo()
            shutil.rmtree(self.folder)


def _moment(seconds: float) -> object:
    from datetime import datetime

    return datetime.fromtimestamp(seconds)


TestIndexMachine = IndexMachine.TestCase
TestIndexMachine.settings = settings(
    max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
