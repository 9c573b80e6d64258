"""What a user may get wrong under ``derived:`` in cohort.yaml: each mistake is named, none becomes a number."""

import pandas as pd
import pytest
import yaml

from wlz_eval.cohort import make_cohort
from wlz_eval.cohort.describe import read_meta
from wlz_eval.core.errors import CohortError
from wlz_eval.measures.frame import analysis_frame
from wlz_eval.measures.scoring import derived_readings

WINDOW = {"start": "2022-06-01", "end": "2022-07-20", "take": "last"}
INCIDENTS = {"kind": "incidents", "counted": "calendar_days", "windows": {"baseline": WINDOW}}
LEVELS = {"kind": "teacher_levels", "measure": "english_level"}
PERCENTILE = {"kind": "percentile", "measure": "english"}
REACHES = {"kind": "reaches", "measure": "english", "into": "gcse_english_standard_pass"}


def own(name, low, high, **facts):
    """Describe a measure of the cohort."""
    return {"name": name, "label": name, "area": "english", "better": "higher", "low": low, "high": high, **facts}


@pytest.fixture
def described(tmp_path, tiny_cohort):
    """Read a cohort.yaml with these entries, and return what is wrong with it."""

    def read(derived):
        meta = tiny_cohort.meta.model_dump(mode="json") | {"derived": derived}
        path = tmp_path / "cohort.yaml"
        path.write_text(yaml.safe_dump(yaml.safe_load(yaml.safe_dump(meta)), sort_keys=False), encoding="utf-8")
        return read_meta(path, "tiny")[1]

    return read


@pytest.mark.parametrize(
    ("derived", "column", "message", "remedy"),
    [
        ("sdq", "derived", "a list belongs here", "dash"),
        ({"kind": "sdq"}, "derived", "a list belongs here", "dash"),
        (None, "derived", "a list belongs here", "dash"),
        (["sdq"], "derived.0", "keys with values", "key: value"),
        ([None], "derived.0", "keys with values", "key: value"),
        ([{"source": "items"}], "derived.0", "names no kind", "persistent_absence"),
        ([{"kind": "sdqq"}], "derived.0.kind", "no such kind", "Did you mean sdq?"),
        ([{"kind": "sdq", "informant": "teacher"}], "derived.0.informant", "unknown key", "Valid: kind, source."),
        ([{"kind": "sdq", "source": "item"}], "derived.0.source", "'items' or 'subscales'", "What belongs here"),
        ([{"kind": "percentile", "measure": "english"}], "derived.0.into", "missing", "Measure that it makes"),
        ([{"kind": "incidents"}], "derived.0.windows", "missing", "For each wave a period"),
        ([INCIDENTS | {"windows": {}}], "derived.0.windows", "nothing in it", "Fill it in"),
        ([INCIDENTS | {"schools": "school-0"}], "derived.0.schools", "a list belongs here", "dash"),
        ([INCIDENTS | {"days": 0}], "derived.0.days", "greater than or equal to 1", "How many days"),
        ([INCIDENTS | {"days": True}], "derived.0.days", "integer", "How many days"),
        ([INCIDENTS | {"days": 2.5}], "derived.0.days", "integer", "How many days"),
        ([INCIDENTS | {"windows": {"start": WINDOW}}], "derived.0.windows.start", "'baseline'", ""),
        ([INCIDENTS | {"windows": {"baseline": WINDOW | {"take": "some"}}}], "derived.0.windows.baseline.take",
         "'first'", "Whether its first or its last days are counted"),
        ([INCIDENTS | {"windows": {"baseline": WINDOW | {"end": "2021-01-01"}}}], "derived.0.windows.baseline",
         "lies before start", ""),
        ([{"kind": "sdq"}, {"kind": "sdq", "source": "subscales"}], "", "sdq_total would be made twice", ""),
    ],
)
def test_a_wrong_entry_is_named_in_plain_words(described, derived, column, message, remedy):
    (problem,) = described(derived)
    assert problem.column == column
    assert message in problem.message
    assert remedy in problem.remedy
    for jargon in ("tuple", "dictionary", "discriminator", "input tag"):
        assert jargon not in str(problem)


def test_every_wrong_entry_is_told_at_once(described):
    found = described([{"kind": "sdqq"}, {"kind": "percentile"}, INCIDENTS | {"days": 0}])
    assert [p.column for p in found] == ["derived.0.kind", "derived.1.measure", "derived.1.into", "derived.2.days"]


def make(tiny, derived, rows=(), own_measures=(), tables=None, children=None):
    """Give the tiny cohort further readings, and what it asks for."""
    meta = tiny.meta.model_dump(mode="json") | {"derived": list(derived), "measures": list(own_measures)}
    added = pd.DataFrame(list(rows), columns=["child_id", "measure", "wave", "value", "informant"])
    table = pd.concat([tiny.measures.astype(object), added.astype(object)], ignore_index=True)
    words = [name for name in table if name not in ("date", "value", "rater_knew")]
    table = table.astype(dict.fromkeys(words, "str") | {"value": float})
    table["date"] = pd.to_datetime(table["date"])
    everything = {**{k: v for k, v in tiny.tables.items() if k != "measures"}, "measures": table, **(tables or {})}
    everything["children"] = tiny.children.assign(**(children or {}))
    return make_cohort(meta, everything, checked=True)


def every_child(tiny, measure, value, wave="baseline", informant="teacher"):
    return [(child, measure, wave, value, informant) for child in tiny.children["child_id"]]


def refused(cohort):
    with pytest.raises(CohortError) as caught:
        derived_readings(cohort)
    return caught.value.problems


def items(tiny, value, count=25):
    return [row for i in range(1, count + 1) for row in every_child(tiny, f"sdq_item_{i}", value)]


class TestNothingToMakeItFrom:
    """An entry that makes nothing was passed over in silence; then a page lacked a measure and nobody knew why."""

    @pytest.mark.parametrize(("value", "count"), [(1, 2), (None, 25)])
    def test_too_few_items_for_any_scale(self, tiny_cohort, value, count):
        (problem,) = refused(make(tiny_cohort, [{"kind": "sdq"}], items(tiny_cohort, value, count)))
        assert "three of its five items" in problem.remedy

    def test_one_subscale_of_four(self, tiny_cohort):
        rows = every_child(tiny_cohort, "sdq_conduct", 3, wave="endline")
        (problem,) = refused(make(tiny_cohort, [{"kind": "sdq", "source": "subscales"}], rows))
        assert "a total its four scales" in problem.remedy

    def test_no_session_was_possible(self, tiny_cohort):
        none = tiny_cohort["attendance"].assign(sessions_possible=0, sessions_attended=0)
        (problem,) = refused(make(tiny_cohort, [{"kind": "persistent_absence"}], tables={"attendance": none}))
        assert problem.column == "derived.0"
        assert "possible session" in problem.remedy

    def test_a_period_in_which_no_school_recorded_an_incident(self, tiny_cohort):
        one = tiny_cohort.children["child_id"].iloc[:1]
        table = pd.DataFrame({"child_id": one, "date": pd.to_datetime(["2022-06-21"]), "kind": "detention"})
        late = INCIDENTS | {"windows": {"endline": {"start": "2035-01-01", "end": "2035-03-01", "take": "first"}}}
        (problem,) = refused(make(tiny_cohort, [late], tables={"incidents": table}))
        assert "stands under schools" in problem.remedy

    def test_no_index_of_deprivation(self, tiny_cohort):
        cohort = make(tiny_cohort, [{"kind": "imd_quintile"}])
        bare = make_cohort(
            cohort.meta, {**cohort.tables, "children": cohort.children.drop(columns="imd_decile")}, checked=True
        )
        (problem,) = refused(bare)
        assert "imd_decile" in problem.remedy


class TestTheWrongScale:
    """A percentile among standardised scores, or a GCSE pass read from them, looks like any other number."""

    @pytest.mark.parametrize(
        ("entry", "said"),
        [
            (PERCENTILE | {"into": "english"}, "made from itself"),
            (PERCENTILE | {"into": "maths"}, "What is made is a percentile"),
            (PERCENTILE | {"into": "attendance"}, "What is made is a percentile"),
            (PERCENTILE | {"measure": "sdq_total", "into": "english_percentile"}, "no standardised score"),
            (LEVELS | {"into": "english_percentile"}, "What is made is a standardised score"),
            (LEVELS | {"into": "sdq_item_1"}, "What is made is a standardised score"),
            (LEVELS | {"into": "attendance"}, "What is made is a standardised score"),
            (REACHES | {"scale": "gcse", "cut": "standard_pass"}, "english runs from 55 to 145"),
            (REACHES | {"scale": "ks2", "cut": "expected"}, "scores of ks2 from 80 to 120"),
            (REACHES | {"measure": "sdq_total", "scale": "standardised", "cut": "bottom_fifth"}, "is not a stan"),
            (REACHES | {"into": "maths", "scale": "standardised", "cut": "bottom_fifth"}, "a yes or no"),
            (INCIDENTS | {"into": "english"}, "What is made is a count"),
        ],
    )
    def test_is_refused(self, tiny_cohort, entry, said):
        (problem,) = refused(make(tiny_cohort, [entry], every_child(tiny_cohort, "english_level", 3)))
        assert problem.column == "derived.0"
        assert said in problem.remedy

    def test_a_standard_of_its_own_scale_is_read(self, tiny_cohort):
        entry = REACHES | {"measure": "mock", "scale": "gcse", "cut": "standard_pass"}
        cohort = make(tiny_cohort, [entry], every_child(tiny_cohort, "mock", 4), [own("mock", 0, 9)])
        assert set(derived_readings(cohort)["value"]) == {1.0}

    def test_values_outside_the_range_of_what_they_are_made_into(self, tiny_cohort):
        narrow = own("narrow", 99, 101, mean=100, sd=15)
        (problem,) = refused(
            make(tiny_cohort, [LEVELS | {"into": "narrow"}], every_child(tiny_cohort, "english_level", 3), [narrow])
        )
        assert "12 of 12 values of narrow would lie outside its range, from 99 to 101 (the first: 95)" in problem.remedy


class TestOddValues:
    def test_half_a_tick_names_the_item_the_child_and_the_wave(self, tiny_cohort):
        (problem,) = refused(make(tiny_cohort, [{"kind": "sdq"}], items(tiny_cohort, 0.5)))
        assert "sdq_item_1 = 0.5 of child C000 at baseline" in problem.remedy
        assert "300 answers" in problem.remedy

    @pytest.mark.parametrize("informant", ["admin", None])
    def test_forms_of_nobody_who_fills_them_in(self, tiny_cohort, informant):
        rows = [(*row[:4], informant) for row in items(tiny_cohort, 1)]
        (problem,) = refused(make(tiny_cohort, [{"kind": "sdq"}], rows))
        assert "12 SDQ forms have no valid informant" in problem.remedy

    @pytest.mark.parametrize("level", [9, 2.5])
    def test_levels_that_the_scale_does_not_have(self, tiny_cohort, level):
        rows = every_child(tiny_cohort, "english_level", level)
        (problem,) = refused(make(tiny_cohort, [LEVELS | {"into": "maths"}], rows))
        assert "Valid: 1, 2, 3, 4, 5" in problem.remedy

    def test_one_child_with_a_form_is_scored_and_no_other(self, tiny_cohort):
        cohort = make(tiny_cohort, [{"kind": "sdq"}], [row for row in items(tiny_cohort, 1) if row[0] == "C003"])
        data = analysis_frame(cohort).data
        assert data["sdq_conduct_baseline"].dropna().to_dict() == {"C003": 5.0}


def test_all_entries_that_cannot_be_made_are_told_at_once_each_by_its_number(tiny_cohort):
    cohort = make(
        tiny_cohort,
        [{"kind": "sdq"}, {"kind": "eyfs_areas_below"}, PERCENTILE | {"into": "nothing"}, INCIDENTS,
         {"kind": "persistent_absence"}],
        tables={"attendance": tiny_cohort["attendance"].head(0)},
    )
    assert [p.column for p in refused(cohort)] == [
        "derived.0", "derived.1", "derived.2", "derived.3.incidents", "derived.4"
    ]
    with pytest.raises(CohortError):
        analysis_frame(cohort)
