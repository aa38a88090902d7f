"""The compiled loops as the modules of this room call them: their tables, and Python values in and out."""

from __future__ import annotations

import re
import string

import numpy as np
from numpy.typing import NDArray

from dedupe_news.text import gate, glued, page, repeats, run_ons
from dedupe_news.text.encoding import MOJIBAKE_LEADS
from dedupe_news.text.kernels import gating, glancing, numbering
from dedupe_news.text.loops import Counted, Glance, Stretch
from dedupe_news.text.normalize import RULES, rules_by_char

_NUM_CODES = 1 << 16  # no character beyond concerns a rule or a seam
_MAX_PAIRS = 2 * gate.MAX_PLACES


class CompiledLoops:
    """See `loops.Loops`; ready when it is made: every loop has been called once."""

    def __init__(self) -> None:
        self._fold = np.frombuffer(gate.FOLD, dtype=np.uint8)
        self._is_anchor = np.array([byte in gate.ANCHORS for byte in gate.FOLD], dtype=np.bool_)
        self._limits = np.array(
            [
                gate.MAX_BYTES_PER_ANCHOR,
                gate.LINE_BYTES,
                gate.MAX_STRETCH_BYTES,
                gate.MAX_REPEATED_HEADS,
                gate.MAX_PLACES,
            ],
            dtype=np.int64,
        )
        self._stretches = np.empty((gate.MAX_REPEATED_HEADS * _MAX_PAIRS, 4), dtype=np.int64)
        self._table = np.zeros(_NUM_CODES, dtype=np.uint32)
        bits = {name: 1 << number for number, name in enumerate(RULES)}
        for char, names in rules_by_char().items():
            self._table[ord(char)] = sum(bits[name] for name in names)
        for kind, chars in (
            (glancing.CAPITAL_OR_FIGURE, glued.UPPER_CHARS | frozenset(string.digits)),
            (glancing.LOWER, glued.LOWER_CHARS),
            (glancing.MARK, glued.MARKS),
            (glancing.QUOTE, glued.QUOTES_AND_BRACKETS),
            (glancing.DASH, glued.DASHES_AND_BULLETS),
            (glancing.SIGN, run_ons.CASELESS_SIGNS),
            (glancing.END, glued.WORD_ENDS),
            (glancing.OTHER, "\n-&—“„。"),
            (glancing.LEAD, re.findall(f"[{MOJIBAKE_LEADS}]", "".join(map(chr, range(0x3100))))),
        ):
            self._table[[ord(char) for char in chars]] |= kind
        self._token_kinds, self._folds = _latin_tables()
        self._last = ("", Glance(0, []))
        self.find_stretches(b"A word. Another word.", 12)
        self.glance("A word.Another word.")
        self.count_repeats("One two three four five six seven eight. " * 2)

    def find_stretches(self, received: bytes, head_bytes: int) -> list[Stretch] | None:
        """Return what `gate.find_stretches` does."""
        stretches = np.empty_like(self._stretches)
        values = np.frombuffer(received, dtype=np.uint8)
        count = gating.find_stretches(
            values, self._fold, self._is_anchor, head_bytes, self._limits, stretches
        )
        if count == gating.WHOLE:
            return None
        return [
            Stretch(start, end, offset, gate.words_between(received, start, end) if words < 0 else words)
            for start, end, offset, words in stretches[:count].tolist()
        ]

    def count_repeats(self, text: str) -> Counted | None:
        """Return what `repeats` asks of the tokens of `text`, if it has enough different ones, all Latin."""
        codes = _codes(text)
        ids = np.empty(len(codes), dtype=np.int32)
        num_tokens, num_different = numbering.number_tokens(codes, self._token_kinds, self._folds, ids)
        if num_different < repeats.MIN_DISTINCT_TOKENS:
            return None
        ids = ids[:num_tokens]
        hits = np.empty((num_tokens, 2), dtype=np.int32)
        num_hits = numbering.find_hits(ids, page.WINDOW_TOKENS, hits)
        if not num_hits:
            return _NOTHING
        found: list[tuple[int, int]] = list(map(tuple, hits[:num_hits].tolist()))
        numbers: list[int] = ids.tolist()
        longer = repeats.have_longer(found)
        if longer is None:
            longer = numbering.find_hits(ids, page.WINDOW_TOKENS + repeats.GATE_TOKENS, hits) > 0
        return Counted(numbers, found, longer)

    def glance(self, text: str) -> Glance:
        """Return what `text` is made of."""
        last_text, last = self._last
        if text is last_text:
            return last
        codes = _codes(text)
        places = np.empty(len(codes), dtype=np.int64)
        seen, count = glancing.glance(
            codes,
            self._table,
            run_ons.MAX_WORD_CHARS,
            glued.MAX_REST_CHARS,
            run_ons.MAX_UNSURE_CHARS,
            places,
        )
        found = Glance(seen, places[:count].tolist())
        self._last = (text, found)
        return found


_NOTHING = Counted([], [], False)


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def _latin_tables() -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Return what each of the first 256 characters is for a token, and what it is without case."""
    kinds, folds = np.zeros(256, dtype=np.uint8), np.zeros(256, dtype=np.uint16)
    for code, char in enumerate(map(chr, range(256))):
        for kind, chars in (
            (numbering.FIGURE, page.LATIN_FIGURES),
            (numbering.CAPITAL, page.LATIN_CAPITALS),
            (numbering.SMALL, page.LATIN_SMALL),
            (numbering.JOINS_CAPITAL, page.LATIN_JOINING),
        ):
            kinds[code] |= kind if re.match(f"[{chars}]", char) else 0
        folds[code] = ord(char.casefold()[0])
    return kinds, folds
