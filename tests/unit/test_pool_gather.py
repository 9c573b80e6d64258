"""Which cohorts may be pooled: those of one kind, and a plain reason for every other."""

from __future__ import annotations

import dataclasses
import importlib

import pytest

from wlz_eval.attribution import OutcomeOptions, SelectionOptions
from wlz_eval.attribution.options import MatchingOptions
from wlz_eval.attribution.pooling import Member, gather, pool
from wlz_eval.measures import analysis_frame
from wlz_eval.simulate import make_options, simulate

OUTCOMES = (
    OutcomeOptions(measure="english", wave="endline", primary=True), OutcomeOptions(measure="maths", wave="endline"),
)


def _member(seed, comparison="other_school", outcomes=OUTCOMES):
    options = make_options(id=f"w{seed}", children=70, pool=320, schools=4, comparison_schools=5, seed=seed)
    cohort = simulate(options).cohort
    matching = MatchingOptions(
        formula="programme ~ english_baseline + maths_baseline + fsm", comparison=comparison, caliper=0.2
    )
    return Member(
        cohort=cohort, frame=analysis_frame(cohort), matching=matching, outcomes=outcomes,
        selection=SelectionOptions(basis="rules"),
    )


@pytest.fixture(scope="module", autouse=True)
def once():
    """Analyse each cohort once for the whole file: the verb is the same, and slow."""
    module, known = importlib.import_module("wlz_eval.attribution.pooling.gather"), {}
    verb = module.attribute

    def _attribute(cohort, frame, matching, outcomes, selection, seed):
        key = (id(cohort), id(frame), matching.comparison, tuple(o.measure for o in outcomes), selection.basis)
        if key not in known:
            known[key] = cohort, frame, verb(cohort, frame, matching, outcomes, selection, seed)
        return known[key][-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "attribute", _attribute)
        yield


@pytest.fixture(scope="module")
def two():
    return {"a": _member(11), "b": _member(12)}


def _why(gathered):
    return gathered.table().set_index("pooled").loc["no", "why"]


def test_cohorts_of_one_kind_are_pooled_on_the_outcome_they_share_first(two):
    gathered = gather(two, same_labels=False)
    assert gathered.ready
    assert gathered.outcome == "english_endline"
    assert gathered.table()["pooled"].tolist() == ["yes", "yes"]
    # The same labels name other schools, and no child of one cohort leaves the other's comparison.
    result = pool(gathered.cohorts, gathered.outcome, **gathered.options)
    assert (result.shared_schools, result.shared_children, result.left_out) == (0, 0, 0)
    assert result.pooled["schools"] == 18
    assert result.claim == gathered.options["claim"] == "effect"


def test_labels_that_name_other_children_are_noticed(two):
    gathered = gather(two)
    assert not gathered.ready
    assert "name other children" in " ".join(gathered.table()["why"])
    assert "cannot be pooled" in gathered.sentences()[0]


def test_the_same_children_are_not_counted_twice(two):
    gathered = gather({"a": two["a"], "again": two["a"]})
    assert not gathered.ready
    assert "count twice" in " ".join(gathered.table()["why"])


def test_another_kind_of_comparison_children_is_left_out(two):
    within = dataclasses.replace(
        two["a"], matching=two["a"].matching.model_copy(update={"comparison": "same_school"})
    )
    gathered = gather({**two, "c": within}, same_labels=False)
    assert gathered.table()["pooled"].tolist() == ["yes", "yes", "no"]
    assert "kinds are never mixed" in _why(gathered)


def test_cohorts_that_share_no_outcome_are_refused_in_words(two):
    maths = dataclasses.replace(two["b"], outcomes=(OutcomeOptions(measure="maths", wave="endline", primary=True),))
    english = dataclasses.replace(two["a"], outcomes=OUTCOMES[:1])
    gathered = gather({"a": english, "b": maths}, same_labels=False)
    assert not gathered.ready
    assert gathered.cohorts == {}
    assert set(gathered.table()["why"]) == {"No other cohort has an outcome in common with it."}
    named = gather({**two, "c": maths}, "english_endline", same_labels=False)
    assert named.table()["pooled"].tolist() == ["yes", "yes", "no"]


def test_real_and_simulated_children_are_never_pooled(two):
    real = two["b"].cohort
    real = dataclasses.replace(real, meta=real.meta.model_copy(update={"provenance": "real"}))
    gathered = gather({"a": two["a"], "b": dataclasses.replace(two["b"], cohort=real)}, same_labels=False)
    assert not gathered.ready
    assert "real" in " ".join(gathered.table()["why"])


def test_the_weakest_claim_is_that_of_all(two):
    judged = dataclasses.replace(two["b"], selection=SelectionOptions(basis="judgement"))
    gathered = gather({"a": two["a"], "b": judged}, same_labels=False)
    assert gathered.options["claim"] == "adjusted_difference"
    assert "adjusted difference" in gathered.limits()[-1]


def test_no_outcome_of_any_cohort_by_that_name(two):
    gathered = gather(two, "english_endlin", same_labels=False)
    assert not gathered.ready
    assert set(gathered.table()["pooled"]) == {"no"}


def test_schools_and_children_in_common_count_once(two):
    """A later cohort in the same schools, whose comparison children were compared before."""
    later = two["b"].cohort.children.copy()
    first = two["a"].cohort.children
    later["person_id"] = [f"later {p}" for p in later["person_id"]]
    compared = later["group"] == "comparison"
    known = first.loc[first["group"] == "comparison"].head(int(compared.sum()))
    shared = later.index[compared][: len(known)]
    for column in ("person_id", "gender", "birth_month", "ethnicity"):
        later.loc[shared, column] = known[column].to_numpy()
    cohort = dataclasses.replace(two["b"].cohort, tables={**two["b"].cohort.tables, "children": later})
    gathered = gather({"a": two["a"], "b": dataclasses.replace(two["b"], cohort=cohort)})
    assert gathered.ready, gathered.table()["why"].tolist()
    result = pool(gathered.cohorts, gathered.outcome, **gathered.options)
    assert result.shared_schools > 0
    assert result.shared_children > 0
