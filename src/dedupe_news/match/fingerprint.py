"""A body becomes tokens, tokens become shingles, shingles become a signature."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dedupe_news.match.tokens import UInt32, UInt64, mixed, tokens
from dedupe_news.options import MatchOptions

if TYPE_CHECKING:
    from datasketch import MinHash

Pairs: TypeAlias = NDArray[np.int64]

FINGERPRINT_VERSION = 2
"""Rises when the same text would give other numbers: fingerprints of two versions cannot be compared."""

EMPTY = np.uint32(0xFFFFFFFF)
"""What stands in every position of the signature of no shingles at all (as in datasketch)."""

SAMPLES_OF = 64
"""Of an article with so many shingles or fewer all are samples; of one with four times as many a quarter."""


@dataclass(frozen=True, slots=True, eq=False)
class Permutations:
    """The hash functions ``multiplier * hash + offset mod 2**32``, drawn once from `seed`.

    Parameters
    ----------
    multipliers : uint32, shape (num_perm,)
        All odd, so that no two hashes become one.
    offsets : uint32, shape (num_perm,)
    """

    seed: int
    multipliers: UInt32
    offsets: UInt32

    @classmethod
    def from_seed(cls, seed: int, num_perm: int) -> Permutations:
        """Draw the family that ``datasketch.MinHash(num_perm, seed, scheme="affine32")`` draws."""
        random = np.random.RandomState(seed)
        multipliers = random.randint(0, 1 << 31, num_perm, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
        offsets = random.randint(0, 1 << 32, num_perm, dtype=np.uint32)
        return cls(seed, multipliers, offsets)


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprint:
    """All that matching needs to know of one article.

    Parameters
    ----------
    id : str
    body : str
        What was fingerprinted: whether two texts state other facts, only the words can tell.
    num_tokens : int
    digest : bytes
        128 bits over the folded tokens, in order: equal digests are equal normalized bodies.
        Empty when there are no tokens.
    shingle_hashes : uint64, shape (n_shingles,)
        Sorted, distinct; empty when the body is too short for one shingle.
    signature : uint32, shape (num_perm,)
        Of the lower 32 bits of the shingle hashes.
    seed : int
        What the hash functions of the signature were drawn from.
    version : int
        `FINGERPRINT_VERSION` of the day.
    """

    id: str
    body: str
    num_tokens: int
    digest: bytes
    shingle_hashes: UInt64
    signature: UInt32
    seed: int
    version: int = FINGERPRINT_VERSION

    def to_datasketch(self) -> MinHash:
        """Return the signature as a ``datasketch.MinHash``, for its LSH, storages and ensembles."""
        from datasketch import MinHash

        return MinHash(seed=self.seed, hashvalues=self.signature, scheme="affine32")


def fingerprint(id: str, body: str, options: MatchOptions) -> Fingerprint:
    """Return the fingerprint of one body.

    >>> fingerprint("a", "Rain until Monday.", MatchOptions(shingle_tokens=2)).num_tokens
    3
    """
    reading = Reading.of(body, options)
    return Fingerprint(
        id=id,
        body=body,
        num_tokens=reading.num_tokens,
        digest=reading.digest.tobytes() if reading.num_tokens else b"",
        shingle_hashes=distinct(reading.shingle_hashes),
        signature=reading.signature(Permutations.from_seed(options.seed, options.num_perm)),
        seed=options.seed,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One body, read: what is hashed of it, in the order of the text.

    Parameters
    ----------
    num_tokens : int
    digest : uint64, shape (2,)
    shingle_hashes : uint64, shape (n,)
        In the order of the text, with repeats.
    """

    num_tokens: int
    digest: UInt64
    shingle_hashes: UInt64

    @classmethod
    def of(cls, body: str, options: MatchOptions) -> Reading:
        """Read `body`; `columns.fingerprint_columns` does the same for a million, compiled."""
        words = tokens(body)
        hashes = token_hashes(words)
        if options.shingle_chars:
            shingled = shingle_hashes(_character_hashes("".join(words)), options.shingle_chars)
        else:
            shingled = shingle_hashes(hashes, options.shingle_tokens)
        return cls(len(words), digest(hashes), shingled)

    def signature(self, permutations: Permutations) -> UInt32:
        """Return the MinHash signature of the lower 32 bits of the shingle hashes."""
        return signature((self.shingle_hashes & np.uint64(0xFFFFFFFF)).astype(np.uint32), permutations)

    def samples(self) -> UInt64:
        """Return the shingle hashes that are samples, in the order of the text."""
        return self.shingle_hashes[self.shingle_hashes <= sample_limit(len(self.shingle_hashes))]


@cache
def shingle_powers(size: int) -> UInt64:
    """Return what each of `size` consecutive units is multiplied with, the first unit first."""
    powers = [pow(_MULTIPLIER, size - 1 - place, 1 << 64) for place in range(size)]
    return np.array(powers, dtype=np.uint64)


def shingle_hashes(units: UInt64, size: int) -> UInt64:
    """Return the hash of every `size` consecutive units, in the order of the text.

    Parameters
    ----------
    units : uint64, shape (n,)
        Hashes of tokens, or of characters.
    size : int

    Returns
    -------
    uint64, shape (max(0, n - size + 1),)
        A polynomial of the units (sums and products wrap at 2**64 on purpose), mixed by the
        finalizer of MurmurHash3, so that the lower 32 bits alone are a good hash too.
    """
    num_shingles = max(0, len(units) - size + 1)
    hashes = np.zeros(num_shingles, dtype=np.uint64)
    for offset, power in enumerate(shingle_powers(size) if num_shingles else ()):
        hashes += units[offset : offset + num_shingles] * power
    return mixed(hashes)


def token_hashes(words: Iterable[str]) -> UInt64:
    """Return one 64-bit hash a token, in the order given.

    Letter by letter, as FNV-1a does (Fowler, Noll, Vo), but each letter mixed before.
    """
    return np.fromiter(map(_HASH_OF.__getitem__, words), dtype=np.uint64)


def digest(hashes: UInt64) -> UInt64:
    """Return 128 bits over the hashes of tokens, in their order, as two numbers.

    Each is the sum over the text of a hash of (token, place): 0 for no tokens.
    """
    places = np.arange(1, len(hashes) + 1, dtype=np.uint64)
    return np.array([mixed(hashes + places * step).sum() for step in _DIGEST_STEPS], dtype=np.uint64)


def sample_limit(num_shingles: int) -> np.uint64:
    """Return the greatest hash that is a sample of an article with so many shingles.

    What is a sample of a long article is one of every shorter article that holds it, too.
    """
    if num_shingles <= SAMPLES_OF:
        return np.uint64(_ALL)
    return np.uint64(max(_ALL // num_shingles * SAMPLES_OF, _ALL >> 2))


def signature(hashes: UInt32, permutations: Permutations) -> UInt32:
    """Return the MinHash signature of one set of shingles.

    The share of equal positions in two signatures estimates the Jaccard similarity of their
    shingle sets; the standard error is at most ``0.5 / sqrt(num_perm)``.

    Parameters
    ----------
    hashes : uint32, shape (n_shingles,)
        In any order; repeats change nothing.
    permutations : Permutations

    Returns
    -------
    uint32, shape (num_perm,)
        Minimum of each hash function; all `EMPTY` when there are no shingles. Two empty sets
        therefore have equal signatures: `relate` is the one that says they are unrelated.

    Notes
    -----
    datasketch's "affine32": the hash is mixed once (the 32-bit finalizer of MurmurHash3),
    then permuted with ``a * h + b mod 2**32``, which wraps on purpose. Equal to datasketch
    2.0 bit for bit: see test_signature_equals_datasketch.
    """
    minima = np.full(len(permutations.multipliers), EMPTY, dtype=np.uint32)
    mixed32 = hashes ^ (hashes >> np.uint32(16))
    mixed32 = mixed32 * np.uint32(0x85EBCA6B)
    mixed32 = mixed32 ^ (mixed32 >> np.uint32(13))
    mixed32 = mixed32 * np.uint32(0xC2B2AE35)
    mixed32 = mixed32 ^ (mixed32 >> np.uint32(16))
    for start in range(0, len(mixed32), _SIGNATURE_STEP):
        permuted = np.multiply.outer(permutations.multipliers, mixed32[start : start + _SIGNATURE_STEP])
        permuted += permutations.offsets[:, np.newaxis]
        np.minimum(minima, permuted.min(axis=1), out=minima)
    return minima


def distinct(hashes: UInt64) -> UInt64:
    """Return `hashes` sorted, each once."""
    if not len(hashes):
        return hashes
    ordered = np.sort(hashes)
    return ordered[np.concatenate(([True], ordered[1:] != ordered[:-1]))]


_SIGNATURE_STEP = 2048
"""Hashes permuted at a time: 128 x 2048 x 4 bytes stay in the cache, however long the article."""

_ALL = (1 << 64) - 1
_MULTIPLIER = 0x9E3779B97F4A7C15
_DIGEST_STEPS = np.uint64(0xD6E8FEB86659FD93), np.uint64(0xA0761D6478BD642F)


class _TokenHashes(dict[str, int]):
    """Token -> its 64-bit hash, computed once for each token while there is room."""

    def __missing__(self, token: str) -> int:
        value = 0
        for letter in _character_hashes(token).tolist():
            value = ((value ^ letter) * _MULTIPLIER) & _ALL
        if len(self) < _MAX_REMEMBERED:
            self[token] = value
        return value


_MAX_REMEMBERED = 1 << 18
_HASH_OF = _TokenHashes()


def _character_hashes(text: str) -> UInt64:
    codes = np.frombuffer(text.encode("utf-32-le"), dtype="<u4").astype(np.uint64)
    return mixed(codes + np.uint64(1))  # the finalizer leaves 0 where it is
