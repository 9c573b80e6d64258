"""Designs: what they refuse, what they drop and fill, and what they say about it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution import NobodyMatchedError, match, overlap_table
from wlz_eval.core.errors import DesignError, OptionError


@pytest.fixture
def data() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    n = 240
    need = rng.normal(size=n)
    return pd.DataFrame(
        {
            "programme": (need + rng.logistic(size=n) > 1).astype(int),
            "english_baseline": 100 - 10 * need,
            "fsm": (rng.random(n) < 0.4).astype(float),
            "sen": rng.choice(["none", "support", "ehcp"], n),
            "school_id": rng.choice(["s1", "s2", "s3"], n),
        },
        index=pd.Index([f"c{i}" for i in range(n)], name="child_id"),
    )


FORMULA = "programme ~ english_baseline + fsm + C(sen)"


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        ({"caliperr": 0.2}, "Did you mean caliper"),
        ({"order": "bigest"}, "largest"),
        ({"method": "nearst"}, "nearest"),
        ({"link": "probitt"}, "probit"),
        ({"ratio": 0}, "at least 1"),
        ({"caliper": -1}, "at least 0"),
        ({"exact": ["schol_id"]}, "school_id"),
        ({"estimand": "ATE"}, "ATT"),
    ],
)
def test_wrong_options_name_the_right_one(data, options, hint):
    with pytest.raises(OptionError, match=hint):
        match(FORMULA, data, **options)


@pytest.mark.parametrize(
    ("formula", "error", "hint"),
    [
        ("programme ~ english_endline", DesignError, "before outcomes"),
        ("programme ~ english_baselin", OptionError, "Did you mean english_baseline"),
        ("programme ~ open('x')", OptionError, "not allowed|calls"),
        ("programme ~ {1+1}", OptionError, "not allowed"),
        ("programme ~ fsm.__class__", OptionError, "not allowed"),
        ("english_baseline + fsm", OptionError, "must read"),
        ("programme ~ 1", OptionError, "no covariate"),
        ("programme ~ programme + fsm", DesignError, "both sides"),
        ("programme ~ eval(fsm)", OptionError, "calls"),
    ],
)
def test_wrong_formulas_say_why(data, formula, error, hint):
    with pytest.raises(error, match=hint):
        match(formula, data)


def test_outcomes_in_the_data_are_refused(data):
    with pytest.raises(DesignError, match="hold outcomes"):
        match(FORMULA, data.assign(english_endline=1.0))


def test_formula_terms_are_supported(data):
    design = match(
        "programme ~ poly(english_baseline, 2) + fsm:english_baseline + log(english_baseline) + C(sen)", data
    )
    assert {"sen: none", "sen: support"} <= set(design.covariates.model.columns)


def test_a_covariate_that_tells_the_groups_apart_is_named(data):
    data["offered"] = data["programme"].astype(float)
    with pytest.raises(DesignError, match="'offered' tells"):
        match(FORMULA + " + offered", data)


def test_covariates_that_tell_the_groups_apart_together(data):
    data["a"] = np.random.default_rng(1).normal(size=len(data))
    data["b"] = data["programme"] - data["a"]
    with pytest.raises(DesignError, match="together tell"):
        match("programme ~ a + b", data)


def test_constant_and_repeated_covariates_are_dropped_with_a_note(data):
    design = match(FORMULA + " + eal + twice", data.assign(eal=1.0, twice=2 * data["fsm"]))
    assert not {"eal", "twice"} & set(design.covariates.model.columns)
    assert any("eal is the same" in note for note in design.notes)
    assert any("twice" in note and "already say" in note for note in design.notes)


def test_missing_covariates_keep_every_child_and_are_counted(data):
    gone = data.index[[1, 5, 9, 200, 201]]
    data.loc[gone, "english_baseline"] = np.nan
    data.loc[gone[:2], "sen"] = None
    design = match(FORMULA, data)
    assert len(design.weights) == len(data)
    assert "english_baseline: missing" in design.covariates.model.columns
    assert "sen: not known" in design.covariates.balance.columns
    counts = design.covariates.missing.set_index("covariate")
    n1 = int(data.loc[gone, "programme"].sum())
    assert counts.loc["english_baseline"].tolist() == [n1, 5 - n1]


def test_missing_in_one_group_only_makes_no_marker(data):
    comparison = data.index[data["programme"] == 0][:8]
    data.loc[comparison, "fsm"] = np.nan
    design = match(FORMULA, data)
    assert "fsm: missing" not in design.covariates.model.columns
    assert design.covariates.kinds["fsm"] == "binary"


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (lambda d: pd.concat([d, d.iloc[:1]]), "several rows"),
        (lambda d: d[d["programme"] == 1], "no comparison child"),
        (lambda d: d[d["programme"] == 0], "no programme child"),
        (lambda d: d.assign(programme=2), "other values"),
        (
            lambda d: d.assign(fsm=pd.Timestamp("2020-01-01")).assign(
                fsm=lambda x: x["fsm"] + pd.to_timedelta(range(len(x)), "D")
            ),
            "is a date",
        ),
        (lambda d: d.assign(english_baseline=np.nan), "missing for every child"),
    ],
)
def test_unusable_data_say_what_is_wrong(data, change, hint):
    with pytest.raises(DesignError, match=hint):
        match(FORMULA, change(data))


def test_nobody_within_the_caliper(data):
    with pytest.raises(NobodyMatchedError, match="Widen the caliper"):
        match(FORMULA, data, caliper=1e-12, std_caliper=False)


def test_the_account_says_who_is_averaged_over(data):
    tight = match(FORMULA, data, caliper=0.02, exact="school_id")
    assert len(tight.unmatched_programme) > 0
    assert "could be matched" in tight.achieved_estimand
    assert tight.achieved_estimand in str(tight)
    assert "exact on: school_id" in tight.account()
    profile = tight.profile()
    assert set(profile["n_unmatched"]) == {len(tight.unmatched_programme)}


def test_overlap_counts_everybody_once(data):
    design = match(FORMULA, data)
    table = overlap_table(design)
    assert table[["programme", "comparison"]].to_numpy().sum() == len(data)
    assert table["programme_matched"].sum() == len(design.matched_programme)
    assert design.plot().axes


def test_love_plot_draws_every_covariate(data):
    table = match(FORMULA, data).balance()
    (axes,) = table.plot().axes
    assert len(axes.get_yticklabels()) == len(table.covariates)
