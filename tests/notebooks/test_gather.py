"""One site from runs that each wrote to a folder of its own, as a scheduler's tasks do."""

from __future__ import annotations

import shutil
import sys

import pytest
from small_disk import small_disk
from toy_batch import FINDINGS, staged_publish, write_cohort, write_notebook

from wlz_eval import cli
from wlz_eval.batch import RunRequest, plan_run, run
from wlz_eval.batch.lock import locked


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two runs, each of a cohort of its own, in folders of their own; the second for colleagues too."""
    folder = tmp_path_factory.mktemp("runs").resolve()
    write_notebook(folder / "books", "01_a", [FINDINGS.format(name="01_a"), "print(Path(cohort).name)"], 1)
    with pytest.MonkeyPatch.context() as patch:
        staged_publish(patch)
        for name, audiences in (("first", ["public"]), ("second", ["public", "internal"])):
            write_cohort(folder / "cohorts" / name)
            for audience in audiences:
                assert run(ask(folder, name, folder / name, audience=audience)).exit_code == 0
    return folder


def ask(folder, cohort, out, **options):
    return RunRequest(
        cohorts=(folder / "cohorts" / cohort,), notebooks_dir=folder / "books", out_dir=out, workers=1, **options
    )


@pytest.fixture
def gather(monkeypatch, capsys):
    """Call ``wlz-eval site``; return its status, output and errors."""

    def gather(out, *folders):
        words = ["wlz-eval", "site", "--out", str(out), *(word for f in folders for word in ("--from", str(f)))]
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out.strip(), said.err

    return gather


def content(out):
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()}


def test_two_runs_become_one_site(made, tmp_path, gather):
    before = {name: content(made / name) for name in ("first", "second")}
    status, out, err = gather(tmp_path / "all", made / "first", made / "second")
    assert status == 0, err
    assert out == (tmp_path / "all/reports/index.html").as_uri()
    page = (tmp_path / "all/reports/index.html").read_text()
    assert 'href="first/index.html"' in page
    assert 'href="second/index.html"' in page
    assert {name: content(made / name) for name in before} == before, "what is taken from stays as it was"

    # What belongs to a cohort is the same to the byte; the lists of cohorts and the locks are each folder's own.
    wanted = {
        path: data
        for name, files in before.items()
        for path, data in files.items()
        if f"/{name}/" in f"/{path}"
    }
    assert {"reports/first/01_a.html", "reports-internal/second/01_a.html"} <= wanted.keys()
    taken = content(tmp_path / "all")
    own = {"reports/index.html", ".work/run.lock", ".work/site-public.json"}
    assert taken.keys() == wanted.keys() | own
    assert {path: taken[path] for path in wanted} == wanted

    # It can go on from there: nothing has to run again, and a second taking changes nothing.
    kept = plan_run(ask(made, "second", tmp_path / "all"))
    assert [job.action for job in kept.jobs] == ["keep"]
    assert gather(tmp_path / "all", made / "second")[0] == 0
    assert content(tmp_path / "all") == taken


def test_what_was_there_of_a_cohort_is_replaced_and_the_rest_is_untouched(made, tmp_path, gather):
    out = tmp_path / "all"
    gather(out, made / "first", made / "second")
    other = content(out / "reports/second")
    (out / "reports/first/old.html").write_text("a page of an older run")
    (out / "reports/second/mine.html").write_text("mine")
    assert gather(out, made / "first")[0] == 0
    assert content(out / "reports/first") == content(made / "first/reports/first")
    assert content(out / "reports/second") == {**other, "mine.html": b"mine"}


def test_reports_may_be_on_another_disk(made, tmp_path, gather, monkeypatch):
    """Pages are made among the private files: they cannot simply be renamed into another file system."""
    with small_disk(tmp_path / "all/reports") as disk:
        assert gather(tmp_path / "all", made / "first")[0] == 0
        assert content(disk / "first") == content(made / "first/reports/first")
        staged_publish(monkeypatch)
        result = run(ask(made, "second", tmp_path / "all"))
        assert result.exit_code == 0, result.faults
        assert content(disk / "second") == content(made / "second/reports/second")
        assert sorted(path.name for path in disk.iterdir()) == ["first", "index.html", "second"]


def test_what_cannot_be_taken_together_is_refused(made, tmp_path, gather):
    shutil.copytree(made / "first", tmp_path / "twin")
    (tmp_path / "empty").mkdir()
    status, _, err = gather(tmp_path / "all", made / "first", tmp_path / "twin", tmp_path / "empty", tmp_path / "all")
    assert status == 2
    assert err.splitlines() == [
        f"first is in {made / 'first'} and in {tmp_path / 'twin'}. Name only one of them.",
        f"{tmp_path / 'empty'} holds no run: it must be what was --out of one.",
        f"{tmp_path / 'all'} is --out itself. Name the folders of the other runs with --from.",
    ]
    assert not (tmp_path / "all").exists()
    assert list((tmp_path / "empty").iterdir()) == []


def test_a_run_that_still_writes_is_refused(made, tmp_path, gather):
    with locked(made / "second/.work"):
        status, _, err = gather(tmp_path / "all", made / "first", made / "second")
    assert status == 2
    assert f"is writing to {made / 'second'}. Wait until it ends" in err
    assert not (tmp_path / "all/reports").exists()
