"""How many typical journeys there are, or that there are none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.engagement.journeys.alphabet import LEFT, STATES
from wlz_eval.engagement.journeys.distance import distances, dynamic_costs
from wlz_eval.engagement.journeys.onegroup import one_group
from wlz_eval.engagement.journeys.partition import partitions, silhouettes, stability

__all__ = ["CRITERIA", "Found", "find_groups"]

Ints = npt.NDArray[np.integer]
Array = npt.NDArray[np.float64]

#: Fewest children among whom groups are looked for, and fewest in a group.
FEWEST, SMALLEST = 40, 10
#: Average silhouette width under which Kaufman and Rousseeuw (1990) see no substantial structure.
WIDTH = 0.25
#: How much wider than in any world of one group: those worlds resemble the children without being them, so that a
#: width just beyond theirs says little. Chosen after looking at simulated worlds without groups, where nearly all
#: excesses were smaller; not tried on worlds of other kinds.
MARGIN = 0.05
#: Jaccard similarity from which Hennig (2007) calls a group stable.
STABLE = 0.75
#: Children compared with each other in full; the rest join the nearest medoid. For the tests, fewer.
COMPARED, TESTED = 1500, 400
#: Worlds without groups, and bootstrap samples.
WORLDS, FEW_WORLDS, SAMPLES = 39, 3, 50

CRITERIA = (
    "groups are those of the largest average silhouette width among numbers of groups whose width is at least "
    f"{WIDTH:g}, and by {MARGIN:g} larger than in each of {WORLDS} worlds of one group, and each of whose groups "
    f"is found again in bootstrap samples with a Jaccard similarity of at least {STABLE:g}"
)
TOO_FEW = "There are too few children to look for typical journeys."
_NO_SEARCH = pd.DataFrame(columns=["groups", "width", "width_one_group", "beyond", "stability", "smallest", "holds"])


@dataclass(frozen=True)
class Found:
    """What the search for groups found.

    Parameters
    ----------
    groups : int
        Number of groups; 0 when there are none.
    group : array of int, shape (n,)
        Group of each child, 0 the largest; all 0 when there are none.
    medoids : array of int, shape (groups, T)
        The sequence nearest to all others of its group. It is a child's own: never shown in public.
    search : DataFrame
        One row a number of groups: ``groups``, ``width`` (average silhouette), ``width_one_group`` (its largest in
        the worlds without groups that were drawn), ``beyond``, ``stability`` (least Jaccard of a group),
        ``smallest``, ``holds``. A test that was not needed is missing.
    reason : str
        Why no groups are shown; empty when there are some.
    """

    groups: int
    group: Ints
    medoids: Ints
    search: pd.DataFrame
    reason: str = ""


def _no(states: Ints, reason: str, search: pd.DataFrame = _NO_SEARCH) -> Found:
    return Found(0, np.zeros(len(states), dtype=int), states[:0], search, reason)


def _cannot(states: Ints) -> str:
    """Say why there is nothing to look for; empty when there is."""
    if len(states) < FEWEST:
        return TOO_FEW
    if (states == states[0]).all():
        return "All children had the same journey, so there is nothing to tell apart."
    if (states == LEFT).mean(axis=0).max() == 1 and (states == LEFT).mean() > 0.5:
        return "All children had left by the middle of the programme, so there are no journeys to tell apart."
    return ""


def _widths(states: Ints, ks: tuple[int, ...], smallest: int) -> Array:
    """Average silhouette width for each number of groups; -1 where a group would be too small."""
    distance = distances(states, states, dynamic_costs(states, len(STATES)))
    found = partitions(distance, ks)
    return np.array(
        [
            float(silhouettes(distance, found[k][0], k).mean())
            if np.bincount(found[k][0], minlength=k).min() >= smallest
            else -1.0
            for k in ks
        ]
    )


def _sample(states: Ints, size: int, rng: np.random.Generator) -> Ints:
    """Rows of a sample, in their order; all rows where there are no more than that."""
    if len(states) <= size:
        return np.arange(len(states))
    return np.sort(rng.choice(len(states), size, replace=False))


def find_groups(states: Ints, most: int = 6, seed: int = 0, smallest: int = SMALLEST) -> Found:
    """Look for typical journeys, and say so when there are none.

    Parameters
    ----------
    states : array of int, shape (n, T)
        State of each child in each period.
    most : int
        Largest number of groups looked for, at least 2.
    seed : int
        Source of every random step.
    smallest : int
        Fewest children of a group: the threshold of release, so that every group can be shown.

    Returns
    -------
    Found
        The same groups whatever the order of the rows: the largest first, then by their typical sequence.

    Notes
    -----
    Dynamic Hamming distance (Lesnard 2010); Ward's tree, then k-medoids. A number of groups is believed when its
    average silhouette width (Rousseeuw 1987) is at least .25, when it is by .05 larger than in every one of 39 worlds
    in which children differ by degree only (see :mod:`wlz_eval.engagement.journeys.onegroup`), and when each of its
    groups returns in bootstrap samples with a Jaccard similarity of .75 (Hennig 2007). Of several, the widest.
    """
    reason = _cannot(states)
    if reason or len(states) < 2 * smallest:
        return _no(states, reason or TOO_FEW)
    order = np.lexsort(states.T[::-1])
    ordered = states[order]
    rng = np.random.default_rng(seed)
    ks = tuple(range(2, min(most, len(states) // smallest) + 1))
    search = _judged(ordered[_sample(ordered, TESTED, rng)], ks, smallest, seed, rng)
    good = search[search["holds"]]
    if good.empty:
        return _no(
            states, "The journeys differ by degree: they do not fall into groups that are clear and stable.", search
        )
    k = int(good["groups"].to_numpy()[good["width"].to_numpy().argmax()])
    group, medoids = _all(ordered, k, rng)
    group, medoids = _canonical(group, medoids)
    back = np.empty(len(states), dtype=int)
    back[order] = group
    return Found(len(medoids), back, medoids, search)


def _judged(
    states: Ints, ks: tuple[int, ...], smallest: int, seed: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Put numbers of groups to the three tests, each only where it passed the one before."""
    width = _widths(states, ks, smallest)
    wide = width >= WIDTH
    # Where no width is large enough the worlds decide nothing: a few show what the largest may be compared with.
    compared = wide if wide.any() else np.arange(len(ks)) == width.argmax()
    asked = tuple(k for k, yes in zip(ks, compared, strict=True) if yes)
    highest = np.where(compared, -1.0, np.nan)
    for world in one_group(states, WORLDS if wide.any() else FEW_WORLDS, seed):
        highest[compared] = np.maximum(highest[compared], _widths(world, asked, smallest))
        # Once worlds without groups are as clear as the children for every number of groups, no more are needed.
        if not (width >= highest + MARGIN).any():
            break
    beyond = wide & (width >= highest + MARGIN)
    least, sizes = _stabilities(states, ks, np.where(beyond, width, -np.inf), rng)
    return pd.DataFrame(
        {
            "groups": ks,
            "width": np.where(width > -1, width, np.nan),
            "width_one_group": np.where(highest > -1, highest, np.nan),
            "beyond": beyond,
            "stability": least,
            "smallest": sizes,
            "holds": beyond & (np.nan_to_num(least) >= STABLE),
        }
    )


def _stabilities(states: Ints, ks: tuple[int, ...], width: Array, rng: np.random.Generator) -> tuple[Array, Ints]:
    """Least Jaccard similarity of a group, for the widest first and until one is stable; and the smallest groups."""
    distance = distances(states, states, dynamic_costs(states, len(STATES)))
    found = partitions(distance, ks)
    least = np.full(len(ks), np.nan)
    for i in np.argsort(-width, kind="stable"):
        if width[i] == -np.inf:
            break
        least[i] = stability(distance, found[ks[i]][0], ks[i], SAMPLES, rng).min()
        if least[i] >= STABLE:
            break
    return least, np.array([np.bincount(found[k][0], minlength=k).min() for k in ks])


def _all(states: Ints, k: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Sort all children into k groups; of many, a sample makes the groups and the rest join the nearest."""
    costs = dynamic_costs(states, len(STATES))
    some = states[_sample(states, COMPARED, rng)]
    _, medoids = partitions(distances(some, some, costs), [k])[k]
    typical = some[medoids]
    return distances(states, typical, costs).argmin(axis=1), typical


def _canonical(group: Ints, medoids: Ints) -> tuple[Ints, Ints]:
    """Put groups in order of size, the largest first, then by their typical sequence."""
    size = np.bincount(group, minlength=len(medoids))
    order = np.lexsort((*medoids.T[::-1], -size))
    rank = np.empty(len(order), dtype=int)
    rank[order] = np.arange(len(order))
    return rank[group], medoids[order]
