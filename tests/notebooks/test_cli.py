"""The command: what it prints, where, and with which exit status."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from toy_batch import fake_publish, write_cohort, write_notebook

from wlz_eval import cli


@pytest.fixture
def command(monkeypatch, capsys):
    """Run the command in this process; return status, output and errors."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["wlz-eval", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return call


@pytest.fixture
def toys(tmp_path, monkeypatch):
    """Toy notebooks in the place of the project's, and a folder to write to."""
    import wlz_eval.batch.graph

    books = tmp_path / "books"
    write_notebook(books, "01_a", ["print(draws, plan_overrides)"], 1)
    write_notebook(books, "02_b", ["print('b')"], 2, needs=["01_a"])
    monkeypatch.setattr(wlz_eval.batch.graph, "notebooks_dir", lambda: books)
    fake_publish(monkeypatch)
    return books


@pytest.fixture
def cohort(tmp_path):
    return write_cohort(tmp_path / "cohorts" / "toy")


def python(*arguments):
    found = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True)
    return found.stdout


#: What no help needs: each costs more than the whole of it.
HEAVY = (
    "pandas", "numpy", "scipy", "papermill", "nbformat", "jupyter_client", "pydantic", "IPython", "rich",
    "importlib.metadata",
)  # fmt: skip


def test_help_loads_no_heavy_package():
    helped = python("-m", "wlz_eval", "--help")
    for verb in ("run", "check", "new", "simulate", "plan", "site"):
        assert f" {verb} " in helped
    count = (
        "import sys, wlz_eval.cli as cli; sys.argv = ['wlz-eval', '--help']\n"
        "try: cli.main()\n"
        f"except SystemExit: print([m for m in {HEAVY} if m in sys.modules], len(sys.modules))"
    )
    found, number = python("-c", count).splitlines()[-1].rsplit(" ", 1)
    assert found == "[]"
    assert int(number) < 200, "modules, most of them Python's own and typer's"


def test_version(command):
    from importlib.metadata import version

    assert command("--version") == (0, f"wlz-eval {version('wlz-eval')}\n", "")


def test_a_run_ends_with_where_to_open_the_site(command, toys, cohort, tmp_path):
    overrides = '{"seed": 5}'
    status, out, err = command(
        "run", cohort, "--out", tmp_path / "out", "-p", "draws", "8", "-p", "plan_overrides", overrides
    )
    assert status == 0, err
    assert out.splitlines()[-1] == f"Open {(tmp_path / 'out/reports/index.html').as_uri()}"
    assert "Notebooks: 2 succeeded." in out
    assert "[2/2] toy 02_b succeeded" in err
    assert "8 {'seed': 5}" in (tmp_path / "out/.work/toy/public/executed/01_a.ipynb").read_text()

    status, out, err = command(
        "run", cohort, "--out", tmp_path / "out", "-q", "-p", "draws=8", "-p", "plan_overrides", overrides
    )
    assert (status, err) == (0, "")
    assert out == f"Open {(tmp_path / 'out/reports/index.html').as_uri()}\n"


def test_a_dry_run_says_why_and_does_nothing(command, toys, cohort, tmp_path):
    status, out, _ = command("run", cohort, "--out", tmp_path / "out", "--dry-run")
    assert status == 0
    assert out.splitlines() == ["toy 01_a  run: it has not been run", "toy 02_b  run: it has not been run"]
    assert not (tmp_path / "out").exists()


def test_a_failed_notebook(command, toys, cohort, tmp_path):
    write_notebook(toys, "01_a", ["raise ValueError('child 17')"], 1)
    status, out, err = command("run", cohort, "--out", tmp_path / "out", "--quiet")
    assert status == 1
    assert re.search(r"toy 01_a failed in [\d.]+ s: ValueError: child 17 in cell 3; traceback in ", err)
    assert "Traceback (most recent" not in err
    assert out.startswith("Open file://")


def test_a_cohort_that_is_not_there_leaves_the_others(command, toys, cohort, tmp_path):
    status, out, err = command("run", "star-1968", cohort, "--out", tmp_path / "out")
    assert status == 2
    assert "Did you mean star-1986?" in err
    assert "Traceback" not in err
    assert "2 succeeded" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "-p", "drows", "8"], "Did you mean draws?"),
        (["run", "-p", "draws"], "-p needs a name and a value"),
        (["run", "-p", "draws", "8", "-p", "draws", "9"], "given twice"),
        (["run", "--notebook", "01_aa"], "Did you mean 01_a?"),
        (["plan", "star-1986", "--registered", "osf.io/x"], "--registered goes with --lock"),
        (["plan", "star-1985"], "Did you mean star-1986?"),
        (["new", "x", "--from", "wide.csv"], "There is no spreadsheet wide.csv"),
        (["new", "x", "--mapping", "mapping.yaml"], "Give both: --from FILE --mapping FILE"),
        (["simulate", "tests", "--out", "tests"], "already there and not empty"),
    ],
)
def test_a_request_that_is_wrong(command, toys, arguments, message, tmp_path):
    more = ["--out", tmp_path / "out"] if arguments[0] == "run" else []
    status, _, err = command(*arguments, *more)
    assert status == 2
    assert message in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "arguments", [["run", "--audience", "pubic"], ["run", "--workers", "-1"], ["nonsense"], ["check"]]
)
def test_what_typer_itself_refuses(command, toys, arguments):
    assert command(*arguments)[0] == 2


def test_a_bug_shows_its_traceback(toys, monkeypatch):
    import wlz_eval.batch

    def break_down(*arguments):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(wlz_eval.batch, "plan_run", break_down)
    monkeypatch.setattr(sys, "argv", ["wlz-eval", "run", "--dry-run"])
    with pytest.raises(ZeroDivisionError, match="a bug"):
        cli.main()


def test_check_lists_every_problem_of_cohort_and_plan(command, cohort):
    assert command("check", cohort)[0] == 0
    (cohort / "children.csv").write_text("child_id,group,index_date\nc0,programm,yesterday\n")
    (cohort / "plan.yaml").write_text("outcomes: []\nsed: 4\n")
    status, out, err = command("check", cohort, "star-1986", "nowhere")
    assert status == 2
    assert "programm" in out
    assert "yesterday" in out
    assert "sed" in out
    assert "star-1986: no problems" in out
    assert "there is no such cohort" in out
    assert "Traceback" not in out + err


def test_plan_shows_locks_and_explains(command, cohort):
    status, out, _ = command("plan", cohort)
    assert status == 0
    assert "seed: 2024" in out
    assert "not locked" in out
    status, out, _ = command("plan", cohort, "--lock", "--registered", "https://osf.io/x")
    assert status == 0
    assert (cohort / "plan.lock.yaml").exists()
    assert "registered at https://osf.io/x" in out
    assert "outcomes:" in command("plan", cohort, "--explain")[1]


def test_a_new_cohort_can_be_filled_in(command, tmp_path):
    status, out, err = command("new", tmp_path / "mine")
    assert status == 0, err
    assert "wlz-eval check" in out
    assert (tmp_path / "mine" / "plan.yaml").exists()
    assert (tmp_path / "mine" / "children.csv").exists()


def test_a_spreadsheet_becomes_a_cohort_by_doing_what_is_printed(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [
        f"P{i},Jo Bloggs,W3 {i % 9}AB,{i % 28 + 1:02}/05/2014,School {i % 3},{'YN'[i % 2]},{'YN'[i % 3 > 0]},None,"
        f"{'04/09/2023' if i % 2 == 0 else ''},{90 + i % 20},{95 + i % 20},{90 + i % 9}%,{i}"
        for i in range(60)
    ]
    header = "Pupil ID,Name,Postcode,DOB,School,On programme?,FSM,SEN,Start date,Reading baseline,Reading endline"
    header += ",Attendance baseline,Sessions attended"
    Path("wide.csv").write_text("\n".join([header, *rows]), encoding="utf-8")
    status, out, err = command("new", "./mine", "--from", "wide.csv")
    assert status == 0, err
    again = next(line.split("wlz-eval ", 1)[1].split() for line in out.splitlines() if "Run: wlz-eval new" in line)
    status, out, err = command(*again)
    assert status == 0, err
    assert "30 programme and 30 comparison children, 180 measurements" in out
    status, out, _ = command("check", "./mine")
    assert status == 0, out
    children = Path("mine/children.csv").read_text(encoding="utf-8")
    assert ",2014-05," in children
    assert "Bloggs" not in children
    assert "/05/2014" not in children
    plan = command("plan", "./mine")[1]
    assert "programme ~ english_baseline + attendance_baseline + fsm" in plan


def test_a_simulated_cohort_passes_its_check(command, tmp_path):
    folder = tmp_path / "small"
    status, out, err = command(
        "simulate", "small", "--children", 40, "--pool", 400, "--schools", 4, "--comparison-schools", 4,
        "--seed", 3, "--effect", 0.2, "--selection", "judgement", "--comparison-measures", "administrative",
        "--out", folder,
    )  # fmt: skip
    assert status == 0, err
    assert str(folder) in out
    assert (folder / "truth.yaml").exists()
    status, out, _ = command("check", folder)
    assert status == 0, out


def test_site_says_where_to_open_it(command, tmp_path, monkeypatch):
    fake_publish(monkeypatch)
    status, out, _ = command("site", "--out", tmp_path, "--audience", "internal")
    assert status == 0
    assert out.strip() == (tmp_path / "reports-internal" / "index.html").as_uri()


def test_efforts_of_the_command_are_those_of_the_suite():
    from wlz_eval.cli import Effort
    from wlz_eval.core.effort import EFFORTS

    assert [effort.value for effort in Effort] == list(EFFORTS)
