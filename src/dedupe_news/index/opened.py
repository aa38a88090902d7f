"""The index that a scraper keeps, and asks whether it has a story already."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from operator import length_hint
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from dedupe_news.article import Article, CanonicalDocument, Change, Match, Reject
from dedupe_news.errors import ArticleError, IndexFileError, listed
from dedupe_news.index.documents import document_of, iter_bodies, iter_documents
from dedupe_news.index.editing import Editor
from dedupe_news.index.made import AS_MADE, made_with
from dedupe_news.index.packing import pack, unpack_body
from dedupe_news.index.postings import Postings, SegmentGone
from dedupe_news.index.reading import BATCH_ARTICLES, Cleaned, Read, Reader
from dedupe_news.index.segments import UInt32
from dedupe_news.index.store import Store
from dedupe_news.index.taking import joined, numbered, outcomes, take_in_or_replace
from dedupe_news.options import CleanOptions, MatchOptions, require_jobs
from dedupe_news.pipeline.cleaning import compared, compared_text
from dedupe_news.workers import Pause

if TYPE_CHECKING:
    from datasketch import MinHash, MinHashLSH

_READ_ARTICLES = 256


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
        return self._add_one(self._reader.cleaned(article, _PLACE), seen, replace=False)

    def add_many(
        self,
        articles: Iterable[str | Mapping[str, Any] | Article],
        *,
        seen: datetime | float | None = None,
        rejects: list[Reject] | None = None,
        jobs: int = 1,
    ) -> list[Match]:
        """Take many articles, as if one after the other, much faster.

        Parameters
        ----------
        articles : iterable of str, mapping or Article
        seen : datetime or float, optional
            See `add`.
        rejects : list, optional
            Gets what cannot be taken, with the reason.
        jobs : int
            Processes that clean, from 1 (default) on; what is said does not depend on it. With more than
            one, a script calls from under ``if __name__ == "__main__":``.

        Returns
        -------
        list of Match
            Of each article that was taken, in order.

        Raises
        ------
        ArticleError
            If one cannot be taken and there is no list of `rejects`; of its batch of a few thousand none
            is added then, all before are.
        OptionError
            If `jobs` is below 1.
        """
        records = ((f"article {number}", article) for number, article in enumerate(articles, start=1))
        self._reader.expect(length_hint(articles), jobs=jobs)
        matches = []
        for outcome in self.add_records(records, seen=seen, jobs=jobs, strict=rejects is None):
            if isinstance(outcome, Match):
                matches.append(outcome)
            elif rejects is not None:
                rejects.append(outcome)
        return matches

    def add_records(
        self,
        records: Iterable[tuple[str, object] | Pause],
        *,
        seen: datetime | float | None = None,
        jobs: int = 1,
        replace: bool = False,
        strict: bool = False,
    ) -> Iterator[Match | Reject]:
        """Take records, and yield in order what became of each.

        Each batch of a few thousand, or of what stood before a `PAUSE`, is one transaction: when the first of
        it is yielded, all of it is on the disk.

        Parameters
        ----------
        records : iterable of (str, object)
            Where each stood, and a str, mapping or Article, or a `Reject` to be passed on.
        seen : datetime or float, optional
            See `add`; by default when its batch is written.
        jobs : int
            See `add_many`.
        replace : bool
            Let an article whose id is another text's take its place, as `replace` does.
        strict : bool
            Raise an `ArticleError` in place of a `Reject`, before its batch is written.
        """
        require_jobs(jobs)
        for batch in self._reader.batches(records, jobs=jobs, packed=True):
            rejects: list[Reject] | None = None if strict else []
            if strict:
                for one in batch:
                    if isinstance(one.found, Reject):
                        raise ArticleError(one.found.reason)
            matches = self._add(numbered(batch), _seconds(seen), rejects=rejects, replace=replace)
            yield from outcomes(batch, matches, rejects or [])

    def _add(
        self, articles: Sequence[Cleaned], seconds: float, *, rejects: list[Reject] | None, replace: bool
    ) -> list[Match]:
        if not articles:
            return []
        reads = self._reader.read(articles)
        packed = [one.packed or pack(one.article) for one in articles]
        with self._writing() as editor:
            if replace:
                return take_in_or_replace(editor, reads, packed, seconds, rejects)
            return editor.take_in(reads, packed, seconds, rejects=rejects)

    def _add_one(self, article: Cleaned, seen: datetime | float | None, *, replace: bool) -> Match:
        [match] = self._add([article], _seconds(seen), rejects=None, replace=replace)
        return match

    def query(self, article: str | Mapping[str, Any] | Article) -> Match:
        """Return what `add` would return, and change nothing.

        Raises
        ------
        ArticleError
            If it is no article, or its id is that of another text.
        """
        [match] = self._query(self._reader.read([self._reader.cleaned(article, _PLACE)]), rejects=None)
        return match

    def query_records(
        self, records: Iterable[tuple[str, object] | Pause], *, jobs: int = 1
    ) -> Iterator[Match | Reject]:
        """Yield in order what `query` returns of each record; see `add_records`."""
        require_jobs(jobs)
        for batch in self._reader.batches(records, jobs=jobs):
            rejects: list[Reject] = []
            reads = self._reader.read(cleaned) if (cleaned := numbered(batch)) else []
            yield from outcomes(batch, self._query(reads, rejects=rejects), rejects)

    def _query(self, reads: Sequence[Read], *, rejects: list[Reject] | None) -> list[Match]:
        missing = ""
        while True:
            try:
                return self._ask(reads, rejects)
            except SegmentGone as error:
                if missing == str(error):
                    break  # a later state still lists it: it is lost
                missing = str(error)  # most likely merged into another: the next look sees that one
        if self._store.read_only:
            raise IndexFileError(
                f"the index {self._store.path} misses a file: {missing}; "
                "open it once for writing, and it is made again"
            )
        with self._writing():
            pass  # which makes it again
        return self._query(reads, rejects=rejects)

    def _ask(self, reads: Sequence[Read], rejects: list[Reject] | None) -> list[Match]:
        matches = []
        with self._store.reading():
            self._postings.refresh(may_write=False, compiled=self._reader.compiled)
            for read in reads:
                try:
                    matches.append(Editor(self._store, self._postings, self._reader).ask(read))
                except ArticleError as error:
                    if rejects is None:
                        raise
                    rejects.append(Reject(read.place, str(error), read.received))
        return matches

    # --- taking out ----------------------------------------------------------------------------

    def remove(self, *ids: str) -> tuple[Change, ...]:
        """Take articles out; those they stood for find another document, or are one themselves.

        Returns
        -------
        tuple of Change
            Which others belong elsewhere now.

        Raises
        ------
        ArticleError
            If there is no article with one of the ids; then none is taken out.
        """
        changes: tuple[Change, ...] = ()
        with self._writing() as editor:
            missing = [id for id in ids if editor.view.by_id(id) is None]
            if missing:
                raise self._not_there(*missing)
            for id in dict.fromkeys(ids):
                row = editor.view.by_id(id)
                if row is not None:
                    changes = joined(changes, editor.take_out(row))
        return tuple(change for change in changes if change.id not in ids)

    def _not_there(self, *ids: str) -> ArticleError:
        named = repr(ids[0]) if len(ids) == 1 else f"with one of the ids {listed(ids)}"
        return ArticleError(f"there is no article {named} in the index {self._store.path}")

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
        return self._add_one(cleaned, seen, replace=True)

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
        count = last = 0
        while True:
            with self._writing() as editor:
                rows = self._store.execute(
                    "SELECT row FROM article WHERE row > ? AND seen < ? ORDER BY row LIMIT ?",
                    (last, limit, BATCH_ARTICLES),
                ).fetchall()
                for (number,) in rows:
                    editor.take_out(editor.view.row(number))
            count += len(rows)
            if len(rows) < BATCH_ARTICLES:
                return count
            last = rows[-1][0]

    # --- reading it all ------------------------------------------------------------------------

    def documents(self) -> Iterator[CanonicalDocument]:
        """Yield each story once, with what it stands for, in the order in which they came."""
        return iter_documents(self._store)

    def document_of(self, id: str) -> CanonicalDocument:
        """Return the canonical document of an article.

        Raises
        ------
        ArticleError
            If there is no article with this id.
        """
        document = document_of(self._store, id)
        if document is None:
            raise self._not_there(id)
        return document

    def __iter__(self) -> Iterator[str]:
        """Yield the ids of all articles, in the order in which they came."""
        last = 0
        while True:
            with self._store.reading():
                rows = self._store.execute(
                    "SELECT row, id FROM article WHERE row > ? ORDER BY row LIMIT 1024", (last,)
                ).fetchall()
            if not rows:
                return
            yield from (id for _, id in rows)
            last = rows[-1][0]

    def __len__(self) -> int:
        with self._store.reading():
            return int(self._store.execute("SELECT count(*) FROM article").fetchone()[0])

    def __contains__(self, id: object) -> bool:
        with self._store.reading():
            found = self._store.execute("SELECT 1 FROM article WHERE id = ?", (id,)).fetchone()
            return found is not None

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

    def to_datasketch(
        self,
        *,
        threshold: float | None = None,
        storage_config: Mapping[str, Any] | None = None,
        only_documents: bool = False,
    ) -> MinHashLSH:
        """Hand the signatures over to datasketch: into its Redis or Cassandra, many machines share them.

        Each article goes there under its id; what is there already under an id is left as it is.
        Whoever attaches to the store with the same name and threshold, from wherever, finds them by
        `minhash`. An article too short for one shingle has no signature, and is not handed over.

        Parameters
        ----------
        threshold : float, optional
            From which Jaccard similarity on datasketch finds an article; by default the ``min_jaccard`` of
            the index.
        storage_config : mapping, optional
            As datasketch takes it; without one, the signatures are kept in memory. It needs a
            ``"basename"``: the name under which they are found again, one for each collection.
        only_documents : bool
            Leave duplicates out: they are found by the documents they belong to.

        Raises
        ------
        OptionError
            If a threshold is out of range, or a store is given no name.
        IndexMismatchError
            If the signatures under that name were made in another way: none would be found.
        MissingExtraError
            If the client of the store is not installed.
        """
        from dedupe_news.index import handover

        return handover.to_datasketch(
            iter_bodies(self._store, only_documents=only_documents), self._reader, threshold, storage_config
        )

    def minhash(self, article: str | Mapping[str, Any] | Article) -> MinHash:
        """Return the signature of an article, cleaned and read as this index does, for datasketch."""
        from dedupe_news.index import handover

        cleaned = self._reader.cleaned(article, _PLACE).article
        return handover.minhash(compared_text(cleaned), self._reader)

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


def _seconds(seen: datetime | float | None) -> float:
    if seen is None:
        return time.time()
    return seen.timestamp() if isinstance(seen, datetime) else float(seen)
