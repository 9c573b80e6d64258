"""Sort sequences into k groups around typical ones, and say how clear and how stable the groups are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["partition", "partitions", "silhouettes", "stability"]

Ints = npt.NDArray[np.integer]
Array = npt.NDArray[np.float64]

#: Rounds after which k-medoids stops although a child still changes group.
ROUNDS = 20


def _sums(distance: Array, group: Ints, k: int) -> Array:
    """Sum of each row's distances to the members of each group, (n, k)."""
    member = np.zeros((distance.shape[1], k))
    member[np.arange(distance.shape[1]), group] = 1.0
    out: Array = distance @ member
    return out


def _medoids(distance: Array, group: Ints, k: int) -> Ints:
    """Position of the member of each group that is nearest to all others of it; the first of several."""
    own = _sums(distance, group, k)
    return np.array([np.where(group == g, own[:, g], np.inf).argmin() for g in range(k)])


def _refined(distance: Array, group: Ints, k: int) -> tuple[Ints, Ints]:
    """Move each child to the nearest medoid until nothing changes (k-medoids)."""
    for _ in range(ROUNDS):
        medoids = _medoids(distance, group, k)
        moved = distance[:, medoids].argmin(axis=1)
        # Children at the same point as another group's medoid could leave their own medoid's group empty.
        moved[medoids] = np.arange(k)
        if (moved == group).all():
            break
        group = moved
    return group, _medoids(distance, group, k)


def _tree(distance: Array) -> Array:
    from scipy.cluster.hierarchy import linkage
    from scipy.spatial.distance import squareform

    symmetric = (distance + distance.T) / 2
    np.fill_diagonal(symmetric, 0.0)
    out: Array = linkage(squareform(symmetric, checks=False), "ward")
    return out


def _cuts(tree: Array, ks: Sequence[int]) -> dict[int, Ints]:
    """Cut a tree into k groups for each k, by undoing its last merges one by one."""
    from scipy.cluster.hierarchy import leaves_list

    n = len(tree) + 1
    # In the order of the leaves each branch is a run; `runs` says where the run of each branch begins.
    leaves = leaves_list(tree)
    runs, out = {2 * n - 2: 0}, {}
    for k in range(1, max(ks, default=0) + 1):
        if k in ks:
            begins = np.zeros(n, dtype=int)
            begins[list(runs.values())] = 1
            group = np.empty(n, dtype=int)
            group[leaves] = np.cumsum(begins) - 1
            out[k] = group
        if k < n:
            left, right = (int(branch) for branch in tree[n - 1 - k, :2])
            start = runs.pop(2 * n - 1 - k)
            runs[left], runs[right] = start, start + (int(tree[left - n, 3]) if left >= n else 1)
    return out


def partitions(distance: Array, ks: Sequence[int]) -> dict[int, tuple[Ints, Ints]]:
    """Sort children into k groups for each k: Ward's tree, cut, then k-medoids from there.

    Parameters
    ----------
    distance : array, shape (n, n)
        Distances between children.
    ks : sequence of int
        Numbers of groups.

    Returns
    -------
    dict
        For each k that is no more than the children: group of each, 0 to k - 1, and position of each medoid.
    """
    cuts = _cuts(_tree(distance), [k for k in ks if k <= len(distance)])
    return {k: _refined(distance, group, k) for k, group in cuts.items()}


def partition(distance: Array, k: int) -> tuple[Ints, Ints]:
    """Sort children into exactly k groups (see :func:`partitions`).

    Examples
    --------
    >>> x = np.array([0.0, 0.1, 5.0, 5.2])
    >>> partition(np.abs(x[:, None] - x), 2)[0].tolist()
    [0, 0, 1, 1]
    """
    return partitions(distance, [k])[k]


def silhouettes(distance: Array, group: Ints, k: int) -> Array:
    """Silhouette width of each child (Rousseeuw 1987): 1 in the midst of its group, 0 between two, negative astray.

    Parameters
    ----------
    distance : array, shape (n, n)
        Distances between children.
    group : array of int, shape (n,)
        Group of each, 0 to `k` - 1.
    k : int
        Number of groups.

    Returns
    -------
    array, shape (n,)
        0 for a child alone in its group.
    """
    size = np.bincount(group, minlength=k)
    sums = _sums(distance, group, k)
    rows = np.arange(len(group))
    own = sums[rows, group] / np.maximum(size[group] - 1, 1)
    others = sums / np.maximum(size, 1)
    others[rows, group] = np.inf
    next_best = others.min(axis=1)
    widest = np.maximum(own, next_best)
    clear = (size[group] > 1) & (widest > 0)
    width: Array = np.where(clear, (next_best - own) / np.where(clear, widest, 1.0), 0.0)
    return width


def stability(distance: Array, group: Ints, k: int, draws: int, rng: np.random.Generator) -> Array:
    """Mean Jaccard similarity of each group with its nearest likeness in bootstrap samples (Hennig 2007).

    Parameters
    ----------
    distance : array, shape (n, n)
        Distances between children.
    group : array of int, shape (n,)
        Groups found in all children.
    k : int
        Number of groups.
    draws : int
        Bootstrap samples.
    rng : Generator
        Source of the samples.

    Returns
    -------
    array, shape (k,)
        From 0 to 1; .75 and more is called stable, under .6 the group should not be believed.
    """
    total = np.zeros(k)
    n = len(group)
    for _ in range(draws):
        # Sorted, so that nothing depends on the order in which children were drawn.
        drawn = np.sort(rng.integers(0, n, n))
        again, _ = partition(distance[np.ix_(drawn, drawn)], k)
        kept, first = np.unique(drawn, return_index=True)
        new, old = again[first], group[kept]
        both = np.bincount(old * k + new, minlength=k * k).reshape(k, k).astype(float)
        union = both.sum(axis=1, keepdims=True) + both.sum(axis=0, keepdims=True) - both
        total += np.where(union > 0, both / np.where(union > 0, union, 1.0), 0.0).max(axis=1)
    return total / draws
