import os
import subprocess
import sys
import tomllib

import pytest
from conftest import ROOT

import dedupe_news

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def loaded_after(code: str) -> set[str]:
    """Return the top-level modules that a new Python holds after `code`."""
    completed = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys\n{code}\nprint(*{{name.partition('.')[0] for name in sys.modules}})",
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        check=True,
        text=True,
    )
    return set(completed.stdout.splitlines()[-1].split())


def test_importing_the_package_loads_none_of_its_dependencies():
    heavy = {requirement_name(line) for line in PROJECT["dependencies"]} | {"scipy"}
    assert loaded_after("import dedupe_news") & heavy == set()


def test_importing_an_adapter_loads_neither_its_tool_nor_arrow():
    names = ("arrow", "datasets", "pandas", "polars")
    code = f"import {', '.join(f'dedupe_news.adapters.{name}' for name in names)}"
    assert loaded_after(code) & {"datasets", "numba", "pandas", "polars", "pyarrow", "scipy"} == set()


def test_cleaning_one_article_needs_neither_numpy_nor_anything_of_matching():
    code = 'import dedupe_news; dedupe_news.clean("One storm.\\n" * 5)'
    assert loaded_after(code) & {"numpy", "numba", "pyarrow", "scipy", "datasketch", "rich", "click"} == set()


def test_the_command_loads_only_what_cleaning_a_text_needs(tmp_path):
    (tmp_path / "story.txt").write_text("One storm.", encoding="utf-8")
    code = (
        "from dedupe_news.cli import main\n"
        f"try: main(['clean', {str(tmp_path / 'story.txt')!r}])\n"
        "except SystemExit as ended: assert not ended.code"
    )
    heavy = {"numpy", "numba", "pyarrow", "scipy", "datasketch", "rich", "orjson"}
    assert loaded_after(code) & heavy == set()


def test_the_command_writes_tables_without_what_pyarrow_and_numba_would_look_for(tmp_path):
    story, output = tmp_path / "story.txt", tmp_path / "clean.parquet"
    story.write_text("One storm.", encoding="utf-8")
    code = (
        "from dedupe_news.cli import main\n"
        f"try: main([{str(story)!r}, '-o', {str(output)!r}, '--quiet'])\n"
        "except SystemExit as ended: assert not ended.code"
    )
    assert loaded_after(code) & {"pyarrow", "pandas", "scipy"} == {"pyarrow"}


def test_types_are_shipped():
    assert (ROOT / "src" / "dedupe_news" / "py.typed").exists()


def test_the_version_is_told_in_one_place():
    assert "version" not in PROJECT
    assert dedupe_news.__version__.count(".") == 2


def test_both_commands_are_one():
    assert set(PROJECT["scripts"]) == {"dedupe", "dedupe-news"}
    assert set(PROJECT["scripts"].values()) == {"dedupe_news.cli:main"}


@pytest.mark.slow
def test_starting_takes_less_time_than_promised():
    command = [sys.executable, str(ROOT / "benchmarks" / "start_time.py"), "--check", "--no-record"]
    subprocess.run(command, check=True)


def requirement_name(requirement: str) -> str:
    return requirement.partition(">")[0].partition("<")[0].strip()
