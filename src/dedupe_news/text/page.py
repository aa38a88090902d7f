"""The tokens of a text, and the units (sentences, lines) that they make."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from unicodedata import normalize

import regex

from dedupe_news.text.breaks import CLOSERS, ENDS, OPENERS, cut_in_gap, ends_sentence

# One character is one token where words are not spaced.
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
# Words are cut where case or kind changes, so that a seam without a separator
# ("euroshRastet", "fortnight2020The") is a border of tokens in every copy.
TOKEN = regex.compile(
    rf"""
      [{_UNSPACED}]
    | \p{{N}}+
    | \p{{Lu}}+ (?! [\p{{Ll}}\p{{M}}] )
    | [\p{{Lu}}\p{{Lt}}]? [[\p{{Ll}}\p{{Lo}}\p{{Lm}}\p{{M}}]--[{_UNSPACED}]]+
    | [\p{{Lu}}\p{{Lt}}]
    """,
    regex.VERBOSE | regex.V1,
)
_UNSPACED_TOKEN = regex.compile(rf"[{_UNSPACED}]", regex.V1)
# What a copy with links has and one without does not: (https://…) behind the words.
_ADDRESS = regex.compile(r"(?:https?://|www\.)[^\s<>()\[\]\"']+")

_WINDOW_TOKENS = 5
_UNSPACED_WINDOW_TOKENS = 10
_UNSPACED_WORD_SHARE = 0.6  # a Han character carries as much as about 0.6 of a word
_SEAM_MARKS = frozenset(ENDS + CLOSERS + OPENERS)


@dataclass(slots=True)
class Page:
    """The tokens of a text, where units begin, and what has been removed so far."""

    text: str
    spans: list[tuple[int, int]]
    words: list[str]  # folded
    ids: list[int]
    counts: list[int]  # how often each token (by position) stands in the text
    weights: list[float]  # words that each token is worth
    is_start: list[bool]  # a unit begins before token k; one more for the end of the text
    addresses: list[int]  # tokens of web addresses before token k
    heads: dict[int, int] = field(default_factory=dict)  # unit start -> its first character
    witness: list[int] = field(default_factory=list)  # -1: kept; else the token that says the same
    is_noisy: list[bool] = field(default_factory=list)  # removed although typed differently

    @classmethod
    def of(cls, text: str, spans: list[tuple[int, int]]) -> Page:
        """Return the page that `spans` of tokens make of `text`."""
        raw = [text[start:end] for start, end in spans]
        words = [fold(token) for token in raw]
        numbers: dict[str, int] = {}
        ids = [numbers.setdefault(word, len(numbers)) for word in words]
        totals = [0] * len(numbers)
        for number in ids:
            totals[number] += 1
        is_start = [True]
        for (_, end), (start, _), before, after in zip(spans, spans[1:], raw, raw[1:], strict=False):
            gap = text[end:start]
            is_start.append(gap != " " and gap != "" and ends_sentence(gap, before, after))
        is_start.append(True)
        return cls(
            text,
            spans,
            words,
            ids,
            [totals[number] for number in ids],
            [_weight(word) for word in words],
            is_start,
            _address_tokens(text, spans),
            witness=[-1] * len(ids),
            is_noisy=[False] * len(ids),
        )

    def gap(self, k: int) -> str:
        """Return what stands between token `k - 1` and token `k`."""
        start = self.spans[k - 1][1] if k else 0
        return self.text[start : self.spans[k][0] if k < len(self.spans) else len(self.text)]

    def is_spaced(self, k: int) -> bool:
        """Whether white space stands before token `k`."""
        return any(char.isspace() for char in self.gap(k))

    def is_seam(self, k: int) -> bool:
        """Whether token `k` follows with nothing between but marks that end or open a sentence."""
        return _SEAM_MARKS.issuperset(self.gap(k))

    def unit_char(self, k: int) -> int:
        """Return the position of the first character of the unit that begins at token `k`."""
        if k == 0:
            return 0
        if k == len(self.spans):
            return len(self.text)
        if k in self.heads:
            return self.heads[k]
        return self.spans[k - 1][1] + cut_in_gap(self.gap(k))

    def root(self, k: int) -> int:
        """Return the token that is kept and says what token `k` says."""
        while self.witness[k] >= 0:
            k = self.witness[k]
        return k


def fold(token: str) -> str:
    """Return `token` so that copies compare equal: without case, its marks composed."""
    return token.casefold() if token.isascii() else normalize("NFC", token).casefold()


def count_words(tokens: Sequence[str]) -> float:
    """Return how many words `tokens` are worth."""
    return sum(_weight(token) for token in tokens)


def _weight(token: str) -> float:
    """Return how many words a token is worth."""
    return _UNSPACED_WORD_SHARE if len(token) == 1 and _UNSPACED_TOKEN.match(token) else 1.0


def _address_tokens(text: str, spans: list[tuple[int, int]]) -> list[int]:
    """Return, for each token, how many tokens of web addresses stand before it."""
    addresses = [match.span() for match in _ADDRESS.finditer(text)]
    counts, passed, number = [], 0, 0
    for start, end in spans:
        counts.append(passed)
        while number < len(addresses) and addresses[number][1] <= start:
            number += 1
        passed += number < len(addresses) and addresses[number][0] <= start and end <= addresses[number][1]
    return counts


def window_tokens(tokens: Sequence[str]) -> int:
    """Return how many tokens in a row are a hit when they stand again."""
    unspaced = sum(1 for token in tokens if len(token) == 1 and _UNSPACED_TOKEN.match(token))
    return _UNSPACED_WINDOW_TOKENS if 2 * unspaced > len(tokens) else _WINDOW_TOKENS


def split_at(spans: list[tuple[int, int]], seams: set[int]) -> list[tuple[int, int]]:
    """Return `spans`, those cut in two that a seam lies inside."""
    ordered = sorted(seams)
    out: list[tuple[int, int]] = []
    for start, end in spans:
        inside = ordered[bisect_right(ordered, start) : bisect_left(ordered, end)]
        out.extend(pairwise([start, *inside, end]))
    return out
