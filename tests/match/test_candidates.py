import random
from collections import Counter
from itertools import combinations

import numpy as np
import oracles
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from dedupe_news.match import columns as columns_module
from dedupe_news.match.bands import band_keys, banding
from dedupe_news.match.candidates import band_pairs, candidate_pairs, equal_groups
from dedupe_news.match.columns import TextList, fingerprint_columns
from dedupe_news.match.fingerprint import fingerprint
from dedupe_news.match.postings import shared_pairs
from dedupe_news.match.scratch import MemoryScratch
from dedupe_news.options import PRESETS, MatchOptions

NEWS = MatchOptions()


def columns_of(texts, options=NEWS):
    return fingerprint_columns(TextList(texts), options, num_threads=2, scratch=MemoryScratch())


def pairs_of(columns, rows, options=NEWS):
    scratch = MemoryScratch()
    pairs = candidate_pairs(columns, rows, options, num_threads=2, scratch=scratch)
    assert len(pairs) == len(pairs.read())
    return [tuple(pair) for pair in pairs.read().tolist()]


def found(texts, options=NEWS):
    return pairs_of(columns_of(texts, options), np.arange(len(texts)), options)


def met_in_bands(keys):
    """Return in how many bands articles meet, of keys of shape (num_bands, n)."""
    columns = []
    for of_band in keys:
        columns.append(MemoryScratch().column("band", np.uint32))
        columns[-1].append(of_band)
    return sum(map(len, band_pairs(columns, np.arange(keys.shape[1]), compiled=False, num_threads=1)))


def many_words(seed, num_words=300, vocabulary=20_000):
    rng = random.Random(seed)
    return [f"w{rng.randrange(vocabulary)}" for _ in range(num_words)]


@pytest.mark.parametrize("threshold", [0.2, 0.3, 0.4, 0.5, 0.7, 0.9])
@pytest.mark.parametrize("num_perm", [16, 64, 128])
def test_banding_is_datasketchs(threshold, num_perm):
    from datasketch.lsh import _optimal_param

    assert banding(threshold, num_perm) == _optimal_param(threshold, num_perm, 0.5, 0.5)


@given(strategies.piles())
def test_no_pair_is_listed_twice_nor_backwards(pile):
    pairs = found(pile)
    assert all(left < right for left, right in pairs)
    assert pairs == sorted(set(pairs))


@given(strategies.piles(), st.randoms(use_true_random=False))
def test_candidates_do_not_depend_on_input_order(pile, random_):
    shuffled = list(pile)
    random_.shuffle(shuffled)

    def texts(of):
        return Counter(frozenset((of[left], of[right])) for left, right in found(of))

    assert texts(pile) == texts(shuffled)


@given(strategies.piles())
def test_compiled_candidates_are_the_same(pile):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns_module, "COMPILED_FROM", 0)
        compiled = found(pile)
    assert compiled == found(pile)


@given(strategies.piles())
def test_what_is_related_is_a_candidate(pile):
    # Small piles with few common shingles: here nothing may be missed.
    columns = columns_of(pile)
    firsts, _ = equal_groups(columns)
    proposed = {(f"{left:04}", f"{right:04}") for left, right in pairs_of(columns, firsts)}
    items = [fingerprint(f"{position:04}", pile[position], NEWS) for position in firsts.tolist()]
    assert set(oracles.all_relations(items, NEWS)) <= proposed


@given(strategies.bodies(min_words=5))
def test_equal_bodies_always_become_a_candidate_pair(body):
    assert found([body, body]) == [(0, 1)]


def test_an_excerpt_finds_the_long_article_that_holds_it():
    long = many_words(1, 4000)
    others = [" ".join(many_words(seed)) for seed in range(2, 30)]
    texts = [" ".join(long), *others, " ".join(long[1500:1600])]
    assert found(texts) == [(0, len(texts) - 1)]


def test_signatures_alone_do_not_find_an_excerpt():
    # Why there are two sketches: Jaccard is 0.02 where containment is 1.
    long = many_words(1, 4000)
    columns = columns_of([" ".join(long), " ".join(long[1500:1600])])
    assert met_in_bands(np.stack([band.read() for band in columns.band_keys])) == 0
    shared = shared_pairs(columns, np.arange(2), NEWS, num_threads=1, scratch=MemoryScratch())
    assert np.sort(np.concatenate(list(shared))).tolist() == [[0, 1]]


def test_share_of_pairs_found_follows_the_banding_curve():
    num_bands, num_rows = banding(0.7, 128)
    rng = np.random.default_rng(1)
    met, num_pairs, jaccard = 0, 400, 0.6
    for _ in range(num_pairs):
        left = rng.integers(0, 2**32, 128, dtype=np.uint32)
        right = np.where(rng.random(128) < jaccard, left, rng.integers(0, 2**32, 128, dtype=np.uint32))
        met += met_in_bands(band_keys(np.stack([left, right]), num_bands, num_rows)) > 0
    expected = 1 - (1 - jaccard**num_rows) ** num_bands
    assert abs(met / num_pairs - expected) < 4 * np.sqrt(expected * (1 - expected) / num_pairs)


@pytest.mark.parametrize("preset", ["news", "noisy"])
def test_unrelated_articles_are_hardly_ever_candidates(preset):
    texts = [" ".join(many_words(seed)) for seed in range(200)]
    assert len(found(texts, PRESETS[preset])) < 20


def test_a_phrase_in_every_article_makes_no_candidates():
    phrase = "reporting by our own correspondents in the capital and by the agencies"
    texts = [" ".join([*many_words(seed), phrase]) for seed in range(200)]
    assert len(found(texts)) == 0


def test_a_full_bucket_costs_linear_time():
    # 3,000 articles of one template: their 4.5 million pairs must not be listed.
    template = many_words(1, 200)
    texts = [" ".join([*template, f"item{number}", *many_words(number + 10, 8)]) for number in range(3000)]
    assert len(found(texts)) < 40 * len(texts)


def test_equal_groups_are_in_order_of_first_appearance():
    texts = ["one two", "three", "ONE two!", "", "three", ""]
    firsts, groups = equal_groups(columns_of(texts))
    assert firsts.tolist() == [0, 1, 3, 5]
    assert groups == [[0, 2], [1, 4]]


@given(strategies.piles())
def test_equal_groups_hold_each_article_once(pile):
    firsts, groups = equal_groups(columns_of(pile))
    alone = set(firsts.tolist()) - {group[0] for group in groups}
    assert sorted([*alone, *(position for group in groups for position in group)]) == list(range(len(pile)))
    digests = [fingerprint("a", text, NEWS).digest for text in pile]
    for left, right in combinations(range(len(pile)), 2):
        together = any(left in group and right in group for group in groups)
        assert together == (digests[left] == digests[right] != b"")
