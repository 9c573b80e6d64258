"""The verb that weighs groups instead of pairing children: by propensity scores, or by entropy balancing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.attribution.capabilities import MatchSpec, match_spec
from wlz_eval.attribution.design import Design
from wlz_eval.attribution.distance import Measured, measure_distance
from wlz_eval.attribution.matching.exact import common_strata
from wlz_eval.attribution.matching.problem import Distances
from wlz_eval.attribution.units import Units, column_codes, number_column, read_units, unknown_notes
from wlz_eval.attribution.weighting.entropy import entropy_weights, moment_columns
from wlz_eval.attribution.weighting.propensity_weights import (
    block_totals,
    propensity_weights,
    scale_within_blocks,
    trim_weights,
)
from wlz_eval.core.errors import OptionError
from wlz_eval.inference.linear import independent_columns
from wlz_eval.measures.frame import AnalysisFrame

__all__ = ["weight"]

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.intp]
#: A child who weighs more than this many ordinary ones is worth a word.
HEAVY = 10.0


@dataclass(frozen=True)
class _Inside:
    """The children who can be weighed: those whose block holds both groups.

    Parameters
    ----------
    rows : array of bool, shape (n,)
    block : array of int, shape (rows inside,)
    treated : array of bool, shape (rows inside,)
    columns : DataFrame
        What is balanced: model columns, then a column for each block but the first.
    """

    rows: Bools
    block: Ints
    treated: Bools
    columns: pd.DataFrame


def _inside(units: Units, spec: MatchSpec) -> _Inside:
    rows, block = np.ones(len(units.index), dtype=bool), np.zeros(len(units.index), dtype=np.intp)
    if spec.exact:
        block = common_strata(column_codes(units.frame, spec.exact, "exact"), units.treated).code
        rows = block >= 0
    own = block[rows]
    columns = units.covariates.model.loc[rows]
    if spec.exact:
        marks = {f"{' and '.join(spec.exact)}: group {b + 1}": (own == b) * 1.0 for b in range(1, own.max() + 1)}
        columns = pd.concat([columns, pd.DataFrame(marks, index=columns.index)], axis=1)
        # Among the children inside, a covariate may be constant, or the same as a block.
        keep = independent_columns(np.column_stack([np.ones(len(columns)), columns.to_numpy(dtype=float)]))[1:]
        columns = columns.loc[:, keep]
    return _Inside(rows, own, units.treated[rows], columns)


def _by_entropy(units: Units, spec: MatchSpec, inside: _Inside) -> tuple[Array, Measured]:
    base = None
    if spec.base_weights is not None:
        base = number_column(units.frame, spec.base_weights, "base_weights")[inside.rows]
    columns = moment_columns(inside.columns, spec.moments)
    weights = entropy_weights(columns, inside.treated, spec.estimand, base)
    nothing = np.full(len(weights), np.nan)
    return weights, Measured(Distances(scalar=nothing), nothing, pd.Series(dtype=float), "")


def _by_score(units: Units, spec: MatchSpec, inside: _Inside) -> tuple[Array, Measured]:
    measured = measure_distance(
        spec.distance,
        spec.link,
        inside.columns,
        inside.treated,
        inside.treated,
        cross_fit=spec.cross_fit,
        seed=spec.seed,
    )
    if measured.score is None:
        raise OptionError("Weights need a propensity score for each child, not distances between children.")
    weights = propensity_weights(measured.score, inside.treated, spec.estimand)
    if spec.exact:
        totals = block_totals(measured.score, inside.treated, inside.block, spec.estimand)
        weights = scale_within_blocks(weights, inside.treated, inside.block, totals)
    if spec.trim is not None:
        weights = trim_weights(weights, inside.treated, spec.trim)
    return weights, measured


def _notes(units: Units, spec: MatchSpec, weights: Array, inside: _Inside) -> list[str]:
    notes = list(unknown_notes(units.frame, spec.exact, "exact"))
    out = ~inside.rows
    if out.any():
        n1, n0 = int((out & units.treated).sum()), int((out & ~units.treated).sum())
        notes.append(
            f"{n1:,} programme and {n0:,} comparison children were left out: nobody in the other group shares their "
            f"{' and '.join(spec.exact)}."
        )
    heavy = int((weights > HEAVY).sum())
    if heavy:
        remedy = "Ask for fewer moments" if spec.method == "entropy" else "Trim them"
        notes.append(
            f"{heavy:,} children weigh more than {HEAVY:g} ordinary ones each, so much rests on them. {remedy}, or use "
            "overlap weights."
        )
    return notes


def weight(formula: str, data: pd.DataFrame | AnalysisFrame, **options: Any) -> Design:
    """Weigh children so that both groups look alike on what was known before the programme.

    Estimates nothing: a design says how much each child counts. Nobody is paired, and everybody is kept who
    shares an `exact` group with the other side. Weights have mean one in each group; the order of rows never
    changes them.

    Parameters
    ----------
    formula : str
        ``"programme ~ english_baseline + fsm + C(sen)"``: a 0/1 column, then covariates.
    data : AnalysisFrame or DataFrame
        One row a child, indexed by child, without outcomes; see :func:`wlz_eval.match`.
    **options
        method : {"ipw", "overlap", "entropy"}
            Inverse probability weights; overlap weights, which average over the children who could as well have
            been in either group and are never extreme; or the weights nearest to equal ones under which the
            means of all covariates agree exactly.
        estimand : {"ATT", "ATC", "ATE"}, or "ATO" for overlap weights
            Whom the effect is averaged over: programme children, comparison children, everybody.
        distance : "glm", classifier or Series; link : {"logit", "probit", "cloglog"}; cross_fit : int, optional
            Where the propensity score comes from, see :func:`wlz_eval.match`. Not for entropy balancing.
        trim : float, optional
            For ipw: a quantile (0.99) to which higher weights come down, or (above 1) the most ordinary children
            that one may weigh.
        moments : int, default 1
            For entropy: 2 makes the variances agree too, 3 the skewness.
        base_weights : str, optional
            For entropy: column of weights to stay near to.
        exact : names of columns
            Each combination of their values weighs the same in both groups; one model for all, with a term for
            each.
        missing : {"indicator", "drop", "raise"}; seed : int
            See :func:`wlz_eval.match`.

    Returns
    -------
    Design
        Without pairs and strata.

    Raises
    ------
    DesignError
        As :func:`wlz_eval.match`; and when no weights can balance the covariates, naming the columns in the way.
    OptionError
        For an unknown option, value or column, with the nearest valid one.

    References
    ----------
    Austin and Stuart (2015), Statistics in Medicine 34; Li, Morgan and Zaslavsky (2018), JASA 113; Hainmueller
    (2012), Political Analysis 20.

    Examples
    --------
    >>> data = pd.DataFrame({"programme": [1, 1, 0, 0, 0], "age": [6, 8, 5, 7, 9]}, index=list("abcde"))
    >>> weight("programme ~ age", data, method="entropy").weights.round(3).tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0]
    """
    spec = match_spec(options, verb="weight")
    units = read_units(formula, data, spec.missing)
    inside = _inside(units, spec)
    found, measured = (_by_entropy if spec.method == "entropy" else _by_score)(units, spec, inside)
    weights = np.zeros(len(units.index))
    weights[inside.rows] = found
    score = np.full(len(units.index), np.nan)
    score[inside.rows] = measured.score
    notes = (*units.notes, *units.covariates.notes, *measured.notes, *_notes(units, spec, weights, inside))
    return _design(units, spec, measured, weights, score, notes)


def _design(
    units: Units, spec: MatchSpec, measured: Measured, weights: Array, score: Array, notes: tuple[str, ...]
) -> Design:
    """Label what was found, in the order in which the children were given."""
    index, given, covariates = units.index, units.as_given, units.covariates
    nobody = {"focal": index[:0], "partner": index[:0]}
    return Design(
        formula=units.formula,
        spec=spec,
        described=measured.description,
        caliper_widths={},
        coefficients=measured.coefficients,
        pairs=pd.DataFrame({**nobody, "pair": np.zeros(0, dtype=int), "distance": 0.0, "weight": 0.0}),
        treatment=given(pd.Series(units.treated, index=index, name=units.formula.treatment)),
        distance=given(pd.Series(score, index=index, name="distance")),
        weights=given(pd.Series(weights, index=index, name="weight")),
        strata=given(pd.Series(pd.NA, index=index, name="stratum", dtype="Int64")),
        discarded=given(pd.Series(False, index=index, name="discarded")),
        covariates=replace(covariates, model=given(covariates.model), balance=given(covariates.balance)),
        notes=notes,
    )
