"""Write docs/cli.md from the help texts of the command; a test compares the two.

python docs/make_cli_page.py
"""

import inspect
from collections.abc import Iterator
from pathlib import Path

import click

from dedupe_news.cli import command
from dedupe_news.grouped import GroupedOption, options_by_group

PAGE = Path(__file__).with_name("cli.md")

HEAD = """\
# The command

<!-- Made by docs/make_cli_page.py from the help texts: change them in cli.py, index_command.py or
command_options.py, then `make docs`. -->

"""

TAIL = """\
## What goes where

Documents go to standard output, or whole to the file of `--output`; words and progress go to standard
error, and the progress bar is drawn only on a terminal. A bad record never stops the work: it is named on
standard error as `file:line: reason`, counted in the summary, and kept as a JSON line with `place`,
`reason` and `record`. In a record that is not UTF-8 each foreign byte stands as a lone surrogate
(`\\udc80` to `\\udcff`, Python's `surrogateescape`), so that not even such a line loses a byte.

In every summary, articles received = stories + duplicates + rejected; what an index is told or asked:
articles = new + duplicates + better + again + rejected.

| status | means |
|---|---|
| 0 | done; there may be rejected records, and the summary says how many |
| 1 | could not go on: unreadable or cut input, unwritable output, no article, no index |
| 2 | wrong usage: unknown option, an output that is also an input, an index made with other options |
| 130 | interrupted (Ctrl-C); no half output is left, and of an index both hold what was added until then |
| 141 | the reader of standard output left early, as in `dedupe pile.jsonl \\| head` |

## What an index says

`dedupe index add` and `query` write a JSON line for each article that is none of the rejects, in the order of
the input:

| key | holds |
|---|---|
| `id` | its own, or the one it got |
| `outcome` | `new`, `duplicate`, `better` or `again` |
| `canonical_id` | the document it belongs to |
| `relation` | the verified relation to that document, or from a better text to the one before; or `null` |
| `changes` | other articles that belong to another document by this: `id`, `before`, `after` |

| outcome | means |
|---|---|
| `new` | a story not had before |
| `duplicate` | another article stands for it |
| `better` | the story was there, and this article stands for it from now on |
| `again` | this very article was there, with its id and its text |

Articles are added in batches, each whole or not at all, and a verdict is written when its article is on the
disk. An error in the middle (an input that is cut short, a full disk) leaves the batches before it in the
index; their verdicts, or with `--new` their documents, are then written all the same, and the status is 1.
After a power cut or a kill, add the same files again: what is there under its id comes as `again`.

## What the input may be

JSON lines are objects, one per line, in UTF-8. Only `text` is required; `id`, `title`, `byline`, `url`,
`source`, `published` and `language` are understood; every other key comes out as it came in. Blank lines
are skipped. A plain text is one article; its file is kept under the key `file`. Its identifier is, as for
every article without one, the first 16 hex digits of the BLAKE2b of the received text.

CSV and TSV have the names of their columns in the first line, quotes as in RFC 4180, and UTF-8. Of Parquet
and Arrow IPC (files and streams) each row is an article; types of foreign columns are kept when Parquet or
Arrow is also what is written. A folder stands for all files below it that a name tells the format of, in
the order of their names; hidden ones are left out, others are named and passed over. A pattern in quotes
(`'data/*.csv'`) is expanded as a shell would, and must meet a file.

| name | format | place of a record |
|---|---|---|
| .jsonl, .ndjson, .json | JSON lines | `file:line` |
| .csv, .tsv | rows, parted by commas or tabs | `file:line`, where the row begins |
| .parquet, .pq | Parquet | `file:row`, from 1 on |
| .arrow, .arrows, .ipc, .feather | Arrow IPC | `file:row`, from 1 on |
| .txt | one text | `file` |

A field of another name is named with `--text-field` and its like. What is not named is guessed from usual
names (`body`, `content`, `maintext`; `headline`; `date`, `pubdate`; `link`; `publisher`, …), in capitals or
not, and said on standard error. Nothing is guessed where our own name is there, nor in JSON lines that have
a `text`; two columns that may both be the text are an error. What stood under our name before is kept under
`extra`.

Compression (.gz, .zst, .bz2, .xz) is seen in the first bytes of the data, so it works on standard input too.
A file that is named so and is not, or that is cut short, is an error and not a shorter pile.

## What the output holds

The keys of a JSON line are the attribute names of the library: `id`, `title`, `byline`, `dateline`,
`standfirst`, `paragraphs`, `body`, `text`, `url`, `source`, `published`, `language`, `edits`, `repeats`,
and of the main job also `sources` and `duplicates`. What a text does not hold is `null`. `original`, the
received text, is added by `--with-original`; it can always be rebuilt from `text` and `edits`.

Output can be input again. Keys that would hide ours (`edits` of the first time, `body` of another tool)
then come out under `extra`.

In text output, documents are parted by a line of 72 equals signs.

In Parquet and Arrow, what is nested (`paragraphs`, `edits`, `duplicates`, …) is lists and structs, and our
columns have the same types every time. A foreign column has the type it came with, or the one that all its
values share; if they share none, it is text, each value as JSON, and marked so that we read it back. In CSV
and TSV what is nested is JSON, `null` is empty, and lines end with CR LF. In JSON lines and CSV, dates and
times are ISO 8601, bytes Base64, decimals their digits, and infinities and NaN their names. A table is
written when all its rows are known; until then they wait in a temporary file.
"""


def page() -> str:
    """Return the page: for every command its sentence, its example, its options."""
    parts = [HEAD, help_text(command), "\n\n"]
    for name in ("run", "clean", "index"):
        inner = command.commands[name]
        parts.append(f"## dedupe {name}\n\n{help_text(inner)}\n\n")
        if isinstance(inner, click.Group):
            for inner_name, innermost in inner.commands.items():
                parts.append(f"### dedupe {name} {inner_name}\n\n{help_text(innermost)}\n\n")
                parts += option_tables(innermost)
        else:
            parts += option_tables(inner)
    return "".join([*parts, TAIL])


def option_tables(of: click.Command) -> Iterator[str]:
    """Yield the options of a command, a table for each group."""
    for group, options in options_by_group(of, click.Context(of)).items():
        yield f"| {group} | |\n|---|---|\n"
        shown = [option for option in options if isinstance(option, GroupedOption)]
        yield from (f"| {spelling(option)} | {option.help} |\n" for option in shown)
        yield "\n"


def help_text(of: click.Command) -> str:
    """Return the help of a command, its example as a block."""
    paragraphs = inspect.cleandoc(of.help or "").split("\n\n")
    return "\n\n".join(map(as_markdown, paragraphs))


def as_markdown(paragraph: str) -> str:
    """Return a paragraph of help; examples become a block."""
    for mark, language in (("Example: ", "sh"), ("\b\n", "text")):
        if paragraph.startswith(mark):
            return f"```{language}\n{paragraph.removeprefix(mark)}\n```"
    return paragraph


def spelling(option: click.Option) -> str:
    """Return how an option is written: its names, and what it takes."""
    names = ", ".join(f"`{name}`" for name in option.opts)
    if isinstance(option.type, click.Choice):
        choices = " or ".join(f"`{choice}`" for choice in option.type.choices)
        return f"{names} {choices}"
    return names if option.is_flag else f"{names} {option.metavar}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
