"""What an index was made with, and whether that is what is asked for."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import dedupe_news
from dedupe_news.errors import IndexFileError, IndexMismatchError
from dedupe_news.index.store import Store
from dedupe_news.match.fingerprint import FINGERPRINT_VERSION
from dedupe_news.match.keys import KEYS_VERSION
from dedupe_news.options import CleanOptions, MatchOptions, match_options

AS_MADE: Any = object()
"""What is asked for where nothing is said: what the file was made with."""


def made_with(store: Store, clean: Any, match: Any) -> tuple[CleanOptions | None, MatchOptions]:
    """Return the options of an index; a new one is made with those asked for, or the defaults.

    Raises
    ------
    IndexMismatchError
        If it was made with others; the first difference is named.
    IndexFileError
        If it is to be read and was never filled.
    """
    asked: dict[str, Any] = {}
    if clean is not AS_MADE:
        asked |= _named("clean", clean)
    if match is not AS_MADE:
        asked |= _named("match", match_options(match))
    made = store.meta()
    if not made:
        if store.read_only:
            raise IndexFileError(f"the index {store.path} was never filled")
        now = {
            **_named("clean", CleanOptions()),
            **_named("match", MatchOptions()),
        }
        if clean is None:
            now = {name: value for name, value in now.items() if not name.startswith("clean")}
        now |= asked
        versions = {"fingerprint_version": FINGERPRINT_VERSION, "keys_version": KEYS_VERSION}
        with store.writing():
            made = store.meta()  # another process may have been faster
            if not made:
                store.remember({**now, **versions, "made_by": dedupe_news.__version__})
                made = store.meta()
    for prefix, kind in (("clean", CleanOptions), ("match", MatchOptions)):
        names = {item.name for item in dataclasses.fields(kind)}
        unknown = sorted(_options_of(prefix, made).keys() - names)
        if unknown:
            raise IndexFileError(
                f"the index {store.path} was made with {prefix}.{unknown[0]}, which this version does not "
                "know: use a later one, or the file is damaged"
            )
    _require(store, "fingerprint_version", made, FINGERPRINT_VERSION)
    _require(store, "keys_version", made, KEYS_VERSION)
    for name, value in asked.items():
        _require(store, name, made, value)
    return _clean_options(made), _match_options(made)


def _require(store: Store, name: str, made: Mapping[str, Any], value: Any) -> None:
    if made.get(name) != value:
        raise IndexMismatchError(
            f"the index {store.path} was made with {name}={made.get(name)!r}, asked for {value!r}: "
            "drop the option, or make another index from `dedupe index export`"
        )


def _named(prefix: str, options: CleanOptions | MatchOptions | None) -> dict[str, Any]:
    """Return options by the names under which a file remembers them."""
    if options is None:
        return {prefix: None}
    values = {}
    for item in dataclasses.fields(options):
        value = getattr(options, item.name)
        values[f"{prefix}.{item.name}"] = sorted(value) if isinstance(value, frozenset) else value
    return {prefix: True, **values}


def _options_of(prefix: str, made: Mapping[str, Any]) -> dict[str, Any]:
    start = f"{prefix}."
    return {name.removeprefix(start): value for name, value in made.items() if name.startswith(start)}


def _clean_options(made: Mapping[str, Any]) -> CleanOptions | None:
    return CleanOptions(**_options_of("clean", made)) if made.get("clean") else None


def _match_options(made: Mapping[str, Any]) -> MatchOptions:
    return MatchOptions(**_options_of("match", made))
