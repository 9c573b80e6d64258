"""Rows and sentences of notebook 04 that a reader must be able to trust."""

from __future__ import annotations

import dataclasses
import inspect
import types

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution import OutcomeOptions, SelectionOptions, attribute, pages, scrutinise
from wlz_eval.attribution.options import MatchingOptions
from wlz_eval.attribution.pages.cautions import UNDONE
from wlz_eval.attribution.raters import RATERS_KNEW, raters_knew
from wlz_eval.attribution.standards.multiplicity import draw_several, several_outcomes
from wlz_eval.core.errors import OptionError
from wlz_eval.inference import holm
from wlz_eval.measures import analysis_frame
from wlz_eval.simulate import make_options, simulate

OUTCOMES = (
    OutcomeOptions(measure="english", wave="endline", primary=True),
    OutcomeOptions(measure="maths", wave="endline"),
    OutcomeOptions(measure="attendance", wave="endline"),
)


@pytest.fixture(scope="module")
def seen():
    options = make_options(id="w5", children=90, pool=500, schools=5, comparison_schools=6, seed=5)
    cohort = simulate(options).cohort
    frame = analysis_frame(cohort)
    matching = MatchingOptions(formula="programme ~ english_baseline + maths_baseline + fsm", caliper=0.05)
    selection = SelectionOptions(basis="rules")
    result = attribute(cohort, frame, matching, OUTCOMES, selection)
    scrutiny = scrutinise(cohort, frame, matching, result, effort="draft")
    return cohort, frame, matching, selection, result, scrutiny


def test_the_flow_goes_on_to_the_primary_outcome(seen):
    _, frame, _, _, result, _ = seen
    rows = pages.flow_rows(frame, result).set_index(["stage", "group"])["count"]
    started, left = rows["started", "programme"], rows["not matched, left out", "programme"]
    assert rows["matched", "programme"] + left == started
    last = rows["matched, with English at the end", "programme"]
    assert last == result.primary.att.n_programme <= rows["matched", "programme"]


def test_long_names_are_short_once_the_map_has_given_them(seen):
    *_, result, _ = seen
    assert pages.map_rows(result)["label"][0] == "English (standardised score), at the end"
    assert pages.effect_rows(result, headline=True)["outcome"].iloc[0] == "English, at the end"
    clash = dataclasses.replace(result.map.tiers[1], label="English (key stage)")
    both = dataclasses.replace(result.map, tiers=(result.map.tiers[0], clash))
    named = pages.effect_rows(dataclasses.replace(result, map=both), headline=True)["label"]
    assert named.iloc[0] == "English (standardised score)"


def test_months_are_said_of_attainment_only_and_by_both_tables(seen):
    *_, result, scrutiny = seen
    rows = pages.months_rows(scrutiny)
    assert rows["label"].tolist() == ["English at the end", "Maths at the end"]
    g = {e.att.outcome: e.att.g for e in result.headline_effects}
    assert rows["hedges_g"].tolist() == [g["english_endline"].estimate, g["maths_endline"].estimate]
    assert (rows["months_low"] <= rows["months"]).all()
    assert rows["confirmed"].all()
    assert not any(part.confirmed for part in scrutiny.get("months") if part.source == "trial")


def test_three_corrections_of_several_outcomes(seen):
    *_, result, scrutiny = seen
    rows = pages.several_rows(scrutiny)
    assert rows["p_holm"].tolist() == pytest.approx(holm([e.att.p for e in result.headline_effects]).tolist())
    assert ((rows["p"] <= rows["p_resampled"]) & (rows["p_resampled"] <= rows["p_holm"] + 1e-12)).all()
    assert ((rows["p"] <= rows["p_bh"]) & (rows["p_bh"] <= rows["p_holm"] + 1e-12)).all()
    assert (rows["clear"] == np.where(rows["p_holm"] < 0.05, "yes", "no")).all()
    assert len(draw_several(scrutiny.get("several").table()).axes[0].collections) == 4
    one = {"english_endline": result.primary.att}
    with pytest.raises(OptionError, match="Fewer than two"):
        several_outcomes(one)
    unknown = {**one, "x": dataclasses.replace(result.primary.att, scores=pd.Series(dtype=float))}
    assert several_outcomes(unknown).table()["p_resampled"].isna().all()


def test_funder_and_independence_are_named_or_said_to_be_unknown(seen):
    cohort, _, matching, selection, result, _ = seen
    silent = pages.fact_rows(cohort, result, selection, matching, planned="Locked.").set_index("fact")["statement"]
    assert "neither a funder nor" in silent["Funder and independence"]
    assert "Paid for by" not in silent
    named = pages.fact_rows(
        cohort, result, selection, matching, planned="Locked.", funder="The council", departures=["seed"]
    ).set_index("fact")["statement"]
    assert named["Paid for by"] == "The council"
    assert "does not say who made" in named["Made by"]
    assert named["Planned beforehand"] == "Locked. Changed since: seed."
    assert "ATT" in named["What is estimated"]
    assert "one comparison child for each programme child" in named["How"]
    assert "(the caliper)" in named["How"]


def test_the_rating_is_one_row_a_question_and_ends_at_the_level_that_is_said(seen):
    scrutiny = seen[-1]
    rows = pages.evidence_rows(scrutiny)
    assert rows["criterion"].is_unique
    for scale in ("eef_style", "maryland", "nesta"):
        asked = rows.loc[rows[scale] != "", scale]
        assert int(asked.iloc[-1]) == scrutiny.get("evidence").level(scale)
    calibration = rows.set_index("criterion").loc["calibration", "reason"]
    assert "so few repeats" in calibration  # a draft's few repeats show gross failures only
    assert rows.set_index("criterion").loc["outcomes not known", "value"] == "see above"


def test_who_was_left_unmatched_is_described_by_scores_and_shares(seen):
    *_, result, _ = seen
    scores, shares = pages.profile_rows(result), pages.profile_rows(result, shares=True)
    if len(result.design.unmatched_programme):
        assert pages.nobody_unmatched(result) == ()
        assert "English at the start" in scores["covariate"].tolist()
        fsm = shares.set_index("covariate").loc["Free school meals", "matched_mean"]
        held = result.design.covariates.balance["fsm"]
        assert fsm == pytest.approx(100 * held.loc[result.matched_programme()].mean())
    else:
        assert scores.empty
        assert shares.empty
        assert pages.nobody_unmatched(result)


def test_subgroups_say_whether_they_differ(seen):
    scrutiny = seen[-1]
    rows = pages.subgroup_rows(scrutiny)
    assert set(rows["differ"]) <= {"yes", "not clearly", "cannot be tested", "too few to say"}
    assert ((rows["status"] == "estimated") == (rows["differ"] != "too few to say")).all()
    rows = rows[rows["status"] == "estimated"]
    found = scrutiny.get("subgroups")
    p = dict(zip([part.by for part in found], holm([part.p for part in found]), strict=True))
    if "fsm" in p:
        words = set(rows.loc[rows["by"] == "Free school meals", "differ"])
        assert words == {"cannot be tested" if np.isnan(p["fsm"]) else "yes" if p["fsm"] < 0.05 else "not clearly"}


def test_the_primary_outcome_is_not_said_twice(seen):
    *_, result, _ = seen
    others = pages.sentences(result, primary=False)
    assert len(others) == len(pages.sentences(result)) - 1
    assert not any("english_endline" in text for text in others)
    alone = dataclasses.replace(result, map=dataclasses.replace(result.map, tiers=result.map.tiers[:1]))
    assert pages.sentences(alone, primary=False) == ("The plan names no other outcome.",)


def _with_primary(result, scrutiny, **att):
    """Replace numbers of the primary effect, and leave everything else as it is."""
    own = result.primary
    other = dataclasses.replace(own, att=dataclasses.replace(own.att, **att))
    effects = tuple(other if e is own else e for e in result.effects)
    changed = dataclasses.replace(result, effects=effects)
    case = dataclasses.replace(scrutiny.case, result=changed, effect=other)
    return changed, dataclasses.replace(scrutiny, case=case)


def test_the_answer_counts_those_whose_outcome_is_known(seen):
    *_, result, scrutiny = seen
    assert "The result rests on those whose outcome is known" in pages.who_was_compared(result)
    whole, _ = _with_primary(result, scrutiny, n_missing_programme=0, n_missing_comparison=0)
    assert "outcome is known" not in pages.who_was_compared(whole)


@pytest.mark.parametrize(
    ("own", "other", "word"),
    [
        ((2.0, 1.0, 3.0), (1.0, 0.5, 1.5), "point the same way"),
        ((2.0, 1.0, 3.0), (-1.0, -1.5, -0.5), "contradict"),
        ((2.0, 1.0, 3.0), (1.0, -0.5, 1.5), "Only one"),
        ((2.0, -1.0, 3.0), (-1.0, -1.5, 0.5), "Neither"),
    ],
)
def test_the_other_comparison_is_said_beside_the_planned_one(seen, own, other, word):
    *_, result, scrutiny = seen
    names = ("estimate", "ci_low", "ci_high")
    result, _ = _with_primary(result, scrutiny, **dict(zip(names, own, strict=True)))
    kind = next(k for k in ("same_school", "other_school") if k != result.headline)
    second = dataclasses.replace(
        result.primary, comparison=kind, headline=False,
        att=dataclasses.replace(result.primary.att, **dict(zip(names, other, strict=True))),
    )
    result = dataclasses.replace(result, effects=(*result.headline_effects, second))
    (line,) = pages.other_comparisons(result)
    assert word in line
    assert f"{{english_endline_{kind}:interval}}" in line
    assert f"english_endline_{kind}" in pages.values(result)
    disagree = word in ("contradict", "Only one")
    assert bool(pages.other_comparisons(result, disagreeing=True)) is disagree


@pytest.mark.parametrize(("low", "p", "named"), [(0.1, 0.04, True), (-0.1, 0.06, False), (1.0, 0.0001, False)])
def test_an_outcome_that_is_clear_by_itself_only_is_named(seen, low, p, named):
    *_, result, scrutiny = seen
    plain = [
        dataclasses.replace(e, att=dataclasses.replace(e.att, ci_low=-1.0, ci_high=2.0, p=0.5))
        for e in result.headline_effects
    ]
    at = next(i for i, e in enumerate(plain) if e.outcome.measure == "maths")
    plain[at] = dataclasses.replace(plain[at], att=dataclasses.replace(plain[at].att, ci_low=low, p=p))
    family = holm([e.att.p for e in plain])
    effects = tuple(e.with_family_p(p) for e, p in zip(plain, family, strict=True))
    case = dataclasses.replace(scrutiny.case, result=dataclasses.replace(result, effects=effects))
    said = pages.only_by_itself(dataclasses.replace(scrutiny, case=case))
    assert [text.split(":")[0] for text in said] == (["Maths at the end"] if named else [])
    # The number itself carries it, to every other page and table.
    finding = next(f for f in case.result.findings() if f.finding_id == "attribution.att.maths.endline")
    assert finding.only_by_itself is named
    claimed = tuple(
        dataclasses.replace(e, verdict=dataclasses.replace(e.verdict, claim="effect")) for e in case.result.effects
    )
    rows = pages.effect_rows(dataclasses.replace(case.result, effects=claimed), headline=True)
    called = rows.set_index("measure")["called"]
    assert ("not among so many outcomes" in called["maths"]) is named


def test_an_outcome_whose_raters_knew_says_so_wherever_it_is_shown(seen):
    *_, result, _ = seen
    effects = tuple(dataclasses.replace(e, raters_knew=e.outcome.measure == "maths") for e in result.effects)
    knew = dataclasses.replace(result, effects=effects)
    said = pages.sentences(knew)
    assert [RATERS_KNEW in text for text in said] == [False, True, False]
    assert not any(RATERS_KNEW in text for text in pages.sentences(result))
    notes = {f.outcome: f.note for f in knew.findings() if f.quantity == "att"}
    assert notes["maths"].endswith(RATERS_KNEW)
    assert RATERS_KNEW not in notes["english"]


def test_one_rater_who_knew_is_enough_and_a_record_has_none(seen):
    cohort, *_, result, _ = seen
    row = next(t for t in result.map.tiers if t.measure == "english")
    teacher = dataclasses.replace(row, informant="teacher")
    table = cohort.measures
    at = (table["measure"] == "english") & (table["wave"] == "endline")
    found = []
    for knew in (pd.NA, False, True):
        column = pd.Series(pd.NA, index=table.index, dtype="boolean")
        column[at] = False if knew is not pd.NA else pd.NA
        column[at.idxmax()] = knew
        found.append(raters_knew(types.SimpleNamespace(measures=table.assign(rater_knew=column)), teacher))
    assert found == [None, False, True]
    assert raters_knew(cohort, dataclasses.replace(row, informant="admin")) is False


def test_the_drift_of_a_noisy_start_is_said_with_its_size_and_not_where_the_groups_lie_close(seen):
    *_, scrutiny = seen
    found = scrutiny.get("noisy_baseline")
    far = dataclasses.replace(found, mean_programme=found.mean_comparison - found.sd)
    near = dataclasses.replace(found, mean_programme=found.mean_comparison - 0.05 * found.sd)
    said = [pages.drift(dataclasses.replace(scrutiny, found={**scrutiny.found, "noisy_baseline": f}))[0]
            for f in (far, near)]
    assert "{baseline_bias:magnitude} lower" in said[0]
    assert "lay close together" in said[1]
    values = pages.further_values(scrutiny)
    assert values["baseline_bias"].estimate == pytest.approx(found.bias)
    assert values["baseline_gap"].unit == scrutiny.case.effect.unit
    unknown = dataclasses.replace(far, r=float("nan"))
    said = pages.drift(dataclasses.replace(scrutiny, found={**scrutiny.found, "noisy_baseline": unknown}))[0]
    assert "baseline_bias" not in said
    assert "unknown amount" in said


def test_what_is_hidden_is_said_once_where_nothing_is_clear_and_the_limits_repeat_what_undoes_a_claim(seen):
    *_, result, scrutiny = seen
    _, open_ = _with_primary(result, scrutiny, estimate=1.0, ci_low=-1.0, ci_high=3.0)
    assert len(pages.hidden(open_)) == 2
    assert not any("as strong as" in line for line in pages.fragile(open_))
    _, clear = _with_primary(result, scrutiny, estimate=2.0, ci_low=1.0, ci_high=3.0)
    verdict = dataclasses.replace(clear.case.effect.verdict, claim="effect", reasons=())
    effect = dataclasses.replace(clear.case.effect, verdict=verdict)
    clear = dataclasses.replace(clear, case=dataclasses.replace(clear.case, effect=effect))
    pairs = dataclasses.replace(scrutiny.get("rosenbaum"), gamma_lost=float("nan"))
    clear = dataclasses.replace(clear, found={**clear.found, "rosenbaum": pairs})
    assert any("rests on the adjustment" in line for line in pages.hidden(clear))
    words = "Something unseen that is as strong as {} the interval to no effect."
    for text, limits in (("Maths could bring", True), ("any one would not be enough to bring", False)):
        omitted = types.SimpleNamespace(sentence=words.format(text))
        lines = pages.fragile(dataclasses.replace(clear, found={**clear.found, "omitted": omitted}))
        assert (omitted.sentence in lines) is limits
    # The limits know the sentence by these words.
    assert UNDONE in inspect.getsource(type(scrutiny.get("omitted")))


def test_the_strength_that_something_unseen_must_have_stands_in_numbers(seen):
    *_, scrutiny = seen
    rows = pages.strength_rows(scrutiny).set_index("label")["value"]
    omitted = scrutiny.get("omitted")
    shares = [v for k, v in rows.items() if k.endswith(("(robustness value)", "(partial R²)"))]
    assert shares == pytest.approx([omitted.partial_r2, omitted.robustness])
    assert rows.filter(like="E-value").tolist() == pytest.approx([scrutiny.get("e_value").point])


def test_the_balance_table_says_what_was_done_and_not_what_to_do(seen):
    *_, result, _ = seen
    strict = dataclasses.replace(result, balance_limit=1e-9)
    assert "differ, and are adjusted for" in set(pages.balance_rows(strict)["alike"])
    plain = tuple(dataclasses.replace(e, att=dataclasses.replace(e.att, model="unadjusted")) for e in result.effects)
    bare = dataclasses.replace(strict, effects=plain)
    assert "differ, and nothing adjusts for it" in set(pages.balance_rows(bare)["alike"])


def test_spillover_is_looked_for_among_children_of_the_same_schools_whatever_the_plan_compares(seen):
    *_, matching, _, result, scrutiny = seen
    assert matching.comparison != "same_school"
    same = [e for e in result.effects if e.comparison == "same_school" and e.outcome.primary]
    rows = pages.spillover_rows(scrutiny)
    assert rows["n_programme"].sum() == same[0].att.n_programme


@pytest.mark.parametrize(("g", "of_a_hundred"), [(0.2, 57.9), (0.5, 69.1), (0.8, 78.8), (0.0, 50.0), (9.0, 99.0)])
def test_how_many_in_a_hundred_is_cohens_u3(seen, g, of_a_hundred):
    # Cohen (1988), table 2.2.1.
    *_, result, scrutiny = seen
    size = dataclasses.replace(result.primary.att.g, estimate=g, ci_low=g - 0.2, ci_high=g + 0.2)
    changed, _ = _with_primary(result, scrutiny, g=size)
    found = pages.values(changed)["in_hundred"]
    assert found.estimate == pytest.approx(of_a_hundred, abs=0.05)
    assert found.ci_low <= found.estimate <= found.ci_high
    assert found.claim == result.primary.verdict.claim
    fewer = dataclasses.replace(changed.primary, better="lower").finding("in_hundred")
    assert fewer.estimate == pytest.approx(100 - found.estimate)
    assert fewer.ci_low <= fewer.estimate <= fewer.ci_high


def test_a_hundred_children_are_spoken_of_only_with_an_interval_and_a_better_side(seen):
    *_, result, scrutiny = seen
    (text,) = pages.in_hundred(result)
    assert "{in_hundred:interval}" in text
    assert not any(character.isdigit() for character in text.replace("95%", ""))
    open_, _ = _with_primary(result, scrutiny, g=dataclasses.replace(result.primary.att.g, ci_low=float("nan")))
    assert pages.in_hundred(open_) == ()
    assert "in_hundred" not in pages.values(open_)
    assert not dataclasses.replace(result.primary, better="unclear").has_hundred
