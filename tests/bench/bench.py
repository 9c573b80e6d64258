"""How long the suite's heavy steps take, each beside a floor measured in the same run.

A floor is the least that any program for the task would do with these libraries. Only ratios travel between
machines; nothing here is a test. Run it with ``make bench``.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import statsmodels.api as sm

from wlz_eval.attribution import match
from wlz_eval.cohort import data_hash
from wlz_eval.measures import analysis_frame
from wlz_eval.simulate import SHIPPED, simulate

SIZES = (10_000, 100_000, 1_000_000)
COVARIATES = [f"x{i}" for i in range(6)]


def seconds(task: Callable[[], object], repeats: int = 3) -> float:
    """Shortest of a few runs: the one least disturbed."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        task()
        times.append(time.perf_counter() - start)
    return min(times)


def pupils(n: int, seed: int = 1) -> pd.DataFrame:
    """One in a hundred on the programme, six covariates, overlap."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(n, len(COVARIATES))), columns=COVARIATES)
    score = frame.to_numpy() @ np.linspace(0.1, 0.4, len(COVARIATES)) - 4.7
    frame.insert(0, "programme", (rng.random(n) < 1 / (1 + np.exp(-score))).astype(int))
    frame.index = pd.Index([f"u{i:07d}" for i in range(n)], name="child_id")
    return frame


def matching_floor(frame: pd.DataFrame) -> None:
    """Fit one logit, sort its distances once, sort each covariate once."""
    design = sm.add_constant(frame[COVARIATES].to_numpy())
    fitted = sm.Logit(frame["programme"].to_numpy(), design).fit(disp=0)
    np.argsort(fitted.predict(design))
    np.sort(frame[COVARIATES].to_numpy(), axis=0)


def design_and_balance(frame: pd.DataFrame) -> None:
    """Propensity, 1:1 caliper match, balance table."""
    match(f"programme ~ {' + '.join(COVARIATES)}", frame, caliper=0.2).balance().table()


def row(task: str, n: int, took: float, floor: float) -> None:
    """Print one line of the table."""
    print(f"{task:<48}{n:>10,}{took:>10.2f}{floor:>10.2f}{took / floor:>9.1f}")


def main() -> None:
    """Print seconds, the floor's seconds, and their ratio."""
    print(f"{'task':<48}{'children':>10}{'seconds':>10}{'floor':>10}{'ratio':>9}")
    for n in SIZES:
        frame = pupils(n)
        repeats = 3 if n < 1_000_000 else 1
        floor = seconds(lambda data=frame: matching_floor(data), repeats)
        row("propensity, 1:1 caliper match, balance", n, seconds(lambda d=frame: design_and_balance(d), repeats), floor)
    options = SHIPPED["simulated-complete"]
    world = simulate(options)
    children = len(world.cohort.children)
    normals = 40 * children
    floor = seconds(lambda: np.random.default_rng(1).normal(size=normals))
    row("simulate a cohort (floor: 40 normals a child)", children, seconds(lambda: simulate(options)), floor)
    floor = seconds(lambda: pd.util.hash_pandas_object(world.cohort.measures))
    row("analysis frame (floor: hash the measures)", children, seconds(lambda: analysis_frame(world.cohort)), floor)
    row("data hash (floor: hash the measures)", children, seconds(lambda: data_hash(world.cohort.tables)), floor)


if __name__ == "__main__":
    main()
