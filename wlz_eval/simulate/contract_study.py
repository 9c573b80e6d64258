"""How often the contract's audit is right: paid against caused in worlds without effect, and bunching that was planted.

``python -m wlz_eval.simulate.contract_study --worlds 500`` simulates light cohorts with no effect at all. In each, the
effects of four outcomes are estimated from matched children, and the payments beyond what would have been paid with no
programme are drawn from them: their interval should hold zero in 95% of worlds. The audit of incentives is put to the
same worlds, clean and with near misses lifted past the line. Results are committed in ``data/studies/contract.csv``.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from wlz_eval.attribution import estimate_effect, match
from wlz_eval.core.files import write_atomic
from wlz_eval.core.finding import Finding, FindingCovariance
from wlz_eval.measures import AnalysisFrame, analysis_frame
from wlz_eval.plan import make_plan
from wlz_eval.simulate.committed import code_hash, study_folder
from wlz_eval.simulate.options import SimulationOptions
from wlz_eval.simulate.world import SimulatedCohort, simulate
from wlz_eval.value.contract.bunching import LEVEL
from wlz_eval.value.contract.caused import caused
from wlz_eval.value.contract.incentives import incentives
from wlz_eval.value.contract.owed import Owed
from wlz_eval.value.contract.result import contract
from wlz_eval.value.contract.rules import Judged

__all__ = ["FIRST_SEED", "LIGHT", "STUDY_MODULES", "plant", "run_world", "summary"]

#: Worlds that are quick to make; effects go by the plan's own outcomes.
LIGHT: dict[str, Any] = {"children": 160, "pool": 1280, "schools": 10, "comparison_schools": 12}
#: Fixed before any of them was run, and never redrawn.
FIRST_SEED = 300_000
#: Least share of worlds whose interval must hold zero; most clean worlds with any flag. Read with two errors.
HELD, FALSE = 0.935, 0.05
#: Share of near misses lifted past the line where bunching is planted.
LIFTED = 0.8
DRAWS = 1000
#: Worlds after which results are kept.
KEPT = 10
#: What the numbers depend on, below ``wlz_eval/``.
STUDY_MODULES = (
    "simulate/contract_study.py", "value/contract/bunching.py", "value/contract/caused.py",
    "value/contract/counterfactual.py", "value/contract/incentives.py", "value/contract/rules.py",
)


def _effects(world: SimulatedCohort, frame: AnalysisFrame) -> tuple[list[Finding], list[FindingCovariance]]:
    """Estimate the effects of the plan's outcomes as page 4 does: matched once, clustered by school."""
    plan = make_plan(world.plan)
    # As the plan asks: pupils of other schools only.
    data = frame.data[(frame.data["programme"] == 1) | (frame.data["comparison_type"] == "other_school")]
    base = data[[c for c in frame.baseline_columns if c in data] + ["programme"]]
    assert plan.matching is not None
    design = match(plan.matching.formula, base, caliper=plan.matching.caliper)
    found, scores = [], []
    for outcome in plan.outcomes:
        effect = estimate_effect(design, frame.data, f"{outcome.measure}_{outcome.wave}")
        found.append(
            Finding(
                finding_id=f"attribution.att.{outcome.measure}.{outcome.wave}", quantity="att", unit="points", tier="A",
                estimate=effect.estimate, se=effect.se, ci_low=effect.ci_low, ci_high=effect.ci_high, claim="effect",
                n_programme=1, n_comparison=1,
            )
        )
        scores.append(effect.scores)
    pairs = [
        FindingCovariance(
            finding_a=found[i].finding_id, finding_b=found[j].finding_id,
            covariance=float(scores[i].mul(scores[j], fill_value=0.0).sum()),
        )
        for i, j in itertools.combinations(range(len(found)), 2)
    ]
    return found, pairs


def plant(owed: Owed, rule: Judged, share: float, seed: int) -> Owed:
    """Lift a share of the near misses of one outcome to the first reading past its line.

    Parameters
    ----------
    owed : Owed
    rule : Judged
        An outcome in whole points for which fewer is better, paid for crossing out.
    share : float
    seed : int

    Returns
    -------
    Owed
        With those readings changed; claims and payments are left as they were.
    """
    column, data = f"{rule.outcome.measure}_{rule.outcome.wave}", owed.data.copy()
    near = owed.at_risk[rule.outcome.area].to_numpy() & (data[column] == rule.cut).to_numpy()
    lifted = near & (np.random.default_rng(seed).random(len(data)) < share)
    data.loc[lifted, column] = rule.cut - 1
    return dataclasses.replace(owed, data=data)


def run_world(seed: int) -> dict[str, float]:
    """Run one world without effect.

    Returns
    -------
    dict
        ``seed``; ``low`` and ``high`` of the percent of outcome payments beyond no programme; ``share``; ``held``;
        ``flags`` in the clean world; ``found`` with near misses of the SDQ total lifted, ``power`` as printed beside
        that line and ``near`` (readings about the line).
    """
    world = simulate(SimulationOptions(seed=seed, effect=0.0, **LIGHT))
    plan, frame = make_plan(world.plan), analysis_frame(world.cohort)
    owed = contract(world.cohort, frame, plan.risk, plan.engagement).owed
    lines = incentives(owed, frame).lines
    effects, pairs = _effects(world, frame)
    row = caused(owed, effects, pairs, draws=DRAWS, seed=seed).estimate or {}
    rule = next(r for r in owed.rules if r.outcome.measure == "sdq_total")
    planted = incentives(plant(owed, rule, LIFTED, seed), frame).lines
    spot = planted[(planted["measure"] == rule.label) & (planted["line"] == "endline")].iloc[0]
    clean = lines[(lines["measure"] == rule.label) & (lines["line"] == "endline")].iloc[0]
    return {
        "seed": seed, "share": row["share"], "low": row["share_low"], "high": row["share_high"],
        "held": float(row["share_low"] <= 0 <= row["share_high"]), "flags": float(lines["flag"].sum()),
        "found": float(spot["flag"]), "found_alone": float(spot["p_value"] <= LEVEL),
        "power": float(clean["power"]) / 100, "near": float(clean["n"]),
    }


def summary(rows: pd.DataFrame) -> dict[str, float]:
    """Shares over worlds, with their Monte Carlo errors."""
    n = len(rows)
    false = float((rows["flags"] > 0).mean())
    tested = rows["power"].notna()
    return {
        "worlds": n,
        "held": round(float(rows["held"].mean()), 4),
        "held_error": round(float(np.sqrt(HELD * (1 - HELD) / n)), 4),
        "mean_share": round(float(rows["share"].mean()), 3),
        "mean_share_error": round(float(rows["share"].std(ddof=1) / np.sqrt(n)), 3),
        "clean_worlds_flagged": round(false, 4),
        "clean_worlds_flagged_error": round(float(np.sqrt(FALSE * (1 - FALSE) / n)), 4),
        "planted_found": round(float(rows.loc[tested, "found"].mean()), 4),
        "planted_found_alone": round(float(rows.loc[tested, "found_alone"].mean()), 4),
        "power_printed": round(float(rows.loc[tested, "power"].mean()), 4),
        "readings_about_the_line": round(float(rows["near"].mean()), 1),
    }


#: Of the code that is running, whatever happens to its files meanwhile.
CODE = code_hash(STUDY_MODULES)


def _write(folder: Path, rows: pd.DataFrame) -> None:
    import yaml

    facts = {
        "made_by": "python -m wlz_eval.simulate.contract_study", "first_seed": FIRST_SEED, "options": LIGHT,
        "draws": DRAWS, "lifted": LIFTED, "bar": {"held": HELD, "clean_worlds_flagged": FALSE}, **summary(rows),
        "modules": list(STUDY_MODULES), "code": CODE,
    }
    write_atomic(folder / "contract.csv", rows.round(6).to_csv(index=False))
    write_atomic(folder / "contract.yaml", yaml.safe_dump(facts, sort_keys=False, width=100))


def _done(folder: Path) -> list[dict[str, float]]:
    """Rows of an earlier run by the same code, so that a run that was stopped goes on from there."""
    import yaml

    table, facts = folder / "contract.csv", folder / "contract.yaml"
    if not (table.exists() and facts.exists()):
        return []
    if yaml.safe_load(facts.read_text(encoding="utf-8"))["code"] != CODE:
        return []
    return [{str(k): float(v) for k, v in row.items()} for row in pd.read_csv(table).to_dict(orient="records")]


def run(worlds: int, folder: Path) -> pd.DataFrame:
    """Run worlds in the order of their seeds, and keep the results every few worlds.

    Parameters
    ----------
    worlds : int
    folder : Path
        Where results are kept; those of the same code are not made again.
    """
    rows = _done(folder)[:worlds]
    for seed in range(FIRST_SEED + len(rows), FIRST_SEED + worlds):
        rows.append(run_world(seed))
        if len(rows) % KEPT == 0 or len(rows) == worlds:
            _write(folder, pd.DataFrame(rows).astype({"seed": int}))
    return pd.DataFrame(rows)


def main() -> None:
    """Run the study from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=500)
    parser.add_argument("--out", type=Path, default=None)
    given = parser.parse_args()
    print(summary(run(given.worlds, given.out or study_folder())))


if __name__ == "__main__":
    main()
