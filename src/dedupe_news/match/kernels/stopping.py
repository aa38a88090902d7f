"""Where sentences end, and what stands in them; see `words`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dedupe_news.match.kernels import compiled
from dedupe_news.match.kernels.reading import BEGINS_WITH_DIGIT, CAPITAL

_SPACE = 32


@compiled
def count_sentences(
    codes: NDArray[np.uint32],
    end_of_text: int,
    starts: NDArray[np.int64],
    flags: NDArray[np.uint8],
    min_tokens: int,
    num_before: NDArray[np.int64],
) -> int:
    """Write how many tokens in sentences stand before each place; return how many stand in menus.

    Parameters
    ----------
    codes : uint32
        The text.
    end_of_text : int
        Behind it there is white space alone.
    starts, flags
        See `words.Tokens`.
    min_tokens : int
        Fewer between two stops are no sentence.
    num_before : int64, shape (len(starts) + 1,)
    """
    num_tokens = len(starts)
    num_menus = 0
    first = behind = 0  # tokens: of this sentence, and the first behind it
    for place in range(len(codes) + 1):
        if place < len(codes):
            code = codes[place]
            if code == _SPACE or 63 < code < 124 or not _ends_sentence(codes, place, end_of_text):
                continue  # mostly by what needs no call
        while behind < num_tokens and (starts[behind] < place or place == len(codes)):
            behind += 1
        num_capitals = num_words = 0
        for token in range(first, behind):
            num_capitals += (flags[token] & CAPITAL) != 0
            num_words += (flags[token] & (CAPITAL | BEGINS_WITH_DIGIT)) == 0
        length = behind - first
        if num_capitals > num_words:
            num_menus += length
        is_sentence = length >= min_tokens and 2 * num_words >= length
        for token in range(first, behind):
            num_before[token + 1] = num_before[token] + is_sentence
        first = behind
    return num_menus


@compiled
def _ends_sentence(codes: NDArray[np.uint32], place: int, end_of_text: int) -> bool:
    """Whether `words._SENTENCE_END` matches here."""
    code = codes[place]
    if code == 10 or code == 124 or code == 0xB7:
        return True
    if code >= 0x2022 and (code == 0x2022 or code == 0x3002 or code == 0xFF01 or code == 0xFF1F):
        return True
    if code != 46 and code != 33 and code != 63 and code != 0x61F and code != 0x6D4 and code != 0x964:
        return False
    behind = place + 1
    while behind < len(codes) and behind < place + 3 and _closes(codes[behind]):
        behind += 1
    if behind >= end_of_text:
        return True
    if codes[behind] != _SPACE:
        return False
    while codes[behind] == _SPACE:
        behind += 1
    return not (97 <= codes[behind] <= 122)


@compiled
def _closes(code: np.uint32) -> bool:
    return bool(code == 34 or code == 41 or code == 93 or code == 0xBB or code == 0x2019 or code == 0x201D)
