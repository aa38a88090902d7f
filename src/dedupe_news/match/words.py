"""A text read for comparison: its words, the numbers and names it states, and its sentences."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from dedupe_news.match.tokens import fold, token_expression


class Fact(NamedTuple):
    """A number or name in one spelling, and the token span ``[start, end)`` it is written in."""

    start: int
    end: int
    value: str


class Words:
    """A text read for comparison: its tokens, folded, and whatever is asked of them.

    What it costs to read (facts, sentences) is read when it is first asked for: two copies of
    one story seldom differ where there is a name or a number.
    """

    def __init__(self, text: str) -> None:
        """Cut `text` into tokens, the same as `fingerprint` does."""
        self.text = text
        self._expression = token_expression(text)
        if text.isascii():
            self.folded: list[str] = self._expression.findall(text.lower())
        else:
            self.folded = list(map(fold, self._written))

    @cached_property
    def _written(self) -> list[str]:
        return self._expression.findall(self.text)

    @cached_property
    def capitals(self) -> list[int]:
        """Places of the tokens written with a capital, ascending."""
        return [place for place, word in enumerate(self._written) if word[0].isupper()]

    @cached_property
    def starts(self) -> list[int]:
        """Where each token starts in the text."""
        return [match.start() for match in self._expression.finditer(self.text)]

    @cached_property
    def numbers(self) -> list[Fact]:
        """The numbers, in order, each in one spelling."""
        return _numbers(self.text, self.folded, self.starts)

    @cached_property
    def names(self) -> list[Fact] | None:
        """The names, in order; ``None`` where capitals mean nothing: in a text set in capitals, or in Han."""
        return _names(self)

    @cached_property
    def _read_sentences(self) -> tuple[list[int], int]:
        return _num_in_sentences(self)

    @property
    def num_in_sentences(self) -> list[int]:
        """How many tokens before each place stand in a sentence, not in a menu, list or table.

        Of length n_tokens + 1; the last is how many there are.
        """
        return self._read_sentences[0]

    @property
    def share_in_sentences(self) -> float:
        """Share of the tokens that stand in sentences, 0 to 1."""
        return self.num_in_sentences[-1] / max(1, len(self.folded))

    @property
    def share_in_menus(self) -> float:
        """Share of the tokens that stand where most words are capitalised, 0 to 1."""
        return self._read_sentences[1] / max(1, len(self.folded))

    @property
    def hides_names(self) -> bool:
        """Whether names cannot be told from other words: all is in capitals, or nothing is.

        Both, so that texts equal but for their case are treated alike.
        """
        return not self.capitals or self.names is None

    def in_sentences(self, start: int, end: int) -> int:
        """Return how many of the tokens ``[start, end)`` stand in sentences."""
        return self.num_in_sentences[end] - self.num_in_sentences[start]

    def capitals_in(self, start: int, end: int) -> list[str]:
        """Return the tokens of ``[start, end)`` written with a capital, folded."""
        return [self.folded[at] for at in range(start, end) if self._written[at][0].isupper()]

    def has_number(self, start: int, end: int) -> bool:
        """Return whether one of the tokens ``[start, end)`` may be a number, or part of one."""
        return any(
            word in _NUMBER_WORDS or word in _HAN_NUMERALS or any(map(str.isdigit, word))
            for word in self.folded[start:end]
        )


# --- numbers ---------------------------------------------------------------------------------

_GROUP_MARKS = ".,'\u2019\u00a0\u202f\uff0c"
_NUMBER = re.compile(
    rf"""
    (?=\d) (?:
    \d{{1,2}} (?= [./-] \d{{1,2}} [./-] \d{{2}} )  # 9.11.2020 is three numbers: the first ...
    |
    (?<= \d [./-] ) \d{{1,2}} (?= [./-] \d{{4}} (?!\d) )  # ... and the second
    |
    \d+ (?: [{_GROUP_MARKS}] \d{{3}} (?!\d) )+  # 2,000 or 2.000: grouped by three
    (?: [.,] \d+ )?
    |
    [1-9] \d{{0,2}} (?: [ ] \d{{3}} (?!\d) )+  # 2 000
    (?: [.,] \d+ )?
    |
    \d+ (?: [.,\uff0e] \d+ )?  # 1.5
    )
    """,
    re.VERBOSE,
)
_GROUPING = re.compile(rf"[{_GROUP_MARKS} ](?=\d{{3}}(?!\d))")

# From zero on. A dash stands where a number is a common word of another language too: sei, due, once.
_NUMBER_WORDS = {
    word: value
    for words in (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        "sixteen seventeen eighteen nineteen twenty",
        "null eins zwei drei vier fünf sechs sieben acht neun zehn - zwölf",
        "zéro un deux trois quatre cinq six - huit neuf dix onze douze",
        "cero uno dos tres cuatro cinco seis siete ocho nueve diez - doce",
        "zero um dois três quatro cinco seis sete oito nove dez onze doze",
        "zero uno - tre quattro cinque - sette otto nove dieci undici dodici",
        "ноль один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать",
    )
    for value, word in enumerate(words.split())
}
_TENS = {
    word: 10 * tens
    for tens, word in enumerate(
        ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    )
    if word
}
_NUMBER_WORDS.update(_TENS)


def _numbers(text: str, folded: Sequence[str], starts: Sequence[int]) -> list[Fact]:
    """Return the numbers written in a text, in order, each in one spelling."""
    found: list[Fact] = []
    for match in _NUMBER.finditer(text):
        # A number of several tokens (2,000) counts as a whole where any of them differs.
        start = max(0, bisect_right(starts, match.start()) - 1)
        end = max(start + 1, bisect_left(starts, match.end()))
        value = _GROUPING.sub("", _plain(match[0])).replace(",", ".").lstrip("0") or "0"
        found.append(Fact(start, end, value))
    for index in [index for index, word in enumerate(folded) if word in _NUMBER_WORDS]:
        number = _NUMBER_WORDS[folded[index]]
        before = _TENS.get(folded[index - 1], 0) if index and 0 < number < 10 else 0
        if before:  # twenty-one
            found[-1] = Fact(index - 1, index + 1, str(before + number))
        elif number > 1:  # "one" is seldom a number
            found.append(Fact(index, index + 1, str(number)))
    for match in _HAN_NUMBER.finditer(text):
        start = bisect_left(starts, match.start())
        found.append(Fact(start, start + len(match[0]), str(_han_value(match[0]))))
    return sorted(found)


_HAN_DIGITS = {char: value for value, char in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2}
_HAN_POWERS = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}
_HAN_NUMERALS = frozenset([*_HAN_DIGITS, *_HAN_POWERS])
_HAN_NUMBER = re.compile(
    f"[{''.join([*_HAN_DIGITS, *_HAN_POWERS])}]{{2,16}}"
)  # a single one is part of a word


def _han_value(number: str) -> int:
    """Return the value of a number in Han numerals.

    >>> _han_value("三百五十七"), _han_value("十二万"), _han_value("二〇二一")
    (357, 120000, 2021)
    """
    if not any(char in _HAN_POWERS for char in number):
        return int("".join(str(_HAN_DIGITS[char]) for char in number))
    total = section = digit = 0
    for char in number:
        power = _HAN_POWERS.get(char)
        if power is None:
            digit = _HAN_DIGITS[char]
        elif power < 10_000:
            section, digit = section + (digit or 1) * power, 0
        elif power == 10_000:
            total, section, digit = total + (section + digit or 1) * power, 0, 0
        else:
            total, section, digit = (total + section + digit or 1) * power, 0, 0
    return total + section + digit


def _plain(number: str) -> str:
    """Return a number in the digits and marks of ASCII, whatever digits it is written in."""
    if number.isascii():
        return number
    plain = "".join(str(unicodedata.decimal(char, char)) for char in number)
    return plain.replace("\uff0c", ",").replace("\uff0e", ".")


# --- names -----------------------------------------------------------------------------------

_SENTENCE_OPENS_AFTER = frozenset('.!?:;"“”„«»\n•()[]-–—')


def _names(words: Words) -> list[Fact] | None:
    """Return the capitalised tokens of a text that do not open a sentence.

    Of a text that has most of its words capitalised (a page of headings and menus), only those
    in sentences.
    """
    text, folded, starts = words.text, words.folded, words.starts
    most_capitalised = len(words.capitals) * 2 > len(folded)
    if most_capitalised and not words.num_in_sentences[-1]:
        return None
    return [
        Fact(index, index + 1, folded[index])
        for index in words.capitals
        if len(folded[index]) > 1
        and not (most_capitalised and not words.in_sentences(index, index + 1))
        and not _opens_sentence(text, starts[index])
    ]


def _opens_sentence(text: str, at: int) -> bool:
    before = text[max(0, at - 3) : at].rstrip(" ")
    return at == 0 or not before or before[-1] in _SENTENCE_OPENS_AFTER


# --- sentences -------------------------------------------------------------------------------

_MIN_SENTENCE_TOKENS = 6
"""What is shorter between two stops is as often an item of a list."""

_SENTENCE_END = re.compile(
    r"""
    [.!?\u061f\u06d4\u0964] ["\u201d\u2019\u00bb)\]]{0,2} (?: [ ]++ (?![a-z]) | \s* $ )  # not after e.g.
    |
    [\u3002\uff01\uff1f]
    |
    [\n|\u2022\u00b7]
    """,
    re.VERBOSE,
)


def _num_in_sentences(words: Words) -> tuple[list[int], int]:
    """Count the tokens in sentences before each place, and those in menus; see `Words`.

    A sentence has some words between two stops, and most of them are neither capitalised nor
    numbers; what scripts without capitals say between two stops is a sentence.
    """
    text, starts, capitals = words.text, words.starts, words.capitals
    is_word = bytearray(b"\x01") * len(starts)
    for place in [*capitals, *(place for place, word in enumerate(words.folded) if word[:1].isdigit())]:
        is_word[place] = 0
    in_sentence = bytearray(len(starts))
    num_in_menus = 0
    start = 0
    for stop in [*(match.start() for match in _SENTENCE_END.finditer(text)), len(text)]:
        end = bisect_left(starts, stop, lo=start)
        num_words = is_word.count(1, start, end)
        if end - start >= _MIN_SENTENCE_TOKENS and 2 * num_words >= end - start:
            in_sentence[start:end] = b"\x01" * (end - start)
        num_capitals = bisect_left(capitals, end) - bisect_left(capitals, start)
        if num_capitals > num_words:
            num_in_menus += end - start
        start = end
    return list(accumulate(in_sentence, initial=0)), num_in_menus
