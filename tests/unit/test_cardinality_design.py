"""Cardinality matching through the verb: balance as stated, whom it is about, and how children are paired."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution import match
from wlz_eval.attribution.effects import estimate_effect
from wlz_eval.core.errors import OptionError

FORMULA = "programme ~ english + fsm + C(sen)"


def _children(n: int = 300, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    english, fsm, year = rng.normal(size=n), (rng.random(n) < 0.3) * 1.0, rng.choice([7, 8], n)
    sen = rng.choice(["no", "support", "plan"], n, p=[0.7, 0.2, 0.1])
    programme = rng.random(n) < 1 / (1 + np.exp(1.2 + 0.7 * english - 0.6 * fsm - 0.5 * (sen != "no")))
    columns = {"programme": programme.astype(int), "english": english, "fsm": fsm, "sen": sen, "year": year}
    return pd.DataFrame(columns, index=[f"C{i}" for i in range(n)])


DATA = _children()


@pytest.mark.parametrize(
    ("options", "limit"),
    [
        ({}, 0.05),
        ({"tolerances": 0.02}, 0.02),
        ({"ratio": 2}, 0.05),
        ({"estimand": "ATC"}, 0.05),
        ({"estimand": "ATE", "target": "all", "ratio": None, "tolerances": 0.1}, 0.1),
        ({"target": "focal", "ratio": None}, 0.05),
        ({"exact": "year"}, 0.05),
    ],
)
def test_the_balance_table_shows_what_was_asked_for(options, limit):
    design = match(FORMULA, DATA, method="cardinality", gap=0.02, **options)
    assert design.balance().worst_before > 0.2
    assert design.balance().worst_after <= limit + 1e-9
    np.testing.assert_allclose(design.weights[design.weights > 0], 1.0)
    assert design.strata.dropna().nunique() == (2 if "exact" in options else 1)
    assert f"tolerances: {options.get('tolerances', 0.05)}" in design.account()
    if options == {"target": "focal", "ratio": None}:
        assert len(design.unmatched_programme) == 0


def test_tolerances_by_column_stand_for_all_its_levels_and_fine_columns_agree():
    design = match(FORMULA, DATA, method="cardinality", gap=0.02, tolerances={"sen": 0.3, "english": 0.01}, fine="year")
    after = design.balance().covariates["smd_after"].abs()
    assert after["english"] <= 0.01
    assert after["fsm"] <= 0.05
    assert after[[c for c in after.index if c.startswith("sen: ")]].max() <= 0.3
    used = DATA[design.weights > 0]
    shares = (used["year"] == 7).groupby(used["programme"]).mean()
    assert shares.loc[0] == pytest.approx(shares.loc[1])


@pytest.mark.parametrize("ratio", [1, 2])
def test_children_who_are_kept_can_be_paired(ratio):
    design = match(FORMULA, DATA, method="cardinality", gap=0.02, ratio=ratio, mahvars="english", exact="year")
    plain = match(FORMULA, DATA, method="cardinality", gap=0.02, ratio=ratio, exact="year")
    pd.testing.assert_series_equal(design.weights, plain.weights)
    assert set(design.pairs["focal"].value_counts()) == {ratio}
    assert design.pairs["partner"].is_unique
    assert (design.pairs["focal"].map(DATA["year"]) == design.pairs["partner"].map(DATA["year"])).all()
    outcomes = DATA[["english"]].set_axis(["y_endline"], axis=1) + DATA[["programme"]].to_numpy()
    effect = estimate_effect(design, outcomes, "y_endline", cluster="pair", model="unadjusted")
    assert effect.estimate == pytest.approx(1.0, abs=0.05 * DATA["english"].std())


def test_whom_it_is_about_must_fit():
    for options in ({"target": "all"}, {"estimand": "ATE"}, {"ratio": None}):
        with pytest.raises(OptionError, match="target"):
            match(FORMULA, DATA, method="cardinality", **options)


def test_row_order_does_not_change_who_is_kept():
    one = match(FORMULA, DATA, method="cardinality", gap=0.02)
    two = match(FORMULA, DATA.sample(frac=1, random_state=1), method="cardinality", gap=0.02)
    pd.testing.assert_series_equal(one.weights, two.weights.loc[DATA.index])
