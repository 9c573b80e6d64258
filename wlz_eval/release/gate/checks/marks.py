"""For whom a page was made, and whether it says so."""

from __future__ import annotations

from collections.abc import Iterator

from wlz_eval.release.gate.material import Case, Material
from wlz_eval.release.provenance import INTERNAL_MARK, NOT_RELEASED

__all__ = ["marks"]


def marks(material: Material, case: Case) -> Iterator[str]:
    """Look for the mark of the audience, which a table has no place for."""
    if NOT_RELEASED in material.text:
        yield f"still says '{NOT_RELEASED}'"
    text = " ".join(material.text.split())
    marked = {audience for audience, mark in INTERNAL_MARK.items() if mark in text}
    metas = {
        e.attributes.get("content", "") for e in material.elements if e.attributes.get("name") == "wlz-audience"
    }
    if marked - {case.audience} or metas - {case.audience}:
        yield f"carries the mark of {'an internal' if case.audience == 'public' else 'another'} page"
    if material.kind == "table":
        return
    if case.audience != "public" and case.audience not in marked:
        yield f"is {case.audience} but does not say so"
    if material.kind == "page" and not metas:
        yield "does not say for which audience it was made"
