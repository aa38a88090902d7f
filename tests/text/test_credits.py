import pytest

from dedupe_news.text import credits
from dedupe_news.text.credits import by_word_end, credit_end, is_credit

BODIES = ("The council voted on Monday.", "Der Rat hat abgestimmt.", "“It is late,” the mayor said.")

# With a by-word.
NAMED = [
    "By Ela Corgall", "by Ela Corgall", "BY ELA CORGALL", "By: Ela Corgall", "By ELA CORGALL",
    "By Ela Corgall and Osric Dane", "By Ela Corgall, Osric Dane and Mina Haldair",
    "By Ela Corgall and Osric Dane, Staff Writers", "By Ela Corgall in Kemwick", "By Staff Reporter",
    "By Ela Corgall, Kemwick Correspondent", "By Ela Corgall | Kemwick Daily", "By Ela Corgall / Reuters",
    "By E. L. Corgall", "By E.L. Corgall", "By Ela B. Corgall", "By Ela Corgall Jr.", "By Ela Corgall, PhD",
    "By Ela Corgall-Dane", "By Ela O'Corgall", "By Ela McCorgall", "By Ludwig van der Corgall",
    "By Ela de la Corgall", "By Omar bin Corgall", "By Élodie Çorgäll", "By Reuters", "By AFP",
    "By kemwickdaily.com", "By Associated Press", "Written by Ela Corgall", "Posted by Ela Corgall",
    "Von Ela Corgall", "Von Ela Corgall und Osric Dane", "VON ELA CORGALL", "von Ela Corgall",
    "Ein Gastbeitrag von Ela Corgall", "Von Ela Corgall, dpa", "Por Ela Corgall", "POR ELA CORGALL",
    "Por Ela Corgall y Osric Dane", "Escrito por Ela Corgall", "Par Ela Corgall",
    "Par Ela Corgall et Osric Dane",
    "Di Ela Corgall", "A cura di Ela Corgall", "Door Ela Corgall", "Av Ela Corgall", "Af Ela Corgall",
    "Oleh Ela Corgall", "Nga Ela Corgall", "Autor: Ela Corgall", "Text: Ela Corgall", "Автор: Эла Коргалл",
    "Текст: Эла Коргалл", "Συντάκτης: Έλα Κόργκαλ",
]  # fmt: skip
# Without one.
BARE = [
    "Ela Corgall", "ELA CORGALL", "Ela Corgall and Osric Dane", "Ela Corgall, Osric Dane", "Ela B. Corgall",
    "E. L. Corgall", "Ela van der Corgall", "Ela Corgall Jr.", "Ela Corgall-Dane", "Élodie Çorgäll",
    "Эла Коргалл", "Έλα Κόργκαλ", "Ela Corgall | Reuters", "Ela Corgall |  Reuters", "Ela Corgall/Reuters",
    "Ela Corgall, dpa", "ELA CORGALL/KEMWICK DAILY", "Ela Corgall • Kemwick Daily",
    "Ela Corgall und Osric Dane",
    "Ela Corgall y Osric Dane", "Ela Corgall et Osric Dane", "Ela Corgall, kemwickdaily.com",
    "Ela Corgall, Staff Writer",
]  # fmt: skip
CJK = [
    "文/李明", "图文：李明 王芳", "撰文：李明", "记者 李明", "本报记者 李明", "新华社记者李明", "李明 记者",
    "山田太郎 記者", "山田太郎記者", "山田 太郎",
    "김철수 기자", "김철수 기자 kim@example.com", "김철수 특파원",
]  # fmt: skip
NO_CREDITS = [
    # sentences that begin as by-words do
    "By the time it ended nobody was left", "By noon the hall was empty.", "Von hier an geht es bergab",
    "Von der Insel ans Festland", "Por fin llega la lluvia", "Par ici la sortie", "Di nuovo in strada",
    "By 2030 all will be done", "Byzantine art", "Haus der Kunst", "Tag der Arbeit", "Portugal wins",
    "Avalanche in Kemwick",
    # headings and headlines
    "Storm hits coast", "The Harbour Wall", "Read More", "Related Topics", "Share This", "Photo Gallery",
    "New Bridge Opens", "Why We Wait", "What Happens Next?", "Die Neue Mitte", "Der Hafen",
    # sentences
    "Ela Corgall said nothing.", "The council of Kemwick voted on Monday.", "Ela Corgall left",
    "“Ela Corgall”", '"By Ela Corgall\'s own account nothing happened," the clerk said.',
    "Kemwick", "1,200 people", "12", "!", "", " ", "By", "By \n Ela Corgall", "Ela\nCorgall",
    "市议会星期一投票，重建港口的北墙。", "시의회는 월요일에 투표했다.", "会議は月曜日に始まった。",
]  # fmt: skip


@pytest.mark.parametrize("line", NAMED + BARE + CJK)
def test_a_line_that_names_the_writer_is_a_credit(line: str) -> None:
    assert is_credit(line)
    assert is_credit(f"  {line} ")


@pytest.mark.parametrize("line", NO_CREDITS)
def test_other_lines_are_no_credits(line: str) -> None:
    assert not is_credit(line)


@pytest.mark.parametrize("line", ["KEMWICK DAILY", "Reuters", "dpa", "AFP", "kemwickdaily.com", "@corgall"])
def test_a_source_alone_is_a_credit_where_it_ends_a_head(line: str) -> None:
    assert is_credit(line, is_glued=True)


@pytest.mark.parametrize("line", NAMED)
def test_a_by_word_ends_before_the_name(line: str) -> None:
    at = by_word_end(line)
    assert at > 0
    assert line[at].isalpha()
    assert not line[at - 1].isalpha()


@pytest.mark.parametrize("line", ["Byzantine art", "Vonseiten", "Portugal", "Avenue", "", "B", "Division"])
def test_a_word_that_begins_with_a_by_word_holds_none(line: str) -> None:
    assert by_word_end(line) == 0


@pytest.mark.parametrize("line", [*NAMED, *BARE])
@pytest.mark.parametrize("date", [" | 3 May 2021", ", 03.05.2021, 10:15 Uhr", " - May 3, 2021", "2021-05-03"])
def test_a_credit_goes_on_to_the_end_of_the_date_behind_it(line: str, date: str) -> None:
    text = line + date
    if text[len(line)].isdigit():  # nothing between: the date is found by the next look
        assert credit_end(text, 0, len(text)) in (len(line), len(text))
    else:
        assert credit_end(text, 0, len(text)) == len(text)


@pytest.mark.parametrize("line", [line for line in NAMED if line[-1].islower() and not line.endswith(".com")])
@pytest.mark.parametrize("body", BODIES)
def test_a_credit_ends_where_the_body_is_glued_to_it(line: str, body: str) -> None:
    assert credit_end(line + body, 0, len(line + body)) == len(line)


@pytest.mark.parametrize(
    "text",
    [
        "By the time it ended nobody was left.", "Storm hits coast", "The council voted.",
        "Ela Corgall said so.",
        "“By Ela Corgall”", "von der Insel kam nichts", "2021 was late", "", "Ela",
    ],
)  # fmt: skip
def test_no_credit_ends_where_none_begins(text: str) -> None:
    assert credit_end(text, 0, len(text)) == 0


def test_a_handle_may_be_glued_to_a_name() -> None:
    assert is_credit("By Ela Corgall@elacorgall")
    assert is_credit("By Ela Corgall ela@example.com")


def test_a_certain_credit_has_a_by_word_or_a_date() -> None:
    for text, is_certain in (
        ("Ela Corgall", False),
        ("By Ela Corgall", True),
        ("Ela Corgall | 3 May 2021", True),
        ("Ela Corgall3 May 2021", True),
    ):
        assert (credit_end(text, 0, len(text), is_certain=True) > 0) == is_certain


def test_a_page_of_names_is_no_credit() -> None:
    assert not is_credit(", ".join(["Ela Corgall"] * 60))


def test_no_by_word_is_missed_by_the_look_at_its_first_letters() -> None:
    firsts = {start[0] for start in credits._BY_STARTS}
    seconds = {start[1] for start in credits._BY_STARTS} | set(map(chr, range(0x600)))
    begun = {a + b for a in firsts for b in seconds if credits._BY_WORD.match(a + b, partial=True)}
    assert begun == credits._BY_STARTS
