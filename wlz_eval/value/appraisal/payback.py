"""The year by which benefits have paid for the costs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wlz_eval.value.appraisal.npv import Appraisal

__all__ = ["Payback", "payback", "running_net"]

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


def running_net(part: Appraisal) -> tuple[Array, Array]:
    """Add up discounted benefits less costs, year by year from the start, to society.

    A unit value that is already a present value over many years is counted in the year in which it starts: when it is
    earned is not known. Where a benefit's duration or decay is not known, each draw has years of its own.

    Returns
    -------
    drawn : array, shape (draws, years)
    expected : array, shape (years,)
    """
    starts = [x.fading.start for x in part.lines]
    ends = [x.fading.start + x.fading.longest - 1 for x in part.lines]
    last = max(ends + [y for y, _ in part.cost_years])
    drawn, expected = np.zeros((len(part.draws), last + 1)), np.zeros(last + 1)
    for i, (line, start) in enumerate(zip(part.model.benefits, starts, strict=True)):
        for sums, amounts, values in (
            (drawn, part.draws[:, i, None], part.drawn.values), (expected, part.means[i], part.model.centre)
        ):
            shares = line.profile(values)
            sums[..., start : start + shares.shape[-1]] += amounts * shares
    total = sum(v for _, v in part.cost_years)
    for year, amount in part.cost_years:
        drawn[:, year] -= part.society.cost_draws * (amount / total if total else 0.0)
        expected[year] -= part.cost * (amount / total if total else 0.0)
    return np.cumsum(drawn, axis=1), np.cumsum(expected)


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
    running, expected = running_net(part)
    years = _first_year(running)
    low, high = np.quantile(years, [0.025, 0.975], method="inverted_cdf")
    return Payback(
        float(_first_year(expected)), float(low), float(high), float(np.mean(np.isfinite(years))), len(expected) - 1
    )
