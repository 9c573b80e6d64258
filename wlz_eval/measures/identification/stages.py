"""From eligible to progress: the stages at which groups of children are compared, and who stands at each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.measures.identification.eligible import FEWEST_OTHERS, at_programme_schools, eligible_pupils
from wlz_eval.measures.options import RiskRule

__all__ = ["STAGES", "Stage", "in_need", "stages_of"]

Array = npt.NDArray[np.float64]

#: What is asked of each group, in order.
STAGES: Mapping[str, str] = {
    "identified": "Picked by the rules, of the pupils of the programme's schools",
    "chosen": "Given a place, of the pupils of the programme's schools",
    "in_need": "On the programme, of those pupils whom the plan's rule picks",
    "started": "Started, of those given a place",
    "left": "Left early, of those who started",
    "measured": "Has a result on the main outcome, of those who started",
    "progress": "Change on the main outcome, of those who started",
}
#: Share of the eligible of whom it must be recorded whether the rules picked them.
MOST = 0.9
CONSENT = (
    "Children without consent are left out when the tables are read, since their data may not be used, not even to "
    "count them by group. So it cannot be said here whether some groups consent less often: schools can count that."
)


@dataclass(frozen=True)
class Stage:
    """Children of a stage, what is asked of them, and whether that is yes or no."""

    name: str
    children: pd.DataFrame
    value: Array
    yes_no: bool = True


def in_need(frame: AnalysisFrame, rules: Sequence[RiskRule], areas: int) -> Stage | None:
    """Find the pupils whom the plan's rule picks, and whether each was on the programme."""
    pupils = eligible_pupils(frame, rules)
    picked = (pupils.flags.sum(axis=1) >= areas).to_numpy(dtype=bool)
    if not pupils.enough or not picked.any():
        return None
    return Stage("in_need", pupils.data[picked], np.asarray(pupils.programme[picked], dtype=float))


def stages_of(
    cohort: Cohort, frame: AnalysisFrame, outcome: str, needy: Stage | None
) -> tuple[list[Stage], list[str]]:
    """Return the stages that these tables hold, and a sentence for each that they do not."""
    children = cohort.children.set_index("child_id").sort_index()
    programme = children["group"] == "programme"
    eligible = children[at_programme_schools(children, programme)]
    made, said = [], []
    if int((eligible["group"] != "programme").sum()) < FEWEST_OTHERS:
        said.append(
            "The tables do not hold the other pupils of the programme's schools, so it cannot be said whether some "
            "groups were chosen more often."
        )
    else:
        chosen = np.asarray(eligible["group"] == "programme", dtype=float)
        made.append(Stage("chosen", eligible, chosen))
        if "identified" in eligible:
            known = eligible[eligible["identified"].notna()]
            picked = np.asarray(known["identified"], dtype=float)
            if len(known) >= MOST * len(eligible) and not np.array_equal(picked, chosen):
                made.insert(0, Stage("identified", known, picked))
    made += [needy] if needy is not None else []
    offered = children[programme]
    started = np.ones(len(offered), dtype=bool)
    if "started" in offered:
        started = offered["started"].fillna(True).to_numpy(dtype=bool)
    if not started.all():
        made.append(Stage("started", offered, np.asarray(started, dtype=float)))
    joined = offered[started]
    if "left" in joined and joined["left"].notna().any():
        made.append(Stage("left", joined, np.asarray(joined["left"].notna(), dtype=float)))
    else:
        said.append("Too few children are recorded as having left early for groups to be compared in that.")
    return made + _outcome_stages(joined, frame, outcome, said), [CONSENT, *said]


def _outcome_stages(joined: pd.DataFrame, frame: AnalysisFrame, outcome: str, said: list[str]) -> list[Stage]:
    rows = frame.data.reindex(joined.index)
    if outcome not in rows:
        said.append("The main outcome has no result at the end yet, so groups cannot be compared in it.")
        return []
    known = rows[outcome].notna().to_numpy(dtype=bool)
    made = [Stage("measured", joined, np.asarray(known, dtype=float))] if not known.all() else []
    first = f"{outcome.rsplit('_', 1)[0]}_baseline"
    if first not in rows:
        said.append("The main outcome was not measured at the start, so groups cannot be compared in their progress.")
        return made
    change = (rows[outcome] - rows[first]).to_numpy(dtype=float)
    both = np.isfinite(change)
    return [*made, Stage("progress", joined[both], change[both], yes_no=False)]
