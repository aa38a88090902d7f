"""What travels between the rooms. Values only: no rule about texts is decided here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

RelationKind = Literal["exact", "near", "contained", "revision", "template"]


class Span(NamedTuple):
    """A half-open span ``[start, end)``, counted in code points of the text named beside it."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Article:
    """One news item as received. Only `text` is required; `extra` comes out untouched."""

    text: str
    id: str | None = None
    title: str | None = None
    byline: str | None = None
    url: str | None = None
    source: str | None = None
    published: str | None = None
    language: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edit:
    """One change made by cleaning.

    ``received[start:end] == before``; in the clean text `after` stands in its place.
    """

    rule: str
    start: int
    end: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """A passage that was removed, and where its witness stands; all in the received text.

    `similarity` is the share of the removed passage's words that stand, in order, in the
    kept one (1.0: the same words). `seam` is where the removed copy and its neighbour
    meet: the end at which the kept copy adjoins, or else the start of `removed`.
    """

    kept: Span
    removed: Span
    similarity: float
    seam: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanArticle:
    """One article, repaired, with the evidence for every change.

    `title`, `byline`, `dateline`, `standfirst` and `body` are slices of `text`, in the
    order received; a field that the text does not hold is what the caller knew, or
    ``None``.
    """

    id: str
    text: str
    title: str | None = None
    byline: str | None = None
    dateline: str | None = None
    standfirst: str | None = None
    paragraphs: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    repeats: tuple[Repeat, ...] = ()
    original: str = ""
    url: str | None = None
    source: str | None = None
    published: str | None = None
    language: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def body(self) -> str:
        """The paragraphs, joined by a blank line."""
        return "\n\n".join(self.paragraphs)

    def restore(self) -> str:
        """Return the received text, rebuilt from `text` and `edits` alone."""
        pieces: list[str] = []
        received_at = clean_at = 0
        for edit in self.edits:
            kept_chars = edit.start - received_at
            pieces.append(self.text[clean_at : clean_at + kept_chars])
            pieces.append(edit.before)
            clean_at += kept_chars + len(edit.after)
            received_at = edit.end
        pieces.append(self.text[clean_at:])
        return "".join(pieces)


@dataclass(frozen=True, slots=True)
class Relation:
    """A verified statement on two articles, with its numbers.

    `jaccard` and `containment` (of the shorter in the longer) are exact, 0 to 1, over the
    shingle sets of the two bodies. `evidence` says in words what decided the kind.
    """

    left: str
    right: str
    kind: RelationKind
    jaccard: float
    containment: float
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A member of a story, and its verified relation to the canonical document itself."""

    id: str
    relation: Relation


@dataclass(frozen=True, slots=True, kw_only=True)
class CanonicalDocument(CleanArticle):
    """The clean article that stands for a story, and the articles it stands for.

    `sources` are the distinct sources (or else addresses) of the canonical article and of
    its duplicates, the canonical one's first.
    """

    duplicates: tuple[Duplicate, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that could not be taken: where it stood, why, and the record itself."""

    place: str
    reason: str
    record: Any


@dataclass(frozen=True, slots=True)
class Summary:
    """How many articles there were; ``received == canonical + duplicates + rejected``."""

    received: int
    canonical: int
    duplicates: int
    rejected: int


@dataclass(frozen=True, slots=True)
class DedupeResult:
    """What became of a pile of articles. `documents` follows the order of the input."""

    documents: tuple[CanonicalDocument, ...]
    relations: tuple[Relation, ...]
    rejects: tuple[Reject, ...]
    summary: Summary


MatchOutcome = Literal["new", "duplicate", "better", "again"]


@dataclass(frozen=True, slots=True)
class Change:
    """An article of an index that belongs to another canonical document than before, by their ids."""

    id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What an index says of an article.

    Parameters
    ----------
    id : str
        Of the article.
    outcome : str
        ``"new"``: a story not had before. ``"duplicate"``: the story is there, and this article has
        no more of it. ``"better"``: the story is there, this article has more of it, and stands
        for it from now on. ``"again"``: this very article is there, with its id and its text.
    canonical_id : str
        The document it belongs to. Of equally long articles the earliest stands for the others, then
        the one with the smallest id, whichever came first: so a duplicate may be its own document.
    relation : Relation or None
        The verified relation to that document, or to the one before if that is itself; ``None``
        for what is new.
    article : CleanArticle
        The article, cleaned as the index does.
    related : tuple of Relation
        All relations found, also those that do not merge: an earlier version, the same template.
    changes : tuple of Change
        Other articles that belong to another document by this.
    """

    id: str
    outcome: MatchOutcome
    canonical_id: str
    relation: Relation | None
    article: CleanArticle
    related: tuple[Relation, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def is_new(self) -> bool:
        """Whether the story was not there before."""
        return self.outcome == "new"

    @property
    def is_duplicate(self) -> bool:
        """Whether all it says was there before."""
        return self.outcome in ("duplicate", "again")
