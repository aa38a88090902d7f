"""pandas frames, cleaned and deduplicated."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

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
    refuse_ambiguous,
)

if TYPE_CHECKING:
    import pandas as pd

Frame = TypeVar("Frame", bound="pd.DataFrame")


def clean(
    frame: Frame,
    text: Label = "text",
    *,
    title: Named = None,
    byline: Named = None,
    columns: Sequence[str] = USUAL_COLUMNS,
    prefix: str = "",
    options: CleanOptions = CleanOptions(),  # noqa: B008 - frozen: one value for all calls
    jobs: int = 1,
) -> Frame:
    r"""Return a frame with its articles cleaned: columns are added, or replaced where they have such a name.

    Parameters
    ----------
    frame : pandas.DataFrame
        It stays as it is. The index and all other columns are those of what is returned.
    text : label
        The column of the texts received. Where it is missing, the new columns are. New texts are of its
        dtype; of categories, they are of the dtype of these.
    title, byline : label or False, optional
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

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"body": ["Rain fell all night.\u200b"]}, index=["a"])
    >>> clean(frame, text="body", columns=["text"]).loc["a", "text"]
    'Rain fell all night.'
    """
    received = _receive(frame, Fields(text, title=title, byline=byline))
    made = clean_columns(received, CleanColumns(options, columns), jobs=jobs)
    result: Frame = _with_columns(frame, made, _dtype_of(frame, received, "text"), prefix)
    return result


def dedupe(
    frame: Frame,
    text: Label = "text",
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
    """Return a frame with one row for each story, in the order of the rows, with its index and its columns.

    Parameters
    ----------
    frame : pandas.DataFrame
        It stays as it is.
    text : label
        The column of the texts. A row without one is nobody's duplicate, and kept.
    id, title, byline, date, url, source : label or False, optional
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
    received = _receive(frame, Fields(text, id, title, byline, url, source, date))
    verdicts = dedupe_columns(
        received,
        CleanColumns(clean, columns),
        match=match,
        jobs=jobs,
        foreign=partial(_foreign, frame, set(received.labels.values())),
    )
    text_dtype = _dtype_of(frame, received, "text")
    result: Frame = _with_columns(frame, verdicts.cleaned, text_dtype, prefix)
    if not annotate:
        kept: Frame = result.iloc[np.flatnonzero(verdicts.kept)].copy()
        return kept
    result = _with_columns(result, verdicts.columns, text_dtype, prefix)
    if verdicts.canonical_rows is not None:
        ids = frame.iloc[:, _place(frame, received.labels["id"])]
        result[_labels(frame, ["canonical_id"], prefix)[0]] = _taken(ids, verdicts.canonical_rows)
    return result


# --- from pandas to Arrow ----------------------------------------------------------------------


def _receive(frame: Any, fields: Fields) -> Received:
    pandas = require("pandas", extra="pandas")
    if not isinstance(frame, pandas.DataFrame):
        raise InputError(f"expected a pandas.DataFrame, got {type(frame).__name__}")
    return receive(list(frame.columns), fields, partial(_column, frame))


def _column(frame: Any, label: Label) -> Any:
    return _as_arrow(frame.iloc[:, _place(frame, label)])


def _place(frame: Any, label: Label) -> int:
    """Return where a column stands: its label alone would not do where others have one label."""
    return next(place for place, other in enumerate(frame.columns) if other == label)


def _as_arrow(series: Any) -> Any:
    """Return a column as Arrow has it; a TypeError or ValueError tells why that cannot be."""
    import pyarrow as pa

    is_category = isinstance(series.dtype, require("pandas", extra="pandas").CategoricalDtype)
    if (series.dtype.kind == "f" or is_category) and series.isna().all():
        return pa.nulls(len(series))  # nothing is there, and pandas calls that a number, or no category
    try:
        return pa.array(series, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        for row, value in enumerate(series):
            if isinstance(value, str) and not _is_utf8(value):
                raise ValueError(f"row {row} holds half of a character (a lone surrogate)") from error
            if not isinstance(value, str) and not _is_missing(value):
                raise TypeError(f"row {row} holds {type(value).__name__}") from error
        raise


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_missing(value: Any) -> bool:
    pandas = require("pandas", extra="pandas")
    return bool(pandas.api.types.is_scalar(value) and pandas.isna(value))


def _foreign(frame: Any, read: set[Label], rows: list[int]) -> dict[Label, list[Any]]:
    """Return the values of columns that are not read; what Arrow cannot hold, as pandas does."""
    values: dict[Label, list[Any]] = {}
    for place, label in enumerate(frame.columns):
        if label not in read:
            series = frame.iloc[rows, place]
            try:
                values |= foreign_values([label], [_as_arrow(series)])
            except (TypeError, ValueError):
                values[label] = list(series)
    return values


# --- from Arrow to pandas ----------------------------------------------------------------------


def _dtype_of(frame: Any, received: Received, ours: str) -> Any:
    """Return the dtype of a column that is read."""
    return frame.dtypes.iloc[_place(frame, received.labels[ours])]


def _labels(frame: Any, names: Sequence[str], prefix: str) -> list[Label]:
    """Return what new columns are called; where labels have several levels, on the first."""
    more = [""] * (frame.columns.nlevels - 1)
    return [(prefix + name, *more) if more else prefix + name for name in names]


def _with_columns(frame: Any, made: Any, dtype: Any, prefix: str) -> Any:
    """Return a frame with the columns of an Arrow table replaced or added; texts are of the dtype given."""
    labels = _labels(frame, made.column_names, prefix)
    refuse_ambiguous(list(frame.columns), labels)
    result = frame.copy(deep=False)
    for label, column in zip(labels, made.columns, strict=True):
        result[label] = _as_pandas(column, dtype, frame.index)
    return result


def _as_pandas(column: Any, dtype: Any, index: Any) -> Any:
    """Return an Arrow column as values for a frame: texts of `dtype`, all lists as objects."""
    import pyarrow as pa

    pandas = require("pandas", extra="pandas")
    if isinstance(dtype, pandas.ArrowDtype):
        return pandas.ArrowDtype(column.type).__from_arrow__(column)
    if pa.types.is_floating(column.type):
        return column.to_numpy()
    if isinstance(dtype, pandas.CategoricalDtype):
        return _as_pandas(column, dtype.categories.dtype, index)
    if isinstance(dtype, pandas.StringDtype) and not pa.types.is_list(column.type):
        return dtype.__from_arrow__(column)
    values = np.empty(len(column), dtype=object)
    values[:] = column.to_pylist()
    return pandas.Series(values, index=index, dtype=object)  # an array of objects would be taken for texts


def _taken(ids: Any, rows: Any) -> Any:
    """Return the ids that stand at `rows`, in their dtype, or the nearest that can be missing."""
    pandas = require("pandas", extra="pandas")
    if ids.dtype.kind in "iu" and (rows < 0).any():
        ids = pandas.Series(ids.array, index=ids.index).convert_dtypes()
    return pandas.Series(ids.array.take(rows, allow_fill=True), index=ids.index, dtype=ids.dtype)
