"""Potential outcomes: each child's record without and with the programme, from the same draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wlz_eval.simulate.calendar import SESSIONS_POSSIBLE
from wlz_eval.simulate.engagement import Engagement
from wlz_eval.simulate.options import SimulationOptions
from wlz_eval.simulate.pupils import Array, Ints, Pupils, TraitPath, stream
from wlz_eval.simulate.traits import SDQ, absence_rate, record, sdq_total

__all__ = [
    "DOSE_SHARE",
    "MIDPOINT_SHARE",
    "NEED_SHARE",
    "Effect",
    "Sessions",
    "individual_effect",
    "outcomes",
]

#: An effect grows by this share of its mean for one SD more need, and one SD more hours.
NEED_SHARE, DOSE_SHARE = 0.15, 0.30
#: Share of the endline effect that is there at midpoint.
MIDPOINT_SHARE = 0.5


@dataclass(frozen=True)
class Effect:
    """Effect on English in SDs of each child who started, and what an hour more would add to it.

    Centred on the children who started: their mean is the option `effect` exactly.
    """

    rows: Ints
    each: Array
    per_hour: float


def individual_effect(options: SimulationOptions, pupils: Pupils, started: Ints, engagement: Engagement) -> Effect:
    """Make each child's effect: larger with more need and with more hours received."""

    def standardised(x: Array) -> Array:
        spread = x.std()
        return (x - x.mean()) / spread if spread > 0 else np.zeros_like(x)

    shape = 1 + NEED_SHARE * standardised(pupils.need[started]) + DOSE_SHARE * standardised(engagement.hours)
    spread = float(engagement.hours.std())
    return Effect(started, options.effect * shape, options.effect * DOSE_SHARE / spread if spread > 0 else 0.0)


@dataclass(frozen=True)
class Sessions:
    """Attendance of one period: sessions possible, and attended without the programme."""

    possible: Ints
    attended: Ints

    @property
    def percent(self) -> Array:
        """Attendance in percent."""
        return 100.0 * self.attended / self.possible


def sessions(options: SimulationOptions, wave: str, score: Array, possible: Ints | None = None) -> Sessions:
    """Turn a latent attendance score into whole half-day sessions."""
    if possible is None:
        rng = stream(options, f"sessions {wave}")
        possible = SESSIONS_POSSIBLE[wave] - 2 * rng.integers(0, 4, size=len(score))
    attended = np.round(possible * (1 - absence_rate(score))).astype(np.int64)
    return Sessions(possible, attended)


def _shifted(score: Array, effect: Effect, factor: float, extra: float = 0.0) -> Array:
    """Latent scores of the children who started, with the programme."""
    return score[effect.rows] + factor * (effect.each + extra)


@dataclass(frozen=True)
class Recorded:
    """Recorded values of one measure at one wave: of all pupils without the programme, of starters with it.

    ``more_hours`` is what starters would have with ten hours more, from which the dose slope is read.
    """

    without: Array
    with_programme: Array
    more_hours: Array
    possible: Ints | None = None

    def observed(self, effect: Effect) -> Array:
        """Return what the tables hold: with the programme for starters, without it for all others."""
        seen = self.without.copy()
        seen[effect.rows] = self.with_programme
        return seen


#: Extra hours over which the dose slope is taken.
HOURS_STEP = 10.0


def outcomes(
    options: SimulationOptions, paths: dict[str, TraitPath], effect: Effect
) -> dict[tuple[str, str], Recorded]:
    """Record every measure at midpoint and endline, both without and with the programme.

    The same latent score and error enter both, so that the difference is each child's effect on the record
    itself, rounding and limits of the scale included.
    """
    result: dict[tuple[str, str], Recorded] = {}
    step = effect.per_hour * HOURS_STEP
    for name, path in paths.items():
        for wave, score, share in zip(("midpoint", "endline"), path.after(), (MIDPOINT_SHARE, 1.0), strict=True):
            if wave == "midpoint" and name in ("english", "maths"):
                continue
            factor = path.trait.effect * share
            treated, more = _shifted(score, effect, factor), _shifted(score, effect, factor, step)
            if name == "attendance":
                base = sessions(options, wave, score)
                own = base.possible[effect.rows]
                result[name, wave] = Recorded(
                    base.percent,
                    sessions(options, wave, treated, own).percent,
                    sessions(options, wave, more, own).percent,
                    base.possible,
                )
            else:
                result[name, wave] = Recorded(record(name, score), record(name, treated), record(name, more))
    if SDQ[0] in paths:
        for wave in ("midpoint", "endline"):
            parts = [(s, result[s, wave]) for s in SDQ]
            result["sdq_total", wave] = Recorded(
                sdq_total({s: r.without for s, r in parts}),
                sdq_total({s: r.with_programme for s, r in parts}),
                sdq_total({s: r.more_hours for s, r in parts}),
            )
    return result
