"""Places that cannot be read or written: each has its words, and nothing is lost.

Checked: folders and files without rights (by a child that gave up its own, where the test may do
that), read-only files, missing folders, folders as files, files as folders, links in a circle,
links to nothing, names that are too long, an output that is also an input through links and folders,
inputs that disappear, named pipes in and out, and standard streams that are closed, a pipe, or a file that
others write to. Each once for each job, or for what both jobs share.
"""

import io
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from conftest import ROOT
from faults import BEFORE, listing, run_commands
from test_cli import LIBRARY, PILE, STORM, dedupe, lines  # noqa: F401 - a fixture
from test_io_formats import read, write

from dedupe_news.article import CleanArticle
from dedupe_news.errors import InputError, OutputError
from dedupe_news.io.inputs import expand_inputs
from dedupe_news.io.reading import open_source
from dedupe_news.io.streams import check_input, open_output, same_file

NOBODY = 65534
LONG_NAME = "n" * 300


# --- rights ---------------------------------------------------------------------------------------


@pytest.fixture
def open_folder():
    """A folder that all users may use."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give up its rights")
def test_without_rights_the_place_is_named_and_nothing_changes(open_folder):
    pile, locked, readable = (open_folder / name for name in ("pile.jsonl", "locked", "readable"))
    pile.write_bytes(PILE)
    pile.chmod(0o644)
    for folder, rights in ((locked, 0o700), (readable, 0o755)):
        folder.mkdir()
        (folder / "a.jsonl").write_bytes(PILE)
        (folder / "a.jsonl").chmod(0o600)
        folder.chmod(rights)
    outputs = open_folder / "outputs"
    outputs.mkdir()
    outputs.chmod(0o777)
    kept = outputs / "kept.jsonl"
    kept.write_bytes(BEFORE)
    kept.chmod(0o444)
    denied = "Permission denied; check the file and its rights"
    no_space = "Permission denied; check the folder, its rights and its space"
    cases = [
        ((locked / "a.jsonl",), f"{locked / 'a.jsonl'} cannot be read: {denied}"),
        ((readable / "a.jsonl",), f"{readable / 'a.jsonl'} cannot be read: {denied}"),
        ((locked,), f"{locked} cannot be read: Permission denied; check the folder and its rights"),
        ((locked / "*.jsonl",), f"{locked / '*.jsonl'}: no file has such a name; check the pattern"),
        ((pile, "-o", readable / "b.jsonl"), f"{readable / 'b.jsonl'} cannot be written: {no_space}"),
        ((pile, "-o", kept), f"{kept} cannot be written: it is read-only; allow it"),
    ]  # fmt: skip
    warm_up = [(job, pile, "-q", "-j1", "-o", open_folder / "warm.jsonl") for job in ("run", "clean")]
    tries = [(job, arguments, words) for job in ("run", "clean") for arguments, words in cases]
    before = [listing(folder) for folder in (open_folder, locked, readable, outputs)]
    answers = run_commands(
        [(job, *arguments, "-j1", "-q", *(() if "-o" in arguments else ("-o", outputs / "o.jsonl")))
         for job, arguments, _ in tries],
        warm_up=warm_up,
        user=NOBODY,
    )  # fmt: skip
    (open_folder / "warm.jsonl").unlink()
    for (job, arguments, words), (status, told) in zip(tries, answers, strict=True):
        assert status == 1, (job, arguments, told)
        assert told.startswith(f"dedupe: {words}"), (job, told)
        assert told.count("\n") == 1
    assert [listing(folder) for folder in (open_folder, locked, readable, outputs)] == before


# --- names ----------------------------------------------------------------------------------------


@pytest.fixture
def places(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("pile.jsonl").write_bytes(PILE)
    Path("loop.jsonl").symlink_to("loop.jsonl")
    Path("dangling.jsonl").symlink_to("nowhere.jsonl")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nowhere.jsonl", "nowhere.jsonl: no such file"),
        ("dangling.jsonl", "dangling.jsonl: no such file"),
        ("pile.jsonl/x", "pile.jsonl/x: no such file"),
        ("loop.jsonl", "loop.jsonl cannot be read: Too many levels of symbolic links"),
        (LONG_NAME, f"{LONG_NAME} cannot be read: File name too long"),
        (".", ". is a folder, a file was expected; name its files: *.jsonl"),
    ],
)
def test_an_input_that_is_none_is_named(places, name, words):
    for reading in (check_input, lambda path: open_source(path).__enter__()):
        with pytest.raises(InputError) as refusal:
            reading(name)
        assert str(refusal.value).startswith(words)
    if name != ".":
        assert expand_inputs([name], any_name=False, tell=print) == [name]
    for other in ("pile.jsonl", "new.jsonl", "loop.jsonl", LONG_NAME):
        assert same_file(name, other) == (name == other)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("new/out.jsonl", "new/out.jsonl: its folder does not exist; create it: mkdir -p new"),
        ("pile.jsonl/out.jsonl", "pile.jsonl/out.jsonl: its folder does not exist"),
        (".", ". is a folder; name a file in it: clean.jsonl"),
        ("loop.jsonl", "loop.jsonl cannot be written: Too many levels of symbolic links"),
        (LONG_NAME, f"{LONG_NAME} cannot be written: File name too long"),
        ("/proc/out.jsonl", "/proc/out.jsonl cannot be written: "),
    ],
)
def test_an_output_that_cannot_be_is_named_and_leaves_nothing(places, name, words):
    before = listing(places)
    with pytest.raises(OutputError) as refusal, open_output(name) as output:
        output.write(b"x")
    assert str(refusal.value).startswith(words)
    assert listing(places) == before


def test_a_name_as_long_as_names_may_be_can_be_written(places):
    longest = "n" * 255
    for _ in range(2):
        with open_output(longest) as output:
            output.write(b"whole")
            [part] = places.glob(".*.part")
            assert part.stat().st_size == 0 or part.read_bytes() == b"whole"
    assert Path(longest).read_bytes() == b"whole"
    assert not list(places.glob(".*.part"))


def test_a_link_to_nothing_is_written_where_it_leads(places):
    with open_output("dangling.jsonl") as output:
        output.write(b"whole")
    assert Path("dangling.jsonl").is_symlink()
    assert Path("nowhere.jsonl").read_bytes() == b"whole"


def test_what_is_no_file_in_a_folder_is_passed_over_and_said(places):
    said = []
    os.mkfifo("pipe.jsonl")
    Path("loop.jsonl").unlink()
    assert expand_inputs(["."], any_name=False, tell=said.append) == ["pile.jsonl"]
    assert said == [
        f"{name}: passed over, it is no file, or a link to nothing"
        for name in ("dangling.jsonl", "pipe.jsonl")
    ]


@pytest.mark.parametrize("job", ["run", "clean"])
def test_an_output_that_is_an_input_is_refused_however_it_is_named(dedupe, tmp_path, job):  # noqa: F811
    (tmp_path / "d").mkdir()
    pile = tmp_path / "d" / "pile.jsonl"
    pile.write_bytes(PILE)
    os.link(pile, tmp_path / "hard.jsonl")
    (tmp_path / "link.jsonl").symlink_to(pile)
    (tmp_path / "link-to-link.jsonl").symlink_to("link.jsonl")
    (tmp_path / "e").symlink_to("d")
    outputs = ("hard.jsonl", "link.jsonl", "link-to-link.jsonl", "e/pile.jsonl", "d/../d/pile.jsonl", pile)
    for named in ("d/pile.jsonl", "d", "d/*.jsonl", "e"):
        for output in outputs:
            outcome = dedupe(job, named, "-o", output)
            assert outcome.status == 2, (named, output)
            assert "is also an input" in outcome.err
    assert pile.read_bytes() == PILE


def test_an_input_that_disappears_is_named_and_one_that_is_being_read_is_read_whole(tmp_path):
    path = tmp_path / "pile.jsonl"
    path.write_bytes(PILE * 10_000)
    with open_source(str(path)) as source:
        records = source.records()
        next(records)
        path.unlink()
        assert sum(1 for _ in records) == 3 * 10_000 - 1
    with pytest.raises(InputError, match="no such file"), open_source(str(path)):
        pass


# --- pipes and standard streams -------------------------------------------------------------------


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet", "arrow"])
def test_a_named_pipe_is_read_and_written_as_it_is(tmp_path, form):
    documents = [CleanArticle(id=str(number), text=STORM) for number in range(300)]
    write(tmp_path / f"whole.{form}", documents)
    os.mkfifo(tmp_path / f"pipe.{form}")
    writing = threading.Thread(target=write, args=(tmp_path / f"pipe.{form}", documents))
    writing.start()
    received = [record for _, record in read(tmp_path / f"pipe.{form}")]
    writing.join()
    assert received == [record for _, record in read(tmp_path / f"whole.{form}")]
    assert (tmp_path / f"pipe.{form}").is_fifo()
    assert {file.name for file in tmp_path.iterdir()} == {f"whole.{form}", f"pipe.{form}"}


def command(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "dedupe_news.cli", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        input=lines({"id": "a", "text": STORM}, {"id": "b", "text": LIBRARY}),
        check=False,
        **options,
    )


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="no /dev/stdout here")
def test_standard_output_by_its_name_is_a_pipe_or_added_to_a_file_and_never_replaces_it(tmp_path):
    piped = command("clean", "-", "-q", "-o", "/dev/stdout", capture_output=True)
    assert (piped.returncode, piped.stderr, piped.stdout.count(b"\n")) == (0, b"", 2)
    file = tmp_path / "all.jsonl"
    file.write_bytes(b"an earlier line\n")
    with file.open("ab") as added_to:
        assert command("clean", "-", "-q", "-o", "/dev/fd/1", stdout=added_to).returncode == 0
    assert file.read_bytes() == b"an earlier line\n" + piped.stdout


def test_standard_streams_that_are_closed_are_named(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(InputError, match="standard input is closed"), open_source("-"):
        pass
    with (
        pytest.raises(OutputError, match="standard output is closed; name a file: -o FILE"),
        open_output("-"),
    ):
        pass


def test_standard_input_that_fails_is_named(monkeypatch):
    class Broken(io.BytesIO):
        def read1(self, size=-1):
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Broken()))
    with pytest.raises(InputError, match="<stdin> cannot be read: Input/output error"), open_source("-"):
        pass
