"""What notebooks 01 to 03 are made of: quality, identification, progress."""

import math

import numpy as np
import pandas as pd
import pytest

from wlz_eval.cohort import load_cohort, make_cohort
from wlz_eval.measures import analysis_frame, data_quality, identification, progress, what_would_lift
from wlz_eval.plan import load_plan, make_plan
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
    assert set(quality.held.loc[quality.held["held"] == "no", "table"]) >= {"incidents", "family_needs"}


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
    assert agreement["programme"].sum() == 80
    beyond = agreement.loc["no", "programme"].sum()
    assert who.numbers["nominated_only"] == pytest.approx(beyond / 80)
    ids = {f.finding_id for f in who.findings()}
    assert {"identification.risks.mean", "identification.beyond_rules", "identification.reached"} <= ids


def test_identification_without_rules_says_so(hidden):
    cohort, frame, _ = hidden
    who = identification(cohort, frame, ())
    assert "no rules" in who.answer
    assert who.areas.empty
    assert not [f for f in who.findings() if f.finding_id.startswith("identification.risks")]


def test_progress_of_each_measure_stands_beside_what_was_to_be_expected(hidden):
    cohort, frame, plan = hidden
    result = progress(cohort, frame, plan.risk)
    table = result.table().set_index(["measure", "wave"])
    total = table.loc["sdq_total", "endline"]
    own = frame.data[frame.data["programme"] == 1][["sdq_total_baseline", "sdq_total_endline"]].dropna()
    assert total["change"] == pytest.approx((own["sdq_total_endline"] - own["sdq_total_baseline"]).mean())
    assert total["expected_change"] < 0
    assert total["population"] == "comparison pupils of other schools"
    at_risk = own[own["sdq_total_baseline"] >= 12]
    assert total["exit_rate"] == pytest.approx(100 * (at_risk["sdq_total_endline"] < 12).mean())


def test_progress_uses_norms_and_says_so_where_only_the_programme_is_held(typical):
    cohort, frame, plan = typical
    table = progress(cohort, frame, plan.risk).table().set_index(["measure", "wave"])
    row = table.loc["sdq_total", "endline"]
    assert row["population"] == "published norms"
    assert "not confirmed" in row["caution"]
    assert "shorter time" in row["caution"]
    assert row["r"] == 0.62


def test_expected_change_of_untreated_children_is_what_they_show():
    """Without an effect and with choice on measured need, the change seen is the change expected."""
    gaps = []
    for seed in range(600, 612):
        world = simulate(SimulationOptions(seed=seed, effect=0.0))
        rows = progress(world.cohort, analysis_frame(world.cohort)).table().set_index(["measure", "wave"])
        row = rows.loc["english", "endline"]
        gaps.append(row["change"] - row["expected_change"])
    # Selection uses other measures too, so expectation from this one alone is near, not exact.
    assert abs(np.mean(gaps)) < 1.5


def test_a_scale_that_grows_with_age_has_no_exit_rate():
    cohort = load_cohort("star-1986")
    result = progress(cohort, analysis_frame(cohort), load_plan(cohort).risk)
    assert (result.table()["at_risk"] == 0).all()
    assert not [f for f in result.findings() if "exit_rate" in f.finding_id]


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


def test_what_would_lift_names_groups_and_waves(typical):
    cohort, frame, _ = typical
    lift = what_would_lift(cohort, frame, [("english", "endline"), ("sdq_total", "endline")]).set_index("measure")
    assert lift.loc["english", "missing"].startswith("nothing")
    assert lift.loc["sdq_total", "missing"] == "comparison children at the start; comparison children at the end"


def test_without_comparison_children_every_page_still_has_its_numbers():
    world = simulate(SimulationOptions(seed=23, children=40, pool=0, schools=4))
    cohort, plan = world.cohort, make_plan(world.plan)
    frame = analysis_frame(cohort)
    assert "no comparison children" in data_quality(cohort, frame, "english_endline").answer
    assert "pool" not in identification(cohort, frame, plan.risk).answer
    assert len(progress(cohort, frame, plan.risk)) > 0
