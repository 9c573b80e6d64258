"""Fieller's set: every ratio that two estimates do not rule out, which may have no end on one side or on either."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

__all__ = ["FiellerSet", "fieller_set"]

FiellerKind = Literal["bounded", "exclusive", "everything"]


@dataclass(frozen=True)
class FiellerSet:
    """Ratios that are not ruled out.

    Parameters
    ----------
    kind : {"bounded", "exclusive", "everything"}
        From `low` to `high`; everything but what lies between `low` and `high`; or every ratio.
    low, high : float
        The two ends; infinite when every ratio belongs to the set.
    """

    kind: FiellerKind
    low: float
    high: float

    def holds(self, ratio: float) -> bool:
        """Whether a ratio belongs to the set; an infinite one does when the set has no bounds.

        Examples
        --------
        >>> FiellerSet("exclusive", -5.0, 20.0).holds(math.inf), FiellerSet("bounded", 2.0, 9.0).holds(1.0)
        (True, False)
        """
        if self.kind == "everything":
            return True
        if self.kind == "exclusive":
            return not self.low < ratio < self.high
        return self.low <= ratio <= self.high


def fieller_set(
    above: float, below: float, var_above: float, var_below: float, factor: float, covariance: float = 0.0
) -> FiellerSet:
    """Find every ratio r for which `above` minus r times `below` does not differ from zero.

    Parameters
    ----------
    above, below : float
        Estimates whose ratio is asked for.
    var_above, var_below, covariance : float
        Their variances and covariance.
    factor : float
        Quantile of Student's t of the confidence level.

    References
    ----------
    Fieller (1954), Journal of the Royal Statistical Society B 16; von Luxburg and Franz (2009), Statistica Sinica 19.

    Examples
    --------
    >>> found = fieller_set(2.0, 0.1, 0.0, 0.02**2, 2.0)
    >>> found.kind, round(found.low, 2), round(found.high, 2)
    ('bounded', 14.29, 33.33)
    >>> found = fieller_set(2.0, 0.1, 0.0, 0.1**2, 2.0)
    >>> found.kind, round(found.low, 2), round(found.high, 2)
    ('exclusive', -20.0, 6.67)
    """
    square = factor**2
    a = below**2 - square * var_below
    b = above * below - square * covariance
    c = above**2 - square * var_above
    inside = b**2 - a * c
    if a == 0 or (a < 0 and inside <= 0):
        return FiellerSet("everything", -math.inf, math.inf)
    root = math.sqrt(max(inside, 0.0))
    # The larger of the two roots in size first: taken the other way, nearly equal numbers would cancel.
    large = b + math.copysign(root, b)
    ends = sorted((large / a, c / large)) if large != 0 else [-root / abs(a), root / abs(a)]
    return FiellerSet("bounded" if a > 0 else "exclusive", ends[0], ends[1])
