"""Marks that nobody sees: line breaks, spaces, joiners, direction marks; and quotes by option."""

from __future__ import annotations

import re
from collections.abc import Iterator

Changes = Iterator[tuple[int, int, str]]

# --- line breaks ---------------------------------------------------------------------------

LINE_BREAK_CHARS = "\r\x0b\x0c\x85\u2028\u2029"
_LINE_BREAK = re.compile(f"[{LINE_BREAK_CHARS}](?:(?<=\r)\r*\n)?")


def find_line_breaks(text: str) -> Changes:
    r"""Find line breaks of every kind but the one that is kept, ``\n``.

    Windows, old Macs, word processors and Unicode each have their own. Limits: U+0085 beside a
    space was an ellipsis of Windows-1252, and `find_controls` comes first.

    >>> list(find_line_breaks("one\r\ntwo\u2029"))
    [(3, 5, '\n'), (8, 9, '\n')]
    """
    for match in _LINE_BREAK.finditer(text):
        yield match.start(), match.end(), "\n"


# --- invisible marks -----------------------------------------------------------------------

INVISIBLE_CHARS = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
)
SELECTOR_CHARS = "\ufe0e\ufe0f"
_INVISIBLE = re.compile(
    f"[{INVISIBLE_CHARS}{SELECTOR_CHARS}](?:(?<=[{SELECTOR_CHARS}])(?P<selectors>[{SELECTOR_CHARS}]*)|[{INVISIBLE_CHARS}]*)"
)
# Thai, Lao, Tibetan, Burmese and Khmer write no space between words; U+200B says where one ends.
_UNSPACED = re.compile("[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u19e0-\u19ff\u1a20-\u1aaf]")


def find_invisible(text: str) -> Changes:
    r"""Find marks that show nothing: controls, soft hyphens, zero-width spaces, byte order marks.

    They part words that a reader sees as one, and make equal texts unequal. Limits: U+200B stays
    within Thai, Lao, Tibetan, Burmese and Khmer, where it parts words; a variation selector goes
    only where it has nothing to select, behind a space or a plain letter.

    >>> list(find_invisible("co\xadoperate\u200b"))
    [(2, 3, ''), (10, 11, '')]
    """
    for match in _INVISIBLE.finditer(text):
        start, end = match.span()
        before = text[max(start - 1, 0) : start]
        if match["selectors"] is not None:
            if before.strip() and not (before.isascii() and before.isalpha()):
                continue
        elif _UNSPACED.match(before) and _UNSPACED.match(text, end) and match[0].strip("\u200b") == "":
            continue
        yield start, end, ""


JOINER_CHARS = "\u034f\u180e\u200c\u200d"
# Joiners shape the letters of these scripts, and the parts of an emoji.
_JOINED = (
    "\u0590-\u08ff\u0900-\u109f\u1780-\u18af\ufb1d-\ufdff\ufe0f\ufe70-\ufefe"
    "\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\U00010a00-\U00011fff\U0001f000-\U0001faff\U000e0020-\U000e007f"
)
_IDLE_JOINER = re.compile(f"(?<![{JOINER_CHARS}{_JOINED}])[{JOINER_CHARS}]+(?![{JOINER_CHARS}{_JOINED}])")


def find_joiners(text: str) -> Changes:
    r"""Find joiners among letters that they cannot shape.

    Limits: beside a letter of Arabic, Hebrew, Persian, the scripts of India and their like, and
    beside an emoji, they carry meaning and stay (`می‌خواهم`, `क्‍ष`, `👨‍👩‍👧`).

    >>> list(find_joiners("new\u200cs"))
    [(3, 4, '')]
    """
    for match in _IDLE_JOINER.finditer(text):
        yield match.start(), match.end(), ""


BIDI_CHARS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_BIDI = re.compile(f"[{BIDI_CHARS}]+")
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u061b\u061d-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)


def find_bidi(text: str) -> Changes:
    r"""Find direction marks in lines that run from left to right throughout.

    Word processors and phones leave them around numbers and names. Limits: a line that holds one
    Arabic or Hebrew letter keeps them all: there they say in which order it is read.

    >>> list(find_bidi("\u200eTel. \u202a555\u202c"))
    [(0, 1, ''), (6, 7, ''), (10, 11, '')]
    """
    line_end, matters = -1, False
    for match in _BIDI.finditer(text):
        if match.start() >= line_end:
            line_end = text.find("\n", match.start())
            line_end = len(text) if line_end < 0 else line_end
            start = text.rfind("\n", 0, match.start()) + 1
            matters = _RIGHT_TO_LEFT.search(text, start, line_end) is not None
        if not matters:
            yield match.start(), match.end(), ""


# --- spaces --------------------------------------------------------------------------------

SPACE_CHARS = "\t\xa0\u1680\u2000-\u200a\u202f\u205f\u3000"
_SPACE = re.compile(f"[{SPACE_CHARS}]")


def find_odd_spaces(text: str) -> Changes:
    r"""Find no-break, ideographic and other wide or thin spaces, and tabs.

    They tell a page how to break its lines; in a text without a page they only make equal words
    unequal. Limits: none; the plain space stands in the same place.

    >>> list(find_odd_spaces("10\xa0000"))
    [(2, 3, ' ')]
    """
    for match in _SPACE.finditer(text):
        yield match.start(), match.end(), " "


_INDENTED = re.compile(r"\n[ ]{2,}(?=[^ \n])")
_RUN = re.compile("[ ][ ]+")
# Each choice begins with one plain character: so the search for the next place is a fast one.
_RUN_OR_BREAK = re.compile(r"\n(?=[ \n])[ \n]*|[ ](?:[ ]*\n[ \n]*|[ ]+)")


def find_ragged_spaces(text: str) -> Changes:
    r"""Find spaces at line ends and at both ends of the text, runs of spaces and of empty lines.

    Where only few lines are indented, those begin a paragraph (wire copy), and get an empty line
    before them. Limits: columns that were set with spaces are not kept.

    >>> list(find_ragged_spaces("one  two \n \n three\n"))
    [(3, 5, ' '), (8, 13, '\n\n'), (18, 19, '')]
    """
    first, last = len(text) - len(text.lstrip()), len(text.rstrip())
    if first >= last:
        if text:
            yield 0, len(text), ""
        return
    if first:
        yield 0, first, ""
    has_lines = text.find("\n", first, last) >= 0
    # A line break is the sign of a paragraph only where most lines are not indented.
    indented = len(_INDENTED.findall(text)) if has_lines else 0
    indent_is_break = 0 < 2 * indented < text.count("\n")
    for match in (_RUN_OR_BREAK if has_lines else _RUN).finditer(text, first, last):
        breaks = match[0].count("\n")
        if breaks == 1 and indent_is_break and match[0].endswith("  "):
            breaks = 2
        after = " " if breaks == 0 else "\n" if breaks == 1 else "\n\n"
        if after != match[0]:
            yield match.start(), match.end(), after
    if last < len(text):
        yield last, len(text), ""


# --- quotes --------------------------------------------------------------------------------

_QUOTE = re.compile("[‘’‚‛“”„‟]")
_STRAIGHT = {"‘": "'", "’": "'", "‚": "'", "‛": "'", "“": '"', "”": '"', "„": '"', "‟": '"'}


def find_quotes(text: str, style: str = "keep") -> Changes:
    """Find curly quotes and apostrophes, where `style` asks for straight ones.

    By default every quote stays as it was set. Limits: guillemets and corner brackets are other
    marks, no other form of the same one, and stay.

    >>> list(find_quotes("“It’s”", "straight"))
    [(0, 1, '"'), (3, 4, "'"), (5, 6, '"')]
    """
    if style == "straight":
        for match in _QUOTE.finditer(text):
            yield match.start(), match.end(), _STRAIGHT[match[0]]
