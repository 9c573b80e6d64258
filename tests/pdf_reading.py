"""A PDF as the tests read it: its sheets, and what a screen reader is told."""

from __future__ import annotations

import io
from typing import Any

import pytest


def read(pdf: bytes) -> Any:
    """Open a PDF; what asks is skipped without the extra."""
    return pytest.importorskip("pypdf").PdfReader(io.BytesIO(pdf))


def tagged(reader: Any) -> tuple[list[str], dict[str, int]]:
    """Alternative texts of a tagged PDF, and how many elements of each kind it has."""
    alts, kinds, seen = [], {}, set()
    waiting = [reader.trailer["/Root"]["/StructTreeRoot"]["/K"]]
    while waiting:
        node = waiting.pop()
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict) and id(node) not in seen:
            seen.add(id(node))
            kinds[node.get("/S", "")] = kinds.get(node.get("/S", ""), 0) + 1
            alts += [str(node["/Alt"])] if "/Alt" in node else []
            waiting += [node["/K"]] if "/K" in node else []
    return alts, kinds
