"""Rebuild the simulated cohorts that ship: ``python -m wlz_eval.simulate.shipped``. Same seeds, same bytes."""

from __future__ import annotations

import sys
from pathlib import Path

from wlz_eval.core.files import cohorts_dir
from wlz_eval.simulate.options import SHIPPED
from wlz_eval.simulate.world import simulate
from wlz_eval.simulate.write import write_simulated

__all__ = ["write_shipped"]


def write_shipped(cohort: str, root: str | Path | None = None) -> Path:
    """Simulate a cohort that ships and write its folder.

    Parameters
    ----------
    cohort : str
        Id in :data:`~wlz_eval.simulate.options.SHIPPED`.
    root : str or Path, optional
        Folder in which the cohort's own is written; ``data/cohorts`` when left out.

    Returns
    -------
    Path
        The cohort's folder.
    """
    return write_simulated(simulate(SHIPPED[cohort]), Path(root or cohorts_dir()) / cohort)


def main() -> int:
    """Write all of them to data/cohorts."""
    for cohort in SHIPPED:
        sys.stdout.write(f"{write_shipped(cohort)}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
