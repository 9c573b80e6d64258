"""Who counts: all who started, and beside it all who were offered a place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from wlz_eval.attribution.design import Design
from wlz_eval.attribution.effects.analysed import Cluster
from wlz_eval.attribution.effects.estimate import EffectEstimate
from wlz_eval.attribution.effects.models import OutcomeModel
from wlz_eval.attribution.effects.verbs import estimate_effect
from wlz_eval.attribution.formula import is_outcome_column
from wlz_eval.attribution.match import match
from wlz_eval.core.errors import DesignError, OptionError, suggestion
from wlz_eval.core.result import Result

__all__ = ["StartedAndOffered", "offered_and_started"]

WHO_WORDS: dict[str, str] = {
    "started": "All who started, leavers included",
    "offered": "All who were offered a place, whether they started or not",
}


@dataclass(frozen=True, kw_only=True, repr=False)
class StartedAndOffered(Result):
    """The effect on all who started, and that of the offer on all who were offered.

    Parameters
    ----------
    started, offered : EffectEstimate
    designs : dict of str to Design
        ``started``, ``offered``.
    take_up : float
        Of those offered, the percent who started.
    """

    started: EffectEstimate
    offered: EffectEstimate
    designs: dict[str, Design]
    take_up: float
    title: str = "All who started, and all who were offered"

    def table(self) -> pd.DataFrame:
        """Two rows: ``who``, ``label``, ``estimate``, ``se``, ``df``, interval, ``p``, children, ``take_up``."""
        rows = []
        for who, effect in (("started", self.started), ("offered", self.offered)):
            rows.append(
                {
                    "who": who,
                    "label": WHO_WORDS[who],
                    **effect.numbers(),
                    "take_up": 100.0 if who == "started" else self.take_up,
                }
            )
        return pd.DataFrame(rows)


def _groups(data: pd.DataFrame) -> pd.DataFrame:
    """Who was offered and who started, as yes/no; a programme child of whom it is not known did both."""
    for column in ("programme", "offered", "started"):
        if column not in data.columns:
            raise OptionError(
                f"To tell starting from being offered, the data need the column {column!r}. "
                f"{suggestion(column, [str(c) for c in data.columns])}"
            )
    programme = data["programme"].fillna(0).astype(float) == 1
    started = data["started"].astype(float).where(data["started"].notna(), programme.astype(float)) == 1
    offered = (data["offered"].astype(float) == 1) | started | programme
    return pd.DataFrame({"started": started, "offered": offered}, index=data.index)


def offered_and_started(
    formula: str,
    data: pd.DataFrame,
    outcome: str,
    *,
    cluster: Cluster = "school_id",
    model: OutcomeModel = "interacted",
    baseline: str | None = None,
    **options: Any,
) -> StartedAndOffered:
    """Estimate the effect on all who started, and beside it the effect of the offer on all who were offered.

    Children who were offered a place and never came may differ from those who came: leaving them out of the programme
    group flatters the programme if the willing would have done better anyway. Counted as offered they dilute the
    effect by those who did not take part, but nobody chose themselves into the group. Both analyses are matched
    alike, with children who were neither offered nor started.

    Parameters
    ----------
    formula : str
        ``"programme ~ …"``, as for :func:`wlz_eval.attribution.match`.
    data : DataFrame
        One row a child, with ``programme``, ``offered``, ``started`` (0/1), covariates, clusters and the outcome. It
        must hold the children who were offered a place and did not start.
    outcome : str
    cluster, model, baseline
        As in :func:`wlz_eval.attribution.effects.estimate_effect`.
    **options
        Of :func:`wlz_eval.attribution.match`.

    Raises
    ------
    DesignError
        When everybody who was offered a place started: then the two are the same.
    """
    who = _groups(data)
    declined = int((who["offered"] & ~who["started"]).sum())
    if declined == 0:
        raise DesignError(
            "Everybody in the data who was offered a place started, so there is one analysis only. Give the data with "
            "the children who were offered a place and did not start, if there are any."
        )
    treatment = formula.partition("~")[0].strip()
    late = [c for c in data.columns if is_outcome_column(str(c)) or c == outcome]
    before = data.drop(columns=[*late, *[c for c in ("offered", "started") if c in data.columns]])
    designs, effects = {}, {}
    for name in ("started", "offered"):
        kept = who[name] | ~who["offered"]
        frame = before[kept].assign(**{treatment: who.loc[kept, name].astype(int)})
        designs[name] = match(formula, frame, **options)
        effects[name] = estimate_effect(
            designs[name], data, outcome, cluster=cluster, model=model, baseline=baseline
        )
    return StartedAndOffered(
        started=effects["started"],
        offered=effects["offered"],
        designs=designs,
        take_up=100 * float((who["offered"] & who["started"]).sum() / who["offered"].sum()),
    )
