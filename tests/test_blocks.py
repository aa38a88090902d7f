"""Inputs in blocks are the inputs: the same records at the same places, wherever they are cut."""

import gzip
import json
import pickle
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe_news.article import Reject
from dedupe_news.errors import InputError
from dedupe_news.io.blocks import iter_blocks
from dedupe_news.io.reading import ReadOptions, open_source

json_lines = st.lists(
    st.sampled_from(
        [
            *(b"", b" ", b"{", b"[1]", b'{"title": "none"}', b'{"body": "A storm.", "headline": "Storm"}'),
            *(b'{"text": "A storm."}', b'{"text": "two\\nlines"}', b'{"text": "a\r"}\r'),
            *(b'{"text": "\xff"}', b'{"text": "\xc2\x85"}'),
        ]
    ),
    max_size=10,
)  # fmt: skip


def outcome(records):
    try:
        return list(records), None
    except InputError as error:
        return None, str(error)


def whole(paths, said):
    for path in paths:
        with open_source(path, ReadOptions(tell=said.append)) as source:
            yield from source.records()


def in_blocks(paths, block_bytes, said):
    for block in iter_blocks(paths, ReadOptions(tell=said.append), block_bytes=block_bytes):
        # As a worker gets it.
        yield from pickle.loads(pickle.dumps(block)).records()


def assert_same(paths, block_bytes):
    said, said_too = [], []
    expected, refused = outcome(whole(paths, said))
    found, refused_too = outcome(in_blocks(paths, block_bytes, said_too))
    assert refused_too == refused
    assert said_too == said
    if expected is None:
        return
    assert [place for place, _ in found] == [place for place, _ in expected]
    for (_, one), (_, other) in zip(found, expected, strict=True):
        if isinstance(other, dict) and "text" not in other:
            assert "text" not in one  # no article either way; only its other keys may have been renamed
        else:
            assert one == other


@given(st.lists(json_lines, min_size=1, max_size=3), st.booleans(), st.integers(1, 80))
def test_json_lines_in_blocks_are_the_same_records(files, ends_with_a_line_break, block_bytes):
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, lines in enumerate(files):
            path = Path(folder) / f"{number}.jsonl"
            path.write_bytes(b"\n".join(lines) + b"\n" * ends_with_a_line_break)
            paths.append(str(path))
        assert_same(paths, block_bytes)


@pytest.mark.parametrize("block_bytes", [1, 500, 1 << 20])
def test_files_of_all_formats_in_blocks_are_the_same_records(tmp_path, block_bytes):
    rows = [{"text": f"Storm {number} hit.", "n": number} for number in range(20)]
    (tmp_path / "a.csv").write_text("text,n\n" + "".join(f"{r['text']},{r['n']}\n" for r in rows) + "x\n")
    (tmp_path / "b.txt").write_text("A storm hit.")
    (tmp_path / "c.txt").write_text("Another one.")
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "d.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    (tmp_path / "e.tsv").write_text("body\tlink\nA storm.\thttps://news.example/1\n")
    paths = sorted(map(str, tmp_path.iterdir()))
    assert_same(paths, block_bytes)
    records = list(in_blocks(paths, block_bytes, []))
    assert sum(isinstance(record, Reject) for _, record in records) == 1
    assert len(records) == 44


def test_a_thousand_small_files_are_few_blocks(tmp_path):
    for number in range(300):
        (tmp_path / f"{number:03}.txt").write_text("A storm hit the coast.")
    blocks = list(iter_blocks(sorted(map(str, tmp_path.iterdir())), ReadOptions(), block_bytes=20_000))
    assert len(blocks) < 10


def test_positions_rise_to_the_size_of_all_inputs(tmp_path):
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_text('{"text": "A storm hit the coast."}\n' * 5000)
    paths = sorted(map(str, tmp_path.iterdir()))
    positions = [block.position for block in iter_blocks(paths, ReadOptions(), block_bytes=1000)]
    assert positions == sorted(positions)
    assert positions[-1] == sum(Path(path).stat().st_size for path in paths)


def test_what_a_block_is_called_depends_on_all_that_its_records_depend_on(tmp_path):
    def digest(lines, name="pile.jsonl", **fields):
        (tmp_path / name).write_text(lines)
        [block] = iter_blocks([str(tmp_path / name)], ReadOptions(fields=fields))
        return block.digest()

    line = '{"text": "A storm.", "lead": "Rain."}\n'
    one = digest(line)
    assert digest(line) == one
    others = [
        digest(line.replace("Rain", "Snow")), digest("\n" + line), digest(line, "other.jsonl"),
        digest(line, text="lead"),
    ]  # fmt: skip
    assert len({one, *others}) == 5
