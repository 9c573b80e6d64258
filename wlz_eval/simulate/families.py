"""Needs of the families of a simulated cohort, by the areas of the Supporting Families programme."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from wlz_eval.reference.families import family_areas
from wlz_eval.simulate.options import SimulationOptions
from wlz_eval.simulate.pupils import stream

__all__ = ["family_needs_table"]

#: Share of families with a need in each area at baseline: assumptions, about one area a family on the six.
SHARES = {
    "education": 0.40, "early_years": 0.08, "health": 0.28, "substance_use": 0.06, "family_relationships": 0.22,
    "child_safety": 0.07, "crime": 0.07, "domestic_abuse": 0.10, "housing": 0.14, "money": 0.24,
    "children_in_need": 0.12, "work_and_money": 0.24,
}
#: How much the needs of a family go together, as the share of their latent variance; and how lasting they are.
SHARED, LASTING = 0.3, 0.8


def family_needs_table(options: SimulationOptions, children: pd.DataFrame) -> pd.DataFrame:
    """Make ``family_needs``: needs of the families of children who started, at baseline and endline, both frameworks.

    An area that both frameworks have is the same need in both. Nothing of the programme is in it.
    """
    started = children[(children["group"] == "programme") & children["started"].fillna(False).astype(bool)]
    homes = sorted(started["household_id"].astype(str).unique())
    areas = list(SHARES)
    rng = stream(options, "family needs")
    cuts = special.ndtri(1 - np.array([SHARES[a] for a in areas]))
    common = np.sqrt(SHARED) * rng.normal(size=(len(homes), 1))
    first = common + np.sqrt(1 - SHARED) * rng.normal(size=(len(homes), len(areas)))
    later = LASTING * first + np.sqrt(1 - LASTING**2) * rng.normal(size=first.shape)
    parts = []
    for framework, held in family_areas().items():
        for wave, score in (("baseline", first), ("endline", later)):
            for area in held:
                j = areas.index(area.area)
                parts.append(
                    pd.DataFrame(
                        {
                            "household_id": homes, "framework": framework, "area": area.area, "wave": wave,
                            "met": pd.array(score[:, j] > cuts[j], dtype="boolean"),
                        }
                    )
                )
    return pd.concat(parts, ignore_index=True)
