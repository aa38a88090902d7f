"""What two articles are to each other: exact numbers, and the words that decide the kind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol

import numpy as np

from dedupe_news.article import Relation, RelationKind
from dedupe_news.match.alignment import Stretch, differing_stretches
from dedupe_news.match.facts import NO_CHANGES, FactChanges, Sentences, fact_changes
from dedupe_news.match.fingerprint import Fingerprint
from dedupe_news.match.tokens import UInt64
from dedupe_news.match.words import Words
from dedupe_news.options import MatchOptions

_SOME_SWAPS, _MANY_SWAPS = 1.5, 2.0
"""Facts swapped in 100 words. A corrected figure in a long story is no other story; the same in two
sentences is. Re-sent wire stories stay under the first, reports of one template pass the second;
what lies between is left apart, and called neither."""

_MIN_PASSAGE_TOKENS = 20
_MIN_PASSAGE_SHARE = 0.05
"""A passage of its own in the place of the other's, so long and so large a part of the text: the
same frame (a page's menus and notices, a series' standing words) around something else."""

_LARGE_PASSAGE_SHARE = 0.2
"""One passage so large, in sentences, in the place of one other: not a story told again, but two."""

_MIN_LOST_TOKENS = 50
"""So long a passage of its own is never given up for the other's, however long the text."""

_MENUS = 0.15
"""A page has more than this part of its words in menus and headings; an article has less."""

_INTACT_JACCARD = 0.6
"""Where characters are compared because words are damaged, facts are read from here on alone: below,
a name that differs proves nothing about what was printed."""

IN_DOUBT = "in doubt whether the one can stand for the other: both are kept"
"""Evidence of a relation that is sure, between articles that are not surely one document."""

_HALF = 0.5
"""From here on two texts have more in common than apart, however short they are."""


class Text(Protocol):
    """What the verdict has to know of an article, besides the numbers; a `Fingerprint` is one."""

    @property
    def id(self) -> str:
        """What the relation names it by."""

    @property
    def body(self) -> str:
        """What was fingerprinted."""

    @property
    def num_tokens(self) -> int:
        """Length of `body`."""

    @property
    def digest(self) -> bytes:
        """Hash of the folded tokens in their order; empty when there are none."""


def relate(left: Fingerprint, right: Fingerprint, options: MatchOptions) -> Relation | None:
    """Return what two articles are to each other, or ``None`` when they are unrelated.

    ==========  ==================================================================================
    exact       the same tokens in the same order
    near        Jaccard from `min_jaccard` on, and no fact of the one in the place of another
    contained   the shorter stands in the longer, from `min_containment` on
    revision    the same story told again: passages, or a few facts, differ
    template    the same wording about something else: too many numbers, dates, names differ, or
                whole passages
    ==========  ==================================================================================

    Texts without a token are unrelated, even to each other; a text too short for one shingle
    is compared exactly and in no other way.

    Returns
    -------
    Relation or None
        `left` is the smaller id, whichever way round the two are given.
    """
    num_common = count_common(left.shingle_hashes, right.shingle_hashes)
    return judge(left, right, len(left.shingle_hashes), len(right.shingle_hashes), num_common, options)


def judge(
    left: Text,
    right: Text,
    num_left: int,
    num_right: int,
    num_common: int,
    options: MatchOptions,
    *,
    compiled: bool = False,
) -> Relation | None:
    """Return what `relate` returns, when the shingles have been counted elsewhere.

    Parameters
    ----------
    left, right : Text
    num_left, num_right : int
        Distinct shingles of each.
    num_common : int
        How many of these are in both.
    options : MatchOptions
    compiled : bool
        Whether compiled loops read the texts; they say the same, sooner.
    """
    if right.id < left.id:
        left, right, num_left, num_right = right, left, num_right, num_left
    if not left.digest or not right.digest:
        return None
    if left.digest == right.digest:
        said = f"the same {left.num_tokens} words"
        return Relation(left.id, right.id, "exact", 1.0, 1.0, (said,))
    if not may_relate(num_left, num_right, num_common, options):
        return None
    numbers = _Numbers(num_left, num_right, num_common)
    if options.shingle_chars and numbers.jaccard < _INTACT_JACCARD:
        differences = _NO_DIFFERENCES
    else:
        differences = _Differences.between(
            words_of(left.body, compiled), words_of(right.body, compiled), compiled=compiled
        )
    num_tokens = min(left.num_tokens, right.num_tokens)
    kind = _kind(numbers, differences, num_tokens, options)
    if kind is None:
        return None
    evidence = [numbers.in_words(options), *differences.in_words()]
    if kind != "template" and _is_doubtful(kind, numbers, differences, num_tokens, options):
        evidence.append(IN_DOUBT)
    return Relation(left.id, right.id, kind, numbers.jaccard, numbers.containment, tuple(evidence))


def may_relate(num_left: int, num_right: int, num_common: int, options: MatchOptions) -> bool:
    """Return whether so many shingles in common allow any relation, whatever the texts say.

    What is false here, `judge` calls unrelated, unless the texts are equal: a batch can drop
    such pairs before it looks at a text.

    >>> may_relate(100, 120, 80, MatchOptions()), may_relate(100, 120, 20, MatchOptions())
    (True, False)
    """
    if not num_common:
        return False
    numbers = _Numbers(num_left, num_right, num_common)
    return numbers.is_contained(options) or numbers.jaccard >= options.min_related


@dataclass(frozen=True, slots=True)
class _Numbers:
    """What set arithmetic says of two articles: sizes of their shingle sets, of which none is empty."""

    num_left: int
    num_right: int
    num_common: int

    @property
    def jaccard(self) -> float:
        return self.num_common / (self.num_left + self.num_right - self.num_common)

    @property
    def shortest(self) -> int:
        return min(self.num_left, self.num_right)

    @property
    def containment(self) -> float:
        return self.num_common / self.shortest

    def is_contained(self, options: MatchOptions) -> bool:
        is_long = self.shortest >= options.min_contained_shingles
        return is_long and self.containment >= options.min_containment

    def is_alike(self, options: MatchOptions) -> bool:
        # Below one half a few stock phrases can be the whole likeness of two short texts.
        return self.jaccard >= options.min_related and (
            self.jaccard >= _HALF or self.num_common >= options.min_contained_shingles
        )

    def in_words(self, options: MatchOptions) -> str:
        unit = "characters" if options.shingle_chars else "words"
        size = options.shingle_chars or options.shingle_tokens
        return (
            f"{self.num_common} passages of {size} {unit} in common, of {self.num_left} and {self.num_right}"
        )


def merges(relation: Relation, options: MatchOptions) -> bool:
    """Return whether the two articles may be one document.

    A template never; a revision only when so much of the shorter text stands in the longer
    that little is lost with it; nothing whose evidence says that it is `IN_DOUBT`.
    """
    if relation.kind == "revision" and relation.containment < options.min_revision_containment:
        return False
    return relation.kind != "template" and IN_DOUBT not in relation.evidence


@dataclass(frozen=True)
class _Differences:
    """What the words of two articles say, where the numbers alone cannot decide."""

    left: Words
    right: Words
    stretches: list[Stretch]
    changes: FactChanges

    @classmethod
    def between(cls, left: Words, right: Words, *, compiled: bool) -> _Differences:
        stretches = differing_stretches(left.tokens.hashes, right.tokens.hashes, compiled=compiled)
        changes = fact_changes(left, right, stretches)
        return cls(left, right, stretches, changes)

    @cached_property
    def sentences(self) -> Sentences:
        """What they have in common of what they say in sentences."""
        return Sentences.of(self.left, self.right, self.stretches)

    @property
    def num_tokens(self) -> int:
        """Length of all places where they differ, on both sides."""
        return sum(b - a + d - c for a, b, c, d in self.stretches)

    @property
    def are_pages(self) -> bool:
        """Whether one of the texts consists of menus and headings for a good part."""
        return max(self.left.share_in_menus, self.right.share_in_menus) > _MENUS

    @property
    def is_frame_alone(self) -> bool:
        """Whether the shorter text hardly speaks in sentences, and the longer says more in its own."""
        if self.num_tokens < _MIN_PASSAGE_TOKENS:
            return False
        shorter = min(self.left, self.right, key=len)
        said_more = max(self.sentences.only_left, self.sentences.only_right)
        return shorter.share_in_sentences < _HALF and said_more > self.sentences.shared

    def in_words(self) -> list[str]:
        """Say where the two texts differ."""
        if not self.stretches:
            return []
        only_left = sum(stretch.left_end - stretch.left_start for stretch in self.stretches)
        only_right = sum(stretch.right_end - stretch.right_start for stretch in self.stretches)
        places = "1 place" if len(self.stretches) == 1 else f"{len(self.stretches)} places"
        of_left, of_right = len(self.left), len(self.right)
        said = [f"they differ in {places}: {only_left} of {of_left} words, {only_right} of {of_right}"]
        changes = self.changes
        if changes.swapped:
            shown = ", ".join(f"{gone} / {come}" for gone, come in changes.swapped[:5])
            more = ", …" if len(changes.swapped) > 5 else ""
            total = len(changes.swapped) + changes.num_kept
            said.append(f"{len(changes.swapped)} of {total} facts differ: {shown}{more}")
        if changes.subject:
            said.append(
                f"one speaks of {changes.subject[0]} wherever the other speaks of {changes.subject[1]}"
            )
        if changes.longest_passage >= _MIN_PASSAGE_TOKENS:
            said.append(f"a passage of {changes.longest_passage} other words stands in the place of one")
        return said


_NO_DIFFERENCES = _Differences(Words(""), Words(""), [], NO_CHANGES)


def _kind(
    numbers: _Numbers, differences: _Differences, num_tokens: int, options: MatchOptions
) -> RelationKind | None:
    """Return the kind of relation of two different texts, of which the shorter has `num_tokens`."""
    is_contained = numbers.is_contained(options)
    is_near = numbers.jaccard >= options.min_jaccard
    if _is_template(numbers, differences, num_tokens, options):
        return "template"
    if is_near and not differences.changes.swapped:
        return "near"
    if is_contained and not is_near:
        return "contained"
    return "revision" if is_near or numbers.is_alike(options) else None


def _is_template(
    numbers: _Numbers, differences: _Differences, num_tokens: int, options: MatchOptions
) -> bool:
    """Return whether two texts tell different things in the same words."""
    changes = differences.changes
    if changes.subject or _are_other_facts(changes, num_tokens, _MANY_SWAPS, options):
        return True
    if options.shingle_chars:
        return False  # words too damaged to compare are no other words
    if differences.num_tokens < _MIN_PASSAGE_TOKENS:
        return False
    if differences.are_pages and _is_frame(differences.sentences, numbers.is_contained(options)):
        return True
    if changes.longest_passage >= max(_MIN_PASSAGE_TOKENS, _LARGE_PASSAGE_SHARE * num_tokens):
        only = differences.sentences.only_left, differences.sentences.only_right
        if min(only) >= changes.longest_passage:
            return True
    # In two texts that have less in common, another passage is what makes them two versions.
    would_merge = max(numbers.containment, numbers.jaccard) >= options.min_revision_containment
    return (
        would_merge
        and changes.longest_passage >= _MIN_PASSAGE_TOKENS
        and changes.num_passage_tokens >= _MIN_PASSAGE_SHARE * num_tokens
    )


def _is_frame(sentences: Sentences, is_contained: bool) -> bool:
    """Return whether two pages have less in common of what they say than of what stands around it."""
    only = (sentences.only_left, sentences.only_right)
    if sum(only) < _MIN_PASSAGE_TOKENS:
        return False
    # Where one stands in the other, it is no wonder that the other says more.
    return sentences.shared < (min(only) if is_contained and sentences.shared else sum(only))


def _is_doubtful(
    kind: RelationKind,
    numbers: _Numbers,
    differences: _Differences,
    num_tokens: int,
    options: MatchOptions,
) -> bool:
    """Return whether two related texts may be two stories, or the one lose a passage with the other."""
    changes = differences.changes
    if numbers.shortest < options.min_contained_shingles and (
        changes.has_unread
        # Most of a line or two stands in many others.
        or (kind == "revision" and numbers.jaccard < options.min_jaccard)
    ):
        return True
    return (
        changes.longest_passage >= _MIN_LOST_TOKENS
        or _are_other_facts(changes, num_tokens, _SOME_SWAPS, options)
        # In a table few cells differ of very many, and it is another table.
        or 100 * len(changes.swapped) >= max(1, _MANY_SWAPS * num_tokens)
        or (kind == "contained" and differences.is_frame_alone)
    )


def _are_other_facts(
    changes: FactChanges, num_tokens: int, per_100_tokens: float, options: MatchOptions
) -> bool:
    many = 100 * len(changes.swapped) >= per_100_tokens * num_tokens
    return bool(changes.swapped) and many and changes.share >= options.min_swapped_facts


def count_common(left: UInt64, right: UInt64) -> int:
    """Return how many values two sorted arrays of distinct values have in common."""
    if len(left) > len(right):
        left, right = right, left
    if not len(left):
        return 0
    at = np.searchsorted(right, left)
    at[at == len(right)] = 0
    return int(np.count_nonzero(right[at] == left))


@lru_cache(maxsize=256)
def words_of(body: str, compiled: bool) -> Words:
    """Return the words of `body`; of the last few hundred bodies they are kept (one is compared often)."""
    return Words(body, compiled=compiled)
