import dataclasses
import inspect

import pytest

import dedupe_news

# The public contract: the attributes of every object, in the words of the documentation.
ATTRIBUTES = {
    "Article": {"id", "text", "title", "byline", "url", "source", "published", "language", "extra"},
    "Edit": {"rule", "start", "end", "before", "after"},
    "Repeat": {"kept", "removed", "similarity", "seam"},
    "Relation": {"left", "right", "kind", "jaccard", "containment", "evidence"},
    "Duplicate": {"id", "relation"},
    "Match": {"id", "outcome", "canonical_id", "relation", "article", "related", "changes"},
    "Change": {"id", "before", "after"},
    "Reject": {"place", "reason", "record"},
    "Summary": {"received", "canonical", "duplicates", "rejected"},
    "DedupeResult": {"documents", "relations", "rejects", "summary"},
}
CLEAN_ARTICLE = {
    "id", "title", "byline", "dateline", "standfirst", "paragraphs", "body", "text", "edits", "repeats",
    "original", "restore",
}  # fmt: skip


def test_every_name_of_the_front_door_is_there_in_order_and_documented():
    assert dedupe_news.__all__ == sorted(dedupe_news.__all__)
    for name in dedupe_news.__all__:
        exported = getattr(dedupe_news, name)
        assert name == "__version__" or inspect.getdoc(exported)


def test_nothing_public_is_left_out_of_the_front_door():
    public = {
        name
        for name, value in vars(dedupe_news).items()
        if not name.startswith("_") and getattr(value, "__module__", "").startswith("dedupe_news")
    }
    assert public - {"as_article"} <= set(dedupe_news.__all__)


@pytest.mark.parametrize(("name", "attributes"), ATTRIBUTES.items())
def test_objects_have_the_attributes_of_the_contract(name, attributes):
    assert {field.name for field in dataclasses.fields(getattr(dedupe_news, name))} == attributes


def test_clean_articles_and_canonical_documents_have_the_attributes_of_the_contract():
    assert set(dir(dedupe_news.CleanArticle)) >= CLEAN_ARTICLE
    assert set(dir(dedupe_news.CanonicalDocument)) >= CLEAN_ARTICLE | {"duplicates", "sources"}


@pytest.mark.parametrize("name", [*ATTRIBUTES, "CleanArticle", "CanonicalDocument"])
def test_objects_are_immutable(name):
    assert getattr(dedupe_news, name).__dataclass_params__.frozen


def test_every_error_is_one_of_ours():
    errors = [getattr(dedupe_news, name) for name in dedupe_news.__all__ if name.endswith("Error")]
    assert len(errors) == 9
    assert all(issubclass(error, dedupe_news.DedupeNewsError) for error in errors)
