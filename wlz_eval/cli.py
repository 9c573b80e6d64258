"""The command ``wlz-eval``: a thin skin over the library.

Everything heavy is imported inside the command that needs it, so that ``--help`` answers at once.
Exit status: 0 all well, 1 a notebook failed, 2 the request or the data are wrong, 3 the publication gate
refused.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import typer.exceptions

from wlz_eval.core.errors import OptionError, WlzEvalError

if TYPE_CHECKING:
    from wlz_eval.batch import RunRequest

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
WorkersOption = Annotated[
    int, typer.Option(min=0, help="Notebooks at once; 0 for one a core, or a thread of the cluster.")
]
FreshOption = Annotated[bool, typer.Option("--fresh", help="Run everything, changed or not.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Print what would run, and why.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print only what went wrong and the site.")]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON object a line for each event, a summary last, errors too.")
]
ColdOption = Annotated[
    bool, typer.Option("--cold", help="Start each kernel by itself, not as a copy of a warm one: slower, the same.")
]
ClusterOption = Annotated[
    str,
    typer.Option(metavar="ADDRESS", help="Run the notebooks on the workers of this Dask scheduler, or scheduler file."),
]
ShareOption = Annotated[
    str,
    typer.Option(
        metavar="URL",
        help="Folder or fsspec address that all of a cluster's workers see (default: within --out).",
    ),
]


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


def main() -> None:
    """Run the command; a mistake that a user can mend shows its message and no traceback."""
    arguments = join_parameters(sys.argv[1:])
    if "--json" in arguments:
        sys.exit(_main_json(arguments))
    try:
        app(args=arguments)
    except WlzEvalError as error:
        typer.echo(str(error), err=True)
        sys.exit(2)


def _main_json(arguments: list[str]) -> int:
    """Run the command for a machine: what goes wrong is one JSON object too; return the exit status."""
    from wlz_eval.batch.events import error_event

    try:
        code = app(args=arguments, standalone_mode=False)
    except (WlzEvalError, typer.exceptions.TyperException) as error:
        text = str(getattr(error, "format_message", error.__str__)())
        typer.echo(error_event(type(error).__name__, text, 2))
        return 2
    except Exception as error:
        # A bug: its message, which may hold a child's values, and its traceback stay on the error stream.
        traceback.print_exc()
        typer.echo(error_event(type(error).__name__, "a bug of the suite; its traceback is on the error stream", 1))
        return 1
    return code if isinstance(code, int) else 0
