"""Importing this module loads the loops: for a process that workers are copies of, which can only import."""

from __future__ import annotations

from dedupe_news.pipeline.cleaning import load_loops
from dedupe_news.workers import alone

with alone():
    load_loops()
