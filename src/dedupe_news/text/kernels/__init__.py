"""Compiled loops, nothing else: what the gate, the rules and the run-ons ask of every character of a text.

Each says what a Python function beside its caller says, number for number. None allocates anything: room to
work in comes from the caller, so that a loop is object code that needs nothing of Python or numba.
"""

from __future__ import annotations

SIGNATURES = {
    "find_stretches": "uint8* int64 uint8* bool* int64 int64* int64* int64 uint64* int32* int64",
    "glance": "uint32* int64 uint32* int64* int64*",
    "number_tokens": "uint32* int64 uint8* uint16* int32* uint16* int32* int32* int64*",
    "find_hits": "int32* int64 int64 int32* int32*",
}
"""What each function of `entries` takes; all return an int64."""

NUM_BUCKETS = 1024
"""Of repeated heads, by their first bytes."""
