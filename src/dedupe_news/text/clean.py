"""The order of work on one article, on one page."""

from __future__ import annotations

from functools import partial

from dedupe_news.article import Article, CleanArticle, Repeat
from dedupe_news.intake import text_id
from dedupe_news.options import CleanOptions
from dedupe_news.text.normalize import normalize
from dedupe_news.text.repeats import Collapse, find_power, find_repeats
from dedupe_news.text.spans import Draft, Replacement
from dedupe_news.text.structure import structure, unwrap

_MAX_PASSES = 3


def clean_article(article: Article, options: CleanOptions) -> CleanArticle:
    """Return `article` repaired: characters, then repeats, then run-ons and fields.

    Characters come first, so that copies that differ in dashes or widths are equal when they
    are compared; fields come last, so that they are found once.
    """
    draft = Draft(article.text)
    repeats = _collapse(draft, find_power(draft.text))  # before anything is touched: to the character
    normalize(draft)
    for _ in range(_MAX_PASSES):  # joined lines can be wider than the width they were broken to
        if not unwrap(draft):
            break
        normalize(draft)
    for find in (find_power, partial(find_repeats, options=options)):
        for _ in range(_MAX_PASSES):  # what is removed can bring two copies side by side
            found = find(draft.text)
            if not found:
                break
            repeats += _collapse(draft, found)
            normalize(draft)
    fields = structure(draft, article.title, article.byline)
    return CleanArticle(
        id=article.id if article.id is not None else text_id(article.text),
        text=draft.text,
        title=fields.title,
        byline=fields.byline,
        dateline=fields.dateline,
        standfirst=fields.standfirst,
        paragraphs=fields.paragraphs,
        edits=draft.edits(),
        repeats=tuple(repeats),
        original=article.text,
        url=article.url,
        source=article.source,
        published=article.published,
        language=article.language,
        extra=article.extra,
    )


def _collapse(draft: Draft, found: list[Collapse]) -> list[Repeat]:
    """Take repeats out of `draft`; return them, counted in the received text."""
    repeats = [repeat for collapse in found for repeat in collapse.repeats]
    if draft.replacements:
        repeats = _as_received(draft, repeats)
    draft.apply([Replacement(c.removed.start, c.removed.end, c.after, "repeat") for c in found])
    return repeats


def _as_received(draft: Draft, repeats: list[Repeat]) -> list[Repeat]:
    kept = draft.received_spans([repeat.kept for repeat in repeats])
    removed = draft.received_spans([repeat.removed for repeat in repeats])
    return [
        Repeat(
            kept=kept_span,
            removed=removed_span,
            similarity=repeat.similarity,
            seam=removed_span.end if repeat.seam == repeat.removed.end else removed_span.start,
        )
        for repeat, kept_span, removed_span in zip(repeats, kept, removed, strict=True)
    ]
