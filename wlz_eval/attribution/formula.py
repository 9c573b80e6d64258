"""Reading a matching formula: safe to take from a plan, and never naming an outcome."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from wlz_eval.cohort.model import LATE_SUFFIXES
from wlz_eval.core.errors import DesignError, OptionError, suggestion

__all__ = ["FUNCTIONS", "MatchingFormula", "is_outcome_column", "read_formula"]

#: Functions that a formula may use.
FUNCTIONS: tuple[str, ...] = ("C", "I", "bs", "center", "exp", "log", "poly", "scale")

_ALLOWED = (
    ast.Expression,
    ast.Name,
    ast.Load,
    ast.Call,
    ast.Constant,
    ast.BinOp,
    ast.UnaryOp,
    ast.operator,
    ast.unaryop,
    ast.keyword,
)


@dataclass(frozen=True)
class MatchingFormula:
    """A formula taken apart.

    Parameters
    ----------
    text : str
        The formula as given.
    treatment : str
        Column on the left.
    right : str
        Right-hand side, as formulaic reads it.
    columns : tuple of str
        Columns on the right, in the order of the text.
    categorical : tuple of str
        Columns that stand inside ``C(...)``.
    """

    text: str
    treatment: str
    right: str
    columns: tuple[str, ...]
    categorical: tuple[str, ...]


def is_outcome_column(column: str) -> bool:
    """Whether a column is measured after the programme began.

    Examples
    --------
    >>> is_outcome_column("english_endline"), is_outcome_column("english_baseline")
    (True, False)
    """
    return column.endswith(LATE_SUFFIXES)


def _check_factor(factor: str, text: str) -> list[tuple[str, bool]]:
    """Return the columns of one factor, and whether each is categorical; refuse anything but plain arithmetic."""
    try:
        tree = ast.parse(factor, mode="eval")
    except SyntaxError as error:
        raise OptionError(f"The formula {text!r} cannot be read at {factor!r}.") from error
    calls: set[int] = set()
    inside_c: set[int] = set()
    for node in ast.walk(tree):
        if not isinstance(node, _ALLOWED):
            raise OptionError(
                f"The formula {text!r} holds {factor!r}, which is not allowed. "
                f"A formula may use columns, + - * : ** and {', '.join(f'{f}()' for f in FUNCTIONS)}."
            )
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            if name not in FUNCTIONS:
                raise OptionError(
                    f"The formula {text!r} calls {name or factor!r}. {suggestion(name, FUNCTIONS)}"
                )
            calls.add(id(node.func))
            if name == "C":
                inside_c.update(id(n) for argument in node.args for n in ast.walk(argument))
    return [
        (node.id, id(node) in inside_c)
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and id(node) not in calls
    ]


def read_formula(formula: str, columns: Sequence[str]) -> MatchingFormula:
    """Read ``programme ~ a + b + C(sen)`` and check it against the columns that a design may use.

    Raises
    ------
    DesignError
        When the formula names an outcome: a design is made before outcomes are looked at.
    OptionError
        When it cannot be read, or names a column that is not there (the nearest is suggested).

    Examples
    --------
    >>> read_formula("programme ~ age + C(sen)", ["programme", "age", "sen"]).columns
    ('age', 'sen')
    """
    from formulaic import Formula
    from formulaic.errors import FormulaicError

    if not isinstance(formula, str):
        raise OptionError(f"The formula must be text such as 'programme ~ age', not {type(formula).__name__}.")
    left, tilde, right = (part.strip() for part in formula.partition("~"))
    if not tilde or not left or not right:
        raise OptionError(f"The formula {formula!r} must read 'programme ~ covariate + covariate'.")
    if re.search(r"[`{}\"\\|~]|__", right):
        raise OptionError(
            f"The formula {formula!r} holds signs that are not allowed: quotes, braces, | or a second ~."
        )
    try:
        terms = list(Formula(right))
    except (FormulaicError, SyntaxError, ValueError) as error:
        raise OptionError(f"The formula {formula!r} cannot be read: {error}") from error
    found: dict[str, bool] = {}
    for term in terms:
        for factor in term.factors:
            for name, categorical in _check_factor(str(factor), formula) if not str(factor).isdigit() else []:
                found[name] = found.get(name, False) or categorical
    ordered = sorted(found, key=lambda name: re.search(rf"\b{re.escape(name)}\b", right).start())  # type: ignore[union-attr]
    outcomes = [name for name in (left, *ordered) if is_outcome_column(name)]
    if outcomes:
        raise DesignError(
            f"The formula names {', '.join(outcomes)}, measured after the programme began. A design is made before "
            "outcomes are looked at: use columns that end in _baseline."
        )
    missing = [name for name in (left, *ordered) if name not in columns]
    if missing:
        near = suggestion(missing[0], [c for c in columns if not is_outcome_column(c)])
        raise OptionError(f"The formula names {missing[0]!r}, which is not a column of the data. {near}")
    if not ordered:
        raise OptionError(f"The formula {formula!r} names no covariate.")
    if left in ordered:
        raise DesignError(
            f"The formula {formula!r} has {left!r} on both sides. Take it out of the right-hand side."
        )
    return MatchingFormula(
        text=formula,
        treatment=left,
        right=right,
        columns=tuple(ordered),
        categorical=tuple(name for name in ordered if found[name]),
    )
