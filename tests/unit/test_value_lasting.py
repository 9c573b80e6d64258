"""Duration and decay that are not known: means against simulation, tables and margins, scenarios, optimism bias."""

import math

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from scipy import stats

from wlz_eval.cohort import make_cohort
from wlz_eval.core.errors import OptionError
from wlz_eval.core.finding import Finding
from wlz_eval.reference.money import unit_value
from wlz_eval.value import BenefitOptions, ValueOptions, benefit_factor, value
from wlz_eval.value.appraisal.bias import without_optimism
from wlz_eval.value.appraisal.payback import running_net
from wlz_eval.value.appraisal.scenarios import scenario_values
from wlz_eval.value.benefits import Fading
from wlz_eval.value.spread import Spread
from wlz_eval.value.uncertainty import information, scenario, switching, tornado

OWN = unit_value("neet_year").model_copy(
    update={"name": "own", "value": 100.0, "price_year": 2023, "price_basis": "calendar", "relative_sd": 0.0,
            "label": "Own value", "stream": "own", "route": "own"}
)  # fmt: skip
UNSURE = {"duration_years": 3, "duration_low": 1, "duration_high": 8, "decay": 0.3, "decay_low": 0.1, "decay_high": 0.6}
LASTS, FADES = "duration.english.endline.own", "decay.english.endline.own"


def benefit(**given):
    base = {"measure": "english", "unit_value": "own", "units_per_point": 1.0, "source": "by hand", **UNSURE, **given}
    return BenefitOptions(**base)


def options(*chosen, **given):
    base = {"price_year": 2023, "unit_values": (OWN,), "optimism_bias": False, **given}
    return ValueOptions(benefits=chosen or (benefit(),), **base)


@pytest.fixture
def cohort(tiny_cohort):
    spent = pd.DataFrame([{"item": "Staff", "payer": "council", "kind": "cash", "period": "2022/23", "amount": 2_000.0,
                           "price_year": 2023}])
    return make_cohort(tiny_cohort.meta.model_dump(mode="json"), {**tiny_cohort.tables, "costs": spent})


def run(cohort, chosen=None, se=0.5, draws=16_384):
    effect = Finding(
        finding_id="attribution.att.english.endline", quantity="att", estimate=3.0, se=se, ci_low=3 - 1.959964 * se,
        ci_high=3 + 1.959964 * se, unit="points", claim="effect", tier="A", outcome="english", wave="endline",
        n_programme=80, n_comparison=90, primary=True,
    )
    return value(cohort, chosen or options(), [effect], seed=1, draws=draws)


def by_loop(duration, decay, start, rate=0.035):
    """Present value year by year, in plain Python."""
    total, year = 0.0, 0
    while duration > 0:
        total += min(duration, 1.0) * (1 - decay) ** year / (1 + rate) ** (start + year)
        duration, year = duration - 1.0, year + 1
    return total


class TestFading:
    @pytest.mark.parametrize(("duration", "decay"), [(1.0, 0.0), (2.5, 0.3), (0.4, 0.9), (7.0, 0.05)])
    def test_present_value_against_a_loop(self, duration, decay):
        given = Fading(2, Spread(3.0, shape="triangular", low=0.3, high=8.0), Spread(0.3))
        assert float(given.factor(duration, decay)) == pytest.approx(by_loop(duration, decay, 2), rel=1e-12)

    @pytest.mark.parametrize("shape", ["triangular", "uniform"])
    def test_expected_is_the_mean_over_scipys_draws(self, shape):
        rng = np.random.default_rng(4)
        lasts, fades = (1.0, 3.0, 8.0), (0.1, 0.3, 0.6)
        drawn = []
        for low, middle, high in (lasts, fades):
            at = (middle - low) / (high - low)
            given = stats.triang(at, low, high - low) if shape == "triangular" else stats.uniform(low, high - low)
            drawn.append(given.rvs(100_000, random_state=rng))
        fading = Fading(2, *(Spread(m, shape=shape, low=a, high=b) for a, m, b in (lasts, fades)))
        worths = np.array([by_loop(d, f, 2) for d, f in zip(*(x[:20_000] for x in drawn), strict=True)])
        assert fading.expected == pytest.approx(worths.mean(), abs=3.5 * worths.std() / math.sqrt(len(worths)))
        assert fading.expected == pytest.approx(fading.factor(*drawn).mean(), rel=0.004)
        at_means = by_loop(fading.duration.mean, fading.decay.mean, 2)
        assert fading.expected != pytest.approx(at_means, rel=0.005)

    def test_a_value_that_is_known_leaves_the_other_at_its_mean(self):
        lasts, fades = Spread(3.0, 0.0, "uniform", 1.0, 5.0), Spread(0.3, 0.0, "uniform", 0.1, 0.5)
        fading, u = Fading(0, lasts, fades), (np.arange(20_000) + 0.5) / 20_000
        known, lost = fading.factor(np.full(20_000, 2.5), 0.1 + 0.4 * u), fading.factor(1 + 4 * u, np.full(20_000, 0.2))
        assert float(fading.factor(2.5)) == pytest.approx(known.mean(), rel=1e-6)
        assert float(fading.factor(decay=0.2)) == pytest.approx(lost.mean(), rel=1e-6)

    def test_without_a_range_nothing_changes(self):
        sure = {k: v for k, v in UNSURE.items() if k in ("duration_years", "decay")}
        plain = BenefitOptions(measure="m", unit_value="neet_year", units_per_point=1, source="by hand", **sure)
        assert benefit_factor(plain, ValueOptions(), 2) == pytest.approx(by_loop(3, 0.3, 2), rel=1e-12)


class TestDrawn:
    def test_the_analytic_mean_is_the_mean_of_the_draws(self, cohort):
        part = run(cohort).headline
        error = part.draws[:, 0].std() / math.sqrt(len(part.draws))
        assert abs(part.draws[:, 0].mean() - part.benefit) < 3 * error
        at_centre = 4 * 3 * 100 * by_loop(3, 0.3, 2)
        assert abs(part.benefit - at_centre) > 3 * error

    def test_also_where_duration_and_price_go_together(self, cohort):
        tied = [{"between": (LASTS, FADES), "correlation": -0.8, "source": "by hand"}]
        part, apart = run(cohort, options(correlations=tied)).headline, run(cohort).headline
        error = part.draws[:, 0].std() / math.sqrt(len(part.draws))
        assert abs(part.draws[:, 0].mean() - part.benefit) < 3 * error
        assert part.benefit - apart.benefit > 3 * error

    def test_the_running_sum_ends_at_net_value_draw_by_draw(self, cohort):
        part = run(cohort).headline
        drawn, expected = running_net(part)
        assert drawn[:, -1] == pytest.approx(part.drawn.net)
        assert expected[-1] == pytest.approx(part.net)
        assert len(expected) == 2 + 8

    def test_in_tornado_account_and_value_of_information(self, cohort):
        result = run(cohort)
        part = result.headline
        rows = tornado(part.model).set_index("name")
        low = 4 * 3 * 100 * float(part.lines[0].fading.factor(Spread(3, 0, "triangular", 1, 8).at(-1.959964))) - 2_000
        assert rows.loc[LASTS, "low"] == pytest.approx(low, rel=1e-4)
        assert rows.loc[FADES, "low"] > rows.loc[FADES, "high"]
        shares = information(part.model, part.drawn).set_index("name")["share"]
        assert shares[LASTS] > 5
        assert 90 < shares.sum() <= 102
        account = result.assumptions().set_index("name")
        assert (account.loc[LASTS, "unit"], account.loc[FADES, "unit"]) == ("years", "percent")
        assert account.loc[LASTS, "evidence"] == "illustrative"

    def test_where_it_switches_net_value_is_zero(self, cohort):
        part = run(cohort).headline
        found = {s.name: s for s in switching(part.model)}
        at = {i.name: k for k, i in enumerate(part.model.inputs)}
        for name in (LASTS, FADES):
            assert float(part.model.net(part.model.moved({at[name]: found[name].needed}))) == pytest.approx(0, abs=1e-6)
        small = run(cohort, options(benefit(units_per_point=0.01))).headline
        assert all(math.isnan(s.needed) for s in switching(small.model) if s.name in (LASTS, FADES))


class TestOptimism:
    def test_both_answers_are_shown_and_differ_by_what_is_taken_off_alone(self, cohort):
        graded = run(cohort, options(optimism_bias=True))
        plain = run(cohort)
        assert graded.headline.benefit == pytest.approx(0.6 * plain.headline.benefit)
        back = without_optimism(graded.headline)
        assert back.net == pytest.approx(plain.headline.net)
        assert back.drawn.net == pytest.approx(plain.headline.drawn.net)
        rows = graded.optimism()
        assert rows["net"].tolist() == pytest.approx([graded.headline.net / 4, plain.headline.net / 4])
        assert plain.optimism().empty
        found = {f.finding_id: f for f in graded.findings()}
        assert found["value.without_optimism.net_present_value"].estimate == pytest.approx(plain.headline.net)
        assert graded.headline.draws.std() == pytest.approx(0.6 * plain.headline.draws.std())

    def test_the_account_says_why(self, cohort):
        how = run(cohort, options(optimism_bias=True)).conventions().set_index("what")
        row = how[how.index.str.endswith("optimism bias")].iloc[0]
        assert "40% is taken off a gain, and nothing off a loss; not drawn" in row["how"]
        assert "not confirmed" in row["source"]


class TestScenarios:
    OWN = ({"name": "Fades fast", "meaning": "as others found", "inputs": {FADES: 0.6, LASTS: 1.0}},
           {"name": "All good", "meaning": "best tenth", "inputs": {"costs": 0.5}, "others": 0.9})

    def test_the_plan_says_which_inputs_take_which_values(self, cohort):
        chosen = options(scenarios=self.OWN)
        result = run(cohort, chosen)
        found = scenario_values(result.headline, chosen)
        assert list(found) == ["Base", "Fades fast", "All good"]
        assert found["Base"] == result.headline.net
        assert found["Fades fast"] == pytest.approx(4 * 3 * 100 * by_loop(1, 0.6, 2) - 2_000)
        assert found["All good"] == pytest.approx(scenario(result.headline.model, 0.9, {"costs": 0.5}))
        assert found["All good"] > found["Base"]
        rows = result.scenario_inputs()
        assert rows["value"].tolist() == [60.0, 1.0, 0.5]
        assert "value.scenario.fades_fast" in {f.finding_id for f in result.findings()}

    @pytest.mark.parametrize(
        ("inputs", "words"),
        [({"effect.maths.endline": 1.0}, "no input 'effect.maths"), ({FADES: 1.0}, "below 1"),
         ({LASTS: 0.0}, "above 0"), ({"costs": -1.0}, "negative"), ({"costs": math.nan}, "number")],
    )
    def test_what_cannot_be_is_refused(self, cohort, inputs, words):
        wrong = {"name": "Wrong", "meaning": "none", "inputs": inputs}
        with pytest.raises(OptionError, match=words):
            run(cohort, options(scenarios=(wrong,)))

    def test_two_of_one_name_are_refused(self):
        one = {"name": "base", "meaning": "none"}
        with pytest.raises(ValidationError, match="always shown"):
            ValueOptions(scenarios=(one,))


@pytest.mark.parametrize(
    ("given", "words"),
    [({"duration_low": 4}, "duration of the benefit"), ({"decay_high": 0.2}, "decay of the benefit"),
     ({"duration_low": None}, "needs a low and a high"), ({"duration_high": 101}, "100"),
     ({"cashable": 0.5}, "cashable_source")],
)
def test_a_range_that_is_none(given, words):
    with pytest.raises(ValidationError, match=words):
        benefit(**given)


def test_a_present_value_has_no_range_of_years(cohort):
    wrong = benefit(unit_value="gcse_grade_english")
    with pytest.raises(OptionError, match="already a present value"):
        run(cohort, options(wrong))


def test_a_unit_values_own_range_is_one_input_for_all_its_benefits(cohort):
    own = OWN.model_copy(update={"duration_years": 3, "duration_low": 1.0, "duration_high": 5.0})
    chosen = BenefitOptions(measure="english", unit_value="own", units_per_point=1.0, source="by hand")
    part = run(cohort, options(chosen, unit_values=(own,))).headline
    names = [i.name for i in part.model.inputs]
    assert "duration.own" in names
    assert part.benefit == pytest.approx(part.draws.mean(), rel=0.01)
