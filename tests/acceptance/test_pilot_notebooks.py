"""A rebuilt anchor of the pilot runs through pages 2, 3 and 5 by its path, without any comparison children."""

from pathlib import Path

import papermill
import pytest

from wlz_eval.pilot.folders import rebuilt_folder

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


@pytest.mark.parametrize("name", ["02_identification", "03_progress", "05_engagement"])
def test_a_page_of_phoenix_succeeds(name, tmp_path):
    done = papermill.execute_notebook(
        str(NOTEBOOKS / f"{name}.ipynb"), str(tmp_path / f"{name}.ipynb"), progress_bar=False, kernel_name="python3",
        parameters={
            "cohort": str(rebuilt_folder() / "pilot-phoenix"), "audience": "public", "effort": "draft",
            "out_dir": str(tmp_path),
        },
        cwd=str(tmp_path),
    )  # fmt: skip
    outputs = [o.get("data", {}) for cell in done.cells for o in cell.get("outputs", [])]
    texts = [data["text/plain"] for data in outputs if "text/plain" in data]
    assert any("SIMULATED DATA: no real children" in text for text in texts)
    assert (tmp_path / ".work" / "pilot-phoenix" / "public" / "ledger" / f"{name}.json").exists()
