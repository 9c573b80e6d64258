"""Baseline equivalence of the children analysed, by the rule of the What Works Clearinghouse."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from wlz_eval.attribution.asked import asked_for_names
from wlz_eval.attribution.design import Design
from wlz_eval.attribution.effects.analysed import analysed_children, outcome_values
from wlz_eval.attribution.effects.estimate import hedges_g
from wlz_eval.attribution.formula import is_outcome_column
from wlz_eval.core.errors import DesignError, OptionError
from wlz_eval.core.figures import COLOURS, new_figure
from wlz_eval.core.result import Result
from wlz_eval.reference.wwc import baseline_rules

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["BaselineEquivalence", "baseline_equivalence", "cox_index", "draw_equivalence", "equivalence_verdict"]

VERDICT_WORDS: dict[str, str] = {
    "satisfied": "alike at the start",
    "adjust": "alike enough if adjusted for",
    "not_satisfied": "too different at the start",
    "unknown": "cannot be judged",
}


def equivalence_verdict(g: float) -> str:
    """Judge one baseline difference in standard deviations: ``satisfied``, ``adjust``, ``not_satisfied``, ``unknown``.

    Examples
    --------
    >>> [equivalence_verdict(g) for g in (0.05, -0.06, 0.25, 0.26)]
    ['satisfied', 'adjust', 'adjust', 'not_satisfied']
    """
    rules = baseline_rules()
    if not math.isfinite(g):
        return "unknown"
    # Rounding in the last bit must not push a difference over its limit.
    size = abs(g) - 1e-12
    if size <= rules["satisfied"].value:
        return "satisfied"
    return "adjust" if size <= rules["adjustable"].value else "not_satisfied"


def cox_index(share_programme: float, share_comparison: float, n: int) -> float:
    """Difference of two shares in standard deviations: their log odds ratio over 1.65, corrected for small samples.

    The divisor and its source are in ``data/reference/wwc_baseline.csv``, marked as not confirmed.

    Parameters
    ----------
    share_programme, share_comparison : float
        Shares between 0 and 1.
    n : int
        Children in both groups.

    Returns
    -------
    float
        ``nan`` where a share is 0 or 1.

    Examples
    --------
    >>> round(cox_index(0.5, 0.4, 10_000), 3)
    0.246
    """
    if not (0 < share_programme < 1 and 0 < share_comparison < 1) or n < 3:
        return math.nan
    gap = float(special.logit(share_programme) - special.logit(share_comparison))
    return gap / baseline_rules()["cox_divisor"].value * (1 - 3 / (4 * n - 9))


@dataclass(frozen=True, kw_only=True, repr=False)
class BaselineEquivalence(Result):
    """Baseline differences among the children whose outcome is known, outcome by outcome.

    Parameters
    ----------
    data : DataFrame
        See :meth:`table`.
    """

    data: pd.DataFrame
    title: str = "Were the children analysed alike at the start?"

    def table(self) -> pd.DataFrame:
        """One row an outcome and baseline column.

        Returns
        -------
        DataFrame
            ``outcome``, ``baseline``, ``kind`` (continuous, binary), ``n_programme``, ``n_comparison`` (analysed, with
            this column known), ``mean_programme``, ``mean_comparison``, ``g`` (difference in SDs), ``verdict``
            (satisfied, adjust, not_satisfied, unknown), ``adjusted`` (whether the outcome model holds the column),
            ``met`` (alike, or alike enough and adjusted for).
        """
        return self.data.copy()

    def met(self, outcome: str) -> bool:
        """Whether every baseline column of an outcome meets the rule."""
        return bool(self.data.loc[self.data["outcome"] == outcome, "met"].all())

    def plot(self) -> Figure:
        """Draw the differences against the rule's two limits."""
        return draw_equivalence(self.data)


def _difference(
    x: npt.NDArray[np.float64], treated: npt.NDArray[np.bool_], w: npt.NDArray[np.float64]
) -> tuple[str, float, float, float]:
    one = float(np.average(x[treated], weights=w[treated]))
    none = float(np.average(x[~treated], weights=w[~treated]))
    if np.isin(x, (0.0, 1.0)).all():
        same = one == none
        return "binary", one, none, 0.0 if same else cox_index(one, none, len(x))
    nan = float("nan")
    return "continuous", one, none, hedges_g(one - none, nan, nan, x, treated, w).estimate


def baseline_equivalence(
    design: Design, outcomes: pd.DataFrame, baselines: Mapping[str, Sequence[str]], *, adjusted: bool = True
) -> BaselineEquivalence:
    """Judge baseline equivalence for each outcome on the children analysed, with the design's weights.

    Up to .05 pooled standard deviations apart is alike; up to .25 is alike enough if the outcome model adjusts for the
    column; more is too different. Yes/no columns are put on that scale by the Cox index.

    Parameters
    ----------
    design : Design
    outcomes : DataFrame
        Holds outcomes and baseline columns, indexed by child.
    baselines : mapping of str to sequence of str
        For each outcome, the baseline columns by which it is judged, its own first.
    adjusted : bool
        Whether the outcome model adjusts for the design's covariates. A column that the design lacks counts as not
        adjusted for.

    References
    ----------
    What Works Clearinghouse, Standards Handbook: baseline equivalence.

    Examples
    --------
    >>> from wlz_eval.attribution import match
    >>> data = pd.DataFrame({"programme": [1, 1, 0, 0], "age_baseline": [6, 8, 6, 8.0]}, index=list("abcd"))
    >>> outcomes = data.assign(score_endline=[1.0, 2, 3, 4])
    >>> design = match("programme ~ age_baseline", data)
    >>> baseline_equivalence(design, outcomes, {"score_endline": ["age_baseline"]}).met("score_endline")
    True
    """
    if not isinstance(baselines, Mapping) or not baselines:
        raise OptionError("baselines must name for each outcome its columns, such as {'a_endline': ['a_baseline']}.")
    if not isinstance(adjusted, bool):
        raise OptionError(f"adjusted must be True or False, not {adjusted!r}.")
    rows = []
    for outcome, columns in baselines.items():
        columns = asked_for_names(f"baselines of {outcome!r}", columns)
        late = [column for column in columns if column == outcome or is_outcome_column(str(column))]
        if late:
            raise DesignError(f"{late[0]} is measured after the programme began, so it is the baseline of nothing.")
        children = analysed_children(design, outcomes, outcome, cluster=None)
        for column in columns:
            values = outcome_values(outcomes, column, children.y.index).to_numpy()
            known = np.isfinite(values)
            treated = children.treated[known]
            if not treated.any() or treated.all():
                raise DesignError(f"{column} is not known for any child of one group who has a known {outcome}.")
            w = children.weights.to_numpy()[known]
            kind, one, none, g = _difference(values[known], treated, w)
            verdict, held = equivalence_verdict(g), adjusted and column in design.formula.columns
            rows.append(
                {
                    "outcome": outcome,
                    "baseline": column,
                    "kind": kind,
                    "n_programme": int(treated.sum()),
                    "n_comparison": int((~treated).sum()),
                    "mean_programme": one,
                    "mean_comparison": none,
                    "g": g,
                    "verdict": verdict,
                    "adjusted": held,
                    "met": verdict == "satisfied" or (verdict == "adjust" and held),
                }
            )
    return BaselineEquivalence(data=pd.DataFrame(rows))


def draw_equivalence(table: pd.DataFrame) -> Figure:
    """Draw the table of :class:`BaselineEquivalence`: one line a baseline column, bands at the rule's two limits."""
    rules = baseline_rules()
    rows = table.iloc[::-1].reset_index(drop=True)
    figure, axes = new_figure(height=1.0 + 0.3 * len(rows))
    for name, colour in (("adjustable", "#F3F3F3"), ("satisfied", "#DDDDDD")):
        axes.axvspan(-rules[name].value, rules[name].value, color=colour, zorder=0)
    axes.axvline(0, color=COLOURS["neutral"], linewidth=1)
    axes.scatter(rows["g"], rows.index, color=COLOURS["programme"], zorder=3)
    axes.set_yticks(rows.index, rows["outcome"].astype(str) + ": " + rows["baseline"].astype(str))
    axes.set_xlabel("Difference at the start, in standard deviations")
    axes.grid(axis="y", visible=False)
    return figure
