"""What an index holds, as one who decides sees it: read when asked for, with one article more perhaps."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dedupe_news.article import Relation
from dedupe_news.index.packing import unpack_body, unpack_relation
from dedupe_news.index.store import Damaged, Store
from dedupe_news.match.clusters import canonical_order
from dedupe_news.match.comparison import Rank
from dedupe_news.match.keys import shingle_set
from dedupe_news.match.relations import count_common, judge
from dedupe_news.options import MatchOptions
from dedupe_news.pipeline.cleaning import compared

UInt64: TypeAlias = NDArray[np.uint64]

_BODIES, _SETS = 256, 128  # of articles asked for lately


class Row(NamedTuple):
    """An article of the index, without its text.

    Parameters
    ----------
    digest : bytes
        See `fingerprint.Fingerprint.digest`.
    first : int
        The row that is compared for all of the same body.
    canonical : int
        The row of the document it belongs to; its own, if that is itself.
    is_frame : bool
        Whether it stands in articles that are not related.
    relation : str or None
        What it is to the canonical article, in JSON.
    """

    row: int
    id: str
    digest: bytes
    num_tokens: int
    num_shingles: int
    num_keys: int
    published: str | None
    first: int
    canonical: int
    is_frame: bool
    relation: str | None

    @property
    def rank(self) -> Rank:
        """Sorts the article first that should stand for others."""
        return canonical_order(self.num_tokens, self.published, self.id)


_COLUMNS = (
    "row, id, body, body_rest, num_tokens, num_shingles, num_keys, published, "
    "first, canonical, frame, relation"
)


def split_digest(digest: bytes) -> tuple[int | None, int | None]:
    """Return a digest as the two numbers of its columns; no digest is no number."""
    if not digest:
        return None, None
    return int.from_bytes(digest[:8], "little", signed=True), int.from_bytes(
        digest[8:], "little", signed=True
    )


def _digest(left: int | None, right: int | None) -> bytes:
    if left is None or right is None:
        return b""
    return left.to_bytes(8, "little", signed=True) + right.to_bytes(8, "little", signed=True)


@dataclass(frozen=True)
class Newcomer:
    """An article that is not in the file yet, or is about to be the first of its body.

    Parameters
    ----------
    row : Row
    relations : dict
        What it is to those that are the first of other bodies, by row.
    instead_of : int or None
        The row that was the first of its body so far.
    """

    row: Row
    relations: dict[int, Relation] = field(default_factory=dict)
    instead_of: int | None = None


class View:
    """Reads rows, bodies, relations and groups within one transaction.

    Parameters
    ----------
    store : Store
    options : MatchOptions
    compiled : bool
        Whether loops read the texts.
    """

    def __init__(self, store: Store, options: MatchOptions, *, compiled: bool) -> None:
        self._store = store
        self.options = options
        self.compiled = compiled
        self.newcomer: Newcomer | None = None
        self._rows: dict[int, Row] = {}
        self._expected: dict[int, str] = {}

    @cached_property
    def body(self) -> Callable[[int], str]:
        """Return what is compared of the article of a row."""
        return lru_cache(_BODIES)(self._body)

    @cached_property
    def shingles(self) -> Callable[[int], UInt64]:
        """Return the distinct shingle hashes of the article of a row, sorted."""
        return lru_cache(_SETS)(self._shingles)

    def forget(self) -> None:
        """Forget what may have changed: rows, and the newcomer. Bodies never change."""
        self._rows = {}
        self.newcomer = None

    def expect(self, rows: Iterable[Row], bodies: Iterable[str]) -> None:
        """See articles that are about to be written."""
        for row, body in zip(rows, bodies, strict=True):
            self._rows[row.row] = row
            self._expected[row.row] = body

    def bring(self, newcomer: Newcomer) -> None:
        """See `newcomer` as part of the index."""
        self.newcomer = newcomer
        self._rows[newcomer.row.row] = newcomer.row

    def row(self, row: int) -> Row:
        """Return the article of a row."""
        if row not in self._rows:
            self._rows.update(self.rows([row]))
        if row not in self._rows:
            raise Damaged(f"article {row}, of which others speak, is missing")
        return self._rows[row]

    def rows(self, rows: Iterable[int]) -> dict[int, Row]:
        """Return the articles of those of `rows` that are still there."""
        known = {}
        missing = []
        for row in rows:
            if row in self._rows:
                known[row] = self._rows[row]
            else:
                missing.append(row)
        for row in missing:
            found = self._store.execute(f"SELECT {_COLUMNS} FROM article WHERE row = ?", (row,)).fetchone()
            if found:
                known[row] = self._rows[row] = _row(found)
        return known

    def id_of(self, row: int) -> str:
        """Return the id of an article; nothing, if it was taken out."""
        known = self.rows([row])
        return known[row].id if known else ""

    def by_id(self, id: str) -> Row | None:
        """Return the article with this id, if there is one."""
        found = self._store.execute(f"SELECT {_COLUMNS} FROM article WHERE id = ?", (id,)).fetchone()
        return _row(found) if found else None

    def by_ids(self, ids: Sequence[str]) -> dict[str, Row]:
        """Return the articles with these ids, as far as they are there."""
        if len(ids) <= 1:
            return {row.id: row for id in ids if (row := self.by_id(id))}
        found = self._store.execute(
            f"SELECT {_COLUMNS} FROM article WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(ids),)
        )
        known = {row.id: row for row in map(_row, found)}
        for id in ids:
            if "\0" in id and (row := self.by_id(id)):  # there SQLite ends a string of JSON
                known[id] = row
        return known

    def bodies_there(self, digests: Sequence[bytes]) -> set[bytes]:
        """Return which bodies an article of the file has."""
        if len(digests) == 1:
            query = "SELECT body, body_rest FROM article WHERE body = ?"
            return {_digest(*halves) for halves in self._store.execute(query, split_digest(digests[0])[:1])}
        left = json.dumps([split_digest(digest)[0] for digest in digests])
        found = self._store.execute(
            "SELECT body, body_rest FROM article WHERE body IN (SELECT value FROM json_each(?))", (left,)
        )
        return {_digest(*halves) for halves in found}

    def first_of_body(self, digest: bytes) -> Row | None:
        """Return the article that is compared for all of the same body, if there is one."""
        left, right = split_digest(digest)
        found = self._store.execute(
            f"SELECT {_COLUMNS} FROM article WHERE body = ? AND body_rest = ? AND row = first LIMIT 1",
            (left, right),
        ).fetchone()
        return _row(found) if found else None

    def equals(self, first: Row) -> list[Row]:
        """Return the articles of one body, the first of them first, then by rank."""
        if not first.digest:
            return [first]
        left, right = split_digest(first.digest)
        found = self._store.execute(
            f"SELECT {_COLUMNS} FROM article WHERE body = ? AND body_rest = ?", (left, right)
        )
        rows = {row[0]: _row(row) for row in found}
        if self.newcomer and self.newcomer.row.digest == first.digest:
            rows[self.newcomer.row.row] = self.newcomer.row
        return sorted(rows.values(), key=lambda row: row.rank)

    def _body(self, row: int) -> str:
        if row in self._expected:
            return self._expected[row]
        found = self._store.execute("SELECT packed FROM document WHERE row = ?", (row,)).fetchone()
        if found is None:
            raise Damaged(f"the text of article {row} is missing")
        return compared(*unpack_body(found[0]))

    def _shingles(self, row: int) -> UInt64:
        return shingle_set(self.body(row), self.options, compiled=self.compiled)

    def relations(self, row: int) -> dict[int, Relation]:
        """Return what the first of a body is to the firsts of others, by row, as it was found."""
        newcomer = self.newcomer
        if newcomer and newcomer.row.row == row:
            return dict(newcomer.relations)
        if newcomer and newcomer.instead_of == row:
            return {}
        found = self.stored_relations(row)
        if newcomer:
            found.pop(newcomer.instead_of or 0, None)
            if row in newcomer.relations:
                found[newcomer.row.row] = newcomer.relations[row]
        return found

    def stored_relations(self, row: int) -> dict[int, Relation]:
        """Return the relations of the first of a body as they stand in the file."""
        return {
            other: unpack_relation(said)
            for other, said in self._store.execute(
                'SELECT "right", said FROM relation WHERE "left" = ? '
                'UNION ALL SELECT "left", said FROM relation WHERE "right" = ?',
                (row, row),
            )
        }

    def num_relations(self, row: int) -> int:
        """Return how many relations of the first of a body are known."""
        (count,) = self._store.execute(
            'SELECT (SELECT count(*) FROM relation WHERE "left" = ?) '
            '+ (SELECT count(*) FROM relation WHERE "right" = ?)',
            (row, row),
        ).fetchone()
        return int(count)

    def see_frame(self, row: int, is_frame: bool) -> None:
        """See an article as a frame, or as none, from now on."""
        self._rows[row] = self.row(row)._replace(is_frame=is_frame)

    def know(self, rows: Iterable[Row]) -> None:
        """Keep rows that were read."""
        for row in rows:
            self._rows.setdefault(row.row, row)

    def first_of(self, row: int) -> int:
        """Return the row that is compared for all of the same body, as it is with the newcomer."""
        first = self.row(row).first
        return self.newcomer.row.row if self.newcomer and self.newcomer.instead_of == first else first

    def judged(self, left: Row, right: Row) -> Relation | None:
        """Return what the bodies of two articles are to each other."""
        if left.digest and left.digest == right.digest:
            return judge(self._text(left), self._text(right), 0, 0, 0, self.options)
        sets = self.shingles(left.row), self.shingles(right.row)
        return judge(
            self._text(left),
            self._text(right),
            len(sets[0]),
            len(sets[1]),
            count_common(*sets),
            self.options,
            compiled=self.compiled,
        )

    def _text(self, row: Row) -> _Text:
        return _Text(row.id, row.num_tokens, row.digest, row.row, self)


class _Text(NamedTuple):
    """What a verdict reads of an article; the body when it is asked for."""

    id: str
    num_tokens: int
    digest: bytes
    row: int
    view: View

    @property
    def body(self) -> str:
        return self.view.body(self.view.first_of(self.row))


def _row(found: tuple[object, ...]) -> Row:
    row, id, left, right, tokens, shingles, keys, published, first, canonical, frame, relation = found
    return Row(
        row,  # type: ignore[arg-type]
        id,  # type: ignore[arg-type]
        _digest(left, right),  # type: ignore[arg-type]
        tokens,  # type: ignore[arg-type]
        shingles,  # type: ignore[arg-type]
        keys,  # type: ignore[arg-type]
        published,  # type: ignore[arg-type]
        first,  # type: ignore[arg-type]
        canonical,  # type: ignore[arg-type]
        bool(frame),
        relation,  # type: ignore[arg-type]
    )
