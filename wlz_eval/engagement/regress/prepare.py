"""The columns of a regression: covariates as numbers, columns that add something, names that must exist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.inference import independent_columns

__all__ = [
    "ALIKE",
    "FEWEST_CHILDREN",
    "Prepared",
    "covariate_columns",
    "kept_columns",
    "nearly_all_alike",
    "prepare",
    "require_columns",
]

Array = npt.NDArray[np.float64]

#: Fewest children for which a slope is estimated at all: a line through fewer says nothing.
FEWEST_CHILDREN = 20
#: Fewest children who must differ from the most common dose: a slope on fewer would be about those few.
FEWEST_APART = 10
#: Why nothing can be said then, in words.
ALIKE = "All but a few children had the same dose, so nothing can be said about more or less of it."
#: Most levels that an ordered outcome may have; a finer scale is for the linear model.
MOST_LEVELS = 12


def covariate_columns(data: pd.DataFrame, covariates: Sequence[str]) -> pd.DataFrame:
    """Covariates as numbers: words become indicators; a missing value becomes the mean and an indicator."""
    parts = []
    for name in covariates:
        column = data[name]
        if pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column):
            values = column.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
            known = np.isfinite(values)
            block = pd.DataFrame(
                {name: np.where(known, values, values[known].mean() if known.any() else 0.0)},
                index=data.index,
            )
            if not known.all():
                block[f"{name} (missing)"] = (~known).astype(float)
        else:
            words = column.astype("object").where(column.notna(), "(missing)").astype(str)
            block = pd.get_dummies(words, prefix=name, prefix_sep="=", dtype=float).iloc[:, 1:]
        parts.append(block)
    return pd.concat(parts, axis=1) if parts else pd.DataFrame(index=data.index)


def kept_columns(X: pd.DataFrame) -> np.ndarray:
    """Which columns add something to those before them."""
    return independent_columns(X.to_numpy())


def require_columns(data: pd.DataFrame, names: Sequence[str]) -> None:
    """Refuse a name that is no column of the data, and offer the nearest."""
    for name in names:
        if name not in data:
            raise OptionError(f"The data have no column {name!r}. {suggestion(name, [str(c) for c in data.columns])}")


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """The rows and columns of one regression, sorted by child, before schools enter.

    Parameters
    ----------
    outcome, exposure, school_column : str
        Columns of the data.
    baseline : str or None
    covariates : tuple of str
        What is adjusted for, the baseline among it.
    X : DataFrame, shape (n, p)
        ``constant``, the covariates as numbers, and the exposure last.
    y : array, shape (n,)
        The outcome; for the ordered model the number of its level, from 0.
    school : array of str, shape (n,)
    levels : tuple of str
        Names of the levels of an outcome that is not a number, lowest first.
    n_left_out : int
        Children without outcome, dose, school or baseline.
    reason : str
        Why nothing can be estimated; empty when something can.
    """

    outcome: str
    exposure: str
    school_column: str
    baseline: str | None
    covariates: tuple[str, ...]
    X: pd.DataFrame
    y: Array
    school: npt.NDArray[np.str_]
    levels: tuple[str, ...]
    n_left_out: int
    reason: str

    @property
    def n_schools(self) -> int:
        """Schools with a child in the regression."""
        return len(np.unique(self.school))


def _by_child(data: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Sort rows by child, so that their order in a file changes no digit."""
    if "child_id" in data:
        return data.sort_values("child_id", kind="stable", key=lambda c: c.astype(str))
    if data.index.is_unique:
        return data.sort_index(kind="stable")
    return data.sort_values(list(columns), kind="stable", key=lambda c: c.astype(str))


def _numbers(data: pd.DataFrame, name: str, what: str) -> Array:
    column = data[name]
    if not (pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column)):
        raise OptionError(f"The {what} {name!r} holds words. Give a column of numbers.")
    values: Array = np.asarray(column.astype("Float64").to_numpy(dtype=float, na_value=np.nan), dtype=np.float64)
    if np.isinf(values).any():
        raise OptionError(f"The {what} {name!r} holds infinite values. Correct them, or leave those children out.")
    return values


def _levels(column: pd.Series, name: str, model: str) -> tuple[Array, tuple[str, ...]]:
    """Levels of an outcome that is no measurement, as numbers from 0 and as names."""
    known = column.dropna()
    if isinstance(known.dtype, pd.CategoricalDtype) and known.cat.ordered:
        held = [c for c in known.cat.categories if (known == c).any()]
    elif pd.api.types.is_bool_dtype(known) or pd.api.types.is_numeric_dtype(known):
        held = sorted(known.unique())
    else:
        raise OptionError(
            f"The outcome {name!r} holds words without an order. Give numbers, or an ordered category (lowest first)."
        )
    most = 2 if model == "logistic" else MOST_LEVELS
    if len(held) > most:
        other = "ordered (for levels) or linear (for a score)" if model == "logistic" else "linear"
        raise OptionError(
            f"The {model} model takes an outcome of at most {most} levels; {name!r} has {len(held)}. "
            f"Use model {other}."
        )
    place = {level: float(i) for i, level in enumerate(held)}
    codes = column.astype(object).map(place)
    return codes.to_numpy(dtype=float, na_value=np.nan), tuple(_level_name(v) for v in held)


def _level_name(value: object) -> str:
    return f"{value:g}" if isinstance(value, (float, np.floating)) else str(value)


def prepare(
    data: pd.DataFrame,
    outcome: str,
    exposure: str,
    covariates: Sequence[str] = (),
    baseline: str | None = None,
    school: str = "school_id",
    model: str = "linear",
) -> Prepared:
    """Pick the children and make the columns of a regression.

    Children without outcome, dose, school or baseline are left out; a covariate that is missing becomes its mean, with
    an indicator beside it.

    Raises
    ------
    OptionError
        For a column that is not there, is not of numbers, or is given for two things at once.
    """
    adjust = list(dict.fromkeys([*([baseline] if baseline else []), *(c for c in covariates if c != baseline)]))
    require_columns(data, [outcome, exposure, school, *adjust])
    if outcome == exposure:
        raise OptionError(f"{outcome!r} is given as outcome and as dose. Give two different columns.")
    if outcome in adjust:
        raise OptionError(f"The outcome {outcome!r} is among the covariates. Leave it out of them.")
    ordered = _by_child(data, [outcome, exposure, school, *adjust])
    levels: tuple[str, ...] = ()
    if model == "linear":
        y = _numbers(ordered, outcome, "outcome")
    else:
        y, levels = _levels(ordered[outcome], outcome, model)
    needed = {"_outcome": y, "_dose": _numbers(ordered, exposure, "dose")}
    if baseline:
        needed["_baseline"] = _numbers(ordered, baseline, "baseline")
    known = np.isfinite(np.column_stack(list(needed.values()))).all(axis=1) & ordered[school].notna().to_numpy()
    used = ordered[known]
    X = pd.DataFrame({"constant": 1.0}, index=used.index).join(covariate_columns(used, adjust))
    if exposure not in X:
        X[exposure] = needed["_dose"][known]
    if exposure in adjust:
        X = X[[c for c in X.columns if c != exposure] + [exposure]]
    why = _why_not(X, y[known], exposure, exposure in adjust, baseline, needed)
    return Prepared(
        outcome=outcome,
        exposure=exposure,
        school_column=school,
        baseline=baseline,
        covariates=tuple(adjust),
        X=X,
        y=y[known],
        school=used[school].astype(str).to_numpy(dtype=str),
        levels=levels,
        n_left_out=int((~known).sum()),
        reason=why,
    )


def nearly_all_alike(dose: Array) -> bool:
    """Whether so few children differ from the most common dose that a slope would be about those few.

    Examples
    --------
    >>> nearly_all_alike(np.array([0.0] * 80 + [1.0, 2.0])), nearly_all_alike(np.arange(40.0))
    (True, False)
    """
    return len(dose) - int(np.unique(dose, return_counts=True)[1].max(initial=0)) < FEWEST_APART


def _why_not(
    X: pd.DataFrame, y: Array, exposure: str, is_covariate: bool, baseline: str | None, needed: dict[str, Array]
) -> str:
    """Say why no slope can be estimated; empty when one can. No digits: the words go into a page as they are."""
    if len(X) < FEWEST_CHILDREN:
        both = np.isfinite(needed["_outcome"]) & np.isfinite(needed["_dose"])
        if baseline and both.sum() >= FEWEST_CHILDREN:
            return "Too few children have the outcome's baseline, so nothing can be adjusted for where they began."
        return "Too few children have both the dose and the outcome to fit a line."
    dose = X[exposure]
    if dose.max() == dose.min():
        if dose.max() == 0:
            return "Every child had the same dose, none at all, so nothing can be said about more or less of it."
        return "Every child had the same dose, so nothing can be said about more or less of it."
    if nearly_all_alike(dose.to_numpy(dtype=float)):
        return ALIKE
    if y.max() == y.min():
        return "Every child had the same outcome, so nothing can go with it."
    if is_covariate:
        return "The dose is among the covariates, so it cannot be told apart from the covariates."
    if len(X) <= X.shape[1] + 2:
        return "There are too few children for so many covariates."
    if not kept_columns(X)[-1]:
        return "The dose cannot be told apart from the covariates."
    return ""
