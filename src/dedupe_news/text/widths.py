"""Width: full-width forms among Latin letters, half-width kana, and what a CJK character is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

Changes = Iterator[tuple[int, int, str]]

_CJK_LETTERS = (
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3041-\u30ff\u3130-\u318f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9f\uffa1-\uffdc"
    "\U00020000-\U0003ffff"
)
CJK_LETTER = re.compile(f"[{_CJK_LETTERS}]")
CJK_CHAR = re.compile(f"[{_CJK_LETTERS}\u3001\u3003-\u3030\u3100-\u312f\u3200-\u33ff\uff61-\uff65]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")

FULL_WIDTH_CHARS = "\u3002\uff01-\uff0c\uff0e-\uff5e\uffe0\uffe1\uffe5\uffe6"
_WIDE = re.compile(f"[{FULL_WIDTH_CHARS}]+")
_NARROW = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if code != 0xFF0D}
_NARROW |= {"￠": "¢", "￡": "£", "￥": "¥", "￦": "₩", "。": "."}
_NEAR_CHARS, _LINE_CHARS = 12, 100
_MIN_LATIN_CHARS = 20


def find_full_width(text: str) -> Changes:
    """Find full-width letters, digits and marks in Latin runs.

    Input methods for Chinese, Japanese and Korean leave them among Latin words. Where the wide
    form of a mark brought its own space, the narrow one gets it. Limits: in and beside Chinese,
    Japanese and Korean writing every form stays (`２０２０年`, `（13：00）`), and so does a short
    line without words of a text that holds any; `。` is folded behind a Latin letter only.

    >>> list(find_full_width("in ２０２０ the ＥＵ，he said"))
    [(3, 7, '2020'), (12, 15, 'EU, ')]
    """
    has_cjk = CJK_LETTER.search(text) is not None
    for match in _WIDE.finditer(text):
        start, end = match.span()
        if has_cjk and not _is_among_latin(text, start, end):
            continue
        after = _narrowed(text, start, end)
        if after != match[0]:
            yield start, end, after


def _is_among_latin(text: str, start: int, end: int) -> bool:
    if CJK_CHAR.match(text, end) or (start and CJK_CHAR.match(text, start - 1)):
        return False
    low = max(text.rfind("\n", max(start - _LINE_CHARS, 0), start) + 1, start - _LINE_CHARS, 0)
    high = text.find("\n", end, end + _LINE_CHARS)
    high = min(end + _LINE_CHARS, len(text)) if high < 0 else high
    if CJK_CHAR.search(text, max(start - _NEAR_CHARS, low), start):
        return False
    if CJK_CHAR.search(text, end, min(end + _NEAR_CHARS, high)):
        return False
    line = text[low:high]
    latin = len(_LATIN.findall(line))
    return latin >= _MIN_LATIN_CHARS and latin > 2 * len(CJK_LETTER.findall(line))


def _narrowed(text: str, start: int, end: int) -> str:
    out: list[str] = []
    for at in range(start, end):
        char = text[at]
        narrow = _NARROW[char]
        before, behind = text[at - 1] if at else "", text[at + 1 : at + 2]
        if char == "。" and not (before.isalnum() or before in _CLOSING):
            out.append(char)
            continue
        if char == "＆" and _REFERENCE.match(text, at + 1):
            out.append(char)  # no entity is made of what was none
            continue
        if char == "（" and before.isalpha() and text[at - 2 : at - 1].isalpha():
            narrow = " ("
        out.append(narrow)
        goes_on = behind.isalpha() or behind in _OPENING
        is_list = char == "，" and behind.isdigit() and not _THOUSANDS.match(text, at + 1)
        if (char in "，；：！？。）" and goes_on) or is_list:
            out.append(" ")
    return "".join(out)


_CLOSING = frozenset("\"'”’)）»")
_OPENING = frozenset("“‘«（")
_REFERENCE = re.compile(r"#?\w{1,32};")
_THOUSANDS = re.compile(r"\d{3}(?!\d)")

HALF_WIDTH_CHARS = "\uff61-\uff9f"
_HALF = re.compile(f"[{HALF_WIDTH_CHARS}]+")
_KANA = re.compile("[\uff66-\uff9d]")
_VOICED = re.compile("(?<![\uff66-\uff9d])[\uff9e\uff9f]")


def find_half_width_kana(text: str) -> Changes:
    """Find half-width kana and their marks; voicing marks join the letter before them.

    They come from old terminals and telephones, and make two writings of one word. Limits:
    voicing marks without a letter (faces made of marks) and half-width Hangul stay.

    >>> list(find_half_width_kana("ｶﾞｲﾄﾞ｡"))
    [(0, 6, 'ガイド。')]
    """
    for match in _HALF.finditer(text):
        start, end = match.span()
        beside = text[max(start - 1, 0) : start] + text[end : end + 1]
        if not _KANA.search(match[0]) and not CJK_CHAR.search(beside):
            continue
        after = "".join(
            part if _VOICED.match(part) else unicodedata.normalize("NFKC", part)
            for part in re.split(f"({_VOICED.pattern})", match[0])
        )
        if after != match[0]:
            yield start, end, after
