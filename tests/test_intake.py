"""What callers may hand over, and what is refused with a word that helps."""

from datetime import UTC, date, datetime

import pytest

from dedupe_news import Article, ArticleError, clean
from dedupe_news.intake import as_article, text_id


def test_a_string_is_an_article():
    assert as_article("A storm.") == Article(text="A storm.")


def test_an_article_stays_the_same_object():
    article = Article(text="A storm.", id="a")
    assert as_article(article) is article


def test_unknown_keys_go_to_extra():
    article = as_article({"text": "A storm.", "id": "a", "section": "weather", "extra": {"page": 3}})
    assert article.id == "a"
    assert article.extra == {"section": "weather", "page": 3}


def test_numbers_become_ids_and_dates_become_text():
    article = as_article({"text": "", "id": 7, "published": date(2026, 3, 1)})
    assert (article.id, article.published) == ("7", "2026-03-01")
    later = as_article({"text": "", "published": datetime(2026, 3, 1, 12, tzinfo=UTC)})
    assert later.published == "2026-03-01T12:00:00+00:00"


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (3, "got int"),
        (None, "got NoneType"),
        ({"body": "A storm."}, "the keys here are: body"),
        ({}, "the keys here are: none"),
        ({"text": None}, "'text' must be a string, got NoneType"),
        ({"text": b"A storm."}, "got bytes"),
        ({"text": "A storm.", "title": 3}, "'title' must be a string or null, got int"),
        ({"text": "A storm.", "id": True}, "'id' must be a string or null, got bool"),
        (Article(text=None), "'text' must be a string"),  # type: ignore[arg-type]
        (Article(text="A storm.", id=5), "'id' must be a string or null, got int"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_article_is_refused_with_its_reason(value, word):
    with pytest.raises(ArticleError) as refused:
        as_article(value)
    assert word in str(refused.value)


def test_what_the_caller_knows_takes_the_place_of_what_the_record_says():
    document = clean({"text": "A storm hit the coast.", "title": "Old"}, title="New", byline="A. Writer")
    assert (document.title, document.byline) == ("New", "A. Writer")


def test_an_id_can_be_given_to_every_string_that_python_can_hold():
    assert len({text_id("\ud800"), text_id("\udfff"), text_id("")}) == 3
