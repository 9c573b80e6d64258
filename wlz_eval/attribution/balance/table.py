"""The balance table of a design: every covariate before and after, and a verdict in words."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.attribution.balance.columns import Interactions, derived_columns
from wlz_eval.attribution.balance.gaps import Side, Sides, column_gaps, pair_gap, stratum_gap
from wlz_eval.attribution.balance.measures import is_two_valued, smd, standardising_sd
from wlz_eval.attribution.balance.plots import love_plot
from wlz_eval.core.errors import OptionError
from wlz_eval.core.result import Result
from wlz_eval.core.words import listed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from wlz_eval.attribution.design import Design

__all__ = [
    "LARGE_SMD",
    "PLAIN",
    "VARIANCE_RATIOS",
    "BalanceTable",
    "balance_columns",
    "balance_table",
    "check_limit",
    "gap_within",
    "verdict_words",
]

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: A standardised difference above this is too large for a regression to be trusted to mend it (Rubin 2001).
LARGE_SMD = 0.25
#: Within these a ratio of variances is good (Rubin 2001).
VARIANCE_RATIOS = (0.5, 2.0)
#: Kinds of columns that are shares of children.
PLAIN = ("binary", "level", "missing")

ALIKE, SPREAD = "alike", "alike on average, but spread differently"
ADJUST, UNLIKE = "differs: adjust for it", "differs too much"
NOT_KNOWN = "not known"


def verdict_words(difference: float, ratio: float, limit: float = 0.1) -> str:
    """Say what a standardised difference and a ratio of variances amount to.

    Parameters
    ----------
    difference : float
        Standardised mean difference.
    ratio : float
        Ratio of variances; missing for a yes/no column.
    limit : float

    Examples
    --------
    >>> verdict_words(0.02, 1.1), verdict_words(-0.2, 1.1)
    ('alike', 'differs: adjust for it')
    >>> verdict_words(0.02, 2.5), verdict_words(0.3, 1.0)
    ('alike on average, but spread differently', 'differs too much')
    """
    if np.isnan(difference):
        return NOT_KNOWN
    if abs(difference) > limit:
        return ADJUST if abs(difference) <= LARGE_SMD else UNLIKE
    low, high = VARIANCE_RATIOS
    return SPREAD if ratio < low or ratio > high else ALIKE


@dataclass(frozen=True, kw_only=True, repr=False)
class BalanceTable(Result):
    """Balance before and after matching or weighting.

    Parameters
    ----------
    data : DataFrame
        One row a column (the distance first; each covariate, level and missing marker; then squares and interactions
        where asked for). Index ``covariate``; columns ``kind``; then with ``_before`` and with ``_after``:
        ``programme_mean``, ``comparison_mean``, ``difference``, ``smd``, ``variance_ratio`` (none for yes/no),
        ``ecdf_mean``, ``ecdf_max`` (Kolmogorov-Smirnov), ``pair_distance`` (mean absolute difference in SDs: of any
        two children before, within pairs or strata after); ``verdict`` in words.
    limit : float
        Largest standardised mean difference that counts as balanced.
    sizes : DataFrame
        Children and effective sample sizes by group, as :attr:`Design.sizes`.
    notes : tuple of str
    """

    data: pd.DataFrame
    limit: float
    sizes: pd.DataFrame
    notes: tuple[str, ...] = ()
    title: str = "Balance before and after matching"

    @property
    def covariates(self) -> pd.DataFrame:
        """The rows that are covariates, with squares and interactions asked for, without the distance."""
        return self.data[self.data["kind"] != "distance"]

    @property
    def worst_before(self) -> float:
        """Largest absolute standardised mean difference before matching."""
        return float(self.covariates["smd_before"].abs().max())

    @property
    def worst_after(self) -> float:
        """Largest absolute standardised mean difference after matching."""
        return float(self.covariates["smd_after"].abs().max())

    @property
    def balanced(self) -> bool:
        """Whether every covariate is within the limit."""
        return self.worst_after <= self.limit

    @property
    def verdict(self) -> str:
        """What the table amounts to, in one sentence."""
        rows = self.covariates
        unlike = [str(name) for name in rows.index[rows["verdict"].isin([UNLIKE, NOT_KNOWN])]]
        adjust = [str(name) for name in rows.index[rows["verdict"] == ADJUST]]
        spread = [str(name) for name in rows.index[rows["verdict"] == SPREAD]]
        if unlike:
            return f"Not balanced: the groups differ too much in {_listed(unlike)} for a model to mend it."
        if adjust:
            return f"Nearly balanced: the groups still differ in {_listed(adjust)}; adjust for it in the outcome model."
        if spread:
            return f"Balanced on average, but {_listed(spread)} varies more in one group than in the other."
        return "Balanced: the groups are alike in everything listed."

    def tally(self) -> pd.DataFrame:
        """Count the covariates by verdict, before and after: columns ``verdict``, ``before``, ``after``."""
        rows = self.covariates
        ratios = rows["variance_ratio_before"]
        before = [verdict_words(d, r, self.limit) for d, r in zip(rows["smd_before"], ratios, strict=True)]
        order = [ALIKE, SPREAD, ADJUST, UNLIKE, NOT_KNOWN]
        return pd.DataFrame(
            {
                "verdict": order,
                "before": [before.count(words) for words in order],
                "after": [int((rows["verdict"] == words).sum()) for words in order],
            }
        )

    def table(self) -> pd.DataFrame:
        """Return the table, one row a covariate."""
        return self.data.copy()

    def plot(self) -> Figure:
        """Draw the love plot."""
        return love_plot(self.data.reset_index(), self.limit)

    def __str__(self) -> str:
        return "\n".join([super().__str__(), "", self.sizes.to_string(), self.verdict, *self.notes])


def _listed(names: list[str], most: int = 5) -> str:
    shown = names if len(names) <= most else [*names[: most - 1], f"{len(names) - most + 1} others"]
    return listed(shown)


def _means(x: Array, one: Side, none: Side, sd: float, plain: bool) -> dict[str, float]:
    high, low = one.mean(x), none.mean(x)
    ratio = float("nan")
    if not plain:
        below = none.variance(x)
        ratio = one.variance(x) / below if below > 0 else ratio
    return {
        "programme_mean": high,
        "comparison_mean": low,
        "difference": high - low,
        "smd": smd(high - low, sd),
        "variance_ratio": ratio,
    }


def _row(x: Array, kind: str, sides: Sides, within: Callable[[Array], float], estimand: str) -> dict[str, float]:
    """Everything of one column, before and after."""
    plain = kind in PLAIN or (kind == "interaction" and is_two_valued(x))
    sd = standardising_sd(x, sides.treated, estimand, plain)
    gaps = column_gaps(x, sides)
    row: dict[str, float] = {}
    for when, groups, ecdf, pairs in (
        ("before", sides.before, gaps.before, gaps.pairs),
        ("after", sides.after, gaps.after, within(x)),
    ):
        found = _means(x, *groups, sd, plain)
        found |= {"ecdf_mean": ecdf[0], "ecdf_max": ecdf[1], "pair_distance": smd(pairs, sd)}
        row |= {f"{name}_{when}": value for name, value in found.items()}
    return row


def balance_columns(
    columns: Iterable[tuple[str, str, Array]],
    sides: Sides,
    within: Callable[[Array], float],
    estimand: str,
    limit: float = 0.1,
) -> pd.DataFrame:
    """Compute the balance of each column, before and after; see :class:`BalanceTable`.

    Parameters
    ----------
    columns : iterable of tuple
        Name, kind, values.
    sides : Sides
        The groups and their weights.
    within : callable
        Mean absolute difference of a column within matched sets.
    estimand : str
    limit : float
    """
    rows = []
    for name, kind, x in columns:
        found = _row(x, kind, sides, within, estimand)
        words = verdict_words(found["smd_after"], found["variance_ratio_after"], limit)
        rows.append({"covariate": name, "kind": kind, **found, "verdict": words})
    return pd.DataFrame(rows).set_index("covariate")


def gap_within(
    treated: Bools, index: pd.Index, pairs: pd.DataFrame | None, strata: pd.Series | None
) -> Callable[[Array], float]:
    """Choose what measures the gap within matched sets: pairs, strata, or nothing for weights.

    Parameters
    ----------
    treated : array of bool, shape (n,)
    index : Index
        Units in the order of the columns.
    pairs : DataFrame, optional
        ``focal``, ``partner``: labels of the units.
    strata : Series, optional
        Set of each unit, in the same order; missing for none.
    """
    if pairs is not None and len(pairs):
        one, two = index.get_indexer(pd.Index(pairs["focal"])), index.get_indexer(pd.Index(pairs["partner"]))
        return lambda x: pair_gap(x, one, two)
    if strata is None or strata.isna().all():
        return lambda x: float("nan")
    code = np.asarray(pd.factorize(strata)[0], dtype=np.intp)
    return lambda x: stratum_gap(x, treated, code)


def check_limit(limit: float) -> None:
    """Refuse a limit that is no number above 0.

    Raises
    ------
    OptionError
        For anything else.
    """
    if isinstance(limit, bool) or not isinstance(limit, (int, float, np.number)) or not 0 < limit < np.inf:
        raise OptionError(f"limit must be a number above 0, such as 0.1, not {limit!r}.")


def balance_table(
    design: Design, limit: float = 0.1, squares: bool = False, interactions: Interactions = ()
) -> BalanceTable:
    """Make the balance table of a design.

    Standardised differences are divided by the SD before matching (programme for the ATT, comparison for the ATC,
    both for others), so that before and after share one yardstick.

    Parameters
    ----------
    design : Design
    limit : float
        Largest standardised mean difference that counts as balanced.
    squares : bool
        Also squares of covariates of more than two values.
    interactions : sequence of pairs of str, or "all"
        Also products of these covariates, such as ``[("age", "sen")]``; a category stands for all its levels.

    Raises
    ------
    OptionError
        For an unknown covariate or a limit that is no number above 0.

    References
    ----------
    Stuart (2010), Statistical Science 25; Rubin (2001), Health Services and Outcomes Research Methodology 2, for the
    thresholds. Agrees with MatchIt's summary, to rounding.

    Examples
    --------
    >>> from wlz_eval.attribution import match
    >>> data = pd.DataFrame({"programme": [1, 1, 0, 0, 0, 0], "age": [6, 8, 3, 6, 7.5, 2]}, index=list("abcdef"))
    >>> table = balance_table(match("programme ~ age", data), squares=True)
    >>> table.covariates["smd_after"].round(3).to_dict()
    {'age': 0.177, 'age squared': 0.196}
    """
    check_limit(limit)
    treated = design.treatment.to_numpy(dtype=bool)
    columns = derived_columns(design.covariates.balance, design.covariates.kinds, squares, interactions)
    distance = design.distance.to_numpy(dtype=float)
    first = [] if np.isnan(distance).any() else [("distance", "distance", distance)]
    data = balance_columns(
        itertools.chain(first, columns),
        Sides.of(treated, design.weights.to_numpy(dtype=float)),
        gap_within(treated, design.weights.index, design.pairs, design.strata),
        design.spec.estimand,
        limit,
    )
    return BalanceTable(data=data, limit=limit, sizes=design.sizes)

