"""A passage, or the whole text, that stands more than once in one article.

How it is found: nearly every text ends at the gate (`gate.py`). The others become tokens; a
window of tokens that already stood earlier is a hit; hits with one common offset are runs; runs
that follow one another in both places are an alignment of two copies, and what lies between its
runs is aligned word by word. All of that is linear in the text's length, since every token is
extended over once.

How it is decided which of them may go: see `removals.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import floor

from dedupe_news.article import Repeat, Span
from dedupe_news.options import CleanOptions
from dedupe_news.text import loops
from dedupe_news.text.copies import Hit, align, find_hits, find_runs
from dedupe_news.text.gate import find_suspects
from dedupe_news.text.normalize import RULES
from dedupe_news.text.page import (
    TOKEN,
    WINDOW_TOKENS,
    Page,
    count_words,
    folded,
    number_words,
    split_at,
    split_tokens,
    window_tokens,
    windows,
)
from dedupe_news.text.removals import MIN_DISTINCT_TOKENS, hidden_seams, live_alignments, remove_once

_MIN_WHOLE_WORDS = 8  # a whole text that stands k times, from this many words on
_POWER_HEAD_CHARS = 16
_MAX_PASSES = 16
GATE_TOKENS = 3  # beyond the window: a text without so long a repeat has none that may go
_EQUAL_SHARE = 0.7  # of the least length: so much is typed alike in a passage that may go …
_DOUBLED_SHARE = 0.5  # … and so much in one that stands side by side with its copy
_MAX_SEAM_TOKENS = 12  # typed differently where two copies meet
_MAX_JUMP_TOKENS = 40  # a witness that leaps further is two witnesses


@dataclass(frozen=True, slots=True)
class Collapse:
    """What may go: spans of the text, in order, each with its witness, and what takes its place."""

    removed: Span
    after: str
    repeats: tuple[Repeat, ...]


def find_repeats(text: str, options: CleanOptions) -> list[Collapse]:
    """Return the passages of `text` that stand elsewhere in it and may go, in order.

    Every one has a witness: a span that is kept and says the same, word by word, give or
    take typing errors. An empty list is the answer for nearly every article.
    """
    if RULES.keys().isdisjoint(options.skip):  # the gate counts on mended spaces, widths and dashes
        suspects = find_suspects(text, options.min_repeat_words)
        if not suspects or (len(suspects) < len(text) and not find_among_tokens(suspects, options)):
            return []
    return find_among_tokens(text, options)


def find_among_tokens(text: str, options: CleanOptions) -> list[Collapse]:
    """Return what `find_repeats` returns, at the price of looking at every word."""
    counted = loops.at_hand.count_repeats(text) if loops.at_hand else None
    if counted and not (
        counted.has_longer and _is_worth_a_page(counted.ids, WINDOW_TOKENS, counted.hits, options)
    ):
        return []
    pieces = split_tokens(text)
    tokens = pieces[1::2]
    if counted:
        words, window, ids, hits = folded(tokens), WINDOW_TOKENS, counted.ids, counted.hits
    else:
        if len(set(tokens)) < MIN_DISTINCT_TOKENS:
            return []
        words = folded(tokens)
        window = window_tokens(words)
        ids = number_words(words)
        hits = find_hits(ids, window)
        if not has_longer_repeat(ids, window, hits) or not _is_worth_a_page(ids, window, hits, options):
            return []
    page = Page.of(text, pieces, words, ids)
    live, alignments = live_alignments(page, window, hits)
    forced = hidden_seams(page, alignments)
    if forced:
        page = Page.of(text, split_at(text, page.spans, forced))
        live, alignments = live_alignments(page, window)
    for number in range(_MAX_PASSES):
        if not remove_once(page, live, alignments, options):
            return _collapses(page) if number else []
        live, alignments = live_alignments(page, window)
    return _collapses(page)


def _is_worth_a_page(ids: list[int], window: int, hits: list[Hit], options: CleanOptions) -> bool:
    """Whether two stretches have so many words in common that one of them may go.

    Typing errors count against a copy side by side with the other or of sixty words and more;
    elsewhere a passage with one is a template, and stays.
    """
    nowhere = [False] * (len(ids) + 1)
    alignments = align(find_runs(ids, nowhere, nowhere, window, hits))
    doubled = 0
    for alignment in alignments:
        if alignment.matched >= options.min_repeat_words * _EQUAL_SHARE:
            return True
        if alignment.right_start - alignment.left_end <= _MAX_SEAM_TOKENS:
            doubled += alignment.matched
    return doubled >= options.min_repeat_words * _DOUBLED_SHARE


# --- the whole text, k times -------------------------------------------------------------


def has_longer_repeat(ids: list[int], window: int, hits: list[Hit]) -> bool:
    """Whether so many words in a row as the gate asks for stand twice."""
    is_longer = have_longer(hits)
    return has_repeat(ids, window + GATE_TOKENS) if is_longer is None else is_longer


def have_longer(hits: list[Hit]) -> bool | None:
    """Return whether so many hits follow one another that longer windows are hits; None if that is open."""
    in_a_row = alike = longest = 0
    at_before = left_before = -2
    for at, left in hits:
        in_a_row = in_a_row + 1 if at == at_before + 1 else 0
        alike = alike + 1 if in_a_row and left == left_before + 1 else 0
        if alike == GATE_TOKENS:
            return True
        longest = max(longest, in_a_row)
        at_before, left_before = at, left
    return None if longest >= GATE_TOKENS else False


def has_repeat(ids: Sequence[int], size: int) -> bool:
    """Whether any `size` words in a row, given by their numbers, stand twice."""
    found = windows(ids, size)
    return len(set(found)) < len(found)


def find_power(text: str) -> list[Collapse]:
    """Return the copies to drop of a text that is one string, k times, to the character.

    A root of few words is no passage (`ha ha ha`); it goes only beyond thirty words, so
    that a text of thirty words or more, pasted k times, always comes back as itself.
    """
    if text.find(text[: min(_POWER_HEAD_CHARS, len(text) // 2)], 1) < 0:
        return []  # what begins a root begins its next copy
    root_chars = (text + text).find(text, 1)
    if not 0 < root_chars < len(text):
        return []
    copies = len(text) // root_chars
    root = text[:root_chars]
    tokens = TOKEN.findall(root)
    words = count_words(tokens)
    if words == 0 or (root.isascii() and root.isalnum()):  # `hahaha`: one word, however long
        return []
    kept_copies = 1
    if words < _MIN_WHOLE_WORDS or len(set(tokens)) < MIN_DISTINCT_TOKENS:
        kept_copies = -int(-30 // words)
    if kept_copies >= copies:
        return []
    seam = kept_copies * root_chars
    kept = Span(0, seam)
    whole = [Repeat(kept, Span(at, at + seam), 1.0, at) for at in range(seam, len(text) - seam + 1, seam)]
    rest = seam + len(whole) * seam
    if rest < len(text):  # fewer copies of a short root than are kept
        whole.append(Repeat(Span(0, len(text) - rest), Span(rest, len(text)), 1.0, rest))
    return [Collapse(Span(seam, len(text)), "", tuple(whole))]


# --- the outcome -------------------------------------------------------------------------


def _collapses(page: Page) -> list[Collapse]:
    out: list[Collapse] = []
    number = len(page.ids)
    at = 0
    while at < number:
        if page.witness[at] < 0:
            at += 1
            continue
        start = at
        while at < number and page.witness[at] >= 0:
            at += 1
        out.append(_collapse(page, start, at))
    return out


def _collapse(page: Page, start: int, end: int) -> Collapse:
    """Return the removal of tokens ``start … end``, with one repeat for each witness in one piece."""
    removed = Span(page.unit_char(start), page.unit_char(end))
    roots = [page.root(k) for k in range(start, end)]
    cuts = [0]
    for i in range(1, len(roots)):
        if not 0 <= roots[i] - roots[i - 1] <= _MAX_JUMP_TOKENS or (
            roots[i] - roots[i - 1] > 1 and any(page.witness[k] >= 0 for k in range(roots[i - 1], roots[i]))
        ):
            cuts.append(i)
    cuts.append(len(roots))
    repeats = []
    for low, high in pairwise(cuts):
        part = Span(
            removed.start if low == 0 else page.spans[start + low][0],
            removed.end if high == len(roots) else page.spans[start + high][0],
        )
        kept = Span(page.spans[roots[low]][0], page.spans[roots[high - 1]][1])
        noisy = sum(page.is_noisy[start + low : start + high])
        similarity = (high - low - noisy) / (high - low)
        seam = (
            part.end
            if kept.start >= part.end and page.spans[start + high - 1][1] <= kept.start
            else part.start
        )
        repeats.append(Repeat(kept, part, floor(similarity * 10_000) / 10_000, seam))
    before, after = page.text[removed.start - 1 : removed.start], page.text[removed.end : removed.end + 1]
    return Collapse(removed, "\n\n" if before.isalnum() and after.isalnum() else "", tuple(repeats))
