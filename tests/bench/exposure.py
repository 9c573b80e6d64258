"""The dose of each child: ten thousand children with two million interactions and sessions."""

from __future__ import annotations

import numpy as np
import pandas as pd
from clock import head, row, seconds

from wlz_eval.cohort.model import Cohort, CohortMeta
from wlz_eval.engagement.change import ordered_trend
from wlz_eval.engagement.exposure import exposures, exposures_by, recording
from wlz_eval.measures import AnalysisFrame

CHILDREN, ROWS = 10_000, 1_000_000
TERMS = (
    ("2022-09-05", "2022-12-16"), ("2023-01-04", "2023-03-31"), ("2023-04-17", "2023-07-19"),
    ("2023-09-05", "2023-12-16"), ("2024-01-04", "2024-03-31"), ("2024-04-17", "2024-07-19"),
)
META = {
    "id": "many-contacts",
    "title": "Many contacts",
    "provenance": "synthetic",
    "licence": "none",
    "source": "tests/bench/exposure.py",
    "programme": {"start": TERMS[0][0], "end": TERMS[-1][1]},
    "terms": [{"name": f"Term {i + 1}", "start": start, "end": end} for i, (start, end) in enumerate(TERMS)],
    "waves": {"baseline": {"start": "2022-06-01", "end": "2022-07-20"}},
    "data_use": {"lawful_basis": "none", "special_category_condition": "none held"},
}


def _words(rng: np.random.Generator, words: list[str]) -> pd.Categorical:
    return pd.Categorical.from_codes(rng.integers(0, len(words), ROWS).astype(np.int8), categories=pd.Index(words))


def _cohort() -> tuple[Cohort, AnalysisFrame]:
    rng = np.random.default_rng(1)
    ids = np.array([f"c{i:05d}" for i in range(CHILDREN)], dtype=object)
    partners = np.array([f"p{i:02d}" for i in range(30)], dtype=object)
    days = pd.bdate_range(TERMS[0][0], TERMS[-1][1]).as_unit("us").to_numpy()
    interactions = pd.DataFrame(
        {
            "child_id": pd.Series(ids[rng.integers(0, CHILDREN, ROWS)], dtype="str"),
            "date": rng.choice(days, ROWS),
            "with": _words(rng, ["child", "parent", "professional"]),
            "kind": _words(rng, ["contact", "engagement"]),
            "minutes": rng.integers(1, 90, ROWS).astype(float),
        }
    )
    # Counted in the first months, timed after.
    interactions.loc[interactions["date"] < days[100], "minutes"] = np.nan
    sessions = pd.DataFrame(
        {
            "child_id": pd.Series(ids[rng.integers(0, CHILDREN, ROWS)], dtype="str"),
            "partner_id": pd.Series(partners[rng.integers(0, len(partners), ROWS)], dtype="str"),
            "date": rng.choice(days, ROWS),
            "support_type": _words(rng, ["academic", "arts", "counselling", "mentoring", "sport"]),
            "planned_minutes": 60.0,
            "attended_minutes": rng.choice([0.0, 45.0, 60.0], ROWS),
        }
    )
    children = pd.DataFrame({"child_id": pd.Series(ids, dtype="str"), "group": "programme", "school_id": "s"})
    index = pd.Index(ids, name="child_id", dtype="str")
    start = pd.Timestamp(TERMS[0][0])
    data = pd.DataFrame({"programme": 1, "school_id": "s", "index_date": start}, index=index)
    tables = {"children": children, "interactions": interactions, "sessions": sessions}
    meta = CohortMeta.model_validate(META)
    return Cohort(meta=meta, tables=tables), AnalysisFrame(data=data, flow=pd.DataFrame())


def print_exposure() -> None:
    """Print the seconds of each view of dose, beside one sum by child of the minutes of the same rows in pandas."""
    cohort, frame = _cohort()
    floor = seconds(lambda: _floor(cohort), 3)
    head("Exposure, 2 million interactions and sessions", "children", "seconds", "floor", "ratio")
    doses = exposures(cohort, frame)
    tasks = [
        ("every dose of each child", lambda: exposures(cohort, frame)),
        ("the same up to a day", lambda: exposures(cohort, frame, until="2023-07-19")),
        ("by term, with what each had so far", lambda: exposures_by(cohort, frame, "term")),
        ("by partner", lambda: exposures_by(cohort, frame, "partner")),
        ("what is odd in the records", lambda: recording(cohort, frame)),
    ]
    for task, work in tasks:
        took = seconds(work, 3)
        row(task, CHILDREN, took, floor, took / floor)
    rng = np.random.default_rng(2)
    score, few = rng.integers(-1, 2, 300), doses["hours"].to_numpy()[:300]
    took = seconds(lambda: ordered_trend(score, few), 3)
    dealt = seconds(lambda: rng.permuted(np.broadcast_to(score, (9999, 300)), axis=1), 3)
    row("permutation test of dose by change (floor: its shuffles)", 300, took, dealt, took / dealt)


def _floor(cohort: Cohort) -> object:
    return (
        cohort["interactions"].groupby("child_id")["minutes"].sum(),
        cohort["sessions"].groupby("child_id")["attended_minutes"].sum(),
    )
