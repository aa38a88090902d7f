"""The rows of a frame, a batch at a time: cleaned in whichever process, back as columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from dedupe_news.article import Article, CleanArticle
from dedupe_news.errors import InputError, OptionError, listed
from dedupe_news.intake import as_article
from dedupe_news.io.columns import python_values
from dedupe_news.io.tables import arrow_types, without_surrogates
from dedupe_news.io.writing import edit_record, repeat_record
from dedupe_news.options import CleanOptions
from dedupe_news.pipeline.cleaning import clean_article_or_leave, compared_text
from dedupe_news.workers import map_in_order

_WORTH_PROCESSES = 3  # batches
_ROW_BYTES = 200  # what a row weighs besides its text

_VALUE_OF: dict[str, Callable[[CleanArticle], Any]] = {
    "title": lambda document: document.title,
    "byline": lambda document: document.byline,
    "dateline": lambda document: document.dateline,
    "standfirst": lambda document: document.standfirst,
    "body": lambda document: document.body,
    "text": lambda document: document.text,
    "paragraphs": lambda document: list(document.paragraphs),
    "edits": lambda document: [edit_record(edit) for edit in document.edits],
    "repeats": lambda document: [repeat_record(repeat) for repeat in document.repeats],
}

CLEAN_COLUMNS = tuple(_VALUE_OF)
"""What cleaning can tell of an article, a column each."""

USUAL_COLUMNS = CLEAN_COLUMNS[:6]
"""What it tells if nobody asks for more: the fields, and not the evidence."""


@dataclass(frozen=True, slots=True)
class CleanColumns:
    """How texts are cleaned, and which columns come of it.

    Parameters
    ----------
    options : CleanOptions or None
        ``None`` takes texts as they are.
    columns : sequence of str
        Of `CLEAN_COLUMNS`.
    prefix : str
        Put before the name of each.
    """

    options: CleanOptions | None = CleanOptions()  # noqa: RUF009 - frozen: one value for all
    columns: Sequence[str] = USUAL_COLUMNS
    prefix: str = ""

    def __post_init__(self) -> None:
        names = (self.columns,) if isinstance(self.columns, str) else tuple(self.columns)
        if unknown := [name for name in names if name not in CLEAN_COLUMNS]:
            raise OptionError(
                f"columns names unknown ones: {listed(unknown)}; known are {listed(CLEAN_COLUMNS)}"
            )
        object.__setattr__(self, "columns", tuple(dict.fromkeys(names)))


@dataclass(frozen=True, slots=True, eq=False)
class Sealed:
    """A record batch that is written out only if it goes to another process.

    Pickled as it is, a batch that is a slice takes all of what it is a slice of with it
    (https://github.com/apache/arrow/issues/26685).
    """

    batch: Any

    def __reduce__(self) -> tuple[Any, ...]:
        import pyarrow as pa

        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self.batch.schema) as writer:
            writer.write_batch(self.batch)
        return _unsealed, (sink.getvalue().to_pybytes(),)


def _unsealed(written: bytes) -> Sealed:
    import pyarrow as pa

    return Sealed(pa.ipc.open_stream(written).read_next_batch())


def cut_batches(table: Any, block_bytes: int | None) -> Iterator[Any]:
    """Yield the rows in batches of at least so many bytes of text; if there are none, an empty one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    starts = [0, table.num_rows]
    if block_bytes is not None and table.num_rows:
        sizes = pc.fill_null(pc.binary_length(table["text"]), 0).to_numpy() + _ROW_BYTES
        ends = np.cumsum(sizes)
        cuts = np.searchsorted(ends, np.arange(block_bytes, ends[-1], block_bytes)) + 1
        starts = [0, *np.unique(cuts[cuts < table.num_rows]).tolist(), table.num_rows]
    for start, stop in pairwise(starts):
        rows = table.slice(start, stop - start).combine_chunks()
        batches = rows.to_batches()
        yield batches[0] if batches else pa.RecordBatch.from_pylist([], rows.schema)


def map_batches(
    batches: Iterable[Any], wanted: CleanColumns, text_type: Any, *, jobs: int, for_matching: bool
) -> list[Any]:
    """Return what comes of each batch, worked out by `jobs` processes."""
    work = partial(clean_rows, wanted=wanted, text_type=text_type, for_matching=for_matching)
    made = map_in_order(work, map(Sealed, batches), jobs=jobs, at_a_time=1, worth_processes=_WORTH_PROCESSES)
    return [sealed.batch for sealed in made]


def clean_rows(sealed: Sealed, wanted: CleanColumns, text_type: Any, for_matching: bool) -> Sealed:
    """Return the columns that are wanted of each row, and those that only matching needs."""
    import pyarrow as pa

    articles = articles_of(sealed.batch)
    documents = [
        None if article is None else clean_article_or_leave(article, wanted.options) for article in articles
    ]
    names: list[str] = list(wanted.columns)
    arrays = [_array_of(name, documents, text_type) for name in wanted.columns]
    if for_matching:
        texts = [compared_text(document) if document else "" for document in documents]
        names += [PUBLISHED, COMPARED]
        arrays += [
            pa.array([article and article.published for article in articles], pa.large_string()),
            pa.array([text.encode("utf-8", "surrogatepass") for text in texts], pa.large_binary()),
        ]
    if not names:
        return Sealed(pa.RecordBatch.from_pylist([{}] * len(articles), pa.schema([])))
    return Sealed(pa.record_batch(arrays, names=names))


PUBLISHED, COMPARED = "of matching: published", "of matching: compared"
"""Columns that only matching needs."""


def articles_of(batch: Any) -> list[Article | None]:
    """Return the article of each row of received columns; None where there is no text."""
    columns: dict[str, list[Any]] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        try:
            columns[name] = python_values(column)
        except (ValueError, OverflowError, ArithmeticError) as error:
            raise InputError(f"the column of {name} cannot be read: {error}") from error
    rows = zip(*columns.values(), strict=True)
    text_at = list(columns).index("text")
    return [
        None if row[text_at] is None else as_article(dict(zip(columns, row, strict=True))) for row in rows
    ]


def _array_of(name: str, documents: Sequence[CleanArticle | None], text_type: Any) -> Any:
    import pyarrow as pa

    value_of = _VALUE_OF[name]
    values = [None if document is None else value_of(document) for document in documents]
    of = text_type if name in USUAL_COLUMNS else arrow_types()[name]
    try:
        return pa.array(values, of)
    except UnicodeEncodeError:  # half a character, which Arrow does not hold
        return pa.array([without_surrogates(value) for value in values], of)
