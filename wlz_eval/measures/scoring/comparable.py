"""Which two readings of a measure may be compared: the one place that says it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from wlz_eval.cohort.model import WAVES, Cohort
from wlz_eval.core.errors import OptionError
from wlz_eval.core.result import Result
from wlz_eval.core.words import WAVE_WORDS
from wlz_eval.measures.scoring.absence import attendance_by_wave
from wlz_eval.measures.scoring.derive import readings
from wlz_eval.reference.breaks import breaks_between
from wlz_eval.reference.measures import Measure

__all__ = [
    "Comparability",
    "Comparisons",
    "Reading",
    "Verdict",
    "comparability",
    "comparisons",
    "judge_readings",
    "middle_day",
    "sources",
]

Verdict = Literal["comparable", "labelled", "refused"]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Where a reading comes from; empty where it is not known.

    Parameters
    ----------
    day : date
        When it was taken, or the middle of its wave.
    informant : str
        Who answered.
    form : str
        Form or edition.
    """

    day: dt.date
    informant: str = ""
    form: str = ""


@dataclass(frozen=True, kw_only=True)
class Comparability:
    """Whether two readings may be compared.

    Parameters
    ----------
    verdict : str
        ``comparable``; ``labelled``, when the reasons must stand beside the number; ``refused``, when no number
        may be given.
    reasons : tuple of str
        Sentences without a full stop, those for which it is refused first.
    """

    verdict: Verdict
    reasons: tuple[str, ...] = ()

    def require(self, what: str) -> Comparability:
        """Return this verdict, or raise where the comparison is refused.

        Raises
        ------
        OptionError
            With the reasons.
        """
        if self.verdict == "refused":
            raise OptionError(f"{what} cannot be compared: {'; '.join(self.reasons)}.")
        return self


def _verdict(refused: list[str], labelled: list[str]) -> Comparability:
    verdict: Verdict = "refused" if refused else "labelled" if labelled else "comparable"
    return Comparability(verdict=verdict, reasons=(*refused, *labelled))


def judge_readings(measure: Measure, before: Reading, after: Reading) -> Comparability:
    """Say whether two readings of a measure may be compared.

    Refused: different informants, and years that a break of the measure parts for good. Labelled: different forms,
    an informant or form that is known of one reading only, and years that a break makes unlike.

    Parameters
    ----------
    measure : Measure
        From the registry or the cohort.
    before, after : Reading

    Examples
    --------
    >>> from wlz_eval.reference.measures import measures
    >>> june = Reading(day=dt.date(2022, 6, 1), informant="teacher", form="six_months")
    >>> judge_readings(measures()["sdq_total"], june, Reading(day=dt.date(2023, 6, 1), informant="parent")).verdict
    'refused'
    """
    refused, labelled = [], []
    if before.informant != after.informant:
        if before.informant and after.informant:
            refused.append(f"the informant changed from {before.informant} to {after.informant}")
        else:
            labelled.append("who answered is known of one reading only")
    if before.form != after.form:
        if before.form and after.form:
            labelled.append(f"the form changed from {before.form} to {after.form}")
        else:
            labelled.append("the form is known of one reading only")
    if measure.breaks:
        for found in breaks_between(measure.breaks, before.day, after.day):
            (refused if found.comparison == "refused" else labelled).append(found.what)
    return _verdict(refused, labelled)


def middle_day(cohort: Cohort, measure: str, wave: str) -> dt.date:
    """Middle of the days that stand for a wave: its attendance window for what comes from the registers."""
    windows = {**cohort.meta.waves}
    if cohort.measure(measure).family == "attendance":
        windows |= cohort.meta.attendance_windows
    if wave not in windows:
        raise OptionError(f"cohort.yaml gives no dates for the wave {wave}. Add it under waves.")
    period = windows[wave]
    return period.start + (period.end - period.start) / 2


def sources(cohort: Cohort, measure: str) -> pd.DataFrame:
    """Waves, informants and forms of a measure, each once; attendance from the registers counts as such."""
    table = readings(cohort)
    table = table[(table["measure"] == measure).to_numpy(dtype=bool) & table["value"].notna().to_numpy()]
    found = table.reindex(columns=["wave", "informant", "form"]).astype(object).fillna("").drop_duplicates()
    if found.empty and measure == "attendance":
        waves = [str(name).removeprefix("attendance_") for name in attendance_by_wave(cohort)]
        found = pd.DataFrame({"wave": waves, "informant": "admin", "form": ""})
    return found


def comparability(
    cohort: Cohort, measure: str, wave: str, before: str = "baseline", informant: str = ""
) -> Comparability:
    """Say whether a measure of a cohort may be compared between two waves.

    Where an informant answered at both waves, the comparison is that informant's; where none did, it is refused.
    Several forms at a wave, or other forms at the other, are labelled.

    Parameters
    ----------
    cohort : Cohort
    measure : str
        As in the tables, or derived.
    wave, before : str
        The two waves.
    informant : str
        Whose answers count, where the plan names one.

    Raises
    ------
    OptionError
        When the measure was not taken at one of the waves.
    """
    found = sources(cohort, measure)
    if informant:
        found = found[found["informant"] == informant]
    described = cohort.measure(measure)
    sides = [found[found["wave"] == name] for name in (before, wave)]
    for name, side in zip((before, wave), sides, strict=True):
        if side.empty:
            by = f" by {informant}" if informant else ""
            raise OptionError(f"{described.label} was not measured {WAVE_WORDS[name]}{by}, so nothing can be compared.")
    both = sorted(set(sides[0]["informant"]) & set(sides[1]["informant"]))
    refused: list[str] = []
    labelled: list[str] = []
    if both:
        sides = [side[side["informant"].isin(both)] for side in sides]
        if len(both) > 1:
            target = refused if described.family == "sdq" else labelled
            target.append(f"several informants answered ({', '.join(name or 'not known' for name in both)}): name one")
    else:
        first, last = (" and ".join(sorted(name or "not known" for name in set(s["informant"]))) for s in sides)
        known = all("" not in set(side["informant"]) for side in sides)
        (refused if known else labelled).append(f"the informant changed from {first} to {last}")
    forms = [sorted(set(side["form"])) for side in sides]
    if forms[0] != forms[1] or len(forms[0]) > 1:
        first, last = (", ".join(name or "not known" for name in of) for of in forms)
        labelled.append(f"forms are not the same throughout ({first}; then {last})")
    days = [Reading(day=middle_day(cohort, measure, name)) for name in (before, wave)]
    broken = judge_readings(described, *days)
    (refused if broken.verdict == "refused" else labelled).extend(broken.reasons)
    return _verdict(refused, labelled)


@dataclass(frozen=True, kw_only=True, repr=False)
class Comparisons(Result):
    """What may be compared with the baseline, measure by measure.

    Parameters
    ----------
    rows : DataFrame
        ``measure``, ``label``, ``before``, ``after``, ``verdict``, ``reasons``, and ``better``: ``unclear`` where a
        rise may only mean that support raised detection.
    """

    rows: pd.DataFrame

    title = "What may be compared with the baseline"

    def table(self) -> pd.DataFrame:
        """Return one row a measure and later wave."""
        return self.rows


def comparisons(cohort: Cohort, before: str = "baseline") -> Comparisons:
    """Say of every measure and later wave whether it may be compared with the baseline."""
    table = readings(cohort)
    names = sorted(str(name) for name in table["measure"].dropna().unique())
    if "attendance" not in names and len(attendance_by_wave(cohort).columns):
        names.append("attendance")
    rows = []
    for name in sorted(names):
        waves = set(sources(cohort, name)["wave"])
        described = cohort.measure(name)
        for wave in WAVES[WAVES.index(before) + 1 :]:
            if before in waves and wave in waves:
                said = comparability(cohort, name, wave, before)
                reasons = "; ".join(said.reasons)
                rows.append((name, described.label, before, wave, said.verdict, reasons, described.better))
    columns = ["measure", "label", "before", "after", "verdict", "reasons", "better"]
    return Comparisons(rows=pd.DataFrame(rows, columns=columns))
