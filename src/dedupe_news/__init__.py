r"""Clean canonical documents from a pile of damaged, repeated news articles.

>>> import dedupe_news
>>> document = dedupe_news.clean("A storm hit the coast\u200b on Monday.")
>>> document.body
'A storm hit the coast on Monday.'
>>> document.restore()
'A storm hit the coast\u200b on Monday.'
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dedupe_news.article import (
    Article,
    CanonicalDocument,
    Change,
    CleanArticle,
    DedupeResult,
    Duplicate,
    Edit,
    Match,
    Reject,
    Relation,
    Repeat,
    Span,
    Summary,
)
from dedupe_news.errors import (
    ArticleError,
    DedupeNewsError,
    IndexFileError,
    IndexMismatchError,
    InputError,
    MissingExtraError,
    OptionError,
    OutputError,
    WorkerError,
)
from dedupe_news.intake import as_article
from dedupe_news.options import CleanOptions, MatchOptions

if TYPE_CHECKING:
    from dedupe_news.index.opened import Index, IndexStats

__version__ = "0.1.0"

__all__ = [
    "Article",
    "ArticleError",
    "CanonicalDocument",
    "Change",
    "CleanArticle",
    "CleanOptions",
    "DedupeNewsError",
    "DedupeResult",
    "Duplicate",
    "Edit",
    "Index",
    "IndexFileError",
    "IndexMismatchError",
    "IndexStats",
    "InputError",
    "Match",
    "MatchOptions",
    "MissingExtraError",
    "OptionError",
    "OutputError",
    "Reject",
    "Relation",
    "Repeat",
    "Span",
    "Summary",
    "WorkerError",
    "__version__",
    "clean",
    "dedupe",
]


def clean(
    article: str | Mapping[str, Any] | Article,
    *,
    title: str | None = None,
    byline: str | None = None,
    options: CleanOptions = CleanOptions(),  # noqa: B008 - frozen: one value for all calls
) -> CleanArticle:
    """Return one article, repaired: repeats collapsed, run-ons parted, characters mended.

    Parameters
    ----------
    article : str, mapping or Article
        What was received. Of a mapping only ``text`` is required.
    title, byline : str, optional
        What the caller already knows, for instance from the page's head. They help to find
        the same words in the text, and take the place of what `article` says.
    options : CleanOptions

    Raises
    ------
    ArticleError
        If `article` is no article.
    """
    from dedupe_news.text.clean import clean_article

    received = as_article(article)
    if title is not None:
        received = replace(received, title=title)
    if byline is not None:
        received = replace(received, byline=byline)
    return clean_article(received, options)


def dedupe(
    articles: Iterable[str | Mapping[str, Any] | Article],
    *,
    clean: CleanOptions | None = CleanOptions(),  # noqa: B008 - frozen: one value for all calls
    match: str | MatchOptions = "news",
    jobs: int = 1,
) -> DedupeResult:
    """Return each story once, clean, with the articles it stands for and the evidence.

    Parameters
    ----------
    articles : iterable of str, mapping or Article
        In any order: the documents found do not depend on it, only their order does.
    clean : CleanOptions or None
        How texts are cleaned first; ``None`` takes them as they are.
    match : str or MatchOptions
        ``"strict"``, ``"news"`` (default), ``"noisy"``, or your own numbers.
    jobs : int
        Processes that clean, from 1 (default) on. The result does not depend on it. With more than
        one, a script calls from under ``if __name__ == "__main__":``.

    Raises
    ------
    OptionError
        If `match` names no preset, or `jobs` is below 1. A bad article raises nothing: it is in `rejects`.
    WorkerError
        If a process ended before its work was done.
    """
    from dedupe_news.pipeline.articles import dedupe_articles

    return dedupe_articles(articles, clean=clean, match=match, jobs=jobs)


def __getattr__(name: str) -> Any:
    """Load what takes a moment when it is first asked for."""
    if name in ("Index", "IndexStats"):
        from dedupe_news.index import opened

        return getattr(opened, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
