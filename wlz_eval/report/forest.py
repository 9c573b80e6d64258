"""The scale of a forest plot drawn in the rows of a table: one scale for all rows, as percent of the cell's width.

Lines and points are placed in percent, so that the picture fits a telephone and a sheet of paper without its words
being scaled, and needs no script. The numbers stand in the row itself, where any reader, and a screen reader, has them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from wlz_eval.core.numbers import format_value

__all__ = ["Scale", "scale_of"]

#: Blank share of the width at each end.
_MARGIN = 0.06


@dataclass(frozen=True, kw_only=True)
class Scale:
    """A linear scale with a reference line.

    Parameters
    ----------
    low, high : float
        Ends of the drawn range.
    reference : float
        No difference (0), or costs met (1).
    ticks : tuple of (float, str)
        Numbers under the axis.
    """

    low: float
    high: float
    reference: float
    ticks: tuple[tuple[float, str], ...]

    def at(self, value: float) -> str:
        """Return the place of a number as percent of the width.

        Examples
        --------
        >>> Scale(low=-1.0, high=3.0, reference=0.0, ticks=()).at(1.0)
        '50%'
        """
        share = (value - self.low) / (self.high - self.low)
        return f"{100 * min(max(share, 0.0), 1.0):.4g}%"


def scale_of(numbers: Sequence[float], reference: float, unit: str, currency: str = "") -> Scale:
    """Choose a scale that holds all numbers and the reference line, with at most six round ticks.

    Parameters
    ----------
    numbers : sequence of float
        Estimates and ends of intervals.
    reference : float
        Where the reference line stands.
    unit, currency : str
        How ticks are printed.

    Examples
    --------
    >>> [text for _, text in scale_of([-1.2, 3.4], 0.0, "points").ticks]
    ['0.0', '2.0']
    """
    low, high = min(*numbers, reference), max(*numbers, reference)
    width = (high - low) or max(abs(high), 1.0)
    low, high = low - _MARGIN * width, high + _MARGIN * width
    step = _step(high - low)
    first, last = math.ceil(low / step), math.floor(high / step)
    ticks = tuple((i * step, format_value(i * step, unit, currency)) for i in range(first, last + 1))
    return Scale(low=low, high=high, reference=reference, ticks=ticks)


def _step(width: float) -> float:
    """Return the smallest of 1, 2 and 5 times a power of ten that gives at most five steps."""
    power = 10.0 ** math.floor(math.log10(width / 5))
    return next(power * m for m in (1, 2, 5, 10) if width / (power * m) <= 5 + 1e-9)
