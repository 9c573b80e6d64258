"""Cluster-robust inference against R's clubSandwich on Inner London pupils (regression_reference.R).

Tolerance: both sides solve the same small linear systems in double precision; 1e-6 relative leaves room for
another order of summation only.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wlz_eval.inference import cluster_robust

DATA = Path(__file__).parent / "data" / "regressions_exam"
TOLERANCE = 1e-6
CASES = {
    "ols_cluster_robust": (False, None),
    "wls_cluster_robust": (True, None),
    "ols_six_schools": (False, 6),
}


def _pupils(six: int | None) -> pd.DataFrame:
    pupils = pd.read_csv(DATA / "data.csv")
    return pupils[pupils["school"] <= six] if six else pupils


def _design(pupils: pd.DataFrame) -> pd.DataFrame:
    dummies = {
        f"{column}{level}": (pupils[column] == level).astype(float)
        for column in ("sex", "schgend")
        for level in sorted(pupils[column].unique())[1:]
    }
    return pd.DataFrame({"(Intercept)": 1.0, "standLRT": pupils["standLRT"], **dummies})


@pytest.mark.parametrize("kind", ["CR0", "CR1", "CR1S", "CR2", "CR3"])
@pytest.mark.parametrize("case", list(CASES))
def test_every_row_of_clubsandwich_is_reproduced(case: str, kind: str) -> None:
    weighted, six = CASES[case]
    pupils = _pupils(six)
    expected = pd.read_csv(DATA / f"{case}.csv").query("type == @kind").set_index("term")
    weights = 1 + pupils["student"] % 3 if weighted else None
    fit = cluster_robust(
        _design(pupils), pupils["normexam"], pupils["school"], weights, kind=kind, df="bm"
    ).table()
    assert len(expected) >= 3
    for column in ("estimate", "se", "df", "p"):
        np.testing.assert_allclose(
            fit.loc[expected.index, column], expected[column], rtol=TOLERANCE, atol=1e-12
        )
