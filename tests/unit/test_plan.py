"""The plan: every mistake at once with its remedy, overrides as departures, lock, explanation, hash."""

import datetime as dt
from typing import get_args

import pytest
import yaml
from pydantic import ValidationError

from wlz_eval.attribution import METHODS, MatchingOptions
from wlz_eval.attribution.options import Method
from wlz_eval.cohort import load_cohort, shipped_cohorts
from wlz_eval.core.errors import PlanError
from wlz_eval.measures import analysis_frame
from wlz_eval.measures.frame import frame_columns
from wlz_eval.plan import check_plan, explain_plan, load_plan, lock_plan, make_plan
from wlz_eval.plan.columns import formula_names
from wlz_eval.plan.load import read_plan_file
from wlz_eval.plan.lock import LOCK_FILE

SMALL = {"outcomes": [{"measure": "english", "primary": True}]}


def problems(mapping, overrides=None):
    with pytest.raises(PlanError) as caught:
        make_plan(mapping, overrides)
    return caught.value.problems


def edit(folder, old, new):
    path = folder / "plan.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


class TestMistakes:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            # Nine lines stood for a billion values, and the check went on until it was killed.
            (
                "a: &a [x, x]\n"
                + "".join(
                    f"{k}: &{k} [{', '.join([f'*{j}'] * 9)}]\n" for j, k in zip("abcdefgh", "bcdefghi", strict=True)
                ),
                "alias",
            ),
            # A list that holds itself, and brackets deeper than Python's stack, ended in tracebacks.
            ("risk: &a [*a]\n", "alias"),
            ("risk: " + "[" * 5000 + "]" * 5000, "deep"),
            # A title that a page showed the other way round.
            ('id: "ab\\u202Ecd"\n', "turns the text"),
        ],
    )
    def test_yaml_that_swells_or_never_ends(self, text, said, tmp_path):
        (tmp_path / "plan.yaml").write_text(text)
        with pytest.raises(PlanError, match=said):
            read_plan_file(tmp_path / "plan.yaml")

    def test_all_at_once_with_key_value_and_nearest_name(self):
        found = {
            p.column: p
            for p in problems(
                {
                    "outcomes": [{"measure": "english", "primary": True}, {"measure": "maths", "primary": True}],
                    "matching": {"formula": "programme ~ fsm", "calliper": 0.1, "method": "nearst"},
                    "disclosure": {"threshold": 3},
                    "seed": "many",
                }
            )
        }
        assert set(found) == {"outcomes", "matching.calliper", "matching.method", "disclosure.threshold", "seed"}
        assert "caliper" in found["matching.calliper"].remedy
        assert "nearest" in found["matching.method"].remedy
        assert found["seed"].value == "many"
        assert all(p.remedy for p in found.values())

    @pytest.mark.parametrize("primary", [0, 2])
    def test_exactly_one_primary(self, primary):
        outcomes = [{"measure": m, "primary": i < primary} for i, m in enumerate(("english", "maths"))]
        (problem,) = problems({"outcomes": outcomes})
        assert f"found {primary}" in problem.message

    def test_a_missing_key_says_what_it_means(self):
        (problem,) = problems({})
        assert problem.column == "outcomes"
        assert "primary" in problem.remedy

    def test_a_risk_rule_with_two_conditions(self):
        rule = {"area": "english", "column": "english_baseline", "below": 1, "at_least": 2}
        (problem,) = problems({**SMALL, "risk": [rule]})
        assert problem.column == "risk[0]"
        assert "exactly one" in problem.message


class TestFile:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("outcomes: [", "not valid YAML"),
            ("- a\n- b\n", "mapping"),
            ("seed: 1\nseed: 2\n", "twice"),
            ("", "required"),
        ],
    )
    def test_unreadable(self, tiny_cohort_folder, text, words):
        (tiny_cohort_folder / "plan.yaml").write_text(text)
        found = check_plan(load_cohort(tiny_cohort_folder))
        assert any(words in p.message for p in found)

    def test_yaml_cannot_run_code(self, tiny_cohort_folder):
        (tiny_cohort_folder / "plan.yaml").write_text("seed: !!python/object/apply:os.getcwd []\n")
        assert "not valid YAML" in check_plan(load_cohort(tiny_cohort_folder))[0].message

    def test_wrong_encoding(self, tiny_cohort_folder):
        (tiny_cohort_folder / "plan.yaml").write_bytes("registration: 'São'\n".encode("latin-1"))
        assert "UTF-8" in check_plan(load_cohort(tiny_cohort_folder))[0].message

    def test_no_plan(self, tiny_cohort_folder):
        cohort = load_cohort(tiny_cohort_folder)
        (tiny_cohort_folder / "plan.yaml").unlink()
        assert "no plan" in check_plan(cohort)[0].message

    def test_the_line_is_named(self, tiny_cohort_folder):
        edit(tiny_cohort_folder, "price_year: 2023", "price_yaer: 2023")
        (problem,) = check_plan(load_cohort(tiny_cohort_folder))
        lines = (tiny_cohort_folder / "plan.yaml").read_text().splitlines()
        assert "price_yaer" in lines[problem.row - 1]

    def test_a_byte_order_mark_is_no_error(self, tiny_cohort_folder):
        path = tiny_cohort_folder / "plan.yaml"
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
        assert load_plan(load_cohort(tiny_cohort_folder)).primary.measure == "english"


class TestColumns:
    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ("english_baseline + fsm", "english_basline + fsm", "does not have"),
            ("english_baseline + fsm", "english_endline + fsm", "after the programme began"),
            ("english_baseline + fsm", "left", "what came later"),
            ("english_baseline + fsm", "english_baseline + (fsm", "cannot be read"),
            ("programme ~ english", "fsm ~ english", "left side"),
            ("programme ~ english_baseline + fsm", "english_baseline + fsm", "cannot be read"),
            ("caliper: null", "caliper: null\n  exact: [schol_id]", "exact names"),
            ("covariates: [english_baseline]", "covariates: [english_midpoint]", "after the programme"),
            ("measure: english", "measure: englsh", "not known"),
        ],
    )
    def test_refused(self, tiny_cohort_folder, old, new, words):
        edit(tiny_cohort_folder, old, new)
        cohort = load_cohort(tiny_cohort_folder)
        with pytest.raises(PlanError, match=words):
            load_plan(cohort)
        assert any(words in p.message for p in check_plan(cohort))

    def test_an_outcome_that_has_not_arrived_is_a_warning(self, tiny_cohort_folder):
        edit(tiny_cohort_folder, "wave: endline", "wave: followup")
        plan = load_plan(load_cohort(tiny_cohort_folder))
        (warning,) = plan.warnings
        assert "no values" in warning.message
        assert not warning.fatal

    def test_matching_may_be_null(self, tiny_cohort_folder):
        text = yaml.safe_load((tiny_cohort_folder / "plan.yaml").read_text())
        text["matching"] = None
        (tiny_cohort_folder / "plan.yaml").write_text(yaml.safe_dump(text))
        assert load_plan(load_cohort(tiny_cohort_folder)).matching is None

    def test_a_benefit_of_no_outcome(self, tiny_cohort_folder):
        benefit = "{measure: maths, unit_value: gcse_grade_maths, units_per_point: 1, source: illustrative}"
        edit(tiny_cohort_folder, "{price_year: 2023}", f"{{price_year: 2023, benefits: [{benefit}]}}")
        assert "no outcome of the plan" in check_plan(load_cohort(tiny_cohort_folder))[0].message

    @pytest.mark.parametrize("name", shipped_cohorts())
    def test_shipped_plans_are_good_and_the_columns_checked_are_those_of_the_frame(self, name):
        cohort = load_cohort(name)
        assert check_plan(cohort) == []
        assert set(frame_columns(cohort)) == set(analysis_frame(cohort).data.columns)

    def test_functions_in_a_formula(self):
        assert formula_names("programme ~ bs(age, df=4) + C(sen):fsm")[1] >= {"age", "sen", "fsm"}


class TestOverrides:
    def test_nested_and_dotted_are_the_same(self):
        nested = make_plan(SMALL, {"value": {"price_year": 2020}, "outcomes": [SMALL["outcomes"][0]]})
        dotted = make_plan(SMALL, {"value.price_year": 2020})
        assert nested.departures == dotted.departures
        assert nested.plan_hash == dotted.plan_hash
        (departure,) = dotted.departures
        assert (departure.key, departure.planned, departure.used) == ("value.price_year", 2023, 2020)

    def test_an_override_that_changes_nothing_is_no_departure(self):
        assert make_plan(SMALL, {"seed": 2024}).departures == ()

    def test_an_element_of_a_list(self):
        plan = make_plan(SMALL, {"outcomes[0].wave": "followup"})
        assert plan.primary.wave == "followup"
        assert plan.departures[0].key == "outcomes[0].wave"

    def test_switching_matching_off_and_on(self):
        matched = {**SMALL, "matching": {"formula": "programme ~ fsm"}}
        assert make_plan(matched, {"matching": None}).matching is None
        on = make_plan(SMALL, {"matching.formula": "programme ~ fsm"})
        assert on.matching.caliper == 0.2
        assert [d.key for d in on.departures] == ["matching"]

    def test_mistakes_name_the_overrides(self):
        found = problems(SMALL, {"valu.price_year": 1, "outcomes[3].wave": "endline", "seed.x": 1})
        assert {p.table for p in found} == {"plan_overrides"}
        assert len(found) == 3

    def test_an_invalid_value(self):
        (problem,) = problems(SMALL, {"seed": -1})
        assert problem.table == "plan_overrides"

    def test_overrides_are_checked_against_the_cohort(self, tiny_cohort_folder):
        with pytest.raises(PlanError, match="does not have"):
            load_plan(load_cohort(tiny_cohort_folder), {"matching.formula": "programme ~ nothing_baseline"})


class TestHash:
    def test_order_comments_and_spelt_out_defaults_do_not_count(self, tiny_cohort_folder):
        cohort = load_cohort(tiny_cohort_folder)
        first = load_plan(cohort).plan_hash
        path = tiny_cohort_folder / "plan.yaml"
        raw = yaml.safe_load(path.read_text())
        path.write_text("# a comment\n" + yaml.safe_dump({**raw, "seed": 2024}, sort_keys=True))
        assert load_plan(cohort).plan_hash == first
        path.write_text(yaml.safe_dump({**raw, "seed": 2025}))
        assert load_plan(cohort).plan_hash != first


class TestLock:
    def test_locked_then_changed(self, tiny_cohort_folder):
        cohort = load_cohort(tiny_cohort_folder)
        assert load_plan(cohort).status.state == "unlocked"
        assert "not registered" in load_plan(cohort).status.sentence
        path = lock_plan(cohort, registered="osf.io/abcde", date=dt.date(2022, 8, 1))
        assert path.name == LOCK_FILE
        status = load_plan(cohort).status
        assert status.state == "locked"
        assert "2022-08-01" in status.sentence
        assert "registered at osf.io/abcde" in status.sentence
        edit(tiny_cohort_folder, "caliper: null", "caliper: 0.3")
        changed = load_plan(cohort).status
        assert changed.state == "changed since"
        assert changed.changed == ("matching.caliper",)

    def test_an_override_is_a_departure_not_a_change_of_the_lock(self, tiny_cohort_folder):
        cohort = load_cohort(tiny_cohort_folder)
        lock_plan(cohort)
        plan = load_plan(cohort, {"seed": 7})
        assert plan.status.state == "locked"
        assert len(plan.departures) == 1

    def test_baseline_data_that_change_are_seen_and_outcomes_are_not(self, tiny_cohort_folder):
        lock_plan(load_cohort(tiny_cohort_folder))
        path = tiny_cohort_folder / "measures.csv"
        lines = path.read_text().splitlines(keepends=True)
        late = next(i for i, line in enumerate(lines) if ",endline," in line)
        path.write_text("".join(lines[:late] + lines[late + 1 :]))
        assert load_plan(load_cohort(tiny_cohort_folder)).status.state == "locked"
        early = next(i for i, line in enumerate(lines) if ",baseline," in line)
        path.write_text("".join(lines[:early] + lines[early + 1 :]))
        assert load_plan(load_cohort(tiny_cohort_folder)).status.baseline_changed

    def test_a_broken_lock(self, tiny_cohort_folder):
        (tiny_cohort_folder / LOCK_FILE).write_text("date: 2022-01-01\n")
        with pytest.raises(PlanError, match="lock cannot be read"):
            load_plan(load_cohort(tiny_cohort_folder))

    def test_an_invalid_plan_is_not_locked(self, tiny_cohort_folder):
        edit(tiny_cohort_folder, "primary: true", "primary: false")
        with pytest.raises(PlanError):
            lock_plan(load_cohort(tiny_cohort_folder))
        assert not (tiny_cohort_folder / LOCK_FILE).exists()


def test_the_explained_plan_is_valid_and_holds_every_default():
    text = explain_plan()
    plan = make_plan(yaml.safe_load(text))
    assert plan.as_dict() == make_plan({"outcomes": [{"measure": "english", "primary": True}]}).as_dict()
    for key in ("caliper", "units_per_point", "threshold", "at_least", "high_attendance"):
        assert f"{key}:" in text


def test_every_key_of_the_plan_is_described():
    from wlz_eval.plan.model import PlanModel
    from wlz_eval.plan.problems import nested_model

    def walk(model):
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"
            inner = nested_model(field.annotation)[0]
            if inner:
                walk(inner)

    walk(PlanModel)


class TestMatchingOptions:
    def test_every_method_of_the_engine_may_be_planned(self):
        assert set(get_args(Method)) == set(METHODS)

    def test_an_option_that_the_method_does_not_know_is_refused_with_those_that_do(self):
        with pytest.raises(ValidationError, match="'cem' has no ratio"):
            MatchingOptions(formula="programme ~ fsm", method="cem", ratio=2)

    def test_the_default_caliper_is_not_pressed_on_a_method_without_one(self):
        assert "caliper" not in MatchingOptions(formula="programme ~ fsm", method="cem").engine_options()
