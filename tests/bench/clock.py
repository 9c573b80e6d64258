"""Clocks of the benchmark, and the one form of its lines."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["elapsed", "head", "row", "seconds"]


def seconds(task: Callable[[], object], repeats: int = 1) -> float:
    """Processor seconds of the shortest of a few runs: the one least disturbed by whatever else runs."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        task()
        times.append(time.process_time() - start)
    return min(times)


def elapsed(task: Callable[[], object]) -> float:
    """Seconds on the wall, for tasks that use several processes."""
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def head(title: str, *columns: str) -> None:
    """Print the head of a table."""
    print(f"\n{title:<60}" + "".join(f"{column:>12}" for column in columns), flush=True)


def row(task: str, *cells: float | int | str) -> None:
    """Print one line of it: counts with thousands, the rest with two decimals."""
    print(f"{task:<60}" + "".join(f"{_cell(cell):>12}" for cell in cells), flush=True)


def _cell(value: float | int | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
