import time

import pytest
import strategies
from hypothesis import example, given
from hypothesis import strategies as st

from dedupe_news.match.tokens import fold, token_expression
from dedupe_news.match.words import Tokens, Words, _han_value


@given(strategies.texts)
def test_words_are_the_tokens_of_the_text(text):
    assert Words(text).folded() == [fold(word) for word in token_expression(text).findall(text)]


@given(strategies.texts)
@example("A. B c 1st 2nd ½x Ⅻ «Été»  Été – Ö   Ü (Ä")
@example("北京2008年。 東京 ガカ\u3099\u0301 a\u0301\u0301B İstanbul ǅ \ud800X")
@example("\u0301 x\u200bY 🙂Z ไทย ๒๕๖๓ “Q” „R“")
def test_a_compiled_loop_reads_the_same(text):
    for one, other in zip(Tokens.of(text), Tokens.compiled(text), strict=True):
        assert one.dtype == other.dtype
        assert one.tolist() == other.tolist()


_MARKS = ".!?؟۔।。！？\n|•·"
_PARTS = [
    *_MARKS,
    ' "”’»)]',
    " ",
    "  ",
    "\u00a0",
    "\r",
    "e.g",
    "A",
    "Ab",
    "word",
    "two words",
    "7",
    "字",
    "é",
    "\ud800",
]
pages = st.lists(st.sampled_from([char for part in _PARTS for char in (part, part[0])]), max_size=60).map(
    "".join
)


@given(strategies.texts | pages)
@example("One two three four five six. And more” )” so \n here, e.g. this one.’ ” \n\n")
@example("Ends so.” \u00a0\n")
def test_a_compiled_loop_counts_the_same_sentences(text):
    one, other = Words(text), Words(text, compiled=True)
    assert one.num_in_sentences.tolist() == other.num_in_sentences.tolist()
    assert one.share_in_menus == other.share_in_menus


@given(strategies.texts)
def test_what_is_counted_is_part_of_the_text(text):
    words = Words(text)
    size = len(words)
    assert len(words.num_in_sentences) == size + 1
    assert 0 <= words.num_in_sentences[-1] <= size
    assert 0 <= words.share_in_menus <= 1
    for facts in filter(None, [words.numbers, words.names]):
        for start, end in zip(facts.starts, facts.ends, strict=True):
            assert 0 <= start < end <= size


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2,000 people", ["2000"]),
        ("2.000 Leute", ["2000"]),
        ("2 000 человек", ["2000"]),
        ("1 200 000", ["1200000"]),
        ("in 2003 150 people", ["2003", "150"]),
        ("２，０００人", ["2000"]),
        ("٢٠٢٠", ["2020"]),
        ("1.5 and 2,5", ["1.5", "2.5"]),
        ("am 9.11.2020", ["9", "11", "2020"]),
        ("on 11/9/2020", ["11", "9", "2020"]),
        ("十七人", ["17"]),
        ("二〇二一年", ["2021"]),
        ("统一", []),
        ("twenty-one boats, семь лодок", ["21", "7"]),
    ],
)
def test_numbers_are_read_in_one_spelling(text, expected):
    assert Words(text).numbers.values == expected


@pytest.mark.parametrize(
    ("number", "value"),
    [("十", 10), ("二十", 20), ("三百零五", 305), ("一千二百万", 12_000_000), ("两亿三千万", 230_000_000)],
)
def test_han_numerals(number, value):
    assert _han_value(number) == value


def test_a_day_is_no_decimal_number():
    numeric, written = Words("am 9.11.2020"), Words("am 9. November 2020")
    assert set(written.numbers.values) <= set(numeric.numbers.values)


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("The mayor of the town spoke to the board about the bridge.", 1.0),
        ("Die Feuerwehr löschte den Brand in der Halle am frühen Morgen.", 1.0),
        ("临海市第三小学的图书馆昨天重新开放。", 1.0),
        ("Home News Sport Weather Travel Letters Archive Contact Help", 0.0),
        ("Home | News | Sport", 0.0),
        ("", 0.0),
    ],
)
def test_a_menu_is_no_sentence(text, share):
    assert Words(text).share_in_sentences == share


def test_a_table_of_figures_is_neither_sentence_nor_menu():
    words = Words("Catch cod 41 tons vs cod 3.75 tons\nLost 902 vs 1 117")
    assert words.share_in_menus == 0


def test_of_a_page_of_headings_the_names_in_sentences_are_read():
    page = "Home News Sport Weather Travel Letters Archive Contact Help Jobs Music\n"
    words = Words(page + "the mayor of the town went to Melvik today.")
    assert words.names.values == ["melvik"]


@pytest.mark.parametrize(
    "piece", ["a. ", ".   ", "1 222 ", "9.11.", "Menu | ", "三千", "twenty ", "Aa bb.\n", "\n \n", "1.", "A"]
)
def test_reading_takes_linear_time(piece):
    def seconds(repeats):
        began = time.perf_counter()
        words = Words(piece * repeats)
        assert words.numbers is not words.names
        assert words.share_in_menus >= 0
        return time.perf_counter() - began

    small, large = (min(seconds(repeats) for _ in range(3)) for repeats in (5_000, 20_000))
    assert large < max(0.3, 10 * small)  # 16 would be quadratic
