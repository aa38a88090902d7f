from collections import defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dedupe_news.article import Article
from dedupe_news.intake import text_id
from dedupe_news.pipeline.columns import Chosen, Numbers, Strings
from dedupe_news.pipeline.identity import Identities, digest_rows, known_digest, text_digest

articles = st.builds(
    Article,
    text=st.sampled_from(["one", "two", "three", ""]),
    id=st.none()
    | st.sampled_from(["", "a", "b", "\ud83d", text_id("one"), f"{text_id('one')}-2", text_id("two")]),
    source=st.none() | st.sampled_from(["Wire", "Echo"]),
)


def taken(batches):
    """Take articles batch by batch; return what each turned out to be, and the ids of all."""
    identities = Identities()
    first, is_other = [], []
    for batch in batches:
        found = identities.take(
            [article.id for article in batch],
            digest_rows([text_digest(article.text) for article in batch]),
            digest_rows([b"" if article.id else known_digest(article) for article in batch]),
        )
        first += found.first.tolist()
        is_other += found.is_other.tolist()
    rows, all_first, ids = identities.finish()
    assert all_first.tolist() == first
    assert rows.tolist() == [row for row, of in enumerate(first) if of == row]
    return first, is_other, list(ids)


def one_by_one(everyone):
    """Say the same with a dict."""
    first_with, first, is_other = {}, [], []
    for row, article in enumerate(everyone):
        of = first_with.setdefault(article.id, row) if article.id else row
        first.append(of)
        is_other.append(everyone[of].text != article.text)
    return first, is_other


@given(st.lists(st.lists(articles, max_size=5), max_size=6))
def test_batches_change_nothing_about_who_is_who(batches):
    everyone = [article for batch in batches for article in batch]
    first, is_other, ids = taken(batches)
    assert (first, is_other) == one_by_one(everyone)
    assert ids == taken([everyone])[2]


@given(st.lists(articles, max_size=12), st.randoms(use_true_random=False))
def test_nobody_shares_a_name_and_names_do_not_depend_on_the_order(everyone, random):
    first, _, ids = taken([everyone])
    own = [ids[row] for row, of in enumerate(first) if of == row]
    assert len(own) == len(set(own))
    assert all(id == article.id for id, article in zip(ids, everyone, strict=True) if article.id)

    def by_article(everyone, ids):
        named = defaultdict(list)
        for article, id in zip(everyone, ids, strict=True):
            named[article.text, article.id or None, article.source].append(id)
        return {key: sorted(names) for key, names in named.items()}

    shuffled = list(everyone)
    random.shuffle(shuffled)
    assert by_article(everyone, ids) == by_article(shuffled, taken([shuffled])[2])


def test_the_nameless_are_called_by_their_text_and_equal_texts_are_numbered():
    _, _, ids = taken([[Article("one"), Article("two"), Article("one")], [Article("one", id="")]])
    names = [text_id("one"), f"{text_id('one')}-2", f"{text_id('one')}-3"]
    assert ids[1] == text_id("two")
    assert sorted([ids[0], *ids[2:]]) == names


def test_equal_texts_are_counted_while_they_come():
    identities = Identities()
    for batch in (["one", "two", "one"], ["two", "three"]):
        digests = digest_rows([text_digest(text) for text in batch])
        identities.take([None] * len(batch), digests, digests)
    assert identities.num_equal_texts == 2


@given(st.lists(st.lists(st.none() | st.text(max_size=4) | st.just("\ud83d"))))
def test_strings_are_those_that_were_added(pieces):
    strings = Strings()
    for piece in pieces:
        strings.extend(piece)
    expected = [text or "" for piece in pieces for text in piece]
    assert list(strings) == expected == [strings[at] for at in range(len(strings))] == strings[:]
    rows = np.arange(len(expected))[::2]
    assert list(Chosen(strings, rows)) == expected[::2] == Chosen(strings, rows)[:]


@given(st.lists(st.integers(0, 2000), max_size=5))
def test_numbers_are_those_that_were_added(sizes):
    numbers, expected = Numbers(2, np.int64), []
    for size in sizes:
        rows = np.arange(2 * size).reshape(size, 2)
        numbers.extend(rows)
        expected += rows.tolist()
    assert numbers.rows.tolist() == expected


def test_a_key_without_a_value_says_nothing_of_an_article():
    said = Article(text="one", extra={"section": "sport", "page": None})
    assert known_digest(said) == known_digest(Article(text="one", extra={"section": "sport"}))
    assert known_digest(said) != known_digest(Article(text="one", extra={"section": None}))
