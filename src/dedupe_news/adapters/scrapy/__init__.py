"""Scrapy: articles are cleaned as they are scraped, and stories that were had before are dropped or tagged.

In the settings of a project, or in the ``custom_settings`` of a spider::

    ADDONS = {"dedupe_news.adapters.scrapy.Addon": 500}

`settings.py` lists what ``DEDUPE_NEWS_…`` settings there are; `pipeline.py` shows what becomes of an item.
"""

from __future__ import annotations

from dedupe_news.errors import MissingExtraError

try:
    from dedupe_news.adapters.scrapy.pipeline import Addon, DedupePipeline, DuplicateItem
except ModuleNotFoundError as error:
    if error.name not in ("itemadapter", "scrapy"):
        raise  # installed, but broken: the original message is the useful one
    raise MissingExtraError(
        f"{error.name} is not installed; try: pip install 'dedupe-news[scrapy]'"
    ) from error

__all__ = ["Addon", "DedupePipeline", "DuplicateItem"]
