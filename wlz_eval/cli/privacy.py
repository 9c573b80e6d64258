"""Verbs about the rights of children: ``forget``, ``retention``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from wlz_eval.cli.application import app

__all__ = ["forget", "retention"]

OutsOption = Annotated[
    list[str] | None,
    typer.Option("--out", metavar="DIR", help="Output folder (default: the project's own); may be repeated."),
]


@app.command(short_help="Remove a child from tables, caches and unpublished reports.")
def forget(
    child: Annotated[
        str, typer.Argument(metavar="CHILD", help="child_id or person_id; - reads it from the standard input.")
    ],
    cohort: Annotated[
        list[str] | None,
        typer.Option("--cohort", metavar="COHORT", help="Id or folder to look in (default: all); may be repeated."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print what would be done.")] = False,
    out: OutsOption = None,
) -> None:
    """Remove a child from tables, caches, stores, ledgers, logs and unpublished reports.

    Every cohort in which that person is loses the child's rows; siblings stay. Published pages are not changed: the
    command says which of them counted the child, and what to do. A child that is given by "-" stands in no history
    of commands.
    """
    from wlz_eval.batch.forget import forget as forget_child

    done = forget_child(sys.stdin.readline() if child == "-" else child, cohort or (), out or (), dry_run=dry_run)
    typer.echo(str(done), err=not done.known)
    raise typer.Exit(0 if done.known else 2)


@app.command(short_help="List when cohorts' data must be deleted, and delete what is due.")
def retention(
    cohorts: Annotated[
        list[str] | None, typer.Argument(metavar="[COHORT]...", help="Ids or folders; none for all of the project.")
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Delete the tables and private files of what is due.")] = False,
    out: OutsOption = None,
) -> None:
    """List when the data of cohorts must be deleted (data_use.retention_date in cohort.yaml), and delete what is due.

    Published pages stay, since they hold numbers of groups only; so do cohort.yaml, plan and contract.
    """
    from wlz_eval.batch.retention import retention as retained

    typer.echo(str(retained(cohorts or (), out or (), apply=apply)))
