"""Before and after in worlds where the programme did nothing at all.

Seeds are fixed here and never redrawn. `make test-worlds` takes more of them; the study
``python -m wlz_eval.simulate.progress_study`` takes hundreds.
"""

import math
import os

import pytest

from wlz_eval.simulate.progress_study import FIRST_SEED, covered

pytestmark = pytest.mark.simulation

WORLDS = 40 if os.environ.get("WLZ_ALL_WORLDS") else 6
#: From world to world the share of rows inside their range has a standard deviation of about 0.08, and of those too
#: good one of about 0.05, since measures of one world are drawn together: worlds and not rows are counted.
SPREAD_INSIDE, SPREAD_GOOD = 0.08, 0.05


@pytest.mark.parametrize("kind", ["complete", "typical"])
def test_a_programme_that_does_nothing_looks_good_and_the_choice_of_children_explains_it(kind):
    rows = covered(kind, range(FIRST_SEED, FIRST_SEED + WORLDS))
    english = rows[(rows["measure"] == "english") & (rows["quantity"] == "change")]
    # It looks good: scores rise although nothing was done. In the study by 1.7 points, with an SD of 0.9 from world to
    # world: with six worlds less than 0.5 would be three errors too little.
    assert english["seen"].mean() > 0.5
    # And the range explains it, 95 times in 100: with six worlds less than 0.85 would be three errors too few, with
    # forty less than 0.91.
    by_world = rows.groupby("seed")["inside"].mean()
    assert by_world.mean() >= 0.95 - 3 * SPREAD_INSIDE / math.sqrt(WORLDS), by_world


def test_nothing_done_is_seldom_called_better_than_expected():
    """Beyond the good end lies what happens 25 times in 1,000, and less where the range allows for judgement."""
    worlds = max(WORLDS // 2, 3)
    rows = covered("hidden", range(FIRST_SEED, FIRST_SEED + worlds))
    assert rows["too_good"].mean() <= 0.025 + 3 * SPREAD_GOOD / math.sqrt(worlds)
