"""The one door to numba: loops that are compiled at their first call, and kept for the next process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
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


def c_functions(
    functions: Mapping[str, Callable[..., int]], signatures: Mapping[str, str], *, keep: bool
) -> dict[str, Any]:
    """Compile functions as C calls them.

    Parameters
    ----------
    signatures : mapping
        For each name the types of its arguments; ``uint8*`` is the address of some. All return an int64.
    keep : bool
        Whether they are kept for the next process; of those that were, nothing but the address is known.

    Returns
    -------
    dict
        numba's functions: their `address` can be called, their `native_name` stands in `inspect_llvm()`.
    """
    return {name: _c_function(function, signatures[name], keep) for name, function in functions.items()}


def _c_function(function: Callable[..., int], types: str, keep: bool) -> Any:
    if keep:
        with suppress(RuntimeError):  # numba found no place for its cache
            return numba.cfunc(_signature(types), cache=True)(function)
    return numba.cfunc(_signature(types))(function)


def _signature(types: str) -> str:
    arguments = (f"CPointer({kind[:-1]})" if kind.endswith("*") else kind for kind in types.split())
    return f"int64({', '.join(arguments)})"
