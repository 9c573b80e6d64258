"""How one covariate is spread in each group, before and after: a binned table, and a picture drawn from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.core.errors import DesignError, OptionError, suggestion
from wlz_eval.core.figures import COLOURS, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from wlz_eval.attribution.design import Design

__all__ = ["distribution_table", "draw_distribution", "one_distance", "round_edges"]

Array = npt.NDArray[np.float64]
GROUPS = ("programme", "comparison")
TIMES = {"before": "Before matching", "after": "After matching"}


def one_distance(design: Design) -> Array:
    """Distance of a design that has one number a child.

    Raises
    ------
    DesignError
        When it has none.
    """
    values = design.distance.to_numpy(dtype=float)
    if np.isnan(values).any():
        raise DesignError(
            "This design has no distance that is one number a child (it matches on several covariates at once, or on "
            "none). Draw the covariates, by distribution_table."
        )
    return values


def _values(design: Design, column: str | pd.Series) -> Array:
    units = design.weights.index
    if isinstance(column, pd.Series):
        if not column.index.is_unique or len(units.difference(column.index)):
            raise OptionError("column must have exactly one value for each child of the design.")
        values = column.loc[units].to_numpy(dtype=float, na_value=np.nan)
    elif column == "distance":
        values = one_distance(design)
    else:
        known = design.covariates.balance
        if column not in known.columns:
            valid = [*map(str, known.columns), "distance"]
            raise OptionError(f"{column!r} is no covariate of this design. {suggestion(column, valid)}")
        values = known[column].to_numpy(dtype=float)
    if not np.isfinite(values).all():
        raise OptionError("column must be a finite number for every child of the design.")
    return values


def round_edges(low: float, high: float, bins: int) -> Array:
    """Cut a range at round numbers, into about so many steps: an edge that is a child's own value would tell of it.

    Examples
    --------
    >>> round_edges(71.3, 128.4, 10).tolist()
    [70.0, 80.0, 90.0, 100.0, 110.0, 120.0, 130.0]
    """
    raw = (high - low) / bins
    power = 10.0 ** np.floor(np.log10(raw))
    step = power * next(nice for nice in (1.0, 2.0, 2.5, 5.0, 10.0) if nice * power >= raw * (1 - 1e-9))
    edges = np.arange(np.floor(low / step + 1e-9), np.ceil(high / step - 1e-9) + 1) * step
    return np.asarray(np.round(edges, 12))


def _steps(values: Array, treated: npt.NDArray[np.bool_], bins: int) -> tuple[Array, Array, npt.NDArray[np.intp]]:
    """Find the ends of the steps and the step of each value; few values are each a step of their own."""
    distinct = np.unique(values)
    if len(distinct) <= bins:
        return distinct, distinct, np.searchsorted(distinct, values)
    # Far values would squeeze all others into one step. Programme children may be the far ones, so each group counts.
    low, high = np.array([np.quantile(values[side], [0.005, 0.995]) for side in (treated, ~treated)]).T
    ends = (low.min(), high.max()) if high.max() > low.min() else (distinct[0], distinct[-1])
    edges = round_edges(float(ends[0]), float(ends[1]), bins)
    step = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    return edges[:-1], edges[1:], step


def distribution_table(design: Design, column: str | pd.Series, bins: int = 10) -> pd.DataFrame:
    """Count the children of each group in steps of a covariate, before and after.

    Parameters
    ----------
    design : Design
    column : str or Series
        A column of the balance table, ``"distance"``, or a number for each child, such as a prognostic score.
    bins : int
        About so many steps of equal width between round numbers, over all but the farthest 0.5% of each group at
        either end, who are counted in the outer steps. A covariate of no more values has a step for each value.

    Returns
    -------
    DataFrame
        One row for each group, time and step: ``group`` (programme, comparison), ``when`` (before, after), ``low``,
        ``high`` (equal for single values), ``children``, ``n`` (of the group at that time), ``percent`` (share of
        the group, with weights after).

    Raises
    ------
    DesignError
        For the distance of a design that has none.
    OptionError
        For an unknown column, or bins that are no whole number of at least 2.

    Examples
    --------
    >>> from wlz_eval.attribution import match
    >>> data = pd.DataFrame({"programme": [1, 1, 0, 0, 0], "fsm": [1, 0, 1, 0, 0]}, index=list("abcde"))
    >>> distribution_table(match("programme ~ fsm", data), "fsm")["percent"].round(1).tolist()
    [50.0, 50.0, 66.7, 33.3, 50.0, 50.0, 50.0, 50.0]
    """
    if isinstance(bins, bool) or not isinstance(bins, (int, np.integer)) or bins < 2:
        raise OptionError(f"bins must be a whole number of at least 2, not {bins!r}.")
    values = _values(design, column)
    treated, weights = design.treatment.to_numpy(dtype=bool), design.weights.to_numpy(dtype=float)
    low, high, step = _steps(values, treated, int(bins))
    parts = []
    for when, w in (("before", np.ones(len(values))), ("after", weights)):
        for group, side in zip(GROUPS, (treated, ~treated), strict=True):
            rows = side & (w > 0)
            share = np.bincount(step[rows], weights=w[rows], minlength=len(low)) / w[rows].sum()
            children = np.bincount(step[rows], minlength=len(low))
            about = {"group": group, "when": when, "low": low, "high": high}
            parts.append(pd.DataFrame({**about, "children": children, "n": int(rows.sum()), "percent": 100 * share}))
    return pd.concat(parts, ignore_index=True)


def draw_distribution(table: pd.DataFrame, label: str = "") -> Figure:
    """Draw a distribution table: shares of each group, programme upwards and comparison downwards.

    Parameters
    ----------
    table : DataFrame
        As :func:`distribution_table` gives it, or as released: hidden shares are simply not drawn.
    label : str
        What is spread, with its unit, for the axis.
    """
    figure, axes = new_figure(1, 2, height=3.4, sharey=True)
    single = bool((table["low"] == table["high"]).all())
    for axis, (when, title) in zip(axes, TIMES.items(), strict=True):
        rows = table[table["when"] == when]
        for group, sign in zip(GROUPS, (1.0, -1.0), strict=True):
            _bars(axis, rows[rows["group"] == group], sign, group, single)
        axis.axhline(0, color=COLOURS["neutral"], linewidth=1)
        axis.set_title(title)
        axis.set_xlabel(label)
    if single:
        values = sorted(table["low"].unique())
        for axis in axes:
            axis.set_xticks(values, [f"{value:g}" for value in values])
    axes[0].set_ylabel("Share of the group (%)")
    axes[0].yaxis.set_major_formatter(lambda value, _: f"{abs(value):.0f}")
    return figure


def _bars(axis: Axes, rows: pd.DataFrame, sign: float, group: str, single: bool) -> None:
    """Draw the bars of one group, and its name on its own side."""
    low, high = rows["low"].to_numpy(dtype=float), rows["high"].to_numpy(dtype=float)
    gaps = np.diff(np.unique(low))
    width = np.full(len(low), 0.8 * gaps.min() if len(gaps) else 0.8) if single else (high - low) * 0.95
    share = rows["percent"].astype(float).fillna(0.0).to_numpy()
    axis.bar((low + high) / 2, sign * share, width=width, color=COLOURS[group])
    axis.text(
        0.98, 0.94 if sign > 0 else 0.03, group, transform=axis.transAxes, ha="right", color=COLOURS[group]
    )
