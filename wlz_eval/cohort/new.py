"""Begin a cohort folder: from nothing, or from a spreadsheet with one row a child."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from wlz_eval.cohort.guess import guess_mapping
from wlz_eval.cohort.spreadsheet import convert_sheet, parse_mapping, read_sheet
from wlz_eval.cohort.tables import TABLES
from wlz_eval.cohort.template import EXAMPLE_TABLES, cohort_yaml, header
from wlz_eval.cohort.write import csv_bytes
from wlz_eval.core.errors import OptionError
from wlz_eval.core.files import cohorts_dir, write_atomic
from wlz_eval.core.result import Result

__all__ = ["NewCohort", "new_cohort"]


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
        return f"Cohort folder {self.folder}"

    def table(self) -> pd.DataFrame:
        """Return one row a file: ``file, status``."""
        rows = [(name, "written") for name in self.written] + [(name, "kept as it was") for name in self.kept]
        return pd.DataFrame(rows, columns=["file", "status"])

    def __str__(self) -> str:
        steps = [f"  {i}. {step}" for i, step in enumerate(self.next_steps, start=1)]
        return "\n".join([f"{self.title}: {len(self.written)} files written. Next:", *steps])


def new_cohort(
    folder: str | Path,
    *,
    plan_text: str = "",
    spreadsheet: str | Path | None = None,
    mapping: str | Path | Mapping[str, Any] | None = None,
) -> NewCohort:
    """Begin a cohort folder.

    Parameters
    ----------
    folder : str or Path
        Where; a plain name means ``data/cohorts/<name>``. Its name becomes the cohort's id.
    plan_text : str
        Text of ``plan.yaml`` (``wlz_eval.plan.explain_plan()``).
    spreadsheet : str or Path, optional
        CSV or xlsx with one row a child. Without a `mapping` a mapping file is guessed and written
        beside the tables, to be corrected and passed back.
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
        raise OptionError("A mapping was given without a spreadsheet. Give both: --spreadsheet FILE --mapping FILE.")
    tables = convert_sheet(sheet, _mapping(mapping)) if sheet is not None and mapping is not None else {}
    _refuse_filled(target, tables)
    waves = tuple(tables["measures"]["wave"].unique()) if tables else ()
    source = Path(spreadsheet).name if spreadsheet is not None else ""
    files: dict[str, bytes | str] = {
        "cohort.yaml": cohort_yaml(target.name, source=f"Spreadsheet {source}" if source else "", wave_names=waves),
        "plan.yaml": plan_text or "# The analysis plan. See wlz-eval plan.\nschema_version: 1\n",
    }
    if sheet is not None and not tables:
        files["mapping.yaml"] = guess_mapping(sheet)
    files.update({f"{name}.csv": header(name) for name in TABLES if name not in tables})
    files.update(_example(plan_text))
    made = [name for name in files if not (target / name).exists()]
    for name in made:
        write_atomic(target / name, files[name])
    for name, table in tables.items():
        write_atomic(target / f"{name}.csv", csv_bytes(table))
    kept = tuple(name for name in files if name not in made)
    return NewCohort(
        target, (*(f"{n}.csv" for n in tables), *made), kept, _steps(target, sheet is not None, bool(tables))
    )


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
            raise OptionError(f"{path} holds rows already. Move it away, and run the command again.")


def _example(plan_text: str) -> dict[str, bytes | str]:
    """Return the files of the worked example, a small cohort of its own."""
    files: dict[str, bytes | str] = {
        "example/cohort.yaml": cohort_yaml(
            "example",
            title="A worked example: six invented children",
            provenance="synthetic",
            source="Invented",
        ),
        "example/plan.yaml": plan_text or "# The analysis plan. See wlz-eval plan.\nschema_version: 1\n",
    }
    files.update({f"example/{name}.csv": text for name, text in EXAMPLE_TABLES.items()})
    return files


def _steps(target: Path, from_sheet: bool, converted: bool) -> tuple[str, ...]:
    if from_sheet and not converted:
        return (
            f"Correct {target / 'mapping.yaml'}: which column of the spreadsheet is which.",
            f"Run wlz-eval new again with the same spreadsheet and --mapping {target / 'mapping.yaml'}.",
        )
    first = () if converted else (f"Fill children.csv and measures.csv; {target / 'example'} shows how.",)
    return (
        *first,
        f"Say what the cohort is in {target / 'cohort.yaml'}, and how to analyse it in plan.yaml beside it.",
        f"Run wlz-eval check {target}",
        f"Run wlz-eval run {target}",
    )
