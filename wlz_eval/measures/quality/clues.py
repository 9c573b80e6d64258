"""One check at one place, and the decision over all of them with a stated rate of false alarms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType

import numpy as np
import pandas as pd

__all__ = ["CLUE_COLUMNS", "FALSE_ALARMS", "KINDS", "STRAY", "Clue", "decide", "more_than_stray", "places"]

#: Chance that a cohort without any fault is flagged at all, over all checks and places.
FALSE_ALARMS = 0.05
#: Share of records that slips alone may touch. A check of dates, forms or raters asks whether more are.
STRAY = 0.2

#: What is looked for, and how it is said.
KINDS: MappingProxyType[str, str] = MappingProxyType(
    {
        "swapped_waves": "readings of two times exchanged",
        "duplicates": "one child under two ids",
        "changed_scale": "a school that changed its scale",
        "heaping": "teachers' scores heaped on round numbers",
        "shifted_dates": "dates that were shifted",
        "silent_partner": "a partner that returned nothing",
        "raters": "raters who knew before the start or in one school only, or one rater unlike the rest",
        "mixed_forms": "forms or informants mixed",
        "counted_then_timed": "contacts counted first and timed later",
        "incident_policy": "incidents recorded by a new policy",
    }
)


@dataclass(frozen=True, kw_only=True)
class Clue:
    """One check at one place.

    Parameters
    ----------
    kind : str
        A key of :data:`KINDS`.
    p : float
        Chance of records at least as odd as these where nothing is wrong.
    table : str
        Table that holds the records.
    school, partner, rater, measure, wave : str
        The place; empty where the check is not about one. Several waves are joined by a space.
    size : int
        Children or records that were looked at.
    affected : int
        Children whose records are touched when the suspicion is right.
    because : str
        The evidence in words, without numbers: one wording for one way of looking, whatever is found.
    joint : bool
        Whether `p` allows already for all places and looks of its kind.
    """

    kind: str
    p: float
    table: str
    school: str = ""
    partner: str = ""
    rater: str = ""
    measure: str = ""
    wave: str = ""
    size: int = 0
    affected: int = 0
    because: str = ""
    joint: bool = False


CLUE_COLUMNS: tuple[str, ...] = tuple(f.name for f in fields(Clue))


def more_than_stray(count: int, size: int, share: float = STRAY) -> float:
    """Chance of `count` or more odd records of `size`, when slips touch a share of them.

    Examples
    --------
    >>> more_than_stray(0, 10)
    1.0
    >>> round(more_than_stray(10, 10, 0.5), 6)
    0.000977
    """
    from scipy.special import bdtrc

    return float(bdtrc(count - 1, size, share)) if count else 1.0


def _holm(p: np.ndarray) -> np.ndarray:
    """Adjust p-values for their number by the step-down of Holm (1979)."""
    order = np.argsort(p, kind="stable")
    steps = p[order] * np.arange(len(p), 0, -1)
    out = np.empty(len(p))
    out[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return out


def decide(clues: Sequence[Clue], false_alarms: float = FALSE_ALARMS) -> pd.DataFrame:
    """Decide which clues are taken for faults.

    Each kind of fault has an equal part of the rate of false alarms, so that many schools under one check do not blunt
    another; each way of looking for a kind (a wording of ``because``) has an equal part of that; and within it Holm's
    step-down allows for the number of places. The chance that a cohort without faults
    is flagged at all is therefore at most `false_alarms`.

    Parameters
    ----------
    clues : sequence of Clue
        Every check that was made, at every place.
    false_alarms : float
        Chance that a cohort without faults is flagged.

    Returns
    -------
    DataFrame
        One row a clue with its fields, ``p_adjusted`` (over all kinds and places) and ``flagged``; in the order of kind
        and place.

    Examples
    --------
    >>> table = decide([Clue(kind="heaping", p=1e-6, table="measures"), Clue(kind="heaping", p=0.4, table="measures")])
    >>> table["flagged"].tolist()
    [True, False]
    """
    table = pd.DataFrame([asdict(clue) for clue in clues], columns=list(CLUE_COLUMNS))
    kinds = list(KINDS)
    table = table.sort_values(
        ["kind", "table", "school", "partner", "rater", "measure", "wave"],
        key=lambda s: s.map(kinds.index) if s.name == "kind" else s,
        kind="stable",
        ignore_index=True,
    )
    p = table["p"].fillna(1.0).clip(0.0, 1.0).to_numpy(dtype=float)
    adjusted = np.ones(len(table))
    families = list(zip(table["kind"], table["because"], strict=True))
    for family in dict.fromkeys(families):
        rows = np.array([i for i, own in enumerate(families) if own == family])
        looks = len({because for kind, because in families if kind == family[0]})
        joint = bool(table["joint"].to_numpy()[rows].all())
        adjusted[rows] = p[rows] if joint else _holm(p[rows]) * looks
    table["p_adjusted"] = np.minimum(adjusted * len(KINDS), 1.0)
    table["flagged"] = table["p_adjusted"] <= false_alarms
    return table


def places(decided: pd.DataFrame) -> pd.DataFrame:
    """Join flagged clues of one kind at one place: one row a suspected fault.

    Parameters
    ----------
    decided : DataFrame
        From :func:`decide`.

    Returns
    -------
    DataFrame
        ``kind``, ``what``, ``table``, ``school``, ``partner``, ``rater``, ``measures``, ``waves``, ``affected``,
        ``because`` (of the strongest clue) and ``p_adjusted`` (the smallest).
    """
    flagged = decided[decided["flagged"]]
    rows = []
    place = ["kind", "table", "school", "partner"]
    for key, group in flagged.groupby(place, sort=False):
        best = group.sort_values("p_adjusted", kind="stable").iloc[0]
        rows.append(
            dict(zip(place, key, strict=True))
            | {
                "what": KINDS[str(key[0])],
                "rater": " ".join(sorted(set(group["rater"]) - {""})),
                "measures": " ".join(sorted({m for held in group["measure"] for m in held.split()})),
                "waves": " ".join(sorted({w for held in group["wave"] for w in held.split()})),
                "affected": int(group["affected"].sum() if key[0] == "duplicates" else group["affected"].max()),
                "because": best["because"],
                "p_adjusted": float(best["p_adjusted"]),
            }
        )
    columns = [
        "kind", "what", "table", "school", "partner", "rater", "measures", "waves", "affected", "because", "p_adjusted"
    ]
    return pd.DataFrame(rows, columns=columns)


def unlike(
    estimates: np.ndarray, variances: np.ndarray, prior_variance: float, prior_df: float = 5.0
) -> tuple[np.ndarray, np.ndarray]:
    """Compare each unit with what the others lead one to expect.

    Units vary around a common mean with their sampling variance and a variance between units. That is estimated from
    the other units (method of moments, DerSimonian and Laird) and drawn towards `prior_variance`, which counts as
    much as `prior_df` units: with three schools the data alone cannot say how much schools differ. The new unit
    is then judged by Student's t, as in the moderated t statistic of Smyth (2004).

    Parameters
    ----------
    estimates, variances : array, shape (units,)
        Estimate of each unit and its sampling variance.
    prior_variance : float
        Variance between units to be expected before looking.
    prior_df : float
        Weight of that expectation, in units.

    Returns
    -------
    t : array, shape (units,)
        Distance of each unit from the mean of the others, in standard errors of that distance.
    df : array, shape (units,)
        Degrees of freedom.
    """
    n = len(estimates)
    t, df = np.zeros(n), np.full(n, math.nan)
    for i in range(n):
        y, v = np.delete(estimates, i), np.delete(variances, i)
        others = len(y)
        if others < 1:
            continue
        w = 1 / v
        mean = float((w * y).sum() / w.sum())
        scale = float(w.sum() - (w**2).sum() / w.sum())
        between = max((float((w * (y - mean) ** 2).sum()) - (others - 1)) / scale, 0.0) if others > 1 else 0.0
        df[i] = prior_df + others - 1
        between = (prior_df * prior_variance + (others - 1) * between) / df[i] if df[i] > 0 else between
        w = 1 / (v + between)
        mean = float((w * y).sum() / w.sum())
        t[i] = (estimates[i] - mean) / math.sqrt(between + variances[i] + 1 / w.sum())
    return t, df
