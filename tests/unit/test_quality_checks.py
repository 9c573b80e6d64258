"""The checks of data quality: each against something not written here, and where it must be silent."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from wlz_eval.cohort import load_cohort, make_cohort
from wlz_eval.core.errors import OptionError
from wlz_eval.measures import analysis_frame, data_quality
from wlz_eval.measures.quality.checks.drift import incident_clues, timing_clues
from wlz_eval.measures.quality.checks.duplicates import alike
from wlz_eval.measures.quality.checks.heaping import heaping
from wlz_eval.measures.quality.clues import FALSE_ALARMS, KINDS, Clue, decide, more_than_stray, places, unlike
from wlz_eval.measures.quality.held import Held
from wlz_eval.simulate import SimulationOptions, simulate
from wlz_eval.simulate.faults import plant_fault

SMALL = {"children": 90, "pool": 500, "schools": 5, "comparison_schools": 0}


@pytest.fixture(scope="module")
def cohort():
    return simulate(SimulationOptions(seed=31, **SMALL)).cohort


def test_places_of_one_look_are_adjusted_as_holm_does():
    p = [0.00001, 0.0004, 0.02, 0.9]
    clues = [Clue(kind="heaping", p=x, table="measures", school=f"S{i}", because="same") for i, x in enumerate(p)]
    expected = np.minimum(multipletests(p, method="holm")[1] * len(KINDS), 1)
    assert decide(clues)["p_adjusted"].to_numpy() == pytest.approx(expected)


def test_two_ways_of_looking_share_the_rate_of_a_kind():
    one = [Clue(kind="raters", p=0.001, table="measures", because="first")]
    two = [*one, Clue(kind="raters", p=1.0, table="measures", because="second")]
    assert decide(two)["p_adjusted"].min() == pytest.approx(2 * decide(one)["p_adjusted"].min())


def test_clean_places_are_flagged_no_oftener_than_said():
    rng = np.random.default_rng(5)
    flagged = 0
    for _ in range(300):
        clues = [
            Clue(kind=kind, p=float(rng.random()), table="measures", school=f"S{i}", because="a")
            for kind in KINDS
            for i in range(6)
        ]
        flagged += bool(decide(clues)["flagged"].any())
    # At most 5% is claimed, and independent uniform p-values nearly use it up: 15 expected, SD 3.8.
    assert flagged / 300 <= FALSE_ALARMS + 3 * np.sqrt(0.05 * 0.95 / 300)
    assert flagged > 0


def test_no_clue_gives_an_empty_table():
    assert decide([]).empty
    assert places(decide([])).empty


def test_stray_records_are_counted_by_the_binomial():
    assert more_than_stray(7, 12) == pytest.approx(stats.binom.sf(6, 12, 0.2))


def test_a_unit_like_the_others_has_the_t_that_is_claimed():
    rng = np.random.default_rng(8)
    p = []
    for _ in range(600):
        variance = rng.uniform(0.01, 0.05, 12)
        t, df = unlike(rng.normal(0, np.sqrt(0.05 + variance)), variance, 0.05)
        p.append(2 * stats.t.sf(abs(t[0]), df[0]))
    assert np.mean(np.array(p) < 0.05) < 0.075
    assert np.mean(np.array(p) < 0.01) < 0.02


def test_one_unit_far_off_stands_out_and_does_not_hide_behind_itself():
    estimates = np.array([0.0, 0.1, -0.1, 0.05, -0.05, 3.0])
    t, _ = unlike(estimates, np.full(6, 0.01), 0.01)
    assert int(np.argmax(np.abs(t))) == 5
    assert t[5] > 10


@pytest.mark.parametrize(("mean", "sd"), [(7.0, 5.8), (12.0, 6.0), (4.0, 4.0)])
def test_smooth_scores_are_not_heaped(mean, sd):
    rng = np.random.default_rng(3)
    p = [heaping(np.clip(np.round(rng.normal(mean, sd, 300)), 0, 40), 0, 40)[0] for _ in range(300)]
    assert np.mean(np.array(p) < 0.01) < 0.03


def test_scores_in_tenths_rounded_by_a_teacher_are_heaped():
    rng = np.random.default_rng(4)
    values = np.round(rng.normal(100, 15, 60), 1)
    assert heaping(values, 55, 145)[0] > 0.001
    assert heaping(np.where(rng.random(60) < 0.5, 5 * np.round(values / 5), values), 55, 145)[0] < 1e-6


def test_two_children_are_as_alike_as_chance_has_it():
    """For pairs of different children the chance is a p-value: uniform, or larger where values are tied."""
    rng = np.random.default_rng(6)
    covariance = 0.3 * np.eye(6) + 0.7
    values = rng.multivariate_normal(np.zeros(6), covariance, 400)
    first, second = np.triu_indices(400, 1)
    p, shared = alike(values, values, first, second, np.repeat("one", 400))
    assert (shared == 6).all()
    assert np.mean(p < 0.05) == pytest.approx(0.05, abs=0.01)
    assert np.mean(p < 0.001) < 0.002
    low, high = values - 0.5, values + 0.5
    assert np.mean(alike(low, high, first, second, np.repeat("one", 400))[0] < 0.05) < 0.02


def test_star_is_not_flagged():
    cohort = load_cohort("star-1986")
    quality = data_quality(cohort, analysis_frame(cohort), "sat_reading_endline")
    assert quality.suspected.empty
    found = quality.checked.set_index("kind")["found"]
    assert found["swapped_waves"] == "none"
    assert found["shifted_dates"].startswith("not looked for")
    assert quality.scores.set_index("dimension")["score"].isna().to_dict()["timeliness"]


def test_a_suspected_fault_lowers_its_dimension_and_is_the_first_thing_to_mend(cohort):
    frame = analysis_frame(cohort)
    clean = data_quality(cohort, frame, "english_endline")
    planted = plant_fault(cohort, "mixed_forms", seed=3)
    faulty = data_quality(planted.cohort, analysis_frame(planted.cohort), "english_endline")
    assert clean.suspected.empty
    assert "None of the faults that these tables let one look for was found; the others could not be" in clean.answer
    assert "forms or informants mixed" in faulty.answer
    scores = [q.scores.set_index("dimension")["score"] for q in (clean, faulty)]
    assert scores[0]["consistency"] == 100
    assert scores[1]["consistency"] < 100
    assert scores[1]["timeliness"] == scores[0]["timeliness"] == 100
    row = faulty.advice[faulty.advice["do"].str.startswith("Use one form")]
    assert row["children"].item() == planted.size


def test_an_answer_that_finds_no_fault_says_that_raters_knew(cohort):
    # A page said that nothing was wrong above a table by which every later rating came from someone who knew.
    frame = analysis_frame(cohort)
    table = cohort.measures.copy()
    rated = table["informant"].isin(["teacher", "parent", "self"])
    later = rated & (table["wave"] != "baseline")
    assert later.any()
    said = {}
    for share, knew in (("none", []), ("most", [True]), ("some", [True, False, False])):
        table["rater_knew"] = pd.array([pd.NA] * len(table), dtype="boolean")
        table.loc[rated, "rater_knew"] = False
        if knew:
            ids = table.loc[later, "child_id"].astype(str).rank(method="dense").astype(int)
            table.loc[later, "rater_knew"] = [knew[i % len(knew)] for i in ids]
        held = make_cohort(cohort.meta, {**cohort.tables, "measures": table}, cohort.contract, checked=True)
        said[share] = data_quality(held, frame, "english_endline")
    assert said["none"].raters == ""
    for share in ("most", "some"):
        assert said[share].raters.startswith(share.capitalize())
        assert said[share].raters in said[share].answer
    assert said["most"].suspected.empty
    assert "no proof" in said["most"].answer


def test_missing_outcomes_are_what_the_advice_would_gain(cohort):
    quality = data_quality(cohort, analysis_frame(cohort), "english_endline")
    row = quality.completeness.set_index(["measure", "wave"]).loc["english", "endline"]
    said = quality.advice[quality.advice["do"].str.contains("English.*at the end")]
    assert said["children"].sum() == row["programme_missing"] + row["comparison_missing"]


def test_flow_ends_with_those_analysed(cohort):
    frame = analysis_frame(cohort)
    quality = data_quality(cohort, frame, "english_endline")
    last = quality.flow[quality.flow["stage"] == "and at the end: analysed"].set_index("group")["count"]
    assert last.to_dict() == {g: quality.counts[f"{g}_primary"] for g in ("programme", "comparison")}


def test_order_of_rows_changes_nothing(cohort):
    shuffled = {name: table.sample(frac=1, random_state=1) for name, table in cohort.tables.items()}
    other = make_cohort(cohort.meta, shuffled, cohort.contract, checked=True)
    first, again = (data_quality(c, analysis_frame(c), "english_endline") for c in (cohort, other))
    pd.testing.assert_frame_equal(first.by_school, again.by_school)
    pd.testing.assert_frame_equal(first.scores, again.scores)
    pd.testing.assert_frame_equal(first.advice, again.advice)


def test_incidents_under_a_new_policy_are_told_from_an_ordinary_term():
    rng = np.random.default_rng(12)
    world = simulate(SimulationOptions(seed=32, **{**SMALL, "schools": 10})).cohort
    days = pd.bdate_range("2022-09-05", "2024-07-19")
    children = world.children
    rows = []
    for child, school in zip(children["child_id"], children["school_id"], strict=True):
        rows += [(child, school, day) for day in rng.choice(days, rng.poisson(1.0))]
    table = pd.DataFrame(rows, columns=["child_id", "school_id", "date"])
    clean = Held(make_cohort(world.meta, {**world.tables, "incidents": table[["child_id", "date"]]}, checked=True))
    assert not decide(incident_clues(clean))["flagged"].any()
    school = table["school_id"].value_counts().index[0]
    later = table[(table["school_id"] == school) & (table["date"] > "2023-09-01")]
    more = pd.concat([table, *[later] * 9], ignore_index=True)[["child_id", "date"]]
    odd = Held(make_cohort(world.meta, {**world.tables, "incidents": more}, checked=True))
    found = decide(incident_clues(odd))
    assert found.loc[found["flagged"], "school"].tolist() == [school]


def test_contacts_always_without_minutes_are_no_change(cohort):
    counted = cohort["interactions"].assign(minutes=np.nan)
    held = Held(make_cohort(cohort.meta, {**cohort.tables, "interactions": counted}, checked=True))
    assert not decide(timing_clues(held))["flagged"].any()


def test_an_unknown_fault_is_named_with_what_is_valid(cohort):
    with pytest.raises(OptionError, match="swapped_waves"):
        plant_fault(cohort, "swaped_waves", seed=1)
