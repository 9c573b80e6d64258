"""Measures that cohort.yaml asks for: in the frame, in rules and formulas, and refused with what is wrong."""

import numpy as np
import pandas as pd
import pytest

from wlz_eval.cohort import make_cohort
from wlz_eval.core.errors import CohortError, OptionError
from wlz_eval.measures.frame import analysis_frame, frame_columns
from wlz_eval.measures.options import RiskRule
from wlz_eval.measures.risk import risk_flags
from wlz_eval.measures.scoring import (
    areas_below,
    derived_readings,
    feedback_summary,
    imd_quintile,
    ordered_words,
    readings,
    score_items,
)
from wlz_eval.plan.columns import column_problems
from wlz_eval.plan.load import make_plan


def _cohort(tiny, rows=(), derived=(), columns=("child_id", "measure", "wave", "value", "informant"), **children):
    """Give the tiny cohort readings beside its English, and say what it asks for."""
    meta = tiny.meta.model_dump(mode="json") | {"derived": list(derived)}
    added = pd.DataFrame(list(rows), columns=list(columns))
    english = tiny.measures[tiny.measures["measure"] == "english"]
    table = pd.concat([english.astype(object), added.astype(object)], ignore_index=True)
    words = [name for name in table if name not in ("date", "value", "rater_knew")]
    table = table.astype(dict.fromkeys(words, "str") | {"value": float})
    table["date"] = pd.to_datetime(table["date"])
    # Typed and right as they stand: reading each of them again would take most of the time of these tests.
    return make_cohort(meta, {"children": tiny.children.assign(**children), "measures": table}, checked=True)


def _forms(tiny, informant="teacher", wave="baseline", value=lambda child, item: (child + item) % 3):
    ids = tiny.children["child_id"].tolist()
    return [
        (child, f"sdq_item_{item}", wave, value(place, item), informant)
        for place, child in enumerate(ids)
        for item in range(1, 26)
    ]


SDQ = [{"kind": "sdq"}]


class TestSdq:
    def test_items_become_scales_in_the_frame(self, tiny_cohort):
        cohort = _cohort(tiny_cohort, _forms(tiny_cohort), SDQ)
        data = analysis_frame(cohort).data
        ids = cohort.children["child_id"].tolist()
        expected = score_items(np.array([[(c + i) % 3 for i in range(1, 26)] for c in range(len(ids))]))
        names = ["emotional", "conduct", "hyperactivity", "peer", "prosocial", "total"]
        found = data.loc[[c for c in ids if c in data.index], [f"sdq_{n}_baseline" for n in names]]
        np.testing.assert_array_equal(found, expected[[c in data.index for c in ids]])
        assert not [c for c in data.columns if "item" in c]

    def test_usable_in_rules_formulas_and_outcomes(self, tiny_cohort):
        cohort = _cohort(tiny_cohort, _forms(tiny_cohort) + _forms(tiny_cohort, wave="endline"), SDQ)
        rule = {"area": "emotional_wellbeing", "column": "sdq_total_baseline", "at_least": 12}
        plan = make_plan(
            {
                "risk": [rule],
                "matching": {"formula": "programme ~ sdq_total_baseline", "comparison": "same_school"},
                "outcomes": [{"measure": "sdq_total", "primary": True, "informant": "teacher"}],
            }
        )
        assert column_problems(plan.model, cohort, "plan.yaml", {}) == []
        flags = risk_flags(analysis_frame(cohort), [RiskRule.model_validate(rule)])
        assert flags["emotional_wellbeing"].notna().all()
        bare = _cohort(tiny_cohort, _forms(tiny_cohort))
        assert {p.value for p in column_problems(plan.model, bare, "plan.yaml", {})} >= {"sdq_total_baseline"}

    def test_a_total_from_subscales(self, tiny_cohort):
        child = tiny_cohort.children["child_id"].iloc[0]
        scales = {"sdq_emotional": 3, "sdq_conduct": 4, "sdq_hyperactivity": 8, "sdq_peer": 2}
        rows = [(child, name, "baseline", value, "teacher") for name, value in scales.items()]
        cohort = _cohort(tiny_cohort, rows, [{"kind": "sdq", "source": "subscales"}])
        made = derived_readings(cohort)
        assert made[["child_id", "measure", "value", "informant"]].to_numpy().tolist() == [
            [child, "sdq_total", 17.0, "teacher"]
        ]

    def test_a_total_of_the_table_stays(self, tiny_cohort):
        child = tiny_cohort.children["child_id"].iloc[0]
        own = [(child, "sdq_total", "baseline", 39, "teacher")]
        data = analysis_frame(_cohort(tiny_cohort, _forms(tiny_cohort) + own, SDQ)).data
        assert data.loc[child, "sdq_total_baseline"] == 39
        assert data["sdq_total_baseline"].drop(child).notna().all()

    def test_informants_are_never_averaged(self, tiny_cohort):
        rows = _forms(tiny_cohort, "teacher", value=lambda c, i: 0)
        rows += _forms(tiny_cohort, "parent", value=lambda c, i: 2)
        cohort = _cohort(tiny_cohort, rows, SDQ)
        data = analysis_frame(cohort).data
        assert "sdq_total_baseline" not in data
        assert set(data["sdq_total_teacher_baseline"]) == {10}
        assert set(data["sdq_total_parent_baseline"]) == {30}
        assert set(frame_columns(cohort)) == set(data.columns)
        # The informant of one scale counts for the others, and then nothing is to be told apart.
        named = analysis_frame(cohort, {"sdq_total": "parent"}).data
        assert (set(named["sdq_total_baseline"]), set(named["sdq_peer_baseline"])) == ({30}, {6})
        assert set(frame_columns(cohort, {"sdq_total": "parent"})) == set(named.columns)

    @pytest.mark.parametrize("informant", [None, "admin"])
    def test_forms_of_nobody_are_refused(self, tiny_cohort, informant):
        cohort = _cohort(tiny_cohort, _forms(tiny_cohort, informant), SDQ)
        with pytest.raises(CohortError, match="no valid informant"):
            analysis_frame(cohort)

    def test_the_same_item_twice_on_one_form_is_refused(self, tiny_cohort):
        rows = _forms(tiny_cohort)
        meta = tiny_cohort.meta.model_dump(mode="json") | {"derived": SDQ}
        table = pd.DataFrame(rows[:1] + rows, columns=["child_id", "measure", "wave", "value", "informant"])
        tables = {"children": tiny_cohort.children, "measures": table.assign(value=table["value"].astype(float))}
        with pytest.raises(CohortError, match=r"an earlier row has the same|more than once on one form"):
            analysis_frame(make_cohort(meta, tables))

    def test_two_raters_are_two_forms(self, tiny_cohort):
        one, two = (_forms(tiny_cohort, value=lambda c, i, v=v: v) for v in (0, 2))
        rows = [(*row, "r1") for row in one] + [(*row, "r2") for row in two]
        columns = ("child_id", "measure", "wave", "value", "informant", "rater_id")
        cohort = _cohort(tiny_cohort, rows, SDQ, columns)
        made = derived_readings(cohort)
        totals = made[made["measure"] == "sdq_total"]
        assert sorted(totals["value"].unique()) == [10, 30]
        assert set(analysis_frame(cohort).data["sdq_total_baseline"]) == {20}

    def test_order_of_rows_changes_nothing(self, tiny_cohort):
        rows = _forms(tiny_cohort)
        mixed = list(np.random.default_rng(5).permutation(len(rows)))
        first = analysis_frame(_cohort(tiny_cohort, rows, SDQ)).data
        second = analysis_frame(_cohort(tiny_cohort, [rows[i] for i in mixed], SDQ)).data
        pd.testing.assert_frame_equal(first, second)

    def test_without_items_the_cohort_is_told(self, tiny_cohort):
        with pytest.raises(CohortError, match="no SDQ items"):
            analysis_frame(_cohort(tiny_cohort, derived=SDQ))


class TestOthers:
    def test_a_level_becomes_a_score_of_another_form(self, tiny_cohort):
        child = tiny_cohort.children["child_id"].iloc[0]
        rows = [(child, "english_level", "endline", 3, "teacher")]
        entry = {"kind": "teacher_levels", "measure": "english_level", "into": "english"}
        base = tiny_cohort.measures[tiny_cohort.measures["wave"] == "baseline"]
        bare = make_cohort(tiny_cohort.meta, {**tiny_cohort.tables, "measures": base})
        made = derived_readings(_cohort(bare, rows, [entry]))
        assert made[["value", "informant", "form"]].to_numpy().tolist() == [[95.0, "teacher", "levels_five_levels"]]
        assert analysis_frame(_cohort(bare, rows, [entry])).data.loc[child, "english_endline"] == 95

    def test_percentile_and_standard(self, tiny_cohort):
        child = tiny_cohort.children["child_id"].iloc[0]
        rows = [(child, "gcse_maths", "endline", 4, "admin")]
        derived = [
            {"kind": "percentile", "measure": "english", "into": "english_percentile"},
            {"kind": "reaches", "measure": "gcse_maths", "into": "gcse_maths_standard_pass", "scale": "gcse",
             "cut": "standard_pass"},
        ]  # fmt: skip
        data = analysis_frame(_cohort(tiny_cohort, rows, derived)).data
        assert data.loc[child, "gcse_maths_standard_pass_endline"] == 1
        order = data.sort_values("english_baseline")["english_percentile_baseline"].dropna()
        assert order.is_monotonic_increasing
        assert order.between(0, 100).all()

    def test_a_scale_without_norms_has_no_percentile(self, tiny_cohort):
        child = tiny_cohort.children["child_id"].iloc[0]
        entry = {"kind": "percentile", "measure": "ks2_maths", "into": "maths_percentile"}
        with pytest.raises(CohortError, match="no standardised score"):
            analysis_frame(_cohort(tiny_cohort, [(child, "ks2_maths", "baseline", 99, "admin")], [entry]))

    def test_early_years_areas_below_baseline(self, tiny_cohort):
        first, second = tiny_cohort.children["child_id"].iloc[:2]
        rows = [
            (first, "eyfs_literacy", "baseline", 1, "teacher"),
            (first, "eyfs_physical", "baseline", 1, "teacher"),
            (second, "eyfs_literacy", "baseline", 3, "teacher"),
        ]
        made = derived_readings(_cohort(tiny_cohort, rows, [{"kind": "eyfs_areas_below"}]))
        assert made[["child_id", "value"]].to_numpy().tolist() == [[first, 2.0]]

    def test_quintiles_of_deprivation(self, tiny_cohort):
        n = len(tiny_cohort.children)
        cohort = _cohort(tiny_cohort, derived=[{"kind": "imd_quintile"}], imd_decile=[1 + i % 10 for i in range(n)])
        data = analysis_frame(cohort).data
        assert (data["imd_quintile"] == np.ceil(data["imd_decile"].astype(float) / 2)).all()
        assert "imd_quintile" in frame_columns(cohort)

    def test_age_adjusted_needs_enough_children(self, tiny_cohort):
        entry = {"kind": "age_adjusted", "measure": "english", "into": "english_age_adjusted"}
        people = {"birth_month": "2013-10", "year_group": "4"}
        with pytest.raises(CohortError, match="adjustment for age needs"):
            analysis_frame(_cohort(tiny_cohort, derived=[entry], **people))
        children = tiny_cohort.children.drop(columns=["birth_month", "year_group"], errors="ignore")
        meta = tiny_cohort.meta.model_dump(mode="json") | {"derived": [entry]}
        with pytest.raises(CohortError, match="needs both"):
            analysis_frame(make_cohort(meta, {**tiny_cohort.tables, "children": children}))


class TestAsking:
    def test_every_problem_of_every_entry_at_once(self, tiny_cohort):
        derived = [
            {"kind": "sdq"},
            {"kind": "percentile", "measure": "englsh", "into": "english_percentile"},
            {"kind": "teacher_levels", "measure": "english_level", "into": "no_such_measure"},
            {"kind": "incidents", "windows": {"endline": {"start": "2024-01-01", "end": "2024-06-01", "take": "last"}}},
        ]
        with pytest.raises(CohortError) as caught:
            analysis_frame(_cohort(tiny_cohort, derived=derived))
        text = str(caught.value)
        assert len(caught.value.problems) == 4
        assert "Did you mean english?" in text
        assert "no_such_measure" in text

    @pytest.mark.parametrize(
        ("entry", "said"),
        [
            ({"kind": "sdqq"}, "sdqq"),
            ({"kind": "sdq", "sauce": "items"}, "sauce"),
            ({"kind": "percentile", "measure": "english"}, "into"),
            ({"kind": "incidents", "windows": {}}, "windows"),
        ],
    )
    def test_a_wrong_entry_is_named(self, tiny_cohort, tmp_path, entry, said):
        import yaml

        from wlz_eval.cohort.describe import read_meta

        meta = tiny_cohort.meta.model_dump(mode="json") | {"derived": [entry]}
        path = tmp_path / "cohort.yaml"
        path.write_text(yaml.safe_dump(meta))
        _, problems = read_meta(path, tiny_cohort.id)
        assert len(problems) == 1
        assert said in str(problems[0])

    def test_a_measure_is_made_once(self, tiny_cohort):
        with pytest.raises(ValueError, match="sdq_total would be made twice"):
            _cohort(tiny_cohort, derived=[{"kind": "sdq"}, {"kind": "sdq", "source": "subscales"}])

    def test_without_entries_nothing_is_touched(self, tiny_cohort):
        assert readings(tiny_cohort) is tiny_cohort.measures
        assert derived_readings(tiny_cohort).empty
        described = tiny_cohort.meta.content()
        assert "derived" not in described
        assert _cohort(tiny_cohort, derived=[{"kind": "imd_quintile"}], imd_decile=1).meta.content()["derived"]


class TestOrdered:
    def test_quintiles_on_both_sides(self):
        assert imd_quintile(pd.Series(range(1, 11))).tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
        for wrong in (0, 11, 2.5):
            with pytest.raises(OptionError, match=r"1 .most deprived. to 10"):
                imd_quintile(pd.Series([wrong]))

    def test_words(self):
        words = ordered_words(pd.Series([1, 2, 3, None]), "eyfs")
        assert words.tolist()[:3] == ["below baseline", "at baseline", "above baseline"]
        assert words.min() == "below baseline"
        with pytest.raises(OptionError, match="no step 4"):
            ordered_words(pd.Series([4]), "eyfs")

    def test_a_child_with_an_area_unknown_has_no_count(self):
        assert areas_below(pd.DataFrame({"a": [1, 2, np.nan], "b": [1, 1, 1]})).tolist()[:2] == [2, 1]
        assert areas_below(pd.DataFrame({"a": [np.nan], "b": [1]})).isna().all()

    def test_feedback(self, tiny_cohort):
        ids = tiny_cohort.children["child_id"].tolist()[:3]
        rows = [(ids[0], "safe", 5), (ids[1], "safe", 3), (ids[2], "safe", 4), (ids[0], "heard", 1)]
        table = pd.DataFrame(rows, columns=["child_id", "question", "score"])
        found = feedback_summary(make_cohort(tiny_cohort.meta, {**tiny_cohort.tables, "feedback": table})).table()
        rows = found.set_index("question")
        assert rows.loc["safe", ["children", "favourable", "score_3"]].tolist() == [3, 2, 1]
        assert rows.loc["safe", "mean"] == 4
        assert rows.loc["heard", "favourable_percent"] == 0


def test_the_measurement_map_counts_what_was_made(tiny_cohort):
    from wlz_eval.attribution import OutcomeOptions, measurement_map

    rows = [row for wave in ("baseline", "endline") for row in _forms(tiny_cohort, wave=wave)]
    cohort = _cohort(tiny_cohort, rows + _forms(tiny_cohort, "parent"), SDQ)
    cells = measurement_map(cohort, [OutcomeOptions(measure="sdq_total", primary=True)]).cells
    own = cells[cells["measure"].str.startswith("sdq_total")]
    assert sorted(zip(own["measure"], own["wave"], own["informant"], strict=True)) == [
        ("sdq_total", "baseline", "parent"),
        ("sdq_total", "baseline", "teacher"),
        ("sdq_total", "endline", "teacher"),
    ]
    assert not cells["measure"].str.contains("item").any()
