"""From documents to JSON lines or text. The keys are the attribute names of the contract."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date, time
from typing import Any

from dedupe_news.article import (
    CanonicalDocument,
    Change,
    CleanArticle,
    Duplicate,
    Edit,
    Match,
    Reject,
    Relation,
    Repeat,
)

TEXT_SEPARATOR = "=" * 72

# Keys of `extra` with one of these names would hide what we say, so they come out under "extra".
OUR_KEYS = frozenset(field.name for field in fields(CanonicalDocument)) | {"body", "duplicate_of", "relation"}


def document_record(document: CleanArticle, *, with_original: bool = False) -> dict[str, Any]:
    """Return a document as a dict that JSON can hold, with the same keys every time.

    What the text does not hold is ``None``. `extra` comes out at the top, as it came in; only
    keys that are also ours (``body`` in the output of another tool) come out under ``extra``.

    >>> document_record(CleanArticle(id="a", text="Hi.", extra={"section": "x"}))["section"]
    'x'
    """
    record: dict[str, Any] = {
        "id": document.id,
        "title": document.title,
        "byline": document.byline,
        "dateline": document.dateline,
        "standfirst": document.standfirst,
        "paragraphs": list(document.paragraphs),
        "body": document.body,
        "text": document.text,
        "url": document.url,
        "source": document.source,
        "published": document.published,
        "language": document.language,
    }
    if isinstance(document, CanonicalDocument):
        record |= verdict_record(document.sources, document.duplicates)
    record |= changes_record(document)
    if with_original:
        record["original"] = document.original
    return record | _extra_keys(document.extra)


def _extra_keys(extra: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys to add at the top: a name of ours, however it came, never among them."""
    plain = {key: value for key, value in extra.items() if key not in OUR_KEYS}
    hidden = {key: value for key, value in extra.items() if key in OUR_KEYS}
    return {**plain, "extra": hidden} if hidden else plain


def changes_record(document: CleanArticle) -> dict[str, Any]:
    """Return as a dict what was changed in a document, and where the witnesses stand."""
    return {
        "edits": [edit_record(edit) for edit in document.edits],
        "repeats": [repeat_record(repeat) for repeat in document.repeats],
    }


def verdict_record(sources: Sequence[str], duplicates: Sequence[Duplicate]) -> dict[str, Any]:
    """Return as a dict what a canonical document stands for."""
    return {
        "sources": list(sources),
        "duplicates": [duplicate_record(duplicate) for duplicate in duplicates],
    }


def edit_record(edit: Edit) -> dict[str, Any]:
    """Return an edit as a dict; `start` and `end` count code points of the received text."""
    return {
        "rule": edit.rule,
        "start": edit.start,
        "end": edit.end,
        "before": edit.before,
        "after": edit.after,
    }


def repeat_record(repeat: Repeat) -> dict[str, Any]:
    """Return a repeat as a dict; a span is ``[start, end]`` in the received text."""
    return {
        "kept": list(repeat.kept),
        "removed": list(repeat.removed),
        "similarity": repeat.similarity,
        "seam": repeat.seam,
    }


def relation_record(relation: Relation) -> dict[str, Any]:
    """Return a relation as a dict."""
    return {
        "left": relation.left,
        "right": relation.right,
        "kind": relation.kind,
        "jaccard": relation.jaccard,
        "containment": relation.containment,
        "evidence": list(relation.evidence),
    }


def duplicate_record(duplicate: Duplicate) -> dict[str, Any]:
    """Return a duplicate as a dict."""
    return {"id": duplicate.id, "relation": relation_record(duplicate.relation)}


def match_record(match: Match) -> dict[str, Any]:
    """Return as a dict what an index says of an article, without the article."""
    return {
        "id": match.id,
        "outcome": match.outcome,
        "canonical_id": match.canonical_id,
        "relation": match.relation and relation_record(match.relation),
        "changes": [change_record(change) for change in match.changes],
    }


def change_record(change: Change) -> dict[str, Any]:
    """Return as a dict which document an article belonged to, and which it belongs to now."""
    return {"id": change.id, "before": change.before, "after": change.after}


def reject_record(reject: Reject) -> dict[str, Any]:
    """Return a reject as a dict, the record as it was received."""
    return {"place": reject.place, "reason": reject.reason, "record": reject.record}


def inner_json(value: Mapping[str, Any]) -> bytes:
    """Return the members of an object as JSON, without the braces around them.

    >>> inner_json({"id": "a", "title": None}), inner_json({})
    (b'"id":"a","title":null', b'')
    """
    return json_line(value)[1:-2]


def json_line(value: Mapping[str, Any]) -> bytes:
    r"""Return `value` as one line of JSON, without loss.

    What JSON has no kind for becomes text: dates and times in ISO 8601, bytes in Base64, decimals
    in digits, and numbers that are none as ``NaN``, ``Infinity`` and ``-Infinity``.

    >>> json_line({"title": "Überfahrt"}).decode()
    '{"title":"Überfahrt"}\n'
    >>> json_line({"title": "cut in an emoji: \ud83d"}).decode()
    '{"title":"cut in an emoji: \\ud83d"}\n'
    >>> json_line({"day": date(2024, 5, 3), "score": math.nan}).decode()
    '{"day":"2024-05-03","score":"NaN"}\n'
    """
    import orjson

    plain = {key: item if key in OUR_KEYS else finite(item) for key, item in value.items()}
    try:
        return orjson.dumps(
            plain, default=_as_text, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_PASSTHROUGH_DATETIME
        )
    except TypeError:  # a lone surrogate, or an integer beyond 64 bits: escapes and digits hold them
        line = json.dumps(plain, allow_nan=False, separators=(",", ":"), default=_as_text)
        return line.encode("ascii") + b"\n"


def finite(value: Any) -> Any:
    """Return `value` with text for the numbers that JSON does not have: orjson would write null."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value


def _as_text(value: Any) -> str:
    """Return as text what JSON has no kind for."""
    if isinstance(value, date | time):  # a datetime is a date
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return str(value)


def text_block(text: str, *, first: bool) -> bytes:
    """Return `text` as it stands in a text file: a line of 72 equals signs before all but the first."""
    separator = "" if first else f"\n{TEXT_SEPARATOR}\n\n"
    # A lone surrogate has no UTF-8; its escape is at least visible. JSON lines lose nothing.
    return (separator + text.rstrip("\n") + "\n").encode("utf-8", "backslashreplace")
