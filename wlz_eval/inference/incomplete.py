"""Change of children of whom some were lost: complete cases, imputed, and how far the lost could move it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.core.result import Result
from wlz_eval.inference.imputation import impute
from wlz_eval.inference.rubin import pool_rubin
from wlz_eval.measures.progress import paired_change

__all__ = ["IncompleteChange", "incomplete_change", "lost_profile"]

Array = npt.NDArray[np.float64]
#: Fewest children with both readings from whom the missing ones are imputed.
FEWEST = 20
HELD_SHARE = 0.5
BACKGROUND: tuple[str, ...] = ("fsm", "eal", "social_care", "imd_decile", "gender", "sen", "year_group")


@dataclass(frozen=True, kw_only=True, repr=False)
class IncompleteChange(Result):
    """Mean change, with what the children without a later reading leave open.

    Parameters
    ----------
    rows : DataFrame
        One row a way of counting: ``way``, ``what`` (in words), ``n`` (children counted), ``change``, ``ci_low``,
        ``ci_high`` (``nan`` for bounds).
    children, lost : int
        Children with a first reading; of them, those without the later one.
    needed : float
        Change that the lost would need on average for the change of all to be none; ``nan`` when none is lost.
    """

    rows: pd.DataFrame
    children: int
    lost: int
    needed: float

    title = "Change, and what the children who were lost leave open"

    def table(self) -> pd.DataFrame:
        """One row a way of counting."""
        return self.rows.copy()


def _column(data: pd.DataFrame, name: str, own: pd.Series) -> pd.Series | None:
    values = data.loc[own, name]
    if values.notna().mean() < HELD_SHARE or values.nunique() < 2:
        return None
    if pd.api.types.is_numeric_dtype(values.dtype):
        return values.astype(float)
    return values.astype(object)


def _held(data: pd.DataFrame, measure: str, wave: str) -> tuple[pd.DataFrame, str, str]:
    """Give both readings a column: one that nobody has yet is missing for all."""
    first, later = f"{measure}_baseline", f"{measure}_{wave}"
    absent = [column for column in (first, later) if column not in data]
    return data.assign(**dict.fromkeys(absent, math.nan)), first, later


def _known_before(data: pd.DataFrame, own: pd.Series) -> pd.DataFrame:
    names = [c for c in data.columns if str(c).endswith("baseline")] + [c for c in BACKGROUND if c in data]
    found = {name: _column(data, name, own) for name in names}
    return pd.DataFrame({name: values for name, values in found.items() if values is not None})


def incomplete_change(
    data: pd.DataFrame,
    measure: str,
    wave: str,
    *,
    low: float,
    high: float,
    imputations: int = 20,
    seed: int = 0,
) -> IncompleteChange:
    """Estimate the programme children's mean change in three ways that treat lost children differently.

    Complete cases are right when children were lost by chance alone. Multiple imputation is right when their later
    readings follow from what was known of them before (the first reading, other measures, background). The bounds
    hold whatever happened to them: first with every lost child like the worst, or the best, tenth of changes seen,
    then with every one at an end of the scale.

    Parameters
    ----------
    data : DataFrame
        The analysis frame's data.
    measure, wave : str
    low, high : float
        Ends of the scale.
    imputations : int
    seed : int

    Returns
    -------
    IncompleteChange

    Examples
    --------
    >>> data = pd.DataFrame({"programme": 1, "school_id": ["a", "b"] * 30, "score_baseline": [float(i) for i in
    ...     range(60)], "score_endline": [i + 2.0 if i % 6 else None for i in range(60)]})
    >>> found = incomplete_change(data, "score", "endline", low=0, high=100, imputations=3)
    >>> found.lost, round(found.table()["change"].iloc[1], 1)
    (10, 2.0)
    """
    data, first, later = _held(data, measure, wave)
    own = (data["programme"] == 1) & data[first].notna()
    x, y = (data.loc[own, c].to_numpy(dtype=float) for c in (first, later))
    school = data.loc[own, "school_id"].to_numpy() if "school_id" in data else None
    gone = ~np.isfinite(y)
    n, lost = len(x), int(gone.sum())
    seen = paired_change(x, y, school)
    rows = [("complete", "Children with both readings", seen.n, seen.change, seen.ci_low, seen.ci_high)]
    if lost and seen.n >= FEWEST:
        estimate, interval = _imputed(data, own, first, later, x, school, (low, high), imputations, seed)
        rows.append(("imputed", "All who have a first reading, the lost imputed", n, estimate, *interval))
    if lost and seen.n:
        changes = (y - x)[~gone]
        tenths = [float(edge) * lost for edge in np.quantile(changes, [0.1, 0.9])]
        edges = [float(np.sum(edge - x[gone])) for edge in (low, high)]
        for way, what, ends in (
            ("tenth", "If every lost child changed like the lowest, or the highest, tenth", tenths),
            ("scale", "If every lost child went to an end of the scale", edges),
        ):
            least, most = ((float(changes.sum()) + end) / n for end in ends)
            rows.append((way, what, n, math.nan, least, most))
    needed = -seen.change * seen.n / lost if lost else math.nan
    columns = ["way", "what", "n", "change", "ci_low", "ci_high"]
    return IncompleteChange(rows=pd.DataFrame(rows, columns=columns), children=n, lost=lost, needed=needed)


def _imputed(
    data: pd.DataFrame,
    own: pd.Series,
    first: str,
    later: str,
    x: Array,
    school: npt.ArrayLike | None,
    ends: tuple[float, float],
    imputations: int,
    seed: int,
) -> tuple[float, tuple[float, float]]:
    known = _known_before(data, own)
    known[later] = data.loc[own, later].astype(float)
    found = []
    for table in impute(known, imputations=imputations, rounds=5, seed=seed):
        full = np.clip(table[later].to_numpy(dtype=float), *ends)
        found.append(paired_change(x, full, school))
    df = found[0].schools - 1 if found[0].schools > 1 else found[0].n - 1
    pooled = pool_rubin([c.change for c in found], [c.se**2 for c in found], float(max(df, 1)))
    return pooled.estimate, (pooled.ci_low, pooled.ci_high)


def lost_profile(data: pd.DataFrame, measure: str, wave: str) -> pd.DataFrame:
    """Compare programme children who were lost with those who stayed, by what was known of them before.

    Parameters
    ----------
    data : DataFrame
        The analysis frame's data.
    measure, wave : str
        Whose later reading counts.

    Returns
    -------
    DataFrame
        ``column`` (of the frame, with a level after a colon), ``kept``, ``lost`` (mean, or percent of a yes/no
        column), ``share`` (whether it is a percent), ``kept_n``, ``lost_n``, ``difference`` (in SDs of all).
    """
    data, first, later = _held(data, measure, wave)
    own = (data["programme"] == 1) & data[first].notna()
    known = _known_before(data, own)
    gone = data.loc[own, later].isna()
    rows = []
    for name in known:
        values = known[name]
        levels = [""] if values.dtype.kind == "f" else sorted(map(str, values.dropna().unique()))
        for level in levels:
            column = values if not level else (values.astype(str) == level).astype(float).where(values.notna())
            kept, lost = column[~gone].dropna(), column[gone].dropna()
            spread = float(column.std(ddof=1))
            yes_no = bool(level) or set(column.dropna().unique()) <= {0.0, 1.0}
            scale = 100.0 if yes_no else 1.0
            rows.append(
                {
                    "column": f"{name}: {level}" if level else str(name), "share": yes_no,
                    "kept": scale * float(kept.mean()) if len(kept) else math.nan,
                    "lost": scale * float(lost.mean()) if len(lost) else math.nan,
                    "kept_n": len(kept), "lost_n": len(lost),
                    "difference": float(lost.mean() - kept.mean()) / spread
                    if len(kept) and len(lost) and spread > 0 else math.nan,
                }
            )
    kinds = {"column": object, "share": bool, "kept": float, "lost": float, "kept_n": int, "lost_n": int}
    return pd.DataFrame(rows, columns=[*kinds, "difference"]).astype({**kinds, "difference": float})
