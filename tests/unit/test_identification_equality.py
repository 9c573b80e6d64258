"""Groups of children beside all others: what is compared, what is merged, what is said."""

import math

import numpy as np
import pandas as pd
import pytest

from wlz_eval.cohort import make_cohort
from wlz_eval.measures import analysis_frame, equality
from wlz_eval.plan import make_plan
from wlz_eval.simulate import SimulationOptions, simulate


@pytest.fixture(scope="module")
def world():
    made = simulate(SimulationOptions(seed=31, children=120, pool=1200, schools=8, comparison_schools=4))
    return made.cohort, make_plan(made.plan)


def changed(cohort, **columns):
    children = cohort.children.assign(**columns)
    return make_cohort(cohort.meta, {**cohort.tables, "children": children}, cohort.contract, checked=True)


def compared(cohort, plan, threshold=10):
    return equality(
        cohort, analysis_frame(cohort), plan.risk, "english_endline", plan.identification, threshold=threshold
    )


def test_shares_are_those_of_the_children_table(world):
    cohort, plan = world
    row = compared(cohort, plan).table().set_index(["stage", "key"]).loc["chosen", "fsm"]
    children = cohort.children
    here = children[(children["group"] == "programme") | (children["comparison_type"] == "same_school")]
    chosen = here["group"] == "programme"
    fsm = here["fsm"].astype(bool)
    assert row["percent"] == pytest.approx(100 * chosen[fsm].mean())
    assert row["others_percent"] == pytest.approx(100 * chosen[~fsm].mean())
    assert row["difference"] == pytest.approx(row["percent"] - row["others_percent"])
    assert row["fewest"] == min(chosen[fsm].sum(), chosen[~fsm].sum(), (~chosen[fsm]).sum(), (~chosen[~fsm]).sum())


def test_progress_is_change_of_those_who_started(world):
    cohort, plan = world
    row = compared(cohort, plan).table().set_index(["stage", "key"]).loc["progress", "gender_female"]
    data = analysis_frame(cohort).data.query("programme == 1")
    change = (data["english_endline"] - data["english_baseline"]).dropna()
    girls = data.loc[change.index, "gender"] == "female"
    assert row["difference"] == pytest.approx(change[girls].mean() - change[~girls].mean())


def test_small_groups_are_merged_and_that_is_said(world):
    cohort, plan = world
    tiny = cohort.children["ethnicity"].astype(object).copy()
    tiny.iloc[:6], tiny.iloc[6:12] = "martian", "venusian"
    found = compared(changed(cohort, ethnicity=tiny), plan)
    assert not found.table()["label"].str.contains("artian|enusian").any()
    assert "ethnicity" in found.merged
    assert compared(cohort, plan).merged == "" or "ethnicity" not in compared(cohort, plan).merged


def test_a_share_is_hidden_on_both_sides_when_either_rests_on_few(world):
    cohort, plan = world
    found = compared(cohort, plan, threshold=10)
    rows = found.of("left", "measured", "chosen")
    few = rows[rows["fewest"] < 10]
    assert (few[["percent_n", "others_n"]] == 0).all(axis=None)
    assert (rows.loc[rows["fewest"] >= 10, "percent_n"] > 0).all()
    assert (few["clear"] == "").all()


def test_the_more_groups_are_looked_at_the_less_is_called_clear(world):
    table = compared(*world).table()
    for _, stage in table.groupby("stage"):
        known = stage["p"].notna().sum()
        assert stage["p_family"].dropna().tolist() == pytest.approx(np.minimum(stage["p"].dropna() * known, 1).tolist())
    assert set(table.loc[table["clear"] == "yes", "p_family"] < 0.05) <= {True}


def test_where_groups_make_no_difference_clear_ones_are_rare():
    """Labels dealt at random: of twenty worlds, about one in twenty may call something clear at a stage."""
    made = simulate(SimulationOptions(seed=5, children=120, pool=900, schools=8, comparison_schools=2))
    cohort, plan = made.cohort, make_plan(made.plan)
    frame, alarms = analysis_frame(cohort), 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        n = len(cohort.children)
        dealt = changed(
            cohort, ethnicity=rng.choice(["asian", "black", "mixed", "white"], n), fsm=pd.array(rng.random(n) < 0.4),
            gender=rng.choice(["male", "female"], n), sen=rng.choice(["none", "support"], n),
            eal=pd.array(rng.random(n) < 0.5),
        )
        table = equality(dealt, frame, (), "english_endline", plan.identification).table()
        alarms += bool((table.loc[table["stage"] == "chosen", "p_family"] < 0.05).any())
    # Binomial(20, .05): four or more about once in sixty.
    assert alarms <= 3


def test_a_planted_inequality_is_named():
    made = simulate(SimulationOptions(seed=5, children=120, pool=900, schools=8, comparison_schools=2))
    cohort, plan = made.cohort, make_plan(made.plan)
    rng = np.random.default_rng(1)
    programme = (cohort.children["group"] == "programme").to_numpy()
    eal = rng.random(len(programme)) < np.where(programme, 0.2, 0.5)
    found = compared(changed(cohort, eal=pd.array(eal)), plan)
    assert "less often given a place" in found.sentence
    assert "English as an additional language" in found.sentence.split("less often given a place")[1]


def test_what_the_tables_do_not_hold_is_said(world):
    cohort, _ = world
    programme = cohort.children["group"] == "programme"
    bare = cohort.children.loc[programme].drop(columns=["sen", "eal", "ethnicity", "gender", "fsm", "left"])
    tables = {**cohort.tables, "children": bare}
    tables = {
        name: table[table["child_id"].isin(bare["child_id"])] if "child_id" in table else table
        for name, table in tables.items()
    }
    poor = make_cohort(cohort.meta, tables, cohort.contract, checked=True)
    frame = analysis_frame(poor)
    found = equality(poor, frame, (), "english_endline")
    assert found.table().empty
    assert "nothing by which groups" in found.sentence
    said = " ".join(found.left_out)
    assert "other pupils of the programme's schools" in said
    assert "Ethnicity" in said
    assert "left early" in said
    assert "consent" in said
    assert "these data cannot say" in found.answer
    assert found.findings() == []


def test_every_finding_has_its_children_and_is_a_description(world):
    found = compared(*world).findings()
    assert {f.claim for f in found} == {"description"}
    assert all(f.n_programme is not None and math.isfinite(f.estimate) for f in found)
    assert len({f.finding_id for f in found}) == len(found)
