"""The one door to numba: loops that are compiled at their first call, and kept for the next process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., object])

array_at: Any = numba.carray  # type: ignore[attr-defined]  # its types do not say that it is there
"""In a loop: the array of a shape at an address."""


def compiled(kernel: Kernel) -> Kernel:
    """Compile `kernel` at its first call, and keep the outcome for the next process.

    Type checkers keep seeing its Python signature. Where no folder can be written to, nothing
    is kept: every process then compiles for itself.
    """
    try:
        return cast(Kernel, numba.njit(nogil=True, cache=True)(kernel))
    except RuntimeError:  # numba found no place for its cache
        return cast(Kernel, numba.njit(nogil=True)(kernel))


def c_functions(functions: Mapping[str, Callable[..., int]], signatures: Mapping[str, str]) -> dict[str, Any]:
    """Compile functions as C calls them.

    Parameters
    ----------
    signatures : mapping
        For each name the types of its arguments; ``uint8*`` is the address of some. All return an int64.

    Returns
    -------
    dict
        numba's functions: their `address` can be called, their `native_name` stands in `inspect_llvm()`.
    """
    return {name: numba.cfunc(_signature(signatures[name]))(function) for name, function in functions.items()}


def _signature(types: str) -> str:
    arguments = (f"CPointer({kind[:-1]})" if kind.endswith("*") else kind for kind in types.split())
    return f"int64({', '.join(arguments)})"
