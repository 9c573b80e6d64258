"""The same finding of several cohorts side by side, as they were released: described, never put together.

Cohorts may share schools and pools of comparison children, so rows are not independent and their average means nothing.
Only findings of the same outcome, wave, unit, comparison and claim stand in one panel, measured alike in the sense of
:mod:`wlz_eval.release.alike`; real and simulated children never do.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wlz_eval.core.numbers import format_value
from wlz_eval.core.words import claim_words
from wlz_eval.release.alike import judge_cohorts
from wlz_eval.report.changes import released_text
from wlz_eval.report.exports import Row
from wlz_eval.report.forest import Scale, scale_of

__all__ = ["COMPARED", "Member", "Outside", "Panel", "Topic", "compare"]

#: What is compared: its title, one sentence on it, and which findings it holds, by notebook, quantity and id.
TOPICS: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "Differences from matched children",
        "What each cohort's page 4 says of its own matched comparison children.",
        "04_attribution", "att", "attribution.att.",
    ),
    (
        "Changes, whatever the reason",
        "Before and after, with nothing to say what would have happened without the programme.",
        "03_progress", "change", "progress.change.",
    ),
    (
        "What goes with more engagement",
        "An association among children on the programme. Children who came more may differ in other ways.",
        "05_engagement", "slope", "engagement.slope.",
    ),
    (
        "Benefit for each unit of cost",
        "Worked out from the plan's assumptions, which may differ from cohort to cohort.",
        "07_value", "benefit_cost_ratio", "value.benefit_cost_ratio",
    ),
)
#: Columns and values of the findings that may be compared, so that no others need be read.
COMPARED: dict[str, frozenset[str]] = {
    "notebook": frozenset(topic[2] for topic in TOPICS), "quantity": frozenset(topic[3] for topic in TOPICS),
}
_CALLED = "here it may be called: "
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
#: What must be the same for findings to be about the same thing; claim and simulated are asked for besides.
_KEY = (
    "quantity", "outcome", "wave", "group", "subgroup", "comparator", "unit", "currency", "price_year", "perspective",
)


@dataclass(frozen=True, kw_only=True)
class Member:
    """One cohort's row of a panel."""

    cohort: Mapping[str, Any]
    row: Row

    @property
    def href(self) -> str:
        """Address of the cell that recorded the number."""
        cell = f"#cell-{self.row['cell']}" if self.row["cell"] else ""
        return f"{self.cohort['id']}/{self.row['notebook']}.html{cell}"

    @property
    def text(self) -> str:
        """Say the estimate with its unit, as on the cohort's own page."""
        row = {**self.row, "ci_low": None, "ci_high": None}
        return released_text(row)

    @property
    def interval(self) -> str:
        """The interval as it was released."""
        low, high = self.row["ci_low"], self.row["ci_high"]
        if low is None or high is None:
            return "–"
        unit, currency = self.row["unit"], self.row["currency"]
        return f"{format_value(low, unit, currency)} to {format_value(high, unit, currency)}"

    @property
    def claim(self) -> str:
        """Say what the number may be called."""
        low, high = self.row["ci_low"], self.row["ci_high"]
        open_ = low is not None and high is not None and low <= 0 <= high
        return claim_words(self.row["claim"], open_, self.row["only_by_itself"])

    def children(self, group: str) -> str:
        """Released number of children of a group behind it."""
        n = self.row[f"n_{group}"]
        return f"{n:,}" if n is not None else self.row[f"n_{group}_why_empty"] or "–"


@dataclass(frozen=True, kw_only=True)
class Outside:
    """A cohort's finding that may not stand in a panel, and why."""

    member: Member
    reasons: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Findings that may stand side by side.

    Parameters
    ----------
    title, anchor : str
    members : tuple of Member
        One a cohort, by title.
    simulated : bool
        Whether all of them are simulated; a panel never mixes.
    cautions : tuple of str
        What is not quite alike in them.
    scale : Scale
        The one scale on which all rows are drawn.
    outside : tuple of Outside
        The same finding of other cohorts, which may not stand in the panel: named below it, so that nobody takes the
        panel for all there is.
    """

    title: str
    anchor: str
    members: tuple[Member, ...]
    simulated: bool
    cautions: tuple[str, ...]
    scale: Scale
    outside: tuple[Outside, ...] = ()

    @property
    def compares(self) -> bool:
        """Whether its numbers compare the programme's children with others."""
        return any(m.row["tier"] or m.children("comparison") != "–" for m in self.members)

    @property
    def notes(self) -> tuple[str, ...]:
        """The caution that stands beside each number on its cohort's page: once where all have the same."""
        notes = {m.row["note"] for m in self.members}
        if len(notes) == 1:
            return tuple(notes - {""})
        return tuple(f"{m.cohort['title']}: {m.row['note']}" for m in self.members if m.row["note"])

    @property
    def sentence(self) -> str:
        """State what the picture shows: the lowest and highest row, which is a description and no summary."""
        shown = [m for m in self.members if m.row["estimate"] is not None]
        low, high = (end(shown, key=lambda m: m.row["estimate"]) for end in (min, max))
        if low.text == high.text:
            return f"All that are shown: {low.text}."
        return (
            f"In this panel: lowest {low.text} ({low.cohort['title']}), highest {high.text} ({high.cohort['title']})."
        )


@dataclass(kw_only=True)
class Topic:
    """Panels on one kind of finding, and findings of which there is no panel."""

    title: str
    about: str
    panels: list[Panel] = field(default_factory=list)
    apart: list[tuple[str, tuple[Outside, ...]]] = field(default_factory=list)


def compare(cohorts: Sequence[Mapping[str, Any]]) -> list[Topic]:
    """Put the same finding of several cohorts side by side where they may stand so.

    Parameters
    ----------
    cohorts : sequence of mapping
        ``id``, ``title``, ``simulated``, ``rows`` (released findings), ``measures`` and ``readings`` (how their
        outcomes were measured).

    Returns
    -------
    list of Topic
        Those of :data:`TOPICS` that at least two cohorts have a finding of.
    """
    topics = []
    for title, about, *which in TOPICS:
        topic = Topic(title=title, about=about)
        for family in _families(cohorts, *which):
            _sort_family(topic, family)
        if topic.panels or topic.apart:
            topic.panels.sort(key=lambda panel: panel.simulated)
            topics.append(topic)
    return topics


def _families(
    cohorts: Sequence[Mapping[str, Any]], notebook: str, quantity: str, prefix: str
) -> Iterable[list[Member]]:
    """Group findings that are about the same thing, one a cohort; a primary outcome of any comes first."""
    found: dict[tuple[Any, ...], dict[str, Member]] = {}
    for cohort in sorted(cohorts, key=lambda c: (c["simulated"], c["title"], c["id"])):
        for row in cohort["rows"]:
            if row["notebook"] == notebook and row["quantity"] == quantity and row["finding_id"].startswith(prefix):
                key = tuple(row[name] for name in _KEY)
                # The main comparison is recorded under two names; one of them will do.
                found.setdefault(key, {}).setdefault(cohort["id"], Member(cohort=cohort, row=row))
    families = [list(members.values()) for members in found.values() if len(members) > 1]
    return sorted(families, key=lambda f: (not any(m.row["primary"] for m in f), -len(f)))


def _sort_family(topic: Topic, family: list[Member]) -> None:
    """Put findings into panels so that none holds two that may not stand side by side."""
    groups: list[list[Member]] = []
    for member in family:
        fits = (group for group in groups if not any(_refusals(other, member) for other in group))
        group = next(fits, None)
        if group is None:
            groups.append([member])
        else:
            group.append(member)
    drawn = [group for group in groups if sum(m.row["estimate"] is not None for m in group) > 1]
    placed = [member for group in drawn for member in group]
    beside = drawn[0][0] if drawn else family[0]
    outside = tuple(_outside(beside, member, bool(drawn)) for member in family if member not in placed)
    for number, group in enumerate(drawn, start=len(topic.panels) + 1):
        first = group is drawn[0]
        topic.panels.append(_panel(group, outside if first else (), f"{topic.title.split()[0].lower()}-{number}"))
    if not drawn:
        topic.apart.append((family[0].row["what"], outside))


def _outside(beside: Member, member: Member, drawn: bool) -> Outside:
    reasons = [] if member is beside else _refusals(beside, member)
    if not drawn and not any(reason.startswith(_CALLED) for reason in reasons):
        reasons.insert(0, f"{_CALLED}{member.claim}")
    if member.row["estimate"] is None:
        reasons.append("its number is not shown")
    return Outside(member=member, reasons=tuple(dict.fromkeys(reasons)))


def _refusals(one: Member, other: Member) -> list[str]:
    """Say why two findings may not stand in one panel; empty when they may."""
    if one.cohort["simulated"] != other.cohort["simulated"]:
        return ["simulated children are never compared with real ones"]
    if one.row["claim"] != other.row["claim"]:
        return [f"{_CALLED}{other.claim}"]
    verdict = judge_cohorts(one.cohort, other.cohort, one.row["outcome"], one.row["wave"])
    return list(verdict.reasons) if verdict.verdict == "refused" else []


def _panel(group: Sequence[Member], outside: tuple[Outside, ...], anchor: str) -> Panel:
    first = group[0]
    cautions: dict[str, None] = {}
    for i, one in enumerate(group):
        for other in group[i + 1 :]:
            said = judge_cohorts(one.cohort, other.cohort, one.row["outcome"], one.row["wave"])
            cautions |= dict.fromkeys(said.reasons)
    # Degrees of freedom and numbers of draws are the cohort's own, and no other way of estimating.
    if len({_DIGITS.sub("", m.row["method"]) for m in group}) > 1:
        cautions["they were not all estimated in the same way; each page says how"] = None
    ends = [m.row[name] for m in group for name in ("estimate", "ci_low", "ci_high") if m.row[name] is not None]
    reference = 1.0 if first.row["unit"] == "ratio" else 0.0
    return Panel(
        title=first.row["what"],
        anchor=anchor,
        members=tuple(group),
        simulated=bool(first.cohort["simulated"]),
        cautions=tuple(cautions),
        scale=scale_of([e for e in ends if math.isfinite(e)], reference, first.row["unit"], first.row["currency"]),
        outside=outside,
    )
