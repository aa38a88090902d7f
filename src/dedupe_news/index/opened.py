"""The index that a scraper keeps, and asks whether it has a story already."""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

import dedupe_news
from dedupe_news.article import (
    Article,
    CanonicalDocument,
    Change,
    CleanArticle,
    Duplicate,
    Match,
    Reject,
    Relation,
)
from dedupe_news.errors import ArticleError, IndexFileError, IndexMismatchError
from dedupe_news.index.packing import pack, pack_relation, unpack, unpack_body, unpack_relation
from dedupe_news.index.placing import Belongs, Placement, place_equal, place_left, place_newcomer
from dedupe_news.index.postings import Postings, SegmentGone
from dedupe_news.index.segments import Segment, UInt32, UInt64
from dedupe_news.index.store import Store
from dedupe_news.index.view import Newcomer, Row, View, split_digest
from dedupe_news.intake import as_article, text_id
from dedupe_news.machine import num_cores
from dedupe_news.match.columns import Int64
from dedupe_news.match.fingerprint import FINGERPRINT_VERSION
from dedupe_news.match.keys import KEYS_VERSION, KeyColumns, needed_hits, read_keys
from dedupe_news.options import CleanOptions, MatchOptions, match_options
from dedupe_news.pipeline.articles import clean_article_or_leave
from dedupe_news.pipeline.identity import text_digest
from dedupe_news.pipeline.matching import compared, compared_text
from dedupe_news.pipeline.stories import SAME_AGAIN

_COMPILED_FROM = 1_000_000
"""From so many characters on loops are loaded: it takes a second, in which Python reads as many."""

_BATCH_CHARACTERS = 8_000_000
_BATCH_ARTICLES = 4096
_SELF_JOIN_FROM = 2
_TRIES = 5
_FEW_SHINGLES = 7
"""Two articles of which one has more share two keys at least, if they are related."""

_AS_MADE: Any = object()


class _Read(NamedTuple):
    """An article, cleaned and read."""

    received: Article
    cleaned: CleanArticle
    body: str
    text_digest: bytes
    digest: bytes
    num_tokens: int
    num_shingles: int
    keys: UInt32


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexStats:
    """What an index holds.

    Parameters
    ----------
    articles, documents, duplicates : int
        ``articles == documents + duplicates``.
    oldest, newest : datetime or None
        When an article was last seen, in local time.
    bytes : int
        All files of the index.
    fingerprint_bytes : int
        Of these, what finds and compares: keys, digests, relations, without texts.
    segments : int
        Files of keys.
    options : dict
        What the index was made with.
    """

    articles: int
    documents: int
    duplicates: int
    oldest: datetime | None
    newest: datetime | None
    bytes: int
    fingerprint_bytes: int
    segments: int
    options: Mapping[str, Any]


class Index:
    """A collection that is kept: each article is compared with all that came before.

    Parameters
    ----------
    path : str or path
        An SQLite file, made if it is missing. Beside it stand files of SQLite's own (``-wal``, ``-shm``)
        and a folder ``-keys`` that is made again when it is lost.
    clean : CleanOptions or None, optional
        How texts are cleaned; ``None`` takes them as they are. By default as the file was made, or the
        defaults of `CleanOptions` for a new one.
    match : str or MatchOptions, optional
        As in `dedupe_news.dedupe`; by default as the file was made, or ``"news"``.
    read_only : bool
        Open what is there, to ask; nothing is made or changed.

    Raises
    ------
    IndexMismatchError
        If the file was made with other options, or by a version that reads texts in another way.
    IndexFileError
        If the file cannot be opened, or is no index.
    OptionError
        If an option is out of range.

    Notes
    -----
    Several processes may use one file: readers never wait, writers wait their turn. One object is used
    by one thread at a time. What `add` has returned outlasts a power cut.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        clean: CleanOptions | None = _AS_MADE,
        match: str | MatchOptions = _AS_MADE,
        read_only: bool = False,
    ) -> None:
        self._store = Store(Path(path), read_only=read_only)
        try:
            self._clean, self._match = self._options(clean, match)
        except BaseException:
            self._store.close()
            raise
        self._postings = Postings(self._store, self._keys_again)
        self._num_chars_read = 0

    # --- what it was made with -----------------------------------------------------------------

    def _options(self, clean: Any, match: Any) -> tuple[CleanOptions | None, MatchOptions]:
        asked: dict[str, Any] = {}
        if clean is not _AS_MADE:
            asked |= _named("clean", clean)
        if match is not _AS_MADE:
            asked |= _named("match", match_options(match))
        made = self._store.meta()
        if not made:
            if self._store.read_only:
                raise IndexFileError(f"the index {self._store.path} was never filled")
            now = {
                **_named("clean", CleanOptions()),
                **_named("match", MatchOptions()),
            }
            if clean is None:
                now = {name: value for name, value in now.items() if not name.startswith("clean")}
            now |= asked
            versions = {"fingerprint_version": FINGERPRINT_VERSION, "keys_version": KEYS_VERSION}
            with self._store.writing():
                made = self._store.meta()  # another process may have been faster
                if not made:
                    self._store.remember({**now, **versions, "made_by": dedupe_news.__version__})
                    made = self._store.meta()
        self._require("fingerprint_version", made, FINGERPRINT_VERSION)
        self._require("keys_version", made, KEYS_VERSION)
        for name, value in asked.items():
            self._require(name, made, value)
        return _clean_options(made), _match_options(made)

    def _require(self, name: str, made: Mapping[str, Any], value: Any) -> None:
        if made.get(name) != value:
            raise IndexMismatchError(
                f"the index {self._store.path} was made with {name}={made.get(name)!r}, asked for {value!r}: "
                "drop the option, or make another index from `dedupe index export`"
            )

    # --- asking and adding ---------------------------------------------------------------------

    def add(
        self, article: str | Mapping[str, Any] | Article, *, seen: datetime | float | None = None
    ) -> Match:
        """Take an article, and say what it is to those that are there.

        Parameters
        ----------
        article : str, mapping or Article
            What was received; cleaned first.
        seen : datetime or float, optional
            When, for `expire`; a float counts seconds as `time.time` does, which is the default.

        Raises
        ------
        ArticleError
            If it is no article, or its id is that of another text: then `replace` it.
        """
        [match] = self._add([self._cleaned(article)], _seconds(seen), rejects=None)
        return match

    def add_many(
        self,
        articles: Iterable[str | Mapping[str, Any] | Article],
        *,
        seen: datetime | float | None = None,
        rejects: list[Reject] | None = None,
    ) -> list[Match]:
        """Take many articles, as if one after the other, much faster.

        Parameters
        ----------
        articles : iterable of str, mapping or Article
        seen : datetime or float, optional
            See `add`.
        rejects : list, optional
            Gets what cannot be taken, with the reason.

        Returns
        -------
        list of Match
            Of each article that was taken, in order.

        Raises
        ------
        ArticleError
            If one cannot be taken and there is no list of `rejects`; of its batch of a few thousand none
            is added then, all before are.
        """
        seconds = _seconds(seen)
        matches: list[Match] = []
        source = enumerate(articles, start=1)
        while batch := self._batch(source, rejects):
            matches += self._add(batch, seconds, rejects=rejects)
        return matches

    def _batch(
        self, source: Iterator[tuple[int, Any]], rejects: list[Reject] | None
    ) -> list[tuple[str, Article, CleanArticle]]:
        """Return the next articles of `source`, cleaned; none at its end."""
        batch: list[tuple[str, Article, CleanArticle]] = []
        num_chars = 0
        for number, value in source:
            try:
                cleaned = self._cleaned(value, f"article {number}")
            except ArticleError as error:
                if rejects is None:
                    raise
                rejects.append(Reject(f"article {number}", str(error), value))
                continue
            batch.append(cleaned)
            num_chars += len(cleaned[1].text)
            if len(batch) == _BATCH_ARTICLES or num_chars >= _BATCH_CHARACTERS:
                break
        return batch

    def query(self, article: str | Mapping[str, Any] | Article) -> Match:
        """Return what `add` would return, and change nothing."""
        [read] = self._read([self._cleaned(article)])
        for attempt in range(_TRIES):
            try:
                with self._store.reading():
                    self._postings.refresh(may_write=False, compiled=self._compiled)
                    return self._asked(read)
            except SegmentGone as error:
                # Most likely merged into another just now; the next look sees that one.
                if attempt == _TRIES - 1 and self._store.read_only:
                    raise IndexFileError(
                        f"the index {self._store.path} misses a file: {error}; open it once for writing, "
                        "and it is made again"
                    ) from error
                if attempt == _TRIES - 2 and not self._store.read_only:
                    with self._writing():
                        pass
        raise IndexFileError(f"the index {self._store.path} changes faster than it can be read; try again")

    def _asked(self, read: _Read) -> Match:
        view = self._view()
        id, known = self._identity(read, view, {})
        if known is not None:
            return self._again(read, known, view)
        (top,) = self._store.execute("SELECT coalesce(max(row), 0) FROM article").fetchone()
        row = _new_row(int(top) + 1, id, read)
        placement, _ = self._place(view, row, self._found(view, [row], [read]).get(row.row, {}))
        return self._match_of(view, row, read, placement)

    def _add(
        self,
        articles: Sequence[tuple[str, Article, CleanArticle]],
        seconds: float,
        *,
        rejects: list[Reject] | None,
    ) -> list[Match]:
        reads = self._read(articles)
        packed = [pack(read.cleaned) for read in reads]
        places = [place for place, _, _ in articles]
        with self._writing():
            return self._take_in(self._view(), reads, packed, seconds, places, rejects)

    def _take_in(
        self,
        view: View,
        reads: Sequence[_Read],
        packed: Sequence[bytes],
        seconds: float,
        places: Sequence[str],
        rejects: list[Reject] | None,
    ) -> list[Match]:
        """Write articles within a transaction."""
        top = self._store.execute("SELECT seq FROM sqlite_sequence WHERE name = 'article'").fetchone()
        next_row = (top[0] if top else 0) + 1
        taken: dict[str, tuple[int, bytes]] = {}
        new: list[tuple[int, Row]] = []  # its number among `reads`, and its row
        again: list[tuple[int, str]] = []
        for number, read in enumerate(reads):
            try:
                id, known = self._identity(read, view, taken)
            except ArticleError as error:
                if rejects is None:
                    raise
                place = places[number]
                rejects.append(Reject(place, str(error), read.received))
                continue
            if known is not None or id in taken:
                again.append((number, id))
                continue
            row = _new_row(next_row + len(new), id, read)
            taken[id] = row.row, read.text_digest
            new.append((number, row))
        outcome: dict[int, Match] = {}
        if new:
            rows = [row for _, row in new]
            new_reads = [reads[number] for number, _ in new]
            found = self._found(view, rows, new_reads)
            for (number, row), read in zip(new, new_reads, strict=True):
                outcome[number] = self._insert(view, row, read, found.get(row.row, {}), seconds)
            self._store.executemany(
                "INSERT INTO document VALUES (?, ?)", [(row.row, packed[number]) for number, row in new]
            )
            sizes = [len(read.keys) for read in new_reads]
            self._postings.add(
                np.array([row.row for row in rows], dtype=np.int64),
                new_reads[0].keys if len(new) == 1 else np.concatenate([read.keys for read in new_reads]),
                np.cumsum(sizes),
                compiled=self._compiled,
            )
        for number, id in again:
            known = view.by_id(id)
            if known is None:
                raise AssertionError(f"{id} was there, and is no more")
            outcome[number] = self._again(reads[number], known, view)
        self._store.executemany(
            "UPDATE article SET seen = max(seen, ?) WHERE id = ?", [(seconds, id) for _, id in again]
        )
        return [outcome[number] for number in sorted(outcome)]

    def _insert(
        self, view: View, row: Row, read: _Read, relations: dict[int, Relation], seconds: float
    ) -> Match:
        """Write an article, its relations, and what changes by it."""
        placement, row = self._place(view, row, relations)
        newcomer = view.newcomer
        if newcomer and newcomer.instead_of:
            self._store.execute(
                'DELETE FROM relation WHERE "left" = ? OR "right" = ?',
                (newcomer.instead_of, newcomer.instead_of),
            )
            self._store.execute(
                "UPDATE article SET first = ? WHERE first = ?", (row.row, newcomer.instead_of)
            )
        canonical, relation = placement.belongs[row.row]
        self._store.execute(
            "INSERT INTO article (row, id, text_digest, body, body_rest, num_tokens, num_shingles, num_keys, "
            "published, seen, first, canonical, frame, relation) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                row.row,
                row.id,
                read.text_digest,
                *split_digest(row.digest),
                row.num_tokens,
                row.num_shingles,
                row.num_keys,
                row.published,
                seconds,
                row.first,
                canonical,
                placement.frames.get(row.row, False),
                relation and pack_relation(relation),
            ),
        )
        if newcomer and newcomer.relations:
            self._keep_relations(row.row, newcomer.relations)
        match = self._match_of(view, row, read, placement)
        self._write_placement(view, placement, but=row.row)
        view.forget()
        return match

    def _keep_relations(self, row: int, relations: Mapping[int, Relation]) -> None:
        self._store.executemany(
            "INSERT OR REPLACE INTO relation VALUES (?, ?, ?)",
            [
                (min(row, other), max(row, other), pack_relation(relation))
                for other, relation in relations.items()
            ],
        )

    def _write_placement(self, view: View, placement: Placement, *, but: int = 0) -> None:
        changed = [
            (canonical, relation and pack_relation(relation), row)
            for row, (canonical, relation) in placement.belongs.items()
            if row != but and _is_other(view.row(row), canonical, relation)
        ]
        if changed:
            self._store.executemany("UPDATE article SET canonical = ?, relation = ? WHERE row = ?", changed)
        frames = [(is_frame, row) for row, is_frame in placement.frames.items() if row != but]
        if frames:
            self._store.executemany("UPDATE article SET frame = ? WHERE row = ?", frames)

    def _place(self, view: View, row: Row, relations: dict[int, Relation]) -> tuple[Placement, Row]:
        """Return where a new article belongs, and its row, which may be compared by another's."""
        first = view.first_of_body(row.digest) if row.digest else None
        if first is not None and first.rank < row.rank:
            row = row._replace(first=first.row)
            view.bring(Newcomer(row))
            return Placement({row.row: place_equal(view, row, first)}), row
        # Of what came with it, some may be compared by another by now.
        relations = {other: found for other, found in relations.items() if view.row(other).first == other}
        view.bring(Newcomer(row, relations, first.row if first else None))
        return place_newcomer(view), row

    def _match_of(self, view: View, row: Row, read: _Read, placement: Placement) -> Match:
        canonical, relation = placement.belongs[row.row]
        changes = self._changes(view, placement, but=row.row)
        canonical_id = view.row(canonical).id
        related = list(view.newcomer.relations.values()) if view.newcomer else []
        if canonical != row.row:
            outcome = "duplicate"
        else:
            # The document before stands for itself no more, but belongs to this one now.
            mine = [
                other for other, (its, _) in placement.belongs.items() if its == row.row and other != row.row
            ]
            outcome = "better" if mine else "new"
            if mine:
                stood = [other for other in mine if view.row(other).canonical == other]
                before = min(stood or mine, key=lambda other: view.row(other).rank)
                relation = placement.belongs[before][1]
        if relation is not None and all(
            (relation.left, relation.right) != (one.left, one.right) for one in related
        ):
            related.append(relation)
        return Match(
            id=row.id,
            outcome=outcome,  # type: ignore[arg-type]
            canonical_id=canonical_id,
            relation=relation,
            article=dataclasses.replace(read.cleaned, id=row.id),
            related=tuple(sorted(related, key=lambda one: (one.left, one.right))),
            changes=changes,
        )

    def _changes(self, view: View, placement: Placement, *, but: int) -> tuple[Change, ...]:
        changes = []
        for other, (canonical, _) in placement.belongs.items():
            before = view.row(other).canonical
            if other != but and canonical != before:
                before_id = view.id_of(before)
                changes.append(Change(view.row(other).id, before_id, view.row(canonical).id))
        return tuple(sorted(changes, key=lambda change: change.id))

    def _again(self, read: _Read, known: Row, view: View) -> Match:
        if known.canonical == known.row:
            canonical_id, relation = known.id, Relation(known.id, known.id, "exact", 1.0, 1.0, SAME_AGAIN)
        else:
            canonical_id, relation = view.row(known.canonical).id, unpack_relation(str(known.relation))
        return Match(
            id=known.id,
            outcome="again",
            canonical_id=canonical_id,
            relation=relation,
            article=dataclasses.replace(read.cleaned, id=known.id),
        )

    # --- taking out ----------------------------------------------------------------------------

    def remove(self, id: str) -> tuple[Change, ...]:
        """Take an article out; those it stood for find another document, or are one themselves.

        Returns
        -------
        tuple of Change
            Which others belong elsewhere now.

        Raises
        ------
        ArticleError
            If there is no article with this id.
        """
        with self._writing():
            view = self._view()
            row = view.by_id(id)
            if row is None:
                raise ArticleError(f"there is no article {id!r} in the index {self._store.path}")
            return self._take_out(row, view)

    def replace(
        self, article: str | Mapping[str, Any] | Article, *, seen: datetime | float | None = None
    ) -> Match:
        """Take a new text for an article that may be there: the one with its id is taken out first.

        Raises
        ------
        ArticleError
            If it is no article, or has no id.
        """
        cleaned = self._cleaned(article)
        if not cleaned[1].id:
            raise ArticleError("an article that is to take another's place needs its id")
        [read] = self._read([cleaned])
        with self._writing():
            view = self._view()
            row = view.by_id(cleaned[1].id)
            if row is not None and self._is_same(row, read):
                self._store.execute(
                    "UPDATE article SET seen = max(seen, ?) WHERE row = ?", (_seconds(seen), row.row)
                )
                return self._again(read, row, view)
            changes = self._take_out(row, view) if row is not None else ()
            [match] = self._take_in(
                view, [read], [pack(read.cleaned)], _seconds(seen), ["the article"], rejects=None
            )
        return dataclasses.replace(match, changes=_joined(changes, match.changes))

    def expire(self, older_than: timedelta | datetime) -> int:
        """Take out all articles last seen before a moment, or longer ago than a time.

        Returns
        -------
        int
            How many.
        """
        if isinstance(older_than, timedelta):
            limit = time.time() - older_than.total_seconds()
        else:
            limit = _seconds(older_than)
        count = 0
        while True:
            with self._writing():
                rows = self._store.execute(
                    "SELECT row FROM article WHERE seen < ? ORDER BY seen LIMIT ?", (limit, _BATCH_ARTICLES)
                ).fetchall()
                view = self._view()
                for (number,) in rows:
                    self._take_out(view.row(number), view)
            count += len(rows)
            if len(rows) < _BATCH_ARTICLES:
                return count

    def _take_out(self, row: Row, view: View) -> tuple[Change, ...]:
        """Remove an article within a transaction, and settle what it leaves."""
        neighbours = view.stored_relations(row.row)
        members = [
            number
            for (number,) in self._store.execute(
                "SELECT row FROM article WHERE canonical = ? AND canonical <> row AND first = row", (row.row,)
            )
        ]
        equals = [one for one in view.equals(row) if one.row != row.row]
        left_behind = {one: view.row(one) for one in (*neighbours, *members)}
        self._store.execute("DELETE FROM article WHERE row = ?", (row.row,))
        if row.first != row.row:
            self._store.execute("DELETE FROM document WHERE row = ?", (row.row,))
            view.forget()
            return ()
        self._store.execute('DELETE FROM relation WHERE "left" = ? OR "right" = ?', (row.row, row.row))
        if not (equals or neighbours or members):
            self._store.execute("DELETE FROM document WHERE row = ?", (row.row,))
            view.forget()
            return ()
        view.forget()
        if equals:
            heir = equals[0]._replace(first=equals[0].row)
            self._store.execute("UPDATE article SET first = ? WHERE first = ?", (heir.row, row.row))
            body = view.body(heir.row)
            [keys] = [read_keys([body], self._match, compiled=self._compiled, num_threads=1).keys]
            relations = self._related(view, heir, keys)
            self._keep_relations(heir.row, relations)
            view.forget()
            view.bring(Newcomer(heir, relations))
        placement = place_left(view, neighbours, [one for one in left_behind if one not in neighbours])
        changes = self._changes(view, placement, but=0)
        self._write_placement(view, placement)
        self._store.execute("DELETE FROM document WHERE row = ?", (row.row,))
        view.forget()
        return tuple(
            dataclasses.replace(change, before=row.id) if change.before == "" else change
            for change in changes
        )

    # --- reading it all ------------------------------------------------------------------------

    def documents(self) -> Iterator[CanonicalDocument]:
        """Yield each story once, with what it stands for, in the order in which they came."""
        last = 0
        while True:
            with self._store.reading():
                rows = self._store.execute(
                    "SELECT article.row, id, packed FROM article JOIN document USING (row) "
                    "WHERE canonical = article.row AND article.row > ? ORDER BY article.row LIMIT 256",
                    (last,),
                ).fetchall()
                documents = [self._document(row, unpack(id, packed)) for row, id, packed in rows]
            yield from documents
            if not rows:
                return
            last = rows[-1][0]

    def _document(self, row: int, article: CleanArticle) -> CanonicalDocument:
        sources = [article.source or article.url]
        duplicates = []
        for id, said, packed in self._store.execute(
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

    def document_of(self, id: str) -> CanonicalDocument:
        """Return the canonical document of an article.

        Raises
        ------
        ArticleError
            If there is no article with this id.
        """
        with self._store.reading():
            found = self._store.execute(
                "SELECT canonical.row, canonical.id, packed FROM article "
                "JOIN article AS canonical ON canonical.row = article.canonical "
                "JOIN document ON document.row = canonical.row WHERE article.id = ?",
                (id,),
            ).fetchone()
            if found is None:
                raise ArticleError(f"there is no article {id!r} in the index {self._store.path}")
            row, canonical_id, packed = found
            return self._document(row, unpack(canonical_id, packed))

    def __iter__(self) -> Iterator[str]:
        """Yield the ids of all articles, in the order in which they came."""
        last = 0
        while rows := self._store.execute(
            "SELECT row, id FROM article WHERE row > ? ORDER BY row LIMIT 1024", (last,)
        ).fetchall():
            yield from (id for _, id in rows)
            last = rows[-1][0]

    def __len__(self) -> int:
        return int(self._store.execute("SELECT count(*) FROM article").fetchone()[0])

    def __contains__(self, id: object) -> bool:
        return self._store.execute("SELECT 1 FROM article WHERE id = ?", (id,)).fetchone() is not None

    def stats(self) -> IndexStats:
        """Return how much it holds, and what that takes."""
        with self._store.reading():
            articles, documents, oldest, newest = self._store.execute(
                "SELECT count(*), coalesce(sum(canonical = row), 0), min(seen), max(seen) FROM article"
            ).fetchone()
            (texts,) = self._store.execute("SELECT coalesce(sum(length(packed)), 0) FROM document").fetchone()
            (segments,) = self._store.execute("SELECT count(*) FROM segment").fetchone()
        folder = self._postings.folder
        name = self._store.path.name
        files = [self._store.path.with_name(name + suffix) for suffix in ("", "-wal", "-shm")]
        if folder.is_dir():
            files += folder.iterdir()
        size = sum(path.stat().st_size for path in files if path.exists())
        return IndexStats(
            articles=articles,
            documents=documents,
            duplicates=articles - documents,
            oldest=oldest and datetime.fromtimestamp(oldest),
            newest=newest and datetime.fromtimestamp(newest),
            bytes=size,
            fingerprint_bytes=max(size - texts, 0),
            segments=segments,
            options=self._store.meta(),
        )

    def close(self) -> None:
        """Close the file. What was added is there already."""
        self._postings.forget()
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- reading articles ----------------------------------------------------------------------

    @property
    def _compiled(self) -> bool:
        return self._num_chars_read >= _COMPILED_FROM

    def _view(self) -> View:
        return View(self._store, self._match, compiled=self._compiled)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        if self._store.read_only:
            raise IndexFileError(f"the index {self._store.path} was opened to be read only")
        try:
            with self._store.writing():
                self._postings.refresh(may_write=True, compiled=self._compiled)
                yield
        except BaseException:
            self._postings.forget()
            raise
        self._postings.committed()

    def _cleaned(self, value: Any, place: str = "the article") -> tuple[str, Article, CleanArticle]:
        article = as_article(value)
        for name in ("id", "published"):
            _require_utf8(name, getattr(article, name))
        return place, article, clean_article_or_leave(article, self._clean)

    def _read(self, articles: Sequence[tuple[str, Article, CleanArticle]]) -> list[_Read]:
        bodies = [compared_text(cleaned) for _, _, cleaned in articles]
        self._num_chars_read += sum(map(len, bodies))
        columns: KeyColumns = read_keys(
            bodies, self._match, compiled=self._compiled, num_threads=num_cores() if len(bodies) > 1 else 1
        )
        pieces = _split(columns.keys, columns.num_keys)
        return [
            _Read(
                article,
                cleaned,
                body,
                text_digest(article.text),
                digest.tobytes() if num_tokens else b"",
                num_tokens,
                num_shingles,
                keys,
            )
            for (_, article, cleaned), body, digest, num_tokens, num_shingles, keys in zip(
                articles,
                bodies,
                columns.digests,
                columns.num_tokens.tolist(),
                columns.num_shingles.tolist(),
                pieces,
                strict=True,
            )
        ]

    def _keys_again(self, first_row: int, last_row: int) -> Iterator[tuple[int, UInt32]]:
        source = self._store.execute(
            "SELECT row, packed FROM document WHERE row BETWEEN ? AND ? ORDER BY row", (first_row, last_row)
        )
        while rows := list(islice(source, 256)):
            bodies = [compared(*unpack_body(packed)) for _, packed in rows]
            columns = read_keys(bodies, self._match, compiled=self._compiled, num_threads=num_cores())
            pieces = _split(columns.keys, columns.num_keys)
            yield from zip([row for row, _ in rows], pieces, strict=True)

    # --- who it is, and whom it is like --------------------------------------------------------

    def _identity(
        self, read: _Read, view: View, taken: Mapping[str, tuple[int, bytes]]
    ) -> tuple[str, Row | None]:
        """Return the id of an article, and the row that has it already with the same text.

        Raises
        ------
        ArticleError
            If the id is that of another text.
        """
        id = read.received.id
        if not id:
            return self._name(text_id(read.received.text), view, taken), None
        if id in taken:
            known, same = None, taken[id][1] == read.text_digest
        else:
            known = view.by_id(id)
            same = known is not None and self._is_same(known, read)
        if (known is not None or id in taken) and not same:
            raise ArticleError(
                f"id {id!r} is another article's already, in the index {self._store.path}; "
                "replace it, if this is its new text"
            )
        return id, known

    def _is_same(self, row: Row, read: _Read) -> bool:
        found = self._store.execute("SELECT text_digest FROM article WHERE row = ?", (row.row,)).fetchone()
        return bool(found[0] == read.text_digest)

    def _name(self, base: str, view: View, taken: Mapping[str, object]) -> str:
        """Return the first free name for an article without an id: `base`, or numbered from 2 on."""

        def is_taken(number: int) -> bool:
            name = base if number == 1 else f"{base}-{number}"
            return name in taken or view.by_id(name) is not None

        low, high = 0, 1
        while is_taken(high):
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if is_taken(middle) else (low, middle)
        return base if high == 1 else f"{base}-{high}"

    def _found(
        self, view: View, rows: Sequence[Row], reads: Sequence[_Read]
    ) -> dict[int, dict[int, Relation]]:
        """Return for each new row what it is to the firsts of other bodies that came before it."""
        view.expect(rows, [read.body for read in reads])
        if len(rows) == 1:
            keys, asking = reads[0].keys, np.zeros(len(reads[0].keys), dtype=np.uint32)
        else:
            keys = np.concatenate([read.keys for read in reads])
            asking = np.repeat(np.arange(len(rows), dtype=np.uint32), [len(read.keys) for read in reads])
        owners = [self._postings.owners(keys, asking, compiled=self._compiled)]
        if len(rows) >= _SELF_JOIN_FROM:
            first_row = rows[0].row
            packed = keys.astype(np.uint64) << np.uint64(32) | (asking + np.uint32(first_row)).astype(
                np.uint64
            )
            own = Segment.of(packed, compiled=self._compiled).look_up(keys, asking, compiled=self._compiled)
            came_before = (own & np.uint64(0xFFFFFFFF)) < (own >> np.uint64(32)) + np.uint64(first_row)
            owners.append(own[came_before])
        found: dict[int, dict[int, Relation]] = {}
        for pair, num_hits in _counted(owners):
            row = rows[pair >> 32]
            if num_hits == 1 and row.num_shingles > _FEW_SHINGLES:
                continue
            self._judge_candidate(view, row, pair & 0xFFFFFFFF, num_hits, found.setdefault(row.row, {}))
        return found

    def _related(self, view: View, row: Row, keys: UInt32) -> dict[int, Relation]:
        """Return what an article that is there is to the firsts of other bodies."""
        owners = self._postings.owners(keys, np.zeros(len(keys), dtype=np.uint32), compiled=self._compiled)
        found: dict[int, Relation] = {}
        for other, num_hits in _counted([owners]):
            if other != row.row and (num_hits > 1 or row.num_shingles <= _FEW_SHINGLES):
                self._judge_candidate(view, row, other, num_hits, found)
        return found

    def _judge_candidate(
        self, view: View, row: Row, other_row: int, num_hits: int, found: dict[int, Relation]
    ) -> None:
        other = view.rows([other_row]).get(other_row)
        if other is None or other.first != other.row or other.digest == row.digest:
            return
        needed = needed_hits(row.num_shingles, row.num_keys, other.num_shingles, other.num_keys, self._match)
        if num_hits >= needed:
            relation = view.judged(row, other)
            if relation is not None:
                found[other.row] = relation


def _require_utf8(name: str, value: str | None) -> None:
    if value is not None:
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ArticleError(f"{name!r} holds a lone surrogate, which an index cannot keep") from error


def _new_row(number: int, id: str, read: _Read) -> Row:
    return Row(
        row=number,
        id=id,
        digest=read.digest,
        num_tokens=read.num_tokens,
        num_shingles=read.num_shingles,
        num_keys=len(read.keys),
        published=read.cleaned.published,
        first=number,
        canonical=number,
        is_frame=False,
        relation=None,
    )


def _is_other(row: Row, canonical: int, relation: Belongs | Relation | None) -> bool:
    said = pack_relation(relation) if isinstance(relation, Relation) else None
    return (row.canonical, row.relation) != (canonical, said)


def _joined(first: Sequence[Change], then: Sequence[Change]) -> tuple[Change, ...]:
    """Return what two steps change together."""
    changes = {change.id: change for change in first}
    for change in then:
        before = changes[change.id].before if change.id in changes else change.before
        changes[change.id] = Change(change.id, before, change.after)
    return tuple(changes[id] for id in sorted(changes) if changes[id].before != changes[id].after)


def _split(keys: UInt32, counts: Int64) -> list[UInt32]:
    """Return the keys of each article."""
    return [keys] if len(counts) == 1 else np.split(keys, np.cumsum(counts)[:-1])


_FEW_OWNERS = 512


def _counted(owners: Sequence[UInt64]) -> Iterable[tuple[int, int]]:
    """Yield each number of some arrays, and how often it is there, ascending."""
    if sum(map(len, owners)) < _FEW_OWNERS:
        counts = Counter(number for piece in owners for number in piece.tolist())
        return sorted(counts.items())
    numbers, counts_of = np.unique(np.concatenate(owners), return_counts=True)
    return zip(numbers.tolist(), counts_of.tolist(), strict=True)


def _seconds(seen: datetime | float | None) -> float:
    if seen is None:
        return time.time()
    return seen.timestamp() if isinstance(seen, datetime) else float(seen)


def _named(prefix: str, options: CleanOptions | MatchOptions | None) -> dict[str, Any]:
    """Return options by the names under which a file remembers them."""
    if options is None:
        return {prefix: None}
    values = {}
    for item in dataclasses.fields(options):
        value = getattr(options, item.name)
        values[f"{prefix}.{item.name}"] = sorted(value) if isinstance(value, frozenset) else value
    return {prefix: True, **values}


def _options_of(prefix: str, made: Mapping[str, Any]) -> dict[str, Any]:
    start = f"{prefix}."
    return {name.removeprefix(start): value for name, value in made.items() if name.startswith(start)}


def _clean_options(made: Mapping[str, Any]) -> CleanOptions | None:
    return CleanOptions(**_options_of("clean", made)) if made.get("clean") else None


def _match_options(made: Mapping[str, Any]) -> MatchOptions:
    return MatchOptions(**_options_of("match", made))
