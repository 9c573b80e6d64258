"""Read CSV, Parquet and JSON: every cell, every header, and what the file says of itself."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wlz_eval.release.gate.material import Material

__all__ = ["read_csv", "read_json", "read_parquet"]


def read_csv(content: bytes, name: str) -> Material:
    """Read a CSV file.

    Parameters
    ----------
    content : bytes
        The file.
    name : str
        Its path within the folder.
    """
    source = content.decode("utf-8").lstrip("\ufeff")
    rows = list(csv.reader(io.StringIO(source)))
    header = rows[0] if rows else []
    width = max((len(row) for row in rows), default=0)
    columns = tuple(
        (header[j] if j < len(header) else "", tuple(row[j] for row in rows[1:] if j < len(row)))
        for j in range(width)
    )
    return _material(name, columns, "")


def read_parquet(content: bytes, name: str) -> Material:
    """Read a Parquet file: all columns, and the metadata of file, schema and columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(content))
        table = file.read()
    except (pa.ArrowException, OSError, ValueError):
        return Material(name=name, kind="table", troubles=("is not a Parquet file that can be read",))
    columns = tuple(
        (str(column), tuple(_cell(value) for value in table.column(i).to_pylist()))
        for i, column in enumerate(table.column_names)
    )
    about = [_metadata(file.schema_arrow.metadata), _metadata(file.metadata.metadata)]
    about += [_metadata(field.metadata) for field in file.schema_arrow]
    return _material(name, columns, "\n".join(part for part in about if part))


def read_json(content: bytes, name: str) -> Material:
    """Read a JSON file: every key and every value."""
    try:
        strings = list(_strings(json.loads(content.decode("utf-8"))))
    except ValueError:
        return Material(name=name, kind="document", troubles=("is not JSON",))
    text = " | ".join(strings)
    return Material(name=name, kind="document", text=text, prose=text, words=text, unmarked=text)


def _material(name: str, columns: tuple[tuple[str, tuple[str, ...]], ...], about: str) -> Material:
    cells = [cell for header, column in columns for cell in (header, *column)]
    text = "\n".join((*cells, about))
    unmarked = "\n".join((*(cell for cell in cells if not _is_number(cell)), about))
    return Material(
        name=name, kind="table", text=text, prose=" |\n".join((*cells, about)), words=text, unmarked=unmarked,
        columns=columns,
    )


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _metadata(metadata: Mapping[bytes, bytes] | None) -> str:
    """Return what a file says of itself, but for the schema that Arrow packs into it: that is read unpacked."""
    pairs = (metadata or {}).items()
    return "\n".join(
        f"{key.decode('utf-8', 'replace')} {value.decode('utf-8', 'replace')}"
        for key, value in pairs
        if key != b"ARROW:schema"
    )


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from _strings(inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for inner in value:
            yield from _strings(inner)
    elif value is not None:
        yield str(value)
