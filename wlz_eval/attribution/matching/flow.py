"""Choosing among allowed pairs at least total distance, given how many each unit may and must have: min-cost flow.

One network serves pairs with several partners and full matching (Hansen and Klopfer 2006, Journal of Computational
and Graphical Statistics 15). Flow goes from the focal units along chosen pairs to the pool. The pairs that a unit
must have pass by a gate whose total is demanded; further ones, up to the most it may have, pass by a hub::

    focal gate ─▶ each focal unit ─▶ pairs ─▶ each pool unit ─▶ pool gate
    hub ────────▶                                         ─▶ hub

Demanding the largest totals that any choice reaches makes most units matched come before least distance without
large penalties among the costs, so that these keep their digits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wlz_eval.attribution.matching.edges import Edges

__all__ = ["Side", "chosen_edges", "most_covered"]

Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]

#: Costs times nodes must stay below this for the solver's 64-bit integers.
LARGEST = 2**60


@dataclass(frozen=True)
class Side:
    """What the units of one side may and must have.

    Parameters
    ----------
    units : int
        How many units there are.
    first : int
        Pairs of a unit that count towards `total`.
    most : int
        Most pairs a unit may have, `first` included.
    total : int
        What the first pairs of all units must come to.
    exact : bool
        Whether `total` may not be exceeded.
    """

    units: int
    first: int
    most: int
    total: int
    exact: bool = True


def _whole_costs(edges: Edges, nodes: int) -> npt.NDArray[np.int64]:
    """Distances as whole numbers, scaled by a power of two: 2^60 over the nodes is the largest.

    Each is rounded by at most half of 1, which for 100,000 units is 5e-14 of the largest distance.
    """
    largest = float(edges.distance.max(initial=0.0))
    if largest == 0.0:
        return np.zeros(len(edges), dtype=np.int64)
    power = int(np.floor(np.log2(LARGEST / (nodes + 1)) - np.log2(largest))) - 1
    return np.rint(np.ldexp(edges.distance, power)).astype(np.int64)


def chosen_edges(edges: Edges, focal: Side, pool: Side) -> Bools | None:
    """Choose edges of least total distance that meet both sides' demands.

    Parameters
    ----------
    edges : Edges
    focal, pool : Side

    Returns
    -------
    array of bool, or None
        Whether each edge is chosen; None when the demands cannot be met.

    Examples
    --------
    >>> edges = Edges(np.array([0, 0, 1]), np.array([0, 1, 1]), np.array([0.0, 2.0, 1.0]))
    >>> chosen_edges(edges, Side(2, 1, 1, 2), Side(2, 1, 1, 2)).tolist()
    [True, False, True]
    """
    from ortools.graph.python import min_cost_flow

    m, n = focal.units, pool.units
    gate_one, gate_two, hub = m + n, m + n + 1, m + n + 2
    solver = min_cost_flow.SimpleMinCostFlow()

    def arcs(tail: npt.ArrayLike, head: npt.ArrayLike, capacity: int, cost: npt.ArrayLike) -> None:
        size = np.broadcast(tail, head).size
        if size and capacity > 0:
            solver.add_arcs_with_capacity_and_unit_cost(
                np.broadcast_to(tail, size).astype(np.int32),
                np.broadcast_to(head, size).astype(np.int32),
                np.full(size, capacity, dtype=np.int64),
                np.broadcast_to(cost, size).astype(np.int64),
            )

    arcs(edges.one, m + edges.two, 1, _whole_costs(edges, m + n + 3))
    arcs(gate_one, np.arange(m), focal.first, 0)
    arcs(m + np.arange(n), gate_two, pool.first, 0)
    arcs(hub, np.arange(m), focal.most - focal.first, 0)
    arcs(m + np.arange(n), hub, pool.most - pool.first, 0)
    arcs([gate_two], hub, 0 if pool.exact else n, 0)
    for node, supply in ((gate_one, focal.total), (gate_two, -pool.total), (hub, pool.total - focal.total)):
        solver.set_node_supply(node, supply)
    if solver.solve() != solver.OPTIMAL:
        return None
    return np.asarray(solver.flows(np.arange(len(edges), dtype=np.int32))) > 0


def most_covered(edges: Edges, shape: tuple[int, int], capacity: int) -> int:
    """How many focal units can have a pair at once, if a pool unit may be in at most `capacity`.

    Examples
    --------
    >>> edges = Edges(np.array([0, 1, 2]), np.array([0, 0, 0]), np.zeros(3))
    >>> most_covered(edges, (3, 1), 1), most_covered(edges, (3, 1), 2)
    (1, 2)
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_bipartite_matching, maximum_flow

    if not len(edges) or np.bincount(edges.two).max() <= capacity:
        return len(np.unique(edges.one))
    m, n = shape
    if capacity == 1:
        graph = csr_array((np.ones(len(edges), dtype=np.int8), (edges.one, edges.two)), shape=shape)
        return int((maximum_bipartite_matching(graph, perm_type="column") >= 0).sum())
    source, sink = m + n, m + n + 1
    tail = np.concatenate([edges.one, np.full(m, source), m + np.arange(n)])
    head = np.concatenate([m + edges.two, np.arange(m), np.full(n, sink)])
    room = np.concatenate([np.ones(len(edges) + m), np.full(n, capacity)]).astype(np.int32)
    return int(maximum_flow(csr_array((room, (tail, head)), shape=(sink + 1, sink + 1)), source, sink).flow_value)
