"""Readings of two times exchanged: by their dates, by growth, and by how readings hang together over time."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd

from wlz_eval.cohort.model import WAVES, Period
from wlz_eval.measures.quality.clues import Clue, more_than_stray, unlike
from wlz_eval.measures.quality.held import FEWEST, Array, Held

__all__ = ["swap_clues", "swap_scores"]

#: Share of children with two readings who must have an earlier or middle one too, for it to help.
HELD_BY_MOST = 0.8
#: Standard errors of a school's mean by which schools must grow, for one that goes back to be told by that.
FEWEST_STEPS = 4
#: Below this a spread, or what is left of one, is that of equal numbers.
SAME = 1e-9


def swap_clues(held: Held) -> list[Clue]:
    """Look for schools, or a whole cohort, whose readings at the start and at the end were exchanged.

    By dates: most readings of each of two waves are dated within the other. By values, where dates say nothing: each
    child's readings are more or less likely as labelled than exchanged, given earlier readings, attendance and group
    (normal linear model, fitted within schools). A school whose children are on average more likely exchanged is tested
    against zero (Vuong 1989) and against the other schools; two looks, so the smaller p-value counts twice. For all
    schools together: readings nearer in time must hang together more closely (Williams's test of two dependent
    correlations).
    """
    return [*_by_date(held), *_by_values(held), *_by_correlation(held)]


def _by_date(held: Held) -> list[Clue]:
    table, periods = held.readings, held.cohort.meta.waves
    if "date" not in table:
        return []
    clues = []
    for first, second in itertools.combinations([w for w in WAVES if w in periods], 2):
        one, two = (_within(held, table, *pair) for pair in ((first, periods[second]), (second, periods[first])))
        for school in sorted(set(one) & set(two)):
            (size, odd), (size_two, odd_two) = one[school], two[school]
            clues.append(
                Clue(
                    kind="swapped_waves", table="measures", school=school, wave=f"{first} {second}",
                    p=max(more_than_stray(odd, size), more_than_stray(odd_two, size_two)),
                    size=max(size, size_two), affected=max(odd, odd_two),
                    because="readings of each time are dated within the other",
                )
            )
    return clues


def _within(held: Held, table: pd.DataFrame, wave: str, period: Period) -> dict[str, tuple[int, int]]:
    """Children of each school with a dated reading of a wave, and how many of them with one dated in a period."""
    rows = table.loc[(table["wave"] == wave) & table["date"].notna(), ["child", "date"]]
    inside = rows["date"].between(pd.Timestamp(period.start), pd.Timestamp(period.end)).to_numpy()
    child = rows["child"].to_numpy()
    found = held.by_school(held.any_of(child), held.any_of(child[inside]), FEWEST)
    return {school: (size, odd) for school, size, odd in found}


def _centred(values: Array, school: np.ndarray) -> Array:
    frame = pd.DataFrame(values)
    return np.asarray(values - frame.groupby(school).transform("mean").to_numpy())


def swap_scores(held: Held, measure: str, first: str, second: str) -> Array:
    """Score each child: the log-likelihood of the two readings exchanged less that as labelled; NaN where not known.

    Parameters
    ----------
    held : Held
        The cohort.
    measure, first, second : str
        The measure and its two waves.

    Returns
    -------
    array, shape (children,)
        Below zero on average where the labels are right, whatever the model: its coefficients are fitted to them.
    """
    a, b = held.values[measure, first], held.values[measure, second]
    known = ~np.isnan(a) & ~np.isnan(b)
    helpers: list[Array] = [held.programme.astype(float)]
    candidates = [v for (m, w), v in held.values.items() if w not in (first, second) and m == measure]
    candidates += [v for w, v in held.attendance.items()]
    for values in candidates:
        if known.any() and np.mean(~np.isnan(values[known])) >= HELD_BY_MOST:
            helpers.append(values)
    for values in helpers:
        known &= ~np.isnan(values)
    out = np.full(len(a), np.nan)
    if known.sum() < FEWEST * 2:
        return out
    school = held.school_codes[0][known]
    x = _centred(np.column_stack([h[known] for h in helpers]), school)
    y = _centred(np.column_stack([a[known], b[known]]), school)
    coefficients, *_ = np.linalg.lstsq(x, y, rcond=None)
    fitted = x @ coefficients
    as_labelled, exchanged = y - fitted, y[:, ::-1] - fitted
    covariance = as_labelled.T @ as_labelled / len(y)
    if np.linalg.cond(covariance) > 1e10:
        return out
    precision = np.linalg.inv(covariance)
    out[known] = 0.5 * (
        np.einsum("ij,jk,ik->i", as_labelled, precision, as_labelled)
        - np.einsum("ij,jk,ik->i", exchanged, precision, exchanged)
    )
    return out


def _by_values(held: Held) -> list[Clue]:
    pairs = sorted({(m, "baseline", w) for m in held.measures for w in held.waves(m) if w in ("endline", "followup")
                    and "baseline" in held.waves(m)})
    clues = []
    for late in sorted({w for _, _, w in pairs}):
        scores = [swap_scores(held, m, first, second) for m, first, second in pairs if second == late]
        stacked = np.vstack(scores)
        there = ~np.isnan(stacked)
        total = np.where(there.any(axis=0), np.nansum(stacked, axis=0), np.nan)
        clues += _score_clues(held, total, f"baseline {late}")
        for measure in (m for m, _, w in pairs if w == late):
            clues += _growth_clues(held, measure, "baseline", late)
    return clues


def _score_clues(held: Held, score: Array, waves: str) -> list[Clue]:
    from scipy.stats import t as student

    groups = list(held.schools(~np.isnan(score)))
    if not groups:
        return []
    mean = np.array([score[rows].mean() for _, rows in groups])
    size = np.array([len(rows) for _, rows in groups])
    spread = np.array([score[rows].std(ddof=1) for _, rows in groups])
    pooled = float(np.sqrt(np.average(spread**2, weights=size - 1)))
    if not pooled > 0:
        return []
    against_zero = student.sf(mean / np.maximum(spread, pooled) * np.sqrt(size), size - 1)
    t, df = unlike(mean, pooled**2 / size, 0.0)
    against_others = np.where(np.isnan(df), 1.0, student.sf(t, df))
    return [
        Clue(
            kind="swapped_waves", table="measures", school=name, wave=waves, size=len(rows), affected=len(rows),
            p=min(1.0, 2 * min(float(zero), float(others))) if m > 0 else 1.0,
            because="the readings fit those before and between better when exchanged",
        )
        for (name, rows), m, zero, others in zip(groups, mean, against_zero, against_others, strict=True)
    ]


def _growth_clues(held: Held, measure: str, first: str, second: str) -> list[Clue]:
    """Find schools that went as far back as the others went forward, where all others grew."""
    from scipy.stats import t as student

    change = held.values[measure, second] - held.values[measure, first]
    groups = list(held.schools(~np.isnan(change)))
    if len(groups) < 3:
        return []
    mean = np.array([change[rows].mean() for _, rows in groups])
    size = np.array([len(rows) for _, rows in groups])
    pooled = np.average([change[rows].var(ddof=1) for _, rows in groups], weights=size - 1)
    if not pooled > 0:
        return []
    t, df = unlike(mean, pooled / size, 0.0)
    overall = (mean.sum() - mean) / (len(mean) - 1)
    # Where children hardly grow, going back as far as the others went forward is no sign of anything.
    if np.median(np.abs(mean)) < FEWEST_STEPS * math.sqrt(pooled / np.median(size)):
        return []
    back = (np.sign(mean) != np.sign(overall)) & (np.abs(mean + overall) < np.abs(mean - overall) / 2)
    return [
        Clue(
            kind="swapped_waves", table="measures", school=name, measure=measure, wave=f"{first} {second}",
            size=len(rows), affected=len(rows), p=2 * float(student.sf(abs(t[i]), df[i])) if back[i] else 1.0,
            because="the school went back as far as the others went forward",
        )
        for i, (name, rows) in enumerate(groups)
    ]


def _by_correlation(held: Held) -> list[Clue]:
    """For the whole cohort: an earlier reading must go with the start more closely than with the end."""
    from scipy.stats import t as student

    clues = []
    for measure in held.measures:
        waves = held.waves(measure)
        if not {"pre_baseline", "baseline"} <= set(waves) or waves[-1] not in ("endline", "followup"):
            continue
        late = waves[-1]
        columns = np.column_stack([held.values[measure, w] for w in ("pre_baseline", "baseline", late)])
        known = ~np.isnan(columns).any(axis=1)
        if known.sum() < 4 * FEWEST:
            continue
        centred = _centred(columns[known], held.school_codes[0][known])
        n = int(known.sum()) - len(np.unique(held.school_codes[0][known]))
        if n <= 3 or centred.std(axis=0).min() < SAME:
            continue
        near, far, rest = np.asarray(np.corrcoef(centred.T))[[0, 0, 1], [1, 2, 2]]
        determinant = 1 - near**2 - far**2 - rest**2 + 2 * near * far * rest
        middle = (near + far) / 2
        under = 2 * (n - 1) / (n - 3) * determinant + middle**2 * (1 - rest) ** 3
        if under < SAME:
            continue  # start and end are the same readings: neither can be nearer to an earlier one
        t = (far - near) * np.sqrt((n - 1) * (1 + rest) / under)
        clues.append(
            Clue(
                kind="swapped_waves", table="measures", measure=measure, wave=f"baseline {late}",
                p=float(student.sf(t, n - 3)), size=int(known.sum()), affected=int(known.sum()),
                because="an earlier reading goes more closely with the end than with the start",
            )
        )
    return clues
