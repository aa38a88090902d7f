r"""Arrow tables and record batches, cleaned and deduplicated.

>>> import pyarrow as pa
>>> from dedupe_news.adapters import arrow
>>> table = pa.table({"n": [7, 8], "body": ["Rain fell all night.\u200b", None]})
>>> arrow.clean(table, text="body", columns=["text"]).column_names
['n', 'body', 'text']
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from dedupe_news import CleanOptions, MatchOptions
from dedupe_news.errors import InputError
from dedupe_news.pipeline.frames import (
    USUAL_COLUMNS,
    CleanColumns,
    Fields,
    Label,
    Named,
    clean_batch,
    clean_columns,
    dedupe_columns,
    foreign_values,
    receive,
    with_columns,
)

if TYPE_CHECKING:
    import pyarrow as pa

Frame = TypeVar("Frame", "pa.Table", "pa.RecordBatch", "pa.RecordBatchReader")


def clean(
    frame: Frame,
    text: str = "text",
    *,
    title: Named = None,
    byline: Named = None,
    columns: Sequence[str] = USUAL_COLUMNS,
    prefix: str = "",
    options: CleanOptions = CleanOptions(),  # noqa: B008 - frozen: one value for all calls
    jobs: int = 1,
) -> Frame:
    """Return a table with its articles cleaned: columns are added, or replaced where they have such a name.

    Parameters
    ----------
    frame : pyarrow.Table, RecordBatch or RecordBatchReader
        It stays as it is. Of a reader, batch after batch is cleaned as it is read, in this process.
    text : str
        The column of the texts received. Where it is null, the new columns are.
    title, byline : str or False, optional
        Columns with what is known already; if they are not named, those of these names. ``False`` for none.
    columns : sequence of str
        What is told of an article: ``title, byline, dateline, standfirst, body, text`` if nothing else is
        asked for, and ``paragraphs``, ``edits`` and ``repeats``, which are lists.
    prefix : str
        Put before the names of the new columns.
    options : CleanOptions
    jobs : int
        Processes that clean. With more than one, a script calls from under ``if __name__ == "__main__":``.

    Raises
    ------
    InputError
        If a column is not there, or cannot be what it is named as.
    """
    import pyarrow as pa

    fields = Fields(text, title=title, byline=byline)
    wanted = CleanColumns(options, columns, prefix)
    if isinstance(frame, pa.RecordBatchReader):
        empty = clean_batch(pa.RecordBatch.from_pylist([], frame.schema), fields, wanted)
        cleaned = (clean_batch(batch, fields, wanted) for batch in frame)
        return pa.RecordBatchReader.from_batches(empty.schema, cleaned)
    table = _as_table(frame)
    received = receive(table.column_names, fields, partial(_column, table))
    made = clean_columns(received, wanted, jobs=jobs)
    return _like(frame, with_columns(table, _columns(made), prefix))


def dedupe(
    frame: Frame,
    text: str = "text",
    *,
    id: Named = None,
    title: Named = None,
    byline: Named = None,
    date: Named = None,
    url: Named = None,
    source: Named = None,
    clean: CleanOptions | None = CleanOptions(),  # noqa: B008 - frozen: one value for all calls
    match: str | MatchOptions = "news",
    jobs: int = 1,
    annotate: bool = False,
    columns: Sequence[str] = (),
    prefix: str = "",
) -> Frame:
    """Return a table with one row for each story, in the order of the rows; all other columns as they were.

    Parameters
    ----------
    frame : pyarrow.Table, RecordBatch or RecordBatchReader
        It stays as it is.
    text : str
        The column of the texts. A row without one is nobody's duplicate, and kept.
    id, title, byline, date, url, source : str or False, optional
        Columns with what else is known; if they are not named, those of the names that `dedupe_news.dedupe`
        knows in a dict (the date is ``published``). ``False`` for none.
    clean : CleanOptions or None
        How texts are cleaned before they are compared; ``None`` takes them as they are.
    match : str or MatchOptions
        ``"strict"``, ``"news"`` (default), ``"noisy"``, or your own numbers.
    jobs : int
        Processes that clean; the outcome does not depend on it. With more than one, a script calls from
        under ``if __name__ == "__main__":``.
    annotate : bool
        Keep all rows, and tell of each in ``canonical_id`` who stands for it (perhaps it itself), and in
        ``relation``, ``jaccard`` and ``containment`` what it is to that one, if it is another.
    columns : sequence of str
        Columns of the clean articles to add, as in `clean`; none if nobody asks.
    prefix : str
        Put before the names of the new columns.

    Raises
    ------
    InputError
        If a column is not there, or cannot be what it is named as; if two rows have one id, and other texts.
    """
    import pyarrow as pa

    table = _as_table(frame)
    fields = Fields(text, id, title, byline, url, source, date)
    received = receive(table.column_names, fields, partial(_column, table))
    verdicts = dedupe_columns(
        received,
        CleanColumns(clean, columns, prefix),
        match=match,
        jobs=jobs,
        foreign=partial(_foreign, table, set(received.labels.values())),
    )
    table = with_columns(table, _columns(verdicts.cleaned), prefix)
    if annotate:
        return _like(frame, with_columns(table, _columns(verdicts.columns), prefix))
    return _like(frame, table.filter(pa.array(verdicts.kept)))


def _as_table(frame: Any) -> Any:
    import pyarrow as pa

    if isinstance(frame, pa.Table):
        return frame
    if isinstance(frame, pa.RecordBatch):
        return pa.Table.from_batches([frame])
    if isinstance(frame, pa.RecordBatchReader):
        return frame.read_all()
    raise InputError(
        f"expected a pyarrow Table, RecordBatch or RecordBatchReader, got {type(frame).__name__}; "
        f"pyarrow.table(...) makes a table of what speaks Arrow"
    )


def _like(frame: Any, table: Any) -> Any:
    """Return a table as what `frame` is."""
    import pyarrow as pa

    if isinstance(frame, pa.Table):
        return table
    if isinstance(frame, pa.RecordBatchReader):
        return table.to_reader()
    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], table.schema)


def _columns(table: Any) -> dict[str, Any]:
    return dict(zip(table.column_names, table.columns, strict=True))


def _column(table: Any, name: Label) -> Any:
    return table.column(table.column_names.index(name))


def _foreign(table: Any, read: set[Label], rows: list[int]) -> dict[Label, list[Any]]:
    places = [place for place, name in enumerate(table.column_names) if name not in read]
    return foreign_values(
        [table.column_names[place] for place in places], [table.column(place).take(rows) for place in places]
    )
