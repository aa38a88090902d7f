"""All articles of a collection compared: from their texts to verified relations and clusters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np

from dedupe_news.article import Relation
from dedupe_news.match.candidates import CandidatePairs, candidate_pairs, equal_groups
from dedupe_news.match.clusters import Cluster, canonical_order, find_clusters
from dedupe_news.match.columns import FingerprintColumns, Texts, fingerprint_columns
from dedupe_news.match.fingerprint import Pairs
from dedupe_news.match.relations import IN_DOUBT, judge, may_relate, merges
from dedupe_news.match.relations import count_common as intersection_size
from dedupe_news.match.scratch import Scratch
from dedupe_news.match.sets import count_common, shingle_sets
from dedupe_news.match.tokens import UInt64
from dedupe_news.options import MatchOptions

Progress: TypeAlias = Callable[[str, int, int | None], None]
"""Told how far a stage is: ``progress(stage, done, total)``; `total` is None while it is unknown."""

_PROGRESS_STEP = 200

MIN_STRANGERS = 3
"""What stands in so many articles of which no two are related says nothing of any."""

MAX_HOLDERS = 16
"""Holders of one text compared with each other: what bounds the time."""

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

    def rank(position: int) -> tuple[int, bool, str, str]:
        return canonical_order(int(columns.num_tokens[position]), published[position], ids[position])

    firsts, groups = equal_groups(columns)
    places = np.searchsorted(firsts, np.array([group[0] for group in groups], dtype=np.int64))
    for group in groups:
        group.sort(key=rank)
    firsts[places] = [group[0] for group in groups]
    pairs = candidate_pairs(columns, firsts, options, num_threads=num_threads, scratch=scratch)
    equal = {group[0]: group for group in groups}
    first_of = {position: first for first, group in equal.items() for position in group}
    comparison = Comparison(texts, ids, columns, first_of, options, num_threads)
    comparison.verify(pairs, scratch.memory_bytes, tell)
    comparison.doubt_frames(rank)
    verified = list(comparison.related.items())
    involved = sorted({position for pair, _ in verified for position in pair} | equal.keys())
    place = {position: at for at, position in enumerate(involved)}
    clusters = find_clusters(
        [rank(position) for position in involved],
        ((place[left], place[right], relation) for (left, right), relation in verified),
        lambda left, right: comparison.relate(involved[left], involved[right]),
        options,
    )
    everyone = _EqualArticles(equal, ids, comparison.compare)
    members = {}
    for cluster in clusters:
        positions = {involved[at]: relation for at, relation in cluster.members.items()}
        whole = everyone.cluster(Cluster(involved[cluster.canonical], positions))
        if whole.members:
            members[whole.canonical] = whole.members
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


class Comparison:
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
        self._texts = texts
        self._ids = ids
        self._columns = columns
        self._first_of = first_of
        self._options = options
        self._num_threads = num_threads
        self._num_distinct = np.full(len(texts), -1, dtype=np.int32)  # shingles of each; -1 is unknown
        self._shingles_of = lru_cache(_REMEMBERED)(partial(_shingles_of, texts, columns, options))
        self._frames: Set[int] = frozenset()
        self.related: dict[tuple[int, int], Relation] = {}
        """All pairs of positions found related so far, the smaller first."""

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

    def _shorter(self, left: int, right: int) -> int:
        """Return which of two articles has fewer shingles; if none, which candidates have later."""
        if self.size(left) != self.size(right):
            return min(left, right, key=self.size)
        num_tokens, digests = self._columns.num_tokens, self._columns.digests
        return max(left, right, key=lambda position: (-num_tokens[position], *digests[position]))

    def size(self, position: int) -> int:
        """Return how many distinct shingles the article at `position` has."""
        if self._num_distinct[position] < 0:
            self._num_distinct[position] = len(self._shingles_of(position))
        return int(self._num_distinct[position])

    def doubt_frames(self, rank: Callable[[int], tuple[object, ...]]) -> None:
        """Find what stands in several articles that are not related, and doubt what was said of it.

        A footer or a standing notice that came alone is contained in every article above it,
        and is none of these stories.
        """
        holders: dict[int, list[int]] = {}
        for (left, right), relation in self.related.items():
            if relation.kind in ("contained", "revision") and merges(relation, self._options):
                shorter = self._shorter(left, right)
                holders.setdefault(shorter, []).append(left if shorter == right else right)
        frames = {
            frame for frame, found in holders.items() if self.is_frame(sorted(found, key=rank)[:MAX_HOLDERS])
        }
        self.doubt(frames)

    def is_frame(self, holders: Sequence[int]) -> bool:
        """Return whether what stands in all `holders`, the best-ranked first, says nothing of any.

        What they are to each other is not doubted itself meanwhile: so it does not matter which frame is
        looked at first.
        """
        strangers: list[int] = []
        for holder in holders:
            if all(self._are_strangers(holder, other) for other in strangers):
                strangers.append(holder)
        return len(strangers) >= MIN_STRANGERS

    def _are_strangers(self, left: int, right: int) -> bool:
        relation = self.relate(left, right)
        return relation is None or not merges(relation, self._options)

    def doubt(self, frames: Set[int]) -> None:
        """Doubt what was said, and what will be said, of articles that others hold which are not related."""
        self._frames = frames
        for (left, right), relation in self.related.items():
            self.related[left, right] = self._doubted(left, right, relation)

    def relate(self, left: int, right: int) -> Relation | None:
        """Return what the articles at two positions are to each other, proposed or not.

        A relation is remembered. That there is none is seldom asked twice, and would be
        remembered of many more.
        """
        pair = (left, right) if left < right else (right, left)
        relation = self.related.get(pair) or self.compare(*pair)
        if relation is not None:
            self.related[pair] = relation
        return relation

    def compare(self, left: int, right: int) -> Relation | None:
        """Return what two articles are to each other; of equal bodies one was counted."""
        left_first, right_first = (self._first_of.get(position, position) for position in (left, right))
        if left_first == right_first:
            return self._judge(left, right, 0, 0, 0)
        sets = self._shingles_of(left_first), self._shingles_of(right_first)
        relation = self._judge(left, right, len(sets[0]), len(sets[1]), intersection_size(*sets))
        return relation and self._doubted(left_first, right_first, relation)

    def _doubted(self, left: int, right: int, relation: Relation) -> Relation:
        """Return `relation`, in doubt if the shorter article stands in others that are not related."""
        shorter = self._shorter(left, right)
        if shorter not in self._frames or not merges(relation, self._options):
            return relation
        evidence = (
            *relation.evidence,
            f"it stands in {MIN_STRANGERS} articles or more that are not related",
            IN_DOUBT,
        )
        return replace(relation, evidence=evidence)

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
        text = self._texts[self._first_of.get(position, position)]
        return _Compared(self._ids[position], text, num_tokens, digest)


def _shingles_of(texts: Texts, columns: FingerprintColumns, options: MatchOptions, position: int) -> UInt64:
    return shingle_sets(texts, np.array([position]), columns, options, num_threads=1).of(position)


_MAX_PRODUCT = 64


@dataclass(frozen=True, slots=True)
class _EqualArticles:
    """From what was found between groups of equal bodies to what holds between their articles.

    Equal bodies have equal relations; only which id is the smaller may change, and with it
    which side the evidence speaks of first. So a comparison for each side is enough.
    """

    groups: Mapping[int, Sequence[int]]
    ids: Sequence[str]
    compare: Callable[[int, int], Relation | None]

    def group(self, first: int) -> Sequence[int]:
        """Return the articles of the same body as `first`, itself the first."""
        return self.groups.get(first, (first,))

    def cluster(self, cluster: Cluster) -> Cluster:
        """Return the cluster of articles for a cluster of groups."""
        first, *equals = self.group(cluster.canonical)
        whole = Cluster(first)
        whole.members.update(zip(equals, self._to_each(first, equals, None), strict=True))
        for group, relation in cluster.members.items():
            members = self.group(group)
            whole.members.update(zip(members, self._to_each(first, members, relation), strict=True))
        return whole

    def relations(self, left: int, right: int, known: Relation) -> Iterator[Relation]:
        """Yield the relations between the articles of two groups.

        Each with each while they are few; of many, each with the first of the other group: two
        large groups alone would have more relations than the whole collection has articles.
        """
        lefts, rights = self.group(left), self.group(right)
        everyone = len(lefts) * len(rights) <= _MAX_PRODUCT
        for article in lefts if everyone else lefts[:1]:
            yield from self._to_each(article, rights, known if article == lefts[0] else None)
        if not everyone:
            yield from self._to_each(rights[0], lefts[1:], None)

    def _to_each(self, article: int, equals: Sequence[int], known: Relation | None) -> Iterator[Relation]:
        """Yield the relation of `article` to each of some equal ones; to the first it is perhaps known."""
        by_side: dict[bool, Relation] = {}
        for other in equals:
            side = self.ids[article] < self.ids[other]
            if side not in by_side:
                relation = known or self.compare(article, other)
                known = None
                if relation is None:
                    raise AssertionError(
                        f"{self.ids[article]} and {self.ids[other]} were related, and are no more"
                    )
                by_side[side] = relation
            shared = by_side[side]
            left, right = (article, other) if side else (other, article)
            yield Relation(
                self.ids[left],
                self.ids[right],
                shared.kind,
                shared.jaccard,
                shared.containment,
                shared.evidence,
            )
