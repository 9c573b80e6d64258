"""Internal rate of return of dated payments."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

import numpy as np

from wlz_eval.core.errors import OptionError

__all__ = ["xirr", "xnpv"]

#: Days of the year by which spreadsheets discount.
YEAR = 365.0
#: Rates between which the first sign change is looked for.
GRID = np.concatenate([np.linspace(-0.99, 1.0, 400), np.geomspace(1.01, 1e4, 200)])


def xnpv(rate: float, amounts: Sequence[float], dates: Sequence[dt.date]) -> float:
    """Present value, on the first day, of dated payments at a yearly rate.

    Examples
    --------
    >>> abs(xnpv(0.1, [-100.0, 110.0], [dt.date(2021, 1, 1), dt.date(2022, 1, 1)]))
    0.0
    """
    first = min(dates)
    days = np.array([(d - first).days for d in dates], dtype=float)
    return float(round(np.sum(np.asarray(amounts, dtype=float) / (1.0 + rate) ** (days / YEAR)), 12))


def xirr(amounts: Sequence[float], dates: Sequence[dt.date]) -> float:
    """Yearly rate at which dated payments are worth nothing: the XIRR of spreadsheets.

    Parameters
    ----------
    amounts : sequence of float
        Paid in below zero, received above it.
    dates : sequence of date
        Day of each.

    Returns
    -------
    float
        ``nan`` when no payment comes back, or none goes in: then there is no such rate. The rate nearest to zero where
        several fit.

    Raises
    ------
    OptionError
        When there are not as many dates as amounts.

    Notes
    -----
    Signs are looked for on a grid of rates, and the root between two is found by Brent's method. Checked against the
    example in the documentation of XIRR in Microsoft Excel, 0.373362535, which stops when it is close enough.

    Examples
    --------
    >>> days = [dt.date(2008, 1, 1), dt.date(2008, 3, 1), dt.date(2008, 10, 30), dt.date(2009, 2, 15)]
    >>> round(xirr([-10000, 2750, 4250, 3250, 2750], [*days, dt.date(2009, 4, 1)]), 8)
    0.37336253
    """
    from scipy.optimize import brentq

    if len(amounts) != len(dates):
        raise OptionError(f"There are {len(amounts)} amounts and {len(dates)} dates. Give each amount its date.")
    if not (any(a > 0 for a in amounts) and any(a < 0 for a in amounts)):
        return math.nan
    worth = np.array([xnpv(float(r), amounts, dates) for r in GRID])
    exact = GRID[worth == 0.0]
    crossed = np.flatnonzero(worth[:-1] * worth[1:] < 0)
    roots = [float(r) for r in exact]
    roots += [
        float(brentq(xnpv, GRID[i], GRID[i + 1], args=(amounts, dates), xtol=1e-13, rtol=1e-14)) for i in crossed
    ]
    return min(roots, key=abs) if roots else math.nan
