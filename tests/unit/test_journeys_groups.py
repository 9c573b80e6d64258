"""Typical journeys: planted groups are found again, and none are found where there are none."""

import numpy as np
import pytest
from journey_worlds import planted, with_leavers
from sklearn.metrics import adjusted_rand_score, silhouette_samples

from wlz_eval.engagement.journeys.distance import distances, dynamic_costs
from wlz_eval.engagement.journeys.onegroup import OneGroup, one_group
from wlz_eval.engagement.journeys.partition import partition, partitions, silhouettes, stability
from wlz_eval.engagement.journeys.search import FEWEST, SMALLEST, find_groups


class TestDistance:
    def test_costs_by_hand(self):
        # Three children in state 0, one in state 1; one of the three moves to 1 in the second step.
        states = np.array([[0, 0], [0, 0], [0, 1], [1, 1]])
        # p(0 to 1) = 1/3, p(1 to 0) = 0; at either end the one side counts twice.
        costs = dynamic_costs(states, 3)
        assert costs[0, 0, 1] == costs[0, 1, 0] == pytest.approx(4 - 2 / 3)
        assert costs[1, 0, 1] == pytest.approx(4 - 2 / 3)
        assert costs[0, 0, 2] == 4.0
        assert np.diagonal(costs, axis1=1, axis2=2).max() == 0.0

    def test_in_the_middle_both_sides_count(self):
        states = np.array([[0, 0, 0], [0, 1, 0], [1, 1, 1], [1, 0, 1]])
        # Before and after the middle: half of each state moves to the other.
        assert dynamic_costs(states, 2)[1, 0, 1] == pytest.approx(4 - (0.5 + 0.5) - (0.5 + 0.5))

    def test_a_sum_over_steps(self):
        rng = np.random.default_rng(1)
        states = rng.integers(0, 7, (20, 9))
        costs = dynamic_costs(states, 7)
        by_loop = [[sum(costs[t, a[t], b[t]] for t in range(9)) for b in states[:5]] for a in states]
        assert distances(states, states[:5], costs) == pytest.approx(np.array(by_loop))

    def test_timing_matters(self):
        early, late = [2] * 3 + [0] * 3, [0] * 3 + [2] * 3
        states = np.array([early, late, early, late])
        found = distances(states, states, dynamic_costs(states, 7))
        assert found[0, 2] == 0
        assert found[0, 1] > 10


class TestPartition:
    def test_silhouettes_are_those_of_scikit_learn(self):
        rng = np.random.default_rng(2)
        points = rng.normal(size=(60, 2)) + np.repeat([[0, 0], [3, 1], [0, 4]], 20, axis=0)
        distance = np.linalg.norm(points[:, None] - points, axis=2)
        group, _ = partition(distance, 3)
        theirs = silhouette_samples(distance, group, metric="precomputed")
        assert silhouettes(distance, group, 3) == pytest.approx(theirs)

    def test_cuts_are_those_of_scipy(self):
        from scipy.cluster.hierarchy import cut_tree

        from wlz_eval.engagement.journeys.partition import _cuts, _tree

        points = np.random.default_rng(3).normal(size=(40, 3))
        tree = _tree(np.linalg.norm(points[:, None] - points, axis=2))
        for k, group in _cuts(tree, [1, 2, 5, 39, 40]).items():
            assert adjusted_rand_score(group, cut_tree(tree, [k])[:, 0]) == 1.0
            assert len(np.unique(group)) == k

    def test_each_medoid_is_in_its_own_group(self):
        points = np.random.default_rng(4).normal(size=(50, 2))
        distance = np.linalg.norm(points[:, None] - points, axis=2)
        for k, (group, medoids) in partitions(distance, [2, 3, 7]).items():
            assert group[medoids].tolist() == list(range(k))

    def test_clear_groups_are_stable_and_a_cut_through_one_is_not(self):
        rng = np.random.default_rng(5)
        apart = np.r_[rng.normal(0, 1, 40), rng.normal(20, 1, 40)]
        one = rng.normal(size=(80, 6))
        far = np.abs(apart[:, None] - apart)
        near = np.linalg.norm(one[:, None] - one, axis=2)
        assert stability(far, partition(far, 2)[0], 2, 20, np.random.default_rng(1)).min() > 0.95
        assert stability(near, partition(near, 4)[0], 4, 20, np.random.default_rng(1)).min() < 0.7


class TestOneGroup:
    def test_keeps_how_common_support_is_and_how_it_hangs_together(self):
        rng = np.random.default_rng(6)
        level = rng.normal(size=(4000, 1))
        engaged = level + rng.normal(size=(4000, 8)) > 0.3
        seen = np.where(engaged, 2, 0)
        drawn = OneGroup(seen).draw(np.random.default_rng(1)) == 2
        assert drawn.mean(axis=0) == pytest.approx(engaged.mean(axis=0), abs=0.03)
        # A level that children differ in makes the number of engaged steps vary far more than chance would.
        assert drawn.sum(axis=1).std() == pytest.approx(engaged.sum(axis=1).std(), rel=0.1)
        assert engaged.sum(axis=1).std() > 1.5 * np.sqrt(8 * 0.4 * 0.6)

    def test_leavers_stay_away_and_late_starters_start_late(self):
        rng = np.random.default_rng(7)
        states = with_leavers(rng.integers(0, 5, (500, 6)), 0.4, rng)
        states[:100, 0] = 6
        drawn = next(one_group(states, 1, seed=3))
        assert ((drawn == 5).any(axis=1)).mean() == pytest.approx((states == 5).any(axis=1).mean(), abs=0.06)
        gone = drawn == 5
        assert (gone[:, 1:] | ~gone[:, :-1]).all()
        assert (drawn[:, 0] == 6).sum() == 100


class TestPlanted:
    @pytest.mark.parametrize(
        ("sizes", "noise"),
        [((40, 40), 0.1), ((50, 30, 20), 0.2), ((40, 30, 25, 20), 0.2), ((40, 35, 30, 25, 20), 0.15)],
    )
    def test_groups_are_found_again(self, sizes, noise):
        rng = np.random.default_rng([len(sizes), 11])
        states, group = planted(sizes, 12, noise, rng)
        found = find_groups(states, seed=1)
        assert found.groups == len(sizes), found.search
        assert adjusted_rand_score(group, found.group) >= 0.8
        assert np.bincount(found.group).tolist() == sorted(np.bincount(found.group).tolist(), reverse=True)

    def test_found_again_among_leavers(self):
        rng = np.random.default_rng(12)
        states, group = planted((60, 40, 30), 12, 0.15, rng)
        assert adjusted_rand_score(group, find_groups(with_leavers(states, 0.08, rng), most=4).group) >= 0.8

    def test_neither_the_order_of_rows_nor_the_seed_matters(self):
        rng = np.random.default_rng(13)
        states, _ = planted((40, 30, 20), 12, 0.15, rng)
        first = find_groups(states, seed=1)
        order = rng.permutation(len(states))
        again = find_groups(states[order], seed=1)
        other = find_groups(states, seed=99)
        assert (again.group == first.group[order]).all()
        assert (again.medoids == first.medoids).all()
        assert again.search.equals(first.search)
        assert (other.group == first.group).all()

    def test_of_many_children_a_sample_makes_the_groups(self):
        rng = np.random.default_rng(14)
        states, group = planted((900, 600, 300), 12, 0.15, rng)
        found = find_groups(states, most=3)
        assert len(found.group) == 1800
        assert adjusted_rand_score(group, found.group) >= 0.8

    def test_no_group_is_smaller_than_asked(self):
        rng = np.random.default_rng(15)
        states, _ = planted((40, 40, 15), 12, 0.05, rng)
        assert find_groups(states, most=3).groups == 3
        found = find_groups(states, most=3, smallest=20)
        assert found.groups in (0, 2)
        assert found.groups == 0 or np.bincount(found.group).min() >= 20


class TestNothingToFind:
    def test_too_few(self):
        assert "too few" in find_groups(np.zeros((FEWEST - 1, 4), dtype=int)).reason
        assert "too few" in find_groups(np.zeros((1, 4), dtype=int)).reason
        assert "too few" in find_groups(np.zeros((0, 4), dtype=int)).reason
        rng = np.random.default_rng(1)
        assert "too few" in find_groups(rng.integers(0, 5, (60, 4)), smallest=40).reason

    def test_all_the_same(self):
        found = find_groups(np.full((200, 6), 3))
        assert (found.groups, found.group.max()) == (0, 0)
        assert "same journey" in found.reason

    def test_all_left_at_once(self):
        rng = np.random.default_rng(1)
        states = rng.integers(0, 5, (200, 12))
        states[:, 2:] = 5
        assert "left" in find_groups(states).reason

    def test_one_step(self):
        rng = np.random.default_rng(1)
        found = find_groups(rng.integers(0, 2, (200, 1)))
        assert isinstance(found.groups, int)
        assert SMALLEST == 10
