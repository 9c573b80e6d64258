"""How much dose for a given change: Fieller's set against a published example and by force, and its words."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

from wlz_eval.engagement.dose import (
    CHANGE_READINGS,
    DoseWording,
    dose_for_change,
    draw_dose_for_change,
    fieller_set,
)
from wlz_eval.engagement.dose.change import read_ratios
from wlz_eval.engagement.regress import engagement_slope

WORDING = DoseWording(outcome="reading", dose="hours of support", dose_unit="hours")


def children(slope: float, n: int = 240, schools: int = 8, seed: int = 1, noise: float = 6.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    school = rng.integers(0, schools, n)
    before, hours = rng.normal(100, 10, n), rng.gamma(3, 8, n)
    y = 0.6 * before + slope * hours + rng.normal(size=schools)[school] + rng.normal(0, noise, n)
    return pd.DataFrame({"school_id": [f"s{v}" for v in school], "before": before, "hours": hours, "y": y})


def test_fieller_agrees_with_published_worked_examples():
    """GraphPad QuickCalcs, 14 (SEM 1.22) over 7 (SEM 0.82), n = 6 each; and DCSTATS, with 3 and 2 at 90%."""
    for level, low, high in ((0.90, 1.54, 2.64), (0.95, 1.46, 2.83), (0.99, 1.27, 3.36)):
        found = fieller_set(14, 7, 9 / 6, 4 / 6, stats.t.ppf(0.5 + level / 2, 10))
        assert found.kind == "bounded"
        assert (round(found.low, 2), round(found.high, 2)) == (low, high)
    found = fieller_set(14, 7, 9, 4, 1.812461)
    assert (found.low, found.high) == pytest.approx((1.051413, 4.414296), abs=2e-5)


@pytest.mark.parametrize("seed", range(40))
def test_fieller_is_the_test_of_every_ratio(seed):
    """By force: a ratio belongs to the set exactly when its t is not beyond the quantile."""
    rng = np.random.default_rng(seed)
    above, below = rng.normal(0, 2, 2)
    A = rng.normal(size=(2, 2)) * rng.choice([0.3, 1.0, 3.0])
    V = A @ A.T
    found = fieller_set(above, below, V[0, 0], V[1, 1], 2.2, V[0, 1])
    ratios = np.concatenate([np.linspace(-30, 30, 4001), [-1e7, 1e7]])
    t = (above - ratios * below) ** 2 / (V[0, 0] - 2 * ratios * V[0, 1] + ratios**2 * V[1, 1])
    clear = abs(t - 2.2**2) > 1e-6
    assert [found.holds(r) for r in ratios[clear]] == (t <= 2.2**2)[clear].tolist()


def test_every_kind_arises_by_force():
    kinds = {fieller_set(a, b, v, w, 2.0).kind for a in (0.1, 5) for b in (0.1, 5) for v in (0.0, 1) for w in (0.01, 1)}
    assert kinds == {"bounded", "exclusive", "everything"}
    assert read_ratios(fieller_set(0.1, 0.1, 1, 1, 2.0))[0] == "everything"
    assert read_ratios(fieller_set(0.1, 5, 1, 0.01, 2.0))[0] == "either"
    # A slope exactly as far from zero as its quantile has no upper limit, not a failure.
    assert fieller_set(2.0, 0.2, 0.0, 0.01, 2.0).holds(1e9)
    assert not fieller_set(2.0, 0.2, 0.0, 0.01, 2.0).holds(0.0)


def test_ends_are_where_the_ends_of_the_slope_take_the_change():
    data = children(0.3)
    found = dose_for_change(data, "y", "hours", 3.0, baseline="before")
    slope = engagement_slope(data, "y", "hours", baseline="before")
    assert found.kind == "bounded"
    expected = (3 / slope.estimate, 3 / slope.ci_high, 3 / slope.ci_low)
    assert (found.dose, found.low, found.high) == pytest.approx(expected, rel=1e-6)
    row = found.table().iloc[0]
    assert (row["dose"], row["n"], row["slope"]) == pytest.approx((found.dose, 240, slope.estimate))
    down = dose_for_change(data.assign(y=-data["y"], before=-data["before"]), "y", "hours", -3.0, baseline="before")
    assert (down.dose, down.low, down.high) == pytest.approx(expected, rel=1e-6)


def test_the_degrees_of_freedom_are_the_slopes():
    found = dose_for_change(children(0.3), "y", "hours", 3.0, baseline="before")
    factor = special.stdtrit(found.slope.df, 0.975)
    assert abs(3 - found.low * found.slope.estimate) / (found.low * found.slope.se) == pytest.approx(factor)


def test_without_an_association_there_is_a_lower_limit_only():
    found = dose_for_change(children(0.0), "y", "hours", 3.0, baseline="before", wording=WORDING)
    assert found.kind == "at_least"
    assert found.high == math.inf
    assert math.isnan(found.table()["high"].iloc[0])
    limits = 3 / np.array([found.slope.ci_low, found.slope.ci_high])
    assert found.low == pytest.approx(limits.max(), rel=1e-6)
    template, values = found.answer()
    assert "at least {low}" in template
    assert "no upper limit can be given" in template
    assert values["low"].estimate == found.low
    assert not values["dose"].has_interval


def test_a_slope_that_runs_the_other_way_gives_no_number():
    found = dose_for_change(children(-0.3), "y", "hours", 3.0, baseline="before", wording=WORDING)
    assert (found.kind, math.isnan(found.dose), math.isnan(found.low)) == ("less", True, True)
    assert "with less of it, not with more" in found.answer()[0]
    assert dose_for_change(children(-0.3), "y", "hours", -3.0, baseline="before").kind == "bounded"


def test_the_line_may_run_the_other_way_without_being_sure_of_it():
    found = dose_for_change(children(-0.02, seed=4), "y", "hours", 3.0, baseline="before")
    assert found.slope.estimate < 0
    assert (found.kind, math.isnan(found.dose)) == ("at_least", True)
    assert "runs the other way" in found.note


@pytest.mark.parametrize(
    ("change", "slope", "beyond"), [(3.0, 0.3, ""), (11.5, 0.3, "upper"), (30.0, 0.3, "all"), (1.5, 0.01, "estimate")]
)
def test_what_was_not_seen_is_said_to_be_so(change, slope, beyond):
    found = dose_for_change(children(slope), "y", "hours", change, baseline="before", wording=WORDING)
    assert found.beyond == beyond
    span = found.seen_high - found.seen_low
    assert (found.low > span) == (beyond == "all")
    template, _ = found.answer()
    assert ("beyond the doses seen here" in template) == bool(beyond)
    assert ("beyond" in found.table()["beyond"].iloc[0]) == bool(beyond)


def test_a_change_that_is_itself_an_estimate_widens_the_interval():
    plain, unsure, lost = (
        dose_for_change(children(0.3), "y", "hours", 3.0, baseline="before", change_se=se) for se in (0.0, 0.5, 9.0)
    )
    assert unsure.low < plain.low < plain.high < unsure.high
    assert lost.kind == "either"
    assert dose_for_change(children(0.0), "y", "hours", 3.0, baseline="before", change_se=9.0).kind == "everything"


def test_every_kind_is_put_into_words_without_a_number():
    from wlz_eval.engagement.dose.words import CHANGE_TEMPLATES, SHARE_NONE, SHARE_TEMPLATES

    assert set(CHANGE_TEMPLATES) == set(CHANGE_READINGS)
    for template in [*CHANGE_TEMPLATES.values(), *SHARE_TEMPLATES.values(), *SHARE_NONE.values()]:
        assert not any(c.isdigit() for c in template.replace("95%", ""))


def test_the_figure_has_an_arrow_where_there_is_no_upper_limit():
    tables = [
        dose_for_change(children(s), "y", "hours", 3.0, baseline="before").table() for s in (0.3, 0.0, -0.3)
    ]
    figure = draw_dose_for_change(pd.concat(tables, ignore_index=True))
    texts = [t.get_text() for t in figure.axes[0].texts]
    assert texts.count(CHANGE_READINGS["at_least"]) == 1
    assert texts.count(CHANGE_READINGS["less"]) == 1
    assert sum(t.arrow_patch is not None for t in figure.axes[0].texts) == 1
    assert "beyond the doses seen here" in texts
