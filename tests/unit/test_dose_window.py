"""What came after an outcome was read cannot have brought it about: doses end at the reading, and begin at the start.

Told by a year in a small class that began after the test, by support that followed from the outcome, and by amounts
that are recorded for a school year, a term, or for no time at all.
"""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from wlz_eval.cohort import load_cohort, make_cohort
from wlz_eval.core.errors import OptionError
from wlz_eval.engagement import engagement, exposures
from wlz_eval.engagement.confounding import dose_around
from wlz_eval.engagement.exposure import doses_before_reading, reading_dates
from wlz_eval.engagement.exposure.spans import span_of
from wlz_eval.engagement.options import EngagementOptions
from wlz_eval.measures import analysis_frame
from wlz_eval.plan import load_cohort_and_plan

IDS = ["C000", "C003", "C006", "C009"]  # the programme children of the tiny cohort


def with_tables(cohort, **tables):
    return make_cohort(cohort.meta.model_dump(mode="json"), {**cohort.tables, **tables})


def years(periods, child="C000"):
    return pd.DataFrame(
        {"child_id": child, "exposure": "years_in", "period": periods, "amount": 1.0, "unit": "years"}
    )


@pytest.fixture(scope="module")
def star():
    cohort, plan = load_cohort_and_plan("star-1986")
    return cohort, plan, analysis_frame(cohort)


@pytest.fixture(scope="module")
def world():
    cohort, plan = load_cohort_and_plan("simulated-complete")
    frame = analysis_frame(cohort)
    outcome = plan.outcomes[0]
    after = reading_dates(cohort, frame, outcome.measure, outcome.wave) + pd.Timedelta(days=3)
    reading = frame.data.loc[after.index, f"{outcome.measure}_{outcome.wave}"].astype(float)
    low = reading.index[(reading < reading.median()).to_numpy(dtype=bool, na_value=False)]
    # Those who did badly are given twenty hours more, days after the test.
    more = pd.DataFrame({"child_id": low, "date": after[low].to_numpy(), "minutes": 1200.0})
    rows = cohort["interactions"]
    more = more.reindex(columns=rows.columns)
    more["with"], more["kind"] = "child", "engagement"
    table = pd.concat([rows.astype({"with": object, "kind": object}), more], ignore_index=True)
    return with_tables(cohort, interactions=table), plan, outcome


class TestStar:
    """The pupils were tested in grades 2 and 3, and could be in small classes in grades 1 to 3."""

    def test_a_third_year_counts_for_the_test_after_it_and_not_for_the_one_before(self, star):
        cohort, _, frame = star
        most = {
            wave: doses_before_reading(cohort, frame, "sat_reading", wave).doses["small_class_years"].max()
            for wave in ("midpoint", "endline", "followup")
        }
        assert most == {"midpoint": 1.0, "endline": 2.0, "followup": 3.0}

    def test_the_years_are_those_of_the_table(self, star):
        cohort, _, frame = star
        table = cohort["exposures"]
        by_hand = table[table["period"] < "1988/89"].groupby("child_id")["amount"].sum()
        found = doses_before_reading(cohort, frame, "sat_reading", "endline").doses["small_class_years"]
        assert found.tolist() == by_hand.reindex(found.index).tolist()

    def test_with_nearly_all_alike_by_then_the_page_makes_no_line(self, star):
        cohort, plan, frame = star
        found = engagement(cohort, frame, plan.engagement, plan.outcomes, "draft", 1)
        assert not found.primary.slope.estimated
        assert "same dose" in found.primary.slope.note
        assert found.examined is None
        assert found.table().set_index("wave").loc["followup", "estimate"].notna().all()
        said, values = found.window()
        assert "cannot have brought it about" in said
        assert "school year" in said
        assert values["by"].estimate < values["whole"].estimate


class TestReverse:
    """Where support follows from the outcome, it goes with it only if what came later is counted."""

    def test_support_that_answered_to_the_outcome_is_not_counted(self, world):
        cohort, plan, outcome = world
        frame = analysis_frame(cohort)
        before = engagement(load_cohort("simulated-complete"), frame, plan.engagement, [outcome], "draft", 1)
        found = engagement(cohort, frame, plan.engagement, [outcome], "draft", 1)
        assert found.data["hours"].mean() > before.data["hours"].mean() + 5
        assert found.table()["estimate"].tolist() == before.table()["estimate"].tolist()

    def test_what_came_before_the_start_is_not_counted_either(self, world):
        cohort, _, outcome = world
        frame = analysis_frame(cohort)
        child = frame.data.index[frame.data["programme"] == 1][0]
        start = reading_dates(cohort, frame, outcome.measure, "baseline")[child]
        doses = doses_before_reading(cohort, frame, outcome.measure, outcome.wave).doses
        rows = cohort["interactions"].astype({"with": object, "kind": object})
        early = rows.iloc[:1].assign(child_id=child, date=start, minutes=600.0)
        more = with_tables(cohort, interactions=pd.concat([rows, early], ignore_index=True))
        again = doses_before_reading(more, frame, outcome.measure, outcome.wave).doses
        assert exposures(more, frame).loc[child, "hours"] > exposures(cohort, frame).loc[child, "hours"]
        assert again.loc[child, "link_worker_interactions"] == doses.loc[child, "link_worker_interactions"]


class TestPeriods:
    @pytest.mark.parametrize(
        ("words", "first", "last"),
        [
            ("1986/87", "1986-09-01", "1987-05-31"),
            ("1987-1988", "1987-09-01", "1988-05-31"),
            ("Grade 2, 1987/88", "1987-09-01", "1988-05-31"),
            ("1986/87 to 1988/89", "1986-09-01", "1989-05-31"),
            ("1986/87 – 1987/88", "1986-09-01", "1988-05-31"),
            ("1995/96", "1995-09-01", "1996-08-31"),
            ("1988-02-29", "1988-02-29", "1988-02-29"),
        ],
    )
    def test_read(self, words, first, last):
        meta = load_cohort("star-1986").meta
        assert span_of(words, meta) == (dt.date.fromisoformat(first), dt.date.fromisoformat(last))

    @pytest.mark.parametrize("words", ["", "1986/89", "1988/89 to 1986/87", "in all", "1986/87 to then", None, np.nan])
    def test_not_read(self, words):
        assert span_of(words, load_cohort("star-1986").meta) is None

    def test_a_year_counts_on_the_side_of_a_day_on_which_most_of_it_lies(self, tiny_cohort):
        cohort = with_tables(tiny_cohort, exposures=years(["2022/23", "2023/24"]))
        frame = analysis_frame(cohort)
        for day, up_to, later in (("2022-12-01", 0, 2), ("2023-06-01", 1, 1), ("2024-06-01", 2, 0)):
            since = pd.Timestamp(day) + pd.Timedelta(days=1)
            assert exposures(cohort, frame, until=day).loc["C000", "years_in"] == up_to
            assert exposures(cohort, frame, since=since).loc["C000", "years_in"] == later
        # Of the others nothing was recorded, which is not the same as none.
        assert exposures(cohort, frame, until="2023-06-01").loc[IDS[1:], "years_in"].isna().all()

    def test_an_amount_without_a_time_counts_whole_and_the_page_says_so(self, tiny_cohort):
        cohort = with_tables(tiny_cohort, exposures=years(["2022/23", "at some time"]))
        frame = analysis_frame(cohort)
        assert "years_in" not in exposures(cohort, frame, until="2023-06-01")
        measure = str(cohort["measures"]["measure"].iloc[0])
        found = doses_before_reading(cohort, frame, measure, "endline")
        assert found.undated == ("years_in",)
        assert found.doses.loc["C000", "years_in"] == 2
        options = EngagementOptions(exposure="years_in")
        outcome = load_cohort_and_plan("simulated-complete")[1].outcomes[0].model_copy(update={"measure": measure})
        said, _ = engagement(cohort, frame, options, [outcome], "draft", 1).window()
        assert "may have come after" in said

    def test_a_year_that_a_reading_lies_in_is_not_split(self, tiny_cohort):
        cohort = with_tables(tiny_cohort, exposures=years(["2023/24"]))
        frame = analysis_frame(cohort)
        measure = str(cohort["measures"]["measure"].iloc[0])
        with pytest.raises(OptionError, match="both sides"):
            dose_around(cohort, frame, measure, "endline", "years_in")
