"""Regimes of disclosure control, and what each asks before a number may be public."""

from __future__ import annotations

import functools
from typing import Any, Literal

from pydantic import Field

from wlz_eval.reference.tables import ReferenceRow, read_rows, row_named

__all__ = [
    "LEVELS", "STANDARD", "DisclosureRegime", "RegimeName", "disclosure_regime", "disclosure_regimes", "looser",
    "regime_lines",
]

RegimeName = Literal["standard", "ons", "opensafely", "sacro"]
#: The regime of a plan that names none; what another regime leaves open is taken from it.
STANDARD: RegimeName = "standard"

#: Every key that a plan may set, and what makes it stricter: more, less, or a later word.
LEVELS: dict[str, Literal["more", "less"] | tuple[str, ...]] = {
    "threshold": "more", "round_to": "more", "rounding": ("nearest", "midpoint"),
    "percentages": ("exact", "rounded", "midpoint"), "totals": ("own", "parts"), "residual_df": "more",
    "dominance_units": "more", "dominance_percent": "less", "p_percent": "more",
}


class DisclosureRegime(ReferenceRow):
    """One regime; a key that its row leaves empty it does not ask, and this suite's own applies."""

    name: RegimeName = Field(description="As a plan names it")
    title: str = Field(description="Whose it is")
    threshold: int = Field(ge=5, description="Fewest children behind a number")
    round_to: int | None = Field(None, ge=1, description="Counts are rounded to these")
    rounding: Literal["nearest", "midpoint"] | None = Field(None, description="To the nearest, or the middle of a band")
    percentages: Literal["exact", "rounded", "midpoint"] | None = Field(
        None, description="From counts as they are, as they are rounded, or by midpoint-6"
    )
    totals: Literal["own", "parts"] | None = Field(None, description="Rounded themselves, or sums of rounded parts")
    residual_df: int | None = Field(None, ge=0, description="Fewest residual degrees of freedom of a regression")
    dominance_units: int | None = Field(None, ge=1, le=2, description="So many units may not make up a sum")
    dominance_percent: float | None = Field(None, gt=0, le=100, description="More than this part of it")
    p_percent: float | None = Field(None, ge=0, le=100, description="The others come at least to this of the largest")
    source: str = Field(description="Where it was seen, or that it is a convention of this suite")
    date: str = Field(description="When")
    confirmed: bool = Field(description="Whether it was confirmed there, or is a convention of this suite")

    def keys(self) -> dict[str, Any]:
        """Return the value of every key, with this suite's own where the regime asks nothing."""
        own = {key: getattr(self, key) for key in LEVELS}
        if self.name == STANDARD:
            return own
        return disclosure_regime(STANDARD).keys() | {key: value for key, value in own.items() if value is not None}


@functools.cache
def disclosure_regimes() -> tuple[DisclosureRegime, ...]:
    """All regimes of ``data/reference/disclosure_regimes.csv``."""
    return read_rows("disclosure_regimes.csv", DisclosureRegime)


def disclosure_regime(name: str) -> DisclosureRegime:
    """Look up one regime.

    Raises
    ------
    OptionError
        When there is none of that name.

    Examples
    --------
    >>> disclosure_regime("opensafely").keys()["percentages"], disclosure_regime("ons").keys()["round_to"]
    ('midpoint', 5)
    """
    return row_named(disclosure_regimes(), "regime", name)


def looser(key: str, value: Any, than: Any) -> bool:
    """Whether a value of a key protects less than another.

    Examples
    --------
    >>> looser("threshold", 8, 10), looser("dominance_percent", 80, 90), looser("totals", "own", "parts")
    (True, False, True)
    """
    level = LEVELS[key]
    if isinstance(level, tuple):
        return level.index(value) < level.index(than)
    return bool(value < than if level == "more" else value > than)


#: What the document says of each key, and the words for its values.
_ROWS: dict[str, tuple[str, dict[Any, str]]] = {
    "threshold": ("Fewest children behind a number", {}),
    "round_to": ("Counts are rounded to", {}),
    "rounding": ("How", {"nearest": "the nearest multiple", "midpoint": "the middle between two multiples"}),
    "percentages": ("Percentages come from", {
        "exact": "counts as they are", "rounded": "rounded counts", "midpoint": "counts by midpoint-6 rounding"}),
    "totals": ("The total of a table", {"own": "is rounded itself", "parts": "is the sum of its rounded parts"}),
    "residual_df": ("Fewest residual degrees of freedom", {}),
    "dominance_units": ("A sum is hidden where this many units", {}),
    "dominance_percent": ("make up more than this percent of it", {}),
    "p_percent": ("or the others come to less than this percent of the largest", {}),
}


def regime_lines() -> list[str]:
    """Return what each regime does as the lines of a Markdown table; in brackets what a regime itself does not ask.

    Examples
    --------
    >>> regime_lines()[2]
    '| Fewest children behind a number | 10 | 10 | 8 | 10 |'
    """
    regimes = disclosure_regimes()
    lines = [f"| {' | '.join(['rule', *(f'`{regime.name}`: {regime.title}' for regime in regimes)])} |"]
    lines.append("|" + "---|" * (len(regimes) + 1))
    for key, (what, words) in _ROWS.items():
        cells = []
        for regime in regimes:
            value = regime.keys()[key]
            said = words.get(value, f"{value:g}" if isinstance(value, float | int) else str(value))
            cells.append(said if getattr(regime, key) is not None else f"({said})")
        lines.append(f"| {' | '.join([what, *cells])} |")
    return lines
