"""The typed parameters of a notebook, and the check of those that a user gives.

papermill takes a misspelt parameter with a warning and runs on, so the check is made here, before anything
starts.
"""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wlz_eval.core.errors import OptionError, RunError, suggestion

__all__ = ["RESERVED", "Parameter", "check_parameters", "read_parameters"]

#: Parameters that a run sets itself, and how a user sets each.
RESERVED: dict[str, str] = {
    "cohort": "Name the cohort as an argument of the run",
    "audience": "Use --audience",
    "out_dir": "Use --out",
    "effort": "Use --effort",
}

_TYPES: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool, "dict": dict, "list": list}
_WORDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "dict": "a mapping, written as JSON",
    "list": "a list, written as JSON",
}


@dataclass(frozen=True)
class Parameter:
    """One typed default of a notebook's ``parameters`` cell.

    Parameters
    ----------
    name : str
        Its name.
    kind : str
        ``str``, ``int``, ``float``, ``bool``, ``dict`` or ``list``.
    default : object
        Its default.
    """

    name: str
    kind: str
    default: Any

    def convert(self, value: Any) -> Any:
        """Return `value` as this parameter's type; texts from a command line are read.

        Raises
        ------
        OptionError
            When the value is not of the type.

        Examples
        --------
        >>> Parameter("draws", "int", 10).convert("20")
        20
        """
        read = _read_text(value, self.kind) if isinstance(value, str) and self.kind != "str" else value
        if self.kind == "float" and isinstance(read, int) and not isinstance(read, bool):
            read = float(read)
        wrong = not isinstance(read, _TYPES[self.kind]) or (self.kind != "bool" and isinstance(read, bool))
        if wrong or (isinstance(read, float) and not math.isfinite(read)):
            raise OptionError(f"Parameter {self.name} must be {_WORDS[self.kind]}, not {value!r}.")
        try:
            json.dumps(read, allow_nan=False)
        except (TypeError, ValueError):
            raise OptionError(
                f"Parameter {self.name} must hold only texts, numbers, lists and mappings, since papermill"
                f" hands it over as JSON; {value!r} does not."
            ) from None
        return read


def _read_text(text: str, kind: str) -> Any:
    if kind == "bool":
        return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(text.lower(), text)
    try:
        return json.loads(text)
    except ValueError:
        return text


def read_parameters(source: str, where: str = "the notebook") -> dict[str, Parameter]:
    """Read the typed defaults of a ``parameters`` cell without running it.

    Parameters
    ----------
    source : str
        Source of the cell: ``name: type = default`` a line, with literal defaults.
    where : str
        Name of the notebook, for messages.

    Returns
    -------
    dict of str to Parameter

    Raises
    ------
    RunError
        When a line is anything else.

    Examples
    --------
    >>> read_parameters("draws: int = 10  # how many")["draws"].default
    10
    """
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise RunError(f"{where}: the parameters cell is not valid Python (line {error.lineno}).") from None
    found: dict[str, Parameter] = {}
    for node in tree.body:
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name) or node.value is None:
            raise _not_typed(where, node)
        name, kind = node.target.id, ast.unparse(node.annotation)
        if kind not in _TYPES:
            raise _not_typed(where, node)
        try:
            default = ast.literal_eval(node.value)
        except ValueError:
            raise RunError(f"{where}: the default of parameter {name} must be a plain value.") from None
        found[name] = Parameter(name, kind, default)
    return found


def _not_typed(where: str, node: ast.stmt) -> RunError:
    return RunError(
        f"{where}: line {node.lineno} of the parameters cell must read 'name: type = default'"
        f" with a type of {', '.join(_TYPES)}."
    )


def check_parameters(given: Mapping[str, Any], notebooks: Mapping[str, Mapping[str, Parameter]]) -> dict[str, Any]:
    """Check what a user gave against the typed defaults of the notebooks that will run.

    Parameters
    ----------
    given : mapping
        Names and values; texts are read as the type asks.
    notebooks : mapping of str to mapping
        For each notebook, its parameters.

    Returns
    -------
    dict
        The values, typed.

    Raises
    ------
    OptionError
        With every mistake at once.
    """
    known: dict[str, Parameter] = {}
    for parameters in notebooks.values():
        known.update(parameters)
    settable: Sequence[str] = [name for name in known if name not in RESERVED]
    values, mistakes = {}, []
    for name, value in given.items():
        if name in RESERVED:
            mistakes.append(f"Parameter {name} is set by the run itself. {RESERVED[name]}.")
        elif name not in known:
            mistakes.append(f"No notebook of this run has a parameter {name!r}. {suggestion(name, settable)}")
        else:
            try:
                values[name] = known[name].convert(value)
            except OptionError as error:
                mistakes.append(str(error))
    _raise_all(mistakes)
    return values


def _raise_all(mistakes: Iterable[str]) -> None:
    found = list(mistakes)
    if found:
        raise OptionError("\n".join(found))
