import pytest
from hypothesis import HealthCheck, given, settings
from text_strategies import any_text, articles, letters

import dedupe_news
from dedupe_news import CleanArticle

patient = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

PROSE = "The council of Kemwick voted on Monday to rebuild the northern wall of the harbour before winter."
MORE = "Work will begin in a fortnight and last for about six weeks, the harbour master told reporters."


def parts_of(document: CleanArticle) -> list[str]:
    """Return the fields in order; a first paragraph that asks or calls may be taken for a title."""
    fields = (document.title, document.byline, document.standfirst, *document.paragraphs)
    return [field for field in fields if field is not None]


# --- laws ----------------------------------------------------------------------------------


@given(any_text())
def test_fields_are_slices_of_the_text_in_order(text: str) -> None:
    document = dedupe_news.clean(text)
    at = 0
    for field in (
        document.title,
        document.byline,
        document.standfirst,
        document.dateline,
        *document.paragraphs,
    ):
        if field is not None:
            assert field in document.text[at:]
            at = document.text.index(field, at) + len(field)


@given(any_text())
def test_fields_hold_the_whole_text(text: str) -> None:
    document = dedupe_news.clean(text)
    fields = [document.title, document.byline, document.standfirst, document.dateline, *document.paragraphs]
    assert letters("".join(field or "" for field in fields)) == letters(document.text)


@patient
@given(articles(bare=True))
def test_paragraphs_of_an_article_in_clean_form_are_its_paragraphs(text: str) -> None:
    assert parts_of(dedupe_news.clean(text)) == text.split("\n\n")


# --- the head ------------------------------------------------------------------------------


def test_a_headline_glued_to_a_credit_in_capitals_is_parted() -> None:
    document = dedupe_news.clean(f"Harbour wall will be rebuiltELA CORGALL/KEMWICK DAILY\n{PROSE}\n{MORE}")
    assert (document.title, document.byline) == ("Harbour wall will be rebuilt", "ELA CORGALL/KEMWICK DAILY")
    assert document.paragraphs == (PROSE, MORE)


def test_a_headline_glued_to_a_byline_is_parted() -> None:
    document = dedupe_news.clean(f"Harbour wall will be rebuiltBy Ela Corgall\n\n{PROSE}\n\n{MORE}")
    assert (document.title, document.byline) == ("Harbour wall will be rebuilt", "By Ela Corgall")


def test_a_standfirst_is_what_stands_between_the_head_and_the_first_sentence() -> None:
    document = dedupe_news.clean(
        "Harbour wall will be rebuilt\n\nBy Ela Corgall\n\nCouncil votes for repairs before the winter\n\n"
        f"{PROSE}\n\n{MORE}"
    )
    assert document.standfirst == "Council votes for repairs before the winter"
    assert document.paragraphs == (PROSE, MORE)


def test_a_title_that_the_caller_knows_is_parted_from_the_body() -> None:
    document = dedupe_news.clean(
        f"Harbour wall will be rebuilt{PROSE}\n\n{MORE}", title="Harbour wall will be rebuilt"
    )
    assert document.title == "Harbour wall will be rebuilt"
    assert document.paragraphs == (PROSE, MORE)


def test_a_title_that_the_text_does_not_hold_is_what_the_caller_knew() -> None:
    document = dedupe_news.clean(f"{PROSE}\n\n{MORE}", title="Something else", byline="Ela Corgall")
    assert (document.title, document.byline) == ("Something else", "Ela Corgall")
    assert document.text == f"{PROSE}\n\n{MORE}"


def test_a_sentence_is_no_title() -> None:
    document = dedupe_news.clean(f"{PROSE}\n\n{MORE}")
    assert (document.title, document.byline, document.dateline, document.standfirst) == (
        None,
        None,
        None,
        None,
    )


def test_a_byline_inside_a_quote_is_not_a_byline() -> None:
    document = dedupe_news.clean(
        f'{PROSE}\n\n"By Ela Corgall\'s own account nothing happened," the clerk said.\n\n{MORE}'
    )
    assert document.byline is None


@pytest.mark.parametrize(
    "dateline", ["KEMWICK (Reuters) -", "KEMWICK, 3 May (AFP) –", "NEW KEMWICK, Polquin (AP) —"]
)
def test_an_agency_dateline_is_found(dateline: str) -> None:
    document = dedupe_news.clean(f"{dateline} {PROSE}\n\n{MORE}")
    assert document.dateline == dateline
    assert document.paragraphs == (PROSE, MORE)


def test_dateline_needs_capitals() -> None:
    document = dedupe_news.clean(f"Kemwick (Reuters) - {PROSE}\n\n{MORE}")
    assert document.dateline is None


def test_an_empty_text_has_no_paragraphs() -> None:
    assert dedupe_news.clean("").paragraphs == ()
    assert dedupe_news.clean(" \n\u200b").paragraphs == ()
