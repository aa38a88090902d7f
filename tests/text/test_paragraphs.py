import re
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from text_strategies import any_text, articles

import dedupe_news
from dedupe_news import CleanArticle
from dedupe_news.text.paragraphs import find_run_ons, find_wrapped_lines, part_paragraphs
from dedupe_news.text.spans import Draft

patient = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

PROSE = "The council of Kemwick voted on Monday to rebuild the northern wall of the harbour before winter."
MORE = "Work will begin in a fortnight and last for about six weeks, the harbour master told reporters."


def parted(line: str) -> list[str]:
    cuts = [0, *find_run_ons(line), len(line)]
    return [line[start:end] for start, end in pairwise(cuts)]


def parts_of(document: CleanArticle) -> list[str]:
    """Return the fields in order; a first paragraph that asks or calls may be taken for a title."""
    fields = (document.title, document.byline, document.standfirst, *document.paragraphs)
    return [field for field in fields if field is not None]


# --- laws ----------------------------------------------------------------------------------


@given(any_text())
def test_parting_run_ons_keeps_every_letter(text: str) -> None:
    draft = Draft(text)
    part_paragraphs(draft)
    assert [char for char in draft.text if not char.isspace()] == [
        char for char in text if not char.isspace()
    ]


@patient
@given(articles(bare=True), st.data())
def test_two_glued_paragraphs_are_parted_where_a_sentence_ends(text: str, data: st.DataObject) -> None:
    parts = text.split("\n\n")
    at = data.draw(st.integers(1, len(parts) - 1))
    # An initial or a one-letter word before the full stop may be an abbreviation.
    if parts[at - 1].endswith(".") and not re.search(r"\b\w\.\Z", parts[at - 1]):
        glued = "\n\n".join(parts[:at]) + "\n\n".join(parts[at:])
        assert parts_of(dedupe_news.clean(glued)) == parts


# --- run-ons -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        (
            '"… in the near future," Tu said.New policies',
            ['"… in the near future," Tu said.', "New policies"],
        ),
        ("within the next fortnight.Malcolm Hay, 60", ["within the next fortnight.", "Malcolm Hay, 60"]),
        ("Who was it?Nobody knows.", ["Who was it?", "Nobody knows."]),
        ("Das war alles.Über den Rest", ["Das war alles.", "Über den Rest"]),
        ("Это всё.Новые меры", ["Это всё.", "Новые меры"]),
        ("he said.“We will see.”", ["he said.", "“We will see.”"]),
        ('he said."We will see."', ["he said.", '"We will see."']),
        ('"We will see."He left.', ['"We will see."', "He left."]),
        ("in 2019.The year", ["in 2019.", "The year"]),
    ],
)
def test_glued_sentences_are_parted(line: str, parts: list[str]) -> None:
    assert parted(line) == parts


@pytest.mark.parametrize(
    "line",
    [
        "the U.S.A. and the U.S.Senate",
        "J.K. Rowling and J.R.R.Tolkien",
        "Node.js and Vue.js",
        "see https://Example.Org/A.B",
        "write to ela.corgall@example.org",
        "iPhone, eBay and McDonald",
        "at 2.5 percent, 14.30 Uhr",
        "St.Gallen and Dr.Halvan",
        "e.g.Kemwick",
        "Ph.D. students",
    ],
)
def test_full_stops_within_names_part_nothing(line: str) -> None:
    assert parted(line) == [line]


# --- lines ---------------------------------------------------------------------------------


def test_lines_broken_to_a_width_are_joined() -> None:
    text = (
        "   The council of Kemwick voted on Monday to rebuild the northern wall\n"
        "of the harbour before winter, after divers had found a crack as wide\n"
        "as a hand below the old lighthouse, and a second one near the quay.\n"
        "   Work will begin in a fortnight and last for about six weeks, the\n"
        "harbour master told reporters who had come to see the wall."
    )
    assert dedupe_news.clean(text).paragraphs == (
        "The council of Kemwick voted on Monday to rebuild the northern wall of the harbour before winter, "
        "after divers had found a crack as wide as a hand below the old lighthouse, and a second one near "
        "the quay.",
        "Work will begin in a fortnight and last for about six weeks, the harbour master told reporters "
        "who had come to see the wall.",
    )


def test_lines_that_are_not_wrapped_are_not_joined() -> None:
    assert find_wrapped_lines(f"{PROSE}\n{MORE} {MORE}\n{PROSE}") == []


def test_one_line_break_between_paragraphs_becomes_a_blank_line() -> None:
    assert dedupe_news.clean(f"{PROSE}\n{MORE}").text == f"{PROSE}\n\n{MORE}"


def test_lines_of_verse_stay_lines_of_one_paragraph() -> None:
    verse = (
        "Over the harbour the evening bell,\nover the water the rolling swell,\nand nobody left who can tell"
    )
    text = f"{PROSE}\n\n{verse}\n\n{MORE}"
    assert dedupe_news.clean(text).text == text
