"""Subclassification: units cut into classes at quantiles of the distance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from wlz_eval.attribution.matching.problem import Strata
from wlz_eval.attribution.propensity import NobodyMatchedError
from wlz_eval.core.errors import DesignError, OptionError, suggestion

__all__ = ["subclass_strata"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]


def _shares(subclasses: int | Sequence[float]) -> Array:
    """Quantiles at which the classes begin and end, 0 and 1 included."""
    if np.ndim(subclasses) == 0:
        count = subclasses
        if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 2:
            raise OptionError(f"subclass must be a whole number of at least 2, or quantiles; not {count!r}.")
        return np.arange(int(count) + 1) / int(count)
    try:
        given = np.unique(np.asarray(subclasses, dtype=float))
    except (TypeError, ValueError) as error:
        raise OptionError(f"subclass must be a whole number or quantiles, not {subclasses!r}.") from error
    if not len(given) or not ((given >= 0) & (given <= 1)).all():
        raise OptionError("The quantiles given as subclass must lie between 0 and 1.")
    return np.unique(np.concatenate([[0.0], given, [1.0]]))


def _quantiles(values: Array, shares: Array) -> Array:
    """Quantiles of type 7, added up as R does, so that a unit at a cut-point falls on the same side."""
    ordered = np.sort(values)
    place = (len(ordered) - 1) * shares
    low, high = np.floor(place).astype(int), np.ceil(place).astype(int)
    part = place - low
    between = (1 - part) * ordered[low] + part * ordered[high]
    return np.where(ordered[low] == ordered[high], ordered[low], between)


def _lend_direction(count: Ints, empty: int) -> int:
    """Whether an empty class takes from the classes below (-1) or above (1): where more can be spared nearby."""
    if empty == 0:
        return 1
    if empty == len(count) - 1:
        return -1
    others = np.flatnonzero(count > 1)
    score = ((count[others] - 1) / (others - empty)).sum()
    return -1 if score <= 0 else 1


def _fill_classes(code: Ints, distance: Array, classes: int, least: int) -> Ints:
    """Move units of one group to neighbouring classes until each class holds at least `least` of them.

    The unit that moves is the one of the lending class nearest to the border that it crosses; of equals, the
    last. The same rule as R's MatchIt.
    """
    code = code.copy()
    count = np.bincount(code, minlength=classes)
    for already in range(least):
        while (count - already <= 0).any():
            spare = count - already
            empty = int(np.flatnonzero(spare <= 0)[0])
            side = _lend_direction(spare, empty)
            lenders = np.flatnonzero(spare > 0)
            lender = int(lenders[lenders < empty][-1] if side < 0 else lenders[lenders > empty][0])
            members = np.flatnonzero(code == lender)
            # The border is at the upper end of a class below, at the lower end of a class above.
            near = -side * distance[members]
            moved = members[np.flatnonzero(near == near.max())[-1]]
            code[moved] = empty
            count[lender] -= 1
            count[empty] += 1
    return code


def _classes(distance: Array, treated: Bools, shares: Array, estimand: str, least: int, where: str) -> Ints:
    """Classes of the units of one block."""
    focal = {"ATT": treated, "ATC": ~treated, "ATE": np.ones(len(treated), dtype=bool)}[estimand]
    cuts = _quantiles(distance[focal], shares)
    code = np.searchsorted(cuts[1:-1], distance, side="right")
    # Where cut-points coincide, classes between them are empty: the others move up.
    used, code = np.unique(code, return_inverse=True)
    code = code.reshape(-1).astype(np.intp)
    if min(treated.sum(), (~treated).sum()) < len(used) * least:
        raise DesignError(
            f"There are too few programme or comparison children{where} for {len(used)} subclasses with at least "
            f"{least} of each. Ask for fewer subclasses."
        )
    for group in (treated, ~treated):
        code[group] = _fill_classes(code[group], distance[group], len(used), least)
    return code


def subclass_strata(
    distance: Array,
    treated: Bools,
    *,
    subclasses: int | Sequence[float] = 6,
    estimand: str = "ATT",
    min_n: int = 1,
    inside: Bools | None = None,
    block: Ints | None = None,
) -> Strata:
    """Cut units into classes at quantiles of the focal group's distance.

    Parameters
    ----------
    distance : array, shape (n,)
        Usually the propensity score.
    treated : array of bool, shape (n,)
    subclasses : int or sequence of float
        Number of classes of equal size in the focal group, or the quantiles that separate them.
    estimand : {"ATT", "ATC", "ATE"}
        Whose quantiles: of the programme units, the comparison units, or all.
    min_n : int
        Each class is given at least this many of each group, by moving the nearest units of neighbouring
        classes; 0 leaves the classes as they fall.
    inside : array of bool, shape (n,), optional
        Units that take part; the quantiles are theirs.
    block : array of int, shape (n,), optional
        Each block is cut by itself, into fewer classes where it holds too few units; units of a block that
        lacks a group are in no class.

    Returns
    -------
    Strata
        Numbered upwards with the distance.

    Raises
    ------
    OptionError
        For a number of classes below two, or quantiles outside 0 and 1.
    DesignError
        When a group has too few units for the classes asked for.

    References
    ----------
    Rosenbaum and Rubin (1984), JASA 79; agrees with R's MatchIt 4.7.2.

    Examples
    --------
    >>> distance = np.array([0.1, 0.2, 0.3, 0.4, 0.15, 0.35])
    >>> treated = np.array([True, True, True, True, False, False])
    >>> subclass_strata(distance, treated, subclasses=2).code.tolist()
    [0, 0, 1, 1, 0, 1]
    """
    shares = _shares(subclasses)
    if estimand not in ("ATT", "ATC", "ATE"):
        raise OptionError(f"estimand {estimand!r} is not known. {suggestion(estimand, ('ATT', 'ATC', 'ATE'))}")
    if isinstance(min_n, bool) or not isinstance(min_n, (int, np.integer)) or min_n < 0:
        raise OptionError(f"min_n must be a whole number of at least 0, not {min_n!r}.")
    take = np.ones(len(distance), dtype=bool) if inside is None else inside
    code = np.full(len(distance), -1, dtype=np.intp)
    if block is None or not len(block):
        code[take] = _classes(distance[take], treated[take], shares, estimand, int(min_n), "")
        return Strata(code)
    number = 0
    for name in np.unique(block[take]):
        rows = np.flatnonzero(take & (block == name))
        side = treated[rows]
        room = min(side.sum(), (~side).sum()) // max(int(min_n), 1)
        if room < 1:
            continue
        own = shares if room >= len(shares) - 1 else np.arange(room + 1) / room
        code[rows] = number + _classes(distance[rows], side, own, estimand, int(min_n), " of one block")
        number = int(code.max()) + 1
    if number == 0:
        raise NobodyMatchedError(
            f"No block holds {max(int(min_n), 1)} programme and as many comparison children. Ask for exact agreement "
            "on fewer columns, or a lower min_n."
        )
    return Strata(code)
