"""Work in threads, its outcomes in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

_AHEAD = 4


def side_by_side(
    function: Callable[[Item], Outcome], items: Iterable[Item], num_threads: int
) -> Iterator[Outcome]:
    """Yield ``function(item)`` of each item, in order.

    At most `_AHEAD` outcomes a thread are begun or wait to be taken, so that they do not pile up.
    """
    if num_threads == 1:
        yield from map(function, items)
        return
    with ThreadPoolExecutor(num_threads) as threads:
        waiting: deque[Future[Outcome]] = deque()
        for item in items:
            if len(waiting) == _AHEAD * num_threads:
                yield waiting.popleft().result()
            waiting.append(threads.submit(function, item))
        while waiting:
            yield waiting.popleft().result()
