"""The same slope under each treatment of schools."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.engagement.regress.capabilities import CAPABILITIES, SCHOOL_EFFECTS, VARIANCES
from wlz_eval.engagement.regress.fitting import Fitted, fit_prepared
from wlz_eval.engagement.regress.prepare import kept_columns
from wlz_eval.engagement.regress.slope import EngagementSlope
from wlz_eval.inference import ILLUSTRATIVE_BELOW, wild_bootstrap

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["SchoolTreatments", "school_treatments"]

#: Treatments that are set side by side: how schools enter, the variance, and the name.
TREATMENTS = (
    ("cluster", "CR2-exchangeable", "Schools as clusters, random-intercept weights"),
    ("cluster", "CR2", "Schools as clusters, children weigh alike"),
    ("cluster", "CR3", "Schools as clusters, jackknife"),
    ("fixed", "CR2", "Within schools only (fixed effects)"),
    ("random", "REML", "Schools at random (mixed model)"),
)
WILD = "Schools as clusters, wild bootstrap"
COLUMNS = (
    "treatment", "compares", "school_effects", "variance", "df_kind", "estimate", "se", "df", "ci_low", "ci_high",
    "p", "n", "n_schools", "chosen", "illustrative", "note",
)


@dataclass(frozen=True, kw_only=True, repr=False)
class SchoolTreatments(Result):
    """One slope, each way that schools can be treated.

    Parameters
    ----------
    slope : EngagementSlope
        As it was asked for; its treatment is marked ``chosen``.
    rows : DataFrame
        See :meth:`table`.
    """

    slope: EngagementSlope
    rows: pd.DataFrame

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line: which slope."""
        return f"{self.slope.title}: each treatment of schools"

    def table(self) -> pd.DataFrame:
        """One row a treatment.

        Columns ``treatment``, ``compares``, ``school_effects``, ``variance``, ``df_kind``, ``estimate``, ``se``,
        ``df``, ``ci_low``, ``ci_high`` (infinite where a bootstrap rejects nothing), ``p``, ``n``, ``n_schools``,
        ``chosen``, ``illustrative``, ``note``.
        """
        return self.rows.copy()

    def plot(self) -> Figure:
        """Draw estimates and intervals, one line a treatment."""
        from wlz_eval.engagement.regress.figures import draw_treatments

        return draw_treatments(self.rows)

    @property
    def agree(self) -> bool:
        """Whether all treatments that give an interval say the same of whether there is an association."""
        known = self.rows[self.rows["estimate"].notna() & self.rows["ci_low"].notna()]
        sides = (known["ci_low"] > 0).astype(int) - (known["ci_high"] < 0).astype(int)
        return known.empty or bool(sides.min() == sides.max())

    def answer(self) -> tuple[str, dict[str, Any]]:
        """Say whether the treatment of schools changes what is concluded: a template and its values."""
        if not (self.rows["estimate"].notna() & self.rows["ci_low"].notna()).any():
            return "No association could be estimated. {reason}", {"reason": self.slope.note}
        if self.agree:
            return "However schools are treated, the data say the same about whether there is an association.", {}
        return (
            "Whether the data show an association depends on how schools are treated, so it should not be relied on.",
            {},
        )

    def findings(self, prefix: str, **about: Any) -> tuple[Finding, ...]:
        """Give each treatment's slope as an association, ``.{school_effects}.{variance}`` after the prefix."""
        return tuple(
            Finding(
                finding_id=f"{prefix}.{row['school_effects']}.{row['variance']}".replace(" ", "_"),
                quantity="slope", estimate=row["estimate"], se=row["se"], ci_low=row["ci_low"],
                ci_high=row["ci_high"], claim="association", n_programme=int(row["n"]), group="programme",
                method=str(row["treatment"]), note=str(row["note"]), **about,
            )
            for row in self.rows.to_dict(orient="records")
        )


def _row(fit: Fitted, label: str, step: float, chosen: bool) -> dict[str, Any]:
    found = fit.all_terms
    return {
        "treatment": label, "compares": SCHOOL_EFFECTS[fit.schools], "school_effects": fit.schools,
        "variance": fit.variance, "df_kind": fit.df_kind, "estimate": step * found.estimate[-1],
        "se": step * found.se[-1], "df": found.df[-1], "ci_low": step * found.ci_low[-1],
        "ci_high": step * found.ci_high[-1], "p": found.p[-1], "n": len(fit.y), "n_schools": fit.prepared.n_schools,
        "chosen": chosen, "illustrative": bool(found.illustrative[-1]), "note": " ".join(fit.notes),
    }


def _failed(slope: EngagementSlope, schools: str, variance: str, label: str, note: str) -> dict[str, Any]:
    blank = dict.fromkeys(("estimate", "se", "df", "ci_low", "ci_high", "p"), math.nan)
    return {
        "treatment": label, "compares": SCHOOL_EFFECTS[schools], "school_effects": schools, "variance": variance,
        "df_kind": "", **blank, "n": slope.n, "n_schools": slope.n_schools, "chosen": False, "illustrative": True,
        "note": note,
    }


def _wild(slope: EngagementSlope, fit: Fitted, draws: int, seed: int) -> dict[str, Any]:
    X, exposure = fit.prepared.X, fit.prepared.exposure
    found = wild_bootstrap(
        X.loc[:, kept_columns(X)], fit.y, fit.prepared.school, {exposure: slope.step}, draws=draws, seed=seed,
        factors="webb" if fit.prepared.n_schools < 12 else "rademacher",
    )
    return {
        "treatment": WILD, "compares": SCHOOL_EFFECTS["cluster"], "school_effects": "cluster", "variance": "wild",
        "df_kind": "", "estimate": found.estimate, "se": math.nan, "df": math.nan, "ci_low": found.ci_low,
        "ci_high": found.ci_high, "p": found.p, "n": found.n, "n_schools": found.n_clusters, "chosen": False,
        "illustrative": found.n_clusters - 1 < ILLUSTRATIVE_BELOW, "note": "",
    }


def school_treatments(slope: EngagementSlope, draws: int = 1999, seed: int = 0) -> SchoolTreatments:
    """Estimate a slope again under every treatment of schools that its model knows, from the same children.

    Schools as clusters compare all children; fixed effects compare children of the same school; a mixed model draws
    schools from a normal distribution. They answer slightly different questions, and all of them are associations.

    Parameters
    ----------
    slope : EngagementSlope
    draws : int
        Of the wild cluster bootstrap (linear model).
    seed : int

    Returns
    -------
    SchoolTreatments
        Where a treatment gives nothing, its row says why.

    Examples
    --------
    >>> import numpy as np
    >>> from wlz_eval.engagement import engagement_slope
    >>> rng = np.random.default_rng(1)
    >>> d = pd.DataFrame({"school_id": np.repeat(list("abcdef"), 20), "hours": rng.uniform(0, 50, 120)})
    >>> d["y"] = 0.2 * d["hours"] + rng.normal(size=120)
    >>> len(school_treatments(engagement_slope(d, "y", "hours"), draws=99).table())
    6
    """
    rows = []
    for schools, variance, label in TREATMENTS:
        can = CAPABILITIES[slope.model, schools].variances
        if variance not in can or variance not in VARIANCES:
            continue
        chosen = (schools, variance) == (slope.school_effects, slope.variance)
        if chosen and slope.fit is not None:
            rows.append(_row(slope.fit, label, slope.step, True))
            continue
        fit, reason = (None, slope.note) if slope.fit is None else fit_prepared(
            slope.fit.prepared, slope.model, schools, variance, can[variance][0]
        )
        rows.append(_row(fit, label, slope.step, False) if fit else _failed(slope, schools, variance, label, reason))
    if slope.model == "linear" and slope.fit is not None and slope.n_schools >= 2:
        rows.append(_wild(slope, slope.fit, draws, seed))
    return SchoolTreatments(slope=slope, rows=pd.DataFrame(rows, columns=list(COLUMNS)))
