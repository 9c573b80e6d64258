"""The data behind each figure as a table to download: what its drawing function was given, as released."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wlz_eval.core.files import write_atomic
from wlz_eval.core.numbers import NOT_AVAILABLE
from wlz_eval.release.ledger import Ledger, LedgerCell
from wlz_eval.report.exports import BOM, safe_csv

__all__ = ["FigureData", "figure_csv", "figures_of", "write_figure_data"]

#: What begins the name of a drawing function and says nothing of the figure.
_VERBS = re.compile(r"^(?:draw|plot)_")


@dataclass(frozen=True)
class FigureData:
    """One figure of a page, and the file that holds its data.

    Parameters
    ----------
    block : str
        With what the ledger's keys of its cells begin.
    file : str
        Name of the file: of the notebook and of the drawing function, so that it is the same in every run.
    about : mapping
        Titles, columns and released data, as the release verb kept them beside the picture.
    """

    block: str
    file: str
    about: Mapping[str, Any]


def figures_of(name: str, notebook: Mapping[str, Any]) -> tuple[FigureData, ...]:
    """Find the figures of an executed notebook, in order.

    Parameters
    ----------
    name : str
        Of the notebook.
    notebook : mapping
        As it was run, or as its withheld cells were blanked: a figure that was taken out has no data either.
    """
    found: list[FigureData] = []
    taken: set[str] = set()
    for about in _about(notebook):
        function = about["draw"].rpartition(":")[2].rpartition(".")[2]
        stem = f"{name}-{_VERBS.sub('', function) if function.isidentifier() else 'figure'}"
        file, n = stem, 2
        while file in taken:
            file, n = f"{stem}_{n}", n + 1
        taken.add(file)
        found.append(FigureData(about["block"], f"{file}.csv", about))
    return tuple(found)


def _about(notebook: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            about = output.get("metadata", {}).get("wlz_eval", {}).get("figure")
            if about:
                yield about


def write_figure_data(folder: Path, figures: Iterable[FigureData], ledger: Ledger) -> None:
    """Write the data of a page's figures into the folder in which the page stands."""
    for figure in figures:
        write_atomic(folder / figure.file, BOM + figure_csv(figure, ledger))


def figure_csv(figure: FigureData, ledger: Ledger) -> str:
    """Write a figure's data, each cell as the ledger says that it was released.

    Parameters
    ----------
    figure : FigureData
    ledger : Ledger
        Of its page; where it says that a cell is withheld, the table says so too, whatever the data hold.

    Returns
    -------
    str
        Text that is safe to open in a spreadsheet: plain numbers, and words where there is none.
    """
    cells = {cell.key: cell for cell in ledger.cells}
    about = figure.about
    lines = [list(_heads(about["titles"], about["columns"]))]
    height = len(next(iter(about["data"].values())))
    for i in range(height):
        row: list[str] = []
        for j, names in enumerate(about["columns"]):
            cell = cells.get(f"{figure.block}.{i}.{j}")
            row += [_shown(about["data"][name][i], cell) for name in names]
        lines.append(row)
    return safe_csv(lines)


def _heads(titles: list[str], columns: list[list[str]]) -> Iterator[str]:
    """Title of each column; an interval has two."""
    for title, names in zip(titles, columns, strict=True):
        yield from [title] if len(names) == 1 else [f"{title}: low", f"{title}: high"]


def _shown(value: Any, cell: LedgerCell | None) -> str:
    """Return one cell as text: the word that stands for a number where there is none, or none is shown."""
    if cell is None:
        return "" if value is None or value != value else str(value)
    if cell.hidden or cell.text == NOT_AVAILABLE or " in 100" in cell.text:
        return cell.text
    return "" if value is None or value != value else f"{float(value):.10g}"
