"""Calibration on the cohort's own data: does this design find an effect that is known, on these very children."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wlz_eval.attribution.asked import asked_for_number, asked_for_one_of, asked_for_seed
from wlz_eval.attribution.calibration.plasmode import PlasmodeWorld, draw_replicate, plasmode_world
from wlz_eval.attribution.calibration.result import Calibration
from wlz_eval.attribution.design import Design
from wlz_eval.attribution.effects import estimate_effect
from wlz_eval.attribution.effects.analysed import outcome_values
from wlz_eval.attribution.effects.models import MODELS
from wlz_eval.attribution.make import make_design
from wlz_eval.core.errors import DesignError, OptionError, WlzEvalError, suggestion
from wlz_eval.core.parallel import ordered_map

if TYPE_CHECKING:
    from wlz_eval.measures.frame import AnalysisFrame

__all__ = ["calibrate"]

SCHOOL = "school_id"
#: Fewer replicates than this say nothing.
FEWEST_REPLICATES = 10


@dataclass(frozen=True)
class _Task:
    """What every replicate needs."""

    world: PlasmodeWorld
    data: pd.DataFrame
    formula: str
    treatment: str
    options: dict[str, Any]
    baseline: pd.Series | None
    model: str
    clustered: bool
    effects: tuple[float, ...]


def _spec_options(spec: Any) -> dict[str, Any]:
    """Read the options of a design back, as ``match`` takes them."""
    options = {f.name: getattr(spec, f.name) for f in fields(spec)}
    return {k: dict(v) if isinstance(v, Mapping) else v for k, v in options.items()}


def _replicate(task: _Task, seeds: tuple[int, np.random.SeedSequence]) -> list[dict[str, Any]]:
    """Draw one world and run the whole chain on it, once for each true effect."""
    number, seed = seeds
    rng = np.random.default_rng(seed)
    drawn = draw_replicate(task.world, rng)
    # Numbers, which are found without a look-up: each replicate is a new pool, and the chain asks for children often.
    labels = pd.RangeIndex(len(drawn.rows), name="child_id")
    data = task.data.iloc[drawn.rows].set_axis(labels, axis=0)
    data[task.treatment] = drawn.treated.astype(int)
    outcomes = pd.DataFrame({SCHOOL: task.world.school[drawn.rows]}, index=labels)
    if task.baseline is not None:
        outcomes[task.baseline.name] = task.baseline.to_numpy()[drawn.rows]
    base = {"replicate": number}
    try:
        design = make_design(task.formula, data, **{**task.options, "seed": int(rng.integers(2**31))})
    except WlzEvalError as error:
        return [{**base, "true_sd": d, "truth": d * task.world.sd, "reason": str(error)} for d in task.effects]
    return [{**base, **_estimate(task, design, outcomes, drawn.outcome, drawn.treated, d)} for d in task.effects]


def _estimate(
    task: _Task, design: Design, outcomes: pd.DataFrame, untreated: Any, treated: Any, effect: float
) -> dict[str, Any]:
    truth = effect * task.world.sd
    y = untreated + truth * treated
    row: dict[str, Any] = {"true_sd": effect, "truth": truth, "naive": np.nanmean(y[treated]) - np.nanmean(y[~treated])}
    try:
        found = estimate_effect(
            design,
            outcomes.assign(simulated=y),
            "simulated",
            cluster=SCHOOL if task.clustered else None,
            model=task.model,  # type: ignore[arg-type]
            baseline=None if task.baseline is None else str(task.baseline.name),
        )
    except WlzEvalError as error:
        return {**row, "reason": str(error)}
    names = ("estimate", "ci_low", "ci_high", "n_programme", "n_comparison")
    return {**row, **{name: getattr(found, name) for name in names}, "reason": ""}


def _candidates(design: Design, data: pd.DataFrame, school: pd.Series) -> pd.Index:
    """Children of the design, and others of its programme schools who might have been chosen instead."""
    inside = design.treatment.index
    schools = set(school.loc[inside[design.treatment.to_numpy()]].dropna())
    others = data.index.difference(inside)
    return inside.append(others[school.loc[others].isin(schools).to_numpy()])


def calibrate(
    design: Design,
    frame: AnalysisFrame,
    outcome: str,
    *,
    effect: float = 0.2,
    replicates: int = 300,
    model: str = "interacted",
    baseline: str | None = None,
    school: str | None = SCHOOL,
    clustered: bool = True,
    seed: int = 0,
    workers: int = 1,
) -> Calibration:
    """Re-run the whole chain on this cohort's own children with outcomes whose true effect is known.

    A model of the outcome (covariates, their squares, schools' own parts, children's own parts) is fitted to the
    comparison children. Each replicate draws who is on the programme by the odds that the covariates give, as
    many in each school as there really were; draws schools' and children's parts anew; adds a constant
    effect (none, and `effect`); matches again, and estimates again. Outcomes that are not known in truth stay so.

    What comes out is true of this design on these children if nothing unmeasured decides who is on the
    programme: it checks the method, and cannot check the choice of children.

    Parameters
    ----------
    design : Design
        Its formula and options are used again in each replicate.
    frame : AnalysisFrame
        Of the same cohort.
    outcome : str
        Column of the outcome; taken as a number.
    effect : float
        True effect in SDs of the outcome among comparison children, beside none.
    replicates : int
    model, baseline
        As in :func:`estimate_effect`.
    school : str or None
        Column of schools, whose own parts are simulated; None where no school is known.
    clustered : bool
        Whether the analysis clusters by school, as it should.
    seed : int
    workers : int
        Processes; the result is the same for any number.

    Returns
    -------
    Calibration

    Raises
    ------
    DesignError
        When too few comparison children have the outcome.
    OptionError
        When a column is not there or a number is not valid.

    References
    ----------
    Franklin, Schneeweiss, Polinski and Rassen (2014), Computational Statistics & Data Analysis 72.
    """
    _check_asked(design, frame, effect, model, seed, clustered)
    if outcome not in frame.data:
        raise OptionError(f"Outcome {outcome!r} is not a column. {suggestion(outcome, frame.outcome_columns)}")
    if isinstance(replicates, bool) or not isinstance(replicates, int) or replicates < FEWEST_REPLICATES:
        raise OptionError(f"replicates must be a whole number of at least {FEWEST_REPLICATES}, not {replicates!r}.")
    if school is not None and school not in frame.data:
        raise OptionError(f"school {school!r} is not a column. {suggestion(school, list(frame.data.columns))}")
    if isinstance(design.spec.distance, (pd.Series, pd.DataFrame, np.ndarray)):
        raise OptionError(
            "The design's distance was given, not estimated, so it cannot be estimated again on children drawn anew."
        )
    absent = design.treatment.index.difference(frame.data.index)
    if len(absent):
        raise DesignError(f"{len(absent):,} children of the design are not in the frame, such as {absent[0]!r}.")
    task = _task(design, frame, outcome, effect, model, baseline, school, clustered and school is not None)
    seeds = list(enumerate(np.random.SeedSequence(seed).spawn(replicates), start=1))
    rows = [row for answer in ordered_map(_replicate, task, seeds, workers) for row in answer]
    columns = (
        "replicate", "true_sd", "truth", "estimate", "ci_low", "ci_high", "n_programme", "n_comparison", "naive",
        "reason",
    )
    return Calibration(
        data=pd.DataFrame(rows, columns=list(columns)),
        outcome=outcome,
        effect=effect,
        sd=task.world.sd,
        icc=task.world.icc,
        r2=task.world.r2,
        programme=design.count("Matched", "programme"),
        comparison=design.count("Matched", "comparison"),
        normal_schools=task.world.normal_schools,
    )


def _check_asked(
    design: object, frame: object, effect: float, model: str, seed: int, clustered: bool
) -> None:
    """Refuse what no replicate could be made of, before hundreds fail one by one."""
    if not isinstance(design, Design) or not hasattr(frame, "baseline_columns"):
        raise OptionError("calibrate needs a Design, as match() makes one, and the analysis frame it was made of.")
    asked_for_number("effect", effect)
    if effect == 0:
        raise OptionError("effect must be a number other than 0: no effect is always tried as well.")
    asked_for_one_of("model", model, MODELS)
    asked_for_seed(seed)
    if not isinstance(clustered, bool):
        raise OptionError(f"clustered must be True or False, not {clustered!r}.")


def _task(
    design: Design,
    frame: AnalysisFrame,
    outcome: str,
    effect: float,
    model: str,
    baseline: str | None,
    column: str | None,
    clustered: bool,
) -> _Task:
    data = frame.data
    # Without schools every child stands alone, and nobody can be drawn in from elsewhere.
    school = pd.Series(data.index.astype(str), index=data.index) if column is None else data[column]
    rows = design.treatment.index if column is None else _candidates(design, data, school)
    rows = pd.Index(sorted(rows, key=lambda label: (len(str(label)), str(label))))
    own = baseline if baseline is not None and baseline not in design.formula.columns else None
    if own is not None and own not in data:
        raise OptionError(f"baseline {own!r} is not a column. {suggestion(own, list(data.columns))}")
    if own == outcome:
        raise OptionError(f"{outcome!r} cannot be its own baseline. Give the column of the wave before the programme.")
    known = outcome_values(data, outcome, rows)
    if known.notna().any() and np.ptp(known.dropna()) == 0:
        raise DesignError(f"{outcome!r} is the same for every child, so nothing can be simulated from it.")
    columns = list(dict.fromkeys([design.formula.treatment, *frame.baseline_columns]))
    held = data.loc[rows, columns]
    world = plasmode_world(
        design.formula,
        held,
        known,
        school.loc[rows],
        rows.isin(design.treatment.index),
        None if own is None else data.loc[rows, own],
    )
    return _Task(
        world=world,
        data=held,
        formula=design.formula.text,
        treatment=design.formula.treatment,
        options=_spec_options(design.spec),
        baseline=None if own is None else data.loc[rows, own],
        model=model,
        clustered=clustered,
        effects=(0.0, effect),
    )
