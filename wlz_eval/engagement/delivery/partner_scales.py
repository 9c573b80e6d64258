"""Partners' own measures before and after, put on one scale. A change is never an effect."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from wlz_eval.cohort.model import WAVES, Cohort
from wlz_eval.core.errors import OptionError
from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.engagement.delivery.planned import natural_order, partner_names
from wlz_eval.measures.progress.change import paired_change

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["SCALES", "PartnerScales", "partner_scales", "standardised_change"]

Array = npt.NDArray[np.float64]
SCALES = (
    "measure", "label", "group", "better", "at_start", "children", "lost", "before", "after", "change", "ci_low",
    "ci_high", "correlation",
)
FIRST, ALL = "baseline", "All partners"
#: Fewest children with both readings for an interval.
FEWEST = 3


@dataclass(frozen=True, kw_only=True, repr=False)
class PartnerScales(Result):
    """Change on partners' own measures, in standard deviations at the start; upwards is better.

    Parameters
    ----------
    rows : DataFrame
        One row a measure and partner, and one a measure for all partners: ``label``, ``group`` (partner), ``better``
        (higher, lower, or not known), ``at_start`` (children with a first reading), ``children`` (with both), ``lost``
        (without the second), ``before`` and ``after`` on the measure's own scale, ``change`` with ``ci_low`` and
        ``ci_high`` in SDs, ``correlation`` of the two readings.
    """

    rows: pd.DataFrame

    title = "Change on partners' own measures, in standard deviations; a change is no effect"

    def table(self) -> pd.DataFrame:
        """Return one row a measure and partner, by name."""
        return self.rows

    def plot(self) -> Figure:
        """Draw changes, unreleased."""
        from wlz_eval.engagement.delivery.figures import draw_scales

        return draw_scales(self.rows)

    def findings(self) -> list[Finding]:
        """Return each measure's change over all partners, as a description."""
        rows = self.rows[self.rows["group"] == ALL] if len(self.rows) else self.rows
        return [
            Finding(
                finding_id=f"delivery.scale.{row['measure']}", quantity="standardised_change", unit="sd",
                claim="description", outcome=str(row["measure"]), group="programme", estimate=row["change"],
                ci_low=row["ci_low"], ci_high=row["ci_high"], n_programme=int(row["children"]),
                method="later reading less first, in SDs of the first; clustered by school",
                note="Before and after, not an effect: children who began low come nearer the middle with no support.",
            )
            for _, row in rows.iterrows()
        ]

    def sentence(self) -> tuple[str, dict[str, Finding]]:
        """Say what changed on the measure that most children have: a template and its values."""
        found = [f for f in self.findings() if math.isfinite(f.estimate)]
        if not found:
            return "No partner's own measure is held before and after, so no change can be shown on one.", {}
        most = max(found, key=lambda f: (f.n_programme or 0, f.outcome))
        label = str(self.rows.loc[self.rows["measure"] == most.outcome, "label"].iloc[0])
        way = "better" if most.estimate > 0 else "worse"
        return (
            f"{label}: children's second reading was {{change:magnitude}} {way} than their first on average (95% "
            "interval {change:interval}, better upwards). This is a change, not what the partners did: children who "
            "begin low come nearer the middle with no support at all, all children grow older, and only those who were "
            "measured twice are counted.",
            {"change": most},
        )


def standardised_change(
    before: Array, after: Array, sd: float, sd_df: float, school: npt.ArrayLike | None = None
) -> tuple[float, float, float]:
    """Mean change in standard deviations with its 95% interval, which allows for the SD being an estimate.

    Parameters
    ----------
    before, after : array, shape (n,)
        Both readings of each child.
    sd, sd_df : float
        Standard deviation at the start, and the degrees of freedom behind it.
    school : array_like, optional
        Clusters; without them children count as independent.

    Returns
    -------
    tuple of float
        Change, lower and upper end; the ends are missing with fewer than three children.

    References
    ----------
    Becker (1988), British Journal of Mathematical and Statistical Psychology 41: standardised mean change, whose
    variance this is when children are independent.

    Examples
    --------
    >>> change, low, high = standardised_change(np.array([1.0, 2, 3]), np.array([2.0, 3, 5]), 1.0, 30)
    >>> round(change, 2), low < change < high
    (1.33, True)
    """
    found = paired_change(before, after, school)
    change = found.change / sd
    if len(before) < FEWEST or not math.isfinite(found.se):
        return change, math.nan, math.nan
    half = (found.ci_high - found.ci_low) / 2 / sd
    t = half * sd / found.se if found.se > 0 else float(special.stdtrit(len(before) - 1, 0.975))
    width = math.hypot(half, t * abs(change) / math.sqrt(2 * sd_df))
    return change, change - width, change + width


def _wide(cohort: Cohort, children: pd.Index) -> pd.DataFrame:
    """One row a child, partner and measure with a first reading; ``after`` is the latest later one."""
    table = cohort["partner_measures"]
    table = table[table["child_id"].isin(children) & table["value"].notna()]
    words = {column: table[column].astype(str) for column in ("partner_id", "measure")}
    table = table.assign(value=table["value"].astype(float), **words)
    first = table[table["wave"] == FIRST]
    place = {wave: i for i, wave in enumerate(WAVES)}
    order = table["wave"].map(place).astype(float)
    later = table[order > place[FIRST]].assign(order=order).sort_values("order", kind="stable")
    keys = ["child_id", "partner_id", "measure"]
    later = later.drop_duplicates(keys, keep="last")[[*keys, "value"]].rename(columns={"value": "after"})
    first = first[[*keys, "value"]].rename(columns={"value": "before"})
    return first.merge(later, on=keys, how="left").sort_values(keys, ignore_index=True)


def _about(cohort: Cohort, measure: str) -> tuple[str, str]:
    """Label and direction of a measure; one that no registry has is shown as it is, with no direction."""
    try:
        found = cohort.measure(measure)
    except OptionError:
        return measure.replace("_", " ").capitalize(), "not known"
    return found.label, found.better


def _row(part: pd.DataFrame, sd: float, sd_df: float, better: str, clustered: bool) -> dict[str, object]:
    both = part[part["after"].notna()]
    before, after = (both[c].to_numpy(dtype=float) for c in ("before", "after"))
    n = len(both)
    out: dict[str, object] = {
        "at_start": part["child_id"].nunique(), "children": both["child_id"].nunique(),
        "lost": part["child_id"].nunique() - both["child_id"].nunique(),
        "before": float(before.mean()) if n else math.nan, "after": float(after.mean()) if n else math.nan,
        "change": math.nan, "ci_low": math.nan, "ci_high": math.nan, "correlation": math.nan,
    }
    if n and sd > 0 and better in ("higher", "lower"):
        sign = 1.0 if better == "higher" else -1.0
        school = both["school_id"].to_numpy(dtype=object) if clustered else None
        change = standardised_change(sign * before, sign * after, sd, sd_df, school)
        out |= dict(zip(("change", "ci_low", "ci_high"), change, strict=True))
    if n >= FEWEST and before.std() > 0 and after.std() > 0:
        out["correlation"] = float(np.corrcoef(before, after)[0, 1])
    return out


def partner_scales(cohort: Cohort, children: pd.Index, school: pd.Series) -> PartnerScales:
    """Put partners' own measures on one scale: change in SDs of all children's first readings of that measure.

    Parameters
    ----------
    cohort : Cohort
        Its partner_measures table may be absent.
    children : Index
        Children who count.
    school : Series
        School of each of them, by which the rows over all partners are clustered.

    Returns
    -------
    PartnerScales
        Without a direction in the registry a measure has its readings shown, and no change.
    """
    if not cohort.has("partner_measures"):
        return PartnerScales(rows=pd.DataFrame(columns=list(SCALES)))
    wide = _wide(cohort, children)
    wide["school_id"] = school.reindex(wide["child_id"]).to_numpy(dtype=object)
    names = partner_names(cohort)
    wide["group"] = [names.get(i, i) for i in wide["partner_id"]]
    rows = []
    for measure, of_measure in wide.groupby("measure", sort=True):
        label, better = _about(cohort, str(measure))
        n = len(of_measure)
        sd = float(of_measure["before"].std(ddof=1)) if n > 1 else 0.0
        about = {"measure": str(measure), "label": label, "better": better}
        rows.append({**about, "group": ALL, **_row(of_measure, sd, n - 1, better, True)})
        for name in sorted(of_measure["group"].unique(), key=natural_order):
            part = of_measure[of_measure["group"] == name]
            rows.append({**about, "group": name, **_row(part, sd, n - 1, better, False)})
    return PartnerScales(rows=pd.DataFrame(rows, columns=list(SCALES)))
