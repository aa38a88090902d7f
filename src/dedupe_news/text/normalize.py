"""Characters: which rules a text needs, and in which order they come.

One scan finds the odd characters of a text; each concerns a few rules, and only those walk the
text. Every rule finds its places and says what should stand there; passes are made until none
finds anything, so the outcome is a fixed point of them all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from dedupe_news.options import CleanOptions
from dedupe_news.text import dashes, encoding, loops, marks, widths
from dedupe_news.text.spans import Draft, Replacement

_MAX_PASSES = 12

Changes = Iterator[tuple[int, int, str]]


class Rule(NamedTuple):
    """How a rule finds its places, and what a text must hold to concern it.

    `chars` is the inside of a character class, `signs` are strings; a text with none of either
    holds nothing for `find`. `option` names the field of `CleanOptions` that `find` also takes.
    """

    find: Callable[..., Changes]
    chars: str = ""
    signs: tuple[str, ...] = ()
    option: str = ""


# The order of work. Encoding comes first, since it can bring forth any character; line ends
# before what is joined across them; widths and spaces before dashes, which look at what stands
# beside them. README.md lists the rules with an example each.
RULES: dict[str, Rule] = {
    "entity": Rule(encoding.find_entities, signs=("&",)),
    "mojibake": Rule(encoding.find_mojibake, encoding.MOJIBAKE_LEADS),
    "control": Rule(encoding.find_controls, "\x13\x14\x18\x19\x1c\x1d\x80-\x9f"),
    "line_break": Rule(marks.find_line_breaks, marks.LINE_BREAK_CHARS),
    "hyphenation": Rule(dashes.find_hyphenation, "\xad\u2010", ("-\n", "- \n")),
    "invisible": Rule(marks.find_invisible, marks.INVISIBLE_CHARS + marks.SELECTOR_CHARS),
    "joiner": Rule(marks.find_joiners, marks.JOINER_CHARS),
    "bidi": Rule(marks.find_bidi, marks.BIDI_CHARS),
    "space": Rule(marks.find_odd_spaces, marks.SPACE_CHARS),
    "kana": Rule(widths.find_half_width_kana, widths.HALF_WIDTH_CHARS),
    "full_width": Rule(widths.find_full_width, widths.FULL_WIDTH_CHARS),
    "ragged_space": Rule(marks.find_ragged_spaces, signs=("  ", " \n", "\n ", "\n\n\n")),
    "dash": Rule(dashes.find_dashes, "\uff0d\u2015", ("--", "——"), option="dash"),
    "quote": Rule(marks.find_quotes, option="quotes"),
}


def rules_by_char() -> dict[str, frozenset[str]]:
    """Return the names of the rules that a character concerns, of each that concerns any."""
    everything = "".join(map(chr, [*range(0x3100), *range(0xFE00, 0x10000)]))
    by_char: dict[str, frozenset[str]] = {}
    for name, rule in RULES.items():
        for char in re.findall(f"[{rule.chars}]", everything) if rule.chars else ():
            by_char[char] = by_char.get(char, frozenset()) | {name}
    return by_char


_CONCERNED = rules_by_char()
_ODD = re.compile(f"[—{''.join(rule.chars for rule in RULES.values())}]")
_PLAIN = bytes(range(0x20, 0x7F)) + b"\n"
_TWO_HYPHENS = re.compile(b"--")
_AT_LINES = ("ragged_space", "hyphenation")
_SPACES = frozenset(["space", "ragged_space"])


def concerned_rules(text: str, options: CleanOptions) -> set[str]:
    """Return the names of the rules that may find something in `text`.

    >>> sorted(concerned_rules("month－the end  of it", CleanOptions()))
    ['dash', 'ragged_space']
    """
    names = set(_glanced_rules(loops.at_hand.glance(text)) if loops.at_hand else _found_rules(text))
    if text[:1].isspace() or text[-1:].isspace():
        names.add("ragged_space")
    if options.quotes != "keep":
        names.add("quote")
    return names.difference(options.skip) if options.skip else names


def _found_rules(text: str) -> set[str]:
    """Return the rules whose characters or signs stand in `text`."""
    names: set[str] = set()  # each sign of the table is looked for in the way that is fastest for it
    # What is left when printable ASCII is taken out of the bytes: far faster than an expression.
    data = text.encode("utf-8", "surrogatepass")
    if left := data.translate(None, _PLAIN):
        is_mostly_ascii = 4 * len(left) < len(data)
        odd = set(left.decode("utf-8", "surrogatepass") if is_mostly_ascii else _ODD.findall(text))
        names.update(*[_CONCERNED[char] for char in odd if char in _CONCERNED])
        if "—" in odd and "——" in text:
            names.add("dash")
        if "space" in names:
            names.add("ragged_space")
    if b"&" in data:
        names.add("entity")
    if _TWO_HYPHENS.search(data):
        names.add("dash")
    if "  " in text:
        names.add("ragged_space")
    if "\n" in text:
        names.update(name for name in _AT_LINES if any(sign in text for sign in RULES[name].signs))
    return names


def _glanced_rules(glance: loops.Glance) -> frozenset[str]:
    """Return the same, as one glance has seen it."""
    return _rules_of(glance.seen & _RULE_BITS)


@cache
def _rules_of(seen: int) -> frozenset[str]:
    names = {name for number, name in enumerate(RULES) if seen >> number & 1}
    if seen & (loops.RUNS_OF_SPACES | loops.ODD_LINES) or "space" in names:
        names.add("ragged_space")
    if seen & loops.HYPHENS:
        names.add("hyphenation")
    if seen & (loops.TWO_HYPHENS | loops.TWO_DASHES):
        names.add("dash")
    if seen & loops.AMPERSAND:
        names.add("entity")
    return frozenset(names)


_RULE_BITS = (1 << 22) - 1  # what is seen beyond concerns paragraphs


def normalize(draft: Draft, options: CleanOptions) -> bool:
    """Mend the characters of `draft`, rule by rule, until no rule finds anything.

    Returns whether nothing is left that any rule would look at, wherever the lines break.
    """
    for _ in range(_MAX_PASSES):
        before = draft.text
        names = concerned_rules(before, options)
        for name in [name for name in RULES if name in names] if names else ():
            rule = RULES[name]
            extra = (getattr(options, rule.option),) if rule.option else ()
            draft.apply([Replacement(*change, name) for change in rule.find(draft.text, *extra)])
        if names <= _SPACES and "\n" not in before:  # plain spaces bring work for no other rule
            return True
        if draft.text is before or draft.text == before:
            return not names
    return False
