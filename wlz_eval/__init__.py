"""Evaluation suite for West London Zone: what changed, what was due to the programme, what it is worth.

Names are imported on first use, so that ``import wlz_eval`` and the command line start at once.
"""

from __future__ import annotations

import importlib
from typing import Any

#: Every public name and the package that holds it.
_EXPORTS: dict[str, str] = {
    "analysis_frame": "measures",
    "attribute": "attribution",
    "balance_of": "attribution",
    "calibrate": "attribution",
    "check_cohort": "cohort",
    "estimate_effect": "attribution",
    "explore": "attribution",
    "load_cohort": "cohort",
    "load_plan": "plan",
    "lock_plan": "plan",
    "make_design": "attribution",
    "match": "attribution",
    "match_imputed": "attribution",
    "measurement_map": "attribution",
    "new_cohort": "cohort",
    "open_notebook": "release",
    "open_study": "release",
    "pool": "attribution",
    "run": "batch.library",
    "scrutinise": "attribution",
    "specification_curve": "attribution",
    "weight": "attribution",
}

#: Packages that ``import wlz_eval`` makes reachable as attributes.
_PACKAGES: tuple[str, ...] = (
    "attribution", "batch", "cohort", "core", "engagement", "inference", "measures", "pilot", "plan", "reference",
    "release", "report", "simulate", "value",
)

__all__ = [*_EXPORTS]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("wlz-eval")
    if name in _EXPORTS:
        return getattr(importlib.import_module(f"wlz_eval.{_EXPORTS[name]}"), name)
    if name in _PACKAGES:
        return importlib.import_module(f"wlz_eval.{name}")
    raise AttributeError(f"module 'wlz_eval' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_PACKAGES})
