"""Complementary suppression: what else must be withheld so that no hidden number can be worked out.

Everything that a cohort's pages say of numbers of children is written as linear relations (:mod:`.facts`,
:mod:`.relations`); an attacker bounds each hidden number by integer programming (:mod:`.attack`); further cells are
withheld until the attack finds none (:mod:`.choose`), and blanked wherever they stand (:mod:`.blank`).
"""

from __future__ import annotations

from collections.abc import Sequence

from wlz_eval.release.ledger import Ledger
from wlz_eval.release.suppression.attack import Bound, System, attack, system_of
from wlz_eval.release.suppression.choose import NODES, Choice, choose
from wlz_eval.release.suppression.facts import CellId

__all__ = ["Bound", "CellId", "Choice", "System", "attack", "choose", "suppress", "system_of"]


def suppress(ledgers: Sequence[Ledger], solve: bool = True) -> Choice:
    """Choose what to withhold beyond the rule, over all ledgers of a cohort.

    Parameters
    ----------
    ledgers : sequence of Ledger
        Every notebook's ledger for one cohort and audience.
    solve : bool
        Whether the attack solves over everything that hangs together, or takes only what one sum gives away by itself.

    Returns
    -------
    Choice
        Notebook and key of each further cell that the publisher must blank, and in ``left`` the hidden numbers that
        are still found.
    """
    return choose(system_of(ledgers), nodes=NODES if solve else 0, solve=solve)
