"""What two texts state: their words laid side by side, and the numbers, dates and names that differ."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from rapidfuzz.distance import Levenshtein

from dedupe_news.match.fingerprint import Pairs, fold, shingle_hashes, token_expression

_ANCHOR_TOKENS = 4
"""A passage of so many tokens that stands once in each text fixes the alignment there."""

_MAX_STRETCH = 400
"""Tokens aligned one by one between two anchors; a longer stretch without an anchor counts as different."""

_MAX_COMPARED = 40
"""Facts compared each with each in one stretch; so many are a table, and no word spelt twice."""

_MAX_GLUE = 2
"""So few equal tokens between two differing stretches are a coincidence ("of the"): one stretch."""


class Stretch(NamedTuple):
    """Where two texts differ: half-open token spans ``[left_start, left_end)`` and the same right."""

    left_start: int
    left_end: int
    right_start: int
    right_end: int

    @property
    def is_two_sided(self) -> bool:
        """Whether each text has words of its own here."""
        return self.left_start < self.left_end and self.right_start < self.right_end


class Fact(NamedTuple):
    """A number or name in one spelling, and the token span ``[start, end)`` it is written in."""

    start: int
    end: int
    value: str


@dataclass(frozen=True, slots=True)
class Words:
    """A text read for comparison: its tokens, folded, and the facts as written, in order.

    `names` is ``None`` where capitals mean nothing: in a text set in capitals, or in Han.
    """

    folded: list[str]
    numbers: list[Fact]
    names: list[Fact] | None

    @classmethod
    def of(cls, text: str) -> Words:
        """Cut `text` into tokens, the same as `fingerprint.tokens`, and read its facts."""
        matches = list(token_expression(text).finditer(text))
        folded = [fold(match[0]) for match in matches]
        starts = [match.start() for match in matches]
        ends = [match.end() for match in matches]
        return cls(folded, _numbers(text, folded, starts), _names(text, folded, starts, ends))


def differing_stretches(left: Sequence[str], right: Sequence[str]) -> list[Stretch]:
    """Return where two sequences of tokens differ, in order; between the stretches they are equal.

    Passages that stand once in each text are anchors, found by sorting; only what lies between
    two anchors is aligned token by token, and only up to `_MAX_STRETCH` tokens. So the time
    grows with the length of the texts, not with its square.
    """
    # Most pairs are equal but for a few words: what is equal at the two ends is no work.
    start, end = 0, 0
    shortest = min(len(left), len(right))
    while start < shortest and left[start] == right[start]:
        start += 1
    while end < shortest - start and left[-1 - end] == right[-1 - end]:
        end += 1
    middle = _differing(left[start : len(left) - end], right[start : len(right) - end])
    return [Stretch(a + start, b + start, c + start, d + start) for a, b, c, d in middle]


def _differing(left: Sequence[str], right: Sequence[str]) -> list[Stretch]:
    found: list[Stretch] = []
    for gap in _gaps(left, right):
        a, b, c, d = gap
        if not gap.is_two_sided or b - a > _MAX_STRETCH or d - c > _MAX_STRETCH:
            found.append(gap)
            continue
        for step in Levenshtein.opcodes(left[a:b], right[c:d]):
            if step.tag != "equal":
                found.append(
                    Stretch(a + step.src_start, a + step.src_end, c + step.dest_start, c + step.dest_end)
                )
    return _glued(found)


def _glued(stretches: list[Stretch]) -> list[Stretch]:
    """Join neighbours that have at most `_MAX_GLUE` equal tokens between them."""
    glued: list[Stretch] = []
    for stretch in stretches:
        if glued and stretch.left_start - glued[-1].left_end <= _MAX_GLUE:
            last = glued[-1]
            glued[-1] = Stretch(last.left_start, stretch.left_end, last.right_start, stretch.right_end)
        else:
            glued.append(stretch)
    return glued


def _gaps(left: Sequence[str], right: Sequence[str]) -> Iterator[Stretch]:
    """Yield what lies between the passages that are equal from an anchor on, and from an anchor back."""
    at_left = at_right = 0
    for i, j in [*_anchors(left, right), (len(left), len(right))]:
        if i < at_left or j < at_right:
            continue  # inside what has been walked over already
        end_left, end_right = i, j
        while end_left > at_left and end_right > at_right and left[end_left - 1] == right[end_right - 1]:
            end_left, end_right = end_left - 1, end_right - 1
        if at_left < end_left or at_right < end_right:
            yield Stretch(at_left, end_left, at_right, end_right)
        at_left, at_right = i, j
        while at_left < len(left) and at_right < len(right) and left[at_left] == right[at_right]:
            at_left, at_right = at_left + 1, at_right + 1


def _anchors(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int]]:
    """Return places of passages that stand once in each text, ascending on both sides."""
    number: dict[str, int] = {}
    left_places, right_places = (
        _single_passages(np.array([number.setdefault(word, len(number)) for word in side], dtype=np.uint64))
        for side in (left, right)
    )
    left_hashes, left_at = left_places
    right_hashes, right_at = right_places
    _, in_left, in_right = np.intersect1d(left_hashes, right_hashes, assume_unique=True, return_indices=True)
    at_left, at_right = left_at[in_left], right_at[in_right]
    order = np.argsort(at_left)
    at_left, at_right = at_left[order], at_right[order]
    # The first anchor of a run is enough: the walk goes on from it while the words are equal.
    goes_on = (np.diff(at_left, prepend=-2) == 1) & (np.diff(at_right, prepend=-2) == 1)
    starts = zip(at_left[~goes_on].tolist(), at_right[~goes_on].tolist(), strict=True)
    return _longest_ascending(list(starts))


def _single_passages(units: np.ndarray) -> tuple[np.ndarray, Pairs]:
    hashes, places, counts = np.unique(
        shingle_hashes(units, _ANCHOR_TOKENS), return_index=True, return_counts=True
    )
    return hashes[counts == 1], places[counts == 1]


def _longest_ascending(meetings: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest subsequence whose right places ascend (patience sorting, Fredman 1975)."""
    tails: list[int] = []  # the smallest right place that ends a subsequence of each length
    tail_index: list[int] = []
    before: list[int] = []
    for index, (_, place) in enumerate(meetings):
        length = bisect_left(tails, place)
        before.append(tail_index[length - 1] if length else -1)
        if length == len(tails):
            tails.append(place)
            tail_index.append(index)
        else:
            tails[length], tail_index[length] = place, index
    chosen = []
    index = tail_index[-1] if tail_index else -1
    while index >= 0:
        chosen.append(meetings[index])
        index = before[index]
    return chosen[::-1]


@dataclass(frozen=True, slots=True)
class FactChanges:
    """How far two texts that share their wording agree on what they state.

    Parameters
    ----------
    swapped : tuple of (str, str)
        A fact of the left text and the fact of the same kind that stands in its place right.
    num_kept : int
        Distinct facts that both texts state, of the kinds (numbers, names) of which any is swapped.
    longest_passage : int
        Most tokens of one passage of the one text that has another passage, in other words, in
        its place in the other text.
    num_passage_tokens : int
        Tokens of all such passages, the shorter of each two counted.
    """

    swapped: tuple[tuple[str, str], ...]
    num_kept: int
    longest_passage: int
    num_passage_tokens: int

    @property
    def share(self) -> float:
        """The share of facts swapped, 0 to 1."""
        return len(self.swapped) / max(1, len(self.swapped) + self.num_kept)


NO_CHANGES = FactChanges(swapped=(), num_kept=0, longest_passage=0, num_passage_tokens=0)


def fact_changes(left: Words, right: Words, stretches: Sequence[Stretch]) -> FactChanges:
    """Return the facts that one text states in place of others.

    What only one of the texts says is no contradiction, so only stretches with words on both
    sides count. A fact that the other text states elsewhere has moved, and one spelt a little
    differently is noise.
    """
    stretches = [stretch for stretch in stretches if stretch.is_two_sided]
    if not stretches:
        return NO_CHANGES
    swapped: list[tuple[str, str]] = []
    num_kept = 0
    kinds = [(left.numbers, right.numbers)]
    if left.names is not None and right.names is not None:
        kinds.append((left.names, right.names))
    for left_facts, right_facts in kinds:
        left_all = Counter(fact.value for fact in left_facts)
        right_all = Counter(fact.value for fact in right_facts)
        only_left, only_right = left_all - right_all, right_all - left_all
        before = len(swapped)
        for (a, b, c, d), gone, come in zip(
            stretches,
            _facts_in(left_facts, [(a, b) for a, b, _, _ in stretches]),
            _facts_in(right_facts, [(c, d) for _, _, c, d in stretches]),
            strict=True,
        ):
            if not (gone and come):
                continue
            # Words split or joined (Infor mation) are no other names; 1.5 and 15 are other numbers.
            if left_facts is left.names and _is_noise("".join(left.folded[a:b]), "".join(right.folded[c:d])):
                continue
            swapped += _unlike([x for x in gone if x in only_left], [x for x in come if x in only_right])
        if len(swapped) > before:
            num_kept += len(left_all & right_all)
    passages = [_other_words(left.folded[a:b], right.folded[c:d]) for a, b, c, d in stretches]
    return FactChanges(tuple(dict.fromkeys(swapped)), num_kept, max(passages, default=0), sum(passages))


def _other_words(left: Sequence[str], right: Sequence[str]) -> int:
    """Return how many tokens of the shorter passage the other one does not have."""
    return min(len(left), len(right)) - (Counter(left) & Counter(right)).total()


def _facts_in(facts: list[Fact], spans: Sequence[tuple[int, int]]) -> list[list[str]]:
    """Return the distinct facts that overlap each span of tokens; both ascend."""
    found: list[list[str]] = []
    at = 0
    for start, end in spans:
        while at < len(facts) and facts[at].end <= start:
            at += 1
        here = at
        values: dict[str, None] = {}
        while here < len(facts) and facts[here].start < end:
            values[facts[here].value] = None
            here += 1
        found.append(list(values))
    return found


def _unlike(gone: list[str], come: list[str]) -> list[tuple[str, str]]:
    """Pair what went with what came, after taking out those that are one word spelt twice."""
    rest = list(come)
    unmatched = []
    for fact in gone[:_MAX_COMPARED]:
        same = next((other for other in rest[:_MAX_COMPARED] if _is_same(fact, other)), None)
        if same is None:
            unmatched.append(fact)
        else:
            rest.remove(same)
    return list(zip(unmatched, rest, strict=False))


def _is_same(left: str, right: str) -> bool:
    return _is_noise(left, right) or _is_rounded(left, right)


def _is_noise(left: str, right: str) -> bool:
    """Return whether two spellings are one word, damaged or respelt: `subsisides`, `subsidies`.

    One letter in five may differ: not so many that Tuesday is Thursday, or Austria Australia.
    A digit may stand for a letter (oct0ber), but never for another digit: 1506 is not 1507.
    """
    if left == right:
        return True
    digits = _digits(left), _digits(right)
    if all(digits) and digits[0] != digits[1]:
        return False
    if max(len(left), len(right)) > _MAX_NOISE_CHARS:
        return False
    allowed = min(len(left), len(right)) // 5
    return bool(allowed) and Levenshtein.distance(left, right, score_cutoff=allowed) <= allowed


def _is_rounded(left: str, right: str) -> bool:
    """Return whether one number is the other in thousands, millions or milliards: 2465996, 2.5 (mln)."""
    if not (_PLAIN_NUMBER.fullmatch(left) and _PLAIN_NUMBER.fullmatch(right)):
        return False
    small, large = sorted((left, right), key=float)
    places = len(small.partition(".")[2])
    return small != "0" and any(f"{float(large) / power:.{places}f}" == small for power in _POWERS)


_PLAIN_NUMBER = re.compile(r"[0-9]{1,15}(?:[.][0-9]{1,6})?")
_POWERS = (10**3, 10**6, 10**9)
_MAX_NOISE_CHARS = 200


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


# --- numbers ---------------------------------------------------------------------------------

_NUMBER = re.compile(
    r"""
    \d+ (?: [.,'\u2019\u00a0\u202f] \d{3} (?!\d) )*  # 2,000 or 2.000: grouped by three
    (?: [.,] \d+ )?                                 # 1.5
    """,
    re.VERBOSE,
)
_GROUPING = re.compile(r"[.,'\u2019\u00a0\u202f](?=\d{3}(?!\d))")

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
        value = _GROUPING.sub("", match[0]).replace(",", ".").lstrip("0") or "0"
        found.append(Fact(start, end, value))
    for index, word in enumerate(folded):
        number = _NUMBER_WORDS.get(word, 0)
        before = _TENS.get(folded[index - 1], 0) if index and 0 < number < 10 else 0
        if before:  # twenty-one
            found[-1] = Fact(index - 1, index + 1, str(before + number))
        elif number > 1:  # "one" is seldom a number
            found.append(Fact(index, index + 1, str(number)))
    return sorted(found)


# --- names -----------------------------------------------------------------------------------

_SENTENCE_END = frozenset('.!?:;"“”„«»\n•()[]-–—')


def _names(text: str, folded: Sequence[str], starts: Sequence[int], ends: Sequence[int]) -> list[Fact] | None:
    """Return the capitalised tokens of a text that do not open a sentence."""
    capitals = [index for index, at in enumerate(starts) if text[at].isupper()]
    if len(capitals) * 2 > len(starts):
        return None
    return [
        Fact(index, index + 1, folded[index])
        for index in capitals
        if ends[index] - starts[index] > 1 and not _opens_sentence(text, starts[index])
    ]


def _opens_sentence(text: str, at: int) -> bool:
    before = text[max(0, at - 3) : at].rstrip(" ")
    return at == 0 or not before or before[-1] in _SENTENCE_END
