"""The tokens of a text as numbers, and what of them stood before; see `page` and `repeats`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dedupe_news.compiling import compiled
from dedupe_news.text.loops import CAPITAL, FIGURE, JOINS_CAPITAL, NOT_LATIN, SMALL

_PRIME = np.uint64(0x9E3779B97F4A7C15)
_SHARP_S = 0xDF


@compiled
def number_tokens(
    codes: NDArray[np.uint32],
    kinds: NDArray[np.uint8],
    folds: NDArray[np.uint16],
    ids: NDArray[np.int32],
    folded: NDArray[np.uint16],
    starts: NDArray[np.int32],
    slots: NDArray[np.int32],
) -> tuple[int, int]:
    """Write a number for each token, equal ones the same, from 0 on as they come.

    Return how many tokens there are, and how many different ones; or `NOT_LATIN`.

    Parameters
    ----------
    kinds : uint8, shape (256,)
    folds : uint16, shape (256,)
        What each letter is without case; that of `ß` is one `s` of two.
    ids : int32, shape (len(codes),)
    folded : uint16, shape (2 * len(codes),)
        Room for the different tokens.
    starts : int32, shape (len(codes) + 1,)
        Room for where each of them begins there.
    slots : int32, shape (2 * len(codes) + 64,)
        Room to look them up.
    """
    size = len(codes)
    num_slots = 64
    while num_slots < size:  # a token and what is behind it are two characters at least, nearly always
        num_slots *= 2
    slots[:num_slots] = -1
    starts[0] = 0
    num_tokens = num_ids = 0
    at = 0
    while at < size:
        code = codes[at]
        if code >= 256:
            if not (0x2000 <= code <= 0x206F or 0x20A0 <= code <= 0x20BF):
                return NOT_LATIN, 0
            at += 1
            continue
        kind = kinds[code]
        if kind == 0:
            at += 1
            continue
        end = _token_end(codes, kinds, at)
        first = starts[num_ids]
        length = 0
        key = np.uint64(0)
        for place in range(at, end):
            letter = folds[codes[place]]
            folded[first + length] = letter
            length += 1
            key = (key ^ np.uint64(letter)) * _PRIME
            if codes[place] == _SHARP_S:
                folded[first + length] = letter
                length += 1
                key = (key ^ np.uint64(letter)) * _PRIME
        at = end
        slot = np.int64(key >> np.uint64(32)) & (num_slots - 1)
        while slots[slot] >= 0:
            other = slots[slot]
            if starts[other + 1] - starts[other] == length:
                is_equal = True
                for place in range(length):
                    if folded[starts[other] + place] != folded[first + place]:
                        is_equal = False
                        break
                if is_equal:
                    break
            slot = (slot + 1) & (num_slots - 1)
        if slots[slot] < 0:
            slots[slot] = num_ids
            num_ids += 1
            starts[num_ids] = first + length
            if 2 * num_ids > num_slots:
                return NOT_LATIN, 0  # letters without anything between: no text, and slow to look up
        ids[num_tokens] = slots[slot]
        num_tokens += 1
    return num_tokens, num_ids


@compiled
def _token_end(codes: NDArray[np.uint32], kinds: NDArray[np.uint8], start: int) -> int:
    """Return where the token ends that begins at `start`; see `page.TOKEN`."""
    size = len(codes)
    end = start + 1
    kind = kinds[codes[start]]
    if kind & FIGURE:
        while end < size and codes[end] < 256 and kinds[codes[end]] & FIGURE:
            end += 1
        return end
    if kind & CAPITAL:
        while end < size and codes[end] < 256 and kinds[codes[end]] & CAPITAL:
            end += 1
        if end == size or codes[end] >= 256 or not kinds[codes[end]] & JOINS_CAPITAL:
            return end
        if end > start + 1:
            return end - 1  # the last capital begins the next word
    while end < size and codes[end] < 256 and kinds[codes[end]] & SMALL:
        end += 1
    return end


@compiled
def find_hits(ids: NDArray[np.int32], size: int, hits: NDArray[np.int32], slots: NDArray[np.int32]) -> int:
    """Write the windows of `size` tokens that stood before, a row each: where, and where first.

    Return how many there are.

    Parameters
    ----------
    hits : int32, shape (len(ids), 2)
    slots : int32, shape (4 * len(ids) + 16,)
        Room to look them up.
    """
    num_windows = len(ids) - size + 1
    if num_windows <= 0:
        return 0
    num_slots = 16
    while num_slots < 2 * num_windows:
        num_slots *= 2
    slots[:num_slots] = -1
    num_hits = 0
    for at in range(num_windows):
        key = np.uint64(0)
        for place in range(at, at + size):
            key = (key ^ np.uint64(ids[place])) * _PRIME
            key ^= key >> np.uint64(29)
        slot = np.int64(key >> np.uint64(32)) & (num_slots - 1)
        while slots[slot] >= 0:
            is_equal = True
            for place in range(size):
                if ids[slots[slot] + place] != ids[at + place]:
                    is_equal = False
                    break
            if is_equal:
                break
            slot = (slot + 1) & (num_slots - 1)
        if slots[slot] < 0:
            slots[slot] = at
        else:
            hits[num_hits, 0] = at
            hits[num_hits, 1] = slots[slot]
            num_hits += 1
    return num_hits
