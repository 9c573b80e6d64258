"""The mapping file: which column of a spreadsheet is which column of the contract."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import yaml

from wlz_eval.cohort.model import WAVES
from wlz_eval.cohort.privacy import personal_column
from wlz_eval.cohort.tables import TABLES
from wlz_eval.core.errors import Problem, suggestion
from wlz_eval.reference.measures import measures as registry

__all__ = ["SheetMapping", "guess_mapping"]

_KEYS = ("children", "constants", "groups", "comparison_types", "yes_no", "words", "missing", "dates", "measures")
_MEASURE_KEYS = ("measure", "wave", "informant", "form", "date", "date_column", "rater_id", "rater_knew")
_ORDERS = ("year-month-day", "day-month-year", "month-day-year")
_YES_NO = {"yes": ["yes", "y", "true", "1"], "no": ["no", "n", "false", "0"]}


@dataclass(frozen=True)
class SheetMapping:
    """The contents of a mapping file, after checking.

    Parameters
    ----------
    children : dict
        Column of the children table -> column of the spreadsheet.
    constants : dict
        Column of the children table -> one value for every child. A ``comparison_type`` is given to
        comparison children only.
    words : dict
        Column of the children table -> the spreadsheet's word -> the contract's word.
    yes_no : dict
        The spreadsheet's word -> ``yes`` or ``no``, for every yes/no column.
    measures : dict
        Column of the spreadsheet -> ``measure``, ``wave``, and optionally ``informant``, ``form``, ``date``
        (one day for all) or ``date_column``, ``rater_id``, ``rater_knew``.
    missing : tuple of str
        Words that stand for nothing, such as ``N/A``.
    dates : str
        Order in which the spreadsheet writes its dates.
    """

    children: dict[str, str]
    constants: dict[str, str]
    words: dict[str, dict[str, str]]
    yes_no: dict[str, str]
    measures: dict[str, dict[str, str]]
    missing: tuple[str, ...] = ()
    dates: str = "year-month-day"

    def words_for(self, column: str, kind: str) -> dict[str, str] | None:
        """Translation of a column's words, or None when its cells are taken as they are."""
        if column in self.words:
            return self.words[column]
        return self.yes_no if kind == "yes_no" else None

    @classmethod
    def read(cls, raw: Mapping[str, Any], headers: list[str]) -> tuple[SheetMapping | None, list[Problem]]:
        """Check a mapping against the contract and the spreadsheet's headers; list every mistake."""
        reader = _Reader(headers)
        for key in raw:
            if key not in _KEYS:
                reader.add(str(key), "unknown key", suggestion(str(key), _KEYS))
        children = reader.children(reader.section(raw, "children"))
        constants = reader.constants(reader.section(raw, "constants"), children)
        words = {c: reader.words(c, w) for c, w in reader.section(raw, "words").items() if reader.known(c, "words")}
        if "groups" in raw:
            words["group"] = reader.words("group", raw["groups"], "groups")
        if "comparison_types" in raw:
            words["comparison_type"] = reader.words("comparison_type", raw["comparison_types"], "comparison_types")
        measures = reader.measures(reader.section(raw, "measures"))
        dates = str(raw.get("dates", _ORDERS[0]))
        if dates not in _ORDERS:
            reader.add("dates", f"unknown order of dates {dates!r}", suggestion(dates, _ORDERS))
        for name in [c.name for c in TABLES["children"].columns if c.required]:
            if name not in children and name not in constants:
                reader.add(f"children.{name}", "the column is not mapped",
                           "Name its column of the spreadsheet, or give one value under constants.")
        missing = raw.get("missing") or []
        made = cls(children, constants, words, reader.words("yes/no", raw.get("yes_no") or _YES_NO, "yes_no"), measures,
                   tuple(str(m) for m in missing) if isinstance(missing, list) else (str(missing),), dates)
        return (None if reader.problems else made), reader.problems


@dataclass
class _Reader:
    """Collects the mistakes of a mapping file."""

    headers: list[str]
    problems: list[Problem] = field(default_factory=list)

    def add(self, where: str, message: str, remedy: str, value: str = "") -> None:
        self.problems.append(Problem(table="mapping", column=where, value=value, message=message, remedy=remedy))

    def section(self, raw: Mapping[str, Any], key: str) -> dict[str, Any]:
        value = raw.get(key) or {}
        if isinstance(value, Mapping):
            return {str(k): v for k, v in value.items()}
        self.add(key, "not a list of 'name: value'", "Write one 'name: value' a line below it.")
        return {}

    def header(self, name: object, where: str) -> bool:
        text = re.sub(r"\s+", " ", str(name)).strip()
        if text in self.headers:
            return True
        self.add(where, "the spreadsheet has no such column", suggestion(text, self.headers), text)
        return False

    def known(self, column: str, section: str) -> bool:
        if column in TABLES["children"].names:
            return True
        self.add(f"{section}.{column}", "the children table has no such column",
                 suggestion(column, TABLES["children"].names))
        return False

    def children(self, section: Mapping[str, Any]) -> dict[str, str]:
        made = {}
        for column, source in section.items():
            if not source or not self.known(column, "children") or not self.header(source, f"children.{column}"):
                continue
            personal = personal_column(str(source), None)
            if personal is not None:
                self.add(f"children.{column}", personal.message, personal.remedy, str(source))
                continue
            made[column] = re.sub(r"\s+", " ", str(source)).strip()
        return made

    def constants(self, section: Mapping[str, Any], children: Mapping[str, str]) -> dict[str, str]:
        made = {}
        for column, value in section.items():
            if not self.known(column, "constants"):
                continue
            allowed = TABLES["children"].column(column).allowed
            if column in children:
                self.add(f"constants.{column}", "the column is mapped and constant at once", "Keep one of the two.")
            elif column == "child_id":
                self.add("constants.child_id", "every child would have the same id", "Map it to a column.")
            elif allowed and str(value) not in allowed:
                self.add(f"constants.{column}", "unknown word", suggestion(str(value), allowed), str(value))
            else:
                made[column] = str(value)
        return made

    def words(self, column: str, section: Any, where: str = "words") -> dict[str, str]:
        """Read 'contract's word: [spreadsheet's words]' into a translation."""
        if not isinstance(section, Mapping):
            self.add(where, "not a list of 'word: [words]'", "Write, for example, programme: [Y, Yes].")
            return {}
        known = TABLES["children"]
        valid = ("yes", "no") if column not in known.names else known.column(column).allowed
        if column in known.names and known.column(column).kind == "yes_no":
            valid = ("yes", "no")
        made: dict[str, str] = {}
        for word, theirs in section.items():
            if valid and str(word) not in valid:
                self.add(f"{where}.{word}", "unknown word", suggestion(str(word), valid), str(word))
            for their in theirs if isinstance(theirs, list) else [theirs]:
                text = str(their).strip().lower()
                if made.get(text, str(word)) != str(word):
                    self.add(f"{where}.{word}", "one word of the spreadsheet has two meanings", "Keep one.", text)
                made[text] = str(word)
        return made

    def measures(self, section: Mapping[str, Any]) -> dict[str, dict[str, str]]:
        made = {}
        if not section:
            self.add("measures", "no column of the spreadsheet is mapped to a measure",
                     "Add one, such as  English July 2022: {measure: english, wave: baseline, informant: admin}.")
        for source, what in section.items():
            where = f"measures.{source}"
            if not what:
                continue
            if not isinstance(what, Mapping):
                self.add(where, "not a mapping", "Write {measure: english, wave: baseline, informant: admin}.")
                continue
            self.header(source, where)
            self._measure(where, {str(k): str(v) for k, v in what.items()})
            made[re.sub(r"\s+", " ", source).strip()] = {str(k): str(v) for k, v in what.items()}
        return made

    def _measure(self, where: str, what: Mapping[str, str]) -> None:
        for key in what:
            if key not in _MEASURE_KEYS:
                self.add(f"{where}.{key}", "unknown key", suggestion(key, _MEASURE_KEYS))
        if "measure" not in what:
            self.add(where, "no measure is named", suggestion("", list(registry())))
        elif not re.fullmatch(r"[a-z][a-z0-9_]*", what["measure"]):
            self.add(f"{where}.measure", "not the name of a measure", suggestion(what["measure"], list(registry())),
                     what["measure"])
        if what.get("wave") not in WAVES:
            self.add(f"{where}.wave", "unknown wave", suggestion(what.get("wave", ""), WAVES), what.get("wave", ""))
        informants = TABLES["measures"].column("informant").allowed
        if "informant" in what and what["informant"] not in informants:
            self.add(f"{where}.informant", "unknown word", suggestion(what["informant"], informants), what["informant"])
        if "date" in what:
            try:
                dt.date.fromisoformat(what["date"])
            except ValueError:
                self.add(f"{where}.date", "not a date", "Write YYYY-MM-DD.", what["date"])
        if "date_column" in what:
            self.header(what["date_column"], f"{where}.date_column")


#: Words of a header that point at a column of the children table.
_HINTS: tuple[tuple[str, str], ...] = (
    ("child_id", r"(child|pupil|student)?\s*(id|code|ref(erence)?|number|no)|pseudonym"),
    ("group", r"group|programme\??|cohort|treat(ed|ment)|wlz|allchild"), ("comparison_type", r"comparison type"),
    ("school_id", r"school( id| code)?|anchor"), ("phase", r"phase"), ("year_group", r"year( ?group)?|yr|form year"),
    ("gender", r"gender|sex"), ("fsm", r"fsm.*|free school meals?|pupil premium|pp"), ("sen", r"sen.*"),
    ("eal", r"eal|.*additional language"), ("ethnicity", r"ethnic.*"), ("imd_decile", r"imd.*"),
    ("social_care", r"social care|cin|cp"), ("consented", r"consent.*"), ("started", r"started"),
    ("index_date", r"start( ?date)?|date started|index date"), ("left", r"left|leaving date|date left"),
    ("leaving_reason", r"(leaving )?reason.*"), ("birth_month", r"birth month|month of birth"),
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
        "# Which column of the spreadsheet is which. Guessed from the headers: correct it, then run wlz-eval new again",
        "# with --mapping and this file. A line without a value is passed over.",
        "", "# Column of the children table: column of the spreadsheet (data/README.md describes each).", "children:",
        *(f"  {c.name}: {_quoted(children.get(c.name, ''))}" for c in TABLES["children"].columns),
        "", "# One value for every child, where the spreadsheet has no column for it.", "constants:",
        *([] if "index_date" in children else ["  index_date: 2022-09-01  # first day of the programme"]),
        *([] if "comparison_type" in children else ["  comparison_type: same_school  # for comparison children"]),
        "", "# The spreadsheet's words for each group.",
        f"#   found: {', '.join(str(g) for g in groups) or 'no column guessed'}",
        "groups:", *(f"  {word}: [{', '.join(_quoted(g) for g in groups if _group_of(g) == word)}]"
                     for word in ("programme", "comparison")),
        "", "# The spreadsheet's words for yes and no; a blank cell means not known.", "yes_no:",
        '  "yes": ["Yes", "Y", "TRUE", "1"]', '  "no": ["No", "N", "FALSE", "0"]',
        "", "# Words that stand for nothing.", 'missing: ["N/A", "NA", "-"]',
        "", f"# How dates are written: {', '.join(_ORDERS)}.", "dates: day-month-year",
        "", "# Column of the spreadsheet: what it measures. Delete what is no measure.",
        f"# Measures: {', '.join(registry())}.", f"# Waves: {', '.join(WAVES)}.", "measures:",
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
