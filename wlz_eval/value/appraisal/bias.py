"""The answer without what was taken off for optimism bias, beside the answer with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wlz_eval.value.appraisal.npv import Appraisal

__all__ = ["has_optimism", "without_optimism"]


def has_optimism(part: Appraisal) -> bool:
    """Whether anything is taken off any benefit for optimism bias."""
    return any(x.optimism > 0 for x in part.lines)


def without_optimism(part: Appraisal) -> Appraisal:
    """Give back what was taken off for optimism bias, on the same draws.

    Optimism bias scales a benefit, mean and draws alike, and is nowhere drawn: the share taken off is known, so giving
    it back needs no new draws.

    Parameters
    ----------
    part : Appraisal

    Returns
    -------
    Appraisal
    """
    kept = np.array([1.0 - x.optimism for x in part.lines])
    lines = tuple(replace(x, optimism=0.0) for x in part.lines)
    benefits = tuple(replace(x, constant=x.constant / k) for x, k in zip(part.model.benefits, kept, strict=True))
    return replace(
        part,
        lines=lines,
        model=replace(part.model, benefits=benefits),
        drawn=replace(part.drawn, benefits=part.drawn.benefits / kept),
    )
