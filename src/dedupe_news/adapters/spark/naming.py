"""Who is who: the ids of all articles, and which rows are the same article again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dedupe_news.errors import InputError
from dedupe_news.pipeline.identity import other_article

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def named(read: DataFrame, known: DataFrame) -> DataFrame:
    """Return who each row is.

    Parameters
    ----------
    read : DataFrame
        See `stages.read_articles`: `row`, `id` (null or not), `digest`.
    known : DataFrame
        Of the rows without an id whose text others have: `row`, and `known`, which puts them in order.

    Returns
    -------
    DataFrame
        `row`, `name` and `article`, the first row of the same article: its own, unless it came before.
    """
    from pyspark.sql import functions as sql
    from pyspark.sql.window import Window

    [counted] = read.agg(sql.count("*").alias("rows"), sql.count("id").alias("ids")).take(1)
    of_one_id = sql.min("row").over(Window.partitionBy("id"))
    with_id = read.where("id is not null").select(
        "row", sql.col("id").alias("name"), of_one_id.alias("article")
    )
    if counted.ids == counted.rows:
        return with_id
    nameless = read.where("id is null").select("row", _base("digest").alias("base"))
    # As many as there are equal texts: what one of them is called depends on how many come before it.
    in_order = Window.partitionBy("base").orderBy(sql.col("known").asc_nulls_first(), "row")
    nameless = nameless.join(known, "row", "left").withColumn("number", sql.row_number().over(in_order))
    if not counted.ids:
        return _called(nameless)
    return with_id.unionByName(_called(_past_taken(nameless, read)))


def _called(nameless: DataFrame) -> DataFrame:
    from pyspark.sql import functions as sql

    name = sql.when(sql.col("number") == 1, sql.col("base")).otherwise(sql.concat_ws("-", "base", "number"))
    return nameless.select("row", name.alias("name"), sql.col("row").alias("article"))


def _past_taken(nameless: DataFrame, read: DataFrame) -> DataFrame:
    """Return the nameless with the numbers that no given id has taken: the k-th gets the k-th of these."""
    from pyspark.sql import functions as sql

    number = sql.expr(f"coalesce(try_cast(substring(id, {_BASE_CHARS + 2}) as int), 1)")
    ours = read.where(sql.col("id").rlike(_OURS))
    taken = (
        ours.select(sql.substring("id", 1, _BASE_CHARS).alias("base"), number.alias("number"))
        .groupBy("base")
        .agg(sql.array_sort(sql.collect_set("number")).alias("taken"))
    )
    free = sql.expr("aggregate(coalesce(taken, array()), number, (n, t) -> if(t <= n, n + 1, n))")
    return nameless.join(taken, "base", "left").withColumn("number", free)


_BASE_CHARS = 16
_OURS = f"^[0-9a-f]{{{_BASE_CHARS}}}(-([2-9]|[1-9][0-9]{{1,8}}))?$"


def _base(digest: str) -> Any:
    """Return what an article is called whose text has this digest; see `intake.text_id`."""
    from pyspark.sql import functions as sql

    return sql.lower(sql.hex(sql.substring(digest, 1, _BASE_CHARS // 2)))


def equal_and_nameless(read: DataFrame) -> DataFrame:
    """Return the rows without an id whose text another row without an id has, too."""
    from pyspark.sql import functions as sql
    from pyspark.sql.window import Window

    counted = sql.count("*").over(Window.partitionBy("base"))
    nameless = read.where("id is null").select("row", _base("digest").alias("base"))
    return nameless.withColumn("count", counted).where("count > 1").select("row")


def refuse_other_articles(read: DataFrame) -> None:
    """Refuse two articles with one id.

    Raises
    ------
    InputError
        With one such id; no other row comes to the driver.
    """
    from pyspark.sql import functions as sql

    groups = read.where("id is not null").groupBy("id")
    others = groups.agg(sql.min("digest").alias("one"), sql.max("digest").alias("other")).where(
        "one != other"
    )
    for found in others.limit(1).take(1):
        reason = other_article(found.id, "one row", "another row")
        raise InputError(
            f"{reason}; give every article an id of its own, or id=False to call them by their texts"
        )
