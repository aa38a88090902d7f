"""Headline, byline, dateline, standfirst: the head of an article.

Cues, not guesses: where they do not suffice a line stays in the body.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dedupe_news.text.breaks import CLOSERS, ENDS, OPENERS
from dedupe_news.text.spans import Draft, Replacement


@dataclass(frozen=True, slots=True)
class Structure:
    """The fields of an article, all of them slices of one text."""

    title: str | None
    byline: str | None
    dateline: str | None
    standfirst: str | None
    paragraphs: tuple[str, ...]


_NAME = r"(?:(?:Mc|Mac|O['’]|D['’]|Di|De|Van|Le|La)?[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ'’-]+|[A-Z]\.)"
_NAMES = rf"{_NAME}(?:[ ](?:(?:van|von|de|der|den|da|di|la|le|bin|al)[ ]){{0,2}}{_NAME}){{0,4}}"
_BY = r"(?:[Bb]y|BY|Von|Por|Par|Di|Door|Af|Av)"
_CAPITALS = r"[A-Z][A-Z.'-]+(?:[ ][A-Z][A-Z.'-]*){0,4}/[A-Z][A-Za-z.]+(?:[ ][A-Z][A-Za-z.]+){0,3}"
_ROLE = r"(?:correspondent|editor|reporter|writers?|staff|Korrespondent(?:in)?|Redakteur(?:in)?)"

# A line that is nothing but a credit.
_BYLINE = re.compile(
    rf"""
    (?: {_BY}[ ]{_NAMES} (?: (?:,[ ]|[ ]and[ ]|[ ]&[ ]|[ ]und[ ]|[ ]y[ ]|[ ]et[ ]) {_NAMES} ){{0,4}}
        (?: (?:,[ ]|[ ]\|[ ]|[ ]-[ ]|[ ]in[ ]) [^.!?\n]{{2,60}} )?
      | {_NAMES},[ ][^.!?\n]{{0,40}}{_ROLE}
      | {_CAPITALS}
    )
    \Z
    """,
    re.VERBOSE,
)
# A credit that is glued to the headline, and perhaps to the body behind it.
_GLUED_CREDIT = re.compile(
    rf"""
    (?<= [a-z0-9?!'"”’)])                       # the headline ends; nothing parts them
    (?: (?: By | BY )[ ]{_NAMES} (?: (?:[ ]and[ ]|,[ ]) {_NAMES} ){{0,3}} (?= [\n"“‘A-Z] | \Z )
      | {_CAPITALS} (?= \n | \Z )
    )
    """,
    re.VERBOSE,
)
_DATELINE = re.compile(
    r"""
    [A-ZÀ-Þ][A-ZÀ-Þ'. /-]{1,40}                # capitals: prose is never a dateline
    (?: , [ ] [^()\n]{1,20} )?                 # the day, or the country
    [ ]? \( (?: AFP|AP|Reuters|Xinhua|ANSA|dpa|EFE|PTI|TASS|IANS|UPI|CNN|PA ) \)
    [ ]? [-–—]{1,2} (?= [ ])
    """,
    re.VERBOSE,
)
# Behind the title a page's head has the publisher's name: `Storm hits coast - The Daily`.
_PUBLISHER = re.compile(r"[ ](?:[-–—|·:»]|::)[ ][^-–—|·]{2,60}\Z")
_MAX_HEAD_CHARS = 400
_MAX_TITLE_CHARS = 200
_MAX_TITLE_WORDS = 30
_MAX_STANDFIRST_WORDS = 60


def part_head(draft: Draft, known_title: str | None) -> None:
    """Set apart by a blank line the fields that run on in the head of `draft`."""
    draft.apply(_glued_head(draft.text, _title_forms(known_title)))


def read_structure(text: str, known_title: str | None, known_byline: str | None) -> Structure:
    """Return the fields of a clean text.

    Parameters
    ----------
    text : str
        With its paragraphs, and the fields of its head, parted by blank lines.
    known_title, known_byline : str or None
        What the caller has from elsewhere; they help to find the same words in the text, and
        stand in for what it does not hold.
    """
    parts = text.split("\n\n") if text else []
    return _fields(parts, _title_forms(known_title), known_title, known_byline)


def _title_forms(title: str | None) -> list[str]:
    """Return a title, and the same without the publisher's name behind it."""
    if not title or not title.strip():
        return []
    whole = " ".join(title.split())
    bare = _PUBLISHER.sub("", whole)
    return [whole] if bare == whole else [whole, bare]


def _glued_head(text: str, titles: list[str]) -> list[Replacement]:
    """Return the borders to set in a head whose title and credit are glued."""
    first_line_end = text.find("\n\n")
    if first_line_end < 0:
        first_line_end = len(text)
    borders: dict[int, str] = {}
    for title in titles:
        following = text[len(title) : len(title) + 1]
        if (
            len(title) >= 8
            and text.startswith(title)
            and (following.isalnum() or following in tuple(OPENERS))
        ):
            borders[len(title)] = "title"
            break
    match = _GLUED_CREDIT.search(text, 0, min(first_line_end, _MAX_HEAD_CHARS))
    if match and match.start() <= _MAX_TITLE_CHARS:
        borders |= {match.start(): "byline", match.end(): "byline"}
    return [
        Replacement(at, at, "\n\n", rule)
        for at, rule in sorted(borders.items())
        if 0 < at < len(text) and text[at - 1] != "\n" != text[at]
    ]


def _fields(
    parts: list[str], titles: list[str], known_title: str | None, known_byline: str | None
) -> Structure:
    """Read the head off the first parts: byline and title in either order, then the standfirst."""
    title = byline = dateline = standfirst = None
    at = 0
    while at < len(parts) - 1:
        part = parts[at]
        if byline is None and (part == known_byline or _is_byline(part)):
            byline = part
        elif title is None and (part in titles or (not titles and at <= 1 and _is_title(parts[at:]))):
            title = part
        elif title is not None and standfirst is None and _is_standfirst(part, parts[at + 1]):
            standfirst = part
        else:
            break
        at += 1
    body = parts[at:]
    if body:
        match = _DATELINE.match(body[0])
        if match:
            dateline = match[0]
            body[0] = body[0][match.end() :].lstrip(" ")
    return Structure(title or known_title, byline or known_byline, dateline, standfirst, tuple(body))


def _is_byline(part: str) -> bool:
    return len(part) <= _MAX_TITLE_CHARS and _BYLINE.match(part) is not None


def _is_title(parts: list[str]) -> bool:
    line = parts[0]
    if (
        "\n" in line
        or not 8 <= len(line) <= _MAX_TITLE_CHARS
        or not 2 <= len(line.split()) <= _MAX_TITLE_WORDS
    ):
        return False
    if line.rstrip(CLOSERS)[-1:] in ".!…。:;," or not (line[0].isalnum() or line[0] in "\"'“‘«¿¡"):
        return False
    return not parts[1][0].islower() and any(_is_prose(part) for part in parts[1:4])


def _is_standfirst(line: str, following: str) -> bool:
    return (
        "\n" not in line
        and 4 <= len(line.split()) <= _MAX_STANDFIRST_WORDS
        and line.rstrip(CLOSERS)[-1:] not in ENDS + ":;,"
        and _is_prose(following)
    )


def _is_prose(part: str) -> bool:
    return len(part.split()) >= 8 and part.rstrip(CLOSERS)[-1:] in ENDS
