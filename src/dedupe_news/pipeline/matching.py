"""Matching for texts that stand somewhere already: what is compared, and by how many threads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Any

import numpy as np

from dedupe_news.article import CleanArticle
from dedupe_news.machine import num_cores
from dedupe_news.match.collection import Matches, Progress, match_collection
from dedupe_news.match.columns import COMPILED_FROM, TEXT_COST, TextBuffers, TextList, Texts
from dedupe_news.match.scratch import MemoryScratch
from dedupe_news.options import MatchOptions, match_options
from dedupe_news.pipeline.cleaning import compared_text

if TYPE_CHECKING:
    from pyarrow import Array, ChunkedArray


def match_articles(articles: Sequence[CleanArticle], options: MatchOptions, tell: Progress) -> Matches:
    """Compare the bodies of all articles; of one with a short body or none, its text."""
    return match_collection(
        TextList([compared_text(article) for article in articles]),
        [article.id for article in articles],
        [article.published for article in articles],
        options,
        num_threads=num_cores(),
        tell=tell,
        scratch=MemoryScratch(),
    )


def load_compiled_loops(options: MatchOptions) -> None:
    """Load the loops that a large collection needs, or compile them if this machine never has.

    For who knows that there will be one, and has time until then: the first call takes a second.
    """
    story = " ".join(map(str, range(100)))
    texts = [*map(str, range(COMPILED_FROM // TEXT_COST)), f"{story} and more", f"{story} and less"]
    _match(TextList(texts), options)


def loading_thread(options: MatchOptions) -> Thread:
    """Return a thread that loads the compiled loops: while workers clean, this process waits."""
    return Thread(target=_load_if_there_is_time, args=(options,), daemon=True)


def _load_if_there_is_time(options: MatchOptions) -> None:
    with suppress(RuntimeError):  # the run breaks off, and nobody will match
        load_compiled_loops(options)


def match_texts(
    texts: Sequence[str] | Array | ChunkedArray, *, match: str | MatchOptions = "news"
) -> Matches:
    """Return which of many texts are one story, by their positions; nothing is cleaned or kept.

    The matching of `dedupe` alone, for texts that stand in a column already.

    Parameters
    ----------
    texts : sequence of str, or Arrow array of strings
        An Arrow column is read where it stands. A missing text is empty, and related to nothing.
    match : str or MatchOptions

    Returns
    -------
    Matches
        In its relations an article is named by its position. Of equally long texts the one
        whose position, as text, sorts first stands for the others.

    Raises
    ------
    OptionError
        If `match` names no preset.

    >>> story = "The harbour reopened on Monday after three days of storms along the coast."
    >>> match_texts([story, "Another story.", story.upper()]).groups
    [[0, 2]]
    """
    options = match_options(match)
    return _match(TextList(texts) if isinstance(texts, list | tuple) else _text_buffers(texts), options)


def _match(column: Texts, options: MatchOptions) -> Matches:
    """Match texts that are called by their positions, in memory."""
    ids = [str(position) for position in range(len(column))]
    return match_collection(
        column,
        ids,
        [None] * len(ids),
        options,
        num_threads=num_cores(),
        tell=_silent,
        scratch=MemoryScratch(),
    )


def _text_buffers(column: Array | ChunkedArray) -> TextBuffers:
    """Return the texts of an Arrow column."""
    import pyarrow as pa

    if not isinstance(column, pa.Array | pa.ChunkedArray):
        raise TypeError(
            f"texts must be a list of str or an Arrow array of strings, got {type(column).__name__}"
        )
    plain = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not any(
        test(plain) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    ):
        raise TypeError(f"the texts of a column must be strings, got {column.type}")
    if not pa.types.is_string(column.type) and not pa.types.is_large_string(column.type):
        column = column.cast(pa.large_string())
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    return chunk_buffers(chunk.fill_null("") if chunk.null_count else chunk for chunk in chunks)


def chunk_buffers(chunks: Iterable[Array]) -> TextBuffers:
    """Return the texts of Arrow arrays, strings or UTF-8 bytes, none of them null: buffers, not copied."""
    import pyarrow as pa

    pieces = []
    for chunk in chunks:
        _, bounds, values = chunk.buffers()
        is_large = pa.types.is_large_string(chunk.type) or pa.types.is_large_binary(chunk.type)
        kind: Any = np.int64 if is_large else np.int32
        pieces.append(
            (
                np.frombuffer(values or b"", dtype=np.uint8),
                np.frombuffer(bounds, dtype=kind)[chunk.offset : chunk.offset + len(chunk) + 1],
            )
        )
    return TextBuffers(pieces)


def _silent(stage: str, done: int, total: int | None) -> None:
    """Say nothing."""
