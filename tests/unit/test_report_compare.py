"""The same finding of several cohorts side by side: only what was measured alike, and never put together."""

import re

import pytest

from wlz_eval.reference.measures import measures
from wlz_eval.release.alike import described_readings, judge_cohorts
from wlz_eval.report.compare import compare
from wlz_eval.report.exports import COLUMNS
from wlz_eval.report.forest import scale_of
from wlz_eval.report.page import render_template


def row(**more):
    blank = dict.fromkeys(COLUMNS, "") | {"hidden": False, "primary": True, "price_year": None, "cell": 4}
    about = {"finding_id": "attribution.att.english.endline", "what": "Difference: English", "quantity": "att",
             "unit": "points", "claim": "effect", "tier": "A", "outcome": "english", "wave": "endline",
             "comparator": "same_school", "notebook": "04_attribution", "estimate": 2.0, "ci_low": 0.5, "ci_high": 3.5,
             "n_programme": 120, "n_comparison": 130}
    return {**blank, **about, **more}


def cohort(name, *rows, simulated=False, day="2022-06-20", informant="school", measure="english", **defined):
    reading = {"day": day, "informant": informant, "form": ""}
    described = measures()[measure].model_copy(update=defined).model_dump(mode="json")
    return {"id": name, "title": name.upper(), "simulated": simulated, "rows": rows,
            "measures": {measure: described}, "readings": {measure: {"endline": reading}}}


def panels(*cohorts):
    return [p for topic in compare(cohorts) for p in topic.panels]


def names(panel):
    return [m.cohort["id"] for m in panel.members]


def test_two_cohorts_stand_side_by_side_and_one_does_not():
    assert compare([cohort("a", row())]) == []
    (panel,) = panels(cohort("b", row(estimate=1.0)), cohort("a", row()))
    assert names(panel) == ["a", "b"]
    assert panel.sentence == "In this panel: lowest 1.0 points (B), highest 2.0 points (A)."
    assert panel.cautions == ()


@pytest.mark.parametrize("other", [
    {"outcome": "maths"}, {"wave": "midpoint"}, {"unit": "sd"}, {"comparator": "other_school"}, {"subgroup": "girls"},
])
def test_only_the_same_thing_is_compared(other):
    assert compare([cohort("a", row()), cohort("b", row(**other))]) == []


def test_what_may_not_be_called_the_same_stands_below_the_panel_with_its_number():
    weaker = cohort("c", row(claim="adjusted_difference", estimate=-0.3, ci_low=-2.9, ci_high=2.3))
    (panel,) = panels(cohort("a", row()), weaker, cohort("b", row()))
    assert names(panel) == ["a", "b"]
    (outside,) = panel.outside
    assert outside.member.text == "−0.3 points"
    assert outside.reasons == ("here it may be called: difference after matching; may have other causes",)


def test_real_and_simulated_children_are_never_in_one_panel():
    found = compare([cohort("a", row()), cohort("b", row(), simulated=True)])
    assert [topic.panels for topic in found] == [[]]
    mixed = [cohort(name, row(), simulated=name > "b") for name in "abcd"]
    assert [(names(p), p.simulated) for p in panels(*mixed)] == [(["a", "b"], False), (["c", "d"], True)]


def test_hidden_numbers_are_no_panel_and_a_hidden_row_says_so():
    hidden = row(estimate=None, ci_low=None, ci_high=None, hidden=True, n_programme=None,
                 n_programme_why_empty="hidden")
    assert panels(cohort("a", row()), cohort("b", hidden)) == []
    (panel,) = panels(cohort("a", row()), cohort("b", hidden), cohort("c", row()))
    member = panel.members[1]
    assert (member.text, member.interval, member.children("programme")) == ("hidden", "–", "hidden")


def test_a_main_comparison_that_is_recorded_under_two_names_stands_once():
    twice = (row(), row(finding_id="attribution.att.english.endline.same_school"))
    (panel,) = panels(cohort("a", *twice), cohort("b", *twice))
    assert len(panel.members) == 2


def test_an_interval_that_holds_zero_is_never_called_an_effect_outright():
    (panel,) = panels(cohort("a", row(ci_low=-1.0)), cohort("b", row()))
    assert panel.members[0].claim == "estimate of the effect; it may well be none"
    assert panel.members[1].claim.startswith("effect of the programme")


@pytest.mark.parametrize(("about", "reason"), [
    ({"informant": "parent"}, "the informant is school in one of them and parent in the other"),
    ({"high": 99.0}, "the measure is defined otherwise in one of them"),
])
def test_other_informants_and_other_measures_are_refused(about, reason):
    assert panels(cohort("a", row()), cohort("b", row(), **about)) == []
    (topic,) = compare([cohort("a", row()), cohort("b", row(), **about)])
    ((_, outside),) = topic.apart
    assert reason in [why for o in outside for why in o.reasons]


def test_breaks_of_a_measure_are_refused_or_labelled_as_everywhere():
    about = {"outcome": "attendance", "unit": "percentage_points"}
    days = {"a": "2019-05-01", "b": "2021-01-20", "c": "2019-06-01"}
    made = [cohort(name, row(**about), measure="attendance", informant="admin", day=day) for name, day in days.items()]
    verdict = judge_cohorts(made[0], made[1], "attendance", "endline")
    assert verdict.verdict in ("refused", "labelled")
    if verdict.verdict == "refused":
        assert [names(p) for p in panels(*made)] == [["a", "c"]]
    else:
        assert set(verdict.reasons) <= set(panels(*made)[0].cautions)
    assert judge_cohorts(made[0], made[2], "attendance", "endline").verdict == "comparable"


def test_how_a_cohort_measured_holds_no_value_of_a_child(monkeypatch, tmp_path):
    from toy_notebook import toy_cohort

    found = described_readings(toy_cohort(), [("english", "baseline"), ("hours", "")])
    assert list(found["measures"]) == ["english"]
    assert found["readings"] == {"english": {"baseline": {"day": "2022-06-16", "informant": "", "form": ""}}}


def test_the_page_says_that_nothing_is_pooled_and_draws_each_row_on_one_scale():
    topics = compare([cohort("a", row()), cohort("b", row(ci_low=-2.0), simulated=False)])
    page = render_template("compare.html.j2", audience="public", bands=[], topics=topics, pooled=None)
    assert "not pooled, and may not be averaged" in page
    assert "No pooled model has been run" in page
    assert page.count('<circle class="point"') == 2
    assert len(set(re.findall(r'class="zero" x1="([^"]+)"', page))) == 1
    assert "<script" not in page


def test_the_scale_holds_every_number_and_the_reference():
    scale = scale_of([2.0, 0.5, 3.5], 0.0, "points")
    assert scale.low < 0.0 < 3.5 < scale.high
    assert 0.0 in [value for value, _ in scale.ticks]
    assert len(scale_of([-0.004, 0.003], 0.0, "sd").ticks) <= 6
    assert scale_of([0.0], 0.0, "points").at(0.0) == "50%"


def test_cautions_of_a_number_stand_below_its_panel_too():
    """A slope that its own page said not to rely on stood in a panel without that."""
    (panel,) = panels(cohort("a", row(note="Do not rely on it.")), cohort("b", row()))
    assert panel.notes == ("A: Do not rely on it.",)
    (panel,) = panels(cohort("a", row(note="Illustrative.")), cohort("b", row(note="Illustrative.")))
    assert panel.notes == ("Illustrative.",)


def test_numbers_in_a_method_are_no_other_method():
    """Each panel of changes said that they were not estimated alike: their degrees of freedom differed."""
    one, two = (row(method=f"paired, t with {df} degrees of freedom") for df in ("7.7", "19.2"))
    assert panels(cohort("a", one), cohort("b", two))[0].cautions == ()
    assert panels(cohort("a", one), cohort("b", row(method="a bootstrap")))[0].cautions


def test_an_effect_that_is_clear_by_itself_only_is_called_so():
    (panel,) = panels(cohort("a", row(only_by_itself=True)), cohort("b", row()))
    assert [m.claim for m in panel.members] == [
        "estimate of the effect; clear by itself, but not among so many outcomes",
        "effect of the programme, as far as these data can say",
    ]


def test_what_may_not_stand_side_by_side_says_what_each_may_be_called():
    (topic,) = compare([cohort("a", row()), cohort("b", row(claim="adjusted_difference"))])
    ((_, found),) = topic.apart
    assert ["here it may be called" in o.reasons[0] for o in found] == [True, True]
