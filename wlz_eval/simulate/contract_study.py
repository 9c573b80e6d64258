"""How often the contract's audit is right: paid against caused in worlds without effect, and bunching that was planted.

``python -m wlz_eval.simulate.contract_study --worlds 500`` simulates light cohorts with no effect at all. In each, the
contract's rule is put to programme and matched comparison children, and the share of payments beyond no programme is
estimated: its interval should hold zero in 95% of worlds. The audit of incentives is put to the
same worlds: clean, with near misses lifted past one paid line and past every one, and with baselines inflated.
Results are committed in ``data/studies/contract.csv``.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from wlz_eval.core.finding import Finding
from wlz_eval.measures import AnalysisFrame, analysis_frame
from wlz_eval.plan import Plan, make_plan
from wlz_eval.simulate.committed import (
    code_hash,
    comes_out_again,
    has_committed,
    read_committed,
    study_folder,
    write_committed,
)
from wlz_eval.simulate.options import SimulationOptions
from wlz_eval.simulate.world import simulate
from wlz_eval.value.contract.bunching import FINEST
from wlz_eval.value.contract.caused import caused
from wlz_eval.value.contract.incentives import ALL, at_baseline, at_endline, incentives
from wlz_eval.value.contract.owed import Owed
from wlz_eval.value.contract.result import contract
from wlz_eval.value.contract.rules import Judged, steps_of

__all__ = ["FIRST_SEED", "LIGHT", "STUDY_MODULES", "plant", "run_world", "summary"]

#: Worlds that are quick to make; effects go by the plan's own outcomes.
LIGHT: dict[str, Any] = {"children": 160, "pool": 1280, "schools": 10, "comparison_schools": 12}
#: Fixed before any of them was run, and never redrawn.
FIRST_SEED = 300_000
#: Least share of worlds whose interval must hold zero; most clean worlds with any flag. Read with two errors.
HELD, FALSE = 0.935, 0.05
#: Share of near misses lifted past the line where bunching is planted.
LIFTED = 0.8
#: Columns of the audit of incentives whose means are given.
AUDITED = (
    "flagged", "flagged_endline", "flagged_baseline", "found_one", "named", "found_every", "found_inflated",
    "power_one", "power_every", "near",
)
#: Worlds after which results are kept.
KEPT = 10
#: Worlds of older code that are run again to see whether it gives the same numbers; spread over all of them.
CHECKED = 8
#: Digits of its rows that are kept.
DIGITS = 6
#: What the numbers depend on, below ``wlz_eval/``.
STUDY_MODULES = (
    "simulate/contract_study.py", "value/contract/bunching.py", "value/contract/caused.py",
    "value/contract/counterfactual.py", "value/contract/incentives.py", "value/contract/rules.py",
)


def plant(owed: Owed, others: pd.DataFrame, rules: Sequence[Judged], wave: str, share: float, seed: int) -> Owed:
    """Move a share of the programme children who are next to a line across it, onto the first reading that pays.

    Parameters
    ----------
    owed : Owed
    others : DataFrame
        Comparison children.
    rules : sequence of Judged
        Outcomes paid for crossing out.
    wave : str
        ``endline``: near misses are lifted past the line. ``baseline``: children just safe are made to count as at
        risk.
    share : float
    seed : int

    Returns
    -------
    Owed
        With those readings changed; claims and payments are left as they were.
    """
    data, rng = owed.data.copy(), np.random.default_rng(seed)
    for rule in rules:
        column = f"{rule.outcome.measure}_{rule.outcome.wave if wave == 'endline' else wave}"
        spot = (at_endline if wave == "endline" else at_baseline)(owed, others, rule)
        if spot is None:
            continue
        step = float(steps_of(data[[column]].to_numpy(dtype=float, na_value=np.nan))[0]) or FINEST
        first_up = math.ceil(rule.cut / step) * step
        target = first_up if rule.up == (wave == "endline") else first_up - step
        near = spot.places[0][: len(data)] == 0
        data.loc[near & (rng.random(len(data)) < share), column] = target
    return dataclasses.replace(owed, data=data)


def run_world(seed: int) -> dict[str, float]:
    """Run one world without effect.

    Returns
    -------
    dict
        ``seed``; ``paid`` for outcomes, a child; ``share``, ``low`` and ``high`` of the percent of it beyond no
        programme; ``held``; ``flagged`` where nothing is planted, ``flagged_endline`` and ``flagged_baseline`` of it;
        of near misses lifted at the line of the SDQ total ``found_one`` (any flag at endline) and ``named`` (that
        line), at every line ``found_every``, of children made at risk at baseline ``found_inflated``; the power
        printed for the first two (``power_one``, ``power_every``) and ``near`` (readings about the line of
        the SDQ total).
    """
    world = simulate(SimulationOptions(seed=seed, effect=0.0, **LIGHT))
    plan, frame = make_plan(world.plan), analysis_frame(world.cohort)
    owed = contract(world.cohort, frame, plan.risk, plan.engagement).owed
    return {"seed": seed, **_caused(owed, frame, plan), **_audited(owed, frame, seed)}


def _compared(plan: Plan) -> list[Finding]:
    """Return what page 8 asks of page 4: which outcomes are compared with those of similar children."""
    return [
        Finding(
            finding_id=f"attribution.att.{outcome.measure}.{outcome.wave}", quantity="att", unit="points", tier="A",
            estimate=0.0, se=1.0, claim="effect", n_programme=1, n_comparison=1,
        )
        for outcome in plan.outcomes
    ]


def _caused(owed: Owed, frame: AnalysisFrame, plan: Plan) -> dict[str, float]:
    row = caused(owed, frame, _compared(plan), plan.matching, plan.seed).estimate or {}
    return {
        "paid": row["paid"] / owed.children, "share": row["share"], "low": row["share_low"], "high": row["share_high"],
        "held": float(row["share_low"] <= 0 <= row["share_high"]),
    }


def _audited(owed: Owed, frame: AnalysisFrame, seed: int) -> dict[str, float]:
    others = frame.data[frame.data["programme"] == 0]
    spot = next(r for r in owed.rules if r.outcome.measure == "sdq_total")

    def flags(given: Owed) -> Any:
        return incentives(given, frame).lines.set_index(["line", "measure"])

    def planted(rules: Sequence[Judged], wave: str) -> Any:
        return flags(plant(owed, others, rules, wave, LIFTED, seed))

    def power(line: str, measure: str) -> float:
        # A line that is not tested would not be flagged.
        held = clean["power"].get((line, measure), math.nan)
        return 0.0 if math.isnan(held) else float(held) / 100

    clean, one = flags(owed), planted([spot], "endline")
    every, inflated = planted(owed.rules, "endline"), planted(owed.rules, "baseline")
    return {
        "flagged": float(clean["flag"].any()),
        "flagged_endline": float(clean.loc["endline", "flag"].any()),
        "flagged_baseline": float(clean.loc["baseline", "flag"].any()),
        "found_one": float(one.loc["endline", "flag"].any()),
        "named": float(one.loc[("endline", spot.label), "flag"]),
        "found_every": float(every.loc["endline", "flag"].any()),
        "found_inflated": float(inflated.loc["baseline", "flag"].any()),
        "power_one": power("endline", spot.label), "power_every": power("endline", ALL[1]),
        "near": float(clean.loc[("endline", spot.label), "n"]),
    }


def summary(rows: pd.DataFrame) -> dict[str, float]:
    """Shares over all worlds, with their Monte Carlo errors; a line too thin to be tested counts as not found."""
    n = len(rows)
    found = {
        "worlds": n,
        "held": round(float(rows["held"].mean()), 4),
        "held_error": round(float(np.sqrt(HELD * (1 - HELD) / n)), 4),
        "mean_share": round(float(rows["share"].mean()), 3),
        "mean_share_error": round(float(rows["share"].std(ddof=1) / np.sqrt(n)), 3),
        "mean_paid": round(float(rows["paid"].mean()), 2),
        "flagged_error": round(float(np.sqrt(FALSE * (1 - FALSE) / n)), 4),
    }
    return {**found, **{name: round(float(rows[name].mean()), 4) for name in AUDITED}}


#: Of the code that is running, whatever happens to its files meanwhile.
CODE = code_hash(STUDY_MODULES)


def _write(folder: Path, rows: pd.DataFrame) -> None:
    facts = {
        "made_by": "python -m wlz_eval.simulate.contract_study", "first_seed": FIRST_SEED, "options": LIGHT,
        "lifted": LIFTED, "bar": {"held": HELD, "flagged": FALSE}, **summary(rows),
        "modules": list(STUDY_MODULES), "code": CODE,
    }
    write_committed("contract", rows.round(DIGITS), facts, folder)


def _done(folder: Path, recheck: bool) -> list[dict[str, float]]:
    """Rows of an earlier run by the same code, or by code that does the same, so that a stopped run goes on."""
    if not has_committed("contract", folder):
        return []
    table, facts = read_committed("contract", "contract_study", folder)
    if facts["code"] != CODE and not (recheck and comes_out_again(table, run_world, CHECKED, DIGITS)):
        return []
    return [{str(k): float(v) for k, v in row.items()} for row in table.to_dict(orient="records")]


def run(worlds: int, folder: Path, recheck: bool = False) -> pd.DataFrame:
    """Run worlds in the order of their seeds, and keep the results every few worlds.

    Parameters
    ----------
    worlds : int
    folder : Path
        Where results are kept; those of the same code are not made again.
    recheck : bool
        Keep results of older code too, where some worlds come out the same.
    """
    rows = _done(folder, recheck)[:worlds]
    for seed in range(FIRST_SEED + len(rows), FIRST_SEED + worlds):
        rows.append(run_world(seed))
        if len(rows) % KEPT == 0:
            _write(folder, pd.DataFrame(rows).astype({"seed": int}))
    kept = pd.DataFrame(rows).astype({"seed": int})
    _write(folder, kept)
    return kept


def main() -> None:
    """Run the study from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=500)
    parser.add_argument("--out", type=Path, default=None)
    parser.add_argument("--recheck", action="store_true", help="keep results of older code that gives the same numbers")
    given = parser.parse_args()
    print(summary(run(given.worlds, given.out or study_folder(), given.recheck)))


if __name__ == "__main__":
    main()
