"""What a notebook holds in its hand: the cohort, the plan, and the verbs by which numbers leave a cell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wlz_eval.core.effort import EFFORTS
from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.core.files import write_atomic
from wlz_eval.release.recording import NOTEBOOKS, Recording
from wlz_eval.release.showing import FindingTables
from wlz_eval.release.workspace import AUDIENCES, Workspace

__all__ = ["NOTEBOOKS", "Notebook", "open_notebook"]


class Notebook(Recording, FindingTables):
    """One run of one notebook for one cohort and audience; made by :func:`open_notebook`.

    ``record`` and ``need`` keep and fetch findings; ``say``, ``show_table``, ``show_findings`` and ``show_figure``
    show them.
    """

    def start(self) -> None:
        """Clear what an earlier run of this notebook left, and show the head of the page."""
        self._store.remove(self.name)
        self._store.write(self.name, self.recorded)
        source = {"folder": str(self.cohort.folder.resolve()) if self.cohort.folder else ""}
        write_atomic(self.workspace.source_file(self.cohort.id), json.dumps(source) + "\n")
        head = self.provenance
        self._show(head.html(), head.text(), {"wlz_eval": {"head": head.metadata()}})


def open_notebook(
    name: str,
    *,
    cohort: str | Path,
    audience: str = "public",
    out_dir: str | Path = "",
    effort: str = "",
    workers: int = 1,
    plan_overrides: Mapping[str, Any] | None = None,
) -> Notebook:
    """Open a notebook on a cohort: load and check the data and the plan, and show the head of the page.

    Parameters
    ----------
    name : str
        Name of the notebook, such as ``04_attribution``.
    cohort : str or Path
        Id under data/cohorts, or path of a cohort folder.
    audience : str
        ``public`` hides and rounds; ``internal`` and ``restricted`` show aggregates as they are, and say so.
    out_dir : str or Path
        Folder that holds ``reports/`` and ``.work/``; empty for the project's own.
    effort : str
        ``quick`` or ``full``; empty for what the plan says.
    workers : int
        Processes that the notebook may use.
    plan_overrides : mapping, optional
        Changes to plan.yaml, each shown as a departure.

    Returns
    -------
    Notebook
        With the cohort, the plan and the verbs.

    Raises
    ------
    OptionError
        For an unknown notebook, audience or effort.
    CohortError, PlanError
        With all that is wrong with the data or the plan.
    """
    from wlz_eval.plan import load_cohort_and_plan

    for value, valid, what in ((name, NOTEBOOKS, "notebook"), (audience, AUDIENCES, "audience")):
        if value not in valid:
            raise OptionError(f"Unknown {what} {value!r}. {suggestion(value, valid)}")
    if effort and effort not in EFFORTS:
        raise OptionError(f"Unknown effort {effort!r}. {suggestion(effort, tuple(EFFORTS))}")
    if workers < 1:
        raise OptionError(f"workers must be at least 1, not {workers}.")
    loaded, plan = load_cohort_and_plan(cohort, plan_overrides or None)
    notebook = Notebook(
        name,
        loaded,
        plan,
        audience=audience,
        workspace=Workspace(out_dir),
        effort=effort or plan.effort,
        workers=workers,
        overrides=plan_overrides,
    )
    notebook.start()
    return notebook
