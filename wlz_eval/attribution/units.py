"""The children of a design: which rows and columns may enter, in which order, and in which blocks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.attribution.covariates import MISSING_LEVEL, Covariates, make_covariates
from wlz_eval.attribution.formula import MatchingFormula, is_outcome_column, read_formula
from wlz_eval.core.errors import DesignError, OptionError, suggestion
from wlz_eval.measures.frame import AnalysisFrame

__all__ = ["Units", "column_codes", "label_order", "number_column", "plain_columns", "read_units", "unknown_notes"]

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.intp]
Labelled = TypeVar("Labelled", pd.Series, pd.DataFrame)
#: Squares of larger numbers overflow.
LARGEST = 1e100


@dataclass(frozen=True)
class Units:
    """Children ready for a design, sorted by label.

    Parameters
    ----------
    formula : MatchingFormula
    frame : DataFrame
        Baseline columns, one row a child, sorted by label.
    original : Index
        Labels in the order in which they were given.
    treated : array of bool, shape (n,)
    covariates : Covariates
    notes : tuple of str
        Who was left out for missing covariates.
    """

    formula: MatchingFormula
    frame: pd.DataFrame
    original: pd.Index
    treated: Bools
    covariates: Covariates
    notes: tuple[str, ...]

    @property
    def index(self) -> pd.Index:
        """Labels, sorted."""
        return self.frame.index

    @cached_property
    def _as_given(self) -> Ints | None:
        """Positions in the order in which the children were given; None when that is this order."""
        return None if self.index.equals(self.original) else self.index.get_indexer(self.original)

    def as_given(self, held: Labelled) -> Labelled:
        """Put rows back in the order in which the children were given."""
        return held if self._as_given is None else held.iloc[self._as_given]


def plain_frame(data: pd.DataFrame | AnalysisFrame) -> pd.DataFrame:
    """Take baseline columns only; refuse a frame that still holds outcomes, and labels that are not unique."""
    if isinstance(data, AnalysisFrame):
        data = data.data[["programme", *data.baseline_columns]]
    if not isinstance(data, pd.DataFrame):
        raise DesignError(f"The data must be an analysis frame or a DataFrame, not {type(data).__name__}.")
    if not data.columns.is_unique:
        twice = data.columns[data.columns.duplicated()][0]
        raise DesignError(f"Column {twice!r} stands in the data twice. Keep one of the two.")
    if data.index.nlevels > 1:
        raise DesignError("The index has several levels. Give each child one label.")
    late = [str(c) for c in data.columns if is_outcome_column(str(c))]
    if late:
        shown = ", ".join(late[:5]) + (", …" if len(late) > 5 else "")
        raise DesignError(
            f"The data hold outcomes ({shown}). A design is made before outcomes are looked at: give the analysis "
            "frame itself, or only its baseline columns."
        )
    if not data.index.is_unique:
        label = data.index[data.index.duplicated()][0]
        raise DesignError(f"Unit {label!r} has several rows. Each child must have exactly one.")
    if data.index.hasnans:
        raise DesignError("Some rows have no unit label. Give the data an index of child ids.")
    if data.index.inferred_type.startswith("mixed") and not data.index.astype(str).is_unique:
        raise DesignError("Some unit labels read the same (such as 1 and '1'). Give each child its own.")
    return data


def treatment_of(data: pd.DataFrame, column: str) -> Bools:
    values = data[column]
    if values.isna().any():
        raise DesignError(
            f"{column!r} is missing for {int(values.isna().sum()):,} children. It must be 0 or 1 for each."
        )
    if not values.isin([0, 1]).all():
        raise DesignError(
            f"{column!r} must be 1 for programme and 0 for comparison children; it holds other values."
        )
    treated = values.astype(float).to_numpy() == 1.0
    if not treated.any():
        raise DesignError(f"There is no programme child: {column!r} is 0 for every row.")
    if treated.all():
        raise DesignError(f"There is no comparison child: {column!r} is 1 for every row.")
    return treated


def label_order(index: pd.Index) -> Ints:
    """Positions of the units by label, shorter labels first: the order that settles every tie."""
    if pd.api.types.is_integer_dtype(index.dtype) and len(index) and index.min() >= 0:
        # Numbers stand in that order already.
        return np.argsort(index.to_numpy(), kind="stable")
    labels = index.astype(str)
    length = labels.str.len().to_numpy()
    if len(length) and np.ptp(length) == 0 and labels.is_monotonic_increasing:
        # A national file often comes sorted, and seeing that is ten times as fast as sorting.
        return np.arange(len(index))
    return np.lexsort((labels.to_numpy(dtype=object).astype(str), length))


def column_codes(data: pd.DataFrame, columns: tuple[str, ...], option: str) -> Ints:
    """Give each value of each column a number, shape (n, columns); not known is a value of its own.

    Raises
    ------
    OptionError
        When a column is not there; `option` names who asked for it.
    """
    codes = np.zeros((len(data), len(columns)), dtype=np.intp)
    for j, name in enumerate(columns):
        if name not in data.columns:
            raise OptionError(
                f"{option} names {name!r}, which is not a column. {suggestion(name, list(map(str, data.columns)))}"
            )
        values = data[name]
        text = values.astype(object).where(values.notna(), MISSING_LEVEL).astype(str)
        codes[:, j] = pd.factorize(text, sort=True)[0]
    return codes


def number_column(data: pd.DataFrame, name: str, option: str) -> npt.NDArray[np.float64]:
    """Values of a numeric column that is known for every child."""
    if name not in data.columns:
        raise OptionError(
            f"{option} names {name!r}, which is not a column. {suggestion(name, list(map(str, data.columns)))}"
        )
    try:
        values = data[name].to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise OptionError(f"{option} needs numbers in {name!r}. Ask for exact agreement on it instead.") from error
    if np.isinf(values).any():
        raise DesignError(f"{option} on {name!r}: the column holds infinite values. Mend them.")
    if np.isnan(values).any():
        raise DesignError(
            f"{option} on {name!r}: {int(np.isnan(values).sum()):,} children have no value there. Use a column that is "
            "known for every child, or leave those children out."
        )
    return values


def _complete(frame: pd.DataFrame, formula: MatchingFormula, missing: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Deal with missing covariates as asked: keep, drop with a count, or refuse."""
    gaps = frame[list(formula.columns)].isna()
    lacking = gaps.any(axis=1)
    if missing == "indicator" or not lacking.any():
        return frame, ()
    named = ", ".join(f"{name} ({int(n):,})" for name, n in gaps.sum().items() if n)
    if missing == "raise":
        raise DesignError(
            f"Covariates are missing for some children: {named}. Fill them, use missing='indicator' to keep these "
            "children with a marker, missing='drop' to leave them out, or several imputations (match_imputed)."
        )
    for group, word in ((1, "programme"), (0, "comparison")):
        here = frame[formula.treatment] == group
        if here.any() and lacking[here].all():
            raise DesignError(f"Every {word} child lacks a covariate, so none is left: {named}. Use fewer columns.")
    return frame[~lacking], (f"{int(lacking.sum()):,} children were left out for missing covariates: {named}.",)


def plain_columns(frame: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """Take numbers kept as objects for numbers, and refuse what is neither a number nor a category."""
    kept_as_objects = {c: frame[c].infer_objects() for c in columns if frame[c].dtype == object}
    frame = frame.assign(**kept_as_objects) if kept_as_objects else frame
    for column in columns:
        values = frame[column]
        if pd.api.types.is_complex_dtype(values.dtype):
            raise DesignError(f"Covariate {column!r} holds complex numbers. Use real ones.")
        if values.dtype == object and not values.map(pd.api.types.is_scalar).all():
            raise DesignError(f"Covariate {column!r} holds lists or the like. Each child needs one value.")
        if not pd.api.types.is_float_dtype(values.dtype):
            continue
        number = values.to_numpy(dtype=float, na_value=0.0)
        if np.isinf(number).any():
            raise DesignError(f"Covariate {column!r} holds infinite values. Mend them, or mark them as missing.")
        if len(number) and (np.abs(number).max() > LARGEST or 0 < np.ptp(number) < 1 / LARGEST):
            raise DesignError(f"Covariate {column!r} holds numbers too large or too small to reckon with. Rescale it.")
    return frame


def unknown_notes(frame: pd.DataFrame, columns: tuple[str, ...], option: str) -> tuple[str, ...]:
    """Say of which columns that pairs must agree or differ on some children have no value."""
    gone = {name: int(frame[name].isna().sum()) for name in columns}
    return tuple(
        f"{name} is not known for {n:,} children: for {option} that counts as a value of its own."
        for name, n in gone.items()
        if n
    )


def read_units(formula: str, data: pd.DataFrame | AnalysisFrame, missing: str = "indicator") -> Units:
    """Take the children of a design from data: baseline columns only, sorted by label, covariates made.

    Raises
    ------
    DesignError, OptionError
        See :func:`wlz_eval.match`.
    """
    frame = plain_frame(data)
    read = read_formula(formula, [str(c) for c in frame.columns])
    frame = plain_columns(frame, read.columns)
    frame, notes = _complete(frame, read, missing)
    original = frame.index
    order = label_order(frame.index)
    if (np.diff(order) < 0).any():
        frame = frame.iloc[order]
    treated = treatment_of(frame, read.treatment)
    return Units(read, frame, original, treated, make_covariates(read, frame, treated), notes)
