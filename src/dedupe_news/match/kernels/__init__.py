"""Compiled loops, nothing else: what other modules say in Python, for millions of words.

Every loop runs without the GIL, so that threads work side by side, each on articles of its own.
Sums and products of hashes wrap at 2**64 (or 2**32) on purpose.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba
import numpy as np

Kernel = TypeVar("Kernel", bound=Callable[..., object])

U0 = np.uint64(0)
PRIME = np.uint64(0x9E3779B97F4A7C15)


def compiled(kernel: Kernel) -> Kernel:
    """Compile `kernel` at its first call, and keep the outcome for the next process.

    Type checkers keep seeing its Python signature. Where no folder can be written to, nothing
    is kept: every process then compiles for itself.
    """
    try:
        return cast(Kernel, numba.njit(nogil=True, cache=True)(kernel))
    except RuntimeError:  # numba found no place for its cache
        return cast(Kernel, numba.njit(nogil=True)(kernel))
