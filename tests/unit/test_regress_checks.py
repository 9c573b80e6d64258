"""Influence and assumptions: against fitting again, against planted faults, and what may be shown of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from test_regress_slope import ASKED, fitted, world

from wlz_eval.engagement.regress import (
    assumptions,
    between_within,
    draw_between_within,
    draw_influence,
    draw_normal,
    draw_residuals,
    draw_several,
    draw_treatments,
    influence,
    proportional_odds,
    school_treatments,
    several_exposures,
)
from wlz_eval.inference import cluster_robust, mixed_reml


def gls(fit, keep, ratio):
    """Generalised least squares on some children at a given ratio of variances, by the whole covariance matrix."""
    X, y, school = fit.X.to_numpy()[keep], fit.y[keep], fit.prepared.school[keep]
    Q = np.linalg.inv(np.eye(len(y)) + ratio * (school[:, None] == school[None, :]))
    return np.linalg.pinv(X.T @ Q @ X) @ X.T @ Q @ y


@pytest.mark.parametrize(("schools", "variance"), [("cluster", "CR2"), ("cluster", "CR2-exchangeable"),
                                                   ("fixed", "CR2"), ("random", "REML")])
def test_leaving_out_is_fitting_again(schools, variance):
    slope = fitted(world(1, schools=6, a_school=12), schools=schools, variance=variance, step=2.0)
    found, fit = influence(slope), slope.fit
    ratio = 0.0
    if variance in ("REML", "CR2-exchangeable"):
        model = mixed_reml(fit.X, fit.y, fit.prepared.school)
        ratio = model.variance_between / model.variance_within
        assert ratio > 0.01
    n = slope.n
    for i in (0, 5, 40, 71):
        keep = np.arange(n) != i
        assert found.without_child[i] == pytest.approx(2 * gls(fit, keep, ratio)[-1], rel=1e-6)
    for name in found.without_school.index:
        again = 2 * gls(fit, fit.prepared.school != name, ratio)[-1]
        assert found.without_school[name] == pytest.approx(again, rel=1e-6)
    top = np.argsort(found.without_child)
    for who, ten in (("without_up", top[:10]), ("without_down", top[-10:])):
        row = found.table().set_index("who").loc[who]
        keep = ~np.isin(np.arange(n), ten)
        assert row["estimate"] == pytest.approx(2 * gls(fit, keep, ratio)[-1], rel=1e-6)
        assert row["n"] == n - 10
    assert found.exact


@pytest.mark.parametrize("model", ["logistic", "ordered"])
def test_one_step_is_close_to_fitting_again(model):
    data = world(2)
    slope = fitted(data, model)
    found = influence(slope)
    assert not found.exact
    strongest = np.argsort(found.cook)[-3:]
    for i in strongest:
        again = fitted(data.drop(index=data.index[i]), model).estimate
        moved = again - slope.estimate
        assert found.without_child[i] - slope.estimate == pytest.approx(moved, rel=0.2, abs=0.002)
    assert found.without_school.notna().all()


def test_a_school_that_alone_varies_in_dose_leaves_nothing():
    data = world(3)
    data["dose"] = np.where(data["school_id"] == "s2", data["dose"], data["school_id"].str[1:].astype(float))
    found = influence(fitted(data, schools="fixed"))
    assert found.without_school.isna().sum() == 1
    assert np.isnan(found.without_school["s2"])


def test_a_planted_child_is_found_and_never_shown():
    data = world(4, slope=0.0)
    data.loc["c0007", ["dose", "y"]] = [60.0, 90.0]
    slope = fitted(data, variance="CR2")
    found = influence(slope)
    assert int(found.cook.argmax()) == 7
    assert found.turns_without_ten or abs(found.rows["estimate"].iloc[1]) < 0.2 * slope.estimate
    curve = found.curve()
    assert curve["n"].min() >= 10
    assert curve["n"].sum() == slope.n
    # The child alone would bring the slope to nothing; the bin that holds it does not show that.
    assert curve["estimate"].min() > found.without_child.min() + 0.2
    assert found.table()["n"].tolist() == [240, 230, 230]


def test_what_is_said_of_influence():
    assert "neither" in influence(fitted(world(5, slope=1.0))).answer()[0]
    weak = influence(fitted(world(5, slope=0.0)))
    assert ("turns round" in weak.answer()[0]) == (weak.turns_without_ten or weak.turns_without_a_school)
    assert {f.claim for f in weak.findings("engagement.influence", unit="points")} == {"association"}


def holds(slope, word):
    table = assumptions(slope).table()
    return table.loc[table["check"].str.contains(word), "holds"].iloc[0]


def test_faults_that_were_planted_are_seen():
    rng = np.random.default_rng(6)
    sound = world(6, school_sd=0.0)
    assert holds(fitted(sound), "same scatter") == "yes"
    assert holds(fitted(sound), "bell") == "yes"
    uneven = sound.assign(y=sound["y"] + sound["dose"].clip(0) * rng.normal(size=len(sound)) * 3)
    assert holds(fitted(uneven), "same scatter") == "no"
    tailed = sound.assign(y=sound["y"] + rng.standard_t(2, len(sound)) * 3)
    assert holds(fitted(tailed), "bell") == "no"
    assert holds(fitted(world(6, school_sd=1.0)), "no more alike") == "no"
    assert holds(fitted(sound.head(60)), "Enough schools") == "no"
    gaps = sound.copy()
    gaps.loc[gaps.index[:30], "base"] = np.nan
    assert holds(fitted(gaps), "missing") == "no"
    assert holds(fitted(sound), "missing") == "yes"


def test_the_mixed_model_is_said_to_need_what_it_needs():
    data = world(7)
    text = assumptions(fitted(data, schools="random")).table().set_index("check")["meaning"]
    assert "takes even scatter for granted" in text["The same scatter at every level"]


def test_curved_odds_and_few_events_are_seen():
    rng = np.random.default_rng(8)
    data = world(8, a_school=100)
    curved = data.assign(met=rng.random(len(data)) < np.where(data["dose"].abs() > 1.2, 0.85, 0.15))
    assert holds(fitted(curved, "logistic"), "Fitted shares") == "no"
    assert holds(fitted(data, "logistic"), "Fitted shares") == "yes"
    rare = data.assign(met=np.arange(len(data)) % 100 == 0)
    assert holds(fitted(rare, "logistic"), "either outcome") == "no"


def test_odds_that_differ_between_levels_are_seen():
    rng = np.random.default_rng(9)
    data = world(9, schools=10, a_school=100, school_sd=0.0)
    assert holds(fitted(data, "ordered"), "for the dose") == "yes"
    low = data["base"] + rng.logistic(size=len(data)) > -1
    high = low & (data["base"] + 2 * data["dose"] + rng.logistic(size=len(data)) > 1)
    assert holds(fitted(data.assign(level=low * 1 + high * 1), "ordered"), "for the dose") == "no"
    few = data.assign(level=np.where(np.arange(len(data)) < 3, 9, data["level"]))
    assert holds(fitted(few, "ordered"), "Enough children at") == "no"


@pytest.mark.simulation
def test_brants_test_holds_its_level():
    """80 worlds; Monte Carlo error 2.4 points."""
    p = [proportional_odds(fitted(world(500 + i, school_sd=0.0), "ordered").fit)["p"].iloc[0] for i in range(80)]
    assert np.mean(np.array(p) < 0.05) <= 0.05 + 3 * 0.024


@pytest.mark.parametrize(("model", "schools"), ASKED)
def test_nothing_shown_rests_on_fewer_than_ten_children(model, schools):
    slope = fitted(world(10), model, schools)
    checks = assumptions(slope)
    assert checks.residual_bins["n"].min() >= 10
    assert checks.table()["n"].min() >= 10
    assert checks.table()["holds"].isin(["yes", "no", "not known"]).all()
    assert not checks.table()["seen"].str.contains(r"\d").any()
    assert not checks.table()["meaning"].str.contains(r"\d").any()
    if model == "linear":
        assert checks.normal_bins["n"].min() >= 10
        assert np.average(checks.normal_bins["observed"], weights=checks.normal_bins["n"]) == pytest.approx(0, abs=1e-8)
    else:
        assert checks.normal_bins.empty


def test_figures_draw_what_the_tables_hold_and_hidden_rows_are_gaps():
    slope = fitted(world(11))
    checks, curve = assumptions(slope), influence(slope).curve()
    drawn = draw_influence(curve).axes[0].get_lines()
    assert np.allclose(drawn[1].get_ydata(), curve["estimate"])
    assert len(draw_residuals(checks.residual_bins).axes[0].get_lines()[0].get_xdata()) == len(checks.residual_bins)
    hidden = checks.residual_bins.assign(residual=np.nan)
    assert len(draw_residuals(hidden).axes[0].get_lines()[0].get_xdata()) == 0
    assert draw_normal(checks.normal_bins).axes
    table = school_treatments(slope, draws=99).table()
    table.loc[table["variance"] == "wild", ["ci_low", "ci_high"]] = [-np.inf, np.inf]
    names = [t.get_text() for t in draw_treatments(table).axes[0].get_yticklabels()]
    assert names == table["treatment"].tolist()[::-1]
    assert draw_between_within(between_within(slope).table()).axes
    assert draw_between_within(between_within(slope).table().iloc[:0]).axes
    two = several_exposures(world(11).assign(more=lambda d: d["dose"] ** 2), "y", ["dose", "more"]).table()
    assert [t.get_text() for t in draw_several(two).axes[0].get_yticklabels()] == ["more", "dose"]


def test_the_verb_gives_the_numbers_of_the_inference_layer():
    slope = fitted(world(12))
    fit = slope.fit
    other = cluster_robust(fit.X, fit.y, fit.prepared.school, working="exchangeable").table().loc["dose"]
    assert isinstance(slope.table(), pd.DataFrame)
    np.testing.assert_allclose([slope.estimate, slope.se, slope.df], other[["estimate", "se", "df"]].astype(float))
