"""Feedback from children, and the participant flow before the data begin."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from wlz_eval.simulate.options import SimulationOptions
from wlz_eval.simulate.pupils import Bools, Ints, Pupils, stream

__all__ = ["feedback_table", "flow_table"]

QUESTIONS = ("My Link Worker listens to me", "The sessions help me", "I look forward to my sessions")


def feedback_table(
    options: SimulationOptions, pupils: Pupils, ids: pd.Series, started: Ints, left: Bools
) -> pd.DataFrame:
    """Answers of those who stayed and replied; the motivated answer more kindly."""
    rng = stream(options, "feedback")
    stayed = started[~left]
    frames = []
    for question in QUESTIONS:
        replied = rng.random(len(stayed)) < 0.8
        score = 0.4 * pupils.motivation[stayed] + 0.9 * rng.normal(size=len(stayed))
        answer = np.searchsorted(special.ndtri([0.03, 0.10, 0.30, 0.65]), score) + 1
        rows = stayed[replied]
        frames.append(pd.DataFrame({"child_id": ids.array.take(rows), "question": question, "score": answer[replied]}))
    return pd.concat(frames, ignore_index=True).astype({"score": "Int64", "question": "str"})


def flow_table(options: SimulationOptions, pupils: Pupils, no_consent: int) -> pd.DataFrame:
    """Count the stages before the tables begin, and those who refused consent."""
    own = int(pupils.in_programme_school.sum())
    rows = [
        ("on the roll of programme schools", "all", round(own * 1.04)),
        ("assessed in programme schools", "all", own),
        ("offered a place", "programme", pupils.n_offered),
    ]
    if options.comparison_schools:
        rows.append(("assessed in comparison schools", "comparison", len(pupils) - own))
    if no_consent:
        rows.append(("without consent, left out", "programme", no_consent))
    return pd.DataFrame(rows, columns=["stage", "group", "count"]).astype({"count": "Int64"})
