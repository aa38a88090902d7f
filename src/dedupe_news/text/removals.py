"""Which of the words that stand twice in one article may go.

Only whole units (sentences, lines) go, each only when every word of it stands, in order, in what is kept.
Short passages stay, as do passages that two copies of one template share: that is how people write.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from dedupe_news.options import CleanOptions
from dedupe_news.text.breaks import CLOSERS, ENDS
from dedupe_news.text.copies import COPY_WORDS, Alignment, Hit, align, fill, find_runs
from dedupe_news.text.page import Page, count_words

MIN_DISTINCT_TOKENS = 8  # fewer different words are a drum roll, not a passage
_MIN_DOUBLED = 3  # from so many doubled paragraphs on, the short ones are doubled by the same hand
_MAX_DOUBLED_UNITS = 8  # sentences in a short paragraph
_TANDEM_SHARE = 0.75  # side by side, so much of the least length will do: no refrain stands so
_MIN_TANDEM_TOKENS = 20  # two copies side by side need no other border from so many tokens on
_MIN_BLOCK_LINES = 2  # a block of so many lines is no turn of phrase
_MAX_VERSE_TOKENS = 12  # in a line of verse
_VERSE_ENDS = frozenset(",;.!?:—…")
_CUT_MARKS = frozenset("…|/»")  # what stands where a copy was cut and something else follows
_MIN_LISTING_TOKENS = 20
_MIN_BORDER_TOKENS = 3  # a shorter unit at the end of a listing is chance
_TABLE_FIGURES = 0.5  # so many of the words are numbers: rows of a table, which may be equal
_SENTENCE_ENDS = frozenset(ENDS)
_WORDS_PER_SENTENCE = 12  # prose ends a sentence more often than that
_LISTING_FIGURES = 0.5
_MAX_SENTENCE_TOKENS = 80  # a stretch within so short a sentence is prose, unless it is full of figures
_SENTENCE_FIGURES = 0.05
_LISTING_SHARE = 0.3  # of its words have a capital; prose has about 0.15
_MAX_SKIP_TOKENS = 3  # words that the witness may have in between
_MAX_UNIT_SKIP_TOKENS = 12  # within one sentence or line of it
_MIN_PIECE_TOKENS = 20  # a witness in smaller pieces than this, on average, is none


def live_alignments(
    page: Page, window: int, hits: list[Hit] | None = None
) -> tuple[list[int], list[Alignment]]:
    """Return the tokens that are still there, and what of them stands twice, word by word."""
    live = [k for k, witness in enumerate(page.witness) if witness < 0]
    ids, words, counts, is_seam = page.ids, page.words, page.counts, page.touches
    if len(live) < len(ids):
        ids = [ids[k] for k in live]
        words = [words[k] for k in live]
        counts = [counts[k] for k in live]
        is_seam = [*[is_seam[k] for k in live], False]
    is_start = _live_starts(page, live)
    runs = find_runs(ids, is_start, is_seam, window, hits)
    alignments = [alignment for alignment in align(runs) if alignment.matched >= window]
    for alignment in alignments:
        fill(alignment, ids, words, counts, is_start)
    return live, alignments


def _live_starts(page: Page, live: list[int]) -> list[bool]:
    """Return whether a unit begins before each live token; one more for the end of the text."""
    if len(live) == len(page.ids):
        return [True, *page.is_start[1:-1], True] if live else [True, True]
    is_start = page.is_start
    return [True, *[is_start[k] or k - before > 1 for before, k in pairwise(live)], True]


def hidden_seams(page: Page, alignments: list[Alignment]) -> set[int]:
    """Return positions inside words where one copy ends and the next begins: `innov|the`."""
    seams: set[int] = set()
    for alignment in alignments:
        if alignment.matched < _MIN_TANDEM_TOKENS:
            continue
        left, right = alignment.left_start - 1, alignment.right_start - 1
        if left >= 0:
            for at, other in ((left, right), (right, left)):
                # A word at the border of a unit ends or begins there: it hides no seam.
                at_border = page.is_start[at] or page.is_start[at + 1]
                word, begins = page.words[at], page.words[other]
                if not at_border and page.is_start[other] and word.endswith(begins):
                    seams.add(page.spans[at][1] - len(begins))
        left, right = alignment.left_end, alignment.right_end
        if right < len(page.words):
            head = page.words[alignment.left_start]
            for at, other in ((left, right), (right, left)):
                word = page.words[at]
                cut = len(word) - len(head)
                ends_copy = cut > 0 and word.endswith(head) and page.words[other].startswith(word[:cut])
                if ends_copy and not page.is_start[at] and not page.is_start[at + 1]:
                    seams.add(page.spans[at][0] + cut)
    return seams and seams - {start for start, _ in page.spans} - {end for _, end in page.spans}


def remove_once(page: Page, live: list[int], alignments: list[Alignment], options: CleanOptions) -> bool:
    """Mark the tokens that one pass may remove, with their witnesses; return whether there were any."""
    for alignment in alignments:
        _share_borders(page, live, alignment)
    is_start = _live_starts(page, live)
    gone = bytearray(len(live))
    for alignment in alignments:
        _decide(page, live, is_start, alignment, gone, options)
    _drop_doubled(page, live, is_start, alignments, gone)
    return any(gone)


def _share_borders(page: Page, live: list[int], alignment: Alignment) -> None:
    """Let one copy's border of units count for the other where nothing else marks it."""
    is_copy = alignment.matched >= COPY_WORDS
    is_tandem = alignment.is_tandem and alignment.matched >= _MIN_TANDEM_TOKENS
    left, right = live[alignment.left_start], live[alignment.right_start]
    has_border = page.is_start[right]
    if page.is_start[left] or is_tandem:
        if is_tandem or is_copy or page.is_seam(right):
            page.is_start[right] = True
        head = page.text[page.unit_char(left) : page.spans[left][0]]
        if page.is_start[right] and head and page.gap(right).endswith(head):
            page.heads[right] = page.spans[right][0] - len(head)
    elif page.is_start[right] and (is_copy or page.is_seam(left)):
        page.is_start[left] = True
    ends = [
        live[end] if end < len(live) else len(page.ids) for end in (alignment.left_end, alignment.right_end)
    ]
    if is_tandem and not has_border:
        page.is_start[ends[1]] = True
    for end in ends:
        if ".." in page.gap(end) or (page.is_spaced(end) and not _CUT_MARKS.isdisjoint(page.gap(end))):
            page.is_start[end] = True
    if _is_listing(page, live[alignment.right_start : alignment.right_end]):
        # A menu has no sentences: where the two agree is the only border there is.
        # Two sentences before it may end in the same word, by chance: no border is there.
        starts = () if page.ends_sentence(left) and page.ends_sentence(right) else (left, right)
        # Nor do a word or two in which what follows a copy agrees with its beginning.
        stops = [end for end in ends if not any(page.is_start[max(end - _MIN_BORDER_TOKENS + 1, 0) : end])]
        for k in (*starts, *stops):
            page.is_start[k] = page.is_start[k] or page.is_spaced(k)
    for one, two in (ends, ends[::-1]):
        if page.is_start[one] and not page.is_start[two] and (is_copy or page.is_seam(two)):
            page.is_start[two] = True


def _is_listing(page: Page, tokens: list[int]) -> bool:
    """Whether a long stretch is a menu or a list of links: names, one after the other."""
    if len(tokens) < _MIN_LISTING_TOKENS:
        return False
    sentences = sum(page.is_start[k] and not _SENTENCE_ENDS.isdisjoint(page.gap(k)) for k in tokens[1:])
    if sentences * _WORDS_PER_SENTENCE >= len(tokens):
        return False
    firsts = [page.text[page.spans[k][0]] for k in tokens]
    figures = sum(first.isdigit() for first in firsts)
    if figures < _SENTENCE_FIGURES * len(tokens) and _is_in_sentence(page, tokens[0], tokens[-1] + 1):
        return False
    small = sum(first.islower() for first in firsts)
    # A table has names and figures, too, but says something with them.
    return figures < _LISTING_FIGURES * len(tokens) and small < (1 - _LISTING_SHARE) * len(tokens)


def _is_in_sentence(page: Page, start: int, end: int) -> bool:
    """Whether tokens stand within one sentence of a length that people write."""
    while not page.is_start[start]:
        start -= 1
    while not page.is_start[end]:
        end += 1
    mark = page.gap(end).lstrip(CLOSERS)[:1]
    return end - start <= _MAX_SENTENCE_TOKENS and mark in _SENTENCE_ENDS


@dataclass(frozen=True, slots=True)
class _Removal:
    """A unit of one copy that the other copy holds."""

    start: int
    end: int
    witness_of: dict[int, int]

    def witnesses(self) -> list[int]:
        return [self.witness_of[k] for k in range(self.start, self.end)]


def _decide(
    page: Page,
    live: list[int],
    is_start: list[bool],
    alignment: Alignment,
    gone: bytearray,
    options: CleanOptions,
) -> None:
    """Mark the units of one copy that the other copy holds, if they may go."""
    if not alignment.is_copy and len(alignment.left_of) + 1 < _TANDEM_SHARE * options.min_repeat_words:
        return  # too few words, wherever they stand
    right_of = {left: right for right, left in alignment.left_of.items()} | alignment.cut_left
    left_of = alignment.left_of | alignment.cut_right
    if any(map(gone.__getitem__, right_of)):
        return  # its witness went in this pass; the next pass sees what is left
    both_sides = (
        (_units(is_start, alignment.left_start, alignment.left_end + len(alignment.cut_left)), right_of),
        (_units(is_start, alignment.right_start, alignment.right_end + len(alignment.cut_right)), left_of),
    )
    switch = _choose_switch(alignment, right_of, *(_uncovered(*side) for side in both_sides))
    removals = []
    for units, witness_of in both_sides:
        for start, end in units:
            if not all(map(witness_of.__contains__, range(start, end))):
                continue
            goes = end <= switch if witness_of is left_of else right_of[start] >= switch
            if goes:
                removals.append(_Removal(start, end, witness_of))
    if not alignment.is_copy:
        removals = [
            removal
            for removal in removals
            if not _jumps(page, live, alignment, removal.witnesses(), _MAX_UNIT_SKIP_TOKENS)
        ]
    removals.sort(key=lambda removal: removal.start)
    differing = alignment.noisy | alignment.cut_left.keys() | alignment.cut_right.keys()
    for group in _contiguous(removals):
        if any(gone[witness] for removal in group for witness in removal.witnesses()):
            continue  # what is removed points to what is kept, never in a ring
        if not _may_go(page, live, alignment, group, options):
            continue
        for removal in group:
            for k in range(removal.start, removal.end):
                if not gone[k]:
                    gone[k] = 1
                    page.witness[live[k]] = live[removal.witness_of[k]]
                    page.is_noisy[live[k]] = k in differing or removal.witness_of[k] in differing


def _choose_switch(
    alignment: Alignment,
    right_of: dict[int, int],
    only_left: list[tuple[int, int]],
    only_right: list[tuple[int, int]],
) -> int:
    """Return the right token up to which the left copy is kept, and from which on the right one.

    So a later copy with one more paragraph gives that paragraph in its place. Where what each
    alone says is interwoven, the copy that says more is kept, and the rest stays where it is.
    """
    everything = alignment.right_end + 1
    better = 0 if alignment.left_slips > 0 else everything
    if not only_right and not only_left:
        if alignment.cut_left or alignment.cut_right:  # the copy that was cut goes
            return 0 if alignment.cut_left else everything
        return better
    if not only_right:
        return everything
    if not only_left:
        return 0
    after_left = max(end for _, end in only_left)
    begins = min((right for left, right in right_of.items() if left >= after_left), default=everything)
    if begins <= min(start for start, _ in only_right):
        return begins
    if alignment.left_slips:
        return better
    more_right = _inner_size(only_right, alignment.right_start, alignment.right_end)
    more_left = _inner_size(only_left, alignment.left_start, alignment.left_end)
    return 0 if more_right > more_left else everything


def _inner_size(units: list[tuple[int, int]], start: int, end: int) -> int:
    """Return how many tokens the units have that lie between `start` and `end` whole."""
    return sum(high - low for low, high in units if start <= low and high <= end)


def _may_go(
    page: Page, live: list[int], alignment: Alignment, group: list[_Removal], options: CleanOptions
) -> bool:
    """Whether units that follow one another are long enough, and their witness whole enough."""
    tokens = [k for removal in group for k in range(removal.start, removal.end)]
    units = [(live[removal.start], live[removal.end - 1]) for removal in group]
    lines = sum("\n" in page.gap(first) for first, _ in units)
    opens_text = alignment.is_tandem and alignment.left_start == 0  # no refrain does
    if not opens_text and _is_verse(page, units, lines):
        return False
    witnesses = [witness for removal in group for witness in removal.witnesses()]
    if _jumps(page, live, alignment, witnesses, _MAX_SKIP_TOKENS) * _MIN_PIECE_TOKENS > len(witnesses):
        return False
    if alignment.is_copy:
        return True
    if sum(page.words[live[k]].isdigit() for k in tokens) >= _TABLE_FIGURES * len(tokens):
        return False
    if lines >= _MIN_BLOCK_LINES:  # of a block the lines that are cut into count as evidence, too
        tokens = _widened(tokens, group[0].witness_of)
    least = float(options.min_repeat_words)
    if alignment.is_template and lines < _MIN_BLOCK_LINES:
        least = 2 * COPY_WORDS
    if alignment.is_tandem:
        least *= _TANDEM_SHARE
    words = count_words([page.words[live[k]] for k in tokens])
    return words >= least and len({page.ids[live[k]] for k in tokens}) >= MIN_DISTINCT_TOKENS


def _widened(tokens: list[int], witness_of: dict[int, int]) -> list[int]:
    """Return a stretch of tokens with what stands on both sides of it and has its witness there."""
    start, end = tokens[0], tokens[-1]
    while witness_of.get(start - 1) == witness_of[start] - 1:
        start -= 1
    while witness_of.get(end + 1) == witness_of[end] + 1:
        end += 1
    return list(range(start, end + 1))


def _jumps(page: Page, live: list[int], alignment: Alignment, witnesses: list[int], skip: int) -> int:
    """Return how often more than `skip` other tokens stand between two witnesses in a row.

    In long alignments web addresses do not count: of a copy with links and one without, the
    first holds the second.
    """
    passed = page.addresses if alignment.matched >= COPY_WORDS else None
    return sum(
        not 0 <= after - before - (passed[live[after]] - passed[live[before]] if passed else 0) <= skip
        for before, after in pairwise(witnesses)
    )


def _is_verse(page: Page, units: list[tuple[int, int]], lines: int) -> bool:
    """Whether units (first token, last token) are verse: a refrain is said again on purpose."""
    if lines < 2 or lines < len(units) - 1:
        return False
    sizes = [last - first + 1 for first, last in units]
    if max(sizes) > _MAX_VERSE_TOKENS or sum(sizes) < 3 * len(sizes):
        return False
    # Lines of verse end in marks; the lines of a menu or a table do not.
    ended = sum(page.gap(last + 1)[:1] in _VERSE_ENDS for _, last in units)
    digits = any(page.words[k].isdigit() for first, last in units for k in range(first, last + 1))
    return 2 * ended >= len(units) and not digits


def _units(is_start: list[bool], start: int, end: int) -> list[tuple[int, int]]:
    """Return the units, whole, that the stretch from `start` to `end` touches."""
    while not is_start[start]:
        start -= 1
    units = []
    at = start
    while at < end:
        stop = at + 1
        while not is_start[stop]:
            stop += 1
        units.append((at, stop))
        at = stop
    return units


def _uncovered(units: list[tuple[int, int]], witness_of: dict[int, int]) -> list[tuple[int, int]]:
    return [unit for unit in units if not all(map(witness_of.__contains__, range(*unit)))]


def _contiguous(removals: list[_Removal]) -> list[list[_Removal]]:
    groups: list[list[_Removal]] = []
    for removal in removals:
        if groups and groups[-1][-1].end == removal.start and groups[-1][-1].witness_of is removal.witness_of:
            groups[-1].append(removal)
        else:
            groups.append([removal])
    return groups


def _drop_doubled(
    page: Page, live: list[int], is_start: list[bool], alignments: list[Alignment], gone: bytearray
) -> None:
    """Where each paragraph stands twice (`p1 p1 p2 p2`), let the short ones go with the long ones."""
    doubled = [
        alignment.matched
        for alignment in alignments
        if alignment.is_tandem
        and is_start[alignment.left_start]
        and is_start[alignment.right_start]
        and is_start[alignment.right_end]
    ]
    if len(doubled) < _MIN_DOUBLED or 4 * sum(doubled) < len(live):
        return
    starts = [k for k in range(len(live)) if is_start[k]] + [len(live)]
    for number, start in enumerate(starts):
        if gone[start : start + 1] != b"\0":
            continue
        for units in range(1, _MAX_DOUBLED_UNITS + 1):
            if number + 2 * units >= len(starts):
                break
            middle, end = starts[number + units], starts[number + 2 * units]
            if any(gone[start:end]):
                break
            pairs = zip(live[start:middle], live[middle:end], strict=False)
            if end - middle == middle - start and all(page.ids[one] == page.ids[two] for one, two in pairs):
                for k in range(middle, end):
                    gone[k] = 1
                    page.witness[live[k]] = live[k - middle + start]
                break
