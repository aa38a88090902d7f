"""Where one sentence or line ends and the next begins: one rule, used by both ways of cutting.

`repeats` cuts texts into units to see what may be removed; `structure` parts paragraphs that
were glued. Both ask here, so what one calls an end the other does too.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

# Words whose full stop ends no sentence, in the larger languages written with capitals.
ABBREVIATIONS = frozenset(
    re.findall(
        r"\w+",
        """
        mr mrs ms dr prof st sr jr rev gen col lt sgt capt cmdr adm gov sen rep hon pres supt insp
        mt ft no nos vs etc inc ltd co corp bros eg ie cf al fig vol pp ed eds dept est approx
        jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun
        ave blvd rd hwy ph bsc msc ba ma
        bzw ca evtl ggf usw str nr abs art bd hr fr dipl ing
        mm mme mlle env av sra srta dra ud uds ee uu num pág dott sig avv
        """,
    )
)
# More of them, known only where nothing stands behind the full stop: what repeats compares is
# not cut by these.
GLUED_ABBREVIATIONS = ABBREVIATIONS | frozenset(
    re.findall(
        r"\w+",
        """
        messrs mx www maj brig cpl pvt cdr fr sr br atty asst assoc mgr dir lic sec ch chap ver op cit ibid
        viz resp incl excl tel ext dist univ inst gmbh mfg natl intl govt
        vgl zzgl inkl bspw sog geb gest verh jhd jh mio mrd tsd std min sek kap aufl hrsg anm bzgl zb dh
        ua uvm evang kath allg entspr ggü hl inh int kfm lfd mag med univ phil rer nat jur habil vers
        mgr mgrs chr apr av bd boul éd env fam fasc fig hab janv févr juil sept déc réf tél vol
        ste sts stes mme mmes mlles dr prs
        excmo excma ilmo ilma sres sras ing lic arq tte cnel gral dpto depto pág págs núm núms avda
        adm admón apdo art arts cap cía ca fdo máx mín pral prov tel vda ctvs
        exmo exma ilmo ilma profa eng arq dep min des séc tel ltda cia sto sta av
        sigg geom rag arch cav comm on ecc es pag ca dott ssa prof cap col tel spett egr gent
        dhr mevr mw ir drs mr ds bijv blz enz evt nl nr tel ca dr prof zgn resp jl
        bl dvs ev ex forts kl kr m.fl mvh nr osv tlf tlfnr tel fr hr frk avd st red evt inkl jf
        ul al pl gen prof dr hab mgr inż im św ks ok godz np nr tzw tzn tys mln mld wg ww zob str wyd
        pt red lek med płk ppłk mjr kpt por sierż bp abp o.o
        atd apod tj tzn tzv např mj resp vč čj čp nám tř ul ing mgr mudr judr phdr rndr bc doc st ml
        kč tis mil sv č str roč
        stb ún ill pl kb dr ifj id özv st u út utca
        vd yd yrd doç dr prof av müh mim alb bşk blv cad cd sk mah apt no bkz örn vb vs tc hz
        esim jne mm ns tms ym puh nro klo os toim synt kuol
        dl dna dvs str nr bd bl sc ap et jud mun art alin lit pct etc ing dr prof conf asist
        npr tzv itd sl dr prof mr inž ul br str god tj g st sv
        см ср др пр ул пер пл просп пос дер обл респ стр корп кв тел факс им проф акад доц канд инж тов гр
        гос млн млрд тыс руб коп мин макс напр изд ред сб рис табл илл англ нем лат рус букв прим
        вул буд просп обл грн тис проф акад ім напр див стор бул
        ул бул гр обл проф инж напр стр бр лв
        κ κα κος κκ δρ καθ αρ οδ τηλ λεωφ π.χ χιλ εκ δισ σελ βλ
        """,
    )
)
# Of these, words that are others without the full stop (`the sun.The ferry`): they abbreviate
# something only with a capital, `Sun.` and `No.`.
WORDS_TOO = frozenset(
    re.findall(
        r"\S+",
        """
        no sun sat mar wed est fig art bar ed rev co gen col ma ba am hon al sec ver dir min mil on im ill cap
        med int lit os et pro is op ex sept rep pres red port por ok mag dep com prov env ev num apt tel
        es god
        mim vers cad mah inst conf nat ext pal sen o u m
        """,
    )
)
# Abbreviations that a sentence may end with; what begins the next one shows that it did.
ENDING_ABBREVIATIONS = frozenset(
    re.findall(
        r"\S+",
        """
        etc inc ltd plc corp co jr sr usw bros ave blvd rd hwy gmbh ltda cia enz osv atd apod itd jne ecc uvm
        m.fl др пр руб млн млрд тыс mln mld tys mio mrd kč kr vb usf
        """,
    )
)

# Words that begin a sentence and no second half of a name, as written there. None of them is a
# part of a brand (`TheHill`, `OneDrive`, `YouTube`): each stands glued behind a word by accident.
SENTENCE_OPENERS = frozenset(
    re.findall(
        r"\S+",
        """
        The This That These Those They There Then When While What Where Which Who Why How But And His Her Its
        Our Their According After Although Because Before During However Meanwhile From Since Until Another
        Both Each Some Many Most Several Despite Once Not With Earlier Later Last Asked Among
        Der Die Das Den Dem Des Ein Eine Einen Einem Einer Dabei Damit Dazu Diese Dieser Dieses Diesen Nach
        Auch
        Aber Doch Während Laut Seit Denn Wenn Weil Sein Seine Ihre Wir Sie Wie Und Nun Noch Bei Beim Zum Zur
        Mit Von Vom Vor Für Auf Aus Über Unter Gegen Zwei Drei Bereits Bislang Dass Dort Hier Jetzt Zudem
        Les Une Des Dans Pour Sur Par Avec Mais Cette Ces Cet Elle Elles Ils Nous Vous Selon Après Avant
        Depuis
        Lors Alors Aussi Ainsi Tous Toutes Leur Leurs Quand Comme Plusieurs Pendant Malgré
        Los Las Una Para Pero Según Este Esta Estos Estas Ese Esa Cuando Desde Durante Entre Hasta Sobre
        También
        Tras Además Así Ayer Aunque Después Mientras Como Por Con Sin
        Uma Dos Das Pelo Pela Não Mas Também Segundo Quando Após Além Ele Ela Eles Isso Esse Essa Ainda Já
        Gli Una Del Della Dal Dalla Nel Nella Per Che Non Anche Dopo Questa Questo Questi Così Secondo Intanto
        Het Een Van Voor Met Maar Ook Dat Deze Zij Hij Volgens Toen Naar Niet Daarom
        Det Den Men Och Att Som Enligt När Han Hon Vid För Efter Ifølge Etter Også Både Hos Dette Denne Disse
        Jest Nie Jak Ale Dla Przed Przez Według Podczas Oraz Jego Jej Kiedy Jednak
        Podle Při Také Jeho Její Však Ministr
        Bir Ancak Daha Ayrıca Olay İçin Sonra Bunun Böyle
        Dalam Dengan Selain Menurut Namun Pada Untuk Yang Ini Dia Kata Sementara Saat Oleh Karena
        Theo Trong Khi Các Nhưng Sau Tuy Ngày Những Một Với Đây Tại Hiện
        Ndërsa Sipas Për Kjo Nga Pas Kur Gjatë Edhe Ndryshe
        Это Эта Этот Как Она Они Его Для После При Что Кроме Также Однако Ранее Сейчас Если Когда Все
        Це Його Вона Вони Про Після Також
        Στο Στην Στη Για Από Όπως Την Τον Και Μετά Σύμφωνα
        """,
    )
)
# The short ones: they are parts of names behind a capital (`LinkedIn`, `LeMonde`).
SHORT_SENTENCE_OPENERS = frozenset(
    re.findall(
        r"\S+",
        """
        In On At As It He We If By An To Of My So No For She You All Now New Yet One Two Here Three More Only
        Im Am Er Es Ich So Um Zu Wer Was Nur Bis
        Le La Un Il On En Au Du Ce Se Et Ou Où Si De El Al Lo Su Es Y O A Os As Um Na Em Da Di Un Che Da
        Op Er Als Om Ze De Et Ett På Jag Vi Så Af Av Som W Z Na Po Od Za Do To Ve Bu Ông Në Të Ky
        В На По Он С И Но За К О Из От До У Я Мы Ο Η Το Οι Τα Με Σε
        """,
    )
)

# Names that are written with an exclamation mark, which ends no sentence.
SHOUTED_NAMES = frozenset(["yahoo", "jeopardy", "joomla", "wham", "panic", "e"])

ENDS = ".!?…。！？｡؟۔।።։"
_FULL_WIDTH_ENDS = "。！？｡"
CLOSERS = "\"'”’»)]」』）】›"
OPENERS = "\"'“‘«([「『（【‹¿¡„‚"


def ends_sentence(gap: str, before: str, after: str) -> bool:
    """Whether a sentence ends in `gap`, the marks and spaces between two tokens.

    Parameters
    ----------
    gap : str
        What stands between the tokens; nothing in it is a letter or digit.
    before, after : str
        The tokens, as written. A full stop behind an abbreviation or an initial ends
        nothing, nor does one between digits, or before a small letter.
    """
    kind = _known_kind_of(gap) if len(gap) <= _MAX_KNOWN_CHARS else _kind_of(gap)
    if kind is None:
        return False
    if kind is _ALWAYS:
        return True
    first = after[:1]
    if first.islower():
        return False
    if kind.is_full_stop:
        if not kind.is_spaced and not first.isupper():  # within a figure, too
            return False
        if not kind.is_closed and (
            before.casefold() in ABBREVIATIONS or (len(before) == 1 and before.isupper())
        ):
            return False
    return True


class _Gap(NamedTuple):
    """What of a gap a sentence's end hangs on: whether full stops are its only marks, and what is around."""

    is_full_stop: bool
    is_spaced: bool
    is_closed: bool


_ALWAYS = _Gap(False, False, False)


def _kind_of(gap: str) -> _Gap | None:
    """Return what is known of a gap by itself: nothing ends in it, or a sentence does, whatever the words."""
    if "\n" in gap:
        return _ALWAYS
    if not any(mark in gap for mark in ENDS):
        return None
    if any(mark in gap for mark in _FULL_WIDTH_ENDS):
        return _ALWAYS
    if "." not in gap or "!" in gap or "?" in gap:
        return _Gap(False, True, True)
    is_spaced = not gap.isspace() and any(mark.isspace() for mark in gap)
    closed = gap[gap.index(".") - 1 : gap.index(".")] or gap[gap.rindex(".") + 1 : gap.rindex(".") + 2]
    return _Gap(True, is_spaced, bool(closed.strip()))


# Nearly all gaps are one of a few; a long one, of which there may be any number, is not remembered.
_known_kind_of = lru_cache(maxsize=1024)(_kind_of)
_MAX_KNOWN_CHARS = 16


def cut_in_gap(gap: str) -> int:
    r"""Return where, in the marks and spaces between two units, the second unit begins.

    Closing marks and spaces stay with the first unit, opening marks go with the second.

    >>> [gap[cut_in_gap(gap):] for gap in ('.', '.\n\n"', '," ("', '\n* ')]
    ['', '"', '("', '* ']
    """
    line = gap.rfind("\n")
    if line >= 0:
        at = line + 1
        while at < len(gap) and gap[at].isspace():
            at += 1
        return at
    at = max((gap.rfind(mark) for mark in ENDS), default=-1) + 1
    while at < len(gap) and gap[at] in CLOSERS:
        at += 1
    space = at
    while space < len(gap) and not gap[space].isspace():
        space += 1
    if space == len(gap):  # glued: what opens belongs to what follows
        return at
    while space < len(gap) and gap[space].isspace():
        space += 1
    return space
