"""Simulated cohorts: what they hold, and that the truth is the truth."""

import numpy as np
import pytest

from wlz_eval.cohort import check_cohort, load_cohort, make_cohort
from wlz_eval.core.errors import CohortError, OptionError
from wlz_eval.engagement import exposures
from wlz_eval.measures import analysis_frame, risk_count, risk_flags
from wlz_eval.plan import check_plan, make_plan
from wlz_eval.simulate import SimulationOptions, load_truth, make_options, simulate, write_simulated

SMALL = {"children": 60, "pool": 900, "schools": 5, "comparison_schools": 8}


@pytest.fixture(scope="module")
def world():
    return simulate(SimulationOptions(seed=4242))


@pytest.fixture(scope="module")
def frame(world):
    return analysis_frame(world.cohort).data


def test_same_options_give_the_same_cohort_and_another_seed_another():
    first, again = (simulate(SimulationOptions(seed=6, **SMALL)) for _ in range(2))
    assert first.cohort.data_hash == again.cohort.data_hash
    assert first.truth.per_child.equals(again.truth.per_child)
    assert simulate(SimulationOptions(seed=7, **SMALL)).cohort.data_hash != first.cohort.data_hash


def test_tables_pass_every_check_of_the_data_contract(world):
    checked = make_cohort(world.cohort.meta, world.cohort.tables, world.cohort.contract)
    assert checked.warnings == ()
    assert checked.data_hash == world.cohort.data_hash
    for name, table in checked.tables.items():
        assert set(table.columns) == set(world.cohort[name].columns)


def test_written_and_loaded_it_is_the_same(tmp_path):
    world = simulate(make_options(id="again", seed=8, selection="judgement", **SMALL))
    folder = write_simulated(world, tmp_path / "again")
    assert check_cohort(folder).ok
    loaded = load_cohort(folder)
    assert loaded.data_hash == world.cohort.data_hash
    assert check_plan(loaded) == []
    truth = load_truth(folder)
    assert np.allclose(truth.per_child, world.truth.per_child)
    assert truth.value == world.truth.value
    assert (folder / "LICENCE.md").read_text().count("CC0")


def test_numbers_asked_for_are_there(world, frame):
    assert (frame["programme"] == 1).sum() == 300
    assert (world.cohort.children["group"] == "comparison").sum() == 4000
    own = frame[frame["programme"] == 1]
    assert own["school_id"].nunique() <= 10
    other = frame[frame["comparison_type"] == "other_school"]
    assert not set(own["school_id"]) & set(other["school_id"])


def test_shape_of_the_work_is_the_published_one():
    means, high, leavers, interactions, rates = [], [], [], [], []
    for seed in range(900, 904):
        world = simulate(SimulationOptions(seed=seed))
        frame = analysis_frame(world.cohort)
        own = frame.data[frame.data["programme"] == 1]
        count = risk_count(risk_flags(own, make_plan(world.plan).risk))
        dose = exposures(world.cohort, frame)
        means.append(count.mean())
        high.append((count.dropna() >= 3).mean())
        leavers.append(own["left"].notna().mean())
        interactions.append(dose["link_worker_interactions"].mean())
        rates.append(dose["attendance_rate"].mean())
    assert 3.4 < np.mean(means) < 4.4
    assert 0.7 < np.mean(high) < 0.9
    assert 0.05 < np.mean(leavers) < 0.12
    assert 20 < np.mean(interactions) < 35
    assert 58 < np.mean(rates) < 72


def test_true_effect_is_the_option_on_the_scale_of_the_measure(world):
    assert world.truth.att("english_endline") == pytest.approx(0.3 * 15, abs=0.15)
    assert world.truth.att("sdq_total_endline") < -1
    assert world.truth.att("english_endline", world.truth.per_child.index[:10]) == pytest.approx(
        world.truth.per_child["english_endline"].iloc[:10].mean()
    )
    with pytest.raises(OptionError, match="english_endline"):
        world.truth.att("english_endlin")


def test_zero_effect_is_zero_for_every_child():
    truth = simulate(SimulationOptions(seed=5, effect=0, selection="judgement", **SMALL)).truth
    assert (truth.per_child == 0).all().all()
    assert set(truth.dose_slope.values()) == {0.0}
    assert truth.value["benefits_total"] == 0


def test_recorded_outcomes_contain_the_true_effect_exactly():
    """The same world without an effect differs from the one with it by each child's true effect, and nowhere else."""
    treated = analysis_frame(simulate(SimulationOptions(seed=31, effect=0.5, **SMALL)).cohort).data
    world = simulate(SimulationOptions(seed=31, effect=0.0, **SMALL))
    untreated = analysis_frame(world.cohort).data
    truth = simulate(SimulationOptions(seed=31, effect=0.5, **SMALL)).truth.per_child
    assert treated.index.equals(untreated.index)
    for outcome in ("english_endline", "attendance_endline", "sdq_total_endline"):
        difference = (treated[outcome] - untreated[outcome]).dropna()
        own = difference.index.intersection(truth.index)
        assert np.allclose(difference[own], truth.loc[own, outcome])
        assert (difference.drop(own) == 0).all()


def test_children_chosen_for_need_regress_to_the_mean_without_any_effect():
    frame = analysis_frame(simulate(SimulationOptions(seed=12, effect=0.0)).cohort).data
    own = frame[frame["programme"] == 1]
    assert (own["sdq_total_endline"] - own["sdq_total_baseline"]).mean() < -1


def test_typical_cohort_has_no_wellbeing_for_comparison_children():
    world = simulate(SimulationOptions(seed=13, comparison_measures="administrative", **SMALL))
    frame = analysis_frame(world.cohort).data
    pool = frame[frame["programme"] == 0]
    assert pool.filter(like="sdq").isna().all().all()
    assert pool["english_endline"].notna().any()
    assert "sdq" not in world.plan["matching"]["formula"]


def test_judgement_goes_beyond_the_rules():
    frame = analysis_frame(simulate(SimulationOptions(seed=14, selection="judgement", effect=0)).cohort).data
    own = frame[frame["programme"] == 1]
    assert 0.2 < (own["identified"] == 0).mean() < 0.8
    assert (own.loc[own["identified"] == 0, "teacher_nominated"] == 1).all()


@pytest.mark.parametrize(
    "options",
    [{"pool": 0}, {"comparison_schools": 0}, {"schools": 1, "comparison_schools": 3}, {"children": 1, "pool": 40}],
)
def test_unusual_worlds_are_valid(options):
    world = simulate(SimulationOptions(seed=3, **{"children": 40, "pool": 400, "comparison_schools": 6, **options}))
    make_cohort(world.cohort.meta, world.cohort.tables, world.cohort.contract)
    plan = make_plan(world.plan)
    assert (plan.matching is None) == (world.options.pool == 0)


def test_mistakes_in_options_are_named():
    with pytest.raises(OptionError, match="comparison_schools"):
        make_options(comparison_school=3)
    with pytest.raises(OptionError, match="children"):
        make_options(children=0)
    with pytest.raises(OptionError, match="too few"):
        make_options(pool=10, comparison_schools=20)


def test_a_cohort_without_truth_says_so(tmp_path):
    with pytest.raises(CohortError, match=r"truth\.yaml"):
        load_truth(tmp_path)
