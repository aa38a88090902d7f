"""A text becomes tokens: words where words are spaced, single characters where they are not."""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

UInt32: TypeAlias = NDArray[np.uint32]
UInt64: TypeAlias = NDArray[np.uint64]

# Scripts that are written without spaces: every letter, and every vowel written beside it, is a token of
# its own. Their digits are left out, so that a number stays one token; Hangul is left out, because it is
# written in words.
_SINGLE_RANGES = (
    *((0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3021, 0x3029), (0x3031, 0x3035), (0x3038, 0x303C)),  # Han
    *((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF)),
    *((0x3041, 0x3096), (0x309B, 0x309F), (0x30A1, 0x30FA), (0x30FC, 0x30FF), (0x31F0, 0x31FF)),  # Kana
    *((0xFF66, 0xFF9D), (0x1B000, 0x1B16F)),
    *((0x3105, 0x312F), (0x31A0, 0x31BF)),  # Bopomofo
    *((0x0E01, 0x0E3A), (0x0E40, 0x0E4E), (0x0E81, 0x0ECE), (0x0EDC, 0x0EDF)),  # Thai, Lao
    *((0x1780, 0x17D3), (0x17D7, 0x17D7), (0x17DC, 0x17DD)),  # Khmer
    *((0x1000, 0x103F), (0x1050, 0x108F), (0x109A, 0x109F), (0xA9E0, 0xA9EF)),  # Burmese
    *((0xA9FA, 0xA9FE), (0xAA60, 0xAA7F)),
)
_SINGLE = "".join(f"{chr(first)}-{chr(last)}" for first, last in _SINGLE_RANGES)
_VOICED = "\u3099\u309a\uff9e\uff9f"
"""The marks on Kana, which may be characters of their own (in half width they always are)."""

_ASCII_TOKEN = re.compile(r"[0-9a-z]+")
_SPACED_TOKEN = re.compile(r"[^\W_]+")


@functools.cache
def _marks() -> str:
    """Return the marks that continue a token: `re` counts them as no part of it, so हिन्दी would be four.

    Only blocks of living scripts are read; a variation selector (U+FE0F) is no part of a word.
    """
    blocks = ((0x0300, 0x2100), (0xA66F, 0xAC00))
    codes = (code for start, end in blocks for code in range(start, end))
    single = re.compile(f"[{_SINGLE}]")
    marks = (chr(code) for code in codes if unicodedata.category(chr(code)) in ("Mn", "Mc"))
    return "".join(mark for mark in marks if not single.match(mark)) + _VOICED


@functools.cache
def _any_token() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what tells a text that needs the long expression, and the long expression itself."""
    marks = _marks()
    token = re.compile(
        rf"""
        [{_SINGLE}] [{marks}]*                        # one character of a script without spaces
        |
        [^\W_{_SINGLE}{_VOICED}]                      # or a word: letters, digits, and the marks on them
        [{marks}]* (?: [^\W_{_SINGLE}{_VOICED}] [{marks}]* )*
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


@functools.lru_cache(maxsize=1 << 14)
def _spelled(character: str) -> str:
    """Return one character without case and width, taken apart into letter and marks."""
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", character).casefold())


@functools.lru_cache(maxsize=1 << 16)
def spelling(token: str) -> str:
    """Return `token` as it is hashed: without differences of case or width, and decomposed.

    Character by character, so that a compiled loop can do the same with a table.
    """
    return token.lower() if token.isascii() else "".join(map(_spelled, token))


@functools.lru_cache(maxsize=1 << 16)
def fold(token: str) -> str:
    """Return `token` without differences of case, width or composition, to be read.

    >>> fold("Ｔｏｋｙｏ"), fold("STRASSE") == fold("Straße")
    ('tokyo', True)
    """
    spelled = spelling(token)
    # A "word" of thousands of marks is no word, and putting its marks in order can take quadratic time.
    return spelled if token.isascii() or len(token) > 64 else unicodedata.normalize("NFC", spelled)


def tokens(text: str) -> list[str]:
    """Return the tokens of `text`: folded words, or single characters where words are not spaced.

    >>> tokens("The 2nd STORM — don't")
    ['the', '2nd', 'storm', 'don', 't']
    >>> tokens("北京 2008年"), len(tokens("서울 시장"))
    (['北', '京', '2008', '年'], 2)
    """
    if text.isascii():
        return _ASCII_TOKEN.findall(text.lower())
    return list(map(spelling, token_expression(text).findall(text)))


# --- the same as tables, for compiled loops ----------------------------------------------------

_MARK, _SINGLE_KIND = 2, 3
CAPITAL, DIGIT, STOP = 4, 8, 16  # bits of an entry; the two lowest are its kind
PLACE_BITS = 5
SENTENCE_OPENS_AFTER = frozenset('.!?:;"“”„«»\n•()[]-–—')
_END = 0x34000  # behind it no character is a letter


@dataclass(frozen=True, slots=True, eq=False)
class Characters:
    """What every character is to `tokens`.

    Parameters
    ----------
    ascii_hashes : uint64, shape (256,)
        Of each ASCII letter and digit the hash, folded; 0 for all others.
    entries : int32, shape (0x110000,)
        Of each code point ``place << 5 | bits | kind``. Kind 0 parts tokens, 1 is in words, 2 continues
        a token, 3 is a token. Bits: `CAPITAL`, `DIGIT` (is spelled with one), `STOP` (a sentence may
        open behind it). At ``spellings[place]`` stands how it is spelled; place 0: as itself.
    spellings : uint32
        The number of code points, then these.
    """

    ascii_hashes: UInt64
    entries: NDArray[np.int32]
    spellings: UInt32


@functools.cache
def characters() -> Characters:
    """Return the tables, made at the first call (about a tenth of a second)."""
    entries = np.zeros(0x110000, dtype=np.int32)
    everything = map(chr, range(_END))
    entries[:_END] = np.fromiter(map(str.isalnum, everything), dtype=np.int32, count=_END)
    for first, last in _SINGLE_RANGES:
        entries[first : last + 1] = _SINGLE_KIND
    entries[[ord(mark) for mark in _marks()]] = _MARK
    spellings = [0]
    for code in np.flatnonzero(entries[:_END]).tolist():
        if 0x3400 <= code <= 0x9FFF or 0x20000 <= code < 0x2F800:
            continue  # ideographs are spelled as they are
        character = chr(code)
        spelled = _spelled(character)
        entries[code] |= CAPITAL * character.isupper() | DIGIT * any(map(str.isdigit, spelled))
        if spelled != character:
            entries[code] |= len(spellings) << PLACE_BITS
            spellings += [len(spelled), *map(ord, spelled)]
    entries[[ord(character) for character in SENTENCE_OPENS_AFTER]] |= STOP
    ascii_hashes = np.zeros(256, dtype=np.uint64)
    for code in range(128):
        if chr(code).isalnum():
            ascii_hashes[code] = mixed(np.array([ord(chr(code).lower()) + 1], dtype=np.uint64))[0]
    return Characters(ascii_hashes, entries, np.array(spellings, dtype=np.uint32))


def mixed(hashes: UInt64) -> UInt64:
    """Apply the 64-bit finalizer of MurmurHash3; the products wrap on purpose."""
    hashes = hashes ^ (hashes >> np.uint64(33))
    hashes = hashes * np.uint64(0xFF51AFD7ED558CCD)
    hashes = hashes ^ (hashes >> np.uint64(33))
    hashes = hashes * np.uint64(0xC4CEB9FE1A85EC53)
    return hashes ^ (hashes >> np.uint64(33))
