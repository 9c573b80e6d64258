"""Discounting over a schedule whose rate falls with time."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from wlz_eval.core.errors import OptionError
from wlz_eval.reference.money import discount_schedule

__all__ = ["discount_factors", "present_value", "sensitivity_schedule"]

#: Longest horizon that anyone has asked of a children's programme; a guard against a typing mistake.
HORIZON = 500


@functools.cache
def _cumulative(schedule: str) -> npt.NDArray[np.float64]:
    """Factors of years 0 to HORIZON: each year is discounted from the year before at its own band's rate."""
    bands = discount_schedule(schedule)
    rates = np.array(
        [
            next(b.rate for b in bands if b.from_year <= year and (b.to_year is None or year <= b.to_year))
            for year in range(1, HORIZON + 1)
        ]
    )
    factors = np.concatenate([[1.0], np.cumprod(1.0 / (1.0 + rates))])
    factors.flags.writeable = False
    return factors


def discount_factors(years: npt.ArrayLike, schedule: str = "green_book") -> npt.NDArray[np.float64]:
    """Present value of one unit of money paid so many years from now.

    The rate of a later band applies only to the years of that band: factors are cumulative.

    Parameters
    ----------
    years : array_like of int
        Whole years from year 0, which is not discounted; at most 500.
    schedule : str
        Name of a schedule in ``data/reference/discount_rates.csv``.

    Returns
    -------
    ndarray of float
        One factor a year, in the shape of `years`.

    Raises
    ------
    OptionError
        For an unknown schedule, or years that are negative, not whole or beyond the horizon.

    Notes
    -----
    HM Treasury, *The Green Book*: 3.5% for years 0 to 30, 3% for 31 to 75, and so on.

    Examples
    --------
    >>> discount_factors([0, 30, 31]).round(6).tolist()
    [1.0, 0.356278, 0.345901]
    """
    asked = np.asarray(years, dtype=float)
    if not np.all(np.isfinite(asked)) or np.any(asked != np.floor(asked)):
        raise OptionError("Years must be whole numbers.")
    if np.any(asked < 0) or np.any(asked > HORIZON):
        raise OptionError(f"Years must lie from 0 to {HORIZON}, counted from the start of the programme.")
    return _cumulative(schedule)[asked.astype(int)]


def sensitivity_schedule(last_year: int, schedule: str = "green_book") -> str | None:
    """Name the schedule of the Green Book's further sensitivity test, where a horizon calls for it.

    Since February 2026 the Green Book asks for a test with lower rates (without pure time preference) when benefits or
    costs go on beyond 50 years.

    Parameters
    ----------
    last_year : int
        Last year in which money comes or goes, counted from the start.
    schedule : str
        Schedule of the main result.

    Returns
    -------
    str or None
        ``None`` at 50 years or less, and where the main result is not on the standard schedule.

    Examples
    --------
    >>> sensitivity_schedule(60), sensitivity_schedule(50)
    ('green_book_2026_sensitivity', None)
    """
    return "green_book_2026_sensitivity" if last_year > 50 and schedule == "green_book" else None


def present_value(amounts: npt.ArrayLike, years: npt.ArrayLike, schedule: str = "green_book") -> float:
    """Sum of amounts, each discounted from its year to year 0.

    Examples
    --------
    >>> round(present_value([100.0, 103.5], [0, 1]), 6)
    200.0
    """
    return float(np.sum(np.asarray(amounts, dtype=float) * discount_factors(years, schedule)))
