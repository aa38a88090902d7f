"""What becomes of an article before it is matched; apart, so that workers load what they need and no more."""

from __future__ import annotations

from contextlib import suppress
from functools import cache

from dedupe_news.article import Article, CleanArticle
from dedupe_news.intake import text_id
from dedupe_news.options import CleanOptions


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


_WORTH_LOOPS = 5000  # articles; fewer are clean before compiled loops are loaded


def get_ready_to_clean(num_articles: int, *, jobs: int) -> None:
    """Load compiled loops where so many articles will be cleaned that it pays: in workers, or here."""
    if num_articles < _WORTH_LOOPS:
        return
    if jobs > 1:
        from dedupe_news.workers import get_ready

        get_ready(with_loops=True)
    else:
        load_loops()


@cache
def load_loops() -> None:
    """Let this process clean with compiled loops from now on, if it can: what comes out is the same.

    They cannot be loaded where the disk is full on which they are kept.
    """
    from dedupe_news.text import loops

    with suppress(OSError, RuntimeError):
        loops.load()


_MIN_BODY_CHARS = 200


def compared_text(article: CleanArticle) -> str:
    """Return the body of `article`; where that is a line or two, the whole text.

    Then the headline says what the story is: `Dividend raised to 3.6 cents` above `Payable March 13`.
    """
    return compared(article.body, article.text)


def compared(body: str, text: str) -> str:
    """Return what is compared of an article with this body and this whole text."""
    return body if len(body) >= _MIN_BODY_CHARS else text
