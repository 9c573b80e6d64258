"""Would the same children be picked again? What the error of the measurements does to a choice by cut-points."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.cohort.model import WAVES, Cohort
from wlz_eval.core.finding import Evidence, Finding
from wlz_eval.core.result import Result
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.measures.identification.eligible import Eligible, eligible_pupils
from wlz_eval.measures.identification.latent import Scales, scales_of, second_reading
from wlz_eval.measures.identification.picking import RuleSet, pick, rule_sets_of
from wlz_eval.measures.identification.rule_sets import first_picks
from wlz_eval.measures.options import IdentificationOptions, RiskRule
from wlz_eval.measures.progress import exit_rate_expected
from wlz_eval.measures.progress.population import pool_of, population_of, readings_of
from wlz_eval.reference.reliability import consistency, retest

__all__ = ["DRAWS", "SCENARIOS", "Stability", "picked_again_expected", "stability"]

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

#: Second readings drawn, by effort.
DRAWS: Mapping[str, int] = {"draft": 100, "quick": 300, "full": 1000}
#: What "again" means: asked once more with nothing changed (internal consistency), or at the next reading (retest).
SCENARIOS: Mapping[str, str] = {"now": "at once", "later": "at the next reading"}
#: Scales of the SDQ that are summed in its total.
SUMMED = ("sdq_emotional", "sdq_conduct", "sdq_hyperactivity", "sdq_peer")
#: Fewest pupils for whom a second reading is drawn.
FEWEST = 60


@dataclass(frozen=True, kw_only=True, repr=False)
class Stability(Result):
    """How many of those picked would be picked again.

    Parameters
    ----------
    again : DataFrame
        One row a rule set: ``picked`` children; for each of :data:`SCENARIOS` the percent expected to be picked again
        (``now``, ``later``), where 95 of 100 single repetitions lie (``_low``, ``_high``), and the percent at the lower
        and upper end of the reliabilities' range (``_at_low``, ``_at_high``); ``_n``, children picked again or left
        out, whichever are fewer; ``unsure``, the percent of those picked who would more likely than not be left out
        at the next reading; ``formula``, what the bivariate normal gives for one measure at the next reading.
    used : DataFrame
        One row a measure: the reliability in each scenario, with its range and source; ``nan`` where none is held, and
        the measure then counts as free of error.
    why_not, caution : str
        Why there is no table; areas left out.
    plan_key : str
        Row of the plan's own rule.
    evidence : str
    """

    again: pd.DataFrame
    used: pd.DataFrame
    why_not: str
    caution: str
    plan_key: str
    evidence: Evidence = "measured"

    title = "Of those picked, how many would be picked again"

    def table(self) -> pd.DataFrame:
        """Return one row a rule set."""
        return self.again

    @property
    def reason(self) -> tuple[str, ...]:
        """Why there is no table, as a sentence; empty where there is one."""
        return (self.why_not,) if self.why_not else ()

    @property
    def answer(self) -> tuple[str, ...]:
        """What the plan's rule would pick again, as a sentence; empty where that is not known."""
        return () if self.why_not else (self._again(),)

    def _again(self) -> str:
        if self.plan_key not in set(self.again["key"]):
            return "The plan's rule picks too few of these pupils to say how many would be picked again."
        row = self.again[self.again["key"] == self.plan_key].iloc[0]
        held = {name: math.isfinite(float(row[name])) for name in SCENARIOS}
        at_once = (
            "Had every pupil been measured a second time at once, the plan's rule would have picked about {now} of the "
            "same children again"
        )
        next_time = "at the next reading, some months or years on, about {later}"
        if not held["now"]:
            return f"Of the children whom the plan's rule picks, it would pick again, {next_time}."
        return f"{at_once}; {next_time}." if held["later"] else f"{at_once}."

    def words(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Values of the sentence's placeholders, from recorded findings."""
        return {name: facts.get(f"identification.again.{self.plan_key}.{name}") for name in SCENARIOS}

    def findings(self) -> list[Finding]:
        """Return the share picked again under each rule set, for both meanings of again."""
        found = []
        for row in self.again.to_dict(orient="records"):
            for name, words in SCENARIOS.items():
                if not math.isfinite(row[name]):
                    continue
                found.append(
                    Finding(
                        finding_id=f"identification.again.{row['key']}.{name}",
                        quantity=f"picked_again_when_measured_{words.replace(' ', '_')}",
                        estimate=row[name], ci_low=row[f"{name}_at_low"], ci_high=row[f"{name}_at_high"],
                        unit="percent", claim="projection", subgroup=row["label"], group="programme",
                        n_programme=int(row["picked"]), evidence=self.evidence,
                        method="second readings drawn; the range is that of the reliabilities",
                    )
                )
        return found


def picked_again_expected(r: float, share: float) -> float:
    """Of those picked by one measure, the share picked again when two readings correlate by `r`.

    Parameters
    ----------
    r : float
        Correlation of two readings, bivariate normal, with one cut-point.
    share : float
        Share of pupils who are picked.

    Examples
    --------
    >>> round(100 * picked_again_expected(0.6, 0.2), 1)
    49.6
    """
    return 1.0 if r >= 1 else 1 - exit_rate_expected(r, share)


NOT_HELD = (math.nan, math.nan, math.nan)


def _ends(name: str, values: tuple[float, float, float]) -> dict[str, float]:
    return dict(zip((name, f"{name}_at_low", f"{name}_at_high"), values, strict=True))


def _own_retest(data: pd.DataFrame, measure: str) -> tuple[float, float] | None:
    """Correlation with the next reading, and its standard error, that the comparison pupils here show."""
    for wave in WAVES[WAVES.index("baseline") + 1 :]:
        pool = pool_of(data, measure, wave)
        if pool is not None:
            r = population_of(pool, measure, wave).r
            return r, (1 - r**2) / math.sqrt(len(pool.rows) - 3)
    return None


def _reliability(cohort: Cohort, data: pd.DataFrame, column: str) -> dict[str, Any]:
    """Look up both correlations of one column, with their ranges."""
    measure = column.removesuffix("_baseline")
    facts, who = cohort.measure(measure), readings_of(cohort, measure, "baseline")
    alpha = consistency(facts.name, who.informant, who.form)
    held = retest(facts.name, None, who.informant, who.form)
    own = _own_retest(data, measure) if held is None else None
    later, years = NOT_HELD, math.nan
    if held is not None:
        later, years = (held.r, held.low, held.high), held.years
    elif own is not None:
        low, high = np.clip(own[0] + 1.96 * own[1] * np.array([-1, 1]), 0.01, 0.99)
        later = (own[0], float(low), float(high))
    now = (alpha.r, alpha.low, alpha.high) if alpha else NOT_HELD
    sure = (held is None or held.confirmed) and (alpha is None or alpha.confirmed) and (alpha or held or own)
    return {
        "column": column, "label": facts.label, **_ends("now", now), **_ends("later", later), "years": years,
        "known": _known(alpha is not None, later is not NOT_HELD, own is not None),
        "confirmed": "yes" if sure else "no",
    }


def _known(now: bool, later: bool, own: bool) -> str:
    said = []
    if own:
        said.append("the next reading's is that of the comparison pupils here")
    if not now:
        said.append("none held for at once, so taken as free of error")
    if not later:
        said.append("none held for the next reading, so taken as free of error")
    return "; ".join(said) or "registry of measures"


def _parts(columns: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Name the columns of an SDQ total, and those of the scales summed in it, by the same ending."""
    totals = [c for c in columns if c.startswith("sdq_total")]
    return {t: tuple(t.replace("sdq_total", scale, 1) for scale in SUMMED) for t in totals}


def _shares(
    pupils: Eligible, sets: Sequence[RuleSet], scales: Scales, reliability: Array, draws: int, seed: int
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Draw second readings; return each set's share picked again by draw, and each child's chance of it."""
    rng = np.random.default_rng(seed)
    school, first = pupils.school, first_picks(pupils, sets)
    through, spread = second_reading(scales, reliability, _parts(scales.columns))
    shares = {s.key: np.full(draws, np.nan) for s in sets}
    chance = {s.key: np.zeros(len(school)) for s in sets}
    for d in range(draws):
        z = scales.drawn(rng) @ through.T + rng.standard_normal((len(school), len(scales.columns))) @ spread.T
        for key, again in pick(sets, scales.flags(z), scales.severity(z), school).items():
            chance[key] += again / draws
            if first[key].any():
                shares[key][d] = again[first[key]].mean()
    return shares, chance


def _formula(rule_set: RuleSet, pupils: Eligible, used: pd.DataFrame) -> float:
    """Give the bivariate normal's answer where one cut-point on one measure picks."""
    if rule_set.area < 0:
        return math.nan
    area = pupils.flags.columns[rule_set.area]
    own = [rule for rule in pupils.rules if rule.area == area]
    row = used[used["column"] == own[0].column]
    share = float(pupils.flags[area].mean())
    if len(own) != 1 or row["later"].isna().all() or own[0].equals is not None or not 0 < share < 1:
        return math.nan
    return 100 * picked_again_expected(float(row["later"].iloc[0]), share)


def _can_change(rule_set: RuleSet, pupils: Eligible, used: pd.DataFrame) -> bool:
    """Whether any measure that the rule set reads is among `used`; free school meals are a fact and stay."""
    if rule_set.area < 0:
        return len(used) > 0
    area = pupils.flags.columns[rule_set.area]
    return any(rule.area == area and rule.column in set(used["column"]) for rule in pupils.rules)


def _rows(
    pupils: Eligible, sets: Sequence[RuleSet], scales: Scales, used: pd.DataFrame, draws: int, seed: int
) -> pd.DataFrame:
    first, labelled = first_picks(pupils, sets), {s.key: s for s in sets}
    rows: dict[str, dict[str, Any]] = {
        s.key: {
            "key": s.key, "label": s.label, "picked": int(first[s.key].sum()), "formula": _formula(s, pupils, used),
        }
        for s in sets
        if first[s.key].any() and _can_change(s, pupils, used[used[list(SCENARIOS)].notna().any(axis=1)])
    }
    for name in (name for name in SCENARIOS if used[name].notna().any()):
        for end, times in (("", draws), ("_at_low", max(draws // 4, 50)), ("_at_high", max(draws // 4, 50))):
            # What is held for no other reading counts as free of error.
            reliability = used[f"{name}{end}"].fillna(1.0).to_numpy(dtype=float)
            shares, chance = _shares(pupils, sets, scales, reliability, times, seed)
            for key, row in rows.items():
                if not _can_change(labelled[key], pupils, used[used[name].notna()]):
                    continue
                row[f"{name}{end}"] = 100 * float(shares[key].mean())
                if end:
                    # The ends rest on fewer draws: their chance may not carry them past the share itself.
                    further = min if end == "_at_low" else max
                    row[f"{name}{end}"] = further(row[f"{name}{end}"], row[name])
                else:
                    row[f"{name}_n"] = round(row["picked"] * min(row[name], 100 - row[name]) / 100)
                    low, high = np.quantile(shares[key], [0.025, 0.975])
                    row |= {f"{name}_low": 100 * float(low), f"{name}_high": 100 * float(high)}
                    row["unsure"] = 100 * float((chance[key][first[key]] < 0.5).mean())
    return pd.DataFrame(list(rows.values()), columns=list(COLUMNS))


COLUMNS = (
    "key", "label", "picked",
    *(f"{name}{end}" for name in SCENARIOS for end in ("", "_n", "_low", "_high", "_at_low", "_at_high")),
    "unsure", "formula",
)
USED = (
    "column", "label", "now", "now_at_low", "now_at_high", "later", "later_at_low", "later_at_high", "years", "known",
    "confirmed",
)


def stability(
    cohort: Cohort,
    frame: AnalysisFrame,
    rules: Sequence[RiskRule],
    options: IdentificationOptions | None = None,
    *,
    effort: str = "quick",
    seed: int = 2024,
) -> Stability:
    """Draw every measure of every pupil again with its reliability, and apply the rules again.

    Readings are drawn on the normal scale, so that as many pupils are at risk the second time as the first, give or
    take chance. Two readings of a measure correlate as the registry says; between measures what is not error carries
    over, and the total of the SDQ errs with the scales that are summed in it. Free school meals and other facts stay.

    Parameters
    ----------
    cohort : Cohort
    frame : AnalysisFrame
    rules : sequence of RiskRule
    options : IdentificationOptions, optional
    effort : str
        ``draft``, ``quick`` or ``full``: how many repetitions.
    seed : int

    Returns
    -------
    Stability
    """
    options = options or IdentificationOptions.model_validate({})
    pupils = eligible_pupils(frame, rules)
    areas = [str(c) for c in pupils.flags.columns]
    sets = rule_sets_of(areas, options)
    why_not = pupils.why_not if not pupils.enough else ""
    if not why_not and len(pupils.data) < FEWEST:
        why_not = "There are too few pupils to say how many would be picked again."
    scales = scales_of(pupils.data, areas, pupils.rules)
    used = pd.DataFrame([_reliability(cohort, frame.data, c) for c in scales.columns], columns=list(USED))
    if not why_not and used[list(SCENARIOS)].isna().all(axis=None):
        why_not = (
            "No reliability is held for any measure of these rules, so it cannot be said how many of those picked "
            "would be picked again."
        )
    again = pd.DataFrame(columns=list(COLUMNS))
    if not why_not:
        again = _rows(pupils, sets, scales, used, DRAWS[effort], seed)
    return Stability(
        again=again, used=used, why_not=why_not, caution=pupils.caution, plan_key=f"areas_{options.areas}",
        evidence="simulated" if cohort.provenance == "synthetic" else "measured",
    )
