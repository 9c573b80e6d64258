"""Notebook 03: what changed, beside what was to be expected with no programme."""

import ast
import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import wlz_eval.release
from wlz_eval.attribution import measurement_map, what_would_lift
from wlz_eval.attribution.standards.lift import children_for_correlation
from wlz_eval.cohort import load_cohort
from wlz_eval.core.errors import OptionError
from wlz_eval.core.files import notebooks_dir
from wlz_eval.inference import incomplete_change, lost_profile
from wlz_eval.measures import analysis_frame, progress, published_exit_rates
from wlz_eval.measures.progress.figures import draw_changes, draw_exit_rates, draw_flow, draw_ways
from wlz_eval.measures.progress.outcome import Transitions
from wlz_eval.measures.progress.tables import change_table, transition_table
from wlz_eval.plan import load_plan, make_plan
from wlz_eval.reference.published import figures, published_at_risk
from wlz_eval.reference.reliability import consistency, progress_assumption, reliabilities, retest
from wlz_eval.release import Rule
from wlz_eval.release.columns import release_table
from wlz_eval.simulate import SimulationOptions, simulate

SMALL = {"children": 80, "pool": 1200, "schools": 5, "comparison_schools": 8}


def made(**options):
    world = simulate(SimulationOptions(**{**SMALL, **options}))
    plan = make_plan(world.plan)
    frame = analysis_frame(world.cohort)
    return world.cohort, frame, plan, described(world.cohort, frame, plan, plan.selection.basis)


def described(cohort, frame, plan, basis):
    return progress(cohort, frame, plan.risk, ("endline",), basis=basis, effort="draft")


@pytest.fixture(scope="module")
def hidden():
    return made(seed=22, selection="judgement", effect=0.0)


@pytest.fixture(scope="module")
def typical():
    return made(seed=21, comparison_measures="administrative")


class TestSeen:
    def test_change_exits_and_entries_are_those_of_the_frame(self, hidden):
        _, frame, _, result = hidden
        total = result.table().set_index(["measure", "wave"]).loc["sdq_total", "endline"]
        own = frame.data[frame.data["programme"] == 1][["sdq_total_baseline", "sdq_total_endline"]].dropna()
        first, last = own["sdq_total_baseline"], own["sdq_total_endline"]
        assert total["change"] == pytest.approx((last - first).mean())
        assert total["exit_rate"] == pytest.approx(100 * (last[first >= 12] < 12).mean())
        t = result.one("sdq_total", "endline").transitions
        found = (t.came_out, t.stayed_in, t.went_in, t.stayed_out)
        assert found == tuple(
            int(((first >= 12) == a).astype(int) @ ((last >= 12) == b).astype(int))
            for a, b in ((True, False), (True, True), (False, True), (False, False))
        )
        assert sum(found) == len(own)

    def test_composite_counts_outcome_areas_known_at_both_times(self, hidden):
        _, frame, plan, result = hidden
        (found,) = (c for c in result.composites if c.wave == "endline")
        rules = [r for r in plan.risk if r.outcome_area]
        later = [r.column.replace("_baseline", "_endline") for r in rules]
        own = frame.data[frame.data["programme"] == 1].dropna(subset=[*[r.column for r in rules], *later])

        def count(columns):
            return sum(
                ((own[c] < r.below) if r.below is not None else (own[c] >= r.at_least)).astype(int)
                for c, r in zip(columns, rules, strict=True)
            )

        before, after = count([r.column for r in rules]), count(later)
        assert found.n == len(own)
        assert "economic_disadvantage" not in found.areas
        assert found.seen["improved"].share == pytest.approx((after < before).mean())
        assert found.seen["worse"].share == pytest.approx((after > before).mean())
        assert sum(v.value for v in found.expected.values()) == pytest.approx(100)

    def test_row_order_changes_nothing(self, typical):
        cohort, frame, plan, result = typical
        turned = type(frame)(data=frame.data.iloc[::-1], flow=frame.flow)
        again = described(cohort, turned, plan, plan.selection.basis)
        pd.testing.assert_frame_equal(result.table(), again.table())
        pd.testing.assert_frame_equal(result.ways("endline"), again.ways("endline"))

    def test_a_scale_that_grows_with_age_has_no_exit_rate_and_no_count(self):
        cohort = load_cohort("star-1986")
        result = progress(cohort, analysis_frame(cohort), load_plan(cohort).risk, effort="draft")
        assert (result.table()["at_risk"] == 0).all()
        assert not result.composites
        assert not [f for f in result.findings() if "exit_rate" in f.finding_id]
        # Pupils grow by more than a hundred points, and none of it counts as better than their like.
        row = result.table().set_index(["measure", "wave"]).loc["sat_reading", "endline"]
        assert row["change"] > 100
        assert row["expected_low"] < row["change"] < row["expected_high"]
        assert abs(result.one("sat_reading", "endline").scales.standardised.change) < 0.3


class TestExpected:
    def test_the_population_is_the_unselected_one(self, hidden):
        _, frame, _, result = hidden
        pool = frame.data[frame.data["comparison_type"] == "other_school"][["english_baseline", "english_endline"]]
        pairs = pool.dropna()
        p = result.one("english", "endline").drawn.population
        assert p.source == "comparison pupils of other schools"
        assert p.r == pytest.approx(pairs.corr().iloc[0, 1], abs=0.01)
        assert p.sd == pytest.approx(pool["english_baseline"].std(), abs=0.05)
        assert p.mean == pytest.approx(pool["english_baseline"].mean(), abs=0.01)

    def test_pupils_left_when_the_chosen_were_taken_out_are_not_the_population(self):
        _, frame, _, result = made(seed=30, comparison_schools=0, children=200, schools=8, effect=0.0)
        p = result.one("english", "endline").drawn.population
        everyone = frame.data["english_baseline"]
        left = frame.data.loc[frame.data["programme"] == 0, "english_baseline"]
        assert p.mean == pytest.approx(everyone.mean(), abs=1e-6)
        assert p.sd == pytest.approx(everyone.std(), abs=1e-6)
        assert left.std() < p.sd
        assert "taken out" in p.caution

    def test_norms_say_what_they_are_and_their_range_holds_the_textbook_value(self, typical):
        wide = typical[-1].one("sdq_total", "endline")
        assert wide.drawn.population.source == "published norms"
        assert "not confirmed" in wide.caution
        assert wide.drawn.population.r == retest("sdq_total", 2.0).r
        assert wide.expected.low < wide.one.change.value < wide.expected.high

    def test_expectation_of_one_reading_is_the_textbook_formula(self, hidden):
        o = hidden[-1].one("english", "endline")
        p, x = o.drawn.population, o.drawn.before.mean()
        textbook = p.later_mean + p.r * p.later_sd / p.sd * (x - p.mean) - x
        assert o.one.change.value == pytest.approx(textbook)
        assert o.one.change.low < textbook < o.one.change.high

    def test_judgement_widens_the_range_towards_less_change(self, hidden):
        cohort, frame, plan, judged = hidden
        assert plan.selection.basis != "rules"
        ruled = described(cohort, frame, plan, "rules")
        a, b = (r.one("sdq_total", "endline").expected for r in (judged, ruled))
        assert a.high > b.high

    def test_simulated_and_textbook_exits_agree_when_only_one_reading_chose(self):
        """A population of two readings alone, children chosen by a cut on the first."""
        rng = np.random.default_rng(5)
        n, r = 30_000, 0.6
        first = rng.normal(size=n)
        later = r * first + math.sqrt(1 - r**2) * rng.normal(size=n)
        cohort = load_cohort("simulated-complete")
        values = pd.DataFrame({"sdq_total_baseline": 20 + 4 * first, "sdq_total_endline": 20 + 4 * later})
        values.index = [f"c{i:05d}" for i in range(n)]
        values["school_id"] = [f"s{i % 40:02d}" for i in range(n)]
        chosen = (values["sdq_total_baseline"] >= 20 + 4 * 0.8416) & (np.arange(n) % 4 == 0)
        values["programme"] = chosen.astype(int)
        values["comparison_type"] = np.where(chosen, None, "other_school")
        # Pupils beyond the cut stay in the pool three times in four, so it is close to unselected.
        from wlz_eval.measures.progress.expected import untreated

        drawn = untreated(cohort, values, "sdq_total", "endline", draws=200, seed=1)
        out = drawn.share(drawn.later < 20 + 4 * 0.8416)
        assert out.value == pytest.approx(50.4, abs=2.0)
        assert out.low < 50.4 < out.high


class TestWords:
    @pytest.mark.parametrize("which", ["hidden", "typical"])
    def test_every_answer_says_that_nothing_was_shown_to_come_from_the_programme(self, which, request):
        *_, plan, result = request.getfixturevalue(which)
        said = result.answer(plan.primary.measure, plan.primary.wave)
        assert "no change here has been shown to come from the programme" in said
        assert "effect" not in said
        assert "caused" not in said
        assert "no change here has been shown" in result.answer("absent", "endline")

    def test_findings_are_descriptions_with_children_and_ranges(self, hidden, typical):
        for *_, result in (hidden, typical):
            found = result.findings()
            assert {f.claim for f in found} == {"description"}
            assert len({f.finding_id for f in found}) == len(found)
            assert all(f.n_programme and math.isfinite(f.estimate) for f in found)
            expected = [f for f in found if "expected" in f.finding_id]
            assert expected
            assert all(f.ci_low <= f.estimate <= f.ci_high for f in expected)

    def test_figures_draw_what_is_left_when_numbers_are_hidden(self, hidden):
        *_, result = hidden
        rows = result.table("endline").copy()
        rows.loc[rows.index[:2], ["change_good", "exit_rate", "good_low"]] = np.nan
        ways, flow = result.ways("endline").copy(), result.flow("english", "endline").copy()
        ways.loc[0, "improved"], flow.loc[0, "children"] = np.nan, np.nan
        for draw, data in ((draw_changes, rows), (draw_exit_rates, rows), (draw_ways, ways), (draw_flow, flow)):
            assert draw(data).axes


def page_columns(title):
    """Columns of one table of the page, as its cell describes them."""
    cells = json.loads((notebooks_dir() / "03_progress.ipynb").read_text(encoding="utf-8"))["cells"]
    sources = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    (source,) = (text for text in sources if f'"{title}"' in text)
    calls = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call) and len(n.args) > 2]
    (call,) = (n for n in calls if getattr(n.args[1], "value", "") == title)
    names = {name: getattr(wlz_eval.release, name) for name in wlz_eval.release.__all__}
    # Columns that a table shares with its figure have a name of their own, in an earlier cell.
    (shared,) = (n for text in sources for n in ast.parse(text).body if ast.unparse(n).startswith("exits ="))
    return eval(ast.unparse(call.args[2]), {**names, "exits": eval(ast.unparse(shared.value), names)})


class TestSmallCounts:
    """What a reader can work out of the public tables about fewer than ten children: nothing beyond that."""

    def released(self, quads):
        outcomes = []
        for came_out, stayed_in, went_in, stayed_out in quads:
            t = Transitions(came_out=came_out, stayed_in=stayed_in, went_in=went_in, stayed_out=stayed_out)
            outcomes.append(replace(TestSmallCounts.some, transitions=t))
        first = release_table(
            transition_table(outcomes), page_columns("Children by risk at the start and later"), Rule()
        )
        title = "Children no longer at risk, of those at risk at the start"
        second = release_table(change_table(outcomes), page_columns(title), Rule())
        counts = ("came_out", "stayed_in", "went_in", "stayed_out")
        return [(*(a[c].text for c in counts), b["at_risk"].text) for a, b in zip(first, second, strict=True)]

    @pytest.fixture(autouse=True)
    def any_outcome(self, hidden):
        TestSmallCounts.some = hidden[-1].one("sdq_total", "endline")

    def test_a_small_count_cannot_be_had_from_the_others_and_the_total(self):
        pairs = [(a, b) for a in range(36) for b in range(36)]
        possible = {}
        for pair, text in zip(pairs, self.released([(*pair, 40, 60) for pair in pairs]), strict=True):
            possible.setdefault(text, []).append(pair)
        # Groups of more than 32 are left out: some of the pairs that would look like them are not among these.
        whole = {text: found for text, found in possible.items() if max(a + b for a, b in found) <= 32}
        assert len(whole) > 10
        for text, found in whole.items():
            # Below the threshold nothing more is said: any number up to nine stays possible, but for the few that
            # together with another small count would not make up a group that is itself ten or more.
            for part in (0, 1):
                if text[part] == "hidden":
                    values = {pair[part] for pair in found}
                    assert set(range(1, 10)) <= values, text

    def test_with_few_at_risk_the_others_are_not_counted_either(self):
        (text,) = self.released([(6, 8, 20, 60)])
        assert text == ("hidden", "hidden", "hidden", "hidden", "hidden")
        (text,) = self.released([(20, 60, 6, 8)])
        assert text == ("hidden", "hidden", "hidden", "hidden", "hidden")

    def test_large_counts_are_shown(self):
        assert self.released([(12, 33, 20, 60)]) == [("10", "35", "20", "60", "45")]


class TestPublished:
    def test_published_shares_stand_beside_the_check_values(self):
        rows = published_exit_rates(years=2.0).set_index(["area", "published", "worst"])
        row = rows.loc[("Emotional wellbeing", 64, "worst fifth")]
        assert row["expected"] == pytest.approx(61.9, abs=0.05)
        assert row["inside"] == "within"
        assert rows.loc[("Emotional wellbeing", 75, "worst tenth"), "expected"] == pytest.approx(73.3, abs=0.05)
        assert (rows["expected_low"] < rows["expected"]).all()

    def test_each_share_is_the_figure_that_was_published(self):
        for share in published_at_risk():
            figure = figures()[share.id]
            assert f"{share.percent:.0f}%" in figure.statement
            assert "at risk" in figure.statement
        assert len({share.id for share in published_at_risk()}) == 7


class TestReliability:
    def test_a_correlation_falls_with_time_and_its_range_holds_it(self):
        found = [retest("sdq_total", years) for years in (0.2, 0.5, 1.0, 1.5, 2.0, 4.0)]
        values = [f.r for f in found]
        assert values == sorted(values, reverse=True)
        assert all(f.low <= f.r <= f.high for f in found)
        assert "longer" in found[0].caution
        assert "shorter" in found[-1].caution

    def test_what_is_not_held_is_not_made_up(self):
        assert retest("confidence", 2.0) is None
        assert consistency("sdq_total", "parent") is None
        assert consistency("sdq_total", "teacher").confirmed
        with pytest.raises(OptionError, match="norm_shift"):
            progress_assumption("norm_shfit")

    def test_every_row_has_a_source_and_unconfirmed_ones_a_range(self):
        assert all(row.source and row.date for row in reliabilities())
        assert all(row.low < row.high for row in reliabilities() if not row.confirmed)


class TestLost:
    def test_imputation_mends_what_complete_cases_get_wrong(self):
        """Children with low first readings are lost more often; their change is larger."""
        gaps = {"complete": [], "imputed": []}
        for seed in range(6):
            rng = np.random.default_rng(seed)
            n = 600
            x = rng.normal(100, 15, n)
            y = 100 + 0.5 * (x - 100) + rng.normal(0, 8, n)
            data = pd.DataFrame({"programme": 1, "school_id": rng.integers(0, 12, n).astype(str), "t_baseline": x})
            data["t_endline"] = np.where(rng.random(n) < 1 / (1 + np.exp((x - 92) / 5)), np.nan, y)
            found = incomplete_change(data, "t", "endline", low=40, high=160, imputations=10).table()
            rows = found.set_index("way")
            truth = float((y - x).mean())
            for way in gaps:
                gaps[way].append(rows.loc[way, "change"] - truth)
            assert rows.loc["scale", "ci_low"] < truth < rows.loc["scale", "ci_high"]
        assert abs(np.mean(gaps["imputed"])) < 0.3 * abs(np.mean(gaps["complete"]))

    def test_bounds_and_what_the_lost_would_need(self):
        data = pd.DataFrame(
            {"programme": 1, "t_baseline": [10.0] * 30, "t_endline": [12.0] * 20 + [None] * 10}, dtype=float
        )
        found = incomplete_change(data, "t", "endline", low=0, high=40)
        rows = found.table().set_index("way")
        assert (found.children, found.lost, found.needed) == (30, 10, -4.0)
        assert rows.loc["scale", ["ci_low", "ci_high"]].tolist() == [(40 - 100) / 30, (40 + 300) / 30]

    def test_profile_compares_the_lost_with_those_who_stayed(self):
        data = pd.DataFrame(
            {"programme": 1, "fsm": [1.0, 0.0] * 10, "t_baseline": np.arange(20.0),
             "t_endline": [np.nan] * 5 + list(range(15))}
        )
        rows = lost_profile(data, "t", "endline").set_index("column")
        assert rows.loc["t_baseline", "lost"] == 2.0
        assert rows.loc["fsm", "lost"] == 60.0
        assert rows.loc["t_baseline", "difference"] < 0


class TestLift:
    def test_an_outcome_of_the_programme_only_gets_routes_with_numbers(self, typical):
        cohort, frame, plan, _ = typical
        found = what_would_lift(cohort, frame, measurement_map(cohort, plan.outcomes, frame)).table()
        assert set(found["measure"]) == {"sdq_total"}
        assert set(found["route"]) == {"waiting", "twice"}
        assert (found["missing"] == "comparison children at the start; comparison children later").all()
        assert found["cheapest"].tolist() == [True, False]
        assert (found["children"] > 0).all()

    def test_held_attainment_may_come_from_earlier_years(self):
        world = simulate(SimulationOptions(seed=23, **{**SMALL, "pool": 0}))
        plan, frame = make_plan(world.plan), analysis_frame(world.cohort)
        found = what_would_lift(world.cohort, frame, measurement_map(world.cohort, plan.outcomes, frame)).table()
        english = found[found["measure"] == "english"].set_index("route")
        assert set(english.index) == {"waiting", "earlier", "twice"}
        assert english.loc["earlier", "readings"] == 0
        assert not set(found.loc[found["measure"] == "sdq_total", "route"]) & {"earlier"}

    def test_nothing_is_asked_for_where_all_is_held(self, hidden):
        cohort, frame, plan, _ = hidden
        assert what_would_lift(cohort, frame, measurement_map(cohort, plan.outcomes, frame)).table().empty

    def test_children_measured_twice_know_the_expected_change_that_well(self):
        """Simulated: the half-width aimed at is the one met."""
        rng = np.random.default_rng(8)
        r, distance = 0.5, 1.0
        n = children_for_correlation(r, distance, precision=0.1)
        found = []
        for _ in range(400):
            x = rng.normal(size=n)
            y = r * x + math.sqrt(1 - r**2) * rng.normal(size=n)
            slope = np.cov(x, y)[0, 1] / x.var(ddof=1)
            found.append(y.mean() - x.mean() + (1 - slope) * distance)
        assert 1.96 * np.std(found) == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize("absent", ["t_endline", "t_baseline"])
def test_a_reading_that_nobody_has_yet_is_missing_for_all(absent):
    """A cohort before its endline has no such column, and the page once ended there."""
    data = pd.DataFrame({"programme": 1, "school_id": ["a", "b"] * 10, "t_baseline": 5.0, "t_endline": 6.0})
    found = incomplete_change(data.drop(columns=absent), "t", "endline", low=0, high=40)
    assert found.table()["n"].tolist() == [0]
    assert found.table()["change"].isna().all()
    assert lost_profile(data.drop(columns=absent), "t", "endline")["kept"].isna().all()


def test_a_profile_without_rows_can_still_be_divided_by_kind():
    """Of a single programme child nothing varies; the empty table had no kinds, and the page ended there."""
    data = pd.DataFrame({"programme": [1, 0], "t_baseline": [5.0, 6.0], "t_endline": [np.nan, 6.0]})
    rows = lost_profile(data, "t", "endline")
    assert list(rows[~rows["share"]].columns) == list(rows.columns)
