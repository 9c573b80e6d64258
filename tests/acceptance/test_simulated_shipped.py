"""The simulated cohorts that ship are what the simulator makes, and their naive answers are wrong."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from wlz_eval.cohort import load_cohort
from wlz_eval.core.files import cohorts_dir
from wlz_eval.measures import analysis_frame
from wlz_eval.simulate import SHIPPED, SimulationOptions, load_truth, simulate
from wlz_eval.simulate.plans import plan_text
from wlz_eval.simulate.shipped import write_shipped

SEEDS = {"simulated-complete": 2019, "simulated-typical": 2020, "simulated-hidden": 2021}
COMPUTED = {"children.parquet", "measures.parquet", "attendance.parquet", "truth.yaml"}


@pytest.mark.parametrize("cohort", SEEDS)
def test_shipped_cohort_is_what_its_seed_makes(cohort):
    assert SHIPPED[cohort].seed == SEEDS[cohort]
    world, shipped = simulate(SHIPPED[cohort]), load_cohort(cohort)
    truth = load_truth(cohorts_dir() / cohort)
    for name, table in world.cohort.tables.items():
        key = list(table.columns)
        made, held = (t[key].astype(str).sort_values(key, ignore_index=True) for t in (table, shipped[name]))
        # Numbers may differ in the last bit between processor architectures.
        numbers = [c for c in key if pd.api.types.is_float_dtype(table[c].dtype)]
        pd.testing.assert_frame_equal(made.drop(columns=numbers), held.drop(columns=numbers))
        for column in numbers:
            assert np.allclose(np.sort(table[column]), np.sort(shipped[name][column]), equal_nan=True)
    assert np.allclose(truth.per_child, world.truth.per_child, atol=1e-8)
    assert (cohorts_dir() / cohort / "plan.yaml").read_text(encoding="utf-8") == plan_text(SHIPPED[cohort])


@pytest.mark.parametrize("cohort", SEEDS)
def test_rebuilding_gives_the_files_that_ship(cohort, tmp_path):
    made, held = write_shipped(cohort, tmp_path), cohorts_dir() / cohort
    assert {path.name for path in made.iterdir()} == {path.name for path in held.iterdir()}
    for path in made.iterdir():
        # Where numbers are computed the last bit may differ between processor architectures: tables are compared above.
        if path.name not in COMPUTED:
            assert path.read_bytes() == (held / path.name).read_bytes(), path.name


@pytest.mark.parametrize("cohort", SEEDS)
def test_shipped_folder_is_small_licensed_and_marked(cohort):
    folder = cohorts_dir() / cohort
    assert sum(p.stat().st_size for p in folder.iterdir()) < 1_500_000
    assert "CC0" in (folder / "LICENCE.md").read_text(encoding="utf-8")
    assert load_cohort(cohort).provenance == "synthetic"


@pytest.mark.simulation
class TestSelection:
    """Whether measured baselines are enough to explain who was chosen: forty worlds of each kind, no effect."""

    WORLDS = 40
    FORMULA = (
        "english_endline ~ programme + english_baseline + maths_baseline + sdq_total_baseline"
        " + attendance_baseline + fsm + C(sen)"
    )

    def adjusted(self, selection):
        found = []
        for seed in range(70_000, 70_000 + self.WORLDS):
            world = simulate(SimulationOptions(seed=seed, effect=0.0, selection=selection))
            data = analysis_frame(world.cohort).data
            data = data[(data["programme"] == 1) | (data["comparison_type"] == "other_school")]
            found.append(smf.ols(self.FORMULA, data).fit().params["programme"])
        return float(np.mean(found)), float(np.std(found, ddof=1) / np.sqrt(len(found)))

    def test_observed_selection_leaves_no_bias_given_what_is_measured(self):
        mean, error = self.adjusted("observed")
        assert abs(mean) < 3 * error + 0.1

    def test_judgement_leaves_a_bias_that_no_measure_removes(self):
        mean, error = self.adjusted("judgement")
        assert mean < -5 * error
        assert mean < -1
