"""The committed studies of dose, read back: how far a slope on dose, and a dose read backwards, can be trusted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from wlz_eval.core.result import Result
from wlz_eval.simulate.calibration_results import draw_study
from wlz_eval.simulate.committed import percent, read_committed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["DoseStudies", "load_dose_studies"]

#: The interval that page 5 gives.
CHOSEN = "exchangeable, CR2"
#: Those that the figure shows: three usual ones, then those that hold.
DRAWN = ("schools ignored", "CR1", "REML, KR", "CR2, IK", CHOSEN)
QUESTIONS = {
    "inverse": "Dose for a given change",
    "curve": "Curve of the outcome by dose",
    "linearity": "Test of a straight line",
    "share": "Dose at which half meet an outcome",
}


def _hours(truth: float) -> str:
    """Say a true dose: infinite where there is no slope, missing where no dose was asked for."""
    return "" if pd.isna(truth) else "none would do" if math.isinf(truth) else f"{truth:.0f} hours"


@dataclass(frozen=True, kw_only=True, repr=False)
class DoseStudies(Result):
    """What the intervals of page 5 did in worlds whose slope on dose is known.

    Parameters
    ----------
    slopes : DataFrame
        One row a cell and candidate; columns as :func:`wlz_eval.simulate.dose_study.run_dose_cell` describes.
    backwards : DataFrame
        One row a cell; columns as :func:`wlz_eval.simulate.inverse_dose_study.run_cell` describes.
    facts : dict
        Seed, bar, what each candidate is, and the hash of the code of the slopes.
    """

    slopes: pd.DataFrame
    backwards: pd.DataFrame
    facts: dict[str, Any]

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line: how much was simulated."""
        cells = self.slopes.drop_duplicates("cell")
        return (
            f"Slopes on dose: {int(cells['within'].sum())} cells of {int(cells['worlds'].min()):,} worlds, "
            f"{int((~cells['within']).sum())} beyond the bar, and {len(self.backwards)} of dose read backwards"
        )

    def _within(self) -> pd.DataFrame:
        return self.slopes[self.slopes["within"]]

    def _chosen(self) -> pd.DataFrame:
        return self.slopes[self.slopes["candidate"] == CHOSEN]

    def table(self) -> pd.DataFrame:
        """One row a candidate, over the cells within the bar.

        Columns ``cells``, ``failing`` (cells outside the bar by more than two Monte Carlo errors), ``coverage_worst``,
        ``worst_cell``, ``coverage_mean``, ``false_positives_worst`` (where the true slope is zero), ``half_width``.
        """
        rows = {}
        for candidate in self.facts["candidates"]:
            part = self._within().query("candidate == @candidate").set_index("cell")
            rows[candidate] = {
                "cells": len(part),
                "failing": int((~part["holds"]).sum()),
                "coverage_worst": float(part["coverage"].min()),
                "worst_cell": part["coverage"].idxmin(),
                "coverage_mean": float(part["coverage"].mean()),
                "false_positives_worst": float(part.loc[part["slope"] == 0, "found"].max()),
                "half_width": float(part["half_width"].mean()),
            }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("candidate")

    def summary(self) -> pd.DataFrame:
        """Give the same table in words, for a page."""
        table = self.table().reset_index()
        return pd.DataFrame(
            {
                "Interval": table["candidate"],
                "Cells that fail": [f"{r.failing} of {r.cells}" for r in table.itertuples()],
                "Worst coverage": table["coverage_worst"].map(percent),
                "Where": table["worst_cell"],
                "Worst false positives": table["false_positives_worst"].map(percent),
                "Mean half-width": table["half_width"].map("{:.2f}".format),
            }
        )

    def ways(self) -> pd.DataFrame:
        """Say what each candidate is."""
        known = self.facts["candidates"]
        return pd.DataFrame({"Interval": list(known), "What it is": list(known.values())})

    def widths(self) -> pd.DataFrame:
        """How wide the chosen interval is by number of schools, in words: cells in which schools differ by level."""
        chosen = self._chosen()
        plain = chosen[chosen["cell"].str.contains("ICC 0.15", regex=False)]
        rows = []
        for schools, part in plain.groupby("schools"):
            none, some = (part.loc[here, "found"] for here in (part["slope"] == 0, part["slope"] > 0))
            rows.append(
                {
                    "Schools": str(schools),
                    "Half-width": f"{part['half_width'].mean():.2f}",
                    "Holds the truth": percent(part["coverage"].min()),
                    "Finds a slope that is not there": percent(none.max()),
                    "Finds one of a fifth": percent(some.min()),
                }
            )
        return pd.DataFrame(rows)

    def motivation(self) -> pd.DataFrame:
        """Give the worlds in which motivation was not recorded, for the chosen interval, in words."""
        part = self._chosen()[self._chosen()["motivation"]]
        return pd.DataFrame(
            {
                "Schools": part["schools"].astype(str),
                "True slope": part["slope"].map("{:g}".format),
                "Slope too high by": part["bias"].map("{:.2f}".format),
                "Holds the truth": part["coverage"].map(percent),
                "Would have to explain of both": part["robustness"].map(percent),
                "Motivation explains of dose": part["confounder_dose"].map(percent),
                "and of the outcome": part["confounder_outcome"].map(percent),
            }
        ).reset_index(drop=True)

    def backwards_words(self) -> pd.DataFrame:
        """Give the cells of dose read backwards, of the curve, and of the test of a straight line, in words."""
        part = self.backwards
        return pd.DataFrame(
            {
                "Question": part["question"].map(QUESTIONS),
                "Schools": part["schools"].astype(str),
                "True dose": part["truth"].map(_hours),
                "Holds the truth": part["coverage"].map(percent),
                "A limit is missing": part["open_ended"].map(percent),
                "Found though not there": part["false_positives"].map(percent),
            }
        )

    @property
    def answer(self) -> str:
        """The studies' finding, in words."""
        table, chosen = self.table(), self._chosen()
        unseen = chosen[chosen["motivation"]].sort_values("schools")
        few, many = unseen.iloc[0], unseen.iloc[-1]
        inverse = self.backwards[self.backwards["question"] == "inverse"]
        zero = inverse[inverse["cell"].str.endswith(", zero")]
        return (
            f"A slope can be trusted as far as what matters was recorded. Where it was, "
            f"{int((table['failing'] == 0).sum())} of {len(table)} ways of making a 95% interval held in every one of "
            f"{int(table['cells'].max())} cells, also with three schools. Where "
            f"motivation was not recorded, the slope came out {few['bias']:.2f} SDs too high for an SD "
            f"of dose, and the interval held the truth in {100 * few['coverage']:.0f}% of worlds with "
            f"{few['schools']} schools and in {100 * many['coverage']:.0f}% with {many['schools']}: more schools made "
            f"it narrower, not right. The dose for a given change held the truth in "
            f"{100 * inverse['coverage'].min():.1f}% of worlds or more, and with no slope at all it named no upper "
            f"limit in at least {100 * zero['open_ended'].min():.1f}%."
        )

    def plot(self) -> Figure:
        """Draw coverage by cell within the bar, see :func:`draw_study`."""
        return draw_study(self._within(), DRAWN)


def load_dose_studies(folder: Path | None = None) -> DoseStudies:
    """Read the committed studies.

    Parameters
    ----------
    folder : Path, optional
        Where ``dose.csv``, ``inverse_dose.csv`` and the facts beside them are; ``data/studies`` when left out.

    Raises
    ------
    WlzEvalError
        When one has not been run.
    """
    slopes, facts = read_committed("dose", "dose_study", folder)
    backwards, _ = read_committed("inverse_dose", "inverse_dose_study", folder)
    return DoseStudies(slopes=slopes, backwards=backwards, facts=facts)
