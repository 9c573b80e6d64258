"""Smallest detectable effects: known values, and simulated worlds in which the promise is kept."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution import match
from wlz_eval.attribution.standards.detectable import detectable, planned_detectable_effect, spread
from wlz_eval.attribution.standards.power import minimum_detectable_effect
from wlz_eval.core.errors import DesignError, OptionError
from wlz_eval.core.parallel import ordered_map
from wlz_eval.inference import cluster_robust
from wlz_eval.reference.power import power_prior

NOTHING = np.zeros((600, 0))


def test_values_of_the_field():
    other = planned_detectable_effect(300, 300, 10, 10, icc=0.15, r2=0.5)
    same = planned_detectable_effect(300, 300, 10, icc=0.15, r2=0.5)
    assert (round(other, 2), round(same, 2)) == (0.40, 0.15)


def test_equal_schools_and_weights_give_the_textbook_value():
    treated, school = np.repeat([1, 0], 300), np.repeat(np.arange(20), 30)
    base = spread(treated, np.ones(600), school, 0.15, NOTHING)
    assert base.df == pytest.approx(18)
    textbook = planned_detectable_effect(300, 300, 10, 10, icc=0.15, r2=0.5)
    assert detectable(base.se(0.15, 0.5), base.df) == pytest.approx(textbook)


def test_in_the_same_schools_their_differences_cancel():
    treated, school = np.repeat([1, 0], 300), np.tile(np.repeat(np.arange(10), 30), 2)
    base = spread(treated, np.ones(600), school, 0.15, NOTHING)
    assert base.between == pytest.approx(0, abs=1e-12)
    assert base.within == pytest.approx(2 / 300)


def test_unequal_weights_count_as_the_effective_sample_size():
    rng = np.random.default_rng(3)
    treated, school = np.repeat([1, 0], 300), np.tile(np.repeat(np.arange(10), 30), 2)
    w = np.r_[np.ones(300), rng.uniform(0.2, 3, 300)]
    effective = w[300:].sum() ** 2 / (w[300:] ** 2).sum()
    assert spread(treated, w, school, 0.0, NOTHING).within == pytest.approx(1 / 300 + 1 / effective)


def test_one_school_has_no_detectable_effect():
    base = spread(np.tile([1, 0], 30), np.ones(60), np.zeros(60), 0.15, np.zeros((60, 0)))
    assert math.isnan(detectable(base.se(0.15, 0.5), base.df))


@pytest.mark.simulation
def test_an_effect_of_that_size_is_found_four_times_in_five():
    rng = np.random.default_rng(41)
    size = np.r_[10, 20, 40, 60, 80, 15, 25, 35, 55, 70, 90, 30]
    school = np.repeat(np.arange(12), size)
    treated = (school < 5).astype(float)
    base = spread(treated, np.ones(len(school)), school, 0.15, np.zeros((len(school), 0)))
    mde = detectable(base.se(0.15, 0.0), base.df)
    X = np.column_stack([np.ones(len(school)), treated])
    found = []
    for _ in range(400):
        level = math.sqrt(0.15) * rng.normal(size=12)[school]
        y = mde * treated + level + math.sqrt(0.85) * rng.normal(size=len(school))
        fit = cluster_robust(X, y, school, contrasts={"programme": {"x1": 1.0}})
        found.append(fit.ci_low[0] > 0)
    # Four Monte Carlo errors (2 points each): the degrees of freedom are themselves estimated in each world.
    assert abs(np.mean(found) - 0.8) < 0.08


def _design(seed=0, schools=20, shared=False):
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(schools), 40)
    chance = 0.4 if shared else np.where(school < schools // 2, 1.0, 0.0)
    programme = (rng.uniform(size=len(school)) < chance).astype(int)
    data = pd.DataFrame(
        {"programme": programme, "age_baseline": rng.normal(size=len(school))},
        index=[f"c{i}" for i in range(len(school))],
    )
    return match("programme ~ age_baseline", data), pd.Series([f"s{s}" for s in school], index=data.index)


def test_other_schools_see_less_than_the_same_schools():
    apart, together = _design(), _design(shared=True)
    one, two = minimum_detectable_effect(*apart), minimum_detectable_effect(*together)
    assert one.mde > 1.5 * two.mde
    assert (one.shared_schools, two.shared_schools) == (0, 20)


def test_what_is_needed_does_find_it():
    power = minimum_detectable_effect(*_design(), phase="primary")
    row = power.needed.set_index("target").loc[0.2]
    assert math.isinf(row["children"])  # ten schools a side hide .2 SD however many children they have
    k = row["schools"] / power.programme_schools
    n = round(power.programme * k)
    again = planned_detectable_effect(n, n, int(row["schools"]), int(row["schools"]), icc=power.icc, r2=power.r2)
    assert again == pytest.approx(0.2, abs=0.005)
    assert row["cohorts_new_schools"] == math.ceil(k)
    assert row["cohorts_same_schools"] > row["cohorts_new_schools"]


def test_an_effect_that_is_found_already_needs_nothing():
    """Seen on a public page: the row of such an effect gave the matched children, whose number was hidden elsewhere."""
    power = minimum_detectable_effect(*_design(shared=True), icc=0.05, r2=0.6, targets=(0.05, 0.2, 0.9))
    assert 0.05 < power.mde < 0.9
    assert 0.9 not in set(power.not_found()["target"])
    finite = power.needed["children"][np.isfinite(power.needed["children"])]
    assert len(finite)
    assert (finite % 10 == 0).all()
    large = minimum_detectable_effect(*_design(shared=True), icc=0.0, r2=0.9)
    assert large.mde < 0.2
    assert set(large.values()) == {"mde"}
    assert len(large.sentences()) == 1


def test_attrition_and_planning_values_are_used():
    design, schools = _design(shared=True)
    plain = minimum_detectable_effect(design, schools, icc=0.1, r2=0.5)
    lost = minimum_detectable_effect(design, schools, icc=0.1, r2=0.5, attrition=0.5)
    assert plain.mde < lost.mde < math.sqrt(2) * plain.mde * (1 + 1e-9)
    assert minimum_detectable_effect(design, schools, icc=0.1, r2=0.75).mde == pytest.approx(plain.mde / math.sqrt(2))
    assert plain.assumed[0].endswith("given")


def test_findings_and_sentences_fit():
    power = minimum_detectable_effect(*_design())
    values = power.values()
    assert values["mde"].estimate == power.mde
    assert values["mde"].evidence == "illustrative"  # the baseline's R2 is an assumption
    assert math.isnan(values["mde_children"].estimate)
    assert values["mde_children"].note
    text = " ".join(power.sentences())
    assert "would not be enough" in text
    assert text.format_map(dict.fromkeys(values, "x"))


def test_wrong_input_is_named():
    design, schools = _design()
    with pytest.raises(DesignError, match="no entry in schools"):
        minimum_detectable_effect(design, schools.iloc[5:])
    with pytest.raises(OptionError, match="icc"):
        minimum_detectable_effect(design, schools, icc=1.0)


def test_planning_values_fall_back():
    assert power_prior("icc", "attainment", "secondary").value == 0.13
    assert power_prior("icc", "attainment", "early_years").phase == "any"
    assert power_prior("icc", "partner").family == "other"
    assert power_prior("persistence").family == "any"
    with pytest.raises(OptionError, match="icc"):
        power_prior("ic")
    with pytest.raises(OptionError, match="secondary"):
        power_prior("icc", phase="secondry")


def test_workers_must_be_a_number():
    with pytest.raises(OptionError, match="workers"):
        ordered_map(max, 1, [2], workers=0)
