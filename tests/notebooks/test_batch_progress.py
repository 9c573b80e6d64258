"""What a run shows: on a terminal, in a file, to a machine, and to nobody."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from toy_batch import fake_publish, write_cohort, write_notebook

from wlz_eval import cli
from wlz_eval.batch.timeleft import seconds_left

COMMAND = [sys.executable, str(Path(__file__).with_name("toy_command.py"))]


@pytest.fixture
def books(tmp_path):
    folder = tmp_path / "books"
    write_notebook(folder, "01_long", ["import time; time.sleep(1)"], 1)
    bad = "from wlz_eval.core.errors import DesignError\nraise DesignError('No child was matched.')"
    write_notebook(folder, "02_bad", [bad], 2)
    write_notebook(folder, "03_after", ["print(1)"], 3, needs=["02_bad"])
    return folder


@pytest.fixture
def cohort(tmp_path):
    return write_cohort(tmp_path / "cohorts" / "toy")


@pytest.fixture
def call(books, monkeypatch, capsys):
    """Run the command in this process, which has no terminal."""
    import wlz_eval.batch.graph

    monkeypatch.setattr(wlz_eval.batch.graph, "notebooks_dir", lambda: books)
    fake_publish(monkeypatch)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["wlz-eval", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return SimpleNamespace(returncode=ended.value.code or 0, stdout=said.out, stderr=said.err)

    return call


def on_terminal(books, *arguments):
    """Run the command in a process of its own on a pseudo-terminal; return its status and all that it wrote."""
    outer, inner = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "200", "LINES": "40"}
    words = [*COMMAND, str(books), *map(str, arguments)]
    with subprocess.Popen(words, stdin=inner, stdout=inner, stderr=inner, env=environment) as process:
        os.close(inner)
        said = bytearray()
        try:
            while part := os.read(outer, 65536):
                said += part
        except OSError:
            pass  # the last one to hold the terminal has ended
        os.close(outer)
    return process.returncode, said.decode()


def test_a_terminal_shows_one_live_bar(tmp_path, books, cohort):
    status, said = on_terminal(books, "run", cohort, "nowhere", "--out", tmp_path / "out", "--workers", 1)
    assert status == 2
    assert "\x1b[" in said, "drawn again in place"
    # What runs now, what has ended and how, and how many there are once the cohort that is not there is left out.
    assert "toy 01_long" in said
    assert "1 failed, 1 skipped" in said
    assert "2/3" in said
    assert " left" in said
    log = tmp_path / "out/.work/toy/public/log/02_bad.log"
    assert f"No child was matched. (log: {log})" in said.replace("\r\n", "\n")
    assert "Notebooks: 1 succeeded, 1 failed, 1 skipped." in said


def test_a_file_gets_plain_lines(tmp_path, call, cohort):
    ended = call("run", cohort, "--out", tmp_path / "out", "--workers", 1)
    assert ended.returncode == 1
    assert "\x1b[" not in ended.stdout + ended.stderr
    lines = ended.stderr.splitlines()
    assert [line.split("]")[0] for line in lines] == ["[1/3", "[2/3", "[3/3"]
    assert "toy 03_after skipped: it needs 02_bad, which failed" in ended.stderr
    assert any(line.endswith(" left") for line in lines[:2])
    assert not lines[-1].endswith(" left")
    record = json.loads((tmp_path / "out/.work/toy/public/run.json").read_text())["notebooks"]
    assert record["02_bad"]["log"] == "log/02_bad.log"
    assert "No child was matched" in (tmp_path / "out/.work/toy/public/log/02_bad.log").read_text()
    assert record["03_after"]["log"] == ""

    again = call("run", cohort, "--out", tmp_path / "out", "--quiet")
    log = tmp_path / "out/.work/toy/public/log/02_bad.log"
    assert again.stdout == f"Open {(tmp_path / 'out/reports/index.html').as_uri()}\n"
    assert again.stderr.startswith("toy 02_bad failed in ")
    assert f"(log: {log})" in again.stderr
    assert len(again.stderr.splitlines()) == 1


def test_a_machine_gets_one_object_a_line(tmp_path, call, cohort):
    ended = call("run", cohort, "nowhere", "--out", tmp_path / "out", "--workers", 1, "--json")
    assert (ended.returncode, ended.stderr) == (2, "")
    events = [json.loads(line) for line in ended.stdout.splitlines()]
    assert {event["time"][-1] for event in events} == {"Z"}
    kinds = [event["event"] for event in events]
    assert kinds[0] == "begin"
    assert kinds[-1] == "summary"
    assert sorted(kinds[1:-1]) == ["ended"] * 3 + ["refused"] + ["started"] * 2
    assert events[0] | {"time": ""} == {"event": "begin", "time": "", "format": 1, "notebooks": 6}
    bad = next(event for event in events if event["event"] == "ended" and event["notebook"] == "02_bad")
    assert list(bad) == [
        "event", "time", "cohort", "notebook", "status", "reason", "seconds", "detail", "log", "done", "notebooks",
        "seconds_left",
    ]  # fmt: skip
    assert bad["status"] == "failed"
    assert bad["reason"] == "No child was matched."
    assert Path(bad["log"]).is_file()
    summary = events[-1]
    assert summary["exit_code"] == 2
    assert summary["counts"] == {"succeeded": 1, "failed": 1, "skipped": 1}
    assert [refusal["cohort"] for refusal in summary["refused"]] == ["nowhere"]
    assert summary["site"].endswith("reports/index.html")
    assert summary["interrupted"] is False


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        (["run", "--notebook", "01_lng"], "RunError", "Did you mean 01_long?"),
        (["run", "--workers", "-1"], "BadParameter", "--workers"),
        (["run", "--cohorts"], "NoSuchOption", "--cohorts"),
    ],
)
def test_errors_too_are_json(tmp_path, call, arguments, kind, words):
    ended = call(*arguments, "--out", tmp_path / "out", "--json")
    assert (ended.returncode, ended.stderr) == (2, "")
    [event] = [json.loads(line) for line in ended.stdout.splitlines()]
    assert event["event"] == "error"
    assert event["kind"] == kind
    assert event["exit_code"] == 2
    assert words in event["message"]


def test_a_dry_run_for_a_machine(tmp_path, call, cohort):
    ended = call("run", cohort, "--out", tmp_path / "out", "--dry-run", "--json")
    events = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [event["event"] for event in events] == ["planned"] * 3 + ["summary"]
    assert events[0]["reason"] == "it has not been run"
    assert not (tmp_path / "out").exists()


def test_time_left_follows_seconds_and_not_counts():
    # Two short ones are done and one long one waits: most of the time is still to come.
    assert seconds_left(100.0, [], 100.0, 1.0, 2) == 100.0
    assert seconds_left(100.0, [], 10.0, 1.0, 4) == 25.0
    # On a machine that takes twice as long, what runs longer than expected is as good as done.
    assert seconds_left(10.0, [(5.0, 30.0)], 10.0, 2.0, 1) == 20.0
