"""What we say when we cannot go on: what was expected, what came, what to do."""

from __future__ import annotations


class DedupeNewsError(Exception):
    """Root of every error this library raises on purpose."""


class OptionError(DedupeNewsError, ValueError):
    """An option is outside its range, or two options contradict each other."""


class ArticleError(DedupeNewsError, ValueError):
    """What was given is not an article: wrong type, no text, a field of the wrong kind."""


class InputError(DedupeNewsError):
    """An input file cannot be read, or is not what its name says."""


class OutputError(DedupeNewsError):
    """An output cannot be written where it was asked for."""


class WorkerError(DedupeNewsError):
    """A process that worked for this one ended before it was done."""


class MissingExtraError(DedupeNewsError, ImportError):
    """An optional package is needed; the message names the extra that brings it."""
