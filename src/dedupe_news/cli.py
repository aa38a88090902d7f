"""The `dedupe` command: data on standard output, words and progress on standard error."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial, wraps
from pathlib import Path
from typing import Any, NoReturn, cast

import click
from click.shell_completion import get_completion_class

import dedupe_news
from dedupe_news import CleanArticle, CleanOptions, DedupeNewsError, DedupeResult, OptionError, Reject
from dedupe_news.errors import ArticleError, InputError
from dedupe_news.io.documents import DocumentWriter, check_output_format, writing_documents
from dedupe_news.io.fields import OPTION_OF_FIELD
from dedupe_news.io.inputs import expand_inputs
from dedupe_news.io.reading import InputFormat, ReadOptions, open_source
from dedupe_news.io.streams import (
    COMPRESSION_OF_SUFFIX,
    KNOWN_SUFFIXES,
    STANDARD_STREAM,
    FileFormat,
    Output,
    check_input,
    format_of_name,
    open_output,
    same_file,
)
from dedupe_news.io.writing import json_line, reject_record, relation_record
from dedupe_news.settings import SettingsCommand, settings_options
from dedupe_news.workers import collect_seldom, map_in_order

DONE, COULD_NOT_GO_ON, WRONG_USAGE = 0, 1, 2
INTERRUPTED, READER_LEFT = 128 + 2, 128 + 13  # as a shell counts SIGINT and SIGPIPE

BAR_AFTER_SECONDS = 0.5  # a short job needs no bar, and no time to load one
LONGEST_SHOWN_CHARS = 60


class MainJobByDefault(click.Group):
    """A group in which ``dedupe FILES`` is ``dedupe run FILES``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own_options = {name for parameter in self.get_params(ctx) for name in parameter.opts}
        if args and args[0] not in self.commands and args[0] not in own_options:
            args = ["run", *args]
        return super().parse_args(ctx, args)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage("dedupe", "FILES... -o FILE   (or: dedupe COMMAND ...)")

    def invoke(self, ctx: click.Context) -> Any:
        """Do the job; what we cannot go on from is told in one line, and in the exit status."""
        try:
            return super().invoke(ctx)
        except OptionError as error:
            say(f"dedupe: {error}")
            ctx.exit(WRONG_USAGE)
        except DedupeNewsError as error:
            say(f"dedupe: {error}")
            ctx.exit(COULD_NOT_GO_ON)
        except KeyboardInterrupt:
            say("dedupe: interrupted")
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            # `dedupe … | head`: the reader has enough. Python would complain again at its own end.
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(READER_LEFT)


def print_version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"dedupe-news {dedupe_news.__version__}")
        ctx.exit(DONE)


@click.group(cls=MainJobByDefault, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=print_version,
    help="Show the version and exit.",
)  # fmt: skip
def command() -> None:
    """Turn a pile of damaged, repeated news articles into clean canonical documents.

    Example: dedupe pile.jsonl -o clean.jsonl

    Without the name of a command, the main job is done: dedupe FILES is dedupe run FILES.
    Exit status: 0 done, 1 could not go on, 2 wrong usage.
    """


FORMATS: tuple[FileFormat, ...] = ("jsonl", "csv", "tsv", "parquet", "arrow", "text")

# One table of options, so that a word means the same in every command.
files_argument = click.argument("files", nargs=-1, required=True, metavar="FILES...")
output_option = click.option(
    "-o", "--output", metavar="FILE", default=STANDARD_STREAM,
    help="Where the documents go, in the format that the name tells: .jsonl, .csv, .tsv, .parquet, "
    ".arrow, .txt; with .gz, .zst, .bz2 or .xz compressed. It appears whole or not at all. "
    "Default: standard output (-).",
)  # fmt: skip
rejects_option = click.option(
    "--rejects", metavar="FILE",
    help="Where bad records go, as JSON lines with place, reason and record. Default: beside the "
    "output (clean.jsonl: clean.rejects.jsonl), if there are any; with standard output, nowhere.",
)  # fmt: skip
input_format_option = click.option(
    "--input-format", type=click.Choice(["auto", *FORMATS]), default="auto",
    help="What the files hold: one JSON object per line, one row per article, or one plain text per "
    "file. Default: auto, by name, otherwise by the first characters ({ begins JSON lines).",
)  # fmt: skip
output_format_option = click.option(
    "--output-format", type=click.Choice(FORMATS),
    help="Default: by the output's name; otherwise JSON lines, but text where clean reads a text.",
)  # fmt: skip
with_original_option = click.option(
    "--with-original", is_flag=True, help="Add the received text to each JSON line, as original."
)
explain_option = click.option(
    "--explain", is_flag=True,
    help="Print every edit and every repeat on standard error, in code points of the received text.",
)  # fmt: skip
quiet_option = click.option(
    "-q", "--quiet", is_flag=True, help="No progress and no summary; bad records are still named."
)
skip_option = click.option(
    "--skip", metavar="RULE", multiple=True,
    help="Do not apply this rule of cleaning (dash, quote, run_on, repeat, ...; the README lists them). "
    "May be given again.",
)  # fmt: skip
jobs_option = click.option(
    "-j", "--jobs", type=click.IntRange(1, 1024), metavar="N", default=lambda: os.cpu_count() or 1,
    help="Processes that clean; the result does not depend on it. Default: one for each core.",
)  # fmt: skip


def field_options(job: Callable[..., None]) -> Callable[..., None]:
    """Add the options that name fields; the job gets them as one mapping of our names to theirs."""

    @wraps(job)
    def with_fields(**values: Any) -> None:
        named = {ours: values.pop(parameter_of(option)) for ours, option in OPTION_OF_FIELD.items()}
        job(fields={ours: theirs for ours, theirs in named.items() if theirs}, **values)

    for ours, option in reversed(OPTION_OF_FIELD.items()):
        click.option(
            option, metavar="NAME",
            help=f"The field or column that is our {ours}. Default: {ours}, or else the first of its usual "
            "names that is there, and that is said.",
        )(with_fields)  # fmt: skip
    return with_fields


def parameter_of(option: str) -> str:
    return option.removeprefix("--").replace("-", "_")


PRESET_NAMES = ("strict", "news", "noisy")


@command.command(cls=SettingsCommand)
@files_argument
@output_option
@rejects_option
@click.option("--relations", metavar="FILE", help="Where every verified relation goes, as JSON lines.")
@click.option(
    "--match", type=click.Choice(PRESET_NAMES), default="news",
    help="How alike copies must be: strict for exact archives, noisy for scanned or transcribed "
    "texts. Default: news.",
)  # fmt: skip
@skip_option
@input_format_option
@output_format_option
@field_options
@with_original_option
@explain_option
@jobs_option
@quiet_option
def run(
    files: tuple[str, ...],
    output: str,
    rejects: str | None,
    relations: str | None,
    match: str,
    skip: tuple[str, ...],
    input_format: InputFormat,
    output_format: FileFormat | None,
    fields: dict[str, str],
    with_original: bool,
    explain: bool,
    jobs: int,
    quiet: bool,
) -> None:
    """Repair every article, and write each story once, with the articles it stands for.

    Example: dedupe run monday.jsonl tuesday.jsonl.gz -o clean.jsonl

    FILES are JSON lines (one object with a "text" per line), CSV, TSV, Parquet or Arrow (one row per
    article), plain texts (one article each), folders of them, quoted patterns ('data/*.csv'), or
    standard input (-); .gz, .zst, .bz2 and .xz are decompressed. "dedupe FILES" means the same.
    """
    options = CleanOptions(skip=skip)
    log = RejectLog(rejects, output)
    reading = ReadOptions(input_format, fields, say_nothing if quiet else say)
    files = tuple(expand_inputs(files, any_name=input_format != "auto", tell=say))
    check_places(files, {"--output": output, "--rejects": log.path, "--relations": relations})
    form = output_format or format_of_name(output) or "jsonl"
    check_output_format(output, form)
    # Importing the matching machinery takes longer than cleaning an article: only here.
    from dedupe_news.pipeline import dedupe_records

    with ExitStack() as outputs:
        output_to = outputs.enter_context(open_output(output))
        documents_to = outputs.enter_context(
            writing_documents(output_to, form, with_original=with_original, column_types=reading.column_types)
        )
        relations_to = outputs.enter_context(open_output(relations)) if relations else None
        with progress_bar(hidden=quiet) as progress:
            records = iter_records(files, reading)
            result = dedupe_records(records, clean=options, match=match, jobs=jobs, progress=progress)
        with log:
            for reject in result.rejects:
                log.add(reject)
        require_some(result.summary.received, result.summary.rejected)
        for document in result.documents:
            documents_to.write(document)
            if explain:
                say_changes(document)
        if relations_to:
            for relation in result.relations:
                relations_to.write(json_line(relation_record(relation)))
    if not quiet:
        say(summary_line(result))
        log.say_where()


@command.command(cls=SettingsCommand)
@files_argument
@output_option
@rejects_option
@skip_option
@input_format_option
@output_format_option
@field_options
@with_original_option
@explain_option
@jobs_option
@quiet_option
def clean(
    files: tuple[str, ...],
    output: str,
    rejects: str | None,
    skip: tuple[str, ...],
    input_format: InputFormat,
    output_format: FileFormat | None,
    fields: dict[str, str],
    with_original: bool,
    explain: bool,
    jobs: int,
    quiet: bool,
) -> None:
    """Repair articles one by one, and merge nothing.

    Example: dedupe clean story.txt -o story.clean.txt

    Each article is written as soon as it is repaired, in the order of the input. A plain text
    comes out as plain text, JSON lines as JSON lines, unless the output's name says otherwise.
    """
    options = CleanOptions(skip=skip)
    log = RejectLog(rejects, output)
    reading = ReadOptions(input_format, fields, say_nothing if quiet else say)
    files = tuple(expand_inputs(files, any_name=input_format != "auto", tell=say))
    check_places(files, {"--output": output, "--rejects": log.path})
    form = output_format or format_of_name(output)
    if form:
        check_output_format(output, form)
    cleaned = changed = 0
    with ExitStack() as outputs:
        output_to = outputs.enter_context(open_output(output))
        documents_to: DocumentWriter | None = None
        with log, progress_bar(hidden=quiet or output == STANDARD_STREAM) as progress:
            for path in files:
                with open_source(path, reading) as source:
                    if documents_to is None:
                        form = form or ("text" if source.format == "text" else "jsonl")
                        documents_to = outputs.enter_context(
                            writing_documents(
                                output_to,
                                form,
                                with_original=with_original,
                                column_types=reading.column_types,
                            )
                        )
                    # Who reads along from a pipe waits for every single article.
                    of_source = 1 if path == STANDARD_STREAM else jobs
                    cleaning = partial(clean_record, options=options)
                    for document in map_in_order(cleaning, source.records(), jobs=of_source):
                        if isinstance(document, Reject):
                            log.add(document)
                            continue
                        documents_to.write(document)
                        if output == STANDARD_STREAM:
                            output_to.flush()
                        if explain:
                            say_changes(document)
                        cleaned += 1
                        changed += bool(document.edits)
                        if progress:
                            progress("clean", cleaned + log.rejected, None)
        require_some(cleaned + log.rejected, log.rejected)
    if not quiet:
        words = f"{count(cleaned, 'article')} cleaned, {count(changed)} changed"
        say(f"{words}, {count(log.rejected)} rejected")
        log.say_where()


def iter_records(files: Sequence[str], reading: ReadOptions) -> Iterator[tuple[str, object]]:
    """Yield the records of all files, one file after the other."""
    for path in files:
        with open_source(path, reading) as source:
            yield from source.records()


def clean_record(placed: tuple[str, object], options: CleanOptions) -> CleanArticle | Reject:
    """Return one record, with its place, repaired; or a Reject if it is no article."""
    place, record = placed
    if isinstance(record, Reject):
        return record
    try:
        return dedupe_news.clean(cast("dict[str, Any]", record), options=options)
    except ArticleError as error:
        return Reject(place, str(error), record)


class RejectLog:
    """Names every bad record on standard error, and keeps it in a file if there is a place for one.

    A file that was asked for is always written. The one beside the output is written when there
    are bad records, or when one is left there from an earlier run: it speaks of this output.
    """

    def __init__(self, asked_for: str | None, output: str) -> None:
        self.path = asked_for or rejects_beside(output)
        self.rejected = 0
        self._is_due = asked_for is not None or (self.path is not None and Path(self.path).exists())
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
        self.rejected += 1
        say(f"{reject.place}: {reject.reason}")
        self._open()
        if self._output:
            self._output.write(json_line(reject_record(reject)))

    def say_where(self) -> None:
        if self.rejected and self.path:
            say(f"the rejected records are in {self.path}")
        elif self.rejected:
            say("the rejected records were not kept; to keep them: --rejects FILE")


def rejects_beside(output: str) -> str | None:
    """Return the name of the file of bad records that belongs to an output.

    >>> rejects_beside("stories/clean.jsonl.gz")
    'stories/clean.rejects.jsonl'
    """
    place = Path(output)
    if output == STANDARD_STREAM or (place.exists() and not place.is_file()):
        return None  # a pipe or /dev/null has no folder for neighbours
    stem = place.name
    for endings in (COMPRESSION_OF_SUFFIX, KNOWN_SUFFIXES):
        for ending in endings:
            stem = stem.removesuffix(ending)
    return str(place.with_name(f"{stem or place.name}.rejects.jsonl"))


def check_places(files: Sequence[str], outputs: dict[str, str | None]) -> None:
    """Refuse what would destroy an input or an output, before anything is opened."""
    if sum(path == STANDARD_STREAM for path in files) > 1:
        raise click.UsageError("standard input (-) can be read only once")
    named = [(option, path) for option, path in outputs.items() if path is not None]
    for position, (option, path) in enumerate(named):
        for file in files:
            if same_file(file, path):
                raise click.UsageError(f"{option} {path} is also an input; name another {option} file")
        for other_option, other_path in named[:position]:
            if path == other_path or same_file(path, other_path):
                raise click.UsageError(f"{option} and {other_option} are both {path}; name two files")
    for path in files:
        check_input(path)


def require_some(received: int, rejected: int) -> None:
    """Stop if there were records and not one of them is an article: this is the wrong file."""
    if received and received == rejected:
        records = "the only record is no article" if received == 1 else f"none of {received} is an article"
        raise InputError(
            f"{records}, nothing was written; JSON lines or rows with a \"text\" were expected "
            f"(under another name: --text-field NAME; for plain texts: --input-format text)"
        )  # fmt: skip


def say(words: str) -> None:
    """Print `words` on standard error."""
    with suppress(BrokenPipeError):  # nobody listens: that is no reason to lose the data
        # A lone surrogate in an identifier must not stop the work.
        click.echo(words.encode("utf-8", "backslashreplace").decode("utf-8"), err=True)


def say_nothing(_words: str) -> None:
    """Leave it unsaid."""


def say_changes(document: CleanArticle) -> None:
    """Print what was changed in a document, and why nothing is lost."""
    say(f"{document.id}: {count(len(document.edits), 'edit')}, {count(len(document.repeats), 'repeat')}")
    for edit in document.edits:
        say(f"  {edit.start}-{edit.end} {edit.rule}: {shown(edit.before)} -> {shown(edit.after)}")
    for repeat in document.repeats:
        removed, kept = repeat.removed, repeat.kept
        say(
            f"  {removed.start}-{removed.end} repeat: stands at {kept.start}-{kept.end}, "
            f"similarity {repeat.similarity:.2f}, seam at {repeat.seam}"
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


def summary_line(result: DedupeResult) -> str:
    """Return the account: articles received = stories + duplicates + rejected."""
    summary = result.summary
    kinds = Counter(
        duplicate.relation.kind for document in result.documents for duplicate in document.duplicates
    )
    what = f" ({', '.join(f'{count(number)} {kind}' for kind, number in sorted(kinds.items()))})"
    return (
        f"{count(summary.received, 'article')}, {count(summary.canonical, 'story', 'stories')}, "
        f"{count(summary.duplicates, 'duplicate')}{what if kinds else ''}, {count(summary.rejected)} rejected"
    )


def count(number: int, one: str = "", many: str = "") -> str:
    """Return a number as people read it, with the word for what it counts.

    >>> count(2411, "article"), count(1, "story", "stories"), count(0)
    ('2 411 articles', '1 story', '0')
    """
    digits = f"{number:,}".replace(",", " ")
    word = one if number == 1 else many or (one and f"{one}s")
    return f"{digits} {word}".rstrip()


@contextmanager
def progress_bar(*, hidden: bool) -> Iterator[Callable[[str, int, int | None], None] | None]:
    """Give what draws a bar on standard error, or None where nobody would see one."""
    if hidden or not sys.stderr.isatty():
        yield None
        return
    started = time.monotonic()
    with ExitStack() as stack:
        bar: Any = None
        tasks: dict[str, Any] = {}

        def show(stage: str, done: int, total: int | None) -> None:
            nonlocal bar
            if bar is None:
                if time.monotonic() - started < BAR_AFTER_SECONDS:
                    return
                bar = stack.enter_context(new_bar())
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total)
            bar.update(tasks[stage], completed=done, total=total)

        yield show


def new_bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


@command.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print what makes a shell complete the command's words.

    Example: dedupe completion bash >> ~/.bashrc
    """
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"no completion for {shell}")
    click.echo(found(command, {}, "dedupe", "_DEDUPE_COMPLETE").source())


for _command in (run, clean):
    settings_options(_command)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and exit: 0 done, 1 could not go on, 2 wrong usage, 130 interrupted."""
    collect_seldom()
    command.main(arguments, prog_name="dedupe")
    sys.exit(DONE)  # never reached: click exits


if __name__ == "__main__":
    main()
