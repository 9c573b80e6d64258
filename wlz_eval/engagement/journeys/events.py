"""Interactions and sessions as whole numbers: whose, in which step of the journey, and of what kind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.engagement.journeys.steps import Steps

__all__ = ["TOUCHPOINTS", "Events", "count_events", "day_numbers", "rows_of"]

Ints = npt.NDArray[np.integer]

#: With whom a contact was; the last is a partner session attended.
TOUCHPOINTS: tuple[str, ...] = ("child", "parent", "professional", "partner")


@dataclass(frozen=True)
class Events:
    """How many events of each kind each child had in each step.

    Parameters
    ----------
    contacts, engagements, planned, attended : array of int, shape (n, T)
        All Link Worker interactions; those that were engagements; partner sessions planned and attended.
    touchpoints : array of int, shape (4, n, T)
        Contacts by :data:`TOUCHPOINTS`; an interaction that does not say with whom is in none.
    notes : tuple of str
        How the events were recorded, and what could not be placed.
    """

    contacts: Ints
    engagements: Ints
    planned: Ints
    attended: Ints
    touchpoints: Ints
    notes: tuple[str, ...] = ()


def day_numbers(dates: pd.Series) -> npt.NDArray[np.float64]:
    """Days since 1970; missing where the date is."""
    values = dates.to_numpy(dtype="datetime64[D]")
    return np.where(np.isnat(values), np.nan, values.astype(np.int64).astype(float))


def rows_of(table: pd.DataFrame, children: pd.Index) -> Ints:
    """Position among `children` of the child of each row; -1 for others."""
    codes, names = pd.factorize(table["child_id"])
    where: Ints = children.get_indexer(pd.Index(names.astype(object)))[codes]
    return where


def _tally(child: Ints, step: Ints, shape: tuple[int, int]) -> Ints:
    counts: Ints = np.bincount(child * shape[1] + step, minlength=shape[0] * shape[1]).reshape(shape)
    return counts


def _placed(table: pd.DataFrame, steps: Steps) -> tuple[Ints, Ints, npt.NDArray[np.bool_], int]:
    """Child and step of each row, which rows have both, and how many rows of these children lie in no step."""
    child = rows_of(table, steps.children)
    step = steps.of(child, day_numbers(table["date"]))
    kept = (child >= 0) & (step >= 0)
    return child[kept], step[kept], kept, int(((child >= 0) & (step < 0)).sum())


def count_events(cohort: Cohort, steps: Steps) -> Events:
    """Count the events of each programme child in each step.

    Parameters
    ----------
    cohort : Cohort
        A loaded cohort; a table that it does not have counts as no event.
    steps : Steps
        Whose events, and where each step begins.
    """
    shape = (len(steps.children), len(steps.labels))
    nothing = np.zeros(shape, dtype=int)
    notes: list[str] = []
    touch = np.zeros((len(TOUCHPOINTS), *shape), dtype=int)
    contacts, engagements, planned, attended = nothing, nothing, nothing, nothing
    outside = 0
    if cohort.has("interactions"):
        table = cohort["interactions"]
        child, step, kept, lost = _placed(table, steps)
        outside += lost
        contacts = engagements = _tally(child, step, shape)
        if "kind" in table:
            long = (table["kind"] == "engagement").to_numpy(dtype=bool, na_value=False)[kept]
            engagements = _tally(child[long], step[long], shape)
        else:
            notes.append("Interactions are not told apart by kind, so each counts as an engagement.")
        for i, whom in enumerate(TOUCHPOINTS[:3] if "with" in table else ()):
            own = (table["with"] == whom).to_numpy(dtype=bool, na_value=False)[kept]
            touch[i] = _tally(child[own], step[own], shape)
    else:
        notes.append("These data hold no interactions, so a journey shows partner sessions only.")
    if cohort.has("sessions"):
        table = cohort["sessions"]
        child, step, kept, lost = _placed(table, steps)
        outside += lost
        came = (table["attended_minutes"].to_numpy(dtype=float, na_value=np.nan) > 0)[kept]
        planned, attended = _tally(child, step, shape), _tally(child[came], step[came], shape)
        touch[3] = attended
    else:
        notes.append("These data hold no partner sessions, so a journey shows Link Worker contacts only.")
    if outside:
        notes.append("Contacts and sessions before the first step or after the last are not part of any journey.")
    return Events(contacts, engagements, planned, attended, touch, tuple(notes))
