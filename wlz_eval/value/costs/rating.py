"""The Education Endowment Foundation's rating of a cost a pupil a year."""

from __future__ import annotations

import math
from dataclasses import dataclass

from wlz_eval.reference.appraisal import cost_bands
from wlz_eval.value.costs.result import Costs

__all__ = ["CostRating", "cost_rating"]


@dataclass(frozen=True)
class CostRating:
    """Rating of a cost a pupil a year.

    Parameters
    ----------
    rating : int
        1 very low to 5 very high.
    label : str
        The rating in words.
    amount : float
        Cost a pupil a year.
    note : str
        What the rating cannot say.
    source : str
        Where the bands come from.
    """

    rating: int
    label: str
    amount: float
    note: str
    source: str


def cost_rating(money: Costs) -> CostRating | None:
    """Rate a cost a pupil a year by the bands of the Education Endowment Foundation.

    Parameters
    ----------
    money : Costs
        The costs; the bands are in pounds.

    Returns
    -------
    CostRating or None
        ``None`` without costs, or in another currency than the bands'.
    """
    amount = money.per_pupil_year
    bands = [b for b in cost_bands() if b.currency == money.currency]
    if not bands or not math.isfinite(amount):
        return None
    band = next(b for b in bands if b.up_to is None or amount <= b.up_to)
    note = "The bands state no price year, so amounts near a limit may fall on either side."
    return CostRating(band.rating, band.label, amount, note, band.source)
