"""``wlz_eval.run`` is the command, from Python and from a notebook."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
import typer
from toy_batch import fake_publish, write_cohort, write_notebook

import wlz_eval
from wlz_eval.cli import app
from wlz_eval.core.errors import OptionError


@pytest.fixture
def books(tmp_path):
    folder = tmp_path / "books"
    write_notebook(folder, "01_a", ["print(draws)"], 1)
    write_notebook(folder, "02_b", ["1 / 0"], 2)
    return folder


@pytest.fixture
def cohort(tmp_path):
    return write_cohort(tmp_path / "cohorts" / "toy")


def test_options_are_those_of_the_command():
    command = typer.main.get_command(app).commands["run"]
    names = {max(option.opts, key=len).lstrip("-").replace("-", "_") for option in command.params} - {"help"}
    names = {"parameter" if name == "p" else name for name in names}
    # A machine that speaks Python needs no JSON.
    parameters = [name for name in inspect.signature(wlz_eval.run).parameters if name != "unknown"]
    assert set(parameters) == names - {"json"}


def test_a_result_has_a_table(tmp_path, books, cohort, monkeypatch, capsys):
    import wlz_eval.batch.graph

    monkeypatch.setattr(wlz_eval.batch.graph, "notebooks_dir", lambda: books)
    fake_publish(monkeypatch)
    result = wlz_eval.run(cohort, out=tmp_path / "out", parameter={"draws": 8}, cold=True)
    table = result.table()
    assert list(table.columns) == ["cohort", "notebook", "status", "seconds", "reason"]
    assert table["status"].tolist() == ["succeeded", "failed"]
    assert table["reason"].str.contains("ZeroDivisionError").tolist() == [False, True]
    assert result.exit_code == 1
    assert result.site == tmp_path / "out/reports/index.html"
    assert "[2/2]" in capsys.readouterr().out
    planned = wlz_eval.run([cohort], out=tmp_path / "out", parameter={"draws": 8}, notebook="01", dry_run=True)
    assert planned.table()["action"].tolist() == ["keep"]


def test_a_misspelt_option_gives_the_nearest_name():
    with pytest.raises(OptionError) as refused:
        wlz_eval.run("star-1986", worker=2, notebooks="01")
    assert "run has no option 'worker'. Did you mean workers?" in str(refused.value)
    assert "run has no option 'notebooks'. Did you mean notebook?" in str(refused.value)


def test_it_runs_within_a_notebook(tmp_path, books, cohort):
    """A kernel has a running event loop, and settings of its own that the batch's kernels must not inherit."""
    import nbformat
    from nbclient import NotebookClient

    start = f"""\
import asyncio, sys, threading
from pathlib import Path
asyncio.get_running_loop()
sys.path.insert(0, {str(Path(__file__).parent)!r})
import pytest, wlz_eval, wlz_eval.batch.graph
from toy_batch import fake_publish
wlz_eval.batch.graph.notebooks_dir = lambda: Path({str(books)!r})
fake_publish(pytest.MonkeyPatch())
kept = []
def go(out):
    kept.append(wlz_eval.run({str(cohort)!r}, out=out, workers=1, notebook="01", cold=True))
"""
    main, other = (repr(str(tmp_path / name)) for name in ("main", "other"))
    calls = [f"go({main})", f"thread = threading.Thread(target=go, args=[{other}]); thread.start(); thread.join()"]
    book = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(text) for text in (start, *calls, "kept[0]", "kept[1]")]
    )
    NotebookClient(book, kernel_name="python3", timeout=100).execute()
    for call, result in ((1, 3), (2, 4)):
        assert "[1/1] toy 01_a succeeded" in str(book.cells[call].outputs)
        [shown] = [o for o in book.cells[result].outputs if o.output_type == "execute_result"]
        assert "succeeded" in shown["data"]["text/html"]
