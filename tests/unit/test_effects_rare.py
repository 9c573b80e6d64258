"""A yes/no outcome that nobody in one group has: what has not been seen is not taken for impossible."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import special
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from wlz_eval.attribution import estimate_effect, match
from wlz_eval.attribution.effects import conclude as conclude_module
from wlz_eval.attribution.effects import naive_difference
from wlz_eval.attribution.effects.analysed import analysed_children
from wlz_eval.attribution.effects.rare import FEW_NOTE, SCORE_NOTE, score_interval, wilson


def _children(have, size, none_have, none_size):
    """Children of two groups, so many of whom have the outcome."""
    y = np.r_[np.arange(size) < have, np.arange(none_size) < none_have].astype(float)
    treated = np.arange(len(y)) < size
    index = [f"c{i:03d}" for i in range(len(y))]
    table = pd.DataFrame({"passed_endline": y, "school_id": [f"s{i % 12:02d}" for i in range(len(y))]}, index=index)
    return pd.Series(treated, index=index), table


def _analysed(treated, table):
    design = match("programme ~ x", pd.DataFrame({"programme": treated, "x": np.arange(len(treated)) % 7}),
                   method="full")  # fmt: skip
    ones = pd.Series(1.0, index=treated.index)
    return replace(analysed_children(design, table, "passed_endline", cluster=None), weights=ones)


@pytest.mark.parametrize(
    ("counts", "published"),
    [((5, 56, 0, 29), (-0.0381, 0.1926)), ((0, 29, 5, 56), (-0.1926, 0.0381)), ((10, 10, 6, 20), None),
     ((0, 40, 1, 40), None)],
)  # fmt: skip
def test_with_independent_children_it_is_newcombes_interval(counts, published):
    """His table II, and statsmodels: the group that varies counts all its children at its binomial error."""
    children = _analysed(*_children(*counts))
    one, none = counts[0] / counts[1], counts[2] / counts[3]
    size, share = (counts[1], one) if 0 < one < 1 else (counts[3], none)
    found = score_interval(children, one - none, math.sqrt(share * (1 - share) / size), 1e12)
    oracle = confint_proportions_2indep(counts[0], counts[1], counts[2], counts[3], method="newcomb")
    assert (found.low, found.high) == pytest.approx(oracle, abs=1e-6)
    if published:
        assert (found.low, found.high) == pytest.approx(published, abs=5e-5)
    # The p-value is 5% where the interval of its level just reaches zero.
    t = -special.stdtrit(1e12, found.p / 2)
    again = score_interval(children, one - none, math.sqrt(share * (1 - share) / size), 1e12,
                           level=2 * special.stdtr(1e12, t) - 1)  # fmt: skip
    assert min(abs(again.low), abs(again.high)) == pytest.approx(0, abs=1e-6)


def test_wilson_is_that_of_statsmodels():
    for have in (0, 1, 7, 10):
        assert wilson(have / 10, 10, 1.959963984540054) == pytest.approx(proportion_confint(have, 10, method="wilson"))


def test_it_is_used_where_one_group_does_not_vary_and_nowhere_else():
    treated, table = _children(0, 60, 9, 60)
    for cluster in (None, "school_id"):
        found = naive_difference(treated, table, "passed_endline", cluster=cluster)
        assert SCORE_NOTE in found.notes
        assert "with score limits" in found.method
        assert found.estimate == pytest.approx(-0.15)
        assert found.ci_low < found.estimate < found.ci_high < 0
        assert found.se == pytest.approx((found.ci_high - found.ci_low) / 2 / special.stdtrit(found.df, 0.975))
        assert (found.p < 0.05) == (found.ci_high < 0)
    assert (found.scores**2).sum() == pytest.approx(found.se**2, rel=0.2)
    treated, table = _children(1, 60, 9, 60)
    some = naive_difference(treated, table, "passed_endline")
    assert SCORE_NOTE not in some.notes
    assert FEW_NOTE in some.notes
    treated, table = _children(20, 60, 9, 60)
    assert not {FEW_NOTE, SCORE_NOTE} & set(naive_difference(treated, table, "passed_endline").notes)
    treated, table = _children(60, 60, 0, 60)
    assert math.isnan(naive_difference(treated, table, "passed_endline").p)


def test_a_matched_and_adjusted_difference_has_it_too():
    treated, table = _children(0, 60, 30, 180)
    data = pd.DataFrame({"programme": treated, "x": np.sin(np.arange(240))}, index=treated.index)
    design = match("programme ~ x", data, ratio=2)
    found = estimate_effect(design, table, "passed_endline")
    assert SCORE_NOTE in found.notes
    assert -1 <= found.ci_low < found.estimate < found.ci_high
    # Names and order of rows change nothing.
    again = estimate_effect(design, table.iloc[::-1], "passed_endline")
    pd.testing.assert_frame_equal(found.table(), again.table())


def _rare_world(rng, shares=(0.01, 0.05), schools=10, size=10, icc=0.05):
    """Schools of one group each, whose shares differ; none of the first group has the outcome."""
    group = np.arange(2 * schools) < schools
    mean = np.where(group, *shares)
    while True:
        share = rng.beta(mean * (1 - icc) / icc, (1 - mean) * (1 - icc) / icc)
        y = rng.random((2 * schools, size)) < share[:, None]
        if not y[group].any() and y[~group].any():
            break
    index = [f"c{i:03d}" for i in range(2 * schools * size)]
    school = np.repeat([f"s{s:02d}" for s in range(2 * schools)], size)
    table = pd.DataFrame({"passed_endline": y.ravel() * 1.0, "school_id": school}, index=index)
    return pd.Series(np.repeat(group, size), index=index), table


@pytest.mark.simulation
def test_it_covers_where_the_usual_interval_does_not(monkeypatch):
    """In worlds where nobody of one group has the outcome, by schools: 99% against 92% in longer runs."""
    rng, truth, times = np.random.default_rng(2026), -0.04, 150
    covered = {"score": 0, "normal": 0}
    for _ in range(times):
        treated, table = _rare_world(rng)
        for kind in covered:
            with monkeypatch.context() as patch:
                if kind == "normal":
                    patch.setattr(conclude_module, "score_interval", lambda *_: None)
                found = naive_difference(treated, table, "passed_endline")
            covered[kind] += found.ci_low <= truth <= found.ci_high
    assert covered["score"] >= 0.95 * times
    assert covered["normal"] < covered["score"]
