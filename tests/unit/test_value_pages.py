"""What page 07 shows: every amount with price year, perspective and evidence; every table with rows and without."""

import ast
import math
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from wlz_eval import value as money
from wlz_eval.cohort import make_cohort
from wlz_eval.core.finding import Finding
from wlz_eval.release.rule import Rule
from wlz_eval.release.sentences import speak
from wlz_eval.value import BenefitOptions, ValueOptions, value
from wlz_eval.value.appraisal.fiscal import UNKNOWN
from wlz_eval.value.appraisal.tables import COLUMNS

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "07_value.ipynb"
SPENT = [
    {"item": "Staff", "payer": "council", "kind": "cash", "period": "2022/23", "amount": 600.0, "price_year": 2023},
    {"item": "Gifts", "payer": "foundations", "kind": "cash", "period": "2022/23", "amount": 400.0, "price_year": 2023},
]
CHOSEN = ValueOptions(
    benefits=(
        BenefitOptions(
            measure="english", unit_value="gcse_grade_english", units_per_point=0.03, sd_units_per_point=0.01,
            source="illustrative", onset_year=5, confidence_grade=4, displacement=0.1,
        ),
        BenefitOptions(measure="attendance", unit_value="persistent_truancy_year", link="attendance_to_truancy_year"),
    ),
    costs_relative_sd=0.1,
)
TABLES = {
    "acceptability": "acceptability", "assumptions": "assumptions", "benefits": "table", "illusion": "illusion",
    "cost_of_points": "cost_of_points", "information": "information", "perspectives": "perspectives", "plane": "plane",
    "saving_account": "saving_account", "saving_rows": "saving_rows", "scenarios": "scenarios", "optimism": "optimism",
    "switching": "switching", "tornado": "tornado", "two_way": "two_way", "years": "years",
}


def found(measure, estimate, se, claim="effect", **given):
    return Finding(
        finding_id=f"attribution.att.{measure}.endline", quantity="att", estimate=estimate, se=se,
        ci_low=estimate - 2.2 * se, ci_high=estimate + 2.2 * se, unit="points", claim=claim, tier="A", outcome=measure,
        wave="endline", n_programme=80, n_comparison=90, primary=measure == "english", **given,
    )


def change(measure, estimate):
    return Finding(
        finding_id=f"progress.change.{measure}.endline", quantity="change", estimate=estimate, se=0.4,
        ci_low=estimate - 0.8, ci_high=estimate + 0.8, unit="points", claim="description", outcome=measure,
        wave="endline", n_programme=80,
    )


@pytest.fixture
def cohort(tiny_cohort):
    return make_cohort(tiny_cohort.meta.model_dump(mode="json"), {**tiny_cohort.tables, "costs": pd.DataFrame(SPENT)})


RUNS = {}


def run(cohort, claim="effect"):
    """Appraise once for each claim: nothing here changes a result."""
    if claim not in RUNS:
        RUNS[claim] = appraised(cohort, claim)
    return RUNS[claim]


def appraised(cohort, claim):
    effects = [found("english", 3.0, 1.0, claim), found("attendance", 2.0, 0.8, claim)]
    changes = [change("english", 8.0), change("attendance", 1.0)]
    return value(cohort, CHOSEN, effects, seed=1, draws=1_000, changes=changes)


@pytest.mark.parametrize("claim", ["effect", "adjusted_difference"])
class TestFindings:
    def test_every_amount_says_year_currency_perspective_and_evidence(self, cohort, claim):
        given = run(cohort, claim).findings()
        assert len({f.finding_id for f in given}) == len(given)
        for f in given:
            assert f.price_year, f.finding_id
            assert f.currency == "GBP", f.finding_id
            assert f.perspective, f.finding_id
            assert f.evidence in ("measured", "published", "illustrative", "simulated"), f.finding_id

    def test_what_rests_on_an_assumed_link_is_illustrative_and_no_effect(self, cohort, claim):
        resting = ("net_present", "benefit", "ratio", "fiscal", "payback", "switching", "scenario", "information")
        for f in run(cohort, claim).findings():
            if any(word in f.finding_id for word in resting):
                assert (f.claim, f.evidence) == ("projection", "illustrative"), f.finding_id

    def test_the_first_sentence_answers_a_finance_director(self, cohort, claim):
        template, values = run(cohort, claim).answer()
        said = speak(template, values, Rule(threshold=2)).text
        for words in ("et present value to society", "times the cost", "chance that benefits reach", "a child",
                      "it back", "2023 prices", "illustrative links", "optimism bias taken off gains"):
            assert words in said
        assert ("other causes" in said) == (claim != "effect")

    def test_the_public_purse_is_told_what_is_not_known(self, cohort, claim):
        said = speak(*run(cohort, claim).purse(), Rule(threshold=2)).text
        assert "upper limit, if all of it could be" in said
        assert "each thousand pounds" in said
        rows = run(cohort, claim).fiscal().set_index("purse")
        assert list(rows.index) == ["Public purse", "Local authority"]
        assert (rows["cashed"] == UNKNOWN).all()
        found = {f.finding_id: f for f in run(cohort, claim).findings()}
        prefix = "value" if claim == "effect" else "value.projection"
        assert math.isnan(found[f"{prefix}.fiscal_return"].estimate)
        assert "upper limit" in found[f"{prefix}.fiscal_return"].note
        at_most = found[f"{prefix}.fiscal_return_at_most"].estimate
        assert rows["back"].iloc[0] == pytest.approx(1_000 * at_most)
        assert rows["saving"].iloc[0] == pytest.approx(at_most * rows["cost"].iloc[0])

    def test_who_paid_is_said(self, cohort, claim):
        said = speak(*run(cohort, claim).paid_by(), Rule(threshold=2)).text
        assert "from council" in said
        assert "from foundations" in said

    def test_captions_say_the_if_once_where_no_effect_is_shown(self, cohort, claim):
        result = run(cohort, claim)
        for caption in (result.priced, result.linked):
            assert ("if all adjusted differences were effects" in caption) == (claim != "effect")
        assert not result.summary()["what"].str.contains("if all adjusted").any()

    def test_what_comes_back_is_said_as_an_if_where_no_effect_is_shown(self, cohort, claim):
        said = speak(*run(cohort, claim).purse(), Rule(threshold=2)).text
        assert said.startswith("If all of the adjusted difference") == (claim != "effect")
        assert ("would come back" in said) == (claim != "effect")


def test_benefits_from_differences_that_are_clear_by_themselves_only_are_named(cohort):
    """A page counted as benefits what another page said not to take for results, without a word of it."""
    assert run(cohort).only_by_itself() == ((), {})
    effects = [found("english", 3.0, 1.0), found("attendance", 2.0, 0.8, only_by_itself=True)]
    result = value(cohort, CHOSEN, effects, seed=1, draws=500)
    (template,), values = result.only_by_itself()
    said = speak(template, values, Rule(threshold=2)).text
    assert said.startswith("The benefit from School attendance")
    assert "no longer clear" in said
    claims = dict(zip(result.cost_of_points()["outcome"], result.cost_of_points()["claim"], strict=True))
    assert ["not among so many" in claim for name, claim in sorted(claims.items())] == [False, True]


class TestTables:
    def test_each_has_its_columns_with_rows_and_without(self, cohort):
        full, none = run(cohort), value(cohort, ValueOptions(), [], draws=1_000)
        for name, method in TABLES.items():
            columns = set(COLUMNS[name].split())
            assert columns <= set(getattr(none, method)().columns), name
            rows = getattr(full, method)()
            assert len(rows), name
            assert columns <= set(rows.columns), name

    def test_scenarios_are_in_order_and_base_is_the_answer(self, cohort):
        result = run(cohort)
        low, base, high = result.scenarios()["net"]
        assert low < base < high
        assert base == pytest.approx(result.headline.net / result.children)

    def test_weights_in_the_answer_come_to_nearly_all_of_it(self, cohort):
        shares = run(cohort).assumptions()["share"]
        assert 90 < shares.sum() <= 102
        assert shares.is_monotonic_decreasing

    def test_what_is_taken_off_is_said_once(self, cohort):
        row = run(cohort).table().iloc[0]
        assert row["taken_off"] == pytest.approx(100 * (1 - 0.9 * 0.85))
        assert "optimism bias" in " ".join(run(cohort).conventions()["what"])

    def test_raw_change_stands_beside_and_is_in_no_total(self, cohort):
        result = run(cohort)
        rows = result.illusion()
        assert "NOT an effect" in rows["basis"].iloc[1]
        assert rows["amount"].iloc[0] == pytest.approx(result.headline.benefit / result.children)
        bare = value(cohort, CHOSEN, [found("english", 3.0, 1.0), found("attendance", 2.0, 0.8)], seed=1, draws=1_000)
        assert bare.headline.net == result.headline.net
        assert bare.illusion().empty

    def test_a_missing_number_is_explained(self, cohort):
        rows = run(cohort).summary()
        missing = rows[rows["estimate"].map(math.isnan)]
        assert all(missing["remark"].str.len() > 0)
        assert all(rows.loc[rows["estimate"].map(math.isfinite), "remark"] == "")

    @pytest.mark.parametrize(("provenance", "evidence"), [("synthetic", "simulated"), ("real", "measured")])
    def test_effects_of_simulated_children_are_marked_so(self, cohort, provenance, evidence):
        meta = {**cohort.meta.model_dump(mode="json"), "provenance": provenance}
        rows = appraised(make_cohort(meta, cohort.tables), "effect").assumptions()
        assert set(rows.loc[rows["name"].str.startswith("effect."), "evidence"]) == {evidence}

    def test_dollars_see_no_saving_in_pounds(self, cohort):
        dollars = make_cohort({**cohort.meta.model_dump(mode="json"), "currency": "USD"}, cohort.tables)
        result = value(dollars, ValueOptions(), [], draws=1_000)
        assert result.saving is None
        assert result.saving_rows().empty


@pytest.mark.parametrize(
    ("draw", "method"),
    [
        ("draw_waterfall", "waterfall"), ("draw_perspectives", "perspectives"), ("draw_years", "years"),
        ("draw_tornado", "tornado"), ("draw_two_way", "two_way"), ("draw_information", "information"),
        ("draw_plane", "plane"), ("draw_acceptability", "acceptability"), ("draw_illusion", "illusion"),
    ],
)
def test_figures_say_currency_and_price_year(cohort, draw, method):
    figure = getattr(money, draw)(getattr(run(cohort), method)())
    assert isinstance(figure, Figure)
    axes = figure.axes[0]
    words = " ".join([axes.get_xlabel(), axes.get_ylabel(), axes.get_title()]).replace("\n", " ")
    assert draw == "draw_information" or ("£" in words and "2023" in words)


def test_bars_are_as_long_as_their_numbers(cohort):
    rows = run(cohort).waterfall()
    bars = money.draw_waterfall(rows).axes[0].patches
    assert [b.get_width() for b in bars] == pytest.approx(rows["amount"].tolist())
    assert np.isclose(bars[-2].get_x() + bars[-2].get_width(), rows["amount"].iloc[-1])


def shown_calls():
    """Every table and figure that the notebook shows: its function's source."""
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        if cell.cell_type == "code":
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in ("nb.show_table", "nb.show_figure"):
                    yield ast.unparse(node)


def test_every_table_and_figure_of_money_says_where_it_comes_from_beside_the_number():
    calls = list(shown_calls())
    assert len(calls) > 15
    for call in calls:
        if "money" in call.replace("money.draw", "") or "**each" in call:
            beside = [f"'{c}': Label" in call for c in ("evidence", "title", "price_year")]
            assert any(beside) or "result.linked" in call, call
