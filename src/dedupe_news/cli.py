"""The `dedupe` command: data on standard output, words and progress on standard error."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn, cast

import click
from click.shell_completion import get_completion_class

import dedupe_news
from dedupe_news import CleanOptions, DedupeNewsError, OptionError, Reject, Summary
from dedupe_news.command_options import (
    COULD_NOT_GO_ON,
    DONE,
    INTERRUPTED,
    PROGRESS_STEP,
    READER_LEFT,
    WRONG_USAGE,
    explain_option,
    field_options,
    files_argument,
    input_format_option,
    jobs_option,
    match_option,
    output_format_option,
    output_option,
    quiet_option,
    rejects_option,
    skip_option,
    with_original_option,
)
from dedupe_news.errors import ArticleError
from dedupe_news.grouped import Size, option
from dedupe_news.index_command import index
from dedupe_news.io.blocks import BLOCK_BYTES, iter_blocks
from dedupe_news.io.documents import (
    DocumentWriter,
    Packed,
    Packing,
    check_output_format,
    writing_documents,
)
from dedupe_news.io.fields import say_nothing
from dedupe_news.io.inputs import expand_inputs
from dedupe_news.io.reading import InputFormat, ReadOptions, open_source
from dedupe_news.io.streams import (
    STANDARD_STREAM,
    FileFormat,
    format_of_name,
    input_bytes,
    open_output,
)
from dedupe_news.io.writing import json_line, relation_record
from dedupe_news.machine import memory_bytes
from dedupe_news.options import match_options
from dedupe_news.places import (
    RejectLog,
    check_places,
    kept_or_removed,
    require_some,
    total_bytes,
    work_place,
)
from dedupe_news.settings import SettingsCommand, settings_options
from dedupe_news.terminal import count, progress_bar, say, say_changes
from dedupe_news.workers import (
    WORTH_LOOPS_BYTES,
    alone,
    collect_seldom,
    end_uncollected,
    get_ready,
    get_ready_for,
    map_in_order,
)

SHARE_OF_MEMORY = 4  # of the machine's memory, by default
LEAST_MEMORY_BYTES = 64 * 1000**2
WORTH_WORKERS_BYTES = 1_000_000  # compressed or not; of less, few blocks can be made


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


@click.group(
    cls=MainJobByDefault, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=print_version,
    help="Show the version and exit.",
)  # fmt: skip
def command() -> None:
    """Turn a pile of damaged, repeated news articles into clean canonical documents.

    Example: dedupe pile.jsonl -o clean.jsonl

    \b
    dedupe monday.csv.gz 'archive/*.parquet' -o clean.parquet   several files, by their names' formats
    dedupe pile.jsonl -o all.jsonl --annotate                   keep every article, and say what it repeats
    cat pile.jsonl | dedupe - > clean.jsonl                     standard input and output
    dedupe clean story.txt -o story.clean.txt                   repair, and merge nothing
    dedupe index add seen.db today.jsonl -o verdicts.jsonl      keep a collection, and say what is new

    Without the name of a command, the main job is done: dedupe FILES is dedupe run FILES, and
    dedupe run --help shows its options. Exit status: 0 done, 1 could not go on, 2 wrong usage.
    """  # noqa: D301 - click takes the character as a mark


@command.command(cls=SettingsCommand)
@files_argument
@input_format_option
@field_options
@output_option
@output_format_option
@option(
    "Output", "--annotate", is_flag=True,
    help="Keep every article, clean, with the verdict in duplicate_of and relation, instead of leaving "
    "duplicates out. Default: off.",
)  # fmt: skip
@option(
    "Output", "--relations", metavar="FILE",
    help="Where every verified relation goes, as JSON lines. Default: nowhere.",
)  # fmt: skip
@rejects_option
@with_original_option
@skip_option
@match_option
@jobs_option
@option(
    "Work", "--memory", type=Size(LEAST_MEMORY_BYTES), metavar="SIZE",
    default=lambda: max(memory_bytes() // SHARE_OF_MEMORY, LEAST_MEMORY_BYTES),
    help="What matching may hold in memory, such as 500MB or 2GB, at least 64MB; what is more waits on the "
    "disk. The result does not depend on it. Default: a quarter of the machine's.",
)  # fmt: skip
@option(
    "Work", "--batch", type=Size(1), metavar="SIZE", default=BLOCK_BYTES,
    help="How much of the input a process takes at a time; the result does not depend on it. Default: 1MB.",
)  # fmt: skip
@option(
    "Work", "--work", metavar="FOLDER",
    help="Where work in between is kept, about one and a half times the size of the texts; removed when all "
    "is done. Default: beside the output (clean.jsonl: .clean.jsonl.work).",
)  # fmt: skip
@option(
    "Work", "--resume", is_flag=True,
    help="Go on from what an interrupted run has finished; the result is the same. Default: off, begin anew.",
)  # fmt: skip
@explain_option
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
    annotate: bool,
    explain: bool,
    jobs: int,
    memory: int,
    batch: int,
    work: str | None,
    resume: bool,
    quiet: bool,
) -> None:
    """Repair every article, and write each story once, with the articles it stands for.

    Example: dedupe run monday.jsonl tuesday.jsonl.gz -o clean.jsonl

    FILES are JSON lines (one object with a "text" per line), CSV, TSV, Parquet or Arrow (one row per
    article), plain texts (one article each), folders of them, quoted patterns ('data/*.csv'), or
    standard input (-); .gz, .zst, .bz2 and .xz are decompressed. "dedupe FILES" means the same.
    """
    log = RejectLog(rejects, output)
    reading = ReadOptions(input_format, fields, say_nothing if quiet else say)
    files = tuple(expand_inputs(files, any_name=input_format != "auto", tell=say))
    check_places(files, {"--output": output, "--rejects": log.path, "--relations": relations})
    form = output_format or format_of_name(output) or "jsonl"
    check_output_format(output, form)
    in_all = total_bytes(files)
    if jobs > 1 and (in_all is None or in_all > WORTH_WORKERS_BYTES):
        get_ready(with_loops=in_all is None or in_all > WORTH_LOOPS_BYTES)
    # Importing the matching machinery takes longer than cleaning an article: only here.
    from dedupe_news.pipeline.files import Collection, RunOptions
    from dedupe_news.pipeline.work import Work

    packing = Packing(form, with_original)
    options = RunOptions(CleanOptions(skip=skip), match_options(match), packing, jobs, memory)
    place = work_place(work, output, resume=resume)
    in_folder = Work(place.folder, version=dedupe_news.__version__, resume=resume)
    with kept_or_removed(in_folder, place), ExitStack() as outputs:
        output_to = outputs.enter_context(open_output(output))
        relations_to = outputs.enter_context(open_output(relations)) if relations else None
        outputs.enter_context(in_folder)
        if in_folder.thrown_away and not quiet:
            finished = count(in_folder.thrown_away, "finished batch", "finished batches")
            say(
                f"{place.folder}: {finished} of an interrupted run thrown away; --resume would have used them"
            )
        documents_to = outputs.enter_context(
            writing_documents(
                output_to,
                packing,
                column_types=reading.column_types,
                folder=in_folder.scratch,
                tell=reading.tell,
            )
        )
        with progress_bar(hidden=quiet) as tell:
            collection = Collection(in_folder, options, tell)
            blocks = iter_blocks(files, reading, block_bytes=batch)
            with log:
                for reject in collection.take(blocks, in_all):
                    log.add(reject)
            if resume and not quiet:
                finished = count(collection.num_resumed, "batch", "batches")
                say(f"{place.folder}: {finished} of {count(collection.num_batches)} were finished before")
            require_some(collection.num_received, log.rejected)
            collection.match()
            num_documents = collection.num_documents(annotate=annotate)
            for done, (id, packed, verdict) in enumerate(collection.documents(annotate=annotate), start=1):
                documents_to.write_packed(id, packed, verdict)
                if explain:
                    say_changes(id, packing.changes(packed))
                if done % PROGRESS_STEP == 0:
                    tell("write", done, num_documents)
        if relations_to:
            for relation in collection.relations:
                relations_to.write(json_line(relation_record(relation)))
    if not quiet:
        say(summary_line(*collection.summary()))
        log.say_where()


@command.command(cls=SettingsCommand)
@files_argument
@input_format_option
@field_options
@output_option
@output_format_option
@rejects_option
@with_original_option
@skip_option
@jobs_option
@explain_option
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
    in_all = total_bytes(files)
    get_ready_for(in_all, jobs=jobs)
    cleaned = changed = 0
    with ExitStack() as outputs:
        output_to = outputs.enter_context(open_output(output))
        documents_to: DocumentWriter | None = None
        with log, progress_bar(hidden=quiet or output == STANDARD_STREAM) as tell:
            for path in files:
                with open_source(path, reading) as source:
                    if documents_to is None:
                        form = form or ("text" if source.format == "text" else "jsonl")
                        documents_to = outputs.enter_context(
                            writing_documents(
                                output_to,
                                Packing(form, with_original),
                                column_types=reading.column_types,
                                tell=reading.tell,
                            )
                        )
                    packing = documents_to.packing
                    # Who reads along from a pipe waits for every single article.
                    of_source = 1 if path == STANDARD_STREAM else jobs
                    cleaning = partial(clean_record, options=options, packing=packing)
                    for done in map_in_order(cleaning, source.records(), jobs=of_source):
                        if isinstance(done, Reject):
                            log.add(done)
                            continue
                        documents_to.write_packed(done.id, done.packed, {})
                        if output == STANDARD_STREAM:
                            output_to.flush()
                        if explain:
                            say_changes(done.id, packing.changes(done.packed))
                        cleaned += 1
                        changed += done.is_changed
                        if cleaned % PROGRESS_STEP == 0:
                            tell("articles", cleaned, None)
                            tell("clean", source.position() or 0, input_bytes(path))
        require_some(cleaned + log.rejected, log.rejected)
    if not quiet:
        words = f"{count(cleaned, 'article')} cleaned, {count(changed)} changed"
        say(f"{words}, {count(log.rejected)} rejected")
        log.say_where()


@dataclass(frozen=True, slots=True)
class Cleaned:
    """An article that has been repaired, as far as it is written."""

    id: str
    packed: Packed
    is_changed: bool


def clean_record(placed: tuple[str, object], options: CleanOptions, packing: Packing) -> Cleaned | Reject:
    """Return one record, with its place, repaired; or a Reject if it is no article."""
    place, record = placed
    if isinstance(record, Reject):
        return record
    try:
        document = dedupe_news.clean(cast("dict[str, Any]", record), options=options)
    except ArticleError as error:
        return Reject(place, str(error), record)
    return Cleaned(document.id, packing.pack(document), bool(document.edits))


def summary_line(summary: Summary, kinds: Counter[Any]) -> str:
    """Return the account: articles received = stories + duplicates + rejected."""
    what = f" ({', '.join(f'{count(number)} {kind}' for kind, number in sorted(kinds.items()))})"
    return (
        f"{count(summary.received, 'article')}, {count(summary.canonical, 'story', 'stories')}, "
        f"{count(summary.duplicates, 'duplicate')}{what if kinds else ''}, {count(summary.rejected)} rejected"
    )


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


command.add_command(index)
for _command in (run, clean):
    settings_options(_command)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and exit: 0 done, 1 could not go on, 2 wrong usage, 130 interrupted."""
    collect_seldom()
    try:
        with alone():
            command.main(arguments, prog_name="dedupe")
    finally:
        end_uncollected()
    sys.exit(DONE)  # never reached: click exits


if __name__ == "__main__":
    main()
