"""Words of the trade that pages use, each with its meaning in plain English."""

from __future__ import annotations

import functools

from pydantic import Field

from wlz_eval.reference.tables import ReferenceRow, read_rows

__all__ = ["Term", "glossary"]


class Term(ReferenceRow):
    """One word and what it means."""

    term: str = Field(description="The word as a list names it")
    meaning: str = Field(description="What it means, in forty plain words at most and without figures")
    aliases: str = Field("", description="Other ways in which pages write it, with | between them")

    @property
    def names(self) -> tuple[str, ...]:
        """The word and the other ways of writing it."""
        return (self.term, *(name.strip() for name in self.aliases.split("|") if name.strip()))


@functools.cache
def glossary() -> tuple[Term, ...]:
    """Return every word, in the order of the alphabet.

    Examples
    --------
    >>> [term.names for term in glossary()][0]
    ('adjusted difference', 'adjusted differences')
    """
    return tuple(sorted(read_rows("glossary.csv", Term), key=lambda term: term.term.casefold()))
