"""Difference-in-differences, and what matching on the baseline outcome does, side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wlz_eval.attribution.capabilities import METHODS
from wlz_eval.attribution.design import Design
from wlz_eval.attribution.effects.analysed import known_treatment, outcome_values
from wlz_eval.attribution.effects.estimate import EffectEstimate
from wlz_eval.attribution.effects.verbs import estimate_effect, naive_difference
from wlz_eval.attribution.match import match
from wlz_eval.attribution.weight import weight
from wlz_eval.core.errors import DesignError, OptionError
from wlz_eval.core.figures import COLOURS, new_figure
from wlz_eval.core.result import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "BaselineComparison",
    "baseline_comparison",
    "difference_in_differences",
    "draw_baseline_comparison",
    "with_and_without",
]

#: Methods of the side-by-side table, in its order.
METHOD_WORDS: dict[str, str] = {
    "naive": "All children, nothing adjusted",
    "did": "Change since the start, all children (difference-in-differences)",
    "without_baseline": "Matched, without the outcome at the start",
    "with_baseline": "Matched, with the outcome at the start",
}


def difference_in_differences(
    treatment: pd.Series,
    outcomes: pd.DataFrame,
    outcome: str,
    baseline: str,
    *,
    cluster: str | None = "school_id",
    df: str | None = None,
) -> EffectEstimate:
    """Compare the change since the start of all programme with that of all comparison children, unmatched.

    This is the effect if, without the programme, both groups would have changed alike. Children chosen for a bad
    reading at the start drift back by themselves (regression to the mean), which this counts as an effect.

    Parameters
    ----------
    treatment : Series of bool
        Programme children, indexed by child.
    outcomes : DataFrame
    outcome, baseline : str
        Columns of the same measure, in the same unit, at the two waves.
    cluster, df
        As in :func:`wlz_eval.attribution.effects.estimate_effect`.

    Examples
    --------
    >>> data = pd.DataFrame({"before": [1.0, 2, 5, 6], "after": [4.0, 6, 6, 7]}, index=list("abcd"))
    >>> treatment = pd.Series([True, True, False, False], index=data.index)
    >>> difference_in_differences(treatment, data, "after", "before", cluster=None).estimate
    2.5
    """
    units = known_treatment(treatment).index
    change = outcome_values(outcomes, outcome, units) - outcome_values(outcomes, baseline, units)
    name = f"{outcome} minus {baseline}"
    frame = pd.DataFrame({name: change}, index=units)
    if cluster is not None:
        if cluster not in outcomes.columns:
            raise OptionError(f"cluster {cluster!r} is not a column. Give the column of schools, or None.")
        frame[cluster] = outcomes.loc[units, cluster]
    result = naive_difference(treatment, frame, name, cluster=cluster, df=df)
    note = "Right only if both groups would have changed alike without the programme."
    return replace(result, notes=(*result.notes[:-1], note))


def with_and_without(design: Design, data: pd.DataFrame, baseline: str) -> tuple[Design, Design]:
    """Make the two designs that differ only in whether the outcome at the start is matched on.

    Parameters
    ----------
    design : Design
        The design at hand; it is one of the two.
    data : DataFrame
        The baseline columns that the design was made from.
    baseline : str
        Column of the outcome at the start.

    Returns
    -------
    tuple of Design
        Without, with.

    Raises
    ------
    DesignError
        When no other covariate is left to match on.
    """
    columns = [design.formula.treatment, *[c for c in data.columns if c != design.formula.treatment]]
    frame = data.loc[design.treatment.index, columns]
    verb = weight if METHODS[design.spec.method].kind == "weights" else match
    if baseline not in design.formula.columns:
        return design, verb(f"{design.formula.text} + {baseline}", frame, **_options(design.spec))
    terms = [term.strip() for term in design.formula.right.split("+")]
    kept = [term for term in terms if baseline not in _words(term)]
    if not kept:
        raise DesignError(f"Without {baseline} the design has no covariate left to match on.")
    return verb(f"{design.formula.treatment} ~ {' + '.join(kept)}", frame, **_options(design.spec)), design


def _options(spec: Any) -> dict[str, Any]:
    """Options that were asked for: those that are not the defaults."""
    default = type(spec)()
    values = {f.name: getattr(spec, f.name) for f in fields(spec)}
    return {k: v for k, v in values.items() if not isinstance(v, type(getattr(default, k))) or v != getattr(default, k)}


def _words(term: str) -> list[str]:
    return "".join(c if c.isalnum() or c == "_" else " " for c in term).split()


@dataclass(frozen=True, kw_only=True, repr=False)
class BaselineComparison(Result):
    """Four answers to one question, by what they do about the outcome at the start.

    Parameters
    ----------
    estimates : mapping of str to EffectEstimate
        ``naive``, ``did``, ``without_baseline``, ``with_baseline``.
    gap : float
        Mean of the outcome at the start, programme minus comparison, all children.
    reliability : float
        Share of the spread of that reading that lasts (r).
    assumed : bool
        Whether `reliability` was given, rather than the correlation of the two waves among comparison children.
    """

    estimates: Mapping[str, EffectEstimate]
    gap: float
    reliability: float
    assumed: bool
    title: str = "With and without the outcome at the start"

    @property
    def bias(self) -> float:
        """How far matching on a noisy reading can be off when the groups differ in truth: (1 - r) times the gap."""
        return (1 - self.reliability) * self.gap

    def table(self) -> pd.DataFrame:
        """One row a method.

        Returns
        -------
        DataFrame
            ``method``, ``label``, ``estimate``, ``se``, ``df``, ``ci_low``, ``ci_high``, ``p``, ``n_programme``,
            ``n_comparison``, ``bias`` (what may be in the estimate of ``with_baseline`` if the groups differ lastingly
            at the start; missing elsewhere) and ``estimate_less_bias``, all in the outcome's unit.
        """
        rows = []
        for method, effect in self.estimates.items():
            bias = self.bias if method == "with_baseline" else math.nan
            rows.append(
                {
                    "method": method,
                    "label": METHOD_WORDS[method],
                    **effect.numbers(),
                    "bias": bias,
                    "estimate_less_bias": effect.estimate - bias,
                }
            )
        return pd.DataFrame(rows)

    def plot(self) -> Figure:
        """Draw the four estimates with their intervals."""
        return draw_baseline_comparison(self.table())


def _reliability(outcomes: pd.DataFrame, outcome: str, baseline: str, comparison: pd.Index) -> float:
    now, before = (outcome_values(outcomes, c, comparison).to_numpy() for c in (outcome, baseline))
    both = np.isfinite(now) & np.isfinite(before)
    if both.sum() < 3:
        raise DesignError(
            f"Fewer than three comparison children have both {baseline} and {outcome}. Give reliability= instead."
        )
    return float(np.clip(np.corrcoef(now[both], before[both])[0, 1], 0.0, 1.0))


def baseline_comparison(
    without: Design,
    with_baseline: Design,
    outcomes: pd.DataFrame,
    outcome: str,
    baseline: str,
    *,
    reliability: float | None = None,
    cluster: str | None = "school_id",
) -> BaselineComparison:
    """Put naive, difference-in-differences, and matched with and without the outcome at the start side by side.

    Which of them is right depends on how children were chosen, and the table says so: if on the reading at the start
    itself, matching on it is right and difference-in-differences mistakes regression to the mean for an effect; if
    on something lasting that the reading only reflects, the groups drift apart again after matching, by
    (1 - r) times their gap, and difference-in-differences is nearer.

    Parameters
    ----------
    without, with_baseline : Design
        See :func:`with_and_without`. Neither outcome model uses the outcome at the start unless the design does.
    outcomes : DataFrame
    outcome, baseline : str
        The same measure in the same unit at two waves.
    reliability : float, optional
        Test-retest correlation of the measure over that time in an unselected population. When left out, the
        correlation between the waves among comparison children, which real change makes too low and so the bias
        too large.
    cluster : str or None

    References
    ----------
    Daw and Hatfield (2018), Health Services Research 53; the bias is that of matching on a noisy covariate when both
    groups regress to their own means.
    """
    if reliability is not None and not 0 <= reliability <= 1:
        raise OptionError(f"reliability is a correlation between 0 and 1, not {reliability!r}.")
    treatment = with_baseline.treatment
    start = outcome_values(outcomes, baseline, treatment.index)
    r = reliability
    if r is None:
        r = _reliability(outcomes, outcome, baseline, treatment.index[~treatment.to_numpy(dtype=bool)])
    return BaselineComparison(
        estimates={
            "naive": naive_difference(treatment, outcomes, outcome, cluster=cluster),
            "did": difference_in_differences(treatment, outcomes, outcome, baseline, cluster=cluster),
            "without_baseline": estimate_effect(without, outcomes, outcome, cluster=cluster),
            "with_baseline": estimate_effect(with_baseline, outcomes, outcome, cluster=cluster),
        },
        gap=float(start[treatment].mean() - start[~treatment].mean()),
        reliability=r,
        assumed=reliability is not None,
    )


def draw_baseline_comparison(table: pd.DataFrame) -> Figure:
    """Draw the table of :class:`BaselineComparison`: one estimate a line, hidden cells left out."""
    rows = table.iloc[::-1].reset_index(drop=True)
    figure, axes = new_figure(height=1.0 + 0.5 * len(rows))
    axes.axvline(0, color=COLOURS["neutral"], linewidth=1)
    axes.hlines(rows.index, rows["ci_low"], rows["ci_high"], color=COLOURS["programme"])
    axes.scatter(rows["estimate"], rows.index, color=COLOURS["programme"], zorder=3, label="estimate and 95% interval")
    if "estimate_less_bias" in rows and rows["estimate_less_bias"].notna().any():
        axes.scatter(
            rows["estimate_less_bias"], rows.index, facecolors="white", edgecolors=COLOURS["bad"], marker="D", zorder=4,
            label="if the groups differ lastingly",
        )
    axes.set_yticks(rows.index, rows["label"])
    axes.set_xlabel("Programme minus comparison")
    axes.legend(loc="best")
    axes.grid(axis="y", visible=False)
    return figure
