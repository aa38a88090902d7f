import unicodedata

import numpy as np
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from dedupe_news.match import tokens as module
from dedupe_news.match.tokens import PLACE_BITS, characters, fold, spelling, token_expression, tokens


def decomposed(word):
    return unicodedata.normalize("NFD", word)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The 2nd STORM, don't", ["the", "2nd", "storm", "don", "t"]),
        ("北京时间2008年8月", ["北", "京", "时", "间", "2008", "年", "8", "月"]),
        ("東京タワー", ["東", "京", "タ", "ワ", "ー"]),
        ("ガ カ\u3099 ｶﾞ", ["カ\u3099"] * 3),
        ("\u0301 a\u0301", ["a\u0301"]),
        ("서울 시장은", [decomposed("서울"), decomposed("시장은")]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("ไทย ๒๕๖๓", ["ไ", "ท", "ย", "๒๕๖๓"]),
        ("cafe\u0301 CAFÉ", ["cafe\u0301", "cafe\u0301"]),
        ("２０２０ Ｔｏｋｙｏ", ["2020", "tokyo"]),
        ("Straße STRASSE", ["strasse", "strasse"]),
        ("snake_case a/b", ["snake", "case", "a", "b"]),
        ("\ud800 ― \u200b", []),
    ],
)
def test_tokens_follow_the_script(text, expected):
    assert tokens(text) == expected


@given(strategies.texts)
def test_a_token_is_never_empty_and_holds_no_space(text):
    assert all(token and not any(char.isspace() for char in token) for token in tokens(text))


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_the_short_way_for_ascii_is_the_long_way(text):
    assert tokens(text) == tokens(text + " 北")[:-1]


def test_a_word_of_marks_takes_linear_time():
    # Putting marks in order is quadratic in unicodedata.normalize; only real words go there.
    assert len(tokens("a" + "\u0301\u0316" * 100_000)) == 1


@given(st.lists(st.text(alphabet="abAB é", min_size=1, max_size=4)))
def test_folding_twice_changes_nothing(words):
    assert [fold(fold(word)) for word in words] == [fold(word) for word in words]


@given(st.text(max_size=12))
def test_a_word_is_spelled_alike_however_it_is_composed(word):
    composed, taken_apart = (unicodedata.normalize(form, word) for form in ("NFC", "NFD"))
    assert fold(composed) == fold(taken_apart)


@given(strategies.texts)
def test_folding_reads_what_spelling_hashes(text):
    for token in token_expression(text).findall(text):
        assert unicodedata.normalize("NFD", fold(token)) == unicodedata.normalize("NFD", spelling(token))


def test_the_table_says_of_every_character_what_the_expression_says():
    # One character between two letters: it parts them, joins them, or stands alone.
    table = characters()
    kinds = table.entries & 3
    for code in range(0x80, 0x110000):
        if code >= module._END and code % 997:
            continue
        found = len(tokens("a" + chr(code) + "a"))
        alone = len(tokens(chr(code)))
        expected = {(2, 0): 0, (1, 1): 1, (1, 0): 2, (3, 1): 3}[found, alone]
        assert kinds[code] == expected, hex(code)


def test_the_table_spells_every_character_as_python_does():
    table = characters()
    for code in np.flatnonzero(table.entries & 3).tolist():
        place = int(table.entries[code]) >> PLACE_BITS
        length = int(table.spellings[place])
        spelled = table.spellings[place + 1 : place + 1 + length].tolist() if place else [code]
        assert "".join(map(chr, spelled)) == spelling(chr(code)), hex(code)
