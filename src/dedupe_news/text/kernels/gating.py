"""What stands twice in a text, byte by byte; see `gate`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dedupe_news.compiling import compiled
from dedupe_news.text.kernels import NUM_BUCKETS
from dedupe_news.text.loops import WHOLE

_PRIME = np.uint64(0x9E3779B97F4A7C15)


@compiled
def find_stretches(
    received: NDArray[np.uint8],
    fold: NDArray[np.uint8],
    is_anchor: NDArray[np.bool_],
    head_bytes: int,
    limits: NDArray[np.int64],
    stretches: NDArray[np.int64],
    ends: NDArray[np.uint64],
    room: NDArray[np.int32],
) -> int:
    """Write the stretches that stand twice, a row each: start, end, offset, words; return how many there are.

    Or return `WHOLE`. Words are -1 where somebody else has to count them. There is always room: the heads
    that are looked for again, and their places, are few.

    Parameters
    ----------
    fold : uint8, shape (256,)
    is_anchor : bool, shape (256,)
        Of bytes before they are folded.
    limits : int64, shape (5,)
        Bytes per anchor and per line, bytes of a stretch, repeated heads, places of each; see `gate`.
    ends : uint64, shape (len(received),)
        Room for the eight folded bytes that end at each place.
    room : int32, shape (6 * len(received) + 18 + repeated heads * (places of each + 2) + buckets,)
        Room for all that is looked up: heads, repeated heads, and their places.
    """
    bytes_per_anchor, line_bytes, stretch_bytes = limits[0], limits[1], limits[2]
    max_repeated, max_places = limits[3], limits[4]
    size = len(received)
    last = np.uint64(0)
    num_lines = 0
    has_combining = False
    for at in range(size):
        byte = received[at]
        has_combining |= (byte == 0xCC) | (byte == 0xCD)
        num_lines += byte == 10
        last = last << np.uint64(8) | np.uint64(fold[byte])
        ends[at] = last
    if has_combining or num_lines * line_bytes > size:
        return WHOLE
    starts, room = room[: size + 1], room[size + 1 :]
    num_heads = _find_heads(received, is_anchor, head_bytes, starts)
    if num_heads * bytes_per_anchor < size:
        return WHOLE
    starts[num_heads] = 0  # the beginning of the text is a head, too
    num_heads += size >= head_bytes
    repeated, room = room[:num_heads], room[num_heads:]
    num_repeated = _find_repeated(ends, starts[:num_heads], head_bytes, repeated, room)
    num_heads += size < head_bytes
    if num_repeated > min(max_repeated, 16 + num_heads // 16):
        return WHOLE
    if num_repeated == 0:
        return 0
    return _measure(
        received, ends, repeated[:num_repeated], head_bytes, stretch_bytes, max_places, stretches, room
    )


@compiled
def _find_heads(
    received: NDArray[np.uint8], is_anchor: NDArray[np.bool_], head_bytes: int, starts: NDArray[np.int32]
) -> int:
    """Write where the heads begin, behind each anchor and up to eight spaces, line ends and quotes."""
    num_heads = 0
    last = len(received) - head_bytes
    at = 0
    while at < last:
        if not is_anchor[received[at]]:
            at += 1
            continue
        behind = at + 1
        limit = min(behind + 8, last + 1)
        while behind < limit and (
            received[behind] == 32
            or received[behind] == 10
            or received[behind] == 34
            or received[behind] == 39
        ):
            behind += 1
        if behind > last:
            at += 1
            continue
        starts[num_heads] = behind
        num_heads += 1
        at = behind
    return num_heads


@compiled
def _are_equal(ends: NDArray[np.uint64], one: int, other: int, head_bytes: int) -> bool:
    """Whether two heads are equal: eight bytes at a time, the last eight of them in any case."""
    for place in range(7, head_bytes - 1, 8):
        if ends[one + place] != ends[other + place]:
            return False
    return bool(ends[one + head_bytes - 1] == ends[other + head_bytes - 1])


@compiled
def _find_repeated(
    ends: NDArray[np.uint64],
    starts: NDArray[np.int32],
    head_bytes: int,
    repeated: NDArray[np.int32],
    room: NDArray[np.int32],
) -> int:
    """Write a place of each head that stands twice among `starts`, in the order in which they come again."""
    num_slots = 16
    while num_slots < 2 * len(starts):
        num_slots *= 2
    mask = num_slots - 1
    slots = room[:num_slots]  # number of a head, from 1 on; negative when it came again
    slots[:] = 0
    num_repeated = 0
    for number in range(len(starts)):
        start = starts[number]
        key = (ends[start + 7] ^ ends[start + head_bytes - 1] >> np.uint64(1)) * _PRIME
        slot = np.int64(key >> np.uint64(32)) & mask
        while slots[slot] != 0 and not _are_equal(ends, starts[abs(slots[slot]) - 1], start, head_bytes):
            slot = (slot + 1) & mask
        if slots[slot] == 0:
            slots[slot] = number + 1
        elif slots[slot] > 0:
            slots[slot] = -slots[slot]
            repeated[num_repeated] = start
            num_repeated += 1
    return num_repeated


@compiled
def _measure(
    received: NDArray[np.uint8],
    ends: NDArray[np.uint64],
    repeated: NDArray[np.int32],
    head_bytes: int,
    stretch_bytes: int,
    max_places: int,
    stretches: NDArray[np.int64],
    room: NDArray[np.int32],
) -> int:
    """Write the equal stretches around any two places of a head; see `gate._pairs` and `gate._stretch`."""
    size = len(ends)
    num_cells = len(repeated) * max_places
    places_of, room = room[:num_cells], room[num_cells:]
    num_places_of, room = room[: len(repeated)], room[len(repeated) :]
    num_places_of[:] = 0
    _find_places(ends, repeated, head_bytes, max_places, places_of, num_places_of, room)
    num_written = 0
    for number in range(len(repeated)):
        places, num_places = places_of[number * max_places :], num_places_of[number]
        for second in range(1, num_places):
            for with_first in range(1 + (second > 1)):  # with the one before, and with the first
                left, right = np.int64(places[0 if with_first else second - 1]), np.int64(places[second])
                offset = right - left
                seen_until = np.int64(0)
                for row in range(num_written - 1, -1, -1):
                    if stretches[row, 2] == offset:
                        seen_until = stretches[row, 1]
                        break
                if seen_until > right:
                    continue
                start = right
                floor = max(right - stretch_bytes, offset, left)
                while start > floor and _byte(ends, start - 1) == _byte(ends, start - offset - 1):
                    start -= 1
                end = right + head_bytes
                limit = min(int(right) + stretch_bytes, size)
                while end < limit and _byte(ends, end) == _byte(ends, end - offset):
                    end += 1
                if end - start >= stretch_bytes:
                    return WHOLE
                stretches[num_written, 0] = start
                stretches[num_written, 1] = end
                stretches[num_written, 2] = offset
                stretches[num_written, 3] = _count_ascii_words(received, start, end)
                num_written += 1
    return num_written


@compiled
def _count_ascii_words(received: NDArray[np.uint8], start: int | np.int64, end: int | np.int64) -> int:
    """Return how many tokens (see `page.TOKEN`) a stretch of ASCII has, or -1 if it is no ASCII."""
    count = 0
    at = start
    while at < end:
        byte = received[at]
        if byte >= 128:
            return -1
        at += 1
        if 48 <= byte <= 57:
            while at < end and 48 <= received[at] <= 57:
                at += 1
        elif 97 <= byte <= 122:
            while at < end and 97 <= received[at] <= 122:
                at += 1
        elif 65 <= byte <= 90:
            first = at
            while at < end and 65 <= received[at] <= 90:
                at += 1
            if at < end and 97 <= received[at] <= 122:
                count += int(at > first)  # the last capital begins the next word
                while at < end and 97 <= received[at] <= 122:
                    at += 1
        else:
            continue
        count += 1
    return count


@compiled
def _find_places(
    ends: NDArray[np.uint64],
    repeated: NDArray[np.int32],
    head_bytes: int,
    max_places: int,
    places_of: NDArray[np.int32],
    num_places_of: NDArray[np.int32],
    room: NDArray[np.int32],
) -> None:
    """Write the first places of each head, behind an anchor or not: one pass for all of them."""
    first_of = room[:NUM_BUCKETS]  # number of a head, from 1 on
    first_of[:] = 0
    next_of = room[NUM_BUCKETS : NUM_BUCKETS + len(repeated)]
    for number in range(len(repeated)):
        bucket = _bucket(ends[repeated[number] + 7])
        next_of[number] = first_of[bucket]
        first_of[bucket] = number + 1
    for at in range(len(ends) - head_bytes + 1):
        next_number = first_of[_bucket(ends[at + 7])]
        while next_number:
            head = next_number - 1
            if num_places_of[head] < max_places and _are_equal(ends, at, repeated[head], head_bytes):
                places_of[head * max_places + num_places_of[head]] = at
                num_places_of[head] += 1
            next_number = next_of[head]


@compiled
def _bucket(first_bytes: np.uint64) -> int:
    return int(first_bytes * _PRIME >> np.uint64(54))


@compiled
def _byte(ends: NDArray[np.uint64], at: int | np.int64) -> np.uint8:
    return np.uint8(ends[at] & np.uint64(0xFF))
