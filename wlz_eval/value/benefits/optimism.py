"""What is taken off a benefit for optimism bias: off gains, and never off a harm."""

from __future__ import annotations

from typing import overload

import numpy as np
import numpy.typing as npt

__all__ = ["less_optimism"]

Array = npt.NDArray[np.float64]


@overload
def less_optimism(amount: float, share: float) -> float: ...
@overload
def less_optimism(amount: Array, share: float | Array) -> Array: ...
def less_optimism(amount: float | Array, share: float | Array) -> float | Array:
    """Take a share off for optimism bias where an amount is a gain; leave a loss as it is.

    Optimism bias is the tendency to hope for too much, so it is corrected downwards: what is above zero becomes
    smaller. A share off an amount below zero would make a harm smaller, which flatters. The expected amount of each
    line of benefit and each of its draws pass through this one function. It never turns the order of two amounts, so
    that an interval's ends and its estimate are corrected alike, and the chance of a gain stays what it was; an
    interval that held the truth about a hope holds the corrected truth. What is expected is therefore the corrected
    expectation, which a reader can work out by hand, and not the mean of corrected draws, which would count a wide
    interval as a harm of its own.

    Parameters
    ----------
    amount : float or array
        Benefit before the correction, of one line.
    share : float or array
        Share taken off, from 0 to 1.

    Returns
    -------
    float or array
        Of the shape of `amount`.

    Notes
    -----
    HM Treasury, *The Green Book*: estimates of benefits are adjusted downwards for optimism.

    Examples
    --------
    >>> less_optimism(100.0, 0.25), less_optimism(-100.0, 0.25)
    (75.0, -100.0)
    """
    found = amount - share * np.maximum(amount, 0.0)
    return float(found) if np.ndim(found) == 0 else found
