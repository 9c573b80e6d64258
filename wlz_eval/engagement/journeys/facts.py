"""What of journeys leaves a notebook: descriptions of the groups, and associations with outcomes."""

from __future__ import annotations

import math

import pandas as pd

from wlz_eval.core.finding import Finding, Unit
from wlz_eval.engagement.journeys.search import CRITERIA, Found

__all__ = ["CAUTION", "group_facts", "outcome_facts"]

CAUTION = (
    "A journey is made in part by the child: by need, by wish, and by how long the child stayed. That children on "
    "one journey ended higher does not say that the journey lifted them."
)
#: What the search says of the number of groups it chose, in words.
_SEARCH = {
    "width": "average silhouette width",
    "width_one_group": "largest average silhouette width in worlds of one group",
    "stability": "least Jaccard similarity of a group in bootstrap samples",
}


def _key(journey: object) -> str:
    return str(journey).lower().removeprefix("journey ").replace(" ", "_")


def _described(name: str, quantity: str, estimate: float, unit: Unit, n: int, method: str, **more: str) -> Finding:
    return Finding(
        finding_id=f"delivery.journeys.{name}",
        quantity=quantity,
        estimate=estimate,
        unit=unit,
        claim="description",
        group="programme",
        n_programme=n,
        method=method,
        subgroup=more.get("subgroup", ""),
        note=more.get("note", ""),
    )


def group_facts(found: Found, typical: pd.DataFrame, n: int) -> list[Finding]:
    """How many journeys there are, how clear and stable they are, and how many children travel each.

    Parameters
    ----------
    found : Found
        What the search found.
    typical : DataFrame
        ``journey``, ``share`` (percent).
    n : int
        Programme children.
    """
    facts = [_described("groups", "count", float(found.groups), "count", n, CRITERIA, note=found.reason)]
    search = found.search
    if len(search):
        # Where there are no groups: the number of groups that came nearest.
        kept = search[search["groups"] == found.groups] if found.groups else search.nlargest(1, "width")
        for column, words in _SEARCH.items():
            value = float(kept[column].iloc[0]) if len(kept) else math.nan
            if math.isfinite(value):
                facts.append(_described(column, column, value, "ratio", n, words))
    method = "share of programme children"
    for journey, share in zip(typical["journey"], typical["share"], strict=True):
        name = f"share.{_key(journey)}"
        facts.append(_described(name, "percent", float(share), "percent", n, method, subgroup=str(journey)))
    return facts


def outcome_facts(outcomes: pd.DataFrame) -> list[Finding]:
    """Differences in outcome by journey: associations, each with its caution."""
    return [
        Finding(
            finding_id=f"delivery.journeys.outcome.{row['measure']}.{row['wave']}.{_key(row['journey'])}",
            quantity="difference",
            outcome=row["measure"],
            wave=row["wave"],
            group="programme",
            subgroup=row["journey"],
            comparator="all children of the programme with the same baseline",
            estimate=row["difference"],
            ci_low=row["ci_low"],
            ci_high=row["ci_high"],
            unit=row["unit"],
            claim="association",
            n_programme=int(row["n"]),
            method="least squares on baseline and journey, CR2 by school",
            note=f"{row['note']} {CAUTION}".strip(),
        )
        for row in outcomes.to_dict(orient="records")
    ]
