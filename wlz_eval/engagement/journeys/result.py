"""Typical journeys through the programme, who travels them, and how those children did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.core.words import WAVE_WORDS
from wlz_eval.engagement.change import change_groups
from wlz_eval.engagement.journeys.alphabet import LABELS, LEFT, LIGHT, NONE, OUTSIDE, STATES
from wlz_eval.engagement.journeys.cards import PARTICIPANT_CARD, participant_card
from wlz_eval.engagement.journeys.facts import CAUTION, group_facts, outcome_facts
from wlz_eval.engagement.journeys.flow import FLOW, NEEDS, SUPPORTS, flow_counts, thirds
from wlz_eval.engagement.journeys.outcomes import OUTCOMES, journey_differences
from wlz_eval.engagement.journeys.search import SMALLEST, Found, find_groups
from wlz_eval.engagement.journeys.sequences import EVERYONE, SHARES, Sequences, sequences
from wlz_eval.engagement.options import EngagementOptions
from wlz_eval.measures.frame import AnalysisFrame

__all__ = ["CAUTION", "TIMELINE", "TYPICAL", "Journeys", "journeys"]

TYPICAL = ("journey", "words", "children", "n", "share", "beside")
TIMELINE = ("journey", "step", "state", "children", "n", "share")
BEFORE = ("measure", "outcome", "wave", "when", "good", "unit")


class Outcome(Protocol):
    """What journeys read of an outcome that the plan names."""

    @property
    def measure(self) -> str: ...

    @property
    def wave(self) -> str: ...

    @property
    def primary(self) -> bool: ...

    @property
    def better(self) -> str | None: ...


def _empty(columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(columns=list(columns))


@dataclass(frozen=True, kw_only=True, repr=False)
class Journeys(Result):
    """Children's journeys through the programme: what they have in common, and how those children did.

    Parameters
    ----------
    sequences : Sequences
        The journeys themselves, child by child: never for a public page.
    found : Found or None
        What the search for typical journeys found.
    group : Series of str
        Journey of each child, such as ``Journey A``; empty where there are no groups.
    shares : DataFrame
        ``group``, ``step``, ``state``, ``children``, ``n``, ``share`` (percent), ``beside``: all children. Never also
        each journey: what is hidden of one journey would follow from all children less the others.
    typical : DataFrame
        One row a journey: ``journey``, ``words`` (its most common states at the start, in the middle, at the
        end), ``children``, ``n``, ``share``, ``beside``.
    timeline : DataFrame
        The most common state of each step of each journey (of all children where there are no typical ones):
        ``journey``, ``step``, ``state``, ``children`` in it, ``n``, ``share``. Beside `shares` a page shows the state
        alone, not how many were in it.
    outcomes : DataFrame
        ``measure``, ``outcome``, ``wave``, ``when``, ``good``, ``unit``, then the columns of
        :func:`journey_differences`.
    flow : DataFrame
        ``part``, ``start``, ``end``, ``children``, ``beside`` (see :func:`flow_counts`).
    card : DataFrame
        Profile of a participant (see :func:`participant_card`).
    """

    sequences: Sequences
    found: Found | None = None
    group: pd.Series = field(default_factory=lambda: pd.Series(dtype=object))
    shares: pd.DataFrame = field(default_factory=lambda: _empty(SHARES))
    typical: pd.DataFrame = field(default_factory=lambda: _empty(TYPICAL))
    timeline: pd.DataFrame = field(default_factory=lambda: _empty(TIMELINE))
    outcomes: pd.DataFrame = field(default_factory=lambda: _empty((*BEFORE, *OUTCOMES)))
    flow: pd.DataFrame = field(default_factory=lambda: _empty(FLOW))
    card: pd.DataFrame = field(default_factory=lambda: _empty(PARTICIPANT_CARD))

    title = "Journeys through the programme"

    @property
    def available(self) -> bool:
        """Whether there are journeys to tell of."""
        return self.sequences.available

    @property
    def groups(self) -> int:
        """Number of typical journeys; 0 when there are none."""
        return self.found.groups if self.found else 0

    @property
    def reason(self) -> str:
        """Why there are no journeys, or no typical ones; empty when there are."""
        return self.sequences.reason or (self.found.reason if self.found else "")

    def table(self) -> pd.DataFrame:
        """Return the typical journeys."""
        return self.typical

    def plot(self) -> object:
        """Draw the states of each step, unreleased: for exploring, not for a page."""
        from wlz_eval.engagement.journeys.figures import draw_states

        return draw_states(self.shares)

    def findings(self) -> list[Finding]:
        """Return the number of journeys, how clear they are, their sizes, and outcomes by journey."""
        if not self.available or self.found is None:
            return []
        n = len(self.sequences.children)
        return [
            *self.sequences.findings(),
            *group_facts(self.found, self.typical, n),
            *outcome_facts(self.outcomes),
        ]

    def answer(self) -> tuple[str, dict[str, Finding | str | None]]:
        """Say in words what was found: a template and the values of its placeholders."""
        if not self.available or self.found is None:
            return "{reason}", {"reason": self.reason}
        by_id = {f.finding_id: f for f in self.findings()}
        count = by_id["delivery.journeys.groups"]
        if not self.groups:
            return "{reason}", {"reason": self.reason}
        return (
            "The journeys of {journeys:n_programme} children fall into {journeys:number} groups (average silhouette "
            "width {width:number}; with children who differ only by degree it would be {chance:number} at most).",
            {
                "journeys": count,
                "width": by_id["delivery.journeys.width"],
                "chance": by_id["delivery.journeys.width_one_group"],
            },
        )


def journeys(
    cohort: Cohort,
    frame: AnalysisFrame,
    options: EngagementOptions,
    outcomes: Sequence[Outcome] = (),
    seed: int = 0,
    smallest: int = SMALLEST,
) -> Journeys:
    """Tell children's journeys: states by step, typical journeys, their outcomes, need to support to outcome.

    Parameters
    ----------
    cohort : Cohort
        A loaded cohort.
    frame : AnalysisFrame
        Its analysis frame.
    options : EngagementOptions
        The step of a journey, the cut-points of its states, the most groups looked for.
    outcomes : sequence of Outcome
        The plan's outcomes; those that the cohort does not hold are left out.
    seed : int
        Source of the worlds of one group and of the bootstrap samples.
    smallest : int
        Fewest children of a journey: the plan's threshold of release.

    Returns
    -------
    Journeys
        Without groups, and saying why, when children differ by degree only, when all had the same journey, when
        there are too few, or when the tables hold no events.
    """
    seq = sequences(cohort, frame, options)
    if not seq.available:
        return Journeys(sequences=seq)
    found = find_groups(seq.states, options.journey_groups, seed, smallest)
    group = _named(seq, found)
    data = _with_doses(frame.data.loc[seq.children], seq)
    held = [o for o in outcomes if f"{o.measure}_{o.wave}" in data and data[f"{o.measure}_{o.wave}"].notna().any()]
    return Journeys(
        sequences=seq,
        found=found,
        group=group,
        shares=seq.table(),
        typical=_typical(seq, group),
        timeline=_timeline(seq, group),
        outcomes=_outcomes(cohort, data.assign(_journey=group), held, smallest),
        flow=_flow(cohort, data, group if found.groups else None, held),
        card=participant_card(cohort, data, group, _readings(data, held)),
    )


def _named(seq: Sequences, found: Found) -> pd.Series:
    """Journey A is the most common one; missing for all where there are no groups."""
    if not found.groups:
        return pd.Series(np.nan, index=seq.children, dtype=object)
    names = [f"Journey {chr(ord('A') + g)}" for g in range(found.groups)]
    return pd.Series([names[g] for g in found.group], index=seq.children, dtype=object)


def _parts(group: pd.Series) -> list[tuple[str, np.ndarray]]:
    """Each journey, or all children where there are none: never both, since one follows from the others."""
    if not group.notna().any():
        return [(EVERYONE, np.ones(len(group), dtype=bool))]
    return [(name, (group == name).to_numpy()) for name in sorted(group.dropna().unique())]


def _with_doses(data: pd.DataFrame, seq: Sequences) -> pd.DataFrame:
    assert seq.events is not None
    events = seq.events
    planned = events.planned.sum(axis=1).astype(float)
    attended = events.attended.sum(axis=1).astype(float)
    supported = ~np.isin(seq.states, (NONE, LIGHT, LEFT, OUTSIDE))
    return data.assign(
        contacts=events.contacts.sum(axis=1).astype(float),
        engagements=events.engagements.sum(axis=1).astype(float),
        sessions_attended=attended,
        attendance_rate=np.where(planned > 0, 100 * attended / np.maximum(planned, 1), np.nan),
        steps_supported=supported.sum(axis=1).astype(float),
    )


def _modal(states: np.ndarray) -> np.ndarray:
    """Count each state in each column: (T, S)."""
    return np.stack([np.bincount(column, minlength=len(STATES)) for column in states.T])


def _timeline(seq: Sequences, group: pd.Series) -> pd.DataFrame:
    rows = []
    for name, own in _parts(group):
        counts = _modal(seq.states[own])
        for step, count in zip(seq.steps, counts, strict=True):
            most = int(count.argmax())
            share = 100 * count[most] / own.sum()
            rows.append((name, step, LABELS[STATES[most]], int(count[most]), int(own.sum()), share))
    return pd.DataFrame(rows, columns=list(TIMELINE))


def _words(states: np.ndarray) -> str:
    """Say which states are most common at the start, in the middle and at the end."""
    thirds_of = [part for part in np.array_split(_modal(states), 3) if len(part)]
    most = [LABELS[STATES[int(part.sum(axis=0).argmax())]] for part in thirds_of]
    kept = [word for i, word in enumerate(most) if i == 0 or word != most[i - 1]]
    return ", then ".join([kept[0], *(w if w.startswith("Link") else w[:1].lower() + w[1:] for w in kept[1:])])


def _typical(seq: Sequences, group: pd.Series) -> pd.DataFrame:
    n = len(group)
    parts = _parts(group) if group.notna().any() else []
    rows = [(name, _words(seq.states[own]), int(own.sum()), n, 100 * own.sum() / n) for name, own in parts]
    table = pd.DataFrame(rows, columns=list(TYPICAL[:-1]))
    # Every group is at least as large as the threshold, so no count gives another away.
    return table.assign(beside=table["children"])


def _outcomes(cohort: Cohort, data: pd.DataFrame, outcomes: Sequence[Outcome], smallest: int) -> pd.DataFrame:
    parts = []
    if not data["_journey"].notna().any():
        return _empty((*BEFORE, *OUTCOMES))
    for outcome in outcomes:
        column, before = f"{outcome.measure}_{outcome.wave}", f"{outcome.measure}_baseline"
        measure = cohort.measure(outcome.measure)
        better = outcome.better or measure.better
        table = journey_differences(
            data, "_journey", column, before if before in data else None, fewest=smallest
        )
        about = (outcome.measure, measure.label, outcome.wave, WAVE_WORDS[outcome.wave],
                 better if better in ("higher", "lower") else "unclear", measure.unit)  # fmt: skip
        parts.append(table.assign(**dict(zip(BEFORE, about, strict=True)))[[*BEFORE, *OUTCOMES]])
    return pd.concat(parts, ignore_index=True) if parts else _empty((*BEFORE, *OUTCOMES))


def _flow(
    cohort: Cohort, data: pd.DataFrame, group: pd.Series | None, outcomes: Sequence[Outcome]
) -> pd.DataFrame:
    """From need on the primary outcome, through journey or amount of support, to how the child changed."""
    primary = next((o for o in outcomes if o.primary), None)
    if primary is None:
        return _empty(FLOW)
    measure = cohort.measure(primary.measure)
    better = primary.better or measure.better
    before, after = f"{primary.measure}_baseline", f"{primary.measure}_{primary.wave}"
    if before not in data or better not in ("higher", "lower"):
        return _empty(FLOW)
    higher = better == "higher"
    need = thirds(data[before] if higher else -data[before].astype(float), NEEDS)
    support = group if group is not None else thirds(data["steps_supported"], SUPPORTS)
    # A score without population norms may simply rise with age, so its change is judged against the mean.
    expected = 0.0 if measure.mean is not None else float((data[after] - data[before]).mean())
    return flow_counts(need, support, change_groups(data[before], data[after], higher, expected))


def _readings(data: pd.DataFrame, outcomes: Sequence[Outcome]) -> list[str]:
    wanted = [f"{o.measure}_{wave}" for o in outcomes for wave in ("baseline", o.wave)]
    return [column for column in dict.fromkeys(wanted) if column in data]
