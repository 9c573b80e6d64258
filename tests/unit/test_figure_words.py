"""What a figure says in words: its finding in the alternative text, and in the caption the children behind it."""

import pandas as pd
import pytest
from toy_notebook import ATT, Toy

from wlz_eval.core.figures import new_figure
from wlz_eval.release import Children, Interval, Label, Ledger, Number, Percent, Statistic, plot_sizes
from wlz_eval.release.suppression.blank import blank_notebook

DIFFERENCES = pd.DataFrame({
    "outcome": ["Reading", "Maths", "Names"], "v": [0.3, -0.1, 0.5], "lo": [0.1, -0.2, 0.2], "hi": [0.5, 0.0, 0.8],
    "n_programme": [121, 58, 4], "n_comparison": [300, 300, 300],
})
BOTH = ("n_programme", "n_comparison")
SIZES = {
    "outcome": Label("Outcome"), "v": Statistic("Difference", unit="sd", n=BOTH),
    "i": Interval("95% interval", "lo", "hi", unit="sd", n=BOTH),
}


def draw(data):
    return new_figure()[0]


@pytest.fixture
def toy(monkeypatch, tmp_path):
    return Toy(monkeypatch, tmp_path)


def said(toy):
    """Return alternative text and caption of the last figure."""
    picture, below = toy.outputs[-2:]
    return picture["metadata"]["image/png"]["alt"], below["data"]["text/plain"]


def test_each_row_of_a_few_is_said_with_its_interval_and_whether_it_holds_zero(toy):
    toy.nb.show_figure(draw, DIFFERENCES, SIZES, "Differences.", "A row for each outcome.")
    alt, caption = said(toy)
    assert alt == (
        "A row for each outcome. Difference (standard deviations): Reading at 0.30 (95% interval 0.10 to 0.50, which "
        "leaves out zero); Maths at −0.10 (95% interval −0.20 to 0.00, which holds zero); Names at hidden."
    )
    assert caption.startswith(
        "Differences. Each of its numbers rests on 60 to 120 programme and 300 comparison children."
    )


def test_of_many_rows_the_two_ends_are_said(toy):
    data = pd.DataFrame({"area": list("abcdefg"), "p": [40, 30, 50, 1, 60, 35, 45], "n": [100] * 7})
    toy.nb.show_figure(draw, data, {"area": Label("Area"), "p": Percent("At risk", n="n")}, "C.", "Bars.")
    assert said(toy) == (
        "Bars. At risk: of those shown, lowest b at 30%, highest e at 60%.",
        "C. Each of its numbers rests on 100 children. Hidden: rests on fewer than 10 children, or would give away a "
        "number that does.",
    )


def test_rows_that_all_lie_at_one_number_are_said_once(toy):
    """A figure of six ways that all gave 1.5 read "from the first at 1.5 to the first at 1.5"."""
    data = pd.DataFrame({"way": list("abcdef"), "v": [1.5] * 6, "lo": [-1.0, *[0.5] * 5], "hi": 2.5, "n": [100] * 6})
    columns = {"way": Label("Way"), "v": Statistic("Difference", unit="points", n="n"),
               "i": Interval("95% interval", "lo", "hi", unit="points", n="n")}
    toy.nb.show_figure(draw, data, columns, "C.", "Dots.")
    assert said(toy)[0] == "Dots. Difference (points): all that are shown lie at 1.5."


def test_a_curve_is_said_by_its_two_ends(toy):
    data = pd.DataFrame({"year": [2.0, 1.0, 3.0], "net": [-5.0, -10.0, 20.0], "n": [80, 80, 80]})
    columns = {"year": Number("Year", "count"), "net": Statistic("Net so far", "money", n="n", currency="GBP")}
    toy.nb.show_figure(draw, data, columns, "C.", "A line.")
    alt, caption = said(toy)
    assert alt == "A line. Net so far: −£10 where Year is 1; £20 where Year is 3."
    assert caption == "C. Each of its numbers rests on 80 children."


def test_a_peak_between_the_ends_is_said_too(toy):
    """Of children by likelihood 35 and 15 were said, and not the 135 between them."""
    data = pd.DataFrame({"low": [0.0, 0.1, 0.2, 0.3], "a": [35, 135, 45, 15], "b": [90, 60, 20, 4]})
    columns = {"low": Number("likelihood from", "probability"), "a": Children("Programme"), "b": Children("Others")}
    toy.nb.show_figure(draw, data, columns, "C.", "Bars.")
    assert said(toy)[0] == (
        "Bars. Programme: 35 where likelihood from is 0.00; 135 where likelihood from is 0.10; 15 where likelihood "
        "from is 0.30. Others: 90 where likelihood from is 0.00; 20 where likelihood from is 0.20."
    )


def test_counts_say_themselves(toy):
    data = pd.DataFrame({"g": ["a", "b", "c"], "n": [112, 23, 4]})
    toy.nb.show_figure(draw, data, {"g": Label("G"), "n": Children("Children")}, "C.", "Bars.")
    alt, caption = said(toy)
    assert alt == "Bars. Children: a at 110; b at 25; c at hidden."
    assert "Each of its numbers rests on 25 to 110 children." in caption


def test_words_that_quote_findings_and_counts_are_left_alone(toy):
    toy.nb.show_figure(draw, DIFFERENCES, SIZES, "Of {att:n_programme} children.", "The difference is {att}.", att=ATT)
    alt, caption = said(toy)
    assert alt == "The difference is 3.1 points."
    assert caption.startswith("Of 230 children. Hidden:")


def test_numbers_in_words_are_traced_and_withheld_with_their_cells(toy):
    toy.nb.show_figure(draw, DIFFERENCES, SIZES, "Differences.", "Rows.")
    picture, below = toy.outputs
    about = picture["metadata"]["wlz_eval"]["figure"]
    assert f'data-cell="{about["block"]}.0.1"' in about["alt"]
    ledger = Ledger.load(toy.workspace.ledger_file("toy", "public", "04_attribution"))
    keys = {cell.key: cell for cell in ledger.cells}
    assert len(keys) == len(ledger.cells)
    counts = [cell for cell in ledger.cells if cell.where == "caption"]
    assert [(cell.text, cell.ns, cell.definition["row"]) for cell in counts] == [
        ("60", (58,), "Maths"), ("120", (121,), "Reading"), ("300", (300,), "Reading"),
    ]
    assert all(f'data-cell="{cell.key}"' in below["data"]["text/html"] for cell in counts)


@pytest.mark.parametrize("more", [{}, {"middle": Statistic("As expected", unit="money", n="n", currency="GBP")}])
def test_the_widest_range_is_named(toy, more):
    data = pd.DataFrame({"input": ["Link", "Price"], "low": [-90.0, 20.0], "high": [150.0, 80.0], "n": [80, 80]})
    pounds = {"unit": "money", "n": "n", "currency": "GBP"}
    columns = {"input": Label("Input"), "low": Statistic("At the low end", **pounds),
               "high": Statistic("At the high end", **pounds), **more}
    data["middle"] = 40.0
    toy.nb.show_figure(draw, data, columns, "C.", "Bars.")
    assert said(toy)[0] == "Bars. The widest range is that of Link: −£90 at the low end, £150 at the high end."


def test_no_number_of_children_is_said_that_others_would_give_away(toy):
    data = pd.DataFrame({"g": ["a", "b"], "p": [40, 30], "n": [100, 60], "rest": [20, 30], "fewest": [12, 18],
                         "v": [0.1, 0.2]})
    toy.nb.show_figure(draw, data, {"g": Label("G"), "p": Percent("P", n="n", beside="rest")}, "C.", "Bars.")
    toy.nb.show_figure(draw, data, {"g": Label("G"), "v": Statistic("V", unit="sd", n="fewest")}, "C.", "Bars.")
    assert [output["data"]["text/plain"] for output in toy.outputs[1::2]] == ["C.", "C."]


def test_children_behind_a_figure_are_not_said_once_one_end_is_withheld(toy):
    """A caption read "280 to hidden children": the words were taken out by their beginning, which had changed."""
    data = DIFFERENCES.rename(columns={"v": "size", "lo": "low", "hi": "high"})
    columns = {
        "outcome": Label("Outcome"), "size": Statistic("Difference", unit="sd", n=BOTH),
        "interval": Interval("95% interval", "low", "high", unit="sd", n=BOTH),
    }
    toy.nb.show_figure(plot_sizes, data, columns, "Differences.", "A row for each outcome.")
    _, caption = said(toy)
    assert "60 to 120 programme" in caption
    toy.cell("nb.show_figure(...)")
    (key,) = {cell.key for cell in toy.nb.ledger.cells if cell.where == "caption" and cell.text == "60"}
    blanked = blank_notebook(toy.notebook(), {key})
    words = [o["data"].get("text/plain", "") for cell in blanked["cells"] for o in cell.get("outputs", ())]
    (caption,) = [text for text in words if text.startswith("Differences.")]
    assert "rests on" not in caption.partition("Hidden:")[0]
