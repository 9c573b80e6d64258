"""Journeys of many children: states from two million events, and the search for typical journeys."""

from __future__ import annotations

import numpy as np
import pandas as pd
from clock import head, row, seconds

from wlz_eval.cohort.model import Cohort, CohortMeta
from wlz_eval.engagement.journeys import find_groups, sequences
from wlz_eval.engagement.options import EngagementOptions
from wlz_eval.measures.frame import AnalysisFrame

CHILDREN, EVENTS = 10_000, 1_000_000
TERMS = [
    {"name": f"{name} {year}", "start": f"{year}-{start}", "end": f"{year}-{end}"}
    for year in (2022, 2023, 2024)
    for name, start, end in (
        ("Spring", "01-04", "03-31"), ("Summer", "04-17", "07-19"), ("Autumn", "09-05", "12-16"),
    )
][2:8]  # fmt: skip
META = {
    "id": "many-journeys",
    "title": "Many journeys",
    "provenance": "synthetic",
    "licence": "none",
    "source": "tests/bench/journeys.py",
    "programme": {"start": "2022-09-05", "end": "2024-07-19"},
    "terms": TERMS,
    "waves": {"baseline": {"start": "2022-06-01", "end": "2022-07-20"}},
    "data_use": {"lawful_basis": "none", "special_category_condition": "none held"},
}


def _cohort() -> tuple[Cohort, AnalysisFrame]:
    """Make a cohort whose children differ in how much support they had, by degree."""
    rng = np.random.default_rng(1)
    ids = np.array([f"c{i:05d}" for i in range(CHILDREN)], dtype=object)
    days = pd.date_range("2022-09-05", "2024-07-19").to_numpy()
    weight = rng.gamma(3.0, size=CHILDREN)

    def events(**columns: object) -> pd.DataFrame:
        whose = rng.choice(CHILDREN, EVENTS, p=weight / weight.sum())
        child = pd.Series(ids[whose], dtype="str")
        return pd.DataFrame({"child_id": child, "date": rng.choice(days, EVENTS), **columns})

    kinds = {"with": ["child", "parent", "professional"], "kind": ["contact", "engagement"]}
    coded = {k: pd.Categorical.from_codes(rng.integers(0, len(v), EVENTS), pd.Index(v)) for k, v in kinds.items()}
    came = np.where(rng.random(EVENTS) < 0.8, 60.0, 0.0)
    children = pd.DataFrame({"child_id": pd.Series(ids, dtype="str"), "group": "programme", "school_id": "s"})
    children["index_date"] = pd.Timestamp("2022-09-05")
    tables = {"children": children, "interactions": events(**coded), "sessions": events(attended_minutes=came)}
    frame = children.set_index("child_id").assign(programme=1)
    return Cohort(meta=CohortMeta.model_validate(META), tables=tables), AnalysisFrame(frame, pd.DataFrame())


def print_journeys() -> None:
    """Print the seconds of states and groups, beside coding the children of all events and one matrix of distances."""
    cohort, frame = _cohort()
    # Many events a child: cut-points such that all states occur.
    options = EngagementOptions.model_validate({"journey_engagements": 4, "journey_sessions": 6})
    head(f"journeys of {CHILDREN:,} children, {2 * EVENTS:,} events", "seconds", "floor", "ratio")
    found = sequences(cohort, frame, options)
    codes = seconds(lambda: [pd.factorize(cohort[t]["child_id"]) for t in ("interactions", "sessions")], 3)
    took = seconds(lambda: sequences(cohort, frame, options), 3)
    row("states (floor: codes of the children)", took, codes, took / codes)
    some = np.eye(7)[found.states[:1500]].reshape(1500, -1)
    floor = seconds(lambda: some @ some.T, 3)
    took = seconds(lambda: find_groups(found.states))
    row("typical journeys, none there (floor: one matrix)", took, floor, took / floor)
    planted = found.states.copy()
    planted[: CHILDREN // 3] = 3
    planted[CHILDREN // 2 :, 6:] = 2
    took = seconds(lambda: find_groups(planted))
    row("typical journeys, some planted (floor: one matrix)", took, floor, took / floor)
