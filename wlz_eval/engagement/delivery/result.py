"""How the programme was delivered: attendance against the aim, interactions, journeys in short."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.engagement.delivery.attendance import ATTENDANCE, attendance_table, missed_runs
from wlz_eval.engagement.exposure import exposures, has_delivery_data
from wlz_eval.engagement.options import EngagementOptions
from wlz_eval.measures.frame import AnalysisFrame

__all__ = ["Delivery", "delivery"]



@dataclass(frozen=True, repr=False)
class Delivery(Result):
    """How the programme was delivered to the children who started.

    Parameters
    ----------
    available : bool
        Whether the cohort has an interactions or a sessions table.
    aspiration : float
        Percent of planned sessions that partners aim for.
    overall, by_support, by_term, by_partner : DataFrame
        Attendance (see :func:`attendance_table`); empty without a sessions table.
    interactions : DataFrame
        ``what``, ``total``, ``per_child``, ``children``: Link Worker interactions by whom and kind.
    facts : tuple of Finding
        Everything that a page may say in a sentence.
    """

    available: bool
    aspiration: float
    overall: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(ATTENDANCE)))
    by_support: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(ATTENDANCE)))
    by_term: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(ATTENDANCE)))
    by_partner: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(ATTENDANCE)))
    interactions: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["what", "total", "per_child", "reached", "children", "unit"])
    )
    facts: tuple[Finding, ...] = ()

    title = "Delivery"

    def table(self) -> pd.DataFrame:
        """Attendance overall, by kind of support, by term and by partner, one below the other."""
        parts = {
            "all": self.overall,
            "support": self.by_support,
            "term": self.by_term,
            "partner": self.by_partner,
        }
        return pd.concat([part.assign(by=name) for name, part in parts.items()], ignore_index=True)

    def plot(self) -> object:
        """Draw attendance by kind of support, unreleased: for exploring, not for a page."""
        from wlz_eval.engagement.pages.figures import draw_attendance

        return draw_attendance(self.by_support.assign(aim=self.aspiration))

    def findings(self) -> list[Finding]:
        """Return the findings."""
        return list(self.facts)

    def answer(self) -> tuple[str, dict[str, Finding | str | None]]:
        """Answer the question of notebook 06 in words: a template and the values of its placeholders."""
        found: dict[str, Finding | str | None] = {f.finding_id.replace(".", "_"): f for f in self.facts}
        if not self.available:
            return (
                "These data hold no table of interactions or sessions, so nothing can be said of how the "
                "programme was delivered.",
                {},
            )
        parts = []
        if "delivery_interactions_mean" in found:
            parts.append(
                "The {delivery_interactions_mean:n_programme} children who started had "
                "{delivery_interactions_mean:number} contacts with a Link Worker each on average."
            )
        if "delivery_attendance_all" in found:
            parts.append(
                "They attended {delivery_attendance_all} of the partner sessions planned for them "
                "(95% interval {delivery_attendance_all:interval}); the aim is {delivery_aspiration}."
            )
        return " ".join(parts), found


def _count(name: str, what: str, value: float, n: int) -> Finding:
    return Finding(
        finding_id=f"delivery.journey.{name}",
        quantity="count",
        estimate=float(value),
        unit="children",
        claim="description",
        subgroup=what,
        n_programme=n,
        method="count of programme children",
    )


def _share(name: str, what: str, flags: pd.Series) -> Finding:
    n = len(flags)
    return Finding(
        finding_id=f"delivery.journey.{name}",
        quantity="percent",
        unit="percent",
        claim="description",
        subgroup=what,
        estimate=100 * float(flags.mean()) if n else math.nan,
        n_programme=n,
        method="share of programme children",
    )


def _attendance_finding(row: pd.Series, name: str) -> Finding:
    return Finding(
        finding_id=f"delivery.attendance.{name}",
        quantity="percent",
        unit="percent",
        claim="description",
        group="programme",
        subgroup="" if name == "all" else str(row["group"]),
        estimate=row["rate"],
        ci_low=row["ci_low"],
        ci_high=row["ci_high"],
        n_programme=int(row["children"]),
        method="sessions attended of sessions planned; sessions of a child belong together",
    )


def _terms(cohort: Cohort, dates: pd.Series) -> pd.Series:
    """Name of the term of each date, in the order of time; missing outside terms."""
    out = pd.Series([None] * len(dates), index=dates.index, dtype="object")
    for number, term in enumerate(cohort.meta.terms, start=1):
        inside = (dates >= pd.Timestamp(term.start)) & (dates <= pd.Timestamp(term.end))
        out.loc[inside] = f"{number:02d} {term.name}"
    return out


def _interactions(cohort: Cohort, doses: pd.DataFrame) -> pd.DataFrame:
    labels = {
        "link_worker_interactions": "All contacts",
        "engagements": "Longer contacts",
        "interactions_child": "With the child",
        "interactions_parent": "With a parent",
        "interactions_professional": "With a professional",
        "link_worker_hours": "Hours of Link Worker time",
    }
    rows = [
        (
            label,
            float(doses[name].sum()),
            float(doses[name].mean()),
            int((doses[name] > 0).sum()),
            len(doses),
            "hours" if name.endswith("hours") else "count",
        )
        for name, label in labels.items()
        if name in doses
    ]
    return pd.DataFrame(rows, columns=["what", "total", "per_child", "reached", "children", "unit"])


def delivery(cohort: Cohort, frame: AnalysisFrame, options: EngagementOptions) -> Delivery:
    """Describe how the programme was delivered to the children who started.

    Parameters
    ----------
    cohort : Cohort
        A loaded cohort.
    frame : AnalysisFrame
        Its analysis frame.
    options : EngagementOptions
        The aim for attendance and what counts as high engagement.

    Returns
    -------
    Delivery
        With ``available`` false, and empty tables, when the cohort has neither interactions nor sessions.
    """
    aim = 100 * options.attendance_aspiration
    if not has_delivery_data(cohort):
        return Delivery(available=False, aspiration=aim)
    doses = exposures(cohort, frame)
    facts = [
        Finding(
            finding_id="delivery.aspiration",
            quantity="target",
            unit="percent",
            estimate=aim,
            claim="description",
            evidence="published",
            method="aim stated by the programme",
        ),
        *_journey_facts(cohort, frame, doses, options),
    ]
    tables: dict[str, pd.DataFrame] = {}
    if cohort.has("sessions"):
        tables, found = _session_tables(cohort, doses.index)
        facts += found
    if cohort.has("interactions"):
        tables["interactions"] = _interactions(cohort, doses)
        per_child = doses["link_worker_interactions"]
        facts.append(
            Finding(
                finding_id="delivery.interactions.mean",
                quantity="mean",
                unit="count",
                claim="description",
                group="programme",
                estimate=float(per_child.mean()),
                n_programme=len(per_child),
                method="interactions for each child",
            )
        )
        facts.append(
            Finding(
                finding_id="delivery.interactions.total",
                quantity="count",
                unit="count",
                claim="description",
                group="programme",
                estimate=float(per_child.sum()),
                n_programme=len(per_child),
                method="count of events",
            )
        )
    return Delivery(available=True, aspiration=aim, facts=tuple(facts), **tables)


def _session_tables(cohort: Cohort, children: pd.Index) -> tuple[dict[str, pd.DataFrame], list[Finding]]:
    sessions = cohort["sessions"]
    sessions = sessions[sessions["child_id"].isin(children)].assign(
        attended=lambda d: (d["attended_minutes"].astype(float) > 0).astype(int)
    )
    tables = {"overall": attendance_table(sessions, pd.Series("All sessions", index=sessions.index))}
    tables["by_term"] = attendance_table(sessions, _terms(cohort, sessions["date"]))
    tables["by_term"]["group"] = tables["by_term"]["group"].str.slice(3)
    if "support_type" in sessions:
        tables["by_support"] = attendance_table(sessions, sessions["support_type"].astype("object"))
    # Partner 2 before partner 10.
    tables["by_partner"] = attendance_table(sessions, _partner_names(cohort, sessions)).sort_values(
        "group", key=lambda s: s.str.replace(r"\d+", lambda m: m[0].zfill(6), regex=True), ignore_index=True
    )
    found = [_attendance_finding(row, "all") for _, row in tables["overall"].iterrows()]
    for _, row in tables.get("by_support", pd.DataFrame()).iterrows():
        found.append(_attendance_finding(row, str(row["group"]).lower().replace(" ", "_")))
    runs = missed_runs(sessions).reindex(children, fill_value=False)
    found.append(_share("missed_runs", "missed two planned sessions in a row at least once", runs))
    return tables, found


def _partner_names(cohort: Cohort, sessions: pd.DataFrame) -> pd.Series:
    ids = sessions["partner_id"].astype(str)
    if not cohort.has("partners") or "name" not in cohort["partners"]:
        return ids
    partners = cohort["partners"]
    names = dict(zip(partners["partner_id"].astype(str), partners["name"], strict=True))
    return ids.map(lambda i: names[i] if isinstance(names.get(i), str) else i)


def _journey_facts(
    cohort: Cohort, frame: AnalysisFrame, doses: pd.DataFrame, options: EngagementOptions
) -> list[Finding]:
    """Who started, who left early, who engaged highly: journeys in short."""
    data = frame.data.loc[doses.index]
    n = len(data)
    found = [_count("started", "started", n, n)]
    if "left" in data:
        early = data["left"].notna() & (data["left"] < pd.Timestamp(cohort.meta.programme.end))
        found.append(_count("left", "left before the programme ended", int(early.sum()), n))
        found.append(_share("left_share", "left before the programme ended", early))
    if {"attendance_rate", "link_worker_interactions"} <= set(doses.columns):
        high = (doses["attendance_rate"].fillna(0) >= 100 * options.high_attendance) & (
            doses["link_worker_interactions"] >= options.high_interactions
        )
        found.append(_share("high_engagement", "engaged highly, as the plan defines it", high))
    return found
