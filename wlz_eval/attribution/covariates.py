"""From baseline columns to the numbers a design works with: missing values, factors, constants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.attribution.formula import MatchingFormula
from wlz_eval.core.errors import DesignError
from wlz_eval.inference.linear import independent_columns

__all__ = ["Covariates", "fill_missing", "make_covariates", "readable_name"]

MISSING_LEVEL = "not known"


@dataclass(frozen=True)
class Covariates:
    """Baseline covariates as numbers.

    Parameters
    ----------
    model : DataFrame
        Columns of the propensity and outcome models, without intercept, constants and repeats.
    balance : DataFrame
        Columns of the balance table: each numeric covariate, every level of each factor, each missing marker.
    kinds : mapping of str to str
        For each column of `balance`: ``continuous``, ``binary``, ``level`` or ``missing``.
    notes : tuple of str
        What was dropped or filled, with counts.
    missing : DataFrame
        ``covariate``, ``programme``, ``comparison``: children who lack a covariate that others have.
    """

    model: pd.DataFrame
    balance: pd.DataFrame
    kinds: dict[str, str]
    notes: tuple[str, ...]
    missing: pd.DataFrame


def readable_name(column: str) -> str:
    """Turn a model-matrix name into words.

    Examples
    --------
    >>> readable_name("C(sen)[T.support]")
    'sen: support'
    """
    head, bracket, level = column.partition("[T.")
    if not bracket:
        return column
    head = head[2:-1] if head.startswith("C(") and head.endswith(")") else head
    return f"{head}: {level[:-1]}"


def _is_factor(values: pd.Series) -> bool:
    return not (pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype))


def _is_constant(values: pd.Series) -> bool:
    if _is_factor(values):
        return bool((values == values.iloc[0]).all())
    number = values.to_numpy(dtype=float)
    return bool((number == number[0]).all())


def _has_two_values(values: pd.Series) -> bool:
    known = values.dropna().to_numpy()
    low, high = known.min(), known.max()
    return bool(low < high and ((known == low) | (known == high)).all())


def _refuse_date(values: pd.Series, name: str) -> None:
    if values.dtype.kind in "mM" or isinstance(values.dtype, (pd.DatetimeTZDtype, pd.PeriodDtype)):
        raise DesignError(f"Covariate {name!r} is a date or a time. Use a number, such as days since a fixed day.")


def _known_as_number(values: pd.Series, name: str) -> pd.Series:
    _refuse_date(values, name)
    return pd.Series(values.to_numpy(dtype=float, na_value=np.nan), index=values.index, name=name)


def fill_missing(
    values: pd.Series, treated: npt.NDArray[np.bool_], label: str
) -> tuple[pd.Series, pd.Series | None, str]:
    """Fill a numeric covariate with the mean of those who have it, and mark who did not.

    Keeping every child, with a marker that is itself matched and adjusted for, keeps the estimand: no
    programme child is lost for a missing form. The marker is left out where only one group lacks values,
    since it would then predict the group perfectly.

    Returns
    -------
    tuple
        The filled column, the marker (or None), and a note (or an empty string).
    """
    missing = values.isna().to_numpy()
    if not missing.any():
        return values, None, ""
    if missing.all():
        raise DesignError(f"Covariate {label!r} is missing for every child. Take it out of the formula.")
    n1, n0 = int(missing[treated].sum()), int(missing[~treated].sum())
    note = (
        f"{label} is missing for {n1:,} programme and {n0:,} comparison children: "
        "filled with the mean of the others"
    )
    marker = None
    if n1 and n0:
        marker = pd.Series(missing.astype(float), index=values.index, name=f"{label}: missing")
        note += ", and being missing is itself matched and adjusted for"
    return values.fillna(values.mean()), marker, note + "."


def make_covariates(
    formula: MatchingFormula, data: pd.DataFrame, treated: npt.NDArray[np.bool_]
) -> Covariates:
    """Make the covariates of a design.

    Missing numbers are filled with the mean and marked (:func:`fill_missing`); a missing category becomes a
    level of its own. Constant covariates and columns that repeat others are dropped, and the notes say so.

    Raises
    ------
    DesignError
        When no covariate is left, or one is a date.
    """
    filled: dict[str, pd.Series] = {}
    markers: list[pd.Series] = []
    notes: list[str] = []
    balance: dict[str, pd.Series] = {}
    kinds: dict[str, str] = {}
    for name in formula.columns:
        values = data[name]
        if not values.isna().any() and _is_constant(values):
            notes.append(f"{name} is the same for every child and was dropped.")
            filled[name] = pd.Series(0.0, index=data.index)
            continue
        if name in formula.categorical or _is_factor(values):
            _refuse_date(values, name)
            filled[name] = _factor(values, name, treated, notes)
            code, levels = pd.factorize(filled[name], sort=True)
            for place, level in enumerate(levels):
                balance[f"{name}: {level}"] = pd.Series((code == place).astype(float), index=data.index)
                kinds[f"{name}: {level}"] = "level"
            continue
        number = _known_as_number(values, name)
        filled[name], marker, note = fill_missing(number, treated, name)
        balance[name] = filled[name]
        kinds[name] = "binary" if _has_two_values(number) else "continuous"
        if note:
            notes.append(note)
        if marker is not None:
            markers.append(marker)
            balance[str(marker.name)], kinds[str(marker.name)] = marker, "missing"
    model, dropped = _model_columns(formula, pd.DataFrame(filled, index=data.index), markers, list(balance))
    notes.extend(dropped)
    missing = _count_missing(formula, data, treated)
    return Covariates(
        model=model, balance=pd.DataFrame(balance, index=data.index), kinds=kinds, notes=tuple(notes), missing=missing
    )


def _count_missing(
    formula: MatchingFormula, data: pd.DataFrame, treated: npt.NDArray[np.bool_]
) -> pd.DataFrame:
    gone = data[list(formula.columns)].isna()
    counts = pd.DataFrame({"programme": gone[treated].sum(), "comparison": gone[~treated].sum()})
    return counts[counts.sum(axis=1) > 0].rename_axis("covariate").reset_index()


def _factor(values: pd.Series, name: str, treated: npt.NDArray[np.bool_], notes: list[str]) -> pd.Series:
    missing = values.isna()
    text = values.astype(object).where(~missing, MISSING_LEVEL).astype(str)
    if missing.any():
        n1, n0 = int(missing[treated].sum()), int(missing[~treated].sum())
        notes.append(
            f"{name} is not known for {n1:,} programme and {n0:,} comparison children: treated as a category of its "
            "own."
        )
    return text


def _alike(filled: pd.DataFrame) -> npt.NDArray[np.intp] | None:
    """Give children alike in everything one number; None without factors, or where few are alike."""
    factors = [name for name in filled if _is_factor(filled[name])]
    code = np.zeros(len(filled), dtype=np.intp)
    for name in [*factors, *(name for name in filled if name not in factors)] if factors else []:
        own, levels = pd.factorize(filled[name])
        code, found = pd.factorize(code * len(levels) + own)
        if 2 * len(found) > len(filled):
            return None
    return code if factors else None


def _independent(
    values: npt.NDArray[np.float64], alike: npt.NDArray[np.intp] | None = None
) -> npt.NDArray[np.bool_]:
    """Columns that neither are constant nor repeat others, whatever their unit and origin."""
    count = np.ones(len(values))
    if alike is not None:
        # Children who are alike stand once, with their number as weight: the same inner products from far fewer rows.
        _, first, number = np.unique(alike, return_index=True, return_counts=True)
        values, count = values[first], number.astype(float)
    share = count / count.sum()
    # Rounding leaves a constant column a little off its mean.
    varies = np.ptp(values, axis=0) > 0
    centred = values - share @ values
    centred[:, ~varies] = 0.0
    centred /= np.where(varies, np.sqrt(share @ centred**2), 1.0)
    columns = np.column_stack([np.ones(len(values)), centred])
    if alike is not None:
        columns *= np.sqrt(count)[:, None]
    return independent_columns(columns)[1:]


def _model_columns(
    formula: MatchingFormula, filled: pd.DataFrame, markers: Sequence[pd.Series], named: list[str]
) -> tuple[pd.DataFrame, list[str]]:
    """Build the model matrix without intercept, constants and repeated columns."""
    from formulaic import Formula
    from formulaic.errors import FormulaicError

    try:
        # By default formulaic leaves out, without a word, the rows of what cannot be computed.
        with np.errstate(invalid="ignore", divide="ignore"):
            matrix = pd.DataFrame(Formula(formula.right).get_model_matrix(filled, context={}, na_action="ignore"))
    except (FormulaicError, ValueError, TypeError, ZeroDivisionError) as error:
        raise DesignError(
            f"The formula {formula.text!r} cannot be computed on these data: {error}"
        ) from error
    matrix = matrix.drop(columns="Intercept", errors="ignore").astype(float)
    matrix.columns = [readable_name(str(c)) for c in matrix.columns]
    if not np.isfinite(matrix.to_numpy()).all():
        bad = [c for c in matrix.columns if not np.isfinite(matrix[c]).all()]
        raise DesignError(f"{', '.join(bad)} cannot be computed for some children (such as the log of zero).")
    matrix = pd.concat([matrix, *markers], axis=1)
    keep = _independent(matrix.to_numpy(), _alike(pd.concat([filled, *markers], axis=1)))
    # What is constant was already named; here only columns that repeat others are worth a word.
    repeated = [c for c, k in zip(matrix.columns, keep, strict=True) if not k and np.ptp(matrix[c].to_numpy()) > 0]
    notes = (
        [f"Left out, because columns before them already say the same: {', '.join(repeated)}."]
        if repeated
        else []
    )
    matrix = matrix.loc[:, keep]
    if matrix.shape[1] == 0:
        raise DesignError(
            f"No covariate of {formula.text!r} varies between children. Name at least one that does."
        )
    return matrix, notes
