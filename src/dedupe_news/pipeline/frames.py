"""Columns in, columns out: the work for frames of any tool, as Arrow has them. The order of work on one page.

Adapters translate: what their tool holds to Arrow, and what comes back. Nothing of it is decided there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedupe_news.article import Article, CleanArticle
from dedupe_news.errors import InputError, OptionError, listed
from dedupe_news.intake import as_article
from dedupe_news.io.blocks import BLOCK_BYTES
from dedupe_news.io.columns import is_text, python_values
from dedupe_news.io.tables import arrow_types, without_surrogates
from dedupe_news.io.writing import edit_record, repeat_record
from dedupe_news.machine import num_cores
from dedupe_news.match.collection import match_collection
from dedupe_news.match.scratch import MemoryScratch
from dedupe_news.options import CleanOptions, MatchOptions, match_options, require_jobs
from dedupe_news.pipeline.articles import clean_article_or_leave
from dedupe_news.pipeline.columns import Chosen, Int64
from dedupe_news.pipeline.frame_fields import Fields, Label, Named, Received, receive, value_type
from dedupe_news.pipeline.identity import Identities, digest_rows, known_digest, other_article, text_digest
from dedupe_news.pipeline.matching import chunk_buffers, compared_text, loading_thread
from dedupe_news.pipeline.stories import Stories
from dedupe_news.workers import map_in_order

__all__ = [
    "CLEAN_COLUMNS",
    "USUAL_COLUMNS",
    "VERDICT_COLUMNS",
    "CleanColumns",
    "Fields",
    "Label",
    "Named",
    "Received",
    "Verdicts",
    "clean_batch",
    "clean_columns",
    "dedupe_columns",
    "foreign_values",
    "receive",
    "refuse_ambiguous",
    "with_columns",
]

_WORTH_PROCESSES = 3  # batches
_WORTH_LOADING = 8  # batches: of as many megabytes, compiled loops will be needed
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

VERDICT_COLUMNS = ("canonical_id", "relation", "jaccard", "containment")
"""What is told of every row: who stands for it, what it is to that one, and how alike they are."""


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


# --- cleaning ----------------------------------------------------------------------------------


def clean_batch(batch: Any, fields: Fields, wanted: CleanColumns) -> Any:
    r"""Return an Arrow record batch with the columns of its articles, cleaned, added or replaced.

    For tools that hand over one batch after the other (Spark, Hugging Face datasets): what comes of a row
    depends on this row alone. All that is given can be pickled.

    Parameters
    ----------
    batch : pyarrow.RecordBatch
    fields : Fields
    wanted : CleanColumns

    Returns
    -------
    pyarrow.RecordBatch
        New texts are of the type of the texts received. Where there is no text, all new columns are null.

    Raises
    ------
    InputError
        If a column that was named is not there, or of a type that its field cannot be.

    >>> import pyarrow as pa
    >>> batch = pa.record_batch({"n": [7], "body": ["Rain fell all night.\u200b"]})
    >>> clean_batch(batch, Fields(text="body"), CleanColumns(columns=["text"])).to_pylist()
    [{'n': 7, 'body': 'Rain fell all night.\u200b', 'text': 'Rain fell all night.'}]
    """
    received = receive(batch.schema.names, fields, partial(_column, batch))
    [made] = _cut(received.table, None)
    new = _clean_rows(_Sealed(made), wanted, received.text_type, False).batch
    return with_columns(batch, dict(zip(new.schema.names, new.columns, strict=True)), wanted.prefix)


def clean_columns(received: Received, wanted: CleanColumns, *, jobs: int) -> Any:
    """Return the columns of all articles, cleaned, as a table under our names, without a prefix.

    Raises
    ------
    OptionError
        If `jobs` is below 1.
    WorkerError
        If a process ended before its work was done.
    """
    import pyarrow as pa

    require_jobs(jobs)
    batches = list(_cut(received.table, BLOCK_BYTES))
    made = _mapped(batches, wanted, received.text_type, jobs=jobs, for_matching=False)
    return pa.Table.from_batches(made)


def with_columns(frame: Any, columns: Mapping[str, Any], prefix: str) -> Any:
    """Return an Arrow table or record batch with columns replaced, where there are such, or added.

    Raises
    ------
    InputError
        If one of them is there more than once.
    """
    import pyarrow as pa

    for name, column in columns.items():
        field = pa.field(prefix + name, column.type)
        places = frame.schema.get_all_field_indices(field.name)
        if len(places) > 1:
            raise _ambiguous(field.name, len(places))
        add = partial(frame.set_column, places[0]) if places else frame.append_column
        frame = add(field, column)
    return frame


def refuse_ambiguous(columns: Sequence[Label], new: Iterable[Label]) -> None:
    """Raise an InputError if a column that is to be added or replaced is there more than once."""
    for name in new:
        count = sum(1 for column in columns if column == name)
        if count > 1:
            raise _ambiguous(name, count)


def _ambiguous(name: Label, count: int) -> InputError:
    return InputError(
        f"the frame has {count} columns {name!r}, of which none can be replaced; "
        f"rename them, or give a prefix= for the new ones"
    )


def _column(frame: Any, name: Any) -> Any:
    return frame.column(frame.schema.get_all_field_indices(name)[0])


@dataclass(frozen=True, slots=True, eq=False)
class _Sealed:
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


def _unsealed(written: bytes) -> _Sealed:
    import pyarrow as pa

    return _Sealed(pa.ipc.open_stream(written).read_next_batch())


def _cut(table: Any, block_bytes: int | None) -> Iterator[Any]:
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


def _mapped(
    batches: Sequence[Any], wanted: CleanColumns, text_type: Any, *, jobs: int, for_matching: bool
) -> list[Any]:
    """Return what comes of each batch, worked out by `jobs` processes."""
    work = partial(_clean_rows, wanted=wanted, text_type=text_type, for_matching=for_matching)
    made = map_in_order(work, map(_Sealed, batches), jobs=jobs, at_a_time=1, worth_processes=_WORTH_PROCESSES)
    return [sealed.batch for sealed in made]


def _clean_rows(sealed: _Sealed, wanted: CleanColumns, text_type: Any, for_matching: bool) -> _Sealed:
    """Return the columns that are wanted of each row, and those that only matching needs."""
    import pyarrow as pa

    articles = _articles(sealed.batch)
    documents = [
        None if article is None else clean_article_or_leave(article, wanted.options) for article in articles
    ]
    names: list[str] = list(wanted.columns)
    arrays = [_array_of(name, documents, text_type) for name in wanted.columns]
    if for_matching:
        texts = [compared_text(document) if document else "" for document in documents]
        names += [_DIGEST, _PUBLISHED, _COMPARED]
        arrays += [
            pa.array([article and text_digest(article.text) for article in articles], pa.binary(16)),
            pa.array([article and article.published for article in articles], pa.large_string()),
            pa.array([text.encode("utf-8", "surrogatepass") for text in texts], pa.large_binary()),
        ]
    if not names:
        return _Sealed(pa.RecordBatch.from_pylist([{}] * len(articles), pa.schema([])))
    return _Sealed(pa.record_batch(arrays, names=names))


_DIGEST, _PUBLISHED, _COMPARED = "of matching: digest", "of matching: published", "of matching: compared"


def _articles(batch: Any) -> list[Article | None]:
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


# --- matching ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Verdicts:
    """What became of the rows of a frame.

    Parameters
    ----------
    kept : bool, shape (n_rows,)
        False where another row stands for this one. A row without a text is nobody's duplicate, and kept.
    columns : pyarrow.Table
        `VERDICT_COLUMNS` of every row. `canonical_id` is of the type of the ids, unless these are numbers and
        some are missing: then it is text. The other three are null but where another row stands for this one.
    cleaned : pyarrow.Table
        The columns that were asked for, of every row.
    canonical_rows : int64, shape (n_rows,), or None
        Of which row `canonical_id` is the id; -1 where there is no text. None if ids are missing, and texts
        are called by what they say.
    """

    kept: NDArray[np.bool_]
    columns: Any
    cleaned: Any
    canonical_rows: Int64 | None


def dedupe_columns(
    received: Received,
    wanted: CleanColumns,
    *,
    match: str | MatchOptions,
    jobs: int,
    foreign: Callable[[list[int]], Mapping[Label, Sequence[Any]]],
) -> Verdicts:
    """Return which rows stand for which.

    The verdicts are those of `dedupe_news.dedupe` on the same articles, with the same ids.

    Parameters
    ----------
    received : Received
    wanted : CleanColumns
        How texts are cleaned before they are compared, and what of it is to be told.
    match : str or MatchOptions
    jobs : int
        Processes that clean; the outcome does not depend on it. Matching uses all cores anyway.
    foreign : callable
        Of some rows, the values of all columns that are not read. Of equal texts without an id they decide
        which is the first, so that the order of the rows does not.

    Raises
    ------
    OptionError
        If `match` names no preset, or `jobs` is below 1.
    InputError
        If two rows have one id, and not the same text.
    WorkerError
        If a process ended before its work was done.
    """
    import pyarrow as pa

    options = match_options(match)
    require_jobs(jobs)
    batches = list(_cut(received.table, BLOCK_BYTES))
    loading = loading_thread(options)
    if len(batches) >= _WORTH_LOADING:
        loading.start()
    jobs = jobs if wanted.options else 1
    made = pa.Table.from_batches(_mapped(batches, wanted, received.text_type, jobs=jobs, for_matching=True))
    if loading.ident is not None:
        loading.join()

    rows = np.flatnonzero(received.table["text"].is_valid().to_numpy())
    ids = _ids(received.table, rows)
    digests = digest_rows(made[_DIGEST].to_pylist())[rows]
    identities = Identities()
    taken = identities.take(ids, digests, _known_digests(received.table, rows, ids, digests, foreign))
    _refuse_other_articles(rows, ids, taken.first, taken.is_other)
    articles, first, names = identities.finish()
    published = made[_PUBLISHED].to_pylist()
    matches = match_collection(
        chunk_buffers(_chosen_chunks(made[_COMPARED], rows[articles])),
        Chosen(names, articles),
        [published[row] for row in rows[articles].tolist()],
        options,
        num_threads=num_cores(),
        tell=_silent,
        scratch=MemoryScratch(),
    )
    stories = Stories(matches.members, {}, lambda position: names[int(articles[position])], lambda _: None)
    canonical_of = np.arange(len(articles))
    for canonical, members in matches.members.items():
        canonical_of[list(members)] = canonical
    position_of = np.full(len(rows), -1, dtype=np.int64)
    position_of[articles] = np.arange(len(articles))

    positions = position_of[first]
    canonicals = canonical_of[positions]
    is_duplicate = (first != np.arange(len(rows))) | (canonicals != positions)
    relations = {
        int(rows[at]): stories.relation(int(positions[at]), int(canonicals[at]))
        for at in np.flatnonzero(is_duplicate).tolist()
    }
    kept = np.ones(len(made), dtype=bool)
    kept[list(relations)] = False
    related = [relations.get(row) for row in range(len(made))]
    canonical_rows: Int64 | None = None
    frame_ids = received.table["id"] if "id" in received.labels else None
    if frame_ids is None or _has_nameless(frame_ids, rows):
        told = _called_by_names(received, rows, Chosen(names, articles[canonicals])[:])
    else:
        canonical_rows = np.full(len(made), -1, dtype=np.int64)
        canonical_rows[rows] = rows[articles[canonicals]]
        told = frame_ids.take(pa.array(canonical_rows, mask=canonical_rows < 0))
    verdicts = {
        "canonical_id": told,
        "relation": pa.array([relation and relation.kind for relation in related], received.text_type),
        "jaccard": pa.array([relation and relation.jaccard for relation in related], pa.float64()),
        "containment": pa.array([relation and relation.containment for relation in related], pa.float64()),
    }
    return Verdicts(kept, pa.table(verdicts), made.select(list(wanted.columns)), canonical_rows)


def foreign_values(names: Sequence[Label], columns: Sequence[Any]) -> dict[Label, list[Any]]:
    """Return Arrow columns as Python values; where Python has no value, as Arrow writes it."""
    values: dict[Label, list[Any]] = {}
    for name, column in zip(names, columns, strict=True):
        try:
            values[name] = python_values(column)
        except (ValueError, OverflowError, ArithmeticError):
            values[name] = [str(value) for value in column]
    return values


def _ids(table: Any, rows: Int64) -> list[str | None]:
    if "id" not in table.column_names:
        return [None] * len(rows)
    ids = python_values(table["id"])
    return [None if ids[row] is None else str(ids[row]) for row in rows.tolist()]


def _known_digests(
    table: Any,
    rows: Int64,
    ids: Sequence[str | None],
    digests: NDArray[np.uint64],
    foreign: Callable[[list[int]], Mapping[Label, Sequence[Any]]],
) -> NDArray[np.uint64]:
    """Return `known_digest` of the articles for which it decides something: equal texts without ids."""
    known = np.zeros((len(rows), 2), dtype=np.uint64)
    nameless = np.array([at for at, id in enumerate(ids) if not id], dtype=np.int64)
    _, inverse, counts = np.unique(digests[nameless, 0], return_inverse=True, return_counts=True)
    equal = nameless[counts[inverse] > 1]
    if not len(equal):
        return known
    at = rows[equal]
    values = foreign(at.tolist())
    articles = _articles(table.take(at).combine_chunks().to_batches()[0])
    known[equal] = digest_rows(
        [
            known_digest(
                replace(article, extra={str(name): column[number] for name, column in values.items()})
            )
            for number, article in enumerate(articles)
            if article is not None
        ]
    )
    return known


def _refuse_other_articles(
    rows: Int64, ids: Sequence[str | None], first: Int64, is_other: NDArray[np.bool_]
) -> None:
    others = np.flatnonzero(is_other)
    if len(others):
        at = int(others[0])
        reason = other_article(ids[at] or "", f"row {rows[at]}", f"row {rows[first[at]]}")
        raise InputError(
            f"{reason} (rows from 0; so it is with {len(others)} of {len(rows)}); "
            f"give every article an id of its own, or id=False to call them by their texts"
        )


def _chosen_chunks(column: Any, rows: Int64) -> Iterator[Any]:
    """Yield the chunks of a column without the rows that are not chosen; a whole one as it stands."""
    import pyarrow as pa

    chosen = np.zeros(len(column), dtype=bool)
    chosen[rows] = True
    start = 0
    for chunk in column.chunks:
        of_chunk = chosen[start : start + len(chunk)]
        start += len(chunk)
        yield chunk if of_chunk.all() else chunk.filter(pa.array(of_chunk))


def _called_by_names(received: Received, rows: Int64, canonicals: Sequence[str]) -> Any:
    """Return for each row of a frame the id of the article that stands for it, where some have none."""
    import pyarrow as pa

    of = received.text_type
    if "id" in received.labels and is_text(received.table["id"].type):
        of = value_type(received.table["id"].type)
    told: list[str | None] = [None] * received.table.num_rows
    for row, canonical in zip(rows.tolist(), canonicals, strict=True):
        told[row] = canonical
    return pa.array(told, of)


def _has_nameless(ids: Any, rows: Int64) -> bool:
    values = ids.take(rows)
    return bool(values.null_count) or "" in values.unique().to_pylist()


def _silent(stage: str, done: int, total: int | None) -> None:
    """Say nothing."""
