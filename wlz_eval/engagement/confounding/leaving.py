"""Those who leave early have less of the dose, and fewer readings: what that does to a slope on dose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from wlz_eval.core.finding import Finding, Unit
from wlz_eval.core.result import Result
from wlz_eval.engagement.regress import EngagementSlope, engagement_slope

__all__ = ["Leaving", "leaving", "leaving_words"]

_WHO = ("stayed", "left")
_COUNTS = ("n", "unknown", "with")
_LABELS = {"stayed": "Stayed to the end", "left": "Left before the end"}


@dataclass(frozen=True, kw_only=True, repr=False)
class Leaving(Result):
    """Dose and readings of those who left and those who stayed, and the slope among those who stayed.

    Parameters
    ----------
    outcome, exposure : str
    rows : DataFrame
        See :meth:`table`.
    gap : EngagementSlope
        Difference in dose, those who left minus those who stayed.
    everyone, stayed : EngagementSlope
        The slope of all children, and of those who stayed.
    """

    outcome: str
    exposure: str
    rows: pd.DataFrame
    gap: EngagementSlope
    everyone: EngagementSlope
    stayed: EngagementSlope

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line."""
        return f"Leaving early, {self.exposure} and {self.outcome}"

    def table(self) -> pd.DataFrame:
        """One row a group: ``who``, ``label``, ``n``, ``mean`` (dose), ``known`` (percent with the outcome).

        ``n_beside``, ``unknown`` and ``unknown_beside``, ``with`` and ``with_beside`` are the children of the other
        group, and those without and with the outcome in this group and in the other: with the totals that the page
        gives elsewhere, the mean or the share of one group would tell the other's.
        """
        return self.rows.copy()

    def slopes(self) -> pd.DataFrame:
        """Slope of all children and of those who stayed: ``label``, ``estimate``, ``ci_low``, ``ci_high``, ``n``."""
        pairs = (("All children with the reading", self.everyone), ("Those who stayed to the end", self.stayed))
        found = [(label, s.estimate, s.ci_low, s.ci_high, s.n, s.note) for label, s in pairs]
        return pd.DataFrame(found, columns=["label", "estimate", "ci_low", "ci_high", "n", "note"])

    def plot(self) -> object:
        """Draw the two slopes, unreleased: for exploring, not for a page."""
        from wlz_eval.engagement.confounding.figures import draw_slopes

        return draw_slopes(self.slopes())

    def findings(
        self, prefix: str = "engagement.leaving", unit: Unit = "points", dose_unit: Unit = "count"
    ) -> tuple[Finding, ...]:
        """``.gap`` (dose), and ``.stayed`` (the slope among those who stayed)."""
        left = self.rows[self.rows["who"] == "left"]
        n_left = int(left["n"].sum())
        common: dict[str, Any] = {"group": "programme", "claim": "association"}
        return (
            Finding(
                finding_id=f"{prefix}.gap", quantity="difference", outcome=self.exposure, estimate=self.gap.estimate,
                se=self.gap.se, ci_low=self.gap.ci_low, ci_high=self.gap.ci_high, unit=dose_unit,
                subgroup="left early minus stayed", n_programme=n_left, method=self.gap.method, note=self.gap.note,
                **common,
            ),
            Finding(
                finding_id=f"{prefix}.stayed", quantity="slope", outcome=self.outcome, estimate=self.stayed.estimate,
                se=self.stayed.se, ci_low=self.stayed.ci_low, ci_high=self.stayed.ci_high, unit=unit,
                subgroup="those who stayed to the end", n_programme=self.stayed.n, method=self.stayed.method,
                note=self.stayed.note, **common,
            ),
        )


def leaving(
    data: pd.DataFrame, outcome: str, exposure: str, end: object, covariates: Sequence[str] = (), *,
    baseline: str | None = None, left: str = "left", school: str = "school_id", step: float = 1.0,
) -> Leaving | None:
    """Set those who left early beside those who stayed.

    Parameters
    ----------
    data : DataFrame
        One row a programme child.
    outcome, exposure : str
    end : date
        Last day of the programme; a child who left before it left early.
    covariates, baseline, school, step
        As for :func:`wlz_eval.engagement.engagement_slope`.
    left : str
        Column with the day on which a child left; missing for those who stayed.

    Returns
    -------
    Leaving or None
        None where the data hold no such day, or where nobody left, or nobody stayed.

    Examples
    --------
    >>> d = pd.DataFrame({"school_id": list("abcd") * 10, "hours": [10.0, 20.0] * 20, "y": [2.0, 4.0] * 20})
    >>> d["left"] = pd.to_datetime(["2023-01-01", None] * 20)
    >>> leaving(d, "y", "hours", "2024-07-01").table()["mean"].tolist()
    [20.0, 10.0]
    """
    if left not in data:
        return None
    early = data[left].notna() & (data[left] < pd.Timestamp(str(end)))
    if early.all() or not early.any():
        return None
    used = data.assign(left_early=early.astype(float))
    rows = []
    for who in _WHO:
        part = used[early == (who == "left")]
        known = part[outcome].notna()
        counts = len(part), int((~known).sum()), int(known.sum())
        rows.append((who, _LABELS[who], *counts, float(part[exposure].mean()), 100 * float(known.mean())))
    table = pd.DataFrame(rows, columns=["who", "label", *_COUNTS, "mean", "known"])
    beside = {f"{count}_beside": table[count].to_numpy()[::-1] for count in _COUNTS}
    common: dict[str, Any] = {"covariates": covariates, "baseline": baseline, "school": school, "step": step}
    return Leaving(
        outcome=outcome, exposure=exposure, rows=table.assign(**beside),
        gap=engagement_slope(used, exposure, "left_early", school=school),
        everyone=engagement_slope(used, outcome, exposure, **common),
        stayed=engagement_slope(used[~early], outcome, exposure, **common),
    )


def leaving_words(
    result: Leaving | None, dose: str = "support", unit: Unit = "points", dose_unit: Unit = "count"
) -> tuple[str, dict[str, Finding | str]]:
    """Say what leaving does to dose, to readings and to the slope: a template and its values."""
    values: dict[str, Finding | str] = {"dose": dose}
    if result is None:
        return "These data do not say who left before the end, so that leaving cannot be told from {dose}.", values
    gap, stayed = result.findings(unit=unit, dose_unit=dose_unit)
    values |= {"gap": gap, "stayed": stayed, "reason": result.stayed.note}
    way = "less" if result.gap.estimate < 0 else "more"
    first = (
        f"Children who left before the end had {{gap:magnitude}} {way} ({{dose}}; 95% interval of the difference "
        "{gap:interval}) than those who stayed. Whatever made them leave is mixed up with how much they had."
        if result.gap.estimated
        else "Whether children who left before the end had less of {dose} cannot be said."
    )
    second = (
        " Among those who stayed the difference is {stayed} (95% interval {stayed:interval})."
        if result.stayed.estimated
        else " Among those who stayed no association could be estimated. {reason}"
    )
    return first + second, values
