"""What the tests of the index share: invented stories, what becomes of them, and `dedupe` as the oracle."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import dedupe_news
from dedupe_news import Index
from dedupe_news.index.packing import unpack

_WORDS = """
    harbour council river bridge strike minister vote school fire market storm train hospital budget
    mayor police court garden museum engine teacher doctor farmer island valley tunnel airport ferry
    winter summer report answer question meeting decision danger repair promise shortage delay reopening
    closure warning north south east west early late quiet broken empty crowded narrow public private
    local national
"""
WORDS = _WORDS.split()


def sentence(random_: random.Random, num_words: int) -> str:
    words = [random_.choice(WORDS) for _ in range(num_words)]
    return " ".join(words).capitalize() + "."


def story(number: int, num_sentences: int = 6) -> str:
    """Return the story of this number: always the same, and like no other."""
    random_ = random.Random(number)
    return " ".join(sentence(random_, 14) for _ in range(num_sentences))


def told_again(number: int, teller: int) -> str:
    """Return a story as one more teller has it: a sentence of his own in it, or in place of another."""
    sentences = story(number).split(". ")
    at = teller % len(sentences)
    sentences[at : at + teller % 2] = [sentence(random.Random(f"{number} {teller}"), 12).rstrip(".")]
    return ". ".join(sentences)


def pool() -> list[str]:
    """Stories, and what becomes of stories: copies, excerpts, updates, templates, footers, crumbs."""
    random_ = random.Random(7)
    footer = " ".join(sentence(random_, 12) for _ in range(5))
    texts = ["", "Rain.", "Rain until Monday evening.", "！？", footer]
    for number in range(4):
        sentences = [sentence(random_, 14) for _ in range(9)]
        story = " ".join(sentences)
        texts += [
            story,
            story.upper(),
            story + " " + sentence(random_, 14),
            " ".join(sentences[:5]),
            " ".join(sentences[4:]),
            " ".join([*sentences[:4], sentence(random_, 14), *sentences[5:]]),
            f"{story}\n\n{footer}",
            " ".join([*sentences, *(sentence(random_, 14) for _ in range(9))]),
            f"On day {number} {10 + number} people and {number} dogs came. " + " ".join(sentences[:2]),
            f"On day {number + 3} {70 + number} people and {number + 5} dogs came. "
            + " ".join(sentences[:2]),
        ]
    return [*texts, f"{texts[5]} {texts[15]}", "".join(chr(0x4E00 + (7 * at) % 400) for at in range(60))]


def check_documents(
    index: Index, articles: Iterable[dict[str, str | None]], clean: dedupe_news.CleanOptions | None = None
) -> list[dedupe_news.CanonicalDocument]:
    """Hold the documents of an index against those of `dedupe` on the same articles; return the latter."""
    expected = list(dedupe_news.dedupe(articles, clean=clean).documents)
    # A document is known by its id; the order of the index is the order of arrival.
    found = {document.id: document for document in index.documents()}
    assert found.keys() == {document.id for document in expected}
    for document in expected:
        kept = found[document.id]
        assert kept.text == document.text
        assert {one.id: one.relation for one in kept.duplicates} == {
            one.id: one.relation for one in document.duplicates
        }
    return expected


def texts_in(path: Path) -> dict[str, str]:
    """Return the text of each article of an index, by its id, past the index itself."""
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT id, packed FROM article JOIN document USING (row)").fetchall()
        assert len(found) == connection.execute("SELECT count(*) FROM document").fetchone()[0]
    return {id: unpack(id, packed).text for id, packed in found}


def check_file(path: Path) -> None:
    """Let SQLite check the whole file."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def strays(path: Path) -> set[str]:
    """Return the files in the folder of keys that are in no list."""
    with closing(sqlite3.connect(path)) as connection:
        listed = {f"{number:08d}.seg" for (number,) in connection.execute("SELECT number FROM segment")}
    folder = path.with_name(path.name + "-keys")
    return {file.name for file in folder.iterdir()} - listed if folder.is_dir() else set()
