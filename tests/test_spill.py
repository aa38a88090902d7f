import errno
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dedupe_news.errors import OutputError
from dedupe_news.match.scratch import MemoryScratch
from dedupe_news.spill import FolderScratch

KINDS = (np.uint64, np.int32)


class ColumnMachine(RuleBasedStateMachine):
    """A column in memory and one in a file hold what a list holds."""

    def __init__(self):
        super().__init__()
        self.folder = TemporaryDirectory()
        self.scratches = [MemoryScratch(), FolderScratch(Path(self.folder.name), 50 * 8192)]
        self.begin(np.uint64)

    def begin(self, kind):
        self.columns = [scratch.column("numbers", kind) for scratch in self.scratches]
        self.kind = kind
        self.held = []

    @rule(values=st.lists(st.integers(0, 2**31 - 1), max_size=20))
    def append(self, values):
        self.held += values
        for column in self.columns:
            column.append(np.array(values, dtype=self.kind))

    @rule(start=st.integers(0, 60), length=st.integers(0, 60))
    def read_some(self, start, length):
        for column in self.columns:
            values = column.read(start, start + length)
            assert values.dtype == self.kind
            assert values.tolist() == self.held[start : start + length]

    @rule()
    def read_all(self):
        for column in self.columns:
            values = column.read()
            assert values.tolist() == self.held
            values[:] = 0  # who reads may work in it

    @precondition(lambda self: self.held)
    @rule(kind=st.sampled_from(KINDS))
    def drop(self, kind):
        for column in self.columns:
            column.drop()
        assert list(Path(self.folder.name).iterdir()) == []
        self.begin(kind)

    @invariant()
    def lengths_agree(self):
        assert [len(column) for column in self.columns] == [len(self.held)] * 2

    def teardown(self):
        self.folder.cleanup()


TestColumns = ColumnMachine.TestCase
TestColumns.settings = settings(max_examples=40, deadline=None)


def numbers(count):
    return np.arange(count, dtype=np.uint64)


def test_small_columns_have_no_file(tmp_path):
    scratch = FolderScratch(tmp_path, 1 << 30)
    small, large = scratch.column("same", np.uint64), scratch.column("same", np.uint64)
    small.append(numbers(10))
    large.append(numbers(100_000))
    assert len(list(tmp_path.iterdir())) == 1
    assert small.read(8).tolist() == [8, 9]
    assert large.read(99_998).tolist() == [99_998, 99_999]


def test_no_memory_at_all_is_taken_for_a_little(tmp_path):
    assert FolderScratch(tmp_path, 0).memory_bytes == 4096


def test_a_full_disk_is_told_with_its_folder(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    column = FolderScratch(tmp_path, 0).column("numbers", np.uint64)
    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(OutputError, match=rf"No space left on device; make room in {tmp_path}"):
        column.append(numbers(3))


def test_a_file_that_was_cut_is_told(tmp_path):
    column = FolderScratch(tmp_path, 0).column("numbers", np.uint64)
    column.append(numbers(3))
    [path] = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(OutputError, match="cannot be read again: it is shorter"):
        column.read()
