"""What the settings ``DEDUPE_NEWS_…`` of a crawl say, read once and checked before it begins."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from scrapy.exceptions import NotConfigured
from scrapy.settings import BaseSettings
from scrapy.utils.project import data_path

from dedupe_news import MatchOptions, OptionError
from dedupe_news.adapters.scrapy.items import FIELDS

ACTIONS = ("drop", "tag")

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


@dataclass(frozen=True, slots=True)
class CrawlOptions:
    """How one crawl uses an index.

    Parameters
    ----------
    action : str
        ``DEDUPE_NEWS_ACTION``: ``"drop"`` (default) or ``"tag"`` what was had before.
    index : Path
        ``DEDUPE_NEWS_INDEX``: the file that remembers, as a path from the working folder. By
        default in ``JOBDIR``, or else in the data folder of the project, where all of its
        spiders share it.
    fields : mapping
        ``DEDUPE_NEWS_FIELDS``: of our names to those of the items, as a dict or as
        ``"text=body,title=headline"``. Those that are not named are guessed from usual names.
    ttl : timedelta or None
        ``DEDUPE_NEWS_TTL``: articles not seen for so long are forgotten; in seconds, or as
        ``"30d"`` (``s m h d w``). By default nothing is.
    reset : bool
        ``DEDUPE_NEWS_RESET``, or the spider's argument ``dedupe_reset=1``: begin with an empty index.
    opening : mapping
        What the index is opened with: ``DEDUPE_NEWS_MATCH`` (a preset's name or `MatchOptions`) or
        ``DEDUPE_NEWS_THRESHOLD`` (0 to 1, `min_jaccard`), and ``DEDUPE_NEWS_CLEAN`` (`CleanOptions`).
    """

    action: str
    index: Path
    fields: Mapping[str, str]
    ttl: timedelta | None
    reset: bool
    opening: Mapping[str, Any]


def crawl_options(settings: BaseSettings) -> CrawlOptions:
    """Return what the settings of a crawl ask for.

    Raises
    ------
    OptionError
        If a setting is not what it can be; the message names it.
    """
    action = settings.get("DEDUPE_NEWS_ACTION") or "drop"
    if action not in ACTIONS:
        raise OptionError(f"DEDUPE_NEWS_ACTION must be one of {', '.join(ACTIONS)}, got {action!r}")
    return CrawlOptions(
        action=action,
        index=_index_path(settings),
        fields=fields_named(settings.get("DEDUPE_NEWS_FIELDS")),
        ttl=duration(settings.get("DEDUPE_NEWS_TTL")),
        reset=settings.getbool("DEDUPE_NEWS_RESET"),
        opening=_opening(settings),
    )


def _index_path(settings: BaseSettings) -> Path:
    if named := settings.get("DEDUPE_NEWS_INDEX"):
        return Path(named)
    if job := settings.get("JOBDIR"):
        return Path(job, "dedupe_news.db")
    try:
        return Path(data_path("dedupe_news.db"))
    except NotConfigured as error:
        # As it is, Scrapy would go on without us and only mention it.
        raise OptionError(f"no place for the index ({error}); name one: DEDUPE_NEWS_INDEX") from error


def _opening(settings: BaseSettings) -> dict[str, Any]:
    opening = {}
    if clean := settings.get("DEDUPE_NEWS_CLEAN"):
        opening["clean"] = clean
    match, threshold = settings.get("DEDUPE_NEWS_MATCH"), settings.get("DEDUPE_NEWS_THRESHOLD")
    if match and threshold is not None:
        raise OptionError(
            "set DEDUPE_NEWS_MATCH or DEDUPE_NEWS_THRESHOLD; "
            "DEDUPE_NEWS_MATCH = MatchOptions(min_jaccard=...) says both"
        )
    if threshold is not None:
        match = _threshold(threshold)
    if match:
        opening["match"] = match
    return opening


def _threshold(value: object) -> MatchOptions:
    try:
        jaccard = float(str(value))
    except ValueError:
        raise OptionError(f"DEDUPE_NEWS_THRESHOLD must be a number from 0 to 1, got {value!r}") from None
    # Articles are related from `min_related` on; a threshold below it would say nothing.
    return MatchOptions(min_jaccard=jaccard, min_related=min(jaccard, MatchOptions().min_related))


def fields_named(value: object) -> dict[str, str]:
    """Return the fields that ``DEDUPE_NEWS_FIELDS`` names: of our names to those of the items.

    >>> fields_named("text=body, title=headline")
    {'text': 'body', 'title': 'headline'}
    """
    if isinstance(value, str):
        value = _fields_in_words(value)
    if not value:
        return {}
    if not isinstance(value, Mapping) or not all(name and isinstance(name, str) for name in value.values()):
        raise OptionError(f"DEDUPE_NEWS_FIELDS must be a dict or 'text=body,title=headline', got {value!r}")
    if unknown := [name for name in value if name not in FIELDS]:
        raise OptionError(
            f"DEDUPE_NEWS_FIELDS names unknown fields: {', '.join(map(str, unknown))}; "
            f"known are {', '.join(FIELDS)}"
        )
    return dict(value)


def _fields_in_words(words: str) -> object:
    if words.lstrip().startswith("{"):
        try:
            return json.loads(words)
        except ValueError:
            return words
    pairs = [pair.partition("=") for pair in words.split(",") if pair.strip()]
    return {ours.strip(): theirs.strip() for ours, _, theirs in pairs}


def duration(value: object) -> timedelta | None:
    """Return how long ``DEDUPE_NEWS_TTL`` is: a number of seconds, or a number with its unit.

    >>> duration("30d"), duration("3600"), duration(None)
    (datetime.timedelta(days=30), datetime.timedelta(seconds=3600), None)
    """
    if value is None or value == "":
        return None
    if isinstance(value, timedelta):
        return value
    parts = re.fullmatch(r"\s*([0-9]{1,9}(?:\.[0-9]{1,6})?)\s*([smhdw]?)\s*", str(value))
    if parts is None or float(parts[1]) == 0:
        raise OptionError(
            f"DEDUPE_NEWS_TTL must be a number of seconds above 0, or one with a unit "
            f"({', '.join(_SECONDS)}) as in '30d', got {value!r}"
        )
    return timedelta(seconds=float(parts[1]) * _SECONDS[parts[2] or "s"])


def is_asked(argument: object) -> bool:
    """Return whether a spider's argument says yes.

    >>> is_asked("1"), is_asked("0"), is_asked(None)
    (True, False, False)
    """
    said = str(argument or "0").lower()
    if said not in ("1", "true", "yes", "0", "false", "no"):
        raise OptionError(f"dedupe_reset must be 1 or 0, got {argument!r}")
    return said in ("1", "true", "yes")
