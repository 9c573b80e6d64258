"""Scores and bands of the Strengths and Difficulties Questionnaire."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.core.result import Result
from wlz_eval.reference.sdq import INFORMANTS, LOWEST, SCALES, item_names, sdq_bands, sdq_items

__all__ = ["SdqScored", "add_subscales", "score_items", "score_sdq", "sdq_band"]

#: A subscale is scored when at least this many of its five items are answered.
FEWEST_ITEMS = 3
#: Subscales that add up to the total; the fifth, prosocial behaviour, is a strength.
DIFFICULTIES = 4


def score_items(items: np.ndarray) -> np.ndarray:
    """Add the 25 items of each form up to the five subscales and the total.

    A subscale with 3 or 4 answers is prorated, (sum of the answered) x 5 / (number answered), and rounded with
    halves upwards; with fewer it is missing, and so is the total when any of its four subscales is.

    Parameters
    ----------
    items : (n, 25) array
        0, 1 or 2 as ticked, in the order of the form; ``nan`` where not answered.

    Returns
    -------
    (n, 6) array
        The subscales in the order of ``SCALES``, then the total.

    Raises
    ------
    OptionError
        When there are not 25 columns, or a cell holds anything but 0, 1, 2 and missing.

    Examples
    --------
    >>> score_items(np.zeros((1, 25)))[0].tolist(), score_items(np.full((1, 25), 2))[0].tolist()
    ([0.0, 2.0, 4.0, 4.0, 0.0, 10.0], [10.0, 8.0, 6.0, 6.0, 10.0, 30.0])
    """
    answers = np.asarray(items, dtype=float)
    if answers.ndim != 2 or answers.shape[1] != len(sdq_items()):
        raise OptionError(f"The SDQ has 25 items: give an array of shape (children, 25), not {answers.shape}.")
    known = ~np.isnan(answers)
    ticked = np.where(np.isfinite(answers), answers, 0.0).astype(np.int64)
    wrong = known & ((answers != ticked) | (ticked < 0) | (ticked > 2))
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise OptionError(
            f"An SDQ answer is 0, 1 or 2; item {column + 1} of row {row + 1} is {answers[row, column]:g}, and "
            f"{int(wrong.sum())} in all are none of these. Recode the form (not true 0, somewhat true 1, certainly "
            "true 2) or leave the cell empty."
        )
    turned = np.array([item.reversed for item in sdq_items()])
    points = np.where(known, np.where(turned, 2 - ticked, ticked), 0)
    member = np.array([[item.measure == scale for scale in SCALES] for item in sdq_items()], dtype=np.int64)
    answered = known.astype(np.int64) @ member
    # Halves go up: floor(5 s / k + 1/2), in whole numbers so that no half is lost to rounding error.
    score = (10 * (points @ member) + answered) // np.maximum(2 * answered, 1)
    scales = np.where(answered >= FEWEST_ITEMS, score.astype(float), np.nan)
    return np.column_stack([scales, scales[:, :DIFFICULTIES].sum(axis=1)])


def add_subscales(subscales: np.ndarray) -> np.ndarray:
    """Add the four difficulty subscales up to the total; missing when one of them is.

    Parameters
    ----------
    subscales : (n, 4) array
        Emotional, conduct, hyperactivity and peer problems, each a whole number from 0 to 10.

    Examples
    --------
    >>> add_subscales(np.array([[3, 2, 6, 1], [3, 2, np.nan, 1]])).tolist()
    [12.0, nan]
    """
    scores = np.asarray(subscales, dtype=float)
    known = scores[~np.isnan(scores)]
    if scores.ndim != 2 or scores.shape[1] != DIFFICULTIES:
        raise OptionError(f"Give four subscales, {', '.join(SCALES[:DIFFICULTIES])}, not shape {scores.shape}.")
    if ((known < 0) | (known > 10) | (known != np.round(known))).any():
        raise OptionError("An SDQ subscale is a whole number from 0 to 10: correct the scores that are not.")
    return scores.sum(axis=1)


def one_informant(informant: object) -> str:
    """Return the one informant of a set of forms, and refuse none, several, or one that does not exist."""
    named = [informant] if isinstance(informant, str) else list(pd.unique(pd.Series(informant, dtype=object)))
    if len(named) != 1 or pd.isna(named[0]):
        found = ", ".join(sorted("not known" if pd.isna(name) else str(name) for name in named)) or "none"
        raise OptionError(
            f"SDQ forms of one informant only can be scored, banded or compared together; found: {found}. "
            "Parents, teachers and young people have different cut-points: take each informant by itself."
        )
    if named[0] not in INFORMANTS:
        raise OptionError(f"Nobody fills in the SDQ as {named[0]!r}. {suggestion(str(named[0]), INFORMANTS)}")
    return str(named[0])


def sdq_band(scores: pd.Series | np.ndarray, measure: str, informant: object, system: str = "three_band") -> pd.Series:
    """Put scores of one informant into the bands of one system.

    Parameters
    ----------
    scores : Series or array
        Scores of `measure`; missing stays missing.
    measure : str
        ``sdq_total`` or a subscale.
    informant : str or sequence of str
        ``parent``, ``teacher`` or ``self``: the same for all.
    system : str
        ``three_band`` or ``four_band``.

    Returns
    -------
    Series of ordered category
        From the least to the most difficulty. pandas refuses to compare two systems, whose categories differ.

    Raises
    ------
    OptionError
        When informants are mixed, when there are no such bands, or when a score is out of range.

    Examples
    --------
    >>> sdq_band(pd.Series([11, 12, 15, 16, None]), "sdq_total", "teacher").tolist()
    ['normal', 'borderline', 'borderline', 'abnormal', nan]
    """
    bands = sdq_bands(measure, one_informant(informant), system)
    values = pd.Series(scores).astype(float)
    high = 40 if measure == "sdq_total" else 10
    if ((values < 0) | (values > high)).any():
        raise OptionError(f"{measure} runs from 0 to {high}; found {values[(values < 0) | (values > high)].iloc[0]:g}.")
    numbers = values.to_numpy()
    place = np.zeros(len(values), dtype=np.int64)
    for row in bands.rows:
        place += (numbers >= row.cut) if row.side == "at_least" else (numbers <= row.cut)
    names = [LOWEST[system], *(row.band for row in bands.rows)]
    place[np.isnan(numbers)] = -1
    coded = pd.Categorical.from_codes(place, dtype=pd.CategoricalDtype(names, ordered=True))
    return pd.Series(coded, index=values.index, name=f"{measure}_band")


@dataclass(frozen=True, kw_only=True, repr=False)
class SdqScored(Result):
    """Scored forms of one informant.

    Parameters
    ----------
    informant : str
        Who filled in the forms.
    scores : DataFrame
        Indexed as the items; the five subscales and ``sdq_total``, missing where too little was answered.
    """

    informant: str
    scores: pd.DataFrame

    @property
    def title(self) -> str:  # type: ignore[override]
        """Say whose forms these are."""
        return f"SDQ scores from {self.informant} forms"

    def table(self) -> pd.DataFrame:
        """Return one row a form."""
        return self.scores

    def bands(self, system: str = "three_band") -> pd.DataFrame:
        """Put every scale into the bands of one system, for this informant."""
        names = [str(name) for name in self.scores]
        return pd.DataFrame({name: sdq_band(self.scores[name], name, self.informant, system) for name in names})


def score_sdq(items: pd.DataFrame, informant: object) -> SdqScored:
    """Score SDQ forms of one informant from their items.

    Parameters
    ----------
    items : DataFrame
        One row a form; columns ``sdq_item_1`` to ``sdq_item_25`` with 0, 1, 2 as ticked, before any reversal.
    informant : str or sequence of str
        Who filled in the forms; several different ones are refused.

    Returns
    -------
    SdqScored

    Raises
    ------
    OptionError
        When items are missing as columns, answers are not 0, 1 or 2, or informants are mixed.

    Examples
    --------
    >>> form = pd.DataFrame([[0] * 25], columns=[f"sdq_item_{i}" for i in range(1, 26)])
    >>> float(score_sdq(form, "teacher").scores["sdq_total"].iloc[0])
    10.0
    """
    names = list(item_names())
    absent = [name for name in names if name not in items]
    if absent:
        raise OptionError(
            f"{len(absent)} of the 25 SDQ items have no column: {', '.join(absent[:5])}{' …' if absent[5:] else ''}. "
            "Add them; leave a cell empty where an item was not answered."
        )
    scores = score_items(items[names].to_numpy(dtype=float, na_value=np.nan))
    columns = [*SCALES, "sdq_total"]
    return SdqScored(informant=one_informant(informant), scores=pd.DataFrame(scores, items.index, columns))
