"""A cleaned article is kept packed, and comes out as it went in."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import itertools
import math
import pathlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import texts

from dedupe_news import Article, CleanArticle, Index, clean
from dedupe_news.article import Edit, Relation, Repeat, Span
from dedupe_news.index.packing import pack, pack_relation, unpack, unpack_body, unpack_relation
from dedupe_news.pipeline.cleaning import compared, compared_text

any_text = st.text(st.characters(codec=None), max_size=60)
"""Lone surrogates and NUL, too."""
fields = st.none() | any_text
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=8,
)


@st.composite
def clean_articles(draw: st.DrawFn) -> CleanArticle:
    """Draw an article of which nothing is known but that its parts belong together."""
    received, text = "", ""
    edits, bounds = [], [0]
    for kept, before, after in draw(st.lists(st.tuples(any_text, any_text, any_text), max_size=4)):
        start = len(received) + len(kept)
        edits.append(Edit("rule", start, start + len(before), before, after))
        received += kept + before
        text += kept + after
        bounds.append(len(text))
    rest = draw(any_text)
    text, received = text + rest, received + rest
    spans = [text[start:end] for start, end in itertools.pairwise(bounds) if start < end]
    places = st.builds(Span, st.integers(0, 99), st.integers(0, 99))
    return CleanArticle(
        id=draw(any_text),
        text=text,
        title=draw(fields),
        byline=draw(fields),
        dateline=draw(fields),
        standfirst=draw(fields),
        paragraphs=tuple(spans),
        edits=tuple(edits),
        repeats=tuple(
            draw(st.lists(st.builds(Repeat, places, places, st.floats(0, 1), any_text), max_size=2))
        ),
        original=received,
        url=draw(fields),
        source=draw(fields),
        published=draw(fields),
        language=draw(fields),
        extra=draw(st.dictionaries(any_text, json_values, max_size=3)),
    )


@given(clean_articles())
def test_whatever_an_article_holds_comes_out_again(article: CleanArticle) -> None:
    packed = pack(article)
    found = unpack(article.id, packed)
    # Of two places where a paragraph stands either may be meant: what stands there is the same.
    assert found == article
    assert [type(value) for value in found.extra.values()] == [
        type(value) for value in article.extra.values()
    ]
    body, text = unpack_body(packed)
    assert (body, text) == (article.body, article.text)
    assert compared(body, text) == compared_text(article)


@given(texts, st.integers(1, 3), json_values)
@example("Rain until Monday.\ud83d", 40, {"a": [1.0, "\ud800", 2**64]})
@example("", 1, None)
def test_what_was_cleaned_comes_out_again(text: str, times: int, value: object) -> None:
    article = clean(Article(id="a", text=text * times, extra={"section": value}))
    found = unpack("a", pack(article))
    assert found == article
    assert found.restore() == found.original == text * times


@given(
    st.builds(
        Relation,
        any_text,
        any_text,
        st.just("near"),
        st.floats(0, 1),
        st.floats(0, 1),
        st.lists(any_text, max_size=3).map(tuple),
    )
)
def test_a_relation_comes_out_to_the_last_bit(relation: Relation) -> None:
    said = pack_relation(relation)
    said.encode()  # SQLite takes it
    assert unpack_relation(said) == relation


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (datetime.datetime(2024, 5, 3, 12, 30), "2024-05-03T12:30:00"),
        (datetime.date(2024, 5, 3), "2024-05-03"),
        (decimal.Decimal("3.60"), "3.60"),
        (b"\x00\xff", "AP8="),
        (math.nan, "NaN"),
        (-math.inf, "-Infinity"),
        (pathlib.PurePosixPath("a/b"), "a/b"),
        ((1, (2, "\ud800")), [1, [2, "\ud800"]]),
        ({"deep": [datetime.date(2024, 5, 3), 2**80]}, {"deep": ["2024-05-03", 2**80]}),
    ],
)
def test_what_json_has_no_kind_for_becomes_text(value: object, kept: object) -> None:
    article = CleanArticle(id="a", text="Rain.", extra={"value": value}, original="Rain.")
    found = unpack("a", pack(article))
    assert found.extra == {"value": kept}
    assert dataclasses.replace(found, extra=article.extra) == article


def test_an_article_that_json_cannot_hold_leaves_the_index_as_it_was(tmp_path: pathlib.Path) -> None:
    """Keys of other kinds than text become text; what refuses to be written is refused whole."""
    with Index(tmp_path / "seen.db") as index:
        index.add({"id": "a", "text": "Rain until Monday.", "years": {2024: 1, None: 2}})
        [document] = index.documents()
        assert document.extra["years"] == {"2024": 1, "null": 2}


@given(
    st.lists(
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=6), min_size=1, max_size=6, unique=True
    )
)
@example(["a\0b", "a\0c", "a"])
@example(["\0"])
def test_an_id_may_be_any_text(tmp_path_factory: pytest.TempPathFactory, ids: list[str]) -> None:
    path = tmp_path_factory.mktemp("index") / "seen.db"
    articles = [{"id": id, "text": f"Rain in {number}."} for number, id in enumerate(ids)]
    with Index(path) as index:
        assert [match.id for match in index.add_many(articles)] == ids
        assert [match.outcome for match in index.add_many(articles)] == ["again"] * len(ids)
        assert list(index) == ids
        assert all(index.document_of(id).id == id for id in ids)
        for id in ids:
            index.remove(id)
        assert len(index) == 0
