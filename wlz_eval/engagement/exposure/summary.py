"""How much support children had, dose by dose: a table for a page, its findings and its words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.engagement.exposure.amounts import exposures
from wlz_eval.engagement.exposure.doses import Dose, listed
from wlz_eval.engagement.exposure.high import high_engagement
from wlz_eval.engagement.exposure.recording import Recording, recording
from wlz_eval.engagement.options import EngagementOptions
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.measures.progress import paired_change

__all__ = ["Exposure", "describe_exposure"]

COLUMNS = (
    "dose", "label", "unit", "n", "missing", "mean", "ci_low", "ci_high", "sd", "lower_quartile", "median",
    "upper_quartile", "any",
)


@dataclass(frozen=True, kw_only=True, repr=False)
class Exposure(Result):
    """How much support the programme's children had.

    Parameters
    ----------
    children : DataFrame
        One row a child (:func:`exposures`), with ``high_engagement`` where it can be told.
    rows : DataFrame
        One row a dose.
    records : Recording
        How it was recorded.
    high : Finding or None
        Share of children who engaged highly.
    """

    children: pd.DataFrame
    rows: pd.DataFrame
    records: Recording
    high: Finding | None
    title: str = "How much support children had"

    def table(self) -> pd.DataFrame:
        """One row a dose.

        Returns
        -------
        DataFrame
            ``dose``, ``label``, ``unit``, ``n`` (children with a value), ``missing``, ``mean`` with ``ci_low`` and
            ``ci_high``, ``sd``, ``lower_quartile``, ``median``, ``upper_quartile`` and ``any`` (children with more
            than none).
        """
        return self.rows

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know about how support was recorded, in sentences without numbers."""
        return self.records.notes

    def findings(self) -> list[Finding]:
        """Mean of each dose, and the share of children who engaged highly: descriptions."""
        found = [
            Finding(
                finding_id=f"engagement.exposure.{row['dose']}.mean",
                quantity="mean",
                estimate=float(row["mean"]),
                ci_low=float(row["ci_low"]),
                ci_high=float(row["ci_high"]),
                unit=row["unit"],
                claim="description",
                group="programme",
                subgroup=str(row["label"]),
                n_programme=int(row["n"]),
                method="mean over programme children; interval clustered by school",
            )
            for row in self.rows.to_dict(orient="records")
        ]
        return [*found, *([self.high] if self.high is not None else [])]


def describe_exposure(cohort: Cohort, frame: AnalysisFrame, options: EngagementOptions) -> Exposure:
    """Describe how much support the programme's children had.

    Parameters
    ----------
    cohort : Cohort
    frame : AnalysisFrame
    options : EngagementOptions
        What counts as high engagement.

    Returns
    -------
    Exposure
        With no row where nothing was recorded.

    Examples
    --------
    >>> from wlz_eval.cohort import load_cohort
    >>> from wlz_eval.measures import analysis_frame
    >>> cohort = load_cohort("simulated-complete")
    >>> found = describe_exposure(cohort, analysis_frame(cohort), EngagementOptions())
    >>> found.table()["dose"].tolist()[:2]
    ['hours', 'link_worker_hours']
    """
    doses = exposures(cohort, frame)
    high = high_engagement(doses, attendance=options.high_attendance, interactions=options.high_interactions)
    school = frame.data.loc[doses.index, "school_id"].astype(object).fillna("").astype(str)
    return Exposure(
        children=doses.assign(high_engagement=high) if high.notna().any() else doses,
        rows=_rows(doses, listed(doses, cohort), school),
        records=recording(cohort, frame),
        high=_high(high),
    )


def _rows(doses: pd.DataFrame, kinds: Sequence[Dose], school: pd.Series) -> pd.DataFrame:
    rows = []
    for kind in kinds:
        values = doses[kind.name].astype(float).dropna()
        low, high = _interval(values, school[values.index])
        counts = (len(values), len(doses) - len(values))
        spread = (float(values.std()), *values.quantile([0.25, 0.5, 0.75]).tolist())
        mean = float(values.mean()) if len(values) else math.nan
        rows.append((kind.name, kind.label, kind.unit, *counts, mean, low, high, *spread, int((values > 0).sum())))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _interval(values: pd.Series, school: pd.Series) -> tuple[float, float]:
    """95% interval of a mean, within what a dose can be."""
    if len(values) < 2 or values.nunique() < 2:
        return math.nan, math.nan
    y = values.to_numpy(dtype=float)
    found = paired_change(np.zeros(len(y)), y, school.to_numpy())
    return max(found.ci_low, 0.0), found.ci_high


def _high(high: pd.Series) -> Finding | None:
    known = high.dropna().astype(bool)
    if not len(known):
        return None
    return Finding(
        finding_id="engagement.exposure.high_engagement",
        quantity="percent",
        estimate=100 * float(known.mean()),
        unit="percent",
        claim="description",
        group="programme",
        subgroup="engaged highly, as the plan defines it",
        n_programme=len(known),
        method="share of programme children",
    )
