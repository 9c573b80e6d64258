"""Renew the few outputs that are committed: the answers of star-1986 that nbval compares.

Run it after a change that is meant to move an answer: ``python tests/notebooks/refresh.py``.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import nbformat
import papermill

ROOT = Path(__file__).resolve().parents[2]


def refresh(path: Path) -> bool:
    """Run a notebook that has checked cells and keep the outputs of those cells only."""
    notebook = nbformat.read(path, as_version=4)
    checked = {cell.id for cell in notebook.cells if "nbval-check-output" in cell.metadata.get("tags", [])}
    if not checked:
        return False
    with tempfile.TemporaryDirectory() as folder:
        done = papermill.execute_notebook(
            str(path), str(Path(folder) / path.name), {"out_dir": folder}, progress_bar=False, kernel_name="python3"
        )
    outputs = {cell.id: cell.outputs for cell in done.cells if cell.id in checked}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = outputs.get(cell.id, [])
            # nbval takes outputs without a count for those of a cell that was never run.
            cell.execution_count = 1 if cell.id in checked else None
    nbformat.write(notebook, path)
    return True


if __name__ == "__main__":
    for notebook_path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")):
        if refresh(notebook_path):
            print(f"renewed {notebook_path.name}")
