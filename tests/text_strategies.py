"""What hypothesis draws from for room 1: articles, and everything that scrapers do to them.

The words are invented, so that nobody's sentences stand here; the shapes are those of news.
"""

from __future__ import annotations

import re
import unicodedata
from random import Random
from typing import NamedTuple

from hypothesis import strategies as st

import dedupe_news

# --- any string ----------------------------------------------------------------------------

# What the rules look for; among arbitrary characters it would hardly ever be drawn.
_TRICKY = [
    "\ud800", "\udfff", "\ud83d\ude00", "\x00", "\r\n", "\r", "\x85", "\u2028", "\n", "\n\n", " ", "  ", "\t",
    "\xa0", "\u3000", "\u200b", "\u200c", "\u200d", "\u200e", "\u202e", "\xad", "\ufeff", "\ufe0f", "\u0301",
    "－", "―", "——", "--", " -- ", "Ａ", "９", "，", "。", "、", "中", "文", "한", "か", "ก", "ا", "ب",
    "्", "क",
    "&", "&amp;", "&amp;amp;", "&#xD800;", "&#0;", "&lt", "&nbsp;", "&NotEqualTilde;", "â€™", "Ã©", "Â",
    "ðŸ˜€",
    "A", "a", "é", "ß", "İ", "ﬁ", "1", "2.5", ".", "!", "?", "…", "\"", "'", "“", "”", "«", "»", "(",
    ")", "[",
    "](", "http://", "www.", "@", "/", "said.New", "PARIS (AFP) - ", "By ", "👨‍👩‍👧", "🇩🇪", "\U0010ffff",
]  # fmt: skip


def any_text() -> st.SearchStrategy[str]:
    """Draw every string that Python can hold: lone surrogates, controls, pieces that rules look for."""
    everything = st.text(st.characters(exclude_categories=()), max_size=60)
    pieces = st.lists(st.one_of(st.sampled_from(_TRICKY), st.sampled_from(WORDS)), max_size=40).map("".join)
    again = st.tuples(pieces, st.integers(2, 5)).map(lambda drawn: drawn[0] * drawn[1])
    return st.one_of(everything, pieces, again, st.tuples(everything, pieces, everything).map("".join))


# --- articles ------------------------------------------------------------------------------

_FUNCTION_WORDS = [
    "the", "of", "in", "to", "and", "a", "for", "on", "with", "at", "by", "from", "that", "as", "after",
    "before",
]  # fmt: skip
_NOUNS = [
    head + tail
    for head in (
        "bar",
        "cal",
        "dom",
        "fen",
        "gar",
        "hol",
        "kem",
        "lin",
        "mor",
        "nes",
        "pol",
        "ras",
        "sul",
        "tev",
    )
    for tail in ("dle", "ket", "mont", "nish", "per", "quin", "tor", "ver", "wick", "zen")
]
_VERBS = [
    head + tail
    for head in ("bran", "clep", "drim", "flo", "grel", "stan")
    for tail in ("ded", "ged", "med", "ned")
]
_NAMES = [
    head + tail
    for head in ("Al", "Bre", "Cor", "Dun", "El", "Fran", "Hal", "Ist")
    for tail in ("dair", "gall", "ine", "van")
]
_FIGURES = [*map(str, range(2, 100, 7)), "2.5", "1,200", "2019", "14:30", "60-year-old"]
WORDS = _NOUNS + _VERBS
_WORD_LISTS = [WORDS, WORDS, _FUNCTION_WORDS, [*_NAMES, *_FIGURES]]
_ENDINGS = [".", ".", ".", ".", "?", "!", '"']


def sentence(random: Random) -> str:
    """Return a sentence: a capital, words, now and then a comma, a quotation or a figure, an end."""
    words = [random.choice(random.choice(_WORD_LISTS)) for _ in range(random.randint(5, 18))]
    if random.random() < 0.2:
        words[len(words) // 2] += ","
    text = " ".join([random.choice(_NOUNS).capitalize(), *words])
    ending = random.choice(_ENDINGS)
    return f'"{text}," {random.choice(_NAMES)} said.' if ending == '"' else text + ending


def paragraph(random: Random, sentences: int) -> str:
    return " ".join(sentence(random) for _ in range(sentences))


# Sizes are drawn, words come from one drawn seed: a thousand words take no longer than ten,
# and what fails shrinks to few and short paragraphs.
_SEEDS = st.integers(0, 2**32 - 1).map(Random)
_SENTENCE_NUMBERS = st.integers(1, 4)


@st.composite
def paragraphs(draw: st.DrawFn, min_number: int = 2, max_number: int = 5) -> list[str]:
    random = draw(_SEEDS)
    return [
        paragraph(random, n)
        for n in draw(st.lists(_SENTENCE_NUMBERS, min_size=min_number, max_size=max_number))
    ]


@st.composite
def articles(draw: st.DrawFn, min_words: int = 60, max_paragraphs: int = 8, *, bare: bool = False) -> str:
    """Draw an article in clean form: maybe a title and a byline, paragraphs with a blank line between.

    With `bare` it has a body only.
    """
    random = draw(_SEEDS)
    parts = [
        paragraph(random, n) for n in draw(st.lists(_SENTENCE_NUMBERS, min_size=2, max_size=max_paragraphs))
    ]
    while sum(len(part.split()) for part in parts) < min_words:
        parts.append(paragraph(random, 2))
    head: list[str] = []
    if not bare and draw(st.booleans()):
        head.append(" ".join(random.sample(WORDS, random.randint(3, 8))).capitalize())
        if draw(st.booleans()):
            name = " ".join(random.sample(_NAMES, 2))
            head.append(draw(st.sampled_from([f"By {name}", f"{name.upper()}/KEMQUIN DAILY"])))
    return "\n\n".join([*head, *parts])


@st.composite
def poor_articles(draw: st.DrawFn, min_words: int = 30) -> str:
    """Draw a text of at least so many words, of which only one, two or three are different."""
    words = draw(st.lists(st.sampled_from(["ha", "Kemper", "no", "12", "a.", "b!"]), min_size=1, max_size=3))
    number = draw(st.integers(min_words, min_words + 40))
    separators = draw(st.lists(st.sampled_from([" ", ", ", ". ", "\n\n"]), min_size=1, max_size=3))
    if draw(st.booleans()):
        order = [words[i % len(words)] for i in range(number)]
    else:
        order = draw(_SEEDS).choices(words, k=number)
    return "".join(word + separators[i % len(separators)] for i, word in enumerate(order)).strip(", \n")


def clean_articles(min_words: int = 30) -> st.SearchStrategy[str]:
    """Draw texts `x` of at least so many words with ``clean(x).text == x``."""
    drawn = st.one_of(
        articles(min_words, max_paragraphs=5), articles(min_words, max_paragraphs=2), poor_articles(min_words)
    )
    return drawn.map(lambda text: dedupe_news.clean(text).text).filter(
        lambda text: len(text.split()) >= min_words and dedupe_news.clean(text).text == text
    )


# --- damage --------------------------------------------------------------------------------


class Damaged(NamedTuple):
    """A damaged text, how it was damaged, and the letters that must be left (``None``: no one answer)."""

    kind: str
    text: str
    letters: str | None


SEPARATORS = [
    "", " ", "\n", "\n\n", "\n\n\n\n", "   ", "\t", " \n \n", "\r\n\r\n", "\u3000", " | ", "\n---\n",
    "\n* * *\n",
    "\n\n=====\n\n", " … ", " // ", "\n\u2028\n",
]  # fmt: skip
_JUNK = ["Advertisement", "Read more below", "Share this story", "Photo: Kemquin Agency", "Sign up here"]


@st.composite
def glued(draw: st.DrawFn, article: str) -> Damaged:
    """Draw the text k times, one after the other, with nothing between."""
    return Damaged("glued", article * draw(st.sampled_from([2, 3, 7])), letters(article))


@st.composite
def separated(draw: st.DrawFn, article: str) -> Damaged:
    copies = draw(st.integers(2, 4))
    return Damaged("separated", draw(st.sampled_from(SEPARATORS)).join([article] * copies), letters(article))


@st.composite
def ragged(draw: st.DrawFn, article: str) -> Damaged:
    """Draw copies with other white space between words and paragraphs in each."""
    spaces = st.sampled_from([" ", " ", " ", "  ", "\xa0", "\t"])

    def respaced() -> str:
        space = draw(spaces)
        number = draw(st.integers(2, 9))
        return "".join(space if char == " " and i % number == 0 else char for i, char in enumerate(article))

    return Damaged(
        "ragged", respaced() + draw(st.sampled_from(["\n\n", "\n", " "])) + respaced(), letters(article)
    )


@st.composite
def cut(draw: st.DrawFn, article: str) -> Damaged:
    """Draw the text and a copy of it that was cut, maybe within a word."""
    end = draw(st.integers(_thirty_words(article), len(article)))
    separator = draw(st.sampled_from(["", "\n", "\n\n", " "]))
    return Damaged("cut", article + separator + article[:end], letters(article))


@st.composite
def with_teaser(draw: st.DrawFn, article: str) -> Damaged:
    """Draw the beginning of the text, then the text."""
    end = draw(st.integers(_thirty_words(article), len(article)))
    mark = draw(st.sampled_from(["\n\n", "…\n\n", "...\n\n", "...\n", " ... ", " [...]\n\n"]))
    return Damaged("with_teaser", article[:end] + mark + article, letters(article))


_OTHER_MARKS = [
    {'"': "“"},
    {'"': "”", "'": "’"},
    {", ": "， "},
    {" ": "\xa0"},
    {".": "．"},
    {"-": "\u2011"},
    {" a ": " a\u200b "},
]


@st.composite
def with_other_marks(draw: st.DrawFn, article: str) -> Damaged:
    """Draw the text and a copy with other quotes, spaces, widths."""
    copy = article
    for old, new in draw(st.sampled_from(_OTHER_MARKS)).items():
        copy = copy.replace(old, new)
    texts = draw(st.permutations([article, copy]))
    return Damaged("with_other_marks", draw(st.sampled_from(["\n\n", "\n"])).join(texts), letters(article))


@st.composite
def with_typos(draw: st.DrawFn, article: str) -> Damaged:
    """Draw the text and a copy in which a letter here and there was typed wrong."""
    chars = list(article)
    at_letters = [i for i, char in enumerate(chars) if char.isascii() and char.islower()]
    random = draw(_SEEDS)
    for at in random.sample(at_letters, draw(st.integers(1, 1 + len(at_letters) // 200))):
        chars[at] = random.choice("aeinrt")
    return Damaged("with_typos", article + draw(st.sampled_from(["", "\n\n"])) + "".join(chars), None)


@st.composite
def with_junk(draw: st.DrawFn, article: str) -> Damaged:
    """Draw copies with a line between them that belongs to neither."""
    junk = draw(st.lists(st.sampled_from(_JUNK), min_size=1, max_size=3))
    text = article + "".join(f"\n\n{line}\n\n{article}" for line in junk)
    return Damaged("with_junk", text, None)


@st.composite
def doubled(draw: st.DrawFn, article: str) -> Damaged:
    """Draw the text with each paragraph twice."""
    separator = draw(st.sampled_from(["\n\n", "\n"]))
    parts = article.split("\n\n")
    text = separator.join(part for paragraph in parts for part in (paragraph, paragraph))
    # Two or three doubled paragraphs do not show that the short lines were doubled by the same hand.
    long_parts = sum(len(words_of(part)) >= 20 for part in parts)
    is_plain = long_parts == len(parts) or long_parts >= 4
    return Damaged("doubled", text, letters(article) if is_plain else None)


@st.composite
def with_addition(draw: st.DrawFn, article: str) -> Damaged:
    """Draw the text and a later copy that has one more paragraph."""
    parts = article.split("\n\n")
    more = paragraph(Random(article), 2)  # no seed is drawn twice: what is added is new
    # Behind some words that both copies have: a headline of three words shows no place.
    first = next(i for i in range(1, len(parts) + 1) if len(words_of(" ".join(parts[:i]))) >= 8)
    at = draw(st.integers(first, len(parts)))
    longer = "\n\n".join([*parts[:at], more, *parts[at:]])
    return Damaged("with_addition", f"{article}\n\n{longer}", letters(longer))


DAMAGES = {
    damage.__name__: damage
    for damage in (
        glued,
        separated,
        ragged,
        cut,
        with_teaser,
        with_other_marks,
        with_typos,
        with_junk,
        doubled,
        with_addition,
    )
}


def damaged(article: str) -> st.SearchStrategy[Damaged]:
    """Draw what may become of `article` on its way to us."""
    return st.one_of([damage(article) for damage in DAMAGES.values()])


# --- how two texts are compared ------------------------------------------------------------


def letters(text: str) -> str:
    """Return the bare letters and digits of a text, whatever their width and case.

    >>> letters("Ｎew－“policies”, 2.5")
    'newpolicies25'
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if char.isalnum())


_WORD = re.compile(r"\d+|[^\W\d_]+")
_CASE_BORDER = re.compile(r"(?<=[a-z])(?=[A-Z])")


def words_of(text: str) -> list[str]:
    """Return the words of a text, also those that are glued.

    >>> words_of("in 2019Tu said.New policies")
    ['in', '2019', 'tu', 'said', 'new', 'policies']
    """
    plain = re.sub("[\u200b\xad]", "", unicodedata.normalize("NFKC", text))
    return [word.casefold() for word in _WORD.findall(_CASE_BORDER.sub(" ", plain))]


def has_repeats(text: str, window: int = 8) -> bool:
    """Whether so many words in a row stand twice."""
    words = words_of(text)
    windows = [tuple(words[i : i + window]) for i in range(len(words) - window + 1)]
    return len(set(windows)) < len(windows)


def _thirty_words(article: str) -> int:
    """Return where the thirtieth word of `article` ends: less than that is no copy, but a phrase."""
    ends = [match.end() for match in re.finditer(r"\S+", article)]
    return ends[min(30, len(ends) - 1)]
