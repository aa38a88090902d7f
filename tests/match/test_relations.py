import json
from pathlib import Path

import oracles
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from dedupe_news.article import Relation
from dedupe_news.match.fingerprint import fingerprint
from dedupe_news.match.relations import count_common, merges, relate
from dedupe_news.options import PRESETS, MatchOptions

NEWS = MatchOptions()
CASES = Path(__file__).parent.parent / "cases" / "pairs"


def cases(name):
    lines = (CASES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [pytest.param(case, id=case["label"]) for case in map(json.loads, lines)]


def related(left, right, options=NEWS):
    return relate(fingerprint("a", left, options), fingerprint("b", right, options), options)


def kind_of(relation):
    return relation.kind if relation else "unrelated"


@pytest.mark.parametrize("case", cases("duplicates"))
def test_duplicates_are_recognised(case):
    relation = related(case["left"], case["right"])
    assert kind_of(relation) == case["expect"], relation
    assert merges(relation, NEWS)


@pytest.mark.parametrize("case", cases("look_alikes"))
def test_look_alikes_are_left_apart(case):
    relation = related(case["left"], case["right"])
    assert kind_of(relation) == case["expect"], relation
    assert relation is None or not merges(relation, NEWS)


@pytest.mark.parametrize("case", cases("look_alikes"))
def test_look_alikes_are_left_apart_whichever_comes_first(case):
    assert kind_of(related(case["right"], case["left"])) == case["expect"]


@given(strategies.bodies(max_words=50), st.data(), st.sampled_from(["news", "noisy"]))
def test_the_numbers_agree_with_python_sets(body, data, preset):
    options = PRESETS[preset]
    other = data.draw(st.one_of(strategies.damaged(body), strategies.bodies(max_words=50)))
    relation = related(body, other, options)
    left, right = oracles.shingles(body, options), oracles.shingles(other, options)
    if relation is not None and relation.kind != "exact":
        assert relation.jaccard == pytest.approx(oracles.jaccard(left, right))
        assert relation.containment == pytest.approx(oracles.containment(left, right))
    elif relation is None and left and right:
        assert oracles.jaccard(left, right) < options.min_jaccard


@given(strategies.piles())
def test_jaccard_never_exceeds_containment(pile):
    for body in pile[1:]:
        relation = related(pile[0], body)
        if relation is not None:
            assert 0 <= relation.jaccard <= relation.containment <= 1


@given(strategies.piles())
def test_relate_is_symmetric(pile):
    items = [fingerprint(str(number), body, NEWS) for number, body in enumerate(pile)]
    for item in items[1:]:
        assert relate(items[0], item, NEWS) == relate(item, items[0], NEWS)


@given(strategies.texts)
def test_a_text_is_exactly_itself_unless_it_has_no_word(text):
    relation = related(text, text)
    assert kind_of(relation) == ("exact" if fingerprint("a", text, NEWS).digest else "unrelated")


@given(strategies.texts)
def test_an_empty_text_is_related_to_nothing(text):
    assert related("", text) is None
    assert related(text, "") is None


def test_too_short_for_a_shingle_is_compared_exactly_only():
    assert kind_of(related("Markets closed today", "markets closed today.")) == "exact"
    assert related("Markets closed today", "Markets open today") is None


def test_the_evidence_names_the_facts_that_differ():
    left = (
        "The ferry Aurelia ran aground with 212 people on board outside the old port early on Tuesday. "
        "Nobody was hurt, and all of them were brought ashore before the fog had lifted from the sea."
    )
    relation = related(left, left.replace("212", "17").replace("Tuesday", "Friday"))
    assert relation.kind == "template"
    assert any("212 / 17" in sentence for sentence in relation.evidence)


def test_strict_asks_for_more_than_news():
    body = [f"word{number}" for number in "abcdefghijklmnopqrstuvwxyz" * 4]
    left, right = " ".join(body), " ".join(body[:-15])
    strict = PRESETS["strict"]
    relation = related(left, right, strict)
    assert relation is None or not merges(relation, strict) or relation.containment >= 0.97


@pytest.mark.parametrize(
    ("kind", "containment", "expected"),
    [
        ("exact", 1.0, True),
        ("near", 0.83, True),
        ("contained", 0.9, True),
        ("revision", 0.8, True),
        ("revision", 0.79, False),
        ("template", 0.99, False),
    ],
)
def test_what_merges(kind, containment, expected):
    assert merges(Relation("a", "b", kind, 0.5, containment), NEWS) == expected


@given(st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)))
def test_common_values_are_counted_as_by_python(left, right):
    import numpy as np

    arrays = [np.array(sorted(side), dtype=np.uint64) for side in (left, right)]
    assert count_common(*arrays) == len(left & right)
