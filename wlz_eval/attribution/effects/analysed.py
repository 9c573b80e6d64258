"""The children an effect is estimated on: known outcomes, weights, covariates and clusters, in the order of labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.attribution.covariates import fill_missing
from wlz_eval.attribution.design import Design
from wlz_eval.core.errors import DesignError, OptionError, suggestion

__all__ = [
    "Analysed",
    "Cluster",
    "Crossed",
    "analysed_children",
    "as_numbers",
    "in_label_order",
    "known_outcome",
    "known_treatment",
    "one_column",
    "outcome_clusters",
    "outcome_values",
]

#: Column of schools, ``"pair"``, None for independent children, or two of them (``"unit"`` being the child).
Cluster = str | tuple[str, str] | None

#: No measurement is larger; squares of larger numbers would run over.
LARGEST = 1e100
SCHOOL_NOT_KNOWN = "(school not known)"


@dataclass(frozen=True)
class Crossed:
    """Two groupings at once, one row for each pair that a child serves in.

    Parameters
    ----------
    child : array of int, shape (r,)
        Position of the child of each row.
    one, two : array, shape (r,)
        Labels of the two groupings.
    weights : array, shape (r,)
        The child's weight, divided among its rows.
    """

    child: npt.NDArray[np.intp]
    one: npt.NDArray[Any]
    two: npt.NDArray[Any]
    weights: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Analysed:
    """The children with a known outcome and a weight above zero.

    Parameters
    ----------
    outcome : str
    y, weights : Series
        Outcome and weight, indexed by child.
    treated : array of bool
        Programme children.
    covariates : DataFrame
        Covariates of the outcome model.
    clusters : Series or None
        Cluster of each child.
    clustering : str
        What the clusters are, in a word.
    missing : tuple of int
        Programme and comparison children of the design whose outcome is not known.
    notes : tuple of str
    crossed : Crossed, optional
        The two groupings of a two-way variance; `clusters` are then those that are neither pairs nor children.
    """

    outcome: str
    y: pd.Series
    weights: pd.Series
    treated: npt.NDArray[np.bool_]
    covariates: pd.DataFrame
    clusters: pd.Series | None
    clustering: str
    missing: tuple[int, int]
    notes: tuple[str, ...] = ()
    crossed: Crossed | None = None

    def of(self, rows: npt.NDArray[np.bool_]) -> Analysed:
        """Only some of the children."""
        return Analysed(
            outcome=self.outcome,
            y=self.y[rows],
            weights=self.weights[rows],
            treated=self.treated[rows],
            covariates=self.covariates[rows],
            clusters=None if self.clusters is None else self.clusters[rows],
            clustering=self.clustering,
            missing=self.missing,
            notes=self.notes,
        )


def in_label_order(units: pd.Index) -> pd.Index:
    """Sort units by label, so that the order of rows changes nothing, to the last bit."""
    if units.is_monotonic_increasing:
        return units
    try:
        return units.sort_values()
    except TypeError:  # labels of several types
        return units[np.argsort(units.astype(str).to_numpy(dtype=object), kind="stable")]


def known_treatment(treatment: pd.Series) -> pd.Series:
    """Who is a programme child, of whom that is known.

    Raises
    ------
    OptionError
        When it is no Series.
    DesignError
        When it is missing for somebody, holds anything but 0 and 1, or a child stands twice.
    """
    if not isinstance(treatment, pd.Series):
        raise OptionError(f"treatment must be a Series, indexed by child, not {type(treatment).__name__}.")
    unknown = int(treatment.isna().sum())
    if unknown:
        raise DesignError(f"treatment is missing for {unknown:,} children. It must be 0 or 1 for each.")
    if not treatment.isin([0, 1]).all():
        raise DesignError("treatment must be 1 for programme and 0 for comparison children; it holds other values.")
    if not treatment.index.is_unique:
        raise DesignError("treatment has several rows for one child. Each child must have exactly one.")
    return treatment.astype(bool)


def outcome_values(outcomes: pd.DataFrame, outcome: str, units: pd.Index) -> pd.Series:
    """Outcome of each unit as a number; missing where it is not known.

    Raises
    ------
    OptionError
        When there is no such column, or it holds no numbers.
    DesignError
        When a unit is not among the rows, or has several; when a number is infinite.
    """
    column = one_column(outcomes, "Outcome", outcome)
    if not outcomes.index.is_unique:
        raise DesignError("The outcomes have several rows for one child. Each child must have exactly one.")
    absent = units.difference(outcomes.index)
    if len(absent):
        raise DesignError(
            f"{len(absent):,} children of the design are not in the outcomes, such as {absent[0]!r}."
        )
    return as_numbers(column.loc[units], "Outcome", outcome)


def one_column(outcomes: pd.DataFrame, what: str, name: object, more: Sequence[str] = ()) -> pd.Series:
    """Column of a table, by a name that must be there, and once.

    Raises
    ------
    OptionError
    """
    if not isinstance(outcomes, pd.DataFrame):
        raise OptionError(f"outcomes must be a DataFrame, one row a child, not {type(outcomes).__name__}.")
    if not isinstance(name, str) or name not in outcomes.columns:
        columns = [*more, *map(str, outcomes.columns)]
        raise OptionError(f"{what} {name!r} is not a column. {suggestion(str(name), columns)}")
    column = outcomes[name]
    if isinstance(column, pd.DataFrame):
        raise OptionError(f"The outcomes have {column.shape[1]} columns called {name!r}. Each name must stand once.")
    return column


def as_numbers(column: pd.Series, what: str, name: str) -> pd.Series:
    """Numbers of a column, missing where not known; yes and no are 1 and 0.

    Raises
    ------
    OptionError
        When it holds dates, words, or anything else that is no number.
    DesignError
        When a number is infinite, or too large to be a measurement.
    """
    kind = column.dtype
    dates = pd.api.types.is_datetime64_any_dtype(kind) or pd.api.types.is_timedelta64_dtype(kind)
    try:
        if dates or pd.api.types.is_complex_dtype(kind):
            raise ValueError
        numbers = column.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        held = ", ".join(repr(v) for v in column.dropna().unique()[:3])
        raise OptionError(
            f"{what} {name!r} does not hold numbers but {kind}, such as {held}. Code it as numbers first (1 and 0 for "
            "yes and no)."
        ) from None
    wild = np.abs(numbers) > LARGEST
    if wild.any():
        raise DesignError(
            f"{what} {name!r} is infinite, or too large for a measurement, for {int(wild.sum()):,} children. Correct "
            "these, or make them missing."
        )
    return pd.Series(numbers, index=column.index)


def known_outcome(
    outcomes: pd.DataFrame, outcome: str, units: pd.Index, treated: pd.Series
) -> tuple[pd.Series, tuple[int, int]]:
    """Outcome of the units who have one, and how many of each group have none."""
    y = outcome_values(outcomes, outcome, in_label_order(units))
    gone = y.isna()
    side = treated.loc[y.index]
    y = y[~gone]
    for mask, group in ((side, "programme"), (~side, "comparison")):
        if (mask & ~gone).sum() < 2:
            raise DesignError(f"Fewer than two {group} children of the design have a known {outcome}.")
    return y, (int((gone & side).sum()), int((gone & ~side).sum()))


def outcome_clusters(
    cluster: str | None, outcomes: pd.DataFrame, units: pd.Index, strata: pd.Series | None, notes: list[str]
) -> tuple[pd.Series | None, str]:
    """Cluster of each unit, and what the clusters are called; a note is added where schools are not known."""
    if cluster is None:
        return None, ""
    if cluster == "pair":
        if strata is None or strata.loc[units].isna().any():
            raise OptionError(
                "cluster 'pair' needs a design without replacement. Cluster by school, or not at all."
            )
        return strata.loc[units].astype(int), "pair"
    labels = one_column(outcomes, "cluster", cluster, more=("pair",)).loc[units]
    unknown = int(labels.isna().sum())
    if unknown:
        notes.append(f"School not known for {unknown:,} children: treated as one school.")
    known = labels.astype(object).where(labels.notna(), SCHOOL_NOT_KNOWN).astype(str)
    return known, cluster.removesuffix("_id")


def analysed_children(
    design: Design,
    outcomes: pd.DataFrame,
    outcome: str,
    *,
    cluster: Cluster,
    baseline: str | None = None,
) -> Analysed:
    """Collect the children of a design whose outcome is known.

    Parameters
    ----------
    design : Design
    outcomes : DataFrame
        Indexed by child.
    outcome, cluster, baseline : str
        As in :func:`wlz_eval.attribution.effects.estimate_effect`.
    """
    if not isinstance(design, Design):
        raise OptionError(f"design must be a Design, as match() and weight() make it, not {type(design).__name__}.")
    if baseline == outcome:
        raise OptionError(f"{outcome!r} cannot be its own baseline. Give the column of the wave before the programme.")
    notes: list[str] = []
    used = design.weights.index[design.weights.to_numpy() > 0]
    y, missing = known_outcome(outcomes, outcome, used, design.treatment)
    treated = design.treatment.loc[y.index].to_numpy(dtype=bool)
    covariates = design.covariates.model.loc[y.index]
    if baseline is not None and baseline not in design.formula.columns:
        covariates = _with_baseline(covariates, outcomes, baseline, treated, notes)
    weights = design.weights.loc[y.index].astype(float)
    crossed = None
    if isinstance(cluster, tuple | list):
        crossed, clusters = _crossed(design, cluster, outcomes, weights, notes)
        clustering = " and ".join(name.removesuffix("_id") for name in cluster)
    else:
        clusters, clustering = outcome_clusters(cluster, outcomes, y.index, design.strata, notes)
    return Analysed(
        outcome=outcome,
        y=y,
        weights=weights,
        treated=treated,
        covariates=covariates,
        clusters=clusters,
        clustering=clustering,
        missing=missing,
        notes=tuple(notes),
        crossed=crossed,
    )


def _pair_rows(design: Design, weights: pd.Series) -> pd.DataFrame:
    """One row for each pair that a child serves in: ``child``, ``pair``, and its part of the child's weight."""
    pairs = design.pairs
    if not len(pairs):
        raise OptionError(f"Method {design.spec.method!r} makes no pairs. Cluster by school, or not at all.")
    focal = pairs[["focal", "pair"]].drop_duplicates().set_axis(["child", "pair"], axis=1).assign(part=1.0)
    partner = pairs[["partner", "pair", "weight"]].set_axis(["child", "pair", "part"], axis=1)
    rows = pd.concat([focal, partner], ignore_index=True)
    rows = rows[rows["child"].isin(weights.index)]
    total = rows.groupby("child")["part"].transform("sum")
    rows["part"] = rows["part"] / total * weights.loc[rows["child"]].to_numpy()
    return rows.assign(child=weights.index.get_indexer(pd.Index(rows["child"]))).sort_values(["child", "pair"])


def _crossed(
    design: Design, cluster: tuple[str, str], outcomes: pd.DataFrame, weights: pd.Series, notes: list[str]
) -> tuple[Crossed, pd.Series | None]:
    """Lay out two groupings, and return the clusters of one of them that are neither pairs nor children."""
    named = len(cluster) == 2 and all(isinstance(name, str) for name in cluster)
    if not named or cluster[0] == cluster[1]:
        raise OptionError(f"Two-way clusters are two different names, such as ('pair', 'school_id'), not {cluster!r}.")
    if "pair" in cluster:
        rows = _pair_rows(design, weights)
    else:
        rows = pd.DataFrame({"child": np.arange(len(weights)), "part": weights.to_numpy()})
    child, clusters = rows["child"].to_numpy(dtype=np.intp), None
    labels = []
    for name in cluster:
        if name == "pair":
            labels.append(rows["pair"].to_numpy())
        elif name == "unit":
            labels.append(child)
        else:
            clusters = outcome_clusters(name, outcomes, weights.index, None, notes)[0]
            assert clusters is not None
            labels.append(clusters.to_numpy()[child])
    return Crossed(child=child, one=labels[0], two=labels[1], weights=rows["part"].to_numpy(dtype=float)), clusters


def _with_baseline(
    covariates: pd.DataFrame,
    outcomes: pd.DataFrame,
    baseline: str,
    treated: npt.NDArray[np.bool_],
    notes: list[str],
) -> pd.DataFrame:
    own = as_numbers(one_column(outcomes, "baseline", baseline).loc[covariates.index], "baseline", baseline)
    if own.isna().all():
        notes.append(f"{baseline} is not known for any of the children: not adjusted for.")
        return covariates
    filled, marker, note = fill_missing(own, treated, baseline)
    if note:
        notes.append(note)
    return pd.concat([covariates, filled.rename(baseline), *([] if marker is None else [marker])], axis=1)
