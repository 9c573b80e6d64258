"""The dose at which half of the children, or another share, meet an outcome, and which doses are not ruled out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from wlz_eval.core.errors import OptionError
from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.engagement.dose.logistic import logistic_fit, standardised
from wlz_eval.engagement.dose.sample import (
    CHILDREN_A_POINT,
    DoseSample,
    DoseWording,
    binned_doses,
    dose_sample,
    fit_dose,
)

__all__ = ["SHARE_CURVE_COLUMNS", "SHARE_READINGS", "DoseForShare", "crossing", "dose_for_share", "share_band"]

Array = npt.NDArray[np.float64]
ShareKind = Literal["bounded", "at_least", "at_most", "either_end", "everything", "none", "not_estimated"]

#: What each kind of set says, in words.
SHARE_READINGS: dict[str, str] = {
    "bounded": "between two limits",
    "at_least": "no upper limit among the doses seen here",
    "at_most": "no lower limit among the doses seen here",
    "either_end": "low or high doses, but not those in between",
    "everything": "any dose seen here: the data do not bound it",
    "none": "none of the doses seen here",
    "not_estimated": "could not be estimated",
}
#: Columns of the curve.
SHARE_CURVE_COLUMNS: tuple[str, ...] = ("dose", "n", "fitted", "low", "high", "asked")
#: Doses at which the band is compared with the share.
GRID = 81


@dataclass(frozen=True, kw_only=True, repr=False)
class DoseForShare(Result):
    """Dose at which a share of the children meets the outcome, within the doses seen: an association.

    Parameters
    ----------
    outcome, exposure : str
        Columns of the data.
    share : float
        The share asked for, between 0 and 1.
    kind : str
        A key of :data:`SHARE_READINGS`.
    dose, low, high : float
        Dose and the limits of its 95% set; ``nan`` where there is none among the doses seen here. Of ``either_end``
        all but what lies between the limits belongs to the set.
    side : str
        For ``none``: ``above`` when more than the share meets the outcome at every dose seen, ``below`` when fewer do.
    curve : DataFrame
        ``dose``, ``n``, ``fitted``, ``low``, ``high`` (share who meet it, in percent, with 95% band at each dose),
        ``asked``.
    seen_low, seen_high : float
        Doses seen: the 5th and 95th percentile of these children's.
    n, n_schools : int
    adjusted : tuple of str
        What it adjusts for.
    note : str
        What a reader should know; says why when nothing could be estimated.
    wording : DoseWording
    """

    outcome: str
    exposure: str
    share: float
    kind: ShareKind
    dose: float
    low: float
    high: float
    side: str
    curve: pd.DataFrame
    seen_low: float
    seen_high: float
    n: int
    n_schools: int
    adjusted: tuple[str, ...]
    note: str = ""
    wording: DoseWording = field(default_factory=DoseWording)

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line that says what was asked."""
        return f"{self.exposure} at which {self.share:.0%} meet {self.outcome}, {self.n:,} children"

    def table(self) -> pd.DataFrame:
        """One row.

        Returns
        -------
        DataFrame
            ``outcome``, ``exposure`` (words), ``share`` (percent), ``dose``, ``low``, ``high``, ``kind``, ``reading``,
            ``seen_low``, ``seen_high``, ``n``, ``n_schools``, ``note``.
        """
        return pd.DataFrame(
            [
                {
                    "outcome": self.wording.outcome,
                    "exposure": self.wording.dose,
                    "share": 100 * self.share,
                    "dose": self.dose,
                    "low": self.low,
                    "high": self.high,
                    "kind": self.kind,
                    "reading": SHARE_READINGS[self.kind],
                    "seen_low": self.seen_low,
                    "seen_high": self.seen_high,
                    "n": self.n,
                    "n_schools": self.n_schools,
                    "note": self.note,
                }
            ]
        )

    def plot(self) -> object:
        """Draw the curve, unreleased: for exploring, not for a page."""
        from wlz_eval.engagement.dose.figures import draw_share_curve

        return draw_share_curve(self.curve)

    def findings(self) -> list[Finding]:
        """Give the dose with its limits, and the limits on their own where one of them is open."""
        from wlz_eval.engagement.dose.words import share_findings

        return share_findings(self)

    def answer(self) -> tuple[str, dict[str, Finding | str | None]]:
        """Answer "at what dose does half meet it" in words: a template and the values of its placeholders."""
        from wlz_eval.engagement.dose.words import share_words

        return share_words(self)


def crossing(doses: Array, low: Array, high: Array, target: float) -> tuple[ShareKind, float, float]:
    """Find the doses whose band holds the target, ends by straight lines between neighbouring doses.

    Parameters
    ----------
    doses, low, high : array, shape (g,)
        Increasing doses and the band at each.
    target : float

    Returns
    -------
    tuple
        Kind, lower and upper end; an end is ``nan`` where the set reaches the end of the doses.

    Examples
    --------
    >>> crossing(np.array([0.0, 1, 2, 3]), np.array([-2.0, -1, 0, 1]), np.array([-1.0, 0, 1, 2]), 0.5)
    ('bounded', 1.5, 2.5)
    """
    # A dose belongs to the set while this is not below zero.
    slack = np.minimum(target - low, high - target)
    inside = slack >= 0
    if inside.all():
        return "everything", math.nan, math.nan
    if not inside.any():
        # A steep curve may cross between two neighbours: its crossing is then all there is.
        where = np.flatnonzero(np.diff(np.sign((low + high) / 2 - target)))
        if not len(where):
            return "none", math.nan, math.nan
        return "bounded", float(doses[where[0]]), float(doses[where[0] + 1])
    edges = np.flatnonzero(np.diff(inside.astype(int)))
    ends = doses[edges] + (doses[edges + 1] - doses[edges]) * slack[edges] / (slack[edges] - slack[edges + 1])
    if inside[0] and inside[-1]:
        return "either_end", float(ends[0]), float(ends[-1])
    return (
        "at_most" if inside[0] else "at_least" if inside[-1] else "bounded",
        math.nan if inside[0] else float(ends[0]),
        math.nan if inside[-1] else float(ends[-1]),
    )


def dose_for_share(
    data: pd.DataFrame,
    outcome: str,
    exposure: str,
    covariates: Sequence[str] = (),
    baseline: str | None = None,
    school: str = "school_id",
    share: float = 0.5,
    wording: DoseWording | None = None,
) -> DoseForShare:
    """Say at which dose a share of the children meets the outcome, adjusting for the baseline.

    Parameters
    ----------
    data : DataFrame
        One row a programme child.
    outcome : str
        Column that holds 1 (met) or 0 (not met).
    exposure, covariates, baseline, school
        As in :func:`wlz_eval.engagement.dose.dose_curve`.
    share : float
        Between 0 and 1.
    wording : DoseWording, optional

    Returns
    -------
    DoseForShare
        Of kind ``not_estimated``, with the reason, when there is no model.

    Raises
    ------
    OptionError
        When the outcome holds anything but 0 and 1, or the share is not between 0 and 1.

    Notes
    -----
    Logistic regression. At each dose the predicted chances of all children, as they are otherwise, are averaged (the
    marginal share, not that of one typical child). Its 95% band is made on the scale of log odds, CR2 by school with
    Imbens and Kolesár's degrees of freedom; the set holds every dose, among those seen, whose band holds the share.
    Nothing is said of doses beyond those seen.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> d = pd.DataFrame({"school_id": np.repeat(list("abcdefgh"), 40), "hours": rng.uniform(0, 50, 320)})
    >>> d["met"] = (rng.random(320) < 1 / (1 + np.exp((25 - d["hours"]) / 5))).astype(int)
    >>> found = dose_for_share(d, "met", "hours")
    >>> found.kind, 22 < found.dose < 28
    ('bounded', True)
    """
    if isinstance(share, bool) or not 0 < share < 1:
        raise OptionError(f"share must lie between 0 and 1 (0.5 for half of the children), not {share!r}.")
    sample = dose_sample(data, outcome, exposure, covariates, baseline, school)
    if not np.isin(sample.y, (0.0, 1.0)).all():
        raise OptionError(f"{outcome!r} must hold 1 (met) and 0 (not met) only. Make such a column from it first.")
    common: dict[str, object] = {
        "outcome": outcome, "exposure": exposure, "share": float(share), "n": len(sample.y),
        "n_schools": sample.n_schools, "adjusted": sample.adjusted, "wording": wording or DoseWording(),
        "seen_low": sample.seen[0], "seen_high": sample.seen[1],
    }
    reason = sample.reason or _why_not(sample)
    X = sample.X.assign(dose=sample.dose)
    beta, firth = logistic_fit(X.to_numpy(), sample.y) if not reason else (None, False)
    if beta is None:
        return _not_estimated(common, reason or SEPARATED)
    return _answered(sample, X, beta, share, common, FIRTH if firth else "")


SEPARATED = "The dose tells those who met the outcome from all others, so its chances cannot be estimated."
FIRTH = (
    "Something known at the start was shared by a few children who all did, or all did not, so the estimates are "
    "drawn a little towards one another (Firth's method)."
)


def _why_not(sample: DoseSample) -> str:
    met = int(sample.y.sum())
    if met == len(sample.y):
        return "Every child met the outcome, whatever the dose."
    if met == 0:
        return "No child met the outcome, whatever the dose."
    if min(met, len(sample.y) - met) < CHILDREN_A_POINT:
        return "Too few children met the outcome, or too few did not."
    return ""


def share_band(
    sample: DoseSample, X: pd.DataFrame, beta: Array, doses: Array
) -> tuple[Array, Array, Array, bool]:
    """Log odds of the marginal share at each dose, its 95% band, and whether too few schools carry it."""
    levels, gradients = standardised(X.to_numpy(), beta, doses)
    eta = X.to_numpy() @ beta
    p = special.expit(eta)
    root = np.sqrt(p * (1 - p))
    # The last step of the fit as least squares, each row divided by its own standard deviation.
    rows = X.mul(root, axis=0)
    response = root * eta + (sample.y - p) / root
    names = list(X.columns)
    contrasts = {str(i): dict(zip(names, map(float, g), strict=True)) for i, g in enumerate(gradients)}
    fit = fit_dose(sample, rows, contrasts, y=response, working="independent")
    half = fit.ci_high - fit.estimate
    return levels, levels - half, levels + half, bool(fit.illustrative.any())


def _answered(
    sample: DoseSample, X: pd.DataFrame, beta: Array, share: float, common: dict[str, object], said: str
) -> DoseForShare:
    bins = binned_doses(sample)
    doses = np.linspace(*sample.seen, GRID)
    levels, low, high, few = share_band(sample, X, beta, np.concatenate([doses, bins["dose"]]))
    if not np.isfinite(low).all():
        return _not_estimated(common, "Too few schools carry the dose for a band to be given.")
    target = float(special.logit(share))
    kind, first, last = crossing(doses, low[:GRID], high[:GRID], target)
    gap = levels[:GRID] - target
    rising = gap if gap[-1] > gap[0] else -gap
    at = float(np.interp(0.0, rising, doses)) if gap.min() < 0 < gap.max() else math.nan
    to_percent = [100 * special.expit(v[GRID:]) for v in (levels, low, high)]
    curve = bins.assign(fitted=to_percent[0], low=to_percent[1], high=to_percent[2], asked=100 * share)
    notes = [sample.note, said]
    if few:
        notes.append("So few schools carry this curve that its band is only illustrative.")
    if math.isnan(at) and kind != "none":
        notes.append("The estimate itself lies beyond the doses seen here, and is not given.")
    return DoseForShare(
        **common,  # type: ignore[arg-type]
        kind=kind,
        dose=at,
        low=first,
        high=last,
        side=("above" if gap[0] > 0 else "below") if kind == "none" else "",
        curve=curve[list(SHARE_CURVE_COLUMNS)],
        note=" ".join(filter(None, notes)),
    )


def _not_estimated(common: dict[str, object], reason: str) -> DoseForShare:
    nan = math.nan
    return DoseForShare(
        **common,  # type: ignore[arg-type]
        kind="not_estimated",
        dose=nan,
        low=nan,
        high=nan,
        side="",
        curve=pd.DataFrame(columns=list(SHARE_CURVE_COLUMNS), dtype=float),
        note=reason,
    )
