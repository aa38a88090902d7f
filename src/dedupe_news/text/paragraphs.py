"""Paragraphs: glued ones parted, wrapped lines joined, one blank line between two."""

from __future__ import annotations

import re
from itertools import pairwise

from dedupe_news.text.breaks import ABBREVIATIONS, CLOSERS, ENDS
from dedupe_news.text.spans import Draft, Replacement

_RUN_ON = re.compile(r"[.!?…][\"'”’»)\]]*(?=[\"'“‘«(\[]*[A-ZÀ-ÖØ-ÞĀ-ŽΆ-ΫЀ-Я])")
_WORD_BEFORE = re.compile(r"[^\s\"'”’»)\]]*\Z")
_WORD_BEHIND = re.compile(r"[\"'“‘«(\[]*([^\W\d_]+)")
_WEB_WORD = re.compile(r"//|www\.|@\w|\w\.\w+/", re.IGNORECASE)
_MAX_WORD_CHARS = 200


def find_run_ons(text: str) -> list[int]:
    """Return the positions where a sentence ends and the next begins with nothing between.

    >>> text = 'in the near future," Tu said.New policies foster growth.'
    >>> [text[at:] for at in find_run_ons(text)]
    ['New policies foster growth.']
    """
    out = []
    for match in _RUN_ON.finditer(text):
        at = match.end()
        if _is_run_on(text, match.start(), at):
            out.append(_quote_border(text, match.start(), at))
    return out


def _is_run_on(text: str, mark: int, at: int) -> bool:
    before = _WORD_BEFORE.search(text, max(mark - _MAX_WORD_CHARS, 0), mark)
    behind = _WORD_BEHIND.match(text, at)
    if before is None or behind is None:
        return False
    start = max(text.rfind(" ", 0, mark), text.rfind("\n", 0, mark), mark - _MAX_WORD_CHARS) + 1
    if _WEB_WORD.search(text, max(start, 0), at):
        return False
    word, next_word = before[0].lstrip("\"'“‘«([„‚"), behind[1]
    is_closed = at > mark + 1
    if text[mark] == "." and not is_closed:
        last = re.split(r"[.\-–—/]", word)[-1]
        if last.casefold() in ABBREVIATIONS or (len(last) <= 1 and not last.isdigit()):
            return False
        if last.isupper() and len(last) <= 2:
            return False
        if len(next_word) == 1 and text[at + len(behind[0]) : at + len(behind[0]) + 1] == ".":
            return last.islower() and len(last) > 3
        if last.isupper() and next_word.isupper():  # ASP.NET
            return False
    elif not word and not is_closed:
        return False
    return True


def _quote_border(text: str, mark: int, at: int) -> int:
    """Return where the next sentence begins when straight quotes stand at the seam.

    A straight quote closes when one is open in its line, and opens when none is.
    """
    first = mark + 1
    while first < at and text[first] not in "\"'":
        first += 1
    if first == at:
        return at
    line = text.rfind("\n", 0, mark) + 1
    is_open = text.count('"', max(line, mark - 4000), first) % 2 == 1
    if text[first] == '"' and not is_open:
        return first
    return at


_MAX_VERSE_CHARS = 60
_MIN_WRAP_CHARS = 40
_MAX_WRAP_CHARS = 120
_WRAP_SLACK_CHARS = 6  # lines of one text are not all filled to the same width
_WRAP_SHARE = 0.6
_MIN_WRAPPED_BREAKS = 2


def find_wrapped_lines(text: str) -> list[int]:
    """Return the positions of line breaks that only keep lines to a width.

    Such a break stands where the next word had no room. A text most of whose line breaks
    are so is wrapped; a line that ends early ends a paragraph there, unless the next one
    begins with a small letter.
    """
    lines = text.split("\n")
    width = max(map(len, lines))
    if len(lines) <= _MIN_WRAPPED_BREAKS or not _MIN_WRAP_CHARS <= width <= _MAX_WRAP_CHARS:
        return []
    out: list[int] = []
    full = breaks = at = 0
    for line, following in pairwise(lines):
        at += len(line)
        if line and following:
            has_no_room = len(line) + 1 + len(following.split(" ", 1)[0]) > width - _WRAP_SLACK_CHARS
            if line.rstrip(CLOSERS)[-1:] not in tuple(ENDS):  # a line that ends a sentence tells nothing
                breaks += 1
                full += has_no_room
            if has_no_room or following[0].islower():
                out.append(at)
        at += 1
    return out if full >= max(_MIN_WRAPPED_BREAKS, _WRAP_SHARE * breaks) else []


def unwrap(draft: Draft) -> None:
    """Join the lines of `draft` that were broken only to keep to a width."""
    draft.apply([Replacement(at, at + 1, " ", "wrapped_line") for at in find_wrapped_lines(draft.text)])


def part_paragraphs(draft: Draft) -> None:
    """Set the paragraphs of `draft` apart by one blank line each, those that were glued, too."""
    draft.apply(_paragraph_breaks(draft.text))


def _paragraph_breaks(text: str) -> list[Replacement]:
    """Return what sets every paragraph apart by one blank line."""
    out: list[Replacement] = []
    has_blank_lines = "\n\n" in text
    at = 0
    for block in text.split("\n\n"):
        lines = block.split("\n")
        is_verse = len(lines) > 1 and has_blank_lines and _is_verse(lines)
        position = at
        for line in lines:
            out.extend(
                Replacement(position + seam, position + seam, "\n\n", "run_on") for seam in find_run_ons(line)
            )
            position += len(line)
            if position < at + len(block) and not is_verse:
                out.append(Replacement(position, position + 1, "\n\n", "paragraph"))
            position += 1
        at += len(block) + 2
    return out


def _is_verse(lines: list[str]) -> bool:
    ended = sum(line.rstrip(CLOSERS)[-1:] in ENDS for line in lines)
    return max(len(line) for line in lines) <= _MAX_VERSE_CHARS and 2 * ended <= len(lines)
