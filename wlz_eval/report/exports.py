"""Findings as tables that anyone may download: released values only, typed, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Finding
from wlz_eval.release.counted import as_public
from wlz_eval.release.findings import FindingSet, Stamp
from wlz_eval.release.labels import finding_label
from wlz_eval.release.ledger import Ledger
from wlz_eval.release.rule import HIDDEN, Released, Rule, finding_ns, release_count, release_finding, release_interval

__all__ = [
    "BOM", "COLUMNS", "SITE_COLUMNS", "Row", "dictionary_csv", "enter_counted", "has_columns", "joined_csv",
    "joined_parquet", "read_rows", "released_rows", "rows_csv", "rows_parquet", "safe_cell", "safe_csv",
]

#: One released finding: text, a number, yes or no, or None where there is nothing to show.
Row = dict[str, Any]

#: Without it Excel reads a CSV in the letters of its own country.
BOM = "\ufeff"
#: Columns of findings.csv and findings.parquet: type and meaning.
COLUMNS: dict[str, tuple[str, str]] = {
    "finding_id": ("text", "Name of the number; the same in every run"),
    "what": ("text", "What the number is, in words"),
    "estimate": ("number", "The number as released; empty when hidden or not available"),
    "ci_low": ("number", "Lower end of the 95% interval"),
    "ci_high": ("number", "Upper end of the 95% interval"),
    "unit": ("text", "How the number is counted"),
    "currency": ("text", "Currency, for money"),
    "hidden": ("yes or no", "Whether the number is withheld"),
    "why_empty": ("text", "Why the number is empty"),
    "n_programme": ("whole number", "Programme children behind the number, rounded"),
    "n_programme_why_empty": ("text", "Why that is empty; nothing where no such children stand behind the number"),
    "n_comparison": ("whole number", "Comparison children behind the number, rounded"),
    "n_comparison_why_empty": ("text", "Why that is empty; nothing where no such children stand behind the number"),
    "claim": (
        "text", "What the number may be called: description, association, adjusted_difference, effect or projection"
    ),
    "tier": ("text", "How far the outcome can be attributed: A, B or C"),
    "primary": ("yes or no", "Whether the plan names this outcome as the primary one"),
    "only_by_itself": (
        "yes or no", "Whether a further outcome is clear by itself, but not once the number of outcomes is allowed for"
    ),
    "evidence": ("text", "Where the number comes from: measured, published, illustrative or simulated"),
    "outcome": ("text", "Measure that it is about"),
    "wave": ("text", "When that was measured"),
    "group": ("text", "Which children"),
    "subgroup": ("text", "Which of them"),
    "comparator": ("text", "Against whom"),
    "quantity": ("text", "What was estimated, in the field's term"),
    "method": ("text", "How"),
    "price_year": ("whole number", "Year in whose prices money is counted"),
    "perspective": ("text", "Who gains or pays"),
    "note": ("text", "Caution"),
    "notebook": ("text", "Notebook that recorded it"),
    "cell": ("whole number", "Cell that recorded it: the anchor cell-<number> of that notebook's page"),
    "data_hash": ("text", "Hash of the data that it came from"),
    "plan_hash": ("text", "Hash of the plan that it came from"),
}
#: Columns of the table of all cohorts.
SITE_COLUMNS: dict[str, tuple[str, str]] = {
    "cohort": ("text", "Folder of the cohort's pages"),
    "cohort_title": ("text", "Name of the cohort"),
    "simulated": ("yes or no", "Whether the children are simulated: never put them together with real ones"),
    **COLUMNS,
}
#: Both kinds of withholding are called the same, so that neither says which numbers were large enough.
_WITHHELD = "rests on too few children, or would give away a number that does"
_NOT_AVAILABLE = "not available; the note says why"


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


def _known(value: float) -> float | None:
    """Return a number as it is printed in the table, or None."""
    return float(f"{value:.10g}") if math.isfinite(value) else None


def _children(n: int | None, rule: Rule, withheld: bool) -> tuple[int | None, str]:
    """Return a rounded number of children, and why it is empty."""
    if n is None:
        return None, ""
    released = release_count(n, rule)
    if withheld:
        return None, HIDDEN
    return (None, released.text) if released.hidden else (round(released.value), "")


def _together(finding: Finding, withheld: Collection[str]) -> Collection[str]:
    """Return columns to leave empty: a number of children stands in all of its columns, or in none."""
    if finding.unit != "children":
        return withheld
    numbers = {"estimate": finding.estimate, "n_programme": finding.n_programme, "n_comparison": finding.n_comparison}
    gone = {numbers[name] for name in withheld if name in numbers}
    return {*withheld, *(name for name, n in numbers.items() if n is not None and n in gone)}


def _row(finding: Finding, stamp: Stamp, cohort: Cohort, rule: Rule, withheld: Collection[str]) -> Row:
    withheld = _together(finding, withheld)
    estimate = release_finding(finding, rule)
    if "estimate" in withheld:
        estimate = Released(kind=estimate.kind, text=HIDDEN, hidden=True)
    interval = Released(kind="interval", text="")
    if finding.has_interval and not estimate.hidden:
        ns = finding_ns(finding)
        seen = as_public(finding, rule)
        interval = release_interval(seen.ci_low, seen.ci_high, ns, rule, finding.unit, finding.currency)
    shown = _known(estimate.value)
    n_programme, programme_why = _children(finding.n_programme, rule, "n_programme" in withheld)
    n_comparison, comparison_why = _children(finding.n_comparison, rule, "n_comparison" in withheld)
    return {
        "finding_id": finding.finding_id,
        "what": finding_label(finding, cohort),
        "estimate": shown,
        "ci_low": _known(interval.value),
        "ci_high": _known(interval.high),
        "unit": finding.unit,
        "currency": finding.currency,
        "hidden": estimate.hidden,
        "why_empty": _WITHHELD if estimate.hidden else _NOT_AVAILABLE if shown is None else "",
        "n_programme": n_programme,
        "n_programme_why_empty": programme_why,
        "n_comparison": n_comparison,
        "n_comparison_why_empty": comparison_why,
        "claim": finding.claim,
        "tier": finding.tier,
        "primary": finding.primary,
        "only_by_itself": finding.only_by_itself and not estimate.hidden,
        "evidence": finding.evidence,
        "outcome": finding.outcome,
        "wave": finding.wave,
        "group": finding.group,
        "subgroup": finding.subgroup,
        "comparator": finding.comparator,
        "quantity": finding.quantity,
        "method": finding.method,
        "price_year": finding.price_year,
        "perspective": finding.perspective,
        "note": finding.note,
        "notebook": stamp.notebook,
        "cell": stamp.cell,
        "data_hash": stamp.data_hash[:16],
        "plan_hash": stamp.plan_hash[:16],
    }


def enter_counted(table: Ledger, findings: FindingSet, cohort: Cohort) -> None:
    """Enter sums that are worked out from numbers of children, which they tell, in the ledger of the table.

    Parameters
    ----------
    table : Ledger
        Of the table of findings; its rule is applied.
    findings : FindingSet
        At full precision.
    cohort : Cohort
        For the names of its measures.
    """
    for finding in findings:
        if finding.counted:
            about = {"row": finding_label(finding, cohort), "finding": finding.finding_id, "column": "estimate"}
            released = release_finding(finding, table.rule)
            table.add(f"{finding.finding_id}|estimate", released, where="findings", of="estimate", definition=about)


def released_rows(
    findings: FindingSet, cohort: Cohort, rule: Rule, withheld: Mapping[str, Collection[str]] | None = None
) -> list[Row]:
    """Put every finding under the release rule.

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

    Returns
    -------
    list of dict
        One a finding, with the columns of :data:`COLUMNS`.
    """
    besides = withheld or {}
    return [_row(f, s, cohort, rule, besides.get(f.finding_id, ())) for f, s in findings.items()]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else ""
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def rows_csv(rows: Iterable[Mapping[str, Any]], columns: Iterable[str] = COLUMNS) -> str:
    r"""Write rows as CSV that a spreadsheet opens without running anything.

    Examples
    --------
    >>> rows_csv([{"a": 2.5, "b": None, "c": "=1"}], ["a", "b", "c"])
    "a,b,c\r\n2.5,,'=1\r\n"
    """
    names = list(columns)
    return safe_csv([names, *([_text(row[name]) for name in names] for row in rows)])


def safe_csv(lines: Iterable[Iterable[str]]) -> str:
    """Write lines of texts as CSV, each cell by :func:`safe_cell`."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerows([safe_cell(text) for text in line] for line in lines)
    return buffer.getvalue()


def rows_parquet(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, tuple[str, str]] = COLUMNS) -> bytes:
    """Write rows as Parquet: numbers as numbers, what is withheld as null. The same rows give the same bytes.

    Words are those of the CSV, since who opens them in a spreadsheet next is not known here.
    """
    import pyarrow as pa

    types = {"text": pa.string(), "number": pa.float64(), "whole number": pa.int64(), "yes or no": pa.bool_()}
    schema = pa.schema([(name, types[kind]) for name, (kind, _) in columns.items()])
    text = [name for name, (kind, _) in columns.items() if kind == "text"]
    safe = [{**row, **{name: safe_cell(row[name]) for name in text}} for row in rows]
    return _parquet(pa.Table.from_pylist(safe, schema=schema))


def _parquet(table: Any) -> bytes:
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", write_statistics=False, store_schema=False)
    return buffer.getvalue()


def read_rows(table: Path, **wanted: Collection[str]) -> list[Row]:
    """Read rows that :func:`rows_parquet` wrote: all, or those whose columns hold one of the wanted values."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    found = pq.read_table(table)
    keys = [found[name].to_pylist() for name in wanted]
    kept = [
        all(value in values for value, values in zip(row, wanted.values(), strict=True))
        for row in zip(*keys, strict=True)
    ]
    # Typed, since of no row at all the type cannot be told.
    rows: list[Row] = (found.filter(pa.array(kept, pa.bool_())) if wanted else found).to_pylist()
    return rows


def has_columns(table: Path, columns: Iterable[str]) -> bool:
    """Whether there is a table of :func:`rows_parquet` with just these columns."""
    import pyarrow.parquet as pq

    return table.exists() and pq.read_schema(table).names == list(columns)


def joined_csv(tables: Iterable[tuple[Mapping[str, Any], Path]], columns: Sequence[str]) -> str:
    """Put CSV files of :func:`rows_csv` below each other, each with further columns before its own.

    Parameters
    ----------
    tables : iterable of (mapping, Path)
        The further columns, which are the same in every row of a file, and the file.
    columns : sequence of str
        All columns, the further ones first.
    """
    lines = [",".join(columns)]
    for more, path in tables:
        rest = path.read_bytes().decode("utf-8-sig").split("\r\n")[1:]
        before = rows_csv([more], list(more)).split("\r\n")[1]
        lines += [f"{before},{line}" for line in rest if line]
    return "\r\n".join(lines) + "\r\n"


def joined_parquet(tables: Iterable[tuple[Mapping[str, Any], Path]]) -> bytes:
    """Put Parquet files of :func:`rows_parquet` below each other, as :func:`joined_csv` does."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    parts = []
    for more, path in tables:
        part = pq.read_table(path)
        for place, (name, value) in enumerate(more.items()):
            part = part.add_column(place, name, pa.array([value] * len(part)))
        parts.append(part)
    return _parquet(pa.concat_tables(parts))


def dictionary_csv(columns: Mapping[str, tuple[str, str]] = COLUMNS) -> str:
    """Write what the columns of a table of findings mean."""
    rows = ({"column": name, "type": kind, "meaning": meaning} for name, (kind, meaning) in columns.items())
    return rows_csv(rows, ("column", "type", "meaning"))
