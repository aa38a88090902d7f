"""From what callers hold (a string, a dict, an Article) to an Article with an id."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from dedupe_news.article import Article
from dedupe_news.errors import ArticleError, listed

_FIELDS = frozenset(field.name for field in fields(Article)) - {"text", "extra"}


def as_article(value: str | Mapping[str, Any] | Article) -> Article:
    """Return `value` as an Article; unknown keys of a mapping go to `extra`.

    Raises
    ------
    ArticleError
        If `value` is none of the three, if `text` is missing or no string, or if a known
        field is of the wrong kind.
    """
    if isinstance(value, Article):
        _require_text(value.text)
        for name in sorted(_FIELDS):
            item = getattr(value, name)
            if item is not None and not isinstance(item, str):
                raise _wrong_kind(name, item)
        return value
    if isinstance(value, str):
        return Article(text=value)
    if not isinstance(value, Mapping):
        raise ArticleError(f"an article is a str, a dict or an Article, got {type(value).__name__}")
    if "text" not in value:
        keys = listed([str(key) for key in value])
        raise ArticleError(f"an article needs a 'text'; the keys here are: {keys}")
    _require_text(value["text"])
    known: dict[str, str | None] = {}
    extra: dict[str, Any] = {}
    for key, item in value.items():
        if key in _FIELDS:
            known[key] = _field_text(key, item)
        elif key == "extra" and isinstance(item, Mapping):
            extra.update(item)
        elif key != "text":
            extra[key] = item
    return Article(text=value["text"], extra=extra, **known)


def text_id(text: str) -> str:
    """Return the id of an article that came without one: 16 hex digits of BLAKE2b.

    >>> text_id("A storm hit the coast.")
    'c98bf332ec5ff285'
    """
    # A lone surrogate is no UTF-8, but it is a string that Python can hold, so it has an id.
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _require_text(text: object) -> None:
    if not isinstance(text, str):
        raise ArticleError(f"'text' must be a string, got {type(text).__name__}")


def _field_text(name: str, item: object) -> str | None:
    if item is None or isinstance(item, str):
        return item
    if name == "id" and isinstance(item, int) and not isinstance(item, bool):
        return str(item)
    if name == "published" and isinstance(item, date):  # a datetime is a date
        return item.isoformat()
    raise _wrong_kind(name, item)


def _wrong_kind(name: str, item: object) -> ArticleError:
    return ArticleError(f"'{name}' must be a string or null, got {type(item).__name__}")
