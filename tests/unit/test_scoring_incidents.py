"""Incidents in the first and last days: which days count, whose zero is a zero, and both readings of the rule."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from wlz_eval.cohort import make_cohort
from wlz_eval.cohort.derived import Incidents
from wlz_eval.cohort.period import Period
from wlz_eval.core.errors import CohortError
from wlz_eval.measures.frame import analysis_frame
from wlz_eval.measures.scoring import incident_rules, school_days
from wlz_eval.measures.scoring.incidents import counted_days, incidents_by_wave

# The year before the programme of the tiny cohort (from 2022-09-01): autumn and summer, with a half-term.
TERMS = [
    {"name": "Autumn", "start": "2021-09-06", "end": "2021-12-17"},
    {"name": "Summer", "start": "2022-04-19", "end": "2022-07-20"},
]
HALF_TERM = {"start": "2021-10-25", "end": "2021-10-29"}
YEAR = {"start": "2021-09-01", "end": "2022-07-31"}


def _spec(**changes):
    windows = {"pre_baseline": {**YEAR, "take": "first"}, "baseline": {**YEAR, "take": "last"}}
    return Incidents.model_validate({"kind": "incidents", "windows": windows, **changes})


def _cohort(tiny, incidents, spec=None):
    children = tiny.children.iloc[:4].copy()
    children["school_id"] = ["a", "a", "b", "b"]
    meta = tiny.meta.model_dump(mode="json") | {"terms": TERMS}
    waves = {"pre_baseline": {"start": "2021-09-01", "end": "2021-10-31"}, **meta["waves"]}
    meta |= {"waves": waves, "derived": [] if spec is None else [spec.model_dump(mode="json")]}
    ids = children["child_id"].tolist()
    rows = [(ids[child], day, "conduct") for child, day in incidents]
    rows = pd.DataFrame(rows, columns=["child_id", "date", "kind"])
    measures = tiny.measures[tiny.measures["child_id"].isin(ids)]
    return make_cohort(meta, {"children": children, "measures": measures, "incidents": rows}), ids


def _by_hand(terms, closed):
    """School days by the calendar module of the language, one day at a time."""
    days, day = [], dt.date(2021, 9, 1)
    while day <= dt.date(2022, 7, 31):
        open_ = any(t["start"] <= day.isoformat() <= t["end"] for t in terms)
        shut = any(c["start"] <= day.isoformat() <= c["end"] for c in closed)
        if open_ and not shut and day.weekday() < 5:
            days.append(day)
        day += dt.timedelta(days=1)
    return days


@pytest.mark.parametrize("closed", [[], [HALF_TERM]])
def test_school_days_are_weekdays_in_terms(tiny_cohort, closed):
    expected = _by_hand(TERMS, closed)
    terms = [Period(start=t["start"], end=t["end"]) for t in TERMS]
    found = school_days(terms, [Period.model_validate(c) for c in closed])
    assert found.tolist() == expected
    spec = _spec(closed=closed, days=31)
    ends = [counted_days(spec, spec.windows[wave], terms) for wave in ("pre_baseline", "baseline")]
    assert [pair[0].item() for pair in ends] == [expected[0], expected[-31]]
    assert [pair[1].item() for pair in ends] == [expected[30], expected[-1]]


def test_overlapping_terms_count_a_day_once():
    week = Period(start=dt.date(2022, 9, 5), end=dt.date(2022, 9, 11))
    assert len(school_days([week, week])) == 5


def test_counts_on_both_sides_of_the_last_day(tiny_cohort):
    days = _by_hand(TERMS, [])
    inside, outside = days[30].isoformat(), days[31].isoformat()
    late = [(2, days[-31].isoformat()), (2, days[-32].isoformat())]
    cohort, ids = _cohort(tiny_cohort, [(0, inside), (0, inside), (0, outside), *late])
    counts = incidents_by_wave(cohort, _spec())
    assert counts["behaviour_incidents_pre_baseline"].tolist() == [2, 0, 0, 0]
    assert counts["behaviour_incidents_baseline"].tolist() == [0, 0, 1, 0]
    assert counts.index.tolist() == ids


def test_calendar_days_end_sooner_than_school_days(tiny_cohort):
    days = ("2021-09-30", "2021-10-01", "2021-10-02", "2021-10-18")
    cohort, _ = _cohort(tiny_cohort, [*((0, day) for day in days), (2, "2021-10-18")])
    school, calendar = (
        incidents_by_wave(cohort, _spec(counted=counted))["behaviour_incidents_pre_baseline"]
        for counted in ("school_days", "calendar_days")
    )
    # Calendar: 1 September to 1 October. School: 6 September to 18 October.
    assert calendar.tolist() == [2, 0, 0, 0]
    assert school.tolist() == [4, 0, 1, 0]


def test_zero_only_where_the_school_records(tiny_cohort):
    cohort, _ = _cohort(tiny_cohort, [(0, "2021-09-07")])
    counts = incidents_by_wave(cohort, _spec())["behaviour_incidents_pre_baseline"]
    assert counts.tolist()[:2] == [1, 0]
    assert counts.isna().tolist() == [False, False, True, True]
    named = incidents_by_wave(cohort, _spec(schools=["a", "b"]))["behaviour_incidents_pre_baseline"]
    assert named.tolist() == [1, 0, 0, 0]


def test_a_child_who_left_before_the_last_day_has_no_count(tiny_cohort):
    cohort, ids = _cohort(tiny_cohort, [(0, "2023-09-07"), (2, "2023-09-08")])
    window = {"endline": {"start": "2023-09-01", "end": "2023-10-31", "take": "first"}}
    left = cohort.children.assign(left=pd.to_datetime(["2023-09-20", None, None, None]))
    gone = make_cohort(cohort.meta, {**cohort.tables, "children": left})
    spec = _spec(windows=window, counted="calendar_days")
    assert incidents_by_wave(cohort, spec)["behaviour_incidents_endline"].tolist() == [1, 0, 1, 0]
    assert np.isnan(incidents_by_wave(gone, spec).loc[ids[0], "behaviour_incidents_endline"])


def test_both_readings_of_the_pilots_rule_stand_side_by_side(tiny_cohort):
    five = [(0, "2021-09-07")] * 5
    six = [(2, "2021-09-08")] * 6
    cohort, _ = _cohort(tiny_cohort, five + six)
    rows = incident_rules(cohort, _spec(windows={"baseline": {**YEAR, "take": "first"}})).table()
    assert rows["rule"].tolist() == ["at least 5", "more than 5"] * 2
    assert rows["counted"].tolist() == ["school_days"] * 2 + ["calendar_days"] * 2
    assert rows["at_risk"].tolist() == [2, 1, 2, 1]
    assert rows["children"].eq(4).all()


def test_in_the_frame_and_whatever_the_order_of_rows(tiny_cohort):
    cohort, ids = _cohort(tiny_cohort, [(0, "2021-09-07"), (2, "2022-07-19"), (2, "2022-07-20")], _spec())
    data = analysis_frame(cohort).data
    assert data.loc[ids[2], "behaviour_incidents_baseline"] == 2
    tables = {name: table.iloc[::-1] for name, table in cohort.tables.items()}
    pd.testing.assert_frame_equal(data, analysis_frame(make_cohort(cohort.meta, tables)).data)


def test_a_baseline_within_the_programme_is_refused_unless_said(tiny_cohort):
    window = {"baseline": {"start": "2022-09-01", "end": "2022-12-16", "take": "first"}}
    cohort, _ = _cohort(tiny_cohort, [(0, "2022-09-07"), (2, "2022-09-08")])
    with pytest.raises(CohortError, match="reach into the programme"):
        incidents_by_wave(cohort, _spec(windows=window, counted="calendar_days"))
    allowed = _spec(windows=window, counted="calendar_days", baseline_within_programme=True)
    assert incidents_by_wave(cohort, allowed)["behaviour_incidents_baseline"].tolist() == [1, 0, 1, 0]


def test_a_day_before_the_programme_is_a_baseline_and_its_first_day_is_not(tiny_cohort):
    cohort, _ = _cohort(tiny_cohort, [(0, "2022-08-01"), (2, "2022-08-01")])
    for end, refused in (("2022-08-31", False), ("2022-09-01", True)):
        window = {"baseline": {"start": "2022-08-01", "end": end, "take": "last"}}
        spec = _spec(windows=window, counted="calendar_days", days=5)
        if refused:
            with pytest.raises(CohortError, match="2022-09-01"):
                incidents_by_wave(cohort, spec)
        else:
            assert incidents_by_wave(cohort, spec)["behaviour_incidents_baseline"].tolist() == [0, 0, 0, 0]


def test_every_mistake_is_named_at_once(tiny_cohort):
    cohort, _ = _cohort(tiny_cohort, [(0, "2021-09-07")])
    with pytest.raises(CohortError) as caught:
        incidents_by_wave(cohort, _spec(schools=["z"], kinds=["lateness"]))
    assert [problem.value for problem in caught.value.problems] == ["z", "lateness"]
    short = {"baseline": {"start": "2021-09-06", "end": "2021-09-07", "take": "last"}}
    with pytest.raises(CohortError, match="holds 2 school days, fewer than the 31"):
        incidents_by_wave(cohort, _spec(windows=short))
    bare = make_cohort(cohort.meta, {name: cohort[name] for name in ("children", "measures")})
    with pytest.raises(CohortError, match="no incidents to count"):
        incidents_by_wave(bare, _spec())
