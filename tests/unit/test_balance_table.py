"""The balance table: its columns, squares and interactions, verdicts, and the pictures drawn from it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution import match
from wlz_eval.attribution.balance import balance_table, love_plot
from wlz_eval.attribution.balance.gaps import Sides, all_pairs_gap, column_gaps, ecdf_gaps, stratum_gap
from wlz_eval.attribution.balance.measures import standardising_sd
from wlz_eval.attribution.balance.table import verdict_words
from wlz_eval.core.errors import OptionError


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    n = 300
    need = rng.normal(size=n)
    return pd.DataFrame(
        {
            "programme": (need + rng.logistic(size=n) > 1).astype(int),
            "english": 100 - 10 * need,
            "fsm": (rng.random(n) < 0.4).astype(float),
            "sen": rng.choice(["none", "support", "ehcp"], n),
        },
        index=pd.Index([f"c{i}" for i in range(n)], name="child_id"),
    )


@pytest.fixture(scope="module")
def design(data):
    return match("programme ~ english + fsm + C(sen)", data, caliper=0.2)


def _weighted_ecdf(x, w, at):
    return np.array([w[x <= value].sum() / w.sum() for value in at])


@pytest.mark.parametrize("values", ["many", "ties", "two"])
def test_gaps_are_those_of_the_definition(values):
    rng = np.random.default_rng(2)
    x = {
        "many": rng.normal(size=80),
        "ties": rng.integers(0, 6, 80).astype(float),
        "two": np.where(rng.random(80) < 0.3, 4.0, 1.0),
    }[values]
    treated, w = rng.random(80) < 0.4, rng.exponential(size=80) * (rng.random(80) < 0.7)
    at = np.unique(x)
    found = column_gaps(x, Sides.of(treated, w))
    for weights, ours in ((np.ones(80), found.before), (w, found.after)):
        gap = np.abs(
            _weighted_ecdf(x[treated], weights[treated], at) - _weighted_ecdf(x[~treated], weights[~treated], at)
        )
        # A column of two values has one gap; of more values, the last, where both have reached one, counts too.
        mean = gap[0] if values == "two" else gap.mean()
        np.testing.assert_allclose(ours, (mean, gap.max()), atol=1e-12)
        np.testing.assert_allclose(ecdf_gaps(x, treated, weights), ours, atol=1e-12)
    every = np.abs(x[treated][:, None] - x[~treated][None]).mean()
    assert found.pairs == pytest.approx(every)
    assert all_pairs_gap(x, treated) == pytest.approx(every)
    assert stratum_gap(x, treated, np.zeros(80, dtype=np.intp)) == pytest.approx(every)


def test_the_largest_gap_is_the_kolmogorov_smirnov_statistic():
    from scipy.stats import ks_2samp

    rng = np.random.default_rng(8)
    x, treated = rng.normal(size=200), rng.random(200) < 0.3
    assert ecdf_gaps(x, treated, np.ones(200))[1] == pytest.approx(ks_2samp(x[treated], x[~treated]).statistic)


@pytest.mark.parametrize(("estimand", "expected"), [("ATT", 2.0), ("ATC", 4.0), ("ATE", np.sqrt(10.0))])
def test_the_yardstick_is_the_focal_groups(estimand, expected):
    x = np.array([0.0, 2, 4, 0, 4, 8])
    assert standardising_sd(x, np.arange(6) < 3, estimand, False) == pytest.approx(expected)


def test_yes_no_columns_need_not_be_coded_0_and_1():
    x, treated = np.array([1.0, 2, 2, 1, 1, 2]), np.arange(6) < 3
    assert standardising_sd(x, treated, "ATT", True) == pytest.approx(np.sqrt(2 / 9))
    assert ecdf_gaps(5 * x, treated, np.ones(6))[1] == pytest.approx(1 / 3)


def test_squares_and_interactions_are_those_of_the_columns(design, data):
    table = balance_table(design, squares=True, interactions=[("english", "sen"), ("english", "fsm")]).data
    assert list(table.index[-5:]) == [
        "english squared", "english × sen: ehcp", "english × sen: none", "english × sen: support", "english × fsm",
    ]
    assert "fsm squared" not in table.index
    treated = data["programme"] == 1
    product = data["english"] * (data["sen"] == "support")
    row = table.loc["english × sen: support"]
    gap = product[treated].mean() - product[~treated].mean()
    assert row["difference_before"] == pytest.approx(gap)
    assert row["smd_before"] == pytest.approx(gap / product[treated].std())
    matched = design.weights[~treated]
    assert row["comparison_mean_after"] == pytest.approx(np.average(product[~treated], weights=matched))


def test_all_interactions_leave_out_levels_of_one_category(design):
    table = balance_table(design, interactions="all").data
    products = table[table["kind"] == "interaction"]
    assert len(products) == 1 + 3 + 3
    assert not any(name.count("sen: ") == 2 for name in products.index)
    # A product of two yes/no columns is one itself, and has no ratio of variances.
    assert np.isnan(products.loc["fsm × sen: none", "variance_ratio_after"])


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        ({"interactions": [("english", "sn")]}, "Did you mean sen"),
        ({"interactions": [("english", "english")]}, "squares=True"),
        ({"interactions": ["english"]}, "pairs of covariates"),
        ({"interactions": "every"}, "'all'"),
        ({"limit": 0}, "above 0"),
        ({"limit": "0.1"}, "above 0"),
    ],
)
def test_wrong_options_say_what_is_valid(design, options, hint):
    with pytest.raises(OptionError, match=hint):
        balance_table(design, **options)


@pytest.mark.parametrize(
    ("difference", "ratio", "words"),
    [
        (0.1, np.nan, "alike"),
        (-0.1, 2.0, "alike"),
        (0.05, 0.49, "alike on average, but spread differently"),
        (-0.11, 1.0, "differs: adjust for it"),
        (0.26, np.nan, "differs too much"),
        (np.inf, np.nan, "differs too much"),
        (np.nan, np.nan, "not known"),
    ],
)
def test_verdicts(difference, ratio, words):
    assert verdict_words(difference, ratio) == words


def test_the_table_says_what_it_amounts_to(design):
    table = balance_table(design)
    tally = table.tally().set_index("verdict")
    assert tally.sum().tolist() == [len(table.covariates)] * 2
    for when in ("before", "after"):
        assert tally.loc["differs too much", when] == (table.covariates[f"smd_{when}"].abs() > 0.25).sum()
    unlike = table.covariates["smd_after"].abs() > 0.25
    assert unlike.any()
    assert all(name in table.verdict for name in table.covariates.index[unlike])
    assert table.verdict.startswith("Not balanced")
    assert not table.balanced
    generous = balance_table(design, limit=2.0)
    assert generous.verdict == "Balanced: the groups are alike in everything listed."
    assert generous.balanced
    text = str(table)
    assert table.verdict in text
    assert "Matched (ESS)" in text
    pd.testing.assert_frame_equal(table.sizes, design.sizes)


def test_the_pair_distance_falls_with_matching(design):
    rows = balance_table(design).data.loc[["distance", "english"]]
    assert (rows["pair_distance_after"] < rows["pair_distance_before"]).all()


def test_a_love_plot_draws_what_is_shown_and_nothing_else(design):
    table = balance_table(design)
    rows = table.table().reset_index()
    rows.loc[rows["covariate"] == "fsm", ["smd_before", "smd_after"]] = np.nan
    axes = love_plot(rows).axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert "fsm" not in names
    assert "distance" not in names
    assert len(names) == len(table.covariates) - 1
    assert axes.collections[-1].get_offsets().shape == (len(names), 2)


@pytest.mark.parametrize("name", ["sex", "Special educational needs: education, health and care plan"])
@pytest.mark.parametrize(("before", "after"), [(0.5, 0.02), (-0.63, -0.03), (0.1, 0.1), (0.02, -0.03)])
def test_marks_of_a_love_plot_are_named_where_they_stand_and_names_never_meet(name, before, after):
    rows = pd.DataFrame({"covariate": ["a long name of a covariate", name], "smd_before": [before, np.nan],
                         "smd_after": [after, 0.01]})
    figure = love_plot(rows)
    figure.draw_without_rendering()
    (axes,) = figure.axes
    assert axes.get_legend() is None
    first, second = sorted((text.get_window_extent() for text in axes.texts), key=lambda box: box.x0)
    assert {text.get_text() for text in axes.texts} == {"before matching", "after matching"}
    assert axes.bbox.x0 <= first.x0
    assert first.x1 < second.x0
    assert second.x1 <= axes.bbox.x1


@pytest.mark.parametrize("strata", [3, 40_000])
def test_the_gap_within_strata_is_the_mean_over_all_their_pairs(strata):
    rng = np.random.default_rng(strata)
    n = 60 if strata == 3 else 120_000
    x, treated = rng.integers(0, 9, n).astype(float), rng.random(n) < 0.3
    code = rng.integers(-1, strata, n)
    frame = pd.DataFrame({"x": x, "code": code})
    both = frame[treated & (code >= 0)].merge(frame[~treated & (code >= 0)], on="code")
    assert stratum_gap(x, treated, code) == pytest.approx((both["x_x"] - both["x_y"]).abs().mean())
    assert np.isnan(stratum_gap(x, treated, np.full(n, -1)))
