"""What the answer would be with one or two inputs at other values, and what would have to be true to break even."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wlz_eval.value.benefits.fading import LONGEST
from wlz_eval.value.uncertainty.margins import Z95, EffectSpread
from wlz_eval.value.uncertainty.model import ValueModel

__all__ = ["ENDS", "Switch", "scenario", "switching", "tornado", "two_way"]

#: Ends of an input's range, as normal scores: the middle 95%.
ENDS = (-Z95, Z95)
#: Farthest that an input is thought to go: one draw in a thousand on either side.
FARTHEST = 3.2905


def tornado(model: ValueModel) -> pd.DataFrame:
    """Net value with each uncertain input at either end of its 95% range, the others at their means.

    Returns
    -------
    DataFrame
        ``name``, ``label``, ``evidence``, ``low_input``, ``high_input``, ``low`` and ``high`` (net value there) and
        ``width``, widest first; the rows of equal width by name.
    """
    rows = []
    for k in model.uncertain:
        given = model.inputs[k]
        ends = [float(given.margin.at(z)) for z in ENDS]
        nets = [float(model.net(model.moved({k: x}))) for x in ends]
        rows.append((given.name, given.label, given.evidence, *ends, *nets, abs(nets[1] - nets[0])))
    columns = ["name", "label", "evidence", "low_input", "high_input", "low", "high", "width"]
    found = pd.DataFrame(rows, columns=columns)
    return found.sort_values(["width", "name"], ascending=[False, True], kind="stable").reset_index(drop=True)


def two_way(model: ValueModel, first: str, second: str, steps: int = 7) -> pd.DataFrame:
    """Net value over a grid of two inputs, from one end of their 95% ranges to the other.

    Returns
    -------
    DataFrame
        ``first``, ``second`` (values of the inputs) and ``net``, one row a point of the grid.
    """
    at = {i.name: k for k, i in enumerate(model.inputs)}
    a, b = at[first], at[second]
    scores = np.linspace(*ENDS, steps)
    rows = [
        (float(x), float(y), float(model.net(model.moved({a: float(x), b: float(y)}))))
        for x in model.inputs[a].margin.at(scores)
        for y in model.inputs[b].margin.at(scores)
    ]
    return pd.DataFrame(rows, columns=["first", "second", "net"])


#: What is said of an input of which no value makes benefits equal costs.
NO_VALUE = "not possible: no value would do"
#: Share of net value below which a move of it is a matter of rounding.
TOLD = 1e-9


@dataclass(frozen=True)
class Switch:
    """Value of one input at which net value is zero, the others at their means.

    Parameters
    ----------
    name, label, unit : str
        Of the input.
    now : float
        Its mean.
    needed : float
        Where net value is zero; ``nan`` where no value of it would do, as when a price would have to be negative.
    possible : str
        ``within its range``, ``beyond its 95% range``, ``not possible within its range``, each with ``the other way
        round from now`` where its sign would have to turn, or ``not possible: no value would do``.
    """

    name: str
    label: str
    unit: str
    now: float
    needed: float
    possible: str

    @property
    def factor(self) -> float:
        """How many times what it is now would be needed; ``nan`` where that cannot be, or has the other sign."""
        times = self.needed / self.now if self.now else math.nan
        return times if times >= 0 else math.nan


def switching(model: ValueModel) -> tuple[Switch, ...]:
    """Work out for each uncertain input what it would have to be for benefits to equal costs.

    Net value is a straight line in each input but durations and decays (in an effect, one on either side of none, since
    optimism bias comes off gains only), so the answer is exact; those two are searched by halving, over all that they
    could be. An input that moves net value by less than numbers can tell is no way to break even.
    """
    found = []
    for k in model.uncertain:
        given = model.inputs[k]
        needed = _searched(model, k) if k in model.curved else _solved(model, k)
        found.append(
            Switch(given.name, given.label, given.unit, given.margin.mean, needed, _possible(model, k, needed))
        )
    return tuple(found)


def _at(model: ValueModel, k: int, value: float) -> float:
    return float(model.net(model.moved({k: value})))


def _solved(model: ValueModel, k: int) -> float:
    """Where a straight line meets zero; ``nan`` where it does not, or below zero what cannot be."""
    margin = model.inputs[k].margin
    low, high = (float(margin.at(z)) for z in (-1.0, 1.0))
    if isinstance(margin, EffectSpread):
        farther = max(abs(low), abs(high))
        sides = (_met(model, k, 0.0, far) for far in (farther, -farther))
        return next((x for x, far in zip(sides, (1, -1), strict=True) if x * far >= 0), math.nan)
    needed = _met(model, k, low, high)
    # Links, prices and costs cannot be negative.
    return math.nan if needed < 0 else needed


def _met(model: ValueModel, k: int, low: float, high: float) -> float:
    """Where the straight line through two points meets zero; ``nan`` where it is level."""
    at_low, at_high = _at(model, k, low), _at(model, k, high)
    moves = at_high - at_low
    if abs(moves) <= TOLD * max(abs(at_low), abs(at_high)):
        return math.nan
    return low - at_low * (high - low) / moves


def _searched(model: ValueModel, k: int) -> float:
    """Where net value is zero in a duration or a decay, by halving; ``nan`` where it is nowhere."""
    low, high = (0.0, float(LONGEST)) if model.inputs[k].name.startswith("duration.") else (0.0, 1.0)
    at_low, at_high = _at(model, k, low), _at(model, k, high)
    if at_low * at_high > 0 or abs(at_high - at_low) <= TOLD * max(abs(at_low), abs(at_high)):
        return math.nan
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _at(model, k, middle) * at_low > 0 else (low, middle)
    return (low + high) / 2


def _possible(model: ValueModel, k: int, needed: float) -> str:
    if math.isnan(needed):
        return NO_VALUE
    usual, farthest = (
        [float(model.inputs[k].margin.at(z)) for z in (-reach, reach)] for reach in (Z95, FARTHEST)
    )
    where = "not possible within its range"
    if usual[0] <= needed <= usual[1]:
        where = "within its range"
    elif farthest[0] <= needed <= farthest[1]:
        where = "beyond its 95% range"
    return f"{where}, the other way round from now" if needed * model.inputs[k].margin.mean < 0 else where


def scenario(model: ValueModel, share: float = math.nan, given: Mapping[str, float] | None = None) -> float:
    """Net value in a scenario: some inputs at values of their own, all others at one share of their ranges.

    Parameters
    ----------
    model : ValueModel
    share : float
        0.1 puts every other uncertain input at its tenth percentile as net value goes, all at once; ``nan`` leaves
        them as expected.
    given : mapping of str to float, optional
        Value of each input that is set, by name.
    """
    set_to = {k: given[i.name] for k, i in enumerate(model.inputs) if given and i.name in given}
    others = [k for k in model.uncertain if k not in set_to and not math.isnan(share)]
    return float(model.net(model.moved({**{k: _ranked(model, k, share) for k in others}, **set_to})))


def _ranked(model: ValueModel, k: int, share: float) -> float:
    """Value of an input at one share of the way through its range, in the direction of net value."""
    from scipy import special

    margin, z = model.inputs[k].margin, float(special.ndtri(share))
    up, down = (_at(model, k, float(margin.at(s))) for s in (1.0, -1.0))
    return float(margin.at(z if up >= down else -z))
