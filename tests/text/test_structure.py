import pytest
from hypothesis import HealthCheck, given, settings
from text_strategies import Damaged, any_text, articles, damaged, letters

import dedupe_news
from dedupe_news import CleanArticle
from dedupe_news.text.structure import title_forms

patient = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

PROSE = "The council of Kemwick voted on Monday to rebuild the northern wall of the harbour before winter."
MORE = "Work will begin in a fortnight and last for about six weeks, the harbour master told reporters."


def parts_of(document: CleanArticle) -> list[str]:
    """Return the fields in order; a first paragraph that asks or calls may be taken for a title."""
    fields = (document.title, document.byline, document.standfirst, *document.paragraphs)
    return [field for field in fields if field is not None]


# --- laws ----------------------------------------------------------------------------------


def fields_of(document: CleanArticle) -> list[str]:
    """Return all fields; in the text the byline may stand behind the standfirst, or above the title."""
    head = (document.title, document.byline, document.standfirst, document.dateline)
    return [field for field in (*head, *document.paragraphs) if field is not None]


@given(any_text())
def test_fields_are_slices_of_the_text(text: str) -> None:
    document = dedupe_news.clean(text)
    assert all(field in document.text for field in fields_of(document))


@given(any_text())
def test_paragraphs_stand_in_the_text_in_order(text: str) -> None:
    document = dedupe_news.clean(text)
    at = 0
    for paragraph in document.paragraphs:
        at = document.text.index(paragraph, at) + len(paragraph)


@given(any_text())
def test_fields_hold_every_letter_of_the_text_once(text: str) -> None:
    document = dedupe_news.clean(text)
    assert sorted(letters("\n".join(fields_of(document)))) == sorted(letters(document.text))


@patient
@given(articles().flatmap(damaged))
def test_fields_of_damaged_articles_hold_every_letter_once(received: Damaged) -> None:
    document = dedupe_news.clean(received.text)
    assert sorted(letters("\n".join(fields_of(document)))) == sorted(letters(document.text))


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
    "dateline",
    [
        "KEMWICK (Reuters) -",
        "KEMWICK, 3 May (AFP) –",
        "NEW KEMWICK, Polquin (AP) —",
        "KEMWICK —",
        "Kemwick (dpa) -",
    ],
)
def test_an_agency_dateline_is_found(dateline: str) -> None:
    document = dedupe_news.clean(f"{dateline} {PROSE}\n\n{MORE}")
    assert document.dateline == dateline
    assert document.paragraphs == (PROSE, MORE)


def test_a_dateline_needs_capitals_or_an_agency() -> None:
    """German agencies write the place in small letters: `Berlin (dpa) -`; but so begin headings, too."""
    document = dedupe_news.clean(f"Kemwick – {PROSE}\n\n{MORE}")
    assert document.dateline is None


def test_a_dateline_follows_the_date_of_the_head() -> None:
    document = dedupe_news.clean(
        f"Harbour wall will be rebuilt\n\nBy Ela Corgall\n\n3 May 2021\n\nKEMWICK (AP) — {PROSE}\n\n{MORE}"
    )
    assert document.dateline == "3 May 2021\n\nKEMWICK (AP) —"
    assert document.paragraphs == (PROSE, MORE)


TITLE = "Harbour wall will be rebuilt"


@pytest.mark.parametrize(
    "head",
    [
        [TITLE, "By Ela Corgall"],
        [TITLE, "Ela Corgall"],
        [TITLE, "By Ela Corgall\n\nStaff Writer"],
        [TITLE, "by\n\nEla Corgall"],
        [TITLE, "by:\n\nEla Corgall"],
        [TITLE, "Von\n\nEla Corgall"],
        [TITLE, "By Ela Corgall", "3 May 2021"],
        [TITLE, "By Ela Corgall", "3 May 2021\n\n10:15 am"],
        [TITLE, "By Ela Corgall", "3 May 2021\n\num 10:15 Uhr"],
        [TITLE, "By Ela Corgall", "Published: 3 May 2021 10:15\n\nUpdated: 4 May 2021 09:00"],
        [TITLE, "By Ela Corgall", "3 May 2021 |"],
        [TITLE, "3 May 2021\n\nBy Ela Corgall"],
        [TITLE, "By Ela Corgall", "3 May 2021 / 4 May 2021"],
        [TITLE, "2. Mai 2021\n\n3. Mai 2021\n\nvon Ela Corgall"],
        [TITLE, "Ela Corgall\n\n|\n\nReuters", "3 May 2021"],
    ],
)
def test_credits_and_dates_side_by_side_are_the_byline_and_the_dateline(head: list[str]) -> None:
    document = dedupe_news.clean("\n\n".join([*head, PROSE, MORE]))
    assert (document.title, document.byline, document.dateline) == (*head, None)[:3]
    assert document.paragraphs == (PROSE, MORE)


def test_behind_a_byline_and_a_date_a_name_is_a_heading() -> None:
    document = dedupe_news.clean(f"{TITLE}\n\nBy Ela Corgall\n\n3 May 2021\n\nOsric Dane\n\n{PROSE}")
    assert (document.byline, document.dateline) == ("By Ela Corgall", "3 May 2021")
    assert document.paragraphs == ("Osric Dane", PROSE)


def test_the_byline_may_stand_behind_the_standfirst() -> None:
    standfirst = "The council votes for repairs that will last until winter, and perhaps longer."
    document = dedupe_news.clean(f"{TITLE}\n\n{standfirst}\n\nBy Ela Corgall\n\n{PROSE}\n\n{MORE}")
    assert (document.title, document.standfirst, document.byline) == (TITLE, standfirst, "By Ela Corgall")
    assert document.paragraphs == (PROSE, MORE)


def test_the_byline_may_stand_above_the_title() -> None:
    document = dedupe_news.clean(f"By Ela Corgall\n\n{TITLE}\n\n{PROSE}\n\n{MORE}")
    assert (document.title, document.byline) == (TITLE, None)
    assert document.paragraphs == ("By Ela Corgall", PROSE, MORE)


def test_a_headline_without_an_article_is_a_title() -> None:
    document = dedupe_news.clean(TITLE)
    assert (document.title, document.paragraphs) == (TITLE, ())


def test_an_article_has_a_body() -> None:
    """What could all be head keeps its last field in the body."""
    document = dedupe_news.clean(f"{TITLE}\n\nBy Ela Corgall")
    assert (document.title, document.byline, document.paragraphs) == (TITLE, None, ("By Ela Corgall",))


@pytest.mark.parametrize(
    "parts",
    [
        ["The man who came from Polquin and", "nobody saw him. He left on Monday with the last ferry."],
        ["Ela Corgall of the council of the", "Harbour Board left on Monday with the last ferry."],
        ['The mayor calls it "a wall of', 'Shame and of nothing else". The council voted on Monday.'],
        ["The council voted on Monday, and then", "the harbour master said that all would be well."],
        ["A note:", PROSE],
        ["Kemwick", "Dane"],
    ],
)
def test_a_line_that_breaks_off_is_no_title(parts: list[str]) -> None:
    assert dedupe_news.clean("\n\n".join(parts)).title is None


@pytest.mark.parametrize(
    "title",
    [
        TITLE,
        f"{TITLE} - The Kemwick Daily",
        f"{TITLE} | kemwickdaily.com",
        f"  {TITLE}  ",
        TITLE.upper(),
        TITLE.replace("Harbour", "Harbor"),
    ],
)
@pytest.mark.parametrize("glue", ["", "\n", "\n\n"])
def test_a_known_title_is_found_in_the_form_of_the_text(title: str, glue: str) -> None:
    document = dedupe_news.clean(f"{TITLE}{glue}{PROSE}\n\n{MORE}", title=title)
    assert document.title == TITLE
    assert document.paragraphs == (PROSE, MORE)


def test_a_known_title_may_have_other_quotes_and_dashes() -> None:
    ours, theirs = "Council: “No wall” – and no harbour", 'Council: "No wall" - and no harbour'
    document = dedupe_news.clean(f"{ours}{PROSE}\n\n{MORE}", title=theirs)
    assert (document.title, document.paragraphs) == (ours, (PROSE, MORE))


@pytest.mark.parametrize("glue", ["", "\n", "\n\n"])
def test_a_known_byline_is_found_though_it_names_no_person(glue: str) -> None:
    document = dedupe_news.clean(
        f"{TITLE}{glue}the harbour desk{glue}{PROSE}\n\n{MORE}", byline="the harbour desk"
    )
    assert (document.title, document.byline) == (TITLE, "the harbour desk")
    assert document.paragraphs == (PROSE, MORE)


@pytest.mark.parametrize(
    ("title", "forms"), [(None, 0), ("", 0), (" ", 0), (TITLE, 1), (f"{TITLE} - Daily", 2)]
)
def test_a_title_is_tried_with_and_without_what_looks_like_a_publisher(title: str | None, forms: int) -> None:
    assert len(title_forms(title)) == forms


def test_an_empty_text_has_no_paragraphs() -> None:
    assert dedupe_news.clean("").paragraphs == ()
    assert dedupe_news.clean(" \n\u200b").paragraphs == ()
