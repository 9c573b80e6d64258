"""Read Markdown: as it is written, and as the HTML that may stand in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wlz_eval.release.gate.material import Material
from wlz_eval.release.htmltext import elements

__all__ = ["read_markdown"]

_IMAGE = re.compile(r"!\[[^\]]*\]\(\s*<?([^)>\s]*)")
_RULE = re.compile(r":?-+:?")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


def read_markdown(content: bytes, name: str) -> Material:
    """Read a Markdown file.

    Parameters
    ----------
    content : bytes
        The file.
    name : str
        Its path within the folder.
    """
    source = content.decode("utf-8")
    text = _ESCAPED.sub(r"\1", source)
    pictures = _IMAGE.findall(source)
    outside = ("fetches something from outside the page",) if any(_is_outside(p) for p in pictures) else ()
    columns = tuple(column for table in _tables(text) for column in table)
    prose = re.sub(r"[*_`|]+", " ", text)
    return Material(
        name=name, kind="document", text=text, prose=f"{prose}\n{_without_emphasis(text)}", words=text, unmarked=text,
        elements=tuple(elements(source)), columns=columns, troubles=outside,
    )


def _tables(text: str) -> Iterator[list[tuple[str, tuple[str, ...]]]]:
    """Yield each table of a text by its columns: header and cells, without marks of emphasis."""
    rows: list[list[str]] = []
    for line in [*_without_emphasis(text).splitlines(), ""]:
        if "|" in line:
            rows.append([cell.strip() for cell in line.strip().strip("|").split("|")])
            continue
        rows = [row for row in rows if not all(_RULE.fullmatch(cell) for cell in row)]
        if rows:
            yield [(name, tuple(row[j] for row in rows[1:] if j < len(row))) for j, name in enumerate(rows[0])]
        rows = []


def _is_outside(address: str) -> bool:
    return bool(re.match(r"[a-z][a-z0-9+.-]*:|//", address, re.IGNORECASE))


def _without_emphasis(text: str) -> str:
    """Return the text as it is read: marks of emphasis do not part a word or a number from its noun."""
    return re.sub(r"[*_`]+", "", text)
