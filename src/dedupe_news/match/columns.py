"""The fingerprints of a whole collection: one array a property, one row an article."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dedupe_news.match.bands import band_keys, banding
from dedupe_news.match.fingerprint import (
    SAMPLES_OF,
    Pairs,
    Permutations,
    Reading,
    distinct,
    shingle_powers,
)
from dedupe_news.match.tokens import UInt32, UInt64, characters
from dedupe_news.options import MatchOptions

Int64: TypeAlias = NDArray[np.int64]
Bytes: TypeAlias = NDArray[np.uint8]
Bounds: TypeAlias = NDArray[np.signedinteger[Any]]

COMPILED_FROM = 4_000_000
"""From so many characters on the compiled loops are worth loading; below, Python is done sooner."""

_TEXT_COST = 250
"""Characters that Python could read while it begins and ends a text."""

_CHUNK = 1 << 20
"""Characters (or bytes) fingerprinted at a time by one thread: what bounds the memory, not the result."""


class Texts(Protocol):
    """Many texts, to be read one by one or as UTF-8 in chunks."""

    def __len__(self) -> int:
        """Return how many texts there are."""

    def __getitem__(self, position: int, /) -> str:
        """Return one text."""

    def sizes(self) -> Int64:
        """Return how long each text is, in characters or bytes."""

    def encoded(self, positions: Sequence[int] | range) -> tuple[Bytes, Int64]:
        """Return some texts in UTF-8, one after the other: values, and n + 1 bounds."""


class TextList:
    """Texts that are Python strings."""

    __slots__ = ("_texts",)

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts

    def __len__(self) -> int:
        return len(self._texts)

    def __getitem__(self, position: int, /) -> str:
        return self._texts[position]

    def sizes(self) -> Int64:
        """Return the characters of each text."""
        return np.fromiter(map(len, self._texts), dtype=np.int64, count=len(self._texts))

    def encoded(self, positions: Sequence[int] | range) -> tuple[Bytes, Int64]:
        """Return some texts in UTF-8; lone surrogates are no characters, and stay none."""
        parts = [self._texts[position].encode("utf-8", "surrogatepass") for position in positions]
        bounds = np.zeros(len(parts) + 1, dtype=np.int64)
        np.cumsum([len(part) for part in parts], out=bounds[1:])
        return np.frombuffer(b"".join(parts), dtype=np.uint8), bounds


class TextBuffers:
    """Texts that stand in memory already, as Arrow keeps them: nothing is copied.

    Parameters
    ----------
    pieces : sequence of (uint8, int)
        Values, and the n + 1 bounds of the n texts in them, in UTF-8.
    """

    __slots__ = ("_firsts", "_pieces")

    def __init__(self, pieces: Sequence[tuple[Bytes, Bounds]]) -> None:
        self._pieces = [piece for piece in pieces if len(piece[1]) > 1]
        for values, _ in self._pieces:
            values.flags.writeable = False  # one type of array, one compiled loop
        self._firsts = np.cumsum([0, *(len(bounds) - 1 for _, bounds in self._pieces)])

    def __len__(self) -> int:
        return int(self._firsts[-1])

    def _find(self, position: int) -> tuple[Bytes, int, int]:
        piece = int(np.searchsorted(self._firsts, position, side="right")) - 1
        values, bounds = self._pieces[piece]
        at = position - int(self._firsts[piece])
        return values, int(bounds[at]), int(bounds[at + 1])

    def __getitem__(self, position: int, /) -> str:
        values, start, end = self._find(position)
        return values[start:end].tobytes().decode("utf-8", "surrogatepass")

    def sizes(self) -> Int64:
        """Return the bytes of each text."""
        sizes = [np.diff(bounds).astype(np.int64, copy=False) for _, bounds in self._pieces]
        return np.concatenate([np.empty(0, dtype=np.int64), *sizes])

    def encoded(self, positions: Sequence[int] | range) -> tuple[Bytes, Int64]:
        """Return some texts; consecutive ones of one piece as they stand."""
        if isinstance(positions, range) and len(positions) and positions.step == 1:
            piece = int(np.searchsorted(self._firsts, positions[0], side="right")) - 1
            if positions[-1] < self._firsts[piece + 1]:
                values, bounds = self._pieces[piece]
                first = positions[0] - int(self._firsts[piece])
                return values, bounds[first : first + len(positions) + 1].astype(np.int64)
        found = [self._find(position) for position in positions]
        bounds = np.zeros(len(found) + 1, dtype=np.int64)
        np.cumsum([end - start for _, start, end in found], out=bounds[1:])
        joined = b"".join(values[start:end].tobytes() for values, start, end in found)
        return np.frombuffer(joined, dtype=np.uint8), bounds


@dataclass(frozen=True, slots=True, eq=False)
class FingerprintColumns:
    """The fingerprints of n articles, without their shingle sets.

    Parameters
    ----------
    num_tokens : int64, shape (n,)
    num_shingles : int64, shape (n,)
        With repeats.
    digests : uint64, shape (n, 2)
        See `fingerprint.digest`; 0 and 0 for no tokens.
    signatures : uint32, shape (n, num_perm)
    band_keys : uint32, shape (num_bands, n)
    samples : uint64
        The samples of all, one article after the other; see `fingerprint.sample_limit`.
    num_samples : int64, shape (n,)
    readings : sequence of Reading
        What was read in Python; None where compiled loops did it.
    """

    num_tokens: Int64
    num_shingles: Int64
    digests: UInt64
    signatures: UInt32
    band_keys: UInt32
    samples: UInt64
    num_samples: Int64
    readings: Sequence[Reading] | None = None

    @property
    def compiled(self) -> bool:
        """Whether there is so much to do that compiled loops pay."""
        return self.readings is None


def fingerprint_columns(
    texts: Texts, options: MatchOptions, *, num_threads: int, tell: Callable[[int], None] | None = None
) -> FingerprintColumns:
    """Return the fingerprints of all `texts`, in their order.

    Numbers do not depend on the way: compiled loops for many texts, Python for a few.

    Parameters
    ----------
    tell : callable, optional
        Told now and then how many texts are done.
    """
    num_bands, _ = banding(options.min_related, options.num_perm)
    columns = FingerprintColumns(
        num_tokens=np.zeros(len(texts), dtype=np.int64),
        num_shingles=np.zeros(len(texts), dtype=np.int64),
        digests=np.zeros((len(texts), 2), dtype=np.uint64),
        signatures=np.empty((len(texts), options.num_perm), dtype=np.uint32),
        band_keys=np.empty((num_bands, len(texts)), dtype=np.uint32),
        samples=np.empty(0, dtype=np.uint64),
        num_samples=np.zeros(len(texts), dtype=np.int64),
    )
    permutations = Permutations.from_seed(options.seed, options.num_perm)
    sizes = texts.sizes()
    if sizes.sum() + _TEXT_COST * len(sizes) < COMPILED_FROM:
        columns = _columns_in_python(texts, permutations, options)
        if tell:
            tell(len(texts))
        return columns
    samples = []
    with ThreadPoolExecutor(num_threads) as threads:
        chunks = _chunks(sizes)
        found = threads.map(lambda chunk: _fill(columns, texts, chunk, permutations, options), chunks)
        for chunk, of_chunk in zip(chunks, found, strict=True):
            samples.append(of_chunk)
            if tell:
                tell(chunk.stop)
    return replace(columns, samples=np.concatenate([columns.samples, *samples]))


def _chunks(sizes: Int64) -> list[range]:
    """Return consecutive positions whose sizes add up to about `_CHUNK`, or one position."""
    if not len(sizes):
        return []
    chunk_of = np.cumsum(sizes) // _CHUNK
    starts = [0, *(np.flatnonzero(np.diff(chunk_of)) + 1).tolist(), len(sizes)]
    return [range(first, stop) for first, stop in pairwise(starts)]


def _columns_in_python(texts: Texts, permutations: Permutations, options: MatchOptions) -> FingerprintColumns:
    of_text: dict[str, Reading] = {}  # equal texts are read once
    for position in range(len(texts)):
        text = texts[position]
        if text not in of_text:
            of_text[text] = Reading.of(text, options)
    readings = [of_text[texts[position]] for position in range(len(texts))]
    samples = [np.empty(0, dtype=np.uint64), *(reading.samples() for reading in readings)]
    signatures = np.array([reading.signature(permutations) for reading in readings], dtype=np.uint32)
    signatures = signatures.reshape(-1, options.num_perm)
    return FingerprintColumns(
        num_tokens=np.array([reading.num_tokens for reading in readings], dtype=np.int64),
        num_shingles=np.array([len(reading.shingle_hashes) for reading in readings], dtype=np.int64),
        digests=np.array([reading.digest for reading in readings], dtype=np.uint64).reshape(-1, 2),
        signatures=signatures,
        band_keys=band_keys(signatures, *banding(options.min_related, options.num_perm)),
        samples=np.concatenate(samples),
        num_samples=np.array([len(found) for found in samples[1:]], dtype=np.int64),
        readings=readings,
    )


def _fill(
    columns: FingerprintColumns,
    texts: Texts,
    chunk: range,
    permutations: Permutations,
    options: MatchOptions,
) -> UInt64:
    from dedupe_news.match import kernels

    table = characters()
    values, bounds = texts.encoded(chunk)
    rows = slice(chunk.start, chunk.stop)
    # Characters may fold to more than they were; a shingle of words is never shorter than a byte.
    room = int(bounds[-1] - bounds[0]) * (6 if options.shingle_chars else 1) + 1
    samples = np.empty(room, dtype=np.uint64)
    num_samples = kernels.fingerprint_articles(
        values,
        bounds,
        options.shingle_chars > 0,
        table.ascii_hashes,
        table.entries,
        table.spellings,
        shingle_powers(options.shingle_chars or options.shingle_tokens),
        permutations.multipliers,
        permutations.offsets,
        SAMPLES_OF,
        banding(options.min_related, options.num_perm)[1],
        columns.num_tokens[rows],
        columns.num_shingles[rows],
        columns.digests[rows],
        columns.signatures[rows],
        columns.band_keys[:, rows],
        columns.num_samples[rows],
        samples,
    )
    return samples[:num_samples].copy()


@dataclass(frozen=True, slots=True, eq=False)
class ShingleSets:
    """The shingle sets of some articles, side by side: sorted and distinct, see `of`.

    Parameters
    ----------
    rows : dict of int to int
        Position of an article -> which set is its.
    hashes : uint64
    starts, sizes : int64, shape (n_sets,)
        Set i is ``hashes[starts[i] : starts[i] + sizes[i]]``.
    """

    rows: dict[int, int]
    hashes: UInt64
    starts: Int64
    sizes: Int64

    def of(self, position: int) -> UInt64:
        """Return the shingle set of the article at `position`."""
        row = self.rows[position]
        return self.hashes[self.starts[row] : self.starts[row] + self.sizes[row]]


def shingle_sets(
    texts: Texts,
    positions: Sequence[int],
    columns: FingerprintColumns,
    options: MatchOptions,
    *,
    num_threads: int,
) -> ShingleSets:
    """Return the shingle sets of the articles at some positions."""
    room = columns.num_shingles[positions]
    starts = np.zeros(len(positions), dtype=np.int64)
    np.cumsum(room[:-1], out=starts[1:])
    sets = ShingleSets(
        rows={position: row for row, position in enumerate(positions)},
        hashes=np.empty(int(room.sum()), dtype=np.uint64),
        starts=starts,
        sizes=np.zeros(len(positions), dtype=np.int64),
    )
    if columns.readings is not None:
        for row, position in enumerate(positions):
            hashes = distinct(columns.readings[position].shingle_hashes)
            sets.sizes[row] = len(hashes)
            sets.hashes[starts[row] : starts[row] + len(hashes)] = hashes
        return sets

    def fill(rows: range) -> None:
        _fill_sets(sets, texts, rows, [positions[row] for row in rows], options)

    with ThreadPoolExecutor(num_threads) as threads:
        for _ in threads.map(fill, _chunks(room * _BYTES_A_SHINGLE)):
            pass
    return sets


_BYTES_A_SHINGLE = 6


def _fill_sets(
    sets: ShingleSets, texts: Texts, rows: range, positions: Sequence[int], options: MatchOptions
) -> None:
    from dedupe_news.match import kernels

    table = characters()
    values, bounds = texts.encoded(positions)
    kernels.shingle_sets(
        values,
        bounds,
        options.shingle_chars > 0,
        table.ascii_hashes,
        table.entries,
        table.spellings,
        shingle_powers(options.shingle_chars or options.shingle_tokens),
        sets.hashes,
        sets.starts[rows.start : rows.stop],
        sets.sizes[rows.start : rows.stop],
    )


def count_common(sets: ShingleSets, pairs: Pairs, *, compiled: bool) -> Int64:
    """Return for each pair of positions how many shingles they have in common."""
    if not compiled:
        sizes = [len(np.intersect1d(sets.of(a), sets.of(b), assume_unique=True)) for a, b in pairs.tolist()]
        return np.array(sizes, dtype=np.int64)
    from dedupe_news.match import kernels

    positions = np.fromiter(sets.rows, dtype=np.int64, count=len(sets.rows))
    order = np.argsort(positions)
    rows = order[np.searchsorted(positions[order], pairs)]
    counts = np.zeros(len(pairs), dtype=np.int64)
    kernels.count_common(sets.hashes, sets.starts, sets.sizes, np.ascontiguousarray(rows), counts)
    return counts
