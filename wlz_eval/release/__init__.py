"""Findings, the release ledger and disclosure control: how a number leaves a notebook.

Names are imported on first use: a batch with nothing to run needs no table, and imports none.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wlz_eval.release.columns import Children, Column, Interval, Label, Number, Percent, Statistic
    from wlz_eval.release.figures import plot_sizes
    from wlz_eval.release.findings import FindingSet, FindingStore, Stamp
    from wlz_eval.release.ledger import Ledger, LedgerCell
    from wlz_eval.release.notebook import NOTEBOOKS, Notebook, open_notebook
    from wlz_eval.release.rule import Released, Rule, release_finding
    from wlz_eval.release.sentences import Sentence
    from wlz_eval.release.study import Study, open_study
    from wlz_eval.release.summary import Summary, summarise
    from wlz_eval.release.workspace import AUDIENCES, STUDIES, Workspace

#: Which module holds which names.
_HELD: dict[str, tuple[str, ...]] = {
    "columns": ("Children", "Column", "Interval", "Label", "Number", "Percent", "Statistic"),
    "figures": ("plot_sizes",),
    "findings": ("FindingSet", "FindingStore", "Stamp"),
    "ledger": ("Ledger", "LedgerCell"),
    "notebook": ("NOTEBOOKS", "Notebook", "open_notebook"),
    "rule": ("Released", "Rule", "release_finding"),
    "sentences": ("Sentence",),
    "study": ("Study", "open_study"),
    "summary": ("Summary", "summarise"),
    "workspace": ("AUDIENCES", "STUDIES", "Workspace"),
}

__all__ = [
    "AUDIENCES",
    "NOTEBOOKS",
    "STUDIES",
    "Children",
    "Column",
    "FindingSet",
    "FindingStore",
    "Interval",
    "Label",
    "Ledger",
    "LedgerCell",
    "Notebook",
    "Number",
    "Percent",
    "Released",
    "Rule",
    "Sentence",
    "Stamp",
    "Statistic",
    "Study",
    "Summary",
    "Workspace",
    "open_notebook",
    "open_study",
    "plot_sizes",
    "release_finding",
    "summarise",
]


def __getattr__(name: str) -> Any:
    for module, names in _HELD.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
