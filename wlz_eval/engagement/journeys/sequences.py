"""Each programme child's journey: a state for every step, from interactions and sessions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.engagement.journeys.alphabet import (
    BOTH,
    LABELS,
    LEFT,
    LIGHT,
    LINK_WORKER,
    NONE,
    OUTSIDE,
    PARTNER,
    STATES,
)  # fmt: skip
from wlz_eval.engagement.journeys.events import Events, count_events
from wlz_eval.engagement.journeys.steps import Steps, make_steps, why_no_steps
from wlz_eval.engagement.options import EngagementOptions
from wlz_eval.measures.frame import AnalysisFrame

__all__ = ["EVERYONE", "SHARES", "Sequences", "beside_smallest", "sequences", "state_shares", "to_states"]

Ints = npt.NDArray[np.integer]
#: Name of the group of all children.
EVERYONE = "All children"
SHARES = ("group", "step", "state", "children", "n", "share", "beside")


@dataclass(frozen=True, kw_only=True, repr=False)
class Sequences(Result):
    """The journeys of the children who started, as states.

    Parameters
    ----------
    children : Index, length n
        The programme's children.
    states : array of int, shape (n, T)
        State of each child in each step: positions in ``alphabet.STATES``.
    steps : tuple of str, length T
        Names of the steps.
    events : Events or None
        The counts behind the states.
    engagements, sessions : int
        Link Worker engagements, and partner sessions attended, in one step that count as such support.
    notes : tuple of str
        How the events were recorded.
    reason : str
        Why there are no journeys; empty when there are.
    """

    children: pd.Index
    states: Ints
    steps: tuple[str, ...] = ()
    events: Events | None = None
    engagements: int = 0
    sessions: int = 0
    notes: tuple[str, ...] = ()
    reason: str = ""

    title = "Support in each step of the programme"

    @property
    def available(self) -> bool:
        """Whether there are journeys."""
        return not self.reason

    def table(self) -> pd.DataFrame:
        """Share of all children in each state in each step (see :func:`state_shares`)."""
        return state_shares(self.states, self.steps, EVERYONE)

    def findings(self) -> list[Finding]:
        """Return the two cut-points of the states, as the plan sets them."""
        if not self.available:
            return []
        cuts = {"engagements": self.engagements, "sessions": self.sessions}
        return [
            Finding(
                finding_id=f"delivery.journeys.cut.{name}",
                quantity="cut-point",
                estimate=float(value),
                unit="count",
                claim="description",
                subgroup=f"{name} in one step that count as support",
                method="set by the plan",
            )
            for name, value in cuts.items()
        ]

    def definition(self) -> tuple[str, dict[str, Finding | str | None]]:
        """Say what the states mean: a template and the values of its placeholders."""
        if not self.available:
            return "{reason}", {"reason": self.reason}
        values = dict(zip(("engagements", "sessions"), self.findings(), strict=True))
        return (
            "Link Worker engagement means {engagements:number} engagements or more in one step; partner support means "
            "{sessions:number} sessions attended or more; light contact means any less than that. A child who left "
            "before half of a step had passed counts as having left in it.",
            dict(values),
        )

    def plot(self) -> object:
        """Draw the table, unreleased: for exploring, not for a page."""
        from wlz_eval.engagement.journeys.figures import draw_states

        return draw_states(self.table())


def to_states(events: Events, steps: Steps, engagements: int, sessions: int) -> Ints:
    """Turn counts into states: engaged by the Link Worker, supported by a partner, both, lightly, not at all.

    A child who left before half of a step had passed counts as having left in it; one who was not yet, or no more,
    in the programme for more than half of it counts as outside.
    """
    engaged = events.engagements >= engagements
    supported = events.attended >= sessions
    some = (events.contacts + events.attended) > 0
    active = np.where(some, LIGHT, NONE)
    active = np.where(engaged & supported, BOTH, np.where(engaged, LINK_WORKER, np.where(supported, PARTNER, active)))
    there: Ints = np.where(steps.left, LEFT, np.where(steps.outside, OUTSIDE, active))
    return there


def sequences(cohort: Cohort, frame: AnalysisFrame, options: EngagementOptions) -> Sequences:
    """Write each programme child's time in the programme as a sequence of states.

    Parameters
    ----------
    cohort : Cohort
        A loaded cohort.
    frame : AnalysisFrame
        Its analysis frame, which says who counts as a programme child.
    options : EngagementOptions
        ``journey_period``, ``journey_engagements`` and ``journey_sessions``.

    Returns
    -------
    Sequences
        With a reason and no states when there are no children, no events, or no dates of terms.
    """
    data = frame.data[frame.data["programme"] == 1].sort_index()
    reason = _why_none(cohort, data, options)
    if reason:
        return Sequences(children=data.index, states=np.zeros((len(data), 0), dtype=int), reason=reason)
    steps = make_steps(cohort.meta, data, options.journey_period)
    events = count_events(cohort, steps)
    found = to_states(events, steps, options.journey_engagements, options.journey_sessions)
    return Sequences(
        children=data.index,
        states=found,
        steps=steps.labels,
        events=events,
        engagements=options.journey_engagements,
        sessions=options.journey_sessions,
        notes=events.notes,
        reason="" if _any_event(events) else "No contact or session falls within the programme.",
    )


def _any_event(events: Events) -> bool:
    return bool(events.contacts.any() or events.planned.any())


def _why_none(cohort: Cohort, data: pd.DataFrame, options: EngagementOptions) -> str:
    if data.empty:
        return "No child of these data started the programme."
    if not (cohort.has("interactions") or cohort.has("sessions")):
        return "These data hold no interactions and no sessions, so children's journeys cannot be told."
    return why_no_steps(cohort.meta, options.journey_period)


def beside_smallest(counts: pd.Series, within: list[pd.Series], told: pd.Series | None = None) -> pd.Series:
    """Count that would follow from each count if it were shown beside all others of a known total.

    The release rule hides the smallest count of a block when it is small; from a known total it would follow all
    the same, unless the next smallest is hidden with it. So the next smallest stands beside the smallest, and
    every other count beside itself. A count that stands elsewhere too (`told`) protects nothing by being hidden.

    Examples
    --------
    >>> beside_smallest(pd.Series([4, 30, 12]), [pd.Series(["a", "a", "a"])]).tolist()
    [4, 30, 4]
    >>> beside_smallest(pd.Series([4, 30, 12]), [pd.Series(["a", "a", "a"])], pd.Series([False, False, True])).tolist()
    [4, 4, 12]
    """
    smallest = counts.groupby(within, sort=False).transform("min")
    first = counts.groupby(within, sort=False).rank(method="first") == 1
    free = counts.where(~first & ~(told if told is not None else counts.isna()))
    return counts.where(free.groupby(within, sort=False).rank(method="first") != 1, smallest)


def state_shares(states: Ints, steps: tuple[str, ...], group: str) -> pd.DataFrame:
    """Share of children in each state in each step.

    Parameters
    ----------
    states : array of int, shape (n, T)
        States.
    steps : tuple of str
        Names of the steps.
    group : str
        Name of the group that these children are.

    Returns
    -------
    DataFrame
        ``group``, ``step``, ``state`` (in words), ``children``, ``n``, ``share`` (percent), ``beside`` (see
        :func:`beside_smallest`). States in which no child ever is are left out.
    """
    n, periods = states.shape
    codes = states + len(STATES) * np.arange(periods)
    counts = np.bincount(codes.ravel(), minlength=periods * len(STATES)).reshape(periods, len(STATES))
    used = np.flatnonzero(counts.sum(axis=0))
    table = pd.DataFrame(
        {
            "group": group,
            "step": np.repeat(list(steps), len(used)),
            "state": np.tile([LABELS[STATES[s]] for s in used], periods),
            "children": counts[:, used].ravel(),
            "n": n,
        }
    )
    table["share"] = 100.0 * table["children"] / max(n, 1)
    # How many left is told by their share of all, and by the journeys of those who stayed.
    told = table["state"] == LABELS[STATES[LEFT]]
    table["beside"] = beside_smallest(table["children"], [table["step"]], told) if len(table) else table["children"]
    return table[list(SHARES)]
