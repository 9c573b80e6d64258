"""Faults that may pass are tried once more, and are told from those that do not."""

from __future__ import annotations

import papermill
import pytest
from nbclient.exceptions import CellTimeoutError
from toy_batch import PARAMETERS, write_notebook

from wlz_eval.batch.execute import NotebookTask, execute


@pytest.fixture
def task(tmp_path):
    source = write_notebook(tmp_path, "01_a", ["print(1)"], 1, parameters=PARAMETERS)
    return NotebookTask(source, tmp_path / "out.ipynb", tmp_path / "a.log", {}, {}, tmp_path / "scratch")


def failing(monkeypatch, message, times):
    """Let papermill fail so often before it does its work."""
    real, left = papermill.execute_notebook, [times]

    def execute_notebook(*arguments, **options):
        if left[0]:
            left[0] -= 1
            raise CellTimeoutError(message)
        return real(*arguments, **options)

    monkeypatch.setattr(papermill, "execute_notebook", execute_notebook)


def test_output_that_did_not_arrive_is_waited_for_again(task, monkeypatch):
    """On a busy machine a cell of a second was said to have taken an hour."""
    failing(monkeypatch, "Timeout waiting for IOPub output", 1)
    assert execute(task).status == "succeeded"
    assert "attempt 1: the output of a cell did not arrive" in task.log.read_text()


def test_output_lost_twice_is_a_failure_with_its_own_reason(task, monkeypatch):
    failing(monkeypatch, "Timeout waiting for IOPub output", 2)
    ended = execute(task)
    assert (ended.status, ended.reason) == ("failed", "the output of a cell did not arrive, twice")


def test_a_cell_that_takes_too_long_is_not_tried_again(task, monkeypatch):
    failing(monkeypatch, "A cell timed out while it was being executed, after 3600 seconds.", 1)
    ended = execute(task)
    assert ended.status == "failed"
    assert "took longer than 3,600 seconds" in ended.reason
