"""Dates of a simulated cohort: waves, terms and attendance windows, all from its first year."""

from __future__ import annotations

import datetime as dt

from wlz_eval.cohort.model import CohortMeta, DataUse, Period, Term
from wlz_eval.simulate.options import SimulationOptions

__all__ = ["SESSIONS_POSSIBLE", "attendance_periods", "make_meta"]

#: Half-day sessions that a school offers in each wave's attendance window.
SESSIONS_POSSIBLE: dict[str, int] = {"pre_baseline": 140, "baseline": 240, "midpoint": 380, "endline": 380}


def _period(start: tuple[int, int, int], end: tuple[int, int, int]) -> Period:
    return Period(start=dt.date(*start), end=dt.date(*end))


def attendance_periods(options: SimulationOptions) -> dict[str, Period]:
    """Attendance that counts for each wave: whole school years after the start, parts of one before it."""
    y = options.start_year
    return {
        "pre_baseline": _period((y - 1, 9, 6), (y - 1, 12, 17)),
        "baseline": _period((y, 1, 4), (y, 7, 20)),
        "midpoint": _period((y, 9, 5), (y + 1, 7, 20)),
        "endline": _period((y + 1, 9, 4), (y + 2, 7, 19)),
    }


def _terms(y: int) -> tuple[Term, ...]:
    terms = []
    for first in (y, y + 1):
        terms += [
            Term(name=f"Autumn {first}", start=dt.date(first, 9, 5), end=dt.date(first, 12, 16)),
            Term(name=f"Spring {first + 1}", start=dt.date(first + 1, 1, 4), end=dt.date(first + 1, 3, 31)),
            Term(name=f"Summer {first + 1}", start=dt.date(first + 1, 4, 17), end=dt.date(first + 1, 7, 19)),
        ]
    return tuple(terms)


def make_meta(options: SimulationOptions) -> CohortMeta:
    """Describe the cohort as ``cohort.yaml`` does."""
    y = options.start_year
    title = options.title or f"Simulated pupils, seed {options.seed}"
    return CohortMeta(
        schema_version=1,
        measures=(),
        derived=(),
        id=options.id,
        title=title,
        provenance="synthetic",
        licence="CC0 1.0; simulated, no real child",
        source=f"wlz_eval.simulate with seed {options.seed}; the true effects stand in truth.yaml",
        currency="GBP",
        programme=_period((y, 9, 5), (y + 2, 7, 19)),
        terms=_terms(y),
        waves={
            "pre_baseline": _period((y - 1, 6, 7), (y - 1, 7, 16)),
            "baseline": _period((y, 6, 6), (y, 7, 15)),
            "midpoint": _period((y + 1, 6, 5), (y + 1, 7, 14)),
            "endline": _period((y + 2, 6, 3), (y + 2, 7, 12)),
        },
        attendance_windows=attendance_periods(options),  # type: ignore[arg-type]
        data_use=DataUse(
            lawful_basis="none needed: simulated",
            special_category_condition="none held: simulated",
            retention_date=None,
        ),
    )
