"""From the words on the command line to an exit status."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence

import typer
import typer.exceptions

from wlz_eval.cli.application import app
from wlz_eval.core.errors import WlzEvalError

__all__ = ["join_parameters", "main"]


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
