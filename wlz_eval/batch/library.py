"""The command ``wlz-eval run`` from Python or a notebook, with the same options by the same names."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, overload

from wlz_eval.batch.execute import CELL_TIMEOUT, NOTEBOOK_TIMEOUT
from wlz_eval.batch.planning import RunPlan, plan_run
from wlz_eval.batch.progress import make_progress
from wlz_eval.batch.record import RunResult
from wlz_eval.batch.request import RunRequest
from wlz_eval.batch.run import run as run_batch
from wlz_eval.core.errors import OptionError, suggestion

__all__ = ["run"]

Cohorts = str | Path | Sequence[str | Path]


@overload
def run(cohorts: Cohorts = ..., *, dry_run: Literal[True], **options: Any) -> RunPlan: ...
@overload
def run(cohorts: Cohorts = ..., *, dry_run: Literal[False] = ..., **options: Any) -> RunResult: ...
def run(
    cohorts: Cohorts = (),
    *,
    audience: str = "public",
    notebook: str | Sequence[str] = (),
    effort: str = "",
    workers: int = 0,
    fresh: bool = False,
    dry_run: bool = False,
    out: str | Path = "",
    quiet: bool = False,
    timeout: int = CELL_TIMEOUT,
    notebook_timeout: int = NOTEBOOK_TIMEOUT,
    parameter: Mapping[str, Any] | None = None,
    cold: bool = False,
    studies: bool = False,
    pdf: bool = False,
    cluster: str = "",
    share: str = "",
    **unknown: Any,
) -> RunResult | RunPlan:
    """Run the notebooks of cohorts and publish their reports, as ``wlz-eval run`` does.

    It may be called from a script or from a notebook. In a main thread, an interrupt (Ctrl-C, or the stop button of
    JupyterLab) lets what runs finish, and a second one stops it.

    Parameters
    ----------
    cohorts : str, Path or sequence of them
        Ids under ``data/cohorts`` or folders anywhere; empty for every cohort in ``data/cohorts``.
    audience : str
        ``public``, ``internal`` or ``restricted``.
    notebook : str or sequence of str
        Notebooks by name, number or topic; what they need is run too. Empty for all.
    effort : str
        ``draft``, ``quick`` or ``full``; empty for what each plan says.
    workers : int
        Notebooks at once; 0 for one a core, or for as many as the cluster's workers have threads.
    fresh : bool
        Run everything, changed or not.
    dry_run : bool
        Only say what would run, and why.
    out : str or Path
        Folder for ``reports/`` and ``.work/``; empty for the project's own.
    quiet : bool
        Say nothing while it runs.
    timeout, notebook_timeout : int
        Seconds that one cell, and one whole notebook, may take.
    parameter : mapping
        Values of notebook parameters, such as ``{"plan_overrides": {"seed": 5}}``.
    cold : bool
        Start each kernel by itself, not as a copy of a warm one: slower, the same.
    studies : bool
        Run the studies of the method too.
    pdf : bool
        Print the pages as PDF too, each by itself and all in one; needs the extra ``pdf``.
    cluster : str
        Address of a Dask scheduler, or its scheduler file, whose workers run the notebooks.
    share : str
        Folder or fsspec URL that every worker sees; goes with `cluster`.
    **unknown
        Refused, with the nearest name.

    Returns
    -------
    RunResult
        ``table()`` has one row a notebook (cohort, notebook, status, seconds, reason); ``exit_code`` is that of the
        command, ``site`` the page to open. With `dry_run`, a :class:`~wlz_eval.batch.planning.RunPlan`.

    Raises
    ------
    OptionError, RunError
        When the request itself is wrong, or another run holds the output folder. A notebook that fails raises
        nothing: its status and reason are in the result.

    Examples
    --------
    >>> import tempfile, wlz_eval
    >>> plan = wlz_eval.run("star-1986", notebook="03", out=tempfile.mkdtemp(), dry_run=True)
    >>> plan.table()["notebook"].tolist()[-1]
    '03_progress'
    """
    _refuse_unknown(unknown)
    request = RunRequest(
        cohorts=(cohorts,) if isinstance(cohorts, str | Path) else tuple(cohorts),
        audience=audience,
        notebooks=(notebook,) if isinstance(notebook, str) else tuple(notebook),
        effort=effort,
        workers=workers,
        fresh=fresh,
        out_dir=out,
        parameters=dict(parameter or {}),
        cell_timeout=timeout,
        notebook_timeout=notebook_timeout,
        studies="also" if studies else "none",
        kernels="cold" if cold else "warm",
        pdf=pdf,
        cluster=cluster,
        share=share,
    )
    if dry_run:
        return plan_run(request)
    # A notebook shows the error stream as an alarm.
    stream = sys.stderr if sys.stderr.isatty() else sys.stdout
    return run_batch(request, make_progress(quiet, stream))


def _refuse_unknown(names: Mapping[str, Any]) -> None:
    known = [name for name, p in inspect.signature(run).parameters.items() if p.kind is not p.VAR_KEYWORD]
    if names:
        raise OptionError("\n".join(f"run has no option {name!r}. {suggestion(name, known)}" for name in names))
