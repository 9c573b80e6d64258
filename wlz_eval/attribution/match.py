"""The verb that makes a matched design: read the children, measure distances, hand over to a method."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.attribution.capabilities import METHODS, MatchSpec, match_spec
from wlz_eval.attribution.covariates import Covariates, make_covariates
from wlz_eval.attribution.design import Design
from wlz_eval.attribution.distance import Measured, covariate_points, measure_distance
from wlz_eval.attribution.formula import read_formula
from wlz_eval.attribution.matching.problem import Caliper, Distances, Pairs, Problem, codes_of
from wlz_eval.attribution.methods import Found, Task, run_method
from wlz_eval.attribution.propensity import NobodyMatchedError
from wlz_eval.attribution.units import Units, column_codes, number_column, plain_columns, read_units, unknown_notes
from wlz_eval.core.errors import DesignError, OptionError
from wlz_eval.measures.frame import AnalysisFrame

__all__ = ["match"]

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class _Support:
    """A distance, and who is left out for want of overlap on it."""

    measured: Measured
    discarded: Bools


def _outside(score: Array, treated: Bools, discard: str) -> Bools:
    """Units beyond the range of the other group."""
    out = np.zeros(len(score), dtype=bool)
    for group, name in ((treated, "treated"), (~treated, "control")):
        if discard in (name, "both"):
            other = score[~group]
            out |= group & ((score < other.min()) | (score > other.max()))
    return out


def _measure(units: Units, spec: MatchSpec, focal: Bools) -> _Support:
    """Measure the distance; discard, and measure again without the discarded, if asked for."""
    everyone = np.ones(len(units.index), dtype=bool)
    if "distance" not in METHODS[spec.method].options:
        return _Support(Measured(Distances(), None, pd.Series(dtype=float), ""), ~everyone)

    def measure(rows: Bools) -> Measured:
        # Covariates are made anew, since one that varied may not any more.
        part = units if rows.all() else _only(units, rows)
        return measure_distance(
            spec.distance, spec.link, _distance_columns(part, spec), part.treated, focal[rows],
            cross_fit=spec.cross_fit, seed=spec.seed,
        )

    measured = measure(everyone)
    if spec.discard == "none":
        return _Support(measured, ~everyone)
    if measured.score is None:
        raise OptionError("discard needs a distance that is one number a child, such as the propensity score.")
    discarded = _outside(measured.score, units.treated, spec.discard)
    for group, name in ((units.treated, "programme"), (~units.treated, "comparison")):
        if discarded[group].all():
            raise NobodyMatchedError(f"There is no common support: every {name} child lies outside the other group.")
    if spec.reestimate and discarded.any():
        again = measure(~discarded)
        # The discarded keep the score by which they were discarded.
        score = measured.score.copy()
        assert again.score is not None
        score[~discarded] = again.score
        measured = replace(again, score=score, distances=Distances(scalar=score))
    return _Support(measured, discarded)


def _only(units: Units, rows: Bools) -> Units:
    frame, treated = units.frame[rows], units.treated[rows]
    return replace(units, frame=frame, treated=treated, covariates=make_covariates(units.formula, frame, treated))


def _distance_columns(units: Units, spec: MatchSpec) -> pd.DataFrame:
    """Columns behind the distance: model columns, or every level of each factor for distances between covariates."""
    given_name = isinstance(spec.distance, str) and spec.distance != "glm"
    return units.covariates.balance if given_name else units.covariates.model


def _mahalanobis_columns(units: Units, spec: MatchSpec) -> Covariates:
    """Make the columns of `mahvars`, filled as covariates are."""
    column_codes(units.frame, spec.mahvars, "mahvars")
    odd = [name for name in spec.mahvars if not name.isidentifier()]
    if odd:
        raise OptionError(f"mahvars names {odd[0]!r}, whose name is no plain word. Rename the column.")
    formula = f"{units.formula.treatment} ~ {' + '.join(spec.mahvars)}"
    read = read_formula(formula, [str(c) for c in units.frame.columns])
    try:
        return make_covariates(read, plain_columns(units.frame, read.columns), units.treated)
    except DesignError as error:
        raise DesignError(f"mahvars {', '.join(spec.mahvars)}: {error}") from error


def _support_notes(score: Array | None, treated: Bools, discarded: Bools) -> tuple[str, ...]:
    """Say when a distance keeps the groups wholly apart, or tells nobody from anybody."""
    if score is None or not np.isfinite(score).all():
        return ()
    one, none = score[treated & ~discarded], score[~treated & ~discarded]
    if one.min() == one.max() == none.min() == none.max():
        return ("The distance is the same for every child, so that it tells nobody apart.",)
    if one.min() > none.max() or one.max() < none.min():
        return (
            "There is no common support: the distance keeps all programme children apart from all comparison children, "
            "so that nobody is matched with anybody alike. A caliper or discard would say so.",
        )
    return ()


def _distances(units: Units, spec: MatchSpec, support: _Support) -> Distances:
    """Choose what finds the partner: the distance itself, or the Mahalanobis distance of `mahvars`."""
    if not spec.mahvars:
        return support.measured.distances
    if support.measured.score is None and "distance" in METHODS[spec.method].options:
        raise OptionError("mahvars needs a distance that is one number a child, on which the caliper stands.")
    columns = _mahalanobis_columns(units, spec).balance
    kept = ~support.discarded
    found = covariate_points(columns[kept], units.treated[kept], "mahalanobis")
    points = np.full((len(columns), found.shape[1]), np.nan)
    points[kept] = found
    return Distances(points=points)


def _calipers(
    units: Units, spec: MatchSpec, support: _Support, distances: Distances
) -> tuple[tuple[Caliper, ...], dict[str, float]]:
    """Calipers in raw units; SDs are of the children who were not discarded."""
    calipers = []
    kept = ~support.discarded
    for name, asked in spec.caliper.items():
        values = support.measured.score if name == "distance" else number_column(units.frame, name, "caliper")
        width = asked
        if spec.std_caliper[name] and values is not None:
            width = asked * float(values[kept].std(ddof=1))
        own = distances.scalar if name == "distance" and distances.scalar is not None else values
        calipers.append(Caliper(name, width, own))
    return tuple(calipers), {c.name: c.width for c in calipers}


def _problem(units: Units, spec: MatchSpec, support: _Support, focal: Bools) -> tuple[Problem, dict[str, float]]:
    distances = _distances(units, spec, support)
    calipers, widths = _calipers(units, spec, support, distances)
    problem = Problem(
        focal=np.flatnonzero(focal & ~support.discarded),
        pool=np.flatnonzero(~focal & ~support.discarded),
        distance=distances,
        calipers=calipers,
        # Without exact columns there are no blocks, not one that holds everybody.
        block=codes_of(column_codes(units.frame, spec.exact, "exact")) if spec.exact else np.zeros(0, dtype=np.intp),
        antiexact=column_codes(units.frame, spec.antiexact, "antiexact"),
        prefer=column_codes(units.frame, spec.prefer, "prefer"),
        priority=support.measured.score,
        # At the very same distance programme children stand before comparison children, whoever is focal.
        focal_first=spec.estimand != "ATC",
    )
    return problem, widths


def _nobody(spec: MatchSpec, widths: Mapping[str, float]) -> NobodyMatchedError:
    remedies = [] if not widths else ["Widen the caliper"]
    remedies += ["ask for agreement or difference on fewer columns"] if spec.exact or spec.antiexact else []
    remedies += ["find more similar comparison children"]
    remedy = ", or ".join(remedies)
    limits = [f"a caliper of {width:.3g} on {name.replace('_', ' ')}" for name, width in widths.items()]
    limits += [f"exact agreement on {', '.join(spec.exact)}"] if spec.exact else []
    limits += [f"difference on {', '.join(spec.antiexact)}"] if spec.antiexact else []
    under = f" under {' and '.join(limits)}" if limits else ""
    return NobodyMatchedError(
        f"Nobody could be matched{under}. {remedy[:1].upper()}{remedy[1:]}."
    )


def _pair_table(found: Found, index: pd.Index) -> pd.DataFrame:
    """List the pairs by label; empty for strata that are more than pairs."""
    nobody = np.zeros(0, dtype=np.intp)
    pairs = found.pairs or Pairs(nobody, nobody)
    _, number, partners = np.unique(pairs.one, return_inverse=True, return_counts=True)
    return pd.DataFrame(
        {
            "focal": index[pairs.one],
            "partner": index[pairs.two],
            "pair": number + 1,
            "distance": found.distances.between(pairs.one, pairs.two) if len(pairs.one) else np.zeros(0),
            "weight": 1.0 / partners[number],
        }
    )


def match(formula: str, data: pd.DataFrame | AnalysisFrame, **options: Any) -> Design:
    """Match programme children with comparison children on what was known before the programme.

    Estimates nothing: a design says who is compared with whom. The order of rows never changes the result:
    ties are settled by unit label, shorter labels first, then alphabetically.

    Parameters
    ----------
    formula : str
        ``"programme ~ english_baseline + fsm + C(sen)"``: a 0/1 column, then covariates.
    data : AnalysisFrame or DataFrame
        One row a child, indexed by child. Of an analysis frame only baseline columns are taken; a data
        frame that holds outcome columns is refused.
    **options
        Which method knows which option stands in :func:`wlz_eval.attribution.capability_table`.

        method : see :data:`wlz_eval.attribution.METHODS`
        distance : str, classifier, Series or DataFrame
            ``glm``, ``mahalanobis``, ``robust_mahalanobis``, ``scaled_euclidean`` or ``euclidean``.
            Propensity score by regression or by any classifier of scikit-learn's kind; a distance between
            covariates; one number a child; or a matrix (rows: children to match, columns: who may serve).
        link : {"logit", "probit", "cloglog", "linear.logit", "linear.probit", "linear.cloglog"}
            Of the propensity model; ``linear.`` matches on the linear predictor.
        cross_fit : int, optional
            Folds in which a classifier scores children that it has not seen.
        estimand : {"ATT", "ATC", "ATE"}
            Whom the effect is averaged over: programme children, comparison children, everybody.
        ratio : int, default 1; min_controls, max_controls : int, optional
            Comparison children for each; with the other two the ratio is an average.
        replace : bool, default False; reuse_max : int, optional
            Whether, and how often, a comparison child may serve several.
        order : {"largest", "smallest", "closest", "farthest", "data", "random"}
            Who chooses first; ``data`` follows the labels. Largest score first by default, labels without one.
        caliper : float or mapping, optional; std_caliper : bool or mapping, default True
            Widest gap within a pair, on the distance or by column (``{"distance": 0.2, "age": 1}``), in SDs or
            as it is. Never exceeded. On a distance between covariates it is always as it is.
        exact, antiexact, prefer : names of columns
            On which pairs must agree, must differ, or agree first and elsewhere only when nobody is left.
        mahvars : names of columns
            Partners are nearest by the Mahalanobis distance of these, within the caliper on the distance. With
            cardinality they pair the children who were kept, as close as can be; without, everybody kept stands in
            one stratum (one for each combination of `exact`).
        discard : {"none", "treated", "control", "both"}; reestimate : bool
            Leave out whoever lies outside the other group's range of the distance.
        tolerances : float or mapping, default 0.05; fine : names of columns; target : {None, "focal", "all"}
            For cardinality: largest difference between the groups, in SDs of the balance table, in all or by column;
            columns whose shares must be the same in both groups; whom both groups should resemble too. `gap`,
            `node_limit` (branches) and `time_limit` (seconds) end the search.
        missing : {"indicator", "drop", "raise"}
            Missing covariates: filled and marked (the marker is matched on and adjusted for), or their children
            left out with a count, or refused. For several imputations see :func:`wlz_eval.match_imputed`.
        seed : int, default 0

    Returns
    -------
    Design

    Raises
    ------
    DesignError
        When the formula or the data hold outcomes, a group is empty, a unit has several rows, covariates tell
        the groups apart perfectly, or nobody can be matched.
    OptionError
        For an unknown option, value or column, with the nearest valid one.

    References
    ----------
    Stuart (2010), Statistical Science 25; agrees with R's MatchIt 4.7.2.

    Examples
    --------
    >>> data = pd.DataFrame({"programme": [1, 1, 0, 0, 0, 0], "age": [6, 8, 3, 6, 7.5, 2]}, index=list("abcdef"))
    >>> match("programme ~ age", data).pairs[["focal", "partner"]].to_numpy().tolist()
    [['a', 'd'], ['b', 'e']]
    """
    spec = match_spec(options)
    units = read_units(formula, data, spec.missing)
    focal = ~units.treated if spec.estimand == "ATC" else units.treated
    support = _measure(units, spec, focal)
    problem, widths = _problem(units, spec, support, focal)
    found = run_method(Task(problem, spec, units, support.discarded))
    if not found.weights.any():
        raise _nobody(spec, widths)
    return _design(units, spec, support, widths, found)


def _design(
    units: Units, spec: MatchSpec, support: _Support, widths: Mapping[str, float], found: Found
) -> Design:
    """Label what was found, in the order in which the children were given."""
    index, given = units.index, units.as_given
    score = support.measured.score
    distance = np.full(len(index), np.nan) if score is None else score
    strata = pd.Series(np.where(found.code >= 0, found.code + 1.0, np.nan), index=index, name="stratum")
    covariates = units.covariates
    discarded = int(support.discarded.sum())
    notes: tuple[str, ...] = ()
    if discarded:
        notes = (f"{discarded:,} children were discarded for want of overlap.",)
    notes += _support_notes(score, units.treated, support.discarded)
    for option, columns in (("exact", spec.exact), ("antiexact", spec.antiexact)):
        notes += unknown_notes(units.frame, columns, option)
    if spec.mahvars:
        notes += tuple(note for note in _mahalanobis_columns(units, spec).notes if note not in covariates.notes)
    if score is None and spec.caliper:
        # Such a caliper is in the distance's own units, whatever was asked for.
        spec = replace(spec, std_caliper={**spec.std_caliper, "distance": False})
    return Design(
        formula=units.formula,
        spec=spec,
        described=support.measured.description,
        caliper_widths=widths,
        coefficients=support.measured.coefficients,
        pairs=_pair_table(found, index),
        treatment=given(pd.Series(units.treated, index=index, name=units.formula.treatment)),
        distance=given(pd.Series(distance, index=index, name="distance")),
        weights=given(pd.Series(found.weights, index=index, name="weight")),
        strata=given(strata.astype("Int64")),
        discarded=given(pd.Series(support.discarded, index=index, name="discarded")),
        covariates=replace(covariates, model=given(covariates.model), balance=given(covariates.balance)),
        notes=(*units.notes, *covariates.notes, *support.measured.notes, *notes, *found.notes),
    )
