"""The studies of the method run headless from what is committed, and hold no definitions."""

import ast
from pathlib import Path

import nbformat
import papermill
import pytest

STUDIES = sorted((Path(__file__).resolve().parents[2] / "notebooks" / "studies").glob("*.ipynb"))


def test_both_studies_are_there():
    assert [path.stem for path in STUDIES] == ["calibration", "known_answers"]


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_a_study_asks_first_runs_in_seconds_and_defines_nothing(path, tmp_path):
    notebook = nbformat.read(path, as_version=4)
    assert notebook.cells[0].source.splitlines()[0].endswith("?")
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not cell.outputs
            tree = ast.parse(cell.source)
            assert not any(isinstance(n, (ast.FunctionDef, ast.For, ast.While, ast.Lambda)) for n in ast.walk(tree))
    done = papermill.execute_notebook(str(path), str(tmp_path / path.name), progress_bar=False, kernel_name="python3")
    shown = [o for cell in done.cells if cell.cell_type == "code" for o in cell.outputs]
    assert not [o for o in shown if o.output_type == "stream" and o.name == "stderr"]
    assert any("image/png" in o.get("data", {}) for o in shown)
