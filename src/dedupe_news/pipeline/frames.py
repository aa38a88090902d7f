"""Columns in, columns out: the work for frames of any tool, as Arrow has them. The order of work on one page.

Adapters translate: what their tool holds to Arrow, and what comes back. Nothing of it is decided there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dedupe_news.article import Relation
from dedupe_news.errors import InputError
from dedupe_news.io.blocks import BLOCK_BYTES
from dedupe_news.io.columns import is_text, python_values
from dedupe_news.machine import num_cores
from dedupe_news.match.collection import Matches, match_collection
from dedupe_news.match.scratch import MemoryScratch
from dedupe_news.options import MatchOptions, match_options, require_jobs
from dedupe_news.pipeline.cleaning import get_ready_to_clean
from dedupe_news.pipeline.columns import Chosen, Int64
from dedupe_news.pipeline.frame_batches import (
    CLEAN_COLUMNS,
    COMPARED,
    PUBLISHED,
    USUAL_COLUMNS,
    CleanColumns,
    Sealed,
    articles_of,
    clean_rows,
    cut_batches,
    map_batches,
)
from dedupe_news.pipeline.frame_fields import Fields, Label, Named, Received, receive, value_type
from dedupe_news.pipeline.identity import Identities, digest_rows, known_digest, other_article, text_digest
from dedupe_news.pipeline.matching import chunk_buffers, loading_thread
from dedupe_news.pipeline.stories import Stories

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

ForeignValues: TypeAlias = Callable[[list[int]], Mapping[Label, Sequence[Any]]]
"""Tells of some rows the values of all columns that are not read."""

_WORTH_LOADING = 8_000_000  # bytes of text: of so many, compiled loops will be needed
VERDICT_COLUMNS = ("canonical_id", "relation", "jaccard", "containment")
"""What is told of every row: who stands for it, what it is to that one, and how alike they are."""


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
    [made] = cut_batches(received.table, None)
    new = clean_rows(Sealed(made), wanted, received.text_type, False).batch
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
    require_jobs(jobs)
    return _made(received, wanted, jobs=jobs, for_matching=False)


def _made(received: Received, wanted: CleanColumns, *, jobs: int, for_matching: bool) -> Any:
    """Return what `frame_batches.clean_rows` makes of all rows, as a table."""
    import pyarrow as pa

    if wanted.options:
        get_ready_to_clean(received.table.num_rows, jobs=jobs)
    batches = cut_batches(received.table, BLOCK_BYTES)
    return pa.Table.from_batches(
        map_batches(
            batches,
            wanted,
            received.text_type,
            jobs=jobs if wanted.options else 1,
            for_matching=for_matching,
        )
    )


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
    foreign: ForeignValues,
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
    options = match_options(match)
    require_jobs(jobs)
    who = _who_is_who(received, foreign)

    loading = loading_thread(options)
    if received.table["text"].nbytes >= _WORTH_LOADING:
        loading.start()
    made = _made(received, wanted, jobs=jobs, for_matching=True)
    if loading.ident is not None:
        loading.join()

    own = who.rows[who.articles]
    published = made[PUBLISHED].to_pylist()
    matches = match_collection(
        chunk_buffers(_chosen_chunks(made[COMPARED], own)),
        Chosen(who.names, who.articles),
        [published[row] for row in own.tolist()],
        options,
        num_threads=num_cores(),
        tell=_silent,
        scratch=MemoryScratch(),
    )
    return _verdicts(received, who, matches, made.select(list(wanted.columns)))


@dataclass(frozen=True, slots=True, eq=False)
class _Who:
    """Who is who in a frame. A *place* is one in `rows`.

    Parameters
    ----------
    rows : int64, shape (n,)
        The rows that hold an article, ascending.
    articles : int64
        The places of articles of their own: the others came again.
    first : int64, shape (n,)
        At each place, that of the first article with this id.
    names : Strings
        At each place, the id.
    """

    rows: Int64
    articles: Int64
    first: Int64
    names: Sequence[str]


def _who_is_who(received: Received, foreign: ForeignValues) -> _Who:
    """Return who is who, before hours are spent on cleaning.

    Raises
    ------
    InputError
        If two rows have one id, and not the same text.
    """
    rows = np.flatnonzero(received.table["text"].is_valid().to_numpy())
    ids = _ids(received.table, rows)
    digests = digest_rows(
        [
            text_digest(text)
            for batch in cut_batches(received.table.select(["text"]), BLOCK_BYTES)
            for text in batch.column("text").to_pylist()
            if text is not None
        ]
    )
    identities = Identities()
    taken = identities.take(ids, digests, _known_digests(received.table, rows, ids, digests, foreign))
    others = np.flatnonzero(taken.is_other)
    if len(others):
        at, first_at = int(others[0]), int(taken.first[others[0]])
        reason = other_article(ids[at] or "", f"row {rows[at]}", f"row {rows[first_at]}")
        raise InputError(
            f"{reason} (rows from 0; so it is with {len(others)} of {len(rows)}); "
            f"give every article an id of its own, or id=False to call them by their texts"
        )
    articles, first, names = identities.finish()
    return _Who(rows, articles, first, names)


def _verdicts(received: Received, who: _Who, matches: Matches, cleaned: Any) -> Verdicts:
    """Return what became of every row: what is matched are articles of their own, by their position."""
    import pyarrow as pa

    stories = Stories(
        matches.members, {}, lambda position: who.names[int(who.articles[position])], lambda _: None
    )
    canonical_of = np.arange(len(who.articles))
    for canonical, members in matches.members.items():
        canonical_of[list(members)] = canonical
    position_at = np.searchsorted(who.articles, who.first)
    canonical_at = canonical_of[position_at]
    is_duplicate = (who.first != np.arange(len(who.rows))) | (canonical_at != position_at)
    num_rows = received.table.num_rows
    relations: list[Relation | None] = [None] * num_rows
    for at in np.flatnonzero(is_duplicate).tolist():
        relations[who.rows[at]] = stories.relation(int(position_at[at]), int(canonical_at[at]))
    kept = np.ones(num_rows, dtype=bool)
    kept[who.rows[is_duplicate]] = False
    canonical_ids, canonical_rows = _canonical_ids(received, who, who.articles[canonical_at])
    verdicts = {
        "canonical_id": canonical_ids,
        "relation": pa.array([relation and relation.kind for relation in relations], received.text_type),
        "jaccard": pa.array([relation and relation.jaccard for relation in relations], pa.float64()),
        "containment": pa.array([relation and relation.containment for relation in relations], pa.float64()),
    }
    return Verdicts(kept, pa.table(verdicts), cleaned, canonical_rows)


def _canonical_ids(received: Received, who: _Who, canonicals: Int64) -> tuple[Any, Int64 | None]:
    """Return for each row the id of the article that stands for it, and where these ids stand if they do.

    `canonicals` are the places of those that stand for the articles at each place.
    """
    import pyarrow as pa

    ids = received.table["id"] if "id" in received.labels else None
    if ids is not None and not _has_nameless(ids, who.rows):
        rows = np.full(received.table.num_rows, -1, dtype=np.int64)
        rows[who.rows] = who.rows[canonicals]
        return ids.take(pa.array(rows, mask=rows < 0)), rows
    of = received.text_type if ids is None or not is_text(ids.type) else value_type(ids.type)
    told: list[str | None] = [None] * received.table.num_rows
    for row, name in zip(who.rows.tolist(), Chosen(who.names, canonicals)[:], strict=True):
        told[row] = name
    return pa.array(told, of), None


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
    foreign: ForeignValues,
) -> NDArray[np.uint64]:
    """Return `known_digest` of the articles for which it decides something: equal texts without ids."""
    known = np.zeros((len(rows), 2), dtype=np.uint64)
    nameless = np.array([at for at, id in enumerate(ids) if not id], dtype=np.int64)
    _, inverse, counts = np.unique(digests[nameless, 0], return_inverse=True, return_counts=True)
    equal = nameless[counts[inverse] > 1]
    if not len(equal):
        return known
    at = rows[equal]
    columns = foreign(at.tolist())
    articles = articles_of(table.take(at).combine_chunks().to_batches()[0])
    extras = [{str(name): values[number] for name, values in columns.items()} for number in range(len(at))]
    known[equal] = digest_rows(
        [
            known_digest(replace(article, extra=extra))
            for article, extra in zip(articles, extras, strict=True)
            if article is not None
        ]
    )
    return known


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


def _has_nameless(ids: Any, rows: Int64) -> bool:
    values = ids.take(rows)
    return bool(values.null_count) or "" in values.unique().to_pylist()


def _silent(stage: str, done: int, total: int | None) -> None:
    """Say nothing."""
