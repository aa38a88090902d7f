import pytest
from hypothesis import given
from text_strategies import any_text, articles, letters

from dedupe_news.text.normalize import RULES, normalize
from dedupe_news.text.spans import Draft, replaced


def normalized(text: str) -> str:
    draft = Draft(text)
    normalize(draft)
    return draft.text


def rules_of(text: str) -> list[str]:
    draft = Draft(text)
    normalize(draft)
    return [edit.rule for edit in draft.edits()]


@given(any_text())
def test_normalizing_twice_changes_nothing(text: str) -> None:
    once = normalized(text)
    assert normalized(once) == once


@given(any_text())
def test_changes_of_every_rule_are_in_order_and_real(text: str) -> None:
    for find in RULES.values():
        at = 0
        for start, end, after in find(text):
            assert at <= start <= end <= len(text)
            assert text[start:end] != after
            at = end


@given(any_text())
def test_the_draft_holds_what_its_edits_make(text: str) -> None:
    draft = Draft(text)
    normalize(draft)
    assert replaced(text, draft.replacements) == draft.text


@given(articles())
def test_an_article_in_clean_form_is_left_alone(text: str) -> None:
    assert normalized(text) == text


@given(articles())
def test_odd_spaces_and_widths_do_not_touch_the_letters(text: str) -> None:
    odd = text.replace(" ", "\xa0 ").replace("\n\n", " \r\n\t\r\n").replace(", ", "，\u200b ")
    assert letters(normalized(odd)) == letters(text)


@pytest.mark.parametrize(
    ("received", "clean"),
    [
        (
            "last month－the fastest pace in 19 months－while",
            "last month—the fastest pace in 19 months—while",
        ),
        ("the years 2010－2019", "the years 2010–2019"),
        ("COVID－19 rules", "COVID-19 rules"),
        ("call 555－12－34", "call 555-12-34"),
        ("a plan－$2 billion－that", "a plan—$2 billion—that"),
        ("he said -- and left", "he said — and left"),
        ("he said--and left", "he said—and left"),
        ("the end――or not", "the end—or not"),
    ],
)
def test_dashes_of_the_wrong_width_become_the_dash_that_is_meant(received: str, clean: str) -> None:
    assert normalized(received) == clean


@pytest.mark.parametrize(
    "text",
    [
        "国务院办公厅－－通知",
        "北京，上海；广州：“你好！”（完）",
        "価格は１２３円です。",
        "「ＡＩ」の時代",
        "서울（연합뉴스）",
        "他说——我不知道",
    ],
)
def test_marks_in_chinese_japanese_and_korean_runs_stay(text: str) -> None:
    assert normalized(text) == text


@pytest.mark.parametrize(
    ("received", "clean"),
    [
        ("in ２０１９ the ＥＵ", "in 2019 the EU"),
        ("Ｎｅｗ ｐｏｌｉｃｉｅｓ", "New policies"),
        ("well， he said", "well, he said"),
        ("the end．", "the end."),
    ],
)
def test_full_width_letters_and_marks_among_latin_words_become_narrow(received: str, clean: str) -> None:
    assert normalized(received) == clean


@pytest.mark.parametrize("space", ["\xa0", "\u2009", "\u202f", "\u3000", "\t", "\u2003"])
def test_no_break_spaces_become_spaces(space: str) -> None:
    assert normalized(f"10{space}000 people") == "10 000 people"


@pytest.mark.parametrize("line_break", ["\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"])
def test_every_line_break_becomes_one_kind(line_break: str) -> None:
    assert normalized(f"one{line_break}two") == "one\ntwo"


def test_many_empty_lines_become_one() -> None:
    assert normalized("one \n\n \n\n two") == "one\n\ntwo"


def test_white_space_at_both_ends_goes() -> None:
    assert normalized(" \n\tone\n ") == "one"


@pytest.mark.parametrize("mark", ["\u200b", "\xad", "\ufeff", "\u2060", "\u202a", "\x07", "\u200d"])
def test_invisible_marks_among_latin_letters_go(mark: str) -> None:
    assert normalized(f"govern{mark}ment") == "government"


@pytest.mark.parametrize(
    "text",
    [
        "می\u200cخواهم",
        "क्\u200dष",
        "👨\u200d👩\u200d👧\u200d👦",
        "❤\ufe0f",
        "🏳\ufe0f\u200d🌈",
        "🇩🇪",
        "👍🏽",
        "نص\u200f عربي",
        "לא\u200f",
        "ශ්\u200dරී",
    ],
)
def test_joiners_that_shape_letters_and_emoji_stay(text: str) -> None:
    assert normalized(text) == text


@pytest.mark.parametrize(
    ("received", "clean"),
    [
        ("donâ€™t", "don’t"),
        ("cafÃ©", "café"),
        ("â€œQuoteâ€\x9d", "“Quote”"),
        ("AT&amp;T", "AT&T"),
        ("&quot;Yes,&quot; he said", '"Yes," he said'),
        ("&amp;amp;amp;lt;b&amp;gt;", "<b>"),
        ("5&nbsp;000", "5 000"),
    ],
)
def test_letters_in_the_wrong_encoding_are_mended(received: str, clean: str) -> None:
    assert normalized(received) == clean


@pytest.mark.parametrize(
    "text",
    [
        "R&D and Q&A",
        "https://example.org/?a=1&copy=2",
        "[a link](https://example.org/?a=1&amp;b=2)",
        "São Paulo, Águeda, Łódź, Ærø",
        "ÂGE ET ÉTAT",
        "Ã is a letter",
        "co-operate, twenty-first, 2019-20",
        "-----",
        "a --- b",
    ],
)
def test_clean_text_is_left_alone(text: str) -> None:
    assert normalized(text) == text


def test_edits_name_their_rule() -> None:
    assert rules_of("month－the\xa0end\u200b of  it") == ["dash", "space", "invisible", "ragged_space"]


@pytest.mark.parametrize("piece", ["&", "&amp", "－", "Ã", "\u200c", " \n", "，", "\xa0", "--"])
def test_a_page_of_one_mark_finishes(piece: str) -> None:
    normalized(piece * (20_000 // len(piece)))
