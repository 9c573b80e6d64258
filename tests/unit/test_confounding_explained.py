"""Dose given everything known at the start, negative controls, and which reading they allow."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from wlz_eval.engagement.confounding import (
    READINGS,
    Control,
    Evidence,
    Slope,
    control_words,
    dose_explained,
    draw_dose_explained,
    draw_negative_controls,
    draw_slope_contour,
    explained_words,
    negative_controls,
    reading,
    sensitivity_words,
    slope_sensitivity,
    usual_controls,
)
from wlz_eval.reference.confounding import confounding_cut, confounding_cuts
from wlz_eval.release.sentences import check_words


@pytest.fixture(scope="module")
def children():
    rng = np.random.default_rng(3)
    n = 240
    school = rng.integers(0, 8, n)
    need = rng.normal(size=n)
    data = pd.DataFrame({
        "school_id": [f"S{s}" for s in school], "need": need, "sen": rng.random(n) < 0.3,
        "phase": rng.choice(["infant", "junior", "upper"], n),
    }, index=[f"C{i:03d}" for i in range(n)])
    data["hours"] = 20 + 2 * need + 3 * data["sen"] + rng.normal(size=8)[school] + rng.normal(scale=4, size=n)
    data["y_baseline"] = -need + rng.normal(size=n)
    return data


def test_joint_model_is_that_of_statsmodels(children):
    found = dose_explained(children, "hours", ["need", "sen", "phase"], labels={"need": "Need"})
    X = pd.DataFrame({
        "need": children["need"] / children["need"].std(), "sen": children["sen"] * 1.0,
        "junior": (children["phase"] == "junior") * 1.0, "upper": (children["phase"] == "upper") * 1.0,
    })
    fit = sm.OLS(children["hours"], sm.add_constant(X)).fit()
    np.testing.assert_allclose(found.table()["estimate"], fit.params.iloc[1:], rtol=1e-8)
    assert (found.r2, found.adjusted) == pytest.approx((fit.rsquared, fit.rsquared_adj))
    assert found.table()["step"].tolist() == [
        "one SD more", "yes rather than no", "junior rather than infant", "upper rather than infant",
    ]
    assert found.table()["label"].tolist() == ["Need", "sen", "phase", "phase"]
    counts = children["phase"].value_counts()
    assert found.table()["n_least"].tolist() == [240, int(children["sen"].sum()), counts["junior"], counts["upper"]]
    without = sm.OLS(children["hours"], sm.add_constant(X[["need", "sen"]])).fit()
    assert found.table()["share"].iloc[2] == pytest.approx(100 * (1 - fit.ssr / without.ssr))
    assert found.ci_low < found.adjusted < found.ci_high
    schools = pd.get_dummies(children["school_id"], dtype=float).iloc[:, 1:]
    both = sm.OLS(children["hours"], sm.add_constant(pd.concat([X, schools], axis=1))).fit()
    assert found.with_school == pytest.approx(both.rsquared_adj)


def test_the_spread_of_the_share_is_the_jackknife_by_school(children):
    found = dose_explained(children, "hours", ["need", "sen"])
    shares = []
    for school in sorted(children["school_id"].unique()):
        rest = children[children["school_id"] != school]
        X = sm.add_constant(rest[["need", "sen"]].astype(float))
        shares.append(np.log(1 - sm.OLS(rest["hours"], X).fit().rsquared_adj))
    m = len(shares)
    se = np.sqrt((m - 1) / m * np.sum((np.array(shares) - np.mean(shares)) ** 2))
    half = (np.log(1 - found.ci_low) - np.log(1 - found.ci_high)) / 2
    assert half == pytest.approx(2.364624 * se, rel=1e-5)


def test_order_of_rows_changes_nothing(children):
    shuffled = children.sample(frac=1, random_state=1)
    one, other = (dose_explained(d, "hours", ["need", "sen", "phase"]) for d in (children, shuffled))
    pd.testing.assert_frame_equal(one.table(), other.table(), check_exact=True)
    assert (one.adjusted, one.ci_low, one.ci_high) == (other.adjusted, other.ci_low, other.ci_high)


def test_words_and_figure_of_the_joint_model(children):
    found = dose_explained(children, "hours", ["need", "sen"])
    template, values = explained_words(found, "hours of support")
    check_words(template, "template")
    assert values["share"].claim == "association"
    assert "a large part" in template or "a good part" in template
    nothing = dose_explained(children.assign(need=np.random.default_rng(0).normal(size=240)), "hours", ["need"])
    assert "hardly anything" in explained_words(nothing)[0]
    assert nothing.summary()["share"].iloc[0] >= 0
    figure = draw_dose_explained(found.table())
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == ["need: one SD more", "sen: yes rather than no"]


class TestControls:
    def test_later_dose_that_follows_motivation_is_seen(self, children):
        rng = np.random.default_rng(5)
        keen = rng.normal(size=240)
        data = children.assign(
            early=children["hours"], late=10 + 3 * keen + rng.normal(size=240), mid=keen + rng.normal(size=240),
            blind=rng.normal(size=240),
        )
        controls = usual_controls(
            data, "hours", ["need", "sen"], baseline="y_baseline", before="blind", midpoint="mid", earlier="early",
            later="late",
        )
        assert [c.kind for c in controls] == ["later_dose", "before_start", "at_start"]
        assert controls[0].given == ("y_baseline", "need", "sen", "early")
        found = negative_controls(data, controls, labels={"mid": "Score midway"})
        table = found.table().set_index("kind")
        assert table["clear"].tolist() == [True, False, False]
        assert table["counts"].tolist() == [True, True, False]
        assert found.alarmed
        # SDs of what is left on both sides: a partial correlation.
        both = sm.add_constant(data[["y_baseline", "need", "sen", "early"]].astype(float))
        left = [sm.OLS(data[c], both).fit().resid for c in ("mid", "late")]
        assert table.loc["later_dose", "estimate"] == pytest.approx(np.corrcoef(*left)[0, 1])
        template, values = control_words(found)
        check_words(template, "template")
        assert "cannot have brought that about" in template
        assert "answered to how children were doing" in template
        assert values["measure"] == "Score midway (on dose after it)"
        assert len(draw_negative_controls(found.table()).axes) == 1

    def test_need_at_the_start_does_not_count(self, children):
        found = negative_controls(children, usual_controls(children, "hours", baseline="y_baseline"))
        assert found.table()["clear"].tolist() == [True]
        assert not found.alarmed
        assert not found.made
        assert "cannot be checked" in control_words(found)[0]

    def test_false_alarms_are_kept_to_their_level(self):
        rng = np.random.default_rng(11)
        alarms = 0
        for _ in range(40):
            d = pd.DataFrame(rng.normal(size=(120, 3)), columns=["hours", "a", "b"])
            d["school_id"] = np.resize(list("abcdefgh"), 120)
            alarms += negative_controls(d, [Control(outcome=c, exposure="hours") for c in "ab"]).alarmed
        assert alarms <= 6  # 5% of 40 is 2, and three standard errors more

    def test_silence_is_said_to_show_little(self, children):
        blind = children.assign(before=np.random.default_rng(2).normal(size=240))
        found = negative_controls(blind, [Control(outcome="before", exposure="hours", given=("need",))])
        assert "does not show that nothing unseen" in control_words(found)[0]


CLEAR = Slope(estimate=1.0, ci_low=0.5, ci_high=1.5)
OPPOSITE = Slope(estimate=-1.0, ci_low=-1.5, ci_high=-0.5)
NONE = Slope(estimate=0.1, ci_low=-0.5, ci_high=0.7)
BEST = Evidence(
    unadjusted=CLEAR, adjusted=CLEAR, balanced=CLEAR, within=CLEAR, start_known=True, balance_reached=True,
    share_explained=0.1, robustness_interval=0.3, benchmark_undoes=False, control_alarmed=False,
)


class TestReading:
    @pytest.mark.parametrize(
        ("change", "name", "against"),
        [
            ({}, "robust", ()),
            ({"adjusted": Slope()}, "cannot_be_judged", ()),
            ({"unadjusted": NONE, "adjusted": NONE}, "nothing_shown", ()),
            ({"adjusted": NONE}, "explained_by_start", ()),
            ({"balanced": NONE}, "ways_disagree", ()),
            ({"balanced": OPPOSITE}, "ways_disagree", ()),
            ({"unadjusted": NONE, "balanced": NONE}, "ways_disagree", ()),
            ({"adjusted": NONE, "answer": CLEAR}, "depends_on_schools", ()),
            ({"unadjusted": NONE, "adjusted": NONE, "answer": OPPOSITE}, "depends_on_schools", ()),
            ({"answer": NONE}, "depends_on_schools", ()),
            ({"answer": CLEAR}, "robust", ()),
            ({"unadjusted": NONE}, "robust", ()),
            ({"unadjusted": OPPOSITE}, "robust", ()),
            ({"robustness_interval": 0.05}, "fragile", ("robustness",)),
            ({"robustness_interval": float("nan")}, "fragile", ("no_sensitivity",)),
            ({"benchmark_undoes": True}, "fragile", ("benchmark",)),
            ({"balanced": Slope(), "balance_reached": False}, "fragile", ("unbalanced",)),
            ({"control_alarmed": True}, "fragile", ("control",)),
            ({"within": NONE}, "fragile", ("within",)),
            ({"share_explained": 0.01}, "fragile", ("no_yardstick",)),
            ({"share_explained": float("nan")}, "fragile", ("no_yardstick",)),
            ({"within": Slope()}, "robust", ()),
            ({"start_known": False, "balanced": Slope(), "balance_reached": False}, "fragile", ("no_start",)),
        ],
    )
    def test_every_reading(self, change, name, against):
        found = reading(dataclasses.replace(BEST, **change))
        assert (found.name, found.against) == (name, against)

    def test_mirrored_evidence_reads_the_same(self):
        mirrored = dataclasses.replace(BEST, unadjusted=OPPOSITE, adjusted=OPPOSITE, balanced=OPPOSITE, within=OPPOSITE)
        assert reading(mirrored).name == "robust"

    @pytest.mark.parametrize("name", list(READINGS))
    def test_no_reading_speaks_of_effects(self, name):
        words = READINGS[name].lower()
        check_words(words, name)
        for claim in ("effect", "caused", "impact", "led to", "works", "because of"):
            assert claim not in words
        if name not in ("cannot_be_judged", "nothing_shown"):
            assert "association" in words

    def test_reasons_are_said(self):
        template, values = reading(dataclasses.replace(BEST, control_alarmed=True)).words("reading", "hours of support")
        assert "{against}" in template
        assert "came before it" in values["against"]
        assert values["Outcome"] == "Reading"

    def test_a_reason_that_is_not_about_strength_says_nothing_of_it(self):
        # No yardstick: to call the unseen cause modest would be a guess, and sensitivity may say the contrary.
        template, values = reading(dataclasses.replace(BEST, share_explained=0.01)).words("reading", "hours")
        assert "modest" not in template + values["against"]


class TestSensitivityWords:
    def test_measures_that_hardly_say_who_had_more_are_no_reassurance(self, children):
        noise = np.random.default_rng(4).normal(size=len(children))
        found = slope_sensitivity(children.assign(y=children["hours"] + noise), "y", "hours", ["need"])
        said, bare = sensitivity_words(found)[0], sensitivity_words(found, yardstick=False)[0]
        assert "would not be enough" in said
        assert "no reassurance" not in said
        assert bare.startswith(said)
        assert "no reassurance" in bare
        check_words(bare, "template")


class TestContour:
    def test_each_measure_is_marked_once_and_named_in_a_legend(self):
        grid = pd.DataFrame([(x / 10, y / 10, 1.0 - x * y, "") for x in range(4) for y in range(4)],
                            columns=["r2_treatment", "r2_outcome", "estimate", "label"])
        marks = pd.DataFrame([(0.01 * k, 0.02, 0.9, f"{k} × {m}") for m in ("need", "a × b") for k in (1, 2, 3)],
                             columns=grid.columns)
        figure = draw_slope_contour(pd.concat([grid, marks], ignore_index=True))
        assert [t.get_text() for t in figure.legends[0].get_texts()] == ["3 × need", "3 × a × b"]
        assert not [t for t in figure.axes[0].texts if "×" in t.get_text()]


def test_every_cut_point_names_its_source():
    assert all(cut.source and cut.meaning for cut in confounding_cuts())
    # Cohen's f² of .02, .15 and .35 as shares of variance.
    for name, f2 in (("need_some", 0.02), ("need_good_part", 0.15), ("need_large_part", 0.35)):
        assert confounding_cut(name) == pytest.approx(f2 / (1 + f2), abs=0.0051)
