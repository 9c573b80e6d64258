"""The summary says what the findings say, whatever of them there is."""

from dataclasses import replace

import pytest
from toy_notebook import ATT, PLAN, Toy, toy_cohort

from wlz_eval.core.finding import Finding
from wlz_eval.plan import make_plan
from wlz_eval.release import FindingSet, Rule, Stamp, summarise
from wlz_eval.release.labels import QUANTITY_WORDS, finding_label
from wlz_eval.release.sentences import speak

STAMP = Stamp(notebook="04_attribution", cohort="toy", cell=1, plan_hash="", data_hash="")
BASE = {"unit": "points", "claim": "description", "outcome": "english", "wave": "endline", "n_programme": 228}
CHANGE = Finding(finding_id="progress.change.english.endline", quantity="mean_change", estimate=4.2, ci_low=2.8,
                 ci_high=5.7, **BASE)
EXPECTED = Finding(finding_id="progress.expected_untreated.english.endline", quantity="expected", estimate=1.8, **BASE)
SLOPE = Finding(finding_id="engagement.slope.english.endline", quantity="slope", estimate=1.8, ci_low=0.9, ci_high=2.8,
                subgroup="ten more hours of support", **{**BASE, "claim": "association"})
COST = Finding(finding_id="value.cost_per_child", quantity="cost", estimate=5900, unit="money", currency="GBP",
               claim="description", n_programme=228)
GIVEN = {"claim": "projection", "n_programme": 228, "price_year": 2023, "currency": "GBP", "perspective": "society",
         "evidence": "illustrative"}
NET = Finding(finding_id="value.net_present_value_per_child", quantity="net_present_value", estimate=-3990,
              ci_low=-5440, ci_high=-1910, unit="money", subgroup="for each child", **GIVEN)
TOTAL = replace(NET, finding_id="value.net_present_value", estimate=-909_720, ci_low=-1_240_320, ci_high=-435_480,
                subgroup="")
RATIO = Finding(finding_id="value.benefit_cost_ratio", quantity="benefit_cost_ratio", estimate=0.31, ci_low=0.06,
                ci_high=0.67, unit="ratio", **GIVEN)
EFFECT = replace(ATT, claim="effect", note="")
TIER_C = Finding(finding_id="attribution.tier.english.endline", quantity="tier", estimate=3, unit="level",
                 claim="description", outcome="english", wave="endline", tier="C")


def said(*findings, provenance="real"):
    found = FindingSet([(finding, STAMP) for finding in findings])
    summary = summarise(found, toy_cohort(provenance), make_plan(PLAN))
    texts = [speak(s.template, s.values, Rule()).text for s in (*summary.sentences, *summary.limits)]
    return summary, dict(zip([s.topic for s in (*summary.sentences, *summary.limits)], texts, strict=True))


def test_every_question_has_an_answer_without_any_finding():
    summary, texts = said()
    assert len(summary.sentences) >= 6
    assert all(texts.values())
    assert summary.key == ()
    assert len(summary.sizes) == 0
    assert not any(character.isdigit() for character in " ".join(texts.values()))


def test_what_is_known_is_said_with_its_interval():
    _, texts = said(CHANGE, EXPECTED, EFFECT, SLOPE, COST)
    assert "4.2 points" in texts["What changed."]
    assert "about 1.8 points with no programme at all" in texts["What changed."]
    assert "0.4 to 5.8 points" in texts["What the programme did."]
    assert "ten more hours of support" in texts["Engagement."]
    assert "£5,900" in texts["What it is worth."]


@pytest.mark.parametrize(
    ("att", "caused"),
    [(EFFECT, True), (ATT, False), (replace(EFFECT, ci_low=-1.0), False), (replace(EFFECT, tier="B"), False),
     (TIER_C, False)],
)
def test_only_an_effect_that_excludes_zero_is_worded_as_one(att, caused):
    _, texts = said(att, CHANGE, SLOPE, COST)
    assert ("caused" in " ".join(texts.values())) is caused


def test_the_reason_why_no_more_may_be_said_is_given():
    _, texts = said(ATT)
    assert "It is not known how children were chosen." in texts["Beside similar children."]
    assert "What the programme did." not in texts
    assert "It is not known how children were chosen." in texts["Cause."]


@pytest.mark.parametrize(("provenance", "words"), [("synthetic", "simulated"), ("real", "real pupils")])
def test_real_or_simulated_is_always_said(provenance, words):
    assert words in said(provenance=provenance)[1]["Real or simulated."]


def test_sizes_are_turned_so_that_more_is_better():
    g = Finding(finding_id="attribution.hedges_g.english.endline", quantity="hedges_g", estimate=-0.2, ci_low=-0.5,
                ci_high=0.1, n_comparison=200, **{**BASE, "unit": "sd"})
    plan = make_plan({"outcomes": [{"measure": "english", "primary": True, "better": "lower"}]})
    sizes = summarise(FindingSet([(g, STAMP)]), toy_cohort(), plan).sizes
    assert sizes[["size", "low", "high"]].iloc[0].tolist() == [0.2, -0.1, 0.5]


def test_money_is_said_a_child_with_its_year_its_links_and_its_interval():
    summary, texts = said(replace(COST, price_year=2023), NET, TOTAL, RATIO)
    value = texts["What it is worth."]
    assert "£5,900 a child (2023 prices)" in value
    assert "−£3,990 a child" in value
    assert "illustrative links" in value
    assert "0.31 times the cost (95% interval 0.06 to 0.67)" in value
    assert TOTAL not in summary.key
    assert "Money." in texts


def test_net_value_without_a_ratio_is_still_said():
    _, texts = said(COST, NET, TOTAL)
    assert "−£3,990 a child" in texts["What it is worth."]
    assert "not known" not in texts["What it is worth."]


def test_a_quoted_figure_is_no_benefit_of_these_children():
    quoted = Finding(finding_id="value.published.internal_rate_of_return", quantity="internal_rate_of_return",
                     estimate=6, unit="percent", claim="projection", evidence="published")
    _, texts = said(replace(COST, price_year=1998, evidence="published"), quoted)
    assert "(1998 prices, published figure)" in texts["What it is worth."]
    assert "Money." not in texts


def test_labels_of_money_name_the_year_of_its_prices():
    assert finding_label(NET, toy_cohort()) == "Net present value, for each child, 2023 prices"


@pytest.mark.parametrize(
    "quantity",
    ["fiscal_return", "payback_year", "payback_probability", "switching_value", "value_of_information",
     "cost_per_point", "raw_change_claim_per_child", "published_saving"],
)
def test_quantities_of_value_have_words(quantity):
    assert QUANTITY_WORDS[quantity] != quantity.replace("_", " ").capitalize()


def test_a_small_group_silences_the_sentence_about_it():
    _, texts = said(replace(EFFECT, n_programme=9))
    assert "higher" not in texts["What the programme did."]
    assert "fewer than 10" in texts["What the programme did."]


def test_the_notebook_shows_the_summary_without_other_findings(monkeypatch, tmp_path):
    toy = Toy(monkeypatch, tmp_path, name="09_summary")
    summary = summarise(toy.nb.need("03_progress", "04_attribution"), toy.cohort, toy.nb.plan)
    toy.nb.say(*summary.sentences)
    assert len(toy.outputs) == 1 + len(summary.sentences)
    assert "<strong>The children.</strong>" in toy.outputs[1]["data"]["text/html"]


class TestEveryClearResult:
    """A page left the one clear result of an evaluation, a worse one, to a dot in its picture."""

    PLAN = make_plan({
        "outcomes": [
            {"measure": "english", "primary": True, "better": "higher"},
            {"measure": "sdq_total", "informant": "teacher"}, {"measure": "attendance"},
        ]
    })
    WORSE = replace(ATT, finding_id="attribution.att.sdq_total.endline", outcome="sdq_total", estimate=2.0, ci_low=1.1,
                    ci_high=2.8, primary=False)
    BETTER = replace(ATT, finding_id="attribution.att.attendance.endline", outcome="attendance", estimate=1.5,
                     ci_low=0.4, ci_high=2.6, unit="percentage_points", primary=False)
    UNCLEAR = replace(ATT, estimate=-0.3, ci_low=-2.9, ci_high=2.3)

    def texts(self, *findings):
        found = FindingSet([(finding, STAMP) for finding in findings])
        summary = summarise(found, toy_cohort("synthetic"), self.PLAN)
        return summary, [speak(s.template, s.values, Rule()).text for s in (*summary.sentences, *summary.next_steps)]

    def test_a_clear_result_is_told_whichever_way_it_points(self):
        summary, texts = self.texts(self.UNCLEAR, self.WORSE, self.BETTER)
        told = " ".join(texts)
        assert "2.0 points higher than matched comparison children, which is worse (95% interval 1.1 to 2.8" in told
        assert "1.5 percentage points higher" in told
        assert [s.topic for s in summary.others] == ["Other outcomes.", ""]
        assert "did worse than children like them on" in told
        assert "caused" not in told

    def test_where_none_is_clear_that_is_said_and_where_none_was_compared_nothing(self):
        unclear = [replace(f, ci_low=-1.0) for f in (self.WORSE, self.BETTER)]
        summary, texts = self.texts(self.UNCLEAR, *unclear)
        assert [s.template for s in summary.others] == ["No other outcome of the plan shows a clear difference."]
        assert not any("did worse" in text for text in texts)
        assert self.texts(self.UNCLEAR)[0].others == ()

    def test_what_only_chance_among_many_makes_clear_is_no_result(self):
        _, texts = self.texts(self.UNCLEAR, replace(self.WORSE, only_by_itself=True))
        assert any("which is worse" in text and "do not take it for a result" in text for text in texts)

    def test_the_doubt_of_several_is_said_once_after_those_that_are_sure(self):
        """Three outcomes each with the same warning pushed the summary's picture off its second sheet."""
        worse, better = (replace(found, only_by_itself=True) for found in (self.WORSE, self.BETTER))
        summary, _ = self.texts(self.UNCLEAR, worse, better)
        first, last = (s.template for s in summary.others)
        assert "by chance" not in first
        assert last.endswith("With so many outcomes these may look clear by chance, so do not take them for results.")
        summary, _ = self.texts(self.UNCLEAR, worse, self.BETTER)
        assert [s.values["att"].outcome for s in summary.others] == ["attendance", "sdq_total"]
        assert summary.others[-1].template.endswith("one may look clear by chance, so do not take it for a result.")

    def test_a_result_of_few_children_is_not_told_by_its_words(self):
        _, texts = self.texts(self.UNCLEAR, replace(self.WORSE, n_programme=9))
        assert not any("higher" in text for text in texts)


@pytest.mark.parametrize(
    ("one", "two", "words"),
    [
        ((-0.3, -2.9, 2.3), (-3.0, -4.0, -2.1), "does not show that they differ. Trust neither alone."),
        ((1.0, -1.0, 3.0), (0.5, -2.0, 3.0), "Neither is clear."),
        ((2.0, 1.0, 3.0), (2.5, 1.5, 3.5), "Both point the same way."),
        ((2.0, 1.0, 3.0), (6.0, 5.0, 7.0), "Both point the same way, but differ in size."),
        ((2.0, 1.0, 3.0), (-2.0, -3.0, -1.0), "The two contradict each other. Trust neither alone."),
    ],
)
def test_two_comparisons_are_judged_as_on_the_page_on_attribution(one, two, words):
    kinds = [
        replace(ATT, finding_id=f"attribution.att.english.endline.{kind}", comparator=kind,
                **dict(zip(("estimate", "ci_low", "ci_high"), numbers, strict=True)))
        for kind, numbers in (("other_school", one), ("same_school", two))
    ]
    summary, _ = said(replace(ATT, comparator="other_school"), *kinds)
    (sentence,) = [s for s in summary.sure if s.topic == "Two comparisons."]
    assert speak(sentence.template, sentence.values, Rule()).text.endswith(words)


def test_what_page_5_says_against_an_association_is_said_here_too():
    """The summary quoted a slope that page 5 said should not be relied on, and left that out."""
    against = "Other reasonable ways do not show it, so it should not be relied on."
    assert said(replace(SLOPE, note=against))[1]["Engagement."].endswith(against)
    unclear = replace(SLOPE, ci_low=-1.0, note=against)
    assert said(unclear)[1]["Engagement."].endswith(against)


def test_a_slope_of_another_outcome_is_not_taken_for_that_of_the_main_one():
    other = replace(SLOPE, finding_id="engagement.slope.maths.endline", outcome="maths")
    assert said(other)[1]["Engagement."].startswith("For the main outcome these data cannot say.")
    assert "main outcome" not in said(other, SLOPE)[1]["Engagement."]


def others(*more):
    """What is said of further outcomes, maths and attendance, with these findings."""
    plan = make_plan({"outcomes": [*PLAN["outcomes"], {"measure": "maths"}, {"measure": "attendance"}]})
    found = FindingSet([(finding, STAMP) for finding in (EFFECT, *more)])
    summary = summarise(found, toy_cohort(), plan)
    return " ".join(speak(s.template, s.values, Rule()).text for s in summary.others)


def further(measure, **changes):
    return replace(EFFECT, finding_id=f"attribution.att.{measure}.endline", outcome=measure, **changes)


def test_a_further_outcome_is_called_caused_only_where_it_stays_clear():
    """Three outcomes were worded as caused and taken back in the next sentence."""
    sure = others(further("maths"), further("attendance", ci_low=-1.0))
    assert "caused" in sure
    assert "by chance" not in sure
    assert "There is no clear difference for School attendance." in sure
    doubted = others(further("maths", only_by_itself=True))
    assert "caused" not in doubted
    assert "may look clear by chance" in doubted
