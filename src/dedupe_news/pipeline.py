"""Both rooms for a whole collection: received records in, canonical documents out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from dedupe_news.article import (
    Article,
    CanonicalDocument,
    CleanArticle,
    DedupeResult,
    Duplicate,
    Reject,
    Relation,
    Summary,
)
from dedupe_news.errors import ArticleError
from dedupe_news.intake import as_article, text_id
from dedupe_news.match.collection import Matches, Progress, match_collection
from dedupe_news.match.columns import TextBuffers, TextList
from dedupe_news.match.scratch import MemoryScratch
from dedupe_news.options import CleanOptions, MatchOptions, match_options, require_jobs
from dedupe_news.workers import map_in_order

if TYPE_CHECKING:
    from pyarrow import Array, ChunkedArray

Item = TypeVar("Item")

_PROGRESS_STEP = 200


def dedupe_articles(
    articles: Iterable[object],
    *,
    clean: CleanOptions | None,
    match: str | MatchOptions,
    jobs: int = 1,
    progress: Progress | None = None,
) -> DedupeResult:
    """Return each story once; the place of a record is its number: "article 1", "article 2"."""
    records = ((f"article {number}", article) for number, article in enumerate(articles, start=1))
    return dedupe_records(records, clean=clean, match=match, jobs=jobs, progress=progress)


def dedupe_records(
    records: Iterable[tuple[str, object]],
    *,
    clean: CleanOptions | None,
    match: str | MatchOptions,
    jobs: int = 1,
    progress: Progress | None = None,
) -> DedupeResult:
    """Return each story once, clean, with the articles it stands for and the evidence.

    Parameters
    ----------
    records : iterable of (str, object)
        Where each record stood, and the record: a str, mapping or Article, or a `Reject` for
        one that could not even be read, which is counted and passed on.
    clean : CleanOptions or None
        How texts are cleaned first; ``None`` takes them as they are.
    match : str or MatchOptions
    jobs : int
        Processes that clean, from 1 on; the result does not depend on it. Matching uses all cores anyway.
    progress : callable, optional
        See `Progress`. The stages are "read", "clean", "fingerprint" and "verify".

    Raises
    ------
    OptionError
        If `match` names no preset, or `jobs` is below 1. A bad record raises nothing: it is in `rejects`.
    WorkerError
        If a process ended before its work was done.
    """
    options = match_options(match)
    require_jobs(jobs)
    tell = progress or _silent

    intake = take_in(_counted(records, "read", None, tell))
    cleaned = map_in_order(
        partial(clean_article_or_leave, options=clean), intake.articles, jobs=jobs if clean else 1
    )
    articles = list(_counted(cleaned, "clean", len(intake.articles), tell))
    matches = match_articles(articles, options, tell)
    duplicates = matches.duplicates
    documents = tuple(
        _document(position, matches.members.get(position, {}), articles, intake.same_again)
        for position in range(len(articles))
        if position not in duplicates
    )
    return DedupeResult(
        documents=documents,
        relations=tuple(matches.relations),
        rejects=tuple(intake.rejects),
        summary=Summary(
            received=intake.num_received,
            canonical=len(documents),
            duplicates=sum(len(document.duplicates) for document in documents),
            rejected=len(intake.rejects),
        ),
    )


# --- taking in ---------------------------------------------------------------------------------


@dataclass(slots=True)
class Intake:
    """What was received, each once: articles with an id of their own, and what is no such article.

    `same_again` holds the articles that came again with the id and the text of one before.
    """

    num_received: int = 0
    articles: list[Article] = field(default_factory=list)
    same_again: dict[str, list[Article]] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)


def take_in(records: Iterable[tuple[str, object]]) -> Intake:
    """Take every record: as an article with an id, or with the reason why not."""
    intake = Intake()
    first_with: dict[str, tuple[str, str]] = {}  # id -> place and text
    for place, record in records:
        intake.num_received += 1
        if isinstance(record, Reject):
            intake.rejects.append(record)
            continue
        try:
            article = as_article(record)  # type: ignore[arg-type]  # it says so when it is none
        except ArticleError as error:
            intake.rejects.append(Reject(place, str(error), record))
            continue
        if not article.id:
            intake.articles.append(article)
            continue
        if article.id not in first_with:
            first_with[article.id] = place, article.text
            intake.articles.append(article)
            continue
        first_place, first_text = first_with[article.id]
        if first_text == article.text:
            intake.same_again.setdefault(article.id, []).append(article)
        else:
            reason = f"id {article.id!r} at {place} is another article's already, at {first_place}"
            intake.rejects.append(Reject(place, reason, record))
    _name_the_nameless(intake.articles, set(first_with))
    return intake


def _name_the_nameless(articles: list[Article], taken: set[str]) -> None:
    """Give each article without an id one made of its text; equal texts are numbered.

    What else is known of them decides who is first: the order they came in should not.
    """
    same_text: dict[str, list[int]] = {}
    for position, article in enumerate(articles):
        if not article.id:
            same_text.setdefault(text_id(article.text), []).append(position)
    for base, positions in same_text.items():
        number = 1
        if len(positions) > 1:
            positions.sort(key=lambda position: _what_is_known(articles[position]))
        for position in positions:
            while (name := base if number == 1 else f"{base}-{number}") in taken:
                number += 1
            taken.add(name)
            articles[position] = replace(articles[position], id=name)


def _what_is_known(article: Article) -> str:
    known = [getattr(article, name) for name in ("published", "source", "url", "title", "byline", "language")]
    return repr((known, sorted(map(repr, article.extra.items()))))


def clean_article_or_leave(article: Article, options: CleanOptions | None) -> CleanArticle:
    """Return the article, cleaned; without options its text is taken as it is."""
    if options is not None:
        from dedupe_news.text.clean import clean_article

        return clean_article(article, options)
    return CleanArticle(
        id=article.id or text_id(article.text),
        text=article.text,
        title=article.title,
        byline=article.byline,
        paragraphs=(article.text,) if article.text else (),
        original=article.text,
        url=article.url,
        source=article.source,
        published=article.published,
        language=article.language,
        extra=article.extra,
    )


# --- matching ----------------------------------------------------------------------------------


_MIN_BODY_CHARS = 200


def _compared_text(article: CleanArticle) -> str:
    """Return the body of `article`; where that is a line or two, the whole text.

    Then the headline says what the story is: `Dividend raised to 3.6 cents` above `Payable March 13`.
    """
    body = article.body
    return body if len(body) >= _MIN_BODY_CHARS else article.text


def match_articles(articles: Sequence[CleanArticle], options: MatchOptions, tell: Progress) -> Matches:
    """Compare the bodies of all articles; of one with a short body or none, its text."""
    return match_collection(
        TextList([_compared_text(article) for article in articles]),
        [article.id for article in articles],
        [article.published for article in articles],
        options,
        num_threads=_num_threads(),
        tell=tell,
        scratch=MemoryScratch(),
    )


def match_texts(
    texts: Sequence[str] | Array | ChunkedArray, *, match: str | MatchOptions = "news"
) -> Matches:
    """Return which of many texts are one story, by their positions; nothing is cleaned or kept.

    The matching of `dedupe` alone, for texts that stand in a column already.

    Parameters
    ----------
    texts : sequence of str, or Arrow array of strings
        An Arrow column is read where it stands. A missing text is empty, and related to nothing.
    match : str or MatchOptions

    Returns
    -------
    Matches
        In its relations an article is named by its position. Of equally long texts the one
        whose position, as text, sorts first stands for the others.

    Raises
    ------
    OptionError
        If `match` names no preset.

    >>> story = "The harbour reopened on Monday after three days of storms along the coast."
    >>> match_texts([story, "Another story.", story.upper()]).groups
    [[0, 2]]
    """
    options = match_options(match)
    column = TextList(texts) if isinstance(texts, list | tuple) else _text_buffers(texts)
    ids = [str(position) for position in range(len(column))]
    return match_collection(
        column,
        ids,
        [None] * len(ids),
        options,
        num_threads=_num_threads(),
        tell=_silent,
        scratch=MemoryScratch(),
    )


def _text_buffers(column: Array | ChunkedArray) -> TextBuffers:
    """Return the texts of an Arrow column: its buffers, not copied."""
    import pyarrow as pa

    if not isinstance(column, pa.Array | pa.ChunkedArray):
        raise TypeError(
            f"texts must be a list of str or an Arrow array of strings, got {type(column).__name__}"
        )
    plain = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not any(
        test(plain) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    ):
        raise TypeError(f"the texts of a column must be strings, got {column.type}")
    if not pa.types.is_string(column.type) and not pa.types.is_large_string(column.type):
        column = column.cast(pa.large_string())
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    pieces = []
    for chunk in chunks:
        if chunk.null_count:
            chunk = chunk.fill_null("")
        _, bounds, values = chunk.buffers()
        kind: Any = np.int64 if pa.types.is_large_string(chunk.type) else np.int32
        pieces.append(
            (
                np.frombuffer(values or b"", dtype=np.uint8),
                np.frombuffer(bounds, dtype=kind)[chunk.offset : chunk.offset + len(chunk) + 1],
            )
        )
    return TextBuffers(pieces)


def _num_threads() -> int:
    return os.cpu_count() or 1


# --- documents ---------------------------------------------------------------------------------

_CLEAN_FIELDS = tuple(item.name for item in fields(CleanArticle))
_values_of = attrgetter(*_CLEAN_FIELDS)


def _document(
    position: int,
    members: Mapping[int, Relation],
    articles: Sequence[CleanArticle],
    same_again: Mapping[str, Sequence[Article]],
) -> CanonicalDocument:
    """Return the canonical document at `position`; its duplicates stand in the order of the input."""
    canonical = articles[position]
    duplicates: list[Duplicate] = []
    witnesses: list[CleanArticle | Article] = [canonical]
    for member in sorted([position, *members]):
        article = articles[member]
        if member in members:
            duplicates.append(Duplicate(article.id, members[member]))
            witnesses.append(article)
        for again in same_again.get(article.id, ()):
            evidence = ("the same id and the same text",)
            relation = members.get(member) or Relation(article.id, article.id, "exact", 1.0, 1.0, evidence)
            duplicates.append(Duplicate(article.id, relation))
            witnesses.append(again)
    sources = dict.fromkeys(source for item in witnesses if (source := item.source or item.url))
    return CanonicalDocument(
        **dict(zip(_CLEAN_FIELDS, _values_of(canonical), strict=True)),
        duplicates=tuple(duplicates),
        sources=tuple(sources),
    )


def _counted(items: Iterable[Item], stage: str, total: int | None, tell: Progress) -> Iterator[Item]:
    """Yield `items`, saying now and then, and at the end, how many there were."""
    done = 0
    for item in items:
        yield item
        done += 1
        if done % _PROGRESS_STEP == 0:
            tell(stage, done, total)
    tell(stage, done, total if total is None else done)


def _silent(stage: str, done: int, total: int | None) -> None:
    """Say nothing."""
