"""Complementary suppression: what else must be hidden so that no hidden number can be worked out.

This version hides nothing more than the rule did (primary suppression). The interface is the one that a solver
over the ledgers of a whole cohort keeps: ledgers in, keys of further cells to hide out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from wlz_eval.release.ledger import Ledger

__all__ = ["Solver", "primary_only", "suppress"]


class Solver(Protocol):
    """Chooses further cells to hide, given everything that a cohort's pages show."""

    def __call__(self, ledgers: Sequence[Ledger]) -> set[tuple[str, str]]:
        """Return pairs of notebook and cell key."""
        ...


def primary_only(ledgers: Sequence[Ledger]) -> set[tuple[str, str]]:
    """Hide nothing beyond what the rule hid."""
    return set()


def suppress(ledgers: Sequence[Ledger], solver: Solver = primary_only) -> set[tuple[str, str]]:
    """Choose what to hide beyond the rule, over all ledgers of a cohort.

    Parameters
    ----------
    ledgers : sequence of Ledger
        Every notebook's ledger for one cohort and audience.
    solver : Solver
        How cells are chosen.

    Returns
    -------
    set of (str, str)
        Notebook and key of each further cell that the publisher must blank.

    Raises
    ------
    ValueError
        When the solver names a cell that no ledger holds: a bug in the solver.
    """
    known = {(ledger.notebook, cell.key) for ledger in ledgers for cell in ledger.cells}
    chosen = solver(ledgers)
    if not chosen <= known:
        raise ValueError(
            f"The suppression solver chose cells that were not shown: {sorted(chosen - known)[:3]}"
        )
    return chosen
