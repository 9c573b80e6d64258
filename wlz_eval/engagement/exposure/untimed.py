"""Contacts that were counted but not timed: when the recording changed, and what stands in for their length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.engagement.exposure.records import Array, Bools, Interactions, Ints
from wlz_eval.engagement.exposure.sums import MINUTES_AN_HOUR, STEP, counts, sums

__all__ = ["Filled", "Untimed", "check_untimed", "fill_minutes", "filling_error", "switch_day"]

#: What to do with a contact whose minutes were not recorded: its kind's mean length stands in; its child's hours are
#: missing; or nobody has Link Worker hours, only counts.
Untimed = Literal["mean", "missing", "count"]
#: Share of contacts on either side of a day that must be recorded alike for the day to be called a change of unit.
CLEAR = 0.95


def check_untimed(untimed: str) -> None:
    """Refuse a word that is none of :data:`Untimed`."""
    if untimed not in get_args(Untimed):
        raise OptionError(f"Unknown untimed={untimed!r}. {suggestion(untimed, list(get_args(Untimed)))}")


@dataclass(frozen=True)
class Filled:
    """Minutes of each interaction, which of them stand in, and how uncertain each kind's mean is.

    ``group`` is the kind of each interaction (0 where kinds have no mean of their own); ``spread`` is the standard
    deviation and ``timed`` the number of timed contacts of each.
    """

    minutes: Array
    blank: Bools
    group: Ints
    spread: Array
    timed: Array


def fill_minutes(records: Interactions, untimed: Untimed) -> Filled | None:
    """Give every interaction its minutes; None where there are none to give.

    The mean of a kind (short contact, engagement) is taken over all timed contacts of the kind; where a kind has none,
    or kinds were not recorded, over all timed contacts.
    """
    blank = np.isnan(records.minutes)
    if blank.all() or (untimed == "count" and blank.any()):
        return None
    group = records.kind + 1
    own = np.bincount(group[~blank], minlength=3) > 0
    # A kind that was never timed takes the mean of all: place 3.
    group = np.where(own[group], group, 3)
    means, spread, timed = np.full(4, np.nan), np.full(4, np.nan), np.zeros(4)
    for g in np.unique(group[blank]) if blank.any() else ():
        known = np.sort(records.minutes[~blank & ((group == g) | (g == 3))])
        means[g], timed[g] = known.mean(), len(known)
        spread[g] = known.std(ddof=1) if len(known) > 1 else np.nan
    stand_in = np.full(4, np.nan) if untimed == "missing" else means
    return Filled(np.where(blank, stand_in[group], records.minutes), blank, group, spread, timed)


def filling_error(records: Interactions, filled: Filled, size: int) -> tuple[Array, Array]:
    """Share of each child's Link Worker hours that stands in (percent), and the SD of its error (hours).

    The error of a sum of n contacts of one kind is that of n lengths drawn from the kind's spread and of the mean that
    stands in for each: n s² + n² s²/m, with m timed contacts. It holds where untimed contacts are as long as timed
    ones of their kind.
    """
    total = sums(records.child, filled.minutes, size)
    stand_in = sums(records.child[filled.blank], filled.minutes[filled.blank], size)
    share = np.divide(100.0 * stand_in, total, out=np.zeros(size), where=total > 0)
    variance = np.zeros(size)
    for g in range(4):
        n = counts(records.child, size, filled.blank & (filled.group == g))
        if n.any():
            variance += filled.spread[g] ** 2 * (n + n**2 / filled.timed[g])
    return share, np.sqrt(variance) / MINUTES_AN_HOUR


def switch_day(records: Interactions) -> tuple[pd.Timestamp, str] | None:
    """Find the day on which the unit of recording changed, if it did at one day for all.

    Returns
    -------
    tuple of Timestamp and str, or None
        The first day recorded in the new way, and ``timed`` or ``counted``: what it changed to. None where all were
        recorded alike, or timed and untimed contacts lie among each other.
    """
    blank = np.isnan(records.minutes)
    if blank.all() or not blank.any():
        return None
    first = int(records.day.min())
    days = records.day - first
    untimed, all_days = np.bincount(days, weights=blank), np.bincount(days)
    before, n_before = np.cumsum(untimed)[:-1], np.cumsum(all_days)[:-1]
    after, n_after = untimed.sum() - before, all_days.sum() - n_before
    gap = before / np.maximum(n_before, 1) - after / np.maximum(n_after, 1)
    if not len(gap):
        return None
    # The first of equally clear days, and one on which something was recorded.
    cut = int(np.argmax(np.round(np.abs(gap) / STEP)))
    share_before, share_after = before[cut] / n_before[cut], after[cut] / n_after[cut]
    low, high = sorted((share_before, share_after))
    if low > 1 - CLEAR or high < CLEAR:
        return None
    new = int(np.flatnonzero(all_days[cut + 1 :])[0]) + cut + 1
    day = pd.Timestamp(np.datetime64(first + new, "D"))
    return day, "timed" if share_before > share_after else "counted"
