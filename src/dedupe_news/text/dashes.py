"""Dashes by what they do, and words that were hyphenated at a line's end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dedupe_news.text.widths import CJK_CHAR

Changes = Iterator[tuple[int, int, str]]

_DASH = re.compile("[-\u2014\u2015\uff0d]+")
_MARKS = frozenset(
    ["\uff0d", "\uff0d\uff0d", "\u2015", "\u2015\u2015", "——", "--"]
)  # longer ones draw a rule
_ADDRESS_START = re.compile(r"[/@=\\]|www\.")
_MAX_ADDRESS_CHARS = 200
_DASH_MARKS = frozenset("-\u2010\u2011\u2012\u2013\u2014\u2015\u2500\uff0d_=*~<>#|+")
_MAX_WORD_CHARS = 40


def find_dashes(text: str, between_words: str = "em") -> Changes:
    """Find dashes of the wrong width, or typed as two hyphens, and set the one that is meant.

    Wire copy and East Asian keyboards set U+FF0D, U+2015, two dashes or two hyphens for every
    dash. Between words an em dash is meant (with `between_words` "spaced_en" an en dash between
    spaces), between numbers an en dash; in telephone numbers, scores, dates and compounds the
    hyphen. Limits: Chinese, Japanese and Korean runs, rules drawn with dashes, list marks and
    addresses are left; so is U+FF0D where neither a dash nor a hyphen is sure, as between two
    names or before a short word and a number. Two hyphens at a line's start are a list mark.

    >>> list(find_dashes("last month－the fastest in 10－12 months, a COVID－19 low"))
    [(10, 11, '—'), (28, 29, '–'), (47, 48, '-')]
    """
    for match in _DASH.finditer(text):
        mark = match[0]
        if mark not in _MARKS:
            continue
        start, end = match.span()
        low, high = _with_spaces(text, start, end)
        if _is_left(text, low, start, end, high):
            continue
        after = _meant(text, low, start, end, high)
        if after == "—" and between_words == "spaced_en":
            before, behind = text[max(low - 1, 0) : low], text[high : high + 1]
            yield low, high, " " * (before not in _LINE_STARTS) + "–" + " " * (behind not in _LINE_STARTS)
        elif after is not None:
            yield start, end, after


def _with_spaces(text: str, low: int, high: int) -> tuple[int, int]:
    while low and text[low - 1] == " ":
        low -= 1
    while text[high : high + 1] == " ":
        high += 1
    return low, high


def _is_left(text: str, low: int, start: int, end: int, high: int) -> bool:
    """Whether what looks like a dash is part of something else."""
    before, behind = text[max(low - 1, 0) : low], text[high : high + 1]
    if _EAST_ASIAN.search(text, max(low - _NEAR_CHARS, 0), low) or _EAST_ASIAN.search(
        text, high, high + _NEAR_CHARS
    ):
        return True
    if before in _DASH_MARKS or behind in _DASH_MARKS:
        return True  # a ruled line, an arrow, a comment
    if text[start] != "-":
        return False
    if before in _LINE_STARTS:
        return True  # a list mark, or the line before a signature
    if low < start:
        return high == end and behind != "\n"  # the option of a command
    if high > end or not (behind.isalnum() or behind in _OPENING):
        return True
    first = max(low - _MAX_ADDRESS_CHARS, 0)
    word = max(text.rfind(" ", first, low), text.rfind("\n", first, low), first - 1) + 1
    if _ADDRESS_START.search(text, word, low):
        return True
    return not any(char.isalnum() for char in text[max(low - 3, word) : low].strip("(["))


_OPENING = frozenset("\"'“‘«([$€£")
_EAST_ASIAN = re.compile(f"{CJK_CHAR.pattern}|[，。！？；：（）\u3000]")
_NEAR_CHARS = 8
_LINE_STARTS = frozenset(["", "\n"])


def _meant(text: str, low: int, start: int, end: int, high: int) -> str | None:
    mark = text[start:end]
    before, behind = text[max(low - 1, 0) : low], text[high : high + 1]
    if before in _LINE_STARTS:  # a dialogue, or who said it; with one hyphen's width, a list
        return "—" if mark != "\uff0d" and behind not in _LINE_STARTS else None
    if behind in _LINE_STARTS:  # only before a line that goes on
        is_spaced = low < start or mark != "\uff0d"
        return "—" if is_spaced and text[high + 1 : high + 2].islower() else None
    number = _NUMBER_BEHIND.match(text, high)
    if number and (before.isdigit() or before in "%°") and (low == start or number[0].isdigit()):
        return _between_numbers(text, mark, start, end)
    if low < start or end < high:  # spaces: no hyphen
        if mark == "\uff0d" and end == high and behind.isdigit():
            return "-" if _MINUS_BEFORE.search(text, max(start - 12, 0), start) else None
        return "—"
    if mark != "\uff0d":
        return "—"
    return _between_letters(text, start, end)


_MINUS_BEFORE = re.compile(
    r"(?:\b(?:to|of|at|from|and|between|below|around|about|by|was|is|hit)|[(=:])[ ]+\Z"
)
_YEARS = re.compile(r"[12]\d\d\d -- [12]\d\d\d")
_NUMBER_BEHIND = re.compile(r"[$€£¥+]?\d")
_FIGURE_BEFORE = re.compile(r"(?:\d[\d.,:]*%?|[\d.,:]*)[%°]?\Z")
_FIGURE_BEHIND = re.compile(r"[$€£¥+]?(\d+(?:[.,:]\d+)*)")
_CHAIN_BEFORE = re.compile(r"[\d)][-–\uff0d]\d+\Z")
_CHAIN_BEHIND = re.compile(r"\d+[-–\uff0d]\d")
_PHONE_WORD = re.compile(
    r"\b(?:tel|phone|telephone|call|fax|hotline|dial|mobile|whatsapp|telefon\w*|tél)\b", re.I
)
_SCORE_WORD = re.compile(
    r"\b(?:scor\w+|won|win|wins|winning|beat|beats|beaten|beating|lost|lose|loses|losing|drew|draw|draws|tied?|"
    r"defeat\w*|victor\w+|lead|led|leading|match|goals?|trail\w*|sets?|votes?|voted|ruling|ahead|"
    r"Boeing|Airbus|flight|model|No)\b",
    re.IGNORECASE,
)
_SCORE_CHARS = 40


def _between_numbers(text: str, mark: str, start: int, end: int) -> str | None:
    """Return the en dash of a range, or the hyphen of a telephone number, a date or a score."""
    if mark == "--" and text[start - 1] == " ":  # of years a span, else an empty cell of a table
        return "–" if _YEARS.fullmatch(text, start - 5, end + 5) else None
    if mark == "--":
        return "–"
    if _CHAIN_BEFORE.search(text, max(start - 12, 0), start) or _CHAIN_BEHIND.match(text, end, end + 12):
        return "-"
    low = max(start - 20, 0)
    before = _FIGURE_BEFORE.search(text, low, start)
    behind = _FIGURE_BEHIND.match(text, end, end + 20)
    if before is None or behind is None:
        return "–"
    left, right = before[0].rstrip("%°").lstrip(".,:"), behind[1]
    if text[before.start() - 1 : before.start()] == "+" or len(left) + len(right) >= 10 > len(left) + 6:
        return "-"
    if left[:1] == "0" and len(left) >= 3 and left.isdigit() and len(right) >= 5:
        return "-"
    near = max(start - _SCORE_CHARS, 0)
    if len(right) >= 4 and len(left) >= 3 and _PHONE_WORD.search(text, near, start):
        return "-"
    if not (left.isdigit() and right.isdigit()) or len(left) == 4 or before[0][-1:] in "%°":
        return "–"
    if int(left) >= int(right):
        return "-"  # no range runs backwards: a score, a vote, an aeroplane
    small = len(left) < 3 and len(right) < 3
    has_cue = _SCORE_WORD.search(text, near, before.start()) or (
        small and _SCORE_WORD.match(text, end + len(behind[0]) + 1)
    )
    return "-" if has_cue else "–"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that open or close a compound; what stands beside them is no clause of its own.
_PREFIXES = _words(
    """
    co re pre post anti non self ex semi multi mid vice well ultra pro sub cross inter intra extra neo pan
    sino anglo franco afro euro russo indo italo ibero greco all full half part high low long short large
    small cutting so two three four five six seven eight nine ten one second third first twenty thirty
    forty fifty sixty seventy eighty ninety covid tele micro macro mini mega bio eco geo hi follow check
    start
    """
)
_ENDINGS = _words(
    """
    run owned based led backed funded term year old level scale class style made born wide free friendly
    like related oriented driven known day time called profile speed quality tech making maker makers
    building holder holders general elect election elections ins up off out down century generation
    powered controlled sponsored trained growing rate ranked ranking paced handed minded intensive
    effective efficient
    """
)
_UNITS = _words(
    """
    year month week day hour minute second meter metre kilometer kilometre km mile foot feet inch point
    percent member man woman person storey story seat time kg ton tonne yard page part star strong old odd
    plus fold d g th year-old carat bed bedroom nation country city game match hole lap room set state way
    wheeler yuan dollar
    """
)
# A clause begins with such a word; a compound does not, but for chains (state－of－the－art).
_CLAUSE_WORDS = _words(
    """
    the a an and or but nor which who whom whose that as at in on of with for to from into by is was are
    were be been has have had will would could may might its it he she they we you i his her their our
    this these those there not than then if when while where because since after before though although
    including even especially such what how why only also about more most less some many all both each any
    no
    """
)
_WORD_BEFORE = re.compile(r"[^\W_]+(?:['’][^\W_]+)?\Z")
_WORD_BEHIND = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_LINKED_BEFORE = re.compile(
    r"[\uff0d-](?:in|to|of|and|at|the|for|by|on|up|a|de|la|le|sur|en)\Z", re.IGNORECASE
)
_LINKED_BEHIND = re.compile(
    r"(?:(?:in|to|of|and|at|the|for|by|on|up|a|de|la|le|sur|en)[\uff0d-]){1,2}[^\W_]", re.IGNORECASE
)


def _between_letters(text: str, start: int, end: int) -> str | None:
    """Return what a full-width hyphen glued on both sides stands for, or nothing when unsure."""
    before = _WORD_BEFORE.search(text, max(start - _MAX_WORD_CHARS, 0), start)
    behind = _WORD_BEHIND.match(text, end, end + _MAX_WORD_CHARS)
    if before is None or behind is None:
        return "—"  # beside a quote, a bracket, a currency: a dash
    left, right = before[0], behind[0]
    folded_left, folded_right = left.casefold(), right.casefold()
    if right[0].isdigit():
        if folded_left in _PREFIXES or folded_left in ("type", "apollo", "sputnik", "boeing", "article"):
            return "-"
        if not left.islower():  # COVID－19, F－16, Chang'e－5
            return "-" if len(left) <= 8 and folded_left not in _CALENDAR else "—"
        return "—" if len(left) > 3 else None
    if left[-1].isdigit():
        if _LINKED_BEHIND.match(text, end):
            return "-"
        return "-" if folded_right in _UNITS or (len(right) == 1 and right.isupper()) else "—"
    if _LINKED_BEHIND.match(text, end) or _LINKED_BEFORE.search(text, max(start - 8, 0), start):
        return "-"
    if folded_right in _CLAUSE_WORDS:
        return "—"
    next_is_by = text[end + len(right) : end + len(right) + 4] == " by "
    if folded_left in _PREFIXES or (folded_right in _ENDINGS and not next_is_by):
        return "-"
    if len(left) == 1:
        return "-" if left not in "Ia" else "—"
    if not left.islower() and not right.islower():
        return None  # Jean－Paul, or a dash before a name: nobody can tell
    if len(left) < 3 or len(right) < 2:
        return None
    return "—"


_CALENDAR = _words(
    """
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july
    august september october november december
    """
)

# --- hyphenation ---------------------------------------------------------------------------

_LINE_END = re.compile(r"[-\u2010\xad](?P<break>[ ]*\n[ ]*)(?P<right>[^\W\d_]{1,40})")
_PART_BEFORE = re.compile(r"[^\W\d_]{1,40}\Z")
_WORDS = re.compile(r"[^\W\d_]+(?:[-\u2010][^\W\d_]+)*")
# Pieces that are no words: what stands before them at the line's end is the rest of one.
_FRAGMENTS = _words(
    """
    ment ments tion tions tional tioned tioning sion sions sional ing ings ed ly ness ish ity ities tive
    tives tively ture tures tural cial cially tial tially tian ble bly ably ible ance ances ence ences
    ency ancy ers ists ism isms ize ized izing ise ised ising ous ously fully ations ation ational cation
    cations rations lation gle tle ple dle cle tung tungen lich liche lichen licher keit keiten schaft
    schaften heiten rung rungen gung gungen mente ción ciones miento mientos dades ção ções mento mentos
    zione zioni menti
    """
)
_COMPOUND_STARTS = _words("well self twenty thirty forty fifty sixty seventy eighty ninety")
_COMPOUND_ENDINGS = _words(
    """
    based owned backed funded related oriented driven known called sponsored minded intensive efficient
    friendly controlled ranked
    """
)
_JOINING_WORDS = _words(
    """
    und oder bzw beziehungsweise als sowie wie bis and or to y e o u et ou oder i a lub oraz och eller og
    en of ja tai ve ile või
    """
)


def find_hyphenation(text: str) -> Changes:
    r"""Find words that were parted by a hyphen at a line's end, and join them.

    Text taken from print and PDF keeps the breaks of its lines. A soft hyphen there is sure; a
    hyphen goes when the joined word stands elsewhere in the text or the rest is no word
    (`-ment`), and stays, without the break, when the hyphenated form stands elsewhere or one
    part makes compounds (`well-`). Limits: all else is left, and so are suspended hyphens
    (`Haupt-` and `und`) and capitals behind the break.

    >>> list(find_hyphenation("the develop-\nment of a well-\nknown town"))
    [(11, 13, ''), (28, 29, '')]
    """
    words: set[str] | None = None
    for match in _LINE_END.finditer(text):
        right, start = match["right"], match.start()
        before = _PART_BEFORE.search(text, max(start - _MAX_WORD_CHARS, 0), start)
        if before is None or not right.islower() or right in _JOINING_WORDS:
            continue
        is_address = text[before.start() - 1 : before.start()] in ("/", "=", "-", "_", "@", ".") or (
            text[match.end() : match.end() + 1] in ("/", "_")
        )
        if words is None and text[start] != "\xad":
            words = {word.casefold().replace("\u2010", "-") for word in _WORDS.findall(text)}
        keeps = _keeps_hyphen(before[0].casefold(), right, words or set())
        if text[start] == "\xad" or (keeps is False and not is_address):
            yield start, match.end("break"), ""
        elif keeps:
            yield start + 1, match.end("break"), ""


def _keeps_hyphen(left: str, right: str, words: set[str]) -> bool | None:
    """Whether the hyphen between two parts belongs to the word; nothing when unsure."""
    if f"{left}-{right}" in words:
        return True
    if f"{left}{right}" in words:
        return False
    if right in _FRAGMENTS and len(left) > 1:
        return False
    if left in _COMPOUND_STARTS or (right in _COMPOUND_ENDINGS and len(left) > 4):
        return True
    return None
