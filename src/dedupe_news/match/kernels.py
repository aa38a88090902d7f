"""Compiled loops, nothing else: what `fingerprint` and `tokens` say in Python, for millions of words.

Every loop runs without the GIL, so that threads work side by side, each on articles of its own.
Sums and products of hashes wrap at 2**64 (or 2**32) on purpose.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Kernel = TypeVar("Kernel", bound=Callable[..., object])


def compiled(kernel: Kernel) -> Kernel:
    """Compile `kernel` at its first call, and keep the outcome for the next process.

    Type checkers keep seeing its Python signature. Where no folder can be written to, nothing
    is kept: every process then compiles for itself.
    """
    try:
        return cast(Kernel, numba.njit(nogil=True, cache=True)(kernel))
    except RuntimeError:  # numba found no place for its cache
        return cast(Kernel, numba.njit(nogil=True)(kernel))


# What stands in the table of characters; see `tokens.Characters`.
_KINDS, _WORD, _MARK, _SINGLE = 3, 1, 2, 3
_CAPITAL, _DIGIT, _STOP = 4, 8, 16
_PLACE_BITS = 5

_U0 = np.uint64(0)
_PRIME = np.uint64(0x9E3779B97F4A7C15)
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
        return (token ^ _mixed(np.uint64(code + 1))) * _PRIME
    for at in range(place + 1, place + 1 + spellings[place]):
        token = (token ^ _mixed(np.uint64(spellings[at]) + np.uint64(1))) * _PRIME
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
    token = _U0  # of the word being read; 0 while there is none
    at = start
    while at < end:
        byte = values[at]
        if byte < 128:
            # No branch: where words end is what a processor cannot guess.
            letter = ascii_hashes[byte]
            hashes[num_tokens] = token
            num_tokens += (letter == _U0) & (token != _U0)
            token = (token ^ letter) * _PRIME if letter != _U0 else _U0
            at += 1
            continue
        code, width = _code_point(values, at)
        entry = entries[code]
        kind = entry & _KINDS
        at += width
        if kind == _WORD or (kind == _MARK and token != _U0):
            token = _extended(token, code, entry, spellings)
            continue
        if token != _U0:
            hashes[num_tokens] = token
            num_tokens += 1
            token = _U0
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
            token = _U0
    if token != _U0:
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
    token = _U0
    last, last_is_stop = -1, False  # the character before that is no space
    at = place = 0
    while at < len(values):
        if values[at] < 128:
            code, width = np.int64(values[at]), 1
        else:
            code, width = _code_point(values, at)
        entry = entries[code]
        kind = entry & _KINDS
        if token != _U0 and kind not in (_WORD, _MARK):
            hashes[num_tokens], ends[num_tokens] = token, place
            num_tokens += 1
            token = _U0
        if kind in (_WORD, _SINGLE):
            if token == _U0:
                starts[num_tokens] = place
                opens = last < place - 3 or last < 0 or last_is_stop
                flags[num_tokens] = _BEGINS_WITH_DIGIT * ((entry & _DIGIT) != 0)
                if entry & _CAPITAL:
                    flags[num_tokens] |= _CAPITAL | _STOP * opens
            flags[num_tokens] |= entry & _DIGIT
        if kind in (_WORD, _SINGLE) or (kind == _MARK and token != _U0):
            if code < 128:
                token = (token ^ ascii_hashes[code]) * _PRIME
            else:
                token = _extended(token, code, entry, spellings)
        at += width
        if kind == _SINGLE:
            while at < len(values) and values[at] >= 128:
                code, width = _code_point(values, at)
                if entries[code] & _KINDS != _MARK:
                    break
                token = _extended(token, code, entries[code], spellings)
                at += width
                place += 1
            hashes[num_tokens], ends[num_tokens] = token, place + 1
            num_tokens += 1
            token = _U0
        if code != 32:
            last, last_is_stop = place, (entry & _STOP) != 0
        place += 1
    if token != _U0:
        hashes[num_tokens], ends[num_tokens] = token, place
        num_tokens += 1
    return num_tokens


_BEGINS_WITH_DIGIT = 32


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
            in_token = letter != _U0
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
    signatures: NDArray[np.uint32],
    band_keys: NDArray[np.uint32],
    num_samples: NDArray[np.int64],
    samples: NDArray[np.uint64],
) -> int:
    """Fingerprint the articles ``values[bounds[i]:bounds[i + 1]]``; see `fingerprint.fingerprint`.

    Row i of each result is article i; the samples of all stand one after the other.
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
    written = 0
    for article in range(len(bounds) - 1):
        start, end = bounds[article], bounds[article + 1]
        num_units = token_hashes(values, start, end, ascii_hashes, entries, spellings, units)
        num_tokens[article] = num_units
        left = right = _U0
        for at in range(num_units):
            left += _mixed(units[at] + np.uint64(at + 1) * _DIGEST_LEFT)
            right += _mixed(units[at] + np.uint64(at + 1) * _DIGEST_RIGHT)
        digests[article, 0], digests[article, 1] = left, right
        if by_character:
            num_units = character_hashes(values, start, end, ascii_hashes, entries, spellings, units)
        count = shingle_hashes(units, num_units, powers, hashes)
        num_shingles[article] = count
        sign(hashes, count, multipliers, offsets, lower, signatures[article])
        for band in range(len(band_keys)):
            key = _U0
            for row in range(band * num_rows, (band + 1) * num_rows):
                key = (key ^ np.uint64(signatures[article, row])) * _PRIME
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


@compiled
def count_common(
    sets: NDArray[np.uint64],
    starts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    pairs: NDArray[np.int64],
    counts: NDArray[np.int64],
) -> None:
    """Write for each pair of sets how many hashes both have; set i has `sizes[i]`, from `starts[i]` on."""
    for row in range(len(pairs)):
        left, right = starts[pairs[row, 0]], starts[pairs[row, 1]]
        left_end, right_end = left + sizes[pairs[row, 0]], right + sizes[pairs[row, 1]]
        common = 0
        while left < left_end and right < right_end:
            one, other = sets[left], sets[right]
            common += one == other
            left += one <= other
            right += other <= one
        counts[row] = common


@compiled
def repeated_samples(
    samples: NDArray[np.uint64],
    num_samples: NDArray[np.int64],
    place_of: NDArray[np.int64],
    bits: np.uint64,
    packed: NDArray[np.uint64],
) -> int:
    """Write the samples that may stand more than once, their last `bits` replaced by the holder's place.

    What is left out stands once for certain; some that stand once are kept, because they share
    a bit of the table with another. Return how many are kept.
    """
    size = 1 << 16
    while size < 8 * len(samples):
        size *= 2
    mask = np.uint64(size - 1)
    once = np.zeros(size >> 6, np.uint64)
    again = np.zeros(size >> 6, np.uint64)
    at = 0
    for row in range(len(num_samples)):
        stop = at + num_samples[row]
        if place_of[row] >= 0:
            for index in range(at, stop):
                slot = (samples[index] >> bits) & mask
                word, bit = np.int64(slot >> np.uint64(6)), np.uint64(1) << (slot & np.uint64(63))
                again[word] |= once[word] & bit
                once[word] |= bit
        at = stop
    written = at = 0
    for row in range(len(num_samples)):
        stop = at + num_samples[row]
        if place_of[row] >= 0:
            place = np.uint64(place_of[row])
            for index in range(at, stop):
                value = samples[index] >> bits
                slot = value & mask
                word, bit = np.int64(slot >> np.uint64(6)), np.uint64(1) << (slot & np.uint64(63))
                packed[written] = value << bits | place
                written += again[word] & bit != _U0
        at = stop
    return written


@compiled
def meetings(
    holder: NDArray[np.int64],
    posting: NDArray[np.int64],
    owners: NDArray[np.int32],
    starts: NDArray[np.int64],
    counts: NDArray[np.int64],
    common: int,
    needed_hits: NDArray[np.float64],
    rate: NDArray[np.float64],
    found: NDArray[np.int64],
) -> int:
    """Write who holds enough of whose sketch, as far as there is room; return how many pairs there are.

    Entry i of the sketches, article by article, says that `holder[i]` looks up `posting[i]`, whose
    owners are ``owners[starts[p] : starts[p] + counts[p]]``, or three of more than `common`.
    """
    hits = np.zeros(len(rate), np.int64)
    met = np.empty(len(rate), np.int64)
    written = at = 0
    while at < len(holder):
        article = holder[at]
        num_met = 0
        while at < len(holder) and holder[at] == article:
            start, length = starts[posting[at]], counts[posting[at]]
            for entry in range(3 if length > common else length):
                place = start + entry
                if length > common:  # the first, the middle and the last
                    place = start + (length - 1) * entry // 2
                other = owners[place]
                if hits[other] == 0:
                    met[num_met] = other
                    num_met += 1
                hits[other] += 1
            at += 1
        for place in range(num_met):
            other = met[place]
            if other != article and hits[other] >= needed_hits[article] * min(rate[article], rate[other]):
                if written < len(found):
                    found[written, 0], found[written, 1] = article, other
                written += 1
            hits[other] = 0
    return written


_DIGIT_BITS = 11
_NUM_DIGITS = 1 << _DIGIT_BITS


@compiled
def sort_in_place(values: NDArray[np.uint64], from_bit: int) -> None:
    """Sort `values` by their bits from `from_bit` on (stable, digit by digit: linear time)."""
    if not len(values):
        return
    source, target = values, np.empty_like(values)
    for shift in range(from_bit, 64, _DIGIT_BITS):
        ends = np.zeros(_NUM_DIGITS + 1, np.int64)
        first_digit = (source[0] >> np.uint64(shift)) & np.uint64(_NUM_DIGITS - 1)
        for value in source:
            ends[((value >> np.uint64(shift)) & np.uint64(_NUM_DIGITS - 1)) + np.uint64(1)] += 1
        if ends[first_digit + np.uint64(1)] == len(values):
            continue  # the digit is the same everywhere
        for place in range(1, _NUM_DIGITS):
            ends[place] += ends[place - 1]
        for value in source:
            digit = (value >> np.uint64(shift)) & np.uint64(_NUM_DIGITS - 1)
            target[ends[digit]] = value
            ends[digit] += 1
        source, target = target, source
    for at in range(len(values)):
        values[at] = source[at]


@compiled
def gaps(
    left: NDArray[np.uint64], right: NDArray[np.uint64], anchor_tokens: int, spans: NDArray[np.int64]
) -> int:
    """Write where two texts differ between the passages that fix their alignment; see `alignment`.

    Row i of `spans` is ``left_start, left_end, right_start, right_end``. Return how many there are.
    """
    start, left_end, right_end = 0, len(left), len(right)
    while start < min(left_end, right_end) and left[start] == right[start]:
        start += 1
    while left_end > start and right_end > start and left[left_end - 1] == right[right_end - 1]:
        left_end -= 1
        right_end -= 1
    at_left, at_right, room = _anchors(left[start:left_end], right[start:right_end], anchor_tokens)
    written = 0
    from_left = from_right = start
    for anchor in range(room + 1):
        if anchor < room:
            to_left, to_right = at_left[anchor] + start, at_right[anchor] + start
        else:
            to_left, to_right = np.int64(left_end), np.int64(right_end)
        if to_left < from_left or to_right < from_right:
            continue
        end_left, end_right = to_left, to_right
        while end_left > from_left and end_right > from_right and left[end_left - 1] == right[end_right - 1]:
            end_left -= 1
            end_right -= 1
        if from_left < end_left or from_right < end_right:
            spans[written, 0], spans[written, 1] = from_left, end_left
            spans[written, 2], spans[written, 3] = from_right, end_right
            written += 1
        from_left, from_right = to_left, to_right
        while from_left < left_end and from_right < right_end and left[from_left] == right[from_right]:
            from_left += 1
            from_right += 1
    return written


@compiled
def _anchors(
    left: NDArray[np.uint64], right: NDArray[np.uint64], size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Return places of passages that stand once in each text, ascending on both sides."""
    num_slots = 16
    while num_slots < 2 * (len(left) + len(right)):
        num_slots *= 2
    mask = np.uint64(num_slots - 1)
    keys = np.zeros(num_slots, np.uint64)
    places = np.full((num_slots, 2), -1, np.int64)  # -1: nowhere, -2: at several places
    slots = np.empty(max(0, len(left) - size + 1), np.int64)
    for side in range(2):
        words = left if side == 0 else right
        for place in range(len(words) - size + 1):
            key = _U0
            for at in range(place, place + size):
                key = (key ^ words[at]) * _PRIME
                key ^= key >> np.uint64(29)
            slot = key & mask
            while (places[slot, 0] != -1 or places[slot, 1] != -1) and keys[slot] != key:
                slot = (slot + np.uint64(1)) & mask
            keys[slot] = key
            places[slot, side] = place if places[slot, side] == -1 else -2
            if side == 0:
                slots[place] = slot
    at_left = np.empty(len(slots), np.int64)
    at_right = np.empty(len(slots), np.int64)
    count = 0
    last_left = last_right = np.int64(-2)
    for place in range(len(slots)):
        other = places[slots[place], 1]
        if places[slots[place], 0] != place or other < 0:
            continue
        if not (last_left == place - 1 and last_right == other - 1):
            at_left[count], at_right[count] = place, other
            count += 1
        last_left, last_right = np.int64(place), other
    return _longest_ascending(at_left[:count], at_right[:count])


@compiled
def _longest_ascending(
    at_left: NDArray[np.int64], at_right: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Return the longest subsequence whose right places ascend (patience sorting, Fredman 1975)."""
    tails = np.empty(len(at_right), np.int64)  # index of what ends the best subsequence of each length
    before = np.empty(len(at_right), np.int64)
    longest = 0
    for index in range(len(at_right)):
        low, high = 0, longest
        while low < high:
            middle = (low + high) // 2
            if at_right[tails[middle]] < at_right[index]:
                low = middle + 1
            else:
                high = middle
        before[index] = tails[low - 1] if low else -1
        tails[low] = index
        longest = max(longest, low + 1)
    index = tails[longest - 1] if longest else -1
    for length in range(longest - 1, -1, -1):
        tails[length] = index
        index = before[index]
    return at_left[tails[:longest]], at_right[tails[:longest]], longest
