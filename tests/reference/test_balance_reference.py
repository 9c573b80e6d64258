"""Balance of weights that were made elsewhere: MatchIt's own, for each of its specifications, against its summary.

No design of ours is involved, so that ties cannot matter. MatchIt reports the pair distance undivided by the SD where
matched means agree exactly, and none for subclasses; these are not compared.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution.balance import balance_of

DATA = Path(__file__).parent / "data" / "matchit_lalonde"
COVARIATES = ["age", "educ", "race", "married", "nodegree", "re74", "re75"]
MEASURES = {
    "Means Treated": "programme_mean",
    "Means Control": "comparison_mean",
    "Std. Mean Diff.": "smd",
    "Var. Ratio": "variance_ratio",
    "eCDF Mean": "ecdf_mean",
    "eCDF Max": "ecdf_max",
}
ESTIMANDS = {"nearest_atc": "ATC", "subclass10_ate": "ATE"}
SPECS = sorted(path.parent.name for path in DATA.glob("*/balance.csv"))
TOLERANCE = 1e-6


def _pairs(spec: str) -> pd.DataFrame | None:
    """MatchIt's match matrix as pairs: needed where units serve in several."""
    path = DATA / spec / "pairs.csv"
    if not path.exists():
        return None
    wide = pd.read_csv(path)
    return wide.melt(id_vars=wide.columns[0], value_name="partner").dropna().rename(columns={wide.columns[0]: "focal"})


@pytest.mark.parametrize("spec", SPECS)
def test_matchits_weights_have_matchits_balance(spec: str) -> None:
    data = pd.read_csv(DATA / "data.csv").set_index("unit")
    made = pd.read_csv(DATA / spec / "weights.csv").set_index("unit")
    expected = pd.read_csv(DATA / spec / "balance.csv").set_index("term")
    has_distance = "distance" in expected.index
    ours = balance_of(
        data,
        "treat",
        made["weight"],
        COVARIATES,
        estimand=ESTIMANDS.get(spec, "ATT"),
        pairs=_pairs(spec),
        strata=made.get("subclass"),
        distance=made["distance"] if has_distance else None,
    ).table()
    ours.index = [name.replace(": ", "") for name in ours.index]
    assert set(ours.index) == set(expected.index)
    ours = ours.loc[expected.index]
    for theirs, column in MEASURES.items():
        for state, suffix in (("unmatched", "before"), ("matched", "after")):
            np.testing.assert_allclose(
                ours[f"{column}_{suffix}"], expected[f"{state}.{theirs}"], rtol=TOLERANCE, atol=TOLERANCE
            )
    if not spec.startswith("subclass"):
        compared = expected["matched.Std. Mean Diff."].abs() > 1e-9
        np.testing.assert_allclose(
            ours.loc[compared, "pair_distance_after"], expected.loc[compared, "matched.Std. Pair Dist."], rtol=TOLERANCE
        )


def test_all_twenty_specifications_are_compared() -> None:
    assert len(SPECS) == 20
