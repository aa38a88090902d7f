"""Which articles share what: samples and postings, sketches and meetings, sets compared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dedupe_news.match.kernels import U0, compiled


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
def slice_samples(
    samples: NDArray[np.uint64],
    num_samples: NDArray[np.int64],
    first_row: int,
    bits: np.uint64,
    shift: np.uint64,
    packed: NDArray[np.uint64],
    ends: NDArray[np.int64],
) -> None:
    """Write samples by slices, their last `bits` replaced by rows, and where each slice ends.

    A sample belongs to slice ``sample >> 1 >> shift``.
    """
    filled = np.zeros(len(ends) + 1, np.int64)
    for sample in samples:
        filled[np.int64(sample >> np.uint64(1) >> shift) + 1] += 1
    for place in range(len(ends)):
        filled[place + 1] += filled[place]
        ends[place] = filled[place + 1]
    at = 0
    for article in range(len(num_samples)):
        row = np.uint64(first_row + article)
        stop = at + num_samples[article]
        for index in range(at, stop):
            of_slice = np.int64(samples[index] >> np.uint64(1) >> shift)
            packed[filled[of_slice]] = samples[index] >> bits << bits | row
            filled[of_slice] += 1
        at = stop


@compiled
def keep_repeated(packed: NDArray[np.uint64], place_of: NDArray[np.int32], bits: np.uint64) -> int:
    """Move the samples that may stand more than once to the front, their rows replaced by places.

    What is left out stands once for certain, or its row has no place; some that stand once are
    kept, because they share a bit of the table with another. Return how many are kept.
    """
    size = 1 << 12
    while size < 8 * len(packed):
        size *= 2
    mask = np.uint64(size - 1)
    row_mask = (np.uint64(1) << bits) - np.uint64(1)
    once = np.zeros(size >> 6, np.uint64)
    again = np.zeros(size >> 6, np.uint64)
    num_held = 0
    for index in range(len(packed)):
        place = place_of[packed[index] & row_mask]
        if place >= 0:
            value = packed[index] >> bits
            slot = value & mask
            word, bit = np.int64(slot >> np.uint64(6)), np.uint64(1) << (slot & np.uint64(63))
            again[word] |= once[word] & bit
            once[word] |= bit
            packed[num_held] = value << bits | np.uint64(place)
            num_held += 1
    num_kept = 0
    for index in range(num_held):
        value = packed[index]
        slot = value >> bits & mask
        word, bit = np.int64(slot >> np.uint64(6)), np.uint64(1) << (slot & np.uint64(63))
        packed[num_kept] = value
        num_kept += again[word] & bit != U0
    return num_kept


@compiled
def write_postings(
    packed: NDArray[np.uint64],
    bits: np.uint64,
    owners: NDArray[np.int32],
    sizes: NDArray[np.int32],
) -> tuple[int, int]:
    """Sort samples with their owners, and write the owners of each that several have, and how many.

    Return how many owners there are in all, and how many postings.
    """
    sort_in_place(packed, 0)
    owner_mask = (np.uint64(1) << bits) - np.uint64(1)
    num_owners = num_postings = at = 0
    while at < len(packed):
        first, start = num_owners, at
        sample = packed[at] >> bits
        while at < len(packed) and packed[at] >> bits == sample:
            if at == start or packed[at] != packed[at - 1]:  # what one article holds twice it does not share
                owners[num_owners] = packed[at] & owner_mask
                num_owners += 1
            at += 1
        if num_owners > first + 1:
            sizes[num_postings] = num_owners - first
            num_postings += 1
        else:
            num_owners = first
    return num_owners, num_postings


@compiled
def count_shared(
    owners: NDArray[np.int32],
    sizes: NDArray[np.int32],
    common: int,
    num_rare: NDArray[np.int32],
    num_common: NDArray[np.int32],
    num_reached: NDArray[np.int64],
) -> None:
    """Add for each article its postings of at most `common` owners, of more, and whom these lead to."""
    at = 0
    for posting in range(len(sizes)):
        size = sizes[posting]
        for place in range(at, at + size):
            owner = owners[place]
            if size > common:
                num_common[owner] += 1
                num_reached[owner] += 3
            else:
                num_rare[owner] += 1
                num_reached[owner] += size
        at += size


@compiled
def look_up(
    owners: NDArray[np.int32],
    sizes: NDArray[np.int32],
    common: int,
    sketch_size: int,
    first: int,
    num_rare: NDArray[np.int32],
    num_seen: NDArray[np.int32],
    begins: NDArray[np.int64],
    sketch: NDArray[np.int32],
    starts: NDArray[np.int64],
    kept: NDArray[np.int32],
    num_kept: int,
) -> int:
    """Write the sketches of the articles from place `first` on, and the postings that are in any.

    The sketch of an article is its first `sketch_size` postings, those of more than `common`
    owners behind all others: of article i numbers of postings, in ``sketch[begins[i] : begins[i + 1]]``.
    Posting p is ``kept[starts[p] : starts[p + 1]]``; of many owners the first, the middle and the last.

    Postings come piece by piece: `num_seen` counts those that each article had, rare and common,
    and `num_kept` those kept so far; return how many are kept now.
    """
    at = 0
    for posting in range(len(sizes)):
        size = sizes[posting]
        is_common = size > common
        is_kept = False
        for index in range(at, at + size):
            place = owners[index] - first
            if place < 0:
                continue
            if place >= len(num_rare):
                break
            entry = num_seen[place, 1] + num_rare[place] if is_common else num_seen[place, 0]
            num_seen[place, np.int64(is_common)] += 1
            if entry < sketch_size:
                sketch[begins[place] + entry] = num_kept
                is_kept = True
        if is_kept:
            written = starts[num_kept]
            for index in range(3 if is_common else size):
                kept[written] = owners[at + ((size - 1) * index // 2 if is_common else index)]
                written += 1
            num_kept += 1
            starts[num_kept] = written
        at += size
    return num_kept


@compiled
def meet(
    first: int,
    begins: NDArray[np.int64],
    sketch: NDArray[np.int32],
    starts: NDArray[np.int64],
    owners: NDArray[np.int32],
    needed_hits: NDArray[np.float64],
    rate: NDArray[np.float64],
    found: NDArray[np.int64],
) -> int:
    """Write who holds enough of whose sketch, as far as there is room; return how many pairs there are.

    For sketches and postings see `look_up`.
    """
    hits = np.zeros(len(rate), np.int32)
    met = np.empty(len(rate), np.int32)
    written = 0
    for place in range(len(begins) - 1):
        article = first + place
        num_met = 0
        for entry in range(begins[place], begins[place + 1]):
            posting = sketch[entry]
            for index in range(starts[posting], starts[posting + 1]):
                other = owners[index]
                if hits[other] == 0:
                    met[num_met] = other
                    num_met += 1
                hits[other] += 1
        for index in range(num_met):
            other = met[index]
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
