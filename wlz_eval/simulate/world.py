"""Simulate a cohort whose true effects are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from wlz_eval.cohort import Cohort, make_cohort
from wlz_eval.simulate.calendar import make_meta
from wlz_eval.simulate.engagement import draw_engagement, draw_leaving
from wlz_eval.simulate.families import family_needs_table
from wlz_eval.simulate.money import money_tables, true_value
from wlz_eval.simulate.options import SimulationOptions
from wlz_eval.simulate.outcomes import HOURS_STEP, Recorded, Sessions, individual_effect, outcomes, sessions
from wlz_eval.simulate.people import feedback_table, flow_table
from wlz_eval.simulate.plans import plan_mapping
from wlz_eval.simulate.pupils import Array, Ints, Pupils, TraitPath, draw_pupils, start_trait
from wlz_eval.simulate.selection import select
from wlz_eval.simulate.tables import (
    attendance_table,
    child_ids,
    children_table,
    delivery_tables,
    draw_missing,
    measures_table,
    partner_measures_table,
    was_recorded,
)
from wlz_eval.simulate.traits import PARTNER, SDQ, TRAITS, record, sdq_total
from wlz_eval.simulate.truth import Truth

__all__ = ["SimulatedCohort", "simulate"]


@dataclass(frozen=True)
class SimulatedCohort:
    """A simulated cohort with its plan and its known answer.

    Parameters
    ----------
    cohort : Cohort
        The tables, as if loaded from a folder.
    plan : mapping
        The contents of its ``plan.yaml``.
    truth : Truth
        True effects.
    options : SimulationOptions
        What made it.
    """

    cohort: Cohort
    plan: Mapping[str, Any]
    truth: Truth
    options: SimulationOptions


@dataclass(frozen=True)
class _Before:
    """Everything before the programme: recorded values by measure and wave, and attendance by sessions."""

    paths: dict[str, TraitPath]
    values: dict[tuple[str, str], Array]
    attendance: dict[str, Sessions]


def _before(options: SimulationOptions, pupils: Pupils) -> _Before:
    paths = {name: start_trait(name, options, pupils) for name in TRAITS}
    values: dict[tuple[str, str], Array] = {}
    attendance: dict[str, Sessions] = {}
    for name, path in paths.items():
        for wave, score in zip(("pre_baseline", "baseline"), path.before(), strict=True):
            if name == "attendance":
                attendance[wave] = sessions(options, wave, score)
                values[name, wave] = attendance[wave].percent
            elif name not in SDQ or wave == "baseline":
                values[name, wave] = record(name, score)
    values["sdq_total", "baseline"] = sdq_total({s: values[s, "baseline"] for s in SDQ})
    return _Before(paths, values, attendance)


def _recorded(options: SimulationOptions, baseline: Mapping[str, Array]) -> dict[str, Array]:
    """Baselines as the school holds them: no child is chosen by a reading that was never taken."""
    return {
        name: np.where(was_recorded(options, name, "baseline", len(values)), values, np.nan)
        for name, values in baseline.items()
    }


def _partner_path(options: SimulationOptions, pupils: Pupils) -> tuple[TraitPath, Array]:
    path = start_trait(PARTNER.name, options, pupils)
    return path, record(PARTNER.name, path.before()[1])


def _truth(
    options: SimulationOptions, ids: pd.Series, started: Ints, after: Mapping[tuple[str, str], Recorded]
) -> Truth:
    columns, slopes = {}, {}
    for (name, wave), recorded in after.items():
        outcome = f"{name}_{wave}"
        columns[outcome] = recorded.with_programme - recorded.without[started]
        slopes[outcome] = float(np.mean(recorded.more_hours - recorded.with_programme)) / HOURS_STEP
    per_child = pd.DataFrame(columns, index=pd.Index(ids.array.take(started), name="child_id")).sort_index()
    return Truth(per_child=per_child, dose_slope=slopes, options=options.model_dump())


def simulate(options: SimulationOptions) -> SimulatedCohort:
    """Simulate a cohort.

    The data-generating process, from which every number follows:

    1. *Pupils.* Each has latent need, motivation, a strain that teachers see and no table holds, and a second
       factor each for learning and for wellbeing: independent standard normals. FSM, SEN, social care and
       deprivation go with need. Programme schools and comparison schools are drawn from one population.
    2. *Measures.* Every trait is ``-need loading x need + factor + own part``. A reading is
       ``zone shift + school + sqrt(reliability) x true + error``, with fresh error each time: children chosen
       for a bad reading do better at the next with no programme at all. The school part has the registry's
       intra-class correlation. English and maths are standardised scores; SDQ subscales are beta-binomial
       counts with the registry's means and SDs; absence is the square of a normal score, in whole sessions.
    3. *Selection.* ``observed``: the log-odds of a place are a constant plus points, linear in recorded
       baselines (English, maths, attendance, SDQ total where held for both groups, FSM, SEN), where a reading
       that was never taken adds nothing. Nothing else decides, so given those columns programme and comparison
       children are alike. ``judgement``: teachers see true need and the strain as well, and nominate; the points
       only partly agree with them.
    4. *Change without the programme.* True parts move as a first-order autoregression, lifted a little by
       motivation and lowered by the strain. Schools differ in growth (option ``growth_icc``), programme and
       comparison schools alike. There is no spillover to other children of the programme schools.
    5. *Engagement.* Interactions and sessions depend on need and motivation and end when a child leaves.
       About 8% leave early, more of them with poor measured attendance; leaving does not depend on change.
    6. *Effect.* ``effect x share of the outcome x (1 + 0.15 need + 0.30 hours)``, need and hours standardised
       among the children who started, added to the latent score in SDs; half of it is there at midpoint.
       Both potential outcomes come from the same draws and are recorded, rounding and limits included:
       the truth is the difference of the two records. Motivation raises hours *and* outcomes, so the
       observed slope on hours overstates the true one.
    7. *Missing.* Tests, forms and registers are missing at random; leavers' endlines often.

    The naive difference at endline is biased by selection: chosen children were worse off to begin with, by
    more than any plausible effect.

    Parameters
    ----------
    options : SimulationOptions
        What to make; the same options give the same cohort.

    Returns
    -------
    SimulatedCohort
        Cohort, plan and truth.

    Examples
    --------
    >>> world = simulate(SimulationOptions(children=40, pool=400, schools=4, comparison_schools=6, seed=7))
    >>> int((world.cohort.children["started"] == True).sum())
    40
    """
    pupils = draw_pupils(options)
    ids = child_ids(options, len(pupils))
    before = _before(options, pupils)
    baseline = {name: values for (name, wave), values in before.values.items() if wave == "baseline"}
    selected = select(options, pupils, _recorded(options, baseline))
    started = selected.offered[selected.started]
    leaving = draw_leaving(options, started, baseline["attendance"])
    engagement = draw_engagement(options, pupils, started, leaving)
    effect = individual_effect(options, pupils, started, engagement)
    after = outcomes(options, before.paths, effect)
    partner_path, partner_base = _partner_path(options, pupils)
    partner_after = outcomes(options, {PARTNER.name: partner_path}, effect)

    missing = draw_missing(options, pupils, started, leaving)
    known = np.ones(len(pupils), dtype=bool)
    known[selected.offered[~selected.consented]] = False
    on_programme = np.zeros(len(pupils), dtype=bool)
    on_programme[started] = True
    seen = {key: recorded.observed(effect) for key, recorded in after.items()}
    children = children_table(options, pupils, ids, selected, leaving)
    tables = {
        "children": children,
        "measures": measures_table(options, ids, before.values, seen, on_programme, known, missing),
        "attendance": attendance_table(
            options, ids, {**before.attendance, **_sessions_after(after, seen)}, known, missing
        ),
        **delivery_tables(options, ids, started, engagement),
        "partner_measures": partner_measures_table(
            options, ids, started, engagement, partner_base, partner_after[PARTNER.name, "endline"]
        ),
        **money_tables(options),
        "feedback": feedback_table(options, pupils, ids, started, leaving.left),
        "flow": flow_table(options, pupils, int((~selected.consented).sum())),
        "family_needs": family_needs_table(options, children),
    }
    plan = plan_mapping(options)
    contract = tables.pop("contract")
    cohort = make_cohort(make_meta(options), tables, contract=contract, checked=True)
    everything = {**after, (PARTNER.name, "endline"): partner_after[PARTNER.name, "endline"]}
    effects = _truth(options, ids, started, everything)
    truth = replace(effects, value=true_value(options, cohort, plan, effects))
    return SimulatedCohort(cohort=cohort, plan=plan, truth=truth, options=options)


def _sessions_after(
    after: Mapping[tuple[str, str], Recorded], seen: Mapping[tuple[str, str], Array]
) -> dict[str, Sessions]:
    result = {}
    for wave in ("midpoint", "endline"):
        possible = after["attendance", wave].possible
        assert possible is not None
        attended = np.round(seen["attendance", wave] * possible / 100.0).astype(np.int64)
        result[wave] = Sessions(possible, attended)
    return result
