"""Measure how fast duplicates are found among many articles, beside others, and how well.

    python benchmarks/match_speed.py [ARTICLES.jsonl[.gz]] [--limit N] [--made N] [--rounds 3] [--no-record]

All implementations of `peers.py` in one process, in turns, so that a busy machine is as busy for
all; megabytes are UTF-8 bytes of the texts. Beside the speed stands what was found: the share of
the pairs at Jaccard 0.8 and more that came into one group, and the pairs in one group that are
unrelated, both by the exact answer of `exact.py`. In processes of their own: the first call with
and without compiled loops in the cache, and the memory. Without a file the articles are made up.

How fast ours is depends on how many articles are related, for these are compared word by word:
`--made 10000` measures ten thousand articles made of those in the file, of which an eighth is
related (see `articles.make_articles`).
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from articles import described, make_articles, num_bytes, read_articles
from exact import Int64, ShingleSets, pairs_of, shingle_sets, similar_pairs, similarities
from peers import (
    MIN_JACCARD,
    NUM_PERM,
    OURS,
    PEERS,
    WORDS,
    Groups,
    Peer,
    arrow_column,
    installed_peers,
    load_compiled_loops,
)
from process import forget_peak, held_megabytes, in_new_process, peak_megabytes
from recording import header, write_record

PACKAGES = ("numba", "numpy", "pyarrow", "datasketch", "xxhash", "rensa", "gaoya", "daft")
SEED = 7
MAX_MEMORY = 2.5
"""What is asked: with the texts in memory, at most so many times their size besides."""

_UNRELATED_JACCARD, _UNRELATED_CONTAINMENT, _FAR_JACCARD = 0.3, 0.6, 0.7


@dataclass(frozen=True, slots=True)
class Source:
    """Where the texts come from, in this process and in others."""

    path: Path | None
    limit: int | None
    made: int | None

    def texts(self) -> list[str]:
        """Return the texts to match."""
        received = read_articles(self.path, self.limit)
        return received if self.made is None else make_articles(received, self.made, SEED).texts

    def described(self, texts: list[str]) -> dict[str, Any]:
        """Return what the record says of them."""
        made = {} if self.made is None else {"made_of_real_ones": self.made, "seed": SEED}
        return described(self.path, texts) | made


# --- speed -------------------------------------------------------------------------------------


def measured(
    peers: Sequence[Peer], texts: list[str], rounds: int
) -> tuple[dict[str, Any], dict[str, Groups]]:
    """Return the seconds of each peer in each round, and the groups it found."""
    given = {peer.name: peer.given(texts) for peer in peers}
    seconds: dict[str, list[float]] = {peer.name: [] for peer in peers}
    groups: dict[str, Groups] = {}
    for peer in peers:  # modules are imported
        peer.find(peer.given(texts[:1000]))
    load_compiled_loops(list)
    load_compiled_loops(arrow_column)
    for _ in range(rounds):
        for peer in peers:
            began = time.perf_counter()
            found = peer.find(given[peer.name])
            seconds[peer.name].append(time.perf_counter() - began)
            if found is not None:
                groups[peer.name] = found
    return seconds, groups


# --- quality -----------------------------------------------------------------------------------


def quality(sets: ShingleSets, similar: Int64, groups: Groups) -> dict[str, Any]:
    """Return how many of the `similar` pairs stand in one group, and how many others do that should not.

    Two excerpts of one article are rightly in its group and may be unrelated to each other; an
    article unrelated to all others of its group is a stranger there.
    """
    pairs = pairs_of(groups)
    jaccard, containment = similarities(sets, pairs)
    together = _as_set(pairs)
    found = sum(pair in together for pair in map(tuple, similar.tolist()))
    unrelated = (jaccard < _UNRELATED_JACCARD) & (containment < _UNRELATED_CONTAINMENT)
    akin = set(pairs[~unrelated].ravel().tolist())
    return {
        "groups": len(groups),
        "largest_group": max(map(len, groups), default=0),
        "pairs": len(pairs),
        "similar_pairs_found": found,
        "recall": round(found / len(similar), 4) if len(similar) else None,
        "unrelated_pairs": int(unrelated.sum()),
        "strangers": sum(article not in akin for group in groups for article in group),
        "pairs_below_0.7": int((jaccard < _FAR_JACCARD).sum()),
    }


def why_apart(texts: list[str], similar: Int64, groups: Groups) -> dict[str, int]:
    """Return what ours says of the similar pairs that it leaves in two groups: how many of each kind."""
    from dedupe_news.pipeline.matching import match_texts

    together = _as_set(pairs_of(groups))
    apart = [pair for pair in map(tuple, similar.tolist()) if pair not in together]
    said = {}
    for relation in match_texts(texts, match="news").relations:
        low, high = sorted((int(relation.left), int(relation.right)))
        said[low, high] = relation.kind
    return dict(Counter(said.get(pair, "not found") for pair in apart))


def _as_set(pairs: Int64) -> set[tuple[int, ...]]:
    return set(map(tuple, pairs.tolist()))


# --- in a process of its own -------------------------------------------------------------------


def first_and_second(source: Source) -> tuple[float, float]:
    """Return the seconds of the first call in this process, and of the second."""
    from dedupe_news.pipeline.matching import match_texts

    texts = source.texts()
    seconds = []
    for _ in range(2):
        began = time.perf_counter()
        match_texts(texts, match="news")
        seconds.append(time.perf_counter() - began)
    return seconds[0], seconds[1]


def compile_seconds(source: Source) -> dict[str, float]:
    """Return what the first call takes with an empty cache of compiled loops, and with a full one."""
    with tempfile.TemporaryDirectory() as folder:
        cache = {"NUMBA_CACHE_DIR": folder}
        cold, _ = in_new_process(first_and_second, cache, source)
        warm, again = in_new_process(first_and_second, cache, source)
    return {
        "first_call_cold_cache": round(cold, 3),
        "first_call_warm_cache": round(warm, 3),
        "second_call": round(again, 3),
        "compiling": round(cold - again, 3),
        "loading": round(warm - again, 3),
    }


def memory_above_texts(source: Source, column: str, loaded: bool) -> tuple[float, float]:
    """Return the megabytes held with the texts alone, and the most that matching adds to them.

    Parameters
    ----------
    column : str
        ``"list"`` or ``"arrow"``.
    loaded : bool
        Whether the libraries and the compiled loops were there before.
    """
    from dedupe_news.pipeline.matching import match_texts

    texts = source.texts()
    given: Any = arrow_column(texts) if column == "arrow" else texts
    del texts
    if loaded:
        load_compiled_loops(arrow_column if column == "arrow" else list)
    held = held_megabytes()
    forget_peak()
    match_texts(given, match="news")
    return held, peak_megabytes() - held


def memory(source: Source, megabytes: float) -> dict[str, Any]:
    """Return the memory that matching takes besides the texts."""
    rows = {}
    for column in ("list", "arrow"):
        for loaded in (False, True):
            held, added = in_new_process(memory_above_texts, {}, source, column, loaded)
            rows[f"{column}, {'libraries loaded before' if loaded else 'with libraries'}"] = {
                "megabytes_before": round(held, 1),
                "megabytes_added": round(added, 1),
                "times_texts": round(added / megabytes, 2),
            }
    return rows


# --- the record --------------------------------------------------------------------------------


def row(peer: Peer, runs: Sequence[float], megabytes: float, words_seconds: float) -> dict[str, Any]:
    """Return the figures of one implementation."""
    median = statistics.median(runs)
    return {
        "note": peer.note,
        "seconds_min": round(min(runs), 4),
        "seconds_median": round(median, 4),
        "megabytes_per_second": round(megabytes / median, 1),
        "times_words": round(words_seconds / median, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the speed of matching, beside others.")
    parser.add_argument("articles", nargs="?", type=Path, help="JSONL with `text`, may be .gz; else made up")
    parser.add_argument("--limit", type=int, help="articles (default: all)")
    parser.add_argument("--made", type=int, help="so many articles made of those in the file")
    parser.add_argument(
        "--rounds", type=int, default=3, help="rounds, of which the median counts (default 3)"
    )
    parser.add_argument("--check", action="store_true", help="too much memory is an error")
    parser.add_argument("--no-record", action="store_true", help="print only")
    options = parser.parse_args()

    source = Source(options.articles, options.limit, options.made)

    # Before this process is large: what is measured in others is not disturbed by it.
    compiling = compile_seconds(source)
    texts = source.texts()
    megabytes = num_bytes(texts) / 1e6
    held = memory(source, megabytes)
    peers = installed_peers()
    seconds, groups = measured(peers, texts, options.rounds)
    sets = shingle_sets(texts)
    similar = similar_pairs(sets, Fraction(str(MIN_JACCARD)))

    print(
        f"{len(texts)} articles, {megabytes:.1f} MB, {len(similar)} pairs at Jaccard {MIN_JACCARD} and more"
    )
    words_seconds = statistics.median(seconds[WORDS])
    rows: dict[str, Any] = {}
    for peer in peers:
        rows[peer.name] = row(peer, seconds[peer.name], megabytes, words_seconds)
        if peer.name in groups:
            rows[peer.name] |= quality(sets, similar, groups[peer.name])
        print(f"{peer.name:<28}" + _in_words(rows[peer.name]))
    apart = why_apart(texts, similar, groups[OURS])
    print("similar pairs that dedupe_news keeps apart:", apart or "none")
    print("first call, seconds:", compiling)
    for what, figures in held.items():
        print(f"memory, {what}: {figures['megabytes_added']} MB, {figures['times_texts']} times the texts")
    if not options.no_record:
        record = {
            **header("matching articles, megabytes per second", PACKAGES),
            "data": source.described(texts) | {"similar_pairs": len(similar)},
            "options": {"num_perm": NUM_PERM, "min_jaccard": MIN_JACCARD, "rounds": options.rounds},
            "peers": rows,
            "missing": [peer.name for peer in PEERS if peer.missing],
            "similar_pairs_kept_apart": apart,
            "seconds": compiling,
            "memory": held,
        }
        write_record("match-speed" if source.made is None else "match-speed-made", record)
    worst = max(figures["times_texts"] for what, figures in held.items() if "before" in what)
    if options.check and worst > MAX_MEMORY:
        raise SystemExit(f"matching takes {worst} times the size of the texts; {MAX_MEMORY} is the limit")


def _in_words(figures: dict[str, Any]) -> str:
    said = f"{figures['megabytes_per_second']:8.1f} MB/s {figures['times_words']:7.2f} × words"
    if "groups" in figures:
        recall = "–" if figures["recall"] is None else f"{figures['recall']:.3f}"
        said += (
            f"   recall {recall}, {figures['groups']} groups, {figures['unrelated_pairs']} unrelated pairs,"
            f" {figures['pairs_below_0.7']} below 0.7, {figures['strangers']} strangers"
        )
    return said + (f"   ({figures['note']})" if figures["note"] else "")


if __name__ == "__main__":
    main()
