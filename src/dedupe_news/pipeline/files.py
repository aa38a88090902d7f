"""A collection of any size, through files: blocks in, packed documents out. The order of work on one page."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from dedupe_news.article import Reject, Summary
from dedupe_news.io.blocks import Block
from dedupe_news.io.documents import Packed, Packing
from dedupe_news.io.writing import relation_record, verdict_record
from dedupe_news.machine import num_cores
from dedupe_news.match.collection import Progress, match_collection
from dedupe_news.options import CleanOptions, MatchOptions
from dedupe_news.pipeline.batches import (
    Batch,
    BatchJob,
    BatchTexts,
    clean_block,
    is_finished,
    read_documents,
)
from dedupe_news.pipeline.cleaning import load_loops
from dedupe_news.pipeline.columns import Chosen, Int64, Numbers, Strings
from dedupe_news.pipeline.identity import Identities, other_article
from dedupe_news.pipeline.matching import loading_thread
from dedupe_news.pipeline.stories import Stories
from dedupe_news.pipeline.work import Work
from dedupe_news.spill import FolderScratch
from dedupe_news.workers import map_in_order

_WORTH_PROCESSES = 3  # blocks
_WORTH_LOADING = 8  # blocks: of as many megabytes, compiled loops will be needed


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a run is to do.

    Parameters
    ----------
    clean : CleanOptions or None
        How texts are cleaned first; ``None`` takes them as they are.
    match : MatchOptions
    packing : Packing
        How documents are packed for the output.
    jobs : int
        Processes that clean; the outcome does not depend on it.
    memory_bytes : int
        What matching may hold at a time besides a few bytes an article; the outcome does not depend on it.
    """

    clean: CleanOptions | None
    match: MatchOptions
    packing: Packing
    jobs: int
    memory_bytes: int


class Collection:
    """All articles of a run: taken in once, then matched, then written.

    Parameters
    ----------
    work : Work
        Where everything is kept that grows with the articles.
    options : RunOptions
    tell : callable
        See `Progress`. The stages are "clean" (in bytes of input), "fingerprint" and "verify"; besides them
        "articles" and "duplicates" tell how many there are so far.
    """

    def __init__(self, work: Work, options: RunOptions, tell: Progress) -> None:
        self._work = work
        self._options = options
        self._tell = tell
        self._names: list[str] = []
        self._identities = Identities()
        self._places = Numbers(2, np.int32)  # of each article: batch, and row in it
        self._sizes = Numbers(1, np.int64)
        self._published = Strings()
        self._sources = Strings()
        self._is_other = Numbers(1, np.bool_)  # whether it is rejected, for its id is another's
        self._num_rejected = 0
        self.num_resumed = 0
        self._loading = loading_thread(options.match)

    def take(self, blocks: Iterable[Block], total_bytes: int | None) -> Iterator[Reject]:
        """Clean and keep all records; yield those that cannot be taken, in the order of the input.

        Raises
        ------
        InputError, OutputError, WorkerError
            If an input cannot be read on, the work not be kept, or a process ended before its work was done.
        """
        options = self._options
        waiting: deque[Block] = deque()
        job = BatchJob(options.clean, options.packing, str(self._work.batches))

        def named_blocks() -> Iterator[tuple[str, Block | None]]:
            for number, block in enumerate(blocks):
                if number == _WORTH_LOADING:
                    self._loading.start()
                    if options.clean and options.jobs == 1:
                        load_loops()  # this process cleans, too
                name = self._work.batch_name(number, block, options.clean, options.packing)
                waiting.append(block)
                is_done = is_finished(self._work.batches, name)
                self.num_resumed += is_done
                yield name, None if is_done else block

        cleaned = map_in_order(
            partial(clean_block, job=job),
            named_blocks(),
            jobs=options.jobs,
            at_a_time=1,
            worth_processes=_WORTH_PROCESSES,
        )
        num_bytes = 0
        for name in cleaned:
            block = waiting.popleft()
            for reject in self._take_batch(name, block):
                self._num_rejected += 1
                yield reject
            num_bytes += len(block.payload)
            self._tell("clean", num_bytes if block.position is None else block.position, total_bytes)
            self._tell("articles", len(self._identities.ids), None)
            self._tell("duplicates", self._identities.num_equal_texts, None)

    def _take_batch(self, name: str, block: Block) -> Iterator[Reject]:
        batch = Batch(self._work.batches, name)
        rejects = batch.rejects()
        rows = np.array([row for row in range(len(batch)) if row not in rejects], dtype=np.int64)
        start = len(self._identities.ids)
        ids = batch.strings("id")
        taken = self._identities.take(
            [ids[row] for row in rows.tolist()], batch.digests("digest")[rows], batch.digests("known")[rows]
        )
        places = np.empty((len(rows), 2), dtype=np.int32)
        places[:, 0], places[:, 1] = len(self._names), rows
        self._places.extend(places)
        _, bounds = batch.compared()
        self._sizes.extend(np.diff(bounds)[rows][:, np.newaxis])
        published, sources = batch.strings("published"), batch.strings("source")
        self._published.extend(published[row] for row in rows.tolist())
        self._sources.extend(sources[row] for row in rows.tolist())
        self._is_other.extend(taken.is_other[:, np.newaxis])
        self._names.append(name)
        for at in np.flatnonzero(taken.is_other).tolist():
            row, first = int(rows[at]), int(taken.first[at])
            record = next(record for number, (_, record) in enumerate(block.records()) if number == row)
            place, first_place = batch.strings("place")[row], self._place_of(first, batch, start, rows)
            rejects[row] = Reject(place, other_article(ids[row], place, first_place), record)
        for row in sorted(rejects):
            yield rejects[row]

    def _place_of(self, article: int, batch: Batch, start: int, rows: Int64) -> str:
        """Return where an article stood: in `batch`, which begins with article `start`, or before."""
        if article >= start:
            return batch.strings("place")[int(rows[article - start])]
        number, row = map(int, self._places.rows[article])
        earlier = Batch(self._work.batches, self._names[number])
        return earlier.strings("place")[row]

    @property
    def num_batches(self) -> int:
        """How many batches were taken."""
        return len(self._names)

    @property
    def num_received(self) -> int:
        """All records so far, whatever became of them."""
        return len(self._identities.ids) - int(self._is_other.rows.sum()) + self._num_rejected

    def match(self) -> None:
        """Find out which articles are one story."""
        if self._loading.ident is not None:
            self._loading.join()
        rows, self._first, self._ids = self._identities.finish()
        self._articles = rows
        self._position_of = np.full(len(self._first), -1, dtype=np.int64)
        self._position_of[rows] = np.arange(len(rows))
        places = self._places.rows[rows]
        texts = BatchTexts(
            self._work.batches, self._names, places[:, 0], places[:, 1], self._sizes.rows[rows, 0]
        )
        matches = match_collection(
            texts,
            Chosen(self._ids, rows),
            Chosen(self._published, rows),
            self._options.match,
            num_threads=num_cores(),
            tell=self._tell,
            scratch=FolderScratch(self._work.scratch, self._options.memory_bytes),
        )
        again: dict[int, list[str | None]] = {}
        for row in self._rows_again().tolist():
            position = int(self._position_of[self._first[row]])
            again.setdefault(position, []).append(self._sources[row])
        self.relations = matches.relations
        self._canonical_of = {
            member: canonical for canonical, members in matches.members.items() for member in members
        }
        self._stories = Stories(
            matches.members,
            again,
            id_of=lambda position: self._ids[int(rows[position])],
            source_of=lambda position: self._sources[int(rows[position])],
        )

    def _rows_again(self) -> Int64:
        """Return the articles that came before with the same id and the same text."""
        is_again = self._first != np.arange(len(self._first))
        return np.flatnonzero(is_again & ~self._is_other.rows[:, 0])

    def num_documents(self, *, annotate: bool) -> int:
        """Return how many `documents` there are."""
        num_articles = len(self._first) - int(self._is_other.rows.sum())
        return num_articles if annotate else len(self._articles) - len(self._canonical_of)

    def documents(self, *, annotate: bool) -> Iterator[tuple[str, Packed, dict[str, Any]]]:
        """Yield id, packed document and verdict of each story, in the order of the input.

        With `annotate`, of every article: one that another stands for says which, and what it is to it.
        """
        nothing: dict[str, Any] = {"duplicate_of": None, "relation": None} if annotate else {}
        alone = verdict_record([], []) | nothing
        batch_of, row_of = self._places.rows[:, 0], self._places.rows[:, 1]
        is_other = self._is_other.rows[:, 0]
        for number, name in enumerate(self._names):
            start, stop = np.searchsorted(batch_of, [number, number + 1]).tolist()
            firsts = self._first[start:stop]
            articles = zip(
                range(start, stop), firsts.tolist(), self._position_of[firsts].tolist(), strict=True
            )
            article_at = dict(zip(row_of[start:stop].tolist(), articles, strict=True))
            for row, packed in enumerate(read_documents(self._work.batches, name)):
                if row not in article_at:
                    continue
                article, first, position = article_at[row]
                if is_other[article]:
                    continue
                canonical = self._canonical_of.get(position, position)
                if first == article and canonical == position:
                    duplicates, sources = self._stories.of(position)
                    verdict = (
                        verdict_record(sources, duplicates) | nothing if duplicates or sources else alone
                    )
                    yield self._ids[article], packed, verdict
                elif annotate:
                    relation = self._stories.relation(position, canonical)
                    verdict = {
                        "duplicate_of": self._stories.id_of(canonical),
                        "relation": relation_record(relation),
                    }
                    yield self._ids[article], packed, verdict_record([], []) | verdict

    def summary(self) -> tuple[Summary, Counter[str]]:
        """Return the account, and the duplicates by kind of their relation."""
        again = self._rows_again()
        num_duplicates = len(self._canonical_of) + len(again)
        kinds: Counter[str] = Counter(
            self._stories.relation(member, canonical).kind for member, canonical in self._canonical_of.items()
        )
        for row in again.tolist():
            position = int(self._position_of[self._first[row]])
            kinds[self._stories.relation(position, self._canonical_of.get(position, position)).kind] += 1
        canonical = self.num_documents(annotate=False)
        return Summary(self.num_received, canonical, num_duplicates, self._num_rejected), kinds
