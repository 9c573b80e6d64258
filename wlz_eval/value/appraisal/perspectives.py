"""Who gains and who pays: the same benefits and costs seen by society, the public purse, an agency, a family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wlz_eval.value.benefits import BenefitLine
from wlz_eval.value.uncertainty.build import USUAL_SUPPORT

__all__ = ["FAMILIES", "PUBLIC_PURSES", "Perspective", "cashable_view", "perspectives"]

Array = npt.NDArray[np.float64]
#: Purses that are the public's.
PUBLIC_PURSES = frozenset(
    {
        "central_government", "local_authority", "nhs", "other_public", "outcomes_funders", "police", "schools",
        USUAL_SUPPORT,
    }
)
#: Beneficiaries that are people, not agencies.
FAMILIES = frozenset({"child", "families", "family", "household", "households"})


@dataclass(frozen=True)
class Perspective:
    """Which share of each benefit and of each line of cost one party counts.

    Parameters
    ----------
    name, label : str
    benefits : array, shape (benefits,)
        Shares of the lines of benefit.
    costs : array, shape (purses,)
        Shares of what each purse spends: 0 or 1.
    """

    name: str
    label: str
    benefits: Array
    costs: Array


def _gained(line: BenefitLine, who: frozenset[str]) -> float:
    return float(sum(share for name, share in line.shares.items() if name in who))


def _agencies(line: BenefitLine) -> float:
    """Share of a fiscal benefit that is gained by agencies."""
    return 1.0 - _gained(line, FAMILIES) if line.unit.kind == "fiscal" else 0.0


def perspectives(lines: Sequence[BenefitLine], payers: Sequence[str]) -> tuple[Perspective, ...]:
    """List the perspectives: society, the public purse, each agency that gains or pays, children and families.

    Society counts every benefit and every cost once, whoever bears it. The public purse counts what agencies gain of
    fiscal benefits, and what public purses spend. An agency counts its own.

    Parameters
    ----------
    lines : sequence of BenefitLine
    payers : sequence of str
        Purse of each line of cost.
    """
    one = np.ones(len(lines))
    gainers = {name for x in lines if x.unit.kind == "fiscal" for name in x.shares if name not in FAMILIES}
    agencies = sorted(gainers | {p for p in payers if p in PUBLIC_PURSES and p != USUAL_SUPPORT})
    found = [
        Perspective("society", "Society", one, np.ones(len(payers))),
        Perspective(
            "public_purse",
            "Public purse",
            np.array([_agencies(x) for x in lines]),
            np.array([float(p in PUBLIC_PURSES) for p in payers]),
        ),
    ]
    for name in agencies:
        shares = [_gained(x, frozenset({name})) if x.unit.kind == "fiscal" else 0.0 for x in lines]
        found.append(Perspective(name, _words(name), np.array(shares), np.array([float(p == name) for p in payers])))
    families = np.array([_gained(x, FAMILIES) for x in lines])
    paid = np.array([float(p in FAMILIES) for p in payers])
    return (*found, Perspective("families", "Children and families", families, paid))


def cashable_view(lines: Sequence[BenefitLine], payers: Sequence[str]) -> tuple[Perspective, bool]:
    """Public purse counting only what a budget can give back, and whether that share is known for every benefit.

    Where it is not known the benefit counts as nothing, so that the fiscal return is a least one.
    """
    purse = perspectives(lines, payers)[1]
    share = np.array([0.0 if x.cashable is None else x.cashable for x in lines])
    known = all(x.cashable is not None for x in lines if x.unit.kind == "fiscal")
    return Perspective("fiscal_return", "Public purse, cashable only", purse.benefits * share, purse.costs), known


def _words(name: str) -> str:
    known = {"nhs": "NHS"}
    words = name.replace("_", " ")
    return known.get(name, words[:1].upper() + words[1:])
