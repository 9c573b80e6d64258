"""Drift in recording: contacts counted at first and timed later, and incidents recorded by a new policy."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wlz_eval.measures.quality.clues import Clue, unlike
from wlz_eval.measures.quality.held import FEWEST, Held

__all__ = ["incident_clues", "timing_clues"]

#: Variance between schools of the change in the logarithm of their rate of incidents, with one policy.
INCIDENT_PRIOR = 0.1
#: Fewest incidents of a school that are expected on either side of a change.
FEWEST_INCIDENTS = 10


def timing_clues(held: Held) -> list[Clue]:
    """Ask of each school whether its contacts have their minutes after some day and lack them before.

    At the start of each quarter the shares with minutes before and after are compared child by child by a sign test (a
    child's contacts are one person's records); the smallest p-value counts as often as there are quarters.
    """
    if not held.cohort.has("interactions") or "minutes" not in held.cohort["interactions"]:
        return []
    table = held.cohort["interactions"]
    table = table[table["date"].notna()]
    child = held.children.index.get_indexer(pd.Index(table["child_id"].astype("str")))
    quarter = (table["date"].dt.year * 4 + table["date"].dt.quarter).to_numpy(dtype=np.int64)
    quarter = quarter - quarter.min()
    shape = (len(held.children), int(quarter.max()) + 1)
    cell = child * shape[1] + quarter
    timed = table["minutes"].notna().to_numpy(dtype=float)
    contacts = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape).cumsum(axis=1)
    with_minutes = np.bincount(cell, weights=timed, minlength=shape[0] * shape[1]).reshape(shape).cumsum(axis=1)
    clues = []
    for school, rows in held.schools(contacts[:, -1] > 0):
        p, size = _first_timed(contacts[rows], with_minutes[rows])
        if size:
            clues.append(
                Clue(
                    kind="counted_then_timed", table="interactions", school=school, p=p, size=size, affected=size,
                    because="contacts lack their minutes up to a day and have them after it, or the reverse",
                )
            )
    return clues


def _first_timed(contacts: np.ndarray, timed: np.ndarray) -> tuple[float, int]:
    """Smallest sign-test p-value over the quarters, times their number; and the most children compared.

    Both arrays are sums up to and with each quarter, shape (children, quarters).
    """
    best, children, looks = 1.0, 0, 0
    for cut in range(contacts.shape[1] - 1):
        early, late = contacts[:, cut], contacts[:, -1] - contacts[:, cut]
        both = (early > 0) & (late > 0)
        if both.sum() < FEWEST:
            continue
        looks, children = looks + 1, max(children, int(both.sum()))
        rise = (timed[both, -1] - timed[both, cut]) / late[both] - timed[both, cut] / early[both]
        up, down = int((rise > 0).sum()), int((rise < 0).sum())
        best = min(best, _sign(max(up, down), up + down))
    return min(1.0, best * max(looks, 1)), children


def _sign(most: int, size: int) -> float:
    from scipy.special import bdtrc

    return min(1.0, 2 * float(bdtrc(most - 1, size, 0.5))) if size else 1.0


def incident_clues(held: Held) -> list[Clue]:
    """Ask of each school whether its rate of incidents changed at some quarter as in no other school.

    The logarithm of the ratio of later to earlier incidents is compared with the other schools', allowing for
    incidents that come in bouts; the smallest p-value counts as often as there are quarters.
    """
    from scipy.stats import t as student

    if not held.cohort.has("incidents"):
        return []
    table = held.cohort["incidents"]
    table = table[table["date"].notna()]
    child = held.children.index.get_indexer(pd.Index(table["child_id"].astype("str")))
    quarter = (table["date"].dt.year * 4 + table["date"].dt.quarter).to_numpy()
    counts = pd.crosstab(held.school[child], quarter)
    bouts = _bouts(counts.to_numpy(dtype=float))
    tried: dict[str, list[float]] = {str(s): [] for s in counts.index}
    for cut in range(1, counts.shape[1]):
        early, late = counts.iloc[:, :cut].sum(axis=1), counts.iloc[:, cut:].sum(axis=1)
        enough = (early + late) * min(cut, counts.shape[1] - cut) / counts.shape[1] >= FEWEST_INCIDENTS
        if enough.sum() < 3:
            continue
        a, b = early[enough].to_numpy(dtype=float) + 0.5, late[enough].to_numpy(dtype=float) + 0.5
        t, df = unlike(np.log(b / a), bouts * (1 / a + 1 / b), INCIDENT_PRIOR)
        for school, p in zip(counts.index[enough], 2 * student.sf(np.abs(t), df), strict=True):
            tried[str(school)].append(float(p))
    return [
        Clue(
            kind="incident_policy", table="incidents", school=school, p=min(1.0, min(ps) * len(ps)),
            size=int((held.school[child] == school).sum()), affected=len(set(child[held.school[child] == school])),
            because="the number of recorded incidents changed at one time as in no other school",
        )
        for school, ps in tried.items()
        if ps
    ]


def _bouts(counts: np.ndarray) -> float:
    """How much more incidents by quarter vary than Poisson counts: Pearson's ratio, the median over schools."""
    total = counts.sum(axis=1, keepdims=True)
    share = counts.sum(axis=0, keepdims=True) / max(counts.sum(), 1.0)
    expected = np.maximum(total * share, 1e-9)
    ratio = ((counts - expected) ** 2 / expected).sum(axis=1) / max(counts.shape[1] - 1, 1)
    return max(1.0, float(np.median(ratio)))
