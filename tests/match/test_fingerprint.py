import json
import subprocess
import sys

import numpy as np
import oracles
import pytest
import strategies
from conftest import ROOT
from datasketch import MinHash
from hypothesis import given
from hypothesis import strategies as st

from dedupe_news.match.fingerprint import (
    EMPTY,
    FINGERPRINT_VERSION,
    SAMPLES_OF,
    Permutations,
    Reading,
    digest,
    fingerprint,
    sample_limit,
    shingle_hashes,
    signature,
)
from dedupe_news.match.tokens import tokens
from dedupe_news.options import MatchOptions

NEWS = MatchOptions()
CHARACTERS = MatchOptions(shingle_chars=6)
GOLDEN = [
    json.loads(line)
    for line in (ROOT / "tests/cases/fingerprints/version_2.jsonl").read_text(encoding="utf-8").splitlines()
]
hash_sets = st.lists(st.integers(0, 2**32 - 1), max_size=80).map(
    lambda values: np.array(values, dtype=np.uint32)
)


@given(strategies.bodies(max_words=40), strategies.bodies(max_words=40), st.sampled_from([NEWS, CHARACTERS]))
def test_shingle_hashes_are_as_equal_as_the_shingles(left, right, options):
    one, other = fingerprint("a", left, options), fingerprint("b", right, options)
    common = len(np.intersect1d(one.shingle_hashes, other.shingle_hashes))
    left_set, right_set = oracles.shingles(left, options), oracles.shingles(right, options)
    assert len(one.shingle_hashes) == len(left_set)
    assert common == len(left_set & right_set)


@given(strategies.texts)
def test_shingle_hashes_ascend_and_are_distinct(text):
    hashes = fingerprint("a", text, NEWS).shingle_hashes
    assert hashes.dtype == np.uint64
    assert (hashes[1:] > hashes[:-1]).all()


@given(hash_sets, st.integers(0, 2**32 - 1), st.integers(1, 200))
def test_signature_equals_datasketch(hashes, seed, num_perm):
    theirs = MinHash(num_perm=num_perm, seed=seed, scheme="affine32", hashfunc=int)
    theirs.update_batch(hashes.tolist())
    ours = signature(hashes, Permutations.from_seed(seed, num_perm))
    assert ours.dtype == theirs.hashvalues.dtype
    assert (ours == theirs.hashvalues).all()


def test_a_long_article_is_hashed_in_steps_and_equals_datasketch():
    hashes = np.arange(5000, dtype=np.uint32)
    theirs = MinHash(num_perm=16, seed=7, scheme="affine32", hashfunc=int)
    theirs.update_batch(hashes.tolist())
    assert (signature(hashes, Permutations.from_seed(7, 16)) == theirs.hashvalues).all()


@given(strategies.bodies(), strategies.bodies())
def test_datasketch_compares_our_fingerprints(left, right):
    one, other = fingerprint("a", left, NEWS), fingerprint("b", right, NEWS)
    share = float((one.signature == other.signature).mean())
    assert one.to_datasketch().jaccard(other.to_datasketch()) == share


def test_datasketch_goes_on_where_our_signature_ends():
    ours = fingerprint("a", "one two three four five six seven", NEWS).to_datasketch()
    fresh = MinHash(num_perm=128, seed=1, scheme="affine32")
    ours.update(b"more")
    fresh.update(b"more")
    assert (ours.hashvalues <= fresh.hashvalues).all()


@given(hash_sets, hash_sets)
def test_signature_of_a_union_is_the_elementwise_minimum(left, right):
    permutations = Permutations.from_seed(1, 32)
    union = signature(np.concatenate([left, right]), permutations)
    assert (union == np.minimum(signature(left, permutations), signature(right, permutations))).all()


def test_estimate_is_within_four_sigma_of_exact_jaccard():
    body = [f"word{number}" for number in range(600)]
    one = fingerprint("a", " ".join(body[:400]), NEWS)
    other = fingerprint("b", " ".join(body[100:500]), NEWS)
    exact = oracles.jaccard(set(one.shingle_hashes.tolist()), set(other.shingle_hashes.tolist()))
    estimate = float((one.signature == other.signature).mean())
    assert abs(estimate - exact) < 4 * 0.5 / np.sqrt(128)


@pytest.mark.parametrize("body", ["", "one two three four", "!?"])
def test_a_body_too_short_for_a_shingle_has_an_empty_signature(body):
    item = fingerprint("a", body, NEWS)
    assert len(item.shingle_hashes) == 0
    assert (item.signature == EMPTY).all()


@given(strategies.texts, strategies.texts)
def test_digests_are_equal_when_the_tokens_are(left, right):
    one, other = fingerprint("a", left, NEWS), fingerprint("b", right, NEWS)
    assert (one.digest == other.digest) == (tokens(left) == tokens(right))
    assert bool(one.digest) == bool(tokens(left))


@given(st.lists(st.integers(0, 3), max_size=30), st.lists(st.integers(0, 3), max_size=30))
def test_digests_see_the_order(left, right):
    one, other = (digest(np.array(items, dtype=np.uint64)) for items in (left, right))
    assert (one == other).all() == (left == right)


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_what_is_a_sample_of_the_longer_is_one_of_the_shorter(left, right):
    shorter, longer = sorted((left, right))
    assert sample_limit(shorter) >= sample_limit(longer) >= 2**62 - 1


def test_a_quarter_of_a_long_article_is_samples_and_all_of_a_short_one():
    long = Reading.of(" ".join(f"word{number}" for number in range(10_000)), NEWS)
    assert 2300 < len(long.samples()) < 2700
    short = Reading.of(" ".join(f"word{number}" for number in range(SAMPLES_OF)), NEWS)
    assert (short.samples() == short.shingle_hashes).all()


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: f"{case['label']}-{len(case['options'])}")
def test_fingerprints_of_version_2_have_not_changed(case):
    # When this fails, FINGERPRINT_VERSION must rise: fingerprints kept on disk have become worthless.
    item = fingerprint("a", case["text"], MatchOptions(**case["options"]))
    assert FINGERPRINT_VERSION == item.version == 2
    assert item.num_tokens == case["num_tokens"]
    assert item.digest.hex() == case["digest"]
    assert item.shingle_hashes[:3].tolist() == case["shingle_hashes"]
    assert item.signature[:8].tolist() == case["signature"]


def test_hashes_do_not_depend_on_the_hash_seed():
    code = (
        "from dedupe_news.match.fingerprint import fingerprint; from dedupe_news.options import MatchOptions;"
        "print(fingerprint('a', 'one two three four five six', MatchOptions()).shingle_hashes.tolist())"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1


@given(st.integers(1, 6), st.integers(0, 12))
def test_there_is_a_shingle_at_every_place(size, num_units):
    assert len(shingle_hashes(np.arange(num_units, dtype=np.uint64), size)) == max(0, num_units - size + 1)
