"""A first glance at a text, at the speed of bytes: what it is made of, and so what it cannot hold.

An expression that begins with a class of characters looks at one character after the other; most of
what it would find can be ruled out, or narrowed down to a few places, far faster.
"""

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


# The kinds of ASCII characters, as far as a seam depends on them; what is not ASCII counts as a `?`.
_KINDS = bytes(
    ord(
        "A"
        if char.isupper()
        else "a"
        if char.islower()
        else "0"
        if char.isdigit()
        else "\n"
        if char.isspace() and char != " "
        else {"!": ".", '"': "(", "'": "(", ")": "(", "[": "("}.get(char, char)
    )
    for char in map(chr, range(256))
)


def kinds_of(text: str) -> bytes:
    r"""Return the kind of each character of `text`: `A`, `a`, `0`, a space, a line break, a mark.

    >>> kinds_of("At 9.30,\nshe said: “No!”")
    b'Aa 0.00,\naaa aaaa: ?Aa.?'
    """
    return text.encode("ascii", "replace").translate(_KINDS)
