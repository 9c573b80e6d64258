"""Funnel limits and pooled partner rates: nominal when partners are equal, found when one is not, published numbers."""

import os

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from wlz_eval.engagement.delivery import beta_hierarchy, partner_funnel, pooled_rates
from wlz_eval.engagement.delivery.likeness import sessions_alike, total_distribution

#: `make test-worlds` runs all of them.
WORLDS = 500 if os.environ.get("WLZ_ALL_WORLDS") else 100


def world(seed, spread=0.0, poor=0.0):
    """Eight to thirty partners of few or many children, whose sessions go together; `spread` of true rates."""
    rng = np.random.default_rng(seed)
    partners, rate = rng.integers(8, 31), rng.choice([0.66, 0.8, 0.9, 0.95])
    alike = rng.choice([0.0, 0.05, 0.15, 0.3])
    children = rng.integers(2, 40 if seed % 2 else 12, partners)
    true = np.full(partners, rate)
    if spread:
        size = rate * (1 - rate) / spread**2 - 1
        true = rng.beta(rate * size, (1 - rate) * size, partners)
    if poor:
        children[0], true[0] = 40, rate - poor
    group = np.repeat(np.arange(partners), children)
    planned = rng.poisson(rng.choice([4, 12, 30]), len(group)) + 1
    own = true[group]
    if alike:
        own = rng.beta(own * (1 / alike - 1), (1 - own) * (1 / alike - 1))
    names = [f"Partner {i:02d}" for i in range(partners)]
    counts = pd.DataFrame({"group": pd.Categorical.from_codes(group, names), "child": np.arange(len(group))})
    return counts.assign(planned=planned, attended=rng.binomial(planned, own)), true


class TestFunnel:
    def test_equal_partners_are_flagged_no_more_than_the_nominal_share(self):
        inner = outer = small = few = partners = 0
        for seed in range(WORLDS):
            table = partner_funnel(world(seed)[0], fewest=1).table()
            beyond = (table["rate"] < table["inner_low"] - 1e-9) | (table["rate"] > table["inner_high"] + 1e-9)
            inner += beyond.sum()
            outer += table["verdict"].str.contains("than chance explains").sum() - (
                table["verdict"] == "no more than chance explains"
            ).sum()
            small += (beyond & (table["children"] < 8)).sum()
            few += (table["children"] < 8).sum()
            partners += len(table)
        assert partners > 18 * WORLDS
        assert inner / partners <= 0.05
        assert small / few <= 0.05
        assert outer / partners <= 0.002
        # Limits that hold everybody would pass the lines above and find nobody.
        assert inner / partners > 0.015

    def test_a_poor_large_partner_is_found(self):
        found = [partner_funnel(world(s, poor=0.25)[0]).beyond()["group"].tolist() for s in range(25)]
        assert sum("Partner 00" in names for names in found) >= 22

    def test_taking_sessions_as_independent_would_shame_the_lucky_and_the_unlucky(self):
        flagged = partners = 0
        for seed in range(60):
            counts, _ = world(seed)
            total = counts.groupby("group", observed=True)[["planned", "attended"]].sum()
            rate = total["attended"].sum() / total["planned"].sum()
            p = stats.binom.cdf(total["attended"], total["planned"], rate)
            flagged += ((p < 0.025) | (p > 0.975)).sum()
            partners += len(total)
        assert flagged / partners > 0.08

    def test_by_name_and_never_a_ranking(self):
        counts, _ = world(3, spread=0.1)
        counts["group"] = counts["group"].astype(str)
        table = partner_funnel(counts.sample(frac=1, random_state=1)).table()
        assert table["group"].is_monotonic_increasing
        assert not {"rank", "place", "order"} & set(table.columns)
        pd.testing.assert_frame_equal(table, partner_funnel(counts).table())

    def test_too_few_children_to_say(self):
        counts = pd.DataFrame({"group": ["a"] * 3 + ["b"] * 30, "child": range(33), "planned": 20})
        counts["attended"] = np.where(counts["group"] == "a", 0, 18)
        assert partner_funnel(counts, fewest=10).table()["verdict"].tolist()[0] == "too few children to say"
        assert partner_funnel(counts, fewest=1).table()["verdict"].tolist()[0] == "lower than chance explains"

    @pytest.mark.parametrize("attended", [0, 10])
    def test_no_variation_at_all(self, attended):
        counts = pd.DataFrame({"group": ["a"] * 12 + ["b"] * 12, "child": range(24), "planned": 10})
        funnel = partner_funnel(counts.assign(attended=attended))
        assert funnel.beyond().empty
        assert (funnel.table()["inner_low"] == 10 * attended).all()
        assert "No partner's attendance differs" in funnel.sentence()[0]

    def test_one_partner_is_the_overall_rate(self):
        counts = pd.DataFrame({"group": ["a"] * 12, "child": range(12), "planned": 10, "attended": [4, 9] * 6})
        table = partner_funnel(counts).table()
        assert table["rate"].tolist() == table["target"].tolist() == table["outer_low"].tolist()

    def test_the_sentence_counts_and_gives_no_cause(self):
        text, values = partner_funnel(world(1, poor=0.4)[0]).sentence()
        assert "by more than chance explains" in text
        assert "do not say why" in text
        assert {"beyond", "judged"} <= set(values)


class TestDistribution:
    def test_one_child_is_beta_binomial(self):
        support, chance = total_distribution(np.zeros(1, int), np.array([12]), 0.8, 0.2)[0]
        assert np.allclose(chance, stats.betabinom.pmf(support, 12, 0.8 * 4, 0.2 * 4), atol=1e-12)

    def test_a_partner_is_the_sum_of_its_children(self):
        found = total_distribution(np.array([0, 0, 0, 1]), np.array([3, 5, 9, 4]), 0.7, 0.1)
        one = [stats.betabinom.pmf(np.arange(n + 1), n, 0.7 * 9, 0.3 * 9) for n in (3, 5, 9)]
        assert np.allclose(found[0][1], np.convolve(np.convolve(*one[:2]), one[2]), atol=1e-12)
        assert len(found[1][0]) == 5

    def test_independent_sessions_are_binomial_however_many(self):
        group, planned = np.zeros(3000, int), np.full(3000, 20)
        support, chance = total_distribution(group, planned, 0.9, 0.0)[0]
        want = stats.binom.pmf(support, 60_000, 0.9)
        assert np.allclose(chance, want, atol=1e-8)
        assert len(support) < 60_000

    def test_likeness_is_recovered_and_differences_between_partners_do_not_enter(self):
        rng = np.random.default_rng(5)
        group = np.repeat(np.arange(40), 60)
        rate = np.repeat(rng.uniform(0.4, 0.95, 40), 60)
        planned = rng.integers(3, 30, len(group)).astype(float)
        own = rng.beta(rate * 5.667, (1 - rate) * 5.667)  # correlation 0.15
        found = sessions_alike(group, planned, rng.binomial(planned.astype(int), own).astype(float))
        assert found.correlation == pytest.approx(0.15, abs=0.03)
        assert found.df == 40 * 59


#: Bayesian Data Analysis, 3rd edition, table 5.1: rats with tumours in 71 experiments.
RATS = (
    "0/20 0/20 0/20 0/20 0/20 0/20 0/20 0/19 0/19 0/19 0/19 0/18 0/18 0/17 1/20 1/20 1/20 1/20 1/19 1/19 1/18 1/18 "
    "2/25 2/24 2/23 2/20 2/20 2/20 2/20 2/20 2/20 1/10 5/49 2/19 5/46 3/27 2/17 7/49 7/47 3/20 3/20 2/13 9/48 10/50 "
    "4/20 4/20 4/20 4/20 4/20 4/20 4/20 10/48 4/19 4/19 4/19 5/22 11/46 12/49 5/20 5/20 6/23 5/19 6/22 6/20 6/20 6/20 "
    "16/52 15/46 15/47 9/24 4/14"
)


class TestPooling:
    def test_published_posterior(self):
        came, n = np.array([[float(v) for v in pair.split("/")] for pair in RATS.split()]).T
        found = beta_hierarchy(came, n - came)
        # Posterior means of the two parameters as printed there.
        assert (round(found.alpha, 1), round(found.beta, 1)) == (2.4, 14.3)
        assert found.low[-1] < found.mean[-1] < 4 / 14

    def test_intervals_cover_true_rates(self):
        inside = partners = 0
        for seed in range(WORLDS):
            counts, true = world(seed, spread=(0.02, 0.05, 0.1)[seed % 3])
            table = pooled_rates(counts).table()
            inside += ((table["ci_low"] <= 100 * true) & (table["ci_high"] >= 100 * true)).sum()
            partners += len(table)
        assert 0.925 <= inside / partners <= 0.975

    def test_nearer_the_truth_than_what_was_seen(self):
        seen = pooled = 0.0
        for seed in range(30):
            counts, true = world(seed, spread=0.05)
            table = pooled_rates(counts).table()
            seen += ((table["rate"] - 100 * true) ** 2).sum()
            pooled += ((table["pooled"] - 100 * true) ** 2).sum()
        assert pooled < 0.6 * seen

    def test_a_small_partner_is_drawn_further(self):
        counts = pd.DataFrame({"group": ["a"] * 60 + ["b"] * 60 + ["c"] * 4 + ["d"] * 60, "child": range(184)})
        counts["planned"] = 10
        counts["attended"] = np.where(counts["group"].isin(["a", "c"]), 6, 9)
        table = pooled_rates(counts).table().set_index("group")
        assert table.loc["c", "pooled"] - 60 > table.loc["a", "pooled"] - 60 > 0

    @pytest.mark.parametrize("attended", [0, 10])
    def test_no_variation_gives_intervals_within_bounds(self, attended):
        counts = pd.DataFrame({"group": np.repeat(list("abc"), 5), "child": range(15), "planned": 10})
        table = pooled_rates(counts.assign(attended=attended)).table()
        assert table[["pooled", "ci_low", "ci_high"]].to_numpy().min() >= 0
        assert table["ci_high"].max() <= 100
        assert (table["ci_high"] > table["ci_low"]).all()

    def test_fewer_than_three_partners_is_said(self):
        counts = pd.DataFrame({"group": ["a", "b"], "child": [0, 1], "planned": 5, "attended": 3})
        found = pooled_rates(counts)
        assert found.table().empty
        assert found.findings() == []
        assert "fewer than three partners" in found.sentence()[0]
