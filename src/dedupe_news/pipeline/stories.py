"""From relations to stories: who stands for whom, with whose sources."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dedupe_news.article import Duplicate, Relation

SAME_AGAIN = ("the same id and the same text",)
"""Evidence of an article that came again as it was."""


@dataclass(frozen=True, slots=True)
class Stories:
    """What a canonical document is told besides its own text.

    Parameters
    ----------
    members : mapping of int to mapping
        Canonical position -> its duplicates, each with its relation to it.
    again : mapping of int to sequence
        Position -> the sources of the articles that came again with its id and its text.
    id_of, source_of : callable
        Of a position; the source is the name of one, or else an address, or nothing.
    """

    members: Mapping[int, Mapping[int, Relation]]
    again: Mapping[int, Sequence[str | None]]
    id_of: Callable[[int], str]
    source_of: Callable[[int], str | None]

    def of(self, canonical: int) -> tuple[list[Duplicate], list[str]]:
        """Return the duplicates of a canonical article, in the order of the input, and all sources."""
        members = self.members.get(canonical)
        if members is None and canonical not in self.again:  # as nearly always
            source = self.source_of(canonical)
            return [], [source] if source else []
        members = members or {}
        duplicates: list[Duplicate] = []
        sources = [self.source_of(canonical)]
        for member in sorted([canonical, *members]):
            if member in members:
                duplicates.append(Duplicate(self.id_of(member), members[member]))
                sources.append(self.source_of(member))
            for source in self.again.get(member, ()):
                duplicates.append(Duplicate(self.id_of(member), self.relation(member, canonical)))
                sources.append(source)
        return duplicates, list(dict.fromkeys(source for source in sources if source))

    def relation(self, position: int, canonical: int) -> Relation:
        """Return what a duplicate is to its canonical article: perhaps that very article, come again."""
        known = self.members.get(canonical, {}).get(position)
        id = self.id_of(position)
        return known or Relation(id, id, "exact", 1.0, 1.0, SAME_AGAIN)
