"""Whom rules pick, which risks go together, whom teachers put forward, who the children are."""

import math

import numpy as np
import pandas as pd
import pytest

from wlz_eval.measures import (
    AnalysisFrame,
    IdentificationOptions,
    RiskRule,
    combinations,
    draw_again,
    draw_combinations,
    draw_gaps,
    draw_rule_sets,
    judgement,
    rule_sets,
    school_profile,
)
from wlz_eval.reference.agreement import agreement_words
from wlz_eval.simulate import SimulationOptions, simulate

RULES = [
    RiskRule(area="english", column="english_baseline", below=87.38),
    RiskRule(area="maths", column="maths_baseline", below=87.38),
    RiskRule(area="money", column="fsm", equals=1, outcome_area=False),
]


@pytest.fixture(scope="module")
def cohort():
    return simulate(SimulationOptions(seed=3, children=30, pool=100, schools=3, comparison_schools=3)).cohort


def frame_of(**columns) -> AnalysisFrame:
    data = pd.DataFrame(columns)
    data.index = pd.Index([f"c{i:03d}" for i in range(len(data))], name="child_id")
    if "comparison_type" not in data:
        data["comparison_type"] = np.where(data["programme"] == 1, None, "same_school")
    return AnalysisFrame(data, pd.DataFrame())


@pytest.fixture
def forty() -> AnalysisFrame:
    """Two schools of twenty; ten of forty on the programme; English low of every other child."""
    i = np.arange(40)
    return frame_of(
        programme=(i < 10).astype(int), school_id=np.where(i % 2 == 0, "a", "b"),
        english_baseline=np.where(i % 4 < 2, 80.0, 100.0), maths_baseline=np.where(i < 8, 70.0 + i, 100.0 + i),
        fsm=(i % 5 == 0).astype(float),
    )


def test_each_rule_set_picks_what_a_hand_count_gives(cohort, forty):
    found = rule_sets(cohort, forty, RULES, IdentificationOptions(areas=2, share=0.2))
    table = found.table().set_index("key")
    data = forty.data
    risks = (data["english_baseline"] < 87.38) * 1 + (data["maths_baseline"] < 87.38) + (data["fsm"] == 1)
    for k in (1, 2, 3):
        assert table.loc[f"areas_{k}", "picked"] == (risks >= k).sum()
    assert table.loc["area_english", "picked"] == 20
    assert table.loc["highest", "picked"] == 8
    picked = risks >= 2
    assert table.loc["areas_2", "on_programme"] == pytest.approx(100 * (data["programme"] == 1)[picked].mean())
    assert table.loc["areas_2", "reached"] == pytest.approx(100 * picked[data["programme"] == 1].mean())
    assert math.isnan(table.loc["areas_3", "also_plan"])
    low_maths = data["maths_baseline"] < 87.38
    assert table.loc["area_maths", "also_plan"] == pytest.approx(100 * picked[low_maths].mean())
    assert found.above.share == pytest.approx((data["programme"] == 0)[picked].mean())
    assert found.below_all.share == pytest.approx((risks[data["programme"] == 1] == 0).mean())
    assert "two areas or more" in found.missed


def test_those_in_most_need_are_so_many_of_each_school_and_none_less_in_need(cohort, forty):
    found = rule_sets(cohort, forty, RULES, IdentificationOptions(areas=2, share=0.35))
    table = found.table().set_index("key")
    assert table.loc["highest", "picked"] == 14
    assert "35%" in table.loc["highest", "label"]
    shuffled = AnalysisFrame(forty.data.sample(frac=1, random_state=1), forty.flow)
    again = rule_sets(cohort, shuffled, RULES, IdentificationOptions(areas=2, share=0.35)).table()
    pd.testing.assert_frame_equal(again, found.table())


def test_an_area_that_is_known_of_programme_children_only_is_left_out_and_named(cohort, forty):
    data = forty.data.copy()
    data.loc[data["programme"] == 0, "english_baseline"] = np.nan
    found = rule_sets(cohort, AnalysisFrame(data, forty.flow), RULES, IdentificationOptions(areas=2))
    assert "area_english" not in set(found.table()["key"])
    assert found.caution == "Left out, because not known of the other pupils: english."
    # Of the programme's own children it still counts: none of them is called free of risk who is at risk in it.
    risks = (data["english_baseline"] < 87.38) | (data["maths_baseline"] < 87.38) | (data["fsm"] == 1)
    assert found.below_all.share == pytest.approx((~risks[data["programme"] == 1]).mean())


@pytest.mark.parametrize("rules", [RULES, []])
def test_without_other_pupils_one_sentence_says_so(cohort, forty, rules):
    own = AnalysisFrame(forty.data[forty.data["programme"] == 1], forty.flow)
    found = rule_sets(cohort, own, rules)
    assert found.table().empty
    assert "cannot be said" in found.missed
    assert {f.finding_id for f in found.findings()} <= {"identification.below_all"}


def test_combinations_of_few_children_cannot_be_had_by_subtraction():
    codes = ["100"] * 12 + ["010"] * 11 + ["111"] * 4 + ["000"] * 30
    data = {f"x{j}": [float(code[j]) for code in codes] for j in range(3)}
    rules = [RiskRule(area=f"area_{j}", column=f"x{j}", equals=1) for j in range(3)]
    rows = combinations(frame_of(programme=1, **data), rules, threshold=10).table()
    assert rows.values.tolist() == [["No area", 30], ["Area 0", 12], ["Other combinations", 15]]
    assert len(draw_combinations(rows).axes) == 2
    assert combinations(frame_of(programme=1, **data), [], threshold=10).table().empty


def test_kappa_and_shares_are_those_of_the_four_cells(cohort):
    i = np.arange(200)
    rules = i < 60
    put = (i < 40) | (i >= 190)
    frame = frame_of(
        programme=(i < 50).astype(int), school_id=[f"s{k * k % 11}" for k in i], identified=rules.astype(float),
        teacher_nominated=put.astype(float),
    )
    found = judgement(cohort, frame, [])
    row = found.table().iloc[0]
    assert (row["both"], row["data_only"], row["teachers_only"], row["neither"]) == (40, 20, 10, 130)
    chance = 0.3 * 0.25 + 0.7 * 0.75
    assert found.kappa.estimate == pytest.approx((0.85 - chance) / (1 - chance))
    assert found.sensitivity.share == pytest.approx(40 / 60)
    assert found.found.share == pytest.approx(40 / 50)
    assert found.kappa.low < found.kappa.estimate < found.kappa.high
    assert "agreement was good" in found.sentence
    assert {f.claim for f in found.findings()} == {"description"}


def test_teachers_named_only_where_rules_did_not_pick_say_nothing_of_agreement(cohort):
    i = np.arange(100)
    frame = frame_of(
        programme=(i < 50).astype(int), school_id="s", identified=(i < 30).astype(float),
        teacher_nominated=(i >= 80).astype(float),
    )
    found = judgement(cohort, frame, [])
    assert "only where the rules did not pick" in found.sentence
    assert found.findings() == []
    held = judgement(cohort, frame_of(programme=(i < 50).astype(int), school_id="s"), [])
    assert "do not hold both" in held.sentence


def test_words_for_kappa_have_a_source_and_cover_every_value():
    rows = agreement_words()
    assert rows[0].at_least == -1
    assert all(row.source for row in rows)


def test_the_profile_of_a_school_is_that_of_its_programme_children():
    i = np.arange(60)
    frame = frame_of(
        programme=(i < 40).astype(int), school_id=np.where(i % 20 < 15, "z", "a"),
        gender=np.where(i % 3 == 0, "male", "f"),
        sen=np.where(i % 4 == 0, "ehcp", "none"), fsm=(i % 2).astype(float), year_group=[str(7 + k % 2) for k in i],
    )
    found = school_profile(frame, [], threshold=12)
    assert found.groups["label"].tolist() == ["Programme children", "Other pupils of the same schools"]
    assert found.schools["label"].tolist() == ["School A", "All other schools together"]
    own = frame.data[(frame.data["programme"] == 1) & (frame.data["school_id"] == "z")]
    first = found.schools.iloc[0]
    assert first["children"] == len(own)
    assert first["boys"] == pytest.approx(100 * (own["gender"] == "male").mean())
    assert first["sen"] == pytest.approx(100 * (own["sen"] == "ehcp").mean())
    assert first["years"] == "7 to 8"
    assert math.isnan(first["eal"])
    # A school's name never reaches the table.
    assert not set(found.schools["label"]) & {"a", "z"}


def test_figures_draw_what_was_released_and_bear_hidden_cells():
    rows = pd.DataFrame({"label": ["A", "B"], "percent": [40.0, np.nan], "reached": [60.0, 30.0]})
    assert next(iter(draw_rule_sets(rows).axes[0].lines)).get_xdata().tolist() == [60.0, 30.0]
    gaps = pd.DataFrame(
        {"label": ["A", "B"], "difference": [4.0, np.nan], "ci_low": [1.0, np.nan], "ci_high": [7, np.nan]}
    )
    assert [t.get_text() for t in draw_gaps(gaps).axes[0].get_yticklabels()] == ["A"]
    again = pd.DataFrame({"label": ["A"], **{f"{n}{e}": [80.0] for n in ("now", "later")
                                             for e in ("", "_at_low", "_at_high")}})
    assert draw_again(again).axes[0].get_xlim() == (0, 102)


def test_that_no_child_is_of_a_kind_is_never_said_in_words(cohort, forty):
    everyone = AnalysisFrame(forty.data.assign(english_baseline=80.0), forty.flow)
    found = rule_sets(cohort, everyone, RULES, IdentificationOptions(areas=2))
    assert found.below_all.share == 0
    assert "{below}" in found.outside
    nobody = AnalysisFrame(forty.data.assign(english_baseline=100.0, maths_baseline=100.0), forty.flow)
    assert "none" not in rule_sets(cohort, nobody, RULES, IdentificationOptions(areas=2)).missed
