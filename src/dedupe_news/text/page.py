"""The tokens of a text, and the units (sentences, lines) that they make."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
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
_FIRST_UNSPACED = "\u0e00"  # Thai: none of those scripts stands before it
_UNSPACED_TOKEN = regex.compile(rf"[{_UNSPACED}]", regex.V1)
# The same for texts of western Europe, three times as fast: these characters, and no others.
_TOKENS = regex.compile(f"({TOKEN.pattern})", TOKEN.flags)
_ASCII = bytes(range(128))
_BEYOND_LATIN = re.compile(r"[^\x00-\xff\u2000-\u206f\u20a0-\u20bf]")
LATIN_FIGURES, LATIN_CAPITALS, LATIN_SMALL = "0-9²³¹¼-¾", "A-ZÀ-ÖØ-Þ", "a-zªµºß-öø-ÿ"
LATIN_JOINING = "a-zµß-öø-ÿ"  # small ones that a capital before them belongs to
_LATIN_TOKEN = re.compile(
    rf"""
      [{LATIN_FIGURES}]+
    | [{LATIN_CAPITALS}]+ (?! [{LATIN_JOINING}] )
    | [{LATIN_CAPITALS}]? [{LATIN_SMALL}]+
    | [{LATIN_CAPITALS}]
    """,
    re.VERBOSE,
)
_LATIN_TOKENS = re.compile(f"({_LATIN_TOKEN.pattern})", re.VERBOSE)
# What a copy with links has and one without does not: (https://…) behind the words.
_ADDRESS = regex.compile(r"(?:https?://|www\.)[^\s<>()\[\]\"']+")

WINDOW_TOKENS = 5
_UNSPACED_WINDOW_TOKENS = 10
_UNSPACED_WORD_SHARE = 0.6  # a Han character carries as much as about 0.6 of a word
_SENTENCE_ENDS = frozenset(ENDS)
_UNIT_ENDS = _SENTENCE_ENDS | {"\n"}
_SEAM_MARKS = frozenset(ENDS + CLOSERS + OPENERS)


@dataclass(slots=True)
class Page:
    """The tokens of a text, where units begin, and what has been removed so far."""

    text: str
    spans: list[tuple[int, int]]
    words: list[str]  # folded
    ids: list[int]
    counts: list[int]  # how often each token (by position) stands in the text
    is_start: list[bool]  # a unit begins before token k; one more for the end of the text
    touches: list[bool]  # nothing stands between token k and the one before; one more for the end
    addresses: list[int]  # tokens of web addresses before token k
    heads: dict[int, int] = field(default_factory=dict)  # unit start -> its first character
    witness: list[int] = field(default_factory=list)  # -1: kept; else the token that says the same
    is_noisy: list[bool] = field(default_factory=list)  # removed although typed differently

    @classmethod
    def of(
        cls, text: str, pieces: list[str], words: list[str] | None = None, ids: list[int] | None = None
    ) -> Page:
        """Return the page that `pieces` make of `text`: what `split_tokens` returns, or in smaller parts.

        `words` are its tokens folded, and `ids` their numbers, where the caller has them.
        """
        tokens, gaps = pieces[1::2], pieces[2:-1:2]
        spans = find_spans(pieces)
        words = folded(tokens) if words is None else words
        ids = number_words(words) if ids is None else ids
        totals = Counter(ids)
        ends = {gap for gap in set(gaps) if not _UNIT_ENDS.isdisjoint(gap)}  # the few kinds of them that may
        is_start = [True] * (len(gaps) + 2)
        is_start[1:-1] = [
            gap in ends and ends_sentence(gap, before, after)
            for gap, before, after in zip(gaps, tokens, tokens[1:], strict=False)
        ]
        return cls(
            text,
            spans,
            words,
            ids,
            [totals[number] for number in ids],
            is_start,
            [False, *[not gap for gap in gaps], False],
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

    def ends_sentence(self, k: int) -> bool:
        """Whether token `k` is the last of a sentence, and not of a line without a mark at its end."""
        return self.is_start[k + 1] and not _SENTENCE_ENDS.isdisjoint(self.gap(k + 1))

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


def folded(tokens: Sequence[str]) -> list[str]:
    """Return each of `tokens` folded; an article has each of its words two or three times."""
    together = " ".join(tokens)
    if together.isascii():
        return together.lower().split(" ") if tokens else []
    known = {token: token.lower() if token.isascii() else fold(token) for token in set(tokens)}
    return [known[token] for token in tokens]


def number_words(words: Sequence[str]) -> list[int]:
    """Return a number for each of `words`; equal ones have the same."""
    numbers = {word: number for number, word in enumerate(dict.fromkeys(words))}
    return [numbers[word] for word in words]


def windows(ids: Sequence[int], size: int) -> Sequence[Hashable]:
    """Return any `size` of `ids` in a row, as something that is equal where they are.

    Strings of one character for each id: they remember their hash, and nobody looks for cycles in them.
    """
    if not ids or max(ids) > _MAX_CHAR:
        return list(zip(*(ids[i:] for i in range(size)), strict=False))
    chars = "".join(map(chr, ids))
    return [chars[at : at + size] for at in range(len(ids) - size + 1)]


_MAX_CHAR = 0x10FFFF


def find_tokens(text: str) -> list[tuple[int, int]]:
    """Return where the tokens of `text` stand."""
    return find_spans(split_tokens(text))


def split_tokens(text: str) -> list[str]:
    """Return `text` in pieces, of which every second one is a token: gap, token, gap, …, token, gap.

    >>> split_tokens("“No,” she said")
    ['“', 'No', ',” ', 'she', ' ', 'said', '']
    """
    beyond = ""
    if not text.isascii():
        left = text.encode("utf-8", "surrogatepass").translate(None, _ASCII)
        beyond = left.decode("utf-8", "surrogatepass")
    pieces: list[str] = (_TOKENS if _BEYOND_LATIN.search(beyond) else _LATIN_TOKENS).split(text)
    return pieces


def find_spans(pieces: Sequence[str]) -> list[tuple[int, int]]:
    """Return where every second one of `pieces` stands in the text that they make."""
    borders = list(accumulate(map(len, pieces)))
    return list(zip(borders[::2], borders[1::2], strict=False))


def count_words(tokens: Sequence[str]) -> float:
    """Return how many words `tokens` are worth."""
    if max(tokens, default="") < _FIRST_UNSPACED:
        return float(len(tokens))
    return sum([_weight(token) for token in tokens])


def _weight(token: str) -> float:
    """Return how many words a token is worth."""
    return _UNSPACED_WORD_SHARE if _is_unspaced(token) else 1.0


def _is_unspaced(token: str) -> bool:
    return len(token) == 1 and token >= _FIRST_UNSPACED and _UNSPACED_TOKEN.match(token) is not None


def _address_tokens(text: str, spans: list[tuple[int, int]]) -> list[int]:
    """Return, for each token, how many tokens of web addresses stand before it."""
    if "://" not in text and "www." not in text:
        return [0] * len(spans)
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
    if max(tokens, default="") < _FIRST_UNSPACED:
        return WINDOW_TOKENS
    unspaced = sum([token >= _FIRST_UNSPACED and _is_unspaced(token) for token in tokens])
    return _UNSPACED_WINDOW_TOKENS if 2 * unspaced > len(tokens) else WINDOW_TOKENS


def split_at(text: str, spans: list[tuple[int, int]], seams: set[int]) -> list[str]:
    """Return the pieces that `spans` make of `text`, those cut in two that a seam lies inside."""
    ordered = sorted(seams)
    out: list[str] = []
    at = 0
    for start, end in spans:
        inside = ordered[bisect_right(ordered, start) : bisect_left(ordered, end)]
        for low, high in pairwise([start, *inside, end]):
            out += (text[at:low], text[low:high])
            at = high
    out.append(text[at:])
    return out
