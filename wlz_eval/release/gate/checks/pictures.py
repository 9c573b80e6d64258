"""Pictures: each is one that a verb drew from released numbers, and nothing is hidden inside."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from wlz_eval.release.gate.material import Case, Material
from wlz_eval.release.ledger import image_hash

__all__ = ["pictures"]

_CHUNKS_ALLOWED = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"pHYs", b"sRGB", b"gAMA", b"tRNS", b"cHRM", b"sBIT"}


def pictures(material: Material, case: Case) -> Iterator[str]:
    """Look at every picture's words, at what is packed into it, and at where it comes from."""
    if any(e.tag == "img" and not e.attributes.get("alt", "").strip() for e in material.elements):
        yield "has an image without alternative text"
    if Path(material.name).stem in case.ledgers and any(e.tag == "svg" for e in material.elements):
        yield "holds a drawing that no verb made from released numbers"
    for png in material.images:
        try:
            chunks = set(_chunks(png))
        except (ValueError, struct.error, zlib.error):
            yield "holds an image that cannot be read"
            return
        if not chunks <= _CHUNKS_ALLOWED:
            yield "holds an image with text hidden inside"
            return
    if case.ledgers and any(image_hash(png) not in case.images for png in material.images):
        yield "holds an image that no verb drew from released numbers"


def _chunks(png: bytes) -> Iterator[bytes]:
    if png[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError("not a PNG")
    at = 8
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        yield kind
        at += 12 + length
        if kind == b"IEND" and at != len(png):
            yield b"rest"
            return
