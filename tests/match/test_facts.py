import random
import time
from itertools import pairwise

import oracles
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from dedupe_news.match.facts import Words, _longest_ascending, differing_stretches, fact_changes
from dedupe_news.match.fingerprint import tokens

FILLER = "the people who live there said that they had seen nothing like it for a very long time "


def swapped(left, right):
    one, other = Words.of(left), Words.of(right)
    return set(fact_changes(one, other, differing_stretches(one.folded, other.folded)).swapped)


@given(strategies.texts)
def test_words_are_the_tokens_of_the_fingerprint(text):
    assert Words.of(text).folded == tokens(text)


@given(st.lists(st.integers(0, 30)))
def test_longest_ascending_is_the_longest(values):
    chosen = [place for _, place in _longest_ascending(list(enumerate(values)))]
    assert all(a < b for a, b in pairwise(chosen))
    assert len(chosen) == oracles.longest_ascending(values)


@given(strategies.bodies(), st.data())
def test_between_the_stretches_the_texts_are_equal(body, data):
    left = body.split()
    right = data.draw(strategies.damaged(body)).split()
    at_left = at_right = 0
    # A short equal run inside a stretch belongs to it; what lies outside must be equal.
    for a, b, c, d in [*differing_stretches(left, right), (len(left), len(left), len(right), len(right))]:
        assert left[at_left:a] == right[at_right:c]
        at_left, at_right = b, d


@given(strategies.bodies())
def test_equal_texts_have_no_differing_stretch(body):
    assert differing_stretches(body.split(), body.split()) == []


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("about 2,000 people", "about 2000 people"),
        ("about 2.000 people", "about 2'000 people"),
        ("killed 17 people", "killed seventeen people"),
        ("after twenty-one days", "after 21 days"),
        ("nach 3 Tagen", "nach drei Tagen"),
        ("a loss of 2,465,996 dlrs", "a loss of 2.5 mln dlrs"),
        ("met in Goverment House", "met in Government House"),
        ("in Oct0ber there", "in October there"),
        ("said Mr Infor mation there", "said Mr Information there"),
        ("a man from Leeds", "a man"),
        ("he said no", "he never agreed"),
    ],
)
def test_another_spelling_is_no_other_fact(left, right):
    assert swapped(FILLER + left + " " + FILLER, FILLER + right + " " + FILLER) == set()


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("killed 17 people", "killed 19 people", ("17", "19")),
        ("rose 1.5 percent", "rose 15 percent", ("1.5", "15")),
        ("about 340,700 people", "about 338,700 people", ("340700", "338700")),
        ("on FM 1506 there", "on FM 1507 there", ("1506", "1507")),
        ("came on Tuesday evening", "came on Thursday evening", ("tuesday", "thursday")),
        ("a man from Leeds", "a man from York", ("leeds", "york")),
        ("in der Stadt Hallbach", "in der Stadt Altmühl", ("hallbach", "altmühl")),
        ("seven boats", "nine boats", ("7", "9")),
    ],
)
def test_another_number_day_or_name_is_another_fact(left, right, expected):
    assert swapped(FILLER + left + " " + FILLER, FILLER + right + " " + FILLER) == {expected}


def test_a_fact_that_moved_is_not_swapped():
    left = FILLER + "first London came " + FILLER + "then Paris came " + FILLER
    right = FILLER + "first Paris came " + FILLER + "then London came " + FILLER
    assert swapped(left, right) == set()


def test_in_a_text_of_capitals_a_word_is_no_name():
    left, right = (FILLER + f"the {city} mayor " + FILLER for city in ("leeds", "york"))
    assert swapped(left.upper(), right.upper()) == set()


def test_a_passage_in_the_place_of_another_is_measured():
    left, right = "alpha beta gamma delta epsilon", "one two three four five six"
    one, other = Words.of(FILLER + left + " " + FILLER), Words.of(FILLER + right + " " + FILLER)
    changes = fact_changes(one, other, differing_stretches(one.folded, other.folded))
    assert (changes.longest_passage, changes.num_passage_tokens) == (5, 5)


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
        swapped(left, right)
        return time.perf_counter() - began

    small, large = (min(seconds(num_words) for _ in range(3)) for num_words in (8_000, 32_000))
    assert large < max(0.3, 10 * small)  # 16 would be quadratic
