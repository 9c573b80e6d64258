"""Which findings of several cohorts may stand side by side: those that were measured alike."""

from __future__ import annotations

import datetime as dt
import functools
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.errors import OptionError
from wlz_eval.measures.scoring.comparable import (
    Comparability,
    Reading,
    Verdict,
    judge_readings,
    middle_day,
    sources,
)
from wlz_eval.reference.measures import Measure

__all__ = ["described_readings", "judge_cohorts"]

#: The rule speaks of one child's readings; here they are those of two cohorts.
_CHANGED = re.compile(r"^(the informant|the form) changed from (.+) to (.+)$")


def described_readings(cohort: Cohort, wanted: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Describe how the outcomes of a cohort's findings were measured, without a value of any child.

    Parameters
    ----------
    cohort : Cohort
    wanted : iterable of (measure, wave)
        What the findings are about; what is no measure of the cohort is left out.

    Returns
    -------
    dict
        ``measures``: each measure as it is defined; ``readings``: by measure and wave the day, informant and form.
    """
    measures: dict[str, Any] = {}
    readings: dict[str, dict[str, dict[str, str]]] = {}
    waves: dict[str, set[str]] = {}
    for name, wave in wanted:
        waves.setdefault(name, {"baseline"}).add(wave)
    for name in sorted(waves):
        try:
            measure = cohort.measure(name)
        except OptionError:
            continue
        measures[name] = measure.model_dump(mode="json")
        found = sources(cohort, name)
        for wave in sorted(waves[name] & set(found["wave"])):
            side = found[found["wave"] == wave]
            try:
                day = middle_day(cohort, name, wave).isoformat()
            except OptionError:
                continue
            readings.setdefault(name, {})[wave] = {
                "day": day,
                "informant": " and ".join(sorted(set(side["informant"]) - {""})),
                "form": " and ".join(sorted(set(side["form"]) - {""})),
            }
    return {"measures": measures, "readings": readings}


def judge_cohorts(one: Mapping[str, Any], other: Mapping[str, Any], outcome: str, wave: str) -> Comparability:
    """Say whether an outcome of two cohorts may be shown side by side.

    Refused where the measure is not the same in both, where other informants answered, and where a break of the
    measure parts the two for good; labelled as :func:`wlz_eval.measures.scoring.judge_readings` labels.

    Parameters
    ----------
    one, other : mapping
        What :func:`described_readings` gave.
    outcome, wave : str
        What is compared, and when it was measured; both readings count, that one and the baseline.

    Examples
    --------
    >>> judge_cohorts({"measures": {}, "readings": {}}, {"measures": {}, "readings": {}}, "hours", "").verdict
    'comparable'
    """
    measures = [side["measures"].get(outcome) for side in (one, other)]
    if measures[0] != measures[1]:
        return Comparability(verdict="refused", reasons=("the measure is defined otherwise in one of them",))
    if measures[0] is None:
        return Comparability(verdict="comparable")
    readings = [side["readings"].get(outcome, {}) for side in (one, other)]
    held = [at for at in dict.fromkeys(("baseline", wave)) if all(at in found for found in readings)]
    # Most cohorts are measured on days of their own; those of one year and informant need no rule.
    unlike = [at for at in held if readings[0][at] != readings[1][at]]
    if not unlike:
        return Comparability(verdict="comparable")
    measure = _measure(json.dumps(measures[0], sort_keys=True))
    verdicts = [judge_readings(measure, *(_reading(found[at]) for found in readings)) for at in unlike]
    order: tuple[Verdict, ...] = ("comparable", "labelled", "refused")
    worst = order[max(order.index(v.verdict) for v in verdicts)]
    reasons = dict.fromkeys(_of_two(reason) for verdict in verdicts for reason in verdict.reasons)
    return Comparability(verdict=worst, reasons=tuple(reasons))


@functools.lru_cache(maxsize=512)
def _measure(described: str) -> Measure:
    return Measure.model_validate_json(described)


def _reading(about: Mapping[str, str]) -> Reading:
    return Reading(day=dt.date.fromisoformat(about["day"]), informant=about["informant"], form=about["form"])


def _of_two(reason: str) -> str:
    return _CHANGED.sub(r"\1 is \2 in one of them and \3 in the other", reason).replace(
        "of one reading only", "of one of them only"
    )
