"""Many at once is one after the other: streams, replacements, questions, removals."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dedupe_news import Article, ArticleError, Index, Match, OptionError, Reject
from dedupe_news.arriving import as_they_come
from dedupe_news.workers import BATCH, PAUSE, WORTH_PROCESSES, Pause, map_as_they_come

WORDS = ["ferry", "quay", "tide", "rope", "crane", "buoy", "net", "gull", "keel", "mast", "oar", "sail"]


def story(seed: int, num_words: int = 60) -> str:
    dice = random.Random(seed)
    return " ".join(dice.choice(WORDS) for _ in range(num_words)).capitalize() + "."


TEXTS = [story(1), story(1) + " " + story(2, 20), story(1).upper(), story(3), story(3)[:200], "Rain.", ""]
RECORDS = st.lists(
    st.one_of(
        st.just(PAUSE),
        st.fixed_dictionaries(
            {"id": st.sampled_from(["a", "b", "c", "d", None]), "text": st.sampled_from(TEXTS)}
        ),
    ),
    max_size=12,
)


def one_by_one(index, articles, *, replace):
    outcomes = []
    for article in articles:
        try:
            outcomes.append((index.replace if replace and article["id"] else index.add)(article, seen=1.0))
        except ArticleError:
            outcomes.append(None)
    return outcomes


def placed(items):
    return [item if isinstance(item, Pause) else ("here", item) for item in items]


@given(items=RECORDS, replace=st.booleans())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_records_are_taken_as_if_one_after_the_other(tmp_path_factory, items, replace):
    folder = tmp_path_factory.mktemp("index")
    articles = [item for item in items if not isinstance(item, Pause)]
    with Index(folder / "one.db", clean=None) as one, Index(folder / "many.db", clean=None) as many:
        expected = one_by_one(one, articles, replace=replace)
        told = list(many.add_records(placed(items), seen=1.0, replace=replace))
        assert [item if isinstance(item, Match) else None for item in told] == expected
        rejects = [item for item in told if isinstance(item, Reject)]
        assert all(reject.place == "here" and reject.record in articles for reject in rejects)
        assert list(many.documents()) == list(one.documents())
        asked = list(many.query_records(placed(items)))
        for article, answer in zip(articles, asked, strict=True):
            if isinstance(answer, Match):
                assert answer == many.query(article)
            else:
                with pytest.raises(ArticleError):
                    many.query(article)


@given(items=RECORDS, ids=st.lists(st.sampled_from("abcd"), min_size=1, max_size=4))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_all_are_removed_or_none(tmp_path_factory, items, ids):
    folder = tmp_path_factory.mktemp("index")
    articles = [item for item in items if not isinstance(item, Pause)]
    with Index(folder / "one.db", clean=None) as one, Index(folder / "many.db", clean=None) as many:
        for index in (one, many):
            index.add_many(articles, rejects=[])
        before = {document.id: document for document in many.documents()}
        if not all(id in many for id in ids):
            with pytest.raises(ArticleError, match="there is no article"):
                many.remove(*ids)
            assert {document.id: document for document in many.documents()} == before
            return
        changes = many.remove(*ids)
        for id in dict.fromkeys(ids):
            one.remove(id)
        assert list(many.documents()) == list(one.documents())
        told = {change.id: (change.before, change.after) for change in changes}
        belonged = {member.id: document.id for document in before.values() for member in document.duplicates}
        belongs = {id: many.document_of(id).id for id in many}
        assert told == {
            id: (belonged.get(id, id), canonical)
            for id, canonical in belongs.items()
            if belonged.get(id, id) != canonical
        }


def test_several_processes_say_the_same(tmp_path):
    articles = [{"id": str(number), "text": story(number % 400, 20) + "\u200b"} for number in range(600)]
    with Index(tmp_path / "one.db") as one, Index(tmp_path / "two.db") as two:
        assert one.add_many(articles, seen=1.0) == two.add_many(articles, seen=1.0, jobs=2)
        assert two.document_of("399").edits
        with pytest.raises(OptionError, match="jobs must be between 1 and"):
            one.add_many(articles, jobs=0)


def test_of_the_batch_with_a_bad_article_none_is_added(tmp_path):
    with Index(tmp_path / "one.db") as index:
        with pytest.raises(ArticleError, match="an article is a str"):
            index.add_many([Article("One storm."), 7])
        assert len(index) == 0
        rejects = []
        [match] = index.add_many([7, "One storm.", {"id": "\ud83d", "text": ""}], rejects=rejects)
        assert match.is_new
        assert [(reject.place, reject.record) for reject in rejects] == [
            ("article 1", 7),
            ("article 3", {"id": "\ud83d", "text": ""}),
        ]


# --- what comes slowly ------------------------------------------------------------------------------


def slowly(items):
    for item in items:
        if item is None:
            time.sleep(0.2)
        else:
            yield item


def test_a_slow_source_pauses_a_fast_one_does_not():
    assert list(as_they_come(range(1000))) == list(range(1000))
    assert list(as_they_come(slowly([None, 1, 2, None, 3]))) == [1, 2, PAUSE, 3]


def test_an_error_of_the_source_is_that_of_the_reader():
    items = as_they_come(1 // number for number in (1, 0))
    assert next(items) == 1
    with pytest.raises(ZeroDivisionError):
        next(items)


def test_what_is_not_wanted_is_not_waited_for():
    wanted = [True]
    items = as_they_come(slowly([1, *[None] * 100]), is_wanted=lambda: wanted[0])
    assert next(items) == 1
    wanted[0] = False
    assert list(items) == []


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_pause_hands_on_what_came_before(jobs):
    read = []

    def source():
        for number in range(WORTH_PROCESSES + BATCH):
            yield number
        for number in (1, 2):
            yield PAUSE
            read.append(number)
            yield -number

    results = map_as_they_come(abs, source(), jobs=jobs)
    assert [next(results) for _ in range(WORTH_PROCESSES + BATCH)] == list(range(WORTH_PROCESSES + BATCH))
    assert read == []
    assert list(results) == [PAUSE, 1, PAUSE, 2]
