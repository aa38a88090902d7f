"""Articles cleaned and read, before they meet those of an index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from dedupe_news.article import Article, CleanArticle
from dedupe_news.errors import ArticleError
from dedupe_news.index.segments import UInt32
from dedupe_news.intake import as_article
from dedupe_news.machine import num_cores
from dedupe_news.match.columns import Int64
from dedupe_news.match.keys import read_keys
from dedupe_news.options import CleanOptions, MatchOptions
from dedupe_news.pipeline.articles import clean_article_or_leave
from dedupe_news.pipeline.identity import text_digest
from dedupe_news.pipeline.matching import compared_text

COMPILED_FROM = 1_000_000
"""From so many characters on loops are loaded: it takes a second, in which Python reads as many."""


class Cleaned(NamedTuple):
    """An article as it came, and cleaned; `place` names it where it cannot be taken."""

    place: str
    received: Article
    article: CleanArticle


class Read(NamedTuple):
    """An article, cleaned and read; of `digest` see `fingerprint.Fingerprint.digest`."""

    place: str
    received: Article
    cleaned: CleanArticle
    body: str
    text_digest: bytes
    digest: bytes
    num_tokens: int
    num_shingles: int
    keys: UInt32


class Reader:
    """Cleans and reads articles: in Python while they are few, then with compiled loops."""

    def __init__(self, clean: CleanOptions | None, match: MatchOptions) -> None:
        self.clean = clean
        self.match = match
        self._num_chars_read = 0

    @property
    def compiled(self) -> bool:
        """Whether loops are loaded: what they say is the same."""
        return self._num_chars_read >= COMPILED_FROM

    def cleaned(self, value: Any, place: str) -> Cleaned:
        """Return an article, cleaned.

        Raises
        ------
        ArticleError
            If it is none, or holds what no file can keep.
        """
        article = as_article(value)
        for name in ("id", "published"):
            _require_utf8(name, getattr(article, name))
        return Cleaned(place, article, clean_article_or_leave(article, self.clean))

    def keys(self, bodies: Sequence[str]) -> list[UInt32]:
        """Return the keys of some texts."""
        columns = read_keys(bodies, self.match, compiled=self.compiled, num_threads=num_cores())
        return _split(columns.keys, columns.num_keys)

    def read(self, articles: Sequence[Cleaned]) -> list[Read]:
        """Return what an index has to know of each article."""
        bodies = [compared_text(cleaned) for _, _, cleaned in articles]
        self._num_chars_read += sum(map(len, bodies))
        columns = read_keys(
            bodies, self.match, compiled=self.compiled, num_threads=num_cores() if len(bodies) > 1 else 1
        )
        pieces = _split(columns.keys, columns.num_keys)
        return [
            Read(
                place,
                article,
                cleaned,
                body,
                text_digest(article.text),
                digest.tobytes() if num_tokens else b"",
                num_tokens,
                num_shingles,
                keys,
            )
            for (place, article, cleaned), body, digest, num_tokens, num_shingles, keys in zip(
                articles,
                bodies,
                columns.digests,
                columns.num_tokens.tolist(),
                columns.num_shingles.tolist(),
                pieces,
                strict=True,
            )
        ]


def _require_utf8(name: str, value: str | None) -> None:
    if value is not None:
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ArticleError(f"{name!r} holds a lone surrogate, which an index cannot keep") from error


def _split(keys: UInt32, counts: Int64) -> list[UInt32]:
    """Return the keys of each article."""
    return [keys] if len(counts) == 1 else np.split(keys, np.cumsum(counts)[:-1])
