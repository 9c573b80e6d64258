"""The table of findings that anyone may download, as a ledger: what it says counts as published like any page."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Finding
from wlz_eval.release.labels import finding_label
from wlz_eval.release.ledger import Ledger
from wlz_eval.release.rule import Released, Rule, release_count, release_finding
from wlz_eval.release.suppression.facts import CellId

__all__ = ["EXPORT", "exported_ledger", "withheld_findings"]

#: Stands for the table of findings among the notebooks.
EXPORT = "findings.csv"


def exported_ledger(findings: Iterable[Finding], cohort: Cohort, rule: Rule) -> Ledger:
    """Write what ``findings.csv`` says of numbers of children as a ledger.

    Parameters
    ----------
    findings : iterable of Finding
        Of all pages.
    cohort : Cohort
        For the names of its measures.
    rule : Rule
        Threshold and rounding.

    Returns
    -------
    Ledger
        Keys are ``<finding_id>|<column>``; findings that differ in the last part of their id stand below each other.
    """
    ledger = Ledger(cohort.id, "public", EXPORT, rule)
    for finding in findings:
        about = {"row": finding_label(finding, cohort), "finding": finding.finding_id}
        family = finding.finding_id.rpartition(".")[0]
        for column, released in _counts(finding, rule):
            ledger.add(
                f"{finding.finding_id}|{column}", released, where="findings", of=f"{family} {column}",
                definition={**about, "column": column},
            )
    return ledger


def _counts(finding: Finding, rule: Rule) -> Iterable[tuple[str, Released]]:
    if finding.unit in ("children", "percent"):
        yield "estimate", release_finding(finding, rule)
    for column in ("n_programme", "n_comparison"):
        n = getattr(finding, column)
        if n is not None:
            yield column, release_count(n, rule)


def withheld_findings(cells: Collection[CellId]) -> dict[str, frozenset[str]]:
    """Columns of ``findings.csv`` to leave empty, by finding."""
    found: dict[str, frozenset[str]] = {}
    for notebook, key in cells:
        if notebook == EXPORT:
            finding_id, _, column = key.rpartition("|")
            found[finding_id] = found.get(finding_id, frozenset()) | {column}
    return found


def withhold(ledgers: Iterable[Ledger], cells: Collection[CellId], text: str) -> list[Ledger]:
    """Return ledgers in which some cells are hidden besides."""
    return [
        dataclasses.replace(
            ledger,
            cells=[
                dataclasses.replace(cell, text=text, plain="", hidden=True)
                if (ledger.notebook, cell.key) in cells
                else cell
                for cell in ledger.cells
            ],
        )
        for ledger in ledgers
    ]
