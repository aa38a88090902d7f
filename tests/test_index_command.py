"""`dedupe index`: what goes in, what is said of it, and what it says when it cannot go on."""

import gzip
import io
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from conftest import ROOT
from faults import run_commands, write_pile
from test_cli import LIBRARY, STORM, dedupe, lines, process  # noqa: F401 - a fixture
from test_io_formats import read

import dedupe_news
from dedupe_news import index_command
from dedupe_news.command_options import COULD_NOT_GO_ON, INTERRUPTED, WRONG_USAGE
from dedupe_news.index import store
from dedupe_news.io.reading import ReadOptions

LONGER = STORM + "The harbour office counted nine broken masts by noon, and one that nobody claims to own.\n"
NOBODY = 65534
PILE = lines(
    {"id": "a", "text": STORM, "section": "weather", "source": "Ellery Post"},
    {"id": "b", "text": LIBRARY},
    {"id": "c", "text": STORM, "source": "Sound Mail"},
)


@pytest.fixture
def index(dedupe):  # noqa: F811
    """Run one command of the group on seen.db, in this process, in an empty folder."""

    def run(job, *arguments, path="seen.db", stdin=b""):
        return dedupe("index", job, path, *arguments, stdin=stdin)

    return run


@pytest.fixture
def filled(index):
    index("add", "-", "--seen", "2026-01-31", stdin=PILE)
    return index


def told(outcome):
    return [(verdict["id"], verdict["outcome"], verdict["canonical_id"]) for verdict in outcome.documents]


# --- adding and asking ------------------------------------------------------------------------------


def test_each_article_gets_a_verdict(index):
    outcome = index("add", "-", stdin=PILE)
    assert outcome.status == 0
    assert told(outcome) == [("a", "new", "a"), ("b", "new", "b"), ("c", "duplicate", "a")]
    assert outcome.err == "3 articles, 2 new, 1 duplicate, 0 better, 0 again, 0 rejected\n"
    verdicts = outcome.documents
    assert verdicts[0]["relation"] is None
    assert verdicts[2]["relation"]["kind"] == "exact"
    assert [list(verdict) for verdict in verdicts] == [
        ["id", "outcome", "canonical_id", "relation", "changes"]
    ] * 3


def test_what_was_added_is_there_the_next_time(filled):
    assert told(filled("add", "-", stdin=PILE)) == [
        ("a", "again", "a"),
        ("b", "again", "b"),
        ("c", "again", "a"),
    ]
    better = filled("add", "-", stdin=lines({"id": "d", "text": LONGER}))
    assert told(better) == [("d", "better", "d")]
    [verdict] = better.documents
    assert {verdict["relation"]["left"], verdict["relation"]["right"]} == {"a", "d"}
    assert verdict["changes"] == [
        {"id": "a", "before": "a", "after": "d"},
        {"id": "c", "before": "a", "after": "d"},
    ]
    assert better.err == "1 article, 0 new, 0 duplicates, 1 better, 0 again, 0 rejected\n"


def test_asking_keeps_nothing_and_says_what_adding_would(filled, tmp_path):
    (tmp_path / "more.jsonl").write_bytes(lines({"id": "d", "text": LONGER}, {"text": "Rain."}))
    before = filled("stats", "--json").documents
    asked = filled("query", "more.jsonl")
    assert asked == filled("query", "more.jsonl")
    assert filled("stats", "--json").documents == before
    assert filled("add", "more.jsonl") == asked


def test_it_reads_what_the_main_job_reads(index, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text(f'headline,body\nA storm,"{STORM.strip()}"\n')
    (tmp_path / "in" / "b.jsonl.gz").write_bytes(gzip.compress(PILE))
    (tmp_path / "c.text").write_text(LIBRARY)
    outcome = index("add", "in", "-q")
    assert [verdict["outcome"] for verdict in outcome.documents].count("new") == 2
    assert outcome.err == ""
    outcome = index("add", "c.*", "--input-format", "text", "-q")
    [verdict] = outcome.documents
    assert verdict["relation"]["kind"] == "exact"


def test_new_documents_come_out_whole_and_repaired(filled, tmp_path):
    more = lines(
        {"id": "c", "text": STORM, "source": "Sound Mail"},
        {"id": "d", "text": LONGER, "section": "sea"},
        {"id": "e", "text": "Rain fell\u200b on the quay.", "title": "Rain"},
    )
    outcome = filled("query", "-", "--new", "--with-original", stdin=more)
    assert [document["id"] for document in outcome.documents] == ["d", "e"]
    better, new = outcome.documents
    assert (better["section"], better["relation"]["right"]) in {("sea", "a"), ("sea", "d")}
    assert (new["relation"], new["text"]) == (None, "Rain fell on the quay.")
    assert new["original"] == "Rain fell\u200b on the quay."
    assert new["edits"][0]["rule"] == "invisible"
    explained = filled("add", "-", "--new", "--explain", "-q", "-o", "new.parquet", stdin=more)
    assert "e: 1 edit, 0 repeats" in explained.err
    rows = [row for _, row in read(tmp_path / "new.parquet")]
    assert [(row["id"], row["text"]) for row in rows] == [
        (document["id"], document["text"]) for document in outcome.documents
    ]


def test_bad_records_are_named_and_kept(filled, tmp_path):
    bad = (
        b'oops\n{"title": "no text"}\n'
        + lines({"id": "a", "text": LIBRARY}, {"text": "Rain."}, {"id": "f", "text": "Sun."})
        + b'{"id": "\\ud83d", "text": "Snow."}\n'
        + lines({"id": "f", "text": "Fog."})
    )
    (tmp_path / "bad.jsonl").write_bytes(bad)
    for job in ("query", "add"):
        outcome = filled(job, "bad.jsonl", "-o", "verdicts.jsonl")
        assert outcome.status == 0
        rejects = [
            json.loads(line) for line in (tmp_path / "verdicts.rejects.jsonl").read_bytes().splitlines()
        ]
        numbers = (1, 2, 3, 6) if job == "query" else (1, 2, 3, 6, 7)
        assert [reject["place"] for reject in rejects] == [f"bad.jsonl:{number}" for number in numbers]
        assert rejects[2]["record"] == {"id": "a", "text": LIBRARY}
        assert "id 'a' is another article's already, in the index seen.db" in rejects[2]["reason"]
        assert "lone surrogate" in rejects[3]["reason"]
        assert f"{len(numbers)} rejected" in outcome.err
        assert "the rejected records are in verdicts.rejects.jsonl" in outcome.err


def test_a_text_with_a_lone_surrogate_is_kept(index):
    line = b'{"id": "s", "text": "Cut in an emoji: \\ud83d", "note": "\\udc00"}\n'
    assert told(index("add", "-", stdin=line)) == [("s", "new", "s")]
    [document] = index("export").documents
    assert document["text"] == "Cut in an emoji: \ud83d"
    assert document["note"] == "\udc00"


def test_a_new_text_takes_the_place_of_the_old_one_when_that_is_asked_for(filled):
    changed = lines({"id": "a", "text": LIBRARY}, {"id": "a", "text": STORM}, {"id": "a", "text": LIBRARY})
    assert "2 rejected" in filled("query", "-", stdin=changed).err
    outcome = filled("add", "-", "--replace", stdin=changed)
    assert [verdict["id"] for verdict in outcome.documents] == ["a"] * 3
    assert "0 rejected" in outcome.err
    documents = filled("export").documents
    assert {document["id"]: [one["id"] for one in document["duplicates"]] for document in documents} in (
        {"a": ["b"], "c": []},
        {"b": ["a"], "c": []},
    )


def test_options_count_when_the_index_is_made(index):
    assert index("add", "-", "--match", "strict", "--skip", "dash", stdin=PILE).status == 0
    for arguments in [(), ("--match", "strict"), ("--skip", "dash")]:
        assert index("add", "-", *arguments, stdin=PILE).status == 0
    for arguments, words in [
        (("--match", "news"), "was made with match.min_jaccard=0.9, asked for 0.7"),
        (("--skip", "quote"), "was made with clean.skip=['dash'], asked for ['quote']"),
        (("--no-clean",), "was made with clean=True, asked for None"),
        (("--skip", "dashes"), "skip names unknown rules: dashes"),
        (("--no-clean", "--skip", "dash"), "choose"),
    ]:
        outcome = index("add", "-", *arguments, stdin=PILE)
        assert (outcome.status, outcome.out) == (WRONG_USAGE, "")
        assert words in outcome.err
    assert "cleaned     yes, skip: dash\nmatch       strict\n" in index("stats").out


def test_texts_may_be_taken_as_they_are(index):
    line = lines({"id": "z", "text": "Rain\u200b fell.", "title": "Rain"})
    index("add", "-", "--no-clean", stdin=line)
    [document] = index("export").documents
    assert (document["text"], document["edits"]) == ("Rain\u200b fell.", [])
    assert "cleaned     no, texts are as they came\n" in index("stats").out


# --- what is there ----------------------------------------------------------------------------------


def test_removing_is_all_or_nothing(filled):
    refused = filled("remove", "a", "x", "y")
    assert (refused.status, refused.out) == (COULD_NOT_GO_ON, "")
    assert refused.err == "dedupe: there is no article with one of the ids x, y in the index seen.db\n"
    outcome = filled("remove", "a")
    assert outcome.documents == [{"id": "c", "before": "a", "after": "c"}]
    assert outcome.err == "1 article removed, 1 other belongs to another document now\n"
    assert filled("remove", "b", "c", "-q").err == ""
    assert filled("export").out == ""


@pytest.mark.parametrize(
    ("age", "left"),
    [("2026-01-31", 3), ("2026-02-01T06:30", 0), ("2026-01-31T00:00:01+14:00", 3), ("12h", 0), ("90000d", 3)],
)
def test_what_was_not_seen_for_long_expires(filled, age, left):
    outcome = filled("expire", "--older-than", age)
    assert outcome.err == f"{3 - left} articles expired\n"
    assert len(filled("export").documents) == (2 if left else 0)


def test_seen_again_is_not_old(filled):
    filled("add", "-", "--seen", "2026-03-01", stdin=lines({"id": "b", "text": LIBRARY}))
    assert filled("expire", "--older-than", "2026-02-01").err == "2 articles expired\n"
    assert [document["id"] for document in filled("export").documents] == ["b"]


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--older-than", "soon", "'soon' is no age; write 12h, 30d, 8w, or a day: 2026-01-31"),
        ("--older-than", "30", "'30' is no age"),
        ("--older-than", "-3d", "'-3d' is no age"),
        ("--older-than", "9999999999w", "'9999999999w' is too far away"),
        ("--older-than", "2026-02-30", "'2026-02-30' is no age"),
        ("--seen", "yesterday", "'yesterday' is no moment; write 2026-01-31 or 2026-01-31T06:30"),
        ("--seen", "30d", "'30d' is no moment"),
    ],
)
def test_what_is_no_time_is_wrong_usage(filled, option, value, words):
    files = ("-",) if option == "--seen" else ()
    outcome = filled("add" if files else "expire", *files, option, value)
    assert outcome.status == WRONG_USAGE
    assert words in outcome.err


def test_stats_are_readable_and_machine_readable(filled):
    shown = filled("stats")
    assert shown.out.startswith(
        "articles    3\ndocuments   2\nduplicates  1\nlast seen   2026-01-31 00:00 to 2026-01-31 00:00\n"
    )
    assert shown.out.endswith("cleaned     yes\nmatch       news\n")
    [record] = filled("stats", "--json").documents
    assert set(record) == set(dedupe_news.IndexStats.__slots__)
    assert (record["articles"], record["documents"], record["oldest"]) == (3, 2, "2026-01-31T00:00:00")
    filled("remove", "a", "b", "c")
    assert "last seen   -\n" in filled("stats").out


@pytest.mark.parametrize("name", ["out.jsonl", "out.csv", "out.parquet", "out.jsonl.gz", "out.txt"])
def test_an_export_is_what_the_main_job_gives(filled, dedupe, tmp_path, name):  # noqa: F811
    (tmp_path / "pile.jsonl").write_bytes(PILE)
    outcome = filled("export", "-o", name, "--with-original")
    assert outcome.err == "2 stories, 1 duplicate\n"
    dedupe("pile.jsonl", "-o", f"main.{name}", "--with-original", "-q")
    assert (tmp_path / name).read_bytes() == (tmp_path / f"main.{name}").read_bytes()


# --- what we cannot go on from ----------------------------------------------------------------------


def make(name):
    """Put something at seen.db that is no index."""
    path = Path("seen.db")
    if name == "text":
        path.write_text(STORM)
    elif name == "folder":
        path.mkdir()
    elif name == "database":
        with sqlite3.connect(path) as other:
            other.execute("CREATE TABLE article (id TEXT)")
        other.close()
    elif name == "cut":
        with dedupe_news.Index(path) as index:
            index.add_many([STORM, LIBRARY])
        path.write_bytes(path.read_bytes()[:9000])
    elif name == "later":
        dedupe_news.Index(path).close()
        with sqlite3.connect(path) as other:
            other.execute("PRAGMA user_version = 99")
        other.close()


JOBS = {
    "add": ("more.jsonl",),
    "query": ("more.jsonl",),
    "remove": ("a",),
    "expire": ("--older-than", "0h"),
    "stats": (),
    "export": ("-o", "out.jsonl"),
}


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nothing", "there is no index at seen.db; `dedupe index add seen.db FILES...` makes one"),
        ("text", "seen.db is no index, or is damaged"),
        ("database", "seen.db is a database, but no index of dedupe_news; name another file"),
        ("folder", "seen.db"),
        ("cut", "seen.db"),
        ("later", "the index seen.db is of version 99"),
    ],
)
def test_what_is_no_index_is_named_and_left_alone(index, tmp_path, job, name, words):
    if (job, name) == ("add", "nothing"):
        return  # which makes it
    (tmp_path / "more.jsonl").write_bytes(PILE)
    make(name)
    before = {path.name: path.is_file() and path.read_bytes() for path in tmp_path.iterdir()}
    outcome = index(job, *JOBS[job])
    assert (outcome.status, outcome.out) == (COULD_NOT_GO_ON, "")
    [line] = outcome.err.splitlines()
    assert line.startswith("dedupe: ")
    assert words in line
    after = {path.name: path.is_file() and path.read_bytes() for path in tmp_path.iterdir()}
    assert after.items() >= before.items()
    assert after.keys() - before.keys() <= {"seen.db-wal", "seen.db-shm"}


def test_wrong_usage_of_places_and_formats(filled, tmp_path):
    (tmp_path / "more.jsonl").write_bytes(PILE)
    before = (tmp_path / "seen.db").read_bytes()
    for job, arguments, words in [
        ("add", (), "Missing argument 'FILES...'"),
        ("add", ("more.jsonl", "-o", "seen.db"), "--output and INDEX are both seen.db"),
        ("add", ("seen.db",), "INDEX seen.db is also an input"),
        ("add", ("more.jsonl", "-o", "more.jsonl"), "--output more.jsonl is also an input"),
        ("add", ("more.jsonl", "-o", "out.csv"), "verdicts are JSON lines, no csv"),
        ("query", ("more.jsonl", "--output-format", "csv"), "--output-format is for documents"),
        ("query", ("more.jsonl", "--with-original"), "--with-original is for documents"),
        ("export", ("-o", "seen.db"), "--output and INDEX are both seen.db"),
        ("expire", (), "Missing option '--older-than'"),
        ("remove", (), "Missing argument 'ID...'"),
    ]:
        outcome = filled(job, *arguments)
        assert (outcome.status, outcome.out) == (WRONG_USAGE, ""), arguments
        assert words in outcome.err
    assert "an index is a file" in filled("add", "-", path="-").err
    assert (tmp_path / "seen.db").read_bytes() == before
    assert not (tmp_path / "-").exists()


def test_a_missing_input_or_folder_makes_no_index(index, tmp_path):
    for arguments, words in [
        (("nowhere.jsonl",), "nowhere.jsonl: no such file"),
        (("-", "-o", "new/out.jsonl"), "its folder does not exist"),
    ]:
        outcome = index("add", *arguments, stdin=PILE)
        assert outcome.status == COULD_NOT_GO_ON
        assert words in outcome.err
    assert list(tmp_path.iterdir()) == []
    assert "cannot be opened" in index("add", "-", path="new/seen.db", stdin=PILE).err


def test_a_file_without_one_article_is_the_wrong_file(index, tmp_path):
    outcome = index("add", "-", "--input-format", "jsonl", "-o", "out.jsonl", stdin=b"One storm.\n")
    assert outcome.status == COULD_NOT_GO_ON
    assert "the only record is no article, nothing was written" in outcome.err
    assert not (tmp_path / "out.jsonl").exists()


def test_an_input_that_is_cut_short_leaves_what_was_added_and_what_was_said_of_it(
    index, tmp_path, monkeypatch
):
    monkeypatch.setattr("dedupe_news.index.reading.BATCH_ARTICLES", 2)
    (tmp_path / "whole.jsonl").write_bytes(PILE)
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(PILE)[:-9])
    outcome = index("add", "whole.jsonl", "cut.jsonl.gz", "-o", "out.jsonl", "-j1")
    assert outcome.status == COULD_NOT_GO_ON
    assert "seen.db holds these articles; the rest was not added" in outcome.err
    assert outcome.err.splitlines()[-1].startswith("dedupe: cut.jsonl.gz is cut short or damaged")
    said = [json.loads(line)["id"] for line in (tmp_path / "out.jsonl").read_bytes().splitlines()]
    with dedupe_news.Index("seen.db") as kept:
        assert set(said) == set(kept)
    assert said[:2] == ["a", "b"]
    asked = index("query", "whole.jsonl", "cut.jsonl.gz", "-o", "asked.jsonl")
    assert asked.status == COULD_NOT_GO_ON
    assert not (tmp_path / "asked.jsonl").exists()


def test_an_index_that_another_process_keeps_locked_is_named(filled, monkeypatch):
    monkeypatch.setattr(store, "_WAIT_SECONDS", 0.05)
    other = sqlite3.connect("seen.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for job, arguments in (("add", ("-",)), ("remove", ("a",)), ("expire", ("--older-than", "0h"))):
        outcome = filled(job, *arguments, stdin=PILE)
        assert outcome.status == COULD_NOT_GO_ON
        assert "another process has been writing to the index seen.db for more than" in outcome.err
    assert told(filled("query", "-", stdin=PILE))[0] == ("a", "again", "a")  # readers never wait
    assert len(filled("export").documents) == 2
    other.close()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give up its rights")
def test_a_folder_that_may_only_be_read_can_be_asked():
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    (folder / "pile.jsonl").write_bytes(PILE)
    with dedupe_news.Index(folder / "seen.db") as made:
        made.add({"id": "a", "text": STORM})
    folder.chmod(0o755)
    rest = [folder / "pile.jsonl", "-q", "-o", "/dev/null"]
    commands = [["index", job, folder / "seen.db", *rest] for job in ("query", "add")]
    warm_up = [["index", "add", folder / "warm.db", *rest]]
    (asked, said), (added, words) = run_commands(commands, warm_up=warm_up, user=NOBODY)
    shutil.rmtree(folder)
    assert (asked, said) == (0, "")
    assert added == COULD_NOT_GO_ON
    assert words.startswith(f"dedupe: the index {folder / 'seen.db'} ")
    assert words.count("\n") == 1


def test_a_full_disk_adds_nothing_of_the_batch_and_says_nothing_of_it(tmp_path):
    pile, output = write_pile(tmp_path / "pile.jsonl", num_articles=30), tmp_path / "out.jsonl"
    commands = [
        ["index", "add", tmp_path / "seen.db", pile, "-o", output],
        ["index", "export", tmp_path / "seen.db", "-o", "/dev/null"],
    ]
    warm_up = [["index", "add", tmp_path / "warm.db", pile, "-q", "-o", tmp_path / "warm.jsonl"]]
    (full, words), (asked, said) = run_commands(commands, warm_up=warm_up, file_bytes=100_000)
    assert full == COULD_NOT_GO_ON
    assert words.startswith(f"dedupe: the index {tmp_path / 'seen.db'} cannot be used: ")
    assert not output.exists()
    assert (asked, said) == (0, "0 stories, 0 duplicates\n")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(28, "No space left on device"), "cannot be used: No space left on device; check its folder"),
        (OSError("Corrupt Lz4 compressed data."), "is damaged: Corrupt Lz4 compressed data."),
    ],
)
def test_what_is_wrong_with_the_files_of_an_index_is_said(filled, monkeypatch, error, words):
    def fail(*_):
        raise error

    monkeypatch.setattr("dedupe_news.index.documents.unpack", fail)
    outcome = filled("export")
    assert (outcome.status, outcome.out) == (COULD_NOT_GO_ON, "")
    assert outcome.err.startswith(f"dedupe: the index seen.db {words}")


# --- as a process -----------------------------------------------------------------------------------


def test_a_pipe_is_answered_as_it_comes_and_an_interrupt_leaves_what_was_added(tmp_path):
    command = ("index", "add", "seen.db", "-", "--new", "-j2", "-o", "new.jsonl", "--explain")
    with process(*command, cwd=tmp_path) as running:
        for number, text in enumerate((STORM, LIBRARY)):
            running.stdin.write(lines({"id": str(number), "text": text}))
            running.stdin.flush()
            while not (line := running.stderr.readline()).startswith(f"{number}: ".encode()):
                assert line
        running.send_signal(signal.SIGINT)
        words = running.stderr.read().decode()
        out = running.stdout.read()
    assert (running.returncode, out) == (INTERRUPTED, b"")
    assert words.splitlines()[-2:] == [
        "2 articles, 2 new, 0 duplicates, 0 better, 0 again, 0 rejected",
        "dedupe: interrupted; seen.db holds what was added until then",
    ]
    assert [document["id"] for _, document in read(tmp_path / "new.jsonl")] == ["0", "1"]
    with dedupe_news.Index(tmp_path / "seen.db", read_only=True) as kept:
        assert list(kept) == ["0", "1"]


def test_an_interrupt_while_files_are_read_ends_with_what_was_begun(index, tmp_path, monkeypatch):
    monkeypatch.setattr("dedupe_news.index.reading.BATCH_ARTICLES", 4)
    monkeypatch.setattr("dedupe_news.index_command.PROGRESS_STEP", 1)
    (tmp_path / "pile.jsonl").write_bytes(lines(*({"text": f"{STORM} {number}"} for number in range(40))))
    pressed = []

    def press_once(id, _changes):
        if not pressed:
            pressed.append(id)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(index_command, "say_changes", press_once)
    outcome = index("add", "pile.jsonl", "-j1", "--explain", "-o", "out.jsonl")
    assert outcome.status == INTERRUPTED
    assert outcome.err.startswith("4 articles, ")
    assert outcome.err.endswith("dedupe: interrupted; seen.db holds what was added until then\n")
    assert (tmp_path / "out.jsonl").read_bytes().count(b"\n") == 4
    assert json.loads(index("stats", "--json").out)["articles"] == 4
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_while_asking_leaves_no_half_output(filled, tmp_path, monkeypatch):
    def press(_id, _changes):
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(index_command, "say_changes", press)
    outcome = filled("query", "-", "--explain", "-o", "out.jsonl", stdin=PILE)
    assert (outcome.status, outcome.err) == (INTERRUPTED, "dedupe: interrupted\n")
    assert not (tmp_path / "out.jsonl").exists()


def test_a_named_pipe_is_read_as_it_comes(index, tmp_path):
    os.mkfifo(tmp_path / "pipe.jsonl")
    writing = threading.Thread(target=(tmp_path / "pipe.jsonl").write_bytes, args=(PILE,))
    writing.start()
    assert len(index("add", "pipe.jsonl").documents) == 3
    writing.join()


def test_asking_what_is_there_does_not_load_what_is_not_needed():
    code = "import sys, dedupe_news.cli; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert set(loaded) & {"numpy", "numba", "pyarrow", "sqlite3", "rich", "orjson", "scipy"} == set()
    assert io.__name__ in loaded


def test_how_far_it_has_read_is_known_when_it_ends_early(tmp_path):
    path = str(tmp_path / "pile.jsonl")
    Path(path).write_bytes(PILE)
    inputs = index_command.Inputs([path, path], ReadOptions())
    records = inputs.records(lambda: inputs.position() <= len(PILE))
    assert len(list(records)) == 4
    assert inputs.position() == inputs.num_bytes == 2 * len(PILE)
