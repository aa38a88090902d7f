"""From what was named on the command line to files: patterns and folders are expanded, in order."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from dedupe_news.errors import InputError
from dedupe_news.io.fields import Tell
from dedupe_news.io.streams import STANDARD_STREAM, format_of_name, is_file, is_folder, is_there


def expand_inputs(named: Sequence[str], *, any_name: bool, tell: Tell) -> list[str]:
    """Return the files that `named` stand for: patterns and folders in the order of names.

    Parameters
    ----------
    named : sequence of str
        Files, folders (with all below them), patterns such as ``data/*.jsonl``, ``-``.
    any_name : bool
        Take every file of a folder, because its format was told; otherwise those of a known name.
    tell : callable
        Is told of each file in a folder that is passed over.

    Raises
    ------
    InputError
        If a pattern meets no file, or a folder holds none that can be read.
    """
    files: list[str] = []
    for path in named:
        for met in _matches(path):
            if met != STANDARD_STREAM and is_folder(met):
                files += _files_of_folder(met, any_name=any_name, tell=tell)
            else:
                files.append(met)
    return files


def _matches(path: str) -> list[str]:
    """Return what a pattern meets; a name that exists is itself, whatever its characters."""
    if path == STANDARD_STREAM or is_there(path) or not glob.has_magic(path):
        return [path]
    met = sorted(set(glob.glob(path, recursive=True)))  # noqa: PTH207 - a pattern may be absolute
    if not met:
        raise InputError(f"{path}: no file has such a name; check the pattern and the folder")
    # `**` meets folders and what is in them: the files are enough.
    return [file for file in met if not is_folder(file)] if "**" in path else met


def _files_of_folder(folder: str, *, any_name: bool, tell: Tell) -> list[str]:
    found = list(_visible_files(folder))
    known = []
    for file in found:
        if not is_file(file):
            tell(f"{file}: passed over, it is no file, or a link to nothing")
        elif any_name or format_of_name(file) is not None:
            known.append(file)
        else:
            tell(f"{file}: passed over, its name tells no known format; to read it, name it itself")
    if not known:
        raise InputError(
            f"{folder} is a folder without a file that can be read; .jsonl, .csv, .tsv, .parquet, .arrow "
            f"and .txt were expected; name its files, or say what they hold: --input-format text"
        )
    return known


def _visible_files(folder: str) -> Iterator[str]:
    """Yield the files below a folder, sorted; hidden ones and hidden folders are left out."""

    def stop(error: OSError) -> None:
        raise InputError(
            f"{error.filename} cannot be read: {error.strerror}; check the folder and its rights"
        ) from error

    found = []
    for place, folders, names in os.walk(folder, onerror=stop):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [str(Path(place) / name) for name in names if not name.startswith(".")]
    yield from sorted(found)
