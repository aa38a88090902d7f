import pytest

from dedupe_news.match.alignment import differing_stretches
from dedupe_news.match.facts import Sentences, fact_changes
from dedupe_news.match.words import Words

FILLER = "the people who live there said that they had seen nothing like it for a very long time "


def swapped(left, right):
    one, other = Words(left), Words(right)
    return set(fact_changes(one, other, differing_stretches(one.tokens.hashes, other.tokens.hashes)).swapped)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("about 2,000 people", "about 2000 people"),
        ("about 2.000 people", "about 2'000 people"),
        ("killed 17 people", "killed seventeen people"),
        ("after twenty-one days", "after 21 days"),
        ("nach 3 Tagen", "nach drei Tagen"),
        ("a loss of 2,465,996 dlrs", "a loss of 2.5 mln dlrs"),
        ("met in Goverment House", "met in Government House"),
        ("in Oct0ber there", "in October there"),
        ("said Mr Infor mation there", "said Mr Information there"),
        ("a man from Leeds", "a man"),
        ("he said no", "he never agreed"),
    ],
)
def test_another_spelling_is_no_other_fact(left, right):
    assert swapped(FILLER + left + " " + FILLER, FILLER + right + " " + FILLER) == set()


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("killed 17 people", "killed 19 people", ("17", "19")),
        ("rose 1.5 percent", "rose 15 percent", ("1.5", "15")),
        ("about 340,700 people", "about 338,700 people", ("340700", "338700")),
        ("on FM 1506 there", "on FM 1507 there", ("1506", "1507")),
        ("came on Tuesday evening", "came on Thursday evening", ("tuesday", "thursday")),
        ("a man from Leeds", "a man from York", ("leeds", "york")),
        ("in der Stadt Hallbach", "in der Stadt Altmühl", ("hallbach", "altmühl")),
        ("seven boats", "nine boats", ("7", "9")),
    ],
)
def test_another_number_day_or_name_is_another_fact(left, right, expected):
    assert swapped(FILLER + left + " " + FILLER, FILLER + right + " " + FILLER) == {expected}


def test_a_fact_that_moved_is_not_swapped():
    left = FILLER + "first London came " + FILLER + "then Paris came " + FILLER
    right = FILLER + "first Paris came " + FILLER + "then London came " + FILLER
    assert swapped(left, right) == set()


def test_in_a_text_of_capitals_a_word_is_no_name():
    left, right = (FILLER + f"the {city} mayor " + FILLER for city in ("leeds", "york"))
    assert swapped(left.upper(), right.upper()) == set()


def test_a_passage_in_the_place_of_another_is_measured():
    left, right = "alpha beta gamma delta epsilon", "one two three four five six"
    one, other = Words(FILLER + left + " " + FILLER), Words(FILLER + right + " " + FILLER)
    changes = fact_changes(one, other, differing_stretches(one.tokens.hashes, other.tokens.hashes))
    assert (changes.longest_passage, changes.num_passage_tokens) == (5, 5)


def changes(left, right):
    one, other = Words(left), Words(right)
    return fact_changes(one, other, differing_stretches(one.tokens.hashes, other.tokens.hashes))


GUIDE = "Rooms in {0}. " + FILLER + "in {0} again. " + FILLER + "Stay in {0} tonight. " + FILLER


def test_a_name_replaced_at_every_place_is_another_subject():
    assert changes(GUIDE.format("Melvik"), GUIDE.format("Hallbach")).subject == ("melvik", "hallbach")


def test_the_subject_may_have_a_name_of_several_words_that_the_other_text_has_too():
    left = GUIDE.format("Melvik") + "West Melvik and Hallbach and Melvik are towns."
    right = GUIDE.format("West Hallbach") + "West Melvik and Hallbach and Melvik are towns."
    assert changes(left, right).subject == ("melvik", "west hallbach")


@pytest.mark.parametrize(
    ("one", "other"), [("Melvik", "Melvick"), ("melvik", "hallbach"), ("Melvik", "Melvik")]
)
def test_another_spelling_or_no_name_is_no_other_subject(one, other):
    assert changes(GUIDE.format(one), GUIDE.format(other)).subject is None


def test_a_name_replaced_twice_is_no_other_subject():
    left, right = (GUIDE.format(name).rpartition("Stay")[0] for name in ("Melvik", "Hallbach"))
    assert changes(left, right).subject is None


@pytest.mark.parametrize("fold", [str.upper, str.lower])
def test_where_capitals_mean_nothing_any_word_may_be_a_name(fold):
    assert changes(fold("One Marston ran home"), fold("One Osterby ran home")).has_unread
    assert not changes("One Marston ran home", "One Osterby ran home").has_unread


@pytest.mark.parametrize("fold", [str.upper, str.lower])
def test_where_capitals_mean_nothing_a_word_spelt_twice_is_no_other_name(fold):
    assert not changes(fold("The Government fell"), fold("The Goverment fell")).has_unread


def test_sentences_are_counted_without_menus():
    menu = "Home News Sport Weather Travel Letters Archive Contact Help\n"
    left = menu + "The mayor of the town spoke to the board about the old bridge."
    right = menu + "A baker in the north has won the prize for bread once more."
    one, other = Words(left), Words(right)
    sentences = Sentences.of(one, other, differing_stretches(one.tokens.hashes, other.tokens.hashes))
    assert sentences == Sentences(shared=2, only_left=11, only_right=11) or sentences.shared < 4


def test_without_sentences_nothing_differs_in_them():
    words = Words("Home News Sport Weather")
    assert Sentences.of(words, words, []) == Sentences(0, 0, 0)
