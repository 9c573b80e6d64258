"""Randolph Beresford Early Years Centre rebuilt: below baseline 22 and 14, 15 and 7, 20 and 10."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wlz_eval.core.errors import OptionError
from wlz_eval.pilot.people import children_table
from wlz_eval.pilot.rebuild import PLAN_OPENING, Anchor, number, rows_of

__all__ = ["randolph_beresford"]

BELOW, AT = 1.0, 2.0
#: Each prime area with the figures that give the children below baseline before and after.
AREAS = {
    "eyfs_communication": ("PIL-121", "PIL-122"),
    "eyfs_physical": ("PIL-123", "PIL-124"),
    "eyfs_personal": ("PIL-125", "PIL-126"),
}
#: The area that the two children who were not fully assessed lack.
LACKING = "eyfs_physical"

PLAN = PLAN_OPENING.format(chosen="their early years profile and, as the report says, teacher knowledge") + """\
# Below baseline in the three prime areas: levels are 1 below, 2 at and 3 above.
risk:
  - {area: communication, column: eyfs_communication_baseline, below: 2}
  - {area: physical, column: eyfs_physical_baseline, below: 2}
  - {area: personal, column: eyfs_personal_baseline, below: 2}

# No comparison children: the report had too few to test.
matching: null

outcomes:
  - {measure: eyfs_communication, wave: endline, primary: true}
  - {measure: eyfs_physical, wave: endline}
  - {measure: eyfs_personal, wave: endline}

evaluator: Rebuilt from the figures that West London Zone published about its own pilot
"""


def _worsened() -> int:
    """At least so many worsened here: all who did, less the two of Phoenix and the two of Ark Swift."""
    return number("difference(PIL-060, PIL-130, PIL-116)")


def _moves(improved: int, spare: int) -> dict[str, tuple[int, int]]:
    """For each area how many fall into risk, and how many of the `spare` children leave it.

    Thirteen improved and sixteen worsened, while 26 risks net disappeared. That can only be so if every child who
    improved left all three areas, every child who worsened fell into one, and children who were not fully assessed
    left some too: the counts of an area then come out one way only, given which area those lack.
    """
    net = {area: number(before) - number(after) for area, (before, after) in AREAS.items()}
    missing = sum(net.values()) - (improved * len(AREAS) - _worsened())
    held = [area for area in AREAS if area != LACKING]
    leaving = dict.fromkeys(AREAS, 0)
    for area in sorted(held, key=lambda a: improved - net[a]):
        leaving[area] = min(spare, missing - sum(leaving.values()))
    moves = {area: (improved + leaving[area] - net[area], leaving[area]) for area in AREAS}
    if sum(leaving.values()) != missing or sum(into for into, _ in moves.values()) != _worsened():
        raise OptionError("The published numbers of Randolph Beresford fit no children at all.")
    return moves


def randolph_beresford() -> Anchor:
    """Rebuild Randolph Beresford Early Years Centre: 51 children, 49 of them assessed on every area.

    Of the 49, 13 improved and 16 worsened, which is the fewest that the report allows; 20 stayed as they were. The
    report's own totals leave one child of all three anchors without a place, who is among those 20.
    """
    n, assessed, improved = number("PIL-083"), number("of(PIL-065)"), number("PIL-065")
    spare = n - assessed
    worse = list(range(improved, improved + _worsened()))
    same = list(range(improved + len(worse), assessed))
    children = children_table("R", n, "anchor_3", "early_years", {"gender": "PIL-086", "sen": "PIL-092"})
    ids, rows, first, kept = children["child_id"].tolist(), [], 0, 0
    for area, (into, leaving) in _moves(improved, spare).items():
        stays = number(AREAS[area][0]) - improved - leaving
        before, after = np.full(n, AT), np.full(n, AT)
        before[:improved] = BELOW
        before[n - leaving :] = BELOW
        before[same[kept : kept + stays]] = after[same[kept : kept + stays]] = BELOW
        after[worse[first : first + into]] = BELOW
        if area == LACKING:
            before[assessed:] = after[assessed:] = np.nan
        first, kept = first + into, kept + stays
        for wave, bands in (("baseline", before), ("endline", after)):
            rows.append(rows_of(ids, area, wave, bands, "teacher"))
    return Anchor(
        id="pilot-randolph-beresford",
        title="Randolph Beresford Early Years Centre in the pilot, rebuilt from published tables",
        children=children,
        measures=pd.concat(rows, ignore_index=True),
        plan=PLAN,
    )
