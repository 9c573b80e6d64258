"""Balanced slopes and sensitivity: simulated worlds with a known truth, diagnostics, words and figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wlz_eval.engagement.confounding import (
    balance_words,
    balanced_slope,
    confounding,
    draw_dose_balance,
    draw_slope_contour,
    draw_slopes,
    sensitivity_words,
    slope_sensitivity,
)
from wlz_eval.engagement.confounding.weights import effective_size, weighted_correlations
from wlz_eval.inference.omitted import partial_r2_of
from wlz_eval.release.sentences import check_words

KNOWN = ["need", "sen"]


def world(seed, n=400, schools=8, slope=0.0, curved=0.0, motive=0.0):
    """Dose that follows need (curved or straight), and motivation that nobody recorded, which lifts the outcome."""
    rng = np.random.default_rng(seed)
    school = rng.integers(0, schools, n)
    need, keen = rng.normal(size=n), rng.normal(size=n)
    sen = (rng.random(n) < 0.3) * 1.0
    own = rng.normal(size=(2, schools))[:, school]
    hours = 20 + 2 * need + 2 * sen + curved * (need**2 - 1) + motive * keen + own[0] + 1.5 * rng.gamma(2, 2, n)
    y = slope * hours - need - curved * (need**2 - 1) + (motive > 0) * keen + 0.3 * own[1] + rng.normal(size=n)
    before = -need + (motive > 0) * keen + rng.normal(size=n)
    return pd.DataFrame({
        "school_id": [f"S{s}" for s in school], "need": need, "sen": sen, "hours": hours, "y": y, "before": before,
        "keen": keen,
    })


def test_where_need_is_curved_weights_take_it_away_and_a_straight_line_does_not():
    found = []
    for seed in range(12):
        data = world(seed, slope=0.1, curved=1.0)
        straight = slope_sensitivity(data, "y", "hours", KNOWN)
        weighted = balanced_slope(data, "y", "hours", KNOWN)
        assert weighted.moments == 2
        found.append((slope_sensitivity(data, "y", "hours").estimate, straight.estimate, weighted.estimate))
        found[-1] += (weighted.ci_low <= 0.1 <= weighted.ci_high,)
    naive, straight, weighted, covered = np.mean(found, axis=0)
    assert naive < 0.03
    assert straight < 0.06
    assert weighted == pytest.approx(0.1, abs=0.012)
    assert covered >= 9 / 12


def test_motivation_that_nobody_recorded_biases_every_slope_and_its_strengths_say_so():
    """The slope is nothing but bias, so the planted cause must be as strong as the robustness value asks, or more."""
    for seed in range(2):
        data = world(seed, n=3000, motive=1.5)
        whole = confounding(data, "y", "hours", KNOWN)
        assert whole.reading.name in ("robust", "fragile")
        assert whole.adjusted.ci_low > 0
        assert whole.balanced.estimate > 0.03
        even = np.ones(len(data))
        X = np.column_stack([np.ones(len(data)), data[KNOWN], data["keen"]])
        with_dose = partial_r2_of([3], X, data["hours"].to_numpy(), even)
        both = np.column_stack([X, data["hours"]])
        with_outcome = partial_r2_of([3], both, data["y"].to_numpy(), even)
        assert max(with_dose, with_outcome) > whole.adjusted.robustness
        # Had it been recorded, hardly anything would be left; and half as strong a cause would not do.
        left = whole.adjusted.adjusted([with_dose, with_dose / 2], [with_outcome, with_outcome / 2])["estimate"]
        assert abs(left[0]) < 0.02
        assert left[1] > 0.02
        template, values = whole.reading.words("reading", "hours of support")
        said = template.format(**values).lower()
        assert "association" in said
        assert "effect" not in said
        assert all(f.claim == "association" for f in whole.findings())


def test_a_control_from_before_the_start_keeps_that_reading_from_being_strong():
    from wlz_eval.engagement.confounding import usual_controls

    data = world(0, motive=3.0)
    controls = usual_controls(data, "hours", KNOWN, before="before")
    found = confounding(data, "y", "hours", KNOWN, controls=controls)
    assert found.reading.name == "fragile"
    assert "control" in found.reading.against


def test_need_alone_is_read_as_what_was_known_at_the_start():
    names = [confounding(world(seed, n=300), "y", "hours", KNOWN).reading.name for seed in range(3)]
    assert names.count("explained_by_start") >= 2


def test_diagnostics_say_what_the_weights_did():
    data = world(1, slope=0.1)
    found = balanced_slope(data, "y", "hours", KNOWN, labels={"need": "Need"})
    table = found.balance.set_index("column")
    assert table["label"].tolist() == ["Need", "sen", "Need squared"]
    assert table.loc["need", "before"] == pytest.approx(np.corrcoef(data["need"], data["hours"])[0, 1])
    assert table["after"].abs().max() < 1e-8
    assert found.balanced
    np.testing.assert_allclose(found.kept["before"], found.kept["after"], atol=1e-6)
    assert found.kept["before"].iloc[1] == pytest.approx(data["hours"].std(ddof=0))
    assert found.effective == pytest.approx(found.weights.sum() ** 2 / (found.weights**2).sum())
    assert found.largest == found.weights.max()
    assert len(draw_dose_balance(found.balance).axes) == 1
    template, values = balance_words(found, "hours of support")
    check_words(template, "template")
    assert values["share"].estimate == pytest.approx(100 * found.effective / len(data))


def test_squares_that_were_not_asked_for_are_shown_all_the_same():
    found = balanced_slope(world(3, curved=1.0), "y", "hours", KNOWN, moments=1)
    table = found.balance.set_index("column")
    assert table["asked"].tolist() == [True, True, False]
    assert abs(table.loc["need squared", "after"]) > 0.1
    assert not found.balanced
    assert "not near enough" in balance_words(found)[0]


def test_too_small_an_effective_sample_gives_no_slope():
    rng = np.random.default_rng(1)
    need = rng.normal(size=200)
    data = pd.DataFrame({"school_id": np.resize(list("abcd"), 200), "need": need})
    data["hours"], data["y"] = 20 + 5 * need + rng.normal(size=200), need + rng.normal(size=200)
    found = balanced_slope(data, "y", "hours", ["need"])
    assert not found.estimated
    assert found.moments == 0
    assert found.balance["after"].isna().all()
    assert "could not be made alike" in balance_words(found)[0]
    assert draw_dose_balance(found.balance).axes


def test_order_of_rows_changes_nothing():
    data = world(5, motive=1.0).assign(phase=np.resize(["a", "b", "c"], 400))
    data.loc[::7, "need"] = np.nan
    shuffled = data.sample(frac=1, random_state=3)
    one, other = (confounding(d, "y", "hours", [*KNOWN, "phase"], baseline="before") for d in (data, shuffled))
    pd.testing.assert_frame_equal(one.table(), other.table(), check_exact=True)
    pd.testing.assert_frame_equal(one.balanced.balance, other.balanced.balance, check_exact=True)
    pd.testing.assert_frame_equal(one.adjusted.contours(), other.adjusted.contours(), check_exact=True)
    assert one.reading.name == other.reading.name


def test_words_and_contours_of_sensitivity():
    data = world(2, slope=0.3)
    found = slope_sensitivity(data, "y", "hours", KNOWN, labels={"need": "Need", "sen": "SEN"}, step=10)
    template, values = sensitivity_words(found, "hours of support")
    check_words(template, "template")
    assert "would be enough" in template
    assert values["robustness"].estimate == pytest.approx(100 * found.robustness)
    assert found.benchmarks()["covariate"].unique().tolist() == ["Need", "SEN"]
    table = found.contours()
    assert (table["label"] == "").sum() > 50
    assert table["n"].eq(len(data)).all()
    figure = draw_slope_contour(table.round(2))
    assert "dose" in figure.axes[0].get_xlabel()
    weak = slope_sensitivity(data.assign(y=np.random.default_rng(0).normal(size=400)), "y", "hours", KNOWN)
    assert weak.robustness_interval == 0
    assert "room for none" in sensitivity_words(weak)[0]


def test_something_as_strong_as_a_measure_is_named_where_it_would_do():
    data = world(4, slope=0.06)
    found = slope_sensitivity(data, "y", "hours", KNOWN, times=(1.0, 2.0))
    undone = found.benchmarks()
    assert undone.loc[undone["covariate"] == "need", "undone"].all()
    template, values = sensitivity_words(found)
    assert "Something {least} as strong as {measures}" in template
    assert (values["least"], "need" in values["measures"]) == ("just", True)


def test_slopes_side_by_side_are_drawn():
    found = confounding(world(6, n=200), "y", "hours", KNOWN)
    assert found.table()["name"].tolist() == ["unadjusted", "adjusted", "within", "balanced"]
    assert len(draw_slopes(found.table()).axes[0].get_yticklabels()) == 4
    ids = [f.finding_id for f in found.findings()]
    assert len(ids) == len(set(ids))


def test_effective_size_and_correlations_by_hand():
    w = np.array([1.0, 1.0, 2.0])
    assert effective_size(w) == pytest.approx(16 / 6)
    x, d = np.array([0.0, 1.0, 2.0]), np.array([1.0, 0.0, 2.0])
    # Repeating the third child gives the same correlation.
    by_hand = np.corrcoef([0, 1, 2, 2], [1, 0, 2, 2])[0, 1]
    assert weighted_correlations(x[:, None], d, w)[0] == pytest.approx(by_hand)
