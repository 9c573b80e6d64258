"""How long the rest of a run takes: from the seconds that its notebooks are expected to take, not from their number."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wlz_eval.batch.state import CohortState

__all__ = ["TimeLeft", "seconds_left"]


def seconds_left(
    waiting: float, running: Iterable[tuple[float, float]], chain: float, pace: float, slots: int
) -> float:
    """Return the seconds until the last notebook ends.

    Parameters
    ----------
    waiting : float
        Seconds that what has not started is expected to take in all.
    running : iterable of (float, float)
        For what runs now, the seconds expected and those that have passed.
    chain : float
        Expected seconds of the longest chain of notebooks that wait for one another.
    pace : float
        How many times longer than expected notebooks have taken so far.
    slots : int
        Notebooks at once.

    Examples
    --------
    >>> seconds_left(waiting=30.0, running=[(10.0, 4.0)], chain=5.0, pace=1.0, slots=2)
    18.0
    """
    rest = sum(max(pace * expected - passed, 0.0) for expected, passed in running)
    return max((pace * waiting + rest) / max(slots, 1), pace * chain)


class TimeLeft:
    """What has started and ended in a run, and what that says of the rest."""

    def __init__(self) -> None:
        self._began: dict[tuple[str, str], float] = {}
        self._expected = self._taken = 0.0

    def started(self, state: CohortState, name: str) -> None:
        """Note that a notebook runs."""
        self._began[state.prepared.id, name] = time.monotonic()

    def ended(self, state: CohortState, name: str) -> float:
        """Note that it ran, and return how many seconds that took."""
        seconds = time.monotonic() - self._began.pop((state.prepared.id, name))
        self._expected += _alone(state, name)
        self._taken += seconds
        return seconds

    def left(self, states: Iterable[CohortState], unchecked: int, slots: int) -> float | None:
        """Return the seconds that are left; None until one notebook has shown how fast they go here.

        Parameters
        ----------
        states : iterable of CohortState
            The cohorts that are checked.
        unchecked : int
            Cohorts that are still to be checked; each counts as the mean of the others.
        slots : int
            Notebooks at once.
        """
        if self._expected <= 0:
            return None
        known = list(states)
        pace, now = self._taken / self._expected, time.monotonic()
        waits = [(s, n) for s in known for n in s.checked.wanted if n not in s.results and n not in s.running]
        waiting = sum(_alone(state, name) for state, name in waits)
        whole = sum(_alone(state, name) for state in known for name in state.checked.wanted)
        chain = max((state.expected[name] for state, name in waits), default=0.0)
        running = [(_alone(s, n), now - self._began[s.prepared.id, n]) for s in known for n in s.running]
        return seconds_left(waiting + whole / len(known) * unchecked, running, chain, pace, slots)


def _alone(state: CohortState, name: str) -> float:
    """Return the expected seconds of one notebook, without those that wait for it."""
    after = (state.expected[n] for n in state.checked.graph.dependents[name])
    return state.expected[name] - max(after, default=0.0)
