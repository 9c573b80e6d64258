"""Draws over everything that is uncertain: effects jointly, links and prices each by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from wlz_eval.core.finding import Finding, FindingCovariance
from wlz_eval.value.benefits import BenefitLine

__all__ = ["Draws", "draw_benefits", "effect_covariance", "mean_benefits"]

Array = npt.NDArray[np.float64]
#: Half-width of a normal 95% interval, in standard deviations.
Z95 = float(special.ndtri(0.975))


@dataclass(frozen=True)
class Draws:
    """Draws of the present value of benefits a child.

    Parameters
    ----------
    lines : array, shape (draws, benefits)
        Present value of each line of benefit for one child.
    """

    lines: Array

    @property
    def total(self) -> Array:
        """Present value of all lines together, shape (draws,)."""
        return self.lines.sum(axis=1)


def _sd(effect: Finding) -> float:
    """Spread to draw an effect with: its interval's, where that is wider than the standard error says.

    With few schools the interval rests on few degrees of freedom; drawing with the bare standard error would
    make the money look surer than the effect.
    """
    from_interval = (effect.ci_high - effect.ci_low) / (2 * Z95) if effect.has_interval else np.nan
    return float(np.nanmax([effect.se, from_interval]))


def effect_covariance(effects: Sequence[Finding], covariances: Iterable[FindingCovariance]) -> Array:
    """Covariance matrix of the effects of several outcomes.

    Parameters
    ----------
    effects : sequence of Finding
        One a line of benefit; the same finding may stand twice.
    covariances : iterable of FindingCovariance
        Between their estimates; pairs that are not named count as uncorrelated.

    Returns
    -------
    array, shape (k, k)
        Positive semi-definite; scaled so that each variance fits the effect's own interval.
    """
    spread = np.array([_sd(e) for e in effects])
    se = np.array([e.se if np.isfinite(e.se) and e.se > 0 else s for e, s in zip(effects, spread, strict=True)])
    known = {frozenset((c.finding_a, c.finding_b)): c.covariance for c in covariances if c.finding_a != c.finding_b}
    correlation = np.eye(len(effects))
    for i, a in enumerate(effects):
        for j, b in enumerate(effects[:i]):
            same = a.finding_id == b.finding_id
            raw = known.get(frozenset((a.finding_id, b.finding_id)), 0.0)
            r = 1.0 if same else raw / (se[i] * se[j]) if se[i] * se[j] > 0 else 0.0
            correlation[i, j] = correlation[j, i] = float(np.clip(r, -1.0, 1.0))
    return correlation * np.outer(spread, spread)


def _factor(covariance: Array) -> Array:
    """Matrix A with A A' equal to the covariance; small negative eigenvalues count as zero."""
    values, vectors = np.linalg.eigh(covariance)
    return vectors * np.sqrt(np.maximum(values, 0.0))


def mean_benefits(lines: Sequence[BenefitLine]) -> Array:
    """Return the expected present value of each line for one child: what the draws average to.

    Returns
    -------
    array, shape (benefits,)
    """
    return np.array([line.mean for line in lines if line.effect is not None])


def draw_benefits(
    lines: Sequence[BenefitLine], covariances: Iterable[FindingCovariance], draws: int, seed: int
) -> Draws:
    """Draw the present value of benefits for one child.

    Effects are drawn jointly from a normal distribution with their covariance; the link from points to units
    and the price of a unit from the shapes that the plan gives them (:class:`Spread`). Two lines with the same
    unit value share its draw. Additionality, optimism bias and weights shift every draw alike.

    Parameters
    ----------
    lines : sequence of BenefitLine
        Lines with an effect.
    covariances : iterable of FindingCovariance
        Between the effects.
    draws : int
        How many.
    seed : int
        Seed: the same seed gives the same draws.

    Returns
    -------
    Draws
    """
    rng = np.random.default_rng(seed)
    effects = [line.effect for line in lines if line.effect is not None]
    if len(effects) != len(lines) or not lines:
        return Draws(np.zeros((draws, 0)))
    centre = np.array([e.estimate for e in effects])
    effect = centre + rng.standard_normal((draws, len(lines))) @ _factor(effect_covariance(effects, covariances)).T
    z = rng.standard_normal(effect.shape)
    link = np.column_stack([line.link.at(z[:, i]) for i, line in enumerate(lines)])
    names = list(dict.fromkeys(line.unit.name for line in lines))
    shocks = rng.standard_normal((draws, len(names)))
    price = np.column_stack([line.worth.at(shocks[:, names.index(line.unit.name)]) for line in lines])
    fixed = np.array([line.direction * line.factor * line.multiplier for line in lines])
    return Draws(effect * link * price * fixed)
