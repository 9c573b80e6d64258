"""A map of the service as it was delivered: how far children came, when, and who was met on the way."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.engagement.journeys.alphabet import LEFT, OUTSIDE
from wlz_eval.engagement.journeys.events import TOUCHPOINTS, day_numbers, rows_of
from wlz_eval.engagement.journeys.sequences import Sequences, sequences
from wlz_eval.engagement.options import EngagementOptions
from wlz_eval.measures.frame import AnalysisFrame

__all__ = ["STAGES", "TOUCH", "ServiceMap", "service_map"]

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

STAGES = ("stage", "children", "n", "share", "median_days", "low_days", "high_days", "n_timed", "n_quarter")
TOUCH = ("who", "step", "per_child", "reached", "n", "share")
#: Touchpoints in words, in the order of the figure's lanes.
WHO = {
    "child": "Link Worker with the child",
    "parent": "Link Worker with a parent",
    "professional": "Link Worker with a professional",
    "partner": "Partner with the child",
}


@dataclass(frozen=True, kw_only=True, repr=False)
class ServiceMap(Result):
    """What the data say of each stage of the service.

    Parameters
    ----------
    stages : DataFrame
        One row a stage that the data record: ``stage``, ``children`` who reached it, ``n`` programme children,
        ``share`` (percent), ``median_days`` since the child's start with quartiles ``low_days`` and ``high_days``
        (missing for stages without a date), ``n_timed`` (children behind the median), ``n_quarter`` (behind each
        quartile), ``apart`` (children by whom it differs from the nearest stage before it).
    touchpoints : DataFrame
        ``who``, ``step`` ("Whole programme" first), ``per_child`` (contacts for each child in the programme in
        that step), ``reached`` (children met at least once), ``n``, ``share`` (percent).
    reason : str
        Why there is no map; empty when there is one.
    """

    stages: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(STAGES)))
    touchpoints: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(TOUCH)))
    reason: str = ""

    title = "The service as it was delivered"

    def table(self) -> pd.DataFrame:
        """Return the stages."""
        return self.stages

    def plot(self) -> object:
        """Draw the stages, unreleased: for exploring, not for a page."""
        from wlz_eval.engagement.journeys.figures import draw_stages

        return draw_stages(self.stages)

    def findings(self) -> list[Finding]:
        """Return the share of children who reached each stage, and the median days to it."""
        found = []
        for row in self.stages.to_dict(orient="records"):
            name = str(row["stage"]).lower().replace(" ", "_")
            reached = Finding(
                finding_id=f"delivery.service.reached.{name}",
                quantity="percent",
                unit="percent",
                claim="description",
                group="programme",
                subgroup=str(row["stage"]).lower(),
                estimate=float(row["share"]),
                n_programme=int(row["n"]),
                fewest=int(row["apart"]) if math.isfinite(row["apart"]) else None,
                method="share of programme children",
            )
            found.append(reached)
            if math.isfinite(row["median_days"]):
                days = replace(reached, finding_id=f"delivery.service.days.{name}", quantity="median", unit="count")
                method = "median days from the child's start"
                n = int(row["n_timed"])
                timed = replace(days, estimate=float(row["median_days"]), n_programme=n, fewest=None, method=method)
                found.append(timed)
        return found

    def answer(self) -> tuple[str, dict[str, Finding | str | None]]:
        """Say when children were first met: a template and the values of its placeholders."""
        if self.reason:
            return "{reason}", {"reason": self.reason}
        found: dict[str, Finding | str | None] = {
            f.finding_id.removeprefix("delivery.").replace(".", "_"): f for f in self.findings()
        }
        parts = []
        if "service_days_first_contact" in found:
            parts.append("Half of those whom a Link Worker met were met within {service_days_first_contact} days.")
        if "service_days_partner_support" in found:
            parts.append("Half of those who came to a partner did so within {service_days_partner_support} days.")
        return " ".join(parts), found


def _first_days(rows: pd.DataFrame, children: pd.Index) -> Array:
    """Day of each child's first row; missing when there is none."""
    where = rows_of(rows, children)
    days = day_numbers(rows["date"])
    kept = (where >= 0) & ~np.isnan(days)
    first = np.full(len(children), np.inf)
    np.minimum.at(first, where[kept], days[kept])
    return np.where(np.isinf(first), np.nan, first)


def _stage(name: str, reached: Bools, days: Array | None = None) -> tuple[object, ...]:
    known = days[reached & ~np.isnan(days)] if days is not None else np.array([])
    low, middle, high = np.quantile(known, [0.25, 0.5, 0.75]) if len(known) else (math.nan,) * 3
    share = 100 * float(reached.mean())
    return (name, int(reached.sum()), len(reached), share, middle, low, high, len(known), len(known) // 4)


def _stages(cohort: Cohort, everyone: pd.DataFrame) -> pd.DataFrame:
    children = everyone.index
    start = day_numbers(everyone["index_date"])
    rows = []
    before = {"identified": "Identified by the rules", "offered": "Offered a place", "consented": "Consented"}
    for column, words in before.items():
        if column in everyone and everyone[column].notna().any():
            rows.append(_stage(words, everyone[column].fillna(False).to_numpy(dtype=bool)))
    started = np.ones(len(start), dtype=bool)
    if "started" in everyone:
        started = everyone["started"].fillna(True).to_numpy(dtype=bool)
    rows.append(_stage("Started", started))
    for words, events in _dated(cohort):
        days = _first_days(events, children)
        rows.append(_stage(words, ~np.isnan(days), days - start))
    for wave, words in (("midpoint", "Review at midpoint"), ("endline", "Measured at the end")):
        own = cohort.measures[(cohort.measures["wave"] == wave) & cohort.measures["value"].notna()]
        if len(own):
            seen = np.isin(np.arange(len(children)), rows_of(own, children))
            rows.append(_stage(words, seen, _first_days(own, children) - start if "date" in own else None))
    if "left" in everyone:
        gone = day_numbers(everyone["left"]) < float(np.datetime64(cohort.meta.programme.end, "D").astype(int))
        rows.append(_stage("Stayed to the end", started & ~gone))
    found = pd.DataFrame(rows, columns=list(STAGES))
    return found.assign(apart=_apart(found["children"].to_numpy(dtype=float)))


def _apart(reached: Array) -> list[float]:
    """Children by whom a stage differs from the nearest one before it: what two shares of the same children tell."""
    return [float(np.abs(reached[:i] - n).min(initial=math.inf)) for i, n in enumerate(reached)]


def _dated(cohort: Cohort) -> list[tuple[str, pd.DataFrame]]:
    """Stages that a table of events dates: words, and the rows that count."""
    found = []
    if cohort.has("interactions"):
        table = cohort["interactions"]
        found.append(("First contact", table))
        if "kind" in table:
            found.append(("First engagement", table[(table["kind"] == "engagement").to_numpy(dtype=bool)]))
    if cohort.has("sessions"):
        table = cohort["sessions"]
        found.append(("Partner support", table[(table["attended_minutes"] > 0).to_numpy(dtype=bool)]))
    return found


def _touchpoints(found: Sequences) -> pd.DataFrame:
    assert found.events is not None
    there = (found.states != LEFT) & (found.states != OUTSIDE)
    rows: list[tuple[object, ...]] = []
    for who, counts in zip(TOUCHPOINTS, found.events.touchpoints, strict=True):
        if not counts.any():
            continue
        n = len(found.children)
        met = int((counts.sum(axis=1) > 0).sum())
        rows.append((WHO[who], "Whole programme", counts.sum() / n, met, n, 100 * met / n))
        for t, step in enumerate(found.steps):
            own = counts[there[:, t], t]
            size, met = len(own), int((own > 0).sum())
            mean, share = (own.mean(), 100 * met / size) if size else (math.nan, math.nan)
            rows.append((WHO[who], step, mean, met, size, share))
    return pd.DataFrame(rows, columns=list(TOUCH))


def service_map(
    cohort: Cohort, frame: AnalysisFrame, options: EngagementOptions, found: Sequences | None = None
) -> ServiceMap:
    """Map the service from the data: stages reached, time to each, and touchpoints by whom.

    Parameters
    ----------
    cohort : Cohort
        A loaded cohort: children without consent are no longer in it.
    frame : AnalysisFrame
        Its analysis frame.
    options : EngagementOptions
        The steps of the touchpoints.
    found : Sequences, optional
        As :func:`sequences` gives; made when not given.

    Returns
    -------
    ServiceMap
        Stages that the tables do not record are not rows. With a reason and no rows when there is no programme
        child or neither interactions nor sessions.

    Notes
    -----
    The stages follow the service blueprints that Nesta drew with West London Zone in 2022 in kind, not in detail:
    here each is what the tables can show.
    """
    everyone = cohort.children[cohort.children["group"] == "programme"].set_index("child_id").sort_index()
    if everyone.empty:
        return ServiceMap(reason="These data hold no child of the programme.")
    if not (cohort.has("interactions") or cohort.has("sessions")):
        return ServiceMap(
            reason="These data hold no interactions and no sessions, so the service cannot be mapped."
        )
    found = found or sequences(cohort, frame, options)
    touch = _touchpoints(found) if found.available else pd.DataFrame(columns=list(TOUCH))
    return ServiceMap(stages=_stages(cohort, everyone), touchpoints=touch)
