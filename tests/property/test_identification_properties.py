"""What holds of rules of identification whatever the children: order, shares, agreement, stricter rules."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wlz_eval.measures import AnalysisFrame, IdentificationOptions, RiskRule, combinations, risk_count, risk_flags
from wlz_eval.measures.identification.eligible import eligible_pupils
from wlz_eval.measures.identification.judgement import kappa
from wlz_eval.measures.identification.picking import pick, rule_sets_of, worst_share
from wlz_eval.measures.identification.rule_sets import first_picks
from wlz_eval.measures.identification.stability import picked_again_expected

QUICK = settings(max_examples=25, deadline=None)
RULES = [
    RiskRule(area="english", column="english_baseline", below=87.38),
    RiskRule(area="money", column="fsm", equals=1, outcome_area=False),
    RiskRule(area="wellbeing", column="sdq_total_baseline", at_least=12),
]


@st.composite
def frames(draw, fewest=25, most=60):
    """Children of a few schools, with ties, and some readings missing."""
    n = draw(st.integers(fewest, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    data = pd.DataFrame(
        {
            "programme": rng.integers(0, 2, n),
            "school_id": rng.choice(list("abc"), n),
            "english_baseline": rng.integers(70, 110, n).astype(float),
            "sdq_total_baseline": np.where(rng.random(n) < 0.1, np.nan, rng.integers(0, 30, n)),
            "fsm": np.where(rng.random(n) < 0.1, np.nan, rng.integers(0, 2, n)),
        },
        index=pd.Index([f"c{i:03d}" for i in range(n)], name="child_id"),
    )
    data["comparison_type"] = np.where(data["programme"] == 1, None, "same_school")
    return AnalysisFrame(data, pd.DataFrame())


def picks(frame, rules, options):
    """Whom each rule set picks, by child."""
    pupils = eligible_pupils(frame, rules)
    sets = rule_sets_of(map(str, pupils.flags.columns), options)
    return {key: pd.Series(who, pupils.data.index) for key, who in first_picks(pupils, sets).items()}


@QUICK
@given(frames(), st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_the_order_of_rows_and_of_rules_changes_nobodys_choice(frame, seed, areas):
    options = IdentificationOptions(areas=areas)
    rng = np.random.default_rng(seed)
    mixed = AnalysisFrame(frame.data.iloc[rng.permutation(len(frame.data))], frame.flow)
    turned = [RULES[i] for i in rng.permutation(len(RULES))]
    first, second = picks(frame, RULES, options), picks(mixed, turned, options)
    assert set(first) == set(second)
    for key in set(first) - {"highest"}:
        pd.testing.assert_series_equal(first[key], second[key].reindex(first[key].index), check_names=False)
    again = picks(mixed, RULES, options)["highest"]
    pd.testing.assert_series_equal(first["highest"], again.reindex(first["highest"].index), check_names=False)


@QUICK
@given(frames(), st.floats(60, 120), st.floats(0, 40), st.integers(0, 40))
def test_a_stricter_rule_never_identifies_more(frame, cut, further, points):
    lax = [RiskRule(area="e", column="english_baseline", below=cut),
           RiskRule(area="s", column="sdq_total_baseline", at_least=points)]
    strict = [RiskRule(area="e", column="english_baseline", below=cut - further),
              RiskRule(area="s", column="sdq_total_baseline", at_least=points + further)]
    more, fewer = risk_flags(frame, lax), risk_flags(frame, strict)
    assert not (fewer.fillna(False).astype(bool) & ~more.fillna(False).astype(bool)).to_numpy().any()
    # What is not known under one cut-point is known under no other.
    assert (fewer.isna() == more.isna()).to_numpy().all()


@QUICK
@given(frames())
def test_more_areas_asked_for_pick_some_of_the_same_children(frame):
    picked = picks(frame, RULES, IdentificationOptions(areas=2))
    # Where a rule's column holds nothing for the eligible pupils there is an area less, and a rule set less.
    asked = [key for key in ("areas_1", "areas_2", "areas_3") if key in picked]
    for fewer, more in pairwise(asked):
        assert not (picked[more] & ~picked[fewer]).any()
    single = [key for key in picked if key.startswith("area_")]
    assert (sum(picked[key].astype(int) for key in single) >= 1).equals(picked["areas_1"])


@QUICK
@given(frames(), st.sampled_from(["english", "money", "wellbeing"]))
def test_a_further_rule_of_an_area_takes_no_child_out_of_it(frame, area):
    wider = [*RULES, RiskRule(area=area, column="english_baseline", below=80)]
    before, after = risk_flags(frame, RULES)[area], risk_flags(frame, wider)[area]
    assert after[before.fillna(False).astype(bool)].all()


@QUICK
@given(frames())
def test_nobody_with_an_unknown_area_is_counted(frame):
    count = risk_count(risk_flags(frame, RULES))
    unknown = frame.data[["sdq_total_baseline", "fsm"]].isna().any(axis=1)
    assert count.isna().equals(unknown)
    assert count.dropna().between(0, 3).all()


@QUICK
@given(
    st.lists(st.tuples(st.integers(0, 3), st.floats(-3, 3), st.integers(0, 2)), min_size=1, max_size=50),
    st.floats(0.01, 0.99),
)
def test_the_share_in_most_need_is_kept_in_each_school_and_its_children_are_the_worst(children, share):
    count, severity = (np.array([child[i] for child in children], dtype=float) for i in (0, 1))
    school = pd.factorize(np.array([child[2] for child in children]), sort=True)[0]
    chosen = worst_share(count, severity, school, share)
    for one in np.unique(school):
        here = school == one
        assert chosen[here].sum() == max(int(np.floor(share * here.sum() + 0.5 + 1e-9)), 1)
        if chosen[here].any() and (~chosen[here]).any():
            assert count[here & chosen].min() >= count[here & ~chosen].max()


@QUICK
@given(frames(), st.integers(1, 20))
def test_combinations_count_every_child_once_and_none_of_a_few(frame, threshold):
    found = combinations(frame, RULES, threshold=threshold)
    assert found.rows["children"].sum() == found.counted
    named = found.rows[found.rows["combination"] != "Other combinations"]["children"]
    assert (named >= threshold).all()
    rest = found.rows[found.rows["combination"] == "Other combinations"]["children"]
    assert len(named) == 0 or (rest >= threshold).all()


@QUICK
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=60))
def test_agreement_is_the_same_from_both_sides_and_at_most_one(pairs):
    a, b = (np.array(side) for side in zip(*pairs, strict=True))
    one, turned = kappa(a, b), kappa(b, a)
    if np.isnan(one):
        assert np.isnan(turned)
        return
    assert one == pytest.approx(turned)
    assert -1 - 1e-9 <= one <= 1 + 1e-9
    assert kappa(~a, ~b) == pytest.approx(one)


@QUICK
@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.02, 0.9))
def test_exacter_measures_pick_more_of_the_same_children_and_never_fewer_than_chance(r, s, share):
    low, high = sorted((r, s))
    less, more = picked_again_expected(low, share), picked_again_expected(high, share)
    assert share - 1e-6 <= less <= more + 1e-6 <= 1 + 2e-6


def test_picking_reads_flags_and_nothing_else_for_a_count_of_areas():
    flags = np.array([[1, 0], [1, 1], [0, 0]], dtype=bool)
    sets = rule_sets_of(["a", "b"], IdentificationOptions(areas=2))
    one, other = (pick(sets, flags, severity, np.zeros(3, dtype=int)) for severity in (np.zeros(3), np.arange(3.0)))
    for key in ("areas_1", "areas_2", "area_a", "area_b"):
        np.testing.assert_array_equal(one[key], other[key])
