"""Guess the mapping file of a spreadsheet from its headers, to be corrected by its owner."""

from __future__ import annotations

import re

import pandas as pd
import yaml

from wlz_eval.cohort.mapping import DATE_ORDERS
from wlz_eval.cohort.model import WAVES
from wlz_eval.cohort.privacy import personal_column
from wlz_eval.cohort.tables import TABLES
from wlz_eval.reference.measures import measures as registry

__all__ = ["guess_mapping"]

#: Words of a header that point at a column of the children table.
_HINTS: tuple[tuple[str, str], ...] = (
    ("child_id", r"(child|pupil|student)?\s*(id|code|ref(erence)?|number|no)|pseudonym"),
    ("group", r"group|programme\??|cohort|treat(ed|ment)|wlz|allchild"),
    ("comparison_type", r"comparison type"),
    ("school_id", r"school( id| code)?|anchor"),
    ("phase", r"phase"),
    ("year_group", r"year( ?group)?|yr|form year"),
    ("gender", r"gender|sex"),
    ("fsm", r"fsm.*|free school meals?|pupil premium|pp"),
    ("sen", r"sen.*"),
    ("eal", r"eal|.*additional language"),
    ("ethnicity", r"ethnic.*"),
    ("imd_decile", r"imd.*"),
    ("social_care", r"social care|cin|cp"),
    ("consented", r"consent.*"),
    ("started", r"started"),
    ("index_date", r"start( ?date)?|date started|index date"),
    ("left", r"left|leaving date|date left"),
    ("leaving_reason", r"(leaving )?reason.*"),
    ("birth_month", r"birth month|month of birth"),
)


def guess_mapping(sheet: pd.DataFrame) -> str:
    """Write a commented mapping file, guessed from a spreadsheet's headers.

    Parameters
    ----------
    sheet : DataFrame
        What :func:`wlz_eval.cohort.spreadsheet.read_sheet` returns.
    """
    headers = list(sheet.columns)
    children: dict[str, str] = {}
    for column, pattern in _HINTS:
        for header in headers:
            plain = re.sub(r"[_\-]+", " ", header).strip().lower()
            if header not in children.values() and (re.fullmatch(pattern, plain) or plain == column.replace("_", " ")):
                children[column] = header
                break
    left = [h for h in headers if h not in children.values() and personal_column(h, None) is None]
    numeric = [h for h in left if pd.to_numeric(sheet[h].dropna(), errors="coerce").notna().mean() > 0.5]
    groups = sorted(sheet[children["group"]].dropna().unique()[:10]) if "group" in children else []
    lines = [
        "# Which column of the spreadsheet is which. Guessed from the headers: correct it, then run wlz-eval new",
        "# again with --mapping and this file. A line without a value is passed over.",
        "",
        "# Column of the children table: column of the spreadsheet (data/README.md describes each).",
        "children:",
        *(f"  {c.name}: {_quoted(children.get(c.name, ''))}" for c in TABLES["children"].columns),
        "",
        "# One value for every child, where the spreadsheet has no column for it.",
        "constants:",
        *([] if "index_date" in children else ["  index_date: 2022-09-01  # first day of the programme"]),
        *([] if "comparison_type" in children else ["  comparison_type: same_school  # for comparison children"]),
        "",
        "# The spreadsheet's words for each group.",
        f"#   found: {', '.join(str(g) for g in groups) or 'no column guessed'}",
        "groups:",
        *(
            f"  {word}: [{', '.join(_quoted(g) for g in groups if _group_of(g) == word)}]"
            for word in ("programme", "comparison")
        ),
        "",
        "# The spreadsheet's words for yes and no; a blank cell means not known.",
        "yes_no:",
        '  "yes": ["Yes", "Y", "TRUE", "1"]',
        '  "no": ["No", "N", "FALSE", "0"]',
        "",
        "# Words that stand for nothing.",
        'missing: ["N/A", "NA", "-"]',
        "",
        f"# How dates are written: {', '.join(DATE_ORDERS)}.",
        "dates: day-month-year",
        "",
        "# Column of the spreadsheet: what it measures. Delete what is no measure.",
        f"# Measures: {', '.join(registry())}.",
        f"# Waves: {', '.join(WAVES)}.",
        "measures:",
        *(f"  {_quoted(h)}: {{{_measure_guess(h)}}}" for h in numeric),
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: object) -> str:
    return yaml.safe_dump(str(text), default_style='"', width=1000, allow_unicode=True).strip() if text != "" else ""


def _group_of(word: object) -> str:
    """Guess which group a word of the spreadsheet stands for."""
    text = str(word).strip().lower()
    if re.fullmatch(r"y(es)?|1|true|.*(programme|treat|wlz|allchild|interv).*", text) and "not" not in text:
        return "programme"
    return "comparison"


def _measure_guess(header: str) -> str:
    """Guess measure and wave from a header such as 'English baseline' or 'SDQ total end'."""
    plain = re.sub(r"[^a-z0-9]+", "_", header.lower())
    names = sorted(registry(), key=len, reverse=True)
    measure = next((n for n in names if n in plain), None) or ("sdq_total" if "sdq" in plain else "")
    wave = "baseline"
    if re.search(r"end|post|after|out|final", plain):
        wave = "endline"
    elif re.search(r"mid", plain):
        wave = "midpoint"
    elif re.search(r"follow", plain):
        wave = "followup"
    informant = "teacher" if measure.startswith("sdq") else "admin"
    return f"measure: {measure or '?'}, wave: {wave}, informant: {informant}, form: standard"
