"""Scoring the SDQ of many children: from a table with one row a form, and from the measures table."""

from __future__ import annotations

import numpy as np
import pandas as pd
from clock import head, row, seconds

from wlz_eval.cohort.model import Cohort, CohortMeta
from wlz_eval.measures.scoring import derived_readings, score_sdq
from wlz_eval.reference.sdq import item_names

CHILDREN = 100_000
META = {
    "id": "many-forms",
    "title": "Many forms",
    "provenance": "synthetic",
    "licence": "none",
    "source": "tests/bench/scoring.py",
    "programme": {"start": "2022-09-01", "end": "2024-07-20"},
    "waves": {"baseline": {"start": "2022-06-01", "end": "2022-07-20"}},
    "data_use": {"lawful_basis": "none", "special_category_condition": "none held"},
    "derived": [{"kind": "sdq"}],
}


def print_scoring() -> None:
    """Print the seconds of scoring, beside adding up 25 columns and coding the keys of 2.5 million rows."""
    names = list(item_names())
    rng = np.random.default_rng(1)
    answers = rng.integers(0, 3, (CHILDREN, len(names))).astype(float)
    answers[rng.random(answers.shape) < 0.05] = np.nan
    items = pd.DataFrame(answers, columns=names)
    ids = np.array([f"c{i:06d}" for i in range(CHILDREN)], dtype=object)
    long = pd.DataFrame(
        {
            "child_id": pd.Series(np.repeat(ids, len(names)), dtype="str"),
            "measure": pd.Categorical(np.tile(names, CHILDREN)),
            "wave": pd.Categorical.from_codes(np.zeros(answers.size, dtype=np.int8), categories=pd.Index(["baseline"])),
            "value": answers.ravel(),
            "informant": pd.Categorical.from_codes(
                np.zeros(answers.size, dtype=np.int8), categories=pd.Index(["teacher"])
            ),
        }
    )
    children = pd.DataFrame({"child_id": pd.Series(ids, dtype="str"), "group": "comparison", "school_id": "s"})
    cohort = Cohort(meta=CohortMeta.model_validate(META), tables={"children": children, "measures": long})
    head("SDQ, 25 items a child", "children", "seconds", "floor", "ratio")
    tasks = [
        ("items to scales (sum of the items)", lambda: score_sdq(items, "teacher"), lambda: np.nansum(answers, axis=1)),
        ("measures table to readings (codes of its keys)", lambda: derived_readings(cohort), lambda: _keys(long)),
    ]
    for task, work, least in tasks:
        took, floor = seconds(work, 3), seconds(least, 3)
        row(task, CHILDREN, took, floor, took / floor)


def _keys(long: pd.DataFrame) -> object:
    return [pd.factorize(long[name]) for name in ("child_id", "measure")]
