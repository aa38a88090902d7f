import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from text_strategies import any_text

from dedupe_news.text import seams as seams_module
from dedupe_news.text.seams import are_two_words, first_word, is_inside_word, last_word, may_be_glued, seams


def found(text: str) -> list[str]:
    return [text[at:] for at in seams(text, 0, len(text))]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Storm hits coast", "Heavy rain fell"),
        ("Storm hits coast", "ELA CORGALL/KEMWICK DAILY"),
        ("Strike at the US", "President Dane spoke"),
        ("Vote of the APU", "June 30"),
        ("The best of 2020", "The year was wet"),
        ("Wall opens", "19.2.2020"),
        ("Wall opens", "2021-05-03"),
        ("Sie kommen!", "by Ela Corgall"),
        ("Is it over?", "von Ela Corgall"),
        ("Is it over?", "The council voted"),
        ("Es ist spät", "„Das wird nichts“"),
        ("It is late", "“Nobody came”"),
        ("Wall opens at last", "by Ela Corgall"),
        ("Die Mauer kommt", "von Ela Corgall"),
        ("Die Mauer kommt", "dpa"),
        ("Der Rat sagt „Nein“", "Der Rat tagt"),
        ("Up by a half (again)", "The council voted"),
        ("Стена открыта", "Совет проголосовал"),
        ("Η πόλη ψήφισε", "Το συμβούλιο"),
        ("Đường mới mở", "Hội đồng họp"),
        ("港の壁を再建へ", "朝日新聞"),
    ],
)
def test_a_seam_is_where_case_kind_or_script_change(left: str, right: str) -> None:
    assert right in found(left + right)
    assert may_be_glued(left + right, len(left + right))


@pytest.mark.parametrize(
    "word",
    [
        "McDonald", "MacAdam", "FitzGerald", "DeVito", "LaGuardia", "VanDyke", "O'Neill", "O’Neill", "D'Arcy",
        "iPhone", "eBay", "iOS", "YouTube", "LinkedIn", "PayPal", "TikTok", "BioNTech", "WhatsApp", "SpaceX",
        "PhD", "GmbH", "kWh", "GoPro", "MedienpädagogIn", "StudentInnen", "player(s)", "SARS-CoV-2",
        "COVID-19",
        "3D", "5G", "4K", "U2", "A4", "H1N1", "#HarbourWall", "@ElaCorgall", "Yahoo!", "baby", "Rugby",
        "davon",
        "hiervon", "Derby", "Willoughby", "U.S.A", "a.m.", "Ph.D.", "J.K.", "kemwickdaily.com", "x-ray",
        "don't", "l’Europe", "ROCK'N'ROLL", "rock’n’roll", "10:15", "2-1", "1,200", "6.30pm",
    ],
)  # fmt: skip
def test_a_word_that_is_written_so_has_no_seam(word: str) -> None:
    for text in (
        f"The {word} came",
        f"{word} came",
        f"The old {word}",
        f"“{word}” came",
        f"The ({word}) came",
    ):
        assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        'He said "nothing" and left.', "He said “nothing” and left.", "Er sagte „nichts“ und ging.",
        "Il a dit « rien » et il est parti.", "Il a dit «rien» et il est parti.", "the 'old' wall",
        "The council of Kemwick voted.", "Совет проголосовал.", "市议会星期一投票，重建港口的北墙。",
        "会議は月曜日に始まった。", "สภาเมืองลงมติเมื่อวันจันทร์", "صوت المجلس يوم الاثنين.", "परिषद ने मतदान किया।",
        "시의회는 월요일에 투표했다.", "A (b) c [d] e", "", "A", "1", "…",
    ],
)  # fmt: skip
def test_running_text_has_no_seam(text: str) -> None:
    assert found(text) == []


def test_a_word_that_stands_again_further_on_is_written_so() -> None:
    assert found("The newQuay opens. Visitors to newQuay waited.") == []


def test_both_sides_of_a_seam_are_words_when_they_stand_elsewhere_or_open_a_sentence() -> None:
    for text, left in (
        ("Wall opensThe council voted", "Wall opens"),
        ("Storm hits coastHeavy rain fell", "Storm hits coast"),
        ("Storm nears KemOrlan Dane said. Orlan is late.", "Storm nears Kem"),
    ):
        assert are_two_words(text, len(left))
    assert not are_two_words("The oldQq thing", len("The old"))


def test_the_words_beside_a_place_are_case_folded() -> None:
    assert (last_word("Storm hits Coast"), last_word("Storm"), last_word("")) == ("coast", "storm", "")
    assert (first_word("The storm", 0), first_word("The storm", 3)) == ("the", "")


@given(any_text(), st.integers(0, 60), st.integers(0, 60))
def test_seams_stand_inside_the_text_between_its_ends(text: str, first: int, second: int) -> None:
    start, end = sorted((min(first, len(text)), min(second, len(text))))
    places = list(seams(text, start, end))
    assert places == sorted(set(places))
    assert all(start < at <= end and at < len(text) for at in places)
    assert all(not text[at].isspace() and not text[at - 1].isspace() for at in places)
    assert not any(is_inside_word(text, at) for at in places)


@given(
    st.one_of(any_text(), st.text(st.sampled_from("abZ09 .!?…)]%”»’\"'“«„:ßéÉł你\U0001f600\ud800"))),
    st.integers(0, 60),
)
def test_the_glance_at_kinds_misses_no_seam(text: str, limit: int) -> None:
    for_certain = (
        seams_module._SEAM_GATE.search(text, 0, limit)
        or re.compile("[A-Z]{3}[a-z]{2}").search(text, 0, limit)
        or seams_module._SEAM_GATE_DIGITS.search(text, 0, limit)
    )
    if for_certain:
        assert may_be_glued(text, limit)
