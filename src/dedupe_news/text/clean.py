"""The order of work on one article, on one page."""

from __future__ import annotations

from bisect import bisect_right

from dedupe_news.article import Article, CleanArticle, Repeat, Span
from dedupe_news.intake import text_id
from dedupe_news.options import CleanOptions
from dedupe_news.text.head import part_head, part_wide_head
from dedupe_news.text.normalize import normalize
from dedupe_news.text.paragraphs import part_paragraphs, unwrap
from dedupe_news.text.repeats import Collapse, find_power, find_repeats
from dedupe_news.text.spans import Draft, Replacement
from dedupe_news.text.structure import read_structure

_MAX_PASSES = 12


def clean_article(article: Article, options: CleanOptions) -> CleanArticle:
    """Return `article` repaired: characters, run-ons parted, repeats collapsed, fields read.

    The stages run until a whole pass finds nothing, so cleaning the clean text changes nothing
    more. Characters come before repeats, so that copies that differ in dashes or widths are
    equal when they are compared.
    """
    draft = Draft(article.text, frozenset(options.skip))
    repeats = _collapse(draft, find_power(draft.text))  # before anything is touched: to the character
    for _ in range(_MAX_PASSES):  # what goes may leave work behind
        _settle(draft, article, options)
        found = find_power(draft.text) or find_repeats(draft.text, options)
        before = draft.text
        repeats += _collapse(draft, found)
        if draft.text == before:
            break
    fields = read_structure(draft.text, article.title, article.byline)
    return CleanArticle(
        id=article.id if article.id is not None else text_id(article.text),
        text=draft.text,
        title=fields.title,
        byline=fields.byline,
        dateline=fields.dateline,
        standfirst=fields.standfirst,
        paragraphs=fields.paragraphs,
        edits=draft.edits(),
        repeats=tuple(_with_kept_witnesses(repeats)),
        original=article.text,
        url=article.url,
        source=article.source,
        published=article.published,
        language=article.language,
        extra=article.extra,
    )


def _settle(draft: Draft, article: Article, options: CleanOptions) -> None:
    """Mend characters, lines, paragraphs and the head of `draft` until no stage finds anything.

    A stage comes again only when another has changed the text since. Blank lines, which is all
    that the last two set, bring work for the first only where it looked at something and left it.
    """
    gapped = mended = parted = headed = None  # the text in which each stage has nothing left to do
    for _ in range(_MAX_PASSES):
        if draft.text != gapped:
            part_wide_head(draft)
            gapped = draft.text
        is_plain = False
        if draft.text != mended:
            is_plain = normalize(draft, options)
            before = draft.text
            unwrap(draft)
            mended = draft.text if draft.text == before else None
        before = draft.text
        if before != parted:
            is_settled = part_paragraphs(draft)
            parted = draft.text if is_settled else None
        before_head = draft.text
        if before_head != headed:
            part_head(draft, article.title, article.byline)
            headed = before_head if draft.text == before_head else None
        if is_plain and mended == before:
            mended = draft.text
            gapped = draft.text if gapped == before else gapped
        if draft.text == gapped == mended == parted == headed:
            break


def _collapse(draft: Draft, found: list[Collapse]) -> list[Repeat]:
    """Take repeats out of `draft`; return them, counted in the received text."""
    if not found or "repeat" in draft.skip:
        return []
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


def _with_kept_witnesses(repeats: list[Repeat]) -> list[Repeat]:
    """Return `repeats` so that every witness is kept, also where its place was removed later.

    A later removal inside a witness has a witness of its own: the repeat is cut there, and that
    part points to where the words stand in the end.
    """
    removals = sorted(repeats, key=lambda repeat: repeat.removed)
    first_removed = removals[0].removed.start if removals else 0
    if all(repeat.kept.end <= first_removed for repeat in repeats):
        return repeats  # every witness stands before everything that went
    starts = [repeat.removed.start for repeat in removals]
    out: list[Repeat] = []
    open_repeats = repeats[::-1]
    while open_repeats:
        repeat = open_repeats.pop()
        number = max(bisect_right(starts, repeat.kept.start) - 1, 0)
        while number < len(removals) and removals[number].removed.end <= repeat.kept.start:
            number += 1
        if number == len(removals) or removals[number].removed.start >= repeat.kept.end:
            out.append(repeat)
            continue
        later = removals[number]
        low = max(later.removed.start, repeat.kept.start)
        high = min(later.removed.end, repeat.kept.end)
        for start, end in ((high, repeat.kept.end), (low, high), (repeat.kept.start, low)):
            kept = Span(start, end)
            removed = _image(kept, repeat.kept, repeat.removed)
            if start == end or removed.start == removed.end:
                continue
            similarity = repeat.similarity
            if start == low and end == high:
                kept = _image(kept, later.removed, later.kept)
                similarity = min(similarity, later.similarity)
            seam = removed.end if repeat.seam == repeat.removed.end else removed.start
            open_repeats.append(Repeat(kept, removed, similarity, seam))
    return out


def _image(part: Span, whole: Span, other: Span) -> Span:
    """Return what lies in `other` as `part` lies in `whole`."""
    scale = (other.end - other.start) / (whole.end - whole.start)
    start = other.start + round((part.start - whole.start) * scale)
    return Span(start, other.end - round((whole.end - part.end) * scale))
