"""How strong the observed covariates of a design are, as benchmarks for what was not observed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.attribution.design import Design
from wlz_eval.attribution.effects import EffectEstimate, analysed_children
from wlz_eval.inference import independent_columns
from wlz_eval.inference.omitted import BENCHMARK_COLUMNS, partial_r2_of, residual_scale

__all__ = ["Benchmarks", "WeightedModel", "observed_strengths", "outcome_model"]

Array = npt.NDArray[np.float64]
Benchmarks = Literal["before", "after"]


@dataclass(frozen=True)
class WeightedModel:
    """The additive outcome model of a design, in arrays.

    Parameters
    ----------
    X : array, shape (n, p)
        Intercept, programme, covariates.
    y, weights : array, shape (n,)
    groups : mapping of str to list of str
        Columns of each covariate: its levels, and its marker of missing values.
    columns : list of str
        Names of the covariate columns of X, from the third on.
    """

    X: Array
    y: Array
    weights: Array
    groups: dict[str, list[str]]
    columns: list[str]

    @property
    def scale(self) -> float:
        """Residual SD of the outcome over that of the programme indicator."""
        return residual_scale(1, self.X, self.y, self.weights)

    @property
    def df(self) -> float:
        """Rows minus columns."""
        return float(self.X.shape[0] - self.X.shape[1])


def outcome_model(
    design: Design, outcomes: pd.DataFrame, effect: EffectEstimate, baseline: str | None
) -> WeightedModel:
    """Collect the outcome model behind an additive effect."""
    children = analysed_children(design, outcomes, effect.outcome, cluster=None, baseline=baseline)
    covariates = children.covariates if effect.model != "unadjusted" else children.covariates.iloc[:, :0]
    w = children.weights.to_numpy(dtype=float)
    X = np.column_stack([np.ones(len(w)), children.treated.astype(float), covariates.to_numpy(dtype=float)])
    keep = independent_columns(X * np.sqrt(w)[:, None])
    columns = [str(c) for c, k in zip(covariates.columns, keep[2:], strict=True) if k]
    groups: dict[str, list[str]] = {}
    for column in columns:
        head = column.split(": ")[0]
        known = head in design.formula.columns or head == baseline
        groups.setdefault(head if known else column, []).append(column)
    return WeightedModel(
        X=X[:, keep], y=children.y.to_numpy(dtype=float), weights=w, groups=groups, columns=columns
    )


def observed_strengths(design: Design, model: WeightedModel, benchmarks: Benchmarks) -> pd.DataFrame:
    """Partial R² of each covariate with programme and outcome.

    Parameters
    ----------
    design : Design
    model : WeightedModel
    benchmarks : {"before", "after"}
        Where strength with the programme is measured. A covariate that is not in the design was not matched on,
        so for it both are the same.

    Returns
    -------
    DataFrame
        ``covariate``, ``r2_treatment``, ``r2_outcome``.
    """
    everyone = design.covariates.model
    start = np.column_stack([np.ones(len(everyone)), everyone.to_numpy(dtype=float)])
    names = [str(c) for c in everyone.columns]
    treated, alike = design.treatment.loc[everyone.index].to_numpy(dtype=float), np.ones(len(everyone))
    others = np.delete(model.X, 1, axis=1)
    rows = []
    for covariate, columns in model.groups.items():
        if benchmarks == "before" and set(columns) <= set(names):
            chosen = partial_r2_of([1 + names.index(c) for c in columns], start, treated, alike)
        else:
            chosen = partial_r2_of([1 + model.columns.index(c) for c in columns], others, model.X[:, 1], model.weights)
        outcome = partial_r2_of([2 + model.columns.index(c) for c in columns], model.X, model.y, model.weights)
        rows.append((covariate, chosen, outcome))
    return pd.DataFrame(rows, columns=list(BENCHMARK_COLUMNS))
