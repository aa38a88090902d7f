"""What becomes of an article before it is matched; apart, so that workers load what they need and no more."""

from __future__ import annotations

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


_MIN_BODY_CHARS = 200


def compared_text(article: CleanArticle) -> str:
    """Return the body of `article`; where that is a line or two, the whole text.

    Then the headline says what the story is: `Dividend raised to 3.6 cents` above `Payable March 13`.
    """
    return compared(article.body, article.text)


def compared(body: str, text: str) -> str:
    """Return what is compared of an article with this body and this whole text."""
    return body if len(body) >= _MIN_BODY_CHARS else text
