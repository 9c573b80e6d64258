"""Retention dates are acted on: named before, refused after, deleted when asked."""

import datetime as dt

import pytest
import yaml

from wlz_eval.batch.prepare import RefusedError, prepare
from wlz_eval.batch.retention import overdue, retention, retention_date, retention_notice
from wlz_eval.cohort import load_cohort
from wlz_eval.release import Workspace
from wlz_eval.release.differencing import PublishedRuns
from wlz_eval.release.marks import Marks

DAY = dt.date(2024, 8, 31)


@pytest.fixture
def cohort(tiny_cohort_folder):
    path = tiny_cohort_folder / "cohort.yaml"
    described = yaml.safe_load(path.read_text(encoding="utf-8"))
    described["data_use"]["retention_date"] = DAY
    path.write_text(yaml.safe_dump(described, sort_keys=False), encoding="utf-8")
    return tiny_cohort_folder


@pytest.mark.parametrize(
    ("days", "due", "said"),
    [(-61, False, ""), (-60, False, "in 60 days"), (0, False, "in 0 days"), (1, True, "had to be deleted by 2024-08")],
)
def test_what_is_said_on_which_day(cohort, days, due, said):
    today = DAY + dt.timedelta(days=days)
    assert bool(overdue(cohort, today)) is due
    notice = retention_notice(cohort, today)
    assert said in notice
    assert bool(notice) is bool(said)


def test_a_day_in_quotes_is_a_day(cohort):
    """A program that wrote every value as text made data that were overdue look as if they might be kept."""
    path = cohort / "cohort.yaml"
    described = yaml.safe_load(path.read_text(encoding="utf-8"))
    described["data_use"]["retention_date"] = str(described["data_use"]["retention_date"])
    path.write_text(yaml.safe_dump(described), encoding="utf-8")
    assert retention_date(cohort) == DAY


def test_a_run_refuses_data_that_should_be_gone(cohort, tmp_path):
    with pytest.raises(RefusedError, match="had to be deleted by 2024-08-31"):
        prepare(str(cohort), Workspace(tmp_path / "out"), None)


def test_without_a_date_nothing_is_due(tiny_cohort_folder, tmp_path):
    assert retention_notice(tiny_cohort_folder) == ""
    assert retention([str(tiny_cohort_folder)], [tmp_path], apply=True).cohorts == (("tiny", "", "may be kept"),)
    assert load_cohort(tiny_cohort_folder).id == "tiny"


def test_only_what_is_due_is_deleted_and_only_when_asked(cohort, tmp_path):
    workspace = Workspace(tmp_path / "out")
    kept = workspace.published_dir("tiny", "public") / "index.html"
    gone = workspace.executed_file("tiny", "public", "04_a")
    other = workspace.executed_file("other", "public", "04_a")
    for path in (kept, gone, other):
        path.parent.mkdir(parents=True)
        path.write_text("x", encoding="utf-8")

    def files():
        return sorted(p.name for p in cohort.iterdir())

    before = files()
    retention([str(cohort)], [workspace.root], apply=True, today=DAY)
    listed = retention([str(cohort)], [workspace.root], today=DAY + dt.timedelta(days=1))
    assert "due" in str(listed)
    assert files() == before
    assert gone.exists()
    done = retention([str(cohort)], [workspace.root], apply=True, today=DAY + dt.timedelta(days=1))
    assert done.table()["state"].iloc[0].startswith("deleted: ")
    assert files() == [name for name in before if not name.endswith((".csv", ".parquet"))]
    assert not gone.exists()
    assert kept.exists()
    assert other.exists()


def test_after_deletion_no_run_is_published_that_cannot_be_compared(cohort, tmp_path):
    """The marks went with the data and the pages stayed: tables put back with one child less were then published."""
    workspace = Workspace(tmp_path / "out")
    path = workspace.published_runs_file("tiny")
    path.parent.mkdir(parents=True)
    marks = Marks((), (), {str(n): "" for n in range(40)})
    PublishedRuns(path).remember(marks)
    late = DAY + dt.timedelta(days=1)
    assert "in 1 output folder" in str(retention([str(cohort)], [workspace.root], apply=True, today=late))
    assert not any(mark in path.read_text(encoding="utf-8") for mark in ("children", "key"))
    assert "deleted on the day" in PublishedRuns(path).refusal(marks, 10)
    assert "due: 0 tables, and private files in 0" in str(retention([str(cohort)], [workspace.root], today=late))


def test_the_check_says_so(cohort, capsys):
    from wlz_eval.cli import app

    with pytest.raises(SystemExit):
        app(args=["check", str(cohort)])
    assert "retention  the data had to be deleted by 2024-08-31" in capsys.readouterr().out
