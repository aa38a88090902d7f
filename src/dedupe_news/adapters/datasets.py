"""Hugging Face datasets, cleaned and deduplicated; streams too."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from dedupe_news import CleanOptions, MatchOptions, __version__
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
    with_columns,
)

if TYPE_CHECKING:
    import datasets as hf

Frame = TypeVar("Frame", "hf.Dataset", "hf.IterableDataset")

ForeignValues = Callable[[Any, set[Label], list[int]], dict[Label, list[Any]]]

_STREAM_ROWS = 1000  # that are read of a stream at a time


def clean(
    dataset: Frame,
    text: str = "text",
    *,
    title: Named = None,
    byline: Named = None,
    columns: Sequence[str] = USUAL_COLUMNS,
    prefix: str = "",
    options: CleanOptions = CleanOptions(),  # noqa: B008 - frozen: one value for all calls
    jobs: int = 1,
) -> Frame:
    """Return a dataset with its articles cleaned: columns are added, or replaced where they have such a name.

    Parameters
    ----------
    dataset : datasets.Dataset or IterableDataset
        Of a stream, rows are cleaned when they are read.
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
        Processes that clean, as ``num_proc`` of `Dataset.map`; streams are cleaned in this one.

    Raises
    ------
    InputError
        If a column is not there, or cannot be what it is named as.
    """
    work = BatchCleaner(Fields(text, title=title, byline=byline), CleanColumns(options, columns, prefix))
    if _is_stream(dataset):
        return dataset.map(work, batched=True, features=_features(dataset, work))
    made = dataset.with_format("arrow").map(
        work, batched=True, features=_features(dataset, work), num_proc=None if jobs == 1 else jobs
    )
    return _formatted_as(dataset, made)


def batch_cleaner(
    text: str = "text",
    *,
    title: Named = None,
    byline: Named = None,
    columns: Sequence[str] = USUAL_COLUMNS,
    prefix: str = "",
    options: CleanOptions = CleanOptions(),  # noqa: B008 - frozen: one value for all calls
) -> BatchCleaner:
    r"""Return a function for ``dataset.map(…, batched=True)``; see `clean` for what it is given.

    >>> work = batch_cleaner("body", columns=["text"])
    >>> work({"body": ["Rain fell all night.\u200b", None], "n": [7, 8]})
    {'text': ['Rain fell all night.', None]}
    """
    return BatchCleaner(Fields(text, title=title, byline=byline), CleanColumns(options, columns, prefix))


@dataclass(frozen=True, slots=True)
class BatchCleaner:
    """Cleans the articles of one batch, whether it comes as a dict of lists or as an Arrow table.

    The version is a part of it, so that what another version has cleaned is not taken from the cache.
    """

    fields: Fields
    wanted: CleanColumns
    version: str = __version__

    def __call__(self, batch: Any) -> Any:
        """Return the new columns of a dict of lists, or an Arrow table with them."""
        import pyarrow as pa

        if isinstance(batch, pa.Table):
            made = clean_columns(receive(batch.column_names, self.fields, batch.column), self.wanted, jobs=1)
            return with_columns(batch, _columns(made), self.wanted.prefix)
        if not isinstance(batch, Mapping):
            raise InputError(
                f"expected a batch as a dict of lists or an Arrow table, got {type(batch).__name__}; "
                f"call dataset.with_format(None) before"
            )
        received = receive(list(batch), self.fields, lambda label: pa.array(list(batch[label])))
        made = clean_columns(received, self.wanted, jobs=1)
        return {self.wanted.prefix + name: column.to_pylist() for name, column in _columns(made).items()}


def dedupe(
    dataset: Frame,
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
    """Return a dataset with one row for each story, in the order of the rows; all other columns as they were.

    Parameters
    ----------
    dataset : datasets.Dataset or IterableDataset
        A stream is read twice: now, to know its texts, and again by whoever reads what is returned; if it
        gives other texts then, that is an error. Only columns that are read here are kept in memory. What is
        returned has one shard, and no format.
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
    fields = Fields(text, id, title, byline, url, source, date)
    is_stream = _is_stream(dataset)
    received, foreign = (_receive_stream if is_stream else _receive_dataset)(dataset, fields)
    verdicts = dedupe_columns(
        received,
        CleanColumns(clean, columns),
        match=match,
        jobs=jobs,
        foreign=partial(foreign, dataset, set(received.labels.values())),
    )
    new = {prefix + name: column for name, column in _columns(verdicts.cleaned).items()}
    if annotate:
        new |= {prefix + name: column for name, column in _columns(verdicts.columns).items()}
    kept = np.ones(len(verdicts.kept), dtype=bool) if annotate else verdicts.kept
    if is_stream:
        return _kept_stream(dataset, received, kept, new)
    result = _with_columns(dataset, new)
    return result if annotate else result.select(np.flatnonzero(kept))


def _is_stream(dataset: Any) -> bool:
    hf = require("datasets", extra="datasets")
    if not isinstance(dataset, hf.Dataset | hf.IterableDataset):
        hint = "; give one of its splits" if isinstance(dataset, dict) else ""
        raise InputError(
            f"expected a datasets.Dataset or IterableDataset, got {type(dataset).__name__}{hint}"
        )
    return isinstance(dataset, hf.IterableDataset)


def _columns(table: Any) -> dict[str, Any]:
    return dict(zip(table.column_names, table.columns, strict=True))


# --- datasets ----------------------------------------------------------------------------------


def _receive_dataset(dataset: hf.Dataset, fields: Fields) -> tuple[Received, ForeignValues]:
    """Return what is read of a dataset, and what tells the values of other columns at some rows."""

    def column(label: Label) -> Any:
        return dataset.select_columns([str(label)]).with_format("arrow")[:].column(0)

    return receive(dataset.column_names, fields, column), _foreign_of_dataset


def _foreign_of_dataset(dataset: hf.Dataset, read: set[Label], rows: list[int]) -> dict[Label, list[Any]]:
    names = [name for name in dataset.column_names if name not in read]
    if not names:
        return {}
    table = dataset.select_columns(names).with_format("arrow")[rows]
    return foreign_values(names, [table.column(name) for name in names])


def _features(dataset: Any, work: BatchCleaner) -> Any:
    """Return the features that a dataset has and those of new columns; None if they are not known."""
    hf = require("datasets", extra="datasets")
    if dataset.features is None:
        return None
    empty = dataset.features.arrow_schema.empty_table()
    made = clean_columns(receive(empty.column_names, work.fields, empty.column), work.wanted, jobs=1)
    told = hf.Features.from_arrow_schema(made.schema)
    return hf.Features({**dataset.features, **{work.wanted.prefix + name: of for name, of in told.items()}})


def _with_columns(dataset: hf.Dataset, new: Mapping[str, Any]) -> hf.Dataset:
    """Return a dataset with columns replaced or added; the others are not copied."""
    import pyarrow as pa

    hf = require("datasets", extra="datasets")
    if not new:
        return dataset
    table = pa.table(dict(new))
    if not len(dataset):  # what is empty would be left out
        features = hf.Features({**dataset.features, **hf.Features.from_arrow_schema(table.schema)})
        return hf.Dataset.from_dict({name: [] for name in features}, features=features, split=dataset.split)
    order = list(dict.fromkeys([*dataset.column_names, *new]))
    old = dataset.remove_columns([name for name in dataset.column_names if name in new])
    both = hf.concatenate_datasets([old, hf.Dataset(table)], axis=1, split=dataset.split)
    return _formatted_as(dataset, both.select_columns(order))


def _formatted_as(dataset: hf.Dataset, made: hf.Dataset) -> hf.Dataset:
    """Return `made` in the format of `dataset`; a choice of columns gains the new ones."""
    form = dataset.format
    columns = form["columns"]
    new = [name for name in made.column_names if name not in dataset.column_names]
    return made.with_format(
        form["type"],
        columns=None if set(columns) == set(dataset.column_names) else [*columns, *new],
        output_all_columns=form["output_all_columns"],
        **form["format_kwargs"],
    )


# --- streams -----------------------------------------------------------------------------------


def _receive_stream(dataset: hf.IterableDataset, fields: Fields) -> tuple[Received, ForeignValues]:
    """Read a stream, and return what is to be known of it, and what tells other values at some rows."""
    names: list[str] = list(dataset.column_names or ())
    labels: list[Label] | None = None
    values: dict[Label, list[Any]] = {}
    for batch in dataset.with_format(None).iter(_STREAM_ROWS):
        if labels is None:
            names = list(batch)
            labels = list(fields.labels_in(names).values())
            values = {label: [] for label in labels}
        for label in labels:
            values[label] += batch[label]
    column = partial(_stream_column, values, dataset.features)
    return receive(names, fields, column), _foreign_of_stream


def _stream_column(values: Mapping[Label, list[Any]], features: Any, label: Label) -> Any:
    import pyarrow as pa

    known = features is not None and label in features
    return pa.array(values.get(label, []), features.arrow_schema.field(label).type if known else None)


def _foreign_of_stream(
    dataset: hf.IterableDataset, read: set[Label], rows: list[int]
) -> dict[Label, list[Any]]:
    wanted = set(rows)
    found = [row for number, row in enumerate(dataset.with_format(None)) if number in wanted]
    names = dict.fromkeys(name for row in found for name in row if name not in read)
    return {name: [row.get(name) for row in found] for name in names}


def _kept_stream(
    dataset: hf.IterableDataset, received: Received, kept: Any, new: Mapping[str, Any]
) -> hf.IterableDataset:
    """Return a stream of the rows that are kept, with their new columns."""
    import pyarrow as pa

    hf = require("datasets", extra="datasets")
    table = pa.table(dict(new))
    features = dataset.features
    if features is not None:
        features = hf.Features({**features, **hf.Features.from_arrow_schema(table.schema)})
    given = {  # no lists: these would be taken for shards
        "dataset": dataset.with_format(None),
        "text": received.labels["text"],
        "digests": tuple(_digest(text) for text in received.table["text"].to_pylist()),
        "kept": tuple(kept.tolist()),
        "new": table,
    }
    return hf.IterableDataset.from_generator(_kept_rows, features=features, gen_kwargs=given)


def _kept_rows(
    dataset: hf.IterableDataset, text: str, digests: Sequence[bytes], kept: Sequence[bool], new: Any
) -> Iterator[dict[str, Any]]:
    num_rows = 0
    for number, row in enumerate(dataset):
        if number == len(digests) or _digest(row[text]) != digests[number]:
            raise InputError(
                f"row {number} of the stream is another than when it was read before; "
                f"make a Dataset of it first: datasets.Dataset.from_list(list(stream))"
            )
        num_rows += 1
        if kept[number]:
            yield row | {name: new[name][number].as_py() for name in new.column_names}
    if num_rows < len(digests):
        raise InputError(
            f"the stream has {num_rows} rows now, and had {len(digests)} when it was read before"
        )


def _digest(text: str | None) -> bytes:
    return b"" if text is None else hashlib.blake2b(text.encode(), digest_size=16).digest()
