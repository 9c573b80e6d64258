"""Children whose outcome is not known: how many, in which group, and the effect with those who are left weighted up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wlz_eval.attribution.asked import asked_for_names
from wlz_eval.attribution.design import Design
from wlz_eval.attribution.effects.analysed import Cluster, in_label_order, outcome_values
from wlz_eval.attribution.effects.estimate import EffectEstimate
from wlz_eval.attribution.effects.learners import LogisticLearner
from wlz_eval.attribution.effects.models import CHILDREN_PER_COEFFICIENT, OutcomeModel
from wlz_eval.attribution.effects.verbs import estimate_effect
from wlz_eval.core.errors import DesignError
from wlz_eval.core.figures import COLOURS, new_figure
from wlz_eval.core.result import Result
from wlz_eval.reference.wwc import attrition_boundary

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Attrition", "attrition", "draw_attrition", "response_weighted_effect"]

#: Nobody stands for more than one over this many children.
CHANCE_FLOOR = 0.05


@dataclass(frozen=True, kw_only=True, repr=False)
class Attrition(Result):
    """Children of the design whose outcome is not known.

    Parameters
    ----------
    data : DataFrame
        See :meth:`table`.
    assumption : {"cautious", "optimistic"}
        Which boundary of the What Works Clearinghouse was used.
    """

    data: pd.DataFrame
    assumption: str
    title: str = "Children whose outcome is not known"

    def table(self) -> pd.DataFrame:
        """One row an outcome.

        Returns
        -------
        DataFrame
            ``outcome``, ``n_programme``, ``n_comparison`` (in the comparison), ``missing_programme``,
            ``missing_comparison``, ``rate_programme``, ``rate_comparison``, ``overall`` (percent), ``differential``
            (programme minus comparison, percentage points), ``boundary`` (largest differential that counts as low;
            missing where the overall rate is too high for any), ``verdict`` (``low``, ``high``).
        """
        return self.data.copy()

    def plot(self) -> Figure:
        """Draw the rates of both groups, outcome by outcome."""
        return draw_attrition(self.data)


def attrition(
    design: Design, outcomes: pd.DataFrame, columns: Sequence[str], *, assumption: str = "cautious"
) -> Attrition:
    """Count, among the children of the design, those whose outcome is not known, and judge how many are too many.

    The boundary is that of the What Works Clearinghouse for trials, here a yardstick: of a matched design it asks that
    the children who are left were alike at the start (:func:`wlz_eval.attribution.standards.wwc.baseline_equivalence`).

    Parameters
    ----------
    design : Design
    outcomes : DataFrame
    columns : sequence of str
        Outcomes.
    assumption : {"cautious", "optimistic"}
        Whether the programme may itself affect who stays (the default), or hardly can.

    Examples
    --------
    >>> from wlz_eval.attribution import match
    >>> data = pd.DataFrame({"programme": [1, 1, 0, 0], "age_baseline": [6, 8, 6, 8.0]}, index=list("abcd"))
    >>> outcomes = data.assign(score_endline=[1.0, np.nan, 3, 4])
    >>> attrition(match("programme ~ age_baseline", data), outcomes, ["score_endline"]).table()["overall"].tolist()
    [25.0]
    """
    columns = asked_for_names("columns", columns)
    used = design.weights.index[design.weights.to_numpy() > 0]
    treated = design.treatment.loc[used].to_numpy(dtype=bool)
    n1, n0 = int(treated.sum()), int((~treated).sum())
    rows = []
    for column in columns:
        gone = outcome_values(outcomes, column, used).isna().to_numpy()
        missing = int((gone & treated).sum()), int((gone & ~treated).sum())
        rates = 100 * missing[0] / n1, 100 * missing[1] / n0
        overall, differential = 100 * sum(missing) / (n1 + n0), rates[0] - rates[1]
        boundary = attrition_boundary(overall, assumption)
        rows.append(
            {
                "outcome": column,
                "n_programme": n1,
                "n_comparison": n0,
                "missing_programme": missing[0],
                "missing_comparison": missing[1],
                "rate_programme": rates[0],
                "rate_comparison": rates[1],
                "overall": overall,
                "differential": differential,
                "boundary": boundary,
                "verdict": "low" if abs(differential) <= boundary + 1e-9 else "high",
            }
        )
    return Attrition(data=pd.DataFrame(rows), assumption=assumption)


def _response_chance(covariates: pd.DataFrame, answered: np.ndarray) -> np.ndarray | None:
    """Chance of a known outcome in one group by a logistic model; None where too few are missing to fit one."""
    if min(answered.sum(), (~answered).sum()) < CHILDREN_PER_COEFFICIENT * (covariates.shape[1] + 1):
        return None
    values = covariates.to_numpy(dtype=float)
    return LogisticLearner().fit(values, answered).predict_proba(values)[:, 1]


def response_weighted_effect(
    design: Design,
    outcomes: pd.DataFrame,
    outcome: str,
    *,
    cluster: Cluster = "school_id",
    model: OutcomeModel = "interacted",
    baseline: str | None = None,
) -> EffectEstimate:
    """Estimate the effect again, with each child who is left standing for those like it who are not.

    Within each group a logistic model of the design's covariates gives the chance that an outcome is known; weights
    are divided by it. Right if, among children alike in the covariates, it does not depend on the outcome itself
    whether it is known. The weights are taken as given in the interval, which is usually a little too wide.

    Parameters
    ----------
    design, outcomes, outcome, cluster, model, baseline
        As in :func:`wlz_eval.attribution.effects.estimate_effect`.

    Returns
    -------
    EffectEstimate
        Its notes say for which group no model could be fitted, so that its weights stay as they are.

    References
    ----------
    Seaman and White (2013), Statistical Methods in Medical Research 22.
    """
    used = in_label_order(design.weights.index[design.weights.to_numpy() > 0])
    answered = outcome_values(outcomes, outcome, used).notna().to_numpy()
    treated = design.treatment.loc[used].to_numpy(dtype=bool)
    weights = design.weights.loc[used].to_numpy(dtype=float)
    if not answered.any():
        raise DesignError(f"No child of the design has a known {outcome}.")
    notes, changed = [], weights.copy()
    for group, mask in (("programme", treated), ("comparison", ~treated)):
        if answered[mask].all():
            continue
        chance = _response_chance(design.covariates.model.loc[used[mask]], answered[mask])
        if chance is None:
            gone = int((~answered[mask]).sum())
            notes.append(f"{gone:,} {group} children have no known {outcome}, too few to say who: not weighted.")
            continue
        share = np.average(answered[mask], weights=weights[mask])
        changed[mask] = weights[mask] * share / np.maximum(chance, CHANCE_FLOOR)
    filled = design.weights.astype(float).copy()
    filled.loc[used] = changed
    result = estimate_effect(
        replace(design, weights=filled), outcomes, outcome, cluster=cluster, model=model, baseline=baseline
    )
    return replace(result, notes=(*result.notes, *notes))


def draw_attrition(table: pd.DataFrame) -> Figure:
    """Draw the table of :class:`Attrition`: the share without a known outcome in each group, outcome by outcome."""
    rows = table.iloc[::-1].reset_index(drop=True)
    figure, axes = new_figure(height=1.2 + 0.5 * len(rows))
    for offset, group in ((0.2, "programme"), (-0.2, "comparison")):
        axes.barh(rows.index + offset, rows[f"rate_{group}"], height=0.36, color=COLOURS[group], label=group)
    axes.set_yticks(rows.index, rows["outcome"])
    top = float(rows[["rate_programme", "rate_comparison"]].max().max())
    axes.set_xlim(0, 1.1 * top if math.isfinite(top) and top > 0 else 1)
    axes.set_xlabel("Children whose outcome is not known (%)")
    axes.legend(loc="best")
    axes.grid(axis="y", visible=False)
    return figure
