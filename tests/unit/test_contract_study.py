"""The committed results of the contract's study: made by this code, and within their bars."""

import math

import pytest

from wlz_eval.simulate.committed import code_hash, read_committed
from wlz_eval.simulate.contract_study import FALSE, FIRST_SEED, HELD, STUDY_MODULES, run_world, summary

#: Fewest worlds that are committed; ``--worlds`` goes on from there.
LEAST = 500


@pytest.fixture(scope="module")
def study():
    return read_committed("contract", "contract_study")


def test_made_by_this_code(study):
    assert study[1]["code"] == code_hash(STUDY_MODULES), "run python -m wlz_eval.simulate.contract_study again"


def test_the_first_world_comes_out_the_same(study):
    again = run_world(FIRST_SEED)
    kept = study[0].iloc[0]
    for name, value in again.items():
        assert (math.isnan(kept[name]) and math.isnan(value)) or value == pytest.approx(kept[name], abs=1e-4), name


def test_the_words_of_the_facts_are_the_tables(study):
    rows, facts = study
    assert len(rows) == facts["worlds"] >= LEAST
    assert list(rows["seed"]) == list(range(FIRST_SEED, FIRST_SEED + len(rows)))
    assert {k: facts[k] for k in summary(rows)} == pytest.approx(summary(rows), abs=1e-3)


def test_with_no_effect_the_share_beyond_no_programme_holds_zero(study):
    assert study[1]["held"] >= HELD - 2 * study[1]["held_error"]


def test_clean_worlds_are_rarely_flagged(study):
    assert study[1]["flagged"] <= FALSE + 2 * study[1]["flagged_error"]


@pytest.mark.parametrize(("found", "power"), [("named", "power_one"), ("found_every", "power_every")])
def test_planted_bunching_is_found_about_as_often_as_printed(study, found, power):
    assert study[1][found] == pytest.approx(study[1][power], abs=0.08)


def test_what_is_planted_at_every_line_is_nearly_always_found(study):
    assert study[1]["found_every"] >= 0.9
    assert study[1]["found_inflated"] > 0.5
