"""The application with which each group of verbs registers its commands."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["app"]

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
