import re

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from text_strategies import (
    DAMAGES,
    articles,
    clean_articles,
    damaged,
    has_repeats,
    letters,
    paragraphs,
    poor_articles,
    words_of,
)

import dedupe_news
from dedupe_news import CleanArticle, CleanOptions
from dedupe_news.text.repeats import find_power, find_repeats

# Drawing a whole article is slow beside what most properties draw; that is no mistake of the test.
patient = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
few = settings(patient, max_examples=25)

BODY = (
    "The harbour of Kemwick will close for six weeks while divers repair the northern wall. "
    "Engineers found a crack as wide as a hand below the old lighthouse in March.\n\n"
    "Ferries will leave from Polquin instead, and buses take passengers across the hill. "
    '"Nobody likes the detour, but nobody wants to swim either," harbour master Ela Corgall said.'
)
FIRST, SECOND = BODY.split("\n\n")


def body_of(text: str) -> str:
    return dedupe_news.clean(text).body


def common_words(left: list[str], right: list[str]) -> int:
    """Return the length of the longest common subsequence: slow and obvious."""
    row = [0] * (len(right) + 1)
    for word in left:
        before = 0
        for j, other in enumerate(right, start=1):
            before, row[j] = row[j], before + 1 if word == other else max(row[j], row[j - 1])
    return row[-1]


def assert_every_repeat_has_its_witness(document: CleanArticle) -> None:
    received = document.original
    removed_chars = bytearray(len(received))
    for repeat in document.repeats:
        start, end = repeat.removed
        assert 0 <= start < end <= len(received)
        assert repeat.seam in (start, end)
        removed_chars[start:end] = b"\1" * (end - start)
    for repeat in document.repeats:
        start, end = repeat.kept
        assert 0 <= start < end <= len(received)
        if repeat.similarity == 1.0:
            assert not any(removed_chars[start:end]), "the witness was removed"
        said, witness = words_of(received[slice(*repeat.removed)]), words_of(received[slice(*repeat.kept)])
        assert common_words(said, witness) >= (repeat.similarity - 0.0001) * len(said), (said, witness)


def assert_what_is_not_removed_is_kept(document: CleanArticle) -> None:
    received = document.original
    removed = sorted({repeat.removed for repeat in document.repeats})
    kept, at = [], 0
    for start, end in removed:
        kept.append(received[at:start])
        at = max(at, end)
    kept.append(received[at:])
    assert letters("".join(kept)) == letters(document.text)


# --- laws ----------------------------------------------------------------------------------


@patient
@given(clean_articles(), st.sampled_from([2, 3, 7, 40]))
def test_a_clean_text_pasted_k_times_comes_back_as_itself(text: str, copies: int) -> None:
    assert body_of(text * copies) == body_of(text)


@patient
@given(poor_articles(), st.sampled_from([2, 3, 7, 40]))
def test_a_text_of_three_words_only_pasted_k_times_comes_back_as_itself(text: str, copies: int) -> None:
    text = dedupe_news.clean(text).text
    if len(text.split()) >= 30 and dedupe_news.clean(text).text == text:
        assert body_of(text * copies) == body_of(text)


@patient
@given(articles().filter(lambda text: not has_repeats(text)))
def test_an_article_without_repeats_keeps_its_letters(text: str) -> None:
    document = dedupe_news.clean(text)
    assert document.repeats == ()
    assert letters(document.text) == letters(text)


@few
@pytest.mark.parametrize("damage", DAMAGES)
@given(st.data())
def test_every_removed_span_has_its_witness_in_what_is_kept(damage: str, data: st.DataObject) -> None:
    text = data.draw(DAMAGES[damage](data.draw(articles()))).text
    assert_every_repeat_has_its_witness(dedupe_news.clean(text))


@few
@pytest.mark.parametrize("damage", DAMAGES)
@given(st.data())
def test_what_is_not_removed_is_kept(damage: str, data: st.DataObject) -> None:
    text = data.draw(DAMAGES[damage](data.draw(articles()))).text
    assert_what_is_not_removed_is_kept(dedupe_news.clean(text))


def begins_with_prose(article: str) -> bool:
    """Whether a sentence at the beginning is longer than verse: short lines that come again are a refrain."""
    return max(len(sentence.split()) for sentence in re.split(r"(?<=[.!?])\s+", article)[:2]) > 14


@few
@pytest.mark.parametrize("damage", DAMAGES)
@given(st.data())
def test_one_copy_of_a_damaged_article_is_left(damage: str, data: st.DataObject) -> None:
    # Beyond sixty words no reader would take the second copy for a turn of phrase.
    article = data.draw(articles(min_words=60).filter(lambda text: not has_repeats(text)))
    assume(damage != "cut" or begins_with_prose(article))
    received = data.draw(DAMAGES[damage](article))
    document = dedupe_news.clean(received.text)
    if received.letters is not None:
        assert letters(document.text) == received.letters
    else:
        assert len(letters(document.text)) <= 1.2 * len(letters(article)) + 60


@patient
@given(poor_articles(), st.integers(0, 60), st.integers(0, 60))
def test_witnesses_hold_among_few_different_words(text: str, start: int, end: int) -> None:
    document = dedupe_news.clean(text + text[start:] + text[:-end])
    assert_every_repeat_has_its_witness(document)
    assert_what_is_not_removed_is_kept(document)


@few
@given(paragraphs(), st.data())
def test_witnesses_hold_when_paragraphs_come_in_any_order_any_number_of_times(
    parts: list[str], data: st.DataObject
) -> None:
    order = data.draw(st.lists(st.sampled_from(parts), min_size=3, max_size=12))
    document = dedupe_news.clean("\n\n".join(order))
    assert_every_repeat_has_its_witness(document)
    assert_what_is_not_removed_is_kept(document)
    assert {letters(part) for part in order} >= {letters(part) for part in document.paragraphs}


@few
@given(st.data())
def test_nothing_is_said_only_in_what_was_removed(data: st.DataObject) -> None:
    received = data.draw(damaged(data.draw(articles())))
    if received.kind not in ("with_typos", "cut", "with_teaser"):
        left = set(words_of(dedupe_news.clean(received.text).text))
        assert set(words_of(received.text)) <= left


# --- what goes -----------------------------------------------------------------------------


@pytest.mark.parametrize("copies", [2, 3, 7, 40])
def test_a_body_pasted_twice_is_kept_once(copies: int) -> None:
    assert body_of(BODY * copies) == BODY


@pytest.mark.parametrize("separator", [" ", "\n", "\n\n", " \n \n ", "\t", "\r\n", "\n\n* * *\n\n", "\u3000"])
def test_any_separator_may_stand_between_two_copies(separator: str) -> None:
    assert letters(body_of(BODY + separator + BODY)) == letters(BODY)


def test_the_seam_is_found_to_the_character_behind_a_full_stop() -> None:
    document = dedupe_news.clean(f"{BODY} The end came soon, the mayor said.{BODY}")
    (repeat,) = document.repeats
    assert (
        document.original[repeat.removed.start :].startswith("The harbour of Kemwick")
        or repeat.removed.start == 0
    )
    assert document.body.count("harbour of Kemwick") == 1
    assert document.body.endswith("The end came soon, the mayor said.") or document.body.startswith(
        "The harbour"
    )


def test_the_seam_is_found_where_a_credit_touches_the_next_copy() -> None:
    document = dedupe_news.clean(f"{BODY} Kemwick Daily{BODY}")
    assert letters(document.text) == letters(f"{BODY} Kemwick Daily")


@pytest.mark.parametrize("end", range(len(BODY) - 40, len(BODY) - 20))
def test_a_copy_cut_in_mid_word_is_dropped(end: int) -> None:
    assert body_of(f"{BODY}\n\n{BODY[:end]}") == BODY


@pytest.mark.parametrize("mark", ["…", "...", " ...", " [...]", ""])
def test_a_teaser_before_the_full_text_is_dropped(mark: str) -> None:
    assert body_of(f"{FIRST[:-10]}{mark}\n\n{BODY}") == BODY


def test_a_paragraph_that_only_the_later_copy_has_stands_in_its_place() -> None:
    more = "Fishermen asked the council for compensation on Monday, since the season opens in a fortnight."
    assert body_of(f"{BODY}\n\n{FIRST}\n\n{more}\n\n{SECOND}") == f"{FIRST}\n\n{more}\n\n{SECOND}"


def test_a_paragraph_that_only_the_first_copy_has_stays() -> None:
    more = "Fishermen asked the council for compensation on Monday, since the season opens in a fortnight."
    assert body_of(f"{FIRST}\n\n{more}\n\n{SECOND}\n\n{BODY}") == f"{FIRST}\n\n{more}\n\n{SECOND}"


def test_each_paragraph_twice_becomes_each_paragraph_once() -> None:
    assert body_of(f"{FIRST}\n\n{FIRST}\n\n{SECOND}\n\n{SECOND}") == BODY


@pytest.mark.parametrize("first", [0, 1])
def test_the_copy_with_the_typing_error_goes(first: int) -> None:
    worse = (
        BODY.replace("lighthouse", "ligthouse")
        .replace("passengers", "passangers")
        .replace("Nobody likes", "Nobdy likes")
    )
    copies = [f"{BODY}\n\n{FIRST}", worse]
    assert "ligthouse" not in body_of("\n\n".join([copies[first], copies[1 - first]]))


@pytest.mark.parametrize(
    ("old", "new"),
    [('"', "“"), (" ", "\xa0"), (", ", "， "), (" ", "  "), ("\n\n", "\n"), ("buses", "bu\xadses")],
)
def test_copies_that_differ_in_marks_and_spaces_are_copies(old: str, new: str) -> None:
    assert letters(body_of(f"{BODY}\n\n{BODY.replace(old, new)}")) == letters(BODY)


def test_a_caption_again_further_down_is_dropped() -> None:
    caption = (
        "Divers inspect the northern wall of the harbour below the old lighthouse early on Tuesday "
        "morning, hours before the last ferry left for the islands. Photograph: Ist Halgall"
    )
    document = dedupe_news.clean(f"{caption}\n\n{FIRST}\n\n{caption}\n\n{SECOND}")
    assert document.text == f"{caption}\n\n{BODY}"


# --- what stays ----------------------------------------------------------------------------


def test_a_refrain_shorter_than_the_least_stays() -> None:
    refrain = "And the river, the river, it carries us home."
    text = f"{FIRST}\n\n{refrain}\n\n{SECOND}\n\n{refrain}"
    assert dedupe_news.clean(text).text == text


def test_the_least_is_an_option() -> None:
    phrase = "He said the council had not been told about the crack in the wall until March."
    text = f"{FIRST}\n\n{phrase}\n\n{SECOND}\n\n{phrase}"
    assert dedupe_news.clean(text).text == text
    assert (
        dedupe_news.clean(text, options=CleanOptions(min_repeat_words=10)).text
        == f"{FIRST}\n\n{phrase}\n\n{SECOND}"
    )


def test_sentences_of_one_form_with_other_figures_stay() -> None:
    text = " ".join(
        f"In {month} consumer prices in the Kemwick region rose by {rate} percent from a year earlier, the "
        f"statistics office said, after {before} percent in the month before."
        for month, rate, before in [
            ("July", "2.5", "2.4"),
            ("August", "2.7", "2.5"),
            ("September", "2.9", "2.7"),
        ]
    )
    assert dedupe_news.clean(text).text == text


def test_two_passages_that_differ_in_a_figure_are_two_passages() -> None:
    first, second = (
        f"Counting in district {number} ended at nine in the evening, and the clerk read the figures "
        f"aloud on the steps of the town hall before a small and patient crowd."
        for number in (4, 5)
    )
    text = f"{first}\n\n{FIRST}\n\n{second}"
    assert dedupe_news.clean(text).text == text


def test_a_power_of_few_words_leaves_thirty() -> None:
    text = " ".join(["ha"] * 29)
    assert dedupe_news.clean(text).text == text


def test_a_text_that_is_no_power_has_none() -> None:
    assert find_power("") == []
    assert find_power(BODY) == []
    assert find_power("ha" * 3) == []


def test_nothing_is_found_in_an_article_without_repeats() -> None:
    assert find_repeats(BODY, CleanOptions()) == []


# --- manners -------------------------------------------------------------------------------


def test_collapsing_does_not_remember_the_previous_article() -> None:
    other = f"Something else entirely happened.\n\n{SECOND}"
    alone = dedupe_news.clean(other)
    dedupe_news.clean(BODY * 3)
    dedupe_news.clean(f"{SECOND}\n\n{FIRST}\n\n{SECOND}")
    assert dedupe_news.clean(other) == alone


@few
@given(st.lists(articles().flatmap(damaged), min_size=2, max_size=3))
def test_results_do_not_depend_on_what_ran_before(received: list) -> None:
    forth = [dedupe_news.clean(one.text) for one in received]
    back = [dedupe_news.clean(one.text) for one in reversed(received)]
    assert forth == back[::-1]


_HOSTILE = {
    "one letter": "a",
    "one word": "ha ",
    "one word with marks": "ha. ",
    "two words": "no yes ",
    "three lines": "one\ntwo\nthree\n",
    "a sentence": "He declined to comment. ",
    "a sentence without spaces": "Hedeclinedtocomment.",
    "one Han character": "好",
    "spaces": " \t\xa0",
    "line breaks": "\r\n",
    "quotes": '"',
    "full stops": ".",
    "ampersands": "&",
    "entities": "&amp;",
    "nested entities": "amp;",
    "dashes": "－",
    "mojibake": "Ã¢â‚¬",
    "joiners": "\u200d\u200c",
    "capitals": "AB/",
    "figures": "2.5 ",
    "brackets": "[](",
    "rows": "1 2 3 4 5 6 7 8 9 10\n",
    "a paragraph": f"{FIRST}\n\n",
}


@pytest.mark.parametrize("family", _HOSTILE)
def test_hostile_families_finish(family: str) -> None:
    piece = _HOSTILE[family]
    text = (piece * 20_000)[:19_999] + "!"
    assert dedupe_news.clean(text).restore() == text


def _squares(number: int) -> str:
    """Return a text in which every window of words stands in many places."""
    words = [f"w{i * i % 97 % 13}" for i in range(number)]
    return " ".join(word.capitalize() + "." if i % 11 == 0 else word for i, word in enumerate(words))


@pytest.mark.parametrize(
    "text",
    [
        _squares(5000),
        " ".join(f"The {i % 7} of {i % 11} was {i % 3}." for i in range(1200)),
        "\n\n".join(f"{FIRST} {i}" for i in range(110)),
        "".join(BODY[: i * 7] for i in range(1, 58)),
        "(" * 10_000 + ")" * 10_000,
        "\n".join("a" * (i % 60) for i in range(600)),
    ],
    ids=["few windows", "forms", "numbered copies", "growing copies", "brackets", "steps"],
)
def test_hostile_texts_finish(text: str) -> None:
    assert dedupe_news.clean(text).restore() == text


def test_a_word_that_ends_the_sentences_before_both_copies_stays_with_its_sentence() -> None:
    first, between = "Had anybody looked at the wall before?", "Nobody on the quay had seen the crack before."
    names = (
        "Corgall 60 Istvan Branmont Elvan of Fenwick Halgall Aldair. Barmont to Dommont, Garper 37 Raszen "
        "Domnish of Garver Raswick, Tevdle 37 Holzen Elvan with Grelned Mornish Garzen Frangall Rastor."
    )
    assert between in dedupe_news.clean(f"{first}\n\n{names}\n\n{between}\n\n{names}").text
