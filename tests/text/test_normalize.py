import sys
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from text_strategies import any_text, articles, letters

from dedupe_news import CleanOptions
from dedupe_news.errors import OptionError
from dedupe_news.options import CLEAN_RULES
from dedupe_news.text.normalize import RULES, concerned_rules, normalize
from dedupe_news.text.spans import Draft, replaced

AS_USUAL = CleanOptions()


def draft_of(text: str, options: CleanOptions = AS_USUAL) -> Draft:
    draft = Draft(text, frozenset(options.skip))
    normalize(draft, options)
    return draft


def normalized(text: str, options: CleanOptions = AS_USUAL) -> str:
    return draft_of(text, options).text


def rules_of(text: str) -> list[str]:
    return [edit.rule for edit in draft_of(text).edits()]


def changes(rule: str, text: str, options: CleanOptions = AS_USUAL) -> list[tuple[int, int, str]]:
    extra = (getattr(options, RULES[rule].option),) if RULES[rule].option else ()
    return list(RULES[rule].find(text, *extra))


# --- laws ----------------------------------------------------------------------------------

# Pieces that only these rules look for, among those that every stage looks for.
_PIECES = [
    "develop-\nment", "well-\nknown", "Haupt-\nund", "fer\xad\nry", "\u2010\n", "- \n",
    "ｶﾞ", "ﾟ", "｡", "＆", "；",
    "ａｍｐ；", "。", "￥", "（", "\x93", "\x85", "\x19", "\x13",
    "â€\"", "Ã1⁄4", "Å¾", "Ä±", "РџСЂРёРІ", "Ă©", "\ufffd",
    "&#146;", "&#38;", "&num;", "&am&#112;;", "&#xFF06;",
    "3－1", "010－", "－the", "COVID－19", "－－", "――", " -- ",
    "\u2066", "\u2069", "\u061c", "\u034f", "\ufe0e", "‘", "„", "\x1c", "\x1d", "\ufff9", "\u2060",
]  # fmt: skip


def odd_text() -> st.SearchStrategy[str]:
    pieces = st.lists(st.one_of(st.sampled_from(_PIECES), any_text()), max_size=8).map("".join)
    return st.one_of(any_text(), pieces)


def any_options() -> st.SearchStrategy[CleanOptions]:
    return st.builds(
        CleanOptions,
        skip=st.one_of(st.just(frozenset()), st.frozensets(st.sampled_from(list(RULES)), max_size=3)),
        dash=st.sampled_from(["em", "spaced_en"]),
        quotes=st.sampled_from(["keep", "straight"]),
    )


@given(odd_text(), any_options())
def test_normalizing_twice_changes_nothing(text: str, options: CleanOptions) -> None:
    once = normalized(text, options)
    assert normalized(once, options) == once


@given(odd_text())
def test_changes_of_every_rule_are_in_order_and_real(text: str) -> None:
    for name in RULES:
        at = 0
        for start, end, after in changes(name, text):
            assert at <= start <= end <= len(text)
            assert text[start:end] != after
            at = end


@given(odd_text(), any_options())
def test_a_rule_that_is_not_concerned_finds_nothing(text: str, options: CleanOptions) -> None:
    for name in set(RULES) - concerned_rules(text, options) - set(options.skip):
        assert changes(name, text, options) == [], name


@given(odd_text(), any_options())
def test_the_draft_holds_what_its_edits_make(text: str, options: CleanOptions) -> None:
    draft = draft_of(text, options)
    assert replaced(text, draft.replacements) == draft.text
    back = [(e.start, e.end, e.before) for e in draft.edits()]
    assert all(text[start:end] == before for start, end, before in back)


@given(odd_text(), st.sampled_from(list(RULES)))
def test_a_skipped_rule_makes_no_edit(text: str, name: str) -> None:
    draft = draft_of(text, CleanOptions(skip={name}))
    assert all(edit.rule != name for edit in draft.edits())


@given(articles())
def test_an_article_in_clean_form_is_left_alone(text: str) -> None:
    assert concerned_rules(text, AS_USUAL) == set()
    assert normalized(text) == text


@given(articles())
def test_odd_spaces_and_widths_do_not_touch_the_letters(text: str) -> None:
    odd = text.replace(" ", "\xa0 ").replace("\n\n", " \r\n\t\r\n").replace(", ", "，\u200b ")
    assert letters(normalized(odd)) == letters(text)


# What these rules do is to take one text for another; all the others keep every letter and digit.
_READERS = {"entity", "mojibake", "control"}


@given(odd_text())
def test_no_letter_and_no_digit_is_lost(text: str) -> None:
    after = normalized(text, CleanOptions(skip=_READERS))
    assert _letters(after) == _letters(text)


def _letters(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text)
    return "".join(char for char in folded if char.isalnum())


@given(st.text(st.characters(categories=["L", "M", "Nd", "Zs"]), max_size=40))
def test_words_in_any_alphabet_keep_their_letters(text: str) -> None:
    assert _letters(normalized(text, CleanOptions(skip={"mojibake"}))) == _letters(text)


# --- the table of rules --------------------------------------------------------------------


def test_every_rule_can_be_skipped_by_its_name() -> None:
    assert list(RULES) == [name for name in CLEAN_RULES if name in RULES]


@pytest.mark.parametrize("name", RULES)
def test_every_rule_tells_its_reason_its_limits_and_an_example(name: str) -> None:
    words = RULES[name].find.__doc__ or ""
    assert "Limits:" in words
    assert ">>>" in words


@pytest.mark.parametrize("name", RULES)
def test_every_rule_has_an_article_that_it_mends_and_one_without_it(name: str) -> None:
    before, after = EXAMPLES[name]
    options = CleanOptions(quotes="straight") if name == "quote" else AS_USUAL
    draft = draft_of(before, options)
    assert draft.text == after
    assert {edit.rule for edit in draft.edits()} == {name}
    skipped = CleanOptions(skip={name}, quotes=options.quotes)
    assert name not in {edit.rule for edit in draft_of(before, skipped).edits()}


EXAMPLES = {
    "entity": ("Corgall &amp;amp; Sons caf&eacute;", "Corgall & Sons café"),
    "mojibake": ("the cafÃ© â€“ closed", "the café – closed"),
    "control": ("\x93It\x92s late\x94", "“It’s late”"),
    "line_break": ("one\r\ntwo", "one\ntwo"),
    "hyphenation": ("the develop-\nment", "the development"),
    "invisible": ("the har\xadbour\u200b", "the harbour"),
    "joiner": ("the har\u200cbour", "the harbour"),
    "bidi": ("\u200ecall \u202a555\u202c", "call 555"),
    "space": ("10\u202f000 people", "10 000 people"),
    "kana": ("ｶﾞｲﾄﾞの話", "ガイドの話"),
    "full_width": ("in ２０２０， he said", "in 2020, he said"),
    "ragged_space": (" one  two \n", "one two"),
    "dash": ("last month－the fastest", "last month—the fastest"),
    "quote": ("“It’s late”", '"It\'s late"'),
}


@pytest.mark.parametrize("option", [{"dash": "en"}, {"quotes": "curly"}, {"skip": {"dashes"}}])
def test_an_option_that_is_not_known_says_which_are(option: dict[str, object]) -> None:
    with pytest.raises(OptionError, match=r"em, spaced_en|keep, straight|known are"):
        CleanOptions(**option)  # type: ignore[arg-type]


def test_edits_name_their_rule() -> None:
    assert rules_of("month－the\xa0end\u200b of  it") == ["dash", "space", "invisible", "ragged_space"]


# --- dashes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received", "clean"),
    [
        (
            "last month－the fastest pace in 19 months－while",
            "last month—the fastest pace in 19 months—while",
        ),
        ("a plan－$2 billion－that", "a plan—$2 billion—that"),
        ("he said -- and left", "he said — and left"),
        ("he said--and left", "he said—and left"),
        ('"No"--he left', '"No"—he left'),
        ("it ended.--Next", "it ended.—Next"),
        ("PORT MARN, Nov. 9 (Agency) -- The ferry", "PORT MARN, Nov. 9 (Agency) — The ferry"),
        ("the end――or not", "the end—or not"),
        ("the end ― or not", "the end — or not"),
        ("the end－－or not", "the end—or not"),
        ("the end——or not", "the end—or not"),
        ("the end --\nor not", "the end —\nor not"),
        ("he said－Marnhold's plan", "he said—Marnhold's plan"),
        ("the economy－led by exports－grew", "the economy—led by exports—grew"),
        ("in the year－2020 was one", "in the year—2020 was one"),
        ("rose in May－12 percent", "rose in May—12 percent"),
        ('"Yes"－he said', '"Yes"—he said'),
        ("― Non, dit-elle", "— Non, dit-elle"),
    ],
)
def test_between_words_an_em_dash_is_set(received: str, clean: str) -> None:
    assert normalized(received) == clean


@pytest.mark.parametrize(
    ("received", "clean"),
    [
        ("the years 2010－2019", "the years 2010–2019"),
        ("the 2019－20 season", "the 2019–20 season"),
        ("10－12 percent", "10–12 percent"),
        ("5%－10% more", "5%–10% more"),
        ("$5－$10 each", "$5–$10 each"),
        ("19:30－21:00", "19:30–21:00"),
        ("22:00－06:00", "22:00–06:00"),
        ("1,200－1,500 people", "1,200–1,500 people"),
        ("10.5－12.5 metres", "10.5–12.5 metres"),
        ("10 － 12 people", "10 – 12 people"),
        ("pages 10--12", "pages 10–12"),
        ("from 1990 -- 1995", "from 1990 – 1995"),
    ],
)
def test_between_numbers_an_en_dash_is_set(received: str, clean: str) -> None:
    assert normalized(received) == clean


@pytest.mark.parametrize(
    ("received", "clean"),
    [
        ("call 555－12－34", "call 555-12-34"),
        ("call 010－65551234", "call 010-65551234"),
        ("+86－10－6555－1234", "+86-10-6555-1234"),
        ("phone 555－1234", "phone 555-1234"),
        ("on 2020－11－09", "on 2020-11-09"),
        ("a 3－1 win", "a 3-1 win"),
        ("they lost 1－3 at home", "they lost 1-3 at home"),
        ("drew 2－2", "drew 2-2"),
        ("by 217－210", "by 217-210"),
        ("a Boeing 737－800", "a Boeing 737-800"),
        ("COVID－19 rules", "COVID-19 rules"),
        ("an F－16 and a G－20", "an F-16 and a G-20"),
        ("mid－2019", "mid-2019"),
        ("a 5－year plan", "a 5-year plan"),
        ("the 19－year－old boy", "the 19-year-old boy"),
        ("a 3－D film", "a 3-D film"),
        ("a state－run firm", "a state-run firm"),
        ("the Marnhold－based group", "the Marnhold-based group"),
        ("her mother－in－law", "her mother-in-law"),
        ("state－of－the－art", "state-of-the-art"),
        ("an A－level in a T－shirt", "an A-level in a T-shirt"),
        ("e－commerce", "e-commerce"),
        ("Sino－Polquin ties", "Sino-Polquin ties"),
        ("well－known", "well-known"),
        ("twenty－first", "twenty-first"),
        ("temperatures of －5 C", "temperatures of -5 C"),
    ],
)
def test_in_numbers_dates_scores_and_compounds_the_hyphen_is_set(received: str, clean: str) -> None:
    assert normalized(received) == clean


@pytest.mark.parametrize(
    "text",
    [
        "国务院办公厅－－通知",
        "北京－上海",
        "他说——我不知道",
        "（水）13：00－16：40（受付",
        "“green finance.” ——2022年11月",
        "Jean－Paul came",  # a double name, or a dash before a name
        "a－4",
        "-----",
        "－－－－－",
        "a --- b",
        "a ——— b",
        "x --> y <!-- z -->",
        "use git log --oneline",
        "-- a list mark",
        "－ a list mark",
        "-- Advertisement --\n\nIt is",
        "Name\n--\nEla Corgall",
        "https://example.org/news--in--brief",
        "3.5 -- 4.1",
        "the minus sign −5",
        "a – b — c",
        "co-operate, twenty-first, 2019-20",
    ],
)
def test_dashes_that_are_right_or_not_sure_are_left(text: str) -> None:
    assert normalized(text) == text


@pytest.mark.parametrize(
    ("received", "clean"),
    [
        ("last month－the fastest", "last month – the fastest"),
        ("he said -- and left", "he said – and left"),
        ("he said--and left", "he said – and left"),
        ("the month －the pace", "the month – the pace"),
        ("― Non, dit-elle", "– Non, dit-elle"),
        ("10－12 people", "10–12 people"),
        ("a dash — as it was", "a dash — as it was"),
    ],
)
def test_a_spaced_en_dash_can_be_had_for_an_em_dash(received: str, clean: str) -> None:
    assert normalized(received, CleanOptions(dash="spaced_en")) == clean


# --- hyphenation ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received", "clean"),
    [
        ("the develop-\nment of it", "the development of it"),
        ("the develop-\r\nment of it", "the development of it"),
        ("the fer\xad\nry left", "the ferry left"),
        ("a re-\nport; the report", "a report; the report"),
        ("a well-\nknown town", "a well-known town"),
        ("an oil-\nrich and oil-rich land", "an oil-rich and oil-rich land"),
        ("the state-\nowned firm", "the state-owned firm"),
        ("die Entwick-\nlung; die Entwicklung", "die Entwicklung; die Entwicklung"),
        ("la situa-\nción del puerto", "la situación del puerto"),
    ],
)
def test_a_word_hyphenated_at_the_line_end_is_joined(received: str, clean: str) -> None:
    assert normalized(received) == clean


@pytest.mark.parametrize(
    "text",
    [
        "Haupt-\nund Nebenstrecken",
        "over-\nor under-used",
        "the mis-\nled men",
        "from Marnhold-\nPolquin",
        "1990-\nund später",
        "an anti-\nbody test",
        "* one-\n\n* two",
    ],
)
def test_a_hyphen_at_the_line_end_of_which_nothing_is_sure_is_left(text: str) -> None:
    assert normalized(text) == text


# --- width ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "国务院办公厅－－通知",
        "北京，上海；广州：“你好！”（完）",
        "価格は１２３円です。",
        "「ＡＩ」の時代",
        "２０２０年",
        "서울（연합뉴스）",
        "他说：OK！",
        "ＮＨＫは、ＡＢＣ（１）を",
        "(´･ω･`) ﾟДﾟ",
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
        ("well，he said", "well, he said"),
        ("1，000 in 2019，2020", "1,000 in 2019, 2020"),
        ("the end．", "the end."),
        ("the end。 Then", "the end. Then"),
        ("Corgall（left）said：“no”", "Corgall (left) said: “no”"),
        ("R＆D for ￥100", "R&D for ¥100"),
    ],
)
def test_full_width_letters_and_marks_among_latin_words_become_narrow(received: str, clean: str) -> None:
    assert normalized(received) == clean


@pytest.mark.parametrize(
    ("received", "clean"),
    [("ﾃﾚﾋﾞ", "テレビ"), ("ｶﾞｲﾄﾞ｡", "ガイド。"), ("ﾊﾟﾝ･ｱﾒﾘｶﾝ", "パン・アメリカン"), ("｢駅｣で", "「駅」で")],
)
def test_half_width_kana_become_full(received: str, clean: str) -> None:
    assert normalized(received) == clean


# --- spaces and marks that nobody sees -----------------------------------------------------


@pytest.mark.parametrize("space", ["\xa0", "\u2009", "\u202f", "\u3000", "\t", "\u2003"])
def test_no_break_spaces_become_spaces(space: str) -> None:
    assert normalized(f"10{space}000 people") == "10 000 people"


@pytest.mark.parametrize("line_break", ["\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\r\r\n"])
def test_every_line_break_becomes_one_kind(line_break: str) -> None:
    assert normalized(f"one{line_break}two") == "one\ntwo"


def test_many_empty_lines_become_one() -> None:
    assert normalized("one \n\n \n\n two") == "one\n\ntwo"


def test_white_space_at_both_ends_goes() -> None:
    assert normalized(" \n\tone\n ") == "one"


def test_a_japanese_paragraph_loses_the_wide_space_before_it() -> None:
    assert normalized("\u3000港は静かだ。\n\n\u3000船が来た。") == "港は静かだ。\n\n船が来た。"


@pytest.mark.parametrize("mark", ["\u200b", "\xad", "\ufeff", "\u2060", "\u202a", "\x07", "\u200d", "\u200e"])
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
        "1\ufe0f\u20e3",
        "🇩🇪",
        "👍🏽",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "نص\u200f عربي",
        "לא\u200f",
        "\u202bשלום 555-12\u202c",
        "ශ්\u200dරී",
        "ภาษา\u200bไทย",
        "ខ្មែរ\u200bភាសា",
    ],
)
def test_joiners_that_shape_letters_and_emoji_stay(text: str) -> None:
    assert normalized(text) == text


def test_direction_marks_go_from_a_latin_line_of_an_arabic_text() -> None:
    assert normalized("نص\u200f عربي\n\n\u200eTel. 555") == "نص\u200f عربي\n\nTel. 555"


def test_quotes_are_made_straight_only_when_asked() -> None:
    text = "“It’s ‘fine’,” „sagte“ sie. «Oui»"
    assert normalized(text) == text
    assert normalized(text, CleanOptions(quotes="straight")) == '"It\'s \'fine\'," "sagte" sie. «Oui»'


# --- encoding ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received", "clean"),
    [
        ("donâ€™t", "don’t"),
        ("cafÃ©", "café"),
        ("â€œQuoteâ€\x9d", "“Quote”"),
        ("â€œQuoteâ€\ufffd", "“Quote”"),
        ('late â€" very', "late — very"),
        ("voilÃ  le travail", "voilà le travail"),
        ("ÃƒÂ©tÃƒÂ©", "été"),  # damaged twice
        ("an Ã©tude, an étude", "an étude, an étude"),  # damaged in part
        ("mÃ1⁄4de", "müde"),  # and taken apart by a normal form of Unicode
        ("РџСЂРёРІРµС‚", "Привет"),
        ("Ĺ™Ă­zenĂ­", "řízení"),
        ("ðŸ˜€ ok", "😀 ok"),
        ("AT&amp;T", "AT&T"),
        ("&quot;Yes,&quot; he said", '"Yes," he said'),
        ("&amp;amp;amp;lt;b&amp;gt;", "<b>"),
        ("5&nbsp;000", "5 000"),
        ("it&#146;s &#x201C;late&#8221;", "it’s “late”"),
        ("CAF&EACUTE;", "CAFÉ"),
        ("\x93sim\x94, disse", "“sim”, disse"),
        ("\x8023 million", "€23 million"),
        ("and so\x85 on", "and so… on"),
        ("the town\x19s 1990\x131995", "the town’s 1990–1995"),
        ("R&amp;D: [a](https://example.org/?a=1&amp;b=2)", "R&D: [a](https://example.org/?a=1&amp;b=2)"),
    ],
)
def test_letters_in_the_wrong_encoding_are_mended(received: str, clean: str) -> None:
    assert normalized(received) == clean


def test_every_damaged_spot_has_an_edit_of_its_own() -> None:
    edits = draft_of("The cafÃ© isnâ€™t old, said Ana\xa0BrÃ¡z.").edits()
    assert [(edit.before, edit.after) for edit in edits if edit.rule == "mojibake"] == [
        ("Ã©", "é"),
        ("â€™", "’"),
        ("Ã¡", "á"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "R&D and Q&A; AT&T; a&b;",
        "https://example.org/?a=1&copy=2",
        "https://example.org/?a=1&amp;b=2",
        "[a link](https://example.org/?a=1&amp;b=2)",
        "São Paulo, Águeda, Łódź, Ærø",
        "ÂGE ET ÉTAT",
        "Ã is a letter",
        "sûrement, NOËL, «É»: „Gruß“ – CAFÉ”",
        "Її сім'я; Сім'я Ґудзів",
        "La Ñ, el AÑO, l’été",
        "ﬁne ﬂour",  # ligatures are no damage of encoding
        "&#0; &#xD800; &unknown;",
        "½ and 1⁄4",
    ],
)
def test_clean_text_is_left_alone(text: str) -> None:
    assert normalized(text) == text


def test_ftfy_is_loaded_for_damaged_text_only() -> None:
    import subprocess

    code = (
        "import sys; from dedupe_news import clean; "
        "clean('“It’s late,” said Zoë Åberg – the café’s owner, émigré” and all. £5…'); "
        "assert 'ftfy' not in sys.modules; clean('cafÃ©'); assert 'ftfy' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent)


# --- time ----------------------------------------------------------------------------------

_HOSTILE = [
    "&", "&amp", "&amp;", "&#38;", "a=&amp;", "－", "a－1", "3－1－", "Ã", "Ã©", "É”",
    "é’”", "\x93Ä\x9e", "РџС",
    "\u200c", "\u200e", "\u200fא", " \n", "，", "a，中", "aaaa，",
    "\xa0", "--", "a--b ", "-\n", "a-\nb ", "- \n",
    "\u2010\n", "\t", "\xad\n", "ﾞ", "ｶﾞ", "\ufe0f", "\x85", "\x19", "⁄", "Ã1⁄4", '€"', "[](", "“",
]  # fmt: skip


@pytest.mark.parametrize("piece", _HOSTILE)
def test_time_grows_with_length_and_no_faster(piece: str) -> None:
    def seconds(size: int) -> float:
        text = "a" + piece * (size // len(piece)) + "b"
        began = time.process_time()
        normalize(Draft(text), CleanOptions(quotes="straight"))
        return time.process_time() - began

    seconds(1_000)  # what is loaded once is loaded now
    short = min(seconds(10_000) for _ in range(2))
    long = min(seconds(80_000) for _ in range(2))
    assert long < 24 * short + 0.1  # eight times as long; quadratic would be sixty-four
