"""The attack that bounds hidden numbers, and what is withheld against it."""

import importlib
import math

import pandas as pd
import pytest
from toy_notebook import Toy

from wlz_eval.core.errors import GateRefusedError
from wlz_eval.core.finding import Finding
from wlz_eval.release import Children, Label, Ledger, Percent, Rule, Statistic
from wlz_eval.release.columns import release_table
from wlz_eval.release.rule import release_count
from wlz_eval.release.showing import enter_cells
from wlz_eval.release.suppression import Bound, Choice, attack, choose, suppress, system_of, withheld_cells
from wlz_eval.release.suppression.attack import Exposed
from wlz_eval.release.suppression.blank import blank_notebook
from wlz_eval.release.suppression.exported import exported_ledger, withheld_findings, withhold
from wlz_eval.release.suppression.facts import rounded_range
from wlz_eval.release.suppression.ranges import with_ranges

RULE = Rule()


def ledger(*tables, name="02_identification", rule=RULE):
    made = Ledger("toy", "public", name, rule)
    for caption, data, columns in tables:
        enter_cells(made, release_table(pd.DataFrame(data), columns, rule), caption, columns, "table")
    return made


def groups(*counts, total=None):
    labels = [f"group {i}" for i in range(len(counts))]
    data = {"label": labels, "n": list(counts)}
    if total is not None:
        data = {"label": [*labels, "All"], "n": [*counts, total]}
    return ("By group", data, {"label": Label("Group"), "n": Children("Children")})


def found(*ledgers, withheld=()):
    system = system_of(ledgers)
    return [b for b in attack(system, withheld) if b.found(system.threshold)]


@pytest.mark.parametrize("rule", [Rule(), Rule(7, 5), Rule(12, 5), Rule(10, 10), Rule(10, 1), Rule(5, 3)])
def test_a_rounded_count_says_just_those_counts_that_round_alike(rule):
    texts = {m: release_count(m, rule).text for m in range(0, 90)}
    for n in range(0, 60):
        low, high = rounded_range(n, rule)
        assert [m for m in texts if texts[m] == texts[n]] == list(range(low, high + 1))


def test_a_margin_gives_the_hidden_count_away_and_one_more_is_withheld():
    page = ledger(groups(100, 13, 4, total=117))
    (bound,) = found(page)
    # 113 to 117 less 98 to 102 less 13 to 17.
    assert (bound.low, bound.high) == (0, 6)
    choice = suppress([page])
    assert choice.left == ()
    assert choice.cells
    assert found(*withhold([page], choice.cells, "hidden")) == []


def test_bounds_are_those_of_every_world_that_fits():
    page = ledger(groups(21, 13, 7, total=41))
    (bound,) = attack(system_of([page]))
    worlds = [x for x in range(43) for a in range(18, 23) for b in range(13, 18) if 38 <= x + a + b <= 42]
    assert (bound.low, bound.high) == (min(worlds), max(worlds))


def test_a_total_on_another_page_counts():
    page = ledger(groups(20, 14, 1))
    total = ledger(groups(35, 80), name="03_progress")
    assert found(page) == []
    assert found(page, total)
    choice = suppress([page, total])
    assert choice.left == ()
    assert not found(*withhold([page, total], choice.cells, "hidden"))


def test_one_more_number_is_withheld_where_one_protects():
    page = ledger(groups(43, 33, 4, total=80))
    assert len(suppress([page]).cells) == 1
    assert choose(system_of([page]), rounds=0).left == ()


def test_a_zero_is_hidden_though_chance_sums_prove_it():
    """84 children, 84 with a reading and none without: that 84 is 84 must not prove the none, nor free the others."""
    columns = {"wave": Label("Time"), "known": Children("With a reading"), "none": Children("Without"),
               "n": Children("Children")}
    data = {"wave": ["start", "middle"], "known": [84, 82], "none": [0, 2], "n": [84, 84]}
    page = ledger(("Completeness", data, columns))
    groups_page = ledger(groups(61, 23, total=84), name="03_progress")
    choice = suppress([page, groups_page])
    assert choice.left == ()
    published = {cell.definition["column"]: cell.text for cell in withhold([page], choice.cells, "hidden")[0].cells
                 if cell.definition["row"] == "middle"}
    assert published["Without"] == "hidden"
    assert "hidden" in (published["With a reading"], published["Children"])


def test_where_much_is_found_all_around_it_is_withheld(monkeypatch):
    module = importlib.import_module("wlz_eval.release.suppression.choose")
    monkeypatch.setattr(module, "PATIENCE", 0)
    monkeypatch.setattr(module.Attacker, "exposed", _doubting(module.Attacker.exposed))
    page = ledger(groups(43, 33, 4, total=80), groups(21, 13, 7, total=41))
    choice = choose(system_of([page]), rounds=0)
    assert choice.left == ()
    assert {"t1.0.1", "t1.1.1", "t1.3.1"} <= {key for _, key in choice.cells}


def _doubting(exposed):
    """An attacker who counts every number as found while anything beside it is shown."""
    def doubts(self, withheld, thorough=True):
        system = self.system
        facts = {q: system.around([q], 1) for q in system.sensitive} if thorough else {}
        found = [Exposed(Bound(q, 2, 2, system.cells_of[q]), near - set(withheld)) for q, near in facts.items()]
        return [e for e in found if e.facts] or exposed(self, withheld, thorough)
    return doubts


def test_percentages_with_their_number_of_children_are_counts():
    columns = {"label": Label("Answer"), "share": Percent("Share", n="n"), "n": Children("Children")}
    data = {"label": ["yes", "no", "unsure"], "share": [60.0, 37.0, 3.0], "n": [100] * 3}
    page = ledger(("Answers", data, columns))
    (bound,) = found(page)
    worlds = [
        n - a - b for n in range(98, 103) for a in range(n) for b in range(n)
        if 59.5 <= 100 * a / n <= 60.5 and 36.5 <= 100 * b / n <= 37.5
    ]
    assert set(worlds) == {3}
    # Found is all that matters: bounds are passed on no further than that.
    assert bound.low <= 3 <= bound.high < 9
    assert bound.found(10)
    assert suppress([page]).left == ()


def test_a_percentage_tells_a_total_of_a_table():
    # 42% of 300 "were not picked by the rules": 124.5 to 127.5, less the 123 to 127 whom teachers put forward all the
    # same. An attacker found the rest, 0 to 4, on the page of a shipped cohort.
    said = {"rules": ["yes", "yes", "no", "no"], "teachers": ["yes", "no", "yes", "no"], "n": [142, 32, 126, 0]}
    columns = {"rules": Label("Rules"), "teachers": Label("Teachers"), "n": Children("On the programme")}
    share = ("Beyond the rules", {"label": ["not picked"], "base": [300], "share": [42.0]},
             {"label": Label("Whom"), "base": Children("Started"), "share": Percent("Share", n="base")})
    table = ("By what rules and teachers said", said, columns)
    assert not found(ledger(table))
    (bound,) = found(ledger(share, table))
    assert bound.high < RULE.threshold - 1
    assert not found(ledger(table), ledger(share, name="05_engagement"))
    assert suppress([ledger(share, table)]).left == ()
    # The same by shares of those whom rules and teachers picked: 57% of 223 are 127, so that nobody is left.
    pupils = [142, 160, 223, 1035]
    of = {**said, "pupils": pupils, "n": [100 * n / all_ for n, all_ in zip(said["n"], pupils, strict=True)]}
    shares = ("By what rules and teachers said", of,
              {**columns, "pupils": Children("Pupils"), "n": Percent("On the programme", n="pupils")})
    assert any(bound.high < RULE.threshold - 1 for bound in found(ledger(share, shares)))
    assert suppress([ledger(share, shares)]).left == ()


def test_steps_of_a_flow_give_away_what_was_lost_between():
    columns = {"label": Label("Step", dimension="step"), "n": Children("Children")}
    data = {"label": ["offered", "refused", "in the tables", "started"], "n": [60, 2, 58, 45]}
    assert found(ledger(("Flow", data, columns)))


def test_columns_that_add_up_are_seen():
    columns = {"label": Label("Measure"), "known": Children("Known"), "none": Children("Without"), "n": Children("All")}
    data = {"label": ["English", "maths"], "known": [58, 40], "none": [2, 20], "n": [60, 60]}
    page = ledger(("Completeness", data, columns))
    assert [b.cells for b in found(page)] == [(("02_identification", "t1.0.2"),)]
    choice = suppress([page])
    assert choice.left == ()
    assert ("02_identification", "t1.0.1") in choice.cells


def test_the_same_group_is_withheld_wherever_it_stands():
    table = ledger(groups(43, 33, 4, total=80))
    again = ledger(groups(43, 33, 4), name="03_progress")
    choice = suppress([table, again])
    assert choice.left == ()
    assert len({page for page, _ in choice.cells}) == 2 or choice.cells == {("02_identification", "t1.3.1")}


def test_what_is_withheld_does_not_depend_on_the_run():
    pages = [ledger(groups(20, 14, 1, total=35)), ledger(groups(35, 80), name="03_progress")]
    assert suppress(pages) == suppress(pages)


def test_internal_numbers_and_words_are_no_facts():
    assert suppress([]).cells == frozenset()
    assert attack(system_of([ledger(("Words", {"label": ["a"]}, {"label": Label("Group")}))])) == []


def test_findings_count_as_published(monkeypatch, tmp_path):
    def finding(key, n):
        return Finding(finding_id=f"data.risks.{key}", quantity="count", estimate=n, unit="children", subgroup=key,
                       claim="description")

    cohort = Toy(monkeypatch, tmp_path).cohort
    table = exported_ledger([finding("none", 53), finding("one", 33), finding("two", 4)], cohort, RULE)
    page = ledger(groups(85, 90))
    assert found(page, table)
    choice = suppress([page, table])
    assert choice.left == ()
    assert withheld_findings(choice.cells).keys() <= {"data.risks.none", "data.risks.one"}


def test_findings_on_one_comparison_rest_on_the_same_children(monkeypatch, tmp_path):
    """A summary hid the comparison children of a difference, and printed them beside its size in the next row."""
    def finding(quantity, n):
        return Finding(finding_id=f"attribution.{quantity}.english.endline", quantity=quantity, estimate=1.0,
                       unit="points", claim="description", outcome="english", wave="endline", n_comparison=n)

    made = [finding("att", 289), finding("hedges_g", 289), finding("in_hundred", 289), finding("naive", 2600)]
    system = system_of([exported_ledger(made, Toy(monkeypatch, tmp_path).cohort, RULE)])
    assert sorted(len(fact.cells) for fact in system.facts if fact.is_count) == [1, 3]


def test_numbers_that_were_withheld_say_nothing_of_their_size():
    page = ledger(groups(43, 33, 4, total=80))
    choice = suppress([page])
    (published,) = withhold([page], choice.cells, "hidden")
    assert {cell.text for cell in published.cells if cell.hidden} == {"hidden"}
    system = system_of([published])
    low, _ = system.given(())
    assert all(low[q] == 0 for q in system.sensitive)


def test_a_mean_says_that_those_behind_it_are_no_fewer_than_the_threshold():
    columns = {"label": Label("Group"), "mean": Statistic("Mean", unit="points", n="n"), "n": Children("Children")}
    page = ledger(("Means", {"label": ["a", "b"], "mean": [1.0, 2.0], "n": [30, 4]}, columns))
    system = system_of([page])
    count = next(i for i, fact in enumerate(system.facts) if fact.is_count)
    (q,) = system.facts[count].quantities
    assert system.given([count])[0][q] == RULE.threshold


def test_blanking_takes_the_number_out_of_every_output():
    html = '<p class="wlz-say">It was <data data-finding="a.b" data-cell="s1.0" value="45">45</data> of all.</p>'
    said = {"output_type": "display_data", "metadata": {"wlz_eval": {"released": True}},
            "data": {"text/html": html, "text/plain": "It was 45 of all."}}
    notebook = {"cells": [{"cell_type": "code", "source": "", "outputs": [said]}]}
    assert blank_notebook(notebook, set()) is notebook
    blanked = blank_notebook(notebook, {"s1.0"})
    assert "45" not in str(blanked)
    assert "is not shown here" in str(blanked)
    assert "45" in str(notebook)


def test_a_bound_is_found_when_it_narrows_one_to_below_the_threshold():
    cases = {(0, 9): False, (1, 9): False, (1, math.inf): False, (2, 40): True, (0, 8): True, (0, 0): True}
    assert {ends: Bound(0, *ends, ()).found(10) for ends in cases} == cases


def test_publishing_refuses_what_nothing_protects(monkeypatch):
    page = ledger(groups(100, 13, 4, total=117))
    bound = Bound(0, 0, 6, (("02_identification", "t1.2.1"),))
    unprotected = Choice(frozenset(), frozenset(), (bound,))
    monkeypatch.setattr("wlz_eval.release.suppression.suppress", lambda ledgers: unprotected)
    with pytest.raises(GateRefusedError, match=r"By group \| group 2 \| Children \(cell t1.2.1\). Leave its row out"):
        withheld_cells([page])
    monkeypatch.undo()
    assert withheld_cells([page]) == suppress([page]).cells


def test_a_figure_all_of_whose_findings_are_withheld_says_so_to_those_who_cannot_see_it():
    """A contract's figure kept "Dots of children beside their targets." and no word on what it showed."""
    said = 'Dots beside targets. Achieved: from <data data-cell="f1.0.1" value="45">45</data> to 50.'
    figure = {
        "block": "f1", "draw": "wlz_eval.value.contract:draw_targets", "alt": said,
        "columns": [["label"], ["achieved"], ["low"], ["base"], ["high"]],
        "numbers": ["achieved", "low", "base", "high"],
        "data": {"label": ["a"], "achieved": [45], "low": [30.0], "base": [40.0], "high": [50.0]},
    }
    output = {"output_type": "display_data", "data": {"image/png": ""},
              "metadata": {"wlz_eval": {"released": True, "figure": figure}}}
    blanked = blank_notebook({"cells": [{"cell_type": "code", "source": "", "outputs": [output]}]}, {"f1.0.1"})
    (drawn,) = blanked["cells"][0]["outputs"]
    assert drawn["metadata"]["image/png"]["alt"] == "Dots beside targets. Its numbers are hidden."


def test_a_range_below_a_figure_goes_with_a_number_that_it_bounds():
    """A table hid who was known, and "rests on 295 to 300 children" above it left eight or nine unknown out."""
    page = ledger()
    shares = {"row": ["maths", "english", "home"], "share": [0.5, 0.5, 0.6], "n": [297, 299, 300]}
    columns = {"row": Label("Area"), "share": Percent("At risk", n="n")}
    enter_cells(page, release_table(pd.DataFrame(shares), columns, RULE), "By area", columns, "figure")
    for key, row, n in (("f1.n.programme.0", "maths", 297), ("f1.n.programme.1", "home", 300)):
        page.add(key, release_count(n, RULE), where="caption", of="By area", definition={"row": row})
    counted = {"row": Label("Area"), "n": Children("Known")}
    enter_cells(page, release_table(pd.DataFrame(shares), counted, RULE), "Known, by area", counted, "table")
    keys = {cell.definition["row"]: cell.key for cell in page.cells if cell.where == "table"}
    assert {key.partition(".")[0] for key in (c.key for c in page.cells if c.where == "figure")} == {"f1"}

    within = {(page.notebook, keys["english"])}
    assert with_ranges([page], within) - within == {(page.notebook, f"f1.n.programme.{i}") for i in (0, 1)}
    assert with_ranges([page], ()) == frozenset()
    elsewhere = {(page.notebook, "f1.1.1")}
    assert with_ranges([page], elsewhere) == elsewhere
