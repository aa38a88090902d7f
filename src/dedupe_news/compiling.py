"""The one door to numba: loops that are compiled at their first call, and kept for the next process."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., object])


def compiled(kernel: Kernel) -> Kernel:
    """Compile `kernel` at its first call, and keep the outcome for the next process.

    Type checkers keep seeing its Python signature. Where no folder can be written to, nothing
    is kept: every process then compiles for itself.
    """
    try:
        return cast(Kernel, numba.njit(nogil=True, cache=True)(kernel))
    except RuntimeError:  # numba found no place for its cache
        return cast(Kernel, numba.njit(nogil=True)(kernel))
