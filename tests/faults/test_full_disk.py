"""A disk that is full, and a file that may not grow: clear words, and what stood there still stands.

Checked for each of 14 outputs (every format, every compression): with both jobs on a file system
of 1 MB that has 16 KB left (where a test may mount one), and with one job under a limit on the size
of files (everywhere): 42 runs. Then the same for relations, rejects, temporary files and standard
output.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from faults import BEFORE, OUTPUTS, listing, run_commands, write_pile

LEFT_BYTES = 16 << 10


@pytest.fixture(scope="module")
def pile(tmp_path_factory):
    return write_pile(tmp_path_factory.mktemp("in") / "pile.jsonl")


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory):
    """A file system of 1 MB with 16 KB left."""
    folder = tmp_path_factory.mktemp("disk")
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, check=False) if sys.platform == "linux" else None
    if mounted is None or mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted and mounted.stderr.decode().strip()}")
    try:
        for name in OUTPUTS:
            (folder / name).write_bytes(BEFORE)
        disk = os.statvfs(folder)
        (folder / "filler").write_bytes(bytes(disk.f_bavail * disk.f_frsize - LEFT_BYTES))
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def check_outputs(folder, pile, reason, jobs=("run", "clean"), **robbed):
    before, input_before = listing(folder), pile.read_bytes()
    tries = [(job, folder / name) for job in jobs for name in OUTPUTS]
    elsewhere = {"run": ("--work", pile.parent / "work"), "clean": ()}
    answers = run_commands(
        [(job, pile, "-q", "-j1", "-o", path, *elsewhere[job]) for job, path in tries], **robbed
    )
    for (job, path), (status, words) in zip(tries, answers, strict=True):
        told = f"dedupe: {path} cannot be written: {reason}; check the folder, its rights and its space\n"
        assert (status, words) == (1, told), (job, path.name)
    assert listing(folder) == before
    assert pile.read_bytes() == input_before


def test_on_a_full_disk_each_output_is_named_and_what_stood_there_still_stands(small_disk, pile):
    check_outputs(small_disk, pile, "No space left on device")


def test_a_file_that_may_not_grow_is_named_and_what_stood_there_still_stands(tmp_path, pile):
    for name in OUTPUTS:
        (tmp_path / name).write_bytes(BEFORE)
    check_outputs(tmp_path, pile, "File too large", jobs=["clean"], file_bytes=LEFT_BYTES)


def test_a_full_disk_under_relations_or_rejects_leaves_no_output_either(tmp_path, small_disk, pile):
    bad = tmp_path / "bad.jsonl"
    bad.write_bytes(pile.read_bytes() + b'{"text": 7, "x": "' + b"y" * (2 * LEFT_BYTES) + b'"}\n')
    same = tmp_path / "same.jsonl"
    same.write_bytes(
        b"".join(b'{"id": "%04d", "text": "A storm hit the coast."}\n' % number for number in range(200))
    )
    rejects, relations = small_disk / "rejects.jsonl", small_disk / "relations.jsonl"
    answers = run_commands(
        [
            ("run", bad, "-q", "-j1", "-o", tmp_path / "out.jsonl", "--rejects", rejects),
            ("clean", bad, "-q", "-j1", "-o", tmp_path / "out.jsonl", "--rejects", rejects),
            ("run", same, "-q", "-j1", "-o", tmp_path / "out.jsonl", "--relations", relations),
        ]
    )
    for (status, words), path in zip(answers, (rejects, rejects, relations), strict=True):
        assert status == 1
        assert words.endswith(
            f"dedupe: {path} cannot be written: No space left on device; "
            "check the folder, its rights and its space\n"
        )
    assert {file.name for file in tmp_path.iterdir()} == {"bad.jsonl", "same.jsonl"}
    assert {file.name for file in small_disk.iterdir()} == {"filler", *OUTPUTS}


def test_a_full_folder_of_temporary_files_is_named_with_the_way_out(tmp_path, small_disk, pile):
    answers = run_commands(
        [("clean", pile, "-q", "-j1", "-o", tmp_path / "out.csv")],
        memory_bytes=1024,
        TMPDIR=str(small_disk),
    )
    told = (
        f"dedupe: the temporary file of a table (in {small_disk}) cannot be written: No space left on "
        "device; make room there, or name another folder: TMPDIR=FOLDER\n"
    )
    assert answers == [[1, told]]
    assert list(tmp_path.iterdir()) == []
    assert {file.name for file in small_disk.iterdir()} == {"filler", *OUTPUTS}


def test_a_disk_that_is_full_before_all_is_cleaned_leaves_no_work_behind(tmp_path, small_disk, pile):
    work = small_disk / ".new.jsonl.work"
    answers = run_commands([("run", pile, "-q", "-j1", "-o", small_disk / "new.jsonl")])
    told = (
        f"dedupe: {work / 'batches'} cannot be written: No space left on device; "
        "check its space and its rights, or name another folder: --work\n"
    )
    assert answers == [[1, told]]
    assert {file.name for file in small_disk.iterdir()} == {"filler", *OUTPUTS}


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_standard_output_that_is_full_is_one_line_and_status_1(pile, form):
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        command = [sys.executable, "-m", "dedupe_news.cli", "clean", str(pile), "-q", "-j1"]
        ended = subprocess.run(
            [*command, "--output-format", form],
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert ended.returncode == 1
    assert ended.stderr.decode() == (
        "dedupe: <stdout> cannot be written: No space left on device; "
        "check the folder, its rights and its space\n"
    )
