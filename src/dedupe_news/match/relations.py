"""What two articles are to each other: exact numbers, and the words that decide the kind."""

from __future__ import annotations

import functools

import numpy as np

from dedupe_news.article import Relation, RelationKind
from dedupe_news.match.facts import NO_CHANGES, FactChanges, Stretch, Words, differing_stretches, fact_changes
from dedupe_news.match.fingerprint import Fingerprint, UInt64
from dedupe_news.options import MatchOptions

_MIN_SWAPS_PER_100_TOKENS = 1.5
"""A corrected figure in a long story is no other story; the same in two sentences is. Re-sent wire
stories of 1987 stay under 1.4, weekly reports of one template start at 1.7."""

_MIN_PASSAGE_TOKENS = 20
_MIN_PASSAGE_SHARE = 0.05
"""A passage of its own in the place of the other's, so long and so large a part of the text: the
same frame (a page's menus and notices, a series' standing words) around something else."""

_INTACT_JACCARD = 0.6
"""Where characters are compared because words are damaged, facts are read from here on alone: below,
a name that differs proves nothing about what was printed."""

_HALF = 0.5
"""From here on two texts have more in common than apart, however short they are."""


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
    if right.id < left.id:
        left, right = right, left
    if not left.digest or not right.digest:
        return None
    if left.digest == right.digest:
        return _relation(left, right, "exact", 1.0, 1.0, f"the same {left.num_tokens} words")
    sizes = len(left.shingle_hashes), len(right.shingle_hashes)
    if not min(sizes):
        return None
    num_common = count_common(left.shingle_hashes, right.shingle_hashes)
    jaccard = num_common / (sum(sizes) - num_common)
    containment = num_common / min(sizes)
    is_contained = containment >= options.min_containment and min(sizes) >= options.min_contained_shingles
    # Below one half a few stock phrases can be the whole likeness of two short texts.
    is_alike = jaccard >= options.min_related and (
        jaccard >= _HALF or num_common >= options.min_contained_shingles
    )
    if not is_contained and jaccard < options.min_related:
        return None
    changes, differences = NO_CHANGES, []
    if not options.shingle_chars or jaccard >= _INTACT_JACCARD:
        left_words, right_words = words_of(left.body), words_of(right.body)
        stretches = differing_stretches(left_words.folded, right_words.folded)
        changes = fact_changes(left_words, right_words, stretches)
        differences = _differences(left_words, right_words, stretches, changes)
    kind: RelationKind
    if is_template(changes, min(left.num_tokens, right.num_tokens), options):
        kind = "template"
    elif jaccard >= options.min_jaccard and not changes.swapped:
        kind = "near"
    elif is_contained and jaccard < options.min_jaccard:
        kind = "contained"
    elif is_alike or jaccard >= options.min_jaccard:
        kind = "revision"
    else:
        return None
    unit = "characters" if options.shingle_chars else "words"
    size = options.shingle_chars or options.shingle_tokens
    return _relation(
        left,
        right,
        kind,
        jaccard,
        containment,
        f"{num_common} passages of {size} {unit} in common, of {sizes[0]} and {sizes[1]}",
        *differences,
    )


def merges(relation: Relation, options: MatchOptions) -> bool:
    """Return whether the two articles may be one document.

    A template never; a revision only when so much of the shorter text stands in the longer
    that little is lost with it.
    """
    if relation.kind == "revision":
        return relation.containment >= options.min_revision_containment
    return relation.kind != "template"


def is_template(changes: FactChanges, num_tokens: int, options: MatchOptions) -> bool:
    """Return whether two texts tell different things in the same words.

    Parameters
    ----------
    changes : FactChanges
    num_tokens : int
        Length of the shorter text.
    """
    many_swaps = 100 * len(changes.swapped) >= _MIN_SWAPS_PER_100_TOKENS * num_tokens
    other_facts = many_swaps and changes.share >= options.min_swapped_facts
    other_passages = (
        not options.shingle_chars  # words too damaged to compare are no other words
        and changes.longest_passage >= _MIN_PASSAGE_TOKENS
        and changes.num_passage_tokens >= _MIN_PASSAGE_SHARE * num_tokens
    )
    return other_facts or other_passages


def count_common(left: UInt64, right: UInt64) -> int:
    """Return how many values two sorted arrays of distinct values have in common."""
    if len(left) > len(right):
        left, right = right, left
    if not len(left):
        return 0
    at = np.searchsorted(right, left)
    at[at == len(right)] = 0
    return int(np.count_nonzero(right[at] == left))


@functools.lru_cache(maxsize=256)
def words_of(body: str) -> Words:
    """Return the words of `body`; of the last few hundred bodies they are kept (one is compared often)."""
    return Words.of(body)


def _relation(
    left: Fingerprint,
    right: Fingerprint,
    kind: RelationKind,
    jaccard: float,
    containment: float,
    *evidence: str,
) -> Relation:
    return Relation(left.id, right.id, kind, jaccard, containment, evidence)


def _differences(left: Words, right: Words, stretches: list[Stretch], changes: FactChanges) -> list[str]:
    """Say in words where two texts differ."""
    if not stretches:
        return []
    only_left = sum(stretch.left_end - stretch.left_start for stretch in stretches)
    only_right = sum(stretch.right_end - stretch.right_start for stretch in stretches)
    places = "1 place" if len(stretches) == 1 else f"{len(stretches)} places"
    of_left, of_right = len(left.folded), len(right.folded)
    said = [f"they differ in {places}: {only_left} of {of_left} words, {only_right} of {of_right}"]
    if changes.swapped:
        shown = ", ".join(f"{gone} / {come}" for gone, come in changes.swapped[:5])
        more = ", …" if len(changes.swapped) > 5 else ""
        total = len(changes.swapped) + changes.num_kept
        said.append(f"{len(changes.swapped)} of {total} facts differ: {shown}{more}")
    if changes.longest_passage >= _MIN_PASSAGE_TOKENS:
        said.append(f"a passage of {changes.longest_passage} other words stands in the place of one")
    return said
