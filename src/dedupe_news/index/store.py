"""The file of an index: an SQLite database, its tables, and how they came to be."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from dedupe_news.errors import IndexFileError

APPLICATION_ID = 0x444E4958  # "DNIX", in the header of the file

_WAIT_SECONDS = 120.0
"""For another process that is writing; the longest it takes is merging large segments."""

_LOCKED_SECONDS = 0.01
"""Between two tries, where SQLite does not wait itself."""

_LAST_REMOVED = "last_removed_row"

_PAGES_BEFORE_CHECKPOINT = 4000
_CACHE_KILOBYTES = 32_000


class Damaged(sqlite3.DatabaseError):
    """A value that no index has written, where SQLite itself saw nothing wrong."""


def _create(connection: sqlite3.Connection) -> None:
    """Make the tables of version 1.

    article
        A row for each. `first` is the row that is compared for all of the same body (itself, mostly),
        `canonical` the row of the document it belongs to, `relation` what it is to that, in JSON.
        `frame`: it stands in articles that are not related. A number is never given again (`last_row`).
        Each index is one more page that an added article brings to the disk: so there is none on `seen`.
    document
        What came of cleaning, packed; see `packing`.
    relation
        What was found between two articles that are the first of their bodies, in JSON.
    recent
        The keys of rows that no segment holds yet.
    segment
        The segments, one a file.
    """
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    for statement in (
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        """CREATE TABLE article (
            row INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            text_digest BLOB NOT NULL,
            body INTEGER,
            body_rest INTEGER,
            num_tokens INTEGER NOT NULL,
            num_shingles INTEGER NOT NULL,
            num_keys INTEGER NOT NULL,
            published TEXT,
            seen REAL NOT NULL,
            first INTEGER NOT NULL,
            canonical INTEGER NOT NULL,
            frame INTEGER NOT NULL DEFAULT 0,
            relation TEXT
        )""",
        "CREATE INDEX article_body ON article (body) WHERE body IS NOT NULL",
        "CREATE INDEX article_duplicate ON article (canonical) WHERE canonical <> row",
        "CREATE TABLE document (row INTEGER PRIMARY KEY, packed BLOB NOT NULL)",
        """CREATE TABLE relation (
            "left" INTEGER NOT NULL,
            "right" INTEGER NOT NULL,
            said TEXT NOT NULL,
            PRIMARY KEY ("left", "right")
        ) WITHOUT ROWID""",
        'CREATE INDEX relation_right ON relation ("right")',
        "CREATE TABLE recent (row INTEGER PRIMARY KEY, keys BLOB NOT NULL)",
        """CREATE TABLE segment (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            first_row INTEGER NOT NULL,
            last_row INTEGER NOT NULL,
            num_entries INTEGER NOT NULL
        )""",
    ):
        connection.execute(statement)


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (_create,)
"""Number i leads from version i to version i + 1; each in one transaction with its number."""


class Store:
    """An open index file.

    Parameters
    ----------
    path : Path
    read_only : bool
        Nothing is created or changed.

    Raises
    ------
    IndexFileError
        If there is no such file to read, it is no index, or one of a later version.

    Notes
    -----
    The journal is a write-ahead log that is brought to the disk at every commit (``synchronous=FULL``): what
    was acknowledged outlasts a power cut, as far as the disk keeps its word. Readers do not wait for writers.
    """

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self.path = path
        self.read_only = read_only
        if read_only and not path.is_file():
            raise IndexFileError(f"there is no index at {path}; `dedupe index add {path} FILES...` makes one")
        # SQLite makes a file beside this one even to read. Where it may not, the file is taken as it stands.
        is_fixed = read_only and not os.access(path.absolute().parent, os.W_OK) and not self._is_in_use()
        self._fixed = self._stamp() if is_fixed else None
        mode = "ro&immutable=1" if is_fixed else "ro" if read_only else "rwc"
        try:
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode={mode}",
                uri=True,
                timeout=_WAIT_SECONDS,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=64,
            )
        except sqlite3.OperationalError as error:
            raise IndexFileError(
                f"the index {path} cannot be opened: {error}; check its folder, its rights and its space"
            ) from error
        self.execute = self._connection.execute
        self.executemany = self._connection.executemany
        try:
            self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self) -> None:
        with self._told():
            self._check()
            self.execute(f"PRAGMA cache_size = -{_CACHE_KILOBYTES}")
            self.execute("PRAGMA temp_store = MEMORY")
            if self.read_only:
                return
            self._use_log()
            self.execute("PRAGMA synchronous = FULL")
            self.execute(f"PRAGMA wal_autocheckpoint = {_PAGES_BEFORE_CHECKPOINT}")
            while self._pragma("user_version") < len(MIGRATIONS):
                self.execute("BEGIN IMMEDIATE")
                try:
                    version = self._pragma("user_version")
                    if version < len(MIGRATIONS):  # another process may have been here
                        MIGRATIONS[version](self._connection)
                        self.execute(f"PRAGMA user_version = {version + 1}")
                    self.execute("COMMIT")
                except BaseException:
                    self.execute("ROLLBACK")
                    raise

    def _use_log(self) -> None:
        """Keep the journal as a write-ahead log.

        Of several processes that do so at once all but one are told that the file is locked, without
        waiting: each would wait for the others.
        """
        until = time.monotonic() + _WAIT_SECONDS
        while self._pragma("journal_mode") != "wal":
            try:
                self.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > until:
                    raise
                time.sleep(_LOCKED_SECONDS)

    def _check(self) -> None:
        known = len(MIGRATIONS)
        with self.reading():  # another process may be making it just now
            version = self._pragma("user_version")
            is_ours = self._pragma("application_id") == APPLICATION_ID
            is_empty = not self.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if not is_ours and not (is_empty and not self.read_only):
            raise IndexFileError(f"{self.path} is a database, but no index of dedupe_news; name another file")
        if version > known:
            raise IndexFileError(
                f"the index {self.path} is of version {version}, this dedupe_news knows up to {known}: "
                "use a later dedupe_news"
            )
        if self.read_only and version < known:
            raise IndexFileError(
                f"the index {self.path} is of version {version} and must be brought to {known} first: "
                "open it once for writing"
            )

    def _pragma(self, name: str) -> Any:
        return self.execute(f"PRAGMA {name}").fetchone()[0]

    @property
    def changed_by_others(self) -> int:
        """A number that differs from the last one when another connection has written."""
        return int(self._pragma("data_version"))

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what SQLite says into what a user can act on."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if "locked" in str(error) or "busy" in str(error):
                raise IndexFileError(
                    f"another process has been writing to the index {self.path} for more than "
                    f"{_WAIT_SECONDS:.0f} s; wait for it, or end it"
                ) from error
            raise IndexFileError(
                f"the index {self.path} cannot be used: {error}; check its folder, its rights and its space"
            ) from error
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            raise IndexFileError(f"{self.path} is no index, or is damaged: {error}") from error
        except OSError as error:  # Arrow tells of damaged data so, without a number
            if error.errno is None:
                raise IndexFileError(f"the index {self.path} is damaged: {error}") from error
            raise IndexFileError(
                f"the index {self.path} cannot be used: {error.strerror}; "
                "check its folder, its rights and its space"
            ) from error

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Give a transaction of one writer, all of it or nothing; others wait their turn."""
        with self._told():
            self.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self.execute("ROLLBACK")
                raise

    def _is_in_use(self) -> bool:
        return self.path.with_name(f"{self.path.name}-wal").exists()

    def _stamp(self) -> tuple[int, int, bool]:
        status = self.path.stat()
        return status.st_mtime_ns, status.st_size, self._is_in_use()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Give one state of the file to read, whatever others write meanwhile."""
        with self._told():
            if self._fixed is not None and self._fixed != self._stamp():
                raise IndexFileError(
                    f"the index {self.path} was changed since it was opened, in a folder where this user may "
                    "write nothing: open it again"
                )
            self.execute("BEGIN")
            try:
                yield
            finally:
                if self._connection.in_transaction:  # else what failed has ended it
                    self.execute("COMMIT")

    def last_row(self) -> int:
        """Return the largest number that an article has or had, within a transaction."""
        there, was = self.execute(
            "SELECT (SELECT max(row) FROM article), (SELECT CAST(value AS INTEGER) FROM meta WHERE name = ?)",
            (_LAST_REMOVED,),
        ).fetchone()
        return max(there or 0, was or 0)

    def remove_article(self, row: int) -> None:
        """Remove the row of an article, whose number stays its own, within a transaction."""
        if row == self.last_row():
            self.remember({_LAST_REMOVED: row})
        self.execute("DELETE FROM article WHERE row = ?", (row,))

    def meta(self) -> dict[str, Any]:
        """Return what is remembered of how the index was made."""
        with self._told():
            rows = self.execute("SELECT name, value FROM meta WHERE name <> ?", (_LAST_REMOVED,)).fetchall()
            try:
                return {name: json.loads(value) for name, value in rows}
            except (TypeError, ValueError) as error:
                raise Damaged(f"how it was made is not to be read: {error}") from error

    def remember(self, values: Mapping[str, Any]) -> None:
        """Write what `meta` returns, within a transaction."""
        rows = [(name, json.dumps(value)) for name, value in values.items()]
        self.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", rows)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
