"""From candidate pairs to stories: relations, frames, components, and who stands for whom in each."""

from __future__ import annotations

from functools import partial, reduce
from typing import TYPE_CHECKING, Any

import dedupe_news.pipeline.stages as stages
from dedupe_news.adapters.spark.components import components
from dedupe_news.adapters.spark.tables import Aside, mapped
from dedupe_news.options import MatchOptions

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

MOST_MEMBERS = 100_000
MOST_BYTES = 256 << 20
"""A component of more bodies, or more text, is not decided by one task, but in rounds of joins."""

_JOINED = "place long, canonical long, kind string, jaccard double, containment double"
_RELATION = ("kind", "jaccard", "containment")
_RANK = "struct(-num_tokens, published = '', published, id, place)"
"""What sorts bodies as `clusters.canonical_order` does."""


def find_stories(
    pairs: DataFrame, bodies: DataFrame, read: DataFrame, options: MatchOptions, aside: Aside
) -> DataFrame:
    """Return who stands for whom: `_JOINED`, a row for each body that another one stands for.

    Parameters
    ----------
    pairs : DataFrame
        Candidates: `left`, `right`.
    bodies : DataFrame
        `place`, `row`, `id`, `num_tokens`, `published`.
    read : DataFrame
        Of each `row` the text that is `compared`.
    options : MatchOptions
    aside : Aside
    """
    stories = _Stories(_texts(pairs, bodies, read, aside), options, aside)
    related = aside.put(stories.relate(pairs), "related")
    found = aside.put(stories.find_frames(related), "frames")
    frames = found.where("frame is not null").select(found.frame.alias("place"))
    related = related.unionByName(found.where("frame is null").drop("frame")).dropDuplicates(
        ["left", "right"]
    )
    stories.frames = frames
    edges = aside.put(stories.undoubted(related).drop("left_size", "right_size"), "edges")
    return stories.cluster(edges)


def _texts(pairs: DataFrame, bodies: DataFrame, read: DataFrame, aside: Aside) -> DataFrame:
    """Return the bodies that are in a pair, with their texts: read twice and more, and a fraction of all."""
    from pyspark.sql import functions as sql

    involved = pairs.select(sql.explode(sql.array("left", "right")).alias("place")).distinct()
    rows = bodies.join(involved, "place").select("place", "row", "id", "num_tokens", "published")
    texts = read.select("row", sql.col("compared").alias("text"))
    return aside.put(rows.join(texts, "row").drop("row"), "texts")


class _Stories:
    """The steps from pairs to stories, and what all of them need.

    Parameters
    ----------
    texts : DataFrame
        `place`, `id`, `num_tokens`, `published`, `text` of all bodies in question.
    options : MatchOptions
    aside : Aside
    """

    frames: DataFrame
    """Places of what stands in several articles that are not related; see `Comparison.is_frame`."""

    def __init__(self, texts: DataFrame, options: MatchOptions, aside: Aside) -> None:
        self._texts = texts
        self._options = options
        self._aside = aside

    def relate(self, pairs: DataFrame) -> DataFrame:
        """Return those of `pairs` that are related and may merge, as `stages.RELATED`."""
        both = pairs
        for side in ("left", "right"):
            both = both.join(_called(self._texts.select("place", "id", "text"), side), side)
        return mapped(both, partial(stages.relate_pairs, options=self._options), stages.RELATED)

    def undoubted(self, related: DataFrame) -> DataFrame:
        """Return the relations whose shorter side is no frame."""
        shorter = related.withColumn("shorter", _shorter())
        return shorter.join(self.frames, shorter.shorter == self.frames.place, "left_anti").drop("shorter")

    def find_frames(self, related: DataFrame) -> DataFrame:
        """Return places of frames, and the relations found on the way; see `stages.find_frame`."""
        from pyspark.sql import functions as sql
        from pyspark.sql.window import Window

        options = self._options
        holders = (
            related.where("kind in ('contained', 'revision')")
            .withColumn("shorter", _shorter())
            .withColumn("place", sql.expr("if(shorter = left, right, left)"))
            .withColumn("num_holders", sql.count("*").over(Window.partitionBy("shorter")))
            .where(f"num_holders >= {stages.MIN_STRANGERS}")
            .select("shorter", "place")
        )
        ranks = self._texts.select("place", sql.expr(_RANK).alias("rank"))
        best_first = Window.partitionBy("shorter").orderBy("rank")
        holders = (
            holders.join(ranks, "place")
            .withColumn("number", sql.row_number().over(best_first))
            .where(f"number <= {stages.MAX_HOLDERS}")
            .select("shorter", "place")
        )

        def of_one(table: Any) -> Any:
            return stages.find_frame(table, options)

        of_holders = holders.join(self._texts, "place").groupBy("shorter")
        return of_holders.applyInArrow(of_one, f"{stages.RELATED}, frame long")

    # --- clusters ------------------------------------------------------------------------------

    def cluster(self, edges: DataFrame) -> DataFrame:
        """Return who stands for whom, of all bodies that `edges` connect."""
        from pyspark.sql import functions as sql

        parts = []
        while True:
            members = self._aside.put(self._members(edges), "members")
            stars, rest = self._stars(edges, members)
            sizes = rest.groupBy("component").agg(
                sql.count("*").alias("num_members"), sql.sum("num_bytes").alias("num_bytes")
            )
            is_giant = f"num_members > {MOST_MEMBERS} or num_bytes > {MOST_BYTES}"
            giants = sizes.where(is_giant).select("component")
            parts += [stars, self._decided_by_one(edges, rest.join(giants, "component", "left_anti"))]
            rest = self._aside.put(rest.join(giants, "component", "left_semi"), "giants")
            if rest.isEmpty():
                return reduce(lambda all_, part: all_.unionByName(part), parts)
            parts.append(self._peeled(edges, rest))
            edges = self._aside.put(self._left_over(edges, rest, parts[-1]), "edges")

    def _left_over(self, edges: DataFrame, members: DataFrame, joined: DataFrame) -> DataFrame:
        """Return those edges of `members` of which neither end has joined, or leads."""
        gone = joined.select("place").unionByName(members.selectExpr("best as place").distinct())
        free = members.select("place").join(gone, "place", "left_anti")
        for side in ("left", "right"):
            edges = edges.join(free.withColumnRenamed("place", side), side, "left_semi")
        return edges

    def _members(self, edges: DataFrame) -> DataFrame:
        """Return the bodies that `edges` connect: `place`, `component`, and `best`, which leads it."""
        from pyspark.sql import functions as sql

        ranked = self._texts.select(
            "place", sql.expr(_RANK).alias("rank"), sql.octet_length("text").alias("num_bytes")
        )
        members = components(edges.select("left", "right"), self._aside).join(ranked, "place")
        best = members.groupBy("component").agg(
            sql.min("rank").getField("place").alias("best"), sql.count("*").alias("size")
        )
        return members.drop("rank").join(best, "component")

    def _stars(self, edges: DataFrame, members: DataFrame) -> tuple[DataFrame, DataFrame]:
        """Return who stands for whom where one body is related to all others, and the members of the rest.

        So it is nearly everywhere; and then nothing is left to verify.
        """
        from pyspark.sql import functions as sql
        from pyspark.sql.window import Window

        spokes = self._spokes(edges, members)
        in_all = sql.count("*").over(Window.partitionBy("component"))
        spokes = spokes.withColumn("num_spokes", in_all).where("num_spokes = size - 1")
        closed = spokes.select("component").distinct()
        return spokes.select(*_columns(_JOINED)), members.join(closed, "component", "left_anti")

    def _spokes(self, edges: DataFrame, members: DataFrame) -> DataFrame:
        """Return the edges of the body that leads each component."""
        from pyspark.sql import functions as sql

        of_left = members.select(sql.col("place").alias("left"), "component", "best", "size")
        return (
            edges.join(of_left, "left")
            .where("best in (left, right)")
            .withColumn("place", sql.expr("if(best = left, right, left)"))
            .withColumnRenamed("best", "canonical")
            .select(*_columns(_JOINED), "component", "size")
        )

    def _decided_by_one(self, edges: DataFrame, members: DataFrame) -> DataFrame:
        """Return who stands for whom in components that one task holds; see `stages.cluster_component`."""
        from pyspark.sql import functions as sql

        options = self._options
        frames = self.frames.select("place", sql.lit(True).alias("is_frame"))
        whole = (
            members.select("component", "place")
            .join(self._texts, "place")
            .join(frames, "place", "left")
            .withColumn("is_frame", sql.expr("coalesce(is_frame, false)"))
        )
        of_left = members.select(sql.col("place").alias("left"), sql.col("component").alias("whole"))
        inner = edges.join(of_left, "left").groupBy("whole")

        def of_one(members: Any, relations: Any) -> Any:
            return stages.cluster_component(members, relations, options)

        return whole.groupBy("component").cogroup(inner).applyInArrow(of_one, _JOINED)

    def _peeled(self, edges: DataFrame, members: DataFrame) -> DataFrame:
        """Return who joins the best-ranked body of each component: as `find_clusters` does first.

        Relatives of who has joined are asked, all at a time, whether they are related to that one too.
        """
        from pyspark.sql import functions as sql

        joined = self._aside.put(self._spokes(edges, members).select(*_columns(_JOINED)), "joined")
        asked = joined.select("place", "canonical")
        fresh = asked
        both_ways = edges.select("left", "right").unionByName(
            edges.select(sql.col("right").alias("left"), sql.col("left").alias("right"))
        )
        leaders = members.select(sql.col("best").alias("place")).distinct()
        while True:
            near = fresh.join(both_ways, fresh.place == both_ways.left).select(
                sql.col("right").alias("place"), "canonical"
            )
            near = near.distinct().join(leaders, "place", "left_anti").join(asked, "place", "left_anti")
            near = self._aside.put(near, "near")
            if near.isEmpty():
                return joined
            pairs = near.withColumn("left", sql.least("place", "canonical")).withColumn(
                "right", sql.greatest("place", "canonical")
            )
            related = self.undoubted(self.relate(pairs.select("left", "right")))
            fresh = pairs.join(related, ["left", "right"]).select(*_columns(_JOINED))
            fresh = self._aside.put(fresh, "joined")
            joined = joined.unionByName(fresh)
            asked = asked.unionByName(near)


def _called(texts: DataFrame, side: str) -> DataFrame:
    from pyspark.sql import functions as sql

    return texts.select(
        sql.col("place").alias(side), sql.col("id").alias(f"{side}_id"), sql.col("text").alias(f"{side}_text")
    )


def _shorter() -> Any:
    """Return which side has fewer shingles; if none, which is later among the candidates."""
    from pyspark.sql import functions as sql

    return sql.expr("if(left_size < right_size, left, right)")


def _columns(schema: str) -> list[str]:
    return [column.split()[0] for column in schema.split(", ")]
