"""What a credit, a date and a dateline look like: the words and forms of the larger news languages."""

from __future__ import annotations

import re

import regex

from dedupe_news.text.dates import date_end

_MAX_CREDIT_CHARS = 300
_MAX_NAME_WORDS = 5
_MAX_NAMES = 20

# Words that may stand in a name with a small letter.
_PARTICLES = frozenset(
    re.findall(
        r"\S+",
        """
        van von vom zu zum zur der den dem de del della degli dei di da do dos das du la le les el al bin
        ibn bint ben abu abd ter ten af av y e i und et of mac d' o'
        """,
    )
)
# Those that stand in a name behind another one only: `van der Berg`, but `Tag der Arbeit`.
_INNER_PARTICLES = frozenset(["der", "den", "dem"])
_SUFFIXES = frozenset(
    re.findall(
        r"\S+",
        """
        jr jr. sr sr. ii iii iv phd ph.d. md m.d. rn rd mba msc ma bsc esq esq. dr
        """,
    )
)
# Words that begin sentences, headings and links with a capital, and never a name.
_NOT_IN_NAMES = frozenset(
    re.findall(
        r"\S+",
        """
        the a an and in on at for from with this that these those it he she we they you i when while
        after before as if why what who how where there here his her their its our my your not no yes
        one two three new more read share email print tweet follow subscribe comments comment photo
        photos video videos image images picture pictures file gallery advertisement related topics tags
        news sport sports politics business opinion world home updated published posted breaking live
        watch listen sign log der die das ein eine einen einem einer er sie es wir ihr und oder aber in
        im am an auf aus bei mit nach seit vor wie was wer warum wenn weil als auch noch nicht neue
        neuer neues foto fotos bild bilder teilen drucken kommentare kommentar lesen mehr anzeige
        politik wirtschaft kultur el los las un una unos en con por para que como cuando donde este esta
        estos nuevo nueva compartir foto le les un une des dans pour avec que qui ce cette ces il elle
        nous partager il lo gli uno una nel per con che questo condividi o os as um uma no na com para
        que compartilhar de het een op met voor dit deze den det en et til fra hun han og och som med
        för
        """,
    )
)
_AGENCIES = frozenset(
    re.findall(
        r"\S+",
        """
        reuters ap afp dpa ansa efe pti tass ians upi cnn pa xinhua bloomberg apa sda sid kyodo yonhap
        ani interfax lusa belga anp tt ntb ritzau stt mti čtk ctk pap tasr agerpres bta tanjug hina
        anadolu dha iha aa antara bernama vna ttxvn kcna notimex télam aap sapa nan mena wam spa irna
        kuna qna petra folhapress redaktion redaction redacción redação rédaction redazione redactie
        toimitus redakcja redakce редакция редакція staff agencies agenturen agencias agências agences
        """,
    )
)
_ROLES = frozenset(
    re.findall(
        r"\S+",
        """
        correspondent correspondents editor editors reporter reporters staff writer writers columnist
        contributor contributors journalist journalists photographer analyst critic bureau desk team
        agency agencies press service newsroom news online media daily redaktion redakteur redakteurin
        korrespondent korrespondentin reporterin autor autorin presse-agentur nachrichtenagentur agentur
        zeitung nachrichten redactor redactora redacción corresponsal periodista enviado enviada agencia
        rédacteur rédactrice rédaction correspondant correspondante journaliste envoyé agence redattore
        redazione inviato corrispondente giornalista repórter redação correspondente jornalista redactie
        verslaggever correspondent redaktør journalist korrespondent reportasje toimittaja redaktor
        dziennikarz редакция корреспондент корреспондентка журналист ajansı muhabir muhabiri
        """,
    )
)

_BY = (
    r"(?:[Ww]ritten|[Pp]osted|[Pp]ublished|[Rr]eported|[Ww]ords|[Ss]tory|[Tt]ext|[Rr]eporting)[ ]by"
    r"|(?:By|by|BY):?"
    r"|(?:[Ee]in[e]?[ ])?(?:[Gg]astbeitrag|[Kk]ommentar|[Kk]olumne|[Aa]rtikel|[Aa]nalyse|[Tt]ext|[Ii]nterview"
    r"|[Ff]otos?|[Vv]eröffentlicht)?[ ]?(?:Von|von|VON):?"
    r"|(?:[Ee]scrito|[Pp]ublicado)?[ ]?(?:Por|por|POR):?|(?:[Pp]ublié[ ])?(?:Par|par|PAR)|[Aa][ ]cura[ ]di"
    r"|Di|di|DI|Door|door|DOOR|Af|af|Av|av|Oleh|oleh|Nga|Theo"
)
_LABEL = (
    r"(?:Autor(?:in|a|es|ka)?|Auteurs?|Autore|Authors?|Reporter|Text|Tekst|Teksti|Írta|Haber|Yazan|Автор|Автори"
    r"|Текст|Redacción|Oleh|By|Von|Por|Di|Συντάκτης|Του|Της|بقلم|كتب|كتبت|מאת|著者)[ ]?:[ ]?"
    r"|(?:بقلم|كتبت?|מאת)[ ]"
)
_BY_WORD = regex.compile(rf"(?:{_LABEL}|(?:{_BY})(?:[ ]+|(?=\p{{Lu}}\p{{Ll}}|\p{{Lu}}\.)))", regex.V1)
# Newspapers and agencies whose names nothing sets apart from the words before them.
OUTLETS = (
    "(?:東京|朝日|毎日|読売|産経|中日|西日本|北海道|日本経済|日刊工業|神戸|京都|河北)新聞(?:デジタル|オンライン|社)?"
    "|(?:共同|時事)通信社?|日経クロステック|新华社|新华网|人民网|人民日报|央视新闻|中新社|中新网|环球时报|光明日报|新京报|澎湃新闻"
    "|연합뉴스|뉴시스|뉴스1|조선일보|중앙일보|동아일보|한겨레"
)
_CJK_CREDIT = regex.compile(
    r"""
      (?: 文 | 图 | 图文 | 撰文 | 作者 | 編集 | 取材・文 | 写真 ) [ ]? [/／:：=＝] [ ]? [^。！？]{1,30}
    | (?: 本报 | 新华社 | 中新社 | 中新网 )? (?: 记者 | 見習い記者 | 通讯员 ) [ ：:]{0,2} [\p{Han}、， ]{2,24}
    | [\p{Han}\p{Katakana}ー・ ]{2,12} [ ]? (?: 記者 | 记者 | 編集委員 | 特派員 )
    | [\p{Han}々]{2,5} | [\p{Han}々]{1,3} [ ] [\p{Han}々]{1,3}
    | [\p{Han}\p{Katakana}ー]{2,10}
      (?: 新聞 | 新聞デジタル | 通信 | 通信社 | 新闻网 | 日报 | 日報 | 编辑部 | 編集部 | 新华社 )
    | (?: """
    + OUTLETS
    + r""" )
    | \p{Hangul}{2,4} [ ]? (?: 기자 | 특파원 | 논설위원 | 선임기자 )
      (?: [ ]?[·=,]?[ ]?\p{Hangul}{2,4}[ ]?기자 )* (?: [ ]외[ ]\d+명 )? (?: [ ][\w.+-]+@[\w.-]+ )?
    """,
    regex.VERBOSE | regex.V1,
)
_AND = r"and|und|y|et|e|og|och|ja|i|и|та|ve"
_SEPARATOR = re.compile(rf"\s*(?:[,;|/&•·]|[-–—](?=\s)|(?<=\s)(?:{_AND})(?=\s))\s*")
_SEPARATOR_OR_PLACE = re.compile(
    rf"\s*(?:[,;|/&•·]|[-–—](?=\s)|(?<=\s)(?:{_AND}|with|mit|con|avec|in|for|für|at|from|aus)(?=\s))\s*"
)
_INITIALS = regex.compile(r"\p{Ll}{2,6}", regex.V1)
_SITE = re.compile(r"[\w-]{2,}(?:\.[\w-]{2,})?\.[^\W\d_]{2,}\Z")
_HANDLE = re.compile(r"@\w+\Z|[\w.+-]+@[\w-]+(?:\.[\w-]+)+\Z")


_STARTS = (
    " P| V| p| v|A |Af|An|Ar|Au|Av|BY|By|DI|DO|Di|Do|Ei|Es|Fo|Ga|Ha|In|Ko|Ng|Ol|PA|PO|Pa|Po|Pu|Re|"
    "St|Te|Th|VO|Ve|Vo|Wo|Wr|Ya|a |af|an|ar|av|by|di|do|ei|es|fo|ga|in|ko|ol|pa|po|pu|re|te|ve|vo|"
    "wo|wr|Συ|Τη|Το|Ав|Те|מא|بق|كت|著者"
)
_BY_STARTS = frozenset(_STARTS.split("|"))  # what a by-word begins with: a cheap look before the expression


def by_word_end(text: str, start: int = 0) -> int:
    """Return where the name begins behind a by-word at `start`, or `start` when there is none.

    >>> by_word_end("By Jane Doe"), by_word_end("Byzantine art")
    (3, 0)
    """
    if text[start : start + 2] not in _BY_STARTS:
        return start
    match = _BY_WORD.match(text, start)
    return match.end() if match else start


def is_credit(line: str, *, is_glued: bool = False) -> bool:
    """Whether `line` says who wrote or sent the article, and nothing else.

    With a by-word the first item must be a name, an agency or a site; the rest may be places
    and offices. Without one every item must be. Where a line stands by itself a name has two words
    or more; behind a glued headline (`is_glued`) one in capitals or an agency will do.

    >>> [is_credit(line) for line in ("By Jane Doe and John Roe, Staff Writers", "Jane Doe |  Reuters")]
    [True, True]
    >>> [is_credit(line) for line in ("By the time it ended", "Storm hits coast", "文/李明")]
    [False, False, True]
    """
    line = line.strip()
    if not line or len(line) > _MAX_CREDIT_CHARS or "\n" in line:
        return False
    if _CJK_CREDIT.fullmatch(line) or credit_end(line, 0, len(line)) == len(line):
        return True
    start = by_word_end(line)
    names = line[start:].strip().strip("()")
    if not names or names[-1] in "!?…:;":
        return False
    separator = _SEPARATOR_OR_PLACE if start else _SEPARATOR
    items = [item for item in separator.split(names) if item]
    if not 1 <= len(items) <= _MAX_NAMES:
        return False
    if start:
        if all(_INITIALS.fullmatch(item) for item in items):
            return "/" in names
        return _is_source(items[0], 1, has_by_word=True) and all(
            _is_source(item, 1, has_by_word=True) or _is_place_or_office(item) for item in items[1:]
        )
    least = 1 if is_glued or len(items) > 1 else 2
    return (
        any(_is_source(item, 2) or _is_agency(item) for item in items)
        and all(_is_source(item, least) or _is_agency(item) for item in items)
    ) or (is_glued and len(items) == 1 and _is_source(items[0], 1))


_NAME_PART = r"""
    (?: (?: PhD | Ph\.D\. | MSc | MBA | MD | M\.D\. | Jr\. | Sr\. ) (?!\p{Ll})
      | (?: Mc|Mac|Fitz|O['’]|D['’]|De|Di|Du|La|Le|Van|Von|Al )?
        \p{Lu}[\p{Ll}\p{M}]+ (?: ['’-]\p{L}[\p{Ll}\p{M}]+ )*
      | (?: \p{Lu}\.[-]? )+
      | \p{Lu}{2,} (?=\p{Lu}\p{Ll})
      | \p{Lu}{2,} (?: ['’-]\p{Lu}{2,} )* (?!\p{Ll})
      | \p{Lu} (?=[ ]\p{Lu}) )
"""
_NAMES = regex.compile(
    rf"""
    {_NAME_PART}
    (?: [ ]{{1,2}}
        (?: (?: (?: van|von|in ) [ ] (?: der|den|dem )
              | van|von|vom|zu|zur|de|del|della|di|da|do|dos|das|du|la|le|el|al
              | bin|ibn|bint|ben|abu|ter|ten|af|av|y|e ) [ ] ){{0,2}}
        {_NAME_PART} ){{0,6}}
    """,
    regex.VERBOSE | regex.V1,
)
_TOKEN = regex.compile(
    r"\p{Ll}{2,}(?=\p{Lu})|@\w+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|[\w-]{2,}(?:\.[\p{Ll}]{2,}){1,2}|\p{L}+",
    regex.V1,
)
_BETWEEN = re.compile(
    rf"[ ]*[,;|/&•·∙:][ |/]*(?:(?:{_AND})[ ])?|[ ]+(?:{_AND})[ ]+|[ ]+[-–—]+[ ]+"
    r"|[ ]+(?:on|am|vom|le|el|em|il|den)[ ]+|[ ]+"
)
_BEFORE_PLACE = regex.compile(r"[ ]+(?:in|from|en|à|aus)[ ]+(?=\p{Lu})", regex.V1)


def credit_end(text: str, start: int, end: int, *, is_certain: bool = False) -> int:
    """Return where a credit, with the dates beside it, ends that begins at `start`, or `start`.

    It ends at `end`, where another word follows with nothing between, or with a date. A certain
    one has a by-word, or a date in it or directly behind it.

    >>> text = "By Jane Doe and John Roe | 3 May 2021The council voted."
    >>> text[credit_end(text, 0, len(text)):]
    'The council voted.'
    """
    at = by_word_end(text, start)
    has_by_word = at > start
    words = 0
    good = dated = closed = start  # `closed`: behind the last date that has a source before it
    while at < min(end, start + _MAX_CREDIT_CHARS):
        stop = date_end(text, at)
        is_date = stop > at
        if not is_date and dated > start and not has_by_word and by_word_end(text, at) > at:
            at = by_word_end(text, at)
            has_by_word = True
            continue
        if not is_date:
            stop, count = _source_end(text, at, has_by_word)
            words = max(words, count)
        if not at < stop <= end:
            break
        good = at = stop
        if is_date:
            dated = good
            if words:
                closed = good
        if at < end and text[at] == "@":
            continue
        if at == end or not (text[at].isspace() or text[at] in _PAUSES):
            break
        match = (has_by_word and _BEFORE_PLACE.match(text, at, end)) or _BETWEEN.match(text, at, end)
        if match is None or match.end() == end:
            break
        at = match.end()
    if good == start or not (words >= 2 or (words and has_by_word)):
        return start
    if good < end and not text[good:end].strip(" |,;·•/"):
        good = end
    if good < end and text[good] != "\n" and not (text[good].isalnum() or text[good] in _OPENERS):
        good = closed
    if is_certain and not (has_by_word or dated > start or date_end(text, good) > good):
        return start
    return good


_OPENERS = '“„«"‘¿¡(['
_PAUSES = ",;|/&•·∙:-–—.)"


def _source_end(text: str, at: int, has_by_word: bool) -> tuple[int, int]:
    """Return where a person, an agency or an office ends that begins at `at`, and the words it counts for."""
    match = _NAMES.match(text, at)
    if match:
        words = match[0].split()
        if not (_begins_no_name(words[0]) or any(map(_begins_no_name, words[1:]))):
            return match.end(), 2 if _is_agency(match[0]) or words[-1].casefold() in _ROLES else len(words)
    match = _TOKEN.match(text, at)
    if match and (_is_agency(match[0]) or match[0].startswith("@") or "@" in match[0]):
        return match.end(), 2 if has_by_word or match[0][0].isupper() else 1
    return at, 0


def _begins_no_name(word: str) -> bool:
    folded = word.casefold()
    return folded in _NOT_IN_NAMES and not (word.isupper() and len(word) > 1) and not word.islower()


def _is_agency(item: str) -> bool:
    return item.casefold() in _AGENCIES or _SITE.match(item) is not None


def _is_source(item: str, least_words: int, *, has_by_word: bool = False) -> bool:
    """Whether an item of a credit is a person, an agency, an office or a site."""
    if _is_agency(item) or _HANDLE.match(item):
        return True
    words = item.split()
    if not least_words <= len(words) <= _MAX_NAME_WORDS + 1:
        return False
    folded = [word.casefold() for word in words]
    if folded[-1] in _ROLES and len(words) > 1:
        return all(
            word[0].isupper() or has_by_word or low in _ROLES for word, low in zip(words, folded, strict=True)
        )
    if folded[0] in _NOT_IN_NAMES and not (folded[0] in _PARTICLES and len(words) > 1):
        return False
    capitals = 0
    for before, word, low in zip(["", *folded], words, folded, strict=False):
        if low in _SUFFIXES:
            continue
        if low in _PARTICLES:
            if (
                low in _INNER_PARTICLES
                and before not in _PARTICLES
                and not (has_by_word and word[0].isupper())
            ):
                return False
            continue
        if low in _NOT_IN_NAMES or not _NAME_WORD.match(word):
            return False
        capitals += 1
    if len(words) == 1 and not has_by_word:
        return least_words == 1 and ((words[0].isupper() and len(words[0]) >= 2) or len(words[0]) >= 4)
    return capitals >= 1 and len(words) <= _MAX_NAME_WORDS


_NAME_WORD = regex.compile(r"\p{Lu}[\p{L}\p{M}'’.-]*(?<![.]\p{Ll}{3,})\Z", regex.V1)


def _is_place_or_office(item: str) -> bool:
    words = item.split()
    return len(words) <= 6 and (words[0][0].isupper() or any(word.casefold() in _ROLES for word in words))
