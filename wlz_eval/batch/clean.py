"""Make an executed notebook the same to the byte on every run: no times, no paths, no chance identifiers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["clean_notebook"]

_INJECTED = "injected-parameters"


def clean_notebook(notebook: NotebookNode, parameters: Mapping[str, Any]) -> NotebookNode:
    """Strip what varies between runs, and say in the injected cell only what a reader may know.

    Parameters
    ----------
    notebook : NotebookNode
        An executed notebook; it is changed.
    parameters : mapping
        What the injected cell is to say: neither folders nor the number of workers, which differ
        between machines and change no result.

    Returns
    -------
    NotebookNode
        The same notebook.
    """
    notebook.metadata.pop("papermill", None)
    notebook.metadata.pop("widgets", None)
    for number, cell in enumerate(notebook.cells, start=1):
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if not cell.metadata.get("tags", [True]):
            cell.metadata.pop("tags")
        if _INJECTED in cell.metadata.get("tags", []):
            cell["id"] = _INJECTED
            cell["source"] = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
        elif not cell.get("id"):
            cell["id"] = f"cell-{number:02d}"
    return notebook
