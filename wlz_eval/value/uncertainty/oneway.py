"""What the answer would be with one or two inputs at other values, and what would have to be true to break even."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

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
        ``within its range``, ``beyond its 95% range``, ``impossible within its range`` or ``no value would do``.
    """

    name: str
    label: str
    unit: str
    now: float
    needed: float
    possible: str


def switching(model: ValueModel) -> tuple[Switch, ...]:
    """Work out for each uncertain input what it would have to be for benefits to equal costs.

    Each amount is a constant times a product of different inputs, so net value is a straight line in each input and
    the answer is exact. An input that moves net value by less than numbers can tell is no way to break even.
    """
    found = []
    for k in model.uncertain:
        given = model.inputs[k]
        low, high = (float(given.margin.at(z)) for z in (-1.0, 1.0))
        at_low, at_high = (float(model.net(model.moved({k: x}))) for x in (low, high))
        moves = at_high - at_low
        told = abs(moves) > TOLD * max(abs(at_low), abs(at_high))
        needed = low - at_low * (high - low) / moves if told else math.nan
        if needed < 0 and not isinstance(given.margin, EffectSpread):
            needed = math.nan  # Links, prices and costs cannot be negative.
        found.append(
            Switch(given.name, given.label, given.unit, given.margin.mean, needed, _possible(model, k, needed))
        )
    return tuple(found)


def _possible(model: ValueModel, k: int, needed: float) -> str:
    if math.isnan(needed):
        return "no value would do"
    usual, farthest = (
        [float(model.inputs[k].margin.at(z)) for z in (-reach, reach)] for reach in (Z95, FARTHEST)
    )
    if usual[0] <= needed <= usual[1]:
        return "within its range"
    return "beyond its 95% range" if farthest[0] <= needed <= farthest[1] else "impossible within its range"


def scenario(model: ValueModel, share: float) -> float:
    """Net value with every uncertain input at one share of the way through its range, in the direction of net value.

    Parameters
    ----------
    model : ValueModel
    share : float
        0.1 puts every input at its tenth percentile as net value goes, all at once.
    """
    from scipy import special

    z = float(special.ndtri(share))
    values = {}
    for k in model.uncertain:
        up, down = (float(model.net(model.moved({k: float(model.inputs[k].margin.at(s))}))) for s in (1.0, -1.0))
        values[k] = float(model.inputs[k].margin.at(z if up >= down else -z))
    return float(model.net(model.moved(values)))
