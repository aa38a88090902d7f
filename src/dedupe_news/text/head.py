"""The head of an article parted where its fields run on: headline, credit, date, body.

Cues, not guesses: where they do not suffice the text stays as it is.
"""

from __future__ import annotations

import re
from itertools import islice
from unicodedata import combining

import regex
from rapidfuzz import fuzz

from dedupe_news.text.breaks import CLOSERS, ENDS, OPENERS
from dedupe_news.text.credits import by_word_end, credit_end, is_credit
from dedupe_news.text.dates import date_end, dateline_end
from dedupe_news.text.seams import (
    HANGUL,
    OUTLET,
    SMALL_AGENCIES,
    STARTERS,
    are_two_words,
    first_word,
    is_inside_word,
    last_word,
    may_be_glued,
    seams,
)
from dedupe_news.text.spans import Draft, Replacement
from dedupe_news.text.structure import (
    MAX_BY_WORD_CHARS,
    MAX_HEAD_PARTS,
    MAX_LABEL_CHARS,
    MAX_QUESTION_WORDS,
    MAX_TITLE_CHARS,
    MAX_TITLE_WORDS,
    MIN_KNOWN_RATIO,
    MIN_STANDFIRST_WORDS,
    breaks_off,
    end_mark,
    folded,
    is_byline,
    is_prose,
    is_title,
    may_be_title,
    opens_body,
    title_forms,
)

_MAX_DATELINE_CHARS = 100
_MAX_INITIALS = 6  # of an agency behind a headline
_MAX_HEAD_CHARS = 1200
_MAX_HEAD_LINES = 4
_MAX_CREDIT_CHARS = 240
_MIN_SAID_CHARS = 12  # a shorter beginning may stand again by chance
_MAX_BELOW_CHARS = 20_000
_MAX_STANDFIRST_CHARS = 500
_MIN_KNOWN_CHARS = 15
_MIN_WIDE_WORDS = 3
_MAX_TRIES = 4  # seams at which a credit may end


def part_head(draft: Draft, known_title: str | None, known_byline: str | None = None) -> None:
    """Set apart by a blank line the fields that run on in the head of `draft`.

    Borders are set at seams only: where case, script or kind of character change, and a known title,
    a known byline, a credit or a date begins, or words of the text stand on both sides. One space is
    no seam here, and scripts without capitals have none but before credits and dates. What is looked
    at is the first thousand characters or so.
    """
    draft.apply(_head_lines(draft.text))
    draft.apply(_head_borders(draft.text, title_forms(known_title), known_byline))


def _head_lines(text: str) -> list[Replacement]:
    """Return what parts the lines of a first block that holds a headline: no verse has a date or a credit."""
    end = text.find("\n\n")
    if end < 0 or end > _MAX_HEAD_CHARS:
        return []
    if "\n" not in text[:end]:
        return _credit_lines(text, end + 2) if may_be_title(text[:end]) else []
    lines = text[:end].split("\n")
    following = text[end + 2 :].partition("\n\n")[0]
    is_head = any(
        0 < credit_end(line, 0, len(line), is_certain=True) == len(line)
        or 0 < date_end(line) >= len(line) - MAX_BY_WORD_CHARS
        or by_word_end(f"{line} ") > len(line)
        for line in lines
    ) or (
        len(lines) <= _MAX_HEAD_LINES
        and not any(line.endswith((",", ";")) for line in lines)
        and "\n" not in following
    )
    if not is_head or (not may_be_title(lines[0]) and not is_credit(lines[0])):
        return []
    return _breaks(lines, 0)


def _credit_lines(text: str, start: int) -> list[Replacement]:
    """Return what parts the lines of the block at `start` where the first one has a by-word and a name."""
    end = text.find("\n\n", start, start + _MAX_HEAD_CHARS)
    lines = text[start:end].split("\n") if end > 0 else []
    return _breaks(lines, start) if lines and by_word_end(lines[0]) and is_credit(lines[0]) else []


def _breaks(lines: list[str], at: int) -> list[Replacement]:
    """Return what makes blank lines of the breaks between `lines`, the first of which begins at `at`."""
    out = []
    for line in lines[:-1]:
        at += len(line)
        out.append(Replacement(at, at + 1, "\n\n", "paragraph"))
        at += 1
    return out


def part_wide_head(draft: Draft) -> None:
    """Set a blank line where white space parts the headline from the rest of its line.

    A wide gap is where two elements of a page met; one space will do where a date with an end of
    its own, or a credit, follows. It has to be seen before spaces are mended.
    """
    text = draft.text
    start = len(text) - len(text.lstrip())
    line_end = text.find("\n", start)
    line_end = len(text) if line_end < 0 else line_end
    if not _may_hold_gap(text[start : min(line_end, start + MAX_TITLE_CHARS)]):
        return
    for match in _GAP.finditer(text, start, min(line_end, start + MAX_TITLE_CHARS)):
        head, at = text[start : match.start()], match.end()
        if next(seams(text, start, at), None) is not None:
            return
        words = len(head.split())
        if words < 2 or head.endswith(("-", "–", "—", "&", "/", "|")):
            continue
        is_wide = len(match[0]) > 1 or match[0] == "\t"
        if (
            may_be_title(head)
            and not head.endswith((".", ",", "…"))
            and not (words > MAX_QUESTION_WORDS and _has_sentence_end(head))
            and _begins_field(text, match.start(), at, line_end)
        ):
            draft.apply([Replacement(match.start(), at, "\n\n", "title")])
            return
        if is_wide:
            return  # the line is ragged: its wide gaps part nothing


def _begins_field(text: str, before: int, at: int, line_end: int) -> bool:
    """Whether a field begins behind the gap from `before` to `at`: a wider one needs fewer other cues."""
    gap = text[before:at]
    is_double = len(gap) > 1 or gap == "\t"
    is_wide = len(gap) > 2 or "\t" in gap
    head = text[:before]
    goes_on = last_word(head) in STARTERS
    if by_word_end(text, at) > at:
        return is_double or _is_closed_credit(text, at, line_end)
    date = date_end(text, at)
    if date > at and ((is_double and not goes_on) or _is_set_apart(text, before, at, date, line_end)):
        return True
    if text[at].isupper() and not goes_on and at < credit_end(text, at, line_end, is_certain=True) < line_end:
        return True
    if is_wide and not goes_on and not text[at].islower():
        return text[at].isalpha() or text[at] in OPENERS or len(head.split()) > _MIN_WIDE_WORDS
    if is_double and not goes_on and text[at].isupper():
        return True
    return (
        gap == "\xa0"
        and first_word(text, at) in STARTERS
        and len(head.split()) > _MIN_WIDE_WORDS
        and line_end - at > MAX_LABEL_CHARS
    )


def _is_closed_credit(text: str, at: int, line_end: int) -> bool:
    """Whether a credit one space behind the headline ends in its line; `von` is part of many headlines."""
    end = credit_end(text, at, line_end)
    return at < end < line_end and (text[at].isupper() or _IS_DATED.search(text, at, end) is not None)


def _is_set_apart(text: str, before: int, start: int, end: int, line_end: int) -> bool:
    """Whether a date one space behind the headline is no part of it: it has a year, and an end of its own."""
    return (
        _IS_DATED.search(text, start, end) is not None
        and end < line_end
        and (
            text[end].isalpha()
            or text[end : end + 2].isspace()
            or text[end : end + 2].strip() in tuple("|·•–-")
        )
        and (text[start].isalpha() or last_word(text[:before]) not in STARTERS)
        and date_end(text, text.rfind(" ", 0, before) + 1) < end  # no `Saturday` before it
    )


_IS_DATED = re.compile(r"\d{4}|\d[:.]\d\d|\d/\d")


_DATE_SIGN = re.compile(
    r"\d(?<=[ ].)(?:\d?(?:[./-]\d|(?:[.º]|th|st|nd|rd)?[ ](?:[A-Z]|de[ ])|,?[ ](?:19|20)\d\d)|\d{3}[-.年/])"
)
_DIGIT = re.compile(r"\d")
_GLUED_FIGURE = re.compile(r"\d(?<=[a-zß-ÿ].)\d?[./ ]")


def _may_hold_gap(line: str) -> bool:
    """Whether a headline may end at white space in `line`: a few cheap looks that miss none."""
    return (
        "  " in line
        or "\t" in line
        or "\xa0" in line
        or " By " in line
        or " Von " in line
        or " von " in line
        or " Par " in line
        or " Por " in line
        or (
            _DIGIT.search(line) is not None
            and (_DATE_SIGN.search(line) is not None or _GLUED_FIGURE.search(line) is not None)
        )
    )


_GAP = re.compile(
    r"""
    (?<=\S)
    (?: [ \t\xa0]{2,} | \t | \xa0 (?=[A-Z])
      | [ \xa0] (?= \d | [A-Z][a-zä]{2,9}\.?[ ]\d | (?:By|Von|von|Par|Por)[ ][A-Z]
                  | (?:[A-ZÀ-Þ][a-zß-ÿ]+[ ]){1,2}[A-ZÀ-Þ][a-zß-ÿ]+\d{1,2}[./ ]
                  | (?:Veröffentlicht|Published|Posted|Updated|Aktualisiert)\b )
    )
    (?=\S)
    """,
    re.VERBOSE,
)


def _head_borders(text: str, titles: list[str], known_byline: str | None) -> list[Replacement]:
    """Return the borders to set in a head whose title, credit and date are glued."""
    borders: dict[int, str] = {}
    line_end = text.find("\n\n")
    if line_end < 0:
        line_end = len(text)
    if (
        not titles
        and known_byline is None
        and opens_body(text[:line_end])
        and not may_be_glued(text, min(line_end, MAX_TITLE_CHARS))
    ):
        return []
    at = 0
    title_end = _title_end(text, line_end, titles, known_byline)
    if title_end:
        borders[title_end] = "title"
        at = title_end
    elif is_byline(text[:line_end], False) or (
        by_word_end(text) and _credit_end(text, 0, line_end, known_byline)
    ):
        pass
    elif not is_title(
        [text[:line_end], text[line_end + 2 : line_end + 2 + MAX_TITLE_CHARS].partition("\n\n")[0]], 0
    ):
        return []
    else:
        at = min(line_end + 2, len(text))
    for _ in range(MAX_HEAD_PARTS):
        if at >= min(len(text), _MAX_HEAD_CHARS):
            break
        line_end = text.find("\n\n", at)
        if line_end < 0:
            line_end = len(text)
        wire = at + dateline_end(text[at : at + _MAX_DATELINE_CHARS])
        if at < wire and next(seams(text, at, wire), None) is None:
            break
        if at < line_end == credit_end(text, at, line_end):
            at = line_end + 2
            continue
        end = _credit_end(text, at, line_end, known_byline)
        if end:
            borders.setdefault(end, "byline")
            at = end
            continue
        end = date_end(text, at)
        if at < end < line_end and not text[end].isspace() and not _GOES_ON.match(text, end):
            borders.setdefault(end, "dateline")
            at = end
            continue
        begin = _credit_inside(text, at, line_end, known_byline)
        if begin:
            borders.setdefault(begin, "byline")
            at = begin
            continue
        if is_prose(text[at:line_end]) and line_end - at > MAX_TITLE_CHARS:
            break
        at = line_end + 2
    return [
        Replacement(at - (text[at - 1] == " "), at + (text[at] == " "), "\n\n", rule)
        for at, rule in sorted(borders.items())
        if 0 < at < len(text) and text[at - 1] != "\n" != text[at] and not combining(text[at])
    ]


def _title_end(text: str, line_end: int, titles: list[str], known_byline: str | None) -> int:
    """Return where a headline ends that runs on in the first line, or 0."""
    limit = min(line_end, MAX_TITLE_CHARS)
    if titles:
        return _known_title_end(text, line_end, titles)
    again = _said_again(text, limit) or _known_byline_start(text, limit, known_byline)
    if again:
        return again
    for at in seams(text, 0, limit):
        head = text[:at]
        words = len(head.split())
        if words > MAX_TITLE_WORDS:
            break
        if _runs_into_credit(text, at, line_end, known_byline) or (
            text[at - 1] in "?!" and by_word_end(text, at) > at
        ):
            if words >= 2:
                return at
            continue
        before = text[at - 1]
        mark = end_mark(head)
        if (before in ENDS and before not in "?!") or (before in CLOSERS and mark in ENDS):
            return 0
        if (
            text[at].islower()
            or not any(char.isalpha() for char in head)
            or date_end(head) == at
            or breaks_off(head)
        ):
            continue
        rest = text[at:line_end]
        if len(rest) < MAX_TITLE_CHARS and not is_prose(rest) and len(rest.split()) < MIN_STANDFIRST_WORDS:
            continue  # a short line is a headline as it stands, unless a credit follows
        if before in "?!":
            return at if words <= MAX_QUESTION_WORDS and not _has_sentence_end(head[:-1]) else 0
        if words < 2 or (words > MAX_QUESTION_WORDS and _has_sentence_end(head)) or text[at].isdigit():
            continue
        if not before.isalnum() or are_two_words(text, at) or _stands_further_down(text, at):
            return at
    return 0


def _stands_further_down(text: str, at: int) -> bool:
    """Whether the headline that would end at `at` is said again below, with something else behind it.

    The same behind it is another copy of the whole, or how a word with a capital inside is written.
    """
    head = text[:at]
    again = text.find(head, at, at + _MAX_BELOW_CHARS) if at >= _MIN_SAID_CHARS else -1
    return (
        again >= 0 and text[again + at : again + 2 * at][:_MIN_SAID_CHARS] != text[at : at + _MIN_SAID_CHARS]
    )


def _runs_into_credit(text: str, at: int, line_end: int, known_byline: str | None) -> bool:
    """Whether a credit or a date begins at `at`."""
    return (
        (known_byline is not None and text.startswith(known_byline, at))
        or _credit_end(text, at, line_end, known_byline) > 0
        or is_credit(text[at:line_end])
        or date_end(text, at) > at
        or dateline_end(text[at : at + _MAX_DATELINE_CHARS]) > 0
        or (text[at:line_end].isupper() and at > line_end - _MAX_INITIALS)
    )


def _has_sentence_end(head: str) -> bool:
    return any(f"{mark} " in head for mark in ".!?")


def _said_again(text: str, limit: int) -> int:
    """Return where a headline ends that stands a second time directly behind itself, or 0."""
    if limit < 12 or not any(char.isalpha() for char in text[:10]):
        return 0
    at = text.find(text[:10], 10, limit + 10)
    while at > 0:
        if text.startswith(text[:at], at) and (at >= 12):
            return at if not text[at - 1].isspace() else 0
        at = text.find(text[:10], at + 1, limit + 10)
    return 0


def _known_byline_start(text: str, limit: int, known_byline: str | None) -> int:
    """Return where the byline that the caller knows begins, glued to a headline, or 0."""
    at = text.find(known_byline, 1, limit + len(known_byline)) if known_byline else -1
    if at < 0 or known_byline is None or text[at - 1].isspace():
        return 0
    following = text[at + len(known_byline) : at + len(known_byline) + 1]
    return at if may_be_title(text[:at]) and not following.islower() else 0


def _known_title_end(text: str, line_end: int, titles: list[str]) -> int:
    """Return where the title that the caller knows ends in the first line, or 0."""
    for title in titles:
        if text.startswith(title) and len(title) < line_end:
            following = text[len(title)]
            return len(title) if not following.isspace() and not _is_title_inside(text, len(title)) else 0
    longest = max(map(len, titles))
    best, best_ratio = 0, float(MIN_KNOWN_RATIO)
    for at in seams(text, 0, min(line_end, longest + longest // 4 + 8)):
        if at < longest // 3:
            continue
        ratio = max(fuzz.ratio(folded(text[:at]), folded(title)) for title in titles)
        if ratio > best_ratio:
            best, best_ratio = at, ratio
    return best


def _is_title_inside(text: str, at: int) -> bool:
    """Whether the known title ends within a word of the text: `Storm` of `Stormy weather`."""
    return at < _MIN_KNOWN_CHARS and text[at].islower() and text[at - 1].isalpha()


def _credit_end(text: str, start: int, line_end: int, known_byline: str | None) -> int:
    """Return where a credit ends that begins at `start` and runs into what follows, or 0."""
    if known_byline and text.startswith(known_byline, start):
        end = start + len(known_byline)
        return end if end < line_end and not text[end].isspace() else 0
    if start >= line_end:
        return 0
    match = OUTLET.match(text, start, line_end)
    if match and match.end() < line_end:
        return int(match.end())
    is_named = by_word_end(text, start) > start
    if (
        not is_named
        and not (text[start].isupper() or text[start] in "@文记記" or text.startswith(SMALL_AGENCIES, start))
        and not HANGUL.match(text, start)
    ):
        return 0
    end = credit_end(text, start, line_end)
    if start < end < line_end and not (
        text[end].isalpha() and text[end - 1].isalpha() and is_inside_word(text, end)
    ):
        return end
    for at in islice(seams(text, start, min(line_end, start + _MAX_CREDIT_CHARS)), _MAX_TRIES):
        if at < line_end and is_credit(text[start:at], is_glued=start > 0):
            return at
    if is_named or HANGUL.match(text, start):
        match = _NAMES_THEN_DATE.match(text, start, line_end)
        if match:
            return int(match.end())
    return 0


_NAMES_THEN_DATE = regex.compile(
    r"[\p{Hangul}]{2,4}[ ]?(?:기자|특파원)(?:[ ]외[ ]\d+명)?(?=\S)", regex.VERBOSE | regex.V1
)


_GOES_ON = re.compile(r"[,;:)]?[ ][^\W\d_A-Z]|[.)]")  # `on April 30, said`


_TRAILING = " |,;·•/"


_INNER_START = regex.compile(
    r"(?<=[.!?…”\"»)][ ])(?=\p{Lu}|\d)|(?<=[ ])(?=(?:By|BY|Von|VON|Por|Par|Di|Door)[ ]\p{Lu})", regex.V1
)


def _credit_inside(text: str, start: int, line_end: int, known_byline: str | None) -> int:
    """Return where, inside a line, a credit begins that nothing but a seam or a space sets apart, or 0."""
    limit = min(line_end, start + _MAX_STANDFIRST_CHARS)
    starts: set[int] = {match.start() for match in _INNER_START.finditer(text, start + 1, limit)}
    starts.update(seams(text, start, limit))
    for at in sorted(starts):
        if known_byline and text.startswith(known_byline, at):
            return at
        end = credit_end(text, at, line_end)
        if (
            end > at
            and not text[end:line_end].strip(_TRAILING)
            and date_end(text, line_end + 2) > line_end + 2
        ):
            return at
        if end > at and credit_end(text, at, line_end, is_certain=True) > at:
            return at
    return 0
