"""Regimes of disclosure control: one table drives plan, rule and documents."""

from pathlib import Path
from typing import get_args

import pytest
import yaml

from wlz_eval.core.errors import OptionError, PlanError
from wlz_eval.plan import make_plan
from wlz_eval.plan.disclosure import DisclosureOptions
from wlz_eval.reference.disclosure import (
    LEVELS,
    RegimeName,
    disclosure_regime,
    disclosure_regimes,
    looser,
    regime_lines,
)

OUTCOMES = {"outcomes": [{"measure": "english", "primary": True}]}
ROOT = Path(__file__).parents[2]
NAMES = [regime.name for regime in disclosure_regimes()]


def plan(**disclosure):
    return make_plan({**OUTCOMES, **({"disclosure": disclosure} if disclosure else {})})


def test_the_table_names_every_regime_and_every_key():
    assert tuple(NAMES) == get_args(RegimeName)
    assert set(DisclosureOptions.model_fields) == {"regime", *LEVELS}
    assert all(regime.source for regime in disclosure_regimes())
    with pytest.raises(OptionError, match="opensafely"):
        disclosure_regime("opensafley")


def test_the_defaults_of_the_plan_are_the_first_row():
    standard = disclosure_regime("standard").keys()
    assert {key: field.default for key, field in DisclosureOptions.model_fields.items() if key in LEVELS} == standard


@pytest.mark.parametrize("name", NAMES)
def test_a_plan_that_names_a_regime_gets_its_keys(name):
    assert {key: getattr(plan(regime=name).disclosure, key) for key in LEVELS} == disclosure_regime(name).keys()


def test_what_the_regimes_are_known_for():
    of = {name: disclosure_regime(name).keys() for name in NAMES}
    assert {name: keys["threshold"] for name, keys in of.items()} == {
        "standard": 10, "ons": 10, "opensafely": 8, "sacro": 10}
    assert (of["opensafely"]["percentages"], of["opensafely"]["totals"]) == ("midpoint", "parts")
    sacro = disclosure_regime("sacro")
    assert (sacro.residual_df, sacro.dominance_units, sacro.dominance_percent, sacro.p_percent) == (10, 2, 90, 10)
    assert all(keys["round_to"] >= 5 for keys in of.values()), "no regime shows the exact number of children"


def test_a_regime_that_is_not_used_leaves_the_hash_alone():
    told = plan(threshold=10, round_to=5)
    assert plan().plan_hash == plan(regime="standard").plan_hash == told.plan_hash
    assert told.as_dict()["disclosure"] == {"threshold": 10, "round_to": 5}
    others = {plan(regime=name).plan_hash for name in NAMES if name != "standard"}
    assert len(others | {plan().plan_hash}) == len(NAMES)
    again = make_plan(plan(regime="opensafely", threshold=12).as_dict())
    assert again.plan_hash == plan(regime="opensafely", threshold=12).plan_hash


def test_a_shipped_plan_says_no_more_than_it_did_before_there_were_regimes():
    written = yaml.safe_load((ROOT / "data/cohorts/star-1986/plan.yaml").read_text())
    assert make_plan(written).as_dict()["disclosure"] == {"threshold": 10, "round_to": 5}


def test_an_unknown_regime_is_told_with_the_nearest():
    with pytest.raises(PlanError, match="Did you mean opensafely") as caught:
        plan(regime="opensafley")
    assert caught.value.problems[0].column == "disclosure.regime"


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [("ons", "threshold", 9), ("sacro", "round_to", 1), ("opensafely", "percentages", "exact"),
     ("opensafely", "totals", "own"), ("sacro", "residual_df", 9), ("sacro", "dominance_units", 1),
     ("sacro", "dominance_percent", 95.0), ("sacro", "p_percent", 5.0), ("standard", "p_percent", 5.0)],
)
def test_no_key_may_be_looser_than_the_regime(name, key, value):
    with pytest.raises(PlanError, match=f"{key} is .* in the regime '{name}'.*never looser"):
        plan(regime=name, **{key: value})


@pytest.mark.parametrize(
    ("key", "value"),
    [("threshold", 20), ("round_to", 10), ("rounding", "midpoint"), ("percentages", "rounded"), ("totals", "parts"),
     ("residual_df", 20), ("dominance_percent", 80.0), ("p_percent", 20.0)],
)
def test_each_key_may_be_stricter(key, value):
    assert getattr(plan(regime="sacro", **{key: value}).disclosure, key) == value
    assert not looser(key, value, disclosure_regime("sacro").keys()[key])


def test_a_regime_may_be_taken_by_an_override_and_is_a_departure():
    changed = make_plan(OUTCOMES, {"disclosure.regime": "opensafely"})
    assert changed.disclosure.percentages == "midpoint"
    assert "disclosure.regime" in {departure.key for departure in changed.departures}


def test_the_document_says_what_the_table_says():
    document = (ROOT / "docs/data-protection.md").read_text(encoding="utf-8")
    assert "\n".join(regime_lines()) in document
    assert len(regime_lines()) == 2 + len(LEVELS)
    assert all(f"`{name}`" in document for name in NAMES)
