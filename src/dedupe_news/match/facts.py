"""What two texts state in the place of one another: numbers, dates, names, and whole passages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from dedupe_news.match.alignment import Stretch
from dedupe_news.match.words import Words

_MIN_SUBJECT_PLACES = 3
"""A name replaced at so many places is what the text is about."""

_MAX_NAME_TOKENS = 5
_HEAD_TOKENS = 50
"""A name of a few words (`Western North Carolina`) that both texts have somewhere is the subject when it
is replaced at the head first."""

_MAX_COMPARED = 40
"""Facts compared each with each in one stretch; so many are a table, and no word spelt twice."""


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
    subject : (str, str) or None
        A name that the left text keeps coming back to, and the one that stands there right.
    has_unread : bool
        Whether words differ in a text without capitals, or all in capitals: any may be a name.
    """

    swapped: tuple[tuple[str, str], ...]
    num_kept: int
    longest_passage: int
    num_passage_tokens: int
    subject: tuple[str, str] | None = None
    has_unread: bool = False

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
    sides = [(left.folded(a, b), right.folded(c, d)) for a, b, c, d in stretches]
    swapped: list[tuple[str, str]] = []
    num_kept = 0
    kinds = []
    if any(left.has_number(a, b) and right.has_number(c, d) for a, b, c, d in stretches):
        kinds.append((left.numbers, right.numbers))
    gone = [left.capitals_in(a, b) for a, b, _, _ in stretches]
    come = [right.capitals_in(c, d) for _, _, c, d in stretches]
    has_names = any(map(all, zip(gone, come, strict=True)))
    if has_names and left.names is not None and right.names is not None:
        kinds.append((left.names, right.names))
    for left_facts, right_facts in kinds:
        left_all, right_all = Counter(left_facts.values), Counter(right_facts.values)
        only_left, only_right = left_all - right_all, right_all - left_all
        before = len(swapped)
        for (a, b, c, d), side in zip(stretches, sides, strict=True):
            facts, others = left_facts.within(a, b), right_facts.within(c, d)
            if not (facts and others):
                continue
            # Words split or joined (Infor mation) are no other names; 1.5 and 15 are other numbers.
            if left_facts is not left.numbers and _is_one_word(*side):
                continue
            swapped += _unlike([x for x in facts if x in only_left], [x for x in others if x in only_right])
        if len(swapped) > before:
            num_kept += len(left_all & right_all)
    passages = [_other_words(*side) for side in sides]
    return FactChanges(
        tuple(dict.fromkeys(swapped)),
        num_kept,
        max(passages, default=0),
        sum(passages),
        _other_subject(left, right, stretches, sides, gone, come) if has_names else None,
        (left.hides_names or right.hides_names) and not all(_is_one_word(*side) for side in sides),
    )


def _is_one_word(left: Sequence[str], right: Sequence[str]) -> bool:
    """Return whether two passages are the same letters but for noise, however parted."""
    if max(len(left), len(right)) > _MAX_NOISE_CHARS:
        return left == right
    return _is_noise("".join(left), "".join(right))


def _other_subject(
    left: Words,
    right: Words,
    stretches: Sequence[Stretch],
    sides: Sequence[tuple[list[str], list[str]]],
    gone: Sequence[list[str]],
    come: Sequence[list[str]],
) -> tuple[str, str] | None:
    """Return a name of the left text and the one that takes its place right, again and again.

    One town for another at every place is no correction, however little of the text it is.
    """
    if sum(map(all, zip(gone, come, strict=True))) < _MIN_SUBJECT_PLACES:
        return None
    # A name that the other text has as well is no other subject: it is in the menu of both.
    often_gone, often_come = _often(gone).difference(right.folded()), _often(come).difference(left.folded())
    places: Counter[tuple[str, str]] = Counter()
    subjects: set[tuple[str, str]] = set()
    for (a, b, c, d), side, one, other in zip(stretches, sides, gone, come, strict=True):
        names = set()
        if not (often_gone.isdisjoint(one) or often_come.isdisjoint(other)):
            names = {
                (name, another)
                for name in sorted(often_gone.intersection(one))[:_MAX_COMPARED]
                for another in sorted(often_come.intersection(other))[:_MAX_COMPARED]
            }
        subjects |= names
        if one and other and max(b - a, d - c) <= _MAX_NAME_TOKENS:
            whole = " ".join(side[0]), " ".join(side[1])
            names.add(whole)
            if min(a, c) < _HEAD_TOKENS:
                subjects.add(whole)
        places.update(names)
    for pair in sorted(subjects):
        if places[pair] >= _MIN_SUBJECT_PLACES and not _is_noise(*pair):
            return pair
    return None


def _often(names: Sequence[list[str]]) -> set[str]:
    counts = Counter(name for each in names for name in set(each))
    return {name for name, count in counts.items() if count >= _MIN_SUBJECT_PLACES}


@dataclass(frozen=True, slots=True)
class Sentences:
    """How many words that stand in sentences two texts have in common, and each for itself.

    Menus, lists and tables are left out: a page's frame says nothing of what the page says.
    """

    shared: int
    only_left: int
    only_right: int

    @classmethod
    def of(cls, left: Words, right: Words, stretches: Sequence[Stretch]) -> Sentences:
        """Count them, the equal words between `stretches` by the text that has more in sentences."""
        only_left = sum(left.in_sentences(a, b) for a, b, _, _ in stretches)
        only_right = sum(right.in_sentences(c, d) for _, _, c, d in stretches)
        shared = max(
            left.in_sentences(0, len(left)) - only_left, right.in_sentences(0, len(right)) - only_right
        )
        return cls(shared, only_left, only_right)

    @property
    def likeness(self) -> float:
        """Words in common by all words, 0 to 1; 1 without any."""
        return self.shared / (self.shared + self.only_left + self.only_right or 1)


def _other_words(left: Sequence[str], right: Sequence[str]) -> int:
    """Return how many tokens of the shorter passage the other one does not have."""
    if set(left).isdisjoint(right):  # mostly: one word in the place of another
        return min(len(left), len(right))
    return min(len(left), len(right)) - (Counter(left) & Counter(right)).total()


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
