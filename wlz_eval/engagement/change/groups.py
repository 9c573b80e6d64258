"""How much support those children had who improved, stayed the same or got worse."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.measures.options import RiskRule
from wlz_eval.measures.progress import paired_change
from wlz_eval.measures.progress.rules import measure_rule, outcome_rules
from wlz_eval.measures.risk import risk_count, risk_flags

__all__ = ["GROUPS", "change_groups", "dose_by_change", "measure_change_groups", "risk_change_groups"]

GROUPS: tuple[str, ...] = ("improved", "about the same", "got worse")
#: A change of at least this share of the baseline's SD counts as a change: half an SD is a customary reading
#: of the smallest difference that matters, and it holds for measures on any scale.
MARGIN_SD = 0.5


def change_groups(baseline: pd.Series, outcome: pd.Series, higher_is_better: bool, expected: float = 0.0) -> pd.Series:
    """Sort children by whether they improved, stayed about the same or got worse.

    Parameters
    ----------
    baseline, outcome : Series of float
        Both readings of each child.
    higher_is_better : bool
        Which direction is good.
    expected : float
        Change that counts as staying the same: 0 for scores that are standardised by age; the children's own
        mean change for scores that rise with age.

    Returns
    -------
    Series of str
        One of :data:`GROUPS`; missing where a reading is. A change counts from half a standard deviation of
        the baseline on.

    Examples
    --------
    >>> change_groups(pd.Series([0.0, 1, 2]), pd.Series([2.0, 1, 0]), True).tolist()
    ['improved', 'about the same', 'got worse']
    """
    change = (outcome - baseline - expected) * (1.0 if higher_is_better else -1.0)
    margin = MARGIN_SD * float(baseline[change.notna()].std())
    words = np.select([change >= margin, change <= -margin], [GROUPS[0], GROUPS[2]], default=GROUPS[1])
    return pd.Series(words, index=change.index).where(change.notna())


def measure_change_groups(
    cohort: Cohort, data: pd.DataFrame, measure: str, wave: str, better: str | None = None
) -> pd.Series | None:
    """Sort children by change on one measure, from the start to a later wave.

    Parameters
    ----------
    cohort : Cohort
        For what the measure is.
    data : DataFrame
        Rows of the analysis frame.
    measure, wave : str
    better : {"higher", "lower", "unclear"}, optional
        Which direction is good, where the plan says otherwise than the measure.

    Returns
    -------
    Series of str or None
        None where the measure is not held at both times or no direction is good. A score without population norms may
        simply rise with age, so its change is judged against the children's own mean change.
    """
    facts = cohort.measure(measure)
    good = better or facts.better
    before, after = f"{measure}_baseline", f"{measure}_{wave}"
    if good not in ("higher", "lower") or before not in data or after not in data:
        return None
    expected = 0.0 if facts.mean is not None else float((data[after] - data[before]).mean())
    return change_groups(data[before], data[after], good == "higher", expected)


def risk_change_groups(cohort: Cohort, data: pd.DataFrame, rules: Sequence[RiskRule], wave: str) -> pd.Series | None:
    """Sort children by the number of outcome areas in which they are at risk: the pilot's own measure of change.

    Parameters
    ----------
    cohort : Cohort
    data : DataFrame
        Rows of the analysis frame.
    rules : sequence of RiskRule
        The plan's.
    wave : str

    Returns
    -------
    Series of str or None
        Fewer areas is improved, more is worse; missing where an area is not known at both times. None where no outcome
        area has a rule that can be put at both times; a cut-point on a score that rises with age cannot.
    """
    held = set(data.columns)
    used = [
        rule
        for measure, rule in outcome_rules(rules)
        if {rule.column, f"{measure}_{wave}"} <= held and measure_rule(cohort, rules, measure) is not None
    ]
    if not used:
        return None
    later = [rule.model_copy(update={"column": rule.column.removesuffix("baseline") + wave}) for rule in used]
    change = risk_count(risk_flags(data, later)) - risk_count(risk_flags(data, used))
    words = np.select([change < 0, change > 0], [GROUPS[0], GROUPS[2]], default=GROUPS[1])
    return pd.Series(words, index=data.index).where(change.notna())


def dose_by_change(data: pd.DataFrame, group: str, exposure: str, school: str = "school_id") -> pd.DataFrame:
    """Mean dose in each group of change, with an interval that holds with few children and few schools.

    Parameters
    ----------
    data : DataFrame
        One row a child.
    group, exposure, school : str
        Columns with the group (see :func:`change_groups`), the dose and the school.

    Returns
    -------
    DataFrame
        ``group``, ``n``, ``mean``, ``ci_low``, ``ci_high``, ``sd``, ``median``. The interval comes from the group's own
        children alone: cluster-robust by school (CR2), or a t interval where all are of one school. A group of fewer
        than two children has no mean here, and one in which all had the same dose no interval: with so few, that they
        do not differ is no sign of certainty.
    """
    used = data.dropna(subset=[group, exposure, school])
    rows = []
    for name in GROUPS:
        own = used[used[group] == name]
        values = own[exposure].to_numpy(dtype=float)
        if len(values) < 2:
            rows.append((name, len(values), *[np.nan] * 5))
            continue
        found = paired_change(np.zeros(len(values)), values, own[school].to_numpy())
        low, high = (max(found.ci_low, 0.0), found.ci_high) if found.se > 0 else (np.nan, np.nan)
        rows.append((name, len(values), found.change, low, high, values.std(ddof=1), np.median(values)))
    return pd.DataFrame(rows, columns=["group", "n", "mean", "ci_low", "ci_high", "sd", "median"])
