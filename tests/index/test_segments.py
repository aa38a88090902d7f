"""Files of keys: what stands in them is what a dict of lists says, however they were made."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from truths import story

from dedupe_news import Index
from dedupe_news.index import postings, segments
from dedupe_news.index.recent import recent
from dedupe_news.index.segments import COMMON, Segment, write_segment

Held = dict[int, set[int]]

keys = st.one_of(
    st.sampled_from([0, 1, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFF0000, 0xFFFFFFFE, 0xFFFFFFFF]),
    st.integers(0, 0xFFFFFFFF),
)
few = st.sets(st.integers(1, 400), min_size=1, max_size=4)
many = st.integers(COMMON - 2, COMMON + 60).map(lambda count: set(range(7, 7 + 2 * count, 2)))
held_by = st.dictionaries(keys, st.one_of(few, few, many), max_size=12)


def packed(held: Held) -> np.ndarray:
    return np.array([key << 32 | row for key, rows in held.items() for row in rows], dtype=np.uint64)


def told(held: Held, asked: list[int]) -> list[int]:
    """Return what is to be found for keys, in their order: of a common key the first, middle and last row."""
    found = []
    for number, key in enumerate(asked):
        rows = sorted(held.get(key, ()))
        if len(rows) > COMMON:
            rows = [rows[0], rows[(len(rows) - 1) // 2], rows[-1]]
        found += [number << 32 | row for row in rows]
    return found


def look_up(segment: Segment, asked: list[int], compiled: bool) -> list[int]:
    numbers = np.arange(len(asked), dtype=np.uint32)
    return segment.look_up(np.array(asked, dtype=np.uint32), numbers, compiled=compiled).tolist()


def all_entries(segment: Segment, compiled: bool) -> list[int]:
    return segment.read(0, 1 << 32, compiled=compiled).tolist()


@settings(max_examples=25)
@given(held_by, st.lists(keys, max_size=10), st.booleans())
@example({5: set(range(1, 400))}, [], True)
def test_a_segment_says_what_a_dict_says(held: Held, others: list[int], compiled: bool) -> None:
    segment = Segment.of(packed(held), compiled=compiled)
    asked = [*held, *others]
    assert len(segment) == sum(map(len, held.values()))
    assert look_up(segment, asked, compiled) == look_up(segment, asked, not compiled) == told(held, asked)
    in_order = sorted(packed(held).tolist())
    assert all_entries(segment, compiled) == all_entries(segment, not compiled) == in_order


@settings(max_examples=25)
@given(held_by, st.lists(keys, max_size=10), st.booleans())
def test_what_is_recent_says_what_a_dict_says(held: Held, others: list[int], compiled: bool) -> None:
    table = recent(compiled=compiled)
    rows = sorted({row for rows in held.values() for row in rows})
    for row in rows:
        table.add(row, np.array(sorted(key for key in held if row in held[key]), dtype=np.uint32))
    asked = [*held, *others]
    found = table.look_up(np.array(asked, dtype=np.uint32), np.arange(len(asked), dtype=np.uint32))
    assert sorted(found.tolist()) == sorted(told(held, asked))
    assert table.num_rows == len(rows)


@settings(max_examples=30)
@given(
    st.lists(held_by, max_size=4),
    st.sets(st.integers(1, 400)),
    st.booleans(),
    st.sampled_from([1, 8, 1 << 21]),
)
def test_merged_segments_are_one_of_all_that_is_alive(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[Held], dead: set[int], compiled: bool, slice_: int
) -> None:
    path = tmp_path_factory.mktemp("keys") / "00000001.seg"
    # The rows of each piece come after those of the one before.
    pieces = [
        {key: {row + 500 * number for row in rows} for key, rows in piece.items()}
        for number, piece in enumerate(pieces)
    ]
    held: Held = {}
    for piece in pieces:
        for key, rows in piece.items():
            held[key] = held.get(key, set()) | {row for row in rows if row not in dead}

    def alive(rows: np.ndarray) -> np.ndarray:
        return np.array([row not in dead for row in rows.tolist()], dtype=bool)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segments, "_ENTRIES_A_SLICE", slice_)
        inputs = [Segment.of(packed(piece), compiled=compiled) for piece in pieces]
        if not inputs:
            inputs = [Segment.of(packed({}), compiled=compiled)]
        written = write_segment(path, inputs, alive, compiled=compiled)
    reopened = Segment.open(path)
    whole = Segment.of(packed(held), compiled=not compiled)
    assert all_entries(written, compiled) == all_entries(reopened, compiled) == all_entries(whole, compiled)
    assert look_up(reopened, list(held), compiled) == told(held, list(held))
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("compiled", [False, True])
def test_segments_of_many_sizes_become_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compiled: bool
) -> None:
    monkeypatch.setattr(segments, "_ENTRIES_A_BUCKET", 1)
    monkeypatch.setattr(segments, "_ENTRIES_A_SLICE", 1000)
    random = np.random.default_rng(1)
    inputs, entries = [], []
    for number, size in enumerate((140_000, 70_000, 10, 0)):
        rows = np.arange(size, dtype=np.uint64) + np.uint64(1_000_000 * number + 1)
        entries.append(random.integers(0, 1 << 32, size, dtype=np.uint64) << np.uint64(32) | rows)
        inputs.append(Segment.of(entries[-1], compiled=compiled))
    assert [32 - segment.shift for segment in inputs] == [18, 17, 16, 16]
    written = write_segment(
        tmp_path / "1.seg", inputs, lambda rows: rows % np.uint32(3) > 0, compiled=compiled
    )
    everything = np.sort(np.concatenate(entries))
    expected = everything[(everything & np.uint64(0xFFFFFFFF)) % np.uint64(3) > 0]
    assert (written.read(0, 1 << 32, compiled=compiled) == expected).all()
    assert len(written) == len(expected)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "00000001.seg"
    held = {7919 * key % (1 << 32): {key % 30 + 1} for key in range(2000)}
    write_segment(
        path, [Segment.of(packed(held), compiled=False)], lambda rows: rows < np.uint32(25), compiled=False
    )
    return path


def test_a_file_that_was_cut_or_has_grown_is_refused(file: Path) -> None:
    whole = file.read_bytes()
    for size in (0, 1, 39, 40, 63, 64, 1000, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:size])
        with pytest.raises(ValueError, match="cut off"):
            Segment.open(file)
    file.write_bytes(whole + b"\0")
    with pytest.raises(ValueError, match="cut off"):
        Segment.open(file)
    file.write_bytes(whole)
    assert len(Segment.open(file)) > 0


def test_a_damaged_header_or_directory_is_refused(file: Path) -> None:
    whole = bytearray(file.read_bytes())
    directory = 64 + 4 * ((1 << 16) + 1)
    for place in (*range(32), *range(64, directory, 4099), directory - 1):
        for bit in (1, 128):
            whole[place] ^= bit
            file.write_bytes(whole)
            with pytest.raises(ValueError, match=r"cut off|no segment|damaged"):
                Segment.open(file)
            whole[place] ^= bit


@pytest.mark.parametrize("compiled", [False, True])
def test_damaged_entries_do_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compiled: bool) -> None:
    path = tmp_path / "seen.db"
    monkeypatch.setattr(postings, "RECENT_ROWS", 4)
    monkeypatch.setattr("dedupe_news.index.reading.COMPILED_FROM", 0 if compiled else 1 << 40)
    with Index(path, clean=None) as index:
        index.add_many([{"id": str(number), "text": story(number)} for number in range(4)])
    [file] = (tmp_path / "seen.db-keys").iterdir()
    whole = bytearray(file.read_bytes())
    after_directory = 64 + 4 * ((1 << 16) + 1)
    for place in range(after_directory, len(whole), 3):
        whole[place] ^= 0xA5
    file.write_bytes(whole)
    with Index(path) as index:
        index.query(story(1))  # whatever is said: it is said
        for number in range(4, 16):
            assert index.add({"id": str(number), "text": story(number)}).outcome == "new"
        assert index.add({"id": "z", "text": story(12).upper()}).canonical_id == "12"


def test_an_article_that_comes_alone_waits_for_no_large_merge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postings, "RECENT_ROWS", 4)
    monkeypatch.setattr(postings, "_MOST_ENTRIES_AT_ONCE", 2000)
    folder = tmp_path / "seen.db-keys"
    articles = [{"id": str(number), "text": story(number)} for number in range(120)]

    def entries() -> list[int]:
        return [len(Segment.open(file)) for file in sorted(folder.iterdir())]

    with Index(tmp_path / "seen.db", clean=None) as index:
        for article in articles[:100]:
            index.add(article)
        alone = entries()
        assert len(alone) > 2
        assert max(alone) <= 2000
        assert all(one + other > 2000 or one > 2 * other for one, other in pairwise(alone))
        index.add_many(articles[100:])
        together = entries()
        assert len(together) < len(alone)
        assert sum(together) > sum(alone)
        assert {index.query(article).outcome for article in articles} == {"again"}
        assert {index.query(article["text"] + " More.").outcome for article in articles} == {"better"}
