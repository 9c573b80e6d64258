"""Pairing down strata."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wlz_eval.attribution.matching.cem import cem_strata
from wlz_eval.attribution.matching.k2k import k2k_pairs
from wlz_eval.attribution.matching.problem import Distances, Problem, Strata
from wlz_eval.attribution.matching.weights import pair_strata, stratum_weights


def test_pairing_down_leaves_as_many_of_each_group_in_every_stratum():
    rng = np.random.default_rng(2)
    data = pd.DataFrame({"x": rng.normal(size=60)})
    treated = rng.random(60) < 0.4
    strata = cem_strata(data, ["x"], treated, cutpoints=4)
    points = Distances(points=data.to_numpy())
    problem = Problem(np.flatnonzero(treated), np.flatnonzero(~treated), points)
    pairs = k2k_pairs(strata, problem)
    assert (strata.code[pairs.one] == strata.code[pairs.two]).all()
    for stratum in range(strata.code.max() + 1):
        here = strata.code == stratum
        smaller = min((here & treated).sum(), (here & ~treated).sum())
        assert (strata.code[pairs.one] == stratum).sum() == smaller
    assert (stratum_weights(pair_strata(pairs, 60), treated, "ATT")[np.r_[pairs.one, pairs.two]] == 1).all()


def test_pairing_down_goes_by_label_then_by_distance():
    problem = Problem(np.array([0, 1]), np.array([2, 3]), Distances(scalar=np.array([5.0, 4.0, 4.1, 9.0])))
    pairs = k2k_pairs(Strata(np.zeros(4, dtype=np.intp)), problem)
    assert dict(zip(pairs.one.tolist(), pairs.two.tolist(), strict=True)) == {0: 2, 1: 3}
