"""Balance under weights made anywhere: it agrees with our own designs, and says what cannot be read."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution import match
from wlz_eval.attribution.balance import balance_of
from wlz_eval.core.errors import DesignError, OptionError


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    n = 200
    need = rng.normal(size=n)
    frame = pd.DataFrame(
        {
            "programme": (need + rng.logistic(size=n) > 1).astype(int),
            "english": 100 - 10 * need,
            "fsm": rng.random(n) < 0.4,
            "sen": rng.choice(["none", "support", "ehcp"], n),
        },
        index=pd.Index([f"c{i}" for i in range(n)], name="child_id"),
    )
    frame.loc[frame.index[::17], "english"] = np.nan
    frame.loc[frame.index[::31], "sen"] = None
    return frame


@pytest.fixture(scope="module")
def design(data):
    return match("programme ~ english + fsm + sen", data, caliper=0.3)


def test_our_own_design_read_as_plain_weights_has_the_same_balance(data, design):
    own = design.balance()
    read = balance_of(data, "programme", design.weights, pairs=design.pairs, distance=design.distance)
    pd.testing.assert_frame_equal(read.data.loc[own.data.index], own.data, rtol=1e-12)
    assert len(read.data) == len(own.data)
    rows = ["All", "Matched (ESS)", "Matched", "Unmatched"]
    pd.testing.assert_frame_equal(read.sizes, design.sizes.loc[rows])
    by_strata = balance_of(data, "programme", design.weights, strata=design.strata)
    np.testing.assert_allclose(
        by_strata.data["pair_distance_after"], read.covariates["pair_distance_after"].loc[by_strata.data.index]
    )


def test_weights_in_any_order_and_form_are_read_alike(data, design):
    mixed = data.sample(frac=1, random_state=1)
    one = balance_of(data, "programme", design.weights, strata=design.strata).data
    two = balance_of(mixed, mixed["programme"].to_numpy(), design.weights, ["english", "fsm", "sen"],
                     strata=design.strata).data
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    named = balance_of(data.assign(w=design.weights), "programme", "w", strata=design.strata.to_numpy(dtype=object))
    pd.testing.assert_frame_equal(one, named.data, check_exact=True)


def test_weights_alone_have_no_distance_within_pairs(data):
    table = balance_of(data, "programme", np.ones(len(data)), estimand="ATE").data
    assert table["pair_distance_after"].isna().all()
    np.testing.assert_allclose(table["smd_before"], table["smd_after"], atol=1e-12)
    sds = data.groupby("programme")["english"].apply(lambda x: x.fillna(data["english"].mean()).var())
    row = table.loc["english"]
    assert row["smd_before"] == pytest.approx(row["difference_before"] / np.sqrt(sds.mean()))


def test_what_was_filled_is_said(data):
    notes = balance_of(data, "programme", np.ones(len(data)), ["english"]).notes
    assert len(notes) == 1
    assert "filled with the mean of the others." in notes[0]
    assert "matched" not in notes[0]


@pytest.mark.parametrize(
    ("change", "error", "hint"),
    [
        ({"weights": "wieght"}, OptionError, "Did you mean weight"),
        ({"weights": [1.0]}, OptionError, "one for each|One for each|Give one"),
        ({"weights": -np.ones(200)}, OptionError, "at least 0"),
        ({"weights": np.full(200, np.nan)}, OptionError, "at least 0"),
        ({"weights": np.zeros(200)}, DesignError, "No programme child"),
        ({"weights": pd.Series([1.0], index=["c0"])}, OptionError, "exactly one value"),
        ({"treatment": "sen"}, DesignError, "0 for comparison|missing for"),
        ({"covariates": ["englisch"]}, OptionError, "Did you mean english"),
        ({"covariates": []}, OptionError, "no covariate"),
        ({"covariates": "fsm"}, OptionError, "list of columns"),
        ({"covariates": ["english_endline"]}, DesignError, "after the programme began"),
        ({"estimand": "ATX"}, OptionError, "Valid: ATT"),
        ({"pairs": pd.DataFrame({"focal": ["c0"], "partner": ["nobody"]})}, OptionError, "'nobody'"),
        ({"pairs": pd.DataFrame({"one": ["c0"]})}, OptionError, "'focal' and 'partner'"),
        ({"distance": np.full(200, np.inf)}, OptionError, "finite"),
        ({"limit": -0.1}, OptionError, "above 0"),
    ],
)
def test_what_cannot_be_read_is_named(data, change, error, hint):
    frame = data.assign(weight=1.0, english_endline=100.0)
    given = {"treatment": "programme", "weights": "weight", "covariates": ["english", "fsm"], **change}
    with pytest.raises(error, match=hint):
        balance_of(frame, **given)


@pytest.mark.parametrize(
    ("column", "hint"),
    [(pd.Timestamp("2020-01-01"), "is a date"), (np.inf, "infinite"), (np.nan, "missing for every child")],
)
def test_unusable_columns_are_named(data, column, hint):
    with pytest.raises(DesignError, match=hint):
        balance_of(data.assign(odd=column), "programme", np.ones(len(data)), ["odd"])


def test_units_with_several_rows_are_refused(data):
    with pytest.raises(DesignError, match="several rows"):
        balance_of(pd.concat([data, data.iloc[:1]]), "programme", np.ones(len(data) + 1))
