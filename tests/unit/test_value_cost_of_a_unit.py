"""What one more hour costs: all costs, and those that grow, over all hours."""

import numpy as np
import pandas as pd
import pytest

from wlz_eval.core.errors import OptionError
from wlz_eval.engagement.exposure import DOSES
from wlz_eval.value.costs import Costs
from wlz_eval.value.costs.unit import cost_of_a_unit

LINES = pd.DataFrame(
    {"amount": [600.0, 300.0, 100.0], "variable": [True, False, True], "phase": ["running", "running", "start_up"]}
)


def money(lines=LINES):
    return Costs(lines, 4, 2023, "GBP")


def test_by_hand():
    found = cost_of_a_unit(money(), DOSES["hours"], pd.Series([10.0, 20.0, np.nan, 20.0]))
    assert (found.average, found.marginal, found.children) == (20.0, 12.0, 3)
    assert found.table()["amount"].tolist() == [20.0, 12.0]
    assert {(f.price_year, f.currency, f.perspective, f.claim) for f in found.findings()} == {
        (2023, "GBP", "society", "description")
    }


@pytest.mark.parametrize(("lines", "hours"), [(LINES.iloc[:0], [1.0]), (LINES, [0.0, 0.0]), (LINES, [np.nan])])
def test_no_number_where_there_is_nothing_to_spread_or_to_spread_over(lines, hours):
    found = cost_of_a_unit(money(lines), DOSES["hours"], pd.Series(hours))
    assert np.isnan(found.average)
    assert found.findings() == []
    assert "cannot be priced" in found.answer()[0]


def test_a_share_has_no_price():
    with pytest.raises(OptionError, match="do not add up"):
        cost_of_a_unit(money(), DOSES["attendance_rate"], pd.Series([50.0]))
