"""What an index holds, read through: canonical documents, and the texts that are compared."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from dedupe_news.article import CanonicalDocument, CleanArticle, Duplicate
from dedupe_news.index.packing import unpack, unpack_body, unpack_relation
from dedupe_news.index.store import Store
from dedupe_news.pipeline.cleaning import compared

_DOCUMENTS, _BODIES = 256, 1024  # read at a time: writers go on in between


def iter_documents(store: Store) -> Iterator[CanonicalDocument]:
    """Yield each story once, with what it stands for, in the order in which they came."""
    last = 0
    while True:
        with store.reading():
            rows = store.execute(
                "SELECT article.row, id, packed FROM article JOIN document USING (row) "
                "WHERE canonical = article.row AND article.row > ? ORDER BY article.row LIMIT ?",
                (last, _DOCUMENTS),
            ).fetchall()
            documents = [_document(store, row, unpack(id, packed)) for row, id, packed in rows]
        yield from documents
        if not rows:
            return
        last = rows[-1][0]


def document_of(store: Store, id: str) -> CanonicalDocument | None:
    """Return the canonical document of an article, if there is an article with this id."""
    with store.reading():
        found = store.execute(
            "SELECT canonical.row, canonical.id, packed FROM article "
            "JOIN article AS canonical ON canonical.row = article.canonical "
            "JOIN document ON document.row = canonical.row WHERE article.id = ?",
            (id,),
        ).fetchone()
        if found is None:
            return None
        row, canonical_id, packed = found
        return _document(store, row, unpack(canonical_id, packed))


def _document(store: Store, row: int, article: CleanArticle) -> CanonicalDocument:
    sources = [article.source or article.url]
    duplicates = []
    for id, said, packed in store.execute(
        "SELECT id, relation, packed FROM article JOIN document USING (row) "
        "WHERE canonical = ? AND canonical <> article.row ORDER BY article.row",
        (row,),
    ):
        member = unpack(id, packed)
        sources.append(member.source or member.url)
        duplicates.append(Duplicate(id, unpack_relation(said)))
    fields = {item.name: getattr(article, item.name) for item in dataclasses.fields(CleanArticle)}
    return CanonicalDocument(
        **fields,
        duplicates=tuple(duplicates),
        sources=tuple(dict.fromkeys(source for source in sources if source)),
    )


def iter_bodies(store: Store, *, only_documents: bool) -> Iterator[list[tuple[str, str]]]:
    """Yield ids and what is compared, in batches."""
    which = "canonical = article.row AND" if only_documents else ""
    last = 0
    while True:
        with store.reading():
            rows = store.execute(
                f"SELECT article.row, id, packed FROM article JOIN document USING (row) "
                f"WHERE {which} article.row > ? ORDER BY article.row LIMIT ?",
                (last, _BODIES),
            ).fetchall()
        if not rows:
            return
        yield [(id, compared(*unpack_body(packed))) for _, id, packed in rows]
        last = rows[-1][0]
