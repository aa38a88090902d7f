"""The stages of a run on many machines: what one of them does with the Arrow rows it was handed.

Nothing here knows who moves the rows, or what other rows there are. Tables are named by their columns:

==========  ========================================================================================
row         the number of a record, whatever gives it
key         of a body: sorts first what leads in a bucket, see `candidates`; equal bodies, equal keys
place       the number of a body, in the order of the keys
==========  ========================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dedupe_news.article import Article, Relation
from dedupe_news.match.candidates import FULL_BUCKET, CandidatePairs
from dedupe_news.match.clusters import canonical_order, find_clusters
from dedupe_news.match.collection import CollectionComparison
from dedupe_news.match.columns import TextList, fingerprint_columns, fingerprints, row_bits
from dedupe_news.match.comparison import MAX_HOLDERS, MIN_STRANGERS
from dedupe_news.match.fingerprint import Pairs
from dedupe_news.match.postings import COMMON, SKETCH, hits_needed, sample_rates
from dedupe_news.match.relations import merges
from dedupe_news.match.scratch import MemoryScratch
from dedupe_news.options import CleanOptions, MatchOptions
from dedupe_news.pipeline.cleaning import clean_article_or_leave, compared_text
from dedupe_news.pipeline.frame_batches import articles_of
from dedupe_news.pipeline.frames import foreign_values
from dedupe_news.pipeline.identity import known_digest, text_digest

if TYPE_CHECKING:
    from pyarrow import RecordBatch, Table

__all__ = [
    "COMMON",
    "FULL_BUCKET",
    "MAX_HOLDERS",
    "MIN_STRANGERS",
    "READ",
    "RELATED",
    "SKETCH",
    "cluster_component",
    "enough_hits",
    "find_frame",
    "known_digests",
    "read_articles",
    "relate_pairs",
    "sample_bits_cut",
]

_ARTICLES_AT_A_TIME = 2048
"""What is cleaned and fingerprinted together: what bounds the memory, not the result."""

_MOST_TOKENS = 0xFFFFFFFF


def read_articles(
    batch: RecordBatch, clean: CleanOptions | None, match: MatchOptions
) -> Iterator[RecordBatch]:
    """Clean and fingerprint articles; yield what all other stages need of them.

    Parameters
    ----------
    batch : RecordBatch
        `row` and the fields of articles that there are, by our names; no text is missing.
    clean : CleanOptions or None
    match : MatchOptions

    Returns
    -------
    iterator of RecordBatch
        The columns of `READ`.
    """
    for start in range(0, batch.num_rows, _ARTICLES_AT_A_TIME):
        yield _read_some(batch.slice(start, _ARTICLES_AT_A_TIME), clean, match)


def _read_some(batch: RecordBatch, clean: CleanOptions | None, match: MatchOptions) -> RecordBatch:
    import pyarrow as pa

    articles = _articles(batch.drop_columns(["row"]))
    compared = [compared_text(clean_article_or_leave(article, clean)) for article in articles]
    found = fingerprints(TextList(compared), match)
    num_bands = len(found.band_keys)
    band = np.arange(num_bands, dtype=np.int64) << 32
    return pa.record_batch(
        {
            "row": batch.column(batch.schema.get_field_index("row")),
            "id": pa.array([article.id or None for article in articles], pa.string()),
            "published": pa.array([article.published or "" for article in articles], pa.string()),
            "digest": pa.array([text_digest(article.text) for article in articles], pa.binary()),
            "key": pa.array(_keys(found.num_tokens, found.digests), pa.binary()),
            "num_tokens": found.num_tokens,
            "num_shingles": found.num_shingles,
            "num_samples": found.num_samples,
            "rate": sample_rates(found.num_shingles),
            "bands": _lists(
                (found.band_keys.T.astype(np.int64) + band).ravel(),
                np.full(len(articles), num_bands, dtype=np.int64),
            ),
            # Half of them would be negative where whole numbers have signs: one bit less sorts as all do.
            "samples": _lists((found.samples >> np.uint64(1)).view(np.int64), found.num_samples),
            "compared": pa.array(compared, pa.string()),
        }
    )


READ = (
    "row long, id string, published string, digest binary, key binary, num_tokens long, num_shingles long, "
    "num_samples long, rate double, bands array<long>, samples array<long>, compared string"
)
"""What `read_articles` returns, as SQL says it."""


def sample_bits_cut(num_articles: int) -> int:
    """Return how many more bits of a sample are left out, so that two are told apart as on one machine.

    There the row of an article takes their place: among more articles than one machine is likely to have
    seen, that would leave too few.
    """
    bits = row_bits(num_articles)
    return bits - 1 if bits <= _MOST_ROW_BITS else 0


_MOST_ROW_BITS = 24


def known_digests(batch: RecordBatch, labels: Mapping[str, str]) -> RecordBatch:
    """Return what puts equal texts without an id in order; see `identity.known_digest`.

    Parameters
    ----------
    batch : RecordBatch
        `row`, and in `article` all columns of the frame; no text is missing.
    labels : mapping of str to str
        Which column is which field of an article.
    """
    import pyarrow as pa

    whole = pa.RecordBatch.from_struct_array(_column(batch, "article"))
    fields = pa.record_batch({ours: _column(whole, label) for ours, label in labels.items()})
    names = [name for name in whole.schema.names if name not in labels.values()]
    foreign = foreign_values(names, [_column(whole, name) for name in names])
    known = [
        known_digest(replace(article, extra={str(name): values[at] for name, values in foreign.items()}))
        for at, article in enumerate(_articles(fields))
    ]
    return pa.record_batch({"row": _column(batch, "row"), "known": pa.array(known, pa.binary())})


def _articles(batch: RecordBatch) -> list[Article]:
    """Return the article of each row; that there are texts has been seen to."""
    return [article for article in articles_of(batch) if article is not None]


def _keys(num_tokens: NDArray[np.int64], digests: NDArray[np.uint64]) -> list[bytes]:
    """Return what sorts, byte by byte, as the candidates do: the longest first, then by digest."""
    left = _MOST_TOKENS - num_tokens
    return [
        first + second
        for first, second in zip(
            map(bytes, left.astype(">u4").view(np.uint8).reshape(-1, 4)),
            map(bytes, digests.astype(">u8").view(np.uint8).reshape(-1, 16)),
            strict=True,
        )
    ]


def _lists(values: NDArray[Any], sizes: NDArray[np.int64]) -> Any:
    import pyarrow as pa

    bounds = np.zeros(len(sizes) + 1, dtype=np.int32)
    np.cumsum(sizes, out=bounds[1:])
    return pa.ListArray.from_arrays(bounds, values)


def enough_hits(batch: RecordBatch, options: MatchOptions) -> RecordBatch:
    """Return the pairs of places of which one holds enough of the other's samples; see `shared_pairs`.

    Parameters
    ----------
    batch : RecordBatch
        `place` was looked up, and met `other` so many times: `hits`. Of `place` itself `num_shared`,
        `num_samples` and `rate`; of the other `other_rate`.
    options : MatchOptions
    """
    import pyarrow as pa

    names = ("place", "other", "hits", "num_shared", "num_samples", "rate", "other_rate")
    place, other, hits, num_shared, num_samples, rate, other_rate = (_numbers(batch, name) for name in names)
    enough = hits >= hits_needed(num_shared, num_samples, rate, options) * np.minimum(rate, other_rate)
    pairs = place[enough], other[enough]
    return pa.record_batch({"left": np.minimum(*pairs), "right": np.maximum(*pairs)})


def relate_pairs(batch: RecordBatch, options: MatchOptions) -> RecordBatch:
    """Return those of some pairs of bodies that are related and may be merged.

    Parameters
    ----------
    batch : RecordBatch
        `left` and `right`, places, the smaller left; and of both the id and the text compared: `left_id`,
        `left_text`, `right_id`, `right_text`.
    options : MatchOptions
    """
    pairs = np.column_stack([_numbers(batch, "left"), _numbers(batch, "right")]).reshape(-1, 2)
    ids: dict[int, str] = {}
    texts: dict[int, str] = {}
    for side, column in (("left", pairs[:, 0]), ("right", pairs[:, 1])):
        places, first = np.unique(column, return_index=True)
        for of, name in ((ids, f"{side}_id"), (texts, f"{side}_text")):
            of.update(zip(places.tolist(), _column(batch, name).take(first).to_pylist(), strict=True))
    places = np.array(sorted(ids), dtype=np.int64)
    comparison = _comparison([texts[place] for place in places], [ids[place] for place in places], options)
    _verify(comparison, np.unique(np.searchsorted(places, pairs), axis=0), len(places))
    return _merging(comparison, places, options)


def _verify(comparison: CollectionComparison, pairs: Pairs, num_texts: int) -> None:
    if len(pairs):
        scratch = MemoryScratch()
        comparison.verify(CandidatePairs.of(pairs, num_texts), scratch.memory_bytes, _silent)


def find_frame(table: Table, options: MatchOptions) -> Table:
    """Return whether what stands in some articles is a frame of theirs, and what these are to each other.

    Parameters
    ----------
    table : Table
        Of one `shorter` text the articles that hold it: `place`, `id`, `text`, and `num_tokens`, `published`.
    options : MatchOptions

    Returns
    -------
    Table
        As `relate_pairs` returns them, the relations found; and if it is a frame, a row in which `frame` is
        its place.
    """
    import pyarrow as pa

    shorter = table.column("shorter")[0].as_py()
    table = table.sort_by("place")
    members = table.to_pydict()
    comparison = _comparison(members["text"], members["id"], options)
    ranks = _ranks(members)
    is_frame = comparison.is_frame(sorted(range(len(ranks)), key=ranks.__getitem__))
    relations = _merging(comparison, np.array(members["place"], dtype=np.int64), options)
    found = pa.Table.from_batches([relations])
    found = found.append_column("frame", pa.nulls(len(found), pa.int64()))
    if not is_frame:
        return found
    frame = {name: [None] for name in found.column_names} | {"frame": [shorter]}
    return pa.concat_tables([found, pa.table(frame, schema=found.schema)])


def cluster_component(members: Table, relations: Table, options: MatchOptions) -> Table:
    """Return who stands for whom in one component: articles that relations connect.

    Parameters
    ----------
    members : Table
        `place`, `id`, `text`, `num_tokens`, `published`, and `is_frame`.
    relations : Table
        Those that may merge: `left`, `right`, `kind`, `jaccard`, `containment`.
    options : MatchOptions

    Returns
    -------
    Table
        Of each `place` that another one stands for, this one's `canonical` place, `kind`, `jaccard`,
        `containment`.
    """
    import pyarrow as pa

    found = members.sort_by("place").to_pydict()
    places = found["place"]
    position = {place: at for at, place in enumerate(places)}
    comparison = _comparison(found["text"], found["id"], options)
    comparison.doubt({at for at, is_frame in enumerate(found["is_frame"]) if is_frame})
    for relation in relations.to_pylist():
        left, right = position[relation["left"]], position[relation["right"]]
        comparison.related[left, right] = Relation(
            found["id"][left],
            found["id"][right],
            relation["kind"],
            relation["jaccard"],
            relation["containment"],
        )
    clusters = find_clusters(
        _ranks(found),
        [(left, right, relation) for (left, right), relation in comparison.related.items()],
        comparison.relate,
        options,
    )
    joined = [
        (places[member], places[cluster.canonical], relation.kind, relation.jaccard, relation.containment)
        for cluster in clusters
        for member, relation in cluster.members.items()
    ]
    kinds = [pa.int64(), pa.int64(), pa.string(), pa.float64(), pa.float64()]
    names = ["place", "canonical", "kind", "jaccard", "containment"]
    columns = list(zip(*joined, strict=True)) if joined else [()] * len(names)
    return pa.table(
        {name: pa.array(column, kind) for name, column, kind in zip(names, columns, kinds, strict=True)}
    )


def _comparison(texts: Sequence[str], ids: Sequence[str], options: MatchOptions) -> CollectionComparison:
    column = TextList(texts)
    columns = fingerprint_columns(column, options, num_threads=1, scratch=MemoryScratch())
    return CollectionComparison(column, ids, columns, {}, options, 1)


def _merging(
    comparison: CollectionComparison, places: NDArray[np.int64], options: MatchOptions
) -> RecordBatch:
    """Return the relations found so far that may merge, with how many shingles each side has."""
    import pyarrow as pa

    found = [
        (
            places[left],
            places[right],
            relation.kind,
            relation.jaccard,
            relation.containment,
            comparison.size(left),
            comparison.size(right),
        )
        for (left, right), relation in sorted(comparison.related.items())
        if merges(relation, options)
    ]
    columns = list(zip(*found, strict=True)) if found else [()] * len(_RELATED)
    return pa.record_batch(
        {
            name: pa.array(column, getattr(pa, kind)())
            for (name, kind), column in zip(_RELATED.items(), columns, strict=True)
        }
    )


RELATED = (
    "left long, right long, kind string, jaccard double, containment double, left_size long, right_size long"
)
"""What `relate_pairs` returns, as SQL says it."""

_ARROW = {"long": "int64", "string": "string", "double": "float64"}
_RELATED = {name: _ARROW[kind] for name, kind in (column.split() for column in RELATED.split(", "))}


def _ranks(members: Mapping[str, Sequence[Any]]) -> list[tuple[int, bool, str, str]]:
    return [
        canonical_order(*values)
        for values in zip(members["num_tokens"], members["published"], members["id"], strict=True)
    ]


def _column(batch: RecordBatch, name: str) -> Any:
    return batch.column(batch.schema.get_field_index(name))


def _numbers(batch: RecordBatch, name: str) -> NDArray[Any]:
    numbers: NDArray[Any] = _column(batch, name).to_numpy(zero_copy_only=False)
    return numbers


def _silent(stage: str, done: int, total: int | None) -> None:
    """Say nothing."""
