"""Work in threads, its outcomes in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


def side_by_side(
    function: Callable[[Item], Outcome], items: Iterable[Item], num_threads: int
) -> Iterator[Outcome]:
    """Yield ``function(item)`` of each item, in order.

    Threads are at most one outcome each ahead of who takes them, so that these do not pile up.
    """
    if num_threads == 1:
        yield from map(function, items)
        return
    with ThreadPoolExecutor(num_threads) as threads:
        waiting: deque[Future[Outcome]] = deque()
        for item in items:
            if len(waiting) == 2 * num_threads:
                yield waiting.popleft().result()
            waiting.append(threads.submit(function, item))
        while waiting:
            yield waiting.popleft().result()
