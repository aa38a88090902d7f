"""Which of their fields is which of ours: named by the caller, or guessed from usual names and said."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from dedupe_news.article import Reject
from dedupe_news.errors import InputError, listed

Tell = Callable[[str], None]
"""Takes one line of words for the person who runs the job."""


def say_nothing(_words: str) -> None:
    """Leave it unsaid."""


# Our field, and the option that names theirs.
OPTION_OF_FIELD = {
    "text": "--text-field",
    "id": "--id-field",
    "title": "--title-field",
    "published": "--date-field",
    "url": "--url-field",
    "source": "--source-field",
}

# Names that extractors, feeds and data sets use, likelier ones first; compared in small letters and
# without marks, so that `publishedAt`, `published_at` and `Published At` are one name.
USUAL_NAMES = {
    "text": (
        "text", "body", "content", "article", "maintext", "articletext", "articlebody", "articlecontent",
        "bodytext", "fulltext", "plaintext", "storytext", "story",
    ),
    "id": ("id", "guid", "uuid", "articleid", "docid", "documentid", "storyid"),
    "title": ("title", "headline", "heading", "articletitle"),
    "published": (
        "published", "date", "pubdate", "publishdate", "publisheddate", "publicationdate", "datepublished",
        "datepublish", "publishedat", "publishtime", "publishedon", "pubtime",
    ),
    "url": ("url", "link", "articleurl", "weburl", "uri", "permalink"),
    "source": ("source", "publisher", "domain", "sourcedomain", "sitename", "site", "outlet", "publication"),
}  # fmt: skip


def plain_name(name: str) -> str:
    """Return a field's name as names are compared.

    >>> plain_name("Published_At")
    'publishedat'
    """
    return "".join(filter(str.isalnum, name.lower()))


def usual_fields(ours: str, names: Iterable[str]) -> list[str]:
    """Return those of `names` that usually hold one of our fields, the likeliest first.

    >>> usual_fields("title", ["id", "Article Title", "headline"])
    ['headline', 'Article Title']
    """
    usual = USUAL_NAMES.get(ours, (ours,))
    found = [name for name in names if plain_name(name) in usual]
    return sorted(found, key=lambda name: usual.index(plain_name(name)))


class FieldChoice:
    """Our fields, and which of one input's fields they are read from.

    Parameters
    ----------
    asked : mapping
        Of our names to theirs, as the caller named them: these are never guessed.
    name : str
        The input, as messages call it.
    tell : callable
        Is told, once, what was guessed.
    """

    def __init__(self, asked: Mapping[str, str], name: str, tell: Tell) -> None:
        self._asked = {ours: theirs for ours, theirs in asked.items() if theirs}
        self._name = name
        self._tell = tell
        self._chosen: dict[str, str] | None = None

    @property
    def is_made(self) -> bool:
        """Whether a record has told which field is which, so that no later one changes it."""
        return self._chosen is not None

    def settled(self) -> FieldChoice:
        """Return this choice as it is now, for another process: it has told what there was to tell."""
        settled = FieldChoice(self._asked, self._name, say_nothing)
        settled._chosen = self._chosen
        return settled

    def as_told(self) -> tuple[dict[str, str], dict[str, str] | None]:
        """Return what was asked for, and what was chosen if it is."""
        return self._asked, self._chosen

    def of_columns(self, columns: Sequence[str], is_usable: Callable[[str, str], bool]) -> dict[str, str]:
        """Return which column is read as which of our fields; a field of our own name is not in it.

        `is_usable` says of our field and a column whether the column's type would do.

        Raises
        ------
        InputError
            If a column that was named is not there, or if no single one holds the text.
        """
        for ours, theirs in self._asked.items():
            if theirs not in columns:
                raise InputError(
                    f"{self._name} has no column {theirs!r} ({OPTION_OF_FIELD[ours]}); "
                    f"its columns are: {listed(columns)}"
                )
        chosen = self._guessed(columns, is_usable)
        if "text" not in columns and "text" not in chosen:
            raise InputError(
                f"{self._name} has no column that is known as the text; its columns are: {listed(columns)}; "
                f"name one: --text-field NAME{_other_delimiter(columns)}"
            )
        return chosen

    def of_record(self, record: dict[str, Any], place: str) -> dict[str, Any] | Reject:
        """Return a record of JSON lines under our names.

        The first record that has a text, whatever its name, decides for the whole input.

        Raises
        ------
        InputError
            If that record has two fields that may be the text.
        """
        if self._chosen is None:
            if "text" in record:
                # It speaks our names already: what is not ours stays what it is.
                self._chosen = dict(self._asked)
            elif "text" in self._asked or self._text_candidates(record):
                self._chosen = self._guessed(record, lambda ours, theirs: _is_usable(ours, record[theirs]))
            else:
                return renamed(record, self._asked)
        theirs = self._asked.get("text")
        if theirs is not None and theirs not in record:
            return Reject(place, f"no {theirs!r} (--text-field); the keys here are: {listed(record)}", record)
        return renamed(record, self._chosen) if self._chosen else record

    def _text_candidates(self, names: Collection[str]) -> list[str]:
        return usual_fields("text", names)

    def _guessed(self, names: Collection[str], is_usable: Callable[[str, str], bool]) -> dict[str, str]:
        """Return the fields that were asked for, and those guessed for our names that are absent."""
        chosen = dict(self._asked)
        guesses = []
        for ours in USUAL_NAMES:
            if ours in names or ours in chosen:
                continue
            free = [name for name in names if name not in chosen.values() and is_usable(ours, name)]
            found = usual_fields(ours, free)
            if ours == "text" and len(found) > 1:
                both = " and ".join(map(repr, found))
                raise InputError(
                    f"{self._name}: {both} may each be the text; name the one: --text-field {found[0]}"
                )
            if found:
                chosen[ours] = found[0]
                guesses.append(f"{ours} from {found[0]!r}")
        if guesses:
            self._tell(
                f"{self._name}: guessed {', '.join(guesses)}; to choose others: --text-field and so on"
            )
        return chosen


def renamed(record: Mapping[str, Any], chosen: Mapping[str, str]) -> dict[str, Any]:
    """Return a record under our names; what stood under one of them before is kept under `extra`.

    >>> renamed({"body": "Hi.", "section": "x"}, {"text": "body"})
    {'text': 'Hi.', 'section': 'x'}
    >>> renamed({"body": "Hi.", "text": "H"}, {"text": "body"})
    {'text': 'Hi.', 'extra': {'text': 'H'}}
    """
    found = {ours: theirs for ours, theirs in chosen.items() if theirs in record}
    if not found:
        return dict(record)
    taken = set(found.values())
    ours_first = {ours: record[theirs] for ours, theirs in found.items()}
    rest = {key: value for key, value in record.items() if key not in taken and key not in found}
    displaced = {ours: record[ours] for ours in found if ours in record and ours not in taken}
    if displaced:
        extra = rest.get("extra", {})
        rest["extra"] = {**(extra if isinstance(extra, Mapping) else {"extra": extra}), **displaced}
    return {**ours_first, **rest}


def _is_usable(ours: str, value: object) -> bool:
    """Whether a value of this kind may stand in our field: a guess must not spoil a good record."""
    if value is None or isinstance(value, str):
        return True
    return ours == "id" and isinstance(value, int) and not isinstance(value, bool)


def _other_delimiter(columns: Sequence[str]) -> str:
    if len(columns) == 1 and "\t" in columns[0]:
        return " (its columns seem to be parted by tabs: --input-format tsv)"
    if len(columns) == 1 and ";" in columns[0]:
        return " (its columns seem to be parted by semicolons; save it with commas)"
    return ""
