"""Headline, byline, dateline, standfirst: read off the parts of a clean text.

Cues, not guesses: where they do not suffice a line stays in the body.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from rapidfuzz import fuzz

from dedupe_news.text.breaks import CLOSERS, ENDS
from dedupe_news.text.credits import by_word_end, credit_end, is_credit
from dedupe_news.text.dates import date_end, dateline_end, time_end
from dedupe_news.text.seams import is_caseless


class Structure(NamedTuple):
    """The fields of an article, all of them slices of one text."""

    title: str | None
    byline: str | None
    dateline: str | None
    standfirst: str | None
    paragraphs: tuple[str, ...]


MAX_TITLE_CHARS = 250
MAX_TITLE_WORDS = 40
_MIN_LONE_WORDS = 2
MAX_LABEL_CHARS = 12
_MAX_LONE_CHARS = 200
_MAX_KICKER_WORDS = 3
MAX_QUESTION_WORDS = 18  # a headline that asks or calls
_MAX_SENTENCE_WORDS = 12  # one that ends in a full stop
MAX_HEAD_PARTS = 14
MIN_STANDFIRST_WORDS = 4
_MAX_STANDFIRST_WORDS = 60
_MAX_STANDFIRST_PARTS = 2
MAX_BY_WORD_CHARS = 24
_MIN_PROSE_WORDS = 8
_MIN_PROSE_CHARS = 25  # where words are not spaced
MIN_KNOWN_RATIO = 92


# Behind the title a page's head has the publisher's name: `Storm hits coast - The Daily`.
_PUBLISHER = re.compile(r"[ ](?:[-–—|·:»]|::)[ ][^-–—|·]{2,60}\Z")


def read_structure(text: str, known_title: str | None, known_byline: str | None) -> Structure:
    """Return the fields of a clean text.

    The title is the first part with the shape of a headline: it ends no sentence, unless a credit or
    a date below it shows that it stands in a head. Credits and dates below it, above it or behind a
    standfirst are byline and dateline; a standfirst stands between the title and a credit, or before
    the first sentence. What else is there (kickers, share buttons, captions) stays in the body, in
    its place. A headline and a first paragraph that look alike cannot be told apart: Thai has no full
    stops, and a body may begin with a short question.

    Parameters
    ----------
    text : str
        With its paragraphs, and the fields of its head, parted by blank lines.
    known_title, known_byline : str or None
        What the caller has from elsewhere; they help to find the same words in the text, and
        stand in for what it does not hold.
    """
    parts = text.split("\n\n") if text else []
    return _fields(parts, title_forms(known_title), known_title, known_byline)


def title_forms(title: str | None) -> list[str]:
    """Return a title, and the same without the publisher's name behind it."""
    if not title or not title.strip():
        return []
    whole = " ".join(title.split())
    bare = _PUBLISHER.sub("", whole)
    return [whole] if bare == whole else [whole, bare]


def opens_body(line: str) -> bool:
    """Whether a first line is plainly the first paragraph of an article without a head: most are."""
    return (
        line.count(" ") >= _MAX_SENTENCE_WORDS
        and end_mark(line) in _STOPS
        and by_word_end(line) == 0
        and date_end(line) == 0
    )


def folded(title: str) -> str:
    """Return a title without what pages set differently: case, spaces, the shape of quotes and dashes."""
    return " ".join(title.casefold().split()).translate(_PLAIN)


_PLAIN = str.maketrans("’‘“”„«»–—", '\'\'"""""--')


def _fields(
    parts: list[str], titles: list[str], known_title: str | None, known_byline: str | None
) -> Structure:
    """Read the head off the first parts; what is none of its fields stays in the body, in its place."""
    if parts and not titles and known_byline is None and opens_body(parts[0]):
        end = dateline_end(parts[0])
        if not 0 < end < len(parts[0]):
            return Structure(known_title, None, None, None, tuple(parts))
        return Structure(known_title, None, parts[0][:end], None, (parts[0][end:].lstrip(" "), *parts[1:]))
    title_at = _title_at(parts, titles, known_byline)
    spans = _head_spans(parts, title_at, known_byline)
    if title_at >= 0:
        spans["title"] = (title_at, title_at + 1)
    taken = {k for low, high in spans.values() for k in range(low, high)}
    for name in ("standfirst", "dateline", "byline"):
        if len(taken) == len(parts) and name in spans:  # an article has a body
            taken -= set(range(*spans.pop(name)))
    fields = {name: "\n\n".join(parts[low:high]) for name, (low, high) in spans.items()}
    body = [part for k, part in enumerate(parts) if k not in taken]
    if body:
        end = dateline_end(body[0])
        first = next(k for k in range(len(parts)) if k not in taken)
        follows_date = "dateline" in spans and spans["dateline"][1] == first
        if 0 < end < len(body[0]) and ("dateline" not in spans or follows_date):
            wire = body[0][:end]
            fields["dateline"] = f"{fields['dateline']}\n\n{wire}" if follows_date else wire
            body[0] = body[0][end:].lstrip(" ")
    return Structure(
        fields.get("title", known_title),
        fields.get("byline", known_byline),
        fields.get("dateline"),
        fields.get("standfirst"),
        tuple(body),
    )


def _head_spans(parts: list[str], title_at: int, known_byline: str | None) -> dict[str, tuple[int, int]]:
    """Return which parts are byline, dateline and standfirst.

    Credits and dates stand side by side: a block whose first part is above or below the headline, or
    behind a standfirst. Up to the last credit it is the byline, what is left of it the date.
    """
    spans: dict[str, tuple[int, int]] = {}
    has_title = title_at >= 0
    for start in range(title_at + 1, title_at + 2 + _MAX_STANDFIRST_PARTS) if has_title else range(1):
        if start > title_at + 1 and not _may_be_standfirst("".join(parts[start - 1 : start])):
            break
        low, high, last_credit = start, start, -1
        is_named = has_date = False
        while high < min(len(parts), start + MAX_HEAD_PARTS):
            part = parts[high]
            following = parts[high + 1] if high + 1 < len(parts) else ""
            if part == known_byline or is_byline(part, has_title, _ends_head(following)):
                if has_date and is_named and by_word_end(part) == 0:
                    break  # behind `By Jane Doe` and a date another name is a heading
                is_named = is_named or by_word_end(part) > 0
                last_credit = high + 1
            elif _is_split_byline(parts, high):
                high += 1
                is_named = True
                last_credit = high + 1
            elif is_date(part):
                has_date = True
            elif not (low < high and _is_between(part, following)):
                break
            high += 1
        if low < high and (start == title_at + 1 or _is_certain_byline(parts[low:high], known_byline)):
            if last_credit > 0:
                spans["byline"] = (low, last_credit)
                low = last_credit
            if low < high:
                spans["dateline"] = (low, high)
            break
    first = max((high for _, high in spans.values()), default=title_at + 1)
    inner = min((low for low, _ in spans.values()), default=first)
    if has_title and inner > title_at + 1:
        spans["standfirst"] = (title_at + 1, inner)
    elif has_title and first + 1 < len(parts) and _is_standfirst(parts[first], parts[first + 1]):
        spans["standfirst"] = (first, first + 1)
    return spans


def _may_be_standfirst(part: str) -> bool:
    """Whether a part between headline and credit may be a standfirst: labels and buttons are shorter."""
    return MIN_STANDFIRST_WORDS <= len(part.split()) <= _MAX_STANDFIRST_WORDS


def is_date(part: str) -> bool:
    """Whether a part is a date, perhaps with a time and marks behind it, or several, and nothing else."""
    at, end = 0, date_end(part)
    while end > at:
        at = len(part) - len(part[end:].lstrip(_DATE_TAIL))
        end = date_end(part, at)
    return 0 < at == len(part)


_DATE_TAIL = " |/·•,:;-–—"


def _is_between(part: str, following: str) -> bool:
    """Whether a part within a head is a time, or a mark such as `|` with another line of the head below."""
    if time_end(part) == len(part) > 0:
        return True
    is_mark = 0 < len(part) <= _MAX_MARK_CHARS and not any(char.isalnum() for char in part)
    return is_mark and (
        is_date(following) or is_credit(following) or by_word_end(f"{following} ") > len(following)
    )


_MAX_MARK_CHARS = 3


def _ends_head(part: str) -> bool:
    """Whether what stands above is the last line of the head: a single word there may be a credit."""
    return is_prose(part) or date_end(part) > 0


def _is_certain_byline(block: list[str], known_byline: str | None) -> bool:
    """Whether a block that does not follow the headline is a credit for certain."""
    return bool(block) and (
        known_byline in block
        or any(by_word_end(f"{part} ") > 0 or date_end(part) > 0 for part in block)
        or credit_end(block[0], 0, len(block[0]), is_certain=True) > 0
    )


def _is_split_byline(parts: list[str], at: int) -> bool:
    """Whether a part is a by-word alone, and the next one names."""
    return (
        at + 1 < len(parts)
        and len(parts[at]) <= MAX_BY_WORD_CHARS
        and by_word_end(parts[at] + " ") == len(parts[at]) + 1
        and is_credit(f"By {parts[at + 1]}")
    )


def is_byline(part: str, has_title: bool, ends_head: bool = False) -> bool:
    """Whether a part is a credit: without a headline above it, only with a by-word."""
    if not has_title:
        return by_word_end(part) > 0 and is_credit(part)
    return is_credit(part, is_glued=ends_head)


def _title_at(parts: list[str], titles: list[str], known_byline: str | None) -> int:
    """Return which part is the headline, or -1."""
    head = parts[:MAX_HEAD_PARTS]
    if titles:
        best, best_ratio = -1, float(MIN_KNOWN_RATIO)
        for number, part in enumerate(head):
            if len(part) <= MAX_TITLE_CHARS * 2:
                ratio = max(fuzz.ratio(folded(part), folded(title)) for title in titles)
                if ratio > best_ratio:
                    best, best_ratio = number, ratio
        return best
    for number, part in enumerate(head[:4]):
        if part == known_byline or is_byline(part, False) or date_end(part) == len(part):
            continue
        if part.endswith(_KICKER_ENDS) and len(part.split()) <= _MAX_KICKER_WORDS:
            continue
        return number if is_title(parts, number) else -1
    return -1


_KICKER_ENDS = (" |", " »", " /", " ›", ":")


def may_be_title(line: str) -> bool:
    """Whether a line has the shape of a headline."""
    return (
        "\n" not in line
        and 2 <= len(line) <= MAX_TITLE_CHARS
        and len(line.split()) <= MAX_TITLE_WORDS
        and end_mark(line) not in tuple("。:;,：；，")
        and any(char.isalpha() for char in line)
        and not breaks_off(line)
    )


# Words that a headline does not end in: where a line does, it goes on in the next.
_OPEN_ENDS = frozenset(
    re.findall(
        r"\S+",
        """
        the a and or of und oder eine einer eines el los las un una unos unas y les une du des et gli e uma ou
        och og и или або
        """,
    )
)


_INNER_END = re.compile(r"\w{3}[.!?] [^\W\d_]{2}")


def breaks_off(line: str) -> bool:
    """Whether a line ends where no headline does: in an article or an `and`, or within a quotation.

    Prepositions are not among these words: headlines end in them (`… to look forward to`), and German
    ones in parts of verbs (`… zieht ein`).
    """
    if line[line.rfind(" ") + 1 :] in _OPEN_ENDS:  # in this case: `Vitamin A`, `Plan E`
        return True
    if '"' in line and line.count('"') % 2:
        return True
    return "“" in line and "„" not in line and line.rfind("“") > line.rfind("”")


def is_title(parts: list[str], at: int) -> bool:
    """Whether the part at `at` is a headline, judged by its shape and by what stands below it.

    A sentence that goes on below is none, nor is one word above another, as in a menu. A line that
    asks or calls may be one; with a full stop only a short one, or one above a credit or a date.
    """
    line = parts[at]
    if at + 1 == len(parts):
        return at == 0 and _is_lone_title(line)
    if not may_be_title(line):
        return False
    words = len(line.split())
    mark = end_mark(line)
    following = parts[at + 1]
    if (
        following[:1].islower()
        and (is_prose(following) or _INNER_END.search(following))
        and by_word_end(following) == 0
    ):
        return False  # a sentence goes on
    if mark in tuple("!…！"):
        return words <= _MAX_SENTENCE_WORDS
    if mark in tuple("?？؟"):
        return words <= MAX_TITLE_WORDS
    if (
        mark and mark in ENDS and not line.endswith((" Co.", " Inc.", " Ltd.", " Corp."))
    ):  # a sentence, unless what follows shows that it stands in a head
        is_head = (is_credit(following) and not following.isupper()) or date_end(following) > 0
        return is_head or (
            words <= _MAX_SENTENCE_WORDS
            and not any(end_mark(part) in ENDS for part in parts[at + 1 : at + 3])
        )
    longest = max(line, following, key=len)
    return len(longest) > _label_chars(longest)  # one short word above another: a menu


def _label_chars(line: str) -> int:
    """Return how long a word of a menu may be; a Chinese one has a few letters."""
    return MAX_LABEL_CHARS if line.isascii() or not is_caseless(line[0]) else MAX_LABEL_CHARS // 3


def end_mark(line: str) -> str:
    """Return the last character of a line but for quotes and brackets that close behind it."""
    line = line.rstrip(_TRAILING_QUOTES)
    return "…" if line.endswith("...") else line[-1:]


_STOPS = ENDS.translate(str.maketrans("", "", "?？؟"))
_TRAILING_QUOTES = CLOSERS + "«“„‘"


def _is_lone_title(line: str) -> bool:
    """Whether a text of one line is a headline without an article."""
    return (
        may_be_title(line)
        and _MIN_LONE_WORDS <= len(line.split()) <= MAX_TITLE_WORDS
        and len(line)
        <= (_MAX_LONE_CHARS if line.isascii() or not is_caseless(line[0]) else _MAX_LONE_CHARS // 3)
        and end_mark(line) != "."
    )


def _is_standfirst(line: str, following: str) -> bool:
    return (
        "\n" not in line
        and MIN_STANDFIRST_WORDS <= len(line.split()) <= _MAX_STANDFIRST_WORDS
        and end_mark(line) not in ENDS + ":;,"
        and is_prose(following)
    )


def is_prose(part: str) -> bool:
    """Whether a part holds a sentence that ends: eight words or more, or as much where none are spaced."""
    if not part or end_mark(part) not in ENDS:
        return False
    return len(part.split()) >= _MIN_PROSE_WORDS or (len(part) >= _MIN_PROSE_CHARS and not part[:8].isascii())
