"""Independent pieces of work in several processes, with the same result whatever their number."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from wlz_eval.core.errors import OptionError

__all__ = ["ordered_map"]

Shared = TypeVar("Shared")
Item = TypeVar("Item")
Answer = TypeVar("Answer")

#: What every piece of work needs, and the function that does it; sent to each process once.
_given: dict[str, Any] = {}

#: Pieces handed to a process at a time: enough to make sending them cheap, few enough to end together.
CHUNKS_PER_WORKER = 8


def _receive(function: Callable[[Any, Any], Any], shared: Any) -> None:
    _given.update(function=function, shared=shared)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End when the process that asked has ended: killed, it cannot say so, and its workers would wait for ever."""
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _one(item: Any) -> Any:
    return _alone(_given["function"], _given["shared"], item)


def _alone(function: Callable[[Any, Any], Any], shared: Any, item: Any) -> Any:
    """Do one piece with one thread of linear algebra: sums then always run in the same order."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        return function(shared, item)


def ordered_map(
    function: Callable[[Shared, Item], Answer], shared: Shared, items: Sequence[Item], workers: int = 1
) -> list[Answer]:
    """Apply a function to each item, in processes of their own, and return the answers in the items' order.

    One worker and several give the same bytes, as long as `function` depends on its two arguments only.

    Parameters
    ----------
    function : callable
        ``function(shared, item)``; defined at the top of a module, so that other processes can find it.
    shared : object
        What every item needs; sent to each process once.
    items : sequence
    workers : int
        Processes; with 1 everything is done here. Few items are never spread over more processes than items.

    Raises
    ------
    OptionError
        When `workers` is not a whole number of at least 1.

    Examples
    --------
    >>> import operator
    >>> ordered_map(operator.add, 10, [1, 2, 3])
    [11, 12, 13]
    """
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise OptionError(f"workers must be a whole number of at least 1, not {workers!r}.")
    workers = min(workers, max(len(items), 1))
    if workers == 1:
        return [_alone(function, shared, item) for item in items]
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import active_children, get_context

    others = set(active_children())
    # Processes are started afresh: copying a process that has threads (a notebook's kernel) can hang.
    with ProcessPoolExecutor(workers, get_context("spawn"), _receive, (function, shared)) as pool:
        try:
            return list(pool.map(_one, items, chunksize=max(len(items) // (workers * CHUNKS_PER_WORKER), 1)))
        finally:
            # One that waits for work holds a lock that the others wait for. Killed, it would never give it back, and
            # the pool would wait for ever for processes that cannot hear that all is done.
            for process in set(active_children()) - others:
                process.kill()
