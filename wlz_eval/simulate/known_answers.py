"""The study of known answers: what each method says where the answer is known.

Run as ``python -m wlz_eval.simulate.known_answers``; it takes half a minute. The answers are
``data/studies/known_answers.csv``; ``known_answers.yaml`` beside them says what was asked, what is known, and by
which code. After a change of code that moves no number, ``--recheck`` computes all again and takes the new hash over.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from wlz_eval.attribution import (
    METHODS,
    Design,
    EffectEstimate,
    aipw_effect,
    estimate_effect,
    make_design,
    naive_difference,
)
from wlz_eval.core.errors import DesignError
from wlz_eval.core.files import write_atomic
from wlz_eval.simulate.committed import code_hash, study_folder
from wlz_eval.simulate.experiments import EXPERIMENTS, Experiment, read_experiment

__all__ = ["TRIED", "Tried", "answers_code", "known_answers", "run_experiment"]

SEED = 20261122
#: Numbers that differ by more than this share are not the same.
SAME = 1e-6
#: Folders and modules that the numbers depend on, below ``wlz_eval/``.
MODULES = (
    "attribution/capabilities.py",
    "attribution/covariates.py",
    "attribution/distance.py",
    "attribution/effects/aipw.py",
    "attribution/effects/analysed.py",
    "attribution/effects/conclude.py",
    "attribution/effects/learners.py",
    "attribution/effects/models.py",
    "attribution/effects/variance.py",
    "attribution/effects/verbs.py",
    "attribution/formula.py",
    "attribution/make.py",
    "attribution/match.py",
    "attribution/matching",
    "attribution/methods.py",
    "attribution/propensity.py",
    "attribution/units.py",
    "attribution/weight.py",
    "attribution/weighting",
    "inference/estimates.py",
    "inference/linear.py",
    "inference/robust.py",
    "inference/sandwich.py",
    "inference/tilt.py",
    "inference/twoway.py",
    "simulate/experiments.py",
    "simulate/known_answers.py",
)


@dataclass(frozen=True)
class Tried:
    """One method as it is tried: its words and its options, all others being the package's own."""

    words: str
    options: Mapping[str, Any] = field(default_factory=dict)


#: Methods of the package, at its own defaults, and the commonest options of the first. The list was settled in a trial
#: whose answers were seen; ``regression`` and the way pairs enter the variance came after it. No option was tuned.
#: ``cardinality`` was added last, when the others' answers were known, at the tolerance that the package had before.
TRIED: Mapping[str, Tried] = {
    "naive": Tried("nobody matched, nothing adjusted for"),
    "regression": Tried("nobody matched, everybody counting the same", {"method": "subclass", "subclass": (0, 1)}),
    "nearest": Tried("1:1 on the propensity score, without replacement", {"method": "nearest"}),
    "nearest, caliper": Tried(
        "1:1 within 0.2 SDs of the propensity score", {"method": "nearest", "caliper": 0.2}
    ),
    "nearest, reused": Tried("1:1 on the propensity score, with replacement", {"method": "nearest", "replace": True}),
    "Mahalanobis, reused": Tried(
        "1:1 on the covariates, with replacement",
        {"method": "nearest", "distance": "mahalanobis", "replace": True},
    ),
    "optimal": Tried("1:1 with the least total distance", {"method": "optimal"}),
    "full": Tried("sets of one and all that are nearest", {"method": "full"}),
    "subclass": Tried("six classes of the propensity score", {"method": "subclass"}),
    "cem": Tried("coarsened exact matching, default bins", {"method": "cem"}),
    "exact": Tried("exact matching on every covariate", {"method": "exact"}),
    "cardinality": Tried(
        "the most people whose means are within 0.05 SDs; added after the others' answers had been seen",
        {"method": "cardinality"},
    ),
    "ipw": Tried("inverse probability weights", {"method": "ipw"}),
    "overlap": Tried("overlap weights", {"method": "overlap"}),
    "entropy": Tried("entropy balancing of means", {"method": "entropy"}),
    "aipw": Tried("cross-fitted AIPW, nobody matched", {"method": "ipw"}),
}


def run_experiment(experiment: Experiment) -> pd.DataFrame:
    """Try every method on one experiment.

    Parameters
    ----------
    experiment : Experiment

    Returns
    -------
    DataFrame
        One row a method of :data:`TRIED`: ``method``; ``aim`` (ATT, ATE or ATO), ``asked`` (whether that is what the
        benchmark is about, for everybody concerned); ``matched`` (share of those whom the estimate is about);
        ``effective`` (comparison people, effective number); ``worst_smd`` (largest standardised difference of a
        covariate left); ``unadjusted`` (weighted difference); ``estimate``, ``se``, ``ci_low``, ``ci_high``
        (outcome model besides, as the package does unless told otherwise), ``model``; ``error`` (estimate less
        benchmark), ``error_unadjusted``; ``holds`` (whether the interval holds the benchmark);
        ``note`` (why there is no answer).
    """
    rows = [{"method": name, **_row(experiment, name, tried)} for name, tried in TRIED.items()]
    return pd.DataFrame(rows)


def _row(experiment: Experiment, name: str, tried: Tried) -> dict[str, object]:
    try:
        design = None if name == "naive" else _design(experiment, tried.options)
    except DesignError as reason:
        nothing: dict[str, object] = {"aim": experiment.estimand, "asked": False, "matched": 0.0, "holds": False}
        return {**nothing, "note": str(reason)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain, adjusted = _effects(experiment, name, design)
    truth = experiment.benchmark.estimate
    return {
        **_reach(experiment, name, design),
        "unadjusted": plain.estimate,
        "estimate": adjusted.estimate,
        "se": adjusted.se,
        "ci_low": adjusted.ci_low,
        "ci_high": adjusted.ci_high,
        "model": adjusted.model,
        "error": adjusted.estimate - truth,
        "error_unadjusted": plain.estimate - truth,
        "holds": bool(adjusted.ci_low <= truth <= adjusted.ci_high),
        "note": "",
    }


def _design(experiment: Experiment, options: Mapping[str, Any]) -> Design:
    """Design for the benchmark's estimand, or the method's only one."""
    known = METHODS[options["method"]].estimands
    aim = experiment.estimand if experiment.estimand in known else known[0]
    people = experiment.data.drop(columns=experiment.outcome)
    # A sample about everybody has to resemble everybody, which only cardinality has to be told.
    whom = {"target": "all"} if options["method"] == "cardinality" and aim == "ATE" else {}
    return make_design(experiment.formula, people, estimand=aim, seed=SEED, **options, **whom)


def _cluster(experiment: Experiment, design: Design) -> str | tuple[str, str] | None:
    """Schools where there are schools; else pairs, wherever there are pairs."""
    if experiment.cluster is not None:
        return experiment.cluster
    if design.pairs.empty:
        return None
    return ("pair", "unit") if design.spec.replace else "pair"


def _effects(
    experiment: Experiment, name: str, design: Design | None
) -> tuple[EffectEstimate, EffectEstimate]:
    """Weighted difference, and the same with the outcome model."""
    data, outcome = experiment.data, experiment.outcome
    if design is None:
        treated = data[experiment.treatment] == 1
        naive = naive_difference(treated, data, outcome, cluster=experiment.cluster)
        return naive, naive
    if name == "aipw":
        doubly = aipw_effect(design, data, outcome, cluster=experiment.cluster, seed=SEED)
        return doubly, doubly
    cluster = _cluster(experiment, design)
    plain = estimate_effect(design, data, outcome, cluster=cluster, model="unadjusted")
    return plain, estimate_effect(design, data, outcome, cluster=cluster)


def _reach(experiment: Experiment, name: str, design: Design | None) -> dict[str, object]:
    """Whom the estimate is about, and how alike the groups became. Of AIPW's weights nothing is told."""
    if design is None or name == "aipw":
        n0 = int((experiment.data[experiment.treatment] == 0).sum())
        return {"aim": experiment.estimand, "asked": True, "matched": 1.0, "effective": n0, "worst_smd": np.nan}
    whom = design.treatment.to_numpy() if design.spec.estimand == "ATT" else np.ones(len(design.treatment), dtype=bool)
    matched = float((design.weights.to_numpy() > 0)[whom].mean())
    table = design.balance().table()
    left = table.loc[table["kind"] != "distance", "smd_after"].abs().max()
    return {
        "aim": design.spec.estimand,
        "asked": design.spec.estimand == experiment.estimand and matched == 1.0,
        "matched": matched,
        "effective": float(design.sizes["comparison"].to_dict()["Matched (ESS)"]),
        "worst_smd": float(left),
    }


def known_answers() -> tuple[pd.DataFrame, dict[str, Any]]:
    """Try every method on every experiment: the table, and what is known of each experiment."""
    parts, facts = [], {}
    for key in EXPERIMENTS:
        experiment = read_experiment(key)
        rows = run_experiment(experiment)
        rows.insert(0, "experiment", key)
        parts.append(rows)
        facts[key] = _facts(experiment)
    table = pd.concat(parts, ignore_index=True)
    numbers = table.select_dtypes("float").columns
    return table.assign(**{c: table[c].map(lambda v: float(f"{v:.8g}")) for c in numbers}), facts


def _facts(experiment: Experiment) -> dict[str, Any]:
    treated = experiment.data[experiment.treatment] == 1
    return {
        "name": experiment.name,
        "question": experiment.question,
        "unit": experiment.unit,
        "estimand": experiment.estimand,
        "formula": experiment.formula,
        "treated": int(treated.sum()),
        "others": int((~treated).sum()),
        "benchmark": round(experiment.benchmark.estimate, 4),
        "benchmark_se": round(experiment.benchmark.se, 4),
        "randomised": experiment.benchmark.randomised,
        "source": experiment.benchmark.source,
    }


def answers_code() -> str:
    """Hash of the code that the numbers depend on; docstrings, comments, types and layout do not count."""
    return code_hash(MODULES)


def _unchanged(table: pd.DataFrame, path: Path) -> bool:
    """Whether the committed table holds these numbers."""
    if not path.exists():
        return False
    stored = pd.read_csv(path, keep_default_na=True).fillna({"note": "", "model": ""})
    try:
        pd.testing.assert_frame_equal(
            table.fillna({"model": ""}), stored, rtol=SAME, atol=SAME, check_dtype=False
        )
    except AssertionError:
        return False
    return True


def run_study(folder: Path, recheck: bool = False) -> bool:
    """Run the study and write its table and facts.

    Parameters
    ----------
    folder : Path
    recheck : bool
        Write nothing when a number has moved.

    Returns
    -------
    bool
        Whether the numbers are those that were there before.
    """
    import yaml

    code = answers_code()
    table, facts = known_answers()
    same = _unchanged(table, folder / "known_answers.csv")
    if recheck and not same:
        return False
    about = {
        "made_by": "python -m wlz_eval.simulate.known_answers",
        "seed": SEED,
        "methods": {name: tried.words for name, tried in TRIED.items()},
        "experiments": facts,
        "modules": list(MODULES),
        "code": code,
    }
    if not same:
        write_atomic(folder / "known_answers.csv", table.to_csv(index=False, lineterminator="\n").encode())
    text = yaml.safe_dump(about, sort_keys=False, allow_unicode=True, width=100)
    write_atomic(folder / "known_answers.yaml", text.encode())
    return same


def main() -> None:
    """Run the study from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recheck", action="store_true", help="only take the new code's hash, if no number moved")
    options = parser.parse_args()
    same = run_study(study_folder(), options.recheck)
    if options.recheck and not same:
        raise SystemExit("Some numbers have moved, so nothing was written. Run it without --recheck.")
    print("The numbers are the same as before." if same else "The numbers are new.")


if __name__ == "__main__":
    main()
