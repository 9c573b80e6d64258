"""One reader a kind of file. What has no reader is not published."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from wlz_eval.release.gate.material import Material
from wlz_eval.release.gate.readers.markdown import read_markdown
from wlz_eval.release.gate.readers.page import read_page
from wlz_eval.release.gate.readers.pdf import read_pdf
from wlz_eval.release.gate.readers.table import read_csv, read_json, read_parquet
from wlz_eval.release.gate.readers.word import read_word

__all__ = ["READERS", "read"]

#: What reads a file with this ending: given its bytes and its name within the folder.
READERS: Mapping[str, Callable[[bytes, str], Material]] = MappingProxyType(
    {
        ".csv": read_csv,
        ".docx": read_word,
        ".html": read_page,
        ".json": read_json,
        ".md": read_markdown,
        ".parquet": read_parquet,
        ".pdf": read_pdf,
    }
)


def read(path: Path, name: str) -> Material | None:
    """Read one file; None when no reader knows its kind.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        Its path within the folder.
    """
    reader = READERS.get(path.suffix)
    if reader is None:
        return None
    try:
        return reader(path.read_bytes(), name)
    except UnicodeDecodeError:
        return Material(name=name, kind="document", troubles=("is not UTF-8 text",))
