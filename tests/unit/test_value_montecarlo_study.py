"""The study of value: what is committed belongs to this code, meets its bar, and comes out of a few worlds again."""

import dataclasses

import numpy as np
import pytest

from wlz_eval.core.errors import WlzEvalError
from wlz_eval.simulate.cell_study import CHECKED
from wlz_eval.simulate.committed import read_committed
from wlz_eval.simulate.value_study import (
    CELLS,
    LEAST,
    MOST,
    draw_world,
    holds,
    judge,
    load_value_study,
    run_cell,
    study_code,
)


def test_the_committed_study_belongs_to_this_code():
    _, facts = read_committed("value", "value_study")
    again = "Run python -m wlz_eval.simulate.value_study --worlds 500 and commit data/studies/value.*"
    assert facts["code"] == study_code(), again


def test_it_covers_where_there_is_an_effect_and_holds_nothing_where_there_is_none():
    rows = load_value_study().set_index("cell")
    assert list(rows.index) == list(CELLS)
    assert (rows["worlds"] >= 500).all()
    assert rows["holds"].all()
    for name, cell in CELLS.items():
        if cell.share or not cell.optimism:
            assert LEAST <= rows.loc[name, "coverage" if cell.share else "holds_zero"] <= MOST, name


def test_a_bar_that_is_missed_is_seen():
    row = {"cell": "effect, 8 schools", "coverage": 0.92, "holds_zero": 0.95, "said_gain": 0, "ratio": 1, "truth": 1}
    none = {**row, "cell": "no effect, hopes too high, 8 schools", "ratio": -0.1, "truth": 0}
    assert not holds(row)
    assert holds({**row, "coverage": 0.95})
    assert holds(none)
    assert not holds({**none, "said_gain": 0.01})
    assert not holds({**none, "ratio": 0.01})


def test_a_harm_is_stated_at_its_full_size_where_hopes_of_gains_are_cut():
    """A share taken off a harm would state it too small, by that share."""
    harm = load_value_study().set_index("cell").loc["harm, hopes too high, 24 schools"]
    assert harm["truth"] < -1
    assert harm["ratio"] == pytest.approx(harm["truth"], abs=0.1)


def test_hopes_that_are_too_high_are_brought_down_to_the_truth():
    rows = load_value_study().set_index("cell")
    hoped, plain = rows.loc["effect, hopes too high, 8 schools"], rows.loc["effect, 8 schools"]
    assert hoped["truth"] == pytest.approx(0.6 * plain["truth"], abs=0.05)
    assert hoped["ratio"] == pytest.approx(hoped["truth"], abs=0.1)
    # Where nothing was done, what is stated errs downwards: chance harms are kept whole, chance gains are cut.
    none = rows.loc["no effect, hopes too high, 8 schools"]
    assert -0.25 < none["ratio"] <= 0


def test_with_no_effect_no_gain_is_claimed_and_the_words_match():
    rows = load_value_study()
    none = rows[[CELLS[c].share == 0 for c in rows["cell"]]]
    assert (none["said_gain"] == 0).all()
    assert (none["said_nothing"] == none["holds_zero"]).all()
    # Raw change would have claimed that benefits exceed costs by far in the same worlds.
    assert (none["raw_change"] > 1.5).all()


@pytest.mark.parametrize("name", ["effect, 8 schools", "no effect, 24 schools"])
def test_a_few_worlds_come_out_as_committed(name):
    committed = load_value_study().set_index("cell").loc[name]
    assert run_cell(name, CHECKED)["check"] == pytest.approx(committed["check"], abs=1e-4)


def test_worlds_differ_in_their_unit_values_and_not_in_their_plan():
    worlds = [draw_world("effect, 24 schools", i) for i in range(3)]
    assert len({w.ratio for w in worlds}) == 3
    assert len({tuple(x.price for x in w.lines) for w in worlds}) == 1


def test_an_interval_that_is_too_narrow_would_be_seen():
    """With effects drawn at a third of their uncertainty, far fewer intervals hold the truth."""
    covered = []
    for i in range(60):
        world = draw_world("effect, 8 schools", i)
        sure = [_surer(x.effect) for x in world.lines]
        lines = tuple(dataclasses.replace(x, effect=e) for x, e in zip(world.lines, sure, strict=True))
        pairs = tuple(dataclasses.replace(p, covariance=p.covariance / 9) for p in world.covariances)
        covered.append(judge(dataclasses.replace(world, lines=lines, covariances=pairs), i)["covered"])
    assert np.mean(covered) < 0.85


def _surer(effect):
    half = (effect.ci_high - effect.ci_low) / 6
    return dataclasses.replace(
        effect, se=effect.se / 3, ci_low=effect.estimate - half, ci_high=effect.estimate + half
    )


def test_without_a_study_it_says_what_to_run(tmp_path):
    with pytest.raises(WlzEvalError, match="value_study"):
        load_value_study(tmp_path)
