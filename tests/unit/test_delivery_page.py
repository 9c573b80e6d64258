"""The whole of page 06 on poor data: it says what is missing, and gives no number in its place."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from wlz_eval.cohort import make_cohort
from wlz_eval.engagement import EngagementOptions
from wlz_eval.engagement.delivery import delivery, figures
from wlz_eval.measures import analysis_frame
from wlz_eval.release.rule import Rule, release_finding
from wlz_eval.simulate import SimulationOptions, simulate

IDS = ["C000", "C003", "C006", "C009"]


def sessions(attended, children=IDS, partner="P1", times=4):
    n = len(children) * times
    return pd.DataFrame(
        {
            "child_id": np.repeat(children, times), "partner_id": partner,
            "date": pd.Timestamp("2022-10-03") + pd.to_timedelta(np.tile(np.arange(times), len(children)), unit="D"),
            "planned_minutes": 60.0, "attended_minutes": np.broadcast_to(attended, n).astype(float),
        }
    )


def delivered(tiny_cohort, **tables):
    bare = {k: v for k, v in tiny_cohort.tables.items() if k in ("children", "measures")}
    cohort = make_cohort(tiny_cohort.meta.model_dump(mode="json"), {**bare, **tables}, checked=True)
    return delivery(cohort, analysis_frame(cohort), EngagementOptions())


def everything_can_be_shown(result):
    """Every table has its columns, every figure can be drawn, every sentence can be said."""
    for part in result.parts():
        part.table()
        part.plot()
        text, values = part.sentence()
        assert set(re.findall(r"\{(\w+)", text)) <= set(values)
    result.timing()
    partners = result.partners()
    each = [part.n * part.each for (part,) in partners["planned_counted"]] if len(partners) else []
    assert each == pytest.approx(list(partners.get("planned", ())))
    figures.draw_rates(result.by("support"))
    ids = [f.finding_id for f in result.findings()]
    assert len(ids) == len(set(ids))
    assert {f.claim for f in result.findings()} <= {"description", "association"}
    return result


@pytest.mark.parametrize("attended", [0.0, 60.0, [60.0, 0.0] * 8])
def test_all_none_or_half_attended(tiny_cohort, attended):
    result = everything_can_be_shown(delivered(tiny_cohort, sessions=sessions(attended)))
    row = result.by("all").iloc[0]
    assert row["rate"] == 100 * np.mean(np.asarray(attended) > 0)
    assert 0 <= row["ci_low"] <= row["rate"] <= row["ci_high"] <= 100
    assert any("no table of partners" in note for note in result.notes)


def test_one_child_and_one_partner(tiny_cohort):
    result = everything_can_be_shown(delivered(tiny_cohort, sessions=sessions(60.0, ["C000"])))
    assert result.funnel.table()["verdict"].tolist() == ["too few children to say"]
    assert "by more than chance" not in result.answer()[0]


def test_sessions_of_nobody_on_the_programme(tiny_cohort):
    result = everything_can_be_shown(delivered(tiny_cohort, sessions=sessions(60.0, ["C001"])))
    assert result.by("all").empty
    assert any("No session was planned" in note for note in result.notes)
    assert "No partner session was planned" in result.answer()[0]


def test_interactions_alone(tiny_cohort):
    rows = pd.DataFrame({"child_id": IDS[:2], "date": pd.Timestamp("2022-10-03"), "with": "child", "kind": "contact"})
    result = everything_can_be_shown(delivered(tiny_cohort, interactions=rows))
    assert result.contacts["per_child"].iloc[0] == 0.5
    assert result.funnel.findings() == []


def test_nothing_at_all_is_one_sentence(tiny_cohort):
    result = everything_can_be_shown(delivered(tiny_cohort))
    assert not result.available
    assert result.findings() == []
    assert result.answer() == (result.answer()[0], {})


@pytest.fixture(scope="module")
def world():
    made = simulate(SimulationOptions(seed=11, schools=4, children=80, pool=80))
    return made.cohort


def test_simulated_world_in_any_order_of_rows(world):
    shuffled = {name: table.sample(frac=1, random_state=4) for name, table in world.tables.items()}
    other = make_cohort(world.meta, shuffled, checked=True)
    results = [delivery(c, analysis_frame(c), EngagementOptions()) for c in (world, other)]
    for one, two in zip(results[0].parts(), results[1].parts(), strict=True):
        pd.testing.assert_frame_equal(one.table(), two.table(), rtol=1e-9)
    pd.testing.assert_frame_equal(results[0].table(), results[1].table(), rtol=1e-9)


def test_nothing_by_school_but_for_internal_readers(world):
    result = everything_can_be_shown(delivery(world, analysis_frame(world), EngagementOptions()))
    assert len(result.by("school")) > 1
    assert "school" not in set(result.table()["by"])
    schools = set(world.children["school_id"])
    assert not any(f.subgroup in schools for f in result.findings())
    # No page, and no internal one either, may hold the id of a school.
    shown = set(result.by("school")["group"]) | set(result.caseload.schools["school"])
    assert not shown & schools
    assert shown <= {f"School {i}" for i in range(1, len(schools) + 1)}


def test_attendance_is_a_share_of_sessions_so_few_absent_children_do_not_hide_it(world):
    found = {f.finding_id: f for f in delivery(world, analysis_frame(world), EngagementOptions()).findings()}
    shown = release_finding(replace(found["delivery.attendance.all"], estimate=97.0), Rule())
    assert shown.text == "97%"


def test_one_sentence_stands_for_all_that_is_not_held(tiny_cohort):
    # A page was a list of nineteen headings, each above a sentence that there was nothing below it.
    (nothing,) = delivered(tiny_cohort).left_out
    for what in ("partner sessions", "contacts", "levels of practice", "own measures", "answers of children"):
        assert what in nothing
    (some,) = delivered(tiny_cohort, sessions=sessions(60.0)).left_out
    assert "partner sessions that were planned" not in some
    assert "contacts with Link Workers" in some


def test_the_aim_of_the_pilot_is_called_a_hope_and_any_other_the_plans(tiny_cohort):
    wide = sessions(60.0)
    result = replace(delivered(tiny_cohort, sessions=wide), fewest=1)
    assert "long-term hope stated for the pilot" in result.answer()[0]
    assert "the plan's aim is {aim}" in replace(result, aspiration=90.0).answer()[0]
