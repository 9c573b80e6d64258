"""All that notebooks 05 and 06 compute, of ten thousand children with two million interactions and sessions."""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.api as sm
from clock import head, row, seconds

from wlz_eval.cohort import load_cohort, write_cohort
from wlz_eval.cohort.model import Cohort
from wlz_eval.engagement import delivery, describe_exposure, engagement, journeys, service_map
from wlz_eval.measures import AnalysisFrame, analysis_frame
from wlz_eval.plan import Plan, make_plan
from wlz_eval.simulate import SimulationOptions, simulate
from wlz_eval.simulate.plans import plan_mapping, plan_text
from wlz_eval.simulate.write import PARQUET

OPTIONS = SimulationOptions(children=10_000, pool=400, schools=200, comparison_schools=4, seed=11)
#: Each contact and session is repeated on the working days before it, which gives two million.
COPIES = 3


def _repeated(table: pd.DataFrame) -> pd.DataFrame:
    """Repeat events on the working days before, or, in a programme's first days, after."""
    parts = [table]
    for days in range(1, COPIES):
        dates = table["date"].to_numpy().astype("datetime64[D]")
        earlier = np.busday_offset(dates, -days, roll="backward")
        moved = np.where(earlier >= dates.min(), earlier, np.busday_offset(dates, days, roll="forward"))
        parts.append(table.assign(date=moved.astype("datetime64[us]")))
    return pd.concat(parts, ignore_index=True)


def pages_cohort() -> tuple[Cohort, AnalysisFrame, Plan]:
    """Simulate the cohort, make its events many, and give its analysis frame and plan."""
    cohort = simulate(OPTIONS).cohort
    many = {name: _repeated(cohort[name]) for name in ("interactions", "sessions")}
    cohort = replace(cohort, tables={**cohort.tables, **many})
    return cohort, analysis_frame(cohort), make_plan(plan_mapping(OPTIONS))


def _sums(cohort: Cohort) -> object:
    return (
        cohort["interactions"].groupby("child_id")["minutes"].sum(),
        cohort["sessions"].groupby("child_id")["attended_minutes"].sum(),
    )


def _regression(frame: AnalysisFrame, plan: Plan) -> object:
    data = frame.data[frame.data["programme"] == 1]
    columns = data[list(plan.engagement.covariates)].astype(float)
    held = columns.notna().all(axis=1) & data["english_endline"].notna()
    return sm.OLS(data.loc[held, "english_endline"], sm.add_constant(columns[held])).fit().summary()


def print_pages() -> None:
    """Print the seconds of what each page calls, beside one sum by child in pandas and one regression."""
    cohort, frame, plan = pages_cohort()
    with tempfile.TemporaryDirectory() as root:
        folder = write_cohort(cohort, Path(root) / cohort.id, parquet=PARQUET)
        (folder / "plan.yaml").write_text(plan_text(OPTIONS), encoding="utf-8")
        _print_pages(cohort, frame, plan, folder)


def _print_pages(cohort: Cohort, frame: AnalysisFrame, plan: Plan, folder: Path) -> None:
    events = sum(len(cohort[name]) for name in ("interactions", "sessions"))
    children = int((frame.data["programme"] == 1).sum())
    options, outcomes, seed = plan.engagement, plan.outcomes, plan.seed
    fewest = plan.disclosure.threshold
    floor = seconds(lambda: _sums(cohort), 3) + seconds(lambda: _regression(frame, plan), 3)
    head(f"pages 05 and 06, {children:,} children, {events:,} events", "seconds", "wall", "floor", "ratio", "peak GB")
    tasks: list[tuple[str, Callable[[], object]]] = [
        ("load, check and frame, as each page does", lambda: analysis_frame(load_cohort(folder))),
        ("exposure", lambda: describe_exposure(cohort, frame, options)),
        ("05: engagement, quick effort", lambda: engagement(cohort, frame, options, outcomes, "quick", seed)),
        ("06: delivery", lambda: delivery(cohort, frame, options, risk=plan.risk, fewest=fewest)),
        ("06: journeys", lambda: journeys(cohort, frame, options, outcomes, seed, fewest)),
        ("06: service map", lambda: service_map(cohort, frame, options)),
    ]
    total, wall = 0.0, 0.0
    for task, work in tasks:
        start = time.perf_counter()
        took = seconds(work)
        row(task, took, waited := time.perf_counter() - start, floor, took / floor, _peak())
        total, wall = total + took, wall + waited
    row("all (floor: sums by child of all events, one regression)", total, wall, floor, total / floor, _peak())


def _peak() -> float:
    """Most memory that this process has held so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
