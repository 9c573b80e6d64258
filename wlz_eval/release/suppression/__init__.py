"""Complementary suppression: what else must be withheld so that no hidden number can be worked out.

Everything that a cohort's pages say of numbers of children is written as linear relations (:mod:`.facts`,
:mod:`.relations`, :mod:`.shares`, :mod:`.system`); an attacker bounds each hidden number by passing bounds on
(:mod:`.rows`) and by programming (:mod:`.solve`, :mod:`.attack`); further cells are withheld until the attack finds
none (:mod:`.choose`), and blanked wherever they stand (:mod:`.blank`), with the ranges that tell them (:mod:`.ranges`).
"""

from __future__ import annotations

from collections.abc import Sequence

from wlz_eval.core.errors import GateRefusedError
from wlz_eval.release.ledger import Ledger
from wlz_eval.release.suppression.attack import Bound, attack
from wlz_eval.release.suppression.choose import Choice, choose
from wlz_eval.release.suppression.facts import CellId
from wlz_eval.release.suppression.system import System, system_of

__all__ = ["Bound", "CellId", "Choice", "System", "attack", "choose", "suppress", "system_of", "withheld_cells"]


def suppress(ledgers: Sequence[Ledger]) -> Choice:
    """Choose what to withhold beyond the rule, over all ledgers of a cohort.

    Parameters
    ----------
    ledgers : sequence of Ledger
        Every notebook's ledger for one cohort and audience.

    Returns
    -------
    Choice
        Notebook and key of each further cell that the publisher must blank, and in ``left`` the hidden numbers that
        are still found.
    """
    return choose(system_of(ledgers))


def withheld_cells(ledgers: Sequence[Ledger]) -> frozenset[CellId]:
    """Cells to withhold beyond the rule, so that no hidden number can be worked out.

    Parameters
    ----------
    ledgers : sequence of Ledger
        Every notebook's ledger for one cohort and audience, and the table of findings as one.

    Raises
    ------
    GateRefusedError
        When a hidden number could be worked out whatever is withheld; one line a number, with what to do.
    """
    choice = suppress(ledgers)
    if choice.left:
        threshold = ledgers[0].rule.threshold
        raise GateRefusedError("\n".join(_refusal(bound, ledgers, threshold) for bound in choice.left))
    return choice.cells


def _refusal(bound: Bound, ledgers: Sequence[Ledger], threshold: int) -> str:
    page, key = bound.cells[0]
    cells = {(ledger.notebook, cell.key): cell for ledger in ledgers for cell in ledger.cells}
    cell = cells[page, key]
    about = " | ".join(filter(None, (cell.of, cell.definition.get("row", ""), cell.definition.get("column", ""))))
    return (
        f"{page}: a hidden number of children can be worked out from other published numbers, whatever else is "
        f"withheld: {about} (cell {key}). Leave its row out, merge it with another group so that at least {threshold} "
        "children are in it, or show the page to internal readers only."
    )
