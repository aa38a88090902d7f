from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from text_strategies import any_text

from dedupe_news.article import CleanArticle, Span
from dedupe_news.errors import DedupeNewsError
from dedupe_news.text.spans import Draft, Replacement, replaced


def changes(text: str, random: Random, rule: str) -> list[Replacement]:
    """Return some changes of `text`, in order, without overlap: insertions, deletions, replacements."""
    out = []
    at = 0
    while at <= len(text) and random.random() < 0.8:
        start = random.randint(at, min(len(text), at + 8))
        end = random.randint(start, min(len(text), start + 4))
        out.append(
            Replacement(
                start, end, random.choice(["", "x", "yz", text[start:end], text[start : start + 2]]), rule
            )
        )
        at = max(end, start + 1)
    return out


def by_hand(text: str, made: list[Replacement]) -> str:
    """Make changes from the last to the first, with slices."""
    for start, end, after, _ in reversed(made):
        text = text[:start] + after + text[end:]
    return text


def staged(text: str, seed: int, stages: int) -> tuple[Draft, str]:
    """Return a draft after random stages of changes, and the text that those make by hand."""
    random = Random(seed)
    draft, expected = Draft(text), text
    for stage in range(stages):
        made = changes(expected, random, f"stage {stage}")
        draft.apply(made)
        expected = by_hand(expected, made)
    return draft, expected


def restored(draft: Draft) -> str:
    return CleanArticle(id="x", text=draft.text, edits=draft.edits()).restore()


short_texts = st.one_of(st.text("abc", max_size=12), any_text())
stage_numbers = st.integers(0, 6)
seeds = st.integers(0, 10**6)


@given(short_texts, seeds)
def test_making_changes_agrees_with_slices(text: str, seed: int) -> None:
    made = changes(text, Random(seed), "any")
    assert replaced(text, made) == by_hand(text, made)


@given(short_texts, seeds, stage_numbers)
def test_stages_one_after_the_other_make_the_text_that_slices_make(text: str, seed: int, stages: int) -> None:
    draft, expected = staged(text, seed, stages)
    assert draft.text == expected


@given(short_texts, seeds, stage_numbers)
def test_composed_edits_do_what_the_stages_did(text: str, seed: int, stages: int) -> None:
    draft, expected = staged(text, seed, stages)
    assert replaced(text, draft.replacements) == expected


@given(short_texts, seeds, stage_numbers)
def test_undoing_the_edits_gives_the_received_text(text: str, seed: int, stages: int) -> None:
    draft, _ = staged(text, seed, stages)
    assert restored(draft) == text


@given(short_texts, seeds, stage_numbers)
def test_edits_are_in_order_and_say_what_stood_there(text: str, seed: int, stages: int) -> None:
    draft, _ = staged(text, seed, stages)
    at = 0
    for edit in draft.edits():
        assert at <= edit.start <= edit.end <= len(text)
        assert edit.before == text[edit.start : edit.end] != edit.after
        at = edit.end


@given(short_texts, seeds, stage_numbers, seeds)
def test_received_spans_stay_within_the_received_text(text: str, seed: int, stages: int, other: int) -> None:
    draft, _ = staged(text, seed, stages)
    random = Random(other)
    spans = []
    for _ in range(5):
        start = random.randint(0, len(draft.text))
        spans.append(Span(start, random.randint(start, len(draft.text))))
    for span in draft.received_spans(spans):
        assert 0 <= span.start <= span.end <= len(text)


@given(short_texts, seeds, stage_numbers, seeds)
def test_a_received_span_holds_every_character_that_was_left_alone(
    text: str, seed: int, stages: int, other: int
) -> None:
    # Mark every character with its position, so that those that are left can be told apart.
    draft, _ = staged("".join(chr(0x10000 + i) for i in range(len(text))), seed, stages)
    start = Random(other).randint(0, len(draft.text))
    end = Random(other + 1).randint(start, len(draft.text))
    if start < end:
        (span,) = draft.received_spans([Span(start, end)])
        inside = set(range(span.start, span.end))
        set_anew = {char for change in draft.replacements for char in change.after}
        left_alone = {char for char in draft.text[start:end] if draft.text.count(char) == 1} - set_anew
        assert {ord(char) - 0x10000 for char in left_alone if ord(char) >= 0x10000} <= inside


def test_a_change_that_is_undone_later_leaves_no_edit() -> None:
    draft = Draft("month－the")
    draft.apply([Replacement(5, 6, "—", "dash")])
    draft.apply([Replacement(5, 6, "－", "dash")])
    assert draft.edits() == ()


def test_a_change_within_a_change_becomes_one_edit_of_the_received_text() -> None:
    draft = Draft("a&amp;amp;b")
    draft.apply([Replacement(1, 10, "&amp;", "entity")])
    draft.apply([Replacement(1, 6, "&", "entity")])
    (edit,) = draft.edits()
    assert (edit.start, edit.end, edit.before, edit.after) == (1, 10, "&amp;amp;", "&")


def test_what_was_inserted_and_then_deleted_leaves_no_edit() -> None:
    draft = Draft("onetwo")
    draft.apply([Replacement(3, 3, "\n\n", "run_on")])
    draft.apply([Replacement(3, 5, "", "ragged_space")])
    assert (draft.text, draft.edits()) == ("onetwo", ())


def test_changes_that_overlap_are_refused() -> None:
    with pytest.raises(DedupeNewsError, match="overlaps the one before it at 1"):
        replaced("abc", [Replacement(0, 2, "", "one"), Replacement(1, 3, "", "two")])
