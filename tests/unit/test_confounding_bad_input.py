"""What no analysis of confounding can be made of: a clear statement, never a number."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from wlz_eval.core.errors import DesignError, OptionError
from wlz_eval.engagement.confounding import (
    Control,
    balance_words,
    balanced_slope,
    confounding,
    control_words,
    dose_explained,
    draw_dose_explained,
    draw_slopes,
    explained_words,
    negative_controls,
    sensitivity_words,
    slope_sensitivity,
    usual_controls,
)
from wlz_eval.engagement.confounding.weights import dose_weights


def children(n=120, schools=6, seed=1):
    rng = np.random.default_rng(seed)
    data = pd.DataFrame({"school_id": np.resize([f"S{i}" for i in range(schools)], n), "need": rng.normal(size=n)})
    data["hours"] = 20 + data["need"] + rng.normal(scale=3, size=n)
    data["y_baseline"] = data["need"] + rng.normal(size=n)
    return data.assign(y=0.3 * data["hours"] + data["need"] + rng.normal(size=n))


def refused(data, covariates=("need",), **options):
    """Every part, where none of them may give a number; the reasons they give."""
    whole = confounding(data, "y", "hours", covariates, **options)
    parts = [whole.explained, whole.balanced, whole.adjusted]
    assert whole.reading.name == "cannot_be_judged"
    assert draw_slopes(whole.table()).axes
    assert draw_dose_explained(whole.explained.table()).axes
    for part, words in zip(parts, (explained_words, balance_words, sensitivity_words), strict=True):
        assert not part.estimated
        assert all(math.isnan(f.estimate) for f in part.findings() if f.quantity != "largest correlation")
        assert words(part)[1]["reason"] == part.note
    return {part.note for part in parts}


@pytest.mark.parametrize("dose", [0.0, 12.5])
def test_constant_dose(dose):
    notes = refused(children().assign(hours=dose))
    assert notes == {"Every child had the same dose, so nothing can be said about who had more or less of it."}


def test_too_few_children():
    assert refused(children(n=15)) == {"Too few children have the dose and what is needed beside it."}
    assert len(refused(children().iloc[:0])) == 1


def test_fewer_children_than_covariates():
    data = children(n=24)
    more = pd.DataFrame(np.random.default_rng(0).normal(size=(24, 25)), columns=[f"x{i}" for i in range(25)])
    assert refused(data.join(more), list(more)) == {
        "There are too few children for so many measures known at the start."
    }


def test_dose_that_follows_from_the_covariates():
    data = children()
    notes = refused(data.assign(hours=3 * data["need"] + 1))
    assert notes == {"The dose follows wholly from what was known at the start and cannot be told apart from it."}


def test_missing_baseline():
    notes = refused(children().assign(y_baseline=np.nan), baseline="y_baseline")
    assert any("Too few children" in note for note in notes)


def test_no_covariates():
    data = children()
    for empty in ((), ("same",)):
        d = data.assign(same=1.0)
        assert "Nothing known at the start varies" in dose_explained(d, "hours", empty).note
        assert "Nothing known at the start varies" in balanced_slope(d, "y", "hours", empty).note
        found = confounding(d, "y", "hours", empty)
        assert found.adjusted.estimated
        assert found.adjusted.benchmarks().empty
        assert "Nothing that was known" in sensitivity_words(found.adjusted)[0]
        assert (found.reading.name, "no_start" in found.reading.against) == ("fragile", True)


def test_one_school():
    found = confounding(children(schools=1), "y", "hours", ["need"])
    assert "one school" in found.adjusted.note
    assert "one school" in found.balanced.note
    assert math.isnan(found.explained.with_school)
    assert found.explained.ci_low < found.explained.adjusted < found.explained.ci_high
    assert found.reading.name in ("fragile", "robust")
    assert "within" not in found.reading.against


def test_a_school_for_each_child():
    found = confounding(children().assign(school_id=[f"S{i}" for i in range(120)]), "y", "hours", ["need"])
    assert not found.within.estimated
    assert found.adjusted.estimated


def test_collinear_covariates_are_left_out_and_said():
    data = children().assign(twice=lambda d: 2 * d["need"], same=3.0)
    found = confounding(data, "y", "hours", ["need", "twice", "same"])
    alone = confounding(data, "y", "hours", ["need"])
    assert "twice, same" in found.adjusted.note
    assert found.explained.table()["covariate"].tolist() == ["need"]
    np.testing.assert_allclose(found.table()["estimate"], alone.table()["estimate"], rtol=1e-9)


def test_missing_values_of_a_covariate_keep_the_children():
    data = children()
    data.loc[::5, "need"] = np.nan
    found = dose_explained(data, "hours", ["need"])
    assert found.n == 120
    assert found.table()["step"].tolist() == ["one SD more", "not known"]


def test_outcome_that_is_explained_wholly():
    data = children()
    found = slope_sensitivity(data.assign(y=2.0), "y", "hours", ["need"])
    assert "wholly" in found.note
    assert confounding(data.assign(y=2.0), "y", "hours", ["need"]).reading.name == "cannot_be_judged"


def test_no_weights_are_named():
    need = np.r_[np.zeros(30), np.ones(30)]
    hours = np.r_[np.linspace(0, 5, 30), np.linspace(10, 20, 30)]
    with pytest.raises(DesignError, match="dose and need"):
        dose_weights(pd.DataFrame({"need": need}), hours)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda d: dose_explained(d, "hour", ["need"]), "Did you mean hours"),
        (lambda d: dose_explained(d, "hours", ["ned"]), "Did you mean need"),
        (lambda d: dose_explained(d, "school_id", ["need"]), "must hold numbers"),
        (lambda d: dose_explained(d, "hours", ["hours"]), "is the dose"),
        (lambda d: balanced_slope(d, "y", "hours", ["y"]), "is the outcome"),
        (lambda d: balanced_slope(d, "hours", "hours", ["need"]), "both dose and outcome"),
        (lambda d: balanced_slope(d, "y", "hours", ["need"], moments=3), "moments must be 1 or 2"),
        (lambda d: slope_sensitivity(d, "y", "hours", ["need"], times=()), "times"),
        (lambda d: slope_sensitivity(d, "y", "hours", ["need"], step=0), "step"),
        (lambda d: dose_explained(d.assign(hours=np.inf), "hours", ["need"]), "infinite"),
        (lambda d: dose_explained(d.assign(need=np.inf), "hours", ["need"]), "infinite"),
        (lambda d: negative_controls(d, [Control(outcome="y", exposure="hours", kind="x")]), "kind|Kind"),
    ],
)
def test_wrong_calls_are_refused_in_words(call, words):
    with pytest.raises(OptionError, match=words):
        call(children())


def test_controls_that_cannot_be_made_say_why():
    data = children().assign(flat=1.0, copy=lambda d: d["need"])
    found = negative_controls(data, [
        Control(outcome="flat", exposure="hours"), Control(outcome="copy", exposure="hours", given=("need",)),
    ])
    assert found.table()["estimate"].isna().all()
    assert found.table()["note"].tolist() == [
        "Every child had the same value, so nothing can go with it.", "What it is adjusted for explains it wholly.",
    ]
    assert not found.made
    assert "cannot be checked" in control_words(found)[0]
    assert usual_controls(data, "hours", before="nowhere", midpoint="y", later="hours") == ()
    assert negative_controls(data, ()).table().empty
