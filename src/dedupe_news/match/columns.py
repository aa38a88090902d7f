"""The fingerprints of a whole collection: one array a property, one row an article."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dedupe_news.match.bands import band_keys, banding
from dedupe_news.match.fingerprint import (
    SAMPLES_OF,
    Permutations,
    Reading,
    shingle_powers,
)
from dedupe_news.match.scratch import Column, Scratch
from dedupe_news.match.side_by_side import side_by_side
from dedupe_news.match.tokens import UInt32, UInt64, characters
from dedupe_news.options import MatchOptions

Int64: TypeAlias = NDArray[np.int64]
Bytes: TypeAlias = NDArray[np.uint8]
Bounds: TypeAlias = NDArray[np.signedinteger[Any]]

COMPILED_FROM = 4_000_000
"""From so many characters on the compiled loops are worth loading; below, Python is done sooner."""

TEXT_COST = 250
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
    """The fingerprints of n articles, without their signatures and shingle sets.

    Parameters
    ----------
    num_tokens : int64, shape (n,)
    num_shingles : int64, shape (n,)
        With repeats.
    digests : uint64, shape (n, 2)
        See `fingerprint.digest`; 0 and 0 for no tokens.
    num_samples : int64, shape (n,)
        See `fingerprint.sample_limit`.
    band_keys : sequence of Column
        One a band: uint32, n of them.
    samples : sequence of Column
        Those of all articles in slices, each with the next larger values: uint64, in no order
        within a slice, the last `row_bits` of a sample replaced by the row of its article.
        What is cut off a sample for it leaves more than 30 bits for a hundred million articles, and two
        samples taken for one are a false alarm.
    row_bits : int
    readings : sequence of Reading
        What was read in Python; None where compiled loops did it.
    """

    num_tokens: Int64
    num_shingles: Int64
    digests: UInt64
    num_samples: Int64
    band_keys: Sequence[Column]
    samples: Sequence[Column]
    row_bits: int
    readings: Sequence[Reading] | None = None

    @property
    def compiled(self) -> bool:
        """Whether there is so much to do that compiled loops pay."""
        return self.readings is None


def fingerprint_columns(
    texts: Texts,
    options: MatchOptions,
    *,
    num_threads: int,
    scratch: Scratch,
    tell: Callable[[int], None] | None = None,
) -> FingerprintColumns:
    """Return the fingerprints of all `texts`, in their order.

    Numbers do not depend on the way: compiled loops for many texts, Python for a few.

    Parameters
    ----------
    scratch : Scratch
        Where band keys and samples go: the larger part.
    tell : callable, optional
        Told now and then how many texts are done.
    """
    num_bands, _ = banding(options.min_related, options.num_perm)
    sizes = texts.sizes()
    num_slices = _num_slices(sizes, options, scratch.memory_bytes // num_threads)
    columns = _empty_columns(
        texts,
        options,
        [scratch.column(f"band-{band}", np.uint32) for band in range(num_bands)],
        [scratch.column(f"samples-{place}", np.uint64) for place in range(num_slices)],
    )
    permutations = Permutations.from_seed(options.seed, options.num_perm)
    if sizes.sum() + TEXT_COST * len(sizes) < COMPILED_FROM:
        columns, keys, samples = _read_in_python(columns, texts, permutations, options)
        _append(columns, keys, *_sliced_samples(columns, samples, 0, columns.num_samples))
        if tell:
            tell(len(texts))
        return columns

    def fill(chunk: range) -> tuple[int, UInt32, UInt64, Int64]:
        keys, samples = _read_compiled(columns, texts, chunk, permutations, options)
        rows = slice(chunk.start, chunk.stop)
        return chunk.stop, keys, *_sliced_samples(columns, samples, chunk.start, columns.num_samples[rows])

    for done, keys, samples, ends in side_by_side(fill, chunks(sizes), num_threads):
        _append(columns, keys, samples, ends)
        if tell:
            tell(done)
    return columns


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprints:
    """The fingerprints of n articles as they are computed: for who finds candidates in a way of their own.

    Parameters
    ----------
    num_tokens, num_shingles, num_samples : int64, shape (n,)
    digests : uint64, shape (n, 2)
    band_keys : uint32, shape (num_bands, n)
    samples : uint64
        Whole, those of one article after the other's, in the order of the texts.
    """

    num_tokens: Int64
    num_shingles: Int64
    num_samples: Int64
    digests: UInt64
    band_keys: UInt32
    samples: UInt64


def fingerprints(texts: Texts, options: MatchOptions) -> Fingerprints:
    """Return the fingerprints of a batch of `texts`, by one thread; no sample is cut off for its row."""
    columns = _empty_columns(texts, options, [], [])
    permutations = Permutations.from_seed(options.seed, options.num_perm)
    sizes = texts.sizes()
    if sizes.sum() + TEXT_COST * len(sizes) < COMPILED_FROM:
        columns, keys, samples = _read_in_python(columns, texts, permutations, options)
    else:
        found = [_read_compiled(columns, texts, chunk, permutations, options) for chunk in chunks(sizes)]
        keys = np.concatenate([keys for keys, _ in found], axis=1)
        samples = np.concatenate([samples for _, samples in found])
    return Fingerprints(
        columns.num_tokens, columns.num_shingles, columns.num_samples, columns.digests, keys, samples
    )


def _empty_columns(
    texts: Texts, options: MatchOptions, band_keys: Sequence[Column], samples: Sequence[Column]
) -> FingerprintColumns:
    return FingerprintColumns(
        num_tokens=np.zeros(len(texts), dtype=np.int64),
        num_shingles=np.zeros(len(texts), dtype=np.int64),
        digests=np.zeros((len(texts), 2), dtype=np.uint64),
        num_samples=np.zeros(len(texts), dtype=np.int64),
        band_keys=band_keys,
        samples=samples,
        row_bits=row_bits(len(texts)),
    )


def row_bits(num_articles: int) -> int:
    """Return how many bits of a sample are given up for the row of its article."""
    return max(1, int(num_articles - 1).bit_length())


def _num_slices(sizes: Int64, options: MatchOptions, memory_bytes: int) -> int:
    """Return in how many slices one thread can work on one with a part of `memory_bytes`, or in its cache.

    Half of the samples or more are in the lowest quarter of all values, so that many count.
    """
    unit = 1 if options.shingle_chars else _TOKEN_SIZE
    num_samples = int(sizes.sum()) // (4 * unit) + SAMPLES_OF * len(sizes)
    for_cache = min(4 * num_samples // _CACHED_SAMPLES, _MAX_SLICES_FOR_CACHE)
    for_memory = 4 * num_samples * _BYTES_A_SAMPLE // (memory_bytes // 2)
    wanted = min(max(for_cache, for_memory, 1), _MAX_SLICES)
    return 1 << (wanted - 1).bit_length()


_TOKEN_SIZE = 3
"""Characters or bytes of a short word and what follows it, or of a single Han character."""

_BYTES_A_SAMPLE = 32
"""What finding its posting takes: the sample, filtered, sorted from one place to another, and the outcome."""

_CACHED_SAMPLES = 1 << 20
_MAX_SLICES_FOR_CACHE, _MAX_SLICES = 1 << 8, 1 << 12


def _append(columns: FingerprintColumns, keys: UInt32, samples: UInt64, ends: Int64) -> None:
    """Write the band keys and the sliced samples of the next articles, see `sliced`."""
    for band, of_band in zip(columns.band_keys, keys, strict=True):
        band.append(of_band)
    for piece, start, end in zip(columns.samples, [0, *ends[:-1].tolist()], ends.tolist(), strict=True):
        piece.append(samples[start:end])


def sliced(values: UInt64, slice_of: Int64, num_slices: int) -> tuple[UInt64, Int64]:
    """Return `values` by the slices they belong to, and where each slice ends."""
    if num_slices == 1:
        return values, np.array([len(values)], dtype=np.int64)
    order = np.argsort(slice_of.astype(np.uint16), kind="stable")
    return values[order], np.cumsum(np.bincount(slice_of, minlength=num_slices))


def _sliced_samples(
    columns: FingerprintColumns, samples: UInt64, first_row: int, num_samples: Int64
) -> tuple[UInt64, Int64]:
    """Return the samples of the articles from `first_row` on with their rows, in slices."""
    num_slices = len(columns.samples)
    bits = np.uint64(columns.row_bits)
    shift = np.uint64(64 - num_slices.bit_length())  # and one more: a shift by 64 would be none
    if columns.compiled:
        from dedupe_news.match.kernels import meeting

        packed, ends = np.empty_like(samples), np.empty(num_slices, dtype=np.int64)
        meeting.slice_samples(samples, num_samples, first_row, bits, shift, packed, ends)
        return packed, ends
    rows = np.arange(first_row, first_row + len(num_samples), dtype=np.uint64)
    packed = samples >> bits << bits | np.repeat(rows, num_samples)
    slice_of = samples >> np.uint64(1) >> shift
    return sliced(packed, slice_of.view(np.int64), num_slices)


def chunks(sizes: Int64) -> list[range]:
    """Return consecutive positions whose sizes add up to about `_CHUNK`, or one position."""
    if not len(sizes):
        return []
    chunk_of = np.cumsum(sizes) // _CHUNK
    starts = [0, *(np.flatnonzero(np.diff(chunk_of)) + 1).tolist(), len(sizes)]
    return [range(first, stop) for first, stop in pairwise(starts)]


def _read_in_python(
    columns: FingerprintColumns, texts: Texts, permutations: Permutations, options: MatchOptions
) -> tuple[FingerprintColumns, UInt32, UInt64]:
    """Return `columns` of a few texts, filled without compiled loops, the band keys, and the samples."""
    of_text: dict[str, Reading] = {}  # equal texts are read once
    readings = []
    for position in range(len(texts)):
        text = texts[position]
        if text not in of_text:
            of_text[text] = Reading.of(text, options)
        readings.append(of_text[text])
    samples = [np.empty(0, dtype=np.uint64), *(reading.samples() for reading in readings)]
    signatures = np.array([reading.signature(permutations) for reading in readings], dtype=np.uint32)
    signatures = signatures.reshape(-1, options.num_perm)
    columns = replace(columns, readings=readings)
    columns.num_tokens[:] = [reading.num_tokens for reading in readings]
    columns.num_shingles[:] = [len(reading.shingle_hashes) for reading in readings]
    columns.digests[:] = np.array([reading.digest for reading in readings], dtype=np.uint64).reshape(-1, 2)
    columns.num_samples[:] = [len(found) for found in samples[1:]]
    keys = band_keys(signatures, *banding(options.min_related, options.num_perm))
    return columns, keys, np.concatenate(samples)


def _read_compiled(
    columns: FingerprintColumns,
    texts: Texts,
    chunk: range,
    permutations: Permutations,
    options: MatchOptions,
) -> tuple[UInt32, UInt64]:
    """Write the numbers of a chunk of articles; return its band keys and its samples."""
    from dedupe_news.match.kernels import reading

    table = characters()
    values, bounds = texts.encoded(chunk)
    rows = slice(chunk.start, chunk.stop)
    num_bands, num_rows = banding(options.min_related, options.num_perm)
    keys = np.empty((num_bands, len(chunk)), dtype=np.uint32)
    # Characters may fold to more than they were; a shingle of words is never shorter than a byte.
    room = int(bounds[-1] - bounds[0]) * (6 if options.shingle_chars else 1) + 1
    samples = np.empty(room, dtype=np.uint64)
    count = reading.fingerprint_articles(
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
        num_rows,
        columns.num_tokens[rows],
        columns.num_shingles[rows],
        columns.digests[rows],
        keys,
        columns.num_samples[rows],
        samples,
    )
    return keys, samples[:count]
