"""What a run is asked to do, checked before anything starts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

from wlz_eval.batch.execute import CELL_TIMEOUT, NOTEBOOK_TIMEOUT
from wlz_eval.batch.graph import Graph, read_graph
from wlz_eval.batch.parameters import check_parameters
from wlz_eval.core.effort import EFFORTS
from wlz_eval.core.errors import OptionError, RunError, suggestion
from wlz_eval.core.files import notebooks_dir
from wlz_eval.release.workspace import AUDIENCES, STUDIES

__all__ = ["CheckedRequest", "CheckedRun", "Kernels", "RunRequest", "Studies", "check_run"]

#: How kernels start: copied from one warm process where the system allows it, or each by itself.
Kernels = Literal["warm", "cold"]
#: Whether the studies of the method are run: not, beside the cohorts, or alone.
Studies = Literal["none", "also", "only"]


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """What to run, for whom, and how.

    Parameters
    ----------
    cohorts : tuple of str or Path
        Ids under ``data/cohorts`` or folders anywhere; empty for every shipped cohort.
    audience : str
        ``public``, ``internal`` or ``restricted``.
    notebooks : tuple of str
        Notebooks by name, number or topic; what they need is run too. Empty for all. They are studies when `studies`
        is ``only``.
    effort : str
        ``quick`` or ``full``; empty for what each cohort's plan says.
    workers : int
        Kernels at once; 0 for one a core.
    fresh : bool
        Run everything, changed or not.
    out_dir : str or Path
        Folder for ``reports/`` and ``.work/``; empty for the project's own.
    parameters : mapping
        Values for notebook parameters, such as ``plan_overrides``.
    cell_timeout, notebook_timeout : int
        Seconds that one cell, and one whole notebook, may take.
    notebooks_dir : Path or None
        Folder of the notebooks, which holds ``studies/``; the project's own when ``None``.
    studies : str
        Studies of the method: ``none``, ``also`` (beside the cohorts) or ``only`` (no cohort).
    kernels : str
        ``warm``: each kernel is a copy of one process that has imported everything, where the system can copy
        processes; ``cold``: each is an interpreter of its own. The results are the same.
    cluster : str
        Address of a Dask scheduler, or its scheduler file (``.json``), whose workers run the notebooks; empty for this
        machine.
    share : str
        Folder or fsspec URL that this machine and every worker see, through which data and results pass; empty for a
        folder under `out_dir`. It goes with `cluster`.
    pdf : bool
        Whether to print the pages as PDF too; it needs the extra ``pdf``.

    Examples
    --------
    >>> RunRequest(cohorts=("star-1986",), notebooks=("04",)).effort
    ''
    """

    cohorts: tuple[str | Path, ...] = ()
    audience: str = "public"
    notebooks: tuple[str, ...] = ()
    effort: str = ""
    workers: int = 0
    fresh: bool = False
    out_dir: str | Path = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    cell_timeout: int = CELL_TIMEOUT
    notebook_timeout: int = NOTEBOOK_TIMEOUT
    notebooks_dir: Path | None = None
    studies: Studies = "none"
    kernels: Kernels = "warm"
    cluster: str = ""
    share: str = ""
    pdf: bool = False


@dataclass(frozen=True, kw_only=True)
class CheckedRequest:
    """A request whose every name and value is known to be valid.

    Parameters
    ----------
    request : RunRequest
        As it was asked.
    graph : Graph
        The notebooks.
    wanted : tuple of str
        Those to run, in order.
    parameters : mapping
        Typed values of parameters.
    """

    request: RunRequest
    graph: Graph
    wanted: tuple[str, ...]
    parameters: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class CheckedRun:
    """A request that was checked for each of the two things that may be run.

    Parameters
    ----------
    request : RunRequest
        As it was asked.
    cohorts, studies : CheckedRequest or None
        What to run of the cohorts' notebooks, and of the studies; None for nothing.
    workers : int
        Kernels at once.
    fault : str
        Why the studies cannot be run beside the cohorts, which go on without them.
    """

    request: RunRequest
    cohorts: CheckedRequest | None
    studies: CheckedRequest | None
    workers: int
    fault: str = ""

    def for_cohorts(self) -> CheckedRequest:
        """Return what to run of each cohort."""
        if self.cohorts is None:
            raise OptionError("This run is of the studies only, so there is no cohort in it.")
        return self.cohorts

    def total(self, cohorts: int) -> int:
        """Count the notebooks, when there are so many cohorts."""
        each = len(self.cohorts.wanted) if self.cohorts else 0
        return cohorts * each + (len(self.studies.wanted) if self.studies else 0)


def check_run(request: RunRequest) -> CheckedRun:
    """Check everything in a request that does not depend on a cohort's data.

    A study whose notebook has not the right form stops a run of the studies alone; it does not stop cohorts.

    Raises
    ------
    OptionError, RunError
        Unknown notebook, audience, effort or parameter, with the nearest valid name.
    """
    _check_options(request)
    cohorts, studies, fault = None, None, ""
    if request.studies != "only":
        cohorts = _checked(request, read_graph(request.notebooks_dir))
    if request.studies == "only":
        studies = _checked(request, _study_graph(request))
    elif request.studies == "also":
        try:
            # Names and parameters that were given are meant for the notebooks of the cohorts.
            studies = _checked(replace(request, notebooks=(), parameters={}), _study_graph(request))
        except RunError as error:
            fault = str(error)
    return CheckedRun(
        request=request, cohorts=cohorts, studies=studies, workers=request.workers or _cores(), fault=fault
    )


def _study_graph(request: RunRequest) -> Graph:
    from wlz_eval.report.studies import check_study

    graph = read_graph((request.notebooks_dir or notebooks_dir()) / STUDIES)
    for name, notebook in graph.notebooks.items():
        check_study(name, notebook.metadata)
    return graph


def _check_options(request: RunRequest) -> None:
    _one_of("audience", request.audience, AUDIENCES)
    if request.effort:
        _one_of("effort", request.effort, tuple(EFFORTS))
    _one_of("studies", request.studies, get_args(Studies))
    _one_of("kernels", request.kernels, get_args(Kernels))
    _at_least("workers", request.workers, 0)
    _at_least("cell_timeout", request.cell_timeout, 1)
    _at_least("notebook_timeout", request.notebook_timeout, 1)
    if request.pdf:
        from wlz_eval.report.pdf import need_pdf

        need_pdf()
    if request.share and not request.cluster:
        raise OptionError("--share goes with --cluster: it is where data and results pass between the machines.")
    if "://" in str(request.out_dir):
        raise OptionError(
            f"--out must be a folder of this machine, not {request.out_dir!r}: reports are moved there whole. What"
            " workers of a cluster read and write may pass through an address: --cluster ADDRESS --share URL."
        )
    if request.studies == "only" and request.cohorts:
        raise OptionError("The studies are about no cohort. Name none, or ask for the studies beside the cohorts.")


def _checked(request: RunRequest, graph: Graph) -> CheckedRequest:
    wanted = graph.closure(request.notebooks)
    return CheckedRequest(
        request=request,
        graph=graph,
        wanted=wanted,
        parameters=check_parameters(request.parameters, {name: graph[name].parameters for name in wanted}),
    )


def _one_of(option: str, value: str, valid: tuple[str, ...]) -> None:
    if value not in valid:
        raise OptionError(f"Unknown {option} {value!r}. {suggestion(value, valid)}")


def _at_least(option: str, value: int, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise OptionError(f"{option} must be a whole number of at least {least}, not {value!r}.")


def _cores() -> int:
    """Cores that this process may use, which in a container are fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
