"""Bad input to balance under anybody's weights: a clear error that names the thing."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution.balance import balance_of
from wlz_eval.core.errors import WlzEvalError

N = 60
RNG = np.random.default_rng(3)
DATA = pd.DataFrame(
    {"programme": np.arange(N) % 3 == 0, "x": RNG.normal(size=N), "z": RNG.normal(size=N)},
    index=[f"c{i:02d}" for i in range(N)],
)
ONES = pd.Series(1.0, index=DATA.index)


def _balance(data=DATA, weights=ONES, covariates=("x", "z"), **options):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return balance_of(data, options.pop("treatment", "programme"), weights, covariates, **options)


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (-ONES, "at least 0"),
        (ONES.where(DATA["x"] > 0), "at least 0"),
        (ONES * np.inf, "at least 0"),
        (ONES * 1e200, "too large"),
        (ONES * 0, "No programme child has a weight"),
        (ONES.where(DATA["programme"], 0), "No comparison child has a weight"),
        (ONES.set_axis(range(N)), "one value for each unit"),
        (ONES.iloc[5:], "one value for each unit"),
        (pd.concat([ONES, ONES.iloc[:3]]), "one value for each unit"),
        (np.ones(3), "has shape"),
        (1.0, "has shape"),
        (ONES.to_frame(), "has shape"),
        (pd.Series("a", index=ONES.index), "one number for each unit"),
        # Days were once counted in nanoseconds, and weighed children by them.
        (pd.Series(pd.Timestamp("2020-01-01"), index=ONES.index), "one number for each unit"),
        (None, "weights are needed"),
        ("wieght", "is not a column"),
    ],
    ids=lambda given: str(given)[:30],
)
def test_weights_that_are_none(weights, words):
    with pytest.raises(WlzEvalError, match=words):
        _balance(weights=weights)


@pytest.mark.parametrize("weights", [ONES.astype(str), ONES > 0, ONES.astype(object), list(ONES), ONES * 1e-300])
def test_weights_may_be_written_in_any_way(weights):
    """A constant within a group changes nothing, however small."""
    pd.testing.assert_frame_equal(_balance(weights=weights).data, _balance().data)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"covariates": ["x", "x"]}, "named twice"),
        ({"covariates": "x"}, "must be a list"),
        ({"covariates": []}, "no covariate"),
        ({"covariates": ["xx"]}, "Did you mean x"),
        ({"data": None}, "must be a DataFrame"),
        ({"data": pd.concat([DATA, DATA[["x"]]], axis=1)}, "'x' stands in the data twice"),
        ({"data": pd.concat([DATA, DATA.iloc[:1]])}, "several rows"),
        ({"data": DATA.assign(x=[[1]] * N)}, "lists or the like"),
        ({"data": DATA.assign(x=np.inf)}, "infinite"),
        ({"data": DATA.assign(x=np.nan)}, "missing for every child"),
        ({"data": DATA.assign(x=pd.Timestamp("2020-01-01"))}, "date"),
        ({"data": DATA.assign(x_endline=1.0), "covariates": ["x_endline"]}, "after the programme began"),
        ({"treatment": pd.Series("a", index=DATA.index)}, "must be 1"),
        ({"treatment": ONES}, "no comparison child"),
        ({"distance": pd.Series("a", index=DATA.index)}, "one number for each unit"),
        ({"pairs": "x"}, "must be a DataFrame"),
        ({"pairs": pd.DataFrame({"focal": ["q"], "partner": ["c00"]})}, "not in the data"),
        ({"interactions": 3}, "must be pairs"),
        ({"interactions": [3]}, "must be pairs"),
        ({"interactions": [("x", "q")]}, "no covariate here"),
        ({"limit": np.inf}, "limit"),
        ({"estimand": "att"}, "Valid: ATT"),
    ],
    ids=lambda given: str(given)[:30],
)
def test_what_does_not_fit_is_named(options, words):
    with pytest.raises(WlzEvalError, match=words):
        _balance(**options)


def test_a_constant_covariate_is_no_imbalance():
    rows = _balance(DATA.assign(k=3.0), covariates=["x", "k"]).data
    assert rows.loc["k", ["difference_after", "smd_after"]].eq(0).all()
