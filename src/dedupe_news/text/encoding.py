"""Letters that went through the wrong encoding: entities, mojibake, control characters.

Three rules that `normalize` calls. Each finds its places in a text and says what should stand
there; none of them changes anything.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from html.entities import html5

from dedupe_news.text import loops
from dedupe_news.text.glance import rare_chars

Changes = Iterator[tuple[int, int, str]]

# --- entities ------------------------------------------------------------------------------

_ENTITY = re.compile(
    r"&(?:(?:amp|AMP|#0{0,5}38|#[xX]0{0,4}26);)*(#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
)
_QUERY = re.compile(r"://|\w=|\]\(")
_QUERY_BEHIND = re.compile(r"\w{1,20}=")
_MAX_ADDRESS_CHARS = 200


def find_entities(text: str) -> Changes:
    """Find character references of HTML, named and numeric, also those escaped again and again.

    Extractors take text out of pages that were escaped once too often. Numbers from 128 to 159
    mean Windows-1252, as in every browser. Limits: web addresses and Markdown links are left as
    they are, for there `&amp;` may be what was meant; so is a name without its semicolon.

    >>> list(find_entities("AT&amp;T, caf&amp;eacute;, it&#146;s, R&D; a=1&b;"))
    [(2, 7, '&'), (13, 25, 'é'), (29, 35, '’')]
    """
    for match in _ENTITY.finditer(text):
        after = _meant(match[1])
        if after is None or _is_in_address(text, match.start(), match.end()):
            continue
        # Within `&am&#112;;` nobody knows what is escaped; decoding could go on for ever.
        before = text[max(match.start() - 32, 0) : match.start()].rpartition("&")
        if before[1] and before[2].replace("#", "x").isalnum():
            continue
        yield match.start(), match.end(), after


def _meant(name: str) -> str | None:
    if name[0] == "#" or f"{name};" in html5:
        after = html.unescape(f"&{name};")
        return None if after == "\ufffd" else after
    if name.isupper() and f"{name.lower()};" in html5:  # a page set in capitals: CAF&EACUTE;
        after = html5[f"{name.lower()};"].upper()
        return after if len(after) == 1 else None
    return None


def _is_in_address(text: str, start: int, end: int) -> bool:
    low = max(start - _MAX_ADDRESS_CHARS, 0)
    word = max(text.rfind(mark, low, start) for mark in ' \n\t<>"') + 1
    if _QUERY.search(text, max(word, low), start) or _QUERY_BEHIND.match(text, end):
        return True
    link = text.find("](", end, end + _MAX_ADDRESS_CHARS)
    return (
        link >= 0 and text.rfind("[", low, start) > text.rfind("]", low, start) and "]" not in text[end:link]
    )


# --- mojibake ------------------------------------------------------------------------------


def _read(low: int, high: int, encoding: str) -> str:
    """Return what the bytes from `low` to `high` look like in an encoding of one byte each."""
    return re.escape(bytes(range(low, high + 1)).decode(encoding, "ignore"))


_FOLLOWING = "\x80-\x9f" + _read(0x80, 0xBF, "cp1252") + _read(0x80, 0xBF, "cp1250")
_FOLLOWING_1251 = "\x80-\x9f" + _read(0x80, 0xBF, "cp1251")
# Anything shaped like bytes of UTF-8 that were read one by one. It only decides whether ftfy is
# asked: loading it takes longer than cleaning a hundred articles.
MOJIBAKE_LEADS = "\xc2-\xf0ĂĹāβ‚вΓ├┬√ВГРС"
_SUSPECT = re.compile(
    rf"""
    [{MOJIBAKE_LEADS}] (?![\x00-\x1f!-\x7f]) (?:  # a choice at the start would be ten times as slow
      (?<= [\xc2-\xdfĂĹ] ) [{_FOLLOWING}]                 # Ã©, Ä±, Å‚, Ð¿: two bytes
    | (?<= [\xe0-\xef] ) [{_FOLLOWING}] (?!\xa0) [{_FOLLOWING}]  # â€™, ï»¿, à¤•: three
    | (?<= \xf0 ) [{_FOLLOWING}]{{2}}                     # ðŸ˜€: four
    | (?: (?<= [a-z][\xc3\xc2] ) | (?<= [a-z][ ][\xc3\xc2] ) ) [ ]  # Ã\xa0 whose second byte became a space
    | (?<= [âβāв] ) [€Ђ] | (?<= ‚ ) Ä | (?<= Γ ) Ç | (?<= [├┬√] ) [^\x00-\x7f]
    | (?<= [ВГРСÐÑ] ) [{_FOLLOWING_1251}] (?: [ВГРСÐÑ] [{_FOLLOWING_1251}] ){{2}}  # Cyrillic read as 1251
    )
    """,
    re.VERBOSE,
)
# What ftfy leaves, and what can mean one thing only: a dash whose last byte became a straight
# quote, and fractions that were taken apart after the damage.
_SURE = re.compile(r'(?P<dash>â€")|(?P<lead>[ÂÃÄÅ])(?P<fraction>1⁄4|1⁄2|3⁄4)')
_FRACTIONS = {"1⁄4": 0xBC, "1⁄2": 0xBD, "3⁄4": 0xBE}
_WITHIN = re.compile(f"[{_FOLLOWING}]")
_LOST_QUOTE = re.compile("â€\ufffd")
_MAX_BEFORE_CHARS, _MAX_BEHIND_CHARS = 400, 1600


def find_mojibake(text: str) -> Changes:
    """Find UTF-8 that was read in an encoding of one byte per character; ftfy decides.

    ftfy sees the line around a suspect place, since other damage nearby is evidence; what it
    gives back is laid beside the line, so that every damaged spot has an edit of its own. Text
    damaged in part, or twice, is mended. Limits: bytes that were lost stay lost (`SokaÄa`), and
    nothing else that ftfy can do is done: quotes, ligatures and widths stay.

    >>> list(find_mojibake("donâ€™t, cafÃ©"))
    [(3, 6, '’'), (12, 14, 'é')]
    """
    if loops.at_hand:
        may_hold = loops.at_hand.glance(text).seen & loops.SUSPECTS != 0
    else:
        may_hold = _may_hold_suspects(text)
    if not may_hold:
        return
    at = 0
    for match in _SURE.finditer(text) if '€"' in text or "⁄" in text else ():
        yield from _find_with_ftfy(text, at, match.start())
        at = match.end()
        if match["dash"]:
            is_range = text[match.start() - 1 : match.start()].isdigit() and text[at : at + 1].isdigit()
            yield match.start(), at, "–" if is_range else "—"
        else:
            data = match["lead"].encode("latin-1") + bytes([_FRACTIONS[match["fraction"]]])
            yield match.start(), at, data.decode("utf-8")
    yield from _find_with_ftfy(text, at, len(text))


_LEAD = re.compile(f"[{MOJIBAKE_LEADS}]")


def _may_hold_suspects(text: str) -> bool:
    """Whether a lead stands before another character beyond ASCII, or where one may have been.

    A look at each of the few leads (`é`) of a text in which nothing is damaged, and not at every character.
    """
    rare = rare_chars(text)
    if rare is None:
        return True
    for lead in _LEAD.findall("".join(rare)):
        at = text.find(lead)
        while at >= 0:
            behind = text[at + 1 : at + 2]
            if behind > "\x7f" or (lead in "ÂÃÄÅ" and behind in " 13"):  # `Â1⁄2` is told apart below
                return True
            at = text.find(lead, at + 1)
    return False


def _find_with_ftfy(text: str, at: int, end: int) -> Changes:
    while suspect := _SUSPECT.search(text, at, end):
        start, at = _line_around(text, at, suspect.start(), suspect.end(), end)
        line = _LOST_QUOTE.sub("â€\x9d", text[start:at])
        for low, high, after in _repairs(line):
            if text[start + low : start + high] != after:
                yield start + low, start + high, after


def _line_around(text: str, at: int, start: int, end: int, last: int) -> tuple[int, int]:
    """Return the line about a suspect place, cut between words where it is long."""
    low, high = max(at, start - _MAX_BEFORE_CHARS), min(end + _MAX_BEHIND_CHARS, last)
    line_start = text.rfind("\n", low, start) + 1
    if not line_start:
        line_start = low if low == at else text.find(" ", low, start) + 1 or low
    line_end = text.find("\n", end, high)
    if line_end < 0 and high < last:
        line_end = text.rfind(" ", end, high)
        while line_end < 0 and high < last and _WITHIN.match(text, high):  # not within a sequence
            high += 1
    return line_start, high if line_end < 0 else line_end


# ftfy guesses where a byte was lost; a guess that makes a mark of nothing, or eats a space, is not taken.
_EATS_SPACE = re.compile(r"[^ÂÃâ€ ] ")
_FOREIGN_RUN = re.compile(r"[^\x00-\x7f]+")
_C1 = re.compile("[\x80-\x9f]")


def _repairs(line: str) -> list[tuple[int, int, str]]:
    repairs = [
        (low, high, after)
        for low, high, after in _differences(line, _mended(line))
        if "\ufffd" not in after and not (" " not in after and _EATS_SPACE.search(line, low, high))
    ]
    if not repairs:  # a line of which nothing is told as a whole may hold places that are sure
        for run in _FOREIGN_RUN.finditer(line):
            is_damaged = _C1.search(run[0]) and _SUSPECT.search(run[0])
            after = _mended(run[0]) if is_damaged else run[0]
            if after != run[0]:
                head, tail = _common_ends(run[0], after)
                repairs.append((run.start() + head, run.end() - tail, after[head : len(after) - tail]))
    return repairs


def _mended(text: str) -> str:
    import ftfy

    fixed: str = ftfy.fix_encoding(text, fix_c1_controls=False)
    return fixed


_LETTERS = re.compile(r"[!->@-~]+")  # printable ASCII comes through whole; only spaces and ? are eaten


def _differences(one: str, two: str) -> Changes:
    """Return what makes `two` of `one`, as small as the plain letters between allow."""
    if one == two:
        return
    if _LETTERS.findall(one) != _LETTERS.findall(two):
        head, tail = _common_ends(one, two)
        yield head, len(one) - tail, two[head : len(two) - tail]
        return
    at = 0
    plain = [*map(len, _LETTERS.findall(one)), 0]
    for left, right, size in zip(_LETTERS.split(one), _LETTERS.split(two), plain, strict=True):
        lefts, rights = [left], [right]
        if left != right and left.count(" ") == right.count(" "):
            lefts, rights = left.split(" "), right.split(" ")
        start = at
        for part, mended in zip(lefts, rights, strict=True):
            if part != mended:
                head, tail = _common_ends(part, mended)
                yield start + head, start + len(part) - tail, mended[head : len(mended) - tail]
            start += len(part) + 1
        at += len(left) + size


def _common_ends(one: str, two: str) -> tuple[int, int]:
    least = min(len(one), len(two))
    head = 0
    while head < least and one[head] == two[head]:
        head += 1
    tail = 0
    while tail < least - head and one[-1 - tail] == two[-1 - tail]:
        tail += 1
    return head, tail


# --- controls ------------------------------------------------------------------------------

_WINDOWS = {
    code: bytes([code]).decode("cp1252")
    for code in range(0x80, 0xA0)
    if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
_CONTROL = re.compile(
    r"""
    [\x13\x14\x18\x19\x1c\x1d\x80-\x9f] (?:
      (?<= [\x80-\x9f] )
    | (?<= [^\W\d_]\x19 ) (?= [^\W\d_]|[ ] )      # the low byte of U+2019 …
    | (?<= [\w ][\x13\x14] ) (?= [\w ] )          # … of U+2013 and U+2014
    | (?<! [^\s(][\x18\x1c] ) (?<= [\x18\x1c] ) (?= \w )  # … of U+2018 and U+201C
    | (?<= [\w.,!?]\x1d ) (?! \w )                 # … of U+201D
    )
    """,
    re.VERBOSE,
)
_LOW_BYTES = {"\x13": "–", "\x14": "—", "\x18": "‘", "\x19": "’", "\x1c": "“", "\x1d": "”"}
_OTHER_WINDOWS = re.compile("[\x80-\x84\x86-\x9f]")


def find_controls(text: str) -> Changes:
    r"""Find control characters that stand where a quote, a dash or an ellipsis stood.

    The C1 controls are Windows-1252 read as Latin-1, as browsers know; a few of the C0 controls
    are the low bytes of U+2013 to U+201D, and are taken for them where such a mark makes sense.
    Limits: U+0085 is an ellipsis beside a space or among its like, else it is left, as a line
    break; controls that mean nothing in Windows-1252 are left to `find_invisible`.

    >>> list(find_controls("\x93It\x92s 1990\x961991\x94, Vanuatu\x19s"))
    [(0, 1, '“'), (3, 4, '’'), (10, 11, '–'), (15, 16, '”'), (25, 26, '’')]
    """
    is_windows: bool | None = None
    for match in _CONTROL.finditer(text):
        char = match[0]
        if char < "\x80":
            yield match.start(), match.end(), _LOW_BYTES[char]
        elif char != "\x85":
            if ord(char) in _WINDOWS:
                yield match.start(), match.end(), _WINDOWS[ord(char)]
        else:
            if is_windows is None:
                is_windows = _OTHER_WINDOWS.search(text) is not None
            around = text[max(match.start() - 1, 0) : match.start()], text[match.end() : match.end() + 1]
            if is_windows or any(char in " \r\n" for char in around if char) or around == (around[0], ""):
                yield match.start(), match.end(), "…"
