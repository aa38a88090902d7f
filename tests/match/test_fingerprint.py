import subprocess
import sys

import numpy as np
import oracles
import pytest
import strategies
from datasketch import MinHash
from hypothesis import given
from hypothesis import strategies as st

from dedupe_news.match.fingerprint import (
    EMPTY,
    FINGERPRINT_VERSION,
    Permutations,
    fingerprint,
    fold,
    iter_fingerprints,
    shingle_hashes,
    signature,
    token_hashes,
    tokens,
)
from dedupe_news.options import MatchOptions

NEWS = MatchOptions()
CHARACTERS = MatchOptions(shingle_chars=6)
hash_sets = st.lists(st.integers(0, 2**32 - 1), max_size=80).map(
    lambda values: np.array(values, dtype=np.uint32)
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The 2nd STORM, don't", ["the", "2nd", "storm", "don", "t"]),
        ("北京时间2008年8月", ["北", "京", "时", "间", "2008", "年", "8", "月"]),
        ("東京タワー", ["東", "京", "タ", "ワ", "ー"]),
        ("서울 시장은", ["서울", "시장은"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("ไทย ๒๕๖๓", ["ไ", "ท", "ย", "๒๕๖๓"]),
        ("cafe\u0301 CAFÉ", ["café", "café"]),
        ("２０２０ Ｔｏｋｙｏ", ["2020", "tokyo"]),
        ("Straße STRASSE", ["strasse", "strasse"]),
        ("snake_case a/b", ["snake", "case", "a", "b"]),
        ("\ud800 ― \u200b", []),
    ],
)
def test_tokens_follow_the_script(text, expected):
    assert tokens(text) == expected


@given(strategies.texts)
def test_a_token_is_never_empty_and_holds_no_space(text):
    assert all(token and not any(char.isspace() for char in token) for token in tokens(text))


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_the_short_way_for_ascii_is_the_long_way(text):
    assert tokens(text) == tokens(text + " 北")[:-1]


def test_a_word_of_marks_takes_linear_time():
    # Putting marks in order is quadratic in unicodedata.normalize; only real words go there.
    assert len(tokens("a" + "\u0301\u0316" * 100_000)) == 1


@given(st.lists(st.text(alphabet="abAB é", min_size=1, max_size=4)))
def test_folding_twice_changes_nothing(words):
    assert [fold(fold(word)) for word in words] == [fold(word) for word in words]


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


def test_shingling_does_not_remember_the_previous_article():
    together = list(iter_fingerprints([("a", "x y z u v w"), ("b", "v w x y z u")], NEWS))
    alone = fingerprint("b", "v w x y z u", NEWS)
    assert (together[1].shingle_hashes == alone.shingle_hashes).all()


def test_signatures_of_version_1_have_not_changed():
    # When this fails, FINGERPRINT_VERSION must rise: fingerprints kept on disk have become worthless.
    item = fingerprint("a", "A storm hit the coast on Monday; 新华社 reported.", NEWS)
    assert FINGERPRINT_VERSION == item.version == 1
    assert item.digest.hex() == "8d6ecdd2c17e16fa60ab00ac302c5e72"
    assert item.shingle_hashes[:2].tolist() == [6289939961906553282, 7869141879306038266]
    assert item.signature[:4].tolist() == [1473162405, 1062278488, 70181160, 195247525]


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


def test_token_hash_is_fnv_1a():
    # Published test vectors: http://www.isthe.com/chongo/tech/comp/fnv/
    assert token_hashes(["", "a", "foobar"]).tolist() == [
        0xCBF29CE484222325,
        0xAF63DC4C8601EC8C,
        0x85944171F73967E8,
    ]


@given(st.integers(1, 6), st.integers(0, 12))
def test_there_is_a_shingle_at_every_place(size, num_units):
    assert len(shingle_hashes(np.arange(num_units, dtype=np.uint64), size)) == max(0, num_units - size + 1)
