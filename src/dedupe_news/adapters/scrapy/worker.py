"""An index, and the one thread that uses it, so that a crawl goes on while an article is compared."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Awaitable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

from twisted.internet.defer import Deferred

from dedupe_news import Index, IndexMismatchError, Match
from dedupe_news.adapters.scrapy.settings import CrawlOptions

Outcome = Literal["new", "updated", "better", "duplicate"]

EXPIRY_SECONDS = 3600.0  # a long crawl forgets on its way, and not for every article

Answer = TypeVar("Answer")


class Verdict(NamedTuple):
    """What an article is to those that came through before it.

    `outcome` is ``"new"``; ``"updated"``, the new text of a page that came through; ``"better"``, a
    version that holds much more than what came through; or ``"duplicate"``. What `duplicate_of` names
    came through.
    """

    outcome: Outcome
    match: Match
    duplicate_of: str | None = None


def judge(index: Index, article: Mapping[str, Any]) -> Verdict:
    """Put an article into the index, and say what becomes of it.

    An item is dropped only for one that came through. So an article that says about the same as the one
    that stands for its story, and would stand for it from now on, being a line longer or a day older,
    leaves the index again: those that come later are compared with what came through.
    """
    id = article.get("id")
    came_through = id is not None and id in index and index.document_of(id).id == id
    match = index.add(article) if id is None else index.replace(article)
    canonical = match.canonical_id if match.canonical_id != match.id else None
    if match.outcome == "again":
        return Verdict("duplicate", match, match.canonical_id)
    if came_through:
        return Verdict("updated", match, canonical)
    if match.outcome == "better" and match.relation and match.relation.kind in ("exact", "near"):
        index.remove(match.id)
        left, right = match.relation.left, match.relation.right
        return Verdict("duplicate", match, right if left == match.id else left)
    return Verdict(match.outcome, match, canonical)


class IndexThread:
    """Opens the index of a crawl and asks it, one article at a time, in the order of the questions."""

    def __init__(self, options: CrawlOptions, *, reset: bool) -> None:
        self._ttl = options.ttl
        self._expire_at = time.monotonic() + EXPIRY_SECONDS
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="dedupe_news")
        try:
            self._index, self.expired = self._thread.submit(_open, options, reset=reset).result()
        except BaseException:
            self._thread.shutdown(wait=False)
            raise

    async def judge(self, article: Mapping[str, Any]) -> Verdict:
        """Return what an article is; the crawl goes on meanwhile."""
        return await awaitable(self._thread.submit(self._judge, article))

    def _judge(self, article: Mapping[str, Any]) -> Verdict:
        if self._ttl is not None and time.monotonic() >= self._expire_at:
            self._expire_at = time.monotonic() + EXPIRY_SECONDS
            self.expired += self._index.expire(older_than=self._ttl)
        return judge(self._index, article)

    def close(self) -> int:
        """Finish what was asked, close the index, and return how many articles are in it."""
        try:
            return self._thread.submit(self._close).result()
        finally:
            self._thread.shutdown()

    def _close(self) -> int:
        num_articles = len(self._index)
        self._index.close()
        return num_articles


def _open(options: CrawlOptions, *, reset: bool) -> tuple[Index, int]:
    """Return the index of a crawl, and how many articles it has forgotten first."""
    index = opened_index(options, reset=reset)
    try:
        return index, index.expire(older_than=options.ttl) if options.ttl is not None else 0
    except BaseException:
        index.close()
        raise


def opened_index(options: CrawlOptions, *, reset: bool) -> Index:
    """Return the index of a crawl, empty if it is to be reset.

    Raises
    ------
    IndexMismatchError
        If it was made with other options, and is not to be reset.
    """
    options.index.parent.mkdir(parents=True, exist_ok=True)
    try:
        index = Index(options.index, **options.opening)
    except IndexMismatchError:
        if not reset:
            raise
        # Made with other options, so no crawl of these options is at work on it.
        _remove(options.index)
        return Index(options.index, **options.opening)
    if reset:
        # Emptied and not removed: other spiders may be at work on it.
        index.expire(older_than=datetime.now(UTC) + timedelta(days=1))
    return index


def _remove(index: Path) -> None:
    """Remove the file of an index, and what stands beside it."""
    for suffix in ("", "-wal", "-shm"):
        index.with_name(index.name + suffix).unlink(missing_ok=True)
    if (keys := index.with_name(index.name + "-keys")).is_dir():
        shutil.rmtree(keys)


def awaitable(future: Future[Answer]) -> Awaitable[Answer]:
    """Return what a coroutine of this crawl can await: it depends on the loop in which it runs."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return _deferred(future)
    return asyncio.wrap_future(future, loop=loop)


def _deferred(future: Future[Answer]) -> Deferred[Answer]:
    from twisted.internet import reactor  # importing it installs one: only where one is at work

    deferred: Deferred[Answer] = Deferred()

    def hand_over() -> None:
        error = future.exception()
        if error is not None:
            deferred.errback(error)
        else:
            deferred.callback(future.result())

    future.add_done_callback(lambda _: reactor.callFromThread(hand_over))
    return deferred
