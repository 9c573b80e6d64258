"""The command ``wlz-eval``: a thin skin over the library.

Everything heavy is imported inside the command that needs it, so that ``--help`` answers at once.
Exit status: 0 all well, 1 a notebook failed, 2 the request or the data are wrong, 3 the publication gate
refused.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wlz_eval.core.errors import OptionError, WlzEvalError

if TYPE_CHECKING:
    from wlz_eval.batch import RunPlan, RunRequest, RunResult

__all__ = ["app", "join_parameters", "main"]

app = typer.Typer(
    name="wlz-eval",
    help="Evaluate cohorts of children on a programme: from tables to reports that reviewers read.",
    no_args_is_help=True,
    add_completion=False,
    # A bug shows Python's own traceback, without the values of variables, which may be a child's.
    pretty_exceptions_enable=False,
    # Boxes and colours of the help cost more than all else that it needs.
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


#: How the statuses of notebooks are counted in words.
_STATUS_WORDS = {"succeeded": "succeeded", "cached": "unchanged", "failed": "failed", "skipped": "skipped"}


class Audience(StrEnum):
    """Who will read the pages."""

    public = "public"
    internal = "internal"
    restricted = "restricted"


class Effort(StrEnum):
    """How many replicates; the names of :data:`wlz_eval.core.effort.EFFORTS` (a test compares them)."""

    draft = "draft"
    quick = "quick"
    full = "full"


class Selection(StrEnum):
    """How simulated children are chosen."""

    observed = "observed"
    judgement = "judgement"


class Held(StrEnum):
    """Which measures simulated comparison children have."""

    all = "all"
    administrative = "administrative"


OutOption = Annotated[
    str,
    typer.Option("--out", metavar="DIR", help="Folder for reports/ and .work/ (default: the project's own)."),
]
AudienceOption = Annotated[Audience, typer.Option(help="Who will read the pages.")]


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        typer.echo(f"wlz-eval {version('wlz-eval')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


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
    workers: Annotated[int, typer.Option(min=0, help="Notebooks at once; 0 for one a core.")] = 0,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run everything, changed or not.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would run, and why.")] = False,
    out: OutOption = "",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only what went wrong and the site.")] = False,
    timeout: Annotated[int | None, typer.Option(min=1, help="Seconds that one cell may take.")] = None,
    notebook_timeout: Annotated[
        int | None, typer.Option(min=1, help="Seconds that one notebook may take in all.")
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option("-p", metavar="NAME VALUE", help="A notebook parameter, such as plan_overrides '{...}'."),
    ] = None,
    cold: Annotated[
        bool, typer.Option("--cold", help="Start each kernel by itself, not as a copy of a warm one: slower, the same.")
    ] = False,
    with_studies: Annotated[
        bool, typer.Option("--studies", help="Run the studies of the method too; they are about no cohort.")
    ] = False,
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
    )
    raise typer.Exit(_run(request, dry_run, quiet))


@app.command(short_help="Run the studies of the method, and publish them.")
def studies(
    audience: AudienceOption = Audience.public,
    notebook: Annotated[
        list[str] | None, typer.Option("--notebook", "-n", help="Only this study; may be repeated.")
    ] = None,
    workers: Annotated[int, typer.Option(min=0, help="Notebooks at once; 0 for one a core.")] = 0,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run everything, changed or not.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would run, and why.")] = False,
    out: OutOption = "",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only what went wrong and the site.")] = False,
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
    )
    raise typer.Exit(_run(request, dry_run, quiet))


def _run(request: RunRequest, dry_run: bool, quiet: bool) -> int:
    """Run what is asked, or say what would be run; return the exit status."""
    from wlz_eval import batch

    if dry_run:
        return _print_plan(batch.plan_run(request))
    result = batch.run(request, batch.make_progress(quiet))
    _print_result(result, quiet)
    return result.exit_code


@app.command()
def check(cohorts: Annotated[list[str], typer.Argument(metavar="COHORT...", help="Ids or folders.")]) -> None:
    """List every problem of cohorts and their plans."""
    wrong = False
    for cohort in cohorts:
        lines, bad = _check(cohort)
        typer.echo("\n".join(lines))
        wrong = wrong or bad
    raise typer.Exit(2 if wrong else 0)


@app.command(short_help="Make a cohort folder, empty or from a spreadsheet.")
def new(
    cohort: Annotated[
        str,
        typer.Argument(
            metavar="COHORT", help="Folder to make, whose name is the cohort's id; a name alone goes to data/cohorts/."
        ),
    ],
    spreadsheet: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="A spreadsheet (.csv or .xlsx), one row a child.")
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option("--mapping", metavar="FILE", help="Which of its columns is what; without it, one is guessed."),
    ] = None,
) -> None:
    """Make a cohort folder: with empty tables to fill in, or from a spreadsheet.

    From a spreadsheet it takes two runs. The first, with --from alone, writes mapping.yaml into the folder: which
    column is what, as far as the headers tell. Correct it; the second run, with --mapping too, writes the tables.
    """
    from wlz_eval.cohort import new_cohort
    from wlz_eval.plan import explain_plan

    typer.echo(str(new_cohort(cohort, spreadsheet=spreadsheet, mapping=mapping, plan_text=explain_plan)))


@app.command()
def simulate(
    cohort: Annotated[str, typer.Argument(metavar="COHORT", help="Id of the cohort to make.")],
    children: Annotated[int, typer.Option(help="Children on the programme.")] = 300,
    pool: Annotated[int, typer.Option(help="Comparison pupils.")] = 4000,
    schools: Annotated[int, typer.Option(help="Programme schools.")] = 10,
    comparison_schools: Annotated[int, typer.Option(help="Other schools.")] = 20,
    seed: Annotated[int, typer.Option(help="Seed of every draw.")] = 1,
    effect: Annotated[float, typer.Option(help="True effect on English, in standard deviations.")] = 0.3,
    selection: Annotated[
        Selection, typer.Option(help="Chosen on measured need, or on what teachers see besides.")
    ] = Selection.observed,
    comparison_measures: Annotated[Held, typer.Option(help="Measures that comparison pupils have.")] = Held.all,
    out: Annotated[
        str, typer.Option("--out", metavar="FOLDER", help="Folder to write (default: COHORT in this folder).")
    ] = "",
) -> None:
    """Simulate a cohort whose true effects are known."""
    from wlz_eval.simulate import make_options, write_simulated
    from wlz_eval.simulate import simulate as simulate_cohort

    folder = Path(out or cohort)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OptionError(f"{folder} is already there and not empty. Choose another with --out.")
    options = make_options(
        id=folder.name if Path(cohort).name != cohort else cohort,
        children=children,
        pool=pool,
        schools=schools,
        comparison_schools=comparison_schools,
        seed=seed,
        effect=effect,
        selection=selection.value,
        comparison_measures=comparison_measures.value,
    )
    write_simulated(simulate_cohort(options), folder)
    typer.echo(f"Wrote {folder}. Evaluate it with: wlz-eval run {folder if out else './' + str(folder)}")


@app.command()
def plan(
    cohort: Annotated[str, typer.Argument(metavar="COHORT", help="Id or folder.")],
    lock: Annotated[bool, typer.Option("--lock", help="Write plan.lock.yaml: what was decided, and when.")] = False,
    registered: Annotated[
        str, typer.Option("--registered", metavar="WHERE", help="Where the plan was registered; with --lock.")
    ] = "",
    explain: Annotated[bool, typer.Option("--explain", help="Print every key that a plan may have.")] = False,
) -> None:
    """Show a cohort's plan, its lock and its departures; or lock it."""
    from wlz_eval.plan import explain_plan, load_cohort_and_plan, lock_plan

    if registered and not lock:
        raise OptionError("--registered goes with --lock: it says where the locked plan was registered.")
    if explain:
        typer.echo(explain_plan())
        return
    loaded, found = load_cohort_and_plan(cohort)
    if lock:
        typer.echo(f"Locked in {lock_plan(loaded, registered)}.")
        loaded, found = load_cohort_and_plan(cohort)
    for row in found.table().itertuples():
        typer.echo(f"{row.key}: {row.used}" + (f"  (planned: {row.planned})" if row.departure else ""))
    typer.echo(found.status)
    for warning in found.warnings:
        typer.echo(f"Warning: {warning}")


@app.command(short_help="Make the page that lists cohorts and studies again.")
def site(audience: AudienceOption = Audience.public, out: OutOption = "") -> None:
    """Make the page that lists the cohorts and the studies again, from what is published."""
    from wlz_eval.batch.publishing import publish_site
    from wlz_eval.release.workspace import Workspace

    index = publish_site(Workspace(out), audience.value)
    typer.echo(index.as_uri())


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


def join_parameters(arguments: Sequence[str]) -> list[str]:
    """Write each ``-p NAME VALUE`` as ``-p NAME=VALUE``, since typer repeats only options of one word.

    Examples
    --------
    >>> join_parameters(["run", "-p", "draws", "20", "--quiet"])
    ['run', '-p', 'draws=20', '--quiet']
    """
    waiting, joined = list(arguments), list[str]()
    while waiting:
        word = waiting.pop(0)
        joined.append(word)
        pair = len(waiting) > 1 and waiting[0].isidentifier() and not waiting[1].startswith("--")
        if word == "-p" and pair:
            joined.append(f"{waiting.pop(0)}={waiting.pop(0)}")
    return joined


def _check(cohort: str) -> tuple[list[str], bool]:
    """Return what to print of one cohort, and whether anything is fatal."""
    from wlz_eval.cohort import check_cohort, load_cohort
    from wlz_eval.core.errors import ProblemsError
    from wlz_eval.plan import check_plan, planned_columns

    try:
        extra = planned_columns(cohort)
        report = check_cohort(cohort, extra)
        planned = check_plan(load_cohort(cohort, extra)) if report.ok else _check_plan_alone(cohort)
    except ProblemsError as error:
        return [f"{cohort}: {error}"], True
    known = {*report.problems, *report.warnings}
    more = [problem for problem in planned if problem not in known]
    lines = [str(report)] + [f"  {'problem' if p.fatal else 'warning'}  {p}" for p in more]
    return lines, not report.ok or any(problem.fatal for problem in more)


def _check_plan_alone(cohort: str) -> list[Any]:
    """Check a plan whose cohort cannot be loaded, as far as that goes without the tables."""
    from wlz_eval.cohort import find_cohort
    from wlz_eval.core.errors import ProblemsError
    from wlz_eval.plan import make_plan
    from wlz_eval.plan.load import PLAN_FILE, read_plan_file

    try:
        raw, _ = read_plan_file(find_cohort(cohort) / PLAN_FILE)
        make_plan(raw)
    except ProblemsError as error:
        return list(error.problems)
    return []


def _print_plan(planned: RunPlan) -> int:
    width = max((len(f"{job.cohort} {job.notebook}") for job in planned.jobs), default=0)
    for job in planned.jobs:
        typer.echo(f"{f'{job.cohort} {job.notebook}':<{width}}  {job.action}: {job.reason}")
    for refusal in planned.refused:
        typer.echo(f"{refusal.cohort} would be refused:\n{refusal.message}", err=True)
    return 2 if planned.refused else 0


def _print_result(result: RunResult, quiet: bool) -> None:
    for refusal in result.refused:
        typer.echo(f"{refusal.cohort} was refused. {refusal.message}", err=True)
    for job in result.jobs:
        # Without --quiet this was said when it happened.
        if quiet and job.status == "failed":
            typer.echo(f"{job.cohort} {job.notebook} failed: {job.detail or job.reason}", err=True)
    for cohort, reasons in result.gate.items():
        lines = "\n".join(f"  - {reason}" for reason in reasons)
        typer.echo(f"{cohort} is not published, since the publication gate refused:\n{lines}", err=True)
    for where, trace in result.faults.items():
        typer.echo(f"{where} could not be finished:\n{trace}", err=True)
    if not quiet:
        counts = Counter[str](job.status for job in result.jobs)
        shown = [f"{counts[s]} {word}" for s, word in _STATUS_WORDS.items() if counts[s]]
        typer.echo(f"Notebooks: {', '.join(shown) or 'none'}.")
    if result.site is not None:
        typer.echo(f"Open {result.site.as_uri()}")


def main() -> None:
    """Run the command; a mistake that a user can mend shows its message and no traceback."""
    try:
        app(args=join_parameters(sys.argv[1:]))
    except WlzEvalError as error:
        typer.echo(str(error), err=True)
        sys.exit(2)
