"""The index that a scraper keeps, and asks whether it has a story already."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Any, Self

from dedupe_news.article import Article, CanonicalDocument, Change, CleanArticle, Duplicate, Match, Reject
from dedupe_news.errors import ArticleError, IndexFileError
from dedupe_news.index.editing import Editor
from dedupe_news.index.made import AS_MADE, made_with
from dedupe_news.index.packing import pack, unpack, unpack_body, unpack_relation
from dedupe_news.index.postings import Postings, SegmentGone
from dedupe_news.index.reading import Cleaned, Read, Reader
from dedupe_news.index.segments import UInt32
from dedupe_news.index.store import Store
from dedupe_news.options import CleanOptions, MatchOptions
from dedupe_news.pipeline.matching import compared

_BATCH_ARTICLES, _BATCH_CHARACTERS = 4096, 8_000_000
_READ_ARTICLES = 256

_TRIES = 5
"""To read a state of which a file is merged into another before it was opened."""


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
    key_bytes : int
        Of these, the files that find who shares passages.
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
    key_bytes: int
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
        clean: CleanOptions | None = AS_MADE,
        match: str | MatchOptions = AS_MADE,
        read_only: bool = False,
    ) -> None:
        self._store = Store(Path(path), read_only=read_only)
        try:
            reader = Reader(*made_with(self._store, clean, match))
        except BaseException:
            self._store.close()
            raise
        self._reader = reader
        self._postings = Postings(self._store, self._keys_again)

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
        [match] = self._add([self._reader.cleaned(article, _PLACE)], _seconds(seen), rejects=None)
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

    def _batch(self, source: Iterator[tuple[int, Any]], rejects: list[Reject] | None) -> list[Cleaned]:
        """Return the next articles of `source`, cleaned; none at its end."""
        batch: list[Cleaned] = []
        num_chars = 0
        for number, value in source:
            place = f"article {number}"
            try:
                batch.append(self._reader.cleaned(value, place))
            except ArticleError as error:
                if rejects is None:
                    raise
                rejects.append(Reject(place, str(error), value))
                continue
            num_chars += len(batch[-1].received.text)
            if len(batch) == _BATCH_ARTICLES or num_chars >= _BATCH_CHARACTERS:
                break
        return batch

    def _add(
        self, articles: Sequence[Cleaned], seconds: float, *, rejects: list[Reject] | None
    ) -> list[Match]:
        reads = self._reader.read(articles)
        packed = [pack(read.cleaned) for read in reads]
        with self._writing() as editor:
            return editor.take_in(reads, packed, seconds, rejects=rejects)

    def query(self, article: str | Mapping[str, Any] | Article) -> Match:
        """Return what `add` would return, and change nothing.

        Raises
        ------
        ArticleError
            If it is no article, or its id is that of another text.
        """
        [read] = self._reader.read([self._reader.cleaned(article, _PLACE)])
        for _ in range(_TRIES):
            try:
                return self._ask(read)
            except SegmentGone:
                continue  # most likely merged into another just now: the next look sees that one
        if not self._store.read_only:
            with self._writing():
                pass  # which makes it again
        try:
            return self._ask(read)
        except SegmentGone as error:
            raise IndexFileError(
                f"the index {self._store.path} misses a file: {error}; "
                "open it once for writing, and it is made again"
            ) from error

    def _ask(self, read: Read) -> Match:
        with self._store.reading():
            self._postings.refresh(may_write=False, compiled=self._reader.compiled)
            return Editor(self._store, self._postings, self._reader).ask(read)

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
        with self._writing() as editor:
            row = editor.view.by_id(id)
            if row is None:
                raise self._not_there(id)
            return editor.take_out(row)

    def _not_there(self, id: str) -> ArticleError:
        return ArticleError(f"there is no article {id!r} in the index {self._store.path}")

    def replace(
        self, article: str | Mapping[str, Any] | Article, *, seen: datetime | float | None = None
    ) -> Match:
        """Take a new text for an article that may be there: the one with its id is taken out first.

        Raises
        ------
        ArticleError
            If it is no article, or has no id.
        """
        cleaned = self._reader.cleaned(article, _PLACE)
        if not cleaned.received.id:
            raise ArticleError("an article that is to take another's place needs its id")
        [read] = self._reader.read([cleaned])
        packed = pack(read.cleaned)
        with self._writing() as editor:
            row = editor.view.by_id(cleaned.received.id)
            changes: tuple[Change, ...] = ()
            if row is not None and not editor.is_same(row, read):
                changes = editor.take_out(row)
            [match] = editor.take_in([read], [packed], _seconds(seen), rejects=None)
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
            with self._writing() as editor:
                rows = self._store.execute(
                    "SELECT row FROM article WHERE seen < ? ORDER BY seen LIMIT ?", (limit, _BATCH_ARTICLES)
                ).fetchall()
                for (number,) in rows:
                    editor.take_out(editor.view.row(number))
            count += len(rows)
            if len(rows) < _BATCH_ARTICLES:
                return count

    # --- reading it all ------------------------------------------------------------------------

    def documents(self) -> Iterator[CanonicalDocument]:
        """Yield each story once, with what it stands for, in the order in which they came."""
        last = 0
        while True:
            with self._store.reading():
                rows = self._store.execute(
                    "SELECT article.row, id, packed FROM article JOIN document USING (row) "
                    "WHERE canonical = article.row AND article.row > ? ORDER BY article.row LIMIT ?",
                    (last, _READ_ARTICLES),
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
                raise self._not_there(id)
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
            (segments,) = self._store.execute("SELECT count(*) FROM segment").fetchone()
        name = self._store.path.name
        files = [self._store.path.with_name(name + suffix) for suffix in ("", "-wal", "-shm")]
        folder = self._postings.folder
        key_bytes = _size(folder.iterdir()) if folder.is_dir() else 0
        return IndexStats(
            articles=articles,
            documents=documents,
            duplicates=articles - documents,
            oldest=oldest and datetime.fromtimestamp(oldest),
            newest=newest and datetime.fromtimestamp(newest),
            bytes=_size(files) + key_bytes,
            key_bytes=key_bytes,
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

    # --- within ----------------------------------------------------------------------------------

    @contextmanager
    def _writing(self) -> Iterator[Editor]:
        if self._store.read_only:
            raise IndexFileError(f"the index {self._store.path} was opened to be read only")
        try:
            with self._store.writing():
                self._postings.refresh(may_write=True, compiled=self._reader.compiled)
                yield Editor(self._store, self._postings, self._reader)
        except BaseException:
            self._postings.forget()
            raise
        self._postings.committed()

    def _keys_again(self, first_row: int, last_row: int) -> Iterator[tuple[int, UInt32]]:
        source = self._store.execute(
            "SELECT row, packed FROM document WHERE row BETWEEN ? AND ? ORDER BY row", (first_row, last_row)
        )
        while rows := list(islice(source, _READ_ARTICLES)):
            keys = self._reader.keys([compared(*unpack_body(packed)) for _, packed in rows])
            yield from zip([row for row, _ in rows], keys, strict=True)


_PLACE = "the article"


def _size(files: Iterable[Path]) -> int:
    """Return the bytes of those files that are there."""
    size = 0
    for path in files:
        with suppress(FileNotFoundError):  # merged into another meanwhile
            size += path.stat().st_size
    return size


def _joined(first: Sequence[Change], then: Sequence[Change]) -> tuple[Change, ...]:
    """Return what two steps change together."""
    changes = {change.id: change for change in first}
    for change in then:
        before = changes[change.id].before if change.id in changes else change.before
        changes[change.id] = Change(change.id, before, change.after)
    return tuple(changes[id] for id in sorted(changes) if changes[id].before != changes[id].after)


_FEW_OWNERS = 512


def _seconds(seen: datetime | float | None) -> float:
    if seen is None:
        return time.time()
    return seen.timestamp() if isinstance(seen, datetime) else float(seen)
