"""Pairs of articles compared when someone asks, what was found remembered; and stories made of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import TypeAlias

from dedupe_news.article import Relation
from dedupe_news.match.clusters import Cluster, find_clusters
from dedupe_news.match.relations import IN_DOUBT, merges
from dedupe_news.options import MatchOptions

Rank: TypeAlias = tuple[int, bool, str, str]
"""What `clusters.canonical_order` returns."""

MIN_STRANGERS = 3
"""What stands in so many articles of which no two are related says nothing of any."""

MAX_HOLDERS = 16
"""Holders of one text compared with each other: what bounds the time."""

_MAX_PRODUCT = 64


class Comparison(ABC):
    """Two articles, whichever, compared; an article is a number.

    Of equal bodies one is compared for all of them: its group is called by it.
    """

    def __init__(self, options: MatchOptions) -> None:
        self._options = options
        self.frames: set[int] = set()
        """Articles of which is known that they stand in others that are not related."""
        self.related: dict[tuple[int, int], Relation] = {}
        """All pairs found related so far, the smaller number first."""

    @abstractmethod
    def first_of(self, article: int) -> int:
        """Return which article is compared for this one: the first of its equals."""

    @abstractmethod
    def size(self, article: int) -> int:
        """Return how many distinct shingles an article has."""

    @abstractmethod
    def lead(self, article: int) -> tuple[int, int, int]:
        """Return what sorts first what leads in a bucket of candidates: minus the tokens, and the digest."""

    @abstractmethod
    def verdict(self, left: int, right: int) -> Relation | None:
        """Return what the bodies of two articles are to each other, however often that is asked."""

    def relate(self, left: int, right: int) -> Relation | None:
        """Return what two articles are to each other, proposed or not.

        A relation is remembered. That there is none is seldom asked twice, and would be
        remembered of many more.
        """
        pair = (left, right) if left < right else (right, left)
        relation = self.related.get(pair) or self.compare(*pair)
        if relation is not None:
            self.related[pair] = relation
        return relation

    def compare(self, left: int, right: int) -> Relation | None:
        """Return what two articles are to each other, also when one of them is not its group's first."""
        relation = self.verdict(left, right)
        left_first, right_first = self.first_of(left), self.first_of(right)
        if relation is None or left_first == right_first:
            return relation
        return self.doubted(left_first, right_first, relation)

    def doubt_frames(self, rank: Callable[[int], Rank]) -> None:
        """Find what stands in several articles that are not related, and doubt what was said of it.

        A footer or a standing notice that came alone is contained in every article above it,
        and is none of these stories.
        """
        holders: dict[int, list[int]] = {}
        for (left, right), relation in self.related.items():
            if may_be_frame(relation, self._options):
                shorter = self.shorter(left, right)
                holders.setdefault(shorter, []).append(right if shorter == left else left)
        # What holders are to each other is not doubted meanwhile: so no frame need be looked at first.
        frames = {frame for frame, found in holders.items() if self.is_frame(sorted(found, key=rank))}
        self.doubt(frames)

    def doubt(self, frames: Set[int]) -> None:
        """Doubt what was said, and what will be said, of articles that stand in others not related."""
        self.frames |= frames
        for (left, right), relation in self.related.items():
            self.related[left, right] = self.doubted(left, right, relation)

    def is_frame(self, holders: Sequence[int]) -> bool:
        """Return whether what all `holders` hold, the best-ranked first, says nothing of any."""
        strangers: list[int] = []
        for holder in holders[:MAX_HOLDERS]:
            if all(self._are_strangers(holder, other) for other in strangers):
                strangers.append(holder)
        return len(strangers) >= MIN_STRANGERS

    def shorter(self, left: int, right: int) -> int:
        """Return which of two articles has fewer shingles; of equally long ones, which leads later."""
        if self.size(left) != self.size(right):
            return min(left, right, key=self.size)
        return max(left, right, key=self.lead)

    def _are_strangers(self, left: int, right: int) -> bool:
        relation = self.relate(left, right)
        return relation is None or not merges(relation, self._options)

    def doubted(self, left: int, right: int, relation: Relation) -> Relation:
        """Return `relation`, in doubt if the shorter article stands in others that are not related."""
        if not self.frames or not merges(relation, self._options):
            return relation
        if self.shorter(left, right) not in self.frames:
            return relation
        evidence = (
            *relation.evidence,
            f"it stands in {MIN_STRANGERS} articles or more that are not related",
            IN_DOUBT,
        )
        return replace(relation, evidence=evidence)


def may_be_frame(relation: Relation, options: MatchOptions) -> bool:
    """Return whether the shorter of two articles may be a frame of which the longer is one holder."""
    return relation.kind in ("contained", "revision") and merges(relation, options)


def find_members(
    comparison: Comparison,
    equal: Mapping[int, Sequence[int]],
    ids: Mapping[int, str] | Sequence[str],
    rank: Callable[[int], Rank],
    options: MatchOptions,
) -> dict[int, dict[int, Relation]]:
    """Return the duplicates of each canonical article that has any, with their relations to it.

    Parameters
    ----------
    comparison : Comparison
        Its frames are doubted already.
    equal : mapping
        Groups of equal bodies, by their first article; each by rank.
    ids : mapping or sequence
        The id of each article.
    """
    verified = list(comparison.related.items())
    involved = sorted({article for pair, _ in verified for article in pair} | equal.keys())
    place = {article: at for at, article in enumerate(involved)}
    clusters = find_clusters(
        [rank(article) for article in involved],
        ((place[left], place[right], relation) for (left, right), relation in verified),
        lambda left, right: comparison.relate(involved[left], involved[right]),
        options,
    )
    everyone = EqualArticles(equal, ids, comparison.compare)
    members = {}
    for cluster in clusters:
        articles = {involved[at]: relation for at, relation in cluster.members.items()}
        whole = everyone.cluster(Cluster(involved[cluster.canonical], articles))
        if whole.members:
            members[whole.canonical] = whole.members
    return members


@dataclass(frozen=True, slots=True)
class EqualArticles:
    """From what was found between groups of equal bodies to what holds between their articles.

    Equal bodies have equal relations; only which id is the smaller may change, and with it
    which side the evidence speaks of first. So a comparison for each side is enough.
    """

    groups: Mapping[int, Sequence[int]]
    ids: Mapping[int, str] | Sequence[str]
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
