"""Two stretches of a text that say the same: found by windows of tokens, aligned word by word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from rapidfuzz.distance import Indel, Levenshtein

from dedupe_news.text.page import windows

_MIN_REACH = 40  # tokens that may lie between two runs of one alignment, however short they are
_SHORT_RUN_TOKENS = 80
_MAX_OVERLAP = 4
_MAX_INSERTION_SLACK = 2
_INSERTION_REACH = 40
_MAX_ALIGNED_GAP = 60  # tokens; longer stretches between two runs are different by themselves
_MAX_NOISE_TOKENS = 8  # a stretch of typing errors is no longer than this
_MAX_BORDER_TOKENS = 4  # of a unit's first or last words, when they are typed differently
_MIN_SLIPS = 2  # words typed differently, before a figure that differs counts as a slip, too
COPY_WORDS = 60  # an alignment of this many words is a copy, not a turn of phrase
_COPY_SHARE = 0.75  # of it stands on both sides; below that, only passages that are long by themselves go
_WORDS_PER_SLOT = 20  # fewer matched words for each differing fact: a template, not a copy


@dataclass(slots=True)
class Run:
    """Tokens ``left … left + size`` equal tokens ``right … right + size``."""

    left: int
    right: int
    size: int


@dataclass(slots=True)
class Alignment:
    """Two stretches of the text that say the same, as runs in order; they do not overlap."""

    runs: list[Run]
    left_of: dict[int, int] = field(default_factory=dict)  # right token -> left token
    noisy: set[int] = field(default_factory=set)  # right tokens typed differently on the left
    slots: int = 0  # stretches where each side has something else
    misspelt: list[tuple[int, int, int, int]] = field(default_factory=list)  # typed differently, it seems
    doubtful: list[tuple[int, int, int, int]] = field(default_factory=list)  # a slip, or another fact
    # The last word of a copy that was cut, and the word that it begins; right to left, left to right.
    cut_right: dict[int, int] = field(default_factory=dict)
    cut_left: dict[int, int] = field(default_factory=dict)
    left_slips: int = 0  # words that only the right side has right, less those that only the left has
    matched: int = 0

    @property
    def left_start(self) -> int:
        """The first token of the left copy."""
        return self.runs[0].left

    @property
    def left_end(self) -> int:
        """The token behind the left copy."""
        return self.runs[-1].left + self.runs[-1].size

    @property
    def right_start(self) -> int:
        """The first token of the right copy."""
        return self.runs[0].right

    @property
    def right_end(self) -> int:
        """The token behind the right copy."""
        return self.runs[-1].right + self.runs[-1].size

    @property
    def is_tandem(self) -> bool:
        """Whether the two stand side by side."""
        return self.left_end == self.right_start

    @property
    def is_template(self) -> bool:
        """Whether the two are one form, filled in differently, and not two copies."""
        return self.slots * _WORDS_PER_SLOT > self.matched

    @property
    def is_copy(self) -> bool:
        """Whether the two are copies by their length, whatever they are copies of."""
        longer_side = max(self.left_end - self.left_start, self.right_end - self.right_start)
        return self.matched >= max(COPY_WORDS, _COPY_SHARE * longer_side) and not self.is_template


Hit: TypeAlias = tuple[int, int]
"""Where a window of words stands again, and where it stood first."""


def find_hits(ids: Sequence[int], window: int) -> list[Hit]:
    """Return which windows of the words that `ids` number stood before."""
    found = windows(ids, window)
    first = dict(zip(reversed(found), range(len(found) - 1, -1, -1), strict=True))
    if len(first) == len(found):
        return []
    lefts = map(first.__getitem__, found)
    return [(at, left) for at, left in enumerate(lefts) if left != at]


def find_runs(
    ids: list[int],
    is_start: list[bool],
    is_seam: list[bool],
    window: int,
    hits: list[Hit] | None = None,
) -> list[Run]:
    """Return maximal equal stretches, each with the first place where its window stood."""
    runs: list[Run] = []
    num_tokens = len(ids)
    resume = 0  # what stands before belongs to the last run
    for at, left in find_hits(ids, window) if hits is None else hits:
        if at < resume:
            continue
        if runs:
            expected = runs[-1].left + at - runs[-1].right
            if 0 <= expected <= runs[-1].right - window and (
                ids[expected : expected + window] == ids[at : at + window]
            ):
                left = expected
        if left + window > at:
            continue
        right, period = at, at - left
        floor = 0
        if runs:  # a short run may be a chance one, and give way; of a long one only the end
            floor = runs[-1].right + max(runs[-1].size - _SHORT_RUN_TOKENS, 0)
        while left > 0 and right > floor and ids[left - 1] == ids[right - 1] and at - right < period:
            left -= 1
            right -= 1
        end = at + window
        limit = min(num_tokens, right + 2 * period)
        while end < limit and ids[end - period] == ids[end]:
            end += 1
        if end - right > period:
            right += _slide(is_start, is_seam, left, right, end - right - period)
            left, end = right - period, right + period
        if runs:
            over = runs[-1].right + runs[-1].size - right
            at_border = is_start[left] and is_start[right] and over < runs[-1].size
            if over > 0 and (at_border or end - right > runs[-1].size):
                runs[-1].size -= over
                if runs[-1].size <= 0:
                    runs.pop()
            elif over > 0:
                left, right = left + over, right + over
        if end > right:
            runs.append(Run(left, right, end - right))
        resume = end - window + 1
    return runs


def _pairs(run: Run) -> Iterable[tuple[int, int]]:
    """Return the tokens of `run`, right and left."""
    right, left, size = run.right, run.left, run.size
    return zip(range(right, right + size), range(left, left + size), strict=True)


def _slide(is_start: list[bool], is_seam: list[bool], left: int, right: int, slack: int) -> int:
    """Return how far to move a pair of adjacent copies so that both begin where a unit begins.

    Where `p p` is followed by the words that `p` begins with, or follows those that it ends
    with, its copies could be cut at several places; the border of a unit is the right one,
    or else a place where two words touch (`PrishtineEnde`).
    """
    for shift in range(slack + 1):
        if is_start[left + shift] and is_start[right + shift]:
            return shift
    for shift in range(slack + 1):
        if is_seam[left + shift] or is_seam[right + shift]:
            return shift
    return 0


def align(runs: list[Run]) -> list[Alignment]:
    """Chain runs that follow one another on both sides into alignments."""
    alignments: list[Alignment] = []
    for run in runs:
        best: Alignment | None = None
        best_shift, best_run = 0, run
        for candidate in alignments[-4:]:
            last = candidate.runs[-1]
            left_end, right_end = last.left + last.size, last.right + last.size
            over = max(left_end - run.left, right_end - run.right, 0)
            if 0 < over <= min(_MAX_OVERLAP, run.size - 1):
                # Both ends of what only one copy has agree by chance: the words count once.
                trimmed = Run(run.left + over, run.right + over, run.size - over)
            else:
                trimmed = run
            left_gap = trimmed.left - left_end
            right_gap = trimmed.right - right_end
            if left_gap < 0 or right_gap < 0:
                continue
            reach = _MIN_REACH + candidate.matched // 2 + run.size // 2
            if min(left_gap, right_gap) <= _MAX_INSERTION_SLACK:  # one copy has a paragraph more
                reach += _INSERTION_REACH
            if (
                left_gap <= reach
                and right_gap <= reach
                and run.left + run.size <= candidate.right_start
                and (best is None or abs(left_gap - right_gap) < best_shift)
            ):
                best, best_shift, best_run = candidate, abs(left_gap - right_gap), trimmed
        if best is None:
            alignments.append(Alignment([run], matched=run.size))
        else:
            best.runs.append(best_run)
            best.matched += best_run.size
    return alignments


def fill(
    alignment: Alignment, ids: list[int], words: list[str], counts: list[int], is_start: list[bool]
) -> None:
    """Align what lies between the runs, and typing errors at both ends, word by word."""
    runs = alignment.runs
    filled: list[Run] = []
    for run in runs:
        if filled:
            last = filled[-1]
            _fill_gap(
                alignment,
                last.left + last.size,
                run.left,
                last.right + last.size,
                run.right,
                ids,
                words,
                counts,
            )
        alignment.left_of.update(_pairs(run))
        filled.append(run)
    _extend(alignment, ids, words, counts)
    _extend_to_border(alignment, words, counts, is_start)
    _settle_doubts(alignment, counts)


def _extend(alignment: Alignment, ids: list[int], words: list[str], counts: list[int]) -> None:
    """Carry both ends of an alignment over typing errors, as far as words follow that agree."""
    reach = 6
    while True:  # to the right
        left, right = alignment.left_end, alignment.right_end
        limit = alignment.right_start
        step = _resync(ids[left : min(left + reach, limit)], ids[right : right + reach])
        if step is None:
            break
        left_skip, right_skip, size = step
        if not _is_noise(
            words[left : left + left_skip], words[right : right + right_skip], counts, left, right
        ):
            break
        _note_noise(alignment, left, left + left_skip, right, right + right_skip, words)
        run = Run(left + left_skip, right + right_skip, size)
        while (
            run.left + run.size < limit
            and run.right + run.size < len(ids)
            and ids[run.left + run.size] == ids[run.right + run.size]
        ):
            run.size += 1
        alignment.runs.append(run)
        alignment.matched += run.size
        alignment.left_of.update(_pairs(run))
    while True:  # to the left
        left, right = alignment.left_start, alignment.right_start
        floor = alignment.left_end
        step = _resync(ids[max(left - reach, 0) : left][::-1], ids[max(right - reach, floor) : right][::-1])
        if step is None:
            break
        left_skip, right_skip, size = step
        if not _is_noise(
            words[left - left_skip : left],
            words[right - right_skip : right],
            counts,
            left - left_skip,
            right - right_skip,
        ):
            break
        _note_noise(alignment, left - left_skip, left, right - right_skip, right, words)
        run = Run(left - left_skip - size, right - right_skip - size, size)
        while run.left > 0 and run.right > floor and ids[run.left - 1] == ids[run.right - 1]:
            run.left -= 1
            run.right -= 1
            run.size += 1
        alignment.runs.insert(0, run)
        alignment.matched += run.size
        alignment.left_of.update(_pairs(run))


def _extend_to_border(
    alignment: Alignment, words: list[str], counts: list[int], is_start: list[bool]
) -> None:
    """Take in a typing error that is the first or the last of its unit: no word follows to agree.

    A last word that only begins the other side's is where a copy was cut.
    """
    left, right = alignment.left_start, alignment.right_start
    left_from, right_from = left, right
    while left - left_from < _MAX_BORDER_TOKENS and not is_start[left_from]:
        left_from -= 1
    while right - right_from < _MAX_BORDER_TOKENS and not is_start[right_from]:
        right_from -= 1
    if is_start[left_from] and is_start[right_from] and right_from >= alignment.left_end:
        _judge_border(alignment, left_from, left, right_from, right, words, counts)
    left, right = alignment.left_end, alignment.right_end
    left_to, right_to = left, right
    while left_to - left < _MAX_BORDER_TOKENS and not is_start[left_to]:
        left_to += 1
    while right_to - right < _MAX_BORDER_TOKENS and not is_start[right_to]:
        right_to += 1
    if is_start[left_to] and is_start[right_to] and left_to <= alignment.right_start:
        _judge_border(alignment, left, left_to, right, right_to, words, counts)
    if right < len(words) and left < alignment.right_start:
        one, two = words[left], words[right]
        if (is_start[left + 1] or left + 1 == alignment.right_start) and two.startswith(one):
            alignment.cut_left[left] = right
        if is_start[right + 1] and one.startswith(two):
            alignment.cut_right[right] = left


def _judge_border(
    alignment: Alignment,
    left: int,
    left_end: int,
    right: int,
    right_end: int,
    words: list[str],
    counts: list[int],
) -> None:
    if left == left_end or right == right_end:
        return
    if _is_noise(words[left:left_end], words[right:right_end], counts, left, right):
        _note_noise(alignment, left, left_end, right, right_end, words)


def _resync(left: list[int], right: list[int]) -> tuple[int, int, int] | None:
    """Return how far to skip on both sides until two tokens agree, and how many then do."""
    if set(left).isdisjoint(right):  # as nearly always
        return None
    for skipped in range(len(left) + len(right) - 3):  # two have to agree
        for i in range(max(skipped - len(right) + 2, 0), min(skipped + 1, len(left) - 1)):
            j = skipped - i
            if left[i] == right[j] and left[i + 1] == right[j + 1]:
                size = 2
                while i + size < len(left) and j + size < len(right) and left[i + size] == right[j + size]:
                    size += 1
                return i, j, size
    return None


def _fill_gap(
    alignment: Alignment,
    left: int,
    left_end: int,
    right: int,
    right_end: int,
    ids: list[int],
    words: list[str],
    counts: list[int],
) -> None:
    if left == left_end or right == right_end:
        return
    if left_end - left > _MAX_ALIGNED_GAP or right_end - right > _MAX_ALIGNED_GAP:
        alignment.slots += 1
        return
    difference: list[int] | None = None  # the span of a stretch that differs
    for block in Indel.opcodes(ids[left:left_end], ids[right:right_end]):
        left_from, left_to = block.src_start, block.src_end
        right_from, right_to = block.dest_start, block.dest_end
        if block.tag == "equal":
            if difference is not None:
                _judge_gap(alignment, *difference, words=words, counts=counts)
                difference = None
            for i in range(left_to - left_from):
                alignment.left_of[right + right_from + i] = left + left_from + i
            alignment.matched += left_to - left_from
        elif difference is None:
            difference = [left + left_from, left + left_to, right + right_from, right + right_to]
        else:
            difference[1], difference[3] = left + left_to, right + right_to
    if difference is not None:
        _judge_gap(alignment, *difference, words=words, counts=counts)


def _judge_gap(
    alignment: Alignment,
    left: int,
    left_end: int,
    right: int,
    right_end: int,
    *,
    words: list[str],
    counts: list[int],
) -> None:
    if left == left_end or right == right_end:
        return
    if _is_noise(words[left:left_end], words[right:right_end], counts, left, right):
        _note_noise(alignment, left, left_end, right, right_end, words)
    elif _is_slip(words[left:left_end], words[right:right_end]):
        alignment.doubtful.append((left, left_end, right, right_end))
    else:
        alignment.slots += 1


def _note_noise(
    alignment: Alignment, left: int, left_end: int, right: int, right_end: int, words: list[str]
) -> None:
    if "".join(words[left:left_end]) == "".join(words[right:right_end]):
        _take_noise(alignment, left, left_end, right, right_end)  # parted or joined, no letter differs
    else:
        alignment.misspelt.append((left, left_end, right, right_end))


def _settle_doubts(alignment: Alignment, counts: list[int]) -> None:
    """Decide what is a typing error and what another word or fact.

    In a turn of phrase said twice one letter is another word (he, she); only in a copy is it a
    typing error, and a digit or a known word that differs only in a copy with other errors.
    """
    if alignment.matched < COPY_WORDS and not alignment.is_tandem:
        alignment.slots += len(alignment.misspelt) + len(alignment.doubtful)
    else:
        for gap in alignment.misspelt:
            _take_noise(alignment, *gap)
        if len(alignment.noisy) >= _MIN_SLIPS:
            for gap in alignment.doubtful:
                _take_noise(alignment, *gap)
        else:
            alignment.slots += len(alignment.doubtful)
    # A word that stands elsewhere in the article, too, is the one that was typed right.
    for right in alignment.noisy:
        left = alignment.left_of[right]
        alignment.left_slips += (counts[left] < counts[right]) - (counts[left] > counts[right])


def _is_slip(left: list[str], right: list[str]) -> bool:
    """Whether two stretches differ by one letter, or by a digit lost, doubled, or read as a letter."""
    one, two = "".join(left), "".join(right)
    if len(one) < 2 or len(two) < 2 or Levenshtein.distance(one, two, score_cutoff=1) != 1:
        return False
    if len(one) != len(two):
        return True
    return not any(a != b and a.isdigit() and b.isdigit() for a, b in zip(one, two, strict=True))


def _take_noise(alignment: Alignment, left: int, left_end: int, right: int, right_end: int) -> None:
    if right == right_end or left == left_end:
        return
    for position in range(right, right_end):
        alignment.left_of[position] = min(left + position - right, left_end - 1)
        alignment.noisy.add(position)


_LIKE_LETTERS = str.maketrans("01358", "olesb")


def _is_noise(left: list[str], right: list[str], counts: list[int], left_at: int, right_at: int) -> bool:
    """Whether two stretches are one, typed or recognized differently: no other fact, no other word."""
    one, two = "".join(left), "".join(right)
    if one == two:
        return True
    if not one or not two or len(left) > _MAX_NOISE_TOKENS or len(right) > _MAX_NOISE_TOKENS:
        return False
    digits_one = [char for char in one if char.isdigit()]
    digits_two = [char for char in two if char.isdigit()]
    if digits_one != digits_two:
        if one.isdigit() or two.isdigit():
            return False
        one, two = one.translate(_LIKE_LETTERS), two.translate(_LIKE_LETTERS)
        if any(char.isdigit() for char in one + two):
            return False
    allowed = 1 + max(len(one), len(two)) // 4
    if Levenshtein.distance(one, two, score_cutoff=allowed) > allowed:
        return False
    return not _are_both_known(left, right, counts, left_at, right_at)


def _are_both_known(
    left: list[str], right: list[str], counts: list[int], left_at: int, right_at: int
) -> bool:
    """Whether two words both stand elsewhere in the article: two words, then, however alike."""
    return len(left) == len(right) == 1 and counts[left_at] > 1 and counts[right_at] > 1
