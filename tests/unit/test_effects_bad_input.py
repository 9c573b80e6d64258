"""Bad input to the verbs that see outcomes: a clear error that names the thing, or a consequence that is stated."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution import (
    aipw_effect,
    difference_in_differences,
    e_value,
    effects_by_subgroup,
    estimate_effect,
    estimate_imputed,
    match,
    match_imputed,
    naive_difference,
    omitted_variable_of_design,
    parallel_trend,
    programme_only,
    rosenbaum,
    rosenbaum_bounds,
    weight,
)
from wlz_eval.attribution.effects.estimate import hedges_g
from wlz_eval.core.errors import DesignError, OptionError, WlzEvalError
from wlz_eval.inference import cluster_robust, hc_robust, twoway_robust
from wlz_eval.inference.imputation import impute
from wlz_eval.inference.rubin import pool_rubin


@pytest.fixture(autouse=True)
def _no_warning_of_another_library():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def _children(n: int = 240) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(3)
    x = rng.normal(size=n)
    programme = (rng.random(n) < 1 / (1 + np.exp(0.5 - x))).astype(int)
    index = [f"c{i:03d}" for i in range(n)]
    data = pd.DataFrame({"programme": programme, "x": x, "z": rng.normal(size=n)}, index=index)
    y = x + 0.5 * programme + rng.normal(size=n)
    outcomes = pd.DataFrame(
        {
            "y_endline": y, "passed_endline": (y > 0) * 1, "y_baseline": x + rng.normal(size=n),
            "school_id": rng.choice([f"s{i:02d}" for i in range(12)], n), "group": rng.choice(list("ab"), n),
        },
        index=index,
    )
    return data, outcomes


DATA, OUTCOMES = _children()
ONE = DATA["programme"] == 1
DESIGN = match("programme ~ x + z", DATA)
WEIGHTS = weight("programme ~ x + z", DATA)
Y = OUTCOMES["y_endline"]
CLUSTERS = ("school_id", None, "pair", ("pair", "school_id"))

#: Whatever takes an outcome of a design, called with its outcomes.
VERBS = {
    "estimate_effect": lambda o: estimate_effect(DESIGN, o, "y_endline"),
    "aipw": lambda o: aipw_effect(DESIGN, o, "y_endline"),
    "naive": lambda o: naive_difference(ONE, o, "y_endline"),
    "did": lambda o: difference_in_differences(ONE, o, "y_endline", "y_baseline"),
    "trend": lambda o: parallel_trend(ONE, o, "y_baseline", "y_endline"),
    "subgroups": lambda o: effects_by_subgroup(DESIGN, o, "y_endline", "group", minimum=5),
    "rosenbaum": lambda o: rosenbaum(DESIGN, o, "y_endline"),
    "omitted": lambda o: omitted_variable_of_design(DESIGN, o, "y_endline"),
}


def _with(**columns) -> pd.DataFrame:
    return OUTCOMES.assign(**columns)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.where(ONE, np.inf, Y), "infinite, or too large"),
        (Y * 1e200, "infinite, or too large"),
        (np.where(Y > 0, "yes", "no"), "does not hold numbers"),
        (pd.Categorical(np.where(Y > 0, "high", "low")), "does not hold numbers"),
        (pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(len(Y)), unit="D"), "does not hold numbers"),
        (pd.to_timedelta(np.arange(len(Y)), unit="D"), "does not hold numbers"),
    ],
    ids=["infinite", "huge", "words", "categories", "dates", "durations"],
)
def test_an_outcome_that_is_no_measurement_is_refused_by_name(verb, values, words):
    with pytest.raises(WlzEvalError, match=words) as said:
        VERBS[verb](_with(y_endline=values))
    assert "y_endline" in str(said.value)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("outcomes", "words"),
    [
        (pd.concat([OUTCOMES, OUTCOMES.iloc[:1]]), "several rows"),
        (pd.concat([OUTCOMES, OUTCOMES[["y_endline"]]], axis=1), "2 columns called 'y_endline'"),
        (OUTCOMES.drop(columns="y_endline"), "is not a column"),
        (OUTCOMES["y_endline"], "must be a DataFrame"),
        (_with(y_endline=np.nan), r"[Ff]ewer than two|No pair|There is no"),
        (_with(y_endline=Y.where(ONE)), r"[Ff]ewer than two|No pair|There is no"),
    ],
    ids=["twice", "two columns", "no column", "series", "all missing", "one group missing"],
)
def test_a_table_of_outcomes_that_does_not_fit_is_refused(verb, outcomes, words):
    if verb == "trend" and isinstance(outcomes, pd.Series):
        words = "must be a DataFrame"
    with pytest.raises(WlzEvalError, match=words):
        VERBS[verb](outcomes)


@pytest.mark.parametrize("verb", ["estimate_effect", "aipw", "naive", "did", "trend", "subgroups"])
@pytest.mark.parametrize("outcomes", [OUTCOMES.iloc[5:], OUTCOMES.reset_index(drop=True)], ids=["some", "all"])
def test_children_without_a_row_are_no_silent_loss(verb, outcomes):
    with pytest.raises(DesignError, match="are not in the outcomes, such as 'c0"):
        VERBS[verb](outcomes)


def test_children_who_are_not_of_the_design_change_nothing():
    more = pd.concat([OUTCOMES, OUTCOMES.iloc[:3].set_axis(["q1", "q2", "q3"])])
    assert VERBS["estimate_effect"](more).table().equals(VERBS["estimate_effect"](OUTCOMES).table())


@pytest.mark.parametrize("kind", [bool, "boolean", "category", str])
def test_yes_and_no_may_be_coded_in_any_way_that_is_a_number(kind):
    coded = OUTCOMES["passed_endline"].astype(str if kind in ("category", str) else int).astype(kind)
    found = estimate_effect(DESIGN, _with(passed_endline=coded), "passed_endline", measure="risk_ratio")
    same = estimate_effect(DESIGN, OUTCOMES, "passed_endline", measure="risk_ratio")
    assert found.table().equals(same.table())


@pytest.mark.parametrize("cluster", CLUSTERS)
@pytest.mark.parametrize("model", ["interacted", "additive", "unadjusted"])
@pytest.mark.parametrize("value", [0.0, 0.1, 3.0, 1e6])
def test_a_constant_outcome_has_no_interval(cluster, model, value):
    """Its residuals are rounding: the interval was once one of 1e-16, and could leave zero out."""
    found = estimate_effect(DESIGN, _with(y_endline=value), "y_endline", cluster=cluster, model=model)
    assert found.estimate == 0
    assert np.isnan([found.se, found.ci_low, found.ci_high, found.p, found.g.estimate]).all()
    assert any("nothing is left by which to tell" in note for note in found.notes)
    assert found.illustrative


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_an_outcome_that_the_covariates_repeat_has_no_interval(cluster):
    """Two children of each group, alike within their group: the p-value was once 1e-33."""
    outcome = pd.Series(np.nan, index=OUTCOMES.index)
    pairs = DESIGN.pairs.iloc[:2]
    outcome[pairs["focal"]], outcome[pairs["partner"]] = 1.0, 0.0
    for values, estimate in ((outcome, 1.0), (DATA["programme"] * 1.0, 1.0), (DATA["x"] + DATA["z"], 0.0)):
        found = estimate_effect(DESIGN, _with(y_endline=values), "y_endline", cluster=cluster)
        assert found.estimate == pytest.approx(estimate, abs=1e-12)
        assert np.isnan([found.se, found.ci_low, found.ci_high, found.p]).all()


def test_a_large_number_beside_a_small_spread_is_no_constant():
    found = estimate_effect(DESIGN, _with(y_endline=Y + 1e9), "y_endline")
    same = estimate_effect(DESIGN, OUTCOMES, "y_endline")
    assert (found.estimate, found.se) == pytest.approx((same.estimate, same.se), rel=1e-4)


def test_all_regressions_say_nothing_where_nothing_is_left():
    X = np.column_stack([np.ones(40), np.arange(40) % 2, np.arange(40.0)])
    y, school = X @ [0.1, 0.3, 0.7], np.arange(40) // 4
    for kind in ("CR0", "CR1", "CR2", "CR3"):
        assert np.isnan(cluster_robust(X, y, school, kind=kind).p).all()
    for kind in ("HC0", "HC1", "HC2", "HC3"):
        assert np.isnan(hc_robust(X, y, kind=kind).ci_low).all()
    assert np.isnan(twoway_robust(X, y, school, np.arange(40) % 5).p).all()
    assert np.isfinite(hc_robust(X, y + 1e-9 * np.sin(np.arange(40) ** 2), kind="HC3").p).all()


def test_a_constant_outcome_has_no_standardised_size():
    assert np.isnan(hedges_g(1e-16, -1e-16, 2e-16, np.full(6, 0.1), [1, 1, 1, 0, 0, 0], np.ones(6)).estimate)


def test_aipw_of_a_constant_has_no_interval():
    assert np.isnan(aipw_effect(DESIGN, _with(y_endline=2.0), "y_endline").p)


def test_a_subgroup_in_which_nobody_differs_is_named_and_not_compared():
    """Nobody passed in group a: its effect was once known to 1e-17, and the difference to b as precisely as b's."""
    passed = OUTCOMES["passed_endline"].where(OUTCOMES["group"] == "b", 0)
    found = effects_by_subgroup(DESIGN, _with(passed_endline=passed), "passed_endline", "group", minimum=5)
    rows = found.table().set_index("level")
    assert rows["status"].to_dict() == {"a": "no_variation", "b": "estimated"}
    assert np.isnan(rows.loc["a", ["se", "ci_low", "p"]].astype(float)).all()
    assert rows.loc["a", "illustrative"]
    assert found.pairs.empty
    assert np.isnan(found.p)
    found.plot()


@pytest.mark.parametrize("minimum", [1, 0, -5, 2.5, "thirty", True])
def test_a_subgroup_of_one_child_is_never_estimated(minimum):
    with pytest.raises(OptionError, match="at least 2"):
        effects_by_subgroup(DESIGN, OUTCOMES, "y_endline", "group", minimum=minimum)


@pytest.mark.parametrize(
    ("treatment", "words"),
    [
        (ONE.astype(float).where(np.arange(len(ONE)) > 3), "missing for 4"),
        (ONE.map({True: "yes", False: "no"}), "must be 1"),
        (ONE.astype(int) + 1, "must be 1"),
        (list(ONE), "must be a Series"),
        (pd.concat([ONE, ONE.iloc[:2]]), "several rows"),
    ],
    ids=["missing", "words", "one and two", "list", "twice"],
)
def test_who_is_on_the_programme_must_be_known(treatment, words):
    """A child of whom it was not known was once taken for a programme child."""
    for call in (
        lambda t: naive_difference(t, OUTCOMES, "y_endline"),
        lambda t: difference_in_differences(t, OUTCOMES, "y_endline", "y_baseline"),
        lambda t: parallel_trend(t, OUTCOMES, "y_baseline", "y_endline"),
    ):
        with pytest.raises(WlzEvalError, match=words):
            call(treatment)


@pytest.mark.parametrize("limit", [0, -1, float("nan"), float("inf"), "a"])
def test_no_limit_makes_every_trend_alike(limit):
    with pytest.raises(OptionError, match="limit_sd"):
        parallel_trend(ONE, OUTCOMES, "y_baseline", "y_endline", limit_sd=limit)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cluster": "schol_id"}, "Did you mean school_id"),
        ({"cluster": 5}, "is not a column"),
        ({"cluster": ("pair", None)}, "two different names"),
        ({"cluster": ("school_id", "school_id")}, "two different names"),
        ({"cluster": None, "working": "foo"}, "working 'foo'"),
        ({"working": 3}, "working 3"),
        ({"cluster": None, "df": "ik"}, "needs clusters"),
        ({"variance": "HC3"}, "CR2"),
        ({"model": ["additive"]}, "is not known"),
        ({"measure": None}, "is not known"),
        ({"measure": "risk_ratio"}, "needs an outcome of 0 and 1"),
        ({"baseline": "y_endline"}, "its own baseline"),
        ({"baseline": "group"}, "does not hold numbers"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(options, words):
    with pytest.raises(OptionError, match=words):
        estimate_effect(DESIGN, OUTCOMES, "y_endline", **options)


def test_what_is_no_design_is_refused():
    for verb in (estimate_effect, aipw_effect):
        with pytest.raises(OptionError, match="must be a Design"):
            verb(DATA, OUTCOMES, "y_endline")


def test_a_baseline_that_nobody_has_is_said():
    found = estimate_effect(DESIGN, _with(y_baseline=np.nan), "y_endline", baseline="y_baseline")
    assert "y_baseline is not known for any of the children: not adjusted for." in found.notes


@pytest.mark.parametrize("column", ["school_id", "group"])
@pytest.mark.parametrize("design", [DESIGN, WEIGHTS], ids=["pairs", "weights"])
def test_one_school_has_no_interval(column, design):
    one = _with(**{column: np.where(ONE, "the one", OUTCOMES[column])})
    found = estimate_effect(design, one, "y_endline", cluster=column)
    assert np.isnan([found.se, found.p]).all()
    assert any("single school" in note for note in found.notes)


# What is hidden.


@pytest.mark.parametrize(
    "options",
    [{"gammas": 2.0}, {"gammas": "ab"}, {"gammas": [0.5]}, {"gammas": [np.nan]}, {"gammas": [1e300]}, {"gammas": []},
     {"alpha": "a"}, {"alpha": 0.9}, {"differences": ["a"]}, {"differences": [[1.0, 2.0]]}, {"differences": []},
     {"differences": [np.inf]}],
    ids=str,
)  # fmt: skip
def test_rosenbaum_bounds_refuse_nonsense(options):
    with pytest.raises(OptionError):
        rosenbaum_bounds(**{"differences": [1.0, 2.0, 3.0], **options})


@pytest.mark.parametrize("differences", [[3.0], [0.0], [1.0, -1.0], [1e-300, 2e-300], [1e300, -1e300]], ids=str)
def test_hardly_any_pairs_bear_no_result(differences):
    found = rosenbaum_bounds(differences)
    assert np.isnan(found.gamma_lost)
    assert not found.table()["significant"].any()
    assert "nothing to undo" in found.sentence


def test_ties_are_borne():
    found = rosenbaum_bounds([1.0] * 30)
    assert (found.estimate, found.ci_low, found.ci_high) == (1, 1, 1)
    # All of thirty signs agree: 2 (G / (1 + G))^30 = 0.05 at G = 7.64.
    assert found.gamma_lost == pytest.approx(1 / (0.025 ** (-1 / 30) - 1), rel=1e-9)


def test_an_e_value_of_an_impossible_size_is_infinite_and_no_crash():
    assert e_value(1000.0, 900.0, 1100.0, scale="standardised_difference").point > 1e300
    with pytest.raises(OptionError, match="must be numbers"):
        e_value("2")


def test_the_bias_of_an_omitted_variable_is_not_told_of_ratios():
    """A ratio of risks was once put into the formula for a difference."""
    with pytest.raises(OptionError, match="no option 'measure'"):
        omitted_variable_of_design(DESIGN, OUTCOMES, "passed_endline", measure="risk_ratio")


@pytest.mark.parametrize("options", [{"norm": "a"}, {"norm": np.nan}, {"steps": 1}, {"reach": -1}])
def test_the_sweep_of_a_measure_refuses_nonsense(options):
    held = _with(gad=np.where(ONE, Y, np.nan))
    with pytest.raises(OptionError):
        programme_only(DESIGN, held, "y_endline", "gad", **{"norm": 0.0, **options})
    with pytest.raises(OptionError, match="does not hold numbers"):
        programme_only(DESIGN, held.assign(gad="a"), "y_endline", "gad", norm=0.0)


# Imputed designs.


@pytest.mark.parametrize("group", ["programme", "comparison"])
def test_a_covariate_that_a_group_lacks_is_not_made_up(group):
    data = DATA.assign(x=DATA["x"].where(~ONE if group == "programme" else ONE))
    with pytest.raises(DesignError, match=f"'x' is not known for any {group} child"):
        match_imputed("programme ~ x + z", data, imputations=2)


def test_a_covariate_that_hardly_anybody_has_is_not_made_up():
    """Known for four children of 240, it was once filled in for the others without a word."""
    known = [*DATA.index[ONE][:2], *DATA.index[~ONE][:2]]
    data = DATA.assign(x=DATA["x"].where(DATA.index.isin(known)))
    with pytest.raises(DesignError, match="known in 4 rows only"):
        match_imputed("programme ~ x + z", data, imputations=2)
    with pytest.raises(DesignError, match="too few"):
        impute(data, imputations=1)


def test_one_imputation_says_what_its_interval_leaves_out():
    data = DATA.assign(x=DATA["x"].where(np.arange(len(DATA)) % 5 > 0))
    found = estimate_imputed(match_imputed("programme ~ x + z", data, imputations=1), OUTCOMES, "y_endline")
    assert any("Imputed once only" in note for note in found.notes)


@pytest.mark.parametrize("variances", [[0.0, 0.0], [1.0, 0.0], [np.nan, 1.0]])
@pytest.mark.parametrize("estimates", [[1.0, 1.0], [1.0, 2.0]])
def test_rubins_rules_make_no_certainty_out_of_no_variance(estimates, variances):
    """Two analyses without a variance were once pooled to p = 0."""
    pooled = pool_rubin(estimates, variances, df_complete=10.0)
    assert np.isnan([pooled.se, pooled.p, pooled.ci_low]).all()
    with pytest.raises(OptionError, match="must be numbers"):
        pool_rubin(["a"], ["b"])
