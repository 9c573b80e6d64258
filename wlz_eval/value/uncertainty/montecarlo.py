"""How the estimates of several effects go together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from wlz_eval.core.finding import Finding, FindingCovariance
from wlz_eval.value.uncertainty.margins import Z95

__all__ = ["effect_covariance"]

Array = npt.NDArray[np.float64]


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
