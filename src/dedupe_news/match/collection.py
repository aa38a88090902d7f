"""All articles of a collection compared: from their texts to verified relations and clusters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, TypeAlias

import numpy as np

from dedupe_news.article import Relation
from dedupe_news.match.candidates import candidate_pairs, equal_groups
from dedupe_news.match.clusters import Cluster, canonical_order, find_clusters
from dedupe_news.match.columns import (
    FingerprintColumns,
    ShingleSets,
    Texts,
    count_common,
    fingerprint_columns,
    shingle_sets,
)
from dedupe_news.match.fingerprint import Pairs
from dedupe_news.match.relations import IN_DOUBT, judge, may_relate, merges
from dedupe_news.match.relations import count_common as intersection_size
from dedupe_news.options import MatchOptions

Progress: TypeAlias = Callable[[str, int, int | None], None]
"""Told how far a stage is: ``progress(stage, done, total)``; `total` is None while it is unknown."""

_PROGRESS_STEP = 200

_MIN_STRANGERS = 3
"""What stands in so many articles of which no two are related says nothing of any."""

_MAX_HOLDERS = 16
"""Holders of one text compared with each other: what bounds the time."""


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
) -> Matches:
    """Return what `texts` are to each other.

    Of equal bodies one goes through the comparisons for all of them, so a hundred thousand
    equal articles cost what one costs.

    Parameters
    ----------
    texts : Texts
        What is compared of each article.
    ids : sequence of str
        All different.
    published : sequence of str or None
    num_threads : int
        How many threads fingerprint side by side; the result does not depend on it.
    tell : callable
        See `Progress`; the stages are "fingerprint" and "verify".
    """
    columns = fingerprint_columns(
        texts, options, num_threads=num_threads, tell=lambda done: tell("fingerprint", done, len(texts))
    )

    def rank(position: int) -> tuple[int, bool, str, str]:
        return canonical_order(int(columns.num_tokens[position]), published[position], ids[position])

    groups = equal_groups(columns)
    for group in groups:
        if len(group) > 1:
            group.sort(key=rank)
    firsts = np.array([group[0] for group in groups], dtype=np.int64)
    pairs = firsts[candidate_pairs(columns, firsts, options)]
    columns = replace(columns, samples=columns.samples[:0])  # their work is done
    sets = shingle_sets(texts, np.unique(pairs).tolist(), columns, options, num_threads=num_threads)
    equal = {group[0]: group for group in groups if len(group) > 1}
    first_of = {position: first for first, group in equal.items() for position in group}
    comparison = _Comparison(texts, ids, columns, sets, first_of, options)
    comparison.verify(pairs, tell)
    comparison.doubt_frames(rank)
    verified = comparison.related
    involved = sorted(sets.rows.keys() | equal.keys())
    place = {position: at for at, position in enumerate(involved)}
    clusters = find_clusters(
        [rank(position) for position in involved],
        ((place[left], place[right], relation) for (left, right), relation in verified.items()),
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


class _Comparison:
    """Two articles of the collection, whichever, compared by what was counted of them."""

    def __init__(
        self,
        texts: Texts,
        ids: Sequence[str],
        columns: FingerprintColumns,
        sets: ShingleSets,
        first_of: dict[int, int],
        options: MatchOptions,
    ) -> None:
        self._texts = texts
        self._ids = ids
        self._columns = columns
        self._sets = sets
        self._first_of = first_of
        self._options = options
        self._known: dict[tuple[int, int], Relation | None] = {}
        self._frames: set[int] = set()

    @property
    def related(self) -> dict[tuple[int, int], Relation]:
        """All pairs of positions found related so far."""
        return {pair: relation for pair, relation in self._known.items() if relation is not None}

    def verify(self, pairs: Pairs, tell: Progress) -> None:
        """Compare all proposed `pairs` of positions."""
        counts = count_common(self._sets, pairs, compiled=self._columns.compiled)
        for done, ((left, right), num_common) in enumerate(
            zip(pairs.tolist(), counts.tolist(), strict=True), start=1
        ):
            sizes = len(self._sets.of(left)), len(self._sets.of(right))
            if may_relate(*sizes, num_common, self._options):
                self._known[left, right] = self._judge(left, right, *sizes, num_common)
            else:
                self._known[left, right] = None
            if done % _PROGRESS_STEP == 0:
                tell("verify", done, len(pairs))
        tell("verify", len(pairs), len(pairs))

    def doubt_frames(self, rank: Callable[[int], tuple[object, ...]]) -> None:
        """Find what stands in several articles that are not related, and doubt what was said of it.

        A footer or a standing notice that came alone is contained in every article above it,
        and is none of these stories.
        """
        holders: dict[int, list[int]] = {}
        for (left, right), relation in self.related.items():
            if relation.kind in ("contained", "revision") and merges(relation, self._options):
                shorter, longer = sorted((left, right), key=lambda position: len(self._sets.of(position)))
                holders.setdefault(shorter, []).append(longer)
        for frame, candidates in sorted(holders.items(), key=lambda item: rank(item[0])):
            strangers: list[int] = []
            for holder in sorted(candidates, key=rank)[:_MAX_HOLDERS]:
                if all(self._are_strangers(holder, other) for other in strangers):
                    strangers.append(holder)
            if len(strangers) >= _MIN_STRANGERS:
                self._frames.add(frame)
        for (left, right), relation in self.related.items():
            self._known[left, right] = self._doubted(left, right, relation)

    def _are_strangers(self, left: int, right: int) -> bool:
        relation = self.relate(left, right)
        return relation is None or not merges(relation, self._options)

    def relate(self, left: int, right: int) -> Relation | None:
        """Return what the articles at two positions are to each other, proposed or not, and remember it."""
        pair = (left, right) if left < right else (right, left)
        if pair not in self._known:
            self._known[pair] = self.compare(*pair)
        return self._known[pair]

    def compare(self, left: int, right: int) -> Relation | None:
        """Return what two articles are to each other; of equal bodies one was counted."""
        left_first, right_first = (self._first_of.get(position, position) for position in (left, right))
        if left_first == right_first:
            return self._judge(left, right, 0, 0, 0)
        sets = self._sets.of(left_first), self._sets.of(right_first)
        relation = self._judge(left, right, len(sets[0]), len(sets[1]), intersection_size(*sets))
        return relation and self._doubted(left_first, right_first, relation)

    def _doubted(self, left: int, right: int, relation: Relation) -> Relation:
        """Return `relation`, in doubt if the shorter article stands in others that are not related."""
        shorter = min((left, right), key=lambda position: len(self._sets.of(position)))
        if shorter not in self._frames or not merges(relation, self._options):
            return relation
        evidence = (
            *relation.evidence,
            f"it stands in {_MIN_STRANGERS} articles or more that are not related",
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
        return _Compared(self._ids[position], self._texts[position], num_tokens, digest)


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
