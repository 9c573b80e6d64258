"""What the contract's rule would have paid with no programme: told by children like them whom nobody pays for.

The rule is put to the readings of *every* child, comparison children too: who was at risk, how many outcomes were
achieved, at most how many are paid and at most how much a child. What it comes to is an outcome of that child, and the
effect on it is estimated as page 4 estimates any other: the same design, the same weights and covariates, and the same
interval for few schools. A child's outcomes are counted together, so what they have in common is kept; nothing is
assumed of how an effect is spread over children, or of how steep readings lie at a line. (Taking an estimated effect
off each child's own reading assumes both, and its intervals were too narrow.)

A child is left out whose outcome cannot be known: at risk at the start, and not read again. What is paid for such
children, and what is not paid for want of evidence, is taken to go with the rest: the share beyond no programme is the
same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.attribution.effects import OutcomeModel, estimate_effect
from wlz_eval.attribution.options import MatchingOptions
from wlz_eval.attribution.pipeline import cluster_column, design_for
from wlz_eval.core.errors import DesignError
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.value.contract.rules import Judged, readings_of

__all__ = [
    "Reached", "Share", "chances", "expected_payment", "payment_table", "payments_by_rule", "reached_of",
    "share_beyond", "thinned_to",
]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
#: Halvings by which the share of outcomes is found that payments stand for.
HALVINGS = 60


@dataclass(frozen=True)
class Reached:
    """What is known of each child's outcomes, each array of shape (children, outcomes).

    Parameters
    ----------
    at_risk : array of bool
        At risk at baseline.
    could : array of bool
        At risk, and read again.
    got : array of bool
        Achieved.
    """

    at_risk: Bools
    could: Bools
    got: Bools

    @property
    def known(self) -> Bools:
        """Children of whom everything that the rule asks is known, shape (children,)."""
        return np.asarray((self.at_risk == self.could).all(axis=1))

    def of(self, outcomes: Bools) -> Reached:
        """Only some outcomes."""
        return Reached(self.at_risk[:, outcomes], self.could[:, outcomes], self.got[:, outcomes])


@dataclass(frozen=True)
class Share:
    """Part of the rule's payments beyond no programme, with its 95% interval; one is all of them."""

    estimate: float
    low: float
    high: float


def reached_of(data: pd.DataFrame, rules: Sequence[Judged]) -> Reached:
    """Put the rules to the readings of children of the analysis frame."""
    before, after = readings_of(data, rules, "baseline"), readings_of(data, rules)
    risk = [rule.at_risk(before[:, j]) for j, rule in enumerate(rules)]
    got = [rule.reached(before[:, j], after[:, j]) for j, rule in enumerate(rules)]
    none = np.zeros((len(data), 0), dtype=bool)
    at_risk = np.column_stack(risk) if risk else none
    return Reached(at_risk, at_risk & np.isfinite(after), np.column_stack(got) if got else none)


def payment_table(
    prices: Sequence[int], first: Ints, child_cap: float | None, allowed: Bools, most: int
) -> Ints:
    """Pennies paid to each child for none, one, two or three outcomes, shape (children, 4), its cap kept.

    Parameters
    ----------
    prices : sequence of int
        Of the first, second and third outcome.
    first : array of int, shape (children,)
        Pennies already paid to the child for other triggers.
    child_cap : float or None
        Pennies.
    allowed : array of bool, shape (children, 3)
        Whether each outcome is paid if it is achieved: false where its evidence is missing.
    most : int
        Most outcomes paid for one child.

    Examples
    --------
    >>> payment_table([100, 50, 20], np.array([10]), 130, np.array([[True, True, True]]), 3).tolist()
    [[0, 100, 120, 120]]
    """
    each = np.where(allowed, np.asarray(prices, dtype=np.int64)[None, :], 0)
    each[:, most:] = 0
    total = np.concatenate([np.zeros((len(each), 1), dtype=np.int64), np.cumsum(each, axis=1)], axis=1)
    if child_cap is None:
        return total
    room = np.maximum(int(child_cap) - first, 0)
    return np.minimum(total, room[:, None])


def payments_by_rule(reached: Reached, schedule: Array) -> tuple[Array, Array]:
    """Give what the rule comes to for each child, and the most that it could, by who was at risk.

    Parameters
    ----------
    reached : Reached
    schedule : array, shape (4,)
        Payment for none, one, two and three outcomes.

    Returns
    -------
    tuple of array, shape (children,)
        Payments, missing where they cannot be known; and the most possible.

    Examples
    --------
    >>> risk = np.array([[True, True], [True, False]])
    >>> seen = Reached(risk, np.array([[True, True], [False, False]]), np.array([[True, False], [False, False]]))
    >>> [v.tolist() for v in payments_by_rule(seen, np.array([0.0, 10.0, 17.0, 20.0]))]
    [[10.0, nan], [17.0, 10.0]]
    """
    paid, most = (schedule[np.minimum(flags.sum(axis=1), 3)] for flags in (reached.got, reached.at_risk))
    return np.where(reached.known, paid, np.nan), most


def share_beyond(
    frame: AnalysisFrame, rules: Sequence[Judged], schedule: Array, matching: MatchingOptions, seed: int
) -> Share | None:
    """Estimate which part of what the rule pays for the programme's children is beyond no programme.

    Parameters
    ----------
    frame : AnalysisFrame
    rules : sequence of Judged
        Outcomes that both groups are measured in.
    schedule : array, shape (4,)
        Pennies for none, one, two and three outcomes of a child.
    matching : MatchingOptions
        The plan's primary design. It is made again here, with page 4's seed.
    seed : int

    Returns
    -------
    Share or None
        The effect on a matched child over what the rule pays a programme child; ``None`` where no design can be made,
        or nothing is paid, or no interval can be given.
    """
    reached = reached_of(frame.data, rules)
    paid, most = payments_by_rule(reached, schedule)
    data = frame.data.assign(contract_payment=paid, contract_payment_possible=most)
    mean = float(data.loc[data["programme"] == 1, "contract_payment"].mean())
    if not mean > 0:
        return None
    model: OutcomeModel = "interacted" if matching.adjust else "unadjusted"
    own: dict[str, Any] = {"baseline": "contract_payment_possible"} if matching.adjust else {}
    try:
        design = design_for(frame, matching, matching.comparison, seed)
        effect = estimate_effect(design, data, "contract_payment", model=model, cluster=cluster_column(frame), **own)
    except DesignError:
        return None
    if not np.isfinite([effect.ci_low, effect.ci_high]).all():
        return None
    return Share(effect.estimate / mean, effect.ci_low / mean, effect.ci_high / mean)


def chances(reached: Reached, lost: float) -> Array:
    """Chance of each outcome of each child when a share of the outcomes achieved is lost, shape as `reached`.

    Parameters
    ----------
    reached : Reached
    lost : float
        Share of the outcomes achieved that would not have been; below zero, of those not achieved that would.

    Examples
    --------
    >>> seen = Reached(*np.array([[[True, True, False]], [[True, True, False]], [[True, False, False]]]))
    >>> [chances(seen, lost).tolist() for lost in (0.25, -0.25)]
    [[[0.75, 0.0, 0.0]], [[1.0, 0.25, 0.0]]]
    """
    return reached.got * (1.0 - max(lost, 0.0)) + (reached.could & ~reached.got) * max(-lost, 0.0)


def expected_payment(schedules: npt.NDArray[Any], chance: Array) -> tuple[float, float]:
    """Mean and standard deviation of all payments, when each child reaches each outcome by its own chance.

    Parameters
    ----------
    schedules : array, shape (children, 4)
        Of :func:`payment_table`.
    chance : array, shape (children, outcomes)
        Each by itself.

    Examples
    --------
    >>> expected_payment(np.array([[0, 10, 17, 20]]), np.array([[0.5, 0.5]]))[0]
    9.25
    """
    n, outcomes = chance.shape
    counts = np.zeros((n, outcomes + 1))
    counts[:, 0] = 1.0
    for j in range(outcomes):
        one = chance[:, [j]]
        more = counts[:, :-1] * one
        counts *= 1.0 - one
        counts[:, 1:] += more
    amounts = schedules[:, np.minimum(np.arange(outcomes + 1), 3)].astype(float)
    mean = (counts * amounts).sum(axis=1)
    spread = (counts * amounts**2).sum(axis=1) - mean**2
    return float(mean.sum()), float(np.sqrt(max(spread.sum(), 0.0)))


def thinned_to(reached: Reached, schedules: npt.NDArray[Any], wanted: float) -> float:
    """Share of outcomes to lose (see :func:`chances`) so that payments come to as much as is wanted, or as near."""
    low, high = -1.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if expected_payment(schedules, chances(reached, middle))[0] > wanted:
            low = middle
        else:
            high = middle
    return (low + high) / 2
