"""Partial pooling: each partner's attendance drawn towards the others', the more the less it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.engagement.delivery.likeness import sessions_alike

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["POOLED", "Hierarchy", "PooledRates", "beta_hierarchy", "pooled_rates"]

Array = npt.NDArray[np.float64]
POOLED = ("group", "planned", "children", "rate", "pooled", "ci_low", "ci_high")
#: Fewest partners from which the spread between partners can be learnt.
FEWEST_PARTNERS = 3
#: Points of the grid along each parameter.
STEPS = 40


@dataclass(frozen=True)
class Hierarchy:
    """Posterior means and 95% intervals of rates that share a beta distribution, and of that distribution.

    ``alpha`` and ``beta`` are posterior means of its parameters; ``spread`` is the posterior median of its SD.
    """

    mean: Array
    low: Array
    high: Array
    alpha: float
    beta: float
    spread: float
    spread_low: float
    spread_high: float


def _weights(centre: Array, root: Array, came: Array, gone: Array) -> Array:
    """Posterior on a grid of centres (rows, evenly on the logit scale) and of 1/sqrt(concentration) (columns)."""
    size = 1 / root**2
    a, b = centre[:, None] * size, (1 - centre)[:, None] * size
    log = np.log(centre * (1 - centre))[:, None] + 0.5 * np.log(root)
    log = log - len(came) * special.betaln(a, b)
    for r, m in zip(came, gone, strict=True):
        log += special.betaln(a + r, b + m)
    weight = np.exp(log - log.max())
    return np.asarray(weight / weight.sum())


def beta_hierarchy(came: Array, gone: Array) -> Hierarchy:
    """Binomial rates of units that share a beta distribution, flat priors on its mean and 1/sqrt(its concentration).

    Integrated over both parameters on a grid, so that the intervals hold what is not known of the spread.

    Parameters
    ----------
    came, gone : array, shape (k,)
        Successes and failures of at least three units; need not be whole.

    References
    ----------
    Gelman and others (2013), Bayesian Data Analysis, 3rd edition, section 5.3, whose prior this is.

    Examples
    --------
    >>> found = beta_hierarchy(np.array([9.0, 18, 2]), np.array([1.0, 2, 8]))
    >>> [round(float(m), 2) for m in found.mean]
    [0.86, 0.88, 0.27]
    """
    # Square spacing: fine where partners are nearly alike.
    root = 2 * ((np.arange(STEPS) + 0.5) / STEPS) ** 2
    overall = (came.sum() + 0.5) / (came.sum() + gone.sum() + 1)
    logits = special.logit(overall) + np.linspace(-5, 5, STEPS)
    for _ in range(2):
        centre = special.expit(logits)
        weight = _weights(centre, root, came, gone)
        held = np.flatnonzero(weight.sum(axis=1) > 1e-7)
        logits = np.linspace(logits[max(held[0] - 1, 0)], logits[min(held[-1] + 1, STEPS - 1)], STEPS)
    size, middle = np.meshgrid(1 / root**2, centre)
    keep = weight > 1e-9
    w, size, middle = weight[keep], size[keep], middle[keep]
    total = size + (came + gone)[:, None]
    each = (size * middle + came[:, None]) / total
    mean = each @ w
    variance = (each * (1 - each) / (total + 1) + (each - mean[:, None]) ** 2) @ w
    # The mixture of beta distributions by the one beta with its mean and variance.
    like = np.maximum(mean * (1 - mean) / variance - 1, 1e-3)
    low, high = (special.betaincinv(mean * like, (1 - mean) * like, q) for q in (0.025, 0.975))
    sd = np.sqrt(middle * (1 - middle) / (size + 1))
    order = np.argsort(sd, kind="stable")
    spread = [float(np.interp(q, np.cumsum(w[order]), sd[order])) for q in (0.5, 0.025, 0.975)]
    alpha, beta = float(w @ (size * middle)), float(w @ (size * (1 - middle)))
    return Hierarchy(mean, low, high, alpha, beta, spread[0], spread[1], spread[2])


@dataclass(frozen=True, kw_only=True, repr=False)
class PooledRates(Result):
    """Partners' attendance after partial pooling.

    Parameters
    ----------
    partners : DataFrame
        By name: ``group``, ``planned``, ``children``, ``rate`` as seen, ``pooled`` with ``ci_low`` and ``ci_high``, all
        in percent. Empty with fewer than three partners.
    children : int
        Children behind them, each counted once.
    spread, spread_low, spread_high : float
        Standard deviation between partners beyond chance, in percentage points, with its 95% interval.
    """

    partners: pd.DataFrame
    children: int
    spread: float
    spread_low: float
    spread_high: float

    title = "Attendance of each partner, drawn towards the others' by what it rests on; no ranking"

    def table(self) -> pd.DataFrame:
        """Return one row a partner, by name."""
        return self.partners

    def plot(self) -> Figure:
        """Draw rates as seen and as pooled, unreleased."""
        from wlz_eval.engagement.delivery.figures import draw_pooled

        return draw_pooled(self.partners)

    def findings(self) -> list[Finding]:
        """Return the spread between partners beyond chance; nothing where it could not be learnt."""
        if self.partners.empty:
            return []
        return [
            Finding(
                finding_id="delivery.partner_spread", quantity="sd", unit="percentage_points", claim="description",
                estimate=self.spread, ci_low=self.spread_low, ci_high=self.spread_high,
                n_programme=self.children,
                subgroup="attendance, between partners", method="beta-binomial hierarchy, flat priors",
                note="Partners work with different children: not all of the spread is the partners' own.",
            )
        ]

    def sentence(self) -> tuple[str, dict[str, Finding]]:
        """Say how far partners differ beyond chance: a template and its values."""
        if self.partners.empty:
            return "With fewer than three partners nothing can be learnt from one about another.", {}
        return (
            "With chance set aside, partners' own rates may differ among themselves by a standard deviation of "
            "{spread:number} percentage points (95% interval {spread:interval}). This does not say which is higher.",
            {"spread": self.findings()[0]},
        )


def pooled_rates(counts: pd.DataFrame) -> PooledRates:
    """Draw each partner's attendance towards the others', the more the fewer independent sessions it rests on.

    A beta-binomial model in which the sessions of one child count for the number of independent ones that they are
    worth (:func:`beta_hierarchy`).

    Parameters
    ----------
    counts : DataFrame
        ``group``, ``child``, ``planned``, ``attended``: one row a child and partner.

    Returns
    -------
    PooledRates
    """
    ordered = counts.sort_values(["group", "child"], kind="stable")
    codes, names = pd.factorize(ordered["group"])
    group = codes.astype(np.intp)
    if len(names) < FEWEST_PARTNERS:
        nothing = dict.fromkeys(("spread", "spread_low", "spread_high"), float("nan"))
        return PooledRates(partners=pd.DataFrame(columns=list(POOLED)), children=counts["child"].nunique(), **nothing)
    planned, attended = (ordered[c].to_numpy(dtype=float) for c in ("planned", "attended"))
    total, came = (np.bincount(group, w) for w in (planned, attended))
    seen = came / total
    worth = total / sessions_alike(group, planned, attended).design_effect(planned, group, len(names))
    found = beta_hierarchy(seen * worth, (1 - seen) * worth)
    frame = pd.DataFrame({"group": [str(n) for n in names], "planned": total, "children": np.bincount(group)})
    frame = frame.assign(rate=100 * seen, pooled=100 * found.mean, ci_low=100 * found.low, ci_high=100 * found.high)
    return PooledRates(
        partners=frame.astype({"planned": int})[list(POOLED)], children=counts["child"].nunique(),
        spread=100 * found.spread, spread_low=100 * found.spread_low, spread_high=100 * found.spread_high,
    )
