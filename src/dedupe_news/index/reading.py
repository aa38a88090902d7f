"""Articles cleaned and read, before they meet those of an index."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from dedupe_news.article import Article, CleanArticle, Reject
from dedupe_news.errors import ArticleError
from dedupe_news.index.packing import pack
from dedupe_news.index.segments import UInt32
from dedupe_news.intake import as_article
from dedupe_news.machine import num_cores
from dedupe_news.match.columns import Int64
from dedupe_news.match.keys import read_keys
from dedupe_news.options import CleanOptions, MatchOptions
from dedupe_news.pipeline.cleaning import (
    clean_article_or_leave,
    compared_text,
    get_ready_to_clean,
    load_loops,
)
from dedupe_news.pipeline.identity import text_digest
from dedupe_news.workers import Pause, map_as_they_come

COMPILED_FROM = 1_000_000
"""From so many characters on loops are loaded, to clean and to read: it takes a second or two."""


BATCH_ARTICLES, BATCH_CHARACTERS = 4096, 8_000_000
"""So much is taken at a time, at most."""


class Cleaned(NamedTuple):
    """An article as it came, and cleaned; `place` names it where it cannot be taken.

    `packed` is what a file keeps of it (see `packing.pack`), if it was made where it was cleaned.
    """

    place: str
    received: Article
    article: CleanArticle
    packed: bytes | None = None


class Taken(NamedTuple):
    """A record, where it stood, and what it turned out to be."""

    place: str
    record: object
    found: Cleaned | Reject


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

    def expect(self, num_articles: int, *, jobs: int) -> None:
        """Get ready for so many articles at least, to be cleaned by so many processes."""
        if self.clean:
            get_ready_to_clean(num_articles, jobs=jobs)

    def cleaned(self, value: Any, place: str) -> Cleaned:
        """Return an article, cleaned.

        Raises
        ------
        ArticleError
            If it is none, or holds what no file can keep.
        """
        self._get_ready_to_clean()
        return _cleaned(value, place, self.clean)

    def _get_ready_to_clean(self) -> None:
        if self.compiled and self.clean:
            load_loops()

    def batches(
        self, records: Iterable[tuple[str, object] | Pause], *, jobs: int, packed: bool = False
    ) -> Iterator[list[Taken]]:
        """Yield records in batches, cleaned, and packed, by so many processes; a pause ends a batch too."""
        waiting: deque[tuple[str, object]] = deque()

        def noted() -> Iterator[tuple[str, object] | Pause]:
            for record in records:
                if not isinstance(record, Pause):
                    waiting.append(record)
                yield record

        self._get_ready_to_clean()
        cleaning = partial(_clean_record, options=self.clean, packed=packed)
        batch: list[Taken] = []
        num_chars = 0
        for found in map_as_they_come(cleaning, noted(), jobs=jobs if self.clean else 1):
            if not isinstance(found, Pause):
                batch.append(Taken(*waiting.popleft(), found))
                num_chars += len(found.received.text) if isinstance(found, Cleaned) else 0
                if len(batch) < BATCH_ARTICLES and num_chars < BATCH_CHARACTERS:
                    continue
            if batch:
                yield batch
                batch, num_chars = [], 0
        if batch:
            yield batch

    def keys(self, bodies: Sequence[str]) -> list[UInt32]:
        """Return the keys of some texts."""
        columns = read_keys(bodies, self.match, compiled=self.compiled, num_threads=num_cores())
        return _split(columns.keys, columns.num_keys)

    def read(self, articles: Sequence[Cleaned]) -> list[Read]:
        """Return what an index has to know of each article."""
        bodies = [compared_text(one.article) for one in articles]
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
            for (place, article, cleaned, _), body, digest, num_tokens, num_shingles, keys in zip(
                articles,
                bodies,
                columns.digests,
                columns.num_tokens.tolist(),
                columns.num_shingles.tolist(),
                pieces,
                strict=True,
            )
        ]


def _clean_record(placed: tuple[str, object], options: CleanOptions | None, packed: bool) -> Cleaned | Reject:
    """Return one record, with its place, cleaned; or a Reject if it is no article."""
    place, record = placed
    if isinstance(record, Reject):
        return record
    try:
        cleaned = _cleaned(record, place, options)
        return cleaned._replace(packed=pack(cleaned.article)) if packed else cleaned
    except ArticleError as error:
        return Reject(place, str(error), record)


def _cleaned(value: Any, place: str, options: CleanOptions | None) -> Cleaned:
    article = as_article(value)
    for name in ("id", "published"):
        _require_utf8(name, getattr(article, name))
    return Cleaned(place, article, clean_article_or_leave(article, options))


def _require_utf8(name: str, value: str | None) -> None:
    if value is not None:
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ArticleError(f"{name!r} holds a lone surrogate, which an index cannot keep") from error


def _split(keys: UInt32, counts: Int64) -> list[UInt32]:
    """Return the keys of each article."""
    return [keys] if len(counts) == 1 else np.split(keys, np.cumsum(counts)[:-1])
