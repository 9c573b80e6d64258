"""Take children out of a cohort's files: their rows and nothing else, the same bytes where nothing of them stands."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wlz_eval.cohort.tables import HOUSEHOLD_TABLES, TABLES
from wlz_eval.core.files import write_atomic

__all__ = ["Removal", "child_ids", "prepare_removal", "table_files"]


@dataclass(frozen=True, repr=False)
class Removal:
    """What taking children out of a folder changes, before anything is written.

    Parameters
    ----------
    folder : Path
        Of the cohort.
    contents : mapping of Path to bytes
        New content of each file that changes.
    rows : mapping of str to int
        Rows that go, by file name.
    """

    folder: Path
    contents: Mapping[Path, bytes] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)

    def write(self) -> None:
        """Write every file whole or not at all; the children table last, so that an end between can be made good."""
        for path in sorted(self.contents, key=lambda p: (p.stem == "children", p.name)):
            write_atomic(path, self.contents[path])


def table_files(folder: Path) -> Iterator[Path]:
    """Yield the files of a cohort's tables."""
    for name in TABLES:
        for ending in (".csv", ".parquet"):
            if (folder / f"{name}{ending}").is_file():
                yield folder / f"{name}{ending}"


def child_ids(folder: Path) -> list[dict[str, str]]:
    """Read ``child_id``, ``person_id`` and ``household_id`` of every child, those without consent included."""
    found: list[dict[str, str]] = []
    for path in table_files(folder):
        if path.stem == "children":
            found += _rows(path, ("child_id", "person_id", "household_id"))
    return found


def prepare_removal(folder: Path, children: Collection[str]) -> Removal:
    """Work out the files of a cohort without some children.

    Parameters
    ----------
    folder : Path
        Of the cohort.
    children : collection of str
        Their ``child_id``.

    Returns
    -------
    Removal
        Rows of the children in every table. Rows of a household go where no other child of it is left.
    """
    held = child_ids(folder)
    left = {row.get("household_id", "") for row in held if row["child_id"] not in children}
    gone = {row.get("household_id", "") for row in held if row["child_id"] in children} - left - {""}
    contents: dict[Path, bytes] = {}
    rows: dict[str, int] = {}
    for path in table_files(folder):
        column, values = ("household_id", gone) if path.stem in HOUSEHOLD_TABLES else ("child_id", set(children))
        content, n = _without(path, column, values)
        if n:
            contents[path], rows[path.name] = content, n
    return Removal(folder, contents, rows)


def _without(path: Path, column: str, values: set[str]) -> tuple[bytes, int]:
    if not values:
        return b"", 0
    return (_parquet_without if path.suffix == ".parquet" else _csv_without)(path, column, values)


def _records(path: Path) -> Iterator[tuple[list[str], str]]:
    """Yield each record of a CSV file, parsed and as it is written."""
    taken: list[str] = []

    def _lines() -> Iterator[str]:
        for line in io.StringIO(path.read_bytes().decode("utf-8"), newline=""):
            taken.append(line)
            yield line

    for record in csv.reader(_lines()):
        yield record, "".join(taken)
        taken.clear()


def _csv_without(path: Path, column: str, values: set[str]) -> tuple[bytes, int]:
    kept: list[str] = []
    at, gone = -1, 0
    for number, (record, text) in enumerate(_records(path)):
        if number == 0:
            header = [cell.strip().lstrip("\ufeff") for cell in record]
            if column not in header:
                return b"", 0
            at = header.index(column)
        elif at < len(record) and record[at].strip() in values:
            gone += 1
            continue
        kept.append(text)
    return "".join(kept).encode("utf-8"), gone


def _parquet_without(path: Path, column: str, values: set[str]) -> tuple[bytes, int]:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    if column not in table.column_names:
        return b"", 0
    cells = pc.utf8_trim_whitespace(table[column].cast(pa.string()))
    mask = pc.is_in(cells, value_set=pa.array(sorted(values), pa.string()))
    gone = pc.sum(mask).as_py() or 0
    if not gone:
        return b"", 0
    kept = table.filter(pc.invert(mask))
    for i, part in enumerate(kept.schema):
        if pa.types.is_dictionary(part.type):
            # Else the list of words would keep those of the children who left.
            words = kept.column(i).cast(part.type.value_type).dictionary_encode().cast(part.type)
            kept = kept.set_column(i, part, words)
    kept = kept.replace_schema_metadata(_metadata(kept.schema.metadata, len(kept)))
    codec = pq.ParquetFile(path).metadata.row_group(0).column(0).compression.lower() if len(table) else "zstd"
    buffer = io.BytesIO()
    pq.write_table(kept, buffer, compression=codec if codec != "uncompressed" else "none")
    return buffer.getvalue(), gone


def _metadata(metadata: Mapping[bytes, bytes] | None, rows: int) -> dict[bytes, bytes]:
    """Return the metadata of a table with the length that it has now."""
    about = dict(metadata or {})
    if b"pandas" in about:
        pandas = json.loads(about[b"pandas"])
        for index in pandas.get("index_columns", []):
            if isinstance(index, dict) and index.get("kind") == "range":
                index["stop"] = index["start"] + rows * index["step"]
        about[b"pandas"] = json.dumps(pandas).encode()
    return about


def _rows(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        here = [name for name in columns if name in pq.read_schema(path).names]
        rows = pq.read_table(path, columns=here).to_pylist()
        return [{name: str(value or "").strip() for name, value in row.items()} for row in rows]
    records = _records(path)
    header = [cell.strip().lstrip("\ufeff") for cell in next(records, ([], ""))[0]]
    places = {name: header.index(name) for name in columns if name in header}
    return [
        {name: record[at].strip() if at < len(record) else "" for name, at in places.items()} for record, _ in records
    ]
