"""Paragraphs: glued ones parted, wrapped lines joined, one blank line between two."""

from __future__ import annotations

import re
from itertools import pairwise

from dedupe_news.text import loops
from dedupe_news.text.breaks import CLOSERS, ENDS
from dedupe_news.text.run_ons import scan_run_ons
from dedupe_news.text.spans import Draft, Replacement

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
    if text.count("\n") < _MIN_WRAPPED_BREAKS:
        return []
    lines = text.split("\n")
    width = max(map(len, lines))
    if not _MIN_WRAP_CHARS <= width <= _MAX_WRAP_CHARS:
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


_CJK = "\u3001-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uff01-\uff60"
_UNSPACED = re.compile(f"[{_CJK}]\n[{_CJK}]")  # words without spaces: a line ends anywhere


def unwrap(draft: Draft) -> None:
    """Join the lines of `draft` that were broken only to keep to a width.

    With a space between, or with none in Chinese and Japanese. A text of which only a part was wrapped is
    left as it is: its width is that of its longest line.
    """
    text = draft.text
    draft.apply(
        [
            Replacement(at, at + 1, "" if _UNSPACED.match(text, at - 1) else " ", "wrapped_line")
            for at in find_wrapped_lines(text)
        ]
    )


def part_paragraphs(draft: Draft) -> bool:
    """Set the paragraphs of `draft` apart by one blank line each, those that were glued, too.

    A single line break parts paragraphs, except in verse: a block of short lines among others,
    few of which end a sentence. Behind a Chinese or Japanese full stop a space does, too.
    Semicolons part nothing, colons only behind a whole lead-in, nor are sentences parted in
    scripts that never have a space there.

    Returns whether nothing is left to do, as far as can be told without another look.
    """
    changes, is_settled = _paragraph_breaks(draft.text)
    draft.apply(changes)
    return is_settled or not changes


# Where words are not spaced, a space behind a full stop was a line break or an indent.
_SPACE_BETWEEN_CJK_SENTENCES = re.compile("。[」』”）]?[ ](?=[\u3041-\u30ff\u4e00-\u9fff「『“【（\\d])")
_SINGLE_BREAK = re.compile(r"\n(?!\n)(?<!\n.)", re.DOTALL)


def _paragraph_breaks(text: str) -> tuple[list[Replacement], bool]:
    """Return what sets every paragraph apart by one blank line, and whether it brings no more to light."""
    positions, is_plain = scan_run_ons(text)
    out = [Replacement(at, at, "\n\n", "run_on") for at in positions]
    if loops.at_hand:
        seen = loops.at_hand.glance(text).seen
        has_single_breaks, has_full_stops = seen & loops.SINGLE_BREAKS != 0, seen & loops.FULL_STOPS != 0
    else:
        has_single_breaks, has_full_stops = _SINGLE_BREAK.search(text) is not None, "。" in text
    changes = _line_changes(text) if has_single_breaks else []
    if has_full_stops:
        changes += [
            Replacement(match.end() - 1, match.end(), "\n\n", "paragraph")
            for match in _SPACE_BETWEEN_CJK_SENTENCES.finditer(text)
        ]
    return (sorted(out + changes), False) if changes else (out, is_plain and not has_single_breaks)


def _line_changes(text: str) -> list[Replacement]:
    """Return what makes a blank line of every line break but those of verse."""
    out: list[Replacement] = []
    has_blank_lines = "\n\n" in text
    at = 0
    for block in text.split("\n\n"):
        if "\n" in block:
            lines = block.split("\n")
            if not (has_blank_lines and _is_verse(lines)):
                position = at
                for line in lines[:-1]:
                    position += len(line)
                    out.append(Replacement(position, position + 1, "\n\n", "paragraph"))
                    position += 1
        at += len(block) + 2
    return out


def _is_verse(lines: list[str]) -> bool:
    """Whether `lines` are short and few of them end a sentence or hold a figure.

    Figures in every other line are an address, a table, opening hours: each line stands alone there.
    """
    if max(map(len, lines)) > _MAX_VERSE_CHARS:  # as nearly everywhere
        return False
    ended = sum(line.rstrip(CLOSERS)[-1:] in ENDS for line in lines)
    with_figures = sum(any(map(str.isdigit, line)) for line in lines)
    return 2 * ended <= len(lines) and 2 * with_figures < len(lines)
