"""Where one sentence or line ends and the next begins: one rule, used by both ways of cutting.

`repeats` cuts texts into units to see what may be removed; `structure` parts paragraphs that
were glued. Both ask here, so what one calls an end the other does too.
"""

from __future__ import annotations

import re

# Words whose full stop ends no sentence, in the larger languages of the Latin alphabet.
ABBREVIATIONS = frozenset(
    re.findall(
        r"\w+",
        """
        mr mrs ms dr prof st sr jr rev gen col lt sgt capt cmdr adm gov sen rep hon pres supt insp
        mt ft no nos vs etc inc ltd co corp bros eg ie cf al fig vol pp ed eds dept est approx
        jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun
        ave blvd rd hwy ph bsc msc ba ma
        bzw ca evtl ggf usw str nr abs art bd hr fr dipl ing
        mm mme mlle env av sra srta dra ud uds ee uu num pág dott sig avv
        """,
    )
)

ENDS = ".!?…。！？｡"
_FULL_WIDTH_ENDS = "。！？｡"
CLOSERS = "\"'”’»)]」』）】›"
OPENERS = "\"'“‘«([「『（【‹¿¡„‚"


def ends_sentence(gap: str, before: str, after: str) -> bool:
    """Whether a sentence ends in `gap`, the marks and spaces between two tokens.

    Parameters
    ----------
    gap : str
        What stands between the tokens; nothing in it is a letter or digit.
    before, after : str
        The tokens, as written. A full stop behind an abbreviation or an initial ends
        nothing, nor does one between digits, or before a small letter.
    """
    if "\n" in gap:
        return True
    if not any(mark in gap for mark in ENDS):
        return False
    if any(mark in gap for mark in _FULL_WIDTH_ENDS):
        return True
    first = after[:1]
    if first.islower():
        return False
    spaced = not gap.isspace() and any(mark.isspace() for mark in gap)
    if "." in gap and not ("!" in gap or "?" in gap):
        if not spaced and (before[-1:].isdigit() and first.isdigit()):
            return False
        closed = gap[gap.index(".") - 1 : gap.index(".")] or gap[gap.rindex(".") + 1 : gap.rindex(".") + 2]
        if not closed.strip() and (
            before.casefold() in ABBREVIATIONS or (len(before) == 1 and before.isupper())
        ):
            return False
        if not spaced and not first.isupper():
            return False
    return True


def cut_in_gap(gap: str) -> int:
    r"""Return where, in the marks and spaces between two units, the second unit begins.

    Closing marks and spaces stay with the first unit, opening marks go with the second.

    >>> [gap[cut_in_gap(gap):] for gap in ('.', '.\n\n"', '," ("', '\n* ')]
    ['', '"', '("', '* ']
    """
    line = gap.rfind("\n")
    if line >= 0:
        at = line + 1
        while at < len(gap) and gap[at].isspace():
            at += 1
        return at
    at = max((gap.rfind(mark) for mark in ENDS), default=-1) + 1
    while at < len(gap) and gap[at] in CLOSERS:
        at += 1
    space = at
    while space < len(gap) and not gap[space].isspace():
        space += 1
    if space == len(gap):  # glued: what opens belongs to what follows
        return at
    while space < len(gap) and gap[space].isspace():
        space += 1
    return space
