"""What a run is asked to do, checked before anything starts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wlz_eval.batch.execute import CELL_TIMEOUT
from wlz_eval.batch.graph import Graph, read_graph
from wlz_eval.batch.parameters import check_parameters
from wlz_eval.core.effort import EFFORTS
from wlz_eval.core.errors import OptionError, suggestion

__all__ = ["CheckedRequest", "RunRequest", "check_request"]


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
        Notebooks by name, number or topic; what they need is run too. Empty for all.
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
    cell_timeout : int
        Seconds that one cell may take.
    notebooks_dir : Path or None
        Folder of the notebooks; the project's own when ``None``.

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
    notebooks_dir: Path | None = None


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
    workers : int
        Kernels at once.
    """

    request: RunRequest
    graph: Graph
    wanted: tuple[str, ...]
    parameters: Mapping[str, Any]
    workers: int


def check_request(request: RunRequest) -> CheckedRequest:
    """Check everything in a request that does not depend on a cohort's data.

    Raises
    ------
    OptionError, RunError
        Unknown notebook, audience, effort or parameter, with the nearest valid name.
    """
    from wlz_eval.release.workspace import AUDIENCES

    _one_of("audience", request.audience, AUDIENCES)
    if request.effort:
        _one_of("effort", request.effort, tuple(EFFORTS))
    _at_least("workers", request.workers, 0)
    _at_least("cell_timeout", request.cell_timeout, 1)
    graph = read_graph(request.notebooks_dir)
    wanted = graph.closure(request.notebooks)
    return CheckedRequest(
        request=request,
        graph=graph,
        wanted=wanted,
        parameters=check_parameters(request.parameters, {name: graph[name].parameters for name in wanted}),
        workers=request.workers or _cores(),
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
