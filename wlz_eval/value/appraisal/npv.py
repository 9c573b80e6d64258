"""Net present value, benefit-cost ratio and odds of breaking even of one set of benefits, from any perspective."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from wlz_eval.core.finding import FindingCovariance
from wlz_eval.value.appraisal.perspectives import Perspective, cashable_view, perspectives
from wlz_eval.value.benefits import BenefitLine
from wlz_eval.value.costs import Costs
from wlz_eval.value.options import ValueOptions
from wlz_eval.value.uncertainty.build import value_model
from wlz_eval.value.uncertainty.model import Drawn, ValueModel
from wlz_eval.value.uncertainty.ratio import HIGH, LOW, RatioInterval, ratio_interval

__all__ = ["Amounts", "Appraisal", "appraise"]

Array = npt.NDArray[np.float64]
#: Width of an interval, as a share of its farther end, below which it holds one value and is none.
SAME = 1e-9


@dataclass(frozen=True)
class Amounts:
    """Benefits and costs as one party counts them, for all children.

    Parameters
    ----------
    name, label : str
        Of the perspective.
    benefit, cost : float
        Expected present values.
    benefit_draws, cost_draws : array, shape (draws,)
        Draws of the same.
    """

    name: str
    label: str
    benefit: float
    cost: float
    benefit_draws: Array
    cost_draws: Array

    @property
    def net(self) -> float:
        """Net present value: benefits minus costs."""
        return self.benefit - self.cost

    @property
    def ratio(self) -> float:
        """Benefit-cost ratio; ``nan`` where nothing is spent or the cost may be nothing."""
        return self.benefit / self.cost if self.cost > 0 and not self.ratio_interval.reason else math.nan

    @cached_property
    def ratio_interval(self) -> RatioInterval:
        """95% interval of the ratio, or why there is none."""
        return ratio_interval(self.benefit_draws, self.cost_draws)

    @property
    def breakeven(self) -> float:
        """Share of draws in which benefits reach costs."""
        return float(np.mean(self.benefit_draws >= self.cost_draws))

    def interval(self, what: str = "benefit") -> tuple[float, float]:
        """95% interval of ``benefit``, ``cost``, ``net`` or ``ratio``; ``nan`` for what is certain."""
        low, high = self.ends(what)
        return (low, high) if high - low > SAME * max(abs(low), abs(high)) else (math.nan, math.nan)

    def ends(self, what: str = "benefit") -> tuple[float, float]:
        """Give the ends of the middle 95% of draws of ``benefit``, ``cost``, ``net`` or ``ratio``, certain or not."""
        if what == "ratio":
            return self.ratio_interval.low, self.ratio_interval.high
        draws = {
            "benefit": self.benefit_draws, "cost": self.cost_draws, "net": self.benefit_draws - self.cost_draws,
        }[what]
        low, high = np.quantile(draws, [LOW, HIGH])
        return float(low), float(high)


@dataclass(frozen=True)
class Appraisal:
    """One set of benefits against the costs.

    Parameters
    ----------
    lines : tuple of BenefitLine
        Benefits that count.
    model : ValueModel
        Their inputs.
    drawn : Drawn
        Draws of the model.
    cost_years : tuple of (int, float)
        Present value of costs by year from the start of the programme.
    children : int
        Over whom benefits are spread.
    """

    lines: tuple[BenefitLine, ...]
    model: ValueModel
    drawn: Drawn
    cost_years: tuple[tuple[int, float], ...]
    children: int

    @cached_property
    def means(self) -> Array:
        """Expected present value of each line, for all children, shape (benefits,)."""
        return self.model.expected(self.model.benefits)

    @property
    def draws(self) -> Array:
        """Draws of the lines, shape (draws, benefits)."""
        return self.drawn.benefits

    @property
    def payers(self) -> tuple[str, ...]:
        """Purse of each line of cost."""
        return tuple(line.name for line in self.model.costs)

    def seen_by(self, perspective: Perspective) -> Amounts:
        """Amounts as one party counts them."""
        spent = self.model.expected(self.model.costs)
        return Amounts(
            perspective.name,
            perspective.label,
            float(self.means @ perspective.benefits),
            float(spent @ perspective.costs),
            self.drawn.benefits @ perspective.benefits,
            self.drawn.costs @ perspective.costs,
        )

    @cached_property
    def views(self) -> tuple[Amounts, ...]:
        """Amounts from every perspective: society first."""
        return tuple(self.seen_by(p) for p in perspectives(self.lines, self.payers))

    @property
    def society(self) -> Amounts:
        """Amounts to society."""
        return self.views[0]

    @cached_property
    def cashable(self) -> tuple[Amounts, bool]:
        """Public purse counting cashable benefits only, and whether the cashable share of all of them is known."""
        view, known = cashable_view(self.lines, self.payers)
        return self.seen_by(view), known

    @property
    def benefit(self) -> float:
        """Expected present value of all benefits, to society."""
        return self.society.benefit

    @property
    def cost(self) -> float:
        """Present value of all costs."""
        return self.society.cost

    @property
    def net(self) -> float:
        """Net present value to society."""
        return self.society.net

    @property
    def ratio(self) -> float:
        """Benefit-cost ratio to society."""
        return self.society.ratio

    @property
    def breakeven(self) -> float:
        """Share of draws in which benefits to society reach costs."""
        return self.society.breakeven

    def interval(self, what: str = "benefit") -> tuple[float, float]:
        """95% interval of ``benefit``, ``cost``, ``net`` or ``ratio``, to society; ``nan`` for what is certain."""
        return self.society.interval(what)


def appraise(
    lines: Sequence[BenefitLine],
    covariances: Sequence[FindingCovariance],
    money: Costs,
    options: ValueOptions,
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
    options : ValueOptions
        How far costs may be out, and correlations between inputs.
    draws, seed : int
        Monte Carlo draws and their seed.
    """
    if not lines or not money.available:
        return None
    model = value_model(lines, covariances, money, options)
    by_year = money.lines.groupby("year", sort=True)["present_value"].sum()
    years = tuple((int(str(y)), float(v)) for y, v in by_year.items())
    return Appraisal(tuple(lines), model, model.draw(draws, seed), years, money.children)
