"""Findings as a table that anyone may download: released values only, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Collection, Iterable, Mapping

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Finding
from wlz_eval.release.findings import FindingSet, Stamp
from wlz_eval.release.labels import finding_label
from wlz_eval.release.rule import HIDDEN, Released, Rule, finding_ns, release_count, release_finding, release_interval

__all__ = ["COLUMNS", "dictionary_csv", "findings_csv", "safe_cell"]

#: Columns of findings.csv and what they mean.
COLUMNS: dict[str, str] = {
    "finding_id": "Name of the number; the same in every run",
    "what": "What the number is, in words",
    "estimate": "The number as released; empty when hidden or not available",
    "ci_low": "Lower end of the 95% interval",
    "ci_high": "Upper end of the 95% interval",
    "unit": "How the number is counted",
    "currency": "Currency, for money",
    "hidden": "yes when it rests on too few children to be shown",
    "n_programme": "Programme children behind the number, rounded",
    "n_comparison": "Comparison children behind the number, rounded",
    "claim": "What the number may be called: description, association, adjusted_difference, effect or projection",
    "tier": "How far the outcome can be attributed: A, B or C",
    "primary": "yes for the outcome that the plan names as primary",
    "evidence": "Where the number comes from: measured, published, illustrative or simulated",
    "outcome": "Measure that it is about",
    "wave": "When that was measured",
    "group": "Which children",
    "subgroup": "Which of them",
    "comparator": "Against whom",
    "quantity": "What was estimated, in the field's term",
    "method": "How",
    "price_year": "Year in whose prices money is counted",
    "perspective": "Who gains or pays",
    "note": "Caution",
    "notebook": "Notebook that recorded it",
    "cell": "Cell that recorded it: the anchor cell-<number> of that notebook's page",
    "data_hash": "Hash of the data that it came from",
    "plan_hash": "Hash of the plan that it came from",
}


def safe_cell(value: str) -> str:
    r"""Return a cell that a spreadsheet shows as text: a formula is quoted, a number is left alone.

    Examples
    --------
    >>> safe_cell('=HYPERLINK("x")'), safe_cell("-3.1")
    ('\'=HYPERLINK("x")', '-3.1')
    """
    text = value.replace("\x00", "").replace("\r", " ").replace("\n", " ")
    if re.match(r"^\s*[=+\-@\t]", text) and not re.fullmatch(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", text):
        return f"'{text}"
    return text


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.10g}"


def _row(finding: Finding, stamp: Stamp, cohort: Cohort, rule: Rule, withheld: Collection[str]) -> dict[str, str]:
    estimate = release_finding(finding, rule)
    if "estimate" in withheld:
        estimate = Released(kind=estimate.kind, text=HIDDEN, hidden=True)
    interval = Released(kind="interval", text="")
    if finding.has_interval and not estimate.hidden:
        ns = finding_ns(finding)
        interval = release_interval(finding.ci_low, finding.ci_high, ns, rule, finding.unit, finding.currency)
    return {
        "finding_id": finding.finding_id,
        "what": finding_label(finding, cohort),
        "estimate": _number(estimate.value),
        "ci_low": _number(interval.value),
        "ci_high": _number(interval.high),
        "unit": finding.unit,
        "currency": finding.currency,
        "hidden": "yes" if estimate.hidden else "",
        "n_programme": HIDDEN if "n_programme" in withheld else _children(finding.n_programme, rule),
        "n_comparison": HIDDEN if "n_comparison" in withheld else _children(finding.n_comparison, rule),
        "claim": finding.claim,
        "tier": finding.tier,
        "primary": "yes" if finding.primary else "",
        "evidence": finding.evidence,
        "outcome": finding.outcome,
        "wave": finding.wave,
        "group": finding.group,
        "subgroup": finding.subgroup,
        "comparator": finding.comparator,
        "quantity": finding.quantity,
        "method": finding.method,
        "price_year": "" if finding.price_year is None else str(finding.price_year),
        "perspective": finding.perspective,
        "note": finding.note,
        "notebook": stamp.notebook,
        "cell": str(stamp.cell),
        "data_hash": stamp.data_hash[:16],
        "plan_hash": stamp.plan_hash[:16],
    }


def _children(n: int | None, rule: Rule) -> str:
    if n is None:
        return ""
    released = release_count(n, rule)
    return released.text if released.hidden else _number(released.value)


def findings_csv(
    findings: FindingSet, cohort: Cohort, rule: Rule, withheld: Mapping[str, Collection[str]] | None = None
) -> str:
    """Write findings as CSV, every number under the release rule.

    Parameters
    ----------
    findings : FindingSet
        At full precision.
    cohort : Cohort
        For the names of its measures.
    rule : Rule
        Threshold and rounding.
    withheld : mapping, optional
        Columns to leave empty besides, by finding: from them a hidden number could be worked out.
    """
    besides = withheld or {}
    rows = (_row(f, s, cohort, rule, besides.get(f.finding_id, ())) for f, s in findings.items())
    return _write(COLUMNS, rows)


def dictionary_csv() -> str:
    """Write what the columns of findings.csv mean."""
    return _write(("column", "meaning"), ({"column": k, "meaning": v} for k, v in COLUMNS.items()))


def _write(columns: Iterable[str], rows: Iterable[dict[str, str]]) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=list(columns), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: safe_cell(value) for name, value in row.items()} for row in rows)
    return buffer.getvalue()
