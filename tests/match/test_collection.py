import random
from pathlib import Path
from tempfile import TemporaryDirectory

import oracles
import pyarrow as pa
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from dedupe_news.match import collection as collection_module
from dedupe_news.match import columns as columns_module
from dedupe_news.match import postings as postings_module
from dedupe_news.match.collection import match_collection
from dedupe_news.match.columns import TextList
from dedupe_news.match.fingerprint import fingerprint
from dedupe_news.match.scratch import MemoryScratch
from dedupe_news.options import PRESETS, MatchOptions
from dedupe_news.pipeline.matching import match_texts
from dedupe_news.spill import FolderScratch

NEWS = MatchOptions()


def silent(stage, done, total):
    pass


def matched(texts, ids=None, options=NEWS, num_threads=2, scratch=None):
    """Match texts, and say all of it in ids."""
    ids = ids or [f"{number:04}" for number in range(len(texts))]
    matches = match_collection(
        TextList(texts),
        ids,
        [None] * len(texts),
        options,
        num_threads=num_threads,
        tell=silent,
        scratch=scratch or MemoryScratch(),
    )
    members = {
        ids[canonical]: {ids[member]: relation for member, relation in members.items()}
        for canonical, members in matches.members.items()
    }
    return matches.relations, members


@given(strategies.piles(), st.sampled_from([NEWS, PRESETS["strict"], PRESETS["noisy"]]))
def test_relations_are_those_of_two_fingerprints(pile, options):
    relations, members = matched(pile, options=options)
    items = {f"{number:04}": fingerprint(f"{number:04}", text, options) for number, text in enumerate(pile)}
    for relation in [*relations, *(found for of in members.values() for found in of.values())]:
        assert relation == oracles.relate(items[relation.left], items[relation.right], options)


@given(strategies.piles())
def test_in_a_small_pile_no_relation_is_missed(pile):
    pile = list({fingerprint("a", text, NEWS).digest: text for text in pile}.values())  # equals: below
    relations, _ = matched(pile)
    items = [fingerprint(f"{number:04}", text, NEWS) for number, text in enumerate(pile)]
    found = {(relation.left, relation.right): relation.kind for relation in relations}
    assert found == oracles.all_relations(items, NEWS)


@given(strategies.piles(), st.randoms(use_true_random=False))
def test_the_order_of_the_articles_changes_nothing(pile, random_):
    named = [(f"{number:04}", text) for number, text in enumerate(pile)]
    shuffled = list(named)
    random_.shuffle(shuffled)
    ids, texts = zip(*shuffled, strict=True)
    assert matched(list(texts), list(ids)) == matched(pile)


@given(strategies.piles(), st.sampled_from([NEWS, PRESETS["noisy"]]))
def test_compiled_loops_change_nothing(pile, options):
    in_python = matched(pile, options=options)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns_module, "COMPILED_FROM", 0)
        patch.setattr(columns_module, "_CHUNK", 300)
        assert matched(pile, options=options, num_threads=3) == in_python


def in_small_steps(patch):
    """Make compiled loops, pieces and parts so small that a few texts are many."""
    patch.setattr(columns_module, "COMPILED_FROM", 0)
    patch.setattr(columns_module, "_CHUNK", 300)
    patch.setattr(postings_module, "_PIECE", 7)
    patch.setattr(collection_module, "_PAIRS_AT_A_TIME", 3)


@given(strategies.piles(), st.sampled_from([NEWS, PRESETS["noisy"]]), st.booleans())
def test_little_memory_changes_nothing(pile, options, compiled):
    at_once = matched(pile, options=options)
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        in_small_steps(patch)
        if not compiled:
            patch.setattr(columns_module, "COMPILED_FROM", 1 << 30)
        for num_threads, memory_bytes in ((1, 1 << 14), (3, 1 << 16)):
            scratch = FolderScratch(Path(folder), memory_bytes)
            assert matched(pile, options=options, num_threads=num_threads, scratch=scratch) == at_once
            assert list(Path(folder).iterdir()) == []


@pytest.mark.parametrize("preset", ["news", "noisy"])
def test_little_memory_changes_nothing_of_a_larger_pile(preset, tmp_path, monkeypatch):
    # One template, excerpts, near copies, equal texts; and more holders of a phrase than are looked up.
    template = story(1, 90)
    texts = [f"{story(seed, 150)} {FOOTER}" for seed in range(80)]
    texts += [f"{template} item{seed} {story(seed, 4)}" for seed in range(1000, 1020)]
    texts += [text[: len(text) // 2] for text in texts[:80:7]] + [*texts[20:30], FOOTER]
    texts += [text.replace("word1", "word2", 3) for text in texts[:80:5]]
    in_small_steps(monkeypatch)
    options = PRESETS[preset]
    at_once = matched(texts, options=options, num_threads=1)
    assert len({relation.kind for relation in at_once[0]}) > 2
    files = set()

    class Watched(FolderScratch):
        def column(self, name, kind):
            files.update(path.name.rpartition("-")[0] for path in tmp_path.iterdir())
            return super().column(name, kind)

    for num_threads, memory_bytes in ((1, 1 << 14), (3, 1 << 18)):
        scratch = Watched(tmp_path, memory_bytes)
        assert matched(texts, options=options, num_threads=num_threads, scratch=scratch) == at_once
        assert list(tmp_path.iterdir()) == []
    assert {"band-0", "samples-0"} <= files


@given(strategies.piles())
def test_equal_articles_are_one_story(pile):
    digests = [fingerprint("a", text, NEWS).digest for text in pile]
    _, members = matched(pile)
    story_of = {member: first for first, of in members.items() for member in of} | {
        first: first for first in members
    }
    for left, digest in enumerate(digests):
        for right in range(left):
            if digest and digest == digests[right]:
                assert story_of[f"{left:04}"] == story_of[f"{right:04}"]


WORDS = [f"word{number}" for number in range(20_000)]
FOOTER = (
    "Letters to the editor may be cut and are printed with the name and the town of the writer unless we are "
    "asked to leave them out; who wants a paper delivered rings the office before noon on a working day or "
    "writes a card, and who finds a mistake in these pages is thanked for telling us so."
)


def story(seed, num_words=300):
    return " ".join(random.Random(seed).choices(WORDS, k=num_words))


@pytest.mark.parametrize("num_stories", [3, 6, 100])
def test_what_stands_in_articles_that_are_not_related_is_none_of_them(num_stories):
    texts = [f"{story(seed)} {FOOTER}" for seed in range(num_stories)]
    relations, members = matched([*texts, FOOTER])
    assert not members
    assert relations
    for relation in relations:
        assert relation.kind == "contained"
        assert "it stands in 3 articles or more that are not related" in relation.evidence


def test_an_excerpt_of_a_story_that_came_a_hundred_times_is_found():
    told = story(1)
    reprints = [f"{told} {story(seed, 5)}" for seed in range(2, 102)]
    _, members = matched([*reprints, " ".join(told.split()[100:180])])
    assert [len(of) for of in members.values()] == [100]


def test_an_excerpt_in_two_articles_joins_the_longer():
    brief = story(1, 80)
    _, members = matched([f"{story(2, 200)} {brief}", f"{story(3, 210)} {brief}", brief])
    assert {canonical: list(of) for canonical, of in members.items()} == {"0001": ["0002"]}


def test_every_duplicate_is_related_to_its_own_canonical_article():
    story = [f"word{number}" for number in range(400)]
    texts = [" ".join(story[start : start + 150]) for start in range(0, 250, 10)]
    _, members = matched(texts)
    for canonical, duplicates in members.items():
        for duplicate, relation in duplicates.items():
            assert {canonical, duplicate} == {relation.left, relation.right}


def test_a_hundred_thousand_equal_articles_are_one_story():
    texts = ["The harbour reopened on Monday."] * 100_000
    matches = match_texts(texts)
    assert [len(group) for group in matches.groups] == [100_000]
    assert len(matches.relations) == 99_999


# --- texts in columns ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
@given(pile=strategies.piles())
def test_an_arrow_column_is_matched_as_a_list_is(kind, pile):
    expected = match_texts(pile)
    column = pa.array(pile, pa.string()).cast(kind)
    assert match_texts(column) == expected
    padded = pa.chunked_array([pa.array(["before", *pile, "after"]).cast(kind)[1:-1], column[:0]], kind)
    assert match_texts(padded) == expected


def test_a_missing_text_is_related_to_nothing():
    story = "The harbour reopened on Monday after three days."
    assert match_texts(pa.array([None, story, None, story, ""])).groups == [[1, 3]]


def test_a_column_of_something_else_is_refused():
    with pytest.raises(TypeError, match="list of str or an Arrow array of strings, got str"):
        match_texts("one text")
    with pytest.raises(TypeError, match="must be strings, got int64"):
        match_texts(pa.array([1, 2]))


def test_no_texts_have_no_groups():
    assert match_texts([]).groups == match_texts(pa.array([], pa.string())).groups == []
