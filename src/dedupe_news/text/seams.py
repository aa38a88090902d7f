"""Seams: places where two fields or words met with nothing between them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import regex

from dedupe_news.text.breaks import ENDS, SHOUTED_NAMES
from dedupe_news.text.credits import OUTLETS, by_word_end
from dedupe_news.text.glance import kinds_of
from dedupe_news.text.quotes import QuoteSides

_MIN_LEFT = 5
_MIN_RIGHT = 3
_MAX_WORD_CHARS = 64  # how far a word is looked at around a seam


def last_word(head: str) -> str:
    """Return the last word of `head`, case-folded."""
    return head[head.rfind(" ") + 1 :].casefold()


def first_word(text: str, at: int) -> str:
    """Return the word that begins at `at`, case-folded; nothing when none does."""
    match = _WORD.match(text, at)
    return match[0].casefold() if match else ""


# Where a character follows that no word of running text has inside: one cheap look at each place.
_CANDIDATE = re.compile(
    r"(?<=[^\s(\[/@#_-])(?=[^\s\x00-/:-@\[-`a-z{-~\u0300-\u036f]|[\"“„«]|(?<=[?!…])\w|(?<=[.”\"»«“’])(?:by|von)\b"
    r"|(?:by|von)[ ]{1,3}(?:[^\W\d_a-z]|dpa|\w+\.\w\w)|(?:dpa|epd|sda)(?:[A-ZÄÖÜ/\n]|\Z))"
)


_DAY_OR_YEAR = re.compile(r"\d{1,2}(?:[-./ :]|th|st|nd|rd) ?[^\W_]|(?:19|20)\d\d[-年./]")


_CLOSING = frozenset(")]%\"”»«“’'‘")


_OPENING = frozenset('“„«"¿¡')
OUTLET = re.compile(OUTLETS)
SMALL_AGENCIES = ("dpa", "epd", "sda")


def _is_seam(text: str, at: int) -> bool:
    """Whether case, script or kind change at `at` as they do where two fields were glued."""
    before, behind, then = text[at - 1], text[at], text[at + 1 : at + 3]
    if behind.isupper():
        if before.isupper():  # APJune, USPresident
            is_word = len(then) == 2 and then.isalpha() and then.islower()
            return (is_word and at > 1 and text[at - 2].isupper()) or (
                then[:1].islower() and by_word_end(text, at) > at
            )
        if before.isdigit():  # 2020The, 2020A man
            return then[:1].islower() or then[:1] in ("’", "'") or (behind in "AIOU" and then[:1] == " ")
        return (before.isalpha() or before in _CLOSING or before in ENDS) and (
            not then or then[0].isalpha() or then[0] in " ’'"
        )
    if behind.isdigit():
        if before.islower() or before in ENDS:
            return _DAY_OR_YEAR.match(text, at) is not None
        return before in _CLOSING
    if behind in _OPENING:
        return (
            bool(then)
            and (then[0].isupper() or is_caseless(then[0]))
            and (before.isalnum() or before in ENDS)
        )
    if behind.islower():
        return before in "?!…" or by_word_end(text, at) > at or text.startswith(SMALL_AGENCIES, at)
    if before in ENDS:
        return behind.isalpha()
    return OUTLET.match(text, at) is not None or (before in _CLOSING and HANGUL.match(text, at) is not None)


def is_caseless(char: str) -> bool:
    """Whether `char` is a letter of a script that knows no capitals."""
    return char.isalpha() and not char.islower() and not char.isupper()


# Written as one word though a capital stands inside.
_NAME_PREFIX = re.compile(r"(?:Mc|Mac|Fitz|[ODLNMS]['’]|De|Di|Du|Da|La|Le|Van|Von|Al|El|Bin|San|St|[a-zI])\Z")


_INNER_CAPITAL = regex.compile(
    r"""
    .* (?: GmbH | mbH | PhD | kWh | MWh | GWh | TWh | LLC
         | Tube | Pal | Book | Tok | Chain | Coin | Point | Shop | Script | Net | Works? )
    | .* \p{Ll} (?: Innen | In | Gate | [\p{Lu}--[AIOUYEÅÖÉÈОУАИВСКЯ]] )
    """,
    regex.VERBOSE | regex.V1,
)


_BRANDS = frozenset(
    re.findall(
        r"\S+",
        """
        youtube youtuber eastenders painewebber linkedin whatsapp facetime playstation powerpoint
        javascript typescript wordpress mastercard fedex astrazeneca buzzfeed huffpost harpercollins
        openai chatgpt deepmind biontech spacex airbnb ebay iphone ipad ipod imac macbook icloud
        paypal tiktok wechat wikileaks blackberry blackrock broadway doordash dropbox github gitlab
        softbank sharepoint snapchat soundcloud supercell tripadvisor volkswagen walmart wework
        youporn zdf zdfheute mcdonald exxonmobil glaxosmithkline pricewaterhousecoopers thyssenkrupp
        lyondellbasell telesur aljazeera bbc newscorp rosneft sberbank dreamworks lucasfilm
        quicktime photoshop instyle businessweek techcrunch cnet usatoday metlife geforce gopro
        hellofresh deutschlandradio volkswagenwerk airpods airtag carplay homepod ios macos ipados
        watchos sqlite postgresql mysql mongodb graphql
        """,
    )
)


# Words that begin a sentence: behind a seam they show that it is one.
STARTERS = frozenset(
    re.findall(
        r"\S+",
        """
        @ & und vom dia día the a an and in on at for from with this that these those it he she we
        they you i when while after before as if why what who how where there here his her their its
        our my no not one two three four five some many most more last since during despite
        according under over by to of is are was were have has had do does der die das ein eine
        einen einem einer er sie es wir ihr ich in im am an auf aus bei mit nach seit vor wie was
        wer warum wenn weil als auch noch nicht zum zur über unter für trotz während laut gegen zwei
        drei vier um von durch bis ab so da man nun jetzt wieder immer kein keine mehr viele alle ob
        dass obwohl el los las un una unos en con por para que como cuando donde este esta estos
        tras según desde entre sobre le les des dans pour avec qui ce cette ces il elle nous depuis
        selon après la lo gli uno nel della sono os um uma no na com de do da dos segundo het een op
        voor met door dit den det en et til fra og som med för efter när vid på av i не на в по и из
        за от до как что это с к о
        """,
    )
)


_ONE_LETTER_BY = re.compile(
    r"(?:[Rr]ug|[Hh]ob|[Bb]a|[Ll]ob|[Nn]ear|there|where|here|[Ss]tand|[Dd]er|[Cc]ros|[Kk]ir|[Aa]sh|[Ww]hit|[Ss]el|[Rr]u|[Tt]o|[Bb]ob"
    r"|[Cc]or|[Hh]orn|[Gg]rims|[Ww]illough|[Gg]ats|passer|[Ll]ib|[Aa]b|[Bb]ix|[Cc]ol|[Dd]ig|[Ss]hel|[Dd]ar|[Bb]ram|[Ll]yng|[Bb]rønd|[Vv]is"
    r"|[Dd]e|[Tt]re|[Yy]|[Ll]und|[Dd]a|[Hh]ier|[Ww]o|wo|da|dar|hier)\Z"
)


def seams(text: str, start: int, end: int) -> Iterator[int]:
    """Yield where, from `start` on, two fields or sentences may meet with nothing between."""
    for match in _CANDIDATE.finditer(text, start + 1, min(end + 1, len(text))):
        at = match.start()
        if at < len(text) and _is_seam(text, at) and not is_inside_word(text, at):
            yield at


def is_inside_word(text: str, at: int) -> bool:
    """Whether the seam at `at` is how the word around it is written, or an inner side of a quote."""
    before, behind = text[at - 1], text[at]
    if before in _QUOTES:
        return not _closes_quote(text, at - 1) or (before in "'’" and not behind.isupper())
    if behind in _QUOTES:
        return not QuoteSides(text).opens(at)
    if before == ".":
        return at < 2 or not text[at - 2].isalnum() or _is_dotted(text, at)
    low = max(at - _MAX_WORD_CHARS, 0)
    word_start = max(text.rfind(" ", low, at) + 1, text.rfind("\n", low, at) + 1, low)
    if before == ")":  # player(s)
        return text.find("(", word_start + 1, at) > 0
    if before == "!":
        return text[word_start : at - 1].casefold() in SHOUTED_NAMES
    if not before.isalnum():
        return False
    if by_word_end(text, at) > at:
        if before.isupper() and text[at : at + 2].isupper():
            return True
        return _ONE_LETTER_BY.search(text, max(at - 12, 0), at) is not None and behind.islower()
    match = _WORD.match(text, at, at + _MAX_WORD_CHARS)
    word = text[word_start : match.end() if match else at]
    word = word[max(word.rfind("-", 0, at - word_start), word.rfind("/", 0, at - word_start)) + 1 :]
    word = word.lstrip("\"'“‘«(„¿¡–—")
    if (
        not word
        or word[0] in "#@"
        or (len(word) > 3 and (text.find(word, at) > 0 or text.find(word, 0, word_start) >= 0))
    ):
        return True
    left = word[: len(word) - (match.end() - at if match else 0)]
    return (
        _NAME_PREFIX.match(left) is not None
        or _INNER_CAPITAL.fullmatch(word) is not None
        or word.casefold() in _BRANDS
    )


_QUOTES = frozenset("\"“”„«»'’‘")


def _closes_quote(text: str, at: int) -> bool:
    """Whether the quotation mark at `at`, with a letter behind it, ends a quotation."""
    if at == 0 or text[at - 1].isspace() or text[at - 1] in "([":
        return False
    if text[at] in "'’":  # an apostrophe, unless a quotation is open
        return _OPENING_APOSTROPHE.search(text, 0, at) is not None and text[max(at - 2, 0)].isalnum()
    return not QuoteSides(text).opens(at)


_OPENING_APOSTROPHE = re.compile(r"(?:\A|[\s(:])['‘](?=\w)")


_WORD = regex.compile(r"[\p{L}\p{M}\d’'-]+", regex.V1)


def _is_dotted(text: str, at: int) -> bool:
    """Whether the full stop before `at` belongs to an address, an initial, an abbreviation."""
    word_start = max(text.rfind(" ", 0, at), text.rfind("\n", 0, at)) + 1
    word = text[word_start : at - 1]
    if text[at].isdigit():
        return word[-1:].isdigit() or len(word) <= 2
    return len(word) <= 2 or "." in word or not text[at].isupper()


# First the rare character, then what stands before it: that order is fast.
_SEAM_GATE = re.compile(
    "[A-ZÀ-ÖØ-Þ\u0100-\u024f\u0370-\u1fff\u2c00-\ud7ff\uf900-\ufaff“„«]"
    "(?<=[a-z0-9ß-öø-ÿ\u0100-\u024f\u0370-\u1fff\u2c00-\ud7ff?!…)\\]%”»’\"'“«].)"
    "(?<!Mc.)(?<!Mac.)(?<![ ([][\"'“].)"
)
_GLUED_CAPITAL = re.compile(rb"A(?<=[a0?.(\]%]A)")  # of its places, the kinds: each begins with one character
_GLUED_OTHER = re.compile(rb"\?(?<=[a0?.(\]%]\?)")
_GLUED_FIGURE = re.compile(rb"0(?<=[a?.(\]]0)")
_SEAM_GATE_DIGITS = re.compile("[0-9](?<=[a-zß-öø-ÿ?!…)\\]”»].)")


def may_be_glued(text: str, limit: int) -> bool:
    """Whether a seam may stand before `limit`: a few cheap looks that miss none."""
    kinds = kinds_of(text[:limit])
    if b"AAAaa" in kinds:
        return True
    is_glued = _GLUED_CAPITAL.search(kinds) or _GLUED_OTHER.search(kinds)
    if is_glued and _SEAM_GATE.search(text, 0, limit):
        return True
    if _GLUED_FIGURE.search(kinds) and _SEAM_GATE_DIGITS.search(text, 0, limit):
        return True
    for word in ("by ", "von ", "dpa", "epd", "sda"):
        at = text.find(word, 1, limit)
        while at > 0:
            if not text[at - 1].isspace() and not text[at + len(word) : at + len(word) + 1].islower():
                return True
            at = text.find(word, at + 1, limit)
    return text.find(text[:10], 10, limit) > 0


def are_two_words(text: str, at: int) -> bool:
    """Whether what stands on both sides of a seam are words of this text, or known ones."""
    begin = at + 1 if text[at] in _OPENING and at + 1 < len(text) else at
    match = _WORD.match(text, begin)
    right = match[0] if match else text[begin]
    end = begin + len(right)
    left = text[max(text.rfind(" ", 0, at), text.rfind("-", 0, at)) + 1 : at].lstrip("\"'“‘«(„¿¡")
    is_short = len(left) < _MIN_RIGHT and not left.isdigit()
    if is_short and not (len(left) == _MIN_RIGHT - 1 and left.isupper()):  # `the USThe`
        return False
    if right.casefold() in STARTERS or right.split("'")[0].split("’")[0].casefold() in STARTERS:
        return end < len(text) and text[end] in " ’'"
    if len(left) >= _MIN_LEFT and len(right) >= _MIN_RIGHT and right[1:].islower() and left[1:].islower():
        return True
    return (len(right) >= 2 and _stands_alone(right, text, end)) or (
        len(left) >= 3 and _stands_alone(left, text, end)
    )


def _stands_alone(word: str, text: str, start: int) -> bool:
    """Whether `word` stands as a word of its own behind `start`, whatever its case."""
    return (
        re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text[start : start + 6000], re.IGNORECASE) is not None
    )


HANGUL = regex.compile(r"[\p{Hangul}]{2,4}[ ]?(?:기자|특파원)", regex.V1)
