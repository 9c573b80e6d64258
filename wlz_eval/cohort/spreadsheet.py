"""A wide spreadsheet, one row a child, into the tables of a cohort, as a small mapping file says."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from wlz_eval.cohort.mapping import SheetMapping
from wlz_eval.cohort.tables import TABLES
from wlz_eval.core.errors import CohortError, OptionError, Problem, suggestion

__all__ = ["convert_sheet", "read_sheet"]

#: How a spreadsheet's dates may be written, and how Python reads each.
_DATE_ORDERS = {"year-month-day": "%Y-%m-%d", "day-month-year": "%d/%m/%Y", "month-day-year": "%m/%d/%Y"}
_FIRST_ROW = 2


def read_sheet(path: str | Path) -> pd.DataFrame:
    """Read a spreadsheet as text.

    Parameters
    ----------
    path : str or Path
        A CSV (UTF-8) or the first sheet of an Excel workbook, with one header row.

    Returns
    -------
    DataFrame
        Text cells, indexed by spreadsheet row; blank rows left out.

    Raises
    ------
    OptionError
        When the file is not there or is no spreadsheet.
    """
    path = Path(path)
    if not path.is_file():
        raise OptionError(f"There is no spreadsheet {path}. Give the path of a CSV or xlsx file.")
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        cells = _read_workbook(path)
    elif path.suffix.lower() == ".csv":
        try:
            cells = pd.read_csv(
                path,
                header=None,
                dtype="str",
                keep_default_na=False,
                na_values=[""],
                skip_blank_lines=False,
                encoding="utf-8-sig",
            )
        except UnicodeDecodeError:
            raise OptionError(f"{path.name} is not UTF-8 text. Save it as 'CSV UTF-8 (comma delimited)'.") from None
        except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
            raise OptionError(f"{path.name} cannot be read as CSV: {str(error).strip()}.") from None
    else:
        raise OptionError(f"{path.name} is no spreadsheet that can be read. Save it as .csv or .xlsx.")
    if cells.empty:
        raise OptionError(f"{path.name} is empty. Its first row must be the header.")
    header = ["" if pd.isna(c) else re.sub(r"\s+", " ", str(c)).strip() for c in cells.iloc[0]]
    repeated = sorted({h for h in header if h and header.count(h) > 1})
    if repeated:
        raise OptionError(f"{path.name}: the header holds {', '.join(repeated)} more than once. Rename one of them.")
    frame = cells.iloc[1:].set_axis(header, axis=1).loc[:, [bool(h) for h in header]]
    frame.index = pd.RangeIndex(_FIRST_ROW, _FIRST_ROW + len(frame))
    stripped = frame.apply(lambda column: column.astype("str").str.strip())
    return stripped.mask(stripped == "").dropna(how="all")


def _read_workbook(path: Path) -> pd.DataFrame:
    try:
        cells = pd.read_excel(
            path, header=None, dtype=object, sheet_name=0, keep_default_na=False, na_values=[""]
        )
    except ImportError:
        raise OptionError("Reading xlsx needs the package openpyxl. Save the sheet as CSV UTF-8 instead.") from None
    except Exception as error:  # openpyxl and zipfile raise many kinds for a broken workbook
        raise OptionError(f"{path.name} is not a readable workbook ({type(error).__name__}). Save it as CSV.") from None
    return cells.map(_cell_text).astype("str")


def _cell_text(value: Any) -> str | None:
    """Write a workbook's cell as a person sees it: whole numbers without a point, dates as ISO."""
    if value is None or (isinstance(value, float) and pd.isna(value)) or value is pd.NaT:
        return None
    if isinstance(value, (dt.datetime, pd.Timestamp)):
        return value.strftime("%Y-%m-%d") if value.time() == dt.time() else value.isoformat(sep=" ")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def convert_sheet(sheet: pd.DataFrame, mapping: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
    """Make the ``children`` and ``measures`` tables of a wide spreadsheet.

    Parameters
    ----------
    sheet : DataFrame
        What :func:`read_sheet` returns.
    mapping : mapping
        The contents of the mapping file (see :class:`wlz_eval.cohort.mapping.SheetMapping`).

    Returns
    -------
    dict
        ``children`` and ``measures`` as text, ready to be written.

    Raises
    ------
    CohortError
        With every mistake of the mapping and every cell that it does not cover.
    """
    rules, problems = SheetMapping.read(mapping, list(sheet.columns))
    if rules is None:
        raise CohortError(problems, heading="The mapping has {n} to mend:")
    if rules.missing:
        sheet = sheet.mask(sheet.isin(rules.missing))
    children = _children(sheet, rules, problems)
    measures = _measures(sheet, rules, problems)
    if problems:
        raise CohortError(problems, heading="The mapping has {n} to mend:")
    return {"children": children, "measures": measures}


def _children(sheet: pd.DataFrame, rules: SheetMapping, problems: list[Problem]) -> pd.DataFrame:
    table = TABLES["children"]
    made: dict[str, pd.Series] = {}
    for column in table.columns:
        if column.name in rules.children:
            source = rules.children[column.name]
            cells = sheet[source]
            words = rules.words_for(column.name, column.kind)
            if words is not None:
                cells = _translate(cells, words, column.valid, source, problems)
            elif column.kind == "date":
                cells = _dates(cells, rules.dates, source, problems)
            made[column.name] = cells
        elif column.name in rules.constants:
            made[column.name] = pd.Series(rules.constants[column.name], index=sheet.index, dtype="str")
    frame = pd.DataFrame(made, index=sheet.index)
    if "comparison_type" in frame and "group" in frame:
        frame["comparison_type"] = frame["comparison_type"].mask(frame["group"] != "comparison")
    return frame


def _translate(
    cells: pd.Series, words: Mapping[str, str], valid: str, source: str, problems: list[Problem]
) -> pd.Series:
    """Put the contract's words in the place of the spreadsheet's, and name the words that have none."""
    folded = {str(k).strip().lower(): v for k, v in words.items()}
    made = cells.str.lower().map(folded).astype("str")
    for word in cells[cells.notna() & made.isna()].unique():
        row = int(cells.index[(cells == word).to_numpy(dtype=bool)][0])
        problems.append(
            Problem(
                table="spreadsheet",
                row=row,
                column=source,
                value=str(word)[:40],
                message="the mapping has no word for this value",
                remedy=f"Add it to the mapping; it must become {valid}.",
            )
        )
    return made


def _dates(cells: pd.Series, order: str, source: str, problems: list[Problem]) -> pd.Series:
    iso = pd.to_datetime(cells, format="%Y-%m-%d", errors="coerce")
    local = cells.str.replace(r"[.\-]", "/", regex=True)
    read = iso.fillna(pd.to_datetime(local, format=_DATE_ORDERS[order].replace("-", "/"), errors="coerce"))
    for row in cells.index[(cells.notna() & read.isna()).to_numpy(dtype=bool)][:100]:
        problems.append(
            Problem(
                table="spreadsheet",
                row=int(row),
                column=source,
                value=str(cells.loc[row])[:40],
                message=f"not a date written {order}",
                remedy=f"Correct it, or set dates to one of {', '.join(_DATE_ORDERS)}.",
            )
        )
    return read.dt.strftime("%Y-%m-%d").astype("str")


def _measures(sheet: pd.DataFrame, rules: SheetMapping, problems: list[Problem]) -> pd.DataFrame:
    ids = sheet[rules.children["child_id"]] if "child_id" in rules.children else pd.Series(index=sheet.index)
    parts = []
    for source, what in rules.measures.items():
        part = pd.DataFrame({"child_id": ids, "measure": what["measure"], "wave": what["wave"], "value": sheet[source]})
        if "date_column" in what:
            part["date"] = _dates(sheet[what["date_column"]], rules.dates, what["date_column"], problems)
        elif "date" in what:
            part["date"] = what["date"]
        for name in ("informant", "form", "rater_id", "rater_knew"):
            if name in what:
                part[name] = what[name]
        parts.append(part[part["value"].notna()])
    if not parts:
        return pd.DataFrame(columns=TABLES["measures"].names)
    together = pd.concat(parts, ignore_index=True)
    return together[[c for c in TABLES["measures"].names if c in together.columns]]


def parse_mapping(text: str) -> dict[str, Any]:
    """Read a mapping file; every word stays text, so that yes and no are not turned into truth values."""
    try:
        value = yaml.load(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise CohortError(
            [
                Problem(
                    table="mapping",
                    row=mark.line + 1 if mark else None,
                    message=f"not valid YAML: {getattr(error, 'problem', '') or 'cannot be read'}",
                    remedy="Check indentation, colons and quotes at this line.",
                )
            ]
        ) from None
    if not isinstance(value, dict):
        raise CohortError(
            [
                Problem(
                    table="mapping",
                    message="the file is not a mapping of keys to values",
                    remedy=suggestion("children", ["children", "measures", "groups", "yes_no"]),
                )
            ]
        )
    return value
