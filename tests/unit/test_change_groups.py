"""Improved, same, worse by engagement: the pilot's table, its test and its intervals."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from wlz_eval.core.errors import OptionError
from wlz_eval.engagement.change import (
    GROUPS,
    change_by_engagement,
    change_by_level,
    dose_by_change,
    draw_change_by_level,
    draw_dose_by_change,
    measure_change_groups,
    ordered_trend,
    risk_change_groups,
    thirds_of,
)
from wlz_eval.engagement.exposure import DOSES, exposures
from wlz_eval.measures import analysis_frame
from wlz_eval.measures.options import RiskRule
from wlz_eval.pilot.folders import rebuilt_folder
from wlz_eval.plan import load_cohort_and_plan

CONTACTS, HOURS = DOSES["link_worker_interactions"], DOSES["hours"]


@pytest.fixture(scope="module")
def phoenix():
    """Phoenix in the pilot, rebuilt, with each child's dose and the change in the number of risks."""
    cohort, plan = load_cohort_and_plan(rebuilt_folder() / "pilot-phoenix")
    frame = analysis_frame(cohort)
    doses = exposures(cohort, frame)
    data = frame.data.loc[doses.index].join(doses)
    return data.assign(change=risk_change_groups(cohort, data, plan.risk, "endline"))


def world(seed, sizes=(20, 20, 20), schools=4, lift=0.0, school_sd=0.0):
    """Doses of negative binomial spread; those who did better had `lift` more, and schools differ."""
    rng = np.random.default_rng(seed)
    group = np.repeat(GROUPS, sizes)
    n = len(group)
    school = rng.integers(0, schools, n)
    hours = rng.poisson(rng.gamma(4, 5, n)) + lift * (group == "improved") + rng.normal(0, school_sd, schools)[school]
    return pd.DataFrame({"change": group, "hours": hours.astype(float), "school_id": school.astype(str)})


def by_hours(data, **options):
    return change_by_engagement(data, "change", HOURS, name="english", outcome="English", **options)


class TestPilot:
    def test_published_means(self, phoenix):
        """24.1, 18.2 and 12.5 for 14, 14 and 2 children; how they differ within a group was never published."""
        found = change_by_engagement(phoenix, "change", CONTACTS, name="risks", outcome="the number of risks")
        table = found.table()
        assert table["n"].tolist() == [14, 14, 2]
        assert table["mean"].round(1).tolist() == [24.1, 18.2, 12.5]
        assert (found.n, found.missing, found.schools) == (30, 4, 1)
        assert found.trend.method == "exact permutation test"
        two = table.set_index("group").loc["got worse"]
        assert two["ci_low"] == 0.0
        assert two["ci_high"] > 40, "two children say next to nothing of a mean"

    def test_every_number_is_an_association(self, phoenix):
        found = change_by_engagement(phoenix, "change", CONTACTS, name="risks", outcome="the number of risks")
        assert {f.claim for f in found.findings()} == {"association"}
        assert len({f.finding_id for f in found.findings()}) == len(found.findings()) == 8
        template, values = found.answer()
        assert "association" in template
        assert not any(c.isdigit() for c in template)
        assert {"improved", "same", "worse", "p", "dose", "outcome"} == set(values)


class TestGroups:
    def test_a_score_that_rises_with_age_is_judged_by_the_mean_change(self, tiny_cohort):
        frame = analysis_frame(tiny_cohort).data
        later = frame.assign(english_endline=frame["english_baseline"] + [0.0, 7.0, 14.0] * 4)
        normed = measure_change_groups(tiny_cohort, later, "english", "endline")
        facts = tiny_cohort.measure("english").model_copy(update={"mean": None})
        raw = dataclasses.replace(tiny_cohort, meta=tiny_cohort.meta.model_copy(update={"measures": (facts,)}))
        assert normed.tolist()[:3] == ["about the same", "improved", "improved"]
        assert measure_change_groups(raw, later, "english", "endline").tolist()[:3] == [
            "got worse", "about the same", "improved"
        ]

    def test_no_group_without_direction_or_baseline(self, tiny_cohort):
        frame = analysis_frame(tiny_cohort).data
        assert measure_change_groups(tiny_cohort, frame, "english", "endline", "unclear") is None
        assert measure_change_groups(tiny_cohort, frame.drop(columns="english_baseline"), "english", "endline") is None

    def test_number_of_risks(self, tiny_cohort):
        rules = [
            RiskRule(area="english", column="english_baseline", below=90),
            RiskRule(area="sdq", column="sdq_total_baseline", at_least=16),
            RiskRule(area="money", column="fsm", equals=1, outcome_area=False),
        ]
        data = pd.DataFrame(
            {
                "fsm": 1.0,
                "english_baseline": [80.0, 80, 95, 95],
                "english_endline": [95.0, 95, 80, np.nan],
                "sdq_total_baseline": [18.0, 12, 12, 12],
                "sdq_total_endline": [12.0, 18, 12, 12],
            }
        )
        found = risk_change_groups(tiny_cohort, data, rules, "endline")
        assert found.tolist()[:3] == ["improved", "about the same", "got worse"]
        assert pd.isna(found[3]), "an area that is not known makes the count unknown"
        assert risk_change_groups(tiny_cohort, data, rules[2:], "endline") is None


class TestMeans:
    def test_against_the_t_interval_by_hand(self):
        data = pd.DataFrame({"g": "improved", "hours": [1.0, 3.0, 8.0], "school_id": "a"})
        row = dose_by_change(data, "g", "hours").iloc[0]
        half = 4.302652729911275 * data["hours"].std() / np.sqrt(3)  # t with two degrees of freedom
        assert row["ci_high"] == pytest.approx(4 + half)
        assert row["ci_low"] == 0.0, "no child has less than none"
        assert (row["sd"], row["median"]) == (pytest.approx(data["hours"].std()), 3.0)

    def test_two_children_alike_are_not_certain(self):
        data = pd.DataFrame({"g": "improved", "hours": [5.0, 5.0], "school_id": "a"})
        row = dose_by_change(data, "g", "hours").iloc[0]
        assert row["mean"] == 5.0
        assert np.isnan(row["ci_low"])

    @pytest.mark.parametrize("sizes", [(2, 2, 2), (14, 14, 2)])
    def test_intervals_cover_in_small_groups(self, sizes):
        """80 worlds of three groups: Monte Carlo error 1.4 points."""
        held = []
        for seed in range(80):
            table = dose_by_change(world(seed, sizes), "change", "hours").dropna(subset=["ci_low"])
            held.append([low <= 20 <= high for low, high in zip(table["ci_low"], table["ci_high"], strict=True)])
        assert np.mean([h for one in held for h in one]) >= 0.95 - 2 * 0.014


class TestTrend:
    def test_two_groups_are_the_exact_rank_sum_test(self):
        from scipy import stats

        rng = np.random.default_rng(5)
        x, g = rng.normal(size=12), np.array([0] * 7 + [1] * 5)
        expected = stats.mannwhitneyu(x[g == 0], x[g == 1], method="exact").pvalue
        assert ordered_trend(g, x).p_value == pytest.approx(expected)

    def test_drawn_and_normal_agree_with_exact(self, monkeypatch):
        from wlz_eval.engagement.change import trend

        data = world(3, (10, 12, 8), lift=8.0)
        score = data["change"].map(dict(zip(GROUPS, (1, 0, -1), strict=True)))
        exact = ordered_trend(score, data["hours"])
        monkeypatch.setattr(trend, "WORK", 0)
        drawn = ordered_trend(score, data["hours"], draws=19_999, seed=1)
        monkeypatch.setattr(trend, "LARGE", 0)
        normal = ordered_trend(score, data["hours"])
        assert exact.method == "exact permutation test"
        assert drawn.method.startswith("permutation test, 19,999 drawn")
        error = np.sqrt(exact.p_value * (1 - exact.p_value) / 19_999)
        assert abs(drawn.p_value - exact.p_value) < 4 * error
        assert normal.p_value == pytest.approx(exact.p_value, abs=0.02)
        assert exact.z == pytest.approx(normal.z)

    def test_groups_of_two_can_say_little_and_say_so(self):
        assert ordered_trend([-1, -1, 1], [1, 2, 3]).smallest == pytest.approx(2 / 3)
        found = by_hours(world(1, (1, 1, 1), schools=1))
        assert any("could have found nothing" in note for note in found.notes)

    def test_what_schools_differ_in_does_not_count(self):
        data = world(4, schools=2).assign(hours=lambda d: d["hours"] + 100 * (d["school_id"] == "1"))
        score = data["change"].map(dict(zip(GROUPS, (1, 0, -1), strict=True)))
        moved = ordered_trend(score, data["hours"] - 100 * (data["school_id"] == "1"), data["school_id"])
        assert ordered_trend(score, data["hours"], data["school_id"]) == moved
        assert moved.within

    def test_one_child_a_school(self):
        data = world(5).assign(school_id=lambda d: d.index.astype(str))
        found = by_hours(data)
        assert not found.trend.within
        assert any("compared across schools" in note for note in found.notes)

    def test_false_positives_are_at_most_nominal_with_schools_that_differ(self):
        """200 worlds without any link within schools; Monte Carlo error 1.5 points."""
        p = []
        for seed in range(200):
            rng = np.random.default_rng(seed)
            school = rng.integers(0, 4, 24)
            score = np.clip(np.round(rng.normal(0, 1, 4)[school] + rng.normal(size=24)), -1, 1)
            hours = rng.poisson(rng.gamma(4, 5, 24)) + rng.normal(0, 8, 4)[school]
            p.append(ordered_trend(score, hours, school).p_value)
        assert np.nanmean(np.array(p) <= 0.05) <= 0.05 + 2 * 0.015

    def test_a_planted_link_is_found(self):
        assert by_hours(world(6, lift=15.0)).trend.p_value < 0.01
        assert "had more" in by_hours(world(6, lift=15.0)).answer()[0]
        assert "had less" in by_hours(world(6, lift=-15.0)).answer()[0]


class TestLevels:
    def test_equal_doses_are_never_parted(self):
        levels = thirds_of(pd.Series([0.0] * 8 + [1.0, 2.0, np.nan]))
        assert len(set(levels[:8])) == 1
        assert pd.isna(levels[10])

    def test_shares_by_hand(self):
        data = pd.DataFrame(
            {
                "g": ["improved"] * 8 + ["got worse"] * 2 + ["improved"],
                "level": ["engaged highly"] * 10 + ["others"],
                "school_id": "a",
            }
        )
        table = change_by_level(data, "g", "level", ("others", "engaged highly"), "school_id").set_index("level")
        row = table.loc["engaged highly"]
        assert (row["n"], row["improved"], row["worse"], row["improved_share"]) == (10, 8, 2, 80.0)
        assert (round(row["improved_low"], 1), round(row["improved_high"], 1)) == (49.0, 94.3)
        assert row["improved_share"] + row["same_share"] + row["worse_share"] == pytest.approx(100)

    def test_by_high_engagement(self):
        data = world(7).assign(high=lambda d: (d["hours"] > 20).astype("boolean").mask(d.index < 3))
        table = by_hours(data, high="high").level_table().set_index("level")
        assert table["n"].sum() == 57
        assert table.loc["engaged highly", "n"] == int((data["hours"][3:] > 20).sum())


class TestResult:
    def test_row_order_changes_nothing(self):
        data = world(8)
        moved = data.sample(frac=1, random_state=1)
        first, again = by_hours(data), by_hours(moved)
        assert (first.trend, first.level_trend) == (again.trend, again.level_trend)
        pd.testing.assert_frame_equal(first.level_table(), again.level_table())
        pd.testing.assert_frame_equal(first.table(), again.table())

    @pytest.mark.parametrize("change", [{"hours": 3.0}, {"change": "improved"}, {"hours": np.nan}])
    def test_nothing_varies(self, change):
        found = by_hours(world(9).assign(**change))
        assert np.isnan(found.trend.p_value)
        assert "cannot be told" in found.answer()[0]

    def test_wrong_names(self):
        with pytest.raises(OptionError, match="no column 'hours'"):
            by_hours(world(9).drop(columns="hours"))
        with pytest.raises(OptionError, match="holds 'better'"):
            by_hours(world(9).assign(change="better"))

    def test_figures_draw_what_is_left_after_hiding(self):
        found = by_hours(world(10))
        hidden = found.table().assign(mean=np.nan)
        assert draw_dose_by_change(hidden).axes
        axes = draw_dose_by_change(found.table()).axes[0]
        assert [t.get_text() for t in axes.get_yticklabels()] == ["Got worse", "About the same", "Improved"]
        assert draw_change_by_level(found.level_table()).axes[0].get_xlabel().startswith("Children who improved")
