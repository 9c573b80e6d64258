"""The answer without what was taken off for optimism bias, beside the answer with it."""

from __future__ import annotations

from dataclasses import replace

from wlz_eval.value.appraisal.npv import Appraisal
from wlz_eval.value.benefits import BenefitLine

__all__ = ["has_optimism", "taken_off", "without_optimism"]


def taken_off(line: BenefitLine) -> float:
    """Share taken off what is expected of a benefit for optimism bias: nothing where that is a loss, or not known."""
    return line.optimism if line.mean > 0 else 0.0


def has_optimism(part: Appraisal) -> bool:
    """Whether the plan takes anything off any benefit for optimism bias."""
    return any(x.optimism > 0 for x in part.lines)


def without_optimism(part: Appraisal) -> Appraisal:
    """Give back what was taken off for optimism bias, on the same draws.

    The share taken off is known and nowhere drawn, so giving it back needs no new draws. It was taken off gains only
    (:func:`~wlz_eval.value.benefits.optimism.less_optimism`): an answer without it is never below the answer with it.

    Parameters
    ----------
    part : Appraisal

    Returns
    -------
    Appraisal
    """
    lines = tuple(replace(x, optimism=0.0) for x in part.lines)
    model = replace(part.model, benefits=tuple(replace(x, optimism=0.0) for x in part.model.benefits))
    drawn = replace(part.drawn, benefits=model.amounts(model.benefits, part.drawn.values))
    return replace(part, lines=lines, model=model, drawn=drawn)
