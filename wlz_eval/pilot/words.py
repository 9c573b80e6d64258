"""Numbers of published figures, in words for a page."""

from __future__ import annotations

import math
from fractions import Fraction

from wlz_eval.pilot.expression import Value

__all__ = ["number_words", "pairs_words"]


def number_words(value: Value) -> str:
    """Write a computed value: whole where it is whole, else with up to two decimals.

    Examples
    --------
    >>> number_words(Fraction(140, 3)), number_words(Fraction(43287)), number_words((Fraction(3), Fraction(12)))
    ('46.67', '43,287', '3 to 12')
    """
    if isinstance(value, tuple):
        low, high = value
        if isinstance(high, float) and math.isinf(high):
            return f"{number_words(low)} or more"
        return f"{number_words(low)} to {number_words(Fraction(high))}"
    if value.denominator == 1:
        return f"{int(value):,}"
    return f"{float(value):,.2f}".rstrip("0").rstrip(".") if abs(value) < 1000 else f"{float(value):,.0f}"


def pairs_words(pairs: tuple[tuple[int, int], ...]) -> str:
    """Write counts and their wholes.

    Examples
    --------
    >>> pairs_words(((26, 30), (27, 31)))
    '26 of 30 or 27 of 31'
    """
    return " or ".join(f"{count:,} of {whole:,}" for count, whole in pairs)
