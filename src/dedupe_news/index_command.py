"""`dedupe index`: a collection that is kept on disk, by the names of `dedupe_news.Index`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

import dedupe_news
from dedupe_news import CleanOptions, DedupeNewsError, IndexFileError, Match, Reject
from dedupe_news.arriving import as_they_come
from dedupe_news.command_options import (
    INTERRUPTED,
    PRESET_NAMES,
    PROGRESS_STEP,
    explain_option,
    field_options,
    files_argument,
    input_format_option,
    jobs_option,
    output_format_option,
    output_option,
    quiet_option,
    rejects_option,
    with_original_option,
)
from dedupe_news.errors import InputError, OutputError, WorkerError
from dedupe_news.grouped import Age, Moment, option
from dedupe_news.io.documents import DocumentWriter, Packing, check_output_format, writing_documents
from dedupe_news.io.fields import say_nothing
from dedupe_news.io.inputs import expand_inputs
from dedupe_news.io.reading import InputFormat, ReadOptions, Source, open_source
from dedupe_news.io.streams import (
    STANDARD_STREAM,
    FileFormat,
    Output,
    format_of_name,
    open_output,
)
from dedupe_news.io.writing import (
    change_record,
    changes_record,
    json_line,
    match_record,
    relation_record,
    verdict_record,
)
from dedupe_news.options import PRESETS, MatchOptions
from dedupe_news.places import RejectLog, check_places, require_some, total_bytes
from dedupe_news.settings import SettingsCommand, settings_options
from dedupe_news.terminal import Interruption, count, progress_bar, say, say_changes
from dedupe_news.workers import Pause, get_ready_for

if TYPE_CHECKING:
    from dedupe_news import Index, IndexStats

Records = Iterator[tuple[str, object] | Pause]


@click.group()
def index() -> None:
    """Keep a collection on disk that grows article by article.

    Example: dedupe index add seen.db today.jsonl -o verdicts.jsonl

    \b
    dedupe index add seen.db today.jsonl --new -o new.jsonl     what nobody had before, repaired
    scrape | dedupe index add seen.db - --new | publish         the same, as it comes
    dedupe index query seen.db one.txt                          ask, and keep nothing
    dedupe index export seen.db -o clean.jsonl                  each story once, as dedupe FILES gives it
    dedupe index expire seen.db --older-than 90d                forget what was not seen for long

    INDEX is an SQLite file (its neighbours with -wal, -shm and -keys behind the name belong to it);
    several processes may use it at once. What it holds is what dedupe FILES finds in the same
    articles, whatever the order in which they came.
    """  # noqa: D301 - click takes the character as a mark


def _a_file(_ctx: click.Context, _parameter: click.Parameter, path: str | None) -> str | None:
    if path == STANDARD_STREAM:
        raise click.UsageError("an index is a file: dedupe index add seen.db -")
    return path


index_argument = click.argument("path", metavar="INDEX", callback=_a_file)
verdicts_option = option(
    "Output", "-o", "--output", metavar="FILE", default=STANDARD_STREAM,
    help="Where the verdicts go, as JSON lines: id, outcome (new, duplicate, better, again), canonical_id, "
    "relation, changes; or the documents of --new. Default: standard output (-).",
)  # fmt: skip
new_option = option(
    "Output", "--new", is_flag=True,
    help="Instead of verdicts, write the documents that stand for a story from now on (new or better), whole "
    "and repaired; relation is null for a new story, and leads to the document before for a better text. "
    "Default: off.",
)  # fmt: skip


@index.command(cls=SettingsCommand)
@index_argument
@files_argument
@input_format_option
@field_options
@verdicts_option
@new_option
@output_format_option
@rejects_option
@with_original_option
@option(
    "Cleaning", "--skip", metavar="RULE", multiple=True,
    help="Do not apply this rule of cleaning. May be given again. Told when the index is made; others are "
    "refused later. Default: as the index was made, or all rules are applied.",
)  # fmt: skip
@option(
    "Cleaning", "--no-clean", is_flag=True,
    help="Take the texts as they are, in an index that is made so. Default: as the index was made, or off.",
)  # fmt: skip
@option(
    "Matching", "--match", type=click.Choice(PRESET_NAMES),
    help="How alike copies must be. Told when the index is made; another is refused later. Default: as the "
    "index was made, or news.",
)  # fmt: skip
@option(
    "Index", "--replace", is_flag=True,
    help="An article takes the place of the one with its id and another text, instead of being rejected. "
    "Default: off.",
)  # fmt: skip
@option(
    "Index", "--seen", metavar="MOMENT", type=Moment(),
    help="When the articles were seen, for expire: 2026-01-31 or 2026-01-31T06:30, in local time unless a "
    "zone is told. Default: now.",
)  # fmt: skip
@jobs_option
@explain_option
@quiet_option
def add(
    path: str,
    skip: tuple[str, ...],
    no_clean: bool,
    match: str | None,
    replace: bool,
    seen: datetime | None,
    jobs: int,
    **values: Any,
) -> None:
    """Add articles, and say of each whether its story is new.

    Example: dedupe index add seen.db monday.jsonl tuesday.jsonl.gz -o verdicts.jsonl

    The index is made if it is not there. FILES are those of dedupe run; from a pipe each article is
    added as it comes. Ctrl-C ends the work when what has been read is added, and output and index agree.
    """
    asked: dict[str, Any] = {}
    if skip and no_clean:
        raise click.UsageError(
            "--skip names rules of cleaning, and --no-clean takes texts as they are: choose"
        )
    if skip or no_clean:
        asked["clean"] = CleanOptions(skip=skip) if skip else None
    if match:
        asked["match"] = match
    asking = Asking(
        path,
        verb="add",
        opened=lambda: dedupe_news.Index(path, **asked),
        ask=lambda opened, records: opened.add_records(records, seen=seen, jobs=jobs, replace=replace),
        is_kept=True,
        jobs=jobs,
    )
    judge(asking, **values)


@index.command(cls=SettingsCommand)
@index_argument
@files_argument
@input_format_option
@field_options
@verdicts_option
@new_option
@output_format_option
@rejects_option
@with_original_option
@jobs_option
@explain_option
@quiet_option
def query(path: str, jobs: int, **values: Any) -> None:
    """Say what add would say of each article, and keep nothing.

    Example: dedupe index query seen.db today.jsonl

    Each article is compared with what the index holds, and not with the others that are asked about.
    """
    asking = Asking(
        path,
        verb="query",
        opened=lambda: dedupe_news.Index(path, read_only=True),
        ask=lambda opened, records: opened.query_records(records, jobs=jobs),
        is_kept=False,
        jobs=jobs,
    )
    judge(asking, **values)


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked of an index; `is_kept`: what was asked about is in it then, however the job ends."""

    path: str
    verb: Literal["add", "query"]
    opened: Callable[[], Index]
    ask: Callable[[Index, Records], Iterator[Match | Reject]]
    is_kept: bool
    jobs: int


def judge(
    asking: Asking,
    *,
    files: tuple[str, ...],
    input_format: InputFormat,
    fields: dict[str, str],
    output: str,
    new: bool,
    output_format: FileFormat | None,
    rejects: str | None,
    with_original: bool,
    explain: bool,
    quiet: bool,
) -> None:
    """Read articles, and write what an index says of each."""
    packing = _packing(output, new, output_format, with_original)
    log = RejectLog(rejects, output)
    reading = ReadOptions(input_format, fields, say_nothing if quiet else say)
    inputs = Inputs(expand_inputs(files, any_name=input_format != "auto", tell=say), reading)
    check_places(inputs.files, {"INDEX": asking.path, "--output": output, "--rejects": log.path})
    get_ready_for(inputs.num_bytes, jobs=asking.jobs)
    told: Counter[str] = Counter()
    stopped: DedupeNewsError | None = None
    interruption = Interruption()
    try:
        with ExitStack() as outputs:
            output_to = outputs.enter_context(open_output(output))
            opened = outputs.enter_context(asking.opened())
            documents_to: DocumentWriter | None = None
            if packing:
                documents_to = outputs.enter_context(
                    writing_documents(
                        output_to, packing, column_types=reading.column_types, tell=reading.tell
                    )
                )
            if asking.is_kept:
                outputs.enter_context(interruption)
            with log, progress_bar(hidden=quiet or output == STANDARD_STREAM) as tell:
                try:
                    for outcome in asking.ask(opened, inputs.records(lambda: not interruption.is_asked_for)):
                        if isinstance(outcome, Reject):
                            log.add(outcome)
                            continue
                        told[outcome.outcome] += 1
                        _write(outcome, output_to, documents_to, flush=output == STANDARD_STREAM)
                        if explain:
                            say_changes(outcome.id, changes_record(outcome.article))
                        if told.total() % PROGRESS_STEP == 0:
                            tell("articles", told.total(), None)
                            tell("duplicates", told["duplicate"] + told["again"], None)
                            tell(asking.verb, inputs.position(), inputs.num_bytes)
                except (InputError, IndexFileError, WorkerError) as error:
                    if not (asking.is_kept and told):
                        raise
                    stopped = error  # what was added is told of all the same
                if stopped is None and not interruption.is_asked_for:
                    require_some(told.total() + log.rejected, log.rejected)
    except OutputError:
        if asking.is_kept and told:
            say(f"what was added stays in {asking.path}, though what was said of it is not written")
        raise
    if not quiet:
        say(_told_line(told, log.rejected))
        log.say_where()
    if stopped is not None:
        say(f"{asking.path} holds these articles; the rest was not added")
        raise stopped
    if interruption.is_asked_for:
        say(f"dedupe: interrupted; {asking.path} holds what was added until then")
        click.get_current_context().exit(INTERRUPTED)


def _packing(output: str, new: bool, output_format: FileFormat | None, with_original: bool) -> Packing | None:
    """Return how documents are packed, or None for verdicts, which are JSON lines."""
    named = format_of_name(output)
    if new:
        form = output_format or named or "jsonl"
        check_output_format(output, form)
        return Packing(form, with_original)
    if with_original or output_format:
        name = "--with-original" if with_original else "--output-format"
        raise click.UsageError(f"{name} is for documents, and verdicts are none; for those: --new")
    if named not in (None, "jsonl"):
        raise click.UsageError(f"verdicts are JSON lines, no {named}; name a .jsonl file, or ask for --new")
    return None


def _write(match: Match, output: Output, documents: DocumentWriter | None, *, flush: bool) -> None:
    if documents is None:
        output.write(json_line(match_record(match)))
    elif match.outcome in ("new", "better"):
        relation = {"relation": match.relation and relation_record(match.relation)}
        documents.write_packed(match.id, documents.packing.pack(match.article), relation)
    if flush:
        output.flush()


def _told_line(told: Counter[str], rejected: int) -> str:
    """Return the account: articles = new + duplicates + better + again + rejected."""
    return (
        f"{count(told.total() + rejected, 'article')}, {count(told['new'])} new, "
        f"{count(told['duplicate'], 'duplicate')}, {count(told['better'])} better, "
        f"{count(told['again'])} again, {count(rejected)} rejected"
    )


class Inputs:
    """The records of several inputs, one after the other, and how far they have been read."""

    def __init__(self, files: Iterable[str], options: ReadOptions) -> None:
        self.files = tuple(files)
        self._options = options
        self._source: Source | None = None
        self._bytes_before = 0

    @property
    def num_bytes(self) -> int | None:
        """How many there are; None if that cannot be known."""
        return total_bytes(self.files)

    def position(self) -> int:
        """Return how many bytes have been read, as far as that is known."""
        position = self._source.position() if self._source and self.num_bytes is not None else 0
        return self._bytes_before + (position or 0)

    def records(self, is_wanted: Callable[[], bool]) -> Records:
        """Yield all records while they are wanted, with a pause where a pipe has no more for now."""
        if self.num_bytes is None:
            yield from as_they_come(self._all(), is_wanted=is_wanted)
            return
        for record in self._all():
            yield record
            if not is_wanted():
                return

    def _all(self) -> Iterator[tuple[str, object]]:
        for path in self.files:
            with open_source(path, self._options) as source:
                self._source = source
                try:
                    yield from source.records()
                finally:
                    self._bytes_before = self.position()
                    self._source = None


# --- what is there ----------------------------------------------------------------------------------


@index.command(cls=SettingsCommand)
@index_argument
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@quiet_option
def remove(path: str, ids: tuple[str, ...], quiet: bool) -> None:
    """Take articles out, all of them or none.

    Example: dedupe index remove seen.db wire-0117-01

    Articles that belong to another document by that are written as JSON lines: id, before, after.
    """
    _require_there(path)
    with dedupe_news.Index(path) as opened, open_output(STANDARD_STREAM) as output:
        changes = opened.remove(*ids)
        for change in changes:
            output.write(json_line(change_record(change)))
    if not quiet:
        others = count(len(changes), "other belongs", "others belong")
        say(f"{count(len(set(ids)), 'article')} removed, {others} to another document now")


@index.command(cls=SettingsCommand)
@index_argument
@option(
    "Index", "--older-than", metavar="AGE", type=Age(), required=True,
    help="Last seen longer ago than 12h, 30d or 8w (hours, days, weeks), or before a moment such as "
    "2026-01-31. Default: none, it must be told.",
)  # fmt: skip
@quiet_option
def expire(path: str, older_than: timedelta | datetime, quiet: bool) -> None:
    """Take out all articles that were not seen for long.

    Example: dedupe index expire seen.db --older-than 90d

    An article that came again was seen then. Duplicates whose document goes find another, or stand
    for themselves.
    """
    _require_there(path)
    with dedupe_news.Index(path) as opened:
        num_expired = opened.expire(older_than)
    if not quiet:
        say(f"{count(num_expired, 'article')} expired")


@index.command(cls=SettingsCommand)
@index_argument
@option("Output", "--json", is_flag=True, help="One JSON object, by the names of IndexStats. Default: off.")
def stats(path: str, json: bool) -> None:
    """Show what an index holds, and what it was made with.

    Example: dedupe index stats seen.db
    """
    with dedupe_news.Index(path, read_only=True) as opened, open_output(STANDARD_STREAM) as output:
        found = opened.stats()
        output.write(json_line(_stats_record(found)) if json else _stats_lines(found).encode())


def _stats_record(found: IndexStats) -> dict[str, Any]:
    return {name: getattr(found, name) for name in found.__slots__}


def _stats_lines(found: IndexStats) -> str:
    """Return what an index holds, as people read it."""
    rows = {
        "articles": count(found.articles),
        "documents": count(found.documents),
        "duplicates": count(found.duplicates),
        "last seen": " to ".join(
            moment.isoformat(" ", "minutes") for moment in (found.oldest, found.newest) if moment
        ),
        "size": f"{found.bytes / 1000**2:.1f} MB, {found.key_bytes / 1000**2:.1f} of it keys",
        "cleaned": _cleaned_how(found.options),
        "match": _matched_how(found.options),
    }
    return "".join(f"{name:<12}{value or '-'}\n" for name, value in rows.items())


def _cleaned_how(options: Any) -> str:
    if not options.get("clean"):
        return "no, texts are as they came"
    changed = _changed(options, "clean", CleanOptions())
    return f"yes, {changed}" if changed else "yes"


def _matched_how(options: Any) -> str:
    for name, preset in PRESETS.items():
        if not _changed(options, "match", preset):
            return name
    return _changed(options, "match", MatchOptions())


def _changed(options: Any, prefix: str, usual: CleanOptions | MatchOptions) -> str:
    """Return the options of an index that are not the usual ones."""
    changed = []
    for name in usual.__slots__:
        value = getattr(usual, name)
        value = sorted(value) if isinstance(value, frozenset) else value
        if (made := options.get(f"{prefix}.{name}", value)) != value:
            changed.append(f"{name}: {', '.join(made) if isinstance(made, list) else made}")
    return "; ".join(changed)


@index.command(cls=SettingsCommand)
@index_argument
@output_option
@output_format_option
@with_original_option
@quiet_option
def export(
    path: str, output: str, output_format: FileFormat | None, with_original: bool, quiet: bool
) -> None:
    """Write each story once, with the articles it stands for, as dedupe run does.

    Example: dedupe index export seen.db -o clean.jsonl

    The documents stand in the order in which their articles came.
    """
    check_places([], {"INDEX": path, "--output": output})
    form = output_format or format_of_name(output) or "jsonl"
    check_output_format(output, form)
    packing = Packing(form, with_original)
    num_documents = num_duplicates = 0
    with ExitStack() as outputs:
        opened = outputs.enter_context(dedupe_news.Index(path, read_only=True))
        output_to = outputs.enter_context(open_output(output))
        documents_to = outputs.enter_context(
            writing_documents(output_to, packing, column_types={}, tell=say_nothing if quiet else say)
        )
        with progress_bar(hidden=quiet or output == STANDARD_STREAM) as tell:
            in_all = opened.stats().documents
            for document in opened.documents():
                verdict = verdict_record(document.sources, document.duplicates)
                documents_to.write_packed(document.id, packing.pack(document), verdict)
                num_documents += 1
                num_duplicates += len(document.duplicates)
                if num_documents % PROGRESS_STEP == 0:
                    tell("write", num_documents, in_all)
    if not quiet:
        say(f"{count(num_documents, 'story', 'stories')}, {count(num_duplicates, 'duplicate')}")


def _require_there(path: str) -> None:
    if not Path(path).is_file():
        dedupe_news.Index(path, read_only=True).close()  # which says what is missing


for _command in index.commands.values():
    settings_options(_command)
