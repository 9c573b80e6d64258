"""Write a simulated cohort to a folder."""

from __future__ import annotations

from pathlib import Path

from wlz_eval.cohort import write_cohort
from wlz_eval.core.files import write_atomic
from wlz_eval.simulate.plans import plan_text
from wlz_eval.simulate.truth import write_truth
from wlz_eval.simulate.world import SimulatedCohort

__all__ = ["PARQUET", "write_simulated"]

#: Tables that are long enough to be written as Parquet.
PARQUET: tuple[str, ...] = ("children", "measures", "attendance", "interactions", "sessions")

LICENCE = """\
# Licence of {id}

These pupils are simulated. No real child is in this folder, and nothing in it was taken from a real child.

The data are dedicated to the public domain under CC0 1.0 Universal: use them for anything, without asking.

They were made by `wlz_eval.simulate` with seed {seed}; `truth.yaml` holds the effects that the simulation
put in. Prices and links to money in the plan and the contract are illustrative.
"""


def write_simulated(simulated: SimulatedCohort, folder: str | Path) -> Path:
    """Write the cohort, its plan, its known answer and its licence.

    Parameters
    ----------
    simulated : SimulatedCohort
        What :func:`~wlz_eval.simulate.simulate` made.
    folder : str or Path
        Where; named as the cohort's id, so that it loads again.

    Returns
    -------
    Path
        The folder.
    """
    folder = Path(folder)
    write_cohort(simulated.cohort, folder, parquet=PARQUET)
    write_atomic(folder / "plan.yaml", plan_text(simulated.options))
    write_truth(simulated.truth, folder)
    write_atomic(folder / "LICENCE.md", LICENCE.format(id=simulated.options.id, seed=simulated.options.seed))
    return folder
