"""Characters: encoding, width, dashes, invisible marks, spaces, line breaks.

Each rule finds its places in a text and says what should stand there; `normalize` makes one
pass after another until no rule finds anything, so the outcome is a fixed point of them all.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from html.entities import html5

from dedupe_news.text.spans import Draft, Replacement

_CJK = (
    "\u2e80-\u2fdf\u3001-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
)
_MAX_PASSES = 8

# Nothing here needs a rule: the letters, marks and dashes that news texts are made of, and
# single spaces and line breaks. One search for what lies outside decides whether any
# rule of characters has work.
_ODD = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u180e\u2000-\u200f\u2015\u2028-\u202f\u205f-\u206f"
    "\u3000\ufe0f\ufeff\uff01-\uff5e\uff61-\uffef\ufff9-\uffff]"
    "|&[#A-Za-z]|-- ?|——|  |[ ]\n|\n[ ]|\n\n\n|^\\s|\\s\\Z|[ÂÃâãð][\x80-\uffff]"
)


def normalize(draft: Draft) -> None:
    """Mend the characters of `draft`, rule by rule, until no rule finds anything."""
    for _ in range(_MAX_PASSES):
        if _ODD.search(draft.text) is None:
            break
        before = draft.text
        for rule, find in RULES.items():
            draft.apply([Replacement(start, end, after, rule) for start, end, after in find(draft.text)])
        if draft.text == before:
            break


Changes = Iterator[tuple[int, int, str]]

_ENTITY = re.compile(
    r"&(?:(?:amp|AMP|#0{0,5}38|#[xX]0{0,4}26);)*(#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
)


_ADDRESS_BEFORE = re.compile(r"(?:://|[?&;]\w{1,20}=|\w=)[^\s<>\"]{0,199}\Z")


def find_entities(text: str) -> Changes:
    """Find character references of HTML, also those that were escaped again and again.

    Web addresses and Markdown links are left as they are: there `&amp;` may be what was meant.

    >>> list(find_entities("AT&amp;T, caf&amp;eacute;, R&D; a=1&b;"))
    [(2, 7, '&'), (13, 25, 'é')]
    """
    for match in _ENTITY.finditer(text):
        name = match[1]
        if name[0] != "#" and f"{name};" not in html5:
            continue
        around = text[max(match.start() - 200, 0) : match.end() + 200]
        if _ADDRESS_BEFORE.search(text, max(match.start() - 200, 0), match.start()) or "](" in around:
            continue
        after = html.unescape(f"&{name};")
        if after != match[0]:
            yield match.start(), match.end(), after


_SUSPECT = re.compile(r"[^\x00-\x7f]+(?:[ -~]?[^\x00-\x7f]+)*")
_MOJIBAKE_LEAD = re.compile("[\x80-\x9fÂÃÅÄÎÏÐÑØÙâãäåæçðïœ‚€™Œšž][\x80-\uffff ]|\x80-\x9f")
_MAX_SUSPECT_CHARS = 2000


def find_mojibake(text: str) -> Changes:
    """Find UTF-8 that was read in a one-byte encoding, and C1 controls; ftfy decides.

    >>> list(find_mojibake("donâ€™t"))
    [(3, 6, '’')]
    """
    if _MOJIBAKE_LEAD.search(text) is None:
        return
    import ftfy

    for match in _SUSPECT.finditer(text):
        for start in range(match.start(), match.end(), _MAX_SUSPECT_CHARS):
            run = text[start : min(match.end(), start + _MAX_SUSPECT_CHARS)]
            if _MOJIBAKE_LEAD.search(run) is None:
                continue
            after = ftfy.fixes.fix_c1_controls(ftfy.fix_encoding(run))
            if after != run:
                head, tail = _common_ends(run, after)
                yield start + head, start + len(run) - tail, after[head : len(after) - tail]


def _common_ends(one: str, two: str) -> tuple[int, int]:
    least = min(len(one), len(two))
    head = 0
    while head < least and one[head] == two[head]:
        head += 1
    tail = 0
    while tail < least - head and one[-1 - tail] == two[-1 - tail]:
        tail += 1
    return head, tail


_LINE_BREAK = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")


def find_line_breaks(text: str) -> Changes:
    r"""Find line breaks of every other kind.

    >>> list(find_line_breaks("one\r\ntwo"))
    [(3, 5, '\n')]
    """
    for match in _LINE_BREAK.finditer(text):
        yield match.start(), match.end(), "\n"


_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u180e\u200b\u2060-\u2064\ufeff"
    "\u202a-\u202e\u2066-\u2069\u206a-\u206f\ufff9-\ufffb\ufffe\uffff]+"
)
_JOINERS = "\u200c-\u200f\u061c"
# Joiners shape the letters of these scripts, and the parts of an emoji.
_JOINED = (
    "\u0590-\u08ff\u0900-\u109f\u1780-\u17ff\u1800-\u18af\ufb1d-\ufdff\ufe0f\ufe70-\ufefe"
    "\U0001f000-\U0001faff\u2600-\u27bf"
)
_IDLE_JOINER = re.compile(f"(?<![{_JOINERS}{_JOINED}])[{_JOINERS}]+(?![{_JOINERS}{_JOINED}])")


def find_invisible(text: str) -> Changes:
    r"""Find marks that show nothing: controls, soft hyphens, zero-width and direction marks.

    Joiners stay inside emoji and in the scripts that they shape.

    >>> list(find_invisible("co\xadoperate\u200b"))
    [(2, 3, ''), (10, 11, '')]
    """
    for match in _INVISIBLE.finditer(text):
        yield match.start(), match.end(), ""


def find_joiners(text: str) -> Changes:
    r"""Find joiners and direction marks among letters that they cannot shape.

    >>> list(find_joiners("new\u200cs"))
    [(3, 4, '')]
    """
    for match in _IDLE_JOINER.finditer(text):
        yield match.start(), match.end(), ""


_WIDE = re.compile("[\uff01-\uff0c\uff0e-\uff5e\uffe0-\uffe6]+")
_CJK_CHAR = re.compile(f"[{_CJK}]")


def find_full_width(text: str) -> Changes:
    """Find full-width letters, digits and marks in a run that is not Chinese, Japanese or Korean.

    >>> list(find_full_width("in ２０２０ and 二０二０年"))
    [(3, 7, '2020')]
    """
    for match in _WIDE.finditer(text):
        before = text[max(match.start() - 2, 0) : match.start()].rstrip(" ")[-1:]
        behind = text[match.end() : match.end() + 2].lstrip(" ")[:1]
        if _CJK_CHAR.match(before) or _CJK_CHAR.match(behind):
            continue
        run = match[0]
        if not any(char.isalnum() for char in run) and not (before.isalnum() and before.isascii()):
            continue
        yield match.start(), match.end(), "".join(chr(ord(c) - 0xFEE0) if c <= "\uff5e" else c for c in run)


_DASH = re.compile(r"[ ]?(?:[\uff0d\u2015]+|\u2014{2,})[ ]?|(?<=[^\W_])--(?=[^\W_])|[ ]--(?=[ ])")


def find_dashes(text: str) -> Changes:
    """Find dashes of the wrong width, or typed as two hyphens, and set the one that is meant.

    Between words the em dash; between numbers the en dash; between a letter and a number the
    hyphen (`COVID－19`); in Chinese, Japanese and Korean runs they stay.

    >>> list(find_dashes("last month－the fastest in 10－12 months"))
    [(10, 11, '—'), (28, 29, '–')]
    """
    for match in _DASH.finditer(text):
        mark = match[0].strip(" ")
        start = match.start() + (match[0][0] == " ")
        end = start + len(mark)
        before, behind = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
        if not before or not behind or _CJK_CHAR.match(before) or _CJK_CHAR.match(behind):
            continue
        if len(mark) > 2 or before in _DASH_MARKS or behind in _DASH_MARKS:
            continue  # a ruled line
        if mark == "--" and _ADDRESS_START.search(text, max(start - 200, 0), start):
            continue
        if before.isdigit() and behind.isdigit() and "-" not in mark and len(mark) == 1:
            chain = re.search(r"\d[-\uff0d]\d+\Z", text[max(start - 12, 0) : start]) or re.match(
                r"\d+[-\uff0d]\d", text[end : end + 12]
            )
            after = "-" if chain else "–"
        elif (
            len(mark) == 1
            and mark == "\uff0d"
            and start == match.start()
            and before.isalpha()
            and behind.isdigit()
        ):
            after = "-"
        else:
            after = "—"
        if after != mark:
            yield start, end, after


_ADDRESS_START = re.compile(r"(?:[/@=]|www\.)[^\s]{0,199}\Z")
_DASH_MARKS = frozenset("-\u2010\u2011\u2012\u2013\u2014\u2015\uff0d_=*")

_SPACE = re.compile("[\t\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")


def find_odd_spaces(text: str) -> Changes:
    r"""Find no-break, ideographic and other wide or thin spaces, and tabs.

    >>> list(find_odd_spaces("10\xa0000"))
    [(2, 3, ' ')]
    """
    for match in _SPACE.finditer(text):
        yield match.start(), match.end(), " "


_INDENTED = re.compile(r"\n[ ]{2,}(?=[^ \n])")
_RAGGED = re.compile(r"\A\s+|\s+\Z|[ ]*\n[ \n]*|[ ]{2,}")


def find_ragged_spaces(text: str) -> Changes:
    r"""Find spaces at line ends and at both ends of the text, runs of spaces and of empty lines.

    >>> list(find_ragged_spaces("one  two \n \n three\n"))
    [(3, 5, ' '), (8, 13, '\n\n'), (18, 19, '')]
    """
    # Where few lines are indented, those that are begin a paragraph (wire copy).
    indented = len(_INDENTED.findall(text))
    indent_is_break = 0 < 2 * indented < text.count("\n")
    for match in _RAGGED.finditer(text):
        if match.start() == 0 or match.end() == len(text):
            after = ""
        else:
            breaks = match[0].count("\n")
            if breaks == 1 and indent_is_break and match[0].endswith("  "):
                breaks = 2
            after = " " if breaks == 0 else "\n" if breaks == 1 else "\n\n"
        if after != match[0]:
            yield match.start(), match.end(), after


RULES: dict[str, Callable[[str], Changes]] = {
    "entity": find_entities,
    "mojibake": find_mojibake,
    "line_break": find_line_breaks,
    "invisible": find_invisible,
    "joiner": find_joiners,
    "space": find_odd_spaces,
    "full_width": find_full_width,
    "dash": find_dashes,
    "ragged_space": find_ragged_spaces,
}
