"""What of a frame is read, whatever tool it is of: which column is which of our fields, and of what type."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, TypeAlias

from dedupe_news.errors import InputError, listed
from dedupe_news.io.columns import is_text, is_usable

Label: TypeAlias = Hashable
"""What a column is called: a string, and in pandas anything that may be a key."""

Named: TypeAlias = Label | Literal[False] | None
"""A column's label; None for the one that has our name, if there is one; False for none at all."""

_ARGUMENT = {"published": "date"}  # what a field is called where a caller names its column


@dataclass(frozen=True, slots=True)
class Fields:
    """Which column of a frame holds which field of an article.

    Parameters
    ----------
    text : label
    id, title, byline, url, source, published, language : label, None or False
        A column that is not named is read if it has the name of the field and its type will do: a frame is
        read as a dict is. ``False`` is for a column of that name that is not to be read.
    """

    text: Label = "text"
    id: Named = None
    title: Named = None
    byline: Named = None
    url: Named = None
    source: Named = None
    published: Named = None
    language: Named = None

    def labels_in(self, columns: Sequence[Label]) -> dict[str, Label]:
        """Return which of `columns` is read as which field.

        Raises
        ------
        InputError
            If a column that was named is not there, or is there more than once.
        """
        found: dict[str, Label] = {}
        for ours in FIELDS:
            label = getattr(self, ours)
            if label is False:
                continue
            label = ours if label is None else label
            count = sum(1 for column in columns if column == label)
            if count == 1:
                found[ours] = label
            elif self.is_named(ours):
                there = "no column" if count == 0 else f"{count} columns"
                shown = listed([str(column) for column in columns])
                raise InputError(
                    f"the frame has {there} {label!r} ({_argument(ours)}); its columns are: {shown}"
                )
        return found

    def is_named(self, ours: str) -> bool:
        """Whether the caller has said which column a field is read from."""
        return ours == "text" or getattr(self, ours) is not None


FIELDS = tuple(field.name for field in fields(Fields))


@dataclass(frozen=True, slots=True, eq=False)
class Received:
    """The columns of a frame that are read.

    Parameters
    ----------
    table : pyarrow.Table
        Under our names; the text as a large string.
    labels : mapping
        What each is called in the frame.
    text_type : pyarrow.DataType
        Of the texts as they came: that of new texts.
    """

    table: Any
    labels: Mapping[str, Label]
    text_type: Any


def receive(columns: Sequence[Label], fields: Fields, column_of: Callable[[Label], Any]) -> Received:
    """Return what is read of a frame.

    Parameters
    ----------
    columns : sequence of labels
        All that the frame has.
    fields : Fields
    column_of : callable
        Returns a column by its label, as an Arrow array. A TypeError or ValueError tells why it is none.

    Raises
    ------
    InputError
        If a column that was named is not there, is there twice, or is of a type that its field cannot be.
    """
    import pyarrow as pa

    arrays: dict[str, Any] = {}
    labels: dict[str, Label] = {}
    for ours, label in fields.labels_in(columns).items():
        try:
            array = column_of(label)
            if not is_usable(ours, array.type):
                raise TypeError(f"it holds {array.type}")
        except (TypeError, ValueError) as error:
            if not fields.is_named(ours):
                continue  # it only happens to be called as a field of ours
            shown = listed([str(column) for column in columns])
            raise InputError(
                f"column {label!r} ({_argument(ours)}) must hold {_wanted(ours)}: {error}; "
                f"the columns are: {shown}"
            ) from error
        arrays[ours] = array
        labels[ours] = label
    text_type = value_type(arrays["text"].type)
    arrays["text"] = arrays["text"].cast(pa.large_string())
    return Received(pa.table(arrays), labels, text_type)


def value_type(of: Any) -> Any:
    """Return the type of a column's texts, whether or not it is a dictionary."""
    import pyarrow as pa

    if pa.types.is_dictionary(of):
        return value_type(of.value_type)
    return of if is_text(of) else pa.string()  # of nulls alone


def _argument(ours: str) -> str:
    return f"{_ARGUMENT.get(ours, ours)}="


def _wanted(ours: str) -> str:
    return {"id": "text or whole numbers", "published": "text, dates or moments"}.get(ours, "text")
