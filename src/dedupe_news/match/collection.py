"""All articles of a collection compared: from their texts to verified relations and clusters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np

from dedupe_news.article import Relation
from dedupe_news.match.candidates import CandidatePairs, candidate_pairs, equal_groups
from dedupe_news.match.clusters import canonical_order
from dedupe_news.match.columns import FingerprintColumns, Texts, fingerprint_columns
from dedupe_news.match.comparison import Comparison, EqualArticles, Rank, find_members
from dedupe_news.match.fingerprint import Pairs
from dedupe_news.match.relations import count_common as intersection_size
from dedupe_news.match.relations import judge, may_relate
from dedupe_news.match.scratch import Scratch
from dedupe_news.match.sets import count_common, shingle_sets
from dedupe_news.match.tokens import UInt64
from dedupe_news.options import MatchOptions

Progress: TypeAlias = Callable[[str, int, int | None], None]
"""Told how far a stage is: ``progress(stage, done, total)``; `total` is None while it is unknown."""

_PROGRESS_STEP = 200

_PAIRS_AT_A_TIME = 1 << 16
_MAX_SET_BYTES = 1 << 26
_REMEMBERED = 64
"""Shingle sets made for a single question: who is asked once is asked again soon."""


@dataclass(frozen=True)
class Matches:
    """What a collection holds twice, in positions of its articles.

    Parameters
    ----------
    relations : list of Relation
        All that were verified, of every kind, sorted by ids.
    members : dict of int to dict
        Canonical article -> its duplicates, each with its relation to it; only where there are any.
    """

    relations: list[Relation]
    members: dict[int, dict[int, Relation]]

    @cached_property
    def duplicates(self) -> set[int]:
        """Positions of all articles that another stands for."""
        return {member for members in self.members.values() for member in members}

    @cached_property
    def groups(self) -> list[list[int]]:
        """The positions of each story that came more than once, its canonical article first."""
        return [[canonical, *sorted(self.members[canonical])] for canonical in sorted(self.members)]


def match_collection(
    texts: Texts,
    ids: Sequence[str],
    published: Sequence[str | None],
    options: MatchOptions,
    *,
    num_threads: int,
    tell: Progress,
    scratch: Scratch,
) -> Matches:
    """Return what `texts` are to each other.

    Of equal bodies one goes through the comparisons for all of them, so a hundred thousand
    equal articles cost what one costs. Neither the number of threads nor the scratch changes
    what is found.

    Parameters
    ----------
    texts : Texts
        What is compared of each article. It is read from the first to the last once, and then
        what is in candidate pairs once more, mostly in ascending order.
    ids : sequence of str
        All different.
    published : sequence of str or None
    num_threads : int
        How many threads work side by side.
    tell : callable
        See `Progress`; the stages are "fingerprint" and "verify".
    scratch : Scratch
        Where fingerprints are kept, and how much memory there is.
    """
    columns = fingerprint_columns(
        texts,
        options,
        num_threads=num_threads,
        scratch=scratch,
        tell=lambda done: tell("fingerprint", done, len(texts)),
    )

    def rank(position: int) -> Rank:
        return canonical_order(int(columns.num_tokens[position]), published[position], ids[position])

    firsts, groups = equal_groups(columns)
    places = np.searchsorted(firsts, np.array([group[0] for group in groups], dtype=np.int64))
    for group in groups:
        group.sort(key=rank)
    firsts[places] = [group[0] for group in groups]
    pairs = candidate_pairs(columns, firsts, options, num_threads=num_threads, scratch=scratch)
    equal = {group[0]: group for group in groups}
    first_of = {position: first for first, group in equal.items() for position in group}
    comparison = CollectionComparison(texts, ids, columns, first_of, options, num_threads)
    comparison.verify(pairs, scratch.memory_bytes, tell)
    comparison.doubt_frames(rank)
    members = find_members(comparison, equal, ids, rank, options)
    everyone = EqualArticles(equal, ids, comparison.compare)
    relations = {
        (relation.left, relation.right): relation for found in members.values() for relation in found.values()
    }
    for (left, right), relation in comparison.related.items():
        for of_pair in everyone.relations(left, right, relation):
            relations.setdefault((of_pair.left, of_pair.right), of_pair)
    return Matches([relations[pair] for pair in sorted(relations)], members)


class _Compared(NamedTuple):
    """What a verdict needs of an article besides its shingles."""

    id: str
    body: str
    num_tokens: int
    digest: bytes


class CollectionComparison(Comparison):
    """Two articles of the collection, whichever, compared by what was counted of them.

    Parameters
    ----------
    texts : Texts
    ids : sequence of str
        All different.
    columns : FingerprintColumns
        Of all `texts`.
    first_of : dict of int to int
        Of the articles whose body several have, the one that goes through the comparisons for all.
    options : MatchOptions
    num_threads : int
    """

    def __init__(
        self,
        texts: Texts,
        ids: Sequence[str],
        columns: FingerprintColumns,
        first_of: dict[int, int],
        options: MatchOptions,
        num_threads: int,
    ) -> None:
        super().__init__(options)
        self._texts = texts
        self._ids = ids
        self._columns = columns
        self._first_of = first_of
        self._num_threads = num_threads
        self._num_distinct = np.full(len(texts), -1, dtype=np.int32)  # shingles of each; -1 is unknown
        self._shingles_of = lru_cache(_REMEMBERED)(partial(_shingles_of, texts, columns, options))

    def verify(self, pairs: CandidatePairs, memory_bytes: int, tell: Progress) -> None:
        """Compare all proposed `pairs`, as many at a time as a part of `memory_bytes` holds the sets of."""
        done = 0
        while done < len(pairs):
            block = pairs.read(done, done + _PAIRS_AT_A_TIME)
            for part in self._parts(block, min(memory_bytes // 4, _MAX_SET_BYTES)):
                self._verify(block[part], partial(tell, "verify"), done + part.start, len(pairs))
            done += len(block)
        pairs.packed.drop()
        tell("verify", done, done)

    def _parts(self, pairs: Pairs, memory_bytes: int) -> list[slice]:
        """Return parts of `pairs` whose sets take so much memory, or one pair."""
        # The left one of the next pair is mostly the same.
        is_new = np.diff(pairs[:, 0], prepend=-1) != 0
        num_shingles = self._columns.num_shingles[pairs]
        needed = np.cumsum(8 * (num_shingles[:, 0] * is_new + num_shingles[:, 1]))
        cuts = (np.flatnonzero(np.diff(needed // memory_bytes)) + 1).tolist()
        return [slice(start, stop) for start, stop in pairwise([0, *cuts, len(pairs)])]

    def _verify(self, pairs: Pairs, tell: Callable[[int, int], None], before: int, total: int) -> None:
        sets = shingle_sets(
            self._texts, np.unique(pairs), self._columns, self._options, num_threads=self._num_threads
        )
        self._num_distinct[sets.positions] = sets.sizes
        counts = count_common(sets, pairs, compiled=self._columns.compiled)
        del sets
        sizes = self._num_distinct[pairs]
        for done, ((left, right), (num_left, num_right), num_common) in enumerate(
            zip(pairs.tolist(), sizes.tolist(), counts.tolist(), strict=True), start=before
        ):
            if may_relate(num_left, num_right, num_common, self._options):
                relation = self._judge(left, right, num_left, num_right, num_common)
                if relation is not None:
                    self.related[left, right] = relation
            if done % _PROGRESS_STEP == 0:
                tell(done, total)

    def first_of(self, article: int) -> int:
        """Return the position of the article that is compared for this one."""
        return self._first_of.get(article, article)

    def size(self, article: int) -> int:
        """Return how many distinct shingles the article at a position has."""
        if self._num_distinct[article] < 0:
            self._num_distinct[article] = len(self._shingles_of(article))
        return int(self._num_distinct[article])

    def lead(self, article: int) -> tuple[int, int, int]:
        """Return what sorts articles as candidates do."""
        first, second = self._columns.digests[article].tolist()
        return -int(self._columns.num_tokens[article]), first, second

    def verdict(self, left: int, right: int) -> Relation | None:
        """Return what two articles are to each other; of equal bodies one was counted."""
        left_first, right_first = self.first_of(left), self.first_of(right)
        if left_first == right_first:
            return self._judge(left, right, 0, 0, 0)
        sets = self._shingles_of(left_first), self._shingles_of(right_first)
        return self._judge(left, right, len(sets[0]), len(sets[1]), intersection_size(*sets))

    def _judge(
        self, left: int, right: int, num_left: int, num_right: int, num_common: int
    ) -> Relation | None:
        return judge(
            self._compared(left),
            self._compared(right),
            num_left,
            num_right,
            num_common,
            self._options,
            compiled=self._columns.compiled,
        )

    def _compared(self, position: int) -> _Compared:
        num_tokens = int(self._columns.num_tokens[position])
        digest = self._columns.digests[position].tobytes() if num_tokens else b""
        # Of equal bodies always the same one is read: they may differ in capitals, and not in the verdict.
        return _Compared(self._ids[position], self._texts[self.first_of(position)], num_tokens, digest)


def _shingles_of(texts: Texts, columns: FingerprintColumns, options: MatchOptions, position: int) -> UInt64:
    return shingle_sets(texts, np.array([position]), columns, options, num_threads=1).of(position)
