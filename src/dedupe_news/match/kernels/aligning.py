"""Where two texts differ; see `alignment`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dedupe_news.match.kernels import PRIME, U0, compiled


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
            key = U0
            for at in range(place, place + size):
                key = (key ^ words[at]) * PRIME
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
