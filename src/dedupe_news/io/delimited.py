"""Rows of CSV and TSV, each with the line it begins on."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import IO

from dedupe_news.article import Reject
from dedupe_news.errors import InputError, listed

DELIMITER = {"csv": ",", "tsv": "\t"}

# An article has thousands of characters, a page tens of thousands; the csv module stops at 131 072.
# What is longer than this is, nearly always, a quote that nobody closed.
MAX_FIELD_CHARS = 1 << 25

# A NUL, or a byte that was not UTF-8.
_WRONG = re.compile("[\0\udc80-\udcff]")

_UNCLOSED = "unexpected end of data"
_TOO_LONG = "field larger than field limit"


class DelimitedRows:
    """The header and the rows of an open CSV or TSV file, read as they are asked for.

    Quoting is that of RFC 4180, and strict: what does not follow it is a `Reject`, because
    a lenient reader would lose quotes in silence.

    Raises
    ------
    InputError
        If there is no header, or two columns of one name.
    """

    def __init__(self, name: str, stream: IO[bytes], delimiter: str) -> None:
        self.name = name
        # For all readers of this process: the csv module has one limit. It is never lowered.
        csv.field_size_limit(max(csv.field_size_limit(), MAX_FIELD_CHARS))
        # Foreign bytes become lone surrogates, so that they spoil their own row and no other.
        decoded = io.TextIOWrapper(stream, encoding="utf-8", errors="surrogateescape", newline="")
        self._lines = _RememberedLines(decoded)
        self._reader = csv.reader(self._lines, delimiter=delimiter, strict=True)
        self.columns = self._header()

    def _header(self) -> list[str]:
        try:
            header = next((row for row in self._reader if row), None)
        except csv.Error as error:
            raise self._broken(1, error) from error
        if header is None:
            raise InputError(
                f"{self.name} is empty, a first line with the names of the columns was expected; "
                f"check the file, or leave it out"
            )
        if wrong := _WRONG.search("".join(header)):
            what = "holds NUL bytes" if wrong[0] == "\0" else "is not UTF-8"
            raise InputError(
                f"{self.name} {what} in its first line, names of columns in UTF-8 were expected; "
                f"check what it is, or convert it: iconv -f WINDOWS-1252 -t UTF-8"
            )
        repeated = [column for column in dict.fromkeys(header) if header.count(column) > 1]
        if repeated:
            raise InputError(
                f"{self.name} has more than one column {repeated[0]!r}; rename one in the first line"
            )
        return header

    def rows(self) -> Iterator[tuple[int, list[str] | Reject]]:
        """Yield the line on which a row begins, and its fields or a `Reject`; blank lines are skipped.

        Raises
        ------
        InputError
            If a quote is never closed, or a field is longer than `MAX_FIELD_CHARS`.
        """
        while True:
            line = self._reader.line_num + 1
            self._lines.forget()
            place = f"{self.name}:{line}"
            try:
                row = next(self._reader, None)
            except csv.Error as error:
                if _UNCLOSED in str(error) or _TOO_LONG in str(error):
                    raise self._broken(line, error) from error
                reason = f"not as CSV is quoted: {error}; a quote inside quotes is written twice"
                yield line, Reject(place, reason, self._lines.remembered())
                continue
            if row is None:
                return
            if row:
                reason = self._what_is_wrong(row)
                yield line, Reject(place, reason, self._lines.remembered()) if reason else row

    def _what_is_wrong(self, row: list[str]) -> str:
        expected = len(self.columns)
        if len(row) != expected:
            fields = "1 field" if len(row) == 1 else f"{len(row)} fields"
            return f"{fields}, {expected} were expected: {listed(self.columns)}; check its quotes"
        for cell, column in zip(row, self.columns, strict=True):
            if wrong := _WRONG.search(cell):
                if wrong[0] == "\0":
                    return f"a NUL byte in {column!r}, text was expected; take it out"
                byte = ord(wrong[0]) - 0xDC00
                return (
                    f"not UTF-8: byte 0x{byte:02x} in {column!r}; "
                    f"convert it first, for instance: iconv -f WINDOWS-1252 -t UTF-8"
                )
        return ""

    def _broken(self, line: int, error: csv.Error) -> InputError:
        if _TOO_LONG in str(error):
            return InputError(
                f"{self.name}:{line}: a field in this row has more than {csv.field_size_limit()} "
                f"characters; perhaps a quote is never closed: close it"
            )
        if _UNCLOSED in str(error):
            return InputError(
                f"{self.name}:{line}: a quote that is opened in this row is never closed; "
                f"the file is cut short, or the quote must be closed or written twice"
            )
        return InputError(f"{self.name}:{line}: the first line is not as CSV is quoted: {error}; repair it")


class _RememberedLines:
    """The lines of a file; those of the row that is being read are remembered, for a Reject."""

    def __init__(self, lines: IO[str]) -> None:
        self._lines = lines
        self._read: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._read.append(line)
        return line

    def forget(self) -> None:
        self._read.clear()

    def remembered(self) -> str:
        return "".join(self._read).rstrip("\r\n")
