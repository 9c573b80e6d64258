"""Slopes under each model and treatment of schools: what they recover, and what must not change them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import special

from wlz_eval.engagement import engagement_slope
from wlz_eval.engagement.regress import between_within, school_treatments, several_exposures
from wlz_eval.engagement.regress.families import fit_ordered, separated

CUTS = np.array([-1.0, 0.5, 1.5])


def world(seed, schools=8, a_school=30, slope=0.5, between=0.0, school_sd=0.5, dose_sd=0.5):
    """Dose falls with the baseline; score, yes/no and level all follow baseline, dose and school.

    `between` is what a school's mean dose adds beyond the children's own.
    """
    rng = np.random.default_rng([11, seed])
    school = np.repeat(np.arange(schools), a_school)
    n = len(school)
    base = rng.normal(size=n)
    dose = -0.4 * base + dose_sd * rng.normal(size=schools)[school] + rng.normal(size=n)
    mean = (np.bincount(school, dose) / a_school)[school]
    line = base + slope * dose + between * mean + school_sd * rng.normal(size=schools)[school]
    latent = line + rng.logistic(size=n)
    return pd.DataFrame(
        {"school_id": np.char.add("s", school.astype(str)), "base": base, "dose": dose,
         "y": line + rng.normal(size=n), "met": latent > 0, "level": np.digitize(latent, CUTS)},
        index=pd.Index([f"c{i:04d}" for i in range(n)], name="child_id"),
    )


OUTCOME = {"linear": "y", "logistic": "met", "ordered": "level"}
ASKED = [
    ("linear", "cluster"), ("linear", "fixed"), ("linear", "random"), ("logistic", "cluster"), ("logistic", "fixed"),
    ("ordered", "cluster"),
]


def fitted(data, model="linear", schools="cluster", **options):
    return engagement_slope(
        data, OUTCOME[model], "dose", baseline="base", model=model, school_effects=schools, **options
    )


@pytest.mark.parametrize(("model", "schools"), ASKED)
def test_order_of_rows_names_of_schools_and_units_of_dose_change_nothing(model, schools):
    data = world(1)
    slope = fitted(data, model, schools)
    # The rows in another order, with the index for child, and with a column for child.
    mixed = data.sample(frac=1.0, random_state=3)
    for again in (mixed, mixed.reset_index()):
        pd.testing.assert_frame_equal(fitted(again, model, schools).table(), slope.table())
        pd.testing.assert_frame_equal(fitted(again, model, schools).points, slope.points)
    renamed = data.assign(school_id=data["school_id"].map(lambda s: f"z{99 - int(s[1:])}"))
    scaled = fitted(renamed.assign(dose=60 * data["dose"]), model, schools, step=60.0)
    found, expected = (s.table()[["estimate", "se", "df", "ci_low", "ci_high", "p"]] for s in (scaled, slope))
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    if model != "linear":
        np.testing.assert_allclose(
            scaled.margins[["estimate", "se", "ci_low"]], slope.margins[["estimate", "se", "ci_low"]], rtol=1e-5
        )


@pytest.mark.parametrize(("model", "schools"), ASKED)
def test_many_children_give_the_slope_that_was_planted(model, schools):
    """Without school differences all scales are the same; the odds within schools are not those over schools."""
    slope = fitted(world(2, schools=40, a_school=60, school_sd=0.0), model, schools)
    assert slope.estimate == pytest.approx(0.5, abs=4 * slope.se)
    assert slope.se < 0.06
    assert slope.ci_low < 0.5 < slope.ci_high or abs(slope.estimate - 0.5) < 4 * slope.se


def test_margins_are_those_of_the_planted_model():
    data = world(3, schools=40, a_school=60, school_sd=0.0)
    line = data["base"] + 0.5 * data["dose"]
    truth = [100 * (special.expit(line + 0.5 - c) - special.expit(line - c)).mean() for c in (0.0, *CUTS)]
    met, level = fitted(data, "logistic").margins, fitted(data, "ordered").margins
    for row, true in zip([*met.itertuples(), *level.itertuples()], truth, strict=True):
        assert abs(row.estimate - true) < 3.5 * row.se
        assert row.se < 2.0
    assert level["level"].tolist() == ["1", "2", "3"]
    assert level["share"].is_monotonic_decreasing


def test_a_margin_of_a_tiny_step_is_the_slope_of_the_mean_probability():
    slope = fitted(world(4), "logistic", step=1e-4)
    p = slope.fit.expected
    assert slope.margins["estimate"].iloc[0] == pytest.approx(100 * slope.estimate * (p * (1 - p)).mean(), rel=1e-3)


def test_two_levels_in_order_are_a_yes_or_no():
    data = world(5).assign(level=lambda d: d["met"] * 1)
    found = fitted(data, "ordered").table(), fitted(data, "logistic").table()
    columns = ["estimate", "se", "df", "ci_low", "ci_high"]
    np.testing.assert_allclose(*(t[columns].astype(float) for t in found), rtol=1e-6)


def test_levels_turned_round_turn_the_slope_round():
    data = world(6)
    back = fitted(data.assign(level=3 - data["level"]), "ordered")
    assert back.estimate == pytest.approx(-fitted(data, "ordered").estimate, rel=1e-7)
    assert back.se == pytest.approx(fitted(data, "ordered").se, rel=1e-6)


def test_ordered_scores_vanish_at_the_solution():
    data = world(7)
    fit = fit_ordered(data[["base", "dose"]].to_numpy(), data["level"].to_numpy(float), 4)
    assert fit.converged
    assert np.abs(fit.rows.T @ fit.residuals).max() < 1e-8


def test_only_the_columns_that_sort_children_are_called_separated():
    rng = np.random.default_rng(1)
    X = np.column_stack([np.ones(80), np.arange(80) < 5, rng.normal(size=80)])
    y = np.where(X[:, 1] == 1, 1.0, rng.random(80) < 0.5)
    assert separated(X, y * 1.0).tolist() == [False, True, False]
    assert not separated(X[:, [0, 2]], y * 1.0).any()


def test_logistic_points_lie_about_the_curve_and_hold_ten_children():
    points = fitted(world(8), "logistic").points
    assert points["n"].min() >= 10
    assert ((points["fitted_low"] < points["fitted"]) & (points["fitted"] < points["fitted_high"])).all()
    assert points["fitted"].is_monotonic_increasing
    assert np.average(points["outcome"] - points["fitted"], weights=points["n"]) == pytest.approx(0, abs=1e-6)
    assert fitted(world(8), "ordered").points.empty


class TestTreatments:
    def test_each_row_is_the_slope_asked_for_that_way(self):
        slope = fitted(world(9))
        table = school_treatments(slope, draws=199).table()
        assert table["treatment"].is_unique
        assert table.loc[table["chosen"], "estimate"].tolist() == [slope.estimate]
        for row in table[table["variance"] != "wild"].to_dict(orient="records"):
            again = fitted(world(9), schools=row["school_effects"], variance=row["variance"])
            assert (row["estimate"], row["se"], row["df"]) == (again.estimate, again.se, again.df)
        wild = table.set_index("variance").loc["wild"]
        assert wild["ci_low"] < wild["estimate"] < wild["ci_high"]
        assert wild["estimate"] == pytest.approx(fitted(world(9), variance="CR2").estimate)

    def test_confounding_by_school_is_seen_by_comparing_within(self):
        slope = fitted(world(21, schools=20, between=2.0), variance="CR2")
        rows = school_treatments(slope, draws=99).table().set_index(["school_effects", "variance"])
        assert rows.loc[("fixed", "CR2"), "ci_low"] < 0.5 < rows.loc[("fixed", "CR2"), "ci_high"]
        assert rows.loc[("cluster", "CR2"), "estimate"] > 0.5 + rows.loc[("fixed", "CR2"), "se"] * 5

    def test_the_same_seed_gives_the_same_table(self):
        slope = fitted(world(9))
        one, two = (school_treatments(slope, draws=99, seed=4).table() for _ in range(2))
        pd.testing.assert_frame_equal(one, two)

    def test_a_logistic_slope_has_its_own_treatments(self):
        table = school_treatments(fitted(world(9), "logistic")).table()
        assert list(zip(table["school_effects"], table["variance"], strict=True)) == [
            ("cluster", "CR2"), ("cluster", "CR3"), ("fixed", "CR2"),
        ]

    def test_what_is_said_follows_the_intervals(self):
        strong, words = school_treatments(fitted(world(9, slope=2.0)), draws=1999).answer()
        assert "say the same" in strong
        assert words == {}
        apart = world(21, schools=20, slope=0.0, between=2.0)
        torn = school_treatments(fitted(apart, variance="CR2"), draws=999)
        assert "should not be relied on" in torn.answer()[0]
        finding = torn.findings("engagement.schools", outcome="reading", unit="points")[0]
        assert (finding.claim, finding.outcome) == ("association", "reading")


class TestBetweenWithin:
    def test_both_slopes_and_their_difference_are_recovered(self):
        split = between_within(fitted(world(12, schools=60, a_school=20, between=1.0, dose_sd=1.0)))
        table = split.table().set_index("part")
        for part, truth in (("within", 0.5), ("between", 1.5), ("difference", 1.0)):
            assert table.loc[part, "ci_low"] < truth < table.loc[part, "ci_high"]
        assert split.p_equal < 0.01
        assert table.loc["between", "estimate"] - table.loc["within", "estimate"] == pytest.approx(
            table.loc["difference", "estimate"]
        )
        assert "in another way" in split.answer()[0]

    @pytest.mark.simulation
    def test_equal_slopes_are_seldom_called_different(self):
        """60 worlds; Monte Carlo error 2.8 points."""
        called = [between_within(fitted(world(100 + i, schools=12, a_school=15))).p_equal < 0.05 for i in range(60)]
        assert np.mean(called) <= 0.05 + 2.5 * 0.028

    def test_schools_with_the_same_mean_dose_have_no_slope_between_them(self):
        data = world(13).assign(dose=np.tile(np.linspace(-1, 1, 30), 8))
        split = between_within(fitted(data))
        assert split.table().empty
        assert "mean dose" in split.answer()[1]["reason"]


class TestSeveral:
    def make(self, shared):
        data = world(14, schools=20)
        rng = np.random.default_rng(3)
        second = shared * data["dose"] + rng.normal(size=len(data)) * np.sqrt(1 - shared**2)
        return data.assign(contacts=second)

    def test_alone_and_together_are_the_verbs_own(self):
        data = self.make(0.5)
        data.iloc[:5, data.columns.get_loc("contacts")] = np.nan
        found = several_exposures(data, "y", ["dose", "contacts"], baseline="base", steps={"dose": 2.0})
        row = found.table().set_index("exposure").loc["dose"]
        known = data.dropna()
        alone = engagement_slope(known, "y", "dose", baseline="base", step=2.0)
        both = engagement_slope(known, "y", "dose", ["contacts"], baseline="base", step=2.0)
        assert (row["alone"], row["together"], row["n"]) == (alone.estimate, both.estimate, len(known))
        p = found.table()["p"].to_numpy()
        assert found.table()["p_holm"].min() == pytest.approx(min(1.0, 2 * p.min()))

    def test_collinearity_is_shown(self):
        apart = several_exposures(self.make(0.3), "y", ["contacts", "dose"], baseline="base")
        alike = several_exposures(self.make(0.9995), "y", ["contacts", "dose"], baseline="base")
        assert apart.table()["exposure"].tolist() == ["contacts", "dose"]
        assert apart.told_apart
        assert apart.condition < 5
        # A baseline far from zero goes with the constant: once taken for exposures that went to the same children.
        far = several_exposures(
            self.make(0.3).assign(base=lambda d: 100 + d["base"]), "y", ["contacts", "dose"], baseline="base"
        )
        assert far.condition == pytest.approx(apart.condition)
        assert not alike.told_apart
        assert alike.table()["vif"].min() > 100
        assert "hardly be told apart" in alike.answer()[0]
        link = alike.correlations().iloc[0]
        assert (link["one"], link["two"]) == ("contacts", "dose")
        assert link["correlation"] > 0.99


@pytest.mark.simulation
@pytest.mark.parametrize("model", ["logistic", "ordered"])
def test_without_a_slope_few_schools_seldom_show_odds(model):
    """60 worlds of eight schools, a tenth of the variance between them; Monte Carlo error 3.2 points at 6.5%."""
    slopes = [fitted(world(300 + i, slope=0.0, school_sd=0.6), model) for i in range(60)]
    assert np.mean([s.ci_low > 0 or s.ci_high < 0 for s in slopes]) <= 0.065 + 2 * 0.032
    assert all(s.df < 8 for s in slopes)
