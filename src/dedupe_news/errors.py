"""What we say when we cannot go on: what was expected, what came, what to do."""

from __future__ import annotations

import importlib
from collections.abc import Collection
from types import ModuleType

_LONGEST_LIST = 20
_LONGEST_SHOWN_CHARS = 60


class DedupeNewsError(Exception):
    """Root of every error this library raises on purpose."""


class OptionError(DedupeNewsError, ValueError):
    """An option is outside its range, or two options contradict each other."""


class ArticleError(DedupeNewsError, ValueError):
    """What was given is not an article: wrong type, no text, a field of the wrong kind."""


class InputError(DedupeNewsError):
    """An input cannot be read, or is not what it is said to be: a file, or the columns of a frame."""


class OutputError(DedupeNewsError):
    """An output cannot be written where it was asked for."""


class IndexFileError(DedupeNewsError):
    """The file of an index cannot be opened, read or written, or is none."""


class IndexMismatchError(OptionError):
    """An index was made with other options than those asked for."""


class WorkerError(DedupeNewsError):
    """A process that worked for this one ended before it was done."""


class MissingExtraError(DedupeNewsError, ImportError):
    """An optional package is needed; the message names the extra that brings it."""


def require(module: str, *, extra: str) -> ModuleType:
    """Import `module`, or say which extra brings it.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module.partition(".")[0]:
            raise  # installed, but broken: the original message is the useful one
        raise MissingExtraError(
            f"{module} is not installed; try: pip install 'dedupe-news[{extra}]'"
        ) from error


def listed(names: Collection[str]) -> str:
    """Return names as people read them, the first of them if there are many.

    >>> listed(["id", "text"]), listed([])
    ('id, text', 'none')
    """
    shown = ", ".join(map(_shown, list(names)[:_LONGEST_LIST])) or "none"
    return f"{shown}, … ({len(names)} in all)" if len(names) > _LONGEST_LIST else shown


def _shown(name: str) -> str:
    r"""Return a name as it can stand in a message of one line.

    >>> _shown("pub date"), _shown("two\nlines"), len(_shown("x" * 5000))
    ('pub date', "'two\\nlines'", 60)
    """
    shown = name if name.isprintable() else repr(name)
    return shown if len(shown) <= _LONGEST_SHOWN_CHARS else f"{shown[: _LONGEST_SHOWN_CHARS - 1]}…"
