"""Read HTML as text and elements, with the standard library's parser only."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

__all__ = ["JOINER", "Element", "elements", "read_html", "visible_text"]

#: Keeps a minus with its amount, and shows nothing: a number is read without it.
JOINER = "\u2060"
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


@dataclass
class _Open:
    """An element that has not ended yet: where its text begins, and whether a released number stood in it."""

    tag: str
    attributes: Mapping[str, str]
    at: int
    has_data: bool


class _Reader(HTMLParser):
    def __init__(self, skips: Sequence[frozenset[str]]) -> None:
        super().__init__(convert_charrefs=True)
        self._skips = skips
        self._skipped = frozenset(tag for skip in skips for tag in skip)
        self.done: list[Element] = []
        self.texts: list[list[str]] = [[] for _ in skips]
        self._reading = self.texts
        self._open: list[_Open] = []
        self._parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag in _VOID:
            self.done.append(Element(tag, attributes, "", False))
            return
        if tag == "data":
            for element in self._open:
                element.has_data = True
        if tag in _BLOCKS:
            self._break()
        self._open.append(_Open(tag, attributes, len(self._parts), tag == "data"))
        if tag in self._skipped:
            self._choose()

    def handle_endtag(self, tag: str) -> None:
        for i in range(len(self._open) - 1, -1, -1):
            if self._open[i].tag == tag:
                self._end(self._open[i])
                del self._open[i:]
                self._choose()
                break
        if tag in _BLOCKS:
            self._break()

    def _end(self, element: _Open) -> None:
        text = "".join(self._parts[element.at :]).replace(JOINER, "")
        self.done.append(Element(element.tag, element.attributes, text, element.has_data))

    def _choose(self) -> None:
        """Choose the texts into which the next words go."""
        within = self._skipped.intersection(element.tag for element in self._open)
        self._reading = [
            text for text, skip in zip(self.texts, self._skips, strict=True) if within.isdisjoint(skip)
        ] if within else self.texts

    def _break(self) -> None:
        for text in self.texts:
            text.append("\n")

    def handle_data(self, data: str) -> None:
        self._parts.append(data)
        for text in self._reading:
            text.append(data)

    def finish(self) -> None:
        self.close()
        for element in self._open:
            self._end(element)


def read_html(source: str, *skips: Collection[str]) -> tuple[tuple[Element, ...], tuple[str, ...]]:
    r"""Return every element, inner ones first, and the text without that of the elements in each of `skips`.

    Examples
    --------
    >>> read_html("<p>a <b>c</b></p>", (), ("b",))[1]
    ('\na c\n', '\na \n')
    """
    reader = _Reader([frozenset(skip) for skip in skips])
    reader.feed(source)
    reader.finish()
    return tuple(reader.done), tuple("".join(text) for text in reader.texts)


def elements(source: str) -> Iterator[Element]:
    """Yield every element, inner ones first.

    Examples
    --------
    >>> [e.tag for e in elements("<p>a <b>c</b></p>")]
    ['b', 'p']
    """
    yield from read_html(source)[0]


def visible_text(source: str, skip: Collection[str] = ("style",)) -> str:
    r"""Return the text between the tags, hidden parts included, without that of the elements in `skip`.

    Examples
    --------
    >>> visible_text("<p>fewer than&nbsp;10</p>").strip()
    'fewer than\xa010'
    """
    return read_html(source, skip)[1][0]
