"""The dose-response curve: its basis against two libraries, its fit and its test against work by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import linalg
from scipy.interpolate import CubicSpline

from wlz_eval.core.errors import OptionError
from wlz_eval.engagement.dose import DoseWording, dose_curve, draw_dose_curve
from wlz_eval.engagement.dose.basis import harrell_knots, natural_spline
from wlz_eval.engagement.dose.curve import CURVE_COLUMNS, simultaneous_factor
from wlz_eval.engagement.dose.joint import joint_test
from wlz_eval.engagement.dose.sample import CHILDREN_A_POINT
from wlz_eval.inference import cluster_robust, least_squares
from wlz_eval.inference.random_intercept import cluster_sums, variance_ratio


def children(n: int = 240, schools: int = 8, seed: int = 1, bend: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    school = rng.integers(0, schools, n)
    before = rng.normal(100, 10, n)
    hours = np.maximum(0, rng.gamma(3, 8, n) - 0.2 * (before - 100))
    y = 0.6 * before + 0.2 * hours - bend * hours**2 + 2 * rng.normal(size=schools)[school] + rng.normal(0, 6, n)
    labels = [f"s{v}" for v in school]
    return pd.DataFrame({"school_id": labels, "before": before, "hours": hours, "fsm": rng.integers(0, 2, n), "y": y})


def test_the_basis_spans_what_patsy_and_formulaic_span():
    """Any natural cubic spline with the same knots is one of ours, and the reverse: the same fitted values."""
    from formulaic.transforms.cubic_spline import cubic_spline
    from patsy import dmatrix

    rng = np.random.default_rng(2)
    x = rng.uniform(0, 60, 200)
    knots = harrell_knots(x, 5)
    ours = np.column_stack([np.ones(200), natural_spline(x, knots)])
    inner = {"knots": knots[1:-1], "lower_bound": knots[0], "upper_bound": knots[-1]}
    inside = (x >= knots[0]) & (x <= knots[-1])
    patsy = np.asarray(dmatrix("0 + cr(x, knots=k, lower_bound=a, upper_bound=b)", {
        "x": x[inside], "k": inner["knots"], "a": inner["lower_bound"], "b": inner["upper_bound"],
    }))
    columns = cubic_spline(x[inside], **inner, _state={})
    formulaic = np.column_stack([np.asarray(columns[k], dtype=float) for k in columns])
    y = np.sin(x / 9) + rng.normal(size=200)
    ours, y = ours[inside], y[inside]
    expected = ours @ np.linalg.lstsq(ours, y, rcond=None)[0]
    for other in (patsy, formulaic):
        assert other.shape == (inside.sum(), 5)
        np.testing.assert_allclose(other @ np.linalg.lstsq(other, y, rcond=None)[0], expected, atol=1e-8)


def test_the_basis_draws_scipys_natural_spline_and_is_straight_beyond_the_knots():
    knots = np.array([2.0, 5.0, 11.0, 20.0])
    heights = np.array([1.0, 4.0, -2.0, 3.0])
    beta = np.linalg.solve(np.column_stack([np.ones(4), natural_spline(knots, knots)]), heights)
    x = np.linspace(2, 20, 50)
    drawn = np.column_stack([np.ones(50), natural_spline(x, knots)]) @ beta
    np.testing.assert_allclose(drawn, CubicSpline(knots, heights, bc_type="natural")(x), atol=1e-9)
    beyond = natural_spline([25.0, 30.0, 35.0, -5.0, 0.0], knots)
    np.testing.assert_allclose(beyond[2] - beyond[1], beyond[1] - beyond[0], atol=1e-9)
    assert not beyond[3:, 1:].any()


def test_knots_stand_at_harrells_percentiles_and_coincide_where_children_do():
    assert harrell_knots(np.arange(101.0), 4).tolist() == [5, 35, 65, 95]
    assert harrell_knots([0.0] * 60 + [5.0, 9.0, 20.0, 30.0] * 10, 5).tolist() == [0.0, 9.0, 30.0]
    with pytest.raises(OptionError, match="3, 4, 5"):
        harrell_knots(np.arange(9.0), 7)


def test_the_curve_is_least_squares_on_the_spline_and_never_leaves_what_was_seen():
    data = children()
    curve = dose_curve(data, "y", "hours", ["fsm"], baseline="before")
    low, high = np.percentile(data["hours"], [5, 95])
    table = curve.table()
    assert list(table.columns) == list(CURVE_COLUMNS)
    assert table["dose"].between(low, high).all()
    assert table["dose"].is_monotonic_increasing
    assert (table["n"] >= CHILDREN_A_POINT).all()
    assert table["n"].sum() == data["hours"].between(low, high).sum()
    knots = np.percentile(data["hours"], [5, 35, 65, 95])
    np.testing.assert_allclose(curve.knots, knots)
    rest = np.column_stack([np.ones(len(data)), data["before"], data["fsm"]])
    X = np.column_stack([rest, natural_spline(data["hours"], knots)])
    beta = cluster_robust(X, data["y"], data["school_id"], working="exchangeable").estimate
    at = np.column_stack([np.tile(rest.mean(axis=0), (len(table), 1)), natural_spline(table["dose"], knots)])
    np.testing.assert_allclose(table["fitted"], at @ beta, rtol=1e-8)
    np.testing.assert_allclose(table["difference"][1:], (at @ beta)[1:] - (at @ beta)[0], atol=1e-6)
    mid = {"mid": {f"x{j}": at[5, j] for j in range(6)}}
    fit = cluster_robust(X, data["y"], data["school_id"], contrasts=mid, working="exchangeable")
    np.testing.assert_allclose(table.loc[5, ["low", "high"]].astype(float), [fit.ci_low[0], fit.ci_high[0]], rtol=1e-7)
    assert (table["low_all"] < table["low"]).all()
    assert (table["high"] < table["high_all"]).all()
    straight = np.column_stack([rest, data["hours"]])
    line = cluster_robust(straight, data["y"], data["school_id"], working="exchangeable").estimate
    np.testing.assert_allclose(table["line"], at[:, :4] @ line, rtol=1e-8)


def _dense(X, y, school, columns):
    """AHT test with every matrix written out, after Pustejovsky and Tipton (2018), section 3.2 and appendix."""
    n, codes = len(y), np.unique(school, return_inverse=True)[1]
    plain = least_squares(X, y)
    ratio = variance_ratio(cluster_sums(plain, codes))
    root = np.real(linalg.fractional_matrix_power(np.eye(n) + ratio * (codes[:, None] == codes), -0.5))
    X, y = root @ X, root @ y
    M = np.linalg.inv(X.T @ X)
    off = np.eye(n) - X @ M @ X.T
    vectors = []  # per school: (q, n), the weights on y of its contribution to each coefficient
    for g in np.unique(codes):
        here = codes == g
        root = np.real(linalg.fractional_matrix_power(off[np.ix_(here, here)], -0.5))
        vectors.append((M @ X[here].T @ root)[columns] @ off[here])
    G = np.stack(vectors)
    V = np.einsum("isn,n,itm,m->st", G, y, G, y)
    omega = np.einsum("isn,itn->st", G, G)
    root = np.real(linalg.fractional_matrix_power(omega, -0.5))
    P = np.einsum("us,isn->iun", root, G)
    inner = np.einsum("iun,jvn->uvij", P, P)
    q = len(columns)
    total = sum(
        (inner[s, s] * inner[t, t]).sum() + (inner[s, t] * inner[s, t].T).sum() for s in range(q) for t in range(q)
    )
    eta = q * (q + 1) / total
    b = (M @ X.T @ y)[columns]
    return float(b @ np.linalg.solve(V, b)) * (eta - q + 1) / (eta * q), eta - q + 1


@pytest.mark.parametrize("q", [1, 2, 3])
def test_the_joint_test_is_the_one_written_out_in_full(q):
    data = children(90, 7, seed=5)
    X = np.column_stack([np.ones(90), data["before"], natural_spline(data["hours"], harrell_knots(data["hours"], 5))])
    columns = list(range(3, 3 + q))
    statistic, between, within, p = joint_test(X, data["y"].to_numpy(), data["school_id"], columns)
    expected = _dense(X, data["y"].to_numpy(), data["school_id"].to_numpy(), columns)
    np.testing.assert_allclose((statistic, within), expected, rtol=1e-6)
    assert between == q
    assert 0 < p < 1


def test_with_one_coefficient_the_joint_test_is_the_intervals_own():
    data = children(120, 8, seed=6)
    X = np.column_stack([np.ones(120), data["before"], data["hours"]])
    fit = cluster_robust(X, data["y"], data["school_id"], working="exchangeable")
    test = joint_test(X, data["y"].to_numpy(), data["school_id"], [2])
    np.testing.assert_allclose(test, [(fit.estimate[2] / fit.se[2]) ** 2, 1, fit.df[2], fit.p[2]], rtol=1e-8)


def test_a_bend_is_found_where_there_is_one():
    assert dose_curve(children(400, 20, bend=0.015), "y", "hours", baseline="before").p < 0.01
    straight = dose_curve(children(400, 20), "y", "hours", baseline="before")
    assert straight.p > 0.05
    words, _ = straight.answer()
    assert "do not rule out" in words


def test_one_school_has_the_ordinary_test_and_says_so():
    data = children(150, 1)
    curve = dose_curve(data, "y", "hours", baseline="before")
    assert "one school" in curve.note
    assert curve.df_within == 150 - 5
    assert math.isfinite(curve.p)


def test_the_wider_band_is_that_of_the_largest_t():
    from scipy import stats

    rng = np.random.default_rng(3)
    A = rng.normal(size=(3, 3))
    V = A @ A.T
    factor = simultaneous_factor(V, 9.0, draws=100_000)
    assert simultaneous_factor(V, 9.0, draws=100_000) == factor
    sd = np.sqrt(np.diag(V))
    t = stats.multivariate_t(shape=V / np.outer(sd, sd), df=9, seed=4).rvs(100_000)
    assert np.mean(np.abs(t).max(axis=1) <= factor) == pytest.approx(0.95, abs=0.004)
    assert simultaneous_factor(np.ones((4, 4)), 9.0, draws=100_000) == pytest.approx(stats.t.ppf(0.975, 9), abs=0.05)


def test_findings_are_associations_and_words_hold_no_number():
    wording = DoseWording(outcome="reading", dose="hours of support", dose_unit="hours")
    curve = dose_curve(children(bend=0.006), "y", "hours", baseline="before", wording=wording)
    found = {f.finding_id: f for f in curve.findings()}
    assert {f.claim for f in found.values()} == {"association", "description"}
    gap = found["engagement.curve.y.hours.difference"]
    assert (gap.estimate, gap.n_programme) == (curve.points["difference"].iloc[-1], 240)
    template, values = curve.answer()
    assert not any(c.isdigit() for c in template.replace("95%", ""))
    assert values["low"].estimate == curve.points["dose"].iloc[0]
    assert "does not say that more support would bring" in template


def test_the_figure_draws_what_is_released_and_no_more():
    table = dose_curve(children(), "y", "hours", baseline="before").table()
    hidden = table.assign(fitted=table["fitted"].where(table.index > 2))
    figure = draw_dose_curve(hidden.assign(x_title="Hours", y_title="Reading"))
    line = next(v for v in figure.axes[0].lines if v.get_label() == "curve")
    assert line.get_xdata().tolist() == table["dose"][3:].tolist()
    assert len(figure.axes[1].patches) == len(table) - 3
    assert figure.axes[1].get_xlabel() == "Hours"
    assert draw_dose_curve(hidden.iloc[:0]) is not None
