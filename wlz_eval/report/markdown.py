"""Markdown of a notebook to HTML: no raw HTML, headings numbered for anchors and never skipping a level."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from typing import Any

import mistune

__all__ = ["Heading", "Outline", "to_html"]


#: Anchor of the heading of the answer.
ANSWER_ANCHOR = "in-short"


@dataclass(frozen=True)
class Heading:
    """One heading of a page."""

    level: int
    text: str
    anchor: str


@dataclass
class Outline:
    """The headings of a page as they come; gives each an anchor and a level that skips none.

    Parameters
    ----------
    headings : list of Heading
        Headings so far, below the page's one ``h1``.
    """

    headings: list[Heading] = field(default_factory=list)
    _early: list[Heading] = field(default_factory=list)

    @contextmanager
    def below_the_answer(self) -> Iterator[None]:
        """Headings that are added meanwhile stand on the page right below the answer, before all others."""
        before = len(self.headings)
        yield
        self._early += self.headings[before:]

    def as_read(self) -> list[Heading]:
        """Return the headings in the order in which they stand on the page.

        Examples
        --------
        >>> outline = Outline()
        >>> _ = outline.add(2, "In short"), outline.add(2, "Evidence")
        >>> with outline.below_the_answer():
        ...     _ = outline.add(2, "Limits")
        >>> [heading.text for heading in outline.as_read()]
        ['In short', 'Limits', 'Evidence']
        """
        first = [h for h in self.headings[:1] if h.anchor == ANSWER_ANCHOR]
        rest = [h for h in self.headings if h not in first and h not in self._early]
        return [*first, *self._early, *rest]

    def add(self, level: int, text: str) -> Heading:
        """Enter a heading and return it as it must stand on the page.

        Examples
        --------
        >>> outline = Outline()
        >>> [outline.add(level, "A").level for level in (1, 4, 2)]
        [2, 3, 2]
        """
        last = self.headings[-1].level if self.headings else 1
        level = min(max(level, 2), last + 1)
        stem = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "section"
        taken = {h.anchor for h in self.headings}
        anchor, n = stem, 2
        while anchor in taken or re.fullmatch(r"cell-\d+", anchor):
            anchor, n = f"{stem}-{n}", n + 1
        heading = Heading(level, text, anchor)
        self.headings.append(heading)
        return heading


class _Renderer(mistune.HTMLRenderer):
    def __init__(self, outline: Outline):
        super().__init__(escape=True)
        self.outline = outline

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        plain = re.sub(r"<[^>]+>", "", text)
        heading = self.outline.add(level, _unescape(plain))
        return f'<h{heading.level} id="{escape(heading.anchor)}">{text}</h{heading.level}>\n'

    def image(self, text: str, url: str, title: str | None = None) -> str:
        # A page asks no other file for anything; figures come from cells.
        return escape(text)

    def table_cell(self, text: str, align: str | None = None, head: bool = False) -> str:
        kind = ' class="n"' if align == "right" else ""
        return f'<th scope="col"{kind}>{text}</th>\n' if head else f"<td{kind}>{text}</td>\n"

    def table(self, text: str) -> str:
        return f'<div class="wlz-scroll" role="region" aria-label="Table" tabindex="0"><table>{text}</table></div>\n'


def _unescape(text: str) -> str:
    from html import unescape

    return unescape(text)


def to_html(source: str, outline: Outline) -> str:
    r"""Turn Markdown into HTML, entering its headings into the page's outline.

    Examples
    --------
    >>> to_html("<b>x</b> & *y*", Outline())
    '<p>&lt;b&gt;x&lt;/b&gt; &amp; <em>y</em></p>\n'
    """
    render = mistune.create_markdown(renderer=_Renderer(outline), plugins=["table", "strikethrough"])
    return str(render(source))
