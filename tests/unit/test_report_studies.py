"""What a study of the method shows, what it must say of itself, and what the site says of it."""

import json

import pandas as pd
import pytest

from wlz_eval.batch.request import RunRequest, check_run
from wlz_eval.batch.studies import prepare_studies
from wlz_eval.core.errors import GateRefusedError, OptionError, ReleaseError, RunError
from wlz_eval.core.figures import new_figure
from wlz_eval.release import Ledger, Workspace, open_study, opened
from wlz_eval.release.study import study_data_hash
from wlz_eval.report import build_site, publish_studies
from wlz_eval.report.markdown import Outline
from wlz_eval.report.studies import check_study

ABOUT = {"title": "Toy", "question": "Why?", "about": "Made by hand.", "data": ["simulated"]}


class Cells:
    """Collects what a study displays as the cells of an executed notebook."""

    def __init__(self, monkeypatch, out_dir, audience="public"):
        self.workspace, self.audience, self.outputs = Workspace(out_dir), audience, []
        collect = self.outputs.append
        monkeypatch.setattr(opened, "publish_output", lambda bundle, metadata: collect(
            {"output_type": "display_data", "data": bundle, "metadata": metadata}))
        self.cells = [{"cell_type": "markdown", "source": "# Why?", "metadata": {}}]
        self.nb = open_study("toy", audience=audience, out_dir=out_dir)
        self.cell()

    def cell(self, *tags):
        self.cells.append({"cell_type": "code", "source": "x", "metadata": {"tags": list(tags)},
                           "execution_count": 1, "outputs": list(self.outputs)})
        self.outputs.clear()

    def publish(self, about=ABOUT):
        path = self.workspace.executed_file("studies", self.audience, "toy")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"cells": self.cells, "metadata": {"wlz_eval": about}}))
        return publish_studies(self.workspace, self.audience, ("toy",))

    def ledger(self):
        return Ledger.load(self.workspace.ledger_file("studies", self.audience, "toy"))


@pytest.fixture
def study(monkeypatch, tmp_path):
    cells = Cells(monkeypatch, tmp_path)
    cells.nb.tell("Of 1,794 worlds 93.5% held, −2 to 3 apart; a 95% interval of CR2.")
    cells.cell("answer")
    return cells


def test_every_number_of_a_sentence_is_in_the_ledger_and_on_the_page(study):
    assert [cell.text for cell in study.ledger().cells] == ["1,794", "93.5%", "−2", "3"]
    page = (study.publish() / "toy.html").read_text(encoding="utf-8")
    assert '<data data-cell="s1.0" value="">1,794</data>' in page
    assert "SIMULATED DATA: no real children" in page
    assert "Made by hand." in page


def test_the_site_gives_question_and_answer_and_links_the_page(study):
    study.publish()
    index = build_site(study.workspace).read_text(encoding="utf-8")
    assert '<a href="studies/toy.html">Why?</a>' in index
    assert "93.5%" in index
    assert "Simulated data: no real children" in index
    assert "No cohort has been run yet" in index, "the studies are not listed as a cohort"


def test_words_with_numbers_stay_words_and_their_numbers_are_in_the_ledger(study):
    where = ["3 x 100", "3 schools, which vary 1.5 times"]
    table = pd.DataFrame({"Cell": ["3 x 30", "3 x 3"], "Worst": ["unbounded", "1,794 (633)"], "Where": where})
    study.nb.show_words(table, "A table")
    shown = study.outputs[-1]["data"]["text/html"]
    assert '<th scope="row" class="short">3 x 30</th>' in shown
    assert '>1,794 (633)</data>' in shown
    assert '<td class="middle">3 schools, which vary 1.5 times</td>' in shown
    assert [cell.text for cell in study.ledger().cells][-5:] == ["3", "100", "3", "1.5", "1,794 (633)"]


def test_a_table_of_numbers_and_a_figure_without_words_are_refused(study):
    with pytest.raises(ReleaseError, match="'x' holds numbers"):
        study.nb.show_words(pd.DataFrame({"x": [1.5]}), "A table")
    with pytest.raises(ReleaseError, match="no rows"):
        study.nb.show_words(pd.DataFrame({"x": []}), "A table")
    with pytest.raises(ReleaseError, match="alternative text"):
        study.nb.show_plot(new_figure()[0], "A figure", " ")


def test_what_no_verb_made_goes_to_quarantine(study):
    study.publish()
    study.cells.append({"cell_type": "code", "source": "x", "metadata": {}, "execution_count": 2,
                        "outputs": [{"output_type": "stream", "name": "stdout", "text": "0.123"}]})
    with pytest.raises(GateRefusedError, match="did not pass the release rule"):
        study.publish()
    assert (study.workspace.published_dir("studies", "public") / "toy.html").exists()


def test_internal_pages_of_studies_say_so(monkeypatch, tmp_path):
    page = Cells(monkeypatch, tmp_path, "internal").publish() / "toy.html"
    assert page.is_relative_to(tmp_path / "reports-internal")
    assert "INTERNAL: small numbers are not hidden" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("simulated", [True, False])
def test_a_page_made_from_cohorts_says_which_and_marks_simulated_children_once(monkeypatch, tmp_path, simulated):
    cells = Cells(monkeypatch, tmp_path)
    cells.cells.pop()
    cells.nb.start({"one": "1" * 64, "two": "2" * 64}, simulated)
    cells.cell()
    page = (cells.publish() / "toy.html").read_text(encoding="utf-8")
    body = page[page.index("<body") :]
    assert body.count("SIMULATED DATA: no real children") == int(simulated)
    assert ("Real pupils" in page) is not simulated
    assert "cohorts one, two" in page
    assert "Made by hand." not in page
    assert "1" * 16 in page
    assert "data/studies" not in page


def test_the_notebook_itself_marks_simulated_children_once(monkeypatch, tmp_path):
    cells = Cells(monkeypatch, tmp_path)
    cells.nb.start({"one": "1" * 64}, True)
    shown = cells.outputs[-1]["data"]
    assert shown["text/html"].count("SIMULATED DATA") == shown["text/plain"].count("SIMULATED DATA") == 1


def test_two_results_of_one_name_each_count_in_the_hash(monkeypatch, tmp_path):
    monkeypatch.setattr("wlz_eval.release.study.project_root", lambda: tmp_path)
    files = [tmp_path / "data" / "studies" / folder / "measures.csv" for folder in ("a", "b")]
    for path in files:
        path.parent.mkdir(parents=True)
        path.write_text("1")
    found = {study_data_hash()}
    for path in files:
        path.write_text("2")
        found.add(study_data_hash())
        assert prepare_studies().data == study_data_hash()
        path.write_text("1")
    assert len(found) == 3


@pytest.mark.parametrize(("change", "message"), [
    ({"about": ""}, "'about'"), ({"data": []}, "must list"), ({"data": ["publik"]}, "Did you mean public"),
])
def test_a_study_must_say_where_its_data_come_from(change, message):
    with pytest.raises(RunError, match=message):
        check_study("toy", ABOUT | change)


def test_cohorts_go_on_without_studies_that_are_not_in_order(tmp_path):
    from wlz_eval.core.files import notebooks_dir

    (tmp_path / "01_one.ipynb").write_text((notebooks_dir() / "01_data_quality.ipynb").read_text())
    checked = check_run(RunRequest(notebooks_dir=tmp_path, studies="also"))
    assert checked.studies is None
    assert "There is no notebook in" in checked.fault
    with pytest.raises(RunError, match="There is no notebook in"):
        check_run(RunRequest(notebooks_dir=tmp_path, studies="only"))
    with pytest.raises(OptionError, match="about no cohort"):
        check_run(RunRequest(studies="only", cohorts=("star-1986",)))


def test_a_heading_that_begins_with_cell_gets_an_anchor_of_its_own():
    outline = Outline()
    assert [outline.add(2, text).anchor for text in ("Cell by cell", "Cell 3")] == ["cell-by-cell", "cell-3-2"]
