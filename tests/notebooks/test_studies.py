"""The studies of the method run headless from what is committed, and hold no definitions."""

import ast
from pathlib import Path

import nbformat
import papermill
import pytest

from wlz_eval.report.studies import check_study

STUDIES = sorted((Path(__file__).resolve().parents[2] / "notebooks" / "studies").glob("*.ipynb"))
NOT_ALLOWED = (ast.FunctionDef, ast.For, ast.While, ast.Lambda)


def tagged(notebook, tag):
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]


def test_the_studies_are_there():
    assert {"calibration", "known_answers"} <= {path.stem for path in STUDIES}


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
class TestStudy:
    def test_it_asks_first_and_answers_and_defines_nothing(self, path):
        notebook = nbformat.read(path, as_version=4)
        about = notebook.metadata["wlz_eval"]
        check_study(path.stem, about)
        assert notebook.cells[0].source.splitlines()[0] == f"# {about['question']}"
        assert about["question"].endswith("?")
        assert (len(tagged(notebook, "answer")), len(tagged(notebook, "limits"))) == (1, 1)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                assert not cell.outputs
                assert not any(isinstance(node, NOT_ALLOWED) for node in ast.walk(ast.parse(cell.source)))

    def test_it_runs_in_seconds_and_shows_nothing_past_its_verbs(self, path, tmp_path):
        done = papermill.execute_notebook(
            str(path), str(tmp_path / path.name), parameters={"out_dir": str(tmp_path)}, progress_bar=False,
            kernel_name="python3", cwd=str(tmp_path),
        )
        shown = [o for cell in done.cells if cell.cell_type == "code" for o in cell.outputs]
        assert shown
        assert all(o.get("metadata", {}).get("wlz_eval", {}).get("released") for o in shown)
        assert any("image/png" in o.get("data", {}) for o in shown)
        assert (tmp_path / ".work" / "studies" / "public" / "ledger" / f"{path.stem}.json").exists()
