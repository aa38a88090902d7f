"""Compiled loops, where a process has loaded them; where not, the same is done in Python, number for number.

Loading them takes as long as cleaning some hundred articles, so only who cleans many does it.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

# What a glance has seen: bits, above one bit for each rule of `normalize`.
RUNS_OF_SPACES, ODD_LINES, HYPHENS, TWO_HYPHENS, TWO_DASHES, AMPERSAND = (1 << bit for bit in range(16, 22))
LINES, SINGLE_BREAKS, CASELESS, OPENED, LOWERED, FULL_STOPS, SUSPECTS = (1 << bit for bit in range(22, 29))

# What a character is, as far as a seam depends on it: bits of a table, above one for each rule.
CAPITAL_OR_FIGURE, LOWER, MARK, QUOTE, DASH, SIGN, END, OTHER, LEAD = (1 << bit for bit in range(16, 25))

# What a character of western Europe is for a token: bits of another table.
FIGURE, CAPITAL, SMALL, JOINS_CAPITAL = 1, 2, 4, 8

WHOLE = -1
"""Of stretches that stand twice nothing can be told by heads: the whole text has to be looked at."""

NOT_LATIN = -1
"""There are characters of which the loops that number tokens know nothing."""

# What is known of a place where a run-on may be: nothing yet; a border unless its word is of a few that
# abbreviate; a border if something stands between it and the one before; a border; none, if its word is
# written with a capital inside (`MacLachlan`) and begins no sentence.
LOOK, BEHIND_WORD, BEHIND_QUOTE, SURE, INSIDE_WORD = range(5)
KIND_BITS, LENGTH_BITS = 3, 7
PLACE_BITS = KIND_BITS + 2 * LENGTH_BITS


class Glance(NamedTuple):
    """What one pass over the characters of a text has seen.

    `seen` are bits; `places` are where run-ons may be, each ``position << PLACE_BITS | kind``. Of a place
    inside a word also, above the kind, how long the word is before the capital, and behind it.
    """

    seen: int
    places: list[int]


class Stretch(NamedTuple):
    """A stretch of bytes that also stands `offset` bytes before, and the words that it has."""

    start: int
    end: int
    offset: int
    words: float


class Counted(NamedTuple):
    """The tokens of a text by number, which windows of them stood before, and whether longer ones did."""

    ids: list[int]
    hits: list[tuple[int, int]]
    has_longer: bool


class Loops(Protocol):
    """What compiled loops do for the modules of this room."""

    def find_stretches(self, received: bytes, head_bytes: int) -> list[Stretch] | None:
        """Return what `gate.find_stretches` does."""

    def count_repeats(self, text: str) -> Counted | None:
        """Return what `repeats` asks of the tokens of a text; None if it has letters that are not Latin."""

    def glance(self, text: str) -> Glance:
        """Return what `text` is made of; of a text that was just looked at, without another look."""


at_hand: Loops | None = None
"""The loops, once `load` was called in this process."""


def load() -> None:
    """Load the loops, and let everything in this room use them from now on."""
    global at_hand
    if at_hand is None:
        from dedupe_news.text.compiled import CompiledLoops

        at_hand = CompiledLoops()
