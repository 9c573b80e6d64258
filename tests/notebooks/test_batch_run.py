"""A batch of real kernels on toy notebooks: order, failures, cache, refusal, lock."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest
from toy_batch import FINDINGS, fake_publish, statuses, write_cohort, write_notebook

from wlz_eval.batch import RunRequest, plan_run, run
from wlz_eval.batch.progress import QuietProgress
from wlz_eval.core.errors import OptionError, RunError
from wlz_eval.release.workspace import Workspace


@pytest.fixture
def published(monkeypatch):
    return fake_publish(monkeypatch)


@pytest.fixture
def books(tmp_path):
    """Three notebooks: the second needs the first; the third stands alone and is first in order."""
    folder = tmp_path / "books"
    write_notebook(folder, "01_alone", ["print('alone', draws)"], 1)
    write_notebook(folder, "02_base", [FINDINGS.format(name="02_base"), "print(cohort, effort)"], 2)
    write_notebook(folder, "03_next", ["print('next')"], 3, needs=["02_base"])
    return folder


@pytest.fixture
def cohort(tmp_path):
    return write_cohort(tmp_path / "cohorts" / "toy")


def ask(tmp_path, books, *cohorts, **options):
    return RunRequest(cohorts=cohorts, notebooks_dir=books, out_dir=tmp_path / "out", **options)


def test_runs_in_order_and_keeps_what_has_not_changed(tmp_path, books, cohort, published):
    request = ask(tmp_path, books, cohort)
    first = run(request)
    assert statuses(first) == dict.fromkeys(["01_alone", "02_base", "03_next"], "succeeded")
    assert first.exit_code == 0
    assert first.site == tmp_path / "out" / "reports" / "index.html"

    second = run(request)
    assert set(statuses(second).values()) == {"cached"}
    assert second.exit_code == 0
    assert published == ["toy"], "nothing changed, so nothing was published again"

    record = json.loads((tmp_path / "out/.work/toy/public/run.json").read_text())
    assert {name: entry["status"] for name, entry in record["notebooks"].items()} == dict(statuses(second))
    assert record["cohort"] == "toy"
    assert record["refused"] == record["gate"] == []
    assert not (tmp_path / "out/.work/scratch").exists()


def test_a_cohort_that_has_begun_goes_on_so_that_its_pages_are_made_while_others_run(tmp_path, books, published):
    """The longest notebook of each of twenty cohorts ran first, and all pages were made at the end."""
    began = []

    class Began(QuietProgress):
        def started(self, cohort, notebook, reason, log):
            began.append(cohort)

    cohorts = [write_cohort(tmp_path / "cohorts" / name) for name in ("one", "two")]
    run(ask(tmp_path, books, *cohorts, workers=1), Began())
    assert began in (["one"] * 3 + ["two"] * 3, ["two"] * 3 + ["one"] * 3)


def test_fresh_runs_all_again_to_the_same_bytes(tmp_path, books, cohort, published):
    run(ask(tmp_path, books, cohort))
    executed = tmp_path / "out/.work/toy/public/executed"
    before = {path.name: path.read_bytes() for path in executed.iterdir()}
    again = run(ask(tmp_path, books, cohort, fresh=True))
    assert set(statuses(again).values()) == {"succeeded"}
    assert {path.name: path.read_bytes() for path in executed.iterdir()} == before

    elsewhere = RunRequest(cohorts=(cohort,), notebooks_dir=books, out_dir=tmp_path / "elsewhere", workers=1)
    run(elsewhere)
    other = tmp_path / "elsewhere/.work/toy/public/executed"
    # The base prints its folder of data, which is the same; nothing else may differ between folders and workers.
    assert {path.name: path.read_bytes() for path in other.iterdir()} == before


def test_changes_run_only_what_depends_on_them(tmp_path, books, cohort, published):
    request = ask(tmp_path, books, cohort)
    run(request)
    write_notebook(books, "01_alone", ["print('changed')"], 1)
    planned = {job.notebook: (job.action, job.reason) for job in plan_run(request).jobs}
    assert planned["01_alone"] == ("run", "the notebook changed")
    assert planned["02_base"][0] == planned["03_next"][0] == "keep"
    assert statuses(run(request)) == {"01_alone": "succeeded", "02_base": "cached", "03_next": "cached"}

    measures = cohort / "measures.csv"
    measures.write_text(measures.read_text().replace(",100,", ",101,"))
    assert {job.reason for job in plan_run(request).jobs} == {"the data changed (measures.csv)"}, (
        "03 would follow its own data, whether or not 02's findings change"
    )
    assert set(statuses(run(request)).values()) == {"succeeded"}


def test_a_notebook_that_is_run_again_to_the_same_findings_stops_there(tmp_path, books, cohort, published):
    request = ask(tmp_path, books, cohort)
    run(request)
    write_notebook(books, "02_base", [FINDINGS.format(name="02_base"), "print('only the text changed')"], 2)
    planned = {job.notebook: job.action for job in plan_run(request).jobs}
    assert planned == {"01_alone": "keep", "02_base": "run", "03_next": "run if needed"}
    assert statuses(run(request)) == {"01_alone": "cached", "02_base": "succeeded", "03_next": "cached"}


def test_a_failure_stops_only_what_depends_on_it(tmp_path, books, cohort, published):
    run(ask(tmp_path, books, cohort))
    write_notebook(books, "02_base", [FINDINGS.format(name="02_base"), "1 / 0"], 2)
    result = run(ask(tmp_path, books, cohort))
    assert statuses(result) == {"01_alone": "cached", "02_base": "failed", "03_next": "skipped"}
    assert result.exit_code == 1
    reasons = {job.notebook: job.reason for job in result.jobs}
    assert reasons["02_base"] == "ZeroDivisionError in cell 4; the private log holds the details"
    assert reasons["03_next"] == "it needs 02_base, which failed"
    private = tmp_path / "out/.work/toy"
    assert "division by zero" in (private / "public/log/02_base.log").read_text()
    assert not (private / "findings/02_base.parquet").exists(), "what a failed notebook left is not read as findings"
    assert not (private / "public/executed/02_base.ipynb").exists()
    assert (private / "public/executed/01_alone.ipynb").exists()


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("import os; os._exit(3)", "its kernel ended by itself, with status 3"),
        ("import time; time.sleep(60)", "a cell took longer than 2 seconds"),
        (
            "from wlz_eval.core.errors import DesignError\nraise DesignError('No child was matched.')",
            "No child was matched.",
        ),
        ("{}['child 17']", "KeyError in cell 3; the private log holds the details"),
    ],
    ids=["killed", "timeout", "user error", "bug"],
)
def test_status_comes_from_exceptions(tmp_path, cohort, published, cell, reason):
    books = tmp_path / "one"
    write_notebook(books, "01_one", [cell], 1)
    result = run(ask(tmp_path, books, cohort, cell_timeout=2))
    assert [(job.status, job.reason) for job in result.jobs] == [("failed", reason)]
    assert "Traceback" not in result.jobs[0].detail


def test_needs_of_a_chosen_notebook_are_run_too(tmp_path, books, cohort, published):
    result = run(ask(tmp_path, books, cohort, notebooks=("next",)))
    assert statuses(result) == {"02_base": "succeeded", "03_next": "succeeded"}
    record = json.loads((tmp_path / "out/.work/toy/public/run.json").read_text())
    assert record["notebooks"]["01_alone"]["reason"] == "not asked for in this run, and it has not been run"


def test_a_refused_cohort_leaves_the_others_unharmed(tmp_path, books, cohort, published):
    broken = write_cohort(tmp_path / "cohorts" / "broken")
    (broken / "children.csv").write_text("child_id,group\nc0,programm\n")
    result = run(ask(tmp_path, books, broken, "no-such-cohort", cohort))
    assert {job.cohort for job in result.jobs} == {"toy"}
    assert {job.status for job in result.jobs} == {"succeeded"}
    assert result.exit_code == 2
    assert [refusal.cohort for refusal in result.refused] == [str(broken), "no-such-cohort"]
    assert "programm" in result.refused[0].message
    assert published == ["toy"]
    assert not (tmp_path / "out/reports/broken").exists()
    record = json.loads((tmp_path / "out/.work/broken/public/run.json").read_text())
    assert record["refused"]
    assert not any("programm'" in line for line in record["refused"]), (
        "no value of a child's row is written for the site"
    )


def test_two_cohorts_of_one_id_do_not_overwrite_each_other(tmp_path, books, cohort, published):
    twin = tmp_path / "elsewhere" / "toy"
    shutil.copytree(cohort, twin)
    result = run(ask(tmp_path, books, cohort, twin))
    assert [refusal.cohort for refusal in result.refused] == [str(twin)]
    assert "same id 'toy'" in result.refused[0].message
    assert {job.status for job in result.jobs} == {"succeeded"}


def test_parameters_are_checked_before_anything_starts(tmp_path, books, cohort, published):
    with pytest.raises(OptionError, match="Did you mean draws"):
        run(ask(tmp_path, books, cohort, parameters={"drawz": "4"}))
    with pytest.raises(OptionError, match="must be a whole number, not 'many'"):
        run(ask(tmp_path, books, cohort, parameters={"draws": "many"}))
    with pytest.raises(OptionError, match="Use --effort"):
        run(ask(tmp_path, books, cohort, parameters={"effort": "full"}))
    with pytest.raises(OptionError, match="Did you mean public"):
        run(ask(tmp_path, books, cohort, audience="pubic"))
    with pytest.raises(RunError, match="Did you mean 03_next"):
        run(ask(tmp_path, books, cohort, notebooks=("03_nxt",)))
    assert not (tmp_path / "out").exists()


def test_parameters_reach_the_notebook_and_a_bad_override_refuses_the_cohort(tmp_path, books, cohort, published):
    run(ask(tmp_path, books, cohort, parameters={"draws": "7"}, notebooks=("01",)))
    assert "alone 7" in (tmp_path / "out/.work/toy/public/executed/01_alone.ipynb").read_text()
    result = run(ask(tmp_path, books, cohort, parameters={"plan_overrides": '{"sed": 4}'}))
    assert result.exit_code == 2
    assert "seed" in result.refused[0].message


def test_only_one_run_at_a_time_in_an_output_folder(tmp_path, books, cohort, published):
    from wlz_eval.batch.lock import locked

    with locked(Workspace(tmp_path / "out").private), pytest.raises(RunError, match=r"Another run \(process \d+\)"):
        run(ask(tmp_path, books, cohort))
    assert run(ask(tmp_path, books, cohort)).exit_code == 0


def test_an_output_folder_that_cannot_be_made(tmp_path, books, cohort, published):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(RunError, match="cannot be written"):
        run(ask(tmp_path, books, cohort))


def test_a_gate_that_refuses_publishes_nothing(tmp_path, books, cohort, published, monkeypatch):
    import wlz_eval.report
    from wlz_eval.core.errors import GateRefusedError

    def refuse(*args, **options):
        raise GateRefusedError("a small number stands on page 04")

    monkeypatch.setattr(wlz_eval.report, "publish", refuse)
    result = run(ask(tmp_path, books, cohort))
    assert result.exit_code == 3
    assert result.gate == {"toy": ("a small number stands on page 04",)}
    record = json.loads((tmp_path / "out/.work/toy/public/run.json").read_text())
    assert record["gate"] == ["a small number stands on page 04"]


def test_a_fault_while_publishing_is_shown_and_contained(tmp_path, books, cohort, published, monkeypatch):
    import wlz_eval.report

    kind = wlz_eval.report.publish

    def break_on_toy(cohort, *args, **options):
        if cohort == "toy":
            raise ZeroDivisionError("in the template")
        return kind(cohort, *args, **options)

    monkeypatch.setattr(wlz_eval.report, "publish", break_on_toy)
    other = write_cohort(tmp_path / "cohorts" / "other")
    result = run(ask(tmp_path, books, cohort, other, notebooks=("01",)))
    assert result.exit_code == 1
    assert "in the template" in result.faults["toy"]
    assert published == ["other"]


def test_kernels_are_this_interpreter_whatever_the_machine_says(tmp_path, cohort, published, monkeypatch):
    """A user's own kernel called python3 must not be started in its place."""
    import sys

    hijack = tmp_path / "jupyter" / "kernels" / "python3"
    hijack.mkdir(parents=True)
    spec = {"argv": ["/bin/false"], "display_name": "hijack", "language": "python"}
    (hijack / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    cell = "import os, sys\nprint(sys.executable, os.environ['OMP_NUM_THREADS'], os.environ['OPENBLAS_NUM_THREADS'])"
    write_notebook(tmp_path / "one", "01_one", [cell], 1)
    assert run(ask(tmp_path, tmp_path / "one", cohort)).exit_code == 0
    shown = (tmp_path / "out/.work/toy/public/executed/01_one.ipynb").read_text()
    assert f"{sys.executable} 1 1" in shown


def test_notebooks_run_side_by_side(tmp_path, cohort, published):
    books = tmp_path / "sleepers"
    for i in range(4):
        write_notebook(books, f"0{i}_sleeper", ["import time; time.sleep(3)"], i)
    began = time.monotonic()
    result = run(ask(tmp_path, books, cohort, workers=4))
    assert result.exit_code == 0
    assert time.monotonic() - began < sum(job.seconds for job in result.jobs) * 0.75


def test_executed_notebooks_carry_nothing_that_varies(tmp_path, books, cohort, published):
    run(ask(tmp_path, books, cohort))
    for path in Path(tmp_path / "out/.work/toy/public/executed").iterdir():
        text = path.read_text()
        assert "papermill" not in text
        assert "out_dir = " not in text
        assert "start_time" not in text
        assert json.loads(text)["metadata"]["wlz_eval"]["title"] == path.stem
