"""Each child's dose by hand: who, how long, how regular, up to which day, and what is odd in the records."""

import numpy as np
import pandas as pd
import pytest

from wlz_eval.cohort import load_cohort, make_cohort
from wlz_eval.core.errors import OptionError
from wlz_eval.engagement import EngagementOptions
from wlz_eval.engagement.exposure import (
    DOSES,
    describe_exposure,
    dose,
    dose_names,
    exposure_notes,
    exposures,
    exposures_by,
    high_engagement,
    reading_dates,
    recording,
)
from wlz_eval.engagement.exposure.calendar import school_time
from wlz_eval.measures import analysis_frame
from wlz_eval.plan import make_plan
from wlz_eval.plan.columns import column_problems

IDS = ["C000", "C003", "C006", "C009"]  # the programme children of the tiny cohort
TERMS = [
    {"name": "Autumn 2022", "start": "2022-09-05", "end": "2022-10-14"},
    {"name": "Spring 2023", "start": "2023-01-02", "end": "2023-02-10"},
]
#: Two terms of thirty school days each, with a long holiday between.
PROGRAMME = {"start": "2022-09-05", "end": "2023-02-10"}


@pytest.fixture(scope="module")
def tiny_cohort(tiny_template):
    """Load the tiny cohort once: no test here changes it."""
    return load_cohort(tiny_template)


def cohort_with(tiny_cohort, *, terms=TERMS, programme=PROGRAMME, children=None, **tables):
    bare = {k: v for k, v in tiny_cohort.tables.items() if k in ("children", "measures")}
    if children is not None:
        bare["children"] = children
    if "sessions" in tables:
        names = tables["sessions"]["partner_id"].unique()
        tables["partners"] = pd.DataFrame({"partner_id": names, "name": [f"Partner {n}" for n in names]})
    meta = {**tiny_cohort.meta.model_dump(mode="json"), "terms": terms, "programme": programme}
    typed = {name: table.assign(**dates(table)) for name, table in tables.items()}
    return make_cohort(meta, {**bare, **typed}, checked=True)


def dates(table):
    return {"date": pd.to_datetime(table["date"]).astype("datetime64[us]")} if "date" in table else {}


def contacts(days, child="C000", **columns):
    rows = pd.DataFrame({"child_id": child, "date": list(days), "with": "child", "kind": "contact", "minutes": 30.0})
    return rows.assign(**columns)


def meetings(days, attended, child="C000", **columns):
    rows = pd.DataFrame({"child_id": child, "partner_id": "P1", "date": list(days), "support_type": "sport"})
    return rows.assign(planned_minutes=60.0, attended_minutes=list(attended), **columns)


def both(cohort, **options):
    return exposures(cohort, analysis_frame(cohort), **options)


class TestAmounts:
    def test_by_whom_and_by_support(self, tiny_cohort):
        rows = contacts(["2022-09-05", "2022-09-06", "2022-09-07"], minutes=[10.0, 20.0, 60.0]).assign(
            **{"with": ["child", "parent", "child"], "kind": ["contact", "engagement", "engagement"]}
        )
        seen = meetings(["2022-09-08", "2022-09-09", "2022-09-12"], [60, 30, 0]).assign(
            partner_id=["P1", "P2", "P3"], support_type=["sport", "Arts club", "sport"]
        )
        first = both(cohort_with(tiny_cohort, interactions=rows, sessions=seen)).loc["C000"]
        assert (first["contacts"], first["engagements"], first["interactions_child"]) == (1, 2, 2)
        assert first["link_worker_hours_child"] == pytest.approx(70 / 60)
        assert first["link_worker_hours_parent"] == pytest.approx(20 / 60)
        assert (first["partner_hours_sport"], first["partner_hours_arts_club"]) == (1.0, 0.5)
        assert (first["partners_met"], first["partner_hours_planned"]) == (2, 3.0)
        assert first["minutes_rate"] == 50.0
        assert first["attendance_rate"] == pytest.approx(200 / 3)

    def test_what_runs_over_is_time_but_not_attendance(self, tiny_cohort):
        first = both(cohort_with(tiny_cohort, sessions=meetings(["2022-09-05", "2022-09-06"], [120, 0]))).loc["C000"]
        assert first["partner_hours"] == 2.0
        assert first["minutes_rate"] == 50.0, "an hour over does not make up for an hour missed"

    def test_a_session_of_unknown_length_is_left_out_of_the_rate_of_minutes_only(self, tiny_cohort):
        seen = meetings(["2022-09-05", "2022-09-06"], [60, 30]).assign(planned_minutes=[60.0, None])
        first = both(cohort_with(tiny_cohort, sessions=seen)).loc["C000"]
        assert (first["sessions_planned"], first["minutes_rate"], first["partner_hours"]) == (2, 100.0, 1.5)

    def test_intensity_counts_the_time_that_a_child_had(self, tiny_cohort):
        children = tiny_cohort.children.assign(
            left=[pd.Timestamp("2022-10-04") if c == "C003" else pd.NaT for c in tiny_cohort.children["child_id"]]
        )
        rows = pd.concat([contacts(["2022-09-06"] * 2), contacts(["2022-09-06"] * 2, child="C003")])
        table = both(cohort_with(tiny_cohort, children=children, interactions=rows))
        assert table.loc["C000", "months_enrolled"] == pytest.approx(159 / (365.25 / 12))
        assert table.loc["C003", "months_enrolled"] == pytest.approx(30 / (365.25 / 12))
        assert table.loc["C003", "interactions_per_month"] == pytest.approx(2 / (30 / (365.25 / 12)))
        assert table.loc["C003", "hours"] == table.loc["C000", "hours"]

    def test_nothing_recorded_gives_no_column(self, tiny_cohort):
        cohort = cohort_with(tiny_cohort)
        assert list(both(cohort).columns) == []
        empty = cohort_with(tiny_cohort, interactions=contacts([]))
        assert list(both(empty).columns) == []
        assert describe_exposure(empty, analysis_frame(empty), EngagementOptions()).table().empty


class TestRegularity:
    def test_school_time_leaves_out_holidays_and_weekends(self, tiny_cohort):
        time = school_time(cohort_with(tiny_cohort).meta)
        assert time.days_before[-1] == 60
        assert time.weeks.max() == 11
        weekdays = school_time(cohort_with(tiny_cohort, terms=[]).meta)
        assert weekdays.days_before[-1] == 23 * 5
        few = school_time(cohort_with(tiny_cohort, terms=TERMS[:1], programme={**PROGRAMME, "end": "2024-02-09"}).meta)
        assert few.days_before[-1] == 75 * 5, "one term of many named is not all the school time there was"

    def test_gaps_by_hand(self, tiny_cohort):
        # School days 0, 5, 10, 20 of autumn and, after the holiday, 30: gaps of 5, 5, 10 and 10.
        days = ["2022-09-05", "2022-09-12", "2022-09-19", "2022-10-03", "2023-01-02"]
        first = both(cohort_with(tiny_cohort, interactions=contacts(days))).loc["C000"]
        gaps = np.array([5, 5, 10, 10])
        assert first["gap_variation"] == pytest.approx(gaps.std(ddof=1) / gaps.mean())
        assert first["longest_gap_weeks"] == (60 - 1 - 30) / 5, "the wait from the last contact to the end"
        assert first["weeks_with_contact"] == pytest.approx(100 * 5 / 12)
        assert first["contact_days"] == 5

    def test_a_child_without_contact(self, tiny_cohort):
        none = both(cohort_with(tiny_cohort, interactions=contacts(["2022-09-05"]))).loc["C009"]
        assert (none["hours"], none["weeks_with_contact"], none["longest_gap_weeks"]) == (0.0, 0.0, 12.0)
        assert np.isnan(none["gap_variation"])
        assert np.isnan(none["days_to_first_contact"])

    def test_missed_sessions_are_no_contact(self, tiny_cohort):
        seen = meetings(["2022-09-05", "2022-09-15"], [0, 60])
        first = both(cohort_with(tiny_cohort, sessions=seen)).loc["C000"]
        assert (first["days_to_first_contact"], first["contact_days"]) == (10.0, 1)

    @pytest.mark.parametrize(
        ("attended", "longest"), [([0, 60, 0, 0, 0, 60], 3), ([60] * 6, 0), ([0, 60] * 3, 1), ([0] * 6, 6)]
    )
    def test_runs_of_missed_sessions(self, tiny_cohort, attended, longest):
        days = pd.date_range("2022-09-05", periods=6, freq="7D").strftime("%Y-%m-%d")
        other = meetings(["2022-09-05"], [0], child="C003")
        table = both(cohort_with(tiny_cohort, sessions=pd.concat([meetings(days, attended), other])))
        assert table.loc["C000", "longest_missed_run"] == longest
        assert table.loc["C000", "missed_in_a_row"] == (longest >= 2)
        assert table.loc["C003", "longest_missed_run"] == 1, "a run does not go on from one child to the next"


class TestDays:
    rows = ("2022-09-06", "2022-10-03", "2023-01-09")

    def test_before_and_after_a_day_make_the_whole(self, tiny_cohort):
        cohort = cohort_with(tiny_cohort, interactions=contacts(self.rows), sessions=meetings(self.rows, [60, 0, 60]))
        names = ["hours", "link_worker_interactions", "sessions_planned", "sessions_attended"]
        early, late = both(cohort, until="2022-10-03")[names], both(cohort, since="2022-10-04")[names]
        assert early.loc["C000"].tolist() == [2.0, 2, 2, 1]
        pd.testing.assert_frame_equal(early + late, both(cohort)[names])

    def test_one_day_for_each_child(self, tiny_cohort):
        rows = pd.concat([contacts(self.rows, child=c) for c in ("C000", "C003", "C006")])
        cohort = cohort_with(tiny_cohort, interactions=rows)
        until = pd.Series(pd.to_datetime(["2022-09-06", "2022-12-31", None]), index=["C000", "C003", "C006"])
        table = both(cohort, until=until)
        assert table.loc[["C000", "C003"], "link_worker_interactions"].tolist() == [1, 2]
        assert table.loc["C006"].isna().all(), "what was done by an unknown day is not known"
        assert table.loc["C009"].isna().all()

    def test_the_day_of_the_reading(self, tiny_cohort):
        cohort = cohort_with(tiny_cohort)
        days = reading_dates(cohort, analysis_frame(cohort), "english", "endline")
        assert days.tolist() == [pd.Timestamp("2024-06-20")] * 4
        undated = tiny_cohort.measures.drop(columns="date")
        bare = make_cohort(tiny_cohort.meta, {"children": tiny_cohort.children, "measures": undated})
        days = reading_dates(bare, analysis_frame(bare), "english", "endline")
        assert days.tolist() == [pd.Timestamp("2024-06-01")] * 4, "the first day on which it may have been taken"
        with pytest.raises(OptionError, match="no wave 'midpoint'"):
            reading_dates(cohort, analysis_frame(cohort), "english", "midpoint")

    def test_a_day_that_is_none(self, tiny_cohort):
        with pytest.raises(OptionError, match="until='soon' is not a date"):
            both(cohort_with(tiny_cohort, interactions=contacts(self.rows)), until="soon")

    def test_amounts_without_a_day_are_left_out(self, tiny_cohort):
        other = pd.DataFrame({"child_id": ["C000"], "exposure": "years_in", "amount": [1.0], "unit": "years"})
        cohort = cohort_with(tiny_cohort, interactions=contacts(self.rows), exposures=other)
        assert "years_in" in both(cohort)
        assert "years_in" not in both(cohort, until="2022-10-03")


class TestUntimed:
    def table(self, tiny_cohort, minutes, **options):
        rows = contacts(["2022-09-06", "2022-09-07", "2022-09-08", "2022-09-09"], minutes=minutes)
        rows["child_id"] = ["C000", "C000", "C003", "C006"]
        return both(cohort_with(tiny_cohort, interactions=rows), **options)

    def test_the_mean_stands_in_and_says_so(self, tiny_cohort):
        table = self.table(tiny_cohort, [None, 30.0, 10.0, 50.0])
        assert table.loc["C000", "link_worker_hours"] == 1.0
        assert table.loc["C000", "link_worker_hours_filled"] == 50.0
        # One length drawn from a spread of 20, and the mean of three that stands in for it.
        assert table.loc["C000", "link_worker_hours_sd"] == pytest.approx(20 * np.sqrt(1 + 1 / 3) / 60)
        assert (table.loc["C003"][["link_worker_hours_filled", "link_worker_hours_sd"]] == 0).all()

    def test_or_hours_are_missing_or_left_out(self, tiny_cohort):
        table = self.table(tiny_cohort, [None, 30.0, 10.0, 50.0], untimed="missing")
        assert table["hours"].isna().tolist() == [True, False, False, False]
        assert "hours" not in self.table(tiny_cohort, [None, 30.0, 10.0, 50.0], untimed="count")
        with pytest.raises(OptionError, match="Did you mean missing"):
            self.table(tiny_cohort, [None, 30.0, 10.0, 50.0], untimed="mising")

    @pytest.mark.parametrize(
        ("minutes", "words"),
        [
            ([None, None, 10.0, 50.0], "up to a day on which the recording changed"),
            ([10.0, 50.0, None, None], "from a day on which the recording changed"),
            ([10.0, None, 50.0, None], "among others that were timed"),
        ],
    )
    def test_a_change_of_unit_is_found(self, tiny_cohort, minutes, words):
        days = ["2022-09-06", "2022-09-07", "2022-09-08", "2022-09-09"]
        cohort = cohort_with(tiny_cohort, interactions=contacts(days, minutes=minutes))
        found = recording(cohort, analysis_frame(cohort))
        (row,) = [r for r in found.table().to_dict("records") if r["key"] == "interactions.untimed"]
        assert words in row["what"]
        assert (row["records"], row["of_records"], row["share"], row["children"]) == (2, 4, 50.0, 1)
        assert any(words in note for note in found.notes)


class TestOverTime:
    def test_terms_add_up(self, tiny_cohort):
        # A day in the holiday counts with the term before it; one outside the programme stands apart.
        days = ["2022-09-06", "2022-11-15", "2023-01-09", "2023-06-01"]
        cohort = cohort_with(tiny_cohort, interactions=contacts(days), sessions=meetings(days[:3], [60, 0, 60]))
        table = exposures_by(cohort, analysis_frame(cohort), "term")
        own = table[table["child_id"] == "C000"].set_index("group")
        assert own.index.tolist() == ["Autumn 2022", "Spring 2023", "outside the programme"]
        assert own["link_worker_interactions"].tolist() == [2, 1, 1]
        assert own["link_worker_interactions_so_far"].tolist() == [2, 3, 4]
        assert own["attendance_rate"].tolist()[:2] == [50.0, 100.0]
        assert (table.groupby("child_id").size() >= 2).all(), "a child without contact has its rows too"
        assert set(table.loc[table["child_id"] == "C009", "hours"]) == {0.0}

    @pytest.mark.parametrize("by", ["term", "month", "support_type", "partner", "with"])
    def test_parts_make_the_whole(self, tiny_cohort, by):
        rng = np.random.default_rng(3)
        days = rng.choice(pd.date_range("2022-09-05", "2023-02-10").strftime("%Y-%m-%d"), 80)
        who = rng.choice(IDS, 80)
        rows = contacts(days, child=who, minutes=rng.integers(5, 60, 80) / 7).assign(
            **{"with": rng.choice(["child", "parent"], 80)}
        )
        seen = meetings(days, rng.choice([0.0, 45.0, 60.0], 80), child=who[::-1]).assign(
            partner_id=rng.choice(["P1", "P2"], 80), support_type=rng.choice(["sport", "arts"], 80)
        )
        cohort = cohort_with(tiny_cohort, interactions=rows, sessions=seen)
        table, whole = exposures_by(cohort, analysis_frame(cohort), by), both(cohort)
        names = [n for n in ("link_worker_interactions", "link_worker_hours", "sessions_planned", "partner_hours")
                 if n in table]
        assert len(names) == {"term": 4, "month": 4, "with": 2}.get(by, 2)
        np.testing.assert_allclose(table.groupby("child_id")[names].sum(), whole[names], rtol=1e-12)

    def test_what_cannot_be_asked(self, tiny_cohort):
        cohort = cohort_with(tiny_cohort, terms=[], interactions=contacts(["2022-09-06"]))
        frame = analysis_frame(cohort)
        with pytest.raises(OptionError, match="names no terms"):
            exposures_by(cohort, frame, "term")
        with pytest.raises(OptionError, match="no table sessions"):
            exposures_by(cohort, frame, "partner")
        with pytest.raises(OptionError, match="Did you mean month"):
            exposures_by(cohort, frame, "mont")


class TestRecording:
    def test_what_is_odd_is_counted_and_said(self, tiny_cohort):
        children = tiny_cohort.children.assign(
            left=[pd.Timestamp("2022-10-04") if c == "C003" else pd.NaT for c in tiny_cohort.children["child_id"]]
        )
        rows = pd.concat(
            [
                contacts(["2022-09-06", "2022-09-06", "2022-08-01"]),
                contacts(["2022-10-10"], child="C003"),
            ]
        )
        seen = meetings(["2022-09-07", "2022-09-08"], [90, 60]).assign(planned_minutes=[60.0, None])
        cohort = cohort_with(tiny_cohort, children=children, interactions=rows, sessions=seen)
        found = recording(cohort, analysis_frame(cohort))
        records = found.table().set_index("key")["records"].dropna().to_dict()
        assert records == {
            "interactions.outside": 1,
            "interactions.after_leaving": 1,
            "interactions.repeated": 1,
            "sessions.over": 1,
            "sessions.unplanned": 1,
        }
        without = found.table().set_index("key")["children"]
        assert (without["interactions.none"], without["sessions.none"]) == (2, 3)
        assert not any(c.isdigit() for note in found.notes for c in note)
        assert both(cohort).loc["C000", "link_worker_interactions"] == 3, "what is dated oddly still counts"

    def test_no_record_of_any_programme_child_is_said(self, tiny_cohort):
        cohort = cohort_with(tiny_cohort, interactions=contacts(["2022-09-06"], child="C001"))
        assert both(cohort)["link_worker_interactions"].tolist() == [0.0] * 4
        assert any("a dose of nought says nothing" in n for n in exposure_notes(cohort, analysis_frame(cohort)))

    def test_contacts_never_timed(self, tiny_cohort):
        cohort = cohort_with(tiny_cohort, interactions=contacts(["2022-09-06"]).drop(columns="minutes"))
        assert any("counted but not timed" in n for n in exposure_notes(cohort, analysis_frame(cohort)))


class TestDoses:
    def test_every_amount_has_its_words(self, tiny_cohort):
        days = ["2022-09-06", "2022-09-13", "2022-09-20", "2022-09-29"]
        cohort = cohort_with(tiny_cohort, interactions=contacts(days), sessions=meetings(days, [60, 0, 0, 30]))
        table = both(cohort)
        assert set(table.columns) == set(dose_names(cohort)), "each dose is computed, and each column described"
        assert set(DOSES) <= set(table.columns)
        shown = describe_exposure(cohort, analysis_frame(cohort), EngagementOptions()).table()
        assert shown["dose"].tolist()[: len(DOSES)] == list(DOSES)
        row = shown.set_index("dose").loc["link_worker_interactions"]
        assert (row["n"], row["mean"], row["median"], row["any"]) == (4, 1.0, 0.0, 1)

    def test_support_and_own_doses_may_be_named(self, tiny_cohort):
        other = pd.DataFrame({"child_id": ["C000"], "exposure": "hours", "amount": [1.0], "unit": "years"})
        cohort = cohort_with(tiny_cohort, sessions=meetings(["2022-09-06"], [60]), exposures=other)
        assert dose(cohort, "partner_hours_sport").label == "partner hours of sport"
        assert dose(cohort, "hours").unit == "hours", "computed hours stand before an amount of that name"
        assert both(cohort).loc["C000", "hours"] == 1.0
        with pytest.raises(OptionError, match="Did you mean partner_hours_sport"):
            dose(cohort, "partner_hours_sports")


class TestPlan:
    def test_a_plan_may_name_any_dose_and_no_other(self, tiny_cohort):
        def problems(name):
            plan = make_plan({"outcomes": [{"measure": "english", "primary": True}], "engagement": {"exposure": name}})
            return [p for p in column_problems(plan.model, tiny_cohort, "plan.yaml", {}) if "exposure" in str(p.column)]

        for name in (*DOSES, "partner_hours_reading"):
            assert not problems(name)
        (problem,) = problems("hour")
        assert "Did you mean hours" in problem.remedy


class TestHigh:
    def test_both_thresholds_are_needed(self):
        doses = pd.DataFrame(
            {"attendance_rate": [80.0, 79.9, 90.0, np.nan], "link_worker_interactions": [20, 30, 19, 40]}
        )
        assert high_engagement(doses, attendance=0.8, interactions=20).tolist() == [True, False, False, False]

    def test_exact_shares_count_for_every_threshold(self):
        shares = pd.DataFrame(
            {"attendance_rate": [100.0 * k / 100 for k in range(101)], "link_worker_interactions": 20.0}
        )
        for k in range(101):
            assert high_engagement(shares, attendance=k / 100, interactions=20).sum() == 101 - k

    def test_not_recorded_is_not_low(self):
        doses = pd.DataFrame({"attendance_rate": [80.0]})
        assert high_engagement(doses, attendance=0.8, interactions=20).isna().all()
