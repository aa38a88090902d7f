"""Compiled loops, nothing else: what other modules say in Python, for millions of words.

Every loop runs without the GIL, so that threads work side by side, each on articles of its own.
Sums and products of hashes wrap at 2**64 (or 2**32) on purpose.
"""

from __future__ import annotations

import numpy as np

from dedupe_news.compiling import compiled

__all__ = ["PRIME", "U0", "compiled"]

U0 = np.uint64(0)
PRIME = np.uint64(0x9E3779B97F4A7C15)
