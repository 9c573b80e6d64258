"""Copy the notebooks for nbval, with their outputs sent to a folder that is thrown away.

nbval runs a notebook with the defaults in its `parameters` cell; the default output folder is the project's
own, which a test must not touch.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[2]
DEFAULT = 'out_dir: str = ""'


def prepare(target: Path) -> list[Path]:
    """Write a copy of each notebook into ``target/notebooks`` whose results go to ``target``."""
    folder = target / "notebooks"
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for source in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")):
        notebook = nbformat.read(source, as_version=4)
        cell = next(c for c in notebook.cells if "parameters" in c.metadata.get("tags", []))
        if cell.source.count(DEFAULT) != 1:
            raise SystemExit(f"{source.name}: the parameters cell must hold the line {DEFAULT!r} once")
        cell.source = cell.source.replace(DEFAULT, f"out_dir: str = {str(target.resolve())!r}")
        nbformat.write(notebook, folder / source.name)
        written.append(folder / source.name)
    return written


if __name__ == "__main__":
    prepare(Path(sys.argv[1]))
