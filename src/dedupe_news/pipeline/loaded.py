"""Importing this module loads the loops: for a process that workers are copies of, which can only import.

Where they cannot be loaded (the disk is full on which they are kept), all is done without them.
"""

from __future__ import annotations

from contextlib import suppress

from dedupe_news.text import loops
from dedupe_news.workers import numba_alone

with suppress(OSError, RuntimeError), numba_alone():
    loops.load()
