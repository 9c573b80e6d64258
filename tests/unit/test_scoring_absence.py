"""Attendance, and persistent absence by the rule of the year, on both sides of every edge."""

import datetime as dt

import pandas as pd
import pytest

from wlz_eval.cohort import make_cohort
from wlz_eval.core.errors import CohortError, OptionError
from wlz_eval.measures.frame import analysis_frame
from wlz_eval.measures.scoring import attendance_by_wave, persistent_absence
from wlz_eval.measures.scoring.absence import persistent_absence_by_wave, school_year
from wlz_eval.reference.scales import absence_rule


@pytest.mark.parametrize(
    ("year", "missed", "persistent"),
    [(2014, 44, 0), (2014, 45, 1), (2015, 29, 0), (2015, 30, 1), (2024, 29, 0), (2024, 30, 1)],
)
def test_both_sides_of_the_rule_of_the_year(year, missed, persistent):
    possible = pd.Series([300])
    assert persistent_absence(possible - missed, possible, year).tolist() == [persistent]


def test_a_tenth_is_a_tenth_whatever_the_number_of_sessions():
    possible = pd.Series(range(10, 400, 10))
    assert persistent_absence(possible - possible // 10, possible, 2020).eq(1).all()
    assert persistent_absence(possible - possible // 10 + 1, possible, 2020).eq(0).all()


def test_without_possible_sessions_nothing_is_known():
    assert persistent_absence(pd.Series([0]), pd.Series([0]), 2020).isna().all()


def test_rules_are_dated_and_years_before_the_first_are_named():
    assert (absence_rule(2014).share, absence_rule(2015).share) == (15, 10)
    assert (absence_rule(2014).confirmed, absence_rule(2015).confirmed) == (False, True)
    with pytest.raises(OptionError, match="2001/02"):
        absence_rule(2001)


@pytest.mark.parametrize(("day", "year"), [((2015, 8, 31), 2014), ((2015, 9, 1), 2015), ((2016, 7, 1), 2015)])
def test_school_years_begin_in_september(day, year):
    assert school_year(dt.date(*day)) == year


def _with_attendance(cohort, windows, rows, derived=({"kind": "persistent_absence"},)):
    names = ["child_id", "period_start", "period_end", "sessions_possible", "sessions_attended"]
    table = pd.DataFrame(rows, columns=names)
    meta = cohort.meta.model_dump(mode="json") | {"attendance_windows": windows, "derived": list(derived)}
    return make_cohort(meta, {**cohort.tables, "attendance": table})


def test_in_the_frame(tiny_cohort):
    child = tiny_cohort.children["child_id"].iloc[0]
    windows = {"baseline": {"start": "2021-09-01", "end": "2022-07-20"}}
    rows = [
        (child, "2021-09-06", "2021-12-17", 140, 130),
        (child, "2022-01-04", "2022-07-20", 160, 140),
        (child, "2022-09-05", "2022-12-17", 140, 0),
    ]
    cohort = _with_attendance(tiny_cohort, windows, rows)
    data = analysis_frame(cohort).data
    assert data.loc[child, "attendance_baseline"] == 90
    assert data.loc[child, "persistent_absence_baseline"] == 1
    assert data["persistent_absence_baseline"].notna().sum() == 1
    assert attendance_by_wave(cohort).shape == (1, 1)


def test_a_window_in_two_years_with_different_rules_is_refused(tiny_cohort):
    child = tiny_cohort.children["child_id"].iloc[0]
    windows = {"baseline": {"start": "2015-06-01", "end": "2015-12-01"}}
    cohort = _with_attendance(tiny_cohort, windows, [(child, "2015-06-02", "2015-07-01", 40, 30)])
    with pytest.raises(CohortError, match="rule of persistent absence changed"):
        persistent_absence_by_wave(cohort)


def test_without_attendance_the_cohort_is_told(tiny_cohort):
    meta = tiny_cohort.meta.model_dump(mode="json") | {"derived": [{"kind": "persistent_absence"}]}
    tables = {name: table for name, table in tiny_cohort.tables.items() if name != "attendance"}
    with pytest.raises(CohortError, match="no attendance within the window"):
        analysis_frame(make_cohort(meta, tables))
