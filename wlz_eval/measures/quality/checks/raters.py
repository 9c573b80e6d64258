"""Raters who knew: told by the tables, or one rater's later scores unlike those of all others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from wlz_eval.measures.quality.checks.scale import PRIOR_SPREAD, change_of_spread
from wlz_eval.measures.quality.clues import Clue, more_than_stray, unlike
from wlz_eval.measures.quality.held import FEWEST, PEOPLE, Array, Held, grouped

__all__ = ["RATER_PRIOR", "knew_share", "rater_clues"]

#: Variance between raters of the mean later score beyond what the first leads one to expect, in SDs of children.
RATER_PRIOR = 0.05


def rater_clues(held: Held) -> list[Clue]:
    """Look for raters who knew before the start, or in one school only, and for one rater unlike the rest.

    The last takes two looks at the rater's programme children, against those of the other raters: at the mean of the
    later scores beyond what the first lead one to expect (less that of the rater's own comparison children, where both
    are rated), and at the change of their spread, since a rater who sees all difficulties gone sees all children
    alike. The smaller p-value counts twice.
    """
    return [*_knew_clues(held), *_unlike_clues(held)]


def _ratings(held: Held) -> pd.DataFrame:
    table = held.readings
    return table[table["informant"].isin(PEOPLE)] if "informant" in table else table.iloc[:0]


def knew_share(held: Held) -> pd.DataFrame:
    """Count programme children whose later ratings are by raters who knew.

    Returns
    -------
    DataFrame
        One row a wave: ``wave``, ``children`` for whom it is known, ``knew``.
    """
    rows = _ratings(held)
    if "rater_knew" not in rows:
        return pd.DataFrame(columns=["wave", "children", "knew"])
    rows = rows[rows["rater_knew"].notna() & rows["programme"] & rows["wave"].isin(["midpoint", "endline", "followup"])]
    by_child = rows["rater_knew"].astype(bool).groupby([rows["wave"], rows["child"]]).max()
    out = by_child.groupby(level=0).agg(["size", "sum"]).reset_index()
    return out.set_axis(["wave", "children", "knew"], axis=1)


def _knew_clues(held: Held) -> list[Clue]:
    rows = _ratings(held)
    if "rater_knew" not in rows:
        return []
    rows = rows[rows["rater_knew"].notna() & rows["programme"]]
    knew = rows["rater_knew"].astype(bool).groupby([rows["wave"], rows["school_id"], rows["child"]]).max()
    counts = knew.groupby(level=[0, 1]).agg(["size", "sum"])
    clues = []
    parts: list[Any] = list(counts.groupby(level=0, sort=True))
    for wave, part in parts:
        early = wave in ("pre_baseline", "baseline")
        for (_, school), row in part.iterrows():
            n, k = int(row["size"]), int(row["sum"])
            if n < FEWEST:
                continue
            rest = part.drop(index=(wave, school)).sum()
            # Where raters know everywhere it is a limit of the design, said in another place of the page.
            odd_one = rest["size"] > 0 and rest["sum"] <= 0.5 * rest["size"]
            clues.append(
                Clue(
                    kind="raters", table="measures", school=str(school), wave=str(wave), size=n, affected=k,
                    p=more_than_stray(k, n, 0.5 if not early else 0.2) if early or odd_one else 1.0,
                    because="raters knew before the start who would take part" if early
                    else "raters knew here, and not elsewhere",
                )
            )
    return clues


def _standardised(held: Held, measures: list[str], wave: str) -> tuple[Array, Array, Array]:
    """Mean over measures of each child's standardised first score, later score, and later beyond expectation.

    More is better; NaN where no measure is held at both times.
    """
    parts: list[Array] = []
    for measure in measures:
        first, later = held.values.get((measure, "baseline")), held.values.get((measure, wave))
        if first is None or later is None:
            continue
        known = ~np.isnan(first) & ~np.isnan(later)
        if known.sum() < 4 * FEWEST or first[known].std() == 0 or later[known].std() == 0:
            continue
        x = np.column_stack([np.ones(known.sum()), first[known], held.programme[known]])
        coefficients, *_ = np.linalg.lstsq(x, later[known], rcond=None)
        sign = -1.0 if held.cohort.measure(measure).higher_is_better is False else 1.0
        scores = np.full((3, len(first)), np.nan)
        scores[:, known] = [
            sign * first[known] / first[known].std(),
            sign * later[known] / later[known].std(),
            sign * (later[known] - x @ coefficients) / later[known].std(),
        ]
        parts.append(scores)
    if not parts:
        return (np.full(len(held.children), np.nan),) * 3
    stacked = np.stack(parts)
    count = (~np.isnan(stacked)).sum(axis=0)
    mean = np.divide(np.nansum(stacked, axis=0), count, out=np.full(count.shape, np.nan), where=count > 0)
    return mean[0], mean[1], mean[2]


def _raters(held: Held, wave: str) -> pd.Series:
    """Who rated each child at a wave: the rater where one is named, else the child's school."""
    rows = _ratings(held)
    own = pd.Series(held.school, index=range(len(held.school)), dtype="str")
    if "rater_id" in rows:
        named = rows[(rows["wave"] == wave) & rows["rater_id"].notna()].drop_duplicates("child")
        own.loc[named["child"]] = named["rater_id"].astype("str").to_numpy()
    return own


def _unlike_clues(held: Held) -> list[Clue]:
    rows = _ratings(held)
    measures = sorted(rows["measure"].unique())
    parts = [m for m in measures if not m.endswith("_total")] or measures
    clues = []
    for wave in sorted(set(rows["wave"].unique()) & {"midpoint", "endline", "followup"}):
        clues += _unlike_at(held, parts, wave)
    return clues


def _by_name(names: np.ndarray, where: np.ndarray) -> dict[str, np.ndarray]:
    """Positions of each name, sorted by name."""
    rows = np.flatnonzero(where)
    codes, words = pd.factorize(names[rows], sort=True)
    return {str(words[codes[own[0]]]): rows[own] for own in grouped(codes)}


def _unlike_at(held: Held, measures: list[str], wave: str) -> list[Clue]:
    from scipy.stats import t as student

    first, later, beyond = _standardised(held, measures, wave)
    rater, known = _raters(held, wave).to_numpy(), ~np.isnan(beyond)
    groups = [
        (name, own)
        for name, own in _by_name(rater, known & held.programme).items()
        if len(own) >= FEWEST and min(first[own].std(), later[own].std()) > 0
    ]
    if len(groups) < 3:
        return []
    others_of = _by_name(rater, known & ~held.programme)
    beside = [others_of.get(name, np.zeros(0, dtype=np.int64)) for name, _ in groups]
    # The median over raters, since one who is unlike the rest must not set the noise for all.
    noise = float(np.median([beyond[own].var(ddof=1) for _, own in groups]))
    estimate, variance = np.zeros(len(groups)), np.zeros(len(groups))
    for i, ((_, own), others) in enumerate(zip(groups, beside, strict=True)):
        for rows, sign in ((own, 1.0), (others, -1.0)):
            if len(rows) >= FEWEST:
                estimate[i] += sign * beyond[rows].mean()
                variance[i] += max(float(beyond[rows].var(ddof=1)), noise) / len(rows)
    t1, df1 = unlike(estimate, variance, RATER_PRIOR)
    t2, df2 = unlike(*change_of_spread(first, later, groups), PRIOR_SPREAD)
    p = np.minimum(1.0, 4 * np.minimum(student.sf(np.abs(t1), df1), student.sf(np.abs(t2), df2)))
    return [
        Clue(
            kind="raters", table="measures", school=str(held.school[own[0]]), wave=wave, p=float(p[i]), size=len(own),
            rater="" if name == held.school[own[0]] else name, affected=len(own),
            because="one rater's programme children changed as no other rater's did",
        )
        for i, (name, own) in enumerate(groups)
    ]
