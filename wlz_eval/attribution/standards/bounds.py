"""Bounds: how far the effect could move with the children whose outcome is not known."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from wlz_eval.attribution.asked import asked_for_number, asked_for_one_of
from wlz_eval.attribution.design import Design
from wlz_eval.attribution.effects.analysed import Cluster, in_label_order, outcome_values
from wlz_eval.attribution.effects.estimate import EffectEstimate
from wlz_eval.attribution.effects.verbs import estimate_effect
from wlz_eval.core.errors import DesignError, OptionError
from wlz_eval.core.figures import COLOURS, new_figure
from wlz_eval.core.result import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["EffectBounds", "draw_bounds", "lee_bounds", "trimmed_weights", "worst_case_bounds"]

Array = npt.NDArray[np.float64]

KIND_WORDS: dict[str, str] = {
    "observed": "Children with a known outcome",
    "lee": "If the programme only ever kept, or only ever lost, children (Lee)",
    "worst_case": "Whatever the missing outcomes are (worst case)",
}


@dataclass(frozen=True, kw_only=True, repr=False)
class EffectBounds(Result):
    """Lowest and highest effect that the missing outcomes leave possible.

    Parameters
    ----------
    outcome, kind : str
        ``lee`` or ``worst_case``.
    lower, upper : EffectEstimate
        The effect at either end.
    observed : EffectEstimate
        The effect among those with a known outcome, in the same way (unadjusted).
    ci_low, ci_high : float
        95% interval that holds the effect, wherever between the bounds it is (Imbens and Manski 2004).
    trimmed : str
        Group from which the surplus of known outcomes was taken; empty for none.
    share : float
        How much of it, in percent.
    """

    outcome: str
    kind: str
    lower: EffectEstimate
    upper: EffectEstimate
    observed: EffectEstimate
    ci_low: float
    ci_high: float
    trimmed: str = ""
    share: float = 0.0

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line."""
        return f"Bounds on the difference in {self.outcome}"

    @property
    def excludes_zero(self) -> bool:
        """Whether both bounds lie on one side of zero."""
        return self.lower.estimate > 0 or self.upper.estimate < 0

    def table(self) -> pd.DataFrame:
        """Two rows, the observed effect and the bounds.

        Returns
        -------
        DataFrame
            ``kind``, ``label``, ``lower``, ``upper`` (equal for what was observed), ``ci_low``, ``ci_high``,
            ``trimmed``, ``share`` (percent), ``n_programme``, ``n_comparison``; in the outcome's unit.
        """
        here = self.observed
        common = {"n_programme": here.n_programme, "n_comparison": here.n_comparison}
        bounds = {
            "kind": self.kind,
            "label": KIND_WORDS[self.kind],
            "lower": self.lower.estimate,
            "upper": self.upper.estimate,
            "ci_low": self.ci_low,
            "ci_high": self.ci_high,
            "trimmed": self.trimmed,
            "share": self.share,
            "n_programme": self.lower.n_programme,
            "n_comparison": self.lower.n_comparison,
        }
        observed = {
            "kind": "observed",
            "label": KIND_WORDS["observed"],
            "lower": here.estimate,
            "upper": here.estimate,
            "ci_low": here.ci_low,
            "ci_high": here.ci_high,
            "trimmed": "",
            "share": 0.0,
            **common,
        }
        return pd.DataFrame([observed, bounds])

    def plot(self) -> Figure:
        """Draw the observed effect above its bounds."""
        return draw_bounds(self.table())


def trimmed_weights(y: npt.ArrayLike, weights: npt.ArrayLike, share: float, end: str) -> Array:
    """Take a share of all weight away from one end of the outcome; the child on the border keeps a part.

    Parameters
    ----------
    y, weights : array, shape (n,)
    share : float
        Between 0 and 1.
    end : {"top", "bottom"}

    Returns
    -------
    array, shape (n,)

    Examples
    --------
    >>> trimmed_weights([1.0, 2.0, 3.0, 4.0], [1.0, 1.0, 1.0, 1.0], 0.375, "top").tolist()
    [1.0, 1.0, 0.5, 0.0]
    """
    asked_for_number("share", share, 0, 1)
    asked_for_one_of("end", end, ("top", "bottom"))
    value, w = np.asarray(y, dtype=float), np.asarray(weights, dtype=float)
    if value.shape != w.shape or not len(w):
        raise OptionError(f"y and weights need one value for each child, not shapes {value.shape} and {w.shape}.")
    order = np.argsort(-value if end == "top" else value, kind="stable")
    # What is left to take away when a child's turn comes.
    left = share * w.sum() - np.r_[0.0, np.cumsum(w[order])[:-1]]
    kept = np.empty(len(w))
    kept[order] = w[order] - np.clip(left, 0.0, w[order])
    return np.where(kept < 1e-12 * w.max(), 0.0, kept)


def _interval(lower: EffectEstimate, upper: EffectEstimate, level: float = 0.95) -> tuple[float, float]:
    """Interval that covers the effect itself rather than both bounds, with the fewer degrees of freedom."""
    from scipy.optimize import brentq

    se, df = max(lower.se, upper.se), min(lower.df, upper.df)
    if not (math.isfinite(se) and se > 0 and math.isfinite(df) and df > 0):
        return math.nan, math.nan
    gap = max(upper.estimate - lower.estimate, 0.0) / se

    def excess(c: float) -> float:
        return float(special.stdtr(df, c + gap) - special.stdtr(df, -c)) - level

    c = brentq(excess, 0.0, float(special.stdtrit(df, 0.5 + level / 2)) + 1e-6)
    return lower.estimate - c * lower.se, upper.estimate + c * upper.se


def _known(design: Design, outcomes: pd.DataFrame, outcome: str) -> tuple[pd.Series, Array, npt.NDArray[np.bool_]]:
    """Outcome (missing where not known), weight and group of each child of the design."""
    used = in_label_order(design.weights.index[design.weights.to_numpy() > 0])
    y = outcome_values(outcomes, outcome, used)
    treated = design.treatment.loc[used].to_numpy(dtype=bool)
    for mask, group in ((treated, "programme"), (~treated, "comparison")):
        if y[mask].notna().sum() < 2:
            raise DesignError(f"Fewer than two {group} children of the design have a known {outcome}.")
    return y, design.weights.loc[used].to_numpy(dtype=float), treated


def lee_bounds(
    design: Design, outcomes: pd.DataFrame, outcome: str, *, cluster: Cluster = "school_id"
) -> EffectBounds:
    """Bound the effect on children whose outcome would be known in either group, by trimming the fuller group.

    If the programme only ever keeps children in the data (or only ever loses them), the group with more known
    outcomes holds a surplus of children who, in the other group, would not be known. Taking that share away from
    the top, or from the bottom, of its outcomes gives the two bounds. Differences are weighted and unadjusted;
    the interval takes the share trimmed as given.

    Parameters
    ----------
    design, outcomes, outcome, cluster
        As in :func:`wlz_eval.attribution.effects.estimate_effect`.

    References
    ----------
    Lee (2009), Review of Economic Studies 76; Imbens and Manski (2004), Econometrica 72.

    Examples
    --------
    >>> from wlz_eval.attribution import match
    >>> data = pd.DataFrame({"programme": [1] * 4 + [0] * 4, "age_baseline": [5.0, 6, 7, 8] * 2})
    >>> data.index = list("abcdefgh")
    >>> outcomes = data.assign(score_endline=[1.0, 2, 3, 4, 1, 2, 3, np.nan])
    >>> found = lee_bounds(match("programme ~ age_baseline", data), outcomes, "score_endline", cluster=None)
    >>> found.lower.estimate, found.upper.estimate, found.trimmed
    (0.0, 1.0, 'programme')
    """
    y, weights, treated = _known(design, outcomes, outcome)
    known = y.notna().to_numpy()
    rates = [float(np.average(known[mask], weights=weights[mask])) for mask in (treated, ~treated)]
    fuller = treated if rates[0] > rates[1] else ~treated
    share = 1 - min(rates) / max(rates)
    observed = estimate_effect(design, outcomes, outcome, cluster=cluster, model="unadjusted")

    def end(which: str) -> EffectEstimate:
        rows = fuller & known
        changed = weights.copy()
        changed[rows] = trimmed_weights(y.to_numpy()[rows], weights[rows], share, which)
        filled = design.weights.astype(float).copy()
        filled.loc[y.index] = changed
        return estimate_effect(replace(design, weights=filled), outcomes, outcome, cluster=cluster, model="unadjusted")

    # A programme group without its best, or a comparison group without its worst, gives the lower bound.
    first, second = ("top", "bottom") if rates[0] > rates[1] else ("bottom", "top")
    lower, upper = (end(first), end(second)) if share > 0 else (observed, observed)
    low, high = _interval(lower, upper)
    group = "" if share == 0 else "programme" if rates[0] > rates[1] else "comparison"
    return EffectBounds(
        outcome=outcome,
        kind="lee",
        lower=lower,
        upper=upper,
        observed=observed,
        ci_low=low,
        ci_high=high,
        trimmed=group,
        share=100 * share,
    )


def worst_case_bounds(
    design: Design,
    outcomes: pd.DataFrame,
    outcome: str,
    low: float,
    high: float,
    *,
    cluster: Cluster = "school_id",
) -> EffectBounds:
    """Bound the effect by giving every missing outcome its worst, then its best, possible value.

    Nothing is assumed about who is missing, so that the bounds are wide as soon as more than a few are; they
    are a limit on what missing outcomes can do, not a likely range.

    Parameters
    ----------
    design, outcomes, outcome, cluster
        As in :func:`wlz_eval.attribution.effects.estimate_effect`.
    low, high : float
        Lowest and highest value that the outcome can take, as the registry of measures has them.

    Raises
    ------
    OptionError
        When a known outcome lies outside the limits.

    References
    ----------
    Manski (1990), American Economic Review 80; Horowitz and Manski (2000), JASA 95.
    """
    y, _, treated = _known(design, outcomes, outcome)
    asked_for_number("low", low)
    asked_for_number("high", high)
    if not low < high:
        raise OptionError(f"low ({low!r}) must lie below high ({high!r}).")
    if y.min() < low or y.max() > high:
        raise OptionError(f"{outcome} runs from {y.min():g} to {y.max():g}, outside {low:g} to {high:g}.")
    side = pd.Series(treated, index=y.index)
    ends = []
    for programme, comparison in ((low, high), (high, low)):
        filled = y.fillna(side.map({True: programme, False: comparison}))
        changed = outcomes.assign(**{outcome: outcomes[outcome].astype(float)})
        changed.loc[y.index, outcome] = filled
        ends.append(estimate_effect(design, changed, outcome, cluster=cluster, model="unadjusted"))
    ci_low, ci_high = _interval(ends[0], ends[1])
    return EffectBounds(
        outcome=outcome,
        kind="worst_case",
        lower=ends[0],
        upper=ends[1],
        observed=estimate_effect(design, outcomes, outcome, cluster=cluster, model="unadjusted"),
        ci_low=ci_low,
        ci_high=ci_high,
    )


def draw_bounds(table: pd.DataFrame) -> Figure:
    """Draw tables of :class:`EffectBounds` (one, or several below each other): bounds thick, intervals thin."""
    rows = table.drop_duplicates(subset="kind").iloc[::-1].reset_index(drop=True)
    figure, axes = new_figure(height=1.0 + 0.5 * len(rows))
    axes.axvline(0, color=COLOURS["neutral"], linewidth=1)
    axes.hlines(rows.index, rows["ci_low"], rows["ci_high"], color=COLOURS["programme"], linewidth=1.2)
    axes.hlines(rows.index, rows["lower"], rows["upper"], color=COLOURS["programme"], linewidth=6)
    axes.scatter(rows["lower"], rows.index, color=COLOURS["programme"], zorder=3)
    axes.set_yticks(rows.index, rows["label"])
    axes.set_xlabel("Programme minus comparison")
    axes.grid(axis="y", visible=False)
    return figure
