import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from text_strategies import Damaged, any_text, articles, damaged

import dedupe_news
from dedupe_news import CleanArticle
from dedupe_news.text.spans import Replacement, replaced

patient = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
received_articles = articles().flatmap(damaged)

CASES = Path(__file__).parent.parent / "cases" / "cleaning"
_FIELDS = ("title", "byline", "dateline", "standfirst", "paragraphs")


def cases(name: str) -> list[Any]:
    """Return the cases of all files so named, as parameters named by their labels; failures are strict."""
    lines = [
        line for path in sorted(CASES.glob(name)) for line in path.read_text("utf-8").split("\n") if line
    ]
    return [
        pytest.param(
            case, id=case["label"], marks=[pytest.mark.xfail(strict=True)] if case["expect"] == "fail" else []
        )
        for case in map(json.loads, lines)
    ]


def fields(document: CleanArticle) -> dict[str, Any]:
    return {name: getattr(document, name) for name in _FIELDS}


def assert_edits_lead_from_received_to_clean(document: CleanArticle) -> None:
    at = 0
    for edit in document.edits:
        assert at <= edit.start <= edit.end
        assert document.original[edit.start : edit.end] == edit.before != edit.after
        at = edit.end
    changes = [Replacement(edit.start, edit.end, edit.after, edit.rule) for edit in document.edits]
    assert replaced(document.original, changes) == document.text


# --- cases ---------------------------------------------------------------------------------


def assert_fields(case: dict[str, Any]) -> None:
    document = dedupe_news.clean(case["original"])
    assert document.restore() == case["original"]
    for name, expected in case["clean"].items():
        found = getattr(document, name)
        assert (list(found) if name == "paragraphs" else found) == expected, name


@pytest.mark.parametrize("case", cases("*in_the_wild.jsonl"))
def test_texts_as_scrapers_give_them_are_repaired(case: dict[str, Any]) -> None:
    assert_fields(case)


@pytest.mark.parametrize("case", cases("*leave_alone.jsonl"))
def test_clean_text_is_left_alone(case: dict[str, Any]) -> None:
    document = dedupe_news.clean(case["original"])
    assert document.text == case["original"]
    assert (document.edits, document.repeats) == ((), ())


@pytest.mark.parametrize("case", cases("*known_failures.jsonl"))
def test_what_should_work_but_does_not_yet(case: dict[str, Any]) -> None:
    if case["clean"]:
        assert_fields(case)
    else:
        assert dedupe_news.clean(case["original"]).text == case["original"]


def test_every_case_has_its_own_label() -> None:
    labels = [parameter.id for parameter in cases("*.jsonl")]
    assert len(set(labels)) == len(labels)


# --- laws ----------------------------------------------------------------------------------


@given(any_text())
def test_restoring_gives_the_received_text_for_every_string(text: str) -> None:
    assert dedupe_news.clean(text).restore() == text


@patient
@given(received_articles)
def test_restoring_gives_the_received_text_of_damaged_articles(received: Damaged) -> None:
    assert dedupe_news.clean(received.text).restore() == received.text


@given(any_text())
def test_replaying_the_edits_gives_the_clean_text(text: str) -> None:
    assert_edits_lead_from_received_to_clean(dedupe_news.clean(text))


@patient
@given(received_articles)
def test_every_edit_says_what_stood_there(received: Damaged) -> None:
    assert_edits_lead_from_received_to_clean(dedupe_news.clean(received.text))


@given(any_text())
def test_cleaning_twice_changes_nothing_for_every_string(text: str) -> None:
    once = dedupe_news.clean(text)
    twice = dedupe_news.clean(once.text)
    assert (twice.text, twice.edits) == (once.text, ())
    assert fields(twice) == fields(once)


@patient
@given(received_articles)
def test_cleaning_twice_changes_nothing_in_damaged_articles(received: Damaged) -> None:
    once = dedupe_news.clean(received.text)
    twice = dedupe_news.clean(once.text)
    assert (twice.text, twice.edits) == (once.text, ())
    assert fields(twice) == fields(once)


@patient
@given(articles())
def test_an_article_in_clean_form_is_not_edited(text: str) -> None:
    document = dedupe_news.clean(text)
    assert document.text == text
    assert document.edits == ()


@given(any_text())
def test_the_same_text_gives_the_same_article(text: str) -> None:
    assert dedupe_news.clean(text) == dedupe_news.clean(text)


# --- examples ------------------------------------------------------------------------------


def test_everything_that_came_with_an_article_comes_out_again() -> None:
    document = dedupe_news.clean(
        {
            "id": "7",
            "text": "A storm\u200b.",
            "url": "u",
            "source": "s",
            "published": "p",
            "language": "en",
            "mood": 1,
        }
    )
    assert (
        document.id,
        document.url,
        document.source,
        document.published,
        document.language,
        document.extra,
    ) == (
        *("7", "u", "s", "p", "en"),
        {"mood": 1},
    )
    assert document.original == "A storm\u200b."


def test_what_is_removed_is_written_down_once_as_an_edit_and_as_a_repeat() -> None:
    text = "The ferry to Polquin left at nine on Monday with forty people and two goats, the captain said."
    document = dedupe_news.clean(text * 2)
    (edit,) = document.edits
    (repeat,) = document.repeats
    assert (edit.rule, edit.before, edit.after) == ("repeat", text, "")
    assert repeat.removed == (len(text), 2 * len(text))
    assert (repeat.kept, repeat.similarity, repeat.seam) == ((0, len(text)), 1.0, len(text))


@pytest.mark.parametrize(
    "text", ["", " ", "\n", "\ud800", "\x00", "a", "。", "👨\u200d👩\u200d👧", "&#xD800;"]
)
def test_the_smallest_texts_are_cleaned_and_restored(text: str) -> None:
    assert dedupe_news.clean(text).restore() == text
