"""Restricted cubic splines: where the knots are, and the columns that bend between them and are straight beyond."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wlz_eval.core.errors import OptionError

__all__ = ["KNOT_PERCENTILES", "check_knots", "harrell_knots", "natural_spline"]

Array = npt.NDArray[np.float64]

#: Percentiles at which knots are put (Harrell 2015, Regression Modeling Strategies, table 2.3), by number of knots.
KNOT_PERCENTILES: dict[int, tuple[float, ...]] = {
    3: (10.0, 50.0, 90.0),
    4: (5.0, 35.0, 65.0, 95.0),
    5: (5.0, 27.5, 50.0, 72.5, 95.0),
}


def check_knots(knots: object) -> None:
    """Refuse a number of knots for which no percentiles are known."""
    if isinstance(knots, bool) or knots not in KNOT_PERCENTILES:
        raise OptionError(f"knots must be one of {', '.join(map(str, KNOT_PERCENTILES))}, not {knots!r}.")


def harrell_knots(dose: npt.ArrayLike, knots: int) -> Array:
    """Put knots at fixed percentiles of the dose; where many children share a dose, knots that coincide are one.

    Parameters
    ----------
    dose : array, shape (n,)
    knots : {3, 4, 5}

    Returns
    -------
    array, shape (k,)
        Increasing, k at most `knots`.

    Examples
    --------
    >>> harrell_knots(np.arange(101.0), 3).tolist()
    [10.0, 50.0, 90.0]
    """
    check_knots(knots)
    return np.unique(np.percentile(np.asarray(dose, dtype=float), KNOT_PERCENTILES[knots]))


def natural_spline(x: npt.ArrayLike, knots: npt.ArrayLike) -> Array:
    """Columns of a restricted (natural) cubic spline: straight beyond the outer knots, smooth in between.

    Parameters
    ----------
    x : array, shape (n,)
    knots : array, shape (k,)
        Increasing, at least three.

    Returns
    -------
    array, shape (n, k - 1)
        First `x` itself, then the columns that bend; a straight line needs none of those.

    References
    ----------
    Stone and Koo (1985); Harrell (2015), Regression Modeling Strategies, section 2.4.5.

    Examples
    --------
    >>> natural_spline([0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 2.0])[:, 1].tolist()
    [0.0, 0.25, 1.5, 3.0]
    """
    x, t = np.asarray(x, dtype=float), np.asarray(knots, dtype=float)
    if len(t) < 3 or not (np.diff(t) > 0).all():
        raise OptionError("A restricted cubic spline needs at least three knots, in increasing order.")
    cube = np.maximum(x[:, None] - t, 0.0) ** 3
    last = t[-1] - t[-2]
    bends = cube[:, :-2] - cube[:, [-2]] * (t[-1] - t[:-2]) / last + cube[:, [-1]] * (t[-2] - t[:-2]) / last
    return np.column_stack([x, bends / (t[-1] - t[0]) ** 2])
