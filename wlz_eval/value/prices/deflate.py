"""Prices of one year in the prices of another, one currency at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
import numpy.typing as npt

from wlz_eval.core.errors import OptionError
from wlz_eval.reference.money import price_index

__all__ = ["deflate", "has_price_index", "price_level", "price_notes"]

Basis = Literal["calendar", "financial"]
#: The year in which output was counted differently and the deflator leapt.
SPIKE = 2020


def has_price_index(currency: str) -> bool:
    """Whether a price index is held for this currency."""
    return price_index(currency) is not None


def price_level(year: int, currency: str, basis: Basis = "calendar") -> float:
    """Level of prices in a year.

    Parameters
    ----------
    year : int
        A calendar year, or the calendar year in which a financial year (April to March) begins.
    currency : str
        ISO code.
    basis : {"calendar", "financial"}
        Only the calendar-year series is held, so a financial year is the mean of its two calendar years.

    Raises
    ------
    OptionError
        When the currency has no index, or the index does not reach the year.
    """
    index = price_index(currency)
    if index is None:
        raise OptionError(
            f"There is no price index for {currency}, so amounts of different price years cannot be added. "
            f"Give every {currency} amount in one price year, and set value.price_year in plan.yaml to it."
        )
    needed = [year] if basis == "calendar" else [year, year + 1]
    missing = [y for y in needed if y not in index]
    if missing:
        raise OptionError(
            f"The {currency} price index runs from {min(index)} to {max(index)} and has no {missing[0]}. "
            f"Choose price years in that range, or add the year to data/reference."
        )
    return float(np.mean([index[y] for y in needed]))


def price_notes(years: Iterable[int], to_year: int, currency: str = "GBP") -> tuple[str, ...]:
    """Say what a reader should know of prices brought from these years to `to_year`.

    The deflator of 2020 leapt since the output of schools and hospitals was counted differently in the pandemic:
    what passes into or out of that year carries the leap.

    Examples
    --------
    >>> price_notes([2020], 2023)
    ('Prices pass through 2020, whose deflator leapt in the pandemic.',)
    >>> price_notes([2021], 2023), price_notes([2020], 2020)
    ((), ())
    """
    spiked = any((year == SPIKE) != (to_year == SPIKE) for year in years)
    if currency != "GBP" or not spiked:
        return ()
    return (f"Prices pass through {SPIKE}, whose deflator leapt in the pandemic.",)


def deflate(
    amount: npt.ArrayLike,
    from_year: int,
    to_year: int,
    currency: str = "GBP",
    basis: Basis = "calendar",
    to_basis: Basis = "calendar",
) -> npt.NDArray[np.float64]:
    """Bring amounts from one price year to another.

    Parameters
    ----------
    amount : array_like
        Money in the prices of `from_year`.
    from_year, to_year : int
        Price years; of a financial year, the calendar year in which it begins.
    currency : str
        ISO code. When both years are the same calendar year no index is needed.
    basis, to_basis : {"calendar", "financial"}
        Kind of year of `from_year` and of `to_year`.

    Returns
    -------
    ndarray of float
        The same amounts in the prices of `to_year`.

    Examples
    --------
    >>> float(deflate(100.0, 2020, 2020, "USD"))
    100.0
    """
    values = np.asarray(amount, dtype=float)
    if (from_year, basis) == (to_year, to_basis):
        return values * 1.0
    return values * (price_level(to_year, currency, to_basis) / price_level(from_year, currency, basis))
