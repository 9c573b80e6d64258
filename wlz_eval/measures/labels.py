"""Names of the analysis frame's columns for people who read reports."""

from __future__ import annotations

from wlz_eval.cohort.model import WAVES, Cohort
from wlz_eval.core.errors import OptionError
from wlz_eval.core.words import COLUMN_WORDS, LEVEL_WORDS, WAVE_WORDS
from wlz_eval.reference.measures import Measure

__all__ = ["column_label", "column_unit"]


def column_label(cohort: Cohort, column: str) -> str:
    """Say what a column, or one level of it (``sen: ehcp``), is.

    Parameters
    ----------
    cohort : Cohort
        For the names of its measures.
    column : str
        A column of the analysis frame, with a level or ``missing`` after a colon where there is one.

    Returns
    -------
    str
        Plain words: ``Total difficulties (SDQ) at the start``, ``Special educational needs: support``.
    """
    name, _, level = (part.strip() for part in column.partition(":"))
    label = COLUMN_WORDS.get(name) or _measure_label(cohort, name)
    if level == "missing":
        return f"{label}: not known"
    return f"{label}: {LEVEL_WORDS.get(level, level.replace('_', ' '))}" if level else label


def column_unit(cohort: Cohort, column: str) -> str:
    """Return the unit of differences in the measure that a column reads; empty for what is no measure."""
    found = _measure_at(cohort, column)
    return str(found[0].unit) if found else ""


def _measure_at(cohort: Cohort, name: str) -> tuple[Measure, str] | None:
    """Find the measure and the wave that a column is named after."""
    # The longest wave first: pre_baseline ends with baseline.
    for wave in sorted(WAVES, key=len, reverse=True):
        if name.endswith(f"_{wave}"):
            try:
                return cohort.measure(name.removesuffix(f"_{wave}")), wave
            except OptionError:
                break
    return None


def _measure_label(cohort: Cohort, name: str) -> str:
    if found := _measure_at(cohort, name):
        return f"{found[0].label} {WAVE_WORDS[found[1]]}"
    plain = name.replace("_", " ")
    return plain[:1].upper() + plain[1:]
