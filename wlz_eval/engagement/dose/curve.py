"""The dose-response curve: how an outcome goes with dose when the line may bend, and whether it does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.engagement.dose.basis import KNOT_PERCENTILES, check_knots, harrell_knots, natural_spline
from wlz_eval.engagement.dose.joint import JointTest, f_test, joint_test, wald
from wlz_eval.engagement.dose.sample import DoseSample, DoseWording, binned_doses, dose_sample, fit_dose
from wlz_eval.engagement.regress.prepare import kept_columns
from wlz_eval.inference import RobustEstimates

__all__ = [
    "CURVE_COLUMNS", "DoseCurve", "curve_columns", "curve_contrasts", "dose_curve", "linearity_test",
    "simultaneous_factor",
]

Array = npt.NDArray[np.float64]

#: Columns of the curve's table.
CURVE_COLUMNS: tuple[str, ...] = (
    "dose", "n", "fitted", "low", "high", "low_all", "high_all", "line", "difference", "difference_low",
    "difference_high",
)
#: With fewer children than this the curve has three knots; otherwise four (Harrell 2015).
FEW_FOR_FOUR_KNOTS = 100
#: Fewest doses at which a curve is drawn.
FEWEST_POINTS = 3
NO_ERROR_LEFT = "The outcome follows from the dose and the covariates exactly: no error is left to see."
TOO_FEW_DOSES = "The dose takes too few different values for a curve; a straight line is all that can be fitted."


@dataclass(frozen=True, kw_only=True, repr=False)
class DoseCurve(Result):
    """Adjusted mean outcome by dose, with its band: an association, for dose was not assigned.

    Parameters
    ----------
    outcome, exposure : str
        Columns of the data.
    points : DataFrame
        See :meth:`table`.
    knots : tuple of float
        Doses at which the curve may bend.
    percentiles : tuple of float
        Percentiles of the dose at which knots were asked for.
    statistic, df_between, df_within, p : float
        Test of a straight line: F, its degrees of freedom and p-value; ``nan`` when too few schools carry the bends.
    n, n_schools : int
        Children and schools.
    adjusted : tuple of str
        What it adjusts for.
    note : str
        What a reader should know; says why when there is no curve.
    wording : DoseWording
    """

    outcome: str
    exposure: str
    points: pd.DataFrame
    knots: tuple[float, ...]
    percentiles: tuple[float, ...]
    statistic: float
    df_between: float
    df_within: float
    p: float
    n: int
    n_schools: int
    adjusted: tuple[str, ...]
    note: str = ""
    wording: DoseWording = field(default_factory=DoseWording)

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line that says what was related to what."""
        return f"{self.outcome} by {self.exposure}, {self.n:,} children in {self.n_schools:,} schools"

    @property
    def estimated(self) -> bool:
        """Whether there is a curve."""
        return len(self.points) > 0

    def table(self) -> pd.DataFrame:
        """One row a dose, within the 5th to the 95th percentile of those seen.

        Returns
        -------
        DataFrame
            ``dose``, ``n`` (children near it), ``fitted`` (adjusted mean outcome), ``low`` and ``high`` (95% band at
            each dose on its own), ``low_all`` and ``high_all`` (95% band that holds at all these doses at once),
            ``line`` (the straight line), ``difference``, ``difference_low``, ``difference_high`` (from the lowest of
            these doses, which has none).
        """
        return self.points.copy()

    def plot(self) -> object:
        """Draw the curve, unreleased: for exploring, not for a page."""
        from wlz_eval.engagement.dose.figures import draw_dose_curve

        return draw_dose_curve(self.points)

    def findings(self) -> list[Finding]:
        """Give the difference between highest and lowest dose of the table, and p of the test of a straight line."""
        from wlz_eval.engagement.dose.words import curve_findings

        return curve_findings(self)

    def answer(self) -> tuple[str, dict[str, Finding | str | None]]:
        """Say whether the association is a straight line: a template and the values of its placeholders."""
        from wlz_eval.engagement.dose.words import curve_words

        return curve_words(self)


def simultaneous_factor(covariance: Array, df: float, level: float = 0.95, draws: int = 20_000, seed: int = 0) -> float:
    """Quantile of the largest of several dependent t statistics, by simulation.

    Parameters
    ----------
    covariance : array, shape (q, q)
        Of the estimates.
    df : float
        Degrees of freedom, the fewest of them.

    Examples
    --------
    >>> round(simultaneous_factor(np.eye(1), 1e6))
    2
    """
    values, vectors = np.linalg.eigh(covariance)
    keep = values > 1e-10 * values.max()
    root = vectors[:, keep] * np.sqrt(values[keep])
    sd = np.sqrt(np.diag(covariance))
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(draws, int(keep.sum()))) @ (root / sd[:, None]).T
    scale = np.sqrt(rng.chisquare(df, draws) / df) if math.isfinite(df) else 1.0
    return float(np.quantile(np.abs(z).max(axis=1) / scale, level))


def curve_columns(sample: DoseSample, knots: Array) -> tuple[pd.DataFrame, list[str]]:
    """Design matrix with the columns of the curve last, and their names."""
    curve = natural_spline(sample.dose, knots)
    names = ["dose", *(f"bend {j + 1}" for j in range(curve.shape[1] - 1))]
    return sample.X.join(pd.DataFrame(curve, columns=names, index=sample.X.index)), names


def curve_contrasts(X: pd.DataFrame, names: list[str], curve: Array) -> dict[str, dict[str, float]]:
    """Mean outcome at each dose, others as they are on average; then each dose's difference from the first."""
    means = {str(k): float(v) for k, v in X.mean().items()}
    level = {f"at {i}": {**means, **dict(zip(names, map(float, row), strict=True))} for i, row in enumerate(curve)}
    gaps = {
        f"from {i}": dict(zip(names, map(float, row - curve[0]), strict=True)) for i, row in enumerate(curve) if i
    }
    return level | gaps


def _points(sample: DoseSample, bins: pd.DataFrame, fit: RobustEstimates, seed: int) -> pd.DataFrame:
    k = len(bins)
    factor = simultaneous_factor(fit.covariance[:k, :k], float(fit.df[:k].min()), seed=seed)
    points = bins.assign(fitted=fit.estimate[:k], low=fit.ci_low[:k], high=fit.ci_high[:k])
    points["low_all"] = points["fitted"] - factor * fit.se[:k]
    points["high_all"] = points["fitted"] + factor * fit.se[:k]
    X = sample.X.assign(dose=sample.dose)
    means = {str(k): float(v) for k, v in X.mean().items()}
    line = fit_dose(sample, X, {"mean": means, "dose": {"dose": 1.0}}).estimate
    points["line"] = line[0] + (points["dose"] - sample.dose.mean()) * line[1]
    gaps = {"difference": fit.estimate, "difference_low": fit.ci_low, "difference_high": fit.ci_high}
    for name, values in gaps.items():
        points[name] = [math.nan, *values[k:]]
    return points[list(CURVE_COLUMNS)]


def linearity_test(sample: DoseSample, X: pd.DataFrame, names: list[str]) -> JointTest:
    """Test that the curve does not bend."""
    bends = names[1:]
    if sample.n_schools >= 2:
        return joint_test(X.to_numpy(), sample.y, sample.school, [X.columns.get_loc(b) for b in bends])  # type: ignore[misc]
    fit = fit_dose(sample, X, {b: {b: 1.0} for b in bends})
    # Rows are independent here: the ordinary F, without Hotelling's loss of degrees of freedom.
    return f_test(wald(fit), len(bends), float(fit.df[0]) + len(bends) - 1)


def dose_curve(
    data: pd.DataFrame,
    outcome: str,
    exposure: str,
    covariates: Sequence[str] = (),
    baseline: str | None = None,
    school: str = "school_id",
    knots: int | None = None,
    seed: int = 0,
    wording: DoseWording | None = None,
) -> DoseCurve:
    """Fit a restricted cubic spline of dose, adjusting for the baseline, and test whether it is a straight line.

    Parameters
    ----------
    data : DataFrame
        One row a programme child.
    outcome, exposure : str
        Columns with the outcome and the dose.
    covariates : sequence of str
        Further columns to adjust for; a missing value becomes the mean, with an indicator beside it.
    baseline : str, optional
        Column with the outcome's own baseline. Children without it are left out.
    school : str
        Column by which standard errors are clustered.
    knots : {3, 4, 5}, optional
        Knots, at Harrell's percentiles; four when left out, three with fewer than a hundred children.
    seed : int
        Of the draws from which the band that holds everywhere at once is made.
    wording : DoseWording, optional
        How outcome and dose are called and counted.

    Returns
    -------
    DoseCurve
        Without points, and with the reason, when there is nothing to fit.

    Raises
    ------
    OptionError
        For a column that is not there or holds words, or an unknown number of knots.

    Notes
    -----
    Random-intercept weights and CR2 standard errors by school with Satterthwaite's degrees of freedom, as the slope has
    them (HC3 when there is one school). The test is the approximate Hotelling test
    (:func:`wlz_eval.engagement.dose.joint.joint_test`). The simultaneous band multiplies standard errors by the 95%
    quantile of the largest t of the doses of the table, drawn with the fewest degrees of freedom among them.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> d = pd.DataFrame({"school_id": np.repeat(list("abcdefgh"), 30), "hours": rng.uniform(0, 50, 240)})
    >>> d["y"] = 10 * np.sqrt(d["hours"]) + rng.normal(size=240)
    >>> curve = dose_curve(d, "y", "hours")
    >>> bool(curve.p < 0.001), len(curve.knots)
    (True, 4)
    """
    sample = dose_sample(data, outcome, exposure, covariates, baseline, school)
    asked = knots if knots is not None else 4 if len(sample.y) >= FEW_FOR_FOUR_KNOTS else 3
    check_knots(asked)
    common = {
        "outcome": outcome, "exposure": exposure, "percentiles": KNOT_PERCENTILES[asked], "n": len(sample.y),
        "n_schools": sample.n_schools, "adjusted": sample.adjusted, "wording": wording or DoseWording(),
    }
    bins = binned_doses(sample) if not sample.reason else pd.DataFrame()
    where = harrell_knots(sample.dose, asked) if not sample.reason else np.array([])
    reason = sample.reason or _why_no_curve(sample, bins, where)
    if reason:
        return _no_curve(common, reason)
    X, names = curve_columns(sample, where)
    if not kept_columns(X).all() or len(X) <= X.shape[1] + 2:
        return _no_curve(common, TOO_FEW_DOSES)
    fit = fit_dose(sample, X, curve_contrasts(X, names, natural_spline(bins["dose"], where)))
    if not fit.se.all():
        return _no_curve(common, NO_ERROR_LEFT)
    test = linearity_test(sample, X, names)
    return DoseCurve(
        **common,  # type: ignore[arg-type]
        points=_points(sample, bins, fit, seed),
        knots=tuple(float(k) for k in where),
        statistic=test[0],
        df_between=test[1],
        df_within=test[2],
        p=test[3],
        note=" ".join(filter(None, [sample.note, _caution(fit, test, asked, len(where))])),
    )


def _why_no_curve(sample: DoseSample, bins: pd.DataFrame, knots: Array) -> str:
    if len(knots) < 3:
        return TOO_FEW_DOSES
    if len(bins) < FEWEST_POINTS:
        return "Too few children are spread over too few doses for a curve to be drawn."
    return ""


def _caution(fit: RobustEstimates, test: JointTest, asked: int, found: int) -> str:
    notes = []
    if found < asked:
        notes.append("Many children had the same dose, so the curve has fewer knots than were asked for.")
    if fit.illustrative.any():
        notes.append("So few schools carry parts of this curve that its band there is only illustrative.")
    if not math.isfinite(test[3]):
        notes.append("There are too few schools to test whether the association is a straight line.")
    return " ".join(notes)


def _no_curve(common: dict[str, object], reason: str) -> DoseCurve:
    nan = math.nan
    return DoseCurve(
        **common,  # type: ignore[arg-type]
        points=pd.DataFrame(columns=list(CURVE_COLUMNS), dtype=float),
        knots=(),
        statistic=nan,
        df_between=nan,
        df_within=nan,
        p=nan,
        note=reason,
    )
