"""Each method of matching and weighting at a size at which it is likely to be used, beside a floor."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import statsmodels.api as sm
from children import COVARIATES, FORMULA, children
from clock import head, row, seconds
from scipy.spatial import cKDTree

from wlz_eval.attribution import match, weight

#: Programme and comparison children: 11.7% of 10^5 on the programme, as in the reference for Mahalanobis matching.
MANY = (11_700, 88_300)
STRATA = 1_000


def _points(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    treated = frame["programme"].to_numpy() == 1
    values = frame[COVARIATES].to_numpy()
    return values[treated], values[~treated]


def tree_floor(frame: pd.DataFrame) -> None:
    """Build one k-d tree and ask it for the eight nearest of each programme child."""
    one, none = _points(frame)
    cKDTree(none).query(one, k=8)


def logit_floor(frame: pd.DataFrame) -> None:
    """Fit one logit."""
    sm.Logit(frame["programme"].to_numpy(), sm.add_constant(frame[COVARIATES].to_numpy())).fit(disp=0)


def codes_floor(frame: pd.DataFrame) -> None:
    """Give each stratum a number and count it."""
    np.bincount(pd.factorize(frame["stratum"])[0])


def cuts_floor(frame: pd.DataFrame) -> None:
    """Sort each covariate once."""
    np.sort(frame[COVARIATES].to_numpy(), axis=0)


def _line(task: str, frame: pd.DataFrame, work: Callable[[], object], floor: Callable[[pd.DataFrame], None]) -> None:
    took, least = seconds(work, 2), seconds(lambda: floor(frame), 2)
    row(task, len(frame), took, least, took / least)


def print_methods() -> None:
    """Print seconds and the ratio to the floor of each method."""
    match(FORMULA, children(200, 1_800))
    small, many, million = children(1_170, 8_830), children(*MANY), children(10_000, 990_000)
    many["stratum"] = np.random.default_rng(2).integers(0, STRATA, len(many)).astype(str)
    head("methods", "children", "seconds", "floor", "ratio")
    _line("Mahalanobis 1:1 (k-d tree, k=8 query); at most 4", many,
          lambda: match(FORMULA, many, distance="mahalanobis"), tree_floor)  # fmt: skip
    _line("optimal pairs, caliper (logit); a few seconds", many,
          lambda: match(FORMULA, many, method="optimal", caliper=0.2), logit_floor)  # fmt: skip
    _line("nearest within 1,000 strata (logit)", many,
          lambda: match(FORMULA, many, exact="stratum"), logit_floor)  # fmt: skip
    _line("exact on a column of 1,000 values (factorize, count)", many,
          lambda: match("programme ~ stratum", many, method="exact"), codes_floor)  # fmt: skip
    _line("full (logit)", small, lambda: match(FORMULA, small, method="full"), logit_floor)
    _line("cem (sort of each covariate)", million, lambda: match(FORMULA, million, method="cem"), cuts_floor)
    _line("entropy (logit)", million, lambda: weight(FORMULA, million, method="entropy"), logit_floor)
