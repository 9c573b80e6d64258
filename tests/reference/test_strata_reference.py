"""Subclasses and coarsened exact matching against R's MatchIt 4.7.2 on its lalonde data.

Strata are compared as groups of units: MatchIt numbers the strata of coarsened exact matching in the order in
which its data meet them, we by their bins. Weights hold to 1e-6.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution.matching.cem import cem_strata
from wlz_eval.attribution.matching.subclass import subclass_strata
from wlz_eval.attribution.matching.weights import stratum_weights

DATA = Path(__file__).parent / "data" / "matchit_lalonde"
COVARIATES = ["age", "educ", "race", "married", "nodegree", "re74", "re75"]
SPECS = {"subclass6": (6, "ATT"), "subclass10_ate": (10, "ATE"), "cem": (None, "ATT")}


@pytest.mark.parametrize("spec", list(SPECS))
def test_strata_and_weights_agree_with_matchit(spec):
    data = pd.read_csv(DATA / "data.csv").set_index("unit")
    expected = pd.read_csv(DATA / spec / "weights.csv").set_index("unit").loc[data.index]
    treated = (data["treat"] == 1).to_numpy()
    classes, estimand = SPECS[spec]
    if classes is None:
        strata = cem_strata(data, COVARIATES, treated)
    else:
        distance = expected["distance"].to_numpy()
        strata = subclass_strata(distance, treated, subclasses=classes, estimand=estimand)
    theirs = pd.to_numeric(expected["subclass"]).to_numpy()
    np.testing.assert_array_equal(strata.code < 0, np.isnan(theirs))
    inside = strata.code >= 0
    pairs = pd.DataFrame({"ours": strata.code[inside], "theirs": theirs[inside]}).drop_duplicates()
    assert pairs["ours"].is_unique
    assert pairs["theirs"].is_unique
    weights = stratum_weights(strata, treated, estimand)
    np.testing.assert_allclose(weights, expected["weight"], atol=1e-6)
