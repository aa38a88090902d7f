import json
from pathlib import Path

import oracles
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from dedupe_news.article import Relation
from dedupe_news.match.fingerprint import fingerprint
from dedupe_news.match.relations import IN_DOUBT, count_common, judge, may_relate, merges, relate
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


@pytest.mark.xfail(strict=True, reason="known failure")
@pytest.mark.parametrize("case", cases("known_failures"))
def test_known_failures(case):
    relation = related(case["left"], case["right"])
    assert kind_of(relation) == case["expect"], relation
    assert (relation is not None and merges(relation, NEWS)) == case["merged"]


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


def judged(left, right, num_common, options=NEWS):
    sizes = len(left.shingle_hashes), len(right.shingle_hashes)
    return judge(left, right, *sizes, num_common, options)


@given(strategies.piles(), st.sampled_from(["news", "noisy", "strict"]))
def test_a_verdict_on_numbers_counted_elsewhere_is_the_same(pile, preset):
    options = PRESETS[preset]
    items = [fingerprint(str(number), body, options) for number, body in enumerate(pile)]
    for item in items[1:]:
        common = count_common(items[0].shingle_hashes, item.shingle_hashes)
        assert judged(items[0], item, common, options) == relate(items[0], item, options)
        assert judged(item, items[0], common, options) == relate(items[0], item, options)


@given(strategies.piles(), st.sampled_from(["news", "noisy", "strict"]))
def test_what_numbers_rule_out_no_text_brings_back(pile, preset):
    options = PRESETS[preset]
    items = [fingerprint(str(number), body, options) for number, body in enumerate(pile)]
    for item in items[1:]:
        common = count_common(items[0].shingle_hashes, item.shingle_hashes)
        sizes = len(items[0].shingle_hashes), len(item.shingle_hashes)
        if not may_relate(*sizes, common, options):
            assert kind_of(relate(items[0], item, options)) in ("exact", "unrelated")


@given(st.integers(0, 200), st.integers(0, 200), st.integers(0, 200))
def test_whether_numbers_allow_a_relation_does_not_depend_on_the_side(one, other, common):
    common = min(one, other, common)
    assert may_relate(one, other, common, NEWS) == may_relate(other, one, common, NEWS)


@given(strategies.piles())
def test_what_is_a_template_or_in_doubt_never_merges(pile):
    for body in pile[1:]:
        relation = related(pile[0], body)
        if relation is not None and (relation.kind == "template" or IN_DOUBT in relation.evidence):
            assert not merges(relation, NEWS)


PROSE = (
    "The council met for a third evening to hear what people think of the plan to move the market. "
    "Most who spoke were against it, but nobody wanted the square to stay as it is either. "
    "An architect showed drawings in which the stalls stand under a roof of glass along the river. "
    "She said that the roof could be paid for out of the fees within a few years if enough stalls come. "
    "The vote was put off until spring, when the figures for the first half of the year are known. "
    "Until then the stalls stay where they are, and the fees are not raised for anyone at all. "
)


def test_a_passage_that_would_be_lost_keeps_two_long_versions_apart():
    long = " ".join(f"{PROSE} Part {word} ends here." for word in "abcdefghijkl")
    letters = "abcdefghijklmnopqrstuvwxyz"
    passages = (" ".join(side + letter for letter in letters * 2) for side in ("ash", "birch"))
    left, right = (f"{long} {passage}. {PROSE}" for passage in passages)
    relation = related(left, right)
    assert (relation.kind, IN_DOUBT in relation.evidence) == ("near", True)
    assert relation.jaccard > 0.7
    assert not merges(relation, NEWS)


def test_between_two_thresholds_a_revision_stays_apart():
    words = ["stone", *(f"word{letter}{other}" for letter in "abcdefgh" for other in "abcdefg")]
    left, right = (f"There were {count} boats " + " ".join(words) for count in (12, 17))
    relation = related(left, right)
    assert (relation.kind, IN_DOUBT in relation.evidence) == ("revision", True)
    assert not merges(relation, NEWS)


def test_a_line_or_two_told_again_stay_apart():
    left = "The mill at the river was sold today to a man from the north who makes paper there"
    relation = related(left, left + " as his father did before him in another town")
    assert relation.kind == "revision"
    assert relation.containment > 0.9
    assert not merges(relation, NEWS)


def test_an_excerpt_that_speaks_in_sentences_merges_and_a_frame_does_not():
    menu = " ".join(f"Menu{letter}{other} Page" for letter in "abcdefg" for other in "abcdefg")
    frame = related(menu, f"{menu}\n{PROSE}")
    assert frame is None or not merges(frame, NEWS)
    assert merges(related(PROSE, f"{menu}\n{PROSE}"), NEWS)


def test_a_list_that_stands_beside_an_article_is_no_excerpt_of_it():
    links = "\n".join(f"more {one} and {one}{other}" for one in "abcdefg" for other in "hi")
    relation = related(links, f"{links}\n{PROSE}")
    assert (relation.kind, IN_DOUBT in relation.evidence) == ("contained", True)


def test_another_passage_in_the_place_of_one_is_no_copy_however_much_is_equal():
    letters = "abcdefghijklmnopqrstuv"
    left, right = (f"{PROSE} {' '.join(side + letter for letter in letters)}." for side in ("ash", "birch"))
    relation = related(left, right)
    assert relation.containment > 0.8
    assert relation.kind == "template"


def test_the_evidence_names_the_subject_that_differs():
    left, right = (
        " ".join(f"{PROSE} So it is in {town}." for _ in range(4)) for town in ("Melvik", "Osterby")
    )
    relation = related(left, right)
    assert relation.kind == "template"
    assert any("melvik" in sentence and "osterby" in sentence for sentence in relation.evidence)


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
    assert not merges(Relation("a", "b", kind, 0.5, containment, (IN_DOUBT,)), NEWS)


@given(st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)))
def test_common_values_are_counted_as_by_python(left, right):
    import numpy as np

    arrays = [np.array(sorted(side), dtype=np.uint64) for side in (left, right)]
    assert count_common(*arrays) == len(left & right)
