"""The A to Z of a cohort's numbers, and of all cohorts' words: a static index for the browser's own find.

A search box would need a script, and published pages run none. So every finding stands on one page a cohort under its
outcome (or, where it has none, under what it is), with a link to the cell that recorded it; the site's own page leads
from each outcome and word to those of each cohort.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wlz_eval.release.labels import QUANTITY_WORDS
from wlz_eval.report.exports import Row

__all__ = ["Entry", "Letter", "by_letter", "entries_of"]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A word of the index.

    Parameters
    ----------
    word, anchor : str
        An outcome or a quantity in plain words, and its place on the page.
    links : tuple of (str, str)
        Text and address of what is found under it.
    """

    word: str
    anchor: str
    links: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Letter:
    """The words that begin with one letter."""

    letter: str
    entries: tuple[Entry, ...]


def entries_of(rows: Iterable[Row], outcomes: Mapping[str, str]) -> tuple[Entry, ...]:
    """Gather the findings of a cohort under their outcome, or under what they are.

    Parameters
    ----------
    rows : iterable of dict
        Released findings; cells of cohorts without an execution count have no anchor.
    outcomes : mapping
        Outcomes in plain words.

    Returns
    -------
    tuple of Entry
        In the order of the alphabet.
    """
    found: dict[str, dict[tuple[str, str], None]] = {}
    for row in rows:
        words = row["quantity"].replace("_", " ")
        word = outcomes.get(row["outcome"]) or QUANTITY_WORDS.get(row["quantity"], words)
        href = f"{row['notebook']}.html" + (f"#cell-{row['cell']}" if row["cell"] else "")
        found.setdefault(word[:1].upper() + word[1:], {})[(row["what"], href)] = None
    anchors: dict[str, str] = {}
    for word in sorted(found, key=_order):
        anchors[word] = _anchor(word, anchors.values())
    return tuple(
        Entry(word=word, anchor=anchor, links=tuple(sorted(found[word], key=lambda link: (_order(link[0]), link[1]))))
        for word, anchor in anchors.items()
    )


def by_letter(entries: Sequence[Entry]) -> tuple[Letter, ...]:
    """Group words by the letter with which they begin; digits and signs come last, under #."""
    grouped: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda e: _order(e.word)):
        first = _order(entry.word)[0][:1].upper()
        grouped.setdefault(first if "A" <= first <= "Z" else "#", []).append(entry)
    letters = sorted(grouped, key=lambda letter: (letter == "#", letter))
    return tuple(Letter(letter=letter, entries=tuple(grouped[letter])) for letter in letters)


def over_cohorts(cohorts: Iterable[Mapping[str, Any]]) -> tuple[Entry, ...]:
    """Gather the words of all cohorts, each with a link to its place in the index of each cohort."""
    found: dict[str, list[tuple[str, str]]] = {}
    for cohort in cohorts:
        for word, anchor in cohort["words"]:
            found.setdefault(word, []).append((cohort["id"], f"{cohort['id']}/find.html#{anchor}"))
    return tuple(Entry(word=word, anchor="", links=tuple(links)) for word, links in found.items())


def _order(text: str) -> tuple[str, str]:
    """Put accents with their letters."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return plain.casefold(), text


def _anchor(word: str, taken: Iterable[str]) -> str:
    stem = "w-" + (re.sub(r"[^a-z0-9]+", "-", _order(word)[0]).strip("-") or "other")
    used, name, number = set(taken), stem, 1
    while name in used:
        number += 1
        name = f"{stem}-{number}"
    return name
