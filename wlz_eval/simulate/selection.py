"""How children come to be on the programme."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wlz_eval.reference.measures import measures
from wlz_eval.simulate.options import SimulationOptions
from wlz_eval.simulate.pupils import Array, Bools, Ints, Pupils, parameter, stream

__all__ = ["POINTS", "Selected", "need_points", "select"]

#: Points that a pupil scores for one SD in the bad direction of each measured baseline.
POINTS: Mapping[str, float] = {"english": 0.6, "maths": 0.4, "attendance": 0.5, "sdq_total": 0.7}
FSM_POINTS, SEN_POINTS = 0.7, 0.4
#: In the judgement world: weight of the points, of true need and of what only teachers see.
POINTS_WEIGHT, NEED_WEIGHT, UNSEEN_WEIGHT = 0.5, 1.6, 1.2
#: In the judgement world teachers put forward this many times the places that there are.
NOMINATIONS = 1.2


@dataclass(frozen=True)
class Selected:
    """Who was offered a place, and who started; indices are rows of the pupils.

    Parameters
    ----------
    offered : array of int
        Rows offered a place.
    started : array of bool
        For each offered child, whether it started (consent is a part of starting).
    consented : array of bool
        For each offered child, whether the data may be used.
    identified, nominated : array of bool
        For every pupil: by the points, by teachers. `nominated` is all false when teachers were not asked.
    """

    offered: Ints
    started: Bools
    consented: Bools
    identified: Bools
    nominated: Bools


def need_points(options: SimulationOptions, pupils: Pupils, baseline: Mapping[str, Array]) -> Array:
    """Points of need, linear in recorded baselines only; a reading that was never taken scores none.

    Where comparison children have no SDQ the points do without it, so that what decides who is chosen
    is always held for both groups.
    """
    points = FSM_POINTS * pupils.fsm + SEN_POINTS * pupils.sen
    for name, weight in POINTS.items():
        if name == "sdq_total" and options.comparison_measures == "administrative":
            continue
        measure = measures()[name]
        bad = -1.0 if measure.higher_is_better else 1.0
        score = weight * bad * (baseline[name] - float(measure.mean or 0)) / float(measure.sd or 1)
        points = points + np.nan_to_num(score, nan=0.0)
    return points


def _top(score: Array, among: Bools, k: int) -> Bools:
    chosen = np.zeros(len(score), dtype=bool)
    rows = np.flatnonzero(among)
    k = min(k, len(rows))
    if k:
        chosen[rows[np.argpartition(score[rows], len(rows) - k)[len(rows) - k :]]] = True
    return chosen


def select(options: SimulationOptions, pupils: Pupils, baseline: Mapping[str, Array]) -> Selected:
    """Choose the children: the highest sums of score and logistic noise in the programme schools.

    So the chance of a place is a logistic function of the score. The threshold is one for all schools: a
    place depends on a child's own score alone.
    """
    rng = stream(options, "selection")
    among = pupils.in_programme_school
    points = need_points(options, pupils, baseline)
    lottery = rng.logistic(size=len(pupils))
    nominated = np.zeros(len(pupils), dtype=bool)
    if options.selection == "observed":
        chosen = _top(points + lottery, among, pupils.n_offered)
        identified = chosen.copy()
    else:
        seen = NEED_WEIGHT * pupils.need + UNSEEN_WEIGHT * pupils.unseen + lottery
        chosen = _top(POINTS_WEIGHT * points + seen, among, pupils.n_offered)
        identified = _top(points, among, pupils.n_offered)
        nominated = _top(seen, among, int(NOMINATIONS * pupils.n_offered)) | (chosen & ~identified)
    offered = np.flatnonzero(chosen)
    order = rng.permutation(len(offered))
    lost = max(len(offered) - options.children, 0)
    refused = parameter("no_consent") / (parameter("no_consent") + parameter("declined"))
    no_consent = round(lost * refused)
    consented, started = np.ones(len(offered), dtype=bool), np.ones(len(offered), dtype=bool)
    consented[order[:no_consent]] = False
    started[order[:lost]] = False
    return Selected(offered=offered, started=started, consented=consented, identified=identified, nominated=nominated)
