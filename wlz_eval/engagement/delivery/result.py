"""How the programme was delivered: all that notebook 06 shows of attendance, partners, contacts and feedback."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Counted, Finding
from wlz_eval.core.result import Result
from wlz_eval.engagement.delivery.attendance import ATTENDANCE, attendance_rates, count_sessions
from wlz_eval.engagement.delivery.caseload import CONTACT_COLUMNS, CONTACTS, Caseload, caseload, contacts_table
from wlz_eval.engagement.delivery.feedback import ChildFeedback, child_feedback
from wlz_eval.engagement.delivery.framework import PracticeProfile, practice_profile
from wlz_eval.engagement.delivery.funnel import PartnerFunnel, partner_funnel
from wlz_eval.engagement.delivery.missed import MissedSessions, missed_sessions
from wlz_eval.engagement.delivery.partner_scales import PartnerScales, partner_scales
from wlz_eval.engagement.delivery.planned import Grouping, Planned, numbered_schools, planned_sessions
from wlz_eval.engagement.delivery.pooling import PooledRates, pooled_rates
from wlz_eval.engagement.delivery.started import started_findings
from wlz_eval.engagement.exposure import exposures, has_delivery_data
from wlz_eval.engagement.options import EngagementOptions
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.measures.options import RiskRule

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Delivery", "delivery"]

Part = PartnerFunnel | PooledRates | MissedSessions | Caseload | PracticeProfile | PartnerScales | ChildFeedback
#: Groups by which attendance is shown, in order; by school for internal readers only.
BY = ("support", "term", "weekday", "stage", "partner", "school")
ALL = "All sessions"
#: Percent, as the plan has it where it says nothing else.
PILOT_ASPIRATION = 100 * EngagementOptions.model_fields["attendance_aspiration"].default
PILOT_AIM = "the long-term hope stated for the pilot is {aim}, as of attendance at school."
NOTHING = (
    "These data hold no interactions and no sessions, so nothing can be said of how the programme was delivered."
)


@dataclass(frozen=True, kw_only=True, repr=False)
class Delivery(Result):
    """How the programme was delivered to the children who started. Nothing here is an effect.

    Parameters
    ----------
    available : bool
        Whether the cohort has an interactions or a sessions table.
    aspiration : float
        Percent of planned sessions that partners aim for.
    attendance : mapping of str to DataFrame
        Attendance overall (``all``) and by ``support``, ``term``, ``weekday``, ``stage`` (weeks of a child's own time),
        ``partner``, ``school`` (see :func:`attendance_rates`); absent where the data do not say.
    practice, scales, feedback, funnel, pooled, missed, contacts, caseload
        The parts; see each. Empty where the cohort lacks their table.
    notes : tuple of str
        What a reader must know about the tables.
    facts : tuple of Finding
        Findings that belong to no part.
    fewest : int
        Children with planned sessions below whom the answer says nothing of attendance.
    """

    available: bool
    aspiration: float
    practice: PracticeProfile
    scales: PartnerScales
    feedback: ChildFeedback
    attendance: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    funnel: PartnerFunnel = field(default_factory=lambda: partner_funnel(_no_counts()))
    pooled: PooledRates = field(default_factory=lambda: pooled_rates(_no_counts()))
    missed: MissedSessions = field(default_factory=lambda: missed_sessions(_no_sessions()))
    contacts: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(CONTACT_COLUMNS)))
    caseload: Caseload = field(default_factory=Caseload)
    notes: tuple[str, ...] = ()
    facts: tuple[Finding, ...] = ()
    fewest: int = 10

    title = "Delivery"

    def by(self, name: str) -> pd.DataFrame:
        """Attendance by one of the groups, beside the aim; empty where the data do not say."""
        rows = self.attendance.get(name, pd.DataFrame(columns=list(ATTENDANCE)))
        return rows.assign(aim=self.aspiration, unit="percent")

    def timing(self) -> pd.DataFrame:
        """Attendance by term, by weekday, and at the beginning and end of a child's time, one below the other."""
        return pd.concat([self.by(name) for name in ("term", "weekday", "stage")], ignore_index=True)

    def partners(self) -> pd.DataFrame:
        """Partners by name: as seen, the limits of chance and the verdict, and as drawn towards the others.

        With ``planned_counted``, so that planned sessions are published for the rounded number of a partner's children:
        added up and divided by their mean for each child, they would tell the exact number of all children.
        """
        pooled = self.pooled.table()[["group", "pooled", "ci_low", "ci_high"]]
        rows = self.funnel.table().merge(pooled, on="group", how="left").assign(unit="percent")
        counted = [
            (Counted(children="", n=int(n), each=planned / max(n, 1)),)
            for n, planned in zip(rows["children"], rows["planned"], strict=True)
        ]
        return rows.assign(planned_counted=pd.Series(counted, index=rows.index, dtype=object))

    def table(self) -> pd.DataFrame:
        """Attendance overall and in every group, one below the other, but for schools."""
        parts = [rows.assign(by=name) for name, rows in self.attendance.items() if name != "school"]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*ATTENDANCE, "by"])

    def plot(self) -> Figure:
        """Draw attendance by kind of support, unreleased."""
        from wlz_eval.engagement.delivery.figures import draw_rates

        return draw_rates(self.by("support"))

    def parts(self) -> list[Part]:
        """Return the parts, in the order of the page."""
        return [self.funnel, self.pooled, self.practice, self.scales, self.missed, self.caseload, self.feedback]

    def findings(self) -> list[Finding]:
        """Return the findings of all parts: descriptions, and one association of contacts with need."""
        found = list(self.facts)
        for part in self.parts():
            found += part.findings()
        return found

    @property
    def left_out(self) -> tuple[str, ...]:
        """Name in one sentence what these data do not hold, in place of a section for each; none where all is held."""
        held = {
            "partner sessions that were planned": bool(self.attendance),
            "contacts with Link Workers": len(self.contacts) > 0,
            "partners' levels of practice": bool(self.practice.findings()),
            "partners' own measures before and after": len(self.scales.table()) > 0,
            "answers of children to questions": len(self.feedback.table()) > 0,
        }
        missing = [what for what, there in held.items() if not there]
        if not missing:
            return ()
        named = missing[0] if len(missing) == 1 else f"{', '.join(missing[:-1])} or {missing[-1]}"
        return (f"These data hold no {named}, or too few to show, so the sections about them are left out.",)

    def answer(self) -> tuple[str, dict[str, Finding | str | None]]:
        """Answer the question of notebook 06 in words: a template and the values of its placeholders."""
        if not self.available:
            return NOTHING, {}
        found = {f.finding_id: f for f in self.facts}
        words: dict[str, Finding | str | None] = {"aim": found["delivery.aspiration"]}
        parts = []
        if "delivery.interactions.mean" in found:
            words["contacts"] = found["delivery.interactions.mean"]
            parts.append(
                "The {contacts:n_programme} children who started had {contacts:number} contacts with a Link Worker "
                "each on average."
            )
        came = found.get("delivery.attendance.all")
        if came is not None and (came.n_programme or 0) >= self.fewest:
            words["came"] = came
            parts.append(
                "They attended {came} of the partner sessions planned for them (95% interval {came:interval}); "
                + (PILOT_AIM if self.aspiration == PILOT_ASPIRATION else "the plan's aim is {aim}.")
            )
            if len(self.funnel.partners) > 1:
                template, values = self.funnel.sentence()
                parts.append(template)
                words |= values
        elif "all" in self.attendance:
            parts.append("Partner sessions were planned for too few of them to say how many were attended.")
        else:
            parts.append("No partner session was planned for them, as far as these data say.")
        parts.append("This describes what was done. It does not show what any of it changed.")
        return " ".join(parts), words


def _no_counts() -> pd.DataFrame:
    return pd.DataFrame({"group": [], "child": [], "planned": [], "attended": []})


def _no_sessions() -> Planned:
    nothing = np.zeros(0, dtype=np.intp)
    return Planned(pd.Index([]), nothing, nothing, nothing.astype(bool), {})


def _aim(options: EngagementOptions) -> Finding:
    return Finding(
        finding_id="delivery.aspiration", quantity="target", unit="percent", claim="description", evidence="published",
        estimate=100 * options.attendance_aspiration,
        method="long-term aspiration stated for the pilot: attendance at support like that at school; may be changed "
        "in the plan",
    )


def _attendance_finding(row: pd.Series, name: str) -> Finding:
    return Finding(
        finding_id=f"delivery.attendance.{name}", quantity="percent", unit="share", claim="description",
        group="programme", subgroup="" if name == "all" else str(row["group"]), estimate=row["rate"],
        ci_low=row["ci_low"], ci_high=row["ci_high"], n_programme=int(row["children"]),
        method="sessions attended of sessions planned; sessions of a child belong together",
    )


def _contact_findings(doses: pd.DataFrame) -> list[Finding]:
    contacts = doses[CONTACTS]
    largest, second = np.sort(np.append(contacts.fillna(0.0), (0.0, 0.0)))[:-3:-1]
    n = max(len(contacts), 1)
    made = (("mean", "mean", contacts.mean(), n), ("total", "count", contacts.sum(), 1))
    return [
        Finding(
            finding_id=f"delivery.interactions.{name}", quantity=quantity, unit="count", claim="description",
            group="programme", estimate=float(value), n_programme=len(contacts), method="interactions for each child",
            largest=float(largest) / of, second=float(second) / of,
        )
        for name, quantity, value, of in made
    ]


def _sessions(cohort: Cohort, data: pd.DataFrame, fewest: int) -> tuple[dict[str, object], list[Finding]]:
    """Everything that rests on planned sessions."""
    planned = planned_sessions(cohort, data.index, data["school_id"])
    if not len(planned):
        return {"notes": (*planned.notes, "No session was planned for a child of the programme.")}, []
    n, everything = len(planned.children), Grouping(np.zeros(len(planned), dtype=np.intp), (ALL,))
    counts = {
        name: count_sessions(planned.child, planned.attended, by, n)
        for name, by in (("all", everything), *((name, planned.groups[name]) for name in BY if name in planned.groups))
    }
    rates = {name: attendance_rates(cells) for name, cells in counts.items() if len(cells)}
    found = [_attendance_finding(rates["all"].iloc[0], "all")]
    for _, row in rates.get("support", pd.DataFrame()).iterrows():
        found.append(_attendance_finding(row, str(row["group"]).lower().replace(" ", "_")))
    parts: dict[str, object] = {
        "attendance": rates, "funnel": partner_funnel(counts["partner"], fewest),
        "pooled": pooled_rates(counts["partner"]), "missed": missed_sessions(planned), "notes": planned.notes,
    }
    return parts, found


def delivery(
    cohort: Cohort,
    frame: AnalysisFrame,
    options: EngagementOptions,
    *,
    risk: Sequence[RiskRule] = (),
    fewest: int = 10,
) -> Delivery:
    """Describe how the programme was delivered to the children who started.

    Parameters
    ----------
    cohort : Cohort
        A loaded cohort.
    frame : AnalysisFrame
        Its analysis frame.
    options : EngagementOptions
        The aim for attendance and what counts as high engagement.
    risk : sequence of RiskRule
        The plan's rules, by which need at the start is counted.
    fewest : int
        Children of a partner below which nothing is said of it: the threshold of disclosure.

    Returns
    -------
    Delivery
        With ``available`` false when the cohort has neither interactions nor sessions.
    """
    data = frame.data[frame.data["programme"] == 1].sort_index()
    data = data.assign(school_id=numbered_schools(cohort, data["school_id"]))
    school = data["school_id"]
    here = bool(len(data)) and has_delivery_data(cohort)
    made: dict[str, object] = {
        "practice": practice_profile(cohort),
        "scales": partner_scales(cohort, data.index, school),
    }
    facts: list[Finding] = []
    doses = exposures(cohort, frame).reindex(data.index) if here else pd.DataFrame(index=data.index)
    if here:
        facts = [_aim(options), *started_findings(cohort, data, doses, options)]
    if here and cohort.has("sessions"):
        parts, found = _sessions(cohort, data, fewest)
        made, facts = made | parts, facts + found
    if here and cohort.has("interactions"):
        made |= {"contacts": contacts_table(doses), "caseload": caseload(doses, data, risk)}
        facts += _contact_findings(doses)
    made["feedback"] = child_feedback(cohort, school, doses.get("attendance_rate"))
    return Delivery(
        available=here, aspiration=100 * options.attendance_aspiration, facts=tuple(facts), fewest=fewest,
        **made,  # type: ignore[arg-type]
    )
