r"""Ours and others, side by side: from a list of texts to groups of duplicates.

All do the same work: shingles of five words, 128 hash functions, Jaccard from 0.8 on; each in the
fastest way that its documentation shows. They do not do quite the same:

- ours finds more than asked for here (excerpts and revisions, too), verifies every pair on its exact
  shingles, and keeps apart what has other facts in the same words;
- the others say which articles look alike by their estimates. Articles joined by such a pair, or
  through others, are a group here;
- gaoya finds its words itself: what stands between spaces, with the punctuation on it;
- Daft computes signatures, and no groups; finding words does even less. They are measured for scale.
"""

from __future__ import annotations

import importlib.util
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from exact import SHINGLE_WORDS, words

Groups: TypeAlias = list[list[int]]

NUM_PERM = 128
MIN_JACCARD = 0.8

_RENSA_BANDS = 16
"""Of eight rows; its documentation takes 8 of 16, which would find a fifth of the pairs at 0.8."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One implementation.

    Parameters
    ----------
    name : str
    modules : tuple of str
        What must be installed.
    find : callable
        From what `given` returned to the groups of two and more positions; None from one that
        makes no groups.
    given : callable
        From the list of texts to what the implementation starts from; not measured.
    note : str
        What else the table should say.
    """

    name: str
    modules: tuple[str, ...]
    find: Callable[[Any], Groups | None]
    given: Callable[[list[str]], Any] = list
    note: str = ""

    @property
    def missing(self) -> list[str]:
        """Modules that are not installed."""
        return [module for module in self.modules if importlib.util.find_spec(module) is None]


def grouped(found: Iterable[Sequence[int]]) -> Groups:
    """Return the groups of articles that are linked, directly or through others.

    >>> grouped([[0, 3], [1], [3, 4], [2, 5]])
    [[0, 3, 4], [2, 5]]
    """
    parent: dict[int, int] = {}

    def root(article: int) -> int:
        while (above := parent.setdefault(article, article)) != article:
            parent[article] = article = parent[above]
        return article

    for linked in found:
        for article in linked:
            low, high = sorted((root(linked[0]), root(article)))
            parent[high] = low
    groups = defaultdict(list)
    for article in sorted(parent):
        groups[root(article)].append(article)
    return [group for group in groups.values() if len(group) > 1]


def shingles(text: str) -> list[str]:
    """Return every five consecutive words of `text`.

    >>> shingles("The harbour reopened on Monday after three")
    ['the harbour reopened on monday', 'harbour reopened on monday after', 'reopened on monday after three']
    """
    found = words(text)
    return list(map(" ".join, zip(*(found[offset:] for offset in range(SHINGLE_WORDS)), strict=False)))


def encoded_shingles(text: str) -> list[bytes]:
    """Return every five consecutive words of `text` in UTF-8."""
    found = "\n".join(words(text)).encode("utf-8", "surrogatepass").split(b"\n")
    return list(map(b" ".join, zip(*(found[offset:] for offset in range(SHINGLE_WORDS)), strict=False)))


# --- ours --------------------------------------------------------------------------------------


def ours(texts: Any) -> Groups:
    """Match a list of str or an Arrow column."""
    from dedupe_news.pipeline.matching import match_texts

    return match_texts(texts, match="news").groups


def arrow_column(texts: list[str]) -> Any:
    """Return the texts as an Arrow column, as a Parquet file or a data frame would give it."""
    import pyarrow as pa

    return pa.array(texts, type=pa.large_string())


def load_compiled_loops(given: Callable[[list[str]], Any]) -> None:
    """Match some made-up texts, so many that compiled loops do it: what comes next need not load them."""
    from dedupe_news.match.columns import COMPILED_FROM

    texts = [
        " ".join(f"the notice number {number} of the office" for number in range(first, first + 100))
        for first in range(0, COMPILED_FROM // 30, 100)
    ]
    ours(given([*texts, f"{texts[0]} again"]))


# --- others ------------------------------------------------------------------------------------


def datasketch(texts: list[str]) -> Groups:
    """Find groups as its README does: `MinHash` in bulk, `MinHashLSH`, a query for each; xxHash for SHA-1."""
    import xxhash
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=MIN_JACCARD, num_perm=NUM_PERM)
    hashes = MinHash.bulk(map(encoded_shingles, texts), num_perm=NUM_PERM, hashfunc=xxhash.xxh32_intdigest)
    with index.insertion_session() as session:
        for position, of_text in enumerate(hashes):
            session.insert(position, of_text, check_duplication=False)
    return grouped(map(index.query, hashes))


def rensa(texts: list[str]) -> Groups:
    """Find groups with `RMinHash` in bulk and `RMinHashLSH`."""
    from rensa import RMinHash, RMinHashLSH

    index = RMinHashLSH(threshold=MIN_JACCARD, num_perm=NUM_PERM, num_bands=_RENSA_BANDS)
    hashes = RMinHash.from_token_sets(map(shingles, texts), num_perm=NUM_PERM, seed=42)
    index.insert_many(hashes)
    return grouped(
        [position, *(other for other in index.query(of_text) if index.is_similar(of_text, hashes[other]))]
        for position, of_text in enumerate(hashes)
    )


def gaoya(texts: list[str]) -> Groups:
    """Find groups with the index of texts, which cuts, hashes and asks in threads of its own."""
    from gaoya.minhash import MinHashStringIndex

    index = MinHashStringIndex(
        hash_size=32,
        jaccard_threshold=MIN_JACCARD,
        num_bands=None,  # it chooses them for the threshold
        band_size=None,
        num_hashes=NUM_PERM,
        analyzer="word",
        lowercase=True,
        ngram_range=(SHINGLE_WORDS, SHINGLE_WORDS),
        id_container="smallvec",
    )
    index.par_bulk_insert_docs(list(range(len(texts))), texts)
    return grouped([position, *found] for position, found in enumerate(index.par_bulk_query(texts)))


def data_frame(texts: list[str]) -> Any:
    """Return a data frame of Daft; it is asked to tell nobody."""
    for switch, value in (("DAFT_ANALYTICS_ENABLED", "0"), ("DO_NOT_TRACK", "1"), ("DAFT_PROGRESS_BAR", "0")):
        os.environ.setdefault(switch, value)
    import daft
    import pyarrow as pa

    return daft.from_arrow(pa.table({"text": arrow_column(texts)})).collect()


def daft(frame: Any) -> None:
    """Compute the signatures, and no more."""
    import daft

    signature = daft.col("text").minhash(
        num_hashes=NUM_PERM, ngram_size=SHINGLE_WORDS, hash_function="xxhash"
    )
    frame.with_column("signature", signature).collect()


def find_words(texts: list[str]) -> None:
    """Find the words, and no more."""
    find = re.compile(r"\w+").findall
    for text in texts:
        find(text)


OURS, WORDS = "dedupe_news", "re.findall(r'\\w+')"

PEERS = (
    Peer(OURS, ("dedupe_news",), ours),
    Peer(f"{OURS}, Arrow column", ("dedupe_news", "pyarrow"), ours, given=arrow_column),
    Peer("gaoya", ("gaoya",), gaoya),
    Peer("rensa", ("rensa",), rensa),
    Peer("datasketch, xxHash", ("datasketch", "xxhash"), datasketch),
    Peer("Daft", ("daft",), daft, given=data_frame, note="signatures only"),
    Peer(WORDS, (), find_words, note="words only"),
)


def installed_peers() -> list[Peer]:
    """Return who can run here; say of the others how they could."""
    for peer in PEERS:
        if peer.missing:
            print(
                f"{peer.name} is left out: {', '.join(peer.missing)} is not installed; "
                "to get it: pip install 'dedupe-news[bench]'"
            )
    return [peer for peer in PEERS if not peer.missing]
