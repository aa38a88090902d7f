"""Two sequences of words laid side by side: where they are equal, and where they differ."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from rapidfuzz.distance import Levenshtein

from dedupe_news.match.tokens import UInt64

_ANCHOR_TOKENS = 4
"""A passage of so many tokens that stands once in each text fixes the alignment there."""

_MAX_STRETCH = 400
"""Tokens aligned one by one between two anchors; a longer stretch without an anchor counts as different."""

_MAX_GLUE = 2
"""So few equal tokens between two differing stretches are a coincidence ("of the"): one stretch."""


class Stretch(NamedTuple):
    """Where two texts differ: half-open token spans ``[left_start, left_end)`` and the same right."""

    left_start: int
    left_end: int
    right_start: int
    right_end: int

    @property
    def is_two_sided(self) -> bool:
        """Whether each text has words of its own here."""
        return self.left_start < self.left_end and self.right_start < self.right_end


def differing_stretches(left: UInt64, right: UInt64, *, compiled: bool = False) -> list[Stretch]:
    """Return where two texts differ, in order; between the stretches they are equal.

    Parameters
    ----------
    left, right : uint64, shape (n_tokens,)
        The hashes of their tokens.

    Passages that stand once in each text are anchors, found by sorting; only what lies between
    two anchors is aligned token by token, and only up to `_MAX_STRETCH` tokens. So the time
    grows with the length of the texts, not with its square.
    """
    found: list[Stretch] = []
    for a, b, c, d in _compiled_gaps(left, right) if compiled else _gaps(left.tolist(), right.tolist()):
        is_one_word = b - a == d - c == 1  # what lies between anchors begins and ends with what differs
        if is_one_word or not (a < b and c < d) or b - a > _MAX_STRETCH or d - c > _MAX_STRETCH:
            found.append(Stretch(a, b, c, d))
            continue
        for step in Levenshtein.opcodes(left[a:b].tolist(), right[c:d].tolist()):
            if step.tag != "equal":
                found.append(
                    Stretch(a + step.src_start, a + step.src_end, c + step.dest_start, c + step.dest_end)
                )
    return _glued(found)


def _glued(stretches: list[Stretch]) -> list[Stretch]:
    """Join neighbours that have at most `_MAX_GLUE` equal tokens between them."""
    glued: list[Stretch] = []
    for stretch in stretches:
        if glued and stretch.left_start - glued[-1].left_end <= _MAX_GLUE:
            last = glued[-1]
            glued[-1] = Stretch(last.left_start, stretch.left_end, last.right_start, stretch.right_end)
        else:
            glued.append(stretch)
    return glued


def _compiled_gaps(left: UInt64, right: UInt64) -> list[list[int]]:
    from dedupe_news.match.kernels import aligning

    spans = np.empty((min(len(left), len(right)) + 1, 4), dtype=np.int64)
    count = aligning.gaps(np.ascontiguousarray(left), np.ascontiguousarray(right), _ANCHOR_TOKENS, spans)
    found: list[list[int]] = spans[:count].tolist()
    return found


def _gaps(left: list[int], right: list[int]) -> Iterator[tuple[int, int, int, int]]:
    """Yield where two texts differ between the passages that fix their alignment."""
    # Most pairs are equal but for a few words: what is equal at the two ends is no work.
    start, end = 0, 0
    shortest = min(len(left), len(right))
    while start < shortest and left[start] == right[start]:
        start += 1
    while end < shortest - start and left[-1 - end] == right[-1 - end]:
        end += 1
    for a, b, c, d in _gaps_between(left[start : len(left) - end], right[start : len(right) - end]):
        yield a + start, b + start, c + start, d + start


def _gaps_between(left: list[int], right: list[int]) -> Iterator[tuple[int, int, int, int]]:
    """Yield what lies between the passages that are equal from an anchor on, and from an anchor back."""
    at_left = at_right = 0
    for i, j in [*_anchors(left, right), (len(left), len(right))]:
        if i < at_left or j < at_right:
            continue  # inside what has been walked over already
        end_left, end_right = i, j
        while end_left > at_left and end_right > at_right and left[end_left - 1] == right[end_right - 1]:
            end_left, end_right = end_left - 1, end_right - 1
        if at_left < end_left or at_right < end_right:
            yield at_left, end_left, at_right, end_right
        at_left, at_right = i, j
        while at_left < len(left) and at_right < len(right) and left[at_left] == right[at_right]:
            at_left, at_right = at_left + 1, at_right + 1


def _anchors(left: list[int], right: list[int]) -> list[tuple[int, int]]:
    """Return places of passages that stand once in each text, ascending on both sides."""
    in_right = _single_passages(right)
    meetings: list[tuple[int, int]] = []
    before = (-2, -2)
    for passage, at_left in _single_passages(left).items():
        if (at_right := in_right.get(passage)) is None:
            continue
        # The first anchor of a run is enough: the walk goes on from it while the words are equal.
        if (at_left - 1, at_right - 1) != before:
            meetings.append((at_left, at_right))
        before = at_left, at_right
    return _longest_ascending(meetings)


def _single_passages(words: list[int]) -> dict[tuple[int, ...], int]:
    """Return where each passage starts that stands once in a text, in the order of the text."""
    places: dict[tuple[int, ...], int] = {}
    for place, passage in enumerate(zip(*(words[at:] for at in range(_ANCHOR_TOKENS)), strict=False)):
        places[passage] = -1 if passage in places else place
    return {passage: place for passage, place in places.items() if place >= 0}


def _longest_ascending(meetings: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest subsequence whose right places ascend (patience sorting, Fredman 1975)."""
    tails: list[int] = []  # the smallest right place that ends a subsequence of each length
    tail_index: list[int] = []
    before: list[int] = []
    for index, (_, place) in enumerate(meetings):
        length = bisect_left(tails, place)
        before.append(tail_index[length - 1] if length else -1)
        if length == len(tails):
            tails.append(place)
            tail_index.append(index)
        else:
            tails[length], tail_index[length] = place, index
    chosen = []
    index = tail_index[-1] if tail_index else -1
    while index >= 0:
        chosen.append(meetings[index])
        index = before[index]
    return chosen[::-1]
