"""A cleaned article as an index keeps it: packed, nothing lost."""

from __future__ import annotations

import json
from functools import cache
from typing import Any
from zlib import crc32

from dedupe_news.article import CleanArticle, Edit, Relation, Repeat, Span
from dedupe_news.errors import IndexFileError
from dedupe_news.index.store import Damaged
from dedupe_news.io.writing import finite, json_line

_KNOWN = ("title", "byline", "dateline", "standfirst", "url", "source", "published", "language")
_SMALL = 200  # bytes; less is not worth packing
_PLAIN, _LZ4 = b"\0", b"\1"
_CHECK_BYTES = 4


def pack(article: CleanArticle) -> bytes:
    """Return an article, without its id, in bytes; what `restore` rebuilds is left out.

    A value of `extra` that JSON has no kind for becomes text, as in the output of `dedupe`.
    """
    spans: list[int] = []
    at = 0
    for paragraph in article.paragraphs:
        start = at  # to look for a text as long as this one takes its time
        if not article.text.startswith(paragraph, at):
            start = article.text.find(paragraph, at)
        if start < 0:
            raise AssertionError(f"a paragraph of {article.id!r} does not stand in its text")
        at = start + len(paragraph)
        spans += (start, at)
    record: dict[str, Any] = {
        "text": article.text,
        "paragraphs": spans,
        **{name: value for name in _KNOWN if (value := getattr(article, name)) is not None},
    }
    if article.edits:
        record["edits"] = [
            (edit.rule, edit.start, edit.end, edit.before, edit.after) for edit in article.edits
        ]
    if article.repeats:
        record["repeats"] = [(*r.kept, *r.removed, r.similarity, r.seam) for r in article.repeats]
    if article.extra:
        record["extra"] = finite(dict(article.extra))
    line = json_line(record)[:-1]
    content = _PLAIN + line
    if len(line) >= _SMALL:
        content = _LZ4 + len(line).to_bytes(8, "little") + _codec().compress(line, asbytes=True)
    return crc32(content).to_bytes(_CHECK_BYTES, "little") + content


def unpack(id: str, packed: bytes) -> CleanArticle:
    """Return what was packed; its received text is rebuilt from its text and its edits.

    Raises
    ------
    IndexFileError
        If it is not what was written.
    """
    record = _record(packed)
    text: str = record["text"]
    known: dict[str, Any] = {name: record.get(name) for name in _KNOWN}
    article = CleanArticle(
        id=id,
        text=text,
        paragraphs=_paragraphs(record),
        edits=tuple(Edit(*edit) for edit in record.get("edits", ())),
        repeats=tuple(
            Repeat(Span(*repeat[:2]), Span(*repeat[2:4]), *repeat[4:]) for repeat in record.get("repeats", ())
        ),
        extra=record.get("extra", {}),
        **known,
    )
    object.__setattr__(article, "original", article.restore())  # not shown to anyone before
    return article


def unpack_body(packed: bytes) -> tuple[str, str]:
    """Return the body and the whole text of a packed article."""
    record = _record(packed)
    return "\n\n".join(_paragraphs(record)), record["text"]


def pack_relation(relation: Relation) -> str:
    """Return a relation as JSON."""
    return json.dumps(
        [
            relation.left,
            relation.right,
            relation.kind,
            relation.jaccard,
            relation.containment,
            relation.evidence,
        ]
    )


def unpack_relation(said: str) -> Relation:
    """Return what `pack_relation` packed: the numbers to the last bit.

    Raises
    ------
    Damaged
        If it is not what was written.
    """
    try:
        left, right, kind, jaccard, containment, evidence = json.loads(said)
        return Relation(left, right, kind, jaccard, containment, tuple(evidence))
    except (TypeError, ValueError) as error:
        raise Damaged(f"a relation is not to be read: {error}") from error


def _paragraphs(record: dict[str, Any]) -> tuple[str, ...]:
    text, spans = record["text"], record["paragraphs"]
    return tuple(text[start:end] for start, end in zip(spans[::2], spans[1::2], strict=True))


def _record(packed: bytes) -> dict[str, Any]:
    import orjson

    content = packed[_CHECK_BYTES:]
    if crc32(content) != int.from_bytes(packed[:_CHECK_BYTES], "little"):
        raise IndexFileError("an article in the index is not as it was written: the file is damaged")
    line = content[1:]
    if content[:1] == _LZ4:
        size = int.from_bytes(content[1:9], "little")
        line = _codec().decompress(content[9:], decompressed_size=size, asbytes=True)
    try:
        record: dict[str, Any] = orjson.loads(line)
    except orjson.JSONDecodeError:  # an escaped lone surrogate, which Python can hold
        record = json.loads(line)
    return record


@cache
def _codec() -> Any:
    from pyarrow import Codec

    return Codec("lz4_raw")
