"""Whatever becomes of the bytes of an index: it answers, or says that it is damaged, and nothing else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe_news import Index
from dedupe_news.errors import DedupeNewsError

CASE = Path(__file__).parent.parent / "cases" / "index" / "v1"
PAGE = 4096


@pytest.fixture(scope="module")
def whole() -> bytes:
    return CASE.with_suffix(".db").read_bytes()


@pytest.fixture(scope="module")
def articles() -> list[dict[str, object]]:
    said: list[dict[str, object]] = json.loads(CASE.with_suffix(".json").read_text(encoding="utf-8"))[
        "articles"
    ]
    return said


@given(data=st.data(), read_only=st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_damaged_file_gives_an_answer_or_an_error_that_says_so(
    whole: bytes,
    articles: list[dict[str, object]],
    tmp_path_factory: pytest.TempPathFactory,
    data: st.DataObject,
    read_only: bool,
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    path = folder / "seen.db"
    path.write_bytes(damaged(whole, data))
    with suppress(DedupeNewsError), Index(path, read_only=read_only) as index:
        asking: list[Callable[[], object]] = [
            lambda: index.query(articles[3]),
            lambda: index.query({"text": articles[26]["text"]}),
            lambda: list(index.documents()),
            lambda: list(index),
            lambda: index.document_of("a3"),
            index.stats,
        ]
        writing: list[Callable[[], object]] = [
            lambda: index.add({"id": "new", "text": f"{articles[4]['text']} More came to light today."}),
            lambda: index.add_many([{"text": article["text"]} for article in articles]),
            lambda: index.replace({"id": "a7", "text": articles[8]["text"]}),
            lambda: index.remove("a5"),
            lambda: index.expire(datetime(2100, 1, 1, tzinfo=UTC)),
        ]
        for step in asking if read_only else asking + writing:
            with suppress(DedupeNewsError):
                step()
    shutil.rmtree(folder)


def damaged(whole: bytes, data: st.DataObject) -> bytes:
    """Return a file with a few other bytes, with a page of zeros, or cut off."""
    kind = data.draw(st.sampled_from(["bytes", "stretch", "page", "cut"]))
    if kind == "cut":
        return whole[: data.draw(st.integers(0, len(whole)))]
    changed = bytearray(whole)
    if kind == "page":
        at = PAGE * data.draw(st.integers(1, len(whole) // PAGE - 1))
        changed[at : at + PAGE] = bytes(PAGE)
        return bytes(changed)
    for _ in range(data.draw(st.integers(1, 5)) if kind == "bytes" else 1):
        at = data.draw(st.integers(100, len(whole) - 1))
        piece = data.draw(st.binary(min_size=1, max_size=1 if kind == "bytes" else 200))
        changed[at : at + len(piece)] = piece
    return bytes(changed[: len(whole)])
