"""The cheap look before the dear one: which part of a text, if any, might stand in it twice.

Nearly every article says everything once, and to prove it by tokens costs fifty times more than
the proof needs. So it is given on bytes. Some places of a text are anchors: behind a mark or the
end of a line, behind a rare letter. A passage that stands twice has the same anchors in both
places, and the same bytes behind each of them: its *heads*. When no head stands twice, no passage
does. Where one does, the equal stretch around it is measured, and mostly found to be a name or a
turn of phrase; else the two places and what surrounds them are the *suspects*, and only they are
looked at word by word.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from operator import itemgetter

from dedupe_news.text import loops
from dedupe_news.text.loops import Stretch
from dedupe_news.text.page import count_words, split_tokens

_HEAD_BYTES = 24  # fifteen words, the least that goes by default, are 29 bytes or more
_SHORT_HEAD_BYTES = 12  # where passages of as few as eight words may go
_SHORT_PASSAGE_WORDS = 16
MAX_BYTES_PER_ANCHOR = 80  # news has one in thirty; where they are rarer they prove nothing
LINE_BYTES = 40  # shorter lines, on average, are a menu, where each may have another mark before it
_COMBINING_MARKS = (b"\xcc", b"\xcd")  # their first bytes: a copy may have its letters in one piece
_MIN_STRETCH_WORDS = 9.0  # 9 words or 15 Han characters: less in a row, and typed alike, lets nothing go
_EQUAL_SHARE = 0.45  # or, where shorter passages may go, this share of the least length
_MIN_TOTAL_WORDS = 20  # so many in short stretches, wherever they stand, call for a look as well
_BYTES_PER_CHANCE_WORD = 200  # a long text has more of them by chance
MAX_STRETCH_BYTES = 400  # as many in one stretch call for a look at the whole text
MAX_REPEATED_HEADS = 64  # each is looked for once more; so many are no chance, in a text of any length
MAX_PLACES = 8  # of one head
_OFFSET_BUCKET_BYTES = 64  # copies with a word more or less in between still lie that evenly
_AROUND_BYTES = 200  # the unit around a stretch, and typing errors at its ends
_WHOLE_SHARE = 0.6  # suspects that are so much of the text are no shorter way

# Bytes of UTF-8 as the gate sees them: without case. In ASCII case is one bit; in the second byte of
# Latin, Cyrillic and most Greek letters it is 0x20 or 0x01, or it is in the first byte. Other letters
# lose the same bits: that makes the gate open a little more often, never less.
FOLD = bytes(
    {0xD1: 0xD0, 0xCF: 0xCE}.get(byte, byte & 0xDE if 0x80 <= byte < 0xC0 else byte)
    for byte in bytes(range(256)).lower()
)
# Marks, line ends, the rarer letters of the Latin alphabet; and three of the sixteen last bytes
# that letters beyond ASCII have once folded, among them those of `。，“”–` and of some letters
# in every script.
ANCHORS = b".,;:!?\njkqvxz\x8c\x92\x9c"


def find_suspects(text: str, min_repeat_words: int) -> str:
    """Return what of `text` has to be looked at word by word: nothing, some places, or all.

    A passage that may go from `text` may go from what is returned, too.

    Parameters
    ----------
    text : str
        In any script.
    min_repeat_words : int
        As in `CleanOptions`.
    """
    received = text.encode("utf-8", "surrogatepass")
    head_bytes = _HEAD_BYTES if min_repeat_words >= _SHORT_PASSAGE_WORDS else _SHORT_HEAD_BYTES
    find = loops.at_hand.find_stretches if loops.at_hand else find_stretches
    stretches = find(received, head_bytes)
    if stretches is None:
        return text
    if not stretches:
        return ""
    least_words = min(_MIN_STRETCH_WORDS, min_repeat_words * _EQUAL_SHARE)
    words_by_offset: dict[int, float] = defaultdict(float)
    for stretch in stretches:
        words_by_offset[stretch.offset // _OFFSET_BUCKET_BYTES] += stretch.words
    if sum(words_by_offset.values()) < max(_MIN_TOTAL_WORDS, len(received) // _BYTES_PER_CHANCE_WORD):
        stretches = [
            stretch
            for stretch in stretches
            if _words_near(words_by_offset, stretch.offset // _OFFSET_BUCKET_BYTES) >= least_words
        ]
    places = [(start, end) for start, end, *_ in stretches]
    places += [(start - offset, end - offset) for start, end, offset, _ in stretches]
    return _cut_out(text, received, places)


def find_stretches(received: bytes, head_bytes: int) -> list[Stretch] | None:
    """Return the equal stretches around heads that stand twice.

    Or None where heads tell nothing, or too much: then the whole text has to be looked at.
    """
    folded = received.translate(FOLD)
    heads = _find_heads(head_bytes)(folded)
    has_few_anchors = len(heads) * MAX_BYTES_PER_ANCHOR < len(folded)
    has_short_lines = folded.count(b"\n") * LINE_BYTES > len(folded)
    if has_few_anchors or has_short_lines or any(lead in folded for lead in _COMBINING_MARKS):
        return None
    heads.append(folded[:head_bytes])
    if len(set(heads)) == len(heads):
        return []
    repeated = _repeated(heads)
    if len(repeated) > min(MAX_REPEATED_HEADS, 16 + len(heads) // 16):
        return None
    stretches: list[Stretch] = []
    seen_until: dict[int, int] = {}  # by offset
    for head in repeated:
        for left, right in _pairs(folded, head):
            if seen_until.get(right - left, 0) > right:
                continue
            start, end = _stretch(folded, left, right, len(head))
            seen_until[right - left] = end
            if end - start >= MAX_STRETCH_BYTES:
                return None
            stretches.append(Stretch(start, end, right - left, words_between(received, start, end)))
    return stretches


def words_between(received: bytes, start: int, end: int) -> float:
    """Return how many words stand between two bytes."""
    return count_words(split_tokens(received[start:end].decode("utf-8", "ignore"))[1::2])


@cache
def _find_heads(head_bytes: int) -> Callable[[bytes], list[bytes]]:
    """Return what finds the `head_bytes` bytes behind each anchor, and the few spaces and quotes after it."""
    return re.compile(rb"[%b][ \n\"']{0,8}+(?=(.{%d}))" % (ANCHORS, head_bytes), re.DOTALL).findall


def _repeated(heads: list[bytes]) -> list[bytes]:
    """Return the heads that stand more than once, each once, in order."""
    counts = Counter(heads)
    seen: set[bytes] = set()
    repeated: dict[bytes, None] = {}
    for head in [head for head in heads if counts[head] > 1]:
        if head in seen:
            repeated[head] = None
        seen.add(head)
    return list(repeated)


def _pairs(folded: bytes, head: bytes) -> list[tuple[int, int]]:
    """Return the places where `head` stands, each with the first and with the one before it."""
    places: list[int] = []
    at = folded.find(head)
    while at >= 0 and len(places) < MAX_PLACES:
        places.append(at)
        at = folded.find(head, at + 1)
    pairs = [*pairwise(places), *((places[0], right) for right in places[2:])]
    return sorted(pairs, key=itemgetter(1))


def _stretch(folded: bytes, left: int, right: int, known: int) -> tuple[int, int]:
    """Return from where to where the bytes around `right` equal those around `left`.

    Of `known` bytes from there on it is known.
    """
    offset = right - left
    start, floor = right, max(right - MAX_STRETCH_BYTES, offset, left)
    while start > floor and folded[start - 1] == folded[start - offset - 1]:
        start -= 1
    end, limit = right + known, min(right + MAX_STRETCH_BYTES, len(folded))
    while end < limit and folded[end] == folded[end - offset]:
        end += 1
    return start, end


def _words_near(words_by_offset: dict[int, float], bucket: int) -> float:
    """Return how many words stand again at about one offset."""
    return sum(words_by_offset.get(near, 0.0) for near in (bucket - 1, bucket, bucket + 1))


def _cut_out(text: str, received: bytes, places: list[tuple[int, int]]) -> str:
    """Return the places of `text`, each with what surrounds it; or `text`, if that is most of it."""
    merged: list[list[int]] = []
    for start, end in sorted(places):
        if merged and start - _AROUND_BYTES <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end + _AROUND_BYTES)
        else:
            merged.append([max(start - _AROUND_BYTES, 0), end + _AROUND_BYTES])
    if sum(end - start for start, end in merged) > _WHOLE_SHARE * len(received):
        return text
    return "\n\n".join(received[start:end].decode("utf-8", "ignore") for start, end in merged)
