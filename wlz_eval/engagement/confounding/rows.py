"""The children of an analysis of confounding, in an order that is not the table's, with covariates as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.core.errors import OptionError
from wlz_eval.engagement.regress import FEWEST_CHILDREN
from wlz_eval.engagement.regress.prepare import (
    ALIKE,
    covariate_columns,
    kept_columns,
    nearly_all_alike,
    require_columns,
)
from wlz_eval.inference import RobustEstimates, cluster_robust, hc_robust, independent_columns

__all__ = ["Rows", "check_step", "gather", "robust_fit"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """Children with all that is needed, sorted by their values.

    Parameters
    ----------
    data : DataFrame
        The rows as given, sorted.
    dose : array, shape (n,)
    X : DataFrame, shape (n, p)
        Covariates as numbers, without columns that repeat others; no constant.
    groups : dict of str to list of str
        Columns of each covariate; a covariate that adds nothing to those before it is not there.
    school : array of str, shape (n,)
    dropped : tuple of str
        Covariates that vary no more, or say no more than those before them.
    """

    data: pd.DataFrame
    dose: Array
    X: pd.DataFrame
    groups: dict[str, list[str]]
    school: npt.NDArray[np.object_]
    dropped: tuple[str, ...]

    @property
    def n(self) -> int:
        """Children."""
        return len(self.dose)

    @property
    def n_schools(self) -> int:
        """Schools."""
        return len(set(self.school))

    @property
    def spread(self) -> pd.Series:
        """SD of each column of X."""
        return self.X.std(ddof=1)

    def least(self, column: str) -> int:
        """Children behind a number about one column of X: of the two sides of a yes or no the smaller, else all."""
        values = self.X[column]
        yes = int((values == 1).sum())
        return min(yes, self.n - yes) if set(values.unique()) <= {0.0, 1.0} else self.n

    def why_no_slope(self) -> str:
        """Say why nothing can be regressed on dose; empty when something can."""
        if self.n < FEWEST_CHILDREN:
            return "Too few children have the dose and what is needed beside it."
        if np.ptp(self.dose) == 0:
            return "Every child had the same dose, so nothing can be said about who had more or less of it."
        if nearly_all_alike(self.dose):
            return ALIKE
        if self.n <= self.X.shape[1] + 3:
            return "There are too few children for so many measures known at the start."
        both = np.column_stack([np.ones(self.n), self.X.to_numpy(), self.dose])
        if not independent_columns(both)[-1]:
            return "The dose follows wholly from what was known at the start and cannot be told apart from it."
        return ""

    def why_not(self) -> str:
        """Say why dose cannot be set against the covariates; empty when it can."""
        if self.n >= FEWEST_CHILDREN and np.ptp(self.dose) > 0 and not self.groups:
            return "Nothing known at the start varies between these children, so it cannot be set against the dose."
        return self.why_no_slope()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of the rows, in sentences."""
        said = []
        if self.dropped:
            names = ", ".join(self.dropped)
            said.append(f"Left out, because they do not vary or say no more than those before them: {names}.")
        if self.n_schools == 1:
            said.append("All children are in one school, so differences between schools cannot be allowed for.")
        return tuple(said)


def check_step(step: float) -> float:
    """Refuse a step of dose that is no number above zero."""
    number = isinstance(step, (int, float, np.number)) and not isinstance(step, bool)
    if not number or not np.isfinite(step) or not step > 0:
        raise OptionError(f"step must be a number above zero, not {step!r}.")
    return float(step)


def gather(
    data: pd.DataFrame, exposure: str, covariates: Sequence[str], school: str,
    outcome: str | None = None, baseline: str | None = None, within: bool = False,
) -> Rows:
    """Collect the children with dose and school (and outcome, and its baseline), and their covariates.

    Parameters
    ----------
    data : DataFrame
        One row a programme child.
    exposure : str
        Column with the dose.
    covariates : sequence of str
        Columns known at the start; a missing value becomes the mean, with an indicator beside it.
    school : str
    outcome : str, optional
        Children without it are left out.
    baseline : str, optional
        The outcome's own baseline, a covariate too. Children without it are left out.
    within : bool
        Put an indicator of each school in front of the covariates.

    Raises
    ------
    OptionError
        For a column that is not there, is asked for twice, or holds what is no number.
    """
    adjust = list(dict.fromkeys([*([baseline] if baseline else []), *covariates]))
    require_columns(data, [exposure, school, *([outcome] if outcome else []), *adjust])
    for role, name in (("dose", exposure), ("outcome", outcome)):
        if name in adjust:
            raise OptionError(f"Column {name!r} is the {role} and cannot be among what was known at the start.")
    if outcome == exposure:
        raise OptionError(f"Column {exposure!r} is named as both dose and outcome.")
    needed = [c for c in (exposure, outcome, baseline) if c]
    for name in needed:
        _check_numbers(data[name])
    used = data.dropna(subset=[*needed, school])
    used = _sorted(used, [*needed, *adjust], school)
    columns = {c: _columns(used, c) for c in adjust}
    blocks = [*([_schools(used, school)] if within else []), *columns.values()]
    X = pd.concat(blocks, axis=1) if blocks else pd.DataFrame(index=used.index)
    constant = pd.DataFrame({"(constant)": 1.0}, index=X.index)
    keep = kept_columns(constant.join(X))[1:] if len(X) else np.zeros(X.shape[1], dtype=bool)
    kept = set(X.columns[keep])
    groups = {c: [n for n in block.columns if n in kept] for c, block in columns.items()}
    return Rows(
        data=used,
        dose=used[exposure].to_numpy(dtype=float),
        X=X.loc[:, keep],
        groups={c: names for c, names in groups.items() if names},
        school=used[school].astype(str).to_numpy(dtype=object),
        dropped=tuple(c for c, names in groups.items() if not names),
    )


def _check_numbers(column: pd.Series) -> None:
    if not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)):
        raise OptionError(f"Column {column.name!r} must hold numbers; it holds {column.dtype}.")
    if np.isinf(column.astype("Float64").to_numpy(dtype=float, na_value=np.nan)).any():
        raise OptionError(f"Column {column.name!r} holds infinite values. Leave such cells empty.")


def _columns(used: pd.DataFrame, name: str) -> pd.DataFrame:
    """Columns of one covariate; a numeric one as floats, whatever its type."""
    if pd.api.types.is_numeric_dtype(used[name]):
        _check_numbers(used[name])
    return covariate_columns(used, [name])


def _schools(used: pd.DataFrame, school: str) -> pd.DataFrame:
    names = used[school].astype(str)
    return pd.get_dummies(names, prefix="(school)", dtype=float).iloc[:, 1:]


def _sorted(used: pd.DataFrame, names: list[str], school: str) -> pd.DataFrame:
    """Sort rows by all values that enter, so that sums run in one order whatever the order of the table."""
    keys: list[npt.NDArray[Any]] = [pd.factorize(used[school].astype(str), sort=True)[0]]
    for name in dict.fromkeys(names):
        column = used[name]
        numeric = pd.api.types.is_numeric_dtype(column)
        values = column.astype("Float64") if numeric else column.astype("object").where(column.notna(), "").astype(str)
        keys.append(
            values.to_numpy(dtype=float, na_value=np.nan) if numeric else pd.factorize(values, sort=True)[0]
        )
    return used.iloc[np.lexsort(keys[::-1])].reset_index(drop=True)


def robust_fit(
    X: pd.DataFrame, y: Array, school: npt.NDArray[np.object_], contrasts: dict[str, dict[str, float]],
    weights: Array | None = None,
) -> RobustEstimates:
    """Least squares with CR2 and Imbens-Kolesár degrees of freedom by school; HC3 where there is one school."""
    if len(set(school)) >= 2:
        return cluster_robust(X, y, school, weights, kind="CR2", df="ik", contrasts=contrasts)
    return hc_robust(X, y, weights, kind="HC3", contrasts=contrasts)
