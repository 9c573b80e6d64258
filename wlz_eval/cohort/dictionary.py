"""The data dictionary, written from the schema: ``python -m wlz_eval.cohort.dictionary --write``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from wlz_eval.cohort.derived import DERIVED
from wlz_eval.cohort.model import CohortMeta, DataUse, Period, Term
from wlz_eval.cohort.schema import Column
from wlz_eval.cohort.tables import FOLDER_FILES, TABLES
from wlz_eval.core.files import project_root, write_atomic
from wlz_eval.reference.measures import Measure

__all__ = ["dictionary", "dictionary_path"]

_INTRODUCTION = """\
# Data dictionary

<!-- Written by `python -m wlz_eval.cohort.dictionary --write` from wlz_eval/cohort/tables.py: change that. -->

A cohort is one folder of tables. `data/cohorts/` holds those that ship; your own may lie anywhere.

- Tables are CSV (commas, UTF-8 with or without BOM) or Parquet, never both. `wlz-eval new COHORT` writes
  empty ones and a worked example, or makes `children` and `measures` from a spreadsheet with one row a child.
- A blank cell means *not known*. Dates are `YYYY-MM-DD`. Yes/no cells hold `yes` or `no` (`true`, `false`,
  `1` and `0` are read too). Numbers have no commas or units in them. Nothing is guessed or corrected while
  loading.
- Identifiers are pseudonyms, always text. **Names, pupil numbers, postcodes, addresses and full dates of
  birth are refused**, whether in a header or in a cell.
- `wlz-eval check COHORT` lists every problem at once, with table, row (as a spreadsheet numbers it: the
  header is row 1), column, value and what would be right.
- Columns that stand here may be absent unless required; an all-blank column is as if absent. Columns that do
  not stand here are named by the check and not loaded, unless `plan.yaml` asks for them under
  `extra_columns`.
- Children whose `consented` is `no` are dropped from every table while loading, and counted in the flow.
- A baseline that was taken after a programme child's `index_date` is an error.
"""


def dictionary_path() -> Path:
    """Where the dictionary stands."""
    return project_root() / "data" / "README.md"


def dictionary() -> str:
    """Write the data dictionary as Markdown."""
    parts = [_INTRODUCTION, "## Files\n", "| file | what it is |", "|---|---|"]
    parts += [f"| `{name}` | {about} |" for name, about in FOLDER_FILES.items()]
    parts += [
        f"| [`{t.name}`](#{t.name}) | one row is {t.row}" + (" (required)" if t.required else "") + " |"
        for t in TABLES.values()
    ]
    parts += ["", "## cohort.yaml\n", *_keys(CohortMeta, "")]
    for name, model in (
        ("programme`, `waves`, `attendance_windows", Period),
        ("terms", Term),
        ("data_use", DataUse),
        ("measures", Measure),
    ):
        parts += [f"\nKeys of `{name}`:\n", *_keys(model, "")]
    parts.append("\nEach entry of `derived` has a `kind`; the measures are made while the analysis frame is:")
    for kind, made in DERIVED.items():
        about = (made.__doc__ or "").strip()
        head, rule, *keys = (row for row in _keys(made, "") if not row.startswith("| `kind`"))
        parts.append(f"\n`kind: {kind}`: {about[:1].lower()}{about[1:]}")
        parts += ["", head, rule, *keys] if keys else []
    for table in TABLES.values():
        need = "Required" if table.required else "Optional"
        parts += [f"\n## {table.name}\n", f"{need}. One row is {table.row}."]
        if table.key:
            parts.append("No two rows may share " + ", ".join(f"`{k}`" for k in table.key) + ".")
        parts += ["", "| column | holds | needed | meaning |", "|---|---|---|---|", *map(_row, table.columns)]
    return "\n".join(parts) + "\n"


def _row(column: Column) -> str:
    need = "in every row" if column.filled else "column" if column.required else ""
    valid = column.valid if not column.allowed else ", ".join(f"`{word}`" for word in column.allowed)
    return f"| `{column.name}` | {valid} | {need} | {column.description} |"


def _keys(model: type[BaseModel], prefix: str) -> list[str]:
    rows = ["| key | default | meaning |", "|---|---|---|"]
    for name, info in model.model_fields.items():
        default = "required" if info.is_required() else _default(info)
        rows.append(f"| `{prefix}{name}` | {default} | {info.description} |")
    return rows


def _default(info: Any) -> str:
    value = info.get_default(call_default_factory=True)
    return "" if value in (None, (), {}, [], "") else f"`{value}`"


def main(arguments: list[str] | None = None) -> int:
    """Print the dictionary, or write it to data/README.md with ``--write``."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if "--write" in arguments:
        write_atomic(dictionary_path(), dictionary())
    else:
        sys.stdout.write(dictionary())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
