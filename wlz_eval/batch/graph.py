"""The notebooks of a folder and the order in which they run, read from their own metadata."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from wlz_eval.batch.parameters import Parameter, read_parameters
from wlz_eval.core.errors import RunError, suggestion
from wlz_eval.core.files import hash_json, notebooks_dir

__all__ = ["Graph", "NotebookFile", "read_graph"]


@dataclass(frozen=True)
class NotebookFile:
    """One notebook: where it is, what it needs, which parameters it takes.

    Parameters
    ----------
    name : str
        File name without its ending, such as ``04_attribution``.
    path : Path
        The file.
    order : int
        Its place among notebooks that do not need one another.
    needs : tuple of str
        Notebooks whose findings it reads.
    parameters : mapping of str to Parameter
        Typed defaults of its ``parameters`` cell.
    source_hash : str
        Hash of its cells and metadata, without outputs and execution counts.
    code_cells : int
        Number of code cells: a first guess of how long it takes.
    metadata : mapping
        What it says of itself under ``wlz_eval``.
    """

    name: str
    path: Path
    order: int
    needs: tuple[str, ...]
    parameters: Mapping[str, Parameter] = field(repr=False)
    source_hash: str = field(repr=False)
    code_cells: int = 0
    metadata: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Graph:
    """Notebooks in an order in which each comes after all that it needs.

    Parameters
    ----------
    notebooks : mapping of str to NotebookFile
        In that order.
    """

    notebooks: Mapping[str, NotebookFile]

    def __getitem__(self, name: str) -> NotebookFile:
        if name not in self.notebooks:
            raise RunError(f"There is no notebook {name!r}. {suggestion(name, list(self.notebooks))}")
        return self.notebooks[name]

    def closure(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return `names` and everything that they need, in order; all notebooks when `names` is empty.

        A name may be shortened to what is unmistakable: ``04`` or ``attribution``.
        """
        wanted = {self.resolve(name) for name in names} or set(self.notebooks)
        for name in reversed(list(self.notebooks)):
            if name in wanted:
                wanted.update(self.notebooks[name].needs)
        return tuple(name for name in self.notebooks if name in wanted)

    def resolve(self, name: str) -> str:
        """Return the full name of a notebook from its name, number or topic."""
        plain = Path(name).name.removesuffix(".ipynb")
        matches = [n for n in self.notebooks if plain in (n, n.partition("_")[0], n.partition("_")[2])]
        return matches[0] if len(matches) == 1 else self[plain].name

    @cached_property
    def dependents(self) -> dict[str, tuple[str, ...]]:
        """For each notebook, those that need it directly."""
        return {name: tuple(n for n, other in self.notebooks.items() if name in other.needs) for name in self.notebooks}

    def critical_path(self, seconds: Mapping[str, float]) -> dict[str, float]:
        """Return for each notebook the time from its start to the end of all that waits for it.

        Parameters
        ----------
        seconds : mapping
            Expected time of each notebook, in any one unit.
        """
        length: dict[str, float] = {}
        for name in reversed(list(self.notebooks)):
            after = max((length[d] for d in self.dependents[name]), default=0.0)
            length[name] = seconds.get(name, 0.0) + after
        return length


def read_graph(folder: Path | None = None) -> Graph:
    """Read every notebook of a folder and put them in order.

    Parameters
    ----------
    folder : Path, optional
        Folder of the notebooks; the project's own when absent. Folders within it are not read.

    Returns
    -------
    Graph

    Raises
    ------
    RunError
        With every mistake at once: no notebooks, metadata missing, a needed notebook that is not there,
        a circle.
    """
    folder = notebooks_dir() if folder is None else Path(folder)
    paths = sorted(folder.glob("*.ipynb"))
    if not paths:
        raise RunError(f"There is no notebook in {folder}. Check that this is the folder of notebooks.")
    found: dict[str, NotebookFile] = {}
    mistakes: list[str] = []
    for path in paths:
        try:
            found[path.stem] = _read_notebook(path)
        except RunError as error:
            mistakes.append(str(error))
    if not mistakes:
        for notebook in found.values():
            for need in notebook.needs:
                if need not in found:
                    mistakes.append(
                        f"{notebook.path.name} needs a notebook {need!r} that is not there."
                        f" {suggestion(need, [n for n in found if n != notebook.name])}"
                    )
    if mistakes:
        raise RunError("\n".join(mistakes))
    return Graph({name: found[name] for name in _ordered(found)})


def _ordered(notebooks: Mapping[str, NotebookFile]) -> list[str]:
    sorter = TopologicalSorter({name: notebook.needs for name, notebook in notebooks.items()})
    try:
        sorter.prepare()
    except CycleError as error:
        circle = " → ".join(error.args[1])
        raise RunError(f"Notebooks need one another in a circle: {circle}. Remove one need.") from None
    ordered: list[str] = []
    waiting: list[str] = []
    while sorter.is_active():
        waiting.extend(sorter.get_ready())
        waiting.sort(key=lambda name: (notebooks[name].order, name))
        ordered.append(waiting.pop(0))
        sorter.done(ordered[-1])
    return ordered


def _read_notebook(path: Path) -> NotebookFile:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        cells = content["cells"]
        metadata = content["metadata"].get("wlz_eval")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise RunError(f"{path.name} is not a notebook of format 4 that can be read.") from None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("order"), int):
        raise RunError(f"{path.name}: the notebook's metadata need 'wlz_eval' with a whole number 'order'.")
    needs = metadata.get("needs", [])
    if not isinstance(needs, list) or not all(isinstance(need, str) for need in needs):
        raise RunError(f"{path.name}: 'needs' in the 'wlz_eval' metadata must be a list of notebook names.")
    tagged = [cell for cell in cells if "parameters" in cell.get("metadata", {}).get("tags", [])]
    if len(tagged) != 1:
        raise RunError(f"{path.name}: exactly one cell must have the tag 'parameters', found {len(tagged)}.")
    return NotebookFile(
        name=path.stem,
        path=path.resolve(),
        order=metadata["order"],
        needs=tuple(needs),
        parameters=read_parameters(_text(tagged[0]["source"]), path.name),
        source_hash=hash_json([metadata, [_cell_source(cell) for cell in cells]]),
        code_cells=sum(cell["cell_type"] == "code" for cell in cells),
        metadata=metadata,
    )


def _cell_source(cell: Mapping[str, Any]) -> list[Any]:
    return [
        cell["cell_type"],
        cell.get("id", ""),
        _text(cell["source"]),
        sorted(cell.get("metadata", {}).get("tags", [])),
    ]


def _text(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)
