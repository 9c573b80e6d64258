"""Children who are alike in everything are looked at once when repeated columns are sought: the answer is the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution.covariates import _alike, _independent, make_covariates
from wlz_eval.attribution.formula import read_formula

RNG = np.random.default_rng(4)
YEAR = RNG.integers(7, 10, 600)
DATA = pd.DataFrame(
    {
        "programme": RNG.integers(0, 2, 600),
        "sen": np.array(["none", "support", "plan"])[RNG.integers(0, 3, 600)],
        "year": YEAR.astype(float),
        "group": YEAR.astype(str),
        "late": (YEAR == 9).astype(float),
        "odd": np.where(np.arange(600) == 17, 1.0, 0.0),
    }
)


def test_repeated_rows_stand_once_without_changing_which_columns_are_kept():
    code = _alike(DATA[["sen", "year", "group", "late", "odd"]])
    assert code is not None
    assert len(np.unique(code)) < 30
    columns = pd.get_dummies(DATA[["sen", "group"]], drop_first=True).assign(
        year=DATA["year"], late=DATA["late"], odd=DATA["odd"], both=lambda d: d["late"] + d["odd"]
    )
    values = columns.to_numpy(dtype=float)
    once = _independent(values, code)
    assert once.tolist() == _independent(values).tolist()
    assert columns.columns[~once].tolist() == ["year", "late", "both"]


@pytest.mark.parametrize("columns", [["year", "late"], ["sen", "own"]])
def test_rows_that_do_not_repeat_or_have_no_factor_are_all_looked_at(columns):
    assert _alike(DATA.assign(own=RNG.normal(size=600))[columns]) is None


def test_what_is_left_out_is_named():
    formula = read_formula("programme ~ C(group) + late + odd", [str(c) for c in DATA])
    made = make_covariates(formula, DATA, DATA["programme"].to_numpy() == 1)
    assert list(made.model) == ["group: 8", "group: 9", "odd"]
    assert any("late" in note for note in made.notes)
