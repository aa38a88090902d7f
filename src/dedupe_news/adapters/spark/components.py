"""Connected components in rounds: Kiveris et al., Connected components in MapReduce and beyond (2014)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedupe_news.adapters.spark.tables import Aside

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def components(edges: DataFrame, aside: Aside) -> DataFrame:
    """Return of all that `edges` connect the `place`, and the smallest place that it hangs together with.

    Each round lets neighbours hang on to the smallest among them, of those that are larger and then of those
    that are smaller: as many rounds as the logarithm of the longest way, and most are stars from the start.
    What comes to the driver is a count and a sum.

    Parameters
    ----------
    edges : DataFrame
        `left` and `right`, the smaller one left.
    aside : Aside

    Returns
    -------
    DataFrame
        `place`, `component`
    """
    from pyspark.sql import functions as sql

    before = _signature(edges)
    while True:
        edges = aside.put(_small_star(_large_star(edges)), "stars")
        now = _signature(edges)
        if now == before:
            break
        before = now
    roots = edges.select(sql.col("left").alias("place"), sql.col("left").alias("component")).distinct()
    return edges.select(sql.col("right").alias("place"), sql.col("left").alias("component")).unionByName(
        roots
    )


def _large_star(edges: DataFrame) -> DataFrame:
    from pyspark.sql import functions as sql
    from pyspark.sql.window import Window

    other_way = edges.select(sql.col("right").alias("left"), sql.col("left").alias("right"))
    smallest = sql.least("left", sql.min("right").over(Window.partitionBy("left")))
    both = edges.select("left", "right").unionByName(other_way).withColumn("smallest", smallest)
    return both.where("right > left").select(sql.col("smallest").alias("left"), "right").distinct()


def _small_star(edges: DataFrame) -> DataFrame:
    from pyspark.sql import functions as sql
    from pyspark.sql.window import Window

    smallest = sql.min("left").over(Window.partitionBy("right"))
    hung = edges.withColumn("smallest", smallest).select(
        sql.explode(sql.array("left", "right")).alias("right"), sql.col("smallest").alias("left")
    )
    return hung.where("left < right").select("left", "right").distinct()


def _signature(edges: DataFrame) -> tuple[int, int]:
    """Return what tells two tables of edges apart, in two numbers."""
    from pyspark.sql import functions as sql

    mixed = sql.xxhash64("left", "right").cast("decimal(38, 0)")
    row = edges.agg(sql.count("*").alias("count"), sql.sum(mixed).alias("sum")).take(1)[0]
    return int(row["count"]), int(row["sum"] or 0)
