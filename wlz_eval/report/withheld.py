"""Words about a picture go where the picture is withheld: nobody looks for diamonds in a figure that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import unescape
from typing import Any

from wlz_eval.release.show import NO_FIGURE

__all__ = ["without_pictures"]

#: A paragraph with one of these words tells how to read a picture.
_OF_PICTURES = re.compile(
    r"\b(?:look|pictures?|figures?|diamonds?|dots?|marks?|markers?|bars?|bands?|lines?|points?|curves?|contours?|arrows?"
    r"|boxes|grey|blue|hollow|darker|paler?)\b",
    re.IGNORECASE,
)


def without_pictures(cells: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Leave out how to read a picture where the code below shows none, but says that one is withheld.

    Parameters
    ----------
    cells : sequence of mapping
        Cells of an executed notebook.

    Returns
    -------
    list of mapping
        The same cells; text above a withheld picture without its paragraphs on pictures. Headings stay.
    """
    kept = list(cells)
    for i, cell in enumerate(kept):
        if cell["cell_type"] == "markdown" and _withheld(_below(kept[i + 1 :])):
            kept[i] = {**cell, "source": _without(cell.get("source", ""))}
    return kept


def _below(cells: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Gather the outputs of the code up to the next text."""
    found: list[Mapping[str, Any]] = []
    for cell in cells:
        if cell["cell_type"] == "markdown":
            break
        found += cell.get("outputs", [])
    return found


def _withheld(outputs: Iterable[Mapping[str, Any]]) -> bool:
    said = False
    for output in outputs:
        data = output.get("data", {})
        if "image/png" in data:
            return False
        html = data.get("text/html", "")
        said |= NO_FIGURE in unescape(html if isinstance(html, str) else "".join(html))
    return said


def _without(source: str | Sequence[str]) -> str:
    text = source if isinstance(source, str) else "".join(source)
    parts = re.split(r"\n\s*\n", text)
    return "\n\n".join(part for part in parts if part.lstrip().startswith("#") or not _OF_PICTURES.search(part))
