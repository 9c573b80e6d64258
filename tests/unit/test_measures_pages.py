"""What notebooks 01 to 03 are made of: quality, identification, progress."""

import math

import numpy as np
import pandas as pd
import pytest

from wlz_eval.cohort import make_cohort
from wlz_eval.measures import IdentificationOptions, analysis_frame, data_quality, identification, progress
from wlz_eval.measures.identification.picking import areas_words
from wlz_eval.plan import make_plan
from wlz_eval.simulate import SimulationOptions, simulate

SMALL = {"children": 80, "pool": 1200, "schools": 5, "comparison_schools": 8}


@pytest.fixture(scope="module")
def typical():
    world = simulate(SimulationOptions(seed=21, comparison_measures="administrative", **SMALL))
    return world.cohort, analysis_frame(world.cohort), make_plan(world.plan)


@pytest.fixture(scope="module")
def hidden():
    world = simulate(SimulationOptions(seed=22, selection="judgement", effect=0.0, **SMALL))
    return world.cohort, analysis_frame(world.cohort), make_plan(world.plan)


def test_quality_counts_each_group_and_says_who_a_measure_is_held_for(typical):
    cohort, frame, _ = typical
    quality = data_quality(cohort, frame, "english_endline")
    data = frame.data
    row = quality.table().set_index(["measure", "wave"]).loc["english", "endline"]
    assert row["programme_known"] == data.loc[data["programme"] == 1, "english_endline"].notna().sum()
    assert row["programme_known"] + row["programme_missing"] == 80
    held = quality.table().set_index(["measure", "wave"])["held_for"]
    assert held["sdq_total", "endline"] == "programme only"
    assert held["attendance", "baseline"] == "both groups"
    assert quality.counts["programme_primary"] <= row["programme_known"]
    assert set(quality.held.loc[quality.held["held"] == "no", "table"]) >= {"incidents", "evidence"}


def test_quality_sees_values_repeated_blank_and_out_of_their_wave(typical):
    cohort, _, _ = typical
    measures = cohort.measures.astype({"measure": "str", "wave": "str"}).copy()
    again = measures.iloc[:3].assign(date=measures["date"].iloc[:3] + pd.Timedelta(days=400))
    measures.loc[measures.index[10:14], "value"] = np.nan
    broken = make_cohort(cohort.meta, {**cohort.tables, "measures": pd.concat([measures, again], ignore_index=True)},
                         cohort.contract, checked=True)
    odd = data_quality(broken, analysis_frame(broken), "english_endline").oddities.set_index("what")["values"]
    assert odd["same child, measure and wave again"] == 3
    assert odd["value is blank"] == 4
    assert odd["date outside the wave"] == 3


def test_identification_agrees_with_the_frame(hidden):
    cohort, frame, plan = hidden
    who = identification(cohort, frame, plan.risk)
    own = frame.data[frame.data["programme"] == 1]
    english = who.areas.set_index("area").loc["english"]
    known = own["english_baseline"].dropna()
    assert english["programme_percent"] == pytest.approx(100 * (known < 87.38).mean())
    assert who.counts["programme"].sum() == who.numbers["assessed"]
    agreement = who.agreement.set_index(["rules", "teachers"])
    asked = frame.data.dropna(subset=["identified", "teacher_nominated"])
    assert agreement["pupils"].sum() == len(asked) > 80
    assert agreement["pupils"].loc["no"].sum() == (asked["identified"] == 0).sum()
    beyond = (asked.loc[asked["programme"] == 1, "identified"] == 0).sum()
    assert who.numbers["nominated_only"] == pytest.approx(beyond / 80)
    ids = {f.finding_id for f in who.findings()}
    assert {"identification.risks.mean", "identification.beyond_rules", "identification.risks.plan"} <= ids


@pytest.mark.parametrize(("areas", "high"), [(2, True), (3, False), (6, True)])
def test_the_headline_is_that_of_the_plans_own_rule(hidden, areas, high):
    """West London Zone's "high need" stands beside the plan's rule, and is never passed off as it."""
    cohort, frame, plan = hidden
    who = identification(cohort, frame, plan.risk, IdentificationOptions(areas=areas))
    count = who.counts.set_index("risks")["programme"]
    found = {f.finding_id: f for f in who.findings()}
    assert found["identification.risks.plan"].estimate == pytest.approx(100 * count[areas:].sum() / count.sum())
    assert found["identification.risks.three_or_more"].estimate == pytest.approx(100 * count[3:].sum() / count.sum())
    assert areas_words(areas) in who.answer
    assert ("{high}" in who.answer) == high
    assert who.words({i: f.estimate for i, f in found.items()})["plan"] == found["identification.risks.plan"].estimate


def test_a_rule_of_more_areas_than_are_held_is_said_to_be_that(hidden):
    cohort, frame, plan = hidden
    who = identification(cohort, frame, plan.risk[:2], IdentificationOptions(areas=4))
    assert "more than these data hold" in who.answer
    assert not [f for f in who.findings() if f.finding_id.endswith(".plan")]


def test_identification_without_rules_says_so(hidden):
    cohort, frame, _ = hidden
    who = identification(cohort, frame, ())
    assert "no rules" in who.answer
    assert who.areas.empty
    assert not [f for f in who.findings() if f.finding_id.startswith("identification.risks")]


def test_no_finding_of_these_pages_claims_more_than_a_description(hidden, typical):
    for cohort, frame, plan in (hidden, typical):
        made = [
            *progress(cohort, frame, plan.risk).findings(),
            *identification(cohort, frame, plan.risk).findings(),
            *data_quality(cohort, frame, "english_endline").findings(),
        ]
        assert {f.claim for f in made} == {"description"}
        assert {f.evidence for f in made} == {"simulated"}
        assert len({f.finding_id for f in made}) == len(made)
        assert all(math.isfinite(f.estimate) for f in made)


def test_without_comparison_children_every_page_still_has_its_numbers():
    world = simulate(SimulationOptions(seed=23, children=40, pool=0, schools=4))
    cohort, plan = world.cohort, make_plan(world.plan)
    frame = analysis_frame(cohort)
    assert "no comparison children" in data_quality(cohort, frame, "english_endline").answer
    assert "pool" not in identification(cohort, frame, plan.risk).answer
    assert len(progress(cohort, frame, plan.risk)) > 0
