"""Signatures handed over to datasketch, whose stores many machines share."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dedupe_news.errors import IndexMismatchError, OptionError, require
from dedupe_news.index.reading import COMPILED_FROM, Reader
from dedupe_news.match.fingerprint import FINGERPRINT_VERSION, Permutations, signature
from dedupe_news.match.keys import shingle_set

if TYPE_CHECKING:
    from datasketch import MinHash, MinHashLSH

_MADE_WITH = b"dedupe_news_made_with"
_SHAPE = ("fingerprint_version", "shingle_tokens", "shingle_chars", "num_perm", "seed", "bands", "band_size")
"""What two hand-overs under one name must have in common, or one does not find what the other wrote."""


def to_datasketch(
    batches: Iterable[Sequence[tuple[str, str]]],
    reader: Reader,
    threshold: float | None,
    storage_config: Mapping[str, Any] | None,
) -> MinHashLSH:
    """Return an LSH that holds the signatures of some texts, by their ids; see `Index.to_datasketch`.

    Parameters
    ----------
    batches : iterable of sequences of (id, text)
        Of less than 25 000 each: that many datasketch would send before it is told to.
    """
    if threshold is None:
        threshold = reader.match.min_jaccard
    elif not 0 <= threshold <= 1:
        raise OptionError(f"threshold must be between 0 and 1, got {threshold}")
    config = _named(storage_config or {"type": "dict"})
    if config["type"] == "redis":
        require("redis", extra="redis")
    from datasketch import MinHashLSH

    lsh = MinHashLSH(threshold, num_perm=reader.match.num_perm, storage_config=config)
    if config["type"] != "dict":
        _agree(lsh, config, reader)
    permutations = Permutations.from_seed(reader.match.seed, reader.match.num_perm)
    session = lsh.insertion_session()  # never closed: that would list an id whose bands are not all there
    num_chars = 0
    for batch in batches:
        num_chars += sum(len(text) for _, text in batch)
        compiled = reader.compiled or num_chars >= COMPILED_FROM
        for id, text in batch:
            hashes = shingle_set(text, reader.match, compiled=compiled)
            if len(hashes) and id not in lsh:
                session.insert(id, _minhash(hashes, permutations), check_duplication=False)
        # The list of ids goes last: an id in it has all its bands, whoever is killed on the way.
        for table in (*lsh.hashtables, lsh.keys):
            table.empty_buffer()
    return lsh


def minhash(text: str, reader: Reader) -> MinHash:
    """Return the signature of one text as a ``datasketch.MinHash``."""
    hashes = shingle_set(text, reader.match, compiled=reader.compiled)
    return _minhash(hashes, Permutations.from_seed(reader.match.seed, reader.match.num_perm))


def _minhash(hashes: np.ndarray[Any, np.dtype[np.uint64]], permutations: Permutations) -> MinHash:
    from datasketch import MinHash

    lower = (hashes & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    return MinHash(
        seed=permutations.seed,
        hashvalues=signature(lower, permutations),
        permutations=(permutations.multipliers, permutations.offsets),
        scheme="affine32",
    )


def _named(storage_config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration of a store, its name in bytes.

    Raises
    ------
    OptionError
        If it has none. datasketch would draw one by chance, and nobody would find what was written.
    """
    config = dict(storage_config)
    if "type" not in config:
        raise OptionError("storage_config needs a 'type': 'redis', 'cassandra' or 'dict'")
    if config["type"] == "dict":
        return config
    name = config.get("basename")
    if not isinstance(name, (str, bytes)) or not name:
        raise OptionError(
            "storage_config needs a 'basename': the name of this collection in the store, by which other "
            f"machines find it; got {name!r}"
        )
    config["basename"] = name.encode() if isinstance(name, str) else name
    return config


def _agree(lsh: MinHashLSH, config: Mapping[str, Any], reader: Reader) -> None:
    """Write down under the name how its signatures are made, or hold it against what stands there.

    Raises
    ------
    IndexMismatchError
        If they are made in another way.
    """
    from datasketch.storage import ordered_storage

    options = dataclasses.asdict(reader.match)
    own = {"fingerprint_version": FINGERPRINT_VERSION, "bands": lsh.b, "band_size": lsh.r}
    own |= {name: options[name] for name in _SHAPE if name in options}
    note = ordered_storage(config, name=config["basename"] + b"_" + _MADE_WITH)
    if not note.get(_MADE_WITH):
        note.insert(_MADE_WITH, json.dumps(own, sort_keys=True).encode())
    for said in note.get(_MADE_WITH):  # more than one, if two machines came at once
        made = json.loads(said)
        for name in _SHAPE:
            if made.get(name) != own[name]:
                raise IndexMismatchError(
                    f"the signatures under {config['basename'].decode(errors='replace')!r} were made with "
                    f"{name}={made.get(name)!r}, these with {own[name]!r}: use another basename"
                )
