"""What a check reads of one file, and what it is held against."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from wlz_eval.release.gate.known import NOTHING, Known
from wlz_eval.release.gate.unfold import fold, unfold
from wlz_eval.release.htmltext import Element
from wlz_eval.release.ledger import Ledger, LedgerCell

__all__ = ["NUMBERS", "Case", "Kind", "Material", "Refusal"]

#: A page has elements; a table has columns; a document has text and metadata only.
Kind = Literal["page", "table", "document"]
#: A number as it is printed.
NUMBERS = re.compile(r"\d+(?:[.,]\d+)*")
_WIDE = re.compile(r"\s\s+")


def _narrow(space: re.Match[str]) -> str:
    """Shorten white space; four new lines part two rows of a table."""
    if "\n" not in space.group():
        return " "
    return "\n\n\n\n" if "\n\n\n\n" in space.group() else "\n"


@dataclass(frozen=True, order=True)
class Refusal:
    """One reason not to publish.

    Parameters
    ----------
    page : str
        File in which it was found.
    reason : str
        What was found, without repeating it.
    """

    page: str
    reason: str

    def __str__(self) -> str:
        return f"{self.page}: {self.reason}"


@dataclass(frozen=True, kw_only=True, repr=False)
class Material:
    """One file as the checks see it.

    Parameters
    ----------
    name : str
        Its path within the folder.
    kind : Kind
        Page, table or document.
    text : str
        What a reader may come to see, hidden parts included.
    prose : str
        What reads as sentences, wherever it stands: text, attributes, comments, metadata, but no code.
    words : str
        All that is written anywhere inside.
    unmarked : str
        All of it but released numbers and measures of layout: where a bare number means something of its own.
    elements : tuple of Element
        Of a page.
    columns : tuple of (str, tuple of str)
        Of a table, and of those of Markdown: header and cells.
    images : tuple of bytes
        Pictures inside.
    troubles : tuple of str
        What the reader itself found wrong.
    """

    name: str
    kind: Kind
    text: str = ""
    prose: str = ""
    words: str = ""
    unmarked: str = ""
    elements: tuple[Element, ...] = ()
    columns: tuple[tuple[str, tuple[str, ...]], ...] = ()
    images: tuple[bytes, ...] = ()
    troubles: tuple[str, ...] = ()

    @functools.cached_property
    def folded(self) -> str:
        """All that is written, its name included, in one spelling, and what of it was encoded."""
        return unfold(f"{self.name} \n {self.words}")

    @functools.cached_property
    def sentences(self) -> str:
        """The prose in one spelling of digits and letters, long runs of white space made short."""
        return _WIDE.sub(_narrow, fold(self.prose))


@dataclass(frozen=True, kw_only=True, repr=False)
class Case:
    """What files are held against.

    Parameters
    ----------
    audience : str
        For whom they are.
    known : Known
        What of the cohort's tables must not appear.
    private : sequence of str
        Texts of this machine that must not appear.
    threshold : int
        Fewest children behind a number.
    ledgers : mapping of str to Ledger
        What each notebook has shown.
    """

    audience: str
    known: Known = NOTHING
    private: Sequence[str] = ()
    threshold: int = 10
    ledgers: Mapping[str, Ledger] = field(default_factory=dict)

    @functools.cached_property
    def cells(self) -> dict[tuple[str, str], LedgerCell]:
        """Every released number by notebook and key."""
        return {(name, cell.key): cell for name, ledger in self.ledgers.items() for cell in ledger.cells}

    @functools.cached_property
    def numbers(self) -> Collection[str]:
        """Every number that was released, as it is printed."""
        shown = (cell.text for cell in self.cells.values() if not cell.hidden)
        return frozenset(number for text in shown for number in NUMBERS.findall(text))

    @functools.cached_property
    def images(self) -> Collection[str]:
        """Hashes of the pictures that the verbs have drawn."""
        return frozenset(image for ledger in self.ledgers.values() for image in ledger.images)

    @functools.cached_property
    def labels(self) -> Collection[str]:
        """Words of released tables that look like numbers."""
        return frozenset(label for ledger in self.ledgers.values() for label in ledger.labels)

    def own(self, name: str) -> Iterator[Ledger]:
        """Yield the ledger of the notebook that a file belongs to, by its name."""
        parts = {part.split(".")[0] for part in Path(name).parts}
        for notebook, ledger in self.ledgers.items():
            if any(part == notebook or part.startswith((f"{notebook}-", f"{notebook}_")) for part in parts):
                yield ledger
