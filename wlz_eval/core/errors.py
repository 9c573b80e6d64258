"""One family of errors, for mistakes a user can mend.

Everything below :class:`WlzEvalError` is a user's mistake: it is shown as a message without a traceback.
A bug in the suite is any other exception, and always shows its traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = [
    "CohortError",
    "DesignError",
    "GateRefusedError",
    "OptionError",
    "PlanError",
    "Problem",
    "ProblemsError",
    "ReleaseError",
    "RunError",
    "StorageError",
    "WlzEvalError",
    "nearest_names",
    "suggestion",
]


class WlzEvalError(Exception):
    """A mistake in the request or the data that the user can mend."""


class OptionError(WlzEvalError):
    """An option, column or name that does not exist, or a value that is not valid for it."""


class DesignError(WlzEvalError):
    """A comparison-group design that cannot be made from these data."""


class ReleaseError(WlzEvalError):
    """Something was asked to be shown in a way that the release rules do not allow."""


class GateRefusedError(ReleaseError):
    """The publication gate found something that must not be published."""


class RunError(WlzEvalError):
    """A run that cannot start: unknown notebook, unwritable folder, misspelt parameter."""


class StorageError(RunError):
    """A file that cannot be written: full disk, used-up quota, read-only folder."""


@dataclass(frozen=True, kw_only=True, order=True)
class Problem:
    """One thing wrong with an input, and how to mend it.

    Parameters
    ----------
    table : str
        The table or file, such as ``"children"`` or ``"plan.yaml"``.
    row : int or None
        Line of the file as a spreadsheet numbers it (the header is line 1), where there is one.
    column : str
        Column or key; empty when the problem concerns the whole table.
    value : str
        The offending value, shortened; empty when there is none.
    message : str
        What is wrong, as a sentence fragment without a full stop.
    remedy : str
        What to do about it.
    fatal : bool
        Whether the cohort is refused. A problem that is not fatal is a warning.
    """

    table: str
    row: int | None = None
    column: str = ""
    value: str = ""
    message: str
    remedy: str
    fatal: bool = True

    def __str__(self) -> str:
        where = self.table
        if self.row is not None:
            where += f", row {self.row}"
        if self.column:
            where += f", column {self.column}"
        value = f" (value {self.value!r})" if self.value else ""
        return f"{where}: {self.message}{value}. {self.remedy}"


class ProblemsError(WlzEvalError):
    """Several problems at once; ``problems`` holds them all as data."""

    heading = "The input has {n} to mend:"

    def __init__(self, problems: Iterable[Problem], heading: str | None = None):
        self.problems: tuple[Problem, ...] = tuple(problems)
        n = len(self.problems)
        head = (heading or self.heading).format(n=f"{n} problem" + ("" if n == 1 else "s"))
        super().__init__("\n".join([head, *(f"  - {problem}" for problem in self.problems)]))

    def __reduce__(self) -> tuple[type[ProblemsError], tuple[tuple[Problem, ...], str]]:
        # Sent from another process it is made anew, from what it was made of.
        return type(self), (self.problems, str(self).split("\n", 1)[0])


class CohortError(ProblemsError):
    """A cohort folder that breaks the data contract."""

    heading = "The cohort has {n} to mend:"


class PlanError(ProblemsError):
    """A plan.yaml that is not a valid analysis plan."""

    heading = "The plan has {n} to mend:"


def nearest_names(name: str, valid: Iterable[str], n: int = 1) -> list[str]:
    """Names in `valid` that look like `name`, nearest first.

    Examples
    --------
    >>> nearest_names("caliperr", ["caliper", "ratio"])
    ['caliper']
    """
    return difflib.get_close_matches(str(name), [str(v) for v in valid], n=n, cutoff=0.6)


def suggestion(name: str, valid: Sequence[str]) -> str:
    """Return the sentence that follows an unknown name: the nearest valid one, then all of them.

    Examples
    --------
    >>> suggestion("caliperr", ["caliper", "ratio"])
    'Did you mean caliper? Valid: caliper, ratio.'
    """
    near = nearest_names(name, valid)
    hint = f"Did you mean {near[0]}? " if near else ""
    shown = ", ".join(str(v) for v in valid[:40]) + (", …" if len(valid) > 40 else "")
    return f"{hint}Valid: {shown}."
