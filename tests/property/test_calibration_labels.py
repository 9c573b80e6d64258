"""Children of a drawn world are numbered: that must be the same as giving each a label in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution import match
from wlz_eval.attribution.calibration import calibrate as module
from wlz_eval.measures.frame import AnalysisFrame


def _frame(seed: int) -> AnalysisFrame:
    rng = np.random.default_rng(seed)
    n = 240
    school, need = np.arange(n) % 12, rng.normal(size=n).round(1)
    programme = (school < 6) & (need + rng.logistic(size=n) > 0.8)
    data = pd.DataFrame(
        {
            "programme": programme.astype(int),
            "comparison_type": np.where(programme, None, np.where(school < 6, "same_school", "other_school")),
            "school_id": [f"s{s}" for s in school],
            "need_baseline": need,
            "score_endline": need + rng.normal(size=n),
        },
        index=pd.Index([f"c{i:03d}" for i in range(n)], name="child_id"),
    )
    return AnalysisFrame(data=data, flow=pd.DataFrame())


class _InWords:
    """pandas, but for an index of numbers, which becomes one of words."""

    def __getattr__(self, name: str) -> object:
        return getattr(pd, name)

    @staticmethod
    def RangeIndex(size: int, name: str) -> pd.Index:  # noqa: N802 - the name that pandas gave it
        return pd.Index([f"r{i:07d}" for i in range(size)], name=name)


@pytest.mark.parametrize("method", [{"caliper": 0.2}, {"method": "full"}])
def test_numbered_children_give_the_replicates_of_labelled_ones(monkeypatch, method):
    frame = _frame(3)
    design = match("programme ~ need_baseline", frame.data[["programme", "need_baseline", "school_id"]], **method)

    def replicates() -> pd.DataFrame:
        return module.calibrate(design, frame, "score_endline", replicates=10, seed=2).data

    numbered = replicates()
    monkeypatch.setattr(module, "pd", _InWords())
    pd.testing.assert_frame_equal(numbered, replicates())
    assert numbered["estimate"].notna().any()
