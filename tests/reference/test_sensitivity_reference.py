"""Sensitivity analyses against published figures."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from wlz_eval.attribution.sensitivity import baseline_drift, e_value, omitted_variable, rosenbaum_bounds
from wlz_eval.inference.omitted import benchmark_strength

#: Blood lead of 33 children of battery workers and of their matched neighbours (Morton et al. 1982), with which
#: Rosenbaum illustrates his bounds.
EXPOSED = [38, 23, 41, 18, 37, 36, 23, 62, 31, 34, 24, 14, 21, 17, 16, 20, 15, 10, 45, 39, 22, 35, 49, 48, 44, 35, 43,
           39, 34, 13, 73, 25, 27]
CONTROL = [16, 18, 18, 24, 19, 11, 10, 15, 16, 18, 18, 13, 19, 10, 16, 16, 24, 13, 9, 14, 21, 19, 7, 18, 19, 12, 11,
           22, 25, 16, 13, 11, 13]
LEAD = np.subtract(EXPOSED, CONTROL).astype(float)
GAMMAS = [1, 2, 3, 4, 4.25, 5]


@pytest.fixture(scope="module")
def lead():
    return rosenbaum_bounds(LEAD, GAMMAS, alternative="greater", exact=False).table().set_index("gamma")


@pytest.mark.parametrize(("gamma", "p"), [(2, 0.0018), (3, 0.0136), (4, 0.0388), (4.25, 0.0468), (5, 0.0740)])
def test_rosenbaum_lead_p_values(lead, gamma, p):
    assert round(lead.loc[gamma, "p_high"], 4) == p


@pytest.mark.parametrize(
    ("gamma", "low", "high"), [(1, 15, 15), (2, 10.25, 19.5), (3, 8, 23), (4, 6.5, 25), (4.25, 6, 25), (5, 5, 26.5)]
)
def test_rosenbaum_lead_point_estimates(lead, gamma, low, high):
    assert (lead.loc[gamma, "estimate_low"], lead.loc[gamma, "estimate_high"]) == (low, high)


@pytest.mark.parametrize(("gamma", "low", "high"), [(1, 9.5, 20.5), (2, 4.5, 27.5)])
def test_rosenbaum_lead_intervals(lead, gamma, low, high):
    assert (lead.loc[gamma, "ci_low"], lead.loc[gamma, "ci_high"]) == (low, high)


def test_exact_distribution_with_ties_is_that_of_wilcox_exact():
    """R's ``exactRankTests::wilcox.exact`` gives V = 499, two-sided p = 8.037e-07 on these pairs."""
    table = rosenbaum_bounds(LEAD, [1], zeros="wilcox", exact=True).table()
    assert f"{table.loc[0, 'p_high']:.3e}" == "8.037e-07"


@pytest.mark.parametrize("zeros", ["pratt", "wilcox"])
@pytest.mark.parametrize("alternative", ["greater", "less", "two-sided"])
def test_without_hidden_bias_it_is_the_signed_rank_test(zeros, alternative):
    ours = rosenbaum_bounds(LEAD, [1], alternative=alternative, zeros=zeros, exact=False).table()
    theirs = stats.wilcoxon(LEAD, zero_method=zeros, alternative=alternative, method="approx")
    assert ours.loc[0, "p_low"] == pytest.approx(theirs.pvalue, rel=1e-9)
    assert ours.loc[0, "p_high"] == pytest.approx(theirs.pvalue, rel=1e-9)


def test_lalonde_pairs_by_the_formula_of_rbounds(request):
    """The upper bound of R's ``psens`` (zeros left out first), worked out here from its own formula."""
    folder = request.config.rootpath / "tests/reference/data/matchit_lalonde"
    data = pd.read_csv(folder / "data.csv")
    treated, others = data[data["treat"] == 1], data[data["treat"] == 0]
    d = treated["re78"].to_numpy() - others["re78"].to_numpy()[: len(treated)]
    moved = d[d != 0]
    ranks = stats.rankdata(np.abs(moved))
    total = ranks[moved > 0].sum()
    table = rosenbaum_bounds(d, [1, 1.5, 2], alternative="less", zeros="wilcox").table()
    for gamma, found in zip(table["gamma"], table["p_high"], strict=True):
        low = 1 / (1 + gamma)
        expected = stats.norm.cdf(
            (total - ranks.sum() * low) / math.sqrt(low * (1 - low) * (ranks**2).sum())
        )
        assert found == pytest.approx(expected, rel=1e-9)
    assert len(d) == 185
    assert (d == 0).sum() > 3


@pytest.mark.parametrize(
    ("ratio", "low", "high", "point", "limit"),
    [
        (3.9, 1.8, 8.7, 7.26, 3.0),
        (0.80, 0.71, 0.91, 1.81, 1.43),
        (10.73, 8.02, 14.36, 20.95, 15.52),
    ],
)
def test_e_values_of_vanderweele_and_ding(ratio, low, high, point, limit):
    result = e_value(ratio, low, high)
    assert (round(result.point, 2), round(result.limit, 2)) == (point, limit)
    assert not result.approximate


def test_e_values_by_the_conversions_of_the_paper():
    odds = e_value(0.86, 0.75, 0.99, scale="odds_ratio")
    inverse = 1 / math.sqrt(0.86)
    assert odds.point == pytest.approx(inverse + math.sqrt(inverse * (inverse - 1)))
    assert odds.limit == pytest.approx(e_value(math.sqrt(0.99)).point)
    assert odds.approximate
    assert e_value(3.9, 1.8, 8.7, scale="odds_ratio", rare=True).point == pytest.approx(e_value(3.9).point)
    # exp(0.91 d ± 1.78 se): the paper's interval is that of d at 1.96 standard errors.
    d, se = 0.5, 0.1
    scaled = e_value(d, d - 1.96 * se, d + 1.96 * se, scale="standardised_difference")
    assert scaled.risk_ratio_low == pytest.approx(math.exp(0.91 * d - 1.78 * se), rel=1e-3)
    assert scaled.approximate


ESTIMATE, SE, DF = 0.09731582, 0.02325654, 783


def test_darfur_statistics_to_their_printed_digits():
    result = omitted_variable(ESTIMATE, SE, DF)
    assert round(result.partial_r2, 5) == 0.02187
    assert round(result.robustness, 5) == 0.13878
    assert round(result.robustness_interval, 5) == 0.07626


def _female() -> tuple[float, float]:
    """Partial R² of being female in the darfur model, recovered from the published bound at once as strong."""
    treatment, outcome = 0.00916428667504862, 0.12464092303637
    own = treatment / (1 + treatment)
    shared = own**2 / (1 - own) ** 2
    f2 = outcome * (1 - shared) / (1 + math.sqrt(shared)) ** 2
    return own, f2 / (1 + f2)


def test_darfur_bounds_for_one_two_three_times_female():
    own, outcome = _female()
    observed = pd.DataFrame({"covariate": ["female"], "r2_treatment": [own], "r2_outcome": [outcome]})
    table = omitted_variable(ESTIMATE, SE, DF, observed=observed).benchmarks()
    expected = {
        "r2_treatment": [0.00916428667504862, 0.0183285733500972, 0.0274928600251459],
        "r2_outcome": [0.12464092303637, 0.249324064199975, 0.374050471038094],
        "estimate": [0.0752202698486415, 0.0529151689180575, 0.0303960178770157],
        "se": [0.0218733298036818, 0.0203500639944344, 0.0186700665753491],
        "t": [3.43890347394571, 2.60024582392121, 1.62806156873318],
        "ci_low": [0.0322829603180086, 0.0129680276030601, -0.00625329133645187],
        "ci_high": [0.118157579379274, 0.092862310233055, 0.0670453270904833],
    }
    for column, values in expected.items():
        # Its intervals take t with 783 degrees of freedom; ours, like its robustness value, count the unseen variable.
        np.testing.assert_allclose(table[column], values, rtol=0, atol=2e-7 if column.startswith("ci") else 1e-11)


def test_darfur_adjustments_meet_their_definitions():
    result = omitted_variable(ESTIMATE, SE, DF)
    rv, interval = result.robustness, result.robustness_interval
    assert result.adjusted(rv, rv).loc[0, "estimate"] == pytest.approx(0, abs=1e-12)
    assert result.adjusted(result.partial_r2, 1.0).loc[0, "estimate"] == pytest.approx(0, abs=1e-12)
    assert result.adjusted(interval, interval).loc[0, "t"] == pytest.approx(stats.t.ppf(0.975, DF - 1))


def test_darfur_mirrored():
    up, down = omitted_variable(ESTIMATE, SE, DF), omitted_variable(-ESTIMATE, SE, DF)
    assert down.robustness == up.robustness
    assert down.adjusted(0.1, 0.1).loc[0, "ci_high"] == -up.adjusted(0.1, 0.1).loc[0, "ci_low"]


def test_nothing_can_be_stronger_than_everything():
    assert all(math.isnan(v) for v in benchmark_strength(0.6, 0.1, 2.0))
    assert benchmark_strength(0.01, 0.6, 3.0)[1] == 1.0


def test_gap_of_half_an_sd_and_r_of_six_tenths():
    assert baseline_drift(0.5, 0.6) == pytest.approx(0.2)
