"""What the checks of data quality look at: every child, one row each, and every reading by measure and wave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.cohort.lookup import encode
from wlz_eval.cohort.model import WAVES, Cohort
from wlz_eval.measures.scoring import attendance_by_wave, readings

__all__ = ["FEWEST", "PEOPLE", "Held", "grouped"]

Array = npt.NDArray[np.float64]
#: Fewest children of a school that a check compares: below it a spread is not known.
FEWEST = 8
#: Informants who give a score, and so can be swayed or round it; registers and marked tests cannot.
PEOPLE = ("teacher", "parent", "self")


#: Columns of readings that hold few different words.
WORDS = ("measure", "wave", "informant", "form")


def _words(cells: pd.Series) -> pd.Categorical:
    """Turn a column into categories in alphabetical order, those only that it holds."""
    codes, words = encode(cells.astype("str") if cells.dtype == object else cells)
    used = np.unique(codes[codes >= 0])
    names = words[used].astype(str)
    rank = np.full(len(words) + 1, -1)
    rank[used[np.argsort(names)]] = np.arange(len(used))
    return pd.Categorical.from_codes(rank[codes], categories=pd.Index(np.sort(names), dtype="str"))


def grouped(codes: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
    """Give the positions of each number in turn, lowest number first; each group's positions rise."""
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1) if len(codes) else []


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
        """All readings, derived ones too; blank values are left out.

        Words are categories in alphabetical order, since a pool of a million has twenty million readings. The child is
        its row in :attr:`children` (``child``), beside ``school_id`` and ``programme``.
        """
        table = readings(self.cohort)
        where = self.children.index.get_indexer(pd.Index(table["child_id"].astype("str")))
        kept = table["value"].notna().to_numpy(dtype=bool) & (where >= 0)
        where = where[kept]
        codes, names = self.school_codes
        columns: dict[str, Any] = {
            str(c): _words(table[c][kept]) if c in WORDS else table[c].array[kept] for c in table if c != "child_id"
        }
        columns["child"] = where
        columns["school_id"] = pd.Categorical.from_codes(codes[where], categories=pd.Index(names, dtype="str"))
        columns["programme"] = self.programme[where]
        return pd.DataFrame(columns)

    @cached_property
    def school(self) -> npt.NDArray[np.object_]:
        """School of each child."""
        return self.children["school_id"].astype("str").to_numpy(dtype=object)

    @cached_property
    def school_codes(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.object_]]:
        """School of each child as a number, and the schools' names, which are sorted."""
        codes, names = pd.factorize(self.school, sort=True)
        return codes.astype(np.int64), np.asarray(names, dtype=object)

    @cached_property
    def programme(self) -> npt.NDArray[np.bool_]:
        """Whether each child is of the programme."""
        return (self.children["group"] == "programme").to_numpy(dtype=bool)

    @cached_property
    def values(self) -> dict[tuple[str, str], Array]:
        """Readings of all children by measure and wave, NaN where none is held; the mean of several."""
        table, n = self.readings, len(self.children)
        out = {}
        measures, waves = (list(table[c].cat.categories) for c in ("measure", "wave"))
        place = table["measure"].cat.codes.to_numpy(dtype=np.int64) * len(waves) + table["wave"].cat.codes.to_numpy()
        children, values = table["child"].to_numpy(), table["value"].to_numpy(dtype=float)
        for code in np.flatnonzero(np.bincount(place, minlength=len(measures) * len(waves))):
            measure, wave = measures[code // len(waves)], waves[code % len(waves)]
            rows = np.flatnonzero(place == code)
            child, value = children[rows], values[rows]
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
        codes, names = self.school_codes
        rows = np.flatnonzero(known)
        for part in grouped(codes[rows]):
            if len(part) >= fewest:
                yield str(names[codes[rows[part[0]]]]), rows[part]

    def by_school(
        self, seen: npt.NDArray[np.bool_], odd: npt.NDArray[np.bool_], fewest: int = 1
    ) -> Iterator[tuple[str, int, int]]:
        """Give each school, how many of its children were seen, and how many of these are odd."""
        codes, names = self.school_codes
        size = np.bincount(codes[seen], minlength=len(names))
        count = np.bincount(codes[seen & odd], minlength=len(names))
        for school in np.flatnonzero(size >= fewest):
            yield str(names[school]), int(size[school]), int(count[school])

    def any_of(self, child: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Whether each child is among those of some readings."""
        out = np.zeros(len(self.children), dtype=bool)
        out[child] = True
        return out

    def unusual(self, column: str) -> npt.NDArray[np.bool_]:
        """Whether each reading has another word in a column than is commonest for its measure; a blank has not."""
        table = self.readings
        measure, word = (table[c].cat.codes.to_numpy(dtype=np.int64) for c in ("measure", column))
        shape = len(table["measure"].cat.categories), len(table[column].cat.categories)
        known = word >= 0
        if not known.any():
            return known
        count = np.bincount(measure[known] * shape[1] + word[known], minlength=shape[0] * shape[1]).reshape(shape)
        return known & (word != count.argmax(axis=1)[measure])

    @cached_property
    def informants(self) -> dict[str, set[str]]:
        """Who answered each measure."""
        table = self.readings
        if "informant" not in table:
            return {measure: set() for measure in self.measures}
        pairs = table[["measure", "informant"]].drop_duplicates().dropna()
        return {str(measure): set(rows) for measure, rows in pairs.groupby("measure")["informant"]}
