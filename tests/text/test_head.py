from random import Random
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from text_strategies import WORDS, any_text, letters, paragraph

import dedupe_news
from dedupe_news.text import head as head_room
from dedupe_news.text.head import part_head, part_wide_head
from dedupe_news.text.spans import Draft

patient = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

PROSE = "The council of Kemwick voted on Monday to rebuild the northern wall of the harbour before winter."
MORE = "Work will begin in a fortnight and last for about six weeks, the harbour master told reporters."

# --- articles with a head ------------------------------------------------------------------

_CREDITS = [
    "By Aldair Corgall", "by Aldair Corgall", "BY ALDAIR CORGALL", "By Aldair Corgall and Brevan Dunine",
    "Von Aldair Corgall", "Por Aldair Corgall", "Par Aldair Corgall", "Di Aldair Corgall",
    "Door Aldair Corgall", "Av Aldair Corgall", "Aldair Corgall", "Aldair Corgall | Reuters",
    "ALDAIR CORGALL/KEMQUIN DAILY", "By Aldair van der Corgall", "By A. B. Corgall",
]  # fmt: skip
_DATES = [
    "3 May 2021", "May 3, 2021", "03.05.2021", "2021-05-03", "3. Mai 2021", "3 de mayo de 2021",
    "Published: May 3, 2021, 10:15 am", "Stand: 03.05.2021, 10:15 Uhr", "Updated on 3 May 2021",
]  # fmt: skip


class Headed(NamedTuple):
    """An article with a head, as fields and as text."""

    text: str
    title: str
    byline: str | None
    dateline: str | None
    paragraphs: tuple[str, ...]


@st.composite
def headed(
    draw: st.DrawFn, glues: tuple[str, ...], credit: tuple[str, ...] = (), dates: bool = True
) -> Headed:
    """Draw an article; `glues` are what may stand between two fields of its head and before its body."""
    random = draw(st.integers(0, 2**32 - 1).map(Random))
    title = " ".join(random.sample(WORDS, random.randint(3, 8))).capitalize()
    byline = draw(st.sampled_from([None, *(credit or _CREDITS)]))
    date = draw(st.sampled_from([None, *_DATES])) if dates and byline else None
    body = tuple(paragraph(random, n) for n in draw(st.lists(st.integers(2, 4), min_size=2, max_size=4)))
    fields = [field for field in (title, byline, date) if field is not None]
    text = "".join(field + draw(st.sampled_from(glues)) for field in fields) + "\n\n".join(body)
    return Headed(text, title, byline, date, body)


_ANY_GLUE = ("", "\n", "\n\n", " \n  \n", "   ", "\t", "  ", " | ", "\n|\n", " ", "\xa0")


@patient
@given(headed(_ANY_GLUE))
def test_cleaning_a_glued_head_twice_changes_nothing(article: Headed) -> None:
    once = dedupe_news.clean(article.text)
    twice = dedupe_news.clean(once.text)
    assert (twice.text, twice.edits) == (once.text, ())
    for name in ("title", "byline", "dateline", "standfirst", "paragraphs"):
        assert getattr(twice, name) == getattr(once, name)


@patient
@given(headed(_ANY_GLUE))
def test_no_letter_of_a_glued_head_is_lost(article: Headed) -> None:
    document = dedupe_news.clean(article.text)
    fields = (document.title, document.byline, document.dateline, document.standfirst, *document.paragraphs)
    assert sorted(letters("\n".join(field or "" for field in fields))) == sorted(letters(article.text))
    assert document.restore() == article.text


@patient
@given(
    headed(
        ("", "\n", "\n\n", " \n  \n"),
        tuple(
            name
            for name in _CREDITS
            if " " in name and name[1].islower() and name[:2] in ("By", "Vo", "Po", "Pa")
        ),
    )
)
def test_fields_come_back_from_a_glued_head_with_a_by_word(article: Headed) -> None:
    document = dedupe_news.clean(article.text)
    assert document.title == article.title
    assert letters(document.byline or "") + letters(document.dateline or "") == letters(
        (article.byline or "") + (article.dateline or "")
    )
    assert document.paragraphs == article.paragraphs


@patient
@given(headed(("\n\n",)))
def test_fields_come_back_from_a_head_in_clean_form(article: Headed) -> None:
    document = dedupe_news.clean(article.text)
    assert (document.title, document.byline, document.dateline) == (
        article.title,
        article.byline,
        article.dateline,
    )
    assert document.paragraphs == article.paragraphs
    assert document.edits == ()


@patient
@given(headed(("", "\n", "\n\n")))
def test_a_known_title_and_a_known_byline_come_back(article: Headed) -> None:
    document = dedupe_news.clean(
        article.text, title=f"{article.title} | Kemquin Daily", byline=article.byline
    )
    assert document.title == article.title
    assert letters(article.byline or "") in letters(document.byline or "")


# --- laws ----------------------------------------------------------------------------------


@given(any_text())
def test_parting_a_head_sets_blank_lines_and_does_nothing_else(text: str) -> None:
    for part in (
        part_wide_head,
        lambda draft: part_head(draft, None),
        lambda draft: part_head(draft, text, text),
    ):
        draft = Draft(text)
        part(draft)
        for edit in draft.edits():
            assert edit.before.strip() == ""
            assert edit.after == "\n\n"
        assert letters(draft.text) == letters(text)


HOSTILE = [
    "Ela Corgall ",
    "By Ela Corgall, ",
    "aB",
    "a\n",
    "3 May 2021 ",
    "Wall opensThe ",
    '"a"B',
    "by ",
    "(A",
    "A B\t",
]


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("titles", [(None, None), ("Wall opens", "Ela Corgall")])
def test_the_work_on_a_head_does_not_grow_with_the_text(
    piece: str, titles: tuple[str | None, str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def count(name: str) -> None:
        function = getattr(head_room, name)

        def counted(*args: object, **options: object) -> object:
            calls.append(len(args[0]) if name in ("is_credit", "may_be_title") else 0)  # type: ignore[arg-type]
            return function(*args, **options)

        monkeypatch.setattr(head_room, name, counted)

    for name in ("credit_end", "date_end", "is_inside_word", "are_two_words", "dateline_end"):
        count(name)
    numbers = []
    for repeats in (1000, 4000):
        calls.clear()
        draft = Draft(piece * repeats)
        part_wide_head(draft)
        part_head(draft, *titles)
        numbers.append(len(calls))
        assert all(edit.end <= 1500 for edit in draft.edits())
    assert numbers[0] == numbers[1] <= 3000


# --- examples ------------------------------------------------------------------------------


def parted(text: str, title: str | None = None, byline: str | None = None) -> list[str]:
    draft = Draft(text)
    part_wide_head(draft)
    part_head(draft, title, byline)
    return draft.text.split("\n\n")


TITLE = "Harbour wall will be rebuilt"


@pytest.mark.parametrize(
    "head",
    [
        [TITLE], [TITLE, "By Ela Corgall"], [TITLE, "by Ela Corgall"], [TITLE, "By ELA CORGALL"],
        [TITLE, "Ela Corgall"], [TITLE, "Ela CorgallReuters"], [TITLE, "ELA CORGALL/KEMWICK DAILY"],
        [TITLE, "By Ela Corgall3 May 2021"], [TITLE, "By Ela Corgall | May 3, 2021"],
        [TITLE, "Ela Corgall and APJune 30, 2026 - 4.34pm"], [TITLE, "3 May 2021"],
        [TITLE, "Von Ela Corgall, 03.05.2021, 10:15 Uhr"], [TITLE, "Stand: 03.05.2021 10:15 Uhr"],
        [TITLE, "Por Ela Corgall"], [TITLE, "Par Ela Corgall"],
        ["Will the wall be rebuilt?"], ["Will the wall be rebuilt?", "By Ela Corgall"],
        ["“No wall for us”"], ["“No wall for us”", "By Ela Corgall"], ["Wall (at last)"],
        ["Strike hits the US"],
        ["The best walls of 2020"], ["Das lange Warten auf die neue Mauer", "dpa"],
    ],
)  # fmt: skip
def test_a_head_glued_to_the_body_is_parted_from_it(head: list[str]) -> None:
    glued = "".join(head)
    parts = parted(f"{glued}{PROSE}\n\n{MORE}")
    assert parts[0] == head[0]
    assert parts[-2:] == [PROSE, MORE]
    assert "".join(parts[:-2]) == glued


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (f"{TITLE}   {PROSE}", [TITLE, PROSE]),
        (f"{TITLE}\t{PROSE}", [TITLE, PROSE]),
        (f"{TITLE}  By Ela Corgall\n\n{PROSE}", [TITLE, "By Ela Corgall", PROSE]),
        (f"{TITLE}\xa0{PROSE}", [TITLE, PROSE]),
        (f"{TITLE} By Ela Corgall\n\n{PROSE}", [f"{TITLE} By Ela Corgall", PROSE]),
        (f"{TITLE} By Ela Corgall3 May 2021{PROSE}", [TITLE, "By Ela Corgall", "3 May 2021", PROSE]),
    ],
)
def test_a_wide_gap_parts_the_title_from_what_follows(text: str, parts: list[str]) -> None:
    assert parted(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        PROSE,
        PROSE.replace("voted on", "voted   on"),
        "The council voted.  Heavy rain fell.   Nobody came.",
        "Norman Dane, the  Harbour minister, has left. He said nothing.",
        "The council of Kemwick and of the   Harbour board voted. Nobody came.",
        'The mayor calls it "a wall.   Of shame", and left.',
        "He read the paper and  waited for her in the  Old Harbour of Kemwick until night.",
        "McDonald and the iPhone of the player(s) came to the YouTube party of Kemwick.",
        "The YouTube star Ela Corgall has left Kemwick, her father said on Monday.",
        "The correction appeared in the column of Saturday June 16 2007 and nowhere else.",
        "Kemwick Corp, which went public on April 30, said nothing.",
        "Will the wall be rebuilt? Nobody knows.",
        "WASHINGTON (AP) — The council voted on Monday.",
        "“It is late,” the mayor said.",
        "市议会星期一投票，重建港口的北墙。",
        "会議は月曜日に始まった。誰も来なかった。",
    ],
)
def test_a_body_without_a_head_is_left_alone(text: str) -> None:
    assert parted(text) == [text]
    assert parted(f"{text}\n\n{MORE}") == [text, MORE]


def test_a_headline_that_stands_again_behind_itself_is_parted() -> None:
    assert parted(f"{TITLE}{TITLE}\n\n{PROSE}") == [TITLE, TITLE, PROSE]


def test_a_letter_stays_with_its_accent() -> None:
    text = "\u0300Harbour wall rebuilt at Kemwick" * 2
    assert letters("\n".join(parted(text))) == letters(text)


def test_lines_of_verse_stay_together_and_lines_of_a_head_do_not() -> None:
    verse = "Over the wall the water came,\nand over the water the night;\nnobody called it by its name"
    assert parted(f"{verse}\n\n{PROSE}") == [verse, PROSE]
    assert parted(f"{TITLE}\nBy Ela Corgall\n3 May 2021\n\n{PROSE}") == [
        TITLE,
        "By Ela Corgall",
        "3 May 2021",
        PROSE,
    ]


def test_lines_below_the_headline_are_parted_where_the_first_is_a_credit() -> None:
    credit = "By Ela Corgall\nKemwick Daily\nSeen by Osric Dane"
    assert parted(f"{TITLE}\n\n{credit}\n\n{PROSE}") == [TITLE, *credit.split("\n"), PROSE]
    verse = "By night the water came,\nand over the water the light"
    assert parted(f"{TITLE}\n\n{verse}\n\n{PROSE}") == [TITLE, verse, PROSE]


def test_a_known_title_is_parted_where_no_cue_would_do() -> None:
    title = "mauern und mehr"
    assert parted(f"{title}{PROSE}\n\n{MORE}", title) == [title, PROSE, MORE]


def test_a_known_title_ends_at_the_end_of_a_word() -> None:
    text = "Stormy weather is coming to Kemwick, the harbour master said."
    assert parted(text, "Storm") == [text]


GLUED_TO_A_NAME = (
    "Third ferry ordered for Oy KemTolviken yard cuts the first plates in May, the mayor said on Monday "
    "evening. The ship will carry sixty cars and two hundred passengers across the sound."
)


def test_a_headline_said_again_further_down_shows_where_it_ends() -> None:
    below = "Read also: Third ferry ordered for Oy Kem (with pictures)"
    assert dedupe_news.clean(f"{GLUED_TO_A_NAME}\n\n{below}").title == "Third ferry ordered for Oy Kem"
    assert dedupe_news.clean(GLUED_TO_A_NAME).title is None


def test_a_second_copy_is_not_the_headline_said_again() -> None:
    assert dedupe_news.clean(f"{GLUED_TO_A_NAME}\n\n{GLUED_TO_A_NAME}").title is None
