"""The exact answer: which articles share how many shingles of five words. No hash, no estimate."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Int64: TypeAlias = NDArray[np.int64]
Float64: TypeAlias = NDArray[np.float64]

SHINGLE_WORDS = 5
_WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """Return the words that every shingle here is made of."""
    return _WORD.findall(text.lower())


@dataclass(frozen=True, slots=True, eq=False)
class ShingleSets:
    """The shingle sets of n articles, one after the other.

    Parameters
    ----------
    numbers : int64
        Each shingle is a number; of two shingles the one in fewer articles has the smaller. In an
        article they are distinct and ascend, so the rarest come first.
    bounds : int64, shape (n + 1,)
    """

    numbers: Int64
    bounds: Int64

    def of(self, article: int) -> Int64:
        """Return the shingles of one article."""
        return self.numbers[self.bounds[article] : self.bounds[article + 1]]

    def sizes(self) -> Int64:
        """Return how many shingles each article has."""
        return np.diff(self.bounds)


def shingle_sets(texts: Sequence[str]) -> ShingleSets:
    """Return the sets of all shingles of `SHINGLE_WORDS` words."""
    known: dict[str, int] = {}
    of_article = [
        np.array([known.setdefault(word, len(known)) for word in words(text)], dtype=np.int64)
        for text in texts
    ]
    lengths = np.array([len(found) for found in of_article], dtype=np.int64)
    word = np.concatenate([np.empty(0, dtype=np.int64), *of_article])
    article = np.repeat(np.arange(len(texts)), lengths)
    # Two words are numbered, then these with the third, …: equal numbers are equal words.
    shingle = word
    for offset in range(1, SHINGLE_WORDS):
        shingle = _numbered(shingle[: len(word) - offset], word[offset:])
    whole = article[: len(shingle)] == article[SHINGLE_WORDS - 1 :]
    shingle, article = _distinct_pairs(shingle[whole], article[: len(shingle)][whole])
    frequency = np.bincount(shingle)
    rank = np.empty(len(frequency), dtype=np.int64)
    rank[np.argsort(frequency, kind="stable")] = np.arange(len(frequency))
    article, numbers = _distinct_pairs(article, rank[shingle])
    bounds = np.searchsorted(article, np.arange(len(texts) + 1))
    return ShingleSets(numbers, bounds)


def _numbered(left: Int64, right: Int64) -> Int64:
    """Return a number for each pair of numbers, equal where the pairs are."""
    if not len(left):
        return left
    numbers: Int64 = np.unique(left << 32 | right, return_inverse=True)[1]
    return numbers


def _distinct_pairs(left: Int64, right: Int64) -> tuple[Int64, Int64]:
    """Return the pairs sorted, each once."""
    packed = np.unique(left << 32 | right)
    return packed >> 32, packed & 0xFFFFFFFF


def similar_pairs(sets: ShingleSets, min_jaccard: Fraction) -> Int64:
    """Return all pairs of articles whose Jaccard similarity is at least `min_jaccard`, sorted.

    No pair is missed: two sets that share a part s of either share one of the first
    ``size - ceil(s * size) + 1`` in any order of all shingles (Chaudhuri et al. 2006). Here the
    rarest are first, so that few pairs have to be counted.
    """
    sizes = sets.sizes()
    needed = -(-sizes * min_jaccard.numerator // min_jaccard.denominator)  # rounded up
    prefix = np.where(sizes > 0, sizes - needed + 1, 0)
    article = np.repeat(np.arange(len(sizes)), prefix)
    within = np.arange(len(article)) - np.repeat(np.cumsum(prefix) - prefix, prefix)
    shingle, article = _distinct_pairs(sets.numbers[sets.bounds[article] + within], article)
    candidates = np.empty(0, dtype=np.int64)
    at = np.arange(len(shingle))
    for distance in itertools.count(1):
        at = at[at + distance < len(shingle)]
        at = at[shingle[at] == shingle[at + distance]]
        if not len(at):
            break
        left, right = article[at], article[at + distance]
        close = np.minimum(sizes[left], sizes[right]) >= np.maximum(needed[left], needed[right])
        candidates = np.union1d(candidates, (left << 32 | right)[close])
    pairs = np.column_stack([candidates >> 32, candidates & 0xFFFFFFFF])
    common = count_common(sets, pairs)
    union = sizes[pairs].sum(axis=1) - common
    similar: Int64 = pairs[common * min_jaccard.denominator >= union * min_jaccard.numerator]
    return similar


def count_common(sets: ShingleSets, pairs: Int64) -> Int64:
    """Return how many shingles the articles of each pair share."""
    counts = [
        len(np.intersect1d(sets.of(left), sets.of(right), assume_unique=True))
        for left, right in pairs.tolist()
    ]
    return np.array(counts, dtype=np.int64)


def similarities(sets: ShingleSets, pairs: Int64) -> tuple[Float64, Float64]:
    """Return the Jaccard similarity of each pair, and the containment of the smaller set in the larger."""
    sizes = sets.sizes()[pairs].reshape(-1, 2)
    common = count_common(sets, pairs)
    jaccard = common / np.maximum(1, sizes.sum(axis=1) - common)
    return jaccard, common / np.maximum(1, sizes.min(axis=1))


def pairs_of(groups: Iterable[Sequence[int]]) -> Int64:
    """Return every pair of articles that stand in one group, the smaller position first; sorted."""
    found = sorted({pair for group in groups for pair in itertools.combinations(sorted(group), 2)})
    return np.array(found, dtype=np.int64).reshape(-1, 2)
