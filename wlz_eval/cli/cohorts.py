"""Verbs about a cohort's folder and plan: ``check``, ``new``, ``simulate``, ``plan``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from wlz_eval.cli.application import app
from wlz_eval.cli.options import Held, Selection
from wlz_eval.core.errors import OptionError

__all__ = ["check", "new", "plan", "simulate"]


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


def _check(cohort: str) -> tuple[list[str], bool]:
    """Return what to print of one cohort, and whether anything is fatal."""
    from wlz_eval.batch.retention import retention_notice
    from wlz_eval.cohort import check_cohort, find_cohort, load_cohort
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
    notices = [f"  retention  {notice}" for notice in (retention_notice(find_cohort(cohort)),) if notice]
    lines = [str(report), *notices] + [f"  {'problem' if p.fatal else 'warning'}  {p}" for p in more]
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
