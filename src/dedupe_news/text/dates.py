"""What a date and a dateline look like in the larger news languages."""

from __future__ import annotations

import re

import regex


def _months(listed: str) -> set[str]:
    """Return names of months as texts write them: small, with a capital, in capitals."""
    names = listed.split()
    return {form for name in names for form in (name, name.capitalize(), name.upper())}


# English and Hungarian say the month first: `May 3`.
_MONTHS_FIRST = _months(
    """
    january february march april may june july august september october november december
    jan feb mar apr jun jul aug sept sep oct nov dec
    január február március április május június július augusztus szeptember október november december
    """
)
_MONTHS = _MONTHS_FIRST | _months(
    """
    januar jänner jän februar feber märz mär mrz mai juni juli oktober okt dezember dez
    enero ene febrero marzo abril abr mayo junio julio agosto ago septiembre setiembre set octubre
    noviembre diciembre dic
    janvier janv février févr fév mars avril avr juin juillet juil août septembre octobre novembre
    décembre déc
    gennaio gen febbraio aprile maggio mag giugno giu luglio lug settembre sett ottobre ott novembre dicembre
    janeiro fevereiro fev março maio junho julho setembro outubro out novembro dezembro
    gener febrer març maig juny juliol agost setembre octubre novembre desembre
    januari februari maart mei augustus marts maj augusti desember
    stycznia styczeń sty lutego luty lut marca marzec kwietnia kwi maja czerwca cze lipca lip sierpnia sie
    września wrz października paź listopada lis grudnia gru
    ledna leden února únor úno března březen bře dubna duben dub května květen kvě června červen července
    srpna srpen srp září zář října říjen říj listopadu listopad prosince prosinec
    januára februára apríla mája júna júla augusta septembra októbra novembra decembra
    siječnja veljače ožujka travnja svibnja lipnja srpnja kolovoza rujna studenoga studenog prosinca
    januara februara marta aprila juna jula avgusta oktobra
    ianuarie februarie martie aprilie iunie iulie septembrie octombrie noiembrie decembrie
    janar shkurt prill qershor korrik gusht shtator tetor nëntor dhjetor
    ocak oca şubat şub mart nisan nis mayıs haziran haz temmuz tem ağustos ağu eylül eyl ekim eki kasım kas
    aralık ara
    tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta
    lokakuuta marraskuuta joulukuuta
    maret agustus
    января январь янв февраля февраль фев февр марта март мар апреля апрель апр мая май июня июнь июн июля
    июль июл августа август авг сентября сентябрь сен сент октября октябрь окт ноября ноябрь ноя нояб
    декабря декабрь дек
    січня січ лютого лют березня бер квітня кві травня тра червня чер липня лип серпня сер вересня вер
    жовтня жов листопада лис грудня гру
    януари февруари април юни юли септември октомври ноември декември
    ιανουαρίου φεβρουαρίου μαρτίου απριλίου μαΐου ιουνίου ιουλίου αυγούστου σεπτεμβρίου οκτωβρίου
    νοεμβρίου δεκεμβρίου
    يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر
    जनवरी फरवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर सितम्बर अक्टूबर नवंबर नवम्बर दिसंबर दिसम्बर
    """
)
# A word where a month may stand; `date_end` looks it up: that is faster than all the names in one expression.
_WORD = r"(?: \p{Lu}? [\p{Ll}\p{Lo}\p{M}]{2,13}+ | \p{Lu}{3,13}+ ) (?!\p{Ll})"
_MONTH = rf"(?P<month> {_WORD} )"
_MONTH_FIRST = rf"(?P<month_first> {_WORD} )"
_TIME = r"""
    (?: (?: um[ ] | at[ ] | a[ ]las[ ] | à[ ] | alle[ ] | kl\.?[ ] | klo[ ] )?
        \d{1,2} (?: [:.h][ ]?\d{2} ){1,2} (?!\d) (?: [ ]?[AaPp]\.?[Mm]\.? )? (?: [ ]?(?:Uhr|Hrs?|hrs?|h) )?
        (?: [ ]? (?: (?: GMT|UTC|BST|CES?T|MES?Z|[ECMPA][SD]T|IST|MSK|WIB ) (?!\p{Ll}|[A-Z]{2})
               | [A-Z]{2,4} (?: [+-]\d{1,2} )? (?!\p{L}) | \([A-Z]{2,4}\) ) )?
      | \d{1,2}[ ]?[ap]\.?m\.? )
"""
_DAY = r"""
    (?: (?:Mon|Tue|Tues|Wed|Wednes|Thu|Thur|Thurs|Fri|Sat|Satur|Sun)(?:day)?
      | (?:Mon|Diens|Donners|Frei|Sams|Sonn)tag | Mittwoch | Mo|Di|Mi|Do|Fr|Sa|So
      | [Ll]unes|[Mm]artes|[Mm]iércoles|[Jj]ueves|[Vv]iernes|[Ss]ábado|[Dd]omingo
      | [Ll]undi|[Mm]ardi|[Mm]ercredi|[Jj]eudi|[Vv]endredi|[Ss]amedi|[Dd]imanche
      | [Ll]unedì|[Mm]artedì|[Mm]ercoledì|[Gg]iovedì|[Vv]enerdì|[Ss]abato|[Dd]omenica )
"""
_YEAR = r"(?:19|20)\d{2}"
_DATE = rf"""
    (?: {_DAY} [.,]?[ ]{{1,2}} )?
    (?: \d{{1,2}} (?: st|nd|rd|th|er|º|ª|\. )? (?: [ ]{{0,2}} | - ) (?: de[ ] | of[ ] | d' )? {_MONTH} ,?\.?
        (?: [ ](?:de[ ]|del[ ])? | - )? (?: {_YEAR} )?
      | {_MONTH_FIRST} \.?[ ]\d{{1,2}} (?: st|nd|rd|th )? (?: ,?[ ](?P<year>{_YEAR}) )?
      | \d{{1,2}}[./-][ ]?\d{{1,2}}[./-][ ]? (?: {_YEAR} | \d{{2}} )
      | {_YEAR}[-./]\d{{1,2}}[-./]\d{{1,2}}\.? (?: T[\d:.+Z-]+ )?
      | {_YEAR}[ ]?年[ ]?\d{{1,2}}[ ]?月[ ]?\d{{1,2}}[ ]?日 | {_YEAR}년[ ]\d{{1,2}}월[ ]\d{{1,2}}일 )
    (?! \d (?! \d?\.[ ]\p{{Lu}} ) | ,\d{{3}} )   # but `2. Mai 20202. Mai 2020`
"""
_LABEL = r"""
    (?: (?:[Ff]irst[ ]|[Ll]ast[ ])? (?:[Pp]ublished|[Uu]pdated|[Pp]osted|[Mm]odified|[Cc]reated)
        (?:[ ]on|[ ]at)?
      | Stand | (?:[Zz]uletzt[ ])? (?:[Aa]ktualisiert|[Gg]eändert) | [Vv]eröffentlicht | [Ee]rstellt
      | Publi[ée]e? | Mis[ ]à[ ]jour | Publicado | Actualizado | Atualizado | Pubblicato | Aggiornato
      | Gepubliceerd | Publicerad | Publisert | Opdateret | Oppdatert | Uppdaterad | Julkaistu | [Pp]äivitetty
      | Опубликовано | Pressemitteilung | Date | Datum | Fecha )
    [:\ ]{1,2} (?: (?:am|vom|le|el|em|il|den|on|zuletzt) :?[ ] )?
"""
_DATE_LINE = regex.compile(
    rf"""
    (?: {_LABEL} | (?:am|vom|le|el|on|On|Am|den)[ ] )?
    (?: {_TIME} (?: [ ]on[ ] | ,[ ] | [ ] ) )?
    {_DATE}
    (?: [ ]?[-–—,|•·/@][ ]? | [ ]{{1,2}} | [ ]um[ ] )?
    (?: [(]? {_TIME} (?!\p{{Ll}}) [)]? )?
    \.?
    """,
    regex.VERBOSE | regex.V1,
)
# The first letters of what a date can begin with, but for a figure: a cheap look before the expression.
_DATE_FIRSTS = (
    {month[:3].casefold() for month in _MONTHS}
    | set(
        re.findall(
            r"\S+",
            """
        mon tue wed thu fri sat sun die mit don fre sam son lun mié jue vie sáb dom ven dim mer gio sab
        fir las pub upd pos mod cre sta zul akt ver ers mis act atu pub agg gep upp opd opp jul päi опу pre
        dat fec
        """,
        )
    )
    | {
        f"{word}{mark}"
        for word in ("am", "um", "le", "el", "on", "at", "kl", "mo", "di", "mi", "do", "fr", "sa", "so")
        for mark in " .,"
    }
    | {"à l", "a l"}
    | {f"à {figure}" for figure in range(10)}
)


def date_end(text: str, start: int = 0) -> int:
    """Return where a date, perhaps with a label and a time, ends that begins at `start`, or `start`.

    In figures it needs a year; with a month in words it does not, so `3 May` of `3 May Road` is a
    date, too: a caller wants an end of the line, or a seam, behind it. Months count when they stand
    as whole words in the table above, before the day only in English and Hungarian, or with a year.
    Not recognized: dates in words, `yesterday`, a time without a date, years of other eras.

    >>> text = "Published on May 4, 2021, 10:15 amThe council"
    >>> text[date_end(text):]
    'The council'
    """
    first = text[start : start + 1]
    if not (first.isdigit() or text[start : start + 3].casefold() in _DATE_FIRSTS):
        return start
    match = _DATE_LINE.match(text, start)
    if match is None:
        return start
    month, month_first, year = match["month"], match["month_first"], match["year"]
    if month is not None and month not in _MONTHS:
        return start
    if month_first is not None and month_first not in (_MONTHS if year else _MONTHS_FIRST):
        return start
    end = match.end()
    return start + len(text[start:end].rstrip(" ,-–—|•·/@"))


_TIME_LINE = regex.compile(rf"[,@|-]?[ ]?{_TIME}", regex.VERBOSE | regex.V1)


def time_end(text: str) -> int:
    """Return where a time of day ends that begins `text`, or 0: `um 12:50 Uhr`, `9:00PM`.

    >>> time_end("um 12:50 Uhr")
    12
    """
    match = _TIME_LINE.match(text)
    return int(match.end()) if match else 0


_WIRE = r"""
    (?: AFP|AP|Reuters|REUTERS|Xinhua|ANSA|Adnkronos|dpa|DPA|dpa-AFX|EFE|EUROPA[ ]PRESS|PTI|ANI|IANS|TASS|UPI
      | CNN|PA|APA|SDA|sda|SID|sid|Kyodo|Yonhap|Bloomberg|Lusa|Belga|ANP|TT|NTB|Ritzau|STT|MTI|PAP|ČTK|AA
      | Antara|Bernama|TTXVN|AAP|SAPA|NAN|KUNA|WAM|CMC|CNS|KNA|epd|IPS|Notimex|NTX|Tanjug|HINA|Agerpres
      | 연합뉴스 )
"""
_DASH = r"[-–—]{1,2}"
_PLACE = r"\p{Lu}[\p{L}\p{M}'’.-]*(?:[ /-]\p{L}[\p{L}\p{M}'’.-]*){0,4}".replace("[ ", "[\\ ")
_CAPITALS = r"\p{Lu}[\p{Lu}\p{M}'’./-]+(?:[ /-][\p{Lu}'’.]+){0,4}".replace("[ ", "[\\ ")
# Words in capitals that stand before a dash as places do: `BREAKING — …`.
_SHOUT = r"""
    (?: BREAKING | EXCLUSIVE | EXCLUSIV[EOA] | EXKLUSIV | UPDATE D? | URGENT E? | ALERT [AE]? | LIVE
      | VIDEO | WATCH | OPINION | ANALYSIS | CORRECTION | EILMELDUNG | LIVEBLOG | NEWS | NOTE | LAJMI
      | FOTO S? | PHOTO S? | FACTBOX | ATTENTION | ATENCIÓN | ATENÇÃO | ÚLTIMA | DIRECT O? | INTERVIEW
      | СРОЧНО | МОЛНИЯ | ВИДЕО ) \b
"""
_DATELINE = regex.compile(
    rf"""
      {_PLACE} (?: ,[ ][^()\n—–-]{{1,24}} ){{0,2}} ,?
      [ ]? [(\[] (?: \p{{Lu}}[\p{{L}}/\ .-]{{0,20}}[/,\ ]{{1,2}} )? {_WIRE}
      (?: [/,\ ]{{1,2}}[\p{{L}}\ .-]{{1,20}} )? [)\]]
      (?: [ ]? {_DASH} (?=[ ]?\S) | [ ]?: (?=[ ]) | (?=[ ]\p{{Lu}}) )
    | [(] {_WIRE} [)] [ ]? {_DASH} [ ]? (?: {_CAPITALS} ,[ ]\d{{1,2}}[ ]\p{{L}}{{3,10}}[ ]? {_DASH} )?
    | {_CAPITALS} ,[ ]\d{{1,2}}[.]?[ ]\p{{L}}{{3,10}}[.]?[ ]?
      (?: {_DASH} [ ]? (?: РИА[ ]Новости | {_WIRE} )? [.]? | /[\p{{L}}\ ]{{2,12}}/[.]? )
    | {_PLACE} (?: ,[ ][^()\n—–:.]{{1,24}} )? [ ]? (?: [(] {_WIRE} [)] )? [ ]? [.]{_DASH} (?=[ ]?\p{{Lu}})
    | (?!{_SHOUT}) {_CAPITALS} (?: ,[ ][^()\n—–:.]{{1,24}} [.]? )? [ ]? (?: [—–] | -- | [ ]- )
      (?=[ ][\p{{Lu}}\p{{Lo}}\d"'“‘„«¿¡(])
    | (?: 新华社|新华网|中新社|中新网|人民网|央视网 ) \p{{Han}}{{1,10}}
      \d{{1,2}}月\d{{1,2}}日 (?: [ ]?[电電讯] )
      (?: [ ]?[（(][^）)\n]{{2,30}}[）)] )?
    | [（(【] [\p{{Han}}\p{{Hangul}}]{{2,8}}[ ]?[=＝][ ]?[\p{{Han}}\p{{Hangul}}]{{2,8}} [）)】]
      (?: [ ]?\p{{Hangul}}{{2,4}}[ ]기자[ ]?= )?
    """,
    regex.VERBOSE | regex.V1,
)
_MAX_DATELINE_CHARS = 80
_MAYBE_DATELINE = re.compile(r"[(\[（【—–]|--|[ .]-|[ ]/|电|電")


def dateline_end(text: str) -> int:
    """Return where the dateline ends at the head of a paragraph, or 0 when it has none.

    A place with a known agency in brackets (`Berlin (dpa) -`), a place in capitals with a dash and a
    capital behind it (`PARIS, 3 May –`), a Spanish `.-`, the forms of ANSA, RIA, Xinhua and Yonhap. A
    place in small letters with a dash alone (`Berlin – Der Rat`) is left: headings are written so.

    >>> text = "WASHINGTON (AP) — The council voted."
    >>> text[:dateline_end(text)]
    'WASHINGTON (AP) —'
    """
    if _MAYBE_DATELINE.search(text, 0, _MAX_DATELINE_CHARS) is None:
        return 0
    match = _DATELINE.match(text)
    return int(match.end()) if match else 0
