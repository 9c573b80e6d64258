"""Verbs that run notebooks and publish: ``run``, ``studies``, ``site``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wlz_eval.cli.application import app
from wlz_eval.cli.options import (
    Audience,
    AudienceOption,
    ClusterOption,
    ColdOption,
    DryRunOption,
    Effort,
    FreshOption,
    JsonOption,
    OutOption,
    PdfOption,
    QuietOption,
    ShareOption,
    WorkersOption,
)
from wlz_eval.core.errors import OptionError

if TYPE_CHECKING:
    from wlz_eval.batch import RunRequest

__all__ = ["run", "site", "studies"]


@app.command(context_settings={"ignore_unknown_options": False})
def run(
    cohorts: Annotated[
        list[str] | None,
        typer.Argument(metavar="[COHORT]...", help="Ids or folders; none for every cohort in data/cohorts/"),
    ] = None,
    audience: AudienceOption = Audience.public,
    notebook: Annotated[
        list[str] | None,
        typer.Option("--notebook", "-n", help="Only this notebook and what it needs; may be repeated."),
    ] = None,
    effort: Annotated[Effort | None, typer.Option(help="How many replicates (default: as the plan says).")] = None,
    workers: WorkersOption = 0,
    fresh: FreshOption = False,
    dry_run: DryRunOption = False,
    out: OutOption = "",
    quiet: QuietOption = False,
    as_json: JsonOption = False,
    timeout: Annotated[int | None, typer.Option(min=1, help="Seconds that one cell may take.")] = None,
    notebook_timeout: Annotated[
        int | None, typer.Option(min=1, help="Seconds that one notebook may take in all.")
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option("-p", metavar="NAME VALUE", help="A notebook parameter, such as plan_overrides '{...}'."),
    ] = None,
    cold: ColdOption = False,
    with_studies: Annotated[
        bool, typer.Option("--studies", help="Run the studies of the method too; they are about no cohort.")
    ] = False,
    cluster: ClusterOption = "",
    share: ShareOption = "",
    pdf: PdfOption = False,
) -> None:
    """Run the notebooks of cohorts and publish their reports.

    The studies of the method are run too with --studies; "wlz-eval studies" runs them alone.
    """
    from wlz_eval import batch

    request = batch.RunRequest(
        cohorts=tuple(cohorts or ()),
        audience=audience.value,
        notebooks=tuple(notebook or ()),
        effort=effort.value if effort else "",
        workers=workers,
        fresh=fresh,
        out_dir=out,
        parameters=_parameters(parameter or []),
        cell_timeout=timeout or batch.CELL_TIMEOUT,
        notebook_timeout=notebook_timeout or batch.NOTEBOOK_TIMEOUT,
        studies="also" if with_studies else "none",
        kernels="cold" if cold else "warm",
        cluster=cluster,
        share=share,
        pdf=pdf,
    )
    raise typer.Exit(_run(request, dry_run, quiet, as_json))


@app.command(short_help="Run the studies of the method, and publish them.")
def studies(
    audience: AudienceOption = Audience.public,
    notebook: Annotated[
        list[str] | None, typer.Option("--notebook", "-n", help="Only this study; may be repeated.")
    ] = None,
    workers: WorkersOption = 0,
    fresh: FreshOption = False,
    dry_run: DryRunOption = False,
    out: OutOption = "",
    quiet: QuietOption = False,
    as_json: JsonOption = False,
    cold: ColdOption = False,
    cluster: ClusterOption = "",
    share: ShareOption = "",
    pdf: PdfOption = False,
) -> None:
    """Run the studies of the method, and publish them: what it says where the answer is known.

    They read the results that are committed in data/studies/; "make studies" computes those again.
    """
    from wlz_eval import batch

    request = batch.RunRequest(
        audience=audience.value,
        notebooks=tuple(notebook or ()),
        workers=workers,
        fresh=fresh,
        out_dir=out,
        studies="only",
        kernels="cold" if cold else "warm",
        cluster=cluster,
        share=share,
        pdf=pdf,
    )
    raise typer.Exit(_run(request, dry_run, quiet, as_json))


def _run(request: RunRequest, dry_run: bool, quiet: bool, as_json: bool) -> int:
    """Run what is asked, or say what would be run; return the exit status."""
    from wlz_eval import batch
    from wlz_eval.batch import events, telling

    if dry_run:
        planned = batch.plan_run(request)
        code = 2 if planned.refused else 0
        lines = (events.plan_events(planned, code), []) if as_json else telling.plan_lines(planned)
    else:
        result = batch.run(request, batch.make_progress(quiet, as_json=as_json))
        code = result.exit_code
        lines = ([events.summary_event(result)], []) if as_json else telling.result_lines(result, quiet)
    _print(*lines)
    return code


def _print(said: Sequence[str], wrong: Sequence[str] = ()) -> None:
    for line in wrong:
        typer.echo(line, err=True)
    for line in said:
        typer.echo(line)


@app.command(short_help="Make the page that lists cohorts and studies again.")
def site(
    audience: AudienceOption = Audience.public,
    out: OutOption = "",
    gathered: Annotated[
        list[Path] | None,
        typer.Option("--from", metavar="DIR", help="Take over the cohorts of this run's --out first; may be repeated."),
    ] = None,
) -> None:
    """Make the page that lists the cohorts and the studies again, from what is published.

    With --from, what other runs have published in folders of their own is taken over whole: so a scheduler can run
    each cohort as a task of its own, and make one site at the end.
    """
    from wlz_eval.batch.gather import gather
    from wlz_eval.release.workspace import Workspace

    typer.echo(gather(gathered or [], Workspace(out), audience.value).as_uri())


def _parameters(given: list[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise OptionError(f"-p needs a name and a value: -p {name} VALUE.")
        if name in values:
            raise OptionError(f"Parameter {name} is given twice.")
        values[name] = value
    return values
