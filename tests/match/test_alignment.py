import random
import time
from itertools import pairwise

import numpy as np
import oracles
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from dedupe_news.match.alignment import _longest_ascending, differing_stretches
from dedupe_news.match.facts import fact_changes
from dedupe_news.match.fingerprint import token_hashes
from dedupe_news.match.words import Words


@given(st.lists(st.integers(0, 30)))
def test_longest_ascending_is_the_longest(values):
    chosen = [place for _, place in _longest_ascending(list(enumerate(values)))]
    assert all(a < b for a, b in pairwise(chosen))
    assert len(chosen) == oracles.longest_ascending(values)


def hashes_of(body):
    return token_hashes(body.split())


@given(strategies.bodies(), st.data())
def test_between_the_stretches_the_texts_are_equal(body, data):
    left = hashes_of(body)
    right = hashes_of(data.draw(strategies.damaged(body)))
    at_left = at_right = 0
    # A short equal run inside a stretch belongs to it; what lies outside must be equal.
    for a, b, c, d in [*differing_stretches(left, right), (len(left), len(left), len(right), len(right))]:
        assert left[at_left:a].tolist() == right[at_right:c].tolist()
        at_left, at_right = b, d


@given(strategies.bodies())
def test_equal_texts_have_no_differing_stretch(body):
    assert differing_stretches(hashes_of(body), hashes_of(body)) == []


@given(strategies.piles(), st.lists(st.integers(0, 3), max_size=60), st.lists(st.integers(0, 3), max_size=60))
def test_compiled_alignment_is_the_same(pile, left, right):
    few = [np.array(numbers, dtype=np.uint64) for numbers in (left, right)]
    for one, other in [few, *pairwise(map(hashes_of, pile))]:
        assert differing_stretches(one, other, compiled=True) == differing_stretches(one, other)


@pytest.mark.parametrize("kind", ["one word", "few words", "all different", "shuffled", "all names"])
def test_aligning_takes_linear_time(kind):
    rng = random.Random(1)

    def pair(num_words):
        few = [f"word{number}" for number in range(10)]
        if kind == "one word":
            return "word " * num_words, "word " * (num_words // 2)
        if kind == "few words":
            return " ".join(rng.choices(few, k=num_words)), " ".join(rng.choices(few, k=num_words))
        if kind == "all different":
            return tuple(" ".join(f"{side}{number}" for number in range(num_words)) for side in "ab")
        if kind == "all names":
            names = [
                " ".join(f"the {side}{chr(97 + n % 26)}{n // 26}x" for n in range(num_words // 2))
                for side in "AB"
            ]
            return names[0], names[1]
        words = [f"word{number}" for number in range(num_words)]
        return " ".join(words), " ".join(rng.sample(words, len(words)))

    def seconds(num_words):
        left, right = pair(num_words)
        began = time.perf_counter()
        one, other = Words(left), Words(right)
        fact_changes(one, other, differing_stretches(one.tokens.hashes, other.tokens.hashes))
        return time.perf_counter() - began

    small, large = (min(seconds(num_words) for _ in range(3)) for num_words in (8_000, 32_000))
    assert large < max(0.3, 10 * small)  # 16 would be quadratic
