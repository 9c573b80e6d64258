"""Guess the mapping file of a spreadsheet from its headers, to be corrected by its owner."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd
import yaml

from wlz_eval.cohort.mapping import DATE_ORDERS, MONTH_FROM_DATE
from wlz_eval.cohort.model import WAVES
from wlz_eval.cohort.privacy import personal_column
from wlz_eval.cohort.spreadsheet import plain_numbers
from wlz_eval.cohort.tables import TABLES
from wlz_eval.reference.measures import measures as registry

__all__ = ["guess_mapping"]

#: Words of a header that point at a column of the children table; a header is read without its punctuation.
_HINTS: tuple[tuple[str, str], ...] = (
    ("child_id", r"(child|pupil|student)?\s*(id|code|ref(erence)?|number|no)|pseudonym"),
    (
        "group",
        r"group|cohort|treat(ed|ment)|participant|"
        r"((on|in) )?(the )?(programme|intervention|wlz|allchild)( (child|pupil|group|y n|yes no))?",
    ),
    ("comparison_type", r"comparison type"),
    ("school_id", r"school( id| code| name)?|anchor"),
    ("local_authority", r"local authority|la|borough"),
    ("phase", r"phase"),
    ("year_group", r"year( ?group)?|yr( group)?|form year|nc year"),
    ("gender", r"gender|sex"),
    ("fsm", r"fsm.*|free school meals?.*|pupil premium|pp"),
    ("sen", r"sen.*|special educational needs?"),
    ("eal", r"eal|.*additional language"),
    ("ethnicity", r"ethnic.*"),
    ("imd_decile", r"imd.*"),
    ("social_care", r"social care|cin|cp"),
    ("consented", r"consent.*"),
    ("started", r"started"),
    ("index_date", r"(programme )?start( ?date)?|date started|index date"),
    ("left", r"left|leaving date|date left"),
    ("leaving_reason", r"(leaving )?reason.*"),
    ("birth_month", r"birth month|month of birth|dob|d o b|(full )?date of birth|birth ?date"),
)

#: Words of a spreadsheet that stand for a word of the contract.
_WORDS: dict[str, dict[str, str]] = {
    "sen": {
        "none": r"n|no|none|no (sen|special).*|not.*",
        "support": r"k|(sen ?)?support|sen ?k",
        "ehcp": r"e|ehc.*|education,? health.*|statement.*|sen ?e",
    },
    "phase": {"early_years": r"ey.*|early.*|nursery", "primary": r"p|prim.*", "secondary": r"s|sec.*"},
    "comparison_type": {
        "same_school": r"same.*",
        "other_school": r"other.*",
        "waiting": r"wait.*",
        "historical": r"hist.*|previous.*",
        "declined": r"declined.*",
        "national": r"national.*",
    },
}

#: Words of a header that point at a measure, where its name in the registry does not stand there.
_MEASURES: tuple[tuple[str, str], ...] = (
    (r"sdq", "sdq_total"),
    (r"reading|literacy|english", "english"),
    (r"maths?|mathematics|numeracy", "maths"),
    (r"attendance", "attendance"),
)

_WAVES: tuple[tuple[str, str], ...] = (
    (r"follow|followup", "followup"),
    (r"mid|midpoint|midline", "midpoint"),
    (r"end|endline|endpoint|post|after|outcome|exit|final", "endline"),
    (r"baseline|base|start|pre|before|entry|initial", "baseline"),
)

_MISSING = ("N/A", "NA", "#N/A", "-", "?")


def guess_mapping(sheet: pd.DataFrame) -> str:
    """Write a commented mapping file, guessed from a spreadsheet's headers and words.

    Parameters
    ----------
    sheet : DataFrame
        What :func:`wlz_eval.cohort.spreadsheet.read_sheet` returns.
    """
    children = _children(list(sheet.columns))
    left = [h for h in sheet.columns if h not in children.values()]
    personal = [h for h in left if personal_column(h, None) is not None]
    numeric = [h for h in left if h not in personal and _mostly_numbers(sheet[h])]
    measures = {h: _measure_of(h, sheet[h]) for h in numeric}
    other = [h for h in left if h not in personal and not measures.get(h)]
    lines = [
        "# Which column of the spreadsheet is which. Guessed from the headers: correct it, then run wlz-eval new",
        "# again with --mapping and this file. A line without a value is passed over.",
        f"# Never copied, since they are personal: {', '.join(personal) or 'no column'}.",
        f"# Not used so far: {', '.join(other) or 'no column'}.",
        "",
        "# Column of the children table: column of the spreadsheet (data/README.md describes each).",
        "# child_id, group, school_id and index_date are needed. Of a date of birth, only the month is kept.",
        "children:",
        *(f"  {c.name}:{_after(children.get(c.name))}" for c in TABLES["children"].columns),
        "",
        "# One value for every child, where the spreadsheet has no column for it.",
        "constants:",
        *([] if "index_date" in children else ["  index_date: 2022-09-01  # first day of the programme"]),
        *(
            []
            if "comparison_type" in children
            else [
                "  # Where comparison children come from: "
                + ", ".join(TABLES["children"].column("comparison_type").allowed),
                "  comparison_type: same_school",
            ]
        ),
        "",
        *_groups(sheet, children),
        "",
        "# The spreadsheet's words for yes and no; a blank cell means not known.",
        "yes_no:",
        '  "yes": ["Yes", "Y", "TRUE", "1"]',
        '  "no": ["No", "N", "FALSE", "0"]',
        "",
        *_words(sheet, children),
        "# Words that stand for nothing.",
        f"missing: [{', '.join(_quoted(w) for w in _MISSING)}]",
        "",
        f"# How dates are written: {', '.join(DATE_ORDERS)}.",
        "dates: day-month-year",
        "",
        "# Column of the spreadsheet: what it measures. Delete what is no measure.",
        f"# Measures: {', '.join(registry())}.",
        f"# Waves: {', '.join(WAVES)}.",
        "measures:",
        *(line for h, what in measures.items() for line in _measure_lines(h, what)),
    ]
    return "\n".join(lines) + "\n"


def _plain(header: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", header.lower()).strip()


def _children(headers: list[str]) -> dict[str, str]:
    """Return column of the children table -> header that seems to be it."""
    found: dict[str, str] = {}
    for column, pattern in _HINTS:
        for header in headers:
            if header in found.values():
                continue
            personal = personal_column(header, None)
            if personal is not None and not (column == "birth_month" and MONTH_FROM_DATE in personal.message):
                continue
            if re.fullmatch(pattern, _plain(header)) or _plain(header) == column.replace("_", " "):
                found[column] = header
                break
    return found


def _groups(sheet: pd.DataFrame, children: Mapping[str, str]) -> list[str]:
    """Lines that say which of the spreadsheet's words is which group."""
    lines = ["# The spreadsheet's words for each group."]
    if "group" not in children:
        lines += ["# No column was recognised: name it after group: above, and write its words here."]
    found = sorted(map(str, sheet[children["group"]].dropna().unique()[:10])) if "group" in children else []
    placed = {
        word: [f for f in found if f not in _MISSING and _group_of(f) == word] for word in ("programme", "comparison")
    }
    return [*lines, "groups:", *(f"  {w}: [{', '.join(map(_quoted, fs))}]" for w, fs in placed.items())]


def _words(sheet: pd.DataFrame, children: Mapping[str, str]) -> list[str]:
    """Lines that translate the words of columns which hold one of a few."""
    lines: list[str] = []
    for column, patterns in _WORDS.items():
        if column not in children:
            continue
        found = [str(w) for w in sheet[children[column]].dropna().unique()[:30] if str(w) not in _MISSING]
        placed = {c: [w for w in found if re.fullmatch(p, w.strip().lower())] for c, p in patterns.items()}
        over = [w for w in found if not any(w in words for words in placed.values())]
        lines += [f"  {column}:"]
        lines += [f"    # Put each of these in one of the lines below: {', '.join(over)}"] if over else []
        lines += [f"    {c}: [{', '.join(map(_quoted, words))}]" for c, words in placed.items()]
    if not lines:
        return []
    return ["# Our word: the spreadsheet's words for it.", "words:", *lines, ""]


def _after(header: str | None) -> str:
    return f" {_quoted(header)}" if header else ""


def _quoted(text: object) -> str:
    return yaml.safe_dump(str(text), default_style='"', width=1000, allow_unicode=True).strip()


def _group_of(word: object) -> str:
    """Guess which group a word of the spreadsheet stands for."""
    text = str(word).strip().lower()
    if re.fullmatch(r"y(es)?|1|t|true|.*(programme|treat|wlz|allchild|interv).*", text) and not re.search(
        r"\b(not|no|non)\b", text
    ):
        return "programme"
    return "comparison"


def _mostly_numbers(cells: pd.Series) -> bool:
    numbers = pd.to_numeric(plain_numbers(cells.mask(cells.isin(_MISSING)).dropna()), errors="coerce")
    return len(numbers) > 0 and bool(numbers.notna().mean() > 0.5)


def _measure_of(header: str, cells: pd.Series) -> tuple[str, str] | None:
    """Guess measure and wave from a header such as 'English baseline' or 'SDQ total end'; None where in doubt."""
    plain = _plain(header)
    named = [n for n in sorted(registry(), key=len, reverse=True) if n.replace("_", " ") in plain]
    hinted = [name for pattern, name in _MEASURES if re.search(rf"\b({pattern})\b", plain)]
    waves = [wave for pattern, wave in _WAVES if re.search(rf"\b({pattern})\b", plain)]
    numbers = pd.to_numeric(plain_numbers(cells), errors="coerce").dropna()
    for name in [*named, *hinted]:
        measure = registry()[name]
        if waves and numbers.between(measure.low, measure.high).mean() > 0.9:
            return name, waves[0]
    return None


def _measure_lines(header: str, what: tuple[str, str] | None) -> list[str]:
    if what is None:
        return [
            "  # No measure or no wave was recognised. If it is one, fill in and remove the sign in front:",
            f"  # {_quoted(header)}: {{measure: , wave: , informant: admin, form: standard}}",
        ]
    measure, wave = what
    informant = "teacher" if measure.startswith("sdq") else "admin"
    return [f"  {_quoted(header)}: {{measure: {measure}, wave: {wave}, informant: {informant}, form: standard}}"]
