import re
from itertools import pairwise
from time import process_time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from text_strategies import any_text, articles

import dedupe_news
from dedupe_news import CleanArticle
from dedupe_news.text.glance import rare_chars
from dedupe_news.text.glued import SEAM, find_glued
from dedupe_news.text.paragraphs import find_wrapped_lines, part_paragraphs, unwrap
from dedupe_news.text.run_ons import find_run_ons
from dedupe_news.text.spans import Draft

patient = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

PROSE = "The council of Kemwick voted on Monday to rebuild the northern wall of the harbour before winter."
MORE = "Work will begin in a fortnight and last for about six weeks, the harbour master told reporters."


def parted(line: str) -> list[str]:
    cuts = [0, *find_run_ons(line), len(line)]
    return [line[start:end] for start, end in pairwise(cuts)]


def parts_of(document: CleanArticle) -> list[str]:
    """Return the fields in order; a first paragraph that asks or calls may be taken for a title."""
    fields = (document.title, document.byline, document.standfirst, *document.paragraphs)
    return [field for field in fields if field is not None]


# --- laws ----------------------------------------------------------------------------------

_AROUND_SEAMS = st.text(
    st.sampled_from("abZ09 .!?…:,;\"'“”’»«„([¿)-–—•=@/\\{\nßéÉԱж։你\U0001f600\ud800\xa0\t")
)


@given(st.one_of(any_text(), _AROUND_SEAMS))
def test_seams_are_the_same_whichever_way_they_are_found(text: str) -> None:
    found = [at for at in find_glued(text, rare_chars(text)) if SEAM.match(text, at)]
    assert found == [match.start() for match in SEAM.finditer(text)]


@given(any_text())
def test_parting_run_ons_keeps_every_letter(text: str) -> None:
    draft = Draft(text)
    part_paragraphs(draft)
    assert [char for char in draft.text if not char.isspace()] == [
        char for char in text if not char.isspace()
    ]


@patient
@given(articles(bare=True), st.data())
def test_two_glued_paragraphs_are_parted_where_a_sentence_ends(text: str, data: st.DataObject) -> None:
    parts = text.split("\n\n")
    at = data.draw(st.integers(1, len(parts) - 1))
    # An initial or a one-letter word before the full stop may be an abbreviation.
    if parts[at - 1].endswith(".") and not re.search(r"\b\w\.\Z", parts[at - 1]):
        glued = "\n\n".join(parts[:at]) + "\n\n".join(parts[at:])
        assert parts_of(dedupe_news.clean(glued)) == parts


# --- run-ons -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "parts",
    [
        # full stops, question marks, dots
        ['"… in the near future," Tu said.', "New policies"],
        ["within the next fortnight.", "Malcolm Hay, 60"],
        ["Who was it?", "Nobody knows."],
        ["Das war alles.", "Über den Rest"],
        ["Это всё.", "Новые меры"],
        ["in 2019.", "The year"],
        ["cost £17.96m.", "For comparison"],
        ["they waited...", "Nobody came"],
        ["they waited…", "Nobody came"],
        ["What?!", "Nobody knows."],
        ["It was over.", "I went home."],
        ["Vraiment ?", "Le ministre se tait."],
        # quotation marks
        ["he said.", "“We will see.”"],
        ["“We will see.”", "He left."],
        ["“We will see”.", "He left."],
        ["“We will see.”", "“So will we.”"],
        ["he said.", '"We will see," she said.'],
        ['"We will see."', "He left."],
        ['"We will see."', '"So will we."'],
        ['a so-called "wall".', "He left."],
        ['She said: "We will see.', '"So will they," she said.'],
        ["'We will see.'", "He didn't leave."],
        ["The dogs' home isn't far.", "'We will see,' she said."],
        ["Er sagte: „Nein.“", "Das war alles."],
        ["Das war alles.", "„Nein“, sagte er."],
        ["„Er sagt ‚Nein.‘“", "Das war alles."],
        ["Er sagte: »Nein.«", "»Doch«, sagte sie."],
        ["Il s’est tu.", "« Non », dit-elle."],
        ["Он сказал: «Нет».", "«Да», — сказала она."],
        ["Hon sade: ”Nej.”", "”Jo”, sade han."],
        # brackets, dashes, bullets, figures
        ["Fares rose (by 5 per cent).", "The town protested."],
        ["Fares rose. (Nobody noticed.)", "The town protested."],
        ["Fares rose (by 5 per cent)", "The town protested."],
        ["Han reiste.", "– Det er nok, sier hun."],
        ["Three wishes came.", "• A wall."],
        ["Hun ventet litt og sa:", "– Det er nok."],
        ["Here is what the town wants the board to look for:", "The wall, the ferries, the bill."],
        ["— Пора,— сказала мэр.— Идём.", "Все молчали.", "— Куда?— спросил шкипер."],
        ["The line was closed.", "2013 was the last year."],
        ["The line was closed.", "2. Try the ferry."],
        ["The line was closed.", "25 people still come."],
        # abbreviations that end a sentence, too
        ["the rest goes to the U.S.", "The town knows."],
        ["the rest goes to the UK.", "Nobody knows."],
        ["It belongs to Orlan Inc.", "The town knows."],
        ["boats, nets, etc.", "They are old."],
        ["at 9 p.m.", "Skippers must wait."],
        ["She was 45.", "He was older."],
        ["By God.", "The wall holds."],
        ["in the sun.", "Nobody came."],
        # no full stop at all
        ["It was the ministry’s own statement", "The minister did not answer."],
        ["Neue Regeln für Angler", "Die Regeln gelten ab Mai."],
        ["the summer of 2020", "The year was dry."],
        ["He called it “a matter of hours”", "The crew waited for days."],
        ["Le port rouvre lundi", "L’eau a baissé."],
        # scripts without capitals
        ["배가 떠났다.", "아무도 몰랐다."],
        ["انتهى العمل.", "بدأت السفن تعود."],
        ["من سيدفع؟", "لا أحد يعرف."],
        ["काम पूरा हुआ।", "नाव लौट आई।"],
        ["העבודה הסתיימה.", "הספינות חזרו."],
        ["მუშაობა დასრულდა.", "გემები დაბრუნდა."],
        ["ሥራው አለቀ።", "ጀልባው ተመለሰ።"],
        ["Աշխատանքն ավարտվեց։", "Նավերը վերադարձան։"],
        ["工程结束了。", "■渡船明天开航。"],
    ],
    ids="|".join,
)
def test_glued_paragraphs_are_parted(parts: list[str]) -> None:
    assert parted("".join(parts)) == parts


# What must not be parted, in any sentence that it may stand in.
WHOLE = [
    "U.S.A.", "U.S.Senate", "J.K. Rowling", "J.R.R.Tolkien", "Washington D.C., USA",
    "Ph.D. students", "B.A.Hons", "Node.js", "Vue.JS", "ASP.NET", "Example.Com", "example.com",
    "www.Example.Com/News", "README.MD", "Report.PDF", "https://Example.Org/A.B",
    "ela.corgall@example.org", "Ela.Corgall@Example.Org", "@Marnhold.Harbour", "iPhone", "eBay",
    "YouTube", "LinkedIn", "WhatsApp", "McDonald", "MacArthur", "O'Brien", "O’Brien", "DeVane", "5G",
    "3.5M", "3D-printed", "F1Team", "Type2Diabetes", "1980s", "MP3Player", "G20Summit",
    "vitaminA and B", "at 2.5 percent", "14.30 Uhr", "am 3.Oktober", "1.FC Kemmenau",
    "im 20.Jahrhundert", "No.10", "No.Seven", "St.Gallen", "Dr.Halvan", "Mr.Smith", "Dane v.Wedlake",
    "e.g.Kemwick", "i.e.Marnhold", "Inc.Marnhold", "9 a.m.Monday", "5 p.m.GMT", "Yahoo!Japan",
    "Jeopardy!Host", "#SaveTheWall", "(KMW.N)", "Foo.Bar()", "z.B.Die Fähre", "d.h.Er",
    "u.a.Die Kutter", "bzw.Boote", "MitarbeiterInnen", "jede MitarbeiterIn am Kai", "M.Lenoir",
    "Mme.Valette", "av.Foch", "Sr.Valverde", "núm.Tres", "Exmo.Sr.Valadim", "sig.Morvento",
    "dhr.Terwiel", "ul.Długa", "św.Anny", "Ing.Novotná", "bl.a.Til", "Cad.Kemerli", "esim.Kemmola",
    "ún.Régi", "str.Lungă", "г.Москва", "ул.Ленточная", "им.Ветровой", "т.е.Рядом", "вул.Довга",
    "κ.Ορλάν", "π.χ.Στην", "د.سامر الكيمي", "ק.מ.רציפים", "ایم۔اے۔خان", "डॉ.मेहरा", "பி.கே.குமார்",
    "“다리가 셋이다.”라고 했다", "工程结束了。渡船明天开航", "誰が払うのか？ まだ分からない",
    "เดือน พ.ค.และ", "kwaZikhali", "Gaeilge na hÉireann", "“…the wall”", "player(s)United",
    "Dane:Who", "ferries;The", "over,The", "the *it*Was", "NASA", "a UK-US deal",
]  # fmt: skip


@pytest.mark.parametrize("whole", WHOLE)
def test_what_is_one_word_is_not_parted(whole: str) -> None:
    assert find_run_ons(f"They say that {whole} and the rest are old.") == []


@given(articles(bare=True), st.lists(st.sampled_from(WHOLE), min_size=1, max_size=4), st.data())
def test_what_is_one_word_is_not_parted_in_prose(text: str, wholes: list[str], data: st.DataObject) -> None:
    words = text.split(" ")
    for whole in wholes:
        words.insert(data.draw(st.integers(1, len(words) - 1)), whole)
    # A word in front that ends in a bracket, a mark or a letter is the business of the other tests.
    assert find_run_ons(" ".join(words)) == []


SENTENCES = {
    "English": [
        "The ferry left at noon.",
        "“Nobody came,” she said.",
        "It rained (as ever).",
        "Who pays for it?",
    ],
    "German": [
        "Die Fähre fuhr mittags.",
        "„Niemand kam“, sagte sie.",
        "Sie rief: „Nein!“",
        "Über uns lag Nebel.",
    ],
    "French": [
        "Le bac est parti à midi.",
        "Il pleuvait (comme toujours).",
        "Élise n’a rien dit.",
        "Qui paiera ?",
    ],
    "Spanish": [
        "El barco salió al mediodía.",
        "¿Quién pagará?",
        "«Nadie vino», dijo ella.",
        "Él calló.",
    ],
    "Polish": [
        "Prom odpłynął w południe.",
        "„Nikt nie przyszedł” – powiedziała.",
        "Łódź czekała.",
        "Śnieg padał.",
    ],
    "Danish": [
        "Færgen sejlede ved middag.",
        "»Ingen kom,« siger hun.",
        "Åen steg.",
        "Hun råbte: »Nej!«",
    ],
    "Turkish": [
        "Vapur öğlen kalktı.",
        "İskele boştu.",
        "Şehir uyuyordu.",
        "“Kimse gelmedi” dedi.",
    ],
    "Russian": [
        "Паром ушёл в полдень.",
        "«Никто не пришёл», — сказала она.",
        "Кто заплатит?",
        "Её не видели.",
    ],
    "Greek": [
        "Το πλοίο έφυγε το μεσημέρι.",
        "«Κανείς δεν ήρθε», είπε.",
        "Όλα ήταν ήσυχα.",
        "Έβρεχε πάντα!",
    ],
    "Vietnamese": [
        "Phà rời bến buổi trưa.",
        "“Không ai đến”, bà nói.",
        "Ông im lặng.",
        "Đêm xuống nhanh.",
    ],
    "Korean": [
        "배는 정오에 떠났다.",
        "아무도 오지 않았다.",
        "비가 내리고 있었다.",
        "누가 내야 할까?",
    ],
    "Arabic": [
        "غادرت العبارة ظهرا.",
        "من سيدفع؟",
        "قالت إن أحدا لم يأت.",
        "كان المطر يهطل.",
    ],
    "Hindi": [
        "नाव दोपहर में चली।",
        "कोई नहीं आया।",
        "बारिश हो रही थी।",
        "पुल टूट गया।",
    ],
    "Hebrew": [
        "המעבורת יצאה בצהריים.",
        "איש לא הגיע.",
        "ירד גשם כל היום.",
        "מי ישלם?",
    ],
}


@pytest.mark.parametrize("language", SENTENCES)
@given(data=st.data())
def test_glued_paragraphs_of_a_language_come_back(language: str, data: st.DataObject) -> None:
    sentences = st.lists(st.sampled_from(SENTENCES[language]), min_size=1, max_size=3).map(" ".join)
    parts = data.draw(st.lists(sentences, min_size=2, max_size=6))
    assert parted("".join(parts)) == parts


@given(any_text() | articles().map(lambda text: text.replace("\n\n", "")))
def test_parting_twice_changes_nothing(text: str) -> None:
    draft = Draft(text)
    part_paragraphs(draft)
    assert find_run_ons(draft.text) == []


def test_a_space_behind_a_chinese_full_stop_was_an_indent() -> None:
    draft = Draft("工程结束了。 渡船明天开航。")
    part_paragraphs(draft)
    assert draft.text == "工程结束了。\n\n渡船明天开航。"


def test_a_brand_that_the_text_repeats_is_no_heading_and_name() -> None:
    assert (
        find_run_ons("Shares rose at a deli near you. The deliOrlan chain and deliOrlan itself, Orlan said.")
        == []
    )


PIECES = [
    "aB",
    "a.B",
    "Abc.Def",
    "AbcThe ",
    "flagOrlan ",
    'a."B',
    "a.'B",
    "a.«B»",
    "a.— B",
    "(a)The ",
    "a• B",
]


@pytest.mark.parametrize("piece", [*PIECES, "a.ABC DE", '"', "'a ", "다.", "ابج."])
def test_seam_after_seam_takes_linear_time(piece: str) -> None:
    def seconds(chars: int) -> float:
        text = piece * (chars // len(piece))
        began = process_time()
        part_paragraphs(Draft(text))
        return process_time() - began

    # Eight times the length: eight times as long when linear, 64 times when not.
    assert min(seconds(160_000) for _ in range(3)) < 24 * max(min(seconds(20_000) for _ in range(3)), 0.002)


# --- lines ---------------------------------------------------------------------------------


def test_lines_broken_to_a_width_are_joined() -> None:
    text = (
        "   The council of Kemwick voted on Monday to rebuild the northern wall\n"
        "of the harbour before winter, after divers had found a crack as wide\n"
        "as a hand below the old lighthouse, and a second one near the quay.\n"
        "   Work will begin in a fortnight and last for about six weeks, the\n"
        "harbour master told reporters who had come to see the wall."
    )
    assert dedupe_news.clean(text).paragraphs == (
        "The council of Kemwick voted on Monday to rebuild the northern wall of the harbour before winter, "
        "after divers had found a crack as wide as a hand below the old lighthouse, and a second one near "
        "the quay.",
        "Work will begin in a fortnight and last for about six weeks, the harbour master told reporters "
        "who had come to see the wall.",
    )


def test_lines_that_are_not_wrapped_are_not_joined() -> None:
    assert find_wrapped_lines(f"{PROSE}\n{MORE} {MORE}\n{PROSE}") == []


def test_one_line_break_between_paragraphs_becomes_a_blank_line() -> None:
    assert dedupe_news.clean(f"{PROSE}\n{MORE}").text == f"{PROSE}\n\n{MORE}"


def test_lines_of_verse_stay_lines_of_one_paragraph() -> None:
    verse = (
        "Over the harbour the evening bell,\nover the water the rolling swell,\nand nobody left who can tell"
    )
    text = f"{PROSE}\n\n{verse}\n\n{MORE}"
    assert dedupe_news.clean(text).text == text


def test_lines_of_an_address_stand_alone() -> None:
    address = "Harbour Board of Marnhold\n12 Quay Street\nOpen from 9 to 17"
    assert dedupe_news.clean(f"{PROSE}\n\n{address}\n\n{MORE}").text == "\n\n".join(
        [PROSE, *address.split("\n"), MORE]
    )


def test_wrapped_lines_of_chinese_are_joined_without_a_space() -> None:
    line = "石湾镇议会周一决定重建北侧码头工程将于五月开始为期六周渡船在此之前从对岸出发再从那里开回来"
    draft = Draft(f"{line}\n{line}\n{line}\n这是最后一行。")
    unwrap(draft)
    assert draft.text == f"{line * 3}这是最后一行。"
