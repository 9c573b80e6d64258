"""Sums by child, or by child and term: the same to the last bit whatever the order of the rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wlz_eval.engagement.exposure.records import WHOM, Array, Bools, Interactions, Ints, Sessions

__all__ = ["counts", "interaction_sums", "session_rates", "session_sums", "sums"]

MINUTES_AN_HOUR = 60.0
#: Minutes are added up in steps of this size, a power of two: such sums are exact, so their order does not matter.
STEP = 2.0**-20


def counts(cell: Ints, size: int, where: Bools | None = None) -> Array:
    """Entries in each cell."""
    return np.bincount(cell if where is None else cell[where], minlength=size).astype(float)


def sums(cell: Ints, values: npt.NDArray[np.float64], size: int) -> Array:
    """Sum of values in each cell, exact to half a step (:data:`STEP`) an entry; a missing value makes it missing."""
    total = np.bincount(cell, weights=np.round(values / STEP), minlength=size)
    return np.asarray(total * STEP, dtype=np.float64)


def interaction_sums(records: Interactions, cell: Ints, size: int, minutes: Array | None) -> dict[str, Array]:
    """Amounts of Link Worker support in each cell; `minutes` is None where contacts were never timed."""
    out = {"link_worker_interactions": counts(cell, size)}
    if (records.kind >= 0).any():
        out["contacts"] = counts(cell, size, records.kind == 0)
        out["engagements"] = counts(cell, size, records.kind == 1)
    with_whom = bool((records.whom >= 0).any())
    if with_whom:
        for code, whom in enumerate(WHOM):
            out[f"interactions_{whom}"] = counts(cell, size, records.whom == code)
    if minutes is None:
        return out
    out["link_worker_hours"] = sums(cell, minutes, size) / MINUTES_AN_HOUR
    if with_whom:
        for code, whom in enumerate(WHOM):
            own = records.whom == code
            out[f"link_worker_hours_{whom}"] = sums(cell[own], minutes[own], size) / MINUTES_AN_HOUR
    return out


def session_sums(records: Sessions, cell: Ints, size: int) -> dict[str, Array]:
    """Amounts of partner support in each cell, with the minutes from which a rate of minutes is made."""
    timed = records.planned > 0
    # A session that ran over does not make up for one that was missed.
    within = np.minimum(records.attended, records.planned)
    return {
        "sessions_planned": counts(cell, size),
        "sessions_attended": counts(cell, size, records.attended > 0),
        "partner_hours": sums(cell, records.attended, size) / MINUTES_AN_HOUR,
        "partner_hours_planned": sums(cell[timed], records.planned[timed], size) / MINUTES_AN_HOUR,
        "_hours_within_plan": sums(cell[timed], within[timed], size) / MINUTES_AN_HOUR,
    }


def _percent(part: Array, whole: Array) -> Array:
    return np.divide(100.0 * part, whole, out=np.full(len(whole), np.nan), where=whole > 0)


def session_rates(found: dict[str, Array]) -> dict[str, Array]:
    """Put the rates of attendance beside the sums; missing where nothing was planned."""
    planned_hours = found["partner_hours_planned"]
    rates = {
        "attendance_rate": _percent(found["sessions_attended"], found["sessions_planned"]),
        "minutes_rate": _percent(found["_hours_within_plan"], planned_hours),
    }
    kept = {k: v for k, v in found.items() if not k.startswith("_")}
    if not (planned_hours > 0).any():
        # The length of no session was planned, or none was recorded: such a column would hold no fact.
        del kept["partner_hours_planned"], rates["minutes_rate"]
    return {**kept, **rates}
