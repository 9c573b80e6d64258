"""Risk flags: the plan's rules, three-valued."""

import numpy as np
import pandas as pd
import pytest

from wlz_eval.core.errors import OptionError
from wlz_eval.measures import RiskRule, at_risk, risk_count, risk_flags

ENGLISH = RiskRule(area="english", column="english_baseline", below=87.38)
PEER = RiskRule(area="relationships", column="sdq_peer_baseline", at_least=4)
CONDUCT = RiskRule(area="relationships", column="sdq_conduct_baseline", at_least=3)
FSM = RiskRule(area="economic_disadvantage", column="fsm", equals=True, outcome_area=False)


@pytest.mark.parametrize(
    ("rule", "values", "flags"),
    [
        (ENGLISH, [87.37, 87.38, np.nan], [True, False, pd.NA]),
        (PEER, [4, 3, np.nan], [True, False, pd.NA]),
        (FSM, [1.0, 0.0, np.nan], [True, False, pd.NA]),
    ],
)
def test_cut_points_belong_to_the_right_side(rule, values, flags):
    assert at_risk(pd.Series(values), rule).tolist() == flags


def test_one_rule_of_an_area_is_enough_and_missing_never_means_safe():
    data = pd.DataFrame(
        {"sdq_peer_baseline": [5, 0, 0, np.nan, np.nan], "sdq_conduct_baseline": [0, 3, 0, 3, 0]}
    )
    flags = risk_flags(data, [PEER, CONDUCT])
    assert flags["relationships"].tolist() == [True, True, False, True, pd.NA]


def test_count_is_missing_when_an_area_is_not_known():
    data = pd.DataFrame({"english_baseline": [80.0, np.nan], "fsm": [1.0, 1.0]})
    count = risk_count(risk_flags(data, [ENGLISH, FSM]))
    assert count[0] == 2
    assert np.isnan(count[1])


def test_unknown_column_is_named_with_what_there_is():
    misspelt = ENGLISH.model_copy(update={"column": "english_baselin"})
    with pytest.raises(OptionError, match=r"english_baselin.*english_baseline"):
        risk_flags(pd.DataFrame({"english_baseline": [1.0]}), [misspelt])
