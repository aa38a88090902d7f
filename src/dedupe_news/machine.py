"""What this machine has: processors and memory that this process may use."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_UNKNOWN_MEMORY_BYTES = 8 << 30
_CONTAINER_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def num_cores() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory_bytes() -> int:
    """Return the memory of the machine, or of the container that this process runs in, in bytes."""
    known = []
    with suppress(AttributeError, ValueError, OSError):  # not on Windows
        known.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    for limit in _CONTAINER_LIMITS:
        with suppress(OSError, ValueError):  # no such limit, or "max"
            known.append(int(Path(limit).read_text(encoding="ascii")))
    return min(known, default=_UNKNOWN_MEMORY_BYTES)
