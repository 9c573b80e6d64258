"""Tables that anyone may download: no formula, no small count, and behind a figure only what the figure shows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wlz_eval.release.gate.material import Case, Material

__all__ = ["formulas", "small_cells", "unreleased_cells"]

_FORMULA = re.compile(r"^\s*[=+\-@\t\r]")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
#: Rounding by the rule leaves fewer places.
_PRECISE = re.compile(r"-?\d+\.\d{8,}(?:e[+-]?\d+)?")
#: Headers of columns that count children.
_COUNTS = re.compile(
    r"(?:n|count|children|pupils|girls|boys)(?:$|[ _:(,])|.*\b(?:number of|how many) (?:children|pupils)|.*_children$"
)


def formulas(material: Material, case: Case) -> Iterator[str]:
    """Look for a cell that a spreadsheet would run."""
    for header, column in material.columns if material.kind == "table" else ():
        if any(_FORMULA.match(cell) and not _NUMBER.fullmatch(cell) for cell in (header, *column)):
            yield "holds a cell that a spreadsheet would run as a formula"
            return


def small_cells(material: Material, case: Case) -> Iterator[str]:
    """Look for a count of children below the threshold."""
    for header, column in material.columns:
        if "%" in header or not _COUNTS.match(header.strip().casefold()):
            continue
        if any(_NUMBER.fullmatch(cell) and float(cell) < case.threshold for cell in column):
            yield f"holds a count of fewer than {case.threshold} children"
            return


def unreleased_cells(material: Material, case: Case) -> Iterator[str]:
    """Look for unrounded numbers, and hold a table that belongs to one notebook against what that one released."""
    ledgers = list(case.own(material.name))
    if any(_PRECISE.fullmatch(cell) for _, column in material.columns for cell in column):
        yield "holds a number with more digits than any that is released"
    if not ledgers:
        return
    released = {part for ledger in ledgers for cell in ledger.cells for part in cell.plain.split()}
    released |= {label for ledger in ledgers for label in ledger.labels}
    for _, column in material.columns:
        if any(_NUMBER.fullmatch(cell) and not _is_among(cell, released) for cell in column):
            yield "holds a number that is not in the release ledger"
            return


def _is_among(cell: str, released: set[str]) -> bool:
    return cell in released or f"{float(cell):.10g}" in released
