"""The questions that the gate puts to every file, one topic a file; each yields reasons that repeat nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from wlz_eval.release.gate.checks.counts import extremes, percentages, small_counts
from wlz_eval.release.gate.checks.identity import children_values, contacts, identifiers, months_of_birth
from wlz_eval.release.gate.checks.machine import paths, requests, tracebacks
from wlz_eval.release.gate.checks.marks import marks
from wlz_eval.release.gate.checks.pictures import pictures
from wlz_eval.release.gate.checks.released import bare_cells, ledger_refusals, raw_output, shown
from wlz_eval.release.gate.checks.tables import formulas, small_cells, unreleased_cells
from wlz_eval.release.gate.material import Case, Material

__all__ = ["ABOUT_CHILDREN", "CHECKS", "Check", "ledger_refusals"]

Check = Callable[[Material, Case], Iterator[str]]


def _found_by_reader(material: Material, case: Case) -> Iterator[str]:
    yield from material.troubles


#: What holds whoever reads it.
_ALWAYS: tuple[Check, ...] = (_found_by_reader, paths, tracebacks, marks, requests, pictures, shown, formulas)
#: What holds where single children may not be known.
ABOUT_CHILDREN: tuple[Check, ...] = (identifiers, contacts, months_of_birth, children_values)
#: What holds where small numbers may not be known either.
_NUMBERS: tuple[Check, ...] = (
    small_counts, percentages, extremes, small_cells, unreleased_cells, bare_cells, raw_output
)
#: The checks of each audience.
CHECKS: dict[str, tuple[Check, ...]] = {
    "public": (*ABOUT_CHILDREN, *_NUMBERS, *_ALWAYS),
    "internal": (*ABOUT_CHILDREN, *_ALWAYS),
    "restricted": _ALWAYS,
}
