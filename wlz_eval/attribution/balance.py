"""Covariate balance: pure functions of columns, one table before and after, one picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.core.figures import COLOURS, new_figure
from wlz_eval.core.result import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from wlz_eval.attribution.design import Design

__all__ = [
    "BalanceTable",
    "balance_table",
    "ecdf_gaps",
    "love_plot",
    "pair_gap",
    "standardising_sd",
    "stratum_gap",
    "variance_ratio",
    "weighted_mean",
    "weighted_variance",
]

Array = npt.NDArray[np.float64]


def weighted_mean(x: Array, w: Array) -> float:
    """Mean with weights.

    Examples
    --------
    >>> weighted_mean(np.array([1.0, 3.0]), np.array([3.0, 1.0]))
    1.5
    """
    return float((w * x).sum() / w.sum())


def weighted_variance(x: Array, w: Array) -> float:
    """Variance with weights that say how much, not how often: sum of w(x - m)^2 / (1 - sum of w^2), w adding to 1.

    Examples
    --------
    >>> round(weighted_variance(np.array([1.0, 2.0, 3.0]), np.ones(3)), 6)
    1.0
    """
    share = w / w.sum()
    spare = 1.0 - float((share**2).sum())
    return float((share * (x - (share * x).sum()) ** 2).sum()) / spare if spare > 1e-12 else float("nan")


def standardising_sd(x: Array, treated: npt.NDArray[np.bool_], estimand: str, binary: bool) -> float:
    """SD by which mean differences are divided, before matching: of the focal group, or of both for the ATE.

    The variance of a yes/no column is p(1-p); for the ATE the two groups' variances are averaged.

    Examples
    --------
    >>> standardising_sd(np.array([0.0, 1.0, 0.0, 1.0]), np.array([True, True, False, False]), "ATT", True)
    0.5
    """
    groups = {"ATT": [treated], "ATC": [~treated]}.get(estimand, [treated, ~treated])
    return float(np.sqrt(np.mean([_plain_variance(x[group], binary) for group in groups])))


def _plain_variance(x: Array, binary: bool) -> float:
    if binary:
        return float(x.mean() * (1 - x.mean()))
    return float(x.var(ddof=1)) if len(x) > 1 else float("nan")


def variance_ratio(x: Array, treated: npt.NDArray[np.bool_], w: Array) -> float:
    """Variance in the programme group over variance in the comparison group, with weights."""
    below = weighted_variance(x[~treated], w[~treated])
    return weighted_variance(x[treated], w[treated]) / below if below > 0 else float("nan")


def ecdf_gaps(x: Array, treated: npt.NDArray[np.bool_], w: Array) -> tuple[float, float]:
    """Mean and largest gap between the two weighted cumulative distributions, over the distinct values.

    The largest is the Kolmogorov-Smirnov statistic. For a yes/no column both are the gap in shares.

    Examples
    --------
    >>> ecdf_gaps(np.array([1.0, 2, 3, 4]), np.array([True, True, False, False]), np.ones(4))
    (0.5, 1.0)
    """
    values, position = np.unique(x, return_inverse=True)
    signed = np.where(treated, w / w[treated].sum(), -w / w[~treated].sum())
    gap = np.abs(np.cumsum(np.bincount(position, weights=signed, minlength=len(values))))
    if len(values) <= 2:
        return float(gap[0]), float(gap[0])
    return float(gap.mean()), float(gap.max())


def pair_gap(x: Array, focal: npt.NDArray[np.intp], partner: npt.NDArray[np.intp]) -> float:
    """Mean absolute difference within pairs."""
    return float(np.abs(x[focal] - x[partner]).mean()) if len(focal) else float("nan")


def stratum_gap(x: Array, treated: npt.NDArray[np.bool_], code: npt.NDArray[np.intp]) -> float:
    """Mean absolute difference over all programme-comparison pairs of the same stratum (-1 for none).

    By sorting, so that n units cost n log n however large the strata.

    Examples
    --------
    >>> stratum_gap(np.array([1.0, 2.0, 4.0]), np.array([True, False, False]), np.array([0, 0, 0]))
    2.0
    """
    inside = np.flatnonzero(code >= 0)
    order = inside[np.lexsort((x[inside], code[inside]))]
    value, one, group = x[order], treated[order], code[order]
    first = np.searchsorted(group, group, side="left")
    total = pairs = 0.0
    for mine in (one, ~one):
        # Whoever of the other group stands before, in the same stratum, is smaller by the difference.
        number = np.concatenate([[0], np.cumsum(~mine)])
        summed = np.concatenate([[0.0], np.cumsum(np.where(mine, 0.0, value))])
        at = np.flatnonzero(mine)
        before = number[at] - number[first[at]]
        total += float((before * value[at] - (summed[at] - summed[first[at]])).sum())
        pairs += float(before.sum())
    return total / pairs if pairs else float("nan")


def _ratio(difference: float, sd: float) -> float:
    """Divide by the SD; nothing over nothing is no difference."""
    if sd > 0:
        return difference / sd
    return 0.0 if abs(difference) < 1e-12 else float(np.copysign(np.inf, difference))


@dataclass(frozen=True, repr=False)
class BalanceTable(Result):
    """Balance before and after matching.

    Parameters
    ----------
    data : DataFrame
        One row a covariate (each level of a factor; missing markers; the distance first), columns ``kind``,
        then for ``before`` and ``after``: ``programme_mean``, ``comparison_mean``, ``difference``, ``smd``,
        ``variance_ratio``, ``ecdf_mean``, ``ecdf_max``, and ``pair_distance_after``.
    limit : float
        Largest standardised mean difference that counts as balanced.
    """

    data: pd.DataFrame
    limit: float
    title: str = "Balance before and after matching"

    @property
    def covariates(self) -> pd.DataFrame:
        """The rows that are covariates, without the distance."""
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

    def table(self) -> pd.DataFrame:
        """Return the table, one row a covariate."""
        return self.data.copy()

    def plot(self) -> Figure:
        """Draw the love plot."""
        return love_plot(self.data.reset_index(), self.limit)


def _one_side(x: Array, treated: npt.NDArray[np.bool_], w: Array, sd: float, plain: bool) -> dict[str, float]:
    one, none = weighted_mean(x[treated], w[treated]), weighted_mean(x[~treated], w[~treated])
    mean_gap, largest_gap = ecdf_gaps(x, treated, w)
    return {
        "programme_mean": one,
        "comparison_mean": none,
        "difference": one - none,
        "smd": _ratio(one - none, sd),
        "variance_ratio": float("nan") if plain else variance_ratio(x, treated, w),
        "ecdf_mean": mean_gap,
        "ecdf_max": largest_gap,
    }


def balance_columns(
    columns: pd.DataFrame,
    kinds: Mapping[str, str],
    treated: npt.NDArray[np.bool_],
    weights: Array,
    gap_within: Callable[[Array], float],
    estimand: str,
) -> pd.DataFrame:
    """Compute the balance of each column, before and after; see :class:`BalanceTable`."""
    rows = []
    one = np.ones(len(columns))
    for name in columns.columns:
        x = columns[name].to_numpy(dtype=float)
        plain = kinds[name] in ("binary", "level", "missing")
        sd = standardising_sd(x, treated, estimand, plain)
        before = {f"{k}_before": v for k, v in _one_side(x, treated, one, sd, plain).items()}
        after = {f"{k}_after": v for k, v in _one_side(x, treated, weights, sd, plain).items()}
        gap = _ratio(gap_within(x), sd)
        rows.append({"covariate": name, "kind": kinds[name], **before, **after, "pair_distance_after": gap})
    return pd.DataFrame(rows).set_index("covariate")


def _gap_within(design: Design, treated: npt.NDArray[np.bool_]) -> Callable[[Array], float]:
    """Choose what measures the gap within matched sets: pairs, strata, or nothing for weights."""
    if len(design.pairs):
        one = design.weights.index.get_indexer(design.pairs["focal"])
        two = design.weights.index.get_indexer(design.pairs["partner"])
        return lambda x: pair_gap(x, one, two)
    code = design.strata.to_numpy(dtype=float, na_value=-1.0).astype(np.intp)
    return lambda x: stratum_gap(x, treated, code)


def balance_table(design: Design, limit: float = 0.1) -> BalanceTable:
    """Make the balance table of a design.

    Parameters
    ----------
    design : Design
    limit : float
        Largest standardised mean difference that counts as balanced.
    """
    columns = design.covariates.balance
    if design.distance.notna().all():
        columns = pd.concat([design.distance.rename("distance"), columns], axis=1)
    treated = design.treatment.to_numpy(dtype=bool)
    data = balance_columns(
        columns,
        {"distance": "distance", **design.covariates.kinds},
        treated,
        design.weights.to_numpy(dtype=float),
        _gap_within(design, treated),
        design.spec.estimand,
    )
    return BalanceTable(data=data, limit=limit)


def love_plot(table: pd.DataFrame | BalanceTable, limit: float = 0.1) -> Figure:
    """Draw standardised mean differences before and after matching, one line a covariate.

    Parameters
    ----------
    table : DataFrame or BalanceTable
        Columns ``covariate``, ``smd_before``, ``smd_after``; rows with missing values are not drawn.
    limit : float
        Where the band of good balance ends.
    """
    if isinstance(table, BalanceTable):
        limit = table.limit
        table = table.data.reset_index()
    rows = table[table.get("kind", pd.Series("", index=table.index)) != "distance"]
    rows = rows.dropna(subset=["smd_before", "smd_after"], how="all")
    rows = rows.iloc[np.argsort(rows["smd_before"].abs().fillna(0).to_numpy(), kind="stable")]
    figure, axes = new_figure(height=max(2.2, 0.8 + 0.27 * len(rows)))
    y = np.arange(len(rows))
    axes.axvspan(-limit, limit, color="#EFEFEF", zorder=0)
    axes.axvline(0, color=COLOURS["neutral"], linewidth=1)
    axes.hlines(y, rows["smd_before"], rows["smd_after"], color=COLOURS["light"], linewidth=1.2)
    axes.scatter(
        rows["smd_before"],
        y,
        marker="o",
        facecolors="white",
        edgecolors=COLOURS["bad"],
        zorder=3,
        label="before matching",
    )
    axes.scatter(
        rows["smd_after"], y, marker="D", color=COLOURS["programme"], zorder=4, label="after matching"
    )
    axes.set_yticks(y, rows["covariate"].astype(str))
    axes.set_xlabel("Difference between the groups, in standard deviations")
    axes.legend(loc="lower right")
    axes.grid(axis="y", visible=False)
    return figure
