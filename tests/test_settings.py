import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from dedupe_news.cli import command
from dedupe_news.errors import OptionError
from dedupe_news.settings import nearest_settings, read_settings

KNOWN = {"match", "jobs", "skip", "quiet"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shown(*arguments, env=None):
    result = CliRunner().invoke(command, [*arguments, "--show-config"], env=env)
    assert result.exit_code == 0, result.output
    return dict(line.split(" = ", 1) for line in result.output.splitlines())


def test_without_settings_defaults_hold(folder):
    assert shown("run")["match"] == '"news"  # default'


def test_flags_come_before_variables_before_files_before_defaults(folder):
    (folder / "pyproject.toml").write_text(
        '[tool.dedupe_news]\nmatch = "strict"\njobs = 3\nskip = ["dash"]\n'
    )
    env = {"DEDUPE_NEWS_MATCH": "noisy", "DEDUPE_NEWS_QUIET": "1"}
    of_all = shown("run", "--match", "news", env=env)
    assert of_all["match"] == '"news"  # the command line'
    assert of_all["quiet"] == "true  # DEDUPE_NEWS_QUIET"
    assert shown("run", env=env)["match"] == '"noisy"  # DEDUPE_NEWS_MATCH'
    of_file = shown("run")
    assert of_file["match"] == f'"strict"  # {folder / "pyproject.toml"}'
    assert of_file["jobs"] == f"3  # {folder / 'pyproject.toml'}"
    assert of_file["skip"] == f'["dash"]  # {folder / "pyproject.toml"}'


def test_settings_are_those_that_the_job_uses(folder):
    (folder / "pile.jsonl").write_text('{"id": "a", "text": "last month－the fastest"}\n')
    (folder / "mine.toml").write_text('skip = "dash"\nquiet = true\n')
    runner = CliRunner()
    plain = runner.invoke(command, ["clean", "pile.jsonl"]).output
    skipped = runner.invoke(command, ["clean", "pile.jsonl", "--config", "mine.toml"]).output
    assert "fastest" in plain
    assert '"rule":"dash"' in plain
    assert '"rule":"dash"' not in skipped


def test_a_setting_of_another_command_does_no_harm(folder):
    (folder / "pyproject.toml").write_text('[tool.dedupe_news]\nmatch = "strict"\nquiet = true\n')
    assert shown("clean")["quiet"].startswith("true")


def test_a_command_within_a_command_has_settings_too(folder):
    (folder / "pyproject.toml").write_text(
        '[tool.dedupe_news]\nmatch = "strict"\nolder-than = 2026-01-31\nannotate = true\n'
    )
    assert shown("index", "add", env={"DEDUPE_NEWS_SEEN": "2026-02-03T06:30Z"}) | {
        "match": f'"strict"  # {folder / "pyproject.toml"}',
        "seen": "2026-02-03 06:30:00+00:00  # DEDUPE_NEWS_SEEN",
        "replace": "false  # default",
    } == shown("index", "add", env={"DEDUPE_NEWS_SEEN": "2026-02-03T06:30Z"})
    assert shown("index", "expire")["older_than"].startswith("2026-01-31 00:00:00  # ")
    assert shown("index", "expire", "--older-than", "3d")["older_than"] == '"72h"  # the command line'
    assert shown("index", "stats", "seen.db") == {"json": "false  # default"}


def test_a_pyproject_above_is_found_and_one_of_others_passed_over(folder):
    (folder / "pyproject.toml").write_text("[tool.dedupe_news]\n")
    below = folder / "a" / "b"
    below.mkdir(parents=True)
    (below / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert nearest_settings(below) == folder / "pyproject.toml"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("mach = 'news'", "mach; did you mean match?"),
        ("zzzzzz = 1", "zzzzzz; known are jobs, match, quiet, skip"),
        ("match = ", "are no TOML"),
        ("[match]\nx = 1", "match must be a value or a list, got a table"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(folder, content, message):
    path = folder / "mine.toml"
    path.write_text(content)
    with pytest.raises(OptionError, match=message.replace("?", "[?]")):
        read_settings(path, KNOWN)


def test_a_file_that_is_not_there_is_wrong_usage(folder):
    result = CliRunner().invoke(command, ["run", "x.jsonl", "--config", "none.toml"])
    assert result.exit_code == 2
    assert "none.toml cannot be read: No such file or directory; name another --config" in result.output


@given(st.binary(max_size=60))
def test_any_bytes_are_settings_or_an_error(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("settings") / "mine.toml"
    path.write_bytes(content)
    try:
        read_settings(path, KNOWN)
    except OptionError as error:
        said = str(error)
    else:
        said = str(path)
    assert str(path) in said


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed(shell):
    result = CliRunner().invoke(command, ["completion", shell])
    assert result.exit_code == 0
    assert "_DEDUPE_COMPLETE" in result.output
