"""Which readings may be compared: informants, forms and breaks, on both sides of each."""

import datetime as dt

import pandas as pd
import pytest

from wlz_eval.cohort import make_cohort
from wlz_eval.core.errors import OptionError
from wlz_eval.measures.scoring import Reading, comparability, comparisons, judge_readings
from wlz_eval.reference.breaks import breaks_between, broken_years
from wlz_eval.reference.measures import measures


def _judge(measure, before, after):
    return judge_readings(measures()[measure], Reading(**before), Reading(**after))


DAY = {"day": dt.date(2023, 6, 1)}


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ({"informant": "teacher"}, {"informant": "teacher"}, "comparable"),
        ({"informant": "teacher"}, {"informant": "parent"}, "refused"),
        ({"informant": "teacher"}, {}, "labelled"),
        ({"form": "six_months"}, {"form": "one_month"}, "labelled"),
        ({"form": "six_months"}, {}, "labelled"),
        ({"form": "six_months", "informant": "self"}, {"form": "one_month", "informant": "parent"}, "refused"),
    ],
)
def test_informants_are_refused_and_forms_labelled(before, after, verdict):
    found = _judge("sdq_total", DAY | before, DAY | after)
    assert found.verdict == verdict
    assert bool(found.reasons) is (verdict != "comparable")


@pytest.mark.parametrize(
    ("measure", "first", "last", "verdict"),
    [
        ("ks2_maths", (2019, 5, 10), (2020, 5, 10), "refused"),
        ("ks2_maths", (2019, 5, 10), (2022, 5, 10), "comparable"),
        ("gcse_maths", (2019, 6, 10), (2022, 6, 10), "refused"),
        ("gcse_maths", (2022, 6, 10), (2023, 6, 10), "refused"),
        ("gcse_maths", (2019, 6, 10), (2023, 6, 10), "comparable"),
        ("gcse_maths", (2016, 6, 10), (2017, 6, 10), "refused"),
        ("gcse_maths", (2017, 6, 10), (2018, 6, 10), "comparable"),
        ("eyfs_literacy", (2021, 8, 31), (2021, 9, 1), "refused"),
        ("eyfs_literacy", (2021, 9, 1), (2022, 6, 1), "comparable"),
        ("attendance", (2019, 8, 31), (2019, 9, 1), "labelled"),
        ("attendance", (2021, 8, 31), (2021, 9, 1), "labelled"),
        ("attendance", (2021, 9, 1), (2022, 9, 1), "comparable"),
        ("persistent_absence", (2015, 8, 31), (2015, 9, 1), "refused"),
        ("persistent_absence", (2015, 9, 1), (2017, 9, 1), "comparable"),
        ("english", (2019, 5, 10), (2020, 5, 10), "comparable"),
    ],
)
def test_both_sides_of_every_break(measure, first, last, verdict):
    days = [{"day": dt.date(*day)} for day in (first, last)]
    assert _judge(measure, *days).verdict == verdict
    assert _judge(measure, *days[::-1]).verdict == verdict


@pytest.mark.parametrize(("family", "day"), [("fsm", dt.date(2026, 9, 1)), ("imd", dt.date(2019, 9, 26))])
def test_breaks_of_childrens_columns_are_labelled(family, day):
    found = breaks_between(family, day - dt.timedelta(days=1), day)
    assert [b.comparison for b in found] == ["labelled"]
    assert breaks_between(family, day, day + dt.timedelta(days=1)) == []


def test_a_family_that_is_not_known_is_no_silent_pass():
    with pytest.raises(OptionError, match="Did you mean gcse"):
        breaks_between("gsce", dt.date(2019, 1, 1), dt.date(2020, 1, 1))
    families = {b.family for b in broken_years()}
    assert {m.breaks for m in measures().values()} - {""} <= families


def test_a_refusal_says_why():
    refused = _judge("sdq_total", DAY | {"informant": "teacher"}, DAY | {"informant": "parent"})
    with pytest.raises(OptionError, match="changed from teacher to parent"):
        refused.require("SDQ before and after")
    assert _judge("sdq_total", DAY, DAY).require("anything").verdict == "comparable"


def _cohort(tiny, readings, waves=None):
    """Give the first children of the tiny cohort SDQ totals as (wave, informant, form)."""
    child = tiny.children["child_id"].iloc[0]
    rows = [(child, "sdq_total", wave, 12.0, informant, form) for wave, informant, form in readings]
    table = pd.DataFrame(rows, columns=["child_id", "measure", "wave", "value", "informant", "form"])
    meta = tiny.meta.model_dump(mode="json")
    return make_cohort(meta | {"waves": waves or meta["waves"]}, {"children": tiny.children, "measures": table})


@pytest.mark.parametrize(
    ("readings", "verdict", "word"),
    [
        ([("baseline", "teacher", "x"), ("endline", "teacher", "x")], "comparable", ""),
        ([("baseline", "teacher", "x"), ("endline", "parent", "x")], "refused", "from teacher to parent"),
        ([("baseline", "teacher", "x"), ("endline", "teacher", "y")], "labelled", "forms are not the same"),
        ([("baseline", "teacher", "x"), ("endline", "teacher", "x"), ("endline", "teacher", "y")], "labelled", "x, y"),
        ([("baseline", "teacher", "x"), ("endline", "teacher", "x"), ("endline", "parent", "x")], "comparable", ""),
        ([(w, i, "x") for w in ("baseline", "endline") for i in ("teacher", "parent")], "refused", "name one"),
        ([("baseline", None, "x"), ("endline", "teacher", "x")], "labelled", "from not known to teacher"),
    ],
)
def test_a_cohorts_readings(tiny_cohort, readings, verdict, word):
    found = comparability(_cohort(tiny_cohort, readings), "sdq_total", "endline")
    assert found.verdict == verdict
    assert word in "; ".join(found.reasons)


def test_a_named_informant_settles_which(tiny_cohort):
    both = _cohort(tiny_cohort, [(w, i, "x") for w in ("baseline", "endline") for i in ("teacher", "parent")])
    assert comparability(both, "sdq_total", "endline", informant="parent").verdict == "comparable"
    with pytest.raises(OptionError, match=r"not measured at the start by self"):
        comparability(both, "sdq_total", "endline", informant="self")


def test_breaks_by_the_dates_of_the_waves(tiny_cohort):
    child = tiny_cohort.children["child_id"].iloc[0]
    rows = [(child, "gcse_english", wave, 5.0, "admin") for wave in ("baseline", "endline")]
    table = pd.DataFrame(rows, columns=["child_id", "measure", "wave", "value", "informant"])
    # The tiny cohort's waves are the summers of 2022 and 2024.
    cohort = make_cohort(tiny_cohort.meta, {"children": tiny_cohort.children, "measures": table})
    assert comparability(cohort, "gcse_english", "endline").verdict == "refused"


def test_every_measure_of_a_cohort_in_one_table(tiny_cohort):
    rows = comparisons(_cohort(tiny_cohort, [("baseline", "teacher", "x"), ("endline", "parent", "x")])).table()
    assert rows[["measure", "before", "after", "verdict"]].to_numpy().tolist() == [
        ["sdq_total", "baseline", "endline", "refused"]
    ]
    assert (comparisons(tiny_cohort).table()["verdict"] != "").all()


def test_directions_that_support_itself_may_raise_are_unclear():
    for name in ("referrals", "support_plans", "behaviour_incidents"):
        assert measures()[name].higher_is_better is None
