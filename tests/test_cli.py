import gzip
import io
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass

import pytest
from conftest import ROOT

from dedupe_news import cli
from dedupe_news.command_options import PRESET_NAMES
from dedupe_news.options import PRESETS

STORM = (
    "A storm that came in from the west cut power to thousands of homes along the Sound on Friday. "
    "Repair crews will not climb before the wind falls, and the schools stay closed on Monday.\n"
    "The roof of the covered market in Port Ellery came down on to empty stalls, because the traders "
    "had been sent home at noon on the advice of a caretaker with a bad knee.\n"
)
LIBRARY = (
    "A book of sea charts that left the library in 1941 has come back in a parcel with no name on it. "
    "The librarians would like to know who sailed with it, for the pencil lines between the harbors are "
    "not on any printed copy, and whoever drew them knew where the mines were.\n"
)


@dataclass
class Outcome:
    status: int
    out: str
    err: str

    @property
    def documents(self):
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def dedupe(monkeypatch, capsysbinary, tmp_path):
    """Run the command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, stdin=b""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as ended:
            cli.main([str(argument) for argument in arguments])
        captured = capsysbinary.readouterr()
        status = ended.value.code or 0
        return Outcome(status, captured.out.decode("utf-8"), captured.err.decode("utf-8"))

    return run


def lines(*values) -> bytes:
    return "".join(json.dumps(value) + "\n" for value in values).encode()


PILE = lines(
    {"id": "a", "text": STORM, "section": "weather"},
    {"id": "b", "text": LIBRARY},
    {"id": "c", "text": STORM},
)


def process(*arguments, **options):
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "dedupe_news.cli", *map(str, arguments)]
    return subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    )


# --- the main job ---------------------------------------------------------------------------------


def test_the_main_job_needs_no_name(dedupe, tmp_path):
    (tmp_path / "pile.jsonl").write_bytes(PILE)
    short = dedupe("pile.jsonl")
    full = dedupe("run", "pile.jsonl")
    options_first = dedupe("-q", "pile.jsonl")
    assert short == full
    assert short.out == options_first.out
    assert short.status == 0
    assert [document["id"] for document in short.documents] == ["a", "b"]
    assert short.documents[0]["duplicates"][0]["id"] == "c"
    assert short.documents[0]["section"] == "weather"
    assert short.err == "3 articles, 2 stories, 1 duplicate (1 exact), 0 rejected\n"
    assert options_first.err == ""


def test_standard_input_to_standard_output(dedupe):
    outcome = dedupe("-", stdin=gzip.compress(PILE))
    assert [document["id"] for document in outcome.documents] == ["a", "b"]
    assert dedupe("-", "-o", "-", stdin=PILE).out == outcome.out


def test_several_files_are_one_pile(dedupe, tmp_path):
    (tmp_path / "one.jsonl").write_bytes(PILE)
    (tmp_path / "two.txt").write_text(LIBRARY)
    (tmp_path / "three.jsonl.gz").write_bytes(gzip.compress(lines({"text": "Something else."})))
    outcome = dedupe("one.jsonl", "two.txt", "three.jsonl.gz", "-o", "out.jsonl.gz")
    assert outcome.err.startswith("5 articles, 3 stories, 2 duplicates (2 exact)")
    documents = gzip.decompress((tmp_path / "out.jsonl.gz").read_bytes()).splitlines()
    assert len(documents) == 3


def test_every_record_is_accounted_for_and_bad_ones_are_named_and_kept(dedupe, tmp_path):
    (tmp_path / "pile.jsonl").write_bytes(
        PILE + b'oops\n\n{"title": "no text"}\n' + lines({"id": "a", "text": "x"})
    )
    outcome = dedupe("pile.jsonl", "-o", "clean.jsonl")
    assert outcome.status == 0
    assert "pile.jsonl:4: not JSON" in outcome.err
    assert "pile.jsonl:6: an article needs a 'text'; the keys here are: title" in outcome.err
    assert "6 articles, 2 stories, 1 duplicate (1 exact), 3 rejected" in outcome.err
    assert "the rejected records are in clean.rejects.jsonl" in outcome.err
    rejects = [json.loads(line) for line in (tmp_path / "clean.rejects.jsonl").read_bytes().splitlines()]
    assert sorted(reject["place"] for reject in rejects) == [f"pile.jsonl:{line}" for line in (4, 6, 7)]
    by_place = {reject["place"]: reject for reject in rejects}
    assert by_place["pile.jsonl:4"]["record"] == "oops"
    assert by_place["pile.jsonl:6"]["record"] == {"title": "no text"}
    # Of two different articles with one id the second is rejected, with both places named.
    assert "pile.jsonl:1" in by_place["pile.jsonl:7"]["reason"]


def test_without_rejects_there_is_no_rejects_file_and_never_a_stale_one(dedupe, tmp_path):
    (tmp_path / "pile.jsonl").write_bytes(PILE)
    dedupe("pile.jsonl", "-o", "clean.jsonl")
    assert not (tmp_path / "clean.rejects.jsonl").exists()
    (tmp_path / "clean.rejects.jsonl").write_text("from an earlier run")
    dedupe("pile.jsonl", "-o", "clean.jsonl")
    assert (tmp_path / "clean.rejects.jsonl").read_text() == ""
    dedupe("pile.jsonl", "--rejects", "asked.jsonl", "-q")
    assert (tmp_path / "asked.jsonl").read_text() == ""


def test_on_standard_output_rejects_are_named_with_the_way_to_keep_them(dedupe, tmp_path):
    outcome = dedupe("-", "-q", stdin=PILE + b"oops\n")
    assert outcome.err == "<stdin>:4: not JSON (column 1): Expecting value\n"
    outcome = dedupe("-", stdin=PILE + b"oops\n")
    assert outcome.err.endswith("the rejected records were not kept; to keep them: --rejects FILE\n")
    dedupe("-", "--rejects", "r.jsonl", stdin=PILE + b"oops\n")
    assert json.loads((tmp_path / "r.jsonl").read_text())["place"] == "<stdin>:4"


def test_relations_are_written_where_they_are_asked_for(dedupe, tmp_path):
    dedupe("-", "--relations", "relations.jsonl", stdin=PILE)
    [relation] = [json.loads(line) for line in (tmp_path / "relations.jsonl").read_text().splitlines()]
    assert {relation["left"], relation["right"]} == {"a", "c"}
    assert set(relation) == {"left", "right", "kind", "jaccard", "containment", "evidence"}


def test_text_comes_out_when_it_is_asked_for_by_name_or_by_option(dedupe, tmp_path):
    dedupe("-", "-o", "stories.txt", stdin=PILE)
    by_name = (tmp_path / "stories.txt").read_text()
    assert by_name.count("=" * 72) == 1
    assert "cut power" in by_name
    assert dedupe("-", "--output-format", "text", stdin=PILE).out == by_name


def test_the_received_text_is_added_on_request(dedupe):
    outcome = dedupe("-", "--with-original", stdin=PILE)
    assert outcome.documents[0]["original"] == STORM
    assert "original" not in dedupe("-", stdin=PILE).documents[0]


def test_an_empty_input_gives_an_empty_output(dedupe, tmp_path):
    outcome = dedupe("-", "-o", "out.jsonl", stdin=b"\n")
    assert outcome.status == 0
    assert outcome.err == "0 articles, 0 stories, 0 duplicates, 0 rejected\n"
    assert (tmp_path / "out.jsonl").read_bytes() == b""


def test_the_presets_are_those_of_the_library(dedupe):
    assert set(PRESET_NAMES) == set(PRESETS)
    for name in PRESET_NAMES:
        assert dedupe("-", "--match", name, stdin=PILE).status == 0


# --- one by one -----------------------------------------------------------------------------------


def test_a_plain_text_comes_out_as_plain_text(dedupe, tmp_path):
    (tmp_path / "story.txt").write_text(STORM * 3)
    outcome = dedupe("clean", "story.txt")
    assert outcome.status == 0
    assert outcome.out.count("Port Ellery") == 1
    assert not outcome.out.startswith("{")
    assert outcome.err == "1 article cleaned, 1 changed, 0 rejected\n"
    document = dedupe("clean", "story.txt", "--output-format", "jsonl").documents[0]
    assert document["file"] == "story.txt"
    assert dedupe("clean", "-", stdin=(STORM * 3).encode()).out == outcome.out


def test_cleaning_merges_nothing(dedupe):
    outcome = dedupe("clean", "-", stdin=PILE + b"oops\n")
    assert [document["id"] for document in outcome.documents] == ["a", "b", "c"]
    assert "duplicates" not in outcome.documents[0]
    assert "<stdin>:4: not JSON" in outcome.err
    assert "3 articles cleaned" in outcome.err
    assert "1 rejected" in outcome.err


def test_cleaning_keeps_bad_records_beside_the_output(dedupe, tmp_path):
    outcome = dedupe("clean", "-", "-o", "out.jsonl", stdin=PILE + b'{"text": 7}\n')
    assert "<stdin>:4: 'text' must be a string, got int" in outcome.err
    reject = json.loads((tmp_path / "out.rejects.jsonl").read_text())
    assert reject["record"] == {"text": 7}
    assert len((tmp_path / "out.jsonl").read_bytes().splitlines()) == 3


def test_explain_prints_every_edit_and_every_repeat(dedupe):
    outcome = dedupe("clean", "-", "--explain", stdin=(STORM * 2).encode())
    length = len(STORM)
    assert "1 repeat" in outcome.err
    assert "stands at 0-" in outcome.err
    assert f"-{2 * length}" in outcome.err or f"-{2 * length - 1}" in outcome.err
    assert "edit" not in outcome.out
    assert "1 repeat" in dedupe("-", "--explain", stdin=lines({"text": STORM * 2})).err


def test_lone_surrogates_pass_through(dedupe):
    line = b'{"id": "\\ud83d", "text": "Cut in an emoji: \\ud83d"}\n'
    assert "\ud83d" in dedupe("clean", "-", "--explain", stdin=line).documents[0]["text"]
    assert dedupe("-", "--explain", stdin=line).documents[0]["id"] == "\ud83d"


# --- what we cannot go on from --------------------------------------------------------------------


def test_what_cannot_be_read_is_one_line_and_status_1(dedupe, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(PILE)[:-9])
    for arguments, words in [
        (("nowhere.jsonl",), "nowhere.jsonl: no such file"),
        (("run", "folder"), "folder is a folder"),
        (("cut.jsonl.gz",), "cut.jsonl.gz is cut short or damaged"),
        (("clean", "cut.jsonl.gz"), "cut.jsonl.gz is cut short or damaged"),
    ]:
        outcome = dedupe(*arguments, "-o", "out.jsonl")
        assert outcome.status == 1
        [line] = outcome.err.splitlines()
        assert line.startswith(f"dedupe: {words}")
        assert not (tmp_path / "out.jsonl").exists()


def test_a_missing_file_is_noticed_before_the_work_begins(dedupe, tmp_path):
    (tmp_path / "pile.jsonl").write_bytes(PILE)
    outcome = dedupe("clean", "pile.jsonl", "nowhere.jsonl")
    assert outcome.out == ""
    assert outcome.status == 1


def test_what_cannot_be_written_is_one_line_and_status_1(dedupe):
    outcome = dedupe("-", "-o", "new/out.jsonl", stdin=PILE)
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err == "dedupe: new/out.jsonl: its folder does not exist; create it: mkdir -p new\n"


@pytest.mark.parametrize("job", ["run", "clean"])
def test_a_file_without_one_article_is_the_wrong_file(dedupe, tmp_path, job):
    outcome = dedupe(
        job, "-", "--input-format", "jsonl", "-o", "out.jsonl", stdin=b"One storm.\nTwo storms.\n"
    )
    assert outcome.status == 1
    assert "dedupe: none of 2 is an article, nothing was written" in outcome.err
    assert not (tmp_path / "out.jsonl").exists()
    assert len((tmp_path / "out.rejects.jsonl").read_bytes().splitlines()) == 2


def test_an_output_that_is_an_input_is_wrong_usage(dedupe, tmp_path):
    (tmp_path / "pile.jsonl").write_bytes(PILE)
    (tmp_path / "link.jsonl").symlink_to("pile.jsonl")
    (tmp_path / "pile.rejects.jsonl").write_bytes(PILE)
    for arguments in [
        ("pile.jsonl", "-o", "pile.jsonl"),
        ("pile.jsonl", "-o", "./link.jsonl"),
        ("clean", "pile.jsonl", "-o", "pile.jsonl"),
        ("pile.jsonl", "-o", "out.jsonl", "--relations", "pile.jsonl"),
        ("pile.jsonl", "-o", "out.jsonl", "--rejects", "pile.jsonl"),
        ("pile.rejects.jsonl", "-o", "pile.jsonl"),  # the rejects would go to the input
        ("pile.jsonl", "-o", "out.jsonl", "--relations", "out.jsonl"),
        ("pile.jsonl", "--rejects", "-"),
        ("-", "-"),
    ]:
        outcome = dedupe(*arguments)
        assert outcome.status == 2, arguments
        assert outcome.err.splitlines()[-1].startswith("Error: ")
    assert (tmp_path / "pile.jsonl").read_bytes() == PILE


def test_wrong_usage_is_status_2(dedupe):
    for arguments in [(), ("run",), ("clean",), ("x.jsonl", "--no-such-option"), ("-", "--match", "loose")]:
        assert dedupe(*arguments, stdin=PILE).status == 2


def test_help_and_version(dedupe):
    assert dedupe("--version").out == f"dedupe-news {cli.dedupe_news.__version__}\n"
    for arguments in [("--help",), ("-h",), ("run", "--help"), ("clean", "-h")]:
        outcome = dedupe(*arguments)
        assert outcome.status == 0
        assert "Example: dedupe " in outcome.out


# --- as a process ---------------------------------------------------------------------------------


def test_a_reader_that_leaves_is_no_noise():
    with process("clean", "-") as running:
        running.stdout.close()
        _, err = running.stdin.write(PILE * 50), None
        running.stdin.close()
        err = running.stderr.read().decode()
    assert running.returncode == 128 + 13
    assert err == ""


def test_an_interrupt_is_quiet_and_leaves_no_half_output(tmp_path):
    with process("clean", "-", "--explain", "-o", "out.jsonl", cwd=tmp_path) as running:
        running.stdin.write(lines({"id": "a", "text": "One storm."}))
        running.stdin.flush()
        assert running.stderr.readline() == b"a: 0 edits, 0 repeats\n"  # it is at work
        running.send_signal(signal.SIGINT)
        err = running.stderr.read().decode()
    assert running.returncode == 128 + 2
    assert err.strip() == "dedupe: interrupted"
    assert list(tmp_path.iterdir()) == []


def test_output_does_not_depend_on_the_locale():
    environment = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "PATH": os.environ["PATH"]}
    outcome = subprocess.run(
        [sys.executable, "-m", "dedupe_news.cli", "clean", "-", "--explain"],
        input="Müller sagte: „Nein“.".encode(),
        env={**environment, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        check=False,
    )
    assert outcome.returncode == 0
    assert outcome.stdout.decode("utf-8") == "Müller sagte: „Nein“.\n"


def test_a_rule_can_be_skipped(dedupe):
    text = "Exports rose last month－the fastest pace in years, the ministry  said.".encode()
    mended = "Exports rose last month－the fastest pace in years, the ministry said.\n"
    assert dedupe("clean", "--skip", "dash", "--input-format", "text", "-", stdin=text).out == mended


def test_a_rule_that_does_not_exist_cannot_be_skipped(dedupe):
    outcome = dedupe("clean", "--skip", "dashes", "-", stdin=b"A line.")
    assert outcome.status == cli.WRONG_USAGE
    assert "skip names unknown rules: dashes; known are entity" in outcome.err
