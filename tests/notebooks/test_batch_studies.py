"""Studies of the method in a batch of real kernels: beside cohorts, with a failure, cached, the same to the byte."""

import nbformat
import pytest
from toy_batch import fake_publish, write_cohort, write_notebook

from wlz_eval.batch import RunRequest, plan_run, run
from wlz_eval.report import build_site

PARAMETERS = 'audience: str = "public"  # for whom\nout_dir: str = ""  # where'
OPEN = "from wlz_eval.release import open_study\nnb = open_study({name!r}, audience=audience, out_dir=out_dir)"


def write_study(folder, name, *cells):
    """Write a toy study; its second cell is the answer."""
    path = write_notebook(folder / "studies", name, [OPEN.format(name=name), *cells], 1, parameters=PARAMETERS)
    book = nbformat.read(path, as_version=4)
    book.metadata["wlz_eval"] |= {"data": ["public"], "about": "Made by hand."}
    book.cells[3].metadata["tags"] = ["answer"]
    nbformat.write(book, path)


@pytest.fixture
def books(tmp_path, monkeypatch):
    fake_publish(monkeypatch)
    monkeypatch.setattr("wlz_eval.report.build_site", build_site)
    write_notebook(tmp_path / "books", "01_one", ["print(cohort)"], 1)
    write_study(tmp_path / "books", "bad", "1 / 0")
    write_study(tmp_path / "books", "good", "nb.tell('It held in 42 of 50.')")
    return tmp_path / "books"


def jobs(result):
    return {f"{job.cohort} {job.notebook}": job.status for job in result.jobs}


def test_a_failed_study_is_listed_and_stops_nothing_and_the_rest_is_kept(tmp_path, books):
    cohort = write_cohort(tmp_path / "cohorts" / "toy")
    request = RunRequest(cohorts=(cohort,), notebooks_dir=books, out_dir=tmp_path / "out", studies="also")
    first = run(request)
    assert jobs(first) == {"toy 01_one": "succeeded", "studies bad": "failed", "studies good": "succeeded"}
    assert first.exit_code == 1
    site = tmp_path / "out" / "reports"
    index = (site / "index.html").read_text()
    assert '<a href="studies/good.html">A question?</a>' in index
    assert "42" in index
    assert "bad: ZeroDivisionError in cell 4" in index
    assert [path.name for path in (site / "studies").iterdir()] == ["good.html"]
    pages = {path: path.read_bytes() for path in site.rglob("*.html")}

    assert {job.notebook: job.action for job in plan_run(request).jobs} == {
        "01_one": "keep", "bad": "run", "good": "keep"
    }
    again = run(request)
    assert jobs(again) == {"toy 01_one": "cached", "studies bad": "failed", "studies good": "cached"}
    assert {path: path.read_bytes() for path in site.rglob("*.html")} == pages


def test_a_study_runs_again_when_a_cohort_that_it_names_has_changed(tmp_path, books):
    cohort = write_cohort(tmp_path / "cohorts" / "toy")
    (books / "studies" / "bad.ipynb").unlink()
    path = books / "studies" / "good.ipynb"
    book = nbformat.read(path, as_version=4)
    book.cells[1].source += f"\ncohorts: list = [{str(cohort)!r}]"
    book.cells[3].source += "\nnb.tell('The child c1 gained.')"
    nbformat.write(book, path)
    request = RunRequest(notebooks_dir=books, out_dir=tmp_path / "out", studies="only")
    result = run(request)
    assert "holds an identifier of a child" in result.gate["studies"][0]
    assert result.exit_code == 3
    assert [job.action for job in plan_run(request).jobs] == ["keep"]
    (cohort / "measures.csv").write_text((cohort / "measures.csv").read_text().replace(",100,", ",101,"))
    assert [(job.action, job.reason) for job in plan_run(request).jobs] == [("run", "the data changed")]


def test_studies_alone_in_another_folder_give_the_same_page(tmp_path, books):
    (books / "studies" / "bad.ipynb").unlink()
    pages = set()
    for folder in ("one", "two"):
        result = run(RunRequest(notebooks_dir=books, out_dir=tmp_path / folder, studies="only"))
        assert (jobs(result), result.exit_code) == ({"studies good": "succeeded"}, 0)
        pages.add((tmp_path / folder / "reports" / "studies" / "good.html").read_bytes())
    assert len(pages) == 1


def test_no_cohort_may_have_the_name_of_the_studies(tmp_path, books):
    cohort = write_cohort(tmp_path / "cohorts" / "studies")
    result = run(RunRequest(cohorts=(cohort,), notebooks_dir=books, out_dir=tmp_path / "out"))
    assert result.exit_code == 2
    assert "Change its id" in result.refused[0].message
