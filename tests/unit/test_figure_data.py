"""The data behind each figure, to download: what the figure shows and no more."""

import csv
import io
from dataclasses import replace

import pandas as pd
import pytest
from toy_notebook import COLUMNS, TABLE, Toy, draw

from wlz_eval.core.figures import new_figure
from wlz_eval.release import Interval, Label, Number, Statistic
from wlz_eval.release.ledger import Ledger
from wlz_eval.release.rule import HIDDEN
from wlz_eval.release.suppression.blank import blank_notebook
from wlz_eval.release.suppression.exported import withhold
from wlz_eval.report import publish, read_notebook
from wlz_eval.report.figure_data import figure_csv


@pytest.fixture
def toy(monkeypatch, tmp_path):
    return Toy(monkeypatch, tmp_path).typical()


def rows(text):
    return list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))


def key_of(toy, place):
    """Key of a cell of the one figure."""
    (figure,) = read_notebook("04_attribution", toy.notebook()).figures
    return f"{figure.block}.{place}"


def test_the_table_holds_what_the_drawing_function_was_given(toy):
    (figure,) = read_notebook("04_attribution", toy.notebook()).figures
    table = rows(figure_csv(figure, toy.nb.ledger))
    assert table[0] == ["Group", "Children", "Share", "Mean"]
    assert table[1] == ["a", "hidden", "hidden", "hidden"]
    assert table[2] == ["b", "10", "hidden", "2"]
    assert table[3] == ["<script>x</script>", "230", "50", "3"]
    assert not any("KID" in cell for row in table for cell in row)


def test_what_is_withheld_later_is_withheld_here_too(toy):
    key = key_of(toy, "2.1")
    assert any(cell.key == key and cell.text == "230" for cell in toy.nb.ledger.cells)
    blanked = blank_notebook(toy.notebook(), {key})
    (ledger,) = withhold([toy.nb.ledger], {("04_attribution", key)}, HIDDEN)
    assert read_notebook("04_attribution", blanked).figures == ()
    (whole,) = read_notebook("04_attribution", toy.notebook()).figures
    assert rows(figure_csv(whole, ledger))[3][1] == HIDDEN


def test_a_figure_that_is_drawn_again_keeps_its_data_without_what_is_withheld(toy, monkeypatch):
    monkeypatch.setattr("wlz_eval.release.suppression.blank._drawing", lambda name: draw)
    key = key_of(toy, "2.1")
    blanked = blank_notebook(toy.notebook(), {key})
    (figure,) = read_notebook("04_attribution", blanked).figures
    assert [value != value or value is None for value in figure.about["data"]["n"]] == [True, False, True]
    (ledger,) = withhold([toy.nb.ledger], {("04_attribution", key)}, HIDDEN)
    assert rows(figure_csv(figure, ledger))[3][1] == HIDDEN


def test_an_interval_has_two_columns_and_formulas_are_text(toy):
    data = pd.DataFrame({"what": ['=HYPERLINK("x")', "b"], "size": [-1.26, 2.0], "low": [-3.0, float("nan")],
                         "high": [0.5, float("nan")], "n": [50, 50], "year": [1, 2]})
    columns = {"what": Label("What"), "year": Number("Year", "count"),
               "size": Statistic("Size", unit="points", n="n"),
               "range": Interval("95% interval", "low", "high", unit="points", n="n")}
    toy.nb.show_figure(lambda table: new_figure()[0], data, columns, "A second one.", "Dots.")
    toy.cell("nb.show_figure(...)")
    figure = read_notebook("04_attribution", toy.notebook()).figures[-1]
    assert figure.file == "04_attribution-figure.csv"
    table = rows(figure_csv(figure, toy.nb.ledger))
    assert table[0] == ["What", "Year", "Size", "95% interval: low", "95% interval: high"]
    assert table[1] == ["'=HYPERLINK(\"x\")", "1", "-1.3", "-3", "0.5"]
    assert table[2] == ["b", "2", "2", "not available", "not available"]


def test_two_figures_of_one_function_have_two_files(toy):
    toy.nb.show_figure(draw, TABLE, COLUMNS, "Once more.", "Bars.")
    toy.cell("nb.show_figure(...)")
    files = [figure.file for figure in read_notebook("04_attribution", toy.notebook()).figures]
    assert files == ["04_attribution-draw.csv", "04_attribution-draw_2.csv"]


def test_the_page_links_the_file_that_is_published(toy):
    toy.save()
    folder = publish("toy", toy.workspace, cohort=toy.cohort).folder
    page = (folder / "04_attribution.html").read_text(encoding="utf-8")
    assert page.count('<a href="04_attribution-draw.csv" download>Data behind this figure (CSV)</a>') == 1
    assert "Source: Toy &lt;b&gt;cohort&lt;/b&gt;, simulated data." in page
    text = (folder / "04_attribution-draw.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    assert rows(text.decode("utf-8-sig"))[0][0] == "Group"


def test_a_ledger_that_hides_a_cell_has_the_last_word(toy):
    (figure,) = read_notebook("04_attribution", toy.notebook()).figures
    ledger, key = toy.nb.ledger, key_of(toy, "1.1")
    hidden = [replace(cell, hidden=True, text="hidden") if cell.key == key else cell for cell in ledger.cells]
    other = Ledger(ledger.cohort, ledger.audience, ledger.notebook, ledger.rule, hidden)
    assert rows(figure_csv(figure, other))[2][1] == "hidden"
