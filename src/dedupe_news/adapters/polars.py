r"""Polars frames, cleaned and deduplicated; lazy ones too.

>>> import polars as pl
>>> from dedupe_news.adapters import polars
>>> frame = pl.DataFrame({"n": [7, 8], "body": ["Rain fell all night.\u200b", None]})
>>> polars.clean(frame, text="body", columns=["text"]).rows()
[(7, 'Rain fell all night.\u200b', 'Rain fell all night.'), (8, None, None)]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from dedupe_news import CleanOptions, MatchOptions
from dedupe_news.errors import InputError, require
from dedupe_news.pipeline.frames import (
    USUAL_COLUMNS,
    CleanColumns,
    Fields,
    Label,
    Named,
    Received,
    clean_columns,
    dedupe_columns,
    foreign_values,
    receive,
)

if TYPE_CHECKING:
    import polars as pl

Frame = TypeVar("Frame", "pl.DataFrame", "pl.LazyFrame")


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
    """Return a frame with its articles cleaned: columns are added, or replaced where they have such a name.

    Parameters
    ----------
    frame : polars.DataFrame or LazyFrame
        Of a lazy one, the work is done when it is collected.
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
    wanted = CleanColumns(options, columns)

    def cleaned(eager: pl.DataFrame) -> pl.DataFrame:
        received = _receive(eager, Fields(text, title=title, byline=byline))
        return _with_columns(eager, clean_columns(received, wanted, jobs=jobs), prefix)

    result: Frame = _applied(cleaned, frame)
    return result


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
    """Return a frame with one row for each story, in the order of the rows; all other columns as they were.

    Parameters
    ----------
    frame : polars.DataFrame or LazyFrame
        Of a lazy one, the work is done when it is collected; all of it is in memory then.
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
    polars = require("polars", extra="polars")
    wanted = CleanColumns(clean, columns)

    def deduped(eager: pl.DataFrame) -> pl.DataFrame:
        received = _receive(eager, Fields(text, id, title, byline, url, source, date))
        foreign = partial(_foreign, eager, set(received.labels.values()))
        verdicts = dedupe_columns(received, wanted, match=match, jobs=jobs, foreign=foreign)
        result = _with_columns(eager, verdicts.cleaned, prefix)
        if not annotate:
            return result.filter(polars.Series(verdicts.kept))
        result = _with_columns(result, verdicts.columns, prefix)
        if verdicts.canonical_rows is None:
            return result
        # In the type of the ids, which may be one that Arrow does not know.
        rows = polars.Series(
            [None if row < 0 else row for row in verdicts.canonical_rows.tolist()], dtype=polars.Int64
        )
        ids = eager.get_column(str(received.labels["id"])).gather(rows)
        return result.with_columns(ids.alias(f"{prefix}canonical_id"))

    result: Frame = _applied(deduped, frame)
    return result


def _applied(work: Callable[[Any], Any], frame: Any) -> Any:
    """Return what `work` makes of a frame; of a lazy one, a plan of it."""
    polars = require("polars", extra="polars")
    if isinstance(frame, polars.DataFrame):
        return work(frame)
    if not isinstance(frame, polars.LazyFrame):
        raise InputError(f"expected a polars DataFrame or LazyFrame, got {type(frame).__name__}")
    schema = work(polars.DataFrame(schema=frame.collect_schema())).schema  # a missing column is told at once

    def planned(eager: Any) -> Any:
        result = work(eager)
        if result.schema != schema:  # only `canonical_id` can be of another type
            raise InputError(
                "the ids are numbers, and some are missing, so that articles are called by their texts: "
                "cast the ids to text before, or collect the frame"
            )
        return result

    # What is told of a row depends on all rows, and on columns that nobody asks for afterwards.
    return frame.map_batches(
        planned, schema=schema, predicate_pushdown=False, projection_pushdown=False, slice_pushdown=False
    )


def _receive(frame: pl.DataFrame, fields: Fields) -> Received:
    return receive(frame.columns, fields, lambda label: _as_arrow(frame.get_column(str(label))))


def _as_arrow(series: Any) -> Any:
    """Return a column as Arrow has it; a TypeError tells that this cannot be."""
    polars = require("polars", extra="polars")
    if series.dtype == polars.Object:
        raise TypeError("it holds objects of Python")
    return series.to_arrow()


def _foreign(frame: pl.DataFrame, read: set[Label], rows: list[int]) -> dict[Label, list[Any]]:
    """Return the values of columns that are not read; what Arrow cannot hold, as Polars does."""
    values: dict[Label, list[Any]] = {}
    for name in frame.columns:
        if name not in read:
            series = frame.get_column(name).gather(rows)
            try:
                values |= foreign_values([name], [_as_arrow(series)])
            except TypeError:
                values[name] = series.to_list()
    return values


def _with_columns(frame: pl.DataFrame, made: Any, prefix: str) -> pl.DataFrame:
    polars = require("polars", extra="polars")
    names = made.column_names
    return frame.with_columns(
        [
            polars.Series(prefix + name, polars.from_arrow(column))
            for name, column in zip(names, made.columns, strict=True)
        ]
    )
