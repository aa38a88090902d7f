"""An index as its users meet it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import piles

import dedupe_news
from dedupe_news import (
    Article,
    ArticleError,
    CleanOptions,
    Index,
    IndexFileError,
    IndexMismatchError,
    MatchOptions,
    OptionError,
)

STORY = (
    "The harbour of Westmoor reopened on Monday after three days of storms along the northern coast. "
    "Ferries to the islands run every hour again, said the port authority, and the first of them left with "
    "two hundred passengers. Repairs to the old pier will take until the end of the month, and ships with "
    "more than forty metres have to wait outside until divers have seen the piles of the new one."
)
MORE = " The mayor thanked the crews, who had worked through three nights without a break."


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "seen.db"


def test_a_story_is_new_once(path: Path) -> None:
    with Index(path) as index:
        first = index.add({"id": "monday", "text": STORY})
        again = index.add({"id": "monday", "text": STORY})
        copy = index.add({"id": "tuesday", "text": STORY.upper()})
    assert (first.outcome, first.canonical_id, first.relation) == ("new", "monday", None)
    assert first.is_new
    assert (again.outcome, again.canonical_id) == ("again", "monday")
    assert again.is_duplicate
    assert again.relation is not None
    assert again.relation.evidence == ("the same id and the same text",)
    assert (copy.outcome, copy.canonical_id) == ("duplicate", "monday")
    assert copy.is_duplicate
    assert copy.relation is not None
    assert copy.relation.kind == "exact"


def test_a_copy_that_comes_first_by_its_date_or_its_id_is_no_better(path: Path) -> None:
    with Index(path) as index:
        index.add({"id": "b", "text": STORY})
        match = index.add({"id": "a", "text": STORY})
        assert [document.id for document in index.documents()] == ["a"]
    assert (match.outcome, match.canonical_id) == ("duplicate", "a")
    assert [(change.id, change.before, change.after) for change in match.changes] == [("b", "b", "a")]


def test_it_remembers_after_a_restart(path: Path) -> None:
    with Index(path) as index:
        index.add({"id": "monday", "text": STORY})
    with Index(path) as index:
        assert index.add({"id": "tuesday", "text": STORY}).outcome == "duplicate"
        assert list(index) == ["monday", "tuesday"]
        assert "monday" in index
        assert "friday" not in index
        assert len(index) == 2


def test_a_better_version_takes_over_and_says_so(path: Path) -> None:
    with Index(path) as index:
        index.add({"id": "copy", "text": STORY.upper(), "source": "Island News"})
        index.add({"id": "short", "text": STORY, "source": "Westmoor Post"})
        better = index.add({"id": "whole", "text": STORY + MORE, "source": "Coast Herald"})
        [document] = index.documents()
    assert (better.outcome, better.canonical_id) == ("better", "whole")
    assert not better.is_duplicate
    assert better.relation is not None
    assert (better.relation.left, better.relation.right) == ("copy", "whole")
    assert [(change.id, change.before, change.after) for change in better.changes] == [
        ("copy", "copy", "whole"),
        ("short", "copy", "whole"),
    ]
    assert document.id == "whole"
    assert {duplicate.id for duplicate in document.duplicates} == {"short", "copy"}
    assert document.sources == ("Coast Herald", "Island News", "Westmoor Post")


def test_asking_changes_nothing(path: Path) -> None:
    with Index(path) as index:
        index.add({"id": "monday", "text": STORY})
        asked = index.query({"id": "tuesday", "text": STORY + MORE})
        assert asked.outcome == "better"
        assert list(index) == ["monday"]
        assert index.add({"id": "tuesday", "text": STORY + MORE}) == asked


def test_articles_are_cleaned_as_dedupe_does_and_come_out_whole(path: Path) -> None:
    tripled = STORY * 3
    with Index(path) as index:
        match = index.add(
            {"id": "a", "text": tripled, "url": "https://example.org/a", "section": "sea", "tags": ["a", 1]}
        )
        [document] = index.documents()
    [expected] = dedupe_news.dedupe(
        [{"id": "a", "text": tripled, "url": "https://example.org/a", "section": "sea", "tags": ["a", 1]}]
    ).documents
    assert document == expected
    assert match.article.text == expected.text
    assert document.restore() == tripled
    assert document.extra == {"section": "sea", "tags": ["a", 1]}


def test_the_same_id_with_another_text_is_refused_and_can_be_replaced(path: Path) -> None:
    with Index(path) as index:
        index.add({"id": "page", "text": STORY})
        with pytest.raises(ArticleError, match=r"'page' is another article's already.*replace it"):
            index.add({"id": "page", "text": MORE})
        assert len(index) == 1
        match = index.replace({"id": "page", "text": MORE})
        assert match.outcome == "new"
        assert index.document_of("page").text == MORE.strip()
        with pytest.raises(ArticleError, match="needs its id"):
            index.replace({"text": STORY})


def test_articles_without_an_id_are_called_by_their_text(path: Path) -> None:
    result = dedupe_news.dedupe([STORY, STORY, STORY, MORE])
    with Index(path) as index:
        matches = [*index.add_many([STORY, STORY]), index.add(STORY), index.add(MORE)]
        ids = [match.id for match in matches]
        assert set(ids) == {
            one
            for document in result.documents
            for one in (document.id, *(duplicate.id for duplicate in document.duplicates))
        }
        index.remove(ids[1])
        assert index.add(STORY).id == ids[1]


@settings(max_examples=25)
@given(pile=piles(), cuts=st.lists(st.integers(1, 4), max_size=12))
def test_batches_say_what_single_articles_are_told(
    tmp_path_factory: pytest.TempPathFactory, pile: list[str], cuts: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("index")
    articles = [Article(id=f"a{number}", text=text) for number, text in enumerate(pile)]
    with Index(folder / "one.db") as one, Index(folder / "many.db") as many:
        single = [one.add(article, seen=0.0) for article in articles]
        batches: list[dedupe_news.Match] = []
        rest = articles
        for size in [*cuts, len(articles)]:
            batches += many.add_many(rest[:size], seen=0.0)
            rest = rest[size:]
        assert batches == single
        assert list(one.documents()) == list(many.documents())


def test_a_bad_article_is_refused_with_its_place_or_handed_over(path: Path) -> None:
    bad = [{"id": "a", "text": STORY}, {"id": "b"}, {"id": "a", "text": MORE}, {"id": "c", "text": MORE}]
    with Index(path) as index:
        with pytest.raises(ArticleError, match="needs a 'text'"):
            index.add_many(bad)
        assert len(index) == 0
        rejects: list[dedupe_news.Reject] = []
        assert [match.id for match in index.add_many(bad, rejects=rejects)] == ["a", "c"]
    assert [reject.place for reject in rejects] == ["article 2", "article 3"]
    assert rejects[0].record == {"id": "b"}


def test_expiring_counts_from_when_an_article_was_last_seen(path: Path) -> None:
    now = datetime(2026, 5, 1, 12)
    with Index(path) as index:
        index.add({"id": "old", "text": STORY}, seen=now - timedelta(days=40))
        index.add({"id": "seen again", "text": MORE}, seen=now - timedelta(days=40))
        index.add({"id": "seen again", "text": MORE}, seen=now - timedelta(days=2))
        index.add({"id": "copy", "text": STORY.upper()}, seen=now - timedelta(days=1))
        assert index.expire(now - timedelta(days=30)) == 1
        assert list(index) == ["seen again", "copy"]
        assert index.document_of("copy").id == "copy"
        assert index.expire(timedelta(days=10_000)) == 0
        stats = index.stats()
    assert (stats.articles, stats.documents, stats.duplicates) == (2, 2, 0)
    assert stats.oldest == now - timedelta(days=2)
    assert stats.bytes > 0


def test_the_number_of_the_last_article_is_not_given_again_and_is_no_option(path: Path) -> None:
    with Index(path) as index:
        options = index.stats().options
        index.add({"id": "first", "text": STORY})
        index.add({"id": "last", "text": MORE})
        numbers = [index._store.last_row()]
        for id in ("last", "first"):
            index.remove(id)
            numbers.append(index._store.last_row())
        assert numbers == [2, 2, 2]
        assert index.stats().options == options
        assert index.add({"id": "next", "text": MORE}).outcome == "new"
        assert index._store.last_row() == 3


def test_options_are_kept_with_the_file(path: Path) -> None:
    with Index(path, clean=CleanOptions(skip={"dash"}), match="strict"):
        pass
    with Index(path) as index:
        assert index.stats().options["match.min_jaccard"] == 0.9
        assert index.stats().options["clean.skip"] == ["dash"]
    with Index(path, clean=CleanOptions(skip={"dash"}), match="strict"):
        pass
    with pytest.raises(IndexMismatchError, match=r"made with match.min_jaccard=0.9, asked for 0.7"):
        Index(path, match="news")
    with pytest.raises(IndexMismatchError, match=r"clean.skip=\['dash'\], asked for \[\]"):
        Index(path, clean=CleanOptions())
    with pytest.raises(IndexMismatchError, match="clean=True, asked for None"):
        Index(path, clean=None)
    with pytest.raises(IndexMismatchError, match=r"match\.shingle_tokens"):
        Index(path, match=MatchOptions(shingle_tokens=3, min_jaccard=0.9))
    with pytest.raises(OptionError, match="match must be one of"):
        Index(path, match="loose")
    assert issubclass(IndexMismatchError, ValueError)


def test_reading_makes_nothing(path: Path) -> None:
    with pytest.raises(IndexFileError, match="there is no index at"):
        Index(path, read_only=True)
    assert not list(path.parent.iterdir())
    with Index(path) as index:
        index.add({"id": "monday", "text": STORY})
    with Index(path, read_only=True) as index:
        assert index.query(STORY).outcome == "duplicate"
        with pytest.raises(IndexFileError, match="read only"):
            index.add(MORE)


@pytest.mark.parametrize("name", ["id", "published"])
def test_what_no_file_can_keep_is_refused(path: Path, name: str) -> None:
    with Index(path) as index, pytest.raises(ArticleError, match="lone surrogate"):
        index.add({"text": STORY, name: "\ud800"})


def test_text_with_lone_surrogates_is_kept(path: Path) -> None:
    with Index(path, clean=None) as index:
        index.add({"id": "a", "text": STORY + " \ud83d"})
        [document] = index.documents()
    assert document.text == STORY + " \ud83d"
