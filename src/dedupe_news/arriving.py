"""Items of a slow source: handed on as they come, with a word when there are no more for now."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from queue import Empty, Full, Queue
from typing import Any, TypeVar

from dedupe_news.workers import PAUSE, Pause

Item = TypeVar("Item")

_QUIET_SECONDS = 0.05
"""So long nothing comes: then what did come should not wait for more."""

_IDLE_SECONDS = 0.2
"""So often, while nothing comes, it is asked whether anybody still wants it."""

_AHEAD = 256


def as_they_come(
    items: Iterable[Item], *, is_wanted: Callable[[], bool] = lambda: True
) -> Iterator[Item | Pause]:
    """Yield `items`, and `PAUSE` where they keep the reader waiting; end early when they are not wanted.

    They are read in a thread: a reader who waits in the source itself cannot do anything else.
    """
    arrived: Queue[tuple[bool, Any]] = Queue(_AHEAD)
    is_over = threading.Event()

    def put(is_last: bool, what: Any) -> None:
        while not is_over.is_set():
            try:
                arrived.put((is_last, what), timeout=_IDLE_SECONDS)
            except Full:
                continue
            return

    def read() -> None:
        try:
            for item in items:
                put(False, item)
                if is_over.is_set():
                    return
        except BaseException as error:  # for the one who reads
            put(True, error)
        else:
            put(True, None)

    threading.Thread(target=read, daemon=True).start()
    is_told = True
    try:
        while is_wanted():
            try:
                is_last, what = arrived.get(timeout=_IDLE_SECONDS if is_told else _QUIET_SECONDS)
            except Empty:
                if not is_told:
                    is_told = True
                    yield PAUSE
                continue
            if not is_last:
                yield what
                is_told = False
            elif what is None:
                return
            else:
                raise what
    finally:
        is_over.set()
