"""No typical journeys are found where children differ by degree only."""

import numpy as np
import pytest
from journey_worlds import by_degree

from wlz_eval.engagement.journeys.search import find_groups


@pytest.mark.parametrize("kind", ["level", "timing", "persistent"])
def test_no_groups_where_children_differ_by_degree_only(kind):
    """At most one in thirty-four worlds of each kind, of a generator that the criterion was not chosen by."""
    wrong = 0
    for world in range(34):
        rng = np.random.default_rng([world, len(kind)])
        states = by_degree(int(rng.choice([42, 60, 80])), 12, rng, kind)
        found = find_groups(states, most=3, seed=world)
        wrong += found.groups > 0
        assert bool(found.reason) == (found.groups == 0)
    assert wrong <= 1
