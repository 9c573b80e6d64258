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
from wlz_eval.core.yamltext import check_yaml
from wlz_eval.reference.measures import measures as registry

__all__ = ["convert_sheet", "parse_mapping", "plain_numbers", "read_sheet"]

#: How a spreadsheet's dates may be written, and how Python reads each.
_DATE_ORDERS = {"year-month-day": "%Y-%m-%d", "day-month-year": "%d/%m/%Y", "month-day-year": "%m/%d/%Y"}
_FIRST_ROW = 2
#: Of one column, at most so many cells are named.
_NAMED_CELLS = 100


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


def plain_numbers(cells: pd.Series) -> pd.Series:
    """Take the per cent sign from numbers such as ``92.5%``; leave every other cell as it is."""
    return cells.str.replace(r"^([+-]?\d+(?:\.\d+)?)\s*%$", r"\1", regex=True)


def _read_workbook(path: Path) -> pd.DataFrame:
    try:
        from openpyxl import load_workbook  # type: ignore[import-untyped]

        rows = load_workbook(path, data_only=True).worksheets[0].iter_rows()
        return pd.DataFrame([[_cell_text(c.value, c.number_format) for c in row] for row in rows], dtype="str")
    except ImportError:
        raise OptionError("Reading xlsx needs the package openpyxl. Save the sheet as CSV UTF-8 instead.") from None
    except Exception as error:  # openpyxl and zipfile raise many kinds for a broken workbook
        raise OptionError(f"{path.name} is not a readable workbook ({type(error).__name__}). Save it as CSV.") from None


def _cell_text(value: Any, number_format: str = "") -> str | None:
    """Write a workbook's cell as a person sees it: whole numbers without a point, per cents, dates as ISO."""
    if value is None or (isinstance(value, float) and pd.isna(value)) or value is pd.NaT:
        return None
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d") if value.time() == dt.time() else value.isoformat(sep=" ")
    if isinstance(value, (int, float)) and not isinstance(value, bool) and number_format.endswith("%"):
        return f"{value * 100:.10g}%"
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
                cells = _translate(cells, words, rules.words_section(column.name), column.valid, source, problems)
            elif column.kind == "month":
                cells = _months(cells, rules.dates, source, problems)
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
    cells: pd.Series, words: Mapping[str, str], section: str, valid: str, source: str, problems: list[Problem]
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
                remedy=f"Add it under {section} in the mapping, beside {valid}; or under missing, if it says nothing.",
            )
        )
    return made


def _read_dates(cells: pd.Series, order: str) -> pd.Series:
    iso = pd.to_datetime(cells, format="%Y-%m-%d", errors="coerce")
    local = cells.str.replace(r"[.\-]", "/", regex=True)
    return iso.fillna(pd.to_datetime(local, format=_DATE_ORDERS[order].replace("-", "/"), errors="coerce"))


def _dates(cells: pd.Series, order: str, source: str, problems: list[Problem]) -> pd.Series:
    read = _read_dates(cells, order)
    _name_cells(
        cells,
        cells.notna() & read.isna(),
        source,
        f"not a date written {order}",
        f"Correct it, or set dates to one of {', '.join(_DATE_ORDERS)}.",
        problems,
    )
    return read.dt.strftime("%Y-%m-%d").astype("str")


def _months(cells: pd.Series, order: str, source: str, problems: list[Problem]) -> pd.Series:
    """Keep year and month of a date of birth, and nothing more of it, not even in a message."""
    month = cells.where(cells.str.fullmatch(r"\d{4}-\d{2}"))
    read = month.fillna(_read_dates(cells, order).dt.strftime("%Y-%m"))
    _name_cells(
        cells.mask(cells.notna(), ""),
        cells.notna() & read.isna(),
        source,
        f"neither a month written YYYY-MM nor a date written {order}",
        "Correct the cell, or leave it empty when not known.",
        problems,
    )
    return read.astype("str")


def _name_cells(
    cells: pd.Series, wrong: pd.Series, source: str, message: str, remedy: str, problems: list[Problem]
) -> None:
    """Add a problem for each wrong cell, with its row in the spreadsheet."""
    for row in cells.index[wrong.to_numpy(dtype=bool)][:_NAMED_CELLS]:
        value = str(cells.loc[row])[:40]
        problems.append(
            Problem(table="spreadsheet", row=int(row), column=source, value=value, message=message, remedy=remedy)
        )


def _measures(sheet: pd.DataFrame, rules: SheetMapping, problems: list[Problem]) -> pd.DataFrame:
    ids = sheet[rules.children["child_id"]] if "child_id" in rules.children else pd.Series(index=sheet.index)
    parts = []
    for source, what in rules.measures.items():
        part = pd.DataFrame({"child_id": ids, "measure": what["measure"], "wave": what["wave"]})
        part["value"] = _values(sheet[source], what["measure"], source, problems)
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


def _values(cells: pd.Series, measure: str, source: str, problems: list[Problem]) -> pd.Series:
    """Return a measure's numbers as text, and name the cells that hold none."""
    plain = plain_numbers(cells)
    numbers = pd.to_numeric(plain, errors="coerce")
    _name_cells(
        cells,
        cells.notna() & numbers.isna(),
        source,
        "text where a number belongs",
        "Correct the cell. If the word stands for nothing, add it to missing in the mapping.",
        problems,
    )
    known = registry().get(measure)
    if known is None:  # a measure of the cohort's own: wlz-eval check knows its range
        return plain
    _name_cells(
        cells,
        numbers.notna() & ~numbers.between(known.low, known.high),
        source,
        f"out of range for {measure}",
        f"Correct the cell in the spreadsheet ({known.low:g} to {known.high:g}), or empty it when not taken.",
        problems,
    )
    if known.unit == "percentage_points" and numbers.notna().any() and numbers.max() <= 1:
        problems.append(
            Problem(
                table="spreadsheet",
                row=1,
                column=source,
                message="every value is 1 or less, where per cents belong",
                remedy="Write 95 or 95% for 95 per cent, not 0.95.",
            )
        )
    return plain


def parse_mapping(text: str) -> dict[str, Any]:
    """Read a mapping file; every word stays text, so that yes and no are not turned into truth values."""
    try:
        check_yaml(text)
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
            ],
            heading="The mapping has {n} to mend:",
        ) from None
    if not isinstance(value, dict):
        raise CohortError(
            [
                Problem(
                    table="mapping",
                    message="the file is not a mapping of keys to values",
                    remedy=suggestion("children", ["children", "measures", "groups", "yes_no"]),
                )
            ],
            heading="The mapping has {n} to mend:",
        )
    return value
