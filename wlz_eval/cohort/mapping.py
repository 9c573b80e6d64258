"""The mapping file: which column of a spreadsheet is which column of the contract."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wlz_eval.cohort.model import WAVES
from wlz_eval.cohort.privacy import personal_column
from wlz_eval.cohort.tables import TABLES
from wlz_eval.core.errors import Problem, suggestion
from wlz_eval.reference.measures import measures as registry

__all__ = ["DATE_ORDERS", "MONTH_FROM_DATE", "SheetMapping"]

_KEYS = (
    "children",
    "constants",
    "groups",
    "comparison_types",
    "yes_no",
    "words",
    "missing",
    "dates",
    "measures",
)
_MEASURE_KEYS = ("measure", "wave", "informant", "form", "date", "date_column", "rater_id", "rater_knew")
DATE_ORDERS = ("year-month-day", "day-month-year", "month-day-year")
#: What the refusal of a personal column says when only the month of it may be kept.
MONTH_FROM_DATE = "a full date of birth"
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

    def words_section(self, column: str) -> str:
        """Return the section of the mapping in which a column's words stand."""
        if column in ("group", "comparison_type") and column in self.words:
            return {"group": "groups", "comparison_type": "words, comparison_type"}[column]
        return f"words, {column}" if column in self.words else "yes_no"

    def words_for(self, column: str, kind: str) -> dict[str, str] | None:
        """Return the translation of a column's words, or None when its cells are taken as they are."""
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
        dates = str(raw.get("dates", DATE_ORDERS[0]))
        if dates not in DATE_ORDERS:
            reader.add("dates", f"unknown order of dates {dates!r}", suggestion(dates, DATE_ORDERS))
        for name in [c.name for c in TABLES["children"].columns if c.required]:
            if name not in children and name not in constants:
                reader.add(
                    f"children.{name}",
                    "the column is not mapped",
                    "Name its column of the spreadsheet, or give one value under constants.",
                )
        missing = raw.get("missing") or []
        made = cls(
            children,
            constants,
            words,
            reader.words("yes/no", raw.get("yes_no") or _YES_NO, "yes_no"),
            measures,
            tuple(str(m) for m in missing) if isinstance(missing, list) else (str(missing),),
            dates,
        )
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
        self.add(
            f"{section}.{column}",
            "the children table has no such column",
            suggestion(column, TABLES["children"].names),
        )
        return False

    def children(self, section: Mapping[str, Any]) -> dict[str, str]:
        made = {}
        for column, source in section.items():
            if not source or not self.known(column, "children") or not self.header(source, f"children.{column}"):
                continue
            personal = personal_column(str(source), None)
            if personal is not None and not (column == "birth_month" and MONTH_FROM_DATE in personal.message):
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
            self.add(
                "measures",
                "no column of the spreadsheet is mapped to a measure",
                "Add one, such as  English July 2022: {measure: english, wave: baseline, informant: admin}.",
            )
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
            self.add(
                f"{where}.measure",
                "not the name of a measure",
                suggestion(what["measure"], list(registry())),
                what["measure"],
            )
        if what.get("wave") not in WAVES:
            self.add(f"{where}.wave", "unknown wave", suggestion(what.get("wave", ""), WAVES), what.get("wave", ""))
        informants = TABLES["measures"].column("informant").allowed
        if "informant" in what and what["informant"] not in informants:
            self.add(
                f"{where}.informant",
                "unknown word",
                suggestion(what["informant"], informants),
                what["informant"],
            )
        if "date" in what:
            try:
                dt.date.fromisoformat(what["date"])
            except ValueError:
                self.add(f"{where}.date", "not a date", "Write YYYY-MM-DD.", what["date"])
        if "date_column" in what:
            self.header(what["date_column"], f"{where}.date_column")
