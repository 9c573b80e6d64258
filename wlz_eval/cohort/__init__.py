"""The data contract: what a cohort folder holds, and how it is checked, loaded, written and begun.

Names are imported on first use: a batch with nothing to run needs no table, and imports none.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wlz_eval.cohort.find import find_cohort, shipped_cohorts
    from wlz_eval.cohort.hashing import baseline_hash, data_hash
    from wlz_eval.cohort.load import CheckReport, check_cohort, load_cohort, make_cohort
    from wlz_eval.cohort.model import WAVES, Cohort, CohortMeta
    from wlz_eval.cohort.new import NewCohort, new_cohort
    from wlz_eval.cohort.schema import Column, Table
    from wlz_eval.cohort.tables import TABLES
    from wlz_eval.cohort.write import write_cohort

#: Which module holds which names.
_HELD: dict[str, tuple[str, ...]] = {
    "find": ("find_cohort", "shipped_cohorts"),
    "hashing": ("baseline_hash", "data_hash"),
    "load": ("CheckReport", "check_cohort", "load_cohort", "make_cohort"),
    "model": ("WAVES", "Cohort", "CohortMeta"),
    "new": ("NewCohort", "new_cohort"),
    "schema": ("Column", "Table"),
    "tables": ("TABLES",),
    "write": ("write_cohort",),
}

__all__ = [
    "TABLES",
    "WAVES",
    "CheckReport",
    "Cohort",
    "CohortMeta",
    "Column",
    "NewCohort",
    "Table",
    "baseline_hash",
    "check_cohort",
    "data_hash",
    "find_cohort",
    "load_cohort",
    "make_cohort",
    "new_cohort",
    "shipped_cohorts",
    "write_cohort",
]


def __getattr__(name: str) -> Any:
    for module, names in _HELD.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
