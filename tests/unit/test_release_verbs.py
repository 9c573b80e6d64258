"""The three verbs and what they refuse."""

import json

import pandas as pd
import pytest
from toy_notebook import ATT, COLUMNS, COUNT, TABLE, Toy, draw

from wlz_eval.core.errors import OptionError, ReleaseError
from wlz_eval.core.figures import new_figure
from wlz_eval.core.finding import Finding, FindingCovariance
from wlz_eval.release import Children, Interval, Label, Ledger, Number, Percent, Statistic


@pytest.fixture
def toy(monkeypatch, tmp_path):
    made = Toy(monkeypatch, tmp_path)
    made.outputs.clear()
    return made


def shown(toy, kind="text/html"):
    return "\n".join(o["data"].get(kind, "") for o in toy.outputs)


def test_a_sentence_shows_released_numbers_in_data_elements(toy):
    toy.nb.say("It was {att} (95% interval {att:interval}) among {n}, {att:magnitude}; {att:n_comparison}.",
               att=ATT, n=COUNT)
    html = shown(toy)
    assert '<data data-finding="attribution.att.english.endline" data-cell="s1.0" value="3.1">3.1 points</data>' in html
    assert "0.4 to 5.8 points" in html
    assert "230 children" in html
    assert "228" not in html
    assert shown(toy, "text/plain") == (
        "It was 3.1 points (95% interval 0.4 to 5.8 points) among 230 children, 3.1 points; 230."
    )


@pytest.mark.parametrize("value", [3, 3.2, True, ["x"], {"a": 1}])
def test_raw_values_are_refused_by_name(toy, value):
    with pytest.raises(ReleaseError, match="'att'"):
        toy.nb.say("It was {att}.", att=value)


@pytest.mark.parametrize("words", ["It rose by 3 points.", "228 children", "1 in 4 did", "£9,000 a child", "7.5%"])
def test_numbers_typed_by_hand_are_refused(toy, words):
    with pytest.raises(ReleaseError, match="typed by hand"):
        toy.nb.say(words)
    with pytest.raises(ReleaseError, match="value 'word'"):
        toy.nb.say("It was {word}.", word=words)


@pytest.mark.parametrize("words", ["the 95% interval", "in 2023/24", "Key Stage 2", "grade 3", "1:1 matching",
                                   "see 04_attribution", "Year 6"])
def test_digits_that_are_words_are_allowed(toy, words):
    toy.nb.say(f"Look at {words}.")
    assert words in shown(toy)


def test_a_missing_placeholder_and_an_unknown_spec_are_named(toy):
    with pytest.raises(ReleaseError, match="'att'"):
        toy.nb.say("It was {att}.")
    with pytest.raises(ReleaseError, match="wrong"):
        toy.nb.say("It was {att:wrong}.", att=ATT)


def test_a_number_that_was_not_estimated_gives_the_other_sentence(toy):
    toy.nb.say("It was {att}.", att=None, otherwise="It could not be estimated.")
    assert shown(toy, "text/plain") == "It could not be estimated."


def test_words_around_a_hidden_number_go_with_it(toy):
    small = Finding(finding_id="attribution.x", quantity="att", estimate=-4, unit="points", claim="description",
                    n_programme=9)
    toy.nb.say("Results were {x:magnitude} lower, which is worse.", x=small)
    assert "lower" not in shown(toy)
    assert "fewer than 10" in shown(toy)


HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "=HYPERLINK('x')", "\u202egnirts",
           "' onmouseover='x", "&lt;b&gt;", "😀" * 50, "x" * 10_000]


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_words_end_as_text(toy, value):
    word = "".join(c for c in value if not c.isdigit())
    toy.nb.say("Partner {name} came.", name=word)
    columns = {"a": Label(value), "n": Children("N")}
    toy.nb.show_table(pd.DataFrame({"a": [value], "n": [50]}), value, columns, note=value)
    html = shown(toy)
    for tag in ("<script", "<img", "<b>"):
        assert tag not in html
    assert "' onmouseover" not in html


def test_a_table_has_a_caption_scopes_and_only_named_columns(toy):
    toy.nb.show_table(TABLE, "By group", COLUMNS, note="A note.")
    html = shown(toy)
    assert html.count("<caption>By group</caption>") == 1
    assert html.count('scope="col"') == 4
    assert html.count('scope="row"') == 3
    assert "KID0001" not in html
    assert ">hidden<" in html
    assert "Numbers of children are rounded to the nearest 5. Hidden: rests on fewer" in html
    assert "  hidden" in shown(toy, "text/plain")


def test_a_count_that_would_give_a_small_one_away_is_hidden_with_it(toy, monkeypatch, tmp_path):
    """Of 40 children at risk 33 stayed so: shown beside the total, they would say that 7 came out, give or take."""
    data = pd.DataFrame({"m": ["a", "b"], "out": [7, 15], "stayed": [33, 30], "whole": [40, 45], "share": [60.0, 60.0]})
    columns = {
        "m": Label("M"), "out": Children("Out", beside="stayed"), "stayed": Children("Stayed", beside="out"),
        "whole": Children("All"), "share": Percent("Share", n="whole", beside=("out", "stayed")),
    }
    toy.nb.show_table(data, "T", columns)
    text = shown(toy, "text/plain")
    assert text.count("hidden") == 3
    assert "35" not in text
    assert all(number in text for number in ("15", "30", "45", "60"))
    inside = Toy(monkeypatch, tmp_path / "i", audience="internal")
    inside.nb.show_table(data, "T", columns)
    assert "33" in shown(inside, "text/plain")
    with pytest.raises(ReleaseError, match="'gone'"):
        toy.nb.show_table(data, "T", {"out": Children("Out", beside="gone")})


def test_each_row_may_have_its_own_unit(toy):
    data = pd.DataFrame({"o": ["a", "b"], "v": [1.0, 0.25], "lo": [0.0, 0.1], "hi": [2.0, 0.4], "u": ["points", "sd"],
                         "n": [50, 50]})
    toy.nb.show_table(data, "T", {"o": Label("O"), "v": Statistic("V", unit="u", n="n"),
                                  "i": Interval("I", low="lo", high="hi", unit="u", n="n")})
    assert "1.0 points" in shown(toy)
    assert "0.25 standard deviations" in shown(toy)
    assert "0.10 to 0.40" in shown(toy)


@pytest.mark.parametrize(
    ("columns", "message"),
    [({}, "without columns"), ({"gone": Label("X")}, "'gone'"), ({"n": "Children"}, "str"),
     ({"mean": Label("Mean")}, "Statistic"), ({"mean": Statistic("M", unit="points", n="gone")}, "'gone'")],
)
def test_tables_that_cannot_be_judged_are_refused(toy, columns, message):
    with pytest.raises(ReleaseError, match=message):
        toy.nb.show_table(TABLE, "T", columns)


def test_nothing_by_school_in_public(toy, monkeypatch, tmp_path):
    columns = {"group": Label("School", dimension="school"), "n": Children("N")}
    toy.nb.show_table(TABLE, "By school", columns)
    toy.nb.show_figure(draw, TABLE, columns, "By school", "By school")
    assert "230" not in shown(toy)
    assert shown(toy).count("not shown in public") == 2
    inside = Toy(monkeypatch, tmp_path / "i", audience="internal")
    inside.nb.show_table(TABLE, "By school", columns)
    assert "228" in shown(inside)


def test_a_figure_is_drawn_from_released_numbers_only(toy):
    seen = []

    def spy(data):
        seen.append(data.copy())
        return draw(data)

    toy.nb.show_figure(spy, TABLE, COLUMNS, "Caption {n}.", "Bars, {n}.", n=COUNT)
    (data,) = seen
    assert list(data.columns) == ["group", "n", "share", "mean"]
    assert data["n"].tolist()[1:] == [10, 230]
    assert data.loc[0, ["n", "share", "mean"]].isna().all()
    assert data["share"].isna().tolist() == [True, True, False]
    picture = toy.outputs[0]
    assert picture["metadata"]["image/png"]["alt"] == "Bars, 230 children."
    assert "Caption" in toy.outputs[1]["data"]["text/html"]


def test_figures_are_the_same_bytes_every_time(toy):
    toy.nb.show_figure(draw, TABLE, COLUMNS, "C", "Alt.")
    toy.nb.show_figure(draw, TABLE, COLUMNS, "C", "Alt.")
    assert toy.outputs[0]["data"]["image/png"] == toy.outputs[2]["data"]["image/png"]


def test_figures_need_an_alternative_text_and_a_figure(toy):
    with pytest.raises(ReleaseError, match="alternative text"):
        toy.nb.show_figure(draw, TABLE, COLUMNS, "C", " ")
    with pytest.raises(ReleaseError, match="not a matplotlib Figure"):
        toy.nb.show_figure(lambda data: new_figure()[1], TABLE, COLUMNS, "C", "Alt.")


def test_a_figure_with_nothing_to_show_is_one_sentence(toy):
    toy.nb.show_figure(draw, TABLE.iloc[:1], COLUMNS, "C", "Alt.")
    toy.nb.show_table(TABLE.iloc[:0], "Empty", COLUMNS)
    assert "image/png" not in toy.outputs[0]["data"]
    assert "nothing to show" in shown(toy)


def test_the_ledger_holds_every_number_shown_and_no_words(toy):
    toy.typical()
    ledger = Ledger.load(toy.workspace.ledger_file("toy", "public", "04_attribution"))
    assert {cell.where for cell in ledger.cells} == {"sentence", "table", "figure", "alt", "caption"}
    assert len({cell.key for cell in ledger.cells}) == len(ledger.cells)
    small = [c for c in ledger.cells if c.where == "table" and c.of == "By group" and c.definition["row"] == "a"]
    assert [c.hidden for c in small] == [True, True, True]
    assert small[0].ns == (9,)
    assert all(cell.kind != "label" for cell in ledger.cells)
    again = json.dumps(json.loads(ledger.to_json()), ensure_ascii=False, indent=1, sort_keys=True)
    assert ledger.to_json() == again + "\n"


def test_findings_must_belong_to_the_notebook_and_say_how_many_children(toy):
    with pytest.raises(ReleaseError, match="begin with 'attribution'"):
        toy.nb.record(Finding(finding_id="value.x", quantity="x", estimate=1, unit="ratio", claim="projection"))
    with pytest.raises(ReleaseError, match="n_programme"):
        toy.nb.record(Finding(finding_id="attribution.x", quantity="x", estimate=1, unit="points", claim="effect"))
    with pytest.raises(ReleaseError, match="twice"):
        toy.nb.record(COUNT, COUNT)
    with pytest.raises(ReleaseError, match=r"nb\.record was given"):
        toy.nb.record(3.2)


def test_record_takes_findings_lists_and_results(toy):
    class Result:
        def findings(self):
            return [COUNT]

        def covariances(self):
            return [FindingCovariance(finding_a=COUNT.finding_id, finding_b=COUNT.finding_id, covariance=0.5)]

    found = toy.nb.record([ATT], Result())
    assert {f.finding_id for f in found} == {ATT.finding_id, COUNT.finding_id}
    assert found.covariances()[0].covariance == 0.5
    assert found.stamp(ATT.finding_id).cell == 3
    again = toy.nb.record(ATT)
    assert len(toy.nb.recorded) == 2
    assert len(again) == 1


def test_need_names_the_missing_notebooks_in_one_sentence(toy):
    found = toy.nb.need("01_data_quality", "03_progress")
    assert len(found) == 0
    assert len(toy.outputs) == 1
    assert "01_data_quality and 03_progress" in shown(toy)
    with pytest.raises(OptionError, match="01_data_quality"):
        toy.nb.need("01_data")


def test_need_leaves_out_what_came_from_other_data_or_another_plan(monkeypatch, tmp_path):
    first = Toy(monkeypatch, tmp_path)
    first.nb.record(ATT)
    later = Toy(monkeypatch, tmp_path, name="07_value")
    later.outputs.clear()
    assert later.nb.need("04_attribution")[ATT.finding_id].estimate == ATT.estimate
    assert later.outputs == []
    changed = Toy(monkeypatch, tmp_path, name="07_value", overrides={"seed": 7})
    changed.outputs.clear()
    assert len(changed.nb.need("04_attribution")) == 0
    assert "04_attribution" in shown(changed)


def test_the_head_shows_marks_plan_and_departures(monkeypatch, tmp_path):
    made = Toy(monkeypatch, tmp_path, overrides={"seed": 7})
    head = made.cells[1]["outputs"][0]
    html = head["data"]["text/html"]
    assert "Not yet released" in html
    assert "SIMULATED DATA" in html
    assert "seed" in html
    assert "Toy &lt;b&gt;" in html
    assert head["metadata"]["wlz_eval"]["head"]["departures"]
    inside = Toy(monkeypatch, tmp_path, audience="internal", provenance="real")
    html = inside.cells[1]["outputs"][0]["data"]["text/html"]
    assert "INTERNAL" in html
    assert "SIMULATED" not in html
    assert "Not yet released" not in html


def test_numbers_about_no_child_are_shown_as_they_are(toy):
    toy.nb.show_table(pd.DataFrame({"i": ["a"], "p": [3.0]}), "T", {"i": Label("I"), "p": Number("P", "money", "GBP")})
    assert "£3" in shown(toy)


@pytest.mark.parametrize(
    ("estimate", "low", "high", "text"),
    [(-1146849, -1596328, -546391, "−£1.1 million (−£1.6 million to −£546,000)"),
     (9876, 1234, 23456, "£9,880 (£1,230 to £23,000)"), (999_900, 400, 1e7, "£1.0 million (£400 to £10.0 million)"),
     (1_500_000_000, 99_960_000, 2_100_400_000, "£1.5 billion (£100 million to £2.1 billion)")],
)
def test_large_sums_are_said_shortly(toy, estimate, low, high, text):
    net = Finding(finding_id="value.net", quantity="net_present_value", estimate=estimate, ci_low=low, ci_high=high,
                  unit="money", currency="GBP", claim="projection")
    toy.nb.say("{net:short} ({net:short_interval})", net=net)
    assert shown(toy, "text/plain") == text


@pytest.mark.parametrize(("probability", "text"), [(0.72, "72 in 100"), (0.001, "less than 1 in 100"),
                                                   (1.0, "more than 99 in 100"), (0.0, "less than 1 in 100")])
def test_chances_are_never_certainties(toy, probability, text):
    odds = Finding(finding_id="value.odds", quantity="p", estimate=probability, unit="probability", claim="projection")
    toy.nb.say("{odds:chance}", odds=odds)
    assert shown(toy, "text/plain") == text
