"""One child under two ids: by the pseudonym of the person, or by records too alike for two children."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import pandas as pd

from wlz_eval.measures.quality.clues import Clue
from wlz_eval.measures.quality.held import Array, Held, grouped

__all__ = ["alike", "duplicate_clues"]

#: Fewest readings that two ids must share before they are compared.
FEWEST_READINGS = 3
#: Pairs that are compared at once: a pool of a million has tens of millions.
AT_ONCE = 2**18
#: Most children of one school, sex and month of birth who are compared with each other.
MOST_ALIKE = 600


def duplicate_clues(held: Held) -> list[Clue]:
    """Look for children who are there twice.

    Two ids of one ``person_id`` are one child by definition. Else ids of one school, sex and month of birth are
    compared by their readings: how likely two different children of one school are to be as near (:func:`alike`). Each
    pair is one place, so the rate of false alarms is kept over all pairs.
    """
    clues, done = _by_person(held)
    ends, columns = _normal_scores(held)
    if ends is None or len(columns) < FEWEST_READINGS:
        return clues
    low, high = ends
    first, second = _pairs(held, (low + high) / 2)
    n = len(held.children)
    fresh = ~np.isin(first * n + second, [a * n + b for a, b in done])
    first, second = first[fresh], second[fresh]
    p, shared = alike(low, high, first, second, held.school_codes[0])
    # Bonferroni over all pairs, so that only pairs that could matter need be kept.
    joint = p * max(int((shared >= FEWEST_READINGS).sum()), 1)
    kept = np.flatnonzero((shared >= FEWEST_READINGS) & (joint < 1))
    return clues + [
        Clue(
            kind="duplicates", table="children", school=str(held.school[first[i]]), p=float(joint[i]), size=2,
            affected=1,
            because="two children of one school are alike in every reading", joint=True,
        )
        for i in kept
    ]


def _by_person(held: Held) -> tuple[list[Clue], set[tuple[int, int]]]:
    children = held.children
    if "person_id" not in children:
        return [], set()
    person = children["person_id"]
    again = (person.notna() & person.duplicated(keep=False)).to_numpy()
    clues, done = [], set()
    positions = np.flatnonzero(again)
    for _, rows in pd.Series(positions).groupby(person.to_numpy()[positions], sort=True):
        here = rows.to_numpy()
        done |= {(int(a), int(b)) for a in here for b in here if a < b}
        clues.append(
            Clue(
                kind="duplicates", table="children", school=str(held.school[here[0]]), p=0.0, size=len(here),
                affected=len(here) - 1, because="two ids have the pseudonym of one person", joint=True,
            )
        )
    return clues, done


def _normal_scores(held: Held) -> tuple[tuple[Array, Array] | None, list[tuple[str, str]]]:
    """Ranks of every reading on the normal scale: for tied readings the whole range of ranks that they share."""
    from scipy.special import ndtri
    from scipy.stats import rankdata

    columns = [key for key in held.values if not key[0].endswith("_total")]
    if not any(columns):
        columns = list(held.values)
    arrays = [held.values[key] for key in columns] + list(held.attendance.values())
    columns += [("attendance", wave) for wave in held.attendance]
    if not arrays:
        return None, []
    low, high = (np.full((len(held.children), len(arrays)), np.nan) for _ in range(2))
    for j, values in enumerate(arrays):
        known = ~np.isnan(values)
        n = int(known.sum())
        low[known, j] = ndtri((rankdata(values[known], method="min") - 0.5) / n)
        high[known, j] = ndtri((rankdata(values[known], method="max") - 0.5) / n)
    return (low, high), columns


def _pairs(held: Held, scores: Array) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of children of one school, sex and month of birth, or of what of these is held."""
    children = held.children
    known = (~np.isnan(scores)).sum(axis=1) >= FEWEST_READINGS
    by = [c for c in ("birth_month", "gender") if c in children and children[c].notna().mean() > 0.5]
    if "birth_month" not in by:
        by += [c for c in ("year_group",) if c in children]
    key = pd.Series(held.school, index=children.index, dtype="str")
    for column in by:
        key = key + "|" + children[column].astype("str").fillna("")
    rows = np.flatnonzero(known)
    first, second = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for _, part in pd.Series(rows).groupby(key.to_numpy()[rows], sort=True):
        here = np.sort(part.to_numpy())
        if 1 < len(here) <= MOST_ALIKE:
            a, b = _two_of(len(here))
            first.append(here[a])
            second.append(here[b])
    return np.concatenate(first), np.concatenate(second)


@cache
def _two_of(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions of all pairs of so many children."""
    return np.triu_indices(size, 1)


def alike(
    low: Array, high: Array, first: np.ndarray, second: np.ndarray, school: np.ndarray
) -> tuple[Array, np.ndarray]:
    """Chance that two different children of one school are as near as each pair is.

    Readings are on the normal scale. Differences of two children are taken as jointly normal with twice the covariance
    of children within schools; one reading after another, the difference beyond what the readings before it lead one to
    expect gives the chance of one as small, and the chances are joined by Fisher's method. Tied readings count with the
    largest difference that the tie can hide: two children with no difficulties at all are no evidence.

    Parameters
    ----------
    low, high : array, shape (children, readings)
        Ends of each reading on the normal scale; NaN where not held.
    first, second : array, shape (pairs,)
        Positions of the children of each pair.
    school : array, shape (children,)
        School of each child.

    Returns
    -------
    p : array, shape (pairs,)
        The chance.
    shared : array of int, shape (pairs,)
        Readings that both have.
    """
    middle = (low + high) / 2
    frame = pd.DataFrame(middle)
    covariance = _covariance((frame - frame.groupby(school).transform("mean")).to_numpy())
    parts = [
        _chances(low, high, middle, first[start : start + AT_ONCE], second[start : start + AT_ONCE], covariance)
        for start in range(0, max(len(first), 1), AT_ONCE)
    ]
    return np.concatenate([p for p, _ in parts]), np.concatenate([count for _, count in parts])


def _patterns(held: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Give each different row of a table of yes and no, and the rows that are so."""
    code = np.zeros(len(held), dtype=np.int64)
    for j in range(held.shape[1]):
        code = 2 * code + held[:, j]
        if j % 30 == 29:
            code = np.unique(code, return_inverse=True)[1]
    for rows in grouped(code):
        yield held[rows[0]], rows


def _chances(
    low: Array, high: Array, middle: Array, first: np.ndarray, second: np.ndarray, covariance: Array
) -> tuple[Array, np.ndarray]:
    """Chances of some of the pairs, and the readings that they share."""
    from scipy.special import chdtrc, ndtr

    p, count = np.ones(len(first)), np.zeros(len(first), dtype=np.int64)
    for pattern, pairs in _patterns(~np.isnan(middle[first]) & ~np.isnan(middle[second])):
        used = np.flatnonzero(pattern)
        count[pairs] = len(used)
        if len(used) < FEWEST_READINGS:
            continue
        a, b = first[pairs][:, None], second[pairs][:, None]
        factor = np.linalg.cholesky(2 * covariance[np.ix_(used, used)])
        difference = middle[a, used] - middle[b, used]
        rest = np.linalg.solve(factor, difference.T).T
        widest = np.maximum(high[a, used], high[b, used]) - np.minimum(low[a, used], low[b, used])
        hidden = np.maximum(widest - np.abs(difference), 0.0) / np.diag(factor)
        chance = 2 * ndtr(np.abs(rest) + hidden) - 1
        p[pairs] = chdtrc(2 * len(used), -2 * np.log(np.maximum(chance, 1e-300)).sum(axis=1))
    return p, count


def _covariance(values: Array) -> Array:
    """Covariance of columns from all pairs of known values, mended to be positive definite."""
    covariance = pd.DataFrame(values).cov(min_periods=10).to_numpy()
    covariance = np.where(np.isnan(covariance), np.diag(np.ones(len(covariance))), covariance)
    roots, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.maximum(roots, 0.02)) @ vectors.T)
