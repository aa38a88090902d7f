"""Edits and the offset map between received and clean text.

A `Draft` is a text on its way from received to clean. Every stage hands it replacements
counted in the text as that stage saw it; the draft keeps them as edits of the received text.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from dedupe_news.article import Edit, Span
from dedupe_news.errors import DedupeNewsError


class Replacement(NamedTuple):
    """Put `after` in place of ``text[start:end]``, because of `rule`."""

    start: int
    end: int
    after: str
    rule: str


@dataclass(slots=True)
class Draft:
    """The received text, the text as it is now, and the replacements that lead there.

    `replacements` are in order, do not overlap, and count in the received text. Those of a
    rule in `skip` are never made.
    """

    received: str
    skip: frozenset[str] = frozenset()
    text: str = field(init=False)
    replacements: list[Replacement] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.text = self.received

    def apply(self, changes: Sequence[Replacement]) -> None:
        """Make `changes`, which are in order, do not overlap, and count in `text` as it is now."""
        if self.skip:
            changes = [change for change in changes if change.rule not in self.skip]
        if not changes:
            return
        self.replacements = _compose(self.received, self.text, self.replacements, changes)
        self.text = replaced(self.text, changes)

    def edits(self) -> tuple[Edit, ...]:
        """Return every change made so far, as edits of the received text."""
        received = self.received
        return tuple(
            [
                _edit(rule, start, end, received[start:end], after)
                for start, end, after, rule in self.replacements
            ]
        )

    def received_spans(self, spans: Sequence[Span]) -> list[Span]:
        """Return where `spans` of the present text stand in the received one.

        A span that begins or ends inside a replacement takes in the whole of it.
        """
        if not self.replacements:
            return list(spans)
        starts: list[int] = []  # of each replacement, in the present text
        shifts = [0]  # received position - present position, behind each replacement
        for start, end, after, _ in self.replacements:
            starts.append(start - shifts[-1])
            shifts.append(shifts[-1] + end - start - len(after))

        def received_char(position: int) -> Span:
            number = bisect_right(starts, position)
            if number:
                change = self.replacements[number - 1]
                if position < starts[number - 1] + len(change.after):
                    return Span(change.start, change.end)
            return Span(position + shifts[number], position + shifts[number] + 1)

        out = []
        for start, end in spans:
            first = received_char(start).start
            out.append(Span(first, received_char(end - 1).end if end > start else first))
        return out


_set_rule, _set_start, _set_end, _set_before, _set_after = (
    getattr(Edit, name).__set__ for name in ("rule", "start", "end", "before", "after")
)


def _edit(rule: str, start: int, end: int, before: str, after: str) -> Edit:
    """Return the edit that `Edit` would return, in half the time.

    The `__init__` of a frozen dataclass looks every field up by its name; an article has thirty
    edits, and there are millions of articles.
    """
    edit = object.__new__(Edit)
    _set_rule(edit, rule)
    _set_start(edit, start)
    _set_end(edit, end)
    _set_before(edit, before)
    _set_after(edit, after)
    return edit


def replaced(text: str, changes: Sequence[Replacement]) -> str:
    """Return `text` with `changes` made; they are in order and do not overlap.

    >>> replaced("month－the", [Replacement(5, 6, "—", "dash")])
    'month—the'
    """
    pieces: list[str] = []
    at = 0
    for start, end, after, rule in changes:
        if start < at or end < start:
            raise DedupeNewsError(
                f"rule {rule!r} overlaps the one before it at {start}; please report this text"
            )
        pieces += (text[at:start], after)
        at = end
    pieces.append(text[at:])
    return "".join(pieces)


def _compose(
    received: str, text: str, first: Sequence[Replacement], second: Sequence[Replacement]
) -> list[Replacement]:
    """Return replacements of `received` that do what `first` and then `second` do.

    `text` is what `first` makes of `received`. Where a second change touches the inside of
    a first one, the two become one replacement under the second's rule.
    """
    if not first:
        return [change for change in second if text[change[0] : change[1]] != change[2]]
    out: list[Replacement] = []
    shift = 0  # received position - text position, behind the last first change passed
    at_first = at_second = one_start = one_end = 0
    while at_second < len(second):
        start, end, after, rule = second[at_second]
        while at_first < len(first):
            one = first[at_first]
            one_start = one[0] - shift
            one_end = one_start + len(one[2])
            if one_end > start:
                break
            out.append(one)
            shift = one[1] - one_end
            at_first += 1
        if at_first == len(first) or not _overlap(one_start, one_end, start, end):
            out.append(Replacement(start + shift, end + shift, after, rule))
            at_second += 1
            continue
        # Overlapping: take in every change of either list that overlaps what is taken so far.
        low, high = min(one_start, start), max(one_end, end)
        low_shift = shift
        inner: list[Replacement] = []
        grown = True
        while grown:
            grown = False
            while at_first < len(first):
                one = first[at_first]
                one_start, one_end = one.start - shift, one.start - shift + len(one.after)
                if not _overlap(one_start, one_end, low, high):
                    break
                high = max(high, one_end)
                shift += one.end - one.start - len(one.after)
                at_first += 1
                grown = True
            while at_second < len(second) and _overlap(
                second[at_second].start, second[at_second].end, low, high
            ):
                inner.append(second[at_second])
                high = max(high, inner[-1].end)
                at_second += 1
                grown = True
        after = replaced(text[low:high], [Replacement(s - low, e - low, a, rule) for s, e, a, rule in inner])
        start, end = low + low_shift, high + shift
        if received[start:end] != after:
            rule = max(inner, key=lambda change: change.end - change.start).rule
            out.append(Replacement(start, end, after, rule))
    out.extend(first[at_first:])
    return [change for change in out if received[change[0] : change[1]] != change[2]]


def _overlap(start: int, end: int, other_start: int, other_end: int) -> bool:
    """Whether two spans share a character, or one that is empty lies strictly inside the other."""
    if start == end:
        return other_start < start < other_end
    if other_start == other_end:
        return start < other_start < end
    return start < other_end and other_start < end
