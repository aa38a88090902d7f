"""From documents to an output in its format: lines and texts as they come, tables at the end.

A document is packed where it is made, in whichever process, and written when it is known whom it stands for.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from dedupe_news.article import CleanArticle
from dedupe_news.errors import OutputError
from dedupe_news.io.fields import Tell, say_nothing
from dedupe_news.io.streams import COMPRESSION_OF_SUFFIX, FileFormat, Output
from dedupe_news.io.writing import changes_record, document_record, inner_json, text_block

_BEFORE_VERDICT = (
    "title", "byline", "dateline", "standfirst", "paragraphs", "body", "text", "url", "source", "published",
    "language",
)  # fmt: skip


class Packed(NamedTuple):
    """A document without its id and without what it stands for: the bytes before that, and those behind."""

    before: bytes
    behind: bytes


@dataclass(frozen=True, slots=True)
class Packing:
    """How documents are packed for one format."""

    form: FileFormat
    with_original: bool

    def pack(self, document: CleanArticle) -> Packed:
        """Return what `DocumentWriter.write_packed` needs of a document, whatever it stands for."""
        if self.form == "text":
            return Packed(
                document.text.encode("utf-8", "surrogatepass"), pickle.dumps(changes_record(document))
            )
        record = document_record(document, with_original=self.with_original)
        for name in ("id", "sources", "duplicates"):
            record.pop(name, None)
        if self.form != "jsonl":
            return Packed(pickle.dumps(record, pickle.HIGHEST_PROTOCOL), b"")
        before = {name: record.pop(name) for name in _BEFORE_VERDICT}
        return Packed(inner_json(before), inner_json(record))

    def changes(self, packed: Packed) -> dict[str, Any]:
        """Return the edits and repeats of a packed document, as `writing.changes_record` does."""
        if self.form == "jsonl":
            record = json.loads(b"{%b}" % packed.behind)
        else:
            record = pickle.loads(packed.behind or packed.before)
        return {name: record[name] for name in ("edits", "repeats")}


class DocumentWriter(Protocol):
    """Takes documents one after the other."""

    packing: Packing

    def write_packed(self, id: str, packed: Packed, verdict: Mapping[str, Any]) -> None:
        """Write a document, or keep it until the table is written.

        `verdict` holds what is told of it besides its own text: see `writing.verdict_record`. Nobody changes
        it later: where documents have the same one, it is turned into bytes once.
        """


@contextmanager
def writing_documents(
    output: Output,
    packing: Packing,
    *,
    column_types: Mapping[str, Any],
    folder: Path | None = None,
    tell: Tell = say_nothing,
) -> Iterator[DocumentWriter]:
    """Give what writes documents to `output`; a table is written when the block ends well.

    Parameters
    ----------
    output : Output
    packing : Packing
    column_types : mapping
        Arrow fields of foreign columns, as inputs told them; it may still grow until the end.
    folder : Path, optional
        Where the rows of a large table wait; the system's place for such files by default.
    tell : callable
        Is told of each type of a foreign column that the output cannot keep.
    """
    if packing.form == "text":
        yield _TextWriter(output, packing)
    elif packing.form == "jsonl":
        yield _LineWriter(output, packing)
    else:
        from dedupe_news.io.tables import TableWriter

        with TableWriter(output, packing.form, column_types, folder, tell=tell) as table:
            yield _TableWriter(table, packing)
            table.finish()


def check_output_format(path: str, form: FileFormat) -> None:
    """Raise an OutputError if `form` has no business in a file of this name."""
    suffix = Path(path).suffix
    if form in ("parquet", "arrow") and suffix in COMPRESSION_OF_SUFFIX:
        raise OutputError(
            f"{path}: {form} is not compressed from outside, nobody could read a part of it; "
            f"name it {path.removesuffix(suffix)}"
        )


class _TextWriter:
    def __init__(self, output: Output, packing: Packing) -> None:
        self.packing = packing
        self._output = output
        self._is_first = True

    def write_packed(self, _id: str, packed: Packed, _verdict: Mapping[str, Any]) -> None:
        self._output.write(text_block(packed.before.decode("utf-8", "surrogatepass"), first=self._is_first))
        self._is_first = False


class _LineWriter:
    def __init__(self, output: Output, packing: Packing) -> None:
        self.packing = packing
        self._output = output
        self._verdict: Mapping[str, Any] = {}
        self._said = b""  # of this verdict: most documents have the same, that they stand for themselves

    def write_packed(self, id: str, packed: Packed, verdict: Mapping[str, Any]) -> None:
        if verdict is not self._verdict:
            self._verdict, self._said = verdict, inner_json(verdict)
        pieces = [inner_json({"id": id}), packed.before, self._said, packed.behind]
        self._output.write(b"{%b}\n" % b",".join(filter(None, pieces)))


class _TableWriter:
    def __init__(self, table: Any, packing: Packing) -> None:
        self.packing = packing
        self._table = table

    def write_packed(self, id: str, packed: Packed, verdict: Mapping[str, Any]) -> None:
        self._table.write({"id": id, **pickle.loads(packed.before), **verdict})
