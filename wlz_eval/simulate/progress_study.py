"""How often the change to be expected with no programme covers what is seen when the programme does nothing.

``python -m wlz_eval.simulate.progress_study --worlds 200`` simulates cohorts with no effect at all, runs the
before-and-after of notebook 03 on each, and prints how often the range to be expected holds what was seen: the change,
the share no longer at risk, and the share with fewer areas at risk.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import pandas as pd

from wlz_eval.measures import analysis_frame, progress
from wlz_eval.plan import make_plan
from wlz_eval.simulate.options import SimulationOptions
from wlz_eval.simulate.world import simulate

__all__ = ["FIRST_SEED", "WORLDS", "covered", "summary"]

#: Kinds of world, each without any effect: what differs from the default options.
WORLDS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "complete": {},
        "small": {"children": 60, "pool": 800, "schools": 4, "comparison_schools": 8},
        "same_schools": {"comparison_schools": 0},
        "typical": {"comparison_measures": "administrative"},
        "hidden": {"selection": "judgement"},
    }
)
#: Fixed before any of them was run, and never redrawn. Worlds from 80,000 and 90,000 on were looked at while the range
#: was made.
FIRST_SEED = 100_000


def covered(kind: str, seeds: Iterable[int], effort: str = "draft") -> pd.DataFrame:
    """Run worlds of one kind and compare what was seen with what was to be expected.

    Parameters
    ----------
    kind : str
        One of :data:`WORLDS`.
    seeds : iterable of int
    effort : str
        Draws, as in :func:`wlz_eval.measures.progress`.

    Returns
    -------
    DataFrame
        One row a world, measure and quantity (``change``, ``exit``; ``improved`` of the composite): ``seen``,
        ``expected``, ``low``, ``high``, ``inside``, ``too_good`` (beyond the range on the good side).
    """
    rows = []
    for seed in seeds:
        world = simulate(SimulationOptions(seed=seed, effect=0.0, **WORLDS[kind]))
        plan = make_plan(world.plan)
        found = progress(
            world.cohort, analysis_frame(world.cohort), plan.risk, waves=("endline",), basis=plan.selection.basis,
            effort=effort, seed=seed,  # type: ignore[arg-type]
        )
        for o in found.outcomes:
            t = o.transitions
            rows.append((seed, o.measure, "change", o.change.change, o.expected, o.sign))
            if t.at_risk:
                rows.append((seed, o.measure, "exit", 100 * t.exit_rate.share, t.expected_exit, 1))
        for c in found.composites:
            if math.isfinite(c.expected["improved"].value):
                rows.append((seed, "composite", "improved", 100 * c.seen["improved"].share, c.expected["improved"], 1))
    return pd.DataFrame(
        [
            {
                "seed": seed, "measure": measure, "quantity": quantity, "seen": seen, "expected": free.value,
                "low": free.low, "high": free.high, "inside": free.low <= seen <= free.high,
                "too_good": sign * (seen - (free.high if sign > 0 else free.low)) > 0,
            }
            for seed, measure, quantity, seen, free, sign in rows
        ]
    )


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Shares inside and beyond on the good side, by measure and quantity, with their Monte Carlo error."""
    grouped = rows.groupby(["quantity", "measure"])
    table = grouped[["seen", "expected", "inside", "too_good"]].mean()
    table["worlds"] = grouped.size()
    table["error"] = (table["inside"] * (1 - table["inside"]) / table["worlds"]) ** 0.5
    return table.reset_index()


def main() -> None:
    """Run the study from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--kind", choices=sorted(WORLDS), action="append")
    given = parser.parse_args()
    for kind in given.kind or WORLDS:
        rows = covered(kind, range(FIRST_SEED, FIRST_SEED + given.worlds))
        print(f"\n{kind}: {given.worlds} worlds, {rows['inside'].mean():.3f} inside, {rows['too_good'].mean():.3f} "
              "beyond on the good side")
        print(summary(rows).round(3).to_string(index=False), flush=True)


if __name__ == "__main__":
    main()
