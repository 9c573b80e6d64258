"""Words of the trade on a page: the first time that one stands in prose it opens its meaning, without a script."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape, unescape

from wlz_eval.reference.glossary import Term, glossary

__all__ = ["Glossary"]

_TAG = re.compile(r"(<[^>]*>)")
_NAME = re.compile(r"</?([a-z0-9]+)")
#: Words are marked inside these, and never inside those.
_PROSE = frozenset(("p", "li"))
_NEVER = frozenset(("a", "button", "code", "data", "details", "figure", "pre", "table", "h1", "h2", "h3", "h4"))
_VOID = frozenset(("br", "hr", "img", "input", "meta", "wbr"))


@functools.cache
def _names() -> tuple[dict[str, Term], re.Pattern[str]]:
    """Every way of writing a term, and what finds the longest of them at any place."""
    names = {name.casefold(): term for term in glossary() for name in term.names}
    longest = sorted(names, key=lambda name: (-len(name), name))
    words = "|".join(map(re.escape, longest))
    # Brackets and stops go with the word: a line that broke between them would leave them alone.
    return names, re.compile(rf"([(“‘]*)(?<![\w-])({words})(?![\w-])([)”’.,;:]*)", re.IGNORECASE)


@dataclass
class Glossary:
    """The terms that one page has used so far; give it the page's parts in the order in which they are read.

    Examples
    --------
    >>> page = Glossary()
    >>> page.mark("<h2>Tiers</h2><p>Of tier A, no other tier.</p>").count("popovertarget")
    1
    >>> [entry.term for entry in page.used]
    ['tier']
    """

    _used: list[Term] = field(default_factory=list)

    @property
    def used(self) -> list[Term]:
        """The terms that were marked, in the order of the alphabet."""
        return sorted(self._used, key=lambda term: term.term.casefold())

    def mark(self, html: str) -> str:
        """Return HTML in which the first use of each term is a button that opens its meaning.

        Parameters
        ----------
        html : str
            As the release verbs and the Markdown renderer make it, every element closed.
        """
        return "".join(self._pieces(html))

    def _pieces(self, html: str) -> Iterator[str]:
        open_: list[str] = []
        for piece in _TAG.split(html):
            if not piece.startswith("<"):
                prose = not _PROSE.isdisjoint(open_) and _NEVER.isdisjoint(open_)
                yield self._text(piece) if prose else piece
                continue
            name = _NAME.match(piece)
            if name is not None and piece.startswith("</"):
                if name[1] in open_:
                    del open_[len(open_) - 1 - open_[::-1].index(name[1]) :]
            elif name is not None and name[1] not in _VOID and not piece.endswith("/>"):
                open_.append(name[1])
            yield piece

    def _text(self, text: str) -> str:
        names, pattern = _names()

        def _button(match: re.Match[str]) -> str:
            before, word, after = match.groups()
            term = names[unescape(word).casefold()]
            if term in self._used:
                return match.group()
            self._used.append(term)
            anchor, name = anchor_of(term), escape(term.term)
            return (
                f'<span class="whole">{before}<button type="button" class="term" popovertarget="{anchor}">{word}'
                f'</button>{after}</span><span class="meaning" id="{anchor}" popover><strong>{name}</strong>: '
                f"{escape(term.meaning)}</span>"
            )

        return pattern.sub(_button, text)


def anchor_of(term: Term) -> str:
    """Anchor of a term's meaning.

    Examples
    --------
    >>> anchor_of(next(term for term in glossary() if term.term == "net present value"))
    'word-net-present-value'
    """
    return "word-" + re.sub(r"[^a-z0-9]+", "-", term.term.casefold()).strip("-")
