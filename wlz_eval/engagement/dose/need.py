"""Whether more support goes with more, or with less, for children in greater need."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd

from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.engagement.dose.sample import DoseWording, dose_sample, fit_dose
from wlz_eval.engagement.regress.prepare import kept_columns
from wlz_eval.inference import RobustEstimates

__all__ = ["NEED_COLUMNS", "NeedInteraction", "interaction_with_need"]

#: Columns of the table.
NEED_COLUMNS: tuple[str, ...] = ("level", "need", "estimate", "se", "df", "ci_low", "ci_high", "n")
LEVELS: tuple[str, ...] = ("low", "typical", "high")


@dataclass(frozen=True, kw_only=True, repr=False)
class NeedInteraction(Result):
    """Slope of an outcome on dose at low, typical and high need, and a test of whether it differs.

    Parameters
    ----------
    outcome, exposure, need : str
        Columns of the data.
    step : float
        Difference in dose over which slopes are stated.
    slopes : DataFrame
        See :meth:`table`.
    interaction, se, df, ci_low, ci_high, p : float
        How much the slope over one step differs for one SD more need, and the test that it does not differ.
    n, n_schools : int
        Children and schools.
    adjusted : tuple of str
        What it adjusts for besides need.
    note : str
        What a reader should know; says why when nothing could be estimated.
    wording : DoseWording
    """

    outcome: str
    exposure: str
    need: str
    step: float
    slopes: pd.DataFrame
    interaction: float
    se: float
    df: float
    ci_low: float
    ci_high: float
    p: float
    n: int
    n_schools: int
    adjusted: tuple[str, ...]
    note: str = ""
    wording: DoseWording = field(default_factory=DoseWording)

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line that says what was related to what."""
        return f"Association of {self.outcome} with {self.exposure} by {self.need}, {self.n:,} children"

    @property
    def estimated(self) -> bool:
        """Whether there are slopes."""
        return math.isfinite(self.interaction)

    def table(self) -> pd.DataFrame:
        """One row a level of need.

        Returns
        -------
        DataFrame
            ``level`` (low, typical, high), ``need`` (mean of that third of children), ``estimate`` (slope over one
            step of dose), ``se``, ``df``, ``ci_low``, ``ci_high``, ``n`` (children of that third).
        """
        return self.slopes.copy()

    def plot(self) -> object:
        """Draw the slopes, unreleased: for exploring, not for a page."""
        from wlz_eval.engagement.dose.figures import draw_need_slopes

        return draw_need_slopes(self.slopes)

    def findings(self) -> list[Finding]:
        """Give the slope at each level, and how much it differs for one SD more need."""
        from wlz_eval.engagement.dose.words import need_findings

        return need_findings(self)

    def answer(self) -> tuple[str, dict[str, Finding | str | None]]:
        """Say whether the slope differs by need: a template and the values of its placeholders."""
        from wlz_eval.engagement.dose.words import need_words

        return need_words(self)


def _levels(need: np.ndarray) -> pd.DataFrame:
    """Mean need of the lowest, middle and highest third; children alike in need are never parted.

    Examples
    --------
    >>> _levels(np.array([0.0, 0, 0, 1, 1, 1]))["level"].tolist()
    ['low', 'high']
    """
    names = LEVELS
    if len(np.unique(need)) == 2:
        third, names = (need > need.min()).astype(int), (LEVELS[0], LEVELS[2])
    else:
        rank = pd.Series(need).rank(method="average").to_numpy() - 0.5
        third = np.minimum((3 * rank / len(need)).astype(int), 2)
    held = [i for i in range(len(names)) if (third == i).any()]
    return pd.DataFrame(
        {
            "level": [names[i] for i in held],
            "need": [float(need[third == i].mean()) for i in held],
            "n": [int((third == i).sum()) for i in held],
        }
    )


def interaction_with_need(
    data: pd.DataFrame,
    outcome: str,
    exposure: str,
    need: str,
    covariates: Sequence[str] = (),
    baseline: str | None = None,
    school: str = "school_id",
    step: float = 1.0,
    greater_need: Literal["higher", "lower"] = "higher",
    wording: DoseWording | None = None,
) -> NeedInteraction:
    """Let the slope of an outcome on dose differ by need, measured at the start.

    Parameters
    ----------
    data : DataFrame
        One row a programme child.
    outcome, exposure : str
        Columns with the outcome and the dose.
    need : str
        Column with a baseline measure of need, such as the outcome's own baseline. Children without it are left out.
    covariates, baseline, school
        As in :func:`wlz_eval.engagement.dose.dose_curve`.
    step : float
        Difference in dose over which slopes are stated.
    greater_need : {"higher", "lower"}
        Which values of `need` mean more need: lower, for a reading score.
    wording : DoseWording, optional

    Returns
    -------
    NeedInteraction
        With ``nan`` and the reason when nothing can be fitted.

    Raises
    ------
    OptionError
        For a column that is not there or holds words, a step that is not above zero, or an unknown `greater_need`.

    Notes
    -----
    Least squares on dose, need, their product and the covariates, with random-intercept weights and CR2 by school with
    Satterthwaite's degrees of freedom, as the slope has them. Slopes are stated at the mean need of each third of the
    children, so never beyond what was seen.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> d = pd.DataFrame({"school_id": np.repeat(list("abcdefgh"), 30), "hours": rng.uniform(0, 50, 240)})
    >>> d["before"] = rng.normal(size=240)
    >>> d["y"] = d["before"] + 0.1 * d["hours"] * d["before"] + rng.normal(size=240)
    >>> found = interaction_with_need(d, "y", "hours", "before", step=10)
    >>> found.table()["estimate"].round(0).astype(int).tolist(), bool(found.p < 0.01)
    ([-1, 0, 1], True)
    """
    if greater_need not in ("higher", "lower"):
        raise OptionError(f"Unknown greater_need {greater_need!r}. {suggestion(greater_need, ['higher', 'lower'])}")
    if not (math.isfinite(step) and step > 0):
        raise OptionError(f"step must be a number above zero, not {step!r}.")
    others = [c for c in covariates if c != need]
    sample = dose_sample(data, outcome, exposure, others, None if baseline == need else baseline, school, (need,))
    given = sample.extra[need].to_numpy() * (1.0 if greater_need == "higher" else -1.0)
    sample = replace(sample, baseline=baseline is not None)
    common: dict[str, object] = {
        "outcome": outcome, "exposure": exposure, "need": need, "step": float(step), "n": len(sample.y),
        "n_schools": sample.n_schools, "adjusted": sample.adjusted, "wording": wording or DoseWording(),
    }
    reason = sample.reason or ("Need does not vary among these children." if given.max() == given.min() else "")
    if reason:
        return _nothing(common, reason)
    centred, levels = given - given.mean(), _levels(given)
    X = sample.X.assign(need=centred, dose=sample.dose, product=sample.dose * centred)
    if not kept_columns(X).all() or len(X) <= X.shape[1] + 2:
        return _nothing(common, "Dose, need and the covariates cannot be told apart among these children.")
    contrasts = {
        str(row.level): {"dose": step, "product": step * (float(row.need) - given.mean())}  # type: ignore[arg-type]
        for row in levels.itertuples()
    }
    contrasts["interaction"] = {"product": step * float(given.std(ddof=1))}
    fit = fit_dose(sample, X, contrasts)
    if not fit.se.all():
        return _nothing(common, "The outcome follows from dose and need exactly: no error is left to see.")
    sign = 1.0 if greater_need == "higher" else -1.0
    return _filled(common, fit, levels.assign(need=sign * levels["need"]), sample.note)


def _filled(common: dict[str, object], fit: RobustEstimates, levels: pd.DataFrame, note: str) -> NeedInteraction:
    k = len(levels)
    slopes = levels.assign(
        estimate=fit.estimate[:k], se=fit.se[:k], df=fit.df[:k], ci_low=fit.ci_low[:k], ci_high=fit.ci_high[:k]
    )
    few = "So few schools carry these slopes that their intervals are only illustrative."
    return NeedInteraction(
        **common,  # type: ignore[arg-type]
        slopes=slopes[list(NEED_COLUMNS)],
        interaction=float(fit.estimate[k]),
        se=float(fit.se[k]),
        df=float(fit.df[k]),
        ci_low=float(fit.ci_low[k]),
        ci_high=float(fit.ci_high[k]),
        p=float(fit.p[k]),
        note=" ".join(filter(None, [note, few if fit.illustrative.any() else ""])),
    )


def _nothing(common: dict[str, object], reason: str) -> NeedInteraction:
    nan = math.nan
    return NeedInteraction(
        **common,  # type: ignore[arg-type]
        slopes=pd.DataFrame({c: pd.Series(dtype="str" if c == "level" else float) for c in NEED_COLUMNS}),
        interaction=nan,
        se=nan,
        df=nan,
        ci_low=nan,
        ci_high=nan,
        p=nan,
        note=reason,
    )
