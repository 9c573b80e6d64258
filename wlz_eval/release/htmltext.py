"""Read HTML as text and elements, with the standard library's parser only."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser

__all__ = ["Element", "elements", "visible_text"]

_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr")
)
_BLOCKS = frozenset(
    ("p", "div", "li", "td", "th", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "section", "dt", "dd", "caption",
     "summary", "figcaption", "pre")
)


@dataclass(frozen=True)
class Element:
    """One element: its tag, its attributes, the text inside, and whether a released number stands inside."""

    tag: str
    attributes: Mapping[str, str]
    text: str
    has_data: bool


class _Reader(HTMLParser):
    def __init__(self, skip: frozenset[str]) -> None:
        super().__init__(convert_charrefs=True)
        self._skip = skip
        self.done: list[Element] = []
        self.text: list[str] = []
        self._open: list[tuple[str, dict[str, str], int, bool]] = []
        self._parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag in _VOID:
            self.done.append(Element(tag, attributes, "", False))
            return
        if tag == "data":
            self._open = [(t, a, at, True) for t, a, at, _ in self._open]
        if tag in _BLOCKS:
            self.text.append("\n")
        self._open.append((tag, attributes, len(self._parts), tag == "data"))

    def handle_endtag(self, tag: str) -> None:
        for i in range(len(self._open) - 1, -1, -1):
            if self._open[i][0] == tag:
                name, attributes, at, has_data = self._open[i]
                self.done.append(Element(name, attributes, "".join(self._parts[at:]), has_data))
                del self._open[i:]
                break
        if tag in _BLOCKS:
            self.text.append("\n")

    def handle_data(self, data: str) -> None:
        self._parts.append(data)
        if not any(tag in self._skip for tag, *_ in self._open):
            self.text.append(data)

    def finish(self) -> None:
        self.close()
        for name, attributes, at, has_data in self._open:
            self.done.append(Element(name, attributes, "".join(self._parts[at:]), has_data))


def _read(source: str, skip: frozenset[str] = frozenset({"style"})) -> _Reader:
    reader = _Reader(skip)
    reader.feed(source)
    reader.finish()
    return reader


def elements(source: str) -> Iterator[Element]:
    """Yield every element, inner ones first.

    Examples
    --------
    >>> [e.tag for e in elements("<p>a <b>c</b></p>")]
    ['b', 'p']
    """
    yield from _read(source).done


def visible_text(source: str, skip: Collection[str] = ("style",)) -> str:
    r"""Return the text between the tags, hidden parts included, without that of the elements in `skip`.

    Examples
    --------
    >>> visible_text("<p>fewer than&nbsp;10</p>").strip()
    'fewer than\xa010'
    """
    return "".join(_read(source, frozenset(skip)).text)
