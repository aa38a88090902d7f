"""The benchmarks: what they take for the truth, that everyone in them works, and what the README tells."""

import importlib
import itertools
import random
import sys
import warnings
from fractions import Fraction

import numpy as np
import oracles
import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

FOLDER = str(ROOT / "benchmarks")


def benchmark(name):
    """Import a module of the benchmarks; it finds its neighbours as when it is run."""
    sys.path.insert(0, FOLDER)
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(FOLDER)


articles, exact, peers, tables = map(benchmark, ("articles", "exact", "peers", "tables"))
match_growth, match_speed = map(benchmark, ("match_growth", "match_speed"))

TEXTS = st.lists(
    st.lists(st.sampled_from(["on", "the", "sea", "wind"]), max_size=14).map(" ".join), max_size=12
)


def shingles(text):
    words = exact.words(text)
    return {tuple(words[at : at + 5]) for at in range(len(words) - 4)}


def brute_force(texts, min_jaccard):
    sets = [shingles(text) for text in texts]
    return [
        [left, right]
        for left, right in itertools.combinations(range(len(texts)), 2)
        if sets[left] | sets[right]
        and Fraction(len(sets[left] & sets[right]), len(sets[left] | sets[right])) >= min_jaccard
    ]


@given(TEXTS, st.sampled_from([Fraction(1, 5), Fraction(1, 2), Fraction(4, 5), Fraction(1)]))
def test_the_exact_answer_is_that_of_all_pairs(texts, min_jaccard):
    pairs = exact.similar_pairs(exact.shingle_sets(texts), min_jaccard)
    assert pairs.tolist() == brute_force(texts, min_jaccard)


def test_the_exact_answer_of_many_made_articles_is_that_of_all_pairs():
    texts = made_articles(300)
    pairs = exact.similar_pairs(exact.shingle_sets(texts), Fraction(4, 5))
    assert pairs.tolist() == brute_force(texts, Fraction(4, 5))
    assert len(pairs) > 10


@given(TEXTS)
def test_similarities_are_those_of_python_sets(texts):
    pairs = np.array(list(itertools.combinations(range(len(texts)), 2)), dtype=np.int64).reshape(-1, 2)
    jaccard, containment = exact.similarities(exact.shingle_sets(texts), pairs)
    sets = [shingles(text) for text in texts]
    for (left, right), of_both, of_smaller in zip(pairs.tolist(), jaccard, containment, strict=True):
        assert of_both == oracles.jaccard(sets[left], sets[right])
        assert of_smaller == oracles.containment(sets[left], sets[right])


def made_articles(number):
    rng = random.Random(3)
    words = ["".join(rng.choices("abcdefghij", k=6)) for _ in range(400)]
    real = [" ".join(rng.choices(words, k=150)) for _ in range(20)]
    return articles.make_articles(real, number, seed=5).texts


@pytest.mark.parametrize("peer", peers.PEERS, ids=lambda peer: peer.name)
def test_everyone_finds_an_obvious_duplicate(peer):
    if peer.missing:
        pytest.skip(f"{', '.join(peer.missing)} is not installed: pip install 'dedupe-news[bench]'")
    texts = made_articles(8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # theirs
        found = peer.find(peer.given([*texts, texts[2]]))
    assert found in (None, [[2, 8]])
    assert (found is None) == bool(peer.note)


def test_linked_articles_become_groups():
    assert peers.grouped([[4, 3], [0], [3, 1], [2, 5]]) == [[1, 3, 4], [2, 5]]


def test_shingles_are_the_same_in_letters_and_in_bytes():
    text = "Der Hafen öffnete am Montag wieder, nach drei Tagen."
    assert [shingle.encode() for shingle in peers.shingles(text)] == peers.encoded_shingles(text)
    assert peers.shingles("four words are few") == peers.encoded_shingles("") == []


def test_making_articles_again_gives_the_same_and_fewer_give_the_first():
    texts = made_articles(200)
    assert texts == made_articles(200)
    assert texts[:60] == made_articles(60)


def test_made_articles_are_related_only_where_they_were_made_so():
    rng = random.Random(3)
    real = [" ".join(str(rng.randrange(500)) for _ in range(400)) for _ in range(5)]
    made = articles.make_articles(real, 200, seed=5)
    sets = exact.shingle_sets(made.texts)
    assert len(made.copies) == 20
    assert len(made.excerpts) == 4
    _, containment = exact.similarities(sets, np.array(made.excerpts))
    assert min(containment) == 1
    close = set(map(tuple, exact.similar_pairs(sets, Fraction(4, 5)).tolist()))
    assert close >= set(made.copies)
    related = set(map(tuple, exact.similar_pairs(sets, Fraction(1, 5)).tolist()))
    source = dict(pair[::-1] for pair in made.copies + made.excerpts)
    assert all(source.get(left, left) == source.get(right, right) for left, right in related)


def test_quality_counts_pairs_and_strangers():
    story = made_articles(1)[0]
    texts = [story, story, "other words " * 80, "third words " * 80]
    sets = exact.shingle_sets(texts)
    similar = exact.similar_pairs(sets, Fraction(4, 5))
    good = match_speed.quality(sets, similar, [[0, 1]])
    assert (good["recall"], good["unrelated_pairs"], good["strangers"]) == (1.0, 0, 0)
    bad = match_speed.quality(sets, similar, [[0, 2], [1, 3]])
    assert (bad["recall"], bad["unrelated_pairs"], bad["strangers"]) == (0.0, 2, 4)
    assert match_speed.quality(sets, similar, [[0, 1, 2]])["strangers"] == 1


def test_the_exponent_is_the_slope_in_logarithms():
    rows = [{"articles": number, "seconds": 0.001 * number**1.5} for number in (100, 1000, 10_000)]
    assert match_growth.exponent(rows) == 1.5
    assert match_growth.exponent(rows[:1]) is None


@pytest.mark.parametrize(
    ("document", "name", "table", "records"), tables.tables(), ids=lambda value: str(value)[:20]
)
def test_the_documents_tell_what_the_newest_records_say(document, name, table, records):
    begin, end = tables.marks(name)
    told = document.read_text(encoding="utf-8").partition(begin)[2].partition(end)[0]
    assert told == table, f"{records} say otherwise; run: python benchmarks/tables.py"
