"""What an index keeps and finds: keys of articles, and who holds a key."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dedupe_news.match.kernels import compiled
from dedupe_news.match.kernels.reading import (
    character_hashes,
    digest_tokens,
    shingle_hashes,
    token_hashes,
)


@compiled
def article_keys(
    values: NDArray[np.uint8],
    bounds: NDArray[np.int64],
    by_character: bool,
    ascii_hashes: NDArray[np.uint64],
    entries: NDArray[np.int32],
    spellings: NDArray[np.uint32],
    powers: NDArray[np.uint64],
    window: int,
    lowest: int,
    every_key_of: int,
    num_tokens: NDArray[np.int64],
    num_shingles: NDArray[np.int64],
    digests: NDArray[np.uint64],
    num_keys: NDArray[np.int64],
    keys: NDArray[np.uint32],
) -> int:
    """Read the articles ``values[bounds[i]:bounds[i + 1]]``; see `keys.article_keys`.

    Row i of each result is article i; the keys of all stand one after the other. Return how many there are.
    """
    longest = 0
    for article in range(len(bounds) - 1):
        longest = max(longest, bounds[article + 1] - bounds[article])
    room = 6 * longest + 1 if by_character else longest + 1
    units = np.empty(room, np.uint64)
    hashes = np.empty(room, np.uint64)
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
        chosen = _choose(hashes, count, window, lowest, every_key_of, keys[written:])
        own = keys[written : written + chosen]
        own.sort()
        kept = 0
        for at in range(chosen):
            own[kept] = own[at]
            if at == 0 or own[at] != own[kept - 1]:
                kept += 1
        num_keys[article] = kept
        written += kept
    return written


@compiled
def _choose(
    hashes: NDArray[np.uint64],
    count: int,
    window: int,
    lowest: int,
    every_key_of: int,
    keys: NDArray[np.uint32],
) -> int:
    """Write the lower halves of the hashes that are keys, and return how many there are."""
    if count <= every_key_of:
        for at in range(count):
            keys[at] = np.uint32(hashes[at])
        return count
    limit = np.uint64(0xFFFFFFFFFFFFFFFF) // np.uint64(count) * np.uint64(lowest)
    written = 0
    least = -1  # place of the last of the smallest hashes in the window that ends here
    for end in range(count):
        if least <= end - window:
            least = max(end - window + 1, 0)
            for at in range(least + 1, end + 1):
                if hashes[at] <= hashes[least]:
                    least = at
            is_new = end >= window - 1
        elif hashes[end] <= hashes[least]:
            least = end
            is_new = end >= window - 1
        else:
            is_new = end == window - 1
        if is_new and hashes[least] > limit:
            keys[written] = np.uint32(hashes[least])
            written += 1
        if hashes[end] <= limit:
            keys[written] = np.uint32(hashes[end])
            written += 1
    return written


@compiled
def look_up(
    directory: NDArray[np.uint32],
    lower: NDArray[np.uint16],
    rows: NDArray[np.uint32],
    shift: int,
    keys: NDArray[np.uint32],
    asking: NDArray[np.uint32],
    most: int,
    found: NDArray[np.uint64],
    num_found: int,
) -> int:
    """Write ``asking << 32 | row`` for the rows that hold each key; return how many there are in `found`.

    Of a key that more than `most` rows hold, the first, the middle and the last are written. Where there
    is no more room, it is only counted.
    """
    mask = np.uint32((1 << shift) - 1)
    for place in range(len(keys)):
        bucket = keys[place] >> np.uint32(shift)
        wanted = np.uint16(keys[place] & mask)
        left, right = np.int64(directory[bucket]), np.int64(directory[bucket + 1])
        end = right
        while left < right:
            middle = (left + right) >> 1
            if lower[middle] < wanted:
                left = middle + 1
            else:
                right = middle
        right = left
        while right < end and lower[right] == wanted:
            right += 1
        count = right - left
        for number in range(3 if count > most else count):
            at = left + (number * (count - 1) // 2 if count > most else number)
            if num_found < len(found):
                found[num_found] = np.uint64(asking[place]) << np.uint64(32) | np.uint64(rows[at])
            num_found += 1
    return num_found


@compiled
def fill_segment(
    packed: NDArray[np.uint64],
    shift: int,
    first: int,
    counts: NDArray[np.uint32],
    lower: NDArray[np.uint16],
    rows: NDArray[np.uint32],
) -> None:
    """Write entries ``key << 32 | row``, sorted, into a segment from entry `first` on.

    `counts` gets how many entries each bucket has.
    """
    mask = np.uint64((1 << shift) - 1)
    for at in range(len(packed)):
        key = packed[at] >> np.uint64(32)
        counts[key >> np.uint64(shift)] += np.uint32(1)
        lower[first + at] = np.uint16(key & mask)
        rows[first + at] = np.uint32(packed[at] & np.uint64(0xFFFFFFFF))


@compiled
def read_segment(
    directory: NDArray[np.uint32],
    lower: NDArray[np.uint16],
    rows: NDArray[np.uint32],
    shift: int,
    first_bucket: int,
    last_bucket: int,
    packed: NDArray[np.uint64],
) -> None:
    """Write the entries ``key << 32 | row`` of some buckets."""
    written = 0
    for bucket in range(first_bucket, last_bucket):
        upper = np.uint64(bucket) << np.uint64(shift)
        for at in range(np.int64(directory[bucket]), np.int64(directory[bucket + 1])):
            packed[written] = (upper | np.uint64(lower[at])) << np.uint64(32) | np.uint64(rows[at])
            written += 1


_SPREAD = np.uint64(0x9E3779B97F4A7C15)


@compiled
def insert(entries: NDArray[np.uint64], keys: NDArray[np.uint32], rows: NDArray[np.uint32]) -> None:
    """Put entries ``key << 32 | row`` into a hash table, behind those of the same key; 0 is no entry.

    One row may be that of all keys.
    """
    mask = len(entries) - 1
    for place in range(len(keys)):
        key = np.uint64(keys[place])
        entry = key << np.uint64(32) | np.uint64(rows[place if len(rows) > 1 else 0])
        at = np.int64(key * _SPREAD >> np.uint64(33)) & mask
        while entries[at] != 0:
            at = (at + 1) & mask
        entries[at] = entry


@compiled
def find_recent(
    entries: NDArray[np.uint64],
    keys: NDArray[np.uint32],
    asking: NDArray[np.uint32],
    most: int,
    found: NDArray[np.uint64],
) -> int:
    """Write ``asking << 32 | row`` for the rows of each key in a hash table; see `look_up`."""
    mask = len(entries) - 1
    num_found = 0
    for place in range(len(keys)):
        key = np.uint64(keys[place])
        start = np.int64(key * _SPREAD >> np.uint64(33)) & mask
        count = 0
        at = start
        while entries[at] != 0:
            count += entries[at] >> np.uint64(32) == key
            at = (at + 1) & mask
        if count == 0:
            continue
        number = 0
        at = start
        while entries[at] != 0:
            if entries[at] >> np.uint64(32) == key:
                if count <= most or number == 0 or number == (count - 1) // 2 or number == count - 1:
                    if num_found < len(found):
                        row = entries[at] & np.uint64(0xFFFFFFFF)
                        found[num_found] = np.uint64(asking[place]) << np.uint64(32) | row
                    num_found += 1
                number += 1
            at = (at + 1) & mask
    return num_found
