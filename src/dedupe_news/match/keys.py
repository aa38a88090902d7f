"""What an index keeps of an article to find it by: a few of its shingle hashes.

A collection that is compared once can afford a quarter of all shingles (see `postings`). An index keeps
them for years, so they are chosen with more care: a key in every window of a few shingles, so
that no passage is without (winnowing: Schleimer, Wilkerson, Aiken 2003), and the smallest hashes
of the whole, which two versions of one story share however the changes are strewn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dedupe_news.match.columns import Bytes, Int64, TextList, chunks
from dedupe_news.match.fingerprint import Reading, distinct, shingle_powers
from dedupe_news.match.side_by_side import side_by_side
from dedupe_news.match.tokens import UInt32, UInt64, characters
from dedupe_news.options import MatchOptions

KEYS_VERSION = 1
"""Rises when the same text would give other keys: an index has to be built again then."""

WINDOW = 12
"""Of so many consecutive shingles one is a key: 16 words that two articles share are met by one at least."""

LOWEST = 32
"""About so many of the smallest hashes of an article are keys."""

EVERY_KEY_OF = 64
"""Of an article with so many shingles or fewer each is a key."""

_SURE_HITS = 2.0
"""Keys that an excerpt of `MatchOptions.min_contained_shingles` shares with what holds it."""

_SURVIVING = 0.3
"""A part of the keys expected in common; the others may be lost where the words around them differ."""


@dataclass(frozen=True, slots=True, eq=False)
class KeyColumns:
    """What an index has to know of n articles.

    Parameters
    ----------
    num_tokens, num_shingles, num_keys : int64, shape (n,)
    digests : uint64, shape (n, 2)
        See `fingerprint.digest`.
    keys : uint32
        Those of all articles, one after the other; of each sorted and distinct.
    """

    num_tokens: Int64
    num_shingles: Int64
    num_keys: Int64
    digests: UInt64
    keys: UInt32


def read_keys(texts: Sequence[str], options: MatchOptions, *, compiled: bool, num_threads: int) -> KeyColumns:
    """Return the keys of all `texts`, in their order; loops and Python give the same numbers."""
    num_tokens, num_shingles, num_keys = np.zeros((3, len(texts)), dtype=np.int64)
    digests = np.zeros((len(texts), 2), dtype=np.uint64)
    columns = KeyColumns(num_tokens, num_shingles, num_keys, digests, np.empty(0, dtype=np.uint32))
    if compiled and len(texts) == 1:  # as a scraper asks: the way there counts
        values = np.frombuffer(texts[0].encode("utf-8", "surrogatepass"), dtype=np.uint8)
        found = [_fill(columns, values, np.array((0, len(values))), slice(1), options)]
    elif compiled:
        column = TextList(texts)

        def fill(rows: range) -> UInt32:
            return _fill(columns, *column.encoded(rows), slice(rows.start, rows.stop), options)

        found = list(side_by_side(fill, chunks(column.sizes()), num_threads))
    else:
        found = [_read(columns, row, text, options) for row, text in enumerate(texts)]
    joined = found[0] if len(found) == 1 else np.concatenate([columns.keys, *found])
    return KeyColumns(num_tokens, num_shingles, num_keys, digests, joined)


def article_keys(hashes: UInt64) -> UInt32:
    """Return the keys of an article: the lower halves of some of its shingle hashes, sorted, distinct.

    Parameters
    ----------
    hashes : uint64
        In the order of the text.
    """
    chosen = hashes
    if len(hashes) > EVERY_KEY_OF:
        is_key = hashes <= np.uint64(_ALL // len(hashes) * LOWEST)
        windows = np.lib.stride_tricks.sliding_window_view(hashes, WINDOW)
        # Of equal ones the last, so that a run of equal shingles has few keys.
        is_key[np.arange(len(windows)) + WINDOW - 1 - windows[:, ::-1].argmin(axis=1)] = True
        chosen = hashes[is_key]
    return np.unique((chosen & np.uint64(0xFFFFFFFF)).astype(np.uint32))


_ALL = (1 << 64) - 1


def needed_hits(
    num_shingles: int, num_keys: int, other_shingles: int, other_keys: int, options: MatchOptions
) -> float:
    """Return how many keys two articles share at least if they are related.

    Neither is empty. Fewer than the shingles they would have in common, by the rate at which
    each of the two gives keys, and by what is lost where the words around a shingle differ.

    >>> needed_hits(800, 135, 800, 135, MatchOptions()) > 20, needed_hits(40, 40, 800, 135, MatchOptions())
    (True, 2.0)
    """
    alike = options.min_related / (1 + options.min_related) * (num_shingles + other_shingles)
    contained = options.min_containment * min(num_shingles, other_shingles)
    common = min(alike, contained)
    rate = min(num_keys / num_shingles, other_keys / other_shingles)
    return max(min(_SURE_HITS, common), _SURVIVING * common * rate)


def shingle_set(body: str, options: MatchOptions, *, compiled: bool) -> UInt64:
    """Return the distinct shingle hashes of one text, sorted."""
    if not compiled:
        return distinct(Reading.of(body, options).shingle_hashes)
    from dedupe_news.match.kernels import reading

    table = characters()
    values, bounds = TextList([body]).encoded(range(1))
    room = len(values) * (6 if options.shingle_chars else 1) + 1
    hashes, size = np.empty(room, dtype=np.uint64), np.zeros(1, dtype=np.int64)
    reading.shingle_sets(
        values,
        bounds,
        options.shingle_chars > 0,
        table.ascii_hashes,
        table.entries,
        table.spellings,
        shingle_powers(options.shingle_chars or options.shingle_tokens),
        hashes,
        np.zeros(1, dtype=np.int64),
        size,
    )
    return hashes[: int(size[0])].copy()


def _read(columns: KeyColumns, row: int, text: str, options: MatchOptions) -> UInt32:
    """Write the numbers of one article, read in Python; return its keys."""
    read = Reading.of(text, options)
    keys = article_keys(read.shingle_hashes)
    columns.num_tokens[row] = read.num_tokens
    columns.num_shingles[row] = len(read.shingle_hashes)
    columns.num_keys[row] = len(keys)
    columns.digests[row] = read.digest
    return keys


def _fill(columns: KeyColumns, values: Bytes, bounds: Int64, rows: slice, options: MatchOptions) -> UInt32:
    """Write the numbers of some articles, read by loops; return their keys."""
    from dedupe_news.match.kernels import keeping

    table = characters()
    room = len(values) * (6 if options.shingle_chars else 1) + 1
    keys = np.empty(room, dtype=np.uint32)
    count = keeping.article_keys(
        values,
        bounds,
        options.shingle_chars > 0,
        table.ascii_hashes,
        table.entries,
        table.spellings,
        shingle_powers(options.shingle_chars or options.shingle_tokens),
        WINDOW,
        LOWEST,
        EVERY_KEY_OF,
        columns.num_tokens[rows],
        columns.num_shingles[rows],
        columns.digests[rows],
        columns.num_keys[rows],
        keys,
    )
    return keys[:count]
