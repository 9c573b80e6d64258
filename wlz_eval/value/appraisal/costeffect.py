"""What one more point of an outcome costs: ratios, the plane of cost and effect, and the acceptability curve."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.core.errors import OptionError
from wlz_eval.core.finding import Finding
from wlz_eval.value.costs import Costs
from wlz_eval.value.options import ValueOptions
from wlz_eval.value.spread import Spread
from wlz_eval.value.uncertainty.margins import effect_spread
from wlz_eval.value.uncertainty.ratio import RatioInterval, ratio_interval
from wlz_eval.value.uncertainty.sampling import correlated_scores

__all__ = ["BAD", "CHEAPER", "CostEffect", "acceptability", "cost_effects"]

Array = npt.NDArray[np.float64]
#: Points of the acceptability curve, and of the plane.
STEPS, SHOWN = 41, 200
#: Why an effect in the bad direction has no price.
BAD = "The difference is in the bad direction."
#: Why an effect that takes no money beyond usual support has no price.
CHEAPER = "It costs no more than the usual support that it replaces, so a point has no price."
#: How far the curve reaches when the plan names no range: this many times the cost of a point.
REACH = 4.0


@dataclass(frozen=True)
class CostEffect:
    """Cost and effect of one outcome, a child.

    Parameters
    ----------
    name, label : str
        The outcome, ``english.endline`` and in words.
    effect : Finding
        As notebook 04 gives it.
    direction : float
        1 when more is good, -1 when less is.
    cost : float
        Present value of the cost of a child's place, less the usual support that comparison children had instead.
    effect_draws, cost_draws : array, shape (draws,)
        Effect in the good direction, and cost.
    primary : bool
    """

    name: str
    label: str
    effect: Finding
    direction: float
    cost: float
    effect_draws: Array
    cost_draws: Array
    primary: bool

    @property
    def gain(self) -> float:
        """Effect in the good direction, in points."""
        return self.direction * self.effect.estimate

    @property
    def interval(self) -> RatioInterval:
        """95% interval of the cost of a point; none where the effect may be nothing or is bad, or nothing is spent."""
        found = ratio_interval(self.cost_draws, self.effect_draws)
        if found.reason or (self.gain > 0 and self.cost > 0):
            return found
        return RatioInterval(math.nan, math.nan, CHEAPER if self.gain > 0 else BAD)

    @property
    def may_be_none(self) -> bool:
        """Whether the effect is not told apart from nothing."""
        return self.interval.reason not in ("", BAD, CHEAPER)

    @property
    def per_point(self) -> float:
        """Cost of one more point; ``nan`` where there is no interval."""
        return math.nan if self.interval.reason else self.cost / self.gain

    @property
    def reason(self) -> str:
        """Why no cost of a point is given; empty where one is."""
        return "The effect may be none, so a point has no price." if self.may_be_none else self.interval.reason

    def chance(self, worth: float) -> float:
        """Chance that the effect is worth its cost, if a point is worth so much."""
        return float(np.mean(worth * self.effect_draws >= self.cost_draws))

    def plane(self) -> pd.DataFrame:
        """Draws of effect and cost, a child, for the plane.

        Returns
        -------
        DataFrame
            ``effect``, ``cost``: as many rows as can be told apart. The first draws, since those are evenly spread.
        """
        return pd.DataFrame({"effect": self.effect_draws[:SHOWN], "cost": self.cost_draws[:SHOWN]})


def cost_effects(
    outcomes: Sequence[tuple[Finding, str, float]], money: Costs, options: ValueOptions, draws: int, seed: int
) -> tuple[CostEffect, ...]:
    """Set the cost of a child's place beside its effect on each outcome.

    The effect is a difference from comparison children, so the cost is one too: the usual support that they had
    instead is taken off, as it is in net present value.

    Parameters
    ----------
    outcomes : sequence of (Finding, str, float)
        Effect, outcome in words, and 1 or -1 as more or less of it is good.
    money : Costs
    options : ValueOptions
    draws, seed : int

    Returns
    -------
    tuple of CostEffect
        The primary outcome first. Empty without costs.
    """
    if not money.available:
        return ()
    whole, usual = money.present_value / money.children, money.usual_support_present_value
    spread = Spread(1.0, options.costs_relative_sd)
    names = ["costs", *(f"effect.{f.outcome}.{f.wave}" for f, _, _ in outcomes)]
    scores = correlated_scores(names, np.eye(len(names)), draws, seed)
    spent = whole * spread.at(scores[:, 0]) / spread.mean - usual
    found = [
        CostEffect(
            f"{f.outcome}.{f.wave}", label, f, way, whole - usual, way * effect_spread(f).at(scores[:, i + 1]), spent,
            f.primary,
        )
        for i, (f, label, way) in enumerate(outcomes)
    ]
    return tuple(sorted(found, key=lambda x: not x.primary))


def _range(given: CostEffect, options: ValueOptions) -> tuple[float, float]:
    if options.willingness_to_pay is not None:
        return options.willingness_to_pay
    reached = max(abs(given.gain), float(np.std(given.effect_draws)) / 2)
    cost = abs(given.cost) or 1.0
    return 0.0, REACH * cost / reached if reached > 0 else REACH * cost


def acceptability(given: CostEffect, options: ValueOptions) -> pd.DataFrame:
    """Chance that the programme is worth its cost, by what one point of an outcome is worth.

    Returns
    -------
    DataFrame
        ``worth`` (of one point) and ``chance`` in percent.

    Raises
    ------
    OptionError
        When the plan's range of worth is no range.

    Notes
    -----
    van Hout and others (1994), Costs, effects and C/E-ratios alongside a clinical trial. Health Economics 3, 309-319.
    """
    low, high = _range(given, options)
    if not 0 <= low < high or not math.isfinite(high):
        raise OptionError(
            f"value.willingness_to_pay runs from {low:g} to {high:g}. Give the lowest and the highest worth of one "
            "point, from 0 upwards, the lowest first."
        )
    worth = np.linspace(low, high, STEPS)
    return pd.DataFrame({"worth": worth, "chance": [100 * given.chance(float(w)) for w in worth]})
