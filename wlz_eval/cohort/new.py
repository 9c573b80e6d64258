"""Begin a cohort folder: from nothing, or from a spreadsheet with one row a child."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from wlz_eval.cohort.begin import first_plan, first_year
from wlz_eval.cohort.guess import guess_mapping
from wlz_eval.cohort.spreadsheet import convert_sheet, parse_mapping, read_sheet
from wlz_eval.cohort.tables import TABLES
from wlz_eval.cohort.template import EXAMPLE_TABLES, EXAMPLE_YEAR, cohort_yaml, header
from wlz_eval.cohort.write import csv_bytes
from wlz_eval.core.errors import OptionError
from wlz_eval.core.files import cohorts_dir, write_atomic
from wlz_eval.core.result import Result

__all__ = ["NewCohort", "new_cohort"]


_EMPTY_PLAN = "# The analysis plan. See wlz-eval plan.\nschema_version: 1\n"


@dataclass(frozen=True)
class NewCohort(Result):
    """What was written to begin a cohort, and what to do next.

    Parameters
    ----------
    folder : Path
        The cohort folder.
    written : tuple of str
        Files that were written, relative to the folder.
    kept : tuple of str
        Files that were there already and were left alone.
    next_steps : tuple of str
        What to do next, one sentence each.
    """

    folder: Path
    written: tuple[str, ...]
    kept: tuple[str, ...]
    next_steps: tuple[str, ...]

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line that says where the cohort is."""
        return f"Cohort folder {_short(self.folder)}"

    def table(self) -> pd.DataFrame:
        """Return one row a file: ``file, status``."""
        rows = [(name, "written") for name in self.written] + [(name, "kept as it was") for name in self.kept]
        return pd.DataFrame(rows, columns=["file", "status"])

    def __str__(self) -> str:
        steps = [f"  {i}. {step}" for i, step in enumerate(self.next_steps, start=1)]
        count = f"{len(self.written)} file{'' if len(self.written) == 1 else 's'} written"
        kept = f" ({len(self.kept)} were there already and were left alone)" if self.kept else ""
        return "\n".join([f"{self.title}: {count}{kept}. Next:", *steps])


def new_cohort(
    folder: str | Path,
    *,
    plan_text: str | Callable[[Mapping[str, Any]], str] = "",
    spreadsheet: str | Path | None = None,
    mapping: str | Path | Mapping[str, Any] | None = None,
) -> NewCohort:
    """Begin a cohort folder.

    Parameters
    ----------
    folder : str or Path
        Where; a plain name means ``data/cohorts/<name>``. Its name becomes the cohort's id.
    plan_text : str or callable
        Text of ``plan.yaml``, or what writes it (``wlz_eval.plan.explain_plan``), given the keys that the
        spreadsheet suggests.
    spreadsheet : str or Path, optional
        CSV or xlsx with one row a child. Without a `mapping`, one is guessed and written to the folder,
        to be corrected and passed back; nothing else is written then.
    mapping : str, Path or mapping, optional
        Which column of the spreadsheet is which (see :class:`wlz_eval.cohort.mapping.SheetMapping`).

    Returns
    -------
    NewCohort
        What was written and what to do next. Nothing that was there is written over.

    Raises
    ------
    OptionError
        When the name is not valid, or the spreadsheet cannot be read.
    CohortError
        With every mistake of the mapping; nothing is written then.
    """
    target = _target(folder)
    sheet = read_sheet(spreadsheet) if spreadsheet is not None else None
    if mapping is not None and sheet is None:
        raise OptionError("A mapping was given without a spreadsheet. Give both: --from FILE --mapping FILE.")
    tables = convert_sheet(sheet, _mapping(mapping)) if sheet is not None and mapping is not None else {}
    _refuse_filled(target, tables)
    if sheet is not None and not tables:
        files: dict[str, bytes | str] = {"mapping.yaml": guess_mapping(sheet)}
    else:
        files = _folder(target.name, tables, Path(spreadsheet).name if spreadsheet is not None else "", plan_text)
    made = [name for name in files if not (target / name).exists()]
    for name in made:
        write_atomic(target / name, files[name])
    for name, table in tables.items():
        write_atomic(target / f"{name}.csv", csv_bytes(table))
    kept = tuple(name for name in files if name not in made)
    return NewCohort(target, (*(f"{n}.csv" for n in tables), *made), kept, _steps(target, spreadsheet, tables))


def _folder(
    name: str,
    tables: Mapping[str, pd.DataFrame],
    source: str,
    plan_text: str | Callable[[Mapping[str, Any]], str],
) -> dict[str, bytes | str]:
    """Return the files of a cohort folder besides the tables that a spreadsheet filled."""
    write_plan = plan_text if callable(plan_text) else lambda _: plan_text or _EMPTY_PLAN
    year = first_year(tables)
    files: dict[str, bytes | str] = {
        "cohort.yaml": cohort_yaml(
            name,
            source=f"Spreadsheet {source}" if source else "",
            wave_names=tuple(tables["measures"]["wave"].unique()) if tables else (),
            year=year or EXAMPLE_YEAR,
        ),
        "plan.yaml": write_plan(first_plan(tables) if tables else {}),
    }
    files.update({f"{table}.csv": header(table) for table in TABLES if table not in tables})
    return files | _example(write_plan({}))


def _short(path: Path) -> str:
    """Return a path as a person here would type it; a name alone would mean an id, so it begins with ``./``."""
    if not path.is_relative_to(Path.cwd()):
        return str(path)
    short = path.relative_to(Path.cwd())
    return str(short) if len(short.parts) > 1 else f"./{short}"


def _target(folder: str | Path) -> Path:
    path = Path(folder)
    target = cohorts_dir() / path if path.name == str(folder) else path.resolve()
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", target.name):
        raise OptionError(
            f"{target.name!r} cannot be the id of a cohort. Use lower-case letters, digits and hyphens, "
            "such as anchor-2022."
        )
    return target


def _mapping(mapping: str | Path | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(mapping, Mapping):
        return mapping
    path = Path(mapping)
    if not path.is_file():
        raise OptionError(f"There is no mapping file {path}. Leave --mapping out, and one is guessed from the headers.")
    return parse_mapping(path.read_text(encoding="utf-8-sig"))


def _refuse_filled(target: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Refuse to write over a table that holds rows."""
    for name in tables:
        path = target / f"{name}.csv"
        if path.is_file() and len(path.read_text(encoding="utf-8-sig", errors="replace").strip().splitlines()) > 1:
            raise OptionError(
                f"{_short(path)} holds rows already. To make it again from the spreadsheet, delete or move away "
                f"{' and '.join(f'{n}.csv' for n in tables)}, and run the command again."
            )


def _example(plan_text: str) -> dict[str, bytes | str]:
    """Return the files of the worked example, a small cohort of its own."""
    files: dict[str, bytes | str] = {
        "example/cohort.yaml": cohort_yaml(
            "example",
            title="A worked example: six invented children",
            provenance="synthetic",
            source="Invented",
        ),
        "example/plan.yaml": plan_text,
    }
    files.update({f"example/{name}.csv": text for name, text in EXAMPLE_TABLES.items()})
    return files


def _steps(target: Path, spreadsheet: str | Path | None, tables: Mapping[str, pd.DataFrame]) -> tuple[str, ...]:
    here = _short(target)
    name = target.name if target.parent == cohorts_dir() else here
    if spreadsheet is not None and not tables:
        mapping = f"{here}/mapping.yaml"
        return (
            f"Correct {mapping}: which column of the spreadsheet is which.",
            f"Run: wlz-eval new {here} --from {shlex.quote(str(spreadsheet))} --mapping {mapping}",
        )
    if tables:
        children = tables["children"]["group"].value_counts()
        first = (
            f"See that it holds what you meant: {children.get('programme', 0)} programme and "
            f"{children.get('comparison', 0)} comparison children, {len(tables['measures'])} measurements.",
        )
    else:
        first = (f"Fill children.csv and measures.csv; {here}/example shows how.",)
    return (
        *first,
        f"Say what the cohort is in {here}/cohort.yaml: title, dates, lawful basis. The dates there are examples.",
        f"Say how to analyse it in {here}/plan.yaml: how children were chosen, which outcomes, whom to compare.",
        f"Run: wlz-eval check {name}",
        f"Run: wlz-eval run {name}",
    )
