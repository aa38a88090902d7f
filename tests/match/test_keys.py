"""The keys by which an index finds articles: the same from loops and from Python, and none is missed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from strategies import bodies, texts, words

from dedupe_news.match.fingerprint import Reading, distinct, fingerprint
from dedupe_news.match.keys import (
    EVERY_KEY_OF,
    LOWEST,
    WINDOW,
    article_keys,
    needed_hits,
    read_keys,
    shingle_set,
)
from dedupe_news.options import MatchOptions, match_options

NEWS, NOISY = match_options("news"), match_options("noisy")
OPTIONS = st.sampled_from([NEWS, NOISY, MatchOptions(shingle_tokens=1), MatchOptions(shingle_tokens=32)])

runs = st.builds(
    lambda before, word, count, after: f"{before} {f'{word} ' * count}{after}",
    bodies(0, 40),
    words,
    st.integers(0, 300),
    bodies(0, 40),
)
"""Long runs of one word: their shingles are equal."""

anything = st.one_of(
    texts,
    bodies(60, 300),
    runs,
    st.text(st.characters(codec=None, categories=["Cs", "Lo", "Lu", "Mn", "Nd", "Zs"]), max_size=400),
    st.text(st.sampled_from("漢字かなไทย한글אبजي𝒳ﬁ½́\ud83d\udc00 a1."), max_size=400),
)


@settings(max_examples=60)
@given(st.lists(anything, min_size=1, max_size=5), OPTIONS, st.integers(1, 2))
@example(["", " ", "\ud800", "one two three four five"], NEWS, 1)
@example(["tick " * 5000, "x" * 3000], NOISY, 2)
def test_loops_and_python_give_the_same_keys(
    pile: list[str], options: MatchOptions, num_threads: int
) -> None:
    loops = read_keys(pile, options, compiled=True, num_threads=num_threads)
    python = read_keys(pile, options, compiled=False, num_threads=1)
    for name in ("num_tokens", "num_shingles", "num_keys", "digests", "keys"):
        one, other = getattr(loops, name), getattr(python, name)
        assert one.dtype == other.dtype
        assert (one == other).all(), name
    assert python.num_keys.sum() == len(python.keys)


@settings(max_examples=60)
@given(anything, OPTIONS)
def test_an_index_reads_what_a_fingerprint_reads(text: str, options: MatchOptions) -> None:
    columns = read_keys([text], options, compiled=False, num_threads=1)
    expected = fingerprint("a", text, options)
    assert columns.num_tokens[0] == expected.num_tokens
    assert (columns.digests[0].tobytes() if expected.num_tokens else b"") == expected.digest
    hashes = Reading.of(text, options).shingle_hashes
    assert columns.num_shingles[0] == len(hashes)
    assert set(columns.keys.tolist()) == slow_keys(hashes.tolist())
    assert columns.keys.tolist() == sorted(set(columns.keys.tolist()))
    for compiled in (False, True):
        assert (shingle_set(text, options, compiled=compiled) == expected.shingle_hashes).all()
        assert (expected.shingle_hashes == distinct(hashes)).all()


def slow_keys(hashes: list[int]) -> set[int]:
    """Say it a second time: the least of every window, and the least of all."""
    chosen = set(hashes)
    if len(hashes) > EVERY_KEY_OF:
        limit = (2**64 - 1) // len(hashes) * LOWEST
        chosen = {one for one in hashes if one <= limit}
        chosen |= {min(hashes[at : at + WINDOW]) for at in range(len(hashes) - WINDOW + 1)}
    return {one & 0xFFFFFFFF for one in chosen}


@settings(max_examples=50)
@given(
    st.lists(bodies(0, 150), min_size=4, max_size=4),
    bodies(WINDOW + NEWS.shingle_tokens - 1, WINDOW + NEWS.shingle_tokens + 3),
    st.booleans(),
)
def test_a_passage_of_sixteen_words_in_common_is_met(around: list[str], passage: str, compiled: bool) -> None:
    """Winnowing guarantees it, wherever the passage stands, and whether an article is short or long."""
    left, right = f"{around[0]} {passage} {around[1]}", f"{around[2]} {passage} {around[3]}"
    columns = read_keys([left, right], NEWS, compiled=compiled, num_threads=1)
    own, other = np.split(columns.keys, columns.num_keys.cumsum()[:1])
    hashes = Reading.of(passage, NEWS).shingle_hashes
    for at in range(len(hashes) - WINDOW + 1):
        window = {int(one) & 0xFFFFFFFF for one in hashes[at : at + WINDOW]}
        assert window & set(own.tolist()) & set(other.tolist())


def test_keys_are_few_and_a_run_of_one_word_has_next_to_none() -> None:
    random = np.random.default_rng(1)
    hashes = random.integers(0, 2**64, 20_000, dtype=np.uint64)
    share = len(article_keys(hashes)) / len(hashes)
    assert share == pytest.approx(2 / (WINDOW + 1), rel=0.1)
    assert len(article_keys(np.full(20_000, 7, dtype=np.uint64))) == 1
    assert len(article_keys(hashes[:0])) == 0


@given(st.integers(1, 5000), st.integers(1, 5000), st.sampled_from([NEWS, NOISY]))
def test_no_more_keys_are_needed_than_there_are(left: int, right: int, options: MatchOptions) -> None:
    num_keys = [min(size, EVERY_KEY_OF) if size <= EVERY_KEY_OF else size // 6 for size in (left, right)]
    needed = needed_hits(left, num_keys[0], right, num_keys[1], options)
    assert 0 < needed <= max(2, min(num_keys))
