"""Whether a measure that ``derived:`` makes is what its name says: on that scale, within its range, and not empty."""

from __future__ import annotations

from typing import Any

import pandas as pd

from wlz_eval.cohort import derived as asked
from wlz_eval.cohort.model import Cohort
from wlz_eval.core.errors import OptionError
from wlz_eval.measures.scoring.attainment import MEAN, SD
from wlz_eval.reference.measures import Measure, measures

__all__ = ["check_made", "check_scales"]

STANDARDISED = "a standardised score: mean 100, SD 15"


def _standardised(measure: Measure) -> bool:
    return (measure.mean, measure.sd) == (MEAN, SD)


def _percentile(measure: Measure) -> bool:
    return (measure.low, measure.high, measure.mean) == (0, 100, None)


def _range(measure: Measure) -> str:
    return f"from {measure.low:g} to {measure.high:g}"


def check_scales(cohort: Cohort, spec: Any) -> None:
    """Refuse an entry whose source or target is on another scale than the entry supposes.

    A number on the wrong scale looks like any other number: nothing later on a page could tell.

    Raises
    ------
    OptionError
        Naming the measure, what it is, and what it should be.
    """
    source, into = getattr(spec, "measure", None), getattr(spec, "into", None)
    if source is not None and source == into:
        raise OptionError(f"{into} would be made from itself: name another measure under into.")
    target = cohort.measure(into) if into else None
    if isinstance(spec, asked.Percentile) and not _standardised(cohort.measure(spec.measure)):
        found = cohort.measure(spec.measure)
        raise OptionError(
            f"{spec.measure} is no standardised score: its mean and SD in the registry are {found.mean} and "
            f"{found.sd}, not 100 and 15, so it has no national percentile."
        )
    if isinstance(spec, asked.ReachesStandard):
        _same_scale(cohort.measure(spec.measure), spec.scale)
    if target is None:
        return
    kinds: dict[Any, tuple[str, bool]] = {
        asked.TeacherLevels: (STANDARDISED, _standardised(target)),
        asked.AgeAdjusted: (STANDARDISED, _standardised(target)),
        asked.Percentile: ("a percentile: from 0 to 100, and no mean", _percentile(target)),
        asked.ReachesStandard: ("a yes or no: from 0 to 1", (target.low, target.high) == (0, 1)),
        asked.Incidents: ("a count: unit count", target.unit == "count"),
    }
    wanted, right = kinds.get(type(spec), ("", True))
    if not right:
        raise OptionError(
            f"What is made is {wanted}; {into} is not ({_range(target)}, mean {target.mean}, SD {target.sd}, unit "
            f"{target.unit}). Name another measure under into, or describe one under measures in cohort.yaml."
        )


def _same_scale(measure: Measure, scale: str) -> None:
    """Refuse a measure on another scale than the standard's, which the registry's own measures of it show."""
    of_scale = [known for name, known in measures().items() if name.startswith(f"{scale}_") and known.high > 1]
    ranges = {(known.low, known.high) for known in of_scale}
    if scale == "standardised" and not _standardised(measure):
        raise OptionError(f"{measure.name} is not {STANDARDISED}, so no standard of that scale can be read from it.")
    if ranges and (measure.low, measure.high) not in ranges:
        said = " or ".join(f"{low:g} to {high:g}" for low, high in sorted(ranges))
        raise OptionError(
            f"{measure.name} runs {_range(measure)}, and scores of {scale} from {said}: a standard of {scale} cannot "
            "be read from it."
        )


#: What it takes, where nothing could be made at all.
TAKES = {
    "sdq": "A scale needs three of its five items on one form, and a total its four scales.",
    "persistent_absence": "A child needs a possible session within the window of a wave.",
    "incidents": "A school counts when it has an incident within a wave's whole period, or stands under schools.",
    "eyfs_areas_below": "A child needs every area that any child of the cohort has.",
    "age_adjusted": "A child needs a score, a month of birth and a year group.",
}


def check_made(cohort: Cohort, spec: Any, made: pd.DataFrame) -> None:
    """Refuse an entry that makes no value at all, or values outside the range of the measure that they are.

    Raises
    ------
    OptionError
        Naming the measure, its range and how many values lie outside.
    """
    known = made[made["value"].notna()]
    if known.empty:
        takes = TAKES.get(spec.kind, "Every value that it is made from is empty.")
        raise OptionError(f"No child has what it takes. {takes}")
    for name, values in known.groupby("measure", sort=True)["value"]:
        facts = cohort.measure(str(name))
        outside = values[(values < facts.low) | (values > facts.high)]
        if len(outside):
            raise OptionError(
                f"{len(outside)} of {len(values)} values of {name} would lie outside its range, {_range(facts)} (the "
                f"first: {float(outside.iloc[0]):g}). Correct low and high of the measure, or the entry."
            )
