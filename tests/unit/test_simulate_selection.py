"""Children of the observed world are chosen by what the tables hold.

A reading that was never taken once counted in a child's points: programme children without a baseline were then worse
off than comparison children without one, by something that no table held, and estimates were biased against the
programme by a fifth of a standard error.
"""

import numpy as np

from wlz_eval.simulate.options import SimulationOptions
from wlz_eval.simulate.pupils import draw_pupils
from wlz_eval.simulate.selection import need_points, select
from wlz_eval.simulate.world import _before, _recorded, simulate


def test_a_reading_that_was_never_taken_scores_no_points():
    options = SimulationOptions(children=40, pool=2000, seed=5)
    pupils = draw_pupils(options)
    baseline = {name: v for (name, wave), v in _before(options, pupils).values.items() if wave == "baseline"}
    recorded = _recorded(options, baseline)
    gone = np.isnan(recorded["english"])
    assert 0 < gone.mean() < 0.2
    moved = {**recorded, "english": np.where(gone, np.nan, recorded["english"] - 15)}
    before, after = need_points(options, pupils, recorded), need_points(options, pupils, moved)
    assert (after[gone] == before[gone]).all()
    assert (after[~gone] > before[~gone]).all()


def test_what_is_missing_in_the_tables_is_what_did_not_count():
    options = SimulationOptions(children=60, pool=600, seed=6)
    pupils = draw_pupils(options)
    baseline = {name: v for (name, wave), v in _before(options, pupils).values.items() if wave == "baseline"}
    cohort = simulate(options).cohort
    held = cohort.measures[(cohort.measures["measure"] == "english") & (cohort.measures["wave"] == "baseline")]
    chosen = select(options, pupils, _recorded(options, baseline))
    known = np.isfinite(_recorded(options, baseline)["english"])
    known[chosen.offered[~chosen.consented]] = False
    assert len(held) == known.sum()
