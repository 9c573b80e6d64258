"""What a page says, taken apart for other formats: headings, paragraphs, lists, tables and pictures in order.

It reads the HTML of a page's content, so nothing can be in a Word file that is not on the page.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from wlz_eval.report.content import PageContent

__all__ = ["Part", "Run", "parts_of"]

Kind = Literal["heading", "paragraph", "note", "item", "table", "picture"]
_PNG = "data:image/png;base64,"
#: What is on a page for its own use only.
_SKIPPED = frozenset(("details", "nav", "button", "style", "svg"))


@dataclass(frozen=True)
class Run:
    """Words in one weight."""

    text: str
    strong: bool = False


@dataclass(frozen=True, kw_only=True)
class Part:
    """One piece of a document.

    Parameters
    ----------
    kind : str
        ``heading``, ``paragraph``, ``note`` (small print), ``item`` (of a list), ``table`` or ``picture``.
    runs : tuple of Run
        Its words; of a table or picture the caption.
    level : int
        Of a heading: 1 for the title.
    rows : tuple of tuple of str
        Of a table: the header row first.
    numeric : tuple of bool
        Of a table: which columns hold numbers.
    alt : str
        What a picture shows.
    png : bytes
        The picture.
    """

    kind: Kind
    runs: tuple[Run, ...] = ()
    level: int = 0
    rows: tuple[tuple[str, ...], ...] = ()
    numeric: tuple[bool, ...] = ()
    alt: str = ""
    png: bytes = b""

    @property
    def text(self) -> str:
        """Its words without their weight."""
        return "".join(run.text for run in self.runs)


def parts_of(content: PageContent) -> tuple[Part, ...]:
    """Take a page apart.

    Parameters
    ----------
    content : PageContent
        A page whose numbers are released.

    Returns
    -------
    tuple of Part
        Title, answer, evidence and limits, in the order in which they are read.
    """
    found = [Part(kind="heading", level=1, runs=(Run(content.question),)), *_parts(content.lead)]
    found += [_titled("In short"), *_parts(content.answer)] if content.answer else []
    found += _parts(content.limits)
    for block in content.blocks:
        if block.kind in ("text", "result"):
            found += _parts(block.html)
    return tuple(found)


def _titled(text: str) -> Part:
    return Part(kind="heading", level=2, runs=(Run(text),))


def _parts(html: str) -> list[Part]:
    from lxml import html as parser  # type: ignore[import-untyped]

    if not html.strip():
        return []
    return list(_walk(parser.fragment_fromstring(html, create_parent="div")))


def _walk(parent: Any) -> Iterator[Part]:
    if (parent.text or "").strip():
        yield Part(kind="paragraph", runs=(Run(_squeezed(parent.text)),))
    for element in parent:
        if not isinstance(element.tag, str) or element.tag in _SKIPPED:
            continue
        if re.fullmatch("h[1-6]", element.tag):
            yield Part(kind="heading", level=int(element.tag[1]), runs=_runs(element))
        elif element.tag == "p":
            small = {"wlz-note", "wlz-figcaption"} & set((element.get("class") or "").split())
            yield Part(kind="note" if small else "paragraph", runs=_runs(element))
        elif element.tag == "li":
            yield Part(kind="item", runs=_runs(element))
        elif element.tag == "table":
            yield _table(element)
        elif element.tag == "figure":
            yield from _picture(element)
        else:
            yield from _walk(element)


def _runs(element: Any) -> tuple[Run, ...]:
    """Return the words of an element, those in bold apart."""
    found: list[Run] = []

    def _add(text: str | None, strong: bool) -> None:
        if text:
            found.append(Run(re.sub(r"\s+", " ", text), strong))

    def _take(node: Any, strong: bool) -> None:
        if not isinstance(node.tag, str) or node.tag in _SKIPPED:
            return
        strong = strong or node.tag in ("strong", "b")
        _add(node.text, strong)
        for child in node:
            _take(child, strong)
            _add(child.tail, strong)

    _take(element, False)
    if found:
        found[0] = Run(found[0].text.lstrip(), found[0].strong)
        found[-1] = Run(found[-1].text.rstrip(), found[-1].strong)
    return tuple(run for run in found if run.text)


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _words(element: Any) -> str:
    return _squeezed("".join(run.text for run in _runs(element)))


def _table(element: Any) -> Part:
    rows = [tuple(_words(cell) for cell in row.iter("th", "td")) for row in element.iter("tr")]
    heads = next(element.iter("tr"), ())
    numeric = tuple("n" in (cell.get("class") or "").split() for cell in heads)
    caption = next(element.iter("caption"), None)
    runs = () if caption is None else _runs(caption)
    return Part(kind="table", rows=tuple(rows), numeric=numeric, runs=runs)


def _picture(element: Any) -> Iterator[Part]:
    caption = next(element.iter("figcaption"), None)
    for image in element.iter("img"):
        source = image.get("src") or ""
        if source.startswith(_PNG):
            runs = () if caption is None else _runs(caption)
            yield Part(kind="picture", alt=image.get("alt") or "", png=base64.b64decode(source[len(_PNG) :]), runs=runs)
