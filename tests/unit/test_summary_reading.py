"""The summary is plain English whatever the findings are, and the measure of that can tell plain from hard."""

import functools
import itertools
import math
from dataclasses import replace

import pytest
from test_release_summary import CHANGE, COST, EXPECTED, NET, RATIO, SLOPE, STAMP, TIER_C, TOTAL
from toy_notebook import ATT, COUNT, PLAN, toy_cohort

from wlz_eval.core.finding import Finding
from wlz_eval.plan import make_plan
from wlz_eval.release import FindingSet, Rule, summarise
from wlz_eval.release.sentences import speak
from wlz_eval.report.readability import READING_BOUNDS, readability, split_sentences, syllables

EFFECT = replace(ATT, claim="effect", note="")
OTHER = replace(EFFECT, finding_id="attribution.att.english.endline.other_school", comparator="other_school")
SAME = replace(EFFECT, finding_id="attribution.att.english.endline.same_school")
PROGRAMME = replace(COUNT, finding_id="data.children.programme")
PART = {"unit": "count", "claim": "description", "n_programme": 228}
TRIED = Finding(finding_id="attribution.specifications.estimated.english_endline", quantity="n", estimate=6, **PART)
ABOVE = Finding(finding_id="attribution.specifications.above_zero.english_endline", quantity="n", estimate=4, **PART)
BELOW = Finding(finding_id="attribution.specifications.below_zero.english_endline", quantity="n", estimate=0, **PART)
RATING = Finding(finding_id="attribution.evidence.eef_style.english_endline", quantity="level of evidence", estimate=2,
                 **{**PART, "unit": "level"},
                 note="It is not known how children were chosen, so judgement that was not seen cannot be ruled out.")
SMALLEST = Finding(finding_id="attribution.mde_seen", quantity="mde", estimate=0.4, **{**PART, "unit": "sd"})
KNOWN = Finding(finding_id="data.complete.english.endline.programme", quantity="share_known", estimate=74.6,
                unit="percent", claim="description", group="programme", n_programme=228)
GAMMA = Finding(finding_id="attribution.sensitivity.gamma_lost", quantity="gamma", estimate=1.07,
                **{**PART, "unit": "ratio"})
UNCUT = replace(NET, finding_id="value.without_optimism.net_present_value_per_child", estimate=-3100)
ODDS = replace(NET, finding_id="value.breakeven_probability", estimate=0.2, unit="probability", currency="")
IF_ALL = replace(TOTAL, finding_id="value.projection.net_present_value")
WORSE = replace(ATT, finding_id="attribution.att.sdq_total.endline", outcome="sdq_total", primary=False)
CHANCE = replace(WORSE, only_by_itself=True)

ATTS = {
    "none": (), "tier C": (TIER_C,), "adjusted": (ATT,), "open": (replace(EFFECT, ci_low=-1.0),), "gain": (EFFECT,),
    "loss": (replace(EFFECT, estimate=-3.0, ci_low=-5.0, ci_high=-1.0),),
    "unclear": (replace(ATT, ci_low=-1.0),), "no interval": (replace(ATT, ci_low=math.nan, ci_high=math.nan),),
}
MONEY = {
    "nothing": (), "no cost": (replace(TOTAL, estimate=math.nan),), "cost": (replace(COST, price_year=2023),),
    "if": (COST, IF_ALL), "loss": (COST, NET, TOTAL, RATIO, ODDS, UNCUT), "bare": (COST, NET),
    "gain": (COST, replace(NET, estimate=900, ci_low=100, ci_high=1800), RATIO),
    "open": (COST, replace(NET, ci_high=700), ODDS, UNCUT),
    "harm": (COST, NET, replace(RATIO, estimate=-0.4, ci_low=-0.9, ci_high=-0.1),
             replace(UNCUT, estimate=NET.estimate)),
}
BESIDE = {
    "nothing": (), "slope": (CHANGE, EXPECTED, SLOPE, PROGRAMME, COUNT),
    "flat": (CHANGE, replace(SLOPE, ci_low=-1.0), PROGRAMME, RATING, SMALLEST, KNOWN),
    "all": (CHANGE, EXPECTED, SLOPE, PROGRAMME, COUNT, RATING, SMALLEST, KNOWN, TRIED, ABOVE, BELOW, SAME, OTHER,
            GAMMA),
    "apart": (CHANGE, SAME, replace(OTHER, estimate=-4.0, ci_low=-6.0, ci_high=-2.0)),
    "others": (CHANGE, RATING, SMALLEST, KNOWN, CHANCE),
}

ABOUT = "The pupils here are a part of a trial, not the trial itself."


@functools.cache
def planned(better):
    main = {"measure": "english", "primary": True, "better": better}
    return make_plan({**PLAN, "outcomes": [main, {"measure": "sdq_total", "informant": "teacher"}]})


def paragraphs(att, money, beside, provenance="real", better="higher"):
    plan = planned(better)
    found = FindingSet([(finding, STAMP) for finding in (*ATTS[att], *MONEY[money], *BESIDE[beside])])
    cohort = toy_cohort("real" if provenance == "closed" else provenance)
    if provenance == "closed":
        cohort = replace(cohort, meta=cohort.meta.model_copy(update={"closed": True, "about": ABOUT}))
    summary = summarise(found, cohort, plan)
    every = (*summary.sentences, *summary.sure, *summary.next_steps, *summary.limits)
    return [speak(s.template, s.values, Rule()).text for s in every]


@pytest.mark.parametrize("att", ATTS)
def test_every_branch_keeps_the_bounds(att):
    for money, beside in itertools.product(MONEY, BESIDE):
        found = readability(paragraphs(att, money, beside))
        assert not found.beyond(), (money, beside, found.beyond())


@pytest.mark.parametrize("better", ["higher", "lower"])
@pytest.mark.parametrize("provenance", ["real", "synthetic", "closed"])
@pytest.mark.parametrize("att", ATTS)
def test_direction_and_kind_of_data_keep_the_bounds_too(att, provenance, better):
    assert not readability(paragraphs(att, "loss", "all", provenance, better)).beyond()


def test_a_loss_is_never_followed_by_advice_to_repeat_it():
    assert any("went the wrong way" in p for p in paragraphs("loss", "loss", "all"))
    assert any("went the wrong way" in p for p in paragraphs("gain", "loss", "all", better="lower"))
    assert not any("gain as much" in p for p in paragraphs("loss", "loss", "all"))
    assert any("gain as much" in p for p in paragraphs("gain", "loss", "all"))


def test_a_clear_result_says_how_little_would_undo_it():
    (said,) = [p for p in paragraphs("gain", "loss", "all") if "1.07" in p]
    assert "A slight difference could do so: the odds of a place 1.07 times as high" in said
    assert not any("1.07" in p for p in paragraphs("open", "loss", "all"))


def test_a_study_that_is_over_is_told_as_one_and_gets_no_advice_for_the_living():
    for att in ATTS:
        said = " ".join(paragraphs(att, "loss", "all", "closed"))
        assert "This study is over" in said
        assert ABOUT in said
        assert not any(words in said for words in ("Ask their schools", "next results", "next year", "talk to schools"))
    assert "children of today gain as much" in " ".join(paragraphs("gain", "loss", "all", "closed"))
    assert "children of today gain as much" not in " ".join(paragraphs("loss", "loss", "all", "closed"))


def test_what_was_taken_off_for_optimism_is_said_with_the_number_without_it():
    (said,) = [p for p in paragraphs("gain", "loss", "all") if p.startswith("The programme cost")]
    assert "optimism bias" in said
    assert "the result would be −£3,100 a child" in said
    assert "optimism" not in " ".join(paragraphs("gain", "bare", "all"))


def test_a_harm_is_told_as_one_and_not_as_a_number_of_times():
    (said,) = [p for p in paragraphs("loss", "harm", "nothing") if p.startswith("The programme cost")]
    assert "Benefits are below zero: −0.40 times the cost" in said
    # Nothing is taken off a loss, so there is no other result to tell beside it.
    assert "Here no gain is expected." in said
    assert "Without that" not in said


def test_money_known_for_sure_has_no_interval():
    sure = replace(NET, ci_low=math.nan, ci_high=math.nan)
    (said,) = [s for s in summarise(FindingSet([(f, STAMP) for f in (COST, sure)]), toy_cohort("real"),
                                    planned("higher")).sentences if s.topic == "What it is worth."]
    assert "interval" not in said.template


def test_comparisons_that_do_not_fit_together_are_said_to():
    assert any("Trust neither alone." in p for p in paragraphs("gain", "cost", "apart"))
    assert any("Both point the same way." in p for p in paragraphs("gain", "cost", "all"))


def test_there_are_never_more_steps_than_a_reader_takes():
    plan = make_plan(PLAN)
    found = FindingSet([(f, STAMP) for f in (ATT, *MONEY["loss"], *BESIDE["all"])])
    steps = summarise(found, toy_cohort(), plan).next_steps
    assert 1 <= len(steps) <= 4
    assert steps[0].topic == "Mend the comparison."


HARD = (
    "Notwithstanding the considerable methodological heterogeneity, a statistically significant association was "
    "subsequently demonstrated between programme participation and educational attainment, conditional on covariates."
)


def test_the_measure_finds_what_is_hard():
    found = readability([HARD])
    assert found.reading_age > READING_BOUNDS.reading_age + 5
    assert set(found.jargon) == {"statistically significant", "heterogeneity", "covariate"}
    assert len(found.passive) == 1
    assert len(found.beyond()) == 5 - (found.longest_words <= READING_BOUNDS.longest)
    assert readability([HARD], known=("covariate",)).jargon == ("statistically significant", "heterogeneity")


@pytest.mark.parametrize(
    ("sentence", "passive"),
    [("The children were chosen by rules.", True), ("It was not measured.", True), ("They were never told.", True),
     ("The range is wide.", False), ("Many are in need.", False), ("Schools chose them.", False),
     ("It is related to age.", False)],
)
def test_passive_sentences_are_told_from_others(sentence, passive):
    assert bool(readability([sentence]).passive) is passive


@pytest.mark.parametrize(
    ("word", "count"),
    [("children", 2), ("programme", 2), ("similar", 3), ("matched", 1), ("results", 2), ("times", 1), ("changes", 2),
     ("outcome", 2), ("attendance", 3), ("SDQ", 3), ("−£4,670", 4), ("reading", 2), ("table", 2), ("needed", 2)],
)
def test_syllables_of_the_words_that_summaries_use(word, count):
    assert abs(syllables(word) - count) <= (word == "outcome")


def test_the_grade_is_kincaids():
    text = ["The programme cost more. Schools paid for it."]
    words, count = 8, sum(syllables(w) for w in ("The", "programme", "cost", "more", "Schools", "paid", "for", "it"))
    assert readability(text).grade == pytest.approx(0.39 * words / 2 + 11.8 * count / words - 15.59)


def test_a_stop_inside_brackets_ends_no_sentence():
    assert split_sentences("A (it was seen. Twice.) rose. B fell.") == ["A (it was seen. Twice.) rose.", "B fell."]


