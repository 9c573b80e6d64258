"""Read the file of one table, as text where the file is text, and name what makes it unreadable."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from wlz_eval.cohort.schema import Table
from wlz_eval.core.errors import Problem

__all__ = ["FIRST_ROW", "RawTable", "read_table"]

#: Spreadsheet row of the first row of data: the header is row 1.
FIRST_ROW = 2

_SAVE_AS = "Save the file as 'CSV UTF-8 (comma delimited)'."


@dataclass(frozen=True)
class RawTable:
    """A table as it stands in its file.

    Parameters
    ----------
    frame : DataFrame or None
        Cells before typing, indexed by spreadsheet row; ``None`` when the file could not be read.
    problems : list of Problem
        Why it could not be read, or what is wrong with its header.
    """

    frame: pd.DataFrame | None
    problems: list[Problem] = field(default_factory=list)


def read_table(path: Path, table: Table) -> RawTable:
    """Read a CSV or Parquet file without interpreting its cells.

    Parameters
    ----------
    path : Path
        File ending in ``.csv`` or ``.parquet``.
    table : Table
        The table it should hold: its column names tell commas from other separators.
    """
    if path.suffix == ".parquet":
        return _read_parquet(path, table.name)
    return _read_csv(path, table)


def _failed(table: str, message: str, remedy: str, row: int | None = None, value: str = "") -> RawTable:
    return RawTable(None, [Problem(table=table, row=row, value=value, message=message, remedy=remedy)])


def _read_parquet(path: Path, name: str) -> RawTable:
    import pyarrow as pa

    try:
        frame = pd.read_parquet(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        return _failed(
            name,
            f"{path.name} is not a readable Parquet file ({type(error).__name__})",
            "Write it again, or send the table as CSV.",
        )
    frame.columns = [str(c) for c in frame.columns]
    frame.index = pd.RangeIndex(FIRST_ROW, FIRST_ROW + len(frame))
    return RawTable(frame, _header_problems(list(frame.columns), name))


def _read_csv(path: Path, table: Table) -> RawTable:
    try:
        with path.open("rb") as file:
            head = file.read(1 << 16)
    except OSError as error:
        return _failed(
            table.name,
            f"{path.name} cannot be opened ({type(error).__name__})",
            "Put the file itself there, not a link to it, and let it be read.",
        )
    trouble = _unreadable(head, path, table)
    if trouble is not None:
        return trouble
    try:
        # Without a header row for pandas, a longer row is an error with its number instead of a silent index,
        # a repeated header stays as it is, and blank lines keep their place in the numbering.
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
        return _wrong_encoding(path, table.name)
    except pd.errors.EmptyDataError:
        return _failed(table.name, f"{path.name} is empty", f"Start it with the header {','.join(table.names[:4])},…")
    except pd.errors.ParserError as error:
        return _ragged(str(error), path, table.name)
    header = ["" if pd.isna(c) else str(c).strip() for c in cells.iloc[0]]
    # A spreadsheet saves empty columns at the right as trailing commas.
    keep = [i for i, name in enumerate(header) if name or cells.iloc[1:, i].notna().any()]
    frame = cells.iloc[1:, keep].copy()
    frame.columns = [header[i] for i in keep]
    frame.index = pd.RangeIndex(FIRST_ROW, FIRST_ROW + len(frame))
    problems = _header_problems(list(frame.columns), table.name)
    return RawTable(frame.dropna(how="all"), problems)


def _unreadable(head: bytes, path: Path, table: Table) -> RawTable | None:
    """Recognise what is no comma-separated UTF-8 text from the beginning of the file."""
    name = table.name
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        return _failed(name, f"{path.name} is empty", f"Start it with the header {','.join(table.names[:4])},…")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in head[:1000]:
        return _failed(name, f"{path.name} is not UTF-8 text: it looks like UTF-16", _SAVE_AS)
    if head.startswith(b"PK\x03\x04"):
        return _failed(name, f"{path.name} is an Excel workbook with a CSV name", _SAVE_AS)
    first = head.decode("utf-8-sig", errors="replace").splitlines()[0]
    known = set(table.names)
    if not known & {cell.strip().strip('"') for cell in first.split(",")}:
        for separator, word in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if known & {cell.strip().strip('"') for cell in first.split(separator)}:
                return _failed(
                    name,
                    f"{path.name} is separated by {word}, not commas",
                    f"Export it with commas between the cells. {_SAVE_AS}",
                    row=1,
                )
    return None


def _wrong_encoding(path: Path, name: str) -> RawTable:
    for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as error:
            return _failed(name, f"{path.name} is not UTF-8 text (byte {line[error.start]:#04x})", _SAVE_AS, row=number)
    return _failed(name, f"{path.name} is not UTF-8 text", _SAVE_AS)


def _ragged(message: str, path: Path, name: str) -> RawTable:
    found = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", message)
    if found:
        expected, row, seen = found.groups()
        return _failed(
            name,
            f"the row has {seen} cells where the header has {expected}",
            "Remove the extra cells, or put quotes round a cell that holds a comma.",
            row=int(row),
        )
    return _failed(
        name,
        f"{path.name} cannot be read as CSV ({message.strip().splitlines()[-1][:80]})",
        f"Look for a quotation mark that is not closed. {_SAVE_AS}",
    )


def _header_problems(names: list[str], table: str) -> list[Problem]:
    """Name the columns that stand twice, or have no name."""
    problems = [
        Problem(
            table=table,
            row=1,
            column=name,
            message="the column stands twice in the header",
            remedy="Keep one of them.",
        )
        for name in sorted({n for n in names if n and names.count(n) > 1})
    ]
    if "" in names:
        problems.append(
            Problem(
                table=table,
                row=1,
                message=f"column {names.index('') + 1} has cells but no name",
                remedy="Give it a header, or delete it.",
            )
        )
    return problems
