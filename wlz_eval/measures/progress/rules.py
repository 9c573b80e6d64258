"""Which rule says who is at risk by a measure, and how it reads at a later wave."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from wlz_eval.cohort.model import Cohort
from wlz_eval.measures.options import RiskRule

__all__ = ["beyond", "measure_rule", "outcome_rules"]

Array = npt.NDArray[np.float64]


def beyond(values: npt.ArrayLike, rule: RiskRule) -> npt.NDArray[np.bool_]:
    """Whether readings, all known, are at risk by a rule with a cut-point.

    Examples
    --------
    >>> beyond([95.9, 96.0], RiskRule(area="attendance", column="attendance_baseline", below=96)).tolist()
    [True, False]
    """
    x = np.asarray(values, dtype=float)
    return np.asarray(x < rule.below if rule.below is not None else x >= float(rule.at_least or 0))


def outcome_rules(rules: Sequence[RiskRule]) -> tuple[tuple[str, RiskRule], ...]:
    """Rules of outcome areas with a cut-point on a reading at baseline, with the measure that each reads."""
    return tuple(
        (rule.column.removesuffix("_baseline"), rule)
        for rule in rules
        if rule.outcome_area
        and rule.equals is None
        and rule.column.endswith("_baseline")
        and not rule.column.endswith("_pre_baseline")
    )


def measure_rule(cohort: Cohort, rules: Sequence[RiskRule], measure: str) -> RiskRule | None:
    """Rule that says who is at risk by this measure: the plan's, else the registry's cut-point.

    None where scores grow with age (no norms are held): a cut-point of one age says nothing at the next.
    """
    facts = cohort.measure(measure)
    if facts.mean is None and facts.risk is None:
        return None
    for rule in rules:
        if rule.column == f"{measure}_baseline" and rule.equals is None:
            return rule
    if facts.risk is None or facts.higher_is_better is None:
        return None
    up = facts.higher_is_better
    return RiskRule(
        area=facts.area,
        column=f"{measure}_baseline",
        below=facts.risk if up else None,
        at_least=None if up else facts.risk,
    )
