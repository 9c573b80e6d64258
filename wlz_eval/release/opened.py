"""The state of an opened notebook or study, and how an output reaches its cell."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from wlz_eval.cohort.model import Cohort
from wlz_eval.measures.frame import AnalysisFrame, analysis_frame
from wlz_eval.plan import Plan
from wlz_eval.release.findings import FindingSet, FindingStore
from wlz_eval.release.ledger import Ledger
from wlz_eval.release.limits import rule_of
from wlz_eval.release.provenance import Provenance, provenance
from wlz_eval.release.show import notice_html
from wlz_eval.release.workspace import Workspace

__all__ = ["Opened", "Page", "display_output", "publish_output"]


def publish_output(bundle: Mapping[str, str], metadata: Mapping[str, Any]) -> None:
    """Hand an output to the running cell."""
    from IPython.display import display

    display(dict(bundle), raw=True, metadata=dict(metadata))


def display_output(bundle: Mapping[str, str], metadata: Mapping[str, Any] | None = None) -> None:
    """Show an output with the mark that it came through the release rule."""
    own = metadata or {}
    publish_output(bundle, {**own, "wlz_eval": {"released": True, **own.get("wlz_eval", {})}})


class Page:
    """What can be shown in one run: for whom, under which rule, into which ledger.

    Parameters
    ----------
    ledger : Ledger
        Empty; it knows cohort, audience, notebook and rule.
    workspace : Workspace
        Where everything is kept.
    """

    def __init__(self, ledger: Ledger, workspace: Workspace):
        self.name = ledger.notebook
        self.audience = ledger.audience
        self.rule = ledger.rule
        self.ledger = ledger
        self.workspace = workspace

    def _notice(self, text: str, kind: str = "notice") -> None:
        self._show(notice_html(text, kind), text)

    def _show(self, html: str, text: str, metadata: Mapping[str, Any] | None = None) -> None:
        self.ledger.save(self.workspace.ledger_file(self.ledger.cohort, self.audience, self.name))
        display_output({"text/html": html, "text/plain": text}, metadata)


class Opened(Page):
    """One run of one notebook for one cohort and audience; made by :func:`open_notebook`.

    Parameters
    ----------
    name : str
        Name of the notebook, such as ``04_attribution``.
    cohort : Cohort
        The loaded cohort.
    plan : Plan
        Its plan, overrides applied.
    audience : str
        ``public``, ``internal`` or ``restricted``.
    workspace : Workspace
        Where everything is kept.
    effort : str
        ``quick`` or ``full``.
    workers : int
        Processes that the notebook may use.
    overrides : mapping, optional
        What was changed of the plan.
    """

    def __init__(
        self,
        name: str,
        cohort: Cohort,
        plan: Plan,
        *,
        audience: str,
        workspace: Workspace,
        effort: str,
        workers: int = 1,
        overrides: Mapping[str, Any] | None = None,
    ):
        super().__init__(Ledger(cohort.id, audience, name, rule_of(plan.disclosure, audience)), workspace)
        self.cohort = cohort
        self.plan = plan
        self.effort = effort
        self.workers = workers
        self.seed = plan.seed
        self.provenance: Provenance = provenance(
            name, cohort, plan, audience=audience, effort=effort, overrides=overrides
        )
        self.recorded = FindingSet()
        self._store = FindingStore(workspace, cohort.id)

    def __repr__(self) -> str:
        return f"<Notebook {self.name}: {self.cohort.id}, {self.audience}>"

    @functools.cached_property
    def frame(self) -> AnalysisFrame:
        """The analysis frame, with the informants that the plan names."""
        informants: dict[str, str] = {o.measure: o.informant for o in self.plan.outcomes if o.informant}
        return analysis_frame(self.cohort, informants or None)
