"""The compiled loops as the modules of this room call them: their tables, and Python values in and out."""

from __future__ import annotations

import re
import string
import threading
from typing import Any

import numpy as np

from dedupe_news.objectcode import load
from dedupe_news.text import gate, glued, kernels, loops, page, repeats, run_ons
from dedupe_news.text.encoding import MOJIBAKE_LEADS
from dedupe_news.text.kernels import NUM_BUCKETS, SIGNATURES
from dedupe_news.text.loops import Counted, Glance, Stretch
from dedupe_news.text.normalize import RULES, rules_by_char
from dedupe_news.text.removals import MIN_DISTINCT_TOKENS

_NUM_CODES = 1 << 16  # no character beyond concerns a rule or a seam
_MAX_PAIRS = 2 * gate.MAX_PLACES
_MAX_STRETCHES = gate.MAX_REPEATED_HEADS * _MAX_PAIRS


class _Room(threading.local):
    """Memory that loops work in, of each thread its own, kept from call to call: `numbers` at `address`."""

    def __init__(self) -> None:
        self._take(1 << 14)

    def _take(self, size: int) -> None:
        self._array = np.empty(size, dtype=np.int64)
        self.size = size
        self.address: int = self._array.ctypes.data
        self.numbers = self._array.data
        self.halves = self.numbers.cast("B").cast("i")

    def fit(self, size: int) -> None:
        """Have room for so many numbers of 64 bits; what only a giant of a text has taken is not kept."""
        if size > self.size or (size < _MOST_KEPT < self.size):
            self._take(size)


_MOST_KEPT = 1 << 20


class CompiledLoops:
    """See `loops.Loops`; ready when it is made: every loop has been called once.

    Raises
    ------
    OSError, RuntimeError
        If the loops can be neither loaded nor compiled.
    """

    def __init__(self) -> None:
        functions = load("text", SIGNATURES, [kernels, loops], _compile)
        self._find_stretches, self._glance = functions["find_stretches"], functions["glance"]
        self._number_tokens, self._find_hits = functions["number_tokens"], functions["find_hits"]
        self._is_anchor = bytes(byte in gate.ANCHORS for byte in gate.FOLD)
        self._limits = np.array(
            [
                gate.MAX_BYTES_PER_ANCHOR,
                gate.LINE_BYTES,
                gate.MAX_STRETCH_BYTES,
                gate.MAX_REPEATED_HEADS,
                gate.MAX_PLACES,
            ],
            dtype=np.int64,
        ).tobytes()
        table = np.zeros(_NUM_CODES, dtype=np.uint32)
        bits = {name: 1 << number for number, name in enumerate(RULES)}
        for char, names in rules_by_char().items():
            table[ord(char)] = sum(bits[name] for name in names)
        for kind, chars in (
            (loops.CAPITAL_OR_FIGURE, glued.UPPER_CHARS | frozenset(string.digits)),
            (loops.LOWER, glued.LOWER_CHARS),
            (loops.MARK, glued.MARKS),
            (loops.QUOTE, glued.QUOTES_AND_BRACKETS),
            (loops.DASH, glued.DASHES_AND_BULLETS),
            (loops.SIGN, run_ons.CASELESS_SIGNS),
            (loops.END, glued.WORD_ENDS),
            (loops.OTHER, "\n-&—“„。"),
            (loops.LEAD, re.findall(f"[{MOJIBAKE_LEADS}]", "".join(map(chr, range(0x3100))))),
        ):
            table[[ord(char) for char in chars]] |= kind
        self._table = table.tobytes()
        self._token_kinds, self._folds = _latin_tables()
        self._word_limits = np.array(
            [_NUM_CODES, run_ons.MAX_WORD_CHARS, glued.MAX_REST_CHARS, run_ons.MAX_UNSURE_CHARS],
            dtype=np.int64,
        ).tobytes()
        self._last = ("", Glance(0, []))
        self._room = _Room()
        self.find_stretches(b"A word. Another word.", 12)
        self.glance("A word.Another word.")
        self.count_repeats("One two three four five six seven eight. " * 2)

    def find_stretches(self, received: bytes, head_bytes: int) -> list[Stretch] | None:
        """Return what `gate.find_stretches` does."""
        size, room = len(received), self._room
        room_size = 6 * size + 18 + gate.MAX_REPEATED_HEADS * (gate.MAX_PLACES + 2) + NUM_BUCKETS
        room.fit(4 * _MAX_STRETCHES + size + room_size // 2 + 1)
        stretches = room.address
        ends = stretches + 32 * _MAX_STRETCHES
        count = self._find_stretches(
            *(received, size, gate.FOLD, self._is_anchor, head_bytes, self._limits),
            *(stretches, _MAX_STRETCHES, ends, ends + 8 * size, room_size),
        )
        if count == loops.WHOLE:
            return None
        numbers = iter(room.numbers[: 4 * count].tolist())
        return [
            Stretch(start, end, offset, gate.words_between(received, start, end) if words < 0 else words)
            for start, end, offset, words in zip(numbers, numbers, numbers, numbers, strict=True)
        ]

    def count_repeats(self, text: str) -> Counted | None:
        """Return what `repeats` asks of the tokens of `text`, if it has enough different ones, all Latin."""
        codes = _codes(text)
        size, room = len(codes) // 4, self._room
        # In units of 32 bits: how many are different; the numbers of tokens; and room, for the different ones
        # and where they begin, then for hits and windows.
        room.fit(2 + (size + max(4 * size + 66, 6 * size + 18)) // 2)
        ids = room.address + 8
        rest = ids + 4 * size
        num_tokens = self._number_tokens(
            *(codes, size, self._token_kinds, self._folds, ids),
            *(rest, rest + 4 * size, rest + 8 * size + 4, room.address),
        )
        if num_tokens == loops.NOT_LATIN or room.numbers[0] < MIN_DISTINCT_TOKENS:
            return None
        slots = rest + 8 * num_tokens
        num_hits = self._find_hits(ids, num_tokens, page.WINDOW_TOKENS, rest, slots)
        if not num_hits:
            return _NOTHING
        numbers: list[int] = room.halves[2 : 2 + num_tokens].tolist()
        pairs = iter(room.halves[2 + size : 2 + size + 2 * num_hits].tolist())
        found = list(zip(pairs, pairs, strict=True))
        longer = repeats.have_longer(found)
        if longer is None:
            window = page.WINDOW_TOKENS + repeats.GATE_TOKENS
            longer = self._find_hits(ids, num_tokens, window, rest, slots) > 0
        return Counted(numbers, found, longer)

    def glance(self, text: str) -> Glance:
        """Return what `text` is made of."""
        last_text, last = self._last
        if text is last_text:
            return last
        codes = _codes(text)
        size, room = len(codes) // 4, self._room
        room.fit(size + 1)  # places, and behind them what was seen
        count = self._glance(codes, size, self._table, self._word_limits, room.address)
        found = Glance(room.numbers[size], room.numbers[:count].tolist())
        self._last = (text, found)
        return found


_NOTHING = Counted([], [], False)


def _compile(keep: bool) -> dict[str, Any]:
    from dedupe_news.compiling import c_functions
    from dedupe_news.text.kernels import entries

    return c_functions({name: getattr(entries, name) for name in SIGNATURES}, SIGNATURES, keep=keep)


def _codes(text: str) -> bytes:
    return text.encode("utf-32-le", "surrogatepass")


def _latin_tables() -> tuple[bytes, bytes]:
    """Return what each of the first 256 characters is for a token, and what it is without case."""
    kinds, folds = np.zeros(256, dtype=np.uint8), np.zeros(256, dtype=np.uint16)
    for code, char in enumerate(map(chr, range(256))):
        for kind, chars in (
            (loops.FIGURE, page.LATIN_FIGURES),
            (loops.CAPITAL, page.LATIN_CAPITALS),
            (loops.SMALL, page.LATIN_SMALL),
            (loops.JOINS_CAPITAL, page.LATIN_JOINING),
        ):
            kinds[code] |= kind if re.match(f"[{chars}]", char) else 0
        folds[code] = ord(char.casefold()[0])
    return kinds.tobytes(), folds.tobytes()
