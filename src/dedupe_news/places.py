"""Where a run reads and writes: outputs, bad records, work in between; and what must not be one place."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, cast

import click

from dedupe_news.article import Reject
from dedupe_news.errors import InputError, OutputError, WorkerError
from dedupe_news.io.streams import (
    COMPRESSION_OF_SUFFIX,
    KNOWN_SUFFIXES,
    STANDARD_STREAM,
    Output,
    check_input,
    input_bytes,
    is_there,
    is_written_as_it_is,
    open_output,
    same_file,
)
from dedupe_news.io.writing import json_line, reject_record
from dedupe_news.terminal import say

LONGEST_NAME_BYTES = 240  # a folder holds 255
WORTH_KEEPING = 16  # finished batches, by default of a megabyte each


class RejectLog:
    """Names every bad record on standard error, and keeps it in a file if there is a place for one.

    A file that was asked for is always written. The one beside the output is written when there
    are bad records, or when one is left there from an earlier run: it speaks of this output.
    """

    def __init__(self, asked_for: str | None, output: str) -> None:
        self.path = asked_for or rejects_beside(output)
        self.rejected = 0
        self._is_due = asked_for is not None or (self.path is not None and is_there(self.path))
        self._closing = ExitStack()
        self._output: Output | None = None

    def __enter__(self) -> RejectLog:
        if self._is_due:
            self._open()
        return self

    def __exit__(self, *error: Any) -> None:
        self._closing.__exit__(*error)

    def _open(self) -> None:
        if self.path is not None and self._output is None:
            self._output = self._closing.enter_context(open_output(self.path))

    def add(self, reject: Reject) -> None:
        """Name a bad record, and keep it."""
        self.rejected += 1
        say(f"{reject.place}: {reject.reason}")
        self._open()
        if self._output:
            self._output.write(json_line(reject_record(reject)))

    def say_where(self) -> None:
        """Say where the bad records are, if there were any."""
        if self.rejected and self.path:
            say(f"the rejected records are in {self.path}")
        elif self.rejected:
            say("the rejected records were not kept; to keep them: --rejects FILE")


def require_some(received: int, rejected: int) -> None:
    """Stop if there were records and not one of them is an article: this is the wrong file."""
    if received and received == rejected:
        records = "the only record is no article" if received == 1 else f"none of {received} is an article"
        raise InputError(
            f"{records}, nothing was written; JSON lines or rows with a \"text\" were expected "
            f"(under another name: --text-field NAME; for plain texts: --input-format text)"
        )  # fmt: skip


def rejects_beside(output: str) -> str | None:
    """Return the name of the file of bad records that belongs to an output.

    >>> rejects_beside("stories/clean.jsonl.gz")
    'stories/clean.rejects.jsonl'
    """
    if is_written_as_it_is(output):
        return None
    place = Path(output)
    stem = place.name
    for endings in (COMPRESSION_OF_SUFFIX, KNOWN_SUFFIXES):
        for ending in endings:
            stem = stem.removesuffix(ending)
    return str(place.with_name(neighbour(stem or place.name, "", ".rejects.jsonl")))


def neighbour(name: str, before: str, behind: str) -> str:
    """Return the name of a file beside another, cut where a folder could not hold it.

    >>> neighbour("clean", "", ".rejects.jsonl"), len(neighbour("é" * 120, ".", ".work"))
    ('clean.rejects.jsonl', 123)
    """
    room = LONGEST_NAME_BYTES - len(before) - len(behind)
    encoded = os.fsencode(name)
    if len(encoded) > room:
        name = encoded[:room].decode("utf-8", "ignore")
    return before + name + behind


def check_places(files: Sequence[str], outputs: dict[str, str | None]) -> None:
    """Refuse what would destroy an input or an output, before anything is opened."""
    if sum(path == STANDARD_STREAM for path in files) > 1:
        raise click.UsageError("standard input (-) can be read only once")
    named = [(name, path) for name, path in outputs.items() if path is not None]
    for position, (name, path) in enumerate(named):
        for file in files:
            if same_file(file, path):
                raise click.UsageError(f"{name} {path} is also an input; name another {name} file")
        for other_name, other_path in named[:position]:
            if path == other_path or same_file(path, other_path):
                raise click.UsageError(f"{name} and {other_name} are both {path}; name two files")
    for path in files:
        check_input(path)


class WorkPlace(NamedTuple):
    """Where work in between is kept, and whether the same command finds it again."""

    folder: Path
    is_found_again: bool


def work_place(asked_for: str | None, output: str, *, resume: bool) -> WorkPlace:
    """Return where the work in between goes: beside the output, unless a place was named."""
    if asked_for is not None:
        return WorkPlace(Path(asked_for), True)
    if is_written_as_it_is(output):
        if resume:
            raise click.UsageError(
                "--resume needs a place where the work was kept: --output FILE or --work FOLDER"
            )
        return WorkPlace(Path(tempfile.mkdtemp(prefix="dedupe-news-")), False)
    place = Path(os.path.realpath(output))
    return WorkPlace(place.with_name(neighbour(place.name, ".", ".work")), True)


@contextmanager
def kept_or_removed(work: Any, place: WorkPlace) -> Iterator[None]:
    """Remove the work when all outputs are in their places.

    When the run breaks off, keep what it has done if it can go on from there, and say so.
    """
    try:
        yield
    except (KeyboardInterrupt, OutputError, WorkerError):
        if place.is_found_again and work.num_finished >= WORTH_KEEPING:
            say(f"{place.folder} holds what is finished; to go on from there: the same command with --resume")
        else:
            work.remove()
        raise
    except BaseException:
        work.remove()
        raise
    else:
        work.remove()
    finally:
        if not place.is_found_again:
            shutil.rmtree(place.folder, ignore_errors=True)


def total_bytes(files: Sequence[str]) -> int | None:
    """Return the size of all inputs, or None if one of them has none."""
    sizes = [input_bytes(file) for file in files]
    return None if None in sizes else sum(cast("list[int]", sizes))
