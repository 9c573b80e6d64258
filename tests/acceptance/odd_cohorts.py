"""Cohorts that are valid but odd: copies of one cohort, with some tables and files changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from wlz_eval.cohort import load_cohort, write_cohort
from wlz_eval.simulate import SimulationOptions, simulate, write_simulated

Change = Callable[[Any], Any]


def plain(folder: Path, **options: int) -> Path:
    """Simulate a small cohort as CSV, without its truth."""
    write_simulated(simulate(SimulationOptions(id=folder.name, **options)), folder)
    cohort = load_cohort(folder)
    for path in folder.glob("*.parquet"):
        path.unlink()
    write_cohort(cohort, folder)
    (folder / "truth.yaml").unlink()
    return folder


def odd(base: Path, name: str, without: tuple[str, ...] = (), files: dict[str, Change] | None = None,
        **tables: Change) -> Path:
    """Copy the cohort, leave out some files, and change some of its tables and of its YAML files."""
    folder = base.parent / name
    shutil.copytree(base, folder)
    changes = {"cohort": lambda described: described, **(files or {})}
    for stem, change in changes.items():
        path = folder / f"{stem}.yaml"
        held = change(yaml.safe_load(path.read_text(encoding="utf-8")))
        held = {**held, "id": name} if stem == "cohort" else held
        path.write_text(yaml.safe_dump(held, sort_keys=False, allow_unicode=True), encoding="utf-8")
    for table, change in tables.items():
        path = folder / f"{table}.csv"
        change(pd.read_csv(path, dtype=str, keep_default_na=False)).to_csv(path, index=False)
    for file in without:
        (folder / file).unlink()
    return folder
