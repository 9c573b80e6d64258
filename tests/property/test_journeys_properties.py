"""What holds of journeys whatever they are."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from wlz_eval.engagement.journeys.distance import distances, dynamic_costs
from wlz_eval.engagement.journeys.flow import flow_counts
from wlz_eval.engagement.journeys.onegroup import one_group
from wlz_eval.engagement.journeys.partition import partitions, silhouettes
from wlz_eval.engagement.journeys.sequences import beside_smallest, state_shares

ALPHABET = 7


@st.composite
def worlds(draw):
    """States of 2 to 25 children in 1 to 8 steps."""
    n, periods = draw(st.integers(2, 25)), draw(st.integers(1, 8))
    return np.random.default_rng(draw(st.integers(0, 10_000))).integers(0, ALPHABET, (n, periods))


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_a_distance_is_one(states):
    costs = dynamic_costs(states, ALPHABET)
    found = distances(states, states, costs)
    assert np.allclose(found, found.T)
    assert np.allclose(np.diagonal(found), 0)
    assert (found >= 0).all()
    assert found.max() <= 4 * states.shape[1] + 1e-9


@settings(max_examples=40, deadline=None)
@given(worlds(), st.integers(0, 1000))
def test_the_order_of_children_changes_no_distance(states, seed):
    order = np.random.default_rng(seed).permutation(len(states))
    assert np.allclose(dynamic_costs(states, ALPHABET), dynamic_costs(states[order], ALPHABET))


@settings(max_examples=40, deadline=None)
@given(worlds())
def test_groups_are_whole_and_silhouettes_are_bounded(states):
    found = distances(states, states, dynamic_costs(states, ALPHABET))
    for k, (group, medoids) in partitions(found, [2, 3, 4]).items():
        assert sorted(set(group)) == list(range(k))
        assert len(set(medoids)) == k
        assert (np.abs(silhouettes(found, group, k)) <= 1).all()


@settings(max_examples=40, deadline=None)
@given(worlds())
def test_every_child_is_in_one_state_in_each_step(states):
    table = state_shares(states, tuple(f"s{i}" for i in range(states.shape[1])), "all")
    assert (table.groupby("step")["children"].sum() == len(states)).all()
    # What stands beside a count is a count of the same step, and never a larger one.
    assert (table["beside"] <= table["children"]).all()


@settings(max_examples=40, deadline=None)
@given(worlds(), st.integers(0, 100))
def test_a_world_of_one_group_has_its_shape_and_no_return(states, seed):
    drawn = next(one_group(states, 1, seed))
    assert drawn.shape == states.shape
    assert ((drawn >= 0) & (drawn < ALPHABET)).all()
    gone = drawn == 5
    assert (gone[:, 1:] | ~gone[:, :-1]).all()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 50), min_size=1, max_size=8))
def test_from_a_known_total_no_small_count_follows_alone(counts):
    sizes = pd.Series(counts)
    beside = beside_smallest(sizes, [pd.Series(["a"] * len(counts))])
    hidden = (sizes < 10) | (beside < 10)
    assert not (hidden.sum() == 1 and len(counts) > 1)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000))
def test_flow_counts_add_up(seed):
    rng = np.random.default_rng(seed)
    need, support, outcome = (pd.Series(rng.choice(["a", "b", "c"], 30)) for _ in range(3))
    assert (flow_counts(need, support, outcome).groupby("part")["children"].sum() == 30).all()
