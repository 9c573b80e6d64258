"""What acceptance tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from wlz_eval.cohort import load_cohort, write_cohort
from wlz_eval.simulate import SimulationOptions, simulate, write_simulated


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    """A small simulated cohort as CSV."""
    folder = tmp_path_factory.mktemp("base") / "base"
    options = SimulationOptions(id="base", children=45, pool=60, schools=4, comparison_schools=2, seed=7)
    write_simulated(simulate(options), folder)
    cohort = load_cohort(folder)
    for path in folder.glob("*.parquet"):
        path.unlink()
    write_cohort(cohort, folder)
    (folder / "truth.yaml").unlink()
    return folder
