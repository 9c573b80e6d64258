"""The rebuilt anchors put to the pilot's own rules, through the package's own risk rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from wlz_eval.core.result import Result
from wlz_eval.measures import AnalysisFrame, RiskRule, analysis_frame, risk_count, risk_flags
from wlz_eval.pilot.folders import rebuilt_folder
from wlz_eval.plan import load_cohort_and_plan

__all__ = ["Rebuilt", "flags_at", "rebuilt_anchors"]

_IDS = {
    "pilot-phoenix": "Phoenix",
    "pilot-ark-swift": "Ark Swift",
    "pilot-randolph-beresford": "Randolph Beresford",
}


def flags_at(frame: AnalysisFrame, rules: Sequence[RiskRule], wave: str) -> pd.DataFrame:
    """Flag risks at a wave, by rules that were written for the start."""
    moved = [rule.model_copy(update={"column": rule.column.replace("_baseline", f"_{wave}")}) for rule in rules]
    return risk_flags(frame, moved)


@dataclass(frozen=True, kw_only=True, repr=False)
class Rebuilt(Result):
    """What the pilot's rules give on the rebuilt anchors.

    Parameters
    ----------
    areas : DataFrame
        One row an anchor and area: ``anchor``, ``area``, ``known`` (children with both readings), ``at_start``,
        ``out``, ``into``, ``at_end``.
    composite : DataFrame
        One row an anchor: children with ``fewer``, ``same`` and ``more`` risks at the end than at the start.
    """

    areas: pd.DataFrame
    composite: pd.DataFrame
    title: str = "The pilot's rules, on cohorts rebuilt from its tables"

    def table(self) -> pd.DataFrame:
        """One row an anchor and area."""
        return self.areas

    def page(self) -> pd.DataFrame:
        """Give the areas in words, for a page."""
        names = ["Anchor", "Area", "Known", "At risk at the start", "Came out", "Came in", "At risk at the end"]
        shown = self.areas.assign(area=self.areas["area"].str.capitalize()).astype(str)
        return shown.set_axis(names, axis=1)

    def composite_page(self) -> pd.DataFrame:
        """Give the count of risks in words, for a page."""
        total = self.composite.drop(columns="anchor").sum()
        shown = pd.concat([self.composite, pd.DataFrame([{"anchor": "All", **total.to_dict()}])], ignore_index=True)
        return shown.astype(str).set_axis(["Anchor", "Fewer risks", "As many", "More risks"], axis=1)


def rebuilt_anchors() -> Rebuilt:
    """Put the pilot's rules to the three rebuilt anchors.

    Examples
    --------
    >>> rebuilt_anchors().areas.set_index(["anchor", "area"]).loc[("Phoenix", "english"), ["at_start", "out"]].tolist()
    [20, 16]
    """
    areas, composite = [], []
    for folder, anchor in _IDS.items():
        cohort, plan = load_cohort_and_plan(rebuilt_folder() / folder)
        frame = analysis_frame(cohort)
        before, after = (flags_at(frame, plan.risk, wave) for wave in ("baseline", "endline"))
        for area in before:
            known = before[area].notna() & after[area].notna()
            first, last = (flags[area][known].astype(bool) for flags in (before, after))
            areas.append(
                {
                    "anchor": anchor,
                    "area": str(area),
                    "known": int(known.sum()),
                    "at_start": int(first.sum()),
                    "out": int((first & ~last).sum()),
                    "into": int((~first & last).sum()),
                    "at_end": int(last.sum()),
                }
            )
        change = (risk_count(after) - risk_count(before)).dropna()
        composite.append(
            {
                "anchor": anchor,
                "fewer": int((change < 0).sum()),
                "same": int((change == 0).sum()),
                "more": int((change > 0).sum()),
            }
        )
    return Rebuilt(areas=pd.DataFrame(areas), composite=pd.DataFrame(composite))
