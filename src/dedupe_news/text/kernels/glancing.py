"""Which rules a text concerns, and where its run-ons may be; see `normalize` and `run_ons`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dedupe_news.compiling import compiled
from dedupe_news.text.loops import (
    AMPERSAND,
    BEHIND_QUOTE,
    BEHIND_WORD,
    CAPITAL_OR_FIGURE,
    CASELESS,
    DASH,
    END,
    FULL_STOPS,
    HYPHENS,
    INSIDE_WORD,
    KIND_BITS,
    LEAD,
    LENGTH_BITS,
    LINES,
    LOOK,
    LOWER,
    LOWERED,
    MARK,
    ODD_LINES,
    OPENED,
    PLACE_BITS,
    QUOTE,
    RUNS_OF_SPACES,
    SIGN,
    SINGLE_BREAKS,
    SURE,
    SUSPECTS,
    TWO_DASHES,
    TWO_HYPHENS,
)

_RULES = (1 << 16) - 1
_PASSED = LOWER | MARK | QUOTE | DASH | END  # what is looked at only beside others

_SPACE, _LINE_END, _AMPERSAND, _HYPHEN = 32, 10, 38, 45
_FULL_STOP, _EM_DASH = 46, 0x2014
_LEFT_QUOTE, _RIGHT_QUOTE, _LOW_QUOTE, _IDEOGRAPHIC_FULL_STOP = 0x201C, 0x201D, 0x201E, 0x3002


@compiled
def glance(
    codes: NDArray[np.uint32],
    table: NDArray[np.uint32],
    max_word_chars: int,
    max_rest_chars: int,
    max_unsure_chars: int,
    places: NDArray[np.int64],
) -> tuple[int, int]:
    """Write where run-ons may be, as ``place << PLACE_BITS | kind``; return what was seen, and how many.

    Parameters
    ----------
    table : uint32, shape (65536,)
        What each character is: a bit for each rule that it concerns, and above them what it is for a
        seam. Most are nothing; those beyond the table are, too.
    max_word_chars, max_rest_chars, max_unsure_chars : int
        How far a word is looked at in front of a seam, and behind it; how long a word is at most of which the
        full stop may abbreviate.
    places : int64, shape (len(codes),)
    """
    size = len(codes)
    is_run = False  # a pass of its own, without a branch: every sixth character is a space
    for at in range(1, size):
        is_run |= (codes[at - 1] == _SPACE) & (codes[at] == _SPACE)
    seen = RUNS_OF_SPACES if is_run else 0
    num_places = 0
    at = 0
    while at < size:
        code = codes[at]
        entry = table[code] if code < 0x10000 else np.uint32(0)
        if entry & ~_PASSED == 0:
            at += 1
            continue
        seen |= int(entry & _RULES)
        if entry & LEAD and at + 1 < size:
            behind = codes[at + 1]
            seen |= SUSPECTS if behind > 0x7F or behind in (32, 49, 51) else 0
        before = codes[at - 1] if at else np.uint32(0)
        if entry & CAPITAL_OR_FIGURE:
            if at and _may_begin(codes, at, table, max_rest_chars):
                what = _what_begins(codes, at, max_word_chars, max_rest_chars, max_unsure_chars)
                if what == LOOK and code >= 65 and 97 <= before <= 122:
                    what = _inside_word(codes, at, table, max_word_chars)
                places[num_places] = np.int64(at) << PLACE_BITS | what
                num_places += 1
        elif code == _LINE_END:
            start = at
            while at + 1 < size and codes[at + 1] == _LINE_END:
                at += 1
            seen |= LINES
            if at == start:
                seen |= SINGLE_BREAKS
            if before == _SPACE or at > start + 1 or (at + 1 < size and codes[at + 1] == _SPACE):
                seen |= ODD_LINES
            if before == _HYPHEN or (before == _SPACE and start > 1 and codes[start - 2] == _HYPHEN):
                seen |= HYPHENS
        else:
            if entry & SIGN:
                seen |= CASELESS
            if code == _HYPHEN:
                if before == _HYPHEN:
                    seen |= TWO_HYPHENS
            elif code == _AMPERSAND:
                seen |= AMPERSAND
            elif code == _EM_DASH:
                if before == _EM_DASH:
                    seen |= TWO_DASHES
            elif code == _LEFT_QUOTE:
                seen |= OPENED
            elif code == _LOW_QUOTE:
                seen |= OPENED | LOWERED
            elif code == _IDEOGRAPHIC_FULL_STOP:
                seen |= FULL_STOPS
        at += 1
    return seen, num_places


@compiled
def _kind(table: NDArray[np.uint32], code: np.uint32) -> np.uint32:
    return table[code] if code < 0x10000 else np.uint32(0)


@compiled
def _may_begin(codes: NDArray[np.uint32], at: int, table: NDArray[np.uint32], max_rest_chars: int) -> bool:
    """Whether `run_ons._SEAM` may match at `at`: where it does not although this says so, it is asked."""
    is_figure = codes[at] < 65
    before = codes[at - 1]
    if before == _SPACE:
        return (
            at > 2
            and _kind(table, codes[at - 2]) & DASH != 0
            and codes[at - 3] != _SPACE
            and codes[at - 3] != _LINE_END
        )
    kind = _kind(table, before)
    if kind & MARK:
        if not is_figure:
            return True
        return at > 1 and codes[at - 2] != _SPACE and not (48 <= codes[at - 2] <= 57)
    if kind & QUOTE:
        return at > 1 and codes[at - 2] != _SPACE and codes[at - 2] != _LINE_END
    if is_figure or not (kind & LOWER or before == 58 or 48 <= before <= 57):
        return False
    end = at + 1
    limit = min(at + 1 + max_rest_chars, len(codes))
    while end < limit and _kind(table, codes[end]) & LOWER:
        end += 1
    return end < len(codes) and _kind(table, codes[end]) & END != 0


@compiled
def _what_begins(
    codes: NDArray[np.uint32], at: int, max_word_chars: int, max_rest_chars: int, max_unsure_chars: int
) -> int:
    """Return what is known of a place by ASCII letters alone; see `run_ons.scan_run_ons`."""
    size = len(codes)
    before = codes[at - 1]
    is_told = before in (_FULL_STOP, _RIGHT_QUOTE, _LEFT_QUOTE)
    if codes[at] < 65 or codes[at] > 90 or not is_told:
        return LOOK
    end = at + 1
    limit = min(at + 1 + max_rest_chars, size)
    while end < limit and _is_letter(codes[end]):
        end += 1
    if at + 1 < size and 65 <= codes[at + 1] <= 90:
        return LOOK  # capitals: perhaps a heading, or an abbreviation
    if end < size:
        behind = codes[end]
        if behind >= 128 and end < limit:
            return LOOK  # perhaps a letter
        if behind == 40 or behind == 61 or behind == 95 or behind == 64 or behind == 47 or behind == 92:
            return LOOK
        if behind == 123 or behind == _FULL_STOP:
            return LOOK
    if before != _FULL_STOP:
        if at < 3:
            return LOOK
        mark = codes[at - 2]
        is_end = mark == _FULL_STOP or mark == 63 or mark == 33
        return BEHIND_QUOTE if is_end and _is_letter(codes[at - 3]) else LOOK
    first = at - 1
    low = max(at - max_word_chars, 0)
    while first > low and codes[first - 1] != _SPACE:
        first -= 1
        if not _is_letter(codes[first]):
            return LOOK
    for place in range(first + 1, at - 1):
        if codes[place] < 97:
            return LOOK
    num_chars = at - 1 - first
    if num_chars < 2:
        return LOOK
    return SURE if num_chars > max_unsure_chars and end != at + 3 else BEHIND_WORD


@compiled
def _inside_word(codes: NDArray[np.uint32], at: int, table: NDArray[np.uint32], max_word_chars: int) -> int:
    """Return what is known of a capital behind a small letter: its word, if that begins with a capital, too.

    Behind the capital there are small letters alone, and the end of the word: else it is no place at all.
    """
    first = at
    low = max(at - max_word_chars, 0)
    while first > low and codes[first - 1] != _SPACE and codes[first - 1] != _LINE_END:
        first -= 1
    if codes[first] < 65 or codes[first] > 90:
        return LOOK
    end = at + 1
    while _kind(table, codes[end]) & LOWER:
        end += 1
    return (end - at) << (KIND_BITS + LENGTH_BITS) | (at - first) << KIND_BITS | INSIDE_WORD


@compiled
def _is_letter(code: np.uint32) -> bool:
    return bool(97 <= code <= 122 or 65 <= code <= 90)
