"""A study of many cells of worlds: run one after another, kept after each, and told from what other code has made."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from wlz_eval.simulate.committed import has_committed, read_committed, study_folder, write_committed

__all__ = ["CHECKED", "CellStudy"]

#: Worlds of a cell that are run again to see whether other code gives the same numbers, and how near they must be.
CHECKED, SAME = 4, 1e-5


@dataclass(frozen=True, kw_only=True)
class CellStudy:
    """How a study is run and kept.

    Parameters
    ----------
    name : str
        Of the files: ``calibration``.
    module : str
        What makes them, below ``wlz_eval.simulate``.
    cells : tuple of str
        In the order in which they are kept.
    run_cell : function
        From a cell and a number of worlds to its rows: ``cell``, ``worlds``, ``check`` (a sum over the first
        :data:`CHECKED` worlds), and what was found.
    facts : mapping
        What stands beside the table, the hash of the running code (``code``) among it.
    told : function
        From the rows of a cell to what is said of it.
    """

    name: str
    module: str
    cells: tuple[str, ...]
    run_cell: Callable[[str, int], pd.DataFrame]
    facts: Mapping[str, Any]
    told: Callable[[pd.DataFrame], str]

    def run(
        self, worlds: int, cells: Iterable[str], folder: Path, recheck: bool = False, say: Callable[[str], None] = print
    ) -> None:
        """Run cells that are not yet done, writing after each, so that a run may be stopped and gone on with.

        Parameters
        ----------
        worlds : int
            In each cell.
        cells : iterable of str
        folder : Path
        recheck : bool
            Keep results of older code where the first worlds come out the same.
        say : function
            Told what each cell gave.
        """
        parts = [self._done(folder, worlds, recheck)]
        if len(parts[0]):
            self._write(folder, parts)
        known = set(parts[0]["cell"]) if len(parts[0]) else set()
        for name in cells:
            if name in known:
                continue
            parts.append(self.run_cell(name, worlds))
            self._write(folder, parts)
            say(f"{name}: {self.told(parts[-1])}")

    def command(self, description: str | None) -> None:
        """Run the study as the command line asks."""
        parser = argparse.ArgumentParser(description=description)
        parser.add_argument("--worlds", type=int, default=1000, help="worlds in each cell")
        parser.add_argument("--cell", action="append", choices=self.cells, help="only this cell (may be repeated)")
        parser.add_argument(
            "--recheck", action="store_true", help="keep results of older code that gives the same numbers"
        )
        options = parser.parse_args()
        self.run(options.worlds, options.cell or self.cells, study_folder(), options.recheck)

    def _done(self, folder: Path, worlds: int, recheck: bool) -> pd.DataFrame:
        """Rows of earlier runs with as many worlds, by the same code or, when rechecked, by code that does the same."""
        if not has_committed(self.name, folder):
            return pd.DataFrame()
        rows, facts = read_committed(self.name, self.module, folder)
        rows = rows[(rows["worlds"] >= worlds) & rows["cell"].isin(self.cells)]
        if facts["code"] == self.facts["code"]:
            return rows
        same = [name for name, part in rows.groupby("cell") if recheck and self._unchanged(str(name), part)]
        return rows[rows["cell"].isin(same)]

    def _unchanged(self, name: str, rows: pd.DataFrame) -> bool:
        by = "candidate" if "candidate" in rows else "cell"
        fresh, stored = (part.set_index(by)["check"] for part in (self.run_cell(name, CHECKED), rows))
        return list(fresh.index) == list(stored.index) and bool((abs(fresh - stored) <= SAME).all())

    def _write(self, folder: Path, parts: Iterable[pd.DataFrame]) -> None:
        rows = pd.concat([part for part in parts if len(part)])
        order = {name: i for i, name in enumerate(self.cells)}
        rows = rows.sort_values("cell", key=lambda c: c.map(order), kind="stable")
        facts = {"made_by": f"python -m wlz_eval.simulate.{self.module}", **self.facts}
        write_committed(self.name, rows, facts, folder)
