"""Numbers that are worked out from numbers of children: sums at a public price, and totals beside their mean.

Whoever knows the price divides by it. So in public such a number is worked out from the released numbers of its
children and says no more than they do. It is hidden where one of them is too small, and the ledger holds them beside
it, so that it goes where suppression withholds one.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Iterable, Sequence

from wlz_eval.core.finding import Counted, Finding
from wlz_eval.release.limits import Rule, round_count

__all__ = ["any_small", "as_counted", "as_public", "cells_shown", "implied_key"]

#: Parts the key of a shown number from the name of children whom it counts.
IMPLIED = "#"


def any_small(counted: Iterable[Counted], rule: Rule) -> bool:
    """Whether a number counts fewer children of some kind than may be shown.

    Examples
    --------
    >>> any_small([Counted(children="reached it", n=4, each=600.0)], Rule())
    True
    """
    return rule.applies and any(part.n < rule.threshold for part in counted)


def as_counted(value: float, counted: Sequence[Counted], rule: Rule) -> float:
    """Work a number out from the released numbers of its children.

    Parameters
    ----------
    value : float
        As it is.
    counted : sequence of Counted
        The children; no other part of the number changes.
    rule : Rule
        Threshold and rounding.

    Examples
    --------
    >>> as_counted(180_600.0, [Counted(children="started", n=301, each=600.0)], Rule())
    180000.0
    """
    if not rule.applies or any_small(counted, rule):
        return value
    over = [part.n for part in counted if part.over]
    more = math.fsum((round_count(part.n, rule) - part.n) * part.each for part in counted if not part.over)
    # To millionths, so that a half does not come out just below one.
    return round((value * math.prod(over) + more) / math.prod(round_count(n, rule) for n in over), 6)


def as_public(finding: Finding, rule: Rule) -> Finding:
    """Return a finding as it is worked out from released numbers of children; its interval moves in proportion.

    Examples
    --------
    >>> cost = Finding(finding_id="value.cost_total", quantity="cost", estimate=301_000.0, unit="money",
    ...                claim="description", counted=(Counted(children="started", n=301, each=1000.0),))
    >>> as_public(cost, Rule()).estimate, as_public(cost, Rule(applies=False)).estimate
    (300000.0, 301000.0)
    """
    if not finding.counted or not rule.applies or any_small(finding.counted, rule):
        return finding
    estimate = as_counted(finding.estimate, finding.counted, rule)
    ratio = estimate / finding.estimate if finding.estimate else 1.0
    # The numbers are released ones now: to do it again changes nothing.
    counted = tuple(dataclasses.replace(part, n=round_count(part.n, rule)) for part in finding.counted)
    return dataclasses.replace(
        finding, estimate=estimate, ci_low=finding.ci_low * ratio, ci_high=finding.ci_high * ratio, counted=counted
    )


def implied_key(key: str, children: str) -> str:
    """Return the key under which the ledger holds a number of children that a shown number tells."""
    return f"{key}{IMPLIED}{children}"


def cells_shown(cells: Collection[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """Return the cells in which numbers stand: in place of one that is only implied, the number that tells it.

    Examples
    --------
    >>> sorted(cells_shown([("08_contract", "t3.0.1#started"), ("08_contract", "t3.0.2")]))
    [('08_contract', 't3.0.1'), ('08_contract', 't3.0.2')]
    """
    return frozenset((page, key.partition(IMPLIED)[0]) for page, key in cells)
