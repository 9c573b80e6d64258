"""How much more dose goes with a given change: the slope asked backwards, by an interval that may have no end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd
from scipy import special

from wlz_eval.core.errors import OptionError
from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.engagement.dose.fieller import FiellerSet, fieller_set
from wlz_eval.engagement.dose.sample import DoseSample, DoseWording, dose_sample, in_order
from wlz_eval.engagement.regress import EngagementSlope, engagement_slope

__all__ = ["CHANGE_READINGS", "DoseForChange", "dose_for_change"]

ChangeKind = Literal["bounded", "at_least", "less", "either", "everything", "not_estimated"]

#: What each kind of interval says, in words.
CHANGE_READINGS: dict[str, str] = {
    "bounded": "between two limits",
    "at_least": "no upper limit can be given",
    "less": "goes with less of it, not with more",
    "either": "more of it or less of it",
    "everything": "the data do not bound it",
    "not_estimated": "could not be estimated",
}
BEYOND = {
    "": "",
    "upper": "the upper limit is beyond the doses seen here",
    "estimate": "the estimate is beyond the doses seen here",
    "all": "beyond the doses seen here",
}


@dataclass(frozen=True, kw_only=True, repr=False)
class DoseForChange(Result):
    """Extra dose that goes with a change of the outcome, along a straight line: an association, not a prescription.

    Parameters
    ----------
    outcome, exposure : str
        Columns of the data.
    change : float
        The change asked for, in units of the outcome.
    kind : str
        A key of :data:`CHANGE_READINGS`: ``bounded`` has both limits; ``at_least`` has no upper limit, since the data
        do not rule out that there is no association (or one the other way); ``less`` when the association runs the
        other way; ``either`` and ``everything`` can arise only when the change is itself an estimate.
    dose, low, high : float
        Extra dose and the limits of its 95% interval. `dose` is ``nan`` when the line does not rise towards the
        change; `high` is infinite when there is no upper limit; limits are ``nan`` when there are none.
    ratios : FiellerSet or None
        The whole set, less dose as well as more.
    slope : EngagementSlope
        The straight line, for one unit of dose.
    seen_low, seen_high : float
        Doses seen: the 5th and 95th percentile of these children's.
    beyond : str
        Which part is further than these are apart: nothing (empty), ``upper``, ``estimate`` (and the upper limit),
        ``all``.
    note : str
        What a reader should know; says why when nothing could be estimated.
    wording : DoseWording
    """

    outcome: str
    exposure: str
    change: float
    kind: ChangeKind
    dose: float
    low: float
    high: float
    ratios: FiellerSet | None
    slope: EngagementSlope
    seen_low: float
    seen_high: float
    beyond: str
    note: str = ""
    wording: DoseWording = field(default_factory=DoseWording)

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line that says what was asked."""
        return f"Extra {self.exposure} that goes with {self.change:+g} in {self.outcome}, {self.slope.n:,} children"

    def table(self) -> pd.DataFrame:
        """One row.

        Returns
        -------
        DataFrame
            ``outcome``, ``exposure`` (words), ``change``, ``dose``, ``low``, ``high`` (missing where there is none),
            ``kind``, ``reading`` (what the interval says), ``beyond`` (what of it no child was seen at), ``seen_low``,
            ``seen_high``, ``slope``, ``slope_low``, ``slope_high`` (per unit of dose), ``n``, ``n_schools``, ``note``.
        """
        return pd.DataFrame(
            [
                {
                    "outcome": self.wording.outcome,
                    "exposure": self.wording.dose,
                    "change": self.change,
                    "dose": self.dose,
                    "low": self.low,
                    "high": self.high if math.isfinite(self.high) else math.nan,
                    "kind": self.kind,
                    "reading": CHANGE_READINGS[self.kind],
                    "beyond": BEYOND[self.beyond],
                    "seen_low": self.seen_low,
                    "seen_high": self.seen_high,
                    "slope": self.slope.estimate,
                    "slope_low": self.slope.ci_low,
                    "slope_high": self.slope.ci_high,
                    "n": self.slope.n,
                    "n_schools": self.slope.n_schools,
                    "note": self.note,
                }
            ]
        )

    def plot(self) -> object:
        """Draw the interval, unreleased: for exploring, not for a page."""
        from wlz_eval.engagement.dose.figures import draw_dose_for_change

        return draw_dose_for_change(self.table())

    def findings(self) -> list[Finding]:
        """Give the change asked for, the extra dose, and its lower limit where there is no upper one."""
        from wlz_eval.engagement.dose.words import change_findings

        return change_findings(self)

    def answer(self) -> tuple[str, dict[str, Finding | str | None]]:
        """Answer "how many for a given change" in words: a template and the values of its placeholders."""
        from wlz_eval.engagement.dose.words import change_words

        return change_words(self)


def read_ratios(found: FiellerSet) -> tuple[ChangeKind, float, float]:
    """Say what a set of ratios means for more dose: its kind and its limits.

    Examples
    --------
    >>> read_ratios(FiellerSet("exclusive", -5.0, 20.0))
    ('at_least', 20.0, inf)
    """
    if found.kind == "everything":
        return "everything", math.nan, math.nan
    if found.kind == "exclusive":
        return "at_least", found.high, math.inf
    if found.high <= 0:
        return "less", math.nan, math.nan
    return ("bounded" if found.low > 0 else "either"), found.low, found.high


def _beyond(kind: str, dose: float, low: float, high: float, span: float) -> str:
    if kind not in ("bounded", "at_least", "either"):
        return ""
    for part, value in (("all", low), ("estimate", dose)):
        if value > span:
            return part
    return "upper" if kind != "at_least" and high > span else ""


def dose_for_change(
    data: pd.DataFrame,
    outcome: str,
    exposure: str,
    change: float,
    covariates: Sequence[str] = (),
    baseline: str | None = None,
    school: str = "school_id",
    school_effects: str = "cluster",
    change_se: float = 0.0,
    wording: DoseWording | None = None,
) -> DoseForChange:
    """Say how much more dose goes with a change of the outcome, among children with the same baseline.

    Parameters
    ----------
    data : DataFrame
        One row a programme child.
    outcome, exposure : str
        Columns with the outcome and the dose.
    change : float
        The change asked about, in units of the outcome and with its sign: -2 for two points fewer.
    covariates, baseline, school, school_effects
        As in :func:`wlz_eval.engagement.regress.engagement_slope`, whose straight line this asks backwards.
    change_se : float
        Standard error of the change, when it is itself an estimate from other children; 0 for a number that is given.
    wording : DoseWording, optional

    Returns
    -------
    DoseForChange
        Of kind ``not_estimated``, with the reason, when there is no line.

    Raises
    ------
    OptionError
        When the change is zero or not a number, or its standard error is negative.

    Notes
    -----
    Fieller's interval with the slope's own degrees of freedom. When the slope's interval holds zero, no finite number
    of hours is an upper limit; that is said, and no number is made up.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> d = pd.DataFrame({"school_id": np.repeat(list("abcdefgh"), 30), "hours": rng.uniform(0, 50, 240)})
    >>> d["y"] = 0.2 * d["hours"] + rng.normal(size=240)
    >>> found = dose_for_change(d, "y", "hours", 3.0)
    >>> found.kind, round(found.dose)
    ('bounded', 15)
    """
    if not math.isfinite(change) or change == 0:
        raise OptionError(f"change must be a number other than zero, with its sign (3 or -2), not {change!r}.")
    if not (math.isfinite(change_se) and change_se >= 0):
        raise OptionError(f"change_se must be zero or a number above zero, not {change_se!r}.")
    sample = dose_sample(data, outcome, exposure, covariates, baseline, school)
    columns = list(dict.fromkeys([outcome, exposure, school, *([baseline] if baseline else []), *covariates]))
    slope = engagement_slope(
        in_order(data[columns]), outcome, exposure, covariates, baseline, school, school_effects=school_effects
    )
    reason = sample.reason or ("" if slope.estimated and slope.se > 0 else slope.note or NO_ERROR)
    return _answered(sample, slope, reason, float(change), change_se, wording or DoseWording())


NO_ERROR = "The outcome follows from the dose and the covariates exactly: no error is left to see."


def _answered(
    sample: DoseSample, slope: EngagementSlope, reason: str, change: float, change_se: float, wording: DoseWording
) -> DoseForChange:
    kind, low, high, dose, found = "not_estimated", math.nan, math.nan, math.nan, None
    notes = [reason]
    if not reason:
        factor = float(special.stdtrit(slope.df, 0.975))
        found = fieller_set(change, slope.estimate, change_se**2, slope.se**2, factor)
        kind, low, high = read_ratios(found)
        rises = slope.estimate * change > 0
        dose = change / slope.estimate if rises and kind != "everything" else math.nan
        notes = list(dict.fromkeys([sample.note, "" if slope.note in sample.note else slope.note]))
        if kind == "at_least" and not rises:
            notes.append("The line itself runs the other way: there is no estimate, only what is not ruled out.")
    seen_low, seen_high = sample.seen
    return DoseForChange(
        outcome=slope.outcome,
        exposure=slope.exposure,
        change=change,
        kind=kind,  # type: ignore[arg-type]
        dose=dose,
        low=low,
        high=high,
        ratios=found,
        slope=slope,
        seen_low=seen_low,
        seen_high=seen_high,
        beyond=_beyond(kind, dose, low, high, seen_high - seen_low),
        note=" ".join(filter(None, notes)),
        wording=wording,
    )
