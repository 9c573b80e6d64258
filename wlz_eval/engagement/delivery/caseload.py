"""Link Worker contacts against need, over children. By school is about one person, so only for internal readers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.engagement.delivery.means import UNKNOWN, clustered_difference, clustered_mean
from wlz_eval.engagement.delivery.planned import natural_order
from wlz_eval.measures.options import RiskRule
from wlz_eval.measures.risk import risk_count, risk_flags

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["NEEDS", "SPREAD", "Caseload", "caseload", "contacts_table", "need_groups"]

NEEDS = ("group", "children", "contacts", "ci_low", "ci_high", "hours", "hours_low", "hours_high")
SPREAD = ("group", "children", "tail", "contacts")
SCHOOLS = ("school", "children", "contacts", "hours")
GROUPS = ("Fewest risks at the start", "In between", "Most risks at the start")
NOT_KNOWN = "Risks not known"
CONTACTS, HOURS = "link_worker_interactions", "link_worker_hours"
CONTACT_COLUMNS = (
    "what", "total", "per_child", "reached", "not_reached", "children", "unit", "per_child_largest", "per_child_second"
)
CONTACT_LABELS = {
    CONTACTS: "All contacts",
    "engagements": "Longer contacts",
    "interactions_child": "With the child",
    "interactions_parent": "With a parent",
    "interactions_professional": "With a professional",
    HOURS: "Hours of Link Worker time",
}
#: Children in a hundred with fewer contacts, and the words for it.
QUANTILES = (
    (10, "One child in ten had at most"), (50, "Half of the children had at most"), (90, "Nine in ten had at most"),
)


@dataclass(frozen=True, kw_only=True, repr=False)
class Caseload(Result):
    """Link Worker contacts by need at the start, and their spread over children.

    Parameters
    ----------
    needs : DataFrame
        One row a group of need: ``children``, mean ``contacts`` of a child and ``hours``, each with a 95% interval.
    spread : DataFrame
        Contacts of a child that a tenth, half and nine tenths of the children do not exceed; ``tail`` counts the
        children beyond, on whom the number rests.
    schools : DataFrame
        ``school``, ``children``, ``contacts``, ``hours``: for internal readers only; a school has one Link Worker.
    gap : tuple of float
        Contacts of children with most risks less those with fewest: estimate and 95% interval, missing where there
        are not both groups.
    """

    needs: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(NEEDS)))
    spread: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(SPREAD)))
    schools: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(SCHOOLS)))
    gap: tuple[float, float, float] = UNKNOWN

    title = "Link Worker contacts of a child, by need at the start"

    def table(self) -> pd.DataFrame:
        """Return one row a group of need."""
        return self.needs

    def plot(self) -> Figure:
        """Draw contacts by need, unreleased."""
        from wlz_eval.engagement.delivery.figures import draw_needs

        return draw_needs(self.needs)

    def findings(self) -> list[Finding]:
        """Return the difference in contacts between children with most and with fewest risks: an association."""
        if not math.isfinite(self.gap[0]):
            return []
        ends = self.needs[self.needs["group"].isin((GROUPS[0], GROUPS[-1]))]["children"]
        return [
            Finding(
                finding_id="delivery.contacts_by_need", quantity="mean_difference", unit="count", claim="association",
                group="programme", subgroup="most risks at the start less fewest", estimate=self.gap[0],
                ci_low=self.gap[1], ci_high=self.gap[2], n_programme=int(ends.min()),
                method="difference of means, CR2 clustered by school",
            )
        ]

    def sentence(self) -> tuple[str, dict[str, Finding]]:
        """Say whether need and contacts go together: a template and its values."""
        found = self.findings()
        if not found:
            return "Contacts cannot be set against need: risks at the start are not known for enough children.", {}
        gap = found[0]
        text = "Children with most risks at the start had {gap:magnitude} "
        text += ("more" if gap.estimate > 0 else "fewer") + " contacts with a Link Worker than those with fewest "
        text += "(95% interval {gap:interval}). "
        if gap.interval_excludes_zero:
            return text + "The two go together; whether need is why, these data cannot say.", {"gap": gap}
        return text + "The interval holds no difference at all.", {"gap": gap}


def need_groups(data: pd.DataFrame, rules: Sequence[RiskRule]) -> pd.Series:
    """Group children by how many areas they were at risk in at the start: as near to thirds as whole counts allow.

    Parameters
    ----------
    data : DataFrame
        One row a programme child.
    rules : sequence of RiskRule
        The plan's rules.

    Returns
    -------
    Series of str
        One of three groups, or that risks are not known.
    """
    held = [rule for rule in rules if rule.column in data]
    if not held or len(held) < len(rules):
        return pd.Series(NOT_KNOWN, index=data.index, dtype="object")
    count = risk_count(risk_flags(data, held))
    known = count.dropna()
    if known.nunique() < 2:
        return pd.Series(NOT_KNOWN, index=data.index, dtype="object")
    low, high = _thirds(known.to_numpy(dtype=float))
    words = np.select([count.isna(), count <= low, count >= high], [NOT_KNOWN, GROUPS[0], GROUPS[2]], GROUPS[1])
    return pd.Series(words, index=data.index, dtype="object")


def _spread(contacts: pd.Series) -> pd.DataFrame:
    n = len(contacts)
    rows = []
    for percent, words in QUANTILES:
        tail = int(n * min(percent, 100 - percent) / 100)
        value = float(np.quantile(contacts, percent / 100, method="inverted_cdf"))
        rows.append((words, n, tail, value))
    return pd.DataFrame(rows, columns=list(SPREAD))


def _thirds(count: np.ndarray) -> tuple[float, float]:
    """Highest count of the low group and lowest of the high one, so that the three are as near to equal as can be."""
    values, sizes = np.unique(count, return_counts=True)
    upto, best, cuts = np.cumsum(sizes) / len(count), np.inf, (float(values[0]), float(values[-1]))
    for i in range(len(values) - 2):
        for j in range(i + 2, len(values)):
            shares = np.array([upto[i], upto[j - 1] - upto[i], 1 - upto[j - 1]])
            uneven = float(np.abs(shares - 1 / 3).sum())
            if uneven < best - 1e-12:
                best, cuts = uneven, (float(values[i]), float(values[j]))
    return cuts


def contacts_table(doses: pd.DataFrame) -> pd.DataFrame:
    """Link Worker contacts and hours by kind and by whom.

    Parameters
    ----------
    doses : DataFrame
        One row a programme child (:func:`exposures`).

    Returns
    -------
    DataFrame
        ``what``, ``total``, ``per_child`` (mean), children ``reached`` and ``not_reached``, ``children``, ``unit``;
        ``per_child_largest`` and ``per_child_second`` (the two children with most) for the release rule.
    """
    rows = [
        (
            label, float(doses[name].sum()), float(doses[name].mean()), int((doses[name] > 0).sum()),
            int((doses[name] == 0).sum()), len(doses), "hours" if name == HOURS else "count",
            *(np.sort(np.append(doses[name].fillna(0.0), (0.0, 0.0)))[:-3:-1] / len(doses)),
        )
        for name, label in CONTACT_LABELS.items()
        if name in doses
    ]
    return pd.DataFrame(rows, columns=list(CONTACT_COLUMNS))


def caseload(doses: pd.DataFrame, data: pd.DataFrame, rules: Sequence[RiskRule]) -> Caseload:
    """Describe Link Worker contacts against need at the start.

    Parameters
    ----------
    doses : DataFrame
        One row a programme child, with ``link_worker_interactions`` (:func:`exposures`).
    data : DataFrame
        The same children in the analysis frame.
    rules : sequence of RiskRule
        The plan's risk rules.

    Returns
    -------
    Caseload
    """
    data = data.loc[doses.index]
    school, contacts = data["school_id"], doses[CONTACTS].astype(float)
    hours = doses[HOURS].astype(float) if HOURS in doses else pd.Series(np.nan, index=doses.index)
    group = need_groups(data, rules)
    rows = []
    for name in (*GROUPS, NOT_KNOWN):
        here = (group == name).to_numpy()
        if here.any():
            timed = clustered_mean(hours[here], school[here]) if hours.notna().all() else (math.nan,) * 3
            rows.append((name, int(here.sum()), *clustered_mean(contacts[here], school[here]), *timed))
    by_school = pd.DataFrame({"school": school.astype(str), "contacts": contacts, "hours": hours})
    schools = by_school.groupby("school", sort=True).agg(
        children=("contacts", "size"), contacts=("contacts", "mean"), hours=("hours", "mean")
    )
    ends = group.isin((GROUPS[0], GROUPS[2]))
    return Caseload(
        needs=pd.DataFrame(rows, columns=list(NEEDS)),
        spread=_spread(contacts) if len(contacts) else pd.DataFrame(columns=list(SPREAD)),
        schools=schools.reindex(sorted(schools.index, key=natural_order)).reset_index(),
        gap=clustered_difference(contacts[ends], group[ends] == GROUPS[2], school[ends]),
    )
