"""Compiled loops say what Python says: of any text, to the last number."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from text_strategies import any_text, articles, damaged

import dedupe_news
from dedupe_news import CleanOptions
from dedupe_news.text import gate, loops
from dedupe_news.text.compiled import CompiledLoops, _Room
from dedupe_news.text.copies import find_hits
from dedupe_news.text.glued import SEAM
from dedupe_news.text.normalize import concerned_rules
from dedupe_news.text.page import WINDOW_TOKENS, folded, number_words, split_tokens
from dedupe_news.text.repeats import find_among_tokens, has_longer_repeat
from dedupe_news.text.run_ons import scan_run_ons

patient = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
OPTIONS = CleanOptions()

# What a seam, a rule and a head hang on, in one alphabet: any few of them in a row are a case of their own.
PIECES = [
    *"AZÉΩДaßzéωд019.!?…։,:;'\"’”“„«»‘‚([{)]¿¡-–—•&@/\\= \n\t\xa0",
    *("said", "Mr", "The", "om", "et", "NEW", "McGee", "xavier", "中", "。", "ا", "다", "।", "\u0301"),
    *("\ud800", "µ", "ª", "½", "straße", "one two three four five six seven eight"),
    *("😀", "Â", "â", "€", "\u200b", "\r", "the quick brown fox jumps over it", "Quick, he said: “No.”"),
]  # fmt: skip


def texts() -> st.SearchStrategy[str]:
    """Draw pieces, some of them twice, damaged articles, and any string at all."""
    pieces = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)
    twice = st.tuples(pieces, st.text(max_size=3), pieces).map(lambda drawn: "".join([*drawn, drawn[0]]))
    return st.one_of(any_text(), pieces, twice, articles().flatmap(damaged).map(lambda drawn: drawn.text))


@pytest.fixture(scope="module")
def compiled() -> loops.Loops:
    return CompiledLoops()


@contextmanager
def at_hand(found: loops.Loops | None) -> Iterator[None]:
    """Let everything use `found` for a while, or nothing."""
    before = loops.at_hand
    loops.at_hand = found
    try:
        yield
    finally:
        loops.at_hand = before


@patient
@given(text=texts(), head_bytes=st.sampled_from([12, 24]))
@example(text="", head_bytes=24)
@example(text="a" * 5000 + ". " + "b" * 5000, head_bytes=24)
@example(text="Said he. " * 300, head_bytes=24)
@example(
    text="One, two; the quick brown fox jumps over. " + "x" * 300 + " two; the quick brown fox jumps over. ",
    head_bytes=12,
)
def test_stretches_are_the_same(compiled: loops.Loops, text: str, head_bytes: int) -> None:
    received = text.encode("utf-8", "surrogatepass")
    assert compiled.find_stretches(received, head_bytes) == gate.find_stretches(received, head_bytes)


@patient
@given(text=texts())
@example(text="")
@example(text=" ")
@example(text="a" * 40 + ".The" + "é" * 40)
def test_rules_and_run_ons_are_the_same(compiled: loops.Loops, text: str) -> None:
    with at_hand(None):
        expected = concerned_rules(text, OPTIONS), scan_run_ons(text)
    with at_hand(compiled):
        assert (concerned_rules(text, OPTIONS), scan_run_ons(text)) == expected


@patient
@given(text=texts())
def test_a_glance_passes_over_no_seam(compiled: loops.Loops, text: str) -> None:
    places = [place >> loops.PLACE_BITS for place in compiled.glance(text).places]
    assert places == sorted(set(places))
    assert {match.start() for match in SEAM.finditer(text)} <= set(places)


@patient
@given(text=st.one_of(texts(), st.text(st.characters(max_codepoint=0xFF), min_size=20)))
@example(text="Straße STRASSE ABcd Aª ABª µm ΜM x²y ½3 ÀÉs one two three " * 2)
def test_tokens_and_hits_are_the_same(compiled: loops.Loops, text: str) -> None:
    counted = compiled.count_repeats(text)
    if counted is None or not counted.hits:
        return
    ids = number_words(folded(split_tokens(text)[1::2]))
    hits = find_hits(ids, WINDOW_TOKENS)
    assert counted == (ids, hits, has_longer_repeat(ids, WINDOW_TOKENS, hits))


class GuardedRoom(_Room):
    """As much room as was asked for, and behind it what nobody may touch."""

    GUARD = np.full(64, 0x5A5A5A5A5A5A5A5A, dtype=np.int64)

    def fit(self, size: int) -> None:
        self._take(size + len(self.GUARD))
        self._array[size:] = self.GUARD

    def is_intact(self) -> bool:
        return bool((self._array[-len(self.GUARD) :] == self.GUARD).all())


@pytest.fixture(scope="module")
def guarded() -> CompiledLoops:
    found = CompiledLoops()
    found._room = GuardedRoom()
    return found


@patient
@given(text=texts() | st.text("aß. \n", max_size=300))
@example(text="")
@example(text="ß")
@example(text="a1" * 3000)
@example(text=". A" * 3000)
@example(text="".join(f"A{number}. " for number in range(2000)))
@example(text=("Said he once more, and left the room. " * 9 + "One two three four. ") * 40)
def test_loops_stay_in_the_room_that_they_are_given(guarded: CompiledLoops, text: str) -> None:
    for head_bytes in (12, 24):
        guarded.find_stretches(text.encode("utf-8", "surrogatepass"), head_bytes)
        assert guarded._room.is_intact()
    guarded.count_repeats(text)
    assert guarded._room.is_intact()
    guarded.glance(text + " ")  # a text that was just looked at is not looked at again
    assert guarded._room.is_intact()


@patient
@given(text=texts())
def test_no_repeat_is_passed_over(compiled: loops.Loops, text: str) -> None:
    with at_hand(None):
        expected = find_among_tokens(text, OPTIONS)
    with at_hand(compiled):
        assert find_among_tokens(text, OPTIONS) == expected


@patient
@given(text=texts(), least=st.sampled_from([8, 15]))
def test_a_clean_article_is_the_same(compiled: loops.Loops, text: str, least: int) -> None:
    options = CleanOptions(min_repeat_words=least)
    with at_hand(None):
        expected = dedupe_news.clean(text, options=options)
    with at_hand(compiled):
        assert dedupe_news.clean(text, options=options) == expected


def test_no_loop_is_loaded_unless_somebody_asks_for_it() -> None:
    code = (
        "import sys, dedupe_news; dedupe_news.clean('A word.'); print({'numba', 'numpy'} & set(sys.modules))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
        == "set()\n"
    )
