"""Glued places: where a paragraph may begin with nothing before it, in letters that have capitals."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterable

from dedupe_news.text.glance import kinds_of

# Letters with case: Latin, Greek, Cyrillic, Armenian; large and small ones alternate in Unicode.
_CASED = [chr(code) for first, last in ((0xC0, 0x586), (0x1E00, 0x1EFF)) for code in range(first, last + 1)]
_RARE_UPPER = "".join(char for char in _CASED if unicodedata.category(char) == "Lu")
_RARE_LOWER = "".join(char for char in _CASED if unicodedata.category(char) == "Ll")
UPPER, LOWER = f"A-Z{_RARE_UPPER}", f"a-z{_RARE_LOWER}"
MARKS = ".!?…։"
QUOTES = "\"'”’»“«„‘‚"
MAX_REST_CHARS = 30

# The same as sets, for the loops.
UPPER_CHARS = frozenset(string.ascii_uppercase + _RARE_UPPER)
LOWER_CHARS = frozenset(string.ascii_lowercase + _RARE_LOWER)
QUOTES_AND_BRACKETS = frozenset(QUOTES + "([¿¡)")
DASHES_AND_BULLETS = frozenset("-–—•«")
WORD_ENDS = frozenset(" ,'’\n")

# One scan, anchored on capitals and figures, which are rare: those with no space before them, or
# with nothing but marks between them and something that has no space before it.
SEAM = re.compile(
    rf"""
    [{UPPER}0-9]
    (?: (?<![ ].)                                          # most have a space before them
        (?: (?<= [{MARKS}] [{UPPER}])                      # said.New
          | (?<= \S [{QUOTES}(\[¿¡)] .)                    # said.”New, percent)The
          | (?<= [{LOWER}0-9:] [{UPPER}])
            (?= [{LOWER}]{{0,{MAX_REST_CHARS}}}+ [ ,'’\n])   # statementThe, 2020The
          | (?<= [^\s\d][{MARKS}] [0-9])                   # campaign.2013 was
        )
      | (?<= [-–—•«][ ].) (?<= \S .. .)                    # said.– And
    )
    (?= (?P<rest> [^\W\d_]{{0,{MAX_REST_CHARS}}}+ ) (?! [(=_@/\\{{] | \.[a-z0-9] ) )   # no code, no address
    """,
    re.VERBOSE,
)
# Where the kinds of characters allow what `SEAM` looks for. Each begins with one plain character, and
# so is found far faster than `SEAM`, which has to look at every character of the text.
_MAYBE_LETTER = re.compile(rb"A(?<=[.?a0:(]A)")
_MAYBE_FIGURE = re.compile(rb"0(?<=[.?(]0)")
_MAYBE_DASH = re.compile(rb"-(?=[ ][A0])")
_RARE_CAPITALS = frozenset(_RARE_UPPER)


def find_glued(text: str, rare: set[str] | None) -> Iterable[int]:
    """Return where `SEAM` may match in `text`, in order, and no place where it does is missing.

    Where every capital is an ASCII one, only the places are looked at that the kinds of characters allow.

    Parameters
    ----------
    rare : set of str or None
        As `glance.rare_chars` returns them.
    """
    if rare is None or not _RARE_CAPITALS.isdisjoint(rare):
        return [match.start() for match in SEAM.finditer(text)]
    kinds = kinds_of(text)
    places = [match.start() for match in _MAYBE_LETTER.finditer(kinds)]
    others = [match.start() for match in _MAYBE_FIGURE.finditer(kinds)]
    others += [match.start() + 2 for match in _MAYBE_DASH.finditer(kinds)]
    for dash in rare.intersection(DASHES_AND_BULLETS):
        at = text.find(dash)
        while at >= 0:
            others.append(at + 2)
            at = text.find(dash, at + 1)
    return sorted(places + others) if others else places
