"""Why a run would run what: each reason made for real, on notebooks that take no kernel; and what is remembered."""

from __future__ import annotations

import pytest
from toy_batch import FINDINGS, fake_publish, write_cohort, write_notebook

import wlz_eval.batch.place
import wlz_eval.batch.state
from wlz_eval.batch import RunRequest, plan_run, run
from wlz_eval.batch.execute import Execution
from wlz_eval.batch.memory import available_memory
from wlz_eval.batch.timings import UNKNOWN_MEGABYTES, Timing, Timings
from wlz_eval.release.workspace import Workspace


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A request that was run once, with what a kernel would have left."""
    fake_publish(monkeypatch)
    write_notebook(tmp_path / "books", "01_a", [FINDINGS.format(name="01_a")], 1)
    write_notebook(tmp_path / "books", "02_b", ["print(draws)"], 2, needs=["01_a"])
    cohort = write_cohort(tmp_path / "cohorts" / "toy")

    def execute(task, *rest):
        if "fail" in task.source.read_text():
            return Execution("failed", "it had to")
        task.target.parent.mkdir(parents=True, exist_ok=True)
        task.target.write_text(task.source.read_text())
        return Execution("succeeded")

    monkeypatch.setattr(wlz_eval.batch.place, "execute", execute)
    request = RunRequest(cohorts=(cohort,), notebooks_dir=tmp_path / "books", out_dir=tmp_path / "out", kernels="cold")
    run(request)
    assert reasons(request) == {"01_a": "unchanged", "02_b": "unchanged"}
    return request


def reasons(request):
    return {job.notebook: job.reason for job in plan_run(request).jobs}


def ask(request, **options):
    return RunRequest(**{**vars(request), **options})


def test_the_cohort_says_why(toy):
    folder = toy.cohorts[0]
    (folder / "README.md").write_text("A comment.")
    assert set(reasons(toy).values()) == {"unchanged"}
    plan = folder / "plan.yaml"
    plan.write_text(plan.read_text() + "# a comment\n")
    assert set(reasons(toy).values()) == {"unchanged"}, "the plan says the same"
    plan.write_text(plan.read_text() + "seed: 5\n")
    assert set(reasons(toy).values()) == {"the plan changed"}
    measures = folder / "measures.csv"
    measures.write_text(measures.read_text().replace(",100,", ",101,"))
    assert set(reasons(toy).values()) == {"the data changed (measures.csv); the plan changed"}


def test_only_the_cohort_whose_table_changed_runs(toy, tmp_path):
    other = write_cohort(tmp_path / "cohorts" / "other")
    both = ask(toy, cohorts=(*toy.cohorts, other))
    run(both)
    measures = other / "measures.csv"
    measures.write_text(measures.read_text().replace(",100,", ",101,"))
    assert {(job.cohort, job.status) for job in run(both).jobs} == {("toy", "cached"), ("other", "succeeded")}


def test_the_run_says_why(toy, tmp_path, monkeypatch):
    assert reasons(ask(toy, parameters={"draws": 9})) == dict.fromkeys(("01_a", "02_b"), "the parameters changed")
    assert set(reasons(ask(toy, fresh=True)).values()) == {"asked for afresh"}
    (tmp_path / "out/.work/toy/findings").mkdir(parents=True)
    (tmp_path / "out/.work/toy/findings/01_a.parquet").write_text("other findings")
    assert reasons(toy)["02_b"] == "findings that it needs changed"
    (tmp_path / "out/.work/toy/public/executed/01_a.ipynb").unlink()
    assert reasons(toy)["01_a"] == "01_a.ipynb is missing or was changed by another run"
    monkeypatch.setattr(wlz_eval.batch.state, "versions_hash", lambda: "others")
    assert reasons(toy)["01_a"] == "the installed versions changed"
    monkeypatch.setattr(wlz_eval.batch.state, "package_hash", lambda: "another")
    assert reasons(toy)["01_a"] == "the package changed; the installed versions changed"


def test_the_notebook_says_why(toy, tmp_path):
    write_notebook(tmp_path / "books", "02_b", ["'fail'"], 2, needs=["01_a"])
    assert reasons(toy) == {"01_a": "unchanged", "02_b": "the notebook changed"}
    assert run(toy).exit_code == 1
    assert reasons(toy) == {"01_a": "unchanged", "02_b": "it failed when it last ran"}


def test_what_notebooks_took_is_kept_and_serves_other_cohorts(tmp_path):
    timings = Timings(Workspace(tmp_path))
    assert (timings.seconds("a", "01"), timings.megabytes("a", "01")) == (None, UNKNOWN_MEGABYTES)
    for cohort, seconds in (("a", 1.0), ("b", 3.0), ("c", 8.0)):
        timings.note(cohort, "01", Timing(seconds, 0.5, int(100 * seconds)))
    timings.write()
    kept = Timings(Workspace(tmp_path))
    assert (kept.seconds("a", "01"), kept.megabytes("a", "01")) == (1.0, 100)
    assert (kept.seconds("new", "01"), kept.megabytes("new", "01")) == (3.0, 800)
    (tmp_path / ".work" / "timings.json").write_text("[damaged")
    assert Timings(Workspace(tmp_path)).seconds("a", "01") is None


@pytest.mark.parametrize(
    ("line", "folder", "files"),
    [
        ("0::/box", "box", ("memory.max", "memory.current", "inactive_file")),
        ("0::/elsewhere", "", ("memory.max", "memory.current", "inactive_file")),
        ("4:memory:/box", "memory/box", ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")),
    ],
)
def test_a_control_group_that_allows_less_than_the_machine_counts(tmp_path, line, folder, files):
    group = tmp_path / "groups" / folder
    group.mkdir(parents=True)
    (tmp_path / "own").write_text(f"9:cpu:/\n{line}\n")
    for name, content in zip(files, (300 << 20, 250 << 20), strict=False):
        (group / name).write_text(f"{content}\n")
    (group / "memory.stat").write_text(f"anon 5\n{files[2]} {20 << 20}\n")
    assert available_memory(tmp_path / "groups", tmp_path / "own") == 70
    (group / files[0]).write_text("max\n")
    assert available_memory(tmp_path / "groups", tmp_path / "own") > 70
