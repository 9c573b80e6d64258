"""Read a PDF: the text of its pages, and every string of every object, metadata and comments included."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from wlz_eval.release.gate.material import Material

__all__ = ["read_pdf"]

#: Keys of what runs, opens or carries something else.
_ACTIVE = frozenset(("/JS", "/JavaScript", "/Launch", "/EmbeddedFile", "/EmbeddedFiles", "/RichMedia", "/SubmitForm",
                     "/ImportData", "/GoToR", "/AA", "/XFA"))


def read_pdf(content: bytes, name: str) -> Material:
    """Read a PDF file; without pypdf it is refused, since nobody would have looked inside.

    Parameters
    ----------
    content : bytes
        The file.
    name : str
        Its path within the folder.
    """
    try:
        import pypdf
        from pypdf.errors import PyPdfError
    except ImportError:
        return Material(
            name=name, kind="document",
            troubles=("is a PDF, which cannot be read without pypdf: install it with pip install 'wlz-eval[pdf]'",),
        )
    try:
        reader = pypdf.PdfReader(io.BytesIO(content), strict=False)
        if reader.is_encrypted:
            return Material(name=name, kind="document", troubles=("is locked, so that it cannot be read",))
        pages = [page.extract_text() for page in reader.pages]
        strings, keys = _inside(reader)
    except (PyPdfError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, OSError):
        return Material(name=name, kind="document", troubles=("is not a PDF that can be read",))
    troubles = []
    if keys & _ACTIVE:
        troubles.append("holds a program or another file")
    if content.count(b"%%EOF") > 1 or not content.rstrip().endswith(b"%%EOF"):
        troubles.append("holds earlier versions of itself, or data after its end")
    about = " |\n".join(dict.fromkeys(string for string in strings if string.strip()))
    text = "\n".join(pages)
    return Material(
        name=name, kind="document", text=f"{text}\n{about}", prose=f"{_joined(text)} |\n{about}",
        words=f"{text}\n{about}", unmarked=text, troubles=tuple(troubles),
    )


def _joined(text: str) -> str:
    """Return text whose lines, which end where the page does, run on."""
    return re.sub(r"(?<=[\w,])\n(?=\w)", " ", text)


def _inside(reader: Any) -> tuple[list[str], set[str]]:
    """Gather the strings and keys of all objects, and the text of metadata streams; not those of page contents."""
    strings: list[str] = []
    keys: set[str] = set()
    seen: set[int] = set()
    waiting: list[Any] = [reader.trailer]
    for generation, numbers in reader.xref.items():
        if generation != 65535:
            waiting += [reader.get_object(_reference(reader, number, generation)) for number in numbers]
    waiting += [reader.get_object(_reference(reader, number, 0)) for number in reader.xref_objStm]
    while waiting:
        thing = waiting.pop()
        thing = thing.get_object() if hasattr(thing, "get_object") else thing
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        strings += _own_strings(thing)
        if isinstance(thing, dict):
            keys |= {str(key) for key in thing} | {str(v) for k, v in thing.items() if k in ("/S", "/Type", "/Subtype")}
            waiting += [value for value in thing.values() if isinstance(value, dict | list | str | bytes)]
        elif isinstance(thing, list):
            waiting += [value for value in thing if isinstance(value, dict | list | str | bytes)]
    return strings, keys


def _own_strings(thing: Any) -> Iterator[str]:
    from pypdf.generic import NameObject, StreamObject

    if isinstance(thing, str) and not isinstance(thing, NameObject):
        yield str(thing)
    elif isinstance(thing, bytes):
        yield thing.decode("latin-1")
    elif isinstance(thing, StreamObject) and thing.get("/Type") == "/Metadata":
        yield thing.get_data().decode("utf-8", "replace")


def _reference(reader: Any, number: int, generation: int) -> Any:
    from pypdf.generic import IndirectObject

    return IndirectObject(number, generation, reader)
