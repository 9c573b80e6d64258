"""Pairing down strata, so that each holds as many units of one group as of the other."""

from __future__ import annotations

from dataclasses import replace

from wlz_eval.attribution.matching.nearest import nearest_pairs
from wlz_eval.attribution.matching.problem import Pairs, Problem, Strata

__all__ = ["k2k_pairs"]


def k2k_pairs(strata: Strata, problem: Problem) -> Pairs:
    """Pair down within strata: each focal unit, in the order of labels, takes the nearest partner still free.

    Afterwards every stratum holds the same number of each group, so that no weights are needed.

    Parameters
    ----------
    strata : Strata
    problem : Problem
        Whose distance (usually Mahalanobis on the uncoarsened columns), calipers and groups are used.

    Returns
    -------
    Pairs

    Examples
    --------
    >>> from wlz_eval.attribution.matching.problem import Distances
    >>> problem = Problem(np.array([0]), np.array([1, 2]), Distances(scalar=np.array([1.0, 4.0, 2.0])))
    >>> k2k_pairs(Strata(np.array([0, 0, 0])), problem).two.tolist()
    [2]
    """
    inside = strata.code >= 0
    narrowed = replace(
        problem,
        focal=problem.focal[inside[problem.focal]],
        pool=problem.pool[inside[problem.pool]],
        block=strata.code,
    )
    return nearest_pairs(narrowed, order="data")
