"""Check and load a cohort: everything that is wrong is said at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from wlz_eval.cohort.between import check_between
from wlz_eval.cohort.consent import finished_cohort
from wlz_eval.cohort.describe import read_meta, read_yaml
from wlz_eval.cohort.find import locate
from wlz_eval.cohort.model import Cohort, CohortMeta
from wlz_eval.cohort.read import FIRST_ROW, read_table
from wlz_eval.cohort.tables import FOLDER_FILES, TABLES
from wlz_eval.cohort.take import Reading, required_tables, take_table, unknown_extras
from wlz_eval.core.errors import CohortError, Problem, suggestion
from wlz_eval.core.result import Result

__all__ = ["CheckReport", "check_cohort", "load_cohort", "make_cohort"]

#: Endings of a table's file.
ENDINGS = (".csv", ".parquet")
#: Endings of files that hold no data and are passed over.
_ASIDE = (".md", ".py", ".txt", ".html", ".pdf")


@dataclass(frozen=True)
class CheckReport(Result):
    """All that a check of a cohort found.

    The messages name rows and values of children's tables: they are for the analyst who holds the
    data, and are never published.

    Parameters
    ----------
    cohort : str
        Id of the cohort, or the name of its folder.
    problems : tuple of Problem
        What must be mended before the cohort is read.
    warnings : tuple of Problem
        What a reader of the data should know.
    """

    cohort: str
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the cohort can be loaded."""
        return not self.problems

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line that says how the check ended."""

        def count(n: int, word: str) -> str:
            return f"{n} {word}" + ("" if n == 1 else "s")

        verdict = "no problems" if self.ok else f"{count(len(self.problems), 'problem')} to mend"
        return f"{self.cohort}: {verdict}" + (f", {count(len(self.warnings), 'warning')}" if self.warnings else "")

    def table(self) -> pd.DataFrame:
        """Return one row a problem or warning: ``level, table, row, column, value, message, remedy``."""
        rows = [("problem", p) for p in self.problems] + [("warning", p) for p in self.warnings]
        return pd.DataFrame(
            [(level, p.table, p.row, p.column, p.value, p.message, p.remedy) for level, p in rows],
            columns=["level", "table", "row", "column", "value", "message", "remedy"],
        ).astype({"row": "Int64"})

    def __str__(self) -> str:
        lines = [self.title]
        lines += [f"  problem  {p}" for p in self.problems]
        lines += [f"  warning  {p}" for p in self.warnings]
        return "\n".join(lines)


def check_cohort(cohort: str | Path, extra_columns: Collection[str] = ()) -> CheckReport:
    """List everything that is wrong with a cohort folder.

    Parameters
    ----------
    cohort : str or Path
        Path of a cohort folder, or an id under ``data/cohorts``.
    extra_columns : collection of str
        Columns outside the schema to load, as ``table.column``.

    Returns
    -------
    CheckReport
        Every problem of every table, with table, row, column, value and remedy. It names children's
        rows: it is private to who holds the data.

    Raises
    ------
    CohortError
        When there is no such cohort at all.

    Examples
    --------
    >>> check_cohort("star-1986").ok
    True
    """
    folder = locate(cohort)
    reading = _read(folder, extra_columns)
    return CheckReport(folder.name, tuple(reading.problems), tuple(reading.warnings))


def load_cohort(cohort: str | Path, extra_columns: Collection[str] = ()) -> Cohort:
    """Load a cohort folder, or refuse it with every problem it has.

    Parameters
    ----------
    cohort : str or Path
        Path of a cohort folder, or an id under ``data/cohorts``.
    extra_columns : collection of str
        Columns outside the schema to load, as ``table.column``.

    Returns
    -------
    Cohort
        Typed tables without the children who gave no consent.

    Raises
    ------
    CohortError
        With all the problems, as :func:`check_cohort` lists them.

    Examples
    --------
    >>> len(load_cohort("star-1986").children)
    2898
    """
    folder = locate(cohort)
    reading = _read(folder, extra_columns)
    if reading.problems or reading.meta is None:
        raise CohortError(reading.problems, heading=f"Cohort {folder.name} has {{n}} to mend:")
    return finished_cohort(reading.meta, reading.frames, reading.contract, folder, tuple(reading.warnings))


def make_cohort(
    meta: CohortMeta | Mapping[str, Any],
    tables: Mapping[str, pd.DataFrame],
    contract: Mapping[str, Any] | None = None,
    *,
    extra_columns: Collection[str] = (),
    checked: bool = False,
) -> Cohort:
    """Make a cohort in memory, under the same rules as a folder.

    Parameters
    ----------
    meta : CohortMeta or mapping
        What ``cohort.yaml`` would say.
    tables : mapping of str to DataFrame
        The tables; ``children`` and ``measures`` are required.
    contract : mapping, optional
        What ``contract.yaml`` would say.
    extra_columns : collection of str
        Columns outside the schema to keep, as ``table.column``.
    checked : bool
        Whether the tables are already typed and known to be right, as the simulator's are: a million rows
        are then not read again.

    Returns
    -------
    Cohort
        Typed tables without the children who gave no consent.

    Raises
    ------
    CohortError
        With all the problems; rows are numbered as a spreadsheet would number them.
    """
    if not isinstance(meta, CohortMeta):
        meta = CohortMeta.model_validate(dict(meta))
    if checked:
        return finished_cohort(meta, tables, dict(contract) if contract is not None else None, None, ())
    reading = Reading(meta=meta, contract=dict(contract) if contract is not None else None)
    for name, frame in tables.items():
        if name not in TABLES:
            reading.problems.append(Problem(table=name, message="unknown table", remedy=suggestion(name, [*TABLES])))
            continue
        numbered = frame.set_axis(pd.RangeIndex(FIRST_ROW, FIRST_ROW + len(frame)), axis=0)
        take_table(numbered, TABLES[name], extra_columns, reading)
    required_tables(reading, set(tables))
    reading.problems += check_between(reading.frames, meta)
    if reading.problems:
        raise CohortError(reading.problems, heading=f"Cohort {meta.id} has {{n}} to mend:")
    return finished_cohort(meta, reading.frames, reading.contract, None, tuple(reading.warnings))


def _read(folder: Path, extra_columns: Collection[str]) -> Reading:
    """Read every file of a folder and collect what is wrong."""
    reading = Reading()
    reading.meta, problems = read_meta(folder / "cohort.yaml", folder.name)
    reading.problems += problems
    if not (folder / "plan.yaml").is_file():
        reading.problems.append(
            Problem(
                table="plan.yaml",
                message="the file is missing",
                remedy="wlz-eval new COHORT writes a commented one.",
            )
        )
    if (folder / "contract.yaml").is_file():
        reading.contract, problems = read_yaml(folder / "contract.yaml")
        reading.problems += problems
    present = _table_files(folder, reading)
    for name, path in present.items():
        raw = read_table(path, TABLES[name])
        reading.problems += raw.problems
        if raw.frame is not None and not raw.problems:
            take_table(raw.frame, TABLES[name], extra_columns, reading)
    required_tables(reading, set(present))
    unknown_extras(extra_columns, reading)
    reading.problems += check_between(reading.frames, reading.meta)
    return reading


def _table_files(folder: Path, reading: Reading) -> dict[str, Path]:
    """Find the file of each table; name files that are no table, and tables that are there twice."""
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.name in FOLDER_FILES or path.is_dir() or path.name.startswith(".") or path.suffix in _ASIDE:
            continue
        if path.suffix not in ENDINGS or path.stem not in TABLES:
            right = "Save it as CSV." if path.suffix in (".xlsx", ".xls", ".ods") else suggestion(path.stem, [*TABLES])
            reading.problems.append(
                Problem(
                    table=path.name,
                    message="the file is no table of a cohort",
                    remedy=f"{right} Else move it out of the folder.",
                )
            )
        elif path.stem in found:
            reading.problems.append(
                Problem(
                    table=path.stem,
                    message="the table is there as CSV and as Parquet",
                    remedy="Keep one of the two files.",
                )
            )
        else:
            found[path.stem] = path
    return {name: found[name] for name in TABLES if name in found}
