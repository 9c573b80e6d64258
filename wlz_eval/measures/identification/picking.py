"""Rule sets: whom each would pick, from flags and from how far beyond the cut-points a child lies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wlz_eval.measures.options import IdentificationOptions

__all__ = ["RuleSet", "areas_words", "pick", "rule_sets_of", "worst_share"]

Mask = npt.NDArray[np.bool_]
Array = npt.NDArray[np.float64]

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True)
class RuleSet:
    """One way of choosing children.

    Parameters
    ----------
    key : str
        Stable name: ``areas_3``, ``area_english``, ``highest``.
    label : str
        In plain words.
    area : int
        Position of its area, for a rule set of one area; -1 otherwise.
    areas : int
        Fewest areas at risk; 0 where that is not what counts.
    share : float
        Share of each school's pupils; 0 where that is not what counts.
    planned : bool
        Whether this is the plan's own.
    """

    key: str
    label: str
    area: int = -1
    areas: int = 0
    share: float = 0.0
    planned: bool = False


def rule_sets_of(areas: Iterable[str], options: IdentificationOptions) -> tuple[RuleSet, ...]:
    """List the rule sets: so many areas or more, each single area, and those in most need.

    The plan's own is always among them, also where it asks for more areas than can be read.

    Examples
    --------
    >>> [s.key for s in rule_sets_of(["english", "money"], IdentificationOptions(areas=2, share=0.2))]
    ['areas_1', 'areas_2', 'area_english', 'area_money', 'highest']
    """
    names = list(areas)
    if not names:
        return ()
    sets = [
        RuleSet(f"areas_{k}", _areas_label(k, len(names), options), areas=k, planned=k == options.areas)
        for k in range(1, max(len(names), options.areas) + 1)
    ]
    sets += [RuleSet(f"area_{n}", f"One area: {n.replace('_', ' ').capitalize()}", area=i) for i, n in enumerate(names)]
    label = f"The {100 * options.share:g}% of each school's pupils in most need"
    return (*sets, RuleSet("highest", label, share=options.share))


def areas_words(k: int) -> str:
    """Say so many areas or more.

    Examples
    --------
    >>> areas_words(1), areas_words(3)
    ('one area or more', 'three areas or more')
    """
    return f"{NUMBERS[k] if k < len(NUMBERS) else k} area{'s' if k > 1 else ''} or more"


def _areas_label(k: int, most: int, options: IdentificationOptions) -> str:
    said = f"At risk in {areas_words(k) if k < most else areas_words(k).removesuffix(' or more')}"
    return f"{said} (the plan's rule)" if k == options.areas else said


def worst_share(count: Array, severity: Array, school: npt.NDArray[np.intp], share: float) -> Mask:
    """Pick a share of each school's pupils: those at risk in most areas, among equals those furthest on.

    Parameters
    ----------
    count : array, shape (n,)
        Areas at risk.
    severity : array, shape (n,)
        How far each child is toward need, on any scale.
    school : array of int, shape (n,)
    share : float
        Of each school's pupils; halves are rounded up, and at least one child is picked.

    Returns
    -------
    array of bool, shape (n,)

    Examples
    --------
    >>> worst_share(np.array([2.0, 3, 2, 0, 0]), np.array([0.1, 0, 0.9, 0, 0]), np.zeros(5, dtype=int), 0.4).tolist()
    [False, True, True, False, False]
    """
    order = np.lexsort((-severity, -count, school))
    sizes = np.bincount(school)
    wanted = np.maximum(np.floor(share * sizes + 0.5 + 1e-9), 1)
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    sorted_school = school[order]
    picked = np.zeros(len(count), dtype=bool)
    picked[order] = np.arange(len(count)) - first[sorted_school] < wanted[sorted_school]
    return picked


def pick(
    sets: Iterable[RuleSet], flags: Mask, severity: Array, school: npt.NDArray[np.intp]
) -> Mapping[str, Mask]:
    """Return whom each rule set picks.

    Parameters
    ----------
    sets : iterable of RuleSet
    flags : array of bool, shape (n, areas)
    severity : array, shape (n,)
    school : array of int, shape (n,)
    """
    count = flags.sum(axis=1).astype(float)
    picked: dict[str, Mask] = {}
    for rule_set in sets:
        if rule_set.area >= 0:
            picked[rule_set.key] = flags[:, rule_set.area]
        elif rule_set.share:
            picked[rule_set.key] = worst_share(count, severity, school, rule_set.share)
        else:
            picked[rule_set.key] = count >= rule_set.areas
    return picked
