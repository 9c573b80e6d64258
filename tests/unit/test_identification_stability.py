"""Would the same children be picked again? Against worlds in which a second reading was really taken."""

import math

import numpy as np
import pandas as pd
import pytest

from wlz_eval.measures import AnalysisFrame, IdentificationOptions, RiskRule, stability
from wlz_eval.measures.identification.intervals import leave_one_out
from wlz_eval.measures.identification.latent import scales_of, second_reading
from wlz_eval.measures.identification.picking import pick, rule_sets_of
from wlz_eval.reference.reliability import consistency, retest
from wlz_eval.simulate import SimulationOptions, simulate

RULES = [
    RiskRule(area="english", column="english_baseline", below=87.38),
    RiskRule(area="maths", column="maths_baseline", below=87.38),
    RiskRule(area="money", column="fsm", equals=1, outcome_area=False),
]
OPTIONS = IdentificationOptions(areas=2, share=0.2)


@pytest.fixture(scope="module")
def cohort():
    return simulate(SimulationOptions(seed=3, children=40, pool=100, schools=3, comparison_schools=3)).cohort


def frame_of(columns: dict[str, np.ndarray], seed: int = 0) -> AnalysisFrame:
    n = len(next(iter(columns.values())))
    rng = np.random.default_rng(seed)
    data = pd.DataFrame(columns, index=pd.Index([f"c{i:05d}" for i in range(n)], name="child_id"))
    data.insert(0, "programme", (rng.random(n) < 0.2).astype(int))
    data["comparison_type"] = np.where(data["programme"] == 1, None, "same_school")
    data["school_id"] = [f"s{i % 12:02d}" for i in range(n)]
    return AnalysisFrame(data, pd.DataFrame())


def two_readings(n: int, r: float, seed: int) -> tuple[dict, dict]:
    """English and maths, read twice: true scores go together, errors do not."""
    rng = np.random.default_rng(seed)
    true = rng.multivariate_normal([0, 0], [[r, 0.6 * r], [0.6 * r, r]], n)
    first, second = (100 + 15 * (true + math.sqrt(1 - r) * rng.standard_normal((n, 2))) for _ in range(2))
    fsm = (rng.random(n) < 0.3).astype(float)
    return tuple(
        {"english_baseline": x[:, 0], "maths_baseline": x[:, 1], "fsm": fsm} for x in (first, second)
    )


@pytest.mark.parametrize("scenario", ["now", "later"])
def test_a_second_reading_that_was_taken_picks_as_many_again_as_was_foretold(cohort, scenario):
    r = retest("english").r if scenario == "later" else consistency("english").r
    first, second = two_readings(8_400, r, seed=1)
    frame = frame_of(first)
    again = stability(cohort, frame, RULES, OPTIONS, effort="draft", seed=1).table().set_index("key")
    school = np.arange(8_400) % 12
    sets = rule_sets_of(["english", "maths", "money"], OPTIONS)
    seen = [scales_of(frame.data.assign(**x), ["english", "maths", "money"], RULES) for x in (first, second)]
    risk = [np.column_stack([x["english_baseline"] < 87.38, x["maths_baseline"] < 87.38, x["fsm"] == 1])
            for x in (first, second)]
    one, two = (
        pick(sets, flags, scales.severity(scales.middle()), school) for flags, scales in zip(risk, seen, strict=True)
    )
    for key in ("areas_1", "areas_2", "areas_3", "area_english", "area_maths", "highest"):
        truth = 100 * two[key][one[key]].mean()
        assert again.loc[key, scenario] == pytest.approx(truth, abs=3.0), key


def test_a_total_shares_the_errors_of_the_scale_that_is_summed_in_it(cohort):
    rng = np.random.default_rng(5)
    n, rt, rp = 8_000, retest("sdq_total").r, retest("sdq_peer").r
    peer_true, rest_true = rng.multivariate_normal([0, 0], [[4 * rp, 3], [3, 36 * rt - 4 * rp - 6]], n).T

    def reading():
        own = rng.normal(0, math.sqrt(4 * (1 - rp)), n)
        rest = rng.normal(0, math.sqrt(36 * (1 - rt) - 4 * (1 - rp)), n)
        return {"sdq_total_baseline": 12 + peer_true + rest_true + own + rest, "sdq_peer_baseline": 3 + peer_true + own}

    rules = [
        RiskRule(area="wellbeing", column="sdq_total_baseline", at_least=17),
        RiskRule(area="friends", column="sdq_peer_baseline", at_least=5),
    ]
    first, second = reading(), reading()
    again = stability(cohort, frame_of(first), rules, OPTIONS, effort="draft", seed=2).table().set_index("key")
    both = [(x["sdq_total_baseline"] >= 17) & (x["sdq_peer_baseline"] >= 5) for x in (first, second)]
    assert again.loc["areas_2", "later"] == pytest.approx(100 * both[1][both[0]].mean(), abs=2.5)


def test_one_measure_agrees_with_the_formula_and_facts_are_not_listed(cohort):
    first, _ = two_readings(4_000, 0.8, seed=7)
    table = stability(cohort, frame_of(first), RULES, OPTIONS, effort="draft").table().set_index("key")
    assert table.loc["area_english", "later"] == pytest.approx(table.loc["area_english", "formula"], abs=2.0)
    assert "area_money" not in table.index
    assert (table["later_at_low"] <= table["later"]).all()
    assert (table["later"] <= table["now"]).all()


def test_same_seed_same_numbers_whatever_the_order_of_rows(cohort):
    first, _ = two_readings(600, 0.8, seed=2)
    frame = frame_of(first)
    shuffled = AnalysisFrame(frame.data.sample(frac=1, random_state=4), frame.flow)
    made = [stability(cohort, f, RULES, OPTIONS, effort="draft", seed=9).table() for f in (frame, shuffled)]
    pd.testing.assert_frame_equal(*made)
    other = stability(cohort, frame, RULES, OPTIONS, effort="draft", seed=10).table()
    assert not other["later"].equals(made[0]["later"])


def test_reliabilities_hold_where_measures_go_together_more_than_with_themselves():
    rng = np.random.default_rng(0)
    z = rng.multivariate_normal([0, 0], [[1, 0.9], [0.9, 1]], 4000)
    data = pd.DataFrame({"english_baseline": 100 + 15 * z[:, 0], "maths_baseline": 100 + 15 * z[:, 1]})
    scales = scales_of(data, ["english", "maths"], RULES[:2])
    through, spread = second_reading(scales, np.array([0.5, 0.8]))
    first = scales.middle()
    second = first @ through.T + rng.standard_normal(first.shape) @ spread.T
    for j, r in enumerate((0.5, 0.8)):
        assert np.corrcoef(first[:, j], second[:, j])[0, 1] == pytest.approx(r, abs=0.03)
    assert np.corrcoef(second.T)[0, 1] == pytest.approx(0.9, abs=0.02)


def test_without_a_reliability_nothing_is_claimed(cohort):
    frame = frame_of({"fsm": (np.arange(400) % 3 == 0).astype(float)})
    found = stability(cohort, frame, RULES[2:], OPTIONS)
    assert "No reliability" in found.reason[0]
    assert found.answer == ()
    assert found.table().empty
    assert found.findings() == []


def test_intervals_by_leaving_schools_out_hold_with_eight_unequal_schools():
    rng = np.random.default_rng(11)
    sizes, held, worlds = np.array([15, 20, 20, 30, 30, 40, 60, 90]), 0, 400
    school = np.repeat(np.arange(8), sizes)
    for _ in range(worlds):
        level, more = rng.normal(0, 0.10, 8), rng.normal(0.05, 0.08, 8)
        own = rng.random(len(school)) < 0.35
        yes = rng.random(len(school)) < np.clip(0.3 + level[school] + more[school] * own, 0.01, 0.99)

        def gap(keep, yes=yes, own=own):
            return float(yes[keep & own].mean() - yes[keep & ~own].mean())

        found = leave_one_out(gap, school, own)
        held += found.low <= 0.05 <= found.high
    # Three Monte Carlo errors below 95%.
    assert held / worlds >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / worlds)
