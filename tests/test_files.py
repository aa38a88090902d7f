"""A collection through files, held against the same collection in memory."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random

import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from dedupe_news import CleanOptions, dedupe
from dedupe_news.article import Reject
from dedupe_news.errors import OutputError
from dedupe_news.io.blocks import iter_blocks
from dedupe_news.io.documents import Packing
from dedupe_news.io.reading import ReadOptions, open_source
from dedupe_news.options import MatchOptions
from dedupe_news.pipeline.articles import dedupe_records
from dedupe_news.pipeline.files import Collection, RunOptions
from dedupe_news.pipeline.work import Work

STORY = " ".join(f"word{letter}{tail}" for letter in "abcdefghij" for tail in "klmnopqrst")
OTHER = " ".join(f"other{letter}{tail}" for letter in "abcdefghij" for tail in "klmnopqrst")

records = st.fixed_dictionaries(
    {
        "text": st.sampled_from([STORY, OTHER, STORY + " and more", "Short.", "Short.", ""])
        | st.text(max_size=9)
    },
    optional={
        "id": st.sampled_from(["a", "b", "c", "", None]),
        "source": st.sampled_from(["Wire", "Echo", None]),
        "url": st.just("https://news.example/1"),
        "published": st.sampled_from(["2020-11-09", "2020-11-10"]),
        "section": st.sampled_from(["sport", 7, None, ["x"]]),
    },
)
lines = st.one_of(
    st.lists(records, max_size=12).map(lambda found: [json.dumps(record) for record in found]),
    st.lists(
        records.map(json.dumps) | st.sampled_from(["", "  ", "{", "[1]", '{"text": 3}', '{"title": "x"}']),
        max_size=12,
    ),
)


def silent(_stage, _done, _total):
    """Nobody listens."""


def through_files(path, folder, *, jobs=1, block_bytes=1 << 20, annotate=False, resume=False, clean=True):
    options = RunOptions(
        CleanOptions() if clean else None, MatchOptions(), Packing("jsonl", False), jobs, 1 << 30
    )
    with Work(folder, version="1", resume=resume) as work:
        collection = Collection(work, options, silent)
        blocks = iter_blocks([str(path)], ReadOptions(), block_bytes=block_bytes)
        rejects = list(collection.take(blocks, None))
        collection.match()
        documents = [
            (id, json.loads(b"{%b,%b}" % packed), verdict)
            for id, packed, verdict in collection.documents(annotate=annotate)
        ]
        return documents, collection.relations, rejects, *collection.summary(), collection.num_resumed


def in_memory(path):
    with open_source(str(path)) as source:
        return dedupe_records(source.records(), clean=CleanOptions(), match="news")


@given(lines, st.sampled_from([1, 60, 1 << 20]))
def test_files_and_memory_give_the_same(found, block_bytes):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pile.jsonl"
        path.write_text("\n".join(found), encoding="utf-8")
        expected = in_memory(path)
        documents, relations, rejects, summary, kinds, _ = through_files(
            path, Path(folder) / "work", block_bytes=block_bytes
        )
    assert summary == expected.summary
    assert relations == list(expected.relations)
    assert rejects == list(expected.rejects)
    assert [id for id, _, _ in documents] == [document.id for document in expected.documents]
    for (_, record, verdict), document in zip(documents, expected.documents, strict=True):
        assert record["text"] == document.text
        assert len(record["edits"]) == len(document.edits)
        assert verdict["sources"] == list(document.sources)
        assert [duplicate["id"] for duplicate in verdict["duplicates"]] == [
            duplicate.id for duplicate in document.duplicates
        ]
    assert sum(kinds.values()) == summary.duplicates


@given(st.lists(records, max_size=12))
def test_annotated_every_article_that_is_taken_comes_out_with_its_verdict(found):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pile.jsonl"
        path.write_text("\n".join(map(json.dumps, found)), encoding="utf-8")
        stories, *_ = through_files(path, Path(folder) / "work")
        everyone, _, rejects, summary, _, _ = through_files(path, Path(folder) / "work", annotate=True)
    assert len(everyone) == summary.received - len(rejects)
    duplicates = [(id, verdict) for id, _, verdict in everyone if verdict["duplicate_of"] is not None]
    assert len(duplicates) == summary.duplicates
    told = {id: [duplicate["id"] for duplicate in verdict["duplicates"]] for id, _, verdict in stories}
    for id, verdict in duplicates:
        assert id in told[verdict["duplicate_of"]]
        assert verdict["relation"]["kind"] in {"exact", "near", "contained", "revision"}
    kept = [(id, verdict["duplicates"]) for id, _, verdict in everyone if verdict["duplicate_of"] is None]
    assert kept == [(id, verdict["duplicates"]) for id, _, verdict in stories]


@given(strategies.piles(), st.randoms(use_true_random=False))
def test_through_files_the_order_of_the_input_changes_the_order_alone(pile, random):
    found = [
        json.dumps({"text": text, "source": f"s{number % 3}", "published": f"2020-11-{number % 4 + 1:02}"})
        for number, text in enumerate(pile)
    ]
    results = []
    for _ in range(2):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "pile.jsonl"
            path.write_text("\n".join(found), encoding="utf-8")
            documents, relations, *_ = through_files(path, Path(folder) / "work", block_bytes=100)
        told = {id: sorted(duplicate["id"] for duplicate in v["duplicates"]) for id, _, v in documents}
        results.append((told, relations))
        random.shuffle(found)
    assert results[0] == results[1]


VOCABULARY = [f"{onset}{vowel}{end}" for onset in "bdfgklmnprst" for vowel in "aeiou" for end in "lmnrst"]


def a_story(number, num_words=120):
    """Return the sentences of one story, the same for one number."""
    random = Random(number)
    words = [random.choice(VOCABULARY) for _ in range(num_words)]
    sentences = (" ".join(words[at : at + 12]).capitalize() for at in range(0, num_words, 12))
    return "".join(f"{sentence}." for sentence in sentences)  # glued, as extractors do


def a_pile(path, number=400):
    """Write articles of which some are copies, some of one id, some no articles."""
    with path.open("w", encoding="utf-8") as file:
        for at in range(number):
            record = {"text": f"News of the harbour. {a_story(at // 2 % 150)}", "title": None, "day": at % 3}
            if at % 7 == 0:
                record["id"] = f"id-{at % 91}"
            file.write(json.dumps(record) + "\n")
            if at % 50 == 0:
                file.write("{broken\n")
    return path


def command(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "dedupe_news.cli", *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        check=False,
        **options,
    )


def test_jobs_and_sizes_of_blocks_change_no_byte(tmp_path):
    path = a_pile(tmp_path / "pile.jsonl")
    results = [
        through_files(path, tmp_path / f"work-{jobs}-{block_bytes}", jobs=jobs, block_bytes=block_bytes)
        for jobs, block_bytes in ((1, 1 << 20), (1, 1000), (2, 20_000), (3, 5000))
    ]
    assert all(result == results[0] for result in results)


def test_what_was_finished_before_is_used_and_changes_nothing(tmp_path):
    path = a_pile(tmp_path / "pile.jsonl")
    whole = through_files(path, tmp_path / "work", block_bytes=20_000)
    finished = sorted((tmp_path / "work" / "batches").glob("*.rows"))
    assert len(finished) > 10
    for place in finished[::3]:
        place.unlink()
    again = through_files(path, tmp_path / "work", block_bytes=20_000, resume=True)
    assert again[:-1] == whole[:-1]
    assert again[-1] == len(finished) - len(finished[::3])


def test_a_batch_of_other_records_or_other_options_is_not_used(tmp_path):
    path = a_pile(tmp_path / "pile.jsonl", 40)
    through_files(path, tmp_path / "work")
    assert through_files(path, tmp_path / "work", resume=True)[-1] == 1
    assert through_files(path, tmp_path / "work", resume=True, clean=False)[-1] == 0
    path.write_text(path.read_text(encoding="utf-8").replace("the harbour", "this harbour"), encoding="utf-8")
    assert through_files(path, tmp_path / "work", resume=True)[-1] == 0


def test_two_runs_do_not_share_a_folder(tmp_path):
    with (
        Work(tmp_path / "work", version="1", resume=False),
        pytest.raises(OutputError, match="another run works in"),
        Work(tmp_path / "work", version="1", resume=False),
    ):
        pass


def test_a_run_that_finds_another_at_work_leaves_its_work_alone(tmp_path):
    path = a_pile(tmp_path / "pile.jsonl", 40)
    through_files(path, tmp_path / "work", block_bytes=100)
    with Work(tmp_path / "work", version="1", resume=True) as other:
        finished = other.num_finished
        assert finished > 20
        refused = command(path, "-o", tmp_path / "clean.jsonl", "--work", tmp_path / "work")
        assert refused.returncode == 1
        assert "another run works in" in refused.stderr
        assert "--resume" not in refused.stderr
        assert other.num_finished == finished


def test_a_new_beginning_says_what_it_throws_away(tmp_path):
    path = a_pile(tmp_path / "pile.jsonl", 40)
    through_files(path, tmp_path / "work", block_bytes=1000)
    finished = batches_in(tmp_path / "work")
    done = command(path, "-o", tmp_path / "clean.jsonl", "--work", tmp_path / "work")
    assert f"{finished} finished batches of an interrupted run thrown away; --resume would" in done.stderr


def test_standard_output_leaves_no_folder_behind(tmp_path):
    path = a_pile(tmp_path / "pile.jsonl", 40)
    (tmp_path / "temporary").mkdir()
    environment = {**os.environ, "TMPDIR": str(tmp_path / "temporary")}
    assert command(path, env=environment).returncode == 0
    assert command(path, "--relations", tmp_path / "no" / "r.jsonl", env=environment).returncode == 1
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_folder_with_something_else_is_no_place_for_work(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of it", encoding="utf-8")
    with pytest.raises(OutputError, match="holds something else"), Work(tmp_path, version="1", resume=False):
        pass
    assert [place.name for place in tmp_path.iterdir()] == ["thesis.txt"]


def test_the_second_article_of_one_id_is_rejected_with_both_places_also_in_another_block(tmp_path):
    path = tmp_path / "pile.jsonl"
    path.write_text('{"id": "a", "text": "One."}\n\n{"id": "a", "text": "Two."}\n', encoding="utf-8")
    for block_bytes in (1, 1000):
        _, _, rejects, *_ = through_files(path, tmp_path / "work", block_bytes=block_bytes)
        place, first = f"{path}:3", f"{path}:1"
        reason = f"id 'a' at {place} is another article's already, at {first}"
        assert rejects == [Reject(place, reason, {"id": "a", "text": "Two."})]


def test_nothing_is_left_behind_when_all_is_done(tmp_path):
    path = a_pile(tmp_path / "pile.jsonl")
    done = command(path, "-o", tmp_path / "clean.jsonl", "--relations", tmp_path / "relations.jsonl")
    assert done.returncode == 0, done.stderr
    names = {place.name for place in tmp_path.iterdir()}
    assert names == {"pile.jsonl", "clean.jsonl", "clean.rejects.jsonl", "relations.jsonl"}


def test_files_give_what_dedupe_gives_from_python(tmp_path):
    path = a_pile(tmp_path / "pile.jsonl")
    command(path, "-o", tmp_path / "clean.jsonl", "--relations", tmp_path / "relations.jsonl", "-q")
    good = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.endswith("}")]
    result = dedupe(good)
    told = [
        json.loads(line) for line in (tmp_path / "relations.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert [(row["left"], row["right"], row["kind"], row["jaccard"]) for row in told] == [
        (found.left, found.right, found.kind, found.jaccard) for found in result.relations
    ]
    clean = [json.loads(line) for line in (tmp_path / "clean.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(row["id"], row["body"]) for row in clean] == [
        (document.id, document.body) for document in result.documents
    ]


def batches_in(work):
    return len(list((work / "batches").glob("*.rows"))) if work.exists() else 0


@pytest.mark.parametrize("killed_by", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_killed_goes_on_and_gives_the_same_bytes(tmp_path, killed_by):
    path = tmp_path / "pile.jsonl"
    records = [{"text": a_story(at % 1500), "n": at} for at in range(2500)]
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    arguments = [path, "-o", tmp_path / "clean.jsonl", "--jobs", 2, "--batch", "20KB"]
    work = tmp_path / ".clean.jsonl.work"
    running = subprocess.Popen(
        [sys.executable, "-m", "dedupe_news.cli", *map(str, arguments)],
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    give_up_at = time.monotonic() + 60
    while batches_in(work) < 17 and running.poll() is None and time.monotonic() < give_up_at:
        time.sleep(0.01)
    os.kill(running.pid, killed_by)
    _, words = running.communicate(timeout=60)
    finished = batches_in(work)
    assert finished >= 17
    assert not (tmp_path / "clean.jsonl").exists()
    if killed_by == signal.SIGINT:
        assert running.returncode == 130
        assert "the same command with --resume" in words
    done = command(*arguments, "--resume")
    assert done.returncode == 0, done.stderr
    assert f"{finished} batches of" in done.stderr
    resumed = (tmp_path / "clean.jsonl").read_bytes()
    assert {place.name for place in tmp_path.iterdir()} == {"pile.jsonl", "clean.jsonl"}
    assert command(*arguments).returncode == 0
    assert (tmp_path / "clean.jsonl").read_bytes() == resumed
