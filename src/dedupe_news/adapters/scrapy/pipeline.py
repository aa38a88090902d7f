"""What becomes of a scraped item, on one page; and the add-on that puts it into a project."""

from __future__ import annotations

import logging
from typing import Any

from itemadapter import ItemAdapter, is_item
from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem, NotConfigured
from scrapy.settings import BaseSettings
from scrapy.utils.misc import load_object

from dedupe_news import DedupeNewsError, Match
from dedupe_news.adapters.scrapy.items import Reading, read_item, write_clean, write_tags
from dedupe_news.adapters.scrapy.settings import crawl_options, is_asked
from dedupe_news.adapters.scrapy.worker import IndexThread, Verdict

PRIORITY = 500

logger = logging.getLogger(__name__)


class DuplicateItem(DropItem):
    """An item was dropped for one that came through before: `duplicate_of`; `match` has the evidence."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(in_words(verdict))
        self.duplicate_of = verdict.duplicate_of
        self.match = verdict.match


def in_words(verdict: Verdict) -> str:
    """Return in a line what an article repeats, and by which relation."""
    match, relation = verdict.match, verdict.match.relation
    if verdict.duplicate_of == match.id or relation is None:
        return f"had before, with the same text: {match.id}"
    numbers = f"Jaccard {relation.jaccard:.2f}, containment {relation.containment:.2f}"
    return f"duplicate of {verdict.duplicate_of} ({relation.kind}; {numbers}): {match.id}"


class DedupePipeline:
    """Cleans the articles among the items, and drops or tags those whose story was had before.

    ``ITEM_PIPELINES = {"dedupe_news.adapters.scrapy.DedupePipeline": 500}``, or the add-on. What it is
    told by settings, `CrawlOptions` lists. An item that fails comes through as it came, with the reason
    in the log. Every item is counted once, in ``dedupe_news/`` ``new``, ``updated``, ``better``,
    ``duplicates``, ``without_text`` or ``failed``.
    """

    def __init__(self, crawler: Crawler) -> None:
        assert crawler.stats is not None, "a crawler has stats before it has pipelines"
        self._crawler = crawler
        self._stats = crawler.stats
        self._options = crawl_options(crawler.settings)
        self._index: IndexThread | None = None
        self._told: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> DedupePipeline:
        """Return the pipeline of a crawl, unless ``DEDUPE_NEWS_ENABLED`` is false."""
        if not crawler.settings.getbool("DEDUPE_NEWS_ENABLED", True):
            raise NotConfigured
        return cls(crawler)

    # Scrapy up to 2.13 hands the spider to these three; later ones do not.

    def open_spider(self, spider: Spider | None = None) -> None:
        """Open the index; a crawl that cannot does not begin."""
        argument = getattr(spider or self._crawler.spider, "dedupe_reset", None)
        self._index = IndexThread(self._options, reset=self._options.reset or is_asked(argument))

    def close_spider(self, spider: Spider | None = None) -> None:
        """Close the index, also after a crawl that failed."""
        if self._index is not None:
            index, self._index = self._index, None
            self._stats.set_value("dedupe_news/index", index.close())
            self._stats.set_value("dedupe_news/expired", index.expired)

    async def process_item(self, item: Any, spider: Spider | None = None) -> Any:
        """Return the item, clean, or drop it if its story was had before."""
        try:
            outcome = await self._process(ItemAdapter(item)) if is_item(item) else "without_text"
        except DropItem:
            raise
        except Exception as error:  # whatever it is: one item is no reason to lose it, or the crawl
            self._tell_failure(error, item)
            outcome = "failed"
        self._count(outcome)
        return item

    async def _process(self, item: ItemAdapter) -> str:
        """Do the work on one item, and return what it is to be counted as."""
        assert self._index is not None, "a spider is opened before it has items"
        reading = read_item(item, self._options.fields)
        if reading is None:
            return "without_text"
        self._tell_once(logging.INFO, _guesses(item, reading))
        verdict = await self._index.judge(reading.article)
        if verdict.outcome == "duplicate":
            self._count(f"duplicates/{_kind(verdict.match)}")
            if self._options.action == "drop":
                self._count("duplicates")
                raise DuplicateItem(verdict)
        write_clean(item, reading, verdict.match.article, self._options.fields)
        if self._options.action == "tag":
            write_tags(item, verdict.match, verdict.duplicate_of, self._options.fields)
        return "duplicates" if verdict.outcome == "duplicate" else verdict.outcome

    def _tell_failure(self, error: Exception, item: object) -> None:
        self._count(f"failed/{type(error).__name__}")
        if isinstance(error, DedupeNewsError):
            # What is wrong with one item of a kind is wrong with all of them.
            self._tell_once(logging.ERROR, f"an item comes through as it is: {error}")
        else:
            logger.error("an item comes through as it is", exc_info=error, extra=self._extra())
        logger.debug("as it is: %s", item, extra=self._extra())

    def _tell_once(self, level: int, words: str) -> None:
        if words not in self._told:
            self._told.add(words)
            logger.log(level, "%s", words, extra=self._extra())

    def _extra(self) -> dict[str, Any]:
        return {"spider": self._crawler.spider}

    def _count(self, what: str) -> None:
        self._stats.inc_value(f"dedupe_news/{what}")


def _kind(match: Match) -> str:
    """Return by which name a duplicate is counted."""
    return "same" if match.outcome == "again" or match.relation is None else match.relation.kind


def _guesses(item: ItemAdapter, reading: Reading) -> str:
    named = ", ".join(f"{ours} from {theirs!r}" for ours, theirs in reading.names.items())
    return f"{type(item.item).__name__}: {named}; to choose others: DEDUPE_NEWS_FIELDS"


class Addon:
    """Puts `DedupePipeline` among the item pipelines, at 500 unless the project has given it a place."""

    def update_settings(self, settings: BaseSettings) -> None:
        """Add the pipeline, where neither project nor spider has named it."""
        pipelines = settings.getdict("ITEM_PIPELINES")
        if all(load_object(pipeline) is not DedupePipeline for pipeline in pipelines):
            pipelines[DedupePipeline] = PRIORITY
            settings.set("ITEM_PIPELINES", pipelines, settings.getpriority("ITEM_PIPELINES") or "addon")
