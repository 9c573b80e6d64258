"""The shipped cohorts: simulating and reading them, and the two long pieces of notebook 04 on ``star-1986``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from clock import elapsed, head, row, seconds

from wlz_eval.attribution import attribute, calibrate, specification_curve
from wlz_eval.cohort import data_hash
from wlz_eval.measures import analysis_frame
from wlz_eval.plan import load_cohort_and_plan
from wlz_eval.simulate import SHIPPED, simulate

COHORTS = Path(__file__).parents[2] / "data" / "cohorts"
OUTCOME = "sat_reading_endline"
#: About a minute each on two cores.
SPECIFICATIONS = 200
REPLICATES = 300
WORKERS = 2


def print_reading() -> None:
    """Print what simulating, hashing and framing a cohort takes, and ratios to floors."""
    options = SHIPPED["simulated-complete"]
    world = simulate(options)
    children = len(world.cohort.children)

    def normals() -> object:
        return np.random.default_rng(1).normal(size=40 * children)

    def hashed() -> object:
        return pd.util.hash_pandas_object(world.cohort.measures)

    head("cohorts", "children", "seconds", "floor", "ratio")
    tasks = [
        ("simulate (40 normals a child)", lambda: simulate(options), normals),
        ("analysis frame (hash of the measures)", lambda: analysis_frame(world.cohort), hashed),
        ("data hash (hash of the measures)", lambda: data_hash(world.cohort.tables), hashed),
    ]
    for task, work, least in tasks:
        took, floor = seconds(work, 3), seconds(least, 3)
        row(task, children, took, floor, took / floor)


def print_star() -> None:
    """Print the seconds that the specification curve and the calibration of the plan's design take."""
    cohort, plan = load_cohort_and_plan(COHORTS / "star-1986")
    frame = analysis_frame(cohort)
    result = attribute(cohort, frame, plan.matching, plan.outcomes, plan.selection, plan.seed)
    design = result.designs[plan.matching.comparison]
    planned = {**plan.matching.engine_options(), "seed": plan.seed}

    def curve() -> object:
        return specification_curve(
            frame, plan.matching.formula, OUTCOME, planned=planned, comparison=plan.matching.comparison,
            baseline="sat_reading_baseline", most=SPECIFICATIONS, seed=plan.seed, workers=WORKERS,
        )  # fmt: skip

    def calibration() -> object:
        return calibrate(design, frame, OUTCOME, replicates=REPLICATES, seed=plan.seed, workers=WORKERS)

    head("star-1986, two processes; about a minute each", "pieces", "wall")
    row("  specification curve", SPECIFICATIONS, elapsed(curve))
    row("  calibration replicates", REPLICATES, elapsed(calibration))
