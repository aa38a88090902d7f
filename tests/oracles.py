"""Slow and obvious: what the matching room must agree with."""

from __future__ import annotations

from itertools import combinations

from dedupe_news.match.fingerprint import Fingerprint, tokens
from dedupe_news.match.relations import merges, relate
from dedupe_news.options import MatchOptions


def shingles(body: str, options: MatchOptions) -> set[tuple[str, ...]]:
    """Return the shingles themselves, not their hashes."""
    units, size = tokens(body), options.shingle_tokens
    if options.shingle_chars:
        units, size = list("".join(units)), options.shingle_chars
    return {tuple(units[at : at + size]) for at in range(len(units) - size + 1)}


def jaccard(left: set[object], right: set[object]) -> float:
    return len(left & right) / len(left | right) if left or right else 0.0


def containment(left: set[object], right: set[object]) -> float:
    """Return the share of the smaller set that is in the larger."""
    return len(left & right) / min(len(left), len(right)) if left and right else 0.0


def longest_ascending(values: list[int]) -> int:
    """Return the length of the longest strictly ascending subsequence (quadratic)."""
    best: list[int] = []
    for at, value in enumerate(values):
        best.append(1 + max((best[i] for i in range(at) if values[i] < value), default=0))
    return max(best, default=0)


def all_relations(fingerprints: list[Fingerprint], options: MatchOptions) -> dict[tuple[str, str], str]:
    """Compare everything with everything: ids in order -> kind."""
    return {
        (relation.left, relation.right): relation.kind
        for left, right in combinations(fingerprints, 2)
        if (relation := relate(left, right, options)) is not None
    }


def clusters(
    fingerprints: list[Fingerprint], ranks: list[tuple[object, ...]], options: MatchOptions
) -> dict[int, set[int]]:
    """Take the best article that is left; let all it is related to through others, and itself, join it."""

    def may_merge(left: int, right: int) -> bool:
        relation = relate(fingerprints[left], fingerprints[right], options)
        return relation is not None and merges(relation, options)

    left = sorted(range(len(fingerprints)), key=ranks.__getitem__)
    found = {}
    while left:
        canonical, *others = left
        found[canonical] = {other for other in others if may_merge(canonical, other)}
        left = [other for other in others if other not in found[canonical]]
    return found
