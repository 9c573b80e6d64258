"""One regression fitted under a model, a treatment of schools and a variance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from wlz_eval.engagement.regress.families import ScoreFit, fit_logistic, fit_ordered, level_probabilities, separated
from wlz_eval.engagement.regress.prepare import Prepared, covariate_columns, kept_columns
from wlz_eval.inference import RobustEstimates, cluster_robust, hc_robust, mixed_reml

__all__ = ["Fitted", "fit_prepared"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A fitted regression, with what its checks need. It holds rows of children: never show it.

    Parameters
    ----------
    prepared : Prepared
    model, schools, variance, df_kind : str
        As :func:`wlz_eval.engagement.engagement_slope` takes them.
    X : DataFrame, shape (n, p)
        Columns that add something, schools' own among them where they are fixed, the exposure last.
    rows : ScoreFit or None
        Logistic and ordered: the fit as standardised rows.
    all_terms : RobustEstimates
        Every coefficient; for the ordered model thresholds first.
    notes : tuple of str
        What a reader should know, without digits.
    """

    prepared: Prepared
    model: str
    schools: str
    variance: str
    df_kind: str
    X: pd.DataFrame
    rows: ScoreFit | None
    all_terms: RobustEstimates
    notes: tuple[str, ...] = ()

    @property
    def y(self) -> Array:
        """Outcome of each child."""
        return self.prepared.y

    @property
    def dose(self) -> Array:
        """Dose of each child."""
        return self.X[self.prepared.exposure].to_numpy(dtype=float)

    @property
    def thresholds(self) -> int:
        """Coefficients that are thresholds, before those of the columns."""
        return len(self.prepared.levels) - 1 if self.model == "ordered" else 0

    @property
    def columns(self) -> list[str]:
        """Names of the columns whose coefficients follow the thresholds."""
        return [str(c) for c in self.X.columns if not (self.model == "ordered" and c == "constant")]

    @property
    def slopes(self) -> Array:
        """Coefficients of `columns`."""
        return self.all_terms.estimate[self.thresholds :]

    def predictor(self, more: float = 0.0) -> Array:
        """Linear predictor of each child, had it had `more` of the dose (thresholds left out)."""
        plain = self.X[self.columns].to_numpy() @ self.slopes
        return np.asarray(plain + more * self.slopes[-1])

    def probabilities(self, more: float = 0.0) -> Array:
        """Probability of each level by child, shape (n, levels); a logistic model has two."""
        if self.model == "ordered":
            return level_probabilities(self.all_terms.estimate[: self.thresholds], self.predictor(more))
        p = special.expit(self.predictor(more))
        return np.column_stack([1 - p, p])

    @property
    def expected(self) -> Array:
        """Fitted outcome of each child: a mean, a probability, or a mean level."""
        if self.model == "linear":
            return self.predictor()
        shares = self.probabilities()
        return np.asarray(shares @ np.arange(shares.shape[1]))

    def contrasts(self, named: Mapping[str, Mapping[str, float]]) -> RobustEstimates:
        """Estimate combinations of coefficients, with this fit's own variance."""
        return _estimates(self, named)


def _terms(model: str, prepared: Prepared, X: pd.DataFrame) -> list[str]:
    names = [str(c) for c in X.columns if not (model == "ordered" and c == "constant")]
    if model != "ordered":
        return names
    return [*(f"at least {level}" for level in prepared.levels[1:]), *names]


def _estimates(fit: Fitted, named: Mapping[str, Mapping[str, float]] | None) -> RobustEstimates:
    return _robust(fit.prepared, fit.X, fit.rows, fit.model, fit.variance, fit.df_kind, named)


def _robust(
    prepared: Prepared,
    X: pd.DataFrame,
    rows: ScoreFit | None,
    model: str,
    variance: str,
    df: str,
    named: Mapping[str, Mapping[str, float]] | None,
) -> RobustEstimates:
    matrix: pd.DataFrame | Array = X
    y, school, names = prepared.y, prepared.school, None
    if rows is not None:
        matrix, y, school = rows.rows, rows.rows @ rows.coefficients + rows.residuals, school[rows.child]
        names = _terms(model, prepared, X)
    if variance == "REML":
        return mixed_reml(matrix, y, school, df=df, contrasts=named)
    if prepared.n_schools < 2:
        if model == "ordered" and rows is not None:
            return cluster_robust(matrix, y, rows.child, kind="CR3", df="clusters", contrasts=named, names=names)
        return hc_robust(matrix, y, kind="HC3", contrasts=named, names=names)
    kind, _, weighted = variance.partition("-")
    working = "exchangeable" if weighted else "independent"
    return cluster_robust(matrix, y, school, kind=kind, df=df, contrasts=named, names=names, working=working)


def _design(prepared: Prepared, schools: str) -> pd.DataFrame:
    X = prepared.X
    if schools == "fixed":
        table = pd.DataFrame({prepared.school_column: prepared.school}, index=X.index)
        dummies = covariate_columns(table, [prepared.school_column])
        X = X.drop(columns=prepared.exposure).join(dummies).join(X[[prepared.exposure]])
    return X


def fit_prepared(
    prepared: Prepared, model: str, schools: str, variance: str, df: str
) -> tuple[Fitted | None, str]:
    """Fit a regression, or say why none can be.

    Returns
    -------
    tuple
        The fit and an empty reason, or nothing and the reason in words without digits.
    """
    if prepared.reason:
        return None, prepared.reason
    if schools == "random" and prepared.n_schools < 2:
        return None, "All children are in one school, so schools cannot be drawn from a distribution. Use cluster."
    prepared, notes = _with_both_outcomes(prepared, model, schools)
    if prepared.reason:
        return None, prepared.reason
    X = _design(prepared, schools)
    if len(X) <= X.shape[1] + 2:
        return None, "There are too few children for so many covariates."
    keep = kept_columns(X)
    if not keep[-1]:
        return None, "Within schools the dose does not vary beyond the covariates, so children of the same school " \
                     "cannot be compared on it."
    # An aliased column before the dose would make later contrasts ask for what is not there.
    X = X.loc[:, keep]
    rows, reason, more = _score_fit(prepared, X, model)
    if reason:
        return None, reason
    if model == "linear" and _exact(X, prepared.y):
        return None, "The covariates and the dose explain the outcome exactly, so nothing is left to judge it by."
    terms = _robust(prepared, X, rows, model, variance, df, None)
    fit = Fitted(
        prepared=prepared, model=model, schools=schools, variance=variance, df_kind=df, X=X, rows=rows,
        all_terms=terms, notes=(*notes, *more, *_school_notes(terms, prepared)),
    )
    return fit, ""


def _exact(X: pd.DataFrame, y: Array) -> bool:
    left = y - X.to_numpy() @ np.linalg.lstsq(X.to_numpy(), y, rcond=None)[0]
    return bool(np.abs(left).max() <= 1e-10 * np.abs(y).max())


def _school_notes(terms: RobustEstimates, prepared: Prepared) -> list[str]:
    if prepared.n_schools < 2:
        return ["All children are in one school, so differences between schools cannot be allowed for."]
    if terms.illustrative[-1]:
        return ["So few schools carry this slope that its interval is only illustrative."]
    return []


def _with_both_outcomes(prepared: Prepared, model: str, schools: str) -> tuple[Prepared, list[str]]:
    """Leave out schools without both outcomes from a logistic comparison within schools: they say nothing."""
    if not (model == "logistic" and schools == "fixed"):
        return prepared, []
    from dataclasses import replace

    means = pd.Series(prepared.y).groupby(prepared.school).transform("mean").to_numpy()
    both = (means > 0) & (means < 1)
    if both.all():
        return prepared, []
    kept = replace(
        prepared, X=prepared.X[both], y=prepared.y[both], school=prepared.school[both],
        n_left_out=prepared.n_left_out + int((~both).sum()),
        reason="" if both.any() else "In no school do outcomes differ, so children of the same school cannot be "
        "compared.",
    )
    return kept, ["Schools where every child had the same outcome say nothing here and were left out."]


def _score_fit(prepared: Prepared, X: pd.DataFrame, model: str) -> tuple[ScoreFit | None, str, list[str]]:
    if model == "linear":
        return None, "", []
    matrix = X.to_numpy()
    thresholds = [1] if model == "logistic" else range(1, len(prepared.levels))
    splits: Sequence[Array] = [(prepared.y >= k).astype(np.float64) for k in thresholds]
    infinite = [separated(matrix, split) for split in splits]
    if all(found[-1] for found in infinite):
        return None, "The dose sorts the outcome without error, so its odds ratio has no finite value. " \
                     "Use model linear, or look at the table of outcomes by dose.", []
    if model == "ordered":
        if np.all(infinite, axis=0).any():
            names = ", ".join(str(c) for c in X.columns[np.all(infinite, axis=0)] if c != "constant")
            return None, f"Some covariates sort the outcome without error ({names}). Leave them out.", []
        fit = fit_ordered(matrix[:, X.columns != "constant"], prepared.y, len(prepared.levels))
        return (fit, "", []) if fit.converged else (None, "The ordered model found no solution in these data.", [])
    firth = bool(infinite[0].any())
    fit = fit_logistic(matrix, prepared.y, firth)
    if not fit.converged:
        return None, "The logistic model found no solution in these data.", []
    words = ["Some covariates sort the outcome without error; Firth's penalised likelihood kept their odds finite."]
    return fit, "", words if firth else []
