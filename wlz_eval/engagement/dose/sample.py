"""The children of a question about dose, in an order of their own, and the fit that allows for their schools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.core.errors import OptionError
from wlz_eval.core.finding import Unit
from wlz_eval.engagement.regress import FEWEST_CHILDREN
from wlz_eval.engagement.regress.prepare import (
    ALIKE,
    covariate_columns,
    kept_columns,
    nearly_all_alike,
    require_columns,
)
from wlz_eval.inference import RobustEstimates, cluster_robust, hc_robust

__all__ = [
    "CHILDREN_A_POINT", "DoseSample", "DoseWording", "binned_doses", "dose_sample", "fit_dose",
    "in_order",
]

Array = npt.NDArray[np.float64]

#: Fewest children near a dose at which anything is drawn.
CHILDREN_A_POINT = 10
#: Doses outside these percentiles count as not seen: too few children had them.
SEEN = (5.0, 95.0)
#: Bins of equal width from which points are made.
BINS = 20


@dataclass(frozen=True, kw_only=True)
class DoseWording:
    """How outcome and dose are called and counted where results are put into words.

    Parameters
    ----------
    outcome, dose : str
        Plain words: ``reading at the end``, ``hours of support``.
    outcome_unit, dose_unit : str
        Units of :data:`wlz_eval.core.finding.Unit`.
    """

    outcome: str = "the outcome"
    dose: str = "the dose"
    outcome_unit: Unit = "points"
    dose_unit: Unit = "count"


@dataclass(frozen=True)
class DoseSample:
    """Children with outcome, dose and baseline.

    Parameters
    ----------
    y, dose : array, shape (n,)
    X : DataFrame, shape (n, p)
        Constant and what is adjusted for, without columns that repeat others.
    school : array of str, shape (n,)
    extra : DataFrame, shape (n, k)
        Further columns that were asked for.
    adjusted : tuple of str
        What is adjusted for.
    reason : str
        Why nothing can be fitted; empty when something can.
    baseline : bool
        Whether the outcome's own baseline is among them.
    """

    y: Array
    dose: Array
    X: pd.DataFrame
    school: npt.NDArray[np.str_]
    extra: pd.DataFrame
    adjusted: tuple[str, ...]
    reason: str
    baseline: bool

    @property
    def note(self) -> str:
        """What a reader should know of these children."""
        notes = []
        if not self.baseline:
            notes.append("The outcome has no baseline here, so children who began ahead are not told apart.")
        if self.n_schools == 1:
            notes.append("All children are in one school, so differences between schools cannot be allowed for.")
        return " ".join(notes)

    @property
    def n_schools(self) -> int:
        """Schools among them."""
        return len(np.unique(self.school))

    @property
    def seen(self) -> tuple[float, float]:
        """Doses seen: those between which nine in ten children lie."""
        if not len(self.dose):
            return np.nan, np.nan
        low, high = np.percentile(self.dose, SEEN)
        return float(low), float(high)


def _numeric(data: pd.DataFrame, names: Sequence[str]) -> None:
    wrong = [n for n in names if not pd.api.types.is_numeric_dtype(data[n])]
    if wrong:
        raise OptionError(f"Give numbers: {', '.join(wrong)} holds words. Convert the column, or name another.")
    endless = [n for n in names if np.isinf(data[n].astype("Float64").to_numpy(dtype=float, na_value=np.nan)).any()]
    if endless:
        raise OptionError(f"{', '.join(endless)} holds infinite values. Set them to missing, or mend them, first.")


def in_order(data: pd.DataFrame) -> pd.DataFrame:
    """Sort rows by all that they hold, so that sums come out the same to the last digit whatever the order was."""
    data = data.reset_index(drop=True)
    order = data.astype(str).sort_values(list(data.columns), kind="stable").index
    return data.loc[order].reset_index(drop=True)


def dose_sample(
    data: pd.DataFrame,
    outcome: str,
    exposure: str,
    covariates: Sequence[str] = (),
    baseline: str | None = None,
    school: str = "school_id",
    extra: Sequence[str] = (),
) -> DoseSample:
    """Take the children who have all that is needed, sorted by what they have, so that no other order matters.

    Raises
    ------
    OptionError
        For a column that is not there, or that holds words where a number is needed.
    """
    adjusted = tuple(dict.fromkeys([*([baseline] if baseline else []), *covariates]))
    needed = list(dict.fromkeys([outcome, exposure, school, *([baseline] if baseline else []), *extra]))
    require_columns(data, [*needed, *adjusted])
    _numeric(data, [outcome, exposure, *extra])
    used = in_order(data.dropna(subset=needed)[list(dict.fromkeys([*needed, *adjusted]))])
    X = pd.DataFrame({"constant": 1.0}, index=used.index).join(covariate_columns(used, adjusted))
    if len(X):
        X = X.loc[:, kept_columns(X)]
    dose = used[exposure].to_numpy(dtype=float)
    return DoseSample(
        y=used[outcome].to_numpy(dtype=float),
        dose=dose,
        X=X,
        school=used[school].astype(str).to_numpy(dtype=str),
        extra=used[list(extra)].astype(float),
        adjusted=adjusted,
        reason=_why_not(X, dose),
        baseline=baseline is not None,
    )


def _why_not(X: pd.DataFrame, dose: Array) -> str:
    if len(X) < FEWEST_CHILDREN:
        return "Too few children have both the dose and the outcome."
    if not np.any(dose):
        return "No child had any of this support, so nothing can be said about more or less of it."
    if dose.max() == dose.min():
        return "Every child had the same dose, so nothing can be said about more or less of it."
    if nearly_all_alike(dose):
        return ALIKE
    if len(X) <= X.shape[1] + 3:
        return "There are too few children for so many covariates."
    if not kept_columns(X.assign(dose=dose))[-1]:
        return "The dose cannot be told apart from the covariates."
    return ""


def fit_dose(
    sample: DoseSample,
    X: pd.DataFrame,
    contrasts: Mapping[str, Mapping[str, float]],
    y: Array | None = None,
    working: str = "exchangeable",
) -> RobustEstimates:
    """Least squares with random-intercept weights and CR2 by school, as slopes have it; HC3 where there is one school.

    Degrees of freedom are Satterthwaite's, with the `working` model independent those of Imbens and Kolesár.
    """
    y = sample.y if y is None else y
    if sample.n_schools >= 2:
        return cluster_robust(X, y, sample.school, kind="CR2", contrasts=contrasts, working=working)
    return hc_robust(X, y, kind="HC3", contrasts=contrasts)


def binned_doses(sample: DoseSample) -> pd.DataFrame:
    """Mean dose and number of children in bins of equal width within the doses seen, each of at least ten children.

    A bin of fewer is joined to the next, so that no point stands for a few children.

    Returns
    -------
    DataFrame
        ``dose``, ``n``, in increasing order of dose; empty when fewer than ten children lie within.
    """
    low, high = sample.seen
    inside = sample.dose[(sample.dose >= low) & (sample.dose <= high)]
    width = (high - low) / BINS
    bins = np.minimum(((inside - low) / width).astype(int), BINS - 1) if width > 0 else np.zeros(len(inside), dtype=int)
    groups: list[list[int]] = []
    waiting: list[int] = []
    counts = np.bincount(bins, minlength=BINS)
    for i in range(BINS):
        waiting.append(i)
        if counts[waiting].sum() >= CHILDREN_A_POINT:
            groups.append(waiting)
            waiting = []
    if groups:
        groups[-1].extend(waiting)
    members = [np.isin(bins, group) for group in groups]
    return pd.DataFrame(
        {"dose": [float(inside[m].mean()) for m in members], "n": [int(m.sum()) for m in members]}, dtype=float
    ).astype({"n": int})
