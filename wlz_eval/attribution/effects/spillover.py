"""Spillover: whether same-school comparison children may have felt the programme, by its share of their year group."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wlz_eval.attribution.design import Design
from wlz_eval.attribution.effects.analysed import in_label_order
from wlz_eval.attribution.effects.models import OutcomeModel
from wlz_eval.attribution.effects.subgroups import SubgroupEffects, draw_subgroups, effects_by_subgroup
from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.core.result import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Spillover", "programme_share", "spillover"]

LOW, HIGH = "low share", "high share"


def programme_share(
    data: pd.DataFrame, groups: Sequence[str] = ("school_id", "year_group"), programme: str = "programme"
) -> pd.Series:
    """Share of programme children in each child's own school and year group, in percent.

    Parameters
    ----------
    data : DataFrame
        All children of those groups who are in the data, matched or not. Where not all pupils of a year group are
        in the data the share is of those who are.
    groups : sequence of str
        Columns that make up a group; a child of whom one is not known has no share.
    programme : str
        0/1 column.

    Examples
    --------
    >>> data = pd.DataFrame({"school_id": ["a", "a", "b", "b"], "year_group": [1] * 4, "programme": [1, 0, 0, 0]})
    >>> programme_share(data).tolist()
    [50.0, 50.0, 0.0, 0.0]
    """
    for column in (*groups, programme):
        if column not in data.columns:
            raise OptionError(f"{column!r} is not a column. {suggestion(column, [str(c) for c in data.columns])}")
    on = (data[programme].astype(float) == 1).astype(float)
    return 100 * on.groupby([data[c] for c in groups], observed=True).transform("mean").reindex(data.index)


@dataclass(frozen=True, kw_only=True, repr=False)
class Spillover(Result):
    """Effects where the programme has a low and a high share of the year group.

    Parameters
    ----------
    effects : SubgroupEffects
        By ``low share`` and ``high share``.
    cut : float
        Percent of the year group that separates them.
    shares : DataFrame
        One row for ``low share`` and ``high share``, of matched children whose outcome is known: ``level``, ``groups``
        (school-year groups), ``lowest``, ``median``, ``highest`` (percent of the group on the programme).
    """

    effects: SubgroupEffects
    cut: float
    shares: pd.DataFrame

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line."""
        return f"Difference in {self.effects.outcome} by the programme's share of the year group"

    @property
    def difference(self) -> float:
        """Effect where the share is high minus where it is low; missing where either is not estimated."""
        pairs = self.effects.pairs
        return math.nan if pairs.empty else float(pairs["difference"].iloc[0])

    def table(self) -> pd.DataFrame:
        """Shares and effects, one row a level: columns of `shares`, then of :meth:`SubgroupEffects.table`."""
        rows = self.shares.merge(self.effects.table(), on="level", how="left")
        # A level in which nobody's outcome is known has no effect, and no children behind one.
        counts = ["n_programme", "n_comparison"]
        return rows.assign(**{name: rows[name].fillna(0).astype(int) for name in counts})

    def plot(self) -> Figure:
        """Draw the two effects."""
        return draw_subgroups(self.effects.table())


def _describe(level: pd.Series, share: pd.Series, group: pd.Series) -> pd.DataFrame:
    rows = []
    for name in (LOW, HIGH):
        here = level == name
        rows.append(
            {
                "level": name,
                "groups": int(group[here].nunique()),
                "lowest": float(share[here].min()),
                "median": float(share[here].median()),
                "highest": float(share[here].max()),
            }
        )
    return pd.DataFrame(rows)


def spillover(
    design: Design,
    outcomes: pd.DataFrame,
    outcome: str,
    *,
    groups: Sequence[str] = ("school_id", "year_group"),
    minimum: int = 30,
    cluster: str | None = "school_id",
    model: OutcomeModel = "interacted",
    baseline: str | None = None,
) -> Spillover:
    """Compare the effect where few and where many of the year group are on the programme.

    Same-school comparison children share classes with programme children, and may gain (or lose) by it; they then
    understate (or overstate) the effect, most where the programme's share is high. A smaller effect there is a sign of
    spillover, not proof: schools with a high share differ in other ways. The cut is the median share among matched
    programme children, so that both halves can be estimated.

    Parameters
    ----------
    design : Design
        Of same-school comparison children.
    outcomes : DataFrame
        All children of the frame, with `groups`, ``programme``, the outcome and the clusters.
    outcome : str
    groups : sequence of str
        Columns that make up a year group.
    minimum, cluster, model, baseline
        As in :func:`wlz_eval.attribution.effects.subgroups.effects_by_subgroup`.

    Raises
    ------
    OptionError
        When the share is the same everywhere, or not known for programme children.
    """
    share = programme_share(outcomes, groups)
    used = in_label_order(design.weights.index[design.weights.to_numpy() > 0])
    treated = design.treatment.loc[used]
    mine = share.loc[used]
    cut = float(mine[treated].median())
    high = mine > cut if (mine[treated] > cut).any() else mine >= cut
    if not math.isfinite(cut) or high[mine.notna()].all():
        raise OptionError(
            "The programme has the same share of every year group, or the groups are not known: there is nothing to "
            "compare."
        )
    level = pd.Series(np.where(high, HIGH, LOW), index=used).where(mine.notna())
    column = "programme share"
    labelled = outcomes.assign(**{column: level.reindex(outcomes.index)})
    found = effects_by_subgroup(
        design, labelled, outcome, column, minimum=minimum, cluster=cluster, model=model, baseline=baseline
    )
    group = outcomes.loc[used, list(groups)].astype(str).agg(" ".join, axis=1)
    level = level.where(outcomes.loc[used, outcome].notna())
    return Spillover(effects=found, cut=cut, shares=_describe(level, mine, group))
