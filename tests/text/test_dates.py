import pytest

from dedupe_news.text.dates import date_end, dateline_end, time_end

# --- dates ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "date",
    [
        # English
        "3 May 2021", "May 3, 2021", "May 3", "Nov. 9, 2020", "3rd May 2021", "Monday, May 3, 2021",
        "Thursday June 21", "MAY 3, 2021", "16 October 2019 10:15 BST", "May 3, 2021 at 10:15 am",
        "Published: May 3, 2021, 10:15 GMT", "Updated on 3 May 2021", "Last updated: 3 May 2021 14.30",
        "June 30, 2026 - 4.34pm", "16:10, Jan 8 2008", "06 January, 2008", "09-Sep-2019",
        # figures
        "2021-05-03", "2021-05-03T10:15:00Z", "2021/05/03", "03.05.2021", "3.5.21", "03/05/2021",
        "03.05.2021, 10:15 Uhr", "03.05.2021 - 10:15",
        # German, Dutch, the North
        "3. Mai 2021", "Mittwoch, 3. März 2021 um 10:15 Uhr", "Stand: 03.05.2021 10:15 Uhr",
        "Veröffentlicht am 3. Mai 2021", "Zuletzt aktualisiert: 3. Mai 2021", "am 3. Mai", "Okt 13, 2022",
        "3 mei 2021", "3. maj 2021", "Publisert 3. mai 2021", "3 maj 2021", "3. toukokuuta 2021",
        # Romance
        "3 de mayo de 2021", "lunes, 3 de mayo de 2021", "Publicado: 3 de mayo de 2021", "3 mai 2021",
        "le 3 mai 2021 à 10:15", "Publié le 3 mai 2021", "mardi 3 août 2021", "1er août 2021",
        "3 maggio 2021", "Pubblicato il 3 maggio 2021", "3 de março de 2021", "3 martie 2021",
        # Slavic, Greek, Turkish, Hungarian, Albanian, Indonesian
        "3 maja 2021", "12 kwietnia 2021, 10:15", "3. května 2021", "3. svibnja 2021", "3 мая 2021",
        "3 травня 2021", "3 май 2021", "3 Μαΐου 2021", "3 Mayıs 2021", "május 3", "3 qershor 2021",
        "3 Mei 2021",
        # other scripts
        "2021年5月3日", "2021년 5월 3일", "3 مايو 2021", "3 मई 2021",
    ],
)  # fmt: skip
def test_a_date_is_found_with_its_label_and_time(date: str) -> None:
    assert date_end(date) == len(date)
    for following in ("The council voted.", " | The council voted.", "\n\nThe council voted."):
        assert date_end(date + following) == len(date)
    assert date_end(f"On {date}", 3) == 3 + len(date)


@pytest.mark.parametrize(
    "text",
    [
        "May the force be with you", "March on, said the captain", "Mayor 12 resigns", "Maybe 30 people",
        "Marvel 3 opens", "Decade 5", "3 Decades of rain", "12 Novels for the summer", "15 Marines",
        "Gruaja 34 vjeçare", "Sette 5", "May 27,836 bags", "1,200 people", "12 people", "2021 was late",
        "2-1 for Kemwick", "6-3, 6-4", "3:2 gegen Marnhold", "1.5 per cent", "10/12", "Sunday", "Marchers",
        "Updated terms", "Am Montag", "On Monday", "le 3 octogénaires", "Die 3 Musketiere", "Set 3", "Out 5",
        "Des 5 candidats", "am Rande", "", "5", "年5月3日", "Datum unbekannt",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_date_is_none(text: str) -> None:
    assert date_end(text) == 0


def test_a_day_and_a_month_are_a_date_whatever_follows() -> None:
    """A street may be named so; whoever asks wants an end of the line or a seam behind the date."""
    assert date_end("3 May Road") == len("3 May")


@pytest.mark.parametrize(
    "date", ["2. Februar 2020", "3. Mai 2021", "May 3, 2021", "3 May 2021", "03.05.2021"]
)
def test_a_date_ends_where_the_same_one_is_glued_to_it(date: str) -> None:
    """Themes of web logs set it twice: when it was published and when it was changed."""
    if date[-4:].isdigit() and date[0].isdigit() and ". " not in date:
        assert date_end(date + date) in (0, len("3 May"))  # too many figures in a row to tell
    else:
        assert date_end(date + date) == len(date)


def test_months_stand_before_the_day_in_english_or_with_a_year() -> None:
    assert date_end("Okt 13, 2022") == len("Okt 13, 2022")
    assert date_end("Okt 13") == 0


@pytest.mark.parametrize("time", ["10:15", "um 12:50 Uhr", "9:00PM", "07:48 PM PST", "kl. 10.15", "14h30"])
def test_a_time_of_day_is_found(time: str) -> None:
    assert time_end(time) == len(time)


@pytest.mark.parametrize("text", ["", "12", "um die Ecke", "at noon", "1015"])
def test_what_only_looks_like_a_time_is_none(text: str) -> None:
    assert time_end(text) == 0


# --- datelines -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dateline", "body"),
    [
        ("WASHINGTON (AP) —", "The council voted."),
        ("KYIV, Ukraine (AP) —", "The council voted."),
        ("KEMWICK (Reuters) -", "The council voted."),
        ("KEMWICK, May 3 (Reuters) –", "The council voted."),
        ("BEIJING, Nov. 9 (Xinhua) --", "The council voted."),
        ("NEW KEMWICK, Polquin (AFP) —", "The council voted."),
        ("KEMWICK, March 31 -", "The council voted."),
        ("KEMWICK —", "The council voted."),
        ("NEW KEMWICK –", "“It is late,” the mayor said."),
        ("Kemwick (Reuters) -", "The council voted."),
        ("Berlin (dpa) -", "Der Rat hat abgestimmt."),
        ("Kemwick/Marnhold (dpa) –", "Der Rat hat abgestimmt."),
        ("Frankfurt/Main (dpa/lhe) -", "Der Rat hat abgestimmt."),
        ("WIEN (APA) –", "Der Rat hat abgestimmt."),
        ("(ANSA) - ROMA, 9 NOV -", "Il consiglio ha votato."),
        ("MADRID, 3 Nov. (EUROPA PRESS) -", "El concejo votó."),
        ("Ciudad de Polquin.-", "El concejo votó."),
        ("POLQUIN, 3 de mayo (EFE).-", "El concejo votó."),
        ("МОСКВА, 9 ноя — РИА Новости.", "Совет проголосовал."),
        ("МОСКВА, 9 ноября. /ТАСС/.", "Совет проголосовал."),
        ("КЕМВИК —", "Совет проголосовал."),
        ("新华社北京11月9日电", "市议会星期一投票。"),
        ("新华社北京11月9日电（记者李明）", "市议会星期一投票。"),
        ("(서울=연합뉴스)", "시의회는 월요일에 투표했다."),
        ("(서울=연합뉴스) 김철수 기자 =", "시의회는 월요일에 투표했다."),
    ],
)
def test_a_dateline_is_found(dateline: str, body: str) -> None:
    end = dateline_end(f"{dateline} {body}")
    assert f"{dateline} {body}"[:end] == dateline


@pytest.mark.parametrize(
    "text",
    [
        "The council (a body of nine) voted on Monday - and nobody was pleased.",
        "The council – all nine of them – voted on Monday.",
        "NASA – the agency that pays for it – said nothing.",
        "NATO - wie das Bündnis kurz heißt - schwieg.",
        "GM (the carmaker) will leave Kemwick.",
        "Kemwick – Der Rat hat abgestimmt.",
        "Kurz gesagt. – Der Rat hat abgestimmt.",
        "“WASHINGTON is far away,” she said — and left.",
        "She (Reuters has her name) left the hall.",
        "BREAKING — The council has voted.",
        "EILMELDUNG - Der Rat hat abgestimmt.",
        "ALERTA - O conselho votou.",
        "СРОЧНО — Совет проголосовал.",
        "北京的记者说，市议会星期一投票。",
        "KEMWICK",
        "",
    ],
)
def test_what_only_looks_like_a_dateline_is_none(text: str) -> None:
    assert dateline_end(text) == 0
