"""Properties of delivery: rows in any order, more attendance is never less, limits hold the target."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from wlz_eval.engagement.delivery import attendance_rates, missed_runs, partner_funnel, pooled_rates
from wlz_eval.engagement.delivery.missed import chance_of_pair, longest_runs

CELLS = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(1, 30), st.integers(0, 30)), min_size=1, max_size=40)


def counts(cells):
    table = pd.DataFrame(cells, columns=["group", "planned", "attended"]).assign(child=range(len(cells)))
    return table.assign(attended=table[["planned", "attended"]].min(axis=1))


@settings(max_examples=15, deadline=None)
@given(CELLS, st.integers(0, 100))
def test_order_of_rows_does_not_matter(cells, seed):
    table = counts(cells)
    other = table.sample(frac=1, random_state=seed)
    for make in (lambda t: partner_funnel(t, 1).table(), lambda t: pooled_rates(t).table(), attendance_rates):
        pd.testing.assert_frame_equal(make(table), make(other), rtol=1e-9)


@settings(max_examples=30, deadline=None)
@given(CELLS)
def test_limits_hold_the_target_and_nest(cells):
    table = partner_funnel(counts(cells), 1).table()
    step = 100 / table["planned"] + 1e-9  # limits are whole sessions
    for name in ("inner", "outer"):
        assert (table[f"{name}_low"] <= table["target"] + step).all()
        assert (table[f"{name}_high"] >= table["target"] - step).all()
    assert (table["outer_low"] <= table["inner_low"] + 1e-9).all()
    assert (table["outer_high"] >= table["inner_high"] - 1e-9).all()


@settings(max_examples=30, deadline=None)
@given(CELLS)
def test_pooled_rates_lie_within_bounds(cells):
    table = pooled_rates(counts(cells)).table()
    if len(table):
        assert ((table["ci_low"] >= 0) & (table["ci_high"] <= 100)).all()
        assert ((table["ci_low"] <= table["pooled"]) & (table["pooled"] <= table["ci_high"])).all()


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 15), st.booleans()), min_size=1, max_size=60))
def test_runs_are_those_counted_one_by_one(rows):
    owner, day, gone = (np.array(column) for column in zip(*rows, strict=True))
    found = longest_runs(owner, day, gone, 4)
    for child in range(4):
        mine = sorted((d, not g) for o, d, g in rows if o == child)
        longest = run = 0
        for _, came in mine:
            run = 0 if came else run + 1
            longest = max(longest, run)
        assert found[child] == longest
    table = pd.DataFrame({"child_id": owner, "date": pd.Timestamp("2022-01-01") + pd.to_timedelta(day, unit="D")})
    flags = missed_runs(table.assign(attended=(~gone).astype(int)))
    assert flags.to_dict() == {c: bool(found[c] >= 2) for c in sorted(set(owner.tolist()))}


@given(st.integers(1, 60), st.data())
def test_more_misses_make_a_pair_more_likely(n, data):
    m = data.draw(st.integers(0, n))
    chance = chance_of_pair(np.full(n + 1, float(n)), np.arange(n + 1.0))
    assert (np.diff(chance) >= -1e-9).all()
    assert 0 <= chance[m] <= 1
    assert (chance[:2] == 0).all()
