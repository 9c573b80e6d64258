"""What the checks of data quality look at: every child, one row each, and every reading by measure and wave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.cohort.model import WAVES, Cohort
from wlz_eval.measures.scoring import attendance_by_wave, readings

__all__ = ["FEWEST", "PEOPLE", "Held"]

Array = npt.NDArray[np.float64]
#: Fewest children of a school that a check compares: below it a spread is not known.
FEWEST = 8
#: Informants who give a score, and so can be swayed or round it; registers and marked tests cannot.
PEOPLE = ("teacher", "parent", "self")


@dataclass(frozen=True)
class Held:
    """A cohort arranged for the checks.

    Parameters
    ----------
    cohort : Cohort
        The loaded cohort.
    """

    cohort: Cohort

    @cached_property
    def children(self) -> pd.DataFrame:
        """The children table, sorted and indexed by child."""
        return self.cohort.children.set_index("child_id").sort_index()

    @cached_property
    def readings(self) -> pd.DataFrame:
        """All readings, derived ones too, with whole words, ``school_id`` and ``programme``; blank values left out."""
        table = readings(self.cohort)
        table = table[table["value"].notna()].reset_index(drop=True)
        where = self.children.index.get_indexer(pd.Index(table["child_id"].astype("str")))
        words = [c for c in ("measure", "wave", "informant", "form") if c in table]
        table = table.assign(
            child=where,
            school_id=self.school[where],
            programme=self.programme[where],
            **{c: table[c].astype("str") for c in words},
        )
        return table[where >= 0].reset_index(drop=True)

    @cached_property
    def school(self) -> npt.NDArray[np.object_]:
        """School of each child."""
        return self.children["school_id"].astype("str").to_numpy(dtype=object)

    @cached_property
    def programme(self) -> npt.NDArray[np.bool_]:
        """Whether each child is of the programme."""
        return (self.children["group"] == "programme").to_numpy(dtype=bool)

    @cached_property
    def values(self) -> dict[tuple[str, str], Array]:
        """Readings of all children by measure and wave, NaN where none is held; the mean of several."""
        table, n = self.readings, len(self.children)
        out = {}
        found: dict[Any, Any] = dict(table.groupby(["measure", "wave"], sort=True).indices)
        for (measure, wave), rows in found.items():
            child = table["child"].to_numpy()[rows]
            value = table["value"].to_numpy(dtype=float)[rows]
            count = np.bincount(child, minlength=n)
            total = np.bincount(child, weights=value, minlength=n)
            out[str(measure), str(wave)] = np.divide(total, count, out=np.full(n, np.nan), where=count > 0)
        return out

    @cached_property
    def attendance(self) -> dict[str, Array]:
        """Attendance of all children by wave, in percent."""
        table = attendance_by_wave(self.cohort).reindex(self.children.index)
        return {str(c).removeprefix("attendance_"): table[c].to_numpy(dtype=float) for c in table}

    def waves(self, measure: str) -> list[str]:
        """Waves at which a measure is held, in order of time."""
        return [w for w in WAVES if (measure, w) in self.values]

    @cached_property
    def measures(self) -> list[str]:
        """Measures held, by name."""
        return sorted({measure for measure, _ in self.values})

    def schools(
        self, known: npt.NDArray[np.bool_], fewest: int = FEWEST
    ) -> Iterator[tuple[str, npt.NDArray[np.int64]]]:
        """Give each school with enough known children, and their positions."""
        rows = np.flatnonzero(known)
        codes, names = pd.factorize(self.school[rows], sort=True)
        order = np.argsort(codes, kind="stable")
        bounds = np.flatnonzero(np.diff(codes[order])) + 1
        for part in np.split(rows[order], bounds) if len(rows) else []:
            if len(part) >= fewest:
                yield str(names[codes[np.searchsorted(rows, part[0])]]), part

    @cached_property
    def informants(self) -> dict[str, set[str]]:
        """Who answered each measure."""
        table = self.readings
        if "informant" not in table:
            return {measure: set() for measure in self.measures}
        pairs = table[["measure", "informant"]].drop_duplicates().dropna()
        return {str(measure): set(rows) for measure, rows in pairs.groupby("measure")["informant"]}
