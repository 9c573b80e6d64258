"""What West London Zone has published, computed again: counts pinned, rules sound, expressions never run as code."""

from collections import Counter
from fractions import Fraction

import pytest

from wlz_eval.core.errors import OptionError
from wlz_eval.pilot.contradictions import carry_out, evidence
from wlz_eval.pilot.expression import Figures, evaluate, figures_in, parse
from wlz_eval.pilot.page import published_contradictions, published_figures
from wlz_eval.pilot.rounding import MODES, fitting_counts, modes_that_give, round_to
from wlz_eval.pilot.tables import RuleRow, checks, contradictions, figures, known_values, rules, sources
from wlz_eval.pilot.verdicts import judge, judged_figures

KNOWN = Figures({"PIL-001": Fraction(14), "PIL-002": (Fraction(42), Fraction(56))}, {"PIL-001": Fraction(30)})


def value(text):
    return evaluate(parse(text), KNOWN)


class TestTheCounts:
    def test_every_figure_is_accounted_for(self):
        assert published_figures().counts() == {
            "reproduced": 46, "rounding differs": 8, "cannot be reproduced": 140, "contradicts": 31,
        }
        assert published_figures().table().to_numpy().sum() == len(figures()) == 225

    def test_why_the_others_cannot_be(self):
        assert published_figures().reasons() == {
            "single": 59, "restated": 9, "no_inputs": 18, "no_count": 5, "definition": 38, "date": 8,
            "not_available": 2, "elsewhere": 1,
        }

    def test_another_rounding_is_always_cutting_off(self):
        only = {j.id: j.modes for j in judged_figures().values() if j.verdict == "rounding differs"}
        assert set(only) == {
            "PIL-023", "PIL-062", "PIL-066", "PIL-084", "PIL-085", "PIL-086", "PIL-094", "EHN-002",
        }
        assert set(only.values()) == {("truncation",)}

    def test_what_contradicts_names_what(self):
        against = Counter(j.against for j in judged_figures().values() if j.verdict == "contradicts")
        assert against == {
            "C01": 1, "C02": 1, "C03": 2, "C06": 4, "C08": 1, "C09": 2, "C10": 1, "C11": 1, "C20": 1, "C21": 2,
            "C22": 1, "C24": 3, "C25": 3, "C26": 1, "C27": 2, "C30": 2, "C31": 1, "C35": 1, "C36": 1,
        }

    def test_the_contradictions(self):
        rows = published_contradictions().rows
        assert len(rows) == 42
        assert Counter(rows["kind"]) == {
            "contradiction": 19, "arithmetic": 4, "ambiguity": 5, "method gap": 4, "derived tension": 3, "tension": 4,
            "missing data": 2, "independence": 1,
        }
        assert int((rows["computed"] != "").sum()) == 30
        assert rows["quote_a"].str.len().min() > 10
        assert rows["quote_b"].str.len().min() > 10


class TestTheRules:
    def test_no_figure_is_computed_from_itself(self):
        for rule in rules().values():
            if rule.expression:
                named = figures_in(parse(rule.expression))
                own = [figure for figure in named if figure == rule.id]
                assert not own or f"of({rule.id})" in rule.expression, rule.id

    def test_every_named_contradiction_and_figure_exists(self):
        assert {r.contradiction for r in rules().values()} - {""} <= set(contradictions())
        assert {check.contradiction for check in checks()} <= set(contradictions())
        for row in contradictions().values():
            assert set(row.figures.split()) <= set(figures())
            assert {row.source_a, row.source_b} <= set(sources())
        assert {row.source for row in figures().values()} <= set(sources())

    def test_a_figure_that_contradicts_is_listed_with_its_contradiction(self):
        for j in judged_figures().values():
            if j.verdict == "contradicts":
                assert j.id in contradictions()[j.against].figures.split()

    def test_every_check_holds_and_would_fail_were_a_number_other(self):
        assert all(carry_out(check) for check in checks())
        known = known_values()
        for figure, other in (("PIL-034", 111), ("WIG-010", 43000), ("PIL-087", 50), ("EHN-003", 13000)):
            changed = Figures({**known.values, figure: Fraction(other)}, known.wholes)
            assert not all(carry_out(check, changed) for check in checks()), figure

    @pytest.mark.parametrize(("figure", "other", "verdict"), [
        ("PIL-062", "47", "reproduced"), ("PIL-062", "48", "contradicts"), ("PIL-034", "111", "reproduced"),
        ("PIL-087", "50", "cannot be reproduced"), ("PIL-005", "12000", "cannot be reproduced"),
        ("PIL-029", "600", "contradicts"), ("WIG-010", "43000", "reproduced"),
    ])  # fmt: skip
    def test_another_printed_value_gets_another_verdict(self, figure, other, verdict):
        known = known_values()
        changed = Figures({**known.values, figure: Fraction(other)}, known.wholes)
        assert judge(figures()[figure], rules()[figure], changed).verdict == verdict

    def test_a_whole_counts_only_where_the_sentence_states_it(self):
        wholes = known_values().wholes
        assert {wholes[f"PIL-{i:03d}"] for i in (61, 63, 65)} == {30, 33, 49}
        assert "PIL-084" not in wholes
        assert "PIL-009" not in wholes

    def test_a_rule_that_names_what_does_not_exist_is_refused(self):
        row = figures()["PIL-001"]
        for rule in (
            RuleRow(id="PIL-001", test="none", reason="singel"),
            RuleRow(id="PIL-001", test="none", contradiction="C99"),
            RuleRow(id="PIL-001", test="recompute", expression="sum(PIL-001, PIL-999)"),
            RuleRow(id="PIL-001", test="recompute", expression="of(PIL-084)"),
            RuleRow(id="PIL-001", test="quoted", contradiction="C05"),
        ):
            with pytest.raises(OptionError, match="PIL-001"):
                judge(row, rule, known_values())

    def test_an_unknown_contradiction_is_refused(self):
        with pytest.raises(OptionError, match="C99"):
            evidence("C99")


class TestTheLanguage:
    @pytest.mark.parametrize(("text", "expected"), [
        ("sum(PIL-001, 1, 2)", 17), ("difference(PIL-001, 4, 5)", 5), ("product(2, PIL-001)", 28),
        ("ratio(1, 3)", Fraction(1, 3)),
        ("percent(PIL-001, of(PIL-001))", Fraction(140, 3)), ("share(50, PIL-001)", 7), ("count(PIL-001, PIL-002)", 2),
        ("low(PIL-002)", 42), ("high(PIL-002)", 56), ("span(1, 2.5)", (1, Fraction(5, 2))), ("0.1", Fraction(1, 10)),
    ])  # fmt: skip
    def test_what_each_function_does(self, text, expected):
        assert value(text) == expected

    @pytest.mark.parametrize("text", [
        "__import__('os')", "PIL-001 + 1", "sum(PIL-001", "sum(1, 2) 3", "sum()", "sum", "open(1)", "1; 2", "(1)", "",
        "sum(1,)", "ratio(1, 0)", "ratio(1, 2, 3)", "low(PIL-001)", "sum(PIL-002, 1)", "of(3)", "of(PIL-002)",
        "PIL-009",
    ])  # fmt: skip
    def test_anything_else_is_refused_by_name(self, text):
        with pytest.raises(OptionError):
            value(text)


class TestRounding:
    @pytest.mark.parametrize(("number", "expected"), [
        (Fraction(5, 2), (3, 2, 2)), (Fraction(7, 2), (4, 4, 3)), (Fraction(-5, 2), (-3, -2, -2)),
        (Fraction(49, 20), (2, 2, 2)), (Fraction(29, 10), (3, 3, 2)), (Fraction(3), (3, 3, 3)),
    ])  # fmt: skip
    def test_three_ways(self, number, expected):
        assert tuple(round_to(number, Fraction(1), mode) for mode in MODES) == expected

    def test_exactly_so_where_floating_point_would_err(self):
        assert round_to(Fraction("2.675"), Fraction("0.01"), "half_up") == Fraction("2.68")
        assert round_to(Fraction(43287), Fraction(1000), "half_up") == 43000

    def test_both_ends_of_a_range_must_come_out(self):
        printed = (Fraction(3), Fraction(12))
        assert modes_that_give((Fraction(7, 2), Fraction(12)), printed, Fraction(1)) == ("truncation",)
        assert modes_that_give(Fraction(3), printed, Fraction(1)) == ()

    @pytest.mark.parametrize("mode", MODES)
    def test_grim_is_what_trying_every_count_finds(self, mode):
        for whole in (1, 7, 33, 34):
            for printed in range(101):
                slow = [k for k in range(whole + 1) if round_to(Fraction(100 * k, whole), Fraction(1), mode) == printed]
                assert [k for k, _ in fitting_counts(Fraction(printed), [whole])[mode]] == slow

    def test_the_profile_table_of_the_pilot(self):
        found = {p: fitting_counts(Fraction(p), [33, 34]) for p in (67, 51, 45, 27)}
        assert {p: f["half_up"] for p, f in found.items()} == {
            67: ((22, 33),), 51: (), 45: ((15, 33),), 27: ((9, 33),),
        }
        assert {p: f["truncation"] for p, f in found.items()} == {
            67: ((23, 34),), 51: ((17, 33),), 45: ((15, 33),), 27: ((9, 33),),
        }

    def test_improvement_in_english_and_maths_shares_a_denominator_only_if_cut_off(self):
        shared = {}
        for mode in MODES:
            wholes = [{n for _, n in fitting_counts(Fraction(p), range(20, 35))[mode]} for p in (87, 31)]
            shared[mode] = wholes[0] & wholes[1]
        assert shared == {"half_up": set(), "half_even": set(), "truncation": {32}}

    def test_a_mean_of_counts(self):
        assert fitting_counts(Fraction("12.5"), [2], Fraction("0.1"), scale=1)["half_up"] == ((25, 2),)
        assert fitting_counts(Fraction("12.4"), [2], Fraction("0.1"), scale=1)["half_up"] == ()
