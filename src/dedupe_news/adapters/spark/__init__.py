r"""Spark DataFrames, cleaned and deduplicated: the same answer as on one machine.

    from dedupe_news.adapters.spark import dedupe

    stories = dedupe(spark.read.parquet("articles"), text="body", id="url")

Nothing of the articles comes to the driver. docs/spark.md tells which settings matter, and what it costs.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import dedupe_news.pipeline.stages as stages
from dedupe_news import CleanOptions, MatchOptions
from dedupe_news.adapters.spark import tables
from dedupe_news.adapters.spark.candidates import candidate_pairs
from dedupe_news.adapters.spark.naming import equal_and_nameless, named, refuse_other_articles
from dedupe_news.adapters.spark.stories import find_stories
from dedupe_news.errors import InputError
from dedupe_news.options import match_options
from dedupe_news.pipeline.frames import (
    USUAL_COLUMNS,
    VERDICT_COLUMNS,
    CleanColumns,
    Fields,
    Received,
    clean_batch,
    receive,
    refuse_ambiguous,
)

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Named = str | Literal[False] | None
"""A column's name; None for the one that has our name, if there is one; False for none at all."""

_ROW = "_dedupe_news_row"


def clean(
    frame: DataFrame,
    text: str = "text",
    *,
    title: Named = None,
    byline: Named = None,
    columns: Sequence[str] = USUAL_COLUMNS,
    prefix: str = "",
    options: CleanOptions = CleanOptions(),  # noqa: B008 - frozen: one value for all calls
) -> DataFrame:
    """Return a DataFrame with its articles cleaned: columns are added, or replaced where they are there.

    Computed when it is asked for, one batch of rows at a time; no row moves.

    Parameters
    ----------
    frame : pyspark.sql.DataFrame
    text : str
        The column of the texts received. Where it is null, the new columns are.
    title, byline : str or False, optional
        Columns with what is known already; if they are not named, those of these names. ``False`` for none.
    columns : sequence of str
        What is told of an article: ``title, byline, dateline, standfirst, body, text`` if nothing else is
        asked for, and ``paragraphs``, ``edits`` and ``repeats``, which are arrays.
    prefix : str
        Put before the names of the new columns.
    options : CleanOptions

    Raises
    ------
    MissingExtraError
        If pyspark is not installed, or pandas, without which it maps no batches.
    InputError
        If a column is not there, or cannot be what it is named as.
    """
    tables.require_frame(frame)
    fields = Fields(text, title=title, byline=byline)
    _receive(frame, fields)
    wanted = CleanColumns(options, columns, prefix)
    _refuse_ambiguous(frame, [prefix + name for name in wanted.columns])
    return _with_clean_columns(frame, fields, wanted)


def dedupe(
    frame: DataFrame,
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
    annotate: bool = False,
    columns: Sequence[str] = (),
    prefix: str = "",
    work: str | None = None,
) -> DataFrame:
    """Return a DataFrame with one row for each story; all other columns as they were.

    Which articles are one story is found out at once, in some forty jobs; the rows are put together when
    they are asked for.

    Parameters
    ----------
    frame : pyspark.sql.DataFrame
        Computed once.
    text : str
        The column of the texts. A row without one is nobody's duplicate, and kept.
    id, title, byline, date, url, source : str or False, optional
        Columns with what else is known; if they are not named, those of the names that `dedupe_news.dedupe`
        knows in a dict (the date is ``published``). ``False`` for none.
    clean : CleanOptions or None
        How texts are cleaned before they are compared; ``None`` takes them as they are.
    match : str or MatchOptions
        ``"strict"``, ``"news"`` (default), ``"noisy"``, or your own numbers.
    annotate : bool
        Keep all rows, and tell of each in ``canonical_id`` who stands for it (perhaps it itself), and in
        ``relation``, ``jaccard`` and ``containment`` what it is to that one, if it is another.
    columns : sequence of str
        Columns of the clean articles to add, as in `clean`; none if nobody asks.
    prefix : str
        Put before the names of the new columns.
    work : str, optional
        A folder that all nodes see (``hdfs:``, ``s3a:``), for tables in between. Without one they stay on
        the executors (``localCheckpoint``), and if one of these is lost, the run has to be begun again.

    Raises
    ------
    MissingExtraError
        If pyspark is not installed, or pandas, without which it maps no batches.
    InputError
        If a column is not there, or cannot be what it is named as; if two rows have one id, and other texts.
    OutputError
        If the folder cannot be written to.
    WorkerError
        If the executors have not this package, in this version.
    """
    tables.require_frame(frame)
    options = match_options(match)
    fields = Fields(text, id, title, byline, url, source, date)
    received = _receive(frame, fields)
    wanted = CleanColumns(clean, columns, prefix)
    told = [prefix + name for name in VERDICT_COLUMNS] if annotate else []
    _refuse_ambiguous(frame, [*told, *(prefix + name for name in wanted.columns)])
    tables.require_executors(frame.sparkSession)

    aside = tables.Aside(frame.sparkSession, work)
    rows = aside.put(_numbered(frame), "rows")
    verdicts = _verdicts(rows, received, clean, options, aside)
    result = _told(rows, verdicts, received, prefix) if annotate else _kept(rows, verdicts)
    result = result.drop(_ROW)
    return _with_clean_columns(result, fields, wanted) if wanted.columns else result


def _verdicts(
    rows: DataFrame,
    received: Received,
    clean: CleanOptions | None,
    options: MatchOptions,
    aside: tables.Aside,
) -> DataFrame:
    """Return what became of each row with a text: the order of work on one page."""
    from pyspark.sql import functions as sql

    labels = {ours: str(label) for ours, label in received.labels.items()}
    with_text = rows.where(sql.col(_quoted(labels["text"])).isNotNull())
    articles = with_text.select(
        sql.col(_ROW).alias("row"), *(sql.col(_quoted(label)).alias(ours) for ours, label in labels.items())
    )
    read = aside.put(
        tables.mapped(articles, partial(stages.read_articles, clean=clean, match=options), stages.READ),
        "read",
    )
    refuse_other_articles(read)
    names = aside.put(named(read, _known(with_text, read, labels)), "names")

    ours = read.select("row", "published", "key", "num_tokens").join(names, "row")
    bodies = aside.put(_bodies(ours.where("row = article and num_tokens > 0")), "bodies")
    num_articles = names.where("row = article").count()
    candidates = read.drop("published", "num_tokens").join(bodies.select("place", "row"), "row")
    pairs = aside.put(candidate_pairs(candidates, options, num_articles), "pairs")
    stories = aside.put(find_stories(pairs, bodies, read, options, aside), "stories")

    leaders = bodies.select(
        sql.col("place").alias("canonical"),
        sql.col("row").alias("story_row"),
        sql.col("id").alias("story_id"),
    )
    stories = stories.join(leaders, "canonical").drop("canonical")
    of_body = bodies.select("key", "place", sql.col("row").alias("body_row"), sql.col("id").alias("body_id"))
    is_other = sql.expr("row != canonical_row")
    return (
        ours.join(of_body, "key", "left")
        .join(stories, "place", "left")
        .withColumn("canonical_row", sql.coalesce("story_row", "body_row", "article"))
        .select(
            "row",
            is_other.alias("is_duplicate"),
            sql.coalesce("story_id", "body_id", "name").alias("canonical_id"),
            sql.when(is_other, sql.coalesce("kind", sql.lit("exact"))).alias("relation"),
            sql.when(is_other, sql.coalesce("jaccard", sql.lit(1.0))).alias("jaccard"),
            sql.when(is_other, sql.coalesce("containment", sql.lit(1.0))).alias("containment"),
        )
    )


def _bodies(articles: DataFrame) -> DataFrame:
    """Return of all equal bodies the article that goes through the comparisons for them, with its place.

    Places ascend with the keys. They differ from one computation to the next, and so does nothing else.
    """
    from pyspark.sql import functions as sql

    best = sql.min(sql.struct(sql.expr("published = ''"), "published", "name", "row")).alias("best")
    groups = articles.groupBy("key").agg(best, sql.max("num_tokens").alias("num_tokens"))
    ordered = groups.repartitionByRange("key").sortWithinPartitions("key")
    return ordered.select(
        "key",
        sql.monotonically_increasing_id().alias("place"),
        sql.col("best.row").alias("row"),
        sql.col("best.name").alias("id"),
        sql.col("best.published").alias("published"),
        "num_tokens",
    )


def _known(with_text: DataFrame, read: DataFrame, labels: dict[str, str]) -> DataFrame:
    """Return what puts equal texts without an id in order; see `naming.named`."""
    from pyspark.sql import functions as sql

    columns = [sql.col(_quoted(name)) for name in with_text.columns if name != _ROW]
    whole = with_text.select(sql.col(_ROW).alias("row"), sql.struct(*columns).alias("article"))
    chosen = whole.join(equal_and_nameless(read), "row", "left_semi")
    return tables.mapped(chosen, partial(stages.known_digests, labels=labels), "row long, known binary")


def _numbered(frame: DataFrame) -> DataFrame:
    from pyspark.sql import functions as sql

    return frame.withColumn(_ROW, sql.monotonically_increasing_id())


def _kept(rows: DataFrame, verdicts: DataFrame) -> DataFrame:
    from pyspark.sql import functions as sql

    duplicates = verdicts.where("is_duplicate").select(sql.col("row").alias(_ROW))
    return rows.join(duplicates, _ROW, "left_anti")


def _told(rows: DataFrame, verdicts: DataFrame, received: Received, prefix: str) -> DataFrame:
    """Return all rows with `VERDICT_COLUMNS` replaced, where there are such, or added."""
    from pyspark.sql import functions as sql

    of_row = verdicts.drop("is_duplicate").withColumnRenamed("row", _ROW)
    told = {prefix + name: sql.col(f"told.{name}") for name in VERDICT_COLUMNS}
    told[f"{prefix}canonical_id"] = told[f"{prefix}canonical_id"].cast(_id_type(rows, received))
    joined = rows.alias("rows").join(of_row.alias("told"), _ROW, "left")
    kept = [
        told[name].alias(name) if name in told else sql.col(f"rows.{_quoted(name)}") for name in rows.columns
    ]
    added = [column.alias(name) for name, column in told.items() if name not in rows.columns]
    return joined.select(*kept, *added)


def _id_type(rows: DataFrame, received: Received) -> str:
    """Return the type of the ids; text, if they are numbers and some articles have none."""
    from pyspark.sql import functions as sql

    if "id" not in received.labels:
        return "string"
    id = str(received.labels["id"])
    of = rows.schema[id].dataType.simpleString()
    text = sql.col(_quoted(str(received.labels["text"])))
    is_nameless = text.isNotNull() & sql.col(_quoted(id)).isNull()
    return of if of == "string" or rows.where(is_nameless).isEmpty() else "string"


def _with_clean_columns(frame: DataFrame, fields: Fields, wanted: CleanColumns) -> DataFrame:
    """Return `frame` with the columns of `clean_batch`."""
    from pyspark.sql.types import StructField, StructType

    empty = frame.limit(0).toArrow()
    made = clean_batch(_empty_batch(empty.schema), fields, wanted)
    new = [wanted.prefix + name for name in wanted.columns]
    of_new = frame.sparkSession.createDataFrame(_empty_table(made.schema, new)).schema
    schema = StructType(
        [of_new[field.name] if field.name in new else field for field in frame.schema]
        + [StructField(name, of_new[name].dataType) for name in new if name not in frame.columns]
    )
    return tables.mapped(frame, partial(clean_batch, fields=fields, wanted=wanted), schema)


def _empty_batch(schema: Any) -> Any:
    import pyarrow as pa

    return pa.RecordBatch.from_pylist([], schema)


def _empty_table(schema: Any, names: Sequence[str]) -> Any:
    import pyarrow as pa

    return pa.schema([schema.field(name) for name in names]).empty_table()


def _refuse_ambiguous(frame: DataFrame, new: Sequence[str]) -> None:
    """Refuse new columns whose names are there more than once, or, for Spark, in other letters."""
    refuse_ambiguous(frame.columns, new)
    if frame.sparkSession.conf.get("spark.sql.caseSensitive") == "true":
        return
    folded = {name.lower(): name for name in frame.columns if name not in new}
    for name in new:
        if name.lower() in folded:
            raise InputError(
                f"the frame has a column {folded[name.lower()]!r}, which Spark does not tell from {name!r}; "
                f"rename it, or give a prefix= for the new columns"
            )


def _receive(frame: DataFrame, fields: Fields) -> Received:
    """Return which columns are read, of a frame of no rows: it only tells the types."""
    nothing = frame.limit(0).toArrow()
    return receive(frame.columns, fields, lambda label: nothing.column(frame.columns.index(str(label))))


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
