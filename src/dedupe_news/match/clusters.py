"""Which articles are one story, and which of them stands for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from dedupe_news.article import Relation
from dedupe_news.match.relations import merges
from dedupe_news.options import MatchOptions


@dataclass(frozen=True, slots=True)
class Cluster:
    """A canonical article, and the articles with a verified relation to it: position -> relation."""

    canonical: int
    members: dict[int, Relation] = field(default_factory=dict)


def canonical_order(num_tokens: int, published: str | None, id: str) -> tuple[int, bool, str, str]:
    """Return a key that sorts the article first that should stand for the others.

    The most complete, then the earliest published (an article without a date comes last),
    then the smallest id.

    >>> sorted([(90, None, "a"), (90, "2020-11-09", "b"), (99, None, "c")], key=lambda a: canonical_order(*a))
    [(99, None, 'c'), (90, '2020-11-09', 'b'), (90, None, 'a')]
    """
    return -num_tokens, not published, published or "", id


def find_clusters(
    ranks: Sequence[tuple[int, bool, str, str]],
    relations: Iterable[tuple[int, int, Relation]],
    verify: Callable[[int, int], Relation | None],
    options: MatchOptions,
) -> list[Cluster]:
    """Group articles around canonical ones, so that each has a verified relation to its own.

    The best-ranked article that is still free becomes canonical. Its free relatives join it;
    so do their relatives, when they prove to be related to *it*. Those that do not are left
    for the next: a chain A-B-C does not merge A with C.

    Parameters
    ----------
    ranks : sequence of tuples
        `canonical_order` of each article, all different.
    relations : iterable of (position, position, Relation)
        Verified ones of any kind; those that may not merge are passed over.
    verify : callable
        Relates two positions that were perhaps no candidate pair.

    Returns
    -------
    list of Cluster
        By rank of the canonical article. Every position is in exactly one cluster.

    Notes
    -----
    Each article joins once, and when it joins its relations are looked at once: as many steps
    as there are relations, however the articles hang together.
    """
    known: list[dict[int, Relation]] = [{} for _ in ranks]
    for left, right, verified in relations:
        if merges(verified, options):
            known[left][right] = known[right][left] = verified
    free = [True] * len(ranks)
    clusters = []
    for canonical in sorted(range(len(ranks)), key=ranks.__getitem__):
        if not free[canonical]:
            continue
        free[canonical] = False
        cluster = Cluster(canonical)
        unrelated: set[int] = set()
        joined = [canonical]
        for member in joined:  # grows while it is walked
            for other in sorted(known[member], key=ranks.__getitem__):
                if not free[other] or other in unrelated:
                    continue
                relation = known[canonical].get(other) or verify(canonical, other)
                if relation is not None and merges(relation, options):
                    free[other] = False
                    cluster.members[other] = relation
                    joined.append(other)
                else:
                    unrelated.add(other)
        clusters.append(cluster)
    return clusters
