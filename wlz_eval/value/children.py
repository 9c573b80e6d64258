"""All programme children as those whom a sum of money tells, or over whom it is a mean: by one name on every page."""

from __future__ import annotations

from wlz_eval.core.finding import Counted

__all__ = ["everybody", "in_total"]

#: How all who started are called: suppression knows the same children by the same name.
EVERYBODY = "programme children"


def everybody(n: int, each: float = 0.0, over: bool = False) -> tuple[Counted, ...]:
    """Return all who started as the children who make up a sum, or over whom it is a mean."""
    return (Counted(children=EVERYBODY, n=n, each=each, over=over),)


def in_total(total: float, n: int) -> tuple[Counted, ...]:
    """Return the children whom a total tells beside what it is for each of them.

    Examples
    --------
    >>> in_total(1200.0, 300)[0].each
    4.0
    """
    return everybody(n, total / max(n, 1))
