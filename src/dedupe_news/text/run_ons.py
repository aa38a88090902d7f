"""Run-ons: glued sentences and paragraphs, and where the second begins."""

from __future__ import annotations

import re

from dedupe_news.text import loops
from dedupe_news.text.breaks import (
    ABBREVIATIONS,
    CLOSERS,
    ENDING_ABBREVIATIONS,
    GLUED_ABBREVIATIONS,
    SENTENCE_OPENERS,
    SHORT_SENTENCE_OPENERS,
    SHOUTED_NAMES,
    WORDS_TOO,
)
from dedupe_news.text.glance import kinds_of, rare_chars
from dedupe_news.text.glued import LOWER, MARKS, QUOTES, SEAM, UPPER, find_glued
from dedupe_news.text.loops import (
    BEHIND_QUOTE,
    CASELESS,
    INSIDE_WORD,
    KIND_BITS,
    LENGTH_BITS,
    LOOK,
    LOWERED,
    OPENED,
    PLACE_BITS,
    SURE,
)
from dedupe_news.text.quotes import QuoteSides

MAX_WORD_CHARS = 64
_MAX_MARKS = 6
_MAX_HEADING_CHARS = 100
_MAX_DASH_CHARS = 1000
_MIN_COLON_CHARS = 40
_MAX_AROUND_CHARS = 5000  # how far away a word is still a word of this text
_WEB_WORD = re.compile(r"//|www\.|[@_\\=<>{}]|%[0-9A-F]{2}|\w\.\w+/", re.IGNORECASE)
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]\Z")
# Endings of files and of web addresses; in capitals behind a full stop no sentence.
_FILE_ENDINGS = frozenset(
    re.findall(
        r"\S+",
        """
        pdf doc docx jpg jpeg png gif svg mp3 mp4 txt xls xlsx csv zip exe html htm xml json js ts md php asp
        aspx net com org edu gov info biz cpp py
        """,
    )
)
_CLOCK_WORDS = frozenset(
    re.findall(
        r"\S+",
        """
        Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July
        August September October November December ET EST EDT CT CST CDT MT MST MDT PT PST PDT GMT BST UTC CET
        """,
    )
)
_BRANDS = frozenset(["linkedin", "youtube", "signup", "login", "checkin", "plugin"])
# German and Turkish ordinals (`am 3.Oktober`, `der 1.FC`), and numbers in a list.
_ORDINAL = re.compile(
    r"(?:\b(?:am|im|in|der|dem|den|die|das|des|zum|zur|vom|beim|seit|ab|bis|und|ve|bir|ile) |(?:\A|\n) *)"
    r"\d+\Z"
)
_MONTHS = frozenset(
    re.findall(
        r"\S+",
        """
        Januar Jänner Februar März April Mai Juni Juli August September Oktober November Dezember
        Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık Jahrhundert Jahrestag
        Geburtstag Bundesliga Liga Spieltag Runde Platz FC Uhr Stock Etage Klasse
        """,
    )
)
_FIGURE = re.compile(
    r"""
      (?:19|20)\d\d (?= [ ,:’'–-] )                 # a year
    | \d{1,3} [.)] [ ]                              # a number in a list
    | \d{1,2} (?: [h:.]\d\d )? (?: [ ]?[ap]\.?m\.? )? (?: [ ][-–—][ ] | :[ ] )   # a time
    | \d[\d.,]* [ ] (?= [%{lower}] )                # an amount
    | \d{3,} [ ] (?= [{upper}] )
    """.replace("{lower}", LOWER).replace("{upper}", UPPER),
    re.VERBOSE,
)
_BETWEEN = QUOTES + "([¿¡)]"
_INNER_MARKS = re.compile(r"[-–—/'’]")
_DASHES = re.compile(r"[-–—/]")
_WORD_ENDS = ("", " ", ",", "'", "’", "\n")
_DOMAINS = frozenset(["com", "net", "org", "edu", "gov", "biz"])
_UNSURE_ENDS = (GLUED_ABBREVIATIONS - WORDS_TOO) | {word.capitalize() for word in GLUED_ABBREVIATIONS}
MAX_UNSURE_CHARS = max(map(len, _UNSURE_ENDS))
_UNSURE_STARTS = frozenset(ending[1:] for ending in _DOMAINS)
_PARTICLES = frozenset(
    [
        "van",
        "von",
        "de",
        "del",
        "della",
        "di",
        "da",
        "dos",
        "la",
        "le",
        "el",
        "al",
        "mac",
        "mc",
        "o",
        "st",
        "san",
    ]
)
_CAPITALS_HEADING = re.compile(
    rf"""
    [{UPPER}\d‘’“”'":,&!?-]{{1,40}}[ ][{UPPER}\d‘’“”'":,&!? -]{{1,80}}   # two words at least
    (?<= [{UPPER}!?’”] ) (?= [“‘"]?[{UPPER}][{LOWER}] )
    """,
    re.VERBOSE,
)
_ARABIC = "\u0620-\u064a\u066e-\u06d3"
_INDIC = "\u0900-\u0963\u0966-\u0d7f"
_CLOSING_MARKS = "[\"'”’»“«)]{0,2}"


def _caseless(before: str, letters: str, at_least: int = 2) -> re.Pattern[str]:
    """Return what finds a sentence that ends in `before`, with a word of `letters` glued to it."""
    return re.compile(
        f"(?P<marks>{before}){_CLOSING_MARKS}(?=[{letters}]{{{at_least}}})(?![{letters}]{{1,4}}\\.)"
    )


_MAX_INNER_CAPITALS = 2
_INNER_CAPITAL = re.compile(r"\b[a-z]{1,5}[A-Z][a-z]")


def _caseless_indic(first: str, last: str, least: int) -> re.Pattern[str]:
    letters = f"{first}-{last}"
    titles = "(?:श्री|श्रीमती|प्रा|डॉ|திரு|திருமதி)[.]"
    return _caseless(f"(?<![{letters}.])(?!{titles})[{letters}]{{{least},40}}(?<![।॥])[.!?]", letters)


_URDU_VERBS = "ہے|ہیں|تھا|تھی|تھے|گا|گی|گے|گیا|گئی|گئے|دیا|دی|کیا|کی|لیا|لی|ہوا|ہوئی|ہوئے|کہا|رہا|رہی|رہے"
# For each script the letters or marks that none of its texts goes without, and what a seam looks like.
_CASELESS_SEAMS = (
    (
        "اوي",
        _caseless(
            f"(?<![{_ARABIC}.])(?:[{_ARABIC}]{{3,30}}|(?![وفبل])[{_ARABIC}]{{2}})[.!]|[{_ARABIC}]؟", _ARABIC
        ),
    ),
    ("۔", _caseless(f"(?<=[ ])(?:{_URDU_VERBS})۔", _ARABIC)),
    ("ויא", _caseless("(?<![א-ת.])[א-ת]{2,30}[.!?]", "א-ת")),
    ("აი", _caseless("(?<![ა-ჰ.])[ა-ჰ]{3,30}[.!?]", "ა-ჰ")),
    ("।", _caseless(f"[{_INDIC}]।", _INDIC, 1)),
    *(
        (chr(first + 0x3E), _caseless_indic(chr(first), chr(first + 0x7F), least))
        for first, least in (
            (0x900, 3),
            (0xA00, 3),
            (0xA80, 3),
            (0xB80, 4),
            (0xC00, 4),
            (0xC80, 4),
            (0xD00, 4),
        )
    ),
    ("።", _caseless("[\u1200-\u135a]።", "\u1200-\u135a", 1)),
    ("။", _caseless("[\u1000-\u109f]။", "\u1000-\u102a", 1)),
    ("다요까", re.compile("(?P<marks>[다요까죠임음함됨][.!?])[\"”’'“‘]{0,2}(?=[가-힣A-Z▲△■◆○●▶])")),
    ("。", re.compile("(?P<marks>。[”」』]?)(?=[■◆▼●◇□▽☆★])")),
)


_CHARS_PER_SIGN = 1000  # where a script has fewer of its commonest signs, the text is not written in it
CASELESS_SIGNS = frozenset("".join(letters for letters, _ in _CASELESS_SEAMS))


def find_run_ons(text: str) -> list[int]:
    """Return the positions where a paragraph begins with nothing between it and the one before.

    A sentence ends and the next begins (`said.New`); or there is no full stop, but what follows can
    only begin a sentence: behind a headline (`rulesThe`), a year (`2020The`), a bracket (`5 percent)The`).

    >>> text = 'in the near future," Tu said.New policies foster growth.'
    >>> [text[at:] for at in find_run_ons(text)]
    ['New policies foster growth.']
    """
    return scan_run_ons(text)[0]


def scan_run_ons(text: str) -> tuple[list[int], bool]:
    """Return what `find_run_ons` does, and whether every one of them was plain: then no more can come up."""
    out: list[int] = []
    is_plain = True
    sides: QuoteSides | None = None
    last = 0
    if loops.at_hand:
        seen, places = loops.at_hand.glance(text)
        rare, is_caseless = None, bool(seen & CASELESS)
    else:
        seen, rare = 0, rare_chars(text)
        places = [at << PLACE_BITS | LOOK for at in find_glued(text, rare)]
        is_caseless = rare is None or not CASELESS_SIGNS.isdisjoint(rare)
    for place in places:
        at, kind = place >> PLACE_BITS, place & _KINDS
        if kind == INSIDE_WORD:
            if at - (place >> KIND_BITS & _LENGTHS) >= last and (
                text[at : at + (place >> KIND_BITS + LENGTH_BITS & _LENGTHS)] not in SENTENCE_OPENERS
            ):
                continue
        elif kind and (border := _sure_border(text, at, kind, last, seen)):
            if border > last:
                out.append(border)
                last = border
            continue
        match = SEAM.match(text, at)
        if match is None:
            continue
        mark = at - 1
        before, rest = text[mark], match[1]
        found = -1
        # Nine of ten are plain: `said.New`, `said."New`; what they need is looked up here at once.
        if before == "." and not rest.isupper():
            low = at - MAX_WORD_CHARS if at > MAX_WORD_CHARS else 0
            word = text[text.rfind(" ", low, mark) + 1 or low : mark]
            if word[1:].islower() and word.isalpha() and word not in _UNSURE_ENDS and text[at] > "9":
                found = at if rest not in _UNSURE_STARTS else -1
        elif before in '"”“' and mark > last + 1 and text[mark - 1] in ".?!" and text[mark - 2].isalpha():
            if sides is None:
                sides = QuoteSides(text)
            found = mark if sides.opens(mark) else at
        if found < 0:
            if sides is None:
                sides = QuoteSides(text)
            found = _find_seam(text, at, text[at] + rest, last, sides)
            is_plain = is_plain and (found < 0 or before in MARKS or text[mark - 1] in MARKS)
        if found > last:
            out.append(found)
            last = found
            if rest[:1].isupper():
                heading = _CAPITALS_HEADING.match(text, found)
                if heading:
                    last = heading.end()
                    out.append(last)
    if is_caseless:
        found_too = _find_caseless_run_ons(text, sides or QuoteSides(text), rare)
        if found_too:
            return sorted({*out, *found_too}), False
    return out, is_plain


_KINDS, _LENGTHS = (1 << KIND_BITS) - 1, (1 << LENGTH_BITS) - 1


def _sure_border(text: str, at: int, kind: int, last: int, seen: int) -> int:
    """Return where the border is of a place of which a glance knows enough; 0 if it has to be looked at."""
    if kind == SURE:
        return at
    if kind == BEHIND_QUOTE:
        if at <= last + 2:
            return 0
        if text[at - 1] == "“":  # it opens, unless it may close a lower one
            return 0 if seen & LOWERED else at - 1
        return at if seen & OPENED else 0  # so does `”`, unless another one opens here
    low = max(at - MAX_WORD_CHARS, 0)
    word = text[text.rfind(" ", low, at - 1) + 1 or low : at - 1]
    return 0 if word in _UNSURE_ENDS or text[at + 1 : at + 3] in _UNSURE_STARTS else at


def _find_seam(text: str, at: int, word: str, last: int, sides: QuoteSides) -> int:
    """Return where the paragraph begins that has `word` at `at`, or -1 if none does.

    `last` is where the paragraph before begins: what stands in front of it is no evidence.
    """
    start = at
    if text[at - 1] == " ":  # a dash, a bullet or a spaced guillemet opens the paragraph
        start = at - 2
        if text[start] == "•":
            return start if start > last and not text[start - 1].isspace() else -1
        if text[start - 1] == ":" and text[start] != "«":  # `og la til:– Jeg`
            return start if start - 1 > last and text[start - 2].isalpha() else -1
        while start - 1 > last and text[start - 1] in CLOSERS:
            start -= 1
        if not (start > last and text[start - 1] in MARKS and _ends_sentence(text, start, at, word, last)):
            return -1
        if text[at - 2] == "«":
            return at - 2 if sides.opens(at - 2) else -1
        if sides.has(f",{text[at - 2]} "):
            # Russian: such a dash goes on with what was said, unless this paragraph had none before.
            low = max(last, at - _MAX_DASH_CHARS)
            line = text[max(low, text.rfind("\n", low, at - 2) + 1) : at - 2]
            if f"{text[at - 2]} " in line or len(line) == _MAX_DASH_CHARS - 2:
                return -1
        return at - 2
    low = max(last, at - _MAX_MARKS)
    while start > low and text[start - 1] in _BETWEEN:
        start -= 1
    if start <= last:
        return -1
    if text[start - 1] in MARKS:
        if not _ends_sentence(text, start, at, word, last):
            return -1
        return at if start == at else sides.border(start, at)
    if text[at].isdigit():
        return -1
    if text[at - 1] == ":":  # `what to look for:The first`, but `Note:The` and `Dane:Who`
        is_opener = word in SENTENCE_OPENERS and text[at + len(word) : at + len(word) + 1] == " "
        low = max(last, at - _MIN_COLON_CHARS)
        is_lead = at - low == _MIN_COLON_CHARS and "\n" not in text[low:at]
        return at if is_opener and is_lead and _token_before(text, at - 1, last).islower() else -1
    if start == at:
        return at if _begins_behind_a_heading(text, at, word, last) else -1
    following = text[at + len(word) : at + len(word) + 1]
    if following not in _WORD_ENDS or not (len(word) == 1 or word[1:].islower()):
        return -1
    before, mark = text[start - 1], text[start]
    if mark == ")":  # `(up 5 percent)The`
        opened = text.rfind("(", max(last, start - _MAX_HEADING_CHARS), start)
        if opened < 0 or text[opened - 1 : opened] not in ("", " ", "\n") or not before.isalnum():
            return -1
        return sides.border(start, at)
    if mark in "[(¿¡‘’'‚]" or not before.isalnum():
        return -1
    border = sides.border(start, at)
    if border == at:  # `“It is late”The`
        return at if word in SENTENCE_OPENERS and following == " " else -1
    if border > start or mark in '"”' or not before.islower():
        return -1
    low = max(start - _MAX_HEADING_CHARS, 0)
    if mark == "“" and text.rfind("“", low, start) > text.rfind("”", low, start):
        return -1  # nobody closed the last one: this may be meant to
    return start


def _token_before(text: str, end: int, last: int) -> str:
    """Return what stands between the last space before `end`, or the last border, and `end`."""
    low = max(last, end - MAX_WORD_CHARS)
    return text[max(text.rfind(" ", low, end) + 1, text.rfind("\n", low, end) + 1, low) : end]


def _ends_sentence(text: str, end: int, at: int, word: str, last: int) -> bool:
    """Whether the marks that end at `end` end a sentence, when `word` begins the next at `at`."""
    first = end - 1
    while first > last and text[first - 1] in MARKS:
        first -= 1
    if first == last:
        return False
    marks = text[first:end]
    token = _token_before(text, first, last)
    is_opener = word in SENTENCE_OPENERS
    if not token:  # `Vraiment ?Le ministre`
        if text[first - 1] != " " or not text[max(first - 2, 0)].isalnum():
            return False
        return end < at or ("…" not in marks and (is_opener or "." not in marks))
    if not token.isalnum() and (_WEB_WORD.search(token) or token[-1] in "[("):
        return False
    if text[at].isdigit():
        bare = token.lstrip(_BETWEEN)
        bare = _INNER_MARKS.split(bare)[-1]
        is_word = len(bare) >= 2 and bare.isalpha() and bare.casefold() not in GLUED_ABBREVIATIONS
        is_quoted = end < at and text[end] in '"“„«'
        return is_quoted or ((is_word or token[-1] in ")”»%") and _FIGURE.match(text, at) is not None)
    if end < at and text[end] not in "„“«‘‚([¿¡":
        return True
    following = text[at + len(word) : at + len(word) + 1]
    if marks == "." and token.isdigit() and len(token) <= 3:
        if is_opener or end < at or word in SHORT_SENTENCE_OPENERS:
            return True
        if len(word) == 1 and following == ".":
            return False
        low = max(last, first - MAX_WORD_CHARS)
        return word not in _MONTHS and _ORDINAL.search(text, low, first) is None
    if marks == ".":
        return _is_full_stop(token, word, following, is_opener)
    if "…" in marks or ".." in marks:
        return token[-1].isalnum() or token[-1] in CLOSERS
    if is_opener:
        return True
    return not ("." in token or "/" in token or (marks == "!" and token.casefold() in SHOUTED_NAMES))


def _is_full_stop(token: str, word: str, following: str, is_opener: bool) -> bool:
    """Whether a full stop behind `token`, with `word` glued to it, ends a sentence.

    Abbreviations, initials, ordinals, addresses and names of files have one, too. What can only
    begin a sentence decides behind those that sentences end with: `U.S.The`, `Inc.The`, `Plan B.Nach`.
    """
    if not token[-1].isalnum():
        return not token.endswith("()")
    last = token if token.isalnum() else _DASHES.split(token.lstrip(_BETWEEN + "$£€¥"))[-1]
    if not last:
        return True
    is_short = word in SHORT_SENTENCE_OPENERS and word.casefold() not in _PARTICLES and following == " "
    folded = last.casefold()
    if "’" in last or "'" in last:  # `l’av.Foch`
        folded = re.split("['’]", folded)[-1]
    if folded in ("a.m", "p.m"):
        return word not in _CLOCK_WORDS
    if len(word) == 1 and following not in (" ", ",", "'", "’"):  # `Ph.D.`, but `said.J. K. Orlan`
        return following == "." and last.islower() and len(last) > 3
    if last.isupper() and len(last) > 1 and "." not in last:  # `the UK.The`, but `ASP.NET`, `ST.Gallen`
        return is_opener or not (folded in ABBREVIATIONS or (word.isupper() and len(word) > 1))
    if folded in GLUED_ABBREVIATIONS and last not in WORDS_TOO:
        may_end = folded in ENDING_ABBREVIATIONS or folded in WORDS_TOO  # `by God.The`
        return may_end and (is_opener or is_short)
    if last[0].isdigit() and not last[-1].isupper():
        return True
    if "." in last and last.isupper() and is_short:  # `in the U.S.In`
        return True
    if len(last) == 1 or "." in last:
        return is_opener and following == " " and (last.isupper() or not _INITIALS.match(last))
    if len(word) > 1 and word.isupper():
        return word.casefold() not in _FILE_ENDINGS
    return not (last[0].isupper() and word.casefold() in _DOMAINS)


def _begins_behind_a_heading(text: str, at: int, word: str, last: int) -> bool:
    """Whether `word`, glued to a word or a figure with no mark between, begins a paragraph.

    It does when it can only begin a sentence (`rulesThe`); or when what ends there looks like a
    heading, and one of the two is a word of this text, but the compound is not (`flagOrlan`
    where `Orlan` stands elsewhere). Everything else is left: `YouTube`, `easyJet`, `McAdam`.
    """
    following = text[at + len(word) : at + len(word) + 1]
    if following not in _WORD_ENDS:
        return False
    is_opener = word in SENTENCE_OPENERS
    token = _token_before(text, at, last).lstrip(_BETWEEN)
    if not is_opener and token[:1].isupper():
        return False
    if not token or (token + word).casefold() in _BRANDS:
        return False
    if not token.isalnum() and ("." in token or "#" in token or _WEB_WORD.search(token)):
        return False
    is_short = word in SHORT_SENTENCE_OPENERS and len(word) > 1  # not `vitaminA`
    if token.isdigit():
        return (is_opener or is_short) and following == " "
    left = token if token.isalnum() else _INNER_MARKS.split(token)[-1]
    low, high = max(at - _MAX_AROUND_CHARS, 0), at + _MAX_AROUND_CHARS
    if is_opener and following == " ":
        if left.islower():
            return len(left) > 1
        return len(left) > 2 and left.casefold() not in _PARTICLES and text.count(left + word, low, high) == 1
    if not (left.islower() and left.isalpha() and len(left) > 2):
        return False
    if word == "L" and following in ("'", "’"):
        return True
    if is_short and following == " ":
        return not (word == "In" and left.endswith("er"))  # German: MitarbeiterIn
    if len(word) < 3 or not word[1:].islower() or not _is_heading(text, last, at):
        return False
    if left.capitalize() in SENTENCE_OPENERS or text.count(left + word, low, high) > 1:
        return False
    # In isiXhosa and isiZulu names bear prefixes: `kwaZulu`, `noMbeki`.
    is_word = text.find(f" {left} ", low, high) >= 0 or text.find(f" {word} ", low, high) >= 0
    return is_word and not _has_prefixed_names(text[low:high])


def _has_prefixed_names(text: str) -> bool:
    """Whether more than one or two words of `text` have a capital behind a few small letters."""
    if kinds_of(text).count(b"aAa") <= _MAX_INNER_CAPITALS:
        return False  # what finds such words has to look at every character
    return len(_INNER_CAPITAL.findall(text)) > _MAX_INNER_CAPITALS


def _is_heading(text: str, last: int, at: int) -> bool:
    """Whether what stands between the last border and `at` is a few words without a full stop."""
    low = max(last, at - _MAX_HEADING_CHARS - 1)
    start = max(low, text.rfind("\n", low, at) + 1)
    line = text[start:at]
    if len(line) > _MAX_HEADING_CHARS:
        return False
    return 2 <= len(line.split()) <= 12 and not line[0].islower() and not any(mark in line for mark in MARKS)


def _find_caseless_run_ons(text: str, sides: QuoteSides, rare: set[str] | None) -> list[int]:
    """Return the run-ons of the scripts that know no capitals.

    There a full stop is all the evidence, so the words around it must be whole ones: behind one or
    two letters it may abbreviate. In Chinese, Japanese, Thai, Khmer sentences are always glued:
    nothing is parted there but before the marks that open paragraphs.
    """
    out: list[int] = []
    if rare is None:
        rare = {sign for sign in CASELESS_SIGNS if sign in text}
    if CASELESS_SIGNS.isdisjoint(rare):
        return out
    for letters, seam in _CASELESS_SEAMS:
        if sum(text.count(letter) for letter in rare.intersection(letters)) * _CHARS_PER_SIGN > len(text):
            for match in seam.finditer(text):
                border = match.end()
                if match.end() > match.end("marks"):
                    border = sides.border(match.end("marks"), match.end())
                if border < match.end() or text[border - 1] not in "\"'”’" or letters != "다요까":
                    out.append(border)
    return out
