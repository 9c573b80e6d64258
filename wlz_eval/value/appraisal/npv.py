"""Net present value, benefit-cost ratio and odds of breaking even of one set of benefits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wlz_eval.core.finding import FindingCovariance
from wlz_eval.value.benefits import BenefitLine
from wlz_eval.value.costs import Costs
from wlz_eval.value.uncertainty.montecarlo import Draws, draw_benefits, mean_benefits

__all__ = ["Appraisal", "appraise"]


@dataclass(frozen=True)
class Appraisal:
    """Net present value and what belongs to it, for one set of benefits, for all children.

    Parameters
    ----------
    lines : tuple of BenefitLine
        Benefits that count.
    means : array, shape (benefits,)
        Expected present value of each line, for all children.
    draws : array, shape (draws, benefits)
        Draws of the same.
    cost : float
        Present value of costs.
    """

    lines: tuple[BenefitLine, ...]
    means: np.ndarray
    draws: np.ndarray
    cost: float

    @property
    def benefit(self) -> float:
        """Expected present value of all benefits."""
        return float(self.means.sum())

    @property
    def net(self) -> float:
        """Net present value: benefits minus costs."""
        return self.benefit - self.cost

    @property
    def ratio(self) -> float:
        """Benefit-cost ratio."""
        return self.benefit / self.cost if self.cost > 0 else math.nan

    @property
    def breakeven(self) -> float:
        """Share of draws in which benefits reach costs."""
        return float(np.mean(self.draws.sum(axis=1) >= self.cost))

    def interval(self, what: str = "benefit") -> tuple[float, float]:
        """95% percentile interval of ``benefit``, ``net`` or ``ratio``."""
        low, high = np.quantile(self.draws.sum(axis=1), [0.025, 0.975])
        if what == "net":
            return float(low - self.cost), float(high - self.cost)
        if what == "ratio":
            return (float(low / self.cost), float(high / self.cost)) if self.cost > 0 else (math.nan, math.nan)
        return float(low), float(high)


def appraise(
    lines: Sequence[BenefitLine],
    covariances: Sequence[FindingCovariance],
    money: Costs,
    draws: int,
    seed: int,
) -> Appraisal | None:
    """Appraise some lines of benefit against the costs; ``None`` when there are no lines or no costs.

    Parameters
    ----------
    lines : sequence of BenefitLine
        Benefits that count.
    covariances : sequence of FindingCovariance
        Between their effects.
    money : Costs
        The costs, which also say over how many children benefits are spread.
    draws, seed : int
        Monte Carlo draws and their seed.
    """
    if not lines or not money.available:
        return None
    drawn: Draws = draw_benefits(lines, covariances, draws, seed)
    n = money.children
    return Appraisal(tuple(lines), mean_benefits(lines) * n, drawn.lines * n, money.present_value)
