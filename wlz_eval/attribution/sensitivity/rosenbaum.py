"""Rosenbaum bounds: how strong a hidden difference between matched pairs would have to be to undo a result."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.attribution.design import Design
from wlz_eval.attribution.effects.analysed import as_numbers, one_column
from wlz_eval.attribution.sensitivity.found import describe_findings
from wlz_eval.attribution.sensitivity.signed_rank import (
    EXACT_PAIRS,
    Alternative,
    Zeros,
    interval_bounds,
    losing_gamma,
    p_bounds,
    point_bounds,
)
from wlz_eval.core.errors import DesignError, OptionError, suggestion
from wlz_eval.core.figures import COLOURS, new_figure
from wlz_eval.core.finding import Finding, Unit
from wlz_eval.core.result import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "GAMMAS",
    "RosenbaumBounds",
    "draw_rosenbaum",
    "gamma_word",
    "pair_differences",
    "rosenbaum",
    "rosenbaum_bounds",
]

#: Odds ratios of hidden bias that are tried by default.
GAMMAS: tuple[float, ...] = (1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.75, 2.0, 2.5, 3.0)
#: Beyond this a chance of Gamma / (1 + Gamma) is as good as one.
MOST_GAMMA = 1e6
#: Decimal places that numbers can be rounded to.
MOST_PLACES = 290
_INDEPENDENT = "The bounds take pairs as independent of each other; pupils of one school are not quite."
#: Up to this Gamma a hidden bias is called slight, small and moderate; beyond, large.
_SIZES = ((1.1, "slight"), (1.5, "small"), (2.0, "moderate"), (math.inf, "large"))


def gamma_word(gamma: float) -> str:
    """Say in a word how large a hidden difference in odds is.

    Examples
    --------
    >>> gamma_word(1.07), gamma_word(3.0)
    ('slight', 'large')
    """
    return next(word for limit, word in _SIZES if gamma <= limit)


@dataclass(frozen=True, kw_only=True, repr=False)
class RosenbaumBounds(Result):
    """What would be left of a result if matched pairs were biased.

    Parameters
    ----------
    bounds : DataFrame
        One row a Gamma, columns as in :meth:`table`.
    gamma_lost : float
        Largest Gamma at which the result stays significant; ``nan`` when it is not even at 1.
    estimate, ci_low, ci_high : float
        Hodges-Lehmann estimate of the shift without hidden bias, and its interval, in the outcome's unit.
    n_pairs, n_zero, n_dropped : int
        Pairs used; those without a difference; pairs left out because an outcome is not known.
    alternative, zeros : str
    alpha : float
    exact : bool
        Whether p-values and intervals come from the counted-out distribution rather than the normal.
    notes : tuple of str
    """

    bounds: pd.DataFrame
    gamma_lost: float
    estimate: float
    ci_low: float
    ci_high: float
    n_pairs: int
    n_zero: int
    n_dropped: int
    alternative: str
    zeros: str
    alpha: float
    exact: bool
    notes: tuple[str, ...] = ()
    title: str = "Hidden bias within matched pairs (Rosenbaum bounds)"

    def table(self) -> pd.DataFrame:
        """One row a Gamma.

        ``gamma`` (odds ratio), ``p_low``, ``p_high`` (probabilities), ``estimate_low``, ``estimate_high``,
        ``ci_low``, ``ci_high`` (the outcome's unit; two-sided at the level asked for), ``significant``,
        ``n_programme``, ``n_comparison``.
        """
        return self.bounds.copy()

    def plot(self) -> Figure:
        """Range of estimates and of intervals by Gamma."""
        return draw_rosenbaum(self.table())

    @property
    def sentence(self) -> str:
        """Plain words, no numbers: how much hidden bias the result would bear."""
        if not math.isfinite(self.gamma_lost):
            return "The pairs show no clear difference even without hidden bias, so there is nothing to undo."
        size = gamma_word(self.gamma_lost)
        return (
            f"A {size} hidden difference between the children of a pair in their odds of being on the programme, if it "
            "also went with the outcome, could be enough to undo the result."
        )

    def findings(self, prefix: str, unit: Unit = "points", **about: Any) -> tuple[Finding, ...]:
        """Give findings ``<prefix>.gamma_lost`` and ``<prefix>.hodges_lehmann`` (with its interval at Gamma 1).

        Parameters
        ----------
        prefix : str
            Start of the finding ids.
        unit : str
            Of the outcome.
        **about
            ``outcome``, ``wave``, ``comparator``, ``tier``, ``primary`` of the findings.
        """
        common: dict[str, Any] = {
            "n_programme": self.n_pairs,
            "n_comparison": self.n_pairs,
            "method": "Rosenbaum bounds, signed-rank test on matched pairs",
            "note": _INDEPENDENT,
        }
        lost = describe_findings(prefix, [("gamma_lost", "gamma", self.gamma_lost, "ratio")], about, **common)
        # The interval of a finding is always one of 95%.
        finite = math.isfinite(self.ci_low) and math.isfinite(self.ci_high) and self.alpha == 0.05
        ends = {"ci_low": self.ci_low, "ci_high": self.ci_high} if finite else {}
        shift = describe_findings(
            prefix, [("hodges_lehmann", "median difference", self.estimate, unit)], about, **common, **ends
        )
        return (*lost, *shift)


def _checked(differences: npt.ArrayLike, gammas: Sequence[float], alternative: str, zeros: str, alpha: float) -> None:
    for name, value, kinds in (("alternative", alternative, Alternative), ("zeros", zeros, Zeros)):
        if value not in get_args(kinds):
            raise OptionError(f"{name} {value!r} is not known. {suggestion(value, get_args(kinds))}")
    if not isinstance(alpha, int | float) or not 0 < alpha < 0.5:
        raise OptionError(f"alpha must lie between 0 and 0.5, not {alpha!r}.")
    try:
        tried = np.asarray(gammas, dtype=float)
    except (TypeError, ValueError):
        tried = np.array(math.nan)
    if tried.ndim != 1 or not len(tried) or not ((tried >= 1) & (tried <= MOST_GAMMA)).all():
        raise OptionError(
            f"gammas must be a list of numbers from 1 upwards (to {MOST_GAMMA:,.0f}): 1 is no hidden bias."
        )
    try:
        d = np.asarray(differences, dtype=float)
    except (TypeError, ValueError):
        raise OptionError("differences must be numbers, one for each pair.") from None
    if d.ndim != 1 or not len(d):
        raise OptionError("differences must be one number for each pair, and there must be at least one pair.")
    if not np.isfinite(d).all():
        bad = int((~np.isfinite(d)).sum())
        raise OptionError(f"{bad:,} differences are missing or infinite. Leave those pairs out.")


def _digits(d: npt.NDArray[np.float64]) -> int:
    """Decimal places that keep eleven digits of the largest difference."""
    largest = float(np.abs(d).max())
    return 11 if largest == 0 else min(11 - math.floor(math.log10(largest)), MOST_PLACES)


def rosenbaum_bounds(
    differences: npt.ArrayLike,
    gammas: Sequence[float] = GAMMAS,
    *,
    alternative: Alternative = "two-sided",
    alpha: float = 0.05,
    zeros: Zeros = "pratt",
    exact: bool | None = None,
    n_dropped: int = 0,
    notes: Sequence[str] = (),
) -> RosenbaumBounds:
    """Bound p-value, estimate and interval of matched pairs by the strength of hidden bias.

    Gamma is how many times the odds of being the programme child may differ, because of something unseen,
    between two children of a pair.

    Parameters
    ----------
    differences : array, shape (pairs,)
        Programme minus comparison in each pair.
    gammas : sequence of float
        Odds ratios to try, 1 or more.
    alternative : {"two-sided", "greater", "less"}
        Of the p-values; intervals are always two-sided.
    alpha : float
        Level of the test and the intervals.
    zeros : {"pratt", "wilcox"}
        Pairs without difference: ranked and then left out (Rosenbaum), or left out first. Estimates and
        intervals always use every pair.
    exact : bool, optional
        Count the distribution out; by default up to 50 pairs.
    n_dropped : int
        Pairs left out before, to be reported.
    notes : sequence of str

    Returns
    -------
    RosenbaumBounds

    Raises
    ------
    OptionError
        For a Gamma below 1, an unknown option, or missing differences.

    References
    ----------
    Rosenbaum (2002), Observational Studies, chapter 4; Rosenbaum (2010), Design of Observational Studies, chapter 3.

    Examples
    --------
    >>> result = rosenbaum_bounds([5.0, 3, 8, -1, 4, 6, 2, 7], gammas=[1, 2], alternative="greater")
    >>> result.table()["p_high"].round(4).tolist()
    [0.0078, 0.0585]
    """
    _checked(differences, gammas, alternative, zeros, alpha)
    d = np.asarray(differences, dtype=float)
    digits = _digits(d)
    # Without their last bits 0.3 and 0.1 + 0.2 are the tie that they ought to be.
    d = np.sort(np.round(d, digits))
    counted = len(d) <= EXACT_PAIRS if exact is None else exact
    rows = []
    for gamma in dict.fromkeys([1.0, *sorted(float(g) for g in gammas)]):
        p_low, p_high = p_bounds(d, gamma, alternative, zeros, counted)
        shifts = (*point_bounds(d, gamma), *interval_bounds(d, gamma, alpha, counted))
        ends = [round(shift, digits) + 0.0 for shift in shifts]
        rows.append((gamma, p_low, p_high, *ends, p_high <= alpha, len(d), len(d)))
    names = ["gamma", "p_low", "p_high", "estimate_low", "estimate_high", "ci_low", "ci_high", "significant"]
    table = pd.DataFrame(rows, columns=[*names, "n_programme", "n_comparison"])
    first = table.iloc[0]
    return RosenbaumBounds(
        bounds=table[table["gamma"].isin([float(g) for g in gammas])].reset_index(drop=True),
        gamma_lost=losing_gamma(d, alpha, alternative, zeros, counted),
        estimate=float(first["estimate_low"] + first["estimate_high"]) / 2,
        ci_low=float(first["ci_low"]),
        ci_high=float(first["ci_high"]),
        n_pairs=len(d),
        n_zero=int((d == 0).sum()),
        n_dropped=n_dropped,
        alternative=alternative,
        zeros=zeros,
        alpha=alpha,
        exact=counted,
        notes=tuple(notes),
    )


def pair_differences(design: Design, outcomes: pd.DataFrame, outcome: str) -> pd.Series:
    """Programme minus comparison in each matched pair; missing where an outcome is not known.

    Raises
    ------
    DesignError
        When the design is not made of pairs in which every child stands once.
    OptionError
        When `outcome` is not a column.
    """
    column = one_column(outcomes, "Outcome", outcome)
    if not outcomes.index.is_unique:
        raise DesignError("The outcomes have several rows for one child. Each child must have exactly one.")
    pairs = design.pairs
    if pairs.empty:
        raise DesignError("The design has no pairs. Rosenbaum bounds need matching 1:1 without replacement.")
    if pairs["partner"].duplicated().any() or pairs["focal"].duplicated().any():
        raise DesignError(
            "Some children stand in several pairs. Rosenbaum bounds need matching with ratio=1 and replace=False."
        )
    values = as_numbers(column, "Outcome", outcome)
    focal, partner = (values.reindex(pairs[side]).to_numpy() for side in ("focal", "partner"))
    sign = np.where(design.treatment.loc[pairs["focal"]].to_numpy(dtype=bool), 1.0, -1.0)
    return pd.Series(sign * (focal - partner), index=pd.Index(pairs["pair"], name="pair"), name=outcome)


def rosenbaum(
    design: Design, outcomes: pd.DataFrame, outcome: str, gammas: Sequence[float] = GAMMAS, **options: Any
) -> RosenbaumBounds:
    """Rosenbaum bounds of one outcome of a pair-matched design.

    The differences within pairs are taken as they are, without adjustment for covariates.

    Parameters
    ----------
    design : Design
        Matched 1:1 without replacement.
    outcomes : DataFrame
        Indexed by child.
    outcome : str
        Column. Pairs in which it is not known for both children are left out, and counted.
    gammas : sequence of float
    **options
        ``alternative, alpha, zeros, exact`` of :func:`rosenbaum_bounds`.
    """
    differences = pair_differences(design, outcomes, outcome)
    known = differences.dropna()
    if known.empty:
        raise DesignError(f"No pair has a known {outcome} for both of its children.")
    dropped = len(differences) - len(known)
    notes = [_INDEPENDENT, "Differences within pairs are not adjusted for what is left of imbalance."]
    if dropped:
        notes.append(f"{dropped:,} pairs are left out because an outcome is not known.")
    return rosenbaum_bounds(known.to_numpy(), gammas, n_dropped=dropped, notes=notes, **options)


def draw_rosenbaum(table: pd.DataFrame, unit: str = "") -> Figure:
    """Draw estimates and intervals by Gamma from a (released) table.

    Parameters
    ----------
    table : DataFrame
        ``gamma``, ``estimate_low``, ``estimate_high``, ``ci_low``, ``ci_high``; missing or infinite ends are not
        drawn.
    unit : str
        Words for the outcome's unit.
    """
    columns = ["gamma", "estimate_low", "estimate_high", "ci_low", "ci_high"]
    rows = table[columns].astype(float).replace([np.inf, -np.inf], np.nan)
    figure, axes = new_figure(height=3.6)
    axes.axhline(0, color=COLOURS["neutral"], linewidth=1)
    wide = rows.dropna(subset=["ci_low", "ci_high"])
    axes.fill_between(wide["gamma"], wide["ci_low"], wide["ci_high"], color=COLOURS["light"], alpha=0.5)
    axes.plot(wide["gamma"], wide["ci_low"], color=COLOURS["neutral"], linestyle=":")
    axes.plot(wide["gamma"], wide["ci_high"], color=COLOURS["neutral"], linestyle=":", label="95% interval at worst")
    axes.plot(rows["gamma"], rows["estimate_low"], color=COLOURS["programme"], marker="o", markersize=4)
    axes.plot(
        rows["gamma"], rows["estimate_high"], color=COLOURS["programme"], marker="o", markersize=4,
        label="range of estimates",
    )
    axes.set_xlabel("Gamma: hidden difference in odds of being on the programme, within a pair")
    axes.set_ylabel("Difference" + (f" ({unit})" if unit else ""))
    axes.legend(loc="lower left")
    return figure
