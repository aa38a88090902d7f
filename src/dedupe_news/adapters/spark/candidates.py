"""Which pairs are worth verifying: the rules of `match.candidates` and `match.postings`, in windows.

A bucket, or a posting, is put in order where it is and read once; what leaves it are as many pairs as it has
members. So one of a million members takes a million steps, and no more memory than others.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import dedupe_news.pipeline.stages as stages
from dedupe_news.adapters.spark.tables import mapped
from dedupe_news.options import MatchOptions

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

PAIRS = "left long, right long"


def candidate_pairs(bodies: DataFrame, options: MatchOptions, num_articles: int) -> DataFrame:
    """Return the pairs of places that may be related, each once, the smaller one left.

    Parameters
    ----------
    bodies : DataFrame
        `place`, and of `stages.read_articles` what candidates are found by.
    options : MatchOptions
    num_articles : int
        How many articles there are in all: it decides how much of a sample is looked at.
    """
    bodies = bodies.where("num_shingles > 0")
    return _band_pairs(bodies).unionByName(_sample_pairs(bodies, options, num_articles)).distinct()


def _band_pairs(bodies: DataFrame) -> DataFrame:
    """Return the pairs that meet in a band; of a full bucket, a chain and a star."""
    from pyspark.sql import functions as sql
    from pyspark.sql.window import Window

    in_order = Window.partitionBy("bucket").orderBy("place")
    whole = in_order.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    members = (
        bodies.select("place", sql.explode("bands").alias("bucket"))
        .withColumn("size", sql.count("*").over(whole))
        .where("size > 1")
        .withColumn("first", sql.min("place").over(whole))
        .withColumn("next", sql.collect_list("place").over(in_order.rowsBetween(1, stages.FULL_BUCKET - 1)))
    )
    chain, star = "struct(place as left, get(next, 0) as right)", "struct(first as left, place as right)"
    return (
        members.select(
            sql.expr(
                f"""inline(if(size <= {stages.FULL_BUCKET},
                              transform(next, other -> struct(place as left, other as right)),
                              array({chain}, {star})))"""
            )
        )
        .where("left < right")
    )  # fmt: skip


def _sample_pairs(bodies: DataFrame, options: MatchOptions, num_articles: int) -> DataFrame:
    """Return the pairs of which one holds enough of the other's rarer samples, as `shared_pairs` does."""
    from pyspark.sql import functions as sql
    from pyspark.sql.window import Window

    bits = stages.sample_bits_cut(num_articles)
    postings = Window.partitionBy("sample").orderBy("place")
    whole = postings.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    # A rare posting lies within so many rows on either side of each of its owners.
    around = postings.rowsBetween(1 - stages.COMMON, stages.COMMON - 1)
    owners = (
        bodies.select("place", sql.explode(_cut_samples(bits)).alias("sample"))
        .withColumn("size", sql.count("*").over(whole))
        .where("size > 1")
        .withColumn("number", sql.row_number().over(postings))
        .withColumn("first", sql.min("place").over(whole))
        .withColumn("middle", sql.max(sql.expr("if(number = (size - 1) div 2 + 1, place, null)")).over(whole))
        .withColumn("last", sql.max("place").over(whole))
        .withColumn("all", sql.collect_list("place").over(around))
        .withColumn("is_common", sql.col("size") > stages.COMMON)
        .withColumn("leads_to", sql.expr("if(is_common, array(first, middle, last), all)"))
    )
    rarest = Window.partitionBy("place").orderBy("is_common", "sample")
    all_shared = rarest.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    sketches = (
        owners.withColumn("num_shared", sql.count("*").over(all_shared))
        .withColumn("entry", sql.row_number().over(rarest))
        .where(f"entry <= {stages.SKETCH}")
    )
    hits = (
        sketches.select("place", "num_shared", sql.explode("leads_to").alias("other"))
        .where("place != other")
        .groupBy("place", "other")
        .agg(sql.count("*").alias("hits"), sql.max("num_shared").alias("num_shared"))
    )
    rates = bodies.select(sql.col("place").alias("other"), sql.col("rate").alias("other_rate"))
    compared = hits.join(bodies.select("place", "num_samples", "rate"), "place").join(rates, "other")
    return mapped(compared, partial(stages.enough_hits, options=options), PAIRS)


def _cut_samples(bits: int) -> Any:
    from pyspark.sql import functions as sql

    return sql.expr(f"array_distinct(transform(samples, sample -> shiftright(sample, {bits})))")
