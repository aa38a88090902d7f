"""The gate lets through whatever the words would find, and lets few articles through."""

import re
import string

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from text_strategies import DAMAGES, any_text, articles, paragraphs

from dedupe_news import CleanOptions
from dedupe_news.text import repeats
from dedupe_news.text.copies import find_hits
from dedupe_news.text.gate import find_suspects
from dedupe_news.text.normalize import normalize
from dedupe_news.text.page import TOKEN, find_tokens, fold, folded, windows
from dedupe_news.text.repeats import find_among_tokens, find_repeats
from dedupe_news.text.spans import Draft

patient = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
few = settings(patient, max_examples=25)

OPTIONS = CleanOptions()
LEAST = OPTIONS.min_repeat_words

STORY = (
    "The harbour of Kemwick will close for six weeks while divers repair the northern wall.\n\n"
    "Engineers found a crack as wide as a hand below the old lighthouse in March, and nobody "
    "knows how long it has been there, harbour master Ela Corgall said on Thursday.\n\n"
    "Ferries will leave from Polquin instead, and buses take passengers across the hill."
)
LONE_SENTENCES = {
    "English": "Nobody on the island had seen so many boats at the quay since the winter of the great storm.",
    "German": "Niemand auf der Insel hat seit dem Winter des Sturms so viele Boote am Kai gesehen, sagte er.",
    "Russian": "Никто на острове не видел столько лодок у причала с той зимы, когда над морем прошла буря.",
    "Greek": "Κανείς στο νησί δεν είχε δει τόσες βάρκες στο λιμάνι από τον χειμώνα της μεγάλης καταιγίδας.",
    "Arabic": "لم ير أحد في الجزيرة هذا العدد من القوارب عند الرصيف منذ شتاء العاصفة التي مرت فوق البحر.",
    "Hebrew": "איש באי לא ראה כל כך הרבה סירות ליד הרציף מאז החורף של הסערה הגדולה שעברה מעל הים.",
    "Hindi": "द्वीप पर किसी ने भी बड़े तूफान वाली सर्दी के बाद से घाट पर इतनी सारी नावें एक साथ नहीं देखी थीं।",
    "Chinese": "自从那场大风暴的冬天以来，岛上没有人在码头边见过这么多的渔船停在一起等待出海。",
    "Japanese": "あの大嵐の冬からこのかた、島の誰もが埠頭にこれほど多くの船が並ぶのを見たことがなかった。",
    "Korean": "큰 폭풍이 지나간 그 겨울 이후로 섬에 사는 누구도 부두에 이렇게 많은 배가 모인 것을 못 보았다.",
    "Thai": "นับตั้งแต่ฤดูหนาวที่มีพายุใหญ่ครั้งนั้นไม่มีใครบนเกาะเคยเห็นเรือมากมายขนาดนี้จอดอยู่ที่ท่าเรือ",
    "Vietnamese": "Kể từ mùa đông có cơn bão lớn ấy, không ai trên đảo từng thấy nhiều thuyền ở bến như thế.",
}


def mended(text: str) -> str:
    """Return `text` as the stage before hands it on."""
    draft = Draft(text)
    normalize(draft, OPTIONS)
    return draft.text


# --- what the gate lets through -------------------------------------------------------------


@few
@pytest.mark.parametrize("damage", DAMAGES)
@given(st.data())
def test_what_the_words_find_is_found_behind_the_gate(damage: str, data: st.DataObject) -> None:
    text = mended(data.draw(DAMAGES[damage](data.draw(articles()))).text)
    assert find_repeats(text, OPTIONS) == find_among_tokens(text, OPTIONS)


@few
@given(paragraphs(), st.data())
def test_paragraphs_in_any_order_any_number_of_times_pass(parts: list[str], data: st.DataObject) -> None:
    order = data.draw(st.lists(st.sampled_from(parts), min_size=3, max_size=12))
    text = "\n\n".join(order)
    assert find_repeats(text, OPTIONS) == find_among_tokens(text, OPTIONS)


@few
@pytest.mark.parametrize("damage", DAMAGES)
@given(st.data())
def test_a_page_is_made_of_all_that_has_something_to_remove(damage: str, data: st.DataObject) -> None:
    text = mended(data.draw(DAMAGES[damage](data.draw(articles()))).text)
    found = find_among_tokens(text, OPTIONS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repeats, "_is_worth_a_page", lambda *_: True)
        assert find_among_tokens(text, OPTIONS) == found


@pytest.mark.parametrize("language", LONE_SENTENCES)
@pytest.mark.parametrize("between", ["\n", "\n\n", " ", f" {STORY} ", f"\n\n{STORY}\n\n"])
def test_one_sentence_said_twice_passes_in_any_script(language: str, between: str) -> None:
    sentence = LONE_SENTENCES[language]
    text = f"{STORY}\n\n{sentence}{between}{sentence}"
    assert find_suspects(text, LEAST)
    assert find_repeats(text, OPTIONS) == find_among_tokens(text, OPTIONS) != []


@pytest.mark.parametrize("language", ["English", "German", "Russian", "Vietnamese"])
def test_a_copy_in_capitals_passes(language: str) -> None:
    sentence = LONE_SENTENCES[language]
    text = f"{sentence.upper()}\n\n{sentence}\n\n{STORY}"
    assert find_repeats(text, OPTIONS) == find_among_tokens(text, OPTIONS) != []


@pytest.mark.parametrize(
    ("mark", "other"), [("’", "'"), (" ", "  "), (" ", "\n"), (", ", " , "), (" – ", " - "), ("e", "é")]
)
def test_a_copy_with_other_marks_passes(mark: str, other: str) -> None:
    sentence = (
        "The mayor’s crew – nine men, two women – found that the harbour’s wall, old as it was, held firm."
    )
    copy = sentence.replace(mark, other, 2)
    for text in (f"{sentence}\n\n{copy}\n\n{STORY}", f"{copy}\n\n{STORY}\n\n{sentence}"):
        assert find_repeats(text, OPTIONS) == find_among_tokens(text, OPTIONS)


def test_copies_with_other_spaces_pass_where_spaces_are_not_mended() -> None:
    options = CleanOptions(skip={"space", "ragged_space"})
    text = STORY + "\n\n" + STORY.replace(" ", "\xa0")
    assert find_repeats(text, options) == find_among_tokens(text, options) != []


def test_text_without_capitals_marks_and_lines_passes() -> None:
    bare = " ".join(re.findall(r"\w+", STORY.lower()))
    assert find_suspects(f"{bare} {bare}", LEAST)
    without_anchors = re.sub("[jkqvxz]", "b", bare)
    assert find_suspects(without_anchors, LEAST) == without_anchors


def test_short_passages_pass_where_they_may_go() -> None:
    line = "Sea and sky met far out at dawn."
    options = CleanOptions(min_repeat_words=8)
    text = f"{STORY}\n\n{line}\n\n{STORY[::-1]}\n\n{line}"
    assert find_repeats(text, options) == find_among_tokens(text, options) != []


def test_a_menu_passes_whatever_stands_before_its_lines() -> None:
    items = [
        "Home",
        "World news",
        "Politics",
        "Business and money",
        "Health",
        "Books",
        "Travel",
        "Harbours",
    ] * 2
    menu = "\n".join(f"* {item}" for item in items)
    other = "\n".join(f"+ {item}" for item in items)
    text = f"{menu}\n{STORY}\n{other}"
    assert find_repeats(text, OPTIONS) == find_among_tokens(text, OPTIONS)


def test_lone_surrogates_pass() -> None:
    text = f"\ud800{STORY}\n\n{STORY}\udc00"
    assert find_repeats(text, OPTIONS) == find_among_tokens(text, OPTIONS) != []


# --- what it stops ---------------------------------------------------------------------------


def test_a_text_without_repeats_is_no_suspect() -> None:
    assert find_suspects(STORY, LEAST) == ""
    assert find_suspects("", LEAST) == ""


def test_a_name_said_again_is_no_suspect() -> None:
    name = "harbour master Ela Corgall of the Kemwick council"
    assert find_suspects(f"{STORY} He met {name}. {STORY[::-1]} Nobody, said {name}, was hurt.", LEAST) == ""


def test_of_a_long_text_only_the_places_that_are_alike_are_suspects() -> None:
    quote = "we have no idea when the boats will be back at sea this year"
    middle = "\n\n".join(STORY[::-1].translate(str.maketrans(string.ascii_lowercase, key)) for key in keys(8))
    text = f"He said {quote} but did not give up.\n\n{middle}\n\nShe said {quote} or so she had heard."
    suspects = find_suspects(text, LEAST)
    assert suspects.count(quote) == 2
    assert len(suspects) < len(text) / 2
    assert find_repeats(text, OPTIONS) == []


def keys(number: int) -> list[str]:
    """Return alphabets that begin at other letters: each makes another text of the same text."""
    letters = string.ascii_lowercase
    return [letters[shift:] + letters[:shift] for shift in range(1, number + 1)]


# --- tokens -----------------------------------------------------------------------------------


@patient
@given(st.one_of(any_text(), st.text(st.characters(max_codepoint=0xFF)), articles()))
@example("McDonald’s ﬁrst 10½ €5 BBCNews ÀÉs straße ªº×÷ µm Ǆ")
def test_tokens_are_the_same_whichever_way_they_are_found(text: str) -> None:
    assert find_tokens(text) == [match.span() for match in TOKEN.finditer(text)]


@given(st.lists(st.text(st.characters(categories=["L", "M", "N"]), min_size=1)))
def test_tokens_folded_together_are_the_same_as_one_by_one(tokens: list[str]) -> None:
    assert folded(tokens) == [fold(token) for token in tokens]


@patient
@given(st.lists(st.integers(0, 3), max_size=60))
def test_hits_tell_of_longer_repeats_what_all_windows_do(ids: list[int]) -> None:
    window = 5
    found = repeats.has_longer_repeat(ids, window, find_hits(ids, window))
    assert found == repeats.has_repeat(ids, window + 3)


@given(st.lists(st.integers(0, 3), max_size=30), st.sampled_from([0, 0x10FFFF - 3, 0x10FFFF - 1]))
def test_windows_are_equal_where_the_words_are(ids: list[int], first: int) -> None:
    ids = [first + number for number in ids]
    found = list(windows(ids, 3))
    assert len(found) == max(len(ids) - 2, 0)
    assert all(
        (one == two) == (ids[i : i + 3] == ids[j : j + 3])
        for i, one in enumerate(found)
        for j, two in enumerate(found)
    )
