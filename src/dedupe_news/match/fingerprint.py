"""A body becomes tokens, tokens become shingles, shingles become a signature."""

from __future__ import annotations

import functools
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dedupe_news.options import MatchOptions

if TYPE_CHECKING:
    from datasketch import MinHash

UInt32: TypeAlias = NDArray[np.uint32]
UInt64: TypeAlias = NDArray[np.uint64]
Pairs: TypeAlias = NDArray[np.int64]

FINGERPRINT_VERSION = 1
"""Rises when the same text would give other numbers: fingerprints of two versions cannot be compared."""

EMPTY = np.uint32(0xFFFFFFFF)
"""What stands in every position of the signature of no shingles at all (as in datasketch)."""

# Scripts that are written without spaces: every letter and mark is a token of its own. Their digits
# are left out, so that a number stays one token; Hangul is left out, because it is written in words.
_SINGLE = (
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303c"  # Han: radicals, marks, numerals
    "\u3041-\u3096\u3099-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # Kana
    "\u3105-\u312f\u31a0-\u31bf"  # Bopomofo
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"  # Han
    "\U0001b000-\U0001b16f"  # Kana, supplement
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u0edc-\u0edf"  # Thai, Lao
    "\u1780-\u17d3\u17d7\u17dc\u17dd"  # Khmer
    "\u1000-\u103f\u1050-\u108f\u109a-\u109f\ua9e0-\ua9ef\ua9fa-\ua9fe\uaa60-\uaa7f"  # Burmese
)


def _combining_marks() -> str:
    """Return the marks that continue a word: `re` counts them as no part of it, so हिन्दी would be four.

    Only blocks of living scripts are read; a variation selector (U+FE0F) is no part of a word.
    """
    blocks = ((0x0300, 0x2100), (0xA66F, 0xAC00))
    codes = (code for start, end in blocks for code in range(start, end))
    return "".join(chr(code) for code in codes if unicodedata.category(chr(code)) in ("Mn", "Mc"))


_ASCII_TOKEN = re.compile(r"[0-9a-z]+")
_SPACED_TOKEN = re.compile(r"[^\W_]+")


@functools.cache
def _any_token() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what tells a text that needs the long expression, and the long expression itself."""
    marks = _combining_marks()
    token = re.compile(
        rf"""
        [{_SINGLE}]                     # one character of a script without spaces
        |
        [^\W_{_SINGLE}]+                # or a word: letters and digits ...
        (?: [{marks}]+ [^\W_{_SINGLE}]* )*  # ... and the marks on them
        """,
        re.VERBOSE,
    )
    return re.compile(f"[{_SINGLE}{marks}]"), token


def token_expression(text: str) -> re.Pattern[str]:
    """Return the expression that finds the tokens of `text`, as written, one after the other.

    The one for every script is ten times slower than the one for spaced scripts.
    """
    if text.isascii():
        return _SPACED_TOKEN
    needs_care, token = _any_token()
    return token if needs_care.search(text) else _SPACED_TOKEN


@functools.lru_cache(maxsize=1 << 16)
def fold(token: str) -> str:
    """Return `token` without differences of case, width or composition.

    >>> fold("Ｔｏｋｙｏ"), fold("STRASSE") == fold("Straße")
    ('tokyo', True)
    """
    if token.isascii():
        return token.lower()
    # A "word" of thousands of marks is no word, and putting its marks in order can take quadratic time.
    return unicodedata.normalize("NFKC", token).casefold() if len(token) <= 64 else token.casefold()


def tokens(text: str) -> list[str]:
    """Return the tokens of `text`: folded words, or single characters where words are not spaced.

    >>> tokens("The 2nd STORM — don't")
    ['the', '2nd', 'storm', 'don', 't']
    >>> tokens("北京 2008年"), tokens("서울 시장")
    (['北', '京', '2008', '年'], ['서울', '시장'])
    """
    if text.isascii():
        return _ASCII_TOKEN.findall(text.lower())
    return list(map(fold, token_expression(text).findall(text)))


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
        BLAKE2b of the folded tokens: equal digests are equal normalized bodies. Empty when
        there are no tokens.
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
    """Return the fingerprint of one body."""
    return next(iter_fingerprints([(id, body)], options))


def iter_fingerprints(bodies: Iterable[tuple[str, str]], options: MatchOptions) -> Iterator[Fingerprint]:
    """Yield the fingerprint of each (id, body), in the order given.

    What is remembered from one body to the next is only the hash of a token, which is the
    same whenever it is computed.
    """
    hash_of: dict[str, int] = _TokenHashes()
    permutations = Permutations.from_seed(options.seed, options.num_perm)
    for id_, body in bodies:
        words = tokens(body)
        joined = " ".join(words).encode()
        if options.shingle_chars:
            hashes = _distinct(shingle_hashes(_character_hashes("".join(words)), options.shingle_chars))
        else:
            units = np.fromiter(map(hash_of.__getitem__, words), dtype=np.uint64, count=len(words))
            hashes = _distinct(shingle_hashes(units, options.shingle_tokens))
        yield Fingerprint(
            id=id_,
            body=body,
            num_tokens=len(words),
            digest=hashlib.blake2b(joined, digest_size=16).digest() if words else b"",
            shingle_hashes=hashes,
            signature=signature((hashes & np.uint64(0xFFFFFFFF)).astype(np.uint32), permutations),
            seed=options.seed,
        )


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
    for offset in range(size if num_shingles else 0):
        hashes = hashes * _MULTIPLIER + units[offset : offset + num_shingles]
    return _mixed(hashes)


def token_hashes(words: Iterable[str]) -> UInt64:
    """Return one 64-bit hash a token, in the order given."""
    return np.fromiter(map(_TokenHashes().__getitem__, words), dtype=np.uint64)


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
    mixed = hashes ^ (hashes >> np.uint32(16))
    mixed = mixed * np.uint32(0x85EBCA6B)
    mixed = mixed ^ (mixed >> np.uint32(13))
    mixed = mixed * np.uint32(0xC2B2AE35)
    mixed = mixed ^ (mixed >> np.uint32(16))
    for start in range(0, len(mixed), _SIGNATURE_STEP):
        permuted = np.multiply.outer(permutations.multipliers, mixed[start : start + _SIGNATURE_STEP])
        permuted += permutations.offsets[:, np.newaxis]
        np.minimum(minima, permuted.min(axis=1), out=minima)
    return minima


_SIGNATURE_STEP = 2048
"""Hashes permuted at a time: 128 x 2048 x 4 bytes stay in the cache, however long the article."""

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_FNV_OFFSET, _FNV_PRIME, _MASK = 0xCBF29CE484222325, 0x100000001B3, (1 << 64) - 1


class _TokenHashes(dict[str, int]):
    """Token -> its 64-bit FNV-1a hash over UTF-8 (Fowler, Noll, Vo), computed once for each token."""

    def __missing__(self, token: str) -> int:
        value = _FNV_OFFSET
        for byte in token.encode():
            value = ((value ^ byte) * _FNV_PRIME) & _MASK
        self[token] = value
        return value


def _character_hashes(text: str) -> UInt64:
    codes = np.frombuffer(text.encode("utf-32-le"), dtype="<u4").astype(np.uint64)
    return _mixed(codes + np.uint64(1))  # the finalizer leaves 0 where it is


def _distinct(hashes: UInt64) -> UInt64:
    if not len(hashes):
        return hashes
    ordered = np.sort(hashes)
    return ordered[np.concatenate(([True], ordered[1:] != ordered[:-1]))]


def _mixed(hashes: UInt64) -> UInt64:
    """Apply the 64-bit finalizer of MurmurHash3; the products wrap on purpose."""
    hashes = hashes ^ (hashes >> np.uint64(33))
    hashes = hashes * np.uint64(0xFF51AFD7ED558CCD)
    hashes = hashes ^ (hashes >> np.uint64(33))
    hashes = hashes * np.uint64(0xC4CEB9FE1A85EC53)
    return hashes ^ (hashes >> np.uint64(33))
