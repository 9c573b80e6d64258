"""E-values: how strongly something unseen would have to go with programme and outcome to explain a result away."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd

from wlz_eval.attribution.effects import EffectEstimate
from wlz_eval.attribution.sensitivity.found import describe_findings
from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.core.figures import COLOURS, new_figure
from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["EValue", "draw_e_value", "e_value", "e_value_of_effect", "e_value_of_risk_ratio"]

Scale = Literal["risk_ratio", "odds_ratio", "standardised_difference"]

#: Standardised difference to log risk ratio (VanderWeele and Ding 2017: Chinn 2000, then the root of the odds ratio).
LOG_RISK_PER_SD = 0.91
#: Logarithm of the largest number.
MOST_LOG = 709.0
#: Below this share an outcome is rare (VanderWeele and Ding).
RARE = 0.15
_SD_NOTE = "Approximate: a difference in standard deviations is turned into a risk ratio by a rule of thumb."
_OR_NOTE = "Approximate: the outcome is common, so the square root of the odds ratio stands for the risk ratio."
_RARE_NOTE = "Approximate: the outcome is rare, so the odds ratio stands for the risk ratio."


def e_value_of_risk_ratio(ratio: float) -> float:
    """Compute the E-value of a risk ratio: of it, or of its reciprocal when it is below one.

    Examples
    --------
    >>> round(e_value_of_risk_ratio(3.9), 2)
    7.26
    """
    if math.isnan(ratio):
        return ratio
    if ratio <= 0:
        return math.inf
    large = max(ratio, 1 / ratio)
    return large + math.sqrt(large * (large - 1))


@dataclass(frozen=True, kw_only=True, repr=False)
class EValue(Result):
    """An E-value, and that of the end of the interval nearer to no effect.

    Parameters
    ----------
    scale : str
        Of `estimate`: ``risk_ratio``, ``odds_ratio`` or ``standardised_difference``.
    estimate, ci_low, ci_high : float
        As given.
    risk_ratio, risk_ratio_low, risk_ratio_high : float
        The same as risk ratios.
    point, limit : float
        E-values of the estimate and of the interval's nearer end: 1 when the interval holds no effect,
        ``nan`` without an interval.
    approximate : bool
        Whether a conversion stands behind it.
    n_programme, n_comparison : int or None
    note : str
    """

    scale: str
    estimate: float
    ci_low: float
    ci_high: float
    risk_ratio: float
    risk_ratio_low: float
    risk_ratio_high: float
    point: float
    limit: float
    approximate: bool
    n_programme: int | None = None
    n_comparison: int | None = None
    note: str = ""
    title: str = "E-value: strength of hidden confounding that would explain the result away"

    def table(self) -> pd.DataFrame:
        """Two rows (``estimate``, ``limit``), all ratios but `given`.

        ``of``, ``given`` (on its own scale), ``risk_ratio``, ``e_value``, ``approximate``, ``n_programme``,
        ``n_comparison``.
        """
        # The end of the interval that is nearer to no effect.
        low_end = self.risk_ratio > 1
        given = self.ci_low if low_end else self.ci_high
        nearer = self.risk_ratio_low if low_end else self.risk_ratio_high
        rows = [("estimate", self.estimate, self.risk_ratio, self.point), ("limit", given, nearer, self.limit)]
        table = pd.DataFrame(rows, columns=["of", "given", "risk_ratio", "e_value"])
        return table.assign(
            approximate=self.approximate, n_programme=self.n_programme, n_comparison=self.n_comparison
        )

    def plot(self) -> Figure:
        """Pairs of associations that would explain the estimate, and the interval's limit, away."""
        return draw_e_value(self.table())

    @property
    def sentence(self) -> str:
        """Plain words, no numbers."""
        about = " (roughly, since a rule of thumb turns the result into a risk ratio)" if self.approximate else ""
        if math.isnan(self.limit):
            return f"There is no interval, so only the estimate has an E-value{about}."
        if self.limit == 1:
            return "The interval already leaves room for no effect, so nothing unseen is needed to explain the result."
        size = "strong" if self.limit >= 2 else "modest" if self.limit >= 1.25 else "weak"
        return (
            f"Something unseen that goes with both programme and outcome would need to have at least a {size} link to "
            f"each, beyond all that is adjusted for, before the interval would leave room for no effect{about}."
        )

    def findings(self, prefix: str, **about: Any) -> tuple[Finding, ...]:
        """Give findings ``<prefix>.e_value`` and ``<prefix>.e_value_limit``, both ratios."""
        rows: list[tuple[str, str, float, Any]] = [
            ("e_value", "e-value", self.point, "ratio"), ("e_value_limit", "e-value of the limit", self.limit, "ratio"),
        ]
        return describe_findings(
            prefix, rows, about, n_programme=self.n_programme, n_comparison=self.n_comparison,
            method="E-value of VanderWeele and Ding", note=self.note,
        )


def _as_risk_ratio(value: float, scale: Scale, rare: bool) -> float:
    if math.isnan(value):
        return value
    if scale == "standardised_difference":
        return math.exp(min(LOG_RISK_PER_SD * value, MOST_LOG))
    return math.sqrt(value) if scale == "odds_ratio" and not rare else value


def e_value(
    estimate: float,
    ci_low: float = float("nan"),
    ci_high: float = float("nan"),
    *,
    scale: Scale = "risk_ratio",
    rare: bool = False,
    n_programme: int | None = None,
    n_comparison: int | None = None,
) -> EValue:
    """Compute the E-value of a risk ratio, an odds ratio or a standardised difference.

    The least strength, as a risk ratio, that something unseen would need with both programme and outcome, given
    all that is adjusted for, to explain the estimate away entirely.

    Parameters
    ----------
    estimate, ci_low, ci_high : float
        A ratio above zero, or a difference in standard deviations, and its interval.
    scale : {"risk_ratio", "odds_ratio", "standardised_difference"}
        An odds ratio of a common outcome is taken to the square root; a standardised difference d becomes
        exp(0.91 d), and so do the ends of its interval. Both are approximate, and are labelled so.
    rare : bool
        For odds ratios: whether the outcome is rare (below 15%), so that the odds ratio is nearly the risk ratio.
    n_programme, n_comparison : int, optional
        Children behind the estimate.

    Returns
    -------
    EValue

    Raises
    ------
    OptionError
        For an unknown scale, a ratio not above zero, or an interval that does not hold its estimate.

    References
    ----------
    VanderWeele and Ding (2017), Annals of Internal Medicine 167; Chinn (2000), Statistics in Medicine 19.

    Examples
    --------
    >>> result = e_value(3.9, 1.8, 8.7)
    >>> round(result.point, 2), round(result.limit, 2)
    (7.26, 3.0)
    """
    if scale not in get_args(Scale):
        raise OptionError(f"scale {scale!r} is not known. {suggestion(scale, get_args(Scale))}")
    if not all(isinstance(value, int | float | np.number) for value in (estimate, ci_low, ci_high)):
        raise OptionError("estimate, ci_low and ci_high must be numbers.")
    if not math.isfinite(estimate):
        raise OptionError("The estimate is missing or infinite, so it has no E-value.")
    if scale != "standardised_difference" and (estimate <= 0 or ci_low < 0 or ci_high <= 0):
        raise OptionError(f"A {scale.replace('_', ' ')} must be above zero. Give it as a ratio, not as its logarithm.")
    if ci_low > estimate or ci_high < estimate:
        raise OptionError("The estimate lies outside its interval. Give the lower end first.")
    ratio, low, high = (_as_risk_ratio(v, scale, rare) for v in (estimate, ci_low, ci_high))
    nearer = low if ratio > 1 else high
    crosses = low <= 1 <= high
    notes = {"risk_ratio": "", "odds_ratio": _RARE_NOTE if rare else _OR_NOTE, "standardised_difference": _SD_NOTE}
    return EValue(
        scale=scale,
        estimate=estimate,
        ci_low=ci_low,
        ci_high=ci_high,
        risk_ratio=ratio,
        risk_ratio_low=low,
        risk_ratio_high=high,
        point=e_value_of_risk_ratio(ratio),
        limit=1.0 if crosses else e_value_of_risk_ratio(nearer),
        approximate=scale != "risk_ratio",
        n_programme=n_programme,
        n_comparison=n_comparison,
        note=notes[scale],
    )


def e_value_of_effect(effect: EffectEstimate) -> EValue:
    """Compute the E-value of an effect: of a ratio as it is, of a difference (approximately) by way of Hedges' g.

    An odds ratio counts as one of a rare outcome when both averages are below 15%.

    Raises
    ------
    OptionError
        For a difference in risk: estimate the effect with ``measure="risk_ratio"``.
    """
    counts: dict[str, Any] = {"n_programme": effect.n_programme, "n_comparison": effect.n_comparison}
    if effect.measure == "risk_difference":
        raise OptionError("A difference in risk has no E-value of its own. Estimate it with measure='risk_ratio'.")
    if effect.measure != "difference":
        rare = max(effect.mean_programme, effect.mean_comparison) < RARE
        return e_value(effect.estimate, effect.ci_low, effect.ci_high, scale=effect.measure, rare=rare, **counts)
    return e_value(
        effect.g.estimate,
        effect.g.ci_low,
        effect.g.ci_high,
        scale="standardised_difference",
        **counts,
    )


def _explaining(ratio: float) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of risk ratios (with programme, with outcome) whose joint bias is `ratio`."""
    large = max(ratio, 1 / ratio)
    first = large * (1 + np.geomspace(0.02, 6, 80))
    return first, large * (first - 1) / (first - large)


def draw_e_value(table: pd.DataFrame) -> Figure:
    """Draw, from a (released) table, what would explain the estimate and the interval's limit away.

    Parameters
    ----------
    table : DataFrame
        ``of``, ``risk_ratio``, ``e_value``; rows without a number, or with nothing to explain, are not drawn.
    """
    figure, axes = new_figure(height=3.8)
    styles = {"estimate": ("programme", "-", "o"), "limit": ("bad", "--", "s")}
    shown = table[["of", "risk_ratio", "e_value"]].dropna()
    top = 2.0
    for of, ratio, value in shown.itertuples(index=False):
        if not value > 1 or not ratio > 0 or ratio == 1:
            continue
        colour, line, marker = styles[str(of)]
        first, second = _explaining(float(ratio))
        axes.plot(first, second, color=COLOURS[colour], linestyle=line, label=f"explains the {of} away")
        axes.plot([value], [value], color=COLOURS[colour], marker=marker, linestyle="none")
        top = max(top, 2.5 * float(value))
    axes.set_xlim(1, top)
    axes.set_ylim(1, top)
    axes.set_xlabel("Risk ratio between what is unseen and being on the programme")
    axes.set_ylabel("… and the outcome")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper right")
    return figure
