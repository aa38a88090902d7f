"""Measuring in a process of its own: what it compiles and what it holds is not what others left."""

from __future__ import annotations

import multiprocessing
import os
import re
import resource
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_STATUS = Path("/proc/self/status")


def in_new_process(
    function: Callable[Arguments, Result],
    environment: Mapping[str, str],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Result:
    """Return what `function` returns in a new Python process; an error there is an error here."""
    before = dict(os.environ)
    os.environ.update(environment)  # a spawned process inherits it
    try:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as processes:
            return processes.submit(function, *args, **kwargs).result()
    finally:
        os.environ.clear()
        os.environ.update(before)


def held_megabytes() -> float:
    """Return the memory this process holds now (where that is unknown, the most it held)."""
    return _megabytes("VmRSS")


def peak_megabytes() -> float:
    """Return the most memory this process has held, since `forget_peak` if that is possible.

    Linux hands `ru_maxrss` on to a started process, so a child of a large process looks large;
    what /proc says is its own.
    """
    return _megabytes("VmHWM")


def cpu_seconds() -> float:
    """Return how long processors have worked for this process, its children, and those these have seen end.

    Where there is no /proc, of the children only those that have ended are known.
    """
    own = time.process_time()
    listing = Path("/proc/self/task")
    if not listing.exists():
        return own + sum(os.times()[2:4])
    children = [child for task in listing.iterdir() for child in (task / "children").read_text().split()]
    ticks = 0
    for child in children:
        try:
            status = Path(f"/proc/{child}/stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            continue  # it has ended meanwhile
        ticks += sum(map(int, status.rpartition(")")[2].split()[11:15]))
    return own + sum(os.times()[2:4]) + ticks / os.sysconf("SC_CLK_TCK")


def forget_peak() -> None:
    """Let `peak_megabytes` start from what is held now, where the system can do that."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return


def _megabytes(line: str) -> float:
    if _STATUS.exists():
        status = _STATUS.read_text(encoding="ascii", errors="replace")
        if found := re.search(rf"^{line}:\s+(\d+) kB", status, re.MULTILINE):
            return int(found[1]) * 1024 / 1e6
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
