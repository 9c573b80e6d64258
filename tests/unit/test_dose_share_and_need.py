"""The dose at which half meet an outcome, and whether the slope differs by need."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import special

from wlz_eval.engagement.dose import (
    DoseWording,
    dose_for_share,
    draw_need_slopes,
    draw_share_curve,
    interaction_with_need,
)
from wlz_eval.engagement.dose.logistic import logistic_fit, standardised
from wlz_eval.engagement.dose.share import crossing
from wlz_eval.inference import cluster_robust


def children(slope: float = 0.12, at: float = 25.0, n: int = 400, schools: int = 10, seed: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    school = rng.integers(0, schools, n)
    before, hours = rng.normal(size=n), rng.uniform(0, 50, n)
    level = 0.3 * rng.normal(size=schools)[school]
    met = rng.random(n) < special.expit(slope * (hours - at) + 0.8 * before + level)
    y = before + 0.1 * hours + 0.05 * hours * before + rng.normal(size=n)
    return pd.DataFrame(
        {"school_id": [f"s{v}" for v in school], "before": before, "hours": hours, "met": met * 1, "y": y}
    )


def test_the_logistic_fit_is_statsmodels():
    data = children()
    X = np.column_stack([np.ones(400), data["before"], data["hours"]])
    expected = sm.Logit(data["met"], X).fit(disp=0)
    np.testing.assert_allclose(logistic_fit(X, data["met"].to_numpy(float))[0], expected.params, rtol=1e-7)


def test_gradients_of_the_marginal_share_are_those_by_differences():
    data = children()
    X = np.column_stack([np.ones(400), data["before"], data["hours"]])
    beta = np.array([-2.0, 0.7, 0.1])
    doses = np.array([5.0, 30.0])
    levels, gradients = standardised(X, beta, doses)
    by_hand = [special.logit(special.expit(X[:, :2] @ beta[:2] + 0.1 * d).mean()) for d in doses]
    np.testing.assert_allclose(levels, by_hand)
    for j in range(3):
        step = np.eye(3)[j] * 1e-6
        numeric = (standardised(X, beta + step, doses)[0] - standardised(X, beta - step, doses)[0]) / 2e-6
        np.testing.assert_allclose(gradients[:, j], numeric, rtol=1e-6, atol=1e-8)


def test_the_set_holds_exactly_the_doses_whose_band_holds_the_share():
    data = children()
    found = dose_for_share(data, "met", "hours", baseline="before")
    assert found.kind == "bounded"
    assert found.seen_low < found.low < found.dose < found.high < found.seen_high
    # By force, at the ends: the log odds of the marginal share and its error by the delta method.
    X = np.column_stack([np.ones(400), data["before"], data["hours"]])
    beta, _ = logistic_fit(X, data["met"].to_numpy(float))
    p = special.expit(X @ beta)
    root = np.sqrt(p * (1 - p))
    rows, response = X * root[:, None], root * (X @ beta) + (data["met"] - p) / root
    for end in (found.low, found.high):
        level, gradient = standardised(X, beta, np.array([end]))
        names = {f"x{j}": gradient[0, j] for j in range(3)}
        fit = cluster_robust(rows, response, data["school_id"], contrasts={"at": names})
        half = (fit.ci_high - fit.ci_low)[0] / 2
        assert abs(level[0]) == pytest.approx(half, abs=0.01)
        assert fit.estimate[0] == pytest.approx(gradient[0] @ beta)
    at_half, _ = standardised(X, beta, np.array([found.dose]))
    assert at_half[0] == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize(
    ("slope", "at", "kind"),
    [(0.12, 25, "bounded"), (0.12, 49, "at_least"), (0.12, 1, "at_most"), (0.02, 120, "none"), (0.02, -70, "none"),
     (0.0, 25, "everything")],
)
def test_each_kind_of_set_and_its_words(slope, at, kind):
    wording = DoseWording(outcome="reading at age level", dose="hours of support", dose_unit="hours")
    found = dose_for_share(children(slope, at), "met", "hours", baseline="before", wording=wording)
    assert found.kind == kind
    template, values = found.answer()
    assert values["share"] == "half"
    if kind == "none":
        assert found.side == ("below" if at > 0 else "above")
        assert math.isnan(found.dose)
        assert "at every dose seen here" in template
    for end, name in ((found.low, "low"), (found.high, "high")):
        assert math.isnan(end) or found.seen_low <= end <= found.seen_high
        assert (values[name] is not None) == (kind != "bounded" and math.isfinite(end))


def test_crossings_by_hand():
    doses = np.arange(5.0)
    up = np.array([-2.0, -1, 0, 1, 2])
    assert crossing(doses, up - 1, up + 1, 0.0) == ("bounded", 1.0, 3.0)
    assert crossing(doses, up - 3, up + 3, 0.0)[0] == "everything"
    assert crossing(doses, up + 1, up + 3, 0.0)[0::2] == ("at_most", 1.0)
    assert crossing(doses, up - 3, up - 1, 0.0)[:2] == ("at_least", 3.0)
    assert crossing(doses, up + 5, up + 6, 0.0)[0] == "none"
    wide = np.array([3.0, 1.0, 0.5, 1.0, 3.0])
    assert crossing(doses, 1 - wide, 1 + wide, 0.0) == ("either_end", 1.0, 3.0)
    steep = np.array([-9.0, -9, 9, 9, 9])
    assert crossing(doses, steep - 1, steep + 1, 0.0) == ("bounded", 1.0, 2.0)


def test_another_share_is_another_dose():
    data = children()
    few, half, most = (dose_for_share(data, "met", "hours", baseline="before", share=s).dose for s in (0.3, 0.5, 0.7))
    assert few < half < most
    found = {f.quantity: f for f in dose_for_share(data, "met", "hours", baseline="before", share=0.3).findings()}
    assert found["share_asked_about"].estimate == pytest.approx(30)
    assert found["dose_for_share"].claim == "association"


def test_the_curve_of_shares_is_drawn_from_its_table():
    curve = dose_for_share(children(), "met", "hours", baseline="before").curve
    assert (curve["n"] >= 10).all()
    assert (curve["low"] < curve["fitted"]).all()
    figure = draw_share_curve(curve)
    assert figure.axes[0].get_ylim() == (0, 100)
    assert len(figure.axes[1].patches) == len(curve)


def test_slopes_at_each_need_are_the_regressions_own():
    data = children()
    found = interaction_with_need(data, "y", "hours", "before", baseline="before", step=10)
    X = np.column_stack([np.ones(400), data["before"], data["hours"], data["hours"] * data["before"]])
    fit = cluster_robust(X, data["y"], data["school_id"], working="exchangeable")
    beta = fit.estimate
    table = found.table()
    np.testing.assert_allclose(table["estimate"], 10 * (beta[2] + beta[3] * table["need"]), rtol=1e-6)
    thirds = np.array_split(np.sort(data["before"]), 3)
    np.testing.assert_allclose(table["need"], [t.mean() for t in thirds], atol=0.02)
    assert table["n"].sum() == 400
    assert found.interaction == pytest.approx(10 * beta[3] * data["before"].std(), rel=1e-6)
    assert (found.p, found.df) == pytest.approx((fit.p[3], fit.df[3]), rel=1e-5)


def test_need_turned_round_turns_the_table_round():
    data = children()
    one = interaction_with_need(data, "y", "hours", "before", baseline="before")
    other = interaction_with_need(data, "y", "hours", "before", baseline="before", greater_need="lower")
    assert other.interaction == pytest.approx(-one.interaction)
    np.testing.assert_allclose(other.table()["need"], one.table()["need"][::-1])
    np.testing.assert_allclose(other.table()["estimate"], one.table()["estimate"][::-1])
    assert other.table()["level"].tolist() == ["low", "typical", "high"]


def test_a_yes_or_no_need_has_two_levels():
    data = children()
    data["fsm"] = (data["before"] > 0.5) * 1
    found = interaction_with_need(data, "y", "hours", "fsm", baseline="before", step=10)
    assert found.table()[["level", "need"]].to_numpy().tolist() == [["low", 0.0], ["high", 1.0]]
    assert found.answer()[1]["high"].n_programme == int(data["fsm"].sum())
    assert len(draw_need_slopes(found.table()).axes[0].get_yticklabels()) == 2


def test_no_difference_by_need_is_not_said_to_be_sameness():
    data = children()
    data["y"] = data["before"] + 0.1 * data["hours"] + np.random.default_rng(5).normal(size=400)
    template, _ = interaction_with_need(data, "y", "hours", "before", baseline="before").answer()
    assert "no proof that it is the same" in template
