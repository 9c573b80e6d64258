"""How a number came to be printed: rounded half up, half to even, or cut off; and which counts give a percentage."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from types import MappingProxyType

from wlz_eval.pilot.expression import Value

__all__ = ["MODES", "fitting_counts", "modes_that_give", "round_to"]

#: Ways of rounding, in the order in which they are tried, each with the words for a page.
MODES: Mapping[str, str] = MappingProxyType(
    {"half_up": "rounded", "half_even": "rounded half to even", "truncation": "cut off"}
)


def round_to(value: Fraction, step: Fraction, mode: str) -> Fraction:
    """Round to a multiple of `step`; `truncation` cuts off towards nought, and a half goes away from it or to even.

    Examples
    --------
    >>> [int(round_to(Fraction(5, 2), Fraction(1), mode)) for mode in MODES]
    [3, 2, 2]
    """
    parts = abs(value) / step
    whole, rest = divmod(parts, 1)
    up = rest > Fraction(1, 2) or (rest == Fraction(1, 2) and (mode == "half_up" or whole % 2 == 1))
    sign = -1 if value < 0 else 1
    return sign * step * (whole + (1 if up and mode != "truncation" else 0))


def modes_that_give(value: Value, printed: Value, step: Fraction) -> tuple[str, ...]:
    """Ways of rounding by which a computed value becomes the printed one; both ends of a range must.

    Examples
    --------
    >>> modes_that_give(Fraction(140, 3), Fraction(46), Fraction(1))
    ('truncation',)
    """
    pairs = list(zip(_ends(value), _ends(printed), strict=False))
    if len(_ends(value)) != len(_ends(printed)):
        return ()
    return tuple(m for m in MODES if all(math.isfinite(a) and round_to(Fraction(a), step, m) == b for a, b in pairs))


def _ends(value: Value) -> tuple[Fraction | float, ...]:
    return value if isinstance(value, tuple) else (value,)


def fitting_counts(
    printed: Fraction, wholes: Iterable[int], step: Fraction = Fraction(1), *, scale: int = 100
) -> dict[str, tuple[tuple[int, int], ...]]:
    """Find whole counts that give a printed percentage or mean: the test GRIM.

    Parameters
    ----------
    printed : Fraction
        The percentage (or mean) as printed.
    wholes : iterable of int
        Numbers of children that may stand behind it.
    step : Fraction
        How finely it is printed.
    scale : int
        100 for a percentage, 1 for a mean of whole numbers.

    Returns
    -------
    dict
        For each way of rounding the pairs (count, whole) that give it; empty where none does.

    References
    ----------
    Brown and Heathers (2017), The GRIM test, Social Psychological and Personality Science 8.

    Examples
    --------
    >>> fitting_counts(Fraction(51), [33, 34])["truncation"], fitting_counts(Fraction(51), [34])["half_up"]
    (((17, 33),), ())
    """
    found: dict[str, list[tuple[int, int]]] = {mode: [] for mode in MODES}
    for whole in wholes:
        # Rounding moves a value by less than a step, so no count further off can give the printed one.
        first = max(0, math.floor((printed - step) * whole / scale))
        last = math.ceil((printed + step) * whole / scale)
        for count in range(first, (min(last, whole) if scale == 100 else last) + 1):
            value = Fraction(scale * count, whole)
            for mode in MODES:
                if round_to(value, step, mode) == printed:
                    found[mode].append((count, whole))
    return {mode: tuple(pairs) for mode, pairs in found.items()}
