"""Words and progress for the person at the terminal, on standard error."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import click

BAR_AFTER_SECONDS = 0.5  # a short job needs no bar, and no time to load one
LONGEST_SHOWN_CHARS = 60

# Told of the whole run, not of a stage: they stand beside the bars.
COUNTED = ("articles", "duplicates")
IN_BYTES = ("clean", "add", "query")


def say(words: str) -> None:
    """Print `words` on standard error."""
    with suppress(BrokenPipeError):  # nobody listens: that is no reason to lose the data
        # A lone surrogate in an identifier must not stop the work.
        click.echo(words.encode("utf-8", "backslashreplace").decode("utf-8"), err=True)


def say_changes(id: str, changes: Mapping[str, Any]) -> None:
    """Print what was changed in a document, and why nothing is lost; see `writing.changes_record`."""
    edits, repeats = changes["edits"], changes["repeats"]
    say(f"{id}: {count(len(edits), 'edit')}, {count(len(repeats), 'repeat')}")
    for edit in edits:
        what = f"{shown(edit['before'])} -> {shown(edit['after'])}"
        say(f"  {edit['start']}-{edit['end']} {edit['rule']}: {what}")
    for repeat in repeats:
        (start, end), (kept_start, kept_end) = repeat["removed"], repeat["kept"]
        say(
            f"  {start}-{end} repeat: stands at {kept_start}-{kept_end}, "
            f"similarity {repeat['similarity']:.2f}, seam at {repeat['seam']}"
        )


def shown(text: str) -> str:
    """Return `text` as one line of bounded length.

    >>> shown("a" * 100)
    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaa … aaaaaaaaaaaaaaaaaaaaaaaaaaaaa' (100 characters)"
    """
    if len(text) <= LONGEST_SHOWN_CHARS:
        return repr(text)
    end_chars = LONGEST_SHOWN_CHARS // 2 - 1
    return f"{text[:end_chars] + ' … ' + text[-end_chars:]!r} ({count(len(text), 'character')})"


def count(number: int, one: str = "", many: str = "") -> str:
    """Return a number as people read it, with the word for what it counts.

    >>> count(2411, "article"), count(1, "story", "stories"), count(0)
    ('2 411 articles', '1 story', '0')
    """
    digits = f"{number:,}".replace(",", " ")
    word = one if number == 1 else many or (one and f"{one}s")
    return f"{digits} {word}".rstrip()


class Interruption:
    """Ctrl-C asks for an end, which comes when what was begun is done; the second time it comes at once.

    Where it is left alone (as in a job that a shell put into the background), it is left alone.
    """

    def __init__(self) -> None:
        self.is_asked_for = False
        self._before: Any = None

    def _ask(self, _number: int, _frame: object) -> None:
        self.is_asked_for = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if sys.stderr.isatty():  # past Python's buffer, which may be in the middle of something
            os.write(sys.stderr.fileno(), b"\nends when what was begun is done; Ctrl-C again ends it now\n")

    def __enter__(self) -> Interruption:
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            self._before = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)


Tell = Callable[[str, int, int | None], None]


@contextmanager
def progress_bar(*, hidden: bool) -> Iterator[Tell]:
    """Give what draws bars on standard error: a bar a stage, with rate, time left, duplicates so far.

    It is told ``(stage, done, total)``, and draws nothing where nobody would see it.
    """
    if hidden or not sys.stderr.isatty():
        yield lambda _stage, _done, _total: None
        return
    started = time.monotonic()
    with ExitStack() as stack:
        bars: Any = None
        tasks: dict[str, Any] = {}
        began: dict[str, float] = {}
        so_far = dict.fromkeys(COUNTED, 0)

        def show(stage: str, done: int, total: int | None) -> None:
            nonlocal bars
            if stage in COUNTED:
                so_far[stage] = done
                return
            if bars is None:
                if time.monotonic() - started < BAR_AFTER_SECONDS:
                    return
                bars = stack.enter_context(_new_bars())
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total, rate="", found="")
                began[stage] = time.monotonic()
            num_done = so_far["articles"] if stage in IN_BYTES else done
            seconds = time.monotonic() - (started if stage in IN_BYTES else began[stage])
            rate = f"{count(round(num_done / seconds))}/s" if seconds > 0 else ""
            articles, duplicates = so_far["articles"], so_far["duplicates"]
            found = f"{count(articles, 'article')}, {count(duplicates, 'duplicate')}"
            bars.update(tasks[stage], completed=done, total=total, rate=rate, found=found)

        yield show


def _new_bars() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.table import Column

    def column() -> Column:
        return Column(no_wrap=True)

    return Progress(
        TextColumn("{task.description:11}", table_column=column()),
        BarColumn(bar_width=12),
        TaskProgressColumn(table_column=column()),
        TextColumn("{task.fields[rate]:>9}", table_column=column()),
        TimeRemainingColumn(table_column=column()),
        TextColumn("left, {task.fields[found]}", table_column=column()),
        console=Console(stderr=True),
        transient=True,
    )
