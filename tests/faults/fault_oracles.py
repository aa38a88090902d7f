"""The truth about a file of lines, worked out a second time: slow and obvious."""

from __future__ import annotations

import json
from collections.abc import Sequence

from dedupe_news.article import Reject
from dedupe_news.errors import InputError

Records = Sequence[tuple[str, object]]

MARK = b"\xef\xbb\xbf"
WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


def check_lines(name: str, data: bytes, records: Records, refusal: InputError | None, _guessed: bool) -> None:
    """Every line that is not blank is one record or reject with its number; nothing else is."""
    if data.startswith(WIDE_MARKS):
        assert refusal is not None
        return
    lines = data.removeprefix(MARK).split(b"\n")
    wanted = [(number, line) for number, line in enumerate(lines, 1) if line.strip(b" \t\r\v\f")]
    if refusal is not None:
        assert "may each be the text" in str(refusal), refusal
        wanted = wanted[: len(records)]
    assert [place for place, _ in records] == [f"{name}:{number}" for number, _ in wanted]
    for (_, line), (place, record) in zip(wanted, records, strict=True):
        truth = json_object(line)
        if truth is None:
            assert isinstance(record, Reject), place
            assert record.place == place
            if isinstance(record.record, str) and not is_json(line):
                assert record.record.encode("utf-8", "surrogateescape") == line.rstrip(b"\r\n"), place
        elif isinstance(record, Reject):
            assert "cannot be kept" in record.reason or "--text-field" in record.reason, record
        elif "text" in truth and "extra" not in record:
            assert record == truth, place


def is_json(line: bytes) -> bool:
    try:
        json.loads(line.decode("utf-8"))
    except ValueError:
        return False
    return True


def json_object(line: bytes) -> dict[str, object] | None:
    """Return what a line of JSON says, by the standard library, or None if that is no object."""
    try:
        value = json.loads(line.decode("utf-8"))
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def check_text(name: str, data: bytes, records: Records, refusal: InputError | None, _guessed: bool) -> None:
    """A text is one record that holds all of it, or one reject."""
    if data.startswith(WIDE_MARKS):
        assert refusal is not None
        return
    assert refusal is None, refusal
    [(place, record)] = records
    assert place == name
    try:
        text = data.removeprefix(MARK).decode("utf-8")
    except UnicodeDecodeError:
        assert isinstance(record, Reject)
    else:
        assert record == {"text": text, "file": name}


def check_csv(name: str, data: bytes, records: Records, refusal: InputError | None, guessed: bool) -> None:
    check_delimited(name, data, records, refusal, guessed, ",")


def check_tsv(name: str, data: bytes, records: Records, refusal: InputError | None, guessed: bool) -> None:
    check_delimited(name, data, records, refusal, guessed, "\t")


def check_delimited(
    name: str, data: bytes, records: Records, refusal: InputError | None, guessed: bool, delimiter: str
) -> None:
    """Every row is one record or reject with the line it begins on, and holds what stands there."""
    if data.startswith(WIDE_MARKS):
        assert refusal is not None
        return
    text = data.removeprefix(MARK).decode("utf-8", "surrogateescape")
    rows = delimited_rows(text, delimiter)
    if refusal is not None and not records:
        return  # a header that will not do, or the first row is never closed
    if refusal is not None:
        assert rows[-1][1] is None, "refused, and no quote is left open"
        assert f"{name}:{rows[-1][0]}: a quote" in str(refusal), refusal
        rows = rows[:-1]
    (_, columns, _), *rows = rows
    assert columns is not None
    assert [place for place, _ in records] == [f"{name}:{line}" for line, _, _ in rows]
    for (_, cells, raw), (place, record) in zip(rows, records, strict=True):
        is_good = (
            cells is not None
            and len(cells) == len(columns)
            and not any(char == "\0" or "\udc80" <= char <= "\udcff" for cell in cells for char in cell)
        )
        assert is_good is not isinstance(record, Reject), (place, cells, record)
        if isinstance(record, Reject):
            assert record.record == raw.rstrip("\r\n"), (place, record.record, raw)
        elif not guessed:
            assert cells is not None
            row = dict(zip(columns, cells, strict=True))
            assert {key: record.get(key, "") for key in columns} == row, place  # type: ignore[attr-defined]


def delimited_rows(text: str, delimiter: str) -> list[tuple[int, list[str] | None, str]]:
    """Return the line on which each row begins, its cells (None: not as CSV is quoted), and itself.

    One character after the other, as RFC 4180 says. A row that is not quoted as it should be ends
    with the line on which that is seen. Blank lines are no rows; a quote that is never closed
    makes a last row without cells.
    """
    rows: list[tuple[int, list[str] | None, str]] = []
    at, line = 0, 1
    while at < len(text):
        begin, begin_line = at, line
        cells: list[str] | None = []
        cell, state = "", "start"
        while True:
            char = text[at] if at < len(text) else ""
            at += 1
            if char == "\r" and text[at : at + 1] == "\n":
                char = "\r\n"
                at += 1
            is_end = char in ("\r", "\n", "\r\n", "")
            line += is_end and char != ""
            if state == "quoted" and char != "":
                if char == '"':
                    state = "quote"
                else:
                    cell += char
            elif state == "quote" and char == '"':
                cell, state = cell + '"', "quoted"
            elif is_end:
                if state == "quoted" or cells is None:
                    cells = None
                else:
                    cells.append(cell)
                break
            elif state == "broken":
                pass
            elif char == delimiter:
                assert cells is not None
                cells.append(cell)
                cell, state = "", "start"
            elif state == "quote":
                cells, state = None, "broken"
            elif state == "start" and char == '"':
                state = "quoted"
            else:
                cell, state = cell + char, "plain"
        raw = text[begin:at]
        if raw.strip("\r\n"):
            rows.append((begin_line, cells, raw))
    return rows


ORACLES = {"jsonl": check_lines, "text": check_text, "csv": check_csv, "tsv": check_tsv}
