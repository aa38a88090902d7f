"""A text read for comparison: its words, the numbers and names it states, and its sentences."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedupe_news.match.fingerprint import token_hashes
from dedupe_news.match.tokens import (
    SENTENCE_OPENS_AFTER,
    UInt64,
    characters,
    fold,
    spelling,
    token_expression,
)


class Facts(NamedTuple):
    """The numbers or the names of a text, each in one spelling, in order.

    `values[i]` is written in the tokens from `starts[i]` up to `ends[i]`; no two overlap.
    """

    starts: list[int]
    ends: list[int]
    values: list[str]

    def within(self, start: int, end: int) -> list[str]:
        """Return the distinct ones that overlap the tokens ``[start, end)``, in order."""
        first, last = bisect_right(self.ends, start), bisect_left(self.starts, end)
        return list(dict.fromkeys(self.values[first:last]))


CAPITAL, DIGIT, OPENS, BEGINS_WITH_DIGIT = 4, 8, 16, 32


class Tokens(NamedTuple):
    """Where the tokens of a text stand, and what they look like: arrays of shape (n_tokens,).

    Parameters
    ----------
    hashes : uint64
        Of the folded tokens, as in `fingerprint`.
    starts, ends : int64
        In code points of the text.
    flags : uint8
        Bits: `CAPITAL` (the first letter is one), `OPENS` (one that may open a sentence), `DIGIT`
        (any), `BEGINS_WITH_DIGIT`.
    """

    hashes: UInt64
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    flags: NDArray[np.uint8]

    @classmethod
    def of(cls, text: str) -> Tokens:
        """Cut `text` into tokens, the same as `fingerprint` does."""
        spans = [match.span() for match in token_expression(text).finditer(text)]
        places = np.array(spans, dtype=np.int64).reshape(-1, 2)
        written = [text[start:end] for start, end in spans]
        spelled = list(map(spelling, written))
        flags = bytearray(len(spans))
        for place, word in enumerate(written):
            if word[0].isupper():
                flags[place] = CAPITAL | OPENS * _opens_sentence(text, spans[place][0])
            if not word.isalpha() and any(map(str.isdigit, spelled[place])):
                flags[place] |= DIGIT | BEGINS_WITH_DIGIT * any(map(str.isdigit, spelling(word[0])))
        return cls(
            token_hashes(spelled), places[:, 0], places[:, 1], np.frombuffer(bytes(flags), dtype=np.uint8)
        )

    @classmethod
    def compiled(cls, text: str) -> Tokens:
        """Return the same, by a compiled loop."""
        from dedupe_news.match.kernels import reading

        table = characters()
        values = np.frombuffer(text.encode("utf-8", "surrogatepass"), dtype=np.uint8)
        room = len(values) // 2 + 1  # a token is a letter and what parts it from the next, or two bytes
        hashes, flags = np.empty(room, dtype=np.uint64), np.empty(room, dtype=np.uint8)
        starts, ends = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64)
        count = reading.read_words(
            values, table.ascii_hashes, table.entries, table.spellings, hashes, starts, ends, flags
        )
        return cls(hashes[:count], starts[:count], ends[:count], flags[:count])


def _opens_sentence(text: str, at: int) -> bool:
    before = text[max(0, at - 3) : at].rstrip(" ")
    return at == 0 or not before or before[-1] in SENTENCE_OPENS_AFTER


class Words:
    """A text read for comparison: its tokens, and whatever is asked of them.

    What it costs to read (facts, sentences) is read when it is first asked for: two copies of
    one story seldom differ where there is a name or a number.
    """

    def __init__(self, text: str, *, compiled: bool = False) -> None:
        """Cut `text` into tokens, the same as `fingerprint` does."""
        self.text = text
        self.tokens = Tokens.compiled(text) if compiled else Tokens.of(text)
        self._compiled = compiled
        # A stretch is a few words: read from these sooner than from arrays, and than from lists of all words.
        self._starts, self._ends = self.tokens.starts.data, self.tokens.ends.data
        self._hashes, self._flags = self.tokens.hashes.data, self.tokens.flags.data

    def __len__(self) -> int:
        """Return the number of tokens."""
        return len(self.tokens.hashes)

    def folded(self, start: int = 0, end: int | None = None) -> list[str]:
        """Return the tokens ``[start, end)``, folded."""
        text = self.text
        spans = zip(self._starts[start:end].tolist(), self._ends[start:end].tolist(), strict=True)
        return [fold(text[first:last]) for first, last in spans]

    @cached_property
    def numbers(self) -> Facts:
        """The numbers, in order, each in one spelling."""
        return _numbers(self)

    @cached_property
    def names(self) -> Facts | None:
        """The names, in order; ``None`` where capitals mean nothing: in a text set in capitals, or in Han."""
        return _names(self)

    @cached_property
    def _read_sentences(self) -> tuple[NDArray[np.int64], int]:
        return _num_in_sentences_compiled(self) if self._compiled else _num_in_sentences(self)

    @property
    def num_in_sentences(self) -> NDArray[np.int64]:
        """How many tokens before each place stand in a sentence, not in a menu, list or table.

        Of length n_tokens + 1; the last is how many there are.
        """
        return self._read_sentences[0]

    @property
    def share_in_sentences(self) -> float:
        """Share of the tokens that stand in sentences, 0 to 1."""
        return int(self.num_in_sentences[-1]) / max(1, len(self))

    @property
    def share_in_menus(self) -> float:
        """Share of the tokens that stand where most words are capitalised, 0 to 1."""
        return self._read_sentences[1] / max(1, len(self))

    @cached_property
    def num_capitals(self) -> int:
        """How many tokens are written with a capital."""
        return int(np.count_nonzero(self.tokens.flags & CAPITAL))

    @cached_property
    def is_all_capitals(self) -> bool:
        """Whether most tokens have a capital, and none of them stands in a sentence."""
        return self.num_capitals * 2 > len(self) and not self.num_in_sentences[-1]

    @property
    def hides_names(self) -> bool:
        """Whether names cannot be told from other words: all is in capitals, or nothing is.

        Both, so that texts equal but for their case are treated alike.
        """
        return not self.num_capitals or self.is_all_capitals

    def in_sentences(self, start: int, end: int) -> int:
        """Return how many of the tokens ``[start, end)`` stand in sentences."""
        return int(self.num_in_sentences[end] - self.num_in_sentences[start])

    def capitals_in(self, start: int, end: int) -> list[str]:
        """Return the tokens of ``[start, end)`` written with a capital, folded."""
        flagged = enumerate(self._flags[start:end].tolist(), start)
        return [
            fold(self.text[self._starts[place] : self._ends[place]])
            for place, flags in flagged
            if flags & CAPITAL
        ]

    def has_number(self, start: int, end: int) -> bool:
        """Return whether one of the tokens ``[start, end)`` may be a number, or part of one."""
        if any(flags & DIGIT for flags in self._flags[start:end].tolist()):
            return True
        return not _NUMERAL_HASHES.isdisjoint(self._hashes[start:end].tolist())


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
_DIGIT = re.compile(r"\d")
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
_VALUE_OF_HASH = dict(
    zip(token_hashes(map(spelling, _NUMBER_WORDS)).tolist(), _NUMBER_WORDS.values(), strict=True)
)
_SORTED_HASHES = np.array(sorted(_VALUE_OF_HASH), dtype=np.uint64)
_TENS_OF_HASH = dict(zip(token_hashes(_TENS).tolist(), _TENS.values(), strict=True))


def _numbers(words: Words) -> Facts:
    """Return the numbers written in a text, in order, each in one spelling."""
    text, starts = words.text, words.tokens.starts.tolist()
    found: list[tuple[int, int, str]] = []
    at = 0
    while digit := _DIGIT.search(text, at):
        match = _NUMBER.match(text, digit.start())
        if match is None:
            at = digit.end()
            continue
        at = match.end()
        # A number of several tokens (2,000) counts as a whole where any of them differs.
        start = max(0, bisect_right(starts, match.start()) - 1)
        end = max(start + 1, bisect_left(starts, match.end()))
        value = _GROUPING.sub("", _plain(match[0])).replace(",", ".").lstrip("0") or "0"
        found.append((start, end, value))
    hashes = words.tokens.hashes
    nearest = _SORTED_HASHES[np.searchsorted(_SORTED_HASHES[:-1], hashes)]
    for index in np.flatnonzero(nearest == hashes).tolist():
        number = _VALUE_OF_HASH[int(hashes[index])]
        before = _TENS_OF_HASH.get(int(hashes[index - 1]), 0) if index and 0 < number < 10 else 0
        if before:  # twenty-one
            found[-1] = (index - 1, index + 1, str(before + number))
        elif number > 1:  # "one" is seldom a number
            found.append((index, index + 1, str(number)))
    for match in () if text.isascii() else _HAN_NUMBER.finditer(text):
        start = bisect_left(starts, match.start())
        found.append((start, start + len(match[0]), str(_han_value(match[0]))))
    found.sort()
    return Facts(*map(list, zip(*found, strict=True))) if found else Facts([], [], [])


_HAN_DIGITS = {char: value for value, char in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2}
_HAN_POWERS = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}
_HAN_NUMERALS = frozenset([*_HAN_DIGITS, *_HAN_POWERS])
_NUMERAL_HASHES = frozenset(_VALUE_OF_HASH) | frozenset(token_hashes(sorted(_HAN_NUMERALS)).tolist())
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


def _names(words: Words) -> Facts | None:
    """Return the capitalised tokens of a text that do not open a sentence.

    Of a text that has most of its words capitalised (a page of headings and menus), only those
    in sentences.
    """
    _, starts, ends, flags = words.tokens
    is_name = ((flags & (CAPITAL | OPENS)) == CAPITAL) & (ends - starts > 1)
    if words.is_all_capitals:
        return None
    if words.num_capitals * 2 > len(words):
        is_name &= np.diff(words.num_in_sentences) != 0
    places = np.flatnonzero(is_name)
    spans = zip(starts[places].tolist(), ends[places].tolist(), strict=True)
    values = [fold(words.text[start:end]) for start, end in spans]
    return Facts(places.tolist(), (places + 1).tolist(), values)


# --- sentences -------------------------------------------------------------------------------

_MIN_SENTENCE_TOKENS = 6
"""What is shorter between two stops is as often an item of a list."""

_SENTENCE_END = re.compile(
    r"""
    [.!?\u061f\u06d4\u0964\u3002\uff01\uff1f\n|\u2022\u00b7]  # one set, or it takes three times as long
    (?:
    (?<= [.!?\u061f\u06d4\u0964] ) ["\u201d\u2019\u00bb)\]]{0,2} (?: [ ]++ (?![a-z]) | \s* $ )  # not e.g.
    |
    (?<= [\u3002\uff01\uff1f\n|\u2022\u00b7] )
    )
    """,
    re.VERBOSE,
)


def _num_in_sentences(words: Words) -> tuple[NDArray[np.int64], int]:
    """Count the tokens in sentences before each place, and those in menus; see `Words`.

    A sentence has some words between two stops, and most of them are neither capitalised nor
    numbers; what scripts without capitals say between two stops is a sentence.
    """
    _, starts, _, flags = words.tokens
    stops = [*(match.start() for match in _SENTENCE_END.finditer(words.text)), len(words.text)]
    bounds = np.concatenate(([0], np.searchsorted(starts, stops)))
    lengths = np.diff(bounds)
    num_words = _num_in(bounds, (flags & (CAPITAL | BEGINS_WITH_DIGIT)) == 0)
    is_sentence = (lengths >= _MIN_SENTENCE_TOKENS) & (2 * num_words >= lengths)
    in_sentence = np.repeat(is_sentence, lengths)
    is_menu = _num_in(bounds, (flags & CAPITAL) != 0) > num_words
    return np.concatenate(([0], np.cumsum(in_sentence))), int(lengths[is_menu].sum())


def _num_in_sentences_compiled(words: Words) -> tuple[NDArray[np.int64], int]:
    """Return the same, by a compiled loop."""
    from dedupe_news.match.kernels import stopping

    _, starts, _, flags = words.tokens
    codes = np.frombuffer(words.text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    num_before = np.zeros(len(starts) + 1, dtype=np.int64)
    num_in_menus = stopping.count_sentences(
        codes, len(words.text.rstrip()), starts, flags, _MIN_SENTENCE_TOKENS, num_before
    )
    return num_before, num_in_menus


def _num_in(bounds: NDArray[np.int64], marked: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return how many are marked between each two bounds."""
    return np.diff(np.concatenate(([0], np.cumsum(marked)))[bounds])
