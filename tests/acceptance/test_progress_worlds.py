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


@pytest.mark.parametrize("kind", ["complete", "typical"])
def test_a_programme_that_does_nothing_looks_good_and_the_choice_of_children_explains_it(kind):
    rows = covered(kind, range(FIRST_SEED, FIRST_SEED + WORLDS))
    english = rows[(rows["measure"] == "english") & (rows["quantity"] == "change")]
    # It looks good: scores rise although nothing was done.
    assert english["seen"].mean() > 0.5
    # And the range explains it. Measures of one world are drawn together, so worlds and not rows are counted.
    by_world = rows.groupby("seed")["inside"].mean()
    error = max(by_world.std(ddof=1) / math.sqrt(len(by_world)), math.sqrt(0.05 * 0.95 / len(rows)))
    assert by_world.mean() >= 0.95 - 0.03 - 2 * error, by_world


def test_nothing_done_is_seldom_called_better_than_expected():
    rows = covered("hidden", range(FIRST_SEED, FIRST_SEED + max(WORLDS // 2, 3)))
    assert rows["too_good"].mean() <= 0.05
