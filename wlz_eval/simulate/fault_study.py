"""How often 01 names a planted fault, and how often it flags a cohort without one.

Run as ``python -m wlz_eval.simulate.fault_study --worlds 300 --seed 1``; a world takes about two seconds.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from wlz_eval.measures.quality.checks import all_clues
from wlz_eval.measures.quality.clues import decide, places
from wlz_eval.measures.quality.held import Held
from wlz_eval.simulate.faults import FAULTS, PlantedFault, large_enough, plant_fault
from wlz_eval.simulate.options import make_options
from wlz_eval.simulate.world import SimulatedCohort, simulate

__all__ = ["SIZES", "draw_world", "named", "suspected_in", "try_faults"]

#: Cohorts of four sizes, from a pilot without comparison children to the default.
SIZES: tuple[dict[str, Any], ...] = (
    {"children": 40, "pool": 0, "schools": 4, "comparison_schools": 0},
    {"children": 60, "pool": 900, "schools": 5, "comparison_schools": 8},
    {"children": 150, "pool": 2000, "schools": 6, "comparison_schools": 10},
    {"children": 300, "pool": 4000, "schools": 10, "comparison_schools": 20},
)


def draw_world(seed: int, sizes: Sequence[dict[str, Any]] = SIZES) -> SimulatedCohort:
    """Simulate a cohort whose size, effect, selection, measures and growth of schools are drawn from the seed."""
    rng = np.random.default_rng([seed, 7])
    return simulate(
        make_options(
            **sizes[int(rng.integers(len(sizes)))],
            seed=seed,
            effect=float(rng.choice([0.0, 0.15, 0.3])),
            selection=str(rng.choice(["observed", "judgement"])),
            comparison_measures=str(rng.choice(["all", "administrative"])),
            growth_icc=float(rng.choice([0.0, 0.02, 0.05])),
        )
    )


def suspected_in(cohort: Any) -> pd.DataFrame:
    """Return the faults that 01 suspects in a cohort."""
    return places(decide(all_clues(Held(cohort))))


def named(planted: PlantedFault, suspected: pd.DataFrame) -> bool:
    """Whether the planted fault is among the suspected: the right kind, table, school or partner, and time."""
    for row in suspected.itertuples():
        same_place = (row.kind, row.table, row.school, row.partner) == (
            planted.kind, planted.table, planted.school, planted.partner
        )
        if same_place and (not planted.wave or set(planted.wave.split()) <= set(str(row.waves).split())):
            return True
    return False


def try_faults(seeds: Sequence[int], sizes: Sequence[dict[str, Any]] = SIZES) -> Iterator[dict[str, Any]]:
    """Look at one clean world a seed, and at the same world with a fault; kinds of fault take turns.

    Yields
    ------
    dict
        ``seed``, ``children``, ``clean_flagged``, and of the fault ``kind``, ``variant``, ``size``, ``large``
        (enough to be
        seen), ``named`` and ``others`` (suspected faults that were not planted). Worlds without a place for the fault
        have no ``kind``.
    """
    kinds = list(FAULTS)
    for i, seed in enumerate(seeds):
        cohort = draw_world(seed, sizes).cohort
        row: dict[str, Any] = {"seed": seed, "children": len(cohort.children)}
        row["clean_flagged"] = bool(len(suspected_in(cohort)))
        planted = plant_fault(cohort, kinds[i % len(kinds)], seed)
        if planted is not None:
            found = suspected_in(planted.cohort)
            hit = named(planted, found)
            row |= {
                "kind": planted.kind, "variant": planted.variant, "size": planted.size, "large": large_enough(planted),
                "named": hit, "others": len(found) - int(hit),
            }
        yield row


def main() -> None:
    """Print each world, and the two rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1, help="first seed; worlds take the following ones")
    asked = parser.parse_args()
    rows = []
    for row in try_faults(range(asked.seed, asked.seed + asked.worlds)):
        rows.append(row)
        print(*row.values(), flush=True)
    table = pd.DataFrame(rows)
    print(f"clean cohorts flagged: {int(table['clean_flagged'].sum())} of {len(table)}")
    planted = table[table["kind"].notna()]
    counts = {"tried": ("named", "size"), "named": ("named", "sum"), "others": ("others", "sum")}
    print(planted.groupby(["kind", "large"]).agg(**counts))
    large = planted[planted["large"].astype(bool)]
    print(f"planted faults large enough: {len(large)}, named: {int(large['named'].sum())}")


if __name__ == "__main__":
    main()
