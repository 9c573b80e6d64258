"""Heaping: scores that teachers give fall on round numbers more often than a smooth distribution has them."""

from __future__ import annotations

import math

import numpy as np

from wlz_eval.measures.quality.clues import Clue
from wlz_eval.measures.quality.held import PEOPLE, Array, Held, grouped

__all__ = ["heaping", "heaping_clues"]

#: Round numbers are the multiples of this.
BASE = 5
#: A scale must hold at least this many round numbers inside it.
FEWEST_MULTIPLES = 3
#: Scores that lie in reach of a round number, below which nothing can be told.
FEWEST_SCORES = 15


def heaping(values: Array, low: float, high: float) -> tuple[float, int, int]:
    """Test whether scores fall on multiples of five more often than a smooth distribution has them.

    Only scores within two points and a half of a multiple that lies well inside the scale are looked at, so that a
    heap at
    the end of the scale (no difficulties at all) does not count. The share to be expected there comes from the same
    scores smoothed by a normal kernel whose width, half the distance between round numbers, evens out any heaps.

    Parameters
    ----------
    values : array, shape (scores,)
        Scores on an even grid: whole numbers or tenths.
    low, high : float
        Ends of the scale.

    Returns
    -------
    p : float
        Chance of so many scores on round numbers (exact binomial).
    on_round, size : int
        Scores on round numbers, and scores looked at.

    Examples
    --------
    >>> smooth = np.repeat(np.arange(10, 31), 10).astype(float)
    >>> heaping(smooth, 0, 40)[0] > 0.4
    True
    >>> heaping(5 * np.round(smooth / 5), 0, 40)[0] < 1e-6
    True
    """
    from scipy.special import bdtrc

    grid = 1.0 if np.allclose(values, np.round(values)) else 0.1
    cells = np.round((values - low) / grid).astype(int)
    n_cells = round((high - low) / grid) + 1
    counts = np.bincount(np.clip(cells, 0, n_cells - 1), minlength=n_cells).astype(float)
    points = low + grid * np.arange(n_cells)
    nearest = BASE * np.round(points / BASE)
    reach = (np.abs(points - nearest) <= BASE / 2 - grid / 2 + 1e-9) & (nearest - BASE / 2 > low) & (
        nearest + BASE / 2 < high
    )
    on = reach & (np.abs(points - nearest) < grid / 2)
    size, hits = int(counts[reach].sum()), int(counts[on].sum())
    if on.sum() < FEWEST_MULTIPLES or size < FEWEST_SCORES:
        return 1.0, hits, size
    smooth = _smooth(counts, BASE / 2 / grid)
    share = float(smooth[on].sum() / smooth[reach].sum())
    return (float(bdtrc(hits - 1, size, share)) if hits else 1.0), hits, size


def _smooth(counts: Array, width: float) -> Array:
    """Smooth counts by a normal kernel, reflected at both ends."""
    reach = min(math.ceil(4 * width), len(counts) - 1)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    padded = np.pad(counts, reach, mode="symmetric")
    return np.convolve(padded, kernel / kernel.sum(), mode="valid")


def heaping_clues(held: Held) -> list[Clue]:
    """Test what people gave as scores, by measure, wave and school, and over all schools together."""
    table = held.readings
    if "informant" not in table:
        return []
    given = table.loc[table["informant"].isin(PEOPLE), ["measure", "wave", "child", "value"]]
    schools, names = held.school_codes
    clues = []
    for (measure, wave), rows in given.groupby(["measure", "wave"], sort=True):
        scale = held.cohort.measure(str(measure))
        if scale.high - scale.low < BASE * (FEWEST_MULTIPLES + 1):
            continue
        values, school_of = rows["value"].to_numpy(dtype=float), schools[rows["child"].to_numpy()]
        parts = [("", values), *((str(names[school_of[own[0]]]), values[own]) for own in grouped(school_of))]
        for school, part in parts:
            p, hits, size = heaping(part, scale.low, scale.high)
            if size >= FEWEST_SCORES:
                clues.append(
                    Clue(
                        kind="heaping", table="measures", school=school, measure=str(measure), wave=str(wave), p=p,
                        size=size, affected=hits, because="many scores are multiples of five",
                    )
                )
    return clues
