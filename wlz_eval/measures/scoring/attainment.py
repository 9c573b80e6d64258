"""Attainment: standardised scores, percentiles, levels given by teachers, grades, and adjustment for age."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.reference.scales import attainment_cuts, gcse_letters, teacher_levels

__all__ = ["adjust_for_age", "letters_as_grades", "level_scores", "percentile", "reaches"]

#: Mean and standard deviation of standardised scores.
MEAN, SD = 100.0, 15.0
#: Fewest children of the population in a year group for a regression on their month of birth.
FEWEST_IN_YEAR = 30
#: Fewest different months of birth for a slope.
FEWEST_MONTHS = 6


def percentile(score: pd.Series | np.ndarray | float) -> np.ndarray:
    """Turn standardised scores (mean 100, SD 15) into national percentiles, by the normal distribution.

    Examples
    --------
    >>> percentile([95, 100, 87.38]).round(1).tolist()
    [36.9, 50.0, 20.0]
    """
    from scipy.special import ndtr

    return 100 * ndtr((np.asarray(score, dtype=float) - MEAN) / SD)


def level_scores(levels: pd.Series | np.ndarray, scale: str) -> pd.DataFrame:
    """Turn levels given by a teacher into standardised scores, with what the range of a level leaves open.

    A level stands for a range of scores. Its midpoint is taken, and the percentile of the midpoint. The child's
    own score may lie anywhere in the range: ``low`` and ``high`` bound it, and ``sd`` is the standard deviation of
    a score spread evenly over it, (high - low) / sqrt(12), which adds to every standard error.

    Parameters
    ----------
    levels : Series or array
        Whole numbers of the scale; missing stays missing.
    scale : str
        Scale in ``data/reference/teacher_levels.csv``. A school's own ranges go there as a scale of their own.

    Returns
    -------
    DataFrame
        ``midpoint``, ``low``, ``high``, ``sd`` in points, ``percentile``, ``percentile_low``, ``percentile_high``,
        and ``confirmed``: whether the range was seen in a source.

    Raises
    ------
    OptionError
        When there is no such scale, or it has no such level.

    Examples
    --------
    >>> level_scores([3], "five_levels")[["midpoint", "percentile"]].round(1).iloc[0].tolist()
    [95.0, 36.9]
    """
    rows = teacher_levels(scale)
    values = pd.Series(levels, dtype=float)
    unknown = sorted(set(values.dropna()) - {float(row.level) for row in rows})
    if unknown:
        raise OptionError(
            f"Scale {scale} has no level {unknown[0]:g}. Valid: {', '.join(str(row.level) for row in rows)}."
        )
    ranges = {float(row.level): row for row in rows}
    low = values.map({level: row.low for level, row in ranges.items()})
    high = values.map({level: row.high for level, row in ranges.items()})
    middle = (low + high) / 2
    return pd.DataFrame(
        {
            "midpoint": middle,
            "low": low,
            "high": high,
            "sd": (high - low) / np.sqrt(12),
            "percentile": percentile(middle),
            "percentile_low": percentile(low),
            "percentile_high": percentile(high),
            "confirmed": values.map({level: row.confirmed for level, row in ranges.items()}).astype("boolean"),
        },
        index=values.index,
    )


def reaches(score: pd.Series | np.ndarray, scale: str, cut: str) -> np.ndarray:
    """Say whether each score reaches a named standard: 1, 0, or ``nan`` where the score is missing.

    Parameters
    ----------
    score : Series or array
        Scores of the scale.
    scale, cut : str
        Row of ``data/reference/attainment_cuts.csv``, such as ``gcse`` and ``standard_pass``.

    Examples
    --------
    >>> reaches([3, 4, float("nan")], "gcse", "standard_pass").tolist()
    [0.0, 1.0, nan]
    """
    known = attainment_cuts()
    if (scale, cut) not in known:
        valid = [f"{s} {c}" for s, c in known]
        raise OptionError(f"There is no standard {cut!r} of {scale!r}. {suggestion(f'{scale} {cut}', valid)}")
    values = np.asarray(score, dtype=float)
    return np.where(np.isnan(values), np.nan, (values >= known[scale, cut].value).astype(float))


def letters_as_grades(letters: pd.Series) -> pd.DataFrame:
    """Turn lettered GCSE grades (before 2017) into the numbered grades that they may stand for.

    Only the bottoms of A, C and G were aligned with numbered grades, so each letter gives a range.

    Returns
    -------
    DataFrame
        ``low``, ``high`` and ``middle`` of the range, ``confirmed``; missing where the letter is.

    Examples
    --------
    >>> letters_as_grades(pd.Series(["C", "A*"]))[["low", "high"]].to_numpy().tolist()
    [[4.0, 5.0], [8.0, 9.0]]
    """
    known = gcse_letters()
    unknown = sorted(set(letters.dropna().astype(str)) - set(known))
    if unknown:
        raise OptionError(f"There is no lettered GCSE grade {unknown[0]!r}. {suggestion(unknown[0], list(known))}")
    low = letters.map({letter: float(row.low) for letter, row in known.items()}).astype(float)
    high = letters.map({letter: float(row.high) for letter, row in known.items()}).astype(float)
    confirmed = letters.map({letter: row.confirmed for letter, row in known.items()}).astype("boolean")
    return pd.DataFrame({"low": low, "high": high, "middle": (low + high) / 2, "confirmed": confirmed})


def _birth_index(birth_month: pd.Series) -> np.ndarray:
    """Months since year 0; ``nan`` where unknown."""
    parts = birth_month.astype("str").str.extract(r"^(\d{4})-(\d{2})$").astype(float)
    return (12 * parts[0] + parts[1]).to_numpy()


def adjust_for_age(
    score: pd.Series, birth_month: pd.Series, year_group: pd.Series, population: pd.Series | None = None
) -> pd.Series:
    """Standardise scores on month of birth within the year group.

    With y the score, m the month of birth (younger is more) and g the year group, the regression
    y = a_g + b_g m + e is fitted by least squares within each year group on the unselected population, with s_g the
    standard deviation of e (n_g - 2 degrees of freedom). The adjusted score is 100 + 15 (y - a_g - b_g m) / s_g.

    Parameters
    ----------
    score : Series
        One value a child at one wave, on one form.
    birth_month : Series of str
        ``YYYY-MM``.
    year_group : Series
        Year group at the start.
    population : Series of bool, optional
        Who stands for the unselected population; by default every child. Children chosen for low scores make the
        slope too flat, so the whole year group is best.

    Returns
    -------
    Series
        Mean 100 and SD 15 in the population of each year group; missing where score, month or year group is.

    Raises
    ------
    OptionError
        When a year group has too few children or months of birth to fit the regression.

    Examples
    --------
    >>> month = pd.Series([f"2013-{m:02d}" for m in range(1, 13)] * 5)
    >>> noise = pd.Series(np.random.default_rng(1).normal(0, 5, 60))
    >>> older = 60 - pd.Series([m for m in range(1, 13)] * 5)
    >>> adjusted = adjust_for_age(older + noise, month, pd.Series(["4"] * 60))
    >>> round(float(adjusted.mean()), 6), round(abs(float(np.corrcoef(older, adjusted)[0, 1])), 6)
    (100.0, 0.0)
    """
    y, m = score.to_numpy(dtype=float, na_value=np.nan), _birth_index(birth_month)
    group = year_group.to_numpy(dtype=object)
    known = ~np.isnan(y) & ~np.isnan(m) & ~pd.isna(group)
    within = known if population is None else known & population.to_numpy(dtype=bool)
    adjusted = np.full(len(y), np.nan)
    for name in sorted({str(g) for g in group[known]}):
        of_year = known & (group.astype(str) == name)
        fit = of_year & within
        months = len(np.unique(m[fit]))
        if fit.sum() < FEWEST_IN_YEAR or months < FEWEST_MONTHS:
            raise OptionError(
                f"Year group {name} has {int(fit.sum())} children of the population with score and month of birth, "
                f"born in {months} months; the adjustment for age needs {FEWEST_IN_YEAR} and {FEWEST_MONTHS}."
            )
        middle = m[fit].mean()
        slope, level = np.polyfit(m[fit] - middle, y[fit], 1)
        residual = y - level - slope * (m - middle)
        spread = np.sqrt((residual[fit] ** 2).sum() / (fit.sum() - 2))
        if not spread > 0:
            raise OptionError(f"In year group {name} scores do not vary within a month: nothing to standardise.")
        adjusted[of_year] = MEAN + SD * residual[of_year] / spread
    return pd.Series(adjusted, index=score.index)
