"""What the documents show is run: Python examples, commands and their output, figures, links."""

import ast
import doctest
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner
from conftest import ROOT

import dedupe_news
from dedupe_news import CleanOptions
from dedupe_news.cli import command as dedupe_command
from dedupe_news.grouped import GROUPS, GroupedOption, options_by_group
from dedupe_news.options import CLEAN_RULES

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "examples" / "README.md"])
FLAGS = doctest.ELLIPSIS


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_python_examples_of_the_readme_give_what_they_say(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    parser = doctest.DocTestParser()
    example = parser.get_doctest("".join(blocks("pycon")), {}, "README.md", "README.md", 0)
    said = []
    failed, tried = doctest.DocTestRunner(optionflags=FLAGS).run(example, out=said.append)
    assert tried > 5
    assert failed == 0, "".join(said)


def commands() -> list[tuple[str, str]]:
    """Return the commands of the README, each with the output shown below it."""
    shown = []
    for block in blocks("console"):
        for command in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, _, output = command.partition("\n")
            shown.append((line, output))
    return shown


@pytest.fixture(scope="module")
def a_folder(tmp_path_factory):
    """An empty folder with the examples, and a `dedupe` that is the one of this checkout."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "examples", folder / "examples")
    (folder / "bin").mkdir()
    for name, arguments in (("dedupe", " -m dedupe_news.cli"), ("python", "")):
        script = folder / "bin" / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}"{arguments} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
    return folder


def test_commands_of_the_readme_print_what_they_say(a_folder):
    environment = {
        **os.environ,
        "PATH": f"{a_folder / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "src"),
        "LC_ALL": "C.UTF-8",
    }
    assert len(commands()) > 5
    for command, expected in commands():
        completed = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            cwd=a_folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        printed = completed.stdout if completed.stdout.endswith("\n") else completed.stdout + "\n"
        assert doctest.OutputChecker().check_output(expected, printed, FLAGS), f"{command}\n{printed}"


def test_every_make_word_in_the_documents_is_in_the_makefile():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in PAGES:
        words = re.findall(r"^ *(?:`|\$ )?make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(words) <= targets, page.name
    assert {"demo", "test"} <= set(re.findall(r"^make ([a-z-]+)$", README, re.MULTILINE))


def test_the_page_of_the_command_is_made_from_its_help():
    spec = importlib.util.spec_from_file_location("make_cli_page", ROOT / "docs" / "make_cli_page.py")
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    assert maker.PAGE.read_text(encoding="utf-8") == maker.page(), "run: make docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_page_on_scrapy_lists_every_setting_that_is_read():
    page = (ROOT / "docs" / "scrapy.md").read_text(encoding="utf-8")
    sources = (ROOT / "src" / "dedupe_news" / "adapters" / "scrapy").glob("*.py")
    read = {
        name
        for path in sources
        for name in re.findall(r'get\w*\("(DEDUPE_NEWS_\w+)"', path.read_text("utf-8"))
    }
    assert set(re.findall(r"^\| `(DEDUPE_NEWS_\w+)` \|", page, re.MULTILINE)) == read


def test_every_decision_is_in_the_list():
    folder = ROOT / "docs" / "decisions"
    listed = (folder / "README.md").read_text(encoding="utf-8")
    assert all(f"({page.name})" in listed for page in folder.glob("0*.md"))


def test_figures_of_the_readme_are_those_of_the_record():
    [record] = re.findall(r"\]\((benchmarks/records/\S+-start-time\.json)\)", README)
    seconds = json.loads((ROOT / record).read_text(encoding="utf-8"))["seconds"]
    for row, what in (
        ("`import dedupe_news`", "import dedupe_news"),
        ("`dedupe clean`", "dedupe clean short.txt"),
    ):
        [shown] = re.findall(rf"^\| {row}[^|]*\| ([\d.]+) s \|", README, re.MULTILINE)
        assert float(shown) == round(seconds[what]["median"], 2)


def rules_of_the_readme() -> list[list[str]]:
    """Return the rows of the table of rules: name, received, becomes."""
    table = README.partition("### The rules")[2].partition("\n## ")[0]
    cells = [re.split(r" ?(?<!\\)\| ?", row)[1:4] for row in table.splitlines() if row.startswith("| `")]
    return [[cell.strip("`") for cell in row] for row in cells]


def unescaped(cell: str) -> str:
    return re.sub(
        r"\\(?:n|r|x[0-9a-f]{2}|u[0-9a-f]{4})", lambda escape: ast.literal_eval(f"'{escape[0]}'"), cell
    )


def test_the_readme_lists_every_rule_in_the_order_of_work():
    assert [name for name, *_ in rules_of_the_readme()] == list(CLEAN_RULES)


@pytest.mark.parametrize(("name", "received", "becomes"), rules_of_the_readme())
def test_rules_of_the_readme_do_what_they_say(name, received, becomes):
    text, quotes = unescaped(received), "straight" if name == "quote" else "keep"
    assert dedupe_news.clean(text, options=CleanOptions(quotes=quotes)).text == unescaped(becomes)
    without = CleanOptions(quotes=quotes, skip={name})
    assert dedupe_news.clean(text, options=without).text != unescaped(becomes)


COMMANDS = [
    ["run"], ["clean"], *(["index", name] for name in dedupe_command.commands["index"].commands)
]  # fmt: skip


@pytest.mark.parametrize("names", COMMANDS, ids=" ".join)
def test_every_option_stands_in_a_group_and_tells_its_default(names):
    inner = dedupe_command
    for name in names:
        inner = inner.commands[name]
    groups = options_by_group(inner, click.Context(inner))
    assert list(groups) == [group for group in GROUPS if group in groups]
    told = [option for options in groups.values() for option in options if isinstance(option, GroupedOption)]
    silent = [option.name for option in told if "Default: " not in option.help]
    assert silent == ["show_config"]
    shown = CliRunner().invoke(dedupe_command, [*names, "--help"]).output
    assert all(f"{group}:" in shown for group in groups)
    [example] = re.findall(r"Example: (dedupe .*)", inner.help)
    assert example.startswith(f"dedupe {' '.join(names)} ")
    can_be_typed(example)


def can_be_typed(line):
    """Read a line as the command would, and do nothing."""
    words = [word.strip("'") for word in line.split()[1:]]
    inner = dedupe_command
    if words[0] not in inner.commands:
        words.insert(0, "run")
    while isinstance(inner, click.Group):
        inner = inner.commands[words.pop(0)]
    inner.make_context(inner.name, words, resilient_parsing=False)


@pytest.mark.parametrize(
    ("names", "first"),
    [
        ([], "Example: dedupe pile.jsonl -o clean.jsonl"),
        (["index"], "Example: dedupe index add seen.db today.jsonl"),
    ],
)
def test_the_first_help_says_what_to_type(names, first):
    shown = CliRunner().invoke(dedupe_command, [*names, "--help"]).output
    assert first in shown
    typed = re.findall(
        r"^  (?:\w+ (?:pile.jsonl )?\| )?(dedupe .*?)(?: {3}.*| > clean.jsonl.*| \| publish.*)$", shown, re.M
    )
    assert len(typed) > 3
    for line in typed:
        can_be_typed(line)
