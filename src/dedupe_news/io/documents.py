"""From documents to an output in its format: lines and texts as they come, tables at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from dedupe_news.article import CleanArticle
from dedupe_news.errors import OutputError
from dedupe_news.io.fields import Tell, say_nothing
from dedupe_news.io.streams import COMPRESSION_OF_SUFFIX, FileFormat, Output
from dedupe_news.io.writing import document_record, json_line, text_block


class DocumentWriter(Protocol):
    """Takes documents one after the other."""

    def write(self, document: CleanArticle) -> None:
        """Write a document, or keep it until the table is written."""


@contextmanager
def writing_documents(
    output: Output,
    form: FileFormat,
    *,
    with_original: bool,
    column_types: Mapping[str, Any],
    tell: Tell = say_nothing,
) -> Iterator[DocumentWriter]:
    """Give what writes documents to `output`; a table is written when the block ends well.

    Parameters
    ----------
    output : Output
    form : FileFormat
    with_original : bool
        Add the received text, as ``original``.
    column_types : mapping
        Arrow fields of foreign columns, as inputs told them; it may still grow until the end.
    tell : callable
        Is told of each type of a foreign column that the output cannot keep.
    """
    if form == "text":
        yield _TextWriter(output)
    elif form == "jsonl":
        yield _LineWriter(output, with_original)
    else:
        from dedupe_news.io.tables import TableWriter

        with TableWriter(output, form, column_types, with_original=with_original, tell=tell) as table:
            yield table
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
    def __init__(self, output: Output) -> None:
        self._output = output
        self._is_first = True

    def write(self, document: CleanArticle) -> None:
        self._output.write(text_block(document.text, first=self._is_first))
        self._is_first = False


class _LineWriter:
    def __init__(self, output: Output, with_original: bool) -> None:
        self._output = output
        self._with_original = with_original

    def write(self, document: CleanArticle) -> None:
        self._output.write(json_line(document_record(document, with_original=self._with_original)))
