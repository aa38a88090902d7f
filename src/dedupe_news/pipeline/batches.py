"""One block of a collection at a time: cleaned in whichever process, kept in files, read again.

Of a block two files are made. The *rows* hold, a row a record, what matching and naming need, as Arrow keeps
columns; they are read where they stand. The *documents* hold what will be written, packed, and compressed
with LZ4, since a line of JSON says an article three times.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedupe_news.article import Reject
from dedupe_news.errors import ArticleError, OutputError
from dedupe_news.intake import as_article
from dedupe_news.io.blocks import Block
from dedupe_news.io.documents import Packed, Packing
from dedupe_news.options import CleanOptions
from dedupe_news.pipeline.cleaning import clean_article_or_leave, compared_text
from dedupe_news.pipeline.columns import Int64
from dedupe_news.pipeline.identity import digest_rows, known_digest, text_digest

_OPEN_BATCHES = 32


@dataclass(frozen=True, slots=True)
class BatchJob:
    """What a worker has to know besides the block.

    Parameters
    ----------
    clean : CleanOptions or None
    packing : Packing
    folder : str
        Where the two files go.
    """

    clean: CleanOptions | None
    packing: Packing
    folder: str


def clean_block(named: tuple[str, Block | None], job: BatchJob) -> str:
    """Clean the records of a block and keep what becomes of them; return its name.

    Without a block, that has been done before.

    Raises
    ------
    OutputError
        If the files cannot be written.
    """
    name, block = named
    if block is None:
        return name
    rows = _Rows()
    for place, record in block.records():
        if isinstance(record, Reject):
            rows.refuse(record)
            continue
        try:
            article = as_article(record)  # type: ignore[arg-type]  # it says so when it is none
        except ArticleError as error:
            rows.refuse(Reject(place, str(error), record))
            continue
        document = clean_article_or_leave(article, job.clean)
        rows.place.append(place)
        rows.reject.append(None)
        rows.id.append((article.id or "").encode("utf-8", "surrogatepass"))
        rows.digest.append(text_digest(article.text))
        rows.known.append(b"" if article.id else known_digest(article))
        rows.published.append(_encoded(article.published))
        rows.source.append(_encoded(article.source or article.url))
        rows.compared.append(compared_text(document).encode("utf-8", "surrogatepass"))
        packed = job.packing.pack(document)
        rows.before.append(packed.before)
        rows.behind.append(packed.behind)
    try:
        rows.write(Path(job.folder), name)
    except OSError as error:
        raise OutputError(
            f"{job.folder} cannot be written: {error.strerror or error}; check its space and its rights, "
            f"or name another folder: --work"
        ) from error
    return name


def _encoded(text: str | None) -> bytes:
    return text.encode("utf-8", "surrogatepass") if text else b""


class _Rows:
    """The columns of a batch, as lists; a row is an article or a reject."""

    def __init__(self) -> None:
        self.place: list[str] = []
        self.reject: list[bytes | None] = []
        self.id: list[bytes] = []
        self.digest: list[bytes] = []
        self.known: list[bytes] = []
        self.published: list[bytes] = []
        self.source: list[bytes] = []
        self.compared: list[bytes] = []
        self.before: list[bytes] = []
        self.behind: list[bytes] = []

    def refuse(self, reject: Reject) -> None:
        self.place.append(reject.place)
        self.reject.append(pickle.dumps(reject, pickle.HIGHEST_PROTOCOL))
        for column in (self.id, self.digest, self.known, self.published, self.source, self.compared):
            column.append(b"")
        self.before.append(b"")
        self.behind.append(b"")

    def write(self, folder: Path, name: str) -> None:
        """Write both files, the rows last: who finds them finds a finished batch."""
        import pyarrow as pa

        places = [place.encode("utf-8", "surrogatepass") for place in self.place]
        rows = {
            "place": places, "reject": self.reject, "id": self.id, "digest": self.digest, "known": self.known,
            "published": self.published, "source": self.source, "compared": self.compared,
        }  # fmt: skip
        documents = {"before": self.before, "behind": self.behind}
        for columns, ending, codec in ((documents, _DOCUMENTS, "lz4"), (rows, ROWS, None)):
            batch = pa.record_batch(
                [pa.array(column, pa.large_binary()) for column in columns.values()], names=list(columns)
            )
            part = folder / f"{name}{ending}.part"
            options = pa.ipc.IpcWriteOptions(compression=codec)
            with part.open("wb") as file, pa.ipc.new_file(file, batch.schema, options=options) as writer:
                writer.write_batch(batch)
            part.replace(folder / f"{name}{ending}")


ROWS, _DOCUMENTS = ".rows", ".documents"


def is_finished(folder: Path, name: str) -> bool:
    """Whether both files of a batch are there, whole."""
    return (folder / f"{name}{ROWS}").exists() and (folder / f"{name}{_DOCUMENTS}").exists()


class Batch:
    """The rows of a finished batch; columns of bytes, read where they stand."""

    def __init__(self, folder: Path, name: str) -> None:
        import pyarrow as pa

        self._file = pa.memory_map(str(folder / f"{name}{ROWS}"))
        self._batch = pa.ipc.open_file(self._file).get_batch(0)

    def __len__(self) -> int:
        return int(self._batch.num_rows)

    def bytes_of(self, column: str) -> list[bytes]:
        """Return a column."""
        values: list[bytes] = self._batch.column(column).to_pylist()
        return values

    def strings(self, column: str) -> list[str]:
        """Return a column of texts."""
        return [value.decode("utf-8", "surrogatepass") for value in self.bytes_of(column)]

    def rejects(self) -> dict[int, Reject]:
        """Return what is no article, by row."""
        column = self._batch.column("reject")
        if column.null_count == len(column):
            return {}
        return {row: pickle.loads(value) for row, value in enumerate(column.to_pylist()) if value is not None}

    def digests(self, column: str) -> NDArray[np.uint64]:
        """Return a column of 16 bytes as numbers, shape (n, 2)."""
        return digest_rows(self.bytes_of(column))

    def compared(self) -> tuple[NDArray[np.uint8], Int64]:
        """Return the texts that are compared: values, and n + 1 bounds; not copied."""
        column = self._batch.column("compared")
        _, bounds, values = column.buffers()
        return (
            np.frombuffer(values or b"", dtype=np.uint8),
            np.frombuffer(bounds, dtype=np.int64)[: len(column) + 1],
        )


def read_documents(folder: Path, name: str) -> Iterator[Packed]:
    """Yield the packed documents of a finished batch; of a reject, nothing."""
    import pyarrow as pa

    with pa.memory_map(str(folder / f"{name}{_DOCUMENTS}")) as file:
        batch = pa.ipc.open_file(file).get_batch(0)
        yield from map(Packed, batch.column("before").to_pylist(), batch.column("behind").to_pylist())


class BatchTexts:
    """The texts to compare of all articles of a collection, read from its batches by position.

    Parameters
    ----------
    folder : Path
    names : sequence of str
        The batches, in order.
    batch_of, row_of : int32, shape (n,)
        In which batch the article at a position stands, and where in it; ascending.
    sizes : int64, shape (n,)
        Bytes of each text.
    """

    def __init__(
        self, folder: Path, names: Sequence[str], batch_of: NDArray[Any], row_of: NDArray[Any], sizes: Int64
    ) -> None:
        self._batch_of = batch_of
        self._row_of = row_of
        self._sizes = sizes
        # Mapped pages count as memory: a few batches stay open, since neighbours are asked for together.
        self._open = lru_cache(maxsize=_OPEN_BATCHES)(lambda number: Batch(folder, names[number]).compared())

    def __len__(self) -> int:
        return len(self._sizes)

    def sizes(self) -> Int64:
        """Return the bytes of each text."""
        return self._sizes

    def __getitem__(self, position: int, /) -> str:
        values, bounds = self._open(int(self._batch_of[position]))
        row = int(self._row_of[position])
        return values[bounds[row] : bounds[row + 1]].tobytes().decode("utf-8", "surrogatepass")

    def encoded(self, positions: Sequence[int] | range) -> tuple[NDArray[np.uint8], Int64]:
        """Return some texts in UTF-8, one after the other: values, and n + 1 bounds."""
        batches = self._batch_of[positions].tolist()
        rows = self._row_of[positions].tolist()
        if rows and batches[0] == batches[-1] and rows == list(range(rows[0], rows[0] + len(rows))):
            values, bounds = self._open(batches[0])
            return values, bounds[rows[0] : rows[-1] + 2].copy()  # one type of array, one compiled loop
        pieces: list[bytes] = []
        for batch, places in groupby(zip(batches, rows, strict=True), itemgetter(0)):
            values, bounds = self._open(batch)
            pieces += [values[bounds[row] : bounds[row + 1]].tobytes() for _, row in places]
        ends = np.zeros(len(pieces) + 1, dtype=np.int64)
        np.cumsum([len(piece) for piece in pieces], out=ends[1:])
        return np.frombuffer(b"".join(pieces), dtype=np.uint8), ends
