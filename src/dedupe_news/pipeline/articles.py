"""A collection that memory holds: received records in, canonical documents out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from functools import partial
from operator import attrgetter, itemgetter
from typing import TypeVar

from dedupe_news.article import (
    Article,
    CanonicalDocument,
    CleanArticle,
    DedupeResult,
    Duplicate,
    Reject,
    Summary,
)
from dedupe_news.errors import ArticleError
from dedupe_news.intake import as_article
from dedupe_news.match.collection import Progress
from dedupe_news.options import CleanOptions, MatchOptions, match_options, require_jobs
from dedupe_news.pipeline.cleaning import clean_article_or_leave, get_ready_to_clean
from dedupe_news.pipeline.identity import Identities, digest_rows, known_digest, other_article, text_digest
from dedupe_news.pipeline.matching import match_articles
from dedupe_news.pipeline.stories import Stories
from dedupe_news.workers import map_in_order

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
    if clean:
        get_ready_to_clean(len(intake.articles), jobs=jobs)
    cleaned = map_in_order(
        partial(clean_article_or_leave, options=clean), intake.articles, jobs=jobs if clean else 1
    )
    articles = list(_counted(cleaned, "clean", len(intake.articles), tell))
    matches = match_articles(articles, options, tell)
    stories = Stories(
        matches.members,
        intake.again,
        id_of=lambda position: articles[position].id,
        source_of=lambda position: articles[position].source or articles[position].url,
    )
    duplicates = matches.duplicates
    documents = tuple(
        _document(article, *stories.of(position))
        for position, article in enumerate(articles)
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

    `again` holds, by position in `articles`, the sources of those that came again with the same id and text.
    """

    num_received: int = 0
    articles: list[Article] = field(default_factory=list)
    again: dict[int, list[str | None]] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)


def take_in(records: Iterable[tuple[str, object]]) -> Intake:
    """Take every record: as an article with an id, or with the reason why not."""
    intake = Intake()
    taken: list[tuple[int, str, Article, object]] = []  # the number, place, and record of each article
    rejects: list[tuple[int, Reject]] = []
    for number, (place, record) in enumerate(records):
        intake.num_received += 1
        if isinstance(record, Reject):
            rejects.append((number, record))
            continue
        try:
            taken.append((number, place, as_article(record), record))  # type: ignore[arg-type]
        except ArticleError as error:
            rejects.append((number, Reject(place, str(error), record)))
    identities = Identities()
    found = identities.take(
        [article.id for _, _, article, _ in taken],
        digest_rows([text_digest(article.text) for _, _, article, _ in taken]),
        digest_rows([b"" if article.id else known_digest(article) for _, _, article, _ in taken]),
    )
    _, first, ids = identities.finish()
    position_of: dict[int, int] = {}
    for row, ((number, place, article, record), name) in enumerate(zip(taken, ids, strict=True)):
        if first[row] == row:
            position_of[row] = len(intake.articles)
            intake.articles.append(article if article.id else replace(article, id=name))
        elif found.is_other[row]:
            reason = other_article(name, place, taken[first[row]][1])
            rejects.append((number, Reject(place, reason, record)))
        else:
            again = intake.again.setdefault(position_of[int(first[row])], [])
            again.append(article.source or article.url)
    intake.rejects = [reject for _, reject in sorted(rejects, key=itemgetter(0))]
    return intake


# --- documents ---------------------------------------------------------------------------------

_CLEAN_FIELDS = tuple(item.name for item in fields(CleanArticle))
_values_of = attrgetter(*_CLEAN_FIELDS)


def _document(canonical: CleanArticle, duplicates: list[Duplicate], sources: list[str]) -> CanonicalDocument:
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
