"""Quotation marks at a seam: which close the sentence before, which open the one behind.

Some marks only ever open (`„`) or close (`’`). Others do one thing in one language and the other
in the next (`“` opens in English and closes in German), and the straight ones do both.
"""

from __future__ import annotations

_ALWAYS_OPEN = "([{¿¡„‚「『（【‹"
_ALWAYS_CLOSE = ")]}’」』）】›"
_MAX_LOOK_CHARS = 3000
_MAX_LOOKS = 12
_SPACES_AND_OPENERS = " \n([{—–-“‘„«¿¡"
_SPACES_AND_CLOSERS = " \n.,;:!?)]}…”’»"


class QuoteSides:
    """Say which side the quotation marks of one text belong to, seam by seam, in order.

    Every answer is remembered, since the next one may hang on it: of two straight quotes with
    letters on both sides, the second closes when the first opened. What it looks at is bounded.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._known: dict[int, bool] = {}
        self._found: dict[str, int] = {}

    def border(self, start: int, end: int) -> int:
        """Return where, among the marks ``text[start:end]``, the second side begins.

        >>> text = 'He said "no."' + '"Yes," she said.'
        >>> QuoteSides(text).border(12, 14)
        13
        """
        for at in range(start, end):
            if self.opens(at):
                return at
        return end

    def opens(self, at: int) -> bool:
        """Whether the mark at `at`, which has letters or marks on both sides, opens what follows."""
        mark = self._text[at]
        if mark == '"':
            return self._opens_by_turns(mark, at)
        if mark in _ALWAYS_OPEN:
            return True
        if mark in _ALWAYS_CLOSE:
            return False
        if mark == "“":
            return self._last_of("„“”", at) != "„"
        if mark == "‘":
            return self._last_of("‚‘’", at) != "‚"
        if mark == "”" and (self.has("“") or self.has("„")):
            return False
        if mark in "«»" and self.has("«") and self.has("»"):
            # In French and Russian `«` opens, in German and Danish `»`; the first one does, unless
            # the text is a piece that begins inside a quotation.
            return (mark == "«") == (self._found["«"] < self._found["»"])
        return self._opens_by_turns(mark, at)

    def has(self, mark: str) -> bool:
        """Whether `mark` stands anywhere in the text; looked up once."""
        if mark not in self._found:
            self._found[mark] = self._text.find(mark)
        return self._found[mark] >= 0

    def _last_of(self, marks: str, at: int) -> str:
        low = max(at - _MAX_LOOK_CHARS, 0)
        last = max(marks, key=lambda mark: self._text.rfind(mark, low, at))
        return last if self._text.rfind(last, low, at) >= 0 else ""

    def _opens_by_turns(self, mark: str, at: int) -> bool:
        """Decide for a mark that looks the same on both sides, by its neighbours of the same kind.

        It opens when the one before has closed, and closes when that is still open; but a
        speaker who goes on in the next paragraph opens it anew without having closed the last
        one, and is known by the closing mark that comes next.
        """
        answer = self._known.get(at)
        if answer is None:
            before = self._neighbour(mark, at, -1)
            if before is False:
                answer = True
            elif self._text[at + 1 : at + 2] == mark:  # `""`: one each
                answer = False
            else:
                behind = self._neighbour(mark, at, 1)
                answer = behind is False or (before is None and behind is None)
            self._known[at] = answer
        return answer

    def _neighbour(self, mark: str, at: int, step: int) -> bool | None:
        """Whether the next mark of the kind, to the left or the right, opens; None if none can tell."""
        text = self._text
        for _ in range(_MAX_LOOKS):
            if step < 0:
                at = text.rfind(mark, max(at - _MAX_LOOK_CHARS, 0), at)
            else:
                at = text.find(mark, at + 1, at + _MAX_LOOK_CHARS)
            if at < 0:
                return None
            if at in self._known:
                return self._known[at]
            before = text[at - 1] if at else " "
            behind = text[at + 1 : at + 2] or " "
            if before in _SPACES_AND_OPENERS and behind not in " \n":
                return True
            if behind in _SPACES_AND_CLOSERS and before not in " \n":
                if mark != "'" or not before.isalpha():  # `the workers' wall`
                    return False
            elif mark != "'":
                return None  # letters on both sides: another seam
        return None
