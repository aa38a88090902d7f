"""Articles cleaned in several processes: the same outcome in the same order, sooner."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import MetaPathFinder
from itertools import chain
from multiprocessing import get_all_start_methods, get_context, parent_process
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext
from typing import TypeVar

from dedupe_news.errors import WorkerError

Item = TypeVar("Item")
Result = TypeVar("Result")

BATCH = 64
"""Articles handed over at a time: few enough that all workers end together."""

WORTH_PROCESSES = 500
"""Articles from which on starting processes (half a second) pays."""

WORTH_LOOPS_BYTES = 8_000_000
"""Of files of fewer bytes, compressed or not, Python is done before compiled loops are loaded."""

_PRELOADED = ["dedupe_news.pipeline.batches", "dedupe_news.text.clean", "orjson", "pyarrow"]
"""What every worker needs, loaded once in the process that they are copies of."""

_LOOPS = "dedupe_news.pipeline.loaded"
"""What workers need besides to clean with compiled loops."""

_BATCHES_AHEAD = 4
"""Batches for each worker that are read before the first is done: what bounds the memory."""


class Pause:
    """Stands among items that come slowly: no more for now, what came before is to be handed on."""


PAUSE = Pause()


def map_in_order(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    jobs: int,
    at_a_time: int = BATCH,
    worth_processes: int = WORTH_PROCESSES,
) -> Iterator[Result]:
    """Yield `function` of each item, in order, worked out by `jobs` processes.

    A few items, and one job, stay in this process. Nothing is remembered from one item to the
    next, so how they are spread over processes changes nothing.

    Parameters
    ----------
    function : callable
        Importable by name, like all it is given and gives back.
    items : iterable
        Read as it is needed, a few batches ahead.
    jobs : int
        Processes, from 1 on.
    at_a_time : int
        Items handed over together.
    worth_processes : int
        So many items are worth starting processes for.

    Raises
    ------
    WorkerError
        If a process ended before its work was done.
    """
    mapped = map_as_they_come(
        function, items, jobs=jobs, at_a_time=at_a_time, worth_processes=worth_processes
    )
    return (result for result in mapped if not isinstance(result, Pause))


def map_as_they_come(
    function: Callable[[Item], Result],
    items: Iterable[Item | Pause],
    *,
    jobs: int,
    at_a_time: int = BATCH,
    worth_processes: int = WORTH_PROCESSES,
) -> Iterator[Result | Pause]:
    """Do what `map_in_order` does; at a `PAUSE` among the items, yield all before it, and the pause."""
    remaining = iter(items)
    few: list[Item] = []
    for item in remaining:
        if isinstance(item, Pause):
            yield from map(function, few)
            yield item
            few = []
        elif jobs == 1:
            yield function(item)
        else:
            few.append(item)
            if len(few) >= worth_processes:
                break
    else:
        yield from map(function, few)
        return
    pool = ProcessPoolExecutor(
        jobs, mp_context=_new_processes(), initializer=_begin_work, initargs=(_has_loops,)
    )
    try:
        ahead: deque[Future[list[Result]]] = deque()
        for batch in _batches(chain(few, remaining), at_a_time):
            if not isinstance(batch, Pause):
                ahead.append(pool.submit(_each, function, batch))
            while len(ahead) > (0 if isinstance(batch, Pause) else jobs * _BATCHES_AHEAD):
                yield from ahead.popleft().result()
            if isinstance(batch, Pause):
                yield batch
        while ahead:
            yield from ahead.popleft().result()
    except BrokenProcessPool as error:
        raise WorkerError(
            "a worker process ended before its work was done; perhaps there was not enough memory: "
            "try fewer with --jobs (jobs=1 works in this process alone). In a script of your own, "
            'call from under: if __name__ == "__main__":'
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def get_ready(*, with_loops: bool) -> None:
    """Let the process that workers are copies of load what they need, while this one does something else.

    Parameters
    ----------
    with_loops : bool
        Whether there is so much to clean that loading compiled loops pays: a part of a second, and at the
        first run on a machine some ten seconds. The outcome does not depend on it.
    """
    global _has_loops
    _has_loops = _has_loops or with_loops
    if _new_processes().get_start_method() == "forkserver":
        from multiprocessing.forkserver import ensure_running

        ensure_running()


def get_ready_for(num_bytes: int | None, *, jobs: int) -> None:
    """Call `get_ready` if files of so many bytes are worth loops for `jobs` workers; None: unknown."""
    if jobs > 1 and num_bytes is not None and num_bytes > WORTH_LOOPS_BYTES:
        get_ready(with_loops=True)


_has_loops = False


def _new_processes() -> BaseContext:
    """Return how processes are made: never as copies of this one.

    A copy of a process with threads may stop for good at a lock that nobody holds. Where there are
    fork servers, workers are copies of one that has loaded what they need and nothing else.
    """
    if "forkserver" not in get_all_start_methods():
        return get_context("spawn")
    context = get_context("forkserver")
    context.set_forkserver_preload([*_PRELOADED, _LOOPS] if _has_loops else _PRELOADED)
    return context


def _batches(items: Iterable[Item | Pause], at_a_time: int) -> Iterator[list[Item] | Pause]:
    batch: list[Item] = []
    for item in items:
        if not isinstance(item, Pause):
            batch.append(item)
            if len(batch) < at_a_time:
                continue
        if batch:
            yield batch
            batch = []
        if isinstance(item, Pause):
            yield item
    if batch:
        yield batch


def _each(function: Callable[[Item], Result], batch: list[Item]) -> list[Result]:
    return [function(item) for item in batch]


def collect_seldom() -> None:
    """Look for reference cycles a hundred times less often than Python does of its own accord.

    For a process of our own only: articles are many objects that stay, and no cycles, and looking
    for some among them took a third of the time.
    """
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def end_uncollected() -> None:
    """Let Python look for no cycles when a process of our own ends, which would take a third of a second."""
    gc.freeze()


@contextmanager
def alone() -> Iterator[None]:
    """Let numba and pyarrow begin in half the time: without what they look for and nothing of ours needs.

    For a process of our own only, since each looks but once: numba for BLAS, C declarations and settings in a
    file; pyarrow, when a list first becomes an array, for pandas. What is loaded already stays.
    """
    finder = _FindsNothing()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


_NEEDLESS = frozenset(["cffi", "pandas", "scipy", "yaml"])


class _FindsNothing(MetaPathFinder):
    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname in _NEEDLESS:
            raise ModuleNotFoundError(f"{fullname} is of no use here", name=fullname)


def _begin_work(with_loops: bool) -> None:
    """Leave Ctrl-C to the process that people look at, and end with it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if with_loops:
        import_module(_LOOPS)  # as the process that this one is a copy of did, if it is one
    import pyarrow as pa

    with alone():
        pa.array([])
    collect_seldom()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # A worker waits at a pipe of which it holds both ends: it would never see that nobody writes any more.
    if parent := parent_process():
        wait([parent.sentinel])
        os._exit(1)
