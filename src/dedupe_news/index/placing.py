"""To which document an article of an index belongs: the rules of a collection, where it touches it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dedupe_news.article import Relation
from dedupe_news.index.view import Row, View
from dedupe_news.match.comparison import (
    MIN_STRANGERS,
    Comparison,
    find_members,
    may_be_frame,
)
from dedupe_news.match.relations import merges

Belongs = tuple[int, Relation | None]
"""The row of a canonical article, and what one is to it; None for that article itself."""

_MANY_HOLDERS = 64
"""What stands in so many articles that are not related stays what it is, whoever comes."""


@dataclass(slots=True)
class Placement:
    """What is to be written when an article has come or gone.

    Parameters
    ----------
    belongs : dict
        Row -> where it belongs, of every row that may have changed.
    frames : dict
        Row -> whether it stands in articles that are not related, where that has changed.
    """

    belongs: dict[int, Belongs] = field(default_factory=dict)
    frames: dict[int, bool] = field(default_factory=dict)


class _Rows(Comparison):
    """Rows of an index, compared."""

    def __init__(self, view: View) -> None:
        super().__init__(view.options)
        self._view = view

    def first_of(self, article: int) -> int:
        return self._view.first_of(article)

    def size(self, article: int) -> int:
        return len(self._view.shingles(article))

    def lead(self, article: int) -> tuple[int, int, int]:
        row = self._view.row(article)
        return (
            -row.num_tokens,
            int.from_bytes(row.digest[:8], "little"),
            int.from_bytes(row.digest[8:], "little"),
        )

    def verdict(self, left: int, right: int) -> Relation | None:
        return self._view.judged(self._view.row(left), self._view.row(right))

    def see_frames(self, rows: Iterable[int]) -> None:
        """Learn which of `rows` are frames."""
        self.frames |= {row for row in rows if self._view.row(row).is_frame}

    def other_documents(self, row: int, relations: Mapping[int, Relation]) -> dict[int, Relation]:
        """Return those relations of an article that make it one document with another, doubts considered."""
        self.see_frames([row, *relations])
        effective = {}
        for other, found in relations.items():
            relation = self.doubted(row, other, found)
            if merges(relation, self._options):
                effective[other] = relation
        return effective


def place_equal(view: View, row: Row, first: Row) -> Belongs:
    """Return where an article belongs whose body is there already, and better ranked."""
    canonical = view.row(first.canonical)
    comparison = _Rows(view)
    comparison.see_frames([canonical.row, first.row])
    return canonical.row, comparison.compare(canonical.row, row.row)


def place_newcomer(view: View) -> Placement:
    """Return where the newcomer of `view` belongs, and who changes places by it."""
    newcomer = view.newcomer
    if newcomer is None:
        raise AssertionError("nobody came")
    row, relations = newcomer.row, newcomer.relations
    comparison = _Rows(view)
    placement = Placement()
    before = view.stored_relations(newcomer.instead_of) if newcomer.instead_of else {}
    _find_frames(view, comparison, [row.row, *relations, *before], placement)
    effective = comparison.other_documents(row.row, relations)
    seeds = {row.row, *effective, *before}
    if newcomer.instead_of is not None or placement.frames:
        for frame in placement.frames:
            seeds |= {frame, *view.relations(frame)}
        return settle(view, seeds, placement)
    if not effective:
        placement.belongs[row.row] = row.row, None
        return placement
    canonicals = {view.row(other).canonical for other in effective}
    [canonical] = [view.row(one) for one in canonicals] if len(canonicals) == 1 else [None]
    if canonical is None or row.rank < canonical.rank:
        return settle(view, seeds, placement)
    # Whoever it is related to has joined this document before: it joins as well, or stands alone.
    relation = effective.get(canonical.row)
    if relation is None:
        found = view.judged(canonical, view.row(row.row))
        relation = found and comparison.doubted(canonical.row, row.row, found)
    if relation is not None and merges(relation, view.options):
        placement.belongs[row.row] = canonical.row, relation
    else:
        placement.belongs[row.row] = row.row, None
    return placement


def place_left(view: View, neighbours: Iterable[int], members: Iterable[int]) -> Placement:
    """Return where those belong that an article leaves behind, and its successor, if that is the newcomer.

    Parameters
    ----------
    neighbours : iterable of int
        Firsts that it was related to.
    members : iterable of int
        Firsts for which it stood.
    """
    comparison = _Rows(view)
    placement = Placement()
    seeds = {*neighbours, *members}
    if view.newcomer:
        seeds |= {view.newcomer.row.row, *view.newcomer.relations}
    _find_frames(view, comparison, seeds, placement, recheck=True)
    for frame in placement.frames:
        seeds |= {frame, *view.relations(frame)}
    return settle(view, seeds, placement)


def _find_frames(
    view: View, comparison: _Rows, rows: Iterable[int], placement: Placement, *, recheck: bool = False
) -> None:
    """Find which of `rows` have become frames, or are none any more; `view` sees it from now on.

    Parameters
    ----------
    recheck : bool
        Whether articles may be fewer than they were: then those of many holders are looked at, too.
    """
    for row in sorted(set(rows), key=lambda row: view.row(row).rank):
        was = view.row(row).is_frame
        if was and not recheck and view.num_relations(row) > _MANY_HOLDERS:
            continue
        relations = view.relations(row)
        candidates = [other for other, said in relations.items() if may_be_frame(said, view.options)]
        if len(candidates) < MIN_STRANGERS:
            if was:
                placement.frames[row] = False
                view.see_frame(row, False)
            continue
        holders = [other for other in candidates if comparison.shorter(row, other) == row]
        now = _Rows(view).is_frame(sorted(holders, key=lambda row: view.row(row).rank))
        if now != was:
            placement.frames[row] = now
            view.see_frame(row, now)
        if now:
            comparison.frames.add(row)
        else:
            comparison.frames.discard(row)


def settle(view: View, seeds: Iterable[int], placement: Placement) -> Placement:
    """Return where all articles belong that hang together with the firsts `seeds`.

    The same rules as for a collection, applied to that part of it: whatever joins two
    articles, joins them within it.
    """
    comparison = _Rows(view)
    waiting = list(seeds)
    seen = set(waiting)
    for row in waiting:  # grows while it is walked
        effective = comparison.other_documents(row, view.relations(row))
        for other in effective:
            if other not in seen:
                seen.add(other)
                waiting.append(other)
    for row in seen:
        for other, found in view.relations(row).items():
            if other in seen and row < other:
                comparison.related[row, other] = comparison.doubted(row, other, found)
    equal: dict[int, list[int]] = {}
    ids: dict[int, str] = {}
    for row in seen:
        group = view.equals(view.row(row))
        ids |= {one.row: one.id for one in group}
        if len(group) > 1:
            equal[row] = [one.row for one in group]
            view.know(group)
    members = find_members(comparison, equal, ids, lambda row: view.row(row).rank, view.options)
    for row in ids:
        placement.belongs[row] = row, None
    for canonical, its_members in members.items():
        for member, relation in its_members.items():
            placement.belongs[member] = canonical, relation
    return placement
