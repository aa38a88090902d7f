"""Texts read: tokens, shingles, signatures, samples, and the set of shingles of each article."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dedupe_news.match.kernels import PRIME, U0, compiled

# What stands in the table of characters; see `tokens.Characters`.
_KINDS, _WORD, _MARK, _SINGLE = 3, 1, 2, 3
CAPITAL, _DIGIT, _STOP = 4, 8, 16
BEGINS_WITH_DIGIT = 32  # of a token, beside these; see `words.Tokens`
_PLACE_BITS = 5

_DIGEST_LEFT = np.uint64(0xD6E8FEB86659FD93)
_DIGEST_RIGHT = np.uint64(0xA0761D6478BD642F)


@compiled
def _mixed(value: np.uint64) -> np.uint64:
    """Apply the 64-bit finalizer of MurmurHash3."""
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xFF51AFD7ED558CCD)
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xC4CEB9FE1A85EC53)
    value ^= value >> np.uint64(33)
    return value


@compiled
def _code_point(values: NDArray[np.uint8], at: int) -> tuple[np.int64, int]:
    """Return the code point of two to four bytes that starts at `at`, and how many bytes it has."""
    lead = np.int64(values[at])
    if lead < 0xE0:
        return (lead & 0x1F) << 6 | np.int64(values[at + 1] & 0x3F), 2
    if lead < 0xF0:
        return (lead & 0x0F) << 12 | np.int64(values[at + 1] & 0x3F) << 6 | np.int64(values[at + 2] & 0x3F), 3
    return (
        (lead & 0x07) << 18
        | np.int64(values[at + 1] & 0x3F) << 12
        | np.int64(values[at + 2] & 0x3F) << 6
        | np.int64(values[at + 3] & 0x3F),
        4,
    )


@compiled
def _extended(token: np.uint64, code: np.int64, entry: np.int32, spellings: NDArray[np.uint32]) -> np.uint64:
    """Return the hash of `token` with one more character, folded."""
    place = entry >> _PLACE_BITS
    if place == 0:
        return (token ^ _mixed(np.uint64(code + 1))) * PRIME
    for at in range(place + 1, place + 1 + spellings[place]):
        token = (token ^ _mixed(np.uint64(spellings[at]) + np.uint64(1))) * PRIME
    return token


@compiled
def token_hashes(
    values: NDArray[np.uint8],
    start: int,
    end: int,
    ascii_hashes: NDArray[np.uint64],
    entries: NDArray[np.int32],
    spellings: NDArray[np.uint32],
    hashes: NDArray[np.uint64],
) -> int:
    """Write the hashes of the tokens of ``values[start:end]``, and return how many there are."""
    num_tokens = 0
    token = U0  # of the word being read; 0 while there is none
    at = start
    while at < end:
        byte = values[at]
        if byte < 128:
            # No branch: where words end is what a processor cannot guess.
            letter = ascii_hashes[byte]
            hashes[num_tokens] = token
            num_tokens += (letter == U0) & (token != U0)
            token = (token ^ letter) * PRIME if letter != U0 else U0
            at += 1
            continue
        code, width = _code_point(values, at)
        entry = entries[code]
        kind = entry & _KINDS
        at += width
        if kind == _WORD or (kind == _MARK and token != U0):
            token = _extended(token, code, entry, spellings)
            continue
        if token != U0:
            hashes[num_tokens] = token
            num_tokens += 1
            token = U0
        if kind == _SINGLE:
            token = _extended(token, code, entry, spellings)
            while at < end and values[at] >= 128:
                code, width = _code_point(values, at)
                entry = entries[code]
                if entry & _KINDS != _MARK:
                    break
                token = _extended(token, code, entry, spellings)
                at += width
            hashes[num_tokens] = token
            num_tokens += 1
            token = U0
    if token != U0:
        hashes[num_tokens] = token
        num_tokens += 1
    return num_tokens


@compiled
def read_words(
    values: NDArray[np.uint8],
    ascii_hashes: NDArray[np.uint64],
    entries: NDArray[np.int32],
    spellings: NDArray[np.uint32],
    hashes: NDArray[np.uint64],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    flags: NDArray[np.uint8],
) -> int:
    """Write the tokens of a text, and where they stand in it in code points; see `words.Tokens`.

    Return how many there are.
    """
    num_tokens = 0
    token = U0
    last, last_is_stop = -1, False  # the character before that is no space
    at = place = 0
    size = len(values)
    while at < size:
        byte = values[at]
        if byte < 128:
            letter = ascii_hashes[byte]
            if letter == U0:
                if token != U0:
                    hashes[num_tokens], ends[num_tokens] = token, place
                    num_tokens += 1
                    token = U0
                if byte != 32:
                    last, last_is_stop = place, (entries[byte] & _STOP) != 0
                at += 1
                place += 1
                continue
            if token == U0:
                starts[num_tokens] = place
                opens = last < place - 3 or last < 0 or last_is_stop
                flags[num_tokens] = BEGINS_WITH_DIGIT * (byte < 65)
                if 65 <= byte <= 90:
                    flags[num_tokens] = CAPITAL | _STOP * opens
            has_digit = False
            while letter != U0:
                token = (token ^ letter) * PRIME
                has_digit |= byte < 65
                at += 1
                place += 1
                byte = values[at] if at < size else np.uint8(0)
                letter = ascii_hashes[byte] if byte < 128 else U0
            flags[num_tokens] |= _DIGIT * has_digit
            last, last_is_stop = place - 1, False
            continue
        code, width = _code_point(values, at)
        entry = entries[code]
        kind = entry & _KINDS
        if token != U0 and kind not in (_WORD, _MARK):
            hashes[num_tokens], ends[num_tokens] = token, place
            num_tokens += 1
            token = U0
        if kind in (_WORD, _SINGLE):
            if token == U0:
                starts[num_tokens] = place
                opens = last < place - 3 or last < 0 or last_is_stop
                flags[num_tokens] = BEGINS_WITH_DIGIT * ((entry & _DIGIT) != 0)
                if entry & CAPITAL:
                    flags[num_tokens] |= CAPITAL | _STOP * opens
            flags[num_tokens] |= entry & _DIGIT
        if kind in (_WORD, _SINGLE) or (kind == _MARK and token != U0):
            token = _extended(token, code, entry, spellings)
        at += width
        if kind == _SINGLE:
            while at < size and values[at] >= 128:
                code, width = _code_point(values, at)
                if entries[code] & _KINDS != _MARK:
                    break
                token = _extended(token, code, entries[code], spellings)
                at += width
                place += 1
            hashes[num_tokens], ends[num_tokens] = token, place + 1
            num_tokens += 1
            token = U0
        last, last_is_stop = place, (entry & _STOP) != 0
        place += 1
    if token != U0:
        hashes[num_tokens], ends[num_tokens] = token, place
        num_tokens += 1
    return num_tokens


@compiled
def character_hashes(
    values: NDArray[np.uint8],
    start: int,
    end: int,
    ascii_hashes: NDArray[np.uint64],
    entries: NDArray[np.int32],
    spellings: NDArray[np.uint32],
    hashes: NDArray[np.uint64],
) -> int:
    """Write the hashes of the characters of all tokens, and return how many there are."""
    num_characters = 0
    in_token = False
    at = start
    while at < end:
        byte = values[at]
        if byte < 128:
            letter = ascii_hashes[byte]
            hashes[num_characters] = letter
            in_token = letter != U0
            num_characters += in_token
            at += 1
            continue
        code, width = _code_point(values, at)
        entry = entries[code]
        kind = entry & _KINDS
        at += width
        if kind == 0 or (kind == _MARK and not in_token):
            in_token = False
            continue
        in_token = True
        place = entry >> _PLACE_BITS
        if place == 0:
            hashes[num_characters] = _mixed(np.uint64(code + 1))
            num_characters += 1
        else:
            for of in range(place + 1, place + 1 + spellings[place]):
                hashes[num_characters] = _mixed(np.uint64(spellings[of]) + np.uint64(1))
                num_characters += 1
    return num_characters


@compiled
def digest_tokens(hashes: NDArray[np.uint64], num_tokens: int, digest: NDArray[np.uint64]) -> None:
    """Write 128 bits over the hashes of tokens, in their order; see `fingerprint.digest`."""
    left = right = U0
    for at in range(num_tokens):
        left += _mixed(hashes[at] + np.uint64(at + 1) * _DIGEST_LEFT)
        right += _mixed(hashes[at] + np.uint64(at + 1) * _DIGEST_RIGHT)
    digest[0], digest[1] = left, right


@compiled
def shingle_hashes(
    units: NDArray[np.uint64], num_units: int, powers: NDArray[np.uint64], hashes: NDArray[np.uint64]
) -> int:
    """Write the hash of every ``len(powers)`` consecutive units, and return how many there are."""
    size = len(powers)
    num_shingles = max(0, num_units - size + 1)
    for at in range(num_shingles):
        hashes[at] = units[at] * powers[0]
    for offset in range(1, size):
        power = powers[offset]
        for at in range(num_shingles):
            hashes[at] += units[at + offset] * power
    for at in range(num_shingles):
        hashes[at] = _mixed(hashes[at])
    return num_shingles


@compiled
def sign(
    hashes: NDArray[np.uint64],
    num_hashes: int,
    multipliers: NDArray[np.uint32],
    offsets: NDArray[np.uint32],
    lower: NDArray[np.uint32],
    signature: NDArray[np.uint32],
) -> None:
    """Write the MinHash signature of the lower 32 bits of `hashes`; `lower` is room to work in."""
    for at in range(num_hashes):
        # numba multiplies 32 bits into 64, so every step is cut back.
        value = np.uint32(hashes[at])
        value = np.uint32((value ^ (value >> np.uint32(16))) * np.uint32(0x85EBCA6B))
        value = np.uint32((value ^ (value >> np.uint32(13))) * np.uint32(0xC2B2AE35))
        lower[at] = np.uint32(value ^ (value >> np.uint32(16)))
    for row in range(len(multipliers)):
        multiplier, offset = multipliers[row], offsets[row]
        least = np.uint32(0xFFFFFFFF)
        for at in range(num_hashes):
            least = min(least, np.uint32(np.uint32(multiplier * lower[at]) + offset))
        signature[row] = least


@compiled
def fingerprint_articles(
    values: NDArray[np.uint8],
    bounds: NDArray[np.int64],
    by_character: bool,
    ascii_hashes: NDArray[np.uint64],
    entries: NDArray[np.int32],
    spellings: NDArray[np.uint32],
    powers: NDArray[np.uint64],
    multipliers: NDArray[np.uint32],
    offsets: NDArray[np.uint32],
    samples_of: int,
    num_rows: int,
    num_tokens: NDArray[np.int64],
    num_shingles: NDArray[np.int64],
    digests: NDArray[np.uint64],
    band_keys: NDArray[np.uint32],
    num_samples: NDArray[np.int64],
    samples: NDArray[np.uint64],
) -> int:
    """Fingerprint the articles ``values[bounds[i]:bounds[i + 1]]``; see `fingerprint.fingerprint`.

    Row i of each result is article i (column i of `band_keys`); the samples of all stand one after
    the other.
    Return how many samples there are.
    """
    longest = 0
    for article in range(len(bounds) - 1):
        longest = max(longest, bounds[article + 1] - bounds[article])
    # A character may fold to eighteen, of at least three bytes.
    room = 6 * longest + 1 if by_character else longest + 1
    units = np.empty(room, np.uint64)
    hashes = np.empty(room, np.uint64)
    lower = np.empty(room, np.uint32)
    signature = np.empty(len(multipliers), np.uint32)
    written = 0
    for article in range(len(bounds) - 1):
        start, end = bounds[article], bounds[article + 1]
        num_units = token_hashes(values, start, end, ascii_hashes, entries, spellings, units)
        num_tokens[article] = num_units
        digest_tokens(units, num_units, digests[article])
        if by_character:
            num_units = character_hashes(values, start, end, ascii_hashes, entries, spellings, units)
        count = shingle_hashes(units, num_units, powers, hashes)
        num_shingles[article] = count
        sign(hashes, count, multipliers, offsets, lower, signature)
        for band in range(len(band_keys)):
            key = U0
            for row in range(band * num_rows, (band + 1) * num_rows):
                key = (key ^ np.uint64(signature[row])) * PRIME
                key ^= key >> np.uint64(29)
            band_keys[band, article] = np.uint32(key >> np.uint64(32))
        limit = sample_limit(count, samples_of)
        first = written
        for at in range(count):
            samples[written] = hashes[at]
            written += hashes[at] <= limit
        num_samples[article] = written - first
    return written


@compiled
def sample_limit(num_shingles: int, samples_of: int) -> np.uint64:
    """Return the greatest hash that is a sample: a quarter of all, and about `samples_of` of a few."""
    every = np.uint64(0xFFFFFFFFFFFFFFFF)
    if num_shingles <= samples_of:
        return every
    return max(every // np.uint64(num_shingles) * np.uint64(samples_of), every >> np.uint64(2))


@compiled
def shingle_sets(
    values: NDArray[np.uint8],
    bounds: NDArray[np.int64],
    by_character: bool,
    ascii_hashes: NDArray[np.uint64],
    entries: NDArray[np.int32],
    spellings: NDArray[np.uint32],
    powers: NDArray[np.uint64],
    sets: NDArray[np.uint64],
    starts: NDArray[np.int64],
    sizes: NDArray[np.int64],
) -> None:
    """Write the shingle hashes of each article, sorted and distinct, into `sets` from its start on."""
    longest = 0
    for article in range(len(bounds) - 1):
        longest = max(longest, bounds[article + 1] - bounds[article])
    room = 6 * longest + 1 if by_character else longest + 1
    units = np.empty(room, np.uint64)
    hashes = np.empty(room, np.uint64)
    for article in range(len(bounds) - 1):
        start, end = bounds[article], bounds[article + 1]
        if by_character:
            num_units = character_hashes(values, start, end, ascii_hashes, entries, spellings, units)
        else:
            num_units = token_hashes(values, start, end, ascii_hashes, entries, spellings, units)
        count = shingle_hashes(units, num_units, powers, hashes)
        sizes[article] = _write_distinct(hashes, count, sets[starts[article] :])


@compiled
def _write_distinct(hashes: NDArray[np.uint64], count: int, ordered: NDArray[np.uint64]) -> int:
    """Write `count` hashes in order, each once, and return how many are left.

    They are spread evenly, so the upper bits say about where each belongs: a place for every
    value on average, and within a place the few that meet are put in order as they come.
    """
    bits = 0
    while (1 << bits) < count:
        bits += 1
    shift = np.uint64(64 - bits) if bits else np.uint64(63)
    ends = np.zeros((1 << bits) + 2, np.int64)
    for at in range(count):
        ends[np.int64(hashes[at] >> shift) + 1] += 1
    for place in range(1, len(ends)):
        ends[place] += ends[place - 1]
    begins = ends[:-1].copy()
    filled = begins.copy()
    for at in range(count):
        value = hashes[at]
        bucket = np.int64(value >> shift)
        slot = filled[bucket]
        while slot > begins[bucket] and ordered[slot - 1] > value:
            slot -= 1
        if slot > begins[bucket] and ordered[slot - 1] == value:
            continue
        for later in range(filled[bucket], slot, -1):
            ordered[later] = ordered[later - 1]
        ordered[slot] = value
        filled[bucket] += 1
    written = 0
    for place in range(len(begins)):
        for at in range(begins[place], filled[place]):
            ordered[written] = ordered[at]
            written += 1
    return written
