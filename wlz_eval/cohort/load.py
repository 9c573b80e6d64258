"""Find, check and load a cohort: everything that is wrong is said at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from wlz_eval.cohort.checks import check_between, check_within
from wlz_eval.cohort.convert import typed_column
from wlz_eval.cohort.describe import read_meta, read_yaml
from wlz_eval.cohort.hashing import data_hash
from wlz_eval.cohort.model import Cohort, CohortMeta
from wlz_eval.cohort.privacy import personal_cells, personal_column
from wlz_eval.cohort.read import FIRST_ROW, read_table
from wlz_eval.cohort.schema import Table
from wlz_eval.cohort.tables import CHILD_TABLES, FOLDER_FILES, HOUSEHOLD_TABLES, TABLES
from wlz_eval.core.errors import CohortError, Problem, nearest_names, suggestion
from wlz_eval.core.files import cohorts_dir, hash_bytes, hash_json
from wlz_eval.core.result import Result

__all__ = ["CheckReport", "check_cohort", "find_cohort", "load_cohort", "make_cohort", "shipped_cohorts"]

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


@dataclass
class _Reading:
    """What has been read of a folder, and what is wrong with it."""

    meta: CohortMeta | None = None
    frames: dict[str, pd.DataFrame] = field(default_factory=dict)
    contract: dict[str, Any] | None = None
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


def shipped_cohorts() -> list[str]:
    """Return the ids of the cohorts under ``data/cohorts``, real ones first."""
    found = sorted(p.parent.name for p in cohorts_dir().glob("*/cohort.yaml"))
    return sorted(found, key=lambda name: (name.startswith("simulated"), name))


def find_cohort(cohort: str | Path) -> Path:
    """Return the folder of a cohort.

    Parameters
    ----------
    cohort : str or Path
        Path of a folder that holds ``cohort.yaml``, or an id under ``data/cohorts``.

    Returns
    -------
    Path
        The folder, absolute.

    Raises
    ------
    CohortError
        When there is no such cohort; the nearest ids are named.

    Examples
    --------
    >>> find_cohort("star-1986").name
    'star-1986'
    """
    folder = _locate(cohort)
    if not (folder / "cohort.yaml").is_file():
        raise CohortError([Problem(table="cohort.yaml", value=str(cohort), message="the folder holds no cohort.yaml",
                                   remedy="wlz-eval new COHORT writes a commented one.")])
    return folder


def _locate(cohort: str | Path) -> Path:
    """Find the folder itself, whether or not it holds what it should."""
    text = str(cohort)
    shipped = cohorts_dir() / text
    # An id is a plain name: anything with a separator in it is a path and is never looked up among the shipped.
    plain = bool(text) and Path(text).name == text and text not in (".", "..")
    for candidate in ([Path(text)] if text else []) + ([shipped] if plain else []):
        if (candidate / "cohort.yaml").is_file():
            return candidate.resolve()
    for candidate in ([shipped] if plain else []) + ([Path(text)] if text else []):
        if candidate.is_dir():
            return candidate.resolve()
    ids = shipped_cohorts()
    near = nearest_names(text, ids)
    hint = f"Did you mean {near[0]}? " if near else ""
    raise CohortError([Problem(table="cohort", value=text, message="there is no such cohort",
                               remedy=f"{hint}Give the path of a cohort folder, or one of: {', '.join(ids)}.")])


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
    folder = _locate(cohort)
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
    folder = _locate(cohort)
    reading = _read(folder, extra_columns)
    if reading.problems or reading.meta is None:
        raise CohortError(reading.problems, heading=f"Cohort {folder.name} has {{n}} to mend:")
    return _finish(reading.meta, reading.frames, reading.contract, folder, tuple(reading.warnings))


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
        return _finish(meta, tables, dict(contract) if contract is not None else None, None, ())
    reading = _Reading(meta=meta, contract=dict(contract) if contract is not None else None)
    for name, frame in tables.items():
        if name not in TABLES:
            reading.problems.append(Problem(table=name, message="unknown table", remedy=suggestion(name, [*TABLES])))
            continue
        numbered = frame.set_axis(pd.RangeIndex(FIRST_ROW, FIRST_ROW + len(frame)), axis=0)
        _take(numbered, TABLES[name], extra_columns, reading)
    _required_tables(reading, set(tables))
    reading.problems += check_between(reading.frames, meta)
    if reading.problems:
        raise CohortError(reading.problems, heading=f"Cohort {meta.id} has {{n}} to mend:")
    return _finish(meta, reading.frames, reading.contract, None, tuple(reading.warnings))


def _read(folder: Path, extra_columns: Collection[str]) -> _Reading:
    """Read every file of a folder and collect what is wrong."""
    reading = _Reading()
    reading.meta, problems = read_meta(folder / "cohort.yaml", folder.name)
    reading.problems += problems
    if not (folder / "plan.yaml").is_file():
        reading.problems.append(Problem(table="plan.yaml", message="the file is missing",
                                        remedy="wlz-eval new COHORT writes a commented one."))
    if (folder / "contract.yaml").is_file():
        reading.contract, problems = read_yaml(folder / "contract.yaml")
        reading.problems += problems
    present = _table_files(folder, reading)
    for name, path in present.items():
        raw = read_table(path, TABLES[name])
        reading.problems += raw.problems
        if raw.frame is not None and not raw.problems:
            _take(raw.frame, TABLES[name], extra_columns, reading)
    _required_tables(reading, set(present))
    _unknown_extras(extra_columns, reading)
    reading.problems += check_between(reading.frames, reading.meta)
    return reading


def _table_files(folder: Path, reading: _Reading) -> dict[str, Path]:
    """Find the file of each table; name files that are no table, and tables that are there twice."""
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.name in FOLDER_FILES or path.is_dir() or path.name.startswith(".") or path.suffix in _ASIDE:
            continue
        if path.suffix not in ENDINGS or path.stem not in TABLES:
            right = "Save it as CSV." if path.suffix in (".xlsx", ".xls", ".ods") else suggestion(path.stem, [*TABLES])
            reading.problems.append(Problem(table=path.name, message="the file is no table of a cohort",
                                            remedy=f"{right} Else move it out of the folder."))
        elif path.stem in found:
            reading.problems.append(Problem(table=path.stem, message="the table is there as CSV and as Parquet",
                                            remedy="Keep one of the two files."))
        else:
            found[path.stem] = path
    return {name: found[name] for name in TABLES if name in found}


def _required_tables(reading: _Reading, present: set[str]) -> None:
    for name, table in TABLES.items():
        if table.required and name not in present:
            reading.problems.append(Problem(table=name, message="the table is missing",
                                            remedy=f"Add {name}.csv: one row is {table.row}."))


def _unknown_extras(extra_columns: Collection[str], reading: _Reading) -> None:
    for name in extra_columns:
        table, _, column = name.partition(".")
        frame = reading.frames.get(table)
        if frame is not None and column not in frame.columns:
            reading.problems.append(Problem(table=table, row=1, column=column,
                                            message="the plan asks for a column that is not there",
                                            remedy=suggestion(column, [str(c) for c in frame.columns])))


def _take(raw: pd.DataFrame, table: Table, extra_columns: Collection[str], reading: _Reading) -> None:
    """Type one table, check it by itself, and keep it."""
    problems: list[Problem] = []
    columns: dict[str, pd.Series] = {}
    for name in raw.columns:
        personal = personal_column(str(name), table)
        if personal is not None:
            problems.append(personal)
        elif name not in table.names and f"{table.name}.{name}" in extra_columns:
            columns[name] = _as_it_is(raw[name])
        elif name not in table.names:
            near = nearest_names(str(name), [n for n in table.names if n not in raw.columns])
            hint = f"Did you mean {near[0]}? " if near else ""
            reading.warnings.append(Problem(
                table=table.name, row=1, column=str(name), message="the column is not in the schema and is not loaded",
                remedy=f"{hint}Delete it, or name {table.name}.{name} under extra_columns in plan.yaml.", fatal=False))
    refused = pd.DataFrame(False, index=raw.index, columns=table.names)
    for column in table.columns:
        if column.name not in raw.columns:
            if column.required:
                problems.append(_missing_column(table, column.name, [str(c) for c in raw.columns]))
            continue
        typed, mistakes = typed_column(raw[column.name], column, table.name)
        problems += mistakes
        if mistakes:
            refused[column.name] = (typed.isna() & raw[column.name].notna()).to_numpy(dtype=bool)
        if column.required or typed.notna().any() or mistakes:
            columns[column.name] = typed
    frame = pd.DataFrame(columns, index=raw.index)
    if raw.empty and table.required:
        problems.append(Problem(table=table.name, message="the table has a header but no rows",
                                remedy=f"Add rows: one row is {table.row}."))
    problems += check_within(frame, table, refused)
    problems += personal_cells(frame, table)
    reading.problems += problems
    reading.frames[table.name] = frame


def _missing_column(table: Table, name: str, present: list[str]) -> Problem:
    near = nearest_names(name, [p for p in present if p not in table.names])
    hint = f"Rename {near[0]}, if that is what it is. " if near else ""
    about = table.column(name)
    return Problem(table=table.name, row=1, column=name, message="the column is missing",
                   remedy=f"{hint}Add it: {about.description} ({about.valid}).")


def _as_it_is(cells: pd.Series) -> pd.Series:
    """Type a column outside the schema: numbers when every cell is one, else text."""
    if isinstance(cells.dtype, pd.StringDtype):
        numbers = pd.to_numeric(cells, errors="coerce")
        if numbers.notna().sum() == cells.notna().sum():
            return numbers.astype(float)
    return cells


def _finish(
    meta: CohortMeta,
    frames: Mapping[str, pd.DataFrame],
    contract: Mapping[str, Any] | None,
    folder: Path | None,
    warnings: tuple[Problem, ...],
) -> Cohort:
    """Drop children without consent, count them, and fingerprint what is left."""
    tables = {
        name: frame.reset_index(drop=True) for name, frame in frames.items() if len(frame) or TABLES[name].required
    }
    flow = tables.get("flow", pd.DataFrame({"stage": [], "group": [], "count": []}))
    flow = flow.reindex(columns=["stage", "group", "count"]).astype({"stage": "str", "group": "str", "count": "Int64"})
    dropped = _drop_without_consent(tables)
    if dropped:
        rows = pd.DataFrame([("without consent, left out", group, n) for group, n in dropped.items()],
                            columns=["stage", "group", "count"])
        flow = pd.concat([flow, rows], ignore_index=True).astype(
            {"stage": "str", "group": "str", "count": "Int64"})
        tables["flow"] = flow
    description = hash_json(meta.model_dump(mode="json"))
    fingerprint = hash_bytes(data_hash(tables).encode(), description.encode(), hash_json(contract).encode())
    return Cohort(meta=meta, tables=tables, folder=folder, data_hash=fingerprint, flow=flow, warnings=warnings,
                  contract=contract)


def _drop_without_consent(tables: dict[str, pd.DataFrame]) -> dict[str, int]:
    """Remove children whose consent is 'no' from every table; return how many by group."""
    children = tables["children"]
    if "consented" not in children:
        return {}
    refused = (children["consented"] == False).fillna(False).to_numpy(dtype=bool)  # noqa: E712 - three-valued
    if not refused.any():
        return {}
    kept = children[~refused]
    dropped = {group: int(n) for group, n in children.loc[refused, "group"].astype("str").value_counts().items()}
    tables["children"] = kept.reset_index(drop=True)
    for name in CHILD_TABLES:
        if name in tables:
            rows = tables[name]
            tables[name] = rows[rows["child_id"].isin(kept["child_id"])].reset_index(drop=True)
    for name in HOUSEHOLD_TABLES:
        if name in tables:
            rows = tables[name]
            tables[name] = rows[rows["household_id"].isin(kept["household_id"].dropna())].reset_index(drop=True)
    return dict(sorted(dropped.items()))
