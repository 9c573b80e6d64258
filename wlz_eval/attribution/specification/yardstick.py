"""One yardstick of balance for many designs: the plan's covariates, whatever each design was matched on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.attribution.balance import standardising_sd
from wlz_eval.attribution.covariates import make_covariates
from wlz_eval.attribution.design import Design
from wlz_eval.attribution.formula import read_formula

__all__ = ["Yardstick", "yardstick"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Yardstick:
    """The plan's covariates among the children of one comparison: by these every specification is judged alike."""

    columns: Array
    sd: Array
    treated: npt.NDArray[np.bool_]
    index: pd.Index

    def worst(self, design: Design) -> float:
        """Largest absolute standardised mean difference under the weights of a design."""
        w = design.weights.reindex(self.index).fillna(0.0).to_numpy(dtype=float)
        one, none = np.where(self.treated, w, 0.0), np.where(self.treated, 0.0, w)
        gap = np.abs(one @ self.columns / one.sum() - none @ self.columns / none.sum())
        safe = np.where(self.sd > 0, self.sd, 1.0)
        return float(np.where(self.sd > 0, gap / safe, np.where(gap < 1e-12, 0.0, np.inf)).max())


def yardstick(formula: str, data: pd.DataFrame) -> Yardstick:
    """Make the yardstick of the children of one comparison, before matching."""
    read = read_formula(formula, [str(c) for c in data.columns])
    treated = data[read.treatment].to_numpy(dtype=float) == 1.0
    covariates = make_covariates(read, data, treated)
    values = covariates.balance.to_numpy(dtype=float)
    plain = [covariates.kinds[str(c)] in ("binary", "level", "missing") for c in covariates.balance]
    sd = np.array([standardising_sd(values[:, j], treated, "ATT", p) for j, p in enumerate(plain)])
    return Yardstick(columns=values, sd=sd, treated=treated, index=data.index)
