"""From a scraped item to an article, and back: which field holds what, of any type of item."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any, NamedTuple

from itemadapter import ItemAdapter

from dedupe_news import ArticleError, CleanArticle, Match
from dedupe_news.io.fields import usual_fields

RECEIVED = ("text", "id", "title", "byline", "url", "source", "published", "language")
"""What is read from an item."""

FOUND = ("title", "byline", "dateline", "standfirst", "body")
"""What is written into an item where its own field is empty; `body` only if it is asked for."""

TAGS = ("duplicate_of", "relation", "supersedes")
"""What is written into an item that is tagged."""

FIELDS = tuple(dict.fromkeys((*RECEIVED, *FOUND, *TAGS)))


class Reading(NamedTuple):
    """An article as an item holds it, and of our names the item's own."""

    article: dict[str, Any]
    names: dict[str, str]


def read_item(item: ItemAdapter, asked: Mapping[str, str]) -> Reading | None:
    """Return the article that an item holds, or None if it holds no text.

    The id is the field that was asked for, if it is set, or else the address: a page that is fetched
    again is the same article. Only an item without an address is known by its own id.

    Raises
    ------
    ArticleError
        If it cannot be told which field is the text, or if one that was asked for is of the wrong kind.
    """
    values = {name: inner(value) for name, value in item.items() if not is_blank(value)}
    text_field = asked.get("text") or _text_field(values)
    if text_field is None or text_field not in values:
        return None
    text = values[text_field]
    if isinstance(text, list | tuple):
        raise ArticleError(f"{text_field!r} is a list of {len(text)} strings: join them in the spider")
    names = {"text": text_field}
    for ours in RECEIVED[1:]:
        theirs = asked.get(ours) or _guess(ours, values, taken=names.values())
        if theirs is not None and theirs in values:
            names[ours] = theirs
    if "url" in names and ("id" not in asked or "id" not in names):
        names["id"] = names["url"]
    article = {ours: values[theirs] for ours, theirs in names.items()}
    if isinstance(article.get("id"), int):
        article["id"] = str(article["id"])
    return Reading(article, names)


def inner(value: Any) -> Any:
    """Return what is meant by a list of one: item loaders make one of every value."""
    return value[0] if _is_list_of_one(value) else value


def _is_list_of_one(value: object) -> bool:
    return isinstance(value, list | tuple) and len(value) == 1


def is_blank(value: object) -> bool:
    r"""Return whether a field says nothing.

    >>> is_blank(None), is_blank(" \n"), is_blank([""]), is_blank("a"), is_blank(0)
    (True, True, True, False, False)
    """
    value = inner(value)
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, list | tuple) and not value)


def _text_field(values: Mapping[str, Any]) -> str | None:
    may_be = {name: value for name, value in values.items() if isinstance(value, str | list | tuple)}
    if "text" in may_be:
        return "text"
    found = usual_fields("text", may_be)
    if len(found) > 1:
        both = " and ".join(map(repr, found))
        raise ArticleError(
            f"{both} may each be the text; name the one: DEDUPE_NEWS_FIELDS = {{'text': {found[0]!r}}}"
        )
    return found[0] if found else None


def _guess(ours: str, values: Mapping[str, Any], taken: Collection[str]) -> str | None:
    free = [name for name, value in values.items() if name not in taken and _is_usable(ours, value)]
    return ours if ours in free else next(iter(usual_fields(ours, free)), None)


def _is_usable(ours: str, value: object) -> bool:
    """Whether a value of this kind may stand in our field: a guess must not spoil a good item."""
    if isinstance(value, str):
        return True
    if ours == "published":
        return isinstance(value, date)
    return ours == "id" and isinstance(value, int) and not isinstance(value, bool)


def write_clean(item: ItemAdapter, reading: Reading, clean: CleanArticle, asked: Mapping[str, str]) -> None:
    """Put the clean text where the received one stood, and what was found into fields that are empty.

    Raises
    ------
    ArticleError
        If a field that was asked for cannot be written.
    """
    text_field = reading.names["text"]
    item[text_field] = [clean.text] if _is_list_of_one(item[text_field]) else clean.text
    for ours in FOUND:
        value = getattr(clean, ours)
        theirs = asked.get(ours) or _own_field(item, ours)
        if value and theirs and is_blank(item.get(theirs)):
            _write(item, ours, theirs, value)


def _own_field(item: ItemAdapter, ours: str) -> str | None:
    return None if ours == "body" else next(iter(usual_fields(ours, item.field_names())), None)


def write_tags(item: ItemAdapter, match: Match, duplicate_of: str | None, asked: Mapping[str, str]) -> None:
    """Say in an item what it repeats, in the words of ``dedupe --annotate``, and which ids it stands for now.

    An item with fixed fields must have a `duplicate_of`; the others are written where they are declared.

    Raises
    ------
    ArticleError
        If it has not, or if a field that was asked for cannot be written.
    """
    relation = match.relation if duplicate_of else None
    tags = {
        "duplicate_of": duplicate_of,
        "relation": asdict(relation) if relation else None,
        "supersedes": [] if duplicate_of else stood_before(match),
    }
    for ours, value in tags.items():
        is_needed = ours == "duplicate_of" or ours in asked
        theirs = asked.get(ours, ours)
        if is_needed or isinstance(item.item, dict) or theirs in item.field_names():
            _write(item, ours, theirs, value)


def stood_before(match: Match) -> list[str]:
    """Return the ids of those for which an article stands from now on, and which stood for a story before."""
    return [change.id for change in match.changes if change.id == change.before and change.after == match.id]


def _write(item: ItemAdapter, ours: str, theirs: str, value: object) -> None:
    try:
        item[theirs] = value
    except KeyError:
        raise ArticleError(
            f"{type(item.item).__name__} has no field {theirs!r} for {ours}: declare it, "
            f"or name another: DEDUPE_NEWS_FIELDS = {{{ours!r}: ...}}"
        ) from None
