"""Phoenix High School rebuilt: English 20, 16 and 4, maths 15, 3 and 12, behaviour 7 and 6, engagement by progress."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.core.errors import OptionError
from wlz_eval.pilot.people import children_table, interactions_table
from wlz_eval.pilot.rebuild import (
    CUT,
    PLAN_OPENING,
    SCALE,
    Anchor,
    count_for,
    level_above,
    level_at_or_below,
    midpoint,
    number,
    rows_of,
    scores_below,
    spread_counts,
)

__all__ = ["phoenix"]

Array = npt.NDArray[np.float64]
#: Counts of incidents that stand for "at risk" and "not": the same whether the rule is five or more or more than five.
MANY, FEW = 6.0, 2.0

PLAN = PLAN_OPENING.format(chosen="risk factors and, as the report says, a large dose of teacher knowledge") + """\
# A standardised score below 87.38 is in the bottom fifth of the nation. The report has both "5 or more" and "more than
# 5" incidents; the counts of this cohort are the same under either.
risk:
  - {area: english, column: english_baseline, below: 87.38}
  - {area: maths, column: maths_baseline, below: 87.38}
  - {area: behaviour, column: behaviour_incidents_baseline, at_least: 5}

# No comparison children: the report had too few to test.
matching: null

outcomes:
  - {measure: english, wave: endline, primary: true}
  - {measure: maths, wave: endline}
  - {measure: behaviour_incidents, wave: endline, better: lower}

engagement:
  exposure: link_worker_interactions

evaluator: Rebuilt from the figures that West London Zone published about its own pilot
"""


def _groups() -> dict[str, list[int]]:
    """Children by what must have happened to them, with the fewest newly arisen risks that fit.

    Sixteen left risk in English and fourteen reduced their risks, so two of the sixteen must have fallen into another;
    two more worsened. Which risk arose is not published: it is put in maths.
    """
    improved, worse, assessed = number("PIL-061"), number("PIL-130"), number("of(PIL-061)")
    sizes = {
        "improved": improved,
        "offset": number("PIL-104") - improved,
        "stayed": number("PIL-105"),
        "kept": number("PIL-108") - number("PIL-105"),
        "worse": worse,
    }
    if sum(sizes.values()) != assessed:
        raise OptionError("The published numbers of Phoenix do not fit into the children who were assessed.")
    sizes["unassessed"] = number("PIL-081") - assessed
    ends = np.cumsum([0, *sizes.values()]).tolist()
    return {name: list(range(ends[i], ends[i + 1])) for i, name in enumerate(sizes)}


def _subject(
    n: int, stayed: list[int], out: list[int], into: list[int], others: list[int], improved: int
) -> tuple[Array, Array]:
    """Scores before and levels after: who leaves risk, who falls into it, and as many improved in all as published.

    Those who stayed at risk have the lowest scores, which is the plainest reason for staying.
    """
    before, after = np.full(n, np.nan), np.full(n, np.nan)
    before[[*stayed, *out]] = scores_below(len(stayed) + len(out), below=True)
    before[[*into, *others]] = scores_below(len(into) + len(others), below=False)
    highest_at_risk = level_at_or_below(CUT)
    after[out] = [level_above(before[i], at_least=CUT) for i in out]
    after[into] = highest_at_risk
    after[stayed] = [level_at_or_below(before[i]) for i in stayed]
    after[others] = [max(level_at_or_below(before[i]), highest_at_risk + 1) for i in others]
    for i in sorted([*stayed, *others], key=lambda i: float(before[i])):
        if _improved(before, after) < improved and (i in others or level_above(before[i]) <= highest_at_risk):
            after[i] = level_above(before[i])
    if _improved(before, after) != improved:
        raise OptionError("No levels give as many improved as the report says.")
    return before, after


def _improved(before: Array, after: Array) -> int:
    known = np.flatnonzero(np.isfinite(before))
    return sum(midpoint(int(after[i])) > before[i] for i in known)


def _english(n: int, g: dict[str, list[int]]) -> tuple[Array, Array]:
    out, others = [*g["improved"], *g["offset"]], [*g["kept"], *g["worse"]]
    assessed = len(out) + len(g["stayed"]) + len(others)
    return _subject(n, g["stayed"], out, [], others, count_for("PIL-099", assessed))


def _maths(n: int, g: dict[str, list[int]]) -> tuple[Array, Array]:
    # 31 percent fits 32 children and not 30: two who were not assessed on every area have maths.
    out, into = g["improved"][: number("PIL-107")], [*g["offset"], *g["worse"]]
    stayed, others = [*g["stayed"], *g["kept"]], [*g["improved"][len(out) :], *g["unassessed"][:2]]
    known = len(out) + len(into) + len(stayed) + len(others)
    return _subject(n, stayed, out, into, others, count_for("PIL-101", known))


def _behaviour(n: int, g: dict[str, list[int]]) -> tuple[Array, Array]:
    before, after = np.full(n, np.nan), np.full(n, np.nan)
    before[: number("PIL-117")] = after[: number("PIL-117")] = FEW
    often = [*g["worse"], *g["improved"]][: number("PIL-118")]
    before[often] = MANY
    after[often[: number("PIL-119")]] = MANY
    return before, after


def _engagements(n: int, g: dict[str, list[int]]) -> npt.NDArray[np.intp]:
    counts = np.zeros(n, dtype=np.intp)
    same = [*g["offset"], *g["stayed"], *g["kept"]]
    for children, figure in ((g["improved"], "PIL-127"), (same, "PIL-128"), (g["worse"], "PIL-129")):
        counts[children] = spread_counts(count_for(figure, len(children)), len(children))
    counts[g["unassessed"]] = spread_counts(number("PIL-029") - int(counts.sum()), len(g["unassessed"]))
    return counts


def phoenix() -> Anchor:
    """Rebuild Phoenix High School: 34 children, 30 of them assessed on every area.

    Scores at the start come from a test, those at the end from a teacher's level, as in the pilot: the midpoint of the
    range that the level stands for.
    """
    n, g = number("PIL-081"), _groups()
    profile = {"gender": "PIL-084", "fsm": "PIL-087", "sen": "PIL-090", "eal": "PIL-093"}
    children = children_table("P", n, "anchor_1", "secondary", profile).assign(year_group="7")
    ids, rows = children["child_id"].tolist(), []
    for subject, (before, after) in (("english", _english(n, g)), ("maths", _maths(n, g))):
        rows.append(rows_of(ids, subject, "baseline", before, "admin", "standardised_test"))
        rows.append(rows_of(ids, f"{subject}_level", "endline", after, "admin", "teacher_level"))
    for wave, counts in zip(("baseline", "endline"), _behaviour(n, g), strict=True):
        rows.append(rows_of(ids, "behaviour_incidents", wave, counts, "admin"))
    derived = [
        {"kind": "teacher_levels", "measure": f"{s}_level", "into": s, "scale": SCALE} for s in ("english", "maths")
    ]
    return Anchor(
        id="pilot-phoenix",
        title="Phoenix High School in the pilot, rebuilt from published tables",
        children=children,
        measures=pd.concat(rows, ignore_index=True),
        interactions=interactions_table(children["child_id"], _engagements(n, g)),
        plan=PLAN,
        extra={"derived": derived},
    )
