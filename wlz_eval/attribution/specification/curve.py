"""The specification curve: how the answer moves across the analyses that might have been planned instead."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pandas as pd

from wlz_eval.attribution.asked import asked_for_number, asked_for_one_of, asked_for_seed, asked_for_whole
from wlz_eval.attribution.design import Design
from wlz_eval.attribution.effects import estimate_effect
from wlz_eval.attribution.effects.analysed import outcome_values
from wlz_eval.attribution.make import make_design
from wlz_eval.attribution.specification.grid import DesignChoice, design_choices
from wlz_eval.attribution.specification.plot import CHOICES, draw_specifications
from wlz_eval.attribution.specification.yardstick import Yardstick, yardstick
from wlz_eval.core.errors import DesignError, OptionError, WlzEvalError, suggestion
from wlz_eval.core.finding import Claim, Finding
from wlz_eval.core.parallel import ordered_map
from wlz_eval.core.result import Result
from wlz_eval.core.words import COMPARISON_WORDS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from wlz_eval.measures.frame import AnalysisFrame

__all__ = ["SpecificationCurve", "specification_curve"]

#: Outcome models, and what the figure calls them.
MODELS: Mapping[str, str] = MappingProxyType(
    {"interacted": "adjusted, with interactions", "additive": "adjusted", "unadjusted": "not adjusted further"}
)
#: Columns of a specification's result.
RESULTS: tuple[str, ...] = (
    "estimate", "se", "df", "ci_low", "ci_high", "p", "n_programme", "n_comparison", "worst_smd", "balanced", "kept",
    "sound", "reason",
)
#: A specification that compares a smaller share of the programme children than this answers another question.
MOST_KEPT = 0.5


#: What a summary counts: analyses, not children.
COUNTED: tuple[str, ...] = ("specifications", "estimated", "failed", "sound", "positive", "above_zero", "below_zero")


@dataclass(frozen=True)
class _Task:
    """What every design of the curve needs."""

    data: dict[str, pd.DataFrame]
    outcomes: pd.DataFrame
    yardsticks: dict[str, Yardstick]
    outcome: str
    own: str | None
    cluster: str | None
    models: tuple[str, ...]
    limit: float
    seed: int


def _rows(task: _Task, choice: DesignChoice) -> list[dict[str, Any]]:
    """Make one design and estimate each outcome model with it; what fails becomes a row that says why."""
    try:
        design = make_design(choice.formula, task.data[choice.comparison], **{**choice.options, "seed": task.seed})
        worst = task.yardsticks[choice.comparison].worst(design)
    except WlzEvalError as error:
        return [{"model": MODELS[m], "reason": str(error)} for m in task.models]
    return [_row(task, choice, design, worst, model) for model in task.models]


def _row(task: _Task, choice: DesignChoice, design: Design, worst: float, model: str) -> dict[str, Any]:
    own = task.own if choice.own_baseline and model != "unadjusted" else None
    balanced = bool(worst <= task.limit)
    kept = design.count("Matched", "programme") / design.count("All", "programme")
    row: dict[str, Any] = {"model": MODELS[model], "worst_smd": worst, "balanced": balanced, "kept": kept}
    row["sound"] = balanced and kept >= MOST_KEPT
    try:
        effect = estimate_effect(
            design, task.outcomes, task.outcome, cluster=task.cluster, model=model, baseline=own  # type: ignore[arg-type]
        )
    except WlzEvalError as error:
        return {**row, "reason": str(error)}
    names = ("estimate", "se", "df", "ci_low", "ci_high", "p", "n_programme", "n_comparison")
    return {**row, **{name: getattr(effect, name) for name in names}, "reason": ""}


@dataclass(frozen=True, kw_only=True, repr=False)
class SpecificationCurve(Result):
    """One outcome under every reasonable specification.

    Parameters
    ----------
    data : DataFrame
        One row a specification: ``specification`` (its number), ``planned``, the choices ``comparison``,
        ``method``, ``caliper``, ``covariates``, ``exact``, ``model``, then ``estimate``, ``se``, ``df``,
        ``ci_low``, ``ci_high``, ``p``, ``n_programme``, ``n_comparison``, ``worst_smd`` (over the plan's
        covariates, whatever was matched on), ``balanced``, ``kept`` (share of the programme children who are
        compared), ``sound`` (balanced, and most are), and ``reason`` (why there is no estimate).
    outcome, unit : str
    limit : float
        Largest standardised mean difference that counts as balanced.
    possible : int
        Specifications that could have been run; more than in `data` when a number was asked for.
    claim : str
        What an estimate may be called.
    """

    data: pd.DataFrame
    outcome: str
    unit: str
    limit: float
    possible: int
    claim: Claim = "adjusted_difference"
    title: str = "The answer under other reasonable analyses"

    def table(self) -> pd.DataFrame:
        """Return one row a specification."""
        return self.data.copy()

    def plot(self) -> Figure:
        """Draw the curve."""
        return draw_specifications(self.data)

    @property
    def estimated(self) -> pd.DataFrame:
        """The specifications that gave an estimate."""
        return self.data[self.data["estimate"].notna()]

    def summary(self) -> dict[str, float]:
        """Sum the curve up in numbers.

        Returns
        -------
        dict
            ``specifications`` tried, ``estimated``, ``failed``, ``sound``, ``positive``, ``above_zero``,
            ``below_zero`` (counts of analyses; the last two with an interval that leaves zero out); ``median``, and
            ``lowest``, ``highest``, ``sound_median`` among the sound ones.
        """
        done, fine = self.estimated, self.estimated[self.estimated["sound"].astype(bool)]
        return {
            "specifications": float(len(self.data)),
            "estimated": float(len(done)),
            "failed": float(len(self.data) - len(done)),
            "sound": float(len(fine)),
            "positive": float((done["estimate"] > 0).sum()),
            "above_zero": float((done["ci_low"] > 0).sum()),
            "below_zero": float((done["ci_high"] < 0).sum()),
            "median": float(done["estimate"].median()),
            "lowest": float(fine["estimate"].min()),
            "highest": float(fine["estimate"].max()),
            "sound_median": float(fine["estimate"].median()),
        }

    def findings(self) -> tuple[Finding, ...]:
        """Sum the curve up as findings ``attribution.specifications.<name>.<outcome>``."""
        done = self.estimated
        fewest = [int(done[c].min()) if len(done) else 0 for c in ("n_programme", "n_comparison")]
        found = []
        for name, value in self.summary().items():
            counted = name in COUNTED
            found.append(
                Finding(
                    finding_id=f"attribution.specifications.{name}.{self.outcome}",
                    quantity=f"specification curve: {name.replace('_', ' ')}",
                    estimate=value,
                    unit="count" if counted else self.unit,  # type: ignore[arg-type]
                    claim="description" if counted else self.claim,
                    outcome=self.outcome,
                    n_programme=fewest[0],
                    n_comparison=fewest[1],
                    method="specification curve",
                )
            )
        return tuple(found)

    def values(self) -> Mapping[str, Finding]:
        """Name the findings as :meth:`sentences` does."""
        return MappingProxyType({f"spec_{f.finding_id.split('.')[2]}": f for f in self.findings()})

    def sentences(self) -> tuple[str, ...]:
        """Sum the curve up in words, as templates whose placeholders are keys of :meth:`values`."""
        total = self.summary()
        if not total["estimated"]:
            return ("None of the {spec_specifications} analyses that were tried could be carried out.",)
        said = [
            "Of {spec_estimated} reasonable analyses, {spec_positive} put the programme group higher; the "
            "interval lies wholly above zero in {spec_above_zero} and wholly below in {spec_below_zero}. The middle "
            "one is {spec_median}."
        ]
        if total["sound"] >= 2:
            said.append(
                "Among the {spec_sound} in which the groups are alike at the start and most of the programme children "
                "are compared, the difference runs from {spec_lowest} to {spec_highest}."
            )
        else:
            said.append(
                "In hardly any of them are the groups alike at the start and most of the programme children compared, "
                "so the curve says little."
            )
        if total["failed"]:
            said.append("{spec_failed} others could not be carried out on these data.")
        return tuple(said)


def _pools(frame: AnalysisFrame, columns: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Split the frame by type of comparison child: programme children stand in each part."""
    data = frame.data
    kinds = data["comparison_type"].astype(object) if "comparison_type" in data else pd.Series(None, index=data.index)
    held = sorted({str(k) for k in kinds[data["programme"] == 0].dropna()})
    if not held:
        raise DesignError("The cohort has no comparison children of a known type, so there is nothing to vary.")
    return {kind: data.loc[(data["programme"] == 1) | (kinds == kind), list(columns)] for kind in held}


def _selected(choices: list[DesignChoice], count: int | None, seed: int) -> list[DesignChoice]:
    """Drop repeats, then keep the plan's own and an even draw of the others, in their order."""
    first: dict[tuple[str, str], DesignChoice] = {}
    for choice in choices:
        first.setdefault(choice.key, choice)
    unique = list(first.values())
    if count is None or len(unique) <= count:
        return unique
    drawn = np.random.default_rng(seed).permutation(len(unique) - 1)[: max(count - 1, 0)] + 1
    return [unique[i] for i in sorted([0, *drawn.tolist()])]


def specification_curve(
    frame: AnalysisFrame,
    formula: str,
    outcome: str,
    *,
    planned: Mapping[str, Any],
    comparison: str,
    baseline: str | None = None,
    model: str = "interacted",
    cluster: str | None = "school_id",
    limit: float = 0.1,
    unit: str = "points",
    claim: Claim = "adjusted_difference",
    most: int | None = None,
    seed: int = 0,
    workers: int = 1,
) -> SpecificationCurve:
    """Estimate one outcome under every reasonable combination of choices.

    Method and distance, caliper, covariates, exact agreement, type of comparison children, and outcome model are
    crossed; ways of matching that no method supports are left out. A design serves all its outcome models.
    Balance is judged on the plan's covariates in every specification, so that one that matches on
    less does not look better for it. The specifications are not independent of each other: shares of them are no
    probabilities.

    Parameters
    ----------
    frame : AnalysisFrame
    formula : str
        The plan's.
    outcome : str
        Column of the outcome.
    planned : mapping
        The plan's options of ``match``.
    comparison : str
        The plan's type of comparison children.
    baseline : str, optional
        The outcome's own baseline column.
    model : str
        The plan's outcome model.
    cluster : str or None
        Column of schools.
    limit : float
        Largest standardised mean difference that counts as balanced.
    unit, claim : str
        Of the outcome's estimates, for findings.
    most : int, optional
        Run about so many specifications, the plan's among them and the others drawn evenly.
    seed : int
    workers : int
        Processes; the result is the same for any number.

    Returns
    -------
    SpecificationCurve

    Raises
    ------
    DesignError
        When there is no comparison child.
    OptionError
        When a column or the comparison is not there.

    References
    ----------
    Simonsohn, Simmons and Nelson (2020), Nature Human Behaviour 4.
    """
    _check_asked(frame, planned, limit, claim, most, seed)
    if outcome not in frame.data:
        raise OptionError(f"Outcome {outcome!r} is not a column. {suggestion(outcome, frame.outcome_columns)}")
    if model not in MODELS:
        raise OptionError(f"model {model!r} is not known. {suggestion(model, tuple(MODELS))}")
    for option, column in (("baseline", baseline), ("cluster", cluster)):
        if column is not None and column not in frame.data:
            raise OptionError(f"{option} {column!r} is not a column. {suggestion(column, list(frame.data.columns))}")
    if baseline == outcome:
        raise OptionError(f"{outcome!r} cannot be its own baseline. Give the column of the wave before the programme.")
    outcome_values(frame.data, outcome, frame.data.index)
    pools = _pools(frame, ["programme", *frame.baseline_columns])
    if comparison not in pools:
        raise OptionError(f"There is no comparison child of type {comparison!r}. {suggestion(comparison, list(pools))}")
    models = tuple(sorted(MODELS, key=lambda m: m != model))
    every = _selected(design_choices(formula, pools, planned, comparison, baseline), None, seed)
    chosen = _selected(every, None if most is None else max(math.ceil(most / len(models)), 1), seed)
    held = [c for c in (outcome, baseline, cluster) if c is not None and c in frame.data]
    task = _Task(
        data=pools,
        outcomes=frame.data[list(dict.fromkeys(held))],
        yardsticks={kind: yardstick(formula, data) for kind, data in pools.items()},
        outcome=outcome,
        own=baseline,
        cluster=cluster,
        models=models,
        limit=limit,
        seed=seed,
    )
    answers = ordered_map(_rows, task, chosen, workers)
    data = _table(chosen, answers)
    return SpecificationCurve(
        data=data, outcome=outcome, unit=unit, limit=limit, possible=len(every) * len(models), claim=claim
    )


def _check_asked(
    frame: object, planned: object, limit: float, claim: str, most: int | None, seed: int
) -> None:
    if not hasattr(frame, "baseline_columns"):
        raise OptionError(f"frame must be an analysis frame, not {type(frame).__name__}.")
    if not isinstance(planned, Mapping):
        raise OptionError("planned must be the options of the plan's own design, such as {'method': 'nearest'}.")
    asked_for_number("limit", limit, 0, ends=False)
    asked_for_one_of("claim", claim, get_args(Claim))
    asked_for_seed(seed)
    if most is not None:
        asked_for_whole("most", most)


def _table(chosen: Sequence[DesignChoice], answers: Sequence[Sequence[Mapping[str, Any]]]) -> pd.DataFrame:
    rows = []
    for choice, answer in zip(chosen, answers, strict=True):
        for place, row in enumerate(answer):
            words = {name: getattr(choice, name) for name in CHOICES if name != "model"}
            rows.append({"planned": choice.planned and place == 0, **words, **row})
    data = pd.DataFrame(rows, columns=["planned", *CHOICES, *RESULTS])
    for name in ("balanced", "sound"):
        data[name] = data[name].astype("boolean").fillna(False).astype(bool)
    data["comparison"] = [COMPARISON_WORDS.get(str(k), str(k)) for k in data["comparison"]]
    data.insert(0, "specification", np.arange(1, len(data) + 1))
    return data
