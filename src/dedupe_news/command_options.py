"""What the commands have in common: one table of options, so that a word means the same in each."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from dedupe_news.grouped import option
from dedupe_news.io.fields import OPTION_OF_FIELD
from dedupe_news.io.streams import STANDARD_STREAM, FileFormat
from dedupe_news.machine import num_cores

DONE, COULD_NOT_GO_ON, WRONG_USAGE = 0, 1, 2
INTERRUPTED, READER_LEFT = 128 + 2, 128 + 13  # as a shell counts SIGINT and SIGPIPE

PROGRESS_STEP = 1000
"""So many articles are done from one word of progress to the next."""

PRESET_NAMES = ("strict", "news", "noisy")
FORMATS: tuple[FileFormat, ...] = ("jsonl", "csv", "tsv", "parquet", "arrow", "text")

files_argument = click.argument("files", nargs=-1, required=True, metavar="FILES...")
output_option = option(
    "Output", "-o", "--output", metavar="FILE", default=STANDARD_STREAM,
    help="Where the documents go, in the format that the name tells: .jsonl, .csv, .tsv, .parquet, "
    ".arrow, .txt; with .gz, .zst, .bz2 or .xz compressed. It appears whole or not at all. "
    "Default: standard output (-).",
)  # fmt: skip
rejects_option = option(
    "Output", "--rejects", metavar="FILE",
    help="Where bad records go, as JSON lines with place, reason and record. Default: beside the "
    "output (clean.jsonl: clean.rejects.jsonl), if there are any; with standard output, nowhere.",
)  # fmt: skip
input_format_option = option(
    "Input", "--input-format", type=click.Choice(["auto", *FORMATS]), default="auto",
    help="What the files hold: one JSON object per line, one row per article, or one plain text per "
    "file. Default: auto, by name, otherwise by the first characters ({ begins JSON lines).",
)  # fmt: skip
output_format_option = option(
    "Output", "--output-format", type=click.Choice(FORMATS),
    help="Default: by the output's name; otherwise JSON lines, but text where clean reads a text.",
)  # fmt: skip
with_original_option = option(
    "Output", "--with-original", is_flag=True,
    help="Add the received text to each document, as original. Default: off; text and edits give it back.",
)  # fmt: skip
explain_option = option(
    "Words", "--explain", is_flag=True,
    help="Print every edit and every repeat on standard error, in code points of the received text. "
    "Default: off.",
)  # fmt: skip
quiet_option = option(
    "Words", "-q", "--quiet", is_flag=True,
    help="No progress and no summary; bad records are still named. Default: off.",
)  # fmt: skip
skip_option = option(
    "Cleaning", "--skip", metavar="RULE", multiple=True,
    help="Do not apply this rule of cleaning (dash, quote, run_on, repeat, ...; the README lists them). "
    "May be given again. Default: all rules are applied.",
)  # fmt: skip
match_option = option(
    "Matching", "--match", type=click.Choice(PRESET_NAMES), default="news",
    help="How alike copies must be: strict for exact archives, noisy for scanned or transcribed "
    "texts. Default: news.",
)  # fmt: skip
jobs_option = option(
    "Work", "-j", "--jobs", type=click.IntRange(1, 1024), metavar="N", default=num_cores,
    help="Processes that clean, 1 to 1024; the result does not depend on it. Default: one for each core.",
)  # fmt: skip


def field_options(job: Callable[..., None]) -> Callable[..., None]:
    """Add the options that name fields; the job gets them as one mapping of our names to theirs."""

    @wraps(job)
    def with_fields(**values: Any) -> None:
        named = {ours: values.pop(parameter_of(name)) for ours, name in OPTION_OF_FIELD.items()}
        job(fields={ours: theirs for ours, theirs in named.items() if theirs}, **values)

    for ours, name in reversed(OPTION_OF_FIELD.items()):
        option(
            "Input", name, metavar="NAME",
            help=f"The field or column that is our {ours}. Default: {ours}, or else the first of its usual "
            "names that is there, and that is said.",
        )(with_fields)  # fmt: skip
    return with_fields


def parameter_of(name: str) -> str:
    """Return the name under which a job gets an option."""
    return name.removeprefix("--").replace("-", "_")
