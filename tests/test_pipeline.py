import subprocess
import sys
from dataclasses import asdict

import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from dedupe_news import Article, CleanOptions, dedupe
from dedupe_news.article import Reject
from dedupe_news.errors import OptionError
from dedupe_news.intake import text_id
from dedupe_news.options import MatchOptions
from dedupe_news.pipeline.articles import dedupe_records

STORY = " ".join(f"word{letter}{tail}" for letter in "abcdefghij" for tail in "klmnopqrst")
UPDATE = STORY + " and this was added later on"
OTHER = " ".join(f"other{letter}{tail}" for letter in "abcdefghij" for tail in "klmnopqrst")


def match(articles, **options):
    return dedupe(articles, clean=None, **options)


def ids(result):
    return {document.id: [duplicate.id for duplicate in document.duplicates] for document in result.documents}


def is_accounted_for(result, num_received):
    summary = result.summary
    return (
        summary.received == num_received
        and summary.received == summary.canonical + summary.duplicates + summary.rejected
        and summary.canonical == len(result.documents)
        and summary.duplicates == sum(len(document.duplicates) for document in result.documents)
        and summary.rejected == len(result.rejects)
    )


def test_each_story_comes_once():
    result = match([{"id": "a", "text": STORY}, {"id": "b", "text": OTHER}, {"id": "c", "text": UPDATE}])
    assert ids(result) == {"b": [], "c": ["a"]}
    assert [document.id for document in result.documents] == ["b", "c"]
    (duplicate,) = result.documents[1].duplicates
    assert duplicate.relation.kind == "near"
    assert (duplicate.relation.left, duplicate.relation.right) == ("a", "c")
    assert duplicate.relation in result.relations


@given(strategies.piles(), st.booleans())
def test_every_article_is_accounted_for(pile, is_cleaned):
    result = dedupe(pile, clean=CleanOptions() if is_cleaned else None)
    assert is_accounted_for(result, len(pile))
    named = [name for head, tail in ids(result).items() for name in (head, *tail)]
    assert len(named) == len(set(named)) == len(pile)


@given(strategies.piles(), st.randoms(use_true_random=False))
def test_the_result_does_not_depend_on_input_order(pile, random):
    articles = [
        {"text": text, "source": f"s{number % 3}", "published": f"2020-11-{number % 4 + 1:02}"}
        for number, text in enumerate(pile)
    ]
    shuffled = list(articles)
    random.shuffle(shuffled)
    one, other = match(articles), match(shuffled)
    assert one.relations == other.relations

    def as_sets(result):
        return {
            document.id: (frozenset(document.duplicates), frozenset(document.sources))
            for document in result.documents
        }

    assert as_sets(one) == as_sets(other)


@given(strategies.piles())
def test_documents_follow_the_order_of_the_input(pile):
    result = match([{"id": f"{number:03}", "text": text} for number, text in enumerate(pile)])
    order = [document.id for document in result.documents]
    assert order == sorted(order)
    assert all(list(tail) == sorted(tail) for tail in ids(result).values())


@given(strategies.piles())
def test_relations_are_sorted_and_each_is_there_once(pile):
    pairs = [(relation.left, relation.right) for relation in match(pile).relations]
    assert pairs == sorted(set(pairs))
    assert all(left < right for left, right in pairs)


@given(strategies.piles())
def test_every_duplicate_has_a_relation_to_its_own_canonical_document(pile):
    result = match(pile)
    for document in result.documents:
        for duplicate in document.duplicates:
            assert {duplicate.relation.left, duplicate.relation.right} == {document.id, duplicate.id}
            assert duplicate.relation in result.relations
            assert duplicate.relation.kind != "template"


def test_an_article_without_an_id_is_named_by_its_text():
    result = match(["one", "two", "one", "one"])
    assert set(ids(result)) == {text_id("one"), text_id("two")}
    assert sorted(ids(result)[text_id("one")]) == [f"{text_id('one')}-2", f"{text_id('one')}-3"]


def test_a_name_made_of_the_text_does_not_take_a_given_one():
    name = text_id("one")
    result = match([{"text": "one"}, {"id": name, "text": "two"}, {"id": f"{name}-2", "text": "three"}])
    assert list(ids(result)) == [f"{name}-3", name, f"{name}-2"]


def test_which_of_equal_texts_has_the_plain_name_does_not_depend_on_order():
    early, late = {"text": "one", "published": "2020"}, {"text": "one", "published": "2021"}
    for pile in ([early, late], [late, early]):
        (document,) = match(pile).documents
        assert (document.id, document.published) == (text_id("one"), "2020")


def test_of_two_articles_with_one_id_the_second_is_rejected():
    records = [("f:1", {"id": "a", "text": "one"}), ("f:2", {"id": "a", "text": "two"})]
    result = dedupe_records(records, clean=None, match="news")
    assert ids(result) == {"a": []}
    (reject,) = result.rejects
    assert (reject.place, reject.record) == ("f:2", records[1][1])
    assert "f:1" in reject.reason
    assert "f:2" in reject.reason
    assert is_accounted_for(result, 2)


def test_the_same_article_again_is_a_duplicate_with_that_id():
    result = match(
        [
            {"id": "a", "text": STORY, "source": "x"},
            {"id": "b", "text": UPDATE, "source": "y"},
            {"id": "b", "text": UPDATE, "source": "z"},
            {"id": "a", "text": STORY, "source": "w"},
        ]
    )
    assert ids(result) == {"b": ["a", "a", "b"]}
    assert result.documents[0].sources == ("y", "x", "w", "z")
    assert [duplicate.relation.kind for duplicate in result.documents[0].duplicates] == [
        "near",
        "near",
        "exact",
    ]
    assert is_accounted_for(result, 4)


def test_a_file_given_twice_has_every_place_twice():
    records = [("f:1", {"id": "a", "text": STORY})] * 2
    result = dedupe_records(records, clean=None, match="news")
    assert ids(result) == {"a": ["a"]}
    assert is_accounted_for(result, 2)


def test_what_is_no_article_goes_to_the_rejects_with_its_place():
    unread = Reject("f:2", "not JSON", "{")
    records = [("f:1", {"title": "no text"}), ("f:2", unread), ("f:3", 7), ("f:4", "text")]
    result = dedupe_records(records, clean=None, match="news")
    assert [(reject.place, reject.record) for reject in result.rejects] == [
        ("f:1", {"title": "no text"}),
        ("f:2", "{"),
        ("f:3", 7),
    ]
    assert result.rejects[1] is unread
    assert is_accounted_for(result, 4)


def test_without_places_articles_are_numbered():
    assert match(["one", 5]).rejects[0].place == "article 2"


def test_empty_texts_are_documents_of_their_own():
    result = match(["", "", "..."])
    assert is_accounted_for(result, 3)
    assert all(not document.duplicates for document in result.documents)


def test_nothing_received_is_nothing_found():
    assert match([]).documents == ()


def test_an_unknown_preset_is_refused():
    with pytest.raises(OptionError, match="strict, news, noisy"):
        match([], match="fuzzy")


def test_what_was_received_comes_out_untouched():
    article = Article(
        id="a",
        text=STORY,
        title="t",
        byline="b",
        url="u",
        source=None,
        published="p",
        language="l",
        extra={"k": [1]},
    )
    (document,) = match([article]).documents
    assert document.original == STORY
    assert document.restore() == STORY
    assert asdict(article).items() <= asdict(document).items()
    assert document.sources == ("u",)


def test_an_error_in_cleaning_is_not_swallowed(monkeypatch):
    def fail(article, options):
        raise RuntimeError("a bug")

    monkeypatch.setattr("dedupe_news.text.clean.clean_article", fail)
    with pytest.raises(RuntimeError, match="a bug"):
        dedupe(["text"])


def test_progress_is_told_stage_by_stage():
    told = []
    records = ((f"f:{number}", f"{OTHER} {number}") for number in range(450))
    dedupe_records(records, clean=None, match=MatchOptions(), progress=lambda *word: told.append(word))
    assert list(dict.fromkeys(stage for stage, _, _ in told)) == ["read", "clean", "fingerprint", "verify"]
    assert [word for word in told if word[0] == "read"] == [
        ("read", 200, None),
        ("read", 400, None),
        ("read", 450, None),
    ]
    assert ("clean", 450, 450) in told


def test_ten_thousand_equal_articles_cost_what_one_costs():
    result = match([{"id": str(number), "text": UPDATE if number % 2 else STORY} for number in range(10_000)])
    assert len(result.documents) == 1
    assert is_accounted_for(result, 10_000)
    assert len(result.relations) < 3 * 10_000


def test_relations_of_equal_articles_hold_for_each_of_them():
    left = (
        "The ferry Aurelia ran aground with 212 people on board outside the old port early on Tuesday. "
        "Nobody was hurt, and all of them were brought ashore before the fog had lifted from the sea."
    )
    right = left.replace("212", "17").replace("Tuesday", "Friday")
    result = match([{"id": name, "text": left if name in "ac" else right} for name in "abcd"])
    kinds = {(relation.left, relation.right): relation.kind for relation in result.relations}
    assert kinds.pop(("a", "c")) == kinds.pop(("b", "d")) == "exact"
    assert kinds == dict.fromkeys([("a", "b"), ("a", "d"), ("b", "c"), ("c", "d")], "template")


def test_matching_needs_neither_scipy_nor_numba():
    code = (
        "import sys, dedupe_news; dedupe_news.dedupe(['one two three four five six'] * 2, clean=None);"
        "print([name for name in ('datasketch', 'scipy', 'numba', 'pyarrow') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_notices_that_differ_in_their_headline_alone_stay_apart():
    notices = [
        {
            "id": str(cents),
            "text": f"Kemwick Gas to pay {cents} cents\n\nPayable on March 13.\n\nRecord date March 2.",
        }
        for cents in (3.6, 7.3, 14)
    ]
    assert [document.id for document in dedupe(notices).documents] == ["3.6", "7.3", "14"]


def test_one_story_under_two_headlines_is_one():
    body = (
        "The council of Kemwick voted on Monday to rebuild the northern wall of the harbour before winter. "
        "Work will begin in a fortnight and last for about six weeks, the harbour master told reporters. "
        "Ferries will leave from Low Ferry until then, and buses will take passengers across the hill."
    )
    pile = [
        {"id": "a", "text": f"Harbour wall to be rebuilt\n\n{body}"},
        {"id": "b", "text": f"Ferries move to Low Ferry\n\n{body}"},
    ]
    [document] = dedupe(pile).documents
    assert document.duplicates[0].relation.kind == "exact"
