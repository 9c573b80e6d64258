"""Random-intercept REML against R's lme4 on Inner London pupils (regression_reference.R).

Tolerance: lme4 stops its own search at about 1e-6 of a standard error; 1e-5 relative is asked for.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from wlz_eval.inference import mixed_reml

DATA = Path(__file__).parent / "data" / "regressions_exam"
TOLERANCE = 1e-5


def _fit():
    pupils = pd.read_csv(DATA / "data.csv")
    X = pd.DataFrame(
        {
            "(Intercept)": 1.0,
            "standLRT": pupils["standLRT"],
            "sexM": (pupils["sex"] == "M") * 1.0,
            "schgendgirls": (pupils["schgend"] == "girls") * 1.0,
            "schgendmixed": (pupils["schgend"] == "mixed") * 1.0,
        }
    )
    return mixed_reml(X, pupils["normexam"], pupils["school"], df="satterthwaite")


def test_fixed_effects_and_their_errors_are_those_of_lme4() -> None:
    fit = _fit().table()
    expected = pd.read_csv(DATA / "mixed_reml_fixed.csv", index_col="term")
    assert list(fit.index) == list(expected.index)
    np.testing.assert_allclose(fit["estimate"], expected["Estimate"], rtol=TOLERANCE)
    np.testing.assert_allclose(fit["se"], expected["Std..Error"], rtol=TOLERANCE)


def test_variances_are_those_of_lme4() -> None:
    fit = _fit()
    expected = pd.read_csv(DATA / "mixed_reml_variance.csv", index_col="component")["variance"]
    np.testing.assert_allclose(
        [fit.variance_between, fit.variance_within], expected[["school", "residual"]], rtol=TOLERANCE
    )
