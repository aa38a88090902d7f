"""The few characters of a text that are not ASCII: what many a stage looks at first."""

from __future__ import annotations

_ASCII = bytes(range(128))
_MAX_RARE_BYTES = 1000


def rare_chars(text: str) -> set[str] | None:
    """Return the characters of `text` beyond ASCII, or nothing where those make up much of it.

    >>> sorted(rare_chars("“No,” she said – twice."))
    ['–', '“', '”']
    """
    if text.isascii():
        return set()
    left = text.encode("utf-8", "surrogatepass").translate(None, _ASCII)
    return set(left.decode("utf-8", "surrogatepass")) if len(left) <= _MAX_RARE_BYTES else None
