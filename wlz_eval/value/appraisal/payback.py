"""The year by which benefits have paid for the costs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wlz_eval.value.appraisal.npv import Appraisal

__all__ = ["Payback", "payback", "timeline"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Payback:
    """When benefits have paid for the costs, counted from the start of the programme.

    Parameters
    ----------
    year : float
        By the expected amounts; infinite when never.
    low, high : float
        95% interval; infinite when never.
    chance : float
        Share of draws that pay back at all.
    last : int
        Last year in which anything is counted.
    """

    year: float
    low: float
    high: float
    chance: float
    last: int


def timeline(part: Appraisal) -> tuple[Array, Array]:
    """Shares of each benefit, and of the costs, that fall in each year from the start.

    A unit value that is already a present value over many years is counted in the year in which it starts: when it is
    earned is not known.

    Returns
    -------
    benefits : array, shape (lines, years)
    costs : array, shape (years,)
    """
    last = max([y for x in part.lines for y, _ in x.yearly] + [y for y, _ in part.cost_years])
    benefits, costs = np.zeros((len(part.lines), last + 1)), np.zeros(last + 1)
    for i, line in enumerate(part.lines):
        for year, weight in line.yearly:
            benefits[i, year] += weight / line.factor
    total = sum(v for _, v in part.cost_years)
    for year, amount in part.cost_years:
        costs[year] += amount / total if total else 0.0
    return benefits, costs


def _first_year(running: Array) -> Array:
    """First year at whose end the running sum is not below zero; infinite where there is none."""
    reached = running >= 0
    return np.where(reached.any(axis=-1), reached.argmax(axis=-1), math.inf)


def payback(part: Appraisal) -> Payback:
    """Year at whose end the running sum of discounted benefits has reached that of costs, to society.

    Parameters
    ----------
    part : Appraisal

    Returns
    -------
    Payback
    """
    benefits, costs = timeline(part)
    running = np.cumsum(part.draws @ benefits - np.outer(part.society.cost_draws, costs), axis=1)
    expected = np.cumsum(part.means @ benefits - part.cost * costs)
    years = _first_year(running)
    low, high = np.quantile(years, [0.025, 0.975], method="inverted_cdf")
    return Payback(
        float(_first_year(expected)), float(low), float(high), float(np.mean(np.isfinite(years))), benefits.shape[1] - 1
    )
