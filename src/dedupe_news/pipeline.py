"""Both rooms for a whole collection: received records in, canonical documents out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TypeVar

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
from dedupe_news.match.candidates import candidate_pairs, equal_groups
from dedupe_news.match.clusters import Cluster, canonical_order, find_clusters
from dedupe_news.match.fingerprint import Fingerprint, iter_fingerprints
from dedupe_news.match.relations import relate
from dedupe_news.options import CleanOptions, MatchOptions, match_options

Item = TypeVar("Item")

Progress = Callable[[str, int, int | None], None]
"""Told how far a stage is: ``progress(stage, done, total)``; `total` is None while it is unknown."""

_PROGRESS_STEP = 200


def dedupe_articles(
    articles: Iterable[object],
    *,
    clean: CleanOptions | None,
    match: str | MatchOptions,
    progress: Progress | None = None,
) -> DedupeResult:
    """Return each story once; the place of a record is its number: "article 1", "article 2"."""
    records = ((f"article {number}", article) for number, article in enumerate(articles, start=1))
    return dedupe_records(records, clean=clean, match=match, progress=progress)


def dedupe_records(
    records: Iterable[tuple[str, object]],
    *,
    clean: CleanOptions | None,
    match: str | MatchOptions,
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
    progress : callable, optional
        See `Progress`. The stages are "read", "clean", "fingerprint" and "verify".

    Raises
    ------
    OptionError
        If `match` names no preset. A bad record raises nothing: it is in `rejects`.
    """
    options = match_options(match)
    tell = progress or _silent

    intake = take_in(_counted(records, "read", None, tell))
    articles = [
        clean_article_or_leave(article, clean)
        for article in _counted(intake.articles, "clean", len(intake.articles), tell)
    ]
    fingerprints = fingerprint_all(articles, options, tell)
    relations, clusters = match_fingerprints(
        fingerprints, [article.published for article in articles], options, tell
    )
    documents = tuple(
        _document(cluster, articles, intake.same_again)
        for cluster in sorted(clusters, key=lambda cluster: cluster.canonical)
    )
    return DedupeResult(
        documents=documents,
        relations=tuple(relations),
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
        for position in sorted(positions, key=lambda position: _what_is_known(articles[position])):
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


def fingerprint_all(
    articles: Sequence[CleanArticle], options: MatchOptions, tell: Progress
) -> list[Fingerprint]:
    """Return the fingerprint of each article's body; of one without a body, of its text.

    The very same body is read once, however often it came.
    """
    bodies = [_compared_text(article) for article in articles]
    distinct = dict.fromkeys(bodies)
    numbered = ((str(number), body) for number, body in enumerate(distinct))
    counted = _counted(iter_fingerprints(numbered, options), "fingerprint", len(distinct), tell)
    of_body = {item.body: item for item in counted}
    return [replace(of_body[body], id=article.id) for article, body in zip(articles, bodies, strict=True)]


def match_fingerprints(
    fingerprints: Sequence[Fingerprint],
    published: Sequence[str | None],
    options: MatchOptions,
    tell: Progress,
) -> tuple[list[Relation], list[Cluster]]:
    """Return all verified relations, sorted, and the clusters: positions of `fingerprints`.

    Of equal bodies one goes through the comparisons for all of them, so a hundred thousand
    equal articles cost what one costs.
    """
    ranks = [
        canonical_order(item.num_tokens, day, item.id)
        for item, day in zip(fingerprints, published, strict=True)
    ]
    groups = [sorted(group, key=ranks.__getitem__) for group in equal_groups(fingerprints)]
    firsts = [fingerprints[group[0]] for group in groups]

    found: dict[tuple[int, int], Relation | None] = {}

    def verify(left: int, right: int) -> Relation | None:
        pair = (left, right) if left < right else (right, left)
        if pair not in found:
            found[pair] = relate(firsts[left], firsts[right], options)
        return found[pair]

    pairs = candidate_pairs(firsts, options).tolist()
    verified = [
        (left, right, relation)
        for left, right in _counted(pairs, "verify", len(pairs), tell)
        if (relation := verify(left, right)) is not None
    ]
    group_ranks = [ranks[group[0]] for group in groups]
    found_clusters = find_clusters(group_ranks, verified, verify, options)
    everyone = _EqualArticles(groups, fingerprints, options)
    clusters = [everyone.cluster(cluster) for cluster in found_clusters]
    relations = {
        (relation.left, relation.right): relation
        for cluster in clusters
        for relation in cluster.members.values()
    }
    for (left, right), known in found.items():
        if known is not None:
            for relation in everyone.relations(left, right, known):
                relations.setdefault((relation.left, relation.right), relation)
    return [relations[pair] for pair in sorted(relations)], clusters


_MAX_PRODUCT = 64


@dataclass(frozen=True, slots=True)
class _EqualArticles:
    """From what was found between groups of equal bodies to what holds between their articles.

    Equal bodies have equal relations; only which id is the smaller may change, and with it
    which side the evidence speaks of first. So a comparison for each side is enough.
    """

    groups: Sequence[Sequence[int]]
    fingerprints: Sequence[Fingerprint]
    options: MatchOptions

    def cluster(self, cluster: Cluster) -> Cluster:
        """Return the cluster of articles for a cluster of groups."""
        first, *equals = self.groups[cluster.canonical]
        whole = Cluster(first)
        whole.members.update(zip(equals, self._to_each(first, equals, None), strict=True))
        for group, relation in cluster.members.items():
            members = self.groups[group]
            whole.members.update(zip(members, self._to_each(first, members, relation), strict=True))
        return whole

    def relations(self, left: int, right: int, known: Relation) -> Iterator[Relation]:
        """Yield the relations between the articles of two groups.

        Each with each while they are few; of many, each with the first of the other group: two
        large groups alone would have more relations than the whole collection has articles.
        """
        lefts, rights = self.groups[left], self.groups[right]
        everyone = len(lefts) * len(rights) <= _MAX_PRODUCT
        for article in lefts if everyone else lefts[:1]:
            yield from self._to_each(article, rights, known if article == lefts[0] else None)
        if not everyone:
            yield from self._to_each(rights[0], lefts[1:], None)

    def _to_each(self, article: int, equals: Sequence[int], known: Relation | None) -> Iterator[Relation]:
        """Yield the relation of `article` to each of some equal ones; to the first it is perhaps known."""
        one = self.fingerprints[article]
        by_side: dict[bool, Relation] = {}
        for position in equals:
            other = self.fingerprints[position]
            left, right = (one, other) if one.id < other.id else (other, one)
            side = left is one
            if side not in by_side:
                relation = known or relate(left, right, self.options)
                known = None
                if relation is None:
                    raise AssertionError(f"{left.id} and {right.id} were related, and are no more")
                by_side[side] = relation
            shared = by_side[side]
            yield Relation(
                left.id, right.id, shared.kind, shared.jaccard, shared.containment, shared.evidence
            )


# --- documents ---------------------------------------------------------------------------------

_CLEAN_FIELDS = tuple(item.name for item in fields(CleanArticle))


def _document(
    cluster: Cluster, articles: Sequence[CleanArticle], same_again: Mapping[str, Sequence[Article]]
) -> CanonicalDocument:
    """Return the canonical document of a cluster; duplicates stand in the order of the input."""
    canonical = articles[cluster.canonical]
    duplicates: list[Duplicate] = []
    witnesses: list[CleanArticle | Article] = [canonical]
    for position in sorted([cluster.canonical, *cluster.members]):
        article = articles[position]
        if position in cluster.members:
            duplicates.append(Duplicate(article.id, cluster.members[position]))
            witnesses.append(article)
        for again in same_again.get(article.id, ()):
            evidence = ("the same id and the same text",)
            relation = cluster.members.get(position) or Relation(
                article.id, article.id, "exact", 1.0, 1.0, evidence
            )
            duplicates.append(Duplicate(article.id, relation))
            witnesses.append(again)
    sources = dict.fromkeys(source for item in witnesses if (source := item.source or item.url))
    return CanonicalDocument(
        **{name: getattr(canonical, name) for name in _CLEAN_FIELDS},
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
